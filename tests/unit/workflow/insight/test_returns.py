"""Who has answered: groups, channels, days and the curve counted from real responses; the commands around them."""

import contextlib
import csv
import json
import os
import re
import shutil
import subprocess
import sys

import openpyxl
import pytest
from click.testing import CliRunner

from scanform.cli.program import main
from scanform.model.place import Disposition, Place
from scanform.model.questionnaire import QuestionKind
from scanform.model.response import Answer, Channel, Response, Status
from scanform.store import issued, places
from scanform.store.records import Issued
from scanform.workflow.insight.make_report import make_report
from scanform.workflow.insight.returns import field_work
from scanform.workflow.printing.dispositions import set_disposition
from scanform.workflow.printing.place_register import plan_list
from scanform.workflow.project.project import init_project, open_project

SENT = "2026-01-05T08:00:00+00:00"
PLACES = (
    ("D-1", "Nord", "Verein", "complete", Channel.PAPER, "2026-01-09T10:00:00+00:00"),
    ("D-2", "Nord", "Verein", "complete", Channel.ONLINE, "2026-01-06T10:00:00+00:00"),
    ("D-3", "Nord", "Stadt", "partial", Channel.PAPER, "2026-01-09T11:00:00+00:00"),
    ("D-4", "Süd", "Stadt", "", None, ""),
    ("D-5", "Süd", "", "refused", None, ""),
    ("D-6", "", "", "ineligible", Channel.PAPER, "2026-01-10T10:00:00+00:00"),
)


@pytest.fixture(scope="session")
def answered(tmp_path_factory):
    """A project with six places to which forms were sent, some of which have answered: a folder to copy."""
    folder = tmp_path_factory.mktemp("returns") / "project"
    with init_project(folder, template="visitor-feedback", language="en") as project:
        with project.store.writing() as tx:
            found = [
                Place(
                    place_id=name, token=f"token{name}", name=f"Treff {name}", address=("Weg 1", "44137 Dortmund"),
                    carrier=carrier, district=district, further=(("Anrede", "Frau"),),
                )
                for name, district, carrier, *_ in PLACES
            ]  # fmt: skip
            places.add_places(tx, found, source="l.csv", reviewer="kim", at=SENT)
            for number, place in enumerate(found):
                form = {"instance": f"{number:07}", "digest": "2BNBJ", "form_id": f"2BNBJ-{number:07}-A"}
                assert issued.issue(tx, Issued(**form, token=place.token, printed_at=SENT))
        answer = Answer(question="open", kind=QuestionKind.SINGLE, value="yes", confidence=1.0, status=Status.AUTO)
        facts = {"questionnaire": "visitor-feedback", "version": "1", "answers": (answer,)}
        came = [
            Response(
                id=f"r-{name}",
                channel=channel,
                token=f"token{name}",
                received_at=at,
                complete=state != "partial",
                **facts,
            )
            for name, _, _, state, channel, at in PLACES
            if channel
        ]
        came.append(Response(id="r-x", channel=Channel.PHONE, received_at=SENT, **facts))
        project.store.save_responses(came, kind="keyed", label="b", at=SENT)
        for name, _, _, state, *_ in PLACES:
            if state in {"refused", "ineligible"}:
                set_disposition(project, name, Disposition(state), reason="why", reviewer="kim")
    return folder


@pytest.fixture
def folder(answered, tmp_path):
    return shutil.copytree(answered, tmp_path / "project")


def run(folder, *arguments):
    return CliRunner().invoke(main, ["--project", str(folder), *arguments])


def test_everything_is_counted_once(folder):
    """Six places by hand: RR1 2/5, RR2 3/5; by district and carrier; channels; days 1, 4, 4; the curve; the rest."""
    with open_project(folder) as project:
        found = field_work(project)
    assert (found.total.outcomes.rr1, found.total.outcomes.rr2) == (pytest.approx(0.4), pytest.approx(0.6))
    assert [(one.name, one.places, one.outcomes.base) for one in found.districts] == [
        ("Nord", 3, 3),
        ("Süd", 2, 2),
        ("", 1, 0),
    ]
    assert [(one.name, one.places) for one in found.carriers] == [("Stadt", 2), ("Verein", 2), ("", 2)]
    assert found.channels == ((Channel.PAPER, 2), (Channel.ONLINE, 1))
    assert (found.days.count, found.days.median, found.days.lowest) == (3, 4, 1)
    assert [(one.day, one.places) for one in found.curve] == [("2026-01-06", 1), ("2026-01-09", 3)]
    assert [one.place.place_id for one in found.outstanding] == ["D-4"]
    assert (found.no_place, found.answered_though) == (1, 1)


