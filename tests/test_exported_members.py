"""The interface for programs: its names and signatures, exactly. Who changes one of them changes what other people's
programs rely on.
"""

import inspect
import os
import subprocess
import sys
from pathlib import Path

import pytest

import scanform

ROOT = Path(__file__).parents[1]

FUNCTIONS = {
    "init_project": "(folder: str | os.PathLike[str], *, template: str | None = None,"
    " questionnaire: str | os.PathLike[str] | None = None, empty: bool = False, language: str | None = None,"
    " database: str = '', name: str = '', web_address: str = '', reply_by: str = '') -> scanform.api.Project",
    "open_project": "(folder: str | os.PathLike[str] = '.', *, language: str | None = None, edited: bool = False) -> scanform.api.Project",
}

METHODS = {
    "add_questionnaire": "(self, file: str | os.PathLike[str]) -> None",
    "close": "(self) -> None",
    "data_frame": "(self, questionnaire: str | None = None, *, without_sensitive: bool = False) -> 'DataFrame'",
    "export": "(self, folder: str | os.PathLike[str], *, with_contact: bool = False, without_sensitive: bool = False,"
    " language: str | None = None, formats: collections.abc.Iterable[str] = ()) -> 'HandOver'",
    "export_readings": "(self, file: str | os.PathLike[str], *, without_contact: bool = False, without_sensitive: bool = False) -> pathlib.Path",
    "import_digital": "(self, file: str | os.PathLike[str], *, questionnaire: str | None = None,"
    " survey: str | None = None, tool: str | None = None, labels: str | os.PathLike[str] | None = None,"
    " mapping: str | os.PathLike[str] | None = None, read_as: collections.abc.Iterable[str] = (), dry_run: bool = False) -> "
    "'ImportSummary'",
    "merge": "(self) -> 'MergeSummary'",
    "print_forms": "(self, out: str | os.PathLike[str], *, copies: int | None = None,"
    " recipients: 'StrPath | Iterable[Recipient] | None' = None, reissue: str | None = None,"
    " questionnaire: str | None = None, variant: str | None = None, language: str | None = None,"
    " seed: int | None = None, sides: Literal['one', 'two'] = 'two',"
    " register: Optional[Literal['all', 'new', 'outstanding']] = None) -> 'Printed'",
    "read_batch": "(self, paths: str | os.PathLike[str] | collections.abc.Iterable[str | os.PathLike[str]], *,"
    " jobs: int | None = None, serial: bool = False, scheduler: str | None = None, retry: bool = False,"
    " progress: bool = False) -> 'BatchSummary'",
    "read_page": "(self, file: str | os.PathLike[str], page: int = 1, *, sheet: int | None = None) -> 'PageRead'",
    "readings": "(self) -> 'Iterator[PageReading]'",
    "responses": "(self, questionnaire: str | None = None) -> 'Iterator[Response]'",
    "undo_merge": "(self) -> int",
}

PROPERTIES = {"folder", "language", "questionnaires", "time_zone"}

RESULTS = {
    "BatchSummary": "batch files new_files pages waiting read seconds page_ms not_taken remarks pictures passed_over",
    "HandOver": "files rows open_conflicts merge_is_stale released_at waived",
    "ImportSummary": "questionnaire new changed unchanged problems ignored_columns batch survey decisions columns file refused not_taken older vanished "
    "withdrawn",
    "MergeSummary": "responses records joined open_conflicts decided_conflicts problems",
    "PageRead": "ref fate identity reading problems sheets",
    "Printed": "forms layout pdf copies printed_before fillers left_out online",
    "Recipient": "token name address row",
}


def members(found):
    """What stands in a class or module under a public name."""
    return {name for name in vars(found) if not name.startswith("_")}


def test_names_are_these():
    """The interface holds exactly these names, all of them can be had, and `dir` shows them."""
    wanted = {*FUNCTIONS, *RESULTS, "Project", "ScanformError", "__version__"}
    assert set(scanform.__all__) == wanted
    assert sorted(scanform.__all__) == list(scanform.__all__) == dir(scanform)
    everything = {}
    exec("from scanform import *", everything)
    assert everything.keys() - {"__builtins__"} == wanted
    modules = {name for name in members(scanform) if inspect.ismodule(getattr(scanform, name))}
    assert members(scanform) - modules - wanted <= {"TYPE_CHECKING"}
    with pytest.raises(AttributeError, match="no attribute 'Store'"):
        scanform.Store  # noqa: B018 - asked for, not used


