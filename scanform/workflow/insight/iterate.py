"""Iterates over readings and responses with only a few of them in memory at a time."""

from collections.abc import Iterator

from scanform.model.page import Fate
from scanform.model.reading import PageReading
from scanform.model.response import Response
from scanform.store import ledger, values
from scanform.workflow.project.project import Project
from scanform.workflow.review.cases import Editions, offered, placed, response_case

COUNTING = (Fate.READ, Fate.COPY)
"""Fates of pages whose reading contributes answers; a re-scan or duplicate repeats another page."""

AT_ONCE = 20
"""Readings loaded together: one query for some 20 pages."""


def each_response(project: Project, questionnaire: str | None = None) -> Iterator[Response]:
    """All responses that count, by id, with people's decisions applied to what was read, keyed or imported.

    Each comes from a transaction of its own, so that the store stays free meanwhile: one changed in the course is
    returned in its new state, one withdrawn is left out.
    """
    editions = Editions(project)
    with project.store.reading() as tx:
        known = values.questionnaires_by_response(tx)
    for name in sorted(name for name, code in known.items() if questionnaire in (None, code)):
        with project.store.reading() as tx:
            machine = values.load_responses(tx, response_id=name)
            versions, decisions = values.versions(tx, name), values.decisions(tx, name)
        for response in machine:
            yield placed(offered(response_case(response, versions, decisions, editions).effective, editions), editions)


def each_reading(project: Project) -> Iterator[PageReading]:
    """The reading of each page that counts, in order of arrival."""
    with project.store.reading() as tx:
        pages = ledger.pages_with_fate(tx, COUNTING)
    numbers = list(dict.fromkeys(page.reading_id for page in pages if page.reading_id is not None))
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        with project.store.reading() as tx:
            found = ledger.contents(tx, some)
        yield from (found[number] for number in some if number in found)
