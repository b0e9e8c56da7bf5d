"""An edition is what was printed once under one digest: its layout, questionnaire and blank pages, and the readers of
its writing. Loaded once per process.

Editions come from an `EditionSource`: the folder of a project here, any storage elsewhere. A worker gets it with each
job, so that a job stays small: references, no arrays.
"""

import json
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from scanform.formats.layout_json import load_layout
from scanform.formats.questionnaires.read_yaml import load_questionnaire
from scanform.imaging.page_image import BLANK_DPI, BlankPage
from scanform.model.layout import Layout, PageLayout
from scanform.model.questionnaire import Questionnaire, RecipientField, TextForm
from scanform.recognize import reader
from scanform.recognize.ink.sampling_plan import PreparedPage
from scanform.recognize.writing.readers import Printed, Readers
from scanform.recognize.writing.writing import ReadingContext
from scanform.register.prepare import BoxCheck, prepare_page
from scanform.workflow.printing.recipient_texts import RecipientTexts, load_texts
from scanform.workflow.project.folders import LAYOUTS, QUESTIONNAIRES, RECIPIENTS, SNAPSHOT
from scanform.workflow.reading.project_readers import head_paths, readers_of

LAYOUT = "layout.json"

WEAK = "weak.json"
"""Beside layout.json of a form known from filled scans only: ids of the zones with uncertain print."""

KEPT_PAGES = 64
"""Prepared pages cached per source: 16 editions of four pages, some 2 MB each."""

KEPT_CHECKS = 256
"""Landmarks of pages cached per source, some 1 MB each for large pages: a page without a code is compared with every
page of imported forms.
"""

KEPT_SOURCES = 4
"""Sources cached per process: a worker of a cluster may read for several projects in turn."""


