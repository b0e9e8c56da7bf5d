"""Forms of which pages are missing, with real scans: listed, accepted with a reason, complete again by themselves,
and on the list to scan again.
"""

import csv
import io
import re
from dataclasses import replace

import cv2
import numpy as np
import pikepdf
import pytest

from bench.review_states import hand_in
from review_ui.app import create_app
from scanform.model.page import Fate
from scanform.store import ledger
from scanform.store.acts.seals import broken_seals
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.release import ReleaseDesk
from scanform.workflow.insight.overview import overview
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.missing_pages import (
    accept,
    missing_pages,
    scan_again_csv,
    take_back,
    take_waiver_back,
    waive_pages,
)
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk
from scanform.workflow.review.double_verification import VerificationDesk

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def project(tiny_survey, tmp_path):
    """Form 1 whole, of form 2 only the second page, of form 3 only the first; and a file that cannot be read."""
    folder = tmp_path / "in"
    folder.mkdir()
    tiny_survey.tiff(
        folder / "1.tif", *(tiny_survey.sheet(1, page, open="no", quiet="yes", seed=page) for page in (1, 2))
    )
    tiny_survey.tiff(
        folder / "=2.tif",
        tiny_survey.sheet(2, 2, open="no", quiet="yes", seed=5),
        tiny_survey.sheet(3, 1, open="no", quiet="yes", seed=6),
    )
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.5 no end")
    with tiny_survey.project(tmp_path / "p") as opened:
        read_batch(opened, [folder], serial())
        yield opened


def obstacles(project):
    desk = Desk(project)
    return {
        obstacle.name: obstacle.count for obstacle in ReleaseDesk(desk, VerificationDesk(desk)).readiness().obstacles
    }.get("incomplete", 0)


@pytest.mark.slow
def test_what_is_missing_and_where_to_look(project, tiny_survey):
    found = missing_pages(project, language="en")
    first, second, third = tiny_survey.form_ids[:3]
    assert {(form.form, form.token, form.missing) for form in found.forms} == {
        (second, "T2", (1,)),
        (third, "T3", (2,)),
    }
    assert {form.form: [(page.number, page.position) for page in form.came] for form in found.forms} == {
        second: [(2, "1")],
        third: [(1, "2")],
    }
    assert first not in {form.form for form in found.forms}
    (lost,) = found.pages
    assert lost.file.endswith("damaged.pdf")
    assert lost.reason
    desk = Desk(project)
    assert overview(project, desk, unplaced=0).incomplete == found.open_forms == obstacles(project) == 2


@pytest.mark.slow
def test_accepted_taken_back_and_complete_again(project, tiny_survey, tmp_path):
    """An acceptance takes the form out of the way; taking it back, or the missing page, ends it."""
    _, second, third, _ = tiny_survey.form_ids
    assert accept(project, second, reviewer="sue", reason=" the page was torn ", uuid="a")
    assert not accept(project, second, reviewer="sue", reason="again")
    assert not accept(project, tiny_survey.form_ids[0], reviewer="sue", reason="is whole")
    accepted = {form.form: form.accepted for form in missing_pages(project).forms}
    assert (accepted[second].reviewer, accepted[second].reason, accepted[second].pages) == (
        "sue",
        "the page was torn",
        (1,),
    )
    assert accepted[third] is None
    assert obstacles(project) == 1
    assert take_back(project, second, reviewer="ben")
    assert not take_back(project, second, reviewer="ben")
    assert obstacles(project) == 2
    assert accept(project, second, reviewer="ben", reason="still torn")
    tiny_survey.jpeg(tmp_path / "late.jpg", 2, 1, open="no", seed=9)
    read_batch(project, [tmp_path / "late.jpg"], serial())
    assert [form.form for form in missing_pages(project).forms] == [third]
    with project.store.reading() as tx:
        assert broken_seals(tx) == []


@pytest.mark.slow
def test_an_acceptance_is_about_certain_pages(project, tiny_survey):
    """When another page is missing than the one that was accepted, nobody has accepted that."""
    second = tiny_survey.form_ids[1]
    accept(project, second, reviewer="sue", reason="torn")
    response = next(response for response in project.store.responses() if response.id == second)
    project.store.save_responses(
        [replace(response, pages_missing=(1, 2))], kind="paper", label="anew", at=response.received_at
    )
    assert next(form for form in missing_pages(project).forms if form.form == second).accepted is None
    assert obstacles(project) == 2


