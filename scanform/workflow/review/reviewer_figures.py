"""Reviewers' performance, as far as the project lets anybody see it: wrong proposals missed, and decision times."""

from dataclasses import dataclass
from datetime import UTC, datetime

from scanform.model.person import Person, Right
from scanform.store import values
from scanform.store.decision_times import DecisionTime, decision_times, seconds_per_form
from scanform.workflow.project.project import Project
from scanform.workflow.review.seeded_items import Tally, acted_on, tallies

NOBODY, SUPERVISOR = "nobody", "supervisor"
"""Settings of `review.personal_figures`; the third is "self"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Seeded items of all people together, screen by screen, and person by person where permitted; everybody's decision
    times.

    `decided_forms` is the number of forms with a decision; `fraction` is the fraction of seeded items on a screen.
    """

    known: Tally
    seeded_by_screen: tuple[Tally, ...]
    seeded_by_person: tuple[Tally, ...]
    decision_times: tuple[DecisionTime, ...]
    decided_forms: int
    fraction: float

    @property
    def seconds_per_form(self) -> float:
        """Time spent on the forms reviewed, in seconds per form; 0 when nothing is known."""
        return seconds_per_form(self.decision_times, self.decided_forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFigures:
    """A person's view of their own work: values decided, forms reviewed, seeded items; `known` is None where the
    project shows nobody's.
    """

    values: int
    forms: int
    known: Tally | None


def figures(project: Project, viewer: Person) -> Figures:
    """The figures visible to `viewer`; names only for supervisors, and only where the project permits."""
    with project.store.reading() as tx:
        everything, screens, people = tallies(tx, before=_today())
        found, forms = decision_times(tx), values.decided_forms(tx)
    named = project.config.review.personal_figures == SUPERVISOR and viewer.may(Right.QUALITY)
    return Figures(
        known=everything,
        seeded_by_screen=screens,
        seeded_by_person=people if named else (),
        decision_times=tuple(found),
        decided_forms=forms,
        fraction=project.config.review.known_answers,
    )


def own_figures(project: Project, reviewer: str) -> OwnFigures:
    """A reviewer's own figures."""
    with project.store.reading() as tx:
        _, _, people = tallies(tx, before=_today())
        items = set(values.decided_items(tx, reviewer)) | acted_on(tx, reviewer)
    mine = next((tally for tally in people if tally.name == reviewer), Tally(name=reviewer, noticed=0, missed=0))
    hidden = project.config.review.personal_figures == NOBODY
    return OwnFigures(
        values=len(items),
        forms=len({item.rpartition("/")[0] for item in items}),
        known=None if hidden else mine,
    )


def _today() -> str:
    """Seeded items are counted from the next day: a figure that moved with a decision would reveal them."""
    return datetime.now(UTC).date().isoformat()
