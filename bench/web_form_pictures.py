"""Pictures of the web form as people see it.

python -m bench.web_form_pictures                docs/images/web-form.png, for the README
python -m bench.web_form_pictures --all FOLDER   every page on a desktop, on phones and at 400 % as PNG, to be looked at
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from bench.waiting import PATIENCE_MS
from bench.web_form_material import ANSWERS, TOKENS, configure, make_project
from scanform.cli.demo_browser import fill_page
from scanform.cli.demo_people import offered, people
from scanform.workflow.printing.place_register import add_list
from scanform.workflow.project.project import init_project
from scanform.workflow.project.shipped import shipped, template_path

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "web-form.png"


@dataclass(frozen=True)
class Look:
    """One kind of screen: its size in CSS pixels, and how many real ones each has."""

    name: str
    width: int
    height: int
    scale: float = 1
    scheme: str = "light"


README = Look("readme", 560, 720)
LOOKS = (
    Look("desktop", 1280, 900),
    Look("phone-390", 390, 844, 2),
    Look("phone-320", 320, 568, 2),
    Look("zoom-400", 320, 256, 2),  # 1280 x 1024 at 400 %
    Look("dark", 1280, 900, scheme="dark"),
)


def opened(browser: Browser, look: Look, url: str) -> Page:
    """A page of its own."""
    context = browser.new_context(
        viewport={"width": look.width, "height": look.height},
        device_scale_factor=look.scale,
        color_scheme=look.scheme,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(url)
    return page


def onward(page: Page, button: str = "main button.primary") -> None:
    """To the next page, until it is there."""
    with page.expect_navigation(wait_until="load"):
        page.click(button)


def states(page: Page, url: str) -> Iterator[str]:
    """Every page that people meet, one after the other, with its name."""
    yield "start"
    page.goto(url + "t/nichts")
    yield "unknown"
    page.goto(url + f"t/{TOKENS[0]}")
    yield "welcome"
    onward(page)
    yield "page-1"
    page.check("#f-staff")
    page.fill("#f-hours", "viele")
    onward(page)
    yield "errors"
    fill_page(page, ANSWERS)
    for number in range(1, 10):
        onward(page)
        if page.url.endswith("/check"):
            break
        fill_page(page, ANSWERS)
        yield f"page-{number + 1}"
    yield "check"
    onward(page)
    yield "sent"
    page.goto(url + f"t/{TOKENS[0]}")
    yield "used"
    page.goto(url + "o")
    yield "open-link"
    onward(page)
    onward(page, "button[value=later]")
    yield "later"
    page.goto(url + "nowhere")
    yield "nowhere"


def draw_all(browser: Browser, out: Path, folder: Path) -> None:
    """Every state in every look."""
    out.mkdir(parents=True, exist_ok=True)
    printed = make_project(folder / "printed")
    configure(printed, {"open_link": "on", "contact": "Fragen? Telefon 0231 50-0"})
    for look in LOOKS:
        project = shutil.copytree(printed, folder / look.name)
        with offered(project, "de") as url:
            page = opened(browser, look, url)
            for name in states(page, url):
                page.screenshot(path=out / f"{look.name}-{name}.png", full_page=look.name != "zoom-400")
            page.context.close()


def draw_for_readme(browser: Browser, folder: Path) -> None:
    """The second page of the city's questionnaire."""
    samples = shipped("samples")
    with init_project(folder / "p", questionnaire=template_path("begegnungsorte"), language="de") as project:
        add_list(project, samples / "places.csv", reviewer="demo")
    with offered(folder / "p", "de") as url:
        (first, *_) = people(samples / "web-form.json")
        page = opened(browser, README, f"{url}t/{first.token}")
        onward(page)
        fill_page(page, first.answers)
        onward(page)
        page.screenshot(path=PICTURE)
        page.context.close()


def main() -> int:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="draw every page in every look into this folder")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        if chosen.all:
            draw_all(browser, chosen.all, Path(folder))
        else:
            draw_for_readme(browser, Path(folder))
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
