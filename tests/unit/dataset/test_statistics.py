"""Files for statistics packages give back every cell of responses.csv, with labels, types and missing codes."""

import csv
import io
import math
import shutil
import subprocess
from datetime import UTC, date, time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanform.cli.dataset import FORMATS
from scanform.dataset import csv_files
from scanform.dataset.data_package import write_data_package
from scanform.dataset.long_form import long_rows, write_labelled_csv
from scanform.dataset.statistics.coded import BESIDE, Kind, short_names, variables
from scanform.dataset.statistics.r_script import write_r_csv, write_r_script
from scanform.dataset.statistics.values_csv import rows as values_rows
from scanform.dataset.table import MISSING_CODES, Holds, Table, table
from scanform.merge.resolve import resolve
from scanform.model.questionnaire import Alphabet, Option, Question, QuestionKind, Questionnaire, Section, Texts
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.workflow.dataset.export import Format


def texts(text):
    return Texts(entries=(("en", text),))


def options(*codes, writein=()):
    return tuple(Option(code=code, text=texts(f"Answer {code} äöü"), writein=code in writein) for code in codes)


def question(code, kind, **more):
    return Question(code=code, kind=QuestionKind(kind), text=texts(f"About {code}: Größe?"), **more)


def cells_of(code, alphabet, *cells, **more):
    return question(code, "comb", alphabet=alphabet, cells=cells, **more)


LONG = "abcdefghijklmnopqrst"
QUESTIONS = (
    question("open", "single", options=options("yes", "no", "7", writein=("no",))),
    question("days", "multiple", options=options("mo", "tu")),
    cells_of("seats", Alphabet.DIGITS, 3, minimum="0", maximum="999"),
    cells_of("balance", Alphabet.DECIMAL, 3, 1, minimum="-99"),
    cells_of("rate", Alphabet.DECIMAL, 3, 1),
    cells_of("postcode", Alphabet.DIGITS, 5),
    cells_of("since", Alphabet.DATE, 2, 2, 4),
    cells_of("opens", Alphabet.TIME, 2, 2),
    cells_of("car", Alphabet.LETTERS, 3),
    question("remarks", "handwriting", lines=3),
    question("sign", "signature"),
    question(f"{LONG}", "multiple", options=options("abcde", "abcdf", writein=("abcde", "abcdf"))),
)
SURVEY = Questionnaire(
    code="tiny",
    version="1",
    title=texts("Tiny survey"),
    languages=("en",),
    sections=(Section(title=texts("A"), items=QUESTIONS),),
)
WORDS = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cf", "Co", "Cn")), min_size=1, max_size=12).map(
    str.strip
)
VALUES = {
    "open": st.sampled_from(["yes", "no", "7", "old"]),
    "days": st.sampled_from(["mo", "tu", "mo tu"]),
    "seats": st.integers(0, 999).map(str),
    "balance": st.integers(-999, 999).map(lambda tenths: f"{tenths / 10}"),
    "rate": st.integers(0, 9999).map(lambda tenths: f"{tenths / 10:g}"),
    "postcode": st.integers(0, 99999).map("{:05}".format),
    "since": st.dates(date(1900, 1, 1), date(2100, 1, 1)).map(date.isoformat),
    "opens": st.times(timezones=st.none()).map(lambda moment: moment.strftime("%H:%M")),
    "car": st.sampled_from(["DO", "UN", "=1"]),
    "remarks": WORDS.filter(bool),
    "sign": st.just("signed"),
    LONG: st.sampled_from(["abcde", "abcdf"]),
}


GIVEN = st.lists(
    st.tuples(
        st.sampled_from(list(Channel)),
        st.fixed_dictionaries(
            {code: st.one_of(st.sampled_from([None, *Missing]), values) for code, values in VALUES.items()}
        ),
    ),
    min_size=1,
    max_size=4,
)
"""Responses: the channel, and for each question a value, why there is none, or None where this version did not ask."""


def everything(**values):
    """One response with an answer to each question but those named."""
    usual = {
        "open": "no", "days": "mo", "seats": "120", "balance": "-2.5", "rate": "7.5", "postcode": "01067",
        "since": "2024-04-01", "opens": "09:30", "car": "DO", "remarks": "Öffnet \"bald\"; mehr\nLicht", "sign": "signed",
        LONG: "abcde",
    }  # fmt: skip
    return (Channel.PAPER, usual | values)


