"""A mapping: what each column of any CSV file or workbook is, drafted here and corrected by a person (YAML)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import yaml

from scanform.errors import InputError, Words, listed, words
from scanform.formats.responses.csv_io import CsvTable
from scanform.formats.responses.limesurvey_columns import Holds, Target
from scanform.formats.responses.matching import Matching, option_of
from scanform.formats.responses.pattern import system
from scanform.model.questionnaire import DataClass, Question, QuestionKind, Questionnaire

MAX_BYTES = 4_000_000
"""Of a mapping; one of 1,000 columns has some hundred kilobytes."""

OWN = {
    "id": "id",
    "token": "token",
    "submitted": "submitdate",
    "started": "startdate",
    "changed": "datestamp",
    "complete": "complete",
}
"""What a column can be beside answers: the name in a mapping, and that of the target."""
LEFT, OPEN = "leave", "?"
_KEYS = frozenset({"column", "number", "is", "split", "values"})
_HOLDS = re.compile(r"(?P<question>[a-z][a-z0-9]*)(?:\[(?P<option>[a-z0-9]+)\])?(?P<text> text)?")
_SAMPLE_ROWS, _SAMPLE_VALUES, _SHOWN = 200, 4, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """One column: its heading, which one of several that are called so (1-based), its target (None: left aside), the
    separator of several answers in a cell, and what values mean.
    """

    heading: str
    number: int
    target: Target | None
    question: Question | None = None
    split: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


def read_mapping(path: Path, questionnaire: Questionnaire) -> list[Mapped]:
    """The mapping in a file; raises InputError that names each mistake with its line."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _refused(path, [words("mapping.too-large", line=1)])
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    except OSError as error:
        raise InputError(
            words("digital.csv-unreadable", file=path.name, reason=error),
            remedy=words("digital.csv-unreadable-remedy"),
            slug="mapping-wrong",
        ) from error
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _refused(path, [words("mapping.no-yaml", line=mark.line + 1 if mark else 1)]) from error
    reading = _Reading(questionnaire)
    found = list(reading.columns(root))
    if reading.mistakes:
        raise _refused(path, reading.mistakes)
    return found


def _refused(path: Path, mistakes: Sequence[Words]) -> InputError:
    return InputError(
        listed(words("mapping.wrong", file=path.name), mistakes),
        remedy=words("mapping.wrong-remedy"),
        slug="mapping-wrong",
    )


