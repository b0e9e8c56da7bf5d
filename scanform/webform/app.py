"""The web form's application: pages made on the server, forms sent and redirected; `workflow.answering` behind it.

It works without scripts; a script only saves while people type and shows at once what an answer makes appear. GET never
changes anything kept; each POST has a CSRF token and the program's own origin. A page that comes without its session
is not thrown away: with the code it goes on.
"""

import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from flask import Flask, Response, abort, jsonify, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from scanform.i18n.texts import LANGUAGES, moment_text, text
from scanform.model.web_draft import WebDraft
from scanform.web.hardening import HEADERS, harden
from scanform.web.proxy import behind_proxy
from scanform.webform import throttle
from scanform.webform.fields import (
    TEXTS,
    blocks_of,
    entries_of,
    error_text,
    summary_of,
)
from scanform.webform.throttle import Throttle
from scanform.workflow.answering.access import LONGEST_CODE, Access
from scanform.workflow.answering.desk import AnsweringDesk, Outcome, Saved, Sheet
from scanform.workflow.answering.objections import Objection
from scanform.workflow.answering.pages import next_page, shown
from scanform.workflow.project.time_zone import readers_zone

log = logging.getLogger(__name__)

LARGEST_REQUEST: Final = 1_000_000
"""Maximum size of a page that is sent, in bytes: some 100 full text fields."""

MOST_FIELDS: Final = 5_000

LANGUAGE_NAMES: Final = {"de": "Deutsch", "en": "English"}

LOGOS: Final = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webp": "image/webp",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}


