"""The command line: what it says, what it writes, its exit codes."""

import json
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from scanform.cli.program import main
from scanform.model.review import Decision, DecisionKind
from scanform.workflow.project.project import open_project

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def run(*arguments, code=0):
    """Run a command; returns standard output. A bug (70) shows its traceback."""
    found = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert found.exit_code == code, found.output
    return found.stdout


def data(*arguments, code=0):
    return json.loads(run(*arguments, "--json", code=code))


@pytest.fixture
def folder(tiny_survey, tmp_path):
    """A project folder with the small survey."""
    tiny_survey.project(tmp_path / "project").close()
    return tmp_path / "project"


def test_init_and_print_from_a_template(tmp_path):
    """A template becomes a project, forms with tokens become a PDF, a list of copies and a layout that fit their
    schemas.
    """
    recipients = tmp_path / "list.csv"
    recipients.write_bytes(
        'token;Name;Anschrift\r\nT-1AB2;Café Müller;"Weg 1\n55116 Mainz"\r\n=T 2CD;Ä;\r\n'.encode("cp1252")
    )
    run("init", tmp_path / "p", "--template", "visitor-feedback", "--language", "en")
    found = data(
        "print", "--project", tmp_path / "p", "--recipients", recipients, "--seed", 5, "-o", tmp_path / "x.pdf"
    )
    copies = json.loads((tmp_path / "x.copies.json").read_text("utf-8"))
    jsonschema.validate(copies, json.loads((SCHEMAS / "copies.schema.json").read_text("utf-8")))
    assert [copy["token"] for copy in copies] == ["T-1AB2", "=T 2CD"]
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
    layout = json.loads((tmp_path / "p" / "layouts" / found["layout"] / "layout.json").read_text("utf-8"))
    jsonschema.validate(layout, json.loads((SCHEMAS / "layout.schema.json").read_text("utf-8")))
    assert all((tmp_path / "p" / "layouts" / found["layout"] / page["blank"]).is_file() for page in layout["pages"])


@pytest.mark.slow
def test_seeded_identities_are_repeatable(tmp_path):
    """The same seed gives the same identities in a fresh project, and again in the same project for the same tokens;
    a reissue is new.
    """
    recipients = tmp_path / "list.csv"
    recipients.write_text("token,name\nAB12C,x\nDE34F,y\n", encoding="utf-8")
    ids = []
    for name in ("p", "q"):
        run("init", tmp_path / name, "--template", "visitor-feedback")
        for _ in range(2):
            run(
                "--project", tmp_path / name, "print", "--recipients", recipients, "--seed", 5, "-o", tmp_path / "x.pdf"
            )
            ids.append((tmp_path / "x.copies.json").read_text("utf-8"))
    assert len(set(ids)) == 1
    run("--project", tmp_path / "q", "print", "--reissue", "AB12C", "--seed", 5, "-o", tmp_path / "x.pdf")
    again = json.loads((tmp_path / "x.copies.json").read_text("utf-8"))
    assert again[0]["token"] == "AB12C"
    assert again[0]["form_id"] not in ids[0]
    run("--project", tmp_path / "q", "print", "--copies", 2, "--seed", 5, "-o", tmp_path / "x.pdf")
    assert not {copy["form_id"] for copy in json.loads((tmp_path / "x.copies.json").read_text("utf-8"))} & {
        copy["form_id"] for copy in json.loads(ids[0])
    }


