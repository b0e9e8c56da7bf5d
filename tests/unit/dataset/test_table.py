"""The files that are handed on fit their contracts, give back what went in, and are harmless in a spreadsheet."""

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.dataset import cells, codebook, csv_files, provenance
from scanform.dataset.safe_text import clean, guarded, guarded_unless_number, unguarded, visible
from scanform.dataset.table import Holds, table
from scanform.dataset.workbook import Sheet, write_xlsx
from scanform.merge.resolve import resolve
from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.questionnaire import (
    Alphabet,
    DataClass,
    Matrix,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
)
from scanform.model.response import Answer, Channel, Evidence, Missing, Response, Status
from scanform.model.review import Decision, DecisionKind

ROOT = Path(__file__).parents[3]
HOSTILE = ROOT.parent / "shared" / "data" / "bad" / "made" / "text" / "hostile_strings.jsonl"


def texts(text):
    return Texts(entries=(("en", text),))


def options(*codes, writein=()):
    return tuple(Option(code=c, text=texts(c), writein=c in writein) for c in codes)


def question(code, kind, **more):
    return Question(code=code, kind=QuestionKind(kind), text=texts(f"About {code}"), **more)


PARTS = options("am", "pm")
TINY = Questionnaire(
    code="tiny",
    version="1",
    title=texts("Tiny"),
    languages=("en",),
    sections=(
        Section(
            title=texts("A"),
            items=(
                question("open", "single", options=options("yes", "no", writein=("no",))),
                Matrix(
                    code="hours",
                    text=texts("Hours"),
                    options=PARTS,
                    rows=(question("mon", "multiple", options=PARTS, group="hours"),),
                    multiple=True,
                ),
                question("seats", "comb", alphabet=Alphabet.DIGITS, cells=(3,), minimum="0", maximum="999"),
                question("remarks", "handwriting", lines=3),
                question("sign", "signature", data_class=DataClass.CONTACT),
            ),
        ),
    ),
)


def seen(x, y, w, h):
    return Evidence(ref=PageRef(sha256="0" * 64, path="stack/scan.pdf", index=2), box=RectPx(x=x, y=y, w=w, h=h))


def answer(code, kind, value, confidence=1.0, status="auto", **more):
    return Answer(
        question=code, kind=QuestionKind(kind), value=value, confidence=confidence, status=Status(status), **more
    )


PAPER = Response(
    id="2BNBJ-0A1B2C3-A",
    questionnaire="tiny",
    version="1",
    channel=Channel.PAPER,
    token="K7PX3",
    received_at="2026-01-15T09:30:00+00:00",
    answers=(
        answer("open", "single", "no", 0.9998, reader="marks", page=1, evidence=seen(290, 585, 450, 120)),
        answer(
            "open",
            "handwriting",
            "Sommerpause",
            0.31,
            "review",
            option="no",
            reader="tesseract",
            page=1,
            evidence=seen(590, 684, 708, 106),
            problems=("text-without-mark", "handwriting"),
        ),
        answer("mon", "multiple", "am pm", 0.9991, reader="marks", page=1, evidence=seen(1062, 944, 295, 60)),
        answer(
            "seats", "comb", "120", 0.62, "corrected", reader="tesseract", page=1, evidence=seen(295, 1180, 260, 95)
        ),
        answer("remarks", "handwriting", "", 0.9999, reader="ink", page=1, evidence=seen(295, 1535, 1890, 354)),
        answer("sign", "signature", "signed", 0.999, reader="ink", page=1, evidence=seen(295, 2360, 945, 236)),
    ),
)
CONFIRMED = Response(
    **{name: getattr(PAPER, name) for name in ("id", "questionnaire", "version", "channel", "token", "received_at")},
    answers=tuple(
        answer("open", "handwriting", "Sommerpause", status="confirmed", option="no") if a.option else a
        for a in PAPER.answers
    ),
)
ONLINE = Response(
    id="online-17",
    questionnaire="tiny",
    version="1",
    channel=Channel.ONLINE,
    token="Q2M8R",
    received_at="2026-01-16T18:02:11+00:00",
    answers=(
        answer("open", "single", "yes"),
        answer("open", "handwriting", "", option="no", missing=Missing.FILTERED),
        answer("mon", "multiple", "", missing=Missing.NO_ANSWER),
        answer("seats", "comb", "", missing=Missing.NO_ANSWER),
        answer("remarks", "handwriting", "=offen für alle"),
    ),
)


