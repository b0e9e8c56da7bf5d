"""Characters in cells: digits, capitals and signs, by small networks of our own (models/cells.md).

The input for a cell is an image of its ink scaled to one size, and four numbers for the size and position of the ink: a
comma is a small 1. Two networks trained from different starts give a probability for each character, for "struck out"
and for "no writing"; their mean is taken. The characters of a row are combined to whole texts, most probable first.
The constraints of the question (a date, a range, a list) are weighed by `scanform.assemble`.
"""

import heapq
import json
from collections.abc import Mapping, Sequence
from functools import cache
from math import log

import cv2
import numpy as np

from scanform.imaging.page_image import Singles
from scanform.model.questionnaire import Alphabet
from scanform.model.reading import Candidate
from scanform.recognize.networks.heads import Head
from scanform.recognize.networks.onnx_model import load_shipped
from scanform.recognize.writing.readers import CELLS, Cell, CellImages, ReaderResult

READER = "cells/1"

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜß"
EMPTY = "empty"
"""The class of cells without writing: residue of print, specks."""

OTHER = "other"
"""The class of letters where digits are expected ("k. A.", "ca.")."""

STRUCK = "struck"
"""The class of characters that were crossed out or scribbled over."""

UNREAD = "?"
"""Stands for a cell whose character is crossed out or does not belong there."""

SIZE, INNER = 32, 26
"""The networks see SIZE x SIZE pixels; the longer side of a character spans INNER of them."""

INK = 0.12
"""Minimum darkness of an ink pixel when a character is cut out."""

USUAL = {"ß": 0.1, OTHER: 0.3, ",": 0.3}
"""Prior of a character relative to the others of its network, where real writing differs much from the training data: a
small letter among capitals is rare, letters and commas in cells for digits are.
"""

KEPT, LEAST = 12, 1e-5
"""Maximum number of texts kept for a row; minimum probability of a character to be tried."""

_SHOWN = {STRUCK: UNREAD, OTHER: UNREAD, EMPTY: " "}


class CellNetworks:
    """The networks for digits and for characters, as shipped or with the `heads` of a project (by network)."""

    kind = CELLS
    rank = 10
    needs = "onnxruntime"

    def __init__(self, heads: Mapping[str, Head] | None = None) -> None:
        self.heads = dict(heads or {})
        self.name = "+".join((READER, *(self.heads[network].digest for network in sorted(self.heads))))

    def read(self, jobs: Sequence[CellImages]) -> tuple[ReaderResult, ...]:
        """Reads the rows of a page; all cells that go to one network are read in one call."""
        found: dict[int, ReaderResult] = {}
        for name in sorted({network_for(row.alphabet) for row in jobs}):
            chosen = [number for number, row in enumerate(jobs) if network_for(row.alphabet) == name]
            inked = [cell for number in chosen for cell in jobs[number].cells if cell is not None]
            head = self.heads.get(name)
            probs = character_probs(name, inked, head)
            for number in chosen:
                count = sum(cell is not None for cell in jobs[number].cells)
                found[number] = _put_together(jobs[number], probs[:count], reader_name(head))
                probs = probs[count:]
        return tuple(found[number] for number in range(len(jobs)))


NETWORKS = CellNetworks()


def reader_name(head: Head | None) -> str:
    """The reader's name with this head; None is the shipped network."""
    return READER if head is None else f"{READER}+{head.digest}"


def network_for(alphabet: Alphabet) -> str:
    """The network that reads cells of this kind."""
    return "characters" if alphabet in {Alphabet.LETTERS, Alphabet.ALNUM} else "digits"


