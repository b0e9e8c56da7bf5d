"""Several sheets in one picture: each is a page of its own, with its own fate and place, once and for all."""

import shutil

import cv2
import numpy as np
import pytest

from scanform.model.page import Fate
from scanform.model.response import Status
from scanform.store import ledger
from scanform.workflow.insight.explain import explain
from scanform.workflow.insight.status import project_status
from scanform.workflow.insight.verify import verify
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.pages.identify_page import identify_page
from scanform.workflow.pages.place_page import place_page
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.crops import CropCutter
from scanform.workflow.settling.withdraw import restore, withdraw

PAPER = 246


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "project") as found:
        yield found


def ingest(project, *paths, **options):
    return read_batch(project, paths, serial(), **options)


def turned(gray, degrees):
    """A sheet turned about its middle, on white."""
    return np.asarray(
        cv2.warpAffine(
            gray,
            cv2.getRotationMatrix2D((gray.shape[1] / 2, gray.shape[0] / 2), degrees, 1),
            gray.shape[::-1],
            borderValue=(PAPER,),
        )
    )


def glass(width_mm, height_mm, *laid, seed=5):
    """A picture of the glass with sheets laid on it: (grey, left in mm, top in mm); what reaches over the edge is
    cut off.
    """
    scale = laid[0][0].shape[1] / 210 if laid[0][0].shape[1] < laid[0][0].shape[0] else laid[0][0].shape[0] / 210
    big = np.full((round(height_mm * scale), round(width_mm * scale)), PAPER, np.uint8)
    for gray, left, top in laid:
        y, x = round(top * scale), round(left * scale)
        rows, columns = (
            slice(max(0, y), min(big.shape[0], y + gray.shape[0])),
            slice(max(0, x), min(big.shape[1], x + gray.shape[1])),
        )
        big[rows, columns] = gray[rows.start - y : rows.stop - y, columns.start - x : columns.stop - x]
    noise = np.random.default_rng(seed).normal(0, 2, big.shape)
    return (big + noise).clip(0, 255).astype(np.uint8)


def save(path, gray):
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), gray)
    return path


def pages(project):
    """(place, fate, form, page number) of all pages that count; every picture has its pages, and the sums agree."""
    status = project_status(project)
    assert status.sums_agree
    with project.store.reading() as tx:
        found = ledger.pages_with_fate(tx, Fate)
    return [(page.ref.place, page.fate, page.form_id, page.identity.page if page.identity else None) for page in found]


def two_people(tiny_survey):
    one, two = (
        tiny_survey.sheet(1, 1, open="no", uses=["choir"]),
        tiny_survey.sheet(2, 1, open="yes", floor="3", seed=4),
    )
    return glass(426, 300, (one, 2, 2), (two, 214, 1))


def test_two_people_on_one_glass(project, tiny_survey, tmp_path):
    """Two forms side by side: two pages, each with its answers; the sums count one picture and two pages."""
    summary = ingest(project, save(tmp_path / "a3.png", two_people(tiny_survey)))
    one, two = tiny_survey.form_ids[:2]
    assert pages(project) == [("1.1", Fate.READ, one, 1), ("1.2", Fate.READ, two, 1)]
    assert (summary.pictures, sum(summary.pages.values())) == (1, 2)
    status = project_status(project)
    assert (status.files, status.pictures, status.pages_handed_in) == (1, 1, 2)
    values = {
        response.id: {answer.question: answer.value for answer in response.answers if answer.value}
        for response in project.store.responses()
    }
    assert values == {one: {"open": "no", "uses": "choir"}, two: {"open": "yes", "floor": "3"}}


@pytest.mark.slow
def test_evidence_lies_in_pixels_of_the_whole_picture(project, tiny_survey, tmp_path):
    """Boxes of the right sheet lie in the right half, and a crop of it shows what stands there."""
    picture = two_people(tiny_survey)
    path = save(tmp_path / "a3.png", picture)
    ingest(project, path)
    response = next(found for found in project.store.responses() if found.id == tiny_survey.form_ids[1])
    evidence = response.answer("open").evidence
    assert (evidence.ref.place, evidence.box.x > picture.shape[1] / 2) == ("1.2", True)
    cut = picture[evidence.box.y : evidence.box.y + evidence.box.h, evidence.box.x : evidence.box.x + evidence.box.w]
    assert np.percentile(cut, 1) < 100
    page = tiny_survey.layout.page(1)
    shown = cv2.imdecode(
        np.frombuffer(CropCutter(project, lambda _: tiny_survey.layout).page(evidence.ref, page.size), np.uint8),
        cv2.IMREAD_GRAYSCALE,
    )
    blank = cv2.resize(tiny_survey.sheet(2, 1, open="yes", floor="3", seed=4), shown.shape[::-1])
    assert np.corrcoef(cv2.blur(shown, (5, 5)).ravel(), cv2.blur(blank, (5, 5)).ravel())[0, 1] > 0.85
    found = explain(project, f"{path}#1.2", tmp_path / "why.png")
    boxes = [zone["box_px"] for zone in found.data["zones"]]
    assert found.data["form_id"] == tiny_survey.form_ids[1]
    assert min(box[0] for box in boxes) > picture.shape[1] / 2 - 40


