"""Fits the models that decide on check boxes (empty, marked, filled) and on blank writing zones, from pages the project
makes.

    python tools/fit_marks.py --forms 900 --jobs 2            make pages, fit, write models and their card
    python tools/fit_marks.py --features pages.npz            fit again from measurements saved earlier (--save pages.npz)

Forms are split by their number: form % 10 in 0..5 train, 6..7 calibrate, 8..9 test. Each form has a hand, a pen and a
scanner of its own, so no writer and no scan is on two sides.
"""

import argparse
import json
import pickle
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from practice import (
    ROOT,
    UNCLEAR,
    displaced,
    draw_templates,
    practice_page,
    random_practice,
    random_profile,
    scan_practice,
    templates,
)

from scanform.imaging.page_image import BLANK_DPI, BlankPage, Gray
from scanform.model.layout import PageLayout
from scanform.model.questionnaire import Filled
from scanform.model.reading import MarkValue
from scanform.recognize.ink import writing_areas
from scanform.recognize.ink.extraction import MarkInk, measure
from scanform.recognize.ink.sampling_plan import PreparedPage, prepare
from scanform.recognize.marks import features
from scanform.recognize.marks.read_marks import FAR_MM, LEAST_FRAME
from scanform.recognize.marks.strata import KINDS, STRATA, rescaled, strata
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import PENS

Figures = dict[str, Any]
"""What a fit reached, by name; written as JSON."""

MODELS = ROOT / "scanform" / "recognize" / "models"
MARK_CLASSES = (MarkValue.EMPTY.value, MarkValue.MARKED.value, MarkValue.FILLED.value, UNCLEAR)
AREA_CLASSES = ("blank", "inked")
PROMISED = (3e-4, 3e-4, 1e-3, 5e-4, 5e-4, 5e-4, 5e-4, 1e-3, 1e-3, 1e-3, 2e-3)
"""Share of wrong boxes among those accepted that the threshold promises for each of `strata.KINDS` on the practice
pages, whose mix is some ten times as hard as returned forms: most boxes of a form are empty.
"""

MONO_PROMISE = 0.1
"""What is promised for black and white, by the promise for grey."""

FIRST_SHARE, FIRST_SHARE_FAINT = 0.35, 0.15
"""Share of the rows of a kind that the strictest threshold tried accepts; fewer of boxes that seem empty in black
and white.
"""

SURER, STEEPER = 1.0, 1.2
"""The scaling of a kind may add so much to the logits of the network, and stretch them so much: where a kind holds some
hard boxes among many easy ones, its mean says little about the hard ones.
"""

LEAST_ROWS = 150
"""Minimum rows of a stratum for it to be accepted without a person."""

BLANKS = 4
"""One in so many rows without ink is fitted on."""

MEMBERS = 3
"""Networks of an ensemble, each from its own start: their mean is less sure of itself where they disagree
(Lakshminarayanan et al. 2017, arXiv 1612.01474).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Measured rows: features `x` (N, F), class number `y`, number of the form, and a note (style, pen, profile) per
    row.
    """

    x: np.ndarray
    y: np.ndarray
    form: np.ndarray
    note: np.ndarray


