"""exchange between offices: whom we trust, what went and came, whose values these are; feed tokens.

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exchange_office",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "sign_key", sa.String(length=64), nullable=False, comment="public, Ed25519, hexadecimal"
        ),
        sa.Column(
            "encrypt_key",
            sa.String(length=64),
            nullable=False,
            comment="public, X25519, hexadecimal",
        ),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("trusted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "acknowledged",
            sa.Text(),
            nullable=True,
            comment="cursor up to which it has told us that it opened our packages",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_office")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_exchange_office_fingerprint")),
        sa.UniqueConstraint("name", name=op.f("uq_exchange_office_name")),
    )
    op.create_table(
        "feed_token",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="who holds it"),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feed_token")),
        sa.UniqueConstraint("name", name=op.f("uq_feed_token_name")),
        sa.UniqueConstraint("sha256", name=op.f("uq_feed_token_sha256")),
    )
    op.create_table(
        "exchange_package",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "office_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("direction", sa.Text(), nullable=False, comment="sent or opened"),
        sa.Column(
            "serial",
            sa.Integer(),
            nullable=False,
            comment="the sender's number, from 1 for each receiver",
        ),
        sa.Column(
            "content_sha256",
            sa.String(length=64),
            nullable=False,
            comment="of the encrypted content",
        ),
        sa.Column(
            "cursor_from", sa.Text(), nullable=False, comment="means something to the sender alone"
        ),
        sa.Column("cursor_to", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "acknowledged",
            sa.Boolean(),
            nullable=False,
            comment="of one sent: the receiver opened it",
        ),
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="of one opened: the run that loaded it",
        ),
        sa.CheckConstraint(
            "direction IN ('sent', 'opened')", name=op.f("ck_exchange_package_direction_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["office_id"], ["exchange_office.id"], name=op.f("fk_exchange_package_office_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_exchange_package_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange_package")),
    )
    with op.batch_alter_table("exchange_package", schema=None) as batch_op:
        batch_op.create_index(
            "uq_exchange_package_content", ["office_id", "direction", "content_sha256"], unique=True
        )

    op.create_table(
        "fact_stamp",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="grows with every renewal",
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="the table that row_id is of"),
        sa.Column("row_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when its origin learned it",
        ),
        sa.Column(
            "office", sa.Text(), nullable=False, comment="its origin, kept through every hop"
        ),
        sa.Column("retracted", sa.Boolean(), nullable=False, comment="its origin took it back"),
        sa.Column(
            "ends_with_next",
            sa.Boolean(),
            nullable=False,
            comment="its origin gave no end; to_on is where the next one begins",
        ),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_fact_stamp_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fact_stamp")),
    )
    with op.batch_alter_table("fact_stamp", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_stamp_run_id"), ["run_id"], unique=False)
        batch_op.create_index("uq_fact_stamp_row", ["kind", "row_id"], unique=True)

    op.create_table(
        "field_stamp",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="grows with every renewal",
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "field", sa.Text(), nullable=False, comment="*: every field without a stamp of its own"
        ),
        sa.Column(
            "value", sa.Text(), nullable=True, comment="of * null: the first values stand for it"
        ),
        sa.Column("from_on", sa.Date(), nullable=False, comment="true since, as its origin says"),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when its origin learned it",
        ),
        sa.Column(
            "office", sa.Text(), nullable=False, comment="its origin, kept through every hop"
        ),
        sa.Column("source", sa.Text(), nullable=False, comment="the origin's source"),
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="changes by later runs came after it",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_field_stamp_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_field_stamp_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_stamp")),
    )
    with op.batch_alter_table("field_stamp", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_field_stamp_run_id"), ["run_id"], unique=False)
        batch_op.create_index("uq_field_stamp_field", ["organisation_id", "field"], unique=True)


def downgrade() -> None:
    with op.batch_alter_table("field_stamp", schema=None) as batch_op:
        batch_op.drop_index("uq_field_stamp_field")
        batch_op.drop_index(batch_op.f("ix_field_stamp_run_id"))

    op.drop_table("field_stamp")
    with op.batch_alter_table("fact_stamp", schema=None) as batch_op:
        batch_op.drop_index("uq_fact_stamp_row")
        batch_op.drop_index(batch_op.f("ix_fact_stamp_run_id"))

    op.drop_table("fact_stamp")
    with op.batch_alter_table("exchange_package", schema=None) as batch_op:
        batch_op.drop_index("uq_exchange_package_content")

    op.drop_table("exchange_package")
    op.drop_table("feed_token")
    op.drop_table("exchange_office")
