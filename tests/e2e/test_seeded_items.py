"""Known answers at the station: nobody can tell them from the rest, they become no value, and they count what people
let pass.
"""

import json
import random
import shutil
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import update

from bench.review_material import OFTEN, PERSONS, REMARK, fill, printed_survey
from review_ui.app import create_app
from scanform.model.person import Person, Role
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.review.triage import item
from scanform.store import leases
from scanform.store.acts import seeded_items as rows
from scanform.store.acts.seals import broken_seals
from scanform.store.acts.verifications import LOT, sampling_seed
from scanform.store.engine import insert_new
from scanform.store.tables import AnswerRow, SamplingSeedRow
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission, effective_responses
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.seeded_items import SeededItems, tallies

BASE = "http://127.0.0.1:8765"
SETTLED = (
    replace(OFTEN, value="w", problem=None, status=Status.AUTO, candidates=()),
    replace(PERSONS, value="12", problem=None, status=Status.AUTO),
)
SHARE = 0.1


def surveyed(folder, waiting, settled, fraction=SHARE):
    """A project in which values wait and others are known."""
    printed = printed_survey(folder)
    settings = printed / "survey.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("known_answers = 0.03", f"known_answers = {fraction}"), encoding="utf-8"
    )
    with open_project(printed) as project:
        fill(
            project,
            waiting,
            replace(OFTEN, candidates=("m", "s")),
            replace(PERSONS, value="34", candidates=("34", "31")),
        )
        fill(project, settled, *SETTLED, start=500, confidence=0.9995)
    return printed


@pytest.fixture(scope="module")
def sixty(tmp_path_factory):
    """Sixty forms that wait and sixty that are settled: a folder to copy."""
    return surveyed(tmp_path_factory.mktemp("sixty"), 60, 60)


@pytest.fixture
def project(sixty, tmp_path):
    with open_project(shutil.copytree(sixty, tmp_path / "project")) as opened:
        yield opened


class Client:
    """Somebody at the station."""

    def __init__(self, desk, name):
        self.name = name
        self.http = create_app(desk, reviewer=name, language="en").test_client()
        self.csrf = self.get("/api/session").get_json()["csrf"]

    def get(self, path):
        return self.http.get(path, base_url=BASE)

    def post(self, path, body):
        return self.http.post(path, json=body, base_url=BASE, headers={"X-CSRFToken": self.csrf}).get_json()

    def claim(self, limit=200, shown=()):
        return self.post("/api/claim", {"shown": list(shown), "limit": limit})

    def decide(self, card, kind, to="", **more):
        entry = {
            "uuid": f"{self.name}-{card['id']}-{kind}-{to}",
            "item": card["id"],
            "version": card["version"],
            "basis": card["basis"],
            "kind": kind,
        }
        entry |= {"from": card["value"], "to": to, "undoes": None, "screen": "field", "ms": 900} | more
        return self.post("/api/decisions", {"decisions": [entry]})


def known_cards(project, cards, reviewer):
    with project.store.reading() as tx:
        made = {row.item for row in rows.seeded_items_of(tx, reviewer)}
    return [card for card in cards if card["id"] in made]


class Searched(dict):
    """The responses, and how often all of them were gone through."""

    times = 0

    def values(self):
        self.times += 1
        return super().values()


def test_what_was_searched_in_vain_is_not_searched_for_at_each_view(tmp_path):
    """Where nothing is settled there is nothing to show again; that is found out once, not whenever somebody looks at
    the numbers.
    """
    with open_project(surveyed(tmp_path, 12, 0)) as project:
        desk = Desk(project)
        cases = Searched((case.machine.id, case) for case in desk.settled())
        desk.close()
        waiting = [
            item(case.machine, answer, case.versions)
            for case in cases.values()
            for answer in case.machine.answers
            if answer.status is Status.REVIEW
        ]
        seeded = SeededItems(0.5, lambda *_: True)
        found = []
        with project.store.writing() as tx:
            sampling_seed(tx)
            for _ in range(2):
                cases.times = 0
                assert seeded.planned(tx, waiting, reviewer="ben", cases=cases) == 0
                found.append(cases.times)
        assert found[0] > 2
        assert found[1] == 0


