"""Keys that people change, zoom and tones that stay, long undo, fast and mixed keys, killed programs, a pass over
all screens without a mouse.
"""

import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, SINCE, WHY, fill
from bench.review_states import unplaced
from bench.waiting import until, until_page
from review_ui.app import create_app
from review_ui.server import bind
from scanform.errors import UsageError
from scanform.i18n import texts
from scanform.model.preferences import DEFAULT_KEYS
from scanform.model.review import DecisionKind
from scanform.store.preferences import save_preference
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.preferences import change_preferences, preferences_of
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk, effective_responses
from tests.programs import started

CHROMIUM = "/usr/bin/chromium"
GROUP = "mosaic?lang=en#house%3Aoften%3A%3Dm"


@pytest.fixture
def project(house):
    with open_project(house) as opened:
        yield opened


@pytest.fixture
def station(project, servers):
    """The address of a station over the project."""
    desk, sorter = Desk(project), SortDesk(project)
    found = bind(desk, sorter=sorter, reviewer="tester", port=0)
    thread = found.start()
    servers.callback(lambda: (found.close(), thread.join(), sorter.close(), desk.close()))
    return found.url


@pytest.fixture
def opened(watched, station):
    """Opens a screen of the station."""
    return lambda path="?lang=en", **options: watched(station + path, station, **options)


def visible(page):
    until_page(
        page,
        "document.getElementById('item').dataset.visible === document.getElementById('item').dataset.item && "
        "!document.getElementById('item').hidden",
    )
    page.wait_for_timeout(160)
    return page.get_attribute("#item", "data-item")


def tiles(page, number):
    until_page(page, "document.querySelectorAll('.tile').length", of=number)
    until_page(page, "Number(document.getElementById('tiles').dataset.visible ?? 0) > (window.seen ?? 0)")
    page.evaluate("window.seen = Number(document.getElementById('tiles').dataset.visible)")
    page.wait_for_timeout(200 + 25 * number)


def saved(page):
    page.wait_for_selector("#saved[data-pending='0']")


def kept(page, action, *, screen="field"):
    """Waits until the program has kept a preference; returns what it has."""
    return page.evaluate("async () => (await fetch('/api/preferences')).json()")["keys"][screen][action]


def stored(project):
    return [(decision.kind.value, decision.to_value) for decision in project.store.decisions()]


def change(page, action, key):
    """Changes a key in the open help, by keyboard."""
    page.locator(f".change-key[data-action='{action}']").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector(".change-key[aria-pressed=true]")
    page.keyboard.press(key)
    page.wait_for_selector("#keys-said:not(:empty)")
    return page.inner_text("#keys-said")


# --- keys ------------------------------------------------------------------------------------------------------------


def test_keys_are_each_persons_own_and_conflicts_are_refused_in_words(project):
    """What one person changes holds for that person; two actions never share a key; what is stored in a strange way
    is not used.
    """
    assert preferences_of(project, "kim").keys["field"] == DEFAULT_KEYS["field"]
    wanted = change_preferences(project, "kim", {"screen": "field", "action": "illegible", "key": "U"})
    assert wanted.keys["field"]["illegible"] == "u"
    assert preferences_of(project, "kim") == wanted
    assert preferences_of(project, "sam").keys["field"]["illegible"] == "x"
    with pytest.raises(UsageError, match="“Z” already means “undo, as often as you like”"):
        change_preferences(project, "kim", {"screen": "field", "action": "illegible", "key": "z"})
    for key, words in (
        ("Enter", "cannot be used"),
        ("F5", "cannot be used"),
        ("", "cannot be used"),
        ("2", "with Alt"),
    ):
        with pytest.raises(UsageError, match=words):
            change_preferences(project, "kim", {"screen": "field", "action": "context", "key": key})
    assert preferences_of(project, "kim") == wanted
    assert change_preferences(project, "kim", {"reset": "field"}).keys["field"] == DEFAULT_KEYS["field"]
    with project.store.writing() as tx:
        save_preference(
            tx,
            "kim",
            {"keys": {"field": {"undo": "x"}}, "zoom": 90, "look": "pink", "tiles": "12", "letters": 1, "other": 2},
        )
    assert preferences_of(project, "kim") == preferences_of(project, "nobody")


