"""Which questions were asked: one answer, whether a form is gone through from its beginning or its settled values
are looked at together.
"""

from dataclasses import replace
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanform.consistency import FILTERED_BUT_ANSWERED, checks_of, is_asked, out_of_place
from scanform.filters import Known
from scanform.filters import is_asked as asked_of
from scanform.model.questionnaire import Condition, Option, Question, QuestionKind, Questionnaire, Section, Texts
from scanform.model.response import Missing

WORDS = Texts(entries=(("en", "x"),))
OPTIONS = tuple(Option(code=code, text=WORDS) for code in "abc")
LENGTH = 5
VALUES = st.lists(st.sampled_from([None, "", "a", "b", "c", "a c"]), min_size=LENGTH, max_size=LENGTH)
"""Of each question: None where it waits for a person, "" where it was left empty."""
FILTERS = st.tuples(
    *(
        st.none() | st.tuples(st.integers(0, place - 1), st.sets(st.sampled_from("abc"), min_size=1))
        for place in range(1, LENGTH)
    )
)
"""Of each question but the first: which earlier one is its filter, and with which answers it is asked."""


def survey(conditions):
    """Questions of which each may hang on an earlier one."""
    made = []
    for place, condition in enumerate((None, *conditions)):
        question = Question(code=f"q{place}", kind=QuestionKind.MULTIPLE, text=WORDS, options=OPTIONS)
        if condition is not None:
            question = replace(
                question, only_if=Condition(question=f"q{condition[0]}", options=tuple(sorted(condition[1])))
            )
        made.append(question)
    return Questionnaire(
        code="s", version="1", title=WORDS, languages=("en",), sections=(Section(title=WORDS, items=tuple(made)),)
    )


def gone_through(questionnaire, given):
    """As a form is read: question after question, each judged by what is known of those before."""
    known, asked = {}, {}
    for question, value in zip(questionnaire.questions(), given, strict=True):
        found = asked[question.code] = asked_of(question, known)
        missing = Missing.FILTERED if found is False and not value else None if value else Missing.NO_ANSWER
        known[question.code] = Known(value=value or "", missing=missing, settled=value is not None, asked=found)
    return asked


@settings(deadline=None, max_examples=400)
@given(FILTERS, VALUES)
@example(((0, {"a"}), (1, {"a"}), (2, {"a"}), None), ["b", "", "", "a", ""])  # a chain whose first filter says no
@example(
    ((0, {"a"}), (1, {"a"}), None, None), ["b", "a", "a", "", ""]
)  # answered although not asked, and what hangs on it
@example(((0, {"a"}), (1, {"a"}), None, None), [None, "a", "a", "", ""])  # the first filter waits for a person
def test_both_ways_agree(conditions, given):
    """Filters that were answered, left empty, wait, or were filtered themselves, in chains of any form."""
    questionnaire = survey(conditions)
    checks = checks_of(questionnaire)
    settled = {f"q{place}": value for place, value in enumerate(given) if value is not None}
    asked = gone_through(questionnaire, given)
    for question in questionnaire.questions():
        assert is_asked(checks, question.code, settled) is (asked[question.code] if question.only_if else None)
    values = {code: value for code, value in settled.items() if value}
    broken = {one.doubted[0]: one.about for one in out_of_place(checks, values, settled)}
    assert broken.keys() == {code for code, found in asked.items() if found is False and values.get(code)}
    by_code = {question.code: question for question in questionnaire.questions()}
    for code, about in broken.items():
        assert about[0] == code
        for later, earlier in pairwise(about):
            assert by_code[later].only_if.question == earlier
        last = by_code[about[-2]].only_if
        assert values[about[-1]]
        assert not set(values[about[-1]].split()) & set(last.options)


def test_what_is_not_asked_names_the_filter_that_says_so():
    """The nearest filter whose own answer says no; those between were not asked themselves."""
    checks = checks_of(survey(((0, {"a"}), (1, {"a"}), None, None)))
    (found,) = out_of_place(checks, {"q2": "c", "q0": "b"}, {"q0": "b", "q1": "", "q2": "c"})
    assert (found.slug, found.about) == (FILTERED_BUT_ANSWERED, ("q2", "q1", "q0"))
    (near, far) = out_of_place(checks, {"q2": "c", "q1": "b", "q0": "b"}, {"q0": "b", "q1": "b", "q2": "c"})
    assert (near.about, far.about) == (("q1", "q0"), ("q2", "q1"))


def test_questions_that_filter_each_other_end():
    """A circle, which no questionnaire should have, is open."""
    conditions = [Condition(question=f"q{1 - number}", options=("a",)) for number in (0, 1)]
    plain = survey((None,) * (LENGTH - 1))
    loop = tuple(replace(question, only_if=one) for question, one in zip(plain.questions(), conditions, strict=False))
    checks = checks_of(replace(plain, sections=(Section(title=WORDS, items=loop),)))
    assert is_asked(checks, "q0", {}) is None
    assert is_asked(checks, "q0", {"q1": "b"}) is False
