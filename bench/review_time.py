"""How long people would need for a batch: forms are printed, filled in, scanned and read, then a scripted person works
off what waits.

    python -m bench.review_time                          200 forms, profile "office copier"
    python -m bench.review_time --forms 60 --keep FOLDER read once; later runs with the same folder only do the reviewing again
    python -m bench.review_time --keep FOLDER --one-by-one   without the screen of many values, for comparison

The scripted person works at the real station in a real browser by keyboard alone and answers what truly stands on the
paper. The seconds are a model and no measurement of people: keystroke-level times (Card, Moran and Newell 1983, DOI
10.1201/9780203736166) for somebody with practice, as in the constants below. What people really take stands on the
overview of their own project. What the simulator wrote decides whether a value is wrong.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, Page, sync_playwright

from bench.accuracy import compare, scan_all
from bench.waiting import PATIENCE_MS, until_page
from review_ui.server import bind
from scanform.model.response import Answer, Missing, Status
from scanform.simulate.profiles import PROFILES
from scanform.simulate.truth import FormTruth
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.moments import limits_of
from scanform.workflow.project.project import Project, init_project, open_project
from scanform.workflow.reading.executors import processes, serial
from scanform.workflow.review.desk import Desk, effective_responses

CHROMIUM = "/usr/bin/chromium"
KEY_S = 0.2
"""One key of somebody with practice (K)."""

LOOK_S = 1.38
"""Look at one field and decide (M and a fixation): with its key 1.58 s."""

SUGGESTION_S = 3.14
"""Take one of three suggestions."""

FIXATION_S = 0.23
"""One tile of a screen on which all should be the same; a tile with its own reading below takes two."""

SCREEN_S = 1.44
"""Get one's bearings on a new screen of tiles, and Enter."""

EXCEPTION_S = 2.3
"""Go to a tile that does not fit and mark it: 48 tiles with one exception are 0.31 s a tile."""


@dataclass
class Ledger:
    """What the scripted person did: values by screen and act, the model's seconds by form."""

    acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    screens: int = 0

    def add(self, item: str, screen: str, act: str, seconds: float) -> None:
        self.acts[screen, act] += 1
        self.seconds[item.split("/", maxsplit=1)[0]] += seconds


def typed_s(text: str) -> float:
    """Look, type, Enter: 4.4 s for 14 characters."""
    return LOOK_S + KEY_S * (len(text) + 1)


# --- the batch -------------------------------------------------------------------------------------------------------


def prepared(
    folder: Path, *, template: str, profile: str, forms: int, seed: int, jobs: int
) -> dict[str, dict[str, object]]:
    """Reads a batch of simulated forms into `folder`/project, unless that was done; returns the truth: expected
    values and unclear columns by form.
    """
    known = folder / "truth.json"
    if known.exists():
        found: dict[str, dict[str, object]] = json.loads(known.read_text("utf-8"))
        return found
    with init_project(folder / "project", template=template) as project:
        printed = print_forms(project, PrintOrder(recipients=(None,) * forms, seed=seed), folder / "forms.pdf")
        truths = scan_all(printed, folder / "scans", questionnaire_of=project, profile=profile, seed=seed)
        read_batch(project, [folder / "scans"], serial() if jobs == 1 else processes(jobs, limits_of(project)))
    truth = {form: {"expected": dict(one.expected), "unclear": sorted(one.unclear)} for form, one in truths.items()}
    known.write_text(json.dumps(truth), encoding="utf-8")
    return truth


def answers_of(project: Project, truth: dict[str, dict[str, object]]) -> Iterator[tuple[str, Answer, str, bool]]:
    """Form, answer, what is written there, and whether a person could not tell either."""
    for response in effective_responses(project):
        if response.id in truth:
            facts = FormTruth(
                pages=(), expected=truth[response.id]["expected"], unclear=frozenset(truth[response.id]["unclear"])
            )
            yield from ((value.form, value.answer, value.expected, value.unclear) for value in compare(response, facts))


# --- the person ------------------------------------------------------------------------------------------------------


