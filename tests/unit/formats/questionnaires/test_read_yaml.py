"""Questionnaires from YAML: what is read, and what is said when something is wrong."""

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanform.errors import TemplateError
from scanform.formats.questionnaires.codes import FIXED_COLUMNS, RESERVED
from scanform.formats.questionnaires.read_yaml import TYPE_KEYS, load_questionnaire
from scanform.i18n.texts import in_words
from scanform.layout.pdf.draw import measure
from scanform.layout.place import place
from scanform.model.questionnaire import (
    Alphabet,
    DataClass,
    Filled,
    Matrix,
    Note,
    QuestionKind,
    Questionnaire,
    TextForm,
    Width,
)

ROOT = Path(__file__).parents[4]
HEAD = "code: demo\nversion: 1\ntitle: Titel\nsections:\n  - title: Teil\n    questions:\n"
SINGLE = "      - question: eins\n        type: single\n        text: Eins?\n        options: {yes: ja, no: nein}\n"


def load(content: str, folder: Path) -> Questionnaire:
    path = folder / "bogen.yaml"
    path.write_text(content, encoding="utf-8")
    return load_questionnaire(path)


def question(**lines: str) -> str:
    """One question as YAML: each keyword is a key with its value as written."""
    entries = [f"{name}: {value}" for name, value in lines.items()]
    return "      - " + "\n        ".join(entries) + "\n"


def refused(content: str, folder: Path, *, language: str = "de") -> str:
    with pytest.raises(TemplateError) as caught:
        load(content, folder)
    assert caught.value.remedy
    return in_words(caught.value.message, language)