EVERY_REASON = [everything(**dict.fromkeys(VALUES, missing)) for missing in Missing]
"""Each reason why there is no answer, at every question."""


def data_of(given_answers):
    """The data set of the responses drawn."""
    return table([resolve([response_of(*drawn)]) for drawn in enumerate(given_answers)], SURVEY)


def response_of(number, drawn):
    channel, values = drawn
    answers = tuple(
        Answer(
            question=asked.code,
            kind=asked.kind,
            value="" if isinstance(values[asked.code], Missing) else values[asked.code],
            confidence=1.0,
            status=Status.CONFIRMED,
            missing=values[asked.code] if isinstance(values[asked.code], Missing) else None,
        )
        for asked in QUESTIONS
        if values[asked.code] is not None
    )
    return Response(
        id=f"2BNBJ-{number:07}-A",
        questionnaire="tiny",
        version="1",
        channel=channel,
        token="K7PX3",
        received_at=f"2026-01-1{number}T09:30:00+00:00",
        answers=answers,
    )


def written(write, *arguments, **more):
    out = io.BytesIO()
    write(*arguments, out, **more)
    return out.getvalue()


def as_cell(column, value, labels, codes=None):
    """What stood in responses.csv, from a value of a file and its labels."""
    if column.holds is Holds.FIXED and column.name == "received_at":
        return value.replace(tzinfo=UTC).isoformat()
    if isinstance(value, float) and math.isnan(value):
        raise AssertionError("an empty number")
    if isinstance(value, int | float) and int(value) < 0 and str(int(value)) in MISSING_CODES and labels:
        return str(int(value))
    if codes is not None:
        return codes
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    decimal = column.question is not None and column.question.alphabet is Alphabet.DECIMAL
    if decimal:
        return f"{value:g}"
    return value if isinstance(value, str) else str(int(value))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("statistics")


def back(data: Table, frame, label_of):
    """All cells of responses.csv again; `label_of` gives the labels of a variable."""
    rows = []
    for number in range(len(frame)):
        row = []
        for column in data.columns:
            beside, value = f"{column.name}{BESIDE}", frame[column.name][number]
            why = int(frame[beside][number]) if beside in frame else 0
            codes = frame[f"{column.name}__code"][number] if f"{column.name}__code" in frame else None
            row.append(str(why) if why else as_cell(column, value, label_of(column.name), codes))
        rows.append(tuple(row))
    return rows


def words_as_cells(data: Table):
    """The rows of a data set with each status as the number that the files hold for it."""
    numbers = {
        label.code: label for one in variables(data, "en") for label in one.labels if one.name.endswith("status")
    }
    decimals = {"balance", "rate"}
    return [
        tuple(
            (str(numbers[cell].value) if numbers[cell].is_missing else cell)
            if column.holds is Holds.STATUS
            else f"{float(cell):g}"
            if column.name in decimals
            else cell
            for column, cell in zip(data.columns, row, strict=True)
        )
        for row in data.rows
    ]


@settings(max_examples=25)
@example(EVERY_REASON)
@given(GIVEN)
def test_spss_gives_back_every_cell(folder, drawn):
    """Numbers, labels and codes lead back to responses.csv; SPSS computes with no missing code."""
    import pyreadstat

    from scanform.dataset.statistics.packages import write_spss

    data = data_of(drawn)
    path = folder / "data.sav"
    path.write_bytes(written(write_spss, variables(data, "en"), title="Tiny", language="en"))
    frame, meta = pyreadstat.read_sav(path, user_missing=True)
    assert back(data, frame, meta.variable_value_labels.get) == words_as_cells(data)
    blind, _ = pyreadstat.read_sav(path)  # as SPSS computes: missing codes are no numbers
    assert not any((blind[name].dropna() < 0).any() for name in ("seats", "rate", "open", "days__mo"))


