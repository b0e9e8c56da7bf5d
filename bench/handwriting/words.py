"""Words and names of real writers (DHSD, CC BY 4.0) whom the network has not learnt from: as crops, with lists, and
through the whole chain.
"""

import json
import time
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from bench.handwriting.chain import LEFT_OUT, Counts, reading_of, response_of
from bench.handwriting.reliability import Said
from bench.handwriting.unipen import Written, as_cell, by_writer
from bench.material import Form, make_form
from bench.statistics import upper_bound
from scanform.assemble import AcceptSettings
from scanform.model.questionnaire import Questionnaire
from scanform.model.reading import PageReading
from scanform.model.response import Status
from scanform.recognize.reader import prepare_page, read_fields
from scanform.recognize.writing.handwriting import HANDWRITING
from scanform.recognize.writing.readers import LineImages, Printed, ReaderResult, best_readers
from scanform.recognize.writing.writing import ReadingContext
from scanform.register import prepare
from scanform.register.fit import fit_page
from scanform.register.markers import find_markers
from scanform.simulate.fill import fill_page
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.scripts import Crop, Crops, ink_of_crop, load_crops
from scanform.simulate.truth import PageTruth, TextTruth

HERE = Path(__file__).parent
DATA = Path(__file__).parents[3] / "shared" / "data" / "handwriting" / "dhsd_train.zip"
UNSEEN = (25, 26, 27, 28, 29)
"""The writers that tools/fit_words.py keeps for the test."""

CHOOSING = (23, 24)
"""Those who have decided its temperature and the weights of tools/fit_lines.py."""

