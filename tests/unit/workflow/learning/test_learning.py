"""Learning from reviewers: real pixels are printed, written on, read, confirmed, exported, trained on, and read
again.
"""

import json
import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import jsonschema
import numpy as np
import pytest

from scanform.cli import program
from scanform.errors import InputError, UsageError
from scanform.model.layout import ZoneKind
from scanform.model.reading import MarkValue
from scanform.model.review import Decision, DecisionKind
from scanform.recognize import reader
from scanform.recognize.networks.heads import Head, read_head, shipped_digest, write_head
from scanform.recognize.writing.cells import NETWORKS, READER, class_names
from scanform.recognize.writing.readers import Readers, best_readers, every_reader
from scanform.recognize.writing.writing import ReadingContext
from scanform.register.photo import lightened
from scanform.scan.files.limits import Limits
from scanform.scan.files.poppler import draw_page
from scanform.scan.load import load_page
from scanform.simulate.fill import draw_ink
from scanform.simulate.hands import random_hand
from scanform.simulate.pens import stroke
from scanform.simulate.scanner import PROFILES, scan_page
from scanform.simulate.truth import MarkStyle, MarkTruth, PageTruth, TextTruth
from scanform.store import ledger
from scanform.workflow.insight import doctor
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.learning.crops_folder import MANIFEST, PICTURES, cells_of, purge, read_manifest
from scanform.workflow.learning.export_crops import KEY, CropOrder, export_crops, pseudonym
from scanform.workflow.learning.train_heads import forget, train
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.folders import MODELS
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.reading import executors
from scanform.workflow.reading.edition import FolderSource, editions_of
from scanform.workflow.reading.project_readers import head_path, readers_of
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.settling.withdraw import withdraw
from tests.conftest import save_jpeg

ROOT = Path(__file__).parents[4]

QUESTIONNAIRE = """\
code: habits
version: "1"
languages: en
title: A survey with many numbers
sections:
  - title: Numbers
    questions:
      - {question: agree, type: single, text: "May we learn from your handwriting?", options: {yes: "Yes", no: "No"}}
      - {question: first, type: digits, text: "First code", cells: 6}
      - {question: second, type: digits, text: "Second code", cells: 6}
      - {question: third, type: digits, text: "Third code", cells: 6}
      - {question: fourth, type: digits, text: "Fourth code", cells: 6}
      - {question: phone, type: digits, text: "Phone", cells: 6, class: contact}
      - {question: health, type: digits, text: "Health number", cells: 6, class: sensitive}
      - {question: since, type: date, text: "Since when?"}
      - {question: place, type: letters, text: "Place", cells: 8}
      - {question: remark, type: text, text: Remark, lines: 1}
"""

CODES = ("first", "second", "third", "fourth")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYED = bytes(range(32))
"""A fixed key, so that the same forms are held out every time."""

FOR_ALL = CropOrder(consent=None, keep_days=30)
AGREED = CropOrder(consent=("agree", "yes"), keep_days=30)

HABITS = {
    "7": ([(0.2, 0.3), (0.2, 0.08), (0.85, 0.08), (0.35, 0.95), (0.75, 0.95)],),
    "2": ([(0.2, 0.1), (0.8, 0.1), (0.2, 0.9), (0.8, 0.9)], [(0.25, 0.5), (0.75, 0.5)]),
}
"""Seven with a foot, two with a bar: the shipped network is sure of neither."""


def by_habit(character, cell, rng):
    """The strokes of a digit of `HABITS` in a cell."""
    out = []
    for part in HABITS[character]:
        points = 0.12 + 0.76 * (np.array(part) + rng.normal(0, 0.02, (len(part), 2)))
        out.append(stroke((points * [cell.w, cell.h] + [cell.x, cell.y]).tolist()))
    return out


