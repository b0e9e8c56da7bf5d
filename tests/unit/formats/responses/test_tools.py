"""Every survey tool in every dialect: the same answers come in, every column is accounted for, nothing is guessed."""

import csv
import tracemalloc
import zipfile
from collections import Counter
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bench import exports
from bench.imports import measure
from scanform.errors import InputError, UsageError
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.responses.importers import Wanted, clues, read_export
from scanform.formats.responses.pattern import Kind, Role
from scanform.formats.responses.source_file import open_file
from scanform.formats.responses.tools import limesurvey
from scanform.formats.survey_tools.limesurvey_read import from_survey
from scanform.formats.survey_tools.limesurvey_tsv import from_tsv
from scanform.formats.survey_tools.xlsform import Choice, FormRow, XlsForm
from scanform.formats.survey_tools.xlsform_read import from_form
from scanform.model.response import Missing

SHARED = Path(__file__).parents[5] / "shared" / "data" / "digital"
ONES = tuple(exports.people(40))
XML = partial(exports.kobo_csv, labels=False)
LABELLED = partial(exports.kobo_csv, labels=True)

DIALECTS = {
    **{
        f"limesurvey {mode}": partial(exports.lime_csv, mode=mode)
        for mode in ("code", "underscore", "code+text", "text", "abbreviated")
    },
    **{
        f"limesurvey words {mode}": partial(exports.lime_csv, mode=mode, words=True)
        for mode in ("code", "code+text", "text")
    },
    "limesurvey semicolon": partial(exports.lime_csv, delimiter=";"),
    "limesurvey tab": partial(exports.lime_csv, delimiter="\t"),
    "limesurvey xlsx": exports.lime_xlsx,
    "limesurvey vv": exports.lime_vv,
    "limesurvey lsa": exports.lime_archive,
    "limesurvey lsa 7": partial(exports.lime_archive, by_id=True),
    **{f"kobo xml {several}": partial(XML, several=several) for several in ("both", "details", "summary")},
    **{f"kobo labels {several}": partial(LABELLED, several=several) for several in ("both", "details", "summary")},
    "kobo xml groups": partial(XML, groups=True),
    "kobo labels groups": partial(LABELLED, groups=True),
    "kobo central": exports.central_csv,
    "redcap labels": partial(exports.redcap_csv, labels=True),
    "google-forms csv": exports.google_csv,
    "google-forms csv, comma": partial(exports.google_csv, joined=", "),
    "google-forms sheet": partial(exports.google_csv, sheet=True, joined=", "),
    "microsoft-forms xlsx": exports.microsoft_xlsx,
}
EXPLAINED = {
    "redcap raw": (exports.redcap_csv, exports.redcap_dictionary),
    "sosci utf-16": (exports.sosci_csv, exports.sosci_values),
    "sosci utf-8": (partial(exports.sosci_csv, utf16=False), exports.sosci_values),
}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    return exports.questionnaire(tmp_path_factory.mktemp("survey"))


def answers(found):
    return [{answer.column: answer.value for answer in response.answers} for response in found.responses]


def check(found, kind):
    """All answers, the people's tokens and times, and no column without an account."""
    unknown = [one.heading for one in found.accounts if one.role is Role.UNKNOWN]
    assert (found.still_open, found.problems, unknown) == ((), (), [])
    assert answers(found) == [one.expected for one in ONES]
    assert [response.token for response in found.responses] == [one.token for one in ONES]
    assert all(response.complete and response.received_at.startswith("2026-03-0") for response in found.responses)
    assert {answer.reader for answer in found.responses[0].answers} == {kind}
    assert [one.number for one in found.accounts] == list(range(1, len(found.accounts) + 1))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_each_dialect_gives_the_same_answers(tmp_path, survey, dialect):
    """What people answered comes in from any export of any tool, and the tool is found without being named."""
    suffix = "xlsx" if dialect.endswith("xlsx") else "lsa" if " lsa" in dialect else "csv"
    check(read_export(DIALECTS[dialect](tmp_path / f"x.{suffix}", ONES), survey), dialect.split(" ")[0])


