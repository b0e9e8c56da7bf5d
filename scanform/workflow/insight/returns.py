"""Who has answered: response rates by district, carrier and channel, days to return, the curve over time, and who is
outstanding.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scanform.i18n.texts import day_of
from scanform.model.place import Disposition
from scanform.model.response import Channel
from scanform.reporting.figures import NumberFigure, number_figure
from scanform.reporting.response_rates import Group
from scanform.workflow.printing.dispositions import Standing, Whom, chosen, standings
from scanform.workflow.printing.place_register import place_id_of, place_ids
from scanform.workflow.project.project import Project
from scanform.workflow.project.time_zone import readers_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Eligible places that had answered by the end of a day (ISO 8601), all together."""

    day: str
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWork:
    """How far the survey got.

    `districts` and `carriers` by name, those without one last and called "". `channels` count the answers of eligible
    places by the way they came; `days` between sending and answer. `no_place` are responses whose token is not in the
    register, or that have none; `answered_though` are the ineligible places that answered: they count in no rate.
    """

    total: Group
    districts: tuple[Group, ...]
    carriers: tuple[Group, ...]
    channels: tuple[tuple[Channel, int], ...]
    days: NumberFigure
    curve: tuple[Returned, ...]
    no_place: int
    answered_though: int
    standings: tuple[Standing, ...]

    @property
    def outstanding(self) -> tuple[Standing, ...]:
        """Those who got a questionnaire and have not answered."""
        return chosen(self.standings, Whom.OUTSTANDING)


def field_work(project: Project) -> FieldWork:
    """The present state of the field work; empty groups for a project without a register."""
    found = standings(project)
    zone = readers_zone(project.config)
    answered = [one for one in found if one.answered and one.disposition is not Disposition.INELIGIBLE]
    channels = Counter(one.channel for one in answered)
    came = Counter(day_of(one.answered_at, zone) for one in answered if one.answered_at)
    days = [
        float(_days(day_of(one.sent_at, zone), day_of(one.answered_at, zone)))
        for one in answered
        if one.sent_at and one.answered_at
    ]
    return FieldWork(
        total=_group("", found),
        districts=_grouped(found, lambda one: one.place.district),
        carriers=_grouped(found, lambda one: one.place.carrier),
        channels=tuple((channel, channels[channel]) for channel in Channel if channels[channel]),
        days=number_figure([one for one in days if one >= 0], code="days", title="", unit="", missing=()),
        curve=_curve(came),
        no_place=_without_place(project, found),
        answered_though=sum(one.answered and one.disposition is Disposition.INELIGIBLE for one in found),
        standings=tuple(found),
    )


def _group(name: str, found: Iterable[Standing]) -> Group:
    counts = Counter(one.disposition for one in found)
    return Group(name=name, counts={one: counts[one] for one in Disposition if counts[one]})


def _grouped(found: Sequence[Standing], name: Callable[[Standing], str]) -> tuple[Group, ...]:
    """The groups by name, those without one last; none where no place has a name of that kind."""
    by_name: dict[str, list[Standing]] = defaultdict(list)
    for one in found:
        by_name[name(one)].append(one)
    if set(by_name) <= {""}:
        return ()
    return tuple(_group(group, by_name[group]) for group in sorted(by_name, key=lambda group: (not group, group)))


def _curve(came: Counter[str]) -> tuple[Returned, ...]:
    points, places = [], 0
    for day in sorted(came):
        places += came[day]
        points.append(Returned(day=day, places=places))
    return tuple(points)


def _days(sent: str, answered: str) -> int:
    return (date.fromisoformat(answered) - date.fromisoformat(sent)).days


def _without_place(project: Project, found: Sequence[Standing]) -> int:
    """Responses that belong to no place of the register."""
    ids = place_ids(one.place for one in found)
    known = set(ids.values())
    return sum(
        response.place_id not in known and place_id_of(ids, response.token) is None
        for response in project.store.responses()
    )
