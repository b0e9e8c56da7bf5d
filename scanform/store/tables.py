"""The tables of a project's database, SQLite or PostgreSQL alike.

    batch ─< file ─< page >─ reading >─ form  submissions, their pages, and what was read on them
    issued ─ recipient                        printed forms and their recipients
    place ─< place_change                     the recipient register: who is asked, with which token, and its history
    disposition *                             how far a place got, where people said so
    passed_over                               files in submitted folders that were not opened
    batch ─< response ─< answer               values, of any channel
    source_survey ─< revision >─ batch        each online response as imported; `response` follows from these
    listing                                   responses in the file of an import
    column_format                             how the columns of an import file were read
    answer_version                            versions of an online answer by content
    response_withdrawal *                     online responses withdrawn or restored by people
    decision *                                what people decided (triggers refuse changes)
    placement *                               manual registrations: pages that could not be placed
    seal *                                    hash chain over people's acts
    pace                                      decision times, without names
    look *, lot                               second readings and adjudications of settled values; the sampling seed
    known * ─< known_answer *                 seeded items: settled values shown with a wrong proposal; responses to them
    release *                                 releases of the data set, requested, made or refused, with their figures
    acceptance *                              forms that count although pages are missing
    waived_page *                             unreadable pages accepted with a reason
    collation_act *                           which pages of one printed identity belong together, decided by people
    sheet_doubt                               files whose printed numbers contradict their sheets, until somebody decides
    lease                                     who has which value on the screen
    preference                                each person's station settings; replaced on change
    link                                      responses that belong together
    account ─< web_session, account_event *   who may log in, logins, and the security log
    web_draft ─ web_draft_contact             questionnaires begun on the web; contact data apart; emptied when sent
    project                                   one row: the project of this database, as in the project's folder

Tables marked * are append-only. `reading` is keyed by content (hash, index and part), `page` by occurrence: the same
bytes under two names are read once and counted twice. An image that shows several sheets has a page and a reading for
each (`part` 1, 2, ...), otherwise one of part 0. Times are ISO 8601 text in UTC.
"""

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, MetaData, Text, UniqueConstraint, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables; constraints have names so that migrations can find them on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: Text}  # noqa: RUF012  (SQLAlchemy's own way to say it)


class ActRow(Base):
    """An act, append-only and sealed: `sequence` is the order of arrival among acts of its kind."""

    __abstract__ = True
    sequence: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class ProjectRow(Base):
    """The project this database belongs to; one row."""

    __tablename__ = "project"

    id: Mapped[str] = mapped_column(Text, primary_key=True)


class BatchRow(Base):
    """One submission: an `ingest`, an import. `withdrawn_at` is set while the batch is withdrawn."""

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[str]
    withdrawn_at: Mapped[str | None]


class FileRow(Base):
    """A submitted file. `known_key` (location and content) is unique while its batch counts, so that a second run finds
    it.
    """

    __tablename__ = "file"
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), index=True)
    path: Mapped[str]
    location: Mapped[str]
    sha256: Mapped[str] = mapped_column(index=True)
    size: Mapped[int]
    kind: Mapped[str]
    pages: Mapped[int]
    archived: Mapped[str]
    problems: Mapped[list[object]] = mapped_column(JSON)
    known_key: Mapped[str | None] = mapped_column(unique=True)


class PassedOverRow(Base):
    """A file, or a folder with this many files, in a submitted folder that was not opened because of its name."""

    __tablename__ = "passed_over"
    id: Mapped[int] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str]
    reason: Mapped[str]
    files: Mapped[int]
    at: Mapped[str]


