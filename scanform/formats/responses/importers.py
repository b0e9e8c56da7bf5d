"""Which survey tool wrote a file, and its responses: detected from what only that tool writes, or said by a person."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from pathlib import Path

from scanform.errors import InputError, UsageError, words
from scanform.formats.responses.answers import DigitalImport, FileFormat, read_responses
from scanform.formats.responses.pattern import Clue, Importer, Kind, Role, Understood
from scanform.formats.responses.source_file import SourceFile, open_file
from scanform.formats.responses.tools.forms import GoogleForms, MicrosoftForms
from scanform.formats.responses.tools.kobo import Kobo
from scanform.formats.responses.tools.limesurvey import LimeSurvey
from scanform.formats.responses.tools.mapped import MappedFile
from scanform.formats.responses.tools.redcap import RedCap
from scanform.formats.responses.tools.sosci import SoSci
from scanform.model.column_format import Basis, FormatChoices, FormatDecision, FormatKind
from scanform.model.problem import Problem
from scanform.model.questionnaire import Questionnaire

__all__ = ["DigitalImport", "FileFormat", "Wanted", "clues", "read_export", "recognised"]

TOOL = ("", FormatKind.TOOL)
"""The tool is a decision about the whole file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a person says about a file: the tool, and a file with the labels of its codes."""

    kind: Kind | None = None
    labels: Path | None = None
    mapping: Path | None = None


IMPORTERS: Sequence[Importer] = (LimeSurvey(), Kobo(), RedCap(), GoogleForms(), MicrosoftForms(), SoSci())


def read_export(
    path: Path,
    questionnaire: Questionnaire,
    *,
    prefix: str = "online-",
    zone: tzinfo = UTC,
    language: str = "de",
    choices: FormatChoices | None = None,
    wanted: Wanted | None = None,
) -> DigitalImport:
    """All responses in `path`.

    `prefix` precedes the tool's id in `Response.id`, `zone` is the time zone of the server that wrote the dates,
    `choices` says how to read columns, `wanted` what a person says about the file. Raises InputError for a file that
    is not a response export of this questionnaire, UsageError where its tool is not clear.
    """
    choices, wanted = choices or FormatChoices(), wanted or Wanted()
    file = open_file(path, labels=wanted.labels)
    kept = choices.kept.get(TOOL)
    importer, clue, basis = _chosen(file, wanted, Kind(kept) if kept else None)
    understood = importer.understand(file, questionnaire)
    found = read_responses(
        understood, questionnaire, path.name, prefix=prefix, zone=zone, language=language, choices=choices
    )
    decision = FormatDecision(
        column="", kind=FormatKind.TOOL, reading=importer.kind.value, basis=basis, example=", ".join(clue.evidence[:4])
    )
    told = () if importer.kind is Kind.LIMESURVEY and basis is Basis.PROVEN else (decision,)
    return replace(found, decisions=(*told, *found.decisions), problems=(*_sheets_left(file), *found.problems))


def _sheets_left(file: SourceFile) -> tuple[Problem, ...]:
    """The further sheets of a workbook: they are not taken over, and named."""
    others = list(file.tables)[1:]
    return (Problem(slug="sheets-left", params=(("sheets", ", ".join(others)),)),) if others else ()


def recognised(path: Path, questionnaire: Questionnaire, wanted: Wanted | None = None) -> float:
    """The fraction of the columns in `path` that belong to `questionnaire`, 0..1: used to find the survey of
    an export.
    """
    wanted = wanted or Wanted()
    file = open_file(path, labels=wanted.labels)
    importer, _, _ = _chosen(file, wanted, None)
    return _share(importer.understand(file, questionnaire))


def _share(understood: Understood) -> float:
    roles = [one.role for one in understood.columns if one.role in {Role.ANSWER, Role.TEXT, Role.UNKNOWN}]
    return sum(role is not Role.UNKNOWN for role in roles) / len(roles) if roles else 0.0


def clues(file: SourceFile) -> list[Clue]:
    """The tools that may have written a file: those that prove it or, without any, those that may be."""
    found = [clue for clue in (one.detect(file) for one in IMPORTERS) if clue is not None]
    return [clue for clue in found if clue.sure] or found


def _chosen(file: SourceFile, wanted: Wanted, kept: Kind | None) -> tuple[Importer, Clue, Basis]:
    """The importer of a file, why, and how that is known."""
    found = clues(file)
    if wanted.mapping is not None:
        return MappedFile(wanted.mapping), Clue(kind=Kind.MAPPING, evidence=(wanted.mapping.name,)), Basis.SAID
    if wanted.kind is Kind.MAPPING:
        raise UsageError(words("mapping.which"), remedy=words("mapping.which-remedy", file=file.path.name))
    if wanted.kind is not None:
        said = next((clue for clue in found if clue.kind is wanted.kind), Clue(kind=wanted.kind, evidence=()))
        return _importer(wanted.kind), said, Basis.SAID
    if not found:
        raise _refused("export-no-id", file.path.name)
    if len(found) > 1 and kept not in {clue.kind for clue in found}:
        candidates = "; ".join(f"{clue.kind.value} ({', '.join(clue.evidence[:4])})" for clue in found)
        raise UsageError(
            words("digital.which-tool", file=file.path.name, candidates=candidates),
            remedy=words("digital.which-tool-remedy"),
        )
    clue = next((one for one in found if one.kind is kept), found[0])
    return _importer(clue.kind), clue, Basis.KEPT if kept is clue.kind else Basis.PROVEN


def _importer(kind: Kind) -> Importer:
    return next(one for one in IMPORTERS if one.kind is kind)


def _refused(slug: str, name: str, **params: object) -> InputError:
    return InputError(words(f"digital.{slug}", file=name, **params), remedy=words(f"digital.{slug}-remedy"), slug=slug)
