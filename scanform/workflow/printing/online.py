"""What the web form knows about places: the one door through which the register asks it."""

from collections.abc import Mapping

from scanform.model.place import Disposition
from scanform.store import web_drafts
from scanform.workflow.printing.online_offer import online_link
from scanform.workflow.project.project import Project


def online_states(project: Project) -> Mapping[str, tuple[Disposition, str]]:
    """By token: that somebody has begun the questionnaire on the web without sending it yet, and when (ISO 8601)."""
    with project.store.reading() as tx:
        return {
            draft.token: (Disposition.OPENED, draft.created_at)
            for draft in reversed(web_drafts.unsent(tx))
            if draft.token is not None
        }


def online_address(project: Project, token: str) -> str:
    """The link with which the place with this token answers online; "" for a project without an online form."""
    return online_link(project.config, token)
