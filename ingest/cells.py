"""The cell a value was read from, shown as the sender wrote it, from the landed bytes."""

from typing import TYPE_CHECKING

import polars as pl
from sqlalchemy import Connection

from ingest import replay, sources
from ingest.parse import ROW
from liangxin.errors import LiangxinError

if TYPE_CHECKING:
    from liangxin.provenance import Place
    from liangxin.settings import Settings

#: Rows read at a time on the way to the one that is wanted.
BATCH = 50_000


def cell(connection: Connection, place: "Place", settings: "Settings") -> str | None:
    """Return what stands in a cell; ``None`` where it is empty, or can no longer be read."""
    if place.row is None or place.column is None or place.position is None:
        return None
    try:
        source = sources.load(place.source, settings)
        parts = list(replay.landed_parts(connection, place.run, source, settings))
        for batch in parts[place.position].batches(BATCH):
            if batch[ROW][-1] < place.row:
                continue
            row = batch.filter(pl.col(ROW) == place.row)
            found: str | None = row[place.column].item() if row.height == 1 else None
            return found
    except (LiangxinError, OSError, pl.exceptions.ColumnNotFoundError):
        return None
    return None
