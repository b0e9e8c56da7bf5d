"""Ingest in this process: each page one fate, sums that agree, duplicates, re-scans, photocopies, withdrawal."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from scanform.errors import InputError, UsageError
from scanform.model.page import Fate
from scanform.model.response import Missing, Status
from scanform.model.review import Decision, DecisionKind
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.collate import arrange, gathering, name_addressee
from scanform.workflow.pages.identify_page import identify_page
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.cases import effective_responses
from scanform.workflow.settling.contradicting_files import NUMBERS, SHEETS, held_files, say, take_back
from scanform.workflow.settling.withdraw import restore, withdraw


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "project") as found:
        yield found


def ingest(project, *paths):
    return read_batch(project, paths, serial())


def fates(project):
    """The fates of all pages that count; the sums have to agree."""
    status = project_status(project)
    assert status.sums_agree
    assert status.waiting == 0
    return dict(status.pages)


def values(response):
    return {answer.question: answer.value for answer in response.answers if answer.value}


@pytest.mark.slow
def test_a_form_in_two_files_becomes_one_response(project, tiny_survey, tmp_path):
    """Two pages in two files, the second first: one complete response with the answers and the token."""
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 2, quiet="no", days=["tu", "fr"])
    tiny_survey.jpeg(tmp_path / "in" / "b.jpg", 1, 1, open="no", floor="3", uses=["choir", "dance"])
    summary = ingest(project, tmp_path / "in")
    (response,) = project.store.responses()
    assert (response.id, response.token, response.complete) == (tiny_survey.form_ids[0], "T1", True)
    assert values(response) == {"open": "no", "floor": "3", "uses": "choir dance", "quiet": "no", "days": "tu fr"}
    assert (dict(summary.pages), summary.refused, summary.read) == ({Fate.READ: 2}, 0, 2)


@pytest.mark.slow
def test_a_missing_page_is_said_not_guessed(project, tiny_survey, tmp_path):
    """Page 2 has not come in: the response is incomplete and its answers say why they are absent."""
    ingest(project, tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no"))
    (response,) = project.store.responses()
    assert (response.complete, response.pages_missing) == (False, (2,))
    assert response.answer("quiet").missing is Missing.PAGE_MISSING
    ingest(project, tiny_survey.jpeg(tmp_path / "b.jpg", 1, 2, quiet="no"))
    (response,) = project.store.responses()
    assert (response.complete, response.answer("quiet").value) == (True, "no")


def test_a_second_run_changes_nothing(project, tiny_survey, tmp_path):
    """The same folder again: no file, no batch, no page more, and nothing is read."""
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 1, open="no")
    (tmp_path / "in" / "b.pdf").write_bytes(b"%PDF-1.4 damaged")
    first = ingest(project, tmp_path / "in")
    before = (project.store.batches(), project.store.responses(), fates(project))
    second = ingest(project, tmp_path / "in")
    assert (second.new_files, second.read, second.batch) == (0, 0, None)
    assert (second.pages, second.refused) == (first.pages, first.refused)
    assert (project.store.batches(), project.store.responses(), fates(project)) == before


@pytest.mark.slow
def test_the_same_bytes_under_another_name_are_duplicates(project, tiny_survey, tmp_path):
    """Each page of a byte-identical file is a duplicate, once per name, also when it is damaged."""
    sheets = [tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(1, 2)]
    tiny_survey.tiff(tmp_path / "in" / "a.tif", *sheets)
    shutil.copy(tmp_path / "in" / "a.tif", tmp_path / "in" / "b.tif")
    (tmp_path / "in" / "c.pdf").write_bytes(b"%PDF-1.4 damaged")
    shutil.copy(tmp_path / "in" / "c.pdf", tmp_path / "in" / "d.pdf")
    expected = {Fate.READ: 2, Fate.DUPLICATE: 3, Fate.DAMAGED: 1}
    ingest(project, tmp_path / "in")
    assert fates(project) == expected
    ingest(project, tmp_path / "in")
    assert fates(project) == expected
    assert len(project.store.responses()) == 1


def test_a_sheet_scanned_again_counts_once(project, tiny_survey, tmp_path):
    """Same identity and same ink in another file: a re-scan."""
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 1, open="no", floor="2", seed=3)
    tiny_survey.jpeg(tmp_path / "in" / "b.jpg", 1, 1, open="no", floor="2", seed=3, quality=60)
    ingest(project, tmp_path / "in")
    assert fates(project) == {Fate.READ: 1, Fate.RESCAN: 1}
    assert len(project.store.responses()) == 1


def photocopied(tiny_survey, path):
    """Two people's sheets with one printed number, front and back, front and back."""
    pages = [tiny_survey.sheet(1, 1, open="no", seed=1), tiny_survey.sheet(1, 2, quiet="yes", seed=2)]
    copies = [tiny_survey.sheet(1, 1, open="yes", floor="1", seed=3), tiny_survey.sheet(1, 2, quiet="no", seed=4)]
    return tiny_survey.tiff(path, *pages, *copies)


