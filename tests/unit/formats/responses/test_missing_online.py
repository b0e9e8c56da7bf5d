"""Why there is no answer: the same situation has the same code however the export is headed and written, and on
paper.
"""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from scanform.assemble import AcceptSettings, FormPages, assemble
from scanform.filters import Known, beside, is_asked
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.responses.importers import read_export
from scanform.model.geometry import A4, RectMm, RectPx
from scanform.model.layout import Layout, PageLayout, Zone, ZoneKind
from scanform.model.page import Identity, PageRef
from scanform.model.questionnaire import Condition, Filled
from scanform.model.reading import Candidate, FieldReading, PageReading
from scanform.model.response import Missing

SAMPLE = Path(__file__).parents[4] / "samples" / "begegnungsorte-limesurvey.csv"
TEMPLATE = Path(__file__).parents[4] / "templates" / "begegnungsorte.yaml"

YAML = """
code: small
version: "1"
languages: [de, en]
title: {de: Test, en: Test}
sections:
  - title: {de: Eins, en: One}
    questions:
      - {question: open, type: single, text: {de: Offen, en: Open}, options: {yes: {de: Ja, en: "Yes"}, no: {de: Nein, en: "No"}}}
      - {question: days, type: number, text: {de: Tage, en: Days}, cells: 1, only_if: {open: yes}}
      - {question: name, type: text, text: {de: Name, en: Name}}
  - title: {de: Zwei, en: Two}
    questions:
      - question: help
        type: multiple
        text: {de: Hilfen, en: Aids}
        options: {lift: {de: Aufzug, en: Lift}, ramp: {de: Rampe, en: Ramp}, other: {text: {de: anderes, en: other}, writein: yes}}
      - {question: seats, type: number, text: {de: Plätze, en: Seats}, cells: 3}
      - {question: pay, type: single, text: {de: Geld, en: Money}, options: {free: {de: frei, en: free}, fee: {de: Gebühr, en: fee}}}
  - title: {de: Drei, en: Three}
    questions:
      - {question: sum, type: number, text: {de: Summe, en: Sum}, cells: 3, only_if: {pay: fee}}
      - {question: wish, type: text, text: {de: Wunsch, en: Wish}}
"""
COLUMNS = ("open", "days", "name", "help[lift]", "help[ramp]", "help[other]", "seats", "pay", "sum", "wish")
TEXTS = {
    "open": "Offen",
    "days": "Tage",
    "name": "Name",
    "help[lift]": "Hilfen [Aufzug]",
    "help[ramp]": "Hilfen [Rampe]",
    "help[other]": "Hilfen [Sonstiges]",
    "seats": "Plätze",
    "pay": "Geld",
    "sum": "Summe",
    "wish": "Wunsch",
}
HEADINGS = {"codes": {}, "both": {code: f"{code}. {words}" for code, words in TEXTS.items()}, "texts": TEXTS}
LABELS = {"open": {"yes": "Ja", "no": "Nein"}, "pay": {"free": "frei", "fee": "Gebühr"}}
NOT_REACHED, FILTERED, NO_ANSWER, NOT_IN_VERSION = (
    Missing.NOT_REACHED,
    Missing.FILTERED,
    Missing.NO_ANSWER,
    Missing.NOT_IN_VERSION,
)
NULL = None
WHOLE = {
    "open": "yes",
    "days": "5",
    "name": "Treff",
    "help[lift]": "Y",
    "seats": "40",
    "pay": "fee",
    "sum": "12",
    "wish": "Bänke",
}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    path = tmp_path_factory.mktemp("survey") / "small.yaml"
    path.write_text(YAML, encoding="utf-8")
    return load_questionnaire(path)


def cell(code, value, *, full, tells):
    """A cell as LimeSurvey writes it: NULL without quotation marks where the file tells it, N/A where answers stand
    in words.
    """
    if code.startswith("help[") and code != "help[other]" and full:
        return '"N/A"' if value is NULL else '"Ja"' if value else '"Nein"'
    if value is NULL:
        return "" if tells else '"N/A"' if full else '""'
    return '"' + (LABELS.get(code, {}).get(value, value) if full else value) + '"'


