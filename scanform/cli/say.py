"""Output of commands: results as lines for people and as data for machines."""

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from scanform.i18n.texts import decimal_text, moment_text, place_text, problem_text, remedy_text, text
from scanform.model.problem import Problem

if TYPE_CHECKING:
    from scanform.cli.common import Settings
    from scanform.model.column_format import FormatDecision
    from scanform.model.page import Fate
    from scanform.store.records import Batch, PassedOver
    from scanform.workflow.insight.status import IncompleteForm, ProjectStatus
    from scanform.workflow.intake.read_batch import BatchSummary, Remark
    from scanform.workflow.learning.train_heads import NetworkTrained
    from scanform.workflow.project.project import Project

LISTED = 20
"""Maximum lines of one kind that fit on a screen beside the rest; --json lists all."""


def summary_data(summary: "BatchSummary", fields: int, language: str) -> dict[str, Any]:
    """The outcome of a batch, for machines."""
    return {
        "batch": summary.batch,
        "files": summary.files,
        "new_files": summary.new_files,
        "pictures": summary.pictures,
        "pages": sum(summary.pages.values()) + summary.waiting,
        "fates": {fate.value: count for fate, count in summary.pages.items()},
        "waiting": summary.waiting,
        "read": summary.read,
        "seconds": summary.seconds,
        "page_ms": summary.page_ms,
        "refused": summary.refused,
        "fields_waiting": fields,
        "problems": [_remark_data(remark, language) for remark in summary.remarks],
        "passed_over": [_passed_data(one, language) for one in summary.passed_over],
    }


def _passed_data(passed: "PassedOver", language: str) -> dict[str, Any]:
    words = problem_text(Problem(slug=passed.reason), language)
    return {
        "file": passed.path,
        "files": passed.files,
        "problem": passed.reason,
        "text": words,
        "remedy": remedy_text(passed.reason, language),
    }


def _passed_lines(passed: Sequence["PassedOver"], language: str) -> list[str]:
    """Files not opened because of their name: the first ones, and the number of further ones."""
    if not passed:
        return []
    lines = [text("ingest.passed_over", language, count=sum(one.files for one in passed))]
    for one in passed[:LISTED]:
        place = one.path if one.files == 1 else text("ingest.passed_folder", language, path=one.path, count=one.files)
        lines.append(
            visible(
                f"  {place}: {problem_text(Problem(slug=one.reason), language)} {remedy_text(one.reason, language)}"
            )
        )
    return lines + (
        [text("ingest.more_passed_over", language, count=len(passed) - LISTED)] if len(passed) > LISTED else []
    )


def _remark_data(remark: "Remark", language: str) -> dict[str, Any]:
    return {
        "file": remark.path,
        "page": remark.page,
        "sheet": remark.sheet or None,
        "fate": remark.fate.value if remark.fate else None,
        "problem": remark.problem.slug,
        "text": problem_text(remark.problem, language),
        "remedy": remedy_text(remark.problem.slug, language),
    }


def _remark_line(remark: "Remark", language: str) -> str:
    place = (
        remark.path if remark.page is None else text("ingest.place_page", language, path=remark.path, page=remark.place)
    )
    what = problem_text(remark.problem, language)
    return visible(
        text("ingest.remark", language, place=place, what=what, remedy=remedy_text(remark.problem.slug, language))
    )


def visible(line: str) -> str:
    """The line without control characters, which file names may contain: it has to stay one line on every terminal."""
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in line
    )


def summary_lines(summary: "BatchSummary", fields: int, language: str) -> list[str]:
    """The outcome of a batch, in words."""
    pages = sum(summary.pages.values()) + summary.waiting
    counts = "ingest.counts" if summary.pictures == pages else "ingest.counts_pictures"
    lines = [text(counts, language, files=summary.files, new=summary.new_files, pictures=summary.pictures, pages=pages)]
    lines += _fate_lines(summary.pages, summary.waiting, language)
    if summary.read:
        lines.append(
            text("ingest.speed", language, read=summary.read, seconds=summary.seconds, page_ms=summary.page_ms)
        )
    elif not summary.new_files:
        lines.append(text("ingest.nothing_new", language))
    lines += [_remark_line(remark, language) for remark in summary.remarks]
    lines += _passed_lines(summary.passed_over, language)
    return lines + ([text("ingest.waiting_fields", language, fields=fields)] if fields else [])


def _fate_lines(pages: Mapping["Fate", int], waiting: int, language: str) -> list[str]:
    rows = [(count, text(f"fate.{fate.value}", language)) for fate, count in pages.items()]
    return [
        f"{count:>7}  {words}"
        for count, words in rows + ([(waiting, text("fate.waiting", language))] if waiting else [])
    ]


