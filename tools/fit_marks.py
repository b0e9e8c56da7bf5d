"""Fits the models that decide on check boxes (empty, marked, filled) and on blank writing zones, from pages the project makes.

    python tools/fit_marks.py --forms 900 --jobs 2            make pages, fit, write models and their card
    python tools/fit_marks.py --features pages.npz            fit again from measurements saved earlier (--save pages.npz)

Forms are split by their number: form % 10 in 0..5 train, 6..7 calibrate, 8..9 test. Each form has a hand, a pen and a scanner of its
own, so no writer and no scan is on two sides.
"""

import argparse
import json
import pickle
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from pdf2image import convert_from_bytes

from scanform.formats.template import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage, Gray
from scanform.imaging.page_map import PageMap
from scanform.layout.draw import draw_blank
from scanform.layout.fonts import measure as font_measure
from scanform.layout.place import place
from scanform.layout.themes import THEMES
from scanform.model.geometry import A4, RectMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.questionnaire import Alphabet, Filled
from scanform.model.reading import MarkValue
from scanform.recognize import areas, features
from scanform.recognize.darkness import measure
from scanform.recognize.sheets import PreparedPage, prepare
from scanform.simulate.hands import Hand, random_hand
from scanform.simulate.pens import PENS
from scanform.simulate.profiles import PROFILES, Profile
from scanform.simulate.scanner import scan_filled
from scanform.simulate.truth import FILLED_STYLES, MARKED_STYLES, MarkStyle, MarkTruth, PageTruth, TextTruth

ROOT = Path(__file__).parents[1]
MODELS = ROOT / "scanform" / "recognize" / "models"
PX = 300 / 25.4

PROFILE_WEIGHTS = {"office copier": 0.30, "clean": 0.02, "photo": 0.06, "worst": 0.04}
"""Share of pages by profile; the others share the rest evenly."""

ONE_BIT_SHARE = 0.22
"""Share of pages that are scanned in black and white, as many office copiers do by default: 200 to 400 dpi, threshold low to high."""

