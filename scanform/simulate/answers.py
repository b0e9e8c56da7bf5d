"""Plausible answers for a whole questionnaire, with the expected value of each column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from scanform.model.layout import Layout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled, Question, QuestionKind, Questionnaire
from scanform.model.reading import MarkValue
from scanform.simulate.fill import CAP_MM, LINE_CAP
from scanform.simulate.hands import Hand
from scanform.simulate.scripts import Crops
from scanform.simulate.truth import NEAR_MISS_STYLES, FormTruth, MarkStyle, MarkTruth, PageTruth, TextTruth
from scanform.simulate.words import sentence, short_text

LETTER_CAPS = 0.60
"""Mean width of a letter, gaps included, in capital heights (measured on the fonts: 0.48-0.65)."""

FIRST_YEAR = 1000
"""Minimum lower bound of a number that is taken for a year."""

THIS_YEAR = 2025
THICK_MM = 0.8
"""Minimum pen width at which people take the dot of a resting pen for a mark."""

SUMMER = ("2025-05-12", "2025-07-04")
"""When the forms are filled in."""

POSTCODE_CELLS = 5
POSTCODES = (
    "44135",
    "44137",
    "44139",
    "44141",
    "44143",
    "44145",
    "44147",
    "44149",
    "44225",
    "44263",
    "44287",
    "44309",
    "44328",
    "44339",
    "44357",
    "44388",
)
"""Postcodes of Dortmund; five cells without bounds are taken for a postcode."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How a person fills in a form; all are probabilities.

    `completeness`: a question is answered.
    `correct`: a wrong cross is made, filled in and the right box crossed (per single-choice question, half that for
    multiple choice).
    `double`: two crosses stay in a single-choice question.
    `only_filled`: a box is filled where a cross is meant.
    `near_miss`: an empty box carries a trace that must not count.
    `filter_break`: a question is answered although its filter excludes it.
    `writein`: the text beside a ticked "other" is given.
    `sign`: the form is signed.
    `complies`: boxes are filled, not crossed, on a form that asks for it.

    Defaults bracket what returned paper surveys show: a few percent of item nonresponse and about one correction a
    form.
    """

    completeness: float = 0.93
    correct: float = 0.015
    double: float = 0.002
    only_filled: float = 0.0
    near_miss: float = 0.006
    filter_break: float = 0.0
    writein: float = 0.9
    sign: float = 0.9
    complies: float = 0.75


@dataclass(slots=True)
class _Sheet:
    """The answers decided so far."""

    rng: np.random.Generator
    hand: Hand | None
    behaviour: Behaviour
    crops: Crops | None
    language: str
    zones: Mapping[tuple[str, str | None], Sequence[Zone]]
    filled: Filled
    marks: dict[str, MarkTruth] = field(default_factory=dict)
    texts: dict[str, TextTruth] = field(default_factory=dict)
    expected: dict[str, str] = field(default_factory=dict)
    unclear: set[str] = field(default_factory=set)
    ticked: dict[str, frozenset[str]] = field(default_factory=dict)
    writer: int | None = None
    fills: bool = False

    def happens(self, chance: float) -> bool:
        return bool(self.rng.random() < chance)


def random_truth(
    questionnaire: Questionnaire,
    layout: Layout,
    rng: np.random.Generator,
    *,
    completeness: float | None = None,
    behaviour: Behaviour | None = None,
    hand: Hand | None = None,
    crops: Crops | None = None,
) -> FormTruth:
    """Answers to every question that `layout` has zones for.

    `hand` decides how boxes are marked (its habit) and how much text fits on a line; without it crosses are used. With
    `crops`, short texts that are names of streets and towns are real handwriting. `completeness` overrides that of
    `behaviour`.
    """
    chosen = behaviour or Behaviour()
    if completeness is not None:
        chosen = _with_completeness(chosen, completeness)
    sheet = _Sheet(
        rng=rng,
        hand=hand,
        behaviour=chosen,
        crops=crops,
        language=layout.language,
        zones=_zones(layout),
        filled=layout.filled,
    )
    if crops is not None and (hand is None or hand.writer is None):
        sheet.writer = int(rng.choice(crops.writers))
    sheet.fills = layout.filled is Filled.MARK and sheet.happens(chosen.complies)
    for question in questionnaire.questions():
        _answer(sheet, question)
    _near_misses(sheet)
    pages = []
    for page in layout.pages:
        names = {zone.id for zone in page.zones}
        marks = {name: mark for name, mark in sheet.marks.items() if name in names}
        pages.append(
            PageTruth(
                number=page.number,
                marks=marks,
                texts={name: text for name, text in sheet.texts.items() if name in names},
            )
        )
    return FormTruth(pages=tuple(pages), expected=sheet.expected, unclear=frozenset(sheet.unclear))


def _with_completeness(behaviour: Behaviour, completeness: float) -> Behaviour:
    return replace(behaviour, completeness=completeness)


def _zones(layout: Layout) -> dict[tuple[str, str | None], list[Zone]]:
    """Zones by (question, option), in form order; text beside an option is under the option with " text" appended."""
    found: dict[tuple[str, str | None], list[Zone]] = {}
    for page in layout.pages:
        for zone in page.zones:
            beside = zone.option is not None and zone.kind is not ZoneKind.MARK
            found.setdefault((zone.question, f"{zone.option} text" if beside else zone.option), []).append(zone)
    return found


def _answer(sheet: _Sheet, question: Question) -> None:
    """One question: filtered, blank or answered."""
    asked = _is_asked(sheet, question)
    answers = sheet.happens(sheet.behaviour.completeness if asked else sheet.behaviour.filter_break)
    sheet.expected[question.code] = ""
    for option in question.options:
        if option.writein:
            sheet.expected[f"{question.code}__{option.code}_text"] = ""
    if question.kind is QuestionKind.SINGLE:
        _single(sheet, question, answers)
    elif question.kind is QuestionKind.MULTIPLE:
        _multiple(sheet, question, answers)
    elif question.kind is QuestionKind.COMB and answers:
        _comb(sheet, question)
    elif question.kind is QuestionKind.HANDWRITING and answers:
        _handwriting(sheet, question)
    elif question.kind is QuestionKind.SIGNATURE and sheet.happens(sheet.behaviour.sign):
        _sign(sheet, question)


def _is_asked(sheet: _Sheet, question: Question) -> bool:
    condition = question.only_if
    return condition is None or bool(sheet.ticked.get(condition.question, frozenset()) & set(condition.options))


def _boxes(sheet: _Sheet, question: Question) -> dict[str, Zone]:
    """The check box of each option, in form order."""
    return {
        option.code: sheet.zones[question.code, option.code][0]
        for option in question.options
        if (question.code, option.code) in sheet.zones
    }


def _style(sheet: _Sheet) -> MarkStyle:
    if sheet.hand is None:
        return MarkStyle.CROSS
    styles = list(sheet.hand.habit)
    fractions = np.array([sheet.hand.habit[style] for style in styles])
    return styles[int(sheet.rng.choice(len(styles), p=fractions / fractions.sum()))]


def _tick(sheet: _Sheet, zone: Zone) -> None:
    """A mark that counts: in the hand's style, or filled in if the survey asks for that and the person complies."""
    if sheet.fills:
        sheet.marks[zone.id] = MarkTruth(value=MarkValue.FILLED, style=MarkStyle.FILL)
    else:
        sheet.marks[zone.id] = MarkTruth(value=MarkValue.MARKED, style=_style(sheet))


