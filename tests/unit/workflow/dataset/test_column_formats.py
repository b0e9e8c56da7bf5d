"""Formats of online exports from the command line: shown, asked for, kept with the survey; and what reaches the data
set.
"""

import csv
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from scanform.cli import dataset
from scanform.cli.program import main
from scanform.config import Config
from scanform.errors import StoreError
from scanform.model.column_format import FormatKind
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Missing, Response, Status
from scanform.store import revisions, values
from scanform.workflow.dataset.column_formats import parsed
from scanform.workflow.dataset.import_digital import try_import
from scanform.workflow.printing.print_forms import PrintOrder, print_forms
from scanform.workflow.project.project import init_project, open_project
from scanform.workflow.project.time_zone import LocalZone, machine_zone, zone, zone_name
from scanform.workflow.settling.withdraw import withdraw

YAML = """
code: places
version: "1"
languages: en
title: Places
sections:
  - title: All
    questions:
      - {question: since, type: date, text: Since}
      - {question: area, type: decimal, text: Area, cells: [6, 2]}
      - {question: town, type: text, text: Town}
      - {question: aids, type: multiple, text: Aids, options: {lift: Lift, ramp: Ramp}}
"""
COLUMNS = ("id", "token", "submitdate", "since", "area", "town", "aids[lift]", "aids[ramp]")
ROW = {
    "id": "1",
    "token": "AA11",
    "submitdate": "2026-06-10 00:30:00",
    "since": "6/1/2025",
    "area": "12.5",
    "town": "Hörde",
    "aids[lift]": "Y",
}
CLEAR = ROW | {"since": "2025-06-01"}


@pytest.fixture(scope="module")
def empty_project(tmp_path_factory):
    """A project without responses, its server in Berlin: a folder to copy."""
    base = tmp_path_factory.mktemp("formats")
    (base / "places.yaml").write_text(YAML, encoding="utf-8")
    init_project(base / "project", questionnaire=base / "places.yaml", language="en").close()
    set_zone(base / "project", "Europe/Berlin")
    return base / "project"


@pytest.fixture
def project(empty_project, tmp_path):
    return Path(shutil.copytree(empty_project, tmp_path / "project"))


