"""Files in the submitted folders that were not opened because of their name: reported at once and kept for later."""

import os
from collections.abc import Sequence
from pathlib import Path

from scanform.scan import intake
from scanform.store import passed_over
from scanform.store.records import PassedOver
from scanform.workflow.project.project import Project


def keep_passed_over(
    project: Project, paths: Sequence[Path], found: Sequence[intake.PassedOver], *, at: str
) -> tuple[PassedOver, ...]:
    """Replace what was recorded for these folders by what was found now; returns the latter."""
    # names may hold surrogates
    folders = [_shown(os.path.realpath(path)) for path in paths if os.path.isdir(path)]  # noqa: PTH112
    rows = {
        location: PassedOver(location=location, path=_shown(one.path), reason=one.problem.slug, files=one.files, at=at)
        for one in found
        if (location := _shown(os.path.realpath(one.path)))
    }
    with project.store.reading() as tx:
        known = [
            one
            for one in passed_over.passed_over(tx)
            if any(one.location == folder or one.location.startswith(folder.rstrip("/") + "/") for folder in folders)
        ]
    if folders and {_said(one) for one in known} != {
        _said(one) for one in rows.values()
    }:  # a run that is killed repeatedly has to make progress
        with project.store.writing() as tx:
            passed_over.replace_below(tx, folders, [rows[location] for location in sorted(rows)])
    return tuple(sorted(rows.values(), key=lambda one: one.path))


def _said(one: PassedOver) -> tuple[str, str, str, int]:
    return one.location, one.path, one.reason, one.files


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