def arranged(tiny_survey, how):
    """A picture, and the (form, page) that it shows in reading order."""
    first, back = tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(1, 2, quiet="no")
    other = tiny_survey.sheet(2, 1, open="yes")
    one, two = tiny_survey.form_ids[:2]
    small = [
        cv2.resize(sheet, None, fx=0.7071, fy=0.7071, interpolation=cv2.INTER_AREA)
        for sheet in (first, back, other, tiny_survey.sheet(3, 1))
    ]
    a5 = round(148.5 * first.shape[1] / 210), round(210 * first.shape[1] / 210)
    four = np.full((2 * a5[1], 2 * a5[0]), PAPER, np.uint8)
    for place, sheet in enumerate(small):
        y, x = place // 2 * a5[1], place % 2 * a5[0]
        four[y : y + sheet.shape[0], x : x + sheet.shape[1]] = sheet[: four.shape[0] - y, : four.shape[1] - x]
    return {
        "one above the other": (glass(216, 606, (first, 3, 2), (other, 2, 305)), [(one, 1), (two, 1)]),
        "one turned": (
            glass(426, 300, (first, 2, 2), (np.ascontiguousarray(other[::-1, ::-1]), 214, 1)),
            [(one, 1), (two, 1)],
        ),
        "one on its side": (
            glass(512, 300, (first, 2, 2), (np.ascontiguousarray(np.rot90(other)), 214, 20)),
            [(one, 1), (two, 1)],
        ),
        "booklet": (glass(420, 297, (back, 0, 0), (first, 210, 0)), [(one, 2), (one, 1)]),
        "front above back": (
            glass(210, 600, (first, 0, 0), (np.ascontiguousarray(back[::-1, ::-1]), 0, 303)),
            [(one, 1), (one, 2)],
        ),
        "askew": (glass(460, 330, (turned(first, 2), 4, 12), (turned(other, -3), 232, 14)), [(one, 1), (two, 1)]),
        "four to a sheet": (four, [(one, 1), (one, 2), (two, 1), (tiny_survey.form_ids[2], 1)]),
    }[how]


@pytest.mark.slow
@pytest.mark.parametrize(
    "how",
    ["one above the other", "one turned", "one on its side", "booklet", "front above back", "askew", "four to a sheet"],
)
def test_sheets_however_they_lie(project, tiny_survey, tmp_path, how):
    """Each sheet is read, in the order in which a viewer shows them."""
    picture, shown = arranged(tiny_survey, how)
    ingest(project, save(tmp_path / "scan.png", picture))
    assert [(form, number) for _, _, form, number in pages(project)] == shown
    assert all(fate is Fate.READ for _, fate, _, _ in pages(project))


@pytest.mark.slow
@pytest.mark.parametrize("shown_mm", [60, 110, 160])
def test_a_sheet_over_the_edge_is_never_passed_over(project, tiny_survey, tmp_path, shown_mm):
    """Of the second form only a part is on the glass: read as far as it goes or waiting for a person, but there;
    what is missing is not unanswered.
    """
    one, two = tiny_survey.sheet(1, 1, open="no"), tiny_survey.sheet(2, 1, open="yes")
    ingest(project, save(tmp_path / "scan.png", glass(214 + shown_mm, 300, (one, 2, 2), (two, 214, 1))))
    (first, second) = pages(project)
    assert first == ("1.1", Fate.READ, tiny_survey.form_ids[0], 1)
    assert second[0] == "1.2"
    assert second[1] in (Fate.READ, Fate.REVIEW, Fate.UNKNOWN_FORM)
    cut = [response for response in project.store.responses() if response.id == tiny_survey.form_ids[1]]
    whole = {zone.question for zone in tiny_survey.layout.page(1).zones}
    whole -= {zone.question for zone in tiny_survey.layout.page(1).zones if zone.rect.right > shown_mm + 1}
    assert all(
        answer.status is not Status.AUTO or answer.question in whole
        for response in cut
        for answer in response.answers
        if answer.page == 1
    )


