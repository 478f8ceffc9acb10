"""Whole numbers out of the database as arrays, within a transaction of ours."""

from collections.abc import Mapping, Sequence
from contextlib import closing

from sqlalchemy import Connection, Table

from liangxin import drivers
from liangxin.db import driver_errors
from liangxin.drivers import Numbers64


def integers(
    connection: Connection, table: Table, names: Sequence[str], *, where: Mapping[str, int]
) -> list[Numbers64]:
    """Return columns of the rows of a table in which all of ``where`` holds, by the first one.

    Args:
        connection: a transaction.
        table: whose columns are whole numbers and never null.
        names: of the columns; no two of the rows have the same first one, and it is at least 0.
        where: column -> value.
    """
    unknown = {*names, *where} - set(table.columns.keys())
    if unknown:
        raise ValueError(f"{table.name} has no columns {sorted(unknown)}")
    with driver_errors(connection), closing(connection.connection.cursor()) as cursor:
        return drivers.integers(cursor, table.name, names, where=where)
