"""Members and candidates, sealed: who they are opens only with keys that are not in here.

No number, birth date, telephone or photo has a column. What is kept of somebody who declined, or
did not answer, is a token that says for a time: do not ask.
"""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id

#: A key's short name.
KeyId = String(16)
#: An HMAC as hexadecimal digits.
Hmac = String(64)


class MembershipGround(Base):
    """What a confirmed membership stands on: the person's declaration, or an official transfer."""

    __tablename__ = "membership_ground"
    __table_args__ = (
        CheckConstraint("basis IN ('declaration', 'official_transfer')", name="basis_is_known"),
        # Only so that a membership can point at a ground of its own person and organisation.
        UniqueConstraint("id", "organisation_id", "person_key"),
        Index(None, "organisation_id", "person_key"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    person_key: Mapped[str] = mapped_column(Hmac, comment="HMAC of the document number")
    basis: Mapped[str] = mapped_column(comment="declaration or official_transfer")
    on: Mapped[date] = mapped_column("on_day")
    by: Mapped[str] = mapped_column("recorded_by", comment="an office or account, or: person")
    learned_at: Mapped[datetime]


class Membership(Base):
    """A candidate, or a member of an organisation who declared or was transferred; name sealed."""

    __tablename__ = "membership"
    __table_args__ = (
        CheckConstraint("status IN ('full', 'probationary')", name="status_is_known"),
        CheckConstraint(
            "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out', "
            "'left', 'withdrawn')",
            name="state_is_known",
        ),
        # Nobody is confirmed without a ground; that it is this person's own, the key below holds.
        CheckConstraint(
            "state IN ('candidate', 'declared', 'left', 'withdrawn') OR "
            "(ground_id IS NOT NULL AND person_key IS NOT NULL)",
            name="confirmed_has_a_ground",
        ),
        # Nobody who is not confirmed stays without a day on which they go.
        CheckConstraint(
            "(state <> 'candidate' AND state <> 'declared') OR expires_on IS NOT NULL",
            name="pending_expires",
        ),
        # Who withdrew is forgotten; the dated steps alone tell what was counted.
        CheckConstraint(
            "state <> 'withdrawn' OR (person_key IS NULL AND sealed_name IS NULL "
            "AND ground_id IS NULL AND hired_on IS NULL AND code_hash IS NULL)",
            name="withdrawn_is_nobody",
        ),
        ForeignKeyConstraint(
            ["ground_id", "organisation_id", "person_key"],
            [
                "membership_ground.id",
                "membership_ground.organisation_id",
                "membership_ground.person_key",
            ],
            name="fk_membership_ground_of_its_own",
        ),
        Index(
            "uq_membership_current",
            "organisation_id",
            "person_key",
            unique=True,
            # Declarations may be several: a second one must be answered as the first, else a
            # stranger who knows a number would learn whether its owner has declared.
            sqlite_where=text("state IN ('candidate', 'confirmed', 'relation_in', 'relation_out')"),
            postgresql_where=text(
                "state IN ('candidate', 'confirmed', 'relation_in', 'relation_out')"
            ),
        ),
        Index(None, "person_key"),
        Index(None, "expires_on"),
        UniqueConstraint("code_hash"),
        # A number is never given again: records of looks hold it after the row is gone.
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    organisation_id: Mapped[int] = mapped_column(Id, ForeignKey("organisation.id"))
    person_key: Mapped[str | None] = mapped_column(Hmac, comment="HMAC of the document number")
    person_key_id: Mapped[str | None] = mapped_column(KeyId, comment="the key it was made with")
    sealed_name: Mapped[str | None] = mapped_column(
        comment="ChaCha20-Poly1305, bound to organisation and person; base64"
    )
    sealed_key_id: Mapped[str | None] = mapped_column(KeyId, comment="the key that opens it")
    ask_token: Mapped[str | None] = mapped_column(
        Hmac, comment="the token of do_not_ask, should the person decline or not answer"
    )
    status: Mapped[str] = mapped_column(comment="full or probationary")
    state: Mapped[str] = mapped_column(comment="of liangxin.membership")
    ground_id: Mapped[int | None] = mapped_column(Id, comment="what the confirmation stands on")
    hired_on: Mapped[date | None]
    expires_on: Mapped[date | None] = mapped_column(comment="who is not confirmed is deleted on it")
    code_hash: Mapped[str | None] = mapped_column(
        Hmac, comment="SHA-256 of the code with which the person sees, corrects or withdraws"
    )
    receipt: Mapped[str | None] = mapped_column(
        comment="the code's first letters, which open nothing; the person says them"
    )
    relation_said: Mapped[str | None] = mapped_column(
        comment="where the person says the relation is; of liangxin.declaring"
    )
    roster_on: Mapped[date | None] = mapped_column(
        comment="the employer's newest list that named the person as a member"
    )
    absent_on: Mapped[date | None] = mapped_column(
        comment="the employer's list of this day no longer has the person"
    )
    hire_id: Mapped[int | None] = mapped_column(Id, ForeignKey("hire.id"))
    transfer_id: Mapped[int | None] = mapped_column(Id, ForeignKey("relation_transfer.id"))
    learned_at: Mapped[datetime]


class MembershipStep(Base):
    """What happened to a membership: dated, with its basis and who recorded it."""

    __tablename__ = "membership_step"
    __table_args__ = (
        CheckConstraint("status IN ('full', 'probationary')", name="status_is_known"),
        Index(None, "membership_id"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    membership_id: Mapped[int] = mapped_column(Id, ForeignKey("membership.id"))
    state: Mapped[str] = mapped_column(comment="after it")
    status: Mapped[str] = mapped_column(comment="after it: full or probationary")
    basis: Mapped[str] = mapped_column(comment="of liangxin.membership")
    counts: Mapped[bool] = mapped_column(
        comment="after it; false: a person in two organisations counts at the other one"
    )
    on: Mapped[date] = mapped_column("on_day")
    by: Mapped[str] = mapped_column("recorded_by", comment="an office or account, or: person")
    learned_at: Mapped[datetime]


class DoNotAsk(Base):
    """Somebody, whom nobody can name from this, is not to be asked until a day; no reason is kept."""

    __tablename__ = "do_not_ask"
    __table_args__ = (Index(None, "until_on"),)
    token: Mapped[str] = mapped_column(Hmac, primary_key=True)
    until_on: Mapped[date] = mapped_column(comment="the first day on which asking is allowed again")
