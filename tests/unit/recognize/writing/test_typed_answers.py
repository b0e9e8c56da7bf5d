"""Typed answers through the whole chain: a filled form as a flat PDF, drawn at 300 dpi or printed and scanned, is
read line by line, as first candidate.
"""

from dataclasses import replace
from io import BytesIO

import numpy as np
import pikepdf
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

from bench.text import fonts
from scanform import pagecode
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage, PageImage
from scanform.layout.pdf.draw import Copy, draw_blank, draw_forms, measure
from scanform.layout.place import place
from scanform.model.page import Identity
from scanform.recognize.reader import prepare_page, read_fields
from scanform.recognize.writing.handwriting import HANDWRITING
from scanform.recognize.writing.lines import TesseractLines
from scanform.recognize.writing.readers import Readers, best_readers
from scanform.recognize.writing.tesseract import TextSettings
from scanform.recognize.writing.writing import ReadingContext
from scanform.register import prepare
from scanform.register.fit import fit_page
from scanform.register.markers import find_markers
from scanform.scan.load import rasterize
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page

SURVEY = """\
code: typed
version: "1"
languages: de
title: Getippt
publisher: Test
sections:
  - title: Antworten
    questions:
      - {question: one, type: text, text: "Eine Zeile", lines: 1}
      - {question: two, type: text, text: "Noch eine", lines: 1}
      - {question: few, type: text, text: "Drei Zeilen", lines: 3}
      - {question: many, type: text, text: "Viel Platz", lines: 4}
"""

MM = 72 / 25.4
PITCH_MM, ABOVE_MM = 9.0, 1.0
"""Of the printed lines; type stands a little above them."""

ON_LINES = {
    "one": ("Die Tür öffnet täglich um 9 Uhr.", 8),
    "two": ("Schützenstraße 88, Übungsräume", 12),
    "few": ("Außerdem fehlt eine Küche\nmit Spüle und Kühlschrank,\nauch für Jugendliche.", 10),
    "many": ("Öffentlicher Bücherschrank\nGülcan Özdemir, Jürgen Weiß", 8),
}
LINES = ("Hier fehlen Räume für Jugendliche", "Außerdem fehlt eine Küche")

each_reader = pytest.mark.parametrize(
    "reader",
    [TesseractLines(TextSettings()), TesseractLines(TextSettings(in_process=False)), HANDWRITING],
    ids=["in process", "montage", "handwriting"],
)


class Survey:
    """The printed page, what is known of it, and a way to fill it in by typing."""

    def __init__(self, folder):
        source = folder / "typed.yaml"
        source.write_text(SURVEY, encoding="utf-8")
        placement = place(load_questionnaire(source), language="de", variant="standard", measure=measure)
        self.folder, self.layout = folder, placement.layout
        (self.page,) = placement.layout.pages
        payload = pagecode.encode(Identity(digest=self.layout.digest, instance="0000042", page=1, pages=1))
        form_id = pagecode.form_id(self.layout.digest, "0000042")
        with (folder / "form.pdf").open("wb") as form, (folder / "blank.pdf").open("wb") as empty:
            draw_forms(placement, [Copy(form_id=form_id, payloads=(payload,), token=None, name=None, address=())], form)
            draw_blank(placement, empty)
        (gray,) = rasterize(folder / "blank.pdf", dpi=BLANK_DPI)
        blank = BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4)
        self.prepared, self.check = (
            prepare_page(self.page, blank, filled=self.layout.filled),
            prepare.prepare_page(self.page, blank),
        )

    def filled(self, texts, font, *, from_top_mm=None, leading=1.15):
        """The filled form drawn at 300 dpi: question -> (text, size in pt), on the printed lines, or from the top of
        the zone with a leading of its own.
        """
        if font not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(font, str(fonts()[font])))
        data = BytesIO()
        sheet = canvas.Canvas(data, pagesize=(self.page.size.w * MM, self.page.size.h * MM))
        for zone in self.page.zones:
            text, size = texts.get(zone.question, ("", 10))
            sheet.setFont(font, size)
            for number, line in enumerate(text.split("\n"), 1):
                down = (
                    PITCH_MM * number - ABOVE_MM if from_top_mm is None else from_top_mm + leading * size / MM * number
                )
                sheet.drawString((zone.rect.x + 1.5) * MM, (self.page.size.h - zone.rect.y - down) * MM, line)
        sheet.save()
        with pikepdf.open(self.folder / "form.pdf") as form, pikepdf.open(data) as typed:
            form.pages[0].add_overlay(typed.pages[0])
            form.save(self.folder / "filled.pdf")
        (gray,) = rasterize(self.folder / "filled.pdf", dpi=300)
        return gray

    def read(self, image, reader):
        """The fields by question."""
        page_map = fit_page(image, find_markers(image), self.page, self.check)
        by = ReadingContext(readers=Readers(cells=best_readers().cells, lines=reader))
        return {field.zone.partition(".")[0]: field for field in read_fields(image, page_map, self.prepared, by)}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return Survey(tmp_path_factory.mktemp("typed"))


def as_drawn(gray):
    return PageImage(gray=gray, dpi=300.0)


def scanned(gray, seed=3):
    profile = replace(PROFILES["office copier"], punched=0.0, corner_cut=0.0)
    return scan_page(gray, profile, np.random.default_rng(seed)).image


@each_reader
@pytest.mark.parametrize("image", [as_drawn, scanned])
@pytest.mark.parametrize("font", sorted(fonts()))
@pytest.mark.fast_cases(1)
def test_typed_lines_are_read_exactly(survey, font, image, reader):
    """8, 10 and 12 pt, umlauts and ß, one line and several: the first candidate is what was typed; a person still
    looks at it.
    """
    fields = survey.read(image(survey.filled(ON_LINES, font)), reader)
    assert {name: fields[name].value for name in ON_LINES} == {name: text for name, (text, _) in ON_LINES.items()}
    for name, (text, _) in ON_LINES.items():
        assert next(one.value for one in fields[name].candidates if one.value) == text
        assert fields[name].problem == "handwriting"


@each_reader
@pytest.mark.parametrize("image", [as_drawn, scanned])
@pytest.mark.parametrize("size", [8, 10])
@pytest.mark.fast_cases(1)
def test_lines_at_a_distance_of_their_own(survey, image, size, reader):
    """A form field breaks lines as it likes: two lines above the first printed one stay two."""
    texts = {name: ("\n".join(LINES), size) for name in ("few", "many")}
    fields = survey.read(image(survey.filled(texts, "Vera", from_top_mm=0.3)), reader)
    assert {name: fields[name].value for name in texts} == dict.fromkeys(texts, "\n".join(LINES))


@each_reader
@pytest.mark.fast_cases(1)
def test_specks_are_no_full_stops(survey, reader):
    """Dust far from the letters adds nothing to a line."""
    gray = survey.filled(ON_LINES, "Vera").copy()
    zone = next(zone for zone in survey.page.zones if zone.question == "one")
    per_mm = 300 / 25.4
    for right_mm, down_mm in ((90, 5), (100, 7), (110, 3)):
        x, y = round((zone.rect.x + right_mm) * per_mm), round((zone.rect.y + down_mm) * per_mm)
        gray[y : y + 4, x : x + 4] = 40
    assert survey.read(as_drawn(gray), reader)["one"].value == ON_LINES["one"][0]