class TestReading:
    def test_yaml_booleans_stay_what_was_typed(self, tmp_path: Path) -> None:
        """yes, no, on, null and 007 are codes and texts, never truth values or numbers."""
        form = load(
            HEAD + SINGLE.replace("{yes: ja, no: nein}", "{yes: on, no: no, on: null, null: 007, 01: 1.50}"), tmp_path
        )
        found = next(form.questions())
        assert [(option.code, option.text.get("de")) for option in found.options] == [
            ("yes", "on"),
            ("no", "no"),
            ("on", "null"),
            ("null", "007"),
            ("01", "1.50"),
        ]

    def test_the_version_is_text(self, tmp_path: Path) -> None:
        """A version such as 1.10 does not become 1.1."""
        assert load((HEAD + SINGLE).replace("version: 1", "version: 1.10"), tmp_path).version == "1.10"

    def test_long_texts_flow(self, tmp_path: Path) -> None:
        """Line breaks of the file are spaces; an empty line starts a paragraph; decomposed umlauts are composed."""
        form = load("intro: >\n  Ein Satz\n  u\u0308ber zwei Zeilen.\n\n  Ein Absatz.\n" + HEAD + SINGLE, tmp_path)
        assert form.intro is not None
        assert form.intro.get("de") == "Ein Satz über zwei Zeilen.\nEin Absatz."

    def test_cells_follow_the_type(self, tmp_path: Path) -> None:
        """Dates, times and years have their cells; numbers say how many; postcodes have no least value, as they are
        text.
        """
        asked = {
            "a": ("date", None, Alphabet.DATE, (2, 2, 4), None),
            "b": ("time", None, Alphabet.TIME, (2, 2), None),
            "c": ("year", None, Alphabet.DIGITS, (4,), "0"),
            "d": ("number", "3", Alphabet.DIGITS, (3,), "0"),
            "e": ("decimal", "[3, 1]", Alphabet.DECIMAL, (3, 1), "0"),
            "f": ("digits", "5", Alphabet.DIGITS, (5,), None),
            "g": ("letters", "[2, 6]", Alphabet.LETTERS, (2, 6), None),
            "h": ("characters", "8", Alphabet.ALNUM, (8,), None),
        }
        parts = [
            question(question=code, type=kind, text="x", **({"cells": cells} if cells else {}))
            for code, (kind, cells, *_) in asked.items()
        ]
        form = load(HEAD + "".join(parts), tmp_path)
        for code, (_, _, alphabet, cells, minimum) in asked.items():
            found = form.question(code)
            assert found is not None
            assert (found.kind, found.alphabet, found.cells, found.minimum) == (
                QuestionKind.COMB,
                alphabet,
                cells,
                minimum,
            )

    def test_matrix_rows_are_questions(self, tmp_path: Path) -> None:
        """Rows carry the code of the matrix, its class and its columns."""
        content = question(
            question="m", type="matrix", multiple="yes", text="x", options="{a: A, b: B}", rows="{r1: Eins, r2: Zwei}"
        ).replace("text: x", "text: x\n        class: sensitive")
        form = load(HEAD + content, tmp_path)
        matrix = form.sections[0].items[0]
        assert isinstance(matrix, Matrix)
        assert [(row.code, row.group, row.kind, row.data_class) for row in matrix.rows] == [
            ("r1", "m", QuestionKind.MULTIPLE, DataClass.SENSITIVE),
            ("r2", "m", QuestionKind.MULTIPLE, DataClass.SENSITIVE),
        ]

    def test_all_common_keys_are_read(self, tmp_path: Path) -> None:
        """hint, class, required, only_if, width, lines, values."""
        content = SINGLE + question(
            question="zwei",
            type="text",
            text="x",
            hint="h",
            required="ja",
            only_if="{eins: [yes, no]}",
            width="half",
            lines="4",
            values="[Nord, Süd]",
            **{"class": "contact"},
        )
        found = load(HEAD + content, tmp_path).question("zwei")
        assert found is not None
        assert found.hint is not None
        assert found.only_if is not None
        assert (found.hint.get("de"), found.required, found.width, found.lines, found.values) == (
            "h",
            True,
            Width.HALF,
            4,
            ("Nord", "Süd"),
        )
        assert (found.only_if.question, found.only_if.options, found.data_class) == (
            "eins",
            ("yes", "no"),
            DataClass.CONTACT,
        )

    @pytest.mark.parametrize("kind", ["time", "date", "year", "number", "decimal"])
    def test_an_end_names_its_beginning(self, tmp_path: Path, kind: str) -> None:
        """not_before is kept for numbers, years, dates and times."""
        more = {"number": {"cells": "3"}, "decimal": {"cells": "[2, 1]"}}.get(kind, {})
        content = question(question="von", type=kind, text="x", **more) + question(
            question="bis", type=kind, text="x", not_before="von", **more
        )
        found = load(HEAD + content, tmp_path).question("bis")
        assert found is not None
        assert found.not_before == "von"

    def test_lines_for_phone_numbers_and_addresses(self, tmp_path: Path) -> None:
        """phone and email are lines of handwriting with a form; text has none."""
        form = load(
            HEAD + "".join(question(question=f"q{kind}", type=kind, text="x") for kind in ("phone", "email", "text")),
            tmp_path,
        )
        assert [(found.kind, found.lines, found.form) for found in form.questions()] == [
            (QuestionKind.HANDWRITING, 1, TextForm.PHONE),
            (QuestionKind.HANDWRITING, 1, TextForm.EMAIL),
            (QuestionKind.HANDWRITING, 1, None),
        ]

    def test_notes_stand_between_questions(self, tmp_path: Path) -> None:
        """A note is a paragraph, no question."""
        form = load(HEAD + SINGLE + "      - note: Fast fertig.\n", tmp_path)
        assert isinstance(form.sections[0].items[1], Note)
        assert len(list(form.questions())) == 1

    def test_texts_in_two_languages(self, tmp_path: Path) -> None:
        """A mapping gives one text per language; names of answers may be the same in all."""
        content = (
            (HEAD + SINGLE)
            .replace("title: Titel", "languages: [de, en]\ntitle: {de: Titel, en: Title}")
            .replace("title: Teil", "title: {de: Teil, en: Part}")
        )
        form = load(content.replace("text: Eins?", 'text: {de: "Eins?", en: "One?"}'), tmp_path)
        assert form.languages == ("de", "en")
        assert (
            form.title.get("en"),
            next(form.questions()).text.get("en"),
            next(form.questions()).options[0].text.get("en"),
        ) == ("Title", "One?", "ja")


