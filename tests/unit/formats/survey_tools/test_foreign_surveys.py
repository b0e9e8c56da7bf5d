"""Surveys that others made: what becomes of them on paper, and what is said to be lost."""

import csv
import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanform.errors import ExitCode, InputError
from scanform.formats.questionnaires.dump_yaml import dump_yaml
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire
from scanform.formats.responses.limesurvey_columns import targets
from scanform.formats.survey_tools import sheets
from scanform.formats.survey_tools.limesurvey_lss import from_lss
from scanform.formats.survey_tools.limesurvey_read import from_survey
from scanform.formats.survey_tools.limesurvey_tsv import from_tsv
from scanform.formats.survey_tools.long_texts import LONGEST_BLOCK
from scanform.formats.survey_tools.remarks import Remark
from scanform.formats.survey_tools.sheets import write_sheets
from scanform.formats.survey_tools.xlsform import from_xlsx
from scanform.formats.survey_tools.xlsform_read import from_form
from scanform.layout.pdf.draw import measure
from scanform.layout.place import place
from scanform.model.questionnaire import (
    Alphabet,
    Condition,
    Matrix,
    Note,
    Question,
    QuestionKind,
    Questionnaire,
)

DATA = Path(__file__).parent / "data"
Read = tuple[Questionnaire, list[Remark]]


def read(name: str) -> Read:
    """A file of the folder `data`."""
    survey = (from_lss if name.endswith(".lss") else from_tsv)((DATA / name).read_bytes(), name)
    found, remarks = from_survey(survey, code=Path(name).stem)
    return found, remarks.found


def tsv(*rows: dict[str, str]) -> Read:
    """A survey in one language; each row names only what it has."""
    language = next((row["language"] for row in rows if "language" in row and row is rows[0]), "en")
    rows = (*rows, {"class": "SL", "name": "surveyls_title", "text": "Title", "language": language})
    columns = list(
        dict.fromkeys(
            ["class", "type/scale", "name", "relevance", "text", "help", "language", *(k for row in rows for k in row)]
        )
    )
    lines = [columns, *([row.get(name, "en" if name == "language" else "") for name in columns] for row in rows)]
    content = "\n".join("\t".join(line) for line in lines) + "\n"
    found, remarks = from_survey(from_tsv(content.encode(), "x.txt"), code="x")
    return found, remarks.found


def q(kind: str, name: str, text: str = "Text", **more: str) -> dict[str, str]:
    return {"class": "Q", "type/scale": kind, "name": name, "text": text} | more


def sub(name: str, scale: str = "0", text: str = "Label", **more: str) -> dict[str, str]:
    return {"class": "SQ", "type/scale": scale, "name": name, "text": text} | more


def ans(name: str, text: str = "Label") -> dict[str, str]:
    return {"class": "A", "type/scale": "0", "name": name, "text": text}


G = {"class": "G", "type/scale": "G1", "name": "Group"}


def xlsx(
    survey: list[list[str]], choices: list[list[str]] | None = None, settings: list[list[str]] | None = None
) -> Read:
    """A form of these rows."""
    content = write_sheets(
        {"survey": survey, "choices": choices or [["list_name", "name", "label"]], "settings": settings or [[]]}
    )
    found, remarks = from_form(from_xlsx(content, "x.xlsx"), code="x")
    return found, remarks.found


def slugs(remarks: list[Remark]) -> list[tuple[str, int]]:
    return [(one.slug, one.place.line) for one in remarks]


def items(form: Questionnaire) -> list[Question | Matrix | Note]:
    return [item for section in form.sections for item in section.items]


def asked(form: Questionnaire, code: str) -> Question:
    found = form.question(code)
    assert found is not None, [one.code for one in form.questions()]
    return found


# --- whole files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["all_types.tsv", "answers.lss", "rse2017.txt"])
def test_a_real_survey_becomes_a_questionnaire_that_can_be_printed(name: str, tmp_path: Path) -> None:
    """It is accepted as a new questionnaire, and every question has a place on paper."""
    form, _ = read(name)
    path = tmp_path / "form.yaml"
    path.write_text(dump_yaml(form), encoding="utf-8")
    assert load_new_questionnaire(path) == form
    layout = place(form, language=form.languages[0], variant="standard", measure=measure).layout
    placed = {zone.question for page in layout.pages for zone in page.zones}
    assert placed == {one.code for one in form.questions()}


