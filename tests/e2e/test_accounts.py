"""Accounts end to end: real store, real server, real argon2, real Chromium. S1 to S10 are the points of the
project's list of requirements on security.
"""

import dataclasses
import functools
import http.client
import json
import re
import signal
import sys
import threading
import time
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from pyotp import TOTP

from bench.review_material import OFTEN, fill
from bench.waiting import until
from review_ui.accounts import password_hashes
from review_ui.accounts.passwords import objection
from review_ui.app import create_app
from review_ui.http.access import EVERYBODY, needs, taken_rights
from review_ui.server import bind
from scanform.cli.program import main
from scanform.model.account import Stage
from scanform.model.person import Role
from scanform.store.accounts import change_account
from scanform.store.tables import Base
from scanform.web.hardening import HEADERS
from scanform.web.proxy import HSTS
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.accounts import AccountDesk, Limits
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
from tests.programs import answered, started

BASE = "http://127.0.0.1:8765"
PASSWORD = "viel regen am kanal"
OTHER = "drei rote dampfer im hafen"
COOKIE = "scanform-review-login"


@pytest.fixture
def folder(house):
    return house


@pytest.fixture
def project(folder):
    with open_project(folder) as opened:
        yield opened


class Clock:
    """Time that a test moves on."""

    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now

    def pass_by(self, **time_s):
        self.now += timedelta(**time_s)


class Station:
    """An application with accounts: Ada manages people; others as a test needs them."""

    def __init__(self, project, **options):
        self.project = project
        self.clock = Clock()
        self.accounts = AccountDesk(project, clock=self.clock, limits=options.pop("limits", None))
        self.app = create_app(
            Desk(project),
            accounts=self.accounts,
            sorter=SortDesk(project),
            uploads=UploadDesk(project),
            language="en",
            **options,
        )
        self.hash = _hash(self.app, PASSWORD)
        self.ada = self.accounts.start(self.accounts.start_token(), "Ada", self.hash)

    def person(self, name, *roles, password=True):
        account, token = self.accounts.invite(actor=self.ada, name=name, email="", roles=roles)
        return self.accounts.accept(token, self.hash) if password else account

    def browser(self, account=None, stage=Stage.FULL):
        """A browser; one that `account` has logged in with, without spending time on the password."""
        found = Browser(self)
        if account is not None:
            found.http.set_cookie(
                COOKIE, self.accounts.open_session(account, stage=stage, agent="test"), domain="127.0.0.1"
            )
        return found


@functools.cache
def _known_hash(password):
    return password_hashes.hashed(password)


def _hash(_, password):
    return _known_hash(password)


class Browser:
    """A well-behaved browser without scripts."""

    def __init__(self, station, base=BASE, **headers):
        self.http = station.app.test_client()
        self.base = base
        self.headers = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin", **headers}

    def get(self, path, **headers):
        return self.http.get(path, base_url=self.base, headers={**self.headers, **headers}, buffered=True)

    def api(self, path, **headers):
        return self.http.get(path, base_url=self.base, headers={**headers, "Sec-Fetch-Mode": "cors"})

    @property
    def token(self):
        return self.http.get("/api/login", base_url=self.base).get_json()["csrf"]

    def post(self, path, /, headers=None, **form):
        return self.http.post(
            path,
            base_url=self.base,
            data={"csrf_token": self.token, **form},
            headers={**self.headers, **(headers or {})},
        )

    def send(self, path, body=None, **headers):
        return self.http.post(
            path,
            json=body or {},
            base_url=self.base,
            headers={"X-CSRFToken": self.token, "Sec-Fetch-Mode": "cors", **headers},
        )

    def log_in(self, name, password=PASSWORD, **more):
        return self.post("/login", name=name, password=password, **more)

    @property
    def cookie(self):
        found = self.http.get_cookie(COOKIE, domain="127.0.0.1")
        return found.value if found else ""

    def in_use(self):
        """Whether the login lasts."""
        return self.api("/api/time-left").status_code == 200


@pytest.fixture
def station(project):
    return Station(project)


@pytest.fixture
def rita(station):
    return station.person("Rita", Role.REVIEWER)


# --- S1: cookies -----------------------------------------------------------------------------------------------------


def cookies(answer):
    return {line.split("=", 1)[0]: line for line in answer.headers.getlist("Set-Cookie")}


def test_the_cookies_are_closed(station, rita):
    """S1: on loopback HttpOnly and SameSite=Strict, no domain."""
    browser = station.browser()
    browser.get("/login")
    found = cookies(browser.get("/login")) | cookies(browser.log_in("Rita"))
    assert COOKIE in found
    for line in found.values():
        assert "HttpOnly" in line
        assert "SameSite=Strict" in line
        assert "Domain" not in line


def test_behind_a_proxy_no_other_host_can_set_the_cookies(project):
    """S1: with TLS all carry __Host- and Secure, and every answer HSTS."""
    found = Station(project, proxy="https://umfrage.example")
    browser = Browser(found, "http://umfrage.example", **{"X-Forwarded-Proto": "https"})
    page = browser.get("/login")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text).group(1)
    form = {"csrf_token": token, "name": "Ada", "password": PASSWORD}
    done = browser.http.post("/login", base_url="https://umfrage.example", data=form, headers=browser.headers)
    assert done.status_code == 303
    lines = cookies(page) | cookies(done)
    assert len(lines) == 3
    for name, line in lines.items():
        assert name.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= {part.strip() for part in line.split(";")}
        assert "Domain" not in line
    assert page.headers["Strict-Transport-Security"] == HSTS == done.headers["Strict-Transport-Security"]


# --- S2: logins ------------------------------------------------------------------------------------------------------


def test_the_id_is_long_and_kept_hashed(station, rita):
    """S2: at least 128 random bits; the database has only its hash, also of links."""
    ids = set()
    for _ in range(20):
        browser = station.browser(rita)
        ids.add(browser.cookie)
        assert len(browser.cookie) * 6 >= 128
    _, link = station.accounts.invite(actor=station.ada, name="Lea", email="", roles=[Role.STAFF])
    assert len(ids) == 20
    dump = str(tables(station.project))
    assert all(found not in dump for found in (*ids, link))
    assert all(sha256(found.encode()).hexdigest() in dump for found in (*ids, link))


def test_the_id_is_new_at_login_and_a_planted_one_is_dead(station, rita):
    """S2: an id from before the login, planted or real, never becomes a login."""
    for planted in ("planted", station.browser(rita).cookie):
        browser = station.browser()
        browser.http.set_cookie(COOKIE, planted, domain="127.0.0.1")
        assert browser.log_in("Rita").status_code == 303
        assert browser.cookie != planted
        assert browser.in_use()
        copy = station.browser()
        copy.http.set_cookie(COOKIE, planted, domain="127.0.0.1")
        assert not copy.in_use()


def test_the_token_for_forms_is_new_at_login(station, rita):
    """What a page before the login knew is no token afterwards."""
    browser = station.browser()
    old = browser.token
    browser.log_in("Rita")
    assert browser.http.post("/api/stay", base_url=BASE, headers={"X-CSRFToken": old}).status_code == 403


def copied(station, browser):
    """The same cookies in another browser."""
    found = station.browser()
    found.http.set_cookie(COOKIE, browser.cookie, domain="127.0.0.1")
    assert found.in_use()
    return found


ENDS = {
    "logout": lambda station, rita, browser: browser.post("/logout"),
    "password": lambda station, rita, browser: browser.post(
        "/account/password", old=PASSWORD, password=OTHER, again=OTHER
    ),
    "disabled": lambda station, rita, browser: station.browser(station.ada).post(
        f"/users/{rita.id}/active", active="0"
    ),
    "roles": lambda station, rita, browser: station.browser(station.ada).post(
        f"/users/{rita.id}/roles", roles=["staff"]
    ),
    "all ended": lambda station, rita, browser: station.browser(station.ada).post(f"/users/{rita.id}/sessions/end"),
    "one ended": lambda station, rita, browser: browser.post(
        f"/account/sessions/{station.accounts.sessions(rita)[0].number}/end"
    ),
    "new link used": lambda station, rita, browser: station.accounts.accept(
        station.accounts.reset_link(rita, actor=station.ada), station.hash
    ),
    "factor taken": lambda station, rita, browser: station.browser(station.ada).post(
        f"/users/{rita.id}/second-factor/off"
    ),
}


