"""The people of the demo who answer on the web: they fill in the real web form over HTTP, page by page, as a browser
without scripts does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

PREFIX = "a."
"""Before the column in the names of the form's fields."""

MOST_PAGES = 60
"""Pages after which a form that does not end is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with an access code, and what they type and tick, by column."""

    token: str
    answers: Mapping[str, str]


def people(file: Path) -> tuple[Person, ...]:
    """The people of a file of the samples."""
    return tuple(Person(**person) for person in json.loads(file.read_text("utf-8")))


@contextmanager
def offered(folder: Path, language: str) -> Iterator[str]:
    """The address of a project's web form, served meanwhile."""
    from scanform.webform.server import bind
    from scanform.workflow.answering.desk import AnsweringDesk
    from scanform.workflow.project.project import open_project

    with open_project(folder, language=language) as project:
        server = bind(AnsweringDesk(project), port=0, language=language)
        thread = server.start()
        try:
            yield server.url
        finally:
            server.close()
            thread.join()


def answer_on_the_web(url: str, person: Person) -> str:
    """Type the code, fill in every page, send; returns the address of the receipt. Raises ValueError if the form does
    not lead there.
    """
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = opened(browser, urljoin(url, f"t/{person.token}"))
    for _ in range(MOST_PAGES):
        if page.path.rstrip("/").endswith("/sent"):
            return page.url
        page = opened(browser, urljoin(page.url, page.action), filled(page, person.answers))
    raise ValueError(f"the web form does not end: {page.url}")


@dataclass(slots=True)
class Page(HTMLParser):
    """A page: its address, and the fields of its form, (name, kind, value), with the button that leads on."""

    url: str
    action: str = ""
    fields: list[tuple[str, str, str]] = field(default_factory=list)
    _in_main: bool = False
    _inside: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)

    @property
    def path(self) -> str:
        """The path of its address."""
        return urlsplit(self.url).path

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a field of the form."""
        facts = {name: value or "" for name, value in attrs}
        if tag == "main":
            self._in_main = True
        elif tag == "form" and self._in_main:  # the last one: that of the languages comes first
            self._inside, self.action, self.fields = True, facts.get("action", ""), []
        elif self._inside and facts.get("name") and tag in {"input", "textarea", "button"}:
            kind = tag if tag != "input" else facts.get("type", "text")
            self.fields.append((facts["name"], kind, facts.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        """The form ends."""
        if tag == "form":
            self._inside = False
        elif tag == "main":
            self._in_main = False


def opened(browser: OpenerDirector, url: str, body: Sequence[tuple[str, str]] | None = None) -> Page:
    """The page at an address, or the one that answers what is sent there."""
    with browser.open(url, None if body is None else urlencode(body).encode()) as answer:
        page = Page(url=answer.url)
        page.feed(answer.read().decode("utf-8"))
    return page


def filled(page: Page, answers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The body of the page's form: hidden fields as they are, answers by column, the first button."""
    body, buttons = list[tuple[str, str]](), list[tuple[str, str]]()
    for name, kind, value in page.fields:
        said = answers.get(name.removeprefix(PREFIX), "") if name.startswith(PREFIX) else ""
        if kind == "hidden":
            body.append((name, value))
        elif kind == "button":
            buttons.append((name, value))
        elif kind in {"radio", "checkbox"}:
            body += [(name, value)] if value in said.split() else []
        else:
            body.append((name, said))
    return body + buttons[:1]