@pytest.mark.slow
def test_known_answers_come_at_the_rate_asked_for_and_look_like_the_rest(project):
    """Every field of a card that is not the paper's name or a value has the same forms among both kinds; pictures
    and pages are served for both.
    """
    cards = Client(Desk(project), "ben").claim()["cards"]
    known = known_cards(project, cards, "ben")
    rest = [card for card in cards if card not in known]
    assert len(rest) == 120
    assert 4 <= len(known) <= 24  # 12 are expected; fewer or more happen once in a thousand projects
    assert {card["column"] for card in known} == {"often", "persons"}
    for column in ("often", "persons"):
        for name in cards[0].keys() - {
            "id",
            "form",
            "response_id",
            "crop_url",
            "tile_url",
            "context_url",
            "value",
            "typed",
            "value_text",
            "draft",
            "suggestions",
            "choices",
            "alt",
            "context_alt",
        }:
            found = {json.dumps(card[name]) for card in rest if card["column"] == column}
            assert {json.dumps(card[name]) for card in known if card["column"] == column} <= found, name
    tags = [
        {tuple(sorted(choice["tag"] for choice in card["choices"])) for card in some if card["column"] == "often"}
        for some in (known, rest)
    ]
    assert tags[0] == tags[1] == {("", "possible", "read")}
    assert {len(card["value"]) for card in known if card["column"] == "persons"} == {2}
    for card in known:
        assert Client(Desk(project), "ben").get(card["crop_url"]).status_code == 200


def test_nothing_of_it_is_in_the_data(project, tmp_path):
    """Whatever is done with known values, the data set is that of the other decisions alone, to the byte."""
    desk = Desk(project)
    ben = Client(desk, "ben")
    cards = ben.claim()["cards"]
    known = known_cards(project, cards, "ben")
    before = {response.id: response for response in effective_responses(project)}
    export_dataset(project, tmp_path / "before", with_contact=True)
    kinds = ["confirm", "correct", "no-answer", "illegible", "postpone"]
    for number, card in enumerate(known):
        kind = kinds[number % len(kinds)]
        to = "" if kind != "correct" else "s" if card["column"] == "often" else "99"
        assert ben.decide(card, kind, to)["outcomes"][0]["result"] == "saved"
    export_dataset(project, tmp_path / "after", with_contact=True)
    assert project.store.decisions() == []
    assert {response.id: response for response in effective_responses(project)} == before
    assert {response.id: response for response in effective_responses(open_again(project))} == before
    files = sorted(path.name for path in (tmp_path / "before").iterdir() if path.suffix == ".csv")
    assert "readings.csv" in files
    for name in files:
        assert (tmp_path / "after" / name).read_bytes() == (tmp_path / "before" / name).read_bytes()
    with project.store.reading() as tx:
        assert broken_seals(tx) == []


def open_again(project):
    return open_project(project.folder)


def test_what_is_let_pass_is_counted(project):
    """Confirmed wrong proposals are missed; the truth, another value, and "illegible" are noticed; taken back counts
    nothing.
    """
    desk = Desk(project)
    ben, carla = Client(desk, "ben"), Client(desk, "carla")
    known = known_cards(project, ben.claim()["cards"], "ben")
    for card in known[:2]:
        ben.decide(card, "confirm")
    ben.decide(known[2], "illegible")
    ben.decide(known[3], "confirm")
    ben.decide(known[3], "undo", undoes=f"ben-{known[3]['id']}-confirm-")
    with project.store.reading() as tx:
        everything, screens, people = tallies(tx)
    assert (everything.missed, everything.noticed) == (2, 1)
    assert [(tally.name, tally.missed, tally.noticed) for tally in (*screens, *people)] == [
        ("field", 2, 1),
        ("ben", 2, 1),
    ]
    ben.decide(known[3], "correct", "w" if known[3]["column"] == "often" else "12", uuid="once-more")
    with project.store.reading() as tx:
        assert (tallies(tx)[0].missed, tallies(tx)[0].noticed) == (2, 2)
    assert known_cards(project, carla.claim()["cards"], "carla") == []  # ben holds all that waits