def make_form(number: int, seed: int, drawn: Path) -> tuple[Table, Table]:
    """One filled, scanned and measured page: rows for boxes and for writing zones."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, number])
    hand = random_hand(rng, pen=str(rng.choice(list(PENS))) if rng.random() < 0.4 else None)
    page, gray = (
        practice_page(rng) if rng.random() < 0.65 else templates(drawn)[int(rng.integers(len(templates(drawn))))]
    )
    prepared = prepared_page(page, gray)
    name, profile = random_profile(rng)
    practice = random_practice(page, hand, rng)
    scan = scan_practice(gray, page, practice, hand=hand, profile=profile, rng=rng)
    ink = measure(scan.image, displaced(scan.page_map, rng), prepared)
    note = f"{hand.pen.name}|{name}"
    marks = [
        (MARK_CLASSES.index(practice.classes[zone.id]), f"{practice.truth.marks[zone.id].style}|{note}")
        for zone in prepared.marks.zones
    ]
    zones = [(int(spot.zone.id in practice.truth.texts), f"{spot.zone.kind}|{note}") for spot in prepared.areas.spots]
    parts = writing_areas.find_parts(ink, prepared.areas)
    return decided(rows(features.describe(ink, prepared.marks), marks, number), ink.marks), rows(
        writing_areas.describe(ink, prepared.areas, parts), zones, number
    )


def prepared_page(page: PageLayout, gray: Gray) -> PreparedPage:
    """The page, prepared with its own picture as the blank one."""
    blank = BlankPage(gray=gray, px_per_mm_x=BLANK_DPI / 25.4, px_per_mm_y=BLANK_DPI / 25.4)
    return prepare(page, blank, filled=Filled.WITHDRAWN)


def rows(x: np.ndarray, labels: list[tuple[int, str]], form: int) -> Table:
    """Features and labels of one page as a table."""
    return Table(
        x=x,
        y=np.array([y for y, _ in labels], int),
        form=np.full(len(labels), form),
        note=np.array([note for _, note in labels], "U80"),
    )


def joined(tables: list[Table]) -> Table:
    """All pages in one table."""
    return Table(
        **{name: np.concatenate([getattr(table, name) for table in tables]) for name in ("x", "y", "form", "note")}
    )


def make_forms(count: int, seed: int, jobs: int, drawn: Path) -> tuple[Table, Table]:
    """`count` pages on `jobs` processes."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        made = list(pool.map(make_form, range(count), [seed] * count, [drawn] * count, chunksize=4))
    return joined([marks for marks, _ in made]), joined([zones for _, zones in made])


def decided(table: Table, ink: MarkInk) -> Table:
    """The rows on which the model decides: not those of boxes that something hides, that are far from their place or
    that a streak runs through.
    """
    seen = (ink.frame >= LEAST_FRAME) & (np.hypot(*ink.shift_mm.T) <= FAR_MM) & ~ink.streak
    return Table(**{name: getattr(table, name)[seen] for name in ("x", "y", "form", "note")})


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


def fit_network(
    train: tuple[np.ndarray, np.ndarray, np.ndarray],
    check_x: np.ndarray,
    check_y: np.ndarray,
    *,
    classes: int,
    hidden: int,
    epochs: int,
    seed: int,
) -> Weights:
    """Adam (Kingma and Ba 2015) with weight decay; keeps the weights that were best on the calibration forms.
    `train`: features, classes, weights of rows.
    """
    x, y, weight = train
    rng = np.random.default_rng(seed)
    w = {
        "hidden": rng.normal(0, 1 / np.sqrt(x.shape[1]), (x.shape[1], hidden)), "hidden_bias": np.zeros(hidden),
        "out": rng.normal(0, 1 / np.sqrt(hidden), (hidden, classes)), "out_bias": np.zeros(classes),
    }  # fmt: skip
    w = {name: value.astype(np.float32) for name, value in w.items()}
    first, second = {k: np.zeros_like(v) for k, v in w.items()}, {k: np.zeros_like(v) for k, v in w.items()}
    target, step, best, best_loss = (
        np.eye(classes, dtype=np.float32)[y],
        0,
        Weights(**{k: v.copy() for k, v in w.items()}),
        np.inf,
    )
    for epoch in range(epochs):
        rate = 3e-3 * 0.5 * (1 + np.cos(np.pi * epoch / epochs)) + 1e-5
        order = rng.permutation(len(x))
        for start in range(0, len(x), 512):
            chosen = order[start : start + 512]
            h = np.tanh(x[chosen] @ w["hidden"] + w["hidden_bias"])
            error = (softmax(h @ w["out"] + w["out_bias"]) - target[chosen]) * weight[chosen, None] / len(chosen)
            back = (error @ w["out"].T) * (1 - h**2)
            slopes = {
                "out": h.T @ error,
                "out_bias": error.sum(0),
                "hidden": x[chosen].T @ back,
                "hidden_bias": back.sum(0),
            }
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


