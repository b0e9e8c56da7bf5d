"""Commands of the data set: online responses in, merge, export, report."""

import sys
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanform.cli.ask import chosen, confirmed
from scanform.cli.common import FILE, FOLDER, Settings, answer, common_options, login_name, open_api, open_settled
from scanform.cli.say import format_data, next_step, problem_data, problem_line, stale_lines, visible, visible_lines
from scanform.errors import ExitCode, UsageError, words
from scanform.i18n.texts import in_words, moment_text, text

if TYPE_CHECKING:
    from scanform.model.column_format import FormatKind
    from scanform.workflow.dataset.import_digital import ImportSummary


TOOLS = ("limesurvey", "kobo", "redcap", "google-forms", "microsoft-forms", "sosci", "mapping")
"""The values of `formats.responses.pattern.Kind`, without loading it (a test compares them)."""

FORMATS = ("spss", "stata", "r", "parquet", "long", "labelled", "data-package")
"""The values of `workflow.dataset.export.Format`, without loading it (a test compares them)."""


@click.command("import-digital")
@click.argument("file", type=FILE)
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, when the project has several.")
@click.option(
    "--survey",
    metavar="NAME",
    help="Which survey, when several use one questionnaire: any name, the same for each export of it.",
)
@click.option(
    "--as", "tool", type=click.Choice(TOOLS), help="Which tool wrote the file, when that is not clear from the file."
)
@click.option(
    "--labels", type=FILE, help="The file that explains the codes: the values of SoSci, the data dictionary of REDCap."
)
@click.option("--map", "mapping", type=FILE, help="The mapping of a file that no tool wrote: see scanform map.")
@click.option(
    "--read", "said", multiple=True, metavar="[COLUMN=]READING",
    help="How to read a column, or all that are unclear: day-month, month-day, decimal-comma, decimal-point, codes, labels, repaired, as-written.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask whether the columns are read as they should be.")
@common_options
@click.pass_obj
def import_digital(
    settings: Settings,
    *,
    file: Path,
    questionnaire: str | None,
    survey: str | None,
    tool: str | None,
    labels: Path | None,
    mapping: Path | None,
    said: tuple[str, ...],
    yes: bool,
) -> int:
    """Take in online responses as a survey tool exports them. Doing it again changes nothing.

    LimeSurvey (CSV, XLSX, VV, .lsa), Kobo and ODK, REDCap, Google Forms, Microsoft Forms, SoSci; any other CSV or XLSX
    with a mapping.
    """
    from scanform.workflow.dataset import column_formats as formats

    with open_api(settings) as project:
        run = partial(
            project.import_digital,
            file,
            questionnaire=questionnaire,
            survey=survey,
            tool=tool,
            labels=labels,
            mapping=mapping,
        )
        if not yes and not settings.as_json and sys.stdin.isatty() and sys.stdout.isatty():
            known = _asked_formats(
                lambda known: run(read_as=_as_said(known), dry_run=True), formats.parsed(said), project.language
            )
            said = _as_said(known)
        found = run(read_as=said)
        data = {
            "questionnaire": found.questionnaire,
            "new": len(found.new),
            "changed": len(found.changed),
            "unchanged": found.unchanged,
            "batch": found.batch,
        }
        untaken = [text("cli.rows_not_taken", project.language, count=found.not_taken)] if found.not_taken else []
        named = {name: list(getattr(found, name)) for name in ("refused", "older", "vanished", "withdrawn")}
        ignored = list(found.ignored_columns)
        problems = [problem_data(problem, project.language) for problem in found.problems]
        named_survey = (
            [text("cli.imported_survey", project.language, survey=found.survey)]
            if found.survey != found.questionnaire
            else []
        )
        lines = [text("cli.imported", project.language, **data), *named_survey, *untaken]
        lines += [visible(line) for line in formats.said_lines(found.file, found.decisions, project.language)]
        lines += [problem_line(problem, project.language) for problem in found.problems]
        lines += [visible(line) for line in formats.account_lines(found.columns, project.language)]
        lines.append(next_step("read", settings, project.language))
        counts = {"survey": found.survey, "rows_not_taken": found.not_taken}
        told = {
            **counts,
            **named,
            "ignored_columns": ignored,
            "formats": [format_data(one) for one in found.decisions],
            "columns": [
                {"number": one.number, "heading": one.heading, "is": one.role.value, "holds": one.holds}
                for one in found.columns
            ],
            "problems": problems,
        }
        answer(settings, data | told, *lines)
        return ExitCode.PAGES_REFUSED if found.not_taken else ExitCode.OK


