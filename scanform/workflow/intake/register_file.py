"""One file, in a worker: look at it, keep a copy in the archive, and do the same with the files inside it. Nothing
here writes to the store.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from scanform.archive.content_store import archive_content, archive_file
from scanform.model.problem import Problem
from scanform.scan.files.errors import ScanError, problem
from scanform.scan.files.limits import Limits, deadline
from scanform.scan.intake import FileInfo, inspect_file
from scanform.scan.pdf.attachments import Attachment, attachments

WITHIN = " » "
"""Between the name of a PDF and that of a file inside it."""
NOT_READ = "attachment-not-read"
"""The problem of a file inside a PDF that cannot be unpacked: it has a line in the ledger all the same."""
NO_SCAN = "attachment-no-scan"
"""The remark on a PDF that there is a file inside that is text and no scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """A file to look at and to copy into the archive."""

    path: str
    archive: str
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A file that was looked at; `archived` is its place in the archive, "" when there is nothing to keep.

    `attached` are the files inside it, each by the name that it has there.
    """

    info: FileInfo
    archived: str
    attached: tuple["Intake", ...] = ()


def look_at_file(job: FileJob) -> FileInfo:
    """Hash, kind and pages of a file; nothing is kept."""
    return inspect_file(job.path, job.limits)


def register_file(job: FileJob) -> Intake:
    """Look at a file (hash, kind, pages) and the files inside it, and keep a copy of each in the archive."""
    info = inspect_file(job.path, job.limits)
    if not info.sha256:
        return Intake(info=info, archived="")
    with deadline(job.limits.file_seconds):
        archived = archive_file(Path(job.path), info.sha256, Path(job.archive))
    if not archived:
        return Intake(
            info=replace(info, sha256="", pages=0, problems=(*info.problems, Problem(slug="changed"))), archived=""
        )
    return _with_attached(Intake(info=info, archived=archived), job, depth=0)


def _with_attached(intake: Intake, job: FileJob, *, depth: int) -> Intake:
    """The file with those inside it; text is only named."""
    found: list[Intake] = []
    remarks: list[Problem] = []
    with deadline(job.limits.file_seconds):
        for attachment in _found(intake, job):
            if attachment.is_text:
                remarks.append(problem(NO_SCAN, name=attachment.name))
            else:
                found.append(_taken(attachment, job, depth=depth + 1))
    return replace(intake, info=replace(intake.info, problems=(*intake.info.problems, *remarks)), attached=tuple(found))


def _found(intake: Intake, job: FileJob) -> Iterator[Attachment]:
    """The files inside; a PDF that could be opened a moment ago and does not give them now has one that was not
    read.
    """
    if intake.info.kind != "pdf" or not intake.info.pages:
        return
    try:
        yield from attachments(str(Path(job.archive) / intake.archived), job.limits)
    except (ScanError, RuntimeError, ValueError, TypeError, KeyError, RecursionError):
        yield Attachment(name="?", content=None)


def _taken(attachment: Attachment, job: FileJob, *, depth: int) -> Intake:
    """A file that came inside another one, kept and looked at like any other."""
    if attachment.content is None or depth > job.limits.attachment_depth:
        refused = FileInfo(
            path=attachment.name, sha256="", size=0, kind="unknown", pages=0, problems=(problem(NOT_READ),)
        )
        return Intake(info=refused, archived="")
    if not attachment.content:
        return Intake(
            info=FileInfo(
                path=attachment.name, sha256="", size=0, kind="unknown", pages=0, problems=(problem("empty-file"),)
            ),
            archived="",
        )
    _, archived = archive_content(attachment.content, attachment.name, Path(job.archive))
    info = replace(inspect_file(str(Path(job.archive) / archived), job.limits), path=attachment.name)
    return _with_attached(Intake(info=info, archived=archived), job, depth=depth)
