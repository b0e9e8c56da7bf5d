"""The whole way of simulated forms through the real program: lost pages, silent errors, what goes to people,
calibration.

    python -m bench.accuracy                         100 pages, profile "office copier"
    python -m bench.accuracy --profile fax --pages 40 --seed 3

Forms are printed by `print`, filled in and scanned by the simulator, read by `ingest` from multi-page PDF files in
shuffled order, and compared with the truth. A silent error is a value with status auto that is not the truth, or a sure
value where a person could not tell either. The seeds here are not those of the training of any reader (see the model
cards).
"""

import argparse
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench.material import PRINT_DPI, exact
from scanform.model.page import Fate
from scanform.model.response import Answer, Missing, Response, Status
from scanform.scan.load import rasterize
from scanform.simulate.answers import random_truth
from scanform.simulate.files import write_pdf_g4, write_pdf_jpeg
from scanform.simulate.hands import random_hand
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import ScannedPage, scan_filled
from scanform.simulate.scripts import load_crops
from scanform.simulate.truth import FormTruth
from scanform.workflow.intake.read_batch import BatchSummary, read_batch
from scanform.workflow.printing.print_forms import Printed, PrintOrder, print_forms
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.project import Project, init_project
from scanform.workflow.reading.executors import processes, serial

FIRST_SEED = 900_000
SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One value compared with the truth."""

    form: str
    answer: Answer
    expected: str
    unclear: bool

    @property
    def right(self) -> bool:
        """Whether the best candidate is the truth."""
        return self.answer.value == self.expected and not self.unclear

    @property
    def silent(self) -> bool:
        """Whether the program was sure and wrong."""
        return self.answer.status is Status.AUTO and not self.right


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole run."""

    summary: BatchSummary
    pages: int
    values: tuple[Value, ...]
    missing: tuple[str, ...]


def run(folder: Path, *, template: str, profile: str, pages: int, seed: int, jobs: int) -> Outcome:
    """Print, fill, scan, ingest, compare."""
    with init_project(folder / "project", template=template) as project:
        printed = _print(project, folder, pages, seed)
        truths = scan_all(printed, folder / "scans", questionnaire_of=project, profile=profile, seed=seed)
        workers = serial() if jobs == 1 else processes(jobs, limits_of(project))
        summary = read_batch(project, [folder / "scans"], workers)
        responses = {response.id: response for response in project.store.responses()}
    values = tuple(
        value for form, truth in truths.items() if form in responses for value in compare(responses[form], truth)
    )
    handed_in = sum(len(truth.pages) for truth in truths.values())
    return Outcome(
        summary=summary, pages=handed_in, values=values, missing=tuple(form for form in truths if form not in responses)
    )


def _print(project: Project, folder: Path, pages: int, seed: int) -> Printed:
    one = print_forms(project, PrintOrder(recipients=(None,), seed=seed), folder / "one.pdf")
    forms = max(1, round(pages / len(one.layout.pages)))
    return print_forms(project, PrintOrder(recipients=(None,) * forms, seed=seed + 1), folder / "forms.pdf")


def scan_all(
    printed: Printed, folder: Path, *, questionnaire_of: Project, profile: str, seed: int
) -> dict[str, FormTruth]:
    """Fill in and scan all forms, ten sheets a file in shuffled order; returns the truth by form id."""
    folder.mkdir(parents=True)
    questionnaire = questionnaire_of.questionnaire_of(printed.layout)
    crops = load_crops(SAMPLES / "handwriting")
    sheets = rasterize(printed.pdf, dpi=PRINT_DPI)
    scans: list[ScannedPage] = []
    truths: dict[str, FormTruth] = {}
    for number, form in enumerate(printed.forms):
        rng = np.random.default_rng(FIRST_SEED + 1000 * seed + number)
        hand = random_hand(rng)
        truth = random_truth(questionnaire, printed.layout, rng, hand=hand, crops=crops)
        truths[form.form_id] = truth
        for page in printed.layout.pages:
            gray = exact(next(sheets), page.size)
            scans.append(
                scan_filled(
                    gray, page, truth.page(page.number), hand=hand, profile=PROFILES[profile], rng=rng, crops=crops
                )
            )
    order = np.random.default_rng(seed).permutation(len(scans)).tolist()
    for first in range(0, len(order), 10):
        stack = [scans[index] for index in order[first : first + 10]]
        write = write_pdf_g4 if all(scan.mono for scan in stack) else write_pdf_jpeg
        write(folder / f"stack-{first // 10 + 1:03}.pdf", stack)
    return truths


