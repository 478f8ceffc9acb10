"""All tables of the register.

Two kinds of time are kept apart (decision 0003). ``from_on``/``to_on`` say when a fact was
true (``to_on`` is the first day it no longer was; null: still true). ``learned_at`` says when
the register learned it, and ``corrected_at`` when it learned better; a correction closes the old
row and adds a new one, so every past figure can be told again as it was known then.

Organisations are written by the million, so their current values sit in one wide row; what a
value was before, since when the new one holds, and which run said so, is one row of
``field_change`` a change. No table holds a person other than an instructor's work name.
"""

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Text,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

#: SQLite numbers rows by itself only for a column declared exactly INTEGER.
Id = BigInteger().with_variant(Integer, "sqlite")
Uscc = String(18)
Code = String(12)


class Base(DeclarativeBase):
    """Names every constraint by one rule, so that migrations are the same on both databases."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: DateTime(timezone=True), date: Date, str: Text}  # noqa: RUF012


class Meta(Base):
    """A few facts about this register itself, e.g. that it is the demo."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Division(Base):
    """A province, city, district, sub-district or community, kept by date."""

    __tablename__ = "division"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(
            "uq_division_code_current",
            "code",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        Index(None, "parent_code"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(comment="province, city, district, subdistrict or community")
    parent_code: Mapped[str | None] = mapped_column(Code)
    from_on: Mapped[date | None] = mapped_column(comment="null: since before the list we have")
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]


class Source(Base):
    """A publisher's feed, by the name of its source file."""

    __tablename__ = "source"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class LandedFile(Base):
    """Bytes kept under their hash, and where they first came from."""

    __tablename__ = "landed_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    origin: Mapped[str]
    landed_at: Mapped[datetime]


class Crawl(Base):
    """One visit to a publisher: pages land one by one, the crawl is whole or it is not used."""

    __tablename__ = "crawl"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    state: Mapped[str] = mapped_column(comment="running, finished or failed")
    items: Mapped[int] = mapped_column(server_default=text("0"))
    stated_total: Mapped[int | None] = mapped_column(comment="how many the publisher says it has")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class CrawlPage(Base):
    """One landed page of a crawl."""

    __tablename__ = "crawl_page"
    crawl_id: Mapped[int] = mapped_column(
        ForeignKey("crawl.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    items: Mapped[int]
    landed_at: Mapped[datetime]


class HttpValidator(Base):
    """What a publisher's server said to ask with next time, and the bytes it was about."""

    __tablename__ = "http_validator"
    url: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None] = mapped_column(comment="as the server wrote it")
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    checked_at: Mapped[datetime]


class Run(Base):
    """One load of one source, and what became of every row."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("rows = accepted + refused + skipped", name="no_row_vanishes"),
        CheckConstraint(
            "accepted = new + changed + unchanged", name="every_accepted_row_has_an_outcome"
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    as_of: Mapped[date] = mapped_column(comment="the day the file describes")
    district_code: Mapped[str | None] = mapped_column(Code)
    rows: Mapped[int]
    accepted: Mapped[int]
    refused: Mapped[int]
    skipped: Mapped[int]
    new: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    missing: Mapped[int]
    located: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    learned_at: Mapped[datetime] = mapped_column(comment="when the register learned all of it")
    prepared_by: Mapped[str | None] = mapped_column(
        comment="fingerprint of the program, lists and settings that read the rows"
    )
    undone_at: Mapped[datetime | None] = mapped_column(comment="taken back; nothing of it holds")


class RunFile(Base):
    """Which landed bytes a run read, in order."""

    __tablename__ = "run_file"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    origin: Mapped[str]
    row_offset: Mapped[int] = mapped_column(
        comment="a file_row of the run minus this is the row of this file"
    )
    columns: Mapped[str | None] = mapped_column(
        comment="JSON: our field -> the file's header, as the run read it"
    )


class RefusedRow(Base):
    """An input row not taken: which rule, which cell, what value, what to do."""

    __tablename__ = "refused_row"
    __table_args__ = (Index(None, "run_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    file_row: Mapped[int] = mapped_column(
        comment="as a spreadsheet numbers it, plus the file's row_offset"
    )
    rule: Mapped[str]
    column_name: Mapped[str] = mapped_column(comment="the file's own header")
    value: Mapped[str]
    message: Mapped[str]
    message_en: Mapped[str]
    owner: Mapped[str] = mapped_column(comment="role that can clear it")
    uscc: Mapped[str | None] = mapped_column(Uscc, comment="whom the row names, if that is good")


class RunRule(Base):
    """How many rows of a run broke a rule; a rule that only warns refuses nothing."""

    __tablename__ = "run_rule"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(comment="refuse or warn")
    rows: Mapped[int]


class RunMeasure(Base):
    """What a run's rows were like as a whole, for the next run of its source to be held against."""

    __tablename__ = "run_measure"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    measure: Mapped[str] = mapped_column(
        primary_key=True, comment="empty.address, ownership.NONPUBLIC, …: ingest.profile"
    )
    value: Mapped[float] = mapped_column(Float, comment="a share of the run's rows, or a count")


class SkippedRow(Base):
    """An input row that needed nothing done, and why (it repeats another row)."""

    __tablename__ = "skipped_row"
    __table_args__ = (Index(None, "run_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    file_row: Mapped[int]
    reason: Mapped[str]


class Organisation(Base):
    """A firm or social organisation, its current values in one row."""

    __tablename__ = "organisation"
    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    uscc: Mapped[str] = mapped_column(Uscc, unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(comment="enterprise, social or other")
    enterprise_type: Mapped[str | None] = mapped_column(comment="the publisher's text")
    ownership: Mapped[str] = mapped_column(comment="class of domain table 2.1, or REVIEW")
    status: Mapped[str | None] = mapped_column(String(1), comment="exchange list 1-6, 9")
    established_on: Mapped[date | None]
    capital_wan: Mapped[float | None] = mapped_column(Float, comment="in 10,000 of the currency")
    capital_currency: Mapped[str | None]
    address: Mapped[str | None]
    district_code: Mapped[str | None] = mapped_column(Code)
    subdistrict_code: Mapped[str | None] = mapped_column(Code)
    community_code: Mapped[str | None] = mapped_column(Code)
    location_method: Mapped[str | None]
    location_confidence: Mapped[float | None] = mapped_column(Float)
    from_on: Mapped[date] = mapped_column(comment="founded, or first seen")
    seen_on: Mapped[date] = mapped_column(
        server_default=text("'0001-01-01'"), comment="the first day that a source's file shows it"
    )
    run_id: Mapped[int] = mapped_column(
        ForeignKey("run.id"), comment="the run that first brought it"
    )


class Registration(Base):
    """What one source last said of one organisation: a fingerprint, and where the row stands.

    The fingerprint is of the row as sent; 0 means that it is read again whatever it says.
    """

    __tablename__ = "registration"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012
    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    organisation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("organisation.id"), primary_key=True, autoincrement=False
    )
    row_hash: Mapped[int] = mapped_column(BigInteger)
    traits: Mapped[int] = mapped_column(
        server_default=text("0"), comment="what the row counts in a run's measures: ingest.profile"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    file_row: Mapped[int]


class RegistrationBefore(Base):
    """A registration before a run renewed it: what undoing the run puts back."""

    __tablename__ = "registration_before"
    by_run_id: Mapped[int] = mapped_column(
        ForeignKey("run.id"), primary_key=True, autoincrement=False
    )
    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    organisation_id: Mapped[int] = mapped_column(
        Id, ForeignKey("organisation.id"), primary_key=True, autoincrement=False
    )
    row_hash: Mapped[int] = mapped_column(BigInteger)
    traits: Mapped[int]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    file_row: Mapped[int]


class RowBefore(Base):
    """A row of another table before a run altered it: what undoing the run puts back."""

    __tablename__ = "row_before"
    __table_args__ = (Index(None, "by_run_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    by_run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    table_name: Mapped[str]
    content: Mapped[str] = mapped_column(comment="JSON: column -> value")


class FieldChange(Base):
    """One field of one organisation took another value: what, since when, said by which run."""

    __tablename__ = "field_change"
    __table_args__ = (Index(None, "organisation_id", "field"), Index(None, "run_id"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    field: Mapped[str]
    old_value: Mapped[str | None]
    new_value: Mapped[str | None]
    from_on: Mapped[date] = mapped_column(comment="the new value was true from this day")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    file_row: Mapped[int]
    learned_by: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="the run that brought it to light; null: run_id"
    )
    corrected_by: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="the run that showed it was otherwise; null: it holds"
    )


class Absence(Base):
    """An organisation was not in its source's full snapshot; absence is not deletion."""

    __tablename__ = "absence"
    __table_args__ = (
        CheckConstraint("to_on >= from_on", name="ends_after_it_starts"),
        Index(
            "uq_absence_current",
            "source_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_by IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_by IS NULL"),
        ),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))
    returned_run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    corrected_by: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="the run that showed it was otherwise; null: it holds"
    )


class Judgement(Base):
    """What a person decided about identity: the same, not the same, merged, registered anew."""

    __tablename__ = "judgement"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('reregistered', 'merged', 'same', 'not_same')", name="kind_is_known"
        ),
        Index(
            "uq_judgement_current",
            "kind",
            "code",
            "other_code",
            unique=True,
            sqlite_where=text("corrected_at IS NULL"),
            postgresql_where=text("corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    code: Mapped[str] = mapped_column(comment="the code or number that was")
    other_code: Mapped[str] = mapped_column(comment="the code that is")
    reason: Mapped[str]
    decided_by: Mapped[str] = mapped_column(comment="an office or account, no private person")
    from_on: Mapped[date]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Screening(Base):
    """What a person found out about an organisation, with evidence: does it operate?"""

    __tablename__ = "screening"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(None, "organisation_id"),
        Index(
            "uq_screening_current",
            "organisation_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(comment="a state of liangxin.universe")
    evidence: Mapped[str]
    decided_by: Mapped[str] = mapped_column(comment="an office or account, no private person")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class PartyOrganisation(Base):
    """A committee, general branch, branch or joint branch."""

    __tablename__ = "party_organisation"
    __table_args__ = (CheckConstraint("to_on > from_on", name="ends_after_it_starts"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(comment="committee, general_branch, branch, joint_branch")
    subdistrict_code: Mapped[str] = mapped_column(Code)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("party_organisation.id"))
    from_on: Mapped[date] = mapped_column(comment="founded")
    to_on: Mapped[date | None] = mapped_column(comment="dissolved")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Covering(Base):
    """A dated link: this Party organisation covers this organisation, alone or jointly."""

    __tablename__ = "covering"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("mode IN ('alone', 'joint')", name="mode_is_known"),
        Index(None, "organisation_id"),
        Index(
            "uq_covering_current",
            "party_organisation_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_organisation_id: Mapped[int] = mapped_column(ForeignKey("party_organisation.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    mode: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Instructor(Base):
    """A Party-building instructor, by the name used at work and nothing more."""

    __tablename__ = "instructor"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(comment="subdistrict_cadre, community_cadre, retired, …")
    subdistrict_code: Mapped[str] = mapped_column(Code)
    learned_at: Mapped[datetime]


class Assignment(Base):
    """An instructor is sent to an organisation, for a time."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructor.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Headcount(Base):
    """How many people one source said an organisation had on a day: counts, and no person."""

    __tablename__ = "headcount"
    __table_args__ = (
        Index(
            "uq_headcount_current",
            "organisation_id",
            "source",
            "counted_on",
            unique=True,
            sqlite_where=text("corrected_at IS NULL"),
            postgresql_where=text("corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    source: Mapped[str] = mapped_column(comment="a source of liangxin.headcount")
    counted_on: Mapped[date]
    staff: Mapped[int | None] = mapped_column(comment="of a roster: its rows")
    insured: Mapped[int | None]
    members: Mapped[int | None]
    full_members: Mapped[int | None]
    probationary_members: Mapped[int | None]
    members_in: Mapped[int | None] = mapped_column(comment="of these, relation is here")
    members_out: Mapped[int | None]
    instructors_counted: Mapped[int | None] = mapped_column(
        comment="instructors that the source counts as members; they never are"
    )
    run_id: Mapped[int | None] = mapped_column(ForeignKey("run.id"))
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Question(Base):
    """Two figures that disagree, until their owner answers or they agree again."""

    __tablename__ = "question"
    __table_args__ = (
        Index(None, "organisation_id"),
        Index(
            "uq_question_open",
            "organisation_id",
            "rule",
            "source_a",
            "source_b",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("organisation.id"), comment="null: about a whole run"
    )
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="the run that brought it up"
    )
    rule: Mapped[str]
    owner: Mapped[str] = mapped_column(comment="role that can answer it")
    text_zh: Mapped[str] = mapped_column(
        comment="{a} and {b} where the figures go: who reads decides whether 1 or 2 may be seen"
    )
    text_en: Mapped[str]
    said_a: Mapped[str | None] = mapped_column(comment="of texts: what the owner's source says")
    said_b: Mapped[str | None] = mapped_column(comment="of texts: what the other source says")
    figure_a: Mapped[int | None] = mapped_column(comment="null: that source says nothing")
    source_a: Mapped[str]
    on_a: Mapped[date]
    figure_b: Mapped[int | None]
    source_b: Mapped[str]
    on_b: Mapped[date]
    asked_at: Mapped[datetime] = mapped_column(comment="first; figures may have moved since")
    learned_at: Mapped[datetime] = mapped_column(comment="when these figures were known")
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(comment="an office or account, or: register")
    answer: Mapped[str | None]


# Jobs, deliveries and keys.


class Job(Base):
    """One piece of work on one source: landing and loading what is there."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_open",
            "source",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(None, "source"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(comment="name of the source file")
    state: Mapped[str] = mapped_column(comment="waiting, running, retrying, done or failed")
    worker: Mapped[str | None] = mapped_column(comment="host and process that has or had it")
    attempts: Mapped[int] = mapped_column(comment="how often it was begun")
    delivery: Mapped[str | None] = mapped_column(
        comment="hash of the dropped files it is about; null: a crawl, or nothing dropped"
    )
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(comment="of the latest attempt")
    again_at: Mapped[datetime | None] = mapped_column(comment="retrying: not before")
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(comment="of all its runs")
    message_zh: Mapped[str | None]
    message_en: Mapped[str | None]


class DeliveredFile(Base):
    """A file of a source that is not landed, for it is about people: known again by its hash."""

    __tablename__ = "delivered_file"
    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))


class MemberKey(Base):
    """A keyed pseudonym of the member register, and where the relation is: no name, no number."""

    __tablename__ = "member_key"
    __table_args__ = (
        # A key that came and went on one day is a mistake somebody corrected; it is kept.
        CheckConstraint("to_on >= from_on", name="ends_after_it_starts"),
        Index(
            "uq_member_key_current",
            "key",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), comment="HMAC as 64 hexadecimal digits")
    party_organisation_name: Mapped[str] = mapped_column(comment="where the relation is")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="the run that brought it")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]


class ExchangeOffice(Base):
    """Another office whose card was accepted: packages from it are opened, packages go to it."""

    __tablename__ = "exchange_office"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sign_key: Mapped[str] = mapped_column(String(64), comment="public, Ed25519, hexadecimal")
    encrypt_key: Mapped[str] = mapped_column(String(64), comment="public, X25519, hexadecimal")
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    trusted_at: Mapped[datetime]
    acknowledged: Mapped[str | None] = mapped_column(
        comment="cursor up to which it has told us that it opened our packages"
    )


class ExchangePackage(Base):
    """One package that went to another office, or came from it and was opened."""

    __tablename__ = "exchange_package"
    __table_args__ = (
        CheckConstraint("direction IN ('sent', 'opened')", name="direction_is_known"),
        Index(
            "uq_exchange_package_content", "office_id", "direction", "content_sha256", unique=True
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("exchange_office.id"))
    direction: Mapped[str] = mapped_column(comment="sent or opened")
    serial: Mapped[int] = mapped_column(comment="the sender's number, from 1 for each receiver")
    content_sha256: Mapped[str] = mapped_column(String(64), comment="of the encrypted content")
    cursor_from: Mapped[str] = mapped_column(comment="means something to the sender alone")
    cursor_to: Mapped[str]
    handled_at: Mapped[datetime]
    acknowledged: Mapped[bool] = mapped_column(comment="of one sent: the receiver opened it")
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="of one opened: the run that loaded it"
    )


class FieldStamp(Base):
    """Who first said a value that came by exchange, and when; values of our own have none here."""

    __tablename__ = "field_stamp"
    __table_args__ = (
        Index("uq_field_stamp_field", "organisation_id", "field", unique=True),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, comment="grows with every renewal")
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    field: Mapped[str] = mapped_column(comment="*: every field without a stamp of its own")
    value: Mapped[str | None] = mapped_column(comment="of * null: the first values stand for it")
    from_on: Mapped[date] = mapped_column(comment="true since, as its origin says")
    learned_at: Mapped[datetime] = mapped_column(comment="when its origin learned it")
    office: Mapped[str] = mapped_column(comment="its origin, kept through every hop")
    source: Mapped[str] = mapped_column(comment="the origin's source")
    run_id: Mapped[int] = mapped_column(
        ForeignKey("run.id"), comment="changes by later runs came after it"
    )


class FactStamp(Base):
    """Who first said a screening, Party organisation, covering or headcount that came by exchange."""

    __tablename__ = "fact_stamp"
    __table_args__ = (
        Index("uq_fact_stamp_row", "kind", "row_id", unique=True),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, comment="grows with every renewal")
    kind: Mapped[str] = mapped_column(comment="the table that row_id is of")
    row_id: Mapped[int] = mapped_column(Id)
    learned_at: Mapped[datetime] = mapped_column(comment="when its origin learned it")
    office: Mapped[str] = mapped_column(comment="its origin, kept through every hop")
    retracted: Mapped[bool] = mapped_column(comment="its origin took it back")
    ends_with_next: Mapped[bool] = mapped_column(
        comment="its origin gave no end; to_on is where the next one begins"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))


class FeedToken(Base):
    """A key to the feed of changes, by its hash alone: whoever reads this table holds no key."""

    __tablename__ = "feed_token"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, comment="who holds it")
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
