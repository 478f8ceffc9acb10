"""What a file may touch that an office handed in, and what happens before its run is committed.

A row belongs to an office if its address lies in one of the office's sub-districts and the
register does not have the organisation elsewhere. Of every other row the sender reads the same
sentence: where such an organisation is, is not theirs to learn.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl
from sqlalchemy import Connection, select

from ingest.known import Known
from liangxin import db
from liangxin.schema import Organisation
from liangxin.tasks.facts import Located

if TYPE_CHECKING:
    from ingest.run_report import RunReport

#: Why a good row was left alone; as ``skipped_row`` keeps it, and in Chinese.
ELSEWHERE = "its address is not in the sub-district of the office that handed it in"
ELSEWHERE_ZH = "住所定位不到送件单位所辖街道，未导入。请补全住所，或交由所在街道送。"


def nothing(_connection: Connection, _report: "RunReport") -> None:
    """Add nothing to a run."""


@dataclass(frozen=True, slots=True)
class Within:
    """Which sub-districts a run may touch, and what is done at its end, in its transaction."""

    subdistricts: frozenset[str] | None = None  # none: all
    ending: Callable[[Connection, "RunReport"], None] = nothing

    def passed_by(self, known: Known) -> Known:
        """Return which rows need not be read: where an office's rows are, is read each time."""
        return known if self.subdistricts is None else Known.nothing()

    def mine(self, connection: Connection, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the located rows of registrations that the office may touch."""
        if self.subdistricts is None or frame.is_empty():
            return frame
        here = pl.col("subdistrict_code").is_in(sorted(self.subdistricts))
        own = frame.filter(here.fill_null(value=False))
        query = select(Organisation.uscc).where(
            db.among(connection, Organisation.uscc, own["uscc"].to_list()),
            Organisation.subdistrict_code.not_in(sorted(self.subdistricts)),
        )
        elsewhere = list(connection.execute(query).scalars()) if own.height else []
        return own.filter(~pl.col("uscc").is_in(elsewhere))

    def known(self, connection: Connection, codes: list[str], *, on: date) -> dict[str, int]:
        """Return the organisations of these codes that the office may touch, by code."""
        where = Located(on)
        asked: Any = select(Organisation.uscc, Organisation.id)
        query = where.joined_to(asked).where(db.among(connection, Organisation.uscc, codes))
        if self.subdistricts is not None:
            query = query.where(where.subdistrict.in_(sorted(self.subdistricts)))
        return {row[0]: row[1] for row in connection.execute(query)} if codes else {}


#: No limit and no addition: whoever works at the command line.
EVERYTHING = Within()
