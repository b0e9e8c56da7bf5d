"""YAML as nodes with line numbers: every scalar is the text as written, and every mistake is noted with its line.

PyYAML's `compose` is used instead of `load`, so that `yes`, `no`, `on` or `0123` stay what the author typed, and so
that duplicate keys are detected (YAML 1.1 would turn the first into booleans and keep the last of the second).
"""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from scanform.errors import TemplateError, Words, listed, words

MAX_MESSAGES = 12
"""Maximum number of mistakes listed at once; nobody reads more."""

_TRUE = frozenset({"yes", "true", "ja", "on"})
_FALSE = frozenset({"no", "false", "nein", "off"})


@dataclass(slots=True)
class Notes:
    """The mistakes found so far in one file; `note` adds one, `raise_any` stops if there are any."""

    file: str
    found: list[tuple[int, Words]] = field(default_factory=list)

    def note(self, node: yaml.Node, slug: str, /, **params: object) -> None:
        """Add the message `template.<slug>` for the line of `node`."""
        self.note_line(node.start_mark.line + 1, slug, **params)

    def note_line(self, line: int, slug: str, /, **params: object) -> None:
        """Add the message `template.<slug>` for a 1-based line."""
        self.found.append((line, words(f"template.{slug}", **params)))

    def raise_any(self) -> None:
        """Raise TemplateError with all mistakes, if there are any."""
        if self.found:
            raise self.error()

    def error(self) -> TemplateError:
        """A TemplateError that lists the mistakes in the order of the file."""
        ordered = sorted(dict.fromkeys(self.found), key=lambda entry: entry[0])
        lines = [words("template.place", file=self.file, line=line, message=message) for line, message in ordered]
        shown = lines[:MAX_MESSAGES]
        if len(lines) > len(shown):
            shown.append(words("template.more", count=len(lines) - len(shown)))
        return TemplateError(
            listed(words("template.heading") if len(lines) > 1 else None, shown), remedy=words("template.remedy")
        )

    def failure(self, slug: str, /, **params: object) -> TemplateError:
        """A TemplateError about the file as a whole."""
        message = words("template.line", file=self.file, message=words(f"template.{slug}", **params))
        return TemplateError(message, remedy=words("template.remedy"))


def compose(path: Path, notes: Notes) -> yaml.Node:
    """The root node of the YAML file at `path`; raises TemplateError when it is not readable YAML."""
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise notes.failure("no-file") from error
    except UnicodeDecodeError as error:
        raise notes.failure("not-utf8") from error
    _refuse_tabs(content, notes)
    try:
        root = yaml.compose(content, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _syntax_error(error, notes) from error
    except yaml.YAMLError as error:
        raise notes.failure("bad-character") from error
    if root is None:
        raise notes.failure("empty")
    return root


def _refuse_tabs(content: str, notes: Notes) -> None:
    for number, line in enumerate(content.splitlines(), start=1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            notes.note_line(number, "tab")
    notes.raise_any()


_SYNTAX = (
    ("mapping values are not allowed", "syntax-colon"),
    ("found character '\\t'", "tab"),
    ("cannot start any token", "syntax-start"),
    ("undefined alias", "syntax-start"),
    ("unexpected end of stream", "syntax-quote"),
    ("unexpected document separator", "syntax-quote"),
    ("another document", "several-documents"),
    ("expected ',' or", "syntax-braces"),
    ("expected the node content", "syntax-braces"),
    ("expected <block end>", "syntax-indent"),
    ("could not find expected ':'", "syntax-no-colon"),
)
"""PyYAML's messages, and ours in plain words."""


def _syntax_error(error: yaml.MarkedYAMLError, notes: Notes) -> TemplateError:
    said = f"{error.context} {error.problem}"
    slug = next((slug for phrase, slug in _SYNTAX if phrase in said), "syntax")
    mark = (
        error.context_mark
        if slug == "syntax-quote" and error.context_mark is not None
        else error.problem_mark or error.context_mark
    )
    notes.note_line(mark.line + 1 if mark is not None else 1, slug)
    return notes.error()


def entries(node: yaml.Node, notes: Notes) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    """Keys and values of a mapping in the order of the file; keys that are not plain or repeated are noted and left
    out.
    """
    if not isinstance(node, yaml.MappingNode):
        notes.note(node, "want-mapping")
        return []
    result: list[tuple[yaml.ScalarNode, yaml.Node]] = []
    seen: dict[str, int] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            notes.note(key, "want-text")
        elif key.value in seen:
            notes.note(key, "duplicate-key", name=key.value, first=seen[key.value])
        else:
            seen[key.value] = key.start_mark.line + 1
            result.append((key, value))
    return result


def mapping(node: yaml.Node, known: Sequence[str], notes: Notes) -> dict[str, yaml.Node]:
    """A mapping whose keys must be among `known`; others are noted, and replaced by the nearest known key if there is
    one.
    """
    result: dict[str, yaml.Node] = {}
    for key, value in entries(node, notes):
        name = key.value if key.value in known else note_unknown(key, key.value, known, notes, slug="unknown-key")
        if name:
            result.setdefault(name, value)
    return result


def note_unknown(node: yaml.Node, value: str, known: Sequence[str], notes: Notes, *, slug: str) -> str:
    """Note an unknown word; returns the nearest known one, "" when there is none."""
    near = difflib.get_close_matches(value.lower(), known, n=1, cutoff=0.6)
    if near:
        notes.note(node, f"{slug}-near", value=value, near=near[0])
        return near[0]
    notes.note(node, slug, value=value, known=", ".join(known))
    return ""


def items(node: yaml.Node, notes: Notes) -> list[yaml.Node]:
    """The entries of a list."""
    if not isinstance(node, yaml.SequenceNode):
        notes.note(node, "want-list")
        return []
    return list(node.value)


def scalar(node: yaml.Node, notes: Notes) -> str:
    """The text of a scalar exactly as written, without outer spaces; "" (and a note) for lists and mappings."""
    if not isinstance(node, yaml.ScalarNode):
        notes.note(node, "want-text")
        return ""
    return str(node.value).strip()


def flag(node: yaml.Node, notes: Notes) -> bool:
    """yes/no, true/false or ja/nein as a truth value."""
    value = scalar(node, notes)
    if value.lower() not in _TRUE | _FALSE:
        notes.note(node, "want-flag", value=value)
    return value.lower() in _TRUE


def choice(node: yaml.Node, known: Sequence[str], notes: Notes) -> str:
    """One of the words in `known`; the first one (and a note) for anything else."""
    value = scalar(node, notes)
    if value in known:
        return value
    return note_unknown(node, value, known, notes, slug="bad-choice") or known[0]


def whole(node: yaml.Node, low: int, high: int, notes: Notes) -> int:
    """A whole number from `low` to `high`."""
    value = scalar(node, notes)
    if value.isascii() and value.isdigit() and low <= int(value[:9]) <= high:
        return int(value)
    notes.note(node, "want-number", value=value, low=low, high=high)
    return low