def test_a_real_survey_in_two_languages() -> None:
    """The study of research software: German under LimeSurvey's name for it, lists with "other", rows that two arrays
    share; every remark has its line.
    """
    form, remarks = read("rse2017.txt")
    assert form.languages == ("en", "de")
    assert form.title.get("de").startswith("Umfrage für Personen")
    edu = asked(form, "edu1")
    assert [option.code for option in edu.options] == ["1", "2", "3", "4", "5", "6", "other"]
    assert (edu.options[2].text.get("en"), edu.options[2].text.get("de")) == ("Undergraduate degree", "Bachelor")
    assert edu.required
    assert [option.text.get("de") for option in asked(form, "rse1").options] == ["Ja", "Nein"]
    rows = {item.code: [row.code for row in item.rows] for item in items(form) if isinstance(item, Matrix)}
    assert rows == {"rse3": ["sq001"], "open1can": ["open1cansq001"]}
    assert {one.slug for one in remarks} == {"no-text", "cells"}
    assert all(one.place.line for one in remarks)


def test_the_columns_of_its_export_are_known() -> None:
    """Codes with capitals, rows that share a code, "other": each column of an export of that survey has its question."""
    form, _ = read("rse2017.txt")
    header = [
        "edu1. What",
        "edu1[other]. What [Other]",
        "rse1. Do",
        "rse3[SQ001]. Who",
        "soft1can. How",
        "open1can[SQ001]. How",
    ]
    found = [target.question if target else None for target in targets(header, form)]
    assert found == ["edu1", "edu1", "rse1", "sq001", "soft1can", "open1cansq001"]


def test_a_real_lss_file() -> None:
    """Texts from their own tables, subquestions, answers and their codes; nothing is lost."""
    form, remarks = read("answers.lss")
    assert remarks == []
    multiple, matrix = items(form)
    assert isinstance(multiple, Question)
    assert isinstance(matrix, Matrix)
    assert [option.text.get("en") for option in multiple.options] == ["First option", "Second option", "Third option"]
    assert [option.code for option in matrix.options] == ["ao01", "ao02", "ao03", "ao04", "ao05"]
    assert [row.text.get("en") for row in matrix.rows] == [
        "Color",
        "Milkiness",
        "Creaminess",
        "Mouthfeel",
        "Aftertaste",
    ]


def test_a_survey_made_of_an_xlsform() -> None:
    """Every type that the converter of CorrelAid writes; a calculated question and a filter on a text are named."""
    form, remarks = read("all_types.tsv")
    assert {one.slug for one in remarks} == {"calculated", "cells", "ranking", "default", "filter"}
    assert [one.place.line for one in remarks if one.slug == "filter"] == [67, 68]
    assert asked(form, "qconstraint").minimum == "18"
    assert asked(form, "qconstraint").maximum == "120"
    assert [option.code for option in asked(form, "qselm" + "other").options][-1] == "other"


# --- LimeSurvey ------------------------------------------------------------------------------------------------------


def test_what_has_no_place_on_paper_is_named_with_its_line() -> None:
    """Calculations and hidden questions go, uploads stay as a paragraph, settings that change the answer are named."""
    form, remarks = tsv(
        G,
        q("*", "sum", "{a + b}"),
        q("S", "secret", hidden="1"),
        q("|", "file", "Your picture"),
        q("S", "kept", array_filter="other", default="x", validation="/[A-Z]+/"),
        q("N", "n", "How many?", num_value_int_only="1", em_validation_q="sum(self, n) > 3"),
    )
    assert slugs(remarks) == [
        ("calculated", 3), ("hidden", 4), ("kind", 5), ("setting", 6), ("default", 6), ("pattern", 6), ("check", 7), ("cells", 7),
    ]  # fmt: skip
    assert [type(item).__name__ for item in items(form)] == ["Note", "Question", "Question"]


