"""Taking in a form that was printed elsewhere: blank and layout have to belong together, and the questionnaire to
both.
"""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest

from bench.foreign import clinic_form, club_form, quiz_form
from scanform.errors import InputError, StoreError, TemplateError, UsageError
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.questionnaires.write_yaml import questionnaire_yaml
from scanform.model.geometry import RectMm
from scanform.model.layout import ZoneKind
from scanform.model.questionnaire import Filled, Matrix, QuestionKind
from scanform.scan.load import rasterize
from scanform.workflow.foreign_forms.blank_pages import load_blanks
from scanform.workflow.foreign_forms.find_zones import find_zones
from scanform.workflow.foreign_forms.import_form import import_filled, import_form
from scanform.workflow.project.misfits import misfits
from scanform.workflow.project.project import add_questionnaire, init_project, open_project
from tests.conftest import save_jpeg


@pytest.fixture(scope="module")
def club(tmp_path_factory):
    """The drawn form of a club."""
    return club_form(tmp_path_factory.mktemp("club"))


@pytest.fixture
def project(tmp_path):
    """A project without a questionnaire."""
    with init_project(tmp_path / "p", empty=True, language="en") as opened:
        yield opened


def written(layout, folder, name="layout.json"):
    """The file of a layout."""
    (folder / name).write_text(dump_layout(layout), encoding="utf-8")
    return folder / name


def shifted(layout, dx, dy, *, only=None):
    """The layout with its zones (or those of one question) moved."""

    def moved(rect):
        return RectMm(x=rect.x + dx, y=rect.y + dy, w=rect.w, h=rect.h)

    def zone(one):
        hit = only is None or one.question == only
        return replace(one, rect=moved(one.rect), cells=tuple(moved(cell) for cell in one.cells)) if hit else one

    return replace(
        layout, pages=tuple(replace(page, zones=tuple(zone(one) for one in page.zones)) for page in layout.pages)
    )


def test_a_form_is_taken_in(project, club, tmp_path):
    """Layout, blank pages and questionnaire land in the project; doing it again changes nothing."""
    layout = written(club.layout, tmp_path)
    done = import_form(project, [club.pdf], layout)
    assert done.problems == ()
    assert done.questionnaire is not None
    assert done.layout.imported
    kept = load_layout((done.folder / "layout.json").read_text("utf-8"))
    assert kept == done.layout
    assert done.folder.name == kept.digest
    for page in kept.pages:
        gray = cv2.imread(str(done.folder / page.blank), cv2.IMREAD_GRAYSCALE)
        assert gray.shape == (3508, 2481)
    assert import_form(project, [club.pdf], layout).known


@pytest.mark.slow
def test_the_questionnaire_asks_what_stands_on_the_form(project, club, tmp_path):
    """Kinds, options, cells and the matrix come from the zones; the result is a valid questionnaire without misfits."""
    done = import_form(project, [club.pdf], written(club.layout, tmp_path))
    questionnaire = load_questionnaire(done.questionnaire)
    assert misfits(questionnaire, done.layout) == ()
    assert questionnaire.question("heard").kind is QuestionKind.MULTIPLE
    assert [option.code for option in questionnaire.question("crew").options] == list("abcdef")
    assert questionnaire.question("joined").cells == (4,)
    assert questionnaire.question("better").lines == 4
    matrix = next(item for section in questionnaire.sections for item in section.items if isinstance(item, Matrix))
    assert [row.code for row in matrix.rows] == ["sat1", "sat2", "sat3", "sat4"]


def test_bubbles_are_meant_to_be_filled(tmp_path):
    """A layout where filling is marking makes such a questionnaire."""
    quiz = quiz_form(tmp_path)
    (tmp_path / "quiz.yaml").write_text(questionnaire_yaml(quiz.layout, language="en"), encoding="utf-8")
    questionnaire = load_questionnaire(tmp_path / "quiz.yaml")
    assert questionnaire.filled is Filled.MARK
    assert misfits(questionnaire, quiz.layout) == ()


@pytest.mark.slow
def test_several_pictures_of_any_resolution(project, club, tmp_path):
    """One picture a page, 150 dpi, one of them scanned a little crooked: the blank pages stand straight and in
    millimetres.
    """
    pages = list(rasterize(club.pdf, dpi=150))
    turn = cv2.getRotationMatrix2D((pages[1].shape[1] / 2, pages[1].shape[0] / 2), -1.2, 1.0)
    pages[1] = cv2.warpAffine(pages[1], turn, (pages[1].shape[1], pages[1].shape[0]), borderValue=255)
    files = [save_jpeg(tmp_path / f"blank{number}.jpg", page) for number, page in enumerate(pages, 1)]
    done = import_form(project, files, written(club.layout, tmp_path))
    assert done.problems == ()
    truth = list(rasterize(club.pdf, dpi=300))
    for page, gray in zip(done.layout.pages, truth, strict=True):
        blank = cv2.imread(str(done.folder / page.blank), cv2.IMREAD_GRAYSCALE)
        (dx, dy), _ = cv2.phaseCorrelate(255.0 - blank, 255.0 - gray[: blank.shape[0], : blank.shape[1]])
        assert abs(dx) < 4
        assert abs(dy) < 4


