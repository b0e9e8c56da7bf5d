"""A web server on this computer: bound, run, and closed with nothing left open."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer, create_server

from scanform.errors import UsageError, words

HOST = "127.0.0.1"
LARGEST_REQUEST = 1_000_000
"""Maximum size of a request body in bytes, where the application names none."""

THREADS = 8
"""A browser opens six connections to one host; this leaves two for a second window."""

SHUTDOWN_S = 2.0
"""How long running requests may take when the station closes, in seconds."""


class Server:
    """A bound server: `url` is what to open, `run` serves until `close` is called or the program is interrupted."""

    def __init__(self, server: TcpWSGIServer, proxy: str = "", host: str = HOST) -> None:
        self._server = server
        self._closing = threading.Lock()
        self._asked = False
        self.url = f"{proxy.rstrip('/')}/" if proxy else f"http://{host}:{server.effective_port}/"

    def run(self) -> None:
        """Serves in this thread; returns after `close` or Ctrl-C with all connections closed."""
        try:
            self._server.run()
        finally:
            self.end()

    def end(self) -> None:
        """Closes all connections and ends the worker threads; call it in the serving thread, or before serving."""
        self._close_all()
        self._server.task_dispatcher.shutdown(timeout=SHUTDOWN_S)

    def start(self) -> threading.Thread:
        """Serves in a thread of its own; `close` ends it."""
        thread = threading.Thread(target=self.run, name="review-station", daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Ends `run`, from any thread. The serving thread closes the connections."""
        with self._closing:  # the serving thread may wake by itself and close the trigger before this call uses it
            if not self._asked:
                self._asked = True
                self._server.trigger.pull_trigger(self._close_all)

    def _close_all(self) -> None:
        """Close connections and drop their unsent data (its files would stay open otherwise), then everything else."""
        with self._closing:
            self._asked = True
            for one in list(self._server._map.values()):
                if isinstance(one, HTTPChannel):
                    one.handle_close()
            wasyncore.close_all(self._server._map, ignore_all=True)


def bind_app(app: Flask, *, port: int, proxy: str = "", host: str = HOST, threads: int = THREADS) -> Server:
    """Binds the port for an application; raises UsageError when it is taken.

    A proxy's headers reach the application only if `proxy` is set; otherwise waitress removes them, because anybody
    could send them.
    """
    try:
        # waitress receives a body before it calls the application, larger ones in an unnamed file
        largest = app.config.get("LARGEST_BODY") or app.config["MAX_CONTENT_LENGTH"] or LARGEST_REQUEST
        options = {
            "threads": threads,
            "ident": None,
            "max_request_body_size": largest + 1,
            "clear_untrusted_proxy_headers": not proxy,
        }
        return Server(create_server(app, host=host, port=port, **options), proxy, host)
    except OSError as problem:
        raise UsageError(
            words("review.port-taken", port=port), remedy=words("review.port-remedy"), slug="port-taken"
        ) from problem


@contextmanager
def until_interrupted(station: Server) -> Iterator[None]:
    """Once the station's address is printed, an interrupt is the normal way to close it, not a failure."""
    try:
        yield
    except KeyboardInterrupt:
        station.end()
