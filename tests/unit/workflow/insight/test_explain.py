"""`explain`: facts and picture of a page that was read, causes of one that was not, and right words for what does
not exist.
"""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from scanform.errors import InputError
from scanform.i18n.texts import percent_text
from scanform.model.page import Fate
from scanform.simulate.phone import PLAIN, photograph
from scanform.workflow.insight.explain import explain, rounded_down
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading.executors import serial


@pytest.fixture
def project(tiny_survey, tmp_path):
    with tiny_survey.project(tmp_path / "project") as found:
        yield found


def photo(tiny_survey, path, profile, *, seed=1, **answers):
    """A phone picture of the first page of the first form."""
    sheet = tiny_survey.sheet(1, 1, **answers)[:2339, :1654]
    path.write_bytes(photograph(sheet, profile, np.random.default_rng(seed)).jpeg)
    return path


def picture(path):
    return cv2.imread(str(path))


@pytest.mark.slow
def test_a_read_page_is_told_zone_by_zone(tiny_survey, project, tmp_path):
    """Every zone has value, probability, state, the distance of its outline, and what its ink looks like."""
    scan = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no", uses=["choir", "dance"])
    found = explain(project, str(scan), tmp_path / "e.png")
    data = found.data
    assert (data["outcome"], data["page"], data["pages"], data["form_id"]) == ("read", 1, 2, tiny_survey.form_ids[0])
    assert data["tier"] in {"T0", "T1"}
    zones = {zone["zone"]: zone for zone in data["zones"]}
    assert set(zones) == {zone.id for zone in tiny_survey.layout.page(1).zones}
    marked = {name for name, zone in zones.items() if zone["value"] == "marked"}
    assert marked == {"open.no", "uses.choir", "uses.dance"}
    for name in marked:
        assert "cross" in [reason["reason"] for reason in zones[name]["reasons"]]
        assert zones[name]["residual_mm"] < 0.1
    assert zones["open.yes"]["reasons"][0]["text"] == "nothing beyond the print"
    assert picture(tmp_path / "e.png").shape[1] > 2000
    assert data["picture"]["px_per_mm"] == pytest.approx(7.87, abs=0.1)


@pytest.mark.slow
def test_a_page_on_its_head_is_drawn_upright(tiny_survey, project, tmp_path):
    """The flattened page is the same whichever way the sheet was scanned."""
    scan = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    cv2.imwrite(str(tmp_path / "b.jpg"), np.rot90(picture(scan), 2))
    pages = [
        picture(explain(project, str(tmp_path / f"{name}.jpg"), tmp_path / f"{name}.png").picture) for name in "ab"
    ]
    same = np.abs(pages[0].astype(int) - pages[1])[200:-100, 600:-600]
    assert np.percentile(same, 97) < 25


@pytest.mark.slow
def test_a_blurred_photo_is_told_with_its_cause(tiny_survey, project, tmp_path):
    """A page that cannot be read says why and what to do, in the ledger and in the picture."""
    scan = photo(tiny_survey, tmp_path / "a.jpg", replace(PLAIN, focus_mm=(0.9, 0.95), uneven=0.0))
    found = explain(project, str(scan), tmp_path / "e.png")
    assert found.result.outcome in {Fate.REVIEW, Fate.UNKNOWN_FORM}
    assert found.data["problems"][0]["problem"] == "too-blurred"
    assert "tap" in found.data["problems"][0]["remedy"]
    assert found.data["picture"]["blur_mm"] > 0.3
    assert found.data["zones"] == []
    assert picture(tmp_path / "e.png").shape[1] == 1680
    assert read_batch(project, [scan], serial()).pages[found.result.outcome] == 1


@pytest.mark.slow
def test_a_photo_that_is_cut_off_is_read_without_what_is_missing(tiny_survey, project, tmp_path):
    """Boxes beyond the edge wait for a person and the page says that it is cut off."""
    scan = photo(
        tiny_survey, tmp_path / "a.jpg", replace(PLAIN, cut_mm=(24, 26)), seed=2
    )  # the right edge, through the boxes for remarks
    data = explain(project, str(scan), tmp_path / "e.png").data
    outside = [zone for zone in data["zones"] if zone["state"] == "outside"]
    assert outside
    assert "cut-off" in [problem["problem"] for problem in data["problems"]]
    assert all(zone["confidence"] < 0.5 and zone["problem"] == "outside-picture" for zone in outside)


@pytest.mark.slow
def test_a_dark_photo_is_read_and_remarked_on(tiny_survey, project, tmp_path):
    """What can be read is read; the remark says that the light was poor."""
    scan = photo(tiny_survey, tmp_path / "a.jpg", replace(PLAIN, exposure=(0.2, 0.22), noise=(1.0, 1.5)), open="no")
    found = explain(project, str(scan), tmp_path / "e.png")
    assert found.result.outcome is Fate.READ
    assert [problem["problem"] for problem in found.data["problems"]] == ["too-dark"]
    assert {zone["value"] for zone in found.data["zones"] if zone["zone"] == "open.no"} == {"marked"}


@pytest.mark.slow
def test_good_scans_carry_no_remark(tiny_survey, project, tmp_path):
    """An office scan of 200 dpi has no problem of its picture."""
    scan = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    assert explain(project, str(scan), tmp_path / "e.png").data["problems"] == []


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.jpg#9", "has 1 page, no page 9"),
        ("none.jpg", "There is no file"),
        ("none.jpg#2", "There is no file"),
        (".", "is a folder"),
        ("text.jpg", ""),
    ],
)
def test_what_does_not_exist_is_said(tiny_survey, project, tmp_path, name, words):
    """Pages beyond the last, missing files, folders and files that are no scans: a message with a remedy, no
    picture.
    """
    tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1)
    (tmp_path / "text.jpg").write_text("no picture at all")
    with pytest.raises(InputError) as caught:
        explain(project, str(tmp_path / name), tmp_path / "e.png")
    assert words in str(caught.value)
    assert caught.value.remedy
    assert not (tmp_path / "e.png").exists()


@pytest.mark.slow
def test_a_foreign_page_shows_the_scan_itself(project, tmp_path):
    """A page that is not ours is drawn as it is, with what was looked for."""
    cv2.imwrite(
        str(tmp_path / "a.png"),
        cv2.putText(np.full((1600, 1100), 250, np.uint8), "Something else", (100, 400), 0, 3, 0, 8),
    )
    found = explain(project, str(tmp_path / "a.png"), tmp_path / "e.png")
    assert (found.data["outcome"], found.data["markers"], found.data["zones"]) == ("unknown-form", [], [])
    assert picture(tmp_path / "e.png").shape[1] == 1680


def test_numbers_as_people_write_them():
    """Probabilities are rounded down and never 100."""
    assert percent_text(rounded_down(0.99999, 2), "en", 2) == "99.99%"
    assert percent_text(rounded_down(1.0, 1), "de", 1) == "99,9\N{NO-BREAK SPACE}%"
    assert percent_text(rounded_down(0.5, 2), "en", 2) == "50.00%"
