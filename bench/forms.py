"""Forms that scanform did not print, on real scans: lost pages, wrong registrations, silent errors and what goes to
review.

    python -m bench.forms [--data ../shared/data/forms] [--set NAME] [--stack] [--save FILE]

Each layout of the data becomes a page of ours without markers and codes. Where there is no blank page, one scan of each
layout (the anchor) defines the frame by the homography that comes with the data, as a person does who draws zones on a
filled scan, and the blank is estimated from all scans of that layout. All scans are then registered by their print; the
homographies serve to score that. Tuned on: amc_tests multi* and odkscan form 1. All other figures are held out, but
windows of every set except odkscan's were looked at, without their labels, when pale and thin outlines were taken for
ink, and formscanner's small bubbles before `strata.LEAST_OPEN_BROAD` was chosen. `--stack` routes every scan among all
known pages. `--save` writes the measured features of the boxes with their labels.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import exp, lgamma, log
from pathlib import Path

import cv2
import numpy as np

from scanform.assemble import AcceptSettings
from scanform.discover.estimate_blank import estimate_blank
from scanform.imaging.page_image import BlankPage, PageImage
from scanform.imaging.page_map import PageMap, Tier
from scanform.model.geometry import RectMm, SizeMm
from scanform.model.layout import PageLayout, Zone, ZoneKind
from scanform.model.page import PageRef
from scanform.model.questionnaire import Filled
from scanform.model.reading import FieldReading, MarkValue
from scanform.recognize import reader
from scanform.recognize.ink.extraction import measure
from scanform.recognize.marks import features
from scanform.register.fit import fit_page
from scanform.register.identify_by_print import Known, identify_by_content
from scanform.register.prepare import BoxCheck, prepare_page
from scanform.scan.files.limits import Limits
from scanform.scan.files.source import scan_file
from scanform.scan.load import load_page

SETS = ("sdaps_example_2013", "formscanner_samples", "odkscan_photos", "omrchecker_samples", "amc_tests")
WITH_BLANK = ("sdaps_example_2013", "odkscan_photos")
SURVEYS = ("sdaps_example_2013", "formscanner_samples")
WITHDRAWN = ("sdaps_example_2013",)
PAPER_MM = {210 / 297: 210.0, 215.9 / 279.4: 215.9}
"""Widths of A4 and US letter by aspect, for forms whose scale nobody knows."""


def is_tuned(name: str, file: str) -> bool:
    return (name == "amc_tests" and Path(file).name.startswith("multi")) or (
        name == "odkscan_photos" and "checkbox_test_1" in file and "_1642" in file
    )


# --- forms -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Scan:
    """One picture of a form with its truth by field, and the data's homography from the frame of the layout."""

    file: str
    image: PageImage
    truth: dict
    frame_to_px: np.ndarray


@dataclass(frozen=True, kw_only=True)
class Form:
    """One layout: `given` as in the data, `page` with zones laid onto the print, `fields` question -> options by
    zone id.
    """

    set_name: str
    name: str
    given: PageLayout
    page: PageLayout
    per_mm: float
    fields: dict[str, dict]
    blank: BlankPage
    check: BoxCheck
    weak: frozenset[str]
    anchor: str | None
    scans: list[Scan]


def load_forms(data: Path, name: str, only: str) -> Iterator[Form]:
    """The forms of a set with their scans."""
    truth = json.loads((data / name / "truth.json").read_text("utf-8"))
    by_layout = defaultdict(list)
    for one in truth["images"]:
        if (data / name / one["file"]).exists() and only in one["file"]:
            by_layout[one["layout"]].append(one)
    for layout, images in sorted(by_layout.items()):
        yield make_form(data / name, name, json.loads((data / name / layout).read_text("utf-8")), layout, images)


def make_form(folder: Path, name: str, layout: dict, file: str, images: list[dict]) -> Form:
    per_mm, given, fields, looks = converted(layout)
    scans = [
        Scan(
            file=one["file"],
            image=load(folder / one["file"]),
            truth=one["fields"],
            frame_to_px=np.array(one["ref_to_image"]),
        )
        for one in images
    ]
    if name in WITH_BLANK:
        gray = load(folder / layout["reference_image"]).gray
        page, blank, weak, anchor = *with_blank(given, gray, per_mm), frozenset(), None
    else:
        page, blank, weak, anchor = without_blank(given, scans, per_mm, looks)
    return Form(
        set_name=name,
        name=file,
        given=given,
        page=page,
        per_mm=per_mm,
        fields=fields,
        blank=blank,
        check=prepare_page(page, blank),
        weak=frozenset(weak),
        anchor=anchor,
        scans=scans,
    )


