"""Handwriting of writers whom no reader has learnt from: characters, rows of cells, words and names, and the same
through the whole chain.

    python -m bench.handwriting                                            all tables (about 5 minutes)
    python -m bench.handwriting --output docs/benchmarks/handwriting.txt   into the file that documents quote (tools/make_docs.py)
    python -m bench.handwriting --pages 8 --forms 8                        fewer pages in the chains
    python -m bench.handwriting --diagram docs/handwriting-reliability.svg  and how far probabilities can be believed, as a picture

Digits and capitals are UNIPEN's (see ../shared/data/README.md), on which nothing is trained; words and names are those
of the five writers of DHSD that are kept for the test. Bounds are 95 % upper confidence bounds of the share of errors
(Clopper and Pearson). "Accepted" of single characters are those that are as probable as `accept` (survey.toml) asks
for, of rows, words and names what the program accepts (`AcceptSettings`). "Sound" leaves out the site whose labels are
often wrong (`chain.LEFT_OUT`); so do the rows of cells and the chain.
"""

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np

from bench.handwriting import acceptance, chain, reliability, words
from bench.handwriting.acceptance import taken
from bench.handwriting.reliability import Said
from bench.handwriting.rows import LISTED, Asked, read_rows
from bench.handwriting.unipen import Written, as_cell, load
from bench.statistics import upper_bound
from scanform.assemble import AcceptSettings
from scanform.config import ReadingConfig
from scanform.recognize.writing.cells import DIGITS, LETTERS, character_probs, class_names

ACCEPT = ReadingConfig().accept


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=40, help="forms in the chain")
    parser.add_argument("--forms", type=int, default=40, help="forms with lines in the chain")
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--output", type=Path, help="a file for the tables, instead of standard output")
    parser.add_argument("--diagram", type=Path, help="where to draw the reliability diagrams (SVG)")
    args = parser.parse_args()
    if args.output:
        with args.output.open("w", encoding="utf-8") as file, redirect_stdout(file):
            tables(args)
    else:
        tables(args)


def tables(args: argparse.Namespace) -> None:
    """All tables, and the diagram where one is asked for."""
    digits, capitals = load("digits"), load("uppercase")
    said: dict[str, Said] = {}
    print("single characters, as cut out: errors by site")
    said["digits in cells"] = characters("digits", digits, DIGITS)
    said["capitals in cells"] = characters("characters", capitals, LETTERS)
    print("\nfive digits of one writer in five cells")
    for name, asked in (
        ("no list", Asked()),
        (f"list of {LISTED}, open", Asked(listed=LISTED)),
        ("not in the list", Asked(listed=LISTED, unlisted=True)),
    ):
        print(f"  {name:20} " + strings(digits, asked))
    print("\nthe whole chain: printed, written, scanned, registered, read, judged by the survey's rules")
    for name, counts in sorted(
        chain.run(digits, capitals, pages=args.pages, seed=args.seed, profiles=chain.OFFICE).items()
    ):
        print(f"  {name:7} {of_chain(counts)}")
    hands = words.load()
    print("\nwords and names, as cut out")
    said["words without a list"] = words.free(hands)
    for size in (300, 4000):
        line, known = words.listed(hands, size=size, inside=True)
        print(f"  {f'list of {size}, open':24} {line}")
        line, unknown = words.listed(hands, size=size, inside=False)
        print(f"  {f'not in the list of {size}':24} {line}")
        said[f"names, list of {size}"] = known.and_also(unknown)
    print("\nnames, one of them printed on the form, 300 others known")
    for kind, title in words.KINDS.items():
        line, one = words.expected(hands, kind, size=300)
        print(f"  {title:26} {line}")
        said["printed names"] = said["printed names"].and_also(one) if "printed names" in said else one
    print(f"\naccepted without a person: which probability keeps the promise that {100 * ACCEPT:g} % of it is right")
    acceptance.table(
        hands, digits, capitals, acceptance.together([said["names, list of 300"], said["names, list of 4000"]])
    )
    print("\nstreets with the number of a house")
    for same, expected, title in (
        (True, True, "printed"),
        (False, True, "another house printed"),
        (True, False, "listed"),
        (False, False, "another house listed"),
    ):
        print(f"  {title:24} " + words.houses(hands, digits, same=same, expected=expected))
    print("\nthe whole chain: names written into printed lines, lists hold two of three")
    for name, counts in sorted(words.chain(hands, pages=args.forms, seed=args.seed, profiles=chain.OFFICE).items()):
        print(f"  {name:17} {of_chain(counts)}")
    fractions = ", ".join(f"{kind} {fraction:.0%}" for kind, fraction in words.PRINTED.items())
    print(f"\nthe whole chain: the same, and a name printed on the form ({fractions})")
    for name, counts in sorted(
        words.chain(hands, pages=args.forms, seed=args.seed + 1, profiles=chain.OFFICE, printed=True).items()
    ):
        print(f"  {name:25} {of_chain(counts)}")
    if args.diagram:
        args.diagram.write_text(reliability.drawn(said), "utf-8")


