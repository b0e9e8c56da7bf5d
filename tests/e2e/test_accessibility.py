"""Every screen in every state: axe-core in light, dark and forced colours, 320 px, text at 200 %, targets, names,
languages, focus, one message at a time.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bench.review_material import OFTEN, PERSONS, SINCE, WHY, fill
from bench.review_states import STATES, State, served

VENDOR = Path(__file__).parents[1] / "vendor" / "axe-core-4.14.1"
AXE_SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""Of axe.min.js in the package axe-core 4.14.1."""

RUN = """async () => {
  const { violations } = await axe.run(document, {resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']});
  return violations.flatMap(({id, help, nodes}) => nodes.map((node) => `${id}: ${help}: ${node.target.join(' ')} ${node.failureSummary}`));
}"""

LOOKS = ({"color_scheme": "light"}, {"color_scheme": "dark"}, {"color_scheme": "dark", "forced_colors": "active"})

SCROLLERS = ".pane, .page-pane, .viewport, .picture"
"""Pictures of forms may scroll sideways for themselves."""

OUTSIDE = """([width, scrollers]) => [...document.querySelectorAll('button, a, p, h1, h2, label, input, select, td, th, dd, dt, summary, legend, .tag')]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(`${scrollers}, .skip, .visually-hidden, noscript`))
  .filter((node) => { const box = node.getBoundingClientRect(); return box.width > 1 && (box.right > width + 1 || box.left < -1); })
  .map((node) => `${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 60)}`)"""

CUT = """(scrollers) => [...document.querySelectorAll('button, a, p, h1, h2, label, td, th, .tag, kbd, strong')]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest(`${scrollers}, .skip, .visually-hidden, noscript`))
  .filter((node) => { const style = getComputedStyle(node); return (style.overflowX !== 'visible' && node.scrollWidth > node.clientWidth + 1)
    || (style.overflowY === 'hidden' && node.scrollHeight > node.clientHeight + 1); })
  .filter((node) => !node.classList.contains('visually-hidden') && !node.classList.contains('tool-text') && !node.classList.contains('brand-place'))
  .map((node) => `${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 60)}`)"""

# Zones on the picture of a page are as large as the boxes on the paper; the list beside it has a button for each (WCAG
# 2.5.8 excepts them).
SMALL = """() => [...document.querySelectorAll('button, select, input, summary, .tools a, .group')]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.closest('.skip, #zones'))
  .filter((node) => { const {width, height} = (node.closest('label') ?? node).getBoundingClientRect(); return width < 24 || height < 24; })
  .map((node) => `${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 40)}`)"""

NO_ALT = """() => [...document.querySelectorAll('img')].filter((node) => node.checkVisibility() && node.getAttribute('alt') === null || (node.alt === ''
  && node.closest('.pane, .tile, .page-pane'))).map((node) => node.src)"""

OBSCURED = """() => {
  const node = document.activeElement, foot = document.querySelector('.screen-foot');
  if (!foot?.checkVisibility() || getComputedStyle(foot).position !== 'sticky' || foot.contains(node)) return false;
  return node.getBoundingClientRect().top > foot.getBoundingClientRect().top - 10;
}"""
"""Whether what has the focus lies behind the buttons at the foot."""

MOVING = """() => [...document.querySelectorAll('*')].flatMap((node) => [node, '::before', '::after'].slice(0, 1)).filter((node) => {
  const style = getComputedStyle(node);
  const long = (list) => list.split(',').some((part) => parseFloat(part) > 0);
  return (style.animationName !== 'none' && long(style.animationDuration)) || long(style.transitionDuration);
}).map((node) => node.tagName)"""


@pytest.fixture(scope="session")
def scenes(printed_house, tmp_path_factory) -> Iterator[object]:
    """The address of a scene in a language; states that decide something have scenes that nobody else needs
    unchanged.
    """
    with ExitStack() as stack:
        known: dict[tuple[str, str], str] = {}

        def address(scene: str, language: str = "en", *, fresh: bool = False) -> str:
            if fresh or (scene, language) not in known:
                folder = tmp_path_factory.mktemp("scene") / "project"
                url = stack.enter_context(served(printed_house, folder, scene, language=language))
                if fresh:
                    return url
                known[scene, language] = url
            return known[scene, language]

        yield address


CHANGING = frozenset(
    {
        "field-done",
        "mosaic-done",
        "field-contradiction-sets",
        "field-inverted",
        "field-large",
        "field-offline",
        "upload-sent",
        "users-wrong",
        "account-factor",
    }
)
"""States on the way to which something is decided or set up: each has a scene for itself."""


