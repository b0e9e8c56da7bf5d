"""Who may see and decide which value: role by route by object, each cell with an attack. The routes are those that the
application has.

A cell says who may; everybody else gets no word of the value, no picture, and changes nothing, whatever is sent and
however often.
"""

import json
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from bench import review_material
from bench.review_material import REMARK, Waiting, fill, printed_survey
from review_ui.http.web import LARGEST_NUMBER
from scanform.i18n.texts import LANGUAGES, day_text
from scanform.model.person import RIGHTS, Right, Role
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.store import leases, values
from scanform.store.acts import verifications
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.review.rights import AGAIN
from tests.e2e.test_accounts import MATRIX, Station, address, addresses

FORGED = "Gefälscht"
BORN = "1961-03-07"
KEPT = "im März 61"


@dataclass(frozen=True)
class Thing:
    """A value, in the state in which an attack finds it: its name, what nobody may learn, its version and the
    decision in force.
    """

    item: str
    secret: str
    basis: str = ""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A project with values in every state: a folder to copy. "P" is who attacks, "Lou" somebody else."""
    with pytest.MonkeyPatch.context() as patch:
        contact = review_material.QUESTIONNAIRE.replace(
            "- question: since\n        type: date", "- question: since\n        type: date\n        class: contact"
        )
        assert contact != review_material.QUESTIONNAIRE
        patch.setattr(review_material, "QUESTIONNAIRE", contact)
        folder = printed_survey(tmp_path_factory.mktemp("rights"))
    settings = (folder / "survey.toml").read_text("utf-8")
    without = re.sub(r"known_answers = [0-9.]+", "known_answers = 0.0", settings)
    assert without != settings  # by lot a settled value would be given out as a known answer
    (folder / "survey.toml").write_text(without, encoding="utf-8")
    with open_project(folder) as opened:
        return folder, settled(opened)


@pytest.fixture
def project(prepared, tmp_path):
    with open_project(shutil.copytree(prepared[0], tmp_path / "project")) as opened:
        yield opened


@pytest.fixture
def held(project, prepared):
    """The values by their state, those that somebody has in hand given out just now."""
    with project.store.writing() as tx:
        for name, who in (("mine", "P"), ("my-contact", "P"), ("others", "Lou")):
            assert leases.claim(tx, [prepared[1][name].item], who, 1)
        assert leases.claim(tx, [f"{AGAIN}{prepared[1]['blind'].item}"], "P", 1)
    return prepared[1]


OBJECTS = (
    "waiting",
    "mine",
    "others",
    "contact",
    "my-contact",
    "accepted",
    "decided-by-other",
    "decided-by-me",
    "blind",
    "differs",
    "kept-contact",
    "none",
)


def settled(project):
    """One value in each state, but for who has it in hand."""
    for number, name in enumerate(OBJECTS[:-1]):
        if "contact" in name:
            fill(project, 1, Waiting(column="since", value=BORN, problem="handwriting"), start=number)
        else:
            settled = {"status": Status.AUTO, "problem": None} if name in {"accepted", "blind", "differs"} else {}
            fill(project, 1, replace(REMARK, value=f"Geheim {name}", **settled), start=number)
    forms = {int(response.id.split("-")[1]): response.id for response in project.store.responses()}
    items = {
        name: f"{forms[number]}/{'since' if 'contact' in name else 'remark'}"
        for number, name in enumerate(OBJECTS[:-1])
    } | {"none": "nowhere/remark"}
    desk = Desk(project)
    for name, who in (("decided-by-other", "Lou"), ("decided-by-me", "P")):
        desk.decide(
            [sent(items[name], DecisionKind.CORRECT, f"Entschieden {name}", uuid=f"first-{name}")], reviewer=who
        )
    desk.decide(
        [sent(items["kept-contact"], DecisionKind.IMPLAUSIBLE, KEPT, uuid="first-kept-contact")], reviewer="Lou"
    )
    with project.store.writing() as tx:
        act = values.Decision(
            uuid="look",
            item=items["differs"],
            version=1,
            reviewer="P",
            kind=DecisionKind.CORRECT,
            from_value="",
            to_value="Anders",
            at="2026-01-01T00:00:00Z",
        )
        verifications.add_verification(tx, verifications.Verification(act=act, third=False))
    secrets = {name: BORN if "contact" in name else f"Geheim {name}" for name in OBJECTS} | {
        name: f"Entschieden {name}" for name in OBJECTS if "decided" in name
    }
    secrets["kept-contact"] = KEPT
    return {
        name: Thing(item, secrets[name], f"first-{name}" if "decided" in name or "kept" in name else "")
        for name, item in items.items()
    }


def sent(item, kind, to="", *, uuid, **more):
    return Submission(uuid=uuid, item=item, version=1, basis="", kind=kind, from_value="", to_value=to, **more)


class Attack:
    """Somebody with one role and one value in view."""

    def __init__(self, project, held, role, name, station=None):
        self.project = project
        self.station = station or Station(project)
        self.thing = held[name]
        self.account = self.station.person("P", role)
        self.browser = self.station.browser(self.account)
        self.token = self.browser.token
        self.told = []

    def stored(self):
        """Everything that says something about values."""
        with self.project.store.reading() as tx:
            return values.decisions(tx), verifications.verifications(tx)

    def changed(self, attack):
        """Whether the attack changed anything about the value; what it was answered is kept."""
        before = self.stored()
        attack(self)
        return self.stored() != before

    def get(self, path):
        return self._kept(self.browser.get(path, Accept="application/json"))

    def post(self, path, body):
        return self._kept(
            self.browser.http.post(
                path,
                json=body,
                base_url=self.browser.base,
                headers={"X-CSRFToken": self.token, "Sec-Fetch-Mode": "cors"},
            )
        )

    def _kept(self, answer):
        if answer.mimetype in {"application/json", "text/html", "text/csv"}:
            self.told.append(answer.get_data(as_text=True))
        return answer

    @property
    def learned(self):
        """Whether the value stood in any answer, as it is stored or as people write it."""
        secret = self.thing.secret
        forms = {
            secret,
            *(day_text(secret, language, typed=typed) for language in LANGUAGES for typed in (False, True)),
        }
        answers = [way for text in self.told for way in (text, text.encode().decode("unicode_escape", "ignore"))]
        return any(form in answer for form in forms for answer in answers)

    def decide(self, kind, to="", *, path="/api/decisions", **more):
        entry = {
            "uuid": f"forged-{len(self.told)}-{kind}",
            "item": self.thing.item,
            "version": 1,
            "basis": self.thing.basis,
            "kind": kind,
            "from": "",
            "to": to,
        }
        answer = self.post(path, {"decisions": [entry | {"undoes": None, "screen": "field", "ms": 5} | more]})
        return answer.get_json()["outcomes"][0] if answer.status_code == 200 else None


# --- the attacks ------------------------------------------------------------------------------------------------------


def forge(attack, path="/api/decisions"):
    """Any value, on any view of it, then on whatever the answers give away."""
    for kind, to in (("correct", FORGED), ("confirm", ""), ("illegible", ""), ("no-answer", ""), ("implausible", "")):
        for basis in ("", attack.thing.basis):
            outcome = attack.decide(kind, to, path=path, basis=basis)
            card = outcome and outcome["card"]
            if card:
                attack.decide(kind, to, path=path, basis=card["basis"], version=card["version"])


def put_off(attack, path="/api/decisions"):
    attack.decide("postpone", path=path)


def take_back(attack, path="/api/decisions"):
    """Everybody's acts by their names."""
    for uuid in (attack.thing.basis, "look", "first-decided-by-other"):
        attack.decide("undo", path=path, undoes=uuid)


