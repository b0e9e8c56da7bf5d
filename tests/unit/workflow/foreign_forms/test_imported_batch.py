"""Mixed stacks of forms printed here and elsewhere: each page goes where its print says, forms of several pages come
together, nothing is lost or doubled.
"""

import shutil

import cv2
import numpy as np
import pytest

from scanform.errors import UsageError
from scanform.model.page import Fate, FoundBy
from scanform.model.response import Status
from scanform.store import ledger
from scanform.workflow.insight.status import project_status
from scanform.workflow.insight.verify import verify
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.identify_page import identify_page
from scanform.workflow.reading.executors import serial
from scanform.workflow.settling.withdraw import restore, withdraw
from tests.conftest import save_jpeg, save_tiff

pytestmark = pytest.mark.slow

CLUB = {
    "heard": ["1", "3"],
    "sat1": "1",
    "sat2": "2",
    "sat3": "4",
    "winter": "3",
    "crew": "d",
    "often": "2",
    "days": ["1", "7"],
}


def club(foreign_forms, seed, **answers):
    """Both pages of a filled club form."""
    return [foreign_forms.sheet("club", page, seed=seed + page, **(CLUB | answers)) for page in (1, 2)]


def letter():
    """A page of words that no form has."""
    gray = np.full((2339, 1654), 250, np.uint8)
    rng = np.random.default_rng(3)
    for row in range(24):
        words = " ".join("".join(rng.choice(list("abcdefghiklmnopqrstuvw"), rng.integers(2, 10))) for _ in range(9))
        cv2.putText(gray, words, (150, 250 + 75 * row), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 40, 2, cv2.LINE_AA)
    return gray


def paper():
    """Paper without print."""
    return np.random.default_rng(5).normal(245, 3, (2339, 1654)).clip(0, 255).astype(np.uint8)


def values(response):
    """Column -> value of the choices of a response."""
    return {answer.column: answer.value for answer in response.answers if answer.value}


@pytest.fixture(scope="module")
def mixed(foreign_forms, tiny_survey, tmp_path_factory):
    """A mixed stack, read once: the project's folder, the folder handed in, the summary."""
    base = tmp_path_factory.mktemp("mixed")
    tiny = [tiny_survey.sheet(1, page, open="no", quiet="yes", seed=page) for page in (1, 2)]
    quiz = foreign_forms.sheet("quiz", 1, k1="a", k2="c", team1="7", seed=9)
    pages = [
        *club(foreign_forms, 10),
        quiz,
        *tiny,
        *club(foreign_forms, 20, winter="1"),
        letter(),
        paper(),
        np.rot90(quiz, 2).copy(),
    ]
    save_tiff(base / "in" / "stack.tif", pages)
    with foreign_forms.project(base / "p") as project:
        return base, read_batch(project, [base / "in"], serial())


def test_every_page_goes_where_its_print_says(mixed, foreign_forms):
    """Two imported forms, one printed here, a letter and paper: fates, questionnaires and values; one quiz lies
    upside down.
    """
    base, summary = mixed
    assert dict(summary.pages) == {Fate.READ: 8, Fate.UNKNOWN_FORM: 1, Fate.BLANK: 1}
    from scanform.workflow.project.project import open_project

    with open_project(base / "p") as project:
        responses = project.store.responses()
        assert sorted(response.questionnaire for response in responses) == ["club", "club", "quiz", "quiz", "tiny"]
        assert all(response.complete for response in responses)
        clubs = sorted(values(response)["winter"] for response in responses if response.questionnaire == "club")
        assert clubs == ["1", "3"]
        first = next(
            values(response)
            for response in responses
            if response.questionnaire == "club" and values(response)["winter"] == "3"
        )
        assert {code: first[code] for code in CLUB} == {
            code: value if isinstance(value, str) else " ".join(value) for code, value in CLUB.items()
        }
        assert project_status(project).sums_agree
        assert verify(project).good
        with project.store.reading() as tx:
            found = [page.identity.found_by for page in ledger.pages_with_fate(tx, [Fate.READ])]
        assert found.count(FoundBy.CONTENT) == 6
        joined = [
            answer for response in responses for answer in response.answers if answer.problem == "joined-by-order"
        ]
        assert joined == []