def test_going_back_and_coming_again(project):
    """What was put off comes again at the end, what was taken back at once, what is on no screen yet with the next
    claim; the sums fit all the time.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    answer = ben.claim()
    cards, total = answer["cards"], answer["counts"]["total"]
    assert total == len(cards)
    known = known_cards(project, cards, "ben")
    assert [card["id"] for card in ben.claim()["cards"]] == [card["id"] for card in cards]  # the page was loaded again
    postponed = ben.decide(known[0], "postpone")["counts"]
    assert (postponed["open"], postponed["postponed"], postponed["total"]) == (total, 1, total)
    counts = ben.decide(known[1], "confirm")["counts"]
    assert (counts["open"], counts["settled"], counts["total"]) == (total - 1, 1, total)
    again = ben.claim()["cards"]
    assert again[-1]["id"] == known[0]["id"]
    assert again[-1]["postponed"] == 1
    assert known[1]["id"] not in {card["id"] for card in again}
    rest = next(card for card in again if card not in known)
    ben.decide(rest, "confirm")
    assert ben.post("/api/undo", {})["card"]["id"] == rest["id"]
    back = ben.post("/api/undo", {})
    assert (back["card"]["id"], back["card"]["value"], back["counts"]["settled"]) == (
        known[1]["id"],
        known[1]["value"],
        0,
    )
    assert ben.get(f"/api/items/{known[1]['id']}").get_json()["value"] == known[1]["value"]


def test_a_second_window_changes_nothing(project):
    """A confirmation that comes again from another window, or twice by the wire, never reaches the data set; another
    word on an outdated card is refused.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    card = known_cards(project, ben.claim()["cards"], "ben")[0]
    results = [ben.decide(card, "confirm", uuid=uuid)["outcomes"][0]["result"] for uuid in ("one", "one", "two")]
    assert results == ["saved"] * 3
    assert project.store.decisions() == []
    assert (
        ben.decide(card, "correct", "w" if card["column"] == "often" else "12", uuid="three")["outcomes"][0]["result"]
        == "conflict"
    )
    with project.store.reading() as tx:
        assert (tallies(tx)[0].missed, tallies(tx)[0].noticed) == (1, 0)  # what was said first counts


def test_what_cannot_be_stored_is_refused_as_everywhere(project):
    ben = Client(Desk(project), "ben")
    card = next(card for card in known_cards(project, ben.claim()["cards"], "ben") if card["column"] == "persons")
    outcome = ben.decide(card, "correct", "many")["outcomes"][0]
    assert outcome["result"] == "invalid"
    assert outcome["card"]["value"] == card["value"]


def test_an_answer_that_is_neither_leads_to_a_second_look(project):
    """The machine's value may be wrong after all: somebody else reads it, not the one who was shown it."""
    desk = Desk(project)
    ben = Client(desk, "ben")
    card = next(card for card in known_cards(project, ben.claim()["cards"], "ben") if card["column"] == "often")
    ben.decide(card, "correct", "s")
    again = VerificationDesk(desk)
    quality = again.quality()
    assert card["id"] not in {found.id for found in again.claim(500, reviewer="ben", third=False)}
    assert card["id"] in {found.id for found in again.claim(500, reviewer="carla", third=False)}
    assert quality.machine.population == 120


def test_a_late_word_on_what_is_known_no_more_is_no_decision(project):
    """The value opens while its wrong proposal is on the screen, in the same reading: Enter must not make that a
    value.
    """
    ben = Client(Desk(project), "ben")
    card = known_cards(project, ben.claim()["cards"], "ben")[0]
    with project.store.writing() as tx:
        tx.execute(
            update(AnswerRow).where(AnswerRow.response_id == card["response_id"]).values(status=Status.REVIEW.value)
        )
    late = Client(Desk(project), "ben")
    assert late.get(f"/api/items/{card['id']}").get_json()["value"] != card["value"]
    assert late.decide(card, "confirm")["outcomes"][0]["result"] == "saved"
    assert project.store.decisions() == []


