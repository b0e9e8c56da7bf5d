"""Forms that nobody printed with scanform, drawn with ReportLab: their PDF, and where everything stands on them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.pdfgen import canvas

from scanform.model.geometry import A4, RectMm, SizeMm, bounding_box
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled


@dataclass
class Sheet:
    """A page that is drawn and described at once; millimetres from the top left."""

    paper: canvas.Canvas
    size: SizeMm
    zones: list[Zone]

    def y(self, y: float) -> float:
        """Millimetres from the top as points from the bottom."""
        return float((self.size.h - y) * mm)

    def words(self, x: float, y: float, text: str, size: float = 10, font: str = "Helvetica") -> None:
        """A line of print; `y` is its baseline, `size` in points."""
        self.paper.setFont(font, size)
        self.paper.drawString(x * mm, self.y(y), text)

    def box(
        self,
        x: float,
        y: float,
        question: str,
        option: str,
        *,
        side: float = 4.0,
        letter: str = "",
        multiple: bool = False,
        group: str | None = None,
        line: float = 0.3,
    ) -> None:
        """A square check box, with a letter in it."""
        self.paper.setLineWidth(line * mm)
        self.paper.rect(x * mm, self.y(y + side), side * mm, side * mm)
        if letter:
            self.paper.setFillGray(0.45)
            self.words(x + side * 0.28, y + side * 0.74, letter, size=side * 2.0)
            self.paper.setFillGray(0)
        rect = RectMm(x=x - line / 2, y=y - line / 2, w=side + line, h=side + line)
        self._mark(rect, question, option, multiple=multiple, group=group)

    def bubble(
        self,
        x: float,
        y: float,
        question: str,
        option: str,
        *,
        w: float = 4.6,
        h: float = 3.2,
        letter: str = "",
        group: str | None = None,
        line: float = 0.2,
    ) -> None:
        """An oval, with a letter or digit in it."""
        self.paper.setLineWidth(line * mm)
        self.paper.ellipse(x * mm, self.y(y + h), (x + w) * mm, self.y(y))
        if letter:
            self.paper.setFillGray(0.5)
            self.words(x + w / 2 - 0.6, y + h * 0.76, letter, size=6)
            self.paper.setFillGray(0)
        self._mark(
            RectMm(x=x - line / 2, y=y - line / 2, w=w + line, h=h + line),
            question,
            option,
            multiple=False,
            group=group,
        )

    def _mark(self, rect: RectMm, question: str, option: str, *, multiple: bool, group: str | None) -> None:
        zone = Zone(
            id=f"{question}.{option}",
            question=question,
            kind=ZoneKind.MARK,
            rect=rect,
            option=option,
            multiple=multiple,
            group=group,
        )
        self.zones.append(zone)

    def cells(
        self,
        x: float,
        y: float,
        question: str,
        count: int,
        *,
        w: float = 6.0,
        h: float = 8.0,
        alphabet: Alphabet = Alphabet.DIGITS,
    ) -> None:
        """Character cells that share their walls."""
        self.paper.setLineWidth(0.25 * mm)
        cells = tuple(RectMm(x=x + i * w, y=y, w=w, h=h) for i in range(count))
        for cell in cells:
            self.paper.rect(cell.x * mm, self.y(cell.bottom), w * mm, h * mm)
        self.zones.append(
            Zone(
                id=question,
                question=question,
                kind=ZoneKind.COMB,
                rect=bounding_box(cells),
                cells=cells,
                alphabet=alphabet,
            )
        )

    def lines(
        self,
        x: float,
        y: float,
        question: str,
        count: int,
        *,
        w: float = 150.0,
        pitch: float = 9.0,
        dotted: bool = False,
    ) -> None:
        """Lines to write on; `y` is the top of the zone."""
        self.paper.setLineWidth(0.25 * mm)
        self.paper.setDash([0.4 * mm, 1.0 * mm] if dotted else [])
        for number in range(1, count + 1):
            self.paper.line(x * mm, self.y(y + number * pitch), (x + w) * mm, self.y(y + number * pitch))
        self.paper.setDash([])
        rect = RectMm(x=x, y=y, w=w, h=count * pitch + 1.5)
        self.zones.append(Zone(id=question, question=question, kind=ZoneKind.HANDWRITING, rect=rect, lines=count))

    def frame(self, x: float, y: float, question: str, *, w: float = 150.0, h: float = 25.0) -> None:
        """An empty frame to write in."""
        self.paper.setLineWidth(0.4 * mm)
        self.paper.rect(x * mm, self.y(y + h), w * mm, h * mm)
        rect = RectMm(x=x, y=y, w=w, h=h).grown(-0.4)
        self.zones.append(Zone(id=question, question=question, kind=ZoneKind.HANDWRITING, rect=rect, lines=2))


@dataclass
class ForeignForm:
    """A drawn form: its empty PDF and its true layout."""

    pdf: Path
    layout: Layout


def draw(
    path: Path,
    code: str,
    pages: Sequence[Callable[[Sheet], None]],
    *,
    size: SizeMm = A4,
    filled: Filled = Filled.WITHDRAWN,
) -> ForeignForm:
    """Draw a form whose pages are functions of a `Sheet`."""
    paper = canvas.Canvas(str(path), pagesize=(size.w * mm, size.h * mm), invariant=True)
    layouts = []
    for number, page in enumerate(pages, 1):
        sheet = Sheet(paper=paper, size=size, zones=[])
        page(sheet)
        paper.showPage()
        layouts.append(
            PageLayout(
                number=number, size=size, blank=f"page-{number}.png", fiducials=(), codes=(), zones=tuple(sheet.zones)
            )
        )
    paper.save()
    layout = Layout(
        questionnaire=code,
        version="1",
        language="en",
        variant="standard",
        digest="00000",
        filled=filled,
        pages=tuple(layouts),
    )
    return ForeignForm(pdf=path, layout=layout)


def club_page_1(sheet: Sheet) -> None:
    """A club's survey: lists with their own labels, a row of boxes, a matrix, cells, lines."""
    sheet.words(20, 24, "Riverside Rowing Club - members' survey", 16, "Helvetica-Bold")
    sheet.words(20, 31, "Please tick what applies and hand the sheet in at the boathouse before the end of May.")
    sheet.words(20, 44, "1. How did you hear about us?", 11, "Helvetica-Bold")
    for row, (option, words) in enumerate(
        (("1", "From friends or family"), ("2", "From the newspaper"), ("3", "On the internet"), ("4", "Passing by"))
    ):
        sheet.box(22, 48 + 7 * row, "heard", option, multiple=True)
        sheet.words(29, 51.4 + 7 * row, words)
    sheet.words(20, 86, "2. How satisfied are you with the following?", 11, "Helvetica-Bold")
    for column, words in enumerate(("very", "rather", "not quite", "not at all")):
        sheet.words(110 + 22 * column, 92, words, 8)
    for row, words in enumerate(("Boats and oars", "Changing rooms", "Opening hours", "Trainers")):
        sheet.words(22, 98.4 + 8 * row, words)
        for column in range(4):
            sheet.box(112 + 22 * column, 95 + 8 * row, f"sat{row + 1}", str(column + 1), group="sat")
    sheet.words(20, 137, "3. Do you row in winter?", 11, "Helvetica-Bold")
    for column, words in enumerate(("yes", "no", "sometimes")):
        sheet.box(22 + 35 * column, 141, "winter", str(column + 1))
        sheet.words(28.5 + 35 * column, 144.4, words)
    sheet.words(20, 160, "4. Year in which you joined", 11, "Helvetica-Bold")
    sheet.cells(22, 164, "joined", 4)
    sheet.words(20, 186, "5. What should we do better?", 11, "Helvetica-Bold")
    sheet.lines(22, 190, "better", 4)
    sheet.words(20, 280, "RRC form 7, please turn over", 8)


