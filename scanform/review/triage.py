"""The values for review, and their order. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from scanform.model.response import Answer, Response, Status
from scanform.model.review import ReviewItem
from scanform.review.apply import Standing, item_id

UNSURE = "unsure"
"""Reason of a value that no rule objects to, but whose confidence is below the acceptance threshold."""


def items(
    response: Response, versions: Mapping[str, int], standing: Mapping[str, Standing] | None = None
) -> tuple[ReviewItem, ...]:
    """The open items of an effective response, in the order of the form.

    `versions` are the machine's versions by column, `standing` (of `review.apply.standings`) tells what was postponed.
    """
    open_answers = (answer for answer in response.answers if answer.status is Status.REVIEW)
    known = standing or {}
    return tuple(
        _item(response, answer, versions, known.get(item_id(response.id, answer.column), Standing()))
        for answer in open_answers
    )


def item(response: Response, answer: Answer, versions: Mapping[str, int]) -> ReviewItem:
    """The item of one value, open or settled."""
    return _item(response, answer, versions, Standing())


def ordered(found: Iterable[ReviewItem], columns: Mapping[str, Sequence[str]]) -> tuple[ReviewItem, ...]:
    """`found` in display order.

    Items of one question come together, because repeating the same decision is fast; within a question the least
    certain comes first. Postponed items come last, in order of the number of postponements. `columns` names the columns
    of each questionnaire in the order of its form.
    """
    rank = {(code, column): place for code, names in columns.items() for place, column in enumerate(names)}
    return tuple(sorted(found, key=lambda entry: _place(entry, rank)))


def _place(entry: ReviewItem, rank: Mapping[tuple[str, str], int]) -> tuple[int, str, int, str, float, str]:
    column = entry.id.rpartition("/")[2]
    return (
        entry.postponed,
        entry.questionnaire,
        rank.get((entry.questionnaire, column), len(rank)),
        column,
        entry.confidence,
        entry.id,
    )


def _item(response: Response, answer: Answer, versions: Mapping[str, int], standing: Standing) -> ReviewItem:
    return ReviewItem(
        id=item_id(response.id, answer.column),
        version=versions.get(answer.column, 1),
        response_id=response.id,
        questionnaire=response.questionnaire,
        question=answer.question,
        option=answer.option,
        kind=answer.kind,
        value=answer.value,
        candidates=answer.candidates,
        reasons=answer.problems or (UNSURE,),
        evidence=answer.evidence,
        page=answer.page,
        confidence=answer.confidence,
        postponed=standing.postponed,
    )


INFERRED = "identity-by-neighbours"
"""The problem of a page whose identity was inferred from the pages around it."""


JOINED = "joined-by-order"
"""The problem of an imported form whose pages were collated by their order in the stack, and may belong together
otherwise.
"""


TWIN = "maybe-scanned-twice"
"""The problem of a page of an imported form whose ink matches another page: perhaps one sheet was scanned twice."""


SHOWN_ONCE = frozenset({INFERRED, JOINED, TWIN})
"""Problems a person has to see once per page."""