@pytest.mark.parametrize("end", ENDS)
def test_an_old_cookie_is_dead(station, rita, end):
    """S2: after logout, disabling, change of role or password, and when somebody who may ends it."""
    browser = station.browser(rita)
    copy = copied(station, browser)
    ENDS[end](station, rita, browser)
    assert not copy.in_use()
    assert copy.api("/api/session").status_code == 401


def test_a_login_ends_when_nothing_is_done(station, rita):
    """S2: the idle limit; pages that refresh themselves are no act, sending something is; one key prolongs it."""
    browser = station.browser(rita)
    for _ in range(5):
        station.clock.pass_by(minutes=20)
        browser.send("/api/stay")
    assert browser.in_use()
    for _ in range(2):
        station.clock.pass_by(minutes=16)
        browser.api("/api/session")
    assert not browser.in_use()


def test_a_login_ends_in_any_case(station, rita):
    """S2: the absolute limit."""
    browser = station.browser(rita)
    for _ in range(12 * 3 - 1):
        station.clock.pass_by(minutes=20)
        assert browser.send("/api/stay").status_code == 200
    station.clock.pass_by(minutes=20)
    assert browser.send("/api/stay").status_code == 401


def test_people_end_their_own_logins_only(station, rita):
    """S2: the list shows the own ones; the number of another's does nothing."""
    browser, other, ada = station.browser(rita), station.browser(rita), station.browser(station.ada)
    page = browser.get("/account").text
    assert page.count("/end?lang") == 3  # two, and all others
    number = station.accounts.sessions(station.ada)[0].number
    browser.post(f"/account/sessions/{number}/end")
    assert ada.in_use()
    browser.post("/account/sessions/end")
    assert browser.in_use()
    assert not other.in_use()


def test_a_page_of_one_person_is_not_served_with_anothers_login(station, rita):
    """Who logs in elsewhere in the same browser does not send what the first has decided."""
    browser = station.browser(rita)
    body = {"decisions": []}
    assert browser.send("/api/decisions", body, **{"X-Person": str(rita.id)}).status_code == 200
    assert browser.send("/api/decisions", body, **{"X-Person": str(station.ada.id)}).status_code == 401


def test_only_the_owner_of_a_page_logs_in_on_it(station, rita):
    """Another person's password, however right, begins nothing there."""
    browser = station.browser()
    for name, page in (("Ada", rita.id), ("Rita", station.ada.id), ("Rita", "")):
        answer = browser.send(
            "/api/login", {"name": name, "password": PASSWORD}, **({"X-Person": str(page)} if page else {})
        )
        assert answer.status_code == 401
    assert browser.cookie == ""
    assert (
        browser.send("/api/login", {"name": "Rita", "password": PASSWORD}, **{"X-Person": str(rita.id)}).status_code
        == 200
    )
    assert browser.in_use()


def test_logging_out_empties_the_browser(station, rita):
    """The answer asks the browser to forget, and takes the cookies away."""
    answer = station.browser(rita).post("/logout")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert "Max-Age=0" in cookies(answer)[COOKIE]


# --- S3 to S5: headers -----------------------------------------------------------------------------------------------


def test_every_answer_carries_the_headers(station, rita):
    """Pages, forms, data, and all kinds of errors; pages are never kept."""
    browser, nobody = station.browser(rita), station.browser()
    answers = [
        browser.get(path)
        for path in (
            "/",
            "/account",
            "/login",
            "/users",
            "/nothing",
            "/static/review.css",
            "/account/second-factor.svg",
        )
    ]
    answers += [nobody.get(path) for path in ("/", "/login", "/start/x", "/invite/x")] + [
        nobody.api("/api/session"),
        nobody.log_in("Rita", "x"),
    ]
    answers += [
        browser.get("/", Host="evil.example"),
        browser.http.post("/logout", base_url=BASE),
        browser.send("/api/decisions", {}),
        browser.post("/logout"),
    ]
    assert {answer.status_code for answer in answers} == {200, 303, 400, 401, 403, 404}
    policy = HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self'")
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == {**HEADERS, "Content-Security-Policy": policy}
        assert answer.headers["Vary"] == "Cookie"
    assert HEADERS["Cache-Control"] == "no-store"


# --- S4: nothing changes by GET, nothing from elsewhere --------------------------------------------------------------


def tables(project):
    """Everything in the database."""
    with project.store.reading() as tx:
        return {
            name: [tuple(row) for row in tx.execute(table.select())] for name, table in Base.metadata.tables.items()
        }


def address(rule, **known):
    """A rule's address with something in each place."""
    values = {
        "filename": "review.css",
        "item": "none",
        "token": "x",
        "digest": "x",
        "form": "x",
        "number": 1,
        "question": "x",
        "task": "second",
        "edition": "x",
    } | known
    return re.sub(r"<(?:[^<>:]+:)?(\w+)>", lambda match: str(values[match.group(1)]), rule)


def rules(app, method):
    return [rule for rule in app.url_map.iter_rules() if method in rule.methods]


def test_nothing_changes_by_looking(station, project):
    """S4: every address that takes GET, asked by somebody who may do everything, leaves the database as it was."""
    fill(project, 2, OFTEN)
    boss = station.person("Boss", *Role)
    browser = station.browser(boss)
    item = Desk(project).queue(1)[0].id
    link = station.accounts.reset_link(boss, actor=station.ada)
    before = tables(project)
    assert before["answer"]
    for rule in rules(station.app, "GET"):
        status = browser.get(address(rule.rule, item=item, token=link)).status_code
        assert status in {200, 303, 400, 404}, rule
    assert tables(project) == before


def test_nothing_is_changed_from_elsewhere(station):
    """S4: every address that takes POST refuses it without token, from a foreign origin, and from a foreign site."""
    browser = station.browser(station.person("Boss", *Role))
    token = browser.token
    posts = [address(rule.rule) for rule in rules(station.app, "POST")]
    assert len(posts) > 20
    before = tables(station.project)
    foreign = (
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://127.0.0.1:9999"},
    )
    for path in posts:
        assert browser.http.post(path, base_url=BASE, headers=browser.headers).status_code == 403, path
        for headers in foreign:
            assert (
                browser.http.post(path, base_url=BASE, headers={"X-CSRFToken": token, **headers}).status_code == 403
            ), path
    assert tables(station.project) == before


# --- S6: who may what ------------------------------------------------------------------------------------------------

ALL = "everybody nobody"
IN = "staff reviewer supervisor admin"
REVIEW = "reviewer supervisor"
PLACE = "staff supervisor"
OVERVIEW = "staff supervisor"
ADMIN = "admin"

