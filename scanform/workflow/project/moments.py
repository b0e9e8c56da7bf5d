"""Times and paths as they are stored and shown."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from scanform.scan.files.limits import Limits
from scanform.workflow.project.project import Project


def now() -> str:
    """The present time in its stored format."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def shown(path: str | Path) -> str:
    """A path as text that can be stored and printed, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def limits_of(project: Project) -> Limits:
    """The time limits set by the project; the others keep their defaults."""
    return replace(
        Limits(), page_seconds=project.config.reading.page_seconds, file_seconds=project.config.reading.file_seconds
    )


def split_name(name: str) -> tuple[Path, int, int]:
    """FILE#3 as path, 0-based index and part (0: none was named), FILE#3.2 with part 2; an existing file whose name
    ends like that is taken as it is.
    """
    path, mark, place = name.rpartition("#")
    number, _, sheet = place.partition(".")
    if mark and _is_count(number) and (_is_count(sheet) or place == number) and not Path(name).exists():
        return Path(path), int(number) - 1, int(sheet or 0)
    return Path(name), 0, 0


def _is_count(digits: str) -> bool:
    return digits.isdecimal() and int(digits) > 0