def load(path: Path) -> PageImage:
    info = scan_file(str(path), Limits())
    image = load_page(PageRef(sha256=info.sha256, path=str(path), index=0), Limits()).image
    assert image is not None, path
    return image


def converted(layout: dict) -> tuple[float, PageLayout, dict[str, dict], dict[str, str]]:
    """Pixels of the frame per mm, the page, its choice fields by question, and the letters printed inside boxes by
    zone.
    """
    aspect = layout["width"] / layout["height"]
    paper = PAPER_MM[min(PAPER_MM, key=lambda known: abs(known - aspect))]
    per_mm = layout["dpi"] / 25.4 if layout["dpi"] else layout["width"] / paper
    zones, fields, looks = [], {}, {}
    for number, one in enumerate(layout["fields"]):
        if one["type"] not in ("checkbox", "bubble"):
            continue
        question = f"q{number}"
        fields[question] = {"id": one["id"], "select": one["select"], "values": {}}
        for option in one["options"]:
            zone = f"{question}.{option['value']}"
            left, top = option["cx"] - option["w"] / 2, option["cy"] - option["h"] / 2
            rect = RectMm(
                x=(left + 0.5) / per_mm, y=(top + 0.5) / per_mm, w=option["w"] / per_mm, h=option["h"] / per_mm
            )
            multiple = one["select"] != "one"
            zones.append(
                Zone(
                    id=zone,
                    question=question,
                    option=str(option["value"]),
                    multiple=multiple,
                    kind=ZoneKind.MARK,
                    rect=rect,
                )
            )
            fields[question]["values"][zone] = option["value"]
            if "printed_char" in option:
                looks[zone] = option["printed_char"]
    size = SizeMm(w=layout["width"] / per_mm, h=layout["height"] / per_mm)
    return (
        per_mm,
        PageLayout(number=1, size=size, blank="page-1.png", fiducials=(), codes=(), zones=tuple(zones)),
        fields,
        looks,
    )


def with_blank(given: PageLayout, gray: np.ndarray, per_mm: float) -> tuple[PageLayout, BlankPage]:
    """The page and its blank picture brought to 300 dpi, zones laid onto the print."""
    to_px = np.array([[per_mm, 0, -0.5], [0, per_mm, -0.5], [0, 0, 1]])
    free = replace(given, zones=())
    blank = estimate_blank([(gray, plain_map(to_px))], free)
    page = replace(given, zones=snapped(given.zones, blank))
    return page, blank


def without_blank(
    given: PageLayout, scans: list[Scan], per_mm: float, looks: dict[str, str]
) -> tuple[PageLayout, BlankPage, frozenset[str], str]:
    """The page and the blank estimated from its filled scans; the sharpest scan is the anchor that defines the
    frame.
    """
    anchor = max(scans, key=lambda scan: abs(np.linalg.det(scan.frame_to_px)))
    frame = np.array([[per_mm, 0, -0.5], [0, per_mm, -0.5], [0, 0, 1]])
    start = plain_map(anchor.frame_to_px @ frame)
    free = replace(given, zones=())
    check = prepare_page(free, estimate_blank([(anchor.image.gray, start)], free))
    seen = [(anchor.image.gray, start)]
    for scan in scans:
        page_map = fit_page(scan.image, (), free, check) if scan is not anchor else None
        if page_map is not None:
            seen.append((scan.image.gray, page_map))
    page = replace(given, zones=snapped(given.zones, estimate_blank(seen, free)))
    blank = estimate_blank(seen, page, looks=looks)
    return page, blank, frozenset(blank.weak), anchor.file


def plain_map(homography: np.ndarray) -> PageMap:
    return PageMap(
        homography=tuple(float(value) for value in np.ravel(homography / homography[2, 2])),
        residual_mm=0.0,
        tier=Tier.T3,
    )


# --- zones onto print ------------------------------------------------------------------------------------------------


