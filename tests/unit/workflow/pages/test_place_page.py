"""A person shows the corners of a page: read when the print proves them, refused otherwise; pages that no machine
could place, forms without ids included.
"""

import json
import os
import shutil
from dataclasses import replace
from functools import partial
from operator import call

import cv2
import numpy as np
import pytest

from scanform import pagecode
from scanform.errors import UsageError
from scanform.model.page import Fate, FoundBy
from scanform.page_result import PageResult
from scanform.scan.files.limits import Limits
from scanform.scan.load import rasterize
from scanform.store import ledger
from scanform.store.acts import manual_registrations
from scanform.store.records import ManualRegistrationKind
from scanform.workflow.foreign_forms.find_zones import find_zones
from scanform.workflow.foreign_forms.import_form import import_form
from scanform.workflow.intake.read_batch import page_job, read_batch
from scanform.workflow.pages.place_page import leave_page, place_page
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading.executors import Died, Standby, serial
from scanform.workflow.reading.page_views import ViewJob, page_picture, page_view

DPI = 150
PAGE = 2


@pytest.fixture(scope="session")
def printed(tmp_path_factory):
    """A project with one printed form of the shipped questionnaire, its form id, and the picture of its second page."""
    base = tmp_path_factory.mktemp("placed")
    with init_project(base / "project", template="begegnungsorte", language="en") as project:
        print_forms(project, PrintOrder(recipients=(None,), seed=3), base / "forms.pdf")
        settings = project.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
    form_id = json.loads((base / "forms.copies.json").read_text("utf-8"))[0]["form_id"]
    return base / "project", form_id, list(rasterize(base / "forms.pdf", dpi=DPI))


def nameless(gray, layout, number=PAGE):
    """The page with every marker and every code covered, lying on its side."""
    gray, scale, page = gray.copy(), DPI / 25.4, layout.page(number)
    for rect in [mark.rect for mark in page.fiducials] + [area.rect for area in page.codes]:
        x, y, right, bottom = (
            round(edge * scale) for edge in (rect.x - 1, rect.y - 1, rect.right + 1, rect.bottom + 1)
        )
        gray[y:bottom, x:right] = 70
    return np.ascontiguousarray(np.rot90(gray))


@pytest.fixture
def waiting(printed, tmp_path):
    """A project in which one page waits, and the corners of that page as printed."""
    folder, form_id, pages = printed
    shutil.copytree(folder, tmp_path / "project")
    with open_project(tmp_path / "project") as project:
        gray = nameless(pages[PAGE - 1], next(iter(project.layouts.values())))
        assert cv2.imwrite(str(tmp_path / "page.png"), gray)
        read_batch(project, [tmp_path / "page.png"], serial())
        with project.store.reading() as tx:
            (page,) = ledger.pages_with_fate(tx, [Fate.REVIEW, Fate.UNKNOWN_FORM])
        height, width = gray.shape
        yield (
            project,
            page,
            form_id,
            [(0, height), (0, 0), (width, 0), (width, height)],
        )  # turned counter-clockwise: its top is on the left


def stored(project, page):
    with project.store.reading() as tx:
        return (
            ledger.page_record(tx, page.id),
            ledger.fate_counts(tx),
            manual_registrations.manual_registrations(tx),
            project.store.responses(),
        )


def never(_):
    raise AssertionError("nothing had to be read")


