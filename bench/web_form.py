"""What a page and a response of the web form cost, as multiples of a bare page, and whether that stays the same when
many have answered.

    python -m bench.web_form              100 and 100,000 responses
    python -m bench.web_form --quick      100 and 2,000 responses

Processor time of this process, by a client without a network. The limit: with many responses nothing costs more than
1.5 times as much as with few.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask, render_template_string
from sqlalchemy import insert

from bench.web_form_material import ANSWERS, Respondent, begun, make_project, page_form, sent
from scanform.store import ledger, revisions
from scanform.store.codec import to_object
from scanform.store.tables import AnswerRow, ResponseRow, RevisionRow, WebDraftRow
from scanform.webform.app import create_app
from scanform.workflow.answering.desk import AnsweringDesk
from scanform.workflow.project.project import open_project

FEW = 100
MOST_GROWTH = 1.5
VISITORS = 12
CHUNK = 1_000


def main() -> int:
    """Measure and print; 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    many = 2_000 if parser.parse_args().quick else 100_000
    tokens = [f"T{number:04d}-{number * 7919 % 10**8:08d}" for number in range(3 * VISITORS + 1)]
    with tempfile.TemporaryDirectory() as folder:
        place = make_project(Path(folder) / "project", tokens=tokens)
        with open_project(place) as project:
            desk = AnsweringDesk(project)
            sent(desk, tokens[0])
            fill(desk, FEW)
            measured(desk, tokens[1 : 1 + VISITORS])  # warms up
            few = measured(desk, tokens[1 + VISITORS : 1 + 2 * VISITORS])
            fill(desk, many)
            much = measured(desk, tokens[1 + 2 * VISITORS :])
    bare = few.pop("bare page"), much.pop("bare page")
    print(f"{'':24}{FEW:>14,}{many:>14,}   growth")
    growth = {name: (much[name] / bare[1]) / (few[name] / bare[0]) for name in few}
    for name in few:
        print(f"{name:24}{few[name] / bare[0]:>13.1f}x{much[name] / bare[1]:>13.1f}x{growth[name]:>9.2f}")
    missed = [name for name, factor in growth.items() if factor > MOST_GROWTH]
    print(f"limit {MOST_GROWTH}: " + (f"missed by {', '.join(missed)}" if missed else "kept"))
    return bool(missed)


def fill(desk: AnsweringDesk, count: int) -> None:
    """Copy the first response until there are so many."""
    store = desk.project.store
    with store.writing() as tx:
        first = store.response("web-1")
        assert first is not None
        batch = ledger.batches(tx)[-1].id
        survey = revisions.surveys(tx)[-1].id
        answers = [
            dict(row) for row in tx.execute(AnswerRow.__table__.select()).mappings() if row["response_id"] == "web-1"
        ]
        draft = dict(tx.execute(WebDraftRow.__table__.select().where(WebDraftRow.number == 1)).mappings().one())
        known = dict(tx.execute(ResponseRow.__table__.select().where(ResponseRow.id == "web-1")).mappings().one())
        content = to_object(first)
        start = (
            tx.execute(WebDraftRow.__table__.select().order_by(WebDraftRow.number.desc())).mappings().first() or draft
        )
        for low in range((start["number"] or 1) + 1, count + 1, CHUNK):
            numbers = range(low, min(low + CHUNK, count + 1))
            names = {number: f"web-{number}" for number in numbers}
            tokens = {number: f"F-{number}" for number in numbers}
            tx.execute(insert(ResponseRow), [known | {"id": names[n], "token": tokens[n]} for n in numbers])
            tx.execute(insert(AnswerRow), [row | {"response_id": names[n]} for n in numbers for row in answers])
            tx.execute(
                insert(RevisionRow),
                [
                    {
                        "batch_id": batch,
                        "survey_id": survey,
                        "source_id": str(n),
                        "response_id": names[n],
                        "facts": {},
                        "lacking": {},
                        "content": content,
                    }
                    for n in numbers
                ],
            )
            tx.execute(
                insert(WebDraftRow),
                [draft | {"id": f"d{n}", "number": n, "response_id": names[n], "token": tokens[n]} for n in numbers],
            )


def measured(desk: AnsweringDesk, tokens: list[str]) -> dict[str, float]:
    """Median processor time of each step, for as many visitors as there are codes."""
    app = create_app(desk)
    bare = Flask("bare")
    bare.add_url_rule("/", view_func=lambda: render_template_string("<!doctype html><title>{{ t }}</title>", t="bare"))
    times: dict[str, list[float]] = {}

    def clocked(name: str, act: Callable[[], object]) -> object:
        begin = time.process_time()
        found = act()
        times.setdefault(name, []).append(time.process_time() - begin)
        return found

    client = bare.test_client()
    for token in tokens:
        person = Respondent(app)
        for _ in range(10):
            clocked("bare page", lambda: client.get("/"))
        person.get(f"/t/{token}")
        clocked("code looked up", lambda person=person: person.get("/begin"))
        begun(desk, token)
        person.sends(person.get("/begin").text, "/begin")
        for number in (1, 1, 2, 3):
            page = clocked("page shown", lambda person=person, number=number: person.get(f"/page/{number}").text)
            body = page_form(str(page), ANSWERS, go="next")
            clocked("page kept", lambda person=person, number=number, body=body: person.post(f"/page/{number}", body))
        summary = clocked("summary shown", lambda person=person: person.get("/check").text)
        clocked("response sent", lambda person=person, summary=summary: person.sends(str(summary), "/check"))
        assert person.get("/sent").status_code == 200
    return {name: statistics.median(found) for name, found in times.items()}


if __name__ == "__main__":
    sys.exit(main())