def snapped(zones: tuple[Zone, ...], blank: BlankPage) -> tuple[Zone, ...]:
    """The zones, laid onto the printed outlines where these are found; neighbours help those that are not."""
    outlines = np.array([outline(zone.rect, blank) for zone in zones]).reshape(-1, 4)
    moved = list(zones)
    for members in sizes(zones):
        known = members[~np.isnan(outlines[members, 0])]
        if len(known) < 0.3 * len(members):
            continue
        w, h = np.median(outlines[known, 2:], axis=0)
        given = np.array([(zone.rect.centre.x, zone.rect.centre.y) for zone in zones])
        shift = outlines[known, :2] - given[known]
        for index in members:
            near = np.argsort(np.linalg.norm(given[known] - given[index], axis=1))[:9]
            usual = np.median(shift[near], axis=0)
            own = outlines[index, :2] - given[index]
            by = own if not np.isnan(own[0]) and np.abs(own - usual).max() < 0.5 else usual
            x, y = given[index] + by
            moved[index] = replace(
                zones[index], rect=RectMm(x=float(x - w / 2), y=float(y - h / 2), w=float(w), h=float(h))
            )
    return tuple(moved)


def sizes(zones: tuple[Zone, ...]) -> Iterator[np.ndarray]:
    """Indices of zones of one size each."""
    keys = [(round(zone.rect.w, 1), round(zone.rect.h, 1)) for zone in zones]
    for key in dict.fromkeys(keys):
        yield np.array([index for index, other in enumerate(keys) if other == key])