def test_filters_become_only_if() -> None:
    """Of a choice, of a box, of "other", of a row; by code, whatever its capitals; a group's filter counts for all."""
    form, remarks = tsv(
        G,
        q("L", "A1", other="Y"), ans("AO01"), ans("AO02"),
        q("M", "B1", other="Y"), sub("SQ001"), sub("SQ002"),
        q("F", "C1"), sub("R1"), sub("R2"), ans("1"), ans("2"),
        q("S", "d1", relevance="A1.NAOK == 'AO02'"),
        q("S", "d2", relevance="A1 == '-oth-'"),
        q("S", "d3", relevance="B1_SQ002.NAOK == 'Y' or !is_empty(B1_other)"),
        q("S", "d4", relevance="C1_R2.NAOK == \"1\""),
        G | {"type/scale": "G2", "relevance": "A1 == 'AO01' or A1 == 'AO02'"},
        q("S", "d5", relevance="1"),
        q("S", "d6", relevance="A1 == 'AO02'"),
    )  # fmt: skip
    assert remarks == []
    wanted = {
        "d1": ("a1", ("ao02",)), "d2": ("a1", ("other",)), "d3": ("b1", ("sq002", "other")), "d4": ("r2", ("1",)),
        "d5": ("a1", ("ao01", "ao02")), "d6": ("a1", ("ao02",)),
    }  # fmt: skip
    found = {code: asked(form, code).only_if for code in wanted}
    assert found == {code: Condition(question=one, options=options) for code, (one, options) in wanted.items()}


def test_a_filter_that_cannot_be_said_leaves_the_question_unfiltered() -> None:
    """The question is kept; the remark has the filter as written and its line."""
    form, remarks = tsv(
        G, q("N", "age", num_value_int_only="1", max_num_value_n="120"), q("S", "job", relevance="age.NAOK >= 18")
    )
    assert asked(form, "job").only_if is None
    assert [(one.slug, one.place.line, dict(one.params)) for one in remarks] == [
        ("filter", 4, {"filter": "age.NAOK >= 18"})
    ]


def test_codes_that_a_spreadsheet_spoils_get_better_ones() -> None:
    """The old code stays known (`formerly`), so exports still come in."""
    form, remarks = tsv(
        G,
        q("L", "email", "Which?"),
        ans("01"),
        ans("1E5"),
        q("S", "firstname"),
        q("L", "x1"),
        ans("long_code"),
        ans("longc"),
    )
    mail, name, last = form.questions()
    assert (mail.code, mail.formerly, name.code, name.formerly) == ("mail", ("email",), "givenname", ("firstname",))
    assert [(option.code, option.formerly) for option in mail.options] == [("a01", ("01",)), ("a1e5", ("1E5",))]
    assert [(option.code, option.formerly) for option in last.options] == [("long2", ("long_code",)), ("longc", ())]
    assert [(one.slug, dict(one.params)["old"]) for one in remarks] == [
        ("option-code", "1E5"),
        ("option-code", "long_code"),
    ]


def test_a_question_whose_code_a_spreadsheet_spoils() -> None:
    """A question called mar1 would come out of a spreadsheet as a day; one that has the name of a timing, too."""
    form, _ = tsv(G, q("S", "mar1"), q("S", "a1"), q("S", "a1time"))
    assert [(one.code, one.formerly) for one in form.questions()][::2] == [
        ("qmar1", ("mar1",)),
        ("qa1time", ("a1time",)),
    ]


def test_the_export_of_a_ranking_is_no_answer_here() -> None:
    """LimeSurvey's column `rank[1]` says which thing is first; no row of ours means that."""
    form, remarks = tsv(G, q("R", "rank"), ans("1", "Tea"), ans("2", "Milk"))
    assert [one.slug for one in remarks] == ["ranking"]
    assert len(list(form.questions())) == 2
    assert targets(["rank[1]", "rank[2]", "rank_1", "rank"], form) == (None, None, None, None)