class TestMistakes:
    @pytest.mark.parametrize(
        ("content", "line", "says"),
        [
            (HEAD + SINGLE.replace("text:", "txt:"), 9, "Meinten Sie „text“"),
            ("titel: x\n" + HEAD + SINGLE, 1, "Meinten Sie „title“"),
            (HEAD + SINGLE + SINGLE, 11, "schon vergeben (Zeile 7)"),
            (HEAD + SINGLE + "        text: Zwei?\n", 11, "zweiten Mal (zuerst in Zeile 9)"),
            (HEAD + SINGLE.replace("        text: Eins?\n", ""), 7, "fehlt „text“"),
            (HEAD + SINGLE.replace("Eins?", ""), 9, "„text“ ist leer"),
            (HEAD + SINGLE.replace("question: eins", "question: größe"), 7, "„groesse“"),
            (HEAD + SINGLE.replace("yes: ja", "größer: ja"), 10, "1 bis 5 Zeichen"),
            (HEAD + SINGLE.replace("        type", "\ttype"), 8, "Tabulator"),
            (HEAD + SINGLE.replace("type: single", "type:\tsingle"), 8, "Tabulator"),
            (HEAD + SINGLE.replace("single", "singel"), 8, "Meinten Sie „single“"),
            (HEAD + SINGLE.replace("single", "dropdown"), 8, "Möglich sind: single, multiple, matrix"),
            (HEAD + "      - question: a\n        text: x\n", 7, "fehlt „type“"),
            (HEAD + "      - Eins?\n", 7, "name: Wert"),
            (HEAD + question(question="n", type="number", text="x", cells="viele"), 10, "eine ganze Zahl von 1 bis 20"),
            (HEAD + question(question="n", type="number", text="x"), 7, "fehlt „cells“"),
            (HEAD + question(question="n", type="decimal", text="x", cells="4"), 10, "cells: [3, 1]"),
            (HEAD + question(question="n", type="letters", text="x", cells="[9, 9, 9]"), 10, "zusammen höchstens 20"),
            (
                HEAD + question(question="n", type="number", text="x", cells="2", max="500"),
                10,
                "mehr Stellen als Kästchen (2)",
            ),
            (HEAD + question(question="n", type="number", text="x", cells="2", min="7", max="5"), 11, "größer als"),
            (HEAD + question(question="n", type="number", text="x", cells="2", min="wenig"), 11, "keine Zahl"),
            (HEAD + question(question="n", type="date", text="x", min="31.12.2024"), 10, "2025-09-30"),
            (HEAD + SINGLE + "     - question: b\n", 11, "anders eingerückt"),
            (HEAD + SINGLE.replace("Eins?", "Eins: oder zwei?"), 9, "Doppelpunkt"),
            (HEAD + SINGLE.replace("Eins?", '"Eins'), 9, "nirgends geschlossen"),
            (HEAD + SINGLE.replace("Eins?", "%Eins"), 9, "Anführungszeichen"),
            (HEAD + SINGLE.replace("Eins?", "*Eins"), 9, "Anführungszeichen"),
            (HEAD + SINGLE + "---\na: b\n", 11, "mehrere Dokumente"),
            ("- a\n- b\n", 1, "name: Wert"),
            ("languages: [de, fr]\n" + HEAD + SINGLE, 1, "„fr“"),
            (HEAD + SINGLE.replace("Eins?", '{de: "Eins?", en: "One?"}'), 9, "„en“ steht nicht unter „languages“"),
            (HEAD + SINGLE + question(question="b", type="text", text="x", only_if="{c: yes}"), 14, "nicht davor"),
            (
                HEAD + SINGLE + question(question="b", type="text", text="x", only_if="{eins: oft}"),
                14,
                "Sie hat: yes, no",
            ),
            (HEAD + SINGLE + question(question="b", type="text", text="x", only_if="eins"), 14, "name: Wert"),
            (HEAD + SINGLE + "        cells: 3\n", 11, "passt nicht zu einer Frage vom Typ „single“"),
            (
                HEAD + question(question="m", type="matrix", text="x", options="{a: A, b: B}"),
                7,
                "mindestens eine Zeile",
            ),
            (
                HEAD
                + question(
                    question="m", type="matrix", text="x", options="{a: {text: A, writein: ja}, b: B}", rows="{r1: R}"
                ),
                10,
                "eigene Frage",
            ),
            (
                HEAD
                + SINGLE
                + question(question="m", type="matrix", text="x", options="{a: A, b: B}", rows="{eins: R}"),
                15,
                "schon vergeben (Zeile 7)",
            ),
            (HEAD + SINGLE.replace("no: nein", "no: {text: nein, exclusive: yes}"), 10, "multiple"),
            (HEAD + SINGLE.replace(", no: nein", ""), 10, "mindestens 2"),
            (HEAD + SINGLE.replace("{yes: ja, no: nein}", "[ja, nein]"), 10, "„code: Text“"),
            (HEAD + SINGLE + "        class: contakt\n", 11, "Meinten Sie „contact“"),
            (HEAD + SINGLE + "        required: vielleicht\n", 11, "weder ja noch nein"),
            (HEAD + question(question="n", type="text", text="x", lines="0"), 10, "von 1 bis 20"),
            (
                HEAD + question(question="n", type="phone", text="x", lines="2"),
                10,
                "„lines“ passt nicht zu einer Frage vom Typ „phone“",
            ),
            (HEAD + question(question="n", type="e-mail", text="x"), 8, "Meinten Sie „email“"),
            (HEAD + question(question="n", type="time", text="x", not_before="m"), 10, "frühere Frage derselben Art"),
            (
                HEAD + SINGLE + question(question="n", type="time", text="x", not_before="eins"),
                14,
                "frühere Frage derselben Art",
            ),
            (HEAD + question(question="n", type="text", text="x", values="a"), 10, "Liste"),
            ((HEAD + SINGLE).replace("code: demo", "code: Mein Bogen"), 1, "„meinbogen“"),
            ((HEAD + SINGLE).replace("version: 1", "version: Ä 1"), 2, "2025-1"),
            (HEAD.rstrip() + " []\n", 5, "keine Frage"),
        ],
    )
    def test_each_mistake_is_named_with_its_line(self, tmp_path: Path, content: str, line: int, says: str) -> None:
        """File, line, what is wrong, what would be right: in one message, and only that one."""
        message = refused(content, tmp_path)
        assert message.startswith(f"bogen.yaml, Zeile {line}: ")
        assert says in message
        assert "\n" not in message

    @pytest.mark.parametrize("word", sorted({*FIXED_COLUMNS, *(word for words in RESERVED.values() for word in words)}))
    def test_reserved_words_are_refused(self, tmp_path: Path, word: str) -> None:
        """Fixed columns and words of SPSS, R and LimeSurvey cannot name a question."""
        message = refused(HEAD + SINGLE.replace("question: eins", f"question: {word}"), tmp_path)
        assert f"„{word}“" in message

    def test_several_mistakes_are_listed_in_order(self, tmp_path: Path) -> None:
        """All at once, so that nobody has to start again for each."""
        message = refused(HEAD + SINGLE.replace("single", "singel").replace("yes: ja", "JA!: ja"), tmp_path)
        assert [int(number) for number in re.findall(r"Zeile (\d+)", message)] == [8, 10]

    def test_many_mistakes_are_counted(self, tmp_path: Path) -> None:
        """Nobody reads fifty messages."""
        message = refused(HEAD + SINGLE * 30, tmp_path)
        assert len(message.splitlines()) == 14
        assert "17 weitere" in message

    def test_messages_in_english(self, tmp_path: Path) -> None:
        """The other language of scanform."""
        message = refused(HEAD + SINGLE.replace("text:", "txt:"), tmp_path, language="en")
        assert message == "bogen.yaml, line 9: I do not know “txt” here. Did you mean “text”?"

    def test_a_missing_translation_is_named(self, tmp_path: Path) -> None:
        """A form in two languages has both."""
        assert "in der Sprache „en“" in refused("languages: [de, en]\n" + HEAD + SINGLE, tmp_path)

    @pytest.mark.parametrize(
        ("content", "says"),
        [(b"", "leer"), ("title: Gr\u00f6\u00dfe".encode("latin-1"), "UTF-8"), (b"code: \x07", "Steuerzeichen")],
    )
    def test_files_that_are_no_yaml(self, tmp_path: Path, content: bytes, says: str) -> None:
        """Empty, wrongly encoded, binary."""
        path = tmp_path / "bogen.yaml"
        path.write_bytes(content)
        with pytest.raises(TemplateError) as caught:
            load_questionnaire(path)
        assert says in in_words(caught.value.message, "de")

    def test_a_missing_file(self, tmp_path: Path) -> None:
        """No traceback, one line."""
        with pytest.raises(TemplateError) as caught:
            load_questionnaire(tmp_path / "fehlt.yaml")
        assert "gibt es nicht" in in_words(caught.value.message, "de")


