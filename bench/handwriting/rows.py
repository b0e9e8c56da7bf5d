"""Rows of cells composed of the characters of one writer, read as a page's rows are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from bench.handwriting.chain import LEFT_OUT
from bench.handwriting.reliability import Said
from bench.handwriting.unipen import Written, as_cell, by_writer
from scanform.assemble import weighed
from scanform.model.questionnaire import Alphabet, Question, QuestionKind, Texts
from scanform.recognize.writing.cells import NETWORKS
from scanform.recognize.writing.readers import Cell, CellImages

LISTED = 60
"""Postcodes of a city and its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is written: rows of one of these lengths, in digits or letters; codes of an open list of so many, or
    `unlisted` ones beside it.
    """

    lengths: tuple[int, ...] = (5,)
    alphabet: Alphabet = Alphabet.DIGITS
    listed: int = 0
    unlisted: bool = False


def read_rows(
    written: Sequence[Written], asked: Asked, *, sites: Collection[str] = (), count: int = 3000, seed: int = 2
) -> tuple[Said, int, int]:
    """(probability of the best value, 0 where it is not in the list, and whether it is right; how many are right; how
    many are called unlisted).

    Only writers of `sites`, where any are named, and those who wrote every digit or twelve letters at least.
    """
    rng = np.random.default_rng(seed)
    least = 10 if asked.alphabet is Alphabet.DIGITS else 12
    hands = [
        ways
        for (site, _), ways in sorted(by_writer(written).items())
        if len(ways) >= least and site not in LEFT_OUT and (site in sites or not sites)
    ]  # fmt: skip
    codes = [f"44{number:03d}" for number in rng.choice(1000, max(asked.listed, 1), replace=False)]
    question = Question(
        code="row",
        kind=QuestionKind.COMB,
        text=Texts(entries=(("en", "x"),)),
        alphabet=asked.alphabet,
        cells=(max(asked.lengths),),
        values=tuple(codes) if asked.listed else (),
    )
    chances, rights, right, told = [], [], 0, 0
    for _ in range(count):
        ways = hands[int(rng.integers(len(hands)))]
        text = "".join(rng.choice(sorted(ways), int(rng.choice(asked.lengths))))
        if asked.alphabet is Alphabet.DIGITS and asked.listed and not asked.unlisted:
            text = codes[int(rng.integers(len(codes)))]
        row: list[Cell | None] = [as_cell(ways[c][int(rng.integers(len(ways[c])))], rng) for c in text]
        (read,) = NETWORKS.read([CellImages(cells=row, alphabet=asked.alphabet)])
        best = weighed(question, read.texts)[0]
        in_list = not asked.listed or best.value in question.values
        chances.append(best.probability if in_list else 0.0)
        rights.append(best.value == text)
        right += best.value == text
        told += not in_list
    return Said(chances=np.array(chances), right=np.array(rights)), right, told
