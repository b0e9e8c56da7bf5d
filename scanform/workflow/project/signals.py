"""Signals: a program that was asked to end does so, however it was started, and knows how the programs ended that it
started itself.

What a process does with signals is inherited. A shell starts what runs in the background with Ctrl-C ignored, a service
may start it with signals blocked or with the ends of children ignored; Python leaves all that as it is. Here it is set,
for the program and for its workers.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to end, and the end of the terminal."""

OURS = (*ENDING, signal.SIGALRM, signal.SIGCHLD)
"""The signals that have a meaning here; SIGALRM is the deadline of a worker."""


@contextmanager
def ends_on_signals() -> Iterator[None]:
    """While this lasts, what asks the program to end raises KeyboardInterrupt in its main thread; outside the main
    thread nothing changes.

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
    if number is signal.SIGCHLD:  # ignored, the exit code of every started program would be lost and read as 0
        return signal.SIG_DFL
    ignored = signal.getsignal(number) is signal.SIG_IGN
    return signal.SIG_IGN if number is signal.SIGHUP and ignored else _interrupt


def _interrupt(_: int, __: FrameType | None) -> None:
    raise KeyboardInterrupt


def leave_signals_to_the_parent() -> None:
    """In a worker: Ctrl-C and the end of the terminal are the parent's business, SIGTERM and the deadline end it at
    once.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