@dataclass(frozen=True)
class Survey:
    """A printed survey: its project, its layout, its form ids and pages in order."""

    folder: Path
    layout: object
    form_ids: tuple
    pdf: Path

    def project(self, target):
        """A fresh copy of the project, opened."""
        shutil.copytree(self.folder, target)
        return open_project(target)

    def scan(self, number, truth, path, *, agrees="yes", odd=True):
        """A scan of form `number` with the texts of `truth` (question -> cells or text), written by a hand of its
        own, into the file `path`.
        """
        rng = np.random.default_rng([number, 3])
        hand = replace(random_hand(rng, pen="ballpoint blue"), right_aligned=False)
        page, gray, lines, texts, marks = (
            self.layout.page(1),
            draw_page(str(self.pdf), number=number + 1, dpi=300, timeout_s=60),
            [],
            {},
            {},
        )
        for zone in page.zones:
            if zone.kind is ZoneKind.MARK:
                style = MarkStyle.CROSS if zone.option == agrees else MarkStyle.NONE
                marks[zone.id] = MarkTruth(
                    value=MarkValue.MARKED if zone.option == agrees else MarkValue.EMPTY, style=style
                )
            elif zone.question in truth:
                text = truth[zone.question]
                plain = (
                    tuple("" if one == " " or (odd and one in HABITS) else one for one in text)
                    if zone.kind is ZoneKind.COMB
                    else ()
                )
                texts[zone.id] = TextTruth(text=text, cells=plain)
                for one, cell in zip(text, zone.cells, strict=False):
                    lines += by_habit(one, cell, rng) if odd and one in HABITS else []
        ink = draw_ink(gray.shape, page, PageTruth(number=1, marks=marks, texts=texts), hand=hand, rng=rng, lines=lines)
        return save_jpeg(path, scan_page(gray, PROFILES["good scanner"], rng, ink=ink).image.gray, 92)


def written(number):
    """What the writer of form `number` writes: codes, phone, health, a date, a place, a remark."""
    rng = np.random.default_rng([number, 8])
    codes = {name: "".join(rng.choice(list("0123456789772277"), 6)) for name in (*CODES, "phone", "health")}
    return codes | {"since": f"0{rng.integers(1, 8)}1020{rng.integers(10, 25)}", "place": "NORDHAUS", "remark": "Danke"}


@pytest.fixture(scope="module")
def survey(tmp_path_factory):
    """Forty printed forms."""
    base = tmp_path_factory.mktemp("habits")
    source = base / "habits.yaml"
    source.write_text(QUESTIONNAIRE, encoding="utf-8")
    with init_project(base / "project", questionnaire=source, language="en") as project:
        printed = print_forms(project, PrintOrder(recipients=(None,) * 40, seed=5), base / "forms.pdf")
        settings = project.folder / "survey.toml"
        settings.write_text(
            settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), encoding="utf-8"
        )
        (project.folder / MODELS).mkdir()
        (project.folder / MODELS / KEY).write_bytes(KEYED)
        form_ids = tuple(row["form_id"] for row in json.loads((base / "forms.copies.json").read_text("utf-8")))
        return Survey(folder=project.folder, layout=printed.layout, form_ids=form_ids, pdf=printed.pdf)


def canonical(name, text):
    """The value that the rules make of what was written."""
    return f"{text[4:]}-{text[2:4]}-{text[:2]}" if name == "since" else text


def settle(project, truth_of, *, everything=False):
    """A person decides every field that waits (or every field) as it was written; returns how many."""
    desk, done = Desk(project), 0
    for response in project.store.responses():
        truth = truth_of[response.id]
        for answer in response.answers:
            if answer.column not in truth or not (everything or answer.status.value == "review"):
                continue
            card = desk.card(f"{response.id}/{answer.column}")
            wanted = canonical(answer.column, truth[answer.column])
            kind = DecisionKind.CONFIRM if answer.value == wanted else DecisionKind.CORRECT
            sent = Submission(
                uuid=str(uuid4()),
                item=card.id,
                version=card.version,
                basis="",
                kind=kind,
                from_value=answer.value,
                to_value=wanted,
            )
            (outcome,) = desk.decide([sent], reviewer="anna")
            assert outcome.result == "saved", outcome
            done += 1
    desk.close()
    return done