def written(write, *arguments):
    out = io.BytesIO()
    write(*arguments, out)
    return out.getvalue()


@pytest.fixture(autouse=True)
def long_cells():
    """Reading back texts longer than the csv module takes by itself."""
    before = csv.field_size_limit(10_000_000)
    yield
    csv.field_size_limit(before)


def parsed(content):
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def schema(name):
    return json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text("utf-8"))


def data(*responses, **more):
    return table([resolve([r]) for r in responses], TINY, **more)


def test_responses_golden():
    """The golden responses.csv is what this code writes, byte by byte."""
    assert (
        written(csv_files.write_table_csv, data(ONLINE, CONFIRMED))
        == (ROOT / "tests" / "golden" / "responses.csv").read_bytes()
    )


def test_readings_golden():
    """The golden readings.csv is what this code writes, byte by byte, when contact questions are asked for."""
    rows = list(provenance.reading_rows([ONLINE, PAPER], {"tiny": TINY}, classes=list(DataClass)))
    assert written(csv_files.write_readings_csv, rows) == (ROOT / "tests" / "golden" / "readings.csv").read_bytes()


def test_rows_fit_their_schemas():
    """Each row of responses.csv, contact.csv and readings.csv fits the published schema, copies and missing pages
    included.
    """
    copy = Response(
        id="2BNBJ-0A1B2C3-A.2",
        questionnaire="tiny",
        version="1",
        channel=Channel.PAPER,
        answers=tuple(
            answer(q.code, q.kind.value, "", 0.0, missing=Missing.PAGE_MISSING, problems=("page-missing",), page=1)
            for q in TINY.questions()
        ),
        complete=False,
    )
    for content in (
        written(csv_files.write_table_csv, data(PAPER, ONLINE, copy)),
        written(csv_files.write_table_csv, data(PAPER, copy, classes=[DataClass.CONTACT])),
    ):
        for row in parsed(content):
            jsonschema.validate(row, schema("responses"))
    for row in parsed(
        written(csv_files.write_readings_csv, provenance.reading_rows([PAPER, ONLINE, copy], {"tiny": TINY}))
    ):
        jsonschema.validate(row, schema("readings"))


def test_what_waits_or_is_missing_has_its_code():
    """A value in review is -8, a missing page -7, nothing ticked -1 in each column, a contradiction -9."""
    answers = (
        answer("open", "single", "no", 0.4, "review"),
        answer("mon", "multiple", "", missing=Missing.PAGE_MISSING),
        answer("remarks", "handwriting", "x", 0.4, "review"),
    )
    one = Response(id="online-1", questionnaire="tiny", version="1", channel=Channel.ONLINE, answers=answers)
    (row,) = parsed(written(csv_files.write_table_csv, data(one)))
    assert (row["open"], row["mon__am"], row["mon__pm"], row["seats"]) == ("-8", "-7", "-7", "-5")
    assert (row["remarks"], row["remarks__status"], row["open__no_text__status"]) == (
        "",
        "not reviewed",
        "not in version",
    )


@pytest.mark.parametrize(
    ("channel", "status", "word"),
    [
        ("paper", "auto", "auto"),
        ("paper", "confirmed", "confirmed"),
        ("paper", "corrected", "corrected"),
        ("manual", "confirmed", "keyed"),
        ("phone", "confirmed", "keyed"),
        ("manual", "corrected", "corrected"),
        ("online", "auto", "online"),
    ],
)
def test_the_status_of_a_text_says_where_it_comes_from(channel, status, word):
    """Each word of the codebook occurs: what a person keyed is stored as confirmed and stands as keyed."""
    one = Response(
        id="r",
        questionnaire="tiny",
        version="1",
        channel=Channel(channel),
        answers=(answer("remarks", "handwriting", "x", 1.0, status),),
    )
    (row,) = parsed(written(csv_files.write_table_csv, data(one)))
    assert row["remarks__status"] == word
    assert word in cells.SOURCE_WORDS


