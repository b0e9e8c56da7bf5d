"""The interface for programs: a project opened from Python, with a method for each thing that its daily work needs.

`import scanform` offers what is defined here (docs/python.md). The modules behind it may change from version to
version.
"""

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import tzinfo
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self

from scanform.errors import UsageError, words
from scanform.workflow.project import project as projects

if TYPE_CHECKING:
    from scanform.dataset.frames import DataFrame
    from scanform.model.questionnaire import Questionnaire
    from scanform.model.reading import PageReading
    from scanform.model.response import Response
    from scanform.workflow.dataset.export import HandOver
    from scanform.workflow.dataset.import_digital import ImportSummary
    from scanform.workflow.dataset.merge_responses import MergeSummary
    from scanform.workflow.insight.one_page import PageRead
    from scanform.workflow.intake.read_batch import BatchSummary
    from scanform.workflow.printing.place_list import ListedPlace
    from scanform.workflow.printing.print_forms import Printed
    from scanform.workflow.printing.recipients import Recipient
    from scanform.workflow.reading.executors import Workers

StrPath = str | os.PathLike[str]


class Project:
    """An open project, from `init_project` or `open_project`; `with` closes it. One thread uses it at a time.

    Failures are raised as one of `scanform.errors`; bad paper never is: it is a problem in the result.
    """

    def __init__(self, opened: projects.Project) -> None:
        self._project = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database; nothing is lost without it, as each act is on disk when it returns."""
        self._project.close()

    @property
    def folder(self) -> Path:
        """The project's folder."""
        return self._project.folder

    @property
    def language(self) -> str:
        """The language of messages and, where the questionnaire has it, of print: "de" or "en"."""
        return self._project.language

    @property
    def time_zone(self) -> tzinfo:
        """The zone in which times are shown to people, from the project's settings."""
        from scanform.workflow.project.time_zone import readers_zone

        return readers_zone(self._project.config)

    @property
    def questionnaires(self) -> "Mapping[str, Questionnaire]":
        """The questionnaires by code, in their present state."""
        return self._project.questionnaires

    def add_questionnaire(self, file: StrPath) -> None:
        """Add a questionnaire (YAML), or replace the one with its code; raises TemplateError, UsageError."""
        self._project = projects.add_questionnaire(self._project, Path(file))

    def print_forms(
        self,
        out: StrPath,
        *,
        copies: int | None = None,
        recipients: "StrPath | Iterable[Recipient] | None" = None,
        reissue: str | None = None,
        questionnaire: str | None = None,
        variant: str | None = None,
        language: str | None = None,
        seed: int | None = None,
        sides: Literal["one", "two"] = "two",
        register: Literal["all", "new", "outstanding"] | None = None,
    ) -> "Printed":
        """Write the PDF `out`, and beside it `<out>.copies.json`: the list of printed copies and their pages.

        Forms are for `copies` people without a token, or for `recipients` (a CSV file with token, name and address, or
        the recipients themselves), or once more for one token (`reissue`), or for places of the `register` ("all" that
        can be reached, "new" ones to which nothing was sent, "outstanding" ones that have not answered): exactly one
        of the four. Recipients are kept in the register. `variant` is the edition (None: standard). The same `seed`
        draws the same identities in a fresh project. Raises UsageError, and InputError that names all recipients who
        cannot be printed as they are; nothing was printed then.
        """
        from dataclasses import replace

        from scanform.workflow.printing import print_forms as printing

        ways = sum(given is not None for given in (copies, recipients, reissue, register))
        if ways != 1 or (copies is not None and copies < 1):
            raise UsageError(words("print.one_way"), remedy=words("print.one_way_remedy"))
        left_out: tuple[str, ...] = ()
        if reissue is not None:
            order = printing.reissue_order(self._project, reissue, variant=variant, language=language, seed=seed)
        else:
            people, left_out = self._people(copies, recipients, register)
            order = printing.PrintOrder(
                recipients=people,
                questionnaire=questionnaire,
                variant=variant or "standard",
                language=language,
                seed=seed,
                listed=_listed(recipients),
            )
        printed = printing.print_forms(self._project, replace(order, sides=printing.Sides(sides)), Path(out))
        return replace(printed, left_out=left_out)

    def _people(
        self,
        copies: int | None,
        recipients: "StrPath | Iterable[Recipient] | None",
        register: str | None,
    ) -> "tuple[tuple[Recipient | None, ...], tuple[str, ...]]":
        """The recipients of forms, and the columns of their list that are not printed."""
        from scanform.workflow.printing.dispositions import Whom, recipients_of
        from scanform.workflow.printing.print_forms import printed_tokens
        from scanform.workflow.printing.recipients import read_list

        if register is not None:
            return recipients_of(self._project, Whom(register)), ()
        if recipients is None:
            return (None,) * (copies or 0), ()
        if isinstance(recipients, str | os.PathLike):
            found = read_list(Path(recipients), printed=printed_tokens(self._project))
            return found.recipients, found.left_out
        return tuple(recipients), ()

    def read_batch(
        self,
        paths: StrPath | Iterable[StrPath],
        *,
        jobs: int | None = None,
        serial: bool = False,
        scheduler: str | None = None,
        retry: bool = False,
        progress: bool = False,
    ) -> "BatchSummary":
        """Read scans: files and folders of PDF, TIFF, JPEG and PNG. Repeating it continues, and changes nothing twice.

        Pages are read in `jobs` processes (0: one per core, None: as the project's settings say), in this process
        without time limits if `serial`, or on the dask cluster at `scheduler`. `retry` rereads pages that could not be
        read; `progress` shows a bar on a terminal. Raises InputError for paths that do not exist, and UsageError in a
        script without a main guard: each process would run it from its beginning.
        """
        from scanform.workflow.intake.read_batch import read_batch
        from scanform.workflow.project.progress import no_progress, terminal_progress

        files = [paths] if isinstance(paths, str | os.PathLike) else paths
        return read_batch(
            self._project,
            [Path(path) for path in files],
            self._workers(jobs, serial=serial, scheduler=scheduler),
            progress=terminal_progress if progress else no_progress,
            retry=retry,
        )

    def _workers(self, jobs: int | None, *, serial: bool, scheduler: str | None) -> "Workers":
        from scanform.workflow.project.moments import limits_of
        from scanform.workflow.reading import executors

        if scheduler is not None:
            return executors.dask(scheduler)
        if serial:
            return executors.serial()
        _refuse_unguarded_script()
        count = self._project.config.reading.jobs if jobs is None else jobs
        return executors.processes(count, limits_of(self._project))

    def read_page(self, file: StrPath, page: int = 1, *, sheet: int | None = None) -> "PageRead":
        """Read one page (from 1) of a file by itself, in this process; nothing is recorded.

        `sheet` (from 1) selects a sheet where the image shows several; the default is the first. Raises InputError for
        a file that cannot be opened, and for a missing page or sheet.
        """
        from scanform.workflow.insight.one_page import read_one_page

        return read_one_page(self._project, Path(file), page=page, sheet=sheet)

    def readings(self) -> "Iterator[PageReading]":
        """The reading of each page that counts, in order of receipt; values as the machine read them.

        Only a few readings are in memory at a time. Later decisions of people are in `responses`.
        """
        from scanform.workflow.insight.iterate import each_reading

        return each_reading(self._project)

    def responses(self, questionnaire: str | None = None) -> "Iterator[Response]":
        """All responses that count, of all channels and before any merge, by id; with people's decisions.

        Only one response is in memory at a time. An answer with the status `review` still waits for a person.
        """
        from scanform.workflow.insight.iterate import each_response

        return each_response(self._project, questionnaire)

    def import_digital(
        self,
        file: StrPath,
        *,
        questionnaire: str | None = None,
        survey: str | None = None,
        tool: str | None = None,
        labels: StrPath | None = None,
        mapping: StrPath | None = None,
        read_as: Iterable[str] = (),
        dry_run: bool = False,
    ) -> "ImportSummary":
        """Import online responses as a survey tool exports them. Repeating an import changes nothing.

        `tool` says which tool wrote the file where that is not clear (limesurvey, kobo, redcap, google-forms,
        microsoft-forms, sosci, mapping), `labels` is the file that explains its codes, `mapping` that of a file which
        no tool wrote. `survey` names the source where several surveys use one questionnaire. `read_as` says how to read columns,
        "COLUMN=READING" or "READING" for all unclear ones: day-month, month-day, decimal-comma, decimal-point, codes,
        labels, repaired, as-written. With `dry_run` nothing is stored. Raises InputError for a file that is not an
        export, UsageError where questionnaire, survey or a format is not clear; nothing is stored then.
        """
        from scanform.workflow.dataset.column_formats import parsed
        from scanform.workflow.dataset.import_digital import import_digital, try_import, wanted

        run = try_import if dry_run else import_digital
        return run(
            self._project,
            Path(file),
            questionnaire=questionnaire,
            survey=survey,
            said=parsed(read_as),
            wanted=wanted(tool=tool, labels=labels, mapping=mapping),
        )

    def merge(self) -> "MergeSummary":
        """Join paper and online responses of one respondent by token; contradictions are reported, not decided."""
        from scanform.workflow.dataset.merge_responses import merge_responses

        return merge_responses(self._project)

    def undo_merge(self) -> int:
        """Undo the merge; returns how many links between responses were removed. Raises UsageError without a merge."""
        from scanform.workflow.dataset.merge_responses import undo_merge

        return undo_merge(self._project)

    def export(
        self,
        folder: StrPath,
        *,
        with_contact: bool = False,
        without_sensitive: bool = False,
        language: str | None = None,
        formats: Iterable[str] = (),
    ) -> "HandOver":
        """Write the data set into `folder`: responses, codebook, provenance and contradictions as CSV and XLSX.

        Contact data are in files of their own, with `with_contact` in readings.csv too; `without_sensitive` leaves
        questions of the class sensitive out. `formats` adds files for other programs: spss, stata, r, parquet, long,
        labelled, data-package. Raises StoreError where a file cannot be written, UsageError for an unknown format.
        """
        from scanform.workflow.dataset.export import export_dataset, formats_of

        return export_dataset(
            self._project,
            Path(folder),
            with_contact=with_contact,
            without_sensitive=without_sensitive,
            language=language,
            formats=formats_of(formats),
        )

    def export_readings(
        self,
        file: StrPath,
        *,
        without_contact: bool = False,
        without_sensitive: bool = False,
    ) -> Path:
        """Write everything read on paper as one CSV file, with people's corrections; returns its path."""
        from scanform.workflow.dataset.export import write_readings

        return write_readings(
            self._project,
            Path(file),
            without_contact=without_contact,
            without_sensitive=without_sensitive,
        )

    def data_frame(self, questionnaire: str | None = None, *, without_sensitive: bool = False) -> "DataFrame":
        """The data set of one questionnaire (None: the only one) as a pandas data frame, as in responses.csv.

        One row per record, all cells text: no type is guessed, a postcode keeps its zeros, a missing code stays a code.
        Contact data are left out. Raises UsageError when it is not clear which questionnaire is meant.
        """
        from scanform.dataset.frames import frame
        from scanform.workflow.dataset.export import dataset_table

        return frame(dataset_table(self._project, questionnaire, without_sensitive=without_sensitive))