def test_a_question_that_was_copied_with_its_marks() -> None:
    """LimeSurvey copies CSS classes, too: the former code stays with the first question, and a title is no longer
    missing once there is one to write.
    """
    marks = {"cssclass": "scanform-was-old scanform-untitled scanform-recipient-name scanform-half"}
    form, remarks = tsv(G, q("S", "a1", **marks), q("L", "a2", "", **marks), ans("x"), ans("y"))
    first, second = form.questions()
    assert (first.formerly, second.formerly, second.recipient) == (("old",), (), None)
    assert second.text.get("en") == "a2"
    assert [one.slug for one in remarks] == ["no-text"]


def test_the_types_that_limesurvey_brings_along() -> None:
    """Points, yes and no, gender, arrays with fixed answers, several short texts and numbers, comments."""
    form, remarks = tsv(
        G,
        q("5", "points"), q("Y", "yesno"), q("G", "sex"), q("A", "five"), sub("f1"), q("C", "sure"), sub("s1"),
        q("Q", "texts", "Names"), sub("t1", text="First"), q("K", "counts"), sub("k1", text="Cats"),
        q("O", "list"), ans("a"), ans("b"), q("R", "rank"), ans("r1", "Tea"), ans("r2", "Milk"),
        q("T", "long"), q("D", "when", date_format="HH:MM"), q("D", "day", date_min="2024-01-01", date_max="tomorrow"),
        q(":", "boxes", multiflexible_checkbox="1"), sub("b1"), sub("c1", "1"), q(";", "grid"), sub("g1"),
    )  # fmt: skip
    assert [option.code for option in asked(form, "points").options] == ["1", "2", "3", "4", "5"]
    assert [option.text.get("en") for option in asked(form, "s1").options] == ["Yes", "Uncertain", "No"]
    assert asked(form, "t1").kind is QuestionKind.HANDWRITING
    assert asked(form, "k1").alphabet is Alphabet.DECIMAL
    assert asked(form, "listremark").kind is QuestionKind.HANDWRITING
    assert [option.code for option in asked(form, "r1").options] == ["1", "2"]
    assert (asked(form, "long").lines, asked(form, "when").alphabet) == (3, Alphabet.TIME)
    assert (asked(form, "day").minimum, asked(form, "day").maximum) == ("2024-01-01", None)
    assert asked(form, "b1").kind is QuestionKind.MULTIPLE
    kinds = [one.slug for one in remarks]
    assert kinds == ["several", "several", "cells", "comment", "ranking", "setting", "kind"]


def test_too_many_answers_for_boxes() -> None:
    """A list of countries becomes a line with the list of texts; a long list of boxes becomes lines."""
    many = [ans(f"a{number}", f"Country {number}") for number in range(61)]
    boxes = [sub(f"s{number}") for number in range(61)]
    form, remarks = tsv(G, q("!", "country"), *many, q("M", "all"), *boxes)
    assert len(asked(form, "country").values) == 61
    assert asked(form, "qall").lines == 3
    assert [one.slug for one in remarks] == ["many-options", "many-boxes"]


def test_html_becomes_plain_text_and_pictures_are_named() -> None:
    """Paragraphs stay apart, links keep their address, scripts vanish, a picture is said to be lost."""
    text = '<p>One &amp; <b>two</b></p><script>x()</script><a href="https://a.example/b">here</a><br/>end <img src="x.png"/>'
    form, remarks = tsv(G, q("S", "a1", text))
    assert asked(form, "a1").text.get("en") == "One & two\nhere (https://a.example/b)\nend"
    assert [one.slug for one in remarks] == ["picture"]


def test_long_texts_are_divided_so_that_a_page_can_hold_them() -> None:
    """A welcome text of several pages becomes a section of paragraphs."""
    long = "<br />".join(["word " * 100] * 5)
    form, _ = tsv({"class": "SL", "name": "surveyls_welcometext", "text": long}, G, q("X", "x", long), q("S", "a1"))
    assert form.intro is None
    notes = [item for item in items(form) if isinstance(item, Note)]
    assert len(notes) == 10
    assert all(len(note.text.get("en")) <= LONGEST_BLOCK for note in notes)
    assert place(form, language=form.languages[0], variant="standard", measure=measure).pages


