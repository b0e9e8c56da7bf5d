"""Asked to end, the program ends, however it was started: with signals ignored as a shell does it in the background,
blocked, or as usual.
"""

import json
import signal
import subprocess
import sys
import urllib.request
import weakref
from functools import partial

import numpy as np
import pytest

from bench.waiting import until
from scanform.workflow.insight.status import project_status
from scanform.workflow.project.project import open_project
from scanform.workflow.project.signals import ends_on_signals
from tests.programs import SCANFORM, answered, disposed, nothing_is_left, session_of, started, workers_of

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, signal.SIGHUP

HOW = {
    "usual": {},
    "background": {"ignored": [INT]},
    "deaf": {"ignored": [INT, TERM, signal.SIGCHLD, signal.SIGALRM]},
    "blocked": {"blocked": [INT, TERM, HUP, signal.SIGCHLD, signal.SIGALRM]},
}
"""A shell ignores Ctrl-C in the background; services and schedulers have been seen to hand down the others."""


def how(*names):
    return pytest.mark.parametrize("how", [HOW[name] for name in names], ids=names)


@pytest.fixture
def folder(tiny_survey, tmp_path):
    tiny_survey.project(tmp_path / "p").close()
    return tmp_path / "p"


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    """Where the programs put what they need for a while: it is empty in the end."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


def ended(process, scratch):
    """What the program said and its exit code; nothing of it is left."""
    until(lambda: process.poll() is not None, "the end of the program")
    said = process.communicate()[1]
    nothing_is_left(process)
    assert not list(scratch.iterdir())
    assert "Traceback" not in said, said
    return process.returncode, said


def ends_the_station(folder, scratch, how, number):
    with started(disposed([*SCANFORM, "review", "--project", folder, "--port", 0, "--json"], **how)) as process:
        url = answered(process)["url"]
        urllib.request.urlopen(url + "login").close()
        process.send_signal(number)
        assert ended(process, scratch) == (0, "")


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("number", [INT, TERM], ids=["INT", "TERM"])
@how("background")
def test_the_review_station_ends(folder, scratch, how, number):
    """Started in the background, asked to end by Ctrl-C or by SIGTERM: it is closed, which is no failure."""
    ends_the_station(folder, scratch, how, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM, HUP], ids=["INT", "TERM", "HUP"])
@how("usual", "deaf", "blocked")
def test_the_review_station_ends_however_it_was_started(folder, scratch, how, number):
    ends_the_station(folder, scratch, how, number)


def stack(tiny_survey, folder):
    """More pages than are read before the signal comes."""
    sheet = tiny_survey.sheet(1, 1, open="no")
    tiny_survey.tiff(folder / "a.tif", *(np.roll(sheet, number % 7, axis=0) for number in range(80)))
    return folder


def ends_ingest(tiny_survey, folder, scratch, how, number):
    source = stack(tiny_survey, folder.parent / "in")
    with started(
        disposed([*SCANFORM, "--language", "en", "ingest", source, "--project", folder, "--jobs", 1], **how)
    ) as process:
        until(lambda: read_pages(folder), "a page that was read", alive=lambda: process.poll() is None)
        assert workers_of(process.pid)
        process.send_signal(number)
        code, said = ended(process, scratch)
    assert (code, said.strip().splitlines()[-1]) == (
        130,
        "Interrupted. What is stored stays; the same command goes on.",
    )
    with open_project(folder) as project:
        assert project_status(project).waiting > 0


def read_pages(folder):
    with open_project(folder) as project, project.store.reading() as tx:
        return tx.exec_driver_sql("SELECT count(*) FROM page WHERE fate IS NOT NULL").scalar()


@pytest.mark.slow
@how("background")
def test_reading_ends(tiny_survey, folder, scratch, how):
    """Ctrl-C while a worker reads: 130 and one line, the worker ends, what was read stays."""
    ends_ingest(tiny_survey, folder, scratch, how, INT)


@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM, HUP], ids=["INT", "TERM", "HUP"])
@how("usual", "deaf", "blocked")
def test_reading_ends_however_it_was_started(tiny_survey, folder, scratch, how, number):
    ends_ingest(tiny_survey, folder, scratch, how, number)


@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM], ids=["INT", "TERM"])
@how("background")
def test_the_demonstration_ends(tmp_path, scratch, how, number):
    """In the middle of the whole job."""
    with started(disposed([*SCANFORM, "demo", tmp_path / "demo"], **how)) as process:
        until(lambda: workers_of(process.pid), "a worker", alive=lambda: process.poll() is None)
        process.send_signal(number)
        assert ended(process, scratch)[0] == 130


@pytest.mark.slow
@pytest.mark.parametrize("number", [INT, TERM], ids=["INT", "TERM"])
@how("background")
def test_the_station_ends_while_it_reads(tiny_survey, folder, scratch, how, number):
    """What was handed in is being read by a worker: it ends with the station, and the next start goes on."""
    (folder.parent / "in").mkdir()
    content = (stack(tiny_survey, folder.parent / "in") / "a.tif").read_bytes()
    with started(
        disposed([*SCANFORM, "review", "--project", folder, "--port", 0, "--json", "--reviewer", "kim"], **how)
    ) as process:
        url = answered(process)["url"]
        with urllib.request.urlopen(url + "api/upload/session?lang=en") as answer:
            token, cookie = json.load(answer)["csrf"], answer.headers["Set-Cookie"].split(";")[0]
        headers = {
            "X-CSRFToken": token,
            "Cookie": cookie,
            "X-File-Name": "a.tif",
            "X-Group": "g",
            "Content-Type": "application/octet-stream",
        }
        urllib.request.urlopen(urllib.request.Request(url + "api/uploads", data=content, headers=headers)).close()
        closing = {**headers, "Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(url + "api/uploads/close", data=b'{"group": "g"}', headers=closing)
        ).close()
        until(lambda: read_pages(folder), "a page that was read", alive=lambda: process.poll() is None)
        assert len(session_of(process.pid)) > 1
        process.send_signal(number)
        assert ended(process, scratch)[0] == 0


@pytest.mark.slow
def test_a_hang_up_is_ignored_where_it_was_asked_for(folder, scratch):
    """nohup: the end of the terminal changes nothing, SIGTERM ends the program."""
    with started(disposed([*SCANFORM, "review", "--project", folder, "--port", 0, "--json"], ignored=[HUP])) as process:
        url = answered(process)["url"]
        process.send_signal(HUP)
        for _ in range(3):
            urllib.request.urlopen(url + "login").close()
        process.send_signal(TERM)
        assert ended(process, scratch) == (0, "")


EXIT_CODE = """
import subprocess, sys
from scanform.workflow.project.signals import ends_on_signals
with ends_on_signals():
    print(subprocess.run(["sh", "-c", "exit 3"]).returncode)
