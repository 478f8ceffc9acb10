"""Fingerprints of rows, and which rows repeat a code of the same run.

Sets of 64-bit numbers stand for codes and contents, so that ten million rows fit in memory;
two different rows share a number once in about 10¹² registers of that size.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.normalise import VALUES


class Numbers:
    """A growing set of 64-bit numbers: sorted runs, merged when they are of one size.

    Ten million take 80 MB, where a Python set would take ten times that.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []

    def add(self, values: NDArray[np.uint64]) -> None:
        """Put numbers in."""
        run = np.sort(values)
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)

    def has(self, values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell for each number whether it is in."""
        found = np.zeros(len(values), dtype=np.bool_)
        for run in self._runs:
            found |= position(run, values) >= 0
        return found


def position(run: NDArray[np.uint64], values: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Where each value stands in a sorted run; -1 where it does not."""
    if not len(run):
        return np.full(len(values), -1, dtype=np.int64)
    place = np.minimum(np.searchsorted(run, values), len(run) - 1)
    return np.where(run[place] == values, place, -1).astype(np.int64)


def fingerprint(frame: pl.DataFrame) -> pl.Series:
    """Return a 64-bit fingerprint of each row's code and values.

    Another version of the library may compute others; then a load compares fields once more,
    finds nothing changed, and keeps the new ones.
    """
    return frame.select("uscc", *VALUES).hash_rows(seed=2015).rename("row_hash")


@dataclass(slots=True)
class Repeats:
    """Finds rows that repeat a code of the same run."""

    codes: Numbers = field(default_factory=Numbers)
    contents: Numbers = field(default_factory=Numbers)

    def mark(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add ``repeat_fault``: ``""``, ``same`` (equal content) or ``conflict``.

        The first row of a code is taken; only rows with a good code can repeat one.
        """
        code = frame["uscc"].hash(seed=2015).to_numpy()
        content = frame["row_hash"].to_numpy()
        good = (frame["uscc_fault"] == "").to_numpy()
        marked = frame.with_columns(
            pl.Series("_code_seen", self.codes.has(code)),
            pl.Series("_content_seen", self.contents.has(content)),
            pl.Series("_good", good),
        ).with_columns(
            _code_seen=pl.col("_code_seen") | ~pl.col("uscc").is_first_distinct(),
            _content_seen=pl.col("_content_seen") | ~pl.col("row_hash").is_first_distinct(),
        )
        self.codes.add(code[good])
        self.contents.add(content[good])
        return marked.with_columns(
            repeat_fault=pl.when(~pl.col("_good") | ~pl.col("_code_seen"))
            .then(pl.lit(""))
            .when("_content_seen")
            .then(pl.lit("same"))
            .otherwise(pl.lit("conflict"))
        ).drop("_code_seen", "_content_seen", "_good")