@pytest.mark.parametrize(
    "body",
    [
        {"zoom": 9},
        {"zoom": True},
        {"zoom": "2"},
        {"look": "x"},
        {"tiles": 13},
        {"letters": "no"},
        {"keys": {}},
        {"reset": "nothing"},
        {"key": "a"},
        {"key": 1, "screen": "field", "action": "undo"},
        {"key": "a", "screen": "field", "action": "fly"},
    ],
)
def test_what_no_screen_asks_for_is_400(project, body):
    """Nothing else can be kept under a person's name."""
    http = create_app(Desk(project), reviewer="tester", language="en").test_client()
    base = "http://127.0.0.1:8765"
    csrf = http.get("/api/session", base_url=base).get_json()["csrf"]
    assert http.post("/api/preferences", json=body, base_url=base, headers={"X-CSRFToken": csrf}).status_code == 400
    assert http.post("/api/preferences", json={"zoom": 2}, base_url=base).status_code == 403
    assert preferences_of(project, "tester") == preferences_of(project, "nobody")


@pytest.mark.slow
@pytest.mark.browser
def test_keys_are_changed_in_the_help_and_hold_everywhere(opened, project):
    """A new key is pressed; caps, messages, Alt in the text field and the next visit follow; the old key does
    nothing any more; a taken one is refused.
    """
    fill(project, 2, OFTEN, SINCE)
    page = opened()
    visible(page)
    page.keyboard.press("F1")
    page.wait_for_selector("#help[open]")
    assert change(page, "illegible", "u") == "U: illegible"
    assert "already means" in change(page, "no-answer", "u")
    assert change(page, "choice-1", "q") == "Q: answer 1"
    page.keyboard.press("Escape")
    assert not page.evaluate("document.querySelector('#help').open")  # closed at once: the next key counts
    assert page.locator("#illegible kbd.bare").inner_text() == "U"
    assert page.locator("#choices kbd").all_inner_texts() == ["Q", "2", "3"]
    first = visible(page)
    page.keyboard.press("x")
    page.keyboard.press("1")
    assert visible(page) == first
    page.keyboard.press("u")
    visible(page)
    page.keyboard.press("q")
    assert visible(page).endswith("/since")
    assert "Alt+U" in page.inner_text("#text-help")
    page.keyboard.press("Alt+u")
    saved(page)
    page.reload()
    visible(page)
    page.keyboard.press("Alt+u")
    page.wait_for_selector("#panel[data-name=done]")
    assert stored(project) == [("illegible", ""), ("correct", "w"), ("illegible", ""), ("illegible", "")]
    page.keyboard.press("?")
    page.locator("#keys-reset").press("Enter")
    page.wait_for_selector("#keys-said:text('as they were')")
    assert page.locator("#illegible kbd.bare").text_content() == "X"


@pytest.mark.browser
@pytest.mark.slow
def test_escape_leaves_a_key_as_it_was_and_the_help_open(opened, project):
    """While a key is waited for, Escape only ends the waiting."""
    fill(project, 1, OFTEN)
    page = opened()
    visible(page)
    page.keyboard.press("?")
    assert change(page, "context", "Escape") == "The key stays as it was."
    assert page.locator("#help").is_visible()
    assert kept(page, "context") == "c"


@pytest.mark.browser
@pytest.mark.slow
def test_letters_can_be_switched_off_for_good(opened, project):
    """Then characters alone do nothing, on both screens and after a reload; Enter, Alt, Ctrl+Z and F1 still work."""
    fill(project, 8, OFTEN)
    page = opened()
    first = visible(page)
    page.keyboard.press("?")
    page.locator("#keys-on").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    for key in ("1", "x", "0", " ", "?"):
        page.keyboard.press(key)
    assert visible(page) == first
    page.reload()
    visible(page)
    page.keyboard.press("x")
    assert visible(page) == first
    page.keyboard.press("Alt+x")
    assert visible(page) != first
    page.keyboard.press("Control+z")
    assert visible(page) == first
    page.keyboard.press("F1")
    assert page.locator("#help").is_visible()
    saved(page)
    mosaic = opened(GROUP)
    tiles(mosaic, 8)
    for key in ("1", "0", "c"):
        mosaic.keyboard.press(key)
    assert mosaic.locator(".tile[data-state=fits]").count() == 8
    mosaic.keyboard.press("Space")
    assert mosaic.locator(".tile[data-state=not]").count() == 1


@pytest.mark.browser
@pytest.mark.slow
def test_keys_of_the_screen_of_many_are_its_own(opened, project):
    """Its answers and commands can be changed, too, without changing the other screen's."""
    fill(project, 8, OFTEN)
    page = opened(GROUP)
    tiles(page, 8)
    page.keyboard.press("F1")
    assert change(page, "not", "n") == "N: does not fit: alone later; once more: fits after all"
    assert change(page, "choice-3", "j") == "J: answer 3"
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("j")
    page.keyboard.press("Space")
    states = page.evaluate("[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.state)")
    assert states == ["not", "set", *["fits"] * 6]
    assert page.locator(".key-choice kbd").all_inner_texts() == ["1", "2", "J"]
    assert kept(page, "choice-3", screen="field") == "3"


