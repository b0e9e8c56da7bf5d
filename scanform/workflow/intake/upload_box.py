"""The folder that receives browser uploads: one subfolder per set of files, whole files only, under names of our own.

A file is submitted once it lies in its folder and is listed beside it. A file being received is a part file locked by
its writer, so that the leftovers of a killed program can be told from the part file of a running one.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from scanform.model.problem import Problem
from scanform.scan.files.kinds import HEAD_BYTES, FileKind, kind_of
from scanform.store import submitted
from scanform.store.codec import from_plain, to_object
from scanform.store.records import Batch
from scanform.whole_files import write_text
from scanform.workflow.project.folders import UPLOADS
from scanform.workflow.project.moments import now, shown
from scanform.workflow.project.project import Project

ENDINGS = (".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png")
"""Accepted file extensions; the content is checked all the same."""
PHONE_ENDINGS = (".heic", ".heif", ".hif")
"""Extensions of phone image formats that nothing else reads: they are refused with a message of their own."""

GIB = 1 << 30
_BLOCK = 1 << 20
_LIST = "set.json"
_INCOMING = ".incoming"
_OWN_ENDINGS = {FileKind.PDF: ".pdf", FileKind.TIFF: ".tif", FileKind.JPEG: ".jpg", FileKind.PNG: ".png"}
_LONGEST_NAME = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLimits:
    """Upload limits: bytes of one file, bytes of all files waiting to be read, bytes that stay free on the disk.

    A stack of 300 sheets in colour at 300 dpi has about 0.5 GB. Each file is copied into the archive when it is read,
    so twice its size is needed. `idle_seconds` is how long a set waits for its next file before it is read.
    """

    file_bytes: int = 2 * GIB
    waiting_bytes: int = 8 * GIB
    spare_bytes: int = 1 * GIB
    idle_seconds: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxFile:
    """A whole file: its own name in the folder of its set, and its original name, which is shown and never used as a
    path.

    `pages` is None until they are counted; 0 means that it cannot be opened, and `problems` says why.
    """

    file: str
    name: str
    sha256: str
    size: int
    pages: int | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxSet:
    """Files submitted together by one person. `closed`: no more will come; `read`: ledger and archive have
    all of them.
    """

    id: str
    by: str
    at: str
    touched: float
    files: tuple[BoxFile, ...] = ()
    closed: bool = False
    read: bool = False

    @property
    def label(self) -> str:
        """The name of its batch: the original names of the first files."""
        first = ", ".join(file.name for file in self.files[:3])
        return first if len(self.files) <= 3 else f"{first} … ({len(self.files)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The outcome of an upload: "stored", "known" (its content is already here: in `batch`, or waiting in a set), or
    "refused" with the reason.
    """

    name: str
    result: str
    sha256: str = ""
    size: int = 0
    batch: Batch | None = None
    problem: Problem | None = None


class _RefusedError(Exception):
    def __init__(self, slug: str, **params: str) -> None:
        super().__init__(slug)
        self.problem = Problem(slug=slug, params=tuple(params.items()))


@dataclass(slots=True)
class _Received:
    """A file being written, and what is known of it so far."""

    size: int = 0
    head: bytes = b""
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)


