"""An XLSForm -> a questionnaire, with the losses on the way."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scanform.formats.questionnaires.codes import suggestion
from scanform.formats.questionnaires.read_yaml import MAX_OPTIONS
from scanform.formats.survey_tools.expressions import Asked, Checks, ExpressionError, checks_of, parse
from scanform.formats.survey_tools.filters_read import Filters
from scanform.formats.survey_tools.foreign_codes import Codes, NewCode, each_once, option_codes
from scanform.formats.survey_tools.foreign_texts import TextReader, known_languages, together
from scanform.formats.survey_tools.long_texts import with_blocks
from scanform.formats.survey_tools.marks import Marks, PaperFacts, paper_facts, read_marks, with_option_marks
from scanform.formats.survey_tools.numbers import bound, decimal_cells, number_cells, within
from scanform.formats.survey_tools.remarks import Remarks
from scanform.formats.survey_tools.value_patterns import digits_in, listed_in
from scanform.formats.survey_tools.xlsform import Choice, FormRow, XlsForm, language_code
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
)

MULTILINE = 3
"""Writing lines for a text of several lines, where the form names no number."""

_META = frozenset(
    {
        "start", "end", "today", "deviceid", "username", "audit", "phonenumber", "email", "simserial", "subscriberid", "start-geopoint",
        "background-audio", "xml-external", "csv-external",
    }
)  # fmt: skip
"""What the device notes by itself: nothing that anybody is asked."""
_SPELLINGS = {
    "string": "text",
    "int": "integer",
    "datetime": "dateTime",
    "select1": "select_one",
    "begin": "begin_group",
}


@dataclass(slots=True)
class _Part:
    """A section while it is read."""

    title: Texts | None
    items: list[Item] = field(default_factory=list)
    intro: Texts | None = None
    opened: bool = False


@dataclass(slots=True)
class _Reading:
    form: XlsForm
    texts: TextReader
    codes: Codes
    filters: Filters
    remarks: Remarks
    parts: list[_Part] = field(default_factory=list)
    said: dict[str, Texts] = field(default_factory=dict)
    relevant: list[str] = field(default_factory=list)
    depth: int = 0

    def condition(self, row: FormRow) -> Condition | None:
        """The filter of a row and of the groups around it."""
        return self.filters.read((*self.relevant, row.relevant), row.place)

    def lined(self, name: str) -> frozenset[str]:
        """The options of a question that have a line for text: a marked row of its own for each."""
        rows = (row for row in self.form.rows if read_marks(row.marks).has("line"))
        ends = (row.name.removeprefix(f"{name}__") for row in rows if row.name.startswith(f"{name}__"))
        return frozenset(end.removesuffix("_text") for end in ends)

    def add(self, item: Item) -> None:
        """Add to the section that is open; outside of all groups one is made."""
        if not self.parts or (not self.depth and self.parts[-1].opened):
            self.parts.append(_Part(title=None))
        self.parts[-1].items.append(item)


def from_form(form: XlsForm, *, code: str) -> tuple[Questionnaire, Remarks]:
    """The questionnaire, called `code` unless the form has an id; and what paper cannot say."""
    remarks = Remarks()
    languages = known_languages(form.languages, {name: language_code(name) for name in form.languages}, remarks)
    facts = read_marks(form.settings.get("scanform", ""))
    inner = [choice.name for choices in form.lists.values() for choice in choices]
    reading = _Reading(
        form=form,
        texts=TextReader(languages=languages, remarks=remarks, html=False, tags=not facts.has("form")),
        codes=Codes(remarks=remarks, names=[row.name for row in form.rows], inner=inner),
        filters=Filters(remarks=remarks, xpath=True),
        remarks=remarks,
    )
    rows = list(form.rows)
    at = 0
    while at < len(rows):
        at += _read(rows, at, reading)
    reading.codes.note_plainer()
    settings = form.settings
    title = settings.get("form_title", "")
    sections = tuple(
        Section(
            title=part.title or reading.texts.ours("convert.part", number=number),
            intro=part.intro,
            items=tuple(part.items),
        )
        for number, part in enumerate(reading.parts, start=1)
        if part.items or part.intro
    )
    if not facts.has("form"):
        _, sections = with_blocks(None, sections, reading.texts.same(""))
    questionnaire = Questionnaire(
        code=suggestion(settings.get("form_id", "") or code, length=20, letter_first=True),
        version=_version(settings.get("version", "")),
        title=reading.said.get("title") or reading.texts.same(title or code),
        languages=languages.ours,
        sections=sections,
        publisher=reading.said.get("publisher"),
        intro=reading.said.get("intro"),
        closing=reading.said.get("closing"),
        filled=Filled.MARK if ("mark",) in facts.values("filled") else Filled.WITHDRAWN,
    )
    return questionnaire, remarks


def _version(value: str) -> str:
    """A version as ours may be: signs that it cannot have are left out."""
    kept = "".join(sign for sign in value if sign.isascii() and (sign.isalnum() or sign in ".-"))
    return kept.lstrip(".-")[:20] or "1"


def _kind(row: FormRow) -> tuple[str, list[str]]:
    """The type in the standard's spelling, and the words behind it."""
    words = row.kind.split(" ")
    if len(words) > 1 and (words[0].lower(), words[1].lower()) in _TWO_WORDS:
        words = [f"{words[0]}_{words[1]}", *words[2:]]
    name = words[0].lower()
    return _SPELLINGS.get(name, name), words[1:]


