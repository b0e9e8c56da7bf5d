"""German and English texts: complete, equal in keys and fields, and every slug in the code has its words."""

import ast
import copy
import errno
import multiprocessing
import pickle
import re
import string
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanform.cli.say import problem_line as _problem_line
from scanform.errors import ScanformError, StoreError, Words, sentences, words
from scanform.i18n import texts
from scanform.model.problem import Problem
from scanform.workflow.dataset.column_formats import OpenFormatsError

ROOT = Path(__file__).parents[2]


def fields(template):
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


def slugs_in_code():
    """All literals that are given as a slug to Problem, or as the problem of a reading or an answer."""
    found = set()
    for _, node in nodes(ast.Call):
        for keyword in node.keywords:
            wanted = (called(node) == "Problem" and keyword.arg == "slug") or (
                called(node) in {"FieldReading", "Answer"} and keyword.arg == "problem"
            )
            if wanted and (slug := literal(keyword.value)) is not None:
                found.add(slug)
    return found


def test_both_languages_have_the_same_keys():
    """No text exists in one language only."""
    assert texts.keys("de") == texts.keys("en")


def test_fields_are_the_same_in_both_languages():
    """A translation fills in the same fields."""
    assert [
        key for key in texts.keys("en") if fields(texts.template(key, "de")) != fields(texts.template(key, "en"))
    ] == []


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


@cache
def everything():
    """All nodes of the code by their kind: (place, node)."""
    found = defaultdict(list)
    for path in [*(ROOT / "scanform").rglob("*.py"), *(ROOT / "review_ui").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            found[type(node)].append((f"{path.name}:{getattr(node, 'lineno', 0)}", node))
    return found


def nodes(kind):
    return everything()[kind]


def calls(*names):
    """All calls of functions with these names: (place, name, call)."""
    for place, node in nodes(ast.Call):
        name = called(node)
        if name in names:
            yield place, name, node


def literal(node):
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def asked_texts():
    """Calls that ask for a text by a key that stands there: (place, key, call)."""
    for place, _, call in calls("text"):
        key = literal(call.args[0]) if call.args else None
        if key in texts.keys("en"):
            yield place, key, call


def test_every_text_is_asked_for_with_all_its_fields_and_a_language():
    """No {detail} reaches a person, and nobody who reads English is told something in German because a call forgot
    to say in which language.
    """
    found = list(asked_texts())
    assert len(found) > 180
    given = [(place, key, {keyword.arg for keyword in call.keywords}, len(call.args)) for place, key, call in found]
    known = [one for one in given if None not in one[2]]  # the others pass on what they were given
    assert [
        (place, key, lacks) for place, key, names, _ in known if (lacks := fields(texts.template(key)) - names)
    ] == []
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
    """Each counted word, for none, one, two and many: the form of the language, the number written as people there
    write it.
    """
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
        language: {
            forms.split("|")[-1].split()[-1]
            for key in texts.keys(language)
            for _, forms in COUNTED.findall(texts.template(key, language))
        }
        for language in texts.LANGUAGES
    }


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_no_number_stands_before_a_word_in_one_form_only(language):
    """A word that is counted elsewhere ("pages") has both forms wherever a number stands before it; "1 pages" is
    nobody's language.
    """
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


def kinds_of_errors():
    """ScanformError and all that is made from it, by name, as the code says it."""
    found, more = {"ScanformError"}, True
    classes = [node for _, node in nodes(ast.ClassDef)]
    while more:
        more = {
            one.name for one in classes if any(isinstance(base, ast.Name) and base.id in found for base in one.bases)
        } - found
        found |= more
    return found


RENDERING = {
    "text",
    "template",
    "in_words",
    "problem_text",
    "problems_text",
    "remedy_text",
    "value_problem_text",
    "os_reason",
    "counted",
    "reason_text",
    "reading_text",
    "key_text",
    "action_text",
}
"""What makes a text of a language."""

BUILDING = {"words", "listed", "of_place", "remedies", "sentences", "Several", "Words"}
"""What makes words that have none yet."""


def called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def values_of(node, function):
    """The expressions that a value comes from: of a name, what the function assigns to it; of a choice, both."""
    if isinstance(node, ast.IfExp):
        return [*values_of(node.body, function), *values_of(node.orelse, function)]
    if isinstance(node, ast.Name):
        given = [
            one for one in ast.walk(function) if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None
        ]
        targets = [
            (one, target) for one in given for target in (one.targets if isinstance(one, ast.Assign) else [one.target])
        ]
        return [one.value for one, target in targets if isinstance(target, ast.Name) and target.id == node.id] or [node]
    return [node]


