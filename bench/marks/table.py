"""Counting and printing: one line per kind of damage, with upper bounds, beside what was measured of peers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.marks.damage import DAMAGES, OFFICE
from bench.marks.measure import HARD_STYLES, Box, PageRows, is_marked
from bench.statistics import upper_bound

ELECTION_BAR = 1_549_703
"""Ballot positions without an error that the first test of a ballot scanner asks for (VSS 2002, 95 %)."""

REVIEW_LIMIT, MARKED_REVIEW_LIMIT = 0.01, 0.05


@dataclass(slots=True, kw_only=True)
class Count:
    """What was counted in one kind."""

    pages: int = 0
    kept: int = 0
    boxes: int = 0
    marked: int = 0
    hard: int = 0
    silent: int = 0
    marked_silent: int = 0
    review: int = 0
    marked_review: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    errors: list[dict[str, str | int | float | None]] = field(default_factory=list)
    reliability: dict[int, list[float]] = field(default_factory=dict)
    styles: Counter[str] = field(default_factory=Counter)
    styles_review: Counter[str] = field(default_factory=Counter)

    def to_dict(self) -> dict[str, object]:
        """As JSON can hold it."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Count":
        """From `to_dict`, through JSON."""
        count = cls(**data)
        count.tiers, count.styles, count.styles_review = (
            Counter(count.tiers),
            Counter(count.styles),
            Counter(count.styles_review),
        )
        count.reliability = {int(key): row for key, row in count.reliability.items()}
        return count

    def add(self, page: PageRows) -> None:
        """One more page."""
        self.pages += 1
        self.kept += page.tier == "-"
        self.tiers[page.tier] += 1
        for box in page.boxes:
            marked = is_marked(box)
            self.boxes += 1
            self.marked += marked
            self.hard += marked and box.style in HARD_STYLES
            self.review += not box.accepted
            self.marked_review += marked and not box.accepted
            self.styles[box.style] += 1
            self.styles_review[box.style] += not box.accepted
            if box.silent:
                self.silent += 1
                self.marked_silent += marked
                self.errors.append({"kind": page.kind, "number": page.number, **asdict(box)})
            if page.tier != "-" and box.truth is not None:
                self._note(box)

    def _note(self, box: Box) -> None:
        """Confidence and outcome for the reliability diagram, in bins that are fine near 1."""
        doubt = max(1 - box.confidence, 1e-6)
        edges = (1e-4, 1e-3, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 1.0)
        row = self.reliability.setdefault(next(i for i, edge in enumerate(edges) if doubt <= edge), [0, 0.0, 0])
        row[0], row[1], row[2] = row[0] + 1, row[1] + box.confidence, row[2] + (box.value == box.truth)

    def merged(self, other: "Count") -> "Count":
        """Both together."""
        both = Count()
        for name in ("pages", "kept", "boxes", "marked", "hard", "silent", "marked_silent", "review", "marked_review"):
            setattr(both, name, getattr(self, name) + getattr(other, name))
        both.tiers, both.errors = self.tiers + other.tiers, self.errors + other.errors
        both.styles, both.styles_review = self.styles + other.styles, self.styles_review + other.styles_review
        for source in (self.reliability, other.reliability):
            for key, row in source.items():
                old = both.reliability.setdefault(key, [0, 0.0, 0])
                both.reliability[key] = [a + b for a, b in zip(old, row, strict=True)]
        return both

    @property
    def ece(self) -> float:
        """Expected calibration error over the bins of doubt."""
        total = sum(row[0] for row in self.reliability.values())
        return sum(abs(row[1] - row[2]) for row in self.reliability.values()) / max(total, 1)


HEAD = (
    "| kind | pages | not read | boxes | marked (hard) | silent | at most per 10,000 | to review | of marked | ECE | "
    "tiers | SDAPS | marksense | OMRChecker |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"
)


def lines(counts: dict[str, Count]) -> list[str]:
    """The table: office profiles first, then all kinds."""
    rows = [HEAD]
    office = [counts[name] for name in OFFICE if name in counts]
    if office:
        pooled = office[0] if len(office) == 1 else office[0].merged(office[1])
        rows.append(_row("**office profiles together**", pooled, ("", "", "")))
    return rows + [_row(name, counts[name], DAMAGES[name].peers) for name in DAMAGES if name in counts]


def _row(name: str, count: Count, peers: Sequence[str]) -> str:
    bound = upper_bound(count.silent, count.boxes) * 10_000
    tiers = " ".join(f"{tier}:{number}" for tier, number in sorted(count.tiers.items()) if tier != "-")
    cells = (
        name,
        f"{count.pages:,}",
        f"{count.kept}",
        f"{count.boxes:,}",
        f"{count.marked:,} ({count.hard / max(count.marked, 1):.0%})",
        f"{count.silent}",
        f"{bound:.3f}",
        f"{count.review / max(count.boxes, 1):.2%}",
        f"{count.marked_review / max(count.marked, 1):.1%}",
        f"{count.ece:.5f}",
        tiers,
        *peers,
    )
    return "| " + " | ".join(cells) + " |"


