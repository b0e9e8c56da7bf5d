"""German and English texts: complete, equal in keys and fields, and every slug in the code has its words."""

import ast
import errno
import re
import string
from pathlib import Path

import pytest

from scanform.errors import StoreError, Words
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


def test_fields_are_the_same_in_both_languages():
    """A translation fills in the same fields."""
    assert [key for key in texts.keys("en") if fields(texts.template(key, "de")) != fields(texts.template(key, "en"))] == []


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


# --- what is filled in -----------------------------------------------------------------------------------------------


def calls(*names):
    """All calls of functions with these names: (place, name, call)."""
    for path in [*(ROOT / "scanform").rglob("*.py"), *(ROOT / "review_ui").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in names:
                    yield f"{path.name}:{node.lineno}", name, node


def literal(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def asked_texts():
    """Calls that ask for a text by a key that stands there: (place, key, call)."""
    for place, _, call in calls("text", "words"):
        key = literal(call.args[0]) if call.args else None
        if key in texts.keys("en"):
            yield place, key, call


def test_every_text_is_asked_for_with_all_its_fields_and_a_language():
    """No {detail} reaches a person, and nobody who reads English is told something in German because a call forgot to say in which language."""
    found = list(asked_texts())
    assert len(found) > 300
    given = [(place, key, {keyword.arg for keyword in call.keywords}, len(call.args)) for place, key, call in found]
    known = [one for one in given if None not in one[2]]  # the others pass on what they were given
    assert [(place, key, lacks) for place, key, names, _ in known if (lacks := fields(texts.template(key)) - names)] == []
    assert [place for place, _, names, count in known if count < 2 and "language" not in names] == []


def test_every_problem_brings_what_its_words_need():
    """Problems whose parameters stand there as literals have all of them."""
    lacking = {}
    for place, _, call in calls("Problem"):
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        slug, params = literal(given.get("slug")), given.get("params", ast.Tuple(elts=[]))
        if slug is None or not isinstance(params, ast.Tuple):
            continue
        names = [literal(entry.elts[0]) if isinstance(entry, ast.Tuple) else None for entry in params.elts]
        needed = fields(texts.template(f"problem.{slug}")) - {"where", *names}
        if needed and None not in names:
            lacking[place] = needed
    assert lacking == {}


def test_a_field_that_nobody_fills_stays_visible_and_is_told(monkeypatch):
    """People see its name rather than nothing; tests hear of it."""
    heard = []
    monkeypatch.setattr(texts, "on_unfilled", heard.append)
    assert texts.text("sort.ui.thumb-alt", "en", name="a.png") == "Preview: a.png, page {page}"
    assert texts.text("sort.ui.list-count", "en") == "{n:page waits|pages wait}"
    assert len(heard) == 2
    braces = [key for key in texts.keys("en") if "{ }" in texts.template(key, "en")]
    assert braces
    assert all("{ }" in texts.text(key, "en") for key in braces)  # a text about YAML has braces of its own
    assert len(heard) == 2


# --- numbers and their words -----------------------------------------------------------------------------------------

COUNTED = re.compile(r"\{(\w+):([^{}]*\|[^{}]*)\}")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_number_has_the_right_form_of_its_word(language):
    """Each counted word, for none, one, two and many: the form of the language, the number written as people there write it."""
    many = {"en": "1,234", "de": "1.234"}[language]
    checked = 0
    for key in texts.keys(language):
        for _, forms in COUNTED.findall(texts.template(key, language)):
            one, other = forms.split("|")
            shown = [texts.counted(number, forms, language) for number in (0, 1, 2, 1234)]
            assert shown == [f"0 {other}", f"1 {one}", f"2 {other}", f"{many} {other}"], key
            checked += 1
    assert checked > 60
    assert texts.text("sort.ui.list-count", language, n=1) == {"en": "1 page waits", "de": "1 Seite wartet"}[language]
    assert texts.counted("lots of", "page|pages", language) == "lots of pages"


PLAIN = {
    "en": re.compile(r"\{(\w+)\} (?:[a-z]+ )?([a-z]{3,}s)\b"),
    "de": re.compile(r"\{(\w+)\} (?:[a-zäöü]+ )?([A-ZÄÖÜ][a-zäöüß]+)\b"),
}
"""A field, perhaps an adjective, and a word that may be in the plural."""

NO_COUNTS = {"file", "form", "where", "name", "page", "question", "h"}
"""Fields that are no counts, or a measure."""


def plural_words():
    """The words that stand in texts as the form for many, in each language."""
    return {
        language: {forms.split("|")[-1].split()[-1] for key in texts.keys(language) for _, forms in COUNTED.findall(texts.template(key, language))}
        for language in texts.LANGUAGES
    }


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_number_stands_before_a_word_in_one_form_only(language):
    """A word that is counted elsewhere ("pages") has both forms wherever a number stands before it; "1 pages" is nobody's language."""
    known = plural_words()[language]
    wrong = {
        key: word
        for key in texts.keys(language)
        if not key.endswith("-many")
        for field, word in PLAIN[language].findall(texts.template(key, language))
        if field not in NO_COUNTS and word in known
    }
    assert wrong == {}


# --- in whose language ----------------------------------------------------------------------------------------------


def test_errors_get_their_language_where_they_are_shown():
    """What is raised where nobody knows the reader says it in each language; finished sentences stay."""
    error = StoreError(Words(key="print.no_blank", params=(("page", 3),)), remedy="done")
    assert texts.in_words(error.message, "en") != texts.in_words(error.message, "de")
    assert "3" in texts.in_words(error.message, "de")
    assert texts.in_words(error.remedy, "de") == "done"


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_reasons_of_the_operating_system_are_words(language):
    """Python has them in English only."""
    full = texts.os_reason(OSError(errno.ENOSPC, "No space left on device"), language)
    assert full == {"en": "no space left", "de": "kein Speicherplatz mehr frei"}[language]
    assert "9999" in texts.os_reason(OSError(9999, "?"), language).replace(",", "").replace(".", "")
