"""The command line: arguments, messages, exit codes. The only place that prints, and the only handler of exceptions."""

import errno
import json
import logging
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from scanform import __version__
from scanform.errors import ExitCode, InputError, InternalError, ScanformError, StoreError, UsageError, Words, of_place, words
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, decimal_text, in_words, moment_text, place_text, problem_text, remedy_text, text
from scanform.model.problem import Problem
from scanform.workflow.signals import ends_on_signals

if TYPE_CHECKING:
    from scanform.model.column_format import FormatDecision, FormatKind
    from scanform.model.page import Fate
    from scanform.store.records import Batch, PassedOver
    from scanform.workflow.accounts import AccountDesk
    from scanform.workflow.demo import Verdict
    from scanform.workflow.export_crops import CropOrder, CropsDone
    from scanform.workflow.import_digital import ImportSummary
    from scanform.workflow.project import Project
    from scanform.workflow.read_batch import BatchSummary, Remark
    from scanform.workflow.status import IncompleteForm, ProjectStatus
    from scanform.workflow.train_heads import NetworkTrained

Function = TypeVar("Function", bound=Callable[..., Any])

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANYTHING = click.Path(path_type=Path)

EDIT_PORT = 8766
"""Beside the review station's, so that both can be open."""

LISTED = 20
"""So many lines of one kind fit on a screen beside the rest; --json lists all."""


@dataclass(slots=True, kw_only=True)
class Settings:
    """What holds for every command: given before its name or after it."""

    project: Path | None = None
    language: str | None = None
    as_json: bool = False
    debug: bool = False

    @property
    def words(self) -> str:
        """The language of messages."""
        return self.language or _language_of_project(self.project or Path())


class KeyingAbort(click.exceptions.Abort):
    """Interrupted before the form that is being keyed was stored."""


class Program(click.Group):
    """The group of all commands; turns every exception into a message and an exit code."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]  # always exits
        """Run a command and exit."""
        given = list(sys.argv[1:] if args is None else args)
        extra.pop("standalone_mode", None)
        if "--debug" in given:
            logging.basicConfig(level=logging.INFO)
        else:
            logging.getLogger().addHandler(logging.NullHandler())  # what matters is said by messages, not by libraries
        with ends_on_signals():
            try:
                code = super().main(args=given, prog_name=prog_name or "scanform", standalone_mode=False, **extra)
                sys.stdout.flush()
            except (BrokenPipeError, SystemExit):  # click itself exits when standard output was closed: the reader had enough
                with suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                code = ExitCode.OK
            except Exception as error:  # noqa: BLE001 - the one handler
                code = _report(error, _asked_language(given), debug="--debug" in given)
            except KeyboardInterrupt:
                _say_interrupted("cli.interrupted", _asked_language(given))
                code = ExitCode.INTERRUPTED
        sys.exit(int(code) if isinstance(code, int) else 0)


def _say_interrupted(key: str, language: str) -> None:
    with suppress(OSError):  # the terminal may have gone, which is why the program ends
        click.echo(text(key, language), err=True)


def _report(error: Exception, language: str, *, debug: bool) -> ExitCode:
    """Say what went wrong and what to do; returns the exit code."""
    if isinstance(error, click.exceptions.Abort):
        _say_interrupted("cli.keying_interrupted" if isinstance(error, KeyingAbort) else "cli.interrupted", language)
        return ExitCode.INTERRUPTED
    if isinstance(error, click.ClickException):
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # since click 8.2
            error.show()
            return ExitCode.USAGE
        error = _wrong_call(error)
    if isinstance(error, OSError) and error.errno in (
        errno.ENOSPC,
        errno.EDQUOT,
        errno.EROFS,
        errno.EACCES,
        errno.EPERM,
        errno.EIO,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EISDIR,
    ):
        place = str(error.filename or "")
        error = StoreError(words("cli.cannot_write", place=place, cause=error), remedy=words("cli.cannot_write_remedy"))
    if debug:
        traceback.print_exception(error)
    if not isinstance(error, ScanformError):
        name = type(error).__name__
        error = InternalError(words("cli.bug", kind=name), remedy=words("cli.bug_remedy"))
    click.echo(text("cli.error", language, message=in_words(error.message, language)), err=True)
    if error.remedy:
        click.echo(text("cli.remedy", language, remedy=in_words(error.remedy, language)), err=True)
    return error.exit_code


def _wrong_call(error: click.ClickException) -> UsageError:
    """What click refuses, in our words: it has its own in English only."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "scanform"
    return UsageError(_refused_call(error), remedy=words("cli.call_remedy", command=command))


def _refused_call(error: click.ClickException) -> Words:
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        return words("cli.no_option_near" if near else "cli.no_option", option=error.option_name, near=near)
    if isinstance(error, click.BadOptionUsage):
        return words("cli.option_alone" if "does not take" in error.message else "cli.option_value", option=error.option_name)
    param = error.param if isinstance(error, click.BadParameter) else None
    if param is not None:
        name = max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name
        return words("cli.missing", name=name) if isinstance(error, click.MissingParameter) else of_place(name, _wanted(param.type))
    if hasattr(error, "command_name"):
        return words("cli.no_command", command=error.command_name)
    if error.message.startswith("Missing command"):
        return words("cli.missing", name="COMMAND")
    extra = re.match(r"Got unexpected extra arguments? \((.*)\)", error.message, re.DOTALL)
    return words("cli.extra", given=extra[1]) if extra else words("cli.bad_call")


def _wanted(kind: "click.ParamType[Any]") -> Words:
    """What an option or argument of a kind may be."""
    if isinstance(kind, click.Choice):
        return words("cli.want_choice", known=", ".join(map(str, kind.choices)))
    if isinstance(kind, click.IntRange) and kind.max is not None:
        return words("cli.want_between", low=kind.min, high=kind.max)
    if isinstance(kind, click.IntRange) and kind.min is not None:
        return words("cli.want_least", low=kind.min)
    if isinstance(kind, click.Path):
        return words("cli.want_folder" if kind.dir_okay else "cli.want_file")
    return words("cli.want_number" if kind is click.INT else "cli.want_other")


def _asked_language(arguments: Sequence[str]) -> str:
    """The language named in the arguments, also when they could not be parsed."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language":
            wanted = value or next(iter(arguments[at + 1 : at + 2]), "")
            return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
    return _language_of_project(Path(next((arguments[at + 1] for at, argument in enumerate(arguments[:-1]) if argument == "--project"), ".")))


def _language_of_project(folder: Path) -> str:
    """The language of the project's settings, if there are any."""
    from scanform.config import load_config

    try:
        return load_config(folder).language
    except (ScanformError, OSError):
        return DEFAULT_LANGUAGE