MARK_CLASSES = (MarkValue.EMPTY.value, MarkValue.MARKED.value, MarkValue.FILLED.value)
AREA_CLASSES = ("blank", "inked")
WORDS = ("Haus", "Treff", "am", "Park", "Sommerpause", "keine", "Frau", "Müller", "e.V.", "Straße", "12", "täglich", "Kaffee", "Raum", "Kirche", "ja", "0231")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Measured rows: features `x` (N, F), class number `y`, number of the form, and a note (style, pen, profile) per row."""

    x: np.ndarray
    y: np.ndarray
    form: np.ndarray
    note: np.ndarray


def draw_templates() -> tuple[tuple[PageLayout, Gray], ...]:
    """Every page of every template of the project in every variant."""
    out: list[tuple[PageLayout, Gray]] = []
    for path in sorted((ROOT / "templates").glob("*.yaml")):
        questionnaire = load_questionnaire(path)
        for variant in THEMES:
            placement = place(questionnaire, language=questionnaire.languages[0], variant=variant, measure=font_measure)
            pdf = BytesIO()
            draw_blank(placement, pdf)
            pictures = convert_from_bytes(pdf.getvalue(), dpi=300, grayscale=True)
            out += [(page, np.asarray(picture)) for page, picture in zip(placement.layout.pages, pictures, strict=True)]
    return tuple(out)


@cache
def templates(drawn: Path) -> tuple[tuple[PageLayout, Gray], ...]:
    """The pages of `draw_templates`, from the file in which this program left them."""
    pages: tuple[tuple[PageLayout, Gray], ...] = pickle.loads(drawn.read_bytes())
    return pages


def practice_page(rng: np.random.Generator) -> tuple[PageLayout, Gray]:
    """A page of boxes, combs and writing zones with random measures, labels and lines."""
    gray = np.full((round(A4.h * PX), round(A4.w * PX)), 255, np.uint8)
    side, gap, line = rng.uniform(3.6, 7), rng.uniform(3, 6), rng.uniform(0.2, 0.45)
    across = float(rng.choice([side + gap, 28, 45]))
    zones = []
    for row in range(int(120 / (side + gap))):
        for column in range(int(170 / max(across, side + gap))):
            rect = RectMm(x=20 + column * max(across, side + gap), y=20 + row * (side + gap), w=side, h=side)
            zones.append(Zone(id=f"b{row}-{column}", question=f"b{row}", option=f"{column}", kind=ZoneKind.MARK, rect=rect, multiple=True))
            rectangle(gray, rect, line, 0)
            if across > side + gap + 10:
                at_mm = (rect.right + rng.uniform(1.2, 3), rect.bottom - rng.uniform(0.3, 1.5))
                label(gray, " ".join(rng.choice(WORDS, 2)), at_mm, across - side - 4, rng)
    y = 150.0
    for number in range(int(rng.integers(6, 9))):
        zone = practice_zone(number, y, rng)
        zones.append(zone)
        for cell in zone.cells:
            rectangle(gray, cell, rng.uniform(0.15, 0.35), int(rng.choice([0, 60, 130])))
        for written in range((zone.lines or 0) if rng.random() < 0.7 else 0):
            level = round((zone.rect.y + zone.rect.h * (written + 1) / zone.lines) * PX)
            cv2.line(gray, (round(zone.rect.x * PX), level), (round(zone.rect.right * PX), level), (int(rng.integers(0, 180)),), int(rng.integers(1, 4)))
        y = zone.rect.bottom + rng.uniform(2.5, 6)
        if y > 270:
            break
    return PageLayout(number=1, size=A4, blank="", fiducials=(), codes=(), zones=tuple(zones)), gray


def practice_zone(number: int, y: float, rng: np.random.Generator) -> Zone:
    """A comb, a writing zone or a signature at height `y`."""
    kind = rng.choice(["comb", "handwriting", "signature"], p=[0.4, 0.5, 0.1])
    if kind == "comb":
        w, h, gap, count = rng.uniform(5, 7), rng.uniform(6.5, 9), rng.uniform(0.8, 2.5), int(rng.integers(1, 11))
        cells = tuple(RectMm(x=20 + i * (w + gap), y=y, w=w, h=h) for i in range(count))
        whole = RectMm(x=20, y=y, w=count * (w + gap) - gap, h=h)
        return Zone(id=f"z{number}", question=f"z{number}", kind=ZoneKind.COMB, cells=cells, alphabet=Alphabet.DIGITS, rect=whole)
    lines = int(rng.integers(1, 4))
    rect = RectMm(x=20, y=y, w=rng.uniform(35, 170), h=lines * rng.uniform(7, 10))
    return Zone(id=f"z{number}", question=f"z{number}", kind=ZoneKind(kind), rect=rect, lines=lines if kind == "handwriting" else None)


def rectangle(gray: Gray, rect: RectMm, line_mm: float, grey: int) -> None:
    """A box outline whose outer edge is `rect`."""
    inner = rect.grown(-line_mm / 2)
    ends = [(round((p.x * PX - 0.5) * 16), round((p.y * PX - 0.5) * 16)) for p in (inner.corners[0], inner.corners[2])]
    cv2.rectangle(gray, ends[0], ends[1], (grey,), max(1, round(line_mm * PX)), cv2.LINE_AA, 4)


def label(gray: Gray, words: str, at_mm: tuple[float, float], room: float, rng: np.random.Generator) -> None:
    """Printed words from a point, cut to `room` mm."""
    size, weight = rng.uniform(0.9, 1.5), int(rng.integers(2, 5))
    fits = words.encode("ascii", "ignore").decode()[: max(1, int(room * PX / (22 * size)))]
    cv2.putText(gray, fits, (round(at_mm[0] * PX), round(at_mm[1] * PX)), cv2.FONT_HERSHEY_SIMPLEX, size, (0,), weight, cv2.LINE_AA)


def random_marks(page: PageLayout, rng: np.random.Generator) -> dict[str, MarkTruth]:
    """Every box in one of all styles; pages where all, some or no boxes are touched."""
    busy = rng.choice([0.0, 0.05, 0.2, 0.45, 0.75], p=[0.04, 0.11, 0.35, 0.3, 0.2])
    out = {}
    for zone in page.zones:
        if zone.kind is not ZoneKind.MARK:
            continue
        style = MarkStyle.NONE
        if rng.random() < busy:
            group = rng.choice(4, p=[0.35, 0.35, 0.12, 0.18])
            near = (MarkStyle.SPECK, MarkStyle.NEIGHBOUR_STROKE, MarkStyle.PEN_REST)
            style = MarkStyle.CROSS if group == 0 else MarkStyle(rng.choice([s.value for s in (MARKED_STYLES, FILLED_STYLES, near)[group - 1]]))
        value = MarkValue.FILLED if style in FILLED_STYLES else MarkValue.MARKED if style in MARKED_STYLES else MarkValue.EMPTY
        out[zone.id] = MarkTruth(value=value, style=style)
    return out


def random_texts(page: PageLayout, rng: np.random.Generator) -> dict[str, TextTruth]:
    """Half of the writing zones with something in them, sometimes only one character."""
    out = {}
    for zone in page.zones:
        if zone.kind is ZoneKind.MARK or rng.random() < 0.5:
            continue
        if zone.kind is ZoneKind.COMB:
            used = int(rng.integers(1, len(zone.cells) + 1))
            digits = [str(rng.integers(0, 10)) for _ in range(used)]
            cells = tuple(["", *[""] * (len(zone.cells) - used - 1), *digits][-len(zone.cells) :]) if used < len(zone.cells) else tuple(digits)
            out[zone.id] = TextTruth(text="".join(digits), cells=cells)
        else:
            words = [str(rng.choice(WORDS)) for _ in range(int(rng.integers(1, 4)))]
            first = words[0][:1] if rng.random() < 0.12 else " ".join(words)
            out[zone.id] = TextTruth(text=first)
    return out


def displaced(page_map: PageMap, rng: np.random.Generator) -> PageMap:
    """The true map with a small error of registration: exact on a third of the pages, else up to 0.4 mm off."""
    if rng.random() < 0.33:
        return page_map
    dx, dy = np.clip(rng.normal(0, 0.13, 2), -0.4, 0.4)
    sx, sy = rng.normal(1, 0.0004, 2)
    wrong = np.array([[sx, rng.normal(0, 0.0003), dx], [rng.normal(0, 0.0003), sy, dy], [0, 0, 1]])
    return replace(page_map, homography=tuple((np.array(page_map.homography).reshape(3, 3) @ wrong).ravel().tolist()))


def random_profile(rng: np.random.Generator) -> tuple[str, Profile]:
    """A kind of scanner, with its name for the notes."""
    if rng.random() < ONE_BIT_SHARE:
        dpi, threshold = int(rng.choice([200, 300, 400])), float(rng.uniform(105, 185))
        return "one bit", replace(PROFILES["fax"], dpi=(dpi,), threshold=(threshold - 10, threshold + 10), noise=(0.5, 4.0), specks=(0, 60))
    rest = (1 - sum(PROFILE_WEIGHTS.values())) / (len(PROFILES) - len(PROFILE_WEIGHTS))
    odds = np.array([PROFILE_WEIGHTS.get(name, rest) for name in PROFILES])
    name = str(rng.choice(list(PROFILES), p=odds / odds.sum()))
    return name, PROFILES[name]


def back_of(hand: Hand, page: PageLayout, gray: Gray, rng: np.random.Generator) -> Gray:
    """The other side of the sheet, for show-through: another filled page."""
    from scanform.simulate.fill import fill_page

    return fill_page(gray, page, PageTruth(number=1, marks=random_marks(page, rng), texts=random_texts(page, rng)), hand=hand, rng=rng)


def make_form(number: int, seed: int, drawn: Path) -> tuple[Table, Table]:
    """One filled, scanned and measured page: rows for boxes and for writing zones."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    hand = random_hand(rng, pen=str(rng.choice(list(PENS))) if rng.random() < 0.5 else None)
    page, gray = practice_page(rng) if rng.random() < 0.5 else templates(drawn)[int(rng.integers(len(templates(drawn))))]
    prepared = prepared_page(page, gray)
    name, profile = random_profile(rng)
    truth = PageTruth(number=page.number, marks=random_marks(page, rng), texts=random_texts(page, rng))
    back = back_of(hand, page, gray, rng) if profile.show_through[1] > 0 else None
    scan = scan_filled(gray, page, truth, hand=hand, profile=profile, rng=rng, back=back)
    ink = measure(scan.image, displaced(scan.page_map, rng), prepared)
    note = f"{hand.pen.name}|{name}"
    marks = [(MARK_CLASSES.index(truth.marks[zone.id].value), f"{truth.marks[zone.id].style}|{note}") for zone in prepared.marks.zones]
    zones = [(int(spot.zone.id in truth.texts), f"{spot.zone.kind}|{note}") for spot in prepared.areas.spots]
    parts = areas.find_parts(ink, prepared.areas)
    return rows(features.describe(ink, prepared.marks), marks, number), rows(areas.describe(ink, prepared.areas, parts), zones, number)


