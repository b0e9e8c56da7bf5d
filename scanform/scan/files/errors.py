"""Why a file or a page cannot be read, as an exception inside `scan`; the public functions turn it into a `Problem`."""

import re

from scanform.model.problem import Problem

DETAIL_CHARS = 200
"""Maximum length of a detail; libraries quote whole dictionaries in their messages."""


_OBJECT = re.compile(r"(stream |image file )?<_io\.[^>]*>[:,]? ?")


class ScanError(Exception):
    """A page or file that cannot be used, with the slug of its problem and the fields of its text."""

    def __init__(self, slug: str, **params: object) -> None:
        super().__init__(slug, params)
        self.slug = slug
        self.params = params

    def problem(self, where: str = "") -> Problem:
        """The same as a `Problem`."""
        return problem(self.slug, where, **self.params)


def problem(slug: str, where: str = "", **params: object) -> Problem:
    """A `Problem` whose fields are printable text of bounded length."""
    return Problem(
        slug=slug, where=where, params=tuple((name, printable(str(value))) for name, value in params.items())
    )


def printable(text: str) -> str:
    """`text` on one line, without control, bidi and surrogate characters and object addresses, truncated to a bounded
    length.
    """
    line = " ".join(_OBJECT.sub("", text[: 4 * DETAIL_CHARS]).split())
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in line)
    return shown if len(shown) <= DETAIL_CHARS else shown[: DETAIL_CHARS - 1] + "…"


def unreadable(error: BaseException | str) -> ScanError:
    """An `unreadable-page` that quotes `error`."""
    detail = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
    return ScanError("unreadable-page", detail=detail)


class NotOneImageError(Exception):
    """The page holds more than one opaque picture, or one of a kind that is left to poppler; it has to be rendered.
    The message is a doubt that remains.
    """
