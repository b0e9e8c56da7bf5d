"""Fits the probability that a text read by Tesseract from handwriting is right, from its own confidence and the length.

    python tools/fit_text.py --pages 80 --crops ../shared/data/handwriting/dhsd_train.zip

Real handwriting (DHSD, CC BY 4.0) is used for free text when `--crops` is given, else handwriting fonts.
The logistic orders candidates and fills in a confidence: handwriting goes to review whatever it says.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np
from fit_ink import logistic
from fit_marks import MODELS, prepared_page
from practice import practice_page, random_profile

from scanform.model.layout import PageLayout, ZoneKind
from scanform.recognize.ink.extraction import measure
from scanform.recognize.ink.writing_areas import find_parts
from scanform.recognize.writing import crops
from scanform.recognize.writing.tesseract import TextSettings, read_lines
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import scan_filled
from scanform.simulate.scripts import Crops, load_crops
from scanform.simulate.truth import PageTruth, TextTruth

WORDS = (
    "Haus am Park",
    "Müller",
    "Treffpunkt",
    "Sommerpause",
    "Kirchstraße 12",
    "täglich",
    "keine Angabe",
    "Nachbarschaft e.V.",
    "mehr Räume",
)
BOTH = (TextSettings(), TextSettings(in_process=False))


def written(page: PageLayout, crops: Crops | None, rng: np.random.Generator) -> dict[str, TextTruth]:
    """Something in most zones: real crops one line high, words of a font."""
    out = {}
    names = list(crops.items) if crops else []
    for zone in page.zones:
        if zone.kind is ZoneKind.HANDWRITING and crops and rng.random() < 0.8:
            crop = crops.items[names[int(rng.integers(len(names)))]]
            out[zone.id] = TextTruth(text=crop.text, crop=crop.name)
        elif zone.kind is ZoneKind.HANDWRITING:
            out[zone.id] = TextTruth(text=str(rng.choice(WORDS)))
    return out


def read(number: int, seed: int, hands: Crops | None) -> list[tuple[float, int, bool]]:
    """(Tesseract's confidence, length, right) of every text on one page, in this process and by the program."""
    rng = np.random.default_rng([seed, number])
    page, gray = practice_page(rng)
    page = PageLayout(
        number=1,
        size=page.size,
        blank="",
        fiducials=(),
        codes=(),
        zones=tuple(z for z in page.zones if z.kind is ZoneKind.HANDWRITING),
    )
    prepared, truth = prepared_page(page, gray), PageTruth(number=1, texts=written(page, hands, rng))
    scan = scan_filled(gray, page, truth, hand=random_hand(rng), profile=random_profile(rng)[1], rng=rng, crops=hands)
    ink = measure(scan.image, scan.page_map, prepared)
    parts = find_parts(ink, prepared.areas)
    out = []
    for place, spot in enumerate(prepared.areas.spots):
        if spot.zone.id in truth.texts:
            pictures = crops.lines(
                crops.clean_zone(scan.gray, scan.page_map, prepared.areas, parts, place), spot, parts
            )
            for lines in (read_lines(pictures, settings) for settings in BOTH):
                text = "\n".join(line.text for line in lines if line.text)
                out.append(
                    (
                        float(np.mean([line.sure for line in lines])) if lines else 0.0,
                        len(text),
                        text.strip() == truth.texts[spot.zone.id].text,
                    )
                )
    return out


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=80)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--crops", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    hands = load_crops(args.crops) if args.crops else None
    rows = [(number % 5 == 0, *row) for number in range(args.pages) for row in read(number, args.seed, hands)]
    x = np.array([[sure, np.log1p(length)] for _, sure, length, _ in rows])
    y, test = np.array([float(row[3]) for row in rows]), np.array([row[0] for row in rows])
    weights = logistic(x[~test], y[~test])
    p = 1 / (1 + np.exp(-(np.column_stack([np.ones(len(x)), x]) @ weights)))
    report = {
        "logistic": [round(float(w), 3) for w in weights],
        "pages": args.pages,
        "texts": len(rows),
        "test_texts": int(test.sum()),
        "right_in_test": round(float(y[test].mean()), 4),
        "mean_p_in_test": round(float(p[test].mean()), 4),
    }
    (MODELS / "text.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
