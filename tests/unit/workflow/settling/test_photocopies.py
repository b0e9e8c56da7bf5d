"""Which form a page belongs to and what becomes of it: pure rules, checked on examples and on random stacks."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from scanform.model.page import Fate
from scanform.store.records import SheetRecord
from scanform.workflow.settling.collation import Known, unproven
from scanform.workflow.settling.photocopies import choose_copy, counting, fates


def same_sheet(a, b):
    """Ink is a name here: the same letter is the same sheet; "" is an empty page, which looks like every other empty
    page.
    """
    return 1.0 if a.ink == b.ink else 0.0


def sheet(number, page, ink, *, file=1, index=None, **changes):
    fields = {"batch_id": 1, "active": True, "fate": None, "outcome": Fate.READ, "copy": None}
    place = number if index is None else index
    return SheetRecord(
        page_id=number, reading_id=number, file_id=file, index=place, page=page, ink=ink.encode(), **(fields | changes)
    )


def settle(stack):
    """Hand in pages one by one, as the ledger does; returns them with their copies and fates."""
    known = []
    for new in stack:
        choice = choose_copy(new, known, same_sheet)
        known = [replace(old, copy=choice.copy) if old.reading_id in choice.moved else old for old in known]
        known.append(replace(new, copy=choice.copy, unsure_copy=choice.unsure))
        given_fates = fates(known)
        known = [replace(old, fate=given_fates.get(old.page_id)) for old in known]
    return known


def copies(stack):
    return [found.copy for found in settle(stack)]


def test_stacked_photocopies():
    """Two forms of two pages behind each other are copy 1 and copy 2."""
    assert copies([sheet(0, 1, "a"), sheet(1, 2, "b"), sheet(2, 1, "c"), sheet(3, 2, "d")]) == [1, 1, 2, 2]


def test_scanned_again_in_one_stack():
    """The same two sheets again are re-scans, no copy."""
    found = settle([sheet(0, 1, "a"), sheet(1, 2, "b"), sheet(2, 1, "a"), sheet(3, 2, "b")])
    assert [one.fate for one in found] == [Fate.READ, Fate.READ, Fate.RESCAN, Fate.RESCAN]


def test_missing_page_of_a_photocopy_is_not_filled_from_another():
    """Page 2 of the first form is missing: page 2 of the copy stays with the copy."""
    assert copies([sheet(0, 1, "a"), sheet(1, 3, "c"), sheet(2, 1, "d"), sheet(3, 2, "e"), sheet(4, 3, "f")]) == [
        1,
        1,
        2,
        2,
        2,
    ]


def test_empty_pages_follow_their_neighbours():
    """An empty last page of the copy belongs to the copy, though it looks like that of the form."""
    assert copies([sheet(0, 1, "a"), sheet(1, 2, ""), sheet(2, 1, "c"), sheet(3, 2, "")]) == [1, 1, 2, 2]


def test_an_empty_first_page_is_moved_to_the_copy():
    """The copy shows itself on page 2 only: the page before, taken for a re-scan, moves with it."""
    found = settle([sheet(0, 1, ""), sheet(1, 2, "b"), sheet(2, 1, ""), sheet(3, 2, "d")])
    assert [(one.copy, one.fate) for one in found] == [(1, Fate.READ), (1, Fate.READ), (2, Fate.COPY), (2, Fate.COPY)]


def test_pages_in_several_files_make_one_form():
    """Front and back scanned on different days belong together."""
    assert copies([sheet(0, 2, "a", file=1, index=0), sheet(1, 1, "b", file=2, index=0)]) == [1, 1]


def test_a_page_that_could_belong_to_two_copies_is_marked():
    """Two forms lack page 2 and no neighbour decides: the choice is unsure, and both are shown to a person."""
    found = settle(
        [sheet(0, 1, "a", file=1, index=0), sheet(1, 1, "b", file=2, index=0), sheet(2, 2, "c", file=3, index=0)]
    )
    assert [one.copy for one in found] == [1, 2, 1]
    by_copy = counting(found, fates(found))
    assert unproven(by_copy, Known(lines={}, arranged={})) == {1, 2}


def test_another_kind_of_outcome_keeps_its_fate():
    """A page that could not be read is what it is; its duplicate is a duplicate."""
    damaged = sheet(0, None, "", outcome=Fate.DAMAGED)
    assert fates([damaged, replace(damaged, page_id=1)]) == {0: Fate.DAMAGED, 1: Fate.DUPLICATE}


pages = st.lists(
    st.tuples(
        st.integers(1, 3), st.sampled_from(["a", "b", "c", ""]), st.integers(1, 2), st.booleans(), st.integers(0, 5)
    ),
    max_size=12,
)


@given(pages)
def test_every_page_that_counts_has_one_fate(stack):
    """Whatever comes in: pages that count have exactly one fate, each place on a form is held once, order alone
    decides.
    """
    seen = []
    for number, (page, ink, file, active, content) in enumerate(stack):
        twin = next((old for old in seen if old.reading_id == content), None)
        if twin is not None:
            seen.append(replace(twin, page_id=number, active=active))
            continue
        new = sheet(number, page, ink, file=file, active=active)
        new = replace(new, reading_id=content)
        choice = choose_copy(new, seen, same_sheet)
        seen = [replace(old, copy=choice.copy) if old.reading_id in choice.moved else old for old in seen]
        seen.append(replace(new, copy=choice.copy))
    found = fates(seen)
    assert found.keys() == {one.page_id for one in seen if one.active}
    held = [(one.copy, one.page) for one in seen if found.get(one.page_id) in (Fate.READ, Fate.COPY)]
    assert len(held) == len(set(held))
    assert sorted(set(held)) == sorted({(one.copy, one.page) for one in seen if one.active})
    assert fates(seen) == found
