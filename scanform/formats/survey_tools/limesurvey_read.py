"""A LimeSurvey survey -> a questionnaire, with the losses on the way."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from scanform.formats.questionnaires.codes import suggestion
from scanform.formats.questionnaires.read_yaml import MAX_OPTIONS
from scanform.formats.survey_tools.expressions import Asked, ExpressionError, checks_of, parse
from scanform.formats.survey_tools.filters_read import Filters
from scanform.formats.survey_tools.foreign_codes import Codes, each_once, option_codes
from scanform.formats.survey_tools.foreign_texts import TextReader, known_languages, together
from scanform.formats.survey_tools.limesurvey_survey import ByLanguage, Entry, LimeGroup, LimeQuestion, LimeSurvey
from scanform.formats.survey_tools.long_texts import with_blocks
from scanform.formats.survey_tools.marks import (
    PREFIX,
    Marks,
    PaperFacts,
    paper_facts,
    read_marks,
    with_option_marks,
)
from scanform.formats.survey_tools.markup import classes_of
from scanform.formats.survey_tools.numbers import bound, decimal_cells, number_cells, within
from scanform.formats.survey_tools.remarks import Place, Remarks
from scanform.formats.survey_tools.value_patterns import digits_in, listed_in, undelimited
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    Filled,
    Item,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
    Width,
)

LONG_LINES = {"T": 3, "U": 6}
"""Writing lines for LimeSurvey's long and huge texts, where the survey names none."""
MAX_CELLS = 20

_FIXED: dict[str, tuple[str, ...]] = {
    "5": ("1", "2", "3", "4", "5"),
    "A": ("1", "2", "3", "4", "5"),
    "B": ("1", "2", "3", "4", "5", "6", "7", "8", "9", "10"),
    "C": ("Y", "U", "N"),
    "E": ("I", "S", "D"),
    "Y": ("Y", "N"),
    "G": ("F", "M"),
}
"""The answers of types that LimeSurvey brings along, by its codes."""

_LISTS, _TICKS, _TEXTS = frozenset("L!O"), frozenset("MP"), frozenset("STU")
_ARRAYS = frozenset("FHABCE")
_UNSAID = ("array_filter", "array_filter_exclude", "em_validation_sq", "min_answers", "max_answers", "prefix")
"""Attributes that change what may be answered; those that only arrange the screen are left aside without a word."""


@dataclass(slots=True)
class _Reading:
    texts: TextReader
    codes: Codes
    filters: Filters
    remarks: Remarks

    def condition(self, question: LimeQuestion, group: LimeGroup) -> Condition | None:
        """The filter of a question and of its group."""
        return self.filters.read((group.relevance, question.relevance), question.place)


def from_survey(survey: LimeSurvey, *, code: str) -> tuple[Questionnaire, Remarks]:
    """The questionnaire, called `code` unless the survey says its own; and what paper cannot say."""
    remarks = Remarks()
    languages = known_languages(survey.languages, {}, remarks)
    questions = [question for group in survey.groups for question in group.questions]
    inner = [entry.code for question in questions for entry in (*question.subquestions, *question.answers)]
    reading = _Reading(
        texts=TextReader(languages=languages, remarks=remarks),
        codes=Codes(remarks=remarks, names=[question.code for question in questions], inner=inner),
        filters=Filters(remarks=remarks, xpath=False),
        remarks=remarks,
    )
    about = survey.texts.get("surveyls_description", {})
    facts = read_marks(" ".join(classes_of(next(iter(about.values()), ""))), prefix=PREFIX)
    said = reading.texts.sentence(about, Place())
    welcome = reading.texts.sentence(survey.texts.get("surveyls_welcometext", {}), Place())
    ours = facts.has("publisher")
    intro = welcome if ours else together(said, welcome)
    sections = tuple(_sections(survey, reading))
    if not ours:
        intro, sections = with_blocks(intro, sections, reading.texts.ours("convert.about"))
    reading.codes.note_plainer()
    questionnaire = Questionnaire(
        code=_first(facts, "code") or suggestion(code, length=20, letter_first=True),
        version=_first(facts, "version") or "1",
        title=reading.texts.needed(survey.texts.get("surveyls_title", {}), Place(), otherwise=code),
        languages=languages.ours,
        sections=sections,
        publisher=said if ours else None,
        intro=intro,
        closing=reading.texts.sentence(survey.texts.get("surveyls_endtext", {}), Place()),
        filled=Filled.MARK if _first(facts, "filled") == "mark" else Filled.WITHDRAWN,
    )
    return questionnaire, remarks


