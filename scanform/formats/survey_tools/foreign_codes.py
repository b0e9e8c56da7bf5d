"""Codes of another tool -> codes of ours: as they are where that is possible, otherwise similar ones, with the old one
kept as `formerly` where an export can still be told by it.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from scanform.formats import spreadsheet
from scanform.formats.questionnaires.codes import (
    FIXED_COLUMNS,
    FORMER_OPTION_CODE,
    OPTION_CODE,
    QUESTION_CODE,
    better_option_code,
    better_question_code,
    is_participant_column,
    is_timing,
    reserved_by,
    suggestion,
)
from scanform.formats.survey_tools.remarks import Place, Remarks

_LONGEST_QUESTION, _LONGEST_OPTION = 20, 5


class Placed(Protocol):
    """What stands at a place of a survey."""

    @property
    def place(self) -> Place:
        """Where."""
        ...


Coded = TypeVar("Coded", bound=Placed)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """A code of ours, and the codes it had before."""

    code: str
    formerly: tuple[str, ...] = ()


@dataclass(slots=True)
class Codes:
    """The codes given so far in one questionnaire; `names` are those of the tool's questions, `reserved` the ones among
    them that ours can keep, `inner` those of subquestions, which may become rows.
    """

    remarks: Remarks
    names: Collection[str]
    inner: Collection[str] = ()
    reserved: frozenset[str] = frozenset()
    taken: set[str] = field(default_factory=set)
    former: set[str] = field(default_factory=set)
    plainer: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.reserved = frozenset(name for name in self.names if QUESTION_CODE.fullmatch(name))
        self.names = {_plain(name) for name in (*self.names, *self.inner)}

    def question(self, foreign: str, place: Place, *, wanted: str = "") -> NewCode:
        """The code of a question, a matrix or, with `wanted`, a row: that is tried where the foreign one is taken."""
        others = self.reserved if wanted else self.reserved - {foreign}
        names = [foreign.lower(), *([wanted.lower()] if wanted else [])]
        usable = [name for name in names if QUESTION_CODE.fullmatch(name) and not self._is_poor(name)]
        free = [name for name in usable if name not in self.taken | others]
        code = free[0] if free else self._similar(names[-1])
        self.taken.add(code)
        if code in names:
            return NewCode(code=code)
        if QUESTION_CODE.fullmatch(foreign) and foreign not in self.taken | self.former | others:
            self.former.add(foreign)
            return NewCode(code=code, formerly=(foreign,))
        if code == _plain(foreign):
            self.plainer.append((foreign, code))
        else:
            self.remarks.lost(place, "code", old=foreign, new=code)
        return NewCode(code=code)

    def free_former(self, codes: Iterable[str]) -> tuple[str, ...]:
        """Former codes from marks, without those that belong to another question by now: who copies a question in the
        tool copies its marks.
        """
        taken = self.taken | self.reserved | self.former
        found = tuple(one for one in dict.fromkeys(codes) if QUESTION_CODE.fullmatch(one) and one not in taken)
        self.former.update(found)
        return found

    def note_plainer(self) -> None:
        """One remark for all codes that are the same but for signs that ours do not have."""
        if self.plainer:
            pairs = ", ".join(f"{old} \N{RIGHTWARDS ARROW} {new}" for old, new in self.plainer)
            self.remarks.lost(Place(), "codes-plain", count=len(self.plainer), pairs=pairs)

    def _is_poor(self, code: str) -> bool:
        return (
            bool(spreadsheet.spoilt(code))
            or code in FIXED_COLUMNS
            or reserved_by(code) is not None
            or is_participant_column(code)
            or is_timing(code, {*self.taken, *self.names})
        )

    def _similar(self, name: str) -> str:
        known = self.taken | self.reserved | self.former
        stem = suggestion(name, length=_LONGEST_QUESTION, letter_first=True)
        names = [stem, *(f"{stem[: _LONGEST_QUESTION - 3]}{number}" for number in range(2, 1000))]
        if self._is_poor(stem):
            return better_question_code(stem, known)
        return next(one for one in names if one not in known and not self._is_poor(one))


def _plain(code: str) -> str:
    """A code without the signs that ours do not have."""
    return code.lower().replace("_", "").replace("-", "")


def option_codes(foreign: Collection[str], place: Place, remarks: Remarks) -> dict[str, NewCode]:
    """The codes of a question's options, in their order."""
    found: dict[str, NewCode] = {}
    plain = [code for code in foreign if _is_good(code)]
    taken = set(plain)
    for code in foreign:
        if code in plain:
            found[code] = NewCode(code=code)
            continue
        lower = code.lower()
        new = lower if _is_good(lower) and lower not in taken else _similar_option(lower, taken)
        taken.add(new)
        was = (code,) if new != lower and FORMER_OPTION_CODE.fullmatch(code) else ()
        found[code] = NewCode(code=new, formerly=was)
        if new != lower and not OPTION_CODE.fullmatch(code):
            remarks.lost(place, "option-code", old=code, new=new)
    return found


def _is_good(code: str) -> bool:
    return OPTION_CODE.fullmatch(code) is not None and not spreadsheet.spoilt(code)


def _similar_option(code: str, taken: Collection[str]) -> str:
    stem = suggestion(code, length=_LONGEST_OPTION, letter_first=False)
    names = [stem, *(f"{stem[: _LONGEST_OPTION - len(str(number))]}{number}" for number in range(2, 1000))]
    good = next((one for one in names if _is_good(one) and one not in taken), None)
    return good or better_option_code(stem, taken)


def each_once(entries: Iterable[Coded], code_of: Callable[[Coded], str], remarks: Remarks) -> list[Coded]:
    """The options without those whose code was there before."""
    found: dict[str, Coded] = {}
    for entry in entries:
        if code_of(entry) in found:
            remarks.lost(entry.place, "twice", code=code_of(entry))
        found.setdefault(code_of(entry), entry)
    return list(found.values())
