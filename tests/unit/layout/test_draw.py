"""The PDF: fonts, codes, stability, and what a blank form must not show."""

import io
import re
import subprocess
import unicodedata
from pathlib import Path

import numpy as np
import pikepdf
import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.layout.drawing import BOLD, REGULAR, Placement
from scanform.layout.furniture import recipient_rect
from scanform.layout.pdf.codes import aruco_rows, qr_rows
from scanform.layout.pdf.draw import Copy, draw_blank, draw_forms, measure, printable, unprintable
from scanform.layout.place import place
from scanform.layout.recipient import Addressee, recipient_drawing
from scanform.model.geometry import RectMm
from scanform.model.page import Identity

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def placement() -> Placement:
    questionnaire = load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")
    return place(questionnaire, language="de", variant="standard", measure=measure)


def make_copy(placement: Placement, number: int, *, name: str | None = None, token: str | None = None) -> Copy:
    digest, pages, instance = placement.layout.digest, len(placement.pages), pagecode.base32(number, 7)
    identities = [Identity(digest=digest, instance=instance, page=page, pages=pages) for page in range(1, pages + 1)]
    address = ("Straße der Größe 5", "44135 Dortmund") if name else ()
    payloads = tuple(pagecode.encode(identity) for identity in identities)
    return Copy(form_id=pagecode.form_id(digest, instance), payloads=payloads, token=token, name=name, address=address)


def forms(placement: Placement, copies: list[Copy]) -> bytes:
    out = io.BytesIO()
    draw_forms(placement, copies, out)
    return out.getvalue()


def blank(placement: Placement) -> bytes:
    out = io.BytesIO()
    draw_blank(placement, out)
    return out.getvalue()


def pictures(pdf: bytes, folder: Path, *, dpi: int) -> list[np.ndarray]:
    (folder / "form.pdf").write_bytes(pdf)
    subprocess.run(["pdftoppm", "-r", str(dpi), "-gray", "form.pdf", "page"], check=True, cwd=folder)
    return [np.asarray(Image.open(path)) for path in sorted(folder.glob("page*.pgm"))]


def words(pdf: bytes, folder: Path) -> str:
    (folder / "form.pdf").write_bytes(pdf)
    return subprocess.run(
        ["pdftotext", "-layout", "form.pdf", "-"], check=True, cwd=folder, capture_output=True, text=True
    ).stdout


def crop(picture: np.ndarray, rect: RectMm, *, dpi: int) -> np.ndarray:
    scale = dpi / 25.4
    return picture[
        round(rect.y * scale) : round(rect.bottom * scale), round(rect.x * scale) : round(rect.right * scale)
    ]