def normalised(dark: Singles) -> Singles:
    """The network's input for a character given as darkness 0..1 (H, W): cropped to its ink, scaled to one size and one
    darkness, (SIZE, SIZE).
    """
    out = np.zeros((SIZE, SIZE), np.float32)
    ink = dark > INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if len(rows) == 0:
        return out
    part = np.ascontiguousarray(dark[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], dtype=np.float32)
    scale = INNER / max(part.shape)
    size = [max(1, round(side * scale)) for side in part.shape]
    small = cv2.resize(part, (size[1], size[0]), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    top, left = (SIZE - size[0]) // 2, (SIZE - size[1]) // 2
    out[top : top + size[0], left : left + size[1]] = small
    strong = out[out > INK]
    return np.asarray(
        np.clip(out / max(float(np.percentile(strong, 90)) if len(strong) else 1.0, INK), 0, 1), dtype=np.float32
    )


def character_probs(name: str, cells: Sequence[Cell], head: Head | None = None) -> Singles:
    """Probabilities (N, C) of the classes of a network, with its own head or that of a project."""
    if not cells:
        return np.zeros((0, len(class_names(name))), np.float32)
    if head is None:
        return probs_of(name, _run(name, cells)[0], shipped_temperature(name))
    return probs_of(name, head.scores(*seen_by(name, cells)), head.temperature)


def seen_by(name: str, cells: Sequence[Cell]) -> tuple[Singles, Singles]:
    """The scores (members, N, C) of a network for each cell, and the input features (members, N, F) of its last layer;
    N is 1 or more.
    """
    logits, features = _run(name, cells)
    return logits, features


def _run(name: str, cells: Sequence[Cell]) -> tuple[Singles, ...]:
    pictures = np.stack([normalised(1 - cell.gray.astype(np.float32) / np.float32(255)) for cell in cells])[:, None]
    facts = np.array([(cell.height, cell.width, cell.x, cell.y) for cell in cells], np.float32)
    return load_shipped(f"cells-{name}").run(pictures=pictures, facts=facts)


def probs_of(name: str, logits: Singles, temperature: float) -> Singles:
    """Probabilities (N, C) from scores (members, N, C): the mean over the members, weighted with the priors of the
    characters.
    """
    probs = np.exp((logits - logits.max(axis=2, keepdims=True)) / np.float32(temperature))
    mean = (probs / probs.sum(axis=2, keepdims=True)).mean(axis=0) * np.array(
        [USUAL.get(one, 1.0) for one in class_names(name)], np.float32
    )
    return np.asarray(mean / mean.sum(axis=1, keepdims=True), dtype=np.float32)


def shipped_temperature(name: str) -> float:
    """The fitted temperature of a shipped network."""
    return float(load_shipped(f"cells-{name}").facts["temperature"])


def admissible(alphabet: Alphabet) -> tuple[int, ...]:
    """The numbers of the classes admitted in cells of this kind: no digits in cells for letters."""
    classes = class_names(network_for(alphabet))
    return tuple(
        number for number, name in enumerate(classes) if alphabet is not Alphabet.LETTERS or name not in DIGITS
    )


@cache
def class_names(name: str) -> tuple[str, ...]:
    """The classes of the network `digits` or `characters`, in the order of its probabilities."""
    return tuple(json.loads(load_shipped(f"cells-{name}").facts["classes"]))


def _put_together(row: CellImages, probs: Singles, reader: str) -> ReaderResult:
    """The values of a row from the probabilities (N, C) of its inked cells."""
    inked = [number for number, cell in enumerate(row.cells) if cell is not None]
    if not inked:
        return ReaderResult(texts=(Candidate(value=" " * len(row.cells), probability=1.0),), reader=reader)
    classes = class_names(network_for(row.alphabet))
    kept = admissible(row.alphabet)
    names = list(dict.fromkeys(_SHOWN.get(classes[number], classes[number]) for number in kept))
    fractions = np.stack(
        [probs[:, [k for k in kept if _SHOWN.get(classes[k], classes[k]) == name]].sum(axis=1) for name in names],
        axis=1,
    )
    fractions = fractions / np.maximum(fractions.sum(axis=1, keepdims=True), 1e-9)
    texts: dict[str, float] = {}
    for chosen, probability in _combinations([_ranked(line) for line in fractions]):
        text = [" "] * len(row.cells)
        for place, character in zip(inked, chosen, strict=True):
            text[place] = names[character]
        texts["".join(text)] = probability
    best = tuple(Candidate(value=value, probability=probability) for value, probability in texts.items())
    return ReaderResult(texts=best, reader=reader, unread=any(best[0].value[place] in {UNREAD, " "} for place in inked))


def _ranked(line: Singles) -> list[tuple[int, float]]:
    """The characters of a cell worth trying, most probable first."""
    order = np.argsort(-line, kind="stable")
    return [
        (int(number), float(line[number])) for rank, number in enumerate(order) if rank == 0 or line[number] >= LEAST
    ]


def _combinations(cells: Sequence[Sequence[tuple[int, float]]]) -> list[tuple[tuple[int, ...], float]]:
    """The `KEPT` most probable ways to choose a character for each cell, with their probabilities."""
    first = tuple(0 for _ in cells)
    out: list[tuple[tuple[int, ...], float]] = []
    heap, seen = [(-sum(log(max(cell[0][1], 1e-12)) for cell in cells), first)], {first}
    while heap and len(out) < KEPT:
        cost, ranks = heapq.heappop(heap)
        out.append((tuple(cell[rank][0] for cell, rank in zip(cells, ranks, strict=True)), float(np.exp(-cost))))
        for place, cell in enumerate(cells):
            rank = ranks[place] + 1
            following = (*ranks[:place], rank, *ranks[place + 1 :])
            if rank < len(cell) and following not in seen:
                seen.add(following)
                heapq.heappush(
                    heap, (cost + log(max(cell[rank - 1][1], 1e-12)) - log(max(cell[rank][1], 1e-12)), following)
                )
    return out
