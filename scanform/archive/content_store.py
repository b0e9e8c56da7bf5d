"""Copies of the originals, named by content: inputs are never altered, and what was read can always be shown."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from scanform.whole_files import sync_folder

_BLOCK = 1 << 20
_SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png"})


def archive_name(sha256: str, path: Path) -> str:
    """The path of content with this hash, relative to the archive; a common file extension is kept."""
    suffix = path.suffix.lower()
    return f"{sha256[:2]}/{sha256}{suffix if suffix in _SUFFIXES else ''}"


def archive_file(path: Path, sha256: str, archive: Path) -> str:
    """Copy a file into the archive unless its content is there; returns its name there, "" when the file has changed or
    vanished meanwhile.
    """
    try:
        return _kept(path, sha256, archive, lambda file: _copy(path, file))
    except FileNotFoundError:
        return ""


def archive_content(content: bytes, name: str, archive: Path) -> tuple[str, str]:
    """Store an embedded file; returns its hash and its name in the archive."""
    sha256 = hashlib.sha256(content).hexdigest()

    def write(file: BinaryIO) -> str:
        file.write(content)
        return sha256

    return sha256, _kept(Path(name), sha256, archive, write)


def _kept(path: Path, sha256: str, archive: Path, write: Callable[[BinaryIO], str]) -> str:
    """The name in the archive of content with this hash, which `write` writes and hashes if it is missing; "" when the
    hash differs.
    """
    known = sorted((archive / sha256[:2]).glob(f"{sha256}*"))
    if known and _is_sound(known[0], sha256):
        return known[0].relative_to(archive).as_posix()
    target = known[0] if known else archive / archive_name(sha256, path)  # an altered file is restored
    if not target.parent.is_dir():
        target.parent.mkdir(parents=True, exist_ok=True)
        sync_folder(archive)
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=target.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            written = write(file)
            file.flush()
            os.fsync(file.fileno())
        if written != sha256:
            return ""
        temporary.replace(target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)
    return target.relative_to(archive).as_posix()


def _is_sound(path: Path, sha256: str) -> bool:
    """Whether a file of the archive still has the content its name says."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _copy(path: Path, target: BinaryIO) -> str:
    """Copy the content to an open file; returns its hash."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while block := source.read(_BLOCK):
            digest.update(block)
            target.write(block)
    return digest.hexdigest()
