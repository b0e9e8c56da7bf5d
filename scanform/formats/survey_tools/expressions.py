"""Filters and checks of survey tools as trees: LimeSurvey's Expression Manager and the XPath of XLSForm are parsed into
the same few nodes, and what our questionnaires can say is taken from those.

Nothing is recognised by pattern: an expression is parsed as a whole or refused, and its truth is worked out for each
answer that the question it asks about can have.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from scanform.model.questionnaire import Condition


class ExpressionError(Exception):
    """The expression has a form that is not understood."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A variable; `name` is "" for the question itself (`.`, `self`)."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A text or a number, as it is written; `number` says which."""

    value: str
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A function, or an operator: and, or, not, =, !=, <, <=, >, >=, +, -, *, /."""

    name: str
    given: tuple["Node", ...]


Node = Name | Literal | Call

MAX_LENGTH = 20_000
"""Characters of an expression; longer ones are refused unread."""
MAX_DEPTH = 60
"""Maximum nesting, far below what Python's own stack takes."""

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"""
    r"""|(?P<braced>\$\{[^{}]*\})|(?P<name>[A-Za-z_][\w:\-]*(?:\.[A-Za-z_]\w*)*)|(?P<sign>&&|\|\||[<>=!]=|[<>=!+\-*/(),.])|(?P<odd>\S))""",
    re.VERBOSE,
)
_EM_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ENDINGS = ("NAOK", "code", "value", "valueNAOK")
"""Endings of LimeSurvey's variables that still mean the answer's code."""
_EQUALS = {"==": "=", "eq": "=", "ne": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<=", "&&": "and", "||": "or"}


@dataclass(slots=True)
class _Parser:
    tokens: list[tuple[str, str]]
    xpath: bool
    at: int = 0
    depth: int = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def sign(self, *wanted: str) -> str:
        """The next operator if it is one of `wanted`, which is then taken; otherwise ""."""
        kind, value = self.peek()
        known = _EQUALS.get(value.lower(), value.lower()) if kind in {"sign", "name"} else ""
        if known in wanted:
            self.at += 1
            return known
        return ""

    def expect(self, sign: str) -> None:
        if not self.sign(sign):
            raise ExpressionError

    def either(self, level: int = 0) -> Node:
        """Operators by binding strength, weakest first."""
        if level == len(_LEVELS):
            return self.single()
        left = self.either(level + 1)
        while found := self.sign(*_LEVELS[level]):
            left = Call(name=found, given=(left, self.either(level + 1)))
        return left

    def single(self) -> Node:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError
        try:
            return self._single()
        finally:
            self.depth -= 1

    def _single(self) -> Node:
        if self.sign("!"):
            return Call(name="not", given=(self.single(),))
        if self.sign("-"):
            return Call(name="negative", given=(self.single(),))
        if self.sign("("):
            found = self.either()
            self.expect(")")
            return found
        kind, value = self.peek()
        self.at += 1
        return self._named(value) if kind == "name" else self._plain(kind, value)

    def _plain(self, kind: str, value: str) -> Node:
        """A literal or a variable in braces."""
        if kind == "text":
            inner = value[1:-1]
            return Literal(value=inner if self.xpath else re.sub(r"\\(.)", r"\1", inner))
        if kind == "number":
            return Literal(value=value, number=True)
        if kind == "braced":
            return Name(name=value[2:-1].strip())
        if kind == "sign" and value == "." and self.xpath:
            return Name(name="")
        raise ExpressionError

    def _named(self, value: str) -> Node:
        if self.sign("("):
            return Call(name=value.lower().replace("-", "_"), given=tuple(self._given()))
        if self.xpath:
            raise ExpressionError  # a path of its own
        if not _EM_NAME.fullmatch(value):
            raise ExpressionError
        name, _, ending = value.partition(".")
        if ending and ending not in _ENDINGS:
            raise ExpressionError
        return Name(name="" if name in {"self", "this"} else name)

    def _given(self) -> Iterator[Node]:
        while not self.sign(")"):
            yield self.either()
            if not self.sign(","):
                self.expect(")")
                return


_LEVELS = (("or",), ("and",), ("=", "!="), ("<", "<=", ">", ">="), ("+", "-"), ("*", "/"))


def parse(text: str, *, xpath: bool) -> Node:
    """The tree of an expression; raises ExpressionError for anything else."""
    if len(text) > MAX_LENGTH:
        raise ExpressionError
    tokens: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(text.strip()):
        kind = match.lastgroup or "odd"
        if kind == "odd":
            raise ExpressionError
        tokens += _split(kind, match[kind], xpath=xpath)
    parser = _Parser(tokens=tokens, xpath=xpath)
    found = parser.either()
    if parser.at != len(tokens):
        raise ExpressionError
    return found


def _split(kind: str, value: str, *, xpath: bool) -> list[tuple[str, str]]:
    """A hyphen belongs to a name in XPath only."""
    if kind != "name" or xpath or "-" not in value:
        return [(kind, value)]
    parts = value.split("-")
    between: list[tuple[str, str]] = [("name", parts[0])]
    for part in parts[1:]:
        between += [("sign", "-"), ("name", part)]
    return between


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a variable stands for: the `question` in our words and its `options`; `option` where the variable is one
    box of it, `multiple` where several may be ticked. `codes` are the options by their code in the tool.
    """

    question: str
    options: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]
    multiple: bool = False
    option: str = ""


