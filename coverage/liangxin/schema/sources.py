"""Divisions, sources, and what has landed of them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Code, Id


class Meta(Base):
    """A few facts about this register itself, e.g. that it is the demo."""

    __tablename__ = "meta"
    key: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]


class Division(Base):
    """A province, city, district, sub-district or community, kept by date."""

    __tablename__ = "division"
    __table_args__ = (
        CheckConstraint("to_on > from_on", name="ends_after_it_starts"),
        Index(
            "uq_division_code_current",
            "code",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        Index(None, "parent_code"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(Code)
    name: Mapped[str]
    level: Mapped[str] = mapped_column(comment="province, city, district, subdistrict or community")
    parent_code: Mapped[str | None] = mapped_column(Code)
    from_on: Mapped[date | None] = mapped_column(comment="null: since before the list we have")
    to_on: Mapped[date | None]
    learned_at: Mapped[datetime]


class Source(Base):
    """A publisher's feed, by the name of its source file."""

    __tablename__ = "source"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)


class LandedFile(Base):
    """Bytes kept under their hash, and where they first came from."""

    __tablename__ = "landed_file"
    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    origin: Mapped[str]
    landed_at: Mapped[datetime]


class Crawl(Base):
    """One visit to a publisher: pages land one by one, the crawl is whole or it is not used."""

    __tablename__ = "crawl"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    state: Mapped[str] = mapped_column(comment="running, finished or failed")
    items: Mapped[int] = mapped_column(server_default=text("0"))
    stated_total: Mapped[int | None] = mapped_column(comment="how many the publisher says it has")
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    reason: Mapped[str | None]


class CrawlPage(Base):
    """One landed page of a crawl."""

    __tablename__ = "crawl_page"
    crawl_id: Mapped[int] = mapped_column(
        ForeignKey("crawl.id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    url: Mapped[str]
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    items: Mapped[int]
    landed_at: Mapped[datetime]


class HttpValidator(Base):
    """What a publisher's server said to ask with next time, and the bytes it was about."""

    __tablename__ = "http_validator"
    url: Mapped[str] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"), primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None] = mapped_column(comment="as the server wrote it")
    sha256: Mapped[str] = mapped_column(ForeignKey("landed_file.sha256"))
    checked_at: Mapped[datetime]
