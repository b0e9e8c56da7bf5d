"""Common to all commands: options, the project, the answer in words or as JSON."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from scanform.errors import ScanformError
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES

if TYPE_CHECKING:
    from scanform.api import Project as ApiProject
    from scanform.workflow.project.project import Project

Function = TypeVar("Function", bound=Callable[..., Any])


FILE = click.Path(path_type=Path, dir_okay=False)


FOLDER = click.Path(path_type=Path, file_okay=False)


ANYTHING = click.Path(path_type=Path)


@dataclass(slots=True, kw_only=True)
class Settings:
    """Settings of every command, given before or after its name."""

    project: Path | None = None
    language: str | None = None
    as_json: bool = False
    debug: bool = False

    @property
    def ui_language(self) -> str:
        """The language of messages."""
        return self.language or language_of_project(self.project or Path())


class KeyingAbort(click.exceptions.Abort):
    """Interrupted before the form that is being keyed was stored."""


def language_of_project(folder: Path) -> str:
    """The language of the project's settings, if it has any."""
    from scanform.config import load_config

    try:
        return load_config(folder).language
    except (ScanformError, OSError):
        return DEFAULT_LANGUAGE


def common_options(function: Function) -> Function:
    """The options of every command, before or after its name."""

    def keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
        def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
            if value not in (None, False):
                setattr(context.ensure_object(Settings), name, value)

        return callback

    options = (
        click.option(
            "--project",
            type=FOLDER,
            expose_value=False,
            callback=keep("project"),
            help="The project's folder (default: the current one).",
        ),
        click.option(
            "--language",
            type=click.Choice(LANGUAGES),
            expose_value=False,
            callback=keep("language"),
            help="Language of messages and print.",
        ),
        click.option(
            "--json",
            is_flag=True,
            expose_value=False,
            callback=keep("as_json"),
            help="Answer with JSON on standard output.",
        ),
        click.option(
            "--debug", is_flag=True, expose_value=False, callback=keep("debug"), help="Show the traceback of a failure."
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def open_settled(settings: Settings, *, edited: bool = False) -> "Project":
    """The project of the command; opened even after manual edits of a questionnaire if `edited`."""
    from scanform.workflow.project.project import open_project

    return open_project(settings.project or Path(), language=settings.language, edited=edited)


def open_api(settings: Settings, *, edited: bool = False) -> "ApiProject":
    """The project of the command through `scanform.api`: for commands that a program can perform as well."""
    from scanform.api import open_project

    return open_project(settings.project or Path(), language=settings.language, edited=edited)


def answer(settings: Settings, data: dict[str, Any], *lines: str) -> None:
    """Answer a person with lines or a machine with JSON."""
    if settings.as_json:
        click.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
    else:
        for line in lines:
            click.echo(line)


def login_name() -> str:
    """The login name of the user of this computer."""
    import getpass

    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "reviewer"
