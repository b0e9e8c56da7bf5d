"""scanform convert: from each kind of file to each, what is said, and what is refused."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanform.cli.program import main
from scanform.errors import ExitCode
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire, load_questionnaire
from scanform.formats.survey_tools import limesurvey_read
from scanform.workflow.project import convert as converting

ROOT = Path(__file__).parents[4]
TEMPLATE = ROOT / "templates" / "visitor-feedback.yaml"
DATA = ROOT / "tests" / "unit" / "formats" / "survey_tools" / "data"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_from_each_kind_to_each(tmp_path: Path) -> None:
    """YAML, TSV, .lss, XLSForm and YAML again: the same questionnaire, each kind named, nothing lost."""
    files = [TEMPLATE, *(tmp_path / name for name in ("a.txt", "b.lss", "c.xlsx", "d.tsv", "e.yaml"))]
    for source, out in pairwise(files):
        done = run("convert", source, "-o", out, "--language", "en")
        assert done.exit_code == ExitCode.OK, done.output
        assert "Everything was carried over." in done.output
    assert load_questionnaire(files[-1]) == load_questionnaire(TEMPLATE)


def test_losses_are_listed_and_stand_beside_their_questions(tmp_path: Path) -> None:
    """Exit code 0; each loss with its line, as text, as JSON, and as a comment above the question it is about."""
    out = tmp_path / "form.yaml"
    done = run("convert", DATA / "all_types.tsv", "-o", out, "--language", "en")
    assert done.exit_code == ExitCode.OK
    assert "line 67, qrelevant: The filter qmandatory != ''" in done.output
    lines = out.read_text("utf-8").splitlines()
    comment = next(at for at, line in enumerate(lines) if line.strip().startswith("# NOT CARRIED OVER: The filter"))
    assert lines[comment + 1].strip() == '- question: "qrelevant"'
    load_new_questionnaire(out)
    found = json.loads(run("convert", DATA / "all_types.tsv", "-o", out, "--json").output)
    assert (found["source"], found["target"], found["questions"]) == ("limesurvey-tsv", "yaml", 32)
    lost = [(one["slug"], one["line"], one["element"]) for one in found["not_carried_over"]]
    assert ("filter", 67, "qrelevant") in lost


@pytest.mark.slow
def test_a_converted_survey_becomes_a_project_and_is_printed(tmp_path: Path) -> None:
    """The whole way: a survey that exists online, as forms."""
    out, project, pdf = tmp_path / "form.yaml", tmp_path / "project", tmp_path / "forms.pdf"
    for call in (
        ("convert", DATA / "answers.lss", "-o", out),
        ("init", project, "--questionnaire", out),
        ("print", "--project", project, "--copies", 1, "-o", pdf),
    ):
        assert run(*call).exit_code == ExitCode.OK
    assert pdf.read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize(
    ("source", "out", "options", "code", "says"),
    [
        ("a.xls", "a.yaml", (), ExitCode.INPUT, ".xls is not read"),
        ("a.lss", "a.yaml", (), ExitCode.INPUT, "not valid XML"),
        ("missing.lss", "a.yaml", (), ExitCode.INPUT, "cannot be read"),
        ("a.doc", "a.yaml", (), ExitCode.USAGE, "The ending .doc does not say"),
        ("good.yaml", "a.csv", (), ExitCode.USAGE, "The ending .csv does not say"),
        ("good.yaml", "a.lss", ("--to", "xlsform"), ExitCode.USAGE, "--to xlsform does not fit"),
        ("good.yaml", "good.yaml", (), ExitCode.USAGE, "the same file"),
        ("bad.yaml", "a.lss", (), ExitCode.TEMPLATE, "bad.yaml"),
    ],
)
def test_what_cannot_be_converted_is_refused(
    tmp_path: Path, source: str, out: str, options: tuple[str, ...], code: ExitCode, says: str
) -> None:
    """With words and an exit code, and without touching the target."""
    (tmp_path / "good.yaml").write_bytes(TEMPLATE.read_bytes())
    (tmp_path / "bad.yaml").write_text("code: x\n")
    for name in ("a.xls", "a.lss", "a.doc"):
        (tmp_path / name).write_bytes(b"nothing")
    before = sorted(tmp_path.iterdir())
    done = run("convert", tmp_path / source, "-o", tmp_path / out, *options, "--language", "en")
    assert done.exit_code == code, done.output
    assert says in done.output
    assert sorted(tmp_path.iterdir()) == before
    assert (tmp_path / "good.yaml").read_bytes() == TEMPLATE.read_bytes()


def test_an_ending_of_ones_own_with_to(tmp_path: Path) -> None:
    """--to says what a file without a known ending becomes."""
    out = tmp_path / "survey.tab"
    assert run("convert", TEMPLATE, "-o", out, "--to", "limesurvey-tsv").exit_code == ExitCode.OK
    assert out.read_bytes().startswith(b"\xef\xbb\xbfclass\t")


def test_too_large_a_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its size is looked at first."""
    monkeypatch.setattr(converting, "MAX_BYTES", 100)
    done = run("convert", DATA / "answers.lss", "-o", tmp_path / "a.yaml", "--language", "en")
    assert (done.exit_code, "larger than a questionnaire can be" in done.output) == (ExitCode.INPUT, True)


def test_a_file_that_init_would_refuse_is_never_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is written as YAML is read back first: a reader that made too many options would be noticed."""
    monkeypatch.setattr(limesurvey_read, "MAX_OPTIONS", 10_000)
    rows = ["class\ttype/scale\tname\ttext", "Q\tL\ta\tA?", *(f"A\t0\t{at}\tx{at}" for at in range(61))]
    source, out = tmp_path / "a.txt", tmp_path / "a.yaml"
    source.write_text("\n".join(rows))
    assert run("convert", source, "-o", out).exit_code != ExitCode.OK
    assert not out.exists()
