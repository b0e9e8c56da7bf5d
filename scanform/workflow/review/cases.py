"""The state of each response, and of each contradiction between responses: machine values, decisions, open values.

A contradiction found by a merge is a case of its own, under the name of the merged record: its values are the two (or
more) contradicting ones, and its versions derive from them, so a decision counts only while the sources stay the same.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from scanform.consistency import Checks, checked, checks_of
from scanform.merge.match import grouped
from scanform.merge.resolve import comparable, conflict_response, resolve
from scanform.model.layout import Layout
from scanform.model.questionnaire import QuestionKind, Questionnaire
from scanform.model.record import Record, Source
from scanform.model.response import Answer, Channel, Missing, Response
from scanform.model.review import Decision, DecisionKind, ReviewItem
from scanform.renaming import item_under_present_code, renamed_columns, under_present_codes
from scanform.review.apply import ITEM_SEPARATOR, Standing, apply, decided, item_id, refiltered, standings
from scanform.review.triage import items
from scanform.workflow.printing.place_register import place_id_of, place_ids, register
from scanform.workflow.project.project import Project

CHANGED = "changed-after-decision"
"""The problem of an online answer changed by a newer revision after somebody had decided about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A value that contradicts another one, and the channels it came by."""

    value: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The state of one response: machine values, effective values, decisions, open values, number of values people
    settled.

    The contradictions of a merged record are a case too: `members` are the responses merged into it, `claims` their
    values by column; both are empty for a response. `form` is the response whose paper is shown.
    """

    machine: Response
    effective: Response
    versions: Mapping[str, int]
    standing: Mapping[str, Standing]
    decisions: tuple[Decision, ...]
    open_items: tuple[ReviewItem, ...]
    settled: int
    form: str
    members: tuple[str, ...] = ()
    claims: Mapping[str, tuple[Claim, ...]] = field(default_factory=dict)

    @property
    def contradictory(self) -> bool:
        """Whether this is about contradictions between responses."""
        return bool(self.members)

    def decision(self, column: str) -> Decision | None:
        """The decision in force about a column."""
        return self.standing.get(item_id(self.machine.id, column), Standing()).decision

    def basis(self, column: str) -> str:
        """The uuid of that decision, "" for none."""
        decision = self.decision(column)
        return decision.uuid if decision else ""

    def machine_answer(self, answer: Answer) -> Answer:
        """The machine value of the column of `answer`."""
        return self.machine.answer(answer.question, answer.option) or answer


class Editions:
    """Layout and questionnaire edition of each response; each is looked up once."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._layouts: dict[str, Layout | None] = {}
        self._questionnaires: dict[str, Questionnaire | None] = {}
        self._newer: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._checks: dict[str, Checks | None] = {}
        self._places: Mapping[str, str] | None = None

    def place_id(self, token: str | None) -> str | None:
        """The place of the register to which a token belongs."""
        if self._places is None:
            self._places = place_ids(register(self._project))
        return place_id_of(self._places, token)

    def layout(self, response_id: str) -> Layout | None:
        """The printed layout of a form, or None for other responses: a form id begins with the layout's digest."""
        digest = response_id.partition("-")[0]
        if digest not in self._layouts:
            self._layouts[digest] = self._project.layouts.get(digest)
        return self._layouts[digest]

    def questionnaire(self, response_id: str, code: str) -> Questionnaire | None:
        """The edition the form was printed from, otherwise today's."""
        layout = self.layout(response_id)
        key = layout.digest if layout else code
        if key not in self._questionnaires:
            self._questionnaires[key] = (
                self._project.questionnaire_of(layout) if layout else self._project.questionnaires.get(code)
            )
        return self._questionnaires[key]

    def newer_options(self, response_id: str, code: str) -> Mapping[str, tuple[str, ...]]:
        """The options in today's questionnaire missing from the edition of the form, by multiple choice question."""
        layout = self.layout(response_id)
        if layout is None:
            return {}
        if layout.digest not in self._newer:
            edition, today = self.questionnaire(response_id, code), self._project.questionnaires.get(code)
            self._newer[layout.digest] = (
                _newer_options(edition, today) if edition is not None and today is not None and edition != today else {}
            )
        return self._newer[layout.digest]

    def checks(self, response_id: str, code: str) -> Checks | None:
        """The rules of that edition."""
        layout = self.layout(response_id)
        key = layout.digest if layout else code
        if key not in self._checks:
            questionnaire = self.questionnaire(response_id, code)
            self._checks[key] = checks_of(questionnaire) if questionnaire else None
        return self._checks[key]


