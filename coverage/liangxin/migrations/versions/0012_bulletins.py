"""bulletins.

Revision: 0012
Follows: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("id", sa.String(16), primary_key=True, comment="begins the hash of its content"),
        sa.Column("kind", sa.Text(), nullable=False, comment="monthly, half-year or annual"),
        sa.Column(
            "scope",
            sa.Text(),
            nullable=False,
            comment="codes of sub-districts; empty: the district",
        ),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("rule_set", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: every figure in it"),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('monthly', 'half-year', 'annual')", "kind_is_known"),
    )
    op.create_index("ix_bulletin_as_of", "bulletin", ["as_of"])


def downgrade() -> None:
    op.drop_table("bulletin")
