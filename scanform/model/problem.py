"""A problem of a piece of paper or a file, as a value that travels with the result."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A named problem. `where` is free text such as "page 3" or a question's code; texts per slug live in
    `scanform.i18n`.

    `params` are (name, value) pairs for the text of the slug.
    """

    slug: str
    where: str = ""
    params: tuple[tuple[str, str], ...] = ()


def without_repeats(*lists: Iterable[str]) -> tuple[str, ...]:
    """The slugs of all lists in order, each once: no reason hides another."""
    return tuple(dict.fromkeys(slug for slugs in lists for slug in slugs))
