"""The offer to answer online: on paper as given, scanned by phones, and no obstacle for whoever reads the form."""

import io
import subprocess
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import cv2
import numpy as np
import pytest
import zxingcpp

from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.layout.drawing import BOLD, Placement
from scanform.layout.furniture import recipient_rect
from scanform.layout.pdf.codes import link_rows, qr_rows
from scanform.layout.pdf.draw import Copy, draw_forms, measure
from scanform.layout.place import place
from scanform.layout.recipient import (
    LEAST_MODULE_MM,
    LEAST_OFFER_PT,
    NO_OFFER,
    QUIET_MODULES,
    SYMBOL_GAP_MM,
    Addressee,
    OnlineOffer,
    has_room,
    recipient_drawing,
)
from scanform.model.geometry import RectMm
from scanform.model.page import Identity
from scanform.register.codes import search_codes

TEMPLATES = Path(__file__).parents[3] / "templates"
OFFER = OnlineOffer(
    address="treffpunkte.example.de",
    link="https://treffpunkte.example.de/t/7K3QF-MPW4X",
    reply_by="31. März 2027",
)
TOKEN = "7K3QF-MPW4X"


@pytest.fixture(scope="module")
def placement() -> Placement:
    questionnaire = load_questionnaire(TEMPLATES / "begegnungsorte.yaml")
    return place(questionnaire, language="de", variant="standard", measure=measure)


def area(placement: Placement) -> RectMm:
    return recipient_rect(placement.layout.pages[0].size)


def addressed(offer: OnlineOffer, *, name: str | None = "Nachbarschaftstreff", lines: int = 2) -> Addressee:
    address = ("Weg 1", "44135 Dortmund", "Hinterhaus", "bei Meier")[:lines]
    return Addressee(name=name, address=address, token=TOKEN, offer=offer)