Find = Callable[[str], Asked | None]
"""What stands behind a name in an expression."""

_TRUE = frozenset({"", "1", "true"})


def is_always(text: str) -> bool:
    """Whether a relevance asks everybody."""
    return text.strip().lower() in _TRUE | {"true()", "{1}"}


def conditions_of(node: Node, find: Find) -> list[Condition]:
    """The conditions that all have to hold; raises ExpressionError for what `only_if` cannot say."""
    if isinstance(node, Call) and node.name == "and":
        try:
            return [_condition(node, find)]
        except ExpressionError:
            return [one for part in node.given for one in conditions_of(part, find)]
    return [_condition(node, find)]


def _condition(node: Node, find: Find) -> Condition:
    """The answers of one question under which `node` is true. Without an answer it has to be false: `only_if` asks
    nobody on the strength of an empty answer.
    """
    asked = {name: find(name) for name in names_in(node)}
    known = [one for one in asked.values() if one is not None]
    if len(known) != len(asked) or len({one.question for one in known}) != 1:
        raise ExpressionError
    one = known[0]
    answers: list[frozenset[str]] = [frozenset(), *(frozenset({option}) for option in one.options)]
    holds = [_truth(node, ticked, asked) for ticked in answers]
    options = tuple(option for option, true in zip(one.options, holds[1:], strict=True) if true)
    if holds[0] or not options or (one.multiple and not _only_grows(node, asked)):
        raise ExpressionError
    return Condition(question=one.question, options=options)


def _only_grows(node: Node, asked: dict[str, Asked | None]) -> bool:
    """Whether the expression says only "this box or that box": then each box decides alone. "The answer is this box"
    is more than that, as it excludes the others.
    """
    if not isinstance(node, Call):
        return False
    if node.name == "or":
        return all(_only_grows(part, asked) for part in node.given)
    boxes = all(one is not None and one.option for one in (asked[name] for name in names_in(node)))
    return node.name == "selected" or (node.name == "=" and boxes) or _is_filled(node)


def _is_filled(node: Call) -> bool:
    empty = node.name == "!=" and any(isinstance(part, Literal) and not part.value for part in node.given)
    negated = node.name == "not" and isinstance(node.given[0], Call) and node.given[0].name == "is_empty"
    return empty or negated


def names_in(node: Node) -> set[str]:
    """The variables of an expression."""
    if isinstance(node, Name):
        return {node.name}
    return {name for part in node.given for name in names_in(part)} if isinstance(node, Call) else set()


def _truth(node: Node, ticked: frozenset[str], asked: dict[str, Asked | None]) -> bool:
    """Whether `node` is true for these ticked options."""
    if not isinstance(node, Call):
        raise ExpressionError
    if node.name in {"and", "or"}:
        return (all if node.name == "and" else any)(_truth(part, ticked, asked) for part in node.given)
    if node.name == "not" and len(node.given) == 1:
        return not _truth(node.given[0], ticked, asked)
    if node.name == "is_empty" and len(node.given) == 1:
        return not _is_set(node.given[0], ticked, asked)
    if node.name == "selected" and len(node.given) == 2:
        return _equal(node.given[0], node.given[1], ticked, asked)
    if node.name in {"=", "!="}:
        return _equal(node.given[0], node.given[1], ticked, asked) == (node.name == "=")
    raise ExpressionError