CLOSED_AND_AT_ONCE = """at => new Promise(resolve => {
  const help = document.getElementById("help");
  help.addEventListener("close", () => setTimeout(() => resolve(document.activeElement === document.querySelector(at))));
  help.close();
  document.querySelector(at).focus();
  if (at === "#text") Object.assign(document.activeElement, {value: "ab"}).setSelectionRange(2, 2);
})"""


@pytest.mark.browser
def test_keys_right_after_the_help_stay_where_they_were_pressed(opened, project):
    """The browser tells late that a dialog has closed: by then somebody may stand at the next tile."""
    fill(project, 8, OFTEN)
    page = opened(GROUP)
    tiles(page, 8)
    page.keyboard.press("F1")
    assert page.evaluate(CLOSED_AND_AT_ONCE, "#tiles > :nth-child(3) .tile")


@pytest.mark.browser
def test_what_is_typed_right_after_the_help_is_not_selected(opened, project):
    """Selected text goes with the next character."""
    fill(project, 1, REMARK)
    page = opened()
    visible(page)
    page.keyboard.press("F1")
    assert page.evaluate(CLOSED_AND_AT_ONCE, "#text")
    assert page.evaluate("document.activeElement.selectionStart") == 2


@pytest.mark.browser
def test_the_focus_after_the_help_is_never_nowhere(opened, project):
    """Opened by a button, by a key, from a place that is gone meanwhile."""
    fill(project, 8, OFTEN)
    page = opened("mosaic?lang=en")
    page.locator(".group").focus()
    page.keyboard.press("F1")
    page.evaluate("document.querySelector('.group').remove()")
    page.keyboard.press("Escape")
    until_page(page, "document.activeElement !== document.body")
    page = opened()
    visible(page)
    page.locator("#help-open").click()
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") in ("item", "text")


class Anything(dict):
    """Has one value for every name."""

    def __init__(self, value):
        self.value = value

    def __contains__(self, name):
        return True

    def __getitem__(self, name):
        return self.value


@pytest.mark.browser
@pytest.mark.fast_cases(1)
@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_the_browser_counts_as_the_program_does(opened, language):
    """Every text with a number and its word: the script of the pages fills in what Python does."""
    counted = [
        words
        for key in sorted(texts.keys(language))
        if "|" in (words := texts.template(key, language)) and "{" in words
    ]
    assert len(counted) > 60
    page = opened(f"keys?lang={language}")
    fill_in = """async ([all, n]) => {
      const { fill } = await import("/static/lib/view.js");
      return all.map(words => fill(words, new Proxy({}, { has: () => true, get: () => n })));
    }"""
    for number in (0, 1, 2, 1234):
        expected = [texts._filled(words, language, Anything(number)) for words in counted]
        assert page.evaluate(fill_in, [counted, number]) == expected


@pytest.mark.browser
def test_the_sheet_of_keys_shows_ones_own_and_prints_on_one_page(opened, project):
    """As a table of both screens, without the bar, on one sheet of A4."""
    change_preferences(project, "tester", {"screen": "field", "action": "illegible", "key": "u"})
    page = opened("keys?lang=en")
    assert "U" in page.locator(".sheet[data-screen=field] tr:has-text('illegible') kbd").all_inner_texts()
    page.emulate_media(media="print")
    assert not page.locator(".bar").is_visible()
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


# --- looking ---------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
def test_zoom_and_tones_stay_for_the_next_visit(opened, project):
    """Up to eight times the size on paper; on the other screen, and after a reload, the tones are the same; F fits
    again.
    """
    fill(project, 6, OFTEN)
    page = opened()
    visible(page)
    for _ in range(12):
        page.keyboard.press("+")
    assert page.inner_text("#zoom-state") == "800 %"
    page.keyboard.press("i")
    plain = page.evaluate("getComputedStyle(document.querySelector('#pane img')).filter")
    page.keyboard.press("i")
    assert "invert(1)" in page.evaluate("getComputedStyle(document.querySelector('#pane img')).filter")
    assert "contrast" in plain
    until_page(
        page,
        "(async () => { const found = await (await fetch('/api/preferences')).json(); return [found.zoom, "
        "found.look].join(); })()",
        of="8,inverted",
    )
    mosaic = opened(GROUP)
    tiles(mosaic, 6)
    assert "invert(1)" in mosaic.evaluate("getComputedStyle(document.querySelector('.tile img')).filter")
    page.reload()
    visible(page)
    assert page.inner_text("#zoom-state") == "800 %"
    page.keyboard.press("f")
    assert page.inner_text("#zoom-state") != "800 %"
    until_page(page, "(async () => (await (await fetch('/api/preferences')).json()).zoom === null)()", of=True)


