"""The participants file for LimeSurvey: the tokens of paper, online."""

import csv
import json
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from scanform.cli.program import main
from scanform.errors import ExitCode
from scanform.workflow.printing.recipients import read_list

ROOT = Path(__file__).parents[4]
TOKENS = ("aB3dEf9hIjK2mNo", "zY8xWv7uTsR6qPo")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    assert run("init", folder, "--template", "visitor-feedback").exit_code == ExitCode.OK
    return folder


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_from_a_list_with_mail_addresses_and_more(project: Path, tmp_path: Path) -> None:
    """First and last name and mail go where LimeSurvey has them, everything else becomes an attribute with its name."""
    people = tmp_path / "people.csv"
    people.write_text(
        f"Vorname;Nachname;Zugangscode;E-Mail;Straße;Rolle <intern>\n"
        f"Anna;Beispiel;{TOKENS[0]};anna@stadt.example;Weg 1;Leitung\n"
        f'"Jörg";"von, und zu";{TOKENS[1]};;"Weg 2";=1+1\n',
        encoding="utf-8",
    )
    out = tmp_path / "participants.csv"
    done = run("participants", "--project", project, "--recipients", people, "-o", out, "--json")
    assert (done.exit_code, json.loads(done.output)["participants"]) == (ExitCode.OK, 2)
    assert table(out) == [
        {
            "firstname": "Anna", "lastname": "Beispiel", "email": "anna@stadt.example", "token": TOKENS[0],
            "attribute_1 <Straße>": "Weg 1", "attribute_2 <Rolle (intern)>": "Leitung",
        },
        {
            "firstname": "Jörg", "lastname": "von, und zu", "email": "", "token": TOKENS[1], "attribute_1 <Straße>": "Weg 2",
            "attribute_2 <Rolle (intern)>": "=1+1",
        },
    ]  # fmt: skip
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_from_the_forms_that_were_printed(project: Path, tmp_path: Path) -> None:
    """Without a list: those for whom forms were printed, each once, with the address that is on the form."""
    places = tmp_path / "places.csv"
    places.write_text(
        f"token;Einrichtung;Straße;PLZ;Ort\n{TOKENS[0]};Haus A;Weg 1;44137;Dortmund\n{TOKENS[1]};Haus B;Weg 2;44137;Dortmund\n",
        encoding="utf-8",
    )
    printed = ("print", "--project", project, "-o", tmp_path / "forms.pdf")
    assert run(*printed, "--recipients", places).exit_code == ExitCode.OK
    assert run(*printed, "--reissue", TOKENS[0]).exit_code == ExitCode.OK
    out = tmp_path / "participants.csv"
    assert run("participants", "--project", project, "-o", out).exit_code == ExitCode.OK
    found = table(out)
    assert [(one["lastname"], one["token"]) for one in found] == [("Haus A", TOKENS[0]), ("Haus B", TOKENS[1])]
    assert (found[0]["attribute_1 <address_1>"], found[0]["attribute_2 <address_2>"]) == ("Weg 1", "44137 Dortmund")


def test_the_file_is_a_list_of_recipients_again(project: Path, tmp_path: Path) -> None:
    """What is written for LimeSurvey, print understands: the same tokens and names."""
    people = ROOT / "samples" / "recipients.csv"
    out = tmp_path / "participants.csv"
    assert run("participants", "--project", project, "--recipients", people, "-o", out).exit_code == ExitCode.OK
    before, after = read_list(people).recipients, read_list(out).recipients
    assert [(one.token, one.name) for one in after] == [(one.token, one.name) for one in before]


def test_a_list_that_print_refuses_is_refused_here(project: Path, tmp_path: Path) -> None:
    """A token twice: nothing is written."""
    people, out = tmp_path / "people.csv", tmp_path / "participants.csv"
    people.write_text(f"token;name\n{TOKENS[0]};A\n{TOKENS[0]};B\n", encoding="utf-8")
    done = run("participants", "--project", project, "--recipients", people, "-o", out)
    assert (done.exit_code, out.exists()) == (ExitCode.INPUT, False)


def test_a_project_that_asks_nobody_says_so(project: Path, tmp_path: Path) -> None:
    """No list and no addressed form: words instead of an empty file."""
    out = tmp_path / "participants.csv"
    done = run("participants", "--project", project, "-o", out, "--language", "en")
    assert (done.exit_code, out.exists()) == (ExitCode.USAGE, False)
    assert "--recipients" in done.output
