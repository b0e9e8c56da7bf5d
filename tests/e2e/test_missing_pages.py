"""Forms of which pages are missing, with real scans: listed, accepted with a reason, complete again by themselves, and on the list to scan again."""

import csv
import io
import re
from dataclasses import replace

import pytest

from review_ui.app import create_app
from scanform.store.seals import broken_seals
from scanform.workflow.executors import serial
from scanform.workflow.missing_pages import accept, missing_pages, take_back
from scanform.workflow.overview import overview
from scanform.workflow.read_batch import read_batch
from scanform.workflow.release import ReleaseDesk
from scanform.workflow.review_fields import Desk
from scanform.workflow.second_look import SecondDesk

BASE = "http://127.0.0.1:8765"


@pytest.fixture
def project(tiny_survey, tmp_path):
    """Form 1 whole, of form 2 only the second page, of form 3 only the first; and a file that cannot be read."""
    folder = tmp_path / "in"
    folder.mkdir()
    tiny_survey.tiff(folder / "1.tif", *(tiny_survey.sheet(1, page, open="no", quiet="yes", seed=page) for page in (1, 2)))
    tiny_survey.tiff(folder / "=2.tif", tiny_survey.sheet(2, 2, open="no", quiet="yes", seed=5), tiny_survey.sheet(3, 1, open="no", quiet="yes", seed=6))
    (folder / "damaged.pdf").write_bytes(b"%PDF-1.5 no end")
    with tiny_survey.project(tmp_path / "p") as opened:
        read_batch(opened, [folder], serial())
        yield opened


def obstacles(project):
    desk = Desk(project)
    return {obstacle.name: obstacle.count for obstacle in ReleaseDesk(desk, SecondDesk(desk)).readiness().obstacles}.get("incomplete", 0)


@pytest.mark.slow
def test_what_is_missing_and_where_to_look(project, tiny_survey):
    found = missing_pages(project, language="en")
    first, second, third = tiny_survey.form_ids[:3]
    assert {(form.form, form.token, form.missing) for form in found.forms} == {(second, "T2", (1,)), (third, "T3", (2,))}
    assert {form.form: [(page.number, page.position) for page in form.came] for form in found.forms} == {second: [(2, "1")], third: [(1, "2")]}
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
    assert (accepted[second].reviewer, accepted[second].reason, accepted[second].pages) == ("sue", "the page was torn", (1,))
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
    project.store.save_responses([replace(response, pages_missing=(1, 2))], kind="paper", label="anew", at=response.received_at)
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
