"""The people of the demo: what they type into the real web form is what the data set has, and their browser leaves
nothing behind.
"""

import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from bench.waiting import until
from bench.web_form_material import ANSWERS, CANONICAL, TOKENS
from scanform.cli.demo_browser import browsing, has_browser
from scanform.cli.demo_people import Person, answer_on_the_web, offered
from scanform.workflow.project.project import open_project
from tests.programs import disposed, nothing_is_left, started

ROOT = Path(__file__).parents[2]
PERSON = Person(token=TOKENS[0], answers=ANSWERS)

needs_browser = [pytest.mark.slow, pytest.mark.browser, pytest.mark.skipif(not has_browser(), reason="needs Chromium")]


def over_http(url):
    return answer_on_the_web(url, PERSON)


def in_a_browser(url):
    with browsing(url, (PERSON,)) as receipts:
        (receipt,) = receipts
        return receipt


@pytest.fixture
def folder(printed_places, tmp_path):
    return shutil.copytree(printed_places, tmp_path / "project")


@pytest.fixture
def scratch(monkeypatch):
    """Where programs put what they need for a while: it is empty in the end. Its path is short, as that of a socket of
    Chromium's has to be.
    """
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="scanform-") as folder:
        monkeypatch.setenv("TMPDIR", folder)
        monkeypatch.setattr("tempfile.tempdir", None)
        yield Path(folder)


def at_work_in(scratch):
    """Programs that were told to put their files below `scratch` (Linux; nothing elsewhere)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "environ").read_bytes()
        except OSError:
            continue
        if f"TMPDIR={scratch}/".encode() in told:
            found.append(int(folder.name))
    return found


def nothing_of_the_browser_is_left(scratch):
    until(lambda: not at_work_in(scratch), "the end of the browser and its driver")
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("answer", [over_http, pytest.param(in_a_browser, marks=needs_browser)])
def test_what_they_type_is_what_comes_in(folder, scratch, answer):
    """Every kind of question, page by page."""
    with offered(folder, "en") as url:
        assert answer(url).endswith("/sent")
    nothing_of_the_browser_is_left(scratch)
    with open_project(folder) as project:
        (response,) = project.store.responses()
    assert response.token == TOKENS[0]
    assert response.complete
    said = {answer.column: answer.value for answer in response.answers}
    assert {column: said[column] for column in ("hours", "people", "since", "quarter", "mail")} == {
        column: CANONICAL[column] for column in ("hours", "people", "since", "quarter", "mail")
    }


def test_a_form_that_refuses_them_is_no_success(folder):
    """A required answer is missing: the demo fails instead of going round for ever."""
    with offered(folder, "en") as url, pytest.raises(OSError, match="422"):
        answer_on_the_web(url, Person(token=TOKENS[0], answers={}))


def put_first(folder, monkeypatch, content):
    """A `chromium` of the test's own stands first in the search path."""
    folder.mkdir()
    (folder / "chromium").write_text(content)
    (folder / "chromium").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_a_browser_that_does_not_work_stops_nobody(folder, tmp_path, scratch, monkeypatch):
    """No receipts come, and the same people answer over HTTP."""
    put_first(tmp_path / "bin", monkeypatch, "#!/bin/sh\nexit 1\n")
    with offered(folder, "en") as url:
        with browsing(url, (PERSON,)) as receipts:
            assert not list(receipts)
        assert over_http(url).endswith("/sent")
    nothing_of_the_browser_is_left(scratch)


def test_without_chromium_nothing_is_started(scratch, monkeypatch):
    """A machine without it: no receipts."""
    monkeypatch.setenv("PATH", str(scratch))
    with browsing("http://127.0.0.1:9/", (PERSON,)) as receipts:
        assert not list(receipts)
    assert not list(scratch.iterdir())


BROWSES = """
import signal, sys, threading
from pathlib import Path
from bench.web_form_material import ANSWERS, TOKENS
from scanform.cli.demo_browser import browsing
from scanform.cli.demo_people import Person, offered
from scanform.workflow.project.signals import ends_on_signals

people = (Person(token=TOKENS[0], answers=ANSWERS), Person(token=TOKENS[1], answers={}))  # stays on the first page
try:
    with ends_on_signals(), offered(Path(sys.argv[1]), "en") as url, browsing(url, people) as receipts:
        for _ in receipts:
            print("answered", flush=True)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not has_browser(), reason="needs Chromium")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["INT", "TERM"])
def test_asked_to_end_meanwhile_nothing_is_left(folder, scratch, number):
    """Ctrl-C or a request to end while somebody still answers: the browser, its driver and their files are gone."""
    command = [sys.executable, "-c", BROWSES, folder]
    with started(disposed(command, ignored=[signal.SIGINT]), cwd=ROOT) as process:  # where `bench` is
        assert process.stdout.readline() == "answered\n"
        assert at_work_in(scratch)
        process.send_signal(number)
        assert process.communicate() == ("interrupted\n", "")
        nothing_is_left(process)
        assert not list(scratch.iterdir())
        nothing_of_the_browser_is_left(scratch)