@pytest.mark.slow
def test_no_count_tells_that_some_came_in_between(project):
    """What waits is one number before anything was given out, on the first screen, at the station and on the screen
    of many, and falls by one with each.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    said = ben.get("/overview").get_data(as_text=True)
    total = ben.get("/api/mosaic").get_json()["counts"]["total"]
    assert total > 120
    assert f"<strong>{total}</strong>" in said
    left, uuid = total, 0
    while cards := ben.claim(7)["cards"]:
        for card in cards:
            uuid += 1
            counts = ben.decide(card, "confirm", uuid=str(uuid))["counts"]
            left -= 1
            assert (counts["open"], counts["total"]) == (left, total)
    assert left == 0
    assert "<strong>0</strong>" in ben.get("/overview").get_data(as_text=True)


def order_of(desk, cards):
    """Cards in the order in which they would wait if none of them was settled: question by question, the less
    certain first, then by name.
    """
    memory = {item.id: item for item in desk.open_items("ben")}
    return sorted(
        cards,
        key=lambda card: (
            card["postponed"],
            ["often", "persons"].index(card["column"]),
            memory[card["id"]].confidence,
            card["id"],
        ),
    )


def test_known_answers_stand_where_they_would_if_they_waited(project):
    """Fresh, after the page was loaded again, with some of each put off, and when what they stood before is decided:
    one order, by which nothing is told.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    cards = ben.claim()["cards"]
    assert cards == order_of(desk, cards)
    known = known_cards(project, cards, "ben")
    rest = [card for card in cards if card not in known]
    for card in (known[0], rest[3], rest[70], known[-1]):
        ben.decide(card, "postpone")
    with project.store.reading() as tx:
        before = {row.before for row in rows.seeded_items_of(tx, "ben")}
    for card in [card for card in rest if card["id"] in before][:3]:
        ben.decide(card, "confirm")
    again = ben.claim()["cards"]
    assert {card["postponed"] for card in again} == {0, 1}
    assert again == order_of(desk, again)
    first = ben.claim(5, shown=[])["cards"]
    assert first == order_of(desk, first)