def _first(marks: Marks, name: str) -> str:
    return next(("-".join(value) for value in marks.values(name)), "")


def _sections(survey: LimeSurvey, reading: _Reading) -> Iterator[Section]:
    for number, group in enumerate(survey.groups, start=1):
        intro = reading.texts.sentence(group.texts, group.place)
        items = tuple(chain.from_iterable(_items(question, group, reading) for question in group.questions))
        title = reading.texts.sentence(group.titles, group.place)
        if items or intro:
            part = reading.texts.ours("convert.part", number=number)
            yield Section(title=title or part, intro=intro, items=items)


def _items(question: LimeQuestion, group: LimeGroup, reading: _Reading) -> Iterator[Item]:
    """What becomes of a question: one or several of ours, a paragraph, or a remark."""
    marks = read_marks(question.attributes.get("cssclass", ""), prefix=PREFIX)
    signature = question.kind == "X" and marks.has("signature")
    if question.kind == "*" or (question.attributes.get("hidden") == "1" and not signature):
        reading.remarks.lost(question.place, "calculated" if question.kind == "*" else "hidden")
        return
    for name in _UNSAID:
        if question.attributes.get(name) or any(question.local.get(name, {}).values()):
            value = question.attributes.get(name) or next(iter(question.local[name].values()))
            reading.remarks.lost(question.place, "setting", setting=name, value=value)
    if question.default:
        reading.remarks.lost(question.place, "default", value=question.default)
    make = _MAKERS.get(question.kind)
    if make is None or (question.kind == "X" and not signature):
        if question.kind != "X":
            reading.remarks.lost(question.place, "kind", kind=question.kind)
        yield from _note(question, group, reading)
        return
    yield from make(question, group, marks, reading)


def _note(question: LimeQuestion, group: LimeGroup, reading: _Reading) -> Iterator[Note]:
    said = together(
        reading.texts.sentence(question.texts, question.place), reading.texts.sentence(question.helps, question.place)
    )
    if said is not None:
        if question.kind == "X" and reading.condition(question, group) is not None:
            reading.remarks.lost(question.place, "note-filter", filter=question.relevance or group.relevance)
        yield Note(text=said)


def _base(
    question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading, *, kind: QuestionKind
) -> tuple[Question, PaperFacts]:
    """Code, texts, filter, and what the marks say."""
    facts = paper_facts(marks)
    new = reading.codes.question(question.code, question.place)
    place = question.place
    hint = reading.texts.sentence(question.helps, place)
    if facts.untitled and kind is QuestionKind.SIGNATURE:
        said = reading.texts.sentence(question.texts, place) or reading.texts.same("")
    else:
        found = reading.texts.sentence(question.texts, place)
        if found is None:
            found, hint = hint, None
        said = found or reading.texts.needed({}, place, otherwise=new.code)
    made = Question(
        code=new.code,
        kind=kind,
        text=said,
        hint=hint,
        data_class=facts.data_class,
        required=question.mandatory,
        only_if=reading.condition(question, group),
        width=facts.width,
        formerly=(*reading.codes.free_former(facts.formerly), *new.formerly),
    )
    return made, facts


# --- choices ---------------------------------------------------------------------------------------------------------


