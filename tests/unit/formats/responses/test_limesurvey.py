"""The LimeSurvey response export becomes responses of our own type; what does not fit is reported, never guessed."""

from pathlib import Path

import pytest

from scanform.errors import InputError
from scanform.formats.responses.importers import read_export, recognised
from scanform.i18n.texts import in_words
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    DataClass,
    Matrix,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    TextForm,
    Texts,
)
from scanform.model.response import Channel, Missing, Status

BAD = Path(__file__).parents[5] / "shared" / "data" / "bad" / "made" / "digital"


def both(de, en):
    return Texts(entries=(("de", de), ("en", en)))


def option(code, de, en, **more):
    return Option(code=code, text=both(de, en), **more)


def question(code, kind, **more):
    return Question(code=code, kind=QuestionKind(kind), text=both(code, code), **more)


def small(code, *items):
    return Questionnaire(
        code=code,
        version="1",
        title=both(code, code),
        languages=("de", "en"),
        sections=(Section(title=both("A", "A"), items=items),),
    )


IF_STAFF = Condition(question="staff", options=("yes",))
GROUPS = (
    option("all", "Alle", "All"),
    option("old", "Ältere", "Old"),
    option("sonst", "Weitere", "More", writein=True),
)
PARTS = (option("am", "Vormittag", "Morning"), option("pm", "Nachmittag", "Afternoon"))
SCALE = (option("1", "gar nicht", "not at all"), option("5", "sehr", "very"))
SURVEY = Questionnaire(
    code="orte",
    version="1",
    title=both("Orte", "Places"),
    languages=("de", "en"),
    sections=(
        Section(
            title=both("A", "A"),
            items=(
                question("name", "handwriting", data_class=DataClass.CONTACT),
                question("staff", "single", options=(option("yes", "Ja", "Yes"), option("no", "Nein", "No"))),
                question(
                    "hours", "comb", alphabet=Alphabet.DIGITS, cells=(3,), minimum="0", maximum="168", only_if=IF_STAFF
                ),
                question(
                    "owner",
                    "single",
                    options=(option("club", "Verein", "Club"), option("sonst", "anderer", "another", writein=True)),
                ),
                question("groups", "multiple", options=GROUPS),
                Matrix(
                    code="open",
                    text=both("offen", "open"),
                    options=PARTS,
                    multiple=True,
                    rows=(
                        question("mon", "multiple", options=PARTS, group="open"),
                        question("tue", "multiple", options=PARTS, group="open"),
                    ),
                ),
                Matrix(
                    code="needs",
                    text=both("Bedarf", "needs"),
                    options=SCALE,
                    rows=(question("rooms", "single", options=SCALE, group="needs"),),
                ),
                question("plz", "comb", alphabet=Alphabet.DIGITS, cells=(5,)),
                question("area", "comb", alphabet=Alphabet.DECIMAL, cells=(5,)),
                question("since", "comb", alphabet=Alphabet.DATE, cells=(2, 2, 4), minimum="1900-01-01"),
                question("start", "comb", alphabet=Alphabet.TIME, cells=(2, 2)),
                question("remarks", "handwriting", lines=4),
                question("sign", "signature"),
                question("tel", "handwriting", data_class=DataClass.CONTACT, form=TextForm.PHONE),
                question("mail", "handwriting", data_class=DataClass.CONTACT, form=TextForm.EMAIL),
            ),
        ),
    ),
)
SYSTEM = [
    "id",
    "submitdate",
    "lastpage",
    "startlanguage",
    "seed",
    "token",
    "startdate",
    "datestamp",
    "ipaddr",
    "refurl",
]
STAMPS = {
    "submitdate": "2026-01-16 18:02:11",
    "lastpage": "4",
    "startlanguage": "de",
    "seed": "17",
    "ipaddr": "10.0.0.1",
    "datestamp": "2026-01-16 18:02:11",
}
CODES = ["name", "staff", "hours", "owner", "owner[other]", "groups[all]", "groups[old]", "groups[other]"]
CODES += [
    "open[mon_am]",
    "open[mon_pm]",
    "open[tue_am]",
    "open[tue_pm]",
    "needs[rooms]",
    "plz",
    "area",
    "since",
    "start",
    "remarks",
    "tel",
    "mail",
]
FULL = {
    "id": "17",
    "token": "Q2M8R",
    "name": "Bürgerhaus Süd",
    "staff": "yes",
    "hours": "40.0000000000",
    "owner": "-oth-",
    "owner[other]": "'=offen\nfür alle",
    "groups[old]": "Y",
    "groups[other]": "Kinder",
    "open[mon_am]": "Y",
    "open[tue_pm]": "Y",
    "needs[rooms]": "5",
    "plz": "01067",
    "area": "12.5000000000",
    "since": "2026-05-01 00:00:00",
    "start": "1970-01-01 09:30:00",
    "remarks": 'schön; gut, "toll"',
    "tel": " +49 231  5550147",
    "mail": "Treff@Nord.Example ",
}