def fit(
    table: Table, *, names: tuple[str, ...], classes: tuple[str, ...], hidden: int, epochs: int, seed: int, out: Path
) -> Figures:
    """Fits one model, writes it, and returns its figures."""
    train, check, test = part(table, (0, 1, 2, 3, 4, 5)), part(table, (6, 7)), part(table, (8, 9))
    mean, spread = train.x.mean(0), np.maximum(train.x.std(0), 1e-3)
    scaled = [np.clip((t.x - mean) / spread, -8, 8) for t in (train, check, test)]
    chosen, weight = thinned(train.x, names, seed)
    rows_ = (scaled[0][chosen].astype(np.float32), train.y[chosen], weight)
    jobs = [
        (rows_, scaled[1].astype(np.float32), check.y, len(classes), hidden, epochs, seed + member)
        for member in range(MEMBERS)
    ]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        members = list(pool.map(fit_member, jobs))
    temperatures = np.geomspace(0.5, 4, 60)
    losses = [log_loss(mean_odds(members, scaled[1], t), check.y) for t in temperatures]
    temperature = float(temperatures[int(np.argmin(losses))])
    slack = 0.02 * (train.x.max(0) - train.x.min(0)) + 1e-4
    known, new = (mean_odds(members, x, temperature) for x in scaled[1:])
    kinds = [
        strata(t.x, p, classes) if len(classes) > 2 else np.zeros(len(p), int) for t, p in ((check, known), (test, new))
    ]
    count = len(STRATA) if len(classes) > 2 else 1
    scaling = np.array([fit_scaling(known[kinds[0] == kind], check.y[kinds[0] == kind]) for kind in range(count)])
    known, new = rescaled(known, kinds[0], scaling), rescaled(new, kinds[1], scaling)
    clear = np.array(
        [learn_then_test(known[kinds[0] == kind], check.y[kinds[0] == kind], *promised(kind)) for kind in range(count)]
    )
    probs, truth = inked_or_not(known, check.y, classes)
    clear_inked = np.array(
        [learn_then_test(probs[kinds[0] == kind], truth[kinds[0] == kind], *promised(kind)) for kind in range(count)]
    )
    numbers = {
        "mean": mean,
        "spread": spread,
        "low": train.x.min(0) - slack,
        "high": train.x.max(0) + slack,
        "scaling": scaling,
        "clear": clear,
        "clear_inked": clear_inked,
        **{
            name: np.stack([getattr(member, name) for member in members])
            for name in ("hidden", "hidden_bias", "out", "out_bias")
        },
    }
    as_single = {name: value.astype(np.float32) for name, value in numbers.items()}
    np.savez_compressed(
        out, features=np.array(names), classes=np.array(classes), temperature=np.array(temperature), **as_single
    )
    rows = {
        name: {"rows": len(t.y), "forms": len(np.unique(t.form))}
        for name, t in (("train", train), ("calibrate", check), ("test", test))
    }
    tested = (
        {
            STRATA[kind]: at_threshold(new[kinds[1] == kind], test.y[kinds[1] == kind], clear[kind])
            for kind in range(count)
        }
        if count > 1
        else {}
    )
    probs, truth = inked_or_not(new, test.y, classes)
    inked = (
        {
            STRATA[kind]: at_threshold(probs[kinds[1] == kind], truth[kinds[1] == kind], clear_inked[kind])
            for kind in range(count)
        }
        if count > 1
        else {}
    )
    return {
        "temperature": temperature, "split": rows, "clear": clear.tolist(), "clear_tested": tested,
        "clear_inked": clear_inked.tolist(), "clear_inked_tested": inked, **figures(new, test),
    }  # fmt: skip