@pytest.fixture
def at(watched, scenes):
    """Opens a page and leads it to a state."""

    def opened(state: State, *, language: str = "en", prepare=None, **options: object):
        url = scenes(state.scene, language, fresh=state.name in CHANGING)
        page = watched(url + state.path.format(language=language), url, expected=state.expected, **options)
        if prepare:
            prepare(page)
        state.steps(page)
        return page

    return opened


def by_name(names: str = "") -> pytest.MarkDecorator:
    chosen = [state for state in STATES if not names or state.name in names.split()]
    return pytest.mark.parametrize("state", chosen, ids=lambda state: state.name)


# --- the tool itself -------------------------------------------------------------------------------------------------


def test_axe_is_the_published_file():
    """What judges the pages is the file of the package, unchanged, with its licence beside it."""
    assert hashlib.sha256((VENDOR / "axe.min.js").read_bytes()).hexdigest() == AXE_SHA256
    assert "Mozilla Public License, version 2.0" in (VENDOR / "LICENSE").read_text("utf-8")


@pytest.mark.browser
def test_axe_finds_what_is_wrong(at):
    """A button without a name and grey text on white are found, under the security policy of the station: the other
    tests can fail.
    """
    page = at(STATES[0])
    page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    page.evaluate("document.getElementById('main').prepend(document.createElement('button'))")
    page.evaluate("document.getElementById('wording').style.color = '#ccc'")
    found = page.evaluate(RUN)
    assert any(line.startswith("button-name") for line in found)
    assert any(line.startswith("color-contrast") for line in found)


# --- each state ------------------------------------------------------------------------------------------------------


@pytest.mark.browser
@pytest.mark.slow
@by_name()
def test_axe_finds_nothing(at, state: State) -> None:
    """In light, dark and forced colours; nothing moves where the system asks for that; pictures have texts; targets
    are large enough.
    """
    page = at(state, reduced_motion="reduce")
    page.evaluate((VENDOR / "axe.min.js").read_text("utf-8"))
    found = {}
    for look in LOOKS:
        page.emulate_media(reduced_motion="reduce", **look)
        found[str(look)] = page.evaluate(RUN)
    assert found == {str(look): [] for look in LOOKS}
    assert page.evaluate(NO_ALT) == []
    assert page.evaluate(SMALL) == []
    assert page.evaluate(MOVING) == []
    assert page.locator("html").get_attribute("lang") == "en"


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", ["de", "en"])
@by_name()
def test_nothing_is_lost_at_320_px_and_with_large_text(at, state: State, language: str) -> None:
    """At 320 px, and at 1280 px with text twice as large, nothing is cut off and nothing but pictures and their like
    scrolls sideways.
    """
    if state.name == "editor":
        pytest.skip("placing zones on a page takes room in two dimensions (WCAG 1.4.10 excepts it)")
    page = at(state, language=language, viewport={"width": 320, "height": 640})
    for width, size, scrollers in ((320, "100%", SCROLLERS), (1280, "200%", f"{SCROLLERS}, .scroll")):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("(size) => (document.documentElement.style.fontSize = size)", size)
        page.evaluate("document.activeElement.scrollIntoView({block: 'nearest'})")
        page.wait_for_timeout(100)
        assert not page.evaluate(OBSCURED), size
        assert page.evaluate("document.documentElement.scrollWidth") <= width, size
        assert page.evaluate(OUTSIDE, [width, scrollers]) == [], size
        assert page.evaluate(CUT, scrollers) == [], size
    assert page.locator("html").get_attribute("lang") == language


REACHED = """() => {
  const node = document.activeElement;
  if (!node || node === document.body || node === document.documentElement) return null;
  (window.reached ??= new Set()).add(node);
  const style = getComputedStyle(node), box = node.getBoundingClientRect();
  const seen = (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none';
  const inside = box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  return seen && inside ? '' : `${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 40)}`;
}"""
"""What has the focus where that cannot be seen, "" when it can; null on the page itself."""