def _as_said(known: "Mapping[tuple[str, FormatKind], str]") -> tuple[str, ...]:
    """Column readings as given with --read."""
    return tuple(f"{column}={reading}" for (column, _), reading in known.items())


def _asked_formats(
    attempt: "Callable[[dict[tuple[str, FormatKind], str]], ImportSummary]",
    readings: "dict[tuple[str, FormatKind], str]",
    language: str,
) -> "dict[tuple[str, FormatKind], str]":
    """Asks a person at the terminal about the columns: open ones need a choice, new ones a confirmation."""
    from scanform.workflow.dataset import column_formats as formats

    known = dict(readings)
    while True:
        try:
            found = attempt(known)
            break
        except formats.OpenFormatsError as still_open:
            click.echo(visible_lines(in_words(still_open.message, language)))
            for one in still_open.questions:
                names = [reading for reading, _ in one.readings]
                known[one.key] = chosen(text("formats.ask", language, column=one.column), names, language)
    if any(formats.is_worth_asking(one) for one in found.decisions):
        click.echo("\n".join(visible(line) for line in formats.said_lines(found.file, found.decisions, language)))
        if not confirmed(text("formats.confirm", language), language, default=True):
            raise UsageError(words("formats.not_confirmed"), remedy=words("formats.not_confirmed_remedy"))
    return known


@click.command("map")
@click.argument("file", type=FILE)
@click.option("-o", "--output", "out", type=FILE, help="The mapping to write; otherwise FILE-map.yaml beside FILE.")
@click.option("--check", type=FILE, help="Write nothing: look for mistakes in this mapping.")
@click.option("--questionnaire", metavar="CODE", help="Which questionnaire, when the project has several.")
@common_options
@click.pass_obj
def map_columns(
    settings: Settings, *, file: Path, out: Path | None, check: Path | None, questionnaire: str | None
) -> None:
    """Draft a mapping for a CSV file or workbook that no survey tool wrote: what each of its columns is.

    Correct the draft, then import the file with --map. What scanform takes a column for stands beside it with the
    reason; what it cannot tell is left open.
    """
    from scanform.workflow.dataset.map_columns import check_mapping, draft_mapping

    with open_settled(settings) as project:
        if check is not None:
            check_mapping(project, file, check, questionnaire=questionnaire)
            answer(settings, {"file": str(check)}, text("mapping.sound", project.language, file=str(check)))
            return
        done = draft_mapping(project, file, out=out, questionnaire=questionnaire)
        data = {"file": str(done.path), "columns": done.columns, "open": done.open}
        answer(
            settings,
            data,
            text("mapping.drafted", project.language, file=str(done.path), total=done.columns, open=done.open),
        )


@click.command("merge")
@click.option("--undo", is_flag=True, help="Take the merge back: each response stands for itself again.")
@click.option("--decide", nargs=2, metavar="ITEM VALUE", help="Settle a contradiction that conflicts.csv names.")
@click.option(
    "--as-written",
    is_flag=True,
    help="With --decide: keep a value that the question does not allow, beside its missing code.",
)
@common_options
@click.pass_obj
def merge(settings: Settings, *, undo: bool, decide: tuple[str, str] | None, as_written: bool) -> int:
    """Join paper and online responses of one place by their token; contradictions are reported, not decided."""
    if undo:
        with open_api(settings) as project:
            links = project.undo_merge()
            answer(settings, {"links": links}, text("cli.merge_undone", project.language, links=links))
            return ExitCode.OK
    if decide:
        return _decide(settings, *decide, as_written=as_written)
    with open_api(settings) as project:
        found = project.merge()
        data = {
            "responses": found.responses,
            "records": found.records,
            "joined": found.joined,
            "open_conflicts": found.open_conflicts,
            "decided_conflicts": found.decided_conflicts,
        }
        lines = (problem_line(problem, project.language) for problem in found.problems)
        problems = [problem_data(problem, project.language) for problem in found.problems]
        onward = next_step("review" if found.open_conflicts else "merged", settings, project.language)
        answer(settings, data | {"problems": problems}, text("cli.merged", project.language, **data), *lines, onward)
        return ExitCode.REVIEW_WAITS if found.open_conflicts else ExitCode.OK