class TestPdf:
    def test_all_fonts_are_embedded_subsets(self, placement: Placement, tmp_path: Path) -> None:
        """Every printer shows the same letters: pdffonts lists only embedded fonts."""
        (tmp_path / "form.pdf").write_bytes(forms(placement, [make_copy(placement, 1, name="Ä", token="t")]))
        listed = subprocess.run(
            ["pdffonts", "form.pdf"], check=True, cwd=tmp_path, capture_output=True, text=True
        ).stdout.splitlines()[2:]
        assert len(listed) == 2
        assert all(
            re.search(r"AAAAAA\+AtkinsonHyperlegible-\w+ +TrueType +WinAnsi +yes yes yes", line) for line in listed
        )

    def test_title_publisher_and_language_are_set(self, placement: Placement) -> None:
        """Screen readers and archives need them."""
        with pikepdf.open(io.BytesIO(forms(placement, [make_copy(placement, 1)]))) as pdf:
            assert str(pdf.docinfo["/Title"]) == "Begegnungsorte in Dortmund"
            assert str(pdf.docinfo["/Author"]) == "Stadt Dortmund"
            assert str(pdf.Root["/Lang"]) == "de"
            assert bool(pdf.Root["/ViewerPreferences"]["/DisplayDocTitle"])

    def test_the_same_copies_give_the_same_bytes(self, placement: Placement) -> None:
        """A form can be printed again exactly."""
        copies = [make_copy(placement, 1, name="Müller"), make_copy(placement, 2)]
        assert forms(placement, copies) == forms(placement, copies)
        assert blank(placement) == blank(placement)

    def test_many_copies_share_the_static_page(self, placement: Placement) -> None:
        """A copy costs little more than its codes: under 4 kB a page."""
        one, many = (
            forms(placement, [make_copy(placement, 1)]),
            forms(placement, [make_copy(placement, number) for number in range(1, 41)]),
        )
        assert (len(many) - len(one)) / (39 * len(placement.pages)) < 4000

    def test_a_copy_needs_a_code_for_each_page(self, placement: Placement) -> None:
        """Fewer payloads than pages are a mistake."""
        with pytest.raises(ValueError, match="zip"):
            forms(placement, [Copy(form_id="X", payloads=("A",), token=None, name=None, address=())])

    def test_umlauts_names_and_tokens_are_printed(self, placement: Placement, tmp_path: Path) -> None:
        """Text can be copied out of the PDF as it was given."""
        copy = make_copy(placement, 5, name="Begegnungsstätte Größenwahn e. V.", token="kx7-p3m")
        found = words(forms(placement, [copy]), tmp_path)
        assert "Begegnungsstätte Größenwahn e. V." in found
        assert "kx7-p3m" in found
        assert found.count(copy.form_id) == len(placement.pages)


class TestPixels:
    def test_codes_can_be_read(self, placement: Placement, tmp_path: Path) -> None:
        """Both QR codes of each page carry the page's identity, version 2, level Q, also at 150 dpi."""
        copy = make_copy(placement, 34_359_738_367)
        for page, picture in zip(
            placement.layout.pages, pictures(forms(placement, [copy]), tmp_path, dpi=150), strict=True
        ):
            found = zxingcpp.read_barcodes(picture)
            assert [code.text for code in found] == [copy.payloads[page.number - 1]] * 2
            assert {code.ec_level for code in found} == {"Q"}

    def test_boxes_are_drawn_where_the_layout_says(self, placement: Placement, tmp_path: Path) -> None:
        """The outer edge of each outline is the zone: dark just inside, white just outside and in the middle (600
        dpi).
        """
        picture = pictures(blank(placement), tmp_path, dpi=600)[0]
        for zone in placement.layout.pages[0].zones:
            for rect in zone.cells or ((zone.rect,) if zone.option else ()):
                assert crop(picture, rect.grown(-0.5), dpi=600).min() > 200
                band = crop(picture, RectMm(x=rect.x + 0.05, y=rect.y + 1, w=0.15, h=rect.h - 2), dpi=600)
                assert band.max() < 80
                outside = crop(picture, RectMm(x=rect.x - 0.35, y=rect.y + 1, w=0.25, h=rect.h - 2), dpi=600)
                assert outside.min() > 200

    def test_the_blank_form_shows_markers_but_no_identity(self, placement: Placement, tmp_path: Path) -> None:
        """Readers compare answers with it: no code, no id, no name, but all that is printed on every copy."""
        page = placement.layout.pages[0]
        picture = pictures(blank(placement), tmp_path, dpi=150)[0]
        for code in page.codes:
            assert crop(picture, code.rect, dpi=150).min() == 255
        assert crop(picture, recipient_rect(page.size), dpi=150).min() == 255
        for mark in page.fiducials:
            assert crop(picture, mark.rect, dpi=150).mean() < 200


class TestCodes:
    def test_qr_is_version_2(self) -> None:
        """25 x 25 modules with the three finder patterns."""
        rows = qr_rows("SF1ABCDE12345671412AB")
        assert len(rows) == 25
        assert {len(row) for row in rows} == {25}
        assert rows[0][:7] == rows[0][-7:] == rows[24][:7] == "1111111"

    def test_too_long_payloads_are_refused(self) -> None:
        """Version 2, level Q holds 29 alphanumeric characters."""
        with pytest.raises(ValueError, match="does not fit"):
            qr_rows("A" * 30)

    def test_aruco_markers_have_a_black_border(self) -> None:
        """4 x 4 bits inside a border of one module."""
        rows = aruco_rows(17)
        assert len(rows) == 6
        assert rows[0] == rows[5] == "111111"
        assert all(row[0] == row[5] == "1" for row in rows)
        assert aruco_rows(17) != aruco_rows(18)


