"""A folder with crops of handwriting and what people said they show: manifest.json, one picture for each cell and each line.

Handwriting is personal data: every entry says until when it may be kept; `purge` deletes what is older, and any picture that no entry names.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from scanform.errors import InputError, words
from scanform.imaging.page_image import Gray
from scanform.model.questionnaire import Alphabet, DataClass
from scanform.recognize.writing.readers import Cell
from scanform.store.codec import from_plain, to_plain
from scanform.whole_files import write_text

FORMAT = "scanform-crops/1"
MANIFEST = "manifest.json"
PICTURES = "pictures"

_PICTURE = re.compile(r"[a-z0-9_-]{1,80}\.png")


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCrop:
    """The ink of one cell as its reader saw it: picture, place in its row (from 0), size and place of the ink (`readers.Cell`), and what it shows."""

    file: str
    place: int
    height: float
    width: float
    x: float
    y: float
    truth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where crops come from: form (a pseudonym), question, its data class, when a person settled the value (ISO 8601), the last day they may be kept."""

    form: str
    questionnaire: str
    question: str
    data_class: DataClass
    confirmed_at: str
    keep_until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCrops:
    """The cells of one row whose characters are known."""

    source: Source
    alphabet: Alphabet
    cells: tuple[CellCrop, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrops:
    """The lines of one handwriting zone, top to bottom, and the text that a person confirmed."""

    source: Source
    files: tuple[str, ...]
    truth: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """What was settled by a person and still is not here, and how often: fields, or cells for `character`."""

    reason: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What lies in the folder. `project` tells the exports of one project from those of others; `consent` says on what the export rests."""

    format: str
    project: str
    made_at: str
    consent: str
    keep_days: int
    rows: tuple[RowCrops, ...] = ()
    lines: tuple[LineCrops, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    def pictures(self) -> Iterator[str]:
        """The names of all pictures."""
        for row in self.rows:
            yield from (cell.file for cell in row.cells)
        for lines in self.lines:
            yield from lines.files


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a folder; raises InputError when there is none, or not one of this format."""
    path = folder / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("format") != FORMAT:
            raise ValueError(FORMAT)
        found = from_plain(Manifest, data)
        wrong = next((name for name in found.pictures() if not _PICTURE.fullmatch(name)), None)
        if wrong is not None:
            raise ValueError(repr(wrong))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(words("train.no_crops", folder=str(folder)), remedy=words("train.no_crops_remedy")) from error
    return found


def start_folder(folder: Path, project: str) -> None:
    """Make the folder, readable for its owner only, or see that it holds an earlier export of the same project; raises InputError for anything else."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / MANIFEST).exists():
        if read_manifest(folder).project != project:
            raise InputError(words("train.other_project", folder=str(folder)), remedy=words("train.other_folder_remedy"))
    elif any(path.name != PICTURES for path in folder.iterdir()):
        raise InputError(words("train.not_empty", folder=str(folder)), remedy=words("train.other_folder_remedy"))
    (folder / PICTURES).mkdir(exist_ok=True, mode=0o700)


def write_picture(folder: Path, name: str, gray: Gray) -> None:
    """Keep a picture, without loss. There are thousands of them, so they are not synced one by one: one that a power cut takes is missed by its readers."""
    done, data = cv2.imencode(".png", gray)
    if not done:
        raise ValueError(f"{name}: no picture")
    (folder / PICTURES / name).write_bytes(data.tobytes())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Say what the folder holds, then delete every picture that is not said."""
    write_text(folder / MANIFEST, json.dumps(to_plain(manifest), ensure_ascii=False, indent=1) + "\n")
    _sweep(folder, manifest)


def _sweep(folder: Path, manifest: Manifest) -> None:
    named = set(manifest.pictures())
    (folder / PICTURES).mkdir(exist_ok=True, mode=0o700)
    with os.scandir(folder / PICTURES) as entries:
        for entry in entries:
            if entry.name not in named:
                Path(entry.path).unlink()


def purge(folder: Path, today: str) -> tuple[Manifest, int]:
    """Delete what may no longer be kept on the day `today` (ISO), and pictures that nothing names; the manifest of what is left, and how many entries went."""
    before = read_manifest(folder)
    left = replace(
        before,
        rows=tuple(row for row in before.rows if row.source.keep_until >= today),
        lines=tuple(lines for lines in before.lines if lines.source.keep_until >= today),
    )
    gone = len(before.rows) + len(before.lines) - len(left.rows) - len(left.lines)
    if gone:
        write_manifest(folder, left)
    else:
        _sweep(folder, left)
    return left, gone


def cells_of(folder: Path, row: RowCrops) -> list[Cell]:
    """The cells of a row as the reader saw them; raises InputError for a picture that is missing or none."""
    return [Cell(gray=_picture(folder, cell.file), height=cell.height, width=cell.width, x=cell.x, y=cell.y) for cell in row.cells]


def _picture(folder: Path, name: str) -> Gray:
    path = folder / PICTURES / name
    found = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE) if path.is_file() and path.stat().st_size else None
    if found is None:
        raise InputError(words("train.no_picture", file=str(path)), remedy=words("train.no_picture_remedy"))
    return np.asarray(found, dtype=np.uint8)
