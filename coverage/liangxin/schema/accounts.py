"""Accounts, their sessions and recovery codes, and the log of what was done, each row chained to the one before."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from liangxin.schema.base import Base, Id

Hash = String(64)


class Account(Base):
    """Somebody who signs in: a name at work, a role, and the sub-districts or communities in scope."""

    __tablename__ = "account"
    __table_args__ = (
        CheckConstraint("state IN ('invited', 'active', 'disabled')", name="state_is_known"),
        CheckConstraint("failures >= 0", name="failures_are_a_count"),
    )
    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True, comment="what is typed to sign in")
    role: Mapped[str] = mapped_column(comment="of liangxin.access.Role")
    scope: Mapped[str] = mapped_column(
        comment="codes of sub-districts or communities, separated by spaces; empty: the district"
    )
    granted_by: Mapped[str | None] = mapped_column(
        comment="who gave it this role; null: it was only asked for, and lets nobody in"
    )
    state: Mapped[str] = mapped_column(comment="invited, active or disabled")
    password: Mapped[str | None] = mapped_column(comment="Argon2id, with its salt and costs")
    second_factor: Mapped[str | None] = mapped_column(
        comment="sealed secret of time-based codes; the key is not in the database"
    )
    second_factor_step: Mapped[int | None] = mapped_column(
        comment="the last code's half minute: no code is taken twice"
    )
    link: Mapped[str | None] = mapped_column(Hash, unique=True, comment="hash of a one-time link")
    link_until: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(comment="since the last sign-in that worked")
    locked_until: Mapped[datetime | None]
    seen_on: Mapped[date] = mapped_column(comment="last signed in, or made")
    made_at: Mapped[datetime]


class AccountSession(Base):
    """One signed-in browser, by the hash of what its cookie holds."""

    __tablename__ = "account_session"
    __table_args__ = (Index(None, "account_id"),)
    token: Mapped[str] = mapped_column(Hash, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"))
    is_whole: Mapped[bool] = mapped_column(
        comment="the second factor was given, where one is asked"
    )
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]


class RecoveryCode(Base):
    """A code on paper that stands in once for the second factor."""

    __tablename__ = "recovery_code"
    hash: Mapped[str] = mapped_column(Hash, primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("account.id"), index=True)


class StrangerName(Base):
    """A name that no account has and somebody tried to sign in with: it locks as an account does.

    The name itself is not kept: it may be a password, or a person's number, in the wrong field.
    """

    __tablename__ = "stranger_name"
    __table_args__ = (Index(None, "tried_at"),)
    hash: Mapped[str] = mapped_column(Hash, primary_key=True, comment="keyed; the key is elsewhere")
    failures: Mapped[int] = mapped_column(comment="in a row")
    locked_until: Mapped[datetime | None]
    tried_at: Mapped[datetime]


class AuditEntry(Base):
    """One thing that was done or refused, by whom; its hash covers the row and the hash before it."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "at"), Index(None, "by_account"))
    number: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(
        "by_account", comment="an account, a command's office, or nobody"
    )
    role: Mapped[str]
    action: Mapped[str] = mapped_column(comment="of liangxin.audit.ACTIONS")
    about: Mapped[str] = mapped_column(comment="what it was done to; never a person's name")
    purpose: Mapped[str] = mapped_column(comment="why a person was looked at; else empty")
    hash: Mapped[str] = mapped_column(Hash)
