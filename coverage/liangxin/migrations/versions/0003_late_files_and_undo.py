"""late files, undo, judgements, texts that disagree.

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CURRENT = "to_on IS NULL AND corrected_by IS NULL"


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}"))


def upgrade() -> None:
    op.add_column(
        "run",
        sa.Column(
            "prepared_by",
            sa.Text(),
            nullable=True,
            comment="fingerprint of the program, lists and settings that read the rows",
        ),
    )
    op.add_column(
        "run",
        sa.Column(
            "undone_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="taken back; nothing of it holds",
        ),
    )
    op.add_column(
        "refused_row",
        sa.Column(
            "uscc", sa.String(18), nullable=True, comment="whom the row names, if that is good"
        ),
    )
    op.add_column(
        "run_file",
        sa.Column(
            "columns",
            sa.Text(),
            nullable=True,
            comment="JSON: our field -> the file's header, as the run read it",
        ),
    )
    op.add_column(
        "registration",
        sa.Column(
            "traits",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="what the row counts in a run's measures: ingest.profile",
        ),
    )
    # Fingerprints of rows as sent take the place of those of their values: all are read once more.
    op.execute("UPDATE registration SET row_hash = 0")
    # Without rebuilding the table, which others refer to and which may be large.
    op.add_column(
        "organisation",
        sa.Column(
            "seen_on",
            sa.Date(),
            server_default=sa.text("'0001-01-01'"),
            nullable=False,
            comment="the first day that a source's file shows it",
        ),
    )
    op.execute(
        "UPDATE organisation SET seen_on = (SELECT as_of FROM run WHERE run.id = organisation.run_id)"
    )
    for name, comment in (
        ("learned_by", "the run that brought it to light; null: run_id"),
        ("corrected_by", "the run that showed it was otherwise; null: it holds"),
    ):
        with op.batch_alter_table("field_change") as batch_op:
            batch_op.add_column(sa.Column(name, ID, nullable=True, comment=comment))
            batch_op.create_foreign_key(
                batch_op.f(f"fk_field_change_{name}"), "run", [name], ["id"]
            )
    with op.batch_alter_table("absence") as batch_op:
        batch_op.add_column(
            sa.Column(
                "corrected_by",
                ID,
                nullable=True,
                comment="the run that showed it was otherwise; null: it holds",
            )
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_absence_corrected_by"), "run", ["corrected_by"], ["id"]
        )
        batch_op.drop_index("uq_absence_current")
        batch_op.create_index(
            "uq_absence_current",
            ["source_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text(CURRENT),
            postgresql_where=sa.text(CURRENT),
        )
        batch_op.create_index(batch_op.f("ix_absence_organisation_id"), ["organisation_id"])
    for name, comment in (
        ("said_a", "of texts: what the owner's source says"),
        ("said_b", "of texts: what the other source says"),
    ):
        op.add_column("question", sa.Column(name, sa.Text(), nullable=True, comment=comment))
    op.create_table(
        "registration_before",
        sa.Column("by_run_id", ID, nullable=False, autoincrement=False),
        sa.Column("source_id", ID, nullable=False, autoincrement=False),
        sa.Column("organisation_id", ID, nullable=False, autoincrement=False),
        sa.Column("row_hash", sa.BigInteger(), nullable=False),
        sa.Column("traits", sa.Integer(), nullable=False),
        sa.Column("run_id", ID, nullable=False),
        sa.Column("file_row", sa.Integer(), nullable=False),
        _refers("registration_before", "by_run_id", "run"),
        _refers("registration_before", "source_id", "source"),
        _refers("registration_before", "organisation_id", "organisation"),
        _refers("registration_before", "run_id", "run"),
        sa.PrimaryKeyConstraint(
            "by_run_id", "source_id", "organisation_id", name=op.f("pk_registration_before")
        ),
    )
    op.create_table(
        "row_before",
        sa.Column("id", ID, nullable=False),
        sa.Column("by_run_id", ID, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False, comment="JSON: column -> value"),
        _refers("row_before", "by_run_id", "run"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_before")),
    )
    op.create_index(op.f("ix_row_before_by_run_id"), "row_before", ["by_run_id"])
    _judgements()


def _judgements() -> None:
    op.create_table(
        "judgement",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="the code or number that was"),
        sa.Column("other_code", sa.Text(), nullable=False, comment="the code that is"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "decided_by",
            sa.Text(),
            nullable=False,
            comment="an office or account, no private person",
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('reregistered', 'merged', 'same', 'not_same')",
            name=op.f("ck_judgement_kind_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_judgement")),
    )
    with op.batch_alter_table("judgement") as batch_op:
        batch_op.create_index(
            "uq_judgement_current",
            ["kind", "code", "other_code"],
            unique=True,
            sqlite_where=sa.text("corrected_at IS NULL"),
            postgresql_where=sa.text("corrected_at IS NULL"),
        )


def downgrade() -> None:
    op.drop_table("judgement")
    op.drop_table("row_before")
    op.drop_table("registration_before")
    for name in ("said_b", "said_a"):
        op.drop_column("question", name)
    with op.batch_alter_table("absence") as batch_op:
        batch_op.drop_index(batch_op.f("ix_absence_organisation_id"))
        batch_op.drop_index("uq_absence_current")
        batch_op.drop_column("corrected_by")
        batch_op.create_index(
            "uq_absence_current",
            ["source_id", "organisation_id"],
            unique=True,
            sqlite_where=sa.text("to_on IS NULL"),
            postgresql_where=sa.text("to_on IS NULL"),
        )
    with op.batch_alter_table("field_change") as batch_op:
        batch_op.drop_column("corrected_by")
        batch_op.drop_column("learned_by")
    op.drop_column("organisation", "seen_on")
    op.drop_column("registration", "traits")
    op.drop_column("run_file", "columns")
    op.drop_column("refused_row", "uscc")
    op.drop_column("run", "undone_at")
    op.drop_column("run", "prepared_by")
