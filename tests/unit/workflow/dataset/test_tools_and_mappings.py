"""Exports of every tool into a project: recognised, confirmed once, kept; files of no tool by a mapping."""

import json

import pytest
import yaml
from click.testing import CliRunner

from bench import exports
from scanform.api import init_project
from scanform.cli.dataset import TOOLS
from scanform.cli.program import main
from scanform.formats.responses.pattern import Kind
from scanform.workflow.project.project import open_project

ONES = tuple(exports.people(12))
COLUMNS = [
    "Nr.",
    "Eingang",
    "Zugangscode",
    "Wie heißt der Ort?",
    "carrier",
    "Zielgruppe",
    "Räume",
    "Geld",
    "Ehrenamt",
    "Jahr",
    "intern",
    "was noch?",
]


@pytest.fixture
def folder(tmp_path):
    exports.questionnaire(tmp_path)
    init_project(tmp_path / "project", questionnaire=tmp_path / "orte.yaml", language="de").close()
    return tmp_path / "project"


def run(folder, *args, code=0, as_json=True):
    done = CliRunner().invoke(main, ["--project", str(folder), *map(str, args), *(["--json"] if as_json else [])])
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if as_json and not code else done.output


def stored(folder):
    """The answers in the store, by response."""
    with open_project(folder) as project:
        found = {one.id: one for one in project.store.responses()}
    return [{answer.column: answer.value for answer in found[name].answers} for name in sorted(found)]


@pytest.mark.parametrize("tool", exports.FILES)
def test_an_export_of_each_tool_comes_in_once(tmp_path, folder, tool):
    """It is recognised; a second time nothing is new, and the tool is known from the first."""
    path = exports.FILES[tool](tmp_path / ("x.xlsx" if tool.startswith("microsoft") else "x.csv"), ONES)
    more = []
    if tool == "redcap":
        more = ["--labels", exports.redcap_dictionary(tmp_path / "l.csv")]
    elif tool == "sosci":
        more = ["--labels", exports.sosci_values(tmp_path / "l.csv")]
    first, second = (run(folder, "import-digital", path, *more) for _ in range(2))
    assert (first["new"], second["new"], second["changed"], second["unchanged"]) == (12, 0, 0, 12)
    assert sorted(map(str, stored(folder))) == sorted(str(one.expected) for one in ONES)
    assert len(first["columns"]) == first["columns"][-1]["number"]
    bases = [[one["basis"] for one in found["formats"] if one["kind"] == "tool"] for found in (first, second)]
    assert bases == ([[], []] if tool == "limesurvey" else [["proven"], ["kept"]])


def test_the_tool_and_the_columns_are_told(tmp_path, folder):
    """A person reads which tool it is, what shows it, and what is left aside for what reason."""
    path = exports.google_csv(tmp_path / "x.csv", ONES, sheet=True, joined=", ")
    said = run(folder, "import-digital", path, as_json=False)
    assert "Werkzeug: Google Forms (das schreibt nur dieses: Zeitstempel)" in said
    assert "Spalten: 11, davon 10 übernommen." in said
    assert "Angaben zur Person, weggelassen: E-Mail-Adresse" in said


def test_the_command_knows_each_tool():
    """Its choices are the tools there are."""
    assert set(TOOLS) == set(Kind)


def plain_file(folder):
    """A list that somebody kept by hand."""
    rows = [COLUMNS]
    for one in ONES:
        groups = "; ".join([exports.GROUPS[code].split(";")[0] for code in one.groups if code != "old"])
        rows.append(
            [str(one.number), one.at.strftime("%d.%m.%Y %H:%M"), one.token, one.name, exports.CARRIERS.get(one.carrier, ""), groups,
             one.room, {"1": "schlecht", "2": "mittel", "3": "gut"}[one.money], one.staff, one.since[:4], "x", one.remarks]
        )  # fmt: skip
    return exports.written(folder.parent / "liste.csv", rows, delimiter=";")


def corrected(path, **said):
    """The draft as a person corrects it."""
    draft = yaml.safe_load(path.read_text("utf-8"))
    draft["columns"] = [column | said.get(column["column"], {}) for column in draft["columns"]]
    path.write_text(yaml.safe_dump(draft, allow_unicode=True), "utf-8")
    return path


FIXED = {
    "Zielgruppe": {"is": "groups", "split": "; "},
    "Räume": {"is": "room"},
    "Geld": {"is": "money", "values": {"schlecht": "1", "mittel": "2", "gut": "3"}},
    "Ehrenamt": {"is": "staff"},
    "Jahr": {"is": "leave"},
    "intern": {"is": "leave"},
    "was noch?": {"is": "remarks"},
}


