"""Editions: loaded once per process, from wherever they lie, and again when what may change about them has changed."""

import hashlib
import pickle
from dataclasses import dataclass, field

import pytest

from scanform.errors import InternalError
from scanform.model.page import Fate, PageRef
from scanform.recognize.marks import features
from scanform.scan.files.limits import Limits
from scanform.workflow.printing.recipient_texts import RecipientTexts, dump_texts
from scanform.workflow.project.folders import LAYOUTS, RECIPIENTS
from scanform.workflow.reading.edition import Editions, FolderSource, editions_of
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob


@dataclass(eq=False)
class Shelf:
    """A source without a folder: it gives what it holds, and counts how often it is asked."""

    held: dict
    version: int = 0
    asked: list = field(default_factory=list)

    def _give(self, what, *of):
        self.asked.append((what, *of))
        return self.held[(what, *of)]

    def layout(self, digest):
        return self._give("layout", digest)

    def blank(self, digest, page):
        return self._give("blank", digest, page.number)

    def questionnaire(self, layout):
        return self._give("questionnaire", layout.digest)

    def weak_zones(self, digest):
        return self._give("weak_zones", digest)

    def recipients(self, digest):
        return self._give("recipients", digest)

    def readers(self):
        return self._give("readers")

    def state(self, layout):
        return self.version


def shelf_of(survey, **changed):
    """All that the folder of the survey holds of its edition, taken out of it."""
    source, digest = FolderSource(folder=str(survey.folder)), survey.layout.digest
    layout = source.layout(digest)
    held = {
        ("layout", digest): layout,
        ("questionnaire", digest): source.questionnaire(layout),
        ("weak_zones", digest): frozenset(),
        ("recipients", digest): None,
        ("readers",): source.readers(),
    }
    held |= {("blank", digest, page.number): source.blank(digest, page) for page in layout.pages}
    return Shelf(held={**held, **{(name, digest): value for name, value in changed.items()}})


def job(survey, path, editions):
    ref = PageRef(sha256=hashlib.sha256(path.read_bytes()).hexdigest(), path=str(path), index=0)
    return PageJob(ref=ref, file=str(path), editions=editions, digests=(survey.layout.digest,), limits=Limits())


def test_a_page_is_read_from_any_storage_and_an_edition_is_loaded_once(tiny_survey, tmp_path):
    """No folder is behind the source; two pages of one edition ask it for nothing twice, and read what the folder
    gives.
    """
    shelf = shelf_of(tiny_survey)
    for number in (1, 2):
        path = tiny_survey.jpeg(tmp_path / f"{number}.jpg", number, 1, open="no")
        found, known = (
            read_page(job(tiny_survey, path, one)) for one in (shelf, FolderSource(folder=str(tiny_survey.folder)))
        )
        assert found.outcome is Fate.READ
        assert found.reading == known.reading
    often = [what for what in set(shelf.asked) if shelf.asked.count(what) > (2 if what[0] == "blank" else 1)]
    assert often == []  # the blank page is looked at for its landmarks, then for its print
    assert not any(what[0] == "blank" and what[2] != 1 for what in shelf.asked)  # and none of a page that did not come


def test_an_edition_is_loaded_again_when_its_state_changes(tiny_survey):
    """Weak zones that are known from now on hold for the next page; layout and landmarks stay."""
    zone = tiny_survey.layout.page(1).zones[0].id
    shelf, digest = shelf_of(tiny_survey), tiny_survey.layout.digest
    editions = Editions(shelf)
    before, check = editions.edition(digest), editions.edition(digest).check(1)
    shelf.held["weak_zones", digest] = frozenset({zone})
    assert editions.edition(digest) is before
    shelf.version = 1
    after = editions.edition(digest)
    assert (before.weak, after.weak) == (frozenset(), frozenset({zone}))
    assert after.check(1) is check
    assert shelf.asked.count(("layout", digest)) == 1


def test_texts_of_recipients_that_a_later_print_writes_are_seen(tiny_survey, tmp_path):
    """The file of a project that changes while a process lives: its edition is another one from then on, and stays
    that.
    """
    with tiny_survey.project(tmp_path / "project") as project:
        source, digest = FolderSource(folder=str(project.folder)), tiny_survey.layout.digest
        before = editions_of(source).edition(digest)
        assert editions_of(FolderSource(folder=str(project.folder))).edition(digest) is before
        path = project.folder / LAYOUTS / digest / RECIPIENTS
        path.write_text(
            dump_texts(RecipientTexts(forms={"AAAAAA": {"token": "T9"}}, every={"token": ("T9",)})), encoding="utf-8"
        )
        after = editions_of(source).edition(digest)
        assert after is not before
        assert editions_of(source).edition(digest) is after
        assert source.recipients(digest).forms == {"AAAAAA": {"token": "T9"}}


def test_a_job_is_small(tiny_survey, tmp_path):
    """What goes to a worker is a reference to a page and to where its editions lie."""
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    one = job(tiny_survey, path, FolderSource(folder=str(tiny_survey.folder)))
    assert len(pickle.dumps(one)) < 2000
    assert pickle.loads(pickle.dumps(one)) == one


def test_weights_of_other_columns_end_the_run_and_are_no_fate_of_a_page(tiny_survey, tmp_path, monkeypatch):
    """What is wrong with the program itself is wrong for every page: none of them is put down as unreadable."""
    monkeypatch.setattr(features, "NAMES", features.NAMES[::-1])
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    with pytest.raises(InternalError):
        read_page(job(tiny_survey, path, FolderSource(folder=str(tiny_survey.folder))))
