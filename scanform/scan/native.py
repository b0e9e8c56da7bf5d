"""What C libraries write to the error stream instead of raising: caught, because for libtiff it is the only sign of damage."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_MOST_BYTES = 4096
_HARMLESS = re.compile(r"unknown field|not recognized|incorrect count|ascii value|sorting directory|wrong data type", re.IGNORECASE)


@contextmanager
def native_messages() -> Iterator[list[str]]:
    """Collect what is written to file descriptor 2 inside the block; the list is filled when the block ends.

    The descriptor belongs to the whole process: use it in workers or from one thread only, around one decoding.
    """
    messages: list[str] = []
    try:
        saved = os.dup(_STDERR)
    except OSError:  # started without an error stream
        yield messages
        return
    sink = os.memfd_create("messages")
    os.dup2(sink, _STDERR)
    try:
        yield messages
    finally:
        os.dup2(saved, _STDERR)
        os.close(saved)
        messages.extend(os.pread(sink, _MOST_BYTES, 0).decode("utf-8", "replace").splitlines())
        os.close(sink)


def complaint(messages: list[str]) -> str:
    """The first message that speaks of damaged pixels rather than of odd tags, "" when there is none."""
    return next((line for line in messages if line.strip() and not _HARMLESS.search(line)), "")