def of_chain(counts: chain.Counts) -> str:
    """One line of the table of the whole chain."""
    fields, characters = max(counts.fields, 1), max(counts.characters, 1)
    slugs = " ".join(f"{slug}:{count}" for slug, count in counts.slugs.most_common(3))
    return (
        f"characters {counts.right_characters / characters:7.2%} of {counts.characters:5d}   right "
        f"{counts.right / fields:6.1%} of {counts.fields:4d}   "
        f"accepted {counts.accepted / fields:6.1%}, {counts.silent} wrong (< "
        f"{100 * upper_bound(counts.silent, counts.accepted):.2f} %)   "
        f"blank {counts.blanks}, to a person {counts.blanks_to_person}, with a value {counts.blanks_filled}   {slugs}"
    )


def characters(network: str, written: Sequence[Written], known: str) -> Said:
    """Right and accepted ones by site and by character; what was said of sound ones."""
    rng = np.random.default_rng(1)
    cells = [as_cell(one, rng) for one in written]
    start = time.process_time()
    probs = np.concatenate([character_probs(network, cells[i : i + 60]) for i in range(0, len(cells), 60)])
    cost = (time.process_time() - start) / len(cells) * 1000
    names = class_names(network)
    if network != "digits":
        probs = np.where([name not in DIGITS for name in names], probs, 0)
        probs = probs / probs.sum(axis=1, keepdims=True)
    best, top = [names[i] for i in probs.argmax(axis=1)], probs.max(axis=1)
    right = np.array([a == one.truth for a, one in zip(best, written, strict=True)])
    sites = np.array([one.site for one in written])
    print(f"{network}: {cost:.2f} ms each in lots of 60")
    for site in ("all", "sound", *sorted(set(sites), key=lambda name: -int((sites == name).sum()))):
        mine = {"all": np.ones(len(sites), bool), "sound": ~np.isin(sites, sorted(chain.LEFT_OUT))}.get(
            site, sites == site
        )
        taken = mine & (top >= ACCEPT)
        errors, wrong, count = int((~right & mine).sum()), int((~right & taken).sum()), int(mine.sum())
        print(
            f"  {site:5} {count:5d}  right {1 - errors / count:7.2%} (errors < {100 * upper_bound(errors, count):5.2f} "
            f"%)"
            f"  accepted {taken.sum() / count:6.1%}, {wrong:2d} wrong (< "
            f"{100 * upper_bound(wrong, int(taken.sum())):5.2f} %)"
        )
    by = Counter(one.truth for one in written)
    missed: dict[str, Counter[str]] = defaultdict(Counter)
    for one, seen, good in zip(written, best, right, strict=True):
        if not good:
            missed[one.truth][seen] += 1
    print("  wrong by character: " + ", ".join(f"{c} {sum(missed[c].values()) / by[c]:.1%}" for c in known if by[c]))
    bins = np.array_split(np.argsort(top), 15)
    print(
        f"  calibration error "
        f"{sum(abs(float(top[one].mean() - right[one].mean())) * len(one) for one in bins) / len(top):.4f}"
    )
    sound = ~np.isin(sites, sorted(chain.LEFT_OUT))
    return Said(chances=top[sound], right=right[sound])


def strings(written: Sequence[Written], asked: Asked) -> str:
    """Postcodes composed of real digits of one writer, with and without a list that holds them (or not)."""
    said, right, told = read_rows(written, asked)
    count, found = len(said.chances), taken(said, AcceptSettings().codes if asked.listed else AcceptSettings().cells)
    bound = 100 * upper_bound(found.wrong, found.count)
    out = (
        f"right {right / count:6.1%}   accepted {found.count / count:6.1%}, {found.wrong} wrong of {found.count} (< "
        f"{bound:.2f} %)"
    )
    return out + (f"   called unlisted {told / count:.1%}" if asked.listed else "")


if __name__ == "__main__":
    main()
