"""The sender's history of values, used where it leads to a value that is taken."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from liangxin.stamps import FIELDS

Step = Mapping[str, Any]
_SCHEMA: dict[str, Any] = {
    "id": pl.Int64,
    "field": pl.String,
    "old_value": pl.String,
    "new_value": pl.String,
    "from_on": pl.Date,
    "file_row": pl.Int64,
}


class History:
    """Changes told in a package: ``uscc, field, old_value, new_value, from_on, …, file_row``."""

    def __init__(self, told: pl.DataFrame) -> None:
        self.used: set[int] = set()
        ordered = told.sort("uscc", "field", "from_on", "learned_at", "file_row")
        self._steps: dict[tuple[str, str], list[Step]] = {}
        for row in ordered.iter_rows(named=True):
            self._steps.setdefault((row["uscc"], row["field"]), []).append(row)

    def of_new(self, organisations: pl.DataFrame) -> pl.DataFrame:
        """All that led to the values of organisations we did not have (``uscc, id, FIELDS``)."""
        rows: list[tuple[Any, ...]] = []
        if self._steps:
            told = organisations.join(
                pl.DataFrame({"uscc": sorted({uscc for uscc, _ in self._steps})}),
                on="uscc",
                how="semi",
            )
            for row in told.iter_rows(named=True):
                for field in FIELDS:
                    steps = self._steps.get((row["uscc"], field), [])
                    rows += self._rows(row["id"], field, _leading_to(steps, row[field]))
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    def between(self, changed: pl.DataFrame) -> pl.DataFrame:
        """Steps from our value to the one taken (``id, uscc, field, now, value, from_on``), if whole."""
        rows: list[tuple[Any, ...]] = []
        for row in changed.iter_rows(named=True) if self._steps else ():
            steps = self._steps.get((row["uscc"], row["field"]), [])
            way = _from(_leading_to(steps, row["value"]), row["now"], row["from_on"])
            rows += self._rows(row["id"], row["field"], way)
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")

    def _rows(self, number: int, field: str, steps: Sequence[Step]) -> Iterator[tuple[Any, ...]]:
        for step in steps:
            self.used.add(step["file_row"])
            yield (number, field, *(step[name] for name in list(_SCHEMA)[2:]))


def _leading_to(steps: Sequence[Step], value: str | None) -> list[Step]:
    """The unbroken run of steps that ends in a value."""
    way: list[Step] = []
    for step in reversed(steps):
        if step["new_value"] != (way[-1]["old_value"] if way else value):
            break
        way.append(step)
    return way[::-1]


def _from(way: Sequence[Step], value: str | None, on: date) -> list[Step]:
    """The part of a way that begins at a value, if it ends on the day."""
    if not way or way[-1]["from_on"] != on:
        return []
    for at in range(len(way) - 1, -1, -1):
        if way[at]["old_value"] == value:
            return list(way[at:])
    return []
