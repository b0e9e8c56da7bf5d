"""Commands that inspect without changing anything, and the demo."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from scanform.cli.common import FILE, FOLDER, Settings, answer, common_options, open_settled
from scanform.cli.say import problem_line, status_data, status_lines
from scanform.errors import ExitCode
from scanform.i18n.texts import text

if TYPE_CHECKING:
    from scanform.workflow.insight.demo import Verdict


@click.command("status")
@common_options
@click.pass_obj
def status(settings: Settings) -> int:
    """Show files, pages by fate, forms, fields and what waits, and check that the sums agree."""
    from scanform.workflow.insight.status import project_status

    with open_settled(settings) as project:
        found = project_status(project)
        answer(settings, status_data(found, project.language), *status_lines(found, project))
        return ExitCode.OK if found.sums_agree else ExitCode.STORE


@click.command("explain")
@click.argument("page", metavar="FILE[#PAGE]")
@click.option("-o", "--output", "out", type=FILE, required=True, help="The PNG picture to write.")
@common_options
@click.pass_obj
def explain(settings: Settings, *, page: str, out: Path) -> None:
    """Show how a page is read: a picture of it with every zone, its value, its probability and why."""
    from scanform.workflow.insight.explain import explain as run

    with open_settled(settings) as project:
        found = run(project, page, out)
        fate = text(f"fate.{found.result.outcome.value}", project.language)
        lines = (problem_line(problem, project.language) for problem in found.result.problems)
        answer(
            settings,
            found.data | {"picture": str(out)},
            text("explain.done", project.language, fate=fate, picture=str(out)),
            *lines,
        )


@click.command("doctor")
@common_options
@click.pass_obj
def doctor(settings: Settings) -> int:
    """Check that everything is there: Tesseract with German, poppler, jbig2dec, fonts, write access, database."""
    from scanform.workflow.insight.doctor import examine, exit_code

    findings = examine(settings.project or Path(), settings.ui_language)
    data = [{"name": f.name, "good": f.good, "seen": f.seen, "remedy": f.remedy} for f in findings]
    lines = [
        text(
            "doctor.good" if f.good else "doctor.bad",
            settings.ui_language,
            name=f.name,
            seen=f.seen.rstrip("."),
            remedy=f.remedy,
        )
        for f in findings
    ]
    if all(finding.good for finding in findings):
        lines.append(text("doctor.all_good", settings.ui_language))
    answer(settings, {"findings": data}, *lines)
    return exit_code(findings)


@click.command("verify")
@common_options
@click.pass_obj
def verify(settings: Settings) -> int:
    """Compare what is stored with itself: hashes of the archive, sums of the ledger, layouts, responses, the chain
    of decisions.
    """
    from scanform.workflow.insight.verify import verify as run
    from scanform.workflow.project.progress import terminal_progress

    with open_settled(settings) as project:
        found = run(project, progress=terminal_progress)
        lines = [text(f"verify.{one.kind}", project.language, place=one.place) for one in found.discrepancies]
        head = text(
            "verify.good" if found.good else "verify.bad", project.language, files=found.files, pages=found.pages
        )
        discrepancies = [
            {"kind": one.kind, "place": one.place, "harmless": one.harmless} for one in found.discrepancies
        ]
        facts = {
            "files": found.files,
            "pages": found.pages,
            "good": found.good,
            "seal": found.seal,
            "discrepancies": discrepancies,
        }
        answer(settings, facts, head, *lines, text("verify.seal", project.language, seal=found.seal))
        return ExitCode.OK if found.good else ExitCode.STORE


@click.command("demo")
@click.argument("folder", type=FOLDER, required=False)
@common_options
@click.pass_obj
def demo(settings: Settings, *, folder: Path | None) -> int:
    """See the whole job happen on the samples: print, read, import, merge, export, report."""
    from scanform.workflow.insight import demo as plan

    ui_language = settings.ui_language
    samples = plan.find_samples()
    folder = plan.fresh(folder or Path("demo-output"))
    worst = 0
    program = click.get_current_context().find_root().command
    assert isinstance(program, click.Group)
    for step in plan.steps(samples, folder):
        click.secho(f"\n{text(step.title, ui_language)}", bold=True)
        click.secho("$ scanform " + " ".join(step.arguments), fg="cyan")
        if "serve-form" in step.arguments:
            _people_answer(folder / "project", samples, ui_language)
            continue
        # with print, --language is that of the form
        speak = [] if "print" in step.arguments else ["--language", ui_language]
        code = click.Group.main(program, args=[*speak, *step.arguments], prog_name="scanform", standalone_mode=False)
        worst = max(worst, int(code or 0))
    with open_settled(Settings(project=folder / "project", language=ui_language)) as project:
        verdict = plan.check(project, samples)
    _show_verdict(verdict, folder, ui_language)
    return worst if verdict.good else ExitCode.BUG


def _people_answer(project: Path, samples: Path, ui_language: str) -> None:
    """People fill in the web form, which is served meanwhile: in a browser, or over HTTP where none can be driven."""
    from scanform.cli.demo_browser import browsing
    from scanform.cli.demo_people import answer_on_the_web, offered, people

    everybody = people(samples / "web-form.json")
    with offered(project, ui_language) as url, browsing(url, everybody) as receipts:
        click.echo(text("web_form.at", ui_language, url=url))
        seen = True
        for person in everybody:
            receipt = next(receipts, "") if seen else ""
            if seen and not receipt:
                seen = False
                click.echo(text("demo.no_browser", ui_language))
            said = "demo.answered_in_browser" if seen else "demo.answered"
            shown = receipt or answer_on_the_web(url, person)
            click.echo(text(said, ui_language, token=person.token, receipt=shown))


def _show_verdict(verdict: "Verdict", folder: Path, ui_language: str) -> None:
    """The actual outcome beside the expected one, and where to look."""
    click.echo()
    for file, page, wanted, got in verdict.wrong_fates:
        click.secho(text("demo.verdict_fate", ui_language, file=file, page=page, wanted=wanted, got=got), fg="red")
    for form, column, got, wanted in verdict.silent_errors:
        click.secho(
            text("demo.verdict_value", ui_language, form=form, column=column, wanted=repr(wanted), got=repr(got)),
            fg="red",
        )
    if verdict.good:
        click.secho(
            text("demo.verdict_good", ui_language, pages=verdict.pages, automatic=verdict.automatic), fg="green"
        )
    click.echo()
    program = os.path.relpath(sys.argv[0]) if os.path.sep in sys.argv[0] else "scanform"
    for line in ("look", "look_forms", "look_report", "look_data", "look_review"):
        click.echo(text(f"demo.{line}", ui_language, folder=folder, program=program))
