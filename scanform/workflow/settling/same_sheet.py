"""Detects sheets of an imported form scanned twice. Nothing printed tells its sheets apart, but the ink does.

A suspected re-scan is not dropped automatically: two people may tick alike, and a form mistaken for another would be
lost. It is reported, and a person decides (`scanform identify FILE#PAGE FORM` assigns the page to the form of which it
is a re-scan).
"""

from dataclasses import dataclass, field, replace

from scanform.model.page import PageRef
from scanform.page_result import PageResult
from scanform.recognize.ink.fingerprint import inked_zones, same_ink
from scanform.store import ledger
from scanform.store.engine import Transaction

SAME_SHEET = 0.75
"""Minimum probability that two pages may be one sheet: 57 of 60 sheets scanned twice reach it; of 540 pairs of sheets
with the same boxes ticked by other hands none had 0.9 (office copier, 1 to 12 crosses on a page).
"""

ALIKE = 0.8
"""Minimum fraction of the zones with ink on either page that have ink on both; below it the ink is not compared."""


@dataclass(slots=True)
class SameSheets:
    """The ink of all pages of imported forms seen in one run, by edition and page."""

    _known: dict[tuple[str, int], list[tuple[int, bytes, frozenset[int]]]] = field(default_factory=dict)

    def find(self, tx: Transaction, result: PageResult) -> PageRef | None:
        """The counting page whose ink matches `result`, the first submitted; None where there is no ink."""
        identity, zones = result.identity, inked_zones(result.ink) if result.ink else frozenset()
        if identity is None or not zones:
            return None
        known = self._known.setdefault((identity.digest, identity.page), [])
        after = known[-1][0] if known else 0
        known += [
            (number, ink, inked_zones(ink))
            for number, ink in ledger.inks(tx, digest=identity.digest, page=identity.page, after=after)
            if ink
        ]
        for number, ink, theirs in known:
            if len(zones & theirs) >= ALIKE * len(zones | theirs) and same_ink(result.ink, ink) >= SAME_SHEET:
                sheet = next((sheet for sheet in ledger.sheets_of_reading(tx, number) if sheet.active), None)
                if sheet is not None and replace(sheet.ref, path="") != replace(result.ref, path=""):
                    return sheet.ref
        return None
