"""Commands of the field work: the recipient register, dispositions, who has answered."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from scanform.cli.ask import confirmed
from scanform.cli.common import FILE, Settings, answer, common_options, login_name, open_settled
from scanform.cli.say import LISTED, visible
from scanform.errors import UsageError, words
from scanform.i18n.texts import date_text, decimal_text, moment_text, number_text, percent_text, text
from scanform.model.place import STAFF, Disposition, Place

if TYPE_CHECKING:
    from scanform.reporting.response_rates import Group
    from scanform.store.places import PlaceChange
    from scanform.workflow.insight.returns import FieldWork
    from scanform.workflow.printing.dispositions import Standing
    from scanform.workflow.printing.place_register import Change, Plan
    from scanform.workflow.project.project import Project

WHOM = click.Choice(["all", "new", "outstanding"])


@click.group("recipients")
def recipients() -> None:
    """The recipient register: who is asked, with which token, and how far each one got."""


@recipients.command("add")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Only show what the list would change.")
@click.option("--yes", is_flag=True, help="Do not ask whether the register is to be changed that way.")
@common_options
@click.pass_obj
def add(settings: Settings, *, file: Path, dry_run: bool, yes: bool) -> None:
    """Add the places of a CSV or XLSX list to the register, or change them; shows first what changes. Nobody is
    removed: a place that is not in the list stays.
    """
    from scanform.workflow.printing.place_register import add_list, plan_list

    with open_settled(settings) as project:
        plan = plan_list(project, file)
        asks = not yes and not dry_run and not settings.as_json and sys.stdin.isatty() and sys.stdout.isatty()
        lines = _plan_lines(plan, project.language)
        if asks:
            click.echo("\n".join(lines))
            if (plan.new or plan.changed) and not confirmed(
                text("recipients.confirm", project.language), project.language, default=True
            ):
                raise UsageError(words("recipients.not_confirmed"), remedy=words("recipients.not_confirmed_remedy"))
        done = plan if dry_run else add_list(project, file, reviewer=login_name(), expected=plan)
        key = "recipients.planned" if dry_run else "recipients.added"
        end = text(key, project.language, new=len(done.new), changed=len(done.changed), same=done.unchanged)
        answer(settings, _plan_data(done) | {"dry_run": dry_run}, *([] if asks else lines), end)


def _plan_data(plan: "Plan") -> dict[str, Any]:
    return {
        "new": [_place_data(place) for place in plan.new],
        "changed": [{"place_id": one.after.place_id, "changes": _differences(one)} for one in plan.changed],
        "unchanged": plan.unchanged,
        "not_in_list": [place.place_id for place in plan.absent],
        "erased": [place.place_id for place in plan.erased],
    }


def _differences(change: "Change") -> dict[str, list[object]]:
    from scanform.store.places import differences

    return differences(change.before, change.after)


def _plan_lines(plan: "Plan", language: str) -> list[str]:
    """What a list changes: the first places of each kind, and the number of further ones."""
    lines = [visible(text("recipients.is_new", language, place=_label(place))) for place in plan.new[:LISTED]]
    lines += _further(len(plan.new), language)
    for change in plan.changed[:LISTED]:
        for name, (before, after) in _differences(change).items():
            field = text(f"recipients.field_{name}", language)
            told = {"place": _label(change.before), "field": field, "before": _shown(before), "after": _shown(after)}
            lines.append(visible(text("recipients.is_changed", language, **told)))
    lines += _further(len(plan.changed), language)
    touched = [*plan.new, *(change.after for change in plan.changed)]
    headings = list(dict.fromkeys(heading for place in touched for heading, _ in place.further))
    if headings:
        lines.append(visible(text("recipients.kept_columns", language, columns=", ".join(headings))))
    if plan.absent:
        named = ", ".join(place.place_id for place in plan.absent[:LISTED])
        lines.append(visible(text("recipients.is_absent", language, count=len(plan.absent), places=named)))
    if plan.erased:
        named = ", ".join(place.place_id for place in plan.erased[:LISTED])
        lines.append(visible(text("recipients.is_erased", language, count=len(plan.erased), places=named)))
    return lines


def _further(count: int, language: str) -> list[str]:
    return [text("recipients.further", language, count=count - LISTED)] if count > LISTED else []


def _label(place: Place) -> str:
    return " ".join(part for part in (place.place_id, place.name) if part)


def _shown(value: object) -> str:
    """A field of a place in words: lines and further columns one after the other."""
    if isinstance(value, list):
        return ", ".join(": ".join(map(str, one)) if isinstance(one, list) else str(one) for one in value) or "–"
    return str(value or "–")


def _place_data(place: Place) -> dict[str, Any]:
    return {
        "place_id": place.place_id,
        "token": place.token,
        "name": place.name,
        "address": list(place.address),
        "carrier": place.carrier,
        "district": place.district,
        "further": dict(place.further),
    }


def _standing_data(one: "Standing") -> dict[str, Any]:
    return _place_data(one.place) | {
        "disposition": one.disposition.value,
        "sent_at": one.sent_at or None,
        "answered_at": one.answered_at or None,
        "channel": one.channel.value if one.channel else None,
        "forms": one.forms,
    }


@recipients.command("list")
@click.option("--disposition", type=click.Choice([one.value for one in Disposition]), help="Only these.")
@click.option("--district", metavar="NAME", help="Only the places of a district.")
@click.option("--carrier", metavar="NAME", help="Only the places of a carrier.")
@common_options
@click.pass_obj
def list_(settings: Settings, *, disposition: str | None, district: str | None, carrier: str | None) -> None:
    """List the places of the register and how far each one got."""
    from scanform.workflow.printing.dispositions import standings

    with open_settled(settings) as project:
        found = [
            one
            for one in standings(project)
            if disposition in {None, one.disposition.value}
            and district in {None, one.place.district}
            and carrier in {None, one.place.carrier}
        ]
        lines = [_standing_line(one, project.language) for one in found]
        end = text("recipients.count", project.language, count=len(found))
        answer(settings, {"places": [_standing_data(one) for one in found]}, *lines, end)


def _standing_line(one: "Standing", language: str) -> str:
    state = text(f"disposition.{one.disposition.value}", language)
    facts = (one.place.place_id, one.place.token, state, one.place.name, one.place.carrier, one.place.district)
    return visible("  ".join(fact for fact in facts if fact))


@recipients.command("show")
@click.argument("place")
@common_options
@click.pass_obj
def show(settings: Settings, *, place: str) -> None:
    """Show what is known of one place: PLACE is its id or its token. With its history."""
    from scanform.store.places import history
    from scanform.workflow.printing.dispositions import standings
    from scanform.workflow.printing.place_register import find_place
    from scanform.workflow.project.time_zone import readers_zone

    with open_settled(settings) as project:
        found = standings(project)
        wanted = find_place([one.place for one in found], place)
        one = next(one for one in found if one.place == wanted)
        with project.store.reading() as tx:
            changes = history(tx, wanted.place_id)
        language, zone = project.language, readers_zone(project.config)
        lines = [_standing_line(one, language)]
        if one.act is not None:
            told = {"reviewer": one.act.reviewer, "at": moment_text(one.act.at, language, zone)}
            said = text(f"disposition.{one.act.disposition.value}", language)
            lines.append(visible(text("recipients.said", language, said=said, reason=one.act.reason, **told)))
        for change in changes:
            at = moment_text(change.at, language, zone)
            lines += [visible(line) for line in _change_lines(change, at, language)]
        data = _standing_data(one) | {"history": [_change_data(change) for change in changes]}
        answer(settings, data, *lines)


def _change_lines(change: "PlaceChange", at: str, language: str) -> list[str]:
    from scanform.workflow.printing.place_register import PRINTED

    source = text("recipients.by_printing", language) if change.source == PRINTED else change.source
    origin = ", ".join(part for part in (source, change.reviewer) if part)
    head = text(f"recipients.history_{change.kind}", language, at=at, origin=origin)
    fields = [
        text(
            "recipients.history_field",
            language,
            field=text(f"recipients.field_{name}", language),
            before=_shown(before),
            after=_shown(after),
        )
        for name, before, after in change.changes
    ]
    return [head, *fields]


def _change_data(change: "PlaceChange") -> dict[str, Any]:
    return {
        "kind": change.kind,
        "changes": {name: [before, after] for name, before, after in change.changes},
        "source": change.source,
        "reviewer": change.reviewer,
        "at": change.at,
    }


@recipients.command("set")
@click.argument("place")
@click.argument("disposition", type=click.Choice([one.value for one in STAFF]))
@click.option("--reason", default="", metavar="TEXT", help="Why: it is kept with your name. Needed.")
@common_options
@click.pass_obj
def set_(settings: Settings, *, place: str, disposition: str, reason: str) -> None:
    """Say that a place refused, cannot be reached by letter, is not one of those to be asked, or was written to in
    another way. PLACE is its id or its token.
    """
    from scanform.workflow.printing.dispositions import set_disposition

    with open_settled(settings) as project:
        act = set_disposition(project, place, Disposition(disposition), reason=reason, reviewer=login_name())
        data = {
            "token": act.token,
            "disposition": act.disposition.value,
            "reason": act.reason,
            "reviewer": act.reviewer,
        }
        said = text(f"disposition.{act.disposition.value}", project.language)
        answer(settings, data, text("recipients.set", project.language, token=act.token, said=said))


@recipients.command("take-back")
@click.argument("place")
@common_options
@click.pass_obj
def take_back(settings: Settings, *, place: str) -> None:
    """Take back what was last said about a place with `set`."""
    from scanform.workflow.printing import dispositions

    with open_settled(settings) as project:
        act = dispositions.take_back(project, place, reviewer=login_name())
        data = {"token": act.token, "disposition": act.disposition.value}
        said = text(f"disposition.{act.disposition.value}", project.language)
        answer(settings, data, text("recipients.taken_back", project.language, token=act.token, said=said))


@recipients.command("erase")
@click.argument("place")
@click.option("--with-carrier", is_flag=True, help="Also who runs the place, where that names a person.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@common_options
@click.pass_obj
def erase(settings: Settings, *, place: str, with_carrier: bool, yes: bool) -> None:
    """Erase the contact data of one place for good: name, address and further columns, in the register, in its history
    and on the record of its printed forms. Its id, token, district, disposition and answers stay. PLACE is its id or its
    token.
    """
    from scanform.workflow.printing.erasure import erase_contact
    from scanform.workflow.printing.place_register import find_place, register

    with open_settled(settings) as project:
        asks = not yes and not settings.as_json and sys.stdin.isatty() and sys.stdout.isatty()
        question = text(
            "recipients.erase_confirm", project.language, place=_label(find_place(register(project), place))
        )
        if asks and not confirmed(visible(question), project.language, default=False):
            raise UsageError(words("recipients.not_erased"), remedy=words("recipients.not_erased_remedy"))
        done = erase_contact(project, place, carrier=with_carrier, reviewer=login_name())
        data = {
            "place_id": done.place.place_id,
            "token": done.place.token,
            "erased": done.anything,
            "forms": done.forms,
        }
        key = "recipients.erased" if done.anything else "recipients.nothing_to_erase"
        told = text(key, project.language, place=done.place.place_id, forms=done.forms)
        answer(settings, data, told, text("recipients.erase_by_hand", project.language))


@recipients.command("export")
@click.argument("file", type=FILE)
@common_options
@click.pass_obj
def export(settings: Settings, *, file: Path) -> None:
    """Write the register as CSV or XLSX: contact data, readable by you only. `add` reads the file again."""
    from scanform.workflow.printing.letters import export_register

    with open_settled(settings) as project:
        count = export_register(project, file)
        data = {"file": str(file), "places": count}
        answer(settings, data, text("recipients.written", project.language, count=count, file=str(file)))


@recipients.command("letters")
@click.argument("file", type=FILE)
@click.option("--to", "whom", type=WHOM, default="new", show_default=True, help="Whom to write to.")
@click.option("--mark-sent", is_flag=True, help="Note that they were written to: their disposition becomes sent.")
@common_options
@click.pass_obj
def letters(settings: Settings, *, file: Path, whom: str, mark_sent: bool) -> None:
    """Write the source of a mail merge as CSV or XLSX: token, name, address lines and, with a web form, its address."""
    from scanform.workflow.printing import dispositions
    from scanform.workflow.printing.letters import write_letters

    with open_settled(settings) as project:
        found = dispositions.chosen(dispositions.standings(project), dispositions.Whom(whom))
        count = write_letters(project, file, found)
        marked = 0
        if mark_sent:
            reason = text("recipients.by_letter", project.language, file=file.name)
            marked = dispositions.mark_sent(project, found, reason=reason, reviewer=login_name())
        data = {"file": str(file), "places": count, "marked_sent": marked}
        noted = [text("recipients.marked", project.language, count=marked)] if mark_sent else []
        answer(settings, data, text("recipients.written", project.language, count=count, file=str(file)), *noted)


@click.command("returns")
@click.option("--outstanding", is_flag=True, help="List those who have not answered, with name and address.")
@common_options
@click.pass_obj
def returns(settings: Settings, *, outstanding: bool) -> None:
    """Show who has answered: response rates by district, carrier and channel, days to return, who is outstanding."""
    from scanform.workflow.insight.returns import field_work

    with open_settled(settings) as project:
        found = field_work(project)
        data = _returns_data(found)
        lines = _returns_lines(found, project)
        if outstanding:
            data["outstanding_places"] = [_standing_data(one) for one in found.outstanding]
            lines += [_standing_line(one, project.language) for one in found.outstanding]
        answer(settings, data, *lines)


def _group_data(group: "Group") -> dict[str, Any]:
    return {
        "name": group.name,
        "places": group.places,
        "dispositions": {one.value: group.count(one) for one in Disposition},
        "eligible": group.outcomes.base,
        "rr1": group.outcomes.rr1,
        "rr2": group.outcomes.rr2,
    }


def _returns_data(found: "FieldWork") -> dict[str, Any]:
    days = found.days
    quartiles = [days.lower_quartile, days.median, days.upper_quartile] if days.count else None
    return {
        "total": _group_data(found.total),
        "districts": [_group_data(group) for group in found.districts],
        "carriers": [_group_data(group) for group in found.carriers],
        "channels": {channel.value: count for channel, count in found.channels},
        "days_to_return": {"count": days.count, "quartiles": quartiles},
        "curve": [{"day": point.day, "places": point.places} for point in found.curve],
        "outstanding": len(found.outstanding),
        "without_place": found.no_place,
        "ineligible_answered": found.answered_though,
    }


def _returns_lines(found: "FieldWork", project: "Project") -> list[str]:
    """Who has answered, as tables in words."""
    language = project.language
    if not found.standings:
        return [text("returns.no_register", language)]
    total = found.total
    lines = [text("returns.title", language, name=project.config.name, count=total.places)]
    lines += [
        f"{total.count(one):>7}  {text(f'disposition.{one.value}', language)}"
        for one in Disposition
        if total.count(one)
    ]
    rates = {"rr1": _percent(total.outcomes.rr1, language), "rr2": _percent(total.outcomes.rr2, language)}
    lines.append(text("returns.rates", language, count=total.outcomes.base, **rates))
    for heading, groups in (("returns.by_district", found.districts), ("returns.by_carrier", found.carriers)):
        if groups:
            lines += [text(heading, language), *_group_lines(groups, language)]
    if found.channels:
        named = (f"{text(f'report.channel-{channel.value}', language)} {count}" for channel, count in found.channels)
        lines.append(text("returns.by_channel", language, channels=", ".join(named)))
    if found.days.count:
        told = {name: decimal_text(getattr(found.days, name), language, 1) for name in ("median", "upper_quartile")}
        lines.append(text("returns.days", language, median=told["median"], most=told["upper_quartile"]))
    if found.curve:
        from scanform.workflow.project.time_zone import readers_zone

        last = date_text(f"{found.curve[-1].day}T12:00:00+00:00", language, readers_zone(project.config))
        lines.append(text("returns.latest", language, day=last))
    lines.append(text("returns.outstanding", language, count=len(found.outstanding)))
    if found.no_place:
        lines.append(text("returns.no_place", language, count=found.no_place))
    if found.answered_though:
        lines.append(text("returns.answered_though", language, count=found.answered_though))
    return lines


def _group_lines(groups: "tuple[Group, ...]", language: str) -> list[str]:
    """A table: name, places, answered in part, complete, outstanding, RR1, RR2."""
    cells: tuple[Callable[[Group], str], ...] = (
        lambda group: visible(group.name or text("returns.no_name", language)),
        lambda group: number_text(group.places, language),
        lambda group: number_text(group.count(Disposition.COMPLETE), language),
        lambda group: number_text(group.count(Disposition.PARTIAL), language),
        lambda group: number_text(group.count(Disposition.SENT) + group.count(Disposition.OPENED), language),
        lambda group: _percent(group.outcomes.rr1, language),
        lambda group: _percent(group.outcomes.rr2, language),
    )
    names = ("name", "places", "complete", "partial", "outstanding", "rr1", "rr2")
    heads = [text(f"returns.column_{name}", language) for name in names]
    rows = [heads, *([cell(group) for cell in cells] for group in groups)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(heads))]
    return [
        "  "
        + "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    ]


def _percent(share: float, language: str) -> str:
    return percent_text(share, language, places=1)
