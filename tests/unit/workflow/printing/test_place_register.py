"""The recipient register: lists add and change places, say so first, and drop nobody."""

import json
import shutil
from dataclasses import replace

import openpyxl
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.cli.program import main
from scanform.errors import InputError, UsageError
from scanform.i18n.texts import in_words
from scanform.model.place import Place
from scanform.store import places
from scanform.workflow.printing.place_register import add_list, find_place, plan_list, register
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import init_project, open_project

OWN = "aB3dEf9hIjK2mNo"
HEADER = ("place_id", "token", "Einrichtung", "Träger", "Stadtbezirk", "Straße", "Hausnummer", "PLZ", "Ort", "Telefon")
NORTH = ("D-1", OWN, "Treff Nord", "Verein e.V.", "Nord", "Weg", "1 a", "44137", "Dortmund", "0231 1")
SOUTH = ("D-2", "", "Treff Süd", "Verein e.V.", "Süd", "Allee", "2", "44139", "Dortmund", "")


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory):
    """A project with a form of one page and an empty register: a folder to copy."""
    folder = tmp_path_factory.mktemp("register") / "project"
    init_project(folder, template="visitor-feedback", language="en").close()
    return folder


@pytest.fixture
def project(empty_project, tmp_path):
    """A copy of it, opened."""
    with open_project(shutil.copytree(empty_project, tmp_path / "project")) as opened:
        yield opened


def write(path, header, *rows):
    path.write_text("\n".join(";".join(cells) for cells in (header, *rows)) + "\n", encoding="utf-8-sig")
    return path


def workbook(path, header, *rows):
    book = openpyxl.Workbook()
    for row in (header, *rows):
        book.active.append(row)
    book.save(path)
    return path


def refused(project, path, language="en"):
    with pytest.raises(InputError) as found:
        add_list(project, path, reviewer="kim")
    return in_words(found.value.message, language)


def test_a_list_fills_the_register_and_the_same_list_again_changes_nothing(project, tmp_path):
    """Own tokens verbatim, missing ones drawn; carrier, district and any further column; one carrier, two places."""
    path = write(tmp_path / "l.csv", HEADER, NORTH, SOUTH)
    plan = plan_list(project, path)
    assert (len(plan.new), plan.changed, plan.unchanged, plan.absent, register(project)) == (2, (), 0, (), [])
    add_list(project, path, reviewer="kim", expected=plan)
    north, south = register(project)
    assert north == Place(
        place_id="D-1", token=OWN, name="Treff Nord", address=("Weg 1 a", "44137 Dortmund"), carrier="Verein e.V.",
        district="Nord", further=(("Telefon", "0231 1"),),
    )  # fmt: skip
    assert (south.place_id, south.carrier, len(south.token)) == ("D-2", "Verein e.V.", 10)
    again = add_list(project, path, reviewer="kim")
    assert (again.new, again.changed, again.unchanged, again.absent) == ((), (), 2, ())
    assert register(project) == [north, south]


def test_a_workbook_says_the_same_as_a_text_file(project, tmp_path):
    """Numbers are what people see; a sheet more, or a formula nobody has worked out, is refused by name."""
    numbers = tuple(int(cell) if cell.isdigit() else cell or None for cell in NORTH)
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH), reviewer="kim")
    assert add_list(project, workbook(tmp_path / "l.xlsx", HEADER, numbers), reviewer="kim").unchanged == 1
    book = openpyxl.load_workbook(tmp_path / "l.xlsx")
    book.active["C2"] = "=A2"
    book.save(tmp_path / "formula.xlsx")
    assert "cell C2" in refused(project, tmp_path / "formula.xlsx")
    book.create_sheet("Notes").append(["call them"])
    book.save(tmp_path / "two.xlsx")
    assert "Notes, Sheet" in refused(project, tmp_path / "two.xlsx")
    (tmp_path / "none.xlsx").write_bytes(b"PK\x03\x04 nothing")
    assert "not a workbook" in refused(project, tmp_path / "none.xlsx")


