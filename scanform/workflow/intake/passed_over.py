"""What lay in the folders that were handed in and was not opened because of its name: told at once, and kept so that
it can be seen later.
"""

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
    """Put what was found now in the place of what was known of these folders; returns what was found."""
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
    }:  # a run that is killed again and again has to get on
        with project.store.writing() as tx:
            passed_over.replace_below(tx, folders, [rows[location] for location in sorted(rows)])
    return tuple(sorted(rows.values(), key=lambda one: one.path))


def _said(one: PassedOver) -> tuple[str, str, str, int]:
    return one.location, one.path, one.reason, one.files


def _shown(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")
