"""Captures what libtiff writes to the error stream instead of raising: some damage shows nowhere else."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2
_MOST_BYTES = 1 << 16
_LIBTIFF = re.compile(
    r"_?(Fax|TIFF|LZW|JPEG|OJPEG|Zip|ZIP|PixarLog|LogLuv|LogL16|Packbits|PackBits|Predictor|LZMA|ZSTD|WebP|Thunder|NeXT|Dump)\w*[:,]"
)
_HARMLESS = re.compile(
    r"unknown field|not recognized|incorrect count|ascii value|sorting directory|wrong data type", re.IGNORECASE
)


@contextmanager
def native_messages() -> Iterator[list[str]]:
    """Collects what libtiff writes to file descriptor 2 inside the block; the list is filled when the block ends.

    The descriptor belongs to the whole process. Output of other threads in the meantime (a progress bar) is passed on
    afterwards.
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
        written = os.pread(sink, _MOST_BYTES, 0)
        os.close(sink)
        messages.extend(_sorted_out(written))


def complaint(messages: list[str]) -> str:
    """The first message about damaged pixels rather than odd tags, "" if there is none."""
    return next((line for line in messages if not _HARMLESS.search(line)), "")


def _sorted_out(written: bytes) -> list[str]:
    """The lines that are libtiff's; the others are passed on to their destination."""
    found, others = [], b""
    for line in written.splitlines(keepends=True):
        text = line.decode("utf-8", "replace").strip()
        if _LIBTIFF.match(text):
            found.append(text)
        else:
            others += line
    if others:
        os.write(_STDERR, others)
    return found
