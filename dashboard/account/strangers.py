"""What was refused to nobody known: written down once a minute and kind, with how often it was.

Whoever forges a thousand cookies a second would else fill the log, and hold its lock.
"""

from datetime import datetime, timedelta
from threading import Lock

#: What is refused to whoever is not signed in, as the log says it.
COOKIE, OTHER_SITE, PATH = "a cookie of no session", "from another site", "a path out of its folder"
EVERY = timedelta(minutes=1)


class Strangers:
    """Counts refusals by kind between two entries of the log."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._told: dict[str, datetime] = {}
        self._since: dict[str, int] = {}

    def due(self, kind: str, now: datetime) -> int:
        """Count one refusal; return how many an entry is to tell of now, nought: none is due yet."""
        with self._lock:
            self._since[kind] = self._since.get(kind, 0) + 1
            last = self._told.get(kind)
            if last is not None and timedelta(0) <= now - last < EVERY:
                return 0
            self._told[kind] = now
            return self._since.pop(kind)

    def not_told(self, kind: str, number: int) -> None:
        """Take a number back that could not be written down: the next entry tells of it."""
        with self._lock:
            self._since[kind] = self._since.get(kind, 0) + number
            self._told.pop(kind, None)