def open_project(folder: StrPath = ".", *, language: str | None = None, edited: bool = False) -> Project:
    """Open the project in `folder`.

    `language` ("de" or "en") is that of messages, None the one of its settings. Raises StoreError when there is no
    project, TemplateError when one of its questionnaires is invalid, UsageError when one was edited after forms of its
    version had been printed, unless `edited` ones are to be replaced.
    """
    return Project(projects.open_project(Path(folder), language=language, edited=edited))


def init_project(
    folder: StrPath,
    *,
    template: str | None = None,
    questionnaire: StrPath | None = None,
    empty: bool = False,
    language: str | None = None,
    database: str = "",
    name: str = "",
    web_address: str = "",
    reply_by: str = "",
) -> Project:
    """Make a project and open it.

    It is made from a `template` that ships with scanform, from a `questionnaire` of your own (YAML), or `empty`, for
    imported forms: exactly one of the three. `database` is the URL of a PostgreSQL database, "" a SQLite file in the
    folder. `name` is that of the survey ("": that of the questionnaire), `web_address` where people can answer online,
    `reply_by` the last day for replies (2027-03-31); both are printed on the forms. Raises UsageError, TemplateError,
    and StoreError where a project already exists.
    """
    made = projects.init_project(
        Path(folder),
        template=template,
        questionnaire=None if questionnaire is None else Path(questionnaire),
        empty=empty,
        language=language,
        database=database,
        name=name,
        web_address=web_address,
        reply_by=reply_by,
    )
    return Project(made)


