"""The interface for programs on a small survey: the same as the command line does, one thing after the other."""

import subprocess
import sys

import pytest

import scanform
from scanform.errors import InputError, StoreError, UsageError
from scanform.i18n.texts import in_words
from scanform.model.page import Fate
from scanform.model.response import Channel, Status
from scanform.model.review import Decision, DecisionKind
from scanform.workflow.insight.iterate import AT_ONCE, each_reading, each_response
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import open_project
from scanform.workflow.review.cases import effective_responses

ONLINE = (
    'id,submitdate,token,open,warm\r\n"1","2025-05-05 10:00:00","T1","yes","no"\r\n"2","2025-05-05 '
    '10:00:00","T9","no","no"\r\n'
)


@pytest.fixture
def folder(tiny_survey, tmp_path):
    """A copy of the small survey's project."""
    tiny_survey.project(tmp_path / "project").close()
    return tmp_path / "project"


@pytest.fixture
def online(folder):
    """A list of two online responses, one of somebody who has a form."""
    (folder.parent / "online.csv").write_bytes(ONLINE.encode())
    return folder.parent / "online.csv"


def test_a_project_that_is_not_there(tmp_path):
    """Errors are those of `scanform.errors`, caught by their base."""
    with pytest.raises(scanform.ScanformError) as raised:
        scanform.open_project(tmp_path)
    assert isinstance(raised.value, StoreError)


def test_forms_are_printed_for_exactly_one_kind_of_people(folder, tmp_path):
    """Copies, recipients or a token: none, two of them or no copy at all is refused."""
    with scanform.open_project(folder) as project:
        for wrong in ({}, {"copies": 1, "reissue": "T1"}, {"copies": 0}):
            with pytest.raises(UsageError):
                project.print_forms(tmp_path / "x.pdf", **wrong)
    assert not (tmp_path / "x.pdf").exists()


@pytest.mark.slow
def test_forms_are_printed_for_recipients_from_a_program(folder, tmp_path):
    """Recipients may come from a program instead of a file; a form printed once more has an identity of its own."""
    with scanform.open_project(folder) as project:
        people = (Recipient(token=f"N{number}", name="Someone", address=("Way 1",)) for number in range(2))
        first = project.print_forms(tmp_path / "x.pdf", recipients=people)
        again = project.print_forms(tmp_path / "y.pdf", reissue="N0")
    assert [form.token for form in first.forms] == ["N0", "N1"]
    assert [form.token for form in again.forms] == ["N0"]
    assert again.forms[0].instance not in {form.instance for form in first.forms}


def test_online_responses_come_in_and_go_out(folder, online, tmp_path):
    """Import, merge, export and data frame agree with each other; text stays text; a dry run leaves nothing behind."""
    with scanform.open_project(folder) as project:
        tried = project.import_digital(online, dry_run=True)
        assert not list(project.responses())
        assert project.import_digital(online).new == tried.new
        assert [response.channel for response in project.responses()] == [Channel.ONLINE] * 2
        assert not list(project.responses("another"))
        assert project.merge().records == project.export(tmp_path / "data").rows == 2
        frame = project.data_frame()
        assert list(frame["open"]) == ["yes", "no"]
        assert list(frame["floor"]) == ["-5", "-5"]
        header, *rows = (tmp_path / "data" / "responses.csv").read_text("utf-8-sig").splitlines()
        assert list(frame.columns) == header.replace('"', "").split(";" if ";" in header else ",")
        assert len(rows) == len(frame)
        with pytest.raises(UsageError) as raised:
            project.data_frame("another")
        assert "tiny" in in_words(raised.value.message, "de")


