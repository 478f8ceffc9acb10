"""Which rows of one file repeat what may occur once: a person, an organisation.

Fingerprints of identities and of whole rows live in memory for as long as one file is read, and
nowhere else.
"""

import polars as pl

from expectations.messages import SUITES
from ingest.kinds.kind import Kind
from ingest.repeats import Numbers

_SEED = 2015


class Repeats:
    """Marks repeats across the batches of one file."""

    def __init__(self, kind: Kind) -> None:
        self._identity = kind.identity
        self._refusing: dict[str, list[str]] = {}
        for rule in SUITES[kind.name]:
            if rule.severity == "refuse" and rule.column != "repeat_fault":
                self._refusing.setdefault(rule.column, []).extend(rule.codes)
        self._identities = Numbers()
        self._contents = Numbers()

    def mark(self, frame: pl.DataFrame) -> pl.DataFrame:
        """Add ``repeat_fault``: ``""``, ``same`` (content as of the taken row) or ``conflict``.

        The first row of an identity is taken. A row that is refused for a fault of its own, or
        is no data (``skip``), takes nothing away from a later one, and repeats none.
        """
        if self._identity is None:
            return frame.with_columns(repeat_fault=pl.lit(""))
        good = self._good(frame)
        identity = frame[self._identity].hash(seed=_SEED).to_numpy()
        content = self._content(frame).to_numpy()
        seen = pl.Series(self._identities.has(identity))
        taken = frame.select(
            good & ~seen & pl.when(good).then(self._identity).is_first_distinct()
        ).to_series()
        first = taken.to_numpy()
        self._identities.add(identity[first])
        self._contents.add(content[first])
        return frame.with_columns(
            repeat_fault=pl.when(~good | taken)
            .then(pl.lit(""))
            .when(pl.Series(self._contents.has(content)))
            .then(pl.lit("same"))
            .otherwise(pl.lit("conflict"))
        )

    def _good(self, frame: pl.DataFrame) -> pl.Series:
        """Rows that may be taken as far as they alone are concerned, and say who they are about."""
        good = [pl.col(self._identity or "").is_not_null()]
        if "skip" in frame.columns:
            good.append(pl.col("skip") == "")
        good += [~pl.col(column).is_in(codes) for column, codes in self._refusing.items()]
        return frame.select(pl.all_horizontal(good)).to_series()

    @staticmethod
    def _content(frame: pl.DataFrame) -> pl.Series:
        aside = {"file_row", "skip"}
        values = [
            name
            for name in frame.columns
            if name not in aside and not name.endswith(("_fault", "_hint"))
        ]
        return frame.select(values).hash_rows(seed=_SEED)
