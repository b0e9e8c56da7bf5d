"""Logging in with an organisation's login service: a real one, small, on this computer, with signed tokens; real
Chromium.
"""

import base64
import hashlib
import json
import secrets
import shutil
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from bench.review_material import OFTEN, fill
from review_ui.accounts.oidc import SECRET_VARIABLE
from review_ui.app import create_app
from review_ui.server import bind
from scanform.errors import UsageError
from scanform.model.person import Role
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk

SECRET = "what only the two know"


class Service(ThreadingHTTPServer):
    """A login service with one client; `claims` say who is logged in there, `spoil` may change a token before it is
    signed.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.key = RSAKey.generate_key(2048, parameters={"kid": "1", "use": "sig", "alg": "RS256"}, auto_kid=False)
        self.signing_key = self.key
        self.address = f"http://localhost:{self.server_port}"
        self.claims = {"sub": "17", "email": "lea@stadt.example", "email_verified": True}
        self.codes = {}
        self.spoil = lambda claims: claims


class Handler(BaseHTTPRequestHandler):
    server: Service

    def log_message(self, *_):
        pass

    def do_GET(self):
        path, query = (
            urlsplit(self.path).path,
            {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()},
        )
        own = self.server.address
        if path == "/.well-known/openid-configuration":
            ends = {
                "authorization_endpoint": f"{own}/authorize",
                "token_endpoint": f"{own}/token",
                "jwks_uri": f"{own}/keys",
            }
            return self.answer({"issuer": own, "id_token_signing_alg_values_supported": ["RS256"], **ends})
        if path == "/keys":
            return self.answer({"keys": [self.server.key.as_dict(private=False)]})
        assert path == "/authorize"
        assert (query["response_type"], query["client_id"], query["code_challenge_method"]) == (
            "code",
            "scanform",
            "S256",
        )
        code = secrets.token_urlsafe()
        self.server.codes[code] = query
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}")
        self.end_headers()
        return None

    def do_POST(self):
        form = {
            name: values[0]
            for name, values in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        asked = self.server.codes.pop(form["code"])
        expected = "Basic " + base64.b64encode(f"scanform:{SECRET.replace(' ', '+')}".encode()).decode()
        plain = "Basic " + base64.b64encode(f"scanform:{SECRET}".encode()).decode()
        assert self.headers["Authorization"] in {expected, plain}
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        )
        assert challenge == asked["code_challenge"]
        now = int(time.time())
        claims = {
            "iss": self.server.address,
            "aud": "scanform",
            "iat": now,
            "exp": now + 60,
            "nonce": asked["nonce"],
            **self.server.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "1"}, self.server.spoil(claims), self.server.signing_key)
        self.answer({"access_token": "x", "token_type": "Bearer", "id_token": token})

    def answer(self, content):
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def service():
    found = Service()
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()


@pytest.fixture
def project(printed_house, tmp_path, service):
    folder = shutil.copytree(printed_house, tmp_path / "project")
    (folder / "oidc.secret").write_text(SECRET + "\n", encoding="utf-8")
    settings = folder / "survey.toml"
    known = {"issuer": service.address, "client_id": "scanform", "secret_file": "oidc.secret"}
    lines = [
        f'{name} = "{known[name]}"' if (name := line.split(" =")[0]) in known else line
        for line in settings.read_text("utf-8").splitlines()
    ]
    settings.write_text("\n".join(lines), encoding="utf-8")
    with open_project(folder) as opened:
        yield opened


@pytest.fixture
def served(project, servers):
    fill(project, 2, OFTEN)
    desk, accounts = Desk(project), AccountDesk(project)
    ada = accounts.start(accounts.start_token(), "Ada", "not a hash that is used")
    accounts.invite(actor=ada, name="Lea", email="lea@stadt.example", roles=[Role.REVIEWER])
    station = bind(desk, accounts=accounts, port=0, language="en")
    thread = station.start()
    servers.callback(lambda: (station.close(), thread.join(), desk.close()))
    return station.url, accounts


@pytest.mark.slow
@pytest.mark.browser
def test_somebody_whom_the_admin_has_created_gets_in(served, service, watched):
    """There and back across sites with cookies that are SameSite=Strict; the decision is signed with the name here."""
    url, accounts = served
    page = watched(f"{url}login", "http://")
    page.click("text=login service")
    page.wait_for_selector("#item[data-visible]")
    assert "Lea" in page.inner_text(".who")
    lea = accounts.named("Lea")
    assert lea.subject == f"{service.address}|17"
    service.claims = {"sub": "17", "email": "renamed@stadt.example"}
    page.click("#logout")
    page.click("text=login service")
    page.wait_for_selector("#item[data-visible]")
    assert [found.agent != "" for found in accounts.sessions(lea)] == [True]


STRANGERS = {
    "unknown": {"sub": "18", "email": "eve@stadt.example", "email_verified": True},
    "address not verified": {"sub": "18", "email": "lea@stadt.example", "email_verified": False},
    "address only claimed": {"sub": "18", "email": "lea@stadt.example"},
}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_gets_in(served, service, watched, who):
    """Being known to the service is not enough, nor is an address that it has not verified."""
    url, accounts = served
    service.claims = STRANGERS[who]
    page = watched(f"{url}login", "http://", expected=" 401 ")
    page.click("text=login service")
    page.wait_for_selector(".error")
    assert page.locator(".who").count() == 0
    assert len(accounts.everybody()) == 2
    assert accounts.events(1)[0].kind == "login-failed"


SPOILT = {
    "another key": {},
    "another client": {"aud": "other"},
    "another service": {"iss": "http://evil.example"},
    "too old": {"exp": 1},
    "another browser's": {"nonce": "x"},
}


@pytest.mark.fast_cases(1)
@pytest.mark.browser
@pytest.mark.parametrize("how", SPOILT)
def test_tokens_that_are_not_for_us_are_refused(served, service, watched, how):
    """Signature, audience, issuer, time and nonce are all checked."""
    url, _ = served
    service.spoil = lambda claims: {**claims, **SPOILT[how]}
    if how == "another key":
        service.signing_key = RSAKey.generate_key(2048, parameters={"kid": "1"}, auto_kid=False)
    page = watched(f"{url}login", "http://", expected=" 401 ")
    page.click("text=login service")
    page.wait_for_selector(".error")
    assert page.locator(".who").count() == 0


def test_an_answer_that_was_not_asked_for_is_refused(project, service):
    """A link with a code of somebody else's logs nobody in: the state is not this browser's."""
    accounts = AccountDesk(project)
    http = create_app(Desk(project), accounts=accounts, language="en").test_client()
    answer = http.get("/login/oidc/back?code=x&state=y", base_url="http://127.0.0.1:8765")
    assert answer.status_code == 401
    assert "login" not in str([cookie for cookie in answer.headers.getlist("Set-Cookie") if "Max-Age=0" not in cookie])
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    again = http.get("/login/oidc/back?code=x&state=y", base_url="http://127.0.0.1:8765", headers=foreign)
    assert "again=1" in again.text


@pytest.mark.slow
def test_a_disabled_account_stays_out(served, service, watched):
    """Whatever the service says."""
    url, accounts = served
    accounts.set_active(accounts.named("Lea"), False, actor=accounts.named("Ada"))
    page = watched(f"{url}login", "http://", expected=" 401 ")
    page.click("text=login service")
    page.wait_for_selector(".error")
    assert accounts.sessions(accounts.named("Lea")) == []


def test_a_service_that_is_away_is_said_to_be(served, service, watched):
    """The page says that it did not work; passwords go on working."""
    url, _ = served
    service.shutdown()
    service.server_close()
    page = watched(f"{url}login", "http://", expected=" 401 ")
    page.click("text=login service")
    page.wait_for_selector(".error")


def test_without_the_secret_the_program_says_so(project, monkeypatch):
    """In the file that is named, or in the environment."""
    monkeypatch.delenv(SECRET_VARIABLE, raising=False)
    (project.folder / "oidc.secret").unlink()
    with pytest.raises(UsageError):
        create_app(Desk(project), accounts=AccountDesk(project))
