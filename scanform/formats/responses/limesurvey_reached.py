"""How far a respondent who broke off came: questions beyond were not reached, which is not the same as left empty.

Proof of having been on the screen is an answer, or an empty text where the file distinguishes empty from NULL. Where
pages are sections, `lastpage` tells which pages were submitted; on the page where the respondent left, and where pages
are something else, everything behind the last answer was not reached.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanform.model.questionnaire import Matrix, Question, QuestionKind, Questionnaire


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The content of a row for a question: whether anything is there, and whether it was shown (None: the file does not
    tell).
    """

    question: str
    answered: bool
    shown: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The questions not reached; none for a submitted response."""

    beyond: frozenset[str] = frozenset()

    def holds(self, question: str) -> bool:
        """Whether a question was reached."""
        return question not in self.beyond

    @classmethod
    def of(cls, seen: Sequence[Seen], questionnaire: Questionnaire, *, lastpage: str = "") -> "Reached":
        """From the content of a row that was not submitted, in the order of the questionnaire; `lastpage` where pages
        are sections.
        """
        proven = [place for place, one in enumerate(seen) if one.answered or one.shown]
        sent = _sent(questionnaire, lastpage)
        proven += [place for place, one in enumerate(seen) if one.question in sent]
        last = max(proven, default=-1)
        return cls(beyond=frozenset(one.question for one in seen[last + 1 :]))


def _sent(questionnaire: Questionnaire, lastpage: str) -> frozenset[str]:
    """The questions of the submitted pages: LimeSurvey counts a page when its answers arrive; the last page arrives
    with the whole response.
    """
    sections = _pages(questionnaire)
    count = int(lastpage) if lastpage.isdigit() else 0
    return frozenset(code for section in sections[: min(count, len(sections) - 1)] for code in section)


def pages_are_sections(questionnaire: Questionnaire, lastpages: Iterable[str]) -> bool:
    """Whether each section is a page of the survey: complete responses then have as many pages. `lastpages`
    are theirs.
    """
    counted = {int(page) for page in lastpages if page.isdigit()}
    sections = len(_pages(questionnaire))
    return bool(counted) and max(counted) == sections > 1


def _pages(questionnaire: Questionnaire) -> list[list[str]]:
    """The questions asked online, section by section; sections without any are not pages."""
    found = []
    for section in questionnaire.sections:
        asked = [item for item in section.items if isinstance(item, Question | Matrix)]
        questions = [question for item in asked for question in (item.rows if isinstance(item, Matrix) else (item,))]
        found.append([question.code for question in questions if question.kind is not QuestionKind.SIGNATURE])
    return [codes for codes in found if codes]
