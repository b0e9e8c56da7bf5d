"""Held forms: what is known about the collation of one printed identity, and its effect on the responses.

A held form is never complete, none of its values is accepted, and it has no token, so that nothing merges with it. Its
readings stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from scanform import pagecode
from scanform.model.page import Fate
from scanform.model.problem import Problem
from scanform.model.response import HELD, PAGES_UNPROVEN, Missing, Response
from scanform.store import issued, ledger, values
from scanform.store.acts import collations
from scanform.store.acts.collations import CollationKind
from scanform.store.engine import Transaction
from scanform.store.records import FormRecord, PageRecord, SheetRecord
from scanform.workflow.project.project import Project
from scanform.workflow.settling.collation import Known, unproven
from scanform.workflow.settling.photocopies import counting

TOKEN_WITHHELD = "token-withheld"  # noqa: S105 (a problem, not a password)
"""The problem of responses one of which is the addressee's, while nobody has said which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollationState:
    """The state of one printed identity: its copies and those that may be mixed, the pattern by which its numbers
    contradict the sheets ("" for none), the token printed on it, the copy that is the addressee's (None: unknown, 0:
    none of them), and the number of pages that count.
    """

    copies: frozenset[int]
    unproven: frozenset[int]
    pattern: str
    printed_token: str | None
    addressee: int | None
    pages: int = 0

    @property
    def token_withheld(self) -> bool:
        """Whether somebody has to say who is the addressee."""
        return self.printed_token is not None and len(self.copies) > 1 and self.addressee is None

    @property
    def waits(self) -> bool:
        """Whether a person has to say something about this identity."""
        return bool(self.unproven) or self.token_withheld

    def main_problem(self, form: str) -> Problem | None:
        """The main question to a person about the identity as a whole, if any."""
        slug = PAGES_UNPROVEN if self.unproven else TOKEN_WITHHELD if self.token_withheld else None
        return Problem(slug=slug, where=form, params=(("respondents", str(len(self.copies))),)) if slug else None

    def is_addressee(self, copy: int) -> bool:
        """Whether a copy is the addressee's: as people said, otherwise the only one, unless it is known to be a
        photocopy.
        """
        if self.unproven & {copy} or self.pattern:
            return False
        return copy == (self.addressee if self.addressee is not None else 1 if self.copies == {1} else 0)

    def token(self, form: FormRecord) -> str | None:
        """The token of a form; never guessed."""
        return (form.token or self.printed_token) if self.is_addressee(form.copy) else None

    def problems(self, form: FormRecord) -> tuple[Problem, ...]:
        """The problems the response of a form reports about this."""
        found = []
        if self.pattern:
            found.append(Problem(slug=f"sheets-{self.pattern}", where=form.form_id))
        if form.copy in self.unproven:
            found.append(
                Problem(slug=PAGES_UNPROVEN, where=form.form_id, params=(("respondents", str(len(self.copies))),))
            )
        if self.token_withheld:
            found.append(
                Problem(slug=TOKEN_WITHHELD, where=form.form_id, params=(("respondents", str(len(self.copies))),))
            )
        return tuple(found)


def subject_of(digest: str, instance: str) -> str:
    """The name under which people's acts about a printed identity are kept."""
    return pagecode.form_id(digest, instance)


def collation_of(
    tx: Transaction, sheets: Sequence[SheetRecord], copies: Mapping[int, Sequence[SheetRecord]]
) -> CollationState:
    """The state of one printed identity: all its pages, and those that count by copy."""
    identity = next(sheet.identity for sheet in sheets if sheet.identity is not None)
    acts = collations.collations(tx, subject_of(identity.digest, identity.instance))
    several = len({sheet.copy for sheet in sheets}) > 1 or any(sheet.unsure_copy for sheet in sheets)
    printed = issued.issued_form(tx, identity.instance)
    known = Known(
        lines=collations.lines(tx, {sheet.file_id for sheet in sheets}) if several else {},
        arranged=arranged(acts, sheets),
        others=_others(sheets, copies),
    )
    return CollationState(
        copies=frozenset(copies),
        unproven=unproven(copies, known) if several else frozenset(),
        pattern=collations.doubt_of(tx, identity.digest, identity.instance),
        printed_token=printed.token if printed else None,
        addressee=_addressee(acts, sheets),
        pages=sum(len(found) for found in copies.values()),
    )


