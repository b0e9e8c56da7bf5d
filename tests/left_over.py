"""What a run of tests may not leave behind in its own process: programs, threads, open files."""

import gc
import os
import sys
import threading
import traceback
from pathlib import Path

from bench.waiting import until
from scanform.scan.codecs import tiff
from scanform.scan.pdf import pdf_file
from tests.programs import children_of

HELPERS = ("multiprocessing.resource_tracker", "multiprocessing.forkserver")
"""Python's own, one for the whole run: they end with it."""

GRACE_LOOKS = 200
"""Looks for what is just ending."""


def left_over(folder: Path) -> list[str]:
    """Programs that still run or that nobody has waited for, threads that hold up the end, files in `folder` that
    are still open (Linux).
    """
    for kept in (
        tiff._opened,
        pdf_file._open,
    ):  # a process keeps its last document open: the pages after the first cost less
        kept.cache_clear()
    gc.collect()
    return [*_programs(), *_threads(), *_files(folder)]


def nothing_left_over(folder: Path) -> None:
    """Fails with a list of what is left over; what is just ending may end."""
    looks = iter(range(GRACE_LOOKS))
    until(lambda: not left_over(folder) or next(looks, None) is None)
    found = left_over(folder)
    assert not found, "left over by the tests:\n" + "\n".join(found)


def _programs() -> list[str]:
    return [
        f"program {number}: {command or '(ended, and nobody waited for it)'}"
        for number, command in children_of(os.getpid()).items()
        if not any(helper in command for helper in HELPERS)
    ]


def _threads() -> list[str]:
    ours = (thread for thread in threading.enumerate() if thread is not threading.main_thread())
    return [
        f"thread {thread.name}, {_place(thread)}"
        for thread in ours
        if not thread.daemon or thread.name.startswith(OUR_DAEMONS)
    ]


OUR_DAEMONS = ("upload-desk", "upload-counter", "review-desk", "review-station", "waitress-")
"""What the names of our threads begin with; the last ones answer requests of the station."""


def _place(thread: threading.Thread) -> str:
    """Where a thread is just now."""
    frame = sys._current_frames().get(thread.ident or 0)
    return (
        " < ".join(f"{Path(entry.filename).name}:{entry.lineno}" for entry in reversed(traceback.extract_stack(frame)))
        if frame
        else "ending"
    )


def _files(folder: Path) -> list[str]:
    found = []
    for entry in Path("/proc/self/fd").glob("*"):
        try:
            target = entry.readlink()
        except OSError:
            continue
        if target.is_relative_to(folder):
            found.append(f"open file {target}")
    return found
