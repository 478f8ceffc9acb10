"""What the register holds of organisations that a file names, by their codes."""

import polars as pl
from sqlalchemy import Connection, select

from ingest.merging import SCHEMA
from liangxin import db
from liangxin.schema import Organisation

_COLUMNS = {"id": pl.Int64(), "uscc": pl.String(), "from_on": pl.Date(), "seen_on": pl.Date()}


class Held:
    """Reads it, and may do so before a batch is there: as soon as it is known whom it will name."""

    def __init__(self, connection: Connection, *, empty: bool) -> None:
        """Read within a transaction; ``empty``: the register had no organisation when it began."""
        self._connection = connection
        self._empty = empty
        self._asked = pl.Series(dtype=pl.String)
        self._expected: list[pl.DataFrame] = []

    def expect(self, codes: pl.Series) -> None:
        """Read what is held of codes that the next batch names: some of them, or all."""
        rest = codes.filter(~codes.is_in(self._asked.implode()))
        self._asked = pl.concat([self._asked, rest])
        self._expected.append(self._read(rest))

    def of(self, codes: pl.Series) -> pl.DataFrame:
        """Return ``id, uscc, from_on_before, seen_on_before`` and ``merging.STORED`` of codes.

        Of a batch that was expected there may be more; what the file wrote otherwise than codes
        are written is read now.
        """
        rest = self._read(codes.filter(~codes.is_in(self._asked.implode())))
        held = pl.concat([*self._expected, rest])
        self._asked, self._expected = self._asked.clear(), []
        return held

    def _read(self, codes: pl.Series) -> pl.DataFrame:
        schema = {**_COLUMNS, **SCHEMA}
        rows = []
        if not (self._empty or codes.is_empty()):
            table = Organisation.metadata.tables["organisation"]
            query = select(*(table.c[name] for name in schema)).where(
                db.among(self._connection, table.c.uscc, codes.to_list())
            )
            rows = [tuple(row) for row in self._connection.execute(query)]
        return pl.DataFrame(rows, schema=schema, orient="row").rename(
            {"from_on": "from_on_before", "seen_on": "seen_on_before"}
        )
