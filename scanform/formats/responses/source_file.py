"""A file of online responses, opened: CSV, workbook or LimeSurvey's archive, as tables of text by sheet."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from scanform.errors import InputError, words
from scanform.formats.responses.archive import is_archive, read_archive
from scanform.formats.responses.csv_io import CsvTable, Row, read_table
from scanform.formats.responses.xlsx import read_workbook


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """An opened file: its `tables` by name of the sheet ("" where there are no sheets), the first being that of the
    responses; `labels` are those of a second file that explains the codes.
    """

    path: Path
    tables: Mapping[str, CsvTable]
    labels: Mapping[str, CsvTable] = field(default_factory=dict)
    is_archive: bool = False

    @property
    def table(self) -> CsvTable:
        """The table of the responses."""
        return next(iter(self.tables.values()))

    def head(self, count: int = 5) -> list[Row]:
        """The first rows of the responses."""
        return list(islice(iter(self.table.rows), count))


def open_file(path: Path, *, labels: Path | None = None) -> SourceFile:
    """Open a file, and the one with its labels; raises InputError for what cannot be read as a whole."""
    explained = {} if labels is None else tables_of(labels)
    archived = _is_zip(path) and is_archive(path)
    tables = {"": read_archive(path)} if archived else tables_of(path)
    return SourceFile(path=path, tables=tables, labels=explained, is_archive=archived)


def tables_of(path: Path) -> Mapping[str, CsvTable]:
    """The tables of a CSV file or a workbook."""
    if not _is_zip(path):
        return {"": read_table(path)}
    with zipfile.ZipFile(path) as archive:
        names = set(archive.namelist())
    if "[Content_Types].xml" not in names:
        raise _refused("csv-not-csv", path.name)
    return read_workbook(path)


def _is_zip(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04" and zipfile.is_zipfile(path)
    except OSError:
        return False


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