def _single(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.SINGLE)
    made, codes = _options(question, question.answers, marks, reading)
    made = with_option_marks(made, marks)
    if len(made) > MAX_OPTIONS:
        reading.remarks.lost(question.place, "many-options", count=len(made))
        labels = dict.fromkeys(label for option in made if not option.writein for _, label in option.text.entries)
        yield replace(base, kind=QuestionKind.HANDWRITING, values=tuple(labels), width=base.width)
        return
    yield _as_choice(base, made, question, codes, reading)
    if question.kind == "O":
        yield _comment(question, base, reading)


def _as_choice(
    base: Question, options: tuple[Option, ...], question: LimeQuestion, codes: Mapping[str, str], reading: _Reading
) -> Question:
    """A choice; one without answers becomes a line to write on, one with a single answer a box to tick."""
    if not options:
        reading.remarks.lost(question.place, "no-options")
        return replace(base, kind=QuestionKind.HANDWRITING)
    kind = base.kind
    if kind is QuestionKind.SINGLE and len(options) == 1:
        reading.remarks.lost(question.place, "one-option")
        kind = QuestionKind.MULTIPLE
    if kind is QuestionKind.SINGLE:
        options = tuple(replace(option, exclusive=False) for option in options)
    made = replace(base, kind=kind, options=options)
    _learn(question.code, made, codes, reading)
    return made


def _learn(name: str, question: Question, codes: Mapping[str, str], reading: _Reading) -> None:
    """The variables of a question for later filters."""
    known = tuple(option.code for option in question.options)
    pairs = tuple((theirs, ours) for theirs, ours in codes.items())
    if question.kind is QuestionKind.SINGLE:
        asked = Asked(question=question.code, options=known, codes=pairs)
        reading.filters.learn(name, asked, question.only_if)
        return
    for theirs, ours in pairs:
        box = Asked(question=question.code, options=known, codes=pairs, multiple=True, option=ours)
        ending = "other" if theirs == "-oth-" else theirs
        reading.filters.learn(f"{name}_{ending}", box, question.only_if)


def _options(
    question: LimeQuestion, entries: Sequence[Entry], marks: Marks, reading: _Reading
) -> tuple[tuple[Option, ...], dict[str, str]]:
    """The options, and our codes by LimeSurvey's."""
    entries = each_once(entries, lambda entry: entry.code, reading.remarks)
    new = option_codes([entry.code for entry in entries], question.place, reading.remarks)
    alone = set(re.split(r"[;,\s]+", question.attributes.get("exclude_all_others", "")))
    options = [
        Option(
            code=new[entry.code].code,
            text=reading.texts.name(entry.texts, entry.place, otherwise=entry.code or new[entry.code].code),
            exclusive=entry.code in alone,
            formerly=new[entry.code].formerly,
            writein=question.kind == "P" and not marks.words,
        )
        for entry in entries
    ]
    codes = {theirs: one.code for theirs, one in new.items()}
    for entry in entries:
        _note_entry(entry, reading)
    if question.other:
        at, other = _other(question, [option.code for option in options], marks, reading)
        options.insert(at, other)
        codes["-oth-"] = other.code
    return tuple(options), codes


def _note_entry(entry: Entry, reading: _Reading) -> None:
    if entry.relevance.strip() not in {"", "1"}:
        reading.remarks.lost(entry.place, "filter", filter=entry.relevance)


def _other(question: LimeQuestion, taken: Sequence[str], marks: Marks, reading: _Reading) -> tuple[int, Option]:
    """LimeSurvey's "other", with the code and at the place it has on paper."""
    marked = next((value for value in marks.values("other") if len(value) == 2 and value[1].isdigit()), None)
    known = {"other", *(f"oth{number}" for number in range(2, 10))}
    free = next(code for code in ("other", *sorted(known - {"other"})) if code not in taken)
    code = marked[0] if marked and marked[0] not in taken else free
    at = min(int(marked[1][:4]) - 1, len(taken)) if marked else len(taken)
    said = question.local.get("other_replace_text", {})
    label = reading.texts.name(said, question.place, otherwise="") if any(said.values()) else None
    return at, Option(code=code, text=label or reading.texts.ours("convert.other"), writein=True)