_TWO_WORDS = {
    ("begin", "group"), ("end", "group"), ("begin", "repeat"), ("end", "repeat"), ("select", "one"), ("select", "multiple"), ("select", "all"),
}  # fmt: skip


def _read(rows: Sequence[FormRow], at: int, reading: _Reading) -> int:
    """Reads the row at `at`, or the matrix that begins there; returns how many rows that were."""
    row = rows[at]
    kind, _ = _kind(row)
    if kind in {"begin_group", "begin_repeat"}:
        return _begin(rows, at, reading)
    if kind in {"end_group", "end_repeat"}:
        _end(row, reading)
    elif "label" in row.appearance.split() and kind == "select_one":
        return _labelled(rows, at, reading)
    elif not read_marks(row.marks).has("line"):
        for item in _item(row, reading):
            reading.add(item)
    return 1


def _end(row: FormRow, reading: _Reading) -> None:
    if not reading.depth:
        reading.remarks.lost(row.place, "group-without-end")
        return
    reading.depth -= 1
    reading.relevant.pop()


def _begin(rows: Sequence[FormRow], at: int, reading: _Reading) -> int:
    """A group: a section, a matrix, or inside a section a paragraph with its title."""
    row = rows[at]
    if "repeat" in row.kind:
        reading.remarks.lost(row.place, "repeat")
    inside = _inside(rows, at)
    if "table-list" in row.appearance.split() and inside and _share_a_list(inside):
        for item in _matrix(row, inside, reading, marks=read_marks(row.marks)):
            reading.add(item)
        return len(inside) + 2
    title = reading.texts.sentence(row.labels, row.place)
    if not reading.depth:
        reading.parts.append(_Part(title=title, opened=True))
    elif title is not None:
        reading.add(Note(text=title))
    reading.depth += 1
    reading.relevant.append(row.relevant)
    return 1


def _inside(rows: Sequence[FormRow], at: int) -> list[FormRow]:
    """The rows of a group without groups of its own; none for another."""
    found: list[FormRow] = []
    for row in rows[at + 1 :]:
        kind, _ = _kind(row)
        if kind == "end_group":
            return found
        if kind.startswith(("begin", "end")):
            return []
        found.append(row)
    return []


def _share_a_list(rows: Sequence[FormRow]) -> bool:
    return len({tuple(row.kind.split(" ")) for row in rows}) == 1 and _kind(rows[0])[0].startswith("select")


def _labelled(rows: Sequence[FormRow], at: int, reading: _Reading) -> int:
    """A matrix as several tools write it: a row with the labels, then rows without."""
    head = rows[at]
    below = []
    for row in rows[at + 1 :]:
        if row.kind != head.kind or "list-nolabel" not in row.appearance.split():
            break
        below.append(row)
    if not below:
        for item in _item(head, reading):
            reading.add(item)
        return 1
    for item in _matrix(head, below, reading, marks=Marks()):
        reading.add(item)
    return 1 + len(below)


