"""Headings of a LimeSurvey export that are the texts of its questions: `text`, `text [subquestion]`, `matrix [row]`,
`matrix [row][column]`, `text [Other]`.
"""

import re
from collections.abc import Iterator, Mapping

from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.limesurvey_values import plain
from scanform.model.questionnaire import Matrix, Question, QuestionKind, Questionnaire

OTHER = ("other", "sonstiges")
COMMENT = ("comment", "kommentar")
_GAP = re.compile(r"\s*([\[\]])\s*")


def uniform(heading: str) -> str:
    """A heading as it is compared: the visible text, without spaces around brackets."""
    return _GAP.sub(r"\1", plain(heading))


def text_headings(questionnaire: Questionnaire) -> Mapping[str, Target | None]:
    """The column by the text of its heading, in each language; None where a text belongs to two columns."""
    found: dict[str, Target | None] = {}
    for language in questionnaire.languages:
        for heading, target in _headings(questionnaire, language):
            name = uniform(heading)
            found[name] = target if found.get(name, target) == target else None
    return found


def _headings(questionnaire: Questionnaire, language: str) -> Iterator[tuple[str, Target]]:
    for section in questionnaire.sections:
        for item in section.items:
            if isinstance(item, Question):
                yield from _of_question(item, item.text.get(language), language)
            elif isinstance(item, Matrix):
                for row in item.rows:
                    yield from _of_question(row, f"{item.text.get(language)}[{row.text.get(language)}]", language)


def _of_question(question: Question, heading: str, language: str) -> Iterator[tuple[str, Target]]:
    code = question.code
    if question.kind is QuestionKind.MULTIPLE:
        for option in question.options:
            yield f"{heading}[{option.text.get(language)}]", Target(holds=Holds.TICK, question=code, option=option.code)
    else:
        yield (
            heading,
            Target(holds=Holds.CHOICE if question.kind is QuestionKind.SINGLE else Holds.FIELD, question=code),
        )
    writeins = [option for option in question.options if option.writein]
    for option in writeins:
        for word in COMMENT:
            yield (
                f"{heading}[{option.text.get(language)}][{word}]",
                Target(holds=Holds.WRITEIN, question=code, option=option.code),
            )
    if len(writeins) == 1:
        for word in OTHER:
            yield f"{heading}[{word}]", Target(holds=Holds.OTHER, question=code, option=writeins[0].code)