class PageRow(Base):
    """A submitted page: exactly one fate, or none while it waits to be read.

    `part` is 0 for an image of one page, otherwise 1, 2, ...: the sheets in the image, each a page of its own.
    """

    __tablename__ = "page"
    __table_args__ = (
        UniqueConstraint("file_id", "page_index", "part"),
        Index("ix_page_further", "file_id", sqlite_where=text("part > 1"), postgresql_where=text("part > 1")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"))
    page_index: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    fate: Mapped[str | None] = mapped_column(index=True)
    reading_id: Mapped[int | None] = mapped_column(ForeignKey("reading.id"), index=True)


class FormRow(Base):
    """A sheet set with one printed identity and one ink; photocopies filled by others have `copy` 2, 3, ..."""

    __tablename__ = "form"
    __table_args__ = (UniqueConstraint("digest", "instance", "copy"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    form_id: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    instance: Mapped[str]
    copy: Mapped[int]
    pages: Mapped[int]
    token: Mapped[str | None]


class ReadingRow(Base):
    """What the machine read on one page of some content: made once, however often the bytes come in.

    `region` are the corners [x, y] of the sheet in pixels of the decoded page where an image shows several (`part` 1,
    2, ...).
    """

    __tablename__ = "reading"
    __table_args__ = (
        UniqueConstraint("sha256", "page_index", "part"),
        Index("ix_reading_identity", "digest", "instance"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    page_index: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    region: Mapped[list[list[float]] | None] = mapped_column(JSON(none_as_null=True))
    outcome: Mapped[str]
    digest: Mapped[str | None]
    instance: Mapped[str | None]
    page: Mapped[int | None]
    pages: Mapped[int | None]
    found_by: Mapped[str | None]
    seen_page: Mapped[int | None]
    tier: Mapped[str | None]
    residual_mm: Mapped[float | None]
    turn: Mapped[int]
    page_map: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    ink: Mapped[bytes] = mapped_column(LargeBinary)
    content: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    problems: Mapped[list[object]] = mapped_column(JSON)
    milliseconds: Mapped[float]
    read_at: Mapped[str]
    form_pk: Mapped[int | None] = mapped_column(ForeignKey("form.id"), index=True)
    unsure_copy: Mapped[bool]


class IssuedRow(Base):
    """A printed form. The instance is unique in the project; a token may have been printed more than once."""

    __tablename__ = "issued"
    id: Mapped[int] = mapped_column(primary_key=True)
    instance: Mapped[str] = mapped_column(unique=True)
    digest: Mapped[str]
    form_id: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str | None] = mapped_column(index=True)
    printed_at: Mapped[str]


class RecipientRow(Base):
    """Name and address on a printed form: contact data, kept apart from all analysed data."""

    __tablename__ = "recipient"
    issued_id: Mapped[int] = mapped_column(ForeignKey("issued.id"), primary_key=True)
    name: Mapped[str | None]
    address: Mapped[list[str]] = mapped_column(JSON)


class PlaceRow(Base):
    """A place of the recipient register with its token. Name, address and further columns are contact data."""

    __tablename__ = "place"
    number: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str | None]
    address: Mapped[list[str]] = mapped_column(JSON)
    carrier: Mapped[str]
    district: Mapped[str]
    further: Mapped[list[list[str]]] = mapped_column(JSON)


class PlaceChangeRow(Base):
    """A place was added or changed: `changes` are the fields that differ, each with what it was and what it became.

    Not sealed and not append-only: contact data must be erasable.
    """

    __tablename__ = "place_change"
    number: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    changes: Mapped[dict[str, object]] = mapped_column(JSON)
    source: Mapped[str]
    reviewer: Mapped[str]
    at: Mapped[str]


class DispositionRow(ActRow):
    """Somebody says how far the place with a token got, or takes that back (`undoes`); append-only."""

    __tablename__ = "disposition"
    uuid: Mapped[str] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(index=True)
    disposition: Mapped[str]
    reviewer: Mapped[str]
    reason: Mapped[str]
    undoes: Mapped[str | None]
    at: Mapped[str]


class ResponseRow(Base):
    """One filled questionnaire. `withdrawn` while no submission that counts supports it."""

    __tablename__ = "response"
    id: Mapped[str] = mapped_column(primary_key=True)
    questionnaire: Mapped[str] = mapped_column(index=True)
    version: Mapped[str]
    channel: Mapped[str]
    token: Mapped[str | None] = mapped_column(index=True)
    place_id: Mapped[str | None]
    received_at: Mapped[str]
    complete: Mapped[bool]
    pages_missing: Mapped[list[int]] = mapped_column(JSON)
    problems: Mapped[list[object]] = mapped_column(JSON)
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batch.id"), index=True)
    withdrawn: Mapped[bool]


class AnswerRow(Base):
    """One value as read, imported or keyed; `version` grows when it changes."""

    __tablename__ = "answer"
    response_id: Mapped[str] = mapped_column(ForeignKey("response.id"), primary_key=True)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    version: Mapped[int]
    question: Mapped[str]
    option: Mapped[str | None]
    kind: Mapped[str]
    value: Mapped[str]
    confidence: Mapped[float]
    status: Mapped[str]
    missing: Mapped[int | None]
    reader: Mapped[str]
    page: Mapped[int | None]
    evidence: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    candidates: Mapped[list[object]] = mapped_column(JSON)
    problems: Mapped[list[str]] = mapped_column(JSON)
    not_offered: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    raw: Mapped[str | None]


class SourceSurveyRow(Base):
    """A survey of the survey tool in which a questionnaire is answered; `prefix` precedes its numbers in
    response ids.
    """

    __tablename__ = "source_survey"
    __table_args__ = (UniqueConstraint("questionnaire", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire: Mapped[str]
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)


class RevisionRow(Base):
    """What one import said about one response: `content` as it was read, `facts` beside the answers, `lacking` the
    columns missing from the file.

    Where an earlier import said the same, `same_as` is that revision, and `content` is kept there only.
    """

    __tablename__ = "revision"
    __table_args__ = (UniqueConstraint("batch_id", "response_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"))
    survey_id: Mapped[int] = mapped_column(ForeignKey("source_survey.id"), index=True)
    source_id: Mapped[str]
    response_id: Mapped[str] = mapped_column(index=True)
    facts: Mapped[dict[str, object]] = mapped_column(JSON)
    lacking: Mapped[dict[str, object]] = mapped_column(JSON)
    content: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    same_as: Mapped[int | None] = mapped_column(ForeignKey("revision.id"))


class ListingRow(Base):
    """The responses (numbers of the source survey) in the file of an import; `older` when the file was surely older
    than what was known.
    """

    __tablename__ = "listing"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("source_survey.id"), index=True)
    older: Mapped[bool]
    ids: Mapped[list[str]] = mapped_column(JSON)


class FormatRow(Base):
    """How the columns of an import file were read, as confirmed: the next export of the survey is read the same way."""

    __tablename__ = "column_format"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("source_survey.id"), index=True)
    readings: Mapped[list[object]] = mapped_column(JSON)


class AnswerVersionRow(Base):
    """The version of an online answer by its content (a hash): a decision about a content applies whenever it comes
    back.
    """

    __tablename__ = "answer_version"
    response_id: Mapped[str] = mapped_column(primary_key=True)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]


class ResponseWithdrawalRow(ActRow):
    """Somebody withdrew one online response, or (`withdrawn` false) restored it; append-only, the latest counts."""

    __tablename__ = "response_withdrawal"
    uuid: Mapped[str] = mapped_column(unique=True)
    response_id: Mapped[str] = mapped_column(index=True)
    withdrawn: Mapped[bool]
    reason: Mapped[str]
    reviewer: Mapped[str]
    at: Mapped[str]


class DecisionRow(ActRow):
    """One act of a reviewer on a value, append-only."""

    __tablename__ = "decision"
    uuid: Mapped[str] = mapped_column(unique=True)
    item: Mapped[str] = mapped_column(index=True)
    response_id: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    reviewer: Mapped[str]
    kind: Mapped[str]
    from_value: Mapped[str]
    to_value: Mapped[str]
    at: Mapped[str]
    undoes: Mapped[str | None]


class ManualRegistrationRow(ActRow):
    """One act of a person on a page without registration, append-only: its corners were marked, or it was left alone.

    `corners` are [x, y] in pixels of the decoded page: top left, top right, bottom right, bottom left as printed.
    """

    __tablename__ = "placement"
    uuid: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(index=True)
    page_index: Mapped[int]
    part: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str]
    digest: Mapped[str | None]
    instance: Mapped[str | None]
    page: Mapped[int | None]
    pages: Mapped[int | None]
    corners: Mapped[list[list[float]]] = mapped_column(JSON)
    reviewer: Mapped[str]
    at: Mapped[str]


class SealRow(Base):
    """One link of the chain over decisions, manual registrations and second readings, append-only: the act (`kind` is
    its table), and the hash of it and of the previous link.
    """

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("kind", "sequence"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sequence: Mapped[int]
    seal: Mapped[str]


class DecisionTimeRow(Base):
    """Time of one decision on one screen, in milliseconds; person and value are not kept."""

    __tablename__ = "pace"
    number: Mapped[int] = mapped_column(primary_key=True)
    screen: Mapped[str]
    ms: Mapped[int]


class VerificationRow(ActRow):
    """One blind reading of a settled value or, as `third`, an adjudication of two differing values; append-only."""

    __tablename__ = "look"
    uuid: Mapped[str] = mapped_column(unique=True)
    item: Mapped[str] = mapped_column(index=True)
    version: Mapped[int]
    third: Mapped[bool]
    reviewer: Mapped[str]
    kind: Mapped[str]
    value: Mapped[str]
    at: Mapped[str]
    undoes: Mapped[str | None]


class SamplingSeedRow(Base):
    """The seed of random draws, kept so that they can be repeated."""

    __tablename__ = "lot"
    name: Mapped[str] = mapped_column(primary_key=True)
    lot: Mapped[str]


class SeededItemRow(ActRow):
    """A settled value that a reviewer is shown once more, with the wrong proposal `shown`, before the open value
    `before`; append-only.
    """

    __tablename__ = "known"
    __table_args__ = (
        UniqueConstraint("reviewer", "item"),
        UniqueConstraint("reviewer", "before", name="uq_known_reviewer_before"),
    )
    item: Mapped[str]
    version: Mapped[int]
    reviewer: Mapped[str]
    before: Mapped[str]
    truth: Mapped[str]
    shown: Mapped[str]
    reason: Mapped[str]
    confidence: Mapped[float]
    candidates: Mapped[list[list[object]]] = mapped_column(JSON)
    at: Mapped[str]


class SeededAnswerRow(ActRow):
    """A reviewer's response to a seeded item, append-only: counted, never a value of the data set. `after` is the
    latest decision at that time.
    """

    __tablename__ = "known_answer"
    uuid: Mapped[str] = mapped_column(unique=True)
    item: Mapped[str]
    version: Mapped[int]
    reviewer: Mapped[str] = mapped_column(index=True)
    kind: Mapped[str]
    value: Mapped[str]
    screen: Mapped[str]
    after: Mapped[int]
    at: Mapped[str]
    undoes: Mapped[str | None]


class ReleaseRow(ActRow):
    """A step towards releasing the data set whose content has the hash `digest`, append-only: requested, released,
    refused; `about` is the step it answers.
    """

    __tablename__ = "release"
    uuid: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    digest: Mapped[str]
    by: Mapped[str]
    reason: Mapped[str]
    figures: Mapped[dict[str, object]] = mapped_column(JSON)
    about: Mapped[str | None]
    at: Mapped[str]


class IncompleteAcceptedRow(ActRow):
    """Somebody accepts a form although these of its pages have not come in, or undoes that (`undoes`); append-only."""

    __tablename__ = "acceptance"
    uuid: Mapped[str] = mapped_column(unique=True)
    form_id: Mapped[str] = mapped_column(index=True)
    pages: Mapped[list[int]] = mapped_column(JSON)
    reviewer: Mapped[str]
    reason: Mapped[str]
    undoes: Mapped[str | None]
    at: Mapped[str]


class WaivedPageRow(ActRow):
    """Somebody waives a page with this fate, or undoes that (`undoes`); append-only."""

    __tablename__ = "waived_page"
    uuid: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(index=True)
    page_index: Mapped[int]
    part: Mapped[int]
    fate: Mapped[str]
    reviewer: Mapped[str]
    reason: Mapped[str]
    undoes: Mapped[str | None]
    at: Mapped[str]


class CollationRow(ActRow):
    """A decision about the pages of one printed identity or about the sheets of a file, or its undoing (`undoes`);
    append-only.
    """

    __tablename__ = "collation_act"
    uuid: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)
    content: Mapped[dict[str, object]] = mapped_column(JSON)
    reviewer: Mapped[str]
    undoes: Mapped[str | None]
    at: Mapped[str]


class SheetDoubtRow(Base):
    """A printed identity in a file whose printed numbers contradict its sheet order; removed once a person
    has decided.
    """

    __tablename__ = "sheet_doubt"
    __table_args__ = (
        UniqueConstraint("file_id", "digest", "instance"),
        Index("ix_sheet_doubt_identity", "digest", "instance"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    file_id: Mapped[int] = mapped_column(ForeignKey("file.id"))
    pattern: Mapped[str]
    digest: Mapped[str]
    instance: Mapped[str]


class LeaseRow(Base):
    """A value on somebody's screen; it is free again when `until` (UTC, to the microsecond) has passed."""

    __tablename__ = "lease"
    item: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(index=True)
    until: Mapped[str]


class PreferenceRow(Base):
    """A person's settings of the review station: keys, zoom and the like; replaced on change."""

    __tablename__ = "preference"
    person: Mapped[str] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, object]] = mapped_column(JSON)


class LinkRow(Base):
    """Two responses of the same respondent, linked by a named rule; the merged data set is a view over these."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("first", "second", "rule"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    second: Mapped[str] = mapped_column(index=True)
    rule: Mapped[str]
    probability: Mapped[float]
    linked_at: Mapped[str]


class AccountRow(Base):
    """An account that may log in. Accounts are disabled, never deleted, so that the name signed under an act keeps one
    meaning.
    """

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]
    email_key: Mapped[str | None] = mapped_column(unique=True)
    subject: Mapped[str | None] = mapped_column(unique=True)
    roles: Mapped[list[str]] = mapped_column(JSON)
    active: Mapped[bool]
    uniquifier: Mapped[str] = mapped_column(unique=True)
    password: Mapped[str | None]
    totp: Mapped[str | None]
    totp_counter: Mapped[int]
    recovery: Mapped[list[str]] = mapped_column(JSON)
    created_at: Mapped[str]
    invited: Mapped[str | None] = mapped_column(unique=True)
    invited_until: Mapped[str | None]


class WebSessionRow(Base):
    """A login in a browser: `key` is the SHA-256 of its random id, which is not kept."""

    __tablename__ = "web_session"
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    stage: Mapped[str]
    created_at: Mapped[str]
    seen_at: Mapped[str]
    ended_at: Mapped[str | None]
    agent: Mapped[str]


class AccountEventRow(Base):
    """The security log, append-only: logins, failures, denials, changes; never typed text."""

    __tablename__ = "account_event"
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    kind: Mapped[str]
    account_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    detail: Mapped[str]


class WebDraftRow(Base):
    """A questionnaire begun on the web, until it is sent or its term is over: what was typed, by column, valid or not.

    `stamps` are the version and the page view that last changed each column, `resume` the hash of the personal code of
    a person without an access code. What was sent keeps its row, without content: `response_id` and `sent_at` make a
    repeated sending the same one. `number` counts within the questionnaire, and is never used again.
    """

    __tablename__ = "web_draft"
    __table_args__ = (UniqueConstraint("questionnaire", "number"), UniqueConstraint("token", "questionnaire", "place"))
    id: Mapped[str] = mapped_column(primary_key=True)
    questionnaire: Mapped[str]
    token: Mapped[str | None]
    place: Mapped[int]
    resume: Mapped[str | None] = mapped_column(unique=True)
    entries: Mapped[dict[str, str]] = mapped_column(JSON)
    stamps: Mapped[dict[str, list[object]]] = mapped_column(JSON)
    language: Mapped[str]
    reached: Mapped[int]
    version: Mapped[int]
    created_at: Mapped[str]
    changed_at: Mapped[str] = mapped_column(index=True)
    number: Mapped[int | None]
    response_id: Mapped[str | None]
    sent_at: Mapped[str | None]
    likeness: Mapped[str | None] = mapped_column(index=True)


class WebDraftContactRow(Base):
    """The contact data typed into a questionnaire begun on the web, apart from the other answers."""

    __tablename__ = "web_draft_contact"
    draft_id: Mapped[str] = mapped_column(ForeignKey("web_draft.id"), primary_key=True)
    entries: Mapped[dict[str, str]] = mapped_column(JSON)
