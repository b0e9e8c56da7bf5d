"""Filters of LimeSurvey and XLSForm: what they say is worked out, and what `only_if` cannot say is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.formats.survey_tools.expressions import (
    MAX_DEPTH,
    Asked,
    Checks,
    ExpressionError,
    checks_of,
    conditions_of,
    is_always,
    parse,
)
from scanform.formats.survey_tools.filters_read import Filters
from scanform.formats.survey_tools.remarks import NOWHERE, Remarks
from scanform.model.questionnaire import Condition

CODES = (("a", "a"), ("b", "b"), ("AO03", "c"))
SINGLE = Asked(question="q", options=("a", "b", "c"), codes=CODES)
TICKS = Asked(question="m", options=("x", "y"), codes=(("x", "x"), ("y", "y")), multiple=True)
KNOWN = {
    "q": SINGLE,
    "other_q": Asked(question="otherq", options=("a", "b"), codes=CODES[:2]),
    "m": TICKS,
    "m_x": Asked(question="m", options=("x", "y"), codes=TICKS.codes, multiple=True, option="x"),
    "m_y": Asked(question="m", options=("x", "y"), codes=TICKS.codes, multiple=True, option="y"),
    "number": Asked(question="number", options=(), codes=()),
}


def read(text: str, *, xpath: bool = False) -> list[tuple[str, str]]:
    found = conditions_of(parse(text, xpath=xpath), KNOWN.get)
    return [(one.question, " ".join(one.options)) for one in found]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("q == 'a'", [("q", "a")]),
        ('(q.NAOK == "a")', [("q", "a")]),
        ("'a' eq q.code", [("q", "a")]),
        ("q.NAOK == 'a' or q.NAOK == 'AO03'", [("q", "a c")]),
        ("q == 'a' || (q == 'b')", [("q", "a b")]),
        ("q != 'a' and q != ''", [("q", "b c")]),
        ("!is_empty(q) && q ne 'a'", [("q", "b c")]),
        ("not(is_empty(q.NAOK) or q == 'a')".replace("not(", "!("), [("q", "b c")]),
        ("!is_empty(q.NAOK)", [("q", "a b c")]),
        ("m_x.NAOK == 'Y'", [("m", "x")]),
        ("m_x == 'Y' or m_y.value == \"1\"", [("m", "x y")]),
        ("!is_empty(m_x.NAOK)", [("m", "x")]),
        ("q == 'a' and m_x == 'Y'", [("q", "a"), ("m", "x")]),
    ],
)
def test_what_an_expression_of_limesurvey_says(text: str, says: list[tuple[str, str]]) -> None:
    """Operators in all spellings, brackets, negation: the answers under which it is true."""
    assert read(text) == says


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("${q} = 'a'", [("q", "a")]),
        ("selected(${q}, 'AO03')", [("q", "c")]),
        ("selected(${m}, 'x') or selected(${m},'y')", [("m", "x y")]),
        ("${q} != '' and not(${q} = 'b')", [("q", "a c")]),
        ("${m} != ''", [("m", "x y")]),
    ],
)
def test_what_an_expression_of_xlsform_says(text: str, says: list[tuple[str, str]]) -> None:
    """The same in XPath."""
    assert read(text, xpath=True) == says


@pytest.mark.parametrize(
    "text",
    [
        "q != 'a'",  # true without an answer, too
        "is_empty(q)",
        "q == 'a' or m_x == 'Y'",  # two questions
        "m_x != 'Y'",
        "q == 'nothing'",  # an answer that there is not
        "unknown == 'a'",
        "number > 3",
        "count(m_x, m_y) > 1",
        "q.shown == 'a'",
        "123456X1X2 == 'a'",
        "q == 'a' garbage",
        "q ==",
        "(q == 'a'",
        "q == 'a",
        "",
        "regexMatch('/a/', q)",
        "-" * 500 + "1",
        "q + 1 == 2",
    ],
)
def test_what_only_if_cannot_say_is_refused(text: str) -> None:
    """Nothing is guessed from a part that would be understood."""
    with pytest.raises(ExpressionError):
        read(text)


@pytest.mark.parametrize(
    "text", ["${m} = 'x'", "${m} = 'x' or selected(${m}, 'y')", "selected(${m}, ${q})", "../q = 'a'", ". = 'a'"]
)
def test_what_only_if_cannot_say_of_xlsform_is_refused(text: str) -> None:
    """ "The ticked boxes are x" is not "x is ticked"; paths are not followed."""
    with pytest.raises(ExpressionError):
        read(text, xpath=True)


def test_deep_and_long_expressions_are_refused() -> None:
    """No expression can exhaust the stack or the patience."""
    deep = "(" * (MAX_DEPTH + 1) + "q == 'a'" + ")" * (MAX_DEPTH + 1)
    for text in (deep, "q == 'a' or " * 5000 + "q == 'a'"):
        with pytest.raises(ExpressionError):
            parse(text, xpath=False)


@given(
    st.text(st.sampled_from("q m_x ()'\"=!<>&|.${}-+,1aY\\ and or not") | st.characters(), max_size=60), st.booleans()
)
def test_any_text_is_parsed_or_refused(text: str, xpath: bool) -> None:
    """Nothing else happens."""
    try:
        conditions_of(parse(text, xpath=xpath), KNOWN.get)
        checks_of(parse(text, xpath=xpath))
    except ExpressionError:
        pass


_LEAVES = st.sampled_from([f"q == '{code}'" for code, _ in CODES] + ["is_empty(q)", "q != 'a'", "!is_empty(q)"])
_TREES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda one: f"({one[0]} {one[1]} {one[2]})")
        | inner.map(lambda one: f"!({one})")
    ),
    max_leaves=8,
)


@given(_TREES)
def test_a_condition_is_true_exactly_where_the_expression_is(text: str) -> None:
    """Against Python's own evaluation of the same expression, for each answer and for none."""
    python = text.replace("is_empty(q)", "(q == '')").replace("!(", "not (").replace("!((", "not ((")
    python = python.replace("not (q == '')", "(not (q == ''))")
    true = [ours for theirs, ours in (("", ""), *CODES) if eval(python, {"q": theirs})]
    try:
        found = read(text)
    except ExpressionError:
        assert "" in true or not true
    else:
        joined = {ours for _, ours in CODES}
        for _, options in found:
            joined &= set(options.split())
        assert sorted(joined) == sorted(true)


