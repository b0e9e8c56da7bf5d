"""The history of a value, and of all values of a page: what was read, who decided what, when and on which screen, and
the current value.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanform.i18n.texts import text
from scanform.model.geometry import RectMm, bounding_box
from scanform.model.layout import PageLayout
from scanform.model.person import Person
from scanform.model.response import Answer, Missing, Status
from scanform.model.review import Decision, DecisionKind
from scanform.review.apply import decided, in_force, item_id, split_item_id
from scanform.review.triage import item as review_item
from scanform.store.acts.verifications import verifications
from scanform.workflow.review.cards import Card, reasons_text, value_in_words
from scanform.workflow.review.cases import Case
from scanform.workflow.review.desk import Desk, Sight
from scanform.workflow.review.double_verification import is_of_third

_TEXTS = "history.ui."


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event in the history of a value: `kind` is a key of the texts `history.ui.event-*`; `undone` when it was
    undone.
    """

    kind: str
    value: str = ""
    who: str = ""
    at: str = ""
    note: str = ""
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """What another source says about the same question of the same respondent."""

    item: str
    said_by: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueHistory:
    """Everything known about one value, in words; the events in chronological order. `status` is its current status."""

    card: Card
    value: str
    status: str
    channel: str
    events: tuple[Event, ...]
    others: tuple[Other, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A value on a page, in the order of the form: its place (mm), the question, the current value, its status, and
    whether it waits.
    """

    item: str
    column: str
    rect: RectMm
    wording: str
    value: str
    status: Status
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """A page of a form that was read: its size in mm, the values on it, and the number of pages of the form."""

    form: str
    number: int
    pages: int
    width: float
    height: float
    places: tuple[Place, ...]


def value_history(desk: Desk, item: str, *, reviewer: str = "", language: str = "de") -> ValueHistory | None:
    """The history of a value or of a contradiction, for a `reviewer` as shown on their screen; None for an unknown
    item.
    """
    card = desk.card(item, reviewer=reviewer, language=language)
    case = desk.case(item.rpartition("/")[0], reviewer=reviewer)
    if card is None or case is None:
        return None
    column = split_item_id(item)[1]
    answer = next(answer for answer in case.effective.answers if answer.column == column)
    acts = [decision for decision in case.decisions if decision.item == item]
    with desk.project.store.reading() as tx:
        seen = [] if _in_disguise(desk, case, answer) else verifications(tx, item)
    events = [
        *_read(case, answer, card, language),
        *(_event(case, answer, card, act, language, undone=act not in in_force(acts)) for act in acts),
    ]
    standing = in_force(look.act for look in seen)
    for look in seen:
        made = _event(case, answer, card, look.act, language, undone=look.act not in standing)
        kind = made.kind if look.act.kind is DecisionKind.UNDO else "third" if look.third else "second"
        events.append(Event(kind=kind, value=made.value, who=made.who, at=made.at, undone=made.undone))
    return ValueHistory(
        card=card,
        value=_in_words(answer, card, language),
        status=text(f"{_TEXTS}status-{answer.status.value}", language),
        channel=text(f"report.channel-{case.effective.channel.value}", language),
        events=tuple(sorted(events, key=lambda event: (event.at, event.kind not in _FIRST))),
        others=tuple(_others(desk, case, column, language)),
    )


def page_facts(
    desk: Desk, form: str, number: int, *, person: Person | None = None, language: str = "de"
) -> PageFacts | None:
    """The values on a page of a form that was read, for a `person` as far as they may see it; None when there is no
    such page.
    """
    case, layout = desk.case(form, reviewer=person.name if person else ""), desk.layout(form)
    page = next((page for page in layout.pages if page.number == number), None) if layout else None
    if case is None or layout is None or page is None or case.contradictory:
        return None
    answers = [answer for answer in case.effective.answers if answer.page == number]
    if person is not None:
        answers = [answer for answer in answers if desk.may_see(item_id(form, answer.column), person, Sight.VALUE)]
    places = [place for answer in answers for place in _places(desk, case, answer, page, language)]
    return PageFacts(
        form=form, number=number, pages=len(layout.pages), width=page.size.w, height=page.size.h, places=tuple(places)
    )


def _in_disguise(desk: Desk, case: Case, answer: Answer) -> bool:
    """Whether a value is shown to somebody as a seeded item (`workflow.review.seeded_items`): then other people's acts
    on it are hidden.
    """
    real = desk.case(case.machine.id)
    return real is not None and real.machine_answer(answer) != case.machine_answer(answer)


def page_picture(desk: Desk, form: str, number: int) -> bytes | None:
    """JPEG of the page, upright; None when there is none."""
    case, layout = desk.case(form), desk.layout(form)
    page = next((page for page in layout.pages if page.number == number), None) if layout else None
    if case is None or page is None:
        return None
    ref = next(
        (answer.evidence.ref for answer in case.machine.answers if answer.page == number and answer.evidence), None
    )
    return desk.page(ref, page.size) if ref else None


SURE_FROM = 0.5
"""Minimum probability of a reading that is more likely right than wrong."""

_FIRST = {"read", "typed", "said"}


def _read(case: Case, answer: Answer, card: Card, language: str) -> list[Event]:
    """The origin of the value: the machine read it, somebody typed it, or the sources of a contradiction say it."""
    if case.contradictory:
        claims = case.claims.get(answer.column, ())
        named = [
            (", ".join(text(f"report.channel-{channel.value}", language) for channel in claim.channels), claim.value)
            for claim in claims
        ]
        return [Event(kind="said", value=_code_words(value, card, language), who=who) for who, value in named]
    machine, at = case.machine_answer(answer), case.machine.received_at
    if machine.evidence is None:
        who = machine.reader.partition(":")[2]
        return [
            Event(
                kind="typed",
                value=_in_words(machine, card, language),
                who=who or text(f"report.channel-{case.machine.channel.value}", language),
                at=at,
            )
        ]
    note = reasons_text(machine.problems, language)
    sure = text(f"{_TEXTS}{_how_sure(machine)}", language, n=_one_in(machine.confidence))
    return [
        Event(
            kind="read",
            value=_in_words(machine, card, language),
            who=machine.reader,
            at=at,
            note=" · ".join(part for part in (sure, note) if part),
        )
    ]


def _event(case: Case, answer: Answer, card: Card, act: Decision, language: str, *, undone: bool) -> Event:
    kind = "third-decided" if is_of_third(act) else act.kind.value
    value = (
        ""
        if act.kind in {DecisionKind.UNDO, DecisionKind.POSTPONE}
        else _in_words(decided(case.machine_answer(answer), act, version=act.version), card, language)
    )
    earlier = act.kind is not DecisionKind.UNDO and act.version != case.versions.get(answer.column, act.version)
    note = text(f"{_TEXTS}earlier-reading", language, version=act.version) if earlier else ""
    return Event(
        kind=kind,
        value=value,
        who=act.reviewer,
        at=act.at,
        note=note,
        undone=undone and act.kind is not DecisionKind.UNDO,
    )


def _others(desk: Desk, case: Case, column: str, language: str) -> Iterable[Other]:
    members: Sequence[str] = case.members or desk.members_of(case.machine.id)
    for member in members:
        found = desk.case(member)
        answer = (
            next((answer for answer in found.effective.answers if answer.column == column), None) if found else None
        )
        if found is None or answer is None or member == case.machine.id:
            continue
        card = desk.card_of(found, review_item(found.effective, answer, found.versions), language=language)
        said_by = text(f"report.channel-{found.effective.channel.value}", language)
        yield Other(item=item_id(member, column), said_by=said_by, value=_in_words(answer, card, language))


def _places(desk: Desk, case: Case, answer: Answer, page: PageLayout, language: str) -> Iterable[Place]:
    zones = [
        zone
        for zone in page.zones
        if zone.question == answer.question and (answer.option is None or zone.option == answer.option)
    ]
    if not zones:
        return
    card = desk.card_of(case, review_item(case.effective, answer, case.versions), language=language)
    rect = bounding_box([zone.rect for zone in zones])
    note = card.reason_text if answer.status is Status.REVIEW else ""
    yield Place(
        item=card.id,
        column=answer.column,
        rect=rect,
        wording=card.wording,
        value=_in_words(answer, card, language),
        status=answer.status,
        note=note,
    )


def _in_words(answer: Answer, card: Card, language: str) -> str:
    if answer.value:
        return _code_words(answer.value, card, language)
    if answer.raw:
        return text("review.as-written", language, raw=answer.raw)
    if answer.missing in {Missing.ILLEGIBLE, Missing.IMPLAUSIBLE, Missing.MULTIPLE_MARKS, Missing.FILTERED}:
        return text(f"{_TEXTS}missing-{answer.missing.name.lower().replace('_', '-')}", language)
    return text("review.blank", language)


def _code_words(value: str, card: Card, language: str) -> str:
    return value_in_words(value, card.choices, card.alphabet, language) if value else text("review.blank", language)


def _how_sure(answer: Answer) -> str:
    return "surely" if answer.confidence >= 1 - 1e-6 else "sure-one-in" if answer.confidence > SURE_FROM else "unsure"


def _one_in(confidence: float) -> int:
    """One in this many such readings is wrong."""
    return max(2, round(1 / max(1 - confidence, 1e-6)))