def test_languages_that_cannot_be_printed_are_named() -> None:
    """A third language goes, a second German, too; a survey in another language alone keeps its texts."""
    rows = (G, G | {"language": "fr"}, q("S", "a1"), q("S", "a1", "Texte", language="fr"))
    form, remarks = tsv(*rows)
    assert (form.languages, slugs(remarks)) == (("en",), [("language", 0)])
    form, remarks = tsv(G | {"language": "fr"}, q("S", "a1", "Texte", language="fr"))
    assert (form.languages, asked(form, "a1").text.get("de")) == (("de",), "Texte")
    assert slugs(remarks)[0] == ("language", 0)


def test_old_lss_files_with_texts_in_their_rows() -> None:
    """LimeSurvey 2 and 3 kept a row per language."""
    rows = "".join(
        f"<row><qid>1</qid><gid>1</gid><type>L</type><title>q1</title><question>{text}</question><language>{language}</language></row>"
        for language, text in (("de", "Frage"), ("en", "Question"))
    )
    answers = "".join(
        f"<row><qid>1</qid><code>{code}</code><answer>{code} {language}</answer><sortorder>{at}</sortorder><language>{language}</language></row>"
        for language in ("de", "en")
        for at, code in enumerate(("a", "b"))
    )
    groups = "".join(
        f"<row><gid>1</gid><group_name>{name}</group_name><language>{language}</language></row>"
        for language, name in (("de", "Teil"), ("en", "Part"))
    )
    content = (
        "<document><LimeSurveyDocType>Survey</LimeSurveyDocType><languages><language>de</language><language>en</language></languages>"
        f"<groups><rows>{groups}</rows></groups><questions><rows>{rows}</rows></questions><answers><rows>{answers}</rows></answers></document>"
    )
    form, _ = from_survey(from_lss(content.encode(), "x.lss"), code="x")
    one = asked(form, "q1")
    assert (one.text.get("de"), one.text.get("en")) == ("Frage", "Question")
    assert [(option.code, option.text.get("en")) for option in one.options] == [("a", "a en"), ("b", "b en")]
    assert form.sections[0].title.get("en") == "Part"


# --- XLSForm ---------------------------------------------------------------------------------------------------------

CHOICES = [
    ["list_name", "name", "label"],
    ["yn", "yes", "Yes"],
    ["yn", "no", "No"],
    ["s", "low", "Low"],
    ["s", "high", "High"],
]


def test_a_form_of_kobo() -> None:
    """Groups are sections, "label" and "list-nolabel" a matrix, `or_other` a line; the settings name the form."""
    form, remarks = xlsx(
        [
            [
                "type",
                "name",
                "label::English (en)",
                "hint::English (en)",
                "required",
                "relevant",
                "constraint",
                "appearance",
            ],
            ["start", "start"],
            ["begin group", "g", "About you"],
            ["select one yn", "member", "Member?", "of ours", "true"],
            ["select_multiple yn or_other", "why", "Why?", "", "", "${member} = 'yes'"],
            ["integer", "age", "Age", "", "", "", ". >= 18 and . <= 120"],
            ["end group"],
            ["begin_group", "m", "Matrix", "", "", "", "", "field-list"],
            ["select_one s", "head", "How good?", "", "", "", "", "label"],
            ["select_one s", "food", "Food", "", "yes", "", "", "list-nolabel"],
            ["select_one s", "room", "Room", "", "", "", "", "list-nolabel"],
            ["end_group"],
        ],
        [[cell.replace("label", "label::English (en)") for cell in row] for row in CHOICES],
        [["form_title", "form_id", "version", "default_language"], ["My form", "my_form", "v 1", "English (en)"]],
    )
    assert remarks == []
    assert (form.code, form.version, form.title.get("en"), form.languages) == ("myform", "v1", "My form", ("en",))
    assert [section.title.get("en") for section in form.sections] == ["About you", "Matrix"]
    why = asked(form, "why")
    assert [(option.code, option.writein) for option in why.options] == [("yes", False), ("no", False), ("other", True)]
    assert why.only_if == Condition(question="member", options=("yes",))
    age = asked(form, "age")
    assert (age.minimum, age.maximum, age.cells) == ("18", "120", (3,))
    matrix = form.sections[1].items[0]
    assert isinstance(matrix, Matrix)
    assert (matrix.code, [row.code for row in matrix.rows]) == ("head", ["food", "room"])


