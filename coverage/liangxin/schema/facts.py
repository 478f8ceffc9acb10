"""What people find out and bring: screenings, findings, counts, questions."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id


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


class Confirmation(Base):
    """Somebody looked at an organisation again and what the register says of it stands."""

    __tablename__ = "confirmation"
    __table_args__ = (Index(None, "organisation_id", "confirmed_on"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    confirmed_on: Mapped[date]
    confirmed_by: Mapped[str] = mapped_column(comment="an office or account, no private person")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Finding(Base):
    """One field that no register keeps, as somebody found it, until somebody finds another value."""

    __tablename__ = "finding"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(None, "field", "organisation_id"),
        Index(
            "uq_finding_current",
            "organisation_id",
            "field",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    field: Mapped[str] = mapped_column(comment="of liangxin.findings")
    value: Mapped[str]
    source: Mapped[str] = mapped_column(comment="screening, ledger, … or an office")
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
    activists: Mapped[int | None] = mapped_column(comment="a number; their names stay on paper")
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
