"""A person marks the corners of a page that the machine could not place: it is read if its print confirms them,
otherwise left as it was.

Registration tier T4. The act is kept: by whom, when, which corners (`scanform.store.acts.manual_registrations`).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scanform import pagecode
from scanform.errors import UsageError, words
from scanform.model.page import Fate, FoundBy, Identity
from scanform.model.problem import Problem
from scanform.page_result import PageResult
from scanform.store import issued, ledger
from scanform.store.acts import manual_registrations
from scanform.store.engine import Transaction
from scanform.store.records import ManualRegistration, ManualRegistrationKind, PageRecord
from scanform.workflow.intake.read_batch import divide, page_job, with_problem
from scanform.workflow.project.moments import limits_of, now
from scanform.workflow.project.project import Project
from scanform.workflow.reading.read_page import read_page
from scanform.workflow.reading.stages import PageJob
from scanform.workflow.settling.assign_fates import resolve_reading
from scanform.workflow.settling.collate_pages import content_identity, is_joined, join_page

HELPABLE = frozenset({Fate.REVIEW, Fate.UNKNOWN_FORM})
"""Fates with which a person can help: a page of ours that could not be placed, or a form that was not recognised."""

BY_HAND = "placed-by-hand"
"""The problem (a remark, rather) of a page read at the corners a person marked."""

_PROVED = frozenset({FoundBy.CODE, FoundBy.CODE_SEARCH})
"""Identities confirmed by a check sum: a typed form id does not override them."""

Corners = Sequence[tuple[float, float]]
"""Top left, top right, bottom right, bottom left as printed, in pixels of the decoded page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """The outcome for a page: `outcome` READ, with its fate and form; or why it could not be read, and then nothing was
    stored.

    `by_other`: it was settled otherwise before, by somebody else or by another program, and stays so.
    """

    outcome: Fate
    fate: Fate | None = None
    form_id: str | None = None
    problems: tuple[Problem, ...] = ()
    by_other: bool = False


def place_page(
    project: Project,
    page: PageRecord,
    form: str,
    number: int,
    corners_px: Corners,
    *,
    reviewer: str,
    uuid: str,
    read: Callable[[PageJob], PageResult] = read_page,
) -> Placed:
    """Read `page` as page `number` of `form`, at the corners a person marked, and settle it in the ledger.

    `form` is a printed form id, or the layout digest of a form without ids. `read` does the reading, in a worker if
    need be. Sending again (same `uuid`, or a page that is settled) changes nothing. Raises UsageError for an impossible
    form or page number, for invalid corners, and for an identity contradicted by the page's own code.
    """
    identity = identity_given(project, page, form, number)
    corners = _checked(corners_px)
    with project.store.reading() as tx:
        stored = ledger.page_record(tx, page.id)
    if stored.outcome not in HELPABLE:
        return _standing(stored, identity, by_layout=form in project.layouts)
    result = read(replace(page_job(project, page, limits_of(project), identity), corners_px=corners))
    if result.reading is None:
        return Placed(outcome=result.outcome, problems=result.problems)
    placement = ManualRegistration(
        uuid=uuid,
        sha256=page.ref.sha256,
        index=page.ref.index,
        part=page.ref.part,
        kind=ManualRegistrationKind.PLACED,
        identity=identity,
        corners_px=corners,
        reviewer=reviewer,
        at=now(),
    )
    return _settle(project, page, result, placement, named_by_layout=form in project.layouts)


def leave_page(project: Project, page: PageRecord, *, reviewer: str, uuid: str) -> bool:
    """Record that a person left a page alone; it keeps its fate. Sending again changes nothing. False when it no longer
    waits.
    """
    with project.store.writing() as tx:
        if ledger.page_record(tx, page.id).outcome not in HELPABLE:
            return False
        ref = page.ref
        act = ManualRegistration(
            uuid=uuid,
            sha256=ref.sha256,
            index=ref.index,
            part=ref.part,
            kind=ManualRegistrationKind.LEFT,
            reviewer=reviewer,
            at=now(),
        )
        manual_registrations.add_manual_registration(tx, act)
        return True


