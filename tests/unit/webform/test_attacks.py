"""What strangers try with a form that is open to the world."""

import re
import socket
from contextlib import ExitStack, closing
from threading import Barrier, Thread
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from bench.web_form_material import ANSWERS, TOKENS, Respondent, hidden, page_form
from scanform.web.proxy import HSTS
from scanform.webform import throttle
from scanform.webform.app import LARGEST_REQUEST, create_app
from scanform.webform.server import THREADS, bind
from scanform.workflow.answering.desk import AnsweringDesk

PUBLIC = "https://umfrage.example.de"


def shape(answer):
    """All of an answer that could tell something, without the session's own random content."""
    headers = [(name, value) for name, value in answer.headers.items() if name != "Set-Cookie"]
    return answer.status_code, headers, answer.data, len(answer.headers.get("Set-Cookie", ""))


def test_known_and_unknown_codes_get_the_same_answer(app, desk, monkeypatch):
    """The address of a code answers without asking the store: known and unknown ones are alike in content, length and
    work.
    """
    asked = []
    monkeypatch.setattr(desk, "access", asked.append)
    known, unknown = (shape(Respondent(app).get(f"/t/{code}")) for code in (TOKENS[0], "K7QM-3XPB"))
    assert known == unknown
    assert asked == []


def test_used_and_unknown_codes_cost_the_same_questions(desk):
    """Looking up a code asks the store the same, whether there is one or not."""
    import sqlalchemy

    counts = []
    for code in (TOKENS[0], "K7QM-3XPB", "", "%"):
        statements = []

        def told(_c, _cursor, statement, *_more, kept=statements):
            kept.append(re.sub(r"IN \([?, ]+\)", "IN", statement))

        engine = desk.project.store._engine
        sqlalchemy.event.listen(engine, "before_cursor_execute", told)
        desk.access(code)
        sqlalchemy.event.remove(engine, "before_cursor_execute", told)
        counts.append([statement.split("WHERE")[0] for statement in statements])
    assert counts[0]
    assert all(count == counts[0] for count in counts)


def test_guessing_codes_is_slow(app):
    """After 30 unknown codes an address waits, a known code included; another address does not."""
    person = Respondent(app)
    answers = []
    for number in range(throttle.UNKNOWN_PER_ADDRESS.amount + 1):
        person.get(f"/t/guess-{number}")
        answers.append(person.get("/begin").status_code)
    assert answers[0] == 422
    assert answers[-1] == 429
    person.get(f"/t/{TOKENS[0]}")
    assert person.get("/begin").status_code == 429
    person.get(f"/t/{TOKENS[0]}")
    elsewhere = person.get("/begin", environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert elsewhere.status_code == 200


@pytest.mark.slow
def test_one_code_cannot_be_opened_without_end(app):
    """A known code is opened so often an hour, wherever from."""
    person = Respondent(app)
    person.get(f"/t/{TOKENS[0]}")
    found = [
        person.get("/begin", environ_overrides={"REMOTE_ADDR": f"192.0.2.{number}"}).status_code
        for number in range(throttle.OPENED_PER_CODE.amount + 1)
    ]
    assert (found[0], found[-1]) == (200, 429)


@pytest.mark.slow
def test_savings_are_limited(person):
    """One draft is saved so often a minute; then it is told to wait, and what was saved is kept."""
    person.begins(TOKENS[0])
    body = page_form(person.get("/page/1").text, {"place": "A"})
    found = [person.post("/save/1", body).status_code for _ in range(throttle.SAVED_PER_DRAFT.amount + 1)]
    assert (found[0], found[-1]) == (200, 429)
    assert 'value="A"' in person.get("/page/1").text


def test_a_used_code_shows_nothing_of_the_answers(person, app):
    """After sending, the code tells that it was used and when; pages, summary and receipt belong to who sent."""
    person.begins(TOKENS[0])
    person.answers(ANSWERS)
    person.send()
    other = Respondent(app)
    other.get(f"/t/{TOKENS[0]}")
    shown = other.get("/begin")
    assert "Dieser Code ist schon benutzt" in shown.text
    seen = [shown, *(other.get(path) for path in ("/page/1", "/check", "/sent", "/receipt.txt", "/later"))]
    for answer in seen:
        assert not any(value in answer.text for value in ("Übergang", "Töpfern", "web-1", "Werkstatt"))
    assert [answer.status_code for answer in seen] == [200, 302 + 1, 303, 303, 404, 303]


def test_a_session_is_not_made_up(app, desk):
    """Cookies that this program has not signed open nothing."""
    from flask import Flask
    from flask.sessions import SecureCookieSessionInterface

    begun = desk.begin(desk.access(TOKENS[0]), "de").draft
    forger = Flask("forger")
    forger.secret_key = b"guessed"
    forged = SecureCookieSessionInterface().get_signing_serializer(forger).dumps({"draft": begun.id})
    person = Respondent(app)
    person.client.set_cookie(app.config["SESSION_COOKIE_NAME"], forged, domain="localhost")
    assert person.get("/page/1").location == "/"


@pytest.mark.slow
def test_a_session_lasts_over_a_restart(app, desk, person):
    """The key of sessions is the project's: people go on when the program was started anew."""
    person.begins(TOKENS[0])
    again = Respondent(create_app(desk))
    cookie = person.client.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="localhost")
    again.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie.value, domain="localhost")
    assert again.get("/page/1").status_code == 200