class Reviewer:
    """Works by keyboard and answers the truth."""

    def __init__(self, page: Page, url: str, expected: dict[str, str]) -> None:
        self.page, self.url, self.expected = page, url, expected
        self.ledger = Ledger()

    def truth(self, item: str) -> str:
        return self.expected.get(item, "")

    def until(self, script: str) -> object:
        return until_page(self.page, script, pause_ms=10)

    # many at once

    def work_mosaic(self) -> None:
        self.page.goto(f"{self.url}mosaic?lang=de")
        done: set[str] = set()
        while True:
            self.until(
                "document.querySelector('.group') || !document.getElementById('groups-text').textContent.includes('…')"
            )
            self.page.wait_for_timeout(400)  # the list may still be the one of before
            groups = self.page.evaluate("[...document.querySelectorAll('.group')].map((link) => link.hash)")
            left = [group for group in groups if group not in done]
            if not left:
                return
            done.add(left[0])
            self.page.evaluate("(hash) => document.querySelector(`.group[href='${hash}']`).focus()", left[0])
            self.page.keyboard.press("Enter")
            while self.work_screen():
                pass

    def work_screen(self) -> bool:
        """One screen of tiles; False when the group is finished."""
        state = self.until(
            "!document.getElementById('groups').hidden ? 'end' : document.getElementById('confirm').disabled ? '' : "
            "Number(document.querySelector('#tiles')"
            ".dataset.visible ?? 0) > (window.worked ?? 0) ? 'screen' : ''"
        )
        if state == "end":
            return False
        tiles = self.page.evaluate(TILES)
        self.ledger.screens += 1
        for place, tile in enumerate(tiles):
            self.look_at(place, tile, SCREEN_S / len(tiles) + (2 * FIXATION_S if tile["own"] else FIXATION_S))
        self.page.evaluate("document.querySelector('.tile').focus()")
        self.page.wait_for_timeout(200 + 25 * len(tiles))  # faster, nobody has looked: the station takes no Enter
        self.page.evaluate("window.worked = Number(document.querySelector('#tiles').dataset.visible)")
        self.page.keyboard.press("Enter")
        return True

    def look_at(self, place: int, tile: dict[str, str], seconds: float) -> None:
        """Marks a tile that does not fit, with the right answer where there is one."""
        item, value = tile["item"], self.truth(tile["item"])
        if value == tile["value"]:
            return self.ledger.add(item, "mosaic", "confirmed", seconds)
        self.page.evaluate("(place) => document.querySelectorAll('.tile')[place].focus()", place)
        if not value:
            self.page.keyboard.press("0")
            return self.ledger.add(item, "mosaic", "one key", seconds + EXCEPTION_S)
        if tile["own"] and self.typed_in_place(value):
            return self.ledger.add(item, "mosaic", "typed", seconds + EXCEPTION_S + KEY_S * (len(value) + 1))
        keys = self.page.evaluate(
            "[...document.querySelectorAll('.key-choice kbd')].map((cap) => cap.textContent.toLowerCase())"
        )
        codes = tile["codes"].split()
        if not tile["own"] and not tile["multiple"] and value in codes and codes.index(value) < len(keys):
            self.page.keyboard.press(keys[codes.index(value)])
            return self.ledger.add(item, "mosaic", "one key", seconds + EXCEPTION_S)
        if not tile["own"] or self.page.evaluate("document.activeElement.matches('.tile')"):
            self.page.keyboard.press("Space")
        return self.ledger.add(item, "mosaic", "put off", seconds + EXCEPTION_S)

    def typed_in_place(self, value: str) -> bool:
        """Types into the small field of the tile in focus; False where the program does not take it."""
        self.page.keyboard.press("F2")
        self.page.keyboard.insert_text(value)
        self.page.keyboard.press("Enter")
        taken = (
            self.until(
                "!document.querySelector('.tile-editor') ? 'yes' : document.querySelector('.tile-editor "
                ".error:not([hidden])') ? 'no' : ''"
            )
            == "yes"
        )
        if not taken:
            self.page.keyboard.press("Escape")
        return taken

    # one by one

    def work_fields(self) -> None:
        self.page.goto(f"{self.url}?lang=de")
        last = ""
        put_off: set[str] = set()
        while True:
            state = self.until(FIELD % json.dumps(last))
            if state == "end":
                return
            self.page.wait_for_timeout(160)  # the guard against blind Enters
            card = self.page.evaluate(CARD)
            self.answer(card, put_off)
            last = card["drawn"]

    def answer(self, card: dict[str, object], put_off: set[str]) -> None:
        item, value = str(card["item"]), self.truth(str(card["item"]))
        if card["text"]:
            act, seconds = self.answer_text(card, value)
        else:
            act, seconds = self.answer_choice(card, value)
        if act == "put off" and item in put_off:
            self.page.keyboard.press("x")  # what is written there cannot be stored in any way
            act = "cannot be stored"
        put_off.add(item)
        self.ledger.add(item, "field", act, seconds)

    def answer_text(self, card: dict[str, object], value: str) -> tuple[str, float]:
        keys = self.page.keyboard
        if not value:
            keys.press("Alt+0")
            return "one key", LOOK_S + KEY_S
        if value == card["typed"]:
            keys.press("Enter")
            return "confirmed", LOOK_S + KEY_S
        if value in card["suggestions"]:
            keys.press(f"Alt+{card['suggestions'].index(value) + 1}")
            keys.press("Enter")
            return "suggestion", SUGGESTION_S
        keys.press("Control+a")
        keys.insert_text(value)
        self.page.wait_for_timeout(300)  # the check of what was typed
        keys.press("Enter")
        self.page.wait_for_timeout(30)
        if (
            self.page.evaluate(
                "document.getElementById('error').hidden ? '' : document.getElementById('item').dataset.item"
            )
            == card["item"]
        ):
            keys.press("Alt+m" if card["objection"] else "Alt+x")
            return "cannot be stored", typed_s(value) + LOOK_S + KEY_S
        if self.page.evaluate("document.getElementById('ask')?.hidden === false"):
            self.page.wait_for_timeout(160)
            keys.press("Enter")
        return "typed", typed_s(value)

    def answer_choice(self, card: dict[str, object], value: str) -> tuple[str, float]:
        keys, choices = self.page.keyboard, card["choices"]
        if not value:
            keys.press("0")
            return "one key", LOOK_S + KEY_S
        wanted, chosen = set(value.split()), set(card["chosen"])
        if wanted == chosen:
            keys.press("Enter")
            return "confirmed", LOOK_S + KEY_S
        if not wanted <= set(choices) or any(not choices[code] for code in wanted):
            keys.press("x")
            return "cannot be stored", LOOK_S + KEY_S
        if not card["multiple"]:
            keys.press(choices[value])
            return "one key", LOOK_S + KEY_S
        changes = [code for code in choices if (code in wanted) != (code in chosen)]
        for code in sorted(changes, key=lambda code: code in wanted):
            keys.press(choices[code])
        keys.press("Enter")
        return "some keys", LOOK_S + KEY_S * (len(changes) + 1)


