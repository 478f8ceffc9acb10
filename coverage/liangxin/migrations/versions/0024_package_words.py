"""What packages told of organisations, for histories that are told anew.

Revision: 0024
Follows: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "package_word",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column("told", sa.Text(), nullable=False, comment="JSON: field -> value"),
        sa.Column(
            "from_on",
            sa.Date(),
            nullable=False,
            comment="true since, as its origin says; 0001-01-01: as it was before all that is told",
        ),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when its origin learned it",
        ),
        sa.Column("run_id", ID, nullable=False, comment="that opened the package"),
        sa.Column("kept_by", ID, nullable=False, comment="that wrote this down"),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_package_word_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_package_word_run_id")),
        sa.ForeignKeyConstraint(["kept_by"], ["run.id"], name=op.f("fk_package_word_kept_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package_word")),
    )
    for column in ("organisation_id", "kept_by"):
        op.create_index(op.f(f"ix_package_word_{column}"), "package_word", [column])


def downgrade() -> None:
    op.drop_table("package_word")