def _fill(sheet: _Sheet, zone: Zone, style: MarkStyle, *, ambiguous: bool = False) -> None:
    sheet.marks[zone.id] = MarkTruth(value=MarkValue.FILLED, style=style, ambiguous=ambiguous)


def _single(sheet: _Sheet, question: Question, answers: bool) -> None:
    boxes = _boxes(sheet, question)
    if not (answers and boxes):
        sheet.ticked[question.code] = frozenset()
        return
    codes = list(boxes)
    right = codes[int(sheet.rng.integers(0, len(codes)))]
    others = [code for code in codes if code != right]
    sheet.ticked[question.code] = frozenset({right})
    sheet.expected[question.code] = right
    if sheet.filled is Filled.WITHDRAWN and sheet.happens(sheet.behaviour.only_filled):
        _fill(sheet, boxes[right], MarkStyle.FILL, ambiguous=True)
        sheet.unclear.add(question.code)
    else:
        _tick(sheet, boxes[right])
    if others and sheet.filled is Filled.WITHDRAWN and sheet.happens(sheet.behaviour.correct):
        _fill(sheet, boxes[others[int(sheet.rng.integers(0, len(others)))]], MarkStyle.CROSS_FILLED)
    if others and sheet.happens(sheet.behaviour.double):
        _tick(sheet, boxes[others[int(sheet.rng.integers(0, len(others)))]])
        sheet.unclear.add(question.code)
    _write_in(sheet, question)