@dataclass(slots=True)
class _Reading:
    """A mapping while it is read, with what is wrong so far."""

    questionnaire: Questionnaire
    mistakes: list[Words] = field(default_factory=list)
    held: dict[Target, int] = field(default_factory=dict)

    def wrong(self, node: yaml.Node, slug: str, **params: object) -> None:
        """One more mistake, at its line."""
        self.mistakes.append(words(f"mapping.{slug}", line=node.start_mark.line + 1, **params))

    def columns(self, root: yaml.Node | None) -> Iterator[Mapped]:
        """The columns under `columns:`."""
        listed_columns = self._pairs(root).get("columns") if root is not None else None
        if not isinstance(listed_columns, yaml.SequenceNode):
            self.mistakes.append(words("mapping.no-columns", line=1))
            return
        seen: dict[tuple[str, int], int] = {}
        for node in listed_columns.value:
            found = self._column(node)
            if found is None:
                continue
            if (found.heading, found.number) in seen:
                self.wrong(node, "column-twice", column=found.heading, first=seen[found.heading, found.number])
            seen[found.heading, found.number] = node.start_mark.line + 1
            yield found
        if not {system("id"), system("submitdate")} & self.held.keys() and not self.mistakes:
            self.wrong(listed_columns, "no-id")

    def _pairs(self, node: yaml.Node) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            return {}
        return {str(key.value): value for key, value in node.value if isinstance(key, yaml.ScalarNode)}

    def _column(self, node: yaml.Node) -> Mapped | None:
        keys = self._pairs(node)
        for name in keys.keys() - _KEYS:
            self.wrong(keys[name], "unknown-key", name=name, known=", ".join(sorted(_KEYS)))
        heading, said = keys.get("column"), keys.get("is")
        if not isinstance(heading, yaml.ScalarNode) or not isinstance(said, yaml.ScalarNode):
            self.wrong(node, "no-column")
            return None
        number = keys.get("number")
        which = number.value if isinstance(number, yaml.ScalarNode) else "1"
        if not which.isdigit() or which == "0":
            self.wrong(node, "bad-number", number=which)
            return None
        meant = self._target(said, str(heading.value))
        if meant is None:
            return None
        target, question = meant
        if target is not None and target in self.held:
            self.wrong(said, "target-twice", target=said.value, first=self.held[target])
        if target is not None:
            self.held[target] = said.start_mark.line + 1
        return Mapped(
            heading=str(heading.value),
            number=int(which),
            target=target,
            question=question,
            split=self._split(keys.get("split"), target, question),
            values=self._values(keys.get("values"), target, question),
        )

    def _target(self, node: yaml.ScalarNode, heading: str) -> tuple[Target | None, Question | None] | None:
        """What a column is; None for a mistake."""
        said = str(node.value).strip()
        if said == LEFT:
            return None, None
        if said in OWN:
            return system(OWN[said]), None
        if said in {OPEN, ""}:
            self.wrong(node, "open", column=heading)
            return None
        match = _HOLDS.fullmatch(said)
        question = self.questionnaire.question(match["question"]) if match else None
        if match is None or question is None:
            self.wrong(node, "unknown-target", target=said)
            return None
        if match["option"] is not None and question.option(match["option"]) is None:
            known = ", ".join(option.code for option in question.options)
            self.wrong(node, "unknown-option", option=match["option"], question=question.code, known=known)
            return None
        return self._of_question(node, question, match["option"], text=match["text"] is not None)

    def _of_question(
        self, node: yaml.ScalarNode, question: Question, option: str | None, *, text: bool
    ) -> tuple[Target, Question] | None:
        if text:
            if option is None or not next(one.writein for one in question.options if one.code == option):
                self.wrong(node, "no-line", target=node.value)
                return None
            return Target(holds=Holds.WRITEIN, question=question.code, option=option), question
        if option is not None and question.kind is not QuestionKind.MULTIPLE:
            self.wrong(node, "no-box", target=node.value)
            return None
        if option is not None:
            return Target(holds=Holds.TICK, question=question.code, option=option), question
        if question.kind is QuestionKind.SIGNATURE:
            self.wrong(node, "unknown-target", target=node.value)
            return None
        holds = {QuestionKind.SINGLE: Holds.CHOICE, QuestionKind.MULTIPLE: Holds.REST}.get(question.kind, Holds.FIELD)
        return Target(holds=holds, question=question.code), question

    def _split(self, node: yaml.Node | None, target: Target | None, question: Question | None) -> str:
        several = target is not None and target.holds is Holds.REST
        if node is None and several and question is not None:
            self.mistakes.append(words("mapping.no-split", line=self.held[target], question=question.code))  # type: ignore[index]  # several: there is a target
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode) or not node.value or not several:
            self.wrong(node, "bad-split")
            return ""
        return str(node.value)

    def _values(self, node: yaml.Node | None, target: Target | None, question: Question | None) -> dict[str, str]:
        """What values of the file mean: a code, `yes` or `no` of a box, nothing."""
        if node is None:
            return {}
        if target is not None and target.holds is Holds.REST:
            self.wrong(node, "no-values")
            return {}
        found: dict[str, str] = {}
        for raw, value in self._pairs(node).items():
            said = str(value.value) if isinstance(value, yaml.ScalarNode) else ""
            meant = self._meant(said, target, question)
            if meant is None:
                self.wrong(value, "bad-value", value=raw, said=said)
            else:
                found[raw.strip()] = meant
        return found

    def _meant(self, said: str, target: Target | None, question: Question | None) -> str | None:
        if said == "":
            return ""
        if target is not None and (target.holds is Holds.TICK or target == system("complete")):
            return {"yes": "1", "no": "0", "true": "1", "false": "0"}.get(said)
        if question is not None and question.options:
            return said if question.option(said) is not None else None
        return said


# --- drafting ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    """What a column may be, why (`key` of a text), and how its cells are cut."""

    said: str
    key: str
    split: str = ""