@pytest.mark.browser
@pytest.mark.slow
def test_the_size_of_a_screen_stays_for_the_next_visit(opened, project):
    """Whoever looks at twelve at once looks at twelve the next time."""
    fill(project, 14, OFTEN)
    page = opened(GROUP)
    tiles(page, 14)
    page.locator("#size").select_option("12")
    tiles(page, 12)
    until_page(page, "(async () => (await (await fetch('/api/preferences')).json()).tiles)()", of=12)
    page.reload()
    tiles(page, 12)


# --- deciding --------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
def test_fifty_five_acknowledged_decisions_are_taken_back(opened, project):
    """All of them in one visit, after the program has acknowledged each."""
    fill(project, 55, OFTEN)
    page = opened()
    visible(page)
    for _ in range(55):
        page.keyboard.press("1")
        page.wait_for_timeout(20)
    page.wait_for_selector("#panel-undo:not([hidden])")
    saved(page)
    assert len(stored(project)) == 55
    for left in range(54, -1, -1):
        page.keyboard.press("z")
        page.wait_for_selector(f"#progress-text:text('{left} of 55')")
    saved(page)
    assert Counter(kind for kind, _ in stored(project)) == {"correct": 55, "undo": 55}
    assert {response.answer("often").status.value for response in effective_responses(project)} == {"review"}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("keys", ["1", "123", "1xm02 "], ids=["one digit", "digits", "mixed"])
@pytest.mark.fast_cases(1)
def test_forty_keys_at_120_ms_are_forty_decisions(opened, project, keys):
    """With 150 ms to the server: none lost, none twice, each the one whose key was pressed."""
    fill(project, 45, OFTEN)
    page = opened()
    page.context.new_cdp_session(page).send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 150, "downloadThroughput": -1, "uploadThroughput": -1},
    )
    visible(page)
    pressed = [keys[number % len(keys)] for number in range(40)]
    for key in pressed:
        page.keyboard.press(key)
        page.wait_for_timeout(120)
    saved(page)
    means = {
        "1": ("correct", "w"),
        "2": ("confirm", "m"),
        "3": ("correct", "s"),
        "x": ("illegible", ""),
        "m": ("inadmissible", ""),
    }
    means |= {"0": ("no-answer", ""), " ": ("postpone", "")}
    assert stored(project) == [means[key] for key in pressed]
    assert len({decision.item for decision in project.store.decisions()}) == 40


@pytest.mark.slow
@pytest.mark.browser
def test_a_written_value_is_corrected_on_its_tile(opened, project):
    """F2 or typing opens a field, the program's check refuses what cannot be, Enter takes it, Escape leaves it;
    Enter around it never loses it.
    """
    fill(project, 8, PERSONS)
    page = opened("mosaic?lang=en#house%3Apersons%3A")
    tiles(page, 8)
    page.keyboard.press("F2")
    assert page.input_value(".tile-text") == "12"
    page.keyboard.type("x1")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tile-editor .error:not([hidden])")
    page.locator("#confirm").press("Enter")
    assert "still open" in page.inner_text("#hurry")
    assert page.evaluate("document.activeElement.className") == "tile-text"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.className") == "tile"
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tile-editor", state="detached")
    assert page.locator(".tile[data-state=set] .tile-state").inner_text() == "→ 17"
    page.keyboard.press("F2")
    page.keyboard.press("Enter")
    page.wait_for_selector(".tile-editor", state="detached")
    page.keyboard.press("Enter")
    page.wait_for_selector("#groups:not([hidden])")
    saved(page)
    assert sorted(stored(project)) == [*[("confirm", "12")] * 7, ("correct", "17")]


SERVE = """
import sys
from pathlib import Path
from review_ui.server import serve
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk
from tests.programs import started
with open_project(Path(sys.argv[1])) as project:
    serve(Desk(project), reviewer="tester", port=int(sys.argv[2]), ready=lambda url: print(url, flush=True))
"""


