"""Runs, what became of every row of them, and the jobs that start them."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id, Uscc


class Run(Base):
    """One load of one source, and what became of every row."""

    __tablename__ = "run"
    __table_args__ = (
        CheckConstraint("rows = accepted + refused + skipped", name="no_row_vanishes"),
        CheckConstraint(
            "accepted = new + changed + unchanged", name="every_accepted_row_has_an_outcome"
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    as_of: Mapped[date] = mapped_column(comment="the day the file describes")
    district_code: Mapped[str | None] = mapped_column(Code)
    rows: Mapped[int]
    accepted: Mapped[int]
    refused: Mapped[int]
    skipped: Mapped[int]
    new: Mapped[int]
    changed: Mapped[int]
    unchanged: Mapped[int]
    missing: Mapped[int]
    located: Mapped[int]
    seconds: Mapped[float] = mapped_column(Float)
    learned_at: Mapped[datetime] = mapped_column(comment="when the register learned all of it")
    prepared_by: Mapped[str | None] = mapped_column(
        comment="fingerprint of the program, lists and settings that read the rows"
    )
    undone_at: Mapped[datetime | None] = mapped_column(comment="taken back; nothing of it holds")


class RunFile(Base):
    """Which landed bytes a run read, in order."""

    __tablename__ = "run_file"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    origin: Mapped[str]
    row_offset: Mapped[int] = mapped_column(
        comment="a file_row of the run minus this is the row of this file"
    )
    columns: Mapped[str | None] = mapped_column(
        comment="JSON: our field -> the file's header, as the run read it"
    )


class RefusedRow(Base):
    """An input row not taken: which rule, which cell, what value, what to do."""

    __tablename__ = "refused_row"
    __table_args__ = (Index(None, "run_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    file_row: Mapped[int] = mapped_column(
        comment="as a spreadsheet numbers it, plus the file's row_offset"
    )
    rule: Mapped[str]
    column_name: Mapped[str] = mapped_column(comment="the file's own header")
    value: Mapped[str]
    message: Mapped[str]
    message_en: Mapped[str]
    owner: Mapped[str] = mapped_column(comment="role that can clear it")
    uscc: Mapped[str | None] = mapped_column(Uscc, comment="whom the row names, if that is good")


class RunRule(Base):
    """How many rows of a run broke a rule; a rule that only warns refuses nothing."""

    __tablename__ = "run_rule"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    severity: Mapped[str] = mapped_column(comment="refuse or warn")
    rows: Mapped[int]


class RunMeasure(Base):
    """What a run's rows were like as a whole, for the next run of its source to be held against."""

    __tablename__ = "run_measure"
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"), primary_key=True)
    measure: Mapped[str] = mapped_column(
        primary_key=True, comment="empty.address, ownership.NONPUBLIC, …: ingest.profile"
    )
    value: Mapped[float] = mapped_column(Float, comment="a share of the run's rows, or a count")


class SkippedRow(Base):
    """An input row that needed nothing done, and why (it repeats another row)."""

    __tablename__ = "skipped_row"
    __table_args__ = (Index(None, "run_id"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
    file_row: Mapped[int]
    reason: Mapped[str]


class Job(Base):
    """One piece of work on one source: landing and loading what is there."""

    __tablename__ = "job"
    __table_args__ = (
        Index(
            "uq_job_open",
            "source",
            unique=True,
            sqlite_where=text("finished_at IS NULL"),
            postgresql_where=text("finished_at IS NULL"),
        ),
        Index(None, "source"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source: Mapped[str] = mapped_column(comment="name of the source file")
    state: Mapped[str] = mapped_column(comment="waiting, running, retrying, done or failed")
    worker: Mapped[str | None] = mapped_column(comment="host and process that has or had it")
    attempts: Mapped[int] = mapped_column(comment="how often it was begun")
    delivery: Mapped[str | None] = mapped_column(
        comment="hash of the dropped files it is about; null: a crawl, or nothing dropped"
    )
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None] = mapped_column(comment="of the latest attempt")
    again_at: Mapped[datetime | None] = mapped_column(comment="retrying: not before")
    finished_at: Mapped[datetime | None]
    rows: Mapped[int] = mapped_column(comment="of all its runs")
    message_zh: Mapped[str | None]
    message_en: Mapped[str | None]


class DeliveredFile(Base):
    """A file of a source that is not landed, for it is about people: known again by its hash."""

    __tablename__ = "delivered_file"
    source_id: Mapped[int] = mapped_column(
        ForeignKey("source.id"), primary_key=True, autoincrement=False
    )
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id", ondelete="CASCADE"))