def test_a_form_that_was_read_can_be_keyed_and_exported(mixed, tmp_path):
    """By the id that it got when it was read: keyed beside the scan. Export writes data set and codebook for each
    questionnaire, with the values read.
    """
    from scanform.workflow.dataset.export import export_dataset
    from scanform.workflow.project.project import open_project
    from scanform.workflow.review.key_entry import fields, find_form

    base, _ = mixed
    shutil.copytree(base / "p", tmp_path / "p")
    with open_project(tmp_path / "p") as project:
        quiz = next(response for response in project.store.responses() if response.questionnaire == "quiz")
        form = find_form(project, quiz.id)
        assert (form.questionnaire.code, form.scanned, form.known) == ("quiz", True, False)
        assert len(fields(form.questionnaire, "en")) == 40
        with pytest.raises(UsageError):
            find_form(project, quiz.id[:6] + "0000000" + quiz.id[13:])
        done = export_dataset(project, tmp_path / "out")
        assert {file.relative_to(tmp_path / "out").parts[0] for file in done.files} == {
            "club",
            "quiz",
            "tiny",
            "readings.csv",
        }
        rows = (tmp_path / "out" / "club" / "responses.csv").read_text("utf-8-sig").splitlines()
        assert len(rows) == 3
        assert "sat4" in rows[0]


def test_a_second_run_changes_nothing(mixed):
    """The same folder again: nothing is read, nothing changes."""
    from scanform.workflow.project.project import open_project

    base, summary = mixed
    with open_project(base / "p") as project:
        before = project.store.responses()
        again = read_batch(project, [base / "in"], serial())
        assert (again.read, again.new_files, again.pages) == (0, 0, summary.pages)
        assert project.store.responses() == before


def test_withdrawn_and_brought_back(mixed, tmp_path):
    """Withdrawing takes imported forms out, bringing back gives the same responses; handing in again while withdrawn
    gives the same form ids.
    """
    from scanform.workflow.project.project import open_project

    base, summary = mixed
    shutil.copytree(base / "p", tmp_path / "p")
    with open_project(tmp_path / "p") as project:
        before = project.store.responses()
        withdraw(project, summary.batch)
        assert project.store.responses() == []
        read_batch(project, [base / "in"], serial())
        assert [response.id for response in project.store.responses()] == [response.id for response in before]
        restore(project, summary.batch)
        assert {response.id: response.answers for response in project.store.responses()} == {
            response.id: response.answers for response in before
        }
        assert project_status(project).sums_agree


def test_files_of_one_page_are_put_together_in_the_order_of_their_names(foreign_forms, tmp_path):
    """scan9 comes before scan10; a form whose second page is missing is shown to a person once."""
    one, other = club(foreign_forms, 30), club(foreign_forms, 40, winter="1")
    for name, page in (("scan8", one[0]), ("scan9", one[1]), ("scan10", other[0])):
        save_jpeg(tmp_path / "in" / f"{name}.jpg", page)
    with foreign_forms.project(tmp_path / "p") as project:
        read_batch(project, [tmp_path / "in"], serial())
        whole, part = sorted(project.store.responses(), key=lambda response: not response.complete)
        assert values(whole)["winter"] == "3"
        assert values(whole)["crew"] == "d"
        assert part.pages_missing == (2,)
        shown = [answer for answer in part.answers if answer.problem == "joined-by-order"]
        assert len(shown) == 1
        assert shown[0].status is Status.REVIEW


def test_a_page_that_a_person_names_joins_the_form_beside_it(foreign_forms, tmp_path):
    """A page is unknown; a person says that it is the club's second. It is not read when its print does not prove
    that.
    """
    pages = club(foreign_forms, 50)
    save_tiff(tmp_path / "in" / "a.tif", [pages[0], letter()])
    with foreign_forms.project(tmp_path / "p") as project:
        summary = read_batch(project, [tmp_path / "in"], serial())
        assert dict(summary.pages) == {Fate.READ: 1, Fate.UNKNOWN_FORM: 1}
        name = f"{tmp_path / 'in' / 'a.tif'}#2"
        with pytest.raises(UsageError):
            identify_page(project, name, "nothing", 2)
        with pytest.raises(UsageError):
            identify_page(project, name, "club", None)
        result = identify_page(project, name, "club", 2)
        assert result.outcome is Fate.REVIEW
        assert len(project.store.responses()) == 1
        assert project_status(project).sums_agree


