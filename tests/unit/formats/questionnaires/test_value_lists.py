"""Lists of admissible values in files of their own: streets, postcodes, carriers."""

import csv
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.errors import TemplateError
from scanform.formats.questionnaires.read_yaml import load_questionnaire, self_contained
from scanform.i18n.texts import in_words

HEAD = "code: demo\nversion: 1\ntitle: Titel\nsections:\n  - title: Teil\n    questions:\n"
TEXT = (
    HEAD + "      - question: ort\n        type: text\n        text: Wo?\n        values: {values}\n        lines: 2\n"
)
STREETS = "name;plz\nWestenhellweg;44137\nAm Ölpfad;44263\n  Große  Heide ;44137\nAm Ölpfad;44263\n"


def project(folder, values, content=STREETS, *, encoding="utf-8"):
    (folder / "strassen.csv").write_text(content, encoding=encoding)
    path = folder / "bogen.yaml"
    path.write_text(TEXT.replace("{values}", values), encoding="utf-8")
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize(
    "values", ["{file: strassen.csv, column: name}", "\n          file: strassen.csv\n          column: name"]
)
def test_a_column_of_a_file(tmp_path, values, encoding):
    """Each value once, in the file's order, with single spaces."""
    found = load_questionnaire(project(tmp_path, values, encoding=encoding)).question("ort")
    assert (found.values, found.lines) == (("Westenhellweg", "Am Ölpfad", "Große Heide"), 2)


def test_a_file_with_one_column(tmp_path):
    """Needs no name of a column."""
    path = project(tmp_path, "strassen.csv", "plz\n44135\n01067\n")
    assert load_questionnaire(path).question("ort").values == ("44135", "01067")


@pytest.mark.parametrize(
    "values", ["{file: strassen.csv, column: name}", "\n          file: strassen.csv\n          column: name"]
)
def test_what_a_project_keeps_needs_no_file(tmp_path, values):
    """The list is written into the questionnaire: the file may change or vanish, printed forms keep their meaning."""
    path = project(tmp_path, values)
    before = load_questionnaire(path)
    kept = tmp_path / "kept" / "bogen.yaml"
    kept.parent.mkdir()
    kept.write_text(self_contained(path), encoding="utf-8")
    assert load_questionnaire(kept) == before
    assert "strassen.csv" not in kept.read_text(encoding="utf-8")


