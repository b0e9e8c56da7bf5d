"""Uses a list of admissible values to help with typing: entries similar to the reading, and the only entry left."""

import difflib
import re
from collections.abc import Mapping, Sequence

from scanform.model.questionnaire import Question, Questionnaire
from scanform.model.review import ReviewItem
from scanform.rules import UNREAD

MOST_SUGGESTIONS = 3
ALIKE = 0.5
"""Minimum similarity of a suggested list entry to the reading (difflib's ratio, 0..1)."""


def allowed(question: Question, questionnaire: Questionnaire | None, values: Mapping[str, str]) -> tuple[str, ...]:
    """The entries of a question's list compatible with the `values` of other questions, question -> canonical value;
    all entries where nothing is known.
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
    """List entries that were read, then entries similar to a reading, with those `left` first."""
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
    """The one list entry compatible with other known values and with the characters read; "" where there are several,
    or none.
    """
    read = next((candidate.value.strip() for candidate in item.candidates if UNREAD in candidate.value), "")
    if read.strip(UNREAD):
        pattern = re.compile(re.escape(read).replace(re.escape(UNREAD), "."), re.IGNORECASE)
        left = [value for value in left if pattern.fullmatch(value)]
    return left[0] if len(left) == 1 else ""