@settings(max_examples=15)
@example([everything(rate="26"), everything(rate="7.5"), everything(rate=Missing.FILTERED)])
@example(EVERY_REASON)
@given(GIVEN)
def test_stata_gives_back_every_cell(folder, drawn):
    """Read by another library than wrote it: .a is -1, .k is -11; names that Stata cuts are told apart."""
    import pandas
    import pyreadstat

    from scanform.dataset.statistics.packages import STATA_NAME, write_stata

    data = data_of(drawn)
    made, path = variables(data, "en"), folder / "data.dta"
    path.write_bytes(written(write_stata, made, title="Tiny"))
    short = short_names((one.name for one in made), STATA_NAME)
    frame, meta = pyreadstat.read_dta(path, user_missing=True)
    assert list(frame.columns) == [short[one.name] for one in made]
    assert meta.column_labels == [one.text if len(one.text) <= 80 else f"{one.text[:79]}…" for one in made]
    rows = []
    for number in range(len(frame)):
        row = []
        for column, beside in ((column, f"{column.name}{BESIDE}") for column in data.columns):
            why = of_stata(frame[short[beside]][number]) if beside in short else 0
            one = next(one for one in made if one.name == column.name)
            value = frame[short[column.name]][number]
            value = of_stata(value) if one.labels else value
            if why:
                row.append(str(why))
            elif one.kind is Kind.CODE and isinstance(value, int | float) and value >= 0:
                row.append(next(label.code for label in one.labels if label.value == value))
                assert meta.variable_value_labels[short[one.name]][value] == label_text(one, value)
            else:
                row.append(as_cell(column, value, one.labels))
        rows.append(tuple(row))
    assert rows == words_as_cells(data)
    other = pandas.read_stata(path)  # by another library than wrote it
    for one in made:
        if one.kind is Kind.CODE:
            seen = [None if pandas.isna(value) else value for value in other[short[one.name]]]
            assert seen == [None if value < 0 else label_text(one, value) for value in one.values]


def label_text(variable, value):
    return next(label.text for label in variable.labels if label.value == value)


def of_stata(value):
    """A value of a Stata file, missing codes as numbers again."""
    return (
        -(ord(value) - ord("a") + 1) if isinstance(value, str) and len(value) == 1 and value in "abcdefghijk" else value
    )


@settings(max_examples=15)
@example(EVERY_REASON)
@given(GIVEN)
def test_parquet_gives_back_every_cell(folder, drawn):
    """As DuckDB reads it: types, nulls where a value is missing, and the reason beside."""
    import duckdb

    from scanform.dataset.statistics.parquet import write_parquet

    data, path = data_of(drawn), folder / "data.parquet"
    made = variables(data, "en")
    path.write_bytes(written(write_parquet, made))
    with duckdb.connect() as database:
        found = database.execute(f"SELECT * FROM '{path}'")
        names = [column[0] for column in found.description]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
        added = database.execute(f"SELECT coalesce(sum(seats), 0) FROM '{path}'").fetchone()[0]
    assert added == sum(int(drawn["seats"]) for _, drawn in drawn if isinstance(drawn["seats"], str))
    assert [
        tuple(
            str(row[f"{column.name}{BESIDE}"])
            if row.get(f"{column.name}{BESIDE}") is not None
            else as_cell(column, row[column.name], ())
            for column in data.columns
        )
        for row in rows
    ] == words_as_cells(data)


@given(GIVEN)
def test_long_and_labelled_rows_say_the_same(drawn):
    """One row per value with its label; labels instead of codes, decimals with a comma."""
    data = data_of(drawn)
    made = variables(data, "en")
    wide = {
        (row[0], column.name): cell
        for row in data.rows
        for column, cell in zip(data.columns, row, strict=True)
        if column.holds is not Holds.FIXED
    }
    long = list(long_rows(data, made))
    assert {(row[0], row[1]): row[2] for row in long} == wide
    assert all(
        row[4] == "1" for row in long if row[2] in MISSING_CODES and not row[1].endswith("text") and row[1] != "remarks"
    )
    assert all(row[3] for row in long if row[1] in {"open", "days__mo", "sign"} or row[4] == "1")
    for language, delimiter in (("de", ";"), ("en", ",")):
        content = written(write_labelled_csv, data, made, language=language).decode("utf-8-sig")
        shown = list(csv.reader(io.StringIO(content), delimiter=delimiter))
        assert shown[0] == [column.name for column in data.columns]
        at, rate = shown[0].index("open"), shown[0].index("rate")
        labels = {label.code: label.text for one in made if one.name == "open" for label in one.labels}
        assert [row[at] for row in shown[2:]] == [labels[row[at]] for row in data.rows]
        point = "," if language == "de" else "."
        assert [row[rate] for row in shown[2:]] == [
            labels.get(row[rate], row[rate].replace(".", point)) for row in data.rows
        ]


