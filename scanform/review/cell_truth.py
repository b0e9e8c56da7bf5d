"""The true character of each cell, given the value a person settled and the cells that hold ink. Pure.

A value is kept in canonical form (2024-02-01), a row of cells holds what was written (1, 2, 2024 or 01, 02, 2024). The
character of each cell is known only where the written form has as many characters as there are cells with ink, group by
group.
"""

from collections.abc import Sequence

from scanform.model.questionnaire import Alphabet, Question


def characters(question: Question, value: str, inked: Sequence[bool]) -> tuple[str, ...] | None:
    """The character of each cell, "" for one without ink; None when value and ink do not match one to one.

    `value` is the canonical value of `question`, not empty. Letters come as capitals.
    """
    sizes = question.cells if sum(question.cells) == len(inked) else (len(inked),)
    try:
        groups = _by_group(question.alphabet, value, len(sizes))
    except ValueError:  # not a date, time or number after all
        return None
    if groups is None:
        sizes, groups = (len(inked),), ((_plain(question.alphabet, value),),)
    if len(groups) != len(sizes):
        return None
    found: list[str] = []
    for size, spellings in zip(sizes, groups, strict=True):
        here = inked[len(found) : len(found) + size]
        written = next((one for one in spellings if len(one) == sum(here)), None)
        if written is None:
            return None
        rest = iter(written)
        found += [next(rest) if ink else "" for ink in here]
    return tuple(found)


def filled_up(question: Question, found: Sequence[str]) -> tuple[int, ...]:
    """The cells whose zeros only pad a group (01, 09:05): a dot or another sign may be there instead ("1." fills two
    cells, too).
    """
    if question.alphabet not in {Alphabet.DATE, Alphabet.TIME} or sum(question.cells) != len(found):
        return ()
    starts = [sum(question.cells[:number]) for number in range(len(question.cells))]
    return tuple(
        start + cells.index("0")
        for start, size in zip(starts, question.cells, strict=True)
        for cells in [list(found[start : start + size])]
        if size == 2 and "".join(cells).startswith("0")
    )


def _by_group(alphabet: Alphabet | None, value: str, groups: int) -> tuple[tuple[str, ...], ...] | None:
    """The ways to write each printed group of a value, none where the groups do not suit its kind; None for values that
    continue across the groups.

    Raises ValueError for a value that is not of this kind.
    """
    match alphabet:
        case Alphabet.DATE:
            year, month, day = value.split("-")
            return (_padded(day), _padded(month), (year,)) if groups == 3 else ()
        case Alphabet.TIME:
            hours, minutes = value.split(":")
            return (_padded(hours), ("00", "0", "") if minutes == "00" else (minutes,)) if groups == 2 else ()
        case Alphabet.DECIMAL if groups == 2:
            whole, _, part = value.partition(".")
            return ("0", "") if whole == "0" else (whole,), (part,)
        case _:
            return None


def _padded(two: str) -> tuple[str, ...]:
    """Two digits as they are, and without a padding zero."""
    return (two, two[1]) if two.startswith("0") else (two,)


def _plain(alphabet: Alphabet | None, value: str) -> str:
    """A value as written in cells without groups."""
    if alphabet is Alphabet.DECIMAL:
        return value.replace(".", ",")
    letters = alphabet in {Alphabet.LETTERS, Alphabet.ALNUM}
    return "".join(one.upper() if letters and one != "ß" else one for one in value if not one.isspace())
