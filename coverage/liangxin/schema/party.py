"""The Party side: organisations, their terms, whom they cover, whom instructors are sent to."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id


class Place(Base):
    """A building, park or market, with an address and a community."""

    __tablename__ = "place"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint(
            "kind IN ('building', 'park', 'market', 'street', 'incubator')", name="kind_is_known"
        ),
        Index(None, "subdistrict_code"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    aliases: Mapped[str | None] = mapped_column(comment="other names, one a line")
    kind: Mapped[str] = mapped_column(comment="building, park, market, street or incubator")
    address: Mapped[str | None]
    subdistrict_code: Mapped[str] = mapped_column(Code)
    community_code: Mapped[str | None] = mapped_column(Code)
    is_key: Mapped[bool] = mapped_column(comment="on the list of key places that rate R8 is over")
    latitude: Mapped[float | None] = mapped_column(Float, comment="degrees, WGS 84")
    longitude: Mapped[float | None] = mapped_column(Float, comment="degrees, WGS 84")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class PartyOrganisation(Base):
    """A committee, general branch, branch or joint branch."""

    __tablename__ = "party_organisation"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("mode IN ('alone', 'joint', 'attached')", name="mode_is_known"),
        CheckConstraint(
            "basis IN ('units', 'region', 'building', 'park', 'industry')", name="basis_is_known"
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(comment="committee, general_branch, branch, joint_branch")
    mode: Mapped[str | None] = mapped_column(comment="how it was formed: alone, joint, attached")
    basis: Mapped[str | None] = mapped_column(
        comment="what a joint one joins: units, region, building, park or industry"
    )
    subdistrict_code: Mapped[str] = mapped_column(Code)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("party_organisation.id"))
    place_id: Mapped[int | None] = mapped_column(
        ForeignKey("place.id"), comment="the building, park or market that it serves"
    )
    approved_on: Mapped[date | None]
    approval_number: Mapped[str | None]
    from_on: Mapped[date] = mapped_column(comment="founded")
    to_on: Mapped[date | None] = mapped_column(comment="dissolved")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None] = mapped_column(
        comment="when its end was learned; null: with itself"
    )
    placed_at: Mapped[datetime | None] = mapped_column(
        comment="when the place it serves was learned; null: with itself"
    )


class PartyTerm(Base):
    """One term of a Party organisation: its level then, its secretary, and when it must elect."""

    __tablename__ = "party_term"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("due_on > from_on", name="due_after_it_starts"),
        Index(None, "party_organisation_id"),
        Index(
            "uq_party_term_current",
            "party_organisation_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_organisation_id: Mapped[int] = mapped_column(ForeignKey("party_organisation.id"))
    level: Mapped[str] = mapped_column(comment="committee, general_branch, branch, joint_branch")
    secretary: Mapped[str | None] = mapped_column(comment="the name used at work; null: vacant")
    secretary_kind: Mapped[str | None] = mapped_column(comment="owner, manager, sent or other")
    due_on: Mapped[date | None] = mapped_column(comment="the term's last day by the rules")
    from_on: Mapped[date] = mapped_column(comment="elected")
    to_on: Mapped[date | None] = mapped_column(comment="the next term began, or it was dissolved")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Covering(Base):
    """A dated link: this Party organisation covers this organisation, alone or jointly."""

    __tablename__ = "covering"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("mode IN ('alone', 'joint', 'attached')", name="mode_is_known"),
        Index(None, "organisation_id"),
        Index(
            "uq_covering_current",
            "party_organisation_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
        Index(
            "uq_covering_own_current",
            "organisation_id",
            unique=True,
            sqlite_where=text("mode = 'alone' AND to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("mode = 'alone' AND to_on IS NULL AND corrected_at IS NULL"),
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


class Application(Base):
    """A unit applied to form a Party organisation; the answer is due within a month."""

    __tablename__ = "application"
    __table_args__ = (
        CheckConstraint("decided_on >= applied_on", name="decided_after_applied"),
        CheckConstraint("outcome IN ('approved', 'refused')", name="outcome_is_known"),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    applied_on: Mapped[date]
    decided_on: Mapped[date | None]
    outcome: Mapped[str | None]
    party_organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("party_organisation.id"), comment="what was formed"
    )
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Hire(Base):
    """A member came to an organisation: when hired, when identified. No person is in here."""

    __tablename__ = "hire"
    __table_args__ = (
        CheckConstraint("identified_on >= hired_on", name="identified_after_hired"),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    hired_on: Mapped[date]
    identified_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class RelationTransfer(Base):
    """A member's relation was asked to move to an organisation, and moved. No person is in here."""

    __tablename__ = "relation_transfer"
    __table_args__ = (
        CheckConstraint("done_on >= asked_on", name="done_after_asked"),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    asked_on: Mapped[date]
    letter_on: Mapped[date | None] = mapped_column(comment="the introduction letter was issued")
    valid_until: Mapped[date | None] = mapped_column(comment="the letter's last day")
    done_on: Mapped[date | None]
    receipt_on: Mapped[date | None] = mapped_column(comment="the receipt went back")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
