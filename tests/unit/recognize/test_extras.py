"""Without the extras. No onnxruntime: cells go to a person unread, all else is read as before; the doctor says so.
In processes that cannot import it.
"""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import pytest

from scanform.simulate.truth import MarkStyle

HERE = Path(__file__).parent
ABSENT = "import sys; sys.modules['onnxruntime'] = None\n"
TEXTS = {"comb0": "12345678", "text0": "Haus am Park"}
STYLES = {"r0-o1": MarkStyle.CROSS, "r1-o3": MarkStyle.TICK, "r2-o5": MarkStyle.CROSS, "r7-o0": MarkStyle.CROSS}

READ = f"""
import json, sys
from dataclasses import asdict
import numpy as np
sys.path.insert(0, {str(HERE)!r})
import conftest
from scanform.model.questionnaire import Filled
from scanform.simulate.truth import MarkStyle

page, gray = conftest.make_page()
sheet = conftest.Sheet(page=page, gray=gray, prepared=conftest.prepare_page(page, conftest.blank_of(gray), filled=Filled.WITHDRAWN))
styles = {{name: MarkStyle(style) for name, style in json.loads(sys.argv[1]).items()}}
fields = sheet.read(sheet.scan(styles, json.loads(sys.argv[2]), profile="office copier"))
print(json.dumps({{name: asdict(field) for name, field in fields.items()}}))
"""


def run(code, *arguments, path=None):
    """A fresh process that has run; `path` is a folder whose modules come first."""
    before = f"import sys; sys.path.insert(0, {str(path)!r})\n" if path else ""
    return subprocess.run(
        [sys.executable, "-c", before + code, *arguments], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def without():
    """The readings of a page in a process without onnxruntime."""
    done = run(ABSENT + READ, json.dumps({name: style.value for name, style in STYLES.items()}), json.dumps(TEXTS))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def with_it(sheet):
    """The same page read here."""
    fields = sheet.read(sheet.scan(STYLES, TEXTS, profile="office copier"))
    return {name: json.loads(json.dumps(asdict(field))) for name, field in fields.items()}


@pytest.mark.slow
def test_marks_and_signatures_are_read_as_before(without, with_it):
    """Every mark and signature, and every blank: same value, same probability, same reader."""
    others = [name for name in with_it if not name.startswith("comb") and with_it[name]["problems"] != ["handwriting"]]
    assert [name for name in STYLES if without[name]["value"] == "marked"] == list(STYLES)
    assert {name: without[name] for name in others} == {name: with_it[name] for name in others}


@pytest.mark.slow
def test_lines_are_left_to_tesseract(without, with_it):
    """Writing on a line is still a proposal, by the other reader."""
    assert with_it["text0"]["reader"] == "words/1"
    assert without["text0"]["reader"].startswith(("tesseract", "tesserocr"))
    assert (without["text0"]["problems"], bool(without["text0"]["value"])) == (["handwriting"], True)


def test_an_empty_row_is_empty(without, with_it):
    """Whether there is ink is not a matter of reading."""
    assert (without["comb1"]["value"], without["comb1"]["problems"]) == ("", [])
    assert without["comb1"]["confidence"] > 0.99
    assert without["comb1"] == with_it["comb1"]


def test_a_row_with_ink_goes_to_a_person(without, with_it):
    """No value, no confidence, no candidate but a blank that is improbable; nobody is named as its reader."""
    row = without["comb0"]
    assert with_it["comb0"]["value"].strip()
    assert (row["value"], row["confidence"], row["problems"], row["reader"]) == ("", 0.0, ["illegible-cells"], "none")
    assert [(one["value"], one["probability"] < 0.05) for one in row["candidates"]] == [("", True)]


def doctor(project, code="", path=None):
    """The findings by name, and the exit code."""
    done = run(
        code
        + f"from scanform.cli.program import main; main(['doctor', '--language', 'en', '--json', '--project', {str(project)!r}])",
        path=path,
    )
    return {one["name"]: one for one in json.loads(done.stdout)["findings"]}, done.returncode


@pytest.mark.slow
def test_the_doctor_says_what_to_install(tmp_path):
    """Handwriting in cells is not read, and the extra that changes it; exit code 6."""
    findings, code = doctor(tmp_path, ABSENT)
    gap = findings["scanform.readers: cells/1"]
    assert (gap["good"], code) == (False, 6)
    assert "cells" in gap["seen"]
    assert "scanform[handwriting]" in gap["remedy"]
    assert "onnxruntime" in gap["remedy"]
    assert "none" in findings["scanform.readers"]["seen"]
    assert "scanform.readers: cells/1" not in doctor(tmp_path)[0]


@pytest.mark.slow
def test_a_broken_library_is_not_silent(tmp_path):
    """Installed, but it cannot be imported: reading cells stops with its message, and the doctor repeats it."""
    (tmp_path / "onnxruntime.py").write_text("raise ImportError('libonnx is broken')\n", encoding="utf-8")
    done = run(READ, "{}", json.dumps(TEXTS), path=tmp_path)
    assert done.returncode == 1
    assert "ImportError: libonnx is broken" in done.stderr
    finding = doctor(tmp_path, path=tmp_path)[0]["scanform.readers"]
    assert (finding["good"], finding["seen"]) == (False, "libonnx is broken")
    assert finding["remedy"]


@pytest.mark.slow
def test_the_doctor_says_who_reads_print(tmp_path):
    """In this process where tesserocr is installed, else by the program; a broken tesserocr is a gap."""
    assert doctor(tmp_path)[0]["printed text"]["seen"].startswith("tesserocr/deu")
    by_program = doctor(tmp_path, "import sys; sys.modules['tesserocr'] = None\n")[0]["printed text"]
    assert (by_program["good"], by_program["seen"].partition(",")[0]) == (True, "tesseract/deu")
    (tmp_path / "tesserocr.py").write_text("raise ImportError('libtesseract is broken')\n", encoding="utf-8")
    broken = doctor(tmp_path, path=tmp_path)[0]["printed text"]
    assert (broken["good"], broken["seen"]) == (False, "libtesseract is broken")
    assert "tesserocr" in broken["remedy"]
