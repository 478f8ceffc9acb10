"""The offices' work: tasks and what became of them, readiness of committees, grids."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id, Uscc

#: A grid's code: its community's twelve digits and up to four more.
GridCode = String(16)


class Task(Base):
    """Something an office must do about an organisation or Party organisation, by a day."""

    __tablename__ = "task"
    __table_args__ = (
        CheckConstraint("due_on >= opened_on", name="due_after_it_opens"),
        Index(
            "uq_task_open",
            "kind",
            "subject",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index(None, "organisation_id"),
        Index(None, "owner", "subdistrict_code"),
        # What was answered for an event is not asked again for it.
        Index(None, "kind", "subject", "because"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="of liangxin.loop")
    stage: Mapped[str] = mapped_column(comment="of its kind: what must be done now")
    turn: Mapped[int] = mapped_column(comment="how often it was handed on; each turn has its days")
    subject: Mapped[str] = mapped_column(comment="whom it is about: organisation:7, party:3, …")
    organisation_id: Mapped[int | None] = mapped_column(Id, ForeignKey("organisation.id"))
    party_organisation_id: Mapped[int | None] = mapped_column(ForeignKey("party_organisation.id"))
    subdistrict_code: Mapped[str | None] = mapped_column(Code, comment="null: for the district")
    community_code: Mapped[str | None] = mapped_column(Code)
    owner: Mapped[str] = mapped_column(comment="role that must act now")
    because: Mapped[str] = mapped_column(
        comment="the event and which one: registered, absence:7, question:3, …"
    )
    urgent: Mapped[bool]
    opened_on: Mapped[date]
    due_on: Mapped[date] = mapped_column(comment="of the turn now")
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class TaskStep(Base):
    """What happened to a task: opened, handed on, reminded, chased, escalated, answered, closed."""

    __tablename__ = "task_step"
    __table_args__ = (
        Index(None, "task_id"),
        # One matter is put to leaders once.
        Index(
            "uq_task_step_escalated",
            "task_id",
            unique=True,
            sqlite_where=text("kind = 'escalated'"),
            postgresql_where=text("kind = 'escalated'"),
        ),
        # Nobody is reminded or chased twice in one turn.
        Index(
            "uq_task_step_notice",
            "task_id",
            "turn",
            "kind",
            unique=True,
            sqlite_where=text("kind IN ('reminded', 'chased')"),
            postgresql_where=text("kind IN ('reminded', 'chased')"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"))
    turn: Mapped[int] = mapped_column(comment="of the task, after it")
    kind: Mapped[str] = mapped_column(
        comment="opened, answered, handed_on, reminded, chased, escalated or closed"
    )
    answer: Mapped[str | None] = mapped_column(comment="of liangxin.loop")
    on: Mapped[date] = mapped_column("on_day")
    by: Mapped[str] = mapped_column("done_by", comment="an office or account, or: register")
    owner: Mapped[str] = mapped_column(comment="role that must act after it")
    note: Mapped[str | None]
    at: Mapped[datetime] = mapped_column("learned_at")


class Sighting(Base):
    """What somebody of a community saw on the spot: an organisation found, moved or closed."""

    __tablename__ = "sighting"
    __table_args__ = (
        CheckConstraint(
            "(kind = 'found') = (organisation_id IS NULL)", name="only_what_is_found_is_unknown"
        ),
        Index(None, "organisation_id"),
        Index(None, "reported_by"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="found, moved or closed")
    organisation_id: Mapped[int | None] = mapped_column(
        Id, ForeignKey("organisation.id"), comment="null: it was found, and is not known yet"
    )
    name: Mapped[str] = mapped_column(comment="as reported; no person's name")
    address: Mapped[str | None]
    uscc: Mapped[str | None] = mapped_column(Uscc, comment="of what was found, if it was seen")
    subdistrict_code: Mapped[str] = mapped_column(Code)
    community_code: Mapped[str | None] = mapped_column(Code)
    note: Mapped[str | None]
    seen_on: Mapped[date]
    reported_by: Mapped[str] = mapped_column(comment="an account")
    learned_at: Mapped[datetime]


class Readiness(Base):
    """What a sub-district's committee has of what it should have, with evidence, since when."""

    __tablename__ = "readiness"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(
            "uq_readiness_current",
            "subdistrict_code",
            "item",
            unique=True,
            sqlite_where=text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=text("to_on IS NULL AND corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    subdistrict_code: Mapped[str] = mapped_column(Code)
    item: Mapped[str] = mapped_column(comment="of liangxin.readiness")
    evidence: Mapped[str]
    decided_by: Mapped[str] = mapped_column(comment="an office or account, no private person")
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Grid(Base):
    """A grid of a community: some hundreds of households under one grid worker, kept by date."""

    __tablename__ = "grid"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(
            "uq_grid_current",
            "code",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        Index(None, "community_code"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(GridCode)
    name: Mapped[str]
    community_code: Mapped[str] = mapped_column(Code)
    households: Mapped[int | None]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]
