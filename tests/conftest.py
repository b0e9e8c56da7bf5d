"""What tests of several rooms share: a small survey on two pages, printed, filled with crosses, scanned; and what
holds for every run of the tests.
"""

import gc
import json
import os
import shutil
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import cv2
import hypothesis
import numpy as np
import pytest

from scanform.i18n import texts
from scanform.model.layout import ZoneKind
from scanform.scan.load import rasterize
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.project import init_project, open_project
from tests.left_over import nothing_left_over

# until all tests are collected: what is imported stays for good, and to look through it again and again takes a tenth
# of the time
gc.disable()

hypothesis.settings.register_profile(
    "scanform", deadline=None
)  # how busy the machine is says nothing about the program
hypothesis.settings.load_profile("scanform")

TINY_YAML = """\
code: tiny
version: "1"
languages: en
title: A small survey
sections:
  - title: First page
    questions:
      - {question: open, type: single, text: "Is the house open?", options: {yes: "Yes", no: "No", now: "Now and then"}}
      - {question: floor, type: single, text: "Which floor?", options: {1: Ground, 2: First, 3: Second}}
      - {question: uses, type: multiple, text: "What is it used for?", options: {choir: Choir, chess: Chess, dance: Dance, none: {text: None, exclusive: yes}}}
      - {question: remarks, type: text, text: Remarks, lines: 12}
  - title: Second page
    questions:
      - {question: warm, type: single, text: "Is it warm?", options: {yes: "Yes", no: "No"}}
      - {question: quiet, type: single, text: "Is it quiet?", options: {yes: "Yes", no: "No"}}
      - {question: days, type: multiple, text: "Open on?", options: {mo: Monday, tu: Tuesday, we: Wednesday, th: Thursday, fr: Friday, sa: Saturday}}
      - {question: more, type: text, text: More remarks, lines: 5}
"""

SCAN_DPI = 200


@dataclass(frozen=True, slots=True)
class TinySurvey:
    """A printed survey: project folder to copy, form ids in order, all printed pages as grey pictures."""

    folder: Path
    form_ids: tuple[str, ...]
    pages: tuple[np.ndarray, ...]
    layout: object

    def project(self, target):
        """A fresh copy of the project, opened."""
        shutil.copytree(self.folder, target)
        return open_project(target)

    def sheet(self, form, page, **answers):
        """The picture of a page (both 1-based) with crosses: question=option or a list of options; seed= varies the
        hand.
        """
        gray = self.pages[(form - 1) * len(self.layout.pages) + page - 1].copy()
        rng = np.random.default_rng(answers.pop("seed", 0))
        scale = gray.shape[1] / 210
        for zone in self.layout.page(page).zones:
            wanted = answers.get(zone.question, ())
            if zone.kind is ZoneKind.MARK and zone.option in ([wanted] if isinstance(wanted, str) else wanted):
                cross(gray, zone.rect, scale, rng)
        blurred = cv2.GaussianBlur(gray, (0, 0), 0.7).astype(np.float32) * 0.9 + 20
        return (blurred + rng.normal(0, 3, gray.shape)).clip(0, 255).astype(np.uint8)

    def jpeg(self, path, form, page, quality=90, **answers):
        """Write a scanned page."""
        return save_jpeg(path, self.sheet(form, page, **answers), quality)

    def tiff(self, path, *pages):
        """Write scanned pages into one file."""
        return save_tiff(path, pages)


def cross(gray, rect, scale, rng):
    """Draw a cross by hand into a box."""
    corners = [(rect.x, rect.y), (rect.right, rect.bottom), (rect.x, rect.bottom), (rect.right, rect.y)]
    points = [tuple(int(v) for v in (np.array(corner) * scale + rng.normal(0, 0.3 * scale, 2))) for corner in corners]
    for first, second in (points[:2], points[2:]):
        cv2.line(gray, first, second, 30, max(2, round(0.6 * scale)), cv2.LINE_AA)


