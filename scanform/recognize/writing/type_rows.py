"""Line segmentation of text with its own line spacing: typed text does not follow the printed lines.

Letters of a typed line lie within a letter's height of each other, and the next line lies clearly below. If the ink of
a zone looks like that it is cut between the lines where there is least ink, through letters that touch. Otherwise
(joined writing, slanting lines) `split_lines.py` decides.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from scanform.imaging.page_image import Floats
from scanform.recognize.ink.sampling_plan import AREA_PX_PER_MM
from scanform.recognize.ink.writing_areas import Parts

DUST_MM, ALONE_MM = 1.3, 1.5
"""Ink shorter than `DUST_MM` and further than `ALONE_MM` from anything larger is dust (a speck of 0.4 mm measures
0.8 mm in the smoothed ink). The x of 8 pt type is larger; dots, full stops and dashes lie nearer to their letters.
"""

APART, SPREAD = 0.6, 1.0
"""Of the centres of letters, in median letter heights: minimum distance of two lines, maximum spread within one line.
"""

LETTERS, TALL, TOUCHING = 2, 0.6, 1.6
"""Minimum number of letters in a line, and minimum height of one of them: an underline is not a line. Anything higher
than `TOUCHING` is letters of two lines that touch.
"""


def typed_cuts(chosen: Sequence[int], parts: Parts) -> list[int] | None:
    """The rows of the canvas at which the lines of some components are cut, one fewer than lines, or None if they do
    not look typed.
    """
    ids = np.array(chosen, dtype=np.int64)
    large = ids[parts.reach_mm[ids] >= DUST_MM]
    if len(large) < LETTERS:
        return None
    high = float(np.median(parts.height[large]))
    single = large[parts.height[large] <= TOUCHING * high]
    middle = parts.top[single] + parts.height[single] / 2
    order = np.argsort(middle, kind="stable")
    rows = np.split(single[order], np.flatnonzero(np.diff(middle[order]) > APART * high) + 1)
    if not all(_is_line(row, parts, high) for row in rows) or not _above_each_other(rows, parts):
        return None
    middles = [round(float(np.median(parts.top[row] + parts.height[row] / 2))) for row in rows]
    left, right = int(parts.left[ids].min()), int((parts.left[ids] + parts.width[ids]).max())
    ink = np.isin(parts.labels[:, left:right], ids.astype(np.int32) + 1).sum(axis=1)
    return [a + int(ink[a:b].argmin()) for a, b in pairwise(middles)]


def without_dust(chosen: Sequence[int], parts: Parts) -> list[int]:
    """The components except small isolated ones: those are dust, and would be read as full stops."""
    ids = np.array(chosen, dtype=np.int64)
    large = ids[parts.reach_mm[ids] >= min(DUST_MM, parts.reach_mm[ids].max())]
    near = distances(ids, large, parts).min(axis=1) <= ALONE_MM * AREA_PX_PER_MM
    return [int(part) for part in ids[near]]


def distances(first: np.typing.NDArray[np.int64], second: np.typing.NDArray[np.int64], parts: Parts) -> Floats:
    """The gaps between the boxes of components (N, M) in samples, 0 if they touch."""
    gaps = []
    for low, size in ((parts.left, parts.width), (parts.top, parts.height)):
        after, before = low[first, None] - (low + size)[None, second], low[None, second] - (low + size)[first, None]
        gaps.append(np.maximum(np.maximum(after, before), 0))
    return np.hypot(*gaps)


def _is_line(row: np.typing.NDArray[np.int64], parts: Parts, high: float) -> bool:
    middle = parts.top[row] + parts.height[row] / 2
    return (
        len(row) >= LETTERS and float(np.ptp(middle)) <= SPREAD * high and float(parts.height[row].max()) >= TALL * high
    )


def _above_each_other(rows: Sequence[np.typing.NDArray[np.int64]], parts: Parts) -> bool:
    """Whether each line lies at least partly under the one before: words of one slanting line are side by side."""
    ends = [(int(parts.left[row].min()), int((parts.left[row] + parts.width[row]).max())) for row in rows]
    return all(min(a[1], b[1]) > max(a[0], b[0]) for a, b in pairwise(ends))
