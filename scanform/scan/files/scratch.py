"""Scratch files for the decoding programs: they contain what people wrote, so they have no name and disappear with the
process that made them.
"""

import os
import tempfile
import weakref
from pathlib import Path
from typing import BinaryIO, cast

_OPEN_FILES = Path("/proc/self/fd")
"""Where Linux lists the open files of a process; elsewhere a scratch file needs a name."""


class Scratch:
    """A file without a name: gone when it is closed, and when the process ends, even if the kernel kills it in the
    middle of a page.

    Folders of `tempfile` do not work: their finalizers do not run in a process killed by a limit, and their content
    stayed on the disk.
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
        """The current content of the file, whoever wrote it."""
        with Path(self.path).open("rb") as fresh:
            return fresh.read()
