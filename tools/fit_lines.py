"""Fits the probabilities of the line reader: that a text read freely is right, that the best text of a list is, and
that the one text stands there that was expected, because it is printed on the form.

    python tools/fit_lines.py --dhsd ../shared/data/handwriting/dhsd_train.zip

Real handwriting (DHSD, CC BY 4.0) is written into zones of made-up pages, scanned by the simulator, cut out and read as
any page is; three zones in ten hold type instead. The network for words has not learnt from writers 23 and later: 23
and 24 are fitted on, 25-29 are the test. Lists of 30 to 3,000 names hold the right one, or do not; what is expected is
right in six cases of ten, otherwise a name much like it, the right one misspelt, or another name. Labels that are wrong
at the source (`bench/handwriting/wrong_labels.json`) are left out.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import cv2
import numpy as np
from fit_ink import logistic
from fit_marks import MODELS, prepared_page
from PIL import Image, ImageDraw, ImageFont
from practice import PX, random_profile, rectangle
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.writing_areas import find_parts
from scanform.recognize.writing import crops as cut
from scanform.recognize.writing.handwriting import (
    EXPECTED_FACTS,
    FREE_FACTS,
    LISTED_FACTS,
    expected_facts,
    free_facts,
    free_texts,
    listed_facts,
    listed_texts,
    spellings_known,
)
from scanform.recognize.writing.tesseract import ReadLine, read_lines
from scanform.recognize.writing.words import LineLogProbs, line_log_probs
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import scan_filled
from scanform.simulate.scripts import Crop, Crops, load_crops
from scanform.simulate.truth import PageTruth, TextTruth

WRONG = Path(__file__).parents[1] / "bench" / "handwriting" / "wrong_labels.json"
FONTS = [
    *sorted(Path(str(resources.files("fontpkg_atkinson_hyperlegible"))).glob("files/*.ttf")),
    *sorted(Path(str(resources.files("reportlab"))).glob("fonts/Vera*.ttf")),
]
DEV, TEST = (23, 24), (25, 26, 27, 28, 29)
SIZES, LISTED, TYPED = (30, 300, 3000), 0.7, 0.3
DOUBT, FITTING = 0.01, 26
EXPECTED_SIZES, EXPECTED, ALIKE, MISSPELT, TWINS = (0, 30, 300, 3000), 0.6, 0.15, 0.15, 5
"""How many other names compete with the expected one, how often that is right, one of the TWINS nearest other names,
or the right one with a slip.
"""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """One field as it was read: what stands there, by hand or in type, what the network and Tesseract say of it."""

    text: str
    typed: bool
    probs: LineLogProbs
    printed: ReadLine


def page_of_lines(rng: np.random.Generator) -> tuple[PageLayout, np.ndarray]:
    """A page full of writing zones of one line, ruled, boxed or bare."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    high, look, grey, thick = (
        rng.uniform(7.5, 11),
        rng.choice(["line", "box", "bare"], p=[0.6, 0.25, 0.15]),
        int(rng.integers(0, 180)),
        rng.uniform(0.1, 0.35),
    )
    zones = []
    for row in range(int(250 / (high + 4))):
        for column in range(2):
            rect = RectMm(x=18 + 90 * column, y=20 + row * (high + 4), w=82, h=high)
            zones.append(
                Zone(id=f"z{row}-{column}", question=f"z{row}-{column}", kind=ZoneKind.HANDWRITING, rect=rect, lines=1)
            )
            if look == "box":
                rectangle(gray, rect, thick, grey)
            elif look == "line":
                ends = (round(rect.x * PX), round(rect.bottom * PX)), (round(rect.right * PX), round(rect.bottom * PX))
                cv2.line(gray, *ends, (grey,), max(1, round(thick * PX)))
    return PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=tuple(zones)), gray


def some_words(first: str, more: Sequence[str], rng: np.random.Generator) -> str:
    """A few words that fit into a zone in type of 13 points."""
    words = [first, *rng.choice(more, int(rng.integers(0, 3))).tolist()]
    while len(words) > 1 and len(" ".join(words)) > FITTING:
        words.pop()
    return " ".join(words)


