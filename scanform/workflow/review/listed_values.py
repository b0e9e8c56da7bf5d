"""What a list of admissible values says about a value that somebody has to type: what resembles the reading, and
what is the only one left.
"""

import difflib
import re
from collections.abc import Mapping, Sequence

from scanform.model.questionnaire import Question, Questionnaire
from scanform.model.review import ReviewItem
from scanform.rules import UNREAD

MOST_SUGGESTIONS = 3
ALIKE = 0.5
"""A listed value is suggested when it resembles the reading that much (difflib's ratio, 0..1)."""


def allowed(question: Question, questionnaire: Questionnaire | None, values: Mapping[str, str]) -> tuple[str, ...]:
    """The values of a question's list that go with the `values` of other questions, question -> canonical value; all
    of them where nothing is known.
    """
    left = question.values
    known = question.goes_with
    if known is not None and values.get(known.question) in dict(known.values):
        left = tuple(value for value in left if value in dict(known.values)[values[known.question]])
    for other in questionnaire.questions() if questionnaire else ():
        table = other.goes_with
        if table is not None and table.question == question.code and (there := values.get(other.code)):
            going = {here for here, group in table.values if there in group}
            left = tuple(value for value in left if value in going) if going else left
    return left


def suggested(item: ReviewItem, question: Question, left: Sequence[str]) -> tuple[str, ...]:
    """Values of the list that were read, then those that resemble a reading, those that are `left` before the
    others.
    """
    readings = [
        reading for reading in (item.value, *(candidate.value for candidate in item.candidates)) if reading.strip()
    ]
    by_fold = {value.casefold(): value for value in question.values}
    found = [by_fold[folded] for reading in readings if (folded := " ".join(reading.split()).casefold()) in by_fold]
    for among in (left, question.values):
        found += [
            value
            for reading in readings
            for value in difflib.get_close_matches(reading, among, MOST_SUGGESTIONS, ALIKE)
        ]
    return tuple(value for value in dict.fromkeys(found) if value != item.value)[:MOST_SUGGESTIONS]


def only_one(item: ReviewItem, question: Question, left: Sequence[str]) -> str:
    """The one value of the list that goes with what is known of others and with the characters that were read; ""
    where there are several, or none.
    """
    read = next((candidate.value.strip() for candidate in item.candidates if UNREAD in candidate.value), "")
    if read.strip(UNREAD):
        pattern = re.compile(re.escape(read).replace(re.escape(UNREAD), "."), re.IGNORECASE)
        left = [value for value in left if pattern.fullmatch(value)]
    return left[0] if len(left) == 1 else ""
