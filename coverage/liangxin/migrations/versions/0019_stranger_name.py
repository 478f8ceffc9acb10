"""failures to sign in with names that no account has.

Revision: 0019
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stranger_name",
        sa.Column("hash", sa.String(64), primary_key=True, comment="keyed; the key is elsewhere"),
        sa.Column("failures", sa.Integer(), nullable=False, comment="in a row"),
        sa.Column("locked_until", sa.DateTime(timezone=True)),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_stranger_name_tried_at", "stranger_name", ["tried_at"])


def downgrade() -> None:
    op.drop_table("stranger_name")