def test_what_an_xlsform_loses_is_named_with_its_row() -> None:
    """Repeats, places, calculations, filters of choices, lists that are missing, patterns."""
    form, remarks = xlsx(
        [
            ["type", "name", "label", "relevant", "constraint", "calculation", "default", "choice_filter"],
            ["begin_repeat", "r", "Each child"],
            ["geopoint", "place", "Where?"],
            ["end_repeat"],
            ["calculate", "c", "", "", "", "1 + 1"],
            ["select_one yn", "a", "A?", "", "", "", "yes", "x = 1"],
            ["select_one gone", "b", "B?"],
            ["text", "mail", "Mail?", "${a} != 'yes'", "regex(., '[a-z]+@')"],
            ["end_group"],
        ],
        CHOICES,
    )
    assert slugs(remarks) == [
        ("repeat", 2), ("kind", 3), ("calculated", 5), ("default", 6), ("choice-filter", 6), ("choices", 7), ("no-options", 7), ("filter", 8),
        ("pattern", 8), ("group-without-end", 9),
    ]  # fmt: skip
    assert {one.place.sheet for one in remarks} == {"survey"}
    assert [type(item).__name__ for item in items(form)] == ["Note", "Question", "Question", "Question"]


def test_numbers_and_truth_values_in_cells() -> None:
    """A choice named 1, a version 2.0, TRUE under required: as their author meant them."""
    from openpyxl import Workbook

    book = Workbook()
    pages = {name: book.create_sheet(name) for name in ("survey", "choices", "settings")}
    for row in (["type", "name", "label", "required"], ["select_one l", "a", "A?", True]):
        pages["survey"].append(row)
    for row in (["list_name", "name", "label"], ["l", 1, "one"], ["l", 2.0, 2]):
        pages["choices"].append(row)
    out = io.BytesIO()
    book.save(out)
    found, _ = from_form(from_xlsx(out.getvalue(), "x.xlsx"), code="x")
    one = asked(found, "a")
    assert one.required
    assert [(option.code, option.text.get("de")) for option in one.options] == [("1", "one"), ("2", "2")]


# --- files that are none ---------------------------------------------------------------------------------------------

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>&b;</document>"
)
OUTSIDE = (
    '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
    "<document><LimeSurveyDocType>Survey</LimeSurveyDocType>&a;</document>"
)


@pytest.mark.parametrize(
    ("read_file", "content", "slug"),
    [
        (from_lss, BOMB.encode(), "forbidden_xml"),
        (from_lss, OUTSIDE.encode(), "forbidden_xml"),
        (from_lss, b'<!DOCTYPE d SYSTEM "x.dtd"><document/>', "forbidden_xml"),
        (from_lss, b"<document><open></document>", "bad_xml"),
        (from_lss, b"", "bad_xml"),
        (from_lss, b"<html></html>", "not_lss"),
        (from_lss, b"<document><LimeSurveyDocType>Survey</LimeSurveyDocType></document>", "no_questions"),
        (from_tsv, "class\ttype/scale\tname\ttext\nQ\tS\tä".encode("latin-1"), "not_utf8"),
        (from_tsv, b"a\tb\n1\t2\n", "no_structure"),
        (from_tsv, b"", "no_structure"),
        (from_tsv, b"class\ttype/scale\tname\ttext\nS\t\tlanguage\tde\n", "no_questions"),
        (from_tsv, b"class\ttype/scale\tname\ttext\nQ\tS\ta\t" + b"x" * 200_000, "bad_table"),
        (from_xlsx, b"no workbook", "not_xlsx"),
        (from_xlsx, write_sheets({"answers": [["type"]]}), "no_survey_sheet"),
        (from_xlsx, write_sheets({"survey": [["question", "name"]]}), "no_survey_sheet"),
    ],
)
def test_what_is_no_survey_is_refused(read_file, content: bytes, slug: str) -> None:  # type: ignore[no-untyped-def]  # a fixture without a type
    """With the reason, and with the exit code for input that cannot be read."""
    with pytest.raises(InputError) as caught:
        read_file(content, "x")
    assert (caught.value.slug, caught.value.exit_code) == (slug, ExitCode.INPUT)