def _common(function: Function) -> Function:
    """The options that every command knows, before or after its name."""

    def keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
            if value not in (None, False):
                setattr(context.ensure_object(Settings), name, value)

        return callback

    options = (
        click.option("--project", type=FOLDER, expose_value=False, callback=keep("project"), help="The project's folder (default: the current one)."),
        click.option("--language", type=click.Choice(LANGUAGES), expose_value=False, callback=keep("language"), help="Language of messages and print."),
        click.option("--json", is_flag=True, expose_value=False, callback=keep("as_json"), help="Answer with JSON on standard output."),
        click.option("--debug", is_flag=True, expose_value=False, callback=keep("debug"), help="Show the traceback of a failure."),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="scanform")
@_common
@click.pass_context
def main(context: click.Context) -> None:
    """Paper surveys, read honestly: print forms, read scans, review what is doubtful, merge with online responses."""
    context.ensure_object(Settings)


def _open(settings: Settings, *, edited: bool = False) -> "Project":
    from scanform.workflow.project import open_project

    return open_project(settings.project or Path(), language=settings.language, edited=edited)


def _answer(settings: Settings, data: dict[str, Any], *lines: str) -> None:
    """Answer a person with lines or a machine with JSON."""
    if settings.as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            click.echo(line)


@main.command("init")
@click.argument("folder", type=FOLDER)
@click.option("--template", metavar="NAME", help="A questionnaire that ships with scanform.")
@click.option("--questionnaire", type=FILE, help="A questionnaire of your own (YAML).")
@click.option("--empty", is_flag=True, help="No questionnaire yet: for forms that are taken in with import-form.")
@click.option("--database", default="", metavar="URL", help="A PostgreSQL database instead of a SQLite file in the folder.")
@_common
@click.pass_obj
def init(settings: Settings, *, folder: Path, template: str | None, questionnaire: Path | None, empty: bool, database: str) -> None:
    """Make a project folder around a questionnaire."""
    from scanform.workflow.project import init_project

    with init_project(folder, template=template, questionnaire=questionnaire, empty=empty, language=settings.language, database=database) as project:
        code = next(iter(project.questionnaires), None)
        made = text("project.made" if code else "imported.made_empty", project.language, folder=str(folder), code=code)
        _answer(settings, {"project": str(folder), "questionnaire": code}, made)


@main.command("add-questionnaire")
@click.argument("file", type=FILE)
@_common
@click.pass_obj
def add_questionnaire(settings: Settings, file: Path) -> None:
    """Add a questionnaire (YAML) to the project, or replace the one with the same code."""
    from scanform.workflow import project as projects

    with projects.add_questionnaire(_open(settings, edited=True), file) as project:
        codes = sorted(project.questionnaires)
        _answer(settings, {"questionnaires": codes}, text("project.questionnaires", project.language, codes=", ".join(codes)))


@main.command("print")
@click.option("--copies", type=click.IntRange(1, 100_000), metavar="N", help="Print N forms without a token.")
@click.option("--recipients", type=FILE, help="Print a form for each row of a CSV file: token, name, address.")
@click.option("--reissue", metavar="TOKEN", help="Print one more form for a token, with a new identity.")
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
@_common
@click.pass_obj
def print_(
    settings: Settings,
    *,
    copies: int | None,
    recipients: Path | None,
    reissue: str | None,
    questionnaire: str | None,
    variant: str | None,
    seed: int | None,
    sides: str,
    out: Path,
) -> None:
    """Print forms as PDF, with a list of what stands on which page beside it."""
    from dataclasses import replace

    from scanform.workflow import print_forms as printing
    from scanform.workflow.recipients import Recipient, read_list

    if sum(given is not None for given in (copies, recipients, reissue)) != 1:
        raise UsageError(words("print.one_way"), remedy=words("print.one_way_remedy"))
    left_out: tuple[str, ...] = ()
    with _open(settings) as project:
        if reissue is not None:
            order = printing.reissue_order(project, reissue, variant=variant, language=settings.language, seed=seed)
        else:
            listed = read_list(recipients, printed=printing.printed_tokens(project)) if recipients else None
            people: tuple[Recipient | None, ...] = listed.recipients if listed else (None,) * (copies or 0)
            left_out = listed.left_out if listed else ()
            order = printing.PrintOrder(recipients=people, questionnaire=questionnaire, variant=variant or "standard", language=settings.language, seed=seed)
        printed = printing.print_forms(project, replace(order, sides=printing.Sides(sides)), out)
        pages = len(printed.forms) * len(printed.layout.pages)
        data = {
            "forms": len(printed.forms),
            "pages": pages,
            "layout": printed.layout.digest,
            "pdf": str(printed.pdf),
            "copies": str(printed.copies),
            "printed_before": printed.printed_before,
            "empty_pages": printed.fillers,
            "columns_left_out": list(left_out),
        }
        aside = [text("print.left_out", project.language, columns=", ".join(left_out))] if left_out else []
        backs = [text("print.backs", project.language, count=printed.fillers)] if printed.fillers else []
        again = [text("print.again", project.language, count=printed.printed_before)] if printed.printed_before else []
        _answer(settings, data, text("print.done", project.language, **data), *aside, *backs, *again)


@main.command("ingest")
@click.argument("paths", type=ANYTHING, nargs=-1, required=True)
@click.option("--jobs", type=click.IntRange(0), metavar="N", help="Number of processes; 0 is one per core, 1 process is still one of its own.")
@click.option("--serial", is_flag=True, help="Read in this process, without limits of time (for debugging).")
@click.option("--scheduler", metavar="URL", help="Read on a dask cluster.")
@click.option("--retry", is_flag=True, help="Read pages again that were damaged, given up, unknown or in need of help.")
@_common
@click.pass_obj
def ingest(settings: Settings, *, paths: tuple[Path, ...], jobs: int | None, serial: bool, scheduler: str | None, retry: bool) -> int:
    """Read scans: files and folders of PDF, TIFF, JPEG and PNG. Running it again goes on, and changes nothing twice."""
    from scanform.workflow import executors
    from scanform.workflow.progress import terminal_progress
    from scanform.workflow.read_batch import limits_of, read_batch

    with _open(settings) as project:
        if scheduler is not None:
            workers = executors.dask(scheduler)
        elif serial:
            workers = executors.serial()
        else:
            workers = executors.processes(project.config.reading.jobs if jobs is None else jobs, limits_of(project))
        summary = read_batch(project, paths, workers, progress=terminal_progress, retry=retry)
        fields = _fields_waiting(project)
        _answer(settings, _summary_data(summary, fields, project.language), *_summary_lines(summary, fields, project.language))
        return _after(summary.refused, fields)


def _after(refused: int, fields: int) -> ExitCode:
    """The exit code of work that went through."""
    if refused:
        return ExitCode.PAGES_REFUSED
    return ExitCode.REVIEW_WAITS if fields else ExitCode.OK


def _fields_waiting(project: "Project") -> int:
    from scanform.model.response import Status
    from scanform.workflow.review_cases import effective_responses

    return sum(answer.status is Status.REVIEW for response in effective_responses(project) for answer in response.answers)