UNREACHED = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter((node) => node.checkVisibility({visibilityProperty: true}) && !node.disabled && node.tabIndex >= 0 && !window.reached.has(node))
  .filter((node) => !document.querySelector('dialog[open]') || node.closest('dialog[open]'))
  .map((node) => `${node.tagName} ${node.id} ${node.textContent.trim().slice(0, 40)}`)"""


@pytest.mark.browser
@pytest.mark.slow
@by_name()
def test_everything_is_reached_by_tab_and_nothing_holds_the_focus(at, state: State) -> None:
    """R5, 2.1.1, 2.1.2, 2.4.7: Tab goes through all links, buttons and fields of a screen, each can be seen while it
    has the focus, and Tab leads out again.
    """
    if state.name == "editor":
        pytest.skip("zones move the page under the focus; tests/e2e/test_edit_layout.py works through it by keyboard")
    if state.name == "field-help-waiting":
        pytest.skip("the button that waits for a key lets Tab go on, and then waits no more")
    page = at(state, reduced_motion="reduce")
    stops = page.locator("a[href], button, input, select, textarea, summary, [tabindex='0']").count()
    hidden = []
    for _ in range(2 * stops + 4):
        page.keyboard.press("Tab")
        found = page.evaluate(REACHED)
        if found:
            hidden.append(found)
    assert hidden == []
    assert page.evaluate(UNREACHED) == []


# --- along the way ---------------------------------------------------------------------------------------------------


WATCH_FOCUS = (
    "document.activeElement && document.activeElement !== document.body && document.activeElement.checkVisibility()"
)


@pytest.mark.browser
@pytest.mark.slow
def test_focus_is_never_lost_in_a_hundred_actions(watched, station, project) -> None:
    """Deciding, undoing, looking, help and back, in choices and texts: after each key the focus is on something that
    can be seen.
    """
    fill(project, 20, OFTEN, WHY, SINCE)
    page = watched(f"{station}?lang=en", station)
    page.wait_for_selector("#item[data-visible]:not([hidden])")
    actions = ("Enter", "Alt+c", "Alt+c", "Alt+z", "Alt+?", "Escape", "Alt+x", "Alt++", "Escape", " ")
    for step in range(100):
        page.keyboard.press(actions[step % len(actions)])
        page.wait_for_timeout(30)
        assert page.evaluate(WATCH_FOCUS), (step, actions[step % len(actions)])


@pytest.mark.slow
@pytest.mark.browser
def test_a_screen_of_tiles_says_one_thing_at_a_time(watched, station, project) -> None:
    """Moving is told by the focus itself; marking, changing and a new screen by one message each."""
    fill(project, 30, OFTEN)
    page = watched(f"{station}mosaic?lang=en#house%3Aoften%3A%3Dm", station)
    page.wait_for_selector("#tiles[data-visible]")
    page.evaluate(
        "() => { window.said = []; const live = document.getElementById('live');"
        " new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true, characterData: true, "
        "subtree: true}); }"
    )
    for key in ("ArrowRight", "Space", "ArrowRight", "1", "ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(50)
    assert len(page.evaluate("said")) == 2
    assert page.locator("[aria-live]").count() == 1


@pytest.mark.slow
@pytest.mark.browser
def test_states_are_told_apart_without_colour(watched, station, project) -> None:
    """In forced colours a tile that fits, one that does not and one with another answer differ in their border's
    style and in words.
    """
    fill(project, 8, OFTEN)
    page = watched(f"{station}mosaic?lang=en#house%3Aoften%3A%3Dm", station, forced_colors="active")
    page.wait_for_selector("#tiles[data-visible]")
    for key in ("Space", "ArrowRight", "1"):
        page.keyboard.press(key)
    facts = "[getComputedStyle(tile).borderTopStyle, tile.querySelector('.tile-state').innerText.trim().slice(0, 1)]"
    shown = page.evaluate(f"[...document.querySelectorAll('.tile')].map((tile) => {facts})")
    assert shown[:3] == [["dashed", "✗"], ["double", "→"], ["solid", ""]]


@pytest.mark.slow
@pytest.mark.browser
def test_nothing_is_kept_in_the_browser(watched, station, project) -> None:
    """No storage of the browser holds anything after deciding, zooming and changing keys (ASVS 14.3.3)."""
    fill(project, 4, OFTEN, PERSONS)
    page = watched(f"{station}?lang=en", station)
    page.wait_for_selector("#item[data-visible]:not([hidden])")
    for key in ("+", "i", "1", "?"):
        page.keyboard.press(key)
        page.wait_for_timeout(100)
    page.wait_for_selector("#saved[data-pending='0']")
    kept = page.evaluate(
        "async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length, (await "
        "caches.keys()).length]"
    )
    assert kept == [0, 0, 0, 0]