MATRIX = {
    "GET /": REVIEW,
    "GET /account": IN,
    "POST /account/password": IN,
    "GET /account/second-factor": IN,
    "POST /account/second-factor": IN,
    "GET /account/second-factor.svg": IN,
    "POST /account/second-factor/off": IN,
    "POST /account/second-factor/start": IN,
    "POST /account/sessions/<int:number>/end": IN,
    "POST /account/sessions/end": IN,
    "POST /api/<any(second,third):task>/claim": REVIEW,
    "POST /api/<any(second,third):task>/decisions": REVIEW,
    "POST /api/<any(second,third):task>/undo": REVIEW,
    "POST /api/check": REVIEW,
    "POST /api/claim": REVIEW,
    "POST /api/decisions": REVIEW,
    "GET /api/items/<path:item>": REVIEW,
    "GET /api/login": ALL,
    "POST /api/login": ALL,
    "POST /api/login/code": ALL,
    "GET /api/mosaic": REVIEW,
    "GET /api/mosaic/session": REVIEW,
    "POST /api/mosaic/claim": REVIEW,
    "GET /api/pages": PLACE,
    "GET /api/pages/<int:number>": PLACE,
    "POST /api/pages/<int:number>/leave": PLACE,
    "POST /api/pages/<int:number>/place": PLACE,
    "GET /api/session": IN,
    "GET /api/sort/session": PLACE,
    "GET /api/preferences": REVIEW,
    "POST /api/preferences": REVIEW,
    "GET /keys": REVIEW,
    "GET /accessibility": ALL,
    "GET /easy": ALL,
    "POST /api/stay": IN,
    "GET /api/time-left": IN,
    "POST /api/undo": REVIEW,
    "GET /blanks/<digest>/<int:number>": PLACE,
    "GET /api/lists/<edition>/<question>": REVIEW,
    "GET /crops/<path:item>": REVIEW,
    "GET /invite/<token>": ALL,
    "POST /invite/<token>": ALL,
    "GET /login": ALL,
    "POST /login": ALL,
    "GET /login/code": ALL,
    "POST /login/code": ALL,
    "POST /logout": IN,
    "GET /mosaic": REVIEW,
    "GET /overview": OVERVIEW,
    "GET /overview/pages": OVERVIEW,
    "GET /pages/<int:number>": PLACE,
    "GET /quality": "supervisor",
    "GET /figures": REVIEW,
    "GET /doubles": PLACE,
    "POST /doubles": PLACE,
    "GET /doubles/<int:number>.jpg": PLACE,
    "GET /doubles/<int:number>/<question>.jpg": PLACE,
    "GET /joining": PLACE,
    "GET /joining/<form>": PLACE,
    "POST /joining/<form>": PLACE,
    "POST /joining/sheets": PLACE,
    "GET /missing": OVERVIEW,
    "GET /missing.csv": OVERVIEW,
    "POST /missing/<form>/accept": PLACE,
    "POST /missing/<form>/take-back": PLACE,
    "POST /missing/pages/accept": PLACE,
    "POST /missing/pages/<int:number>/take-back": PLACE,
    "GET /returns": OVERVIEW,
    "POST /returns": PLACE,
    "GET /returns.csv": PLACE,
    "POST /returns/take-back": PLACE,
    "GET /history/<path:item>": "supervisor",
    "GET /page/<form>/<int:number>": OVERVIEW,
    "GET /page/<form>/<int:number>.jpg": OVERVIEW,
    "GET /release": "supervisor admin",
    "POST /release": "supervisor admin",
    "GET /<any(second,third):task>": REVIEW,
    "GET /sort": PLACE,
    "GET /start/<token>": ALL,
    "POST /start/<token>": ALL,
    "GET /static/<path:filename>": ALL,
    "GET /upload": PLACE,
    "POST /upload": PLACE,
    "GET /api/upload/session": PLACE,
    "POST /api/uploads": PLACE,
    "POST /api/uploads/close": PLACE,
    "GET /users": ADMIN,
    "POST /users": ADMIN,
    "GET /users/<int:number>": ADMIN,
    "POST /users/<int:number>/active": ADMIN,
    "POST /users/<int:number>/reset": ADMIN,
    "POST /users/<int:number>/roles": ADMIN,
    "POST /users/<int:number>/second-factor/off": ADMIN,
    "POST /users/<int:number>/sessions/end": ADMIN,
    "GET /users/log": ADMIN,
}
"""Every address and who may ask for it. An address that is new needs a line here."""


def addresses(app):
    return {
        f"{method} {rule.rule}": rule
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }


def test_the_matrix_names_every_address(station):
    """S6: whoever adds an address says here who may ask for it."""
    assert set(addresses(station.app)) == set(MATRIX)
    assert all(taken_rights(station.app, rule.endpoint) is not None for rule in addresses(station.app).values())


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("role", ["nobody", "half", "disabled", *Role])
def test_everybody_reaches_what_they_may_and_nothing_else(station, role):
    """S6: each address asked by each role; whoever has only given the password, or is disabled, is nobody."""
    reached = []
    for endpoint, view in list(station.app.view_functions.items()):
        if endpoint != "static":
            station.app.view_functions[endpoint] = functools.wraps(view)(
                lambda endpoint=endpoint, **_: reached.append(endpoint) or ""
            )
    account = station.person("P", role if role in set(Role) else Role.SUPERVISOR) if role != "nobody" else None
    browser = station.browser(account, Stage.CODE if role == "half" else Stage.FULL)
    if role == "disabled":
        station.accounts.set_active(account, False, actor=station.ada)
    with station.app.test_request_context():
        from flask_wtf.csrf import generate_csrf

        token = generate_csrf()
        from flask import session

        raw = session["csrf_token"]
    with browser.http.session_transaction(base_url=BASE) as kept:
        kept["csrf_token"] = raw
    for line, rule in addresses(station.app).items():
        may = role in MATRIX[line].split() or MATRIX[line] == ALL
        reached.clear()
        method = line.split()[0]
        answer = browser.http.open(
            address(rule.rule), method=method, base_url=BASE, headers={"X-CSRFToken": token}, buffered=True
        )
        if rule.endpoint == "static":
            assert answer.status_code == 200
            continue
        assert (reached == [rule.endpoint]) is may, (line, role, answer.status_code)
        if not may:
            assert answer.status_code == (401 if role in {"nobody", "half", "disabled"} else 403), line


def test_an_address_that_says_nothing_is_refused(station):
    """S6: deny by default."""

    @station.app.get("/forgotten")
    def forgotten():
        return "secret"

    @station.app.get("/remembered")
    @needs()
    def remembered():
        return "fine"

    browser = station.browser(station.person("Boss", *Role))
    assert browser.get("/remembered").status_code == 200
    assert browser.get("/forgotten").status_code == 403
    assert taken_rights(station.app, "static") == EVERYBODY


def test_pages_link_only_to_what_the_person_may_open(project):
    """Every screen says who is logged in; links lead to screens of the own role."""
    station = Station(project)
    shown = {
        Role.STAFF: ("/overview", {"/overview", "/sort"}),
        Role.REVIEWER: ("/", {"/", "/mosaic"}),
        Role.SUPERVISOR: ("/overview", {"/", "/overview", "/mosaic", "/sort"}),
        Role.ADMIN: ("/users", {"/users"}),
    }
    for role, (first, open_to) in shown.items():
        person = station.person(f"Person {role}", role)
        browser = station.browser()
        assert browser.log_in(person.name).headers["Location"].split("?")[0] == first
        for path in open_to | {"/account"}:
            page = browser.get(path)
            assert page.status_code == 200
            assert f"Person {role}" in page.text
            assert 'action="/logout' in page.text
            links = {link.split("?")[0] for link in re.findall(r'href="(/[^"#]*)"', page.text)} & {
                "/",
                "/overview",
                "/mosaic",
                "/sort",
                "/users",
            }
            assert links <= open_to, (role, path)


# --- S8: passwords and second factors --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("kurz und ok", "too-short"),
        ("x" * 5 + " bananensplit am " + "y" * 120, "too-long"),
        ("Password12345", "too-common"),
        ("P4ssw0rt!!!2026", "too-common"),
        ("qwertzuiop123", "too-common"),
        ("123456789012", "too-common"),
        ("aaaaaaaaaaaaaa", "too-common"),
        ("Borussia Dortmund 09", "too-common"),
        ("Lovelace mag regen", "too-close"),
        ("das schöne Cafébuch", "too-close"),
        ("viel regen am kanal", ""),
        ("🌧🌧 am kanal 🌧🌧 spät", ""),
        ("nurkleineletterngenug", ""),
    ],
)
def test_passwords_are_judged_by_what_is_known_of_guessing(password, why):
    """S8: length, well-known words, own and project's names; no rules on kinds of characters."""
    assert objection(password, alone=True, words=["Ada Lovelace", "cafébuch"]) == why


