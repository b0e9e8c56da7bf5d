"""One sheet seen twice by different devices, or two sheets? Labelled pairs of simulated pictures, and what
`recognize.ink.same_sheet` makes of them.

    python -m bench.same_sheet --groups 60 --out pairs.jsonl     makes the pictures (some 20 s a group) and prints the figures
    python -m bench.same_sheet --read pairs.jsonl                the figures only

A group is one page of a shipped template: a sheet seen by four devices, the same sheet after its writer added one
answer, a photocopy with the same answers by another hand, and a photocopy with other answers, seen by two. Groups 0, 3,
6, ... test and have devices of their own; the limits were chosen on the others.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np

from bench.material import Form, make_form
from scanform.imaging.page_image import BlankPage, Gray, PageImage
from scanform.imaging.page_map import PageMap
from scanform.model.layout import PageLayout, ZoneKind
from scanform.model.questionnaire import Filled
from scanform.model.reading import MarkValue
from scanform.recognize.ink.extraction import PageInk, measure
from scanform.recognize.ink.fingerprint import SameInkSettings, ink_fingerprint, likeness
from scanform.recognize.ink.same_sheet import MOST_AGREEING, SURE_MARK, SheetEvidence, _weights, same_sheet
from scanform.recognize.ink.sampling_plan import PreparedPage, prepare
from scanform.recognize.marks.read_marks import read_marks
from scanform.simulate import phone
from scanform.simulate.answers import random_truth
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import Hand, random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth
from scanform.workflow.settling.photocopies import OTHER_SHEET, SAME_SHEET

SEED = 12
KINDS = ("same", "one-more", "same-answers", "other-answers")
MODELS = Path(__file__).parents[1] / "scanform" / "recognize" / "models"
TRAIN = (
    "good scanner",
    "office copier",
    "low toner",
    "150 dpi",
    "folded",
    "worn feeder",
    "1-bit",
    "1-bit thin",
    "phone plain",
    "phone tilted",
    "phone shadow",
)
TEST = (
    "office copier",
    "jpeg q30",
    "stained",
    "crooked",
    "fax",
    "1-bit hollow",
    "worst",
    "phone messenger",
    "phone curled",
    "phone dark",
    "phone worst photo",
)
"""Devices of the groups that the limits were chosen on, and of those that test them."""

PHONES = {
    found.name: found
    for found in (phone.PLAIN, phone.TILTED, phone.SHADOW, phone.MESSENGER, phone.CURLED, phone.DARK, phone.WORST_PHOTO)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One picture of a page: which sheet, seen by what, its fingerprint, and what each box surely is (2 marked, 1
    empty, 0 unsure or filled).
    """

    group: int
    sheet: str
    device: str
    ink: bytes
    states: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two pictures of one printed page, what they are, and the probability of one sheet."""

    kind: str
    one: Picture
    other: Picture
    probability: float


@cache
def forms() -> tuple[tuple[Form, tuple[PreparedPage, ...]], ...]:
    """The shipped templates, printed, with what is known of their pages before a scan."""
    found = [make_form(name) for name in ("begegnungsorte", "begegnungsorte", "visitor-feedback")]
    return tuple(
        (
            form,
            tuple(
                prepare(page, blank, filled=Filled.WITHDRAWN)
                for page, blank in zip(form.layout.pages, form.blanks, strict=True)
            ),
        )
        for form in found
    )


def _prepared(page: PageLayout, blank: BlankPage) -> PreparedPage:
    return prepare(page, blank, filled=Filled.WITHDRAWN)


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
            image, page_map = _taken(str(device), gray, inks[sheet], page, rng)
            found = measure(image, displaced(page_map, rng), prepared[at])
            yield Picture(
                group=group,
                sheet=sheet,
                device=str(device),
                ink=ink_fingerprint(found, prepared[at]),
                states=_states(found, prepared[at]),
            )


def _ink(gray: Gray, page: PageLayout, truth: PageTruth, hand: Hand, rng: np.random.Generator) -> Gray:
    return draw_ink((int(gray.shape[0]), int(gray.shape[1])), page, truth, hand=hand, rng=rng)


def _one_mark(page: PageLayout, truth: PageTruth, rng: np.random.Generator) -> PageTruth:
    """A page with nothing but one more cross."""
    free = [zone.id for zone in page.zones if zone.kind is ZoneKind.MARK and zone.id not in truth.marks]
    marks = {str(rng.choice(free)): MarkTruth(value=MarkValue.MARKED, style=MarkStyle.CROSS)} if free else {}
    return PageTruth(number=page.number, marks=marks)


def _states(found: PageInk, prepared: PreparedPage) -> str:
    """What each box surely is."""
    names = {MarkValue.MARKED.value: "2", MarkValue.EMPTY.value: "1"}
    return "".join(
        names.get(read.value, "0") if read.confidence >= SURE_MARK and not read.problems else "0"
        for read in read_marks(found, prepared.marks)
    )


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
    """Black and white as office devices make it: at a usual level, with strokes thinned, or by the surroundings of
    each pixel (broad strokes become hollow).
    """
    if device == "1-bit hollow":
        return np.asarray(
            cv2.adaptiveThreshold(
                gray, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY, 7, float(rng.uniform(6, 12))
            ),
            dtype=np.uint8,
        )
    level = rng.uniform(80, 110) if device == "1-bit thin" else rng.uniform(130, 170)
    return np.where(gray > level, np.uint8(255), np.uint8(0))


def displaced(page_map: PageMap, rng: np.random.Generator) -> PageMap:
    """The true map with a small error of registration, as `tools/practice.py` has it."""
    dx, dy = np.clip(rng.normal(0, 0.13, 2), -0.4, 0.4)
    wrong = np.array(
        [
            [rng.normal(1, 0.0004), rng.normal(0, 0.0003), dx],
            [rng.normal(0, 0.0003), rng.normal(1, 0.0004), dy],
            [0, 0, 1],
        ]
    )
    return replace(page_map, homography=tuple((np.array(page_map.homography).reshape(3, 3) @ wrong).ravel().tolist()))


def pairs(seen: Sequence[Picture]) -> Iterator[Pair]:
    """All pairs of pictures of one page."""
    by_group: dict[int, list[Picture]] = {}
    for picture in seen:
        by_group.setdefault(picture.group, []).append(picture)
    for found in by_group.values():
        for one, other in combinations(found, 2):
            yield Pair(
                kind=_kind({one.sheet, other.sheet}),
                one=one,
                other=other,
                probability=same_sheet(_look(one), _look(other)),
            )


def _kind(sheets: set[str]) -> str:
    if len(sheets) == 1:
        return "same"
    if sheets == {"first", "more"}:
        return "one-more"
    return "same-answers" if "other" not in sheets else "other-answers"


def _look(picture: Picture) -> SheetEvidence:
    sure = {str(at): state == "2" for at, state in enumerate(picture.states) if state != "0"}
    return SheetEvidence(
        ink=picture.ink, marks=sure, read_well=len(sure) / len(picture.states) if picture.states else 1.0
    )


def fitted(found: Sequence[Pair]) -> list[float]:
    """The logistic of `recognize.ink.same_sheet.ink_alone`, on the training pairs in which no mark differs; an added
    answer counts for neither side.
    """
    mine = [pair for pair in found if not is_test(pair.one.group) and pair.kind != "one-more" and not _differ(pair)]
    x = np.array(
        [
            [
                1.0,
                *likeness(pair.one.ink, pair.other.ink, SameInkSettings()),
                min(_agree(pair), MOST_AGREEING) / MOST_AGREEING,
            ]
            for pair in mine
        ]
    )
    y, w = np.array([pair.kind == "same" for pair in mine], float), np.zeros(x.shape[1])
    for _ in range(80):
        p = 1 / (1 + np.exp(-np.clip(x @ w, -30, 30)))
        w -= np.linalg.solve(
            (x * (p * (1 - p) + 1e-9)[:, None]).T @ x + 0.05 * np.eye(len(w)), x.T @ (p - y) + 0.05 * w
        )
    return [round(float(one), 3) for one in w]


def _differ(pair: Pair) -> int:
    return sum({a, b} == {"1", "2"} for a, b in zip(pair.one.states, pair.other.states, strict=True))


def _agree(pair: Pair) -> int:
    return sum(a == b == "2" for a, b in zip(pair.one.states, pair.other.states, strict=True))


def figures(found: Sequence[Pair]) -> str:
    """A table: how many pairs of each kind are taken for one sheet, wait, are taken for two; then the same for each
    pair of kinds of devices that test.
    """
    lines = ["| groups | pairs of | pairs | one sheet | waits | two sheets |", "|---|---|---|---|---|---|"]
    for name, tests in (("training", False), ("test", True)):
        for kind in KINDS:
            lines.append(
                _line(
                    f"{name} | {kind}",
                    [pair for pair in found if is_test(pair.one.group) is tests and pair.kind == kind],
                )
            )
    lines += ["", "| devices (test) | pairs of | pairs | one sheet | waits | two sheets |", "|---|---|---|---|---|---|"]
    for kind in ("same", "other-answers"):
        by_devices: dict[str, list[Pair]] = {}
        for pair in found:
            if is_test(pair.one.group) and pair.kind == kind:
                by_devices.setdefault(
                    " and ".join(sorted(_class(one.device) for one in (pair.one, pair.other))), []
                ).append(pair)
        lines += [_line(f"{devices} | {kind}", by_devices[devices]) for devices in sorted(by_devices)]
    return "\n".join(lines)


def _line(name: str, found: Sequence[Pair]) -> str:
    same = sum(pair.probability >= SAME_SHEET for pair in found)
    other = sum(pair.probability <= OTHER_SHEET for pair in found)
    return f"| {name} | {len(found)} | {same} | {len(found) - same - other} | {other} |"


def _class(device: str) -> str:
    return (
        "phone"
        if device.startswith("phone")
        else "black and white"
        if device.startswith("1-bit") or device == "fax"
        else "grey scanner"
    )


def load(path: Path) -> list[Picture]:
    """The pictures of a file that `--out` wrote."""
    raw = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return [
        Picture(group=r["group"], sheet=r["sheet"], device=r["device"], ink=bytes.fromhex(r["ink"]), states=r["states"])
        for r in raw
    ]


def make(first: int, groups: int, out: Path) -> None:
    """Make the pictures of some groups and add them to a file."""
    with out.open("a", encoding="utf-8") as target:
        for group in range(first, first + groups):
            for seen in pictures(group):
                facts = {
                    "group": seen.group,
                    "sheet": seen.sheet,
                    "device": seen.device,
                    "ink": seen.ink.hex(),
                    "states": seen.states,
                }
                target.write(json.dumps(facts) + "\n")
            target.flush()


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=60)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("same-sheet-pairs.jsonl"))
    parser.add_argument("--read", type=Path, help="a file that --out wrote: make no pictures")
    parser.add_argument("--fit", action="store_true", help="fit the logistic and write it beside the other models")
    args = parser.parse_args()
    cv2.setNumThreads(1)
    if args.read is None:
        make(args.first, args.groups, args.out)
    seen = load(args.read or args.out)
    if args.fit:
        report = {"logistic": fitted(list(pairs(seen))), "pictures": len(seen), "seed": SEED}
        (MODELS / "same-sheet.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
        _weights.cache_clear()
    print(figures(list(pairs(seen))))


if __name__ == "__main__":
    main()
