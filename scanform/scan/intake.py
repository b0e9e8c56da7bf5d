"""Finding and inspecting files: which are scans, how many pages they have, what is wrong with them."""

import os
import stat
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from scanform.errors import InputError, of_place, words
from scanform.model.problem import Problem
from scanform.scan.files.errors import ScanError, problem
from scanform.scan.files.limits import Limits, deadline
from scanform.scan.files.source import sha256_of

_SYSTEM_FILES = frozenset(
    {
        "thumbs.db",
        "desktop.ini",
        "ehthumbs.db",
        "icon\r",
        "__macosx",
        "$recycle.bin",
        "system volume information",
        "lost+found",
    }
)
_HIDDEN_SYSTEM_FILES = frozenset(
    {".ds_store", ".localized", ".directory", ".nomedia", ".fseventsd", ".git", ".stfolder"}
)
_HIDDEN_SYSTEM = ("._", ".trash", ".spotlight-", ".fuse_hidden", ".nfs", ".apdisk", "@eadir")
"""What operating systems and file servers leave in folders: copies of attributes, previews, trash folders."""
_MOST_COUNTED = 100_000
_UNFINISHED = (".part", ".tmp", ".temp", ".crdownload", ".partial", ".download", ".filepart")
_CLOCK_SLACK_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file to read, or, with a `problem`, something that will not be opened. `path` is as submitted, plus the part
    found below.
    """

    path: str
    problem: Problem | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PassedOver:
    """Something in a folder that was not opened because of its name: a file, or a folder with `files` files. `problem`
    says why.
    """

    path: str
    problem: Problem
    files: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The contents of the submitted paths, each sorted: files to read, and what was passed over."""

    files: tuple[FoundFile, ...]
    passed_over: tuple[PassedOver, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """The result of inspecting a file. `pages` == 0 means refused, and `problems` says why; with pages, `problems` are
    remarks about the whole file.
    """

    path: str
    sha256: str
    size: int
    kind: str
    pages: int
    problems: tuple[Problem, ...] = ()


def find_files(paths: Sequence[Path]) -> tuple[FoundFile, ...]:
    """All files to read under `paths`, as `search` finds them."""
    return search(paths).files


def search(paths: Sequence[Path]) -> Search:
    """All files under `paths`, sorted, each once.

    Folders are searched recursively; hidden files and folders, those of operating systems and office programs, and
    unfinished downloads are passed over and reported. Links, FIFOs, sockets and devices are never opened but returned
    with a problem; a link to a folder is followed only if it was submitted itself.
    """
    found: dict[str, FoundFile] = {}
    passed: dict[str, PassedOver] = {}
    for path in paths:
        for entry in _explore(os.fspath(path)):
            place = os.path.abspath(entry.path)  # noqa: PTH100 - Path would normalise the submitted path
            if isinstance(entry, FoundFile):
                found.setdefault(place, entry)
            else:
                passed.setdefault(place, entry)
    return Search(
        files=tuple(sorted(found.values(), key=lambda entry: os.fsencode(entry.path))),
        passed_over=tuple(
            sorted((passed[place] for place in passed.keys() - found.keys()), key=lambda entry: os.fsencode(entry.path))
        ),
    )


def is_settled(path: str | Path, settle_s: float) -> bool:
    """Whether the file has not been written for `settle_s` seconds (False if it is gone).

    The change time of the inode counts, because copying programs reset the modification time while they still write.
    If the clock of a file server is ahead, two observations of the file are compared instead.
    """
    try:
        before = os.lstat(path)
        age = time.time() - before.st_ctime
        if age >= settle_s:
            return True
        if age >= -_CLOCK_SLACK_S:
            return False
        time.sleep(settle_s)
        after = os.lstat(path)
    except OSError:
        return False
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def hash_file(path: str | Path) -> str:
    """Hex SHA-256 of a regular file, read piecewise; raises InputError for anything else."""
    try:
        return sha256_of(os.fspath(path))
    except ScanError as trouble:
        raise InputError(
            of_place(repr(os.fspath(path)), trouble.problem()),
            remedy=words(f"remedy.{trouble.slug}"),
            slug=trouble.slug,
        ) from trouble


def inspect_file(path: str, limits: Limits) -> FileInfo:
    """Opens, hashes and counts the pages of one file; bad files become problems, never exceptions."""
    from scanform.scan.inspect import inspect

    try:
        with deadline(limits.file_seconds), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            seen = inspect(path, limits)
    except ScanError as trouble:
        return FileInfo(path=path, sha256="", size=0, kind="unknown", pages=0, problems=(trouble.problem(),))
    return FileInfo(
        path=path, sha256=seen.sha256, size=seen.size, kind=seen.kind.value, pages=seen.pages, problems=seen.problems
    )


def _explore(path: str) -> Iterator[FoundFile | PassedOver]:
    """Resolves `path`, submitted by a person."""
    try:
        # names may hold surrogates
        info = os.stat(path) if os.path.isdir(path) else os.lstat(path)  # noqa: PTH112, PTH116
    except (FileNotFoundError, NotADirectoryError, ValueError):
        yield FoundFile(path=path, problem=problem("vanished"))
        return
    except OSError:
        yield FoundFile(path=path, problem=problem("no-permission"))
        return
    if stat.S_ISDIR(info.st_mode):
        yield from _walk(path)
    else:
        yield _judge(path, info.st_mode)


def _walk(folder: str) -> Iterator[FoundFile | PassedOver]:
    folders = [folder]
    while folders:
        current = folders.pop()
        try:
            with os.scandir(current) as entries:
                listed = sorted(entries, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            slug = "no-permission" if isinstance(error, PermissionError) else "vanished"
            yield FoundFile(path=current, problem=problem(slug))
            continue
        for entry in listed:
            reason = _passed_over(entry.name)
            if reason:
                yield PassedOver(path=entry.path, problem=problem(reason), files=_files_in(entry))
            elif entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
            else:
                yield _judge_entry(entry)


def _judge_entry(entry: "os.DirEntry[str]") -> FoundFile:
    try:
        return _judge(entry.path, entry.stat(follow_symlinks=False).st_mode)
    except OSError:
        return FoundFile(path=entry.path, problem=problem("vanished"))


def _judge(path: str, mode: int) -> FoundFile:
    if stat.S_ISLNK(mode):
        return FoundFile(path=path, problem=problem("symlink"))
    return FoundFile(path=path, problem=None if stat.S_ISREG(mode) else problem("special-file"))


def _passed_over(name: str) -> str:
    """Why something with this name is not opened, as the slug of a problem; "" if it is."""
    lower = name.lower()
    if lower in _SYSTEM_FILES or lower in _HIDDEN_SYSTEM_FILES or lower.startswith(_HIDDEN_SYSTEM):
        return "passed-system"
    if lower.startswith(("~$", "~lock", ".~lock")):
        return "passed-lock"
    if lower.endswith(_UNFINISHED):
        return "passed-unfinished"
    return "passed-hidden" if lower.startswith(".") else ""


def _files_in(entry: "os.DirEntry[str]") -> int:
    """The number of files: 1, or those in a folder and below, as far as they can be counted."""
    if not entry.is_dir(follow_symlinks=False):
        return 1
    count = 0
    for _, _, files in os.walk(entry.path):
        count += len(files)
        if count >= _MOST_COUNTED:
            break
    return count