def _matrix(head: FormRow, rows: Sequence[FormRow], reading: _Reading, *, marks: Marks) -> Iterator[Item]:
    facts = paper_facts(marks)
    new = reading.codes.question(head.name, head.place)
    options, codes = _options(rows[0], reading)
    options = with_option_marks(options, marks)
    common = _common_filter(head, rows)
    condition = reading.filters.read((*reading.relevant, head.relevant, common), head.place)
    multiple = _kind(rows[0])[0] == "select_multiple" or len(options) == 1
    alone = _checks(rows[0], reading).alone
    options = tuple(
        replace(option, writein=False, exclusive=option.exclusive or (option.code in {codes.get(one) for one in alone}))
        for option in options
    )
    if not options:
        reading.remarks.lost(head.place, "no-options")
        return
    groups = (*reading.codes.free_former(facts.formerly), *new.formerly)
    made = []
    for row in rows:
        if row.relevant and row.relevant != common:
            reading.remarks.lost(row.place, "filter", filter=row.relevant)
        named = reading.codes.question(row.name, row.place)
        former = [value[2] for value in marks.values("row") if len(value) == 3 and value[:2] == (row.name, "was")]
        one = Question(
            code=named.code,
            kind=QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE,
            text=reading.texts.name(row.labels, row.place, otherwise=row.name or named.code),
            options=options,
            data_class=facts.data_class,
            group=new.code,
            required=any(row.required for row in rows),
            only_if=condition,
            formerly=(*reading.codes.free_former(former), *named.formerly),
            groups_formerly=groups,
        )
        _learn(row.name, one, codes, reading)
        made.append(one)
    yield Matrix(
        code=new.code,
        text=reading.texts.needed(head.labels, head.place, otherwise=head.name or new.code),
        hint=reading.texts.sentence(head.hints, head.place),
        options=options,
        rows=tuple(made),
        multiple=multiple,
    )


def _common_filter(head: FormRow, rows: Sequence[FormRow]) -> str:
    """The filter of all rows, if they have the same one."""
    found = {row.relevant for row in rows}
    return next(iter(found)) if len(found) == 1 and not head.relevant else ""


def _learn(name: str, question: Question, codes: Mapping[str, str], reading: _Reading) -> None:
    asked = Asked(
        question=question.code,
        options=tuple(option.code for option in question.options),
        codes=tuple(codes.items()),
        multiple=question.kind is QuestionKind.MULTIPLE,
    )
    reading.filters.learn(name, asked, question.only_if)


def _options(row: FormRow, reading: _Reading) -> tuple[tuple[Option, ...], dict[str, str]]:
    """The options of a choice, and our codes by the form's."""
    _, given = _kind(row)
    list_name = given[0] if given else ""
    choices = reading.form.lists.get(list_name)
    if choices is None:
        reading.remarks.lost(row.place, "choices", list=list_name or row.kind)
        return (), {}
    if row.choice_filter:
        reading.remarks.lost(row.place, "choice-filter", filter=row.choice_filter)
    new = option_codes([choice.name for choice in choices], row.place, reading.remarks)
    lined = reading.lined(row.name)
    options = [
        _option(choice, new[choice.name], reading, lined=lined)
        for choice in each_once(choices, lambda choice: choice.name, reading.remarks)
    ]
    if "or_other" in given:
        code = next(one for one in ("other", "oth2", "oth3") if one not in {option.code for option in options})
        options.append(Option(code=code, text=reading.texts.ours("convert.other"), writein=True))
    return tuple(options), {theirs: one.code for theirs, one in new.items()}


def _option(choice: Choice, new: NewCode, reading: _Reading, *, lined: frozenset[str]) -> Option:
    return Option(
        code=new.code,
        text=reading.texts.name(choice.labels, choice.place, otherwise=choice.name),
        writein=choice.name in lined,
        formerly=new.formerly,
    )


