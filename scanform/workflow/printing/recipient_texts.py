"""The content of `recipients.json`: what the forms of one edition say of those they were printed for. Plain, for
whoever writes it and for workers.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientTexts:
    """`forms`: instance of a form -> what it says, by `RecipientField`; `every`: for each of these fields what any
    form of the project says, sorted.
    """

    forms: Mapping[str, Mapping[str, str]]
    every: Mapping[str, tuple[str, ...]]


def dump_texts(texts: RecipientTexts) -> str:
    """The content of the file."""
    return json.dumps({"forms": texts.forms, "every": texts.every}, ensure_ascii=False, indent=1) + "\n"


def load_texts(content: str) -> RecipientTexts:
    """What stands in the file; raises ValueError or KeyError for what is none."""
    raw = json.loads(content)
    return RecipientTexts(forms=raw["forms"], every={name: tuple(texts) for name, texts in raw["every"].items()})
