"""A small project with responses that wait for a person; the database is a real one."""

import shutil
from pathlib import Path

import pytest

from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Channel, Response, Status
from scanform.workflow.project.project import Project, init_project, open_project

QUESTIONNAIRE = """
code: tiny
version: "1"
languages: [de, en]
title: {de: "Kleine Umfrage", en: "Small survey"}
sections:
  - title: {de: "Der Ort", en: "The place"}
    questions:
      - question: open
        type: single
        text: {de: "Ist geöffnet?", en: "Is it open?"}
        options:
          ja: {text: {de: Ja, en: "Yes"}}
          nein: {text: {de: "Nein, weil", en: "No, because"}, writein: yes}
      - question: day
        type: date
        text: {de: "Seit wann?", en: "Since when?"}
      - question: groups
        type: multiple
        text: {de: "Für wen?", en: "For whom?"}
        options:
          kids: {de: "Kinder", en: "Children"}
          old: {de: "Ältere", en: "Seniors"}
          none: {text: {de: "Niemand", en: "Nobody"}, exclusive: yes}
      - question: seats
        type: number
        text: {de: "Wie viele Plätze?", en: "How many seats?"}
        cells: 3
        min: 0
        max: 500
        only_if: {open: ja}
      - question: remark
        type: text
        text: {de: "Bemerkung", en: "Remark"}
      - question: sign
        type: signature
        text: {de: "Unterschrift", en: "Signature"}
"""


def answer(
    question: str,
    kind: QuestionKind,
    value: str,
    *,
    problem: str | None = None,
    option: str | None = None,
    confidence: float = 0.6,
) -> Answer:
    status = Status.REVIEW if problem else Status.AUTO
    others = (Candidate(value="nein", probability=0.3),) if question == "open" and option is None else ()
    problems = (problem,) if problem else ()
    return Answer(
        question=question,
        option=option,
        kind=kind,
        value=value,
        confidence=confidence,
        status=status,
        problems=problems,
        candidates=others,
        page=1,
    )


def waiting(name: str, *, confidence: float = 0.6) -> Response:
    """A response in which everything but the signature waits."""
    answers = (
        answer("open", QuestionKind.SINGLE, "ja", problem="unclear-mark", confidence=confidence),
        answer("open", QuestionKind.HANDWRITING, "", option="nein"),
        answer("day", QuestionKind.COMB, "2025-03-12", problem="handwriting", confidence=confidence),
        answer("groups", QuestionKind.MULTIPLE, "kids old", problem="unclear-mark", confidence=confidence),
        answer("seats", QuestionKind.COMB, "", problem="illegible-cells", confidence=confidence),
        answer("remark", QuestionKind.HANDWRITING, "Alles gut", problem="handwriting", confidence=confidence),
        answer("sign", QuestionKind.SIGNATURE, "signed"),
    )
    return Response(id=name, questionnaire="tiny", version="1", channel=Channel.PAPER, answers=answers)


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without responses: a folder to copy."""
    base = tmp_path_factory.mktemp("review")
    source = base / "tiny.yaml"
    source.write_text(QUESTIONNAIRE, encoding="utf-8")
    init_project(base / "project", questionnaire=source).close()
    return base / "project"


@pytest.fixture
def project(empty_project: Path, tmp_path: Path):
    with open_project(Path(shutil.copytree(empty_project, tmp_path / "project"))) as made:
        yield made


@pytest.fixture
def filled(project: Project) -> Project:
    """The project with two responses, B less certain than A."""
    project.store.save_responses(
        [waiting("A", confidence=0.8), waiting("B", confidence=0.4)],
        kind="paper",
        label="test",
        at="2026-01-01T00:00:00Z",
    )
    return project
