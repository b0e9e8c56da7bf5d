"""Checks that everything scanform needs is there. One finding per need, with the remedy for each gap."""

import importlib.resources
import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scanform.config import FILE_NAME
from scanform.errors import ExitCode, ScanformError
from scanform.i18n.texts import decimal_text, in_words, os_reason, text
from scanform.model.questionnaire import Alphabet
from scanform.store.store import Store

FREE_BYTES = 500_000_000
"""Minimum free space: a batch of 500 scanned pages takes some 250 MB in the archive."""

LANGUAGE = "deu"
_TIMEOUT_S = 20
_PROGRAMS = (
    ("tesseract", "tesseract-ocr"),
    ("pdftoppm", "poppler-utils"),
    ("pdfinfo", "poppler-utils"),
    ("jbig2dec", "jbig2dec"),
)
_FONTS = "fontpkg_atkinson_hyperlegible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One check: the subject, whether it passed, what was found, what to do; `code` is the exit code of a gap."""

    name: str
    good: bool
    seen: str
    remedy: str = ""
    code: ExitCode = ExitCode.MISSING_PROGRAM


def examine(folder: Path, language: str) -> tuple[Finding, ...]:
    """Check programs, fonts, write access and the database; `folder` is a project or the place for a new one."""
    return (
        *_programs(language),
        _tesseract_language(language),
        _fonts(language),
        *_readers(language),
        _printed_text(language),
        *_own_heads(folder, language),
        *_folder(folder, language),
        _database(folder, language),
    )


def exit_code(findings: tuple[Finding, ...]) -> ExitCode:
    """The exit code of the first gap, otherwise OK."""
    return next((finding.code for finding in findings if not finding.good), ExitCode.OK)


def _programs(language: str) -> Iterator[Finding]:
    for program, package in _PROGRAMS:
        path = shutil.which(program)
        remedy = "" if path else text("doctor.install", language, package=package)
        yield Finding(name=program, good=path is not None, seen=path or text("doctor.missing", language), remedy=remedy)