def test_a_merged_place_is_one_row_with_provenance_for_each_source():
    """Two responses of one place are one row; provenance names rule, sources, person and pixels, conflicts both
    values.
    """
    online = Response(
        **{
            name: getattr(ONLINE, name)
            for name in ("id", "questionnaire", "version", "channel", "received_at", "answers")
        },
        token="K7PX3",
    )
    record = resolve([CONFIRMED, online])
    merged = table([record], TINY)
    (row,) = parsed(written(csv_files.write_table_csv, merged))
    assert (row["response_id"], row["channel"], row["open"], row["seats"], row["remarks__status"]) == (
        PAPER.id,
        "paper",
        "-9",
        "120",
        "online",
    )
    decision = Decision(
        uuid="u1",
        item=f"{PAPER.id}/seats",
        version=1,
        reviewer="anna",
        kind=DecisionKind.CORRECT,
        from_value="12",
        to_value="120",
        at="2026-01-20T10:00:00+00:00",
    )
    rows = parsed(
        written(csv_files.write_provenance_csv, provenance.provenance_rows(merged, {decision.item: decision}))
    )
    seats = next(r for r in rows if r["column"] == "seats")
    assert (seats["rule"], seats["source_response"], seats["reviewer"], seats["decided_at"]) == (
        "fill-gap/1",
        PAPER.id,
        "anna",
        decision.at,
    )
    assert (seats["source_file"], seats["source_page"], seats["x_px"], seats["h_px"]) == (
        "stack/scan.pdf",
        "3",
        "295",
        "95",
    )
    assert [r["source_value"] for r in rows if r["column"] == "open"] == ["no", "yes"]
    conflicts = parsed(
        written(
            csv_files.write_conflicts_csv,
            provenance.conflict_rows([record], provenance.columns_of(TINY, [DataClass.ANSWER]), {}),
        )
    )
    assert [(c["column"], c["channel"], c["value"], c["state"]) for c in conflicts] == [
        ("open", "paper", "no", "open"),
        ("open", "online", "yes", "open"),
    ]


SECRET = "Geheim-Frau-Muster"
PRIVATE = Questionnaire(
    code="tiny",
    version="1",
    title=texts("Tiny"),
    languages=("en",),
    sections=(
        Section(
            title=texts("A"),
            items=(
                question("name", "handwriting", data_class=DataClass.CONTACT),
                question(
                    "how", "single", options=options("mail", "else", writein=("else",)), data_class=DataClass.CONTACT
                ),
                question("pay", "comb", alphabet=Alphabet.DIGITS, cells=(3,), data_class=DataClass.SENSITIVE),
                question("open", "single", options=options("yes", "no")),
            ),
        ),
    ),
)


def private(name, channel, secret):
    return Response(
        id=name,
        questionnaire="tiny",
        version="1",
        channel=Channel(channel),
        answers=(
            answer("name", "handwriting", secret, evidence=seen(1, 1, 1, 1)),
            answer("how", "single", "else"),
            answer("how", "handwriting", secret, option="else"),
            answer("pay", "comb", "777"),
            answer("open", "single", "yes"),
        ),
    )


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1))
def test_contact_values_are_only_in_contact_files(tail):
    """A contact value stands in contact.csv and in no other file, even where sources contradict each other."""
    group = (private("2BNBJ-0A1B2C3-A", "paper", SECRET + tail), private("online-1", "online", SECRET + "x" + tail))
    record = resolve(group)
    main = table([record], PRIVATE)
    wanted = provenance.columns_of(PRIVATE, [DataClass.ANSWER, DataClass.SENSITIVE])
    files = (
        written(csv_files.write_table_csv, main),
        written(csv_files.write_provenance_csv, provenance.provenance_rows(main, {})),
        written(csv_files.write_conflicts_csv, provenance.conflict_rows([record], wanted, {})),
        written(csv_files.write_readings_csv, provenance.reading_rows(group, {"tiny": PRIVATE})),
    )
    assert not any(SECRET in content.decode() or "else" in content.decode() for content in files)
    single = table([resolve(group[:1])], PRIVATE, classes=[DataClass.CONTACT])
    assert SECRET in written(csv_files.write_table_csv, single).decode()
    assert "777" not in written(csv_files.write_table_csv, single).decode()


