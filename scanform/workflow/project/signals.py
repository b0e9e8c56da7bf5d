"""Signals: a program ends when asked to, however it was started, and sees the exit status of the programs it started.

Signal settings are inherited. A shell starts background programs with Ctrl-C ignored, a service may start them with
signals blocked or SIGCHLD ignored; Python leaves all that as it is. Here it is set, for the program and for its
workers.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to end, and the end of the terminal."""

OURS = (*ENDING, signal.SIGALRM, signal.SIGCHLD)
"""The signals used here; SIGALRM is the deadline of a worker."""


@contextmanager
def ends_on_signals() -> Iterator[None]:
    """Within this context, signals that ask the program to end raise KeyboardInterrupt in its main thread; in other
    threads nothing changes.

    The end of the terminal counts unless it is ignored: that is what `nohup` is for.
    """
    try:
        before = {number: signal.signal(number, _meaning(number)) for number in (*ENDING, signal.SIGCHLD)}
    except ValueError:  # not the main thread
        yield
        return
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


def _meaning(number: signal.Signals) -> Callable[[int, FrameType | None], None] | signal.Handlers:
    if number is signal.SIGCHLD:  # if ignored, the exit code of every child would be lost and read as 0
        return signal.SIG_DFL
    ignored = signal.getsignal(number) is signal.SIG_IGN
    return signal.SIG_IGN if number is signal.SIGHUP and ignored else _interrupt


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def leave_signals_to_the_parent() -> None:
    """In a worker: Ctrl-C and the end of the terminal are left to the parent, SIGTERM and the deadline end it
    at once.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