def _summary_data(summary: "BatchSummary", fields: int, language: str) -> dict[str, Any]:
    return {
        "batch": summary.batch,
        "files": summary.files,
        "new_files": summary.new_files,
        "pictures": summary.pictures,
        "pages": sum(summary.pages.values()) + summary.waiting,
        "fates": {fate.value: count for fate, count in summary.pages.items()},
        "waiting": summary.waiting,
        "read": summary.read,
        "seconds": summary.seconds,
        "page_ms": summary.page_ms,
        "refused": summary.refused,
        "fields_waiting": fields,
        "problems": [_remark_data(remark, language) for remark in summary.remarks],
        "passed_over": [_passed_data(one, language) for one in summary.passed_over],
    }


def _passed_data(passed: "PassedOver", language: str) -> dict[str, Any]:
    words = problem_text(Problem(slug=passed.reason), language)
    return {"file": passed.path, "files": passed.files, "problem": passed.reason, "text": words, "remedy": remedy_text(passed.reason, language)}


def _passed_lines(passed: Sequence["PassedOver"], language: str) -> list[str]:
    """What was not opened because of its name: the first ones, and how many more there are."""
    if not passed:
        return []
    lines = [text("ingest.passed_over", language, count=sum(one.files for one in passed))]
    for one in passed[:LISTED]:
        place = one.path if one.files == 1 else text("ingest.passed_folder", language, path=one.path, count=one.files)
        lines.append(_visible(f"  {place}: {problem_text(Problem(slug=one.reason), language)} {remedy_text(one.reason, language)}"))
    return lines + ([text("ingest.more_passed_over", language, count=len(passed) - LISTED)] if len(passed) > LISTED else [])


def _remark_data(remark: "Remark", language: str) -> dict[str, Any]:
    return {
        "file": remark.path,
        "page": remark.page,
        "sheet": remark.sheet or None,
        "fate": remark.fate.value if remark.fate else None,
        "problem": remark.problem.slug,
        "text": problem_text(remark.problem, language),
        "remedy": remedy_text(remark.problem.slug, language),
    }


def _remark_line(remark: "Remark", language: str) -> str:
    place = remark.path if remark.page is None else text("ingest.place_page", language, path=remark.path, page=remark.place)
    what = problem_text(remark.problem, language)
    return _visible(text("ingest.remark", language, place=place, what=what, remedy=remedy_text(remark.problem.slug, language)))


def _visible(line: str) -> str:
    """The line without control characters, which file names may hold: it has to stay one line on every terminal."""
    return "".join(character if character.isprintable() else character.encode("unicode_escape").decode() for character in line)


def _summary_lines(summary: "BatchSummary", fields: int, language: str) -> list[str]:
    pages = sum(summary.pages.values()) + summary.waiting
    counts = "ingest.counts" if summary.pictures == pages else "ingest.counts_pictures"
    lines = [text(counts, language, files=summary.files, new=summary.new_files, pictures=summary.pictures, pages=pages)]
    lines += _fate_lines(summary.pages, summary.waiting, language)
    if summary.read:
        lines.append(text("ingest.speed", language, read=summary.read, seconds=summary.seconds, page_ms=summary.page_ms))
    elif not summary.new_files:
        lines.append(text("ingest.nothing_new", language))
    lines += [_remark_line(remark, language) for remark in summary.remarks]
    lines += _passed_lines(summary.passed_over, language)
    return lines + ([text("ingest.waiting_fields", language, fields=fields)] if fields else [])


def _fate_lines(pages: Mapping["Fate", int], waiting: int, language: str) -> list[str]:
    rows = [(count, text(f"fate.{fate.value}", language)) for fate, count in pages.items()]
    return [f"{count:>7}  {words}" for count, words in rows + ([(waiting, text("fate.waiting", language))] if waiting else [])]


@main.command("status")
@_common
@click.pass_obj
def status(settings: Settings) -> int:
    """Show files, pages by fate, forms, fields and what waits, and check that the sums agree."""
    from scanform.workflow.status import project_status

    with _open(settings) as project:
        found = project_status(project)
        _answer(settings, _status_data(found, project.language), *_status_lines(found, project))
        return ExitCode.OK if found.sums_agree else ExitCode.STORE


def _status_data(found: "ProjectStatus", language: str) -> dict[str, Any]:
    return {
        "files": found.files,
        "pictures": found.pictures,
        "pages_handed_in": found.pages_handed_in,
        "fates": {fate.value: count for fate, count in found.pages.items()},
        "waiting": found.waiting,
        "sums_agree": found.sums_agree,
        "withdrawn_pages": found.withdrawn_pages,
        "forms": {"complete": found.forms_complete, "incomplete": found.forms_incomplete},
        "incomplete_forms": [{"form": form.form_id, "token": form.token, "pages_missing": list(form.pages_missing)} for form in found.incomplete],
        "responses": {channel.value: count for channel, count in found.responses.items()},
        "fields": {one.value: count for one, count in found.fields.items()},
        "fields_waiting": found.fields_waiting,
        "contradictions_waiting": found.contradictions,
        "merge_is_stale": found.merge_is_stale,
        "vanished_responses": list(found.vanished),
        "joining_waiting": [
            {"form": one.form, "respondents": one.respondents, "pages": one.pages, "unproven": list(one.unproven), "token_withheld": one.token_withheld}
            for one in found.joining
        ],
        "sheets_waiting": [{"file": one.path, "batch": one.batch, "pattern": one.pattern, "forms": list(one.forms)} for one in found.sheets],
        "doubles_waiting": found.doubles,
        "waived_pages": found.waived,
        "batches": [{"batch": b.id, "kind": b.kind, "label": b.label, "created_at": b.created_at, "withdrawn_at": b.withdrawn_at} for b in found.batches],
        "problems": [_remark_data(remark, language) for remark in found.remarks],
        "passed_over": [_passed_data(one, language) for one in found.passed_over],
    }


def _status_lines(found: "ProjectStatus", project: "Project") -> list[str]:
    from scanform.workflow.import_digital import shortened

    language = project.language
    by_status = {one.value: count for one, count in found.fields.items()}
    done = by_status.get("confirmed", 0) + by_status.get("corrected", 0)
    title = "status.title" if found.pictures == found.pages_handed_in else "status.title_pictures"
    lines = [text(title, language, name=project.config.name, files=found.files, pictures=found.pictures, pages=found.pages_handed_in)]
    lines += _fate_lines(found.pages, found.waiting, language)
    if found.waived:
        lines.append(text("status.waived", language, count=found.waived))
    lines.append(text("status.forms", language, complete=found.forms_complete, incomplete=found.forms_incomplete))
    lines += _incomplete_lines(found.incomplete, language)
    lines.append(text("status.fields", language, auto=by_status.get("auto", 0), review=found.fields_waiting, done=done))
    if found.contradictions:
        lines.append(text("status.contradictions", language, count=found.contradictions))
    lines += _stale_lines(found.merge_is_stale, language)
    lines += _joining_lines(found, language)
    if found.responses:
        lines.append(text("status.responses", language, counts=", ".join(f"{channel.value} {count}" for channel, count in found.responses.items())))
    if found.vanished:
        lines.append(text("status.vanished", language, count=len(found.vanished), responses=shortened(found.vanished)))
    lines += _batch_lines(project, found.batches, language)
    withdrawn = [str(batch.id) for batch in found.batches if batch.withdrawn_at is not None]
    if withdrawn:
        lines.append(text("status.withdrawn", language, batches=", ".join(withdrawn), pages=found.withdrawn_pages))
    lines += [_remark_line(remark, language) for remark in found.remarks]
    lines += _passed_lines(found.passed_over, language)
    counted = sum(found.pages.values()) + found.waiting
    sums = "status.sums_agree" if found.sums_agree else "status.sums_differ"
    return [*lines, text(sums, language, pages=found.pages_handed_in, handed_in=found.pages_handed_in, counted=counted)]