def test_zones_without_print_are_named(project, club, tmp_path):
    """One question was measured in the wrong place: the form is taken in, its zones are named."""
    done = import_form(project, [club.pdf], written(shifted(club.layout, 6.0, 3.0, only="winter"), tmp_path))
    assert {problem.where for problem in done.problems} == {"winter.1", "winter.2", "winter.3"}
    assert {problem.slug for problem in done.problems} == {"no-outline"}


@pytest.mark.slow
def test_a_blank_of_another_form_is_refused(project, club, tmp_path):
    """Most boxes have nothing printed in their place: nothing is written."""
    with pytest.raises(InputError) as refusal:
        import_form(project, [club.pdf], written(shifted(club.layout, 9.0, 4.0), tmp_path))
    assert refusal.value.slug == "not-this-form"
    assert list((project.folder / "layouts").iterdir()) == []
    assert list((project.folder / "questionnaires").iterdir()) == []


def test_pages_and_paper_have_to_agree(project, club, tmp_path):
    """A page too few, or a picture of another shape, is said before anything is written."""
    layout = written(club.layout, tmp_path)
    first, second = rasterize(club.pdf, dpi=100)
    one = save_jpeg(tmp_path / "1.jpg", first)
    with pytest.raises(InputError) as refusal:
        import_form(project, [one], layout)
    assert refusal.value.slug == "page-count"
    half = save_jpeg(tmp_path / "2.jpg", second[: second.shape[0] // 2])
    with pytest.raises(InputError) as refusal:
        import_form(project, [one, half], layout)
    assert refusal.value.slug == "wrong-ratio"


def test_files_that_are_none(project, club, tmp_path):
    """No layout, a broken one, one of a printed form, no picture: each has its own message."""
    layout = written(club.layout, tmp_path)
    (tmp_path / "text.pdf").write_text("no form", encoding="utf-8")
    (tmp_path / "broken.json").write_text("{}", encoding="utf-8")
    for blank, zones in (
        ([tmp_path / "text.pdf"], layout),
        ([tmp_path / "none.pdf"], layout),
        ([club.pdf], tmp_path / "broken.json"),
        ([club.pdf], tmp_path / "none.json"),
    ):
        with pytest.raises(InputError):
            import_form(project, blank, zones)


def test_a_layout_printed_here_needs_no_import(project, tiny_survey, club, tmp_path):
    """A layout with registration marks belongs to a form of ours."""
    with pytest.raises(InputError) as refusal:
        import_form(project, [club.pdf], written(tiny_survey.layout, tmp_path))
    assert refusal.value.slug == "printed-here"


def test_contradictions_in_a_layout_are_listed(project, club, tmp_path):
    """Two zones of one name, a box off the page, an option twice: all are said at once."""
    data = json.loads(dump_layout(club.layout))
    zones = data["pages"][0]["zones"]
    zones[1]["id"] = zones[0]["id"]
    zones[2]["rect_mm"] = [300, 10, 4, 4]
    zones[5]["option"] = zones[4]["option"]
    (tmp_path / "bad.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        import_form(project, [club.pdf], tmp_path / "bad.json")
    assert str(refusal.value).count("\n") >= 3


def test_codes_that_cannot_be_used_are_named(project, club, tmp_path):
    """A word that is reserved in R cannot name a question: nothing is written."""
    text = dump_layout(club.layout).replace('"question": "remarks"', '"question": "else"')
    (tmp_path / "reserved.json").write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match="else"):
        import_form(project, [club.pdf], tmp_path / "reserved.json")
    assert list((project.folder / "questionnaires").iterdir()) == []


@pytest.mark.slow
def test_another_edition_needs_another_version(project, club, tmp_path):
    """The same zones over other print have the same digest: refused, as scans could not be told apart by it."""
    layout = written(club.layout, tmp_path)
    import_form(project, [club.pdf], layout)
    pages = [gray.copy() for gray in rasterize(club.pdf, dpi=300)]
    cv2.putText(pages[0], "SECOND PRINT RUN", (900, 3200), cv2.FONT_HERSHEY_SIMPLEX, 3, 0, 8)
    files = [tmp_path / f"{number}.png" for number in (1, 2)]
    for file, page in zip(files, pages, strict=True):
        cv2.imwrite(str(file), page)
    with pytest.raises(StoreError):
        import_form(project, files, layout)


@pytest.mark.slow
def test_people_go_on_describing_the_form(project, club, tmp_path):
    """Texts in the questionnaire may change at any time; a question that stands on the form may not vanish from it."""
    done = import_form(project, [club.pdf], written(club.layout, tmp_path))
    described = done.questionnaire.read_text("utf-8").replace('text: "winter"', 'text: "Do you row in winter?"')
    done.questionnaire.write_text(described, encoding="utf-8")
    with open_project(project.folder) as again:
        assert again.questionnaire_of(done.layout).question("winter").text.get("en") == "Do you row in winter?"
    changed = tmp_path / "club.yaml"
    changed.write_text(described.replace('question: "winter"', 'question: "summer"'), encoding="utf-8")
    with pytest.raises(TemplateError, match="winter"):
        add_questionnaire(open_project(project.folder), changed)
    done.questionnaire.write_text(described.replace('question: "winter"', 'question: "summer"'), encoding="utf-8")
    with pytest.raises(TemplateError, match="winter"):
        open_project(project.folder)
    with open_project(project.folder, edited=True) as again, pytest.raises(TemplateError, match="winter"):
        again.questionnaire_of(done.layout)


@pytest.mark.slow
def test_a_questionnaire_that_is_there_already_has_to_fit(project, club, tmp_path):
    """Another version, or other questions, under the same code: said, nothing is overwritten."""
    source = tmp_path / "club.yaml"
    source.write_text(questionnaire_yaml(replace(club.layout, version="7"), language="en"), encoding="utf-8")
    with add_questionnaire(project, source) as opened:
        with pytest.raises(UsageError, match="7"):
            import_form(opened, [club.pdf], written(club.layout, tmp_path))
        source.write_text(
            questionnaire_yaml(shifted(club.layout, 0, 0), language="en").replace('"joined"', '"since"'),
            encoding="utf-8",
        )
    with (
        add_questionnaire(open_project(project.folder), source) as opened,
        pytest.raises(TemplateError, match="joined"),
    ):
        import_form(opened, [club.pdf], written(club.layout, tmp_path))


@pytest.mark.slow
def test_filled_scans_give_the_blank_page(project, tmp_path, foreign_forms):
    """Six filled quizzes and no empty one: what they share is the form; a scan of it is then read."""
    pages = [
        foreign_forms.sheet("quiz", 1, **{f"k{n}": "abcd"[(n * k + k) % 4] for n in range(1, 37)}, seed=k)
        for k in range(6)
    ]
    files = [save_jpeg(tmp_path / f"{number}.jpg", page) for number, page in enumerate(pages)]
    done = import_filled(project, files, written(foreign_forms.layouts["quiz"], tmp_path))
    assert done.layout.digest == foreign_forms.layouts["quiz"].digest
    blank = cv2.imread(str(done.folder / "page-1.png"), cv2.IMREAD_GRAYSCALE)
    inside = [
        zone.rect.grown(-1.2)
        for zone in done.layout.pages[0].zones
        if zone.kind is ZoneKind.MARK and zone.id not in {p.where for p in done.problems}
    ]
    dark = [
        np.mean(
            blank[round(r.y * 11.811) : round(r.bottom * 11.811), round(r.x * 11.811) : round(r.right * 11.811)] < 90
        )
        for r in inside
    ]
    assert len(inside) > 100
    assert np.mean(dark) < 0.02


@pytest.mark.slow
def test_zones_found_are_a_layout_that_can_be_taken_in(project, tmp_path):
    """find-zones, then import-form without any correction: everything fits."""
    clinic = clinic_form(tmp_path)
    found = find_zones([clinic.pdf], tmp_path / "found.json", language="en")
    assert (found.boxes, found.cells, found.layout.questionnaire) == (30, 28, "clinic")
    done = import_form(project, [clinic.pdf], tmp_path / "found.json")
    assert done.problems == ()
    assert done.layout.digest == found.layout.digest


@pytest.mark.slow
def test_an_empty_page_has_no_zones(tmp_path):
    """Nothing to tick: said, nothing is written."""
    blank = save_jpeg(tmp_path / "empty.jpg", np.full((1169, 827), 250, np.uint8))
    with pytest.raises(InputError):
        find_zones([blank], tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()


def test_the_paper_behind_a_picture(tmp_path, club):
    """A PDF says its size; a picture its resolution, or its shape tells A4."""
    assert load_blanks([club.pdf])[0].size.h == 297.0
    page = save_jpeg(tmp_path / "a4.jpg", next(iter(rasterize(club.pdf, dpi=72))))
    assert load_blanks([page])[0].size.w == 210.0
