"""The cell of the data set for an answer: the value, or the code or word for why there is none."""

from scanform.model.response import Answer, Channel, Missing, Status, why_missing

MISSING_WORDS = {
    Missing.NO_ANSWER: "no answer",
    Missing.FILTERED: "filtered",
    Missing.IMPLAUSIBLE: "implausible",
    Missing.MULTIPLE_MARKS: "multiple marks",
    Missing.NOT_IN_VERSION: "not in version",
    Missing.ILLEGIBLE: "illegible",
    Missing.PAGE_MISSING: "page missing",
    Missing.NOT_REVIEWED: "not reviewed",
    Missing.CONTRADICTION: "contradiction",
    Missing.NOT_REACHED: "not reached",
}
"""The words of `<question>__status` without a text."""

SOURCE_WORDS = ("auto", "confirmed", "corrected", "keyed", "online")
"""Its words with a text: accepted without review, confirmed or corrected by a person, keyed from paper or telephone,
typed online.
"""

_WORD_OF_CHANNEL = {Channel.ONLINE: "online", Channel.MANUAL: "keyed", Channel.PHONE: "keyed"}

KEYED = frozenset({Channel.MANUAL, Channel.PHONE})
"""Channels whose values come from a person: all of them are confirmed from the start."""


def value_cell(answer: Answer | None) -> str:
    """The value, or the missing code."""
    missing = why_missing(answer)
    return answer.value if missing is None and answer is not None else str(int(missing or Missing.NOT_IN_VERSION))


def tick_cell(answer: Answer | None, option: str) -> str:
    """1 or 0 for one option of a multiple choice question, or the missing code that holds for all of them; -5 for an
    option this person was not offered.
    """
    missing = why_missing(answer)
    if (
        answer is not None
        and option in answer.not_offered
        and option not in answer.value.split()
        and missing is not Missing.NOT_REVIEWED
    ):
        missing = Missing.NOT_IN_VERSION
    if missing is not None or answer is None:
        return str(int(missing or Missing.NOT_IN_VERSION))
    return "1" if option in answer.value.split() else "0"


def text_cell(answer: Answer | None) -> str:
    """The text, or nothing."""
    return answer.value if answer is not None and why_missing(answer) is None else ""


def status_cell(answer: Answer | None, channel: Channel) -> str:
    """The origin of a text, or why there is none; `channel` is that of the source of the text."""
    missing = why_missing(answer)
    if missing is not None or answer is None:
        return MISSING_WORDS[missing or Missing.NOT_IN_VERSION]
    delivered = answer.status is Status.AUTO or (channel in KEYED and answer.status is Status.CONFIRMED)
    return _WORD_OF_CHANNEL.get(channel, answer.status.value) if delivered else answer.status.value
