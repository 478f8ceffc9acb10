"""The pure half of a run: parse, normalise, find repeats, locate; batch by batch.

It needs no database, so it can run ahead of the half that writes. A row that its source sent
before, letter for letter, and about which there was nothing to say then, is passed by before it
is read: a register's monthly export is mostly such rows.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest import kinds
from ingest.ahead import Ahead, T
from ingest.known import Known, Numbers64
from ingest.locate import written
from ingest.locate.gazetteer import Gazetteer
from ingest.normalise import normalise
from ingest.parse import MORE, ROW
from ingest.profile import traits
from ingest.repeats import Numbers, Repeats, fingerprint
from ingest.social import extra as own_to_social
from liangxin.ids import uscc

if TYPE_CHECKING:
    from ingest import landing
    from ingest.kinds import Context, Kind
    from ingest.landing import Landed
    from ingest.layout import Notice
    from ingest.repairs import Repairs
    from ingest.sources import Source
    from liangxin.settings import Settings


#: Batches as sent that may wait to be prepared: some 15 MB each.
READ_AHEAD = 6
#: Codes that need nothing done to be looked for; how a code is written otherwise is ``uscc``'s.
WRITTEN_AS_CODES = "^[0-9A-Z]{18}$"
#: Of a batch as sent: the column of fingerprints; no file's header holds a NUL.
PRINT = "\x00print"


class Described(Protocol):
    """What is told of one table of a delivery."""

    @property
    def columns(self) -> dict[str, str]:
        """Our field -> the publisher's header."""
        ...

    @property
    def repairs(self) -> "Repairs":
        """Cells that are put right before they are read."""
        ...

    @property
    def told(self) -> "Sequence[Notice]":
        """What the run's report says of it."""
        ...