def write(tmp_path, rows, headings=None, *, delimiter=",", encoding="utf-8-sig", name="export.csv"):
    headings = headings or SYSTEM + CODES
    lines = [delimiter.join('"' + c.replace('"', '""') + '"' for c in headings)]
    for row in rows:
        values = {**STAMPS, **row}
        lines.append(delimiter.join('"' + values.get(h, "").replace('"', '""') + '"' for h in headings))
    path = tmp_path / name
    path.write_bytes(("\r\n".join(lines) + "\r\n\r\n").encode(encoding))
    return path


def slugs(result):
    return [problem.slug for problem in result.problems]


def values(response):
    return {answer.column: answer.missing or answer.value for answer in response.answers}


EXPECTED = {
    "name": "Bürgerhaus Süd",
    "staff": "yes",
    "hours": "40",
    "owner": "sonst",
    "owner__sonst_text": "=offen\nfür alle",
    "groups": "old sonst",
    "groups__sonst_text": "Kinder",
    "mon": "am",
    "tue": "pm",
    "rooms": "5",
    "plz": "01067",
    "area": "12.5",
    "since": "2026-05-01",
    "start": "09:30",
    "remarks": 'schön; gut, "toll"',
    "sign": Missing.NOT_IN_VERSION,
    "tel": "+49 231 5550147",
    "mail": "Treff@nord.example",
}


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "utf-16"])
def test_full_row(tmp_path, delimiter, encoding):
    """Each kind of question arrives in canonical form, whatever separator and encoding the export has."""
    result = read_export(write(tmp_path, [FULL], delimiter=delimiter, encoding=encoding), SURVEY)
    (response,) = result.responses
    assert slugs(result) == []
    assert values(response) == EXPECTED
    assert (response.id, response.token, response.channel, response.complete) == (
        "online-17",
        "Q2M8R",
        Channel.ONLINE,
        True,
    )
    assert response.received_at == "2026-01-16T18:02:11+00:00"
    assert all(a.status is Status.AUTO and a.confidence == 1.0 for a in response.answers)


def test_personal_technical_columns_are_dropped(tmp_path):
    """The IP address and the referrer never get into a response."""
    result = read_export(write(tmp_path, [FULL]), SURVEY)
    assert {"ipaddr", "refurl", "seed"} <= set(result.ignored_columns)
    assert "10.0.0.1" not in repr(result.responses)


def expression_manager(heading):
    return heading.replace("[", "_").replace("]", "")


def code_and_text(heading):
    return f"{heading}. Ein Text: mit [Klammern]"


@pytest.mark.parametrize("rename", [expression_manager, code_and_text])
def test_heading_modes(tmp_path, rename):
    """Expression Manager codes and "code. text" headings mean the same as codes."""
    row = {rename(name): value for name, value in FULL.items()} | FULL
    headings = SYSTEM + [rename(code) for code in CODES]
    (response,) = read_export(write(tmp_path, [row], headings), SURVEY).responses
    assert values(response) == EXPECTED