def test_what_changes_is_planned_and_kept_and_nobody_is_dropped(project, tmp_path):
    """A later list changes what it has columns for; who is not in it stays, and is named."""
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH, SOUTH), reviewer="kim")
    before = register(project)
    path = write(tmp_path / "m.csv", ("place_id", "Stadtbezirk", "Telefon"), ("D-1", "Mitte", ""))
    plan = plan_list(project, path)
    after = replace(before[0], district="Mitte", further=(("Telefon", ""),))
    assert [(change.before, change.after) for change in plan.changed] == [(before[0], after)]
    assert plan.absent == (before[1],)
    assert register(project) == before
    add_list(project, path, reviewer="lee", expected=plan)
    assert register(project) == [after, before[1]]
    with project.store.reading() as tx:
        last = places.history(tx, "D-1")[-1]
    assert (last.kind, last.reviewer, last.source) == ("changed", "lee", "m.csv")
    assert ("district", "Nord", "Mitte") in last.changes
    with pytest.raises(UsageError):
        add_list(project, path, reviewer="lee", expected=plan)


def test_a_carrier_never_takes_the_place_of_a_name(project, tmp_path):
    """A list of tokens, districts and carriers leaves names alone; a new place without a name is called by its
    carrier.
    """
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH), reviewer="kim")
    header = ("token", "Stadtbezirk", "Träger")
    path = write(tmp_path / "m.csv", header, (OWN, "Mitte", "Stadt"), ("K7M2P9QX", "Süd", "Gemeinde"))
    add_list(project, path, reviewer="kim")
    found = [(place.name, place.carrier, place.district) for place in register(project)]
    assert found == [("Treff Nord", "Stadt", "Mitte"), ("Gemeinde", "Gemeinde", "Süd")]
    assert add_list(project, path, reviewer="kim").unchanged == 2


def test_limesurveys_list_of_participants_is_understood(project, tmp_path):
    """Carrier and district are what the descriptions of its attributes say; mails and dates are kept, not printed."""
    header = (
        "tid",
        "firstname",
        "lastname",
        "email",
        "token",
        "attribute_1 <Träger>",
        "attribute_2 <Stadtbezirk>",
        "attribute_3 <Straße>",
    )
    row = ("1", "Anna", "Beispiel", "a@stadt.example", OWN, "Verein", "Nord", "Weg 1")
    add_list(project, write(tmp_path / "l.csv", header, row), reviewer="kim")
    [place] = register(project)
    assert (place.name, place.carrier, place.district, place.address) == ("Anna Beispiel", "Verein", "Nord", ("Weg 1",))
    assert dict(place.further) == {"tid": "1", "email": "a@stadt.example"}


def test_rows_that_cannot_be_used_are_all_named(project, tmp_path):
    """Twice the same place, another token for a place, another place for a token, an id with a space, a weak token."""
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH, SOUTH), reviewer="kim")
    before = register(project)
    short = ("place_id", "token", "name")
    rows = (("D-1", "K7M2P9QX", "a"), ("D-9", OWN, "b"), ("D 3", "", "c"), ("", "12", "d"), ("", "", ""), ("", "", "x"))
    first = refused(project, write(tmp_path / "w.csv", short, *rows))
    for said in ("row 4 (“D 3”)", "row 5 (“12”)"):
        assert said in first
    second = refused(project, write(tmp_path / "w.csv", short, *rows[:2], ("D-2", "", "e"), ("D-2", "", "f")))
    assert "row 5 (D-2) stands in row 4" in second
    third = refused(project, write(tmp_path / "w.csv", short, *rows[:2]))
    assert f"row 2 gives the place D-1 another token than the one it has ({OWN})" in third
    assert f"row 3 gives the token {OWN} to another place than D-1" in third
    assert register(project) == before