def test_without_files_nothing_changes(tmp_path):
    """A questionnaire with its lists in it is kept as it was written, comments included."""
    path = project(tmp_path, "[Nord, Süd]  # nur zwei")
    assert self_contained(path) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("values", "content", "message"),
    [
        ("fehlt.csv", STREETS, "kann nicht gelesen werden"),
        ("strassen.csv", STREETS, "mehrere Spalten (name, plz)"),
        ("{file: strassen.csv, column: ort}", STREETS, "keine Spalte „ort“"),
        ("{column: name}", STREETS, "„file“"),
        ("strassen.csv", "name\n", "leer"),
        ("{file: strassen.csv, column: name}", STREETS + "a;b;c\n", "zu vielen oder zu wenigen Spalten"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path, values, content, message):
    """A list that is not there, or not whole, is never an empty list."""
    with pytest.raises(TemplateError) as caught:
        load_questionnaire(project(tmp_path, values, content))
    assert message in in_words(caught.value.message, "de")
    assert "Zeile 10" in in_words(caught.value.message, "de")


PAIRED = (
    HEAD
    + """      - question: plz
        type: digits
        text: PLZ
        cells: 5
        values: {file: strassen.csv, column: plz}
      - question: strasse
        type: text
        text: Straße
        values: {file: strassen.csv, column: name}
        goes_with: {with}
"""
)


def paired(folder, goes_with="{question: plz, column: plz}", content=STREETS):
    (folder / "strassen.csv").write_text(content, encoding="utf-8")
    path = folder / "bogen.yaml"
    path.write_text(PAIRED.replace("{with}", goes_with), encoding="utf-8")
    return path


def test_two_columns_say_what_goes_together(tmp_path):
    """Each row of the file is a pair; a street may stand in several rows, a row without a postcode says nothing."""
    found = (
        load_questionnaire(paired(tmp_path, content=STREETS + "Am Ölpfad;44137\nNeue Gasse;\n"))
        .question("strasse")
        .goes_with
    )
    assert (found.question, dict(found.values)) == (
        "plz",
        {"44137": ("Westenhellweg", "Große Heide", "Am Ölpfad"), "44263": ("Am Ölpfad",)},
    )


@pytest.mark.parametrize(
    "pairs",
    [
        "{44137: [westenhellweg, Große Heide], 44263: [Am Ölpfad]}",
        "\n            44137: [Westenhellweg, Große Heide]\n            44263: [Am Ölpfad]",
    ],
)
def test_pairs_may_stand_in_the_questionnaire(tmp_path, pairs):
    """Without a column they are written down, by the value of the other question; their spelling is that of the
    lists.
    """
    written = load_questionnaire(paired(tmp_path, f"\n          question: plz\n          pairs: {pairs}"))
    assert written == load_questionnaire(paired(tmp_path))


names = st.text(alphabet="aäB'\"#:, {}[]-7\u00e9", min_size=1, max_size=6).filter(str.strip)


@given(st.lists(st.tuples(names, st.sampled_from(["44135", "01067", "44263"])), min_size=1, max_size=8))
@pytest.mark.slow
def test_what_a_project_keeps_has_the_same_pairs(rows):
    """Lists and pairs are written into the questionnaire, whatever characters they hold; files are not needed any
    more.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = paired(folder)
        with (folder / "strassen.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("name", "plz"), *rows])
        before, content = load_questionnaire(path), self_contained(path)
        (folder / "strassen.csv").unlink()
        path.write_text(content, encoding="utf-8")
        assert load_questionnaire(path) == before
        assert self_contained(path) == content
        pairs = {(" ".join(ours.split()).casefold(), theirs) for ours, theirs in rows}
        assert {
            (ours.casefold(), theirs) for theirs, group in before.question("strasse").goes_with.values for ours in group
        } == pairs


@pytest.mark.parametrize(
    ("goes_with", "message"),
    [
        ("{question: ort, column: plz}", "„ort“ ist keine"),
        ("{question: strasse, column: plz}", "„strasse“ ist keine"),
        ("{column: plz}", "fehlt „question“"),
        ("{question: plz}", "entweder „column“"),
        ("{question: plz, column: plz, pairs: {}}", "entweder „column“"),
        ("{question: plz, column: ort}", "keine Spalte „ort“"),
        ("{question: plz, column: name}", "Kein Paar passt"),
        ("{question: plz, pairs: {}}", "Kein Paar passt"),
        ("{question: plz, pairs: {44137: [Ostwall]}}", "Kein Paar passt"),
        ("{question: plz, pairs: {44137: Westenhellweg}}", "Liste erwartet"),
        ("{question: plz, pairs: [44137]}", "name: Wert"),
        ("plz", "name: Wert"),
    ],
)
def test_mistakes_about_pairs_are_named_with_their_line(tmp_path, goes_with, message):
    """A table that says nothing is no table without contradictions."""
    with pytest.raises(TemplateError) as caught:
        load_questionnaire(paired(tmp_path, goes_with))
    assert message in in_words(caught.value.message, "de")
    assert "Zeile 16" in in_words(caught.value.message, "de")


def test_a_column_needs_a_file(tmp_path):
    """Pairs come from the file that the list comes from."""
    path = paired(tmp_path)
    path.write_text(
        path.read_text(encoding="utf-8").replace("{file: strassen.csv, column: name}", "[Westenhellweg]"),
        encoding="utf-8",
    )
    with pytest.raises(TemplateError) as caught:
        load_questionnaire(path)
    assert "eine Datei mit der eigenen Spalte" in in_words(caught.value.message, "de")