class EditionSource(Hashable, Protocol):
    """The source of a project's editions. Small, picklable and hashable; equal to every other one with the same
    content.

    All methods take the digest of an edition or its layout, and raise OSError where a required file is missing.
    """

    def layout(self, digest: str) -> Layout:
        """The layout of an edition; a digest always has the same layout."""
        ...

    def blank(self, digest: str, page: PageLayout) -> BlankPage:
        """The image of a blank page; it never changes."""
        ...

    def questionnaire(self, layout: Layout) -> Questionnaire | None:
        """The questionnaire it was printed from, or that describes it; None when neither is known."""
        ...

    def weak_zones(self, digest: str) -> frozenset[str]:
        """Ids of the zones whose print is uncertain in blank pages estimated from filled scans."""
        ...

    def recipients(self, digest: str) -> RecipientTexts | None:
        """The recipient texts on its forms; None when that was never written."""
        ...

    def readers(self) -> Readers:
        """The readers of writing in this project."""
        ...

    def state(self, layout: Layout) -> Hashable:
        """A value that changes whenever questionnaire, weak zones, recipients or readers may have changed. Queried for
        every page, so it must be cheap.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderSource:
    """The editions of the project in `folder`, from its plain files."""

    folder: str

    def layout(self, digest: str) -> Layout:
        """From layout.json."""
        return load_layout((self._of(digest) / LAYOUT).read_text(encoding="utf-8"))

    def blank(self, digest: str, page: PageLayout) -> BlankPage:
        """From the image beside it; raises FileNotFoundError when there is none that can be decoded."""
        path = self._of(digest) / page.blank
        gray = cv2.imdecode(np.frombuffer(path.read_bytes(), dtype=np.uint8), cv2.IMREAD_GRAYSCALE)
        if gray is None:
            raise FileNotFoundError(str(path))
        per_mm = (
            BLANK_DPI / 25.4
        )  # not from the size of the image: poppler rounds that up and draws at exactly this scale
        return BlankPage(gray=gray.astype("uint8", copy=False), px_per_mm_x=per_mm, px_per_mm_y=per_mm)

    def questionnaire(self, layout: Layout) -> Questionnaire | None:
        """The one kept with the layout, otherwise today's of the same version; raises TemplateError for an
        invalid one.
        """
        for path in self._questionnaires(layout):
            if path.exists():
                questionnaire = load_questionnaire(path)
                if (questionnaire.code, questionnaire.version) == (layout.questionnaire, layout.version):
                    return questionnaire
        return None

    def weak_zones(self, digest: str) -> frozenset[str]:
        """From weak.json; none without it."""
        path = self._of(digest) / WEAK
        return frozenset(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else frozenset()

    def recipients(self, digest: str) -> RecipientTexts | None:
        """From recipients.json."""
        path = self._of(digest) / RECIPIENTS
        return load_texts(path.read_text(encoding="utf-8")) if path.exists() else None

    def readers(self) -> Readers:
        """The best installed ones, with the heads of the project."""
        return readers_of(Path(self.folder))

    def state(self, layout: Layout) -> Hashable:
        """Modification time and size of each file, None for a missing one."""
        own = self._of(layout.digest)
        return tuple(
            _stamp(path)
            for path in (*self._questionnaires(layout), own / WEAK, own / RECIPIENTS, *head_paths(Path(self.folder)))
        )

    def _of(self, digest: str) -> Path:
        return Path(self.folder) / LAYOUTS / digest

    def _questionnaires(self, layout: Layout) -> tuple[Path, Path]:
        return self._of(layout.digest) / SNAPSHOT, Path(self.folder) / QUESTIONNAIRES / f"{layout.questionnaire}.yaml"


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edition:
    """Everything known of an edition before a scan of it arrives.

    `lists`: the texts that a question lists; `text_forms`: questions that ask for a phone number or an e-mail address;
    `printed`: for questions about texts printed on the form, the field in `recipients`, and the set of texts to choose
    from.
    """

    layout: Layout
    questionnaire: Questionnaire | None
    weak: frozenset[str]
    recipients: RecipientTexts | None
    readers: Readers
    memory: "PageMemory" = field(repr=False)
    lists: Mapping[str, tuple[str, ...]]
    text_forms: Mapping[str, TextForm]
    printed: Mapping[str, tuple[RecipientField, tuple[str, ...]]]

    def page(self, number: int) -> PageLayout:
        """The layout of a page, from 1."""
        return self.layout.page(number)

    def check(self, number: int) -> BoxCheck:
        """The landmarks of a page: all that is needed to test whether a scan shows it."""
        return self.memory.check(self.layout.digest, number)

    def prepared(self, number: int) -> PreparedPage:
        """Expected print of a page and where to sample it."""
        return self.memory.prepared(self, number)

    def context(self, instance: str) -> ReadingContext:
        """The readers for the form `instance`, and its own printed texts."""
        return ReadingContext(readers=self.readers, printed=self._printed_on(instance), forms=self.text_forms)

    def _printed_on(self, instance: str) -> dict[str, Printed]:
        own = self.recipients.forms.get(instance, {}) if self.recipients else {}
        return {code: Printed(own=own.get(name, ""), among=among) for code, (name, among) in self.printed.items()}


def _edition(source: EditionSource, layout: Layout, memory: "PageMemory") -> Edition:
    """All of an edition except its pages, which are loaded on demand."""
    questionnaire = source.questionnaire(layout)
    questions = tuple(questionnaire.questions()) if questionnaire else ()
    lists = {question.code: question.values for question in questions if question.values}
    asked = {question.code: question.recipient for question in questions if question.recipient}
    recipients = source.recipients(layout.digest) if asked else None
    every = recipients.every if recipients else {}
    among = {
        code: (name, tuple(dict.fromkeys((*lists.get(code, ()), *every.get(name, ()))))) for code, name in asked.items()
    }
    return Edition(
        layout=layout,
        questionnaire=questionnaire,
        weak=source.weak_zones(layout.digest),
        recipients=recipients,
        readers=source.readers(),
        memory=memory,
        lists=lists,
        text_forms={question.code: question.form for question in questions if question.form},
        printed=among if recipients else {},
    )


class PageMemory:
    """The prepared pages of a source, as many as fit into memory."""

    def __init__(self, source: EditionSource) -> None:
        self._source = source
        self.layout = lru_cache(maxsize=None)(source.layout)
        self.check = lru_cache(maxsize=KEPT_CHECKS)(self._check)
        self.prepared = lru_cache(maxsize=KEPT_PAGES)(self._prepared)

    def _check(self, digest: str, number: int) -> BoxCheck:
        page = self.layout(digest).page(number)
        return prepare_page(page, self._source.blank(digest, page))

    def _prepared(self, edition: Edition, number: int) -> PreparedPage:
        page = edition.page(number)
        blank = self._source.blank(edition.layout.digest, page)
        return reader.prepare_page(page, blank, filled=edition.layout.filled, lists=edition.lists)


class Editions:
    """The editions of one source: loaded when a page first needs them, and again when their files have changed."""

    def __init__(self, source: EditionSource) -> None:
        self._source = source
        self._memory = PageMemory(source)
        self._known: dict[str, tuple[Hashable, Edition]] = {}

    def layouts(self, digests: Iterable[str]) -> dict[str, Layout]:
        """The layouts of these editions, in this order."""
        return {digest: self.layout(digest) for digest in digests}

    def layout(self, digest: str) -> Layout:
        """The layout of an edition."""
        return self._memory.layout(digest)

    def check(self, digest: str, number: int) -> BoxCheck:
        """The landmarks of a page, without loading more of its edition."""
        return self._memory.check(digest, number)

    def edition(self, digest: str) -> Edition:
        """The edition as it is now."""
        layout = self.layout(digest)
        state = self._source.state(layout)  # before loading: a change in the meantime causes a reload for the next page
        if digest not in self._known or self._known[digest][0] != state:
            self._known[digest] = state, _edition(self._source, layout, self._memory)
        return self._known[digest][1]


@lru_cache(maxsize=KEPT_SOURCES)
def editions_of(source: EditionSource) -> Editions:
    """The editions of a source, shared by all pages that this process reads."""
    return Editions(source)
