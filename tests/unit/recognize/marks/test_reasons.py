"""Words for ink: what a person would say of it; in both languages, and never a decision."""

import cv2
import numpy as np
import pytest

from scanform.i18n.texts import LANGUAGES, keys
from scanform.recognize.marks.reasons import SIDES, Reason, page_reasons, reason_text, skeleton
from scanform.simulate.truth import MarkStyle


def said(sheet, styles, **scan):
    """The slugs for each box with a style, in the order of the styles."""
    found = page_reasons((seen := sheet.scan(styles, **scan)).image, seen.page_map, sheet.prepared)
    return {name: [reason.slug for reason in found[name]] for name in styles}


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize(
    ("style", "words"),
    [
        (MarkStyle.CROSS, {"cross"}),
        (MarkStyle.TICK, {"tick"}),
        (MarkStyle.SLASH, {"rising-stroke"}),
        (MarkStyle.BACKSLASH, {"falling-stroke"}),
        (MarkStyle.FILL, {"filled", "scribble"}),
        (MarkStyle.SPECK, {"speck"}),
    ],
)
def test_marks_are_called_by_their_shape(sheet, style, words):
    """Of twelve marks of a style at least eight are called by its name."""
    names = [f"r{row}-o{column}" for row in range(0, 12, 2) for column in (0, 3)]
    found = said(sheet, dict.fromkeys(names, style), pen="ballpoint black")
    assert sum(bool(words & set(slugs)) for slugs in found.values()) >= 8, found


def test_untouched_boxes_hold_nothing(sheet):
    """A clean scan of an unanswered page has nothing beyond the print, in boxes and in writing zones."""
    scan = sheet.scan(profile="clean")
    found = page_reasons(scan.image, scan.page_map, sheet.prepared)
    assert {reason.slug for name, reasons in found.items() for reason in reasons if name != "sign"} <= {
        "no-ink",
        "unlike-known",
    }
    assert set(found) == {zone.id for zone in sheet.page.zones}


def test_a_line_through_several_boxes_counts_them(sheet):
    """A level line from the first to the last box of a row is no mark of each of them."""
    scan = sheet.scan(profile="clean")
    gray = scan.gray.copy()
    ends = [(round(x * 300 / 25.4), round(y * 300 / 25.4)) for x, y in ((15, 26.6), (180, 28.6))]
    cv2.line(gray, *ends, 20, 7, cv2.LINE_AA)
    found = page_reasons(type(scan.image)(gray=gray, dpi=300), scan.page_map, sheet.prepared)
    assert [reason for reason in found["r0-o2"] if reason.slug == "line-through"] == [
        Reason(slug="line-through", params=(("boxes", "6"),))
    ]
    assert all(reason.slug != "line-through" for reason in found["r1-o2"])


def test_a_stroke_that_leaves_says_where_to(sheet):
    """A long stroke that rises through the right side leaves the box there."""
    scan = sheet.scan(profile="clean")
    gray, px = scan.gray.copy(), 300 / 25.4
    zone = next(zone for zone in sheet.page.zones if zone.id == "r3-o1")
    start, end = (zone.rect.x + 1, zone.rect.bottom - 0.8), (zone.rect.right + 1.8, zone.rect.y + 0.4)
    cv2.line(gray, tuple(round(v * px) for v in start), tuple(round(v * px) for v in end), 30, 6, cv2.LINE_AA)
    found = page_reasons(type(scan.image)(gray=gray, dpi=300), scan.page_map, sheet.prepared)["r3-o1"]
    assert [dict(reason.params)["side"] in {"right", "upper-right"} for reason in found if reason.slug == "leaves"] == [
        True
    ]
    assert found[0].slug == "rising-stroke"


def test_writing_zones_tell_how_much_is_written(sheet):
    """Written text is so many strokes over so many mm."""
    scan = sheet.scan(texts={"text0": "Ein Haus am Park"})
    found = page_reasons(scan.image, scan.page_map, sheet.prepared)
    assert found["text0"][0].slug == "writing"
    assert int(dict(found["text0"][0].params)["mm"]) > 15


def test_zones_outside_the_picture_have_that_one_reason(sheet):
    """What is not in the picture is not described."""
    scan = sheet.scan()
    cut = type(scan.image)(gray=np.ascontiguousarray(scan.gray[: round(100 * 300 / 25.4)]), dpi=300)
    found = page_reasons(cut, scan.page_map, sheet.prepared)
    assert found["sign"] == (Reason(slug="outside"),)
    assert found["r0-o0"] != (Reason(slug="outside"),)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_is_a_sentence(language):
    """All texts take their params; German has decimal commas, sides are words."""
    for key in keys(language):
        if key.startswith("reason."):
            params = (*((name, "0.3") for name in ("mm", "percent", "boxes", "pieces")), ("side", SIDES[7]))
            words = reason_text(Reason(slug=key.removeprefix("reason."), params=params), language)
            assert "{" not in words
            assert "0.3" not in words or language == "en"
    assert (
        reason_text(Reason(slug="leaves", params=(("side", "upper-right"),)), "de")
        == "reicht rechts oben aus dem Kästchen"
    )


def test_a_skeleton_keeps_length_and_crossing():
    """Two crossing strokes four samples wide become lines one wide with their full length."""
    mask = np.zeros((54, 54), np.uint8)
    cv2.line(mask, (12, 12), (41, 41), 1, 4)
    cv2.line(mask, (41, 12), (12, 41), 1, 4)
    bones = skeleton(mask.astype(bool))
    assert 50 <= bones.sum() <= 70
    rows = np.flatnonzero(bones.any(axis=1))
    assert rows[0] <= 14
    assert rows[-1] >= 39
