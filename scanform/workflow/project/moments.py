"""Times and paths as they are stored and shown."""

import os
from datetime import UTC, datetime
from pathlib import Path


def now() -> str:
    """The time as it is stored."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def shown(path: str | Path) -> str:
    """A path as text that can be stored and printed, whatever bytes its name has."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")
