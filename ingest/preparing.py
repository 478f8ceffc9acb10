"""The pure half of a run: parse, normalise, find repeats, locate; batch by batch.

It needs no database, so it can run ahead of the half that writes.
"""

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

import polars as pl

from ingest.locate import written
from ingest.locate.gazetteer import Gazetteer
from ingest.normalise import FAULTS, normalise
from ingest.parse import ROW
from ingest.repeats import Repeats, fingerprint

if TYPE_CHECKING:
    from ingest.landing import Landed
    from liangxin.settings import Settings


class Part(Protocol):
    """One file of a delivery: dropped, or a landed page of a crawl."""

    @property
    def columns(self) -> dict[str, str]:
        """Our field -> the publisher's header."""
        ...

    def land(self, settings: "Settings") -> "Landed":
        """Put its bytes into the landing, if they are not there."""
        ...

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """Its rows as text, with ``parse.ROW`` and ``parse.MORE``."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready to be judged."""

    frame: pl.DataFrame  # normalised, with row_hash, repeat_fault and its location
    sent: pl.DataFrame  # the rows with a fault, as sent, for what people are told
    columns: dict[str, str]


class Preparing:
    """Prepares the batches of all parts; counts rows and knows where each part begins."""

    def __init__(
        self,
        parts: Sequence[Part],
        batch_rows: int,
        gazetteer: Gazetteer,
        *,
        today: date,
        district: str,
    ) -> None:
        self._parts = parts
        self._batch_rows = batch_rows
        self._gazetteer = gazetteer
        self._today = today
        self._district = district
        self.rows = 0
        self.offsets: list[int] = []

    def batches(self) -> Generator[Prepared]:
        """Yield every batch of every part, in order."""
        repeats = Repeats()
        offset = 0
        for part in self._parts:
            self.offsets.append(offset)
            last = 0
            for sent in part.batches(self._batch_rows):
                last = sent[ROW][-1]
                self.rows += sent.height
                batch = sent.with_columns(pl.col(ROW).cast(pl.UInt32) + self.offsets[-1])
                yield self._prepare(batch, part.columns, repeats)
            offset += last

    def _prepare(self, batch: pl.DataFrame, columns: dict[str, str], repeats: Repeats) -> Prepared:
        frame = normalise(batch, columns, today=self._today)
        frame = repeats.mark(frame.with_columns(fingerprint(frame)))
        faulty = frame.select(pl.any_horizontal(pl.col(*FAULTS, "repeat_fault") != "")).to_series()
        place = written.locate(frame["address"], self._gazetteer, district=self._district)
        place = place.with_columns(place["district_code"].fill_null(frame["district_code"]))
        return Prepared(frame.drop("district_code").hstack(place), batch.filter(faulty), columns)


def ahead(batches: Iterator[Prepared], *, depth: int) -> Generator[Prepared]:
    """Yield what an iterator yields, computed in a thread up to ``depth`` items ahead.

    An error of the iterator is raised where its item would have been. Close the generator
    (``contextlib.closing``) and the thread has ended.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="preparing") as pool:
        waiting = deque(pool.submit(next, batches, None) for _ in range(depth))
        try:
            while (batch := waiting.popleft().result()) is not None:
                waiting.append(pool.submit(next, batches, None))
                yield batch
        finally:
            for future in waiting:
                future.cancel()
