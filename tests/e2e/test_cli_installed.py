"""The package as a wheel, away from the clone: templates, migrations, texts and fonts come along."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_an_installed_wheel_makes_a_project_and_prints(tmp_path):
    """Built as a wheel and installed into a folder of its own, scanform finds its templates and its migrations."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path / "dist"), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no wheel could be built here: {done.stderr.strip().splitlines()[-1:]}")
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    place = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(place), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    for arguments in (["init", "p", "--template", "visitor-feedback"], ["--project", "p", "print", "--copies", "1", "-o", "x.pdf"]):
        program = f"import sys; sys.path.insert(0, {str(place)!r}); import scanform; assert scanform.__file__.startswith({str(place)!r}); "
        program += f"from scanform.cli.program import main; main({arguments!r})"
        ran = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
    assert (tmp_path / "x.pdf").read_bytes().startswith(b"%PDF")
