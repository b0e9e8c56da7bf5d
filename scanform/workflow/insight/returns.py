"""Who has answered: response rates by district, carrier and channel, days to return, the curve over time, and who is
outstanding.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from scanform.i18n.texts import day_of, day_text, text
from scanform.model.place import Disposition
from scanform.model.response import Channel
from scanform.reporting import drawing
from scanform.reporting.figures import NumberFigure, number_figure
from scanform.reporting.response_rates import Group
from scanform.workflow.printing.dispositions import Standing, Whom, chosen, standings
from scanform.workflow.printing.place_register import place_id_of, place_ids, register
from scanform.workflow.project.project import Project
from scanform.workflow.project.time_zone import readers_zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """Eligible places that had answered by the end of a day (ISO 8601), all together."""

    day: str
    places: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Which places are counted: those of a district, of a carrier, and those that answered by a channel; None for all,
    "" for those without one.
    """

    district: str | None = None
    carrier: str | None = None
    channel: Channel | None = None

    def holds(self, one: Standing) -> bool:
        """Whether a place is of that district and carrier."""
        return self.district in {None, one.place.district} and self.carrier in {None, one.place.carrier}

    def came(self, one: Standing) -> bool:
        """Whether it answered by that channel; with none named, whatever it did."""
        return self.channel in {None, one.channel}


ALL = Where()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldWork:
    """How far the survey got, in all or in what was chosen: `of_places` have to be asked there.

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
    of_places: int

    @property
    def answered(self) -> tuple[Standing, ...]:
        """Those who answered, the latest first."""
        found = [one for one in self.standings if one.answered]
        return tuple(sorted(found, key=lambda one: (one.answered_at, one.place.place_id), reverse=True))

    @property
    def outstanding(self) -> tuple[Standing, ...]:
        """Those who got a questionnaire and have not answered."""
        return chosen(self.standings, Whom.OUTSTANDING)


def field_work(project: Project, where: Where = ALL) -> FieldWork:
    """The present state of the field work; empty groups for a project without a register."""
    everybody = standings(project)
    there = [one for one in everybody if where.holds(one)]
    found = [one for one in there if where.came(one)]
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
        no_place=_without_place(project, everybody),
        answered_though=sum(one.answered and one.disposition is Disposition.INELIGIBLE for one in found),
        standings=tuple(found),
        of_places=_group("", there).outcomes.base,
    )


def names_of(project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The districts and the carriers of the register, in the order of the screens: "" for none comes last."""
    found = register(project)
    return _names(place.district for place in found), _names(place.carrier for place in found)


def _names(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(found), key=lambda name: (not name, name)))


def curve_picture(found: FieldWork, language: str) -> str:
    """The curve as an SVG with title and description, "" where nobody has answered; the dashed line is everybody."""
    if not found.curve:
        return ""
    points = [(date.fromisoformat(one.day), one.places) for one in found.curve]
    said = text(
        "report.field-curve-desc",
        language,
        first=day_text(found.curve[0].day, language),
        last=day_text(found.curve[-1].day, language),
        places=found.curve[-1].places,
        base=found.of_places,
    )
    title = text("report.field-curve", language)
    return drawing.curve(points, max(1, found.of_places), title=title, description=said, names=drawing.Names())


def _group(name: str, found: Iterable[Standing]) -> Group:
    counts = Counter(one.disposition for one in found)
    return Group(name=name, counts={one: counts[one] for one in Disposition if counts[one]})


def _grouped(found: Sequence[Standing], name: Callable[[Standing], str]) -> tuple[Group, ...]:
    """The groups by name, those without one last; none where no place has a name of that kind."""
    by_name = defaultdict[str, list[Standing]](list)
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