HIGH = 64
ACCEPT = AcceptSettings().listed
KINDS = {
    "right": "the right one",
    "alike": "another one, alike",
    "slip": "the right one with a slip",
    "other": "another one",
}
"""What is printed on a form."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """The crops, their right texts (labels that are wrong at the source put right by eye), and all names."""

    crops: Crops
    chosen: tuple[Crop, ...]
    names: tuple[str, ...]


def load(writers: Collection[int] = UNSEEN) -> Hands:
    """The crops of some writers; raises OSError when the data are not there."""
    crops, wrong = load_crops(DATA), json.loads((HERE / "wrong_labels.json").read_text("utf-8"))
    chosen = tuple(
        replace(crop, text=wrong.get(crop.name, crop.text)) for crop in crops.items.values() if crop.writer in writers
    )
    return Hands(crops=crops, chosen=chosen, names=tuple(sorted({crop.text for crop in crops.items.values()})))


def picture(crop: Crop) -> np.ndarray:
    """The ink of a crop alone on white paper, as a reader gets it."""
    ink = ink_of_crop(crop.gray)
    scale = HIGH / ink.shape[0]
    sized = cv2.resize(ink, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR if scale > 1 else cv2.INTER_AREA)
    return np.rint(255 * (1 - np.clip(sized, 0, 1))).astype(np.uint8)


def answers(crops: Sequence[Crop], lists: Sequence[tuple[str, ...]]) -> tuple[ReaderResult, ...]:
    """Each crop read by itself, eight in one call as on a page."""
    jobs = [LineImages(pictures=(picture(crop),), values=values) for crop, values in zip(crops, lists, strict=True)]
    return tuple(found for start in range(0, len(jobs), 8) for found in HANDWRITING.read(jobs[start : start + 8]))


def free(hands: Hands) -> Said:
    """Without a list: errors by writer."""
    start = time.process_time()
    found = answers(hands.chosen, [()] * len(hands.chosen))
    cost = 1000 * (time.process_time() - start) / len(found)
    rows = defaultdict(list)
    for crop, one in zip(hands.chosen, found, strict=True):
        value = one.texts[0].value if one.texts else ""
        row = (
            Levenshtein.distance(crop.text, value),
            len(crop.text),
            crop.text == value,
            one.texts[0].probability if one.texts else 0.0,
        )
        rows[f"writer {crop.writer}"].append(row)
        rows["all"].append(row)
    print(f"free words, no list ({cost:.0f} ms each, Tesseract's own process not counted)")
    for name, every in sorted(rows.items()):
        wrong, characters, exact = (
            sum(row[0] for row in every),
            sum(row[1] for row in every),
            sum(row[2] for row in every),
        )
        p, y = np.array([row[3] for row in every]), np.array([row[2] for row in every], float)
        bins = np.array_split(np.argsort(p), 10)
        error = sum(abs(float(p[b].mean() - y[b].mean())) * len(b) for b in bins if len(b)) / len(p)
        print(
            f"  {name:9} {len(every):4d}  characters wrong {wrong / characters:6.2%}   exact {exact / len(every):6.1%} "
            f"  calibration error {error:.3f}"
        )
    return Said(chances=np.array([row[3] for row in rows["all"]]), right=np.array([row[2] for row in rows["all"]]))


def listed(hands: Hands, *, size: int, inside: bool, seed: int = 1) -> tuple[str, Said]:
    """With an open list of `size` names that holds the right one or does not."""
    rng, lists = np.random.default_rng(seed), []
    for crop in hands.chosen:
        others = [
            name
            for name in rng.choice(hands.names, min(size, len(hands.names)), replace=False).tolist()
            if name != crop.text
        ]
        lists.append(tuple([crop.text, *others[: size - 1]] if inside else others))
    found = answers(hands.chosen, lists)
    best = [one.texts[0] for one in found]
    right = sum(one.value == crop.text for one, crop in zip(best, hands.chosen, strict=True))
    taken = [
        (one, crop)
        for one, crop, values in zip(best, hands.chosen, lists, strict=True)
        if one.value in values and one.probability >= ACCEPT
    ]
    wrong, told = (
        sum(one.value != crop.text for one, crop in taken),
        sum(one.value not in values for one, values in zip(best, lists, strict=True)),
    )
    count = len(found)
    known = [
        next((text for text in one.texts if text.value in values), None)
        for one, values in zip(found, lists, strict=True)
    ]
    chances = np.array([0.0 if one is None else one.probability for one in known])
    said = Said(
        chances=chances,
        right=np.array(
            [one is not None and one.value == crop.text for one, crop in zip(known, hands.chosen, strict=True)]
        ),
    )
    return (
        f"right {right / count:6.1%}   accepted {len(taken) / count:6.1%}, {wrong} wrong of {len(taken)} (< "
        f"{100 * upper_bound(wrong, len(taken)):.2f} %)"
        f"   called unlisted {told / count:6.1%} of {count}"
    ), said


def expected(hands: Hands, kind: str, *, size: int, seed: int = 1) -> tuple[str, Said]:
    """With one name printed on the form, beside `size` others: the right one, one much like it (`alike`), another
    one, or that with a slip in it.
    """
    rng, jobs = np.random.default_rng(seed), []
    for crop in hands.chosen:
        own = printed_name(crop.text, kind, hands.names, rng)
        others = [name for name in rng.choice(hands.names, size, replace=False).tolist() if name != crop.text]
        jobs.append(LineImages(pictures=(picture(crop),), values=tuple(dict.fromkeys([own, *others])), expected=own))
    found = [one.texts for start in range(0, len(jobs), 8) for one in HANDWRITING.read(jobs[start : start + 8])]
    chances = np.array(
        [
            next((text.probability for text in texts if text.value == job.expected), 0.0)
            for texts, job in zip(found, jobs, strict=True)
        ]
    )
    right = np.array([job.expected == crop.text for job, crop in zip(jobs, hands.chosen, strict=True)])
    taken = chances >= AcceptSettings().printed
    wrong = int((taken & ~right).sum())
    bound = f"{wrong} wrong of {int(taken.sum())}" + (
        "" if kind == "right" else f" (< {100 * upper_bound(wrong, len(jobs)):.2f} % of all)"
    )
    return f"accepted {taken.mean():6.1%} of {len(jobs)}, {bound}", Said(chances=chances, right=right)


def printed_name(text: str, kind: str, names: Sequence[str], rng: np.random.Generator) -> str:
    """What is printed on the form of somebody who writes `text`."""
    if kind == "alike":
        return next(
            name
            for name, _, _ in process.extract(text, names, scorer=Levenshtein.distance, limit=3)
            if name.casefold() != text.casefold()
        )
    if kind == "slip":
        at = int(rng.integers(len(text)))
        return (
            text[:at]
            + str(rng.choice([one for one in "abdeghiklmnorstuz" if one != text[at].casefold()]))
            + text[at + 1 :]
        )
    return text if kind == "right" else str(rng.choice([name for name in names if name != text]))


def houses(
    hands: Hands, digits: Sequence[Written], *, same: bool, expected: bool, count: int = 300, seed: int = 1
) -> str:
    """Streets with the number of a house, both of real writers, beside 300 others: the right one, or the same street
    with one digit changed, is in the list, and printed on the form where it is `expected`.
    """
    rng, jobs = np.random.default_rng(seed), []
    hand = [group for (site, _), group in by_writer(digits).items() if len(group) == 10 and site not in LEFT_OUT]
    streets = [
        crop for crop in hands.chosen if any(part in crop.text.lower() for part in ("straße", "weg", "gasse", "platz"))
    ]
    for _ in range(count):
        crop, number = streets[int(rng.integers(len(streets)))], str(int(rng.integers(1, 200)))
        at = int(rng.integers(len(number)))
        other = (
            number
            if same
            else number[:at] + str(rng.choice([one for one in "123456789" if one != number[at]])) + number[at + 1 :]
        )
        line = (with_number(picture(crop), number, hand[int(rng.integers(len(hand)))], rng),)
        others = [
            f"{name} {int(rng.integers(1, 200))}" for name in rng.choice(hands.names, 300, replace=False).tolist()
        ]
        known = f"{crop.text} {other}"
        jobs.append(
            LineImages(pictures=line, values=tuple(dict.fromkeys([known, *others])), expected=known if expected else "")
        )
    found = [one.texts for start in range(0, len(jobs), 8) for one in HANDWRITING.read(jobs[start : start + 8])]
    accept = AcceptSettings().text
    taken = sum(
        texts[0].value == job.values[0] and texts[0].probability >= accept
        for texts, job in zip(found, jobs, strict=True)
    )
    return f"accepted {taken / count:6.1%} of {count}" + (
        "" if same else f": {taken} wrong (< {100 * upper_bound(taken, count):.2f} % of all)"
    )


def with_number(
    street: np.ndarray, number: str, hand: Mapping[str, Sequence[Written]], rng: np.random.Generator
) -> np.ndarray:
    """A street with a number behind it, as high as its capitals."""
    high = street.shape[0]
    parts = [street, np.full((high, int(rng.integers(10, 24))), 255, np.uint8)]
    for digit in number:
        gray = as_cell(hand[digit][int(rng.integers(len(hand[digit])))], rng).gray
        tall = int(high * rng.uniform(0.55, 0.7))
        wide = max(3, min(round(gray.shape[1] * tall / gray.shape[0]), int(tall * 0.8)))
        cell = np.full((high, wide + int(rng.integers(2, 6))), 255, np.uint8)
        top = int(high * 0.12) + int(rng.integers(0, 6))
        cell[top : top + tall, :wide] = cv2.resize(gray, (wide, tall), interpolation=cv2.INTER_AREA)
        parts.append(cell)
    return np.concatenate(parts, axis=1)


PRINTED = {"right": 0.7, "alike": 0.1, "slip": 0.1, "other": 0.1}
"""What forms of the chain bear in print: the name that is written, or another one."""


def chain(hands: Hands, *, pages: int, seed: int, profiles: Sequence[str], printed: bool = False) -> dict[str, Counts]:
    """Names written into printed lines, scanned, read, judged: with lists that hold two names of three, without, and
    over several lines; or with a name that the form bears in `printed` letters among those of the list.
    """
    form = make_form("lines", folder=HERE)
    rng = np.random.default_rng(seed)
    known = frozenset(rng.choice(hands.names, 2 * len(hands.names) // 3, replace=False).tolist())
    values = {
        code: tuple(sorted(known))
        for code in (question.code for question in form.questionnaire.questions())
        if code.startswith(("street", "place"))
    }
    form = form if printed else replace(form, questionnaire=with_values(form.questionnaire, values))
    checks = [prepare.prepare_page(page, blank) for page, blank in zip(form.layout.pages, form.blanks, strict=True)]
    prepared = [
        prepare_page(page, blank, filled=form.layout.filled, lists=values)
        for page, blank in zip(form.layout.pages, form.blanks, strict=True)
    ]
    found: dict[str, Counts] = {}
    for number in range(pages):
        rng = np.random.default_rng([seed, number])
        hand, profile = random_hand(rng), profiles[number % len(profiles)]
        writer = UNSEEN[int(rng.integers(len(UNSEEN)))]
        mine = [crop for crop in hands.chosen if crop.writer == writer]
        truth, readings, own = {}, {}, {}
        for place, page in enumerate(form.layout.pages):
            texts = {}
            for zone in page.zones:
                lines = [mine[int(rng.integers(len(mine)))] for _ in range(zone.lines or 1)]
                truth[zone.question] = "" if rng.random() < 0.1 else "\n".join(crop.text for crop in lines)
                if truth[zone.question]:
                    if printed and zone.question in values:
                        kind = str(rng.choice(list(PRINTED), p=list(PRINTED.values())))
                        own[zone.question] = printed_name(truth[zone.question], kind, hands.names, rng)
                    texts[zone.id] = TextTruth(text=truth[zone.question], crop="\n".join(crop.name for crop in lines))
            filled = fill_page(
                form.printed[place],
                page,
                PageTruth(number=page.number, texts=texts),
                hand=hand,
                rng=rng,
                crops=hands.crops,
            )
            scan = scan_page(filled, PROFILES[profile], rng)
            page_map = fit_page(scan.image, find_markers(scan.image), page, checks[place])
            if page_map is not None:
                among = {
                    code: Printed(own=text, among=tuple(dict.fromkeys((*values[code], text))))
                    for code, text in own.items()
                }
                readings[page.number] = reading_of(
                    form,
                    read_fields(
                        scan.image, page_map, prepared[place], ReadingContext(readers=best_readers(), printed=among)
                    ),
                    place,
                )
        judge(form, readings, truth, (known, own), found)
    return found


def with_values(questionnaire: Questionnaire, values: Mapping[str, tuple[str, ...]]) -> Questionnaire:
    """The questionnaire with lists."""
    sections = [
        replace(
            section,
            items=tuple(
                replace(item, values=values[item.code]) if item.code in values else item for item in section.items
            ),
        )
        for section in questionnaire.sections
    ]
    return replace(questionnaire, sections=tuple(sections))


_Known = tuple[frozenset[str], Mapping[str, str]]
"""The names of the list, and what a form bears in print, question -> text."""


def judge(
    form: Form, readings: Mapping[int, PageReading], truth: Mapping[str, str], known: _Known, found: dict[str, Counts]
) -> None:
    """Adds one form to the counts; names that the list (or the form itself) has not got are counted apart: they may
    not be accepted as another.
    """
    response = response_of(form, readings, known[1])
    for page in form.layout.pages:
        for zone in page.zones if page.number in readings else ():
            kind, text, answer = (
                zone.question.rstrip("0123456789"),
                truth[zone.question],
                response.answer(zone.question),
            )
            own = known[1].get(zone.question)
            if own and text:
                kind += ", printed" if own == text else ", printed otherwise"
            elif kind not in {"free", "remark"} and text and text not in known[0]:
                kind += ", unlisted"
            counts = found.setdefault(kind, Counts())
            auto = answer.status is Status.AUTO
            if not text:
                counts.add_blank(answer)
                continue
            counts.fields += 1
            counts.right += answer.value == text
            counts.accepted += auto
            counts.silent += auto and answer.value != text
            counts.characters += len(text)
            counts.right_characters += max(0, len(text) - Levenshtein.distance(text, answer.value))
            if not auto:
                counts.slugs[answer.problem or ""] += 1