_NAMES = {
    "id": "id", "nr": "id", "nr.": "id", "nummer": "id", "number": "id", "response id": "id", "antwort-id": "id", "antwort id": "id",
    "lfd. nr.": "id", "lfd.nr.": "id", "fallnummer": "id", "token": "token", "zugangscode": "token", "access code": "token", "code": "token",
    "kennung": "token", "tan": "token", "timestamp": "submitted", "zeitstempel": "submitted", "eingang": "submitted",
    "eingegangen am": "submitted", "datum": "submitted", "submitdate": "submitted", "submitted": "submitted", "received": "submitted",
    "abgeschickt": "submitted", "startdate": "started", "begonnen": "started", "started": "started",
}  # fmt: skip


def guess(heading: str, cells: Sequence[str], matching: Matching) -> Guess:
    """What a column is taken for in a draft: by code, by text, as a box of a question, by its name; otherwise open."""
    question = matching.question(heading)
    if question is not None:
        key = "code" if matching.by_code(heading.strip()) is question else "text"
        if question.kind is not QuestionKind.MULTIPLE:
            return Guess(said=question.code, key=key)
        return Guess(said=question.code, key=key, split=_separator(cells, question))
    target = matching.target(heading)
    if target is not None and target.option is not None:
        text = " text" if target.holds in {Holds.OTHER, Holds.WRITEIN} else ""
        return Guess(said=f"{target.question}[{target.option}]{text}", key="box")
    name = heading.strip().casefold()
    if name in _NAMES:
        return Guess(said=_NAMES[name], key="name")
    options = [
        (one, option_of(one, heading))
        for one in matching.questionnaire.questions()
        if one.kind is QuestionKind.MULTIPLE
    ]
    boxes = [(one, code) for one, code in options if code is not None]
    if len(boxes) == 1:
        return Guess(said=f"{boxes[0][0].code}[{boxes[0][1]}]", key="option")
    return Guess(said=OPEN, key="none")


def _separator(cells: Sequence[str], question: Question) -> str:
    """The sign between several answers that explains most cells."""
    from scanform.formats.responses.several import Splitter, names_of

    names = names_of(question, codes=True, labels=True)
    marks = (", ", "; ", ";", ",", "|", "\n", " ")
    return min(marks, key=lambda mark: sum(len(Splitter(names, (mark,))(cell).rest) for cell in cells))


def draft(table: CsvTable, questionnaire: Questionnaire, comment: Mapping[str, str], head: Sequence[str]) -> str:
    """A mapping to be corrected: each column with what it is taken for and why (`comment` by key), and some of its
    cells; cells of questions about persons are not shown.
    """
    matching = Matching(questionnaire)
    rows = [cells for _, cells in islice(iter(table.rows), _SAMPLE_ROWS)]
    lines = [*(f"# {line}" for line in head), f"questionnaire: {questionnaire.code}", "columns:"]
    counted: dict[str, int] = {}
    for at, heading in enumerate(table.header):
        counted[heading] = counted.get(heading, 0) + 1
        cells = list(dict.fromkeys(cell for row in rows if (cell := row[at].strip())))
        found = guess(heading, cells, matching)
        lines.append(f"  - column: {_quoted(heading)}")
        if counted[heading] > 1:
            lines.append(f"    number: {counted[heading]}")
        lines.append(f"    is: {_plain(found.said)}  # {comment[found.key]}")
        if found.split:
            lines.append(f"    split: {_quoted(found.split)}")
        if _may_be_shown(found.said, questionnaire):
            lines += [f"    # {_quoted(_short(cell))}" for cell in cells[:_SAMPLE_VALUES]]
    missing = [one.code for one in questionnaire.questions() if not any(f"is: {one.code}" in line for line in lines)]
    if missing:
        lines.append(f"# {comment['missing']}: {', '.join(missing)}")
    return "\n".join(lines) + "\n"


def _may_be_shown(said: str, questionnaire: Questionnaire) -> bool:
    """Whether cells may stand in a draft: of columns that are no personal data, as far as that is known."""
    question = questionnaire.question(said.partition("[")[0])
    return question is not None and question.data_class is DataClass.ANSWER


def _short(cell: str) -> str:
    line = " ".join(cell.split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _plain(said: str) -> str:
    return (
        said
        if re.fullmatch(r"[a-z0-9]+", said) and said not in {"yes", "no", "on", "off", "null", "true", "false"}
        else _quoted(said)
    )


def _quoted(text: str) -> str:
    """A text on one line of YAML."""
    return str(yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**9)).strip()
