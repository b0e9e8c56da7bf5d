"""The file behind the layout editor: what may be edited, what is said about it, and that a save is whole or not at
all.
"""

import json
import shutil
from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform import pagecode
from scanform.errors import InputError, StoreError, UsageError
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.workflow.foreign_forms.edit_layout import open_layout, remarks


def box(name, question, option, x, **changes):
    return Zone(
        id=name,
        question=question,
        option=option,
        multiple=False,
        kind=ZoneKind.MARK,
        rect=RectMm(x=float(x), y=30.0, w=5.0, h=5.0),
        **changes,
    )


def a_layout(*zones):
    page = PageLayout(
        number=1,
        size=A4,
        blank="page-1.png",
        fiducials=(),
        codes=(),
        zones=zones or (box("a", "q1", "1", 30), box("b", "q1", "2", 50)),
    )
    layout = Layout(
        questionnaire="club",
        version="1",
        language="en",
        variant="standard",
        digest="00000",
        filled=Filled.WITHDRAWN,
        pages=(page,),
    )
    return replace(layout, digest=pagecode.layout_digest(layout))


@pytest.fixture
def blank(tmp_path):
    gray = np.full((1754, 1240), 255, np.uint8)
    for x in (30, 50):
        cv2.rectangle(gray, (round(x * 5.906), 177), (round((x + 5) * 5.906), 207), 0, 2)
    assert cv2.imwrite(str(tmp_path / "blank.png"), gray)
    return tmp_path / "blank.png"


@pytest.fixture
def file(tmp_path):
    (tmp_path / "L.json").write_text(dump_layout(a_layout()), encoding="utf-8")
    return tmp_path / "L.json"


def messages(layout):
    return [(remark.zone, remark.grave, remark.message) for remark in remarks(layout, "en")]


def test_a_saved_layout_is_that_of_its_format(file, blank):
    """What is saved loads again, with the digest that follows from it; nothing but the zones asked for has changed."""
    editor = open_layout(file, [blank])
    state = editor.state("en")
    zones = state["layout"]["pages"][0]["zones"]
    zones[0]["rect_mm"][0] = 31.4
    saved = editor.save({"pages": [zones], "filled": "mark"}, state["basis"], "en")
    assert saved.result == "saved"
    layout = load_layout(file.read_text("utf-8"))
    assert layout.digest == saved.digest == pagecode.layout_digest(layout)
    assert (layout.pages[0].zones[0].rect.x, layout.filled) == (31.4, Filled.MARK)
    assert layout.pages[0].zones[1] == a_layout().pages[0].zones[1]
    again = editor.save({"pages": [zones], "filled": "mark"}, state["basis"], "en")
    assert (again.result, again.basis) == ("saved", saved.basis)


@pytest.mark.slow
def test_layouts_in_use_and_printed_ones_are_not_edited(tiny_survey, file, blank, tmp_path):
    """A layout inside a project names itself by its content; printed ones follow from their questionnaire; pictures
    have to fit.
    """
    printed = tmp_path / "printed.json"
    printed.write_text(dump_layout(tiny_survey.layout), encoding="utf-8")
    with pytest.raises(InputError, match="registration marks"):
        open_layout(printed, [blank, blank])
    used = tmp_path / "project" / "layouts" / a_layout().digest / "layout.json"
    used.parent.mkdir(parents=True)
    shutil.copy(file, used)
    with pytest.raises(UsageError, match="in use"):
        open_layout(used, [blank])
    with pytest.raises(InputError, match="2 pages"):
        open_layout(file, [blank, blank])
    with pytest.raises(InputError):
        open_layout(tmp_path / "none.json", [blank])


def test_what_is_wrong_is_said_by_the_codes_that_people_see():
    """The same option twice, zones on each other, kinds mixed, one and several answers in one question."""
    assert messages(a_layout()) == []
    twice = messages(a_layout(box("a", "q1", "1", 30), box("b", "q1", "1", 50)))
    assert [(zone, grave) for zone, grave, _ in twice] == [("b", True)]
    assert "q1 1" in twice[0][2]
    over = messages(a_layout(box("a", "q1", "1", 30), box("b", "q1", "2", 33)))
    assert over == [("b", False, "q1 1 and q1 2 lie on each other.")]
    assert messages(a_layout(box("a", "q1", "1", 30), box("b", "q1", "2", 34.9))) == []
    writing = Zone(
        id="h", question="q1", kind=ZoneKind.HANDWRITING, rect=RectMm(x=60.0, y=30.0, w=50.0, h=8.0), lines=1
    )
    assert [grave for _, grave, _ in messages(a_layout(box("a", "q1", "1", 30), writing))] == [True]
    assert messages(a_layout(box("a", "q1", "1", 30), replace(writing, option="1"))) == []
    assert [
        grave
        for _, grave, _ in messages(a_layout(box("a", "q1", "1", 30), replace(box("b", "q1", "2", 50), multiple=True)))
    ] == [True]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"question": "Wo?"}, "“Wo?” cannot be the code of a question."),
        ({"question": "sid"}, "reserved"),
        ({"option": "toolong"}, "code of an answer"),
    ],
)
def test_codes_that_cannot_be_are_not_saved(file, blank, change, said):
    """Said at their zone with a proposal; the file stays as it was, to the byte."""
    before = file.read_bytes()
    editor = open_layout(file, [blank])
    state = editor.state("en")
    zones = state["layout"]["pages"][0]["zones"]
    zones[1] |= change
    saved = editor.save({"pages": [zones]}, state["basis"], "en")
    assert (saved.result, saved.remarks[0].zone, file.read_bytes()) == ("wrong", "b", before)
    assert said in saved.remarks[0].message
    assert saved.remarks[0].remedy


def test_a_folder_without_room_to_write_is_said(file, blank, monkeypatch):
    """When the file cannot be written, nothing is lost and the reason is told."""
    editor = open_layout(file, [blank])
    state = editor.state("en")
    before = file.read_bytes()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("scanform.workflow.foreign_forms.edit_layout.write_text", full)
    zones = state["layout"]["pages"][0]["zones"]
    with pytest.raises(StoreError, match="no space left"):
        editor.save({"pages": [zones[:1]]}, state["basis"], "en")
    assert file.read_bytes() == before
    assert json.loads(before)["pages"][0]["zones"] == zones