def verdicts(counts: dict[str, Count]) -> list[str]:
    """Each goal beside what was reached."""
    out = []
    office = [counts[name] for name in OFFICE if name in counts]
    if office:
        both = office[0] if len(office) == 1 else office[0].merged(office[1])
        out += [
            f"office profiles: {both.silent} silent errors in {both.boxes:,} positions (goal: 0 in {ELECTION_BAR:,})",
            f"office profiles: {both.review / both.boxes:.2%} of boxes to review (limit {REVIEW_LIMIT:.0%}), "
            f"{both.marked_review / max(both.marked, 1):.1%} of marked boxes (limit {MARKED_REVIEW_LIMIT:.0%})",
        ]
    damaged = {name: count for name, count in counts.items() if name not in OFFICE}
    if damaged:
        worst = max(damaged.items(), key=lambda item: item[1].silent)
        out.append(
            f"damage kinds: {sum(c.silent for c in damaged.values())} silent errors in "
            f"{sum(c.boxes for c in damaged.values()):,} boxes "
            f"(goal: 0 in 10,000 of each kind; most: {worst[1].silent}, {worst[0]})"
        )
    return out


def worst(counts: dict[str, Count], limit: int = 60) -> list[str]:
    """The silent errors, one line each."""
    errors = [error for count in counts.values() for error in count.errors]
    shown = "  {kind} #{number} {sheet} {zone}: {style}, {pen}: read {value} at {confidence:.5f}, true {truth}"
    return [shown.format(**{**error, "truth": error["truth"] or "unclear"}) for error in errors[:limit]]


BINS = ("< 0.01 %", "0.1 %", "0.5 %", "1 %", "2 %", "5 %", "10 %", "20 %", "35 %", "more")


def reliability(count: Count) -> list[str]:
    """Mean confidence and share right, by bins of doubt."""
    rows = ["| doubt up to | boxes | mean confidence | right |", "|---|---|---|---|"]
    return rows + [
        f"| {BINS[key]} | {int(n):,} | {mean / n:.5f} | {right / n:.5f} |"
        for key, (n, mean, right) in sorted(count.reliability.items())
    ]


def by_style(count: Count) -> list[str]:
    """What was drawn in the boxes, and how much of it went to a person; the most of them first."""
    rows = ["| drawn | boxes | to review | share of all reviews |", "|---|---|---|---|"]
    for style, review in count.styles_review.most_common():
        boxes = count.styles[style]
        rows.append(
            f"| {style} | {boxes:,} | {review:,} ({review / boxes:.1%}) | {review / max(count.review, 1):.1%} |"
        )
    return rows


def pooled(counts: Iterable[Count]) -> Count:
    """Several kinds together."""
    both = Count()
    for count in counts:
        both = both.merged(count)
    return both


DOCUMENT = """# Marks under every kind of damage

Made by the command below (longer runs go on with `--state DIR`); nobody edits this page. {libraries}.

    {command}

**What is counted.** Printed sheets (test decks of 437 and 695 boxes, and the pages of the shipped questionnaire) are marked by simulated writers and
scanned by simulated scanners, then identified, registered and read like any other scan. At least a tenth of all marks are light, tiny or straddle the
edge of the box; two in a hundred empty boxes carry a speck, a resting pen or the end of a neighbour's stroke. A *silent error* is a box that no
person would see (its confidence above the threshold, no problem) with a value that is not the truth; circled boxes and boxes under a line through
several have no value that a program may take. "At most" is the 95 % upper bound (Clopper and Pearson 1934). "Not read": pages that wait for a person;
their boxes count as sent to review. Lost pages (neither read nor waiting) cannot occur in this bench; `python -m bench.accuracy` counts them through
the whole program. ECE is the expected calibration error of the confidence over ten bins. The generator of marks and damages was frozen before the
model was fitted (`tests/unit/simulate/test_mark_benchmark.py`), its seeds are in no training. Silent errors of seeds 0, 1 and 900 were looked at when
readings were divided into kinds and boxes were chosen that always go to a person (`strata.py`); other seeds are for testing. Everything here is
simulated: no real paper. Real scans: `python -m bench.forms`.

Peers, each on its own sample under the same kind of damage: SDAPS 1.9.13 wrong of 144 boxes (in brackets: with quality above 0.9), marksense 0.2
wrong of 90 answers (with confidence above 0.9), OMRChecker wrong of 46 answers that it returned.

{table}

{verdicts}

## Calibration

Office profiles:

{office}

All kinds of damage together:

{damaged}

## What goes to review

Office profiles, by what was drawn in the box ("none": nothing; the arm of a neighbour's mark may reach in).

{styles}

## Silent errors

{errors}
"""


def documentation(counts: dict[str, Count], *, command: str, libraries: str) -> str:
    """The page of the documentation."""
    office = pooled(count for name, count in counts.items() if name in OFFICE)
    damaged = pooled(count for name, count in counts.items() if name not in OFFICE)
    return DOCUMENT.format(
        libraries=libraries,
        command=command,
        table="\n".join(lines(counts)),
        verdicts="\n".join(f"- {line}" for line in verdicts(counts)),
        styles="\n".join(by_style(office)),
        office="\n".join(reliability(office)),
        damaged="\n".join(reliability(damaged)),
        errors="\n".join(f"-{line}" for line in worst(counts)) or "None.",
    )