def said_by_errors():
    """What each error is made with as message and remedy: (place, expression)."""
    kinds = kinds_of_errors()
    for place, function in nodes(ast.FunctionDef):
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and called(call) in kinds:
                for given in (*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "remedy")):
                    yield from ((f"{place.partition(':')[0]}:{call.lineno}", one) for one in values_of(given, function))


def test_no_error_is_made_with_a_finished_sentence():
    """Whoever raises it does not know who will read it: no literal, no f-string, no text of a language."""
    found = list(said_by_errors())
    assert len(found) > 250
    finished = (ast.Constant, ast.JoinedStr, ast.BinOp)
    wrong = {
        place
        for place, one in found
        if isinstance(one, finished) or (isinstance(one, ast.Call) and called(one) in {*RENDERING, "str", "join"})
    }
    assert wrong == set()


def test_nothing_gets_its_language_before_the_rest():
    """What fills in words is no text of a language either."""
    built = [(place, call) for name in BUILDING for place, _, call in calls(name)]
    assert len(built) > 300
    assert {
        place
        for place, call in built
        for part in ast.walk(call)
        if isinstance(part, ast.Call) and called(part) in RENDERING
    } == set()


def test_no_error_is_shown_as_a_log_shows_it():
    """`str` of an error is for logs and is English: people get `in_words`."""
    kinds = kinds_of_errors()
    wrong, seen = [], 0
    for place, handler in nodes(ast.ExceptHandler):
        if (
            handler.type is None
            or not {name.id for name in ast.walk(handler.type) if isinstance(name, ast.Name)} & kinds
        ):
            continue
        seen += 1
        for part in ast.walk(handler):
            shown = (
                [part.value]
                if isinstance(part, ast.FormattedValue)
                else part.args
                if isinstance(part, ast.Call) and called(part) in {"str", "repr"}
                else []
            )
            wrong += [place for one in shown if isinstance(one, ast.Name) and one.id == handler.name]
    assert seen > 10
    assert wrong == []


def literals(node):
    return (
        [*literals(node.body), *literals(node.orelse)]
        if isinstance(node, ast.IfExp)
        else [key]
        if (key := literal(node)) is not None
        else []
    )


def keyed_calls():
    """Words by a key that stands there, and what is built upon them with a slug: (place, key, names of what is
    given; None where it is passed on).
    """
    for place, _, call in calls("words"):
        for key in literals(call.args[0]) if call.args else ():
            yield place, key, [keyword.arg for keyword in call.keywords]
    for place, _, call in calls("_refused"):
        slug = literal(call.args[0]) if call.args else None
        if slug is not None and place.partition(":")[0] in {
            "csv_io.py",
            "answers.py",
            "importers.py",
            "source_file.py",
            "xlsx.py",
            "archive.py",
        }:
            yield place, f"digital.{slug}", ["file", *(keyword.arg for keyword in call.keywords)]
            yield place, f"digital.{slug}-remedy", []
    for place, _, call in calls("no_survey"):
        for slug in literals(call.args[0]) if call.args else ():
            yield place, f"convert.{slug}", ["what", *(keyword.arg for keyword in call.keywords)]
    for place, _, call in calls("lost"):
        for slug in literals(call.args[1]) if len(call.args) > 1 else ():
            yield place, f"convert.lost.{slug}", [keyword.arg for keyword in call.keywords]
    for place, name, call in calls("note", "note_line", "failure"):
        at = 0 if name == "failure" else 1
        for slug in literals(call.args[at]) if len(call.args) > at else ():
            yield place, f"template.{slug}", [keyword.arg for keyword in call.keywords]


def test_words_are_there_in_each_language_with_all_their_fields():
    """The key exists, and nothing that it names is missing."""
    found = list(keyed_calls())
    assert len(found) > 350
    for language in texts.LANGUAGES:
        assert {(place, key) for place, key, _ in found if key not in texts.keys(language)} == set()
        told = [
            (place, fields(texts.template(key, language)) - set(names))
            for place, key, names in found
            if None not in names
        ]
        assert [(place, lacks) for place, lacks in told if lacks] == []


def test_keys_that_are_put_together_exist():
    """A key such as digital.<slug>-remedy fits at least one text."""
    patterns = set()
    for place, _, call in calls("words"):
        if call.args and isinstance(call.args[0], ast.JoinedStr):
            parts = [re.escape(part.value) if isinstance(part, ast.Constant) else ".+" for part in call.args[0].values]
            patterns.add((place, "".join(parts)))
    assert len(patterns) > 10
    assert {
        (place, pattern)
        for place, pattern in patterns
        if not any(re.fullmatch(pattern, key) for key in texts.keys("en"))
    } == set()


