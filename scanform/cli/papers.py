"""Commands for paper: forms out, scans in, corrections of pages and batches, key entry."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from scanform.cli.ask import ask
from scanform.cli.common import (
    ANYTHING,
    FILE,
    KeyingAbort,
    Settings,
    answer,
    common_options,
    login_name,
    open_api,
    open_settled,
)
from scanform.cli.say import next_step, problem_data, problem_line, summary_data, summary_lines
from scanform.errors import ExitCode, InputError, words
from scanform.i18n.texts import text

if TYPE_CHECKING:
    from scanform.api import Project


@click.command("add-questionnaire")
@click.argument("file", type=FILE)
@common_options
@click.pass_obj
def add_questionnaire(settings: Settings, file: Path) -> None:
    """Add a questionnaire (YAML) to the project, or replace the one with the same code."""
    with open_api(settings, edited=True) as project:
        project.add_questionnaire(file)
        codes = sorted(project.questionnaires)
        answer(
            settings,
            {"questionnaires": codes},
            text("project.questionnaires", project.language, codes=", ".join(codes)),
        )


@click.command("print")
@click.option("--copies", type=click.IntRange(1, 100_000), metavar="N", help="Print N forms without a token.")
@click.option("--recipients", type=FILE, help="Print a form for each row of a CSV file: token, name, address.")
@click.option("--reissue", metavar="TOKEN", help="Print one more form for a token, with a new identity.")
@click.option(
    "--all-recipients", "register", flag_value="all", help="Print for every place of the register that can be reached."
)
@click.option(
    "--new-recipients", "register", flag_value="new", help="Print for the places to which nothing was sent yet."
)
@click.option(
    "--outstanding",
    "register",
    flag_value="outstanding",
    help="Print a reminder for the places that have not answered.",
)
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, when the project has several.")
@click.option("--variant", help="Edition: standard, or what the questionnaire offers.")
@click.option("--seed", type=int, help="Draw the same identities again (for tests and examples).")
@click.option(
    "--sides",
    type=click.Choice(["one", "two"]),
    default="two",
    show_default=True,
    help="Print on one side or on two sides of a sheet; on two, an empty page follows each form with an odd number of pages.",
)
@click.option("-o", "--output", "out", type=FILE, required=True, help="The PDF to write.")
@common_options
@click.pass_obj
def print_(
    settings: Settings,
    *,
    copies: int | None,
    recipients: Path | None,
    reissue: str | None,
    register: str | None,
    questionnaire: str | None,
    variant: str | None,
    seed: int | None,
    sides: str,
    out: Path,
) -> None:
    """Print forms as PDF, with a list of what stands on which page beside it."""
    with open_api(settings) as project:
        printed = project.print_forms(
            out,
            copies=copies,
            recipients=recipients,
            reissue=reissue,
            questionnaire=questionnaire,
            variant=variant,
            language=settings.language,
            seed=seed,
            sides="one" if sides == "one" else "two",
            register=cast("Literal['all', 'new', 'outstanding'] | None", register),
        )
        pages = len(printed.forms) * len(printed.layout.pages)
        data = {
            "forms": len(printed.forms),
            "pages": pages,
            "layout": printed.layout.digest,
            "pdf": str(printed.pdf),
            "copies": str(printed.copies),
            "printed_before": printed.printed_before,
            "empty_pages": printed.fillers,
            "columns_left_out": list(printed.left_out),
            "online": printed.online,
        }
        aside = (
            [text("print.left_out", project.language, columns=", ".join(printed.left_out))] if printed.left_out else []
        )
        backs = [text("print.backs", project.language, count=printed.fillers)] if printed.fillers else []
        again = [text("print.again", project.language, count=printed.printed_before)] if printed.printed_before else []
        unoffered = any(form.token for form in printed.forms) and not printed.online
        online = [text("print.no_online", project.language)] if unoffered else []
        onward = next_step("printed", settings, project.language)
        answer(settings, data, text("print.done", project.language, **data), *aside, *backs, *again, *online, onward)


@click.command("ingest")
@click.argument("paths", type=ANYTHING, nargs=-1, required=True)
@click.option(
    "--jobs",
    type=click.IntRange(0),
    metavar="N",
    help="Number of processes; 0 is one per core, 1 process is still one of its own.",
)
@click.option("--serial", is_flag=True, help="Read in this process, without limits of time (for debugging).")
@click.option("--scheduler", metavar="URL", help="Read on a dask cluster.")
@click.option("--retry", is_flag=True, help="Read pages again that were damaged, given up, unknown or in need of help.")
@common_options
@click.pass_obj
def ingest(
    settings: Settings, *, paths: tuple[Path, ...], jobs: int | None, serial: bool, scheduler: str | None, retry: bool
) -> int:
    """Read scans: files and folders of PDF, TIFF, JPEG and PNG. Running it again goes on, and changes nothing twice."""
    with open_api(settings) as project:
        summary = project.read_batch(paths, jobs=jobs, serial=serial, scheduler=scheduler, retry=retry, progress=True)
        fields = _fields_waiting(project)
        lines = summary_lines(summary, fields, project.language)
        onward = [] if fields else [next_step("read", settings, project.language)]
        answer(settings, summary_data(summary, fields, project.language), *lines, *onward)
        return _after(summary.refused, fields)


def _after(refused: int, fields: int) -> ExitCode:
    """The exit code of a completed run."""
    if refused:
        return ExitCode.PAGES_REFUSED
    return ExitCode.REVIEW_WAITS if fields else ExitCode.OK


def _fields_waiting(project: "Project") -> int:
    from scanform.model.response import Status

    return sum(answer.status is Status.REVIEW for response in project.responses() for answer in response.answers)


@click.command("withdraw")
@click.argument("batch", type=int)
@click.option("--undo", is_flag=True, help="Bring the batch back.")
@common_options
@click.pass_obj
def withdraw(settings: Settings, *, batch: int, undo: bool) -> None:
    """Take a batch out of everything, reversibly. scanform status shows the numbers."""
    _withdraw(settings, batch, undo=undo)


@click.command("withdraw-response")
@click.argument("response")
@click.option(
    "--reason", default="", metavar="TEXT", help="Why: it is kept with your name. Needed unless --undo is given."
)
@click.option("--undo", is_flag=True, help="Bring the response back.")
@common_options
@click.pass_obj
def withdraw_response(settings: Settings, *, response: str, reason: str, undo: bool) -> None:
    """Take one online response out of everything, reversibly; later imports do not bring it back."""
    from scanform.workflow.settling import withdraw as withdrawing

    with open_settled(settings) as project:
        act = (withdrawing.restore_response if undo else withdrawing.withdraw_response)(
            project, response, reason=reason, reviewer=login_name()
        )
        data = {
            "response": act.response_id,
            "withdrawn": act.withdrawn,
            "reason": act.reason,
            "reviewer": act.reviewer,
            "at": act.at,
        }
        answer(
            settings,
            data,
            text(
                "withdraw.response_undone" if undo else "withdraw.response_done",
                project.language,
                response=act.response_id,
            ),
        )


@click.command("restore")
@click.argument("batch", type=int)
@common_options
@click.pass_obj
def restore(settings: Settings, *, batch: int) -> None:
    """Bring a withdrawn batch back (the same as withdraw --undo)."""
    _withdraw(settings, batch, undo=True)


def _withdraw(settings: Settings, batch: int, *, undo: bool) -> None:
    from scanform.workflow.project.batch_names import batch_name
    from scanform.workflow.settling import withdraw as withdrawing

    with open_settled(settings) as project:
        found = (withdrawing.restore if undo else withdrawing.withdraw)(project, batch)
        data = {"batch": found.id, "label": found.label, "withdrawn_at": found.withdrawn_at}
        answer(
            settings,
            data,
            text(
                "withdraw.undone" if undo else "withdraw.done",
                project.language,
                **data | {"label": batch_name(found, project.language)},
            ),
        )


@click.command("enter")
@click.argument("form")
@click.option("--phone", is_flag=True, help="The answers came by telephone, not on paper.")
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, for a form without a number.")
@click.option("--answers", type=FILE, help="Take the answers from a JSON file (column: value) instead of asking.")
@click.option("--replace", "replace_known", is_flag=True, help="Replace what was keyed for this form before.")
@common_options
@click.pass_obj
def enter(
    settings: Settings, *, form: str, phone: bool, questionnaire: str | None, answers: Path | None, replace_known: bool
) -> int:
    """Key a form by hand. FORM is the printed id, a token, or "new"."""
    from scanform.model.response import Channel, Status
    from scanform.workflow.review import key_entry

    channel = Channel.PHONE if phone else Channel.MANUAL
    with open_settled(settings) as project:
        language = project.language
        found = key_entry.find_form(project, form, questionnaire=questionnaire)
        try:
            if answers is not None:
                response = key_entry.key_answers(found, _json_object(answers), channel=channel, language=language)
            else:
                response = key_entry.key_form(found, channel=channel, prompt=ask, echo=click.echo, language=language)
        except (KeyboardInterrupt, click.exceptions.Abort) as stop:
            raise KeyingAbort from stop
        stored = key_entry.save(project, response, replace_known=replace_known, reviewer=login_name())
        scanned = [key_entry.scanned_text(found, language)] if found.scanned else []
        waits = [said] if (said := key_entry.waiting_text(stored, language)) else []
        columns = [answer.column for answer in stored.answers if answer.status is Status.REVIEW]
        data = {"response": stored.id, "scanned": found.scanned, "waiting": columns}
        answer(settings, data, text("cli.stored", language, name=stored.id), *scanned, *waits)
        return ExitCode.OK


def _json_object(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        found = error
    if not isinstance(found, dict):
        raise InputError(words("cli.bad_json", file=str(path)), remedy=words("cli.bad_json_remedy"))
    return found


@click.command("identify")
@click.argument("page", metavar="FILE[#PAGE]")
@click.argument("form")
@click.option(
    "--number", type=click.IntRange(1), metavar="N", help="Page of the form (default: what its markers show)."
)
@common_options
@click.pass_obj
def identify(settings: Settings, *, page: str, form: str, number: int | None) -> int:
    """Say which form a page belongs to that was not recognised; FORM is the id on its margin, or the code of an
    imported form's questionnaire.

    Where several people filled in photocopies of one form, FORM with .2, .3, ... puts a page that was read to another
    of them.
    """
    from scanform.model.page import Fate
    from scanform.workflow.pages.identify_page import identify_page

    with open_settled(settings) as project:
        found = identify_page(project, page, form, number)
        fate = text(f"fate.{found.outcome.value}", project.language)
        problems = [problem_data(problem, project.language) for problem in found.problems]
        lines = (problem_line(problem, project.language) for problem in found.problems)
        answer(
            settings, {"page": page, "outcome": found.outcome.value, "problems": problems}, f"{page}: {fate}", *lines
        )
        return ExitCode.OK if found.outcome is Fate.READ else ExitCode.PAGES_REFUSED
