"""How a column is read is decided once, from all its rows: dates, numbers, codes or words, encodings and separators."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.errors import InputError
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.responses import csv_io, mojibake, moments, numerals
from scanform.formats.responses.importers import read_export
from scanform.model.column_format import Basis, FormatChoices, FormatKind, Reading
from scanform.model.response import Missing

YAML = """
code: small
version: "1"
languages: [de, en]
title: {de: Test, en: Test}
sections:
  - title: {de: Eins, en: One}
    questions:
      - question: score
        type: single
        text: {de: "Wie viele Räume?", en: "How many rooms?"}
        options: {1: "0", 2: "1", 3: "2", 4: "3"}
      - question: area
        type: decimal
        text: {de: Fläche, en: Area}
        cells: [6, 2]
      - question: size
        type: number
        text: {de: Größe, en: Size}
        cells: 6
        unit: {de: m², en: m²}
      - question: since
        type: date
        text: {de: "Seit wann?", en: "Since when?"}
      - question: town
        type: text
        text: {de: Ort, en: Town}
      - question: plz
        type: digits
        text: {de: PLZ, en: Postcode}
        cells: 5
  - title: {de: Zwei, en: Two}
    questions:
      - question: help
        type: multiple
        text: {de: "Hilfen: welche?", en: "Which aids?"}
        options:
          lift: {de: Aufzug, en: Lift}
          ramp: {de: Rampe, en: Ramp}
          other: {text: {de: "anderes:", en: "other:"}, writein: yes}
      - question: owner
        type: single
        text: {de: Träger, en: Carrier}
        options:
          city: {de: Stadt, en: City}
          firm: {text: {de: "anderer:", en: "another:"}, writein: yes}
