"""Commands that learn from corrected handwriting."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanform.cli.common import FOLDER, Settings, answer, common_options, open_settled
from scanform.cli.say import trained_data, trained_lines
from scanform.errors import UsageError, words
from scanform.i18n.texts import text

if TYPE_CHECKING:
    from scanform.workflow.learning.export_crops import CropOrder, CropsDone


@click.command("export-crops")
@click.argument("folder", type=FOLDER)
@click.option(
    "--consent", metavar="QUESTION=OPTION", help="Take only forms on which this tick says that the writer agrees."
)
@click.option("--consent-for-all", is_flag=True, help="State that the writers of all forms agreed in another way.")
@click.option(
    "--keep-days",
    type=click.IntRange(1),
    default=365,
    show_default=True,
    metavar="N",
    help="Days after its confirmation that a crop may be kept.",
)
@click.option("--with-contact", is_flag=True, help="Take contact data in, too.")
@click.option("--without-sensitive", is_flag=True, help="Leave out questions of the class sensitive.")
@click.option("--purge", is_flag=True, help="Export nothing; delete from FOLDER what may no longer be kept.")
@common_options
@click.pass_obj
def export_crops(
    settings: Settings,
    *,
    folder: Path,
    consent: str | None,
    consent_for_all: bool,
    keep_days: int,
    with_contact: bool,
    without_sensitive: bool,
    purge: bool,
) -> None:
    """Write crops of handwriting that people confirmed in review into FOLDER, to train on. Handwriting is personal
    data: only with consent, only for a time.
    """
    from datetime import UTC, datetime

    from scanform.workflow.learning import crops_folder
    from scanform.workflow.learning.export_crops import CropOrder
    from scanform.workflow.learning.export_crops import export_crops as run
    from scanform.workflow.project.progress import terminal_progress

    at = datetime.now(UTC)
    if purge:
        left, gone = crops_folder.purge(folder, at.date().isoformat())
        data = {"folder": str(folder), "gone": gone, "left": len(left.rows) + len(left.lines)}
        answer(settings, data, text("train.purged", settings.ui_language, **data))
        return
    if (consent is not None) == consent_for_all:
        raise UsageError(words("train.one_consent"), remedy=words("train.consent_remedy"))
    order = CropOrder(
        consent=_consent(consent), keep_days=keep_days, with_contact=with_contact, without_sensitive=without_sensitive
    )
    with open_settled(settings) as project:
        done = run(project, folder, order, at=at, progress=terminal_progress)
        _show_crops(settings, folder, order, done, project.language)


def _consent(given: str | None) -> tuple[str, str] | None:
    if given is None:
        return None
    question, mark, option = given.partition("=")
    if not (question and mark and option):
        raise UsageError(words("train.bad_consent", given=given), remedy=words("train.consent_remedy"))
    return question, option


def _show_crops(settings: Settings, folder: Path, order: "CropOrder", done: "CropsDone", language: str) -> None:
    counted = {"folder": str(folder), "forms": done.forms, "rows": done.rows, "cells": done.cells, "lines": done.lines}
    lines = [text("train.exported", language, days=order.keep_days, **counted)]
    lines += [text("train.without_consent", language, count=done.without_consent)] if done.without_consent else []
    lines += [text(f"train.left_out_{reason}", language, count=count) for reason, count in done.left_out.items()]
    answer(settings, counted | {"without_consent": done.without_consent, "left_out": dict(done.left_out)}, *lines)


@click.command("train")
@click.argument("folders", type=FOLDER, nargs=-1)
@click.option("--dry-run", is_flag=True, help="Train and measure, but go on reading as before.")
@click.option("--forget", "give_up", is_flag=True, help="Go back to the networks as they are shipped.")
@common_options
@click.pass_obj
def train(settings: Settings, *, folders: tuple[Path, ...], dry_run: bool, give_up: bool) -> None:
    """Train the reader of character cells on the crops in FOLDERS; it is put in place where it reads forms that were
    held out better.
    """
    from datetime import UTC, datetime

    from scanform.workflow.learning import train_heads as training

    if give_up == bool(folders):
        raise UsageError(words("train.what"), remedy=words("train.what_remedy"))
    with open_settled(settings) as project:
        if give_up:
            given_up = training.forget(project)
            said = "train.forgotten" if given_up else "train.nothing_to_forget"
            answer(settings, {"forgotten": list(given_up)}, text(said, project.language, networks=", ".join(given_up)))
            return
        done = training.train(project, folders, at=datetime.now(UTC), dry_run=dry_run)
        lines = [text("train.expired", project.language, count=done.expired)] if done.expired else []
        lines += [line for one in done.networks for line in trained_lines(one, project.language)]
        answer(settings, {"networks": [trained_data(one) for one in done.networks], "expired": done.expired}, *lines)
