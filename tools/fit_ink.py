"""Fits the decision "same sheet or another one" on pairs of scans that the project makes.

    python tools/fit_ink.py --pairs 400 --drawn pages.pickle

Same: one filled sheet, scanned twice by different scanners. Not the same: the same answers by another hand, other
answers, one answer more. Pairs are split by their number: pair % 5 == 0 tests, the others fit.
"""

import argparse
import json
import pickle
import tempfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from fit_marks import MODELS, prepared_page, upper
from practice import displaced, draw_templates, practice_page, random_practice, random_profile, templates

from scanform.imaging.page_image import Gray
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.reading import MarkValue
from scanform.recognize.ink.fingerprint import SameInkSettings, ink_print, likeness
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MARKED_STYLES, NEAR_MISS_STYLES, MarkStyle, MarkTruth, PageTruth, TextTruth

SWALLOWED = 3.0
"""Another sheet taken for a re-scan loses answers, a re-scan taken for another sheet costs a look: the former counts
this much more.
"""

KINDS = ("same", "same", "same", "other-hand", "other-answers", "one-more")


def calm(truth: PageTruth) -> PageTruth:
    """As forms come back: every second ink is dropped, near misses too."""
    left_out = {MarkStyle.NONE, *NEAR_MISS_STYLES}
    return replace(
        truth,
        marks={
            name: mark for i, (name, mark) in enumerate(truth.marks.items()) if mark.style not in left_out and i % 2
        },
    )


def one_more(page: PageLayout, truth: PageTruth, rng: np.random.Generator) -> PageTruth:
    """One answer added: a mark, else a text."""
    boxes = [zone for zone in page.zones if zone.kind is ZoneKind.MARK and zone.id not in truth.marks]
    if boxes:
        style = MarkStyle(rng.choice([style.value for style in MARKED_STYLES]))
        return replace(
            truth,
            marks={
                **truth.marks,
                boxes[int(rng.integers(len(boxes)))].id: MarkTruth(value=MarkValue.MARKED, style=style),
            },
        )
    rest = [zone for zone in page.zones if zone.id not in truth.texts and zone.kind is ZoneKind.HANDWRITING]
    return replace(truth, texts={**truth.texts, rest[0].id: TextTruth(text="ja")}) if rest else truth


def ink_fingerprint(ink: Gray, page: PageLayout, gray: Gray, prepared: PreparedPage, rng: np.random.Generator) -> bytes:
    """The fingerprint of one scan of a filled sheet."""
    scan = scan_page(gray, random_profile(rng)[1], rng, ink=ink, size=page.size)
    return ink_print(scan.image, displaced(scan.page_map, rng), prepared)


def pair(number: int, seed: int, drawn: Path) -> tuple[str, tuple[float, float, float]]:
    """One pair of scans and how alike they are."""
    rng = np.random.default_rng([seed, number])
    page, gray = (
        practice_page(rng) if rng.random() < 0.3 else templates(drawn)[int(rng.integers(len(templates(drawn))))]
    )
    prepared, kind = prepared_page(page, gray), KINDS[number % len(KINDS)]
    hand, state = random_hand(rng), rng.integers(1 << 30)
    truth = calm(random_practice(page, hand, rng).truth)
    first = draw_ink(gray.shape[:2], page, truth, hand=hand, rng=np.random.default_rng(state))
    if kind == "same":
        second = first
    elif kind == "one-more":
        more = one_more(page, truth, rng)
        new_marks = {name: mark for name, mark in more.marks.items() if name not in truth.marks}
        added = replace(
            more,
            marks=new_marks,
            texts={name: written for name, written in more.texts.items() if name not in truth.texts},
        )
        second = np.minimum(first, draw_ink(gray.shape[:2], page, added, hand=hand, rng=rng))
        kind = kind if added.marks or added.texts else "same"
    else:
        other = truth if kind == "other-hand" else calm(random_practice(page, hand, rng).truth)
        second = draw_ink(gray.shape[:2], page, other, hand=random_hand(rng), rng=rng)
        kind = kind if truth.marks or truth.texts or other.marks or other.texts else "same"
    prints = [ink_fingerprint(ink, page, gray, prepared, rng) for ink in (first, second)]
    return kind, likeness(prints[0], prints[1], SameInkSettings())


def logistic(x: np.ndarray, y: np.ndarray, cost: np.ndarray | None = None) -> np.ndarray:
    """Weights (bias first) by Newton steps with a little ridge; `cost` says how much each row counts."""
    cost = np.ones(len(x)) if cost is None else cost
    rows, w = np.column_stack([np.ones(len(x)), x]), np.zeros(x.shape[1] + 1)
    for _ in range(60):
        p = 1 / (1 + np.exp(-np.clip(rows @ w, -30, 30)))
        slope = rows.T @ (cost * (p - y)) + 0.02 * w
        w -= np.linalg.solve((rows * (cost * p * (1 - p) + 1e-9)[:, None]).T @ rows + 0.02 * np.eye(len(w)), slope)
    return w


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--drawn", type=Path, help="keep the drawn pages of the templates in this file between runs")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    drawn = args.drawn or Path(tempfile.gettempdir()) / "scanform-drawn-pages.pickle"
    if not (args.drawn and drawn.exists()):
        drawn.write_bytes(pickle.dumps(draw_templates()))
    made = [pair(number, args.seed, drawn) for number in range(args.pairs)]
    kinds, x = np.array([kind for kind, _ in made]), np.array([like for _, like in made])
    y, test = (kinds == "same").astype(float), np.arange(len(made)) % 5 == 0
    weights = logistic(x[~test], y[~test], np.where(y[~test] == 1, 1.0, SWALLOWED))
    p = 1 / (1 + np.exp(-(np.column_stack([np.ones(len(x)), x]) @ weights)))
    report: dict[str, object] = {
        "logistic": [round(float(w), 3) for w in weights],
        "pairs": len(made),
        "test_pairs": int(test.sum()),
    }
    for kind in sorted(set(kinds)):
        mine = test & (kinds == kind)
        wrong = int(((p[mine] > 0.5) != (kind == "same")).sum())
        spread = np.round(np.quantile(p[mine], [0, 0.1, 0.5, 0.9, 1]), 3).tolist()
        report[kind] = {
            "pairs": int(mine.sum()),
            "wrong": wrong,
            "at_most_95": round(upper(wrong, int(mine.sum())), 4),
            "p_quantiles": spread,
        }
    (MODELS / "ink.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    print(json.dumps(report, indent=1))
    for number in np.argsort(np.abs(p - y))[::-1][:12]:
        print(number, kinds[number], x[number].round(3), round(float(p[number]), 3))


if __name__ == "__main__":
    main()