def _incomplete_lines(forms: Sequence["IncompleteForm"], language: str) -> list[str]:
    """The forms of which pages are missing, one a line: the first ones, and how many more there are."""
    rows = []
    for form in forms[:LISTED]:
        name = form.form_id if form.token is None else f"{form.form_id} ({form.token})"
        rows.append(_visible(text("status.incomplete", language, form=name, pages=", ".join(str(page) for page in form.pages_missing))))
    return rows + ([text("status.more_incomplete", language, count=len(forms) - LISTED)] if len(forms) > LISTED else [])


def _joining_lines(found: "ProjectStatus", language: str) -> list[str]:
    """Whose pages nobody knows yet, which files contradict their sheets, and the pages that came in twice and wait."""
    from scanform.model.problem import Problem

    rows = []
    for one in found.joining[:LISTED]:
        if one.unproven:
            rows.append(text("status.joining", language, form=one.form, respondents=one.respondents, pages=one.pages))
        if one.token_withheld:
            rows.append(text("status.token_withheld", language, form=one.form, respondents=one.respondents))
    for file in found.sheets[:LISTED]:
        slug = f"sheets-{file.pattern}"
        what = f"{problem_text(Problem(slug=slug), language)} {remedy_text(slug, language)}"
        rows.append(_visible(text("status.sheets", language, file=file.path, what=what)))
    left = max(0, len(found.joining) - LISTED) + max(0, len(found.sheets) - LISTED)
    more = [text("status.more_incomplete", language, count=left)] if left else []
    return rows + more + ([text("status.doubles", language, count=found.doubles)] if found.doubles else [])


def _short(words: str, characters: int = 100) -> str:
    return words if len(words) <= characters else words[: characters - 1] + "…"


def _batch_lines(project: "Project", batches: Sequence["Batch"], language: str) -> list[str]:
    """The newest batches that count, as a table: number, time, what was handed in."""
    from scanform.workflow.server_zone import readers_zone

    active, zone = [batch for batch in batches if batch.withdrawn_at is None], readers_zone(project.config)
    if not active:
        return []
    times = {batch.id: moment_text(batch.created_at, language, zone) for batch in active[-LISTED:]}
    wide = max(map(len, times.values()))
    rows = [f"{batch.id:>7}  {times[batch.id]:<{wide}}  {_short(_visible(batch.label))}" for batch in active[-LISTED:]]
    earlier = len(active) - len(rows)
    more = [text("status.more_batches", language, count=earlier)] if earlier else []
    return [text("status.batches", language), *more, *rows]


@main.command("withdraw")
@click.argument("batch", type=int)
@click.option("--undo", is_flag=True, help="Bring the batch back.")
@_common
@click.pass_obj
def withdraw(settings: Settings, *, batch: int, undo: bool) -> None:
    """Take a batch out of everything, reversibly. scanform status shows the numbers."""
    _withdraw(settings, batch, undo=undo)


@main.command("withdraw-response")
@click.argument("response")
@click.option("--reason", default="", metavar="TEXT", help="Why: it is kept with your name. Needed unless --undo is given.")
@click.option("--undo", is_flag=True, help="Bring the response back.")
@_common
@click.pass_obj
def withdraw_response(settings: Settings, *, response: str, reason: str, undo: bool) -> None:
    """Take one online response out of everything, reversibly; later imports do not bring it back."""
    from scanform.workflow import withdraw as withdrawing

    with _open(settings) as project:
        act = (withdrawing.restore_response if undo else withdrawing.withdraw_response)(project, response, reason=reason, reviewer=_login())
        data = {"response": act.response_id, "withdrawn": act.withdrawn, "reason": act.reason, "reviewer": act.reviewer, "at": act.at}
        _answer(settings, data, text("withdraw.response_undone" if undo else "withdraw.response_done", project.language, response=act.response_id))


@main.command("restore")
@click.argument("batch", type=int)
@_common
@click.pass_obj
def restore(settings: Settings, *, batch: int) -> None:
    """Bring a withdrawn batch back (the same as withdraw --undo)."""
    _withdraw(settings, batch, undo=True)


def _withdraw(settings: Settings, batch: int, *, undo: bool) -> None:
    from scanform.workflow import withdraw as withdrawing

    with _open(settings) as project:
        found = (withdrawing.restore if undo else withdrawing.withdraw)(project, batch)
        data = {"batch": found.id, "label": found.label, "withdrawn_at": found.withdrawn_at}
        _answer(settings, data, text("withdraw.undone" if undo else "withdraw.done", project.language, **data))


@main.command("enter")
@click.argument("form")
@click.option("--phone", is_flag=True, help="The answers came by telephone, not on paper.")
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, for a form without a number.")
@click.option("--answers", type=FILE, help="Take the answers from a JSON file (column: value) instead of asking.")
@click.option("--replace", "replace_known", is_flag=True, help="Replace what was keyed for this form before.")
@_common
@click.pass_obj
def enter(settings: Settings, *, form: str, phone: bool, questionnaire: str | None, answers: Path | None, replace_known: bool) -> int:
    """Key a form by hand. FORM is the printed id, a token, or "new"."""
    from scanform.model.response import Channel, Status
    from scanform.workflow import enter_form

    channel = Channel.PHONE if phone else Channel.MANUAL
    with _open(settings) as project:
        language = project.language
        found = enter_form.find_form(project, form, questionnaire=questionnaire)
        try:
            if answers is not None:
                response = enter_form.key_answers(found, _json_object(answers), channel=channel, language=language)
            else:
                response = enter_form.key_form(found, channel=channel, prompt=_ask, echo=click.echo, language=language)
        except (KeyboardInterrupt, click.exceptions.Abort) as stop:
            raise KeyingAbort from stop
        stored = enter_form.save(project, response, replace_known=replace_known, reviewer=_login())
        scanned = [enter_form.scanned_text(found, language)] if found.scanned else []
        waits = [said] if (said := enter_form.waiting_text(stored, language)) else []
        columns = [answer.column for answer in stored.answers if answer.status is Status.REVIEW]
        data = {"response": stored.id, "scanned": found.scanned, "waiting": columns}
        _answer(settings, data, text("cli.stored", language, name=stored.id), *scanned, *waits)
        return ExitCode.OK


