"""The people of the demo: what they type into the real web form is what the data set has."""

import shutil

import pytest

from bench.web_form_material import ANSWERS, CANONICAL, TOKENS
from scanform.cli.demo_people import Person, answer_on_the_web, offered
from scanform.workflow.project.project import open_project


def test_what_they_type_is_what_comes_in(printed_places, tmp_path):
    """Every kind of question, page by page over HTTP."""
    folder = shutil.copytree(printed_places, tmp_path / "project")
    with offered(folder, "en") as url:
        assert answer_on_the_web(url, Person(token=TOKENS[0], answers=ANSWERS)).endswith("/sent")
    with open_project(folder) as project:
        (response,) = project.store.responses()
    assert response.token == TOKENS[0]
    assert response.complete
    said = {answer.column: answer.value for answer in response.answers}
    assert {column: said[column] for column in ("hours", "people", "since", "quarter", "mail")} == {
        column: CANONICAL[column] for column in ("hours", "people", "since", "quarter", "mail")
    }


def test_a_form_that_refuses_them_is_no_success(printed_places, tmp_path):
    """A required answer is missing: the demo fails instead of going round for ever."""
    folder = shutil.copytree(printed_places, tmp_path / "project")
    with offered(folder, "en") as url, pytest.raises(OSError, match="422"):
        answer_on_the_web(url, Person(token=TOKENS[0], answers={}))
