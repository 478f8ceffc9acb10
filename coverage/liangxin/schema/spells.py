"""Spells: what is told once from dated facts, so that a day's rates are one walk along an index.

Nothing here is a fact. Whatever touches a fact notes its organisation in ``spell_due`` (triggers
of the database do it, so that no writer can forget), and ``liangxin.spells`` tells it anew.
"""

from datetime import date

from sqlalchemy import Index, SmallInteger, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id
from liangxin.schema.work import GridCode


class Situation(Base):
    """One way to count: everything that decides whether an organisation is in a rate, but where."""

    __tablename__ = "situation"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str]
    ownership: Mapped[str]
    status: Mapped[str | None]
    unincorporated: Mapped[int] = mapped_column(SmallInteger)
    state: Mapped[str | None] = mapped_column(comment="null: never screened")
    alone: Mapped[int] = mapped_column(SmallInteger)
    joint: Mapped[int] = mapped_column(SmallInteger)
    attached: Mapped[int] = mapped_column(SmallInteger)
    active: Mapped[int] = mapped_column(SmallInteger)
    level: Mapped[int] = mapped_column(SmallInteger)
    instructed: Mapped[int] = mapped_column(SmallInteger)
    staff: Mapped[int | None]
    full_members: Mapped[int | None]
    members: Mapped[int | None]
    fixed_place: Mapped[int | None] = mapped_column(SmallInteger)
    above_scale: Mapped[int | None] = mapped_column(SmallInteger)


class Spell(Base):
    """A stretch of days in which an organisation counted in one way and at one place."""

    __tablename__ = "spell"
    __table_args__ = (
        Index("ix_spell_walk", "subdistrict_code", "situation_id", "from_on", "to_on"),
        # PostgreSQL reads a whole table before a long index; of short ones it reads no table at all.
        Index(
            "ix_spell_open",
            "subdistrict_code",
            "situation_id",
            "from_on",
            postgresql_where=text("to_on IS NULL"),
        ).ddl_if(dialect="postgresql"),
        Index(
            "ix_spell_past",
            "to_on",
            "from_on",
            "subdistrict_code",
            "situation_id",
            postgresql_where=text("to_on IS NOT NULL"),
        ).ddl_if(dialect="postgresql"),
        {"sqlite_with_rowid": False},
    )
    # No foreign keys: millions are written at once, and a trigger takes them away with theirs.
    organisation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    to_on: Mapped[date | None] = mapped_column(comment="the next one begins; null: none does")
    subdistrict_code: Mapped[str | None] = mapped_column(Code)
    community_code: Mapped[str | None] = mapped_column(Code)
    grid_code: Mapped[str | None] = mapped_column(GridCode)
    situation_id: Mapped[int]


class SpellDue(Base):
    """An organisation some fact of which changed since its spells were told."""

    __tablename__ = "spell_due"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012
    organisation_id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
