"""Exceptions that end a command, each with exit code, slug and remedy.

    ScanformError
    ├── UsageError            2   wrong arguments
    ├── TemplateError         3   a questionnaire that cannot be used
    ├── InputError            4   a file that cannot be read
    ├── StoreError            5   the database or the project folder
    ├── MissingProgramError   6   a program that has to be installed
    └── InternalError        70   a mistake in scanform itself

Wrong *paper* is never an exception: it is a `Problem` in the result (see `scanform.model.problem`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; 10 and 11 are successes that need a person."""

    OK = 0
    USAGE = 2
    TEMPLATE = 3
    INPUT = 4
    STORE = 5
    MISSING_PROGRAM = 6
    REVIEW_WAITS = 10
    PAGES_REFUSED = 11
    BUG = 70
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A text by its key and parameters, before it is known in which language it will be read.

    Parameters may themselves be words, an `OSError` (its reason), a `Problem`, or several of these: they are translated
    with the rest (`scanform.i18n.texts.in_words`).
    """

    key: str
    params: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        """For a log: the key and its parameters."""
        return " ".join((self.key, *(f"{name}={value}" for name, value in self.params)))


@dataclass(frozen=True, slots=True)
class Several:
    """Several parameters of a text, with their separator; each appears once."""

    items: tuple[object, ...]
    between: str = ", "

    def __str__(self) -> str:
        """For a log."""
        return self.between.join(str(item) for item in self.items)


def words(key: str, /, **params: object) -> Words:
    """The text `key` with its parameters, to be shown in the reader's language."""
    return Words(key=key, params=tuple(params.items()))


def sentences(items: Iterable[object]) -> Several:
    """Sentences one after the other."""
    return Several(tuple(items), " ")


def listed(head: Words | None, items: Iterable[object], *, indented: bool = False) -> Words:
    """A heading, and a line for each of the items below it."""
    rows = Several(tuple(words("said.indented", line=item) for item in items) if indented else tuple(items), "\n")
    return words("said.listed", head=head, rows=rows) if head is not None else words("said.all", said=rows)


def of_place(where: object, what: object) -> Words:
    """A message about a place, the place first; several sentences one after the other."""
    return words("said.at", where=where, what=sentences(what) if isinstance(what, list | tuple) else what)


def remedies(slugs: Iterable[str]) -> Words:
    """The remedies of problems with these slugs."""
    return words("said.all", said=sentences(words(f"remedy.{slug}") for slug in slugs))


in_english: Callable[[Words], str] = str
"""The text of an error in a log or a traceback; `scanform.i18n.texts` knows the sentences."""


class ScanformError(Exception):
    """A failure that a person can act on.

    `message` says what happened and where, `remedy` what to do: words that become sentences where they are shown, in
    the reader's language.
    """

    exit_code = ExitCode.BUG
    slug = "internal"

    def __init__(self, message: Words, *, remedy: Words | None = None, slug: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if slug is not None:
            self.slug = slug

    def __str__(self) -> str:
        """For a log or a traceback, never for a person: they read it in their language."""
        return in_english(self.message)

    def __reduce__(self) -> tuple[object, ...]:
        """Errors cross process boundaries intact, whatever arguments their class takes."""
        return _again, (type(self), self.args, self.__dict__)


def _again(kind: type[ScanformError], args: tuple[object, ...], facts: dict[str, object]) -> ScanformError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(facts)
    return error


class UsageError(ScanformError):
    """The arguments do not fit together."""

    exit_code = ExitCode.USAGE
    slug = "usage"


class TemplateError(ScanformError):
    """The questionnaire is invalid; the message names the line."""

    exit_code = ExitCode.TEMPLATE
    slug = "template"


class InputError(ScanformError):
    """A file given on the command line cannot be read."""

    exit_code = ExitCode.INPUT
    slug = "input"


class StoreError(ScanformError):
    """The database or the project folder cannot be used."""

    exit_code = ExitCode.STORE
    slug = "store"


class MissingProgramError(ScanformError):
    """A system program or a Python package is missing."""

    exit_code = ExitCode.MISSING_PROGRAM
    slug = "missing-program"


class InternalError(ScanformError):
    """A mistake in scanform itself."""
