"""How far each place of the register got: derived from what was printed and what came in, or said by people.

One order decides where several things are true of a place, whatever came first (`RANK`): a place that is not one of
those to be asked stays out although it answered; an answer outranks a refusal and a letter that came back; these two
outrank that a questionnaire was opened or sent. Of several acts of people the latest in force counts.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import uuid4

from scanform.errors import UsageError, words
from scanform.model.place import OUTSTANDING, STAFF, UNREACHABLE, Disposition, Place
from scanform.model.response import Channel, Response, Status
from scanform.store import issued, places, values
from scanform.store.acts.dispositions import DispositionAct, add_disposition, dispositions
from scanform.workflow.printing.online import online_states
from scanform.workflow.printing.place_register import find_place, place_id_of, place_ids, register
from scanform.workflow.printing.recipients import Recipient
from scanform.workflow.project.moments import now
from scanform.workflow.project.project import Project

RANK = (
    Disposition.INELIGIBLE,
    Disposition.COMPLETE,
    Disposition.PARTIAL,
    Disposition.REFUSED,
    Disposition.UNDELIVERABLE,
    Disposition.OPENED,
    Disposition.SENT,
    Disposition.NOT_SENT,
)
"""What outranks what, the strongest first."""

LONGEST_REASON = 1000


class Whom(StrEnum):
    """For whom of the register something is sent: everybody who can be reached, those to whom nothing was sent yet,
    those who got a questionnaire and have not answered.
    """

    ALL = "all"
    NEW = "new"
    OUTSTANDING = "outstanding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A place and how far it got. Times are ISO 8601, "" for never; `channel` is that of its answer.

    `act` is what people said about it, if they did, even where something else outranks it; `forms` counts the forms
    printed for it; nothing more is sent to a place whose contact data was `erased`.
    """

    place: Place
    disposition: Disposition
    sent_at: str = ""
    answered_at: str = ""
    channel: Channel | None = None
    act: DispositionAct | None = None
    forms: int = 0
    erased: bool = False

    @property
    def answered(self) -> bool:
        """Whether something came back, wholly or in part, whatever else is true of the place."""
        return self.channel is not None


def strongest(found: Iterable[Disposition]) -> Disposition:
    """What counts of everything that is true of a place."""
    return min((*found, Disposition.NOT_SENT), key=RANK.index)


def disposition_of(response: Response) -> Disposition:
    """A response is complete when nothing of it is missing or held and anything was answered at all: a blank
    questionnaire that came back is not.
    """
    told = any(answer.value or answer.raw or answer.status is Status.REVIEW for answer in response.answers)
    return Disposition.COMPLETE if response.complete and told and not response.held else Disposition.PARTIAL


def standings(project: Project) -> list[Standing]:
    """How far each place got, in the order of the register, in one consistent view of the store."""
    with project.store.reading() as tx:
        known, acts, erased = places.places(tx), dispositions(tx), places.erased_ids(tx)
        forms, responses = issued.all_issued(tx), values.load_responses(tx)
    ids = place_ids(known)
    printed: dict[str, list[str]] = defaultdict(list)
    for form in forms:
        if form.token:
            printed[place_id_of(ids, form.token) or ""].append(form.printed_at)
    came: dict[str, list[Response]] = defaultdict(list)
    for response in responses:
        came[response.place_id or place_id_of(ids, response.token) or ""].append(response)
    opened = {place_id_of(ids, token): state for token, state in online_states(project).items()}
    found = (
        _standing(place, printed[place.place_id], came[place.place_id], opened.get(place.place_id), acts)
        for place in known
    )
    return [replace(one, erased=one.place.place_id in erased) for one in found]