def foreign(width_mm, height_mm, scale):
    """A slip of foreign paper with lines of print."""
    gray = np.full((round(height_mm * scale), round(width_mm * scale)), PAPER, np.uint8)
    for row in range(1, int(height_mm // 8)):
        cv2.putText(
            gray,
            "receipt 4711 thank you",
            (round(6 * scale), round(row * 8 * scale)),
            cv2.FONT_HERSHEY_SIMPLEX,
            scale / 9,
            40,
            1,
            cv2.LINE_AA,
        )
    return gray


@pytest.mark.slow
def test_what_lies_beside_a_form_is_named(project, tiny_survey, tmp_path):
    """A foreign slip beside a form has a fate of its own and says so; the form is read; empty paper beside it is
    nothing.
    """
    form = tiny_survey.sheet(1, 1, open="no")
    scale = form.shape[1] / 210
    summary = ingest(
        project, save(tmp_path / "slip.png", glass(330, 300, (form, 2, 2), (foreign(90, 70, scale), 230, 60)))
    )
    assert pages(project) == [("1.1", Fate.READ, tiny_survey.form_ids[0], 1), ("1.2", Fate.UNKNOWN_FORM, None, None)]
    assert next((remark.place, remark.problem.slug) for remark in summary.remarks) == ("1.2", "beside-a-form")
    ingest(project, save(tmp_path / "alone.png", glass(330, 300, (tiny_survey.sheet(2, 1, open="no"), 2, 2))))
    assert pages(project)[2:] == [("1", Fate.READ, tiny_survey.form_ids[1], 1)]


@pytest.mark.slow
def test_papers_around_a_form_ask_a_person_once(project, tiny_survey, tmp_path):
    """Slips on three sides of a form are one page that is foreign, around all of them: not one page each."""
    form = tiny_survey.sheet(1, 1, open="no")
    scale = form.shape[1] / 210
    slips = [(foreign(60, 50, scale), left, top) for left, top in ((8, 30), (8, 190), (320, 110))]
    ingest(project, save(tmp_path / "table.png", glass(400, 300, (form, 95, 2), *slips)))
    assert {fate: form for _, fate, form, _ in pages(project)} == {
        Fate.READ: tiny_survey.form_ids[0],
        Fate.UNKNOWN_FORM: None,
    }
    assert len(pages(project)) == 2
    with project.store.reading() as tx:
        (slip,) = [page for page in ledger.pages_with_fate(tx, Fate) if page.fate is Fate.UNKNOWN_FORM]
    assert "beside-a-form" in [problem.slug for problem in slip.problems]


@pytest.mark.slow
def test_a_second_run_and_the_same_bytes_again(project, tiny_survey, tmp_path):
    """A second run changes nothing; the same bytes under another name are a duplicate sheet by sheet; withdrawing
    and bringing back leaves all as it was.
    """
    path = save(tmp_path / "in" / "a3.png", two_people(tiny_survey))
    first = ingest(project, path)
    before = pages(project)
    assert ingest(project, path).read == 0
    assert pages(project) == before
    shutil.copy(path, tmp_path / "in" / "b3.png")
    ingest(project, tmp_path / "in")
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [
        ("1.1", Fate.READ),
        ("1.2", Fate.READ),
        ("1.1", Fate.DUPLICATE),
        ("1.2", Fate.DUPLICATE),
    ]
    withdraw(project, first.batch)
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [("1.1", Fate.READ), ("1.2", Fate.READ)]
    restore(project, first.batch)
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [
        ("1.1", Fate.READ),
        ("1.2", Fate.READ),
        ("1.1", Fate.DUPLICATE),
        ("1.2", Fate.DUPLICATE),
    ]
    assert verify(project).good


def without_codes(gray, layout, number=1):
    """A page whose codes and printed number are covered."""
    gray, scale = gray.copy(), gray.shape[1] / 210
    for area in layout.page(number).codes:
        rect = area.rect.grown(2)
        gray[round(rect.y * scale) : round(rect.bottom * scale), round(rect.x * scale) : round(rect.right * scale)] = (
            120
        )
    return gray


@pytest.mark.slow
def test_each_sheet_is_placed_by_hand(project, tiny_survey, tmp_path):
    """Two pages without codes on one glass: both wait, and each is said by itself which it is; `--retry` leaves no
    orphans and loses none of it.
    """
    one, two = (without_codes(tiny_survey.sheet(form, 1, open="no"), tiny_survey.layout) for form in (1, 2))
    path = save(tmp_path / "a3.png", glass(426, 300, (one, 2, 2), (two, 214, 1)))
    ingest(project, path)
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [("1.1", Fate.REVIEW), ("1.2", Fate.REVIEW)]
    identify_page(project, f"{path}#1.2", tiny_survey.form_ids[1], 1)
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [("1.1", Fate.REVIEW), ("1.2", Fate.READ)]
    ingest(project, path, retry=True)
    assert [(place, fate, form) for place, fate, form, _ in pages(project)] == [
        ("1.1", Fate.REVIEW, None),
        ("1.2", Fate.READ, tiny_survey.form_ids[1]),
    ]
    identify_page(project, f"{path}#1", tiny_survey.form_ids[0], 1)
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [("1.1", Fate.READ), ("1.2", Fate.READ)]
    assert len(project.store.responses()) == 2


@pytest.mark.slow
def test_read_again_a_picture_is_divided_anew(project, tiny_survey, tmp_path):
    """A picture of which nothing was read is looked at as a whole again on request, also where it was known under
    two names; no page is left over.
    """
    one, two = (without_codes(tiny_survey.sheet(form, 1, open="no"), tiny_survey.layout) for form in (1, 2))
    path = save(tmp_path / "in" / "a3.png", glass(426, 300, (one, 2, 2), (two, 214, 1)))
    shutil.copy(path, tmp_path / "in" / "b3.png")
    ingest(project, tmp_path / "in")
    before = pages(project)
    assert len(before) == 4
    with project.store.writing() as tx:
        (page, *_) = ledger.pages_with_fate(tx, [Fate.REVIEW])
        ledger.forget_sheets(tx, page.ref)
        assert [(page.ref.place, page.fate) for page in ledger.waiting_pages(tx)] == [("1", None), ("1", None)]
    ingest(project, path)
    assert pages(project) == before
    ingest(project, tmp_path / "in", retry=True)
    assert pages(project) == before
    assert verify(project).good


def nameless(gray, layout):
    """A page without markers and codes, which waits for a person."""
    gray, scale = gray.copy(), gray.shape[1] / 210
    for rect in [area.rect for area in layout.page(1).codes] + [mark.rect for mark in layout.page(1).fiducials]:
        grown = rect.grown(1)
        gray[
            round(grown.y * scale) : round(grown.bottom * scale), round(grown.x * scale) : round(grown.right * scale)
        ] = PAPER
    return gray


@pytest.mark.slow
def test_two_pages_that_no_mark_divides_are_placed_one_after_the_other(project, tiny_survey, tmp_path):
    """The picture is taken for one page until a person has placed one half; the other half waits then, and is placed as
    well. Nothing is lost when the same bytes came in twice.
    """
    one, two = (nameless(tiny_survey.sheet(form, 1, open="no"), tiny_survey.layout) for form in (1, 2))
    picture = glass(426, 300, (one, 2, 2), (two, 214, 1))
    path = save(tmp_path / "in" / "a3.png", picture)
    shutil.copy(path, tmp_path / "in" / "b3.png")
    ingest(project, tmp_path / "in")
    scale = one.shape[1] / 210
    for form, left, top in ((1, 2, 2), (2, 214, 1)):
        with project.store.reading() as tx:
            waiting = [
                page
                for page in ledger.pages_with_fate(tx, [Fate.REVIEW, Fate.UNKNOWN_FORM])
                if page.region or not page.ref.part
            ]
            page = next(page for page in waiting if not page.region or page.region[0][0] > 150 * scale or form == 1)
        corners = [((left + x) * scale, (top + y) * scale) for x, y in ((0, 0), (210, 0), (210, 297), (0, 297))]
        placed = place_page(project, page, tiny_survey.form_ids[form - 1], 1, corners, reviewer="kim", uuid=f"u{form}")
        assert (placed.fate, placed.form_id) == (Fate.READ, tiny_survey.form_ids[form - 1]), placed
    assert [(place, fate) for place, fate, _, _ in pages(project)] == [
        ("1.1", Fate.READ),
        ("1.2", Fate.READ),
        ("1.1", Fate.DUPLICATE),
        ("1.2", Fate.DUPLICATE),
    ]
    assert {response.id for response in project.store.responses()} == set(tiny_survey.form_ids[:2])
    assert verify(project).good