def _is_set(node: Node, ticked: frozenset[str], asked: dict[str, Asked | None]) -> bool:
    one = asked.get(node.name) if isinstance(node, Name) else None
    if one is None:
        raise ExpressionError
    return one.option in ticked if one.option else bool(ticked)


def _equal(left: Node, right: Node, ticked: frozenset[str], asked: dict[str, Asked | None]) -> bool:
    if isinstance(left, Literal):
        left, right = right, left
    if not isinstance(left, Name) or not isinstance(right, Literal):
        raise ExpressionError
    one = asked[left.name]
    assert one is not None
    if not right.value:
        return not _is_set(left, ticked, asked)
    if one.option:
        if right.value.lower() not in {"y", "1"}:
            raise ExpressionError
        return one.option in ticked
    option = dict(one.codes).get(right.value)
    if option is None:
        raise ExpressionError  # an answer that the question does not have
    return option in ticked


# --- checks of one answer -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a check of one answer demands: bounds, the variable it must not be less than, a regular expression, a
    maximum length, options that stand alone (as coded in the tool).
    """

    minimum: str | None = None
    maximum: str | None = None
    not_before: str | None = None
    pattern: str | None = None
    length: int | None = None
    alone: tuple[str, ...] = ()


def checks_of(node: Node) -> Checks:
    """The demands of a check; raises ExpressionError if it demands anything else."""
    found: dict[str, object] = {}
    alone: list[str] = []
    for part in _parts(node):
        name, value = _check(part)
        if name == "alone":
            alone.append(str(value))
        elif name in found:
            raise ExpressionError
        else:
            found[name] = value
    return Checks(**found, alone=tuple(alone))  # type: ignore[arg-type]  # each check makes what its name says


def _parts(node: Node) -> Iterator[Node]:
    if isinstance(node, Call) and node.name == "and":
        for part in node.given:
            yield from _parts(part)
    else:
        yield node


_SELF = Name(name="")


def _check(node: Node) -> tuple[str, object]:
    match node:
        case Call(name=">=", given=(left, right)) if left == _SELF and (bound := _bound(right)) is not None:
            return "minimum", bound
        case Call(name="<=", given=(left, right)) if left == _SELF and (bound := _bound(right)) is not None:
            return "maximum", bound
        case Call(name="regex", given=(left, Literal(value=pattern))) if left == _SELF:
            return "pattern", pattern
        case Call(name="<=", given=(Call(name="string_length", given=(left,)), Literal(value=size, number=True))) if (
            left == _SELF and size.isdigit()
        ):
            return "length", int(size)
        case Call(
            name="not",
            given=(Call(name="and", given=(Call(name="selected", given=(left, Literal(value=code))), more)),),
        ) if left == _SELF and _is_several(more):
            return "alone", code
        case Call(name="or"):
            return "not_before", _earlier(list(_either(node)))
    raise ExpressionError


def _either(node: Node) -> Iterator[Node]:
    if isinstance(node, Call) and node.name == "or":
        for part in node.given:
            yield from _either(part)
    else:
        yield node


def _earlier(parts: Sequence[Node]) -> str:
    """`empty(self) or empty(x) or self >= x`: the variable x."""
    last = parts[-1]
    if isinstance(last, Call) and last.name == ">=" and last.given[0] == _SELF and isinstance(last.given[1], Name):
        other = last.given[1]
        if other.name and all(_is_empty(part) in (_SELF, other) for part in parts[:-1]):
            return other.name
    raise ExpressionError


def _is_empty(node: Node) -> Node | None:
    match node:
        case Call(name="is_empty", given=(one,)):
            return one
        case Call(name="=", given=(one, Literal(value=""))):
            return one
    return None


def _is_several(node: Node) -> bool:
    match node:
        case Call(name=">", given=(Call(name="count_selected", given=(one,)), Literal(value="1"))):
            return one == _SELF
    return False


def _bound(node: Node) -> str | None:
    """A number, or a date: date('2025-01-31')."""
    match node:
        case Literal(value=value):
            return value
        case Call(name="negative", given=(Literal(value=value, number=True),)):
            return f"-{value}"
        case Call(name="date", given=(Literal(value=value),)):
            return value
    return None
