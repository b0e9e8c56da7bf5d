"""The report: figures counted rightly, one page that needs nothing else, no people's words in it, harmless whatever
stands in the texts.
"""

import json
import math
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scanform.i18n.texts import keys
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.model.questionnaire import (
    Alphabet,
    DataClass,
    Matrix,
    Note,
    Option,
    Question,
    QuestionKind,
    Questionnaire,
    Section,
    Texts,
)
from scanform.model.response import Channel
from scanform.reporting.drawing import RAMP
from scanform.reporting.figures import (
    ChoiceFigure,
    ConflictCount,
    CountFigure,
    MatrixFigure,
    NumberFigure,
    Reading,
    ReportData,
    Returns,
    Survey,
    bins,
    sections,
)
from scanform.reporting.html import report

HOSTILE = Path(__file__).parents[4] / "shared" / "data" / "bad" / "made" / "text" / "hostile_strings.jsonl"
VOID = {"meta", "rect", "line", "br"}


def texts(text):
    return Texts(entries=(("en", text),))


def options(*codes):
    return tuple(Option(code=c, text=texts(c.upper())) for c in codes)


def question(code, kind, **more):
    return Question(code=code, kind=QuestionKind(kind), text=texts(more.pop("text", f"About {code}")), **more)


def survey(*items):
    return Questionnaire(
        code="s",
        version="1",
        title=texts("S"),
        languages=("en",),
        sections=(Section(title=texts("Part"), items=items),),
    )


def figures(questionnaire, rows):
    return [figure for section in sections(questionnaire, rows, "en") for figure in section.figures]


def data(*surveys, **more):
    values = {
        "project": "demo",
        "as_of": "2026-01-16",
        "returns": (
            Returns(channel=Channel.ONLINE, count=2, complete=1),
            Returns(channel=Channel.PAPER, count=1, complete=1),
        ),
        "pages": 4,
        "fates": ((Fate.READ, 3), (Fate.DAMAGED, 1)),
        "readings": (Reading(kind=QuestionKind.SINGLE, automatic=9, confirmed=1, corrected=0, waiting=0, absent=2),),
        "waiting": (("Handwriting", 2),),
    }
    return ReportData(surveys=surveys, **values | more)


def shown(found, **more):
    return Survey(
        **{"title": "S", "publisher": "City", "records": 3, "complete": 2, "responses": 3, "sections": found} | more
    )