def _item(row: FormRow, reading: _Reading) -> Iterator[Item]:
    kind, _ = _kind(row)
    marks = read_marks(row.marks)
    if kind == "note":
        yield from _note(row, marks, reading)
        return
    if kind in _META or kind in {"calculate", "hidden"}:
        if kind not in _META:
            reading.remarks.lost(row.place, "calculated" if kind == "calculate" else "hidden")
        return
    if row.calculation:
        reading.remarks.lost(row.place, "calculation", calculation=row.calculation)
    if row.default:
        reading.remarks.lost(row.place, "default", value=row.default)
    if kind == "rank":
        yield from _ranking(row, reading)
        return
    signature = kind == "image" and ("signature" in row.appearance.split() or marks.has("signature"))
    if kind not in _ASKED and not signature:
        reading.remarks.lost(row.place, "kind", kind=row.kind)
        yield from _note(row, marks, reading)
        return
    base, facts = _base(row, marks, reading, signature=signature)
    if kind.startswith("select"):
        yield _choice(row, base, kind, marks, reading)
    elif kind == "acknowledge":
        yes = Option(code="ok", text=reading.texts.ours("convert.answer.YY"))
        yield replace(base, kind=QuestionKind.MULTIPLE, options=(yes,))
    elif signature:
        yield replace(base, kind=QuestionKind.SIGNATURE)
    else:
        made = _field(row, base, kind, reading, facts=facts, marks=marks)
        reading.filters.learn_field(row.name, made)
        yield made


_ASKED = frozenset(
    {"text", "integer", "decimal", "date", "time", "dateTime", "select_one", "select_multiple", "acknowledge"}
)


def _note(row: FormRow, marks: Marks, reading: _Reading) -> Iterator[Note]:
    """A paragraph; one of ours says what it is."""
    said = together(reading.texts.sentence(row.labels, row.place), reading.texts.sentence(row.hints, row.place))
    if said is None:
        return
    name = next((one for one in ("title", "publisher", "intro", "closing") if marks.has(one)), "")
    if name == "intro" and reading.depth and not reading.parts[-1].items:
        reading.parts[-1].intro = said
    elif name and not reading.depth:
        reading.said[name] = said
    else:
        if row.relevant:
            reading.remarks.lost(row.place, "note-filter", filter=row.relevant)
        yield Note(text=said)


def _base(row: FormRow, marks: Marks, reading: _Reading, *, signature: bool) -> tuple[Question, PaperFacts]:
    facts = paper_facts(marks)
    new = reading.codes.question(row.name, row.place)
    said = reading.texts.same("") if facts.untitled and signature else None
    question = Question(
        code=new.code,
        kind=QuestionKind.HANDWRITING,
        text=said or reading.texts.needed(row.labels, row.place, otherwise=row.name or new.code),
        hint=reading.texts.sentence(row.hints, row.place),
        data_class=facts.data_class,
        required=row.required,
        only_if=reading.condition(row),
        width=facts.width,
        formerly=(*reading.codes.free_former(facts.formerly), *new.formerly),
    )
    return question, facts


def _choice(row: FormRow, base: Question, kind: str, marks: Marks, reading: _Reading) -> Question:
    options, codes = _options(row, reading)
    options = with_option_marks(options, marks)
    if kind == "select_multiple":
        alone = {codes.get(one) for one in _checks(row, reading).alone}
        options = tuple(replace(option, exclusive=option.exclusive or option.code in alone) for option in options)
    elif row.constraint:
        reading.remarks.lost(row.place, "check", check=row.constraint)
    if not options:
        reading.remarks.lost(row.place, "no-options")
        return base
    if len(options) > MAX_OPTIONS:
        single = kind == "select_one"
        reading.remarks.lost(row.place, "many-options" if single else "many-boxes", count=len(options))
        labels = dict.fromkeys(label for option in options for _, label in option.text.entries) if single else {}
        return replace(base, values=tuple(labels), lines=1 if single else MULTILINE)
    multiple = kind == "select_multiple" or len(options) == 1
    if multiple and kind == "select_one":
        reading.remarks.lost(row.place, "one-option")
    made = replace(base, kind=QuestionKind.MULTIPLE if multiple else QuestionKind.SINGLE, options=options)
    _learn(row.name, made, codes, reading)
    return made


def _checks(row: FormRow, reading: _Reading) -> Checks:
    """What the constraint demands; nothing, with a remark, if it cannot be said here."""
    if not row.constraint:
        return Checks()
    try:
        return checks_of(parse(row.constraint, xpath=True))
    except ExpressionError:
        reading.remarks.lost(row.place, "check", check=row.constraint)
        return Checks()


_TEXT_CELLS = {"digits": Alphabet.DIGITS, "letters": Alphabet.LETTERS, "characters": Alphabet.ALNUM}


