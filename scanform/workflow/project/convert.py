"""Questionnaires into and out of the files of survey tools (docs/survey-tools.md)."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.formats.questionnaires.dump_yaml import dump_yaml
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire, load_questionnaire
from scanform.formats.survey_tools.limesurvey_lss import from_lss, to_lss
from scanform.formats.survey_tools.limesurvey_read import from_survey
from scanform.formats.survey_tools.limesurvey_tsv import from_tsv, to_tsv
from scanform.formats.survey_tools.limesurvey_write import to_survey
from scanform.formats.survey_tools.remarks import Remark, Remarks, no_survey
from scanform.formats.survey_tools.xlsform import from_xlsx, to_xlsx
from scanform.formats.survey_tools.xlsform_read import from_form
from scanform.formats.survey_tools.xlsform_write import to_form
from scanform.i18n.texts import in_words, text
from scanform.model.questionnaire import Matrix, Question, Questionnaire
from scanform.whole_files import atomic_file

MAX_BYTES = 32 * 1024 * 1024
"""Of a file to be read; real surveys have at most some hundred kilobytes."""


class Kind(StrEnum):
    """The kinds of files that hold a questionnaire."""

    YAML = "yaml"
    LIMESURVEY_TSV = "limesurvey-tsv"
    LIMESURVEY_LSS = "limesurvey-lss"
    XLSFORM = "xlsform"


_SUFFIXES = {
    ".yaml": Kind.YAML,
    ".yml": Kind.YAML,
    ".txt": Kind.LIMESURVEY_TSV,
    ".tsv": Kind.LIMESURVEY_TSV,
    ".lss": Kind.LIMESURVEY_LSS,
    ".lsg": Kind.LIMESURVEY_LSS,
    ".lsq": Kind.LIMESURVEY_LSS,
    ".xlsx": Kind.XLSFORM,
}
_WRITABLE = {".yaml", ".yml", ".txt", ".tsv", ".lss", ".xlsx"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What was read as what and written as what; `remarks` are the losses, in the order of the source."""

    out: Path
    source: Kind
    target: Kind
    questions: int
    languages: tuple[str, ...]
    remarks: tuple[Remark, ...]


def convert(source: Path, out: Path, *, to: Kind | None = None, language: str = "de") -> Converted:
    """Write the questionnaire in `source` to `out`; what the other side cannot say is in the result, and in a
    questionnaire of ours beside each question (comments in `language`).

    Raises InputError for a file that cannot be read, TemplateError for a questionnaire of ours with mistakes, and
    UsageError if the names do not say what the files are.
    """
    kind, target = _kind_of(source), _target(out, to)
    if out.exists() and out.resolve() == source.resolve():
        raise UsageError(words("convert.same_file"), remedy=words("convert.same_file_remedy"))
    questionnaire, read = _read(source, kind)
    if not any(True for _ in questionnaire.questions()):
        raise no_survey("no_questions", source.name)
    content, written = _WRITERS[target](questionnaire, _comments(questionnaire, read, source, kind, language))
    with atomic_file(out) as file:
        file.write(content)
    return Converted(
        out=out,
        source=kind,
        target=target,
        questions=sum(1 for _ in questionnaire.questions()),
        languages=questionnaire.languages,
        remarks=(*read.found, *written.found),
    )


def _kind_of(path: Path) -> Kind:
    """The kind of the source, by its ending."""
    suffix = path.suffix.lower()
    if suffix == ".xls":
        raise no_survey("old_excel", path.name)
    if suffix not in _SUFFIXES:
        raise _unknown(path)
    return _SUFFIXES[suffix]


def _unknown(path: Path) -> UsageError:
    known = ", ".join(sorted(_SUFFIXES))
    return UsageError(
        words("convert.unknown_kind", suffix=path.suffix or path.name),
        remedy=words("convert.unknown_kind_remedy", known=known),
    )


