"""Who may answer: access codes that were printed or stand in the register, personal codes of those who answer without
one.
"""

import secrets
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
    wanted = _ways_to_write(typed[:LONGEST_CODE])
    forms = issued.issued_as(tx, wanted)
    registered = places.registered_tokens(tx, wanted)
    draft = web_drafts.resumed(tx, hashed(typed))
    ranked = sorted((form for form in forms if form.token in wanted), key=lambda form: wanted.index(form.token or ""))
    for form in ranked:
        layout = project.layouts.get(form.digest)
        if layout is not None and layout.questionnaire in project.questionnaires:
            return Access(questionnaire=layout.questionnaire, token=form.token)
    if registered and len(project.questionnaires) == 1:  # with several, only a printed form says which one is meant
        return Access(questionnaire=next(iter(project.questionnaires)), token=min(registered, key=wanted.index))
    if draft is not None and draft.questionnaire in project.questionnaires:
        return Access(questionnaire=draft.questionnaire, draft=draft)
    return None


def _ways_to_write(typed: str) -> list[str]:
    """A code as it may have been issued: as typed first, then without spaces and hyphens, in capitals, in small
    letters.
    """
    stripped = "".join(character for character in typed if character.isprintable()).strip()
    joined = "".join(character for character in stripped if not character.isspace())
    plain = joined.replace("-", "")
    ways = [stripped, joined, plain]
    return list(dict.fromkeys([*ways, *(way.upper() for way in ways), *(way.lower() for way in ways)]))


def new_personal_code() -> str:
    """A code by which somebody without an access code goes on later."""
    groups = ("".join(secrets.choice(_SIGNS) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def hashed(code: str) -> str:
    """The hash under which a personal code is kept, however it is typed."""
    plain = "".join(character for character in code[:LONGEST_CODE].upper() if character.isalnum())
    return sha256(plain.translate(_LOOKS).encode("utf-8", "surrogatepass")).hexdigest()
