"""The commands that start the review station and the web form."""

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
    from review_ui.server import serve
    from scanform.web.proxy import public_host
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


@click.command("serve-form")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8766,
    show_default=True,
    help="Port on this computer; 0 takes a free one.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Address to listen on; others than this computer's own need --behind-proxy.",
)
@click.option(
    "--behind-proxy",
    metavar="URL",
    default="",
    help="The https address under which a reverse proxy offers the web form.",
)
@common_options
@click.pass_obj
def serve_form(settings: Settings, *, port: int, host: str, behind_proxy: str) -> None:
    """Open the web form: people answer the questionnaire in the browser, with their access codes. Settings are under
    [web_form] in survey.toml.

    Ctrl-C or a request to end (SIGTERM) closes it, with exit code 0.
    """
    from scanform.web.proxy import public_host
    from scanform.webform.server import serve
    from scanform.workflow.answering.desk import AnsweringDesk

    with open_settled(settings) as project:
        if behind_proxy:
            public_host(behind_proxy)

        def ready(url: str) -> None:
            answer(settings, {"url": url}, text("web_form.at", project.language, url=url))
            sys.stdout.flush()

        desk = AnsweringDesk(project)
        serve(desk, port=port, host=host, proxy=behind_proxy, language=project.language, ready=ready)


@click.command("take-drafts")
@common_options
@click.pass_obj
def take_drafts(settings: Settings) -> None:
    """Make incomplete responses of the questionnaires that were begun in the web form with an access code and not sent,
    for instance at the end of the survey. Whoever goes on and sends makes the same response complete.
    """
    from scanform.workflow.answering.desk import AnsweringDesk

    with open_settled(settings) as project:
        taken = AnsweringDesk(project).take_unsent()
        key = "web_form.taken" if taken else "web_form.taken-none"
        named = {"count": len(taken), "responses": ", ".join(taken)} if taken else {}
        answer(settings, {"responses": taken}, text(key, project.language, **named))


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
