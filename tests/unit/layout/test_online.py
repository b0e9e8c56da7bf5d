"""The offer to answer online: on paper as given, scanned by phones, and no obstacle for whoever reads the form."""

import io
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.layout.drawing import Placement, TextRun
from scanform.layout.online import HEIGHT_MM, OnlineOffer, fits, online_drawing
from scanform.layout.pdf.codes import link_rows, qr_rows
from scanform.layout.pdf.draw import Copy, draw_blank, draw_forms, measure
from scanform.layout.place import place
from scanform.model.geometry import RectMm
from scanform.model.page import Identity
from scanform.register.codes import search_codes

TEMPLATES = Path(__file__).parents[3] / "templates"
OFFER = OnlineOffer(
    address="treffpunkte.example.de",
    link="https://treffpunkte.example.de/t/7K3QF-MPW4X",
    token="7K3QF-MPW4X",
    reply_by="31. März 2027",
)


def placed(*, online: bool, template: str = "begegnungsorte") -> Placement:
    questionnaire = load_questionnaire(TEMPLATES / f"{template}.yaml")
    return place(questionnaire, language=questionnaire.languages[0], variant="standard", measure=measure, online=online)


@pytest.fixture(scope="module")
def placement() -> Placement:
    return placed(online=True)


def slot_of(placement: Placement) -> RectMm:
    (rect,) = [slot.rect for slot in placement.pages[0].slots if slot.kind == "online"]
    return rect


def drawn(placement: Placement, offer: OnlineOffer | None, *, token: str | None = "7K3QF-MPW4X") -> bytes:
    digest, pages = placement.layout.digest, len(placement.pages)
    identities = [Identity(digest=digest, instance="0000001", page=page, pages=pages) for page in range(1, pages + 1)]
    copy = Copy(
        form_id=pagecode.form_id(digest, "0000001"),
        payloads=tuple(pagecode.encode(identity) for identity in identities),
        token=token,
        name="Nachbarschaftstreff",
        address=("Weg 1", "44135 Dortmund"),
        online=offer,
    )
    out = io.BytesIO()
    draw_forms(placement, [copy], out)
    return out.getvalue()


def picture(pdf: bytes, folder: Path, *, dpi: int) -> np.ndarray:
    (folder / "form.pdf").write_bytes(pdf)
    call = ["pdftoppm", "-r", str(dpi), "-gray", "-f", "1", "-l", "1", "-singlefile", "form.pdf", "page"]
    subprocess.run(call, check=True, cwd=folder)
    return cv2.imread(str(folder / "page.pgm"), cv2.IMREAD_GRAYSCALE)


def words(pdf: bytes, folder: Path) -> str:
    (folder / "form.pdf").write_bytes(pdf)
    call = ["pdftotext", "-l", "1", "-layout", "form.pdf", "-"]
    return subprocess.run(call, check=True, cwd=folder, capture_output=True, text=True).stdout


def test_without_an_offer_the_layout_is_the_same_as_ever(placement):
    """Forms printed before stay valid; a form with the offer is another layout, with the same questions."""
    without = placed(online=False)
    assert not any(slot.kind == "online" for page in without.pages for slot in page.slots)
    assert without.layout.digest != placement.layout.digest
    assert [zone.id for page in without.layout.pages for zone in page.zones] == [
        zone.id for page in placement.layout.pages for zone in page.zones
    ]


@pytest.mark.parametrize("template", ["begegnungsorte", "visitor-feedback"])
def test_the_offer_overlaps_nothing(template):
    """Its place is free of questions and of everything printed on all copies."""
    placement = placed(online=True, template=template)
    slot = slot_of(placement)
    assert slot.h == HEIGHT_MM
    assert not any(slot.overlaps(zone.rect) for zone in placement.layout.pages[0].zones)
    for item in placement.pages[0].static:
        if isinstance(item, TextRun):
            assert not slot.overlaps(RectMm(x=item.x, y=item.y - 1.0, w=item.width, h=1.0)), item.text


def test_the_blank_page_bears_no_offer(placement, tmp_path):
    """What differs from copy to copy is never on the blank form."""
    out = io.BytesIO()
    draw_blank(placement, out)
    slot = slot_of(placement)
    x, y, right, bottom = (round(edge / 25.4 * 150) for edge in (slot.x, slot.y, slot.right, slot.bottom))
    assert picture(out.getvalue(), tmp_path, dpi=150)[y:bottom, x:right].min() == 255


