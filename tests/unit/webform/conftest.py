"""What the tests of the web form share: a printed project to copy, a desk and an application over it."""

import shutil

import pytest

from bench.web_form_material import Respondent, configure
from scanform.webform.app import create_app
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project


@pytest.fixture
def opened(printed_places, tmp_path):
    """Opens a copy of the project; settings of [web_form] may be given."""
    projects = []

    def opens(**settings):
        folder = tmp_path / "project"
        if not folder.exists():
            shutil.copytree(printed_places, folder)
        configure(folder, settings)
        projects.append(open_project(folder))
        return projects[-1]

    yield opens
    for project in projects:
        project.close()


@pytest.fixture
def desk(opened):
    return AnsweringDesk(opened())


@pytest.fixture
def app(desk):
    return create_app(desk)


@pytest.fixture
def person(app):
    return Respondent(app)
