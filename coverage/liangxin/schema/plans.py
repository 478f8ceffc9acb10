"""Instructors' offers, what is said of pairs, plans with their locks, and visits."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id

_CURRENT = text("to_on IS NULL AND corrected_at IS NULL")


class InstructorOffer(Base):
    """What an instructor can take on, from a day on; they and whoever sends them agree, or not."""

    __tablename__ = "instructor_offer"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint("capacity >= 0", name="capacity_is_a_count"),
        CheckConstraint("hours >= 0", name="hours_are_a_count"),
        Index(
            "uq_instructor_offer_current",
            "instructor_id",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(Id, ForeignKey("instructor.id"))
    capacity: Mapped[int | None] = mapped_column(
        comment="organisations; null: as the rule set says"
    )
    hours: Mapped[int | None] = mapped_column(comment="a month; null: as the rule set says")
    community_code: Mapped[str | None] = mapped_column(Code, comment="where they live or work")
    place: Mapped[str | None] = mapped_column(comment="building, park or market they work in")
    sectors: Mapped[str | None] = mapped_column(comment="industries they know, one a line")
    is_district_wide: Mapped[bool] = mapped_column(comment="not of their own sub-district alone")
    is_willing: Mapped[bool] = mapped_column(comment="they, and whoever sends them, agree")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class PairWord(Base):
    """What holds between an instructor and an organisation: agreed, refused, a tie, or nothing more."""

    __tablename__ = "pair_word"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        CheckConstraint(
            "says IN ('agreed', 'organisation_declined', 'person_declined', 'tie', 'nothing')",
            name="says_is_known",
        ),
        Index(None, "organisation_id"),
        Index(
            "uq_pair_word_current",
            "instructor_id",
            "organisation_id",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(Id, ForeignKey("instructor.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    says: Mapped[str] = mapped_column(
        comment="agreed, organisation_declined, person_declined, tie (pay or business), nothing"
    )
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Plan(Base):
    """A plan the checker accepted, what it states, and where it stands in its life."""

    __tablename__ = "plan"
    __table_args__ = (
        CheckConstraint("kind IN ('instructors', 'branches')", name="kind_is_known"),
        CheckConstraint(
            "state IN ('proposed', 'approved', 'in_force', 'replaced', 'dropped')",
            name="state_is_known",
        ),
        CheckConstraint("(state = 'proposed') OR (decided_on IS NOT NULL)", name="decided_when"),
        CheckConstraint(
            "(state IN ('in_force', 'replaced')) = (in_force_from IS NOT NULL)",
            name="in_force_since",
        ),
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
    says: Mapped[str] = mapped_column(comment="what is proven, Chinese, a line, English")
    after_plan_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("plan.id"), comment="the plan whose pairs or groups it keeps where it can"
    )
    made_by: Mapped[str] = mapped_column(comment="an office or account")
    decided_by: Mapped[str | None] = mapped_column(comment="who approved or dropped it")
    decided_on: Mapped[date | None]
    in_force_from: Mapped[date | None]
    learned_at: Mapped[datetime]
    told: Mapped[str | None] = mapped_column(
        comment="JSON: distances, alternatives and warnings, which only planning knows; no count of members"
    )


class PlanMaking(Base):
    """A plan that somebody asked for at a page, and what became of it."""

    __tablename__ = "plan_making"
    __table_args__ = (
        CheckConstraint("kind IN ('instructors', 'branches')", name="kind_is_known"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state_is_known"),
        CheckConstraint(
            "(state IN ('done', 'failed')) = (ended_at IS NOT NULL)", name="ended_when"
        ),
        CheckConstraint("(state = 'failed') = (message_zh IS NOT NULL)", name="failed_why"),
        Index(
            "uq_plan_making_open",
            "scope",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="instructors or branches")
    scope: Mapped[str] = mapped_column(comment="as of a plan; one at a time is made for it")
    state: Mapped[str] = mapped_column(comment="waiting, running, done or failed")
    as_of: Mapped[date]
    seconds: Mapped[int] = mapped_column(comment="no further improvement is begun after so many")
    seed: Mapped[int]
    keep_first: Mapped[bool] = mapped_column(comment="what holds is kept wherever that can be")
    after_plan_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("plan.id"), comment="the plan to be made again"
    )
    by: Mapped[str] = mapped_column("asked_by", comment="an account")
    role: Mapped[str] = mapped_column(comment="in which it was asked")
    stage: Mapped[str | None] = mapped_column(comment="what is done now, and its numbers")
    plan_id: Mapped[int | None] = mapped_column(Id, ForeignKey("plan.id"), comment="what was made")
    message_zh: Mapped[str | None] = mapped_column(comment="why it failed")
    message_en: Mapped[str | None]
    asked_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class PlanItem(Base):
    """One organisation of a plan: its instructor or group, or why it has none."""

    __tablename__ = "plan_item"
    __table_args__ = (
        UniqueConstraint("plan_id", "organisation_id"),
        CheckConstraint(
            "(left_over IS NULL) = (instructor_id IS NOT NULL OR group_number IS NOT NULL)",
            name="planned_or_left_over",
        ),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[int] = mapped_column(Id, ForeignKey("plan.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    instructor_id: Mapped[int | None] = mapped_column(Id, ForeignKey("instructor.id"))
    group_number: Mapped[int | None] = mapped_column(comment="of a joint branch in this plan")
    party_organisation_id: Mapped[int | None] = mapped_column(
        Id,
        ForeignKey("party_organisation.id"),
        comment="the joint branch it joins, if there is one",
    )
    left_over: Mapped[str | None] = mapped_column(comment="code of the reason why it has nobody")
    reasons: Mapped[str] = mapped_column(comment="codes of why, separated by spaces")
    was_instructor_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("instructor.id"), comment="who held when it was made, the newest of them"
    )
    change: Mapped[str | None] = mapped_column(comment="code of the reason why that changed")


class PlanLock(Base):
    """What somebody decided by hand; every plan made from then on respects it until it is removed."""

    __tablename__ = "plan_lock"
    __table_args__ = (
        CheckConstraint(
            "says IN ('must', 'never', 'together', 'apart', 'alone')", name="says_is_known"
        ),
        CheckConstraint(
            "(says IN ('must', 'never')) = (instructor_id IS NOT NULL)", name="names_an_instructor"
        ),
        CheckConstraint(
            "(says IN ('together', 'apart')) = (other_organisation_id IS NOT NULL"
            " OR party_organisation_id IS NOT NULL)",
            name="names_another",
        ),
        Index(None, "organisation_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    says: Mapped[str] = mapped_column(comment="must, never; together, apart, alone")
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    instructor_id: Mapped[int | None] = mapped_column(Id, ForeignKey("instructor.id"))
    other_organisation_id: Mapped[int | None] = mapped_column(Id, ForeignKey("organisation.id"))
    party_organisation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("party_organisation.id"), comment="a joint branch there is"
    )
    by: Mapped[str] = mapped_column("set_by", comment="an office or account")
    learned_at: Mapped[datetime]


class Visit(Base):
    """An instructor went to an organisation; what was said there is not kept."""

    __tablename__ = "visit"
    __table_args__ = (
        CheckConstraint("kind IN ('visit', 'talk')", name="kind_is_known"),
        Index(None, "organisation_id", "on_day"),
        Index(None, "instructor_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    instructor_id: Mapped[int] = mapped_column(Id, ForeignKey("instructor.id"))
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    on: Mapped[date] = mapped_column("on_day")
    kind: Mapped[str] = mapped_column(comment="visit, or the yearly talk")
    by: Mapped[str] = mapped_column("recorded_by", comment="an office or account")
    note: Mapped[str | None] = mapped_column(
        comment="one of liangxin.visits.NOTES: what is to be done next, never what was said"
    )
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class CommunityNeighbour(Base):
    """Two communities that lie side by side; the smaller code first."""

    __tablename__ = "community_neighbour"
    __table_args__ = (CheckConstraint("one < other", name="smaller_first"),)
    one: Mapped[str] = mapped_column(Code, primary_key=True)
    other: Mapped[str] = mapped_column(Code, primary_key=True)
    learned_at: Mapped[datetime]
