"""A person corrects the zones of a form that scanform did not print: the layout file behind the editor in the
browser.
"""

import hashlib
import json
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2

from scanform import pagecode
from scanform.errors import InputError, StoreError, UsageError, words
from scanform.formats.layout_json import dump_layout, load_layout
from scanform.formats.questionnaires.codes import OPTION_CODE, QUESTION_CODE, reserved_by, suggestion
from scanform.i18n.texts import in_words, problem_text, remedy_text, text
from scanform.imaging.page_image import BLANK_DPI, Gray
from scanform.model.layout import Layout, Zone, ZoneKind, layout_to_dict
from scanform.model.problem import Problem
from scanform.whole_files import write_text
from scanform.workflow.foreign_forms.blank_pages import load_blanks
from scanform.workflow.foreign_forms.import_form import blanks_of, contradictions
from scanform.workflow.project.folders import LAYOUTS

PICTURE_DPI = 200
"""Resolution of the blank page on the screen: boxes of 3 mm are 24 pixels wide."""

OVERLAP_MM = 0.2
"""Zones that overlap by less than this in width or height only touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """A remark about the layout in words: `zone` is the id of the zone concerned, "" for all. A layout with a `grave`
    one cannot be saved.
    """

    zone: str
    message: str
    remedy: str
    grave: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The outcome of a save: "saved", "wrong" (remarks say why), or "changed" (somebody else wrote the file). `basis`
    identifies the present content of the file.
    """

    result: str
    basis: str
    digest: str = ""
    remarks: tuple[Remark, ...] = ()


