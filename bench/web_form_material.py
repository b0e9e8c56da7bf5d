"""A questionnaire with every kind of question, printed for people with access codes, and a person who answers it on the
web through plain requests: what the web form is tested and measured with.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from pathlib import Path

from scanform.model.web_draft import WebDraft
from scanform.workflow.answering.desk import AnsweringDesk, Outcome
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import init_project

QUESTIONNAIRE = """
code: every
version: "1"
languages: [de, en]
title: {de: Orte im Stadtteil, en: Places in the district}
publisher: {de: Stadt Musterhausen, en: City of Musterhausen}
intro: {de: "Es geht um Ihren Ort.", en: "This is about your place."}
sections:
  - title: {de: Der Ort, en: The place}
    questions:
      - {question: place, type: text, text: {de: "Wie heißt der Ort?", en: "What is the place called?"}, class: contact, required: yes}
      - question: staff
        type: single
        text: {de: "Arbeitet dort jemand gegen Bezahlung?", en: "Does anybody work there for pay?"}
        options: {yes: {de: ja, en: "yes"}, no: {de: nein, en: "no"}}
      - question: hours
        type: decimal
        text: {de: Wochenstunden, en: Hours a week}
        cells: [3, 1]
        min: 1
        max: 100
        unit: {de: Stunden, en: hours}
        only_if: {staff: "yes"}
      - question: kind
        type: single
        text: {de: "Was für ein Ort ist es?", en: "What kind of place is it?"}
        required: yes
        options:
          club: {de: Verein, en: Club}
          libra: {de: Bibliothek, en: Library}
          other: {text: {de: "anderes:", en: "other:"}, writein: yes}
      - question: offers
        type: multiple
        text: {de: "Was gibt es dort?", en: "What is on offer?"}
        options:
          choir: {de: Chor, en: Choir}
          chess: {de: Schach, en: Chess}
          more: {text: {de: "weiteres:", en: "more:"}, writein: yes}
          none: {text: {de: nichts davon, en: none of these}, exclusive: yes}
  - title: {de: Zeiten und Zahlen, en: Times and figures}
    intro: {de: "Bitte schätzen Sie, wenn Sie es nicht genau wissen.", en: "Please estimate if you are not sure."}
    questions:
      - {note: {de: "Alle Angaben sind freiwillig.", en: "All answers are voluntary."}}
      - {question: people, type: number, cells: 4, min: 0, max: 5000, text: {de: "Wie viele Menschen kommen?", en: "How many people come?"}}
      - {question: founded, type: year, min: 1800, max: 2030, text: {de: Gründungsjahr, en: Year of foundation}}
      - {question: postcode, type: digits, cells: 5, text: {de: Postleitzahl, en: Postcode}, values: [44135, 44137, 44139]}
      - {question: initials, type: letters, cells: 3, text: {de: Kürzel, en: Initials}}
      - {question: locker, type: characters, cells: 4, text: {de: Schließfach, en: Locker}}
      - {question: since, type: date, text: {de: "Seit wann?", en: "Since when?"}}
      - {question: until, type: date, not_before: since, text: {de: "Bis wann?", en: "Until when?"}}
      - {question: opens, type: time, text: {de: "Öffnet um", en: "Opens at"}}
      - {question: closes, type: time, not_before: opens, text: {de: "Schließt um", en: "Closes at"}}
      - {question: quarter, type: text, text: {de: Stadtteil, en: Quarter}, values: [City, Hafen, Nordmarkt, Hörde]}
      - question: pay
        type: single
        text: {de: "Was kosten die Stunden?", en: "What do the hours cost?"}
        options: {few: {de: wenig, en: little}, much: {de: viel, en: much}}
        only_if: {staff: "yes"}
  - title: {de: Eindruck, en: Impression}
    questions:
      - question: view
        type: matrix
        text: {de: "Was trifft zu?", en: "What is true?"}
        options: {full: {de: ganz, en: fully}, part: {de: teils, en: partly}, not: {de: gar nicht, en: not at all}}
        rows: {warm: {de: Es ist warm., en: It is warm.}, quiet: {de: Es ist ruhig., en: It is quiet.}}
      - question: days
        type: matrix
        multiple: yes
        text: {de: "Wann ist was?", en: "When is what on?"}
        options: {mo: {de: Montag, en: Monday}, tu: {de: Dienstag, en: Tuesday}}
        rows: {daya: {de: vormittags, en: morning}, dayb: {de: nachmittags, en: afternoon}}
      - {question: remarks, type: text, lines: 3, text: {de: Bemerkungen, en: Remarks}}
      - {question: phone, type: phone, text: {de: Telefon, en: Phone}, class: contact}
      - {question: mail, type: email, text: {de: E-Mail, en: Email}, class: contact}
  - title: {de: Unterschrift, en: Signature}
    questions:
      - {question: signed, type: signature, text: {de: Unterschrift, en: Signature}}
