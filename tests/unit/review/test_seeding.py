"""A known value in disguise looks like what waits, says something wrong that is plausible, and is never made where
that is not possible.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.model.geometry import RectPx
from scanform.model.page import PageRef
from scanform.model.questionnaire import QuestionKind
from scanform.model.reading import Candidate
from scanform.model.response import Answer, Evidence, Status
from scanform.model.review import ReviewItem
from scanform.review.audit import most_often
from scanform.review.known import CONFUSED, SURE, can_precede, disguised, known

PAPER = Evidence(ref=PageRef(sha256="0" * 64, path="a.pdf", index=0), box=RectPx(x=0, y=0, w=10, h=10))
WAITING = ReviewItem(
    id="B/often",
    version=3,
    response_id="B",
    questionnaire="q",
    question="often",
    option=None,
    kind=QuestionKind.SINGLE,
    value="m",
    candidates=(
        Candidate(value="m", probability=0.9),
        Candidate(value="s", probability=0.08),
        Candidate(value="", probability=0.02),
    ),
    reasons=("unclear-mark",),
    evidence=PAPER,
    page=2,
    confidence=0.9,
)
TRUE = replace(
    WAITING,
    id="A/often",
    version=7,
    response_id="A",
    value="w",
    candidates=(Candidate(value="w", probability=0.9999),),
    reasons=("unsure",),
    confidence=0.9999,
)
WRITTEN = {"kind": QuestionKind.COMB}


def test_a_choice_borrows_proposal_reason_and_candidates():
    """The wrong value is that of the one that waits, the truth stands among the candidates, the paper and its name
    stay its own.
    """
    item = disguised(TRUE, WAITING, lambda _: True, "lot")
    assert item == replace(
        TRUE,
        value="m",
        reasons=("unclear-mark",),
        confidence=0.9,
        candidates=(
            Candidate(value="m", probability=0.9),
            Candidate(value="w", probability=0.08),
            Candidate(value="", probability=0.02),
        ),
    )


def test_nothing_is_made_where_the_proposal_would_be_right():
    assert disguised(replace(TRUE, value="m"), WAITING, lambda _: True, "lot") is None
    assert (
        disguised(replace(TRUE, **WRITTEN, value="ßß"), replace(WAITING, **WRITTEN, value="12"), lambda _: True, "lot")
        is None
    )
    assert (
        disguised(replace(TRUE, **WRITTEN, value="12"), replace(WAITING, **WRITTEN, value="34"), lambda _: False, "lot")
        is None
    )


def test_a_blank_proposal_hides_a_value():
    waiting = replace(
        WAITING,
        value="",
        reasons=("unsure-blank",),
        candidates=(Candidate(value="", probability=0.8), Candidate(value="s", probability=0.2)),
    )
    item = disguised(TRUE, waiting, lambda _: True, "lot")
    assert (item.value, item.reasons) == ("", ("unsure-blank",))
    assert item.candidates == (Candidate(value="", probability=0.8), Candidate(value="w", probability=0.2))


@given(
    st.text("0123456789", min_size=1, max_size=8), st.text("0123456789", min_size=1, max_size=8), st.text(max_size=5)
)
@pytest.mark.slow
def test_a_written_value_is_wrong_in_one_character(truth, reading, lot):
    item = disguised(
        replace(TRUE, **WRITTEN, value=truth), replace(WAITING, **WRITTEN, value=reading), lambda _: True, lot
    )
    changed = [(one, other) for one, other in zip(truth, item.value, strict=True) if one != other]
    assert len(changed) == 1
    assert changed[0][1] in CONFUSED[changed[0][0]]


def test_only_what_the_rules_admit_is_proposed():
    item = disguised(
        replace(TRUE, **WRITTEN, value="14"),
        replace(WAITING, **WRITTEN, value="12"),
        lambda text: text.startswith("7"),
        "lot",
    )
    assert item.value == "74"


@pytest.mark.parametrize(
    "change",
    [{"status": Status.REVIEW}, {"status": Status.CORRECTED}, {"confidence": SURE - 1e-6}, {"evidence": None}],
    ids=["waits", "decided", "less sure", "not on paper"],
)
def test_what_is_not_known_well_enough(change):
    answer = Answer(
        question="often", kind=QuestionKind.SINGLE, value="w", confidence=SURE, status=Status.AUTO, evidence=PAPER
    )
    assert known(answer)
    assert not known(replace(answer, **change))


def test_what_is_written_is_known_once_it_is_accepted():
    written = Answer(
        question="since", kind=QuestionKind.COMB, value="1987", confidence=0.996, status=Status.AUTO, evidence=PAPER
    )
    assert known(written)
    assert not known(replace(written, value=""))
    assert not known(replace(written, status=Status.REVIEW))


def test_how_often_at_most():
    """Against the figures of tables (Clopper and Pearson 1934; the rule of three), and without trials nothing is
    known.
    """
    assert most_often(0, 0) == 1.0
    assert most_often(0, 100) == pytest.approx(1 - 0.05 ** (1 / 100))
    assert most_often(1, 20) == pytest.approx(0.2161, abs=1e-4)
    assert most_often(20, 20) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="2 hits"):
        most_often(2, 1)


@pytest.mark.parametrize(
    ("kind", "values", "possible"),
    [
        (QuestionKind.SINGLE, {"m"}, False),
        (QuestionKind.SINGLE, {"m", "w"}, True),
        (QuestionKind.SINGLE, {""}, True),
        (QuestionKind.SINGLE, set(), False),
        (QuestionKind.HANDWRITING, {""}, False),
        (QuestionKind.HANDWRITING, {"XY"}, False),
        (QuestionKind.HANDWRITING, {"", "am"}, True),
    ],
)
def test_before_which_open_values_known_ones_can_stand(kind, values, possible):
    """Choices need another known choice, writing a known text in which something can be confused."""
    assert can_precede(values, replace(WAITING, kind=kind)) is possible
