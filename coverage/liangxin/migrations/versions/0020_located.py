"""located.

Revision: 0020
Follows: 0012
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
CODE = sa.String(length=12)
HELD = sa.text("corrected_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "location_decision",
        sa.Column("id", ID, nullable=False),
        sa.Column("district_code", CODE, nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="place, door (road and number), road, or address",
        ),
        sa.Column(
            "pattern",
            sa.Text(),
            nullable=False,
            comment="what the address names, as it is compared",
        ),
        sa.Column("subdistrict_code", CODE, nullable=False),
        sa.Column("community_code", CODE, nullable=True),
        sa.Column(
            "decided_by",
            sa.Text(),
            nullable=False,
            comment="an office or account, no private person",
        ),
        sa.Column("from_on", sa.Date(), nullable=False, comment="the day it was decided"),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('place', 'door', 'road', 'address')",
            name=op.f("ck_location_decision_kind_is_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_decision")),
    )
    op.create_table(
        "located",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation_id", ID, nullable=False),
        sa.Column(
            "which",
            sa.Text(),
            nullable=False,
            comment="the registered address, or where it operates",
        ),
        sa.Column("from_on", sa.Date(), nullable=False, comment="the address holds from this day"),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("district_code", CODE, nullable=False),
        sa.Column(
            "kind",
            sa.Text(),
            nullable=False,
            comment="of location_decision: what a decision would be of",
        ),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("subdistrict_code", CODE, nullable=True, comment="null: somebody must decide"),
        sa.Column("community_code", CODE, nullable=True),
        sa.Column("place", sa.Text(), nullable=True, comment="the building the address names"),
        sa.Column("method", sa.Text(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("reason_zh", sa.Text(), nullable=False),
        sa.Column("reason_en", sa.Text(), nullable=False),
        sa.Column(
            "guesses",
            sa.Text(),
            nullable=True,
            comment="JSON: [code, share, Chinese, English] of each candidate; null: placed",
        ),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "which IN ('registered', 'operating')", name=op.f("ck_located_which_is_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_located")),
    )
    for name, table, columns, unique in (
        (
            "uq_location_decision_current",
            "location_decision",
            ["district_code", "kind", "pattern"],
            True,
        ),
        ("uq_located_current", "located", ["organisation_id", "which", "from_on"], True),
        ("ix_located_open", "located", ["district_code", "kind", "pattern"], False),
    ):
        op.create_index(
            name, table, columns, unique=unique, sqlite_where=HELD, postgresql_where=HELD
        )
    make = _make_on_sqlite if op.get_bind().dialect.name == "sqlite" else _make
    for statement in make():
        op.execute(statement)


#: What decides where an organisation counts; a reason that is worded anew does not.
FIELDS = "subdistrict_code, community_code, method, from_on, to_on, corrected_at"


def _make_on_sqlite() -> Iterator[str]:
    for event, row, of in (
        ("INSERT", "NEW", ""),
        ("UPDATE", "NEW", f" OF {FIELDS}"),
        ("DELETE", "OLD", ""),
    ):
        yield (
            f"CREATE TRIGGER spell_due_located_{event.lower()} AFTER {event}{of} ON located "
            f"BEGIN INSERT OR IGNORE INTO spell_due SELECT {row}.organisation_id; END"
        )
    # Before: what is noted as due by this is forgotten with the organisation itself.
    yield (
        "CREATE TRIGGER located_gone BEFORE DELETE ON organisation BEGIN "
        "DELETE FROM located WHERE organisation_id = OLD.id; END"
    )


def _make() -> Iterator[str]:
    yield (
        "CREATE FUNCTION spell_due_located() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO spell_due SELECT DISTINCT organisation_id FROM changed "
        "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
    )
    for event, rows in (("INSERT", "NEW"), ("DELETE", "OLD")):
        yield (
            f"CREATE TRIGGER spell_due_located_{event.lower()} AFTER {event} ON located "
            f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT "
            "EXECUTE FUNCTION spell_due_located()"
        )
    yield (
        "CREATE FUNCTION spell_due_located_update() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO spell_due SELECT DISTINCT a.organisation_id FROM now AS a "
        f"JOIN before AS b ON a.id = b.id WHERE ({_of('a')}) IS DISTINCT FROM ({_of('b')}) "
        "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER spell_due_located_update AFTER UPDATE ON located REFERENCING "
        "OLD TABLE AS before NEW TABLE AS now FOR EACH STATEMENT "
        "EXECUTE FUNCTION spell_due_located_update()"
    )
    yield (
        "CREATE FUNCTION located_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "DELETE FROM located USING gone WHERE located.organisation_id = gone.id; "
        "DELETE FROM spell_due USING gone WHERE spell_due.organisation_id = gone.id; "
        "RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER located_gone AFTER DELETE ON organisation REFERENCING "
        "OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION located_gone()"
    )


def _of(row: str) -> str:
    return ", ".join(f"{row}.{field}" for field in FIELDS.split(", "))


def _drop_on_sqlite() -> Iterator[str]:
    for event in ("insert", "update", "delete"):
        yield f"DROP TRIGGER spell_due_located_{event}"
    yield "DROP TRIGGER located_gone"


def _drop() -> Iterator[str]:
    """A function takes its triggers with it."""
    for name in ("spell_due_located", "spell_due_located_update", "located_gone"):
        yield f"DROP FUNCTION {name}() CASCADE"


def downgrade() -> None:
    drop = _drop_on_sqlite if op.get_bind().dialect.name == "sqlite" else _drop
    for statement in drop():
        op.execute(statement)
    op.drop_table("located")
    op.drop_table("location_decision")