def test_a_workbook_that_unpacks_to_too_much_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """The size of all parts is known before anything is unpacked; damaged parts are no crash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 2_000_000)
    with pytest.raises(InputError) as caught:
        from_xlsx(out.getvalue(), "x.xlsx")
    assert caught.value.slug == "not_xlsx"
    monkeypatch.setattr(sheets, "MAX_UNPACKED", 1_000_000)
    with pytest.raises(InputError) as caught:
        from_xlsx(out.getvalue(), "x.xlsx")
    assert caught.value.slug == "too_big"


def test_a_sheet_without_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sheet of more rows than any form has."""
    monkeypatch.setattr(sheets, "MAX_ROWS", 3)
    with pytest.raises(InputError) as caught:
        xlsx([["type", "name", "label"], *[["text", f"a{number}", "?"] for number in range(5)]])
    assert caught.value.slug == "too_big"


# --- any survey ------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(
    [
        "a",
        "A",
        "b",
        "SQ001",
        "SQ002",
        "email",
        "time",
        "atime",
        "mar1",
        "01",
        "1e5",
        "other",
        "ü",
        "x_y",
        "x-y",
        "long" * 8,
        "",
        "id",
        "true",
        "9",
    ]
)
TEXTS = st.sampled_from(["", "Text", "a < b", "<p>x</p><p>y</p>", "{sum}", "x" * 2000, "a|b", "  ", "'\"\\", "n\u00e4"])
BOUNDS = st.sampled_from(
    ["", "0", "-5", "5", "3.50", "1e9", "999999999999999999999999", "2024-02-30", "2024-01-31", "today"]
)
FILTERS = st.sampled_from(
    ["", "1", "a == '01'", "a_SQ001 == 'Y'", "b.NAOK != ''", "SQ001_SQ001 == '1'", "((", "a == '-oth-' and b == '9'"]
)


@st.composite
def any_tsv(draw: st.DrawFn) -> str:
    """Rows in any order, with any type, code and attribute."""
    columns = ["class", "type/scale", "name", "relevance", "text", "help", "language", "validation", "mandatory", "other", "min_num_value_n",
               "max_num_value_n", "num_value_int_only", "date_min", "date_max", "date_format", "cssclass", "exclude_all_others",
               "multiflexible_checkbox"]  # fmt: skip
    patterns = st.sampled_from(["", "/^(?:a|b)$/", "/^[0-9]{5}$/", "/^[0-9]{99}$/", "/[/"])
    classes = st.sampled_from(
        [
            "",
            "scanform-number-3",
            "scanform-decimal-9-9-9",
            "scanform-digits-4-4 scanform-half",
            "scanform-other-x-1",
            "scanform-text-99",
            "scanform-recipient-name scanform-third",
            "scanform-phone scanform-text-3",
            "scanform-untitled scanform-was-old scanform-was-a",
        ]
    )
    lines = [columns]
    for _ in range(draw(st.integers(1, 14))):
        kind = draw(st.sampled_from(["G", "Q", "Q", "SQ", "A", "A", "SL", "S"]))
        style = draw(st.sampled_from("L!OMP5YGABCEFH:;1RSTUNDKQX*|I" if kind == "Q" else "01"))
        lines.append([
            kind, style, draw(NAMES), draw(FILTERS), draw(TEXTS), draw(TEXTS), draw(st.sampled_from(["de", "en", "fr", "de-informal"])), draw(patterns),
            draw(st.sampled_from("YNS")), draw(st.sampled_from("YN")), draw(BOUNDS), draw(BOUNDS), draw(st.sampled_from("01")), draw(BOUNDS), draw(BOUNDS),
            draw(st.sampled_from(["", "HH:MM", "dd.mm.yyyy HH:MM"])), draw(classes), draw(st.sampled_from(["", "SQ001;a"])), draw(st.sampled_from("01")),
        ])  # fmt: skip
    out = io.StringIO()
    csv.writer(out, delimiter="\t", lineterminator="\n").writerows(lines)
    return out.getvalue()


