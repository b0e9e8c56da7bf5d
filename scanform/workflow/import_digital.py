"""Taking in the digital responses: a LimeSurvey export becomes responses in the store. Doing it again changes nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from scanform.errors import UsageError
from scanform.formats.limesurvey import DigitalImport, read_export, recognised
from scanform.i18n.texts import text
from scanform.model.problem import Problem
from scanform.model.questionnaire import Questionnaire
from scanform.model.response import Response
from scanform.store import ledger, values
from scanform.store.engine import Transaction
from scanform.workflow.project import Project

PREFIX = "online-"
MOSTLY = 0.5  # share of known columns from which a file can belong to a questionnaire


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportSummary:
    """What one import did: ids of new and changed responses, how many were known as they are, and what was wrong.

    `batch` is the number of the batch, None when nothing was new.
    """

    questionnaire: str
    new: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: int
    problems: tuple[Problem, ...]
    ignored_columns: tuple[str, ...]
    batch: int | None


def import_digital(project: Project, path: Path, *, questionnaire: str | None = None, at: str | None = None) -> ImportSummary:
    """Import the export in `path`. Raises InputError for a file that is no export, UsageError when its questionnaire is not clear."""
    chosen = _questionnaire(project, path, questionnaire)
    with project.store.writing() as tx:  # names and what is new are those of the moment in which it is stored
        known = {response.id: response for response in values.load_responses(tx, questionnaire=chosen.code)}
        found = read_export(path, chosen, prefix=_prefix(tx, chosen), language=project.language)
        new = tuple(response for response in found.responses if response.id not in known)
        changed = tuple(response for response in found.responses if response.id in known and known[response.id] != response)
        batch = None
        if new or changed:
            batch = ledger.add_batch(tx, kind="digital", label=str(path), at=at or datetime.now(UTC).isoformat(timespec="seconds"))
            for response in (*new, *changed):
                values.save_response(tx, response, batch_id=batch)
    return _summary(chosen, found, new, changed, batch)


def _summary(chosen: Questionnaire, found: DigitalImport, new: tuple[Response, ...], changed: tuple[Response, ...], batch: int | None) -> ImportSummary:
    return ImportSummary(
        questionnaire=chosen.code,
        new=tuple(response.id for response in new),
        changed=tuple(response.id for response in changed),
        unchanged=len(found.responses) - len(new) - len(changed),
        problems=found.problems,
        ignored_columns=found.ignored_columns,
        batch=batch,
    )


def _questionnaire(project: Project, path: Path, code: str | None) -> Questionnaire:
    """The questionnaire named, the only one, or the one that clearly has most of the columns."""
    language, codes = project.language, ", ".join(sorted(project.questionnaires))
    if code is not None:
        if code not in project.questionnaires:
            raise UsageError(
                text("digital.unknown-questionnaire", language, code=code), remedy=text("digital.unknown-questionnaire-remedy", language, codes=codes)
            )
        return project.questionnaires[code]
    if len(project.questionnaires) == 1:
        return next(iter(project.questionnaires.values()))
    ranked = sorted(((recognised(path, found, language=language), name) for name, found in project.questionnaires.items()), reverse=True)
    if not ranked or ranked[0][0] < MOSTLY or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        raise UsageError(
            text("digital.which-questionnaire", language, file=path.name, codes=codes), remedy=text("digital.which-questionnaire-remedy", language)
        )
    return project.questionnaires[ranked[0][1]]


def _prefix(tx: Transaction, chosen: Questionnaire) -> str:
    """`online-`, or `online-<code>-` where another survey took the short one first; what an earlier import used stays."""
    taken = values.questionnaires_by_response(tx)
    own, others = f"{PREFIX}{chosen.code}-", False
    for name, code in taken.items():
        if name.startswith(own):
            return own
        if name.startswith(PREFIX) and "-" not in name.removeprefix(PREFIX):
            if code == chosen.code:
                return PREFIX
            others = True
    return own if others else PREFIX
