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

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of the command line; 10 and 11 are successes that ask for a person."""

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
    """A text by its key and what fills it in, where nobody knows yet in which language it will be read."""

    key: str
    params: tuple[tuple[str, object], ...] = ()

    def __str__(self) -> str:
        return " ".join((self.key, *(f"{name}={value}" for name, value in self.params)))


class ScanformError(Exception):
    """A failure that a person can act on.

    `message` says what happened and where, `remedy` what to do: finished sentences in the user's language, or `Words` that get one where they are shown.
    """

    exit_code = ExitCode.BUG
    slug = "internal"

    def __init__(self, message: str | Words, *, remedy: str | Words = "", slug: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if slug is not None:
            self.slug = slug


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
