"""Pictures of every screen of the review station, for docs/review-station.md and for looking at.

python -m bench.screenshots                      docs/screenshots/*.webp and the list of them in docs/review-station.md
python -m bench.screenshots --all FOLDER         every state in light, dark, large text and at 320 px as PNG, to be
looked at python -m bench.screenshots --all FOLDER --only release
"""

import argparse
import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from bench.review_material import printed_survey
from bench.review_states import STATES, State, served
from bench.waiting import PATIENCE_MS

CHROMIUM = "/usr/bin/chromium"
ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "review-station.md"
FOLDER = ROOT / "docs" / "screenshots"
BEGIN, END = "<!-- screens -->\n", "<!-- /screens -->\n"
WIDTH = 960
QUALITY = 45


@dataclass(frozen=True)
class Look:
    """One way in which a screen is seen."""

    name: str
    title: str
    width: int = 1366
    scheme: str = "light"
    size: str = "100%"


LOOKS = (
    Look("light", "light"),
    Look("dark", "dark", scheme="dark"),
    Look("large", "text twice as large", size="200%"),
    Look("narrow", "320 px wide", width=320),
)
SHOWN = LOOKS[:3]
"""What the documents show; the rest is for looking at."""


def pictures(
    browser: Browser, printed: Path, state: State, looks: tuple[Look, ...]
) -> Iterator[tuple[Look, Image.Image]]:
    """One picture of a state for each look, each on a station of its own."""
    for look in looks:
        with tempfile.TemporaryDirectory() as folder, served(printed, Path(folder) / "project", state.scene) as url:
            context = browser.new_context(
                viewport={"width": look.width, "height": 800}, color_scheme=look.scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(url + state.path.format(language="en"))
            state.steps(page)
            yield look, picture(page, look)
            context.close()


def picture(page: Page, look: Look) -> Image.Image:
    """What is to be seen in the window."""
    page.evaluate("(size) => (document.documentElement.style.fontSize = size)", look.size)
    page.wait_for_timeout(150)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def gallery() -> str:
    """The list of pictures as it stands in the documents."""
    lines = []
    for state in STATES:
        if state.picture:
            shown = " ".join(f"[{look.title}](screenshots/{state.name}-{look.name}.webp)" for look in SHOWN[1:])
            lines += [
                f"**{state.picture}**  ",
                f"![{state.picture}](screenshots/{state.name}-light.webp)  ",
                f"Also: {shown}.",
                "",
            ]
    return "\n".join(lines)


def write_documents(browser: Browser, printed: Path) -> None:
    """Draw all pictures of the documents anew and name them on the page; those of screens that are no more go."""
    FOLDER.mkdir(exist_ok=True)
    kept = set()
    for state in STATES:
        if not state.picture:
            continue
        for look, image in pictures(browser, printed, state, SHOWN):
            at = FOLDER / f"{state.name}-{look.name}.webp"
            image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS).save(
                at, quality=QUALITY, method=6
            )
            kept.add(at)
        print(state.name)
    for old in set(FOLDER.glob("*.webp")) - kept:
        old.unlink()
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{gallery()}\n{END}{rest.partition(END)[2]}", encoding="utf-8")


def main() -> int:
    """Draw the pictures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="draw every state in every look into this folder instead"
    )
    parser.add_argument("--only", default="", help="with --all: states whose name begins with this")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        printed = printed_survey(Path(folder))
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        if chosen.all:
            chosen.all.mkdir(parents=True, exist_ok=True)
            for state in STATES:
                if state.name.startswith(chosen.only):
                    for look, image in pictures(browser, printed, state, LOOKS):
                        image.save(chosen.all / f"{state.name}-{look.name}.png")
        else:
            write_documents(browser, printed)
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
