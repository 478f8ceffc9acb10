"""The counter at which offices' files and errands are taken: a thread beside the worker's jobs on sources.

Somebody waits at the page, so it looks every half second, and a crawl that takes an hour stands in
nobody's way: only writing waits its turn. What it works on is a job of the register like any other
(decision 0012): it is tried again, given up, and taken over from a worker that died.
"""

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from ingest import handing, pieces
from ingest.pieces import Piece
from ingest.sync import PASSING, Desk
from liangxin import db, holds, jobs, queue
from liangxin.errors import Busy, LiangxinError
from liangxin.handed.offered import announce
from liangxin.jobs import JobView

if TYPE_CHECKING:
    from huey import Huey

    from ingest.worker import Patience

#: Seconds between two looks for what waits, and for whether another worker still holds the place.
EVERY, HELD_EVERY = 0.5, 5.0
#: Seconds for which it is held before it is taken anew, and to wait for a page that is just looking.
HELD_FOR, GLANCE = 20.0, 1.0
#: Seconds between two deletions of what is no longer needed.
TIDY_EVERY = 60.0


class Counter:
    """Takes piece after piece, and lets pages know that somebody does."""

    def __init__(
        self, desk: Desk, queue_: "Huey", say: Callable[[str, str], None], patience: "Patience"
    ) -> None:
        self._desk, self._queue, self._say, self._patience = desk, queue_, say, patience
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def open(self) -> None:
        """Begin; every thread of it ends with the process at the latest."""
        for name, work in (("counter", self._serve), ("present", self._be_present)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def close(self) -> None:
        """Let the piece under way end, and begin no other."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def once(self) -> None:
        """Do all that waits now."""
        self.announce()
        for job in self._waiting():
            self._work(job)
        pieces.tidy(self._desk)

    def announce(self) -> None:
        """Tell pages which sources there are."""
        with db.writing(self._desk.engine) as connection:
            announce(connection, handing.offered(self._desk.settings))

    def _serve(self) -> None:
        tidied, announced = -TIDY_EVERY, False
        while not self._over.is_set():
            try:
                if not announced:
                    self.announce()
                    announced = True
                for job in self._waiting():
                    if not self._over.is_set():
                        self._work(job)
                if time.monotonic() - tidied > TIDY_EVERY:
                    tidied = time.monotonic()
                    pieces.tidy(self._desk)
            except LiangxinError as error:  # the register is away: the next look may find it
                self._say(error.zh, error.en)
                self._over.wait(HELD_EVERY)
            except OSError as error:
                self._say(f"数据目录有问题（{error}）。", f"the data folder is in trouble: {error}")
                self._over.wait(HELD_EVERY)
            self._over.wait(EVERY)

    def _be_present(self) -> None:
        """Hold the lock that tells pages that a worker is there; of several workers one holds it.

        It is taken anew now and then: a server that was away has forgotten it.
        """
        while not self._over.is_set():
            try:
                with holds.holding(self._desk.engine, queue.WORKER, wait=GLANCE):
                    self._over.wait(HELD_FOR)
            except LiangxinError:
                self._over.wait(HELD_EVERY)

    def _waiting(self) -> list[JobView]:
        with db.reading(self._desk.engine) as connection:
            return pieces.waiting(connection, now=self._desk.clock())

    def _work(self, job: JobView) -> None:
        try:
            with holds.holding(self._desk.engine, job.source):
                self._work_alone(job.id, job.source)
        except Busy:  # another worker took it meanwhile
            return

    def _work_alone(self, number: int, name: str) -> None:
        desk, piece = self._desk, pieces.of_job(self._desk, name)
        with db.reading(desk.engine) as connection:
            job = jobs.find(connection, number)
        if job is None or job.finished_at is not None:
            return
        with db.writing(desk.engine) as connection:
            begun = jobs.begin(
                connection, name, worker=desk.worker, delivery=job.delivery, now=desk.clock()
            )
        rows, trouble = 0, None
        if job.attempts >= self._patience.attempts:
            trouble = _given_up(job, piece)
        else:
            try:
                queue.tell_progress(self._queue, name, 0)
                rows = piece.do(queue.telling(self._queue, name), self._say)
            except PASSING as error:
                if begun.attempts < self._patience.attempts:
                    self._later(begun, error)
                    return
                trouble = (error.zh, error.en)
            except LiangxinError as error:
                trouble = (error.zh, error.en)
            except Exception as error:  # a fault of ours; its trace may quote a row
                trouble = _internal(error)
        self._end(begun, piece, rows, trouble)

    def _end(self, job: JobView, piece: Piece, rows: int, trouble: tuple[str, str] | None) -> None:
        """Close a job; a piece nothing came of says why."""
        now = self._desk.clock()
        zh, en = trouble or ("", "")
        all_zh, all_en = (piece.TOLD_ALL or trouble) if trouble else ("", "")
        with db.writing(self._desk.engine) as connection:
            jobs.finish(connection, job.id, rows=rows, now=now, zh=all_zh, en=all_en)
            if trouble is not None:
                piece.fail(connection, zh, en, now=now)
        if trouble is not None:
            self._say(f"{job.source}：{zh}", f"{job.source}: {en}")

    def _later(self, job: JobView, error: LiangxinError) -> None:
        at = self._desk.clock() + self._patience.after(job.attempts)
        with db.writing(self._desk.engine) as connection:
            jobs.try_again(connection, job.id, at=at, zh=error.zh, en=error.en)
        self._say(f"{job.source}：{error.zh}", f"{job.source}: {error.en}")


def _given_up(job: JobView, piece: Piece) -> tuple[str, str]:
    zh, en = job.message_zh or "", job.message_en or ""
    return (
        f"已尝试 {job.attempts} 次未完成，不再自动重试。{zh}{piece.AGAIN[0]}",
        f"begun {job.attempts} times and never ended; not tried again. {en} {piece.AGAIN[1]}",
    )


def _internal(error: Exception) -> tuple[str, str]:
    kind = type(error).__name__
    return (
        f"程序内部错误（{kind}），没有写入任何内容。请把这句话（和文件，如果有）交给管理员。",
        f"internal error ({kind}); nothing was written. Tell the administrator.",
    )