def _ask(prompt: str) -> str:
    return str(click.prompt(prompt, default="", show_default=False, prompt_suffix=" "))


def _json_object(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        found = error
    if not isinstance(found, dict):
        raise InputError(words("cli.bad_json", file=str(path)), remedy=words("cli.bad_json_remedy"))
    return found


@main.command("review")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True, help="Port on this computer; 0 takes a free one.")
@click.option("--reviewer", metavar="NAME", help="Work without accounts: decisions are stored with this name. Refused once the project has accounts.")
@click.option("--behind-proxy", metavar="URL", default="", help="The https address under which a reverse proxy on this computer offers the station.")
@_common
@click.pass_obj
def review(settings: Settings, *, port: int, reviewer: str | None, behind_proxy: str) -> None:
    """Open the review station on this computer: check what is doubtful, with the keyboard. People log in with accounts of the project.

    Ctrl-C or a request to end (SIGTERM) closes it, with exit code 0.
    """
    from review_ui.proxy import public_host
    from review_ui.server import serve
    from scanform.workflow.review_fields import Desk
    from scanform.workflow.sort_pages import SortDesk
    from scanform.workflow.upload_desk import UploadDesk

    with _open(settings) as project:
        if behind_proxy:
            public_host(behind_proxy)
        accounts = _accounts(project, reviewer, bool(behind_proxy))
        start = accounts.start_token() if accounts is not None and not accounts.exist() else ""

        def ready(url: str) -> None:
            link = f"{url}start/{start}" if start else ""
            words = text("cli.review_at", project.language, url=url)
            first = text("accounts.first-link", project.language, url=link)
            _answer(settings, {"url": url} | ({"first": link} if start else {}), f"{words}\n\n{first}" if start else words)
            sys.stdout.flush()

        how: dict[str, Any] = {"reviewer": reviewer or "", "accounts": accounts, "proxy": behind_proxy}
        serve(Desk(project), sorter=SortDesk(project), uploads=UploadDesk(project), port=port, language=project.language, ready=ready, **how)


def _accounts(project: "Project", reviewer: str | None, proxied: bool) -> "AccountDesk | None":
    """The accounts that people log in with; None when somebody works alone. Raises UsageError when that is not allowed."""
    from scanform.workflow.accounts import AccountDesk

    accounts = AccountDesk(project)
    if not reviewer:
        return accounts
    if accounts.exist() or proxied:
        key = "accounts.alone-behind-proxy" if proxied else "accounts.alone-refused"
        raise UsageError(words(key), remedy=words(f"{key}-remedy"), slug="accounts")
    return None


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "reviewer"


@main.command("find-zones")
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option("-o", "--output", "out", type=FILE, required=True, help="The layout file (JSON) to write.")
@click.option("--code", metavar="CODE", help="Code of the questionnaire (default: from the name of the file).")
@click.option("--edit", is_flag=True, help="Open the proposal in the browser afterwards, as edit-layout does.")
@_common
@click.pass_obj
def find_zones(settings: Settings, *, blank: tuple[Path, ...], out: Path, code: str | None, edit: bool) -> None:
    """Propose the zones of an empty form that scanform did not print: boxes, bubbles, character cells, places to write."""
    from scanform.workflow.find_zones import find_zones as run

    found = run(blank, out, code=code, language=settings.words)
    counts = {"questions": found.questions, "boxes": found.boxes, "cells": found.cells, "areas": found.areas, "pages": len(found.layout.pages)}
    _answer(settings, {"layout": str(out), "code": found.layout.questionnaire} | counts, text("imported.found", settings.words, out=str(out), **counts))
    if edit:
        _edit(settings, out, blank, EDIT_PORT)


@main.command("edit-layout")
@click.argument("layout", type=FILE)
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option("--port", type=click.IntRange(0, 65535), default=EDIT_PORT, show_default=True, help="Port on this computer; 0 takes a free one.")
@_common
@click.pass_obj
def edit_layout(settings: Settings, *, layout: Path, blank: tuple[Path, ...], port: int) -> None:
    """Correct the zones in a layout file in the browser, over the empty pages in BLANK: move, resize, name, add, delete.

    Ctrl-C or a request to end (SIGTERM) closes it, with exit code 0; what was saved stays.
    """
    _edit(settings, layout, blank, port)


def _edit(settings: Settings, layout: Path, blank: tuple[Path, ...], port: int) -> None:
    from review_ui.editor import serve_editor
    from scanform.workflow.edit_layout import open_layout

    def ready(url: str) -> None:
        _answer(settings, {"url": url}, text("cli.edit_at", settings.words, url=url))
        sys.stdout.flush()

    serve_editor(open_layout(layout, blank), port=port, language=settings.words, ready=ready)


@main.command("import-form")
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option("--layout", type=FILE, required=True, help="Where its zones stand: a layout file, as find-zones writes it.")
@click.option("--filled-scans", is_flag=True, help="There is no empty form: BLANK are filled ones; the print is what they share.")
@_common
@click.pass_obj
def import_form(settings: Settings, *, blank: tuple[Path, ...], layout: Path, filled_scans: bool) -> None:
    """Take in a form that scanform did not print, from its empty pages: from then on, scans of it are recognised and read."""
    from scanform.workflow import import_form as importing

    with _open(settings) as project:
        found = (importing.import_filled if filled_scans else importing.import_form)(project, blank, layout)
        language, code = project.language, found.layout.questionnaire
        zones = sum(len(page.zones) for page in found.layout.pages)
        data = {"code": code, "layout": found.layout.digest, "pages": len(found.layout.pages), "zones": zones, "known": found.known}
        said = [text("imported.known" if found.known else "imported.done", language, **{**data, "digest": found.layout.digest})]
        said += [text("imported.questionnaire", language, file=str(found.questionnaire))] if found.questionnaire else []
        problems = [_problem_data(problem, language) for problem in found.problems]
        made = {"questionnaire": str(found.questionnaire) if found.questionnaire else None, "problems": problems}
        _answer(settings, data | made, *said, *(_problem_line(problem, language) for problem in found.problems))


@main.command("import-digital")
@click.argument("file", type=FILE)
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, when the project has several.")
@click.option("--survey", metavar="NAME", help="Which survey of LimeSurvey, when several use one questionnaire: any name, the same for each export of it.")
@click.option(
    "--read", "said", multiple=True, metavar="[COLUMN=]READING",
    help="How to read a column, or all that are unclear: day-month, month-day, decimal-comma, decimal-point, codes, labels, repaired, as-written.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask whether the columns are read as they should be.")
