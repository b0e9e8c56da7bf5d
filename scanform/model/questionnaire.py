"""What is asked: the one definition behind paper, screen, reading and export."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class QuestionKind(StrEnum):
    """How a question is answered on paper."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    COMB = "comb"
    HANDWRITING = "handwriting"
    SIGNATURE = "signature"


class Alphabet(StrEnum):
    """The characters admitted in character cells."""

    DIGITS = "digits"
    LETTERS = "letters"
    ALNUM = "alnum"
    DATE = "date"
    TIME = "time"
    DECIMAL = "decimal"


class TextForm(StrEnum):
    """The content of a handwriting line other than free text: it then has a canonical form (`scanform.rules`)."""

    PHONE = "phone"
    EMAIL = "email"


class DataClass(StrEnum):
    """How an answer may be used: contact data never appear in the answers' export."""

    ANSWER = "answer"
    CONTACT = "contact"
    SENSITIVE = "sensitive"


class Filled(StrEnum):
    """What a completely filled check box means in this survey."""

    WITHDRAWN = "withdrawn"
    MARK = "mark"


class RecipientField(StrEnum):
    """What a printed form says about its recipient."""

    NAME = "name"
    STREET = "street"
    POSTCODE = "postcode"
    TOWN = "town"
    TOKEN = "token"  # noqa: S105 not a secret, the name of a field


class Width(StrEnum):
    """The fraction of the line that a question takes on paper; neighbours that fit are placed side by side."""

    FULL = "full"
    HALF = "half"
    THIRD = "third"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """One text in one or several languages, as (language, text) pairs; the first language is the default."""

    entries: tuple[tuple[str, str], ...]

    def get(self, language: str) -> str:
        """The text in `language`, otherwise in the first language available."""
        by_language = dict(self.entries)
        return by_language.get(language, self.entries[0][1] if self.entries else "")

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which this text exists."""
        return tuple(language for language, _ in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One answer of a single or multiple choice question.

    `writein` options have a line for text beside the box; an `exclusive` option ("none of these") excludes the others.
    `formerly` are its former codes, found in old exports and old answers.
    """

    code: str
    text: Texts
    writein: bool = False
    exclusive: bool = False
    formerly: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """Asked only when one of `options` is ticked in `question`."""

    question: str
    options: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GoesWith:
    """Which values are compatible with which values of another `question`, such as a street with its postcode: (value
    there, values here), each value there once.
    """

    question: str
    values: tuple[tuple[str, tuple[str, ...]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; each row of a matrix is a question with `group` = the code of the matrix.

    `cells` are the sizes of the character groups of a comb, such as (2, 2, 4) for a date. `minimum` and `maximum` bound
    a number, a year or (as ISO text) a date; digits without a minimum are text, such as a postcode. `lines` counts the
    lines of a handwriting zone. `values` are the admissible texts of a handwriting zone or of cells, when there is a
    list. `not_before` is the code of a question of the same kind whose value must not be greater: opening and closing,
    from and until. `form` says that a handwriting zone holds a phone number or an e-mail address. `goes_with` says
    which of the `values` are compatible with which value of another question. `recipient` names the recipient text on
    the form that may be the answer. `formerly` are its former codes, `groups_formerly` those of its matrix.
    """

    code: str
    kind: QuestionKind
    text: Texts
    hint: Texts | None = None
    options: tuple[Option, ...] = ()
    data_class: DataClass = DataClass.ANSWER
    group: str | None = None
    required: bool = False
    only_if: Condition | None = None
    alphabet: Alphabet | None = None
    cells: tuple[int, ...] = ()
    minimum: str | None = None
    maximum: str | None = None
    unit: Texts | None = None
    lines: int = 1
    values: tuple[str, ...] = ()
    not_before: str | None = None
    form: TextForm | None = None
    goes_with: GoesWith | None = None
    recipient: RecipientField | None = None
    width: Width = Width.FULL
    formerly: tuple[str, ...] = ()
    groups_formerly: tuple[str, ...] = ()

    def option(self, code: str) -> Option | None:
        """The option with this code, if there is one."""
        return next((option for option in self.options if option.code == code), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Matrix:
    """Several questions (rows) that share their options (columns); `multiple` allows several ticks in a row."""

    code: str
    text: Texts
    options: tuple[Option, ...]
    rows: tuple[Question, ...]
    multiple: bool = False
    hint: Texts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A paragraph between questions."""

    text: Texts


Item = Question | Matrix | Note


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A headed part of the questionnaire."""

    title: Texts
    items: tuple[Item, ...]
    intro: Texts | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Questionnaire:
    """The complete survey. `filled` says what a filled box means; `languages[0]` is the default language."""

    code: str
    version: str
    title: Texts
    languages: tuple[str, ...]
    sections: tuple[Section, ...]
    publisher: Texts | None = None
    intro: Texts | None = None
    closing: Texts | None = None
    filled: Filled = Filled.WITHDRAWN

    def questions(self) -> Iterator[Question]:
        """All questions in the order of the form, including matrix rows."""
        for section in self.sections:
            for item in section.items:
                if isinstance(item, Question):
                    yield item
                elif isinstance(item, Matrix):
                    yield from item.rows

    def question(self, code: str) -> Question | None:
        """The question with this code, if there is one."""
        return next((question for question in self.questions() if question.code == code), None)
