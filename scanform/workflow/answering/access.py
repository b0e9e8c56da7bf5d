"""Who may answer: access codes that were printed or stand in the register, personal codes of those who answer without
one.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from scanform.model.web_draft import WebDraft
from scanform.store import issued, places, web_drafts
from scanform.store.engine import Transaction
from scanform.workflow.project.project import Project

LONGEST_CODE: Final = 80
"""Characters of an access code that are looked at."""

_SIGNS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: nothing that looks like something else
_LOOKS: Final = str.maketrans("OIL", "011")
_GROUPS, _GROUP = 4, 4
"""16 signs of 5 bits: 80 random bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """What a code opens: the questionnaire, with the access code as it was issued, or the draft of a personal code."""

    questionnaire: str
    token: str | None = None
    draft: WebDraft | None = None


def find_access(project: Project, tx: Transaction, typed: str) -> Access | None:
    """What a typed code opens; None for one that nobody was given. Known and unknown codes ask the store the same."""
    code = "".join(character for character in typed[:LONGEST_CODE] if character.isprintable()).strip()
    forms, registered = issued.issued_alike(tx, code), places.registered_alike(tx, code)
    draft = web_drafts.resumed(tx, hashed(typed))
    token = _meant(code, {*registered, *(form.token for form in forms if form.token)})
    for form in forms:
        layout = project.layouts.get(form.digest)
        if form.token == token and layout is not None and layout.questionnaire in project.questionnaires:
            return Access(questionnaire=layout.questionnaire, token=token)
    if token in registered and len(project.questionnaires) == 1:  # of several, a printed form says which one is meant
        return Access(questionnaire=next(iter(project.questionnaires)), token=token)
    if draft is not None and draft.questionnaire in project.questionnaires:
        return Access(questionnaire=draft.questionnaire, draft=draft)
    return None


def _meant(code: str, alike: Collection[str]) -> str | None:
    """The code as it was given out: exactly as typed, or the only one that differs in capitals, spaces and hyphens."""
    return code if code in alike else next(iter(alike)) if len(alike) == 1 else None


def new_personal_code() -> str:
    """A code by which somebody without an access code goes on later."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(code: str) -> str:
    """The hash under which a personal code is kept, however it is typed."""
    plain = "".join(character for character in code[:LONGEST_CODE].upper() if character.isalnum())
    return sha256(plain.translate(_LOOKS).encode("utf-8", "surrogatepass")).hexdigest()