def test_a_page_that_can_be_read_later_completes_its_form(foreign_forms, tmp_path, monkeypatch):
    """The second page failed in the first run; named by a person it is read and joins the form of the page before
    it.
    """
    from scanform.workflow.reading import identify

    pages = club(foreign_forms, 60)
    save_tiff(tmp_path / "in" / "a.tif", [*pages, *club(foreign_forms, 70, winter="1")])
    by_content = identify._by_content
    with foreign_forms.project(tmp_path / "p") as project:
        monkeypatch.setattr(
            identify,
            "_by_content",
            lambda loaded, scan: None if loaded.job.ref.index == 1 else by_content(loaded, scan),
        )
        summary = read_batch(project, [tmp_path / "in"], serial())
        assert dict(summary.pages) == {Fate.READ: 3, Fate.UNKNOWN_FORM: 1}
        before = {response.id for response in project.store.responses()}
        assert identify_page(project, f"{tmp_path / 'in' / 'a.tif'}#2", "club", 2).outcome is Fate.READ
        assert {response.id for response in project.store.responses()} == before
        assert all(response.complete for response in project.store.responses())


def test_retry_reads_what_was_unknown_before_the_form_was_taken_in(foreign_forms, tiny_survey, tmp_path):
    """Scans that came before the form was imported are unknown; with --retry they are read."""
    save_tiff(tmp_path / "in" / "a.tif", club(foreign_forms, 80))
    with tiny_survey.project(tmp_path / "p") as project:
        assert dict(read_batch(project, [tmp_path / "in"], serial()).pages) == {Fate.UNKNOWN_FORM: 2}
        digest = foreign_forms.layouts["club"].digest
        shutil.copytree(foreign_forms.folder / "layouts" / digest, project.layouts_folder / digest)
        assert dict(read_batch(project, [tmp_path / "in"], serial(), retry=True).pages) == {Fate.READ: 2}
        assert [response.complete for response in project.store.responses()] == [True]


def test_a_sheet_scanned_twice_is_said_and_can_be_put_to_its_form(foreign_forms, tmp_path):
    """The same sheet in two scans: both count until a person says that it is one; then the second is a re-scan.
    Another hand is none.
    """
    sheet = foreign_forms.sheet("quiz", 1, k1="a", k2="c", k9="d", team1="7", seed=9)
    other_hand = foreign_forms.sheet("quiz", 1, k1="a", k2="c", k9="d", team1="7", seed=77)
    save_jpeg(tmp_path / "in" / "1.jpg", sheet)
    save_jpeg(tmp_path / "in" / "2.jpg", sheet, quality=60)
    save_jpeg(tmp_path / "in" / "3.jpg", other_hand)
    with foreign_forms.project(tmp_path / "p") as project:
        assert dict(read_batch(project, [tmp_path / "in"], serial()).pages) == {Fate.READ: 3}
        shown = {
            response.id: [a for a in response.answers if a.problem == "maybe-scanned-twice"]
            for response in project.store.responses()
        }
        with project.store.reading() as tx:
            by_file = {
                page.ref.path.rsplit("/", 1)[1]: page.form_id for page in ledger.pages_with_fate(tx, [Fate.READ])
            }
        assert [len(shown[by_file[name]]) for name in ("1.jpg", "2.jpg", "3.jpg")] == [0, 1, 0]
        identify_page(project, str(tmp_path / "in" / "2.jpg"), by_file["1.jpg"], None)
        assert sorted(response.id for response in project.store.responses()) == sorted(
            (by_file["1.jpg"], by_file["3.jpg"])
        )
        status = project_status(project)
        assert status.pages == {Fate.READ: 2, Fate.RESCAN: 1}
        assert status.sums_agree
        assert verify(project).good


def test_a_page_in_the_wrong_form_is_put_right(foreign_forms, tmp_path):
    """Second page of one, first page of the other are lost: the order says one form, a person says two."""
    one, other = club(foreign_forms, 90), club(foreign_forms, 95, often="4")
    save_tiff(tmp_path / "in" / "a.tif", [one[0], other[1]])
    with foreign_forms.project(tmp_path / "p") as project:
        read_batch(project, [tmp_path / "in"], serial())
        assert [response.complete for response in project.store.responses()] == [True]
        identify_page(project, f"{tmp_path / 'in' / 'a.tif'}#2", "new", None)
        assert [response.pages_missing for response in project.store.responses()] in ([(1,), (2,)], [(2,), (1,)])
        assert project_status(project).sums_agree
        assert verify(project).good