def _multiple(sheet: _Sheet, question: Question, answers: bool) -> None:
    boxes = _boxes(sheet, question)
    sheet.ticked[question.code] = frozenset()
    if not (answers and boxes):
        return
    exclusive = {option.code for option in question.options if option.exclusive}
    plain = [code for code in boxes if code not in exclusive]
    if exclusive & set(boxes) and sheet.happens(0.08):
        chosen = {sorted(exclusive & set(boxes))[0]}
    else:
        fraction = float(sheet.rng.beta(1.6, 3.0))
        chosen = {code for code in plain if sheet.happens(fraction)} or {plain[int(sheet.rng.integers(0, len(plain)))]}
    for code, zone in boxes.items():
        if code in chosen:
            _tick(sheet, zone)
    left = [code for code in plain if code not in chosen]
    if left and sheet.filled is Filled.WITHDRAWN and sheet.happens(sheet.behaviour.correct / 2):
        _fill(sheet, boxes[left[int(sheet.rng.integers(0, len(left)))]], MarkStyle.CROSS_FILLED)
    sheet.ticked[question.code] = frozenset(chosen)
    sheet.expected[question.code] = " ".join(code for code in boxes if code in chosen)
    _write_in(sheet, question)


def _write_in(sheet: _Sheet, question: Question) -> None:
    """Text beside ticked options that ask for it."""
    for option in question.options:
        zones = sheet.zones.get((question.code, f"{option.code} text"))
        if (
            option.writein
            and zones
            and option.code in sheet.ticked[question.code]
            and sheet.happens(sheet.behaviour.writein)
        ):
            text = _text_for(sheet, f"{question.code} {option.code}", question.text.get(sheet.language), zones[0])
            sheet.texts[zones[0].id] = text
            sheet.expected[f"{question.code}__{option.code}_text"] = text.text


def _sign(sheet: _Sheet, question: Question) -> None:
    for zone in sheet.zones.get((question.code, None), ())[:1]:
        sheet.texts[zone.id] = TextTruth(text="signed")
        sheet.expected[question.code] = "signed"


def _handwriting(sheet: _Sheet, question: Question) -> None:
    for zone in sheet.zones.get((question.code, None), ())[:1]:
        code, title = (question.form.value, "") if question.form else (question.code, question.text.get(sheet.language))
        text = (
            TextTruth(text=str(sheet.rng.choice(_listed(sheet, question))))
            if question.goes_with
            else _text_for(sheet, code, title, zone)
        )
        sheet.texts[zone.id] = text
        sheet.expected[question.code] = text.text.replace("\n", " ")


def _listed(sheet: _Sheet, question: Question) -> Sequence[str]:
    """The values of a list that go with the answer to the other question, all of them if that is blank."""
    known = question.goes_with
    return dict(known.values).get(sheet.expected.get(known.question, ""), question.values) if known else question.values