def test_short_passwords_need_a_second_factor():
    """S8: eight characters are enough with one, twelve without."""
    assert objection("moin kai", alone=False, words=[]) == ""
    assert objection("moin kai", alone=True, words=[]) == "too-short"
    assert objection("moin ka", alone=False, words=[]) == "too-short"


def test_weak_passwords_are_refused_by_the_pages(station):
    """S8: at the invitation and at the change; pasting is not hindered."""
    _, token = station.accounts.invite(actor=station.ada, name="Lea Lind", email="", roles=[Role.REVIEWER])
    browser = station.browser()
    page = browser.get(f"/invite/{token}").text
    assert "onpaste" not in page
    assert 'autocomplete="new-password"' in page
    for wrong in ("kurz", "Passwort12345", "Lea Lind kommt", "house house house"):
        assert browser.post(f"/invite/{token}", password=wrong, again=wrong).status_code == 422
    assert browser.post(f"/invite/{token}", password=OTHER, again=PASSWORD).status_code == 422
    assert browser.post(f"/invite/{token}", password=OTHER, again=OTHER).headers["Location"].startswith("/?")
    assert browser.in_use()
    assert browser.post("/account/password", old=OTHER, password="kurz", again="kurz").status_code == 422
    assert browser.post("/account/password", old="x", password=PASSWORD, again=PASSWORD).status_code == 401
    assert station.browser().get(f"/invite/{token}").status_code == 404


def test_hashes_are_argon2_of_bounded_size(station):
    """S8: 64 MiB, three passes, four lanes (RFC 9106, second recommended option), whatever the library's defaults
    become.
    """
    browser = station.browser(station.ada)
    browser.post("/account/password", old=PASSWORD, password=OTHER, again=OTHER)
    assert station.accounts.account(station.ada.id).password.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_there_is_no_account_to_begin_with(project):
    """S8: the link that the program prints is good once, for the first admin, and until the program ends."""
    desk = AccountDesk(project)
    app = create_app(Desk(project), accounts=desk, language="en")
    old, token = desk.start_token(), desk.start_token()
    station = type("Bare", (), {"app": app, "accounts": desk})()
    browser, other = Browser(station), Browser(station)
    assert browser.log_in("admin", "admin").status_code == 401
    assert browser.get(f"/start/{old}").status_code == 404
    assert browser.get(f"/start/{token}").status_code == 200
    done = browser.post(f"/start/{token}", name="Ada", password=PASSWORD, again=PASSWORD)
    assert done.headers["Location"].startswith("/users")
    assert other.get(f"/start/{token}").status_code == 404
    assert other.post(f"/start/{token}", name="Eve", password=PASSWORD, again=PASSWORD).status_code == 404
    assert AccountDesk(project).may_start(token) is False
    assert [(found.name, found.roles) for found in desk.everybody()] == [("Ada", {Role.ADMIN})]


class Authenticator:
    """Shows codes. For it and for the program time stands still, so that a code does not run out on a busy machine;
    `later` moves on to the next code.
    """

    at = 0.0

    def later(self):
        self.at += 30
        return self.at


AUTHENTICATOR = Authenticator()


@pytest.fixture(autouse=True)
def authenticator(monkeypatch):
    AUTHENTICATOR.at = time.time()
    monkeypatch.setattr("review_ui.accounts.second_factor.time", lambda: AUTHENTICATOR.at)


def code_of(secret, at):
    return TOTP(secret).at(int(at))


def set_up(browser):
    """Set up a second factor as a person does; returns its secret and the recovery codes."""
    browser.post("/account/second-factor/start")
    page = browser.get("/account/second-factor").text
    secret = re.search(r'class="secret">([^<]+)<', page).group(1).replace("-", "")
    picture = browser.get("/account/second-factor.svg")
    assert picture.mimetype == "image/svg+xml"
    done = browser.post("/account/second-factor", code=code_of(secret, AUTHENTICATOR.at))
    assert done.status_code == 200
    return secret, re.findall(r"<code>([0-9a-f-]+)</code>", done.text)


def test_a_second_factor_is_asked_for_and_each_code_is_good_once(station, rita):
    """S8: without the code nothing is to be seen; codes and recovery codes work once."""
    secret, recovery = set_up(station.browser(rita))
    assert len(recovery) == 8
    assert secret not in str(tables(station.project))
    assert not any(code in str(tables(station.project)) for code in recovery)
    browser = station.browser()
    assert browser.log_in("Rita").headers["Location"].startswith("/login/code")
    assert not browser.in_use()
    assert browser.get("/account").status_code == 303
    half = browser.cookie
    assert browser.post("/login/code", code="000000").status_code == 401
    code = code_of(secret, AUTHENTICATOR.later())
    assert browser.post("/login/code", code=code).status_code == 303
    assert browser.in_use()
    assert browser.cookie != half
    again = station.browser()
    again.log_in("Rita")
    assert again.post("/login/code", code=code).status_code == 401
    assert again.post("/login/code", code=recovery[0].upper()).status_code == 303
    third = station.browser()
    third.log_in("Rita")
    assert third.post("/login/code", code=recovery[0]).status_code == 401


def test_the_time_for_the_code_is_short(station, rita):
    """Whoever has given the password only does not keep the door ajar."""
    set_up(station.browser(rita))
    browser = station.browser()
    browser.log_in("Rita")
    station.clock.pass_by(minutes=6)
    assert browser.get("/login/code").headers["Location"].startswith("/login?")


def test_roles_that_must_have_a_second_factor_can_do_nothing_before(folder):
    """S8: with the setting, supervisors set it up at their first login; reviewers need not."""
    settings = folder / "survey.toml"
    settings.write_text(
        settings.read_text("utf-8").replace('second_factor = ""', 'second_factor = "supervisor admin"'),
        encoding="utf-8",
    )
    with open_project(folder) as project:
        station = Station(project)
        browser = station.browser(station.person("Sue", Role.SUPERVISOR))
        assert browser.get("/overview").headers["Location"].startswith("/account/second-factor")
        assert browser.api("/api/mosaic").status_code == 403
        set_up(browser)
        assert browser.get("/overview").status_code == 200
        assert browser.post("/account/second-factor/off", old=PASSWORD).status_code == 403
        assert station.browser(station.person("Rita", Role.REVIEWER)).get("/").status_code == 200


def test_guessing_is_slow_and_locks_nobody_else_out(station, rita):
    """S8: after ten failures a stranger waits; the person goes on in a browser known to be hers, others from the
    same address as well.
    """
    hers, stranger = station.browser(), station.browser()
    hers.log_in("Rita")
    hers.post("/logout")
    lou = station.person("Lou", Role.REVIEWER)
    assert [stranger.log_in("Rita", "x").status_code for _ in range(12)] == [401] * 10 + [429] * 2
    assert stranger.log_in("Rita").status_code == 429
    assert hers.log_in("Rita").status_code == 303
    assert station.browser().log_in(lou.name).status_code == 303


def test_guessing_codes_is_slow(station, rita):
    """S8: the second factor is not guessed through either, by way of both doors together."""
    set_up(station.browser(rita))
    browser = station.browser()
    browser.log_in("Rita")
    found = [browser.post("/login/code", code="123456").status_code for _ in range(11)]
    assert found == [401] * 10 + [429]
    assert browser.send("/api/login/code", {"code": "123456"}, **{"X-Person": str(rita.id)}).status_code in {401, 429}


