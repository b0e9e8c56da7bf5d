"""Assigns the ink components in a zone to lines of writing: people keep to printed lines more or less or not at all."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles

SMOOTH, APART, LEAST = 0.14, 0.5, 0.15
"""In pitches: smoothing of the ink of rows, and minimum distance of lines; then the minimum ink of a line, as a
fraction of the fullest one.
"""

VALLEY = 0.65
"""Between two lines there is less than this fraction of the ink of the emptier one."""

TALL, SHARE = 1.3, 0.2
"""Minimum height in pitches, and minimum fraction of its ink on either side of a border, of a component that is cut
there: two lines touch.
"""

Labels = NDArray[np.int32]


def line_of_ink(labels: Labels, pitch_px: float) -> Labels:
    """For components (H, W), 0 = no ink, the number of the line of each sample, 1 at the top, 0 where there is no ink.
    `pitch_px` is the printed or expected line pitch.
    """
    out = np.zeros_like(labels)
    borders = _borders((labels > 0).sum(axis=1).astype(np.float32), pitch_px)
    band = np.searchsorted(borders, np.arange(len(labels)), side="right")
    for part in np.unique(labels[labels > 0]).tolist():
        rows, columns = np.nonzero(labels == part)
        counts = np.bincount(band[rows], minlength=len(borders) + 1)
        wide = np.flatnonzero(counts >= SHARE * counts.sum())
        if len(wide) > 1 and np.ptp(rows) > TALL * pitch_px:
            out[rows, columns] = np.clip(band[rows], wide[0], wide[-1]) + 1
        else:
            out[rows, columns] = band[round(float(rows.mean()))] + 1
    used = np.unique(out[out > 0])
    numbers = np.zeros(len(borders) + 2, np.int32)
    numbers[used] = np.arange(1, len(used) + 1)
    return numbers[out]


def _borders(ink: Singles, pitch_px: float) -> NDArray[np.int64]:
    """The rows between lines of writing, from the ink of each row."""
    soft: Singles = np.asarray(
        cv2.GaussianBlur(ink[:, None], (0, 0), max(SMOOTH * pitch_px, 0.5))[:, 0], dtype=np.float32
    )
    inner = (soft[1:-1] >= soft[:-2]) & (soft[1:-1] > soft[2:]) & (soft[1:-1] >= LEAST * soft.max())
    peaks: list[int] = []
    for row in (1 + np.flatnonzero(inner)).tolist():
        if peaks and not _apart(soft, peaks[-1], row, pitch_px):
            peaks[-1] = max(peaks[-1], row, key=lambda one: float(soft[one]))
        else:
            peaks.append(row)
    return np.array([first + int(np.argmin(soft[first:second])) for first, second in pairwise(peaks)], np.int64)


def _apart(soft: Singles, first: int, second: int, pitch_px: float) -> bool:
    return second - first >= APART * pitch_px and float(soft[first:second].min()) < VALLEY * min(
        float(soft[first]), float(soft[second])
    )