def everything(attack):
    forge(attack)
    put_off(attack)
    take_back(attack)


REVIEWER, SUPERVISOR, BOTH, NOBODY = "reviewer", "supervisor", "reviewer supervisor", ""

PICTURE = (
    dict.fromkeys(OBJECTS, SUPERVISOR)
    | dict.fromkeys(("mine", "decided-by-me", "blind", "differs"), BOTH)
    | {"none": NOBODY}
)
VALUE = (
    dict.fromkeys(OBJECTS, SUPERVISOR)
    | dict.fromkeys(("mine", "decided-by-me"), BOTH)
    | dict.fromkeys(("blind", "differs", "none"), NOBODY)
)
DECIDE = (
    dict.fromkeys(OBJECTS, NOBODY)
    | {"mine": BOTH, "decided-by-me": BOTH}
    | dict.fromkeys(("waiting", "contact", "my-contact", "decided-by-other", "kept-contact"), SUPERVISOR)
)
PUT_OFF = (
    dict.fromkeys(OBJECTS, NOBODY) | {"mine": BOTH} | dict.fromkeys(("waiting", "contact", "my-contact"), SUPERVISOR)
)
TAKE_BACK = dict.fromkeys(OBJECTS, NOBODY) | {"decided-by-me": BOTH}
LOOK = dict.fromkeys(OBJECTS, NOBODY) | {"blind": BOTH}
"""Who may, by object; staff and admins never do with values."""