def drawn(placement: Placement, offer: OnlineOffer, *, token: str | None = TOKEN) -> bytes:
    digest, pages = placement.layout.digest, len(placement.pages)
    identities = [Identity(digest=digest, instance="0000001", page=page, pages=pages) for page in range(1, pages + 1)]
    copy = Copy(
        form_id=pagecode.form_id(digest, "0000001"),
        payloads=tuple(pagecode.encode(identity) for identity in identities),
        token=token,
        name="Nachbarschaftstreff",
        address=("Weg 1", "44135 Dortmund"),
        offer=offer,
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


def test_what_is_offered_is_printed_and_scanned(placement, tmp_path):
    """Address, code and date as text, the link as a QR code that reads at the resolution of a screenshot; the code
    stands there once.
    """
    pdf = drawn(placement, OFFER)
    said = words(pdf, tmp_path)
    for part in ("treffpunkte.example.de", "Zugangscode: 7K3QF-MPW4X", "Bitte bis 31. März 2027"):
        assert part in said
    assert said.count("7K3QF-MPW4X") == 1
    codes = [found.text for found in zxingcpp.read_barcodes(picture(pdf, tmp_path, dpi=150))]
    assert OFFER.link in codes


def test_a_form_without_an_online_form_promises_none(placement, tmp_path):
    """The code is named as what it is; nothing is said of answering online."""
    said = words(drawn(placement, NO_OFFER), tmp_path)
    assert "Ihre Kennung:" in said
    assert "7K3QF-MPW4X" in said
    assert "nline" not in said.split("So füllen")[0]


def test_a_date_alone_is_printed_alone(placement, tmp_path):
    """Without an address there is a reply date and the code of the form."""
    said = words(drawn(placement, OnlineOffer(reply_by="31. März 2027")), tmp_path)
    assert "Bitte bis 31. März 2027" in said
    assert "Ihre Kennung:" in said
    assert "nline" not in said.split("So füllen")[0]


@pytest.mark.parametrize("lines", [0, 2, 3, 4])
@pytest.mark.parametrize("length", [20, 62, 106])
def test_the_offer_stays_in_the_area_beside_any_usual_address(placement, length, lines):
    """Nothing leaves the area, texts touch neither each other nor the symbol and its white, and phones can read it."""
    offer = replace(OFFER, link="https://e.example/".ljust(length, "a"))
    rect, to = area(placement), addressed(offer, lines=lines)
    assert has_room(to, rect=rect, placement=placement, measure=measure)
    *texts, symbol = recipient_drawing(to, rect=rect, placement=placement, measure=measure)
    edge = len(symbol.rows) * symbol.module
    assert symbol.module >= LEAST_MODULE_MM
    assert symbol.x + edge == pytest.approx(rect.right)
    assert symbol.y + edge <= rect.bottom + 1e-6
    assert texts[-1].y + 0.2 * texts[-1].size_pt * 25.4 / 72 <= rect.bottom + 0.01
    for run in texts:
        assert run.x + run.width <= rect.right + 0.01
        below = 0.2 * run.size_pt * 25.4 / 72
        if run.y + below > symbol.y - SYMBOL_GAP_MM + 1e-6:
            assert run.x + run.width <= symbol.x - 4 * symbol.module + 1e-6
    for upper, lower in pairwise(texts):
        assert lower.y - upper.y >= 0.8 * lower.size_pt * 25.4 / 72


def test_wide_lines_leave_white_above_the_symbol(placement):
    """Whatever stands above it: a line that is as wide as the area ends well above the symbol, or beside its white."""
    rect, wide = area(placement), 0
    for length, lines in product(range(20, 107, 3), range(6)):
        offer = replace(OFFER, link="https://e.example/".ljust(length, "a"))
        to = replace(
            addressed(offer), name="Begegnungsstätte am Stadtgarten 1", address=("Ein breiter Weg 12 " * 2,) * lines
        )
        *texts, symbol = recipient_drawing(to, rect=rect, placement=placement, measure=measure)
        for run in texts:
            if run.x + run.width > symbol.x - QUIET_MODULES * symbol.module + 1e-6 and run.text != offer.address:
                wide += 1
                assert run.y + 0.2 * run.size_pt * 25.4 / 72 <= symbol.y - SYMBOL_GAP_MM + 1e-6
    assert wide


def test_an_address_is_never_broken(placement):
    """A long one is set smaller; one that would be too small is refused."""
    rect = area(placement)
    offer = max(
        (replace(OFFER, address="a" * length + ".example") for length in range(10, 60)),
        key=lambda one: has_room(addressed(one), rect=rect, placement=placement, measure=measure) * len(one.address),
    )
    *texts, symbol = recipient_drawing(addressed(offer), rect=rect, placement=placement, measure=measure)
    (typed,) = [run for run in texts if run.text == offer.address]
    assert typed.x + typed.width <= symbol.x - QUIET_MODULES * symbol.module + 1e-6
    assert typed.size_pt < texts[0].size_pt
    for wrong in (
        replace(OFFER, address="a" * 90 + ".example"),
        replace(OFFER, link="https://e.example/".ljust(400, "a")),
    ):
        assert not has_room(addressed(wrong), rect=rect, placement=placement, measure=measure)


def test_an_offer_that_nobody_could_read_is_refused(placement):
    """Beside so long an address of a place that the type would become tiny, and where the online address would run into
    the symbol: there is no room, although all of it would fit.
    """
    rect, sizes = area(placement), []
    for lines in range(20):
        to = replace(addressed(OFFER), address=("Hinterhaus",) * lines)
        *texts, _ = recipient_drawing(to, rect=rect, placement=placement, measure=measure)
        sizes.append((has_room(to, rect=rect, placement=placement, measure=measure), texts[0].size_pt))
    assert {room for room, _ in sizes} == {True, False}
    assert all(size >= LEAST_OFFER_PT for room, size in sizes if room)
    symbol = recipient_drawing(addressed(OFFER), rect=rect, placement=placement, measure=measure)[-1]
    beside = symbol.x - QUIET_MODULES * symbol.module - rect.x
    rooms = []
    for length in range(10, 90):
        offer = replace(OFFER, address="a" * length + ".example")
        width = measure(offer.address, BOLD, LEAST_OFFER_PT)
        rooms.append(has_room(addressed(offer), rect=rect, placement=placement, measure=measure))
        assert rooms[-1] == (width <= beside + 1e-6)
    assert set(rooms) == {True, False}


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
