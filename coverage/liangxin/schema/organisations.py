"""Organisations, what sources say of them, and what was before."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id, Uscc

#: What every file changes: a tenth of each page of PostgreSQL's is left for rows that are changed in it.
ROOM = {"postgresql_with": {"fillfactor": 90}}


class Organisation(Base):
    """A firm or social organisation, its current values in one row."""

    __tablename__ = "organisation"
    __table_args__ = ROOM
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
    __table_args__ = ROOM | {"sqlite_with_rowid": False}
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
