"""How long the overview takes in a project with 10,000 pages, and what it takes again when nothing has changed, on the
real server.

    python -m bench.overview                 10,000 pages in 20 batches, 2,000 forms with values that wait
    python -m bench.overview --pages 1000

The limit is 200 ms for 95 of 100 requests.
"""

import argparse
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.review_material import OFTEN, PERSONS, fill, printed_survey
from bench.review_states import hand_in
from review_ui.server import bind
from scanform.model.page import Fate
from scanform.workflow.pages.sort_pages import SortDesk
from scanform.workflow.project.project import open_project
from scanform.workflow.review.desk import Desk

LIMIT_MS = 200.0
PAGES_IN_A_BATCH = 500


def main() -> int:
    """Measure and print; 1 when the limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=60)
    chosen = parser.parse_args()
    fates = (Fate.READ,) * 19 + (Fate.REVIEW, Fate.BLANK, Fate.DAMAGED, Fate.READ, Fate.READ, Fate.READ)
    with tempfile.TemporaryDirectory() as folder, open_project(printed_survey(Path(folder))) as project:
        fill(project, chosen.pages // 5, OFTEN, PERSONS)
        for number in range(chosen.pages // PAGES_IN_A_BATCH):
            hand_in(project, f"batch {number}", (fates * PAGES_IN_A_BATCH)[:PAGES_IN_A_BATCH])
        desk, sorter = Desk(project), SortDesk(project)
        bound = bind(desk, sorter=sorter, reviewer="bench", port=0)
        thread = bound.start()
        took, size = [], 0
        for _ in range(chosen.requests + 1):
            began = time.perf_counter()
            with urllib.request.urlopen(f"{bound.url}overview") as answer:
                size = len(answer.read())
            took.append((time.perf_counter() - began) * 1000)
            time.sleep(0.02)
        bound.close()
        thread.join()
        sorter.close()
        desk.close()
    first, rest = took[0], sorted(took[1:])
    late = rest[int(0.95 * len(rest))]
    print(f"{chosen.pages} pages, {chosen.pages // 5} forms: overview of {size // 1000} kB")
    print(
        f"first request {first:.0f} ms; then p50 {rest[len(rest) // 2]:.0f} ms, p95 {late:.0f} ms (limit "
        f"{LIMIT_MS:.0f})"
    )
    return 1 if late > LIMIT_MS else 0


if __name__ == "__main__":
    sys.exit(main())
