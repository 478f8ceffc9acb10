"""What pages ask of the worker: files that offices hand in, and errands, each with how far it is."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id

#: ``checking`` and ``loading`` are the worker's turn, ``asked`` and ``checked`` the office's.
STATES = ("checking", "asked", "checked", "loading", "loaded", "failed", "withdrawn")
#: Of an errand: ``waiting`` is the worker's turn, the others are its end.
ERRAND_STATES = ("waiting", "done", "failed")


class HandedIn(Base):
    """One file of one office; its bytes lie in the data folder until it is loaded or withdrawn."""

    __tablename__ = "handed_in"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(each) for each in STATES)})", name="state_is_known"
        ),
        CheckConstraint("(run_id IS NULL) = (state <> 'loaded')", name="loaded_by_a_run"),
        Index(None, "scope"),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(comment="name of the source file")
    by: Mapped[str] = mapped_column("handed_by", comment="account that handed it in")
    role: Mapped[str] = mapped_column(comment="in which it was handed in")
    scope: Mapped[str] = mapped_column(
        comment="codes of the sub-districts it may touch; empty: the whole district"
    )
    file_name: Mapped[str] = mapped_column(comment="without a path and without odd characters")
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    as_of: Mapped[date] = mapped_column(comment="the day the file describes")
    state: Mapped[str] = mapped_column(comment=", ".join(STATES))
    columns: Mapped[str | None] = mapped_column(
        "given_columns", comment="JSON: our field -> header, as the office said; empty: none"
    )
    corrections: Mapped[str | None] = mapped_column(
        comment="JSON: cells the office corrected, until the worker has taken them over"
    )
    findings: Mapped[str | None] = mapped_column(
        comment="JSON: columns, rows, reasons and differences; nobody's name"
    )
    message_zh: Mapped[str | None]
    message_en: Mapped[str | None]
    run_id: Mapped[int | None] = mapped_column(Id, ForeignKey("run.id"))
    handed_at: Mapped[datetime]
    moved_at: Mapped[datetime] = mapped_column(comment="when its state was last changed")


class Errand(Base):
    """Long work that somebody asked for at a page, and that the worker does in their name."""

    __tablename__ = "errand"
    __table_args__ = (
        CheckConstraint(
            f"state IN ({', '.join(repr(each) for each in ERRAND_STATES)})", name="state_is_known"
        ),
        Index(None, "asked_by", "kind"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="bulletin, undo, log, pack or open")
    by: Mapped[str] = mapped_column("asked_by", comment="account that asked")
    role: Mapped[str] = mapped_column(comment="in which it was asked")
    scope: Mapped[str] = mapped_column(
        comment="codes of the sub-districts it may touch; empty: the whole district"
    )
    what: Mapped[str] = mapped_column(comment="JSON: of what; nobody's name")
    state: Mapped[str] = mapped_column(comment=", ".join(ERRAND_STATES))
    told: Mapped[str | None] = mapped_column(comment="JSON: what came of it; nobody's name")
    message_zh: Mapped[str | None]
    message_en: Mapped[str | None]
    asked_at: Mapped[datetime]
    moved_at: Mapped[datetime] = mapped_column(comment="when its state was last changed")
