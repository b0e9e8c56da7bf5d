"""Many values on one screen, end to end: real store, real pages, real server, real Chromium, by keyboard."""

import json

import pytest

from bench.review_material import OFTEN, PERSONS, REMARK, SINCE, fill
from bench.waiting import until_page
from scanform.model.review import DecisionKind
from scanform.store.decision_times import decision_times
from scanform.workflow.review.desk import Desk, Submission, effective_responses

FORMS = 30


class Board:
    """The screen in Chromium."""

    def __init__(self, page):
        self.page = page

    def until(self, script, *, of=True):
        until_page(self.page, script, of=of)

    def shown(self, tiles):
        """Waits until a screen of so many tiles can be seen and Enter counts."""
        self.until("document.querySelectorAll('.tile').length", of=tiles)
        drawn = "Number(document.getElementById('tiles').dataset.visible ?? 0)"
        self.until(f"{drawn} > {getattr(self, 'drawn', 0)}")
        self.drawn = self.page.evaluate(drawn)
        self.page.wait_for_timeout(200 + 25 * tiles)

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def items(self):
        return self.page.evaluate(
            "[...document.querySelectorAll('.tile img')].map((image) => new URL(image.src).pathname.replace('/crops/', "
            "''))"
        )

    def states(self):
        return self.page.evaluate("[...document.querySelectorAll('.tile')].map((tile) => tile.dataset.state)")

    def saved(self):
        self.page.wait_for_selector("#saved[data-pending='0']")


@pytest.fixture
def open_board(watched, station):
    def opened(path="mosaic?lang=en", **options):
        return Board(watched(f"{station}{path}", station, **options))

    return opened


def stored(project):
    return {decision.item: (decision.kind.value, decision.to_value) for decision in project.store.decisions()}


def test_a_group_is_done_by_keyboard_alone(open_board, project):
    """From the list of groups through two screens: what was marked is changed or put off, the rest confirmed,
    nothing twice.
    """
    fill(project, FORMS, OFTEN)
    board = open_board()
    board.page.wait_for_selector(".group")
    board.press("Tab", "Enter")
    board.shown(24)
    first = board.items()
    board.press("ArrowRight", "Space", "ArrowDown", "1")
    at = board.page.evaluate("[...document.querySelectorAll('.tile')].indexOf(document.activeElement)")
    assert board.states().count("not") == 1
    assert board.states()[at - 1] == "set"
    assert "change 1" in board.page.inner_text("#confirm")
    board.press("Enter")
    board.shown(FORMS - 24)
    second = board.items()
    assert not set(first) & set(second)
    board.press("Enter")
    board.page.wait_for_selector("#groups:not([hidden])")
    board.saved()
    found = stored(project)
    assert set(found) == set(first) | set(second)
    assert found[first[1]] == ("postpone", "")
    assert found[first[at - 1]] == ("correct", "w")
    assert sum(kind == "confirm" for kind, _ in found.values()) == FORMS - 2
    values = {response.id: response.answer("often").value for response in effective_responses(project)}
    assert sorted(values.values()).count("w") == 1
    with project.store.reading() as tx:
        (pace,) = decision_times(tx)
    assert (pace.screen, pace.decisions) == ("mosaic", FORMS)
    assert 0.02 < pace.median_s < 60


@pytest.mark.slow
def test_the_least_certain_come_first(open_board, project):
    """On each screen; which ones are on it is drawn by lot."""
    fill(project, FORMS, OFTEN)
    doubt = {item.id: item.confidence for item in Desk(project).open_items()}
    board = open_board("mosaic?lang=en#house%3Aoften%3A%3Dm")
    board.shown(24)
    shown = [doubt[item] for item in board.items()]
    assert shown == sorted(shown)
    assert max(shown) > sorted(doubt.values())[24]


@pytest.mark.slow
def test_a_screen_is_taken_back_whole(open_board, project):
    """With all its marks; what comes after it waits, nothing stays decided."""
    fill(project, FORMS, OFTEN)
    board = open_board("mosaic?lang=en#house%3Aoften%3A%3Dm")
    board.shown(24)
    first = board.items()
    board.press("Space", "Enter")
    board.shown(FORMS - 24)
    board.press("z")
    board.shown(24)
    assert board.items() == first
    assert board.states()[0] == "not"
    board.saved()
    assert all(response.answer("often").status.value == "review" for response in effective_responses(project))
    board.press("Space", "Enter")
    board.shown(FORMS - 24)
    board.press("Enter")
    board.page.wait_for_selector("#groups:not([hidden])")
    board.saved()
    assert all(response.answer("often").status.value == "confirmed" for response in effective_responses(project))


@pytest.mark.slow
def test_enter_before_anybody_can_have_looked_is_ignored(open_board, project):
    """A held or bouncing key confirms no screen that has just appeared."""
    fill(project, FORMS, OFTEN)
    board = open_board("mosaic?lang=en#house%3Aoften%3A%3Dm")
    board.shown(24)
    for _ in range(4):
        board.press("Enter")
    board.page.wait_for_timeout(100)
    board.saved()
    assert len(stored(project)) == 24


@pytest.mark.slow
def test_a_picture_that_cannot_be_shown_is_never_confirmed(open_board, project):
    """Nobody has seen it: it is looked at alone later."""
    fill(project, 6, OFTEN)
    lost = next(iter(sorted(project.archive.glob("*/*.jpg"))))
    lost.write_bytes(b"gone")
    board = open_board("mosaic?lang=en#house%3Aoften%3A%3Dm", expected=" 404 ")
    board.shown(6)
    broken = board.states().index("broken")
    item = board.items()[broken]
    board.press("Space")
    assert board.states()[broken] == "broken"
    board.press("Space", "Enter")
    board.saved()
    board.until("document.getElementById('groups').hidden", of=False)
    assert stored(project)[item] == ("postpone", "")
    assert sum(kind == "confirm" for kind, _ in stored(project).values()) == 5