def _decide(settings: Settings, item: str, value: str, *, as_written: bool) -> ExitCode:
    """Settle one contradiction; asks before taking a value that no source has."""
    from scanform.workflow.dataset import merge_responses as merging

    with open_settled(settings) as project:
        third = sys.stdin.isatty() and merging.is_third_value(project, item, value)
        if third and not confirmed(
            text("merge.third-value", project.language, value=value), project.language, default=False
        ):
            raise click.Abort
        decision = merging.decide_conflict(project, item, value, reviewer=login_name(), as_written=as_written)
        answer(settings, {"item": decision.item}, text("cli.stored", project.language, name=decision.item))
        return ExitCode.OK


@click.command("export")
@click.argument("folder", type=FOLDER, required=False)
@click.option("--readings", type=FILE, help="Write only what was read on paper, as one CSV file.")
@click.option("--with-contact", is_flag=True, help="Put contact data into the readings.csv of DIR too.")
@click.option("--without-contact", is_flag=True, help="Leave contact data out of --readings FILE.")
@click.option("--without-sensitive", is_flag=True, help="Leave out questions of the class sensitive.")
@click.option(
    "--format", "formats", multiple=True, type=click.Choice(FORMATS),
    help="Further files for other programs (docs/statistics.md); may be given several times.",
)  # fmt: skip
@common_options
@click.pass_obj
def export(
    settings: Settings,
    *,
    folder: Path | None,
    readings: Path | None,
    with_contact: bool,
    without_contact: bool,
    without_sensitive: bool,
    formats: tuple[str, ...],
) -> None:
    """Write the data set: responses, codebook, provenance and contradictions as CSV and XLSX; contact data apart."""
    if (folder is None) == (readings is None):
        raise UsageError(words("cli.one_target"), remedy=words("cli.one_target_remedy"))
    with open_api(settings) as project:
        if readings is not None:
            path = project.export_readings(
                readings, without_contact=without_contact, without_sensitive=without_sensitive
            )
            answer(settings, {"files": [str(path)]}, text("cli.written", project.language, files=str(path)))
        elif folder is not None:
            done = project.export(
                folder,
                with_contact=with_contact,
                without_sensitive=without_sensitive,
                language=settings.language,
                formats=formats,
            )
            files = [str(path) for path in done.files]
            data = {
                "files": files,
                "rows": done.rows,
                "open_conflicts": done.open_conflicts,
                "merge_is_stale": done.merge_is_stale,
                "released_at": done.released_at,
                "waived": done.waived,
            }
            line = text(
                "cli.exported",
                project.language,
                rows=done.rows,
                count=len(files),
                folder=str(folder),
                conflicts=done.open_conflicts,
            )
            at = moment_text(done.released_at or "", project.language, project.time_zone)
            released = text("cli.released" if done.released_at else "cli.not_released", project.language, at=at)
            given_up = [text("cli.waived", project.language, count=done.waived)] if done.waived else []
            stale = stale_lines(done.merge_is_stale, project.language)
            onward = next_step("exported", settings, project.language)
            answer(settings, data, line, released, *given_up, *stale, onward)


@click.command("report")
@click.option("-o", "--output", "out", type=FILE, required=True, help="The HTML file to write.")
@common_options
@click.pass_obj
def report(settings: Settings, *, out: Path) -> None:
    """Write one HTML page with pictures: returns, fates of pages, answers, what waits."""
    from scanform.workflow.insight.make_report import make_report

    with open_settled(settings) as project:
        path = make_report(project, out, language=settings.language)
        answer(settings, {"file": str(path)}, text("cli.written", project.language, files=str(path)))
