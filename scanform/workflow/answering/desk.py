"""Answers on the web: drafts that are never lost, and the sending, one transaction per act."""

import hmac
import logging
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from secrets import token_hex

from scanform.filters import Known
from scanform.i18n.texts import day_of
from scanform.model.questionnaire import DataClass, Question, Questionnaire
from scanform.model.response import Response
from scanform.model.web_draft import WebDraft
from scanform.renaming import renamed_columns
from scanform.store import values, web_drafts
from scanform.store.engine import Transaction
from scanform.workflow.answering.access import Access, find_access, hashed, new_personal_code
from scanform.workflow.answering.answers import lacking_of, response_of
from scanform.workflow.answering.objections import Objection, objections
from scanform.workflow.answering.pages import Page, known_of, pages_of
from scanform.workflow.answering.sending import sent_twice, take
from scanform.workflow.dataset.source_survey import web_form_survey
from scanform.workflow.people.accounts import AccountDesk
from scanform.workflow.project.project import Project
from scanform.workflow.project.time_zone import readers_zone

log = logging.getLogger(__name__)

DRAFT_ID_BYTES = 16
"""128 random bits: who knows a draft's id has its session."""

FORGET_EVERY = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A draft with its questionnaire: the pages, what was typed (under today's codes), and what that says."""

    draft: WebDraft
    questionnaire: Questionnaire
    pages: tuple[Page, ...]
    typed: Mapping[str, str]
    known: Mapping[str, Known]

    def objections(self, page: Page | None = None) -> tuple[Objection, ...]:
        """What has to be corrected on a page, or anywhere."""
        asked = page.questions if page is not None else [one for each in self.pages for one in each.questions]
        return objections(self.questionnaire, self.typed, self.known, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What has become of an access: when it was `sent` (each place once), the draft to go on with, and whether a new
    one may begin.
    """

    sent: tuple[str, ...] = ()
    draft: WebDraft | None = None
    may_begin: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A draft that was begun or found; `code` is the new personal code of somebody without an access code."""

    draft: WebDraft
    code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A draft after a saving. `conflicts` are the columns that somebody changed elsewhere meanwhile, with what is
    kept there: they are left alone.
    """

    draft: WebDraft
    conflicts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a sending came to: `sent` is the draft once it is a response, otherwise why it is none yet."""

    sent: WebDraft | None = None
    objections: tuple[Objection, ...] = ()
    changed: bool = False
    answered: str = ""


class AnsweringDesk:
    """The web form of one project. Thread-safe; `clock` gives the time (UTC)."""

    def __init__(self, project: Project, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.project = project
        self.config = project.config.web_form
        self._clock = clock
        self._forgotten_at: datetime | None = None
        self._pages = {code: pages_of(one) for code, one in project.questionnaires.items()}
        self._renames = {code: renamed_columns(one) for code, one in project.questionnaires.items()}

    def key_for(self, purpose: str) -> bytes:
        """A secret key of this project, the same after a restart."""
        return AccountDesk(self.project).key_for(f"web-form {purpose}")

    @property
    def questionnaires(self) -> Mapping[str, Questionnaire]:
        """The questionnaires that can be answered on the web."""
        return {code: one for code, one in self.project.questionnaires.items() if self._pages[code]}

    # --- who answers -------------------------------------------------------------------------------------------------

    def access(self, typed: str) -> Access | None:
        """What a typed code opens."""
        with self.project.store.reading() as tx:
            found = find_access(self.project, tx, typed)
        if found is None or found.questionnaire not in self.questionnaires:
            return None
        return None if found.draft is not None and self._is_over(found.draft) else found

    def standing(self, access: Access) -> Standing:
        """What has become of an access."""
        with self.project.store.reading() as tx:
            return self._standing(tx, access)

    def begin(self, access: Access, language: str) -> Begun | None:
        """The draft of an access: the one begun before, or a new one; None when it was answered."""
        with self.project.store.writing() as tx:
            found = self._standing(tx, access)
            if found.draft is not None:
                return Begun(draft=found.draft)
            if not found.may_begin:
                return None
            code = "" if access.token else new_personal_code()
            draft = self._new(tx, access, language, hashed(code) if code else None)
            web_drafts.add_draft(tx, draft)
            return Begun(draft=draft, code=code)

    def _standing(self, tx: Transaction, access: Access) -> Standing:
        own = [access.draft] if access.draft is not None else []
        known = own if access.token is None else web_drafts.drafts_of(tx, access.token)
        known = [one for one in known if one.questionnaire == access.questionnaire]
        counted = values.counting(tx, [one.response_id for one in known if one.sent_at and one.response_id])
        sent = tuple(one.sent_at for one in known if one.sent_at and one.response_id in counted)
        draft = next((one for one in known if one.sent_at is None and not self._is_over(one)), None)
        more = not sent or self.config.places == "several"
        return Standing(sent=sent, draft=draft, may_begin=draft is None and access.draft is None and more)

    def _new(self, tx: Transaction, access: Access, language: str, resume: str | None) -> WebDraft:
        now = self._now()
        known = web_drafts.drafts_of(tx, access.token) if access.token else []
        self._forget(tx)
        return WebDraft(
            id=token_hex(DRAFT_ID_BYTES),
            questionnaire=access.questionnaire,
            token=access.token,
            place=max((one.place for one in known), default=0) + 1,
            language=language,
            created_at=now,
            changed_at=now,
            resume=resume,
        )

    # --- drafts ------------------------------------------------------------------------------------------------------

    def draft(self, draft_id: str) -> WebDraft | None:
        """The draft, sent or not; None when there is none, or its term is over."""
        with self.project.store.reading() as tx:
            return self._known(tx, draft_id)

    def sheet(self, draft: WebDraft) -> Sheet:
        """A draft with its questionnaire."""
        questionnaire = self.project.questionnaires[draft.questionnaire]
        renames = self._renames[draft.questionnaire]
        typed = {renames.get(column, column): entry for column, entry in draft.typed.items()}
        pages = self._pages[draft.questionnaire]
        return Sheet(
            draft=draft,
            questionnaire=questionnaire,
            pages=pages,
            typed=typed,
            known=known_of(questionnaire, typed),
        )

    def sheet_of(self, questionnaire: str, typed: Mapping[str, str]) -> Sheet:
        """Values that are no longer a draft, as a sheet to be shown."""
        at = self._now()
        return self.sheet(
            WebDraft(
                id="",
                questionnaire=questionnaire,
                token=None,
                place=1,
                language="",
                created_at=at,
                changed_at=at,
                entries=typed,
            )
        )

    def save(
        self,
        draft_id: str,
        entries: Mapping[str, str],
        *,
        version: int,
        view: str,
        turn: int = 0,
        language: str = "",
        reached: int = 0,
    ) -> Saved | None:
        """Keep what was typed, valid or not, on disk when this returns; None without a draft that can be changed.

        `version` is that of the draft when the page was made, `view` the page's own name, `turn` counts its savings. What
        another page has changed since is left alone and told; a saving of the same page that arrives late changes
        nothing.
        """
        with self.project.store.writing() as tx:
            draft = self._known(tx, draft_id)
            if draft is None or draft.sent_at is not None:
                return None
            self._forget(tx)
            before = draft.typed
            cleaned = {column: clean(typed) for column, typed in entries.items()}
            differs = {
                column: entry
                for column, entry in cleaned.items()
                if before.get(column, "") != entry and not _is_late(draft, column, view, turn)
            }
            conflicts = {
                column: before.get(column, "") for column in differs if _is_newer(draft, column, version, view)
            }
            fresh = {column: entry for column, entry in differs.items() if column not in conflicts}
            changed = self._changed(
                draft, fresh, f"{view}:{turn}", language or draft.language, max(reached, draft.reached)
            )
            if changed is not draft:
                web_drafts.save_draft(tx, changed)
            return Saved(draft=changed, conflicts=conflicts)

    def _changed(self, draft: WebDraft, fresh: Mapping[str, str], view: str, language: str, reached: int) -> WebDraft:
        """The draft with new entries; the same one when nothing is new."""
        if not fresh and (language, reached) == (draft.language, draft.reached):
            return draft
        version = draft.version + bool(fresh)
        private = self._contact_columns(draft.questionnaire)
        return replace(
            draft,
            entries={**draft.entries, **{c: entry for c, entry in fresh.items() if c not in private}},
            contact={**draft.contact, **{c: entry for c, entry in fresh.items() if c in private}},
            stamps={**draft.stamps, **dict.fromkeys(fresh, (version, view))},
            language=language,
            reached=reached,
            version=version,
            changed_at=self._now(),
        )

    def _contact_columns(self, code: str) -> frozenset[str]:
        questions = self.project.questionnaires[code].questions()
        return frozenset(
            column for question in questions if question.data_class is DataClass.CONTACT for column in _all(question)
        )

    def _known(self, tx: Transaction, draft_id: str) -> WebDraft | None:
        found = web_drafts.draft(tx, draft_id)
        if found is None or found.questionnaire not in self.questionnaires or self._is_over(found):
            return None
        return found

    def _is_over(self, draft: WebDraft) -> bool:
        """Whether the term of an unsent draft is over."""
        return draft.sent_at is None and draft.changed_at < self._oldest()

    def _oldest(self) -> str:
        return (self._clock() - timedelta(days=self.config.draft_days)).isoformat(timespec="seconds")

    def forget(self) -> int:
        """Delete what was not sent within its term; returns the number of drafts."""
        with self.project.store.writing() as tx:
            self._forgotten_at = None
            return self._forget(tx)

    def _forget(self, tx: Transaction) -> int:
        """The same, at most once an hour."""
        now = self._clock()
        if self._forgotten_at is not None and now - self._forgotten_at < FORGET_EVERY:
            return 0
        self._forgotten_at = now
        count = web_drafts.delete_unsent(tx, self._oldest())
        log.info("%d drafts deleted: their term was over", count)
        return count

    # --- sending -----------------------------------------------------------------------------------------------------

    def send(self, draft_id: str, *, version: int) -> Outcome | None:
        """Make a draft a response: on disk when this returns, and the same one however often it is sent.

        `version` is that of the summary the person has seen. None without a draft.
        """
        with self.project.store.writing() as tx:
            draft = self._known(tx, draft_id)
            if draft is None:
                return None
            if draft.sent_at is not None:
                return Outcome(sent=draft)
            standing = self._standing(tx, Access(questionnaire=draft.questionnaire, token=draft.token, draft=draft))
            if draft.token and standing.sent and self.config.places == "one":
                return Outcome(answered=standing.sent[-1])
            if draft.version != version:
                return Outcome(changed=True)
            sheet = self.sheet(draft)
            wrong = sheet.objections()
            return Outcome(objections=wrong) if wrong else Outcome(sent=self._take(tx, sheet))

    def take_unsent(self) -> list[str]:
        """Make incomplete responses of the drafts of access codes that were not sent; returns their ids.

        The drafts stay: who goes on and sends makes the same response complete.
        """
        found = []
        with self.project.store.writing() as tx:
            for draft in web_drafts.unsent(tx):
                known = draft.questionnaire in self.questionnaires and not self._is_over(draft)
                if draft.token and known and any(draft.typed.values()):
                    standing = self._standing(tx, Access(questionnaire=draft.questionnaire, token=draft.token))
                    if not standing.sent or self.config.places == "several":
                        found += self._take_partly(tx, draft)
        return found

    def _take_partly(self, tx: Transaction, draft: WebDraft) -> list[str]:
        numbered = self._numbered(tx, draft)
        sheet = self.sheet(numbered)
        response = self._response(sheet, draft.changed_at, reached=draft.reached)
        kept = {one.id: one for one in values.load_responses(tx, response_id=response.id)}
        if kept.get(response.id) == response:
            return []
        self._store(tx, numbered, response, draft.changed_at, sheet.questionnaire)
        web_drafts.save_draft(tx, numbered)
        return [response.id]

    def _take(self, tx: Transaction, sheet: Sheet) -> WebDraft:
        now = self._now()
        draft = replace(self._numbered(tx, sheet.draft), reached=len(sheet.pages))
        response = self._response(replace(sheet, draft=draft), now)
        if draft.token is None:
            likeness = self._likeness(sheet.questionnaire, response)
            if likeness:
                response = sent_twice(response, web_drafts.alike(tx, draft.questionnaire, likeness))
                draft = replace(draft, likeness=likeness)
        self._store(tx, draft, response, now, sheet.questionnaire)
        sent = replace(draft, entries={}, contact={}, stamps={}, sent_at=now, changed_at=now)
        web_drafts.save_draft(tx, sent)
        return sent

    def _numbered(self, tx: Transaction, draft: WebDraft) -> WebDraft:
        if draft.number is not None:
            return draft
        number = web_drafts.next_number(tx, draft.questionnaire)
        prefix = web_form_survey(tx, draft.questionnaire).prefix
        return replace(draft, number=number, response_id=f"{prefix}{number}")

    @staticmethod
    def _response(sheet: Sheet, at: str, *, reached: int | None = None) -> Response:
        draft = sheet.draft
        return response_of(
            sheet.questionnaire,
            sheet.typed,
            response_id=draft.response_id or "",
            token=draft.token,
            at=at,
            reached=reached,
        )

    def _store(
        self, tx: Transaction, draft: WebDraft, response: Response, at: str, questionnaire: Questionnaire
    ) -> None:
        day = day_of(self._now(), readers_zone(self.project.config))
        take(self.project, tx, draft, response, day=day, at=at, lacking=lacking_of(questionnaire))

    def _likeness(self, questionnaire: Questionnaire, response: Response) -> str:
        """What two responses without an access code share if they are one person's: the same contact data, or, where
        the questionnaire asks for none, the same answers; "" where there is nothing to compare.
        """
        private = self._contact_columns(questionnaire.code)
        told = {answer.column: answer.value for answer in response.answers if answer.value}
        compared = {column: value for column, value in told.items() if column in private} if private else told
        lines = "\n".join(f"{column}={value.casefold()}" for column, value in sorted(compared.items()))
        return hmac.digest(self.key_for("likeness"), lines.encode(), "sha256").hex() if compared else ""

    def sent_response(self, draft: WebDraft) -> Response | None:
        """The response that a draft has become, as it was sent."""
        return self.project.store.response(draft.response_id) if draft.response_id else None

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _all(question: Question) -> tuple[str, ...]:
    return (question.code, *(f"{question.code}__{option.code}_text" for option in question.options))


def _is_newer(draft: WebDraft, column: str, version: int, view: str) -> bool:
    """Whether another page has changed a column since `version`."""
    changed_at, changed_by = draft.stamps.get(column, (0, ""))
    return changed_at > version and changed_by.partition(":")[0] != view


def _is_late(draft: WebDraft, column: str, view: str, turn: int) -> bool:
    """Whether a later saving of the same page has changed a column already."""
    by, _, at = draft.stamps.get(column, (0, ""))[1].partition(":")
    return bool(view) and by == view and at.isdigit() and int(at) > turn


def clean(typed: str) -> str:
    """What was typed, composed, without characters that no text has."""
    lines = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c.isprintable() or c in "\n\t\N{NO-BREAK SPACE}\N{SOFT HYPHEN}")