def inked_or_not(p: np.ndarray, y: np.ndarray, classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The same rows where a filled box is a mark: probabilities (N, 2) of empty and of any mark, and which it is; 2
    = only a person can tell.
    """
    if len(classes) == 2:
        return p, y
    empty, unclear = classes.index(MarkValue.EMPTY.value), classes.index(UNCLEAR)
    none = p[:, empty] + p[:, unclear] / 2
    return np.stack([none, 1 - none], axis=1), np.where(y == unclear, 2, y != empty)


def fit_scaling(p: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """(a, b) with which sigmoid(a + b logit(p)) of the highest probability fits whether it was right; (a, 1) where
    errors are too few for two numbers.
    """
    top, right = np.clip(p.max(1), 1e-6, 1 - 1e-6), p.argmax(1) == y
    if len(y) < 200:
        return 0.0, 1.0
    z, wrong = np.log(top / (1 - top)), int((~right).sum())
    if wrong < 10:
        rate, low, high = (wrong + 0.7) / len(y), -12.0, 12.0
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if (1 / (1 + np.exp(middle + z))).mean() > rate else (low, middle)
        return min(float(middle), SURER), 1.0
    a, b = 0.0, 1.0
    for _ in range(50):
        q = 1 / (1 + np.exp(-(a + b * z)))
        weight = np.maximum(q * (1 - q), 1e-9)
        error = q - right
        gradient = np.array([error.sum(), (error * z).sum() + 0.5 * (b - 1)])
        hessian = np.array([[weight.sum(), (weight * z).sum()], [(weight * z).sum(), (weight * z * z).sum() + 0.5]])
        step = np.linalg.solve(hessian + 1e-9 * np.eye(2), gradient)
        a, b = float(np.clip(a - float(step[0]), -8.0, SURER)), float(np.clip(b - float(step[1]), 0.3, STEEPER))
    return a, b


def thinned(x: np.ndarray, names: tuple[str, ...], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of rows to fit on and their weights: one in `BLANKS` of the boxes without ink stands for all of
    them.
    """
    fractions = [names.index(f"{band}_share") for band in features.BANDS if f"{band}_share" in names]
    blank = (x[:, fractions].sum(axis=1) == 0) & bool(fractions)
    chosen = ~blank | (np.random.default_rng(seed).random(len(x)) < 1 / BLANKS)
    return np.flatnonzero(chosen), np.where(blank, BLANKS, 1)[chosen].astype(np.float32)


def fit_member(
    job: tuple[tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray, np.ndarray, int, int, int, int],
) -> Weights:
    """One network of the ensemble."""
    train, check_x, check_y, classes, hidden, epochs, seed = job
    return fit_network(train, check_x, check_y, classes=classes, hidden=hidden, epochs=epochs, seed=seed)


def mean_odds(members: list[Weights], x: np.ndarray, temperature: float) -> np.ndarray:
    """Mean class probabilities of the ensemble."""
    return np.mean([softmax(member.logits(x) / temperature) for member in members], axis=0)


def promised(kind: int) -> tuple[float, float]:
    """The share of wrong boxes promised for a stratum, and the share of boxes that the first threshold accepts.

    Black and white loses the pen of a whole page or of none: errors come in heaps, of which a few hundred pages show
    few. There it is a tenth.
    """
    mono = STRATA[kind].startswith("mono")
    faint = mono and KINDS[kind % len(KINDS)].startswith("empty")
    return PROMISED[kind % len(PROMISED)] * (MONO_PROMISE if mono else 1), FIRST_SHARE_FAINT if faint else FIRST_SHARE


def learn_then_test(p: np.ndarray, y: np.ndarray, limit: float, first: float) -> float:
    """The lowest confidence from which, with 95 % certainty, the share of wrong rows is at most `limit`; where so many
    rows cannot show that, none is wrong.

    A fixed sequence of thresholds, from the one that takes the share `first` of the rows downwards, each tested with
    the exact binomial tail and stopped at the first that fails (Angelopoulos et al. 2021, arXiv 2110.01052). 2 (nothing
    is accepted) when the first one fails, or with less than `LEAST_ROWS` rows.
    """
    if len(y) < LEAST_ROWS:
        return 2.0
    order = np.argsort(-p.max(1), kind="stable")
    top, wrong = p.max(1)[order], np.cumsum(p.argmax(1)[order] != y[order])
    kept = 2.0
    for fraction in np.linspace(first, 1, 60):
        last = max(1, int(fraction * len(y))) - 1
        if wrong[last] and upper(int(wrong[last]), last + 1) > limit:
            break
        kept = float(top[last])
    return kept


def at_threshold(p: np.ndarray, y: np.ndarray, clear: float) -> dict[str, float]:
    """What the threshold does on rows it was not chosen on."""
    taken = p.max(1) >= clear
    wrong = int(((p.argmax(1) != y) & taken).sum())
    return {
        "share": float(taken.mean()) if len(y) else 0.0,
        "accepted": int(taken.sum()),
        "wrong": wrong,
        "at_most_95": upper(wrong, int(taken.sum())),
    }


def figures(p: np.ndarray, test: Table) -> Figures:
    """Log loss, calibration error and silent errors at several thresholds, on the test forms."""
    top, guess = p.max(1), p.argmax(1)
    right = guess == test.y
    edges = np.quantile(top, np.linspace(0, 1, 16))
    bins = np.clip(np.searchsorted(edges, top, side="right") - 1, 0, 14)
    ece = sum(
        abs(top[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in range(15)
        if (bins == b).any()
    )
    sure = {}
    for threshold in (0.9, 0.98, 0.99, 0.995, 0.998, 0.999):
        taken = top >= threshold
        wrong = int((~right & taken).sum())
        sure[str(threshold)] = {
            "share": float(taken.mean()),
            "accepted": int(taken.sum()),
            "wrong": wrong,
            "at_most_95": upper(wrong, int(taken.sum())),
        }
    worst = [
        f"{test.note[i]} read {guess[i]} at {top[i]:.4f}"
        for i in np.argsort(np.where(right, -1, top))[::-1][:12]
        if not right[i]
    ]
    return {
        "log_loss": log_loss(p, test.y),
        "ece": float(ece),
        "accuracy": float(right.mean()),
        "accepted": sure,
        "worst": worst,
    }


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


def by_rule(check: Table, test: Table) -> dict[str, float]:
    """What a rule of thumb does for comparison: little ink in the core of the box is empty, more is marked, much is
    filled. Its two limits are the best on the calibration forms; counted on the test forms, every box decided.
    """
    known, new = (table.x[:, features.COLUMN["core_share"]] for table in (check, test))
    limits = np.unique(np.quantile(known[known > 0], np.linspace(0, 1, 200)))
    low = min(limits, key=lambda limit: int(((known > limit) != (check.y > 0)).sum()))
    high = min(
        limits[limits >= low],
        key=lambda limit: int(((known > limit) != (check.y == MARK_CLASSES.index(MarkValue.FILLED.value))).sum()),
    )
    guess = (new > low).astype(int) + (new > high)
    return {"wrong": int((guess != test.y).sum()), "rows": len(test.y), "share": float((guess != test.y).mean())}


CARD = """# Models for check boxes and blank zones

Made by `tools/fit_marks.py` (command below); nobody edits this page. The numbers of the network are `marks.npz` and `areas.npz`, all
figures are `figures.json`.

- **Task.** A check box is empty, marked, filled, or something that only a person can interpret (a line through several boxes, a circle around a
  box); a writing zone is blank or inked. The output is a calibrated probability.
- **Input.** {mark_features} numbers that describe the ink that remains when the blank page is subtracted in place (`features.py`, `surroundings.py`),
  {area_features} for writing zones (`areas.py`). No picture is stored, no person's data is in the weights.
- **Model.** The mean of {members} small networks with one hidden layer of tanh units, fitted with Adam, one temperature fitted on the calibration forms. A
  box outside the range of the training features is never surer than 0.90.
- **Data.** Pages that the project makes itself (`tools/practice.py`): a third are pages of its templates, the others practice pages with boxes, bubbles and
  ovals of 2.6-7 mm, alone, in dense grids, with letters inside. All pens, all styles of marks, at least a tenth of them light, tiny or
  straddling; near misses (specks, strokes from neighbours, resting pens), filled, overfilled and scribbled-out boxes, lines through boxes, circles
  around them; all kinds of scanners from 60 to 400 dpi, a sixth of the pages in black and white; the other side showing through; registration errors
  up to 0.4 mm on two pages of three.
- **Left out.** Boxes of whose outline a piece is hidden (holes, tears), that are far from their place, or that a streak runs through: the reader never
  decides on them.
- **Split by form** (each form has a writer, a pen and a scan of its own): form % 10 in 0-5 train, 6-7 calibrate, 8-9 test.
- **Thresholds.** Learn then test (arXiv 2110.01052), for each kind of reading (what was read and where the ink is; on scans with grey levels, below 150
  dpi, dirty, in black and white; of boxes that stand free as on our own paper, or crowded): the lowest confidence at which, with 95 % certainty, at most a
  promised share of the accepted boxes of the calibration forms are wrong; where there are too few rows to show that, none of them. Promised (a tenth
  of it in black and white):
  {promised}.
  The confidence of each kind has a scaling of its own (Platt).
- **Not in the data.** Real pens on real paper and real scanners. The figures are those of the simulator; the audit of every batch
  (a random sample keyed again) is what vouches for real paper. Real scans are measured by `python -m bench.forms`.

    {command}

| | check boxes | writing zones |
|---|---|---|
{table}

Thresholds by kind of reading, and what they do on the test forms; on the right for forms on which a filled box is a mark (`filled: mark`), where only
empty or not is decided:

| reading | threshold | accepted | wrong | at most | threshold | accepted | wrong | at most |
|---|---|---|---|---|---|---|---|---|
{thresholds}

For comparison, when every box is decided: {rule}.

"Wrong" counts test rows that were read wrong at or above a confidence, with the upper bound (Clopper-Pearson, 95 %) of the rate. The
mix is much harder than real forms: about half of the boxes are touched, half of those by unusual marks or near misses. Some ink is
not on the scan at all (hard pencil on a fax): such boxes stay labelled as marked, so that the confidence in "empty" knows about it.
"""


def card(result: dict[str, Figures], command: str) -> str:
    """The model card."""
    marks, zones = result["marks"], result["areas"]
    lines = [
        f"| {name} forms / rows | {_split(marks, name)} | {_split(zones, name)} |"
        for name in ("train", "calibrate", "test")
    ]
    for name, title in (
        ("log_loss", "log loss"),
        ("ece", "calibration error (ECE, 15 bins)"),
        ("accuracy", "accuracy"),
        ("temperature", "temperature"),
    ):
        lines.append(f"| {title} | {marks[name]:.4f} | {zones[name]:.4f} |")
    for threshold in ("0.9", "0.98", "0.99", "0.995", "0.998", "0.999"):
        lines.append(
            f"| at {threshold}: share, wrong, at most | {_taken(marks, threshold)} | {_taken(zones, threshold)} |"
        )
    both = zip(
        marks["clear_tested"].items(),
        marks["clear"],
        marks["clear_inked_tested"].values(),
        marks["clear_inked"],
        strict=True,
    )
    tested = [
        f"| {kind} | {limit:.4f} | {_cells(one)} | {other:.4f} | {_cells(inked)} |"
        for (kind, one), limit, inked, other in both
    ]
    return CARD.format(
        mark_features=len(features.NAMES), area_features=len(writing_areas.NAMES), members=MEMBERS, command=command,
        promised=", ".join(f"{fraction:.2%} ({kind})" for fraction, kind in zip(PROMISED, KINDS, strict=True)),
        thresholds="\n".join(tested), rule=_compared(marks), table="\n".join(lines),
    )  # fmt: skip


def _cells(one: dict[str, float]) -> str:
    return f"{one['accepted']:,} ({one['share']:.1%}) | {one['wrong']} | {one['at_most_95']:.3%}"


def _compared(marks: Figures) -> str:
    rule, wrong = marks["rule"]["share"], 1 - marks["accuracy"]
    return (
        "a rule of thumb (ink in the core of the box against the two limits that are best on the calibration forms) is "
        "wrong in "
        f"{rule:.2%} of the test boxes, the most probable value of the model in {wrong:.2%}"
    )


def _split(figures: Figures, name: str) -> str:
    return "{forms} / {rows}".format(**figures["split"][name])


def _taken(figures: Figures, threshold: str) -> str:
    one = figures["accepted"][threshold]
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
            marks, zones = (
                Table(**{name: data[f"{kind}_{name}"] for name in ("x", "y", "form", "note")})
                for kind in ("marks", "zones")
            )
    else:
        drawn = args.drawn or Path(tempfile.gettempdir()) / "scanform-drawn-pages.pickle"
        if not (args.drawn and drawn.exists()):
            drawn.write_bytes(pickle.dumps(draw_templates()))
        marks, zones = make_forms(args.forms, args.seed, args.jobs, drawn)
    if args.save:
        tables = {"marks": marks, "zones": zones}
        np.savez_compressed(
            args.save,
            **{f"{kind}_{name}": getattr(t, name) for kind, t in tables.items() for name in ("x", "y", "form", "note")},
        )
    MODELS.mkdir(exist_ok=True)
    result = {
        "marks": fit(
            marks,
            names=features.NAMES,
            classes=MARK_CLASSES,
            hidden=64,
            epochs=30,
            seed=args.seed,
            out=MODELS / "marks.npz",
        ),
        "areas": fit(
            zones,
            names=writing_areas.NAMES,
            classes=AREA_CLASSES,
            hidden=12,
            epochs=80,
            seed=args.seed,
            out=MODELS / "areas.npz",
        ),
    }
    result["marks"]["rule"] = by_rule(part(marks, (6, 7)), part(marks, (8, 9)))
    (MODELS / "figures.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")
    (MODELS / "marks.md").write_text(
        card(
            result,
            f"python tools/fit_marks.py --forms {int(max(marks.form.max(), zones.form.max())) + 1} --seed {args.seed}",
        ),
        "utf-8",
    )
    print(json.dumps(result, indent=1), f"{time.monotonic() - start:.0f} s", sep="\n")


if __name__ == "__main__":
    main()