def identity_given(project: Project, page: PageRecord, form: str, number: int) -> Identity:
    """The identity a person gives a page; raises UsageError when it is impossible, or contradicted by the page's own
    code.
    """
    identity = _form_given(project, page, form, number)
    own = page.identity
    if (
        own is not None
        and own.found_by in _PROVED
        and (own.digest, own.instance, own.page) != (identity.digest, identity.instance, number)
    ):
        message = words("sort.contradicts", form=pagecode.form_id(own.digest, own.instance), page=own.page)
        raise UsageError(message, remedy=words("sort.contradicts_remedy"))
    return identity


def _form_given(project: Project, page: PageRecord, form: str, number: int) -> Identity:
    """The identity of a typed form id, or of the layout digest of a form without ids."""
    parsed = pagecode.parse_form_id(form)
    layout = project.layouts.get(parsed[0] if parsed else form)
    if layout is None or (parsed is None and not layout.imported):
        raise UsageError(words("identify.bad_form", form=form), remedy=words("identify.bad_form_remedy"))
    if not 1 <= number <= len(layout.pages):
        raise UsageError(words("identify.bad_page", pages=len(layout.pages)), remedy=words("sort.bad_page_remedy"))
    if parsed is None:
        return content_identity(layout, number, page.ref, FoundBy.PERSON)
    return Identity(digest=parsed[0], instance=parsed[1], page=number, pages=len(layout.pages), found_by=FoundBy.PERSON)


def _checked(corners_px: Corners) -> tuple[tuple[float, float], ...]:
    """Four points with finite coordinates."""
    corners = tuple((float(x), float(y)) for x, y in corners_px)
    if len(corners) != 4 or not all(math.isfinite(value) for corner in corners for value in corner):
        raise UsageError(words("sort.bad_corners"), remedy=words("sort.bad_corners_remedy"))
    return corners


def _standing(page: PageRecord, wanted: Identity, *, by_layout: bool) -> Placed:
    """The present state of a page; whether it is what this person `wanted`. Where the form was named `by_layout` only,
    its number is not compared.
    """
    own = page.identity
    same = (
        own is not None
        and (own.digest, own.page) == (wanted.digest, wanted.page)
        and (by_layout or own.instance == wanted.instance)
    )
    return Placed(
        outcome=page.outcome or Fate.REVIEW,
        fate=page.fate,
        form_id=page.form_id,
        problems=page.problems,
        by_other=not same,
    )


def _settle(
    project: Project, page: PageRecord, result: PageResult, placement: ManualRegistration, *, named_by_layout: bool
) -> Placed:
    """Store the reading and who placed it, in one transaction; what another person settled in the meantime stays.

    A page `named_by_layout` gets its form from the pages around it; one with a form id of its own keeps it.
    """
    given = placement.identity
    assert given is not None  # a page is placed as a page of a form
    with project.store.writing() as tx:
        stored = ledger.page_record(tx, page.id)
        if stored.reading_id is None or stored.outcome not in HELPABLE:
            return _standing(stored, given, by_layout=named_by_layout)
        placement = replace(placement, part=result.ref.part)
        divide(project, tx, stored, result, at=placement.at)
        ledger.replace_reading(tx, stored.reading_id, _with_remarks(project, tx, result, placement), at=placement.at)
        manual_registrations.add_manual_registration(tx, placement)
        if named_by_layout and is_joined(project.layouts, result.identity):
            join_page(project, tx, page.id)
        resolve_reading(project, tx, stored.reading_id)
        return _standing(ledger.page_record(tx, page.id), given, by_layout=named_by_layout)


def _with_remarks(project: Project, tx: Transaction, result: PageResult, placement: ManualRegistration) -> PageResult:
    """The result with its remarks: who placed it, and that its form was never printed here (where forms have ids)."""
    marked = with_problem(
        result, Problem(slug=BY_HAND, params=(("reviewer", placement.reviewer), ("at", placement.at)))
    )
    identity = result.identity
    if (
        identity is None
        or project.layouts[identity.digest].imported
        or issued.issued_form(tx, identity.instance) is not None
    ):
        return marked
    return with_problem(marked, Problem(slug="unknown-instance", params=(("instance", identity.instance),)))
