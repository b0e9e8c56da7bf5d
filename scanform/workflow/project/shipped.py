"""Files shipped with the code: questionnaire templates, and the samples of the demo.

Their folders are at the top of the source tree, where people look for them; links in the package point there, and a
wheel turns them into folders of the package. So one path works in a clone and in an installation.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from scanform.errors import UsageError, words


def shipped(name: str) -> Path:
    """A folder that ships with the package, by name; it may be missing."""
    return Path(str(resources.files("scanform") / name)).resolve()


def templates() -> Sequence[Path]:
    """All questionnaires that ship as templates, by name."""
    return sorted(shipped("templates").glob("*.yaml"))


def template_path(name: str) -> Path:
    """The file of a template; raises UsageError that names those available."""
    known = {path.stem: path for path in templates()}
    if name not in known:
        there = ", ".join(sorted(known))
        raise UsageError(
            words("project.no_template", name=name, known=there), remedy=words("project.no_template_remedy")
        )
    return known[name]
