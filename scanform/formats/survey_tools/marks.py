"""What only paper needs, as short words that a survey tool keeps but does not read: LimeSurvey among the CSS classes of
a question, XLSForm in a column of its own.

A mark never repeats what the tool itself says: if somebody changes a range or a filter there, the tool is right.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from scanform.formats.questionnaires.types import type_of
from scanform.model.questionnaire import (
    DataClass,
    Option,
    Question,
    QuestionKind,
    RecipientField,
    TextForm,
    Width,
)

PREFIX = "scanform-"
"""Before each mark among the CSS classes of a tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """The marks of a question or a matrix, each a list of words."""

    words: tuple[tuple[str, ...], ...] = ()

    def values(self, name: str) -> list[tuple[str, ...]]:
        """What stands behind each mark of this name."""
        return [found[1:] for found in self.words if found[0] == name]

    def has(self, name: str) -> bool:
        """Whether there is such a mark."""
        return any(found[0] == name for found in self.words)


def read_marks(text: str, *, prefix: str = "") -> Marks:
    """The marks in a cell or among CSS classes."""
    found = [word.removeprefix(prefix) for word in text.split() if word.startswith(prefix)]
    return Marks(words=tuple(tuple(word.split("-")) for word in found))


def written(marks: Iterable[str], *, prefix: str = "") -> str:
    """Marks as one text."""
    return " ".join(f"{prefix}{mark}" for mark in marks)


def question_marks(question: Question) -> list[str]:
    """The marks of a question."""
    found = [_type_mark(question)] if _type_mark(question) else []
    found += common_marks(question)
    found += [question.width.value] if question.width is not Width.FULL else []
    found += [f"recipient-{question.recipient.value}"] if question.recipient is not None else []
    found += ["untitled"] if not any(text for _, text in question.text.entries) else []
    found += [f"was-{code}" for code in question.formerly]
    return found


def _type_mark(question: Question) -> str:
    kind = type_of(question)
    if question.kind is QuestionKind.COMB and kind not in {"date", "time"}:
        return "-".join((kind, *map(str, question.cells)))
    if kind in {"phone", "email", "signature"}:
        return kind
    return f"text-{question.lines}" if kind == "text" and question.lines != 1 else ""


def common_marks(question: Question) -> list[str]:
    """The marks that the rows of a matrix share, too: data class, and former codes of options."""
    found = [question.data_class.value] if question.data_class is not DataClass.ANSWER else []
    return found + [f"option-{option.code}-was-{former}" for option in question.options for former in option.formerly]


def option_marks(options: tuple[Option, ...], *, alone: bool, lined: tuple[str, ...]) -> list[str]:
    """The marks of options that the tool cannot show: that they stand alone (`alone`), that a line stands beside them
    (`lined`).
    """
    found = [f"alone-{option.code}" for option in options if option.exclusive and alone]
    return found + [f"line-{code}" for code in lined]


def with_option_marks(options: tuple[Option, ...], marks: Marks) -> tuple[Option, ...]:
    """The options with what their marks say."""
    alone = {value[0] for value in marks.values("alone") if value}
    lined = {value[0] for value in marks.values("line") if value}
    codes = {option.code for option in options}
    former = [
        value for value in marks.values("option") if len(value) == 3 and value[1] == "was" and value[2] not in codes
    ]
    return tuple(
        replace(
            option,
            exclusive=option.exclusive or option.code in alone,
            writein=option.writein or option.code in lined,
            formerly=tuple(value[2] for value in former if value[0] == option.code) or option.formerly,
        )
        for option in options
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperFacts:
    """What the marks of a question say beside its type and its options."""

    data_class: DataClass = DataClass.ANSWER
    width: Width = Width.FULL
    recipient: RecipientField | None = None
    formerly: tuple[str, ...] = ()
    untitled: bool = False
    form: TextForm | None = None
    lines: int | None = None
    cells: tuple[int, ...] = field(default=())
    cell_type: str = ""


_COUNTED = ("number", "decimal", "digits", "letters", "characters")


def paper_facts(marks: Marks) -> PaperFacts:
    """The marks of a question; a mark that says nothing possible is as if it were not there."""
    named = {word[0] for word in marks.words if len(word) == 1}
    cells = next(((name, value) for name in _COUNTED for value in marks.values(name) if _are_sizes(name, value)), None)
    lines = next((int(v[0]) for v in marks.values("text") if _are_sizes("text", v)), None)
    recipient = next((v[0] for v in marks.values("recipient") if v and v[0] in set(RecipientField)), None)
    return PaperFacts(
        data_class=next((one for one in DataClass if one.value in named), DataClass.ANSWER),
        width=next((one for one in Width if one.value in named), Width.FULL),
        recipient=RecipientField(recipient) if recipient else None,
        formerly=tuple(value[0] for value in marks.values("was") if len(value) == 1),
        untitled="untitled" in named,
        form=next((one for one in TextForm if one.value in named), None),
        lines=lines,
        cells=tuple(map(int, cells[1])) if cells else (),
        cell_type=cells[0] if cells else "",
    )


MOST = 20
"""Most cells or lines of a question (docs/template.md)."""


def _are_sizes(name: str, value: tuple[str, ...]) -> bool:
    sizes = [int(part) for part in value if part.isascii() and part.isdigit() and len(part) < 3]
    wanted = {"number": 1, "decimal": 2, "text": 1}.get(name, len(value))
    return len(sizes) == len(value) == wanted and all(sizes) and 0 < sum(sizes) <= MOST