def prepared_page(page: PageLayout, gray: Gray) -> PreparedPage:
    """The page, prepared with its own picture as the blank one."""
    blank = BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4)
    return prepare(page, blank, filled=Filled.WITHDRAWN)


def rows(x: np.ndarray, labels: list[tuple[int, str]], form: int) -> Table:
    """Features and labels of one page as a table."""
    return Table(x=x, y=np.array([y for y, _ in labels], int), form=np.full(len(labels), form), note=np.array([note for _, note in labels], "U80"))


def joined(tables: list[Table]) -> Table:
    """All pages in one table."""
    return Table(**{name: np.concatenate([getattr(table, name) for table in tables]) for name in ("x", "y", "form", "note")})


def make_forms(count: int, seed: int, jobs: int, drawn: Path) -> tuple[Table, Table]:
    """`count` pages on `jobs` processes."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(make_form, range(count), [seed] * count, [drawn] * count, chunksize=4))
    return joined([marks for marks, _ in made]), joined([zones for _, zones in made])


def part(table: Table, digits: tuple[int, ...]) -> Table:
    """The rows of forms whose number ends in one of `digits`."""
    chosen = np.isin(table.form % 10, digits)
    return Table(x=table.x[chosen], y=table.y[chosen], form=table.form[chosen], note=table.note[chosen])


@dataclass(slots=True, kw_only=True)
class Weights:
    """Weights of the network while it is being fitted."""

    hidden: np.ndarray
    hidden_bias: np.ndarray
    out: np.ndarray
    out_bias: np.ndarray

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Class scores of standardised features."""
        return np.tanh(x @ self.hidden + self.hidden_bias) @ self.out + self.out_bias


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities from scores, row by row."""
    e = np.exp(logits - logits.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def log_loss(p: np.ndarray, y: np.ndarray) -> float:
    """Mean negative log likelihood."""
    return float(-np.log(np.maximum(p[np.arange(len(y)), y], 1e-9)).mean())


def fit_network(x: np.ndarray, y: np.ndarray, check_x: np.ndarray, check_y: np.ndarray, *, classes: int, hidden: int, epochs: int, seed: int) -> Weights:
    """Adam (Kingma and Ba 2015) with weight decay; keeps the weights that were best on the calibration forms."""
    rng = np.random.default_rng(seed)
    w = {
        "hidden": rng.normal(0, 1 / np.sqrt(x.shape[1]), (x.shape[1], hidden)), "hidden_bias": np.zeros(hidden),
        "out": rng.normal(0, 1 / np.sqrt(hidden), (hidden, classes)), "out_bias": np.zeros(classes),
    }  # fmt: skip
    first, second = {k: np.zeros_like(v) for k, v in w.items()}, {k: np.zeros_like(v) for k, v in w.items()}
    target, step, best, best_loss = np.eye(classes)[y], 0, Weights(**{k: v.copy() for k, v in w.items()}), np.inf
    for epoch in range(epochs):
        rate = 3e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5
        order = rng.permutation(len(x))
        for start in range(0, len(x), 512):
            chosen = order[start : start + 512]
            h = np.tanh(x[chosen] @ w["hidden"] + w["hidden_bias"])
            error = (softmax(h @ w["out"] + w["out_bias"]) - target[chosen]) / len(chosen)
            back = (error @ w["out"].T) * (1 - h**2)
            slopes = {"out": h.T @ error, "out_bias": error.sum(0), "hidden": x[chosen].T @ back, "hidden_bias": back.sum(0)}
            step += 1
            for name in ("out", "hidden"):
                slopes[name] += 2e-5 * w[name]
            for name, slope in slopes.items():
                first[name] += 0.1 * (slope - first[name])
                second[name] += 0.001 * (slope**2 - second[name])
                w[name] -= rate * (first[name] / (1 - 0.9**step)) / (np.sqrt(second[name] / (1 - 0.999**step)) + 1e-8)
        now = Weights(**{k: v.copy() for k, v in w.items()})
        loss = log_loss(softmax(now.logits(check_x)), check_y)
        if loss < best_loss:
            best, best_loss = now, loss
    return best


def fit(table: Table, *, names: tuple[str, ...], classes: tuple[str, ...], hidden: int, seed: int, out: Path) -> dict[str, object]:
    """Fits one model, writes it, and returns its figures."""
    train, check, test = part(table, (0, 1, 2, 3, 4, 5)), part(table, (6, 7)), part(table, (8, 9))
    mean, spread = train.x.mean(0), np.maximum(train.x.std(0), 1e-3)
    scaled = [np.clip((t.x - mean) / spread, -8, 8) for t in (train, check, test)]
    weights = fit_network(scaled[0], train.y, scaled[1], check.y, classes=len(classes), hidden=hidden, epochs=150, seed=seed)
    temperatures = np.geomspace(0.5, 4, 60)
    temperature = float(temperatures[int(np.argmin([log_loss(softmax(weights.logits(scaled[1]) / t), check.y) for t in temperatures]))])
    slack = 0.02 * (train.x.max(0) - train.x.min(0)) + 1e-4
    numbers = {
        "mean": mean, "spread": spread, "low": train.x.min(0) - slack, "high": train.x.max(0) + slack,
        "hidden": weights.hidden, "hidden_bias": weights.hidden_bias, "out": weights.out, "out_bias": weights.out_bias,
    }  # fmt: skip
    as_single = {name: value.astype(np.float32) for name, value in numbers.items()}
    np.savez_compressed(out, features=np.array(names), classes=np.array(classes), temperature=np.array(temperature), **as_single)
    p = softmax(weights.logits(scaled[2]) / temperature)
    rows = {name: {"rows": len(t.y), "forms": len(np.unique(t.form))} for name, t in (("train", train), ("calibrate", check), ("test", test))}
    return {"temperature": temperature, "split": rows, **figures(p, test)}


def figures(p: np.ndarray, test: Table) -> dict[str, object]:
    """Log loss, calibration error and silent errors at several thresholds, on the test forms."""
    top, guess = p.max(1), p.argmax(1)
    right = guess == test.y
    edges = np.quantile(top, np.linspace(0, 1, 16))
    bins = np.clip(np.searchsorted(edges, top, side="right") - 1, 0, 14)
    ece = sum(abs(top[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean() for b in range(15) if (bins == b).any())
    sure = {}
    for threshold in (0.9, 0.98, 0.99, 0.995, 0.998, 0.999):
        taken = top >= threshold
        wrong = int((~right & taken).sum())
        sure[str(threshold)] = {"share": float(taken.mean()), "accepted": int(taken.sum()), "wrong": wrong, "at_most_95": upper(wrong, int(taken.sum()))}
    worst = [f"{test.note[i]} read {guess[i]} at {top[i]:.4f}" for i in np.argsort(np.where(right, -1, top))[::-1][:12] if not right[i]]
    return {"log_loss": log_loss(p, test.y), "ece": float(ece), "accuracy": float(right.mean()), "accepted": sure, "worst": worst}


def upper(wrong: int, count: int) -> float:
    """95 % upper bound of an error rate (Clopper and Pearson 1934), by bisection on the binomial tail."""
    low, high = wrong / max(count, 1), 1.0
    for _ in range(60):
        middle = (low + high) / 2
        logs = [np.log(middle) * k + np.log1p(-middle) * (count - k) + log_choose(count, k) for k in range(wrong + 1)]
        low, high = (middle, high) if np.exp(logs).sum() > 0.05 else (low, middle)
    return high


def log_choose(n: int, k: int) -> float:
    """Logarithm of the binomial coefficient."""
    return float(np.log(np.arange(n - k + 1, n + 1)).sum() - np.log(np.arange(1, k + 1)).sum())


CARD = """# Models for check boxes and blank zones

