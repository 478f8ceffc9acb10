"""Roles that are granted.

Revision: 0017
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column(
            "granted_by",
            sa.Text(),
            nullable=True,
            comment="who gave it this role; null: it was only asked for, and lets nobody in",
        ),
    )
    # Until now every account was made by whoever runs the machine.
    op.execute("UPDATE account SET granted_by = 'operator'")


def downgrade() -> None:
    op.drop_column("account", "granted_by")