@pytest.mark.parametrize("dialect", EXPLAINED)
def test_codes_are_explained_by_a_second_file(tmp_path, survey, dialect):
    """Codes that are not ours mean what the data dictionary or the file of values says."""
    make, explain = EXPLAINED[dialect]
    wanted = Wanted(labels=explain(tmp_path / "labels.csv"))
    check(read_export(make(tmp_path / "x.csv", ONES), survey, wanted=wanted), dialect.split(" ")[0])


def test_codes_without_an_explanation_are_no_answers(tmp_path, survey):
    """Without the second file a code of another numbering is unknown: it is reported and waits, and is no option."""
    found = read_export(exports.sosci_csv(tmp_path / "x.csv", ONES), survey)
    chosen = [one for one in ONES if one.carrier]
    assert Counter(problem.slug for problem in found.problems) == {"unknown-value": len(chosen)}
    assert all(
        response.answer("carrier").problem for response, one in zip(found.responses, ONES, strict=True) if one.carrier
    )


def test_what_is_left_aside_has_a_reason(tmp_path, survey):
    """Data about the person and the tool's own notes stay out, and are named."""
    found = read_export(exports.microsoft_xlsx(tmp_path / "x.xlsx", ONES), survey)
    roles = {one.heading: one.role for one in found.accounts}
    assert (roles["E-Mail"], roles["Sprache"], roles["Zugangscode"]) == (Role.PERSON, Role.TOOL, Role.TOKEN)
    assert "anonymous" not in repr(found.responses)
    both = read_export(exports.kobo_csv(tmp_path / "k.csv", ONES), survey)
    assert [one.heading for one in both.accounts if one.role is Role.REPEATED] == ["groups"]


def test_an_answer_that_can_be_cut_in_two_ways_waits(tmp_path, survey):
    """A cell is cut so that least is left over; where two ways remain, or something is left, a person decides."""
    path = exports.google_csv(tmp_path / "x.csv", ONES[:2])
    text = path.read_text("utf-8").splitlines(keepends=True)
    twice = exports.YAML.replace('fam: {de: "Familien, Alleinerziehende"', 'fam: {de: "Kinder, Alte"').replace(
        'old: {de: "Ältere; auch Hochbetagte"', 'old: {de: "Alte"'
    )
    (tmp_path / "t.yaml").write_text(twice, "utf-8")
    survey = load_questionnaire(tmp_path / "t.yaml")
    row = [
        "2026/03/01 9:00:00 AM GMT+1",
        "",
        "T1",
        "Haus",
        "Stadt",
        "Kinder, Alte",
        "teils",
        "sehr",
        "3",
        "2020-01-02",
        "",
    ]
    path.write_text(text[0] + ",".join(f'"{cell}"' for cell in row) + "\r\n", "utf-8")
    found = read_export(path, survey)
    assert [problem.slug for problem in found.problems] == ["unknown-value"]
    assert found.responses[0].answer("groups").problem == "unknown-value"


def test_a_file_of_two_tools_stops_with_the_candidates(tmp_path, survey):
    """Where two tools may have written a file, a person says which one; a wrong one is refused."""
    header = ["Timestamp", "CASE", "STARTED", "name"]
    path = exports.written(
        tmp_path / "x.csv", [header, ["2026/03/01 9:00:00 AM GMT+1", "1", "2026-03-01 09:00:00", "Haus"]]
    )
    assert [clue.kind for clue in clues(open_file(path))] == [Kind.GOOGLE, Kind.SOSCI]
    with pytest.raises(UsageError) as refusal:
        read_export(path, survey)
    assert refusal.value.message.key == "digital.which-tool"
    said = read_export(path, survey, wanted=Wanted(kind=Kind.SOSCI))
    assert [response.id for response in said.responses] == ["online-1"]
    with pytest.raises(InputError) as refusal:
        read_export(path, survey, wanted=Wanted(kind=Kind.KOBO))
    assert refusal.value.slug == "export-no-id"