Made by `tools/fit_marks.py` (command below); nobody edits this page. The numbers of the network are `marks.npz` and `areas.npz`, all
figures are `figures.json`.

- **Task.** A check box is empty, marked or filled; a writing zone is blank or inked. The output is a calibrated probability.
- **Input.** {mark_features} numbers that describe the ink that remains when the blank page is subtracted in place (`features.py`),
  {area_features} for writing zones (`areas.py`). No picture is stored, no person's data is in the weights.
- **Model.** One hidden layer of tanh units, fitted with Adam, one temperature fitted on the calibration forms. A box outside the range of
  the training features is never surer than 0.90.
- **Data.** Pages that the project makes itself: half of them pages of its templates, half random practice pages (boxes of 3.6-7 mm). All
  pens, all styles of marks with near misses (specks, strokes from neighbours, resting pens), filled boxes with and without a
  cross, all kinds of scanners (a fifth of the pages in black and white), the other side showing through, registration errors up to
  0.4 mm on two pages of three.
- **Split by form** (each form has a writer, a pen and a scan of its own): form % 10 in 0-5 train, 6-7 calibrate, 8-9 test.
- **Not in the data.** Real pens on real paper and real scanners. The figures are those of the simulator; the audit of every batch
  (a random sample keyed again) is what vouches for real paper.

    {command}

