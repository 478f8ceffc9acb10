"""What rows were before a run altered them, so that undoing the run puts them back exactly.

For tables of which a run alters few rows; registrations, altered by the hundred thousand, have a
table of their own (``registration_before``).
"""

import json
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Date, DateTime, FromClause, Table, delete, select

from liangxin.schema import Base, RowBefore

_TABLE = RowBefore.metadata.tables["row_before"]


def keep(
    connection: Connection, run_id: int | None, table: FromClause, which: ColumnElement[bool]
) -> None:
    """Write what these rows are now, before a run alters them; without a run nothing is kept."""
    if run_id is None:
        return
    rows = connection.execute(select(table).where(which)).mappings()
    kept = [
        {
            "by_run_id": run_id,
            "table_name": str(getattr(table, "name", table)),
            "content": json.dumps(dict(row), default=str, ensure_ascii=False),
        }
        for row in rows
    ]
    if kept:
        connection.execute(_TABLE.insert(), kept)


def put_back(connection: Connection, run_id: int) -> None:
    """Put back every row that a run altered, the last alteration first."""
    query = (
        select(RowBefore.table_name, RowBefore.content)
        .where(RowBefore.by_run_id == run_id)
        .order_by(RowBefore.id.desc())
    )
    for name, content in connection.execute(query).all():
        _put_back(connection, Base.metadata.tables[name], json.loads(content))
    connection.execute(delete(RowBefore).where(RowBefore.by_run_id == run_id))


def _put_back(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    values = {name: _typed(table, name, value) for name, value in row.items()}
    same = [column == values[column.name] for column in table.primary_key.columns]
    connection.execute(table.update().where(*same).values(**values))


def _typed(table: Table, name: str, value: Any) -> Any:
    kind = table.c[name].type
    if value is None or not isinstance(value, str):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if isinstance(kind, Date) else value
