"""Several answers in one cell, joined by a separator that labels may contain, too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from scanform.formats.responses.limesurvey_values import OTHER_WORDS, plain
from scanform.model.questionnaire import Question

_MOST_PARTS = 400  # of one cell; a cell with more is no list of answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """What a cell with several answers says: codes of options, and what belongs to none of them. `twofold`: it can be
    cut in two ways that mean different options.
    """

    codes: frozenset[str] = frozenset()
    rest: str = ""
    twofold: bool = False


@dataclass(frozen=True, slots=True)
class Splitter:
    """Cuts the cells of one question; `names` are what an option is called in a cell, one of `separators` stands between."""

    names: Mapping[str, str]
    separators: Sequence[str]

    def __call__(self, cell: str) -> Split:
        """The way to cut that leaves least over, whichever separator the cell was joined with."""
        ways = [_split(tuple(self.names.items()), one, cell) for one in self.separators]
        least = min(len(one.rest) for one in ways)
        best = [one for one in ways if len(one.rest) == least]
        return replace(best[0], twofold=best[0].twofold or len({one.codes for one in best}) > 1)


@lru_cache(maxsize=20_000)
def _split(named: tuple[tuple[str, str], ...], separator: str, cell: str) -> Split:
    """The way to cut the cell that leaves least over."""
    names = dict(named)
    parts = cell.strip().removesuffix(separator.strip() or separator).split(separator)
    if not cell.strip():
        return Split()
    if len(parts) > _MOST_PARTS:
        return Split(rest=cell)
    best = _best(parts, separator, names)
    first = best[0]
    rest = _rest(parts, separator, first)
    return Split(
        codes=frozenset(code for _, _, code in first if code),
        rest=rest,
        twofold=len({frozenset(code for _, _, code in way if code) for way in best}) > 1,
    )


Way = tuple[tuple[int, int, str], ...]
"""Runs of parts, each with the code of the option it names, "" for none."""


def _best(parts: Sequence[str], separator: str, names: Mapping[str, str]) -> list[Way]:
    """The ways with the fewest parts that belong to no option, two at most; longer names first."""
    longest = max((name.count(plain(separator) or separator) + name.count(separator) + 1 for name in names), default=1)
    found: list[tuple[int, list[Way]]] = [(0, [()])]
    for end in range(1, len(parts) + 1):
        ways: list[tuple[int, Way]] = []
        for start in range(max(0, end - longest - 1), end):
            code = names.get(plain(separator.join(parts[start:end])))
            cost = 0 if code else 1 if end - start == 1 else None
            if cost is not None:
                ways += [(found[start][0] + cost, (*way, (start, end, code or ""))) for way in found[start][1]]
        least = min(cost for cost, _ in ways)
        distinct: dict[frozenset[str], Way] = {}
        for cost, way in ways:
            if cost == least:
                distinct.setdefault(frozenset(code for _, _, code in way if code), way)
        found.append((least, list(distinct.values())[:2]))
    return found[-1][1]


def _rest(parts: Sequence[str], separator: str, way: Way) -> str:
    """What belongs to no option: neighbouring parts stay together as they are written."""
    runs: list[list[str]] = []
    before = -1
    for start, end, code in way:
        if code:
            continue
        if start != before or not runs:
            runs.append([])
        runs[-1] += parts[start:end]
        before = end
    return separator.join(separator.join(run) for run in runs).strip()


def names_of(question: Question, *, codes: bool, labels: bool) -> dict[str, str]:
    """What the options of a question are called, in small letters: codes, present and former, and labels in every
    language; what belongs to two options is left out.
    """
    found: dict[str, str | None] = {}

    def add(name: str, code: str) -> None:
        key = plain(name)
        if key:
            found[key] = code if found.get(key, code) == code else None

    for option in question.options:
        if labels:
            for language, _ in option.text.entries:
                add(option.text.get(language), option.code)
                add(option.text.get(language).rstrip(" :"), option.code)
    if codes:
        for option in question.options:
            for code in (option.code, *option.formerly):
                if not labels or plain(code) not in found:
                    add(code, option.code)
    writeins = [option.code for option in question.options if option.writein]
    if len(writeins) == 1:
        for word in OTHER_WORDS:
            found.setdefault(word, writeins[0])
    return {name: code for name, code in found.items() if code is not None}
