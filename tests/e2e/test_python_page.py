"""The page on using scanform from Python: its examples run as they stand, in order, beside the samples."""

import re
from pathlib import Path

import pytest

import scanform

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.DOTALL | re.MULTILINE)


def test_every_example_asserts_what_it_shows():
    """No example can pass without having shown something; all are Python."""
    assert len(EXAMPLES) > 5
    for number, example in enumerate(EXAMPLES):
        compile(example, f"example {number}", "exec")
        assert "assert " in example, example


def test_the_page_names_the_whole_interface():
    """Each name and each method of the interface stands on the page, and no other method of a project."""
    methods = {name for name, found in vars(scanform.Project).items() if not name.startswith("_") and callable(found)}
    for name in [*scanform.__all__, *methods - {"close"}]:
        assert name == "__version__" or f"`{name}" in PAGE or f".{name}(" in PAGE, name
    assert set(re.findall(r"\bproject\.(\w+)\(", PAGE)) <= methods


@pytest.mark.slow
def test_the_examples_run(tmp_path, monkeypatch):
    """All of them, one after the other, in a folder with the samples."""
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    monkeypatch.chdir(tmp_path)
    names = {}
    for number, example in enumerate(EXAMPLES):
        exec(compile(example, f"docs/python.md, example {number + 1}", "exec"), names)