def test_a_response_has_the_values_that_people_decided(folder, online):
    """One after the other they are the same as all at once, with decisions and without withdrawn ones."""
    with scanform.open_project(folder) as project:
        project.import_digital(online)
    with open_project(folder) as inside:
        inside.store.add_decision(
            Decision(
                uuid="0" * 32,
                item="online-1/open",
                version=1,
                reviewer="anna",
                kind=DecisionKind.CORRECT,
                from_value="yes",
                to_value="no",
                at="2025-05-06T10:00:00+00:00",
            )
        )
        found = list(each_response(inside))
        assert found == sorted(effective_responses(inside), key=lambda response: response.id)
        answer = found[0].answer("open")
        assert (answer.value, answer.status) == ("no", Status.CORRECTED)
        going = each_response(inside)
        next(going)
        with inside.store.writing() as tx:  # the store is free while somebody goes through the responses
            from scanform.store import ledger

            ledger.set_withdrawn(tx, 1, "2025-05-07T10:00:00+00:00")


@pytest.mark.slow
def test_pages_are_read_and_given_out(tiny_survey, folder, tmp_path):
    """A batch, the same page by itself, and what was read on each page that counts: not a re-scan of it."""
    scans = tmp_path / "scans"
    for name, form in (("a", 1), ("b", 2), ("c", 1)):
        tiny_survey.jpeg(
            scans / f"{name}.jpg", form, 1, open="no", floor="2", seed=form, quality=85 if name == "c" else 90
        )
    tiny_survey.tiff(scans / "d.tif", tiny_survey.sheet(1, 2, warm="yes"), tiny_survey.sheet(2, 2, warm="no"))
    with scanform.open_project(folder) as project:
        alone = project.read_page(scans / "d.tif", 2)
        assert (alone.fate, alone.identity.page, alone.sheets) == (Fate.READ, 2, 1)
        assert not list(project.readings())
        summary = project.read_batch(scans, serial=True)
        assert (summary.pages[Fate.READ], summary.pages[Fate.RESCAN]) == (4, 1)
        readings = list(project.readings())
        assert sorted((one.ref.path.rpartition("/")[2], one.ref.index) for one in readings) == [
            ("a.jpg", 0),
            ("b.jpg", 0),
            ("d.tif", 0),
            ("d.tif", 1),
        ]
        assert (
            alone.reading.fields
            == next(one for one in readings if (one.ref.path.endswith("d.tif"), one.ref.index) == (True, 1)).fields
        )
        assert [response.answer("open").value for response in project.responses()] == ["no", "no"]
    with open_project(folder) as inside:
        assert list(each_reading(inside)) == readings
    assert AT_ONCE > 0


@pytest.mark.parametrize(
    ("name", "page", "sheet"), [("missing.pdf", 1, None), ("a.jpg", 2, None), ("a.jpg", 0, None), ("a.jpg", 1, 2)]
)
def test_a_page_that_is_not_there(tiny_survey, folder, tmp_path, name, page, sheet):
    """A file, a page or a sheet that there is not is an error, not an empty page."""
    from tests.conftest import save_jpeg

    save_jpeg(tmp_path / "a.jpg", tiny_survey.pages[0][:200, :200])
    with scanform.open_project(folder) as project, pytest.raises(InputError):
        project.read_page(tmp_path / name, page, sheet=sheet)


SCRIPT = """\
import scanform

{guard}
    with scanform.open_project({folder!r}, language="en") as project:
        print(project.read_batch({scan!r}, jobs=1).pages)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("guard", "code"), [("if __name__ == '__main__':", 0), ("if True:", 1)])
def test_a_script_needs_a_main_guard(tiny_survey, folder, tmp_path, guard, code):
    """With it, a script reads in processes; without it, it is told so, and no page is taken for one that ends
    programs.
    """
    scan = tiny_survey.jpeg(tmp_path / "a.jpg", 1, 1, open="no")
    (tmp_path / "script.py").write_text(
        SCRIPT.format(guard=guard, folder=str(folder), scan=str(scan)), encoding="utf-8"
    )
    done = subprocess.run([sys.executable, str(tmp_path / "script.py")], capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert ("Fate.READ" in done.stdout) == (code == 0)
    assert ("from its beginning" in done.stderr) == (code == 1)
    with scanform.open_project(folder) as project:
        assert len(list(project.readings())) == (code == 0)
