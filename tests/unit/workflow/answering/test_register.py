"""The register and the web form: a place that got its code by letter or mail answers without a printed form, and staff
see that it has begun, and that it has answered.
"""

import pytest

from bench.web_form_material import begun, configure, sent
from scanform.model.place import Disposition
from scanform.workflow.dataset.merge_responses import merge_responses
from scanform.workflow.printing.dispositions import standings
from scanform.workflow.printing.online import online_address
from scanform.workflow.printing.place_register import add_list, register
from scanform.workflow.project.project import open_project


@pytest.fixture
def listed(desk, tmp_path):
    """The desk, after a place was added that no form was printed for; and the code that was drawn for it."""
    path = tmp_path / "list.csv"
    path.write_text("place_id,name,address\nD-77,Treff im Hof,Weg 3\n", "utf-8")
    add_list(desk.project, path, reviewer="kim")
    (place,) = [place for place in register(desk.project) if place.place_id == "D-77"]
    return desk, place.token


def disposition(desk, token):
    (found,) = [standing for standing in standings(desk.project) if standing.place.token == token]
    return found.disposition


def test_a_code_of_the_register_opens_the_form(listed):
    """As drawn, in small letters, with spaces; a code that was never drawn opens nothing."""
    desk, token = listed
    for typed in (token, token.lower(), f" {token[:5]} {token[5:]} "):
        found = desk.access(typed)
        assert found is not None
        assert found.token == token
    assert desk.access(token[:-1] + ("0" if token[-1] != "0" else "1")) is None


def test_two_codes_that_differ_in_hyphens_only_are_told_apart(listed, tmp_path):
    """Typed exactly, each opens its own; typed otherwise, neither is guessed."""
    desk, _ = listed
    path = tmp_path / "own.csv"
    path.write_text("place_id,token,name\nA,Haus-7731x,A\nB,Hau-s7731x,B\n", "utf-8")
    add_list(desk.project, path, reviewer="kim")
    assert [desk.access(typed).token for typed in ("Haus-7731x", "Hau-s7731x")] == ["Haus-7731x", "Hau-s7731x"]
    assert desk.access("HAUS7731X") is None


def test_staff_see_who_has_begun_and_who_has_answered(listed):
    """Not sent, then opened, then complete, with nothing imported."""
    desk, token = listed
    assert disposition(desk, token) is Disposition.NOT_SENT
    begun(desk, token)
    assert disposition(desk, token) is Disposition.OPENED
    assert sent(desk, token) is not None
    assert disposition(desk, token) is Disposition.COMPLETE


def test_letters_bear_the_link(listed, tmp_path):
    """The link that a letter or a QR code carries; none without an address."""
    desk, token = listed
    assert online_address(desk.project, token) == ""
    configure(desk.project.folder, {"address": "treff.example.de"})
    with open_project(desk.project.folder) as project:
        assert online_address(project, token) == f"https://treff.example.de/t/{token}"


def test_the_merge_knows_the_codes_of_the_register(listed):
    """No remark that the code was never given out."""
    desk, token = listed
    assert sent(desk, token) is not None
    found = merge_responses(desk.project)
    assert "unknown-token" not in {problem.slug for problem in found.problems}