@pytest.mark.fast_cases(2)
@pytest.mark.parametrize("path", ["/page/1", "/check", "/", "/begin", "/save/1", "/again/1", "/leave", "/language"])
def test_nothing_is_sent_from_elsewhere(person, desk, path):
    """Every POST without a token, with a wrong one, or from another site changes nothing."""
    person.begins(TOKENS[0])
    page = person.get("/page/1").text
    body = page_form(page, {"place": "Untergeschoben"}) | {"code": TOKENS[0], "version": "0"}
    before = desk.standing(desk.access(TOKENS[0])).draft
    without = {name: value for name, value in body.items() if name != "csrf_token"}
    assert person.post(path, without).status_code in {401, 403}
    assert person.post(path, without | {"csrf_token": "x"}).status_code in {401, 403}
    for headers in (
        {"Origin": "https://boese.example"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    ):
        assert person.post(path, body, headers=headers).status_code == 403
    assert desk.draft(before.id) == before


@pytest.mark.slow
def test_get_changes_nothing(person, desk):
    """No address that is only looked at changes anything kept."""
    person.begins(TOKENS[0])
    person.turns(1, ANSWERS)
    before = desk.standing(desk.access(TOKENS[0])).draft
    for rule in person.client.application.url_map.iter_rules():
        if "GET" in rule.methods and rule.endpoint not in {"static", "arrive", "arrive_open", "later"}:
            person.get(rule.rule.replace("<int:number>", "1"))
    assert desk.draft(before.id) == before


@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("host", ["boese.example", "127.0.0.1.boese.example", ""])
def test_foreign_host_names_are_refused(app, host):
    """A page that points its own name here is refused."""
    assert app.test_client().get("/", headers={"Host": host}).status_code == 400


def test_every_answer_carries_the_headers(person):
    """Pages, errors and files: no inline script or style, no frame, no referrer, no cache, no index."""
    person.begins(TOKENS[0])
    for path in ("/", "/page/1", "/check", "/nowhere", "/static/form.css", "/save/1"):
        with closing(person.get(path)) as answer:
            headers = answer.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        named = [
            headers[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control", "X-Robots-Tag")
        ]
        assert named == ["nosniff", "no-referrer", "no-store", "noindex"]
    page = person.get("/page/1").text
    assert not re.search(r"\son\w+=|style=|<style|<script>|https?://", page)


def test_there_is_one_cookie(person, app):
    """One cookie, until the browser closes, for no other site and no script."""
    answer = person.begins(TOKENS[0])
    cookies = answer.headers.getlist("Set-Cookie")
    assert len(cookies) == 1
    assert cookies[0].startswith(app.config["SESSION_COOKIE_NAME"])
    assert "HttpOnly" in cookies[0]
    assert "SameSite=Lax" in cookies[0]
    assert "Expires" not in cookies[0]
    assert "Max-Age" not in cookies[0]


def test_behind_a_proxy_it_is_tls_only(desk):
    """The public name only, TLS only, HSTS, and a cookie that no other host can set."""
    person = Respondent(create_app(desk, proxy=PUBLIC), PUBLIC)
    ours = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.1"}
    answer = person.get("/", headers=ours)
    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == HSTS
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    assert person.client.get("/", base_url="http://umfrage.example.de").status_code == 400
    assert person.client.get("/", base_url="https://127.0.0.1", headers=ours).status_code == 400


def test_too_much_is_refused_and_nothing_is_lost(person, desk):
    """A body beyond the limit is refused; an entry beyond its limit is kept, and named when the page is continued."""
    person.begins(TOKENS[0])
    page = person.get("/page/3").text
    assert person.post("/page/3", page_form(page, {"remarks": "x" * LARGEST_REQUEST})).status_code == 413
    long = person.turns(3, {"remarks": "y" * 10_001})
    assert long.status_code == 422
    assert "höchstens 10000 Zeichen" in long.text
    assert len(desk.standing(desk.access(TOKENS[0])).draft.typed["remarks"]) == 10_001


def test_entries_that_no_form_sends_change_nothing_else(person, desk):
    """Unknown fields, questions of other pages, options that do not exist, characters that no text has."""
    person.begins(TOKENS[0])
    body = page_form(person.get("/page/1").text, {"place": "A\x00B\u202eC", "kind": "club"})
    body |= {"on": [*body["on"], "people", "nothing"], "a.people": ["5"], "a.kind": ["hacked"], "a.nothing": ["1"]}
    person.post("/page/1", body)
    typed = desk.standing(desk.access(TOKENS[0])).draft.typed
    assert {column: entry for column, entry in typed.items() if entry} == {"place": "ABC"}


@pytest.mark.slow
def test_what_is_typed_is_never_markup(person):
    """Entries with markup stand as text on every page and in the receipt."""
    evil = '"><script>alert(1)</script>'
    person.begins(TOKENS[0])
    person.answers(ANSWERS | {"place": evil, "remarks": evil, "kind__other_text": evil})
    pages = [person.get(path).text for path in ("/page/1", "/page/3", "/check")]
    assert all("&lt;script&gt;" in page and "<script>alert" not in page for page in pages)
    person.send()
    assert evil in person.get("/receipt.txt").text
    assert person.get("/receipt.txt").mimetype == "text/plain"


def test_the_way_back_is_one_of_our_own(person):
    """Choosing a language leads to no foreign address."""
    fields = dict(hidden(person.get("/").text)) | {"lang": "en"}
    for back in ("https://boese.example", "//boese.example", "/\\boese.example", "/page/1"):
        assert person.post("/language", fields | {"back": back}).location == "/"


def test_drafts_of_others_cannot_be_named(person, app, desk):
    """The draft is the session's: no field, query or address names another one."""
    other = desk.begin(desk.access(TOKENS[1]), "de").draft
    person.begins(TOKENS[0])
    body = page_form(person.get("/page/1").text, {"place": "Meins"}) | {"draft": other.id, "token": TOKENS[1]}
    person.post(f"/page/1?draft={other.id}", body)
    assert desk.draft(other.id).typed == {}


def test_logs_hold_no_answers_and_no_codes(person, caplog):
    """What the program logs while somebody answers contains neither."""
    with caplog.at_level("DEBUG"):
        person.begins(TOKENS[0])
        person.answers(ANSWERS)
        person.send()
    assert not any(word in caplog.text for word in (TOKENS[0], "Übergang", "Töpfern"))


def test_a_failing_database_puts_no_answers_into_the_log(person, desk, caplog):
    """An error of the database is logged without what it was to store."""
    person.begins(TOKENS[0])
    page = person.get("/page/1").text
    with desk.project.store.writing() as tx:
        tx.exec_driver_sql("CREATE TRIGGER full BEFORE UPDATE ON web_draft BEGIN SELECT RAISE(ABORT, 'full'); END")
    failed = person.post("/page/1", page_form(page, ANSWERS))
    assert failed.status_code == 500
    assert "full" in caplog.text
    assert not any(word in failed.text + caplog.text for word in (TOKENS[0], "Übergang", "Töpfern", "Werkstatt"))


def test_an_ipv6_network_is_one_address(app):
    """Guesses from anywhere in a network of 64 bits count together, and addresses of IPv4 as such in either form."""
    person = Respondent(app)
    answers = []
    for number in range(throttle.UNKNOWN_PER_ADDRESS.amount + 1):
        person.get(f"/t/guess-{number}")
        from_there = {"REMOTE_ADDR": f"2001:db8:0:7:{number:x}::{number:x}"}
        answers.append(person.get("/begin", environ_overrides=from_there).status_code)
    assert (answers[0], answers[-1]) == (422, 429)
    person.get(f"/t/{TOKENS[0]}")
    assert person.get("/begin", environ_overrides={"REMOTE_ADDR": "2001:db8:0:8::1"}).status_code == 200
    assert throttle.network_of("::ffff:192.0.2.7") == throttle.network_of("192.0.2.7") == "192.0.2.7"
    assert throttle.network_of("192.0.2.8") != throttle.network_of("192.0.2.7")
    assert throttle.network_of("fe80::1%eth0") == throttle.network_of("fe80::2")
    assert throttle.network_of("") == ""


@pytest.mark.parametrize(
    "way", ["clear:a\r\nSet-Cookie: x=1", "clear://evil.example", "lang:..//evil.example", "back:\r\n"]
)
def test_no_field_writes_a_header_or_leads_elsewhere(person, way):
    """What stands in a redirect comes from this program, whatever a button is made to say."""
    person.begins(TOKENS[0])
    page = person.get("/page/1").text
    answer = person.post("/page/1", page_form(page, {"place": "x"}, go=way, then="check\r\nX: y"))
    assert answer.headers.getlist("X") == []
    assert not any("x=1" in one for one in answer.headers.getlist("Set-Cookie"))
    assert answer.location is None or answer.location.startswith(("/page/1", "/page/2", "/check"))


def test_two_sendings_at_once_are_one_response(opened):
    """Two windows of one person send in the same moment, a further access the same: one response, told to both."""
    desk = AnsweringDesk(opened())
    app = create_app(desk)
    person = Respondent(app)
    person.begins(TOKENS[0])
    first = person.get("/page/1").text
    person.answers(ANSWERS)
    check = person.get("/check").text
    cookie = person.client.get_cookie(app.config["SESSION_COOKIE_NAME"], domain="localhost").value
    start, found = Barrier(4), []

    def sends():
        window = Respondent(app)
        window.client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie, domain="localhost")
        start.wait()
        found.append(window.sends(check, "/check"))

    windows = [Thread(target=sends) for _ in range(4)]
    for window in windows:
        window.start()
    for window in windows:
        window.join()
    assert {(one.status_code, one.location) for one in found} == {(303, "/sent")}
    assert [response.id for response in desk.project.store.responses()] == ["web-1"]
    before = desk.project.store.responses()
    late = person.post("/page/1", page_form(first, {"place": "Anderswo"}))  # a window that knows nothing of it
    assert (late.status_code, desk.project.store.responses()) == (403, before)


def test_slow_senders_keep_nobody_waiting(opened):
    """More people than there are threads send a page of which nothing more comes: others are answered."""
    server = bind(AnsweringDesk(opened()), port=0)
    thread = server.start()
    try:
        port = urlsplit(server.url).port
        head = f"POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 900000\r\n\r\ncode="
        with ExitStack() as slow:
            for _ in range(THREADS * 3):
                one = slow.enter_context(socket.create_connection(("127.0.0.1", port)))
                one.sendall(head.encode())
            with urlopen(server.url) as answer:
                assert answer.status == 200
    finally:
        server.close()
        thread.join()


@pytest.mark.slow
def test_open_questionnaires_are_limited_by_address(opened):
    """The open link begins so many questionnaires an hour from one address."""
    person = Respondent(create_app(AnsweringDesk(opened(open_link="on"))))
    found = []
    for _ in range(throttle.BEGUN_PER_ADDRESS.amount + 1):
        person.get("/o?anew=1")
        found.append(person.sends(person.get("/begin").text, "/begin").status_code)
    assert (found[0], found[-1]) == (303, 429)
