"""Serving the review station on this computer only."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from waitress.server import create_server

from review_ui.app import create_app
from scanform.errors import UsageError
from scanform.i18n.texts import text
from scanform.workflow.review_fields import Desk

HOST = "127.0.0.1"
DEFAULT_PORT = 8765
THREADS = 8
"""A browser opens six connections to one host; two are left for a second window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A bound server: `url` is what to open, `run` serves until `close` is called or the program is interrupted."""

    url: str
    run: Callable[[], None]
    close: Callable[[], None]

    def start(self) -> threading.Thread:
        """Serves in a thread of its own; `close` ends it."""
        thread = threading.Thread(target=self.run, name="review-station", daemon=True)
        thread.start()
        return thread


def bind(desk: Desk, *, reviewer: str, port: int = DEFAULT_PORT, language: str = "de") -> Station:
    """Takes the port (0: any free one) and returns the station, not yet serving; raises UsageError when it is taken."""
    app = create_app(desk, reviewer=reviewer, language=language, cookie=f"scanform-review-{port}")
    try:
        server = create_server(app, host=HOST, port=port, threads=THREADS, ident=None)
    except OSError as problem:
        message, remedy = text("review.port-taken", language, port=port), text("review.port-remedy", language)
        raise UsageError(message, remedy=remedy, slug="port-taken") from problem
    return Station(url=f"http://{HOST}:{server.effective_port}/", run=server.run, close=server.close)


def serve(desk: Desk, *, reviewer: str, port: int = DEFAULT_PORT, language: str = "de", ready: Callable[[str], None]) -> None:
    """Serves the review station until interrupted; `ready` is called once with its address."""
    station = bind(desk, reviewer=reviewer, port=port, language=language)
    ready(station.url)
    try:
        station.run()
    finally:
        station.close()