def test_sensitive_questions_can_be_left_out():
    """Sensitive questions are part of the data set and marked in the codebook, or left out on demand."""
    records = [resolve([private("online-1", "online", "x")])]
    full, reduced = table(records, PRIVATE), table(records, PRIVATE, classes=[DataClass.ANSWER])
    assert "pay" in [c.name for c in full.columns]
    assert "pay" not in [c.name for c in reduced.columns]
    assert {r[0]: r[5] for r in codebook.rows(full.columns, PRIVATE, "en")}["pay"] == "sensitive"


def test_codebook_describes_each_column():
    """The codebook has a row for each column, with labels, missing codes and a wording, in both languages."""
    columns = data().columns
    for language in ("de", "en"):
        rows = codebook.rows(columns, TINY, language)
        assert [row[0] for row in rows] == [column.name for column in columns]
        assert all(len(row) == len(codebook.HEADER) and row[2] for row in rows)
    by_name = {row[0]: row for row in codebook.rows(columns, TINY, "en")}
    assert by_name["open"][4] == "yes = yes\nno = no"
    assert by_name["mon__am"][2] == "Hours \N{EN DASH} About mon \N{EN DASH} am"
    assert by_name["seats"][6].startswith("-1 = no answer\n-2 = ")


VALUES = st.text(alphabet=st.characters(exclude_categories=["Cs"]))


@given(VALUES)
def test_the_guard_is_reversible(value):
    """Every text can be had back from its guarded form, also one that has an apostrophe of its own."""
    assert unguarded(guarded(value)) == value


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["yes", "no", ""]), st.sets(st.sampled_from(["am", "pm"])), st.integers(0, 999), VALUES
        ),
        max_size=5,
    )
)
def test_export_gives_back_the_values(parts):
    """Reading responses.csv back gives the same values."""
    responses = [
        Response(
            id=f"online-{n}",
            questionnaire="tiny",
            version="1",
            channel=Channel.ONLINE,
            answers=(
                answer("open", "single", single),
                answer("mon", "multiple", " ".join(sorted(ticks))),
                answer("seats", "comb", str(number)),
                answer("remarks", "handwriting", remark),
            ),
        )
        for n, (single, ticks, number, remark) in enumerate(parts)
    ]
    rows = parsed(written(csv_files.write_table_csv, data(*responses)))
    assert [row["response_id"] for row in rows] == [r.id for r in responses]
    for row, (single, ticks, number, remark) in zip(rows, parts, strict=True):
        assert row["open"] == (single or "-1")
        assert {code for code in ("am", "pm") if row[f"mon__{code}"] == "1"} == ticks
        assert row["seats"] == str(number)
        assert unguarded(row["remarks"]) == clean(remark)
        assert row["remarks__status"] == ("online" if remark else "no answer")


HARMLESS = ("=1+1", "+49 231", "-5 Grad", "@x", "\t=1", " =1", "\ufeff=1", "'=1", "＝1")


@pytest.mark.parametrize("value", HARMLESS)
def test_formulas_become_text(value):
    """Whatever a spreadsheet might calculate stands behind an apostrophe; numbers and codes do not."""
    assert guarded(value) == "'" + value
    assert guarded_unless_number("-1") == "-1"
    assert guarded_unless_number("12.5") == "12.5"
    assert guarded("1-2") == "1-2"