class TestShippedTemplates:
    def test_the_survey_keeps_contact_data_apart(self) -> None:
        """Names, addresses, telephone numbers and signatures are contact data; free remarks are sensitive."""
        form = load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")
        classes = {found.code: found.data_class for found in form.questions()}
        contact = {code for code, data_class in classes.items() if data_class is DataClass.CONTACT}
        assert contact == {"placename", "street", "contactname", "phone", "mail", "web", "signature"}
        assert classes["remarks"] is DataClass.SENSITIVE

    def test_the_survey_covers_all_kinds(self) -> None:
        """Every kind of question, both kinds of matrix, text beside options, filters, lists to check against."""
        form = load_questionnaire(ROOT / "templates" / "begegnungsorte.yaml")
        found = list(form.questions())
        assert {entry.form for entry in found} == {None, *TextForm}
        assert {entry.kind for entry in found} == set(QuestionKind)
        assert {entry.kind for entry in found if entry.group} == {QuestionKind.SINGLE, QuestionKind.MULTIPLE}
        assert any(option.writein for entry in found for option in entry.options)
        assert any(option.exclusive for entry in found for option in entry.options)
        assert any(entry.only_if for entry in found)
        assert len(next(entry.values for entry in found if entry.values)) == 62

    def test_the_second_template_differs_in_everything(self) -> None:
        """Language, meaning of filled boxes, codes."""
        form = load_questionnaire(ROOT / "templates" / "visitor-feedback.yaml")
        assert (form.languages, form.filled) == (("en",), Filled.MARK)


