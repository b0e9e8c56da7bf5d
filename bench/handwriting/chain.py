"""Cells through the whole chain: a printed page, real strokes in its cells, scanned, registered, read, judged by the
survey's rules.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from bench.handwriting.unipen import Written, by_writer
from bench.material import Form, make_form
from scanform.assemble import AcceptSettings, FormPages, assemble
from scanform.model.layout import Zone
from scanform.model.page import Identity, PageRef
from scanform.model.questionnaire import Alphabet
from scanform.model.reading import FieldReading, PageReading
from scanform.model.response import Answer, Response, Status
from scanform.recognize.reader import prepare_page, read_fields
from scanform.register import prepare
from scanform.register.fit import fit_page
from scanform.register.markers import find_markers
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand, random_hand
from scanform.simulate.pens import Stroke
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import PageTruth

LEFT_BLANK = 0.1
"""So many rows of cells stay empty."""

LEFT_OUT = {"ibm"}
"""A twelfth of this site's digits are single strokes and halves labelled as the whole: through the chain they would
count as errors of the reader.
"""

OFFICE = ("office copier", "good scanner", "crooked", "jpeg q30")


@dataclass(slots=True, kw_only=True)
class Counts:
    """Fields of one kind: all, right before anybody looked, accepted without a person, wrong among these; characters
    and right ones; blank fields, not seen as blank without a person, and blank ones with a value.
    """

    fields: int = 0
    right: int = 0
    accepted: int = 0
    silent: int = 0
    characters: int = 0
    right_characters: int = 0
    blanks: int = 0
    blanks_to_person: int = 0
    blanks_filled: int = 0
    slugs: Counter[str] = field(default_factory=Counter)

    def add_blank(self, answer: Answer) -> None:
        """Counts a field in which nothing was written."""
        auto = answer.status is Status.AUTO
        self.blanks += 1
        self.blanks_to_person += not auto
        self.blanks_filled += auto and bool(answer.value)


def run(
    digits: Sequence[Written], capitals: Sequence[Written], *, pages: int, seed: int, profiles: Sequence[str]
) -> dict[str, Counts]:
    """Counts by kind of field (postcode, number, date, time, capitals, mixed)."""
    form = make_form("cells", folder=Path(__file__).parent)
    prepared = [
        prepare_page(page, blank, filled=form.layout.filled)
        for page, blank in zip(form.layout.pages, form.blanks, strict=True)
    ]
    checks = [prepare.prepare_page(page, blank) for page, blank in zip(form.layout.pages, form.blanks, strict=True)]
    hands = {key: ways for key, ways in by_writer(digits).items() if len(ways) == 10 and key[0] not in LEFT_OUT}
    letters = {key: ways for key, ways in by_writer(capitals).items() if key[0] not in LEFT_OUT}
    found: dict[str, Counts] = {}
    for number in range(pages):
        rng = np.random.default_rng([seed, number])
        hand, profile = random_hand(rng), profiles[number % len(profiles)]
        keys, others = sorted(hands), sorted(key for key, ways in letters.items() if len(ways) >= 12)
        mine, theirs = hands[keys[int(rng.integers(len(keys)))]], letters[others[int(rng.integers(len(others)))]]
        readings, truth = {}, {}
        for place, page in enumerate(form.layout.pages):
            strokes = []
            for zone in page.zones:
                text = "" if rng.random() < LEFT_BLANK else wanted(zone, mine, theirs, rng)
                truth[zone.question] = text
                for character, cell in zip(text, zone.cells, strict=False):
                    ways = (mine if character.isdigit() else theirs)[character]
                    strokes.extend(placed(ways[int(rng.integers(len(ways)))], cell, hand, rng))
            printed = form.printed[place]
            ink = draw_ink(
                (printed.shape[0], printed.shape[1]),
                page,
                PageTruth(number=page.number),
                hand=hand,
                rng=rng,
                lines=strokes,
            )
            scan = scan_page(printed, PROFILES[profile], rng, ink=ink)
            page_map = fit_page(scan.image, find_markers(scan.image), page, checks[place])
            if page_map is None:
                continue
            readings[page.number] = reading_of(form, read_fields(scan.image, page_map, prepared[place]), place)
        judge(form, readings, truth, found)
    return found


def wanted(zone: Zone, digits: Mapping[str, object], letters: Mapping[str, object], rng: np.random.Generator) -> str:
    """What somebody writes into these cells."""
    match zone.alphabet:
        case Alphabet.DATE:
            return f"{rng.integers(1, 29):02d}{rng.integers(1, 13):02d}{rng.integers(1950, 2026)}"
        case Alphabet.TIME:
            return f"{rng.integers(6, 23):02d}{rng.choice([0, 15, 30, 45]):02d}"
        case Alphabet.LETTERS:
            return "".join(rng.choice(sorted(letters), int(rng.integers(3, 9))))
        case Alphabet.ALNUM:
            return "".join(rng.choice(sorted(letters), 3)) + "".join(
                rng.choice(sorted(digits), int(rng.integers(1, 5)))
            )
    return "".join(rng.choice(sorted(digits), len(zone.cells)))


def placed(one: Written, cell, hand: Hand, rng: np.random.Generator) -> list[Stroke]:
    """The strokes of a character in its cell, mm: of the hand's size, a little off the middle."""
    high = cell.h * float(np.clip(rng.normal(0.66 * hand.size, 0.06), 0.35, 0.98))
    every = np.concatenate(one.lines)
    width = float(np.ptp(every[:, 0]))
    scale = min(high / max(float(np.ptp(every[:, 1])), 0.5), 1.15 * cell.w / max(width, 0.05))
    off = rng.normal(0, 0.03 + 0.04 * hand.sloppiness, 2) * [cell.w, cell.h]
    middle = np.array([cell.centre.x, cell.centre.y]) + off
    return [
        Stroke(points_mm=(line - 0.5) * scale + middle, pressure=np.full(len(line), hand.pressure))
        for line in one.lines
        if len(line) > 1
    ]


