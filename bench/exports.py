"""One set of answers as the files of each survey tool: for the tests of the importers and for their benchmark.

The formats follow what the vendors publish: LimeSurvey's manual ("Export responses", "VV") and its export code (CsvWriter,
SurveyObj); KoboToolbox and ODK Central ("Submissions", OData and CSV); REDCap's help ("Data Exports", "Data
Dictionary"); Google's help ("View & manage form responses") and the files its sheets give; Microsoft's help ("Check and
share your form results"); SoSci Survey's manual ("Datensatz herunterladen", "Variablen und Werte"). All answers are
invented.
"""

import csv
import io
import random
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path

from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.model.questionnaire import Questionnaire

YAML = """
code: orte
version: "1"
languages: [de, en]
title: {de: Orte, en: Places}
sections:
  - title: {de: Ort, en: Place}
    questions:
      - question: name
        type: text
        text: {de: "Wie heißt der Ort?", en: "What is the place called?"}
      - question: carrier
        type: single
        text: {de: "Wer trägt den Ort?", en: "Who runs the place?"}
        options:
          city: {de: Stadt, en: City}
          club: {de: "Verein, Initiative", en: "Club, initiative"}
          other: {text: {de: "Sonstiges", en: "Other"}, writein: yes}
      - question: groups
        type: multiple
        text: {de: "Für wen ist der Ort?", en: "Who is the place for?"}
        options:
          kids: {de: "Kinder", en: "Children"}
          fam: {de: "Familien, Alleinerziehende", en: "Families, single parents"}
          old: {de: "Ältere; auch Hochbetagte", en: "Older people; the very old, too"}
          other: {text: {de: "Andere", en: "Others"}, writein: yes}
  - title: {de: Betrieb, en: Running}
    questions:
      - question: rating
        type: matrix
        text: {de: "Wie zufrieden sind Sie?", en: "How content are you?"}
        options: {1: {de: gar nicht, en: not at all}, 2: {de: teils, en: partly}, 3: {de: sehr, en: very}}
        rows:
          room: {de: mit den Räumen, en: with the rooms}
          money: {de: mit dem Geld, en: with the money}
      - question: staff
        type: number
        text: {de: "Wie viele Ehrenamtliche?", en: "How many volunteers?"}
        cells: 4
        min: "0"
      - question: since
        type: date
        text: {de: "Seit wann?", en: "Since when?"}
      - question: remarks
        type: text
        text: {de: "Was noch?", en: "What else?"}
"""
CARRIERS = {"city": "Stadt", "club": "Verein, Initiative"}
GROUPS = {"kids": "Kinder", "fam": "Familien, Alleinerziehende", "old": "Ältere; auch Hochbetagte"}
RATINGS = {"1": "gar nicht", "2": "teils", "3": "sehr"}
TEXTS = {
    "name": "Wie heißt der Ort?", "carrier": "Wer trägt den Ort?", "groups": "Für wen ist der Ort?", "rating": "Wie zufrieden sind Sie?",
    "room": "mit den Räumen", "money": "mit dem Geld", "staff": "Wie viele Ehrenamtliche?", "since": "Seit wann?", "remarks": "Was noch?",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What one person answered: codes; `carrier` is "other" where a text is beside it."""

    number: int
    token: str
    at: datetime
    name: str
    carrier: str
    carrier_text: str
    groups: tuple[str, ...]
    groups_text: str
    room: str
    money: str
    staff: str
    since: str
    remarks: str

    @property
    def expected(self) -> dict[str, str]:
        """The answers as every importer has to give them; "" where there is none."""
        ticked = [
            code for code in (*GROUPS, "other") if code in (*self.groups, *(["other"] if self.groups_text else []))
        ]
        return {
            "name": self.name,
            "carrier": self.carrier,
            "carrier__other_text": self.carrier_text,
            "groups": " ".join(ticked),
            "groups__other_text": self.groups_text,
            "room": self.room,
            "money": self.money,
            "staff": self.staff,
            "since": self.since,
            "remarks": self.remarks,
        }


def questionnaire(folder: Path) -> Questionnaire:
    """The questionnaire of these answers."""
    path = folder / "orte.yaml"
    path.write_text(YAML, "utf-8")
    return load_questionnaire(path)


def people(count: int, *, seed: int = 1) -> Iterator[Person]:
    """Invented people, one after the other."""
    draw = random.Random(seed)
    for number in range(1, count + 1):
        carrier = draw.choice([*CARRIERS, "other", ""])
        others = draw.random() < 0.2
        yield Person(
            number=number,
            token=f"T{number:06d}",
            at=datetime(2026, 3, 1, 9, 0, 0) + timedelta(minutes=7 * number),  # noqa: DTZ001  a server's clock
            name=draw.choice(["Haus am See", 'Treff "Süd"', "Bürgerhaus; Mitte", "Café Ö, hinten"]) + f" {number}",
            carrier=carrier,
            carrier_text="Stiftung" if carrier == "other" else "",
            groups=tuple(code for code in GROUPS if draw.random() < 0.4),
            groups_text="Zugezogene" if others else "",
            room=draw.choice(["1", "2", "3", ""]),
            money=draw.choice(["1", "2", "3"]),
            staff=str(draw.randrange(0, 60)),
            since=f"20{draw.randrange(10, 25)}-{draw.randrange(1, 13):02d}-{draw.randrange(1, 29):02d}",
            remarks=draw.choice(["", "Zeile eins\nZeile zwei", "=schön", "gut"]),
        )


def written(path: Path, rows: Iterable[Sequence[str]], *, delimiter: str = ",", encoding: str = "utf-8-sig") -> Path:
    """A CSV file, all cells quoted, as most tools write it."""
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return path


def workbook(path: Path, sheets: dict[str, Iterable[Sequence[object]]]) -> Path:
    """An XLSX file; texts are texts, also those that look like formulas."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append([_text_cell(page, value) if isinstance(value, str) else value for value in row])
    book.save(path)
    return path


def _text_cell(page: object, value: str) -> object:
    from openpyxl.cell.cell import WriteOnlyCell

    cell = WriteOnlyCell(page)  # type: ignore[arg-type]  # a write-only sheet, which its type information omits
    cell.value = value
    cell.data_type = "s"
    return cell


# --- LimeSurvey -------------------------------------------------------------------------------------------------------

LIME_OWN = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp")
LIME_CODES = (
    "name", "carrier", "carrier[other]", *(f"groups[{code}]" for code in GROUPS), "groups[other]", "rating[room]", "rating[money]", "staff",
    "since", "remarks",
)  # fmt: skip


def lime_headings(mode: str) -> list[str]:
    """The headings: code, code and text, full or abbreviated text, Expression Manager codes."""
    texts = {
        "carrier[other]": f"{TEXTS['carrier']} [Sonstiges]", "groups[other]": f"{TEXTS['groups']} [Sonstiges]",
        **{f"groups[{code}]": f"{TEXTS['groups']} [{label}]" for code, label in GROUPS.items()},
        **{f"rating[{row}]": f"{TEXTS['rating']} [{TEXTS[row]}]" for row in ("room", "money")},
    }  # fmt: skip
    own = {
        "id": "Antwort ID", "submitdate": "Datum Abgeschickt", "lastpage": "Letzte Seite", "startlanguage": "Start-Sprache",
        "seed": "Zufallsstartwert", "token": "Zugangscode", "startdate": "Datum gestartet", "datestamp": "Datum letzte Aktivität",
    }  # fmt: skip
    full = [texts.get(code, TEXTS.get(code, code)) for code in LIME_CODES]
    match mode:
        case "code":
            return [*LIME_OWN, *LIME_CODES]
        case "underscore":
            return [*LIME_OWN, *(code.replace("[", "_").replace("]", "") for code in LIME_CODES)]
        case "code+text":
            return [
                *(f"{code}. {own[code]}" for code in LIME_OWN),
                *(f"{c}. {t}" for c, t in zip(LIME_CODES, full, strict=True)),
            ]
        case "text":
            return [own[code] for code in LIME_OWN] + full
        case _:
            return [own[code] for code in LIME_OWN] + [_cut(heading) for heading in full]


def _cut(heading: str) -> str:
    """A text of more than 15 characters, cut as LimeSurvey does it; the subquestion behind it stays."""
    text, bracket, rest = heading.partition(" [")
    return (text if len(text) <= 15 else f"{text[:15]}...") + bracket + rest


def lime_row(one: Person, *, words: bool = False, null: str | None = None) -> list[str]:
    """A response, answers as codes or in words."""
    stamp = one.at.strftime("%Y-%m-%d %H:%M:%S")
    carrier = (
        {**CARRIERS, "other": "Sonstiges", "": ""}[one.carrier] if words else one.carrier.replace("other", "-oth-")
    )
    ticks = [
        ("Ja" if code in one.groups else "Nein") if words else "Y" if code in one.groups else "" for code in GROUPS
    ]
    rates = [RATINGS.get(rate, "") if words else rate for rate in (one.room, one.money)]
    remarks = f"'{one.remarks}" if one.remarks.startswith("=") else one.remarks
    return [
        str(one.number), stamp, "2", "de", str(1000 + one.number), one.token, stamp, stamp, one.name, carrier, one.carrier_text, *ticks,
        one.groups_text, *rates, f"{one.staff}.0000000000", f"{one.since} 00:00:00", remarks if null is None else null,
    ]  # fmt: skip


def lime_csv(
    path: Path, ones: Iterable[Person], *, mode: str = "code", words: bool = False, delimiter: str = ","
) -> Path:
    """The CSV export."""
    rows = (lime_row(one, words=words) for one in ones)
    return written(path, _with(lime_headings(mode), rows), delimiter=delimiter)


def _with(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    yield header
    yield from rows


def lime_xlsx(path: Path, ones: Iterable[Person]) -> Path:
    """The XLSX export: numbers are numbers."""
    rows = ([int(row[0]), *row[1:]] for row in (lime_row(one) for one in ones))
    return workbook(path, {"Antworten": [lime_headings("code"), *rows]})


def lime_vv(path: Path, ones: Iterable[Person]) -> Path:
    """The VV file: two headers, tabs, special signs in braces, NULL as a word."""
    signs = {"{": "{lbrace}", "\n": "{newline}", "\r": "{cr}", "\t": "{tab}"}
    lines = ["\t".join(lime_headings("text")), "\t".join(lime_headings("underscore"))]
    for one in ones:
        row = lime_row(one, null=None if one.remarks else "{question_not_shown}")
        cells = [
            cell if cell == "{question_not_shown}" else "".join(signs.get(sign, sign) for sign in cell) for cell in row
        ]
        lines.append("\t".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' if '"' in cell else cell for cell in cells))
    path.write_text("\n".join(lines) + "\n", "utf-8-sig")
    return path


def lime_archive(path: Path, ones: Iterable[Person], *, by_id: bool = False) -> Path:
    """The archive of a survey: its structure and its responses, fields named by numbers (`by_id`: as LimeSurvey 7)."""
    questions = {"name": "S", "carrier": "!", "groups": "M", "rating": "F", "staff": "N", "since": "D", "remarks": "T"}
    numbers = {code: str(at) for at, code in enumerate(questions, start=5)}
    subs = {"groups": list(GROUPS), "rating": ["room", "money"]}
    inner: dict[tuple[str, str], str] = {}
    rows = []
    for code, kind in questions.items():
        rows.append({"qid": numbers[code], "parent_qid": "0", "sid": "123456", "gid": "7", "type": kind, "title": code})
    sub_rows = []
    for parent, codes in subs.items():
        for code in codes:
            inner[parent, code] = str(50 + len(inner))
            sub_rows.append(
                {"qid": inner[parent, code], "parent_qid": numbers[parent], "gid": "7", "title": code, "scale_id": "0"}
            )
    structure = _xml("Survey", {"questions": rows, "subquestions": sub_rows})

    def field(code: str) -> str:
        parent, _, rest = code.partition("[")
        rest = rest.removesuffix("]")
        if by_id:
            sub = inner.get((parent, rest))
            return f"Q{numbers[parent]}" + (f"_S{sub}" if sub else f"_{rest}" if rest else "")
        return f"_123456X7X{numbers[parent]}{rest}"

    names = [*LIME_OWN, *(field(code) for code in LIME_CODES)]
    found = []
    for one in ones:
        row = dict(zip(names, lime_row(one), strict=True))
        if not one.remarks:
            del row[names[-1]]
        found.append(row)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("survey_123456.lss", structure)
        archive.writestr("survey_123456_responses.lsr", _xml("Responses", {"responses": found}, names))
        archive.writestr("survey_123456_tokens.lst", _xml("Tokens", {}))
    return path


def _xml(kind: str, tables: dict[str, list[dict[str, str]]], names: Sequence[str] = ()) -> str:
    out = io.StringIO()
    out.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<document><LimeSurveyDocType>{kind}</LimeSurveyDocType>')
    for table, rows in tables.items():
        fields = "".join(f"<fieldname>{name}</fieldname>" for name in names or (rows[0] if rows else ()))
        out.write(f"<{table}><fields>{fields}</fields><rows>")
        for row in rows:
            out.write("<row>" + "".join(f"<{name}>{escape(value)}</{name}>" for name, value in row.items()) + "</row>")
        out.write(f"</rows></{table}>")
    out.write("</document>")
    return out.getvalue()


# --- Kobo and ODK Central ---------------------------------------------------------------------------------------------


def kobo_csv(
    path: Path, ones: Iterable[Person], *, labels: bool = False, several: str = "both", groups: bool = False
) -> Path:
    """Kobo's export: XML values or labels, several answers in `both`, `details` or `summary`, with or without groups."""
    section = ("Ort/" if labels else "place/") if groups else ""
    running = ("Betrieb/" if labels else "running/") if groups else ""

    def head(code: str) -> str:
        return TEXTS[code] if labels else code

    boxes = [f"{section}{head('groups')}/{GROUPS[code] if labels else code}" for code in GROUPS]
    boxes.append(f"{section}{head('groups')}/{'Andere' if labels else 'other'}")
    columns = [section + head("name"), section + head("carrier"), f"{section}carrier_other"]
    columns += [section + head("groups")] if several != "details" else []
    columns += boxes if several != "summary" else []
    columns += [
        f"{section}groups_other",
        *(running + head(code) for code in ("room", "money", "staff", "since", "remarks")),
    ]
    header = [
        "start",
        "end",
        "token",
        *columns,
        "__version__",
        "_id",
        "_uuid",
        "_submission_time",
        "_validation_status",
        "_index",
    ]

    def row(one: Person) -> list[str]:
        carrier = {**CARRIERS, "other": "Sonstiges", "": ""} if labels else {}
        chosen = [*one.groups, *(["other"] if one.groups_text else [])]
        named = [{**GROUPS, "other": "Andere"}[code] if labels else code for code in reversed(chosen)]
        ticks = ["1" if code in chosen else "0" if chosen else "" for code in (*GROUPS, "other")]
        stamp = one.at.strftime("%Y-%m-%dT%H:%M:%S")
        rates = [RATINGS.get(rate, "") if labels else rate for rate in (one.room, one.money)]
        return [
            f"{stamp}.000+01:00", f"{stamp}.000+01:00", one.token, one.name, carrier.get(one.carrier, one.carrier), one.carrier_text,
            *([" ".join(named)] if several != "details" else []), *(ticks if several != "summary" else []), one.groups_text, *rates,
            one.staff, one.since, one.remarks, "v1", str(1000 + one.number), f"u{one.number}", stamp, "", str(one.number),
        ]  # fmt: skip

    return written(path, _with(header, (row(one) for one in ones)), delimiter=";")


def central_csv(path: Path, ones: Iterable[Person]) -> Path:
    """ODK Central's CSV: groups with a hyphen, several answers in one cell and in columns of their own."""
    header = [
        "SubmissionDate", "place-name", "place-carrier", "place-carrier_other", "place-groups",
        *(f"place-groups/{code}" for code in (*GROUPS, "other")), "place-groups_other", "running-room", "running-money", "running-staff",
        "running-since", "running-remarks", "meta-instanceID", "token", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
        "ReviewState", "DeviceID", "FormVersion",
    ]  # fmt: skip

    def row(one: Person) -> list[str]:
        chosen = [*one.groups, *(["other"] if one.groups_text else [])]
        ticks = ["1" if code in chosen else "0" for code in (*GROUPS, "other")]
        return [
            one.at.strftime("%Y-%m-%dT%H:%M:%S.123Z"), one.name, one.carrier, one.carrier_text, " ".join(chosen), *ticks, one.groups_text,
            one.room, one.money, one.staff, one.since, one.remarks, f"uuid:{one.number:04d}", one.token, f"uuid:{one.number:04d}", "12",
            "Erna", "0", "approved", "device", "1",
        ]  # fmt: skip

    return written(path, _with(header, (row(one) for one in ones)))


# --- REDCap -----------------------------------------------------------------------------------------------------------

RED_CARRIERS = {"1": "city", "2": "club", "99": "other"}
RED_GROUPS = {"1": "kids", "2": "fam", "3": "old", "99": "other"}


def redcap_dictionary(path: Path) -> Path:
    """The data dictionary, 18 columns."""
    header = [
        "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label", "Choices, Calculations, OR Slider Labels",
        "Field Note", "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max", "Identifier?",
        "Branching Logic (Show field only if...)", "Required Field?", "Custom Alignment", "Question Number (surveys only)",
        "Matrix Group Name", "Matrix Ranking?", "Field Annotation",
    ]  # fmt: skip
    named = {**CARRIERS, "other": "Sonstiges"}, {**GROUPS, "other": "Andere"}
    choices = {
        "traeger": " | ".join(f"{code}, {named[0][ours]}" for code, ours in RED_CARRIERS.items()),
        "ziel": " | ".join(f"{code}, {named[1][ours]}" for code, ours in RED_GROUPS.items()),
        "room": " | ".join(f"{code}, {label}" for code, label in RATINGS.items()),
        "money": " | ".join(f"{code}, {label}" for code, label in RATINGS.items()),
    }
    fields = {"record_id": "Record ID", "name": TEXTS["name"], "traeger": TEXTS["carrier"], "ziel": TEXTS["groups"]}
    fields |= {code: TEXTS[code] for code in ("room", "money", "staff", "since", "remarks")}
    rows = [[name, "orte", "", "text", label, choices.get(name, ""), *[""] * 12] for name, label in fields.items()]
    return written(path, [header, *rows])


def redcap_csv(path: Path, ones: Iterable[Person], *, labels: bool = False) -> Path:
    """The export of a survey, raw or labelled: codes that are not ours, boxes in columns of their own."""
    shown = {**GROUPS, "other": "Andere"}
    if labels:
        boxes = [f"{TEXTS['groups']} (choice={shown[ours]})" for ours in RED_GROUPS.values()]
        heads = [
            "Record ID",
            "Survey Identifier",
            "Survey Timestamp",
            TEXTS["name"],
            TEXTS["carrier"],
            "carrier_other",
            *boxes,
        ]
        heads += [
            "groups_other",
            *(TEXTS[code] for code in ("room", "money", "staff", "since", "remarks")),
            "token",
            "Complete?",
        ]
    else:
        heads = ["record_id", "redcap_survey_identifier", "orte_timestamp", "name", "traeger", "carrier_other"]
        heads += [f"ziel___{code}" for code in RED_GROUPS]
        heads += ["groups_other", "room", "money", "staff", "since", "remarks", "token", "orte_complete"]

    def row(one: Person) -> list[str]:
        chosen = [*one.groups, *(["other"] if one.groups_text else [])]
        code = next((red for red, ours in RED_CARRIERS.items() if ours == one.carrier), "")
        carrier = {**CARRIERS, "other": "Sonstiges", "": ""}[one.carrier] if labels else code
        yes, no = ("Checked", "Unchecked") if labels else ("1", "0")
        rates = [RATINGS.get(rate, "") if labels else rate for rate in (one.room, one.money)]
        return [
            str(one.number), "", one.at.strftime("%Y-%m-%d %H:%M:%S"), one.name, carrier, one.carrier_text,
            *(yes if ours in chosen else no for ours in RED_GROUPS.values()), one.groups_text, *rates, one.staff, one.since, one.remarks,
            one.token, "Complete" if labels else "2",
        ]  # fmt: skip

    return written(path, _with(heads, (row(one) for one in ones)))


# --- Google Forms and Microsoft Forms ---------------------------------------------------------------------------------


def _in_words(one: Person, separator: str) -> list[str]:
    """The answers as both write them: labels, several joined, the text of "other" instead of its label."""
    carrier = one.carrier_text or CARRIERS.get(one.carrier, "")
    several = separator.join([*(GROUPS[code] for code in one.groups), *([one.groups_text] if one.groups_text else [])])
    return [one.name, carrier, several, RATINGS.get(one.room, ""), RATINGS[one.money], one.staff]


def google_csv(path: Path, ones: Iterable[Person], *, sheet: bool = False, joined: str = ";") -> Path:
    """The CSV of a form (year first, with the offset), or that of its German sheet (day first)."""
    header = [
        "Zeitstempel" if sheet else "Timestamp", "E-Mail-Adresse" if sheet else "Username", "token", TEXTS["name"], TEXTS["carrier"],
        TEXTS["groups"], f"{TEXTS['rating']} [{TEXTS['room']}]", f"{TEXTS['rating']} [{TEXTS['money']}]", TEXTS["staff"], TEXTS["since"],
        TEXTS["remarks"],
    ]  # fmt: skip

    def row(one: Person) -> list[str]:
        stamp = one.at.strftime("%d.%m.%Y %H:%M:%S" if sheet else "%Y/%m/%d %I:%M:%S %p GMT+1")
        year, month, day = one.since.split("-")
        since = f"{day}.{month}.{year}" if sheet else one.since
        return [stamp, "erna@nord.example", one.token, *_in_words(one, joined), since, one.remarks]

    return written(path, _with(header, (row(one) for one in ones)), encoding="utf-8")


def microsoft_xlsx(path: Path, ones: Iterable[Person]) -> Path:
    """The workbook of a form: moments are moments, lists end with a semicolon, rows of a table have no table before."""
    header = ["ID", "Startzeit", "Fertigstellungszeit", "E-Mail", "Name", "Sprache", "Zugangscode"]
    header += [TEXTS[code] for code in ("name", "carrier", "groups", "room", "money", "staff", "since", "remarks")]
    rows: list[Sequence[object]] = [header]
    for one in ones:
        cells = _in_words(one, ";")
        cells[2] += ";" if cells[2] else ""
        since = datetime.fromisoformat(one.since)
        rows.append(
            [
                one.number,
                one.at,
                one.at,
                "anonymous",
                None,
                "Deutsch",
                one.token,
                *cells[:5],
                int(one.staff),
                since,
                one.remarks,
            ]
        )
    return workbook(path, {"Sheet1": rows})


# --- SoSci Survey -----------------------------------------------------------------------------------------------------

SOSCI = {
    "OR01_01": f"{TEXTS['name']}", "OR02": TEXTS["carrier"], "OR02_03": f"{TEXTS['carrier']}: Sonstiges", "OR03": "Für wen: Anzahl",
    "OR03_01": f"{TEXTS['groups']}: Kinder", "OR03_02": f"{TEXTS['groups']}: Familien, Alleinerziehende",
    "OR03_03": f"{TEXTS['groups']}: Ältere; auch Hochbetagte", "OR03_04": f"{TEXTS['groups']}: Andere",
    "OR03_04a": f"{TEXTS['groups']}: Andere", "OR04_01": f"{TEXTS['rating']}: {TEXTS['room']}",
    "OR04_02": f"{TEXTS['rating']}: {TEXTS['money']}", "OR05_01": TEXTS["staff"], "OR06_01": TEXTS["since"], "OR07_01": TEXTS["remarks"],
}  # fmt: skip


def sosci_csv(path: Path, ones: Iterable[Person], *, labels: bool = True, utf16: bool = True) -> Path:
    """The data as CSV for spreadsheets: UTF-16 with tabs, with or without a row of labels."""
    own = ["CASE", "SERIAL", "REF", "QUESTNNR", "MODE", "STARTED"]
    behind = ["TIME001", "TIME_SUM", "LASTDATA", "FINISHED", "Q_VIEWER", "LASTPAGE", "MAXPAGE"]
    header = [*own, *SOSCI, *behind]
    said = ["Interview-Nummer (fortlaufend)", *own[1:], *SOSCI.values(), *behind]

    def row(one: Person) -> list[str]:
        stamp = one.at.strftime("%Y-%m-%d %H:%M:%S")
        chosen = [*one.groups, *(["other"] if one.groups_text else [])]
        carrier = {"city": "1", "club": "2", "other": "3", "": "-9"}[one.carrier]
        ticks = ["2" if code in chosen else "1" for code in (*GROUPS, "other")]
        return [
            str(one.number), one.token, "", "base", "interview", stamp, one.name, carrier, one.carrier_text, str(len(chosen)), *ticks,
            one.groups_text, one.room or "-9", one.money, one.staff, one.since, one.remarks, "12", "30", stamp, "1", "0", "2", "2",
        ]  # fmt: skip

    rows = (row(one) for one in ones)
    return written(
        path,
        _with(header, _with(said, rows) if labels else rows),
        delimiter="\t",
        encoding="utf-16" if utf16 else "utf-8-sig",
    )


def sosci_values(path: Path) -> Path:
    """The file of values: what the codes of each variable mean."""
    rows = [
        ("OR02", "1", "Stadt"),
        ("OR02", "2", "Verein, Initiative"),
        ("OR02", "3", "Sonstiges"),
        ("OR02", "-9", "nicht beantwortet"),
    ]
    for variable in ("OR04_01", "OR04_02"):
        rows += [(variable, code, label) for code, label in RATINGS.items()] + [(variable, "-9", "nicht beantwortet")]
    return written(path, [("VAR", "RESPONSE", "MEANING"), *rows], delimiter="\t", encoding="utf-16")


FILES: dict[str, Callable[[Path, Iterable[Person]], Path]] = {
    "limesurvey": lime_csv,
    "kobo": kobo_csv,
    "redcap": redcap_csv,
    "google-forms": google_csv,
    "microsoft-forms": microsoft_xlsx,
    "sosci": sosci_csv,
}