def _text_for(sheet: _Sheet, code: str, title: str, zone: Zone) -> TextTruth:
    """Words that suit the question and fit the zone."""
    lines = max(1, zone.lines or 1)
    size = sheet.hand.size if sheet.hand else 1.0
    cap = float(np.clip(LINE_CAP * zone.rect.h / lines * size, *CAP_MM))
    room = max(6, int(zone.rect.w / (cap * LETTER_CAPS)))
    if lines > 1:
        return TextTruth(
            text=sentence(
                sheet.rng, sheet.language, f"{code} {title}", lines=int(sheet.rng.integers(1, lines + 1)), room=room
            )
        )
    crop = _real_crop(sheet, code, title, zone)
    return crop or TextTruth(text=short_text(sheet.rng, sheet.language, f"{code} {title}", room=room))


_STREET_WORDS = frozenset({"straße", "strasse", "street"})
_TOWN_WORDS = frozenset({"ort", "wohnort", "stadt", "town", "city"})
_TITLE_WORDS = 2  # a title of more words is about something else, unless the question's code says so
_CROP_ROOM_MM = 35.0


def _real_crop(sheet: _Sheet, code: str, title: str, zone: Zone) -> TextTruth | None:
    """A street or town in real handwriting, if the question asks for one and the writer has one that fits."""
    words = {*code.lower().split(), *title.lower().split()}
    street = bool(words & _STREET_WORDS)
    town = code in _TOWN_WORDS or (bool(words & _TOWN_WORDS) and len(title.split()) <= _TITLE_WORDS)
    if sheet.crops is None or not (street or town) or zone.rect.w < _CROP_ROOM_MM:
        return None
    writer = sheet.hand.writer if sheet.hand and sheet.hand.writer is not None else sheet.writer
    names = [crop for crop in sheet.crops.texts(writer) if _is_street(crop.text) == street]
    if not names:
        return None
    crop = names[int(sheet.rng.integers(0, len(names)))]
    return TextTruth(text=crop.text, crop=crop.name)


def _is_street(name: str) -> bool:
    return any(
        part in name.lower() for part in ("straße", "weg", "gasse", "platz", "allee", "ring", "gäßchen", "plan", "damm")
    )


def _comb(sheet: _Sheet, question: Question) -> None:
    """Digits, dates, times, decimals or letters in cells."""
    zones = sheet.zones.get((question.code, None), ())
    cells = sum(len(zone.cells) for zone in zones)
    if not cells:
        return
    written, value = _comb_value(sheet, question, cells)
    sheet.expected[question.code] = value
    start = 0
    for zone in zones:
        part = written[start : start + len(zone.cells)]
        sheet.texts[zone.id] = TextTruth(text="".join(part), cells=tuple(part))
        start += len(zone.cells)


def _comb_value(sheet: _Sheet, question: Question, cells: int) -> tuple[list[str], str]:
    """The character of each cell and the canonical value."""
    kind = question.alphabet or Alphabet.DIGITS
    if kind is Alphabet.DATE:
        return _date(sheet, question, cells)
    if kind is Alphabet.TIME:
        hour, minute = int(sheet.rng.integers(7, 22)), int(sheet.rng.choice([0, 0, 15, 30, 30, 45]))
        return list(f"{hour:02d}{minute:02d}"[:cells]), f"{hour:02d}:{minute:02d}"
    if kind is Alphabet.DECIMAL:
        return _decimal(sheet, question, cells)
    if kind in (Alphabet.LETTERS, Alphabet.ALNUM):
        text = "".join(
            str(sheet.rng.choice(list("ABCDEFGHKLMNPRSTUVW"))) for _ in range(min(cells, int(sheet.rng.integers(3, 9))))
        )
        return _aligned(list(text), cells, right=False), text
    return _digits(sheet, question, cells)


def _aligned(characters: list[str], cells: int, *, right: bool) -> list[str]:
    free = [""] * (cells - len(characters))
    return [*free, *characters] if right else [*characters, *free]


def _digits(sheet: _Sheet, question: Question, cells: int) -> tuple[list[str], str]:
    low, high = _bounds(question.minimum, question.maximum, cells)
    text = str(_number_between(sheet.rng, low, high))
    if _is_postcode(question, cells):
        text = str(sheet.rng.choice(POSTCODES))
    if question.values:
        text = str(sheet.rng.choice([value for value in _listed(sheet, question) if len(value) <= cells]))
    full = len(text) == cells
    right = bool(sheet.hand is None or sheet.hand.right_aligned)
    return (list(text) if full else _aligned(list(text), cells, right=right)), text


