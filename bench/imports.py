"""What an import costs: processor time per row and peak memory, by tool and number of rows, each in a process of its own.

    python -m bench.imports [--rows 2000,20000] [--tools limesurvey,kobo] [--store]

Without --store the files are read and interpreted; with it they are imported into a new project (SQLite).
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import exports

LABELS = {"redcap": exports.redcap_dictionary, "sosci": exports.sosci_values}


def measure(tool: str, rows: int, *, store: bool) -> dict[str, float]:
    """One file of one tool, measured in a child."""
    with tempfile.TemporaryDirectory(prefix="bench-imports-") as name:
        folder = Path(name)
        exports.questionnaire(folder)
        path = exports.FILES[tool](
            folder / ("x.xlsx" if tool.startswith("microsoft") else "x.csv"), exports.people(rows)
        )
        if tool in LABELS:
            LABELS[tool](folder / "labels.csv")
        command = [sys.executable, "-m", "bench.imports", "--child", str(path)]
        done = subprocess.run(
            [*command, *(["--store"] if store else [])],
            check=True,
            capture_output=True,
            text=True,
            env=dict(os.environ),
        )
        found: dict[str, float] = json.loads(done.stdout)
        return found


def child(path: Path, *, store: bool) -> None:
    """Read or import the file and say what that took."""
    from scanform.api import init_project
    from scanform.formats.questionnaires.read_yaml import load_questionnaire
    from scanform.formats.responses.importers import Wanted, read_export

    labels = path.with_name("labels.csv")
    explained = labels if labels.exists() else None
    questionnaire = path.with_name("orte.yaml")
    if store:
        project = init_project(path.with_name("project"), questionnaire=questionnaire, language="de")
        before = _cpu()
        with project:
            count = len(project.import_digital(path, labels=explained).new)
    else:
        survey = load_questionnaire(questionnaire)
        before = _cpu()
        count = sum(1 for _ in read_export(path, survey, wanted=Wanted(labels=explained)).responses)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": count, "ms": 1000 * (_cpu() - before) / count, "mb": peak}))


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """The table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", default="2000,20000")
    parser.add_argument("--tools", default=",".join(exports.FILES))
    parser.add_argument("--store", action="store_true")
    parser.add_argument("--child", type=Path)
    args = parser.parse_args()
    if args.child is not None:
        child(args.child, store=args.store)
        return
    print(f"{'tool':16} {'rows':>8} {'ms/row':>8} {'MB peak':>8} {'time x':>7} {'memory x':>8}")
    for tool in args.tools.split(","):
        first = None
        for rows in map(int, args.rows.split(",")):
            found = measure(tool, rows, store=args.store)
            first = first or found
            print(
                f"{tool:16} {rows:8} {found['ms']:8.3f} {found['mb']:8.0f} "
                f"{found['ms'] / first['ms']:7.2f} {found['mb'] / first['mb']:8.2f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