def save_jpeg(path, gray, quality=90):
    """Write a scan."""
    path.parent.mkdir(parents=True, exist_ok=True)
    done, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert done
    path.write_bytes(data.tobytes())
    return path


def save_tiff(path, pages):
    """Write several scans into one file."""
    from PIL import Image

    path.parent.mkdir(parents=True, exist_ok=True)
    first, *others = [Image.fromarray(page) for page in pages]
    first.save(path, save_all=True, append_images=others, compression="tiff_lzw", dpi=(SCAN_DPI, SCAN_DPI))
    return path


@pytest.fixture(scope="session")
def tiny_survey(tmp_path_factory):
    """Four forms of the small survey for the tokens T1 to T4."""
    base = tmp_path_factory.mktemp("tiny")
    source = base / "tiny.yaml"
    source.write_text(TINY_YAML, encoding="utf-8")
    recipients = tuple(
        Recipient(token=f"T{number}", name=f"Place {number}", address=("Street 1", "Town")) for number in range(1, 5)
    )
    with init_project(base / "project", questionnaire=source, language="en") as project:
        printed = print_forms(project, PrintOrder(recipients=recipients, seed=7), base / "forms.pdf")
        settings = project.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
        pages = tuple(rasterize(base / "forms.pdf", dpi=SCAN_DPI))
        form_ids = tuple(row["form_id"] for row in json.loads((base / "forms.copies.json").read_text("utf-8")))
        return TinySurvey(folder=project.folder, form_ids=form_ids, pages=pages, layout=printed.layout)


@pytest.fixture(scope="session")
def printed_house(tmp_path_factory):
    """The survey about houses, printed once: a project folder to copy."""
    from bench.review_material import printed_survey

    return printed_survey(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="session")
def printed_places(tmp_path_factory):
    """The survey of the web form, printed once for some access codes: a project folder to copy."""
    from bench.web_form_material import make_project

    return make_project(tmp_path_factory.mktemp("places") / "project")


@pytest.fixture
def house(printed_house, tmp_path):
    """A copy of it for a test of its own."""
    return shutil.copytree(printed_house, tmp_path / "project")


@dataclass(frozen=True, slots=True)
class ForeignForms:
    """A project with the small survey and two imported forms (club: two pages of boxes, quiz: one of bubbles); their
    layouts and empty pages.
    """

    folder: Path
    layouts: dict
    pages: dict

    def project(self, target):
        """A fresh copy of the project, opened."""
        shutil.copytree(self.folder, target)
        return open_project(target)

    def sheet(self, code, page, **answers):
        """The picture of a page (1-based) with crosses: question=option or a list of options; seed= varies the hand."""
        gray = self.pages[code][page - 1].copy()
        rng = np.random.default_rng(answers.pop("seed", 0))
        scale = SCAN_DPI / 25.4
        for zone in self.layouts[code].page(page).zones:
            wanted = answers.get(zone.question, ())
            if zone.kind is ZoneKind.MARK and zone.option in ([wanted] if isinstance(wanted, str) else wanted):
                cross(gray, zone.rect, scale, rng)
        blurred = cv2.GaussianBlur(gray, (0, 0), 0.7).astype(np.float32) * 0.9 + 20
        return (blurred + rng.normal(0, 3, gray.shape)).clip(0, 255).astype(np.uint8)


@pytest.fixture(scope="session")
def foreign_forms(tiny_survey, tmp_path_factory):
    """The small survey's project after two forms that were printed elsewhere have been taken in."""
    from bench.foreign import club_form, quiz_form
    from scanform.formats.layout_json import dump_layout
    from scanform.workflow.foreign_forms.import_form import import_form

    base = tmp_path_factory.mktemp("foreign")
    layouts, pages = {}, {}
    with tiny_survey.project(base / "project") as project:
        for make in (club_form, quiz_form):
            form = make(base)
            code = form.layout.questionnaire
            (base / f"{code}.json").write_text(dump_layout(form.layout), encoding="utf-8")
            layouts[code] = import_form(project, [form.pdf], base / f"{code}.json").layout
            pages[code] = tuple(rasterize(form.pdf, dpi=SCAN_DPI))
    return ForeignForms(folder=base / "project", layouts=layouts, pages=pages)