def fill(survey, project, numbers, folder, *, agrees=None, odd=True):
    """Scans of these forms are read; returns what was written, by form id. `agrees`: number -> option ticked, "yes"
    by default.
    """
    truth_of = {}
    for number in numbers:
        truth_of[survey.form_ids[number]] = written(number)
        survey.scan(
            number, written(number), folder / f"{number}.jpg", agrees=(agrees or {}).get(number, "yes"), odd=odd
        )
    summary = read_batch(project, [folder], executors.serial())
    assert summary.refused == 0
    return truth_of


@pytest.fixture(scope="module")
def confirmed(survey, tmp_path_factory):
    """A project with four forms of which a person confirmed everything: two agree, one does not, one ticked nothing;
    and what was written.
    """
    base = tmp_path_factory.mktemp("confirmed")
    with survey.project(base / "project") as project:
        truth_of = fill(survey, project, range(4), base / "scans", agrees={2: "no", 3: ""}, odd=False)
        settle(project, truth_of, everything=True)
    return base / "project", truth_of


@pytest.fixture
def opened(confirmed, tmp_path):
    """A fresh copy of it, opened; the archive lies inside."""
    shutil.copytree(confirmed[0], tmp_path / "project")
    with open_project(tmp_path / "project") as project:
        yield project


def exported(project, folder, order=FOR_ALL, *, at=None):
    """Export; returns what was said and the manifest."""
    done = export_crops(project, folder, order, at=at or datetime.now(UTC))
    return done, read_manifest(folder)


def questions(manifest):
    return {one.source.question for one in (*manifest.rows, *manifest.lines)}


class Ears:
    """A reader of cells that keeps what it was given; the real one answers."""

    kind, rank, name = "cells", 99, "ears"

    def __init__(self):
        self.heard = []

    def read(self, jobs):
        self.heard += jobs
        return NETWORKS.read(jobs)


@pytest.mark.slow
def test_crops_are_what_the_reader_saw(survey, opened, tmp_path):
    """Each picture and its four facts are those that the reader of cells got, and show what was written."""
    _, manifest = exported(opened, tmp_path / "crops")
    seen = {}
    for response in opened.store.responses():
        ears = Ears()
        ref = next(answer.evidence.ref for answer in response.answers if answer.evidence)
        with opened.store.reading() as tx:
            page_map, _ = ledger.page_maps(tx, ref)
        image = lightened(load_page(opened.original(ref), Limits()).image)
        prepared = editions_of(FolderSource(folder=str(opened.folder))).edition(survey.layout.digest).prepared(1)
        reader.read_page(
            image, page_map, prepared, ReadingContext(readers=Readers(cells=ears, lines=best_readers().lines))
        )
        for row in ears.heard:
            for cell in row.cells:
                if cell is not None:
                    seen[(cell.gray.tobytes(), cell.height, cell.width, cell.x, cell.y)] = True
    cells = [cell for row in manifest.rows for cell in cells_of(tmp_path / "crops", row)]
    assert len(cells) > 60
    assert all((cell.gray.tobytes(), cell.height, cell.width, cell.x, cell.y) in seen for cell in cells)


@pytest.mark.slow
def test_every_cell_has_its_character(opened, confirmed, tmp_path):
    """The characters of a row are those that were written, in their cells; texts come with what was confirmed."""
    key = {pseudonym(KEYED, form): form for form in confirmed[1]}
    done, manifest = exported(opened, tmp_path / "crops")
    for row in manifest.rows:
        plain = confirmed[1][key[row.source.form]][row.source.question]
        assert {cell.place: cell.truth for cell in row.cells} == {
            place: one for place, one in enumerate(plain) if one != " "
        }
    assert {(lines.source.question, lines.truth) for lines in manifest.lines} == {("remark", "Danke")}
    assert (done.forms, done.without_consent) == (4, 0)
    assert (
        done.cells
        == sum(len(row.cells) for row in manifest.rows)
        == len(list((tmp_path / "crops" / PICTURES).glob("*.png"))) - len(manifest.lines)
    )


