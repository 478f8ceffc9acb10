"""PostgreSQL walks spells in two parts: those that still hold, and those that ended.

Revision: 0022
Follows: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_spell_open": (("subdistrict_code", "situation_id", "from_on"), "to_on IS NULL"),
    "ix_spell_past": (
        ("to_on", "from_on", "subdistrict_code", "situation_id"),
        "to_on IS NOT NULL",
    ),
}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for name, (columns, where) in INDEXES.items():
        op.create_index(name, "spell", list(columns), postgresql_where=sa.text(where))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for name in INDEXES:
        op.drop_index(name, "spell")