| | check boxes | writing zones |
|---|---|---|
{table}

"Wrong" counts test rows that were read wrong at or above a confidence, with the upper bound (Clopper-Pearson, 95 %) of the rate. The
mix is much harder than real forms: about half of the boxes are touched, half of those by unusual marks or near misses. Some ink is
not on the scan at all (hard pencil on a fax): such boxes stay labelled as marked, so that the confidence in "empty" knows about it.
"""


def card(result: dict[str, dict[str, object]], command: str) -> str:
    """The model card."""
    marks, zones = result["marks"], result["areas"]
    lines = [f"| {name} forms / rows | {_split(marks, name)} | {_split(zones, name)} |" for name in ("train", "calibrate", "test")]
    for name, title in (("log_loss", "log loss"), ("ece", "calibration error (ECE, 15 bins)"), ("accuracy", "accuracy"), ("temperature", "temperature")):
        lines.append(f"| {title} | {marks[name]:.4f} | {zones[name]:.4f} |")
    for threshold in ("0.9", "0.98", "0.99", "0.995", "0.998", "0.999"):
        lines.append(f"| at {threshold}: share, wrong, at most | {_taken(marks, threshold)} | {_taken(zones, threshold)} |")
    return CARD.format(mark_features=len(features.NAMES), area_features=len(areas.NAMES), command=command, table="\n".join(lines))


def _split(figures: dict[str, object], name: str) -> str:
    return "{forms} / {rows}".format(**figures["split"][name])  # type: ignore[index]


def _taken(figures: dict[str, object], threshold: str) -> str:
    one = figures["accepted"][threshold]  # type: ignore[index]
    return f"{one['share']:.1%}, {one['wrong']}, {one['at_most_95']:.2%}"


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=900)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--seed", type=int, default=2025)
    parser.add_argument("--features", type=Path, help="measurements saved by an earlier run")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--drawn", type=Path, help="keep the drawn pages of the templates in this file between runs")
    args = parser.parse_args()
    start = time.monotonic()
    if args.features:
        with np.load(args.features, allow_pickle=False) as data:
            marks, zones = (Table(**{name: data[f"{kind}_{name}"] for name in ("x", "y", "form", "note")}) for kind in ("marks", "zones"))
    else:
        drawn = args.drawn or Path(tempfile.gettempdir()) / "scanform-drawn-pages.pickle"
        if not (args.drawn and drawn.exists()):
            drawn.write_bytes(pickle.dumps(draw_templates()))
        marks, zones = make_forms(args.forms, args.seed, args.jobs, drawn)
    if args.save:
        tables = {"marks": marks, "zones": zones}
        np.savez_compressed(args.save, **{f"{kind}_{name}": getattr(t, name) for kind, t in tables.items() for name in ("x", "y", "form", "note")})
    MODELS.mkdir(exist_ok=True)
    result = {
        "marks": fit(marks, names=features.NAMES, classes=MARK_CLASSES, hidden=32, seed=args.seed, out=MODELS / "marks.npz"),
        "areas": fit(zones, names=areas.NAMES, classes=AREA_CLASSES, hidden=12, seed=args.seed, out=MODELS / "areas.npz"),
    }
    (MODELS / "figures.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    (MODELS / "marks.md").write_text(card(result, f"python tools/fit_marks.py --forms {int(marks.form.max()) + 1} --seed {args.seed}"), "utf-8")
    print(json.dumps(result, indent=1), f"{time.monotonic() - start:.0f} s", sep="\n")


if __name__ == "__main__":
    main()
