"""What the web form knows about places: the one door through which the register asks it."""

from collections.abc import Mapping

from scanform.model.place import Disposition
from scanform.workflow.project.project import Project


def online_states(project: Project) -> Mapping[str, tuple[Disposition, str]]:
    """By token: that somebody has opened the questionnaire (`OPENED`) without sending it yet, and when (ISO 8601).

    A project without a web form knows of none: an online survey's export holds what was sent only.
    """
    del project
    return {}


def online_address(project: Project, token: str) -> str:
    """The address under which the place with this token answers online; "" for a project without a web form."""
    del project, token
    return ""