@_common
@click.pass_obj
def import_digital(settings: Settings, *, file: Path, questionnaire: str | None, survey: str | None, said: tuple[str, ...], yes: bool) -> int:
    """Take in online responses: a LimeSurvey CSV export. Doing it again changes nothing."""
    from scanform.workflow import column_formats as formats
    from scanform.workflow.import_digital import import_digital as run
    from scanform.workflow.import_digital import try_import

    with _open(settings) as project:
        readings = formats.parsed(said)
        if not yes and not settings.as_json and sys.stdin.isatty() and sys.stdout.isatty():
            readings = _asked_formats(
                lambda known: try_import(project, file, questionnaire=questionnaire, survey=survey, said=known), readings, project.language
            )
        found = run(project, file, questionnaire=questionnaire, survey=survey, said=readings)
        data = {"questionnaire": found.questionnaire, "new": len(found.new), "changed": len(found.changed), "unchanged": found.unchanged, "batch": found.batch}
        untaken = [text("cli.rows_not_taken", project.language, count=found.not_taken)] if found.not_taken else []
        named = {name: list(getattr(found, name)) for name in ("refused", "older", "vanished", "withdrawn")}
        ignored = list(found.ignored_columns)
        problems = [_problem_data(problem, project.language) for problem in found.problems]
        named_survey = [text("cli.imported_survey", project.language, survey=found.survey)] if found.survey != found.questionnaire else []
        lines = [text("cli.imported", project.language, **data), *named_survey, *untaken]
        lines += [_visible(line) for line in formats.said_lines(found.file, found.decisions, project.language)]
        lines += [_problem_line(problem, project.language) for problem in found.problems]
        if ignored:
            lines.append(text("cli.ignored_columns", project.language, columns=", ".join(ignored)))
        counts = {"survey": found.survey, "rows_not_taken": found.not_taken}
        told = {**counts, **named, "ignored_columns": ignored, "formats": [_format_data(one) for one in found.decisions], "problems": problems}
        _answer(settings, data | told, *lines)
        return ExitCode.PAGES_REFUSED if found.not_taken else ExitCode.OK


def _asked_formats(
    attempt: "Callable[[dict[tuple[str, FormatKind], str]], ImportSummary]", readings: "dict[tuple[str, FormatKind], str]", language: str
) -> "dict[tuple[str, FormatKind], str]":
    """What a person at the terminal says about the columns: each that is open is asked for, and all that is new is confirmed."""
    from scanform.workflow import column_formats as formats

    known = dict(readings)
    while True:
        try:
            found = attempt(known)
            break
        except formats.OpenFormatsError as still_open:
            click.echo(_visible_lines(in_words(still_open.message, language)))
            for one in still_open.questions:
                names = [reading for reading, _ in one.readings]
                known[one.key] = _chosen(text("formats.ask", language, column=one.column), names, language)
    if any(formats.is_worth_asking(one) for one in found.decisions):
        click.echo("\n".join(_visible(line) for line in formats.said_lines(found.file, found.decisions, language)))
        if not _confirmed(text("formats.confirm", language), language, default=True):
            raise UsageError(words("formats.not_confirmed"), remedy=words("formats.not_confirmed_remedy"))
    return known


def _chosen(question: str, names: Sequence[str], language: str) -> str:
    """One of the names, typed by a person; asked again for anything else. Click's own question complains in English only."""
    while True:
        said = click.prompt(f"{question} ({', '.join(names)})").strip()
        if said in names:
            return str(said)
        click.echo(text("cli.want_choice", language, known=", ".join(names)))


_YES, _NO = frozenset({"y", "yes", "j", "ja"}), frozenset({"n", "no", "nein"})
"""In either language, whatever the question is in."""


def _confirmed(question: str, language: str, *, default: bool) -> bool:
    """Whether a person says yes, or `default` where they say nothing; asked again for anything else."""
    choice = text("cli.yes_or_no" if default else "cli.no_or_yes", language)
    while True:
        said = click.prompt(f"{question} [{choice}]", default="", show_default=False).strip().casefold()
        if said in _YES | _NO or not said:
            return said in _YES if said else default
        click.echo(text("cli.want_choice", language, known=choice.replace("/", ", ").lower()))


def _visible_lines(shown: str) -> str:
    """Several lines without characters that act on the terminal."""
    return "\n".join(_visible(line) for line in shown.splitlines())


def _format_data(decision: "FormatDecision") -> dict[str, str]:
    return {
        "column": decision.column, "kind": decision.kind.value, "reading": decision.reading, "basis": decision.basis.value,
        "example": decision.example, "read_as": decision.read_as,
    }  # fmt: skip


def _problem_data(problem: "Problem", language: str) -> dict[str, Any]:
    return {"problem": problem.slug, "where": problem.where, "text": problem_text(problem, language), "remedy": remedy_text(problem.slug, language)}


def _problem_line(problem: "Problem", language: str) -> str:
    place = f"{place_text(problem.where, language)}: " if problem.where else ""
    return _visible(f"{place}{problem_text(problem, language)} {remedy_text(problem.slug, language)}")


@main.command("merge")
@click.option("--undo", is_flag=True, help="Take the merge back: each response stands for itself again.")
@click.option("--decide", nargs=2, metavar="ITEM VALUE", help="Settle a contradiction that conflicts.csv names.")
@click.option("--as-written", is_flag=True, help="With --decide: keep a value that the question does not allow, beside its missing code.")
@_common
@click.pass_obj
def merge(settings: Settings, *, undo: bool, decide: tuple[str, str] | None, as_written: bool) -> int:
    """Join paper and online responses of one place by their token; contradictions are reported, not decided."""
    from scanform.workflow import merge_responses as merging

    with _open(settings) as project:
        if undo:
            links = merging.undo_merge(project)
            _answer(settings, {"links": links}, text("cli.merge_undone", project.language, links=links))
            return ExitCode.OK
        if decide:
            third = sys.stdin.isatty() and merging.is_third_value(project, *decide)
            if third and not _confirmed(text("merge.third-value", project.language, value=decide[1]), project.language, default=False):
                raise click.Abort
            decision = merging.decide_conflict(project, decide[0], decide[1], reviewer=_login(), as_written=as_written)
            _answer(settings, {"item": decision.item}, text("cli.stored", project.language, name=decision.item))
            return ExitCode.OK
        found = merging.merge_responses(project)
        data = {
            "responses": found.responses,
            "records": found.records,
            "joined": found.joined,
            "open_conflicts": found.open_conflicts,
            "decided_conflicts": found.decided_conflicts,
        }
        lines = (_problem_line(problem, project.language) for problem in found.problems)
        problems = [_problem_data(problem, project.language) for problem in found.problems]
        _answer(settings, data | {"problems": problems}, text("cli.merged", project.language, **data), *lines)
        return ExitCode.REVIEW_WAITS if found.open_conflicts else ExitCode.OK