def test_an_empty_register_has_no_groups(tmp_path):
    """A project without places says so and divides by nothing."""
    with init_project(tmp_path / "p", template="visitor-feedback", language="en") as project:
        found = field_work(project)
    assert (found.total.places, found.total.outcomes.rr1, found.districts, found.curve) == (0, 0.0, (), ())
    assert "no register yet" in run(tmp_path / "p", "returns").stdout


def test_the_command_says_it_in_words_and_as_data(folder):
    """A table per kind of group; names and addresses only where they are asked for."""
    said = run(folder, "returns").stdout
    for line in (
        "RR1 40.0%",
        "By district:",
        "Outstanding: 1",
        "Paper 2, Online 1",
        "median 4",
        "they count in no rate",
    ):
        assert line.casefold() in said.casefold()
    assert "Treff" not in said
    data = json.loads(run(folder, "returns", "--json").stdout)
    assert data["total"]["dispositions"]["complete"] == 2
    assert data["curve"][-1] == {"day": "2026-01-09", "places": 3}
    assert "outstanding_places" not in data
    data = json.loads(run(folder, "returns", "--outstanding", "--json").stdout)
    assert [one["name"] for one in data["outstanding_places"]] == ["Treff D-4"]
    assert "Rücklaufquote" in run(folder, "returns", "--language", "de").stdout


def test_lists_are_added_and_the_register_is_exported_and_reads_back(folder, tmp_path):
    """What changes is said; the export read again changes nothing, as CSV and as workbook."""
    (tmp_path / "l.csv").write_text("place_id;carrier\nD-1;Verein Nord\nD-7;Neu\n", encoding="utf-8")
    tried = run(folder, "recipients", "add", str(tmp_path / "l.csv"), "--dry-run")
    assert "changed: D-1 Treff D-1, carrier: Verein → Verein Nord" in tried.stdout
    assert "new: D-7" in tried.stdout
    assert "nor district: Anrede." in tried.stdout
    assert "stay in the register: 5" in tried.stdout
    data = json.loads(run(folder, "recipients", "add", str(tmp_path / "l.csv"), "--json").stdout)
    assert (len(data["new"]), data["changed"], data["not_in_list"]) == (
        1,
        [{"place_id": "D-1", "changes": {"carrier": ["Verein", "Verein Nord"]}}],
        ["D-2", "D-3", "D-4", "D-5", "D-6"],
    )
    for name in ("out.csv", "out.xlsx"):
        assert run(folder, "recipients", "export", str(tmp_path / name)).exit_code == 0
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
        with open_project(folder) as project:
            plan = plan_list(project, tmp_path / name)
        assert (plan.new, plan.changed, plan.unchanged, plan.absent) == ((), (), 7, ())
    assert run(folder, "recipients", "export", str(tmp_path / "out.txt")).exit_code == 2
    shown = run(folder, "recipients", "show", "D-1").stdout
    assert "carrier: Verein → Verein Nord" in shown
    assert "added (l.csv, kim)" in shown
    found = json.loads(run(folder, "recipients", "list", "--district", "Nord", "--json").stdout)
    assert [one["place_id"] for one in found["places"]] == ["D-1", "D-2", "D-3"]


def test_people_say_and_take_back_at_the_command_line(folder):
    """With a reason; what follows from what came in cannot be said."""
    assert run(folder, "recipients", "set", "D-4", "undeliverable").exit_code == 2
    assert run(folder, "recipients", "set", "D-4", "complete", "--reason", "x").exit_code == 2
    assert run(folder, "recipients", "set", "D-4", "undeliverable", "--reason", "moved").exit_code == 0
    assert "undeliverable: moved" in run(folder, "recipients", "show", "D-4").stdout
    assert run(folder, "print", "--outstanding", "-o", str(folder / "x.pdf")).exit_code == 2
    assert not (folder / "x.pdf").exists()
    assert run(folder, "recipients", "take-back", "D-4").exit_code == 0
    assert "Outstanding: 1" in run(folder, "returns").stdout


