"""When it was learned that a Party organisation ended, and which place it serves.

Revision: 0021
Follows: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COLUMNS = {
    "ended_at": "when its end was learned; null: with itself",
    "placed_at": "when the place it serves was learned; null: with itself",
}


def upgrade() -> None:
    for name, comment in COLUMNS.items():
        column = sa.Column(name, sa.DateTime(timezone=True), nullable=True, comment=comment)
        op.add_column("party_organisation", column)


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("party_organisation", name)