@pytest.mark.slow
def test_no_crop_without_consent(opened, confirmed, tmp_path):
    """Only forms on which the tick stands beyond doubt go out; "no" and nothing at all are no consent."""
    done, manifest = exported(opened, tmp_path / "crops", AGREED)
    agreed = {pseudonym(KEYED, form) for form in list(confirmed[1])[:2]}
    assert {row.source.form for row in manifest.rows} == agreed
    assert (done.forms, done.without_consent, manifest.consent) == (2, 2, "agree=yes")


def test_a_doubtful_tick_is_no_consent(opened, confirmed, tmp_path):
    """A tick that waits for a person does not count until the person has confirmed it."""
    form = next(iter(confirmed[1]))
    stored = next(response for response in opened.store.responses() if response.id == form)
    answers = tuple(
        replace(one, status=one.status.REVIEW, problems=("unclear-mark",)) if one.question == "agree" else one
        for one in stored.answers
    )
    opened.store.save_response(replace(stored, answers=answers), batch_id=1)
    assert exported(opened, tmp_path / "crops", AGREED)[0].forms == 1
    card = Desk(opened).card(f"{form}/agree")
    decide = Submission(
        uuid=str(uuid4()),
        item=card.id,
        version=card.version,
        basis="",
        kind=DecisionKind.CONFIRM,
        from_value="yes",
        to_value="",
    )
    assert Desk(opened).decide([decide], reviewer="anna")[0].result == "saved"
    assert exported(opened, tmp_path / "crops", AGREED)[0].forms == 2


def test_consent_that_nobody_asked_for(opened, tmp_path):
    """A question or an option that no questionnaire has is refused, and nothing is written."""
    for consent in (("agre", "yes"), ("agree", "maybe"), ("first", "yes")):
        with pytest.raises(UsageError):
            export_crops(opened, tmp_path / "crops", replace(AGREED, consent=consent), at=AT)
    assert not (tmp_path / "crops").exists()


@pytest.mark.slow
def test_contact_data_stay_unless_asked_for(opened, tmp_path):
    """Contact data are left out and counted; sensitive ones on request."""
    done, manifest = exported(opened, tmp_path / "a")
    assert questions(manifest) == {*CODES, "health", "since", "place", "remark"}
    assert done.left_out["contact"] == 4
    assert "phone" in questions(exported(opened, tmp_path / "b", replace(FOR_ALL, with_contact=True))[1])
    assert "health" not in questions(exported(opened, tmp_path / "c", replace(FOR_ALL, without_sensitive=True))[1])


@pytest.mark.slow
def test_forms_go_by_pseudonyms(opened, confirmed, tmp_path):
    """No form id, token or file name stands in the export; another key gives other names."""
    exported(opened, tmp_path / "crops")
    everything = (tmp_path / "crops" / MANIFEST).read_text("utf-8") + " ".join(
        path.name for path in (tmp_path / "crops").rglob("*")
    )
    for form in confirmed[1]:
        assert form not in everything
    names = {row.source.form for row in read_manifest(tmp_path / "crops").rows}
    (opened.folder / MODELS / KEY).write_bytes(bytes(32))
    exported(opened, tmp_path / "other")
    assert not names & {row.source.form for row in read_manifest(tmp_path / "other").rows}


@pytest.mark.slow
def test_the_manifest_keeps_its_contract(opened, tmp_path):
    """manifest.json fits its schema."""
    exported(opened, tmp_path / "crops")
    schema = json.loads((ROOT / "docs" / "schemas" / "crops.schema.json").read_text("utf-8"))
    jsonschema.validate(json.loads((tmp_path / "crops" / MANIFEST).read_text("utf-8")), schema)


