"""How long a plan may be looked for. Pure: the clock is handed in.

A time limit is the only thing by which the same input may give another plan; what was found in
time is proven as far as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Budget:
    """Seconds from a start, by a clock that only goes forward."""

    seconds: float
    clock: Callable[[], float]
    started: float

    @classmethod
    def of(cls, seconds: float, clock: Callable[[], float] = perf_counter) -> "Budget":
        """Start a budget now."""
        return cls(seconds, clock, clock())

    @property
    def spent(self) -> float:
        """Seconds since the start."""
        return self.clock() - self.started

    @property
    def left(self) -> float:
        """Seconds left, not below 0."""
        return max(0.0, self.seconds - self.spent)
