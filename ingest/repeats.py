"""Fingerprints of rows, and which rows repeat a code of the same run.

Sets of 64-bit numbers stand for codes and contents, so that ten million rows fit in memory;
two different rows of one share a number in about one of 400,000 registers of that size.
"""

from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.normalise import VALUES

Whole = TypeVar("Whole", np.uint64, np.int64)

#: Faults that keep a row out of the register whatever else it says: the rules that refuse.
REFUSING = ("row_fault", "uscc_fault", "name_fault")
REFUSING_CODES = {"enterprise_type_fault": "bare_code", "status_fault": "bare_code"}


class Numbers:
    """A growing set of 64-bit numbers: sorted runs, merged when they are of one size.

    Ten million take 80 MB, where a Python set would take ten times that.
    """

    def __init__(self) -> None:
        self._runs: list[NDArray[np.uint64]] = []
        self._loose: list[NDArray[np.uint64]] = []  # added since, not sorted
        self._looked_through = 0  # so many of the loose ones, by an earlier question

    def add(self, values: NDArray[np.uint64]) -> None:
        """Put numbers in; the array is kept, so it must not be altered."""
        self._loose.append(values)

    def has(self, values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Tell for each number whether it is in.

        What was added is looked through as it is, and sorted only if it would be looked through
        again and again: of a register in which little changed there is one question, at the end.
        """
        if self._looked_through > len(values):
            self._sort()
        loose = np.concatenate([np.empty(0, dtype=np.uint64), *self._loose])
        self._looked_through = len(loose)
        if len(loose) > len(values):
            loose = loose[_are_in(loose, values)]
        return _are_in(values, loose) | self._in_runs(values)

    def _in_runs(self, values: NDArray[np.uint64]) -> NDArray[np.bool_]:
        found = np.zeros(len(values), dtype=np.bool_)
        if self._runs:
            # Looked up in order: neighbours then lie in the processor's cache.
            order = np.argsort(values)
            places = [position(run, values[order]) for run in self._runs]
            found[order] = (np.stack(places) >= 0).any(axis=0)
        return found

    def _sort(self) -> None:
        run = np.sort(np.concatenate(self._loose))
        self._loose.clear()
        while self._runs and len(self._runs[-1]) <= len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]), kind="stable")
        self._runs.append(run)


def _are_in(values: NDArray[np.uint64], some: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell for each value whether it is among some, by a table of these."""
    return pl.Series(values).is_in(pl.Series(some).implode()).to_numpy()


def position(run: NDArray[Whole], values: NDArray[Whole]) -> NDArray[np.int64]:
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
    again: set[str] = field(default_factory=set)  # codes that a second row bore

    def pass_by(self, codes: NDArray[np.uint64], fingerprints: NDArray[np.uint64]) -> None:
        """Note rows that are taken without being read: their codes, and the rows as sent."""
        self.codes.add(codes)
        self.contents.add(fingerprints)

    def mark(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add ``repeat_fault``: ``""``, ``same`` (content as of the taken row) or ``conflict``.

        The first row of a code is taken. A row that cannot be taken for a fault of its own
        takes no code away from a later one, and repeats none.
        """
        code = frame["uscc"].hash(seed=2015).to_numpy()
        content = frame["row_hash"].to_numpy()
        good = pl.all_horizontal(
            pl.col(*REFUSING, "skip") == "",
            *(pl.col(column) != code for column, code in REFUSING_CODES.items()),
        )
        taken = frame.select(
            good & ~pl.Series(self.codes.has(code)) & pl.when(good).then("uscc").is_first_distinct()
        ).to_series()
        first = taken.to_numpy()
        self.codes.add(code[first])
        self.contents.add(content[first])
        asked = [content]
        if "fingerprint" in frame.columns:
            asked.append(frame["fingerprint"].to_numpy())
        known = self.contents.has(np.concatenate(asked)).reshape(len(asked), -1).any(axis=0)
        marked = frame.with_columns(
            repeat_fault=pl.when(~good | taken)
            .then(pl.lit(""))
            .when(pl.Series(known))
            .then(pl.lit("same"))
            .otherwise(pl.lit("conflict"))
        )
        self.again.update(marked.filter(pl.col("repeat_fault") != "")["uscc"])
        return marked