@pytest.mark.slow
def test_a_photocopy_filled_by_another_is_a_response_of_its_own(project, tiny_survey, tmp_path):
    """Same identity, different ink. That front and back are one person's the order does not prove where a form has two
    pages: a person confirms it. Who is the addressee is said by a person, too; the photocopy is shown once for review.
    """
    form = tiny_survey.form_ids[0]
    ingest(project, photocopied(tiny_survey, tmp_path / "stack.tif"))
    assert fates(project) == {Fate.READ: 2, Fate.COPY: 2}
    first, second = project.store.responses()
    assert (first.id, first.token, second.id, second.token) == (form, None, f"{form}.2", None)
    assert (values(first)["quiet"], values(second)["quiet"]) == ("yes", "no")
    assert (first.complete, second.complete, project_status(project).fields.get(Status.AUTO, 0)) == (False, False, 0)
    state = gathering(project, form)
    as_it_is = {leaf.page_id: one.copy for one in state.respondents for leaf in one.leaves}
    assert arrange(project, form, state.key, as_it_is, reviewer="kim") == ""
    assert name_addressee(project, form, gathering(project, form).key, 1, reviewer="kim") == ""
    first, second = project.store.responses()
    assert (first.token, first.complete, second.token, second.complete) == ("T1", True, None, True)
    assert [problem.slug for problem in first.problems + second.problems] == ["copy"]


@pytest.mark.slow
def test_a_page_is_put_to_another_respondent_by_a_command(project, tiny_survey, tmp_path):
    """The page that stood there goes where this one was; twice is refused."""
    path, form = photocopied(tiny_survey, tmp_path / "stack.tif"), tiny_survey.form_ids[0]
    ingest(project, path)
    identify_page(project, f"{path}#2", f"{form}.2", None)
    first, second = project.store.responses()
    assert (values(first)["quiet"], values(second)["quiet"]) == ("no", "yes")
    assert fates(project) == {Fate.READ: 2, Fate.COPY: 2}
    with pytest.raises(UsageError):
        identify_page(project, f"{path}#2", f"{form}.2", None)
    identify_page(project, f"{path}#4", f"{form}.3", None)
    assert len(project.store.responses()) == 3


@pytest.mark.slow
def test_an_empty_page_of_a_photocopy_follows_its_neighbour(project, tiny_survey, tmp_path):
    """Page 2 is empty on both forms, so that its ink tells nothing; it belongs to the page before it."""
    stack = [
        tiny_survey.sheet(1, 1, open="no", seed=1),
        tiny_survey.sheet(1, 2),
        tiny_survey.sheet(1, 1, floor="1", seed=3),
        tiny_survey.sheet(1, 2),
    ]
    stack[3] = np.roll(stack[3], 2, axis=0)
    ingest(project, tiny_survey.tiff(tmp_path / "stack.tif", *stack))
    assert fates(project) == {Fate.READ: 2, Fate.COPY: 2}
    assert [response.pages_missing for response in project.store.responses()] == [(), ()]