def test_known_answers_are_answered_like_the_rest(project):
    """Whatever is sent, in whatever order: results, cards and words for a known value are those for one that waits,
    but for the value itself.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    cards = [card for card in ben.claim()["cards"] if card["column"] == "often" and card["value"] == "m"]
    known = known_cards(project, cards, "ben")[0]
    plain = next(card for card in cards if card not in known_cards(project, cards, "ben"))

    def alike(shown):
        """A card without which of the other answers the machine holds for possible."""
        return {**shown, "choices": [{**choice, "tag": choice["tag"] == "read"} for choice in shown.get("choices", ())]}

    def told(card):
        kinds = [
            ("correct", "s", {}),
            ("correct", "w", {"basis": "a-first"}),
            ("correct", "m", {}),
            ("illegible", "", {"version": 7}),
            ("correct", "many", {}),
        ]
        kinds += [
            ("confirm", "", {"from": "s"}),
            ("postpone", "", {}),
            ("undo", "", {"undoes": "nobody's"}),
            ("correct", "s", {"from": "w", "basis": "a-second"}),
        ]
        found = []
        for place, (kind, to, more) in enumerate(kinds):
            names = {"a-first": f"{card['id']}-0", "a-second": f"{card['id']}-1"}
            sent = {name: names.get(value, value) for name, value in more.items()}
            answer = ben.decide(card, kind, to, uuid=f"{card['id']}-{place}", **sent)
            outcome = answer["outcomes"][0]
            shown = [alike(outcome.pop("card") or {}), alike(ben.get(f"/api/items/{card['id']}").get_json())]
            found += [outcome, answer["counts"]["open"] - before, *shown]
            found.append(ben.get(f"/history/{card['id']}").status_code)
            found.append(ben.get(f"/history/{card['id']}").get_data(as_text=True).count("<li"))
        assert (
            ben.decide(card, "undo", uuid=f"{card['id']}-back", undoes=f"{card['id']}-0")["outcomes"][0]["result"]
            == "saved"
        )
        ben.decide(card, "undo", uuid=f"{card['id']}-back2", undoes=f"{card['id']}-1")
        found.append(ben.get("/figures").get_data(as_text=True).count("<dd"))
        return json.dumps(found).replace(card["id"], "ID").replace(card["form"], "FORM")

    before = ben.get("/api/mosaic").get_json()["counts"]["open"]
    first = told(plain)
    before = ben.get("/api/mosaic").get_json()["counts"]["open"]
    assert told(known) == first
    with project.store.reading() as tx:
        assert {act.item for act in project.store.decisions()} == {plain["id"]}
        assert tallies(tx)[0].answered == 1  # what was said last


def test_own_figures_move_alike_and_the_day_after(project, monkeypatch):
    """A known value counts as one more value looked at, at once; whether it was noticed is told from the next day
    on.
    """
    from scanform.workflow.review import reviewer_figures

    ben = Client(Desk(project), "ben")
    cards = ben.claim()["cards"]
    known = known_cards(project, cards, "ben")
    for number, card in enumerate([known[0], next(card for card in cards if card not in known)]):
        ben.decide(card, "confirm")
        mine = reviewer_figures.own_figures(project, "ben")
        assert (mine.values, mine.forms) == (number + 1, number + 1)
        assert mine.known is None or mine.known.answered == 0
    monkeypatch.setattr(reviewer_figures, "_today", lambda: "9999-01-01")
    assert (
        reviewer_figures.own_figures(project, "ben").known
        or reviewer_figures.figures(project, Person(name="ben", roles=frozenset(Role))).known
    ).missed == 1


def test_among_many_on_one_screen(project):
    """The tiles of one group hold known ones of the same reading, in an order that tells nothing; Enter over the
    whole screen lets them pass.
    """
    desk = Desk(project)
    ben = Client(desk, "ben")
    tiles = ben.post("/api/mosaic/claim", {"group": "house:often:=m", "limit": 200, "shown": []})["tiles"]
    known = known_cards(project, tiles, "ben")
    assert len(tiles) == 60 + len(known)
    assert known
    assert {(tile["value"], tile["column"]) for tile in tiles} == {("m", "often")}
    assert sorted(tile["order"] for tile in tiles) == list(range(len(tiles)))
    assert next(group for group in ben.get("/api/mosaic").get_json()["groups"] if group["key"] == "house:often:=m")[
        "count"
    ] == len(tiles)
    for tile in tiles:
        ben.decide(tile, "confirm", screen="mosaic")
    with project.store.reading() as tx:
        everything, screens, _ = tallies(tx)
    assert [(one.name, one.missed) for one in screens] == [("mosaic", len(known))]
    assert everything.most == 1.0
    assert Counter(decision.kind for decision in project.store.decisions()) == {DecisionKind.CONFIRM: 60}


@pytest.mark.slow
@pytest.mark.parametrize("at_once", [8, 400])
def test_others_make_up_for_values_before_which_none_can_stand(tmp_path, at_once):
    """Half of what waits is free text; the share holds for all that somebody meets, a few at a time or all at once."""
    printed = surveyed(tmp_path, 0, 60)
    with open_project(printed) as project:
        with project.store.writing() as tx:
            insert_new(tx, SamplingSeedRow, {"name": LOT, "lot": "always the same"}, SamplingSeedRow.name)
        fill(project, 60, replace(REMARK, value="", problem=None, status=Status.AUTO), start=600, confidence=0.9995)
        fill(project, 150, replace(OFTEN, candidates=("m", "s")), REMARK, start=1000)
        desk = Desk(project)
        ben, met = Client(desk, "ben"), 0
        while cards := ben.claim(at_once)["cards"]:
            for card in cards:
                assert ben.decide(card, "confirm")["outcomes"][0]["result"] == "saved"
            met += len(cards)
        with project.store.reading() as tx:
            made = rows.seeded_items_of(tx, "ben")
        assert met == 300 + len(made)
        assert {row.item.split("/")[1] for row in made} == {"often"}
        assert 24 <= len(made) <= 36  # 30 are a tenth; 15 without making up for it


@pytest.mark.slow
def test_none_are_made_where_none_are_wanted(tmp_path):
    with open_project(surveyed(tmp_path, 30, 30, fraction=0)) as project:
        assert len(Client(Desk(project), "ben").claim()["cards"]) == 60
        with project.store.reading() as tx:
            assert rows.seeded_items_of(tx) == []


@pytest.mark.slow
def test_several_people_take_turns(tmp_path):
    """Four people take values in turn: each open value is decided once, known ones only once by each, and all leases
    are given back.
    """
    with open_project(surveyed(tmp_path, 80, 30, fraction=0.2)) as project:
        desk, lot, given = Desk(project), random.Random(7), Counter()
        people = ["ben", "carla", "dora", "emil"]
        while people:
            name = lot.choice(people)
            cards = desk.claim(lot.randint(1, 6), reviewer=name)
            if not cards:
                people.remove(name)
            given.update((card.id, name) for card in cards)
            made = [
                Submission(
                    uuid=f"{name}-{card.id}",
                    item=card.id,
                    version=card.version,
                    basis=card.basis,
                    kind=DecisionKind.CONFIRM,
                    from_value=card.value,
                    to_value="",
                )
                for card in cards
            ]
            assert {outcome.result for outcome in desk.decide(made, reviewer=name)} <= {"saved"}
        assert max(given.values()) == 1
        with project.store.reading() as tx:
            made = {(row.item, row.reviewer) for row in rows.seeded_items_of(tx)}
            assert leases.holders(tx) == {}
        assert made <= set(given)
        assert len({name for _, name in made}) >= 2
        assert len(project.store.decisions()) == 160 == len(set(given) - made)