@pytest.mark.slow
def test_failures_count_at_all_doors_together(station, rita):
    """S8: ten failures are ten, wherever they are made: name and password, the dialog in place, the code, and the
    old password of who is logged in.
    """
    set_up(station.browser(rita))
    guess = station.browser()
    found = [guess.log_in("Rita", "x").status_code for _ in range(3)]
    found += [
        guess.send("/api/login", {"name": "rita", "password": "x"}, **{"X-Person": str(rita.id)}).status_code
        for _ in range(3)
    ]
    guess.log_in("Rita")
    found += [guess.post("/login/code", code="123456").status_code for _ in range(2)]
    stolen = station.browser(rita)
    found += [stolen.post("/account/password", old="x", password=OTHER, again=OTHER).status_code for _ in range(2)]
    assert found == [401] * 10
    assert stolen.post("/account/password", old=PASSWORD, password=OTHER, again=OTHER).status_code == 429
    assert guess.post("/login/code", code="123456").status_code == 429
    assert guess.send("/api/login", {"name": "Rita", "password": PASSWORD}).status_code == 429
    assert station.browser().log_in("Rita").status_code == 429
    assert station.browser().log_in("Ada").status_code == 303


@pytest.mark.slow
def test_asking_for_the_password_once_more_counts_for_that_person_only(station, rita):
    """S8: whoever mistypes the old password keeps nobody else at the same address from changing theirs."""
    lou = station.person("Lou", Role.REVIEWER)
    hers, his = station.browser(rita), station.browser(lou)
    assert [hers.post("/account/password", old="x").status_code for _ in range(11)] == [401] * 10 + [429]
    assert his.post("/account/password", old="x").status_code == 401


def test_guessing_links_is_slow_and_uses_up_what_an_address_has(station, rita):
    """S8: links that are none count for the address, together with passwords; a known browser is not concerned."""
    hers = station.browser()
    hers.log_in("Rita")
    hers.post("/logout")
    stranger, link = station.browser(), station.accounts.reset_link(rita, actor=station.ada)
    paths = [f"/{kind}/{number}" for number in range(49) for kind in ("invite", "start")]
    assert {stranger.get(path).status_code for path in paths} == {404}
    assert [stranger.log_in(f"nobody {number}", "x").status_code for number in range(3)] == [401, 401, 429]
    assert [
        stranger.get("/invite/x").status_code,
        stranger.post("/invite/x").status_code,
        stranger.post("/start/x").status_code,
    ] == [429] * 3
    assert hers.log_in("Rita").status_code == 303
    assert stranger.get(f"/invite/{link}").status_code == 429


def test_nobody_learns_which_names_exist(station, rita, monkeypatch):
    """S8: unknown name, wrong password, disabled and invited accounts are told the same, after the same work: as
    many hashes of the same size.
    """
    station.accounts.set_active(station.person("Off", Role.STAFF), False, actor=station.ada)
    station.person("New", Role.STAFF, password=False)
    pages, computed = [], []
    hasher = password_hashes.HASHER
    monkeypatch.setattr(
        password_hashes,
        "HASHER",
        SimpleNamespace(verify=lambda kept, typed: computed.append(kept.split("$")[3]) or hasher.verify(kept, typed)),
    )
    work = set()
    for name in ("Rita", "Unknown", "Off", "New"):
        computed.clear()
        answer = station.browser().log_in(name, PASSWORD if name == "Off" else "wrong")
        work.add(tuple(computed))
        pages.append((answer.status_code, re.sub(r'value="[^"]{40,}"', "", answer.text.replace(name, "NAME"))))
    assert len(set(pages)) == 1
    assert work == {("m=65536,t=3,p=4", "m=19456,t=2,p=1")}


def test_hashing_leaves_threads_for_others(station, rita, monkeypatch):
    """S8: while passwords are being computed four logins wait and the rest is told to come back at once; other
    requests are answered.
    """
    monkeypatch.setattr(
        "review_ui.accounts.security.PATIENCE_S", 600.0
    )  # here they wait for the test, on a machine that may be busy
    guard = station.app.extensions["scanform-accounts"].guard
    for _ in range(2):
        guard._computing.acquire()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(station.browser().log_in("Rita").status_code)) for _ in range(7)
    ]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) == 3)
    assert station.browser(rita).in_use()
    for _ in range(2):
        guard._computing.release()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [303] * 4 + [503] * 3


# --- secrets that were kept before argon2-cffi and pyotp were used directly ------------------------------------------

BEFORE = json.loads((Path(__file__).parents[1] / "golden" / "secrets.before.json").read_text("utf-8"))


@pytest.fixture
def old(folder, monkeypatch):
    """A station over a project whose key, and Rita's password, second factor and recovery codes, are from before; a
    minute has passed since her last code.
    """
    (folder / "accounts.key").write_text(BEFORE["key"] + "\n", encoding="ascii")
    AUTHENTICATOR.at = (BEFORE["kept"]["totp_counter"] + 2) * 30.0
    with open_project(folder) as project:
        station = Station(project)
        rita = station.person("Rita", Role.REVIEWER, password=False)
        with project.store.writing() as tx:
            change_account(tx, rita.id, BEFORE["kept"])
        station.rita = station.accounts.account(rita.id)
        yield station


def test_a_password_from_before_is_good_and_hashed_anew_at_the_next_login(old):
    """A wrong password changes nothing; the right one gets in and is kept in the form of today, once; other logins
    go on.
    """
    open_before = old.browser(old.rita)
    browser = old.browser()
    assert browser.log_in("Rita", "früher Regen über Hafen").status_code == 401
    assert old.accounts.account(old.rita.id) == old.rita
    assert browser.log_in("Rita", BEFORE["password"]).headers["Location"].startswith("/login/code")
    renewed = old.accounts.account(old.rita.id).password
    assert renewed.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    again = old.browser()
    assert again.log_in("Rita", BEFORE["password"]).headers["Location"].startswith("/login/code")
    assert old.accounts.account(old.rita.id) == dataclasses.replace(old.rita, password=renewed)
    assert open_before.in_use()


def test_a_second_factor_from_before_is_good_and_encrypted_anew_at_its_next_use(old):
    """Its codes are those of the app that somebody has; one that was used before stays used; recovery codes stay as
    they are kept, and count once.
    """
    secret = BEFORE["secret"].replace("-", "")
    browser = old.browser(old.rita, Stage.CODE)
    used = code_of(secret, BEFORE["kept"]["totp_counter"] * 30)
    AUTHENTICATOR.at = (BEFORE["kept"]["totp_counter"] + 1) * 30.0
    assert browser.post("/login/code", code=used).status_code == 401
    assert old.accounts.account(old.rita.id).totp == old.rita.totp
    assert browser.post("/login/code", code=code_of(secret, AUTHENTICATOR.at)).status_code == 303
    assert browser.in_use()
    found = old.accounts.account(old.rita.id)
    assert found.totp.startswith("gcm.")
    assert secret not in str(tables(old.project))
    again = old.browser(old.rita, Stage.CODE)
    assert again.post("/login/code", code=code_of(secret, AUTHENTICATOR.at)).status_code == 401
    assert again.post("/login/code", code=code_of(secret, AUTHENTICATOR.later())).status_code == 303
    assert old.accounts.account(old.rita.id).totp == found.totp
    for code in BEFORE["recovery_codes"]:
        by_hand = old.browser(old.rita, Stage.CODE)
        assert by_hand.post("/login/code", code=code.upper()).status_code == 303
        assert old.browser(old.rita, Stage.CODE).post("/login/code", code=code).status_code == 401
    assert old.accounts.account(old.rita.id).recovery == ()


def test_a_secret_that_was_changed_meanwhile_is_not_renewed(old):
    """Two requests at a time: what an admin takes away, or the owner changes, between the check and the keeping does
    not come back.
    """
    old.accounts.remove_second_factor(old.rita, actor=old.ada)
    old.accounts.set_password(old.rita, old.hash)
    guard = old.app.extensions["scanform-accounts"].guard
    assert guard.code_fits(code_of(BEFORE["secret"].replace("-", ""), AUTHENTICATOR.at), old.rita.totp, old.rita)
    assert guard.fits(BEFORE["password"], old.rita)
    found = old.accounts.account(old.rita.id)
    assert (found.totp, found.password) == (None, old.hash)


