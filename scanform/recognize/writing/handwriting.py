"""Lines of handwriting: the word network's reading, matched against the list of the question, with Tesseract as a
second opinion.

Free text is a proposal with its probability. If the question has a list, its texts are scored exactly and compete with
the free reading: the answer may be "none of these". Both probabilities are logistic functions of a few features, fitted
on scanned crops of writers not in the network's training data (tools/fit_lines.py, models/words.md).
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from importlib import resources

import numpy as np

from scanform.imaging.page_image import Singles
from scanform.model.questionnaire import TextForm
from scanform.model.reading import Candidate
from scanform.recognize.writing import tesseract as text
from scanform.recognize.writing.readers import LINES, LineImages, ReaderResult
from scanform.recognize.writing.tesseract import ReadLine
from scanform.recognize.writing.word_lists import nearest, scored, spellings, text_list
from scanform.recognize.writing.words import LineLogProbs, alphabet, joined, line_log_probs, most_probable, only

KEPT = 6
"""Maximum number of candidates kept of each kind: listed and free."""

LEAST = 1e-12
FAR = 4.0
"""Log odds beyond which another reading is much better than the expected one; differences above it weigh less."""

NUMBER = 0.9
"""Maximum probability of a listed text whose number differs from the one read without the list: its letters fit the
neighbour's house just as well.
"""

PRINTED = 0.85
"""Tesseract's minimum confidence for print: from there on its capitals count, because the network has no reference
line (Ö and ö look the same).
"""

FREE_FACTS = ("each", "chance", "length", "same", "alike", "sure", "very_sure", "surely_alike")
LISTED_FACTS = ("fit", "lead", "beaten", "size", "length", "agreed")
EXPECTED_FACTS = ("fit", "lead", "behind", "ahead", "far_behind", "length", "agreed")


CHARACTERS = {
    TextForm.PHONE: frozenset("0123456789+-/() "),
    TextForm.EMAIL: frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@.-_+äöüß"),
}
"""The characters of phone numbers and e-mail addresses: nothing else is read in them."""


class HandwritingLines:
    """The network for words with Tesseract beside it."""

    kind = LINES
    rank = 20
    name = "words/1"
    needs = "onnxruntime"

    def read(self, jobs: Sequence[LineImages]) -> tuple[ReaderResult, ...]:
        """One answer for each zone, its lines joined by line breaks."""
        pictures = [picture for job in jobs for picture in job.pictures]
        probs, printed = list(line_log_probs(pictures)), list(text.read_lines(pictures))
        out = []
        for job in jobs:
            count = len(job.pictures)
            seen, also = (
                (probs[:count], printed[:count])
                if job.form is None
                else _of_form(CHARACTERS[job.form], probs[:count], printed[:count])
            )
            out.append(_found(self.name, job, seen, also))
            probs, printed = probs[count:], printed[count:]
        return tuple(out)


HANDWRITING = HandwritingLines()


def _found(name: str, job: LineImages, probs: Sequence[LineLogProbs], printed: Sequence[ReadLine]) -> ReaderResult:
    if not probs:
        return ReaderResult(texts=(), reader=name)
    return ReaderResult(texts=_listed(job, probs, printed) if job.values else _free(probs, printed), reader=name)


def _of_form(
    characters: frozenset[str], probs: Sequence[LineLogProbs], printed: Sequence[ReadLine]
) -> tuple[Sequence[LineLogProbs], Sequence[ReadLine]]:
    """The readings of the network and of Tesseract for lines restricted to `characters`."""
    return [only(characters, one) for one in probs], [
        one if characters >= set(one.text) else replace(one, text="") for one in printed
    ]


def _free(probs: Sequence[LineLogProbs], printed: Sequence[ReadLine]) -> tuple[Candidate, ...]:
    """The most probable texts: the network's and Tesseract's, which reads print better."""
    texts, (other, sure) = free_texts(probs), second_opinion(printed)
    facts = free_facts(texts, other, sure)
    value = next(iter(texts))
    found = {value: _logistic("free", facts)}
    if other.strip() and other != value:
        found[other] = _logistic("printed", facts)
        if sure >= PRINTED and other.casefold() == value.casefold():
            found = {other: max(found.values()), value: min(found.values())}
    whole = max(sum(found.values()), 1.0)
    found = {value: chance / whole for value, chance in found.items()}
    rest = _shared(
        {value: chance for value, chance in texts.items() if value not in found},
        1 - sum(found.values()),
        sum(texts.values()),
    )
    return _ranked({value: chance for value, chance in (found | rest).items() if value.strip()})


def second_opinion(printed: Sequence[ReadLine]) -> tuple[str, float]:
    """Tesseract's reading of all lines together, and its own confidence."""
    return "\n".join(one.text for one in printed if one.text), float(
        np.mean([one.sure for one in printed])
    ) if printed else 0.0


