"""Work done in a thread, some items before they are asked for."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Yields what an iterator yields, computed in a thread from now on, ``depth`` items ahead.

    An error of the iterator is raised where its item would have been. Close it
    (``contextlib.closing``) and the thread has ended.
    """

    def __init__(self, items: Iterator[T], *, depth: int, name: str) -> None:
        self._items = items
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._waiting = deque(self._pool.submit(next, items, None) for _ in range(depth))

    def __iter__(self) -> "Ahead[T]":
        return self

    def __next__(self) -> T:
        if not self._waiting:
            raise StopIteration
        try:
            item = self._waiting.popleft().result()
        except BaseException:
            self.close()
            raise
        if item is None:
            self.close()
            raise StopIteration
        self._waiting.append(self._pool.submit(next, self._items, None))
        return item

    def close(self) -> None:
        """Compute no more, and wait for what is being computed."""
        for future in self._waiting:
            future.cancel()
        self._waiting.clear()
        self._pool.shutdown()
