"""Other offices, what went to them and came from them, and who may read the feed."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id


class ExchangeOffice(Base):
    """Another office whose card was accepted: packages from it are opened, packages go to it."""

    __tablename__ = "exchange_office"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    sign_key: Mapped[str] = mapped_column(String(64), comment="public, Ed25519, hexadecimal")
    encrypt_key: Mapped[str] = mapped_column(String(64), comment="public, X25519, hexadecimal")
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    trusted_at: Mapped[datetime]
    acknowledged: Mapped[str | None] = mapped_column(
        comment="cursor up to which it has told us that it opened our packages"
    )


class ExchangePackage(Base):
    """One package that went to another office, or came from it and was opened."""

    __tablename__ = "exchange_package"
    __table_args__ = (
        CheckConstraint("direction IN ('sent', 'opened')", name="direction_is_known"),
        Index(
            "uq_exchange_package_content", "office_id", "direction", "content_sha256", unique=True
        ),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("exchange_office.id"))
    direction: Mapped[str] = mapped_column(comment="sent or opened")
    serial: Mapped[int] = mapped_column(comment="the sender's number, from 1 for each receiver")
    content_sha256: Mapped[str] = mapped_column(String(64), comment="of the encrypted content")
    cursor_from: Mapped[str] = mapped_column(comment="means something to the sender alone")
    cursor_to: Mapped[str]
    handled_at: Mapped[datetime]
    acknowledged: Mapped[bool] = mapped_column(comment="of one sent: the receiver opened it")
    run_id: Mapped[int | None] = mapped_column(
        ForeignKey("run.id"), comment="of one opened: the run that loaded it"
    )


class FieldStamp(Base):
    """Who first said a value that came by exchange, and when; values of our own have none here."""

    __tablename__ = "field_stamp"
    __table_args__ = (
        Index("uq_field_stamp_field", "organisation_id", "field", unique=True),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, comment="grows with every renewal")
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    field: Mapped[str] = mapped_column(comment="*: every field without a stamp of its own")
    value: Mapped[str | None] = mapped_column(comment="of * null: the first values stand for it")
    from_on: Mapped[date] = mapped_column(comment="true since, as its origin says")
    learned_at: Mapped[datetime] = mapped_column(comment="when its origin learned it")
    office: Mapped[str] = mapped_column(comment="its origin, kept through every hop")
    source: Mapped[str] = mapped_column(comment="the origin's source")
    run_id: Mapped[int] = mapped_column(
        ForeignKey("run.id"), comment="changes by later runs came after it"
    )


class PackageWord(Base):
    """What a package told of an organisation since a day, kept for histories that are told anew."""

    __tablename__ = "package_word"
    __table_args__ = (Index(None, "organisation_id"), Index(None, "kept_by"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    told: Mapped[str] = mapped_column(comment="JSON: field -> value")
    from_on: Mapped[date] = mapped_column(
        comment="true since, as its origin says; 0001-01-01: as it was before all that is told"
    )
    learned_at: Mapped[datetime] = mapped_column(comment="when its origin learned it")
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="that opened the package")
    kept_by: Mapped[int] = mapped_column(ForeignKey("run.id"), comment="that wrote this down")


class FactStamp(Base):
    """Who first said a screening, Party organisation, covering or headcount that came by exchange."""

    __tablename__ = "fact_stamp"
    __table_args__ = (
        Index("uq_fact_stamp_row", "kind", "row_id", unique=True),
        Index(None, "run_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True, comment="grows with every renewal")
    kind: Mapped[str] = mapped_column(comment="the table that row_id is of")
    row_id: Mapped[int] = mapped_column(Id)
    learned_at: Mapped[datetime] = mapped_column(comment="when its origin learned it")
    office: Mapped[str] = mapped_column(comment="its origin, kept through every hop")
    retracted: Mapped[bool] = mapped_column(comment="its origin took it back")
    ends_with_next: Mapped[bool] = mapped_column(
        comment="its origin gave no end; to_on is where the next one begins"
    )
    run_id: Mapped[int] = mapped_column(ForeignKey("run.id"))


class FeedToken(Base):
    """A key to the feed of changes, by its hash alone: whoever reads this table holds no key."""

    __tablename__ = "feed_token"
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True, comment="who holds it")
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
