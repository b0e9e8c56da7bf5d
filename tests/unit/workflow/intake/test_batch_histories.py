"""Ingest, withdraw and restore in any order over real scans: what counts follows from the batches that count, and
nothing changes twice.
"""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from scanform.errors import UsageError
from scanform.model.page import Fate
from scanform.store import ledger
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.settling.withdraw import restore, withdraw

SCANS = {
    "one.tif": ((1, 1, {"open": "no"}), (1, 2, {"quiet": "yes"})),
    "two.tif": ((2, 1, {"open": "yes"}), (2, 2, {"quiet": "no"})),
    "again.tif": ((1, 1, {"open": "no"}), (1, 2, {"quiet": "yes"})),
    "front.tif": ((3, 1, {"open": "now"}),),
    "both.tif": ((4, 1, {"open": "yes"}), (4, 2, {"quiet": "no"}), (2, 1, {"open": "yes"}), (2, 2, {"quiet": "no"})),
}
"""File -> pages as (form, page, crosses); a form that comes in twice was scanned twice."""
COPIES = {"twin.tif": "front.tif"}
"""Files with the very bytes of another one."""


def make_stack(tiny_survey, base, names):
    """The scans, and a project in which every page has been read once and withdrawn, so that each history begins at
    once.
    """
    for shade, name in enumerate(names):  # each scan has bytes of its own
        sheets = [np.clip(tiny_survey.sheet(form, page, **crosses), shade, 255) for form, page, crosses in SCANS[name]]
        for path in (base / name, base / "read" / f"before-{name}"):
            tiny_survey.tiff(path, *sheets)
    for name, other in COPIES.items():
        shutil.copy(base / other, base / name)
    with tiny_survey.project(base / "project") as project:
        read_batch(project, [base / "read"], serial())
        withdraw(project, 1)
    return base, tiny_survey.form_ids, names


@pytest.fixture(scope="module")
def stack(tiny_survey, tmp_path_factory):
    """All scans."""
    return make_stack(tiny_survey, tmp_path_factory.mktemp("stack"), tuple(SCANS))


@pytest.fixture(scope="module")
def page(tiny_survey, tmp_path_factory):
    """One page, and its copy."""
    return make_stack(tiny_survey, tmp_path_factory.mktemp("page"), ("front.tif",))


