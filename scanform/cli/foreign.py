"""Commands for forms that scanform did not print."""

import sys
from pathlib import Path

import click

from scanform.cli.common import FILE, Settings, answer, common_options, open_settled
from scanform.cli.say import problem_data, problem_line
from scanform.i18n.texts import text

EDIT_PORT = 8766
"""Next to the review station's port, so that both can be open."""


@click.command("find-zones")
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option("-o", "--output", "out", type=FILE, required=True, help="The layout file (JSON) to write.")
@click.option("--code", metavar="CODE", help="Code of the questionnaire (default: from the name of the file).")
@click.option("--edit", is_flag=True, help="Open the proposal in the browser afterwards, as edit-layout does.")
@common_options
@click.pass_obj
def find_zones(settings: Settings, *, blank: tuple[Path, ...], out: Path, code: str | None, edit: bool) -> None:
    """Propose the zones of an empty form that scanform did not print: boxes, bubbles, character cells, places to
    write.
    """
    from scanform.workflow.foreign_forms.find_zones import find_zones as run

    found = run(blank, out, code=code, language=settings.ui_language)
    counts = {
        "questions": found.questions,
        "boxes": found.boxes,
        "cells": found.cells,
        "areas": found.areas,
        "pages": len(found.layout.pages),
    }
    answer(
        settings,
        {"layout": str(out), "code": found.layout.questionnaire} | counts,
        text("imported.found", settings.ui_language, out=str(out), **counts),
    )
    if edit:
        _edit(settings, out, blank, EDIT_PORT)


@click.command("edit-layout")
@click.argument("layout", type=FILE)
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=EDIT_PORT,
    show_default=True,
    help="Port on this computer; 0 takes a free one.",
)
@common_options
@click.pass_obj
def edit_layout(settings: Settings, *, layout: Path, blank: tuple[Path, ...], port: int) -> None:
    """Correct the zones in a layout file in the browser, over the empty pages in BLANK: move, resize, name, add,
    delete.

    Ctrl-C or a request to end (SIGTERM) closes it, with exit code 0; what was saved stays.
    """
    _edit(settings, layout, blank, port)


def _edit(settings: Settings, layout: Path, blank: tuple[Path, ...], port: int) -> None:
    from review_ui.editor import serve_editor
    from scanform.workflow.foreign_forms.edit_layout import open_layout

    def ready(url: str) -> None:
        answer(settings, {"url": url}, text("cli.edit_at", settings.ui_language, url=url))
        sys.stdout.flush()

    serve_editor(open_layout(layout, blank), port=port, language=settings.ui_language, ready=ready)


@click.command("import-form")
@click.argument("blank", type=FILE, nargs=-1, required=True)
@click.option(
    "--layout", type=FILE, required=True, help="Where its zones stand: a layout file, as find-zones writes it."
)
@click.option(
    "--filled-scans", is_flag=True, help="There is no empty form: BLANK are filled ones; the print is what they share."
)
@common_options
@click.pass_obj
def import_form(settings: Settings, *, blank: tuple[Path, ...], layout: Path, filled_scans: bool) -> None:
    """Take in a form that scanform did not print, from its empty pages: from then on, scans of it are recognised and
    read.
    """
    from scanform.workflow.foreign_forms import import_form as importing

    with open_settled(settings) as project:
        found = (importing.import_filled if filled_scans else importing.import_form)(project, blank, layout)
        language, code = project.language, found.layout.questionnaire
        zones = sum(len(page.zones) for page in found.layout.pages)
        data = {
            "code": code,
            "layout": found.layout.digest,
            "pages": len(found.layout.pages),
            "zones": zones,
            "known": found.known,
        }
        said = [
            text(
                "imported.known" if found.known else "imported.done",
                language,
                **{**data, "digest": found.layout.digest},
            )
        ]
        said += [text("imported.questionnaire", language, file=str(found.questionnaire))] if found.questionnaire else []
        problems = [problem_data(problem, language) for problem in found.problems]
        made = {"questionnaire": str(found.questionnaire) if found.questionnaire else None, "problems": problems}
        answer(settings, data | made, *said, *(problem_line(problem, language) for problem in found.problems))
