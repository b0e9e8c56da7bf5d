"""Pages of imported forms: which belong together follows from their order, and what does not follow is said."""

from hypothesis import given
from hypothesis import strategies as st

from scanform.model.page import PageRef
from scanform.workflow.reading.identify import own_instance
from scanform.workflow.settling.collate_pages import Sheet, group, places


def stretch(numbers, *, pages=2, settled=None, holes=None):
    """Pages with these numbers one after the other; `settled`: place -> instance, `holes`: place -> pages before it
    that nobody could read.
    """
    return [
        Sheet(
            key=place,
            number=number,
            pages=pages,
            own=f"own{place}",
            instance=(settled or {}).get(place),
            holes=(holes or {}).get(place, 0),
        )
        for place, number in enumerate(numbers)
    ]


def forms(numbers, **how):
    """The numbers of the pages of each form."""
    return [[sheet.number for sheet in members] for members in group(stretch(numbers, **how))]


def unsure(numbers, **how):
    """Places of the pages whose form a person should look at."""
    return [key for key, place in places(stretch(numbers, **how)).items() if place.unsure]


def test_whole_forms_follow_each_other():
    """Pages in order make whole forms, and nobody has to look."""
    assert forms([1, 2, 1, 2, 1, 2]) == [[1, 2], [1, 2], [1, 2]]
    assert unsure([1, 2, 1, 2, 1, 2]) == []


def test_one_missing_page_does_not_shift_all_others():
    """A lost first page leaves one form incomplete; the forms after it stay together."""
    assert forms([1, 2, 2, 1, 2, 1, 2]) == [[1, 2], [2], [1, 2], [1, 2]]
    assert unsure([1, 2, 2, 1, 2, 1, 2]) == [2]


def test_a_missing_page_in_the_middle_is_said():
    """A form without its second page is one form, and a person sees it."""
    assert forms([1, 3, 1, 2, 3], pages=3) == [[1, 3], [1, 2, 3]]
    assert unsure([1, 3, 1, 2, 3], pages=3) == [0, 1]


def test_a_stack_that_lies_the_other_way_round():
    """Scanned from the last page to the first: forms are put together, and nobody has to look when there are enough
    of them.
    """
    assert forms([2, 1, 2, 1, 2, 1]) == [[2, 1], [2, 1], [2, 1]]
    assert unsure([2, 1, 2, 1, 2, 1]) == []
    assert unsure([2, 1]) == [0, 1]


def test_what_could_be_put_together_otherwise_is_said():
    """A first page lost at one end: rising and falling make as many whole forms, so all of them are looked at."""
    assert unsure([1, 2, 1, 2, 1]) == [0, 1, 2, 3, 4]


def test_a_page_nobody_could_read_keeps_its_place():
    """Between first and last page lay one that could not be read: it may be the page between them, or the form is
    incomplete.
    """
    assert forms([1, 3], pages=3, holes={1: 1}) == [[1, 3]]
    assert forms([1, 2], pages=3, holes={1: 1}) == [[1], [2]]
    assert unsure([1, 3], pages=3, holes={1: 1}) == [0, 1]


def test_a_page_that_is_read_later_joins_the_form_around_it():
    """The form of its neighbours is settled: the late page gets it, nothing else changes."""
    found = places(stretch([1, 2, 3], pages=3, settled={0: "A", 2: "A"}))
    assert {key: place.instance for key, place in found.items()} == {1: "A"}
    assert not found[1].unsure


def test_a_late_page_never_doubles_a_page_of_a_settled_form():
    """The form has that page already, so the late one begins a form of its own."""
    found = places(stretch([1, 2, 2], settled={0: "A", 2: "A"}))
    assert found[1].instance == "own1"


@given(st.lists(st.integers(1, 4), max_size=30), st.data())
def test_every_page_gets_one_form_and_no_form_a_page_twice(numbers, data):
    """Whatever the order: all pages have a form, settled ones keep theirs, and no form holds two pages of one
    number.
    """
    settled = (
        dict.fromkeys(data.draw(st.sets(st.sampled_from(range(len(numbers))), max_size=1)), "A") if numbers else {}
    )
    sheets = stretch(numbers, pages=4, settled=settled)
    found = places(sheets)
    assert set(found) == {sheet.key for sheet in sheets if sheet.instance is None}
    held = [(found[sheet.key].instance if sheet.key in found else sheet.instance, sheet.number) for sheet in sheets]
    assert len(held) == len(set(held))


@given(st.integers(3, 8))
def test_complete_stacks_need_nobody(count):
    """Complete forms in order, in either direction."""
    for order in ([1, 2, 3], [3, 2, 1]):
        assert unsure(order * count, pages=3) == []


def test_the_instance_follows_from_the_content_alone():
    """The same content gives the same identity whatever its name; another page, another one."""
    one = PageRef(sha256="a" * 64, path="x.pdf", index=0)
    assert own_instance("AAAAA", one) == own_instance("AAAAA", PageRef(sha256="a" * 64, path="y.pdf", index=0))
    assert own_instance("AAAAA", one) != own_instance("AAAAA", PageRef(sha256="a" * 64, path="x.pdf", index=1))
    assert own_instance("AAAAA", one) != own_instance("BBBBB", one)