def _field(row: FormRow, base: Question, kind: str, reading: _Reading, *, facts: PaperFacts, marks: Marks) -> Question:
    checks = _checks(row, reading)
    unit = reading.texts.name(row.units, row.place, otherwise="") if row.units else None
    if kind == "text":
        return _text(row, base, reading, facts=facts, checks=checks, unit=unit)
    if kind in {"integer", "decimal"}:
        high = bound(checks.maximum or "")
        cells = (number_cells if kind == "integer" else decimal_cells)(high, facts)
        if cells.assumed:
            reading.remarks.lost(row.place, "cells", cells=" + ".join(map(str, cells.sizes)))
        alphabet = Alphabet.DIGITS if kind == "integer" else Alphabet.DECIMAL
        made = replace(base, kind=QuestionKind.COMB, alphabet=alphabet, cells=cells.sizes, unit=unit)
        return _within(made, (bound(checks.minimum or ""), high), checks.not_before, row, reading)
    if kind == "dateTime":
        reading.remarks.lost(row.place, "moment")
    if kind == "time":
        marked = next((value[0] for value in marks.values("notbefore") if value), None)
        made = replace(base, kind=QuestionKind.COMB, alphabet=Alphabet.TIME, cells=(2, 2))
        return replace(_within(made, (None, None), marked, row, reading), minimum=None)
    made = replace(base, kind=QuestionKind.COMB, alphabet=Alphabet.DATE, cells=(2, 2, 4))
    low, high = (bound(value or "", day=True) for value in (checks.minimum, checks.maximum))
    return _within(made, (low, high), checks.not_before, row, reading)


def _within(
    made: Question, bounds: tuple[str | None, str | None], earlier: str | None, row: FormRow, reading: _Reading
) -> Question:
    """The question with its bounds; `earlier` is the name of another."""
    asked = reading.filters.variables.get(earlier) if earlier is not None else None
    code = asked.question if asked is not None else earlier
    low, high = bounds
    known, remarks = reading.filters.fields, reading.remarks
    return within(made, low, high, earlier=code, known=known, place=row.place, remarks=remarks)


def _text(
    row: FormRow, base: Question, reading: _Reading, *, facts: PaperFacts, checks: Checks, unit: Texts | None
) -> Question:
    values, digits = listed_in(checks.pattern or ""), digits_in(checks.pattern or "")
    if checks.pattern and not values and not digits:
        reading.remarks.lost(row.place, "pattern", pattern=checks.pattern)
    cells, cell_type = facts.cells, facts.cell_type
    if not cell_type and facts.lines is None and facts.form is None and 0 < digits <= 20:
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
        return replace(made, unit=unit) if cell_type == "digits" else made
    lines = facts.lines or (MULTILINE if "multiline" in row.appearance.split() else 1)
    recipient = None if facts.form else facts.recipient
    lines = 1 if facts.form else lines
    return replace(base, form=facts.form, values=() if facts.form else values, lines=lines, recipient=recipient)


def _ranking(row: FormRow, reading: _Reading) -> Iterator[Item]:
    """A ranking: a row for each thing, a column for each rank."""
    reading.remarks.lost(row.place, "ranking")
    _, given = _kind(row)
    things = each_once(reading.form.lists.get(given[0] if given else "", ()), lambda thing: thing.name, reading.remarks)
    if len(things) < 2:
        reading.remarks.lost(row.place, "no-options")
        return
    new = reading.codes.question(row.name, row.place)
    ranks = tuple(
        Option(code=str(number), text=Texts(entries=((reading.texts.languages.ours[0], str(number)),)))
        for number in range(1, len(things) + 1)
    )
    condition = reading.condition(row)
    rows = tuple(
        Question(
            code=reading.codes.question(thing.name, thing.place, wanted=f"{new.code}{thing.name}").code,
            kind=QuestionKind.SINGLE,
            text=reading.texts.name(thing.labels, thing.place, otherwise=thing.name),
            options=ranks,
            group=new.code,
            required=row.required,
            only_if=condition,
            groups_formerly=new.formerly,
        )
        for thing in things
    )
    yield Matrix(
        code=new.code,
        text=reading.texts.needed(row.labels, row.place, otherwise=row.name or new.code),
        hint=reading.texts.sentence(row.hints, row.place),
        options=ranks,
        rows=rows,
    )