def with_type(gray: np.ndarray, texts: Sequence[tuple[Zone, str]], rng: np.random.Generator) -> np.ndarray:
    """The page with texts set in type in some zones, 8 to 13 points, as a form filled in on a screen or by a
    typewriter has them.
    """
    picture = Image.fromarray(gray)
    for zone, text in texts:
        size = round(rng.uniform(8, 13) * 25.4 / 72 * PX)
        face = ImageFont.truetype(str(rng.choice(FONTS)), size)
        at = ((zone.rect.x + rng.uniform(0.5, 4)) * PX, (zone.rect.bottom - rng.uniform(0.8, 2.5)) * PX)
        ImageDraw.Draw(picture).text(at, text, int(rng.integers(0, 90)), font=face, anchor="ls")
    return np.asarray(picture)


def read(crops: Crops, chosen: Sequence[Crop], more: Sequence[str], seed: int) -> Iterator[Line]:
    """All of `chosen`, each written once into a zone of some page, or set in type there with some of the words
    `more`, and read.
    """
    left = [chosen[number] for number in np.random.default_rng(seed).permutation(len(chosen))]
    number = 0
    while left:
        rng, number = np.random.default_rng([seed, number]), number + 1
        page, gray = page_of_lines(rng)
        here, left = left[: len(page.zones)], left[len(page.zones) :]
        typed = rng.random(len(here)) < TYPED
        written = [(zone, one) for zone, one, by_type in zip(page.zones, here, typed, strict=False) if not by_type]
        truth = PageTruth(number=1, texts={zone.id: TextTruth(text=one.text, crop=one.name) for zone, one in written})
        prepared = prepared_page(page, gray)
        texts = [
            some_words(one.text, more, rng) if by_type else one.text for one, by_type in zip(here, typed, strict=True)
        ]
        answered = with_type(
            gray, [(zone, text) for zone, text, by_type in zip(page.zones, texts, typed, strict=False) if by_type], rng
        )
        scan = scan_filled(
            answered, page, truth, hand=random_hand(rng), profile=random_profile(rng)[1], rng=rng, crops=crops
        )
        parts = find_parts(measure(scan.image, scan.page_map, prepared), prepared.areas)
        cleaned = [cut.clean_zone(scan.gray, scan.page_map, prepared.areas, parts, place) for place in range(len(here))]
        found = [cut.lines(zone, spot, parts) for zone, spot in zip(cleaned, prepared.areas.spots, strict=False)]
        pictures = [lines[0] for lines in found if len(lines) == 1]
        kept = [
            (text, bool(by_type)) for text, by_type, lines in zip(texts, typed, found, strict=True) if len(lines) == 1
        ]
        for (text, by_type), probs, printed in zip(kept, line_log_probs(pictures), read_lines(pictures), strict=True):
            yield Line(text=text, typed=by_type, probs=probs, printed=printed)