@pytest.mark.slow
def test_written_values_stand_below_their_pictures(open_board, project):
    """Each with its own reading; a digit begins the right text there, and Escape leaves it."""
    fill(project, 8, PERSONS, SINCE)
    board = open_board("mosaic?lang=en#house%3Apersons%3A")
    board.shown(8)
    assert board.page.locator(".tile-reading").all_inner_texts() == ["12"] * 8
    board.press("1")
    assert board.page.input_value(".tile-text") == "1"
    board.press("Escape", "Enter")
    board.page.wait_for_selector("#groups:not([hidden])")
    board.saved()
    assert {entry[0] for entry in stored(project).values()} == {"confirm"}


def test_a_refused_text_is_kept_as_it_stands(open_board, project):
    """The small text field names Alt+Enter as well; the tile says what becomes of it."""
    fill(project, 4, SINCE)
    board = open_board("mosaic?lang=en#house%3Asince%3A")
    board.shown(4)
    board.press("3", "1", ".", "2", ".", "Enter")
    board.page.wait_for_selector(".tile-editor .error:not([hidden])")
    assert board.page.inner_text(".tile-editor .error").endswith("Then Alt+Enter.")
    board.press("Alt+Enter")
    board.page.wait_for_selector(".tile[data-state='set']")
    assert "→ 31.2. (stands there like that)" in board.page.inner_text(".tile[data-state='set']")
    board.press("Enter")
    board.page.wait_for_selector("#groups:not([hidden])")
    board.saved()
    assert sorted(
        decision.to_value for decision in project.store.decisions() if decision.kind is DecisionKind.IMPLAUSIBLE
    ) == ["31.2."]
    assert [answer.raw for response in effective_responses(project) for answer in response.answers if answer.raw] == [
        "31.2."
    ]


@pytest.mark.slow
def test_what_somebody_else_decided_meanwhile_is_said_and_not_overwritten(open_board, project):
    """The other decision stands; the rest of the screen is saved."""
    fill(project, 6, OFTEN)
    board = open_board("mosaic?lang=en#house%3Aoften%3A%3Dm")
    board.shown(6)
    other = board.items()[2]
    with_desk = Desk(project)
    card = with_desk.card(other)
    done = Submission(
        uuid="somebody",
        item=card.id,
        version=card.version,
        basis="",
        kind=DecisionKind.CORRECT,
        from_value=card.value,
        to_value="s",
    )
    assert with_desk.decide([done], reviewer="else")[0].result == "saved"
    board.press("Enter")
    board.saved()
    board.until(
        "document.getElementById('live').textContent.includes('somebody else') || "
        "document.getElementById('notice').textContent.includes('somebody else')"
    )
    values = {response.id: response.answer("often").value for response in effective_responses(project)}
    assert values[card.response_id] == "s"
    assert len([value for value in values.values() if value == "m"]) == 5


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 1366])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_lost_in_small_windows(open_board, project, width, scheme):
    """No sideways scrolling, every control has a name, focus is never lost, the whole page can be shown and closed
    again.
    """
    fill(project, 6, OFTEN, REMARK)
    board = open_board(viewport={"width": width, "height": 640}, color_scheme=scheme)
    board.page.wait_for_selector(".group")
    wide = "document.documentElement.scrollWidth <= innerWidth"
    assert board.page.evaluate(wide)
    board.press("Tab", "Enter")
    board.shown(6)
    assert board.page.evaluate(wide)
    named = "node.textContent.trim() || node.querySelector('img')?.alt || node.labels?.length"
    nameless = (
        f"[...document.querySelectorAll('button, a, select, input')].filter((node) => node.offsetParent && "
        f"!({named})).length"
    )
    assert board.page.evaluate(nameless) == 0
    board.press("c")
    board.page.wait_for_selector("#page[open]")
    board.press("Escape")
    board.page.wait_for_selector("#page:not([open])", state="hidden")
    assert board.page.evaluate("document.activeElement.className") == "tile"
    board.press("?")
    board.page.wait_for_selector("#help[open]")
    board.press("Escape")
    assert board.page.evaluate("document.activeElement.className") == "tile"
    board.press("Escape")
    board.page.wait_for_selector("#groups:not([hidden])")
    assert board.page.evaluate("document.activeElement.id") == "groups-title"
    assert json.dumps(stored(project)) == "{}"


@pytest.mark.slow
def test_days_on_tiles_stand_as_the_reader_writes_them(open_board, project):
    """On the tile and in its text field; what is typed as it stood there fits, another day is stored as all days
    are.
    """
    fill(project, 4, SINCE)
    board = open_board("mosaic?lang=de#house%3Asince%3A")
    board.shown(4)
    assert board.page.locator(".tile-reading").all_inner_texts() == ["01.04.2024"] * 4
    board.press("F2")
    field = board.page.locator(".tile-text")
    assert field.input_value() == "01.04.2024"
    board.press("Enter")
    board.until("document.querySelectorAll('.tile-text').length", of=0)
    assert board.states() == ["fits"] * 4
    board.press("F2")
    field.fill("2.4.2024")
    board.press("Enter")
    board.until("document.querySelectorAll('.tile-text').length", of=0)
    board.press("Enter")
    board.page.wait_for_selector("#groups:not([hidden])")
    board.saved()
    assert sorted(stored(project).values()) == [("confirm", "2024-04-01")] * 3 + [("correct", "2024-04-02")]
