"""How exactly and how surely pages are registered, by kind of scan: error at the zones in mm against the simulator's
truth.

    python -m bench.register [FORMS PER PROFILE] [PROFILE ...]

"wrong" counts maps that were returned although a box is off by more than `WRONG_MM`: it has to be 0.
"""

import sys
import time
from collections import Counter

import cv2
import numpy as np

from bench.material import Form, make_form, scan_form
from scanform.model.layout import ZoneKind
from scanform.register.fit import fit_page
from scanform.register.identify import identify
from scanform.register.markers import find_markers
from scanform.register.prepare import BoxCheck, prepare_page
from scanform.simulate.profiles import PROFILES
from scanform.simulate.scanner import ScannedPage

WRONG_MM = 0.7
"""A box is read at the wrong place when it is off by about the distance between its outline and the middle of a
small mark.
"""


def zone_errors_mm(form: Form, number: int, scan: ScannedPage, page_map, *, boxes: bool) -> np.ndarray:
    """Errors at the corners of check boxes and cells, or of the larger areas for writing."""
    zones = form.layout.page(number).zones
    rects = [zone.rect for zone in zones if zone.kind is ZoneKind.MARK] + [
        cell for zone in zones for cell in zone.cells
    ]
    if not boxes:
        rects = [zone.rect for zone in zones if zone.kind in (ZoneKind.HANDWRITING, ZoneKind.SIGNATURE)]
    points = np.array([(p.x, p.y) for rect in rects for p in rect.corners])
    true_px = scan.page_map.to_px(points)
    return np.linalg.norm(page_map.to_mm(true_px) - page_map.to_mm(page_map.to_px(points)), axis=1)


def run(form: Form, checks: dict[int, BoxCheck], profile: str, forms: int) -> None:
    tiers, ids = Counter(), Counter()
    p95, worst, areas, cost, wrong = [], [], [], [], 0
    for seed in range(forms):
        for number, scan in scan_form(form, profile, seed=seed):
            markers = find_markers(scan.image)
            sighting = identify(scan.image, markers, layouts={form.layout.digest: form.layout}, read_text=lambda _: "")
            ids[
                "right"
                if sighting.identity and sighting.identity.page == number
                else ",".join(p.slug for p in sighting.problems) or "WRONG"
            ] += 1
            start = time.process_time()
            page_map = fit_page(scan.image, markers, form.layout.page(number), checks[number])
            cost.append((time.process_time() - start) * 1000)
            tiers[page_map.tier.value if page_map else "none"] += 1
            if page_map:
                errors = zone_errors_mm(form, number, scan, page_map, boxes=True)
                p95.append(float(np.percentile(errors, 95)))
                worst.append(float(errors.max()))
                wrong += worst[-1] > WRONG_MM
                areas.append(float(zone_errors_mm(form, number, scan, page_map, boxes=False).max(initial=0)))
    spread = (
        f"p95 median {np.median(p95):.3f} worst {max(p95):.3f}  max {max(worst):.3f}  areas {max(areas):.3f}"
        if p95
        else "-"
    )
    times = f"fit ms median {np.median(cost):5.1f} max {max(cost):6.1f}"
    print(
        f"{profile:14} {dict(sorted(tiers.items()))!s:38} wrong {wrong}  {spread}  {times}  identity {dict(ids)}",
        flush=True,
    )


def main(arguments: list[str]) -> None:
    cv2.setNumThreads(1)
    forms = int(arguments[0]) if arguments else 3
    form = make_form()
    checks = {
        page.number: prepare_page(page, blank) for page, blank in zip(form.layout.pages, form.blanks, strict=True)
    }
    print(
        {number: (len(check.rects_mm), len(check.sample)) for number, check in checks.items()},
        "boxes, of them in the sample",
    )
    for profile in arguments[1:] or PROFILES:
        run(form, checks, profile, forms)


if __name__ == "__main__":
    main(sys.argv[1:])