@pytest.mark.slow
def test_printing_again_for_the_same_tokens_is_said(folder, tmp_path):
    """Tokens that have a form of this questionnaire are counted, new ones and forms without token are not."""
    (tmp_path / "list.csv").write_text("token\nT2\nT4\nNEW99\n", encoding="utf-8")
    order = ("print", "--project", folder, "--recipients", tmp_path / "list.csv", "-o", tmp_path / "x.pdf")
    assert data(*order)["printed_before"] == 2
    for language, words in (("de", "schon früher ein Bogen gedruckt wurde: 3"), ("en", "printed before: 3")):
        settings = folder / "survey.toml"
        settings.write_text(
            re.sub('language = ".."', f'language = "{language}"', settings.read_text("utf-8")), encoding="utf-8"
        )
        assert words in run(*order)
    copies = run("print", "--project", folder, "--copies", 2, "-o", tmp_path / "x.pdf")
    assert "before" not in copies


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("name,address\nx,y\n", "token"),
        ("token,name\nAB12C,x\nAB12C,y\n", "3"),
        ("token,name\n,x\n", "2"),
        ("token,name\n", ""),
        ("", ""),
    ],
)
def test_a_wrong_list_of_recipients_prints_nothing(folder, tmp_path, content, words):
    """Nobody is left out silently: the message names row and reason, no PDF is written."""
    (tmp_path / "list.csv").write_text(content, encoding="utf-8")
    found = CliRunner().invoke(
        main,
        ["--project", str(folder), "print", "--recipients", str(tmp_path / "list.csv"), "-o", str(tmp_path / "x.pdf")],
    )
    assert found.exit_code == 4
    assert words in found.stderr
    assert not (tmp_path / "x.pdf").exists()


def test_ingest_status_and_exit_codes(tiny_survey, folder, tmp_path):
    """A good stack ends with 0 or 10, one with a damaged file with 11; status counts every page; doing it again
    changes nothing.
    """
    tiny_survey.jpeg(tmp_path / "in" / "a.jpg", 1, 1, open="no")
    tiny_survey.jpeg(tmp_path / "in" / "b.jpg", 1, 2, quiet="yes")
    found = CliRunner().invoke(main, ["ingest", str(tmp_path / "in"), "--project", str(folder), "--serial", "--json"])
    assert found.exit_code in (0, 10)
    assert json.loads(found.stdout)["fates"] == {"read": 2}
    (tmp_path / "in" / "bad\nname.pdf").write_bytes(b"%PDF-1.7 nothing")
    lines = run("ingest", tmp_path / "in", "--project", folder, "--serial", code=11).splitlines()
    named = [line for line in lines if "bad\\nname.pdf" in line]
    assert len(named) == 1
    before = data("status", "--project", folder)
    assert data("ingest", tmp_path / "in", "--project", folder, "--serial", code=11)["new_files"] == 0
    assert data("status", "--project", folder) == before
    assert (before["pages_handed_in"], before["sums_agree"], before["fates"]) == (3, True, {"read": 2, "damaged": 1})
    assert data("verify", "--project", folder)["good"]


def test_verify_names_a_decision_that_was_changed_behind_its_back(folder):
    """With an exit code of its own; the seal is there to be noted."""
    with open_project(folder) as project:
        project.store.add_decision(
            Decision(
                uuid="u",
                item="F/open",
                version=1,
                reviewer="kim",
                kind=DecisionKind.CORRECT,
                from_value="no",
                to_value="yes",
                at="2026-01-01T00:00:00Z",
            )
        )
    seal = data("verify", "--project", folder)["seal"]
    assert len(seal) == 64
    with closing(sqlite3.connect(folder / "scanform.sqlite")) as database, database:
        database.execute("DROP TRIGGER decision_no_update")
        database.execute("UPDATE decision SET to_value = 'no'")
    assert "decision 1" in run("verify", "--project", folder, "--language", "en", code=5)


@pytest.mark.slow
def test_status_names_incomplete_forms_and_their_missing_pages(tiny_survey, folder, tmp_path, monkeypatch):
    """Which sheets to look for: form, token and missing pages, as text and as JSON; of many forms the first ones and
    how many more.
    """
    for form, page in ((1, 1), (2, 1), (2, 2), (3, 2)):
        tiny_survey.jpeg(tmp_path / "in" / f"{form}{page}.jpg", form, page, open="no", quiet="yes")
    CliRunner().invoke(main, ["ingest", str(tmp_path / "in"), "--project", str(folder), "--serial"])
    wanted = {tiny_survey.form_ids[0]: ("T1", 2), tiny_survey.form_ids[2]: ("T3", 1)}
    found = data("status", "--project", folder)["incomplete_forms"]
    assert {form["form"]: (form["token"], *form["pages_missing"]) for form in found} == wanted
    for language, words in (("de", "es fehlt Seite"), ("en", "missing page")):
        lines = run("status", "--project", folder, "--language", language)
        assert all(f"{form} ({token}): {words} {page}" in lines for form, (token, page) in wanted.items())
        assert tiny_survey.form_ids[1] not in lines
    monkeypatch.setattr("scanform.cli.say.LISTED", 1)
    lines = run("status", "--project", folder, "--language", "en")
    assert (lines.count("missing page"), "and 1 more" in lines) == (1, True)