def test_full_answers(tmp_path):
    """Labels in either language, Yes/No and N/A mean the same as codes; N/A is a question that was not shown."""
    row = FULL | {
        "staff": "Nein",
        "hours": "N/A",
        "owner": "Sonstiges",
        "needs[rooms]": "very",
        "groups[all]": "No",
        "groups[old]": "Yes",
        "remarks": "N/A",
    }
    row |= {f"open[{part}]": "N/A" for part in ("mon_am", "mon_pm")}
    (response,) = read_export(write(tmp_path, [row]), SURVEY).responses
    found = values(response)
    assert [found[c] for c in ("staff", "owner", "rooms", "groups")] == ["no", "sonst", "5", "old sonst"]
    assert [found[c] for c in ("hours", "remarks", "mon")] == [Missing.FILTERED] * 3


def test_not_shown_is_not_unanswered(tmp_path):
    """A question behind an unmet filter is filtered, an empty one is not answered, a text beside an unticked option
    is filtered.
    """
    row = {"id": "1", "staff": "no", "owner": "club"}
    (response,) = read_export(write(tmp_path, [row]), SURVEY).responses
    found = values(response)
    assert found["hours"] is Missing.FILTERED
    assert found["owner__sonst_text"] is Missing.FILTERED
    assert found["plz"] is found["groups"] is found["mon"] is Missing.NO_ANSWER
    (asked,) = read_export(write(tmp_path, [row | {"staff": "yes"}]), SURVEY).responses
    assert values(asked)["hours"] is Missing.NO_ANSWER


def test_a_filtered_answer_waits_for_a_person(tmp_path):
    """A value behind an unmet filter is kept, and a person looks at it."""
    (response,) = read_export(write(tmp_path, [FULL | {"staff": "no"}]), SURVEY).responses
    answer = response.answer("hours")
    assert (answer.value, answer.status, answer.problem) == ("40", Status.REVIEW, "filtered-but-answered")


@pytest.mark.parametrize(
    ("column", "value", "slug"),
    [
        ("staff", "vielleicht", "unknown-value"),
        ("groups[all]", "maybe", "unknown-value"),
        ("hours", "1E5", "bad-format"),
        ("hours", "169", "out-of-range"),
        ("since", "2026-02-30", "bad-date"),
        ("since", "1899-12-31", "out-of-range"),
        ("start", "24:30", "bad-format"),
        ("plz", "1.5", "bad-format"),
        ("plz", "4413579", "bad-format"),
    ],
)
def test_unknown_values_are_reported(tmp_path, column, value, slug):
    """A value that fits nothing is reported with row and column, and the answer goes to review."""
    result = read_export(write(tmp_path, [FULL | {column: value}]), SURVEY)
    (problem,) = result.problems
    assert problem.slug == slug
    assert problem.where == f"Zeile 2, Spalte {column} ({value})"
    assert dict(problem.params) == {"row": "2", "column": column, "value": value}
    assert result.responses[0].answer(column.partition("[")[0]).status is Status.REVIEW


@pytest.mark.parametrize(
    ("column", "value", "slug"),
    [("tel", "siehe Internetseite", "bad-phone"), ("mail", "treff(at)nord.example", "bad-email")],
)
def test_contact_data_of_the_wrong_form_are_kept_and_reported(tmp_path, column, value, slug):
    """What is no number or address waits for a person as it stands; the report says where, but not what."""
    result = read_export(write(tmp_path, [FULL | {column: value}]), SURVEY)
    (problem,) = result.problems
    assert (problem.slug, problem.where) == (slug, f"Zeile 2, Spalte {column}")
    answer = result.responses[0].answer(column)
    assert (answer.value, answer.status, answer.problem) == (value, Status.REVIEW, slug)