TOLD = {
    "waiting": SUPERVISOR,
    "mine": BOTH,
    "others": NOBODY,
    "contact": SUPERVISOR,
    "my-contact": SUPERVISOR,
    "accepted": NOBODY,
    "decided-by-other": SUPERVISOR,
    "decided-by-me": BOTH,
    "blind": NOBODY,
    "differs": NOBODY,
    "kept-contact": SUPERVISOR,
    "none": NOBODY,
}
"""Whom an answer to a decision may tell the value."""

CELLS = [
    pytest.param(role, name, id=f"{role}-{name}")
    for role in (Role.REVIEWER, Role.SUPERVISOR, Role.STAFF, Role.ADMIN)
    for name in OBJECTS
]


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize(("role", "name"), CELLS)
def test_pictures_and_values_are_shown_to_whom_they_were_given(project, held, role, name):
    """Crop, rule check, card and history of every value: the same rule behind each."""
    attack = Attack(project, held, role, name)
    item, may = attack.thing.item, role.value
    assert (attack.get(f"/crops/{item}").status_code == 200) is (may in PICTURE[name].split())
    assert (attack.get(f"/crops/{item}?context=1").status_code == 200) is (
        may in PICTURE[name].split() and may == SUPERVISOR
    )
    assert (attack.post("/api/check", {"item": item, "text": "1.1.2020"}).status_code == 200) is (
        may in PICTURE[name].split()
    )
    assert not attack.learned
    assert (attack.get(f"/api/items/{item}").status_code == 200) is (may in VALUE[name].split())
    assert attack.learned is (may in VALUE[name].split())
    attack.told.clear()
    assert (attack.get(f"/history/{item}").status_code == 200) is (may in VALUE[name].split() and may == SUPERVISOR)
    assert attack.learned is (may in VALUE[name].split() and may == SUPERVISOR)


@pytest.mark.parametrize(("role", "name"), CELLS)
@pytest.mark.fast_cases(2)
def test_only_what_waits_or_is_ones_own_is_decided(project, held, role, name):
    """Whatever is sent about a value: nobody overwrites it, and no answer gives it away, who may not."""
    attack = Attack(project, held, role, name)
    assert attack.changed(forge) is (role.value in DECIDE[name].split())
    assert not attack.learned or role.value in TOLD[name].split()
    with project.store.reading() as tx:
        assert all(act.reviewer == "P" for act in values.decisions(tx) if act.uuid.startswith("forged"))


