"""What a page shows of its questions, and what comes back from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from werkzeug.datastructures import MultiDict

from scanform.i18n.texts import text, value_text
from scanform.model.questionnaire import Alphabet, Matrix, Note, Option, Question, QuestionKind, TextForm, Width
from scanform.workflow.answering.desk import Sheet
from scanform.workflow.answering.objections import LONGEST_ENTRY, Objection
from scanform.workflow.answering.pages import Page, columns_of, depends_on, option_of, shown

ENTRY: Final = "a."
"""Precedes the column in the names of fields."""

ON_PAGE: Final = "on"
"""Names the questions that a page contained: what it did not contain is left alone."""

TEXTS: Final = "web_form."

_LINE: Final = 500
_MODES: Final = {
    Alphabet.DIGITS: "numeric",
    Alphabet.DECIMAL: "decimal",
    None: "text",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One option as it is shown: its `name` beside it when it has a line for text."""

    id: str
    code: str
    label: str
    ticked: bool
    exclusive: bool
    line: "Line | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A field for text: `mode` is the keyboard wanted, `rows` more than 1 for several lines."""

    id: str
    name: str
    label: str
    value: str
    error: str = ""
    other: str | None = None
    mode: str = "text"
    kind: str = "text"
    autocomplete: str = "off"
    rows: int = 1
    longest: int = _LINE
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A question as it is shown; `when` is the question and the options by whose ticking the page shows or hides it."""

    question: Question
    id: str
    name: str
    label: str
    hint: str
    error: str
    visible: bool
    when: tuple[str, tuple[str, ...]] | None
    choices: tuple[Choice, ...] = ()
    line: Line | None = None
    values: tuple[str, ...] = ()
    unit: str = ""
    other: str | None = None
    width: Width = Width.FULL

    @property
    def multiple(self) -> bool:
        """Whether several options may be chosen."""
        return self.question.kind is QuestionKind.MULTIPLE

    @property
    def chosen(self) -> bool:
        """Whether something is chosen that could be undone."""
        return self.question.kind is QuestionKind.SINGLE and any(choice.ticked for choice in self.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A matrix as it is shown: fields that share their options."""

    code: str
    label: str
    hint: str
    options: tuple[Option, ...]
    rows: tuple[Field, ...]
    multiple: bool

    @property
    def visible(self) -> bool:
        """Whether any row is on the screen."""
        return any(row.visible for row in self.rows)

    @property
    def chosen(self) -> bool:
        """Whether something is chosen that could be undone."""
        return any(row.chosen for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A section as it is shown: heading (that of the page where it is the main one), introduction, and its fields, grids
    and notes.
    """

    title: str
    is_main: bool
    intro: str
    items: tuple[Field | Grid | str, ...]


def blocks_of(
    sheet: Sheet,
    page: Page,
    language: str,
    *,
    errors: Sequence[Objection] = (),
    typed: Mapping[str, str] | None = None,
    others: Mapping[str, str] | None = None,
) -> list[Block]:
    """The sections of a page. `typed` are entries shown instead of the kept ones, `others` what is kept where they
    differ.
    """
    told = {one.column: error_text(one, language) for one in errors}
    maker = _Maker(sheet, page, language, errors=told, typed=typed, others=others)
    return [
        Block(
            title=section.title.get(language),
            is_main=section is page.section,
            intro=section.intro.get(language) if section.intro else "",
            items=tuple(maker.item(item) for item in section.items if maker.is_there(item)),
        )
        for section in page.sections
    ]


class _Maker:
    """Makes what is shown of the questions of one page."""

    def __init__(
        self,
        sheet: Sheet,
        page: Page,
        language: str,
        *,
        errors: Mapping[str, str],
        typed: Mapping[str, str] | None,
        others: Mapping[str, str] | None,
    ) -> None:
        self.sheet, self.page, self.language, self.errors = sheet, page, language, errors
        self.typed = {**sheet.typed, **(typed or {})}
        self.others = others or {}

    def is_there(self, item: object) -> bool:
        """Whether something of an item is on the page, visible or ready to appear."""
        if isinstance(item, Matrix):
            return any(self.is_there(row) for row in item.rows)
        if isinstance(item, Question):
            online = item.kind is not QuestionKind.SIGNATURE
            return online and (shown(self.sheet.known, item) or depends_on(item, self.page))
        return True

    def item(self, item: Question | Matrix | Note) -> Field | Grid | str:
        """A question, a matrix or a note as it is shown."""
        if isinstance(item, Matrix):
            return Grid(
                code=item.code,
                label=item.text.get(self.language),
                hint=item.hint.get(self.language) if item.hint else "",
                options=item.options,
                rows=tuple(self.field(row) for row in item.rows if self.is_there(row)),
                multiple=item.multiple,
            )
        return item.text.get(self.language) if isinstance(item, Note) else self.field(item)

    def field(self, question: Question) -> Field:
        """A question as it is shown."""
        code, entry = question.code, self.typed.get(question.code, "")
        label = question.text.get(self.language)
        condition = question.only_if
        moves = condition is not None and depends_on(question, self.page)
        return Field(
            question=question,
            id=f"f-{code}",
            name=f"{ENTRY}{code}",
            label=label,
            hint=hint_text(question, self.language),
            error=self.errors.get(code, ""),
            visible=shown(self.sheet.known, question),
            when=(condition.question, condition.options) if condition is not None and moves else None,
            choices=tuple(self._choice(question, option, entry, at) for at, option in enumerate(question.options)),
            line=None if question.options else self._line(question, code, label, entry),
            values=question.values,
            unit=question.unit.get(self.language) if question.unit else "",
            other=entry_text(question, self.others[code], self.language) if code in self.others else None,
            width=question.width,
        )

    def _choice(self, question: Question, option: Option, entry: str, at: int) -> Choice:
        column = f"{question.code}__{option.code}_text"
        written = text(TEXTS + "beside", self.language, option=option.text.get(self.language).rstrip(" :"))
        line = self._line(question, column, written, self.typed.get(column, "")) if option.writein else None
        return Choice(
            id=f"f-{question.code}-{option.code}" if at else f"f-{question.code}",  # links lead to the first one
            code=option.code,
            label=option.text.get(self.language),
            ticked=option.code in entry.split(),
            exclusive=option.exclusive,
            line=line,
        )

    def _line(self, question: Question, column: str, label: str, entry: str) -> Line:
        own = option_of(question, column) is None
        several = own and question.lines > 1 and not question.cells
        kinds = {TextForm.PHONE: ("tel", "tel"), TextForm.EMAIL: ("email", "email")}
        kind, autocomplete = kinds.get(question.form, ("text", "off")) if own and question.form else ("text", "off")
        return Line(
            id=f"f-{column}",
            name=f"{ENTRY}{column}",
            label=label,
            value=entry,
            error=self.errors.get(column, ""),
            other=self.others.get(column),
            mode=_MODES.get(question.alphabet, "text") if own else "text",
            kind=kind,
            autocomplete=autocomplete,
            rows=min(question.lines + 1, 8) if several else 1,
            longest=LONGEST_ENTRY if several else _LINE,
            size=sum(question.cells) + len(question.cells) if own else 0,
        )


def entries_of(form: "MultiDict[str, str]", page: Page) -> dict[str, str]:
    """What a page sent, by column: only the questions that it contained."""
    contained = set(form.getlist(ON_PAGE))
    found: dict[str, str] = {}
    for question in page.questions:
        if question.code not in contained:
            continue
        for column in columns_of(question):
            if column == question.code and question.options:
                sent = set(form.getlist(ENTRY + column))
                found[column] = " ".join(option.code for option in question.options if option.code in sent)
            else:
                found[column] = form.get(ENTRY + column, "")
    return found


# --- in words --------------------------------------------------------------------------------------------------------


def error_text(one: Objection, language: str) -> str:
    """What to correct, in words that name the question."""
    question, slug = one.question, one.slug
    params = {"question": question.text.get(language), "limit": LONGEST_ENTRY}
    if slug == "out-of-range":
        return text(TEXTS + "error-range", language, range=range_text(question, language), **params)
    if slug == "wrong-order" and one.other is not None:
        return text(TEXTS + "error-wrong-order", language, other=one.other.text.get(language), **params)
    if slug == "required":
        kind = "choose" if question.options else "enter"
        return text(f"{TEXTS}error-required-{kind}", language, **params)
    if slug == "bad-format":
        return text(f"{TEXTS}error-format-{_format(question)}", language, **params)
    known = {"bad-date", "bad-phone", "bad-email", "too-long", "exclusive-with-others", "text-without-mark"}
    return text(f"{TEXTS}error-{slug if slug in known else 'other'}", language, **params)


def _format(question: Question) -> str:
    match question.alphabet:
        case Alphabet.TIME:
            return "time"
        case Alphabet.DECIMAL:
            return "decimal"
        case Alphabet.LETTERS:
            return "letters"
        case Alphabet.ALNUM:
            return "length"
        case _:
            return "number" if question.minimum or question.maximum else "digits"


def range_text(question: Question, language: str) -> str:
    """Which values are admitted: from, to, or both; "" where there is no limit."""
    low, high = (
        None if bound is None else value_text(bound, question.alphabet, language, typed=True)
        for bound in (question.minimum, question.maximum)
    )
    if low is not None and high is not None:
        return text(TEXTS + "range-both", language, low=low, high=high)
    if low is not None:
        return text(TEXTS + "range-from", language, low=low)
    return text(TEXTS + "range-to", language, high=high) if high is not None else ""


def hint_text(question: Question, language: str) -> str:
    """The question's own hint, and how to write the answer."""
    parts = [question.hint.get(language)] if question.hint else []
    if question.kind is QuestionKind.MULTIPLE:
        parts.append(text(TEXTS + "hint-several", language))
    if question.alphabet in {Alphabet.DATE, Alphabet.TIME}:
        parts.append(text(f"{TEXTS}hint-{question.alphabet.value}", language))
    if question.kind is QuestionKind.COMB and (question.minimum or question.maximum):
        parts.append(text(TEXTS + "hint-range", language, range=range_text(question, language)))
    if question.values:
        parts.append(text(TEXTS + "hint-list", language))
    return " ".join(parts)


def entry_text(question: Question, entry: str, language: str) -> str:
    """What was typed, as its writer knows it: the words of options, anything else as typed."""
    if not question.options:
        return entry
    return "; ".join(option.text.get(language) for option in question.options if option.code in entry.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A question and its answer on the summary; `lines` are the texts beside options."""

    column: str
    question: str
    answer: str
    page: int
    error: str = ""


def summary_of(sheet: Sheet, language: str, errors: Sequence[Objection] = ()) -> list[tuple[str, list[Told]]]:
    """Every question asked with its answer, by page."""
    wrong = {one.question.code: error_text(one, language) for one in errors}
    found: list[tuple[str, list[Told]]] = []
    for page in sheet.pages:
        rows = [
            Told(
                column=question.code,
                question=question_text(sheet, question, language),
                answer=_answer_text(sheet.typed, question, language),
                page=page.number,
                error=wrong.get(question.code, ""),
            )
            for question in page.questions
            if shown(sheet.known, question)
        ]
        if rows:
            found.append((page.section.title.get(language), rows))
    return found


def question_text(sheet: Sheet, question: Question, language: str) -> str:
    """A question in words, a row with its matrix."""
    own = question.text.get(language)
    for section in sheet.questionnaire.sections:
        for item in section.items:
            if isinstance(item, Matrix) and question.group == item.code:
                return f"{item.text.get(language)} {own}"
    return own


def _answer_text(typed: Mapping[str, str], question: Question, language: str) -> str:
    parts = [entry_text(question, typed.get(question.code, ""), language)]
    chosen = typed.get(question.code, "").split()
    parts += [
        typed.get(f"{question.code}__{o.code}_text", "") for o in question.options if o.writein and o.code in chosen
    ]
    unit = question.unit.get(language) if question.unit and parts[0].strip() else ""
    return " ".join(part for part in (*(p.strip() for p in parts), unit) if part)