def test_converted_yes_no_is_refused(tmp_path):
    """Y and N written as 1 and 2 would turn each No into a tick: the file is refused with a plain message."""
    path = write(tmp_path, [FULL | {"groups[all]": "2", "groups[old]": "1"}])
    with pytest.raises(InputError) as refusal:
        read_export(path, SURVEY)
    assert refusal.value.slug == "export-converted"
    assert "umgewandelt" in in_words(refusal.value.message, "de")
    assert "converted" in in_words(refusal.value.message, "en")


def test_columns_that_belong_to_nothing(tmp_path):
    """An unknown column and a missing question are reported; the answer then is "not in this version"."""
    headings = [h for h in SYSTEM + CODES if h not in {"plz", "groups[all]"}] + ["zusatz"]
    result = read_export(write(tmp_path, [FULL | {"zusatz": "x"}], headings), SURVEY)
    assert sorted(slugs(result)) == ["missing-column", "unknown-column"]
    assert [dict(p.params)["column"] for p in result.problems] == ["zusatz", "groups[all], plz"]
    assert values(result.responses[0])["plz"] is Missing.NOT_IN_VERSION


def test_an_incomplete_response(tmp_path):
    """Without a submit date a response is incomplete and dated by its last action."""
    (response,) = read_export(write(tmp_path, [FULL | {"submitdate": "", "token": ""}]), SURVEY).responses
    assert not response.complete
    assert response.token is None
    assert response.received_at == "2026-01-16T18:02:11+00:00"


def test_anonymised_dates_are_no_dates(tmp_path):
    """LimeSurvey dates anonymised responses 1980-01-01."""
    stamp = "1980-01-01 00:00:00"
    (response,) = read_export(write(tmp_path, [FULL | {"submitdate": stamp, "datestamp": stamp}]), SURVEY).responses
    assert response.complete
    assert response.received_at == ""


def test_repeated_ids(tmp_path):
    """Equal rows count once, different rows with one id are not taken; both are reported."""
    result = read_export(write(tmp_path, [FULL, FULL, FULL | {"id": "3"}, FULL | {"id": "3", "plz": "44135"}]), SURVEY)
    assert [r.id for r in result.responses] == ["online-17"]
    assert slugs(result) == ["duplicate-response", "duplicate-response"]


def test_a_row_number_does_not_change_the_response(tmp_path):
    """The same response further down in a later export is the same response."""
    odd = FULL | {"staff": "vielleicht"}
    (first,) = read_export(write(tmp_path, [odd]), SURVEY).responses
    later = read_export(write(tmp_path, [FULL | {"id": "2"}, odd]), SURVEY).responses
    assert first in later


def test_contact_values_stay_out_of_messages(tmp_path):
    """A value that is not understood is shown in the message only where it is no personal data."""
    survey = small("p", question("phone", "comb", alphabet=Alphabet.DIGITS, cells=(9,), data_class=DataClass.CONTACT))
    result = read_export(write(tmp_path, [{"id": "1", "phone": "0231-5x"}], ["id", "submitdate", "phone"]), survey)
    assert "0231" not in repr(result.problems)


def test_which_survey_an_export_belongs_to(tmp_path):
    """The share of known columns tells exports of different surveys apart."""
    path = write(tmp_path, [FULL])
    assert recognised(path, SURVEY) == 1.0
    assert recognised(path, small("x", question("zzz", "handwriting"))) == 0.0


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        (b"", "csv-empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "csv-empty"),
        (b"PK\x03\x04xxxx", "csv-not-csv"),
        (b"a,b\r\n1,2\r\n", "export-no-id"),
        (b"id,a\r\n1,2\r\n", "export-no-codes"),
        (b"id,staff,staff\r\n1,yes,no\r\n", "export-column-twice"),
        (b'id,staff\r\n1,"yes\r\n2,no\r\n', "csv-quotes"),
        (b"id,staff\r\n1,\x81\r\n", "csv-encoding"),
    ],
)
def test_files_that_are_no_export(tmp_path, content, slug):
    """What is no complete export of this survey is refused with a plain message, never half read."""
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_export(path, SURVEY)
    assert refusal.value.slug == slug
    assert refusal.value.remedy


