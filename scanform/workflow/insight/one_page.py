"""Reads one page of a file by itself: nothing is recorded, and nothing known about the page is used."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import InputError, of_place, remedies, words
from scanform.model.page import Fate, Identity, PageRef
from scanform.model.problem import Problem
from scanform.model.reading import PageReading
from scanform.page_result import PageResult
from scanform.scan.intake import inspect_file
from scanform.workflow.project.moments import limits_of, shown
from scanform.workflow.project.project import Project
from scanform.workflow.reading.edition import FolderSource
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRead:
    """The content of one page, read by itself.

    `fate` is the fate of the page without any other page: read, review, unknown-form, blank, damaged or error.
    `reading` is None where the page could not be read; `problems` then say why. `sheets` counts the sheets in the
    image: 1, or more where several lie side by side; `ref.part` then tells which of them this is.
    """

    ref: PageRef
    fate: Fate
    identity: Identity | None
    reading: PageReading | None
    problems: tuple[Problem, ...]
    sheets: int = 1


def read_one_page(project: Project, path: Path, *, page: int, sheet: int | None) -> PageRead:
    """Read the page `page` (from 1) of the file `path`; raises InputError when there is no such page or sheet."""
    ref = page_ref(project, path, page - 1)
    sheets = read_sheets(project, path, ref)
    found = one_sheet(sheets, path, page - 1, sheet)
    return PageRead(
        ref=found.ref,
        fate=found.outcome,
        identity=found.identity,
        reading=found.reading,
        problems=found.problems,
        sheets=len(sheets),
    )


def page_ref(project: Project, path: Path, index: int) -> PageRef:
    """The page by content, if file and page (0-based) exist; raises InputError that says what is missing."""
    if not path.is_file():
        slug = "folder" if path.is_dir() else "no_file"
        raise InputError(words(f"explain.{slug}", file=shown(path)), remedy=words(f"explain.{slug}_remedy"))
    info = inspect_file(str(path), limits_of(project))
    if not info.pages:
        raise InputError(
            of_place(shown(path), info.problems), remedy=remedies(problem.slug for problem in info.problems)
        )
    if not 0 <= index < info.pages:
        raise InputError(
            words("explain.no_page", file=shown(path), page=index + 1, pages=info.pages),
            remedy=words("explain.no_page_remedy", pages=info.pages),
        )
    return PageRef(sha256=info.sha256, path=shown(path), index=index)


def read_sheets(project: Project, path: Path, ref: PageRef) -> tuple[PageResult, ...]:
    """The content of the page: one result, or one for each sheet where its image shows several."""
    job = PageJob(
        ref=ref,
        file=str(path),
        editions=FolderSource(folder=str(project.folder)),
        digests=tuple(sorted(project.layouts)),
        limits=limits_of(project),
    )
    found = read_page(job)
    return found.sheets or (found,)


def one_sheet(sheets: Sequence[PageResult], path: Path, index: int, number: int | None) -> PageResult:
    """The sheet with this 1-based number, the first when none is named; raises InputError when there is none."""
    found = {sheet.ref.part: sheet for sheet in sheets}
    wanted = number or min(found)
    if wanted not in found:
        message = words("explain.no_sheet", file=shown(path), page=index + 1, sheets=len(sheets), sheet=wanted)
        raise InputError(message, remedy=words("explain.no_sheet_remedy", page=index + 1))
    return found[wanted]
