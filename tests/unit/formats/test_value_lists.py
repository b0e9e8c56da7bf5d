"""Lists of admissible values in files of their own: streets, postcodes, carriers."""

import pytest

from scanform.errors import TemplateError
from scanform.formats.template import load_questionnaire, self_contained

HEAD = "code: demo\nversion: 1\ntitle: Titel\nsections:\n  - title: Teil\n    questions:\n"
TEXT = HEAD + "      - question: ort\n        type: text\n        text: Wo?\n        values: {values}\n        lines: 2\n"
STREETS = "name;plz\nWestenhellweg;44137\nAm Ölpfad;44263\n  Große  Heide ;44137\nAm Ölpfad;44263\n"


def project(folder, values, content=STREETS, *, encoding="utf-8"):
    (folder / "strassen.csv").write_text(content, encoding=encoding)
    path = folder / "bogen.yaml"
    path.write_text(TEXT.replace("{values}", values), encoding="utf-8")
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("values", ["{file: strassen.csv, column: name}", "\n          file: strassen.csv\n          column: name"])
def test_a_column_of_a_file(tmp_path, values, encoding):
    """Each value once, in the file's order, with single spaces."""
    found = load_questionnaire(project(tmp_path, values, encoding=encoding)).question("ort")
    assert (found.values, found.lines) == (("Westenhellweg", "Am Ölpfad", "Große Heide"), 2)


def test_a_file_with_one_column(tmp_path):
    """Needs no name of a column."""
    path = project(tmp_path, "strassen.csv", "plz\n44135\n01067\n")
    assert load_questionnaire(path).question("ort").values == ("44135", "01067")


@pytest.mark.parametrize("values", ["{file: strassen.csv, column: name}", "\n          file: strassen.csv\n          column: name"])
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
    assert message in caught.value.message
    assert "Zeile 10" in caught.value.message
