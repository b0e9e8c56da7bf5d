"""Commands for survey tools: questionnaires there and back, and the people asked."""

from pathlib import Path

import click

from scanform.cli.common import FILE, Settings, answer, common_options, open_settled
from scanform.cli.say import visible
from scanform.i18n.texts import in_words, text

KINDS = ("yaml", "limesurvey-tsv", "limesurvey-lss", "xlsform")


@click.command("convert")
@click.argument("source", metavar="FROM", type=FILE)
@click.option("-o", "--output", "out", metavar="TO", type=FILE, required=True, help="The file to write.")
@click.option("--to", type=click.Choice(KINDS), help="What to write, when the ending of TO does not say it.")
@common_options
@click.pass_obj
def convert(settings: Settings, *, source: Path, out: Path, to: str | None) -> None:
    """Convert a questionnaire: YAML, LimeSurvey (.txt, .tsv, .lss) or XLSForm (.xlsx), from each to each.

    The ending of a file says what it is. What the other side cannot say is listed with its place.
    """
    from scanform.workflow.project.convert import Kind
    from scanform.workflow.project.convert import convert as run

    language = settings.ui_language
    done = run(source, out, to=Kind(to) if to else None, language=language)
    lost = [
        {
            "slug": remark.slug,
            "place": in_words(remark.place.said(), language),
            "line": remark.place.line or None,
            "element": remark.place.element,
            "text": in_words(remark.said(), language),
        }
        for remark in done.remarks
    ]
    data = {
        "file": str(done.out),
        "source": done.source.value,
        "target": done.target.value,
        "questions": done.questions,
        "languages": list(done.languages),
        "not_carried_over": lost,
    }
    named = {
        "out": str(done.out),
        "to": text(f"convert.kind.{done.target.value}", language),
        "source": text(f"convert.kind.{done.source.value}", language),
        "questions": done.questions,
        "languages": ", ".join(done.languages),
    }
    count = text("convert.losses", language, count=len(lost)) if lost else text("convert.nothing_lost", language)
    lines = [visible(f"  {in_words(remark.told(), language)}") for remark in done.remarks]
    answer(settings, data, text("convert.done", language, **named), count, *lines)


@click.command("participants")
@click.option("-o", "--output", "out", type=FILE, required=True, help="The CSV file to write.")
@click.option(
    "--recipients", type=FILE, help="Take the people from a list as print takes it, instead of from the printed forms."
)
@common_options
@click.pass_obj
def participants(settings: Settings, *, out: Path, recipients: Path | None) -> None:
    """Write the people asked as participants for LimeSurvey: token, name, e-mail, further columns as attributes."""
    from scanform.workflow.printing.participants import write_participants

    with open_settled(settings) as project:
        count = write_participants(project, out, recipients=recipients)
        data = {"file": str(out), "participants": count}
        answer(settings, data, text("participants.done", project.language, file=str(out), count=count))
