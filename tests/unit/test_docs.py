"""The documents say what the code does: generated pages are up to date, and README commands exist."""

import re
import subprocess
import sys
from pathlib import Path

from scanform import cli

ROOT = Path(__file__).parents[2]


def test_generated_pages_are_up_to_date():
    """docs/ is what tools/make_docs.py writes today."""
    done = subprocess.run([sys.executable, "tools/make_docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_commands_in_readme_exist():
    """Each `scanform COMMAND` that README names is a command."""
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), flags=re.DOTALL)
    named = set(re.findall(r"^(?:\.venv/bin/)?scanform ([a-z][a-z-]+)", "\n".join(blocks), flags=re.MULTILINE))
    assert named
    assert named <= set(cli.main.commands)


def test_commands_in_the_page_on_imported_forms_exist():
    """So does each command, and each option, of docs/imported-forms.md."""
    lines = re.findall(r"scanform (?:--project \S+ )?([a-z][a-z-]+)([^\n`]*)", (ROOT / "docs" / "imported-forms.md").read_text("utf-8"))
    commands = [(name, rest) for name, rest in lines if name in cli.main.commands]
    assert {"init", "find-zones", "edit-layout", "import-form", "ingest", "identify"} <= {name for name, _ in commands}
    for name, rest in commands:
        known = {option for parameter in cli.main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<=\s)--?[a-z][a-z-]*", rest.split("#  ")[0])) <= known, (name, rest)


def test_no_page_names_a_machine():
    """Documents and code hold no absolute paths of a machine."""
    wrong = re.compile(r"/(?:home|root|Users|work)/[a-z]")
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "scanform").rglob("*.py")]:
        assert not wrong.search(path.read_text("utf-8")), path
