"""One file, in a worker: inspect it, archive a copy, and do the same with its embedded files. Nothing here writes to
the store.
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
"""Separates the name of a PDF from that of an embedded file."""
NOT_READ = "attachment-not-read"
"""The problem of an embedded file that cannot be unpacked; it still gets a line in the ledger."""
NO_SCAN = "attachment-no-scan"
"""The remark on a PDF with an embedded file that is text and not a scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileJob:
    """A file to inspect and copy into the archive."""

    path: str
    archive: str
    limits: Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """An inspected file; `archived` is its place in the archive, "" when there is nothing to keep.

    `attached` are its embedded files, each under the name it has there.
    """

    info: FileInfo
    archived: str
    attached: tuple["Intake", ...] = ()


def look_at_file(job: FileJob) -> FileInfo:
    """Hash, kind and pages of a file; nothing is kept."""
    return inspect_file(job.path, job.limits)


def register_file(job: FileJob) -> Intake:
    """Inspect a file (hash, kind, pages) and its embedded files, and keep a copy of each in the archive."""
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
    """The file with its embedded files; text is only named."""
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
    """The embedded files; a PDF that opened a moment ago but now fails to yield them gets one unreadable entry."""
    if intake.info.kind != "pdf" or not intake.info.pages:
        return
    try:
        yield from attachments(str(Path(job.archive) / intake.archived), job.limits)
    except (ScanError, RuntimeError, ValueError, TypeError, KeyError, RecursionError):
        yield Attachment(name="?", content=None)


def _taken(attachment: Attachment, job: FileJob, *, depth: int) -> Intake:
    """An embedded file, archived and inspected like any other."""
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
