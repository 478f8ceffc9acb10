"""Long work that is asked for at a page and done by the worker.

Revision: 0023
Follows: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "errand",
        sa.Column("id", ID, primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False, comment="bulletin, undo, log, pack or open"),
        sa.Column("asked_by", sa.Text(), nullable=False, comment="account that asked"),
        sa.Column("role", sa.Text(), nullable=False, comment="in which it was asked"),
        sa.Column(
            "scope",
            sa.Text(),
            nullable=False,
            comment="codes of the sub-districts it may touch; empty: the whole district",
        ),
        sa.Column("what", sa.Text(), nullable=False, comment="JSON: of what; nobody's name"),
        sa.Column("state", sa.Text(), nullable=False, comment="waiting, done, failed"),
        sa.Column("told", sa.Text(), nullable=True, comment="JSON: what came of it; nobody's name"),
        sa.Column("message_zh", sa.Text(), nullable=True),
        sa.Column("message_en", sa.Text(), nullable=True),
        sa.Column("asked_at", moment, nullable=False),
        sa.Column("moved_at", moment, nullable=False, comment="when its state was last changed"),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'failed')", name=op.f("ck_errand_state_is_known")
        ),
    )
    op.create_index(op.f("ix_errand_asked_by_kind"), "errand", ["asked_by", "kind"])


def downgrade() -> None:
    op.drop_table("errand")