"""
CODES = (
    "score",
    "area",
    "size",
    "since",
    "town",
    "plz",
    "help[lift]",
    "help[ramp]",
    "help[other]",
    "owner",
    "owner[other]",
)
SYSTEM = ("id", "submitdate", "startdate", "datestamp")
ROW = {"submitdate": "2025-06-10 10:27:41", "startdate": "2025-06-10 10:18:07", "datestamp": "2025-06-10 10:27:41"}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    path = tmp_path_factory.mktemp("survey") / "small.yaml"
    path.write_text(YAML, encoding="utf-8")
    return load_questionnaire(path)


def written(folder, rows, *, delimiter=",", encoding="utf-8-sig", quoting=csv.QUOTE_ALL, headings=None, first=""):
    """An export with these rows (dicts by code); `headings` renames columns, `first` is a line before them."""
    names = (*SYSTEM, *CODES)
    text = io.StringIO()
    out = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator="\r\n")
    out.writerow([(headings or {}).get(name, name) for name in names])
    out.writerows(
        [{"id": str(number), **ROW, **row}.get(name, "") for name in names] for number, row in enumerate(rows, start=1)
    )
    path = Path(folder) / "export.csv"
    path.write_bytes((first + text.getvalue()).encode(encoding))
    return path


def column(found, code):
    """What the column says, row by row, whatever order the responses have."""
    return [
        response.answer(code).value
        for response in sorted(found.responses, key=lambda one: int(one.id.removeprefix("online-")))
    ]


def said(column, kind, reading):
    return FormatChoices(said={(column, FormatKind(kind)): reading})


# --- dates ------------------------------------------------------------------------------------------------------------


def test_one_row_decides_the_order_of_all(tmp_path, survey):
    """13 can be no month: then 6/1/2025 is the first of June; with 13/06 it is the sixth of January."""
    for proof, expected in (("6/13/2025", ["2025-06-01", "2025-06-13"]), ("13/6/2025", ["2025-01-06", "2025-06-13"])):
        found = read_export(written(tmp_path, [{"since": "6/1/2025 00:00"}, {"since": proof}]), survey)
        assert (column(found, "since"), found.problems) == (expected, ())
        assert [(one.column, one.basis) for one in found.decisions] == [("since", Basis.PROVEN)]


def test_dates_that_no_row_decides_are_asked_for(tmp_path, survey):
    """Both readings are shown, nothing is read; what a person says holds for the whole column."""
    path = written(tmp_path, [{"since": "6/1/2025 00:00"}, {"since": "6/12/2025"}])
    found = read_export(path, survey)
    (still,) = found.still_open
    assert found.responses == ()
    assert (still.column, still.row, dict(still.readings)) == (
        "since",
        2,
        {"day-month": "2025-01-06", "month-day": "2025-06-01"},
    )
    assert column(read_export(path, survey, choices=said("since", "dates", "month-day")), "since") == [
        "2025-06-01",
        "2025-06-12",
    ]
    assert column(read_export(path, survey, choices=said("", "dates", "day-month")), "since") == [
        "2025-01-06",
        "2025-12-06",
    ]
    kept = FormatChoices(kept={("since", FormatKind.DATES): "month-day"})
    again = read_export(path, survey, choices=kept)
    assert (column(again, "since"), again.decisions[0].basis) == (["2025-06-01", "2025-06-12"], Basis.KEPT)


def test_cells_that_contradict_each_other_are_asked_for_whatever_held_before(tmp_path, survey):
    """A spreadsheet that turned only some dates round leaves both orders in a column: a person says which, and the
    others are named.
    """
    path = written(tmp_path, [{"since": "13/6/2025"}, {"since": "6/14/2025"}])
    found = read_export(path, survey, choices=FormatChoices(kept={("since", FormatKind.DATES): "month-day"}))
    assert found.still_open[0].contradictory
    told = read_export(path, survey, choices=said("since", "dates", "day-month"))
    assert column(told, "since") == ["2025-06-13", "6/14/2025"]
    assert [problem.slug for problem in told.problems] == ["bad-date"]
    other = read_export(path, survey, choices=said("since", "dates", "month-day"))
    assert (column(other, "since"), [problem.slug for problem in other.problems]) == (
        ["13/6/2025", "2025-06-14"],
        ["bad-date"],
    )


def test_what_a_person_says_against_the_cells_is_refused(tmp_path, survey):
    """Day before month cannot be where 6/13/2025 stands."""
    found = read_export(
        written(tmp_path, [{"since": "6/13/2025"}]), survey, choices=said("since", "dates", "day-month")
    )
    assert (found.misfits, found.responses) == ((("since", "day-month", "6/13/2025", 2),), ())


def test_stamps_are_decided_together_and_questions_by_themselves(tmp_path, survey):
    """LimeSurvey writes its stamps in one way, so one of them decides for all; a question is a column of its own."""
    rows = [
        {
            "submitdate": "6/10/2025 10:27",
            "startdate": "6/9/2025 10:18",
            "datestamp": "6/13/2025 10:27",
            "since": "6/1/2025",
        }
    ]
    found = read_export(written(tmp_path, rows), survey)
    assert [one.column for one in found.still_open] == ["since"]
    assert {one.column: one.reading for one in found.decisions} == {
        "submitdate": "month-day",
        "startdate": "month-day",
        "datestamp": "month-day",
    }


STAMPS = {
    "2025-06-10 10:27:41.123": "2025-06-10T10:27:41+00:00",
    "2025-06-10T10:27:41+02:00": "2025-06-10T08:27:41+00:00",
    "2025-06-10T10:27Z": "2025-06-10T10:27:00+00:00",
    "10.06.2025 10:27": "2025-06-10T10:27:00+00:00",
    "10.06.25 10:27": "2025-06-10T10:27:00+00:00",
    "2025/06/10 10:27": "2025-06-10T10:27:00+00:00",
    "45818.43": "2025-06-10T10:19:12+00:00",
    "45818,43": "2025-06-10T10:19:12+00:00",
    "13/06/2025 10:27 PM": "2025-06-13T22:27:00+00:00",
}


@pytest.mark.parametrize("stamp", STAMPS)
def test_times_of_receipt_are_read_or_named(tmp_path, survey, stamp):
    """Milliseconds, offsets, spreadsheet days and German dates are times; what is none is named, with the last
    action instead.
    """
    assert read_export(written(tmp_path, [{"submitdate": stamp}]), survey).responses[0].received_at == STAMPS[stamp]


def test_a_time_that_is_none_is_named(tmp_path, survey):
    """The last action counts instead, and not in silence; NULL is no time at all."""
    found = read_export(written(tmp_path, [{"submitdate": "gestern"}, {"submitdate": "NULL"}]), survey)
    assert [(problem.slug, dict(problem.params)["value"]) for problem in found.problems] == [("bad-time", "gestern")]
    assert [(one.received_at[:10], one.complete) for one in found.responses] == [
        ("2025-06-10", True),
        ("2025-06-10", False),
    ]


def test_the_server_has_a_time_zone_with_summer_time(tmp_path, survey):
    """Half past midnight in Berlin is the evening before in UTC; an hour that came twice is named."""
    rows = [
        {"submitdate": "2025-06-10 00:30:00"},
        {"submitdate": "2025-01-10 00:30:00"},
        {"submitdate": "2025-10-26 02:30:00"},
    ]
    found = read_export(written(tmp_path, rows), survey, zone=ZoneInfo("Europe/Berlin"))
    assert [one.received_at for one in found.responses] == [
        "2025-06-09T22:30:00+00:00",
        "2025-01-09T23:30:00+00:00",
        "2025-10-26T00:30:00+00:00",
    ]
    assert [problem.slug for problem in found.problems] == ["time-twofold"]
    assert found.facts["online-1"].submitdate == "2025-06-10T00:30:00"


DATE_STYLES = {
    "iso": "{y:04d}-{m:02d}-{d:02d}",
    "limesurvey": "{y:04d}-{m:02d}-{d:02d} 00:00:00",
    "german": "{d:02d}.{m:02d}.{y:04d}",
    "british": "{d:02d}/{m:02d}/{y:04d}",
    "american": "{m}/{d}/{y:04d} 00:00",
    "dashes": "{d:02d}-{m:02d}-{y:04d}",
    "slashes": "{y:04d}/{m:02d}/{d:02d}",
}


@settings(deadline=None, max_examples=150)
@given(
    dates=st.lists(st.dates(date(1955, 1, 1), date(2098, 12, 31)), min_size=1, max_size=8),
    style=st.sampled_from(sorted(DATE_STYLES)),
)
def test_a_column_of_dates_reads_back_the_same_or_asks(dates, style):
    """Whatever the style: either all dates come back, or the column is open and the true order is among those
    offered.
    """
    cells = [DATE_STYLES[style].format(y=one.year, m=one.month, d=one.day) for one in dates]
    allowed, _, _ = moments.orders(cells)
    true = {
        "american": Reading.MONTH_DAY,
        "german": Reading.DAY_MONTH,
        "british": Reading.DAY_MONTH,
        "dashes": Reading.DAY_MONTH,
    }.get(style)
    assert not allowed or true in allowed
    order = true if len(allowed) > 1 else next(iter(allowed), None)
    assert [moments.read(cell, order).clock.date() for cell in cells] == dates


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_decimal_and_thousands_signs_are_decided_from_all_rows(tmp_path, survey):
    """1.234 beside 12,5 is over a thousand; beside 12.5 it is little more than one; alone nobody knows."""
    comma = read_export(written(tmp_path, [{"area": "1.234"}, {"area": "12,5"}, {"area": "7"}]), survey)
    assert column(comma, "area") == ["1234", "12.5", "7"]
    point = read_export(written(tmp_path, [{"area": "1.234"}, {"area": "12.5"}, {"area": "1,000.5"}]), survey)
    assert column(point, "area") == ["1.234", "12.5", "1000.5"]
    alone = read_export(written(tmp_path, [{"area": "1.234"}]), survey)
    assert dict(alone.still_open[0].readings) == {"decimal-comma": "1234", "decimal-point": "1.234"}
    assert column(
        read_export(written(tmp_path, [{"area": "1.234"}]), survey, choices=said("area", "numbers", "decimal-comma")),
        "area",
    ) == ["1234"]


def test_whole_numbers_have_no_decimals(tmp_path, survey):
    """1.250 square metres are 1250 where only whole numbers can be; 1.000 may be one or a thousand; a postcode is no
    number.
    """
    assert column(read_export(written(tmp_path, [{"size": "1.250"}, {"size": "40"}]), survey), "size") == ["1250", "40"]
    assert read_export(written(tmp_path, [{"size": "1.000"}]), survey).still_open[0].column == "size"
    assert column(read_export(written(tmp_path, [{"size": "40.0000000000", "plz": "01067"}]), survey), "plz") == [
        "01067"
    ]


NUMBER_STYLES = {
    "point": (".", ""),
    "comma": (",", ""),
    "german": (",", "."),
    "english": (".", ","),
    "swiss": (".", "'"),
    "si": (",", "\N{NO-BREAK SPACE}"),
}


@settings(deadline=None, max_examples=200)
@given(
    numbers=st.lists(st.decimals(0, 999_999, places=2, allow_nan=False, allow_infinity=False), min_size=1, max_size=8),
    style=st.sampled_from(sorted(NUMBER_STYLES)),
)
def test_a_column_of_numbers_reads_back_the_same_or_asks(numbers, style):
    """Whatever the style: either all numbers come back, or the column is open and the true sign is among those
    offered.
    """
    decimal, thousands = NUMBER_STYLES[style]
    cells = [
        f"{one:,f}".replace(",", "T").replace(".", "D").replace("T", thousands).replace("D", decimal) for one in numbers
    ]
    allowed, _, _ = numerals.signs(cells, whole=False)
    true = Reading.DECIMAL_COMMA if decimal == "," else Reading.DECIMAL_POINT
    assert not allowed or true in allowed
    sign = true if len(allowed) > 1 else next(iter(allowed), None)
    assert [Decimal(numerals.read(cell, sign)) for cell in cells] == numbers


# --- codes or words ---------------------------------------------------------------------------------------------------


def test_labels_that_are_codes_of_other_options(tmp_path, survey):
    """The option with the code 1 is called 0: a column with a 0 holds words, one with a 4 holds codes."""
    words = read_export(written(tmp_path, [{"score": label} for label in "0123"]), survey)
    assert column(words, "score") == ["1", "2", "3", "4"]
    codes = read_export(written(tmp_path, [{"score": code} for code in "1234"]), survey)
    assert column(codes, "score") == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("others", "expected"),
    [
        ({"help[lift]": "Ja", "help[ramp]": "Nein"}, "2"),
        ({"help[lift]": "Y", "help[ramp]": ""}, "1"),
        ({"help[lift]": "N/A", "help[ramp]": "N/A", "owner": "Stadt"}, "2"),
        ({"owner": "city"}, "1"),
    ],
)
def test_an_export_is_of_one_kind(tmp_path, survey, others, expected):
    """Where a column alone does not show whether it holds codes or words, the other columns of the file do."""
    found = read_export(written(tmp_path, [{"score": "1", **others}]), survey)
    assert (column(found, "score"), found.decisions[0].basis) == ([expected], Basis.FILE)


def test_codes_or_words_that_nothing_shows_are_asked_for(tmp_path, survey):
    """Without any other column both readings are shown, with the words of the option."""
    path = Path(tmp_path) / "export.csv"
    path.write_text('"id","submitdate","score"\n"1","2025-06-10 10:00:00","1"\n', encoding="utf-8")
    (still,) = read_export(path, survey).still_open
    assert dict(still.readings) == {"codes": "0 (1)", "labels": "1 (2)"}
    assert column(read_export(path, survey, choices=said("score", "answers", "labels")), "score") == ["2"]


def test_a_column_of_codes_and_words_is_asked_for(tmp_path, survey):
    """A 0 that is only a label and a 4 that is only a code cannot come from one export; what does not fit what a
    person says is named.
    """
    path = written(tmp_path, [{"score": "0"}, {"score": "4"}, {"score": "1"}])
    assert read_export(path, survey).still_open[0].contradictory
    told = read_export(path, survey, choices=said("score", "answers", "codes"))
    assert (column(told, "score"), [problem.slug for problem in told.problems]) == (["", "4", "1"], ["unknown-value"])


# --- the file ---------------------------------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(
    towns=st.lists(
        st.text(st.characters(codec="cp1252", exclude_categories=("Cc", "Cs", "Zs")), max_size=12),
        min_size=1,
        max_size=5,
    ),
    delimiter=st.sampled_from([",", ";", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    first=st.booleans(),
)
def test_a_column_reads_back_the_same_from_any_file(
    survey, tmp_path_factory, towns, delimiter, encoding, quoting, first
):
    """Separators, encodings, quotation marks and the line `sep=` change nothing."""
    folder = tmp_path_factory.getbasetemp()
    towns = [
        town
        for town in towns
        if mojibake.repaired(town) is None and not town.startswith("'=") and town not in {"NULL", "N/A"}
    ]
    path = written(
        folder,
        [{"town": town} for town in towns],
        delimiter=delimiter,
        encoding=encoding,
        quoting=quoting,
        first=f"sep={delimiter}\r\n" if first else "",
    )
    assert column(read_export(path, survey), "town") == [town.strip() for town in towns]


@pytest.mark.parametrize("encoding", ["cp1252", "mac_roman", "cp850"])
def test_old_encodings_are_told_apart_and_named(tmp_path, survey, encoding):
    """The characters of the whole file decide; which encoding it was is said."""
    found = read_export(
        written(tmp_path, [{"town": "Hörde"}, {"town": "Größe, Süd"}], encoding=encoding, headings={"size": "size"}),
        survey,
    )
    assert column(found, "town") == ["Hörde", "Größe, Süd"]
    assert [(problem.slug, dict(problem.params)["encoding"]) for problem in found.problems] == [
        ("decoded-as", encoding)
    ]


def test_two_digits_of_a_year_tell_no_century(tmp_path, survey):
    """A founding in 68 is for a person; the tool's own stamps are of this century."""
    found = read_export(written(tmp_path, [{"since": "01.05.68", "submitdate": "10.06.25 10:00"}]), survey)
    assert ([problem.slug for problem in found.problems], found.responses[0].received_at[:4]) == (["bad-date"], "2025")


