"""Marks under every kind of damage: silent errors, review, lost pages, calibration, beside what peers did.

    python -m bench.marks --small                      some minutes; what continuous integration runs
    python -m bench.marks                              at least 10,000 boxes of each kind
    python -m bench.marks --office 1549703 --jobs 2    and as many positions of the office profiles as ballot scanners are tested with

The corpus is made anew from seeds: printed sheets, pens, marks and scans of `scanform.simulate`, read by
`scanform.register` and `scanform.recognize` from pixels. A silent error is a box that no person would see (confidence
above the threshold, no problem) with a value that is not the truth.
"""

import argparse
import json
import os
import platform
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from bench.marks.damage import DAMAGES, OFFICE
from bench.marks.measure import measure_page, save_scan
from bench.marks.table import Count, documentation, lines, verdicts, worst

CHUNK, SMALL_CHUNK = 32, 6
"""Pages per step; the results do not depend on the number of processes."""


def count_kind(kind: str, pool: ProcessPoolExecutor, *, boxes: int, seed: int, state: Path | None, chunk: int) -> Count:
    """Pages of one kind until there are enough boxes; what was counted before is in `state` and is gone on with."""
    file = state / f"{kind.replace(' ', '-').replace('%', '')}-{seed}.json" if state else None
    count = Count.from_dict(json.loads(file.read_text("utf-8"))) if file and file.exists() else Count()
    while count.boxes < boxes:
        for page in pool.map(
            measure_page, [kind] * chunk, range(count.pages, count.pages + chunk), [seed] * chunk, chunksize=2
        ):
            count.add(page)
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(count.to_dict()), "utf-8")
    return count


def main(arguments: list[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", action="append", choices=sorted(DAMAGES), help="only this kind (several times)")
    parser.add_argument("--boxes", type=int, default=10_000, help="least boxes of each kind of damage")
    parser.add_argument("--office", type=int, default=20_000, help="least boxes of the office profiles together")
    parser.add_argument("--small", action="store_true", help="six pages of each kind")
    parser.add_argument(
        "--allow", type=int, default=0, help="silent errors up to which the exit code is 0: what is known to be missed"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--state", type=Path, help="keep what was counted in this folder, to go on later")
    parser.add_argument("--save", type=Path, help="write the picture of each page with a silent error into this folder")
    parser.add_argument("-o", "--output", type=Path, help="write the result as a page of the documentation")
    args = parser.parse_args(arguments)
    wanted = {kind: args.office // len(OFFICE) + 1 if kind in OFFICE else args.boxes for kind in args.kind or DAMAGES}
    if args.small:
        wanted = dict.fromkeys(wanted, 1)
    started, counts = time.monotonic(), {}
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        for kind, boxes in wanted.items():
            counts[kind] = count_kind(
                kind, pool, boxes=boxes, seed=args.seed, state=args.state, chunk=SMALL_CHUNK if args.small else CHUNK
            )
            print(
                f"{kind}: {counts[kind].pages} pages, {counts[kind].silent} silent, {time.monotonic() - started:.0f} s",
                file=sys.stderr,
                flush=True,
            )
    libraries = f"Python {platform.python_version()}, OpenCV {cv2.__version__}, numpy {np.__version__}"
    print(f"{platform.machine()}, {os.cpu_count()} cores; {libraries}; seed {args.seed}\n")
    print("\n".join([*lines(counts), "", *verdicts(counts), "", *worst(counts)]))
    if args.output:
        args.output.write_text(
            documentation(
                counts,
                command=f"python -m bench.marks --boxes {args.boxes} --office {args.office} --seed {args.seed} --output docs/marks-benchmark.md",
                libraries=libraries,
            ),
            encoding="utf-8",
        )
    if args.save:
        for kind, number in {(error["kind"], error["number"]) for count in counts.values() for error in count.errors}:
            save_scan(str(kind), int(number), args.seed, args.save)
    return 1 if sum(count.silent for count in counts.values()) > args.allow else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
