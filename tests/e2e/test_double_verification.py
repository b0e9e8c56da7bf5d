"""Looking again: drawn by lot, blind, by somebody else; what differs is settled by a third person, and the bound
says how much can be wrong.
"""

import json
import threading
from dataclasses import replace
from functools import partial

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, Waiting, fill
from review_ui.app import create_app
from review_ui.server import bind
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.store.acts import verifications as look_store
from scanform.store.acts.seals import broken_seals
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from scanform.workflow.review.double_verification import VerificationDesk

NAMES_OF_THE_ITEM = ("id", "form", "response_id", "crop_url", "tile_url", "context_url")
BASE = "http://127.0.0.1:8765"
ACCEPTED = Waiting(column="often", value="m", problem=None, status=Status.AUTO)


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


class Client:
    """Somebody at the station."""

    def __init__(self, desk, name):
        self.http = create_app(desk, reviewer=name, language="en").test_client()
        self.csrf = self.get("/api/session").get_json()["csrf"]

    def get(self, path):
        return self.http.get(path, base_url=BASE)

    def post(self, path, body):
        return self.http.post(path, json=body, base_url=BASE, headers={"X-CSRFToken": self.csrf})

    def claim(self, task="second", limit=200):
        return self.post(f"/api/{task}/claim", {"shown": [], "limit": limit})

    def decide(self, card, kind, to="", task="second", **more):
        entry = {
            "uuid": f"{task}-{card['id']}-{kind}-{to}",
            "item": card["id"],
            "version": card["version"],
            "basis": card["basis"],
            "kind": kind,
        }
        answer = self.post(
            f"/api/{task}/decisions", {"decisions": [entry | {"from": "", "to": to, "undoes": None} | more]}
        ).get_json()
        return answer["outcomes"][0]


def decide_all(desk, reviewer, kind=DecisionKind.CONFIRM, to=""):
    """Settles everything that is open."""
    items = desk.open_items()
    desk.decide(
        [
            Submission(
                uuid=f"1-{i.id}", item=i.id, version=i.version, basis="", kind=kind, from_value=i.value, to_value=to
            )
            for i in items
        ],
        reviewer=reviewer,
    )
    return [item.id for item in items]


def value_of(project, item):
    response_id, _, column = item.rpartition("/")
    response = next(r for r in effective_responses(project) if r.id == response_id)
    return next(a for a in response.answers if a.column == column)


def test_the_second_reader_learns_neither_value_nor_author(project):
    """Nothing in the answer differs between values that are different and were settled by different people, or by
    the machine.
    """
    fill(project, 3, OFTEN, REMARK)
    fill(project, 3, replace(OFTEN, value="w"), replace(REMARK, value="Ganz anders"), start=10)
    fill(project, 3, ACCEPTED, start=20)
    desk = Desk(project)
    decide_all(desk, "anna-secret-name", DecisionKind.ILLEGIBLE)
    decided = desk.project.store.decisions()
    cards = Client(desk, "ben").claim().get_json()["cards"]
    assert len(cards) == 15
    text = json.dumps(cards)
    for word in ("anna", "illegible", "Mehr Licht", "Ganz anders", "confirm", *(decision.uuid for decision in decided)):
        assert word not in text
    for column in ("often", "remark"):
        shown = [
            {
                **card,
                "id": "",
                "alt": "",
                "context_alt": "",
                "form": "",
                "response_id": "",
                "crop_url": "",
                "tile_url": "",
                "context_url": "",
            }
            for card in cards
            if card["column"] == column
        ]
        assert all(card == shown[0] for card in shown)
        assert {shown[0][name] for name in ("value", "basis")} == {""}
        assert shown[0]["proposal"] == "none"
        assert {choice["tag"] for choice in shown[0]["choices"]} <= {""}


