"""One questionnaire, every channel, one table: on the web, in a survey that LimeSurvey got from us, keyed by staff, on
paper with a person's help; each says the truth in the data set, missing codes included.
"""

import csv
from collections.abc import Mapping

import cv2
import numpy as np
import pytest
from PIL import Image

from bench.web_form_material import ANSWERS, CANONICAL, TOKENS, make_project, sent
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.formats.survey_tools.limesurvey_tsv import to_tsv
from scanform.formats.survey_tools.limesurvey_write import to_survey
from scanform.model.layout import ZoneKind
from scanform.model.response import Channel
from scanform.model.review import DecisionKind
from scanform.scan.load import rasterize
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.dataset.export import export_dataset
from scanform.workflow.dataset.import_digital import import_digital
from scanform.workflow.dataset.merge_responses import merge_responses
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.project.project import open_project
from scanform.workflow.reading.executors import serial
from scanform.workflow.review.desk import Desk, Submission
from scanform.workflow.review.key_entry import find_form, key_answers, save
from tests.unit.formats.survey_tools.test_round_trip import export_columns

LEAST = {"place": "Leer", "staff": "no", "kind": "club"}
"""What is asked for, and nothing more: `staff` leaves two questions out."""

OWN = {"response_id", "token", "channel", "place_id", "received_at", "complete", "version", "signed", "signed__status"}
"""Columns in which channels differ: who, when, how; and the signature, which only paper has."""

WEB, TOOL, KEYED, PAPER = ("web", "tool", "keyed", "paper")
DPI = 200


def codes(channel: str) -> tuple[str, str]:
    """The access codes of two people who answer this way: one everything, one the least."""
    return f"{channel}-8130275F", f"{channel}-4471X0QM"


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """The data set's row of each access code, contact data beside it."""
    base = tmp_path_factory.mktemp("channels")
    tokens = [code for channel in (WEB, TOOL, KEYED, PAPER) for code in codes(channel)]
    folder = make_project(base / "project", tokens=tokens)
    settings = folder / "survey.toml"
    settings.write_text(settings.read_text("utf-8").replace("settle_seconds = 2.0", "settle_seconds = 0.0"), "utf-8")
    with open_project(folder) as project:
        for code, said in zip(codes(WEB), (ANSWERS, LEAST), strict=True):
            assert sent(AnsweringDesk(project), code, said) is not None
        import_digital(project, limesurvey_export(project, base / "results.csv"))
        for code, said in zip(codes(KEYED), (CANONICAL, LEAST), strict=True):
            keyed = key_answers(find_form(project, code), listed(said), channel=Channel.PHONE)
            save(project, keyed, reviewer="kim")
        on_paper(project, base)
        merge_responses(project)
        export_dataset(project, base / "out")
    rows = {row["token"]: row for row in read(base / "out" / "responses.csv")}
    for row in read(base / "out" / "contact.csv"):
        rows[row["token"]] |= {name: cell for name, cell in row.items() if name not in OWN}
    return rows


