"""A folder with crops of handwriting and their confirmed content: manifest.json, one image for each cell and each line.

Handwriting is personal data: every entry has a retention date; `purge` deletes expired entries and any image that no
entry names.
"""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np

from scanform.errors import InputError, words
from scanform.imaging.page_image import Gray
from scanform.model.constraint import COLUMN, MOMENT, OPTION_CODE, QUESTION_CODE, Constraint
from scanform.model.questionnaire import Alphabet, DataClass
from scanform.recognize.writing.readers import Cell
from scanform.store.codec import from_plain, to_plain
from scanform.whole_files import write_text

FORMAT = "scanform-crops/1"
MANIFEST = "manifest.json"
PICTURES = "pictures"

_PICTURE = re.compile(r"[a-z0-9_-]{1,80}\.png")

REASONS = ("contact", "sensitive", "expired", "no-value", "zones", "page", "doubtful", "count", "character")
"""Reasons why a value settled by a person is not among the crops (`LeftOut`)."""

Picture = Annotated[str, Constraint(pattern=_PICTURE.pattern)]
Pseudonym = Annotated[str, Constraint(pattern="[0-9a-f]{16}")]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCrop:
    """The ink of one cell as its reader saw it: image, position in its row (from 0), size and place of the ink
    (`readers.Cell`), and the true character.
    """

    file: Picture
    place: Annotated[int, Constraint(least=0)]
    height: float
    width: float
    x: float
    y: float
    truth: Annotated[str, Constraint(shortest=1, longest=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """The origin of crops: form (a pseudonym), question, its data class, when a person settled the value (ISO 8601),
    the last day of retention.
    """

    form: Annotated[Pseudonym, Constraint(says="pseudonym")]
    questionnaire: Annotated[str, Constraint(pattern=QUESTION_CODE)]
    question: Annotated[str, Constraint(pattern=COLUMN)]
    data_class: DataClass
    confirmed_at: str
    keep_until: Annotated[str, Constraint(pattern="[0-9]{4}-[0-9]{2}-[0-9]{2}")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowCrops:
    """The cells of one row whose characters are known."""

    source: Source
    alphabet: Alphabet
    cells: Annotated[tuple[CellCrop, ...], Constraint(shortest=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LineCrops:
    """The lines of one handwriting zone, top to bottom, and the text that a person confirmed."""

    source: Source
    files: Annotated[tuple[Picture, ...], Constraint(shortest=1)]
    truth: Annotated[str, Constraint(shortest=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Values settled by a person but not exported, and their number: fields, or cells for `character`."""

    reason: Annotated[str, Constraint(choices=REASONS)]
    count: Annotated[int, Constraint(least=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The content of the folder. `project` distinguishes the exports of different projects; `consent` states the basis
    of the export.
    """

    format: Annotated[str, Constraint(choices=(FORMAT,))]
    project: Annotated[Pseudonym, Constraint(says="tells exports of one project from those of others")]
    made_at: Annotated[str, Constraint(pattern=MOMENT)]
    consent: Annotated[
        str,
        Constraint(
            pattern=f"(all|{QUESTION_CODE}={OPTION_CODE})",
            says="QUESTION=OPTION that each form carries; all: stated for all forms",
        ),
    ]
    keep_days: Annotated[int, Constraint(least=1)]
    rows: Annotated[tuple[RowCrops, ...], Constraint(says="fields in character cells")] = ()
    lines: Annotated[tuple[LineCrops, ...], Constraint(says="free handwriting")] = ()
    left_out: Annotated[tuple[LeftOut, ...], Constraint(says="what was settled and is not here")] = ()

    def pictures(self) -> Iterator[str]:
        """The names of all images."""
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
    """Make the folder, readable by its owner only, or check that it holds an earlier export of the same project; raises
    InputError for anything else.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if (folder / MANIFEST).exists():
        if read_manifest(folder).project != project:
            raise InputError(
                words("train.other_project", folder=str(folder)), remedy=words("train.other_folder_remedy")
            )
    elif any(path.name != PICTURES for path in folder.iterdir()):
        raise InputError(words("train.not_empty", folder=str(folder)), remedy=words("train.other_folder_remedy"))
    (folder / PICTURES).mkdir(exist_ok=True, mode=0o700)


def write_picture(folder: Path, name: str, gray: Gray) -> None:
    """Store an image losslessly. There are thousands of them, so they are not synced one by one: one lost in a power
    cut is detected by its readers.
    """
    done, data = cv2.imencode(".png", gray)
    if not done:
        raise ValueError(f"{name}: no picture")
    (folder / PICTURES / name).write_bytes(data.tobytes())


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, then delete every image it does not name."""
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
    """Delete what has expired on the day `today` (ISO), and images that no entry names; returns the manifest of the
    rest and the number of entries deleted.
    """
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
    """The cells of a row as the reader saw them; raises InputError for a missing or invalid image."""
    return [
        Cell(gray=_picture(folder, cell.file), height=cell.height, width=cell.width, x=cell.x, y=cell.y)
        for cell in row.cells
    ]


def _picture(folder: Path, name: str) -> Gray:
    path = folder / PICTURES / name
    found = (
        cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_GRAYSCALE)
        if path.is_file() and path.stat().st_size
        else None
    )
    if found is None:
        raise InputError(words("train.no_picture", file=str(path)), remedy=words("train.no_picture_remedy"))
    return np.asarray(found, dtype=np.uint8)
