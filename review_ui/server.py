"""Serving the review station on this computer only."""

from collections.abc import Callable

from review_ui.app import create_app
from scanform.web.server import Server, bind_app, until_interrupted
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.review.desk import Desk

__all__ = ["bind", "bind_app", "serve", "until_interrupted"]

DEFAULT_PORT = 8765


def bind(
    desk: Desk,
    *,
    reviewer: str = "",
    accounts: AccountDesk | None = None,
    proxy: str = "",
    sorter: SortDesk | None = None,
    uploads: UploadDesk | None = None,
    port: int = DEFAULT_PORT,
    language: str = "de",
) -> Server:
    """Binds the port (0: any free one) and returns the station, not yet serving; raises UsageError when it is taken."""
    app = create_app(
        desk,
        reviewer=reviewer,
        accounts=accounts,
        proxy=proxy,
        sorter=sorter,
        uploads=uploads,
        language=language,
        cookie=f"scanform-review-{port}",
    )
    return bind_app(app, port=port, proxy=proxy)


def serve(
    desk: Desk,
    *,
    reviewer: str = "",
    accounts: AccountDesk | None = None,
    proxy: str = "",
    sorter: SortDesk | None = None,
    uploads: UploadDesk | None = None,
    port: int = DEFAULT_PORT,
    language: str = "de",
    ready: Callable[[str], None],
) -> None:
    """Serves the review station until interrupted; `ready` is called once with its address. Submitted files are read
    meanwhile.
    """
    station = bind(
        desk,
        reviewer=reviewer,
        accounts=accounts,
        proxy=proxy,
        sorter=sorter,
        uploads=uploads,
        port=port,
        language=language,
    )
    try:
        with until_interrupted(station):
            ready(station.url)
            if uploads is not None:
                uploads.start()
            station.run()
    finally:
        desk.close()
        if sorter is not None:
            sorter.close()
        if uploads is not None:
            uploads.close()
