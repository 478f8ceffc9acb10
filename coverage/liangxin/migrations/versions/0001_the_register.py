"""the register.

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "division",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=12), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Text(),
            nullable=False,
            comment="province, city, district, subdistrict or community",
        ),
        sa.Column("parent_code", sa.String(length=12), nullable=True),
        sa.Column(
            "from_on", sa.Date(), nullable=True, comment="null: since before the list we have"
        ),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_division_ends_after_it_starts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_division")),
    )
    with op.batch_alter_table("division", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_division_parent_code"), ["parent_code"], unique=False)
        batch_op.create_index(
            "uq_division_code_current",
            ["code"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.create_table(
        "instructor",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="subdistrict_cadre, community_cadre, retired, …",
        ),
        sa.Column("subdistrict_code", sa.String(length=12), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instructor")),
    )
    op.create_table(
        "landed_file",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_landed_file")),
    )
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_meta")),
    )
    op.create_table(
        "party_organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Text(),
            nullable=False,
            comment="committee, general_branch, branch, joint_branch",
        ),
        sa.Column("subdistrict_code", sa.String(length=12), nullable=False),
        sa.Column("parent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False, comment="founded"),
        sa.Column("to_on", sa.Date(), nullable=True, comment="dissolved"),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "to_on > from_on", name=op.f("ck_party_organisation_ends_after_it_starts")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["party_organisation.id"], name=op.f("fk_party_organisation_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_party_organisation")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("name", name=op.f("uq_source_name")),
    )
    op.create_table(
        "crawl",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="running, finished or failed"),
        sa.Column("items", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "stated_total",
            sa.Integer(),
            nullable=True,
            comment="how many the publisher says it has",
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_crawl_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crawl")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("as_of", sa.Date(), nullable=False, comment="the day the file describes"),
        sa.Column("district_code", sa.String(length=12), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("skipped", sa.Integer(), nullable=False),
        sa.Column("new", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("located", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column(
            "learned_at",
            sa.DateTime(timezone=True),
            nullable=False,
            comment="when the register learned all of it",
        ),
        sa.CheckConstraint(
            "accepted = new + changed + unchanged",
            name=op.f("ck_run_every_accepted_row_has_an_outcome"),
        ),
        sa.CheckConstraint(
            "rows = accepted + refused + skipped", name=op.f("ck_run_no_row_vanishes")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_run_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
    )
    op.create_table(
        "crawl_page",
        sa.Column("crawl_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("landed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["crawl_id"], ["crawl.id"], name=op.f("fk_crawl_page_crawl_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["landed_file.sha256"], name=op.f("fk_crawl_page_sha256")
        ),
        sa.PrimaryKeyConstraint("crawl_id", "position", name=op.f("pk_crawl_page")),
    )
    op.create_table(
        "organisation",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="enterprise, social or other"),
        sa.Column("enterprise_type", sa.Text(), nullable=True, comment="the publisher's text"),
        sa.Column(
            "ownership", sa.Text(), nullable=False, comment="class of domain table 2.1, or REVIEW"
        ),
        sa.Column("status", sa.String(length=1), nullable=True, comment="exchange list 1-6, 9"),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("capital_wan", sa.Float(), nullable=True, comment="in 10,000 of the currency"),
        sa.Column("capital_currency", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("district_code", sa.String(length=12), nullable=True),
        sa.Column("subdistrict_code", sa.String(length=12), nullable=True),
        sa.Column("community_code", sa.String(length=12), nullable=True),
        sa.Column("location_method", sa.Text(), nullable=True),
        sa.Column("location_confidence", sa.Float(), nullable=True),
        sa.Column("from_on", sa.Date(), nullable=False, comment="founded, or first seen"),
        sa.Column(
            "run_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the run that first brought it",
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_organisation_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("uscc", name=op.f("uq_organisation_uscc")),
    )
    op.create_table(
        "refused_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "file_row",
            sa.Integer(),
            nullable=False,
            comment="as a spreadsheet numbers it, plus the file's row_offset",
        ),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("column_name", sa.Text(), nullable=False, comment="the file's own header"),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_en", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False, comment="role that can clear it"),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_refused_row_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_row")),
    )
    with op.batch_alter_table("refused_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refused_row_run_id"), ["run_id"], unique=False)

    op.create_table(
        "run_file",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column(
            "row_offset",
            sa.Integer(),
            nullable=False,
            comment="a file_row of the run minus this is the row of this file",
        ),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_file_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["sha256"], ["landed_file.sha256"], name=op.f("fk_run_file_sha256")
        ),
        sa.PrimaryKeyConstraint("run_id", "position", name=op.f("pk_run_file")),
    )
    op.create_table(
        "run_rule",
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False, comment="refuse or warn"),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_run_rule_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run_id", "rule", name=op.f("pk_run_rule")),
    )
    op.create_table(
        "skipped_row",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_row", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["run_id"], ["run.id"], name=op.f("fk_skipped_row_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_skipped_row")),
    )
    with op.batch_alter_table("skipped_row", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_skipped_row_run_id"), ["run_id"], unique=False)

    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "returned_run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_absence_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_absence_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["returned_run_id"], ["run.id"], name=op.f("fk_absence_returned_run_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_absence_run_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_absence_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.create_index(
            "uq_absence_current",
            ["source_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.create_table(
        "assignment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "instructor_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_assignment_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["instructor_id"], ["instructor.id"], name=op.f("fk_assignment_instructor_id")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_assignment_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_assignment_organisation_id"), ["organisation_id"], unique=False
        )

    op.create_table(
        "covering",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "party_organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("mode IN ('alone', 'joint')", name=op.f("ck_covering_mode_is_known")),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_covering_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_covering_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_organisation_id"],
            ["party_organisation.id"],
            name=op.f("fk_covering_party_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_covering")),
    )
    with op.batch_alter_table("covering", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_covering_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq_covering_current",
            ["party_organisation_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
        )

    op.create_table(
        "field_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("old_value", sa.Text(), nullable=True),
        sa.Column("new_value", sa.Text(), nullable=True),
        sa.Column(
            "from_on", sa.Date(), nullable=False, comment="the new value was true from this day"
        ),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_field_change_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_field_change_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_change")),
    )
    with op.batch_alter_table("field_change", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_field_change_organisation_id_field"),
            ["organisation_id", "field"],
            unique=False,
        )
        batch_op.create_index(batch_op.f("ix_field_change_run_id"), ["run_id"], unique=False)

    op.create_table(
        "registration",
        sa.Column(
            "source_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("row_hash", sa.BigInteger(), nullable=False),
        sa.Column("run_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_row", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_registration_organisation_id")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_registration_run_id")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_registration_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "organisation_id", name=op.f("pk_registration")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "screening",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("state", sa.Text(), nullable=False, comment="a state of liangxin.universe"),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column(
            "decided_by",
            sa.Text(),
            nullable=False,
            comment="an office or account, no private person",
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("to_on > from_on", name=op.f("ck_screening_ends_after_it_starts")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_screening_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screening")),
    )
    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_screening_organisation_id"), ["organisation_id"], unique=False
        )
        batch_op.create_index(
            "uq_screening_current",
            ["organisation_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
        )


def downgrade() -> None:
    with op.batch_alter_table("screening", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_screening_current",
            sqlite_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_screening_organisation_id"))

    op.drop_table("screening")
    op.drop_table("registration")
    with op.batch_alter_table("field_change", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_field_change_run_id"))
        batch_op.drop_index(batch_op.f("ix_field_change_organisation_id_field"))

    op.drop_table("field_change")
    with op.batch_alter_table("covering", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_covering_current",
            sqlite_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
            postgresql_where=sa.text("to_on IS NULL AND corrected_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_covering_organisation_id"))

    op.drop_table("covering")
    with op.batch_alter_table("assignment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_assignment_organisation_id"))

    op.drop_table("assignment")
    with op.batch_alter_table("absence", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_absence_current",
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )

    op.drop_table("absence")
    with op.batch_alter_table("skipped_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_skipped_row_run_id"))

    op.drop_table("skipped_row")
    op.drop_table("run_rule")
    op.drop_table("run_file")
    with op.batch_alter_table("refused_row", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refused_row_run_id"))

    op.drop_table("refused_row")
    op.drop_table("organisation")
    op.drop_table("crawl_page")
    op.drop_table("run")
    op.drop_table("crawl")
    op.drop_table("source")
    op.drop_table("party_organisation")
    op.drop_table("meta")
    op.drop_table("landed_file")
    op.drop_table("instructor")
    with op.batch_alter_table("division", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_division_code_current",
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_division_parent_code"))

    op.drop_table("division")
