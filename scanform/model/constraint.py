"""The admissible content of a field of a file contract, beyond its type: stated once, beside the field, for validation
and for published schemas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

QUESTION_CODE = "[a-z][a-z0-9]{0,19}"
OPTION_CODE = "[a-z0-9]{1,5}"
DIGEST = "[0-9A-HJKMNP-TV-Z]{5}"
FORM_ID = f"{DIGEST}-[0-9A-HJKMNP-TV-Z]{{7}}-[0-9A-Z]"
COLUMN = f"{QUESTION_CODE}(__{OPTION_CODE}_text)?"
MOMENT = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)"
"""Regular expressions used in several contracts, without anchors; the last is a time by ISO 8601."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """Metadata of a field (`Annotated`): the whole text matches `pattern`; numbers lie from `least` to `most`, or are
    `above`; texts and lists have `shortest` to `longest` entries; the value is one of `choices`; `says` is one line for
    a reader.
    """

    pattern: str | None = None
    least: float | None = None
    most: float | None = None
    shortest: int | None = None
    longest: int | None = None
    choices: tuple[str, ...] = ()
    says: str = ""

    def allows(self, number: float) -> bool:
        """Whether a number lies within the bounds."""
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)

    def keywords(self, kind: object) -> dict[str, object]:
        """The constraint in JSON Schema keywords, for a value of the JSON type `kind`."""
        counted = "Items" if kind == "array" else "Length"
        found: dict[str, object | None] = {
            "pattern": f"^{self.pattern}$" if self.pattern is not None else None,
            "minimum": self.least,
            "maximum": self.most,
            f"min{counted}": self.shortest,
            f"max{counted}": self.longest,
            "enum": list(self.choices) or None,
            "description": self.says or None,
        }
        return {name: value for name, value in found.items() if value is not None}

    def __get_pydantic_json_schema__(
        self, core: object, handler: Callable[[object], Mapping[str, object]]
    ) -> dict[str, object]:
        """Pydantic's hook when it makes a schema from the types (tools/schemas.py); pydantic itself is not
        needed here.
        """
        found = dict(handler(core))
        return found | self.keywords(found.get("type"))