def test_null_is_told_from_empty_in_each_format_that_can(tmp_path, survey):
    """A question that was never shown is not one left empty: VV writes a word, the archive nothing at all."""
    for path in (exports.lime_vv(tmp_path / "x.csv", ONES), exports.lime_archive(tmp_path / "x.lsa", ONES)):
        found = read_export(path, survey)
        told = {response.answer("remarks").missing for response in found.responses}
        assert told == {None, Missing.FILTERED}
        assert Missing.NO_ANSWER in {response.answer("room").missing for response in found.responses}


def test_further_sheets_are_named(tmp_path, survey):
    """Repeated groups of a workbook are on sheets of their own: they are not read, and that is said."""
    lines = [line.split(";") for line in exports.kobo_csv(tmp_path / "k.csv", ()).read_text("utf-8-sig").splitlines()]
    path = exports.workbook(
        tmp_path / "x.xlsx",
        {"orte": [[cell.strip('"') for cell in line] for line in lines], "raeume": [["_index"], ["1"]]},
    )
    (problem,) = read_export(path, survey).problems
    assert (problem.slug, dict(problem.params)) == ("sheets-left", {"sheets": "raeume"})


# --- hostile files ----------------------------------------------------------------------------------------------------


def spoilt(path, source, change):
    """A copy of a ZIP file with changed parts."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change(part.filename, old.read(part)))
        for name, content in change.extra if hasattr(change, "extra") else ():
            new.writestr(name, content)
    return path


DTD = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("name", "content", "slug"),
    [
        ("xl/externalLinks/externalLink1.xml", b"<externalLink/>", "xlsx-links"),
        ("xl/connections.xml", b"<connections/>", "xlsx-links"),
        ("xl/worksheets/sheet9.xml", DTD + b"<x>&b;</x>", "xlsx-damaged"),
        ("xl/worksheets/sheet9.xml", b"<!DOCTYPE x><x/>", "xlsx-damaged"),
        ("xl/media/zeros.bin", bytes(40_000_000), "xlsx-too-large"),
    ],
)
def test_hostile_workbooks_are_refused(tmp_path, survey, name, content, slug):
    """Links to elsewhere, entities and bombs are refused before a cell is read."""

    def same(_, part):
        return part

    same.extra = [(name, content)]
    path = spoilt(tmp_path / "x.xlsx", exports.lime_xlsx(tmp_path / "s.xlsx", ONES[:2]), same)
    with pytest.raises(InputError) as refusal:
        read_export(path, survey)
    assert refusal.value.slug == slug


def test_hostile_archives_are_refused(tmp_path, survey):
    """Entities in the XML of an archive are refused, and so is one that grows too much."""
    source = exports.lime_archive(tmp_path / "s.lsa", ONES[:2])
    for change, slug in (
        (lambda name, part: DTD + part[part.index(b"<document>") :] if name.endswith(".lsr") else part, "lsa-damaged"),
        (
            lambda name, part: (
                b"<!DOCTYPE document>" + part[part.index(b"<document>") :] if name.endswith(".lsr") else part
            ),
            "lsa-damaged",
        ),
        (lambda name, part: part[: len(part) // 2] if name.endswith(".lsr") else part, "lsa-damaged"),
        (lambda name, part: bytes(40_000_000) if name.endswith(".lst") else part, "xlsx-too-large"),
    ):
        with pytest.raises(InputError) as refusal:
            read_export(spoilt(tmp_path / "x.lsa", source, change), survey)
        assert refusal.value.slug == slug


# --- real exports -----------------------------------------------------------------------------------------------------


def rse_survey():
    """The questionnaire that the structure of the real LimeSurvey survey becomes."""
    path = SHARED / "softwaresaved-rse-2017-de" / "questions_to_import.txt"
    return from_survey(from_tsv(path.read_bytes(), path.name), code="rse")[0]


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of real exports is not here")
def test_every_column_of_a_real_limesurvey_export_resolves():
    """247 of 247 columns, against the questionnaire that its own structure becomes: rankings and lists that are too long
    for paper, too.
    """
    table = open_file(SHARED / "softwaresaved-rse-2017-de" / "public_data.csv").table
    found = limesurvey.understood(table, rse_survey())
    assert Counter(one.role for one in found.columns) == {Role.ANSWER: 247, Role.UNKNOWN: 1}
    assert [one.heading for one in found.columns if one.role is Role.UNKNOWN] == [""]  # the numbers of R's rows
    held = {target.question for target in found.targets if target is not None}
    assert {"currentemp13", "prevemp2ranks1", "prevemp2ranks9"} <= held


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of real exports is not here")
def test_every_answer_of_a_real_limesurvey_export_is_understood(tmp_path):
    """All 325 responses, once the unnamed column of numbers is called id: three durations of -1 years are out of range,
    everything else is an answer; each rank and each ticked box is where the file has it.
    """
    content = (SHARED / "softwaresaved-rse-2017-de" / "public_data.csv").read_bytes()
    path = tmp_path / "rse.csv"
    path.write_bytes(b"id" + content)
    survey = rse_survey()
    found = read_export(path, survey)
    assert Counter(problem.slug for problem in found.problems) == {"missing-column": 1, "out-of-range": 3}
    things = {row.text.get("en"): row.code for row in survey.questions() if row.group == "prevemp2ranks"}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(found.responses) == len(rows) == 325
    for response, row in zip(found.responses, rows, strict=True):
        ranked = {h[9]: cell for h, cell in row.items() if h.startswith("prevEmp2[") and cell}
        answers = {answer.question: answer.value for answer in response.answers if answer.question in things.values()}
        assert {code: rank for code, rank in answers.items() if rank} == {things[t]: rank for rank, t in ranked.items()}
        ticked = [
            h.rpartition("[")[2].rstrip("]")
            for h, cell in row.items()
            if h.startswith("currentEmp13[") and cell == "Yes"
        ]
        assert response.answer("currentemp13").value == "\n".join(" ".join(label.split()) for label in ticked)


def kobo_form():
    """The form of the set, as an XLSForm."""
    import json

    content = json.loads((SHARED / "kobo-formpack-generated" / "form_content.json").read_text("utf-8"))
    rows = [
        FormRow(
            kind=" ".join(
                (row["type"], row.get("select_from_list_name", ""), "or_other" if row.get("_or_other") else "")
            ).strip(),
            name=row.get("name", ""),
            labels={"Deutsch (de)": row["label"][0]} if "label" in row else {},
        )
        for row in content["survey"]
    ]
    lists: dict[str, tuple[Choice, ...]] = {}
    for one in content["choices"]:
        choice = Choice(name=one["name"], labels={"Deutsch (de)": one["label"][0]})
        lists[one["list_name"]] = (*lists.get(one["list_name"], ()), choice)
    return from_form(XlsForm(languages=("Deutsch (de)",), rows=tuple(rows), lists=lists), code="begegnungsorte")[0]


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of real exports is not here")
def test_all_real_kobo_dialects_give_the_submissions():
    """Six CSV dialects and the workbook, written by Kobo's own exporter, give what was submitted."""
    import json

    folder, survey = SHARED / "kobo-formpack-generated", kobo_form()
    submitted = json.loads((folder / "submissions.json").read_text("utf-8"))
    files = sorted(folder.glob("export_*"))
    assert len(files) == 7
    first = None
    for path in files:
        found = read_export(path, survey)
        assert [problem.slug for problem in found.problems] == ["unknown-column"]  # a point on the map is no question
        first = first or found.responses
        assert found.responses == first
    assert [response.id for response in first] == [f"online-{one['_id']}" for one in submitted]
    for response, one in zip(first, submitted, strict=True):
        carrier, groups = response.answer("traeger"), response.answer("zielgruppen")
        options = {name: o.code for o in survey.question("zielgruppen").options for name in (o.code, *o.formerly)}
        assert {options[code] for code in one.get("zielgruppen", "").split()} == set(groups.value.split())
        assert carrier.value == {"verein": "verei", "privat": "priva"}.get(
            one.get("traeger", ""), one.get("traeger", "")
        )
        assert response.answer("traeger", "other").value == one.get("traeger_other", "")
        assert (response.answer("name").value, response.token) == (one["ort/name"], one["token"])
        assert response.answer("stufenlos").value == one.get("barrieren/stufenlos", "")


