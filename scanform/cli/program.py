"""The command line: arguments, messages, exit codes. The only place that prints, and the only handler of exceptions."""

import errno
import logging
import os
import re
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

import click

from scanform import __version__
from scanform.cli import dataset, fieldwork, foreign, health, learning, papers, start, station, survey_tools
from scanform.cli.common import KeyingAbort, Settings, common_options, language_of_project
from scanform.errors import ExitCode, InternalError, ScanformError, StoreError, UsageError, Words, of_place, words
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, in_words, text
from scanform.workflow.project.signals import ends_on_signals


class Program(click.Group):
    """The group of all commands; turns every exception into a message and an exit code."""

    # click's own main returns; this one always exits
    def main(self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any) -> NoReturn:  # type: ignore[override]
        """Run a command and exit."""
        given = list(sys.argv[1:] if args is None else args)
        extra.pop("standalone_mode", None)
        if "--debug" in given:
            logging.basicConfig(level=logging.INFO)
        else:
            logging.getLogger().addHandler(logging.NullHandler())  # messages report what matters, not libraries
        with ends_on_signals():
            try:
                code = super().main(args=given, prog_name=prog_name or "scanform", standalone_mode=False, **extra)
                sys.stdout.flush()
            except (
                BrokenPipeError,
                SystemExit,
            ):  # click itself exits when standard output was closed: the reader has seen enough
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
    with suppress(OSError):  # a lost terminal may be the reason why the program ends
        click.echo(text(key, language), err=True)


def _report(error: Exception, language: str, *, debug: bool) -> ExitCode:
    """Report what went wrong and what to do; returns the exit code."""
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
    """A usage error of click in our words: its own are in English only."""
    context = error.ctx if isinstance(error, click.UsageError) else None
    command = context.command_path if context is not None else "scanform"
    return UsageError(_refused_call(error), remedy=words("cli.call_remedy", command=command))


def _refused_call(error: click.ClickException) -> Words:
    if isinstance(error, click.NoSuchOption):
        near = ", ".join(error.possibilities or ())
        return words("cli.no_option_near" if near else "cli.no_option", option=error.option_name, near=near)
    if isinstance(error, click.BadOptionUsage):
        return words(
            "cli.option_alone" if "does not take" in error.message else "cli.option_value", option=error.option_name
        )
    param = error.param if isinstance(error, click.BadParameter) else None
    if param is not None:
        name = max(param.opts, key=len) if isinstance(param, click.Option) else param.human_readable_name
        return (
            words("cli.missing", name=name)
            if isinstance(error, click.MissingParameter)
            else of_place(name, _wanted(param.type))
        )
    if hasattr(error, "command_name"):
        return words("cli.no_command", command=error.command_name)
    if error.message.startswith("Missing command"):
        return words("cli.missing", name="COMMAND")
    extra = re.match(r"Got unexpected extra arguments? \((.*)\)", error.message, re.DOTALL)
    return words("cli.extra", given=extra[1]) if extra else words("cli.bad_call")


def _wanted(kind: "click.ParamType[Any]") -> Words:
    """The values admitted for an option or argument of a kind."""
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
    """The language named in the arguments, even if they could not be parsed."""
    for at, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language":
            wanted = value or next(iter(arguments[at + 1 : at + 2]), "")
            return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE
    return language_of_project(
        Path(next((arguments[at + 1] for at, argument in enumerate(arguments[:-1]) if argument == "--project"), "."))
    )


@click.group(cls=Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="scanform")
@common_options
@click.pass_context
def main(context: click.Context) -> None:
    """Paper surveys, read honestly: print forms, read scans, review what is doubtful, merge with online responses."""
    context.ensure_object(Settings)


for _command in (
    dataset.import_digital,
    dataset.map_columns,
    dataset.merge,
    dataset.export,
    dataset.report,
    fieldwork.recipients,
    fieldwork.returns,
    foreign.find_zones,
    foreign.edit_layout,
    foreign.import_form,
    health.status,
    health.explain,
    health.doctor,
    health.verify,
    health.demo,
    learning.export_crops,
    learning.train,
    start.init,
    papers.add_questionnaire,
    papers.print_,
    papers.ingest,
    papers.withdraw,
    papers.withdraw_response,
    papers.restore,
    papers.enter,
    papers.identify,
    station.review,
    station.serve_form,
    station.take_drafts,
    survey_tools.convert,
    survey_tools.participants,
):
    main.add_command(_command)