@pytest.mark.slow
def test_a_faint_first_scan_makes_no_second_respondent(project, tiny_survey, tmp_path):
    """The first scan lost most of its strokes; the good one after it is the same sheet, or waits: never a form of
    its own.
    """
    good = tiny_survey.sheet(1, 1, open="no", floor="2", uses=["choir", "dance"], seed=3)
    bad = np.where(cv2.GaussianBlur(good, (0, 0), 2.0) > 92, 255, 0).astype(np.uint8)
    ingest(project, tiny_survey.tiff(tmp_path / "bad.tif", bad))
    ingest(project, tiny_survey.tiff(tmp_path / "good.tif", good))
    assert len(project.store.responses()) == 1
    assert Fate.COPY not in fates(project)


def two_pages_off(tiny_survey, path):
    """Each back bears the number of the next form."""
    return tiny_survey.tiff(
        path,
        *[
            sheet
            for form in (1, 2, 3)
            for sheet in (
                tiny_survey.sheet(form, 1, open="no", seed=form),
                tiny_survey.sheet(form + 1, 2, quiet="yes" if form == 1 else "no", seed=form + 10),
            )
        ],
    )


@pytest.mark.slow
def test_backs_that_bear_the_next_number_are_held(project, tiny_survey, tmp_path):
    """Nothing of these forms is taken, the pattern is named, a person says what is right, and takes it back."""
    summary = ingest(project, two_pages_off(tiny_survey, tmp_path / "stack.tif"))
    assert "sheets-next" in {remark.problem.slug for remark in summary.remarks}
    assert all(
        response.held and not response.complete and response.token is None for response in project.store.responses()
    )
    status = project_status(project)
    assert [(one.pattern, one.forms) for one in status.sheets] == [("next", tuple(sorted(tiny_survey.form_ids[:4])))]
    (file,) = held_files(project)
    assert say(project, file.key, SHEETS, reviewer="kim", uuid="a") == ""
    assert say(project, file.key, NUMBERS, reviewer="sue", uuid="b") == "changed"
    found = {response.id: response for response in project.store.responses()}
    assert {
        name: (values(response)["open"], values(response)["quiet"], response.token, response.complete)
        for name, response in found.items()
    } == {
        tiny_survey.form_ids[0]: ("no", "yes", "T1", True),
        tiny_survey.form_ids[1]: ("no", "no", "T2", True),
        tiny_survey.form_ids[2]: ("no", "no", "T3", True),
    }
    ingest(project, tmp_path / "stack.tif")
    (file,) = held_files(project)
    assert file.said is not None
    assert take_back(project, file.key, reviewer="kim") == ""
    assert all(response.held for response in project.store.responses())
    (file,) = held_files(project)
    assert say(project, file.key, NUMBERS, reviewer="kim") == ""
    assert {response.id: response.complete for response in project.store.responses()} == dict(
        zip(
            sorted(tiny_survey.form_ids),
            [*[name in tiny_survey.form_ids[1:3] for name in sorted(tiny_survey.form_ids)]],
            strict=True,
        )
    )