class Part(Described, Protocol):
    """One table of a delivery: dropped, or a landed page of a crawl."""

    def land(self, settings: "Settings", hashed: "landing.Hashed | None" = None) -> "Landed":
        """Put its bytes into the landing, if they are not there; ``hashed``: see ``land_file``."""
        ...

    def batches(self, size: int) -> Iterator[pl.DataFrame]:
        """Its rows as text, with ``parse.ROW`` and ``parse.MORE``."""
        ...

    def skips(self, batch: pl.DataFrame) -> pl.Series:
        """Why a row is no data (``refusals.SKIPPED``); ``""`` where it is."""
        ...


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch ready to be judged."""

    frame: pl.DataFrame  # normalised, with repeat_fault and skip; registrations: row_hash, location
    sent: pl.DataFrame  # the rows with a fault, as sent, for what people are told
    columns: dict[str, str]
    hints: pl.DataFrame  # of the same rows: file_row, and for some fields what may be meant
    passed: Numbers64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """Entries of ``Known``: rows that were sent before just so, and are not in the frame."""


@dataclass(frozen=True, slots=True)
class Awaited:
    """Whom a batch names that will be prepared: what is held of them can be read meanwhile."""

    codes: pl.Series  # of the cells that are written as codes are


class Reading:
    """Reads the tables of a delivery; counts rows and knows where each table begins."""

    def __init__(self, parts: Sequence[Part], batch_rows: int) -> None:
        self._parts = parts
        self.batch_rows = batch_rows
        self.rows = 0
        self.offsets: list[int] = []
        self._stopped = False
        self.sent: Iterator[_Sent] = self._sent()

    @contextmanager
    def ahead(self) -> Generator[None]:
        """Read in a thread of its own, from now until this ends."""
        with closing(Ahead(self.sent, depth=READ_AHEAD, name="reading")) as self.sent:
            try:
                yield
            finally:
                self.stop()

    def stop(self) -> None:
        """Read nothing more: what comes of the delivery is known without it."""
        self._stopped = True

    def _sent(self) -> Generator["_Sent"]:
        """Every batch as its part gives it, its rows numbered through all parts."""
        offset = 0
        for part in self._parts:
            self.offsets.append(offset)
            last = 0
            for sent in part.batches(self.batch_rows):
                if self._stopped:
                    return
                last = sent[ROW][-1]
                self.rows += sent.height
                batch = sent.with_columns(pl.col(ROW).cast(pl.UInt32) + self.offsets[-1])
                # Only what is read: a file may have thousands of columns, and batches wait.
                wanted = {ROW, MORE, *part.columns.values()}
                kept = batch.select([name for name in batch.columns if name in wanted])
                yield _Sent(kept, part.skips(batch), part.columns)
            offset += last


class Batches(ABC):
    """Prepares the batches of a delivery."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._passed: list[Numbers64] = []  # since the last batch that was prepared

    @property
    def rows(self) -> int:
        """How many rows were read so far."""
        return self._reading.rows

    @property
    def offsets(self) -> list[int]:
        """Where each part begins among the rows of all."""
        return self._reading.offsets

    def batches(self) -> Iterator[Prepared]:
        """Yield every batch of every part, in order; small parts of one form share a batch.

        A batch costs the same few hundredths of a second for one row as for a thousand, and a
        workbook may have hundreds of sheets, a crawl thousands of pages, a register a few rows in
        a hundred that are not passed by.
        """
        return (each for each in self.announced() if isinstance(each, Prepared))

    def announced(self) -> "Generator[Prepared | Awaited]":
        """Yield every batch, as ``batches``; before it, as soon as its rows are read, whom they name."""
        for each in self._to_prepare():
            yield each if isinstance(each, Awaited) else self._prepare(each)

    def ahead(self, *, depth: int) -> "AbstractContextManager[Ahead[Prepared]]":
        """Prepare in a thread of its own, up to ``depth`` batches ahead.

        Whatever ends this does not wait for the rest of the file.
        """
        return self._ahead(self.batches(), depth)

    def announced_ahead(self, *, depth: int) -> "AbstractContextManager[Ahead[Prepared | Awaited]]":
        """As ``ahead``, of what ``announced`` yields."""
        return self._ahead(self.announced(), depth)

    @contextmanager
    def _ahead(self, items: Iterator[T], depth: int) -> "Generator[Ahead[T]]":
        with closing(Ahead(items, depth=depth, name="preparing")) as prepared:
            try:
                yield prepared
            finally:
                self._reading.stop()

    def _to_prepare(self) -> "Generator[_Sent | Awaited]":
        """Yield what is prepared together, and before it whom it names."""
        waiting: list[_Sent] = []
        sent: _Sent | None = None
        for each in self._reading.sent:
            sent = self._pass_by(each)
            if sent.batch.is_empty():
                continue
            rows = sum(each.batch.height for each in waiting)
            if waiting and not (
                sent.is_like(waiting[0]) and rows + sent.batch.height <= self._reading.batch_rows
            ):
                yield _joined(waiting)
                waiting.clear()
            yield from self._named(sent)
            waiting.append(sent)
        if waiting:
            yield _joined(waiting)
        if sent is not None and self._passed:
            yield sent

    def _pass_by(self, sent: "_Sent") -> "_Sent":
        """Return the rows that have to be read; of most kinds of file all."""
        return sent

    def _named(self, sent: "_Sent") -> "Iterable[Awaited]":  # noqa: ARG002 - of registrations it counts
        """Tell whom rows name that will be prepared; of most kinds of file nobody asks."""
        return ()

    @abstractmethod
    def _prepare(self, sent: "_Sent") -> Prepared:
        """Normalise a batch and find what repeats."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A batch as sent, the columns that mean something to us; and which rows are no data."""

    batch: pl.DataFrame
    skips: pl.Series
    columns: dict[str, str]

    def is_like(self, other: "_Sent") -> bool:
        """Return if both have the same columns, and mean the same by them."""
        return self.columns == other.columns and self.batch.columns == other.batch.columns


def _joined(waiting: Sequence[_Sent]) -> _Sent:
    if len(waiting) == 1:
        return waiting[0]
    batch = pl.concat([each.batch for each in waiting])
    skips = pl.concat([each.skips for each in waiting])
    return _Sent(batch, skips, waiting[0].columns)