class TestDocumentation:
    def test_the_examples_in_the_documentation_work(self, tmp_path: Path) -> None:
        """Each YAML block of docs/template.md loads and fits on paper in all its languages."""
        blocks = re.findall(
            r"```yaml\n(.*?)```", (ROOT / "docs" / "template.md").read_text(encoding="utf-8"), re.DOTALL
        )
        assert len(blocks) == 3
        for block in blocks:
            form = load(block, tmp_path)
            for language in form.languages:
                assert place(form, language=language, variant="standard", measure=measure).pages

    def test_every_type_and_key_is_documented(self) -> None:
        """Nothing can be written that docs/template.md does not explain."""
        documented = set(
            re.findall(
                r"[a-z_]+",
                " ".join(re.findall(r"`([^`\n]+)`", (ROOT / "docs" / "template.md").read_text(encoding="utf-8"))),
            )
        )
        keys = {key for keys in TYPE_KEYS.values() for key in keys}
        assert {
            *TYPE_KEYS,
            *keys,
            "question",
            "type",
            "text",
            "hint",
            "class",
            "required",
            "only_if",
            "width",
            "note",
            "filled",
        } <= documented


SOURCES = [path.read_text(encoding="utf-8").splitlines() for path in sorted((ROOT / "templates").glob("*.yaml"))]
SNIPPETS = [
    "- x",
    "  options: [a]",
    "? [a]",
    "rows:",
    "type: matrix",
    "&a",
    "*a",
    "{",
    "question: a",
    "  - note: x",
    "title: {de: x}",
    "\t",
    "'",
    "~: ~",
    "cells: [1, 99]",
]


@pytest.mark.slow
@settings(max_examples=150, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_is_wrong_is_said_plainly(tmp_path: Path, data: st.DataObject) -> None:
    """Lines lost, moved, indented or mistyped: the questionnaire loads, or a TemplateError names file and line;
    nothing else happens.
    """
    lines = list(data.draw(st.sampled_from(SOURCES)))
    for _ in range(data.draw(st.integers(1, 3))):
        place_of_change = data.draw(st.integers(0, len(lines) - 1))
        change = data.draw(st.sampled_from(["delete", "double", "indent", "outdent", "snippet", "cut"]))
        line = lines[place_of_change]
        snippet = data.draw(st.sampled_from(SNIPPETS))
        changed = {
            "delete": [],
            "double": [line, line],
            "indent": [f"  {line}"],
            "outdent": [line[2:]],
            "snippet": [line, snippet],
            "cut": [line[: len(line) // 2]],
        }
        lines[place_of_change : place_of_change + 1] = changed[change]
    try:
        form = load("\n".join(lines), tmp_path)
    except TemplateError as error:
        said = in_words(error.message, "de")
    else:
        said = f"bogen.yaml: {form.code}"
    assert re.search(r"bogen\.yaml(, Zeile \d+)?: .+", said)