def test_withdrawn_forms_leave_the_export(opened, tmp_path):
    """Exporting again after a batch was withdrawn deletes its crops."""
    folder = tmp_path / "crops"
    exported(opened, folder)
    assert list((folder / PICTURES).iterdir())
    withdraw(opened, 1)
    done, manifest = exported(opened, folder)
    assert (done.forms, manifest.rows, list((folder / PICTURES).iterdir())) == (0, (), [])


def test_what_nobody_decided_stays(survey, confirmed, tmp_path):
    """Values that the machine accepted, or that still wait, are not exported."""
    with survey.project(tmp_path / "project") as project:
        truth_of = fill(survey, project, [4], tmp_path / "scans", odd=False)
        assert exported(project, tmp_path / "crops")[0].rows == 0
        form = survey.form_ids[4]
        value = canonical("first", truth_of[form]["first"])
        project.store.add_decision(
            Decision(
                uuid="u",
                item=f"{form}/first",
                version=1,
                reviewer="anna",
                kind=DecisionKind.CORRECT,
                from_value="",
                to_value=value,
                at=AT.isoformat(),
            )
        )
        assert questions(exported(project, tmp_path / "crops", at=AT)[1]) == {"first"}


@pytest.mark.slow
def test_values_that_do_not_match_the_ink(opened, confirmed, tmp_path):
    """A value with another number of characters than cells with ink, and one without a value, are left out and
    counted.
    """
    form = next(iter(confirmed[1]))
    kinds = {
        "first": (DecisionKind.CORRECT, "1234"),
        "second": (DecisionKind.ILLEGIBLE, ""),
        "third": (DecisionKind.NO_ANSWER, ""),
    }
    for name, (kind, value) in kinds.items():
        later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat()
        opened.store.add_decision(
            Decision(
                uuid=name,
                item=f"{form}/{name}",
                version=1,
                reviewer="anna",
                kind=kind,
                from_value="",
                to_value=value,
                at=later,
            )
        )
    before = export_crops(opened, tmp_path / "crops", FOR_ALL, at=datetime.now(UTC))
    mine = {
        row.source.question
        for row in read_manifest(tmp_path / "crops").rows
        if row.source.form == pseudonym(KEYED, form)
    }
    assert not {"first", "second", "third"} & mine
    assert before.left_out["no-value"] == 2
    assert before.left_out["count"] >= 1


def test_crops_are_deleted_when_their_time_is_over(opened, tmp_path):
    """Each entry names its last day, counted from the confirmation; after it, purging, training and a new export
    delete it.
    """
    folder = tmp_path / "crops"
    _, manifest = exported(opened, folder)
    until = {row.source.keep_until for row in manifest.rows}
    assert until == {
        (datetime.fromisoformat(manifest.rows[0].source.confirmed_at) + timedelta(days=30)).date().isoformat()
    }
    (last,) = until
    (folder / PICTURES / "left-behind.png").write_bytes(b"x")
    assert purge(folder, last)[1] == 0
    assert not (folder / PICTURES / "left-behind.png").exists()
    assert exported(opened, tmp_path / "late", at=datetime.now(UTC) + timedelta(days=40))[0].left_out["expired"] > 0
    with pytest.raises(InputError):
        train(opened, [folder], at=datetime.now(UTC) + timedelta(days=40))
    assert list((folder / PICTURES).iterdir()) == []
    assert read_manifest(folder).rows == ()