def test_what_is_open_in_a_browser_outlasts_the_change(old, monkeypatch):
    """The signed cookie stays good, with the token for forms and a second factor that waits there for its first
    code; that one is kept in the form of today.
    """
    monkeypatch.setattr("itsdangerous.timed.TimestampSigner.get_timestamp", lambda _: int(BEFORE["made_at"]))
    browser = old.browser(old.ada)
    browser.http.set_cookie("scanform-review", BEFORE["cookies"]["session"], domain="127.0.0.1")
    assert BEFORE["cookies"]["waiting_secret"] in browser.get("/account/second-factor").text
    secret = BEFORE["cookies"]["waiting_secret"].replace("-", "")
    form = {"csrf_token": BEFORE["cookies"]["csrf_token"], "code": code_of(secret, AUTHENTICATOR.at)}
    assert (
        browser.http.post("/account/second-factor", base_url=BASE, data=form, headers=browser.headers).status_code
        == 200
    )
    assert old.accounts.account(old.ada.id).totp.startswith("gcm.")


def test_a_colon_in_the_name_of_the_survey_is_no_matter(folder):
    """It means something in the address that an app reads; the station starts, and the picture is drawn without it."""
    settings = folder / "survey.toml"
    settings.write_text(
        re.sub(r'(?m)^name = ".*"', 'name = "Haus: 2026"', settings.read_text("utf-8"), count=1), encoding="utf-8"
    )
    with open_project(folder) as project:
        station = Station(project)
        assert project.config.name == "Haus: 2026"
        set_up(station.browser(station.ada))


def test_one_admin_always_remains(station):
    """Nobody can lock everybody out, themselves included."""
    browser = station.browser(station.ada)
    assert browser.post(f"/users/{station.ada.id}/active", active="0").status_code == 422
    assert browser.post(f"/users/{station.ada.id}/roles", roles=["staff"]).status_code == 422
    assert browser.in_use()
    station.person("Second", Role.ADMIN)
    assert browser.post(f"/users/{station.ada.id}/active", active="0").status_code == 303
    assert not browser.in_use()


def test_names_are_never_given_twice(station, rita):
    """What is signed with a name means one person, also after it is disabled."""
    station.accounts.set_active(rita, False, actor=station.ada)
    browser = station.browser(station.ada)
    for name in ("Rita", "rita ", "ＲＩＴＡ"):
        assert browser.post("/users", name=name, roles=["staff"]).status_code == 422


@pytest.mark.slow
def test_after_login_people_stay_on_this_site(station):
    """Addresses elsewhere, or of screens that one may not open, lead to the own first screen."""
    for target in (
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/users",
        "/api/undo",
    ):
        name = f"P{abs(hash(target))}"
        station.person(name, Role.REVIEWER)
        assert station.browser().log_in(name, next=target).headers["Location"].startswith("/?lang")
    assert station.browser().log_in("Ada", next="/users/log?lang=de").headers["Location"] == "/users/log?lang=de"


# --- S10: the log ----------------------------------------------------------------------------------------------------


def test_the_log_tells_what_happened_and_no_contents(station, rita):
    """S10: logins, failures, denials and changes, kept in UTC; not what was typed, and nothing that forges a line."""
    browser = station.browser()
    browser.log_in("Rita", "secret typed")
    browser.log_in("my password in the wrong field\r\n2026 login Rita", "x")
    browser.log_in("Rita")
    browser.get("/users")
    browser.post("/logout")
    station.browser(station.ada).post(f"/users/{rita.id}/roles", roles=["staff"])
    events = station.accounts.events(50)
    kinds = [(event.kind, event.name, event.actor) for event in reversed(events)]
    assert kinds[-6:] == [
        ("login-failed", None, None),
        ("login", "Rita", "Rita"),
        ("denied", "Rita", "Rita"),
        ("logout", "Rita", "Rita"),
        ("login", "Ada", "Ada"),
        ("roles", "Rita", "Ada"),
    ]
    assert ("login-failed", "Rita", None) in kinds
    denied = next(event for event in events if event.kind == "denied")
    assert denied.detail == "GET people_page"
    assert all(event.at.endswith("+00:00") for event in events)
    dump = str(tables(station.project)["account_event"])
    assert "typed" not in dump
    assert "wrong field" not in dump
    station.accounts.log("denied", rita, "GET /x\r\n2026 login\x1b[0m Ada", actor=rita)
    assert not re.search(r"[\x00-\x1f]", station.accounts.events(1)[0].detail)
    page = station.browser(station.ada).get("/users/log").text
    assert "denied" in page


def test_errors_say_little(station, rita):
    """Neither traces nor names of programs, for people and for scripts."""
    browser = station.browser(rita)
    for answer in (
        browser.get("/users"),
        browser.get("/nothing"),
        browser.api("/api/nothing"),
        browser.get("/", Host="evil"),
    ):
        assert not re.search(r"Traceback|werkzeug|flask|sqlite|\.py", answer.text, re.IGNORECASE)
        assert "Server" not in answer.headers


# --- served ----------------------------------------------------------------------------------------------------------