TILES = """[...document.querySelectorAll('.tile')].map((tile) => ({
  item: decodeURIComponent(new URL(tile.querySelector('img').src).pathname.replace('/crops/', '')), ...window.cards.get(
    decodeURIComponent(new URL(tile.querySelector('img').src).pathname.replace('/crops/', '')))}))"""

FIELD = """(() => {
  const item = document.getElementById('item'), panel = document.getElementById('panel');
  if (item.hidden) return ['done', 'empty'].includes(panel.dataset.name) ? 'end' : '';
  const drawn = item.dataset.drawn ?? '';
  return item.dataset.visible === item.dataset.item && window.drawn !== %s ? 'card' : '';
})()"""

CARD = """(() => {
  const card = window.cards.get(document.getElementById('item').dataset.item);
  const codes = [...document.querySelectorAll('#choices button')];
  return {...card, drawn: window.drawn, typed: document.getElementById('text')?.value ?? '',
    choices: Object.fromEntries(codes.map((button) => [button.dataset.code, button.querySelector('kbd').textContent.toLowerCase()])),
    chosen: codes.filter((button) => button.getAttribute('aria-pressed') === 'true').map((button) => button.dataset.code)};
})()"""

OVERHEAR = """(() => {
  window.cards = new Map();
  const facts = (card) => ({item: card.id, value: card.value, text: card.text, own: card.text && card.proposal === 'value', multiple: card.multiple,
    codes: card.choices.map((choice) => choice.code).join(' '), suggestions: card.suggestions.slice(0, 3), objection: card.objection});
  const json = Response.prototype.json;
  Response.prototype.json = async function () {
    const body = await json.call(this);
    for (const card of [body.cards, body.tiles].filter(Array.isArray).flat()) window.cards.set(card.id, facts(card));
    return body;
  };
  window.drawn = '';
  let number = 0;
  addEventListener('DOMContentLoaded', () => {
    const item = document.getElementById('item');
    if (item) new MutationObserver(() => (window.drawn = `${++number}`)).observe(item, {attributes: true, attributeFilter: ['data-item', 'data-visible']});
  });
})()"""
"""Keeps what the program says about each value, as the page gets it."""


