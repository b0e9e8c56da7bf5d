"""What a run of tests leaves behind is found: without this the check at its end could not fail."""

import subprocess
import sys
import threading

import pytest

from bench.waiting import NeverError, until
from tests.left_over import left_over
from tests.programs import children_of, session_of, started

FOREVER = "import time; print('here', flush=True); time.sleep(3600)"


def test_programs_threads_and_files_are_found(tmp_path):
    """A program that runs, one that has ended and that nobody waited for, a thread, a file: each by name, and no
    more once it is gone.
    """
    before = left_over(tmp_path)  # another test's browser may stand by

    def found_now() -> list[str]:
        return [found for found in left_over(tmp_path) if found not in before]

    assert found_now() == []
    with (tmp_path / "open").open("w"):
        assert found_now() == [f"open file {tmp_path / 'open'}"]
    with started([sys.executable, "-c", FOREVER]) as process:
        (found,) = found_now()
        assert found.startswith(f"program {process.pid}: ")
        process.kill()
        until(lambda: not session_of(process.pid))
        assert found_now() == [f"program {process.pid}: (ended, and nobody waited for it)"]
    end = threading.Event()
    thread = threading.Thread(target=end.wait, name="held up")
    thread.start()
    try:
        (found,) = found_now()
        assert found.startswith("thread held up, threading.py:")  # and where it waits
    finally:
        end.set()
        thread.join()
    assert found_now() == []


def test_a_started_program_ends_with_a_failing_test():
    """With all that it has started itself, and with its pipes closed."""
    code = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {FOREVER!r}])"
    seen = []

    def fails():
        with started([sys.executable, "-c", code]) as process:
            seen.append(process)
            assert process.stdout.readline() == "here\n"
            assert len(session_of(process.pid)) == 2
            assert list(children_of(process.pid))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    (process,) = seen
    assert process.returncode == -9
    assert process.stdout.closed
    until(lambda: not session_of(process.pid))


def test_waiting_ends_with_whoever_should_do_it():
    """Not by a clock: by the end of the program that is waited for; what it did before that counts."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    try:
        with pytest.raises(NeverError, match="ended before it happened: nothing"):
            until(lambda: False, "nothing", alive=lambda: process.poll() is None)
        assert until(lambda: "done", alive=lambda: process.poll() is None) == "done"
    finally:
        process.wait()
    with pytest.raises(NeverError, match="never happened"):
        until(lambda: 0, pause_s=0)
