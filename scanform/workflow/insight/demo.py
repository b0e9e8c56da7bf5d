"""Runs the whole workflow on the samples: the commands a person would type, and a check of the outcome against the
known truth.
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from scanform.errors import UsageError, words
from scanform.model.page import Fate
from scanform.model.response import Response, Status
from scanform.store import ledger
from scanform.workflow.project.project import Project
from scanform.workflow.project.shipped import shipped, template_path

MARKER = ".scanform-demo"
"""A file that marks a folder of the demo, so that nobody's work is mistaken for one."""

SEED, VISITOR_SEED, VISITORS = 7, 8, 3
"""The seeds the samples were printed with (tools/make_samples.py): the same seeds give the same identities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command: the key of its title, and its arguments."""

    title: str
    arguments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome compared with the truth: pages, those with another fate (file, page, expected, actual), values read
    automatically, and silent errors among them.
    """

    pages: int
    wrong_fates: tuple[tuple[str, int, str, str], ...]
    automatic: int
    silent_errors: tuple[tuple[str, str, str, str], ...]

    @property
    def good(self) -> bool:
        """Whether everything is as expected."""
        return not self.wrong_fates and not self.silent_errors


class _Page(TypedDict):
    page: int
    fate: str


class _Form(TypedDict):
    form_id: str
    copy: bool
    values: dict[str, str]
    unclear: list[str]


class _Expected(TypedDict):
    files: dict[str, list[_Page]]
    forms: list[_Form]


def find_samples() -> Path:
    """The folder of the samples; raises UsageError in an installation without them."""
    samples = shipped("samples")
    if not (samples / "expected.json").is_file():
        raise UsageError(words("demo.no_samples"), remedy=words("demo.no_samples_remedy"))
    return samples


def fresh(folder: Path) -> Path:
    """An empty folder for the demo; the files of an earlier demo are deleted. Raises UsageError for a folder that holds
    anything else.
    """
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise UsageError(words("demo.folder_in_use", folder=str(folder)), remedy=words("demo.folder_in_use_remedy"))
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()
    return folder


def steps(samples: Path, folder: Path) -> tuple[Step, ...]:
    """The commands of the demo, in order; paths as a person would type them."""
    samples, template = _near(samples), _near(template_path("visitor-feedback"))
    project = folder / "project"
    at = ("--project", str(project))
    return (
        Step(title="demo.init", arguments=("init", str(project), "--template", "begegnungsorte")),
        Step(title="demo.recipients", arguments=(*at, "recipients", "add", "--yes", str(samples / "places.csv"))),
        Step(title="demo.web", arguments=(*at, "serve-form", "--port", "0")),
        Step(title="demo.second", arguments=(*at, "add-questionnaire", str(template))),
        Step(
            title="demo.print",
            arguments=(
                *at,
                "print",
                "--questionnaire",
                "begegnungsorte",
                "--recipients",
                str(samples / "recipients.csv"),
                "--seed",
                str(SEED),
                "-o",
                str(folder / "begegnungsorte.pdf"),
            ),
        ),
        Step(
            title="demo.print_second",
            arguments=(
                *at,
                "print",
                "--questionnaire",
                "visitorfeedback",
                "--copies",
                str(VISITORS),
                "--seed",
                str(VISITOR_SEED),
                "-o",
                str(folder / "visitor-feedback.pdf"),
            ),
        ),
        Step(title="demo.ingest", arguments=(*at, "ingest", str(samples / "scans"))),
        Step(title="demo.again", arguments=(*at, "ingest", str(samples / "scans"))),
        Step(
            title="demo.import",
            arguments=(*at, "import-digital", "--yes", str(samples / "begegnungsorte-limesurvey.csv")),
        ),
        Step(title="demo.merge", arguments=(*at, "merge")),
        Step(title="demo.returns", arguments=(*at, "returns")),
        Step(title="demo.export", arguments=(*at, "export", str(folder / "data"))),
        Step(title="demo.report", arguments=(*at, "report", "-o", str(folder / "report.html"))),
        Step(title="demo.status", arguments=(*at, "status")),
    )


def _near(path: Path) -> Path:
    """`path` relative to the current folder where that is shorter."""
    return min(path, Path(os.path.relpath(path)), key=lambda shown: len(str(shown)))


def check(project: Project, samples: Path) -> Verdict:
    """Compare fates and values with samples/expected.json."""
    expected: _Expected = json.loads((samples / "expected.json").read_text(encoding="utf-8"))
    got = _fates(project)
    wanted = {
        (name, page["page"]): page["fate"].replace(" ", "-")
        for name, pages in expected["files"].items()
        for page in pages
    }
    wrong = [
        (*key, wanted.get(key, "-"), got.get(key, "-"))
        for key in sorted(wanted.keys() | got.keys())
        if wanted.get(key) != got.get(key)
    ]
    responses = {response.id: response for response in project.store.responses()}
    automatic, silent = 0, []
    for form in expected["forms"]:
        response = responses.get(form["form_id"] + (".2" if form["copy"] else ""))
        for column, value, truth in _automatic(response, form):
            automatic += 1
            if value != truth:
                silent.append((form["form_id"], column, value, truth))
    return Verdict(pages=len(got), wrong_fates=tuple(wrong), automatic=automatic, silent_errors=tuple(silent))


def _fates(project: Project) -> Mapping[tuple[str, int], str]:
    """Fate by file name and 1-based page."""
    with project.store.reading() as tx:
        pages = ledger.pages_with_fate(tx, Fate)
    return {(Path(page.ref.path).name, page.ref.index + 1): page.fate.value for page in pages if page.fate is not None}


def _automatic(response: Response | None, form: _Form) -> Iterator[tuple[str, str, str]]:
    """(column, value, truth) of the values accepted without review; where the truth is unknowable, no value
    is right.
    """
    for column, truth in form["values"].items():
        answer = next((answer for answer in response.answers if answer.column == column), None) if response else None
        if answer is not None and answer.status is Status.AUTO:
            yield column, answer.value, "?" if column in form["unclear"] else truth