def status_data(found: "ProjectStatus", language: str) -> dict[str, Any]:
    """The state of a project, for machines."""
    return {
        "files": found.files,
        "pictures": found.pictures,
        "pages_handed_in": found.pages_handed_in,
        "fates": {fate.value: count for fate, count in found.pages.items()},
        "waiting": found.waiting,
        "sums_agree": found.sums_agree,
        "withdrawn_pages": found.withdrawn_pages,
        "forms": {"complete": found.forms_complete, "incomplete": found.forms_incomplete},
        "incomplete_forms": [
            {"form": form.form_id, "token": form.token, "pages_missing": list(form.pages_missing)}
            for form in found.incomplete
        ],
        "responses": {channel.value: count for channel, count in found.responses.items()},
        "fields": {one.value: count for one, count in found.fields.items()},
        "fields_waiting": found.fields_waiting,
        "contradictions_waiting": found.contradictions,
        "merge_is_stale": found.merge_is_stale,
        "vanished_responses": list(found.vanished),
        "joining_waiting": [
            {
                "form": one.form,
                "respondents": one.respondents,
                "pages": one.pages,
                "unproven": list(one.unproven),
                "token_withheld": one.token_withheld,
            }
            for one in found.joining
        ],
        "sheets_waiting": [
            {"file": one.path, "batch": one.batch, "pattern": one.pattern, "forms": list(one.forms)}
            for one in found.sheets
        ],
        "doubles_waiting": found.doubles,
        "waived_pages": found.waived,
        "batches": [
            {
                "batch": b.id,
                "kind": b.kind,
                "label": b.label,
                "created_at": b.created_at,
                "withdrawn_at": b.withdrawn_at,
            }
            for b in found.batches
        ],
        "problems": [_remark_data(remark, language) for remark in found.remarks],
        "passed_over": [_passed_data(one, language) for one in found.passed_over],
    }


def status_lines(found: "ProjectStatus", project: "Project") -> list[str]:
    """The state of a project, in words."""
    from scanform.workflow.dataset.import_digital import shortened

    language = project.language
    by_status = {one.value: count for one, count in found.fields.items()}
    done = by_status.get("confirmed", 0) + by_status.get("corrected", 0)
    title = "status.title" if found.pictures == found.pages_handed_in else "status.title_pictures"
    lines = [
        text(
            title,
            language,
            name=project.config.name,
            files=found.files,
            pictures=found.pictures,
            pages=found.pages_handed_in,
        )
    ]
    lines += _fate_lines(found.pages, found.waiting, language)
    if found.waived:
        lines.append(text("status.waived", language, count=found.waived))
    lines.append(text("status.forms", language, complete=found.forms_complete, incomplete=found.forms_incomplete))
    lines += _incomplete_lines(found.incomplete, language)
    lines.append(text("status.fields", language, auto=by_status.get("auto", 0), review=found.fields_waiting, done=done))
    if found.contradictions:
        lines.append(text("status.contradictions", language, count=found.contradictions))
    lines += stale_lines(found.merge_is_stale, language)
    lines += _joining_lines(found, language)
    if found.responses:
        lines.append(
            text(
                "status.responses",
                language,
                counts=", ".join(
                    f"{text(f'report.channel-{channel.value}', language)} {count}"
                    for channel, count in found.responses.items()
                ),
            )
        )
    if found.vanished:
        lines.append(text("status.vanished", language, count=len(found.vanished), responses=shortened(found.vanished)))
    lines += _batch_lines(project, found.batches, language)
    withdrawn = [str(batch.id) for batch in found.batches if batch.withdrawn_at is not None]
    if withdrawn:
        lines.append(text("status.withdrawn", language, batches=", ".join(withdrawn), pages=found.withdrawn_pages))
    lines += [_remark_line(remark, language) for remark in found.remarks]
    lines += _passed_lines(found.passed_over, language)
    counted = sum(found.pages.values()) + found.waiting
    sums = "status.sums_agree" if found.sums_agree else "status.sums_differ"
    return [*lines, text(sums, language, pages=found.pages_handed_in, handed_in=found.pages_handed_in, counted=counted)]


def _incomplete_lines(forms: Sequence["IncompleteForm"], language: str) -> list[str]:
    """The incomplete forms, one a line: the first ones, and the number of further ones."""
    rows = []
    for form in forms[:LISTED]:
        name = form.form_id if form.token is None else f"{form.form_id} ({form.token})"
        rows.append(
            visible(
                text(
                    "status.incomplete", language, form=name, pages=", ".join(str(page) for page in form.pages_missing)
                )
            )
        )
    return rows + ([text("status.more_incomplete", language, count=len(forms) - LISTED)] if len(forms) > LISTED else [])


