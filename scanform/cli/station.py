"""The command that starts the review station."""

import sys
from typing import TYPE_CHECKING, Any

import click

from scanform.cli.common import Settings, answer, common_options, open_settled
from scanform.errors import UsageError, words
from scanform.i18n.texts import text

if TYPE_CHECKING:
    from scanform.workflow.people.accounts import AccountDesk
    from scanform.workflow.project.project import Project


@click.command("review")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8765,
    show_default=True,
    help="Port on this computer; 0 takes a free one.",
)
@click.option(
    "--reviewer",
    metavar="NAME",
    help="Work without accounts: decisions are stored with this name. Refused once the project has accounts.",
)
@click.option(
    "--behind-proxy",
    metavar="URL",
    default="",
    help="The https address under which a reverse proxy on this computer offers the station.",
)
@common_options
@click.pass_obj
def review(settings: Settings, *, port: int, reviewer: str | None, behind_proxy: str) -> None:
    """Open the review station on this computer: check what is doubtful, with the keyboard. People log in with accounts
    of the project.

    Ctrl-C or a request to end (SIGTERM) closes it, with exit code 0.
    """
    from review_ui.http.proxy import public_host
    from review_ui.server import serve
    from scanform.workflow.intake.upload_desk import UploadDesk
    from scanform.workflow.pages.sort_pages import SortDesk
    from scanform.workflow.review.desk import Desk

    with open_settled(settings) as project:
        if behind_proxy:
            public_host(behind_proxy)
        accounts = _accounts(project, reviewer, bool(behind_proxy))
        start = accounts.start_token() if accounts is not None and not accounts.exist() else ""

        def ready(url: str) -> None:
            link = f"{url}start/{start}" if start else ""
            words = text("cli.review_at", project.language, url=url)
            first = text("accounts.first-link", project.language, url=link)
            answer(
                settings, {"url": url} | ({"first": link} if start else {}), f"{words}\n\n{first}" if start else words
            )
            sys.stdout.flush()

        how: dict[str, Any] = {"reviewer": reviewer or "", "accounts": accounts, "proxy": behind_proxy}
        serve(
            Desk(project),
            sorter=SortDesk(project),
            uploads=UploadDesk(project),
            port=port,
            language=project.language,
            ready=ready,
            **how,
        )


def _accounts(project: "Project", reviewer: str | None, proxied: bool) -> "AccountDesk | None":
    """The accounts for logging in; None for single-user operation. Raises UsageError when that is not allowed."""
    from scanform.workflow.people.accounts import AccountDesk

    accounts = AccountDesk(project)
    if not reviewer:
        return accounts
    if accounts.exist() or proxied:
        key = "accounts.alone-behind-proxy" if proxied else "accounts.alone-refused"
        raise UsageError(words(key), remedy=words(f"{key}-remedy"), slug="accounts")
    return None