def _is_postcode(question: Question, cells: int) -> bool:
    return cells == POSTCODE_CELLS and question.minimum is None and question.maximum is None


def _bounds(minimum: str | None, maximum: str | None, cells: int) -> tuple[int, int]:
    high = min(int(float(maximum)) if maximum else 10**cells - 1, 10**cells - 1)
    return min(int(float(minimum)) if minimum else 0, high), high


def _number_between(rng: np.random.Generator, low: int, high: int) -> int:
    """Numbers as people give them: small ones more often if the range is wide, often round."""
    if low >= FIRST_YEAR:
        last = min(high, max(THIS_YEAR, low + 10))
        return int(np.clip(last - rng.gamma(1.5, 0.12 * (last - low) + 1), low, high))
    if high <= 30:
        return int(rng.integers(low, high + 1))
    span = np.log(max(low, 1)), np.log(max(high, 2))
    number = round(float(np.exp(rng.uniform(span[0], span[1] - 0.25 * (span[1] - span[0])))))
    if number > 20 and rng.random() < 0.6:
        number = round(number, -1)
    return int(np.clip(number, low, high))


def _decimal(sheet: _Sheet, question: Question, cells: int) -> tuple[list[str], str]:
    """A number with decimals: the last group of cells holds them; with one group a comma takes a cell of its own."""
    groups = question.cells if sum(question.cells) == cells else (cells,)
    if len(groups) >= 2:
        whole_cells, decimals = sum(groups[:-1]), groups[-1]
        low, high = _bounds(question.minimum, question.maximum, whole_cells)
        whole = _number_between(sheet.rng, low, max(low, high - 1))
        part = f"{int(sheet.rng.choice([0, 0, 5, int(sheet.rng.integers(0, 10))])):d}".ljust(decimals, "0")[:decimals]
        written = [*_aligned(list(str(whole)), whole_cells, right=True), *part]
        return written, _plain_decimal(f"{whole}.{part}")
    low, high = _bounds(question.minimum, question.maximum, max(1, cells - 2))
    text = f"{_number_between(sheet.rng, low, max(low, high - 1))},{int(sheet.rng.integers(0, 10))}"
    return _aligned(list(text), cells, right=False), _plain_decimal(text.replace(",", "."))


def _plain_decimal(text: str) -> str:
    """Canonical form: no trailing zeros after the point, no bare point."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(sheet: _Sheet, question: Question, cells: int) -> tuple[list[str], str]:
    """Day, month, year in cells; within the bounds of the question (ISO), else summer 2025."""
    first = max(np.datetime64(question.minimum or SUMMER[0]), np.datetime64(SUMMER[0]))
    last = min(np.datetime64(question.maximum or SUMMER[1]), np.datetime64(SUMMER[1]))
    day = first + np.timedelta64(int(sheet.rng.integers(0, max(1, int((last - first) / np.timedelta64(1, "D"))))), "D")
    iso = str(day)
    year, month, date = iso.split("-")
    written = f"{date}{month}{year if cells >= 8 else year[2:]}"
    return _aligned(list(written[:cells]), cells, right=False), iso


def _near_misses(sheet: _Sheet) -> None:
    """Traces in empty boxes that must not count."""
    for zones in sheet.zones.values():
        for zone in zones:
            if zone.kind is ZoneKind.MARK and zone.id not in sheet.marks and sheet.happens(sheet.behaviour.near_miss):
                style = NEAR_MISS_STYLES[int(sheet.rng.integers(0, len(NEAR_MISS_STYLES)))]
                if style is MarkStyle.PEN_REST and sheet.hand is not None and sheet.hand.pen.width_mm > THICK_MM:
                    style = MarkStyle.SPECK
                sheet.marks[zone.id] = MarkTruth(value=MarkValue.EMPTY, style=style)