@pytest.mark.slow
def test_folders_that_hold_something_else(opened, tmp_path):
    """Other files, the crops of another project, and names that lead out of the folder are refused."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("Dear")
    with pytest.raises(InputError):
        export_crops(opened, tmp_path / "full", FOR_ALL, at=AT)
    exported(opened, tmp_path / "crops")
    data = json.loads((tmp_path / "crops" / MANIFEST).read_text("utf-8"))
    (opened.folder / MODELS / KEY).write_bytes(bytes(32))
    with pytest.raises(InputError):
        export_crops(opened, tmp_path / "crops", FOR_ALL, at=AT)
    data["rows"][0]["cells"][0]["file"] = "../manifest.json"
    (tmp_path / "crops" / MANIFEST).write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError):
        purge(tmp_path / "crops", "2026-01-01")


def test_too_few_crops_are_refused(opened, tmp_path):
    """Four forms teach nothing: a message says how many there are and how many it takes; nothing is put in place."""
    exported(opened, tmp_path / "crops")
    with pytest.raises(InputError) as refused:
        train(opened, [tmp_path / "crops"], at=datetime.now(UTC))
    assert refused.value.slug == "too-few-crops"
    assert "4 " in str(refused.value)
    assert readers_of(opened.folder).cells is NETWORKS


def some_head(network="digits", of=None, size=0.01):
    members, features, classes = 2, 96, len(class_names(network))
    change = np.full((members, features + 1, classes), size, np.float32) * np.arange(classes, dtype=np.float32)
    return Head(network=network, of=of or shipped_digest(network), change=change, temperature=1.1)


def put(folder, head):
    path = head_path(folder, head.network)
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        write_head(head, file)
    return path


def test_a_head_reads_only_with_its_network(opened):
    """A project's head reads and names itself; one of another network, or a damaged file, does not, and doctor says
    so.
    """
    head = some_head()
    put(opened.folder, head)
    assert readers_of(opened.folder).cells.name == f"{READER}+{head.digest}"
    assert [one.good for one in doctor.examine(opened.folder, "en") if one.name.startswith("project's own reader")] == [
        True
    ]
    path = put(opened.folder, some_head(of="0" * 64))
    assert readers_of(opened.folder).cells is NETWORKS
    (said,) = [one for one in doctor.examine(opened.folder, "en") if one.name.startswith("project's own reader")]
    assert not said.good
    assert "scanform train" in said.remedy
    path.write_bytes(b"no head")
    assert readers_of(opened.folder).cells is NETWORKS
    assert [one.good for one in doctor.examine(opened.folder, "en") if one.name.startswith("project's own reader")] == [
        False
    ]


@pytest.mark.slow
def test_values_say_which_head_read_them(survey, tmp_path):
    """The pages of a project are read with its head; a value in cells names it, one of the other network does not."""
    with survey.project(tmp_path / "project") as project:
        head = some_head(size=1e-6)
        put(project.folder, head)
        fill(survey, project, [5], tmp_path / "scans", odd=False)
        (response,) = project.store.responses()
        named = {answer.question: answer.reader for answer in response.answers}
        assert (named["first"], named["place"]) == (f"{READER}+{head.digest}", READER)
        assert forget(project) == ("digits",)
        assert readers_of(project.folder).cells is NETWORKS


OWL = """
class Owl:
    kind, rank, name = "cells", 50, "owl"

    def read(self, jobs):
        return []


