"""The web form dies at any moment: nothing that was acknowledged is lost, neither a draft nor what was sent, and
nothing is sent twice.
"""

import os
import random
import shutil
import threading
from queue import Queue

import pytest
import requests
from sqlalchemy import event

from bench.waiting import until
from bench.web_form_material import ANSWERS, CANONICAL, TOKENS, VIEW, begun, hidden, make_project, page_form
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project
from tests.programs import SCANFORM, answered, forked, started

DIED = 9
MOST_STATEMENTS = 200
PEOPLE = 20
SEED = 20261130


def dying(folder, act, number):
    """Does an act in a process that dies before its n-th statement; a commit counts as one."""
    with open_project(folder) as project:
        desk = AnsweringDesk(project)
        draft = begun(desk)
        engine, count = project.store._engine, [0]

        def counted(*_):
            count[0] += 1
            if count[0] == number:
                os._exit(DIED)

        event.listen(engine, "before_cursor_execute", counted)
        event.listen(engine, "commit", counted)
        if act == "send":
            desk.send(draft.id, version=draft.version)
        else:
            desk.save(draft.id, {"place": "neu", "people": "7"}, version=draft.version, view=VIEW)


def died(folder, act, number):
    with forked(dying, [(folder, act, number)]) as (process,):
        process.join()
        assert process.exitcode in {0, DIED}
        return process.exitcode == DIED


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize(("act", "step"), [("save", 3), ("send", 11), ("save", 1), ("send", 1)])
def test_an_act_is_there_as_a_whole_or_not_at_all(printed_places, tmp_path, act, step):
    """Killed before each statement and at the commit: the draft is as before, or the act is done; again, it is done
    once.
    """
    folder = shutil.copytree(printed_places, tmp_path / "project")
    with open_project(folder) as project:
        desk = AnsweringDesk(project)
        desk.save(begun(desk).id, ANSWERS, version=0, view=VIEW)
    deaths = 0
    for number in range(1, MOST_STATEMENTS, step):
        copy = shutil.copytree(folder, tmp_path / "copy")
        finished = not died(copy, act, number)
        deaths += not finished
        with open_project(copy) as project:
            check(AnsweringDesk(project), act, finished=finished)
        shutil.rmtree(copy)
        if finished:
            break
    assert finished
    assert deaths >= 2


def check(desk, act, *, finished):
    """What is there after a death, and after the act was done again."""
    standing = desk.standing(desk.access(TOKENS[0]))
    responses = desk.project.store.responses()
    if act == "save":
        kept = standing.draft.typed
        assert {column: kept[column] for column in ("place", "people")} in (
            {"place": "neu", "people": "7"},
            {"place": ANSWERS["place"], "people": ANSWERS["people"]},
        )
        return
    assert len(responses) == len(standing.sent) == int(standing.draft is None)
    assert finished <= bool(responses)
    if standing.draft is not None:
        assert standing.draft.typed == ANSWERS
        assert desk.send(standing.draft.id, version=standing.draft.version).sent
    (response,) = desk.project.store.responses()
    assert {answer.column: answer.value for answer in response.answers if answer.value} == CANONICAL


class Visitor(threading.Thread):
    """Somebody who answers with a browser, tries again when nobody answers, and remembers what was acknowledged."""

    def __init__(self, base, token, acts):
        super().__init__(daemon=True)
        self.base, self.token, self.acts = base, token, acts
        self.kept, self.sent, self.trouble = {}, False, None

    def run(self):
        try:
            with requests.Session() as session:
                self.visit(session)
        except Exception as problem:  # noqa: BLE001 - told by the test
            self.trouble = problem
        self.acts.put(self)

    def visit(self, session):
        answers = ANSWERS | {"place": f"Ort {self.token}"}
        self.ask(session, "GET", f"/t/{self.token}")
        page = self.ask(session, "GET", "/begin").text
        self.ask(session, "POST", "/begin", dict(hidden(page)))
        for number in (1, 1, 2, 2, 3):
            page = self.ask(session, "GET", f"/page/{number}").text
            body = page_form(page, answers, go="next")
            found = self.ask(session, "POST", f"/page/{number}", body)
            assert found.status_code == 303, found.text
            self.kept |= {name[2:]: " ".join(value) for name, value in body.items() if name.startswith("a.")}
        if self.token.endswith("0"):
            return  # goes on later
        page = self.ask(session, "GET", "/check").text
        found = self.ask(session, "POST", "/check", dict(hidden(page)))
        assert found.headers["Location"] == "/sent"
        self.sent = True

    def ask(self, session, method, path, body=None):
        """An answer, however often it takes; the same is sent again after a crash."""

        def answer():
            try:
                return [session.request(method, self.base + path, data=body, allow_redirects=False)]
            except requests.RequestException:
                return None

        (found,) = until(answer, f"an answer to {path}")
        assert found.status_code < 500
        self.acts.put(None)
        return found


def next_act(acts, visitors):
    """Waits for the next answer to anybody, or until all are done."""
    until(lambda: not acts.empty() or not any(one.is_alive() for one in visitors), "an answer", pause_s=0.01)
    if not acts.empty():
        acts.get()


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_it_is_killed_while_people_answer(tmp_path):
    """Twenty people answer while the program is killed again and again, at random: each page and each sending that was
    acknowledged is there, and each person is one response.
    """
    rng = random.Random(SEED)
    tokens = [f"Q{number:03d}-{rng.randrange(10**8):08d}-{number % 5}" for number in range(PEOPLE)]
    folder = make_project(tmp_path / "project", tokens=tokens)
    acts, visitors, port, kills = Queue(), [], 0, 0
    while True:
        command = (*SCANFORM, "--project", folder, "--json", "serve-form", "--port", port)
        with started(command) as program:
            base = answered(program)["url"].rstrip("/")
            port = port or int(base.rpartition(":")[2])
            if not visitors:
                visitors = [Visitor(base, token, acts) for token in tokens]
                for visitor in visitors:
                    visitor.start()
            for _ in range(rng.randrange(25, 60)):  # answers until the next blow
                next_act(acts, visitors)
            if not any(visitor.is_alive() for visitor in visitors):
                break
            program.kill()
            kills += 1
    assert [visitor.trouble for visitor in visitors if visitor.trouble] == []
    assert kills >= 3
    with open_project(folder) as project:
        desk = AnsweringDesk(project)
        sent = {response.token: response for response in project.store.responses()}
        assert len(project.store.responses()) == len(sent)
        for visitor in visitors:
            place = f"Ort {visitor.token}"
            if visitor.sent:
                answers = {answer.column: answer.value for answer in sent[visitor.token].answers if answer.value}
                assert answers == CANONICAL | {"place": place}
            else:
                typed = desk.standing(desk.access(visitor.token)).draft.typed
                assert {column: typed[column] for column in visitor.kept} == visitor.kept
                assert visitor.kept["place"] == place
