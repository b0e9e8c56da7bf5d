"""Identifies the source survey of an export. Response numbers begin at 1 in each survey, so the wrong survey would
overwrite other people's answers.

The survey is known from the name of the file (LimeSurvey's own: results-survey123456.csv), from a person, or from the
responses: token, first access and seed of a response never change. Contradictory evidence stops the import.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.model.source import SourceFacts
from scanform.store import revisions, values
from scanform.store.engine import Transaction
from scanform.store.records import KnownSource, SourceSurvey

PREFIX = "online-"
LONGEST_NAME = 40  # characters: it is part of response ids

WEB_FORM = "web form"
"""Name of the source survey of what was sent by the web form; no export belongs to it."""

WEB_PREFIX = "web-"

_IN_FILE_NAME = re.compile(r"(?:results-survey|vvexport_|survey_)(\d{4,})", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An export compared with a known survey: of the responses in both, how many have the same facts, and how many have
    not.

    `example` is one that differs: its number, the fact, its value in the export, its known value.
    """

    survey: SourceSurvey
    same: int
    other: int
    example: tuple[str, str, str, str] = ("", "", "", "")

    @property
    def is_same(self) -> bool:
        """Whether the facts show that the export is from this survey."""
        return self.same > 0 and self.same >= self.other

    @property
    def is_other(self) -> bool:
        """Whether the export cannot be one of this survey."""
        return self.other > self.same


def known_facts(known: Sequence[KnownSource]) -> dict[str, SourceFacts]:
    """The known facts by number of the survey; later imports add to them."""
    found: dict[str, SourceFacts] = {}
    for one in known:
        found[one.id] = one.facts.laid_over(found[one.id]) if one.id in found else one.facts
    return found


def compare(survey: SourceSurvey, known: Mapping[str, SourceFacts], export: Mapping[str, SourceFacts]) -> Comparison:
    """Compare the export with what is known of a survey."""
    same = other = 0
    example = ("", "", "", "")
    for number, facts in export.items():
        if number not in known:
            continue
        differing = facts.differences(known[number])
        same += facts.agrees(known[number])
        other += bool(differing)
        if differing and not example[0]:
            example = (
                number,
                differing[0],
                str(getattr(facts, differing[0])),
                str(getattr(known[number], differing[0])),
            )
    return Comparison(survey=survey, same=same, other=other, example=example)


def choose_survey(
    tx: Transaction, *, questionnaire: str, path: Path, export: Mapping[str, SourceFacts], name: str | None
) -> SourceSurvey:
    """The source survey of an export; a new one is recorded. Raises UsageError where it is not clear; nothing is
    written then.
    """
    known = [
        compare(one, known_facts(revisions.known_sources(tx, one.id)), export)
        for one in revisions.surveys(tx, questionnaire)
        if one.name != WEB_FORM
    ]
    hint = _IN_FILE_NAME.search(path.name)
    unnamed = hint[1] if hint else questionnaire
    chosen = _named(known, _checked(name), path) if name is not None else _found(known, unnamed, path)
    return chosen if isinstance(chosen, SourceSurvey) else _new(tx, questionnaire, chosen)


def web_form_survey(tx: Transaction, questionnaire: str) -> SourceSurvey:
    """The source survey of a questionnaire's own web form; recorded when it is new."""
    known = [one for one in revisions.surveys(tx) if one.name == WEB_FORM]
    for one in known:
        if one.questionnaire == questionnaire:
            return one
    prefix = f"{WEB_PREFIX}{questionnaire}-" if known else WEB_PREFIX
    return revisions.add_survey(tx, questionnaire=questionnaire, name=WEB_FORM, prefix=prefix)


def _named(known: Sequence[Comparison], name: str, path: Path) -> SourceSurvey | str:
    """The survey named by a person, by its name if it is new. A known one whose responses are other people's is
    refused, as is a new one whose responses are known.
    """
    for one in known:
        if one.survey.name.casefold() == name.casefold():
            if one.is_other and one.other > 1:
                raise _another(one, path)
            return one.survey
    for one in known:
        if one.is_same:
            raise UsageError(
                words("digital.same-survey", file=path.name, survey=name, known=one.survey.name, count=one.same),
                remedy=words("digital.same-survey-remedy", known=one.survey.name),
            )
    return name


def _found(known: Sequence[Comparison], hint: str, path: Path) -> SourceSurvey | str:
    """The survey of the file when nobody names it, by its name if it is new; `hint` is its number, or the code of the
    questionnaire.
    """
    numbered = hint.isdigit() and all(one.survey.name.isdigit() for one in known)  # file names distinguish the surveys
    named = next((one for one in known if one.survey.name == hint), None)
    same = sorted((one for one in known if one.is_same), key=lambda one: -one.same)
    if not known:
        return hint
    if named is not None and not named.is_other and hint.isdigit():
        return named.survey
    if same and (len(same) == 1 or same[0].same > same[1].same):
        return same[0].survey
    others = [one for one in known if one.is_other]
    if others and (named is not None or not numbered):
        raise _another(named if named in others else others[0], path)
    if numbered:
        return hint
    if len(known) == 1:
        return known[0].survey
    names = ", ".join(one.survey.name for one in known)
    raise UsageError(
        words("digital.which-survey", file=path.name, known=names), remedy=words("digital.which-survey-remedy")
    )


def _another(one: Comparison, path: Path) -> UsageError:
    number, fact, here, known = one.example
    params = {
        "file": path.name,
        "survey": one.survey.name,
        "response": number,
        "fact": fact,
        "here": here,
        "known": known,
    }
    return UsageError(
        words("digital.another-survey", **params, count=one.other, total=one.other + one.same),
        remedy=words("digital.another-survey-remedy", survey=one.survey.name),
    )


def _checked(name: str) -> str:
    stripped = " ".join(name.split())
    unusable = not stripped or len(stripped) > LONGEST_NAME or not stripped.isprintable() or not _slug(stripped)
    if unusable or stripped.casefold() == WEB_FORM:
        raise UsageError(words("digital.survey-name", limit=LONGEST_NAME), remedy=words("digital.survey-name-remedy"))
    return stripped


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-")


def _new(tx: Transaction, questionnaire: str, name: str) -> SourceSurvey:
    """Record a new survey. The first of the project has the short prefix, the first of a further questionnaire its
    code, all others their names.
    """
    taken = {one.prefix for one in revisions.surveys(tx)}
    first = all(one.questionnaire != questionnaire or one.name == WEB_FORM for one in revisions.surveys(tx))
    ids = values.questionnaires_by_response(tx)
    wanted = [PREFIX, f"{PREFIX}{questionnaire}-"] if first else []
    wanted += [f"{PREFIX}{_slug(name)}-", f"{PREFIX}{questionnaire}-{_slug(name)}-"]
    wanted += [f"{PREFIX}{questionnaire}-{_slug(name)}-{count}-" for count in range(2, len(taken) + 3)]
    free = (
        prefix
        for prefix in wanted
        if prefix not in taken and not any(name.startswith(prefix) and name[len(prefix) :].isdigit() for name in ids)
    )
    return revisions.add_survey(tx, questionnaire=questionnaire, name=name, prefix=next(free))