def test_rows_are_numbered_as_a_spreadsheet_shows_them(tmp_path, survey):
    """The line `sep=` is a row, too."""
    path = written(tmp_path, [{"plz": "x"}], delimiter=";", first="sep=;\r\n")
    assert dict(read_export(path, survey).problems[0].params)["row"] == "3"


GARBLED = {"cp1252": "HÃ¶rde", "mac_roman": "H√∂rde", "cp850": "H├Ârde", "twice": "HÃƒÂ¶rde"}


@pytest.mark.parametrize("garbled", GARBLED.values())
def test_text_that_was_misread_is_repaired_and_said(tmp_path, survey, garbled):
    """UTF-8 that was taken for something else, by Windows, a Mac, a console, or twice; words of the list of options
    and headings, too.
    """
    found = read_export(written(tmp_path, [{"town": garbled}]), survey)
    assert column(found, "town") == ["Hörde"]
    assert [(one.kind, one.example, one.read_as) for one in found.decisions] == [(FormatKind.TEXT, garbled, "Hörde")]


def test_text_that_is_only_partly_garbled_is_asked_for(tmp_path, survey):
    """Somebody may have pasted it like that, or two exports were laid together; whole umlauts never change."""
    path = written(tmp_path, [{"town": "HÃ¶rde"}, {"town": "Größe – „Süd“"}])
    assert read_export(path, survey).still_open[0].kind is FormatKind.TEXT
    assert column(read_export(path, survey, choices=said("", "text", "repaired")), "town") == ["Hörde", "Größe – „Süd“"]
    assert column(read_export(path, survey, choices=said("", "text", "as-written")), "town") == [
        "HÃ¶rde",
        "Größe – „Süd“",
    ]


