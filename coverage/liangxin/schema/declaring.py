"""What goes with a declaration: links to the page, consents, who looked, requests, what is kept.

None of these tables names a person. A person's code is random and kept as its hash alone, so a
consent is proved by whoever holds the code and found by nobody else.
"""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id
from liangxin.schema.members import Hmac


class DeclarationLink(Base):
    """A link to an organisation's declaration page, as its QR code holds it."""

    __tablename__ = "declaration_link"
    __table_args__ = (CheckConstraint("expires_on > from_on", name="expires_after_it_starts"),)
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    token_hash: Mapped[str] = mapped_column(Hmac, unique=True, comment="SHA-256 of the token")
    from_on: Mapped[date]
    expires_on: Mapped[date] = mapped_column(comment="the first day on which it opens nothing")
    revoked_on: Mapped[date | None]
    by: Mapped[str] = mapped_column("made_by", comment="an office or account")
    learned_at: Mapped[datetime]


class UsedForm(Base):
    """A form that was sent in once; the same again is a replay."""

    __tablename__ = "used_form"
    __table_args__ = (Index(None, "until_at"),)
    form_hash: Mapped[str] = mapped_column(Hmac, primary_key=True, comment="SHA-256 of its number")
    until_at: Mapped[datetime] = mapped_column(comment="later its signature has run out anyway")


class Consent(Base):
    """One separate consent: to what, by which text, from when to when. No person is in here."""

    __tablename__ = "consent"
    __table_args__ = (
        CheckConstraint("purpose IN ('declare', 'pass_on', 'transfer')", name="purpose_is_known"),
        CheckConstraint("withdrawn_on >= given_on", name="withdrawn_after_given"),
        UniqueConstraint("code_hash", "purpose", "given_on"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    code_hash: Mapped[str] = mapped_column(Hmac, comment="SHA-256 of the person's code")
    purpose: Mapped[str] = mapped_column(comment="declare, pass_on or transfer")
    text_version: Mapped[str] = mapped_column(comment="of the notice that was shown")
    given_on: Mapped[date]
    withdrawn_on: Mapped[date | None] = mapped_column(comment="or the membership ended")
    learned_at: Mapped[datetime]


class PersonAccess(Base):
    """Somebody opened or recorded what is kept of one person: who, why, when."""

    __tablename__ = "person_access"
    __table_args__ = (Index(None, "membership_id"), Index(None, "at"))
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    membership_id: Mapped[int] = mapped_column(Id, comment="which may be deleted by now")
    what: Mapped[str] = mapped_column(comment="viewed, recorded, seen_by_person, …")
    purpose: Mapped[str] = mapped_column(comment="of liangxin.purposes")
    by: Mapped[str] = mapped_column("done_by", comment="an office or account, or: person")
    role: Mapped[str]
    at: Mapped[datetime]


class SubjectRequest(Base):
    """Somebody asked to see, correct, delete or have explained what is kept of them."""

    __tablename__ = "subject_request"
    __table_args__ = (
        CheckConstraint("kind IN ('see', 'correct', 'delete', 'explain')", name="kind_is_known"),
        CheckConstraint("due_on >= received_on", name="due_after_received"),
        CheckConstraint("closed_on >= received_on", name="closed_after_received"),
        CheckConstraint("outcome IN ('done', 'nothing_kept', 'refused')", name="outcome_is_known"),
        CheckConstraint("(closed_on IS NULL) = (outcome IS NULL)", name="closed_with_an_outcome"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int | None] = mapped_column(Id, ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(comment="see, correct, delete or explain")
    received_on: Mapped[date]
    due_on: Mapped[date]
    closed_on: Mapped[date | None]
    outcome: Mapped[str | None] = mapped_column(comment="done, nothing_kept or refused")
    reason: Mapped[str | None] = mapped_column(comment="why it was refused; names nobody")
    by: Mapped[str] = mapped_column("received_by", comment="an office or account")
    learned_at: Mapped[datetime]


class KeptDocument(Base):
    """A text that must be shown for years: the notice with its consents, an impact assessment."""

    __tablename__ = "kept_document"
    __table_args__ = (
        CheckConstraint("kind IN ('notice', 'impact_assessment')", name="kind_is_known"),
        UniqueConstraint("kind", "version"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(comment="notice or impact_assessment")
    version: Mapped[str]
    sha256: Mapped[str] = mapped_column(Hmac)
    content: Mapped[str]
    from_on: Mapped[date]
    by: Mapped[str] = mapped_column("kept_by", comment="an office or account")
    learned_at: Mapped[datetime]