def club_page_2(sheet: Sheet) -> None:
    """The back of the club's survey: a frame, letters in boxes."""
    sheet.words(20, 24, "Riverside Rowing Club - about yourself", 14, "Helvetica-Bold")
    sheet.words(20, 40, "6. Which crew do you belong to? Cross the letter.", 11, "Helvetica-Bold")
    for column, letter in enumerate("ABCDEF"):
        sheet.box(22 + 14 * column, 45, "crew", letter.lower(), side=5.5, letter=letter)
    sheet.words(20, 66, "7. How often do you come?", 11, "Helvetica-Bold")
    for row, words in enumerate(("Daily", "Once a week", "Once a month", "Less often", "I only pay")):
        sheet.box(22, 70 + 7 * row, "often", str(row + 1))
        sheet.words(29, 73.4 + 7 * row, words)
    sheet.words(20, 116, "8. Anything else?", 11, "Helvetica-Bold")
    sheet.frame(22, 120, "remarks", h=40)
    sheet.words(20, 176, "9. Which days suit you?", 11, "Helvetica-Bold")
    for column, words in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")):
        sheet.box(22 + 22 * column, 181, "days", str(column + 1), multiple=True)
        sheet.words(28 + 22 * column, 184.4, words)
    sheet.words(20, 280, "RRC form 7, thank you", 8)