def test_who_decided_first_does_not_read_again(project):
    """Not even what others have given back; what the machine accepted anybody may read."""
    fill(project, 2, OFTEN)
    fill(project, 2, ACCEPTED, start=10)
    desk = Desk(project)
    own = decide_all(desk, "anna", DecisionKind.ILLEGIBLE)
    anna = Client(desk, "anna")
    cards = anna.claim().get_json()["cards"]
    assert {card["id"] for card in cards}.isdisjoint(own)
    assert len(cards) == 2
    forced = {**cards[0], "id": own[0]}
    assert anna.decide(forced, "correct", "w")["result"] == "invalid"
    with project.store.reading() as tx:
        assert look_store.verifications(tx) == []


def test_agreement_changes_nothing_and_a_difference_waits_for_a_third_person(project):
    """The second value decides nothing by itself; the third person sees both without names, and what they say stands
    under their own name.
    """
    fill(project, 4, OFTEN)
    desk = Desk(project)
    items = decide_all(desk, "anna", DecisionKind.ILLEGIBLE)
    ben, carla = Client(desk, "ben"), Client(desk, "carla")
    cards = {card["id"]: card for card in ben.claim().get_json()["cards"]}
    assert ben.decide(cards[items[0]], "illegible")["result"] == "saved"
    assert ben.decide(cards[items[1]], "correct", "w")["result"] == "saved"
    assert value_of(project, items[1]).value == ""
    for nobody in ("anna", "ben"):
        assert Client(desk, nobody).claim("third").get_json()["cards"] == []
    (card,) = carla.claim("third").get_json()["cards"]
    assert card["id"] == items[1]
    assert {statement["text"] for statement in card["statements"]} == {"every week", "illegible"}
    assert "anna" not in json.dumps(card)
    assert "ben" not in json.dumps(card)
    assert carla.decide(card, "correct", "w", task="third")["result"] == "saved"
    assert value_of(project, items[1]).value == "w"
    assert project.store.decisions()[-1].reviewer == "carla"
    assert carla.claim("third").get_json()["cards"] == []
    quality = VerificationDesk(desk).quality()
    assert (quality.people.looked + quality.picked.looked, quality.people.wrong + quality.picked.wrong) == (2, 1)
    with project.store.reading() as tx:
        assert broken_seals(tx) == []


def test_the_third_look_can_be_taken_back_with_its_decision(project):
    fill(project, 1, OFTEN)
    desk = Desk(project)
    (item,) = decide_all(desk, "anna", DecisionKind.ILLEGIBLE)
    ben, carla = Client(desk, "ben"), Client(desk, "carla")
    assert ben.decide(ben.claim().get_json()["cards"][0], "correct", "w")["result"] == "saved"
    (card,) = carla.claim("third").get_json()["cards"]
    carla.decide(card, "correct", "w", task="third")
    assert value_of(project, item).value == "w"
    back = carla.decide(card, "undo", task="third", undoes=f"third-{item}-correct-w")
    assert back["result"] == "saved"
    assert value_of(project, item).problem == "illegible"
    assert [found["id"] for found in carla.claim("third").get_json()["cards"]] == [item]


def test_sending_again_is_harmless_and_confirming_blindly_is_refused(project):
    fill(project, 2, ACCEPTED)
    desk = Desk(project)
    ben = Client(desk, "ben")
    card = ben.claim().get_json()["cards"][0]
    assert ben.decide(card, "confirm")["result"] == "invalid"
    assert ben.decide(card, "correct", "nonsense")["result"] == "invalid"
    assert [ben.decide(card, "correct", "m")["result"] for _ in range(3)] == ["saved"] * 3
    with project.store.reading() as tx:
        assert len(look_store.verifications(tx)) == 1


def test_two_second_readers_get_different_values(project):
    fill(project, 6, ACCEPTED)
    desk = Desk(project)
    one = {card["id"] for card in Client(desk, "ben").claim(limit=3).get_json()["cards"]}
    other = {card["id"] for card in Client(desk, "carla").claim().get_json()["cards"]}
    assert (len(one), len(other), one & other) == (3, 3, set())


