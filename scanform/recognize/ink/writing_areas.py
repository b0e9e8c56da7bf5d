"""Is there handwriting in a zone? Features of the ink in each writing zone, for the model that decides between blank
and not blank.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles
from scanform.model.layout import ZoneKind
from scanform.recognize.ink.extraction import PageInk
from scanform.recognize.ink.sampling_plan import AREA_PX_PER_MM, AreaSheet

NAMES = (
    "ink", "ink_share", "parts", "longest", "second", "third", "largest", "darkest", "darkness", "weight",
    "own", "outside", "entering", "entering_longest", "on_print", "spread", "noise", "toner", "scale", "mono", "streak",
    "cells", "signature", "area",
)  # fmt: skip
"""The columns of `describe`, in order; the weights in `models/areas.npz` hold the same names and are refused for any
others.
"""

PART_MM = 0.8
"""Minimum length of a stroke; dots and dust are counted separately."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The connected components of ink on the canvas, one entry each (P): its spot, its bounding box, its size in
    samples and how much of it lies in the core, `weight` sum and `peak` maximum of its darkness, `printed` samples
    beside print. `labels` (H, W), 0 = no ink, component i has label i + 1.
    """

    labels: NDArray[np.int32]
    spot: NDArray[np.int64]
    left: NDArray[np.int64]
    top: NDArray[np.int64]
    width: NDArray[np.int64]
    height: NDArray[np.int64]
    size: Singles
    in_core: Singles
    weight: Singles
    peak: Singles
    printed: Singles
    enters: NDArray[np.bool_]

    @property
    def reach_mm(self) -> Singles:
        """The longer side of each component."""
        return (np.maximum(self.width, self.height) / AREA_PX_PER_MM).astype(np.float32)


def find_parts(page: PageInk, sheet: AreaSheet) -> Parts:
    """The connected components of ink in all zones, by one labelling of the canvas."""
    ink = page.areas.ink & sheet.open
    total, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=8, ltype=cv2.CV_32S)
    used = np.flatnonzero(labels.ravel())
    label = labels.ravel()[used].astype(np.int64)
    spot, peak = np.zeros(total, np.int64), np.zeros(total, np.float32)
    spot[label] = sheet.owner.ravel()[used]
    dark = page.areas.smooth.ravel()[used]
    np.maximum.at(peak, label, dark)
    weights = (sheet.core.ravel()[used], dark, sheet.cover.ravel()[used] > 0.06)
    sums = [np.bincount(label, weights=what, minlength=total).astype(np.float32)[1:] for what in weights]
    frame = stats[1:, : cv2.CC_STAT_AREA].astype(np.int64)
    left, top, width, height = frame.T
    return Parts(
        labels=np.asarray(labels, dtype=np.int32),
        spot=spot[1:],
        left=left,
        top=top,
        width=width,
        height=height,
        size=stats[1:, cv2.CC_STAT_AREA].astype(np.float32),
        in_core=sums[0],
        weight=sums[1],
        peak=peak[1:],
        printed=sums[2],
        enters=_enters(sheet, spot[1:], frame),
    )


def _enters(sheet: AreaSheet, spot: NDArray[np.int64], frame: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which components, framed by (left, top, width, height), touch the rim of their spot and may come from outside."""
    if not sheet.spots:
        return np.zeros(len(spot), bool)
    rim = np.array([[s.x + 1, s.y + 1, s.x + s.w - 1, s.y + s.h - 1] for s in sheet.spots])[spot]
    return np.asarray(
        ((frame[:, :2] <= rim[:, :2]) | (frame[:, :2] + frame[:, 2:] >= rim[:, 2:])).any(axis=1), dtype=np.bool_
    )


def describe(page: PageInk, sheet: AreaSheet, parts: Parts) -> Singles:
    """The features of all zones, (Z, len(NAMES))."""
    count = len(sheet.spots)
    rows = np.zeros((count, len(NAMES)), np.float32)
    reach = parts.reach_mm
    for number, spot in enumerate(sheet.spots):
        mine = (parts.spot == number) & (parts.in_core > 0)
        strokes = mine & (reach >= PART_MM)
        own, entering = strokes & ~parts.enters, strokes & parts.enters
        lengths = np.sort(reach[strokes])[::-1]
        first = [float(lengths[i]) if i < len(lengths) else 0.0 for i in range(3)]
        weights = float(parts.weight[mine].sum())
        in_core = float(parts.in_core[mine].sum())
        area = spot.w * spot.h / AREA_PX_PER_MM**2
        xs = parts.left[strokes]
        facts = {
            "ink": np.log1p(in_core),
            "ink_share": np.log1p(100 * in_core / (spot.w * spot.h)),
            "parts": np.log1p(strokes.sum()),
            "longest": np.log1p(first[0]),
            "second": np.log1p(first[1]),
            "third": np.log1p(first[2]),
            "largest": np.log1p(_most(parts.in_core, mine)),
            "darkest": _most(parts.peak, mine),
            "darkness": weights / max(float(parts.size[mine].sum()), 1),
            "weight": np.log1p(weights),
            "own": np.log1p(own.sum()),
            "outside": np.log1p(float((parts.size - parts.in_core)[mine].sum())),
            "entering": np.log1p(entering.sum()),
            "entering_longest": np.log1p(_most(reach, entering)),
            "on_print": float(parts.printed[mine].sum()) / max(float(parts.size[mine].sum()), 1),
            "spread": np.log1p(float(np.ptp(xs)) / AREA_PX_PER_MM) if len(xs) else 0.0,
            "noise": page.areas.noise,
            "toner": page.toner,
            "scale": np.log(np.clip(page.px_per_mm, 4, 24)),
            "mono": page.mono,
            "streak": float(any(page.areas.streaks[number : number + 1])),
            "cells": np.log1p(len(spot.zone.cells)),
            "signature": spot.zone.kind is ZoneKind.SIGNATURE,
            "area": np.log1p(area),
        }
        rows[number] = [facts[name] for name in NAMES]
    return rows


def _most(values: Singles, chosen: NDArray[np.bool_]) -> float:
    return float(values[chosen].max()) if chosen.any() else 0.0