@pytest.mark.parametrize("language", ["de", "en"])
def test_status_lists_the_batches_that_count(folder, tmp_path, language):
    """Number, time and label of each batch, as `withdraw` needs them; a withdrawn one is no longer among them; of
    many the newest.
    """
    (tmp_path / "a.json").write_text('{"open": "no"}', encoding="utf-8")
    for _ in range(22):
        run("enter", "new", "--answers", tmp_path / "a.json", "--project", folder)
    run("withdraw", 21, "--project", folder)
    lines = run("status", "--project", folder, "--language", language).splitlines()
    day = {"de": r"\d\d\.\d\d\.\d{4}", "en": r"\d\d? [A-Z][a-z]+ \d{4}"}[language]
    rows = [found for line in lines if (found := re.fullmatch(rf" +(\d+)  {day}, \d\d:\d\d +manual-(\d+)", line))]
    assert [(int(row[1]), int(row[2])) for row in rows] == [(number, number) for number in (*range(2, 21), 22)]
    assert any("1 frühere" in line or "1 earlier" in line for line in lines)


def test_withdraw_and_bring_back(tiny_survey, folder, tmp_path):
    """A withdrawn batch leaves the sums, `--undo` and `restore` bring it back."""
    tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    CliRunner().invoke(main, ["ingest", str(tmp_path / "a.jpg"), "--project", str(folder), "--serial"])
    before = data("status", "--project", folder)
    run("withdraw", 1, "--project", folder)
    assert data("status", "--project", folder)["pages_handed_in"] == 0
    run("withdraw", 1, "--undo", "--project", folder)
    assert data("status", "--project", folder) == before
    run("withdraw", 1, "--project", folder)
    run("restore", 1, "--project", folder)
    assert data("status", "--project", folder) == before
    run("withdraw", 7, "--project", folder, code=2)


def test_export_report_merge_and_explain(tiny_survey, folder, tmp_path):
    """Everything that hands something on writes its files."""
    scan = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    CliRunner().invoke(main, ["ingest", str(scan), "--project", str(folder), "--serial"])
    assert data("merge", "--project", folder)["records"] == 1
    run("export", tmp_path / "out", "--project", folder)
    assert (tmp_path / "out" / "responses.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    run("export", "--readings", tmp_path / "r.csv", "--project", folder)
    run("export", "--project", folder, code=2)
    run("report", "-o", tmp_path / "r.html", "--project", folder)
    assert "<svg" in (tmp_path / "r.html").read_text("utf-8")
    found = data("explain", f"{scan}#1", "-o", tmp_path / "e.png", "--project", folder)
    assert (found["form_id"], found["page"]) == (tiny_survey.form_ids[0], 1)
    assert (tmp_path / "e.png").read_bytes().startswith(b"\x89PNG")


def test_key_a_form_from_a_list_and_by_prompt(tiny_survey, folder, tmp_path):
    """A telephone form is keyed by the token or without a number."""
    (tmp_path / "a.json").write_text('{"open": "no", "uses": ["choir"]}', encoding="utf-8")
    run("enter", "T2", "--answers", tmp_path / "a.json", "--phone", "--project", folder)
    found = CliRunner().invoke(main, ["enter", "new", "--project", str(folder)], input="\n" * 30)
    assert found.exit_code == 0
    assert data("status", "--project", folder)["responses"] == {"manual": 1, "phone": 1}
    (tmp_path / "a.json").write_text("[]", encoding="utf-8")
    run("enter", "T3", "--answers", tmp_path / "a.json", "--project", folder, code=4)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("de", "Abgebrochen: von diesem Bogen ist nichts gespeichert."),
        ("en", "Interrupted: nothing of this form is stored."),
    ],
)
@pytest.mark.parametrize("stop", [None, signal.SIGINT, signal.SIGTERM])
def test_interrupted_keying_stores_nothing_and_says_so(folder, language, words, stop):
    """The end of the input, Ctrl-C or a request to end in the middle of a form: exit 130, nothing stored, and no
    promise to go on.
    """
    program = [sys.executable, "-m", "scanform.cli", "enter", "new", "--project", str(folder), "--language", language]
    with subprocess.Popen(
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    ) as process:
        process.stdin.write(b"1\n")
        seen = b""
        while seen.count(b">") < 2 and (byte := process.stdout.read(1)):  # the second question waits for an answer
            seen += byte
        if stop is not None:
            process.send_signal(stop)
        process.stdin.close()
        errors = process.stderr.read().decode()
    assert process.returncode == 130
    assert words in errors
    assert "derselbe Befehl" not in errors
    assert "same command" not in errors
    assert data("status", "--project", folder)["responses"] == {}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["frob"], 2),
        (["ingest"], 2),
        (["print", "-o", "x.pdf", "--copies", "0"], 2),
        (["status", "--project", "no-such-folder"], 5),
        (["init", "p", "--template", "no-such-template"], 2),
        (["init", "p", "--questionnaire", "no-such-file.yaml"], 3),
        (["init", "p"], 2),
    ],
)
def test_wrong_use_is_told_with_its_exit_code(tmp_path, monkeypatch, arguments, code):
    """Wrong arguments 2, wrong template 3, no project 5: never a traceback."""
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(main, arguments)
    assert found.exit_code == code
    assert "Traceback" not in found.output
    assert found.stderr