def compare(response: Response, truth: FormTruth) -> Iterator[Value]:
    """All values of a form beside the truth; a value that is not there at all counts as sure and wrong."""
    answers = {answer.column: answer for answer in response.answers}
    for column, expected in truth.expected.items():
        if answers[column].missing is not Missing.PAGE_MISSING:  # said to be missing: that is no reading
            yield Value(form=response.id, answer=answers[column], expected=expected, unclear=column in truth.unclear)


def show(outcome: Outcome, profile: str) -> None:
    """Print the figures."""
    summary = outcome.summary
    fates = ", ".join(f"{fate.value} {count}" for fate, count in summary.pages.items())
    print(
        f"profile {profile}: {outcome.pages} pages handed in; fates: {fates}; forms not there: {len(outcome.missing)}; "
        f"{summary.page_ms:.0f} ms per page"
    )
    print(f"lost pages: {outcome.pages - sum(summary.pages.values())} (limit 0)")
    print(f"pages read: {summary.pages.get(Fate.READ, 0)} of {outcome.pages}")
    silent = [value for value in outcome.values if value.silent]
    print(
        f"silent errors: {len(silent)} of {sum(value.answer.status is Status.AUTO for value in outcome.values)} values "
        f"read automatically (limit 0)"
    )
    for value in silent:
        answer = value.answer
        print(
            f"  {value.form} {answer.column}: read {answer.value!r} p={answer.confidence:.5f}, truth "
            f"{value.expected!r} unclear={value.unclear}"
        )
    print("\nkind         values   auto  best candidate right")
    for kind in sorted({value.answer.kind for value in outcome.values}):
        of_kind = [value for value in outcome.values if value.answer.kind is kind]
        auto = sum(value.answer.status is Status.AUTO for value in of_kind) / len(of_kind)
        print(
            f"{kind.value:12} {len(of_kind):6} {auto:6.1%} {sum(value.right for value in of_kind) / len(of_kind):8.2%}"
        )
    reasons = Counter(
        value.answer.problem or "low confidence" for value in outcome.values if value.answer.status is Status.REVIEW
    )
    print("\nto review because of: " + ", ".join(f"{slug} {count}" for slug, count in reasons.most_common()))
    print(f"expected calibration error of choices: {calibration_error(outcome.values):.4f}")


def calibration_error(values: tuple[Value, ...], bins: int = 10) -> float:
    """Expected calibration error over single and multiple choice, equal-count bins (Naeini et al. 2015, AAAI)."""
    pairs = sorted(
        (value.answer.confidence, value.right)
        for value in values
        if value.answer.kind.value in {"single", "multiple"} and not value.unclear
    )
    parts = [part for part in np.array_split(np.array(pairs, dtype=float), bins) if len(part)]
    return float(sum(abs(part[:, 0].mean() - part[:, 1].mean()) * len(part) for part in parts) / max(1, len(pairs)))


def main() -> int:
    """Run once and print; 1 when a page was lost or an error was silent."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--profile", default="office copier", choices=sorted(PROFILES))
    parser.add_argument("--template", default="begegnungsorte")
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="keep project and scans in this new folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        outcome = run(
            folder,
            template=chosen.template,
            profile=chosen.profile,
            pages=chosen.pages,
            seed=chosen.seed,
            jobs=chosen.jobs,
        )
    show(outcome, chosen.profile)
    lost = outcome.pages - sum(outcome.summary.pages.values())
    return 1 if lost or outcome.missing or any(value.silent for value in outcome.values) else 0


if __name__ == "__main__":
    sys.exit(main())