@pytest.mark.parametrize(("role", "name"), CELLS)
@pytest.mark.fast_cases(2)
def test_putting_off_opens_nothing(project, held, role, name):
    """A crop that was refused before is refused afterwards, and the card as well."""
    attack = Attack(project, held, role, name)
    before = [
        attack.get(path).status_code for path in (f"/crops/{attack.thing.item}", f"/api/items/{attack.thing.item}")
    ]
    assert attack.changed(put_off) is (role.value in PUT_OFF[name].split())
    after = [
        attack.get(path).status_code for path in (f"/crops/{attack.thing.item}", f"/api/items/{attack.thing.item}")
    ]
    assert all(then == was or was == 200 for was, then in zip(before, after, strict=True))


@pytest.mark.parametrize(("role", "name"), CELLS)
@pytest.mark.fast_cases(2)
def test_only_own_acts_are_taken_back(project, held, role, name):
    attack = Attack(project, held, role, name)
    assert attack.changed(take_back) is (role.value in TAKE_BACK[name].split())


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("role", list(Role))
def test_undo_goes_back_through_own_acts_only(project, held, role):
    """However often it is asked for: what somebody else decided stands."""
    attack = Attack(project, held, role, "decided-by-other")
    for _ in range(5):
        attack.post("/api/undo", {})
    with project.store.reading() as tx:
        assert {act.undoes for act in values.decisions(tx) if act.undoes} <= {"first-decided-by-me"}
    assert not attack.learned


@pytest.mark.parametrize(("role", "name"), CELLS)
@pytest.mark.fast_cases(2)
def test_looks_are_taken_from_whom_they_were_given_to(project, held, role, name):
    """Neither desk of second readings shows a value or takes one that was not given out there; both readings of a
    difference are the third person's alone.
    """
    attack = Attack(project, held, role, name)
    changed = False
    for task in ("second", "third"):
        path = f"/api/{task}/decisions"
        changed |= attack.changed(lambda self, path=path: forge(self, path))
        attack.changed(lambda self, path=path: put_off(self, path))
        if name != "differs":
            attack.changed(lambda self, path=path: take_back(self, path))
    assert changed is (role.value in LOOK[name].split())
    assert not attack.learned
    with project.store.reading() as tx:
        assert [act.uuid for act in values.decisions(tx)] == [
            "first-decided-by-other",
            "first-decided-by-me",
            "first-kept-contact",
        ]


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("role", list(Role))
def test_what_is_given_out_is_what_one_may_see(project, held, role):
    """No screen gives out what others have, what was settled, or names to whom they are not open; second readings are
    blind, and never at what one did oneself.
    """
    attack = Attack(project, held, role, "others")
    found = things_by_item(project)
    given = [
        card["id"]
        for path in ("/api/claim", "/api/mosaic/claim")
        for card in cards(attack.post(path, {"shown": [], "limit": 200, "group": "x"}))
    ]
    names = {found[item] for item in given}
    allowed = {"waiting", "mine"} | ({"contact", "my-contact"} if Right.CONTACT in RIGHTS[role] else set())
    assert names == (allowed if Right.REVIEW in RIGHTS[role] else set())
    again = cards(attack.post("/api/second/claim", {"shown": [], "limit": 200}))
    assert {found[card["id"]] for card in again} <= {"accepted", "blind", "decided-by-other"} | (
        {"kept-contact"} if Right.CONTACT in RIGHTS[role] else set()
    )
    assert {card["value"] for card in again} <= {""}
    assert KEPT not in json.dumps(again, ensure_ascii=False)
    assert cards(attack.post("/api/third/claim", {"shown": [], "limit": 200})) == []


def cards(answer):
    body = answer.get_json() or {}
    return body.get("cards", body.get("tiles", []))


def things_by_item(project):
    """The names of the objects by item."""
    numbers = {int(response.id.split("-")[1]): response for response in project.store.responses()}
    return {
        f"{response.id}/{answer.column}": OBJECTS[number]
        for number, response in numbers.items()
        for answer in response.answers
    }


# --- every route -----------------------------------------------------------------------------------------------------

