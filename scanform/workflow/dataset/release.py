"""Releases the data set: obstacles are counted; if there are any, a release takes a signature and a reason.

A release applies to the values as they are: whatever is read, decided or merged afterwards makes it the release of an
older state.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from scanform.model.page import REFUSED_FATES
from scanform.model.person import Person, Right
from scanform.model.release import Release, Step
from scanform.model.response import Answer, Response
from scanform.store import ledger
from scanform.store.acts.releases import add_release, releases
from scanform.workflow.dataset.merge_responses import is_stale
from scanform.workflow.pages.collation_queue import waiting_joining
from scanform.workflow.pages.missing_pages import open_incomplete, waived_count
from scanform.workflow.pages.repeated_pages import waiting_doubles
from scanform.workflow.project.project import Project
from scanform.workflow.review.desk import Desk, effective_responses
from scanform.workflow.review.double_verification import VerificationDesk

LONGEST_REASON = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """An obstacle to the release: a key of the texts `release.ui.obstacle-*`, and its count."""

    name: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """State of the data set: its hash, the obstacles, the figures, and the steps taken so far.

    `released` is the release of exactly these values, `older` the latest one of other values; `asked` waits for a
    signature.
    """

    digest: str
    values: int
    obstacles: tuple[Obstacle, ...]
    figures: dict[str, object]
    steps: tuple[Release, ...]

    @property
    def released(self) -> Release | None:
        """The release of the present values."""
        return next(
            (step for step in reversed(self.steps) if step.step is Step.RELEASE and step.digest == self.digest), None
        )

    @property
    def older(self) -> Release | None:
        """The latest release, if it is of other values."""
        latest = next((step for step in reversed(self.steps) if step.step is Step.RELEASE), None)
        return latest if latest and latest.digest != self.digest else None

    @property
    def asked(self) -> Release | None:
        """The pending request about the present values, neither released nor refused."""
        answered = {step.about for step in self.steps}
        return next(
            (
                step
                for step in reversed(self.steps)
                if step.step is Step.ASK and step.digest == self.digest and step.uuid not in answered
            ),
            None,
        )


class ReleaseDesk:
    """Releases the data set of one project."""

    def __init__(self, desk: Desk, again: VerificationDesk) -> None:
        self._desk = desk
        self._again = again

    @property
    def project(self) -> Project:
        """The project that owns the data set."""
        return self._desk.project

    def readiness(self) -> Readiness:
        """The present state."""
        project, quality, counts = self._desk.project, self._again.quality(), self._desk.counts()
        responses = effective_responses(project)
        with project.store.reading() as tx:
            fates, waived = ledger.fate_counts(tx), waived_count(tx)
            steps = tuple(releases(tx))
        machine = quality.machine
        found = [
            ("empty", int(not responses)),
            ("values", counts.open),
            ("unread", fates.get(None, 0)),
            ("pages", sum(fates.get(fate, 0) for fate in REFUSED_FATES) - waived),
            ("doubles", waiting_doubles(project)),
            ("joining", waiting_joining(project)),
            ("incomplete", open_incomplete(project, responses)),
            ("stale", int(is_stale(project, responses))),
            ("sample", machine.drawn - machine.looked),
            ("differing", self._again.differing()),
            ("bound", int(machine.looked > 0 and machine.most > quality.target)),
        ]
        figures: dict[str, object] = {
            "values_accepted": machine.population,
            "read_again": machine.looked,
            "drawn": machine.drawn,
            "wrong": machine.wrong,
            "at_most": round(machine.most, 6),
            "target": round(quality.target, 6),
        }
        obstacles = tuple(Obstacle(name=name, count=count) for name, count in found if count)
        return Readiness(
            digest=_digest(project, responses),
            values=machine.population + quality.people.population,
            obstacles=obstacles,
            figures=figures | {obstacle.name: obstacle.count for obstacle in obstacles},
            steps=steps,
        )

    def act(self, step: Step, person: Person, *, uuid: str, digest: str, reason: str) -> str:
        """Take a step about the data set that `person` saw; returns the reason for a refusal, a key of the texts
        `release.ui.refused-*`, or "" when done.
        """
        with self._again.acting(person.name) as tx:  # no concurrent writer: the step is about what is counted now
            self._desk.look_anew()
            now, reason = self.readiness(), reason.strip()
            if any(known.uuid == uuid for known in now.steps):
                return ""
            refused = _refused(step, person, now, digest=digest, reason=reason)
            if not refused:
                about = now.asked.uuid if now.asked and step is not Step.ASK else None
                made = Release(
                    uuid=uuid,
                    step=step,
                    digest=now.digest,
                    by=person.name,
                    reason=reason[:LONGEST_REASON],
                    figures=now.figures,
                    about=about,
                    at=datetime.now(UTC).isoformat(timespec="seconds"),
                )
                add_release(tx, made)
            return refused


def released_at(project: Project) -> str | None:
    """When the present values were released, ISO 8601 in UTC; None when they were not."""
    with project.store.reading() as tx:
        steps = [step for step in releases(tx) if step.step is Step.RELEASE]
    if not steps:
        return None
    digest = _digest(project, effective_responses(project))
    return next((step.at for step in reversed(steps) if step.digest == digest), None)


def _refused(step: Step, person: Person, now: Readiness, *, digest: str, reason: str) -> str:
    objections = [("changed", digest != now.digest), *_objections(step, person, now, reason)]
    return next((name for name, holds in objections if holds), "")


def _objections(step: Step, person: Person, now: Readiness, reason: str) -> list[tuple[str, bool]]:
    hindered, signs, may_release = bool(now.obstacles), person.may(Right.SIGN), person.may(Right.QUALITY)
    if step is Step.REFUSE:
        return [("nothing-asked", now.asked is None), ("right", not signs), ("reason", not reason)]
    found = [("released", now.released is not None)]
    if step is Step.ASK:
        return [
            *found,
            ("right", not may_release),
            ("no-obstacle", not hindered),
            ("asked", now.asked is not None),
            ("reason", not reason),
        ]
    return [
        *found,
        ("signature", hindered and not signs),
        ("right", not hindered and not may_release),
        ("reason", hindered and not reason),
    ]


def _digest(project: Project, responses: Sequence[Response]) -> str:
    """SHA-256 over all values, links and decisions: everything an export is made of."""
    content = [
        [
            response.id,
            response.questionnaire,
            response.version,
            response.token,
            [_facts(answer) for answer in response.answers],
        ]
        for response in sorted(responses, key=lambda response: response.id)
    ]
    links = sorted([link.first, link.second] for link in project.store.links())
    decided = sorted(decision.uuid for decision in project.store.decisions())
    said = json.dumps([content, links, decided], ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()


def _facts(answer: Answer) -> list[object]:
    raw = (
        [] if answer.raw is None else [answer.raw]
    )  # extra facts are hashed only where present, so that earlier releases stay valid
    return [
        answer.column,
        answer.value,
        answer.missing and int(answer.missing),
        answer.status.value,
        " ".join(answer.problems) or None,
        *raw,
    ]