def test_what_is_offered_is_printed_and_scanned(placement, tmp_path):
    """Address, code and date as text, the link as a QR code that reads at the resolution of a screenshot; the code
    stands there once, not also in the window of the envelope.
    """
    pdf = drawn(placement, OFFER)
    said = words(pdf, tmp_path)
    for part in ("treffpunkte.example.de", "Ihr Zugangscode: 7K3QF-MPW4X", "Bitte antworten Sie bis 31. März 2027."):
        assert part in said
    assert said.count("7K3QF-MPW4X") == 1
    codes = [found.text for found in zxingcpp.read_barcodes(picture(pdf, tmp_path, dpi=150))]
    assert OFFER.link in codes


def test_a_form_without_an_online_form_promises_none(tmp_path):
    """The code is named as what it is; nothing is said of answering online."""
    said = words(drawn(placed(online=False), None), tmp_path)
    assert "Ihre Kennung:" in said
    assert "7K3QF-MPW4X" in said
    assert "nline" not in said.split("So füllen")[0]


def test_a_date_alone_is_printed_alone(placement, tmp_path):
    """Without an address there is a reply date and the code of the form."""
    said = words(drawn(placement, OnlineOffer(reply_by="31. März 2027")), tmp_path)
    assert "Bitte antworten Sie bis 31. März 2027." in said
    assert "Ihre Kennung:" in said
    assert "online antworten" not in said


@pytest.mark.parametrize("length", [20, 60, 84, 106, 120])
def test_links_of_any_usual_length_fit(placement, length):
    """Symbols stay inside the place and legible; longer links are refused, not shrunk."""
    link = "https://e.example/".ljust(length, "a")
    offer = OnlineOffer(address="e.example", link=link, token="ABC", reply_by="")
    rect = slot_of(placement)
    assert fits(offer, rect=rect, placement=placement, measure=measure)
    symbol = online_drawing(offer, rect=rect, placement=placement, measure=measure)[-1]
    assert symbol.module >= 0.4 - 1e-9
    assert symbol.y + len(symbol.rows) * symbol.module <= rect.bottom + 1e-6
    assert symbol.x + len(symbol.rows) * symbol.module == pytest.approx(rect.right)


def test_what_cannot_be_printed_legibly_is_refused(placement):
    """A link whose symbol would be finer than phones read, an address wider than the place."""
    rect = slot_of(placement)
    for offer in (
        OnlineOffer(address="e.example", link="https://e.example/".ljust(300, "a")),
        OnlineOffer(address="https://" + "a" * 200 + ".example", link="https://e.example"),
    ):
        assert not fits(offer, rect=rect, placement=placement, measure=measure)


@pytest.mark.parametrize("dpi", [150, 300, 600])
def test_the_page_is_identified_beside_a_foreign_code(placement, tmp_path, dpi):
    """The link is never taken for a page code, and hides none."""
    gray = picture(drawn(placement, OFFER), tmp_path, dpi=dpi)
    found = search_codes(gray, dpi / 25.4)
    identities = {one for one in (pagecode.decode(code.text) for code in found) if one}
    assert {(one.digest, one.page) for one in identities} == {(placement.layout.digest, 1)}


def test_a_fine_page_code_is_found_beside_a_clear_link():
    """Where the reduced copy shows only the link, the original pixels are searched all the same."""
    gray = np.full((3000, 2400), 255, np.uint8)
    ours = pagecode.encode(Identity(digest="ABCDE", instance="0000001", page=1, pages=2))
    for rows, module, at in ((link_rows("https://e.example/t/A"), 12, 200), (qr_rows(ours), 2, 2000)):
        bits = np.array([[255 if bit == "0" else 0 for bit in row] for row in rows], np.uint8)
        symbol = np.kron(bits, np.ones((module, module), np.uint8))
        gray[at : at + len(symbol), at : at + len(symbol)] = symbol
    small = cv2.resize(gray, None, fx=1 / 3, fy=1 / 3, interpolation=cv2.INTER_AREA)
    assert [found.text for found in zxingcpp.read_barcodes(small)] == ["https://e.example/t/A"]
    assert {code.text for code in search_codes(gray, 24.0)} == {"https://e.example/t/A", ours}


def test_the_symbol_of_a_link_grows_with_it():
    """The smallest version that holds it, quiet zone excluded."""
    assert [len(link_rows("https://e.example/" + "a" * more)) for more in (0, 30, 60)] == [25, 33, 37]
    with pytest.raises(ValueError, match=r"."):
        link_rows("a" * 5000)
