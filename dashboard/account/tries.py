"""How often one address may fail to sign in: accounts lock one by one, this holds who tries many.

Many people sit behind one office's address, so only failures count. Addresses are held in the
memory of this process for a day at most, and written nowhere.
"""

import math
import time

from limits import parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard.declare.quotas import network
from dashboard.text import both
from liangxin.errors import LiangxinError

#: So many addresses are remembered; then all are forgotten, and the locks of accounts still hold.
MOST = 50_000


class TooMany(LiangxinError):
    """An address failed too often; ``seconds`` from now it may try again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(*both("account.too_many", minutes=math.ceil(seconds / 60)))
        self.seconds = seconds


class Tries:
    """Counts failures by address."""

    def __init__(self, allowed: str) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._allowed = parse_many(allowed)

    def admit(self, address: str | None) -> None:
        """Return if an address may try; counts nothing.

        Raises:
            TooMany: it failed too often.
        """
        who = network(address)
        waits = [
            self._limiter.get_window_stats(item, who).reset_time - time.time()
            for item in self._allowed
            if not self._limiter.test(item, who)
        ]
        if waits:
            raise TooMany(max(1, math.ceil(max(waits))))

    def failed(self, address: str | None) -> None:
        """Count a failure."""
        if len(self._storage.events) > MOST:
            self._storage.reset()
        for item in self._allowed:
            self._limiter.hit(item, network(address))
