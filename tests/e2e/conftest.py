"""What the browser tests share: Chromium, and pages in it that are watched."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.waiting import PATIENCE_MS
from review_ui.server import bind
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]

REPORT_VIOLATIONS = (
    "addEventListener('securitypolicyviolation', (event) => console.error('CSP ' + event.violatedDirective + ' ' + "
    "event.blockedURI))"
)


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    if not Path(CHROMIUM).exists():
        pytest.skip("needs Chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=PATIENCE_MS)
        yield browser
        browser.close()


@pytest.fixture
def servers() -> Iterator[ExitStack]:
    """Closes what serves pages: after the pages themselves, whatever order a test names its fixtures in."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def project(house):
    """A project with a printed form and nothing handed in; files of tests may have their own."""
    with open_project(house) as opened:
        yield opened


@pytest.fixture
def station(project, servers):
    """The address of a station over the project."""
    desk = Desk(project)
    found = bind(desk, reviewer="tester", port=0)
    thread = found.start()
    servers.callback(lambda: (found.close(), thread.join(), desk.close()))
    return found.url


@pytest.fixture
def watched(chromium, servers):
    """Opens addresses in pages of their own; afterwards no violation of the security policy, no script error, no
    foreign request has happened; complaints of the browser that are `expected` are none.
    """
    trouble: list[str] = []
    contexts = []

    def opened(url: str, base: str, *, expected: str = " 422 ", **options: object):
        context = chromium.new_context(**{"viewport": {"width": 1366, "height": 768}, **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(REPORT_VIOLATIONS)
        page.on(
            "console",
            lambda message: (
                trouble.append(message.text) if message.type == "error" and expected not in message.text else None
            ),
        )
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on(
            "request",
            lambda request: None if request.url.startswith(base) else trouble.append(f"foreign: {request.url}"),
        )
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert trouble == []