DECIDING = (
    "POST /api/decisions",
    "POST /api/<any(second,third):task>/decisions",
    "POST /api/undo",
    "POST /api/<any(second,third):task>/undo",
)
GIVING = ("POST /api/claim", "POST /api/mosaic/claim", "POST /api/<any(second,third):task>/claim")
SHOWING = ("GET /api/items/<path:item>", "GET /crops/<path:item>", "POST /api/check", "GET /history/<path:item>")
WHOLE_PAGES = ("GET /page/<form>/<int:number>", "GET /page/<form>/<int:number>.jpg")
"""Routes that have to do with single values: each has tests of its own above. Whoever sees whole pages sees what
stands on them, but for blind readings.
"""

OTHERS = set(MATRIX) - {*DECIDING, *GIVING, *SHOWING, *WHOLE_PAGES}
ENDS = {
    "POST /logout",
    "POST /account/sessions/end",
    "POST /account/sessions/<int:number>/end",
    "POST /account/password",
}
"""Attacks on these end the login of the attacker."""


def test_every_route_that_names_a_value_is_among_those_tested(project):
    """A route that is new needs a line in the matrix, and tests here if it names a value, by its address or in what
    its view says it shows.
    """
    found = addresses(Station(project).app)
    assert set(found) == set(MATRIX)
    assert {line for line, rule in found.items() if "item" in rule.arguments} <= set(SHOWING)
    assert set(SHOWING) | set(DECIDING) | set(GIVING) | set(WHOLE_PAGES) <= set(found)


def test_a_route_that_does_not_say_what_it_shows_is_refused(project, held):
    """Deny by default: a new address with a value in it shows nothing until it says what."""
    from review_ui.http.access import needs

    station = Station(project)

    @station.app.get("/new/<path:item>")
    @needs(Right.REVIEW)
    def new(item):
        return item

    attack = Attack(project, held, Role.SUPERVISOR, "waiting", station)
    assert attack.get(f"/new/{attack.thing.item}").status_code == 403
    assert attack.get("/new/none").status_code == 403


@pytest.mark.slow
@pytest.mark.parametrize(("role", "name"), CELLS)
def test_no_other_route_tells_or_changes_a_value(project, held, role, name):
    """Every other address, asked with the value in address, query, form and body: it tells nothing and changes
    nothing.
    """
    attack = Attack(project, held, role, name)
    before = attack.stored()
    form = attack.thing.item.partition("/")[0]
    body = {
        "item": attack.thing.item,
        "form": form,
        "key": attack.thing.item,
        "act": "undo",
        "uuid": "x",
        "undoes": attack.thing.basis,
        "to": FORGED,
    }
    for line in sorted(OTHERS - ENDS):
        method, rule = line.split(" ", 1)
        path = address(rule, item=attack.thing.item, form=form, digest=form.partition("-")[0], question="remark")
        if method == "GET":
            attack.get(f"{path}?item={attack.thing.item}&form={form}")
        else:
            attack.post(path, body)
            with suppress(AssertionError):
                attack._kept(attack.browser.post(path, **body))
    assert attack.stored() == before
    assert not attack.learned


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("role", list(Role))
def test_pages_tell_nothing_that_is_read_blindly(project, held, role):
    """Whole pages are for those who may see names; what somebody is to read without knowing it is left out for them."""
    attack = Attack(project, held, role, "blind")
    for name in ("blind", "accepted"):
        attack.thing = other_thing(project, name)
        path = f"/page/{attack.thing.item.partition('/')[0]}/1"
        may = Right.CONTACT in RIGHTS[role]
        assert (attack.get(path).status_code, attack.get(f"{path}.jpg").status_code) == (
            (200, 200) if may else (403, 403)
        )
        assert attack.learned is (may and name == "accepted")


def other_thing(project, name):
    """Another value of the same project."""
    return Thing(next(item for item, found in things_by_item(project).items() if found == name), f"Geheim {name}")


def test_who_places_pages_may_see_names():
    """Pages are shown whole where they are placed: every role that places them may see what stands on them."""
    assert all(Right.CONTACT in rights for rights in RIGHTS.values() if Right.PLACE in rights)


