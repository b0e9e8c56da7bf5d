"""Mappings of files that no survey tool wrote: drafted for a person to correct, and checked."""

from dataclasses import dataclass
from pathlib import Path

from scanform.errors import UsageError, words
from scanform.formats.responses.mapping_file import OPEN, draft
from scanform.formats.responses.source_file import open_file
from scanform.formats.responses.tools.mapped import MappedFile
from scanform.i18n.texts import text
from scanform.model.questionnaire import Questionnaire
from scanform.whole_files import atomic_file
from scanform.workflow.project.project import Project

_WHYS = ("code", "text", "box", "name", "option", "none", "missing")
_EXAMPLE = '{"Ja": yes, "Nein": no}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A mapping that was written: its file, the number of columns, and how many are open."""

    path: Path
    columns: int
    open: int


def draft_mapping(
    project: Project, path: Path, *, out: Path | None = None, questionnaire: str | None = None
) -> Drafted:
    """Draft the mapping of `path`; raises UsageError where the questionnaire is not clear, or where the mapping exists."""
    chosen = _questionnaire(project, path, questionnaire)
    out = out or path.with_name(f"{path.stem}-map.yaml")
    if out.exists():
        raise UsageError(words("mapping.exists", file=out.name), remedy=words("mapping.exists-remedy"))
    table = open_file(path).table
    named = {"file": path.name, "mapping": out.name, "example": _EXAMPLE}
    head = [text(f"mapping.head-{number}", project.language, **named) for number in (1, 2, 3, 4)]
    whys = {key: text(f"mapping.why-{key}", project.language) for key in _WHYS}
    content = draft(table, chosen, whys, head)
    with atomic_file(out) as file:
        file.write(content.encode())
    return Drafted(path=out, columns=len(table.header), open=content.count(f'    is: "{OPEN}"'))


def check_mapping(project: Project, path: Path, mapping: Path, *, questionnaire: str | None = None) -> None:
    """Raise InputError that names each mistake of a mapping with its line."""
    MappedFile(mapping).understand(open_file(path), _questionnaire(project, path, questionnaire))


def _questionnaire(project: Project, path: Path, code: str | None) -> Questionnaire:
    codes = ", ".join(sorted(project.questionnaires))
    if code is None and len(project.questionnaires) == 1:
        return next(iter(project.questionnaires.values()))
    if code is None:
        raise UsageError(
            words("digital.which-questionnaire", file=path.name, codes=codes),
            remedy=words("digital.which-questionnaire-remedy"),
        )
    if code not in project.questionnaires:
        raise UsageError(
            words("digital.unknown-questionnaire", code=code),
            remedy=words("digital.unknown-questionnaire-remedy", codes=codes),
        )
    return project.questionnaires[code]