class Preparing(Batches):
    """Prepares registrations: their place too, and what is known already is passed by."""

    def __init__(
        self,
        reading: Reading,
        gazetteer: Gazetteer,
        *,
        today: date,
        district: str,
        source: "Source",
        known: Known | None = None,
        seed: int = 0,
    ) -> None:
        """Prepare registrations.

        Args:
            reading: the rows as sent.
            gazetteer: names of places.
            today: nobody can have been founded later.
            district: the run's; used where an address names none.
            source: whose rows they are.
            known: what the source sent before; none: every row is read.
            seed: stands for all else that decides how a row is read; where it is another, no
                fingerprint is the same.
        """
        super().__init__(reading)
        self._known = Known.nothing() if known is None else known
        self._met = np.zeros(len(self._known), dtype=np.bool_)
        self._seed = seed
        self._is_faulty = False
        self._tell_fault: Callable[[], object] = lambda: None
        self._gazetteer = gazetteer
        self._source = source
        self._today = today
        self._district = district
        self._code_books = source.code_books.model_dump(exclude_none=True)
        self._repeats = Repeats()
        self._waiting = Numbers()

    def on_fault(self, tell: Callable[[], object]) -> None:
        """Call something when a batch has what will have to be judged; at once where one had."""
        self._tell_fault = tell
        if self._is_faulty:
            tell()

    @property
    def repeated(self) -> frozenset[str]:
        """Codes that more than one row bears, in the batches so far."""
        return frozenset(self._repeats.again)

    def _named(self, sent: _Sent) -> Iterable[Awaited]:
        """Of a source that never spoke before nobody is named: hardly anybody of its is held."""
        if len(self._known) and "uscc" in sent.columns:
            codes = sent.batch[sent.columns["uscc"]].drop_nulls()
            yield Awaited(codes.filter(codes.str.contains(WRITTEN_AS_CODES)))

    def _prepare(self, sent: _Sent) -> Prepared:
        batch, columns = sent.batch, sent.columns
        passed = np.concatenate([np.zeros(0, dtype=np.int64), *self._passed])
        self._passed.clear()
        frame = normalise(batch, columns, today=self._today, code_books=self._code_books)
        if self._source.kind == "social":
            frame = own_to_social(batch, columns, frame)
        frame = frame.with_columns(batch[PRINT].alias("fingerprint"), skip=sent.skips)
        frame = self._repeats.mark(frame.with_columns(fingerprint(frame)))
        fine = frame.select(pl.all_horizontal(pl.col("^.*_fault$") == "")).to_series()
        if not fine.all():
            self._is_faulty = True
            self._tell_fault()
        place = written.locate(frame["address"], self._gazetteer, district=self._district)
        place = place.with_columns(place["district_code"].fill_null(frame["district_code"]))
        told, rows = frame.filter(~fine), batch.filter(~fine)
        hints = told.select("file_row", uscc_hint=_meant(rows, columns, told["uscc_fault"]))
        frame = frame.drop("district_code").hstack(place)
        # A row about which something is to be said is read again each time, and it is said again.
        frame = frame.with_columns(
            traits(frame),
            fingerprint=pl.when(fine).then("fingerprint").otherwise(pl.lit(0, pl.UInt64)),
        )
        return Prepared(frame, rows, columns, hints, passed)

    def _pass_by(self, sent: _Sent) -> _Sent:
        """Return the rows to be read, with their fingerprints; the others are known."""
        # Under another seed no row has the fingerprint it had; 0 is none.
        prints = _fingerprints(sent.batch, sent.columns) ^ np.uint64(self._seed)
        prints = np.maximum(prints, np.uint64(1))
        batch = sent.batch.with_columns(pl.Series(PRINT, prints))
        if "uscc" not in sent.columns or not len(self._known):
            return replace(sent, batch=batch)
        # What is passed by had no fault, so its code is written as codes are.
        code = batch[sent.columns["uscc"]]
        numbers = code.hash(seed=2015).to_numpy()
        entries = self._known.find(prints)
        mask = (entries >= 0) & ~self._waiting.has(numbers)
        if pl.Series(numbers).n_unique() < len(numbers):
            mask &= ~code.is_duplicated().to_numpy()
        # Of one code one row is known, so a second one that passes is the same once more.
        mask[mask] = ~self._met[entries[mask]]
        self._met[entries[mask]] = True
        self._repeats.pass_by(numbers[mask], prints[mask])
        if mask.any():
            self._passed.append(entries[mask])
        # A later row must not pass by for one that came first and waits to be read.
        self._waiting.add(numbers[~mask])
        left = pl.Series(~mask)
        return replace(sent, batch=batch.filter(left), skips=sent.skips.filter(left))


def _fingerprints(batch: pl.DataFrame, columns: dict[str, str]) -> NDArray[np.uint64]:
    """A number for each row's cells as sent."""
    cells = [columns[field] for field in sorted(columns)]
    return batch.select(*dict.fromkeys(cells), MORE).hash_rows(seed=2260).to_numpy()


def _meant(sent: pl.DataFrame, columns: dict[str, str], faults: pl.Series) -> pl.Series:
    """Which code may be meant by each faulty one; ``""`` where nothing can be said."""
    if "uscc" not in columns:
        return pl.repeat("", sent.height, dtype=pl.String, eager=True)
    return uscc.suggest(sent[columns["uscc"]], faults)


class PreparingKind(Batches):
    """Prepares rows of any other kind of file."""

    def __init__(self, reading: Reading, kind: "Kind", context: "Context") -> None:
        super().__init__(reading)
        self._kind = kind
        self._context = context
        self._repeats = kinds.Repeats(kind)

    def _prepare(self, sent: _Sent) -> Prepared:
        frame = kinds.normalise(sent.batch, sent.columns, self._kind, self._context)
        frame = self._repeats.mark(frame.with_columns(skip=sent.skips))
        faulty = frame.select(pl.any_horizontal(pl.col("^.*_fault$") != "")).to_series()
        hints = frame.filter(faulty).select("file_row", "^.*_hint$")
        return Prepared(frame, sent.batch.filter(faulty), sent.columns, hints)
