"""Plans and what becomes of them: what instructors can take on, who says no, plans, visits."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id


class InstructorOffer(Base):
    """What an instructor can take on, since when; consent of both: the person's and the unit's."""

    __tablename__ = "instructor_offer"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("capacity >= 0", name="capacity_is_a_count"),
        Index(
            "uq_instructor_offer_current",
            "instructor_id",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructor.id"))
    capacity: Mapped[int | None] = mapped_column(
        comment="organisations; null: as the rule set says"
    )
    community_code: Mapped[str | None] = mapped_column(Code, comment="where they live or work")
    sectors: Mapped[str | None] = mapped_column(comment="industries they know, one a line")
    is_district_wide: Mapped[bool] = mapped_column(comment="not of their own sub-district alone")
    is_willing: Mapped[bool] = mapped_column(comment="they, and whoever sends them, agree")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class PairWord(Base):
    """What was said of an instructor and an organisation: a tie, a refusal, an agreement."""

    __tablename__ = "pair_word"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint(
            "says IN ('tie', 'person_declined', 'organisation_declined', 'agreed')",
            name="says_is_known",
        ),
        Index(None, "organisation_id"),
        Index(
            "uq_pair_word_current",
            "instructor_id",
            "organisation_id",
            "says",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructor.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    says: Mapped[str] = mapped_column(
        comment="tie (pay or business), person_declined, organisation_declined, agreed"
    )
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Plan(Base):
    """A plan the checker accepted, with its certificate, and where it stands."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("kind IN ('instructors', 'branches')", name="kind_is_known"),
        CheckConstraint(
            "state IN ('proposed', 'approved', 'in_force', 'replaced', 'dropped')",
            name="state_is_known",
        ),
        CheckConstraint("(state = 'proposed') OR (decided_on IS NOT NULL)", name="decided_when"),
        Index(
            "uq_plan_in_force",
            "kind",
            "scope",
            unique=True,
            sqlite_where=text("state = 'in_force'"),
            postgresql_where=text("state = 'in_force'"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="instructors or branches")
    scope: Mapped[str] = mapped_column(comment="a sub-district's code, or empty: the district")
    state: Mapped[str] = mapped_column(comment="proposed, approved, in_force, replaced or dropped")
    as_of: Mapped[date]
    rule_set: Mapped[str]
    candidate_rule: Mapped[str]
    method: Mapped[str]
    seed: Mapped[int]
    value: Mapped[str] = mapped_column(comment="a whole number, smaller is better")
    bound: Mapped[str] = mapped_column(comment="no permitted plan is below it")
    is_edited: Mapped[bool] = mapped_column(comment="changed by hand since: the proof is of before")
    made_by: Mapped[str] = mapped_column(comment="an office or account")
    decided_by: Mapped[str | None] = mapped_column(comment="who approved or dropped it")
    decided_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    learned_at: Mapped[datetime]


class PlanItem(Base):
    """One organisation of a plan: its instructor or group, or why it has none."""

    __tablename__ = "plan_item"
    __table_args__ = (
        UniqueConstraint("plan_id", "organisation_id"),
        CheckConstraint(
            "left_over IS NULL OR (instructor_id IS NULL AND group_number IS NULL)",
            name="left_over_has_nobody",
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[int] = mapped_column(Id, ForeignKey("plan.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    instructor_id: Mapped[int | None] = mapped_column(ForeignKey("instructor.id"))
    group_number: Mapped[int | None] = mapped_column(comment="of a joint branch in this plan")
    party_organisation_id: Mapped[int | None] = mapped_column(
        ForeignKey("party_organisation.id"), comment="the joint branch it joins, if there is one"
    )
    left_over: Mapped[str | None] = mapped_column(comment="code of the reason why it has nobody")
    reasons: Mapped[str] = mapped_column(comment="codes of why, separated by spaces")
    is_locked: Mapped[bool] = mapped_column(comment="stays as it is when planned again")
    is_by_hand: Mapped[bool] = mapped_column(comment="somebody chose it")


class Visit(Base):
    """An instructor went to an organisation; what was said there is not kept."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("kind IN ('visit', 'talk')", name="kind_is_known"),
        Index(None, "organisation_id", "on_day"),
        Index(None, "instructor_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(ForeignKey("instructor.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column("on_day")
    kind: Mapped[str] = mapped_column(comment="visit, or the yearly talk")
    by: Mapped[str] = mapped_column("recorded_by", comment="an office or account")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
