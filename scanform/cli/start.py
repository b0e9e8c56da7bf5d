"""The start of a survey: `scanform init`, with options or by asking."""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from scanform.cli.ask import ask, chosen
from scanform.cli.common import FILE, FOLDER, Settings, answer, common_options
from scanform.cli.say import next_step
from scanform.errors import UsageError, words
from scanform.i18n.texts import DEFAULT_LANGUAGE, LANGUAGES, day_typed, text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """What a survey starts with; None for what was not said."""

    template: str | None
    questionnaire: Path | None
    empty: bool
    language: str | None
    facts: Mapping[str, str]

    @property
    def has_source(self) -> bool:
        return self.template is not None or self.questionnaire is not None or self.empty


@click.command("init")
@click.argument("folder", type=FOLDER)
@click.option("--template", metavar="NAME", help="A questionnaire that ships with scanform.")
@click.option("--questionnaire", type=FILE, help="A questionnaire of your own (YAML).")
@click.option("--empty", is_flag=True, help="No questionnaire yet: for forms that are taken in with import-form.")
@click.option("--name", metavar="TEXT", help="Name of the survey; otherwise that of the questionnaire.")
@click.option("--web-address", metavar="URL", help="Where people can answer online; printed on the forms.")
@click.option("--reply-by", metavar="DATE", help="Last day for replies; printed on the forms.")
@click.option(
    "--database", default="", metavar="URL", help="A PostgreSQL database instead of a SQLite file in the folder."
)
@common_options
@click.pass_obj
def init(
    settings: Settings,
    /,
    *,
    folder: Path,
    template: str | None,
    questionnaire: Path | None,
    empty: bool,
    database: str,
    **facts: str | None,
) -> None:
    """Make a project folder around a questionnaire. At a terminal, whatever is not said is asked for."""
    from scanform.api import init_project

    said = _Start(
        template=template,
        questionnaire=questionnaire,
        empty=empty,
        language=settings.language,
        facts=_understood({name: value for name, value in facts.items() if value}),
    )
    if not said.has_source and sys.stdin.isatty() and not settings.as_json:
        said = _asked(said)
    with init_project(
        folder,
        template=said.template,
        questionnaire=said.questionnaire,
        empty=said.empty,
        language=said.language,
        database=database,
        name=said.facts.get("name", ""),
        web_address=said.facts.get("web_address", ""),
        reply_by=said.facts.get("reply_by", ""),
    ) as project:
        code = next(iter(project.questionnaires), None)
        made = text("project.made" if code else "imported.made_empty", project.language, folder=str(folder), code=code)
        there = replace(settings, project=folder)
        onward = [next_step("made", there, project.language, file=f"{code}.yaml")] if code else []
        answer(settings, {"project": str(folder), "questionnaire": code}, made, *onward)


def _understood(facts: Mapping[str, str]) -> dict[str, str]:
    """Options as they are kept; raises UsageError for what is no address and no day."""
    known = dict(facts)
    if "web_address" in facts and _address(facts["web_address"], "") is None:
        raise UsageError(
            words("print.bad_address", address=facts["web_address"]), remedy=words("init.web_address_remedy")
        )
    if "reply_by" in facts:
        known["reply_by"] = day_typed(facts["reply_by"]) or facts["reply_by"]  # what is no day is refused further on
    return known


def _asked(said: _Start) -> _Start:
    """The start, completed by a person."""
    language = said.language or chosen(text("init.language", DEFAULT_LANGUAGE), LANGUAGES, DEFAULT_LANGUAGE)
    click.echo(text("init.intro", language))
    template, file = _source(language)
    questions: Mapping[str, Callable[[str, str], str | None]] = {
        "name": _anything,
        "web_address": _address,
        "reply_by": _day,
    }
    facts = {
        name: said.facts[name] if name in said.facts else _answered(f"init.{name}", language, understood)
        for name, understood in questions.items()
    }
    return replace(said, template=template, questionnaire=file, language=language, facts=facts)


def _source(language: str) -> tuple[str | None, Path | None]:
    """A template by its number or name, or the path of an own questionnaire."""
    from scanform.api import shipped_questionnaires

    there = shipped_questionnaires()
    for number, (name, title) in enumerate(there.items(), start=1):
        click.echo(text("init.template", language, number=number, name=name, title=title))
    while True:
        given = ask(text("init.source", language)).strip()
        named = list(there)[int(given) - 1] if given.isdecimal() and 1 <= int(given) <= len(there) else given
        if named in there:
            return named, None
        if given and Path(given).expanduser().is_file():
            return None, Path(given).expanduser()
        click.echo(text("init.source_wrong", language, given=given))


def _answered(key: str, language: str, understood: Callable[[str, str], str | None]) -> str:
    """What a person types, asked again until it is understood; empty is an answer."""
    while True:
        given = ask(text(key, language)).strip()
        value = understood(given, language) if given else ""
        if value is not None:
            return value
        click.echo(text(f"{key}_wrong", language, given=given))


def _anything(given: str, _: str) -> str | None:
    return given


def _address(given: str, _: str) -> str | None:
    """An address at which somebody could answer."""
    return given if re.fullmatch(r"(https?://)?[^\s/]+\.[^\s/]+(/\S*)?", given) else None


def _day(given: str, _: str) -> str | None:
    return day_typed(given)
