"""Programs that a test starts: each is ended, waited for and its pipes closed, also when the test fails; and what
one leaves behind is found.
"""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from bench.waiting import until

SCANFORM = (sys.executable, "-m", "scanform.cli")

STARTS_WITH = """
import os, signal, sys
ignored, blocked = (list(map(int, filter(None, text.split(",")))) for text in sys.argv[1:3])
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""Starts a program as shells and services do: with some signals ignored (a shell does that with Ctrl-C in the
background), some blocked; the others as usual, also where the tests themselves were started otherwise (nohup).
"""


def disposed(command: Iterable[object], *, ignored: Iterable[int] = (), blocked: Iterable[int] = ()) -> list[str]:
    """The command that starts `command` with these signals ignored and blocked."""
    lists = (",".join(str(int(number)) for number in numbers) for numbers in (ignored, blocked))
    return [sys.executable, "-c", STARTS_WITH, *lists, *map(str, command)]


@contextmanager
def started(command: Iterable[object], **options: object) -> Iterator[subprocess.Popen]:
    """A program in a session of its own; at the end it and whatever it started is killed, its pipes are closed, and
    it is waited for.
    """
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True, **options}
    # the stubs cannot match keywords handed on
    process = subprocess.Popen([str(part) for part in command], **given)  # type: ignore[call-overload]
    try:
        yield process
    finally:
        for number in session_of(process.pid) or [process.pid]:
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with suppress(OSError):  # what was not sent to a program that has ended
                    pipe.close()


def answered(process: subprocess.Popen) -> dict[str, str]:
    """The first JSON object that the program prints; fails when it ends before."""
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "}\n":
            return json.loads("".join(lines))
    process.wait()
    raise AssertionError(
        f"ended with {process.returncode} and said {''.join(lines)!r} "
        f"{process.stderr.read() if process.stderr else ''!r}"
    )


@contextmanager
def forked(target: Callable[..., object], arguments: Iterable[tuple[object, ...]]) -> Iterator[list[BaseProcess]]:
    """Copies of this process, each at work on its arguments; at the end whoever still works is killed."""
    context = multiprocessing.get_context("fork")
    workers: list[BaseProcess] = [context.Process(target=target, args=given) for given in arguments]
    try:
        for worker in workers:
            worker.start()
        yield workers
    finally:
        for worker in workers:
            if worker.pid is not None:
                worker.kill()
                worker.join()
            worker.close()


def next_of(queue: Any, workers: Iterable[BaseProcess]) -> Any:
    """The next entry that one of the workers puts into the queue; fails when one of them has failed."""
    until(
        lambda: not queue.empty(), "an entry in the queue", alive=lambda: not any(worker.exitcode for worker in workers)
    )
    return queue.get()


def session_of(leader: int) -> list[int]:
    """The processes of the session that `leader` began and that have not ended (Linux; nothing elsewhere)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        state, session = _stat(folder, 0, 3)
        if session == str(leader) and state not in {"Z", "X"}:
            found.append(int(folder.name))
    return found


def children_of(parent: int) -> dict[int, str]:
    """The children of a process, ended ones that nobody has waited for among them, and their command lines (Linux;
    nothing elsewhere).
    """
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if _stat(folder, 1)[0] == str(parent):
            with suppress(OSError):
                found[int(folder.name)] = (
                    (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                )
    return found


def workers_of(parent: int) -> list[int]:
    """The processes of a pool below `parent`, without the helper that tracks resources."""
    return [number for number, command in children_of(parent).items() if "spawn_main" in command]


def _stat(folder: Path, *places: int) -> list[str]:
    """Fields of a process: 0 state, 1 parent, 2 group, 3 session; "" when it is gone."""
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        fields = []
    return [fields[place] if fields else "" for place in places]


def nothing_is_left(process: subprocess.Popen) -> None:
    """Waits until all that the program had started has ended, too."""
    until(lambda: not session_of(process.pid), f"processes that {process.args} had started")