def free_rows(lines: Sequence[Line]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Facts of reading freely, whether the network was right, whether Tesseract was."""
    x, y, other = [], [], []
    for line in lines:
        texts = free_texts([line.probs])
        x.append(free_facts(texts, line.printed.text, line.printed.sure))
        y.append(next(iter(texts)) == line.text)
        other.append(line.printed.text == line.text)
    return np.array(x), np.array(y, float), np.array(other, float)


def listed_rows(lines: Sequence[Line], names: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Facts, outcomes, and whether the truth was in the list, of reading with lists."""
    rng, x, y, known = np.random.default_rng(seed), [], [], []
    for line in lines:
        for size in SIZES:
            same = spellings_known([line.text])
            others = [name for name in rng.choice(names, size, replace=False).tolist() if name.casefold() not in same]
            inside = rng.random() < LISTED
            values = tuple([*others[:-1], line.text] if inside else others)
            texts, found = free_texts([line.probs]), listed_texts(line.probs, values)
            x.append(listed_facts(found, texts, line.printed.text, len(values)))
            y.append(found[0][0] == line.text)
            known.append(inside)
    return np.array(x), np.array(y, float), np.array(known)


def expected_rows(lines: Sequence[Line], names: Sequence[str], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Facts and outcomes where a text is expected and no other listed one fits better."""
    rng, x, y = np.random.default_rng([seed, 7]), [], []
    for line in lines:
        same, texts = spellings_known([line.text]), free_texts([line.probs])
        for size in EXPECTED_SIZES:
            expected = expected_text(line.text, names, rng)
            others = [name for name in rng.choice(names, size, replace=False).tolist() if name.casefold() not in same]
            values = (*others, *([line.text] if rng.random() < 0.5 else []), expected)
            found = listed_texts(line.probs, tuple(dict.fromkeys(values)), expected)
            if found[0][0] == expected:
                x.append(expected_facts(listed_facts(found, texts, line.printed.text, len(values))))
                y.append(expected == line.text)
    return np.array(x), np.array(y, float)


def expected_text(text: str, names: Sequence[str], rng: np.random.Generator) -> str:
    """What is printed on the form of somebody who wrote `text`."""
    kind = rng.random()
    if kind < EXPECTED:
        return text
    if kind < EXPECTED + ALIKE:
        near = process.extract(text, names, scorer=Levenshtein.distance, limit=TWINS + 1)
        return str(rng.choice([name for name, _, _ in near if name != text]))
    if kind < EXPECTED + ALIKE + MISSPELT:
        at, letter = int(rng.integers(len(text))), str(rng.choice(list("abcdefghijklmnoprstuvwzäöü")))
        return text[:at] + str(rng.choice([letter, letter + text[at], text[at + 1 : at + 2]])) + text[at + 1 :]
    return str(rng.choice([name for name in names if name != text]))


def doubting(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights for free text, of which there is too little to believe every outcome: each counts a little as its
    opposite, too.
    """
    return logistic(np.concatenate([x, x]), np.concatenate([y, 1 - y]), np.repeat([1 - DOUBT, DOUBT], len(y)))


def report(weights: np.ndarray, x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """How well the probabilities hold."""
    p = 1 / (1 + np.exp(-(np.column_stack([np.ones(len(x)), x]) @ weights)))
    taken, bins = p >= 0.995, np.array_split(np.argsort(p, kind="stable"), 10)
    return {
        "fields": len(y),
        "right": round(float(y.mean()), 4),
        "mean_p": round(float(p.mean()), 4),
        "accepted": round(float(taken.mean()), 4),
        "wrong_of_accepted": int((1 - y)[taken].sum()),
        "ece": round(sum(abs(float(p[b].mean() - y[b].mean())) * len(b) for b in bins) / len(p), 4),
    }


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dhsd", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3, help="times that every crop is written on a page")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    crops, wrong = load_crops(args.dhsd), json.loads(WRONG.read_text("utf-8"))
    names = sorted({crop.text for crop in crops.items.values()})
    result: dict[str, object] = {
        "free_facts": FREE_FACTS,
        "listed_facts": LISTED_FACTS,
        "expected_facts": EXPECTED_FACTS,
    }
    weights = {}
    for part, writers in (("dev", DEV), ("test", TEST)):
        chosen = [crop for crop in crops.items.values() if crop.writer in writers and crop.name not in wrong]
        lines = [
            line
            for number in range(args.rounds)
            for line in read(crops, chosen, names, args.seed * 100 + number + 10 * (part == "test"))
        ]
        free, listed, expected = (
            free_rows(lines),
            listed_rows(lines, names, args.seed),
            expected_rows(lines, names, args.seed),
        )
        if part == "dev":
            weights = {
                "free": doubting(free[0], free[1]),
                "printed": doubting(free[0], free[2]),
                "listed": logistic(*listed[:2]),
                "expected": logistic(*expected),
            }
            result |= {name: [round(float(w), 4) for w in found] for name, found in weights.items()}
        outcomes = {
            "free": (free[0], free[1]),
            "printed": (free[0], free[2]),
            "listed": listed[:2],
            "expected": expected,
        }
        result[part] = {name: report(weights[name], *rows) for name, rows in outcomes.items()}
    (MODELS / "lines.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