def _newer_options(edition: Questionnaire, today: Questionnaire) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for question in today.questions():
        before = edition.question(question.code)
        if before is not None and question.kind is QuestionKind.MULTIPLE:
            found[question.code] = tuple(
                option.code for option in question.options if before.option(option.code) is None
            )
    return {code: options for code, options in found.items() if options}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """All cases of a project at one moment, and which responses a merge joined."""

    cases: tuple[Case, ...]
    places: tuple[tuple[str, ...], ...]


def effective_responses(project: Project) -> list[Response]:
    """All responses that count, with people's decisions applied to the machine values."""
    editions = Editions(project)
    return [
        placed(offered(case.effective, editions), editions)
        for case in _response_cases(project, editions, decisions_by_response(project.store.decisions()))
    ]


def placed(response: Response, editions: Editions) -> Response:
    """The response with the place that its token has in the register today, whatever channel it came by and whether
    the register was filled before or after: derived here, never stored.
    """
    found = response.place_id or editions.place_id(response.token)
    return response if found == response.place_id else replace(response, place_id=found)


def offered(response: Response, editions: Editions) -> Response:
    """The response including the options that its printed edition did not offer yet."""
    newer = editions.newer_options(response.id, response.questionnaire)
    if not newer:
        return response
    return replace(
        response,
        answers=tuple(
            a if a.option is not None or a.question not in newer else replace(a, not_offered=newer[a.question])
            for a in response.answers
        ),
    )


def load_standings(project: Project, editions: Editions) -> Standings:
    """The state of all responses that count, and of the contradictions of the latest merge."""
    decisions = decisions_by_response(project.store.decisions())
    cases = _response_cases(project, editions, decisions)
    links = [(link.first, link.second) for link in project.store.links()]
    joined = [group for group in grouped((case.effective for case in cases), links) if len(group) > 1] if links else []
    found = [resolved(group, editions, lambda name: decisions.get(name, ())) for group in joined]
    cases += [conflict_case(record, decisions.get(record.id, ())) for record in found if record.conflicts]
    return Standings(cases=tuple(cases), places=tuple(record.members for record in found))


def resolved(group: Sequence[Response], editions: Editions, decisions: Callable[[str], Sequence[Decision]]) -> Record:
    """The record of a group with people's decisions about its contradictions applied, and with the rules between
    answers checked on the result; `decisions` gives those about a merged record.
    """

    def settle(waiting: Response, versions: Mapping[str, int]) -> Response:
        return apply(waiting, on_present_values(decisions(waiting.id), versions), versions)

    today = editions.questionnaire("", group[0].questionnaire)
    return resolve(
        [under_present_codes(response, today) for response in group],
        settle=settle,
        checks=editions.checks("", group[0].questionnaire),
    )


def decisions_by_response(decisions: Iterable[Decision]) -> dict[str, list[Decision]]:
    """The decisions about each response or merged record, in order."""
    found: dict[str, list[Decision]] = {}
    for decision in decisions:
        found.setdefault(decision.item.rpartition(ITEM_SEPARATOR)[0], []).append(decision)
    return found


def _response_cases(project: Project, editions: Editions, decisions: Mapping[str, Sequence[Decision]]) -> list[Case]:
    versions = project.store.all_versions()
    responses = project.store.responses()
    return [
        response_case(response, versions.get(response.id, {}), decisions.get(response.id, ()), editions)
        for response in responses
    ]


def response_case(
    machine: Response, versions: Mapping[str, int], decisions: Sequence[Decision], editions: Editions
) -> Case:
    """The case of a response; `decisions` are those about it, in order."""
    if editions.layout(machine.id) is None:  # without a printed edition, today's questionnaire applies
        machine, versions, decisions = _under_present_codes(machine, versions, decisions, editions)
    effective = machine
    if (
        machine.held
    ):  # decisions concern the values of a page, and whose page it is is unknown: they count again once that is decided
        return replace(
            _case(machine, effective, versions, decisions, standings(decisions), form=machine.id),
            open_items=(),
            settled=0,
        )
    holding = decisions if machine.channel is not Channel.ONLINE else on_present_values(decisions, versions)
    if decisions:
        questionnaire = editions.questionnaire(machine.id, machine.questionnaire)
        effective = apply(_changed_since(machine, decisions, holding), holding, versions)
        effective = refiltered(effective, questionnaire) if questionnaire else effective
    checks = editions.checks(machine.id, machine.questionnaire)
    effective = checked(effective, checks) if checks else effective
    return _case(machine, effective, versions, decisions, standings(holding), form=machine.id)