def shipped_questionnaires() -> "Mapping[str, str]":
    """The titles of the questionnaires that ship with scanform, by the name that `init_project` takes as template."""
    from scanform.formats.questionnaires.read_yaml import load_questionnaire
    from scanform.workflow.project.shipped import templates

    found = {path.stem: load_questionnaire(path) for path in templates()}
    return {name: one.title.get(one.languages[0]) for name, one in found.items()}


def _listed(recipients: "StrPath | Iterable[Recipient] | None") -> "Mapping[str, ListedPlace]":
    """What a list of recipients says about its places beyond name and address; nothing where there is no file."""
    from scanform.workflow.printing.place_list import listed_by_token

    return listed_by_token(Path(recipients)) if isinstance(recipients, str | os.PathLike) else {}


def _refuse_unguarded_script() -> None:
    """Raise UsageError where child processes import a script that would in turn start processes.

    They would end at once, and their pages be mistaken for pages that kill every process. A script that never names
    `__main__` has no guard; a module run with -m, a notebook and standard input are not imported again.
    """
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if getattr(main, "__spec__", None) is not None or file is None or not file.endswith(".py"):
        return
    try:
        source = Path(file).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    if "__main__" not in source:
        raise UsageError(words("api.unguarded", file=file), remedy=words("api.unguarded-remedy"))
