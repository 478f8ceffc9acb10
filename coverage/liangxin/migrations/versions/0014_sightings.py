"""sightings.

Revision: 0014
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "sighting",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="found, moved or closed"),
        sa.Column(
            "organisation_id", ID, nullable=True, comment="null: it was found, and is not known yet"
        ),
        sa.Column("name", sa.Text(), nullable=False, comment="as reported; no person's name"),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column(
            "uscc", sa.String(18), nullable=True, comment="of what was found, if it was seen"
        ),
        sa.Column("subdistrict_code", sa.String(12), nullable=False),
        sa.Column("community_code", sa.String(12), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("seen_on", sa.Date(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False, comment="an account"),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'found') = (organisation_id IS NULL)",
            name=op.f("ck_sighting_only_what_is_found_is_unknown"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_sighting_organisation_id_organisation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sighting")),
    )
    op.create_index("ix_sighting_organisation_id", "sighting", ["organisation_id"])
    op.create_index("ix_sighting_reported_by", "sighting", ["reported_by"])


def downgrade() -> None:
    op.drop_table("sighting")
