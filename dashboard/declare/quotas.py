"""How often one address may send something, so that nobody fills the register for a joke.

Addresses are held in the memory of this process for a day at most, and written nowhere. Behind a
proxy all visitors have the proxy's address and share one allowance, until the proxy's word for
whom it speaks is trusted.
"""

import math
import time
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from dashboard.text import both
from liangxin.errors import LiangxinError

#: So many addresses are remembered before those whose time is over are swept out.
SWEEP_FROM = 1_000
#: Of an IPv6 address; what is behind these bits is the visitor's own to change.
IPV6_BITS = 64


@dataclass(frozen=True, slots=True)
class Quotas:
    """Allowances, as the library ``limits`` writes them; all of a line hold at once."""

    #: Declarations and declines, of one address.
    declaring: str = "20/10 minutes; 60/day"
    #: Requests with a code, of one address.
    own: str = "60/10 minutes; 300/day"
    #: Codes that open nothing, of one address.
    wrong_codes: str = "10/10 minutes"
    #: Failures to sign in, of one address.
    signing_in: str = "30/10 minutes; 200/day"
    #: Of each other kind, of all addresses together: it bounds what is remembered of them, and written.
    everybody: str = "5000/day"


class TooMany(LiangxinError):
    """An allowance is used up; ``seconds`` from now there is some again."""

    def __init__(self, seconds: int, moment: str) -> None:
        super().__init__(*both("declare.too_many", moment=moment))
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Refusal:
    """An allowance is used up for so many seconds."""

    seconds: int


class Gate:
    """Counts what addresses send."""

    def __init__(self, quotas: Quotas) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._everybody = parse_many(quotas.everybody)
        self._kinds = {
            "declaring": parse_many(quotas.declaring),
            "own": parse_many(quotas.own),
            "wrong_codes": parse_many(quotas.wrong_codes),
        }

    def admit(self, kind: str, address: str | None) -> Refusal | None:
        """Count one request; say how long to wait if it is one too many."""
        refused = self.look(kind, address)
        if refused is None:
            self.count(kind, address)
        return refused

    def look(self, kind: str, address: str | None) -> Refusal | None:
        """Say how long to wait if an allowance is used up; counts nothing."""
        waits = [
            self._limiter.get_window_stats(item, kind, who).reset_time - time.time()
            for item, who in self._held(kind, address)
            if not self._limiter.test(item, kind, who)
        ]
        return Refusal(max(1, math.ceil(max(waits)))) if waits else None

    def count(self, kind: str, address: str | None) -> None:
        """Count one request."""
        if len(self._storage.events) > SWEEP_FROM:
            self._sweep()
        for item, who in self._held(kind, address):
            self._limiter.hit(item, kind, who)

    def _held(self, kind: str, address: str | None) -> list[tuple[RateLimitItem, str]]:
        """The allowances that hold for a request, and whose each is."""
        mine, everybody = network(address), "everybody"
        return [
            *((item, mine) for item in self._kinds[kind]),
            *((item, everybody) for item in self._everybody),
        ]

    def _sweep(self) -> None:
        """Forget addresses whose time is over; the library empties their lists and keeps the keys."""
        for key, entries in list(self._storage.events.items()):
            if not entries:
                self._storage.clear(key)


def network(address: str | None) -> str:
    """Return for whom an address stands: itself, or the network of an IPv6 one."""
    try:
        given = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(given, IPv4Address):
        return str(given)
    return str(given.ipv4_mapped or IPv6Network((given, IPV6_BITS), strict=False))
