"""Known answers: settled values that are shown once more with a wrong proposal, to measure how many wrong proposals
people let pass. Pure.

A known answer takes its proposal, reasons and confidence from a value that really waits for the same question, so that
nothing but the paper tells them apart.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace

from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Status
from scanform.model.review import ReviewItem
from scanform.review.audit import fraction

SURE = 0.999
"""A choice is known when the machine was that sure of it; of 1,000 such choices one at most is wrong, and the wrong
proposal right.

Of what is written any accepted value will do: there a proposal that differs in one character is right only where the
machine took just that one for the other.
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
"""Characters that hands and machines confuse: a wrong proposal has to be as plausible as those that the machine
makes.
"""


def known(answer: Answer) -> bool:
    """Whether a value as it stands is known well enough: read by the machine, accepted, and seen on paper."""
    return (
        answer.status is Status.AUTO
        and answer.evidence is not None
        and (answer.confidence >= SURE or bool(answer.value and _is_written(answer)))
    )


def disguised(true: ReviewItem, waiting: ReviewItem, admits: Callable[[str], bool], lot: str) -> ReviewItem | None:
    """The known value `true` looking like `waiting`, a value of the same column that is open, with a wrong proposal;
    None where none is plausible.

    `admits` says whether the rules take a written value, `lot` decides between several wrong ones.
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
    """Whether one of the known `values` of its column may stand in disguise before an open value: one with something
    to confuse, or another choice.
    """
    if _is_written(waiting):
        return any(character in CONFUSED for value in values for character in value)
    return any(value != waiting.value for value in values)


def _is_written(item: ReviewItem | Answer) -> bool:
    return item.option is not None or item.kind in {QuestionKind.COMB, QuestionKind.HANDWRITING}


def _candidates(true: ReviewItem, waiting: ReviewItem, wrong: str, *, written: bool) -> tuple[Candidate, ...]:
    """As the waiting value has them, with its probabilities: the wrong value for its own, the truth for the first
    other one.
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
    """Whether a reading of cells and a canonical value are of the same characters."""
    return sorted(filter(str.isalnum, raw)) == sorted(filter(str.isalnum, value))


def _alike(text: str, lot: str) -> Iterator[str]:
    """The text with one character confused, in the order that the lot gives."""
    places: Sequence[tuple[int, str]] = [
        (place, other) for place, character in enumerate(text) for other in CONFUSED.get(character, "")
    ]
    for place, other in sorted(places, key=lambda found: fraction(f"{found[0]}{found[1]}", lot)):
        yield f"{text[:place]}{other}{text[place + 1 :]}"
