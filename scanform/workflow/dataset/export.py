"""Exports the data set: CSV files and a workbook per questionnaire, with codebook, provenance and contradictions.

Contact data are in files of their own (`contact*.csv`, readable by their owner only) and in no other file.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from scanform.dataset import codebook, csv_files, data_package, long_form, modes, provenance
from scanform.dataset.statistics import r_script, values_csv
from scanform.dataset.statistics.coded import variables
from scanform.dataset.table import Table, table
from scanform.dataset.workbook import Sheet, write_xlsx
from scanform.errors import StoreError, UsageError, words
from scanform.model.questionnaire import DataClass, Questionnaire
from scanform.model.record import Record
from scanform.model.response import Response
from scanform.renaming import under_present_codes
from scanform.whole_files import atomic_file
from scanform.workflow.dataset.merge_responses import deciders, is_stale, records
from scanform.workflow.dataset.release import released_at
from scanform.workflow.pages.missing_pages import WAIVED, waived_rows
from scanform.workflow.project.project import Project
from scanform.workflow.review.desk import effective_responses


class Format(StrEnum):
    """Files for other programs, beside the CSV files and the workbook."""

    SPSS = "spss"
    STATA = "stata"
    R = "r"
    PARQUET = "parquet"
    LONG = "long"
    LABELLED = "labelled"
    DATA_PACKAGE = "data-package"


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """What was written: the files, the rows of the data sets, and the contradictions still open.

    With `merge_is_stale` the merge is older than the data: rows and contradictions are those of the old merge.
    `released_at` is when exactly these values were released at the review station, None when they were not. `waived`
    counts the pages and incomplete forms that people accepted with a reason: waived.csv.
    """

    files: tuple[Path, ...]
    rows: int
    open_conflicts: int
    merge_is_stale: bool = False
    released_at: str | None = None
    waived: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Edition:
    """One questionnaire to be written into `folder`."""

    folder: Path
    questionnaire: Questionnaire
    records: tuple[Record, ...]
    deciders: provenance.Deciders
    classes: tuple[DataClass, ...]
    language: str
    formats: frozenset[Format]


def export_dataset(
    project: Project,
    folder: Path,
    *,
    with_contact: bool = False,
    without_sensitive: bool = False,
    language: str | None = None,
    formats: Collection[Format] = (),
) -> HandOver:
    """Write the data set into `folder`: directly with one questionnaire, into `folder/<code>` with several;
    readings.csv always into `folder`.

    `with_contact` includes the answers to contact questions in readings.csv, `without_sensitive` leaves sensitive
    questions out; `formats` adds files for other programs.
    """
    responses = effective_responses(project)
    found, decided = records(project, responses), deciders(project)
    classes = _classes(without_sensitive=without_sensitive)
    files: list[Path] = []
    for code, questionnaire in sorted(project.questionnaires.items()):
        edition = _Edition(
            folder=folder if len(project.questionnaires) == 1 else folder / code,
            questionnaire=questionnaire,
            records=tuple(record for record in found if record.response.questionnaire == code),
            deciders=decided,
            classes=classes,
            language=language or project.language,
            formats=frozenset(formats),
        )
        files += _write_edition(edition)
    files += _write_waived(project, folder / "waived.csv")
    files.append(
        _write_readings(
            project, folder / "readings.csv", responses, with_contact=with_contact, without_sensitive=without_sensitive
        )
    )
    waiting = sum(not conflict.decided for record in found for conflict in record.conflicts)
    return HandOver(
        files=tuple(files),
        rows=len(found),
        open_conflicts=waiting,
        merge_is_stale=is_stale(project, responses),
        released_at=released_at(project),
        waived=len(waived_rows(project)),
    )


def formats_of(names: Iterable[str]) -> frozenset[Format]:
    """The formats of these names; raises UsageError for one that is not known."""
    given = tuple(names)
    unknown = [name for name in given if name not in {kind.value for kind in Format}]
    if unknown:
        raise UsageError(
            words("statistics.unknown_format", name=unknown[0]),
            remedy=words("statistics.unknown_format_remedy", known=", ".join(kind.value for kind in Format)),
        )
    return frozenset(Format(name) for name in given)


def dataset_table(project: Project, questionnaire: str | None = None, *, without_sensitive: bool = False) -> Table:
    """The content of responses.csv of one questionnaire (None: the only one), without writing it; raises UsageError
    when it is not clear which.
    """
    codes = sorted(project.questionnaires)
    code = questionnaire if questionnaire is not None or len(codes) != 1 else codes[0]
    if code is None or code not in project.questionnaires:
        message = words("api.which-questionnaire", known=", ".join(codes))
        raise UsageError(message, remedy=words("api.which-questionnaire-remedy"))
    return table(records(project), project.questionnaires[code], classes=_classes(without_sensitive=without_sensitive))


def _classes(*, without_sensitive: bool) -> tuple[DataClass, ...]:
    """The classes of questions in the data set; never contact data."""
    return tuple(c for c in DataClass if c is DataClass.ANSWER or (c is DataClass.SENSITIVE and not without_sensitive))


def write_readings(
    project: Project, path: Path, *, without_contact: bool = False, without_sensitive: bool = False
) -> Path:
    """Write readings.csv alone: everything read on paper, one row per question, with people's corrections.

    With contact data only the owner may read the file.
    """
    return _write_readings(
        project,
        path,
        effective_responses(project),
        with_contact=not without_contact,
        without_sensitive=without_sensitive,
    )


def _write_readings(
    project: Project, path: Path, responses: Sequence[Response], *, with_contact: bool, without_sensitive: bool
) -> Path:
    classes = [
        c
        for c in DataClass
        if (c is not DataClass.CONTACT or with_contact) and (c is not DataClass.SENSITIVE or not without_sensitive)
    ]
    named = [
        under_present_codes(response, project.questionnaires.get(response.questionnaire)) for response in responses
    ]
    rows = provenance.reading_rows(named, project.questionnaires, classes=classes)
    return _write(path, lambda out: csv_files.write_readings_csv(rows, out))


def _write_waived(project: Project, path: Path) -> list[Path]:
    """Write the list of waived pages and incomplete forms, if any; an older list of that name is removed."""
    rows = waived_rows(project)
    if not rows and not path.exists():
        return []
    return [_write(path, lambda out: csv_files.write_rows(WAIVED, rows, out))]


def _write_edition(edition: _Edition) -> list[Path]:
    """Write all files of one questionnaire."""
    data = table(edition.records, edition.questionnaire, classes=edition.classes)
    folder = edition.folder
    described = codebook.rows(data.columns, edition.questionnaire, edition.language)
    origins = tuple(provenance.provenance_rows(data, edition.deciders))
    conflicts = _conflict_rows(edition, edition.classes)
    by_channel = modes.mode_rows(data)
    files = [
        _write(folder / "responses.csv", lambda out: csv_files.write_table_csv(data, out)),
        _write(folder / "codebook.csv", lambda out: csv_files.write_codebook_csv(described, out)),
        _write(folder / "provenance.csv", lambda out: csv_files.write_provenance_csv(origins, out)),
        _write(folder / "conflicts.csv", lambda out: csv_files.write_conflicts_csv(conflicts, out)),
        _write(folder / "modes.csv", lambda out: csv_files.write_modes_csv(by_channel, out)),
        _write(
            folder / f"{edition.questionnaire.code}.xlsx",
            lambda out: write_xlsx(_sheets(data, described, origins, conflicts), out),
        ),
    ]
    return files + _write_formats(edition, data, origins) + _write_contact(edition)


def _write_formats(edition: _Edition, data: Table, origins: Sequence[Sequence[str]]) -> list[Path]:
    """Write the files for other programs that were asked for, and values.csv, which says what their numbers mean."""
    if not edition.formats:
        return []
    from scanform.dataset.statistics import packages, parquet  # both load large libraries

    folder, code, language = edition.folder, edition.questionnaire.code, edition.language
    made = variables(data, language)
    title = edition.questionnaire.title.get(language)
    tables = ("codebook.csv", "provenance.csv", "conflicts.csv", "modes.csv", "values.csv")
    pixels = ("confidence", "source_page", "x_px", "y_px", "w_px", "h_px")
    writers: dict[Format, dict[str, Callable[[BinaryIO], None]]] = {
        Format.SPSS: {
            f"{code}.sav": lambda out: packages.write_spss(made, out, title=title, language=language),
        },
        Format.STATA: {f"{code}.dta": lambda out: packages.write_stata(made, out, title=title)},
        Format.R: {
            f"{code}-r.csv": lambda out: r_script.write_r_csv(made, out),
            f"{code}.R": lambda out: r_script.write_r_script(
                made, out, title=title, file=f"{code}-r.csv", script=f"{code}.R"
            ),
        },
        Format.PARQUET: {
            f"{code}.parquet": lambda out: parquet.write_parquet(made, out),
            "provenance.parquet": lambda out: parquet.write_rows_parquet(
                provenance.PROVENANCE, pixels, iter(origins), out
            ),
        },
        Format.LONG: {
            "long.csv": lambda out: csv_files.write_rows(long_form.LONG, long_form.long_rows(data, made), out),
        },
        Format.LABELLED: {"labelled.csv": lambda out: long_form.write_labelled_csv(data, made, out, language=language)},
        Format.DATA_PACKAGE: {
            "datapackage.json": lambda out: data_package.write_data_package(
                data, made, out, language=language, files=tables
            ),
        },
    }
    chosen = {name: write for kind in Format if kind in edition.formats for name, write in writers[kind].items()}
    described = {
        "values.csv": lambda out: csv_files.write_rows(values_csv.HEADER, values_csv.rows(made), out),
    }
    return [_write(folder / name, write) for name, write in (chosen | described).items()]


def _write_contact(edition: _Edition) -> list[Path]:
    """Write the contact data with their own provenance and contradictions; nothing when the questionnaire has none."""
    classes = (DataClass.CONTACT,)
    if not provenance.columns_of(edition.questionnaire, classes):
        return []
    data = table(edition.records, edition.questionnaire, classes=classes)
    origins, conflicts = provenance.provenance_rows(data, edition.deciders), _conflict_rows(edition, classes)
    folder = edition.folder
    return [
        _write(folder / "contact.csv", lambda out: csv_files.write_table_csv(data, out)),
        _write(folder / "contact-provenance.csv", lambda out: csv_files.write_provenance_csv(origins, out)),
        _write(folder / "contact-conflicts.csv", lambda out: csv_files.write_conflicts_csv(conflicts, out)),
    ]


def _conflict_rows(edition: _Edition, classes: Sequence[DataClass]) -> tuple[tuple[str, ...], ...]:
    wanted = provenance.columns_of(edition.questionnaire, classes)
    return tuple(provenance.conflict_rows(edition.records, wanted, edition.deciders))


def _sheets(
    data: Table,
    described: Sequence[Sequence[str]],
    origins: Sequence[Sequence[str]],
    conflicts: Sequence[Sequence[str]],
) -> tuple[Sheet, ...]:
    names = tuple(column.name for column in data.columns)
    numbers = frozenset(column.name for column in data.columns if column.is_number) | {"complete"}
    pixels = frozenset({"confidence", "source_page", "x_px", "y_px", "w_px", "h_px"})
    return (
        Sheet(title="data", header=names, rows=data.rows, numbers=numbers, frozen=2),
        Sheet(title="codebook", header=codebook.HEADER, rows=described),
        Sheet(title="provenance", header=provenance.PROVENANCE, rows=origins, numbers=pixels, frozen=2),
        Sheet(title="conflicts", header=provenance.CONFLICTS, rows=conflicts),
    )


def _write(path: Path, write: Callable[[BinaryIO], None]) -> Path:
    """Write one file atomically, readable by its owner only: every row is one respondent's; raises StoreError where
    that is not possible.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with atomic_file(path, private=True) as out:
            write(out)
    except OSError as error:
        message = words("merge.cannot-write", file=str(path), reason=error)
        raise StoreError(message, remedy=words("merge.cannot-write-remedy"), slug="cannot-write") from error
    return path