def _comment(question: LimeQuestion, base: Question, reading: _Reading) -> Question:
    """The comment beside a list (type O), as a question of its own."""
    new = reading.codes.question(f"{base.code[:14]}remark", question.place)
    reading.remarks.lost(question.place, "comment", code=new.code)
    return Question(
        code=new.code, kind=QuestionKind.HANDWRITING, text=reading.texts.ours("convert.comment"), only_if=base.only_if
    )


def _multiple(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.MULTIPLE)
    options, codes = _options(question, question.subquestions, marks, reading)
    if len(options) > MAX_OPTIONS:
        reading.remarks.lost(question.place, "many-boxes", count=len(options))
        yield replace(base, kind=QuestionKind.HANDWRITING, lines=LONG_LINES["T"])
        return
    yield _as_choice(base, with_option_marks(options, marks), question, codes, reading)


def _fixed_options(question: LimeQuestion, reading: _Reading) -> tuple[tuple[Option, ...], dict[str, str]]:
    """The options of a type that LimeSurvey brings along."""
    theirs = _FIXED[question.kind]
    kind = question.kind if question.kind in "CEG" else "Y"
    options = []
    for code in theirs:
        key = f"convert.answer.{kind}{code}"
        label = Texts(entries=((reading.texts.languages.ours[0], code),)) if code.isdigit() else reading.texts.ours(key)
        options.append(Option(code=code.lower(), text=label))
    return tuple(options), {code: code.lower() for code in theirs}


def _brought(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.SINGLE)
    options, codes = _fixed_options(question, reading)
    yield _as_choice(base, options, question, codes, reading)


# --- matrices --------------------------------------------------------------------------------------------------------


