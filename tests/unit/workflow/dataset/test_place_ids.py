"""The place of each response: by token, whatever channel, before or after the register was filled; no contact data."""

import csv
import zipfile

import pytest

from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Response, Status
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import merge_responses
from scanform.workflow.insight.iterate import each_response
from scanform.workflow.printing.place_register import add_list
from scanform.workflow.review.cases import effective_responses

AT = "2026-01-15T09:30:00+00:00"
LATE = "K7M2P9QXYZ"
TYPED = "k7M2P9QXYz"
"""The same as somebody typed it."""
ONLINE = f'id,submitdate,token,open,warm\r\n"1","2026-01-05 10:00:00","t2","yes","no"\r\n"2","2026-01-05 10:00:00","{TYPED}","no","no"\r\n'
SECRET = ("Geheimer Treff", "Unter den Linden 4711", "Träger Verschwiegen", "Bezirk Nebel", "0231-987654")


def response(name, channel, token):
    answer = Answer(question="open", kind=QuestionKind.SINGLE, value="yes", confidence=1.0, status=Status.AUTO)
    return Response(
        id=name, questionnaire="tiny", version="1", channel=channel, answers=(answer,), token=token, received_at=AT
    )


@pytest.fixture
def project(tiny_survey, tmp_path):
    """Forms for T1 to T4 are printed; a form, a keyed one, one without a token and two online responses came in."""
    with tiny_survey.project(tmp_path / "project") as opened:
        made = [
            response("2BNBJ-0A1B2C3-A", Channel.PAPER, "T1"),
            response("manual-x", Channel.MANUAL, "T3"),
            response("manual-new-1", Channel.MANUAL, None),
        ]
        opened.store.save_responses(made, kind="keyed", label="b", at=AT)
        (tmp_path / "online.csv").write_bytes(ONLINE.encode())
        import_digital(opened, tmp_path / "online.csv")
        yield opened


def found_places(project):
    return {one.token: one.place_id for one in effective_responses(project)}


def test_each_response_has_the_place_of_its_token(project, tmp_path):
    """Paper, keyed and online, small letters or not; a response that came before its place waits for the register."""
    assert found_places(project) == {"T1": "P00001", "T3": "P00003", "t2": "P00002", None: None, TYPED: None}
    rows = [("D-1", "T1"), ("D-2", "T2"), ("D-9", LATE)]
    lines = ["place_id;token", *(";".join(row) for row in rows)]
    (tmp_path / "l.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    add_list(project, tmp_path / "l.csv", reviewer="kim")
    expected = {"T1": "D-1", "T3": "P00003", "t2": "D-2", None: None, TYPED: "D-9"}
    assert found_places(project) == expected
    assert {one.token: one.place_id for one in each_response(project)} == expected
    assert {one.place_id for one in project.store.responses()} == {None}


def test_the_data_set_names_places_and_no_contact_data(project, tmp_path):
    """responses.csv has the place id of every token; name, address, carrier, district and further columns are in no
    file that is handed on.
    """
    header = ("place_id", "token", "name", "address", "carrier", "district", "phone")
    (tmp_path / "l.csv").write_text(
        "\n".join(";".join(row) for row in (header, ("D-1", "T1", *SECRET), ("D-9", LATE, *SECRET))) + "\n",
        encoding="utf-8",
    )
    add_list(project, tmp_path / "l.csv", reviewer="kim")
    merge_responses(project)
    done = export_dataset(project, tmp_path / "out", with_contact=True)
    with (tmp_path / "out" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["token"]: row["place_id"] for row in csv.DictReader(file)}
    assert rows == {"T1": "D-1", "T3": "P00003", "t2": "P00002", "": "", TYPED: "D-9"}
    for path in done.files:
        content = path.read_bytes()
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                content = b"".join(book.read(name) for name in book.namelist())
            assert b"P00003" in content
        assert [said for said in SECRET if said.encode() in content] == []
