"""spells.

Revision: 0008
Follows: 0007
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "situation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ownership", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("unincorporated", sa.SmallInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=True, comment="null: never screened"),
        sa.Column("alone", sa.SmallInteger(), nullable=False),
        sa.Column("joint", sa.SmallInteger(), nullable=False),
        sa.Column("attached", sa.SmallInteger(), nullable=False),
        sa.Column("active", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("instructed", sa.SmallInteger(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("full_members", sa.Integer(), nullable=True),
        sa.Column("members", sa.Integer(), nullable=True),
        sa.Column("fixed_place", sa.SmallInteger(), nullable=True),
        sa.Column("above_scale", sa.SmallInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_situation")),
    )
    op.create_table(
        "spell_due",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("organisation_id", name=op.f("pk_spell_due")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "spell",
        sa.Column(
            "organisation_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column(
            "to_on", sa.Date(), nullable=True, comment="the next one begins; null: none does"
        ),
        sa.Column("subdistrict_code", sa.String(length=12), nullable=True),
        sa.Column("community_code", sa.String(length=12), nullable=True),
        sa.Column("grid_code", sa.String(length=16), nullable=True),
        sa.Column("situation_id", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("organisation_id", "from_on", name=op.f("pk_spell")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("spell", schema=None) as batch_op:
        batch_op.create_index(
            "ix_spell_walk", ["subdistrict_code", "situation_id", "from_on", "to_on"], unique=False
        )

    make = _make_on_sqlite if op.get_bind().dialect.name == "sqlite" else _make
    for statement in make():
        op.execute(statement)


#: Tables of facts -> the organisation a row is about, ``fact`` standing for the fact.
ABOUT = {
    "screening": "SELECT fact.organisation_id",
    "covering": "SELECT fact.organisation_id",
    "assignment": "SELECT fact.organisation_id",
    "headcount": "SELECT fact.organisation_id",
    "finding": "SELECT fact.organisation_id",
    "field_change": "SELECT fact.organisation_id",
    "party_term": "SELECT covering.organisation_id FROM covering "
    "WHERE covering.party_organisation_id = fact.party_organisation_id",
    "party_organisation": "SELECT covering.organisation_id FROM covering "
    "WHERE covering.party_organisation_id = fact.id",
}
#: Fields of an organisation that decide how and where it counts. One that is new is known by its
#: number, and needs no note.
FIELDS = "kind, ownership, status, enterprise_type, subdistrict_code, community_code, from_on"


def _make_on_sqlite() -> Iterator[str]:
    for table, about in ABOUT.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            if table == "party_organisation" and event == "INSERT":
                continue  # it covers nobody yet
            yield (
                f"CREATE TRIGGER spell_due_{table}_{event.lower()} AFTER {event} ON {table} BEGIN "
                f"INSERT OR IGNORE INTO spell_due {about.replace('fact.', f'{row}.')}; END"
            )
    yield (
        f"CREATE TRIGGER spell_due_organisation_update AFTER UPDATE OF {FIELDS} ON organisation "
        "BEGIN INSERT OR IGNORE INTO spell_due SELECT NEW.id; END"
    )
    yield (
        "CREATE TRIGGER spell_due_organisation_delete AFTER DELETE ON organisation BEGIN "
        "DELETE FROM spell WHERE organisation_id = OLD.id; "
        "DELETE FROM spell_due WHERE organisation_id = OLD.id; END"
    )


def _make() -> Iterator[str]:
    """One note a statement, not a row: a COPY of a million rows fires once."""
    for table, about in ABOUT.items():
        source = (
            f"{about} FROM changed AS fact"
            if about.startswith("SELECT fact")
            else (about.replace("covering WHERE", "covering JOIN changed AS fact ON"))
        )
        name = f"spell_due_{table}"
        yield (
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"INSERT INTO spell_due SELECT DISTINCT organisation_id FROM ({source}) AS due "
            "ON CONFLICT DO NOTHING; RETURN NULL; END $$"
        )
        for event, rows in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            yield (
                f"CREATE TRIGGER {name}_{event.lower()} AFTER {event} ON {table} "
                f"REFERENCING {rows} TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
            )
    yield (
        "CREATE FUNCTION spell_due_organisation() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO spell_due SELECT a.id FROM now AS a JOIN before AS b ON a.id = b.id "
        f"WHERE ({_of('a')}) IS DISTINCT FROM ({_of('b')}) ON CONFLICT DO NOTHING; "
        "RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER spell_due_organisation_update AFTER UPDATE ON organisation REFERENCING "
        "OLD TABLE AS before NEW TABLE AS now FOR EACH STATEMENT "
        "EXECUTE FUNCTION spell_due_organisation()"
    )
    yield (
        "CREATE FUNCTION spell_gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "DELETE FROM spell USING gone WHERE spell.organisation_id = gone.id; "
        "DELETE FROM spell_due USING gone WHERE spell_due.organisation_id = gone.id; "
        "RETURN NULL; END $$"
    )
    yield (
        "CREATE TRIGGER spell_due_organisation_delete AFTER DELETE ON organisation REFERENCING "
        "OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION spell_gone()"
    )


def _of(row: str) -> str:
    return ", ".join(f"{row}.{field}" for field in FIELDS.split(", "))


def _drop_on_sqlite() -> Iterator[str]:
    for table in ABOUT:
        for event in ("insert", "update", "delete"):
            yield f"DROP TRIGGER IF EXISTS spell_due_{table}_{event}"
    for event in ("update", "delete"):
        yield f"DROP TRIGGER spell_due_organisation_{event}"


def _drop() -> Iterator[str]:
    """A function takes its triggers with it."""
    for name in (*(f"spell_due_{table}" for table in (*ABOUT, "organisation")), "spell_gone"):
        yield f"DROP FUNCTION {name}() CASCADE"


def downgrade() -> None:
    drop = _drop_on_sqlite if op.get_bind().dialect.name == "sqlite" else _drop
    for statement in drop():
        op.execute(statement)
    with op.batch_alter_table("spell", schema=None) as batch_op:
        batch_op.drop_index("ix_spell_walk")

    op.drop_table("spell")
    op.drop_table("spell_due")
    op.drop_table("situation")