OWL = Owl()
"""


def test_a_reader_of_higher_rank_goes_before_a_head(opened, tmp_path, monkeypatch):
    """What another package brings reads cells, whatever the project trained."""
    put(opened.folder, some_head())
    (tmp_path / "owl_reader.py").write_text(OWL, encoding="utf-8")
    facts = tmp_path / "owl_reader-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: owl-reader\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[scanform.readers]\nowl = owl_reader:OWL\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    every_reader.cache_clear()
    best_readers.cache_clear()
    try:
        assert readers_of(opened.folder).cells.name == "owl"
    finally:
        monkeypatch.undo()
        every_reader.cache_clear()
        best_readers.cache_clear()
    assert readers_of(opened.folder).cells.name.startswith(f"{READER}+")


def test_heads_are_read_as_they_were_written(tmp_path):
    """Change, temperature and name survive the file."""
    head = some_head("characters", size=0.3)
    with (tmp_path / "head.npz").open("wb") as file:
        write_head(head, file)
    again = read_head(tmp_path / "head.npz")
    assert (again.digest, again.network, again.fits) == (head.digest, "characters", True)
    assert some_head("characters", size=0.4).digest != head.digest


@pytest.mark.slow
def test_a_project_learns_its_hands(survey, tmp_path):
    """Sevens with a foot and barred twos: after people settled 24 forms, training reads held-out forms better, and
    new forms too.
    """
    with survey.project(tmp_path / "project") as project:
        truth_of = fill(survey, project, range(24), tmp_path / "scans")
        assert settle(project, truth_of) > 60
        exported(project, tmp_path / "crops", AGREED)
        (tried, *_) = train(project, [tmp_path / "crops"], at=datetime.now(UTC), dry_run=True).networks
        assert tried.comparison.better
        assert not tried.in_place
        assert readers_of(project.folder).cells is NETWORKS
        (digits, *_) = train(project, [tmp_path / "crops"], at=datetime.now(UTC)).networks
        assert (digits.network, digits.in_place, digits.reader) == ("digits", True, tried.reader)
        assert digits.comparison.after.right > digits.comparison.before.right
        assert digits.comparison.after.log_loss < 0.1 * digits.comparison.before.log_loss
        assert digits.comparison.after.wrong_of_accepted <= digits.comparison.before.wrong_of_accepted
        kept = json.loads(head_path(project.folder, "digits").with_suffix(".json").read_text("utf-8"))
        assert not set(kept["held_out"]["forms"]) & set(kept["trained_on"]["forms"])
        assert kept["reader"] == digits.reader
        after = right_values(project, fill(survey, project, range(30, 34), tmp_path / "more"))
        assert {
            answer.reader
            for response in project.store.responses()
            for answer in response.answers
            if answer.question == "first"
        } == {READER, digits.reader}
        again = train(project, [tmp_path / "crops"], at=datetime.now(UTC)).networks[0]
        assert not again.in_place  # the same once more is no better
    with survey.project(tmp_path / "plain") as project:
        before = right_values(project, fill(survey, project, range(30, 34), tmp_path / "more"))
    assert after[0] >= before[0] + 12
    assert after[1] <= before[1]


def right_values(project, truth_of):
    """Of the codes of these forms: how many are right, and how many are accepted and wrong."""
    right = silent = 0
    for response in project.store.responses():
        for answer in response.answers:
            if response.id in truth_of and answer.question in CODES:
                good = answer.value == truth_of[response.id][answer.question]
                right += good
                silent += not good and answer.status.value == "auto"
    return right, silent


def command(capsys, *arguments):
    """Exit code and output of a command."""
    with pytest.raises(SystemExit) as ended:
        program.main.main(args=[str(one) for one in arguments])
    said = capsys.readouterr()
    return ended.value.code, said.out, said.err


@pytest.mark.slow
def test_the_commands(opened, tmp_path, capsys):
    """Without a word about consent nothing happens; export, purge, training and forgetting answer people in their
    language, and machines with JSON.
    """
    folder, project = tmp_path / "crops", ("--project", opened.folder, "--language", "de")
    for wrong in ((), ("--consent", "agree=yes", "--consent-for-all"), ("--consent", "agree")):
        code, _, said = command(capsys, "export-crops", folder, *project, *wrong)
        assert (code, "--consent" in said, folder.exists()) == (2, True, False)
    code, out, _ = command(capsys, "export-crops", folder, "--consent", "agree=yes", "--keep-days", 7, *project)
    assert code == 0
    assert "von 2 Bögen" in out
    assert "nicht ausgegeben: 2" in out
    assert read_manifest(folder).keep_days == 7
    code, out, _ = command(capsys, "export-crops", folder, "--consent-for-all", "--json", *project)
    assert json.loads(out)["forms"] == 4
    code, out, _ = command(capsys, "export-crops", folder, "--purge", "--json")
    assert (code, json.loads(out)["gone"]) == (0, 0)
    code, _, said = command(capsys, "train", folder, *project)
    assert (code, "Zu wenig" in said) == (4, True)
    assert command(capsys, "train", *project)[0] == 2
    put(opened.folder, some_head())
    assert json.loads(command(capsys, "train", "--forget", "--json", *project)[1]) == {"forgotten": ["digits"]}