class Outline(HTMLParser):
    """Tags in order, unclosed tags, attributes and headings of a page."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.headings, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]
        if re.fullmatch(r"h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def outline(page):
    found = Outline()
    found.feed(page)
    found.close()
    assert found.open == []
    return found


CHOICE = question("open", "single", options=options("yes", "no"))
TICKS = question("who", "multiple", options=options("old", "young"))


def test_single_choice_is_counted_over_valid_answers():
    """Missing codes are no answers: they are not in the base, and they are named."""
    rows = [{"open": cell} for cell in ("yes", "yes", "no", "-1", "-9", "-1")]
    (figure,) = figures(survey(CHOICE), rows)
    assert isinstance(figure, ChoiceFigure)
    assert ([b.count for b in figure.bars], figure.base, dict(figure.missing)) == ([2, 1], 3, {"-1": 2, "-9": 1})


def test_multiple_choice_counts_each_option():
    """The base of a multiple choice question are the records that ticked anything."""
    rows = [
        {"who__old": "1", "who__young": "1"},
        {"who__old": "0", "who__young": "1"},
        {"who__old": "-1", "who__young": "-1"},
    ]
    (figure,) = figures(survey(TICKS), rows)
    assert ([b.count for b in figure.bars], figure.base, figure.missing) == ([1, 2], 2, (("-1", 1),))


def test_two_digits_of_a_missing_code_are_no_number():
    """-10 (not reached) is missing like -1, in choices and among numbers; an option that was not offered says
    nothing about the others.
    """
    seats = question("seats", "comb", alphabet=Alphabet.DIGITS, cells=(3,), minimum="0")
    rows = [
        {"open": "-10", "seats": "-10", "who__old": "-5", "who__young": "1"},
        {"open": "yes", "seats": "7", "who__old": "-5", "who__young": "-10"},
    ]
    choice, number, ticks = figures(survey(CHOICE, seats, TICKS), rows)
    assert (choice.base, dict(choice.missing)) == (1, {"-10": 1})
    assert (number.count, number.lowest, dict(number.missing)) == (1, 7, {"-10": 1})
    assert (ticks.base, [bar.count for bar in ticks.bars], dict(ticks.missing)) == (1, [0, 1], {"-10": 1})


def test_numbers_have_quartiles_and_postcodes_do_not():
    """A bounded number is a quantity; a postcode is only counted."""
    seats = question("seats", "comb", alphabet=Alphabet.DIGITS, cells=(3,), minimum="0")
    postcode = question("postcode", "comb", alphabet=Alphabet.DIGITS, cells=(5,))
    rows = [{"seats": str(n), "postcode": "01067"} for n in (1, 2, 3, 4)] + [{"seats": "-8", "postcode": "-8"}]
    number, counted = figures(survey(seats, postcode), rows)
    assert isinstance(number, NumberFigure)
    assert (number.count, number.median, number.lowest, number.highest, number.missing) == (4, 2.5, 1, 4, (("-8", 1),))
    assert isinstance(counted, CountFigure)
    assert (counted.count, counted.total) == (4, 5)


def test_contact_and_free_text_do_not_appear():
    """Contact questions have no figure, sensitive and free text questions only a count."""
    questions = (
        question("name", "handwriting", data_class=DataClass.CONTACT),
        question("health", "single", options=options("good", "bad"), data_class=DataClass.SENSITIVE),
        question("remarks", "handwriting"),
    )
    found = figures(
        survey(*questions), [{"name": "Ada", "health": "bad", "remarks": "words"}, {"health": "-1", "remarks": ""}]
    )
    assert [(f.code, f.count, f.sensitive) for f in found] == [("health", 1, True), ("remarks", 1, False)]
    page = report(
        data(shown(sections(survey(*questions), [{"name": "Ada", "health": "bad", "remarks": "words"}], "en"))),
        language="en",
    )
    assert not any(word in page for word in ("Ada", "words", "BAD", "About name"))


def test_a_matrix_is_one_figure():
    """Rows of a matrix share their options; notes are no figures."""
    parts = options("am", "pm")
    matrix = Matrix(
        code="hours",
        text=texts("Hours"),
        options=parts,
        rows=(question("mon", "multiple", options=parts, group="hours"),),
        multiple=True,
    )
    (figure,) = figures(survey(Note(text=texts("note")), matrix), [{"mon__am": "1", "mon__pm": "0"}])
    assert isinstance(figure, MatrixFigure)
    assert (figure.options, [b.count for b in figure.rows[0].bars]) == (("AM", "PM"), [1, 0])
    assert "Hours" in report(
        data(shown(sections(survey(matrix), [{"mon__am": "1", "mon__pm": "0"}], "en"))), language="en"
    )


@given(st.lists(st.one_of(st.integers(-1000, 100_000), st.floats(-1e6, 1e6, allow_nan=False)), min_size=1, max_size=60))
@example([0, 0, 0, 9, -5e-324])
@example([0.0, 0.0, 0.0, 0.0, 5e-324])
def test_bins_hold_each_value_once(values):
    """The columns of a histogram count each value exactly once, without gaps, and there are not many of them."""
    found = bins([float(value) for value in values])
    if found:
        assert sum(part.count for part in found) == len(values)
        assert len(found) <= 10
        assert found[0].low <= min(values) + 1e-9
        assert all(math.isclose(b.low - a.low, found[1].low - found[0].low, rel_tol=1e-6) for a, b in pairwise(found))


def whole_page(language="en"):
    seats = question("seats", "comb", alphabet=Alphabet.DIGITS, cells=(5,), minimum="0", unit=texts("m²"))
    parts = options("low", "mid", "high")
    scale = Matrix(
        code="needs",
        text=texts("Needs"),
        options=parts,
        rows=tuple(question(c, "single", options=parts, group="needs") for c in ("a", "b")),
    )
    rows = [
        {"open": "yes", "who__old": "1", "who__young": "0", "seats": str(n * 7), "a": "low", "b": "high"}
        for n in range(30)
    ]
    found = sections(survey(CHOICE, TICKS, seats, scale), rows, language)
    conflicts = (ConflictCount(title="About open", waiting=1, decided=2),)
    problems = (Problem(slug="token-used-twice", params=(("token", "K7PX3"), ("responses", "a, b"))),)
    return report(data(shown(found, records=30, conflicts=conflicts), problems=problems), language=language)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_needs_nothing_else(language):
    """No script, no link to the outside, no file: everything stands in the page, and a policy says so."""
    found = outline(whole_page(language))
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & set(found.tags)
    assert not [
        value
        for _, name, value in found.attributes
        if name in {"src", "srcset", "href", "action", "data"} and not value.startswith("#")
    ]
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert "url(" not in whole_page(language)
    assert ("html", "lang", language) in found.attributes
    assert any("default-src 'none'" in (value or "") for _, _, value in found.attributes)


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_page_can_be_heard(language):
    """Headings go down one level at a time, pictures have a title or repeat their row, headings of tables have a
    scope, ids are unique.
    """
    found = outline(whole_page(language))
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(found.headings, found.headings[1:], strict=False))
    assert found.tags.count("svg") == sum(
        1 for t, n, v in found.attributes if t == "svg" and (n, v) in {("role", "img"), ("aria-hidden", "true")}
    )
    ids = [value for _, name, value in found.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    referred = [part for _, name, value in found.attributes if name == "aria-labelledby" for part in value.split()]
    anchors = [value[1:] for _, name, value in found.attributes if name == "href"]
    assert {*referred, *anchors} <= set(ids)
    assert found.tags.count("th") == sum(1 for t, n, _ in found.attributes if (t, n) == ("th", "scope"))


def test_numbers_follow_the_language():
    """Large numbers are parted and decimals signed as the language does; a few are never shown as none."""
    returns = (
        Returns(channel=Channel.ONLINE, count=12345, complete=1),
        Returns(channel=Channel.PAPER, count=1, complete=0),
    )
    returns = (*returns, Returns(channel=Channel.PHONE, count=2024, complete=0))
    german, english = (report(data(returns=returns), language=language) for language in ("de", "en"))
    assert "12.345" in german
    assert "12,345" in english
    assert "2.024" not in german
    assert "2,024" not in english
    assert "&lt;1%" in english
    assert "16.01.2026" in german


def test_sums_of_fates_are_compared():
    """The page says whether the fates add up to the pages handed in, and raises an alarm when they do not."""
    assert "agrees with the 4 pages" in report(data(), language="en")
    wrong = report(data(pages=5), language="en")
    assert "does not agree" in wrong
    assert 'class="alarm"' in wrong


def test_pages_that_wait_to_be_read_are_counted():
    """A page without a fate is named as one, so that the sum agrees."""
    page = report(data(pages=6, fates=((Fate.READ, 4), (None, 2))), language="en")
    assert "not read yet" in page
    assert "agrees with the 6 pages" in page


def test_nothing_there_yet():
    """An empty project has a page with plain words and no empty pictures."""
    page = report(
        data(
            shown((), records=0, complete=0, responses=0),
            as_of="",
            returns=(),
            pages=0,
            fates=(),
            readings=(),
            waiting=(),
        ),
        language="en",
    )
    outline(page)
    assert "no data yet" in page
    assert "There are no responses yet." in page
    assert "Nothing waits for review." in page


def hostile():
    if not HOSTILE.exists():
        return [
            "<script>alert(1)</script>",
            '"><svg onload=alert(1)>',
            "' onmouseover='x",
            "</title><script>1</script>",
            "<!--",
            "{{7*7}}",
            "\u202e",
            "a" * 5000,
        ]
    return [json.loads(line)["text"] for line in HOSTILE.read_text("utf-8").splitlines()]


def test_hostile_texts_are_shown_as_text():
    """Whatever stands in titles, options, reasons and tokens: no tag, no attribute, no script comes of it."""
    plain = outline(hostile_page(["plain"] * 20)).tags
    strings = hostile()
    for start in range(0, len(strings), 20):
        batch = strings[start : start + 20]
        batch += ["plain"] * (20 - len(batch))
        page = hostile_page(batch)
        page.encode("utf-8")
        found = outline(page)
        assert found.tags == plain
        assert not [name for _, name, _ in found.attributes if name.startswith("on")]


def hostile_page(batch):
    parts = tuple(Option(code=f"o{n}", text=texts(text)) for n, text in enumerate(batch))
    matrix = Matrix(
        code="m",
        text=texts(batch[1]),
        options=parts,
        rows=(question("r", "single", options=parts, text=batch[2], group="m"),),
    )
    seats = question(
        "seats", "comb", alphabet=Alphabet.DIGITS, cells=(3,), minimum="0", unit=texts(batch[3]), text=batch[4]
    )
    asked = survey(
        question("q", "single", options=parts, text=batch[0]),
        matrix,
        seats,
        question("t", "handwriting", text=batch[5]),
    )
    rows = [{"q": "o1", "r": "o2", "seats": str(n), "t": batch[6]} for n in range(9)]
    one = shown(
        sections(asked, rows, "en"),
        title=batch[7],
        publisher=batch[8] or "p",
        conflicts=(ConflictCount(title=batch[9], waiting=1, decided=0),),
    )
    problems = (Problem(slug="token-used-twice", params=(("token", batch[10]), ("responses", batch[11]))),)
    return report(data(one, waiting=((batch[12], 1),), problems=problems, project=batch[13]), language="en")


def test_words_exist_in_both_languages():
    """Each text of the report has a German and an English wording."""
    names = {
        language: {key for key in keys(language) if key.startswith(("report.", "merge.", "digital."))}
        for language in ("de", "en")
    }
    assert names["de"] == names["en"]


def test_colours_differ():
    """Parts of one bar have different colours for as many fates as there are."""
    assert len(set(RAMP)) == len(RAMP) >= len(Fate)