def test_a_path_that_does_not_exist_is_unreadable_input(folder, tmp_path):
    """A mistyped path ends with 4, and nothing is taken in."""
    run("ingest", tmp_path / "nothing", "--project", folder, code=4)
    assert data("status", "--project", folder)["files"] == 0


def test_a_bug_shows_no_traceback_unless_asked(folder, monkeypatch):
    """Something unexpected: exit 70, a short text; the traceback only with --debug."""
    monkeypatch.setattr("scanform.workflow.insight.status.project_status", lambda project: 1 / 0)
    found = CliRunner().invoke(main, ["status", "--project", str(folder)])
    assert found.exit_code == 70
    assert "Traceback" not in found.output
    assert "ZeroDivisionError" in found.output
    assert "Traceback" in CliRunner().invoke(main, ["status", "--project", str(folder), "--debug"]).output


def test_messages_in_two_languages(tmp_path):
    """The same failure in German by default and in English on request."""
    german, english = (
        CliRunner().invoke(main, ["status", "--project", str(tmp_path), *more]).stderr
        for more in ([], ["--language", "en"])
    )
    assert ("Abhilfe" in german, "kein Projekt" in german) == (True, True)
    assert ("What to do" in english, "no project" in english) == (True, True)


def test_doctor_finds_everything_or_names_the_remedy(tmp_path):
    """Each need is listed; a gap has a remedy."""
    found = CliRunner().invoke(main, ["doctor", "--project", str(tmp_path), "--json"])
    findings = json.loads(found.stdout)["findings"]
    assert len(findings) >= 8
    assert all(finding["good"] or finding["remedy"] for finding in findings)
    assert (found.exit_code == 0) == all(finding["good"] for finding in findings)


def test_doctor_without_programs(tmp_path, monkeypatch):
    """On a machine without Tesseract and poppler the doctor says which packages to install, and exits with 6."""
    monkeypatch.setenv("PATH", str(tmp_path))
    found = CliRunner().invoke(main, ["doctor", "--project", str(tmp_path)])
    assert found.exit_code == 6
    assert all(package in found.stdout for package in ("tesseract-ocr-deu", "poppler-utils", "jbig2dec"))


@pytest.mark.slow
def test_closed_standard_output_is_no_bug(folder):
    """`scanform status | head -0`: no traceback, no bug."""
    program = [sys.executable, "-m", "scanform.cli", "status", "--project", str(folder)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.close()
        errors = process.stderr.read()
    assert "Traceback" not in errors
    assert process.returncode == 0