def filters() -> tuple[Filters, Remarks]:
    remarks = Remarks()
    made = Filters(remarks=remarks, xpath=False)
    made.learn("q", SINGLE, None)
    for name in ("m", "m_x", "m_y"):
        made.learn(name, KNOWN[name], Condition(question="q", options=("a",)))
    return made, remarks


def test_a_filter_that_follows_from_another_is_left_out() -> None:
    """Asked if q is a and m is x, where m itself is asked only if q is a: m alone says it."""
    made, remarks = filters()
    assert made.read(["q == 'a'", "m_x == 'Y'"], NOWHERE) == Condition(question="m", options=("x",))
    assert made.read(["(q == 'a' or q == 'b') and m_x == 'Y'"], NOWHERE) == Condition(question="m", options=("x",))
    assert remarks.found == []
    assert made.read(["q == 'b' and m_x == 'Y'"], NOWHERE) is None
    assert [one.slug for one in remarks.found] == ["filter"]


def test_the_filters_of_a_group_and_a_question_are_joined() -> None:
    """Both are about the same question: the answers that satisfy both."""
    made, remarks = filters()
    wanted = Condition(question="q", options=("b",))
    assert made.read(["q == 'a' or q == 'b'", "q == 'b' or q == 'AO03'", "1", ""], NOWHERE) == wanted
    assert remarks.found == []
    assert made.read(["q == 'a'", "q == 'b'"], NOWHERE) is None
    assert [one.slug for one in remarks.found] == ["filter"]
    assert all(is_always(text) for text in ("", "1", " true "))


@pytest.mark.parametrize(
    "text",
    ["q == 'a' and q == 'b'", "m_x == 'Y' and m_y == 'Y'", "(m_x == 'Y' or m_y == 'Y') and (m_y == 'Y' or m_z == 'Y')"],
)
def test_filters_that_no_list_of_answers_says_are_named(text: str) -> None:
    """Never true, or two boxes at once: the question stands without a filter, and that is said."""
    made, remarks = filters()
    for option in "xyz":
        box = Asked(question="m", options=("x", "y", "z"), codes=(), multiple=True, option=option)
        made.learn(f"m_{option}", box, None)
    assert made.read([text], NOWHERE) is None
    assert [one.slug for one in remarks.found] == ["filter"]


def test_a_box_and_the_same_box_or_another_are_that_box() -> None:
    """Where several may be ticked, too, the stricter of two conditions is enough."""
    made, remarks = filters()
    both = ["m_x == 'Y' or m_y == 'Y'", "m_x == 'Y'"]
    assert made.read(both, NOWHERE) == made.read(both[::-1], NOWHERE) == Condition(question="m", options=("x",))
    assert remarks.found == []


def test_checks_of_one_answer() -> None:
    """Bounds, days, patterns, lengths, exclusive answers, the order of two answers."""
    assert checks_of(parse(". >= 18 and . <= 120", xpath=True)) == Checks(minimum="18", maximum="120")
    assert checks_of(parse("self >= -3 and self.NAOK <= 9.5", xpath=False)) == Checks(minimum="-3", maximum="9.5")
    assert checks_of(parse(". <= date('2030-12-31')", xpath=True)) == Checks(maximum="2030-12-31")
    assert checks_of(parse("regex(., '^a$')", xpath=True)) == Checks(pattern="^a$")
    assert checks_of(parse("string-length(.) <= 7", xpath=True)) == Checks(length=7)
    alone = "not(selected(., 'none') and count-selected(.) > 1)"
    assert checks_of(parse(alone, xpath=True)) == Checks(alone=("none",))
    order = "is_empty(self.NAOK) or is_empty(first.NAOK) or self.NAOK >= first.NAOK"
    assert checks_of(parse(order, xpath=False)) == Checks(not_before="first")
    assert checks_of(parse("(${first} = '' or . >= ${first})", xpath=True)) == Checks(not_before="first")


@pytest.mark.parametrize(
    "text", [". > 18", ". >= 18 or . <= 3", ". >= 1 and . >= 2", "${x} >= 3", "not(selected(., 'a'))", ". >= ${x}"]
)
def test_other_checks_are_refused(text: str) -> None:
    """A bound that excludes itself, alternatives, two lower bounds: no bound of ours says that."""
    with pytest.raises(ExpressionError):
        checks_of(parse(text, xpath=True))
