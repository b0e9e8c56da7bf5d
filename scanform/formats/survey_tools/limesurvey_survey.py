"""A LimeSurvey survey as both of its files hold it: groups, questions, subquestions, answers, with texts by language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from scanform.formats.survey_tools.remarks import NOWHERE, Place

ByLanguage = Mapping[str, str]
"""HTML by LimeSurvey's language code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A subquestion or an answer; `scale` tells the rows (0) of an array from its columns (1)."""

    code: str
    texts: ByLanguage
    scale: int = 0
    relevance: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeQuestion:
    """A question; `attributes` are the same in all languages, `local` differ."""

    code: str
    kind: str
    texts: ByLanguage
    helps: ByLanguage = field(default_factory=dict)
    relevance: str = ""
    mandatory: bool = False
    other: bool = False
    pattern: str = ""
    subquestions: tuple[Entry, ...] = ()
    answers: tuple[Entry, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, ByLanguage] = field(default_factory=dict)
    default: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeGroup:
    """A group of questions."""

    titles: ByLanguage
    texts: ByLanguage
    questions: tuple[LimeQuestion, ...]
    relevance: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class LimeSurvey:
    """The survey; `texts` are title, description, welcome and end by their LimeSurvey names."""

    languages: tuple[str, ...]
    texts: Mapping[str, ByLanguage]
    groups: tuple[LimeGroup, ...]


LOCAL = ("other_replace_text", "suffix", "prefix", "em_validation_q_tip")
"""Attributes with a text for each language, as far as they are used here."""

SURVEY_TEXTS = ("surveyls_title", "surveyls_description", "surveyls_welcometext", "surveyls_endtext")
