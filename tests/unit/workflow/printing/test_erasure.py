"""Contact data erased: gone from the store and from everything written afterwards; answers and counts stay."""

import json
import shutil

import pytest
from click.testing import CliRunner

from scanform.cli.program import main
from scanform.errors import UsageError
from scanform.model.place import Disposition
from scanform.store import issued, places
from scanform.workflow.insight.returns import field_work
from scanform.workflow.printing.dispositions import Whom, chosen, set_disposition, standings
from scanform.workflow.printing.erasure import erase_contact
from scanform.workflow.printing.letters import export_register, write_letters
from scanform.workflow.printing.place_list import listed_by_token
from scanform.workflow.printing.place_register import add_list, register
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import read_recipients
from scanform.workflow.project.project import init_project, open_project

HEADER = "place_id;token;Einrichtung;Träger;Stadtbezirk;Straße;Hausnummer;PLZ;Ort;Telefon"
GONE = "D-1;Xk29fQpL7rTw;Treffpunkt Zwiebelfisch;Verein e.V.;Nord;Kranichweg;17 a;44137;Dortmund;0231 4711"
STAYS = "D-2;Ym38gRqM6sUx;Treff Süd;Verein e.V.;Süd;Allee;2;44139;Dortmund;0231 2"
SECRETS = ("Zwiebelfisch", "Kranichweg", "4711", "Zwiebelturm")
TOKEN = "Xk29fQpL7rTw"


def write(path, *rows):
    path.write_text("\n".join((HEADER, *rows)) + "\n", encoding="utf-8-sig")
    return path


@pytest.fixture
def project(tmp_path):
    """Two places that were written to, one of them under two names."""
    with init_project(tmp_path / "project", template="visitor-feedback", language="en") as project:
        add_list(project, write(tmp_path / "old.csv", GONE.replace("fisch", "turm"), STAYS), reviewer="kim")
        add_list(project, write(tmp_path / "list.csv", GONE, STAYS), reviewer="kim")
        file = tmp_path / "list.csv"
        order = PrintOrder(recipients=read_recipients(file), listed=listed_by_token(file), seed=1)
        print_forms(project, order, tmp_path / "forms.pdf")
        yield project


def holding(folder):
    """Where any of the erased texts still stands."""
    return {
        (path.name, secret)
        for path in folder.rglob("*")
        if path.is_file()
        for secret in SECRETS
        if secret.encode() in path.read_bytes()
    }


def test_erased_contact_data_is_nowhere_in_the_project(project, tmp_path):
    """Not in the register, its history, on printed forms, nor in any byte of any file; the rest of the place stays."""
    assert holding(project.folder)
    set_disposition(project, "D-1", Disposition.REFUSED, reason="by phone", reviewer="kim")
    before = field_work(project)
    done = erase_contact(project, TOKEN, carrier=False, reviewer="lee")
    assert (done.anything, done.forms) == (True, 1)
    assert holding(project.folder) == set()
    place = next(place for place in register(project) if place.place_id == "D-1")
    assert (place.token, place.carrier, place.district) == (TOKEN, "Verein e.V.", "Nord")
    assert (place.name, place.address, place.further) == (None, (), ())
    after = field_work(project)
    assert (after.total, after.districts, after.carriers) == (before.total, before.districts, before.carriers)
    with project.store.reading() as tx:
        assert [form.name for form in issued.all_issued(tx)] == [None, "Treff Süd"]
        told = places.history(tx, "D-1")
        assert [name for name, *_ in places.history(tx, "D-2")[0].changes] == []
    assert (told[-1].kind, told[-1].reviewer) == ("erased", "lee")
    assert not any(name in places.CONTACT for change in told for name, *_ in change.changes)


def test_erasing_twice_changes_nothing(project):
    """One row says that it happened."""
    erase_contact(project, "D-1", carrier=False, reviewer="lee")
    with project.store.reading() as tx:
        first = places.places(tx), places.history(tx, "D-1")
    assert erase_contact(project, "D-1", carrier=False, reviewer="ben").anything is False
    with project.store.reading() as tx:
        assert (places.places(tx), places.history(tx, "D-1")) == first
    assert erase_contact(project, "D-1", carrier=True, reviewer="ben").place.carrier == ""
    with pytest.raises(UsageError):
        erase_contact(project, "D-9", carrier=False, reviewer="ben")


def test_nothing_written_afterwards_holds_it_and_nobody_writes_there(project, tmp_path):
    """Letters, register, reminders; and the list from which it came brings nothing back, by file or by printing."""
    erase_contact(project, "D-1", carrier=False, reviewer="lee")
    found = standings(project)
    for whom in Whom:
        assert "D-1" not in {one.place.place_id for one in chosen(found, whom)}
    assert {one.place.place_id for one in chosen(found, Whom.OUTSTANDING)} == {"D-2"}
    out = tmp_path / "out"
    out.mkdir()
    export_register(project, out / "register.csv")
    write_letters(project, out / "letters.csv", found)
    plan = add_list(project, write(tmp_path / "again.csv", GONE.replace(";Nord;", ";West;"), STAYS), reviewer="kim")
    assert [place.place_id for place in plan.erased] == ["D-1"]
    assert [change.after.district for change in plan.changed] == ["West"]
    assert holding(out) == set()
    assert next(place for place in register(project) if place.place_id == "D-1").name is None


def test_the_command_says_what_is_gone_and_what_is_left_to_do(project, tmp_path):
    """In both languages, as JSON, and once more."""
    folder = shutil.copytree(project.folder, tmp_path / "copy")
    for language, gone, by_hand in (("en", "are erased", "backups"), ("de", "nichts mehr zu löschen", "Sicherungen")):
        said = CliRunner().invoke(
            main, ["--language", language, "--project", str(folder), "recipients", "erase", "D-1"], obj={}
        )
        assert gone in said.output
        assert by_hand in said.output
        assert "Zwiebelfisch" not in said.output
    said = CliRunner().invoke(main, ["--project", str(folder), "--json", "recipients", "erase", "D-1"])
    assert json.loads(said.output)["erased"] is False
    shown = CliRunner().invoke(main, ["--language", "en", "--project", str(folder), "recipients", "show", "D-1"])
    assert "contact data erased" in shown.output
    with open_project(folder):
        assert holding(folder) == set()
