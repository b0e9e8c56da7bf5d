"""The files that ship beside the code: templates of questionnaires, and the samples of the demo.

Their folders stand at the top of the source tree, where people look for them; links in the package lead there, which a
wheel turns into folders of the package. So one place is asked, in a clone and in an installation.
"""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from scanform.errors import UsageError, words


def shipped(name: str) -> Path:
    """A folder that ships with the package, by its name; it need not be there."""
    return Path(str(resources.files("scanform") / name)).resolve()


def templates() -> Sequence[Path]:
    """All questionnaires that ship as templates, by name."""
    return sorted(shipped("templates").glob("*.yaml"))


def template_path(name: str) -> Path:
    """The file of a template; raises UsageError that names those there are."""
    known = {path.stem: path for path in templates()}
    if name not in known:
        there = ", ".join(sorted(known))
        raise UsageError(
            words("project.no_template", name=name, known=there), remedy=words("project.no_template_remedy")
        )
    return known[name]