def create_app(desk: AnsweringDesk, *, proxy: str = "", language: str = "de") -> Flask:
    """The application over `desk`; `proxy` is the https address of the reverse proxy in front of it."""
    app = Flask(__name__)
    name = desk.key_for("cookie").hex()[:8]  # several web forms on one computer do not share it
    harden(app, cookie=f"scanform-form-{name}", key=desk.key_for("session"), largest=LARGEST_REQUEST)
    app.config.update(
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=MOST_FIELDS,
        HEADERS={**HEADERS, "X-Robots-Tag": "noindex"},
    )
    if proxy:
        behind_proxy(app, proxy)
    WebForm(app, desk, language)
    return app


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a page shows beside its kept entries: what was typed, errors, and what was changed elsewhere."""

    typed: Mapping[str, str] | None = None
    errors: tuple[Objection, ...] = ()
    others: Mapping[str, str] | None = None
    appeared: bool = False


class WebForm:
    """The pages of one web form."""

    def __init__(self, app: Flask, desk: AnsweringDesk, default: str) -> None:
        self.desk, self.default, self.throttle = desk, default, Throttle()
        self.config = desk.config
        self.logo = logo_of(desk)
        self._add_errors(app)
        app.before_request(self._not_too_many)
        for rule, view, methods in (
            ("/", self.start, ["GET"]),
            ("/", self.enter, ["POST"]),
            ("/t/<code>", self.arrive, ["GET"]),
            ("/o", self.arrive_open, ["GET"]),
            ("/o/<code>", self.arrive_open, ["GET"]),
            ("/begin", self.welcome, ["GET"]),
            ("/begin", self.begin, ["POST"]),
            ("/page/<int:number>", self.page, ["GET"]),
            ("/page/<int:number>", self.turn, ["POST"]),
            ("/save/<int:number>", self.autosave, ["POST"]),
            ("/again/<int:number>", self.again, ["POST"]),
            ("/check", self.check, ["GET"]),
            ("/check", self.send, ["POST"]),
            ("/sent", self.sent, ["GET"]),
            ("/receipt.txt", self.receipt, ["GET"]),
            ("/later", self.later, ["GET"]),
            ("/language", self.choose_language, ["POST"]),
            ("/leave", self.leave, ["POST"]),
            ("/theme.css", self.theme, ["GET"]),
            ("/logo", self.logo_file, ["GET"]),
        ):
            app.add_url_rule(rule, f"{view.__name__}", view, methods=methods)

    # --- what all pages share ----------------------------------------------------------------------------------------

    @property
    def language(self) -> str:
        """The language of this visit, if the questionnaire has it."""
        wanted = session.get("lang")
        return wanted if wanted in LANGUAGES else self.default

    def word(self, key: str, **values: object) -> str:
        """A text of these pages."""
        return text(TEXTS + key, self.language, **values)

    def show(self, template: str, status: int = 200, **values: object) -> Response:
        """One of these pages."""
        language = self.language
        languages = {one for found in self.desk.questionnaires.values() for one in found.languages}
        publisher = self.config.publisher or next(
            (one.publisher.get(language) for one in self.desk.questionnaires.values() if one.publisher), ""
        )
        page = render_template(
            template,
            t=self.word,
            language=language,
            others=[(one, LANGUAGE_NAMES[one]) for one in LANGUAGES if one in languages and one != language],
            publisher=publisher,
            config=self.config,
            logo=bool(self.logo),
            colour=bool(self.config.colour),
            own=session.get("own", ""),
            **{
                "survey": self._survey(values.get("draft")),
                "title": "",
                "wrong": "",
                "errors": (),
                "draft": None,
                **values,
            },
        )
        return make_response(page, status)

    def _survey(self, draft: object) -> str:
        """What the head of a page names: the questionnaire at hand, or all there are."""
        known = self.desk.questionnaires
        code = draft.questionnaire if isinstance(draft, WebDraft) else str(session.get("open", ""))
        named = [known[code]] if code in known else list(known.values())
        return " / ".join(one.title.get(self.language) for one in named)

    @staticmethod
    def go(address: str) -> Response:
        """Redirect to another of these pages, whatever was sent."""
        return cast(Response, redirect(address, 303))

    def _not_too_many(self) -> None:
        if not self.throttle.takes(throttle.REQUESTS_PER_ADDRESS, "requests", _address()):
            abort(429)

    def _draft(self) -> WebDraft | None:
        found = self.desk.draft(str(session.get("draft", ""))) if session.get("draft") else None
        return found if found is not None and found.sent_at is None else None

    def _sheet(self) -> Sheet | None:
        found = self._draft()
        return None if found is None else self.desk.sheet(found)

    # --- who answers -------------------------------------------------------------------------------------------------

    def start(self) -> ResponseReturnValue:
        """Where a code is typed."""
        return self._start()

    def _start(self, status: int = 200, *, wrong: str = "", code: str = "") -> Response:
        titles = {code: one.title.get(self.language) for code, one in self.desk.questionnaires.items()}
        names = titles if self.config.open_link == "on" else {}
        title = " / ".join(titles.values())
        return self.show(
            "start.html", status, title=title, wrong=wrong, code=code, open_names=names, going=self._draft()
        )

    def enter(self) -> ResponseReturnValue:
        """A code was typed."""
        return self._arrived(request.form.get("code", ""))

    def arrive(self, code: str) -> ResponseReturnValue:
        """A code in the address, from a QR code: it leaves the address at once. Nothing is looked up here, so known and
        unknown codes get the same answer.
        """
        return self._arrived(code)

    def _arrived(self, code: str) -> Response:
        language = session.get("lang")
        session.clear()
        session["code"] = code[:LONGEST_CODE].strip()
        if language:
            session["lang"] = language
        return self.go("/begin")

    def arrive_open(self, code: str = "") -> ResponseReturnValue:
        """The open link, of the only questionnaire or of the one named. Whoever has begun it in this browser is asked
        first: without a code nothing else leads back.
        """
        known = self.desk.questionnaires
        wanted = code or (next(iter(known)) if len(known) == 1 else "")
        if self.config.open_link != "on" or wanted not in known:
            abort(404)
        going = self._draft()
        if going is not None and going.questionnaire == wanted and request.args.get("anew") != "1":
            return self.go("/")
        language = session.get("lang")
        session.clear()
        session["open"] = wanted
        if language:
            session["lang"] = language
        return self.go("/begin")

    def _access(self) -> Access | None:
        """What this visit may open: the code is looked up each time, as long as guessing is not too fast."""
        code, questionnaire = str(session.get("code", "")), str(session.get("open", ""))
        if questionnaire and self.config.open_link == "on" and questionnaire in self.desk.questionnaires:
            return Access(questionnaire=questionnaire)
        if not code:
            return None
        return self._looked_up(code)

    def _looked_up(self, code: str) -> Access | None:
        if not self.throttle.is_open(throttle.UNKNOWN_PER_ADDRESS, "unknown", _address()):
            abort(429)
        found = self.desk.access(code)
        if found is None:
            self.throttle.takes(throttle.UNKNOWN_PER_ADDRESS, "unknown", _address())
        elif not self.throttle.takes(throttle.OPENED_PER_CODE, "opened", found.token or code):
            abort(429)
        return found

    def welcome(self) -> ResponseReturnValue:
        """Before the first question: what it is about, and how far this code has come."""
        access = self._access()
        if access is None:
            typed = str(session.get("code", ""))
            return self._start(422, wrong=self.word("unknown-code"), code=typed) if typed else self.go("/")
        questionnaire = self.desk.questionnaires[access.questionnaire]
        if session.get("lang") not in questionnaire.languages:
            session["lang"] = self.default if self.default in questionnaire.languages else questionnaire.languages[0]
        standing = self.desk.standing(access)
        return self.show(
            "welcome.html",
            title=questionnaire.title.get(self.language),
            survey=questionnaire.title.get(self.language),
            intro=questionnaire.intro.get(self.language) if questionnaire.intro else "",
            standing=standing,
            when=self._when,
            kept=self.config.draft_days,
        )

    def begin(self) -> ResponseReturnValue:
        """Begin, or go on where the code was left."""
        access = self._access()
        if access is None:
            return self.go("/")
        is_new = access.token is None and access.draft is None
        if is_new and not self.throttle.takes(throttle.BEGUN_PER_ADDRESS, "begun", _address()):
            abort(429)
        begun = self.desk.begin(access, self.language)
        if begun is None:
            return self.go("/begin")
        self._enter_draft(begun.draft, begun.code or (str(session.get("code", "")) if access.draft else ""))
        sheet = self.desk.sheet(begun.draft)
        number = min(begun.draft.reached + 1, len(sheet.pages))
        return self.go("/check" if begun.draft.reached >= len(sheet.pages) else f"/page/{number}")

    def _enter_draft(self, draft: WebDraft, own: str) -> None:
        session.pop("code", None)
        session.pop("open", None)
        session["draft"] = draft.id
        session["lang"] = draft.language if draft.version else self.language
        if own:
            session["own"] = own

    # --- pages -------------------------------------------------------------------------------------------------------

    def page(self, number: int) -> ResponseReturnValue:
        """A page with what is kept."""
        sheet = self._sheet()
        if sheet is None:
            return self.go("/sent" if session.get("sent") else "/")
        if not 1 <= number <= len(sheet.pages):
            abort(404)
        return self._page(sheet, number, _Shown(appeared=request.args.get("more") == "1"))

    def _page(self, sheet: Sheet, number: int, what: _Shown, status: int = 200) -> Response:
        page = sheet.pages[number - 1]
        language = self.language
        return self.show(
            "page.html",
            status,
            title=sheet.questionnaire.title.get(language),
            sheet=sheet,
            draft=sheet.draft,
            number=number,
            total=len(sheet.pages),
            is_first=next_page(sheet.pages, sheet.known, number, -1) is None,
            blocks=blocks_of(sheet, page, language, errors=what.errors, typed=what.typed, others=what.others),
            errors=[(f"f-{one.column}", error_text(one, language)) for one in what.errors],
            conflicts=list(what.others or {}),
            appeared=what.appeared,
            view=secrets.token_hex(8),
            then="check" if _to_check() else "",
        )

    def turn(self, number: int) -> ResponseReturnValue:
        """A page was sent: it is kept first, whatever it says; then the way goes on."""
        sheet = self._sheet()
        if sheet is None:
            return self.go("/sent") if session.get("sent") else self._ask_again(number)
        if not 1 <= number <= len(sheet.pages):
            abort(404)
        self._not_too_often(sheet.draft)
        entries = entries_of(request.form, sheet.pages[number - 1])
        return self._turned(number, entries, request.form.get("go", "next"))

    def _turned(self, number: int, entries: dict[str, str], way: str) -> Response:
        kind, _, what = way.partition(":")
        if kind == "clear":
            entries |= {column: "" for column in entries if column in what.split()}
        language = what if kind == "lang" and what in LANGUAGES else ""
        saved = self._save(entries, language=language)
        if saved is None:
            return self.go("/begin")
        if language:
            session["lang"] = language
        sheet = self.desk.sheet(saved.draft)
        if saved.conflicts:
            typed = {column: entries[column] for column in saved.conflicts}
            return self._page(sheet, number, _Shown(typed=typed, others=saved.conflicts), 409)
        if kind == "later":
            return self._left()
        if kind == "back":
            return self._back(sheet, number)
        if kind in {"lang", "clear"}:
            place = f"#f-{what.split()[0]}" if kind == "clear" and what.split() else ""
            return self.go(f"/page/{number}{'?then=check' if _to_check() else ''}{place}")
        return self._onward(sheet, number)

    def _back(self, sheet: Sheet, number: int) -> Response:
        before = None if _to_check() else next_page(sheet.pages, sheet.known, number, -1)
        return self.go(f"/page/{before.number}" if before else "/check")

    def _onward(self, sheet: Sheet, number: int) -> Response:
        """To the next page, if this one is right and nothing new has appeared on it."""
        page = sheet.pages[number - 1]
        then = _to_check()
        if not request.form.get("script"):
            seen = set(request.form.getlist("seen"))
            fresh = [one for one in page.questions if shown(sheet.known, one) and one.code not in seen]
            if fresh:
                return self.go(f"/page/{number}?more=1{'&then=check' if then else ''}#f-{fresh[0].code}")
        wrong = sheet.objections(page)
        if wrong:
            return self._page(sheet, number, _Shown(errors=wrong), 422)
        self.desk.save(sheet.draft.id, {}, version=sheet.draft.version, view="", reached=number)
        further = next_page(sheet.pages, sheet.known, number)
        return self.go("/check" if then or further is None else f"/page/{further.number}")

    def _save(self, entries: Mapping[str, str], *, language: str = "") -> Saved | None:
        return self.desk.save(
            str(session.get("draft", "")),
            entries,
            version=_number("version"),
            view=re.sub(r"\W", "", request.form.get("view", ""))[:40],
            turn=_number("turn"),
            language=language,
        )

    def _not_too_often(self, draft: WebDraft) -> None:
        if not self.throttle.takes(throttle.SAVED_PER_DRAFT, "saved", draft.id):
            abort(429)

    def autosave(self, number: int) -> ResponseReturnValue:
        """The script keeps what is being typed; it is told the new version, or which fields were changed elsewhere."""
        sheet = self._sheet()
        if sheet is None:
            return jsonify(error="no-session"), 401
        if not 1 <= number <= len(sheet.pages):
            abort(404)
        self._not_too_often(sheet.draft)
        saved = self._save(entries_of(request.form, sheet.pages[number - 1]))
        if saved is None:
            return jsonify(error="no-session"), 401
        if saved.conflicts:
            return jsonify(error="changed-elsewhere"), 409
        known = self.desk.sheet(saved.draft).known
        asked = [one.code for one in sheet.pages[number - 1].questions if shown(known, one)]
        return jsonify(version=saved.draft.version, shown=asked)

    def leave(self) -> ResponseReturnValue:
        """Leave from the summary, to go on later."""
        return self._left()

    def _left(self) -> Response:
        own, language, open_link = session.get("own", ""), session.get("lang"), "own" in session
        session.clear()
        session["left"] = {"own": own, "open": open_link}
        session["lang"] = language
        return self.go("/later")

    def later(self) -> ResponseReturnValue:
        """Everything is kept: how to go on."""
        left = session.get("left")
        if not isinstance(left, dict):
            return self.go("/")
        return self.show("later.html", title=self.word("later-title"), left=left, kept=self.config.draft_days)

    def choose_language(self) -> ResponseReturnValue:
        """Another language, on pages without entries."""
        wanted, back = request.form.get("lang", ""), request.form.get("back", "/")
        if wanted in LANGUAGES:
            session["lang"] = wanted
        return self.go(back if back in {"/", "/begin", "/check", "/sent", "/later"} else "/")

    # --- without a session -------------------------------------------------------------------------------------------

    def _ask_again(self, number: int) -> Response:
        """The session has ended: the code brings back the page with everything that was typed on it."""
        held = [(name, value) for name, value in request.form.items(multi=True) if name not in {"csrf_token", "code"}]
        return self.show(
            "again.html",
            403,
            title=self.word("again-title"),
            number=number,
            held=held,
            wrong="",
            is_open=self.config.open_link == "on",
        )

    def again(self, number: int) -> ResponseReturnValue:
        """The code for a page whose session had ended, with the page itself."""
        form = request.form
        code, anew = form.get("code", "").strip(), form.get("anew") == "1" and self.config.open_link == "on"
        access = self._anew() if anew else self._looked_up(code) if code else None
        begun = self.desk.begin(access, self.language) if access is not None else None
        if begun is None:
            held = [
                (name, value) for name, value in form.items(multi=True) if name not in {"csrf_token", "code", "anew"}
            ]
            wrong = self.word("unknown-code" if access is None else "already-answered")
            return self.show(
                "again.html",
                422,
                title=self.word("again-title"),
                number=number,
                held=held,
                wrong=wrong,
                is_open=self.config.open_link == "on",
            )
        self._enter_draft(begun.draft, begun.code or (code if access is not None and access.draft else ""))
        pages = self.desk.sheet(begun.draft).pages
        if not 1 <= number <= len(pages):
            return self.go("/page/1")
        entries = entries_of(cast("MultiDict[str, str]", form), pages[number - 1])
        return self._turned(number, entries, "lang:" + self.language)

    def _anew(self) -> Access | None:
        """A new questionnaire by the open link, where there is only one."""
        known = list(self.desk.questionnaires)
        return Access(questionnaire=known[0]) if len(known) == 1 else None

    # --- sending -----------------------------------------------------------------------------------------------------

    def check(self) -> ResponseReturnValue:
        """All answers before they are sent."""
        sheet = self._sheet()
        if sheet is None:
            return self.go("/sent" if session.get("sent") else "/")
        undone = next(
            (page for page in sheet.pages if page.number > sheet.draft.reached and _asks(sheet, page.number)), None
        )
        return self.go(f"/page/{undone.number}") if undone else self._check(sheet)

    def _check(
        self, sheet: Sheet, status: int = 200, *, notice: str = "", errors: tuple[Objection, ...] = ()
    ) -> Response:
        language = self.language
        pages = {question.code: page.number for page in sheet.pages for question in page.questions}
        return self.show(
            "check.html",
            status,
            title=sheet.questionnaire.title.get(language),
            closing=sheet.questionnaire.closing,
            draft=sheet.draft,
            blocks=summary_of(sheet, language, errors),
            errors=[
                (f"/page/{pages[one.question.code]}?then=check#f-{one.column}", error_text(one, language))
                for one in errors
            ],
            notice=notice,
        )

    def send(self) -> ResponseReturnValue:
        """Send: however often, it is one response."""
        draft = str(session.get("draft") or session.get("sent") or "")
        outcome = self.desk.send(draft, version=_number("version")) if draft else None
        if outcome is None:
            return self.go("/")
        return self._outcome(outcome, draft)

    def _outcome(self, outcome: Outcome, draft: str) -> Response:
        if outcome.sent is not None:
            for name in ("draft", "own", "code", "open"):
                session.pop(name, None)
            session["sent"] = draft
            return self.go("/sent")
        if outcome.answered:
            return self.show("answered.html", 409, title=self.word("answered-title"), at=self._when(outcome.answered))
        found = self._sheet()
        if found is None:
            return self.go("/")
        if outcome.changed:
            return self._check(found, 409, notice=self.word("changed-since"))
        return self._check(found, 422, errors=outcome.objections)

    def sent(self) -> ResponseReturnValue:
        """The receipt, for the session that sent."""
        found = self._receipt()
        if found is None:
            return self.go("/")
        questionnaire = self.desk.questionnaires[found.questionnaire]
        return self.show(
            "sent.html",
            title=questionnaire.title.get(self.language),
            survey=questionnaire.title.get(self.language),
            number=found.response_id,
            at=self._when(found.sent_at or ""),
            more=self.config.places == "several" and found.token is not None,
        )

    def _receipt(self) -> WebDraft | None:
        found = self.desk.draft(str(session.get("sent", ""))) if session.get("sent") else None
        return found if found is not None and found.sent_at is not None else None

    def receipt(self) -> ResponseReturnValue:
        """The receipt as a file, with what was sent."""
        found = self._receipt()
        response = None if found is None else self.desk.sent_response(found)
        if found is None or response is None:
            abort(404)
        questionnaire = self.desk.questionnaires[found.questionnaire]
        values = {answer.column: answer.value for answer in response.answers}
        page = render_template(
            "receipt.txt",
            t=self.word,
            title=questionnaire.title.get(self.language),
            number=found.response_id,
            at=self._when(found.sent_at or ""),
            blocks=summary_of(self.desk.sheet_of(found.questionnaire, values), self.language),
        )
        answer = make_response(page.replace("\n", "\r\n"))
        answer.headers["Content-Type"] = "text/plain; charset=utf-8"
        answer.headers["Content-Disposition"] = f'attachment; filename="{found.response_id}.txt"'
        return answer

    def _when(self, at: str) -> str:
        return moment_text(at, self.language, readers_zone(self.desk.project.config))

    # --- how it looks ------------------------------------------------------------------------------------------------

    def theme(self) -> ResponseReturnValue:
        """The publisher's colour."""
        rules = f":root {{ --brand: {self.config.colour}; }}\n" if self.config.colour else ""
        return Response(rules, mimetype="text/css")

    def logo_file(self) -> ResponseReturnValue:
        """The publisher's logo."""
        if self.logo is None:
            abort(404)
        return Response(self.logo.read_bytes(), mimetype=LOGOS[self.logo.suffix.lower()])

    # --- what goes wrong ---------------------------------------------------------------------------------------------

    def _add_errors(self, app: Flask) -> None:
        @app.errorhandler(CSRFError)
        def csrf(_: CSRFError) -> ResponseReturnValue:
            number = (request.view_args or {}).get("number")
            if request.endpoint == "turn" and isinstance(number, int):
                return self._ask_again(number)
            if request.endpoint == "autosave":
                return jsonify(error="no-session"), 401
            if request.endpoint == "enter":
                generate_csrf()
                return self._start(403, wrong=self.word("once-more"), code=request.form.get("code", "")[:LONGEST_CODE])
            return self._start(403, wrong=self.word("session-over"))

        @app.errorhandler(HTTPException)
        def known(problem: HTTPException) -> ResponseReturnValue:
            code = problem.code or 500
            kind = {404: "not-found", 413: "too-large", 429: "too-many"}.get(code, "failed")
            if request.endpoint == "autosave":
                return jsonify(error=kind), code
            return self.show("error.html", code, title=self.word(f"{kind}-title"), kind=kind)

        @app.errorhandler(Exception)
        def unknown(problem: Exception) -> ResponseReturnValue:
            log.error("request to %s failed: %s", request.endpoint, type(problem).__name__, exc_info=problem)
            return self.show("error.html", 500, title=self.word("failed-title"), kind="failed")


def _number(name: str) -> int:
    """A number that a page sends back, 0 for anything else."""
    sent = request.form.get(name, "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0


def _to_check() -> bool:
    """Whether a page was opened from the summary, and leads back to it."""
    return request.values.get("then") == "check"


def _asks(sheet: Sheet, number: int) -> bool:
    return any(shown(sheet.known, one) for one in sheet.pages[number - 1].questions)


def _address() -> str:
    """Where a request comes from: the browser's address, as far as the one proxy in front tells it, or its network."""
    return throttle.network_of(request.remote_addr or "")


def logo_of(desk: AnsweringDesk) -> Path | None:
    """The logo named in survey.toml, a file directly in the project folder."""
    name = desk.config.logo
    path = desk.project.folder.resolve() / name
    usable = bool(re.fullmatch(r"[\w .-]+", name)) and path.suffix.lower() in LOGOS and path.is_file()
    return path if name and usable else None
