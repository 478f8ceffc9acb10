"""Batches of addresses placed by two processes, this one and one beside it; answers in order.

What placing does between one step of Polars and the next is a single thread's, so a second core is
used by a second process only. It is started when there are many rows, it has the same
lists and lessons, and each batch is placed by whoever is free: what is found is the same. If
it ends half way, what it was asked is placed here, and so is all that follows.
"""

import pickle
import signal
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Self

import polars as pl

from ingest.locate import locating
from liangxin import child

#: After so many rows another process is started, which takes as long as placing them.
WORTH = 90_000
#: Batches that wait for the other process, one of them being placed, so that it never waits.
ASKED = 2
#: Batches that are held until those before them are placed.
HELD = 3
_LENGTH = struct.Struct(">Q")
_START = child.program("ingest.locate_apart")


class _Gone(Exception):
    """The other process has ended."""


@dataclass(frozen=True, slots=True)
class Question:
    """What addresses are placed by: lists and lessons, decisions, and how surely."""

    ground: locating.Ground
    decided: pl.DataFrame | None = None
    district: str = ""
    min_confidence: float = locating.DEFAULT_CONFIDENCE

    def answer(self, addresses: pl.Series) -> pl.DataFrame:
        """Return `locating.COLUMNS` of each address: what was found, above it what was decided."""
        how: dict[str, Any] = {"district": self.district, "min_confidence": self.min_confidence}
        if self.decided is None or self.decided.is_empty():
            return locating.locate(addresses, self.ground, **how)
        from ingest import ruling  # noqa: PLC0415 - only who has decisions pays for it

        weighed = locating.weigh(addresses, self.ground, **how)
        return ruling.overruled(weighed, self.decided, self.ground, district=self.district)


class Placing:
    """Places batches of one question. The other process is gone when this ends."""

    def __init__(
        self, question: Question, *, cores: int | None = None, worth: int | None = None
    ) -> None:
        """Start nothing yet.

        Args:
            question: what to place by.
            cores: with one there is no other process; default: as many as Polars may use.
            worth: rows after which it is started; default: ``WORTH``.
        """
        self._question = question
        self._alone = (pl.thread_pool_size() if cores is None else cores) < 2
        self._worth, self._rows = WORTH if worth is None else worth, 0
        self._other: _Other | None = None
        self._thread: ThreadPoolExecutor | None = None
        self._started: Future[None] | None = None
        self._asked: list[Future[pl.DataFrame]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the other process, whatever it is doing."""
        self._alone = True
        if self._other is not None:
            self._other.end()
        if self._thread is not None:
            self._thread.shutdown(cancel_futures=True)
            self._thread = None
        if self._other is not None:
            self._other.close()
            self._other = None

    @property
    def beside(self) -> int | None:
        """The number of the other process, if there is one and it is ready."""
        is_ready = self._started is not None and self._started.done() and not self._alone
        return self._other.pid if is_ready and self._other is not None else None

    def each(
        self, batches: Iterable[pl.DataFrame], column: str
    ) -> Generator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Yield every batch in order, with what was found of the addresses in its ``column``."""
        waiting: deque[tuple[pl.DataFrame, Future[pl.DataFrame]]] = deque()
        for batch in batches:
            waiting.append((batch, self._begun(batch[column])))
            while waiting and (len(waiting) > HELD or waiting[0][1].done()):
                rows, answer = waiting.popleft()
                yield rows, self._answered(rows[column], answer)
        # What the other has not begun when all is read is placed here, the last first to be begun.
        for place, (rows, answer) in enumerate(waiting):
            if answer.cancel():
                waiting[place] = rows, self._here(rows[column])
        for rows, answer in waiting:
            yield rows, self._answered(rows[column], answer)

    def _begun(self, addresses: pl.Series) -> "Future[pl.DataFrame]":
        """Ask the other process, if it is ready and has little to do; else place them here."""
        self._rows += addresses.len()
        if self._started is None and not self._alone and self._rows >= self._worth:
            self._other = _Other(self._question)
            self._thread = ThreadPoolExecutor(1, "locate")
            self._started = self._thread.submit(self._other.start)
        self._asked = [each for each in self._asked if not each.done()]
        if self.beside is None or self._thread is None or len(self._asked) >= ASKED:
            return self._here(addresses)
        assert self._other is not None  # noqa: S101 - it is ready
        asked = self._thread.submit(self._other.answer, addresses)
        self._asked.append(asked)
        return asked

    def _here(self, addresses: pl.Series) -> "Future[pl.DataFrame]":
        done: Future[pl.DataFrame] = Future()
        done.set_result(self._question.answer(addresses))
        return done

    def _answered(self, addresses: pl.Series, answer: "Future[pl.DataFrame]") -> pl.DataFrame:
        try:
            return answer.result()
        except _Gone:
            self._alone = True
            return self._question.answer(addresses)


class _Other:
    """The other process, asked by one thread of this one."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it, and return when it has the lists and lessons; if it cannot be, it is gone."""
        root = Path(__file__).resolve().parent.parent
        try:
            # The interpreter itself and a constant program; no shell.
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", _START, str(root), str(root / "coverage")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=child.environment() | {"POLARS_MAX_THREADS": "1"},
            )
            to, _ = self._pipes()
            pickle.dump(self._question, to)
            to.flush()
        except (OSError, ValueError, _Gone):
            self.end()

    def answer(self, addresses: pl.Series) -> pl.DataFrame:
        """Return what the other process finds.

        Raises:
            _Gone: it has ended.
        """
        to, back = self._pipes()
        try:
            _send(to, addresses.to_frame("address"))
            return _received(back)
        except (OSError, ValueError, EOFError) as error:
            raise _Gone from error

    def end(self) -> None:
        """End it; who waits for an answer is told that it is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it, started meanwhile or not, and close its pipes; nobody reads them any more."""
        self.end()
        with suppress(_Gone):
            for pipe in self._pipes():
                with suppress(OSError):  # what was still to be written
                    pipe.close()

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None or self._process.stdin is None or self._process.stdout is None:
            raise _Gone
        return self._process.stdin, self._process.stdout


def _send(stream: IO[bytes], frame: pl.DataFrame) -> None:
    packed = BytesIO()
    frame.write_ipc(packed)
    stream.write(_LENGTH.pack(packed.tell()))
    stream.write(packed.getbuffer())
    stream.flush()


def _received(stream: IO[bytes]) -> pl.DataFrame:
    """The next frame.

    Raises:
        EOFError: there is none, or not all of it.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    [size] = _LENGTH.unpack(head)
    packed = stream.read(size)
    if len(packed) < size:
        raise EOFError
    return pl.read_ipc(packed)


def main() -> None:
    """Take a question, then place batches until no more come."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this ends it
    come, go = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # nothing else may stand between the answers
    question: Question = pickle.load(come)  # noqa: S301 - from the process that started this one
    while True:
        try:
            asked = _received(come)
        except EOFError:
            return
        _send(go, question.answer(asked["address"]))


if __name__ == "__main__":
    main()
