"""Which question a heading belongs to, for tools that head their columns with codes or with texts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from scanform.formats.responses.limesurvey_columns import Holds, Target, targets
from scanform.formats.responses.limesurvey_texts import text_headings, uniform
from scanform.formats.responses.limesurvey_values import plain
from scanform.formats.responses.pattern import Account, Cells, Make, Role
from scanform.formats.responses.several import Splitter, names_of
from scanform.model.questionnaire import Matrix, Question, QuestionKind, Questionnaire


@dataclass(frozen=True)
class Matching:
    """The names of a questionnaire's questions; what belongs to two questions names none."""

    questionnaire: Questionnaire

    @cached_property
    def codes(self) -> Mapping[str, Question]:
        """Questions by code: as it is, formerly, in small letters, and without the signs that ours do not have."""
        found: dict[str, Question | None] = {}
        for question in self.questionnaire.questions():
            for code in (question.code, *question.formerly):
                _add(found, code.casefold(), question)
        for question in self.questionnaire.questions():
            for code in (question.code, *question.formerly):
                name = bare(code)
                if name not in found:
                    _add(found, f"={name}", question)
        return {name: question for name, question in found.items() if question is not None}

    @cached_property
    def texts(self) -> Mapping[str, Question]:
        """Questions by text, in every language; rows of a matrix by their own text, and by that of the matrix and it."""
        found: dict[str, Question | None] = {}
        for text, question in self._texts():
            _add(found, uniform(text), question)
        return {name: question for name, question in found.items() if question is not None}

    def _texts(self) -> Iterator[tuple[str, Question]]:
        for section in self.questionnaire.sections:
            for item in section.items:
                if isinstance(item, Question):
                    yield from ((item.text.get(one), item) for one in item.text.languages)
                elif isinstance(item, Matrix):
                    for row in item.rows:
                        for one in item.text.languages:
                            yield row.text.get(one), row
                            for form in ("{}[{}]", "{} [{}]", "{}/{}", "{} {}", "{}: {}"):
                                yield form.format(item.text.get(one), row.text.get(one)), row

    @cached_property
    def headed(self) -> Mapping[str, Target | None]:
        """Columns by the texts that LimeSurvey and its like put above them."""
        return text_headings(self.questionnaire)

    def question(self, heading: str) -> Question | None:
        """The question whose code or text is the heading."""
        name = heading.strip()
        return self.by_code(name) or self.texts.get(uniform(name)) or self.texts.get(uniform(name.rstrip(" :*")))

    def by_code(self, name: str) -> Question | None:
        """The question of this code."""
        return self.codes.get(name.casefold()) or self.codes.get(f"={bare(name)}")

    def target(self, heading: str) -> Target | None:
        """The one target of a heading: an option, a text beside one, a question; None for several or none."""
        (found,) = targets((heading,), self.questionnaire)
        if found is not None and found.holds not in {Holds.SYSTEM, Holds.TIMING}:
            return found
        return self.headed.get(uniform(heading))


def bare(code: str) -> str:
    """A code without the signs that ours do not have."""
    return code.casefold().replace("_", "").replace("-", "")


def _add(found: dict[str, Question | None], name: str, question: Question) -> None:
    known = found.get(name, question)
    found[name] = question if known is not None and known.code == question.code else None


def option_of(question: Question, name: str) -> str | None:
    """The option with this code or label."""
    return names_of(question, codes=True, labels=True).get(plain(name))


def value_target(question: Question) -> Target:
    """The target of a question's own column."""
    return Target(holds=Holds.CHOICE if question.kind is QuestionKind.SINGLE else Holds.FIELD, question=question.code)


def take_question(account: Account, at: int, question: Question, *, separators: Sequence[str]) -> None:
    """The column at `at` holds all of a question: several answers in a cell are cut at one of `separators`, and what
    belongs to no option is the text of the option that has a line.
    """
    if question.kind is QuestionKind.MULTIPLE:
        take_several(account, at, question, separators=separators)
    elif question.kind is QuestionKind.SINGLE:
        take_single(account, at, question)
    else:
        account.take(at, value_target(question))


def take_single(account: Account, at: int, question: Question) -> None:
    """A single choice in whose column people may have written something else."""
    target = value_target(question)
    writeins = [option.code for option in question.options if option.writein]
    if len(writeins) != 1 or target in account.taken or has_text(account, question, writeins[0]):
        account.take(at, target)
        return
    names = names_of(question, codes=True, labels=True)
    code = writeins[0]
    account.take(at, target, lambda cells: cells[at] if _is_known(cells[at], names) else code)
    other = Target(holds=Holds.WRITEIN, question=question.code, option=code)
    account.add(at, other, lambda cells: "" if _is_known(cells[at], names) else cells[at])


def has_text(account: Account, question: Question, option: str) -> bool:
    """Whether a column of its own holds the text beside an option."""
    kinds = (Holds.OTHER, Holds.WRITEIN)
    return any(Target(holds=holds, question=question.code, option=option) in account.taken for holds in kinds)


def _is_known(cell: str, names: Mapping[str, str]) -> bool:
    name = plain(cell)
    return not name or name in names


def take_several(account: Account, at: int, question: Question, *, separators: Sequence[str]) -> None:
    """A multiple choice with all answers in one cell; a cell that can be cut in two ways is left to a person."""
    split = Splitter(names_of(question, codes=True, labels=True), separators)
    if any(
        Target(holds=Holds.TICK, question=question.code, option=one.code) in account.taken for one in question.options
    ):
        account.leave(at, Role.REPEATED, question.code)
        return
    account.answer(at, question.code)
    writeins = [option.code for option in question.options if option.writein]
    line = writeins[0] if len(writeins) == 1 else None
    if line is not None and has_text(account, question, line):
        line = None

    def tick(code: str) -> Make:
        def made(cells: Cells) -> str:
            found = split(cells[at])
            ticked = code in found.codes or (code == line and bool(found.rest))
            return "1" if ticked and not found.twofold else "0"

        return made

    for option in question.options:
        account.add(at, Target(holds=Holds.TICK, question=question.code, option=option.code), tick(option.code))
    rest = Target(holds=Holds.REST, question=question.code)
    if line is not None:
        beside = Target(holds=Holds.WRITEIN, question=question.code, option=line)
        account.add(at, beside, lambda cells: "" if split(cells[at]).twofold else split(cells[at]).rest)
        account.add(at, rest, lambda cells: cells[at] if split(cells[at]).twofold else "")
    else:
        account.add(at, rest, lambda cells: _left_over(split, cells[at]))


def _left_over(split: Splitter, cell: str) -> str:
    found = split(cell)
    return cell if found.twofold else found.rest