def test_rows_of_wrong_length_and_nul_bytes(tmp_path):
    """A damaged row is left out and reported; the others are read."""
    path = tmp_path / "x.csv"
    path.write_bytes(b"id,submitdate,staff\n1,,yes\n2,,yes,3\n3,,y\x00s\n,,yes\n4,,no\n")
    result = read_export(path, SURVEY)
    assert [r.id for r in result.responses] == ["online-1", "online-4"]
    assert slugs(result)[:2] == ["bad-row", "nul-in-row"]
    assert "row-without-id" in slugs(result)


PLACES = small(
    "bad",
    *(question(c, "handwriting") for c in ("name", "kategorie", "bemerkung")),
    question("plz", "comb", alphabet=Alphabet.DIGITS, cells=(5,)),
)


@pytest.mark.fast_cases(1)
@pytest.mark.skipif(not BAD.exists(), reason="the collection of bad files is not here")
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("comma.csv", ("1", {"name": "B", "kategorie": "ö"})),
        ("leading_zero_plz.csv", ("1", {"plz": "01067", "bemerkung": "007"})),
        ("excel_dates.csv", ("1", {"name": "MARCH1", "kategorie": "1-2", "bemerkung": "1E5"})),
        ("formula.csv", ("1", {"name": "=1+1", "kategorie": "+49 231", "bemerkung": "-1"})),
        ("latin1.csv", ("1", {"name": "Bürgerhaus", "kategorie": "öffentlich", "bemerkung": "Straße"})),
        ("huge_field.csv", ("1", {"plz": "1"})),
        ("mixed_newlines.csv", ("3", {"name": "A"})),
        ("10k_rows.csv", ("10000", {"plz": "44135"})),
        ("nul_bytes.csv", None),
        ("unbalanced_quote.csv", None),
        ("empty.csv", None),
        ("xxe.xlsx", None),
    ],
)
def test_bad_files_do_not_hurt(name, expected):
    """Damaged and odd files are read right or refused; nothing is converted, nothing is swallowed."""
    try:
        result = read_export(BAD / name, PLACES)
    except InputError:
        assert expected is None
        return
    if expected is None:
        assert not result.responses
        assert any(slug in {"bad-row", "nul-in-row"} for slug in slugs(result))
        return
    assert len(result.responses) == int(expected[0])
    first = values(result.responses[0])
    assert {k: first[k] for k in expected[1]} == expected[1]


REAL = BAD.parents[2] / "digital" / "softwaresaved-rse-2017-de" / "public_data.csv"


@pytest.mark.skipif(not REAL.exists(), reason="the real export is not here")
def test_a_real_export(tmp_path):
    """A real export (325 responses, headings by code and text, full answers) is understood; its other 208 columns are
    reported.

    Data: University of Edinburgh on behalf of the Software Sustainability Institute, CC BY 2.5 Scotland.
    """
    yes_no = (option("yes", "Ja", "Yes"), option("no", "Nein", "No"))
    survey = small(
        "rse",
        question("rse1", "single", options=yes_no),
        question("soft1can", "comb", alphabet=Alphabet.DIGITS, cells=(2,), minimum="0", maximum="99"),
        question(
            "tool4can", "multiple", options=tuple(option(str(n), f"Sprache {n}", f"language {n}") for n in range(1, 37))
        ),
        question("conf2can", "handwriting"),
    )
    path = tmp_path / "real.csv"
    path.write_text("id" + REAL.read_text("utf-8-sig"), encoding="utf-8")
    result = read_export(path, survey)
    assert len(result.responses) == 325
    assert slugs(result).count("unknown-column") == 208
    assert {slug for slug in slugs(result) if slug != "unknown-column"} <= {
        "missing-column",
        "bad-format",
        "out-of-range",
    }
    found = [values(response) for response in result.responses]
    assert [sum(v["rse1"] == code for v in found) for code in ("yes", "no")] == [311, 14]
    assert sum("25" in str(v["tool4can"]).split() for v in found) == 175
    assert sum(v["soft1can"] == "10" for v in found) == 35