@pytest.mark.slow
def test_the_screen_without_scripts(project, tiny_survey):
    """Forms and reasons by plain forms; the list for the stacks as CSV that no spreadsheet takes for a formula."""
    second, third = tiny_survey.form_ids[1:3]
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()

    def page():
        return http.get("/missing", base_url=BASE).get_data(as_text=True)

    def send(path, **fields):
        token = re.search(r'name="csrf_token" value="([^"]+)"', page())[1]
        return http.post(path, data={"csrf_token": token, **fields}, base_url=BASE).status_code

    assert page().count("data-form=") == 2
    assert "2</strong> forms lack pages" in http.get("/overview", base_url=BASE).get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(http.get("/missing.csv", base_url=BASE).data.decode("utf-8-sig"))))
    assert rows[0] == ["form", "token", "page", "reason", "batch", "file", "position"]
    assert {(row[0], row[2]) for row in rows[1:]} == {(second, "1"), (third, "2"), ("", "")}
    assert all(not cell.startswith("=") for row in rows for cell in row)
    assert send(f"/missing/{second}/accept", reason=" ") == 422
    assert send(f"/missing/{second}/accept", reason="<i>torn</i>") == 303
    assert send(f"/missing/{second}/accept", reason="twice") == 409
    assert "&lt;i&gt;torn&lt;/i&gt;" in page()
    assert "by kim" in page()
    assert send(f"/missing/{second}/take-back") == 303
    assert "by kim" not in page()


# --- pages of which nothing can be had --------------------------------------------------------------------------------

LOST = (Fate.UNKNOWN_FORM, Fate.DAMAGED, Fate.ERROR, Fate.REVIEW)


@pytest.fixture
def lost(house):
    """A foreign, a damaged and a locked page, one that nobody can place, and one that was read."""
    with open_project(house) as opened:
        hand_in(opened, "Monday", (*LOST, Fate.READ))
        yield opened


def in_the_way(project):
    desk = Desk(project)
    return {
        obstacle.name: obstacle.count for obstacle in ReleaseDesk(desk, VerificationDesk(desk)).readiness().obstacles
    }.get("pages", 0)


def counted(project):
    """The open pages on every screen and list."""
    rows = list(csv.reader(io.StringIO(scan_again_csv(project, language="en").decode("utf-8-sig"))))
    listed = sum(not row[0] for row in rows)
    found = {
        in_the_way(project),
        missing_pages(project).open_pages,
        overview(project, Desk(project), unplaced=0).refused,
        listed,
    }
    assert len(found) == 1
    return found.pop()


def test_pages_that_nobody_can_read_are_accepted_with_a_reason(lost, tmp_path):
    """They keep their fate and stay in all sums; an act can be sent twice, is sealed, is told in the export, and can
    be taken back.
    """
    before = project_status(lost)
    pages = [page.id for page in missing_pages(lost).pages]
    assert (counted(lost), len(pages)) == (4, 4)
    assert not waive_pages(lost, pages, reviewer="sue", reason="  ")
    assert not waive_pages(lost, [*pages, 999], reviewer="sue", reason="torn")
    assert not waive_pages(lost, [], reviewer="sue", reason="torn")
    assert waive_pages(lost, pages[:3], reviewer="sue", reason=" foreign sheets ", uuid="a")
    assert waive_pages(lost, pages[:3], reviewer="sue", reason=" foreign sheets ", uuid="a")
    assert not waive_pages(lost, pages[2:], reviewer="sue", reason="again")
    assert counted(lost) == 1
    after = project_status(lost)
    assert (after.pages, after.sums_agree, after.waived) == (before.pages, True, 3)
    done = export_dataset(lost, tmp_path / "out")
    with (tmp_path / "out" / "waived.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(row["kind"], row["problem"], row["reason"], row["accepted_by"]) for row in rows} == {
        ("page", fate.value, "foreign sheets", "sue") for fate in LOST[:3]
    }
    assert done.waived == 3
    assert take_waiver_back(lost, pages[0], reviewer="ben")
    assert not take_waiver_back(lost, pages[0], reviewer="ben")
    assert counted(lost) == 2
    with lost.store.reading() as tx:
        assert broken_seals(tx) == []
    for page in pages[1:3]:
        assert take_waiver_back(lost, page, reviewer="ben")
    export_dataset(lost, tmp_path / "out")
    assert (tmp_path / "out" / "waived.csv").read_text("utf-8-sig").count("\n") == 1


