"""Limits of time, memory and size, so that no file can stop or crash more than the process that reads it."""

import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The maximum cost of one file and one page."""

    page_seconds: float = 60.0
    """Wall-clock seconds for loading and reading a page. A normal 600 dpi A3 page is loaded in under 3 s; 60 s leaves
    room for a busy machine.
    """
    file_seconds: float = 60.0
    """The same for inspecting a file."""
    render_seconds: float = 25.0
    """Wall-clock seconds for one program (poppler, jbig2dec). An A4 page takes 0.1 to 1 s; the page's own deadline must
    be later.
    """
    memory_bytes: int = 1536 * MIB
    """Bytes of address space that a worker may add after `guard_process`. The largest page of `max_pixels` needs about
    0.6 GB (16-bit colour input and its grey copy), libraries map 0.7 GB; measured peak over normal files: 0.4 GB.
    """
    max_pixels: int = 100_000_000
    """Pixels of one page, checked in headers before anything is decoded. A3 at 600 dpi has 69.6 million."""
    max_side_px: int = 32_000
    """Pixels of the longer side; cv2.remap cannot address 32768 rows."""
    min_side_px: int = 16
    """Pixels of the shorter side; below, nothing can be read."""
    max_pages: int = 5_000
    """Pages of one file; a copier's feeder holds 300 sheets."""
    max_attachments: int = 500
    """Maximum number of files examined inside a PDF; a portfolio of a mail program holds a message's files."""
    max_attachment_bytes: int = 256 * MIB
    """Bytes of one of them, unpacked; a colour scan of 300 sheets has 0.2 GB."""
    attachment_depth: int = 3
    """Maximum nesting depth of such files."""
    max_stream_bytes: int = 2 * MIB
    """Maximum bytes of a page description that are examined; the invisible text of a searchable page has 10 to 300 kB.
    """
    max_operators: int = 50_000
    """Maximum drawing operators examined to determine whether a page is one image; beyond that poppler renders it."""
    render_dpi: int = 300
    """Resolution at which pages that are not one image are rendered."""
    fax_again: bool = False
    """Whether group 4 data proved complete are also re-encoded. This finds single flipped bits 87 times in 100 instead
    of 85 (1,000 tried); it costs 15 ms a page, three times the decoding. Off: cuts, holes and lost pieces are found
    either way, and what the proof alone misses changes at most 0.3 % of the pixels.
    """
    cached_bytes: int = 64 * MIB
    """Bytes; a file up to this size is read into memory once, larger ones piecewise from the disk."""


class _Guard:
    """Whether this process may be killed by its deadline."""

    active = False


def guard_process(limits: Limits) -> None:
    """Puts this worker process under `limits`: bounded memory, no core dumps, and `deadline` takes effect. Call once,
    when it starts.

    Programs that it starts (poppler, jbig2dec) inherit the memory limit.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    ceiling = _address_space() + limits.memory_bytes
    if hard == resource.RLIM_INFINITY or hard > ceiling:
        resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if signal.getsignal(signal.SIGALRM) != signal.SIG_DFL:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _Guard.active = True


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Kills this process if the block takes longer than `seconds`.

    The kernel does it (SIGALRM with its default action), so it also works inside C code that never returns to Python.
    Blocks may be nested; the earliest deadline counts. Without `guard_process` this does nothing.
    """
    if not _Guard.active:
        yield
        return
    started = time.monotonic()
    outer, _ = signal.getitimer(signal.ITIMER_REAL)
    signal.setitimer(signal.ITIMER_REAL, min(outer, seconds) if outer else seconds)
    try:
        yield
    finally:
        left = max(0.001, outer - (time.monotonic() - started)) if outer else 0.0
        signal.setitimer(signal.ITIMER_REAL, left)


def seconds_left(seconds: float) -> float:
    """`seconds`, or less if the deadline of this process is earlier: a started program must end before its parent is
    killed.
    """
    remaining, _ = signal.getitimer(signal.ITIMER_REAL)
    return max(0.5, min(seconds, remaining - 2.0)) if remaining and _Guard.active else seconds


def _address_space() -> int:
    """Bytes of address space in use (Linux; 1 GiB is assumed elsewhere)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 1024 * MIB
    return pages * resource.getpagesize()
