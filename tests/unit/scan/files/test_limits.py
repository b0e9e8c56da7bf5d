"""Limits of a worker process: time by the kernel, memory, no dumps."""

import multiprocessing
import resource
import signal
import time

import pytest

from scanform.scan.files.limits import Limits, deadline, guard_process, seconds_left

SPAWN = multiprocessing.get_context("spawn")


def _run(target: object) -> int | None:
    process = SPAWN.Process(target=target)  # type: ignore[arg-type]
    process.start()
    process.join()
    code = process.exitcode
    process.close()
    return code


def _hang() -> None:
    guard_process(Limits())
    with deadline(0.3), deadline(30):
        sum(range(10**14))


def _eat() -> None:
    guard_process(Limits(memory_bytes=200 << 20))
    try:
        bytearray(1 << 30)
    except MemoryError:
        raise SystemExit(7) from None


def _calm() -> None:
    guard_process(Limits())
    with deadline(3000):
        assert seconds_left(6000) < 3000
        with deadline(5000):
            pass
        assert 0 < signal.getitimer(signal.ITIMER_REAL)[0] <= 3000
    assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)


@pytest.mark.parametrize(("target", "code"), [(_hang, -signal.SIGALRM), (_eat, 7), (_calm, 0)])
def test_guarded_process_is_limited(target: object, code: int) -> None:
    """A hang is ended by the kernel, too much memory is an exception, and honest work goes on."""
    assert _run(target) == code


def test_unguarded_process_is_safe() -> None:
    """Tests and in-process use are never ended."""
    with deadline(0.01):
        time.sleep(0.05)
    assert seconds_left(60) == 60
