"""What the tests of answering share: a printed project to copy, and a desk over it whose clock stands still."""

import shutil
from datetime import UTC, datetime, timedelta

import pytest

from bench.web_form_material import configure
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project


class Clock:
    """A clock that tests move."""

    def __init__(self):
        self.now = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)

    def __call__(self):
        return self.now

    def passes(self, **span):
        self.now += timedelta(**span)


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desks(printed_places, tmp_path, clock):
    """Opens a desk over a copy of the project; settings of [web_form] may be given."""
    projects = []
    folder = tmp_path / "project"

    def opens(**settings):
        if not folder.exists():
            shutil.copytree(printed_places, folder)
        configure(folder, settings)
        projects.append(open_project(folder))
        return AnsweringDesk(projects[-1], clock=clock)

    yield opens
    for project in projects:
        project.close()


@pytest.fixture
def desk(desks):
    return desks()
