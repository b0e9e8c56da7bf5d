"""Signals: a program ends when asked to, however it was started, and sees the exit status of the programs it started.

Signal settings are inherited. A shell starts background programs with Ctrl-C ignored, a service may start them with
signals blocked or SIGCHLD ignored; Python leaves all that as it is. Here it is set, for the program and for its
workers.
"""

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.resource_tracker import ensure_running
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Ctrl-C, a request to end, and the end of the terminal."""

OURS = (*ENDING, signal.SIGALRM, signal.SIGCHLD)
"""The signals used here; SIGALRM is the deadline of a worker."""

AGAIN_S = 0.02
"""How long after a lost interrupt the signal is sent again."""


@contextmanager
def ends_on_signals() -> Iterator[None]:
    """Within this context, signals that ask the program to end raise KeyboardInterrupt in its main thread; in other
    threads nothing changes.

    The end of the terminal counts unless it is ignored: that is what `nohup` is for.

    A signal may come while Python runs a finaliser or the callback of a weak reference, where exceptions are printed
    and dropped. Such an interrupt is not lost: the signal is sent again.
    """
    try:
        before = {number: signal.signal(number, _meaning(number)) for number in (*ENDING, signal.SIGCHLD)}
    except ValueError:  # not the main thread
        yield
        return
    blocked = signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
    hook = sys.unraisablehook
    sent_again: list[threading.Timer] = []

    def unraisable(dropped: "sys.UnraisableHookArgs") -> None:
        if not isinstance(dropped.exc_value, _Interrupt):
            hook(dropped)
            return
        main = threading.main_thread().ident
        assert main is not None  # it runs this program
        timer = threading.Timer(AGAIN_S, signal.pthread_kill, (main, dropped.exc_value.number))
        timer.daemon = True
        sent_again.append(timer)
        timer.start()

    sys.unraisablehook = unraisable
    try:
        yield
    finally:
        for timer in sent_again:
            timer.cancel()
            timer.join()
        sys.unraisablehook = hook
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


class _Interrupt(KeyboardInterrupt):
    """Knows the signal that asked for it."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def _meaning(number: signal.Signals) -> Callable[[int, FrameType | None], None] | signal.Handlers:
    if number is signal.SIGCHLD:  # if ignored, the exit code of every child would be lost and read as 0
        return signal.SIG_DFL
    ignored = signal.getsignal(number) is signal.SIG_IGN
    return signal.SIG_IGN if number is signal.SIGHUP and ignored else _interrupt


def _interrupt(number: int, _: FrameType | None) -> None:
    if _waiting:
        _waiting[-1].append(number)
    else:
        raise _Interrupt(number)


_waiting: list[list[int]] = []
"""The signals of the main thread that wait for the end of `signals_wait`."""


@contextmanager
def signals_wait() -> Iterator[None]:
    """Within this context a signal that asks the program to end waits: for the steps of the main thread that must not
    be left halfway. In other threads, which no signal interrupts, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    _waiting.append(came)
    try:
        yield
    finally:
        _waiting.remove(came)
        if came:
            _interrupt(came[0], None)


@contextmanager
def starts_a_worker() -> Iterator[None]:
    """Within this context a process is started as a whole: it gets what it needs before the program may end, and is
    spared Ctrl-C until it leaves that to its parent.

    A process that is started learns last what it is to do. If its parent ended in between, or Ctrl-C in a terminal
    came to both, it would fill the terminal with a traceback.
    """
    ensure_running()  # it starts a process of its own and then unblocks these signals
    with signals_wait():
        blocked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def leave_signals_to_the_parent() -> None:
    """In a worker: Ctrl-C and the end of the terminal are left to the parent, SIGTERM and the deadline end it
    at once.
    """
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGALRM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OURS)