@pytest.mark.slow
def test_shown_corners_are_read_once_and_recorded(waiting):
    """Read at T4, settled, with name and corners; shown again, by whomever, nothing is read and nothing changes."""
    project, page, form_id, corners = waiting
    placed = place_page(project, page, form_id, PAGE, corners, reviewer="kim", uuid="u1")
    assert (placed.outcome, placed.fate, placed.form_id) == (Fate.READ, Fate.READ, form_id)
    found, counts, acts, responses = stored(project, page)
    assert (found.identity.found_by, counts) == (FoundBy.PERSON, {Fate.READ: 1})
    assert [(act.kind, act.reviewer, act.corners_px, act.identity) for act in acts] == [
        (ManualRegistrationKind.PLACED, "kim", tuple(corners), found.identity)
    ]
    assert "placed-by-hand" in {problem.slug for problem in responses[0].problems}
    before = stored(project, page)
    again = [
        place_page(project, page, form_id, PAGE, corners, reviewer=name, uuid=uuid, read=never)
        for name, uuid in (("kim", "u1"), ("lee", "u2"))
    ]
    assert again == [placed, placed]
    assert stored(project, page) == before
    other = pagecode.form_id(found.identity.digest, "0000001")
    late = place_page(project, page, other, PAGE, corners, reviewer="lee", uuid="u3", read=never)
    assert (placed.by_other, late.by_other, late.form_id) == (
        False,
        True,
        form_id,
    )  # who comes later with another form is told
    assert not leave_page(project, page, reviewer="lee", uuid="u4")
    assert stored(project, page) == before


@pytest.mark.slow
def test_what_the_print_does_not_prove_leaves_no_trace(waiting):
    """Corners in the wrong order, another page of the form, a corner far off: not read, nothing stored."""
    project, page, form_id, corners = waiting
    before = stored(project, page)
    for number, shown in (
        (PAGE, corners[1:] + corners[:1]),
        (PAGE, [corners[0], corners[1], corners[2], (300, 300)]),
        (3, corners),
    ):
        refused = place_page(project, page, form_id, number, shown, reviewer="kim", uuid="u")
        assert refused.outcome is Fate.REVIEW
        assert "weak-registration" in {problem.slug for problem in refused.problems}
    assert stored(project, page) == before


@pytest.mark.slow
def test_what_cannot_be_is_refused_before_anything_is_read(waiting):
    """Mistyped ids, pages that the form does not have, corners that are none; and what the code on the page says
    outranks what is typed.
    """
    project, page, form_id, corners = waiting
    place = partial(place_page, project, page, reviewer="kim", uuid="u", read=never)
    digest = next(iter(project.layouts))
    for form, number, shown in (
        (form_id[:-1] + "*", PAGE, corners),
        ("nonsense", PAGE, corners),
        (digest, PAGE, corners),  # a printed form has ids
        (form_id, 0, corners),
        (form_id, 9, corners),
        (form_id, PAGE, corners[:3]),
        (form_id, PAGE, [*corners[:3], (float("nan"), 1)]),
    ):
        with pytest.raises(UsageError) as refused:
            place(form, number, shown)
        assert refused.value.remedy
    own = replace(
        page, identity=replace(place_identity(project, page, form_id), instance="0000000", found_by=FoundBy.CODE)
    )
    with pytest.raises(UsageError, match="says something else"):
        place_page(project, own, form_id, PAGE, corners, reviewer="kim", uuid="u", read=never)


def place_identity(project, page, form_id):
    from scanform.workflow.pages.place_page import identity_given

    return identity_given(project, page, form_id, PAGE)


@pytest.mark.slow
def test_two_who_place_a_page_at_once_place_it_once(waiting):
    """Whoever stores first is the one; the other sees how the page stands."""
    project, page, form_id, corners = waiting

    def read_slowly(job):
        with project.store.writing() as tx:
            ledger.replace_reading(
                tx,
                page.reading_id,
                PageResult(ref=page.ref, outcome=Fate.READ, identity=job.given),
                at="2026-01-01T00:00:00Z",
            )
        return PageResult(ref=page.ref, outcome=Fate.READ, identity=job.given, reading=object())

    placed = place_page(project, page, form_id, PAGE, corners, reviewer="kim", uuid="u", read=read_slowly)
    assert placed.outcome is Fate.READ
    assert stored(project, page)[2] == []