def test_letters_are_the_source_of_a_mail_merge(folder, tmp_path):
    """To those outstanding, or to new places, which are then noted as sent and are not new any more."""
    run(folder, "recipients", "letters", str(tmp_path / "r.csv"), "--to", "outstanding")
    with (tmp_path / "r.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["token"], row["name"], row["line 2"], row["Anrede"]) for row in rows] == [
        ("tokenD-4", "Treff D-4", "44137 Dortmund", "Frau")
    ]
    assert "web_address" not in rows[0]
    (tmp_path / "l.csv").write_text("place_id;name\nD-7;Neu\n", encoding="utf-8")
    run(folder, "recipients", "add", str(tmp_path / "l.csv"))
    for expected in (1, 0):
        done = run(folder, "recipients", "letters", str(tmp_path / "n.xlsx"), "--mark-sent", "--json")
        assert json.loads(done.stdout)["marked_sent"] == expected
        assert openpyxl.load_workbook(tmp_path / "n.xlsx").active.max_row == 1 + expected
    with open_project(folder) as project:
        assert [one.place.place_id for one in field_work(project).outstanding] == ["D-4", "D-7"]


@pytest.mark.parametrize(
    ("language", "rates", "together"),
    [
        ("en", "RR1 40% (complete answers only), RR2 60%", "3 other groups together"),
        ("de", "RR1 40\N{NO-BREAK SPACE}% (nur", "3 weitere Gruppen zusammen"),
    ],
)
def test_the_report_shows_rates_and_the_curve_and_no_single_place(folder, language, rates, together):
    """Rates as worked out by hand, the curve as a table, too; districts of two and three places stand together; no
    name, no address, no id of a place, and of the carriers none that can be told.
    """
    with open_project(folder) as project:
        page = make_report(project, folder / "report.html", language=language).read_text("utf-8")
    chapter = page[page.index('id="field"') : page.index('id="fates"')]
    assert rates in chapter
    assert chapter.count(together) == 2
    cells = re.findall(r"<tr><th scope=\"row\">([^<]*)</th><td class=\"n\">([^<]*)</td></tr>", chapter)
    assert [count for day, count in cells if "2026" in day] == ["1", "3"]
    assert chapter.count("<svg") == chapter.count("<title") == chapter.count("<desc") == 1
    for told in ("Treff", "44137", "Weg 1", "D-4", "tokenD", "Nord", "Verein"):
        assert told not in page


def test_a_project_without_a_register_has_no_such_chapter(tmp_path):
    """Nothing is divided by nothing, and no empty table is shown."""
    with init_project(tmp_path / "p", template="visitor-feedback", language="en") as project:
        page = make_report(project, tmp_path / "report.html").read_text("utf-8")
    assert 'id="field"' not in page


def test_a_register_smaller_than_a_line_may_be_shows_totals_only(tmp_path):
    """Four places in two districts: there is nothing to hide them among."""
    with init_project(tmp_path / "p", template="visitor-feedback", language="en") as project:
        found = [
            Place(place_id=f"D-{number}", token=f"T{number}", district="Nord" if number < 2 else "Süd")
            for number in range(4)
        ]
        with project.store.writing() as tx:
            places.add_places(tx, found, source="l.csv", reviewer="kim", at=SENT)
        page = make_report(project, tmp_path / "report.html").read_text("utf-8")
    assert 'id="field"' in page
    assert "Nord" not in page
    assert "groups together" not in page


def at_a_terminal(folder, typed, *arguments):
    """Exit code and screen of a command at a real terminal at which somebody types."""
    leader, follower = os.openpty()
    os.write(leader, typed.encode())
    command = [sys.executable, "-m", "scanform.cli", "--project", str(folder), *arguments]
    done = subprocess.run(command, stdin=follower, stdout=follower, stderr=follower, check=False)
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(leader, 65536):
            shown += part
    os.close(leader)
    return done.returncode, shown.decode()


@pytest.mark.slow
def test_a_person_is_shown_what_changes_and_asked(folder, tmp_path):
    """At a terminal: no changes nothing, yes changes what was shown."""
    (tmp_path / "l.csv").write_text("place_id;carrier\nD-1;Neu\n", encoding="utf-8")
    order = ("recipients", "add", str(tmp_path / "l.csv"))
    code, shown = at_a_terminal(folder, "n\n", *order)
    assert (code, "carrier: Verein → Neu" in shown, "was not changed" in shown) == (2, True, True)
    with open_project(folder) as project:
        assert len(plan_list(project, tmp_path / "l.csv").changed) == 1
    code, shown = at_a_terminal(folder, "y\n", *order)
    assert (code, "1 place changed" in shown) == (0, True)
