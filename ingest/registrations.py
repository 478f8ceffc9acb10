"""The table of registrations: what each source last said of each organisation, as fingerprints.

What a run renews is kept as it was (``registration_before``), so that undoing the run is exact.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, exists, literal, select

from ingest.known import Known
from liangxin import arrays, db
from liangxin.schema import Base, Registration, Source


class Registrations:
    """Registrations of one source, written by one run."""

    def __init__(
        self,
        connection: Connection,
        source_id: int,
        run_id: int,
        known_by_now: Known | None = None,
    ) -> None:
        """Take up what a source said so far; where it is not known by now, it is read."""
        self._connection = connection
        self._table = Registration.metadata.tables["registration"]
        self._source_id = source_id
        self._run_id = run_id
        self.known = known(connection, source_id) if known_by_now is None else known_by_now
        self.others = [each for each in speaking(connection) if each != source_id]
        self._altered: set[int] = set()  # organisations whose rows are not as they are known

    def insert(self, frame: pl.DataFrame) -> None:
        """Add organisations the source never spoke of: ``id, fingerprint, traits, file_row``."""
        rows = frame.select(
            pl.col("id").alias("organisation_id"),
            pl.col("fingerprint").reinterpret(signed=True).alias("row_hash"),
            "traits",
            "file_row",
        )
        same = {"source_id": self._source_id, "run_id": self._run_id}
        db.insert_frame(self._connection, self._table, rows, same=same)

    def renew(self, frame: pl.DataFrame) -> None:
        """Keep what the source says now, of rows whose fingerprint or values are others than before.

        Args:
            frame: ``id, fingerprint, traits, file_row, differs``; organisations the source spoke
                of before, or not.
        """
        frame = frame.select("id", "fingerprint", "traits", "file_row", "differs")
        ids = frame["id"].to_list()
        entries = self.known.entries_of(ids)
        spoken = entries >= 0
        self.insert(frame.filter(~spoken))
        both = frame.filter(spoken).with_columns(
            row_hash=self._now(frame["id"].filter(spoken), entries[spoken]),
            print_now=pl.col("fingerprint").reinterpret(signed=True),
        )
        moved = both.filter(pl.col("differs") | (pl.col("print_now") != pl.col("row_hash")))
        self._keep_before(moved["id"].to_list(), self._source_id)
        self._altered.update(moved["id"])
        values = moved.select(
            pl.col("id").alias("organisation_id"),
            pl.lit(self._source_id).alias("source_id"),
            pl.col("print_now").alias("row_hash"),
            "traits",
            pl.lit(self._run_id).alias("run_id"),
            "file_row",
        )
        db.update_frame(self._connection, self._table, values, key=("organisation_id", "source_id"))

    def forget_prints(self, organisations: Sequence[int], *, sources: Sequence[int]) -> None:
        """Have rows of these organisations be read again the next time their sources send them."""
        for source_id in sources:
            held = self.held(source_id, organisations).filter(pl.col("row_hash") != 0)
            self._keep_before(held["organisation_id"].to_list(), source_id)
            values = held.select(
                "organisation_id",
                pl.lit(source_id).alias("source_id"),
                pl.lit(0, pl.Int64).alias("row_hash"),
            )
            db.update_frame(
                self._connection, self._table, values, key=("organisation_id", "source_id")
            )
            if source_id == self._source_id:
                self._altered.update(values["organisation_id"])

    def _now(self, ids: pl.Series, entries: NDArray[np.int64]) -> NDArray[np.int64]:
        """The fingerprints of registrations, which are read again only where this run altered them."""
        now = self.known.fingerprints(entries)
        if self._altered:
            altered = ids.filter(ids.is_in(sorted(self._altered)))
            held = self.held(self._source_id, altered.to_list())
            place = {each: at for at, each in enumerate(ids)}
            now[[place[each] for each in held["organisation_id"]]] = held["row_hash"]
        return now

    def spoken_by_others(self, organisations: Sequence[int]) -> set[int]:
        """Which of these organisations another source has spoken of."""
        return {
            each
            for source_id in self.others
            for each in self.held(source_id, organisations)["organisation_id"]
        }

    def any_held(self, source_id: int, organisations: Sequence[int]) -> bool:
        """Whether a source has spoken of any of these organisations."""
        return not self.held(source_id, organisations).is_empty()

    def held(self, source_id: int, organisations: Sequence[int]) -> pl.DataFrame:
        """What the table holds of these organisations, for one source."""
        columns = ("organisation_id", "row_hash", "traits", "run_id", "file_row")
        query = select(*(self._table.c[name] for name in columns)).where(
            self._table.c.source_id == source_id,
            # As a query of its own: else PostgreSQL reads all that the source said of anybody.
            self._table.c.organisation_id.in_(db.listed(self._connection, organisations)),
        )
        found = []
        if organisations:
            result = self._connection.execute(query)
            found = list(result.cursor.fetchall())  # the driver's own: there is nothing to convert
            result.close()
        return pl.DataFrame(found, schema=dict.fromkeys(columns, pl.Int64), orient="row")

    def _keep_before(self, organisations: Sequence[int], source_id: int) -> None:
        """Keep what rows were before this run; what it altered already stays as it was first."""
        if not organisations:
            return
        now, before = self._table, Base.metadata.tables["registration_before"]
        kept = exists().where(
            before.c.by_run_id == self._run_id,
            before.c.source_id == source_id,
            before.c.organisation_id == now.c.organisation_id,
        )
        names = ("source_id", "organisation_id", "row_hash", "traits", "run_id", "file_row")
        rows = select(literal(self._run_id), *(now.c[name] for name in names)).where(
            now.c.source_id == source_id,
            now.c.organisation_id.in_(db.listed(self._connection, organisations)),
            now.c.run_id != self._run_id,
            ~kept,
        )
        self._connection.execute(before.insert().from_select(["by_run_id", *names], rows))


def known(connection: Connection, source_id: int) -> Known:
    """Return what a source has said so far."""
    table = Registration.metadata.tables["registration"]
    names = ("organisation_id", "row_hash", "traits")
    organisations, hashes, traits = arrays.integers(
        connection, table, names, where={"source_id": source_id}
    )
    return Known(hashes, organisations, traits)


def speaking(connection: Connection) -> list[int]:
    """Return the sources that have spoken of any organisation; they are few, so each is asked."""
    sources = connection.execute(select(Source.id).order_by(Source.id)).scalars().all()
    spoke = [select(exists().where(Registration.source_id == each)) for each in sources]
    return [
        each
        for each, query in zip(sources, spoke, strict=True)
        if connection.execute(query).scalar()
    ]
