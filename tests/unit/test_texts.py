"""German and English texts: complete, equal in keys and fields, and every slug in the code has its words."""

import ast
import string
from pathlib import Path

import pytest

from scanform.i18n import texts

ROOT = Path(__file__).parents[2]


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def slugs_in_code():
    """All literals that are given as a slug to Problem, or as the problem of a reading or an answer."""
    found = set()
    for path in (ROOT / "scanform").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            for keyword in node.keywords:
                wanted = (name == "Problem" and keyword.arg == "slug") or (name in {"FieldReading", "Answer"} and keyword.arg == "problem")
                if wanted and isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
                    found.add(keyword.value.value)
    return found


def test_both_languages_have_the_same_keys():
    """No text exists in one language only."""
    assert texts.keys("de") == texts.keys("en")


@pytest.mark.parametrize("key", sorted(texts.keys("en")))
def test_fields_are_the_same_in_both_languages(key):
    """A translation fills in the same fields."""
    assert fields(texts._catalogue("de")[key]) == fields(texts._catalogue("en")[key])


def test_every_problem_has_words_and_a_remedy():
    """Each slug in the code is a problem with text and remedy."""
    slugs = slugs_in_code()
    assert len(slugs) > 5
    missing = {f"{table}.{slug}" for slug in slugs for table in ("problem", "remedy")} - texts.keys("en")
    assert not missing


def test_every_problem_text_has_a_remedy():
    """Saying what is wrong without saying what to do is not enough."""
    problems = {key.removeprefix("problem.") for key in texts.keys("en") if key.startswith("problem.")}
    remedies = {key.removeprefix("remedy.") for key in texts.keys("en") if key.startswith("remedy.")}
    assert problems <= remedies
