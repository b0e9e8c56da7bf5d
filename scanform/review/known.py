"""Seeded items: settled values shown once more with a wrong proposal, to measure how many wrong proposals people miss.
Pure.

A seeded item takes its proposal, reasons and confidence from a value that really waits for the same question, so that
only the paper distinguishes them.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Status
from scanform.model.review import ReviewItem
from scanform.review.audit import fraction

SURE = 0.999
"""Minimum confidence of a choice used as a seeded item; of 1,000 such choices at most one is wrong, and the wrong
proposal right.

For writing, any accepted value will do: there a proposal that differs in one character is right only if the machine
confused just these two.
"""

CONFUSED = {
    "0": "69",
    "1": "72",
    "2": "71",
    "3": "85",
    "4": "91",
    "5": "63",
    "6": "05",
    "7": "19",
    "8": "36",
    "9": "47",
    "a": "o",
    "c": "e",
    "e": "c",
    "h": "b",
    "i": "l",
    "l": "t",
    "m": "n",
    "n": "u",
    "o": "a",
    "r": "v",
    "t": "f",
    "u": "n",
    "v": "r",
}
"""Characters that people and machines confuse: a wrong proposal has to be as plausible as the machine's own."""


def known(answer: Answer) -> bool:
    """Whether a value qualifies as a seeded item: read by the machine, accepted, and seen on paper."""
    return (
        answer.status is Status.AUTO
        and answer.evidence is not None
        and (answer.confidence >= SURE or bool(answer.value and _is_written(answer)))
    )


def disguised(true: ReviewItem, waiting: ReviewItem, admits: Callable[[str], bool], lot: str) -> ReviewItem | None:
    """The settled value `true` disguised as `waiting`, an open value of the same column, with a wrong proposal; None
    where none is plausible.

    `admits` says whether the rules accept a written value, the seed `lot` chooses among several wrong ones.
    """
    typed = _is_written(true)
    if typed and waiting.value:
        wrong = next((text for text in _alike(true.value, lot) if admits(text)), "")
        if not wrong:
            return None
    else:
        wrong = waiting.value
    if wrong == true.value:
        return None
    return replace(
        true,
        value=wrong,
        reasons=waiting.reasons,
        confidence=waiting.confidence,
        candidates=_candidates(true, waiting, wrong, written=typed),
    )


def can_precede(values: Collection[str], waiting: ReviewItem) -> bool:
    """Whether one of the `known` values of its column may be inserted before an open value: one with confusable
    characters, or another choice.
    """
    if _is_written(waiting):
        return any(character in CONFUSED for value in values for character in value)
    return any(value != waiting.value for value in values)


def _is_written(item: ReviewItem | Answer) -> bool:
    return item.option is not None or item.kind in {QuestionKind.COMB, QuestionKind.HANDWRITING}


def _candidates(true: ReviewItem, waiting: ReviewItem, wrong: str, *, written: bool) -> tuple[Candidate, ...]:
    """The candidates of the waiting value, with its probabilities: the wrong value in place of its own, the truth in
    place of the first other one.
    """
    found: dict[str, float] = {}
    truth_is_there = False
    for candidate in waiting.candidates:
        if _same(candidate.value, waiting.value):
            value = wrong
        elif not truth_is_there:
            value, truth_is_there = true.value, True
        elif written:
            break
        else:
            value = candidate.value
        found.setdefault(value, candidate.probability)
    return tuple(Candidate(value=value, probability=probability) for value, probability in found.items())


def _same(raw: str, value: str) -> bool:
    """Whether a reading of cells and a canonical value have the same characters."""
    return sorted(filter(str.isalnum, raw)) == sorted(filter(str.isalnum, value))


def _alike(text: str, lot: str) -> Iterator[str]:
    """The text with one character confused, in the order given by the seed."""
    places: Sequence[tuple[int, str]] = [
        (place, other) for place, character in enumerate(text) for other in CONFUSED.get(character, "")
    ]
    for place, other in sorted(places, key=lambda found: fraction(f"{found[0]}{found[1]}", lot)):
        yield f"{text[:place]}{other}{text[place + 1 :]}"