def test_a_page_that_is_read_after_all_is_accepted_no_longer(lost):
    """An act is about a page with just that fate: what became of it later counts, and it comes back when the fate
    does.
    """
    pages = [page.id for page in missing_pages(lost).pages]
    assert waive_pages(lost, pages, reviewer="sue", reason="all of them")
    assert counted(lost) == 0
    with lost.store.writing() as tx:
        ledger.set_fates(tx, {pages[1]: Fate.REVIEW, pages[2]: Fate.READ})
    assert counted(lost) == 1
    assert project_status(lost).waived == 2


def test_the_screen_of_lost_pages(lost):
    """Ticked pages are accepted with one reason; without a reason, or with nothing ticked, it says so and keeps what
    was ticked.
    """
    browser = create_app(Desk(lost), reviewer="sue", language="en").test_client()

    def post(path, **form):
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/missing", base_url=BASE).text)[1]
        return browser.post(path, data={"csrf_token": token, **form}, base_url=BASE)

    pages = [page.id for page in missing_pages(lost).pages]
    page = browser.get("/missing", base_url=BASE).text
    assert page.count('type="checkbox"') == 4
    refused = post("/missing/pages/accept", page=[str(pages[0])], reason=" ")
    assert refused.status_code == 422
    assert f'value="{pages[0]}" checked' in refused.text
    assert post("/missing/pages/accept", reason="torn", page=["x", "²", "9" * 40]).status_code == 422
    assert post("/missing/pages/accept", page=[str(one) for one in pages[:2]], reason="<b>torn</b>").status_code == 303
    page = browser.get("/missing", base_url=BASE).text
    assert page.count('type="checkbox"') == 2
    assert page.count("&lt;b&gt;torn&lt;/b&gt;") == 2
    assert post("/missing/pages/accept", page=[str(pages[0])], reason="again").status_code == 409
    assert post(f"/missing/pages/{pages[0]}/take-back").status_code == 303
    assert post(f"/missing/pages/{pages[0]}/take-back").status_code == 409
    assert counted(lost) == 3
    release = browser.get("/release", base_url=BASE).text
    assert 'href="/missing?lang=en"' in release


@pytest.mark.slow
def test_real_files_that_nobody_can_read_stand_in_no_way_for_ever(tiny_survey, tmp_path):
    """Foreign paper, a damaged file, an empty one and one with a password: each is listed with its reason, and can
    be accepted.
    """
    folder = tmp_path / "in"
    folder.mkdir()
    foreign = np.full((2339, 1654), 255, np.uint8)
    for line in range(20):
        cv2.putText(
            foreign,
            f"A letter that nobody asked for, line {line}",
            (150, 200 + 90 * line),
            cv2.FONT_HERSHEY_SIMPLEX,
            1.6,
            (0,),
            3,
        )
    cv2.imwrite(str(folder / "foreign.png"), foreign)
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.5 no end")
    (folder / "empty.pdf").write_bytes(b"")
    with pikepdf.new() as locked:
        locked.add_blank_page()
        locked.save(folder / "locked.pdf", encryption=pikepdf.Encryption(owner="a", user="b"))
    tiny_survey.tiff(
        folder / "1.tif", *(tiny_survey.sheet(1, page, open="no", quiet="yes", seed=page) for page in (1, 2))
    )
    with tiny_survey.project(tmp_path / "p") as project:
        read_batch(project, [folder], serial())
        found = missing_pages(project, language="en").pages
        assert {page.file.rpartition("/")[2] for page in found} == {
            "foreign.png",
            "damaged.pdf",
            "empty.pdf",
            "locked.pdf",
        }
        assert all(page.reason for page in found)
        assert counted(project) == 4
        assert waive_pages(project, [page.id for page in found], reviewer="sue", reason="nothing to be had")
        assert counted(project) == 0
        assert project_status(project).sums_agree
        read_batch(project, [folder], serial())
        assert counted(project) == 0