@contextmanager
def station(project: Project) -> Iterator[str]:
    """The address of a real station over the project."""
    desk = Desk(project)
    bound = bind(desk, reviewer="model", port=0)
    thread = bound.start()
    try:
        yield bound.url
    finally:
        bound.close()
        thread.join()
        desk.close()


def review(browser: Browser, project: Project, truth: dict[str, dict[str, object]], *, mosaic: bool) -> Ledger:
    """Works off all that waits."""
    expected = {
        f"{form}/{column}": value for form, facts in truth.items() for column, value in facts["expected"].items()
    }
    with station(project) as url:
        context = browser.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(OVERHEAR)
        reviewer = Reviewer(page, url, expected)
        if mosaic:
            reviewer.work_mosaic()
        reviewer.work_fields()
        page.wait_for_selector("#saved[data-pending='0']")
        context.close()
    return reviewer.ledger


# --- the figures -----------------------------------------------------------------------------------------------------


def show(ledger: Ledger, before: Counter[str], project: Project, truth: dict[str, dict[str, object]]) -> int:
    """Prints the figures; returns how many values end up wrong."""
    forms = len(truth)
    print(
        f"{forms} forms; of {sum(before.values())} values {before['auto']} were read automatically, {before['review']} "
        f"waited for a person"
    )
    print("\nscreen   act               values")
    for (screen, act), count in sorted(ledger.acts.items()):
        print(f"{screen:8} {act:16} {count:7}")
    print(f"screens of many values: {ledger.screens}")
    each = sorted(ledger.seconds.get(form, 0.0) for form in truth)
    late = each[int(0.95 * forms)]
    print(
        f"\nmodel, no measurement of people: median {median(each):.1f} s a form, mean {sum(each) / forms:.1f} s, 95 % "
        f"of forms below {late:.1f} s"
    )
    print(f"in all {sum(each) / 60:.1f} min for {forms} forms")
    wrong = Counter[str]()
    columns = Counter[str]()
    for _, answer, expected, unclear in answers_of(project, truth):
        if answer.status is Status.REVIEW:
            wrong["still waiting"] += 1
        elif answer.value != expected and answer.missing not in {Missing.ILLEGIBLE, Missing.IMPLAUSIBLE}:
            wrong["unclear on paper, decided otherwise" if unclear else f"wrong, {answer.status.value}"] += 1
            columns[f"{answer.column}: {answer.value!r} for {expected!r}"] += 1
    print(
        "values that are not what was written: "
        + (", ".join(f"{name} {count}" for name, count in sorted(wrong.items())) or "0")
    )
    for name, count in columns.most_common(15):
        print(f"  {count} x {name}")
    return sum(count for name, count in wrong.items() if not name.startswith("unclear"))


def main() -> int:
    """Run once and print; 1 when a value that a person saw is wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forms", type=int, default=200)
    parser.add_argument("--profile", default="office copier", choices=sorted(PROFILES))
    parser.add_argument("--template", default="begegnungsorte")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="keep what was read in this folder, and use it again")
    parser.add_argument("--one-by-one", action="store_true", help="without the screen of many values")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.keep or Path(temporary) / "batch"
        folder.mkdir(parents=True, exist_ok=True)
        truth = prepared(
            folder,
            template=chosen.template,
            profile=chosen.profile,
            forms=chosen.forms,
            seed=chosen.seed,
            jobs=chosen.jobs,
        )
        shutil.copytree(folder / "project", Path(temporary) / "reviewed")
        with open_project(Path(temporary) / "reviewed") as project, sync_playwright() as playwright:
            before = Counter(answer.status.value for _, answer, _, _ in answers_of(project, truth))
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            ledger = review(browser, project, truth, mosaic=not chosen.one_by_one)
            browser.close()
            wrong = show(ledger, before, project, truth)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
