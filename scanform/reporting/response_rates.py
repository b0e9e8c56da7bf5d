"""Response rates by the formulas of AAPOR, for a register of named places. Pure.

The American Association for Public Opinion Research, Standard Definitions, 10th edition 2023; in German surveys the
GESIS Survey Guidelines follow it (Stadtmüller et al., doi:10.15465/gesis-sg_en_026).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from scanform.model.place import Disposition

LEAST_PLACES = 5
"""Smallest number of places in a line of the report: smaller groups are shown together, so that no line is a single
institution. Staff see every group in `scanform returns`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """The final dispositions in AAPOR's letters: complete and partial interviews (I, P), refusals (R), non-contacts
    (NC), other non-interviews (O), and those of unknown eligibility (UH, UO).
    """

    complete: int = 0
    partial: int = 0
    refused: int = 0
    no_contact: int = 0
    other: int = 0
    unknown: int = 0
    unknown_other: int = 0

    @property
    def base(self) -> int:
        """Everybody but the ineligible: the denominator of RR1 and RR2."""
        return sum(
            (self.complete, self.partial, self.refused, self.no_contact, self.other, self.unknown, self.unknown_other)
        )

    @property
    def rr1(self) -> float:
        """Response rate 1, the minimum: I / ((I + P) + (R + NC + O) + (UH + UO)); 0 for nobody."""
        return self.complete / self.base if self.base else 0.0

    @property
    def rr2(self) -> float:
        """Response rate 2, which counts partial interviews: (I + P) / the same."""
        return (self.complete + self.partial) / self.base if self.base else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The places of a district or of a carrier, or all of them, by disposition. `together` is the number of groups that
    this one stands for, 0 for one with a name of its own.
    """

    name: str = ""
    counts: Mapping[Disposition, int] = field(default_factory=dict)
    together: int = 0

    def count(self, disposition: Disposition) -> int:
        """The places with a disposition."""
        return self.counts.get(disposition, 0)

    @property
    def places(self) -> int:
        """All places, the ineligible included."""
        return sum(self.counts.values())

    @property
    def outcomes(self) -> Outcomes:
        """In AAPOR's letters: whoever got a questionnaire and has not answered is a non-contact; a letter that came
        back, and one not sent yet, leave it unknown whether there is anybody to be asked.
        """
        return Outcomes(
            complete=self.count(Disposition.COMPLETE),
            partial=self.count(Disposition.PARTIAL),
            refused=self.count(Disposition.REFUSED),
            no_contact=self.count(Disposition.SENT) + self.count(Disposition.OPENED),
            unknown=self.count(Disposition.NOT_SENT),
            unknown_other=self.count(Disposition.UNDELIVERABLE),
        )


def shown_together(groups: Sequence[Group], least: int = LEAST_PLACES) -> tuple[Group, ...]:
    """The groups with at least `least` places, and behind them the smaller ones as one.

    If these are fewer than `least` places even together, the smallest of the others joins them; one group alone that is
    too small stays, as there is nothing to hide it among: the caller shows the total only.
    """
    ordered = sorted(groups, key=lambda group: (-group.places, group.name))
    large = [group for group in ordered if group.places >= least]
    small = ordered[len(large) :]
    while small and large and sum(group.places for group in small) < least:
        small.insert(0, large.pop())
    if not small:
        return tuple(sorted(large, key=lambda group: group.name))
    counts = {one: sum(group.count(one) for group in small) for one in Disposition}
    rest = Group(counts={one: count for one, count in counts.items() if count}, together=len(small))
    return (*sorted(large, key=lambda group: group.name), rest)
