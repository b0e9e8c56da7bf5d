"""The project folder: settings, questionnaires, printed layouts, database, archive of originals."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from scanform import config as configs
from scanform.config import Config
from scanform.errors import StoreError, TemplateError, UsageError, listed, words
from scanform.formats.layout_json import load_layout
from scanform.formats.questionnaires.read_yaml import load_new_questionnaire, load_questionnaire, self_contained
from scanform.i18n.texts import DEFAULT_LANGUAGE
from scanform.model.layout import Layout
from scanform.model.page import PageRef
from scanform.model.questionnaire import Questionnaire
from scanform.store.store import Store
from scanform.whole_files import write_text
from scanform.workflow.project.database_identity import open_store
from scanform.workflow.project.folders import ARCHIVE, DATABASE, LAYOUTS, QUESTIONNAIRES, SNAPSHOT
from scanform.workflow.project.misfits import misfits
from scanform.workflow.project.shipped import template_path


class Project:
    """An open project. Questionnaires are read when it opens; layouts on demand, as printing adds some."""

    def __init__(
        self, folder: Path, config: Config, store: Store, questionnaires: Mapping[str, Questionnaire], language: str
    ) -> None:
        self.folder = folder
        self.config = config
        self.store = store
        self.questionnaires = questionnaires
        self.language = language
        self._layouts: dict[str, Layout] = {}
        self._printed: dict[str, Questionnaire] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.store.close()

    @property
    def archive(self) -> Path:
        """The folder with copies of the originals."""
        return self.folder / ARCHIVE

    @property
    def layouts_folder(self) -> Path:
        """The folder of printed layouts, one subfolder per digest."""
        return self.folder / LAYOUTS

    @property
    def layouts(self) -> Mapping[str, Layout]:
        """All printed layouts by digest."""
        for path in sorted(self.layouts_folder.glob("*/layout.json")):
            digest = path.parent.name
            if digest not in self._layouts and not digest.startswith("."):
                self._layouts[digest] = load_layout(path.read_text(encoding="utf-8"))
        return self._layouts

    def questionnaire_of(self, layout: Layout) -> Questionnaire:
        """The edition of the questionnaire that `layout` was printed from: the one kept with the layout; when it is
        lost, today's of the same version.

        An imported form was not printed from a questionnaire: people keep editing its description, so today's counts,
        as long as it fits the form.
        """
        if layout.digest not in self._printed:
            kept = self.layouts_folder / layout.digest / SNAPSHOT
            today = self.questionnaires.get(layout.questionnaire)
            if layout.imported and today is not None and today.version == layout.version:
                refuse_misfits(self, today, layout)
                self._printed[layout.digest] = today
                return today
            lost = today is not None and today.version == layout.version and not kept.exists()
            self._printed[layout.digest] = today if today is not None and lost else load_questionnaire(kept)
        return self._printed[layout.digest]

    def original(self, ref: PageRef) -> PageRef:
        """`ref` with the path of the archived copy, which stays when the submitted file is moved or deleted."""
        found = sorted((self.archive / ref.sha256[:2]).glob(f"{ref.sha256}*"))
        return replace(ref, path=str(found[0])) if found else ref


def open_project(folder: Path, *, language: str | None = None, edited: bool = False) -> Project:
    """The project in `folder`; raises StoreError when there is none, TemplateError when one of its questionnaires is
    invalid.

    Raises UsageError when a questionnaire was edited after forms of its version had been printed, unless `edited` ones
    are to be replaced.
    """
    config = configs.load_config(folder)
    language = language or config.language
    questionnaires = [load_questionnaire(path) for path in sorted((folder / QUESTIONNAIRES).glob("*.yaml"))]
    store = open_store(folder, config.database or folder / DATABASE)
    project = Project(folder, config, store, {found.code: found for found in questionnaires}, language)
    if not edited:
        try:
            _refuse_edited(project)
        except BaseException:
            project.close()
            raise
    return project


def init_project(
    folder: Path,
    *,
    template: str | None = None,
    questionnaire: Path | None = None,
    empty: bool = False,
    language: str | None = None,
    database: str = "",
    name: str = "",
    web_address: str = "",
    reply_by: str = "",
) -> Project:
    """Make a project from a template that ships with scanform, from one's own questionnaire, or `empty` for imported
    forms only. Raises UsageError, before anything is written, for settings that survey.toml would not take.
    """
    language = language or DEFAULT_LANGUAGE
    if sum((template is not None, questionnaire is not None, empty)) != 1:
        raise UsageError(words("project.one_source"), remedy=words("project.one_source_remedy"))
    source = questionnaire or (template_path(template) if template is not None else None)
    first = load_new_questionnaire(source) if source else None
    config = Config(
        name=name or (first.code if first else folder.resolve().name),
        language=language,
        database=database,
        reply_by=reply_by,
        web_form=configs.WebFormConfig(address=web_address),
    )
    if not configs.is_day(reply_by):
        raise UsageError(words("project.bad_day", day=reply_by), remedy=words("project.bad_day_remedy"))
    try:
        _make_folder(folder)
        if source is not None and first is not None:
            _keep_questionnaire(folder, source, first)
        write_text(folder / configs.FILE_NAME, configs.dump_config(config))
    except OSError as error:
        raise StoreError(
            words("project.cannot_write", folder=str(folder), cause=error), remedy=words("project.cannot_write_remedy")
        ) from error
    return open_project(folder, language=language)


def add_questionnaire(project: Project, source: Path) -> Project:
    """Add a questionnaire to a project, or replace the one with its code; returns the project reopened.

    Raises UsageError when it differs from forms that are printed under its version. Codes in use stay allowed.
    """
    before = project.questionnaires.get(load_questionnaire(source).code)
    questionnaire = load_new_questionnaire(source, known=before)
    refuse_changed(project, questionnaire)
    _keep_questionnaire(project.folder, source, questionnaire)
    project.close()
    return open_project(project.folder, language=project.language)


def refuse_changed(project: Project, questionnaire: Questionnaire) -> None:
    """Raise UsageError when forms of this version with other questions are printed: what is on paper keeps
    its meaning.
    """
    for layout in project.layouts.values():
        same_version = (layout.questionnaire, layout.version) == (questionnaire.code, questionnaire.version)
        if same_version and layout.imported:
            refuse_misfits(project, questionnaire, layout)
        elif same_version and project.questionnaire_of(layout) != questionnaire:
            raise UsageError(
                words("project.version_printed", code=questionnaire.code, version=questionnaire.version),
                remedy=words("project.version_printed_remedy", code=questionnaire.code, version=questionnaire.version),
            )


def _refuse_edited(project: Project) -> None:
    """Raise UsageError when a questionnaire of printed forms is missing, or differs from the one kept with forms of its
    version: answers would have no place, or another meaning.
    """
    today = {path.read_text(encoding="utf-8") for path in (project.folder / QUESTIONNAIRES).glob("*.yaml")}
    kept = [
        path
        for path in sorted(project.layouts_folder.glob(f"[!.]*/{SNAPSHOT}"))
        if path.read_text(encoding="utf-8") not in today
    ]
    for code, path in {load_questionnaire(path).code: path for path in kept}.items():
        if code not in project.questionnaires:
            named = {"code": code, "kept": path.relative_to(project.folder), "wanted": f"{QUESTIONNAIRES}/{code}.yaml"}
            raise UsageError(
                words("project.questionnaire_gone", **named), remedy=words("project.questionnaire_gone_remedy", **named)
            )
        refuse_changed(project, project.questionnaires[code])


def refuse_misfits(project: Project, questionnaire: Questionnaire, layout: Layout) -> None:
    """Raise TemplateError that lists the zones of an imported form missing from the questionnaire: their answers would
    be lost.
    """
    found = misfits(questionnaire, layout)
    if found:
        head = words("imported.misfits", code=questionnaire.code, version=questionnaire.version)
        raise TemplateError(listed(head, found, indented=True), remedy=words("imported.misfits_remedy"), slug="misfits")


def _make_folder(folder: Path) -> None:
    if (folder / configs.FILE_NAME).exists():
        raise StoreError(
            words("project.exists", folder=str(folder)), remedy=words("project.exists_remedy"), slug="project-exists"
        )
    for name in (QUESTIONNAIRES, LAYOUTS, ARCHIVE):
        (folder / name).mkdir(parents=True, exist_ok=True)


def _keep_questionnaire(folder: Path, source: Path, questionnaire: Questionnaire) -> None:
    write_text(folder / QUESTIONNAIRES / f"{questionnaire.code}.yaml", self_contained(source))