def arranged(acts: Sequence[collations.Collation], sheets: Sequence[SheetRecord]) -> dict[int, int]:
    """The copies to which people assigned pages: reading -> copy, the latest act on each page."""
    by_content = {sheet.name: sheet.reading_id for sheet in sheets}
    found: dict[int, int] = {}
    for act in acts:
        pages = act.content.get("pages")
        if act.kind is CollationKind.ARRANGED and isinstance(pages, dict):
            found |= {by_content[name]: int(copy) for name, copy in pages.items() if name in by_content}
    return found


def _addressee(acts: Sequence[collations.Collation], sheets: Sequence[SheetRecord]) -> int | None:
    """The copy people named as the addressee's: the copy of the page chosen to represent it."""
    said = next((act for act in reversed(acts) if act.kind is CollationKind.ADDRESSEE), None)
    if said is None:
        return None
    page = said.content.get("page")
    return next((sheet.copy for sheet in sheets if sheet.active and sheet.name == page), None) if page else 0


def _others(sheets: Sequence[SheetRecord], copies: Mapping[int, Sequence[SheetRecord]]) -> bool:
    """Whether pages that do not count show further respondents, so that a lone form may hold pages of several."""
    gone = [sheet for sheet in sheets if not sheet.active]
    unsure = any(sheet.unsure_copy for pages in copies.values() for sheet in pages)
    return bool(gone) and (unsure or any(sheet.copy not in copies for sheet in gone))


def held(response: Response, problems: Sequence[Problem]) -> Response:
    """The response with these problems; if one of them holds the form, none of its values is accepted without
    review.
    """
    found = replace(response, problems=response.problems + tuple(problems))
    reason = next((problem.slug for problem in problems if problem.slug in HELD), None)
    if reason is None:
        return found
    answers = tuple(
        answer if answer.missing is Missing.NOT_IN_VERSION else answer.doubted(reason) for answer in found.answers
    )
    return replace(found, answers=answers, complete=False, token=None)


def collation_remarks(project: Project, pages: Iterable[PageRecord]) -> list[tuple[str, Problem]]:
    """The questions to a person about the printed identities on these pages, each with the file of its first page."""
    first: dict[tuple[str, str], str] = {}
    for page in pages:
        if page.identity is not None and page.outcome is Fate.READ:
            first.setdefault((page.identity.digest, page.identity.instance), page.ref.path)
    found = []
    with project.store.reading() as tx:
        for digest, instance in sorted(first.keys() & set(ledger.identities_with_copies(tx))):
            joining = collation_now(tx, digest, instance)
            problem = joining.main_problem(subject_of(digest, instance)) if joining else None
            if problem is not None:
                found.append((first[digest, instance], problem))
    return found


def outdated(tx: Transaction) -> list[tuple[str, str]]:
    """The printed identities (digest, instance) whose responses do not reflect what is known about them: those of
    projects older than held forms.
    """
    found = []
    for digest, instance in ledger.identities_with_copies(tx):
        joining = collation_now(tx, digest, instance)
        if joining is None:
            continue
        for form in ledger.forms(tx, digest=digest, instance=instance):
            for response in values.load_responses(tx, response_id=form.form_id) if form.copy in joining.copies else ():
                wanted = {problem.slug for problem in joining.problems(form)}
                if wanted - {problem.slug for problem in response.problems} or response.token != joining.token(form):
                    found.append((digest, instance))
    return sorted(set(found))


def collation_now(tx: Transaction, digest: str, instance: str) -> CollationState | None:
    """The state of a printed identity, None where none of its pages counts."""
    sheets = [sheet for sheet in ledger.sheets(tx, digest=digest, instance=instance) if sheet.outcome is Fate.READ]
    copies = counting(
        sheets, {sheet.page_id: sheet.fate for sheet in sheets if sheet.active and sheet.fate is not None}
    )
    return collation_of(tx, sheets, copies) if copies else None