EXAMPLE = [
    everything(),
    everything(seats=Missing.FILTERED, since=Missing.ILLEGIBLE, open="old", remarks=Missing.NO_ANSWER),
]


def test_values_csv_says_what_each_number_means():
    """Options in their order, one of an earlier version behind them, and the missing codes."""
    rows = [row for row in values_rows(variables(data_of(EXAMPLE), "en")) if row[0] == "open"]
    assert rows[:4] == [
        ("open", "1", "yes", "Answer yes äöü", "0", "0"),
        ("open", "2", "no", "Answer no äöü", "0", "0"),
        ("open", "3", "7", "Answer 7 äöü", "0", "0"),
        ("open", "4", "old", "old", "0", "1"),
    ]
    assert [row[1] for row in rows[4:]] == list(MISSING_CODES)


def test_a_number_that_is_none_makes_its_column_a_text(folder):
    """What cannot be a number is kept as it stands, never dropped or read as something else."""
    (seats,) = [one for one in variables(data_of([everything(seats="12a")]), "en") if one.name == "seats"]
    assert (seats.kind, seats.values) == (Kind.TEXT, ("12a",))


@pytest.fixture
def long_fields():
    """frictionless lets all of the process read longer fields of CSV files; not so the tests after this one."""
    before = csv.field_size_limit()
    yield
    csv.field_size_limit(before)


def test_a_data_package_is_valid(folder, long_fields):
    """frictionless finds nothing, and reads the numbers as numbers."""
    import frictionless

    data = data_of(EXAMPLE)
    made = variables(data, "en")
    (folder / "responses.csv").write_bytes(written(csv_files.write_table_csv, data))
    (folder / "datapackage.json").write_bytes(written(write_data_package, data, made, language="en", files=()))
    report = frictionless.validate(str(folder / "datapackage.json"))
    assert report.valid, report.flatten(["fieldName", "note"])
    rows = frictionless.Package(str(folder / "datapackage.json")).get_resource("responses").read_rows()
    assert [row["seats"] for row in rows] == [120, None]
    assert rows[0]["open"] == "no"
    wrong = (folder / "responses.csv").read_text("utf-8-sig").replace(",120,", ",many,")
    (folder / "responses.csv").write_text(wrong, encoding="utf-8")
    assert not frictionless.validate(str(folder / "datapackage.json")).valid


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("Rscript") is None, reason="R is not installed")
def test_r_reads_what_its_script_labels(folder):
    """The script runs with base R: numbers, labels, dates, and why values are missing."""
    made = variables(data_of(EXAMPLE), "en")
    (folder / "d.csv").write_bytes(written(write_r_csv, made))
    (folder / "d.R").write_bytes(written(write_r_script, made, title="Tiny", file="d.csv", script="d.R"))
    asked = """
      source("d.R", encoding = "UTF-8")
      f <- as_factors(data)
      cat(data$seats[1], is.na(data$seats[2]), as.character(missing$seats[2]), "\n")
      cat(as.character(f$open), "|", attr(data$open, "label"), "\n")
      cat(format(data$since[1]), as.character(missing$since[2]), data$postcode[1], "\n")
      cat(nchar(data$remarks[1]), format(data$received_at[1], "%H:%M"), "\n")
    """
    done = subprocess.run(
        ["Rscript", "--vanilla", "-e", asked], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "120 TRUE does not apply (filter) ",
        "Answer no äöü old | About open: Größe? ",
        "2024-04-01 illegible 01067 ",
        f"{len(EXAMPLE[0][1]['remarks'])} 09:30 ",
    ]


def test_the_command_line_offers_every_format():
    """The names stand in the command line without loading what they need."""
    assert list(FORMATS) == [kind.value for kind in Format]
