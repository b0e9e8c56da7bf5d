"""Opening a submitted file: regular files only, read once, hashed, never altered."""

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import BinaryIO

from scanform.scan.files.errors import ScanError
from scanform.scan.files.kinds import HEAD_BYTES, FileKind, kind_of
from scanform.scan.files.limits import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The file system's metadata of a file; the same stamp means the same content as far as a process can tell without
    reading.
    """

    path: str
    device: int
    inode: int
    size: int
    mtime_ns: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ScanFile:
    """A file whose content has been hashed (hex SHA-256). `data` is exactly that content if it fits into memory, else
    None.
    """

    stamp: Stamp
    sha256: str
    kind: FileKind
    data: bytes | None

    def stream(self) -> BinaryIO:
        """The content as an independent seekable stream; raises ScanError `changed` or `vanished`."""
        if self.data is not None:
            return io.BytesIO(self.data)
        file, stamp = _open(self.stamp.path)
        if stamp != self.stamp:
            file.close()
            raise ScanError("changed")
        return file


def scan_file(path: str, limits: Limits) -> ScanFile:
    """The file at `path`, opened and hashed; the last one stays open in this process, so that its pages need no second
    hash.

    Raises ScanError: `vanished`, `symlink`, `special-file`, `no-permission`, `empty-file`, `changed`, `damaged-file`.
    """
    return _read(look(path), limits.cached_bytes)


def look(path: str) -> Stamp:
    """The stamp of the regular file at `path`, without opening it; raises ScanError for anything else."""
    with _file_errors():
        info = os.lstat(path)
    if stat.S_ISLNK(info.st_mode):
        raise ScanError("symlink")
    if not stat.S_ISREG(info.st_mode):
        raise ScanError("special-file")
    return _stamp(path, info)


def sha256_of(path: str) -> str:
    """Hex SHA-256 of the content of the regular file at `path`, read piecewise; raises ScanError."""
    file, before = _open(path)
    with file, _file_errors():
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        if _stamp(path, os.fstat(file.fileno())) != before:
            raise ScanError("changed")
    return digest


@lru_cache(maxsize=1)
def _read(stamp: Stamp, cached_bytes: int) -> ScanFile:
    if stamp.size == 0:
        raise ScanError("empty-file")
    file, opened = _open(stamp.path)
    with file, _file_errors():
        if opened != stamp:
            raise ScanError("changed")
        if stamp.size <= cached_bytes:
            data = file.read(cached_bytes + 1)
            head, digest = data[:HEAD_BYTES], hashlib.sha256(data).hexdigest()
        else:
            data, head = None, file.read(HEAD_BYTES)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if _stamp(stamp.path, os.fstat(file.fileno())) != stamp:
            raise ScanError("changed")
    return ScanFile(stamp=stamp, sha256=digest, kind=kind_of(head), data=data)


def _open(path: str) -> tuple[io.BufferedReader, Stamp]:
    """Opens `path` for reading without following a link or waiting for a FIFO; returns it with its stamp."""
    with _file_errors():
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
        info = os.fstat(file.fileno())
    if not stat.S_ISREG(info.st_mode):
        file.close()
        raise ScanError("special-file")
    return file, _stamp(path, info)


def _stamp(path: str, info: os.stat_result) -> Stamp:
    return Stamp(path=path, device=info.st_dev, inode=info.st_ino, size=info.st_size, mtime_ns=info.st_mtime_ns)


@contextmanager
def _file_errors() -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ScanError("vanished") from error
    except PermissionError as error:
        raise ScanError("no-permission") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a NUL
        raise ScanError(
            "damaged-file", detail=f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
        ) from error
