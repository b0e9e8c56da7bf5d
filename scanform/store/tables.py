"""The tables of a project's database, SQLite or PostgreSQL alike.

    batch ─< file ─< page >─ reading >─ form        what was handed in, what became of it, what the machine saw issued ─
                                        recipient   what was printed, and to whom passed_over
                                        what lay beside them and was not opened batch ─< response ─< answer
                                        values, of whatever channel source_survey ─< revision >─ batch              what
                                        each import said about each online response, as it stood in the file; `response`
                                        follows from these listing                                         which
                                        responses the file of an import held column_format
                                        how the columns of the file of an import were read answer_version
                                        which contents of an online answer have had which version response_withdrawal
                                        single online responses that people took out, or back in; only ever added
                                        decision                                        what people decided; rows are
                                        only ever added (triggers refuse the rest) placement
                                        what people did with pages that could not be placed; only ever added, too seal
                                        a chain of hashes over what people did; only ever added pace
                                        how long decisions took, without names look, lot
                                        second and third looks at settled values, only ever added, and the lot by which
                                        they are drawn known ─< known_answer                           settled values
                                        shown once more with a wrong proposal, and what people said; only ever added
                                        release                                         data sets that were released,
                                        asked for or refused, with their figures; only ever added acceptance
                                        forms that count although pages are missing; only ever added waived_page
                                        pages that nobody can read, accepted with a reason; only ever added
                                        collation_act                                   which pages of one printed
                                        identity belong together, as people said; only ever added sheet_doubt
                                        files whose printed numbers contradict their sheets, until somebody has said
                                        what is right lease                                           who has which
                                        value on the screen at the moment preference
                                        how each person has set up the station; replaced when they change it link
                                        which responses belong together account ─< web_session, account_event
                                        who may log in, logins, and the security log; events are only ever added project
                                        one row: whose database this is; the project's folder says the same

`reading` is keyed by content (hash, index and part), `page` by occurrence: the same bytes under two names are read once
and counted twice. A picture that shows several sheets has a page and a reading for each (`part` 1, 2, ...), else one of
part 0. Times are ISO 8601 text in UTC.
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
    """What somebody did, append-only and sealed: `sequence` is the order in which the acts of its kind arrived."""

    __abstract__ = True
    sequence: Mapped[int] = mapped_column(primary_key=True, sort_order=-1)


class ProjectRow(Base):
    """Whose database this is; one row."""

    __tablename__ = "project"

    id: Mapped[str] = mapped_column(Text, primary_key=True)


class BatchRow(Base):
    """One act of handing in: an `ingest`, an import. `withdrawn_at` is set while the batch is withdrawn."""

    __tablename__ = "batch"
    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    label: Mapped[str]
    created_at: Mapped[str]
    withdrawn_at: Mapped[str | None]


class FileRow(Base):
    """A file handed in. `known_key` (place and content) is unique while its batch counts, so that a second run finds
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
    """A file, or a folder of so many files, that lies in a folder that was handed in and was not opened because of
    its name.
    """

    __tablename__ = "passed_over"
    id: Mapped[int] = mapped_column(primary_key=True)
    location: Mapped[str] = mapped_column(unique=True)
    path: Mapped[str]
    reason: Mapped[str]
    files: Mapped[int]
    at: Mapped[str]