def quiz_page(sheet: Sheet) -> None:
    """An answer sheet with bubbles."""
    sheet.words(20, 22, "General knowledge quiz - answer sheet", 15, "Helvetica-Bold")
    sheet.words(20, 29, "Fill the bubble of the answer that you think is right, with a dark pen.", 9)
    for block in range(3):
        for row in range(12):
            number = block * 12 + row + 1
            sheet.words(22 + 60 * block, 46.5 + 12 * row, f"{number}", 9)
            for column, letter in enumerate("ABCD"):
                sheet.bubble(30 + 60 * block + 8 * column, 44 + 12 * row, f"k{number}", letter.lower(), letter=letter)
    sheet.words(20, 205, "Team number", 11, "Helvetica-Bold")
    for column in range(3):
        for digit in range(10):
            sheet.bubble(
                24 + 8 * column, 210 + 6 * digit, f"team{column + 1}", str(digit), letter=str(digit), w=4.0, h=4.0
            )
    sheet.words(70, 240, "Team name", 11, "Helvetica-Bold")
    sheet.lines(70, 242, "name", 1, w=110, pitch=10)


def club_form(folder: Path) -> ForeignForm:
    """A form of two pages with boxes."""
    return draw(folder / "club.pdf", "club", (club_page_1, club_page_2))


def quiz_form(folder: Path) -> ForeignForm:
    """A form of one page with bubbles to fill."""
    return draw(folder / "quiz.pdf", "quiz", (quiz_page,), filled=Filled.MARK)


def clinic_page(sheet: Sheet) -> None:
    """A dense sheet: boxes in the cells of a table, dotted lines, a comb of many cells, inline answers, text beside
    an answer.
    """
    sheet.words(18, 18, "Outpatient clinic: before your appointment", 13, "Helvetica-Bold")
    sheet.words(18, 28, "Surname", 9)
    sheet.cells(40, 23, "surname", 20, w=5.0, h=7.0, alphabet=Alphabet.LETTERS)
    sheet.words(18, 40, "Date of birth", 9)
    sheet.cells(40, 35, "birth", 8, w=5.5, h=7.0)
    sheet.words(18, 54, "Do you have, or did you have:", 10, "Helvetica-Bold")
    sheet.paper.setLineWidth(0.2 * mm)
    for row, words in enumerate(
        ("Asthma", "Diabetes", "High blood pressure", "Heart disease", "Allergies", "Epilepsy")
    ):
        top = 58 + 8 * row
        sheet.paper.rect(18 * mm, sheet.y(top + 8), 80 * mm, 8 * mm)
        sheet.words(20, top + 5.4, words, 9)
        for column in range(3):
            sheet.paper.rect((98 + 16 * column) * mm, sheet.y(top + 8), 16 * mm, 8 * mm)
            sheet.box(104 + 16 * column, top + 2, f"ill{row + 1}", str(column + 1), side=4.0, group="ill")
    sheet.words(18, 118, "Smoker?", 10)
    for column, words in enumerate(("never", "formerly", "yes")):
        sheet.box(40 + 30 * column, 115, "smoker", str(column + 1), side=3.5)
        sheet.words(45.5 + 30 * column, 118, words, 9)
    sheet.words(18, 130, "How did you come here?", 10)
    for row, words in enumerate(("On foot", "By bus", "By car", "Otherwise:")):
        sheet.box(20, 133 + 6.5 * row, "travel", str(row + 1), side=3.5)
        sheet.words(26, 136 + 6.5 * row, words, 9)
    sheet.words(18, 172, "Which medicines do you take?", 10)
    sheet.lines(18, 175, "drugs", 3, w=170, dotted=True)
    sheet.words(18, 215, "Tick the age group", 10)
    for column, words in enumerate(("0-17", "18-39", "40-59", "60-79", "80+")):
        sheet.words(21 + 18 * column, 222, words, 8)
        sheet.bubble(22 + 18 * column, 224, "age", str(column + 1), w=4.0, h=4.0)
    sheet.words(18, 245, "For the clinic", 9)
    sheet.frame(18, 248, "office", w=90, h=20)


def clinic_form(folder: Path) -> ForeignForm:
    """A form of one dense page."""
    return draw(folder / "clinic.pdf", "clinic", (clinic_page,))
