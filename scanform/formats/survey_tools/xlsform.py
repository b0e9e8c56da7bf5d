"""XLSForm as its three sheets: rows with the columns of the standard, whatever their order and spelling."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from scanform.formats.survey_tools.remarks import NOWHERE, Place, no_survey
from scanform.formats.survey_tools.sheets import Rows, read_sheets, write_sheets

LANGUAGE_NAMES = {"de": "Deutsch (de)", "en": "English (en)"}
"""Languages as XLSForm names them: a name and the code of BCP 47."""

_NAMED = re.compile(r"(.+?)::?\s*(.+)", re.DOTALL)
_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:[-_][A-Za-z0-9]+)*)\)\s*$")
_LOCAL = ("label", "hint", "unit")
_PLAIN = (
    "type",
    "name",
    "required",
    "relevant",
    "constraint",
    "appearance",
    "calculation",
    "default",
    "choice_filter",
    "scanform",
)
_SPELLINGS = {
    "relevance": "relevant",
    "calculate": "calculation",
    "list name": "list_name",
    "list-name": "list_name",
    "value": "name",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FormRow:
    """A row of the sheet "survey"."""

    kind: str
    name: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    required: bool = False
    relevant: str = ""
    constraint: str = ""
    appearance: str = ""
    calculation: str = ""
    default: str = ""
    choice_filter: str = ""
    marks: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A row of the sheet "choices"."""

    name: str
    labels: Mapping[str, str]
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class XlsForm:
    """A form: `languages` are names as in its columns, the default first."""

    languages: tuple[str, ...]
    rows: tuple[FormRow, ...]
    lists: Mapping[str, tuple[Choice, ...]]
    settings: Mapping[str, str] = field(default_factory=dict)


def language_code(name: str) -> str:
    """The code in a language's name: "Deutsch (de)"; otherwise the name itself."""
    match = _CODE.search(name)
    known = {"deutsch": "de", "german": "de", "english": "en", "englisch": "en"}
    return match[1] if match else known.get(name.strip().lower(), name)


# --- writing ---------------------------------------------------------------------------------------------------------


def to_xlsx(form: XlsForm) -> bytes:
    """The workbook."""
    local = [name for name in _LOCAL if name != "unit" or any(row.units for row in form.rows)]
    heads = [f"{name}::{language}" for name in local for language in form.languages]
    survey = [["type", "name", *heads, *_PLAIN[2:]]]
    for row in form.rows:
        by_name = {"label": row.labels, "hint": row.hints, "unit": row.units}
        texts = [by_name[name].get(language, "") for name in local for language in form.languages]
        survey.append(
            [
                row.kind, row.name, *texts, "yes" if row.required else "", row.relevant, row.constraint, row.appearance,
                row.calculation, row.default, row.choice_filter, row.marks,
            ]
        )  # fmt: skip
    choices = [["list_name", "name", *(f"label::{language}" for language in form.languages)]]
    for list_name, options in form.lists.items():
        for choice in options:
            choices.append([list_name, choice.name, *(choice.labels.get(one, "") for one in form.languages)])
    return write_sheets(
        {
            "survey": _without_empty(survey),
            "choices": choices,
            "settings": [list(form.settings), list(form.settings.values())],
        }
    )


def _without_empty(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """The table without columns that say nothing, but for type and name."""
    kept = [at for at in range(len(table[0])) if at < 2 or any(row[at] for row in table[1:])]
    return [[row[at] for at in kept] for row in table]


# --- reading ---------------------------------------------------------------------------------------------------------


def from_xlsx(content: bytes, name: str) -> XlsForm:
    """The form in a workbook; raises InputError for anything else. Further sheets are left aside."""
    sheets = read_sheets(content, name, ("survey", "choices", "settings"))
    header = [_heading(cell) for cell in (sheets.get("survey") or [[]])[0]]
    if "type" not in header or "name" not in header:
        raise no_survey("no_survey_sheet", name)
    settings = _settings(sheets.get("settings", []))
    rows = tuple(_form_row(number, cells) for number, cells in _table(sheets["survey"]) if cells.get("type"))
    found = dict.fromkeys(
        language for heading in header for label, language in [_split(heading)] if label in {"label", "hint"}
    )
    default = settings.get("default_language", "")
    languages = _languages(list(found), default)
    return XlsForm(
        languages=languages,
        rows=tuple(_named(row, default) for row in rows),
        lists=_lists(sheets.get("choices", []), default),
        settings=settings,
    )


def _languages(found: Sequence[str], default: str) -> tuple[str, ...]:
    """The languages of the columns, the default first; a column without a language holds the default."""
    names = list(dict.fromkeys(one or default for one in found)) or [default]
    first = [one for one in names if one == default]
    return tuple(dict.fromkeys((*first, *names)))


def _heading(cell: str) -> str:
    plain = cell.strip()
    name, language = _split(plain)
    return f"{name}::{language}" if language else name


def _split(heading: str) -> tuple[str, str]:
    """The name of a column in small letters, and its language."""
    match = _NAMED.fullmatch(heading)
    name = (match[1] if match else heading).strip().lower()
    return _SPELLINGS.get(name, name), match[2].strip() if match else ""


def _table(rows: Rows) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows below the heading, with their numbers in the sheet."""
    header = [_heading(cell) for cell in rows[0]] if rows else []
    for number, cells in enumerate(rows[1:], start=2):
        yield number, {name: cell for name, cell in zip(header, cells, strict=False) if name}


def _by_language(cells: Mapping[str, str], wanted: str) -> dict[str, str]:
    found = {language: cell for head, cell in cells.items() for name, language in [_split(head)] if name == wanted}
    return {language: cell for language, cell in found.items() if cell}


def _form_row(number: int, cells: Mapping[str, str]) -> FormRow:
    name = cells.get("name", "")
    return FormRow(
        kind=" ".join(cells.get("type", "").split()),
        name=name,
        labels=_by_language(cells, "label"),
        hints=_by_language(cells, "hint"),
        units=_by_language(cells, "unit"),
        required=cells.get("required", "").strip().lower() in {"yes", "true", "true()", "1"},
        relevant=cells.get("relevant", ""),
        constraint=cells.get("constraint", ""),
        appearance=cells.get("appearance", ""),
        calculation=cells.get("calculation", ""),
        default=cells.get("default", ""),
        choice_filter=cells.get("choice_filter", ""),
        marks=cells.get("scanform", ""),
        place=Place(sheet="survey", line=number, element=name or cells.get("type", "")),
    )


def _named(row: FormRow, default: str) -> FormRow:
    """Texts without a language are in the default one."""
    return FormRow(
        **{
            **{name: getattr(row, name) for name in row.__slots__},
            "labels": _default_named(row.labels, default),
            "hints": _default_named(row.hints, default),
            "units": _default_named(row.units, default),
        }
    )


def _default_named(texts: Mapping[str, str], default: str) -> dict[str, str]:
    return {language or default: text for language, text in texts.items()}


def _lists(rows: Rows, default: str) -> dict[str, tuple[Choice, ...]]:
    found: dict[str, list[Choice]] = {}
    for number, cells in _table(rows):
        list_name, name = cells.get("list_name", ""), cells.get("name", "")
        if list_name and name:
            place = Place(sheet="choices", line=number, element=f"{list_name} / {name}")
            found.setdefault(list_name, []).append(
                Choice(name=name, labels=_default_named(_by_language(cells, "label"), default), place=place)
            )
    return {name: tuple(choices) for name, choices in found.items()}


def _settings(rows: Rows) -> dict[str, str]:
    return next((cells for _, cells in _table(rows)), {})