class UploadBox:
    """The upload folder of one project. Thread-safe and safe across processes."""

    def __init__(self, project: Project, limits: BoxLimits = BoxLimits()) -> None:
        self._project = project
        self.limits = limits
        self.folder = project.folder / UPLOADS
        self._lock = threading.Lock()
        self._open: dict[tuple[str, str], str] = {}

    # --- receiving ---------------------------------------------------------------------------------------------------

    def receive(self, stream: BinaryIO, *, name: str, by: str, group: str, declared: int | None = None) -> Receipt:
        """Receive a file from `stream` in chunks. Files of one person with the same `group` belong to one set until it
        is closed.

        `declared` is the expected number of bytes. Nothing is kept of a file that is refused or incomplete.
        """
        name = _shown_name(name)
        try:
            self._admit(name, declared or 0)
            with self._part() as (path, part):
                received = self._write(stream, part, declared)
                return self._keep(path, received, name=name, by=by, group=group)
        except _RefusedError as refused:
            return Receipt(name=name, result="refused", problem=refused.problem)

    def close_group(self, by: str, group: str) -> None:
        """No more files come: the set can be read. Unknown groups are no error, as all their files may have been
        refused.
        """
        with self._exclusive():
            known = self._find(self._open.pop((by, group), ""))
            if known is not None:
                self._save(replace(known, closed=True))

    def _admit(self, name: str, size: int) -> None:
        """Raises when a file cannot be taken whatever its content."""
        ending = PurePosixPath(name).suffix.lower()
        if ending not in ENDINGS:
            raise _RefusedError("phone-picture" if ending in PHONE_ENDINGS else "upload-not-a-scan")
        if size > self.limits.file_bytes:
            raise _RefusedError("upload-too-large", limit=_mb(self.limits.file_bytes))
        waiting = sum(file.size for one in self.sets() if not one.read for file in one.files)
        if waiting + size > self.limits.waiting_bytes:
            raise _RefusedError("upload-quota", waiting=_mb(waiting), limit=_mb(self.limits.waiting_bytes))
        if shutil.disk_usage(self._project.folder).free < 2 * size + self.limits.spare_bytes:
            raise _RefusedError("upload-disk-full")

    def _write(self, stream: BinaryIO, part: BinaryIO, declared: int | None) -> _Received:
        """Copy the stream to the disk; raises when it is too long, too short, empty, or no scan."""
        received = _Received()
        try:
            while block := stream.read(_BLOCK):
                received.size += len(block)
                if received.size > self.limits.file_bytes:
                    raise _RefusedError("upload-too-large", limit=_mb(self.limits.file_bytes))
                if len(received.head) < HEAD_BYTES:
                    received.head += block[: HEAD_BYTES - len(received.head)]
                received.digest.update(block)
                part.write(block)
            part.flush()
            os.fsync(part.fileno())
        except OSError as error:
            raise _RefusedError("upload-disk-full") from error
        if declared is not None and received.size != declared:
            raise _RefusedError("upload-incomplete")
        if received.size == 0:
            raise _RefusedError("empty-file")
        kind = kind_of(received.head)
        if kind not in _OWN_ENDINGS:
            raise _RefusedError("phone-picture" if kind is FileKind.HEIF else "upload-not-a-scan")
        return received

    def _keep(self, part: Path, received: _Received, *, name: str, by: str, group: str) -> Receipt:
        """Put a whole file into its set, unless its content is already here."""
        sha256 = received.digest.hexdigest()
        with self._exclusive():
            with self._project.store.reading() as tx:
                batch = submitted.batch_with(tx, sha256)
            if batch is not None or any(
                file.sha256 == sha256 for one in self.sets() if not one.read for file in one.files
            ):
                return Receipt(name=name, result="known", sha256=sha256, size=received.size, batch=batch)
            into = self._set_of(by, group)
            own = f"{len(into.files) + 1:04d}{_OWN_ENDINGS[kind_of(received.head)]}"
            file = BoxFile(file=own, name=name, sha256=sha256, size=received.size)
            self._add(into, file, part)
        return Receipt(name=name, result="stored", sha256=sha256, size=received.size)

    def _add(self, into: BoxSet, file: BoxFile, part: Path) -> None:
        """List the file first, then move it into place: if killed in between, the list names a file that never arrived,
        which `sweep` finds; no unlisted file is left behind.
        """
        target = self.path(into, file)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._save(replace(into, files=(*into.files, file), touched=time.time()))
            part.replace(target)
        except OSError as error:
            raise _RefusedError("upload-disk-full") from error

    def _set_of(self, by: str, group: str) -> BoxSet:
        """The open set of a group, or a new one."""
        known = self._find(self._open.get((by, group), ""))
        if known is not None and not known.closed:
            return known
        new = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"
        self._open[by, group] = new
        return BoxSet(id=new, by=by, at=now(), touched=time.time())

    @contextlib.contextmanager
    def _part(self) -> Iterator[tuple[Path, BinaryIO]]:
        """A locked file to receive into; removed at the end unless it was moved into place."""
        folder = self.folder / _INCOMING
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{secrets.token_hex(8)}.part"
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                yield path, file
        finally:
            path.unlink(missing_ok=True)

    # --- sets and their processing ------------------------------------------------------------------------------------

    def sets(self) -> list[BoxSet]:
        """All sets, oldest first."""
        found = (self._find(path.parent.name) for path in sorted(self.folder.glob(f"*/{_LIST}")))
        return [one for one in found if one is not None]

    def ready(self, one: BoxSet) -> bool:
        """Whether a set can be read: it was closed, or nothing was added to it for a while."""
        return not one.read and (one.closed or time.time() - one.touched > self.limits.idle_seconds)

    def path(self, one: BoxSet, file: BoxFile) -> Path:
        """Where a file lies until it is read."""
        return self.folder / one.id / file.file

    def place(self, one: BoxSet, file: BoxFile) -> str:
        """The same path as the ledger writes it."""
        return shown(os.path.realpath(self.path(one, file)))

    def counted(self, number: str, file: str, *, pages: int, problems: tuple[Problem, ...]) -> None:
        """Record the page count of a file."""
        with self._exclusive():
            one = self._find(number)
            if one is not None:
                files = tuple(
                    replace(known, pages=pages, problems=problems) if known.file == file else known
                    for known in one.files
                )
                self._save(replace(one, files=files))

    def settle(self, number: str) -> None:
        """The archive has all files of a set: the copies here are deleted, the list stays for display."""
        with self._exclusive():
            one = self._find(number)
            if one is not None:
                self._save(replace(one, read=True, closed=True))
                for file in one.files:
                    self.path(one, file).unlink(missing_ok=True)

    def sweep(self, keep: int) -> None:
        """Clean up after a start: part files without a writer, entries of files that never arrived, and the lists of
        all but the newest `keep` sets.
        """
        for part in self.folder.glob(f"{_INCOMING}/*.part"):
            with contextlib.suppress(OSError), part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)
        with self._exclusive():
            sets = self.sets()
            for one in [one for one in sets if one.read][:-keep]:
                self._drop(one)
            for one in [one for one in sets if not one.read and one.id not in self._open.values()]:
                there = tuple(file for file in one.files if self.path(one, file).exists())
                if there:
                    self._save(replace(one, files=there, closed=True))
                else:
                    self._drop(one)

    def _drop(self, one: BoxSet) -> None:
        shutil.rmtree(self.folder / one.id, ignore_errors=True)

    def _find(self, number: str) -> BoxSet | None:
        if not number:
            return None
        try:
            return from_plain(BoxSet, json.loads((self.folder / number / _LIST).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None

    def _save(self, one: BoxSet) -> None:
        write_text(self.folder / one.id / _LIST, json.dumps(to_object(one), ensure_ascii=False), private=True)

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Exclusive among all threads and processes."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self._lock, (self.folder / ".lock").open("wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _shown_name(name: str) -> str:
    """The last component of a submitted name, without control characters, cut to a readable length."""
    last = name.replace("\\", "/").rpartition("/")[2]
    clean = "".join(character for character in last if character.isprintable()).strip() or "?"
    ending = PurePosixPath(clean).suffix
    return clean if len(clean) <= _LONGEST_NAME else f"{clean[: _LONGEST_NAME - len(ending) - 1]}…{ending}"


def _mb(size: int) -> str:
    """Bytes in whole megabytes."""
    return f"{size / 1_000_000:,.0f}".replace(",", "\u202f")