@main.command("export")
@click.argument("folder", type=FOLDER, required=False)
@click.option("--readings", type=FILE, help="Write only what was read on paper, as one CSV file.")
@click.option("--with-contact", is_flag=True, help="Put contact data into the readings.csv of DIR too.")
@click.option("--without-contact", is_flag=True, help="Leave contact data out of --readings FILE.")
@click.option("--without-sensitive", is_flag=True, help="Leave out questions of the class sensitive.")
@_common
@click.pass_obj
def export(settings: Settings, *, folder: Path | None, readings: Path | None, with_contact: bool, without_contact: bool, without_sensitive: bool) -> None:
    """Write the data set: responses, codebook, provenance and contradictions as CSV and XLSX; contact data apart."""
    from scanform.workflow import hand_over as handing
    from scanform.workflow.server_zone import readers_zone

    if (folder is None) == (readings is None):
        raise UsageError(words("cli.one_target"), remedy=words("cli.one_target_remedy"))
    with _open(settings) as project:
        if readings is not None:
            path = handing.write_readings(project, readings, without_contact=without_contact, without_sensitive=without_sensitive)
            _answer(settings, {"files": [str(path)]}, text("cli.written", project.language, files=str(path)))
        elif folder is not None:
            done = handing.hand_over(project, folder, with_contact=with_contact, without_sensitive=without_sensitive, language=settings.language)
            files = [str(path) for path in done.files]
            data = {
                "files": files,
                "rows": done.rows,
                "open_conflicts": done.open_conflicts,
                "merge_is_stale": done.merge_is_stale,
                "released_at": done.released_at,
                "waived": done.waived,
            }
            line = text("cli.exported", project.language, rows=done.rows, count=len(files), folder=str(folder), conflicts=done.open_conflicts)
            at = moment_text(done.released_at or "", project.language, readers_zone(project.config))
            released = text("cli.released" if done.released_at else "cli.not_released", project.language, at=at)
            given_up = [text("cli.waived", project.language, count=done.waived)] if done.waived else []
            _answer(settings, data, line, released, *given_up, *_stale_lines(done.merge_is_stale, project.language))


def _stale_lines(is_stale: bool, language: str) -> list[str]:
    """What a person should know when the merge is older than the data."""
    from scanform.workflow.merge_responses import STALE

    return [_problem_line(STALE, language)] if is_stale else []


@main.command("export-crops")
@click.argument("folder", type=FOLDER)
@click.option("--consent", metavar="QUESTION=OPTION", help="Take only forms on which this tick says that the writer agrees.")
@click.option("--consent-for-all", is_flag=True, help="State that the writers of all forms agreed in another way.")
@click.option("--keep-days", type=click.IntRange(1), default=365, show_default=True, metavar="N", help="Days after its confirmation that a crop may be kept.")
@click.option("--with-contact", is_flag=True, help="Take contact data in, too.")
@click.option("--without-sensitive", is_flag=True, help="Leave out questions of the class sensitive.")
@click.option("--purge", is_flag=True, help="Export nothing; delete from FOLDER what may no longer be kept.")
@_common
@click.pass_obj
def export_crops(
    settings: Settings, *, folder: Path, consent: str | None, consent_for_all: bool, keep_days: int, with_contact: bool, without_sensitive: bool, purge: bool
) -> None:
    """Write crops of handwriting that people confirmed in review into FOLDER, to train on. Handwriting is personal data: only with consent, only for a time."""
    from datetime import UTC, datetime

    from scanform.workflow import crops_folder
    from scanform.workflow.export_crops import CropOrder
    from scanform.workflow.export_crops import export_crops as run
    from scanform.workflow.progress import terminal_progress

    at = datetime.now(UTC)
    if purge:
        left, gone = crops_folder.purge(folder, at.date().isoformat())
        data = {"folder": str(folder), "gone": gone, "left": len(left.rows) + len(left.lines)}
        _answer(settings, data, text("train.purged", settings.words, **data))
        return
    if (consent is not None) == consent_for_all:
        raise UsageError(words("train.one_consent"), remedy=words("train.consent_remedy"))
    order = CropOrder(consent=_consent(consent), keep_days=keep_days, with_contact=with_contact, without_sensitive=without_sensitive)
    with _open(settings) as project:
        done = run(project, folder, order, at=at, progress=terminal_progress)
        _show_crops(settings, folder, order, done, project.language)


def _consent(given: str | None) -> tuple[str, str] | None:
    if given is None:
        return None
    question, mark, option = given.partition("=")
    if not (question and mark and option):
        raise UsageError(words("train.bad_consent", given=given), remedy=words("train.consent_remedy"))
    return question, option


def _show_crops(settings: Settings, folder: Path, order: "CropOrder", done: "CropsDone", language: str) -> None:
    counted = {"folder": str(folder), "forms": done.forms, "rows": done.rows, "cells": done.cells, "lines": done.lines}
    lines = [text("train.exported", language, days=order.keep_days, **counted)]
    lines += [text("train.without_consent", language, count=done.without_consent)] if done.without_consent else []
    lines += [text(f"train.left_out_{reason}", language, count=count) for reason, count in done.left_out.items()]
    _answer(settings, counted | {"without_consent": done.without_consent, "left_out": dict(done.left_out)}, *lines)


@main.command("train")
@click.argument("folders", type=FOLDER, nargs=-1)
@click.option("--dry-run", is_flag=True, help="Train and measure, but go on reading as before.")
@click.option("--forget", "give_up", is_flag=True, help="Go back to the networks as they are shipped.")
@_common
@click.pass_obj
def train(settings: Settings, *, folders: tuple[Path, ...], dry_run: bool, give_up: bool) -> None:
    """Train the reader of character cells on the crops in FOLDERS; it is put in place where it reads forms that were held out better."""
    from datetime import UTC, datetime

    from scanform.workflow import train_heads as training

    if give_up == bool(folders):
        raise UsageError(words("train.what"), remedy=words("train.what_remedy"))
    with _open(settings) as project:
        if give_up:
            given_up = training.forget(project)
            said = "train.forgotten" if given_up else "train.nothing_to_forget"
            _answer(settings, {"forgotten": list(given_up)}, text(said, project.language, networks=", ".join(given_up)))
            return
        done = training.train(project, folders, at=datetime.now(UTC), dry_run=dry_run)
        lines = [text("train.expired", project.language, count=done.expired)] if done.expired else []
        lines += [line for one in done.networks for line in _trained_lines(one, project.language)]
        _answer(settings, {"networks": [_trained_data(one) for one in done.networks], "expired": done.expired}, *lines)


def _trained_data(one: "NetworkTrained") -> dict[str, Any]:
    from scanform.workflow.train_heads import figures_data

    return {
        "network": one.network,
        "characters": one.characters,
        "forms": one.forms,
        "held_out_characters": one.held_out_characters,
        "held_out_forms": one.held_out_forms,
        "reader": one.reader,
        "better": one.comparison is not None and one.comparison.better,
        "in_place": one.in_place,
    } | (figures_data(one.comparison) if one.comparison else {})


