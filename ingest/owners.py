"""Whose a value is that several sources say: its owner's, whoever said it first."""

from collections.abc import Callable, Mapping

import polars as pl
from sqlalchemy import Connection, select

from ingest import profile
from ingest.merging import LEADERS, Ownership, provider
from liangxin import db
from liangxin.schema import Organisation, Source


def of_sources(
    connection: Connection, sources: list[int], ownership_of: Callable[[str], Ownership]
) -> dict[int, Ownership]:
    """Return those of some sources that own anything, and what."""
    names = select(Source.id, Source.name).where(Source.id.in_(sources))
    found = {id_: ownership_of(name) for id_, name in connection.execute(names)}
    return {id_: ownership for id_, ownership in found.items() if ownership.fields}


def confirmed(
    connection: Connection,
    given: pl.DataFrame,
    owners: Mapping[int, Ownership],
    held: Callable[[int, list[int]], pl.DataFrame],
) -> pl.DataFrame:
    """Return ``given`` with each value that an owner of it says, too, as the owner's.

    Args:
        connection: knows the codes of organisations.
        given: ``id`` and ``<leader>_by`` (``merging.provider``) of organisations.
        owners: sources, and what each owns.
        held: what the register holds of a source's rows of organisations (``Registrations.held``).
    """
    ids = given["id"].to_list()
    table = Organisation.metadata.tables["organisation"]
    query = select(table.c.id, table.c.uscc).where(db.among(connection, table.c.id, ids))
    schema = {"id": pl.Int64(), "uscc": pl.String()}
    codes = pl.DataFrame(connection.execute(query).all(), schema=schema, orient="row")
    told = given.join(codes, on="id")
    for source, ownership in owners.items():
        rows = held(source, ids).select("traits", id="organisation_id")
        told = (
            told.join(rows, on="id", how="left", maintain_order="left")
            .with_columns(
                pl.when(
                    (ownership.owns(leader) & profile.says(leader)).fill_null(value=False)
                    & ~_is_an_owner_s(leader, owners)
                )
                .then(pl.lit(source, pl.Int64))
                .otherwise(provider(leader))
                .alias(provider(leader))
                for leader in LEADERS
            )
            .drop("traits")
        )
    return told.select(given.columns)


def _is_an_owner_s(leader: str, owners: Mapping[int, Ownership]) -> pl.Expr:
    """Whether the source that gave a field its value owns it."""
    return pl.any_horizontal(
        (pl.col(provider(leader)) == source) & ownership.owns(leader)
        for source, ownership in owners.items()
    )
