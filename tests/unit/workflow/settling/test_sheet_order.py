"""Printed numbers against the order of the sheets: what contradicts is named, ordinary stacks are left alone."""

import random
from itertools import pairwise

import pytest

from scanform.workflow.settling.sheet_order import Side, contradiction


def sides(*pages, pages_of=2, digest="AAAAA"):
    """Pages as "A1" (form A, page 1); "-" is blank paper, "?" another form's only page."""
    found = {}
    for at, name in enumerate(pages):
        if name == "?":
            found[at] = Side(index=at, digest="LETTR", instance=f"L{at}", number=1, pages=1)
        elif name != "-":
            found[at] = Side(index=at, digest=digest, instance=name[:-1], number=int(name[-1]), pages=pages_of)
    return {"sides": found, "pages": len(pages), "blanks": pages.count("-")}


def stack(forms, pages=2, *, back_to_front=False):
    numbers = range(1, pages + 1)
    return [f"{form}{number}" for form in forms for number in (reversed(numbers) if back_to_front else numbers)]


def merged(fronts, backs):
    return [page for pair in zip(fronts, backs, strict=True) for page in pair]


FORMS = [f"F{number}" for number in range(12)]


@pytest.mark.parametrize(
    ("pattern", "pages"),
    [
        ("next", merged([f"{form}1" for form in FORMS[:-1]], [f"{form}2" for form in FORMS[1:]])),
        (
            "next",
            [*merged([f"{form}1" for form in FORMS[:-1]], [f"{form}2" for form in FORMS[1:]]), f"{FORMS[-1]}1", "-"],
        ),
        (
            "next",
            [*stack(FORMS[:5]), *merged([f"{form}1" for form in FORMS[5:-1]], [f"{form}2" for form in FORMS[6:]])],
        ),
        (
            "next",
            [
                *stack(FORMS[:5]),
                *merged([f"{form}1" for form in FORMS[5:-1]], [f"{form}2" for form in FORMS[6:]]),
                f"{FORMS[-1]}1",
            ],
        ),
        ("previous", merged([f"{form}1" for form in FORMS[1:]], [f"{form}2" for form in FORMS[:-1]])),
        ("next", [page for form, after in pairwise(FORMS) for page in (f"{after}2", f"{form}1")]),
        ("turned", merged([f"{form}1" for form in FORMS], [f"{form}2" for form in reversed(FORMS)])),
        ("swapped", ["A1", "B2", "B1", "A2", "C1", "D2", "D1", "C2", "E1", "E2"]),
        ("swapped", ["A1", "B2", "B1", "A2"]),
        ("other", ["A1", "D2", "B1", "A2", "C1", "B2", "D1", "E2", "E1", "C2"]),
    ],
)
def test_the_pattern_is_named(pattern, pages):
    found = contradiction(**sides(*pages))
    assert found is not None
    assert found.pattern == pattern
    assert all(front.instance != back.instance and front.number % 2 == 1 for front, back in found.sheets)


def test_forms_of_two_sheets_one_off():
    """Fronts 1, 3, 1, 3 and backs one sheet late: every second sheet contradicts."""
    fronts = [f"{form}{number}" for form in FORMS for number in (1, 3)]
    backs = [f"{form}{number}" for form in FORMS for number in (2, 4)]
    found = contradiction(**sides(*merged(fronts[:-1], backs[1:]), pages_of=4))
    assert found is not None
    assert found.pattern == "next"


@pytest.mark.parametrize("back_to_front", [False, True])
def test_sheets_of_several_forms_in_one_set(back_to_front):
    """First sheets one after the other, second sheets of the form after: front and back agree, and the page numbers,
    but not the sets.
    """
    pages = [
        f"{form}{number}"
        for one, after in pairwise(FORMS)
        for form, number in ((one, 1), (one, 2), (after, 3), (after, 4))
    ]
    found = contradiction(**sides(*(reversed(pages) if back_to_front else pages), pages_of=4))
    assert found is not None
    assert found.pattern == "sets"
    assert {(first.number, side.number) for first, side in found.sheets} == {(1, 3), (1, 4)}
    assert len(found.sheets) == 2 * (len(FORMS) - 1)
    assert contradiction(**sides(*pages[:8], pages_of=4)) is None, "two forms can lie like that by chance"


ORDINARY = {
    "both sides": sides(*stack(FORMS)),
    "both sides, last page first": sides(*stack(FORMS, back_to_front=True)),
    "a letter before": sides("?", *stack(FORMS)),
    "a letter before, last page first": sides("?", *stack(FORMS, back_to_front=True)),
    "a sheet twice": sides(*stack(FORMS[:4]), *stack(FORMS[3:])),
    "four pages": sides(*stack(FORMS, 4), pages_of=4),
    "four pages, a letter before": sides("?", *stack(FORMS, 4), pages_of=4),
    "three pages, single sides": sides(*stack(FORMS, 3), pages_of=3),
    "three pages, both sides": sides(*(page for form in FORMS for page in (*stack([form], 3), "-")), pages_of=3),
    "one page": sides(*stack(FORMS, 1), pages_of=1),
    "single sides, a page missing": sides(*stack(FORMS[:3]), "F31", *stack(FORMS[4:])),
    "single sides, last page first, a page missing": sides(
        *stack(FORMS[:3], back_to_front=True), "F31", *stack(FORMS[4:], back_to_front=True)
    ),
    "both sides, one sheet missing": sides(*stack(FORMS[:3]), *stack(FORMS[4:])),
    "mixed with letters": sides(*stack(FORMS[:3]), "?", "-", *stack(FORMS[3:6]), "?", "-", *stack(FORMS[6:])),
    "fronts, then backs": sides(*(f"{form}1" for form in FORMS), *(f"{form}2" for form in FORMS)),
    "fronts, then backs turned": sides(*(f"{form}1" for form in FORMS), *(f"{form}2" for form in reversed(FORMS))),
    "four pages, one set mixed": sides(
        *stack(FORMS[:3], 4), "F31", "F32", "F43", "F44", *stack(FORMS[5:], 4), pages_of=4
    ),
    "four pages, a sheet missing": sides(*stack(FORMS[:3], 4), "F33", "F34", *stack(FORMS[4:], 4), pages_of=4),
    "one sheet wrong": sides(*stack(FORMS[:3]), "F31", "F42", *stack(FORMS[5:])),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_stacks_are_left_alone(name):
    assert contradiction(**ORDINARY[name]) is None


def test_false_alarms_are_rare_in_shuffled_stacks():
    """Single pages in any order: 4 to 24 forms of two pages, 2,000 stacks; forms of four pages as well."""
    rng, alarms = random.Random(5), 0
    for number in range(2000):
        size = rng.randint(4, 24)
        pages = stack([f"F{form}" for form in range(size)], 2 if number % 2 else 4)
        rng.shuffle(pages)
        alarms += contradiction(**sides(*pages, pages_of=2 if number % 2 else 4)) is not None
    assert alarms <= 10
