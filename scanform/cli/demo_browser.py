"""The people of the demo in Chromium: a program of its own that types, ticks and clicks as they do, and what starts and
ends it. The only door to Playwright; the demo does without where it or Chromium is missing.
"""

import importlib.util
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urljoin, urlsplit

from scanform.cli.demo_people import MOST_PAGES, PREFIX, Person, people
from scanform.workflow.project.signals import signals_wait

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

log = logging.getLogger(__name__)

BROWSER: Final = "chromium"

CLOSING_S: Final = 10.0
"""How long the browser may take to close before it is killed, in seconds; it takes less than one."""

NAMES: Final = "fields => [...new Set(fields.map((field) => field.name))]"

REMOVING_S: Final = 0.1
"""Between two tries to remove the browser's files while its last process goes, in seconds; ten tries."""


def has_browser() -> bool:
    """Whether Chromium and Playwright are installed."""
    return shutil.which(BROWSER) is not None and importlib.util.find_spec("playwright") is not None


@contextmanager
def browsing(url: str, everybody: Sequence[Person]) -> Iterator[Iterator[str]]:
    """The addresses of the receipts, one by one as people answer; they end early where the browser does not work.

    However this ends, the browser, its driver and their files are gone afterwards.
    """
    if not has_browser():
        yield iter(())
        return
    last = ExitStack()
    with signals_wait():
        process = _started(url, everybody, last)
    try:
        assert process.stdout is not None  # a pipe
        yield (line.strip() for line in process.stdout)
    finally:
        with signals_wait():
            last.close()


def _started(url: str, everybody: Sequence[Person], last: ExitStack) -> "subprocess.Popen[str]":
    """The program at work in a folder of its own, and in `last` what ends and removes them."""
    folder = Path(tempfile.mkdtemp(prefix="scanform-demo-"))
    last.callback(_removed, folder)
    file = folder / "people.json"
    file.write_text(json.dumps([asdict(person) for person in everybody]), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, url, str(file)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(folder)},
        process_group=0,  # Ctrl-C in a terminal is left to this program
    )
    last.callback(_ended, process)
    return process


def _ended(process: "subprocess.Popen[str]") -> None:
    """Ends the program and waits for its driver, which closes the browser first."""
    process.terminate()
    try:
        said = process.communicate(timeout=CLOSING_S)[1]  # until the driver, too, has closed its end
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        said = process.communicate()[1]
    if said:
        log.info("the browser: %s", said)


def _removed(folder: Path) -> None:
    """Removes what the browser left; its last process may still be writing."""
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(REMOVING_S)


def main() -> int:
    """Everybody in the file answers at the address, both arguments; each receipt is printed at once."""
    from playwright.sync_api import Error, sync_playwright

    url, file = sys.argv[1:]
    everybody = people(Path(file))
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=shutil.which(BROWSER), args=["--no-sandbox"])
            for person in everybody:
                print(answer_in_browser(browser, url, person), flush=True)
            browser.close()
        except Error as problem:
            print(problem.message, file=sys.stderr)
            return 1
    return 0


def answer_in_browser(browser: "Browser", url: str, person: Person) -> str:
    """Type, tick and click, page by page; returns the address of the receipt. Raises ValueError if the form does not
    lead there.
    """
    context = browser.new_context()
    page = context.new_page()
    page.goto(urljoin(url, f"t/{person.token}"))
    for _ in range(MOST_PAGES):
        there = page.url
        if urlsplit(there).path.endswith("/sent"):
            context.close()
            return there
        fill_page(page, person.answers)
        with page.expect_navigation():
            page.locator("main button.primary").click()
    raise ValueError(f"the web form does not end: {page.url}")


def fill_page(page: "Page", answers: Mapping[str, str]) -> None:
    """Answer what a page asks, in its order: an answer may make the next question appear."""
    for name in page.locator(f"main [name^='{PREFIX}']").evaluate_all(NAMES):
        _say(page, name, answers.get(name.removeprefix(PREFIX), ""))


def _say(page: "Page", name: str, said: str) -> None:
    """Answer one question that can be seen: tick by the labels, or type."""
    fields = page.locator(f"[name='{name}']")
    if not said or not fields.first.is_visible():
        return
    if fields.first.get_attribute("type") not in {"radio", "checkbox"}:
        fields.first.fill(said)
        return
    for code in said.split():
        box = page.locator(f"[name='{name}'][value='{code}']")
        if not box.is_checked():
            page.locator(f"label[for='{box.get_attribute('id')}']").click()


if __name__ == "__main__":
    # the program that waits for this one decides when it ends
    for number, meaning in ((signal.SIGINT, signal.SIG_IGN), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, meaning)
    sys.exit(main())
