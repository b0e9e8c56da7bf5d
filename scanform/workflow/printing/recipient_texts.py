"""The content of `recipients.json`: recipient texts printed on the forms of one edition. Plain, for its writer and for
workers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientTexts:
    """`forms`: instance of a form -> its texts, by `RecipientField`; `every`: for each of these fields the texts of all
    forms of the project, sorted.
    """

    forms: Mapping[str, Mapping[str, str]]
    every: Mapping[str, tuple[str, ...]]


def dump_texts(texts: RecipientTexts) -> str:
    """The content of the file."""
    return json.dumps({"forms": texts.forms, "every": texts.every}, ensure_ascii=False, indent=1) + "\n"


def load_texts(content: str) -> RecipientTexts:
    """The content of the file; raises ValueError or KeyError for invalid content."""
    raw = json.loads(content)
    return RecipientTexts(forms=raw["forms"], every={name: tuple(texts) for name, texts in raw["every"].items()})
