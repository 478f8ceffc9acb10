"""Cell values that are known to be wrong at a publisher's, put right before they are read. Pure.

A repair replaces one exact value in one column, and every application is counted and told: what
a run changed in what was sent is never silent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from ingest.layout import Notice

if TYPE_CHECKING:
    from ingest.sources import Repair


@dataclass(frozen=True, slots=True)
class Repairs:
    """The repairs of one delivery, and how often each was applied so far."""

    listed: Sequence["Repair"] = ()
    applied: Counter[int] = field(default_factory=Counter)

    def apply(self, batch: pl.DataFrame, columns: Mapping[str, str]) -> pl.DataFrame:
        """Return a batch of text columns with its wrong cells put right.

        Args:
            batch: columns under the publisher's headers.
            columns: our field -> the publisher's header; a repair may name either.
        """
        # Every repair looks at what was sent: none repairs the work of another.
        sent = batch
        for place, repair in enumerate(self.listed):
            header = header_of(repair.column, sent.columns, columns)
            if header is None:
                continue
            wrong = sent[header].cast(pl.String) == repair.wrong
            number = int(wrong.sum())
            if number:
                self.applied[place] += number
                cell = pl.when(wrong.fill_null(value=False)).then(pl.lit(repair.right))
                batch = batch.with_columns(cell.otherwise(pl.col(header)).alias(header))
        return batch

    def told(self) -> list[Notice]:
        """Say what was repaired, how often and why."""
        return [
            Notice(
                f"按数据源文件修正 {number} 个单元格：“{repair.column}”列的“{repair.wrong}”改为"
                f"“{repair.right}”。理由：{repair.reason}",
                f"{number} cells were repaired as the source file says: {repair.wrong!r} under "
                f"{repair.column!r} became {repair.right!r}. Reason: {repair.reason}",
            )
            for place, repair in enumerate(self.listed)
            if (number := self.applied[place])
        ]


def header_of(named: str, headers: Sequence[str], columns: Mapping[str, str]) -> str | None:
    """Return the header that is named so, or that is matched to our field of that name."""
    if named in headers:
        return named
    header = columns.get(named)
    return header if header in headers else None