@settings(deadline=None, max_examples=200)
@given(st.text(st.sampled_from("abc äöüßÄÖÜéèñçå€–„“’²°½"), max_size=12))
def test_what_people_write_is_never_taken_for_garbled(text):
    """Text of European languages stays as it is, and its garbled form comes back."""
    assert mojibake.repaired(text) is None
    if not text.isascii():
        misread = "".join(
            chr(byte) if byte in {0x81, 0x8D, 0x8F, 0x90, 0x9D} else bytes([byte]).decode("cp1252")
            for byte in text.encode()
        )
        assert mojibake.repaired(misread) == text


def test_decomposed_umlauts_are_composed(tmp_path, survey):
    """A Mac writes o and two dots: the same word, so the same value."""
    found = read_export(written(tmp_path, [{"town": "Ho\u0308rde"}, {"town": "Hörde"}]), survey)
    assert column(found, "town") == ["Hörde", "Hörde"]
    assert found.file.decomposed


# --- headings ---------------------------------------------------------------------------------------------------------

TEXTS = {
    "score": "Wie viele Räume?",
    "area": "Fläche",
    "size": "Größe",
    "since": "Seit wann?",
    "town": "Ort",
    "plz": "PLZ",
    "help[lift]": "Hilfen: welche? [Aufzug]",
    "help[ramp]": "Hilfen: welche? [Rampe]",
    "help[other]": "Hilfen: welche? [Sonstiges]",
    "owner": "Träger",
    "owner[other]": "Träger [Sonstiges]",
}
MODES = {
    "codes": {},
    "capitals": {code: code.upper() for code in CODES},
    "both": {code: f"{code}. {words}" for code, words in TEXTS.items()},
    "both in capitals": {code: f"{code.upper()}. {words}" for code, words in TEXTS.items()},
    "texts": TEXTS,
    "garbled texts": {code: words.encode().decode("cp1252") for code, words in TEXTS.items()},
    "english texts": TEXTS
    | {
        "score": "How many rooms?",
        "help[lift]": "Which aids? [Lift]",
        "help[ramp]": "Which aids? [Ramp]",
        "help[other]": "Which aids? [Other]",
    },
}