@pytest.mark.slow
def test_a_page_left_alone_keeps_its_fate(waiting):
    """Recorded once however often it is sent; the list shows it last, and it no longer counts as waiting."""
    project, page, _, _ = waiting
    desk = SortDesk(project)
    assert desk.waiting() == 1
    for _ in range(2):
        leave_page(project, page, reviewer="kim", uuid="u")
    assert [(act.kind, act.reviewer) for act in stored(project, page)[2]] == [(ManualRegistrationKind.LEFT, "kim")]
    assert stored(project, page)[0].fate is page.fate
    assert desk.waiting() == 0
    assert [card.left_by for card in desk.cards(language="en")] == ["kim"]


@pytest.mark.slow
def test_corners_are_presumed_from_the_print_and_the_page_is_shown_upright(waiting):
    """Where the features of the print put the page, within 3 mm; the picture is turned so that it can be read."""
    project, page, _, corners = waiting
    digest = next(iter(project.layouts))
    order = ViewJob(job=page_job(project, page, limits_of(project)), digest=digest, number=PAGE)
    view = page_view(order)
    assert (view.found, view.turn) == ("print", 90)
    assert np.abs(np.array(view.corners_px) - np.array(corners)).max() < 3 * DPI / 25.4
    unknown = page_view(replace(order, digest=None, number=None))
    assert (unknown.found, unknown.corners_px[0]) == ("picture", (0.0, 0.0))
    upright = cv2.imdecode(np.frombuffer(page_picture(replace(order, turn=90)), np.uint8), cv2.IMREAD_GRAYSCALE)
    assert upright.shape[0] > upright.shape[1]


@pytest.mark.slow
def test_forms_without_ids_that_look_alike_are_told_apart_by_a_person(printed, tmp_path):
    """Two imported forms with the same print: the machine chooses neither; a person names one, and its pages get an
    instance of their own.
    """
    blank = tmp_path / "blank.png"
    with open_project(printed[0]) as other:
        assert cv2.imwrite(str(blank), np.rot90(nameless(printed[2][PAGE - 1], next(iter(other.layouts.values()))), -1))
    with init_project(tmp_path / "foreign", empty=True, language="en") as made:
        settings = made.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
        for code in ("north", "south"):
            find_zones([blank], tmp_path / f"{code}.json", code=code)
            import_form(made, [blank], tmp_path / f"{code}.json")
    with open_project(tmp_path / "foreign") as project:
        read_batch(project, [blank], serial())
        with project.store.reading() as tx:
            (page,) = ledger.pages_with_fate(tx, [Fate.REVIEW])
        desk = SortDesk(project)
        view = desk.view(page.id, language="en")
        desk.close()
        assert (view.form, view.number, view.known) == ("", 0, False)
        choice = next(choice for choice in view.choices if "south" in choice.title)
        width, height = view.view.width, view.view.height
        placed = place_page(
            project, page, choice.form, 1, [(0, 0), (width, 0), (width, height), (0, height)], reviewer="kim", uuid="u"
        )
        found, _, _, (response,) = stored(project, page)
        assert (placed.outcome, found.identity.digest, found.form_id, response.questionnaire) == (
            Fate.READ,
            choice.form,
            response.id,
            "south",
        )
        assert "unknown-instance" not in {problem.slug for problem in response.problems}


@pytest.mark.slow
def test_a_worker_that_dies_is_replaced():
    """A page that ends the process that shows it costs that one answer; the next one comes from a new process."""
    worker = Standby(Limits())
    try:
        first = worker.run(call, os.getpid)
        assert isinstance(worker.run(call, partial(os._exit, 3)), Died)
        second = worker.run(call, os.getpid)
        assert len({first, second, os.getpid()}) == 3
        with pytest.raises(ZeroDivisionError):
            worker.run(call, partial(divmod, 1, 0))
        assert worker.run(call, os.getpid) == second
    finally:
        worker.close()
