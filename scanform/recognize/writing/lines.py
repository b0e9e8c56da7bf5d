"""Lines of writing by Tesseract: printed and typed text, and a first proposal for handwriting, with the probability
that it is right.
"""

import json
from collections.abc import Sequence
from functools import cache
from importlib import resources

import numpy as np

from scanform.model.reading import Candidate
from scanform.recognize.writing import tesseract
from scanform.recognize.writing.readers import LINES, LineImages, ReaderResult


class TesseractLines:
    """All lines of a page at once, by either backend of `tesseract.py`; without Tesseract nothing is read."""

    kind = LINES
    rank = 10
    name = "tesseract"

    def __init__(self, settings: tesseract.TextSettings | None = None) -> None:
        self.settings = settings

    def read(self, jobs: Sequence[LineImages]) -> tuple[ReaderResult, ...]:
        """One answer for each zone, its lines joined by line breaks."""
        read = list(tesseract.read_lines([picture for job in jobs for picture in job.pictures], self.settings))
        out = []
        for job in jobs:
            mine, read = read[: len(job.pictures)], read[len(job.pictures) :]
            joined = "\n".join(one.text for one in mine if one.text)
            sure = float(np.mean([one.sure for one in mine])) if mine else 0.0
            texts = (Candidate(value=joined, probability=probability(sure, len(joined))),) if joined.strip() else ()
            out.append(ReaderResult(texts=texts, reader=mine[0].reader if mine else self.name))
        return tuple(out)


TESSERACT = TesseractLines()


def probability(sure: float, length: int) -> float:
    """Probability that Tesseract's text is right: a logistic function of its own confidence and the length, fitted on
    written samples (models/text.json).
    """
    bias, by_sure, by_length = _weights()
    return float(1 / (1 + np.exp(-(bias + by_sure * sure + by_length * float(np.log1p(length))))))


@cache
def _weights() -> tuple[float, float, float]:
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "text.json").read_text("utf-8"))
    bias, by_sure, by_length = raw["logistic"]
    return float(bias), float(by_sure), float(by_length)
