"""files that offices hand in.

Revision: 0013
Follows: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

STATES = ("checking", "asked", "checked", "loading", "loaded", "failed", "withdrawn")
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "handed_in",
        sa.Column("id", ID, primary_key=True),
        sa.Column("source", sa.Text(), nullable=False, comment="name of the source file"),
        sa.Column("handed_by", sa.Text(), nullable=False, comment="account that handed it in"),
        sa.Column("role", sa.Text(), nullable=False, comment="in which it was handed in"),
        sa.Column(
            "scope",
            sa.Text(),
            nullable=False,
            comment="codes of the sub-districts it may touch; empty: the whole district",
        ),
        sa.Column(
            "file_name",
            sa.Text(),
            nullable=False,
            comment="without a path and without odd characters",
        ),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the day the file describes"),
        sa.Column("state", sa.Text(), nullable=False, comment=", ".join(STATES)),
        sa.Column(
            "given_columns",
            sa.Text(),
            comment="JSON: our field -> header, as the office said; empty: none",
        ),
        sa.Column(
            "corrections",
            sa.Text(),
            comment="JSON: cells the office corrected, until the worker has taken them over",
        ),
        sa.Column(
            "findings",
            sa.Text(),
            comment="JSON: columns, rows, reasons and differences; nobody's name",
        ),
        sa.Column("message_zh", sa.Text()),
        sa.Column("message_en", sa.Text()),
        sa.Column("run_id", ID, sa.ForeignKey("run.id")),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "moved_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when its state was last changed",
        ),
        sa.CheckConstraint(
            f"state IN ({', '.join(repr(each) for each in STATES)})", "state_is_known"
        ),
        sa.CheckConstraint("(run_id IS NULL) = (state <> 'loaded')", "loaded_by_a_run"),
    )
    op.create_index("ix_handed_in_scope", "handed_in", ["scope"])
    op.create_index("ix_handed_in_run_id", "handed_in", ["run_id"])


def downgrade() -> None:
    op.drop_table("handed_in")