@pytest.mark.slow
def test_quality_is_what_was_found(project):
    """Of 40 accepted values two are read differently; one turns out right: one wrong, and the page says what that
    means.
    """
    fill(project, 40, ACCEPTED)
    desk = Desk(project)
    ben, carla = Client(desk, "ben"), Client(desk, "carla")
    quality = VerificationDesk(desk).quality()
    assert (quality.machine.population, quality.machine.drawn, quality.machine.looked) == (40, 40, 0)
    assert "none has been read" in ben.get("/quality").get_data(as_text=True)
    for number, card in enumerate(ben.claim().get_json()["cards"]):
        assert ben.decide(card, "correct", "w" if number < 2 else "m")["result"] == "saved"
    assert VerificationDesk(desk).quality().machine.wrong == 2
    for number, card in enumerate(carla.claim("third").get_json()["cards"]):
        carla.decide(card, "correct", "wm"[number], task="third")
    machine = VerificationDesk(desk).quality().machine
    assert (machine.population, machine.looked, machine.wrong, machine.most) == (40, 40, 1, 1 / 40)
    page = ben.get("/quality").get_data(as_text=True)
    assert "at most 2.50% wrong" in page
    assert "missed" in page
    assert "How often do you come?" in page


@pytest.mark.slow
@pytest.mark.browser
def test_a_second_look_by_keyboard(project, watched, servers):
    """The screen shows no reading; a digit decides and goes on; the difference appears for the next person with both
    values.
    """
    fill(project, 3, ACCEPTED, replace(PERSONS, status=Status.AUTO, problem=None))
    desk = Desk(project)
    for name, keys in (("ben", "111"), ("carla", "2")):
        station = bind(desk, reviewer=name, port=0, language="en")
        thread = station.start()
        servers.callback(lambda station=station, thread=thread: (station.close(), thread.join()))
        page = watched(f"{station.url}{'second' if name == 'ben' else 'third'}", station.url)
        page.wait_for_selector("#item[data-visible]")
        if name == "ben":
            assert "no proposal" in page.inner_text("#reading")
            page.wait_for_timeout(300)  # the guard against keys that were meant for the field before
            page.keyboard.press("Enter")
            assert page.inner_text("#error")
        else:
            assert {"every week", "every month"} <= set(
                page.inner_text("#item").replace(":", "\n").split("\n")
            ) or "Reading A" in page.inner_text("#item")
        for key in keys:
            shown = page.get_attribute("#item", "data-visible")
            page.keyboard.press(key)
            page.wait_for_selector(f"#item:not([data-visible='{shown}'])")
        page.wait_for_selector("#saved[data-state='saved']")
        page.wait_for_timeout(500)
    with project.store.reading() as tx:
        made = [(look.act.reviewer, look.third, look.act.to_value) for look in look_store.verifications(tx)]
    assert made == [("ben", False, "w")] * 3 + [("carla", True, "m")]
    assert project.store.decisions() == []


def test_both_desks_at_once_do_not_wait_for_each_other_for_ever(project):
    """Values are given out at both by several threads: whoever waited for the store while holding a desk that
    another needs would break off with an error.
    """
    fill(project, 8, OFTEN)
    fill(project, 8, ACCEPTED, start=20)
    desk = Desk(project)
    again, failed = VerificationDesk(desk), []

    def work(name, claim):
        try:
            for _ in range(12):
                claim(name)
        except Exception as error:  # noqa: BLE001  (whatever breaks off in a thread is what the test is about)
            failed.append(error)

    first = partial(work, claim=lambda name: desk.claim(3, reviewer=name))
    second = partial(work, claim=lambda name: again.claim(3, reviewer=name, third=False))
    threads = [
        threading.Thread(target=way, args=(f"p{number}",)) for number, way in enumerate((first, second, first, second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
