"""Bytes of a delivery on their way into the landing, in a thread of their own.

Whose bytes they are is known as soon as they are read; that they will still be there after a power
cut only when the disk has them, which may take longer than the whole run. Reading does not wait
for it, committing does.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ingest import cut_off
from ingest.landing import Landed

if TYPE_CHECKING:
    from ingest.preparing import Part
    from liangxin.settings import Settings


class Arriving:
    """The parts of one delivery; whichever way the block ends, their bytes are there after it."""

    def __init__(self, parts: "Sequence[Part]", settings: "Settings") -> None:
        # Bytes are hashed in a turn of nobody's, neither of Python's nor of the database's.
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="landing")
        self._may_be_cut: list[bool] = []
        self._known: list[Future[Landed]] = [Future() for _ in parts]
        self._safe = [
            self._pool.submit(self._land, part, settings, known)
            for part, known in zip(parts, self._known, strict=True)
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    def known(self) -> list[Landed]:
        """Wait until every hash is known; the disk may still be writing.

        Raises:
            OSError: bytes could not be read or written.
        """
        return [each.result() for each in self._known]

    def may_be_cut_off(self) -> bool:
        """Whether any of the known bytes end in the middle of a line."""
        return any(self._may_be_cut)

    def safe(self) -> list[Landed]:
        """Wait until the disk has them all.

        Raises:
            OSError: it could not take them.
        """
        return [each.result() for each in self._safe]

    def _land(self, part: "Part", settings: "Settings", known: Future[Landed]) -> Landed:
        def tell(landed: Landed, path: Path) -> None:
            self._may_be_cut.append(cut_off.ends_a_line(path) is False)
            known.set_result(landed)

        try:
            landed = part.land(settings, tell)
        except BaseException as error:
            if not known.done():
                known.set_exception(error)
            raise
        if not known.done():  # it lay there before, and is looked at there
            self._may_be_cut.append(True)
            known.set_result(landed)
        return landed
