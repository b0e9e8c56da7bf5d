"""Infers the identity of a page whose page code is destroyed, where the neighbouring pages in the file leave only one
answer.
"""

from collections.abc import Iterable

from scanform.model.page import Fate, FoundBy, Identity
from scanform.store.records import PageRecord


def inferred_identity(unknown: PageRecord, pages: Iterable[PageRecord]) -> Identity | None:
    """The identity of a page whose markers show only its number, from the pages directly before and after it.

    Both neighbours have to agree: the page before is the preceding page of the same form (or the end of another form,
    for a first page), and likewise the page after. Anything else is left to a person.
    """
    line = sorted(
        (page for page in pages if page.file_id == unknown.file_id), key=lambda page: (page.ref.index, page.ref.part)
    )
    at = next((number for number, page in enumerate(line) if page.id == unknown.id), 0)
    before, after = (line[at - 1] if at else None), next(iter(line[at + 1 :]), None)
    number = unknown.seen_page
    if number is None:
        return None
    first, last = _read(before), _read(after)
    form = first if first and first.page == number - 1 else last if last and last.page == number + 1 else None
    if form is None or number > form.pages:
        return None
    fits_before = (
        _same(first, form, number - 1)
        if number > 1
        else before is None or (first is not None and first.page == first.pages)
    )
    fits_after = (
        _same(last, form, number + 1) if number < form.pages else after is None or (last is not None and last.page == 1)
    )
    if not (fits_before and fits_after):
        return None
    return Identity(
        digest=form.digest, instance=form.instance, page=number, pages=form.pages, found_by=FoundBy.NEIGHBOURS
    )


def _read(page: PageRecord | None) -> Identity | None:
    return page.identity if page is not None and page.outcome is Fate.READ else None


def _same(identity: Identity | None, form: Identity, number: int) -> bool:
    return identity is not None and (identity.digest, identity.instance, identity.page) == (
        form.digest,
        form.instance,
        number,
    )