def read(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def listed(said: Mapping[str, str]) -> dict[str, object]:
    """Answers as a prepared list has them: several codes as a list."""
    return {column: entry.split() if column in {"offers", "daya", "dayb"} else entry for column, entry in said.items()}


def limesurvey_export(project, path):
    """What LimeSurvey exports of the survey that it got from us, with its own way to write each kind of answer."""
    form = load_questionnaire(project.folder / "questionnaires" / "every.yaml")
    columns = export_columns(to_tsv(to_survey(form)[0]))
    rows = [
        ["id", "submitdate", "lastpage", "startlanguage", "token", *columns],
        ["1", "2026-11-20 10:00:00", "5", "de", codes(TOOL)[0], *exported(columns, CANONICAL, filtered=())],
        ["2", "2026-11-20 11:00:00", "5", "de", codes(TOOL)[1], *exported(columns, LEAST, filtered=("hours", "pay"))],
    ]
    lines = (",".join("" if cell is None else '"' + cell.replace('"', '""') + '"' for cell in row) for row in rows)
    path.write_text("\n".join(lines) + "\n", "utf-8-sig", newline="\r\n")
    return path


def exported(columns, said, *, filtered):
    """The cells of one person; None for what was never shown."""
    found = dict.fromkeys(columns, "") | dict.fromkeys(filtered)
    for column, entry in said.items():
        if column in {"offers", "daya", "dayb"}:
            for code in entry.split():
                found |= ticked(columns, column, code)
        elif column == "kind":
            found["kind"] = "-oth-" if entry == "other" else entry
        elif column == "kind__other_text":
            found["kind[other]"] = entry
        elif column == "offers__more_text":
            found["offers[other]"] = entry
        elif column in {"warm", "quiet"}:
            found[f"view[{column}]"] = entry
        elif column in {"since", "until"}:
            found[column] = f"{entry} 00:00:00"
        elif column in {"opens", "closes"}:
            found[column] = f"1970-01-01 {entry}:00"
        else:
            assert column in found, column
            found[column] = entry
    assert set(found) == set(columns)
    return list(found.values())


def ticked(columns, column, code):
    """The cell of one box; that with text beside it has the text only."""
    if column == "offers":
        return {} if code == "more" else {f"offers[{code}]": "Y"}
    return {f"days[{column}_{code}]": "1"}


def on_paper(project, base):
    """Both people cross their boxes and write something in all other fields that they fill in; staff type what it is."""
    pages = list(rasterize(base / "project.pdf", dpi=DPI))
    layout = next(iter(project.layouts.values()))
    count = len(layout.pages)
    for number, (code, said) in enumerate(zip(codes(PAPER), (CANONICAL, LEAST), strict=True)):
        start = (6 + number) * count
        for page in layout.pages:
            mark(pages[start + page.number - 1], page, said)
        scans = [Image.fromarray(page) for page in pages[start : start + count]]
        file = base / f"{code}.tif"
        scans[0].save(file, save_all=True, append_images=scans[1:], compression="tiff_lzw", dpi=(DPI, DPI))
        read_batch(project, [file], serial())
    truth = dict(zip(codes(PAPER), (CANONICAL, LEAST), strict=True))
    tokens = {response.id: response.token for response in project.store.responses()}
    desk = Desk(project)
    while items := [item for item in desk.open_items() if tokens[item.response_id] in truth]:
        item = items[0]
        column = item.id.partition("/")[2]
        said = truth[tokens[item.response_id]].get(column, "")
        kind = DecisionKind.CORRECT if said else DecisionKind.NO_ANSWER
        act = Submission(
            uuid=f"p-{item.id}-{item.version}",
            item=item.id,
            version=item.version,
            basis="",
            kind=kind,
            from_value=item.value,
            to_value=said,
        )
        (outcome,) = desk.decide([act], reviewer="kim")
        assert outcome.result == "saved", (item.id, said, outcome.message)
    desk.close()


def mark(gray, page, said):
    """Crosses in the boxes of the answers, and scribbles where text stands."""
    for zone in page.zones:
        x, y, right, bottom = (
            round(edge * DPI / 25.4) for edge in (zone.rect.x, zone.rect.y, zone.rect.right, zone.rect.bottom)
        )
        if zone.kind is ZoneKind.MARK:
            if zone.option in said.get(zone.question, "").split():
                cv2.line(gray, (x + 4, y + 5), (right - 5, bottom - 4), 40, 4, cv2.LINE_AA)
                cv2.line(gray, (x + 5, bottom - 5), (right - 4, y + 4), 40, 4, cv2.LINE_AA)
        elif said.get(f"{zone.question}__{zone.option}_text" if zone.option else zone.question):
            points = np.array([(x + 12 + 9 * step, (y + 12, bottom - 12)[step % 2]) for step in range(14)], np.int32)
            cv2.polylines(gray, [points], False, 40, 4, cv2.LINE_AA)


@pytest.mark.slow
@pytest.mark.parametrize("which", [0, 1], ids=["everything", "least"])
@pytest.mark.parametrize("channel", [TOOL, KEYED, PAPER])
def test_every_channel_says_the_same(table, channel, which):
    """Cell by cell as on the web, whose answers are compared with the truth elsewhere."""
    web, other = table[codes(WEB)[which]], table[codes(channel)[which]]
    names = [name for name in web if name not in OWN and not name.endswith("__status")]
    assert {name: other[name] for name in names} == {name: web[name] for name in names}


@pytest.mark.slow
def test_the_truth_is_in_the_table(table):
    """Some cells of the least, where codes matter most: filtered, left empty, answered."""
    assert TOKENS[0] not in table
    for channel in (WEB, TOOL, KEYED, PAPER):
        row = table[codes(channel)[1]]
        assert [row[name] for name in ("hours", "pay", "people", "warm", "kind")] == ["-2", "-2", "-1", "-1", "club"]
        assert row["kind__other_text"] == ""
        assert table[codes(channel)[0]]["kind__other_text"] == "eine Werkstatt"