"""

TOKENS = ("K7QM-3XPA", "B2WF-9RTD", "Zu6vQ1nE", "81930275")
"""Access codes of different makes: with hyphens, of LimeSurvey (mixed letters), of digits."""

ANSWERS: dict[str, str] = {
    "place": "Café Übergang", "staff": "yes", "hours": "38,5", "kind": "other", "kind__other_text": "eine Werkstatt",
    "offers": "choir more", "offers__more_text": "Töpfern", "people": "120", "founded": "1987", "postcode": "44137",
    "initials": "AbC", "locker": "A12", "since": "27.3.1987", "until": "2026-11-01", "opens": "9:30", "closes": "18",
    "quarter": "hafen", "pay": "few", "warm": "full", "quiet": "not", "daya": "mo tu", "dayb": "tu",
    "remarks": "Schön.\nSehr schön.", "phone": "0231 / 12 34 56", "mail": "info @ Beispiel.ORG",
}  # fmt: skip
"""What a person types, by column."""

CANONICAL = ANSWERS | {
    "hours": "38.5", "since": "1987-03-27", "opens": "09:30", "closes": "18:00", "quarter": "Hafen",
    "mail": "info@beispiel.org",
}  # fmt: skip
"""The same as the data set has it."""


def make_project(folder: Path, *, settings: Mapping[str, object] | None = None, tokens: Sequence[str] = TOKENS) -> Path:
    """A project whose forms are printed for these access codes; `settings` are those of [web_form]."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    source = folder.parent / f"{folder.name}.yaml"
    source.write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(folder, questionnaire=source, language="de") as project:
        people = tuple(Recipient(token=token, name=None, address=()) for token in tokens)
        print_forms(project, PrintOrder(recipients=people, seed=1), folder.parent / f"{folder.name}.pdf")
    configure(folder, settings or {})
    return folder


def configure(folder: Path, settings: Mapping[str, object]) -> None:
    """Change settings of [web_form] in survey.toml."""
    path = folder / "survey.toml"
    written = path.read_text("utf-8")
    for name, value in settings.items():
        line = f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {value}"
        written = re.sub(rf"(?m)^{name} = .*$", line, written)
    path.write_text(written, "utf-8")


VIEW = "one"
"""The name of a page view."""


def begun(desk: AnsweringDesk, token: str = TOKENS[0]) -> WebDraft:
    """The draft of an access code."""
    access = desk.access(token)
    assert access is not None
    found = desk.begin(access, "de")
    assert found is not None
    return found.draft


def sent(desk: AnsweringDesk, token: str = TOKENS[0], answers: Mapping[str, str] = ANSWERS) -> Outcome | None:
    """What sending these answers comes to."""
    draft = begun(desk, token)
    saved = desk.save(draft.id, answers, version=draft.version, view=VIEW)
    assert saved is not None
    return desk.send(draft.id, version=saved.draft.version)


_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


def hidden(page: str) -> Iterator[tuple[str, str]]:
    """The hidden fields of a page, as a browser sends them back."""
    return ((unescape(name), unescape(value)) for name, value in _HIDDEN.findall(page))


def page_form(page: str, answers: Mapping[str, str], **controls: str) -> dict[str, list[str]]:
    """The body of a page's form with these answers, as a browser without scripts sends it."""
    body: dict[str, list[str]] = {}
    for name, value in hidden(page):
        body.setdefault(name, []).append(value)
    fields = set(re.findall(r'<(?:input|textarea)(?! type="hidden")[^>]*name="a\.([^"]+)"', page))
    ticks = {name for name in fields if re.search(rf'type="(?:radio|checkbox)"[^>]*name="a\.{re.escape(name)}"', page)}
    for column in sorted(fields):
        entry = answers.get(column, "")
        body[f"a.{column}"] = entry.split() if column in ticks else [entry]
    return body | {name: [value] for name, value in controls.items()}


class Respondent:
    """Somebody who answers through Flask's test client, without scripts."""

    def __init__(self, app: object, base: str = "http://localhost") -> None:
        self.client = app.test_client()  # type: ignore[attr-defined]  # benches hand in any Flask application
        self.base = base

    def get(self, path: str, **options: object):
        return self.client.get(path, base_url=self.base, **options)

    def post(self, path: str, data: object, **options: object):
        return self.client.post(path, base_url=self.base, data=data, **options)

    def sends(self, page: str, path: str, **fields: object):
        """A form of a page with further fields."""
        return self.post(path, dict(hidden(page)) | fields)

    def begins(self, code: str):
        """Types the code and starts."""
        start = self.get("/").text
        self.sends(start, "/", code=code)
        return self.sends(self.get("/begin").text, "/begin")

    def turns(self, number: int, answers: Mapping[str, str], **controls: str):
        """Fills a page in and sends it."""
        page = self.get(f"/page/{number}").text
        return self.post(f"/page/{number}", page_form(page, answers, **{"go": "next", **controls}))

    def answers(self, answers: Mapping[str, str], pages: int = 3):
        """Goes through all pages to the summary; a page on which a question has appeared is sent once more."""
        found = None
        for number in range(1, pages + 1):
            found = self.turns(number, answers)
            if found.status_code == 303 and "more=1" in found.location:
                found = self.turns(number, answers)
            assert found.status_code == 303, found.text
        return found

    def send(self):
        """Sends what the summary shows."""
        return self.sends(self.get("/check").text, "/check")
