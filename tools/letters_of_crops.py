"""Single letters of real writers, cut out of words: for training the network for characters in cells.

    python tools/letters_of_crops.py --dhsd ../shared/data/handwriting/dhsd_train.zip --out hands/letters.npz

The network for words says in which column of a crop each letter of its label lies (the most probable path of CTC); a
letter is taken when there is white paper on both sides of it. Only crops of the writers that the network for words has
learnt from (1-22) are cut, and only those in whose label it sees no error.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from fit_words import DEV, TRAIN, prepared

from scanform.recognize.writing.words import INNER, LineLogProbs, line_log_probs, log_probabilities
from scanform.simulate.scripts import load_crops

WANTED = "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜßabdefghklmnpqrtuäöü-"
"""Capitals and ß for the cells; small letters that look like no capital, for what does not belong among digits."""

SOUND = -0.7
"""Minimum mean log probability of a letter for its label to be believed."""

SIDE, INNER_SIDE = 64, 45
EDGE, CLEAN = 0.12, 2
"""Darkness that is ink; a gap is so many pixels of white paper wide."""


def columns_of(probs: LineLogProbs, text: str) -> list[float]:
    """Where each character of `text` lies in the line, in columns of the network: the middle of its run on the most
    probable path.
    """
    numbers = [probs.alphabet.index(character) + 1 for character in text]
    path = [0, *(part for number in numbers for part in (number, 0))]
    steps, states = len(probs.logs), len(path)
    best = np.full((steps, states), -np.inf)
    back = np.zeros((steps, states), np.int64)
    best[0, :2] = probs.logs[0, path[:2]]
    for step in range(1, steps):
        for state in range(states):
            before = [state, state - 1] + (
                [state - 2] if state % 2 and state > 1 and path[state] != path[state - 2] else []
            )
            back[step, state] = max((one for one in before if one >= 0), key=lambda one: best[step - 1, one])
            best[step, state] = best[step - 1, back[step, state]] + probs.logs[step, path[state]]
    state = states - 1 if best[-1, -1] > best[-1, -2] else states - 2
    places: list[list[int]] = [[] for _ in text]
    for step in range(steps - 1, -1, -1):
        if state % 2:
            places[state // 2].append(step)
        state = int(back[step, state])
    return [float(np.mean(found)) if found else float("nan") for found in places]


def letters(dark: np.ndarray, probs: LineLogProbs, text: str) -> Iterator[tuple[str, np.ndarray]]:
    """The letters of a line (H, W), darkness 0..1, that stand alone."""
    ink = dark > EDGE
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    part = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INNER / part.shape[0]
    if part.shape[1] * scale > 1200:
        return
    at = [(column * 4 + 2 - 4) / scale for column in columns_of(probs, text)]
    bare = (part > EDGE).sum(axis=0) == 0
    for place, character in enumerate(text):
        if character not in WANTED or np.isnan(at[place]):
            continue
        left = _gap(bare, at[place - 1] if place else -1.0, at[place])
        right = _gap(bare, at[place], at[place + 1] if place + 1 < len(text) else float(part.shape[1]))
        if left is not None and right is not None and right - left >= 4:
            yield character, part[:, left:right]


def _gap(bare: np.ndarray, first: float, last: float) -> int | None:
    """The middle of the widest stretch of white paper between two columns; the edge of the line counts as one."""
    if first < 0:
        return 0
    if last >= len(bare):
        return len(bare)
    best, start, low, high = (0, 0), None, max(0, round(first)), min(len(bare), round(last))
    for column in range(low, high + 1):
        white = column < high and bare[column]
        if white and start is None:
            start = column
        elif not white and start is not None:
            best = max(best, (column - start, (column + start) // 2))
            start = None
    return best[1] if best[0] >= CLEAN else None


def boxed(dark: np.ndarray) -> np.ndarray | None:
    """A letter on SIDE x SIDE pixels as bytes; None when there is nothing of it."""
    ink = dark > EDGE
    if ink.sum() < 12:
        return None
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    part = dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = INNER_SIDE / max(part.shape)
    size = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    sized = cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.zeros((SIDE, SIDE), np.float32)
    top, left = (SIDE - sized.shape[0]) // 2, (SIDE - sized.shape[1]) // 2
    out[top : top + sized.shape[0], left : left + sized.shape[1]] = sized
    return np.rint(np.clip(out, 0, 1) * 255).astype(np.uint8)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dhsd", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    found: list[tuple[str, int, np.ndarray]] = []
    for crop in load_crops(args.dhsd).items.values():
        if crop.writer not in TRAIN and crop.writer not in DEV:
            continue
        dark = prepared(crop.gray)
        (probs,) = line_log_probs([np.rint(255 * (1 - np.clip(dark, 0, 1))).astype(np.uint8)])
        if (
            set(crop.text) <= set(probs.alphabet)
            and float(log_probabilities(probs, [crop.text])[0]) / len(crop.text) > SOUND
        ):
            found += [
                (name, crop.writer, picture)
                for name, part in letters(dark, probs, crop.text)
                if (picture := boxed(part)) is not None
            ]
    names, writers, pictures = zip(*found, strict=True)
    np.savez_compressed(args.out, names=np.array(names), writers=np.array(writers), pictures=np.stack(pictures))
    print(len(found), dict(Counter(names).most_common()))


if __name__ == "__main__":
    main()