print(subprocess.run(["sh", "-c", "exit 3"]).returncode)
"""


def test_exit_codes_of_started_programs_are_known():
    """Where the ends of children are ignored, Python takes every exit code for 0: a drawing that failed would have
    gone well. Afterwards all is as before.
    """
    done = subprocess.run(
        disposed([sys.executable, "-c", EXIT_CODE], ignored=[signal.SIGCHLD]),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "3\n0\n"


BEGINS = """
import os, signal, sys
from scanform.scan.files.limits import Limits
from scanform.workflow.project.signals import ends_on_signals
from scanform.workflow.reading.executors import processes, run_in_order

def comes(frame, event, argument):
    if event == "c_return" and argument.__name__ == "fork_exec" and "tracker" not in str(frame.f_back.f_code):
        begun.append(True)
        os.kill(os.getpid() * int(sys.argv[1]), signal.SIGINT)

def jobs():
    sys.setprofile(comes)
    yield from range(3)

if __name__ == "__main__":
    begun = []
    try:
        with ends_on_signals():
            for _ in run_in_order(processes(2, Limits()), abs, jobs()):
                pass
    except KeyboardInterrupt:
        print("interrupted", len(begun))
"""


@pytest.mark.parametrize("to", [1, -1], ids=["to the program", "to its workers as well"])
def test_a_worker_that_has_just_been_started_ends_without_a_word(tmp_path, to):
    """A signal, or Ctrl-C in a terminal, comes while a worker has just been started and does not know yet what to do.
    The program ends and nobody prints a traceback.
    """
    script = tmp_path / "begins.py"
    script.write_text(BEGINS)
    with started([sys.executable, script, to]) as process:
        assert process.communicate() == ("interrupted 1\n", "")
        assert process.returncode == 0
        until(lambda: not session_of(process.pid), "all of them have ended")


def as_usual(request, number):
    """The usual disposition during a test, however the tests were started."""
    request.addfinalizer(partial(signal.signal, number, signal.signal(number, signal.SIG_DFL)))


def test_signals_are_as_before_afterwards(request):
    """Whoever calls the command line from Python keeps their own handlers; a signal meanwhile is an interrupt."""
    as_usual(request, HUP)
    before = [signal.getsignal(number) for number in (INT, TERM, HUP, signal.SIGCHLD)]
    for number in (INT, TERM, HUP):
        with pytest.raises(KeyboardInterrupt), ends_on_signals():
            signal.raise_signal(number)
    assert [signal.getsignal(number) for number in (INT, TERM, HUP, signal.SIGCHLD)] == before


class _Ends:
    """Its finaliser is where the signal comes."""

    def __del__(self):
        signal.raise_signal(INT)


def test_an_interrupt_where_python_drops_exceptions_is_not_lost(capsys):
    """In a finaliser or the callback of a weak reference: nothing is printed, and the program ends all the same."""
    reported = sys.unraisablehook
    for drop in (_Ends, _ended_by_a_weak_reference):
        went_on = []
        with pytest.raises(KeyboardInterrupt):
            _dropped(drop, went_on)
        assert went_on
    assert sys.unraisablehook is reported
    assert capsys.readouterr().err == ""


def _dropped(drop, went_on):
    with ends_on_signals():
        drop()
        went_on.append(True)
        until(lambda: False, "the signal to come again")


def _ended_by_a_weak_reference():
    held = type("Held", (), {})()
    callback = weakref.ref(held, lambda _: signal.raise_signal(INT))
    del held
    assert callback() is None