def hostile():
    if not HOSTILE.exists():
        return ["=1+1", "\x00\x07", "\ud800", "\u202egnp.exe", "<script>alert(1)</script>", "x" * 40000, 'a"b;c,d\r\ne']
    return [json.loads(line)["text"] for line in HOSTILE.read_text("utf-8").splitlines()]


def test_hostile_texts_survive_as_text():
    """Hostile texts pass through CSV and workbook as plain text: no formula, no broken row, nothing hidden."""
    values = hostile()
    responses = [
        Response(
            id=f"online-{n:04}",
            questionnaire="tiny",
            version="1",
            channel=Channel.ONLINE,
            answers=(answer("remarks", "handwriting", value),),
        )
        for n, value in enumerate(values)
    ]
    found = data(*responses)
    rows = parsed(written(csv_files.write_table_csv, found))
    assert [unguarded(row["remarks"]) for row in rows] == [clean(value) for value in values]
    assert not any(row["remarks"].lstrip().startswith(("=", "+", "-", "@")) for row in rows)
    place = [column.name for column in found.columns].index("remarks")
    book = openpyxl.load_workbook(
        io.BytesIO(written(write_xlsx, [Sheet(title="data", header=[c.name for c in found.columns], rows=found.rows)]))
    )
    cells = [row[place] for row in book["data"].iter_rows(min_row=2)]
    assert all(cell.data_type in {"s", "n"} for cell in cells)
    assert [(cell.value or "")[:50] for cell in cells] == [visible(value)[:50] for value in values]


def test_the_workbook_keeps_text_and_numbers():
    """Leading zeros stay, ticks and probabilities are numbers, the header stays in view."""
    sheet = Sheet(
        title="data",
        header=("response_id", "plz", "tick", "seats"),
        rows=(("online-1", "01067", "1", "12.5"), ("online-2", "-1", "-1", "")),
        numbers={"tick", "seats"},
    )
    book = openpyxl.load_workbook(
        io.BytesIO(written(write_xlsx, [sheet, Sheet(title="codebook", header=("column",), rows=())]))
    )
    page = book["data"]
    assert [[cell.value for cell in row] for row in page.iter_rows(min_row=2)] == [
        ["online-1", "01067", 1, 12.5],
        ["online-2", "-1", -1, None],
    ]
    assert page["B2"].number_format == "@"
    assert page.freeze_panes == "B2"
    assert book.sheetnames == ["data", "codebook"]


def test_a_probability_is_never_rounded_up_to_certainty():
    """Only certainty is written as 1."""
    assert [provenance.probability(p) for p in (1.0, 0.9999999, 0.31, 0.999, 0.0)] == [
        "1",
        "0.999999",
        "0.31",
        "0.999",
        "0",
    ]


def test_free_text_columns_are_known():
    """The guard belongs to people's own words, not to codes, ticks and numbers."""
    by_name = {column.name: column for column in data().columns}
    assert [name for name, column in by_name.items() if column.is_free_text] == [
        "token",
        "place_id",
        "open__no_text",
        "remarks",
    ]
    assert [name for name, column in by_name.items() if column.is_number] == ["mon__am", "mon__pm", "seats"]
    assert by_name["remarks__status"].holds is Holds.STATUS


@pytest.mark.parametrize("alphabet", list(Alphabet))
def test_missing_codes_are_never_guarded(alphabet):
    """Letters in cells are text, the missing code beside them is none: it stays a number for every program."""
    form = replace(
        TINY, sections=(Section(title=texts("A"), items=(question("key", "comb", alphabet=alphabet, cells=(3,)),)),)
    )
    found = Response(
        id="online-1", questionnaire="tiny", version="1", channel=Channel.ONLINE, answers=(answer("key", "comb", ""),)
    )
    made = table([resolve([found])], form)
    (row,) = parsed(written(csv_files.write_table_csv, made))
    assert row["key"] == "-1"
