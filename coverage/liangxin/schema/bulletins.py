"""Bulletins: reports as they were issued, with all their figures; made again they are the same."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base


class Bulletin(Base):
    """One report, frozen: whatever the register learns later, its figures stay."""

    __tablename__ = "bulletin"
    __table_args__ = (
        CheckConstraint("kind IN ('monthly', 'half-year', 'annual')", name="kind_is_known"),
        Index(None, "as_of"),
    )
    id: Mapped[str] = mapped_column(
        String(16), primary_key=True, comment="begins the hash of its content"
    )
    kind: Mapped[str] = mapped_column(comment="monthly, half-year or annual")
    scope: Mapped[str] = mapped_column(comment="codes of sub-districts; empty: the district")
    as_of: Mapped[date]
    rule_set: Mapped[str]
    content: Mapped[str] = mapped_column(comment="JSON: every figure in it")
    learned_at: Mapped[datetime]
