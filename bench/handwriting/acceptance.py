"""From which probability on values may be accepted without a person: of what is accepted of a kind, no more than a
promised share may be wrong.

The least threshold of a kind is the least for which that holds on some writers, with one more error than was seen; it
is judged on other writers. For cells the sites of UNIPEN other than `syn` and `apb` choose, and these two, whose errors
were looked at when characters were drawn, judge. Of DHSD writers 23 and 24 choose (the weights come from them, too), 25
to 29 judge. Half of the names and postcodes are not in the list; what is printed on a form is what people write in
seven cases of ten, otherwise a name much like it, that with a slip, or another one.

The judges are no blind test: both halves were looked at before the program's thresholds were fixed. At first `syn` and
`apb` chose digits (0.9); the other sites then had 1.2 % wrong, so the halves were exchanged. The program's own
thresholds are stricter than the least ones for cells.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.handwriting import chain, words
from bench.handwriting.reliability import Said
from bench.handwriting.rows import LISTED, Asked, read_rows
from bench.handwriting.unipen import Written
from bench.statistics import upper_bound
from scanform.assemble import AcceptSettings
from scanform.config import ReadingConfig
from scanform.model.questionnaire import Alphabet

JUDGING = ("syn", "apb")
PROMISE = 1 - ReadingConfig().accept
LOTS = 3
"""So often rows are drawn anew, and the writers who choose meet other lists."""

GRID = (0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.9925, 0.995, 0.9975, 0.999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What is accepted from some probability on: the right ones among those that could be, how many in all, and how
    many of them are wrong.
    """

    fraction: float
    count: int
    wrong: int

    def __str__(self) -> str:
        return (
            f"{self.fraction:6.1%} accepted, {self.wrong} of {self.count} wrong (< "
            f"{100 * upper_bound(self.wrong, self.count):.2f} %)"
        )


def taken(said: Said, threshold: float, possible: float = 1.0) -> Taken:
    """What is accepted where a share of all readings, `possible`, can be right: of the others the list has not got
    the text, or another name is printed.
    """
    sure = said.chances >= threshold
    return Taken(
        fraction=float((sure & said.right).sum() / (possible * len(sure))),
        count=int(sure.sum()),
        wrong=int((sure & ~said.right).sum()),
    )


def least(said: Said, promise: float = PROMISE) -> float | None:
    """The least threshold that keeps the promise with one more error than was seen; None when none of the grid does."""
    for threshold in GRID:
        found = taken(said, threshold)
        if found.count and (found.wrong + 1) / found.count <= promise:
            return threshold
    return None


def table(hands: words.Hands, digits: Sequence[Written], capitals: Sequence[Written], listed: Said) -> None:
    """Prints the thresholds. `listed` is what was said of names with lists of the writers that judge."""
    settings = AcceptSettings()
    others = tuple({one.site for one in digits} - set(JUDGING) - chain.LEFT_OUT)
    for name, written, asked, own in (
        ("digits in a row", digits, (Asked(lengths=(3, 5, 8)),), settings.cells),
        (
            f"postcodes, list of {LISTED}",
            digits,
            (Asked(listed=LISTED), Asked(listed=LISTED, unlisted=True)),
            settings.codes,
        ),
        ("letters in a row", capitals, (Asked(lengths=(3, 5, 8), alphabet=Alphabet.LETTERS),), settings.letters),
    ):
        chosen, judged = (
            together([read_rows(written, one, sites=sites, seed=seed)[0] for seed in range(LOTS) for one in asked])
            for sites in (others, JUDGING)
        )
        line(name, chosen, judged, own, possible=1 / len(asked))
    choosing = words.load(words.CHOOSING)
    every = [
        words.listed(choosing, size=size, inside=inside, seed=seed)[1]
        for seed in range(LOTS)
        for size in (300, 4000)
        for inside in (True, False)
    ]
    line("names, lists of 300 and 4,000", together(every), listed, settings.listed, possible=0.5)
    line("printed names", printed(choosing, LOTS), printed(hands, 1), settings.printed, possible=words.PRINTED["right"])


def printed(hands: words.Hands, lots: int) -> Said:
    """What is said of names that are printed on the form, of each kind as often as in the chain: for every crop the
    kind is drawn.
    """
    parts = []
    for seed in range(lots):
        kinds = np.random.default_rng([seed, 3]).choice(
            len(words.PRINTED), len(hands.chosen), p=list(words.PRINTED.values())
        )
        for number, kind in enumerate(words.PRINTED):
            said = words.expected(hands, kind, size=300, seed=seed)[1]
            parts.append(Said(chances=said.chances[kinds == number], right=said.right[kinds == number]))
    return together(parts)


def line(name: str, choosing: Said, judging: Said, own: float, *, possible: float) -> None:
    """One kind: the least threshold, what it does, and what the program's own does."""
    found = least(choosing)
    print(f"  {name}")
    if found is None:
        print("    no threshold keeps the promise")
    for title, threshold in (("least", found), ("the program's", own)):
        if threshold is not None:
            print(
                f"    {title:13} {threshold:<6}  choosing {taken(choosing, threshold, possible)}   judging "
                f"{taken(judging, threshold, possible)}"
            )


def together(parts: Sequence[Said]) -> Said:
    """All readings of several."""
    return Said(
        chances=np.concatenate([one.chances for one in parts]), right=np.concatenate([one.right for one in parts])
    )
