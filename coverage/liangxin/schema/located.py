"""Where addresses are that do not say it themselves: what people decided, and what follows from it.

``location_decision`` is a fact. ``located`` is none: ``ingest.relocating`` tells it anew from the
addresses, the divisions and the decisions, whenever one of them changed (decision 0030). It is
dated as facts are, so that a past figure can be told as it was known then.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Float, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id


class LocationDecision(Base):
    """What a person decided about all addresses of one building, door, road or wording."""

    __tablename__ = "location_decision"
    __table_args__ = (
        CheckConstraint("kind IN ('place', 'door', 'road', 'address')", name="kind_is_known"),
        Index(
            "uq_location_decision_current",
            "district_code",
            "kind",
            "pattern",
            unique=True,
            sqlite_where=text("corrected_at IS NULL"),
            postgresql_where=text("corrected_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    district_code: Mapped[str] = mapped_column(Code)
    kind: Mapped[str] = mapped_column(comment="place, door (road and number), road, or address")
    pattern: Mapped[str] = mapped_column(comment="what the address names, as it is compared")
    subdistrict_code: Mapped[str] = mapped_column(Code)
    community_code: Mapped[str | None] = mapped_column(Code)
    decided_by: Mapped[str] = mapped_column(comment="an office or account, no private person")
    from_on: Mapped[date] = mapped_column(comment="the day it was decided")
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]


class Located(Base):
    """Where one address of an organisation is that does not say so, or what is asked about it."""

    __tablename__ = "located"
    __table_args__ = (
        CheckConstraint("which IN ('registered', 'operating')", name="which_is_known"),
        Index(
            "uq_located_current",
            "organisation_id",
            "which",
            "from_on",
            unique=True,
            sqlite_where=text("corrected_at IS NULL"),
            postgresql_where=text("corrected_at IS NULL"),
        ),
        Index(
            "ix_located_open",
            "district_code",
            "kind",
            "pattern",
            sqlite_where=text("corrected_at IS NULL"),
            postgresql_where=text("corrected_at IS NULL"),
        ),
    )
    # No foreign key: a trigger takes it away with its organisation, as spells.
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id)
    which: Mapped[str] = mapped_column(comment="the registered address, or where it operates")
    from_on: Mapped[date] = mapped_column(comment="the address holds from this day")
    to_on: Mapped[date | None]
    district_code: Mapped[str] = mapped_column(Code)
    kind: Mapped[str] = mapped_column(comment="of location_decision: what a decision would be of")
    pattern: Mapped[str]
    subdistrict_code: Mapped[str | None] = mapped_column(Code, comment="null: somebody must decide")
    community_code: Mapped[str | None] = mapped_column(Code)
    place: Mapped[str | None] = mapped_column(comment="the building the address names")
    method: Mapped[str | None]
    confidence: Mapped[float | None] = mapped_column(Float)
    reason_zh: Mapped[str]
    reason_en: Mapped[str]
    guesses: Mapped[str | None] = mapped_column(
        comment="JSON: [code, share, Chinese, English] of each candidate; null: placed"
    )
    learned_at: Mapped[datetime]
    corrected_at: Mapped[datetime | None]
