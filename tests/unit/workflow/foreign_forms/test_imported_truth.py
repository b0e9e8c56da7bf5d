"""The promise on forms that were printed elsewhere: filled by many hands, scanned by an office copier in one mixed
stack, no accepted value is wrong.
"""

from collections import Counter

import numpy as np
import pytest

from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.model.geometry import A4
from scanform.model.page import Fate
from scanform.model.response import Status
from scanform.scan.load import rasterize
from scanform.simulate.answers import random_truth
from scanform.simulate.files import write_pdf_jpeg
from scanform.simulate.hands import random_hand
from scanform.simulate.scanner import PROFILES, scan_filled, scan_page
from scanform.workflow.insight.status import project_status
from scanform.workflow.intake.read_batch import read_batch
from scanform.workflow.reading.executors import serial

FORMS = 3
PROFILE = "office copier"


@pytest.mark.slow
def test_no_silent_error_in_a_mixed_stack(foreign_forms, tmp_path):
    """Forms of either kind with a blank sheet after each: all recognised and put together, no accepted value differs
    from the truth.
    """
    profile = PROFILES[PROFILE]
    truths, scans = [], []
    pages = {code: list(rasterize(foreign_forms.folder.parent / f"{code}.pdf", dpi=300)) for code in ("club", "quiz")}
    for number in range(FORMS):
        for code, layout in foreign_forms.layouts.items():
            rng = np.random.default_rng([number, len(layout.pages)])
            hand = random_hand(rng)
            truth = random_truth(
                load_questionnaire(foreign_forms.folder / "questionnaires" / f"{code}.yaml"), layout, rng, hand=hand
            )
            truths.append((code, truth))
            for page, gray in zip(layout.pages, pages[code], strict=True):
                scans.append(scan_filled(gray, page, truth.page(page.number), hand=hand, profile=profile, rng=rng))
            scans.append(scan_page(np.full((3508, 2481), 255, np.uint8), profile, rng, size=A4))
    (tmp_path / "in").mkdir()
    write_pdf_jpeg(tmp_path / "in" / "stack.pdf", scans)
    with foreign_forms.project(tmp_path / "p") as project:
        summary = read_batch(project, [tmp_path / "in"], serial())
        fates = Counter(summary.pages)
        assert (fates[Fate.READ], fates.total()) == (3 * FORMS, 5 * FORMS)
        assert fates[Fate.BLANK] + fates[Fate.REVIEW] == 2 * FORMS  # a stained sheet that is not proven blank waits
        assert fates[Fate.BLANK] > FORMS
        assert project_status(project).sums_agree
        responses = sorted(
            project.store.responses(),
            key=lambda response: min(a.evidence.ref.index for a in response.answers if a.evidence),
        )
    assert [response.questionnaire for response in responses] == [code for code, _ in truths]
    wrong = []
    for response, (_, truth) in zip(responses, truths, strict=True):
        assert response.complete
        for answer in response.answers:
            if answer.status is Status.AUTO and (
                answer.value != truth.expected[answer.column] or answer.column in truth.unclear
            ):
                wrong.append(
                    (response.id, answer.column, answer.value, truth.expected[answer.column], answer.confidence)
                )
    assert wrong == []