@pytest.mark.slow
def test_withdrawing_a_batch_and_bringing_it_back(project, tiny_survey, tmp_path):
    """A withdrawn batch is gone from responses and sums, its re-scan counts instead; restored, all is as before."""
    first = ingest(project, tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no", floor="2", seed=3))
    ingest(project, tiny_survey.jpeg(tmp_path / "b.jpg", 1, 1, open="no", floor="2", seed=3, quality=60))
    before = (fates(project), project.store.responses())
    withdraw(project, first.batch)
    assert fates(project) == {Fate.READ: 1}
    (response,) = project.store.responses()
    assert response.answer("open").evidence.ref.path.endswith("b.jpg")
    assert project_status(project).withdrawn_pages == 1
    with pytest.raises(UsageError, match="already"):
        withdraw(project, first.batch)
    assert project_status(project).withdrawn_pages == 1
    restore(project, first.batch)
    assert (fates(project), project.store.responses()) == before
    with pytest.raises(UsageError, match="not withdrawn"):
        restore(project, first.batch)
    assert (fates(project), project.store.responses()) == before


@pytest.mark.slow
def test_a_withdrawn_photocopy_original_keeps_the_names(project, tiny_survey, tmp_path):
    """When the batch of the form is withdrawn, its photocopy stays what it was: decisions are bound to its name."""
    first = ingest(project, tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no", seed=1))
    ingest(project, tiny_survey.jpeg(tmp_path / "b.jpg", 1, 1, open="yes", floor="1", seed=2))
    withdraw(project, first.batch)
    assert [response.id for response in project.store.responses()] == [f"{tiny_survey.form_ids[0]}.2"]


@pytest.mark.slow
def test_a_withdrawn_file_can_be_handed_in_again(project, tiny_survey, tmp_path):
    """After a trial run was withdrawn the same files count in the real run; both restored, they count once."""
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    first = ingest(project, path)
    withdraw(project, first.batch)
    assert fates(project) == {}
    again = ingest(project, path)
    assert (again.new_files, again.read, fates(project)) == (1, 0, {Fate.READ: 1})
    restore(project, first.batch)
    assert fates(project) == {Fate.READ: 1, Fate.DUPLICATE: 1}


@pytest.mark.slow
def test_decisions_survive_withdrawal_and_new_scans(project, tiny_survey, tmp_path):
    """What a person corrected outranks every machine value that comes later."""
    first = ingest(project, tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no", floor="2", seed=3))
    item = f"{tiny_survey.form_ids[0]}/open"
    correction = Decision(
        uuid="1",
        item=item,
        version=1,
        reviewer="anna",
        kind=DecisionKind.CORRECT,
        from_value="no",
        to_value="now",
        at="2026-01-01T00:00:00+00:00",
    )
    assert project.store.add_decision(correction)
    ingest(project, tiny_survey.jpeg(tmp_path / "b.jpg", 1, 1, open="no", floor="2", seed=3, quality=60))
    withdraw(project, first.batch)
    assert [response.answer("open").value for response in effective_responses(project)] == ["now"]
    restore(project, first.batch)
    assert [(r.answer("open").value, r.answer("open").status) for r in effective_responses(project)] == [
        ("now", Status.CORRECTED)
    ]


def test_foreign_blank_and_damaged_pages_have_their_fates(project, tiny_survey, tmp_path):
    """Every kind of paper that is not a form of ours is named, and harms nothing else."""
    folder = tmp_path / "in"
    tiny_survey.jpeg(folder / "good.jpg", 1, 1, open="no")
    foreign = np.full((1754, 1240), 245, np.uint8)
    for line in range(30):
        cv2.putText(foreign, "An invoice with many words", (100, 100 + 50 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.2, 20, 2)
    cv2.imwrite(str(folder / "foreign.png"), foreign)
    noise = np.random.default_rng(1).normal(245, 3, (1754, 1240)).clip(0, 255).astype(np.uint8)
    cv2.imwrite(str(folder / "blank.png"), noise)
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "text.txt").write_text("hello")
    (folder / "link.jpg").symlink_to("good.jpg")
    cut = (folder / "good.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(cut[: len(cut) // 3])
    summary = ingest(project, folder)
    assert fates(project) == {Fate.READ: 1, Fate.UNKNOWN_FORM: 1, Fate.BLANK: 1, Fate.DAMAGED: 4}
    named = {remark.path.rpartition("/")[2]: remark.problem.slug for remark in summary.remarks}
    assert named.keys() >= {"empty.pdf", "text.txt", "link.jpg", "cut.jpg"}
    assert summary.refused == 5


def test_a_form_of_another_project_is_an_unknown_form(project, tiny_survey, tmp_path):
    """A valid code with a digest that was never printed here names an unknown form."""
    shutil.rmtree(project.layouts_folder / tiny_survey.layout.digest)
    ingest(project, tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1))
    assert fates(project) == {Fate.UNKNOWN_FORM: 1}


def test_a_missing_path_is_refused_before_anything_is_read(project, tiny_survey, tmp_path):
    """A mistyped name ends the command; nothing was taken in."""
    good = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1)
    with pytest.raises(InputError, match="nothing-here"):
        ingest(project, good, tmp_path / "nothing-here")
    assert project.store.batches() == []


def test_originals_are_kept_and_never_altered(project, tiny_survey, tmp_path):
    """The archive holds the bytes; a deleted original is still shown."""
    path = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    content = path.read_bytes()
    ingest(project, path)
    assert path.read_bytes() == content
    path.unlink()
    (response,) = project.store.responses()
    ref = response.answer("open").evidence.ref
    assert ref.path == str(path)
    assert Path(project.original(ref).path).read_bytes() == content


def without_codes(survey, form, page, **answers):
    """A page on which both QR codes and the printed id are painted over."""
    gray = survey.sheet(form, page, **answers)
    scale = gray.shape[1] / 210
    for code in survey.layout.page(page).codes:
        rect = code.rect.grown(2)
        x, y, right, bottom = (round(value * scale) for value in (rect.x, rect.y, rect.right, rect.bottom))
        gray[max(0, y) : bottom, max(0, x) : right] = 235
    return gray


@pytest.mark.slow
def test_neighbours_tell_a_page_without_codes(project, tiny_survey, tmp_path):
    """Between page 1 of a form and page 1 of the next one: page 2 is read, and shown to a person once."""
    sheets = [
        tiny_survey.sheet(1, 1, open="no"),
        without_codes(tiny_survey, 1, 2, quiet="yes"),
        tiny_survey.sheet(2, 1),
        tiny_survey.sheet(2, 2),
    ]
    ingest(project, tiny_survey.tiff(tmp_path / "a.tif", *sheets))
    assert fates(project) == {Fate.READ: 4}
    response = next(found for found in project.store.responses() if found.id == tiny_survey.form_ids[0])
    assert (response.complete, values(response)["quiet"]) == (True, "yes")
    assert "identity-by-neighbours" in {problem.slug for problem in response.problems}
    assert any(answer.page == 2 and answer.status is Status.REVIEW for answer in response.answers)


@pytest.mark.slow
def test_without_sure_neighbours_a_person_identifies_the_page(project, tiny_survey, tmp_path):
    """Alone in its file the page waits for help; a person reads the number on the margin."""
    sheet = without_codes(tiny_survey, 3, 2, quiet="yes")
    path = tiny_survey.tiff(tmp_path / "a.tif", sheet)
    assert ingest(project, path).refused == 1
    assert fates(project) == {Fate.REVIEW: 1}
    with pytest.raises(UsageError):
        identify_page(project, str(path), "AAAAA-BBBBBBB-C", None)
    assert identify_page(project, f"{path}#1", tiny_survey.form_ids[2], None).outcome is Fate.READ
    assert fates(project) == {Fate.READ: 1}
    (response,) = project.store.responses()
    assert (response.id, values(response)["quiet"]) == (tiny_survey.form_ids[2], "yes")
    assert ingest(project, path).refused == 0
    with pytest.raises(UsageError):
        identify_page(project, f"{path}#1", tiny_survey.form_ids[2], None)


@pytest.mark.slow
def test_blank_is_proven_and_doubt_waits_for_a_person(project, tiny_survey, tmp_path):
    """A pale form, one grey and one white are no proof of blank paper; white beside a page of its file that shows
    something is.
    """
    folder = tmp_path / "doubt"
    folder.mkdir()
    sheet = tiny_survey.sheet(1, 1).astype(np.float32)
    pale = 240 - (255 - sheet) * 0.05 + np.random.default_rng(1).normal(0, 2, sheet.shape)
    white = np.full(sheet.shape, 255, np.uint8)
    cv2.imwrite(str(folder / "a.png"), pale.clip(0, 255).astype(np.uint8))
    cv2.imwrite(str(folder / "b.png"), np.full(sheet.shape, 210, np.uint8))
    cv2.imwrite(str(folder / "c.png"), white)
    tiny_survey.tiff(folder / "d.tif", tiny_survey.sheet(2, 1), white)
    ingest(project, folder)
    assert fates(project) == {Fate.READ: 1, Fate.REVIEW: 3, Fate.BLANK: 1}
