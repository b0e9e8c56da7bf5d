"""Every screen of the review station in every state that people meet, as one table: tests of accessibility and pictures
for the documents go through it.

A new screen is a line in `STATES`, with a scene (what the project holds) and the steps that lead to the state.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench.review_material import OFTEN, PERSONS, REMARK, SINCE, WHY, Waiting, contradict, fill
from review_ui.accounts.password_hashes import hashed
from review_ui.editor import create_editor
from review_ui.server import bind, bind_app
from scanform import pagecode
from scanform.formats.layout_json import dump_layout
from scanform.model.layout import Layout
from scanform.model.page import Fate, Identity
from scanform.model.person import Role
from scanform.model.place import Disposition, Place
from scanform.model.problem import Problem
from scanform.model.response import Status
from scanform.model.review import DecisionKind
from scanform.page_result import PageResult
from scanform.scan.load import rasterize
from scanform.store import issued, ledger, places
from scanform.store.records import Issued, NewFile
from scanform.workflow.foreign_forms.edit_layout import open_layout
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.intake.upload_desk import UploadDesk
from scanform.workflow.pages.missing_pages import accept
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.printing.dispositions import set_disposition
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import Project, open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.double_verification import VerificationDesk
from scanform.workflow.settling.assign_fates import record_page

PASSWORD = "viel regen am kanal"
AT = "2026-01-01T10:00:00Z"
TWO_MARKS = Waiting(column="often", value="m", problem="two-marks", candidates=("m", "s"))
GROUP = "mosaic?lang={language}#house%3A{column}%3A{said}"

# --- scenes: what a project holds ------------------------------------------------------------------------------------


def hand_in(project: Project, label: str, fates: tuple[Fate | None, ...]) -> None:
    """A batch with one file of as many pages as there are fates; None waits."""
    digest = next(iter(project.layouts))
    with project.store.writing() as tx:
        batch = ledger.add_batch(tx, kind="paper", label=label, at=AT)
        sha256 = hashlib.sha256(label.encode()).hexdigest()
        file = NewFile(
            path=f"{label}.pdf",
            location=f"/in/{label}.pdf",
            sha256=sha256,
            size=1,
            kind="pdf",
            pages=len(fates),
            archived="",
            problems=(),
        )
        ledger.add_file(tx, batch, file)
        for page in ledger.pages_of(tx, [ledger.known_key(file.location, sha256)]):
            fate = fates[page.ref.index]
            if fate is not None:
                problems = (
                    (Problem(slug="unreadable-page", where="page", params=(("detail", "the JPEG ends early"),)),)
                    if fate is Fate.DAMAGED
                    else ()
                )
                form = (
                    Identity(digest=digest, instance=f"{1000 * batch + page.ref.index:07}", page=1, pages=1)
                    if fate is Fate.READ
                    else None
                )
                record_page(
                    project, tx, page, PageResult(ref=page.ref, outcome=fate, identity=form, problems=problems), at=AT
                )


def many(project: Project) -> None:
    """Thirty forms with choices and numbers, handed in as two batches."""
    fill(project, 30, OFTEN, PERSONS)
    hand_in(project, "office copier Monday", (*(Fate.READ,) * 24, Fate.REVIEW, Fate.DAMAGED, Fate.BLANK))
    hand_in(project, "office copier Tuesday", (Fate.READ, Fate.READ, None))


def unplaced(project: Project) -> None:
    """A photographed page whose marks and codes nobody can read."""
    layout = next(iter(project.layouts.values()))
    page = layout.pages[0]
    gray = np.asarray(
        cv2.imread(str(project.layouts_folder / layout.digest / page.blank), cv2.IMREAD_GRAYSCALE), dtype=np.uint8
    ).copy()
    for rect in [area.rect for area in (*page.codes, *page.fiducials)]:
        left, top, right, bottom = (round(edge * 300 / 25.4) for edge in (rect.x, rect.y, rect.right, rect.bottom))
        cv2.rectangle(gray, (left - 8, top - 8), (right + 8, bottom + 8), (60,), -1)
    height, width = gray.shape
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], dtype=np.float32)
    seen = np.array([(300, 160), (1380, 90), (1600, 1900), (150, 2050)], dtype=np.float32)
    photo = cv2.warpPerspective(
        gray, cv2.getPerspectiveTransform(corners, seen), (1700, 2150), flags=cv2.INTER_AREA, borderValue=(245,)
    )
    folder = project.folder.parent / f"{project.folder.name}-in"
    folder.mkdir()
    done, data = cv2.imencode(".jpg", photo)
    assert done
    (folder / "from the club.jpg").write_bytes(data.tobytes())
    settings = project.folder / "survey.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
    )
    with open_project(project.folder) as fresh:
        read_batch(fresh, [folder], serial())


def read_again(project: Project, *, forms: int = 40, differently: int = 0) -> None:
    """Accepted values that somebody has read a second time, some of them differently."""
    fill(project, forms, replace(OFTEN, problem=None, status=Status.AUTO))
    again = VerificationDesk(Desk(project))
    kind = DecisionKind.CORRECT
    for number, card in enumerate(again.claim(40, reviewer="lee", third=False)):
        look = {
            "uuid": f"look-{number}",
            "item": card.id,
            "version": card.version,
            "basis": "",
            "kind": kind,
            "from_value": "",
            "to_value": "w" if number < differently else "m",
        }
        again.decide([Submission(**look)], reviewer="lee", third=False)


def several_people(project: Project) -> None:
    """Ada manages people and supervises; Ben reviews; Cleo has been invited; Dirk is disabled."""
    accounts = AccountDesk(project)
    secret = hashed(PASSWORD)
    ada = accounts.start(accounts.start_token(), "Ada", secret)
    assert ada is not None
    accounts.set_roles(ada, [Role.ADMIN, Role.SUPERVISOR], actor=ada)
    for name, role in (("Ben", Role.REVIEWER), ("Cleo", Role.STAFF), ("Dirk", Role.REVIEWER)):
        made = accounts.invite(actor=ada, name=name, email=f"{name.lower()}@stadt.example", roles=[role])
        assert made is not None
        if name != "Cleo":
            accounts.accept(made[1], secret)
        if name == "Dirk":
            accounts.set_active(made[0], False, actor=ada)


def eventful(project: Project) -> None:
    """A value that was decided, taken back, put off and decided again by others, and read a second time; others wait
    or were accepted.
    """
    fill(project, 1, OFTEN, replace(WHY, problem=None, status=Status.AUTO), SINCE, PERSONS, REMARK)
    desk = Desk(project)
    (item, *_) = desk.open_items()
    facts = {"item": item.id, "version": item.version, "from_value": item.value}
    for reviewer, uuid, kind, to, undoes, basis in (
        ("ben", "one", DecisionKind.CONFIRM, "", None, ""),
        ("ben", "two", DecisionKind.UNDO, "", "one", ""),
        ("ben", "three", DecisionKind.POSTPONE, "", None, ""),
        ("carla", "four", DecisionKind.CORRECT, "w", None, ""),
        ("dora", "five", DecisionKind.ILLEGIBLE, "", None, "four"),
    ):
        desk.decide(
            [Submission(uuid=uuid, kind=kind, to_value=to, undoes=undoes, basis=basis, **facts)], reviewer=reviewer
        )
    again = VerificationDesk(desk)
    for card in again.claim(40, reviewer="emil", third=False):
        if card.id == item.id:
            look = Submission(
                uuid="look",
                item=card.id,
                version=card.version,
                basis="",
                kind=DecisionKind.CORRECT,
                from_value="",
                to_value="m",
            )
            again.decide([look], reviewer="emil", third=False)


def lacking(project: Project) -> None:
    """Forms that lack pages, one of them accepted so, and pages that cannot be read."""
    fill(project, 3, OFTEN)
    responses = [replace(response, complete=False, pages_missing=(2,)) for response in project.store.responses()]
    project.store.save_responses(responses, kind="paper", label="test", at=AT)
    accept(project, responses[0].id, reviewer="lee", reason="The second page was torn off.")
    hand_in(project, "office copier Monday", (Fate.DAMAGED, Fate.DAMAGED))


def twice(project: Project) -> None:
    """A page that came in twice and says two things."""
    layout = next(iter(project.layouts.values()))
    folder = project.folder.parent / f"{project.folder.name}-in"
    folder.mkdir()
    print_forms(project, PrintOrder(recipients=(None,), seed=2), folder.parent / f"{project.folder.name}.pdf")
    blank = next(iter(rasterize(folder.parent / f"{project.folder.name}.pdf", dpi=300)))
    for name, option in (("monday.png", "m"), ("tuesday.png", "w")):
        gray = blank.copy()
        box = next(zone.rect for zone in layout.pages[0].zones if zone.option == option and zone.question == "often")
        left, top, right, bottom = (round(edge * 300 / 25.4) for edge in (box.x, box.y, box.right, box.bottom))
        cv2.line(gray, (left + 6, top + 6), (right - 6, bottom - 6), (60,), 6)
        cv2.line(gray, (left + 6, bottom - 6), (right - 6, top + 6), (60,), 6)
        cv2.imwrite(str(folder / name), gray)
    settings = project.folder / "survey.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
    )
    with open_project(project.folder) as fresh:
        read_batch(fresh, [folder], serial())


def returned(project: Project) -> None:
    """A register of seven places: two answered, one refused, one letter came back, the others are outstanding."""
    found = [
        Place(
            place_id=f"D-{number}",
            token=f"K7M2P9QX{number}",
            name=f"Begegnungstreff Innenstadt-Nordwest {number}",
            address=("Lange Straße 12 a", "44137 Dortmund"),
            carrier="Verein für Nachbarschaft und Begegnung e.V." if number % 2 else "Stadt",
            district="Innenstadt-Nord" if number < 5 else "Hörde",
        )
        for number in range(1, 8)
    ]
    digest = next(iter(project.layouts))
    with project.store.writing() as tx:
        places.add_places(tx, found, source="places.csv", reviewer="kim", at=AT)
        for number, place in enumerate(found):
            names = {"instance": f"R{number:06}", "digest": digest, "form_id": f"{digest}-R{number:06}-A"}
            issued.issue(tx, Issued(**names, token=place.token, printed_at=AT))
    fill(project, 2, OFTEN)
    responses = [
        replace(response, token=place.token) for response, place in zip(project.store.responses(), found, strict=False)
    ]
    project.store.save_responses(responses, kind="paper", label="test", at=AT)
    for name, said in (("D-3", Disposition.REFUSED), ("D-4", Disposition.UNDELIVERABLE)):
        set_disposition(project, name, said, reason="They said so on the phone.", reviewer="lee")


SCENES: dict[str, Callable[[Project], object]] = {
    "choice": lambda project: fill(project, 6, OFTEN),
    "several": lambda project: fill(project, 6, WHY),
    "text": lambda project: fill(project, 6, REMARK),
    "cells": lambda project: fill(project, 6, SINCE),
    "two marks": lambda project: fill(project, 6, TWO_MARKS),
    "contradiction": contradict,
    "one": lambda project: fill(project, 1, OFTEN),
    "few": lambda project: fill(project, 4, OFTEN),
    "nothing": lambda _: None,
    "many": many,
    "settled": lambda project: fill(project, 6, replace(OFTEN, problem=None, status=Status.AUTO)),
    "differing": lambda project: read_again(project, differently=1),
    "read again": read_again,
    "to be released": read_again,
    "eventful": eventful,
    "lacking": lacking,
    "twice": twice,
    "returned": returned,
    "accounts": several_people,
    "nobody yet": lambda _: None,
    "hand in": lambda _: None,
    "handed in": lambda _: None,
    "unplaced": unplaced,
    "editor": lambda _: None,
}


def found_elsewhere(layout: Layout) -> Layout:
    """The layout as if its form had been printed by somebody else: without registration marks and codes."""
    pages = tuple(replace(page, fiducials=(), codes=()) for page in layout.pages)
    bare = replace(layout, pages=pages)
    return replace(bare, digest=pagecode.layout_digest(bare))


@contextmanager
def served(printed: Path, folder: Path, scene: str, *, language: str = "en") -> Iterator[str]:
    """The address of a real station over a copy of the project `printed`, filled as the scene says."""
    with ExitStack() as stack:
        project_folder = Path(shutil.copytree(printed, folder))
        with open_project(project_folder) as project:
            SCENES[scene](project)
        project = stack.enter_context(open_project(project_folder))
        if scene == "editor":
            layout = next(iter(project.layouts.values()))
            at = folder.parent / f"{folder.name}-layout.json"
            at.write_text(dump_layout(found_elsewhere(layout)), encoding="utf-8")
            blanks = [project.layouts_folder / layout.digest / page.blank for page in layout.pages]
            bound = bind_app(create_editor(open_layout(at, blanks), language=language), port=0)
        else:
            sorter, desk = SortDesk(project), Desk(project)
            stack.callback(sorter.close)
            stack.callback(desk.close)
            accounts = AccountDesk(project) if scene in {"accounts", "nobody yet"} else None
            bound = bind(
                desk,
                sorter=sorter,
                uploads=UploadDesk(project),
                reviewer="kim",
                accounts=accounts,
                port=0,
                language=language,
            )
        thread = bound.start()
        stack.callback(thread.join)
        stack.callback(bound.close)
        yield bound.url


# --- states ----------------------------------------------------------------------------------------------------------

Steps = Callable[[Any], object]
"""Leads a page of Playwright from its address to the state."""


@dataclass(frozen=True)
class State:
    """One state of one screen. `picture`: what its picture in the documents is said to show, "" for none;
    `expected`: what the browser may complain of.
    """

    name: str
    scene: str
    path: str
    steps: Steps
    picture: str = ""
    expected: str = " 422 "


def field(page: Any) -> None:
    """The present field has been painted, and the guard against blind Enters is over."""
    page.wait_for_selector("#item[data-visible]:not([hidden])")
    page.wait_for_selector("#pane img")
    page.wait_for_timeout(200)


def keys(*pressed: str, then: str = "", first: Steps = field) -> Steps:
    """`first`, then these keys one after the other, then `then` is there."""

    def steps(page: Any) -> None:
        first(page)
        for key in pressed:
            page.keyboard.press(key)
            page.wait_for_timeout(60)
        if then:
            page.wait_for_selector(then)

    return steps


def typed(text: str, then: str, *, first: Steps = field, enter: bool = False) -> Steps:
    """`first`, then a text is typed, then `then` is there."""

    def steps(page: Any) -> None:
        first(page)
        page.keyboard.press("Control+a")
        page.keyboard.type(text)
        if enter:
            page.keyboard.press("Enter")
        page.wait_for_selector(then)

    return steps


def tiles(page: Any) -> None:
    """A screen of tiles can be seen and Enter counts."""
    page.wait_for_selector("#tiles[data-visible]")
    page.wait_for_timeout(200 + 25 * page.locator(".tile").count())


def changing(key: str, then: str) -> Steps:
    """In the help: the first key that can be changed waits, then `key` is pressed (none for "")."""

    def steps(page: Any) -> None:
        keys("?", then="#help[open]")(page)
        page.locator(".change-key").first.press("Enter")
        if key:
            page.keyboard.press(key)
        page.wait_for_selector(then)

    return steps


def offline(page: Any) -> None:
    """The program does not answer any more, and a decision waits."""
    field(page)
    page.context.set_offline(True)
    page.keyboard.press("1")
    page.wait_for_selector("#saved[data-state='failing']")


def sort_page(page: Any) -> None:
    """The page that waits has been opened."""
    page.locator("#cards .open").press("Enter")
    page.wait_for_selector("#page[data-ready]")
    page.wait_for_selector("#stage[data-loaded]")


def corner(page: Any) -> None:
    """A corner has the focus and is shown larger."""
    sort_page(page)
    page.locator(".handle").first.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#magnifier:not([hidden])")


def released(page: Any) -> None:
    """Nothing stood in the way, and the data set was released, by this visit or one before."""
    page.wait_for_selector(".state")
    if page.locator(".state.good").count() == 0:
        page.locator("form.page-line button").first.press("Enter")
    page.wait_for_selector(".state.good")


def logged_in(then: str, *, press: str = "", fill_in: tuple[str, str] | None = None) -> Steps:
    """Ada logs in; then something is typed and pressed, where that leads to the state."""

    def steps(page: Any) -> None:
        page.fill("#name", "Ada")
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".who")
        if fill_in:
            page.fill(*fill_in)
        if press:
            page.locator(press).first.press("Enter")
        page.wait_for_selector(then)

    return steps


def wrong_password(page: Any) -> None:
    """Somebody has mistyped."""
    page.fill("#name", "Ada")
    page.fill("#password", "not this one")
    page.keyboard.press("Enter")
    page.wait_for_selector(".error")


def sent(*names: str) -> Steps:
    """Files are handed in: a white page for each name that ends in .png, twice the same for "again", and what is no
    scan.
    """

    def steps(page: Any) -> None:
        page.wait_for_selector(".scripted")
        for number, name in enumerate(names):
            white = np.full((1170, 827), 255 - (0 if name.startswith("again") else number), dtype=np.uint8)
            done, data = cv2.imencode(".png", white)
            assert done
            content = (
                data.tobytes() if name.endswith(".png") else b"Dear all, the minutes of the meeting are as follows."
            )
            page.set_input_files("#files", [{"name": name, "mimeType": "image/png", "buffer": content}])
            page.wait_for_selector(f"#rows > :nth-child({number + 1}) .said:not(:empty)")
        page.wait_for_timeout(300)

    return steps


def by_links(*links: str, then: str) -> Steps:
    """From the present field by one link after the other, until `then` is there."""

    def steps(page: Any) -> None:
        field(page)
        for link in links:
            page.wait_for_selector(link)
            page.locator(link).first.press("Enter")
        page.wait_for_selector(then)

    return steps


def one_form(page: Any) -> None:
    """From the list to the pages of one printed number, with their pictures."""
    page.locator("main li a").first.click()
    page.locator("#people img").first.wait_for()


def not_a_place(page: Any) -> None:
    """Somebody has mistyped whom they mean."""
    page.fill("#place", "K7M2P9QX")
    page.select_option("#disposition", "refused")
    page.fill("#reason", "on the phone")
    page.locator("form.page-line .primary").press("Enter")
    page.wait_for_selector("#refused")


def both_pictures(page: Any) -> None:
    """The two scans of the first pair have been painted."""
    page.wait_for_selector(".pair table")
    page.evaluate(
        "() => Promise.all([...document.querySelectorAll('.pair img')].slice(0, 2).map((image) => image.decode()))"
    )


def there(selector: str) -> Steps:
    """Waits until something is there."""
    return lambda page: page.wait_for_selector(selector)


CHOICES = GROUP.replace("{column}", "often").replace("{said}", "%3Dm")
NUMBERS = GROUP.replace("{column}", "persons").replace("{said}", "")
EMPTY = "#panel[data-name='empty']"

STATES = (
    State(
        "field-choice",
        "choice",
        "?lang={language}",
        field,
        "One field, one key: the crop, why it is shown, and the answers with their keys.",
    ),
    State("field-several", "several", "?lang={language}", field, "Several answers: digits switch, Enter confirms."),
    State(
        "field-text",
        "text",
        "?lang={language}",
        field,
        "Handwriting: the reading stands in the text field, corrected by typing.",
    ),
    State("field-cells", "cells", "?lang={language}", field),
    State(
        "field-contradiction",
        "contradiction",
        "?lang={language}",
        field,
        "Paper and online response contradict each other: nothing is chosen beforehand.",
    ),
    State("field-contradiction-sets", "contradiction", "?lang={language}", keys("1", then="#statements:not([hidden])")),
    State(
        "field-error",
        "two marks",
        "?lang={language}",
        keys("Enter", then="#error:not([hidden])"),
        "Two marks: Enter settles nothing, the message names keys.",
    ),
    State("field-wrong-text", "cells", "?lang={language}", typed("31.2.2024", "#error:not([hidden])")),
    State("field-question", "text", "?lang={language}", typed("x", "#ask:not([hidden])", enter=True)),
    State(
        "field-context",
        "choice",
        "?lang={language}",
        keys("c", then="#context[aria-pressed=true]"),
        "The whole page with a frame around the place.",
    ),
    State("field-large", "choice", "?lang={language}", keys(*["+"] * 12)),
    State(
        "field-inverted",
        "choice",
        "?lang={language}",
        keys("i", "i", then="html[data-look=inverted]"),
        "The crop inverted, for eyes that need it.",
    ),
    State(
        "field-help",
        "choice",
        "?lang={language}",
        keys("?", then="#help[open]"),
        "F1 lists all keys; each can be changed, and all can be switched off.",
    ),
    State("field-help-waiting", "choice", "?lang={language}", changing("", ".change-key[aria-pressed=true]")),
    State("field-help-refused", "choice", "?lang={language}", changing("x", "#keys-said:not(:empty)")),
    State("field-empty", "nothing", "?lang={language}", there(EMPTY)),
    State(
        "field-done", "one", "?lang={language}", keys("1", then="#panel[data-name='done']"), "Nothing is left to check."
    ),
    State(
        "field-offline",
        "choice",
        "?lang={language}",
        offline,
        "The program does not answer: decisions are kept and shown as unsaved.",
        "ERR_INTERNET",
    ),
    State(
        "mosaic-groups",
        "many",
        "mosaic?lang={language}",
        there(".group"),
        "Values of one question and one reading wait together.",
    ),
    State("mosaic-none", "nothing", "mosaic?lang={language}", there("#groups:not([hidden])")),
    State(
        "mosaic-screen", "many", CHOICES, tiles, "Many at once: what does not fit is marked, Enter confirms the rest."
    ),
    State(
        "mosaic-marked",
        "many",
        CHOICES,
        keys("Space", "ArrowRight", "1", "ArrowRight", "0", first=tiles),
        "One tile does not fit, two got another answer.",
    ),
    State("mosaic-numbers", "many", NUMBERS, tiles),
    State(
        "mosaic-typing",
        "many",
        NUMBERS,
        keys("F2", "7", then=".tile-text", first=tiles),
        "A written value is corrected where it stands.",
    ),
    State(
        "mosaic-typing-wrong",
        "many",
        NUMBERS,
        keys("F2", "x", "Enter", then=".tile-editor .error:not([hidden])", first=tiles),
    ),
    State("mosaic-page", "many", CHOICES, keys("c", then="#page-pane img", first=tiles)),
    State("mosaic-help", "many", CHOICES, keys("?", then="#help[open]", first=tiles)),
    State("mosaic-done", "few", CHOICES, keys("Enter", then="#groups-undo:not([hidden])", first=tiles)),
    State(
        "sort-list",
        "unplaced",
        "sort?lang={language}",
        there("#cards .open"),
        "Pages that the program could not place.",
    ),
    State("sort-none", "nothing", "sort?lang={language}", there("#list:not([hidden])")),
    State(
        "sort-page",
        "unplaced",
        "sort?lang={language}",
        sort_page,
        "Somebody says which page it is and where its corners lie.",
    ),
    State("sort-corner", "unplaced", "sort?lang={language}", corner),
    State(
        "overview",
        "many",
        "overview?lang={language}",
        there("#numbers table"),
        "What came in and what waits; every number leads to its list.",
    ),
    State("overview-none", "nothing", "overview?lang={language}", there("#numbers")),
    State("overview-list", "many", "overview/pages?batch=1&fate=damaged&lang={language}", there("main li")),
    State(
        "second",
        "settled",
        "second?lang={language}",
        field,
        "Read a second time: neither the first value nor its author can be seen.",
    ),
    State(
        "third",
        "differing",
        "third?lang={language}",
        field,
        "Two readings differ: a third person decides, without names.",
    ),
    State(
        "release",
        "differing",
        "release?lang={language}",
        there("#reason"),
        "Something stands in the way: handing on the data set takes a signature and a reason.",
    ),
    State(
        "upload",
        "hand in",
        "upload?lang={language}",
        there(".scripted"),
        "Scans are dropped here, or chosen; what was handed in is listed below.",
    ),
    State(
        "upload-sent",
        "handed in",
        "upload?lang={language}",
        sent("club.png", "minutes.txt", "again.png"),
        "Each file says what became of it.",
    ),
    State(
        "quality",
        "differing",
        "quality?lang={language}",
        there("table"),
        "How much can be wrong at most: what the program accepted, what people decided.",
    ),
    State("quality-none", "nothing", "quality?lang={language}", there(".statement")),
    State(
        "login",
        "accounts",
        "login?lang={language}",
        there("#password"),
        "Everybody logs in with an account of their own.",
    ),
    State("login-wrong", "accounts", "login?lang={language}", wrong_password, expected=" 401 "),
    State(
        "account",
        "accounts",
        "login?next=/account%3Flang%3D{language}&lang={language}",
        logged_in("main.accounts h2"),
        "One's own account.",
    ),
    State(
        "account-factor",
        "accounts",
        "login?next=/account/second-factor%3Flang%3D{language}&lang={language}",
        logged_in("img.qr", press="main .primary"),
        "A second factor is set up.",
    ),
    State(
        "users",
        "accounts",
        "login?next=/users%3Flang%3D{language}&lang={language}",
        logged_in("#email"),
        "Who works here, in which roles.",
    ),
    State("users-one", "accounts", "login?next=/users/2%3Flang%3D{language}&lang={language}", logged_in("main h1")),
    State("users-log", "accounts", "login?next=/users/log%3Flang%3D{language}&lang={language}", logged_in("main h1")),
    State(
        "users-wrong",
        "accounts",
        "login?next=/users%3Flang%3D{language}&lang={language}",
        logged_in(".error", fill_in=("#name", "Ben"), press="main .primary"),
    ),
    State("first-start", "nobody yet", "login?lang={language}", there("main h1")),
    State("release-none", "nothing", "release?lang={language}", there(".state")),
    State("release-ready", "read again", "release?lang={language}", there("form.page-line")),
    State(
        "release-done",
        "to be released",
        "release?lang={language}",
        released,
        "Exactly these values were released, by whom and when.",
    ),
    State(
        "figures",
        "many",
        "figures?lang={language}",
        there(".statement"),
        "Everybody sees their own figures, if the project lets anybody see them.",
    ),
    State(
        "history",
        "eventful",
        "?lang={language}",
        by_links("#to-page", ".ways a[href^='/history/']", then=".events .undone"),
        "What became of a value: who read and decided what, and when.",
    ),
    State(
        "missing",
        "lacking",
        "missing?lang={language}",
        there("form.inline"),
        "Forms that lack pages: scan them again, or accept them as they are.",
    ),
    State("missing-none", "nothing", "missing?lang={language}", there("main h2")),
    State("returns", "returned", "returns?lang={language}", there("main form")),
    State("returns-chosen", "returned", "returns?lang={language}&channel=paper", there("#answered")),
    State("returns-none", "nothing", "returns?lang={language}", there("main p")),
    State("returns-refused", "returned", "returns?lang={language}", not_a_place),
    State(
        "doubles",
        "twice",
        "doubles?lang={language}",
        both_pictures,
        "A page that came in twice: what differs, and what it is.",
    ),
    State("joining", "twice", "joining?lang={language}", there("main li a")),
    State("joining-form", "twice", "joining?lang={language}", one_form),
    State("joining-none", "nothing", "joining?lang={language}", there("main p")),
    State("doubles-none", "nothing", "doubles?lang={language}", there("main p")),
    State(
        "history-contradiction",
        "contradiction",
        "?lang={language}",
        by_links("#to-history", then=".history .events li"),
    ),
    State(
        "page",
        "eventful",
        "?lang={language}",
        by_links("#to-page", then=".picture image"),
        "A page with everything that was read on it; what waits is dashed.",
    ),
    State(
        "page-large",
        "eventful",
        "?lang={language}",
        by_links("#to-page", ".sizes a:last-child", "li a[href='#at-1']", then=".picture.size-3 rect:target"),
    ),
    State("field-not-free", "few", "?item=nobody%2Foften&lang={language}", keys(then="#notice:not([hidden])")),
    State("keys", "nothing", "keys?lang={language}", there(".sheet"), "The keys on one sheet, for printing."),
    State("accessibility", "nothing", "accessibility?lang={language}", there("main h2")),
    State("easy", "nothing", "easy?lang={language}", there("main h2"), "Help in easy words."),
    State(
        "editor",
        "editor",
        "?lang={language}",
        there("body[data-ready]"),
        "The layout editor: zones of a form that scanform did not print.",
    ),
)
