"""How the columns of one LimeSurvey export are read: each decided from all its rows, never cell by cell."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from functools import lru_cache, partial

from scanform.formats.responses import limesurvey_values, mojibake, moments, numerals
from scanform.formats.responses.csv_io import CsvTable
from scanform.formats.responses.format_choice import Evidence, Outcome, choose
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.limesurvey_values import ChoiceIndex
from scanform.model.column_format import FormatChoices, FormatDecision, FormatKind, OpenFormat, Reading
from scanform.model.questionnaire import Alphabet, DataClass, Question, QuestionKind, Questionnaire

STAMPS = ("submitdate", "startdate", "datestamp")
"""LimeSurvey writes these together, so the order of day and month in one holds for the others."""

_FULL_TICKS = frozenset({"yes", "no", "ja", "nein", "n/a"})
_CODE_TICKS = frozenset({"y", ""})
"""With answers in words, LimeSurvey fills every cell of a box."""

_LEFT = "..."
_KNOWN = 4096  # cells of a column whose kind is remembered
_SHORT = 24  # characters up to which garbled cells of different length are kept: the shortest is shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Formats:
    """How each column is read (stable name of the column and kind -> reading), and what is still open.

    `full_answers`: answers in words, not codes. `misfits`: a person's choice and the cell that contradicts it (column,
    reading, cell, row).
    """

    readings: Mapping[tuple[str, FormatKind], str]
    decisions: tuple[FormatDecision, ...] = ()
    still_open: tuple[OpenFormat, ...] = ()
    misfits: tuple[tuple[str, str, str, int], ...] = ()
    full_answers: bool = False

    def of(self, column: str, kind: FormatKind) -> Reading | None:
        """How a column is read; None where it makes no difference."""
        found = self.readings.get((column, kind))
        return None if found is None else Reading(found)


@dataclass(slots=True)
class _Deciding:
    """The decisions so far about a file."""

    table: CsvTable
    questionnaire: Questionnaire
    places: Mapping[Target, int]
    choices: FormatChoices
    language: str
    indexes: Mapping[str, ChoiceIndex]
    outcomes: list[Outcome] = field(default_factory=list)
    telling: Mapping[int, Mapping[str, int]] = field(default_factory=dict)

    def cells(self, *places: int) -> dict[str, int]:
        """The telling cells of these columns, each with its row: the first of each kind that makes a difference."""
        found: dict[str, int] = {}
        for cell, row in sorted(((c, r) for at in places for c, r in self.telling[at].items()), key=lambda one: one[1]):
            found.setdefault(cell, row)
        return found

    def is_shown(self, target: Target) -> bool:
        """Whether cells of a column may appear in messages: no personal data."""
        question = self.questionnaire.question(target.question)
        return target.holds is Holds.SYSTEM or (question is not None and question.data_class is DataClass.ANSWER)

    def add(self, outcome: Outcome, target: Target) -> str | None:
        """Record an outcome, without its cells if those are personal data; returns the reading."""
        if not self.is_shown(target):
            outcome = _hidden(outcome)
        self.outcomes.append(outcome)
        return outcome.reading


_Kind = Callable[[str], Hashable]
"""The kind of a cell in its column: cells of one kind prove the same."""


def _telling(table: CsvTable, kinds: Mapping[int, _Kind]) -> dict[int, dict[str, int]]:
    """For each column the first filled cell of each kind, with its row (of boxes the empty one, too); the file is gone
    through once.
    """
    found: dict[int, dict[str, int]] = {at: {} for at in kinds}
    seen: dict[int, set[Hashable]] = {at: set() for at in kinds}
    known = [(at, lru_cache(maxsize=_KNOWN)(kind)) for at, kind in kinds.items()]
    for number, cells in table.rows:
        for at, kind in known:
            cell = cells[at].strip()
            if kinds[at] is not _tick_kind and (not cell or cell.casefold() in limesurvey_values.NOT_SHOWN):
                continue
            one = kind(cell)
            if one not in seen[at]:
                seen[at].add(one)
                found[at].setdefault(cell, number)
    return found


def _date_kind(cell: str) -> Hashable:
    found = moments.readings(cell)
    return frozenset(found), len(set(found.values())), "." in cell[:3]


def _number_kind(cell: str, *, whole: bool) -> Hashable:
    found = numerals.admissible(cell, whole=whole)
    return frozenset(found), len(set(found.values())), frozenset(numerals.readings(cell))


def _text_kind(cell: str) -> Hashable:
    if not mojibake.is_foreign(cell):
        return None
    return mojibake.repaired(cell) is not None, min(len(cell), _SHORT)


def _tick_kind(cell: str) -> Hashable:
    return cell.casefold() if len(cell) < _SHORT else _SHORT


def _kinds(
    questionnaire: Questionnaire, places: Mapping[Target, int], indexes: Mapping[str, ChoiceIndex]
) -> dict[int, _Kind]:
    """How the cells of each column are told apart where that decides how it is read."""
    found: dict[int, _Kind] = {}
    for target, at in places.items():
        question = questionnaire.question(target.question)
        if target.holds is Holds.SYSTEM and target.question in STAMPS:
            found[at] = _date_kind
        elif target.holds is Holds.TICK:
            found[at] = _tick_kind
        elif target.holds is Holds.CHOICE and target.question in indexes:
            index = indexes[target.question]
            found[at] = partial(_choice_kind, index)
        elif target.holds is Holds.FIELD and question is not None and question.alphabet is Alphabet.DATE:
            found[at] = _date_kind
        elif target.holds is Holds.FIELD and question is not None and is_number(question):
            found[at] = partial(_number_kind, whole=question.alphabet is Alphabet.DIGITS)
    return found


def _choice_kind(index: ChoiceIndex, cell: str) -> Hashable:
    return index.code_of(cell), index.labelled(cell)


def name_of(target: Target) -> str:
    """The stable name of a column in all exports, whatever its heading is: `question`, `question[option]`."""
    if target.option is None:
        return target.question
    return f"{target.question}[{target.option}{'comment' if target.holds is Holds.WRITEIN else ''}]"


def _hidden(outcome: Outcome) -> Outcome:
    decision, still = outcome.decision, outcome.still_open
    return Outcome(
        decision=None if decision is None else replace(decision, example="", read_as=""),
        still_open=None
        if still is None
        else replace(still, example=_LEFT, readings=tuple((reading, _LEFT) for reading, _ in still.readings)),
        misfit=None if outcome.misfit is None else (*outcome.misfit[:2], _LEFT, outcome.misfit[3]),
    )


def repair(
    table: CsvTable, questionnaire: Questionnaire, places: Mapping[Target, int], choices: FormatChoices, language: str
) -> tuple[CsvTable, tuple[Outcome, ...]]:
    """The table with garbled text repaired, column by column; a partly garbled column is left to a person."""
    deciding = _Deciding(table, questionnaire, places, choices, language, {})
    deciding.telling = _telling(table, dict.fromkeys(places.values(), _text_kind))
    mended: set[int] = set()
    for target, place in places.items():
        cells = {cell: row for cell, row in deciding.cells(place).items() if mojibake.is_foreign(cell)}
        garbled = {cell: meant for cell in cells if (meant := mojibake.repaired(cell)) is not None}
        if not garbled:
            continue
        example = min(garbled, key=lambda cell: (len(cell), cell))
        both = len(garbled) < len(cells)
        evidence = Evidence(
            readings={Reading.REPAIRED, Reading.AS_WRITTEN} if both else {Reading.REPAIRED},
            proofs={}, doubtful=example, rows=cells,
        )  # fmt: skip
        said = choices.spoken(name_of(target), FormatKind.TEXT)
        if said == Reading.AS_WRITTEN:  # a person may want it unchanged, whatever the cells say
            evidence = replace(evidence, readings={Reading.REPAIRED, Reading.AS_WRITTEN})
        outcome = choose(
            name_of(target),
            FormatKind.TEXT,
            evidence,
            choices,
            lambda cell, reading: _meant(cell) if reading == Reading.REPAIRED else cell,
        )
        if deciding.add(outcome, target) == Reading.REPAIRED:
            mended.add(place)
    if not mended:
        return table, tuple(deciding.outcomes)
    mending = table.shaped(
        table.header,
        lambda cells: tuple(_meant(cell) if place in mended else cell for place, cell in enumerate(cells)),
    )
    return mending, tuple(deciding.outcomes)


def _meant(cell: str) -> str:
    return mojibake.repaired(cell) or cell


def decide(
    table: CsvTable,
    questionnaire: Questionnaire,
    places: Mapping[Target, int],
    choices: FormatChoices,
    *,
    zone: tzinfo,
    language: str,
    indexes: Mapping[str, ChoiceIndex],
    before: Sequence[Outcome] = (),
    answers: Reading | None = None,
) -> Formats:
    """Decide all columns of the table; `before` are the decisions about their text, `answers` is how the tool always
    writes answers, if it does.
    """
    deciding = _Deciding(table, questionnaire, places, choices, language, indexes, list(before))
    deciding.telling = _telling(table, _kinds(questionnaire, places, indexes))
    readings = _dates(deciding, zone) | _numbers(deciding) | _answers(deciding, answers)
    by_words = {reading for (_, kind), reading in readings.items() if kind is FormatKind.ANSWERS}
    return Formats(
        readings=readings,
        decisions=tuple(outcome.decision for outcome in deciding.outcomes if outcome.decision is not None),
        still_open=tuple(outcome.still_open for outcome in deciding.outcomes if outcome.still_open is not None),
        misfits=tuple(outcome.misfit for outcome in deciding.outcomes if outcome.misfit is not None),
        full_answers=Reading.LABELS in by_words or _mode(deciding, words_only=True) is Reading.LABELS,
    )


# --- dates ------------------------------------------------------------------------------------------------------------


def _dates(deciding: _Deciding, zone: tzinfo) -> dict[tuple[str, FormatKind], str]:
    """The order of day and month: of the three stamps together, of each question by itself."""
    stamps = [Target(holds=Holds.SYSTEM, question=name) for name in STAMPS]
    groups = [[target for target in stamps if target in deciding.places]]
    groups += [
        [target]
        for target in deciding.places
        if target.holds is Holds.FIELD and _asks_for(deciding, target, Alphabet.DATE)
    ]
    found: dict[tuple[str, FormatKind], str] = {}
    for group in groups:
        cells = deciding.cells(*(deciding.places[target] for target in group))
        allowed, proofs, doubtful = moments.orders(cells)
        evidence = Evidence(readings=allowed, proofs=proofs, doubtful=doubtful, rows=cells)
        concerned = [
            target
            for target in group
            if any(
                set(moments.readings(cell)) - {Reading.YEAR_FIRST} for cell in deciding.cells(deciding.places[target])
            )
        ]
        for target in concerned:
            outcome = choose(
                name_of(target),
                FormatKind.DATES,
                evidence,
                _of_group(deciding.choices, group),
                lambda cell, order: _date_shown(cell, order, zone),
            )
            if outcome.still_open is not None and target is not concerned[0]:
                continue
            reading = deciding.add(outcome, target)
            if reading is not None:
                found[name_of(target), FormatKind.DATES] = reading
    return found


def _of_group(choices: FormatChoices, group: Sequence[Target]) -> FormatChoices:
    """What is known about one of several related columns holds for all of them."""
    names = [name_of(target) for target in group]

    def shared(known: Mapping[tuple[str, FormatKind], str]) -> dict[tuple[str, FormatKind], str]:
        told = next((known[name, FormatKind.DATES] for name in names if (name, FormatKind.DATES) in known), None)
        return dict(known) | (
            {}
            if told is None
            else {(name, FormatKind.DATES): told for name in names if (name, FormatKind.DATES) not in known}
        )

    return FormatChoices(said=shared(choices.said), kept=shared(choices.kept))


def _date_shown(cell: str, order: Reading, zone: tzinfo) -> str:
    moment = moments.read(cell, order)
    return "" if moment is None else moment.on_clock_in(zone).date().isoformat()


def _asks_for(deciding: _Deciding, target: Target, alphabet: Alphabet) -> bool:
    question = deciding.questionnaire.question(target.question)
    return question is not None and question.kind is QuestionKind.COMB and question.alphabet is alphabet


# --- numbers ----------------------------------------------------------------------------------------------------------


def is_number(question: Question) -> bool:
    """Whether the question asks for a number, not for a code such as a postcode, which keeps its zeros."""
    bounded = question.minimum is not None or question.maximum is not None or question.unit is not None
    return question.kind is QuestionKind.COMB and (
        question.alphabet is Alphabet.DECIMAL or (question.alphabet is Alphabet.DIGITS and bounded)
    )


def _numbers(deciding: _Deciding) -> dict[tuple[str, FormatKind], str]:
    found: dict[tuple[str, FormatKind], str] = {}
    for target, place in deciding.places.items():
        question = deciding.questionnaire.question(target.question)
        if target.holds is not Holds.FIELD or question is None or not is_number(question):
            continue
        cells = deciding.cells(place)
        allowed, proofs, doubtful = numerals.signs(cells, whole=question.alphabet is Alphabet.DIGITS)
        evidence = Evidence(readings=allowed, proofs=proofs, doubtful=doubtful, rows=cells)
        outcome = choose(
            name_of(target),
            FormatKind.NUMBERS,
            evidence,
            deciding.choices,
            lambda cell, reading: numerals.readings(cell).get(reading, ""),
        )
        reading = deciding.add(outcome, target)
        if reading is not None:
            found[name_of(target), FormatKind.NUMBERS] = reading
    return found


# --- codes or answers in words ----------------------------------------------------------------------------------------


def _answers(deciding: _Deciding, always: Reading | None) -> dict[tuple[str, FormatKind], str]:
    """Codes or words: an export is of one kind, so what other columns prove decides a column in which a word is also
    another option's code.
    """
    found: dict[tuple[str, FormatKind], str] = {}
    elsewhere = always or _mode(deciding)
    for target, place in deciding.places.items():
        question = deciding.questionnaire.question(target.question)
        if target.holds is not Holds.CHOICE or question is None:
            continue
        cells = deciding.cells(place)
        codes, words, doubtful = _sides(deciding.indexes[question.code], cells)
        if not doubtful:
            continue
        proofs: dict[Reading, str] = ({Reading.CODES: codes} if codes else {}) | (
            {Reading.LABELS: words} if words else {}
        )
        evidence = Evidence(
            readings=frozenset(proofs) or {Reading.CODES, Reading.LABELS}, proofs=proofs, doubtful=doubtful, rows=cells,
            elsewhere=elsewhere,
        )  # fmt: skip
        show = partial(_option_shown, question, deciding.indexes[question.code], deciding.language)
        outcome = choose(name_of(target), FormatKind.ANSWERS, evidence, deciding.choices, show)
        reading = deciding.add(outcome, target)
        if reading is not None:
            found[name_of(target), FormatKind.ANSWERS] = reading
    return found


def _sides(index: ChoiceIndex, cells: Iterable[str]) -> tuple[str, str, str]:
    """(a cell that is only a code, one that is only an answer in words, one that is both and means two options)."""
    only_code = only_words = doubtful = ""
    for cell in cells:
        code, word = index.code_of(cell), index.labelled(cell)
        if code and word and code != word:
            doubtful = doubtful or cell
        elif code and not word:
            only_code = only_code or cell
        elif word and not code:
            only_words = only_words or cell
    return only_code, only_words, doubtful


def _mode(deciding: _Deciding, *, words_only: bool = False) -> Reading | None:
    """The kind that all columns together prove; None if they prove nothing, or both. `words_only`: whether any proves
    words.
    """
    codes = words = False
    for target, place in deciding.places.items():
        if target.holds is Holds.TICK:
            values = {cell.casefold() for cell in deciding.cells(place)}
            in_words = bool(values & _FULL_TICKS)
            words = words or in_words
            codes = codes or (not in_words and bool(values & _CODE_TICKS))
        elif target.holds is Holds.CHOICE and target.question in deciding.indexes:
            code, word, _ = _sides(deciding.indexes[target.question], deciding.cells(place))
            codes, words = codes or (bool(code) and code != limesurvey_values.OTHER_ANSWER), words or len(word) > 1
    if words_only:
        return Reading.LABELS if words else None
    return None if codes == words else Reading.CODES if codes else Reading.LABELS


def _option_shown(question: Question, index: ChoiceIndex, language: str, cell: str, reading: Reading) -> str:
    code = index.code_of(cell) if reading == Reading.CODES else index.labelled(cell)
    option = question.option(code) if code else None
    return "" if option is None else f"{option.text.get(language)} ({option.code})"