def response_of(form: Form, readings: Mapping[int, PageReading], printed: Mapping[str, str] | None = None) -> Response:
    """The form as the survey's rules judge it; `printed` is what it bears as probable answers."""
    pages = FormPages(
        form_id="X",
        token=None,
        received_at="2025-01-01",
        pages=readings,
        copy=False,
        expected_pages=len(form.layout.pages),
        printed=printed or {},
    )
    return assemble(pages, form.questionnaire, form.layout, AcceptSettings())


def reading_of(form: Form, fields: Sequence[FieldReading], place: int) -> PageReading:
    """The readings of the page at `place`, with made-up names."""
    identity = Identity(digest=form.layout.digest, instance="0000042", page=place + 1, pages=len(form.layout.pages))
    return PageReading(
        ref=PageRef(path="scan.pdf", index=place, sha256="0" * 64), identity=identity, fields=tuple(fields)
    )


def judge(form: Form, readings: Mapping[int, PageReading], truth: Mapping[str, str], found: dict[str, Counts]) -> None:
    """Adds one form to the counts."""
    response = response_of(form, readings)
    raw = {one.zone: one for reading in readings.values() for one in reading.fields}
    for page in form.layout.pages:
        for zone in page.zones:
            if page.number not in readings:
                continue
            answer, text = response.answer(zone.question), truth[zone.question]
            counts = found.setdefault(zone.question.rstrip("0123456789"), Counts())
            auto = answer.status is Status.AUTO
            if not text:
                counts.add_blank(answer)
                continue
            right = answer.value == canonical(zone, text)
            counts.fields += 1
            counts.right += right
            counts.accepted += auto
            counts.silent += auto and not right
            if not auto:
                counts.slugs[answer.problem or ""] += 1
            seen = raw[zone.id].value.ljust(len(text))
            counts.characters += len(text)
            counts.right_characters += sum(a == b for a, b in zip(text, seen, strict=False))


def canonical(zone: Zone, text: str) -> str:
    """The value that stands for the cells."""
    match zone.alphabet:
        case Alphabet.DATE:
            return f"{text[4:]}-{text[2:4]}-{text[:2]}"
        case Alphabet.TIME:
            return f"{text[:2]}:{text[2:]}"
    return str(int(text)) if zone.question.startswith("number") else text
