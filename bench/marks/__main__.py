"""Marks under every kind of damage: silent errors, review, lost pages, calibration, beside what peers did.

    python -m bench.marks --small                      a few minutes; what continuous integration runs
    python -m bench.marks                              at least 10,000 boxes of each kind
    python -m bench.marks --office 1549703 --jobs 2    and as many positions of the office profiles as ballot scanners are tested with

The corpus is made anew from seeds: printed sheets, pens, marks and scans of `scanform.simulate`, read by `scanform.register` and `scanform.recognize`
from pixels. A silent error is a box that no person would see (confidence above the threshold, no problem) with a value that is not the truth.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from bench.marks.damage import DAMAGES, OFFICE
from bench.marks.measure import PageRows, measure_page, save_scan
from bench.marks.table import counted, lines, reliability, verdicts, worst


def pages_of(kind: str, boxes: int, seed: int, jobs: int, pool: ProcessPoolExecutor) -> Iterator[PageRows]:
    """Pages of one kind until there are enough boxes; the result does not depend on the number of processes."""
    done = number = 0
    step = 8 * jobs
    while done < boxes:
        for page in pool.map(measure_page, [kind] * step, range(number, number + step), [seed] * step, chunksize=2):
            if done < boxes:
                done += len(page.boxes)
                yield page
        number += step


def main(arguments: list[str]) -> int:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kind", action="append", choices=sorted(DAMAGES), help="only this kind (several times)")
    parser.add_argument("--boxes", type=int, default=10_000, help="least boxes of each kind of damage")
    parser.add_argument("--office", type=int, default=20_000, help="least boxes of the office profiles together")
    parser.add_argument("--small", action="store_true", help="1,500 boxes of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--save", type=Path, help="write the picture of each page with a silent error into this folder")
    args = parser.parse_args(arguments)
    wanted = {kind: args.office // len(OFFICE) + 1 if kind in OFFICE else args.boxes for kind in args.kind or DAMAGES}
    if args.small:
        wanted = dict.fromkeys(wanted, 1_500)
    started, found = time.monotonic(), []
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        for kind, boxes in wanted.items():
            pages = list(pages_of(kind, boxes, args.seed, args.jobs, pool))
            found += pages
            print(f"{kind}: {len(pages)} pages, {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    counts = counted(found)
    libraries = f"Python {platform.python_version()}, OpenCV {cv2.__version__}, numpy {np.__version__}"
    print(f"{platform.machine()}, {os.cpu_count()} cores; {libraries}; seed {args.seed}\n")
    print("\n".join([*lines(counts), "", *verdicts(counts), "", *worst(counts)]))
    for kind, count in counts.items():
        print(f"\n{kind}: calibration\n" + "\n".join(reliability(count)))
    if args.save:
        for kind, number, _ in {(error[0], error[1]): error for count in counts.values() for error in count.errors}.values():
            save_scan(kind, number, args.seed, args.save)
    return 1 if any(count.silent for count in counts.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