def export(folder, rows, *, headings="codes", full=False, tells=False, without=()):
    """An export of rows (dicts by column; what is left out was shown and left empty, NULL was not shown)."""
    columns = [code for code in COLUMNS if code not in without]
    lines = [
        ",".join(
            f'"{name}"'
            for name in ("id", "submitdate", "lastpage", *(HEADINGS[headings].get(code, code) for code in columns))
        )
    ]
    for number, row in enumerate(rows, start=1):
        system = [f'"{number}"', f'"{row.get("submitdate", "2025-06-10 10:00:00")}"', f'"{row.get("lastpage", "3")}"']
        lines.append(",".join(system + [cell(code, row.get(code, ""), full=full, tells=tells) for code in columns]))
    path = Path(folder) / "export.csv"
    path.write_bytes(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8-sig"))
    return path


def codes(response):
    return {answer.column: answer.missing for answer in response.answers}


LEFT = {"submitdate": "", "lastpage": "1", "open": "yes", "days": "5", "name": "Treff"} | dict.fromkeys(COLUMNS[3:])
SITUATIONS = {
    "broken off after the first page": (
        LEFT,
        {"name": None, **dict.fromkeys(("help", "help__other_text", "seats", "pay", "sum", "wish"), NOT_REACHED)},
    ),
    "broken off, with something left empty before": (
        LEFT | {"days": "", "help[lift]": "Y", "help[ramp]": "", "help[other]": "", "lastpage": "1"},
        {"days": NO_ANSWER, "help": None, "help__other_text": FILTERED, "seats": NOT_REACHED, "sum": NOT_REACHED},
    ),
    "broken off, and filtered before": (LEFT | {"open": "no", "days": NULL}, {"days": FILTERED, "seats": NOT_REACHED}),
    "broken off where the filter says no": (
        LEFT | {"lastpage": "2", "pay": "free", "seats": "4", "help[ramp]": "Y"},
        {"sum": FILTERED, "wish": NOT_REACHED},
    ),
    "opened and left": (
        {"submitdate": "", "lastpage": ""} | dict.fromkeys(COLUMNS),
        dict.fromkeys(("open", "days", "name", "help", "seats", "pay", "sum", "wish"), NOT_REACHED),
    ),
    "sent off, filtered": (
        WHOLE | {"open": "no", "days": NULL, "pay": "free", "sum": NULL},
        {"days": FILTERED, "sum": FILTERED},
    ),
    "sent off, the filter left empty": (WHOLE | {"open": "", "days": NULL}, {"open": NO_ANSWER, "days": NO_ANSWER}),
    "sent off, left empty": (
        WHOLE | {"name": "", "seats": "", "days": ""},
        {"name": NO_ANSWER, "seats": NO_ANSWER, "days": NO_ANSWER},
    ),
    "sent off, nothing ticked": (WHOLE | {"help[lift]": ""}, {"help": NO_ANSWER, "help__other_text": NO_ANSWER}),
    "sent off, another option ticked": (WHOLE, {"help": None, "help__other_text": FILTERED}),
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("headings", HEADINGS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("tells", [False, True])
def test_one_situation_has_one_code(tmp_path, survey, situation, headings, full, tells):
    """Headings, codes or words, and whether the file tells NULL from empty change nothing."""
    row, expected = SITUATIONS[situation]
    found = read_export(export(tmp_path, [row, WHOLE], headings=headings, full=full, tells=tells), survey)
    assert {column: codes(found.responses[0])[column] for column in expected} == expected
    assert found.responses[1].complete


def test_what_was_left_out_online_was_not_shown(tmp_path, survey):
    """A question without a filter of ours that the survey did not show: -2, where the file tells it; else nobody
    knows, and it is left empty.
    """
    for tells, code in ((True, FILTERED), (False, NO_ANSWER)):
        found = read_export(export(tmp_path, [WHOLE | {"seats": NULL}, WHOLE | {"name": ""}], tells=tells), survey)
        assert codes(found.responses[0])["seats"] is code


def test_the_last_page_says_what_was_sent_off(tmp_path, survey):
    """Where pages are sections, all of a page that was sent off was seen; without anybody who came to the end nobody
    knows what the pages are.
    """
    row = LEFT | {"name": "", "lastpage": "1"}
    assert codes(read_export(export(tmp_path, [row, WHOLE]), survey).responses[0])["name"] is NO_ANSWER
    assert codes(read_export(export(tmp_path, [row]), survey).responses[0])["name"] is NOT_REACHED
    assert (
        codes(read_export(export(tmp_path, [row, WHOLE | {"lastpage": "11"}]), survey).responses[0])["name"]
        is NOT_REACHED
    )
    on_the_last = {"submitdate": "", "lastpage": "3", "open": "yes", "days": "5", "name": "Treff"} | dict.fromkeys(
        COLUMNS[3:]
    )
    found = codes(read_export(export(tmp_path, [on_the_last, WHOLE]), survey).responses[0])
    assert (found["seats"], found["wish"]) == (NO_ANSWER, NOT_REACHED)


def test_an_export_without_the_time_of_submission_tells_no_break_off(tmp_path, survey):
    """Nobody knows then who came to the end."""
    path = export(tmp_path, [LEFT])
    path.write_text(
        path.read_text("utf-8-sig").replace('"submitdate",', "").replace('"1","","1"', '"1","1"'), encoding="utf-8"
    )
    assert codes(read_export(path, survey).responses[0])["wish"] is NO_ANSWER


@pytest.mark.parametrize("full", [False, True])
def test_an_option_that_was_not_offered(tmp_path, survey, full):
    """A box without a column was not offered to anybody, whether they ticked another one or none, or broke off."""
    rows = [WHOLE, WHOLE | {"help[lift]": ""}, LEFT]
    found = read_export(export(tmp_path, rows, full=full, without=("help[ramp]",)), survey)
    answers = [response.answer("help") for response in found.responses]
    assert [(one.value, one.missing, one.not_offered) for one in answers] == [
        ("lift", None, ("ramp",)), ("", NO_ANSWER, ("ramp",)), ("", NOT_REACHED, ("ramp",)),
    ]  # fmt: skip


def test_the_sample_that_was_broken_off():
    """Response 21 ends after the second of five sections; what it left empty before is left empty, what its filter
    excludes is filtered.
    """
    survey = load_questionnaire(TEMPLATE)
    (response,) = (one for one in read_export(SAMPLE, survey).responses if one.id == "online-21")
    found = codes(response)
    assert (found["quarter"], found["staffhours"], found["uses"], found["uses__other_text"]) == (
        NO_ANSWER,
        FILTERED,
        None,
        FILTERED,
    )
    later = [
        question.code
        for section in survey.sections[2:]
        for item in section.items
        for question in getattr(item, "rows", (item,))
        if hasattr(item, "code")
    ]
    assert {found[code] for code in later} == {NOT_REACHED, NOT_IN_VERSION}
    assert [code for code in later if found[code] is NOT_IN_VERSION] == ["signature"]


# --- the same on paper ------------------------------------------------------------------------------------------------


def on_paper(survey, ticked, written, *, pages=(1, 2, 3), drop=()):
    """The response of a paper form with these boxes ticked and these cells filled; each section is a page."""
    layouts, readings = [], {}
    for number, section in enumerate(survey.sections, start=1):
        zones, fields = [], []
        for question in section.items:
            parts = [option.code for option in question.options] or [None]
            for option in parts:
                zones.append(
                    zone(f"{question.code}.{option}", question.code, option, ZoneKind.MARK if option else ZoneKind.COMB)
                )
                full = (question.code, option) in ticked if option else question.code in written
                value = ("marked" if full else "empty") if option else written.get(question.code, "")
                fields.append(reading(zones[-1].id, value))
            for option in question.options:
                if option.writein:
                    zones.append(
                        zone(f"{question.code}.{option.code}t", question.code, option.code, ZoneKind.HANDWRITING)
                    )
                    fields.append(reading(zones[-1].id, ""))
        kept = [one for one in zones if one.id not in drop]
        layouts.append(PageLayout(number=number, size=A4, blank="", fiducials=(), codes=(), zones=tuple(kept)))
        if number in pages:
            ref = PageRef(sha256="a" * 64, path="a.pdf", index=number - 1)
            readings[number] = PageReading(
                ref=ref,
                identity=Identity(digest="AAAAA", instance="0000000", page=number, pages=3),
                fields=tuple(fields),
            )
    layout = Layout(
        questionnaire="small",
        version="1",
        language="de",
        variant="standard",
        digest="AAAAA",
        filled=Filled.WITHDRAWN,
        pages=tuple(layouts),
    )
    form = FormPages(form_id="F", token=None, received_at="", pages=readings, copy=False, expected_pages=3)
    return assemble(form, survey, layout, AcceptSettings())


def zone(name, question, option, kind):
    return Zone(id=name, question=question, option=option, kind=kind, rect=RectMm(x=0, y=0, w=5, h=5))


def reading(name, value):
    return FieldReading(
        zone=name,
        value=value,
        confidence=0.99999,
        candidates=(Candidate(value=value, probability=0.99999),),
        box=RectPx(x=0, y=0, w=5, h=5),
        reader="test",
    )


NOTHING_ELSE = WHOLE | {"help[lift]": "", "days": ""}
SAME = {
    "filtered": ({("open", "no")}, NOTHING_ELSE | {"open": "no", "days": NULL}),
    "the filter left empty": (set(), NOTHING_ELSE | {"open": "", "days": NULL}),
    "left empty, nothing ticked": ({("open", "yes")}, NOTHING_ELSE),
    "ticked": ({("open", "yes"), ("help", "lift")}, NOTHING_ELSE | {"help[lift]": "Y"}),
}


@pytest.mark.parametrize("situation", SAME)
def test_paper_and_online_say_the_same(tmp_path, survey, situation):
    """Boxes and cells on paper, and the same answers online."""
    ticked, row = SAME[situation]
    paper = codes(on_paper(survey, ticked, {}))
    online = codes(read_export(export(tmp_path, [row, WHOLE], tells=True), survey).responses[0])
    compared = ("open", "days", "help", "help__other_text")
    assert {column: paper[column] for column in compared} == {column: online[column] for column in compared}


def test_pages_that_are_missing_stay_missing(survey):
    """A missing page is -7, never left empty, and filters nothing."""
    paper = codes(on_paper(survey, {("open", "yes")}, {}, pages=(1, 3)))
    assert (paper["pay"], paper["sum"], paper["help"]) == (Missing.PAGE_MISSING, NO_ANSWER, Missing.PAGE_MISSING)


def test_a_box_that_the_form_does_not_have_was_not_offered(survey):
    """As online, where an option has no column."""
    found = on_paper(survey, {("open", "yes"), ("help", "lift")}, {}, drop=("help.ramp",)).answer("help")
    assert (found.value, found.not_offered) == ("lift", ("ramp",))


def test_filters_of_filters(survey):
    """What hangs on a question that was filtered itself does not apply; what hangs on one that nobody answered may."""
    days = survey.question("days")
    third = replace(survey.question("seats"), only_if=Condition(question="days", options=("5",)))
    assert is_asked(days, {"open": Known(value="no")}) is False
    assert is_asked(third, {"days": Known(missing=FILTERED)}) is False
    assert is_asked(third, {"days": Known(missing=NO_ANSWER)}) is None
    assert is_asked(third, {"days": Known(missing=NOT_REACHED)}) is None
    assert is_asked(third, {"days": Known(value="5", settled=False)}) is None
    assert is_asked(third, {"days": Known(value="5", asked=False)}) is False
    assert is_asked(days, {}) is None


def test_text_beside_an_option():
    """It applies where the option is ticked, and cannot be told where nothing is."""
    assert [beside("other", Known(value=value)) for value in ("other", "lift other", "lift", "")] == [
        NO_ANSWER,
        NO_ANSWER,
        FILTERED,
        NO_ANSWER,
    ]
    assert [beside("other", Known(missing=missing)) for missing in (FILTERED, NOT_REACHED, Missing.PAGE_MISSING)] == [
        FILTERED,
        NOT_REACHED,
        NO_ANSWER,
    ]


def test_quotation_marks_of_a_spreadsheet_tell_nothing(tmp_path, survey):
    """A file in which only some values have quotation marks makes no difference between NULL and empty."""
    text = io.StringIO()
    out = csv.writer(text)
    out.writerow(["id", "submitdate", *COLUMNS])
    out.writerow(["1", "2025-06-10 10:00:00", *("a, b" if code == "name" else "" for code in COLUMNS)])
    path = tmp_path / "x.csv"
    path.write_text(text.getvalue(), encoding="utf-8")
    assert codes(read_export(path, survey).responses[0])["seats"] is NO_ANSWER