def _listed(job: LineImages, probs: Sequence[LineLogProbs], printed: Sequence[ReadLine]) -> tuple[Candidate, ...]:
    """The listed texts that fit, and the free reading: it may be none of them. The expected text is judged separately
    if no other one fits better.
    """
    line = joined(probs)
    texts = free_texts(probs)
    chosen, logs = listed_texts(line, job.values, job.expected)
    other = second_opinion(printed)[0].replace("\n", " ")
    facts = listed_facts((chosen, logs), texts, other, len(job.values))
    best = _logistic("expected", expected_facts(facts)) if chosen[0] == job.expected else _logistic("listed", facts)
    if _digits(chosen[0]) != _digits(next(iter(texts))):
        best = min(best, NUMBER)
    unlisted = {
        value: chance
        for value, chance in texts.items()
        if value.strip() and not set(spellings_known(chosen)) & {value.casefold()}
    }
    rest = dict(zip(chosen[1:KEPT], np.exp(logs[1:KEPT]).tolist(), strict=True)) | unlisted
    return _ranked({chosen[0]: best, **_shared(rest, 1 - best, max(sum(rest.values()), LEAST))})


def _digits(text: str) -> str:
    return "".join(character for character in text if character.isdigit())


def free_texts(probs: Sequence[LineLogProbs]) -> dict[str, float]:
    """Texts of all lines together with the network's own probabilities, most probable first."""
    every = [most_probable(one) for one in probs]
    best = "\n".join(line[0][0] for line in every)
    whole = float(np.prod([line[0][1] for line in every]))
    found = {best: whole}
    for number, line in enumerate(every):
        for value, chance in line[1:KEPT]:
            changed = "\n".join(value if place == number else other[0][0] for place, other in enumerate(every))
            found.setdefault(changed, whole * chance / max(line[0][1], LEAST))
    return found


def listed_texts(line: LineLogProbs, values: tuple[str, ...], expected: str = "") -> tuple[tuple[str, ...], Singles]:
    """The listed texts nearest to a line, best first, with their log probabilities; the expected one is always among
    them.
    """
    near = nearest(line, text_list(values, alphabet()))
    near = near if not expected or expected in near else (*near, expected)
    logs = scored(line, near)
    order = np.argsort(-logs, kind="stable")
    return tuple(near[number] for number in order.tolist()), logs[order]


def spellings_known(texts: Sequence[str]) -> frozenset[str]:
    """All spellings of some listed texts, case-insensitive."""
    return frozenset(way.casefold() for one in texts for way in spellings(one))


def free_facts(texts: dict[str, float], other: str, sure: float) -> Singles:
    """Features of whether the best free text is right, and whether Tesseract's is, see FREE_FACTS: the network's
    probability of its text per character and in total, its length, whether Tesseract reads the same (also except for
    capitals), and Tesseract's own confidence.
    """
    value, chance = next(iter(texts.items()))
    length = max(len(value), 1)
    each = float(np.log(max(chance, LEAST))) / length
    alike = value.casefold() == other.casefold()
    return np.array(
        [each, _logit(chance), np.log(length), value == other, alike, sure, sure**4, alike * sure**4], np.float32
    )


def listed_facts(found: tuple[tuple[str, ...], Singles], texts: dict[str, float], other: str, size: int) -> Singles:
    """Features of whether the best listed text is right, see LISTED_FACTS: its fit per character, its lead, by how much
    an unlisted text fits better, the lengths of the list and the text, whether Tesseract reads the same.
    """
    chosen, logs = found
    best = max(float(logs[0]), -60.0)
    second = max(float(logs[1]), -60.0) if len(logs) > 1 else -60.0
    known = spellings_known(chosen[:1])
    free = max(
        (float(np.log(max(chance, LEAST))) for value, chance in texts.items() if value.casefold() not in known),
        default=-60.0,
    )
    length = max(len(chosen[0]), 1)
    agreed = float(other.casefold() in known)
    return np.array(
        [
            best / length,
            min(best - second, 20.0),
            min(max(free - best, -20.0), 20.0),
            np.log(size),
            np.log(length),
            agreed,
        ],
        np.float32,
    )


def expected_facts(facts: Singles) -> Singles:
    """Features of whether the expected text is right, see EXPECTED_FACTS, from `listed_facts`: its fit, its lead
    (capped at 10, as there may be no other), how much worse or better than any unlisted text it fits, with the first
    `FAR` counted separately, its length, whether Tesseract reads the same. The size of the list does not count.
    """
    fit, lead, beaten, _, length, agreed = facts.tolist()
    return np.array(
        [fit, min(lead, 10.0), max(beaten, 0.0), min(beaten, 0.0), max(beaten - FAR, 0.0), length, agreed], np.float32
    )


def _shared(chances: dict[str, float], left: float, whole: float) -> dict[str, float]:
    """Divides `left` in proportion to `chances`, which sum to `whole`."""
    return {value: max(left, 0.0) * chance / max(whole, LEAST) for value, chance in chances.items()}


def _ranked(found: dict[str, float]) -> tuple[Candidate, ...]:
    order = sorted(found.items(), key=lambda one: -one[1])
    return tuple(Candidate(value=value, probability=min(1.0, chance)) for value, chance in order[: 2 * KEPT])


def _logit(chance: float) -> float:
    clipped = min(max(chance, 1e-6), 1 - 1e-6)
    return float(np.log(clipped / (1 - clipped)))


def _logistic(name: str, facts: Singles) -> float:
    bias, *weights = _weights()[name]
    return float(1 / (1 + np.exp(-(bias + float(np.dot(weights, facts))))))


@cache
def _weights() -> dict[str, list[float]]:
    raw = json.loads(resources.files("scanform.recognize").joinpath("models", "lines.json").read_text("utf-8"))
    return {name: raw[name] for name in ("free", "printed", "listed", "expected")}