# --- every run of the tests -------------------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _nothing_is_left_over(tmp_path_factory):
    """The first fixture of a run and so the last to end: by then every program has ended, every thread, and every
    file is closed.
    """
    yield
    nothing_left_over(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="session", autouse=True)
def _every_text_is_filled_in():
    """Whatever a test shows to a person in this process, also in a browser: no field of a text is left as it is."""

    def gap(template: str) -> None:
        raise AssertionError(f"a text was shown with a field that nobody filled in: {template}")

    texts.on_unfilled = gap
    yield
    texts.on_unfilled = None


MINUTES = {"fast": 4, "all": 35}
"""On two idle cores, without what is installed first; measured with --durations."""


IMPORTED, DRAWN = pytest.StashKey(), pytest.StashKey()
LARGEST_PARAMETER = 100_000
"""Pixels of a parameter that may be drawn before a test runs."""


def pytest_configure(config):
    """A run ends with its workers, browsers and servers when it is asked to, also when it was started in the
    background, where Ctrl-C is ignored.
    """
    if not hasattr(config, "workerinput") and threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by their marks
def pytest_collection_modifyitems(items):
    """Of tests with many cases the fast run takes the first ones."""
    seen = Counter()
    for item in items:
        found = item.get_closest_marker("fast_cases")
        name = item.nodeid.partition("[")[0]
        seen[name] += 1
        if found is not None and seen[name] > found.args[0]:
            item.add_marker(pytest.mark.slow)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """What collecting the tests has cost is kept for `collected`; from here on memory is tidied up as usual."""
    result = yield
    session.config.stash[IMPORTED] = frozenset(sys.modules)
    session.config.stash[DRAWN] = frozenset(item.nodeid for item in session.items if _has_picture(item))
    gc.freeze()
    gc.enable()
    return result


def _has_picture(item):
    return hasattr(item, "callspec") and any(
        getattr(value, "size", 0) > LARGEST_PARAMETER for value in item.callspec.params.values()
    )


@pytest.fixture
def collected(pytestconfig):
    """The modules that were imported when the tests were collected, and the tests that got a picture for a
    parameter.
    """
    return pytestconfig.stash[IMPORTED], pytestconfig.stash[DRAWN]


def pytest_sessionstart(session):
    """What is about to happen, before it happens."""
    expression = session.config.getoption("markexpr") or ""
    if session.config.args_source is pytest.Config.ArgsSource.ARGS:
        expression = "some"
    kind = "all" if "slow or not slow" in expression else "fast" if expression == "not slow" else "chosen"
    lasts = f", about {MINUTES[kind]} minutes on two idle cores" if kind in MINUTES else ""
    _say(
        session.config,
        f"scanform: the {kind} tests{lasts}{'; the slow ones as well: ./test --all' if kind == 'fast' else ''}",
    )


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node, ids):
    """How many there are; said by the first process that knows."""
    if not getattr(node.config, "scanform_counted", False):
        node.config.scanform_counted = True
        _say(node.config, f"scanform: {len(ids):,} tests")


def _say(config, line):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is not None and not hasattr(config, "workerinput"):
        reporter.ensure_newline()
        reporter.write_line(line)


def pytest_terminal_summary(terminalreporter, config):
    """How long all of it took, with what had to be installed."""
    began = float(os.environ.get("SCANFORM_TEST_BEGAN", "0"))
    if began and not hasattr(config, "workerinput"):
        took = round(time.time() - began)
        terminalreporter.write_line(f"scanform: took {took // 60} min {took % 60:02} s in all")