@contextmanager
def serving(folder: Path, port: int) -> Iterator[subprocess.Popen]:
    with started([sys.executable, "-c", SERVE, folder, port], stderr=None) as server:
        assert server.stdout.readline().startswith("http://127.0.0.1")
        yield server


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.browser
@pytest.mark.slow
def test_a_killed_server_loses_no_screen_of_many(watched, house):
    """What was confirmed while the program was dead is said to be unsaved, and stored once when it is back."""
    folder = house
    with open_project(folder) as project:
        fill(project, 60, OFTEN)
    port = free_port()
    url = f"http://127.0.0.1:{port}/"
    with serving(folder, port) as server:
        page = watched(url + GROUP, url, expected="Failed to load")
        tiles(page, 24)
        page.keyboard.press("Enter")
        tiles(page, 24)
        saved(page)
        server.send_signal(signal.SIGKILL)
        server.wait()
        page.keyboard.press("1")
        page.keyboard.press("Enter")
        page.wait_for_selector("#saved[data-state=failing]")
    with serving(folder, port):
        saved(page)
    with open_project(folder) as project:
        decisions = project.store.decisions()
    assert len(decisions) == len({decision.item for decision in decisions}) == 48
    assert Counter(decision.kind for decision in decisions) == {DecisionKind.CONFIRM: 47, DecisionKind.CORRECT: 1}


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("screen", ["field", "mosaic"])
def test_a_killed_browser_loses_nothing_that_was_acknowledged(chromium, tmp_path, project, station, screen):
    """Everything that the page had said to be saved is stored after kill -9 of the browser; what is stored is whole."""
    fill(project, 48, OFTEN)
    port = free_port()
    arguments = [
        f"--remote-debugging-port={port}",
        f"--user-data-dir={tmp_path / 'browser'}",
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "about:blank",
    ]
    with started([CHROMIUM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as browser:
        until(lambda: listens(port), "the browser's port", alive=lambda: browser.poll() is None)
        page = chromium.browser_type.connect_over_cdp(f"http://127.0.0.1:{port}").new_page()
        page.goto(f"{station}?lang=en" if screen == "field" else station + GROUP)
        if screen == "field":
            visible(page)
            for _ in range(12):
                page.keyboard.press("1")
                page.wait_for_timeout(30)
        else:
            tiles(page, 24)
            page.keyboard.press("Enter")
        saved(page)
        acknowledged = 12 if screen == "field" else 24
        page.keyboard.press("1")
    assert acknowledged <= len(stored(project)) <= acknowledged + 1
    assert len({decision.item for decision in project.store.decisions()}) == len(stored(project))


# --- without a mouse -------------------------------------------------------------------------------------------------


def tab_to(page, selector):
    """Presses Tab until what `selector` names has the focus; what cannot be reached fails."""
    for _ in range(120):
        if page.evaluate("(selector) => document.activeElement?.matches(selector) ?? false", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{selector} cannot be reached by keyboard")


@pytest.mark.browser
@pytest.mark.slow
def test_all_screens_without_a_mouse(opened, project):
    """From the overview to a list and back, through a group, single fields, a page that is sorted out: by keyboard."""
    fill(project, 6, OFTEN, WHY, REMARK)
    unplaced(project)
    page = opened("overview?lang=en")
    tab_to(page, "td a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/overview/pages?*")
    tab_to(page, "a[href^='/overview']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#numbers")
    tab_to(page, "a[href^='/mosaic']")
    page.keyboard.press("Enter")
    page.wait_for_selector(".group")
    tab_to(page, ".group")
    page.keyboard.press("Enter")
    tiles(page, 6)
    for key in ("1", "Space", "c"):
        page.keyboard.press(key)
    page.wait_for_selector("#page[open]")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector("#groups:not([hidden])")
    saved(page)
    tab_to(page, "a[href^='/?']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?lang=en")
    visible(page)
    for _ in range(40):
        if page.locator("#panel").is_visible():
            break
        visible(page)
        page.keyboard.press("Enter")
        page.wait_for_timeout(30)
    page.wait_for_selector("#panel[data-name=done]")
    saved(page)
    tab_to(page, "a[href^='/sort']")
    page.keyboard.press("Enter")
    page.wait_for_selector("#cards .open")
    tab_to(page, "#cards .open")
    page.keyboard.press("Enter")
    page.wait_for_selector("#page[data-ready]")
    page.wait_for_selector("#stage[data-loaded]")
    tab_to(page, ".handle")
    page.keyboard.press("ArrowRight")
    tab_to(page, "#leave")
    page.keyboard.press("Enter")
    page.wait_for_selector("#done:not([hidden]), #left:not([hidden])")
    assert {response.answer("often").status.value for response in effective_responses(project)} == {
        "confirmed",
        "corrected",
    }