class LayoutEditor:
    """One layout file and the images of its blank pages. Thread-safe."""

    def __init__(self, path: Path, layout: Layout, pictures: Sequence[bytes], basis: str) -> None:
        self._path = path
        self._layout = layout
        self._pictures = tuple(pictures)
        self._basis = basis
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The name of the file."""
        return self._path.name

    def state(self, language: str) -> dict[str, object]:
        """The layout as in its file, the identifier of its content, and the remarks on it; reloaded when another
        program wrote it.
        """
        with self._lock:
            found = _read(self._path) if self._path.is_file() else None
            if found is not None and len(found[0].pages) == len(self._pictures):
                self._layout, self._basis = found
            return {
                "name": self.name,
                "layout": layout_to_dict(self._layout),
                "basis": self._basis,
                "remarks": remarks(self._layout, language),
            }

    def picture(self, number: int) -> bytes | None:
        """PNG of a blank page (1-based), None when there is none."""
        return self._pictures[number - 1] if 1 <= number <= len(self._pictures) else None

    def check(self, changes: Mapping[str, object], language: str) -> tuple[Remark, ...]:
        """The remarks on the layout after `changes`."""
        return self._changed(changes, language)[1]

    def save(self, changes: Mapping[str, object], basis: str, language: str) -> Saved:
        """Atomically write the layout with `changes` (zones per page, `filled`, `questionnaire`, `version`); `basis` is
        what the person saw.

        Raises StoreError when the file cannot be written.
        """
        with self._lock:
            layout, found = self._changed(changes, language)
            if layout is None or any(remark.grave for remark in found):
                return Saved(result="wrong", basis=self._basis, remarks=found)
            content = dump_layout(layout)
            there = _content(self._path)
            if there is not None and _name(there) not in (basis, _name(content)):
                return Saved(result="changed", basis=_name(there), remarks=found)
            try:
                write_text(self._path, content)
            except OSError as error:
                message = words("cli.cannot_write", place=str(self._path), cause=error)
                raise StoreError(message, remedy=words("cli.cannot_write_remedy")) from error
            self._layout, self._basis = layout, _name(content)
            return Saved(result="saved", basis=self._basis, digest=layout.digest, remarks=found)

    def _changed(self, changes: Mapping[str, object], language: str) -> tuple[Layout | None, tuple[Remark, ...]]:
        """The layout with the changes, validated like its file, and the remarks on it; None when it is not a layout at
        all.
        """
        data: dict[str, Any] = layout_to_dict(self._layout)
        for name in ("filled", "questionnaire", "version"):
            data[name] = changes.get(name, data[name])
        zones = changes.get("pages")
        if not isinstance(zones, list) or len(zones) != len(data["pages"]):
            raise UsageError(words("edit.no_layout"))
        for page, changed in zip(data["pages"], zones, strict=True):
            page["zones"] = changed
        early = _code_remarks(data, language)
        if early:
            return None, early
        try:
            layout = load_layout(json.dumps(data))
        except InputError as error:
            return None, (
                Remark(zone="", message=in_words(error.message, language), remedy=in_words(error.remedy, language)),
            )
        layout = replace(layout, digest=pagecode.layout_digest(layout))
        return layout, remarks(layout, language)


def open_layout(path: Path, blank: Sequence[Path]) -> LayoutEditor:
    """The editor of the layout in `path` over the empty pages in `blank`.

    Raises InputError when a file cannot be read or they do not belong together, UsageError for a layout in use.
    """
    layout, basis = _read(path)
    if path.resolve().parent.parent.name == LAYOUTS and path.resolve().parent.name == layout.digest:
        raise UsageError(words("edit.in_use", file=str(path)), remedy=words("edit.in_use_remedy"))
    if not layout.imported:
        raise InputError(
            words("imported.printed_here", file=str(path)),
            remedy=words("edit.printed_here_remedy"),
            slug="printed-here",
        )
    pictures = [_png(gray) for gray in blanks_of(layout, load_blanks(blank))]
    return LayoutEditor(path, layout, pictures, basis)


def remarks(layout: Layout, language: str) -> tuple[Remark, ...]:
    """Contradictions in a layout, and points to check, in words."""
    names = {zone.id: _called(zone) for page in layout.pages for zone in page.zones}
    grave = [
        Remark(
            zone=problem.where,
            message=problem_text(_named(problem, names), language),
            remedy=remedy_text(problem.slug, language),
        )
        for problem in contradictions(layout)
    ]
    return tuple(grave + _kind_remarks(layout, language) + _overlaps(layout, language))


def _kind_remarks(layout: Layout, language: str) -> list[Remark]:
    """Questions asked in two ways at once, and single boxes."""
    found: list[Remark] = []
    by_question: dict[str, list[Zone]] = {}
    for page in layout.pages:
        for zone in page.zones:
            by_question.setdefault(zone.question, []).append(zone)
    for question, zones in by_question.items():
        first = zones[0].id
        marks = [zone for zone in zones if zone.kind is ZoneKind.MARK]
        others = {zone.kind for zone in zones if zone.kind is not ZoneKind.MARK and (not marks or zone.option is None)}
        if others and (marks or len(others) > 1):
            found.append(
                Remark(
                    zone=first,
                    message=text("edit.mixed", language, question=question),
                    remedy=text("edit.mixed_remedy", language),
                )
            )
        if len({zone.multiple for zone in marks}) > 1:
            found.append(
                Remark(
                    zone=first,
                    message=text("edit.multiple", language, question=question),
                    remedy=text("edit.multiple_remedy", language),
                )
            )
    return found


def _overlaps(layout: Layout, language: str) -> list[Remark]:
    """Overlapping zones: writing there would be read twice."""
    found = []
    for page in layout.pages:
        for one, other in combinations(page.zones, 2):
            width = min(one.rect.right, other.rect.right) - max(one.rect.x, other.rect.x)
            height = min(one.rect.bottom, other.rect.bottom) - max(one.rect.y, other.rect.y)
            if min(width, height) > OVERLAP_MM:
                message = text("edit.overlap", language, one=_called(one), other=_called(other))
                found.append(
                    Remark(zone=other.id, message=message, remedy=text("edit.overlap_remedy", language), grave=False)
                )
    return found


def _named(problem: Problem, names: Mapping[str, str]) -> Problem:
    """The problem with its zone named as on the screen; ids of zones are not shown anywhere."""
    return replace(problem, params=(("zone", names[problem.where]),)) if problem.where in names else problem


def _called(zone: Zone) -> str:
    return f"{zone.question} {zone.option}" if zone.option else zone.question


def _code_remarks(data: Mapping[str, Any], language: str) -> tuple[Remark, ...]:
    """Invalid codes, reported at their zone, because the file's own validation stops at the first."""
    found: list[Remark] = []
    if not QUESTION_CODE.fullmatch(str(data["questionnaire"])):
        found.append(_bad_code("", str(data["questionnaire"]), "edit.bad_questionnaire", language))
    for zone in (
        zone
        for page in data["pages"]
        if isinstance(page["zones"], list)
        for zone in page["zones"]
        if isinstance(zone, dict)
    ):
        name, question, option = str(zone.get("id", "")), str(zone.get("question", "")), zone.get("option")
        if not QUESTION_CODE.fullmatch(question):
            found.append(_bad_code(name, question, "edit.bad_question", language))
        elif reserved_by(question):
            message = text("edit.reserved", language, code=question, program=reserved_by(question) or "")
            found.append(
                Remark(zone=name, message=message, remedy=text("edit.reserved_remedy", language, code=f"{question}1"))
            )
        if option is not None and not OPTION_CODE.fullmatch(str(option)):
            found.append(_bad_code(name, str(option), "edit.bad_option", language, length=5, letter_first=False))
    return tuple(found)


def _bad_code(zone: str, code: str, key: str, language: str, *, length: int = 20, letter_first: bool = True) -> Remark:
    proposal = suggestion(code, length=length, letter_first=letter_first)
    return Remark(
        zone=zone, message=text(key, language, code=code), remedy=text("edit.code_remedy", language, proposal=proposal)
    )


def _read(path: Path) -> tuple[Layout, str]:
    """The layout in a file and the identifier of its content; raises InputError for an unreadable or invalid file."""
    try:
        content = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error if isinstance(error, OSError) else words("os.not-utf8")
        raise InputError(
            words("imported.no_file", file=str(path), reason=reason), remedy=words("imported.no_file_remedy")
        ) from error
    return load_layout(content), _name(content)


def _content(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return None


def _name(content: str) -> str:
    return hashlib.sha256(content.encode("utf-8")).hexdigest()


def _png(gray: Gray) -> bytes:
    """A blank page (H, W) at 300 dpi as PNG at `PICTURE_DPI`."""
    factor = PICTURE_DPI / BLANK_DPI
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    done, png = cv2.imencode(".png", small)
    if not done:
        raise ValueError(f"cannot encode a page of shape {gray.shape}")
    return png.tobytes()
