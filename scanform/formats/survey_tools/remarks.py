"""What a questionnaire loses on its way from one tool to another: each loss with its place."""

from dataclasses import dataclass, field

from scanform.errors import InputError, Words, of_place, words


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something stands: `line` of a text file, `row` of a `sheet`, or the `element` (a question's code)."""

    element: str = ""
    line: int = 0
    sheet: str = ""

    def said(self) -> Words:
        """The place for a reader."""
        if self.sheet:
            return words("convert.at_row", sheet=self.sheet, row=self.line, element=self.element)
        if self.line:
            return words("convert.at_line", line=self.line, element=self.element)
        return words("convert.at_element" if self.element else "convert.at_survey", element=self.element)


NOWHERE = Place()
"""The survey as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """One thing that the other side cannot say; the text of the slug is `convert.lost.<slug>`."""

    slug: str
    place: Place
    params: tuple[tuple[str, str], ...] = ()

    def told(self) -> Words:
        """The loss with its place."""
        return of_place(self.place.said(), self.said())

    def said(self) -> Words:
        """The loss without its place."""
        return words(f"convert.lost.{self.slug}", **dict(self.params))


@dataclass(slots=True)
class Remarks:
    """The losses found so far, in the order of the file, each once."""

    found: list[Remark] = field(default_factory=list)

    def lost(self, place: Place, slug: str, /, **params: object) -> None:
        """Add a loss."""
        remark = Remark(
            slug=slug, place=place, params=tuple((name, shortened(str(value))) for name, value in params.items())
        )
        if remark not in self.found:
            self.found.append(remark)


LONGEST = 120
"""Maximum characters of foreign text in one message."""


def shortened(value: str) -> str:
    """One line of a foreign text that fits in a message."""
    line = " ".join(value.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def no_survey(slug: str, name: str, **params: object) -> InputError:
    """A file that cannot be read as what it claims to be."""
    return InputError(
        words("convert.unreadable", file=name, what=words(f"convert.{slug}", **params)),
        remedy=words("convert.unreadable_remedy"),
        slug=slug,
    )