def _tesseract_language(language: str) -> Finding:
    name = f"tesseract {LANGUAGE}"
    try:
        listed = subprocess.run(
            ["tesseract", "--list-langs"], capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return Finding(
            name=name,
            good=False,
            seen=text("doctor.missing", language),
            remedy=text("doctor.install", language, package="tesseract-ocr-deu"),
        )
    known = set((listed.stdout + listed.stderr).split())
    good = LANGUAGE in known
    seen = LANGUAGE if good else text("doctor.missing", language)
    return Finding(
        name=name,
        good=good,
        seen=seen,
        remedy="" if good else text("doctor.install", language, package="tesseract-ocr-deu"),
    )


def _fonts(language: str) -> Finding:
    good = importlib.util.find_spec(_FONTS) is not None
    count = (
        sum(item.name.endswith(".ttf") for item in importlib.resources.files(_FONTS).joinpath("files").iterdir())
        if good
        else 0
    )
    remedy = "" if count else text("doctor.fonts", language)
    return Finding(name="Atkinson Hyperlegible", good=count > 0, seen=f"{count} ttf", remedy=remedy)


def _readers(language: str) -> Iterator[Finding]:
    """The readers of cells and lines on this machine; the networks are loaded once as a test. One more finding for each
    reader that would read if its library were here.
    """
    from scanform.recognize.writing import readers

    blank = readers.Cell(gray=np.full((20, 20), 255, np.uint8), height=0.5, width=0.5, x=0.5, y=0.5)
    try:
        best = readers.best_readers()
        for alphabet in (Alphabet.DIGITS, Alphabet.ALNUM):
            best.cells.read([readers.CellImages(cells=(blank,), alphabet=alphabet)])
        best.lines.read([readers.LineImages(pictures=(blank.gray,))])
    except Exception as error:  # noqa: BLE001  # whatever a library or another package raises: it is said, not hidden
        yield Finding(name=readers.GROUP, good=False, seen=str(error), remedy=text("doctor.reader_remedy", language))
        return
    yield Finding(name=readers.GROUP, good=True, seen=f"{best.cells.name}, {best.lines.name}")
    for reader in readers.every_reader():
        library, reads = readers.missing_library(reader), best.cells if reader.kind == readers.CELLS else best.lines
        if library and reader.rank > reads.rank:
            seen, remedy = (
                text(f"doctor.unread_{reader.kind}", language),
                text("doctor.library_remedy", language, library=library),
            )
            yield Finding(name=f"{readers.GROUP}: {reader.name}", good=False, seen=seen, remedy=remedy)


def _printed_text(language: str) -> Finding:
    """Whether Tesseract runs in this process or is started for each page."""
    from scanform.recognize.writing.tesseract import door

    found, name = door(), text("doctor.printed_text", language)
    if found.trouble:
        return Finding(name=name, good=False, seen=found.trouble, remedy=text("doctor.tesserocr_remedy", language))
    if not found.reader:
        return Finding(
            name=name,
            good=False,
            seen=text("doctor.missing", language),
            remedy=text("doctor.install", language, package="tesseract-ocr-deu"),
        )
    return Finding(name=name, good=True, seen=f"{found.reader}, {found.seen}")


def _own_heads(folder: Path, language: str) -> Iterator[Finding]:
    """The heads trained by the project: one that does not fit its network is not used."""
    from scanform.recognize.writing.cells import reader_name
    from scanform.workflow.reading.project_readers import head_path, heads_of

    for one in heads_of(folder):
        name = f"{text('train.own_head', language)}, {one.network}"
        if one.in_use and one.head is not None:
            yield Finding(name=name, good=True, seen=reader_name(one.head))
        else:
            seen = text("train.head_unfit", language, file=str(head_path(folder, one.network)))
            yield Finding(
                name=name, good=False, seen=seen, remedy=text("train.head_unfit_remedy", language), code=ExitCode.STORE
            )


def _folder(folder: Path, language: str) -> Iterator[Finding]:
    place = next((parent for parent in (folder.absolute(), *folder.absolute().parents) if parent.is_dir()), Path())
    try:
        with tempfile.NamedTemporaryFile(dir=place, prefix=".scanform-"):
            pass
        yield Finding(name=text("doctor.write_access", language), good=True, seen=str(place))
    except OSError as error:
        remedy = text("doctor.write_access_remedy", language, folder=str(place))
        yield Finding(
            name=text("doctor.write_access", language),
            good=False,
            seen=os_reason(error, language),
            remedy=remedy,
            code=ExitCode.STORE,
        )
    free = shutil.disk_usage(place).free
    remedy = (
        ""
        if free >= FREE_BYTES
        else text("doctor.space_remedy", language, needed=f"{decimal_text(FREE_BYTES / 1e9, language, 1)} GB")
    )
    yield Finding(
        name=text("doctor.space", language),
        good=free >= FREE_BYTES,
        seen=f"{decimal_text(free / 1e9, language, 1)} GB",
        remedy=remedy,
        code=ExitCode.STORE,
    )


def _database(folder: Path, language: str) -> Finding:
    """The project's database, or one in a scratch folder where there is no project."""
    name = text("doctor.database", language)
    try:
        seen = (
            _open(folder)
            if (folder / FILE_NAME).is_file()
            else _in_scratch(lambda scratch: _opened(Store(scratch / "s.sqlite")))
        )
    except ScanformError as error:
        return Finding(
            name=name,
            good=False,
            seen=in_words(error.message, language),
            remedy=in_words(error.remedy, language),
            code=ExitCode.STORE,
        )
    return Finding(name=name, good=True, seen=seen)


def _open(folder: Path) -> str:
    from scanform.workflow.project.project import open_project

    return _opened(open_project(folder).store)


def _in_scratch(check: Callable[[Path], str]) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        return check(Path(scratch))


def _opened(store: Store) -> str:
    """Take the write lock once; returns the kind of database."""
    with store.writing():
        kind = store.kind
    store.close()
    return kind