@st.composite
def any_form(draw: st.DrawFn) -> list[list[str]]:
    """Rows of the sheet "survey" in any order."""
    kinds = st.sampled_from(
        ["begin_group", "end_group", "begin repeat", "end repeat", "note", "text", "integer", "decimal", "date", "time", "dateTime", "select_one l",
         "select_multiple l", "select_one gone", "select_one l or_other", "rank l", "image", "acknowledge", "calculate", "geopoint", "start"]
    )  # fmt: skip
    looks = st.sampled_from(["", "label", "list-nolabel", "table-list", "multiline", "signature", "field-list"])
    relevant = st.sampled_from(["", "${a} = '01'", "selected(${a}, 'a')", "${b} != ''", "(("])
    checks = st.sampled_from(
        [
            "",
            ". >= 5 and . <= 3",
            ". <= 99999999999999999999999",
            "regex(., '^(?:a|b)$')",
            "string-length(.) <= 3",
            ". >= date('2024-02-30')",
        ]
    )
    rows = [
        [
            "type",
            "name",
            "label::de",
            "label::fr",
            "hint::de",
            "required",
            "appearance",
            "relevant",
            "constraint",
            "scanform",
        ]
    ]
    for _ in range(draw(st.integers(1, 14))):
        marks = draw(
            st.sampled_from(
                [
                    "",
                    "matrix",
                    "line",
                    "intro",
                    "closing",
                    "number-3",
                    "digits-9-9-9",
                    "half contact",
                    "notbefore-a",
                    "recipient-town email",
                    "untitled was-old",
                    "matrix was-old row-a-was-old",
                ]
            )
        )
        rows.append(
            [
                draw(kinds),
                draw(NAMES),
                draw(TEXTS),
                draw(TEXTS),
                draw(TEXTS),
                draw(st.sampled_from(["", "yes"])),
                draw(looks),
                draw(relevant),
                draw(checks),
                marks,
            ]
        )
    return rows


def assert_usable(form: Questionnaire, folder: Path) -> None:
    """init takes it as a new questionnaire, and reads what is meant."""
    path = folder / "form.yaml"
    path.write_text(dump_yaml(form), encoding="utf-8")
    if any(True for _ in form.questions()):  # the command refuses a survey that asks nothing
        assert load_new_questionnaire(path) == form


ANY = settings(max_examples=10, suppress_health_check=[HealthCheck.too_slow])
MANY = settings(ANY, max_examples=80)


def check_tsv(content: str, folder: Path) -> None:
    try:
        form, _ = from_survey(from_tsv(content.encode(), "x.txt"), code="x")
    except InputError:
        return
    assert_usable(form, folder)


def check_form(rows: list[list[str]], folder: Path) -> None:
    choices = [
        ["list_name", "name", "label::de"],
        ["l", "01", "Eins"],
        ["l", "a", ""],
        ["l", "a", "Zwei"],
        ["l", "b_c", "Drei"],
    ]
    assert_usable(xlsx(rows, choices)[0], folder)


@ANY
@given(content=any_tsv())
def test_any_limesurvey_file_becomes_a_questionnaire(tmp_path_factory: pytest.TempPathFactory, content: str) -> None:
    """Whatever stands in it: what is read can be used, or an InputError says why not; nothing else happens."""
    check_tsv(content, tmp_path_factory.mktemp("form"))


@ANY
@given(rows=any_form())
def test_any_xlsform_becomes_a_questionnaire(tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]) -> None:
    """The same for the rows of an XLSForm."""
    check_form(rows, tmp_path_factory.mktemp("form"))


@pytest.mark.slow
@MANY
@given(content=any_tsv(), rows=any_form())
def test_any_of_many_becomes_a_questionnaire(
    tmp_path_factory: pytest.TempPathFactory, content: str, rows: list[list[str]]
) -> None:
    """The same for many more."""
    folder = tmp_path_factory.mktemp("form")
    check_tsv(content, folder)
    check_form(rows, folder)
