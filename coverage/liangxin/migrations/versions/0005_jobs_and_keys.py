"""jobs, deliveries that are not landed, and keys of the member register.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False, comment="name of the source file"),
        sa.Column(
            "state", sa.Text(), nullable=False, comment="waiting, running, retrying, done or failed"
        ),
        sa.Column(
            "worker", sa.Text(), nullable=True, comment="host and process that has or had it"
        ),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often it was begun"),
        sa.Column(
            "delivery",
            sa.Text(),
            nullable=True,
            comment="hash of the dropped files it is about; null: a crawl, or nothing dropped",
        ),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "started_at", sa.DateTime(timezone=True), nullable=True, comment="of the latest attempt"
        ),
        sa.Column(
            "again_at", sa.DateTime(timezone=True), nullable=True, comment="retrying: not before"
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False, comment="of all its runs"),
        sa.Column("message_zh", sa.Text(), nullable=True),
        sa.Column("message_en", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_job_source"), ["source"], unique=False)
        batch_op.create_index(
            "uq_job_open",
            ["source"],
            unique=True,
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )

    op.create_table(
        "delivered_file",
        sa.Column(
            "source_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_delivered_file_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_delivered_file_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "sha256", name=op.f("pk_delivered_file")),
    )
    op.create_table(
        "member_key",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "key", sa.String(length=64), nullable=False, comment="HMAC as 64 hexadecimal digits"
        ),
        sa.Column(
            "party_organisation_name", sa.Text(), nullable=False, comment="where the relation is"
        ),
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the run that brought it",
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_member_key_ends_after_it_starts")),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_member_key_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_key")),
    )
    with op.batch_alter_table("member_key", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_member_key_run_id"), ["run_id"], unique=False)
        batch_op.create_index(
            "uq_member_key_current",
            ["key"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("member_key", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_member_key_current",
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_member_key_run_id"))

    op.drop_table("member_key")
    op.drop_table("delivered_file")
    with op.batch_alter_table("job", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_job_open",
            sqlite_where=sa.text("finished_at IS NULL"),
            postgresql_where=sa.text("finished_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_job_source"))

    op.drop_table("job")