def test_a_uuid_of_somebody_else_is_not_acknowledged(project, held):
    """An act under a name that another person's act has is not written, and is not called saved."""
    attack = Attack(project, held, Role.REVIEWER, "mine")
    assert attack.decide("correct", FORGED, uuid="first-decided-by-other")["result"] == "unknown"
    assert attack.decide("correct", FORGED, uuid="first-decided-by-me")["result"] == "saved"  # sent again
    assert all(act.to_value != FORGED for act in attack.stored()[0])


def test_a_refusal_says_the_same_of_every_value(project, held):
    """Whether a value waits, is settled, is somebody else's or is not there at all: a reviewer to whom it was not
    given gets the same words.
    """
    attack, said = Attack(project, held, Role.REVIEWER, "none"), set()
    for item in [
        item
        for item, name in things_by_item(project).items()
        if name in {"waiting", "others", "contact", "accepted", "decided-by-other"}
    ] + ["x/y"]:
        attack.thing = Thing(item, "-")
        outcome = attack.decide("correct", FORGED)
        said.add(json.dumps({**outcome, "uuid": ""}))
        assert [attack.get(f"/{path}/{item}").status_code for path in ("crops", "api/items")] == [403, 403]
    assert len(said) == 1


def test_a_late_reader_of_a_second_look_cannot_take_it_back(project, held):
    """What a third person has settled stands, also when the second one takes the reading back that it settled."""
    attack = Attack(project, held, Role.REVIEWER, "differs")
    again = VerificationDesk(Desk(project))
    card = next(card for card in again.claim(50, reviewer="Carla", third=True) if card.id == attack.thing.item)
    act = Submission(
        uuid="third",
        item=card.id,
        version=1,
        basis=card.basis,
        kind=DecisionKind.CORRECT,
        from_value="",
        to_value="Anders",
    )
    assert [outcome.result for outcome in again.decide([act], reviewer="Carla", third=True)] == ["saved"]
    before = attack.stored()
    outcome = attack.decide("undo", path="/api/second/decisions", undoes="look")
    assert outcome["result"] == "unknown"
    assert attack.stored() == before


# --- numbers that nothing has -----------------------------------------------------------------------------------------

TOO_LARGE = (LARGEST_NUMBER + 1, 2**63, 999999999999999999999999, int("9" * 300))


def test_numbers_that_nothing_has_are_not_found(project):
    """Every address with a number, and every number in a query: too large a one is 404, for everybody who may ask,
    and no error of the program.
    """
    station = Station(project)
    browser = station.browser(station.person("Boss", *Role))
    with_number = {line: rule for line, rule in addresses(station.app).items() if "number" in rule.arguments}
    assert len(with_number) > 15
    for line, rule in with_number.items():
        for number in TOO_LARGE:
            path, token = address(rule.rule, number=number, item="x/y"), browser.token
            answer = browser.http.open(
                path, method=line.split()[0], base_url=browser.base, headers={"X-CSRFToken": token}, buffered=True
            )
            assert answer.status_code == 404, (line, number)
    for number in TOO_LARGE:
        for path in (
            f"/overview/pages?fate=read&batch={number}",
            f"/overview/pages?fate=read&batch=1&after={number}",
            f"/pages/1?turn={number}",
        ):
            assert browser.get(path).status_code == 404, path
        assert browser.get(f"/page/x/{'9' * 5000}").status_code == 404
        act = {"uuid": "u", "item": "x/y", "basis": "", "kind": "confirm", "from": "", "to": "", "undoes": None}
        assert browser.send("/api/decisions", {"decisions": [{**act, "version": number, "ms": 1}]}).status_code == 400
        assert browser.send("/api/decisions", {"decisions": [{**act, "version": 1, "ms": number}]}).status_code == 400
        assert browser.post(
            "/joining/x", act="arrange", key="k", **{f"page-{number}": "1", "page-1": str(number), "page-²": "²"}
        ).status_code in {404, 422}
