"""A page is known by its codes or not at all; nothing is guessed."""

from dataclasses import replace

import numpy as np
import pytest

from scanform import pagecode
from scanform.imaging.page_image import PageImage
from scanform.model.geometry import RectMm
from scanform.model.page import FoundBy
from scanform.register.identify import identify
from scanform.register.markers import find_markers


def look(image, layouts, text=""):
    return identify(
        image, find_markers(image), layouts={layout.digest: layout for layout in layouts}, read_text=lambda _: text
    )


def slugs(sighting):
    return [problem.slug for problem in sighting.problems]


@pytest.fixture(scope="module")
def codes(layout):
    return [area.rect for area in layout.page(1).codes if area.kind == "qr"]


@pytest.mark.parametrize(
    "damage",
    [{}, {"turn": 91}, {"turn": 181, "dpi": 150}, {"dpi": 200, "bilevel": True}, {"dpi": 100}, {"perspective": 0.06}],
)
@pytest.mark.fast_cases(1)
def test_codes_are_read_where_the_markers_say(kit, layout, printed, damage):
    """The identity comes from the crop, without a search."""
    sighting = look(kit.scan(printed, **damage).image, [layout])
    assert sighting.identity == kit.instance(layout)
    assert sighting.identity.found_by is FoundBy.CODE
    assert sighting.problems == ()


def test_one_code_is_enough(kit, layout, printed, codes):
    """With one code pasted over the other tells."""
    assert look(kit.scan(kit.wipe(printed, codes[0]), dpi=200).image, [layout]).identity == kit.instance(layout)


def test_codes_are_searched_on_pages_without_markers(kit, layout, printed):
    """Without markers the whole page is searched."""
    bare = kit.wipe(printed, *[fiducial.rect for fiducial in layout.page(1).fiducials])
    sighting = look(kit.scan(bare, dpi=200).image, [layout])
    assert sighting.identity == replace(kit.instance(layout), found_by=FoundBy.CODE_SEARCH)


def test_codes_that_disagree_are_refused(kit, layout):
    """Two valid codes of two forms on one page: no identity."""
    two = [pagecode.encode(kit.instance(layout)), pagecode.encode(kit.instance(layout, name="0000002"))]
    sighting = look(kit.scan(kit.draw_page(layout.page(1), payloads=two), dpi=200).image, [layout])
    assert sighting.identity is None
    assert slugs(sighting) == ["conflicting-codes"]


def test_two_forms_in_one_picture_are_refused(kit, layout, printed):
    """Two sheets on one A3 scan: no identity, although the first one alone would be clear."""
    second = kit.draw_page(layout.page(1), identity=kit.instance(layout, name="000000X"))
    both = np.hstack([kit.scan(printed, dpi=200).image.gray, kit.scan(second, dpi=200).image.gray])
    sighting = look(PageImage(gray=both), [layout])
    assert sighting.identity is None
    assert slugs(sighting) == ["conflicting-codes"]


def test_code_and_markers_have_to_agree_on_the_page(kit, layout):
    """The code of page 2 on a sheet with the markers of page 1: no identity."""
    wrong = [pagecode.encode(kit.instance(layout, page=2))] * 2
    sighting = look(kit.scan(kit.draw_page(layout.page(1), payloads=wrong), dpi=200).image, [layout])
    assert sighting.identity is None
    assert slugs(sighting) == ["conflicting-codes"]


def test_unknown_edition_is_reported_with_its_identity(kit, layout):
    """A valid code of an edition that is not here keeps its identity, with the problem."""
    other = kit.make_layout("other")
    sighting = look(kit.scan(kit.draw_page(other.page(1), identity=kit.instance(other)), dpi=200).image, [layout])
    assert sighting.identity == kit.instance(other)
    assert slugs(sighting) == ["unknown-layout"]
    assert (
        look(kit.scan(kit.draw_page(other.page(1), identity=kit.instance(other)), dpi=200).image, []).identity.digest
        == other.digest
    )


def test_number_of_pages_has_to_fit_the_edition(kit, layout):
    """A code that names more pages than the edition has is not believed."""
    wrong = [pagecode.encode(replace(kit.instance(layout), pages=3))] * 2
    sighting = look(kit.scan(kit.draw_page(layout.page(1), payloads=wrong), dpi=200).image, [layout])
    assert (sighting.identity, slugs(sighting)) == (None, ["bad-code"])


def test_foreign_and_damaged_codes_are_none_of_ours(kit, layout):
    """A web address and a payload with a wrong check sum give no identity."""
    payload = pagecode.encode(kit.instance(layout))
    broken = payload[:-1] + ("0" if payload[-1] != "0" else "1")
    sighting = look(
        kit.scan(kit.draw_page(layout.page(1), payloads=["HTTPS://EXAMPLE.ORG/A", broken]), dpi=200).image, [layout]
    )
    assert (sighting.identity, slugs(sighting)) == (None, ["bad-code"])


def test_printed_text_is_the_last_resort(kit, layout, printed, codes):
    """With both codes gone the text id counts, with look-alike letters put right and a note for the caller."""
    image = kit.scan(kit.wipe(printed, *codes), dpi=200).image
    text = pagecode.form_id(layout.digest, "0000001")
    sighting = look(image, [layout], text=f"No. {text.replace('-0000001', '-OO0000l')}")
    assert sighting.identity == replace(kit.instance(layout), found_by=FoundBy.TEXT)
    assert slugs(sighting) == ["identity-by-text"]


def test_text_with_a_wrong_character_is_no_identity(kit, layout, printed, codes):
    """One misread character breaks the check character; an unknown edition is not taken from text."""
    image = kit.scan(kit.wipe(printed, *codes), dpi=200).image
    text = pagecode.form_id(layout.digest, "0000001")
    assert slugs(look(image, [layout], text=text.replace("0000001", "0000007"))) == ["bad-code"]
    assert slugs(look(image, [layout], text=pagecode.form_id("00000", "0000001"))) == ["bad-code"]


def test_mirrored_page_is_reported_not_read(kit, layout, printed):
    """QR readers read mirrored codes; the page is refused all the same."""
    gray = kit.scan(printed, dpi=200).image.gray
    sighting = look(PageImage(gray=np.ascontiguousarray(gray[:, ::-1])), [layout])
    assert (sighting.identity, slugs(sighting)) == (None, ["mirrored"])


def test_front_shining_through_a_blank_back_is_no_identity(kit, layout, printed):
    """The faint mirror image of the front's codes does not make the back a page of the form."""
    gray = kit.scan(printed, dpi=200, noise=1).image.gray
    through = (255 - (255 - gray[:, ::-1].astype(float)) * 0.12).astype(np.uint8)
    sighting = look(PageImage(gray=through), [layout])
    assert (sighting.identity, slugs(sighting)) == (None, ["no-markers"])


def test_foreign_page_has_no_identity():
    """Noise and plain paper give nothing."""
    rng = np.random.default_rng(1)
    assert slugs(look(PageImage(gray=rng.integers(0, 256, (1200, 900)).astype(np.uint8)), [])) == ["no-markers"]
    assert slugs(look(PageImage(gray=np.full((60, 40), 255, np.uint8)), [])) == ["no-markers"]


def test_covered_code_area_outside_the_scan(kit, layout, printed):
    """A scan that cuts off one code still gives the other."""
    image = kit.scan(printed, dpi=200).image
    height = round(RectMm(x=0, y=0, w=210, h=268).h * 200 / 25.4)
    assert look(PageImage(gray=np.ascontiguousarray(image.gray[:height])), [layout]).identity == kit.instance(layout)