def asked(port, path, **headers):
    """A plain request over the network."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()


@pytest.fixture
def proxied(project, servers):
    desk = Desk(project)
    found = bind(desk, accounts=AccountDesk(project), proxy="https://umfrage.example", port=0, language="en")
    thread = found.start()
    servers.callback(lambda: (found.close(), thread.join(), desk.close()))
    assert found.url == "https://umfrage.example/"
    return found._server.effective_port


def test_behind_a_proxy_only_the_public_name_over_tls_is_answered(proxied):
    """Through the real server: the proxy's headers count; other names, and requests past the proxy, get nothing but
    headers.
    """
    good, _ = asked(
        proxied, "/login", Host="umfrage.example", **{"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    )
    assert good.status == 200
    for headers in (
        {"Host": "umfrage.example"},
        {"Host": "127.0.0.1", "X-Forwarded-Proto": "https"},
        {"Host": "evil.example", "X-Forwarded-Proto": "https"},
    ):
        answer, _ = asked(proxied, "/login", **headers)
        assert answer.status == 400
        assert answer.headers["Strict-Transport-Security"] == HSTS
    answer, _ = asked(
        proxied, "/", Host="umfrage.example", **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
    )
    assert "evil" not in str(answer.headers)


def test_without_a_proxy_its_headers_mean_nothing(project, servers):
    """Nobody can pretend to be somewhere else by sending them."""
    desk, accounts = Desk(project), AccountDesk(project)
    found = bind(desk, accounts=accounts, port=0, language="en")
    thread = found.start()
    servers.callback(lambda: (found.close(), thread.join(), desk.close()))
    pretended = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Host": "evil.example"}
    answer, _ = asked(found._server.effective_port, "/login", **pretended)
    assert answer.status == 200
    assert "Strict-Transport-Security" not in answer.headers
    assert found._server.effective_host == "127.0.0.1"


# --- in the browser --------------------------------------------------------------------------------------------------


class Served:
    """The station with accounts on a real port."""

    def __init__(self, project, servers, *, clock=None, **limits):
        self.project, self.desk = project, Desk(project)
        self.accounts = AccountDesk(
            project, limits=Limits(**limits) if limits else None, **({"clock": clock} if clock else {})
        )
        self.station = bind(self.desk, accounts=self.accounts, sorter=SortDesk(project), port=0, language="en")
        self.url = self.station.url
        thread = self.station.start()
        servers.callback(lambda: (self.station.close(), thread.join(), self.desk.close()))

    def people(self, **roles):
        """Ada the admin and others, who all have the same password."""
        ada = self.accounts.start(self.accounts.start_token(), "Ada", _known_hash(PASSWORD))
        made = {}
        for name, role in roles.items():
            _, token = self.accounts.invite(actor=ada, name=name, email="", roles=[role])
            made[name] = self.accounts.accept(token, _known_hash(PASSWORD))
        return ada, made


def fill_in(page, **fields):
    for name, value in fields.items():
        page.fill(f"#{name}", value)


def log_in(page, name, password=PASSWORD):
    fill_in(page, name=name, password=password)
    page.keyboard.press("Enter")
    page.wait_for_selector("#logout")


@pytest.mark.browser
def test_from_the_first_link_to_a_decision_under_the_right_name(project, watched, servers):
    """First link, admin, invitation, reviewer, decision, login ended by the admin, login in place: saved once, under
    the right name.
    """
    fill(project, 4, OFTEN)
    served = Served(project, servers)
    quiet = " 401 "
    admin = watched(f"{served.url}start/{served.accounts.start_token()}", served.url, expected=quiet)
    fill_in(admin, name="Ada", password=PASSWORD, again=PASSWORD)
    admin.keyboard.press("Enter")
    admin.wait_for_selector("#logout")
    assert admin.url.startswith(f"{served.url}users")
    fill_in(admin, name="Rita Reich")
    admin.check("input[value=reviewer]")
    admin.click("form.card button.primary")
    link = admin.input_value("#link")

    page = watched(link, served.url, expected=quiet)
    fill_in(page, password=OTHER, again=OTHER)
    page.keyboard.press("Enter")
    page.wait_for_selector("#item:not([hidden])")
    assert "Rita Reich" in page.inner_text(".who")
    assert page.locator("a[href^='/overview']").count() == 0
    decide(page)
    page.wait_for_selector("#saved[data-pending='0']")
    until(lambda: len(project.store.decisions()) == 1)

    admin.goto(f"{served.url}users")
    admin.click("text=Rita Reich")
    admin.click("#end-sessions")
    admin.wait_for_selector("text=Not logged in anywhere.")
    decide(page)
    page.wait_for_selector("#again[open]")
    assert page.evaluate("document.activeElement.id") == "again-password"
    assert page.input_value("#again-name") == "Rita Reich"
    assert page.evaluate("document.querySelector('#again-name').readOnly")
    page.keyboard.type("wrong 1")  # keys of the page rest while the dialog is open
    page.keyboard.press("Enter")
    page.wait_for_selector("#again-problem:not([hidden])")
    assert len(project.store.decisions()) == 1
    page.fill("#again-password", OTHER)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again", state="detached")
    page.wait_for_selector("#saved[data-pending='0']")
    until(lambda: len(project.store.decisions()) == 2)
    decide(page)
    until(lambda: len(project.store.decisions()) == 3)
    found = project.store.decisions()
    assert [decision.reviewer for decision in found] == ["Rita Reich"] * 3
    assert len({decision.item for decision in found}) == 3
    page.click("#logout")
    page.wait_for_selector("#name")


def decide(page):
    """Choose the first answer of the field that is on the screen."""
    shown = page.locator("#item[data-visible]")
    shown.wait_for()
    item = shown.get_attribute("data-visible")
    page.keyboard.press("1")
    page.locator(f"#item:not([data-visible='{item}']), #item[hidden]").first.wait_for(state="attached")


@pytest.mark.browser
@pytest.mark.slow
def test_forty_keys_are_forty_decisions_also_for_people_who_logged_in(project, watched, servers):
    """With 150 ms to the server and a key every 120 ms, each under the right name, once; the login ends in the
    middle, and nothing is lost by that.
    """
    fill(project, 48, OFTEN)
    served = Served(project, servers)
    _, made = served.people(Rita=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 40")
    slow = {"offline": False, "latency": 150, "downloadThroughput": -1, "uploadThroughput": -1}
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", slow)
    log_in(page, "Rita")
    page.wait_for_selector("#item[data-visible]")
    page.wait_for_timeout(3000)  # pictures come ahead
    for number in range(40):
        page.keyboard.press("2" if number % 2 else "Enter")
        page.wait_for_timeout(120)
        if number == 20:
            served.accounts.end_sessions(made["Rita"], actor=made["Rita"])
        if page.locator("#again[open]").count():
            page.fill("#again-password", PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_selector("#again", state="detached")
            page.wait_for_selector("#item[data-visible]")
            page.wait_for_timeout(400)
    page.wait_for_selector("#saved[data-pending='0']")
    found = project.store.decisions()
    assert (
        len({decision.item for decision in found}) == len(found) >= 39
    )  # one key may have fallen on the dialog for the password
    assert {decision.reviewer for decision in found} == {"Rita"}


@pytest.mark.slow
@pytest.mark.browser
def test_a_screen_of_many_waits_for_the_password_too(project, watched, servers):
    """The login has ended when a whole screen is confirmed: after the password everything on it is saved."""
    fill(project, 6, OFTEN)
    served = Served(project, servers)
    _, made = served.people(Rita=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 40")
    log_in(page, "Rita")
    page.goto(f"{served.url}mosaic?lang=en#house%3Aoften%3A%3Dm")
    page.wait_for_selector("#tiles[data-visible]")
    page.wait_for_timeout(600)
    served.accounts.end_sessions(made["Rita"], actor=made["Rita"])
    page.keyboard.press("Enter")
    page.wait_for_selector("#again[open]")
    assert project.store.decisions() == []
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again", state="detached")
    until(lambda: len(project.store.decisions()) == 6)
    assert {decision.reviewer for decision in project.store.decisions()} == {"Rita"}


@pytest.mark.slow
@pytest.mark.browser
def test_what_one_has_decided_is_never_saved_as_anothers(project, watched, servers):
    """Somebody else logs in in another tab of the same browser: the first page stops, keeps what is unsent, and
    saves it only when its own person is back.
    """
    fill(project, 70, OFTEN)  # a screen of the first person's, and some for the other
    served = Served(project, servers)
    served.people(Rita=Role.REVIEWER, Sam=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 40")
    log_in(page, "Rita")
    decide(page)
    until(lambda: len(project.store.decisions()) == 1)
    tab = page.context.new_page()
    tab.goto(f"{served.url}login")
    log_in(tab, "Sam")
    decide(page)
    page.wait_for_selector("#again[open]")
    assert page.input_value("#again-name") == "Rita"
    assert len(project.store.decisions()) == 1
    decide(tab)
    until(lambda: len(project.store.decisions()) == 2)
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again", state="detached")
    until(lambda: len(project.store.decisions()) == 3)
    assert [decision.reviewer for decision in project.store.decisions()] == ["Rita", "Sam", "Rita"]


@pytest.mark.browser
@pytest.mark.slow
def test_giving_up_what_is_unsent_is_asked_for(project, watched, servers):
    """Who wants to log in as somebody else on a page with unsent decisions is asked by the browser; then they are
    discarded, not sent.
    """
    fill(project, 70, OFTEN)  # a screen of the first person's, and some for the other
    served = Served(project, servers)
    _, people = served.people(Rita=Role.REVIEWER, Sam=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 401 ")
    log_in(page, "Rita")
    decide(page)
    until(lambda: len(project.store.decisions()) == 1)
    served.accounts.end_sessions(people["Rita"], actor=people["Rita"])
    decide(page)
    page.wait_for_selector("#again[open]")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    page.click("#again-other")
    page.wait_for_url("**/login?*")
    assert asked == ["beforeunload"]
    log_in(page, "Sam")
    page.wait_for_selector("#item[data-visible]")
    assert [decision.reviewer for decision in project.store.decisions()] == ["Rita"]


@pytest.mark.slow
@pytest.mark.browser
def test_a_second_factor_is_asked_for_in_place(project, watched, servers):
    """The dialog asks for the code when it is needed; a wrong one is said to be wrong."""
    fill(project, 4, OFTEN)
    served = Served(project, servers)
    _, people = served.people(Rita=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 401 ")
    log_in(page, "Rita")
    page.goto(f"{served.url}account/second-factor")
    page.click("form[action^='/account'] .primary")
    secret = page.inner_text(".secret").replace("-", "")
    assert page.locator(".qr").evaluate("picture => picture.decode().then(() => picture.naturalWidth)") > 0
    page.fill("#code", code_of(secret, AUTHENTICATOR.at))
    page.keyboard.press("Enter")
    page.wait_for_selector(".codes")
    page.click(".button.primary")
    page.wait_for_selector("#item[data-visible]")
    served.accounts.end_sessions(people["Rita"], actor=people["Rita"])
    decide(page)
    page.wait_for_selector("#again[open]")
    assert page.is_hidden("#again-code")
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again-code", state="visible")
    page.fill("#again-code", "000000")
    page.keyboard.press("Enter")
    page.wait_for_selector("#again-problem:not([hidden])")
    page.fill("#again-code", code_of(secret, AUTHENTICATOR.later()))
    page.keyboard.press("Enter")
    page.wait_for_selector("#again", state="detached")
    until(lambda: [decision.reviewer for decision in project.store.decisions()] == ["Rita"])


@pytest.mark.browser
@pytest.mark.slow
def test_the_end_of_a_login_is_announced_and_one_key_prolongs_it(project, watched, servers):
    """At least 20 s before; without the key the person logs in again on the page."""
    fill(project, 2, OFTEN)
    clock = Clock()
    served = Served(project, servers, clock=clock, idle_s=61.0, warn_s=60.0)
    assert Limits().warn_s >= 20
    _, made = served.people(Rita=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, expected=" 401 ")
    log_in(page, "Rita")

    def nears_its_end():
        """A request of the page that is still under way counts as an act, and the time begins anew."""
        if all(served.accounts.left_s(one) > 60 for one in served.accounts.sessions(made["Rita"])):
            clock.pass_by(seconds=20)
        return page.locator("#time[open]").count()

    def is_over():
        if served.accounts.sessions(made["Rita"]):
            clock.pass_by(seconds=61)
        return page.locator("#again[open]").count()

    until(nears_its_end)
    seconds = int(re.search(r"\d+", page.inner_text("#time-left")).group())
    assert 20 <= seconds <= 41
    assert page.evaluate("document.activeElement.id") == "stay"
    page.keyboard.press("Enter")
    page.wait_for_selector("#time", state="detached")
    until(nears_its_end)
    until(is_over)
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector("#again", state="detached")
    assert page.is_visible("#item")


@pytest.mark.slow
@pytest.mark.browser
def test_the_pages_work_without_scripts(project, watched, servers):
    """Plain forms: login, account, people, logout; nothing scrolls sideways at 320 px."""
    served = Served(project, servers)
    served.people(Rita=Role.REVIEWER)
    page = watched(f"{served.url}login", served.url, java_script_enabled=False, viewport={"width": 320, "height": 700})
    log_in(page, "Ada")
    for path in ("users", "users/2", "users/log", "account", "account/second-factor"):
        page.goto(served.url + path)
        assert page.locator("html").evaluate("found => found.scrollWidth") <= 320, path
    page.goto(f"{served.url}users/2")
    page.click("#active")
    page.wait_for_selector("h1")
    assert not served.accounts.named("Rita").active
    page.click("#logout")
    page.wait_for_selector("#password")


# --- the command -----------------------------------------------------------------------------------------------------


@contextmanager
def running(folder, *options):
    """`scanform review` as a program of its own, and what it prints when it is ready."""
    command = [
        sys.executable,
        "-m",
        "scanform.cli",
        "review",
        "--project",
        str(folder),
        "--port",
        "0",
        "--json",
        *options,
    ]
    with started(command) as program:
        yield answered(program)
        program.send_signal(signal.SIGINT)
        assert (program.communicate()[1], program.returncode) == ("", 0)


@pytest.mark.slow
def test_the_command_prints_a_link_for_the_first_account(folder):
    """Without accounts it prints one, with accounts none; what was a good link is void when the program has ended."""
    with running(folder) as said:
        port, path = re.fullmatch(r"http://127\.0\.0\.1:(\d+)(/start/[\w-]{43})", said["first"]).groups()
        assert asked(int(port), path)[0].status == 200
        assert asked(int(port), "/api/session")[0].status == 401
    with running(folder) as said:
        port = int(said["url"].split(":")[2].strip("/"))
        assert asked(port, path)[0].status == 404
    with open_project(folder) as project:
        desk = AccountDesk(project)
        desk.start(desk.start_token(), "Ada", _known_hash(PASSWORD))
    with running(folder) as said:
        assert set(said) == {"url"}


@pytest.mark.slow
def test_nobody_works_under_a_name_of_the_command_where_there_are_accounts(folder):
    """--reviewer is for projects without accounts, and never for the network; the refusal says what to do."""
    with running(folder, "--reviewer", "kim") as said:
        port = int(said["url"].split(":")[2].strip("/"))
        assert asked(port, "/api/session")[0].status == 200
    alone = ["review", "--project", str(folder), "--reviewer", "kim", "--language", "en"]
    refused = CliRunner().invoke(main, [*alone, "--behind-proxy", "https://umfrage.example"])
    assert refused.exit_code == 2
    assert "Behind a proxy" in refused.output
    with open_project(folder) as project:
        desk = AccountDesk(project)
        desk.start(desk.start_token(), "Ada", _known_hash(PASSWORD))
    refused = CliRunner().invoke(main, alone)
    assert refused.exit_code == 2
    assert "This project has accounts" in refused.output
    assert "without --reviewer" in refused.output


def test_a_station_without_accounts_ends_when_there_are_some(project):
    """Accounts made by another program: whoever worked under a name of the command can do nothing more there."""
    http = create_app(Desk(project), reviewer="kim", language="en").test_client()
    assert http.get("/api/session", base_url=BASE).status_code == 200
    with open_project(project.folder) as elsewhere:
        desk = AccountDesk(elsewhere)
        desk.start(desk.start_token(), "Ada", _known_hash(PASSWORD))
    assert http.get("/api/session", base_url=BASE).status_code == 401
    assert http.get("/", base_url=BASE).status_code == 401


@pytest.mark.parametrize(
    "address",
    [
        "http://umfrage.example",
        "umfrage.example",
        "https://umfrage.example/path",
        "https://a:b@umfrage.example",
        "https://",
    ],
)
def test_the_address_of_a_proxy_must_be_one(folder, address):
    """Only https and a name."""
    refused = CliRunner().invoke(main, ["review", "--project", str(folder), "--behind-proxy", address])
    assert refused.exit_code == 2
    assert "Traceback" not in refused.output


def test_json_is_what_it_says(station, rita):
    """The answers for scripts are JSON also when something is wrong."""
    browser = station.browser()
    for answer in (browser.api("/api/session"), browser.send("/api/login", {}), browser.api("/api/nothing")):
        assert "error" in json.loads(answer.text)


def test_the_overview_says_nothing_new_in_a_word_also_to_people(station):
    """The token for forms, which changes with every page, does not make a page new."""
    browser = station.browser(station.person("Sue", Role.SUPERVISOR))
    etag = browser.get("/overview").headers["ETag"]
    time.sleep(1.1)
    assert browser.get("/overview", **{"If-None-Match": etag}).status_code == 304


def test_the_same_refusal_is_on_record_once(station, rita):
    """Nobody fills the log by asking again and again."""
    browser = station.browser(rita)
    for _ in range(5):
        browser.get("/users")
    browser.get("/overview")
    assert [event.detail for event in station.accounts.events(9) if event.kind == "denied"] == [
        "GET overview_page",
        "GET people_page",
    ]


def test_the_page_of_a_person_shows_the_present_roles(station):
    """So that saving without a change changes nothing."""
    both = station.person("Sue", Role.SUPERVISOR, Role.STAFF)
    page = station.browser(station.ada).get(f"/users/{both.id}").text
    assert set(re.findall(r'value="(\w+)" checked', page)) == {"supervisor", "staff"}
