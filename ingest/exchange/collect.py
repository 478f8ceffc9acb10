"""What goes into a package: everything that changed behind a cursor, and what it speaks about.

A package stands on its own: an organisation or Party organisation that a fact in it is about is in
it too, so that losing an earlier package never leaves a fact without its subject.
"""

from collections.abc import Collection

import polars as pl
from sqlalchemy import Connection, select

from ingest.exchange.contents import COLUMNS, KEYS, Contents
from liangxin import changes, cursor, facts, stamps
from liangxin.cursor import BEGINNING, Cursor
from liangxin.facts import COVERING, HEADCOUNT, PARTY, PARTY_KEY, SCREENING, Kind
from liangxin.schema import Base

TABLE_OF = {
    PARTY: "party_organisations",
    SCREENING: "screenings",
    COVERING: "coverings",
    HEADCOUNT: "headcounts",
}
PARENT_KEY = ("parent_subdistrict_code", "parent_name", "parent_from_on")


def collect(connection: Connection, since: Cursor, acknowledges: tuple[str, ...] = ()) -> Contents:
    """Return all that changed behind a cursor, sorted, ready to be written.

    Args:
        connection: one view of the register.
        since: what the receiver has read.
        acknowledges: hashes of the receiver's packages that were opened here.
    """
    office = stamps.own_office(connection)
    whole = since == BEGINNING
    told: dict[str, pl.DataFrame] = {}
    about: set[int] = set()
    for kind in (SCREENING, COVERING, HEADCOUNT):
        touched = None if whole else _touched(connection, kind, since)
        organisations = None if touched is None else _organisations_of(connection, kind, touched)
        states = _among(facts.states(connection, kind, organisations, office), touched)
        about.update(states["organisation_id"])
        told[TABLE_OF[kind]] = states
    parties = facts.states(connection, PARTY, None, office)
    touched = None if whole else _touched(connection, PARTY, since)
    told[TABLE_OF[PARTY]] = _with_parents(parties, _among(parties, touched), told["coverings"])
    ids = None if whole else about | _changed(connection, since)
    organisations_told = stamps.told(connection, ids)
    uscc = organisations_told.organisations.select("id", "uscc")
    told["organisations"] = organisations_told.organisations
    told["organisation_fields"] = organisations_told.fields.join(uscc, on="id", how="inner")
    told["field_changes"] = changes.field_changes(
        connection,
        office,
        after=since.row("field_change"),
        up_to=cursor.end(connection).row("field_change"),
    )
    return Contents({name: _sorted(name, told[name]) for name in COLUMNS}, acknowledges)


def _sorted(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """In the order of its keys; of changes, in that of time."""
    order = KEYS.get(name, ("uscc", "field", "from_on", "learned_at"))
    return table.select(COLUMNS[name]).sort(order, maintain_order=True)


def _among(states: pl.DataFrame, touched: Collection[int] | None) -> pl.DataFrame:
    if touched is None:
        return states
    return states.filter(pl.col("row_id").is_in(list(touched)))


def _touched(connection: Connection, kind: Kind, since: Cursor) -> set[int]:
    """Rows of a kind that are new behind the cursor, were taken back, or got another stamp."""
    table, stamp = Base.metadata.tables[kind.name], Base.metadata.tables["fact_stamp"]
    at, number, _ = since.back(kind.name)
    queries = (
        select(table.c.id).where(table.c.id > since.row(kind.name)),
        select(table.c.id).where(
            table.c.corrected_at.is_not(None), ~cursor.up_to(table, at, number)
        ),
        select(stamp.c.row_id).where(
            stamp.c.kind == kind.name, stamp.c.id > since.row("fact_stamp")
        ),
    )
    return {row for query in queries for row in connection.execute(query).scalars()}


def _organisations_of(connection: Connection, kind: Kind, rows: Collection[int]) -> set[int]:
    table = Base.metadata.tables[kind.name]
    wanted = sorted(rows)
    found: set[int] = set()
    for start in range(0, len(wanted), 5_000):
        some = table.c.id.in_(wanted[start : start + 5_000])
        found.update(connection.execute(select(table.c.organisation_id).where(some)).scalars())
    return found


def _changed(connection: Connection, since: Cursor) -> set[int]:
    """Organisations that are new behind the cursor, or have a changed field or another stamp."""
    organisation, change, stamp = (
        Base.metadata.tables[name] for name in ("organisation", "field_change", "field_stamp")
    )
    queries = (
        select(organisation.c.id).where(organisation.c.id > since.row("organisation")),
        select(change.c.organisation_id).where(change.c.id > since.row("field_change")),
        select(stamp.c.organisation_id).where(stamp.c.id > since.row("field_stamp")),
    )
    return {row for query in queries for row in connection.execute(query).scalars()}


def _with_parents(
    all_of_them: pl.DataFrame, touched: pl.DataFrame, coverings: pl.DataFrame
) -> pl.DataFrame:
    """Touched Party organisations, those that coverings name, and whom they all stand under."""
    named = dict(zip(PARTY_KEY, PARTY.key, strict=True))
    wanted = pl.concat(
        [touched.select(PARTY.key), coverings.select(PARTY_KEY).rename(named)]
    ).unique()
    above = dict(zip(PARENT_KEY, PARTY.key, strict=True))
    while True:
        found = all_of_them.join(wanted, on=PARTY.key, how="semi")
        parents = found.select(PARENT_KEY).rename(above).drop_nulls()
        more = pl.concat([wanted, parents]).unique()
        if more.height == wanted.height:
            return found
        wanted = more
