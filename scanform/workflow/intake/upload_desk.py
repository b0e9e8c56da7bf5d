"""The upload service: it counts the pages of uploaded scans, reads one set after another in the background, and reports
progress.

The upload folder alone says what waits, so a killed program continues at its next start. Of several programs that serve
one project, only the holder of the lock reads.
"""

import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import BinaryIO

from scanform.errors import ScanformError
from scanform.i18n.texts import problem_text, remedy_text
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.store.submitted import Whereabouts, whereabouts
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.intake.register_file import FileJob, look_at_file
from scanform.workflow.intake.upload_box import BoxFile, BoxLimits, BoxSet, Receipt, UploadBox
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.progress import Advance, ShowProgress
from scanform.workflow.project.project import Project
from scanform.workflow.reading.executors import Died, Standby, Workers, processes

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.5
"""How often the folder is checked; a new file wakes the service at once."""

AGAIN_AFTER_S = 60.0
"""How long until a set that failed is tried again."""

KEPT_LISTS = 100
"""Number of read sets still shown."""

CLOSING_S = 20.0
AS_DELIVERED = BoxLimits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Number of pages of a set with this fate (its name) in this batch."""

    batch: int
    fate: str
    pages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLine:
    """A file of a set: `pages` is None until they are counted; what is wrong and what helps, in words."""

    name: str
    sha256: str
    pages: int | None
    remarks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A set of files: `state` is "arriving", "waiting", "reading" (`done` of `total` pages), "read" (with the fates of
    its pages), or "stuck".
    """

    id: str
    by: str
    at: str
    state: str
    files: tuple[FileLine, ...]
    done: int = 0
    total: int = 0
    gone: tuple[Gone, ...] = ()


class _StopError(Exception):
    """The program ends: the set being read is left for its next start."""