def _target(path: Path, to: Kind | None) -> Kind:
    """The kind of the target: its ending says it, or `to`, which must not contradict a known ending."""
    suffix = path.suffix.lower()
    by_suffix = _SUFFIXES.get(suffix) if suffix in _WRITABLE else None
    if by_suffix is None and to is None:
        raise _unknown(path)
    if by_suffix is not None and to is not None and by_suffix is not to:
        raise UsageError(
            words("convert.ambiguous_target", suffix=suffix, to=to.value),
            remedy=words("convert.unknown_kind_remedy", known=", ".join(sorted(_WRITABLE))),
        )
    return to or by_suffix or Kind.YAML


def _read(path: Path, kind: Kind) -> tuple[Questionnaire, Remarks]:
    if kind is Kind.YAML:
        return load_questionnaire(path), Remarks()
    try:
        if path.stat().st_size > MAX_BYTES:
            raise no_survey("too_big", path.name, limit=f"{MAX_BYTES // 1024 // 1024} MB")
        content = path.read_bytes()
    except OSError as error:
        raise no_survey("not_there", path.name, cause=error) from error
    if kind is Kind.XLSFORM:
        return from_form(from_xlsx(content, path.name), code=path.stem)
    survey = (from_tsv if kind is Kind.LIMESURVEY_TSV else from_lss)(content, path.name)
    return from_survey(survey, code=path.stem)


# --- writing ---------------------------------------------------------------------------------------------------------

_Comments = Mapping[str, list[str]]


def _comments(
    questionnaire: Questionnaire, remarks: Remarks, source: Path, kind: Kind, language: str
) -> dict[str, list[str]]:
    """The losses as comments: beside the question whose code ours still is, the rest at the top."""
    if kind is Kind.YAML:
        return {}
    head = words("convert.comment_head", file=source.name, source=words(f"convert.kind.{kind.value}"))
    found: dict[str, list[str]] = {"": [in_words(head, language)]}
    places = _places(questionnaire)
    for remark in remarks.found:
        at = next((places[name] for name in _names(remark) if name in places), "")
        what = remark.said() if at else remark.told()
        found.setdefault(at, []).append(text("convert.lost_here", language, what=what))
    return found


def _names(remark: Remark) -> list[str]:
    """What the question of a remark may be called here."""
    new = [value for name, value in remark.params if name == "new" and remark.slug == "code"]
    parts = [part.strip() for part in remark.place.element.split("/")]
    return [*new, *(shape for part in parts for shape in (part, part.lower(), part.lower().replace("_", "")))]


def _places(questionnaire: Questionnaire) -> dict[str, str]:
    """The item of each code: itself, or the matrix of a row."""
    found: dict[str, str] = {}
    for section in questionnaire.sections:
        for item in section.items:
            if isinstance(item, Matrix):
                found |= {row.code: item.code for row in item.rows}
            if isinstance(item, Matrix | Question):
                found[item.code] = item.code
    return found


def _yaml(questionnaire: Questionnaire, comments: _Comments) -> tuple[bytes, Remarks]:
    """Our own file; it is read back once, so that nobody is handed one that `scanform init` refuses."""
    content = dump_yaml(questionnaire, comments=comments).encode("utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{questionnaire.code}.yaml"
        path.write_bytes(content)
        assert load_new_questionnaire(path, known=questionnaire) == questionnaire
    return content, Remarks()


def _tsv(questionnaire: Questionnaire, _: _Comments) -> tuple[bytes, Remarks]:
    survey, remarks = to_survey(questionnaire)
    return to_tsv(survey), remarks


def _lss(questionnaire: Questionnaire, _: _Comments) -> tuple[bytes, Remarks]:
    survey, remarks = to_survey(questionnaire)
    return to_lss(survey), remarks


def _xlsx(questionnaire: Questionnaire, _: _Comments) -> tuple[bytes, Remarks]:
    form, remarks = to_form(questionnaire)
    return to_xlsx(form), remarks


_WRITERS: dict[Kind, Callable[[Questionnaire, _Comments], tuple[bytes, Remarks]]] = {
    Kind.YAML: _yaml,
    Kind.LIMESURVEY_TSV: _tsv,
    Kind.LIMESURVEY_LSS: _lss,
    Kind.XLSFORM: _xlsx,
}