class TestRecipient:
    @pytest.mark.parametrize(
        ("name", "address"),
        [
            ("Ü", ("Weg 1", "44135 Dortmund")),
            (
                "Arbeiterwohlfahrtsbegegnungsstättenverwaltungsgesellschaft mit beschränkter Haftung und Compagnie "
                "Kommanditgesellschaft",
                ("Weg 1",),
            ),
            (
                "Evangelische Kirchengemeinde St. Nicolai, Gemeindezentrum, Nachbarschaftstreff im Hinterhaus",
                ("c/o Frau Dr. h. c. Özgür-Großkreutz",) * 6,
            ),
        ],
    )
    def test_recipients_stay_in_their_room(self, placement: Placement, name: str, address: tuple[str, ...]) -> None:
        """Long names shrink or wrap; no line leaves the room or touches another."""
        rect = recipient_rect(placement.layout.pages[0].size)
        to = Addressee(name=name, address=address, token="abcd-efgh")
        drawn = recipient_drawing(to, rect=rect, placement=placement, measure=measure)
        assert all(run.x >= rect.x and run.x + run.width <= rect.right + 0.01 for run in drawn)
        assert drawn[0].y - 0.74 * drawn[0].size_pt * 25.4 / 72 >= rect.y - 0.01
        assert drawn[-1].y + 0.2 * drawn[-1].size_pt * 25.4 / 72 <= rect.bottom + 0.01
        assert "abcd-efgh" in [run.text for run in drawn]

    def test_no_letter_becomes_another_one(self) -> None:
        """Letters are composed, spaces, hyphens and ligatures get a plain form; what the font lacks stays and is
        named.
        """
        assert printable("Łukasz Ďurić, Çağla, Müller – „Haus“") == "Łukasz Ďurić, Çağla, Müller – „Haus“"
        assert printable("u\u0308 ﬁ GROẞ \u200bA\u2011B\u202fC\u00adD") == "ü fi GROß A-B CD"
        assert printable("Nguyễn Ж 中 ½ 😀") == "Nguyễn Ж 中 ½ 😀"
        assert unprintable("Nguyễn Ж Ж 中 ½") == ("ễ", "Ж", "中")
        assert unprintable(printable("u\u0308 ﬁ")) == ()

    @settings(deadline=None)
    @given(st.text())
    def test_what_is_printed_is_what_is_written_or_is_named(self, said: str) -> None:
        """Apart from spaces, hyphens and what nobody sees, compatible letters in the same order; never a question
        mark that was not there.
        """
        shown = printable(said)

        def bare(text: str) -> str:
            kept = (
                sign
                for sign in unicodedata.normalize("NFKC", text)
                if unicodedata.category(sign) != "Cf" and not sign.isspace()
            )
            return "".join("-" if sign in "\u2010\u2011" else sign for sign in kept).replace("ẞ", "ß")

        assert bare(shown) == bare(said)
        assert shown.count("?") <= said.count("?") + said.count("？")
        assert printable(shown) == shown

    def test_nothing_is_printed_for_anonymous_copies(self, placement: Placement) -> None:
        """No name, no address, no token: an empty room."""
        nobody = Addressee(name=None, address=(), token=None)
        rect = recipient_rect(placement.layout.pages[0].size)
        assert recipient_drawing(nobody, rect=rect, placement=placement, measure=measure) == ()


def test_bold_is_wider_than_regular() -> None:
    """The measure knows both fonts and scales with the size."""
    assert measure("Straße", BOLD, 11) > measure("Straße", REGULAR, 11) > 0
    assert measure("Straße", REGULAR, 22) == pytest.approx(2 * measure("Straße", REGULAR, 11))
