"""x.copies.json: the position of each form in the printed file x.pdf (docs/schemas/copies.schema.json)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Annotated

from scanform.model.constraint import DIGEST, FORM_ID, Constraint


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedCopy:
    """One form: its id, the token of its recipient, the digest of its layout, and its first page in the PDF, from 1."""

    form_id: Annotated[str, Constraint(pattern=FORM_ID)]
    token: Annotated[str, Constraint(shortest=1)] | None = None
    layout: Annotated[str, Constraint(pattern=DIGEST)]
    first_page: Annotated[int, Constraint(least=1)]


def dump_copies(copies: Iterable[PrintedCopy]) -> str:
    """The text of the file; a form without a token has no such entry."""
    rows = [{name: value for name, value in asdict(copy).items() if value is not None} for copy in copies]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"