class History:
    """A copy of the project, and what plain rules say of it."""

    def __init__(self, base, form_ids, names):
        self.base, self.form_ids = base, form_ids
        self.folder = Path(tempfile.mkdtemp(prefix="batches-"))
        self.project = open_project(shutil.copytree(base / "project", self.folder / "project"))
        self.batches = [(frozenset(f"before-{name}" for name in names), False)]
        self.known = {}

    def close(self):
        self.project.close()
        shutil.rmtree(self.folder)

    def ingest(self, names):
        """Hand in files (some perhaps for the second time); the same once more changes nothing."""
        paths = [self.base / name for name in sorted(names)]
        fresh = names - frozenset().union(
            *(files for files, counts in self.batches if counts)
        )  # what was withdrawn can be handed in anew
        found = read_batch(self.project, paths, serial())
        assert (found.new_files, found.read) == (len(fresh), 0)
        assert (found.batch is not None) is bool(fresh)
        if fresh:
            assert found.batch == len(self.batches) + 1
            self.batches.append((fresh, True))
        before = self.state()
        again = read_batch(self.project, paths, serial())
        assert (again.new_files, again.read, again.batch) == (0, 0, None)
        assert self.state() == before

    def turn(self, number):
        """Withdraw a batch that counts, or bring it back; the same once more is refused."""
        files, counts = self.batches[number - 1]
        act, undo = (withdraw, restore) if counts else (restore, withdraw)
        before = self.state()
        act(self.project, number)
        after = self.state()
        with pytest.raises(UsageError):
            act(self.project, number)
        assert self.state() == after
        undo(self.project, number)
        assert self.state() == before
        act(self.project, number)
        assert self.state() == after
        self.batches[number - 1] = (files, not counts)

    def state(self):
        """The fates of the pages that count, and everything that the responses say."""
        with self.project.store.reading() as tx:
            pages = [
                (batch.id, page)
                for batch in ledger.batches(tx)
                if not batch.withdrawn_at
                for page in ledger.pages_of_batch(tx, batch.id)
            ]
            counts = dict(ledger.fate_counts(tx))
        answers = {
            response.id: (response.complete, response.token, response.problems, response.answers)
            for response in self.project.store.responses()
        }
        return (
            {(batch, page.ref.path.rpartition("/")[2], page.ref.index): page.fate for batch, page in pages},
            counts,
            answers,
        )

    def counted(self):
        """The pages of the files that count, as (file, form, page, crosses)."""
        return [(name, *page) for _, name, pages in self._files() for page in pages]

    def check(self):
        """Each form is one response with the values of its pages that count; each page that counts has one fate; the
        whole is a function of what counts.
        """
        fates, counts, answers = self.state()
        pages = self.counted()
        assert sum(counts.values()) == len(pages)
        assert set(answers) == {self.form_ids[form - 1] for _, form, _, _ in pages}
        for number, form in enumerate(self.form_ids, 1):
            said = {page: crosses for _, of, page, crosses in pages if of == number}
            if said:
                complete, token, _, found = answers[form]
                values = {answer.question: answer.value for answer in found if answer.question in {"open", "quiet"}}
                assert (complete, token) == (len(said) == 2, f"T{number}")
                assert values == {"open": said.get(1, {}).get("open", ""), "quiet": said.get(2, {}).get("quiet", "")}
                given = [
                    fates[batch, name, at]
                    for batch, name, sheets in self._files()
                    for at, sheet in enumerate(sheets)
                    if sheet[0] == number
                ]
                assert given.count(Fate.READ) == len(said)
                assert set(given) <= {Fate.READ, Fate.RESCAN, Fate.DUPLICATE}
        key = tuple(self.batches)
        whole = (counts, answers)
        assert self.known.setdefault(key, whole) == whole

    def _files(self):
        """(batch, file, its pages) of all files that count."""
        counting = (
            (number, name) for number, (files, counts) in enumerate(self.batches, 1) if counts for name in sorted(files)
        )
        return [(number, name, SCANS[COPIES.get(name, name).removeprefix("before-")]) for number, name in counting]


class Histories(RuleBasedStateMachine):
    """Random files, random batches."""

    stack = None

    @initialize()
    def begin(self):
        """A fresh copy."""
        self.history = History(*self.stack)

    def teardown(self):
        self.history.close()

    @rule(names=st.sets(st.sampled_from(sorted({**SCANS, **COPIES})), min_size=1, max_size=3))
    def ingest(self, names):
        """Some files."""
        self.history.ingest(frozenset(names))

    @precondition(lambda self: self.history.batches)
    @rule(data=st.data())
    def turn(self, data):
        """Some batch."""
        self.history.turn(data.draw(st.integers(1, len(self.history.batches))))

    @invariant()
    def what_counts_counts_once(self):
        """After every step."""
        self.history.check()


def test_withdrawn_handed_in_again_and_restored_counts_once(page):
    """The common case: the wrong scan, withdrawn, handed in once more under its own name and another one, and
    brought back.
    """
    history = History(*page)
    try:
        history.ingest(frozenset({"front.tif"}))
        history.turn(2)
        history.ingest(frozenset({"front.tif", "twin.tif"}))
        for number in (1, 2, 3):
            history.turn(number)
            history.check()
    finally:
        history.close()


@pytest.mark.slow
def test_any_history_of_batches_comes_to_what_counts(stack):
    """Files, copies of files, re-scans and pages of one form in several files, in any order of acts."""
    Histories.stack = stack
    Histories.TestCase.settings = settings(
        max_examples=10,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    Histories.TestCase("runTest").runTest()