class UploadDesk:
    """Receives files and reads them. Nothing is read before `start`. Thread-safe."""

    def __init__(
        self, project: Project, limits: BoxLimits = AS_DELIVERED, workers: Callable[[], Workers] | None = None
    ) -> None:
        self._project = project
        self._limits = limits_of(project)
        self._workers = workers or (lambda: processes(project.config.reading.jobs, self._limits))
        self._counter = Standby(self._limits)
        self._stop = threading.Event()
        self._news = {name: threading.Event() for name in ("count", "read")}
        self._threads: list[threading.Thread] = []
        self._now = ("", 0, 0)
        self._again: dict[str, float] = {}
        self.box = UploadBox(project, limits)

    # --- for the screen ----------------------------------------------------------------------------------------------

    def receive(self, stream: BinaryIO, *, name: str, by: str, group: str, declared: int | None = None) -> Receipt:
        """Receive a file; see `UploadBox.receive`."""
        receipt = self.box.receive(stream, name=name, by=by, group=group, declared=declared)
        self._wake()
        return receipt

    def close_group(self, by: str, group: str) -> None:
        """No more files come in this group."""
        self.box.close_group(by, group)
        self._wake()

    def jobs(self, *, language: str) -> list[Job]:
        """All sets, newest first."""
        sets = self.box.sets()
        with self._project.store.reading() as tx:
            found = whereabouts(tx, (file.sha256 for one in sets if one.read for file in one.files))
        return [self._job(one, found, language) for one in reversed(sets) if one.files]

    def _job(self, one: BoxSet, found: Sequence[Whereabouts], language: str) -> Job:
        current, done, total = self._now
        state = "waiting" if self.box.ready(one) else "arriving"
        if one.read:
            state = "read"
        elif current == one.id:
            state = "reading"
        elif one.id in self._again:
            state = "stuck"
        files = tuple(_file_line(file, language) for file in one.files)
        counted = (done, total) if state == "reading" else (0, sum(file.pages or 0 for file in one.files))
        return Job(
            id=one.id,
            by=one.by,
            at=one.at,
            state=state,
            files=files,
            done=counted[0],
            total=counted[1],
            gone=_gone(one, found) if one.read else (),
        )

    # --- in the background -------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the threads that count and read."""
        self._stop.clear()
        self._threads = [threading.Thread(target=self._work, name="upload-desk", daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """End the threads; the set being read is left for the next start."""
        self._stop.set()
        self._wake()
        for thread in self._threads:
            if thread.is_alive():  # an interrupt may come before it was started
                thread.join(CLOSING_S)
        self._counter.close()

    def _wake(self) -> None:
        for event in self._news.values():
            event.set()

    def _work(self) -> None:
        """Wait for the lock of the folder, then count and read until the end."""
        self.box.folder.mkdir(parents=True, exist_ok=True)
        with (self.box.folder / ".reading").open("wb") as file:
            while not self._stop.is_set():
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except OSError:
                    self._stop.wait(LOOK_EVERY_S)
            else:
                return
            self.box.sweep(KEPT_LISTS)
            counting = threading.Thread(
                target=self._loop, args=("count", self._count_next), name="upload-counter", daemon=True
            )
            counting.start()
            self._loop("read", self._read_next)
            counting.join()

    def _loop(self, name: str, act: Callable[[], bool]) -> None:
        """Work until the end; a failure is logged and followed by a pause."""
        while not self._stop.is_set():
            self._news[name].clear()
            try:
                if act():
                    continue
            except Exception as error:  # whatever happens, the service goes on: waiting sets are on the disk
                log.exception("handing in: %s", type(error).__name__)
            self._news[name].wait(LOOK_EVERY_S)

    def _count_next(self) -> bool:
        """Count the pages of one file; False when none is left."""
        for one in self.box.sets():
            file = next(
                (
                    file
                    for file in one.files
                    if file.pages is None and not one.read and self.box.path(one, file).exists()
                ),
                None,
            )
            if file is not None:
                pages, problems = self._counted(str(self.box.path(one, file)))
                self.box.counted(one.id, file.file, pages=pages, problems=problems)
                self._news["read"].set()
                return True
        return False

    def _counted(self, path: str) -> tuple[int, tuple[Problem, ...]]:
        """The page count of a file and its problems; a file that kills the inspecting process has none."""
        info = self._counter.run(look_at_file, FileJob(path=path, archive="", limits=self._limits))
        if isinstance(info, Died):
            return 0, (
                Problem(
                    slug="too-slow" if info.seconds >= self._limits.file_seconds else "crashed",
                    params=(("seconds", f"{info.seconds:.0f}"),),
                ),
            )
        return info.pages, info.problems

    def _read_next(self) -> bool:
        """Read the oldest complete set; False when there is none."""
        due = time.monotonic()
        ready = (
            one for one in self.box.sets() if self.box.ready(one) and all(file.pages is not None for file in one.files)
        )
        one = next((one for one in ready if self._again.get(one.id, 0.0) <= due), None)
        if one is None:
            return False
        self._now = (one.id, 0, 0)
        try:
            self._read(one)
        except _StopError:
            log.info("reading of %s is left for the next start", one.id)
        except ScanformError as error:
            log.warning("set %s could not be read: %s", one.id, error.slug)
            self._again[one.id] = time.monotonic() + AGAIN_AFTER_S
        except Exception:
            self._again[one.id] = time.monotonic() + AGAIN_AFTER_S
            raise
        finally:
            self._now = ("", 0, 0)
        return True

    def _read(self, one: BoxSet) -> None:
        """Read a set as one batch; it is settled once ledger and archive have all of it, whichever program read it."""
        there = [file for file in one.files if self.box.path(one, file).exists()]
        names = {self.box.place(one, file): file.name for file in there}
        if there:
            paths = [self.box.path(one, file) for file in there]
            read_batch(
                self._project, paths, self._workers(), progress=self._progress(one), label=one.label, names=names
            )
        with self._project.store.reading() as tx:
            found = [gone for file in one.files for gone in _of_file(one, file, whereabouts(tx, [file.sha256]))]
        kept = {
            (gone.sha256, gone.location)
            for gone in found
            if gone.archived and (self._project.archive / gone.archived).is_file()
        }
        if len(kept) >= len({file.sha256 for file in there}):
            self._again.pop(one.id, None)
            self.box.settle(one.id)
        else:
            self._again[one.id] = time.monotonic() + AGAIN_AFTER_S

    def _progress(self, one: BoxSet) -> ShowProgress:
        """Shows the reading progress of a set, and stops it when the program ends."""
        opened = 0

        def bar(_: str, total: int) -> AbstractContextManager[Advance]:
            nonlocal opened
            opened += 1
            return self._bar(one.id, total if opened > 1 else 0)  # files are inspected first, then the pages are read

        return bar

    @contextmanager
    def _bar(self, number: str, total: int) -> Iterator[Advance]:
        done = 0

        def advance(step: int) -> None:
            nonlocal done
            if self._stop.is_set():
                raise _StopError
            done += step
            self._now = (number, min(done, total), total)

        advance(0)
        yield advance


def _file_line(file: BoxFile, language: str) -> FileLine:
    remarks = tuple((problem_text(problem, language), remedy_text(problem.slug, language)) for problem in file.problems)
    return FileLine(name=file.name, sha256=file.sha256, pages=file.pages, remarks=remarks)


def _of_file(one: BoxSet, file: BoxFile, found: Sequence[Whereabouts]) -> list[Whereabouts]:
    """The outcome for pages of this file, not of the same content from elsewhere; the project folder may have moved
    since.
    """
    return [gone for gone in found if gone.sha256 == file.sha256 and gone.location.endswith(f"/{one.id}/{file.file}")]


def _gone(one: BoxSet, found: Sequence[Whereabouts]) -> tuple[Gone, ...]:
    """The pages of a set by batch and fate, in fate order."""
    order = [*Fate, None]
    counts: dict[tuple[int, Fate | None], int] = {}
    for file in one.files:
        for gone in _of_file(one, file, found):
            counts[gone.batch_id, gone.fate] = counts.get((gone.batch_id, gone.fate), 0) + gone.pages
    ordered = sorted(counts.items(), key=lambda entry: (entry[0][0], order.index(entry[0][1])))
    return tuple(
        Gone(batch=batch, fate=fate.value if fate else WAITING, pages=pages) for (batch, fate), pages in ordered
    )


WAITING = "waiting"
"""Stands for pages without a fate among the names of fates."""
