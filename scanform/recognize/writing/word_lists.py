"""Texts that a question lists (streets, places, carriers), matched against the network's output for a line: which of
them fit, and how well.

A list never restricts the answer: its texts are scored exactly (CTC), in every usual spelling, beside the free reading;
the remainder is the probability of some other text.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from scanform.imaging.page_image import Singles
from scanform.recognize.writing.words import LineLogProbs, log_probabilities

PARTS = 3
"""Overlapping parts of a text in which characters are counted: a first pass over 10,000 texts takes a millisecond."""

NEAREST = 32
"""Number of listed texts that are scored exactly; `python -m bench.handwriting` counts a text missed here as not
listed.
"""

STREET = re.compile(r"(?<=[^\W\d_])(s)(traße|trasse)\b", re.IGNORECASE)
PLAIN = str.maketrans({"ß": "ss", "é": "e", "è": "e", "á": "a", "à": "a"})


def spellings(text: str) -> tuple[str, ...]:
    """The usual spellings of a listed text: unchanged, with "str.", in capitals, ss for ß."""
    short = STREET.sub(lambda found: f"{found[1]}tr.", text)
    short = re.sub(r"\bStra(ß|ss)e\b", "Str.", short)
    ways = [
        text,
        short,
        text.translate(PLAIN),
        text.upper(),
        text.upper().replace("SS", "ß") if "ß" in text else text,
        short.upper(),
    ]
    return tuple(dict.fromkeys(way for way in ways if way))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TextList:
    """A list with its counts (N, PARTS * C) of characters in each part of the texts, capitals counted as small
    letters.
    """

    texts: tuple[str, ...]
    counts: Singles


@lru_cache(maxsize=32)
def text_list(texts: tuple[str, ...], alphabet: str) -> TextList:
    """A list prepared for matching against lines; made once per process."""
    return TextList(texts=texts, counts=np.stack([_counts(text, alphabet) for text in texts]))


@lru_cache(maxsize=65536)
def _counts(text: str, alphabet: str) -> Singles:
    """The characters in each part of a text, (PARTS * C,)."""
    small = _small(alphabet)
    counts = np.zeros((PARTS, max(small.values()) + 1), np.float32)
    known = [small[character] for character in text if character in small]
    for place, number in enumerate(known):
        counts[:, number] += _shares((place + 0.5) / len(known))
    return counts.reshape(-1)


def nearest(probs: LineLogProbs, among: TextList, count: int = NEAREST) -> tuple[str, ...]:
    """The `count` texts of a list whose characters are distributed most like those of the line."""
    chances = np.exp(probs.logs)
    fresh = chances[:, 1:].copy()
    fresh[1:] *= 1 - chances[:-1, 1:]
    inked = np.flatnonzero(fresh.sum(axis=1) > 0.1)
    if len(inked) == 0:
        return among.texts[:count]
    first, last = inked[0], max(inked[-1], inked[0] + 1)
    places = np.clip((np.arange(len(fresh)) - first + 0.5) / (last - first + 1), 0, 1)
    small = _small(probs.alphabet)
    fold = np.zeros((fresh.shape[1], max(small.values()) + 1), np.float32)
    fold[np.arange(fresh.shape[1]), [small[character] for character in probs.alphabet]] = 1
    parts = np.stack([_shares(float(place)) for place in places])
    seen = (parts.T @ fresh @ fold).reshape(-1)
    far = np.abs(among.counts - seen).sum(axis=1)
    chosen: NDArray[np.int64] = np.argsort(far, kind="stable")[:count]
    return tuple(among.texts[number] for number in chosen.tolist())


def scored(probs: LineLogProbs, texts: Sequence[str]) -> Singles:
    """The log probability of each of `texts` in the line, in any of its spellings."""
    ways = [spellings(text) for text in texts]
    logs = log_probabilities(probs, [way for every in ways for way in every])
    ends = np.cumsum([0, *(len(every) for every in ways)])
    return np.array([np.logaddexp.reduce(logs[a:b]) for a, b in itertools.pairwise(ends)], np.float32)


@lru_cache(maxsize=4)
def _small(alphabet: str) -> dict[str, int]:
    """Character -> number, the same for a capital and its small letter."""
    order = list(dict.fromkeys(character.lower() for character in alphabet))
    return {character: order.index(character.lower()) for character in alphabet}


def _shares(place: float) -> Singles:
    """Weight of a character at `place` (0 = begin, 1 = end of the text) in each part."""
    middles = (np.arange(PARTS) + 0.5) / PARTS
    fractions = np.maximum(0, 1 - np.abs(middles - np.clip(place, middles[0], middles[-1])) * PARTS)
    return np.asarray(fractions, np.float32)