def test_a_mapping_is_drafted_corrected_and_used(tmp_path, folder):
    """The draft says what is guessed and why, leaves the rest open, and is refused as long as anything is open."""
    path = plain_file(folder)
    done = run(folder, "map", path)
    mapping = tmp_path / "liste-map.yaml"
    draft = mapping.read_text("utf-8")
    guessed = {one["column"]: one["is"] for one in yaml.safe_load(draft)["columns"]}
    assert (done["columns"], done["open"]) == (12, sum(said == "?" for said in guessed.values()))
    assert [guessed[name] for name in COLUMNS[:5]] == ["id", "submitted", "token", "name", "carrier"]
    assert guessed["was noch?"] == "remarks"
    assert "# die Überschrift ist der Code" in draft
    assert "T000001" not in draft
    assert "exists" in run(folder, "--language", "en", "map", path, code=2)

    refused = run(folder, "import-digital", path, "--map", mapping, code=4)
    assert "Zeile" in refused
    assert "Zielgruppe" in refused
    assert stored(folder) == []

    corrected(mapping, **FIXED)
    run(folder, "map", path, "--check", mapping)
    found = run(folder, "import-digital", path, "--map", mapping)
    assert (found["new"], found["problems"][0]["problem"]) == (
        12,
        "missing-column",
    )  # the question "since" has no column
    left = {one["heading"] for one in found["columns"] if one["is"] == "left"}
    assert left == {"Jahr", "intern"}
    with open_project(folder) as project:
        first = next(one for one in project.store.responses() if one.id == "online-1")
    assert (first.token, first.complete) == ("T000001", True)
    for answers, one in zip(stored(folder), sorted(ONES, key=lambda one: f"online-{one.number}"), strict=True):
        assert [answers[code] for code in ("name", "room", "money", "staff", "remarks")] == [
            one.name, one.room, one.money, one.staff, one.remarks
        ]  # fmt: skip
        assert answers["groups"].split() == [code for code in one.groups if code in {"kids", "fam"}]


@pytest.mark.fast_cases(3)
@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("columns:\n  - {column: a, is: id}\n  - {column: b, is: nothing}", "Zeile 3: „nothing“ ist keine Frage"),
        (
            "columns:\n  - {column: a, is: id}\n  - {column: b, is: 'groups[old]'}\n  - {column: c, is: 'groups[oldd]'}",
            "Zeile 4: „oldd“",
        ),
        ("columns:\n  - {column: a, is: id}\n  - {column: b, is: id}", "Zeile 3: „id“ hat schon eine Spalte (Zeile 2)"),
        (
            "columns:\n  - {column: a, is: id}\n  - {column: a, is: name}",
            "Zeile 3: die Spalte „a“ steht schon da (Zeile 2)",
        ),
        ("columns:\n  - {column: a, is: id}\n  - {column: b, is: groups}", "groups hat mehrere Antworten"),
        ("columns:\n  - {column: a, is: id}\n  - {column: b, is: name, split: ';'}", "Zeile 3: „split“ gehört"),
        (
            "columns:\n  - {column: a, is: id}\n  - {column: b, is: carrier, values: {x: nobody}}",
            "Zeile 3: „x“: „nobody“",
        ),
        (
            "columns:\n  - {column: a, is: id}\n  - {column: b, is: groups, split: ';', values: {x: old}}",
            "Zeile 3: „values“ geht nicht",
        ),
        ("columns:\n  - {column: a, is: name}", "keine Spalte ist „id“ oder „submitted“"),
        ("columns:\n  - {column: a, is: id, form: x}", "Zeile 2: „form“ ist unbekannt"),
        ("columns:\n  - {column: nowhere, is: id}", "die Spalte „nowhere“ gibt es in x.csv nicht"),
        ("columns:\n  - {column: a, is: 'carrier[city]'}", "nur eine Mehrfachauswahl"),
        ("columns:\n  - {column: a, is: 'groups[old] text'}", "keine Zeile für Text"),
        ("columns:\n  - {column: a}", "Zeile 2: jeder Eintrag braucht"),
        ("columns: a", "unter „columns“ steht keine Liste"),
        ("columns: [", "ist kein YAML"),
    ],
)
def test_what_is_wrong_with_a_mapping_is_named_with_its_line(tmp_path, folder, lines, said):
    """Every mistake, before anything is taken over."""
    path = exports.written(tmp_path / "x.csv", [["a", "b", "c"], ["1", "2", "3"]])
    mapping = tmp_path / "m.yaml"
    mapping.write_text(lines, "utf-8")
    assert said in run(folder, "map", path, "--check", mapping, code=4, as_json=False)
    assert said in run(folder, "import-digital", path, "--map", mapping, code=4, as_json=False)