def _array(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    if question.kind in _FIXED:
        options, codes = _fixed_options(question, reading)
    else:
        options, codes = _options(question, question.answers, marks, reading)
    yield from _matrix(question, group, marks, reading, options=options, codes=codes, multiple=False)


def _ticks_array(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    """An array of numbers: boxes to tick if it is one of check boxes."""
    if question.attributes.get("multiflexible_checkbox") != "1":
        reading.remarks.lost(question.place, "kind", kind=question.kind)
        yield from _note(question, group, reading)
        return
    columns = [entry for entry in question.subquestions if entry.scale == 1]
    options, codes = _options(question, columns, marks, reading)
    yield from _matrix(question, group, marks, reading, options=options, codes=codes, multiple=True)


def _ranking(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    """A ranking: a row for each thing, a column for each rank. Its code differs from LimeSurvey's, whose export has a
    column for each rank with the thing in it: that must not be taken for an answer of a row.
    """
    reading.remarks.lost(question.place, "ranking")
    things = each_once(question.answers or question.subquestions, lambda entry: entry.code, reading.remarks)
    ranks = tuple(
        Option(code=str(number), text=Texts(entries=((reading.texts.languages.ours[0], str(number)),)))
        for number in range(1, len(things) + 1)
    )
    as_rows = replace(
        question, code=f"{question.code[:15]}ranks", subquestions=tuple(replace(thing, scale=0) for thing in things)
    )
    yield from _matrix(as_rows, group, marks, reading, options=ranks, codes={}, multiple=False)


def _matrix(
    question: LimeQuestion,
    group: LimeGroup,
    marks: Marks,
    reading: _Reading,
    *,
    options: tuple[Option, ...],
    codes: Mapping[str, str],
    multiple: bool,
) -> Iterator[Item]:
    rows = [entry for entry in question.subquestions if entry.scale == 0]
    options = tuple(replace(option, writein=False) for option in with_option_marks(options, marks))
    if not rows or not options:
        reading.remarks.lost(question.place, "no-options")
        yield from _note(question, group, reading)
        return
    if len(options) == 1 and not multiple:
        reading.remarks.lost(question.place, "one-option")
    multiple = multiple or len(options) == 1
    kind = QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE
    base, facts = _base(question, group, marks, reading, kind=kind)
    base = replace(
        base,
        options=options,
        data_class=facts.data_class,
        group=base.code,
        groups_formerly=base.formerly,
        width=Width.FULL,
    )
    made = tuple(_matrix_row(entry, base, marks, reading) for entry in rows)
    for entry, row in zip(rows, made, strict=True):
        _learn(f"{question.code}_{entry.code}", row, codes, reading)
    yield Matrix(code=base.code, text=base.text, hint=base.hint, options=options, rows=made, multiple=multiple)


def _matrix_row(entry: Entry, base: Question, marks: Marks, reading: _Reading) -> Question:
    """A row: the facts of its matrix, with a code and a text of its own."""
    new = reading.codes.question(entry.code, entry.place, wanted=f"{base.code}{entry.code}")
    _note_entry(entry, reading)
    former = [value[2] for value in marks.values("row") if len(value) == 3 and value[:2] == (entry.code, "was")]
    return replace(
        base,
        code=new.code,
        text=reading.texts.name(entry.texts, entry.place, otherwise=entry.code or new.code),
        hint=None,
        formerly=(*reading.codes.free_former(former), *new.formerly),
    )


# --- fields ----------------------------------------------------------------------------------------------------------


def _text(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, facts = _base(question, group, marks, reading, kind=QuestionKind.HANDWRITING)
    pattern = undelimited(question.pattern) if question.pattern else ""
    values, digits = listed_in(pattern), digits_in(pattern)
    if pattern and not values and not digits:
        reading.remarks.lost(question.place, "pattern", pattern=pattern)
    lines = _whole(question.attributes.get("display_rows", "")) or LONG_LINES.get(question.kind, 1)
    unit = question.local.get("suffix", {})
    cells, cell_type = facts.cells, facts.cell_type
    if not cell_type and facts.lines is None and facts.form is None and 0 < digits <= MAX_CELLS:
        cells, cell_type = (digits,), "digits"
    if cell_type in _TEXT_CELLS:
        made = replace(
            base,
            kind=QuestionKind.COMB,
            alphabet=_TEXT_CELLS[cell_type],
            cells=cells,
            values=values,
            recipient=facts.recipient,
        )
        yield _with_unit(made, unit, question, reading) if cell_type == "digits" else made
        return
    if any(unit.values()):
        reading.remarks.lost(question.place, "setting", setting="suffix", value=next(iter(unit.values())))
    lines = 1 if facts.form else facts.lines or min(lines, MAX_CELLS)
    recipient = None if facts.form else facts.recipient
    yield replace(base, form=facts.form, values=() if facts.form else values, lines=lines, recipient=recipient)


_TEXT_CELLS = {"digits": Alphabet.DIGITS, "letters": Alphabet.LETTERS, "characters": Alphabet.ALNUM}


def _whole(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 4 else 0


def _with_unit(made: Question, unit: ByLanguage, question: LimeQuestion, reading: _Reading) -> Question:
    if not any(unit.values()):
        return made
    return replace(made, unit=reading.texts.name(unit, question.place, otherwise=""))


def _number(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, facts = _base(question, group, marks, reading, kind=QuestionKind.COMB)
    attributes = question.attributes
    low, high = (bound(attributes.get(name, "")) for name in ("min_num_value_n", "max_num_value_n"))
    earlier = None
    check = attributes.get("em_validation_q", "")
    if check:
        low, high, earlier = _checked(check, question.place, low, high, reading)
    decimal = attributes.get("num_value_int_only") != "1"
    cells = decimal_cells(high, facts) if decimal else number_cells(high, facts)
    if cells.assumed:
        reading.remarks.lost(question.place, "cells", cells=" + ".join(map(str, cells.sizes)))
    made = replace(base, alphabet=Alphabet.DECIMAL if decimal else Alphabet.DIGITS, cells=cells.sizes)
    made = _within(made, (low, high), earlier, question, reading)
    made = _with_unit(made, question.local.get("suffix", {}), question, reading)
    reading.filters.learn_field(question.code, made)
    yield made


def _within(
    made: Question,
    bounds: tuple[str | None, str | None],
    earlier: str | None,
    question: LimeQuestion,
    reading: _Reading,
) -> Question:
    low, high = bounds
    known, remarks = reading.filters.fields, reading.remarks
    return within(made, low, high, earlier=earlier, known=known, place=question.place, remarks=remarks)


def _checked(
    check: str, place: Place, low: str | None, high: str | None, reading: _Reading
) -> tuple[str | None, str | None, str | None]:
    """Bounds and the earlier question from a check of LimeSurvey's."""
    try:
        found = checks_of(parse(check, xpath=False))
        if found.pattern or found.alone or found.length:
            raise ExpressionError
        other = reading.filters.variables[found.not_before].question if found.not_before else None
    except (ExpressionError, KeyError):
        reading.remarks.lost(place, "check", check=check)
        return low, high, None
    return bound(found.minimum or "") or low, bound(found.maximum or "") or high, other


def _date(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.COMB)
    style = question.attributes.get("date_format", "")
    has_time = "HH" in style or "H" in style
    has_day = not style or "y" in style or "d" in style or "j" in style
    earlier = next((value[0] for value in marks.values("notbefore") if value), None)
    if has_time and has_day:
        reading.remarks.lost(question.place, "moment")
    if has_time and not has_day:
        made = replace(base, alphabet=Alphabet.TIME, cells=(2, 2))
        made = replace(_within(made, (None, None), earlier, question, reading), minimum=None)
    else:
        low, high = (
            _day(question.attributes.get(name, ""), question.place, name, reading) for name in ("date_min", "date_max")
        )
        made = replace(base, alphabet=Alphabet.DATE, cells=(2, 2, 4))
        made = _within(made, (low, high), earlier, question, reading)
    reading.filters.learn_field(question.code, made)
    yield made


def _day(value: str, place: Place, name: str, reading: _Reading) -> str | None:
    """A bound of a date; LimeSurvey also takes words and calculations."""
    found = bound(value, day=True)
    if value and found is None:
        reading.remarks.lost(place, "setting", setting=name, value=value)
    return found


def _several(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    """Several short texts or numbers: a paragraph, and a question for each."""
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.HANDWRITING)
    reading.codes.taken.discard(base.code)
    reading.remarks.lost(question.place, "several")
    yield Note(text=base.text)
    for entry in question.subquestions:
        one = LimeQuestion(
            code=entry.code,
            kind="N" if question.kind == "K" else "S",
            texts=entry.texts,
            relevance=question.relevance,
            mandatory=question.mandatory,
            attributes={"num_value_int_only": question.attributes.get("num_value_int_only", "0")}
            if question.kind == "K"
            else {},
            place=entry.place,
        )
        named = _NamedCodes(reading, base.code)
        yield from (_number if question.kind == "K" else _text)(named.of(one), group, Marks(), reading)


@dataclass(frozen=True, slots=True)
class _NamedCodes:
    """Codes of subquestions are unique in their question only: the question's stands before them where they are not."""

    reading: _Reading
    stem: str

    def of(self, one: LimeQuestion) -> LimeQuestion:
        """The question with a code of its own."""
        free = one.code.lower() not in self.reading.codes.taken | self.reading.codes.reserved
        return one if free else replace(one, code=f"{self.stem}{one.code}")


def _signature(question: LimeQuestion, group: LimeGroup, marks: Marks, reading: _Reading) -> Iterator[Item]:
    base, _ = _base(question, group, marks, reading, kind=QuestionKind.SIGNATURE)
    yield base


_Maker = Callable[[LimeQuestion, LimeGroup, Marks, _Reading], Iterator[Item]]
_MAKERS: dict[str, _Maker] = {
    **dict.fromkeys(_LISTS, _single),
    **dict.fromkeys("Y5G", _brought),
    **dict.fromkeys(_TICKS, _multiple),
    **dict.fromkeys(_ARRAYS, _array),
    **dict.fromkeys(_TEXTS, _text),
    ":": _ticks_array,
    "R": _ranking,
    "N": _number,
    "D": _date,
    "K": _several,
    "Q": _several,
    "X": _signature,
}