@pytest.mark.parametrize("mode", MODES)
def test_all_ways_to_head_columns_say_the_same(tmp_path, survey, mode):
    """Codes, codes in capitals, codes and texts, texts alone."""
    row = {
        "score": "4",
        "area": "12.5",
        "town": "Hörde",
        "help[lift]": "Y",
        "help[other]": "Lotse",
        "owner": "-oth-",
        "owner[other]": "Verein",
    }
    plain = read_export(written(tmp_path, [row]), survey)
    headed = read_export(written(tmp_path, [row], headings=MODES[mode]), survey)
    assert headed.problems == plain.problems == ()
    assert headed.responses == plain.responses
    assert plain.responses[0].answer("help").value == "lift other"


def test_a_text_that_stands_for_two_questions_stands_for_none(tmp_path, survey):
    """The column is named, not guessed."""
    path = written(tmp_path, [{"town": "Hörde"}], headings={**TEXTS, "town": "Fläche"})
    with pytest.raises(InputError, match="more than once"):
        read_export(path, survey)


def test_null_is_told_from_empty(tmp_path):
    """LimeSurvey writes nothing at all where there is no value, and two quotation marks for an empty text; others
    make no difference.
    """
    path = tmp_path / "x.csv"
    path.write_bytes(b'"id","a","b"\r\n"1","","x, ""y"""\r\n"2",,"y"\r\n"3",NULL,"z"\r\n')
    assert [
        (number, [place for place, cell in enumerate(cells) if cell is csv_io.UNSET])
        for number, cells in csv_io.read_table(path).rows
    ] == [(2, []), (3, [1]), (4, [1])]
    for content in (
        b'id,a,b\r\n1,,"x,y"\r\n',
        b'"id","a"\r\n"1",""\r\n',
        b'"id","a"\r\n"1",\r\n',
        b'"id","a"\r\n1,""\r\n2,\r\n',
    ):
        path.write_bytes(content)
        assert not any(cell is csv_io.UNSET for _, cells in csv_io.read_table(path).rows for cell in cells)


def test_moments_know_clock_and_zone():
    """The clock of the server tells facts apart, UTC is what is kept."""
    moment = moments.read("2025-06-10T10:27:41+02:00", None)
    assert moment.in_utc(UTC) == datetime(2025, 6, 10, 8, 27, 41, tzinfo=UTC)
    assert moment.on_clock_in(ZoneInfo("America/New_York")).isoformat() == "2025-06-10T04:27:41"


def test_missing_boxes_are_not_offered(tmp_path, survey):
    """A box without a column was not offered; the others say what they say."""
    path = tmp_path / "x.csv"
    path.write_text(
        '"id","submitdate","help[lift]","help[other]"\n"1","2025-06-10 10:00:00","Y",""\n"2","2025-06-10 '
        '10:00:00","",""\n',
        encoding="utf-8",
    )
    found = read_export(path, survey)
    first, second = (response.answer("help") for response in found.responses)
    assert (first.value, first.not_offered, second.missing, second.not_offered) == (
        "lift",
        ("ramp",),
        Missing.NO_ANSWER,
        ("ramp",),
    )
    assert "help[ramp]" in dict(found.problems[0].params)["column"]
