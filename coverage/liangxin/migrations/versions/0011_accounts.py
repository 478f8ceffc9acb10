"""accounts, their sessions and recovery codes, and the log.

Revision: 0011
Follows: 0010
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HASH, MOMENT = sa.String(64), sa.DateTime(timezone=True)
SCOPE = "codes of sub-districts or communities, separated by spaces; empty: the district"


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", ID, primary_key=True),
        _column("name", sa.String(60), "what is typed to sign in"),
        _column("role", sa.Text(), "of liangxin.access.Role"),
        _column("scope", sa.Text(), SCOPE),
        _column("state", sa.Text(), "invited, active or disabled"),
        _maybe("password", sa.Text(), "Argon2id, with its salt and costs"),
        _maybe(
            "second_factor",
            sa.Text(),
            "sealed secret of time-based codes; the key is not in the database",
        ),
        _maybe(
            "second_factor_step",
            sa.Integer(),
            "the last code's half minute: no code is taken twice",
        ),
        _maybe("link", HASH, "hash of a one-time link"),
        _maybe("link_until", MOMENT),
        _column("failures", sa.Integer(), "since the last sign-in that worked"),
        _maybe("locked_until", MOMENT),
        _column("seen_on", sa.Date(), "last signed in, or made"),
        _column("made_at", MOMENT),
        sa.CheckConstraint("state IN ('invited', 'active', 'disabled')", "state_is_known"),
        sa.CheckConstraint("failures >= 0", "failures_are_a_count"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("link"),
    )
    op.create_table(
        "account_session",
        sa.Column("token", HASH, primary_key=True),
        _of_account(),
        _column("is_whole", sa.Boolean(), "the second factor was given, where one is asked"),
        _column("started_at", MOMENT),
        _column("seen_at", MOMENT),
    )
    op.create_index("ix_account_session_account_id", "account_session", ["account_id"])
    op.create_table("recovery_code", sa.Column("hash", HASH, primary_key=True), _of_account())
    op.create_index("ix_recovery_code_account_id", "recovery_code", ["account_id"])
    op.create_table(
        "audit_entry",
        sa.Column("number", ID, primary_key=True, autoincrement=False),
        _column("at", MOMENT),
        _column("by_account", sa.Text(), "an account, a command's office, or nobody"),
        _column("role", sa.Text()),
        _column("action", sa.Text(), "of liangxin.audit.ACTIONS"),
        _column("about", sa.Text(), "what it was done to; never a person's name"),
        _column("purpose", sa.Text(), "why a person was looked at; else empty"),
        _column("hash", HASH),
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])
    op.create_index("ix_audit_entry_by_account", "audit_entry", ["by_account"])


def downgrade() -> None:
    for name in ("audit_entry", "recovery_code", "account_session", "account"):
        op.drop_table(name)


def _of_account() -> sa.Column[Any]:
    return sa.Column("account_id", ID, sa.ForeignKey("account.id"), nullable=False)


def _column(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, comment=comment)


def _maybe(name: str, kind: Any, comment: str | None = None) -> sa.Column[Any]:
    return sa.Column(name, kind, comment=comment)
