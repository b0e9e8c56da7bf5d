"""The command line: arguments, messages, exit codes. The only place that prints, and the only handler of exceptions."""

import errno
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from scanform import __version__
from scanform.errors import ExitCode, InternalError, ScanformError, StoreError, UsageError
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, text

if TYPE_CHECKING:
    from scanform.workflow.project import Project

Function = TypeVar("Function", bound=Callable[..., Any])

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ANYTHING = click.Path(path_type=Path)


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
        return self.language or DEFAULT_LANGUAGE


class Program(click.Group):
    """The group of all commands; turns every exception into a message and an exit code."""

    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]  # always exits
        """Run a command and exit."""
        given = list(sys.argv[1:] if args is None else args)
        extra.pop("standalone_mode", None)
        with suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGTERM, _interrupt)
        try:
            code = super().main(args=given, prog_name=prog_name or "scanform", standalone_mode=False, **extra)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = ExitCode.OK
        except Exception as error:  # noqa: BLE001 - the one handler
            code = _report(error, _asked_language(given), debug="--debug" in given)
        except KeyboardInterrupt:
            click.echo(text("cli.interrupted", _asked_language(given)), err=True)
            code = ExitCode.INTERRUPTED
        sys.exit(int(code) if isinstance(code, int) else 0)


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def _report(error: Exception, language: str, *, debug: bool) -> ExitCode:
    """Say what went wrong and what to do; returns the exit code."""
    if isinstance(error, click.exceptions.Abort):
        click.echo(text("cli.interrupted", language), err=True)
        return ExitCode.INTERRUPTED
    if isinstance(error, click.ClickException):
        error.show()
        return ExitCode.USAGE
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO):
        place = str(error.filename or "")
        error = StoreError(text("cli.cannot_write", language, place=place, cause=error.strerror or ""), remedy=text("cli.cannot_write_remedy", language))
    if debug:
        traceback.print_exception(error)
    if not isinstance(error, ScanformError):
        name = type(error).__name__
        error = InternalError(text("cli.bug", language, kind=name), remedy=text("cli.bug_remedy", language))
    click.echo(text("cli.error", language, message=error.message), err=True)
    if error.remedy:
        click.echo(text("cli.remedy", language, remedy=error.remedy), err=True)
    return error.exit_code


def _asked_language(arguments: Sequence[str]) -> str:
    """The language named in the arguments, also when they could not be parsed."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language":
            wanted = value or next(iter(arguments[at + 1 : at + 2]), "")
            return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
    return _language_of_project(arguments)


def _language_of_project(arguments: Sequence[str]) -> str:
    from scanform.config import load_config

    folder = next((arguments[at + 1] for at, argument in enumerate(arguments[:-1]) if argument == "--project"), ".")
    try:
        return load_config(Path(folder)).language
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


def _open(settings: Settings) -> "Project":
    from scanform.workflow.project import open_project

    return open_project(settings.project or Path(), language=settings.language)


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
@click.option("--database", default="", metavar="URL", help="A PostgreSQL database instead of a SQLite file in the folder.")
@_common
@click.pass_obj
def init(settings: Settings, folder: Path, template: str | None, questionnaire: Path | None, database: str) -> None:
    """Make a project folder around a questionnaire."""
    from scanform.workflow.project import init_project

    with init_project(folder, template=template, questionnaire=questionnaire, language=settings.language, database=database) as project:
        code = next(iter(project.questionnaires))
        _answer(settings, {"project": str(folder), "questionnaire": code}, text("project.made", project.language, folder=str(folder), code=code))


@main.command("add-questionnaire")
@click.argument("file", type=FILE)
@_common
@click.pass_obj
def add_questionnaire(settings: Settings, file: Path) -> None:
    """Add a questionnaire (YAML) to the project, or replace the one with the same code."""
    from scanform.workflow import project as projects

    with projects.add_questionnaire(_open(settings), file) as project:
        codes = sorted(project.questionnaires)
        _answer(settings, {"questionnaires": codes}, text("project.questionnaires", project.language, codes=", ".join(codes)))


@main.command("print")
@click.option("--copies", type=click.IntRange(1, 100_000), metavar="N", help="Print N forms without a token.")
@click.option("--recipients", type=FILE, help="Print a form for each row of a CSV file: token, name, address.")
@click.option("--reissue", metavar="TOKEN", help="Print one more form for a token, with a new identity.")
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, when the project has several.")
@click.option("--variant", help="Edition: standard, or what the questionnaire offers.")
@click.option("--seed", type=int, help="Draw the same identities again (for tests and examples).")
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
    out: Path,
) -> None:
    """Print forms as PDF, with a list of what stands on which page beside it."""
    from scanform.workflow import print_forms as printing
    from scanform.workflow.recipients import Recipient, read_recipients

    if sum(given is not None for given in (copies, recipients, reissue)) != 1:
        raise UsageError(text("print.one_way", settings.words), remedy=text("print.one_way_remedy", settings.words))
    with _open(settings) as project:
        if reissue is not None:
            order = printing.reissue_order(project, reissue, variant=variant, language=settings.language, seed=seed)
        else:
            people: tuple[Recipient | None, ...] = read_recipients(recipients, language=project.language) if recipients else (None,) * (copies or 0)
            order = printing.PrintOrder(recipients=people, questionnaire=questionnaire, variant=variant or "standard", language=settings.language, seed=seed)
        printed = printing.print_forms(project, order, out)
        pages = len(printed.forms) * len(printed.layout.pages)
        data = {"forms": len(printed.forms), "pages": pages, "layout": printed.layout.digest, "pdf": str(printed.pdf), "copies": str(printed.copies)}
        _answer(settings, data, text("print.done", project.language, **data))


if __name__ == "__main__":
    main()
