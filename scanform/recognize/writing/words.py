"""Handwritten words and lines: a network reads a line column by column, CTC decodes the columns (models/words.md).

For every four columns of a line scaled to one height, the network gives a probability for each character and for the
CTC blank (Graves et al. 2006). Texts are found by prefix beam search; if a question has a list, every entry is scored
exactly, in addition to the free reading, never instead of it.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from scanform.imaging.page_image import Gray, Singles
from scanform.recognize.networks.onnx_model import load_shipped

HEIGHT, INNER = 48, 44
"""Lines are scaled to HEIGHT pixels, their ink to INNER of them."""

WIDEST = 1200
"""Longer lines are compressed to this width."""

INK = 0.12
"""Minimum darkness of an ink pixel when a line is cut out."""

BARRED = np.float32(-60)
"""Log probability of a character that cannot occur."""

BEAM, TRIED, MOST_TRIED = 12, 1e-3, 8
"""Prefixes that are followed; minimum probability of a character in a column to be tried, and maximum number tried."""


def normalised_line(dark: Singles) -> Singles:
    """A line of writing given as darkness 0..1 (H, W): cropped to its ink, scaled to one height and one darkness,
    (HEIGHT, W'), W' a multiple of 8.
    """
    ink = dark > INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return np.zeros((HEIGHT, 16), np.float32)
    part = np.ascontiguousarray(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], dtype=np.float32)
    scale = min(INNER / part.shape[0], WIDEST / part.shape[1])
    high, wide = max(1, round(part.shape[0] * scale)), max(1, round(part.shape[1] * scale))
    small = cv2.resize(part, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    out = np.zeros((HEIGHT, (wide + 8 + 7) // 8 * 8), np.float32)
    top = (HEIGHT - high) // 2
    out[top : top + high, 4 : 4 + wide] = small
    strong = out[out > INK]
    return np.asarray(
        np.clip(out / max(float(np.percentile(strong, 90)) if len(strong) else 1.0, INK), 0, 1), dtype=np.float32
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LineLogProbs:
    """Log probabilities (T, C) of one line; class 0 is the CTC blank, class c is `alphabet[c - 1]`."""

    logs: Singles
    alphabet: str


@cache
def alphabet() -> str:
    """The characters that the network knows."""
    return str(json.loads(load_shipped("words").facts["alphabet"]))


def line_log_probs(lines: Sequence[Gray]) -> tuple[LineLogProbs, ...]:
    """The network's output for lines (grey, dark on white, the ink alone), each by itself: no line depends on its
    neighbours.
    """
    model = load_shipped("words")
    cool = np.float32(model.facts["temperature"])
    out = []
    for gray in lines:
        picture = normalised_line(1 - gray.astype(np.float32) / np.float32(255))
        (logits,) = model.run(pictures=picture[None, None])
        scaled = logits[0] / cool
        top = scaled.max(axis=1, keepdims=True)
        out.append(
            LineLogProbs(
                logs=np.asarray(
                    scaled - top - np.log(np.exp(scaled - top).sum(axis=1, keepdims=True)), dtype=np.float32
                ),
                alphabet=alphabet(),
            )
        )
    return tuple(out)


def joined(lines: Sequence[LineLogProbs]) -> LineLogProbs:
    """Several lines as one, with a space between them."""
    if len(lines) == 1:
        return lines[0]
    gap = np.full((1, lines[0].logs.shape[1]), -30.0, np.float32)
    gap[0, lines[0].alphabet.index(" ") + 1] = 0.0
    parts = [part for line in lines for part in (line.logs, gap)]
    return LineLogProbs(logs=np.concatenate(parts[:-1]), alphabet=lines[0].alphabet)


def only(characters: frozenset[str], probs: LineLogProbs) -> LineLogProbs:
    """The line restricted to `characters`; whatever else seemed to occur makes the rest less probable, not more."""
    barred = [number + 1 for number, character in enumerate(probs.alphabet) if character not in characters]
    logs = probs.logs.copy()
    logs[:, barred] = BARRED
    return LineLogProbs(logs=logs, alphabet=probs.alphabet)


def most_probable(probs: LineLogProbs, *, beam: int = BEAM) -> tuple[tuple[str, float], ...]:
    """Texts with their probabilities, most probable first, by prefix beam search (Hannun et al. 2014, arXiv
    1408.2873).
    """
    known: dict[tuple[int, ...], tuple[float, float]] = {(): (1.0, 0.0)}
    chances = np.exp(probs.logs.astype(np.float64))
    for column in chances:
        tried = np.flatnonzero(column >= TRIED)
        tried = tried[np.argsort(-column[tried], kind="stable")][:MOST_TRIED]
        following: dict[tuple[int, ...], tuple[float, float]] = {}
        signs = [(int(number), float(column[number])) for number in tried if number]
        nothing = float(column[0])
        for prefix, (blank, sign) in known.items():
            last = prefix[-1] if prefix else 0
            _add(following, prefix, (blank + sign) * nothing, sign * float(column[last]) if last else 0.0)
            for number, chance in signs:
                before = blank if number == last else blank + sign
                if before > 0:  # a letter cannot follow itself without a column between
                    _add(following, (*prefix, number), 0.0, before * chance)
        known = dict(sorted(following.items(), key=lambda one: -sum(one[1]))[:beam])
    texts = [("".join(probs.alphabet[number - 1] for number in prefix), sum(both)) for prefix, both in known.items()]
    return tuple(sorted(texts, key=lambda one: -one[1]))


def _add(into: dict[tuple[int, ...], tuple[float, float]], prefix: tuple[int, ...], blank: float, sign: float) -> None:
    old = into.get(prefix, (0.0, 0.0))
    into[prefix] = (old[0] + blank, old[1] + sign)


def log_probabilities(probs: LineLogProbs, texts: Sequence[str]) -> Singles:
    """The log probabilities that the line holds exactly each of `texts` (the forward sums of CTC); minus infinity for
    texts with unknown characters, or with more characters than the line has columns.
    """
    out = np.full(len(texts), -np.inf, np.float32)
    known = [[probs.alphabet.find(character) + 1 for character in text] for text in texts]
    fitting = [number for number, one in enumerate(known) if one and 0 not in one and len(one) <= len(probs.logs)]
    if not fitting:
        return out
    longest = max(len(known[number]) for number in fitting)
    paths = np.zeros((len(fitting), 2 * longest + 1), np.int64)
    ends = np.array([2 * len(known[number]) for number in fitting])
    for row, number in enumerate(fitting):
        paths[row, 1 : ends[row] : 2] = known[number]
    skip = np.zeros(paths.shape, np.float64)
    skip[:, 3::2] = paths[:, 3::2] != paths[:, 1:-2:2]
    state, lost = np.zeros(paths.shape), np.zeros(len(fitting))
    chances = np.exp(probs.logs.astype(np.float64))
    state[:, :2] = chances[0][paths[:, :2]]
    for column in chances[1:]:
        moved = state.copy()
        moved[:, 1:] += state[:, :-1]
        moved[:, 2:] += state[:, :-2] * skip[:, 2:]
        state = moved * column[paths]
        top = np.maximum(state.max(axis=1), 1e-290)
        state /= top[:, None]
        lost += np.log(top)
    rows = np.arange(len(fitting))
    with np.errstate(divide="ignore"):
        out[fitting] = np.log(state[rows, ends] + state[rows, ends - 1]) + lost
    return out