def outline(rect: RectMm, blank: BlankPage) -> tuple[float, float, float, float]:
    """Middle, width and height (mm) of the printed outline at a zone; NaN when there is none."""
    per_mm, reach = blank.px_per_mm_x, 0.6 * max(rect.w, rect.h)
    area = rect.grown(reach)
    left, top = max(0, round(area.x * per_mm)), max(0, round(area.y * per_mm))
    patch = blank.gray[top : round(area.bottom * per_mm), left : round(area.right * per_mm)]
    nothing = (np.nan,) * 4
    if min(patch.shape) < 8:
        return nothing
    dark = 255 - patch
    limit = 0.45 * float(np.percentile(dark, 95))
    if limit < 12:
        return nothing
    contours, _ = cv2.findContours((dark > limit).astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    best, best_area = nothing, 0.0
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        wide, high = w / per_mm, h / per_mm
        cx, cy = (left + x + w / 2) / per_mm, (top + y + h / 2) / per_mm
        fits = (
            0.6 <= wide / rect.w <= 1.6
            and 0.6 <= high / rect.h <= 1.6
            and max(abs(cx - rect.centre.x) / rect.w, abs(cy - rect.centre.y) / rect.h) < 0.6
        )
        full = cv2.contourArea(cv2.convexHull(contour)) > 0.7 * w * h
        if fits and full and w * h > best_area:
            best, best_area = (cx, cy, wide, high), w * h
    return best


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class Box:
    """One box of one scan: what was read and what is true; `auto` when no person would look."""

    set_name: str
    file: str
    field: str
    option: str
    zone: str
    truth: str
    scored: bool
    doubtful: bool
    value: str
    probability: float
    problem: str | None
    weak: bool
    auto: bool
    described: np.ndarray

    @property
    def silent(self) -> bool:
        return self.scored and not self.doubtful and self.auto and self.value != self.truth


@dataclass(kw_only=True)
class Tally:
    """What came of the pages of a set."""

    pages: int = 0
    lost: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    off_mm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    tiers: Counter = field(default_factory=Counter)
    boxes: list[Box] = field(default_factory=list)


def run_form(form: Form, tally: Tally) -> None:
    filled = Filled.WITHDRAWN if form.set_name in WITHDRAWN else Filled.MARK
    prepared = reader.prepare_page(form.page, form.blank, filled=filled)
    for scan in form.scans:
        tally.pages += 1
        start = time.process_time()
        page_map = fit_page(scan.image, (), form.page, form.check)
        tally.seconds.append(time.process_time() - start)
        if page_map is None:
            tally.lost.append(scan.file)
            continue
        tally.tiers[page_map.tier.value] += 1
        off = errors_mm(form, scan, page_map)
        tally.off_mm.append(float(np.percentile(off, 95)))
        if np.percentile(off, 90) > max(0.8, 0.5 * min(zone.rect.h for zone in form.page.zones)):
            tally.wrong.append(f"{scan.file} ({np.percentile(off, 90):.1f} mm)")
        readings = {one.zone: one for one in reader.read_fields(scan.image, page_map, prepared)}
        described = dict(
            zip(
                (zone.id for zone in prepared.marks.zones),
                features.describe(measure(scan.image, page_map, prepared), prepared.marks),
                strict=True,
            )
        )
        tally.boxes.extend(judged(form, scan, readings, described, filled))


def errors_mm(form: Form, scan: Scan, page_map: PageMap) -> np.ndarray:
    """How far the map and the data's homography differ at the boxes, mm."""
    points = np.array([(zone.rect.centre.x, zone.rect.centre.y) for zone in form.given.zones])
    wanted = cv2.perspectiveTransform((points * form.per_mm - 0.5)[:, None], scan.frame_to_px)[:, 0]
    return np.linalg.norm(page_map.to_mm(wanted) - points, axis=1)


def judged(
    form: Form, scan: Scan, readings: dict[str, FieldReading], described: dict[str, np.ndarray], filled: Filled
) -> Iterator[Box]:
    """The boxes of a scan with the status that `scanform.assemble` would give their values."""
    for question in form.fields.values():
        truth = scan.truth.get(question["id"])
        marked_here = any(state(readings[zone], filled)[0] == MarkValue.MARKED for zone in question["values"])
        for zone, option in question["values"].items():
            value, probability = state(readings[zone], filled)
            if value == MarkValue.FILLED and not marked_here:
                probability = 0.5  # filled without a cross: somebody has to say what is meant
            wanted = "unknown" if truth is None else _truth(truth, option)
            weak, problem = zone in form.weak, readings[zone].problem
            yield Box(
                set_name=form.set_name,
                file=scan.file,
                field=question["id"],
                option=str(option),
                zone=zone,
                truth=wanted,
                scored=truth is not None and not truth.get("unsure"),
                doubtful=truth is not None and option in truth.get("doubtful", []),
                value=value,
                probability=probability,
                problem=problem,
                weak=weak,
                auto=problem is None and not weak and probability >= AcceptSettings().choice,
                described=described[zone],
            )


def _truth(truth: dict, option: str) -> str:
    if option in truth.get("withdrawn", []):
        return MarkValue.FILLED.value
    return MarkValue.MARKED.value if option in truth["marked"] else MarkValue.EMPTY.value


def state(reading: FieldReading, filled: Filled) -> tuple[str, float]:
    """The value of a box and its probability; where filling is marking, a filled box is a marked one."""
    probs = {candidate.value: candidate.probability for candidate in reading.candidates}
    if filled is Filled.MARK:
        probs = {
            MarkValue.EMPTY: probs.get("empty", 0.0),
            MarkValue.MARKED: probs.get("marked", 0.0) + probs.get("filled", 0.0),
        }
    value = max(probs, key=lambda key: probs[key])
    return str(value), probs[value]


# --- what came of it -------------------------------------------------------------------------------------------------


def upper_bound(errors: int, of: int, level: float = 0.95) -> float:
    """One-sided Clopper-Pearson bound: the share at which so few errors would be seen in one of twenty samples only."""
    if of == 0 or errors >= of:
        return 1.0
    low, high = errors / of, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        terms = (
            lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(middle) + (of - k) * log(1 - middle)
            for k in range(errors + 1)
        )
        low, high = (middle, high) if sum(exp(term) for term in terms) > 1 - level else (low, middle)
    return high


def line(name: str, tallies: list[Tally], boxes: list[Box]) -> str:
    scored = [box for box in boxes if box.scored and not box.doubtful]
    marked = [box for box in scored if box.truth == MarkValue.MARKED]
    silent, on_marked = [box for box in scored if box.silent], [box for box in marked if box.silent]
    pages, lost, wrong = (
        sum(t.pages for t in tallies),
        sum(len(t.lost) for t in tallies),
        sum(len(t.wrong) for t in tallies),
    )
    off = [value for t in tallies for value in t.off_mm]
    looked, looked_marked = sum(not box.auto for box in scored), sum(not box.auto for box in marked)
    return (
        f"{name:22} {pages:5} {lost:5} {wrong:5} {np.median(off) if off else np.nan:6.2f} {len(scored):7} "
        f"{len(marked):7} {len(silent):7} "
        f"{1000 * len(silent) / max(len(marked), 1):8.2f} {1000 * upper_bound(len(silent), max(len(marked), 1)):8.2f} "
        f"{len(on_marked):7} "
        f"{100 * looked / max(len(scored), 1):7.1f} {100 * looked_marked / max(len(marked), 1):7.1f}"
    )


HEAD = (
    f"{'':22} {'pages':>5} {'lost':>5} {'wrong':>5} {'mm p95':>6} {'boxes':>7} {'marked':>7} {'silent':>7} "
    f"{'per 1000':>8} {'95 % <':>8} {'on mark':>7} {'rev. %':>7} {'of m. %':>7}"
)


def report(tallies: dict[str, Tally]) -> None:
    print(HEAD)
    every = list(tallies.values())
    for name, tally in tallies.items():
        print(line(name, [tally], tally.boxes))
    print(line("pooled", every, [box for tally in every for box in tally.boxes]))
    held = [box for tally in every for box in tally.boxes if not is_tuned(box.set_name, box.file)]
    print(line("held out boxes", every, held))
    surveys = [tallies[name] for name in SURVEYS if name in tallies]
    print(line("scanned surveys", surveys, [box for tally in surveys for box in tally.boxes]))
    print(
        "per 1000: silent errors per 1000 marked boxes. Tuned on amc_tests multi* and two pictures of odkscan form 1; "
        "the rest is held out."
    )
    for name, tally in tallies.items():
        print(
            f"{name}: tiers {dict(tally.tiers)}, registration {1000 * np.median(tally.seconds):.0f} ms median, "
            f"{1000 * max(tally.seconds):.0f} worst"
        )
        for file in tally.lost:
            print(f"  lost  {file}")
        for file in tally.wrong:
            print(f"  WRONG {file}")
        for box in tally.boxes:
            if box.silent:
                print(
                    f"  silent {Path(box.file).name} {box.field} {box.option}: {box.value} {box.probability:.4f}, is "
                    f"{box.truth}"
                )
        reasons = Counter(
            ("weak blank" if box.weak else box.problem or "probability")
            for box in tally.boxes
            if box.scored and not box.auto
        )
        print(f"  review {dict(reasons)}")


def run_stack(forms: list[Form]) -> None:
    """Every scan among all known pages."""
    known = [Known(key=(form.name, 1), page=form.page, check=form.check) for form in forms]
    counts, seconds = Counter(), []
    for form in forms:
        for scan in form.scans:
            start = time.process_time()
            found = identify_by_content(scan.image, known)
            seconds.append(time.process_time() - start)
            outcome = (
                "right"
                if found.key == (form.name, 1)
                else "wrong"
                if found.key
                else found.problems[0].slug
                if found.problems
                else "not routed"
            )
            counts[form.set_name, outcome] += 1
            if outcome != "right":
                print(f"  {outcome:15} {scan.file} {found.key or ''}")
    for name in SETS:
        print(f"{name:22} { {outcome: count for (other, outcome), count in sorted(counts.items()) if other == name} }")
    print(
        f"{len(known)} known pages, {1000 * np.median(seconds):.0f} ms median per scan, {1000 * max(seconds):.0f} worst"
    )


def save(file: Path, boxes: list[Box]) -> None:
    """Measured features, truth, set, file and zone of all scored boxes."""
    scored = [box for box in boxes if box.scored]
    columns = {
        name: np.array([getattr(box, name) for box in scored])
        for name in ("truth", "zone", "value", "probability", "weak", "doubtful")
    }
    columns["scan"] = np.array([box.file for box in scored])
    np.savez(
        file,
        x=np.stack([box.described for box in scored]),
        names=np.array(features.NAMES),
        set=np.array([box.set_name for box in scored]),
        **columns,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, default=Path(__file__).parents[2] / "shared" / "data" / "forms")
    parser.add_argument("--set", choices=SETS)
    parser.add_argument("--only", default="", help="scans whose name holds this")
    parser.add_argument("--stack", action="store_true")
    parser.add_argument("--save", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    tallies: dict[str, Tally] = {}
    forms: list[Form] = []
    for name in [arguments.set] if arguments.set else SETS:
        tally = tallies[name] = Tally()
        for form in load_forms(arguments.data, name, arguments.only):
            run_form(form, tally)
            if arguments.stack:
                forms.append(form)
    report(tallies)
    if arguments.save:
        save(arguments.save, [box for tally in tallies.values() for box in tally.boxes])
    if forms:
        run_stack(forms)


if __name__ == "__main__":
    main()