def _joining_lines(found: "ProjectStatus", language: str) -> list[str]:
    """Pages with an undecided respondent, files that contradict their sheets, and repeated pages that wait."""
    from scanform.model.problem import Problem

    rows = []
    for one in found.joining[:LISTED]:
        if one.unproven:
            rows.append(text("status.joining", language, form=one.form, respondents=one.respondents, pages=one.pages))
        if one.token_withheld:
            rows.append(text("status.token_withheld", language, form=one.form, respondents=one.respondents))
    for file in found.sheets[:LISTED]:
        slug = f"sheets-{file.pattern}"
        what = f"{problem_text(Problem(slug=slug), language)} {remedy_text(slug, language)}"
        rows.append(visible(text("status.sheets", language, file=file.path, what=what)))
    left = max(0, len(found.joining) - LISTED) + max(0, len(found.sheets) - LISTED)
    more = [text("status.more_incomplete", language, count=left)] if left else []
    return rows + more + ([text("status.doubles", language, count=found.doubles)] if found.doubles else [])


def next_step(name: str, settings: "Settings", language: str, **facts: object) -> str:
    """What usually comes next, with the command to type, in the project that was named."""
    where = f" --project {shlex.quote(str(settings.project))}" if settings.project else ""
    return text(f"cli.next_{name}", language, where=where, **facts)


def _short(words: str, characters: int = 100) -> str:
    return words if len(words) <= characters else words[: characters - 1] + "…"


def _batch_lines(project: "Project", batches: Sequence["Batch"], language: str) -> list[str]:
    """The newest batches that count, as a table: number, time, submission."""
    from scanform.workflow.project.batch_names import batch_name
    from scanform.workflow.project.time_zone import readers_zone

    active, zone = [batch for batch in batches if batch.withdrawn_at is None], readers_zone(project.config)
    if not active:
        return []
    times = {batch.id: moment_text(batch.created_at, language, zone) for batch in active[-LISTED:]}
    wide = max(map(len, times.values()))
    names = {batch.id: _short(visible(batch_name(batch, language))) for batch in active[-LISTED:]}
    rows = [f"{number:>7}  {times[number]:<{wide}}  {name}" for number, name in names.items()]
    earlier = len(active) - len(rows)
    more = [text("status.more_batches", language, count=earlier)] if earlier else []
    return [text("status.batches", language), *more, *rows]


def visible_lines(shown: str) -> str:
    """Several lines without characters that control the terminal."""
    return "\n".join(visible(line) for line in shown.splitlines())


def format_data(decision: "FormatDecision") -> dict[str, str]:
    """How one column is read, for machines."""
    return {
        "column": decision.column,
        "kind": decision.kind.value,
        "reading": decision.reading,
        "basis": decision.basis.value,
        "example": decision.example,
        "read_as": decision.read_as,
    }


def problem_data(problem: "Problem", language: str) -> dict[str, Any]:
    """A problem and its remedy, for machines."""
    return {
        "problem": problem.slug,
        "where": problem.where,
        "text": problem_text(problem, language),
        "remedy": remedy_text(problem.slug, language),
    }


def problem_line(problem: "Problem", language: str) -> str:
    """A problem and its remedy, in words."""
    place = f"{place_text(problem.where, language)}: " if problem.where else ""
    return visible(f"{place}{problem_text(problem, language)} {remedy_text(problem.slug, language)}")


def stale_lines(is_stale: bool, language: str) -> list[str]:
    """The notice that the merge is older than the data."""
    from scanform.workflow.dataset.merge_responses import STALE

    return [problem_line(STALE, language)] if is_stale else []


def trained_data(one: "NetworkTrained") -> dict[str, Any]:
    """The outcome of a training run, for machines."""
    from scanform.workflow.learning.train_heads import figures_data

    return {
        "network": one.network,
        "characters": one.characters,
        "forms": one.forms,
        "held_out_characters": one.held_out_characters,
        "held_out_forms": one.held_out_forms,
        "reader": one.reader,
        "better": one.comparison is not None and one.comparison.better,
        "in_place": one.in_place,
    } | (figures_data(one.comparison) if one.comparison else {})


def trained_lines(one: "NetworkTrained", language: str) -> list[str]:
    """The outcome of a training run, in words."""
    there = text(f"train.there_{one.network}", language, characters=one.characters, forms=one.forms)
    if one.comparison is None:
        return [text("train.skipped", language, there=there)]
    lines = [text("train.head", language, there=there, held=one.held_out_characters, held_forms=one.held_out_forms)]
    for which, found in (("before", one.comparison.before), ("after", one.comparison.after)):
        lines.append(
            text(
                "train.figures",
                language,
                which=text(f"train.{which}", language),
                right=found.right,
                characters=found.characters,
                right_from=decimal_text(100 * found.right_from, language, 1),
                accepted=found.accepted,
                wrong=found.wrong_of_accepted,
                wrong_up_to=decimal_text(100 * found.wrong_up_to, language, 1),
                log_loss=decimal_text(found.log_loss, language, 4),
                calibration_error=decimal_text(found.calibration_error, language, 4),
            )
        )
    said = "in_place" if one.in_place else "would" if one.comparison.better else "not_better"
    return [*lines, text(f"train.{said}", language, reader=one.reader)]
