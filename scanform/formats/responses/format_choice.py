"""One decision about one column: what its cells prove, a person's choice, what holds since an earlier export; otherwise
it stays open.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from scanform.model.column_format import Basis, FormatChoices, FormatDecision, FormatKind, OpenFormat, Reading

Show = Callable[[str, Reading], str]
"""A cell as interpreted in a reading, in words; "" where it cannot be read that way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The evidence of a column's cells: possible `readings` (none: the choice makes no difference), `proofs`, cells
    that only one reading admits, and `doubtful`, an ambiguous cell. Cells come with their `rows`; `elsewhere` is what
    other columns prove for the whole file, if anything.
    """

    readings: Collection[Reading]
    proofs: Mapping[Reading, str]
    doubtful: str
    rows: Mapping[str, int]
    elsewhere: Reading | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The decision, or what stays open, or the reading chosen by a person and a cell of row `row` that contradicts it;
    all None: the choice makes no difference.
    """

    decision: FormatDecision | None = None
    still_open: OpenFormat | None = None
    misfit: tuple[str, str, str, int] | None = None

    @property
    def reading(self) -> str | None:
        """How to read the column; None where it makes no difference or is not decided yet."""
        return None if self.decision is None else self.decision.reading


def choose(column: str, kind: FormatKind, evidence: Evidence, choices: FormatChoices, show: Show) -> Outcome:
    """Decide one column; `show` is given a cell and a reading."""
    if not evidence.readings:
        return Outcome()
    said, for_all = _reading(choices.said.get((column, kind))), _reading(choices.said.get(("", kind)))
    clear = next(iter(evidence.readings)) if len(evidence.readings) == 1 else None
    example = evidence.doubtful or next(iter(evidence.proofs.values()), "")
    if said is not None and clear is not None and said != clear:
        cell = evidence.proofs.get(clear, example)
        return Outcome(misfit=(column, said.value, cell, evidence.rows.get(cell, 0)))
    chosen, basis = said or (for_all if clear is None else None), Basis.SAID
    if chosen is None:
        chosen, basis = _unsaid(clear, _reading(choices.kept.get((column, kind))), evidence)
    if chosen is not None:
        cell = evidence.proofs.get(chosen, example)
        return Outcome(
            decision=FormatDecision(
                column=column, kind=kind, reading=chosen.value, basis=basis, example=cell, read_as=show(cell, chosen)
            )
        )
    cells = tuple(evidence.proofs.values()) or (example,)
    shown = tuple((reading.value, show(example or cells[0], reading)) for reading in sorted(evidence.readings))
    return Outcome(
        still_open=OpenFormat(
            column=column,
            kind=kind,
            row=evidence.rows.get(example or cells[0], 0),
            example=example or cells[0],
            readings=shown,
            contradictory=bool(evidence.proofs),
        )
    )


def _reading(name: str | None) -> Reading | None:
    return None if name is None else Reading(name)


def _unsaid(clear: Reading | None, kept: Reading | None, evidence: Evidence) -> tuple[Reading | None, Basis]:
    """The reading without a person's choice; cells that prove two readings leave it open, whatever held before."""
    if clear is not None:
        return clear, Basis.PROVEN
    if evidence.proofs:
        return None, Basis.PROVEN
    if evidence.elsewhere is not None and evidence.elsewhere in evidence.readings:
        return evidence.elsewhere, Basis.FILE
    return (kept, Basis.KEPT) if kept in evidence.readings else (None, Basis.KEPT)
