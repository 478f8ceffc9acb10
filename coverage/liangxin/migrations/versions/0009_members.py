"""members and candidates, sealed; what confirmations stand on; whom not to ask.

Revision: 0009
Follows: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "do_not_ask",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column(
            "until_on",
            sa.Date(),
            nullable=False,
            comment="the first day on which asking is allowed again",
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_do_not_ask")),
    )
    with op.batch_alter_table("do_not_ask", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_do_not_ask_until_on"), ["until_on"], unique=False)

    op.create_table(
        "membership_ground",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "person_key",
            sa.String(length=64),
            nullable=False,
            comment="HMAC of the document number",
        ),
        sa.Column("basis", sa.Text(), nullable=False, comment="declaration or official_transfer"),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column(
            "recorded_by", sa.Text(), nullable=False, comment="an office or account, or: person"
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "basis IN ('declaration', 'official_transfer')",
            name=op.f("ck_membership_ground_basis_is_known"),
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisation.id"],
            name=op.f("fk_membership_ground_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_ground")),
        sa.UniqueConstraint(
            "id",
            "organisation_id",
            "person_key",
            name=op.f("uq_membership_ground_id_organisation_id_person_key"),
        ),
    )
    with op.batch_alter_table("membership_ground", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_ground_organisation_id_person_key"),
            ["organisation_id", "person_key"],
            unique=False,
        )

    op.create_table(
        "membership",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "person_key", sa.String(length=64), nullable=True, comment="HMAC of the document number"
        ),
        sa.Column(
            "person_key_id", sa.String(length=16), nullable=True, comment="the key it was made with"
        ),
        sa.Column(
            "sealed_name",
            sa.Text(),
            nullable=True,
            comment="ChaCha20-Poly1305, bound to organisation and person; base64",
        ),
        sa.Column(
            "sealed_key_id", sa.String(length=16), nullable=True, comment="the key that opens it"
        ),
        sa.Column(
            "ask_token",
            sa.String(length=64),
            nullable=True,
            comment="the token of do_not_ask, should the person decline or not answer",
        ),
        sa.Column("status", sa.Text(), nullable=False, comment="full or probationary"),
        sa.Column("state", sa.Text(), nullable=False, comment="of liangxin.membership"),
        sa.Column(
            "ground_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=True,
            comment="what the confirmation stands on",
        ),
        sa.Column("hired_on", sa.Date(), nullable=True),
        sa.Column(
            "expires_on", sa.Date(), nullable=True, comment="a candidate is deleted on this day"
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'candidate' OR expires_on IS NOT NULL",
            name=op.f("ck_membership_candidate_expires"),
        ),
        sa.CheckConstraint(
            "state <> 'withdrawn' OR (person_key IS NULL AND sealed_name IS NULL AND ground_id IS NULL AND hired_on IS NULL)",
            name=op.f("ck_membership_withdrawn_is_nobody"),
        ),
        sa.CheckConstraint(
            "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out', 'left', 'withdrawn')",
            name=op.f("ck_membership_state_is_known"),
        ),
        sa.CheckConstraint(
            "state IN ('candidate', 'declared', 'left', 'withdrawn') OR (ground_id IS NOT NULL AND person_key IS NOT NULL)",
            name=op.f("ck_membership_confirmed_has_a_ground"),
        ),
        sa.CheckConstraint(
            "status IN ('full', 'probationary')", name=op.f("ck_membership_status_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["ground_id", "organisation_id", "person_key"],
            [
                "membership_ground.id",
                "membership_ground.organisation_id",
                "membership_ground.person_key",
            ],
            name="fk_membership_ground_of_its_own",
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_membership_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_expires_on"), ["expires_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_person_key"), ["person_key"], unique=False)
        batch_op.create_index(
            "uq_membership_current",
            ["organisation_id", "person_key"],
            unique=True,
            sqlite_where=sa.text(
                "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out')"
            ),
            postgresql_where=sa.text(
                "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out')"
            ),
        )

    op.create_table(
        "membership_step",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "membership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="after it"),
        sa.Column("status", sa.Text(), nullable=False, comment="after it: full or probationary"),
        sa.Column("basis", sa.Text(), nullable=False, comment="of liangxin.membership"),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column(
            "recorded_by", sa.Text(), nullable=False, comment="an office or account, or: person"
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "status IN ('full', 'probationary')", name=op.f("ck_membership_step_status_is_known")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"], ["membership.id"], name=op.f("fk_membership_step_membership_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_step")),
    )
    with op.batch_alter_table("membership_step", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_step_membership_id"), ["membership_id"], unique=False
        )


def downgrade() -> None:
    with op.batch_alter_table("membership_step", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_step_membership_id"))

    op.drop_table("membership_step")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_membership_current",
            sqlite_where=sa.text(
                "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out')"
            ),
            postgresql_where=sa.text(
                "state IN ('candidate', 'declared', 'confirmed', 'relation_in', 'relation_out')"
            ),
        )
        batch_op.drop_index(batch_op.f("ix_membership_person_key"))
        batch_op.drop_index(batch_op.f("ix_membership_expires_on"))

    op.drop_table("membership")
    with op.batch_alter_table("membership_ground", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_ground_organisation_id_person_key"))

    op.drop_table("membership_ground")
    with op.batch_alter_table("do_not_ask", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_do_not_ask_until_on"))

    op.drop_table("do_not_ask")
