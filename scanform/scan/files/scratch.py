"""Scratch files for the programs that decode: they bear what people wrote, so they have no name and go with the
process that made them.
"""

import os
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, cast

_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux shows what a process has open; elsewhere a scratch file needs a name."""


class Scratch:
    """A file without a name: gone when it is closed, and when the process ends, even when the kernel ends it in the
    middle of a page.

    Folders of `tempfile` were tried before: their finalizers do not run in a process that is ended by a limit, and what
    they held stayed on the disk.
    """

    def __init__(self, content: bytes = b"") -> None:
        make = tempfile.TemporaryFile if _OPEN_FILES.is_dir() else tempfile.NamedTemporaryFile
        self.file = cast("BinaryIO", make(prefix="scanform-"))
        self.close = weakref.finalize(self, self.file.close)
        self.file.write(content)
        self.file.flush()

    @property
    def path(self) -> str:
        """A path by which programs started from here can open the file, as long as this process lives."""
        named: object = self.file.name
        return named if isinstance(named, str) else f"/proc/{os.getpid()}/fd/{self.file.fileno()}"

    def content(self) -> bytes:
        """All that is in the file now, whoever wrote it."""
        with Path(self.path).open("rb") as fresh:
            return fresh.read()
