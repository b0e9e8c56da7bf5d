"""The package as a wheel, away from the clone: templates, samples, migrations, texts and fonts come along."""

import csv
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

from scanform.errors import ExitCode

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from this source tree."""
    place = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(place), str(ROOT)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no wheel could be built here: {done.stderr.strip().splitlines()[-1:]}")
    return next(place.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The program in an environment that holds the wheel and nothing else; what it depends on is lent by this
    environment.
    """
    place = tmp_path_factory.mktemp("env")
    venv.create(place, with_pip=False, symlinks=True)
    python, bare = (
        str(place / "bin" / "python"),
        {name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(pip, check=True, capture_output=True, env=bare)
    environment = bare | {"PYTHONPATH": sysconfig.get_path("purelib")}

    def run(*arguments, program="scanform", folder):
        return subprocess.run(
            [place / "bin" / program, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    found = run("-c", "import scanform; print(scanform.__file__)", program="python", folder=place)
    assert found.stdout.startswith(str(place)), (
        found.stdout + found.stderr
    )  # it is the wheel that is tested, not the clone
    return run


@pytest.mark.slow
def test_the_wheel_holds_what_ships_and_nothing_else(wheel):
    """Templates and samples lie inside the package, whole; tests, benches, tools and single crops of handwriting
    stay away.
    """
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "scanform/py.typed" in names  # programs that use it are type-checked
    inside = {
        name.removeprefix("scanform/")
        for name in names
        if name.startswith(("scanform/templates/", "scanform/samples/"))
    }
    there = {
        path.relative_to(ROOT).as_posix()
        for folder in ("templates", "samples")
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
    }
    assert inside == {name for name in there if not name.startswith("samples/handwriting/")}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"scanform", "review_ui"}
    assert not [name for name in names if name.endswith((".pyc", ".md")) and not name.startswith("scanform/")]


@pytest.mark.slow
def test_an_installed_wheel_makes_a_project_and_prints(installed, tmp_path):
    """Each template makes a project, and forms are printed from it."""
    for name in ("visitor-feedback", "begegnungsorte"):
        made = installed("init", name, "--template", name, folder=tmp_path)
        assert made.returncode == 0, made.stderr
        printed = installed("--project", name, "print", "--copies", "1", "-o", f"{name}.pdf", folder=tmp_path)
        assert printed.returncode == 0, printed.stderr
        assert (tmp_path / f"{name}.pdf").read_bytes().startswith(b"%PDF")
    wrong = installed("init", "p", "--template", "nothing", folder=tmp_path)
    assert wrong.returncode == 2
    assert "begegnungsorte, visitor-feedback" in wrong.stderr


@pytest.mark.slow
def test_an_installed_wheel_runs_the_demo(installed, tmp_path):
    """The whole job on the samples that ship, with the outcome that is known of them."""
    ran = installed("demo", "out", folder=tmp_path)
    assert ran.returncode == ExitCode.PAGES_REFUSED, ran.stdout + ran.stderr  # some samples are damaged on purpose
    for name in ("data/begegnungsorte/responses.csv", "data/readings.csv", "report.html", "begegnungsorte.pdf"):
        assert (tmp_path / "out" / name).stat().st_size > 0
    with (tmp_path / "out" / "data" / "begegnungsorte" / "responses.csv").open(
        encoding="utf-8-sig", newline=""
    ) as file:
        answered = {row["token"]: row for row in csv.DictReader(file)}
    for token, place, visitors in (("E4T9JX6B", "DO-17", "120"), ("P3H7WC0Q", "DO-18", "25")):  # on the web
        row = answered[token]
        assert (row["channel"], row["place_id"], row["visitors"], row["complete"]) == ("online", place, visitors, "1")
