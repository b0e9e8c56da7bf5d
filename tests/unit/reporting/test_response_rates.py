"""Response rates by AAPOR's formulas against values worked out by hand; small groups are never shown alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanform.model.place import Disposition
from scanform.reporting.response_rates import LEAST_PLACES, Group, Outcomes, shown_together


def group(name="", **counts):
    return Group(name=name, counts={Disposition(one.replace("_", "-")): count for one, count in counts.items()})


@pytest.mark.parametrize(
    ("outcomes", "rr1", "rr2"),
    [
        # 400 / (400 + 50 + 100 + 150 + 20 + 60 + 20) = 400 / 800; 450 / 800
        (Outcomes(complete=400, partial=50, refused=100, no_contact=150, other=20, unknown=60, unknown_other=20), 0.5, 0.5625),
        # 30 / (30 + 10 + 5 + 35) = 30 / 80; 40 / 80
        (Outcomes(complete=30, partial=10, refused=5, no_contact=35), 0.375, 0.5),
        (Outcomes(refused=3), 0.0, 0.0),
        (Outcomes(), 0.0, 0.0),
    ],
)  # fmt: skip
def test_rates_are_those_worked_out_by_hand(outcomes, rr1, rr2):
    """RR1 and RR2 of the Standard Definitions."""
    assert (outcomes.rr1, outcomes.rr2) == (pytest.approx(rr1), pytest.approx(rr2))


def test_each_disposition_stands_where_aapor_puts_it():
    """Twelve places by hand: four answered, one in part, one refused, two sent, one opened, one came back, one not sent
    yet, one not to be asked: RR1 = 4/11, RR2 = 5/11.
    """
    found = group(
        complete=4, partial=1, refused=1, sent=2, opened=1, undeliverable=1, not_sent=1, ineligible=1
    )  # fmt: skip
    assert (found.places, found.outcomes.base) == (12, 11)
    assert found.outcomes == Outcomes(complete=4, partial=1, refused=1, no_contact=3, unknown=1, unknown_other=1)
    assert found.outcomes.rr1 == pytest.approx(4 / 11)
    assert found.outcomes.rr2 == pytest.approx(5 / 11)


def test_small_groups_are_shown_together():
    """A district with one place is a person: it stands with others, and never so that it can be worked out."""
    groups = [
        group("Nord", complete=9),
        group("Süd", sent=1),
        group("Ost", sent=2, complete=3),
        group("West", complete=1),
    ]
    shown = shown_together(groups)
    assert [(one.name, one.places, one.together) for one in shown] == [("Nord", 9, 0), ("", 7, 3)]
    assert shown[1].counts == {Disposition.SENT: 3, Disposition.COMPLETE: 4}
    assert [one.name for one in shown_together(groups[:1])] == ["Nord"]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=8))
def test_any_groups_stay_whole_and_no_line_is_small_unless_all_are(sizes):
    """Nothing is lost in the totals; a line smaller than allowed is left only where all groups together are."""
    groups = [group(f"G{number}", complete=one, sent=two) for number, (one, two) in enumerate(sizes)]
    shown = shown_together(groups)
    total = sum(one.places for one in groups)
    assert sum(one.places for one in shown) == total
    assert sum(one.count(Disposition.SENT) for one in shown) == sum(two for _, two in sizes)
    assert sum(one.together or 1 for one in shown) == len(groups)
    if total >= LEAST_PLACES:
        assert all(one.places >= LEAST_PLACES for one in shown)