def _standing(
    place: Place,
    printed: Sequence[str],
    came: Sequence[Response],
    online: tuple[Disposition, str] | None,
    acts: Mapping[str, DispositionAct],
) -> Standing:
    act = acts.get(place.token)
    true = [Disposition.SENT] if printed else []
    true += [online[0]] if online else []
    true += [act.disposition] if act else []
    true += [disposition_of(response) for response in came]
    sent = [*printed, *([act.at] if act and act.disposition is Disposition.SENT else [])]
    best = min(came, key=lambda one: (RANK.index(disposition_of(one)), one.received_at, one.id), default=None)
    return Standing(
        place=place,
        disposition=strongest(true),
        sent_at=min(sent, default=""),
        answered_at=best.received_at if best else "",
        channel=best.channel if best else None,
        act=act,
        forms=len(printed),
    )


def chosen(found: Iterable[Standing], whom: Whom) -> tuple[Standing, ...]:
    """Those to whom something is sent: never a place that refused, that no letter reaches, that is not to be asked or
    whose contact data was erased, and no reminder to one that answered.
    """
    wanted = {
        Whom.ALL: frozenset(Disposition) - UNREACHABLE,
        Whom.NEW: frozenset({Disposition.NOT_SENT}),
        Whom.OUTSTANDING: OUTSTANDING,
    }[whom]
    return tuple(one for one in found if one.disposition in wanted and not one.erased)


def recipients_of(project: Project, whom: Whom) -> tuple[Recipient, ...]:
    """The recipients of a print run for the register; raises UsageError where there are none."""
    found = chosen(standings(project), whom)
    if not found:
        raise UsageError(words(f"recipients.nobody_{whom.value}"), remedy=words("recipients.nobody_remedy"))
    return tuple(Recipient(token=one.place.token, name=one.place.name, address=one.place.address) for one in found)


def set_disposition(
    project: Project, name: str, disposition: Disposition, *, reason: str, reviewer: str, uuid: str = ""
) -> DispositionAct:
    """Say how far the place with this id or token got; raises UsageError for an unknown place, a missing reason, and
    for what only follows from what comes in.
    """
    if disposition not in STAFF:
        known = ", ".join(one.value for one in STAFF)
        raise UsageError(
            words("recipients.not_for_staff", disposition=disposition.value),
            remedy=words("recipients.not_for_staff_remedy", known=known),
        )
    if not reason.strip():
        raise UsageError(words("recipients.no_reason"), remedy=words("recipients.no_reason_remedy"))
    place = find_place(register(project), name)
    act = DispositionAct(
        uuid=uuid or str(uuid4()),
        token=place.token,
        disposition=disposition,
        reviewer=reviewer,
        reason=reason.strip()[:LONGEST_REASON],
        at=now(),
    )
    with project.store.writing() as tx:
        add_disposition(tx, act)
    return act


def mark_sent(project: Project, found: Iterable[Standing], *, reason: str, reviewer: str) -> int:
    """Say of places to which nothing was sent yet that they were written to in another way; returns their number."""
    at = now()
    with project.store.writing() as tx:
        marked = [one for one in found if one.disposition is Disposition.NOT_SENT]
        for one in marked:
            act = DispositionAct(
                uuid=str(uuid4()),
                token=one.place.token,
                disposition=Disposition.SENT,
                reviewer=reviewer,
                reason=reason,
                at=at,
            )
            add_disposition(tx, act)
    return len(marked)


def take_back(project: Project, name: str, *, reviewer: str) -> DispositionAct:
    """Take back what people last said about a place; raises UsageError where nobody said anything."""
    place = find_place(register(project), name)
    with project.store.writing() as tx:
        act = dispositions(tx).get(place.token)
        if act is None:
            raise UsageError(
                words("recipients.nothing_said", place=place.place_id), remedy=words("recipients.nothing_said_remedy")
            )
        undone = DispositionAct(
            uuid=str(uuid4()),
            token=act.token,
            disposition=act.disposition,
            reviewer=reviewer,
            reason=act.reason,
            at=now(),
            undoes=act.uuid,
        )
        add_disposition(tx, undone)
    return act