def set_zone(folder, name):
    path = folder / "survey.toml"
    lines = [
        f'time_zone = "{name}"' if line.startswith("time_zone") else line
        for line in path.read_text("utf-8").splitlines()
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write(folder, *rows, name="export.csv", columns=COLUMNS):
    text = io.StringIO()
    out = csv.DictWriter(text, columns, quoting=csv.QUOTE_ALL, extrasaction="ignore", restval="")
    out.writeheader()
    out.writerows(rows)
    (folder.parent / name).write_text(text.getvalue(), encoding="utf-8")
    return folder.parent / name


def run(folder, *arguments, code=0):
    result = CliRunner().invoke(main, ["--project", str(folder), *map(str, arguments)])
    assert result.exit_code == code, result.output
    return result.output


def stored(folder):
    with open_project(folder) as project:
        return {response.id: response for response in project.store.responses()}


def since(folder):
    return [response.answer("since").value for response in stored(folder).values()]


def test_what_is_not_clear_stops_the_import_with_both_readings(project):
    """Exit code of a user error, nothing written, and the option that says which; a script says it once."""
    path = write(project, ROW)
    said = run(project, "import-digital", path, "--yes", code=2)
    assert all(
        part in said
        for part in ("since", "row 2", "6/1/2025", "2025-01-06", "2025-06-01", "--read since=day-month", "month-day")
    )
    with open_project(project) as opened, opened.store.reading() as tx:
        assert (opened.store.responses(), opened.store.batches(), revisions.surveys(tx)) == ([], [], [])
    said = run(project, "import-digital", path, "--read", "since=month-day")
    assert "since: month before day (as stated), for instance 6/1/2025 = 2025-06-01" in said
    assert since(project) == ["2025-06-01"]


def test_what_was_said_holds_for_the_next_export(project):
    """The same survey is read the same way, without asking; where a file shows another way, that is named."""
    run(project, "import-digital", write(project, ROW), "--read", "month-day")
    said = run(project, "import-digital", write(project, ROW, ROW | {"id": "2", "token": "BB22", "since": "6/2/2025"}))
    assert "as in the last export" in said
    assert since(project) == ["2025-06-01", "2025-06-02"]
    said = run(
        project,
        "import-digital",
        write(project, ROW | {"since": "1/6/2025"}, ROW | {"id": "2", "token": "BB22", "since": "13/6/2025"}),
    )
    assert "Column since: until now read as month before day, now as day before month" in said
    assert since(project) == ["2025-06-01", "2025-06-13"]


def test_withdrawing_an_import_takes_back_what_was_said_of_it(project):
    """The next export is asked about again."""
    run(project, "import-digital", write(project, ROW), "--read", "month-day")
    with open_project(project) as opened:
        withdraw(opened, 1)
    run(project, "import-digital", write(project, ROW), code=2)


def test_another_survey_is_not_read_like_the_first(project):
    """What was said of one survey says nothing of another."""
    run(project, "import-digital", write(project, ROW), "--read", "month-day", "--survey", "first")
    other = write(project, ROW | {"token": "ZZ99"}, ROW | {"id": "2", "token": "YY88"}, name="other.csv")
    assert "since" in run(project, "import-digital", other, "--survey", "second", code=2)
    run(project, "import-digital", other, "--survey", "second", "--read", "day-month")
    with open_project(project) as opened, opened.store.reading() as tx:
        kept = [revisions.formats(tx, one.id)["since", FormatKind.DATES] for one in revisions.surveys(tx)]
    assert kept == ["month-day", "day-month"]


def test_a_clear_file_needs_nothing(project):
    """Scripts that import what LimeSurvey writes go on as they are; how it was read is said, in JSON too."""
    said = json.loads(run(project, "import-digital", write(project, CLEAR), "--json"))
    assert (said["new"], said["problems"]) == (1, [])
    assert [(one["column"], one["kind"], one["reading"]) for one in said["formats"]] == [
        ("area", "numbers", "decimal-point"),
        ("", "zone", "Europe/Berlin"),
    ]
    assert "0 new" in run(project, "import-digital", write(project, CLEAR), "--yes")


@pytest.mark.parametrize(
    "said", ["since=sideways", "sideways", "nosuch=day-month", "area=decimal-comma", "since=day-month"]
)
def test_what_a_person_says_wrongly_is_refused(project, said):
    """A reading that there is not, a column that leaves nothing to decide, and what the cells contradict."""
    run(project, "import-digital", write(project, ROW | {"since": "6/13/2025"}), "--read", said, code=2)
    assert stored(project) == {}


def test_a_person_at_the_terminal_is_asked(project):
    """Each open column is asked for, and what is unusual is confirmed; without a yes nothing happens."""
    path = write(project, ROW | {"town": "HÃ¶rde"})

    def ask(typed):
        with open_project(project) as opened, CliRunner().isolation(input=typed) as (out, *_):
            known = dataset._asked_formats(lambda said: try_import(opened, path, said=said), {}, "en")
            assert opened.store.responses() == []
            return known, out.getvalue().decode()

    known, shown = ask("nonsense\nmonth-day\ny\n")
    assert known == {("since", FormatKind.DATES): "month-day"}
    assert all(
        part in shown for part in ("2025-01-06", "2025-06-01", "HÃ¶rde = Hörde", "Europe/Berlin", "Is that right?")
    )
    with pytest.raises(Exception, match="Nothing was taken over"):
        ask("month-day\nn\n")
    with pytest.raises(click.exceptions.Abort):
        ask("")


@pytest.mark.slow
def test_the_terminal_itself(project):
    """A real terminal: asked, answered, stored; the next export of the same kind is not asked about."""
    path = write(project, ROW)
    for typed, expected in (
        ("month-day\ny\n\x04", "How is column since to be read?"),
        ("\x04", "as in the last export"),
    ):
        leader, follower = os.openpty()
        os.write(leader, typed.encode())
        command = [sys.executable, "-m", "scanform.cli", "--project", str(project), "import-digital", str(path)]
        done = subprocess.run(
            command, stdin=follower, stdout=follower, stderr=follower, check=False, env={**os.environ, "COLUMNS": "400"}
        )
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        os.close(leader)
        assert (done.returncode, expected in shown.decode()) == (0, True), shown.decode()
    assert since(project) == ["2025-06-01"]


def test_the_zone_of_the_server_is_a_setting(project):
    """Times are kept as UTC; a changed setting is named, and the responses follow."""
    run(project, "import-digital", write(project, CLEAR))
    assert stored(project)["online-1"].received_at == "2026-06-09T22:30:00+00:00"
    set_zone(project, "UTC")
    said = run(project, "import-digital", write(project, CLEAR))
    assert "until now Europe/Berlin, now UTC" in said
    assert stored(project)["online-1"].received_at == "2026-06-10T00:30:00+00:00"
    set_zone(project, "")
    assert "UTC (as in the last export)" in run(project, "import-digital", write(project, CLEAR))
    set_zone(project, "Europe/Dortmund")
    with pytest.raises(StoreError, match="Dortmund"):
        open_project(project)


def test_without_a_setting_it_is_this_machines_zone(monkeypatch):
    """By its name, so that summer time is known; what was known of a survey comes first."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    assert machine_zone() == "Europe/Berlin"
    assert zone_name(Config(), "America/New_York") == "America/New_York"
    assert zone_name(Config(time_zone="UTC"), "America/New_York") == "UTC"
    assert isinstance(zone("local"), LocalZone)


@pytest.mark.slow
def test_options_that_were_not_offered_reach_the_data_set(project):
    """-5 for that option only; a later export that has it says more, and one that lacks it again takes nothing away."""
    lacking = [name for name in COLUMNS if name != "aids[ramp]"]
    run(
        project,
        "import-digital",
        write(project, CLEAR, CLEAR | {"id": "2", "token": "BB22", "aids[lift]": ""}, columns=lacking),
    )

    def cells():
        run(project, "export", project.parent / "data")
        with (project.parent / "data" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
            return [(row["aids__lift"], row["aids__ramp"]) for row in csv.DictReader(file)]

    assert cells() == [("1", "-5"), ("-1", "-5")]
    assert stored(project)["online-1"].answer("aids").not_offered == ("ramp",)
    rows = [CLEAR | {"aids[ramp]": "Y"}, CLEAR | {"id": "2", "token": "BB22", "aids[lift]": ""}]
    for columns in (COLUMNS, lacking):
        run(project, "import-digital", write(project, *rows, columns=columns))
        assert cells() == [("1", "1"), ("-1", "-1")]
    assert stored(project)["online-2"].answer("aids").missing is Missing.NO_ANSWER


def test_a_script_may_always_say_the_same(project):
    """What is said of all unclear columns, or of one in which nothing hangs on it this time, harms nothing."""
    run(
        project,
        "import-digital",
        write(project, CLEAR | {"submitdate": "13/6/2026 10:00"}),
        "--read",
        "month-day",
        "--read",
        "since=month-day",
    )
    assert stored(project)["online-1"].received_at == "2026-06-13T08:00:00+00:00"
    assert since(project) == ["2025-06-01"]


def test_readings_are_parsed():
    """COLUMN=READING, or READING for all that is open; a column may have brackets."""
    assert parsed(["since=month-day", "labels"]) == {
        ("since", FormatKind.DATES): "month-day",
        ("", FormatKind.ANSWERS): "labels",
    }


@pytest.mark.slow
def test_an_option_of_a_later_edition_was_not_offered_on_paper(project):
    """A form printed before the option existed: -5 for that option only, in the data set of the newer questionnaire."""
    with open_project(project) as opened:
        done = print_forms(opened, PrintOrder(recipients=(None,)), project.parent / "forms.pdf")
        (form,) = done.forms
        ticked = Answer(question="aids", kind=QuestionKind.MULTIPLE, value="lift", confidence=1.0, status=Status.AUTO)
        paper = Response(id=form.form_id, questionnaire="places", version="1", channel=Channel.PAPER, answers=(ticked,))
        with opened.store.writing() as tx:
            values.save_response(tx, paper, batch_id=None)
    newer = project.parent / "newer.yaml"
    newer.write_text(
        YAML.replace('version: "1"', 'version: "2"').replace("{lift: Lift", "{loop: Loop, lift: Lift"), encoding="utf-8"
    )
    run(project, "add-questionnaire", newer)
    run(project, "export", project.parent / "data")
    with (project.parent / "data" / "responses.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert [row[f"aids__{option}"] for option in ("loop", "lift", "ramp")] == ["-5", "1", "0"]