def test_ids_of_the_city_replace_those_given_by_scanform(project, tmp_path):
    """Whoever printed first and keeps a register later: the token says who is who, the history goes with the place."""
    print_forms(
        project,
        PrintOrder(recipients=(Recipient(token=OWN, name="Treff", address=("Weg 1",)), None)),
        tmp_path / "x.pdf",
    )
    assert register(project) == [Place(place_id="P00001", token=OWN, name="Treff", address=("Weg 1",))]
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH), reviewer="kim")
    [place] = register(project)
    assert (place.place_id, place.token, place.name) == ("D-1", OWN, "Treff Nord")
    with project.store.reading() as tx:
        assert [one.kind for one in places.history(tx, "D-1")] == ["added", "changed"]
        assert places.history(tx, "P00001") == []


def test_places_are_found_by_id_or_token_and_slips_are_said(project, tmp_path):
    """A token in small letters, too; a drawn token with a slip is called one."""
    add_list(project, write(tmp_path / "l.csv", HEADER, NORTH, SOUTH), reviewer="kim")
    known = register(project)
    assert {find_place(known, name).place_id for name in ("D-1", OWN, OWN.lower())} == {"D-1"}
    token = known[1].token
    slip = ("2" if token[0] != "2" else "3") + token[1:]
    for name, said in ((slip, "check character"), ("D-7", "no place")):
        with pytest.raises(UsageError) as found:
            find_place(known, name)
        assert said in in_words(found.value.message, "en")


@pytest.mark.slow
def test_the_print_command_fills_the_register_and_prints_for_it(project, tmp_path):
    """Its outcome is as before; the register prints for new places only, or for all."""
    folder = str(project.folder)
    write(
        tmp_path / "l.csv",
        ("token", "name", "street", "Stadtbezirk", "Träger"),
        (OWN, "Treff", "Weg 1", "Nord", "Verein"),
    )
    order = ["print", "--recipients", str(tmp_path / "l.csv"), "-o", str(tmp_path / "a.pdf"), "--json"]
    said = CliRunner().invoke(main, ["--project", folder, *order])
    assert (said.exit_code, json.loads(said.stdout)["forms"], json.loads(said.stdout)["columns_left_out"]) == (0, 1, [])
    [place] = register(project)
    assert (place.token, place.district, place.carrier) == (OWN, "Nord", "Verein")
    add_list(project, write(tmp_path / "m.csv", HEADER, SOUTH), reviewer="kim")

    def forms(option):
        command = ["--project", folder, "print", option, "-o", str(tmp_path / "b.pdf"), "--json"]
        done = CliRunner().invoke(main, command)
        return json.loads(done.stdout)["forms"] if done.exit_code == 0 else done.stderr

    assert forms("--all-recipients") == 2
    assert "nothing was sent yet" in forms("--new-recipients")
    assert len(register(project)) == 2


cells = st.sampled_from(["", "a", "b", "c"])
lists = st.lists(
    st.tuples(st.sampled_from([f"D-{n}" for n in range(5)]), cells, cells), max_size=5, unique_by=lambda row: row[0]
)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(st.tuples(lists, st.booleans()), max_size=5))
def test_any_lists_one_after_the_other(empty_project, tmp_path_factory, found):
    """What is planned is what happens; every place ever named is there, with the token it got first and what the last
    list that has the column said.
    """
    folder = tmp_path_factory.mktemp("lists")
    expected, tokens = {}, {}
    with open_project(shutil.copytree(empty_project, folder / "project")) as project:
        for rows, with_district in found:
            if not rows:
                continue
            header = ("place_id", "name", "district") if with_district else ("place_id", "name")
            path = write(folder / "l.csv", header, *(row[: len(header)] for row in rows))
            plan = plan_list(project, path)
            done = add_list(project, path, reviewer="kim", expected=plan)
            for place_id, name, district in rows:
                old = expected.get(place_id, ("", ""))
                expected[place_id] = (name, district if with_district else old[1])
            known = {place.place_id: place for place in register(project)}
            assert {key: (place.name or "", place.district) for key, place in known.items()} == expected
            assert {place.place_id for place in done.absent} == set(expected) - {row[0] for row in rows}
            assert all(place.token == tokens.setdefault(key, place.token) for key, place in known.items())
            again = plan_list(project, path)
            assert (again.new, again.changed, again.unchanged) == ((), (), len(rows))