class PageRow(Base):
    """A page handed in: exactly one fate, or none while it waits to be read.

    `part` is 0 for a picture that shows one page, else 1, 2, ...: the sheets in the picture, each a page of its own.
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
    """What the machine saw on one page of some content: made once, however often the bytes come in.

    `region` are the corners [x, y] of the sheet in pixels of the decoded page where a picture shows several (`part` 1,
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
    """Name and address on a printed form: contact data, apart from everything that is analysed."""

    __tablename__ = "recipient"
    issued_id: Mapped[int] = mapped_column(ForeignKey("issued.id"), primary_key=True)
    name: Mapped[str | None]
    address: Mapped[list[str]] = mapped_column(JSON)


class ResponseRow(Base):
    """One filled questionnaire. `withdrawn` while nothing that counts stands behind it."""

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
    """One value as machine, import or keying delivered it; `version` grows when that changes."""

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
    """A survey of the survey tool by which a questionnaire is answered; `prefix` stands before its numbers in the
    ids of responses.
    """

    __tablename__ = "source_survey"
    __table_args__ = (UniqueConstraint("questionnaire", "name"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    questionnaire: Mapped[str]
    name: Mapped[str]
    prefix: Mapped[str] = mapped_column(unique=True)


class RevisionRow(Base):
    """What one import said about one response: `content` as it was read, `facts` beside the answers, `lacking` what the
    file had no columns for.

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
    """Which responses (numbers of the source survey) stood in the file of an import; `older` when the file was
    surely older than what was known.
    """

    __tablename__ = "listing"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("source_survey.id"), index=True)
    older: Mapped[bool]
    ids: Mapped[list[str]] = mapped_column(JSON)


class FormatRow(Base):
    """How the columns of the file of an import were read, as it was confirmed: the next export of the survey is read
    the same way.
    """

    __tablename__ = "column_format"
    batch_id: Mapped[int] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    survey_id: Mapped[int] = mapped_column(ForeignKey("source_survey.id"), index=True)
    readings: Mapped[list[object]] = mapped_column(JSON)


class AnswerVersionRow(Base):
    """The version of an online answer by its content (a hash): who decided about a content has decided about it
    whenever it comes back.
    """

    __tablename__ = "answer_version"
    response_id: Mapped[str] = mapped_column(primary_key=True)
    column_name: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]


class ResponseWithdrawalRow(ActRow):
    """Somebody took one online response out of everything, or (`withdrawn` false) back in; append-only, the latest
    counts.
    """

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
    """One act of a person on a page without registration, append-only: its corners were shown, or it was left alone.

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
    """One link of the chain over decisions, placements and looks, append-only: which act (`kind` is its table), and
    the hash of it and of the link before.
    """

    __tablename__ = "seal"
    __table_args__ = (UniqueConstraint("kind", "sequence"),)
    number: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    sequence: Mapped[int]
    seal: Mapped[str]


class DecisionTimeRow(Base):
    """How long one decision took on which screen, in milliseconds; whose and about what is not kept."""

    __tablename__ = "pace"
    number: Mapped[int] = mapped_column(primary_key=True)
    screen: Mapped[str]
    ms: Mapped[int]


class VerificationRow(ActRow):
    """One look of a person at a settled value without knowing what it is, or, as `third`, at two values that differ;
    append-only.
    """

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
    """What a reviewer did with a known value, append-only: counted, never a value of the data set. `after` is the
    latest decision there was.
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
    """A step towards handing on the data set whose content has the hash `digest`, append-only: asked for, released,
    refused; `about` is what it answers.
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
    """Somebody says that a form counts although these of its pages have not come in, or takes that back (`undoes`);
    append-only.
    """

    __tablename__ = "acceptance"
    uuid: Mapped[str] = mapped_column(unique=True)
    form_id: Mapped[str] = mapped_column(index=True)
    pages: Mapped[list[int]] = mapped_column(JSON)
    reviewer: Mapped[str]
    reason: Mapped[str]
    undoes: Mapped[str | None]
    at: Mapped[str]


class WaivedPageRow(ActRow):
    """Somebody says of a page with this fate that nothing more is to be had of it, or takes that back (`undoes`);
    append-only.
    """

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
    """What a person said about the pages of one printed identity, or about the sheets of a file, or took back
    (`undoes`); append-only.
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
    """A printed identity in a file whose printed numbers contradict the order of its sheets; goes when a person has
    said what is right.
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
    """A value that somebody has on the screen; it is free again when `until` (UTC, to the microsecond) has passed."""

    __tablename__ = "lease"
    item: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str] = mapped_column(index=True)
    until: Mapped[str]


class PreferenceRow(Base):
    """How a person has set up the review station: keys, zoom and the like; replaced when they change it."""

    __tablename__ = "preference"
    person: Mapped[str] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, object]] = mapped_column(JSON)


class LinkRow(Base):
    """Two responses that belong to the same place, by a named rule; the merged data set is a view over these."""

    __tablename__ = "link"
    __table_args__ = (UniqueConstraint("first", "second", "rule"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    first: Mapped[str]
    second: Mapped[str] = mapped_column(index=True)
    rule: Mapped[str]
    probability: Mapped[float]
    linked_at: Mapped[str]


class AccountRow(Base):
    """Somebody who may log in. Accounts are disabled, never deleted: what people did stays signed with a name that
    has one meaning.
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
    """The security log, append-only: logins, failures, denials, changes; never what somebody typed."""

    __tablename__ = "account_event"
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[str]
    kind: Mapped[str]
    account_id: Mapped[int | None]
    actor_id: Mapped[int | None]
    detail: Mapped[str]