def test_signatures_are_these():
    """Functions and methods take exactly this; nothing private can be had from a project but what Python hides."""
    assert {name: str(inspect.signature(getattr(scanform, name))) for name in FUNCTIONS} == FUNCTIONS
    assert members(scanform.Project) == {*METHODS, *PROPERTIES}
    assert {name: str(inspect.signature(getattr(scanform.Project, name))) for name in METHODS} == METHODS


@pytest.mark.parametrize("name", RESULTS)
def test_results_hold_these_fields(name):
    """What a call gives back is a frozen dataclass with these fields, in this order."""
    found = getattr(scanform, name)
    assert list(found.__dataclass_fields__) == RESULTS[name].split()
    assert found.__dataclass_params__.frozen


def test_everything_says_what_it_is():
    """Each name, each method and each property has a docstring of its own."""
    found = [getattr(scanform, name) for name in scanform.__all__ if name != "__version__"]
    found += [getattr(scanform.Project, name) for name in [*METHODS, *PROPERTIES]]
    assert [
        one
        for one in found
        if not (one.__doc__ or "").strip() or one.__doc__.startswith(f"{getattr(one, '__name__', '')}(")
    ] == []


def run(code, *arguments):
    return subprocess.run(
        [sys.executable, *arguments, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )


def test_importing_it_loads_nothing():
    """`import scanform` brings none of its own modules and none of the libraries: they come with the first name that
    is used.
    """
    done = run(
        "import sys; before = set(sys.modules); import scanform; new = set(sys.modules) - before;"
        "roots = {name.partition('.')[0] for name in new} - set(sys.stdlib_module_names);"
        "assert roots == {'scanform'}, roots; assert not any(name.startswith('scanform.') for name in new), new;"
        "assert scanform.ScanformError.__module__ == 'scanform.errors'; assert 'sqlalchemy' not in sys.modules"
    )
    assert done.returncode == 0, done.stderr


def test_the_command_line_starts_without_it():
    """The program and its help load neither the interface nor a database, pictures or data frames."""
    done = run(
        "import sys; from scanform.cli.program import main; heavy = {'scanform.api', 'sqlalchemy', 'cv2', 'numpy', "
        "'pandas', 'reportlab'};"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_an_export_loads_no_data_frames():
    """Only `data_frame` needs pandas; writing the data set does not."""
    done = run("import sys; import scanform.workflow.dataset.export; assert 'pandas' not in sys.modules")
    assert done.returncode == 0, done.stderr


PROGRAM = """\
from pathlib import Path

import scanform
from scanform.model.response import Response


def columns(response: Response) -> list[str]:
    return [answer.column for answer in response.answers]


def main(folder: Path) -> int:
    with scanform.open_project(folder, language="en") as project:
        summary: scanform.BatchSummary = project.read_batch([folder / "scans", "more"], jobs=2)
        page = project.read_page("scan.pdf", 2)
        fields = page.reading.fields if page.reading is not None else ()
        names = [name for response in project.responses() for name in columns(response)]
        printed = project.print_forms("x.pdf", recipients=[scanform.Recipient(token="T", name=None, address=())])
        return summary.refused + len(fields) + len(names) + len(printed.forms) + project.merge().joined
"""

WRONG = """\
import scanform

project = scanform.open_project(7)
project.print_forms("x.pdf", sides="three")
project.no_such_method()
scanform.no_such_name
total: str = project.merge().joined
"""


@pytest.mark.slow
def test_a_program_is_type_checked_from_outside(tmp_path):
    """mypy --strict, away from the clone, accepts a program that uses the interface well and finds each misuse."""
    (tmp_path / "good.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    site = tmp_path / "site"
    site.mkdir()
    (site / "scanform").symlink_to(ROOT / "scanform")

    def check(name):
        command = [
            sys.executable,
            "-m",
            "mypy",
            "--strict",
            "--follow-imports=silent",
            "--ignore-missing-imports",
            name,
        ]
        environment = os.environ | {"MYPYPATH": str(site), "MYPY_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, env=environment)

    good = check("good.py")
    assert good.returncode == 0, good.stdout + good.stderr
    found = check("wrong.py").stdout
    assert [line.split(":")[1] for line in found.splitlines() if ": error:" in line] == ["3", "4", "5", "6", "7"], found
