"""One sheet seen twice by different devices, or two sheets? Labelled pairs of simulated pictures, and what `recognize.same_sheet` makes of them.

    python -m bench.same_sheet --groups 60 --out pairs.jsonl     makes the pictures (some 20 s a group) and prints the figures
    python -m bench.same_sheet --read pairs.jsonl                the figures only

A group is one page of a shipped template: a sheet seen by four devices, the same sheet after its writer added one answer, a photocopy with the same answers by
another hand, and a photocopy with other answers, seen by two. Groups 0, 3, 6, ... test and have devices of their own; the limits were chosen on the others.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np

from bench.material import Form, make_form
from scanform.imaging.page_image import Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.model.reading import MarkValue
from scanform.recognize.darkness import measure
from scanform.recognize.ink import print_of
from scanform.recognize.marks import read_marks
from scanform.recognize.sheets import PreparedPage, prepare
from scanform.simulate import phone
from scanform.simulate.answers import random_truth
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth

SEED = 12
TRAIN = ("good scanner", "office copier", "low toner", "150 dpi", "folded", "worn feeder", "1-bit", "1-bit thin", "phone plain", "phone tilted", "phone shadow")
TEST = ("office copier", "jpeg q30", "stained", "crooked", "fax", "1-bit hollow", "worst", "phone messenger", "phone curled", "phone dark", "phone worst photo")
"""Devices of the groups that the limits were chosen on, and of those that test them."""

PHONES = {found.name: found for found in (phone.PLAIN, phone.TILTED, phone.SHADOW, phone.MESSENGER, phone.CURLED, phone.DARK, phone.WORST_PHOTO)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a page: which sheet, seen by what, its fingerprint, and what each box surely is (2 marked, 1 empty, 0 unsure or filled)."""

    group: int
    sheet: str
    device: str
    ink: bytes
    states: str


@cache
def forms() -> tuple[tuple[Form, tuple[PreparedPage, ...]], ...]:
    """The shipped templates, printed, with what is known of their pages before a scan."""
    found = [make_form(name) for name in ("begegnungsorte", "begegnungsorte", "visitor-feedback")]
    return tuple(
        (form, tuple(prepare(page, blank, filled=Filled.WITHDRAWN) for page, blank in zip(form.layout.pages, form.blanks, strict=True))) for form in found
    )


def is_test(group: int) -> bool:
    """Whether a group tests."""
    return group % 3 == 0


def pictures(group: int) -> Iterator[Picture]:
    """All pictures of a group."""
    rng = np.random.default_rng([SEED, group])
    form, prepared = forms()[group // 3 % 3]
    at = int(rng.integers(len(form.layout.pages)))
    page, gray = form.layout.pages[at], form.printed[at]
    hand, other_hand = random_hand(rng), random_hand(rng)
    truth = random_truth(form.questionnaire, form.layout, rng, hand=hand).page(page.number)
    other = random_truth(form.questionnaire, form.layout, rng, hand=other_hand).page(page.number)
    first = _ink(gray, page, truth, hand, rng)
    inks = {
        "first": first,
        "more": np.minimum(first, _ink(gray, page, _one_mark(page, truth, rng), hand, rng)),
        "hand": _ink(gray, page, truth, other_hand, rng),
        "other": _ink(gray, page, other, other_hand, rng),
    }
    devices = TEST if is_test(group) else TRAIN
    for sheet, count in (("first", 4), ("more", 1), ("hand", 1), ("other", 2)):
        for device in rng.choice(devices, count, replace=False):
            yield _seen(group, sheet, str(device), gray, inks[sheet], page, prepared[at], rng)


def _ink(gray: Gray, page: PageLayout, truth: PageTruth, hand: object, rng: np.random.Generator) -> Gray:
    return draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng)  # type: ignore[arg-type]


def _one_mark(page: PageLayout, truth: PageTruth, rng: np.random.Generator) -> PageTruth:
    """A page with nothing but one more cross."""
    free = [zone.id for zone in page.zones if zone.kind is ZoneKind.MARK and zone.id not in truth.marks]
    marks = {str(rng.choice(free)): MarkTruth(value=MarkValue.MARKED, style=MarkStyle.CROSS)} if free else {}
    return PageTruth(number=page.number, marks=marks)


def _seen(group: int, sheet: str, device: str, gray: Gray, ink: Gray, page: PageLayout, prepared: PreparedPage, rng: np.random.Generator) -> Picture:
    image, page_map = _taken(device, gray, ink, page, rng)
    found = measure(image, displaced(page_map, rng), prepared)
    states = "".join(
        "0" if read.confidence < 0.99 or read.problem else {"marked": "2", "empty": "1"}.get(read.value, "0") for read in read_marks(found, prepared.marks)
    )
    return Picture(group=group, sheet=sheet, device=device, ink=print_of(found, prepared), states=states)


def _taken(device: str, gray: Gray, ink: Gray, page: PageLayout, rng: np.random.Generator) -> tuple[PageImage, PageMap]:
    if device.startswith("phone "):
        photo = phone.photograph(gray, PHONES[device.removeprefix("phone ")], rng, ink=ink, size=page.size)
        return photo.image, photo.page_map
    if not device.startswith("1-bit"):
        scan = scan_page(gray, PROFILES[device], rng, ink=ink, size=page.size)
        return scan.image, scan.page_map
    grey = replace(PROFILES["fax"], depth="grey", specks=(0, 25), noise=(1.0, 4.0), dpi=(300, 200))
    scan = scan_page(gray, grey, rng, ink=ink, size=page.size)
    return PageImage(gray=_one_bit(scan.gray, device, rng), dpi=scan.dpi), scan.page_map


def _one_bit(gray: Gray, device: str, rng: np.random.Generator) -> Gray:
    """Black and white as office devices make it: at a usual level, with strokes thinned, or by the surroundings of each pixel, which leaves broad strokes hollow."""
    if device == "1-bit hollow":
        return np.asarray(cv2.adaptiveThreshold(gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 7, float(rng.uniform(6, 12))), dtype=np.uint8)
    level = rng.uniform(80, 110) if device == "1-bit thin" else rng.uniform(130, 170)
    return np.where(gray > level, np.uint8(255), np.uint8(0))


def displaced(page_map: PageMap, rng: np.random.Generator) -> PageMap:
    """The true map with a small error of registration, as `tools/practice.py` has it."""
    dx, dy = np.clip(rng.normal(0, 0.13, 2), -0.4, 0.4)
    wrong = np.array([[rng.normal(1, 0.0004), rng.normal(0, 0.0003), dx], [rng.normal(0, 0.0003), rng.normal(1, 0.0004), dy], [0, 0, 1]])
    return replace(page_map, homography=tuple((np.array(page_map.homography).reshape(3, 3) @ wrong).ravel().tolist()))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    with args.out.open("a") as out:
        for group in range(args.first, args.first + args.groups):
            for seen in pictures(group):
                facts = {"group": seen.group, "sheet": seen.sheet, "device": seen.device, "ink": seen.ink.hex(), "states": seen.states}
                out.write(json.dumps(facts) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
