"""The server behind the pages leaves nothing open when it ends."""

import socket

from flask import Flask, send_file

from bench.waiting import until
from review_ui.server import bind_app


def test_a_file_that_nobody_fetches_to_the_end_is_closed_with_the_station(tmp_path):
    """Somebody asks for a file, takes nothing of it, and the station ends: file and connection are closed."""
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(30_000_000))
    files = []

    def view():
        files.append(large.open("rb"))
        return send_file(files[-1], mimetype="application/octet-stream")

    app = Flask("files")
    app.add_url_rule("/large", view_func=view)
    station = bind_app(app, port=0)
    thread = station.start()
    port = int(station.url.rstrip("/").rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port)) as asked:
        asked.sendall(b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        asked.recv(1)
        assert not files[0].closed
        station.close()
        thread.join()
        until(lambda: files[0].closed)