def _under_present_codes(
    machine: Response, versions: Mapping[str, int], decisions: Sequence[Decision], editions: Editions
) -> tuple[Response, Mapping[str, int], Sequence[Decision]]:
    """A response and everything known about it, under today's codes."""
    today = editions.questionnaire("", machine.questionnaire)
    renames = renamed_columns(today) if today else {}
    if not renames:
        return under_present_codes(machine, today), versions, decisions
    renamed = {renames.get(column, column): version for column, version in versions.items()} | {
        c: v for c, v in versions.items() if c not in renames
    }
    return (
        under_present_codes(machine, today),
        renamed,
        [replace(d, item=item_under_present_code(d.item, renames)) for d in decisions],
    )


def _changed_since(machine: Response, decisions: Sequence[Decision], holding: Sequence[Decision]) -> Response:
    """The response where people decided about another revision of it: the new value waits, unless it equals their
    decision.
    """
    before, now = standings(decisions), standings(holding)

    def seen(answer: Answer) -> Answer:
        name = item_id(machine.id, answer.column)
        outdated = before.get(name, Standing()).decision
        if outdated is None or now.get(name, Standing()).decision is not None:
            return answer
        agrees = bool(answer.value) and decided(answer, outdated, version=outdated.version).value == answer.value
        return answer if agrees else answer.doubted(CHANGED)

    return (
        replace(machine, answers=tuple(seen(answer) for answer in machine.answers))
        if len(holding) < len(decisions)
        else machine
    )


def conflict_case(record: Record, decisions: Sequence[Decision]) -> Case:
    """The case of what waits or waited in a record: contradictions, and values that jointly break a rule; `decisions`
    are those about it.
    """
    machine, versions = conflict_response(record, decided=True)
    valid = on_present_values(decisions, versions)
    effective = apply(machine, valid, versions)
    case = _case(machine, effective, versions, decisions, standings(valid), form=_form(record))
    contradictory = {answer.column for answer in machine.answers if answer.missing is Missing.CONTRADICTION}
    return replace(
        case,
        members=record.members,
        claims={c.column: _claims(c.sources) for c in record.conflicts if c.column in contradictory},
    )


def _case(
    machine: Response,
    effective: Response,
    versions: Mapping[str, int],
    decisions: Sequence[Decision],
    standing: Mapping[str, Standing],
    *,
    form: str,
) -> Case:
    return Case(
        machine=machine,
        effective=effective,
        versions=versions,
        standing=standing,
        decisions=tuple(decisions),
        open_items=items(effective, versions, standing),
        settled=_settled(machine, standing),
        form=form,
    )


def on_present_values(decisions: Iterable[Decision], versions: Mapping[str, int]) -> list[Decision]:
    """The decisions about values unchanged since: contradictions and online answers."""
    return [
        d
        for d in decisions
        if d.kind is DecisionKind.UNDO or d.version == versions.get(d.item.rpartition(ITEM_SEPARATOR)[2])
    ]


def _settled(machine: Response, standing: Mapping[str, Standing]) -> int:
    if not standing:
        return 0
    return sum(
        standing.get(item_id(machine.id, answer.column), Standing()).decision is not None for answer in machine.answers
    )


def _form(record: Record) -> str:
    """The first member seen on paper, otherwise the first member."""
    sources = (source for conflict in record.conflicts for source in conflict.sources)
    return next((source.response_id for source in sources if source.answer.evidence is not None), record.members[0])


def _claims(sources: Sequence[Source]) -> tuple[Claim, ...]:
    """Each value once, with all its sources; the paper's first."""
    said: dict[str, list[Source]] = {}
    for source in sorted(sources, key=lambda source: source.channel is not Channel.PAPER):
        said.setdefault(comparable(source.answer), []).append(source)
    return tuple(
        Claim(value=same[0].answer.value, channels=tuple(dict.fromkeys(s.channel for s in same)))
        for same in said.values()
    )