def test_two_columns_of_one_answer_are_refused(tmp_path, survey):
    """Where two columns may be the same question, none is taken for it; a hyphen or a colon in a text cuts nothing off."""
    header = ["_id", "_uuid", "_submission_time", "name", "a/Wie heißt der Ort?"]
    path = exports.written(tmp_path / "x.csv", [header, ["1", "u", "2026-03-01T09:00:00", "Haus", "Treff"]])
    with pytest.raises(InputError) as refusal:
        read_export(path, survey)
    assert refusal.value.slug == "export-column-twice"
    header[-1] = "Web-name"
    path = exports.written(path, [header, ["1", "u", "2026-03-01T09:00:00", "Haus", "Treff"]])
    found = read_export(path, survey)
    assert [one.heading for one in found.accounts if one.role is Role.UNKNOWN] == ["Web-name"]
    assert found.responses[0].answer("name").value == "Haus"


def test_a_redcap_record_is_complete_when_its_forms_are(tmp_path, survey):
    """Codes 0 and 1 are not complete, and a record without any state is not, either; repetitions are responses."""
    header = ["record_id", "redcap_repeat_instance", "name", "orte_complete"]
    rows = [["1", "", "a", "2"], ["2", "", "b", "1"], ["3", "", "c", ""], ["4", "1", "d", "2"], ["4", "2", "e", "2"]]
    found = read_export(exports.written(tmp_path / "x.csv", [header, *rows]), survey)
    assert [(one.id, one.complete) for one in found.responses] == [
        ("online-1", True), ("online-2", False), ("online-3", False), ("online-4-1", True), ("online-4-2", True)
    ]  # fmt: skip


