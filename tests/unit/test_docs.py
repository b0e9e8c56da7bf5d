"""The documents say what the code does: generated pages are up to date, and README commands exist."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from scanform.assemble import AcceptSettings
from scanform.cli import program
from scanform.config import ReadingConfig

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_up_to_date():
    """docs/ is what tools/make_docs.py writes today."""
    done = subprocess.run(
        [sys.executable, "tools/make_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_commands_in_readme_exist():
    """Each `scanform COMMAND` that README names is a command."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"^(?:\.venv/bin/)?scanform ([a-z][a-z-]+)", "\n".join(blocks), flags=re.MULTILINE))
    assert named
    assert named <= set(program.main.commands)


def test_commands_in_the_page_on_imported_forms_exist():
    """So does each command, and each option, of docs/imported-forms.md."""
    lines = re.findall(
        r"scanform (?:--project \S+ )?([a-z][a-z-]+)([^\n`]*)", (ROOT / "docs" / "imported-forms.md").read_text("utf-8")
    )
    commands = [(name, rest) for name, rest in lines if name in program.main.commands]
    assert {"init", "find-zones", "edit-layout", "import-form", "ingest", "identify"} <= {name for name, _ in commands}
    for name, rest in commands:
        known = {option for parameter in program.main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest.split("#  ")[0])) <= known, (name, rest)


def test_no_page_names_a_machine():
    """Documents and code hold no absolute paths of a machine."""
    wrong = re.compile(r"/(?:home|root|Users|work)/[a-z]")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "scanform").rglob("*.py")]:
        assert not wrong.search(path.read_text("utf-8")), path


def test_what_the_documents_name_is_there():
    """Files and tests that a document names in `code` exist; the changelog tells of what was."""
    tracked = [path for path in ROOT.rglob("*.*") if not {".venv", ".git", "node_modules"} & set(path.parts)]
    names = [path.relative_to(ROOT).as_posix() for path in tracked]
    tests = set(
        re.findall(r"def (test_\w+)", "\n".join(path.read_text("utf-8") for path in tracked if path.suffix == ".py"))
    )
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "scanform").rglob("*.md")]:
        if page.name == "CHANGELOG.md":
            continue
        content = page.read_text("utf-8")
        for file in re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|js|html))`", content):
            assert any(name == file or name.endswith(f"/{file}") for name in names), (page.name, file)
        assert set(re.findall(r"`(test_\w+)`", content)) <= tests, page.name


# --- figures that documents quote ------------------------------------------------------------------------------------


@pytest.fixture
def made(monkeypatch):
    """What writes the documents, and what it takes figures from."""
    monkeypatch.syspath_prepend(ROOT / "tools")
    return importlib.import_module("make_docs"), importlib.import_module("figures")


def stale(made, figures):
    """The pages that would be written anew."""
    return [path.name for path, content in made.quoting(figures).items() if content != path.read_text("utf-8")]


@pytest.mark.parametrize(
    ("name", "pages"),
    [
        ("accept.cells", ["handwriting-benchmark.md", "how-it-works.md"]),
        ("chain.number.accepted.whole", ["README.md", "handwriting-benchmark.md", "how-it-works.md"]),
        ("marks.silent", ["README.md"]),
        ("login.idle", ["accounts.md"]),
    ],
)
def test_a_changed_figure_is_found_wherever_it_is_quoted(made, name, pages):
    """One of them changes: each page that quotes it is out of date, no other."""
    make_docs, figures = made
    today = figures.all_figures(ROOT)
    assert stale(make_docs, today) == []
    assert stale(make_docs, today | {name: "77"}) == pages


def test_figures_are_those_of_the_code_and_of_the_results(made, monkeypatch):
    """Another setting, another result: other figures."""
    _, figures = made
    monkeypatch.setattr("scanform.assemble.AcceptSettings.at", lambda accept: AcceptSettings(cells=0.9))
    assert figures.of_settings()["accept.cells"] == "0.9"
    output = (ROOT / figures.HANDWRITING).read_text("utf-8")
    number = figures.row_of(output, figures.CHAIN, "number")
    changed = figures.of_handwriting(
        output.replace(number, re.sub(r"accepted +[\d.]+%, \d+ wrong", "accepted 50.0%, 3 wrong", number))
    )
    assert (changed["chain.number.accepted.whole"], changed["chain.wrong"]) == ("50", "3")
    page = (ROOT / figures.MARKS).read_text("utf-8")
    assert figures.of_marks(
        page.replace(
            "| photocopied | 64 | 0 | 18,332 | 3,212 (15%) | 7 |", "| photocopied | 64 | 0 | 18,332 | 3,212 (15%) | 0 |"
        )
    ) == {
        **figures.of_marks(page),
        "marks.kinds-silent-0": str(int(figures.of_marks(page)["marks.kinds-silent-0"]) + 1),
    }


def test_a_figure_that_there_is_not_is_named(made):
    """A slip in a name, a result without what is quoted: said, never passed over."""
    _, figures = made
    with pytest.raises(figures.UnknownFigureError, match=r"no figure 'accept\.cels'"):
        figures.filled("from <!--=accept.cels-->0.99<!--/--> on", figures.of_settings())
    output = (ROOT / figures.HANDWRITING).read_text("utf-8")
    with pytest.raises(figures.UnknownFigureError, match="no line 'number'"):
        figures.of_handwriting(output.replace("\n  number ", "\n  figure "))


def test_every_marker_is_whole():
    """What is begun is ended, so that no figure is left out of what is written."""
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        content = path.read_text("utf-8")
        assert content.count("<!--=") == content.count("<!--/-->"), path


THRESHOLD = re.compile(r"(?<![\d.])0\.9\d+(?![\d.]* of)")


def test_no_threshold_of_acceptance_is_written_by_hand(made):
    """Sentences that say from when on something is accepted take the figure from the code."""
    _, figures = made
    known = {value for name, value in figures.of_settings().items() if name.startswith("accept")}
    for path in [
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        *(ROOT / "docs" / name for name in ("how-it-works.md", "learning.md", "template.md", "review-station.md")),
    ]:
        plain = figures.QUOTED.sub("", path.read_text("utf-8"))
        for line in plain.splitlines():
            if re.search(r"accept|promis|threshold", line) and not line.startswith("|"):
                assert not known & set(THRESHOLD.findall(line)), (path.name, line)


def test_what_is_accepted_by_default_is_what_is_promised_by_default():
    """The settings of acceptance are those for the share that survey.toml promises where nothing else is said."""
    assert AcceptSettings.at(ReadingConfig().accept) == AcceptSettings()