def _trained_lines(one: "NetworkTrained", language: str) -> list[str]:
    there = text(f"train.there_{one.network}", language, characters=one.characters, forms=one.forms)
    if one.comparison is None:
        return [text("train.skipped", language, there=there)]
    lines = [text("train.head", language, there=there, held=one.held_out_characters, held_forms=one.held_out_forms)]
    for which, found in (("before", one.comparison.before), ("after", one.comparison.after)):
        lines.append(
            text(
                "train.figures",
                language,
                which=text(f"train.{which}", language),
                right=found.right,
                characters=found.characters,
                right_from=decimal_text(100 * found.right_from, language, 1),
                accepted=found.accepted,
                wrong=found.wrong_of_accepted,
                wrong_up_to=decimal_text(100 * found.wrong_up_to, language, 1),
                log_loss=decimal_text(found.log_loss, language, 4),
                calibration_error=decimal_text(found.calibration_error, language, 4),
            )
        )
    said = "in_place" if one.in_place else "would" if one.comparison.better else "not_better"
    return [*lines, text(f"train.{said}", language, reader=one.reader)]


@main.command("report")
@click.option("-o", "--output", "out", type=FILE, required=True, help="The HTML file to write.")
@_common
@click.pass_obj
def report(settings: Settings, *, out: Path) -> None:
    """Write one HTML page with pictures: returns, fates of pages, answers, what waits."""
    from scanform.workflow.make_report import make_report

    with _open(settings) as project:
        path = make_report(project, out, language=settings.language)
        _answer(settings, {"file": str(path)}, text("cli.written", project.language, files=str(path)))


@main.command("explain")
@click.argument("page", metavar="FILE[#PAGE]")
@click.option("-o", "--output", "out", type=FILE, required=True, help="The PNG picture to write.")
@_common
@click.pass_obj
def explain(settings: Settings, *, page: str, out: Path) -> None:
    """Show how a page is read: a picture of it with every zone, its value, its probability and why."""
    from scanform.workflow.explain import explain as run

    with _open(settings) as project:
        found = run(project, page, out)
        fate = text(f"fate.{found.result.outcome.value}", project.language)
        lines = (_problem_line(problem, project.language) for problem in found.result.problems)
        _answer(settings, found.data | {"picture": str(out)}, text("explain.done", project.language, fate=fate, picture=str(out)), *lines)


@main.command("identify")
@click.argument("page", metavar="FILE[#PAGE]")
@click.argument("form")
@click.option("--number", type=click.IntRange(1), metavar="N", help="Page of the form (default: what its markers show).")
@_common
@click.pass_obj
def identify(settings: Settings, *, page: str, form: str, number: int | None) -> int:
    """Say which form a page belongs to that was not recognised; FORM is the id on its margin, or the code of an imported form's questionnaire.

    Where several people filled in photocopies of one form, FORM with .2, .3, ... puts a page that was read to another of them.
    """
    from scanform.model.page import Fate
    from scanform.workflow.identify_page import identify_page

    with _open(settings) as project:
        found = identify_page(project, page, form, number)
        fate = text(f"fate.{found.outcome.value}", project.language)
        problems = [_problem_data(problem, project.language) for problem in found.problems]
        lines = (_problem_line(problem, project.language) for problem in found.problems)
        _answer(settings, {"page": page, "outcome": found.outcome.value, "problems": problems}, f"{page}: {fate}", *lines)
        return ExitCode.OK if found.outcome is Fate.READ else ExitCode.PAGES_REFUSED


@main.command("doctor")
@_common
@click.pass_obj
def doctor(settings: Settings) -> int:
    """Check that everything is there: Tesseract with German, poppler, jbig2dec, fonts, write access, database."""
    from scanform.workflow.doctor import examine, exit_code

    findings = examine(settings.project or Path(), settings.words)
    data = [{"name": f.name, "good": f.good, "seen": f.seen, "remedy": f.remedy} for f in findings]
    lines = [text("doctor.good" if f.good else "doctor.bad", settings.words, name=f.name, seen=f.seen.rstrip("."), remedy=f.remedy) for f in findings]
    if all(finding.good for finding in findings):
        lines.append(text("doctor.all_good", settings.words))
    _answer(settings, {"findings": data}, *lines)
    return exit_code(findings)


@main.command("verify")
@_common
@click.pass_obj
def verify(settings: Settings) -> int:
    """Compare what is stored with itself: hashes of the archive, sums of the ledger, layouts, responses, the chain of decisions."""
    from scanform.workflow.progress import terminal_progress
    from scanform.workflow.verify import verify as run

    with _open(settings) as project:
        found = run(project, progress=terminal_progress)
        lines = [text(f"verify.{one.kind}", project.language, place=one.place) for one in found.discrepancies]
        head = text("verify.good" if found.good else "verify.bad", project.language, files=found.files, pages=found.pages)
        discrepancies = [{"kind": one.kind, "place": one.place, "harmless": one.harmless} for one in found.discrepancies]
        facts = {"files": found.files, "pages": found.pages, "good": found.good, "seal": found.seal, "discrepancies": discrepancies}
        _answer(settings, facts, head, *lines, text("verify.seal", project.language, seal=found.seal))
        return ExitCode.OK if found.good else ExitCode.STORE


@main.command("demo")
@click.argument("folder", type=FOLDER, required=False)
@_common
@click.pass_obj
def demo(settings: Settings, *, folder: Path | None) -> int:
    """See the whole job happen on the samples: print, read, import, merge, export, report."""
    from scanform.workflow import demo as plan

    words = settings.words
    samples = plan.find_samples()
    folder = plan.fresh(folder or Path("demo-output"))
    worst = 0
    for step in plan.steps(samples, folder):
        click.secho(f"\n{text(step.title, words)}", bold=True)
        click.secho("$ scanform " + " ".join(step.arguments), fg="cyan")
        speak = [] if "print" in step.arguments else ["--language", words]  # there it means the language of the form
        code = super(Program, main).main(args=[*speak, *step.arguments], prog_name="scanform", standalone_mode=False)
        worst = max(worst, int(code or 0))
    with _open(Settings(project=folder / "project", language=words)) as project:
        verdict = plan.check(project, samples)
    _show_verdict(verdict, folder, words)
    return worst if verdict.good else ExitCode.BUG


def _show_verdict(verdict: "Verdict", folder: Path, words: str) -> None:
    """What came out beside what should, and where to look."""
    click.echo()
    for file, page, wanted, got in verdict.wrong_fates:
        click.secho(text("demo.verdict_fate", words, file=file, page=page, wanted=wanted, got=got), fg="red")
    for form, column, got, wanted in verdict.silent_errors:
        click.secho(text("demo.verdict_value", words, form=form, column=column, wanted=repr(wanted), got=repr(got)), fg="red")
    if verdict.good:
        click.secho(text("demo.verdict_good", words, pages=verdict.pages, automatic=verdict.automatic), fg="green")
    click.echo()
    program = os.path.relpath(sys.argv[0]) if os.path.sep in sys.argv[0] else "scanform"
    for line in ("look", "look_forms", "look_report", "look_data", "look_review"):
        click.echo(text(f"demo.{line}", words, folder=folder, program=program))


if __name__ == "__main__":
    main()
