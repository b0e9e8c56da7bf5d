"""The commands that make models, samples and documents run: what they are made from is in the tree, and stays so."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

TOOLS = Path(__file__).parents[2] / "tools"
COMMANDS = sorted(path.name for path in TOOLS.glob("*.py") if "__main__" in path.read_text("utf-8"))


@pytest.fixture
def tools(monkeypatch):
    monkeypatch.syspath_prepend(str(TOOLS))


@pytest.mark.fast_cases(3)
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_starts(name):
    """All imports are there; `--help` says what the command is for."""
    done = subprocess.run([sys.executable, str(TOOLS / name), "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.startswith("usage:")) == (0, True), done.stderr


@pytest.mark.slow
def test_measuring_for_the_models(tools, tmp_path):
    """One practice page each: rows for marks and zones, a pair of scans, texts."""
    import pickle

    import fit_ink
    import fit_marks
    import fit_text
    import practice

    drawn = tmp_path / "drawn.pickle"
    drawn.write_bytes(pickle.dumps((practice.practice_page(np.random.default_rng(1)),)))
    marks, zones = fit_marks.make_form(3, 1, drawn)
    assert marks.x.shape == (len(marks.y), len(fit_marks.features.NAMES))
    assert zones.x.shape == (len(zones.y), len(fit_marks.writing_areas.NAMES))
    kinds = dict(fit_ink.pair(number, 1, drawn) for number in range(6))
    assert kinds["same"][0] >= 0
    assert all(0 <= sure <= 1 for sure, _, _ in fit_text.read(1, 1, None))
