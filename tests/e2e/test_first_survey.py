"""The start of a survey: questions at a real terminal, and the two pages for beginners, command by command."""

import os
import pty
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from scanform.cli.program import main as program
from scanform.scan.load import rasterize
from tests.programs import SCANFORM

DOCS = Path(__file__).parents[2] / "docs"


def at_a_terminal(folder, typed, *arguments):
    """What `scanform init` says at a terminal to somebody who types these lines; and its exit code."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*SCANFORM, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, cwd=folder, start_new_session=True
    )
    os.close(theirs)
    os.write(ours, ("\n".join(typed) + "\n").encode())
    said = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        said += part
    os.close(ours)
    return process.wait(), said.decode()


def settings(folder):
    return tomllib.loads((folder / "survey.toml").read_text("utf-8"))


def test_init_asks_at_a_terminal(tmp_path):
    """Language, questionnaire, name, address, date: asked again until it is understood, and kept."""
    typed = ["fr", "de", "9", "2", "Treffpunkte", "umfrage", "treff.example.de", "31.2.2027", "31.3.2027"]
    code, said = at_a_terminal(tmp_path, typed, "init", "p")
    assert code == 0, said
    for complaint in ("„9“ ist weder", "„umfrage“ ist keine Adresse", "„31.2.2027“ ist kein Tag"):
        assert complaint in said
    assert "scanform print --copies 3 -o probe.pdf --project p" in said
    found = settings(tmp_path / "p")
    assert (found["language"], found["name"], found["reply_by"]) == ("de", "Treffpunkte", "2027-03-31")
    assert found["web_form"]["address"] == "treff.example.de"
    assert [path.stem for path in (tmp_path / "p" / "questionnaires").iterdir()] == ["visitorfeedback"]


@pytest.mark.slow
def test_what_was_said_is_not_asked_and_enter_skips(tmp_path):
    """Options count; an own questionnaire is taken by its path; empty answers leave a setting empty."""
    own = tmp_path / "own.yaml"
    own.write_text((DOCS.parent / "templates" / "visitor-feedback.yaml").read_text("utf-8"), "utf-8")
    typed = [str(own), "", ""]
    code, said = at_a_terminal(tmp_path, typed, "--language", "en", "init", "p", "--reply-by", "31/03/2027")
    assert code == 0, said
    found = settings(tmp_path / "p")
    assert (found["name"], found["reply_by"], found["web_form"]["address"]) == ("visitorfeedback", "2027-03-31", "")


@pytest.mark.parametrize(
    "wrong", [("--reply-by", "31.2.2027"), ("--reply-by", "soon"), ("--web-address", "umfrage"), ()], ids=repr
)
def test_a_script_is_refused_and_nothing_is_made(tmp_path, wrong):
    """Exit code 2, in words; without a terminal nothing is asked."""
    source = ("--template", "visitor-feedback") if wrong else ()
    done = CliRunner().invoke(program, ["init", str(tmp_path / "p"), *source, *wrong])
    assert done.exit_code == 2
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "p").exists()


def commands(page):
    """The commands of a page in their order: those in shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", (DOCS / page).read_text("utf-8"), re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


@pytest.mark.slow
@pytest.mark.parametrize("page", ["first-survey.md", "erste-umfrage.md"])
def test_the_pages_for_beginners_lead_to_results(tmp_path, page):
    """Each command as it stands, with a form that is printed, crossed and scanned in between."""
    (tmp_path / "scans").mkdir()
    done = {}
    for name, *arguments in commands(page):
        assert name == "scanform"
        if arguments[0] == "ingest":
            crossed(tmp_path)
        ran = subprocess.run([*SCANFORM, *arguments], check=False, capture_output=True, text=True, cwd=tmp_path)
        assert ran.returncode in {0, 10}, (arguments, ran.stderr)
        done[arguments[0]] = ran.stdout
    assert list(done) == ["init", "print", "ingest", "merge", "export", "report"]
    for earlier, later in (("init", "print"), ("print", "ingest"), ("merge", "export"), ("export", "report")):
        assert f"scanform {later}" in done[earlier]
    (results,) = (folder for folder in tmp_path.iterdir() if (folder / "responses.csv").exists())
    assert len((results / "responses.csv").read_text("utf-8-sig").splitlines()) == 2


def crossed(folder):
    """The first printed form, with some ink on it, scanned into the folder that the page names."""
    (pdf,) = folder.glob("*.pdf")
    pages = list(rasterize(pdf, dpi=300))
    pages = pages[: len(pages) // 3]
    cv2.line(pages[0], (900, 1500), (940, 1540), 40, 5)
    images = [Image.fromarray(np.asarray(page)) for page in pages]
    images[0].save(folder / "scans" / "scan.pdf", save_all=True, append_images=images[1:], resolution=300)