def test_kobo_writes_the_time_of_a_submission_in_utc(tmp_path, survey):
    """It does not say so; the time zone of the server does not move it."""
    found = read_export(exports.kobo_csv(tmp_path / "x.csv", ONES[:1]), survey, zone=ZoneInfo("Europe/Berlin"))
    assert found.responses[0].received_at == "2026-03-01T09:07:00+00:00"


def test_two_google_responses_of_one_second_are_two(tmp_path, survey):
    """A response has no number there: its timestamp distinguishes it, and a count those of one second."""
    one = exports.google_csv(tmp_path / "x.csv", ONES[:1])
    header, row = one.read_text("utf-8").split("\n", 1)
    one.write_text(f"{header}\n{row}{row.replace('T000001', 'T2')}", "utf-8")
    found = read_export(one, survey)
    assert [response.id for response in found.responses] == ["online-20260301090700", "online-20260301090700-2"]


# --- piece by piece ---------------------------------------------------------------------------------------------------


def test_a_file_is_never_held_as_a_whole(tmp_path):
    """Going through a file of four times the rows needs no more memory: its rows are read anew each time."""
    peaks = []
    for count in (1000, 4000):
        table = open_file(exports.lime_csv(tmp_path / "x.csv", exports.people(count))).table
        tracemalloc.start()
        try:
            assert sum(1 for _ in table.rows) == count
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert peaks[1] < 1.3 * peaks[0]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows():
    """Six times the rows, from the file to the database, need hardly more memory."""
    few, many = (measure("kobo", rows, store=True) for rows in (200, 1200))
    assert many["rows"] == 1200
    assert many["mb"] < 1.15 * few["mb"]
