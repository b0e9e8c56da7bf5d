"""The recipient register: filled from lists and by printing, changed by later lists, never emptied by one.

What a list changes is planned first, so that a person can see it; applying it draws the missing tokens and keeps what
every place was.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from scanform.errors import Several, UsageError, Words, words
from scanform.model.place import Place
from scanform.store import issued, places
from scanform.store.engine import Transaction
from scanform.workflow.printing.place_list import ListedPlace, read_places, wrong_list
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.printing.tokens import draw_token, is_mistyped
from scanform.workflow.project.moments import now
from scanform.workflow.project.project import Project

PRINTED = "printed"
"""The source of a place that came with printed forms."""

_NUMBERED = re.compile(r"P([0-9]{5,})")
"""A place id given by scanform: a list with the city's own ids may replace it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A place as it is and as a list wants it."""

    before: Place
    after: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a list does to the register: places it adds (without a token where one is to be drawn), changes, leaves as
    they are, and does not mention; these stay. Contact data that was `erased` is not taken from a list again.
    """

    new: tuple[Place, ...]
    changed: tuple[Change, ...]
    unchanged: int
    absent: tuple[Place, ...]
    erased: tuple[Place, ...] = ()


def register(project: Project) -> list[Place]:
    """All places, in the order in which they were added."""
    with project.store.reading() as tx:
        return places.places(tx)


def plan_list(project: Project, path: Path) -> Plan:
    """What `add_list` would do; raises InputError that names every row that cannot be used."""
    with project.store.reading() as tx:
        return _plan(tx, path)


def add_list(project: Project, path: Path, *, reviewer: str, expected: Plan | None = None) -> Plan:
    """Add and change the places of a list in one transaction; the same list again changes nothing.

    Raises InputError for rows that cannot be used, and UsageError where the register has changed since the plan that a
    person saw (`expected`): nothing is changed then.
    """
    with project.store.writing() as tx:
        found = _plan(tx, path)
        if expected is not None and expected != found:
            raise UsageError(words("recipients.changed_meanwhile"), remedy=words("recipients.changed_meanwhile_remedy"))
        at, taken = now(), _taken(tx)
        told = {"source": path.name, "reviewer": reviewer, "at": at}
        added = tuple(_with_token(place, taken) for place in found.new)
        places.add_places(tx, added, **told)
        for change in found.changed:
            places.change_place(tx, change.before, change.after, **told)
    return replace(found, new=added)


def register_printed(
    tx: Transaction, recipients: Iterable[Recipient | None], listed: Mapping[str, ListedPlace], *, update: bool
) -> None:
    """Keep the recipients of printed forms in the register; with `update` a list's name and address replace older ones.

    `listed` are the rows of the list by token: what it says beyond name and address.
    """
    known = {place.token: place for place in places.places(tx)}
    erased = places.erased_ids(tx)
    ids = {place.place_id for place in known.values()}
    numbers = _free_numbers(ids)
    at = now()
    for recipient in recipients:
        if recipient is None or not recipient.token:
            continue
        row = listed.get(recipient.token)
        before = known.get(recipient.token)
        if before is None:
            wanted = row.place_id if row is not None and row.place_id not in ids else ""
            empty = Place(place_id=wanted or next(numbers), token=recipient.token)
            place = _told(_named(empty, recipient), row)
            ids.add(place.place_id)
            known[place.token] = place
            places.add_places(tx, [place], source=PRINTED, reviewer="", at=at)
        elif update:
            place = _told(_named(before, recipient), row)
            if place.place_id in erased:
                place = _without_contact(place)
            places.change_place(tx, before, place, source=PRINTED, reviewer="", at=at)
            known[place.token] = place


def find_place(found: Sequence[Place], name: str) -> Place:
    """The place with this id or token; capitals of a token may be mixed up where that leaves one. Raises UsageError
    for any other name, and says so where a drawn token was mistyped.
    """
    typed = name.strip()
    exact = [place for place in found if typed in {place.place_id, place.token}]
    alike = [place for place in found if place.token.casefold() == typed.casefold()]
    if len(exact) == 1 or len(alike) == 1:
        return (exact if len(exact) == 1 else alike)[0]
    slip = "recipients.mistyped" if is_mistyped(typed) else "recipients.unknown_place"
    raise UsageError(words(slip, name=typed), remedy=words("recipients.unknown_place_remedy"))


def place_ids(found: Iterable[Place]) -> Mapping[str, str]:
    """The place id by token, and by the token in small letters where that leaves one place: people mix up capitals."""
    by_token: dict[str, str] = {}
    alike: dict[str, set[str]] = defaultdict(set)
    for place in found:
        by_token[place.token] = place.place_id
        alike[place.token.casefold()].add(place.place_id)
    return {token: next(iter(ids)) for token, ids in alike.items() if len(ids) == 1} | by_token


def place_id_of(ids: Mapping[str, str], token: str | None) -> str | None:
    """The place of a token as it came in."""
    return None if not token else ids.get(token) or ids.get(token.casefold())


def _plan(tx: Transaction, path: Path) -> Plan:
    known, erased = places.places(tx), places.erased_ids(tx)
    rows = read_places(path, known=_tokens(tx))
    wrong: list[Words | Several] = []
    new, changed, refused, met = [], [], list[Place](), dict[str, int]()
    numbers = _free_numbers({place.place_id for place in known} | {row.place_id for row in rows})
    finder = _Finder(known)
    for row in rows:
        before = finder.find(row)
        trouble = _trouble(row, before, finder, met)
        if trouble is not None:
            wrong.append(trouble)
        elif before is None:
            place = Place(place_id=row.place_id or next(numbers), token=row.token)
            new.append(_told(replace(place, name=row.carrier or None), row))
        else:
            met[before.place_id] = row.row
            told = _told(replace(before, place_id=row.place_id or before.place_id), row)
            after = told if before.place_id not in erased else _without_contact(told)
            refused += [after] if after != told else []
            changed += [Change(before=before, after=after)]
    if wrong:
        raise wrong_list(path, wrong)
    really = tuple(change for change in changed if change.before != change.after)
    return Plan(
        new=tuple(new),
        changed=really,
        unchanged=len(changed) - len(really),
        absent=tuple(place for place in known if place.place_id not in met),
        erased=tuple(refused),
    )


def _without_contact(place: Place) -> Place:
    return replace(place, name=None, address=(), further=())


class _Finder:
    """Finds the place that a row is about: by id, then by token, then by name and address where it has neither."""

    def __init__(self, known: Sequence[Place]) -> None:
        self.by_id = {place.place_id: place for place in known}
        self.by_token = {place.token.casefold(): place for place in known} | {place.token: place for place in known}
        self._by_name: dict[tuple[str | None, tuple[str, ...]], list[Place]] = defaultdict(list)
        for place in known:
            self._by_name[place.name, place.address].append(place)

    def of_token(self, token: str) -> Place | None:
        """The place with a token."""
        return self.by_token.get(token) or self.by_token.get(token.casefold())

    def find(self, row: ListedPlace) -> Place | None:
        """The place of a row, None for a new one."""
        if row.place_id and row.place_id in self.by_id:
            return self.by_id[row.place_id]
        if row.token:
            return self.of_token(row.token)
        alike = [] if row.place_id else self._by_name[row.name, row.address]
        return alike[0] if len(alike) == 1 else None


def _trouble(row: ListedPlace, before: Place | None, finder: _Finder, met: Mapping[str, int]) -> Words | None:
    """Why a row cannot be used: it names a place twice, or contradicts what is known of its token or its id."""
    if before is None:
        return None
    if before.place_id in met:
        return words("recipients.row_twice", row=row.row, place=before.place_id, first=met[before.place_id])
    if row.token and row.token.casefold() != before.token.casefold():
        return words("recipients.other_token", row=row.row, place=before.place_id, token=before.token)
    if row.place_id and row.place_id != before.place_id and not _NUMBERED.fullmatch(before.place_id):
        return words("recipients.other_place", row=row.row, place=before.place_id, token=before.token)
    return None


def _told(place: Place, row: ListedPlace | None) -> Place:
    """A place with what a row says about it; what its list has no column for stays."""
    if row is None:
        return place
    facts = {name: getattr(row, name) for name in ("name", "address", "carrier", "district") if name in row.given}
    further = dict(place.further) | dict(row.further)
    kept = tuple((heading, said) for heading, said in further.items() if said or heading in dict(place.further))
    return replace(place, **facts, further=kept)


def _named(place: Place, recipient: Recipient) -> Place:
    """A place with the recipient's name and address, where there are any."""
    return replace(place, name=recipient.name or place.name, address=recipient.address or place.address)


def _free_numbers(ids: Collection[str]) -> Iterator[str]:
    """Place ids in ascending order that are not used yet."""
    last = max((int(found[1]) for name in ids if (found := _NUMBERED.fullmatch(name))), default=0)
    while True:
        last += 1
        yield f"P{last:05}"


def _tokens(tx: Transaction) -> set[str]:
    """All tokens that belong to somebody: of the register, and of printed forms."""
    printed = {form.token for form in issued.all_issued(tx) if form.token}
    return printed | {place.token for place in places.places(tx)}


def _taken(tx: Transaction) -> set[str]:
    return {token.casefold() for token in _tokens(tx)}


def _with_token(place: Place, taken: set[str]) -> Place:
    """The place with a token of its own, drawn if its list has none."""
    found = place if place.token else replace(place, token=draw_token(taken))
    taken.add(found.token.casefold())
    return found