PAGES = Problem(slug="missing-pages", params=(("found", "1"), ("expected", "2")))
CAUSES = st.sampled_from([OSError(errno.ENOSPC, "No space left on device", "/x"), PAGES, 1, 2, "Äther"])


def filled(key, params):
    """The words of a key whose fields all have something, taken in turn."""
    names = sorted(fields(texts.template(key)))
    return words(key, **{name: params[number % len(params)] for number, name in enumerate(names)})


def test_the_page_of_a_problem_is_named_as_the_reader_says_it():
    """Problems keep "page 3"; other places are shown as they are."""
    odd = Problem(slug="missing-pages", where="page 3.2", params=(("found", "1"), ("expected", "2")))
    assert [texts.place_text(odd.where, language) for language in texts.LANGUAGES] == ["Seite 3.2", "page 3.2"]
    assert texts.place_text("pager 3", "de") == "pager 3"
    assert _problem_line(odd, "de").startswith("Seite 3.2: ")


KEYS = sorted(key for key in texts.keys("en") if "{ }" not in texts.template(key, "en"))


def nested(inner):
    """Words that are filled in with what there is already, or with several of it."""
    return st.builds(
        filled,
        st.sampled_from(KEYS),
        st.lists(inner | st.builds(sentences, st.lists(inner, max_size=3)), min_size=1, max_size=3),
    )


SAID = st.recursive(CAUSES, nested, max_leaves=6)


def said(value, language):
    """One thing that fills in a text, by itself."""
    if isinstance(value, Words):
        return texts.in_words(value, language)
    return (texts.problem_text if isinstance(value, Problem) else texts.os_reason)(value, language)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from(KEYS), st.lists(SAID, min_size=1, max_size=3))
def test_all_of_an_error_is_in_the_language_of_its_reader(key, params):
    """However deep words lie in words: what is inside is said in the language of what is around it, and nothing of
    their making is seen.
    """
    message = filled(key, params)
    for language in texts.LANGUAGES:
        shown = texts.in_words(message, language)
        assert "Words(" not in shown
        assert "Several(" not in shown
        for name, value in message.params:
            if f"{{{name}}}" in texts.template(key, language) and isinstance(value, Words | Problem | OSError):
                assert said(value, language) in shown
    error = copy.deepcopy(StoreError(message, remedy=message, slug="odd"))
    assert texts.in_words(error.message, "de") == texts.in_words(message, "de")


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_every_error_of_the_code_is_said_in_both_languages(language):
    """Each text that the code names for an error, filled in, once: no field is left, counts have their forms."""
    seen = {key for _, key, _ in keyed_calls()}
    assert len(seen) > 250
    for key in sorted(seen):
        for value in (1, words("said.all", said=2)):
            shown = texts.in_words(filled(key, [value]), language)
            assert shown
            assert "|" not in shown or "|" in re.sub(r"\{[^}]*\}", "", texts.template(key, language))


def made(kind):
    """An error of a kind, whatever else it is made with."""
    extra = {"questions": (1,)} if kind is OpenFormatsError else {}
    return kind(words("print.no_blank", page=3), remedy=words("cli.bug_remedy"), **extra)


def every_kind(kind=ScanformError):
    return [kind, *(deeper for one in kind.__subclasses__() for deeper in every_kind(one))]


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.__name__)
def test_errors_cross_processes_whole(kind):
    """Workers raise them, too: kind, slug, message and remedy arrive."""
    before = made(kind)
    before.slug = "own"
    for after in (pickle.loads(pickle.dumps(before)), copy.copy(before), copy.deepcopy(before)):
        assert type(after) is kind
        assert vars(after) == vars(before)
        assert str(after) == str(before) == "The picture of the blank page 3 could not be written."


def raise_one(kind):
    raise made(kind)


@pytest.mark.slow
def test_errors_of_a_worker_arrive_whole():
    """Through a pool of processes as ingest starts it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for kind in (StoreError, OpenFormatsError):
            with pytest.raises(kind) as caught:
                pool.submit(raise_one, kind).result()
            assert texts.in_words(caught.value.message, "de") == texts.text("print.no_blank", "de", page=3)
            assert caught.value.slug == kind.slug


@pytest.mark.parametrize("language", texts.LANGUAGES)
def test_reasons_of_the_operating_system_are_words(language):
    """Python has them in English only."""
    full = texts.os_reason(OSError(errno.ENOSPC, "No space left on device"), language)
    assert full == {"en": "no space left", "de": "kein Speicherplatz mehr frei"}[language]
    assert "9999" in texts.os_reason(OSError(9999, "?"), language).replace(",", "").replace(".", "")
