"""Rates from counts. Pure: opens no database, reads no clock.

A rate is never a bare number: it carries its variant, rule set, date, numerator and denominator
(domain notes §4.2). An empty denominator is "no data", never 0 and never 100.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Count:
    """How many organisations of one group count, are reached, or are not yet verified.

    ``0 <= numerator <= denominator``; ``unverified`` are organisations of the right class that
    nobody has screened: outside the denominator, but never left unsaid.
    """

    code: str | None  # a division code or kind; None: not located
    name: str
    numerator: int
    denominator: int
    unverified: int = 0

    @property
    def share(self) -> Fraction | None:
        """The exact share; ``None`` when nothing counts."""
        return Fraction(self.numerator, self.denominator) if self.denominator else None

    @property
    def percent(self) -> str | None:
        """The share as people print it: half up, one decimal, like ``"56.0"``."""
        return None if self.share is None else percent(self.share)


@dataclass(frozen=True, slots=True)
class RateTable:
    """One rate on one day, by group and in total."""

    as_of: date
    rate: str
    rule_set: str
    by: str
    rows: tuple[Count, ...]
    total: Count


def percent(share: Fraction) -> str:
    """Round a share half up to a tenth of a percent (``Fraction(77, 100)`` -> ``"77.0"``)."""
    exact = Decimal(share.numerator * 100) / Decimal(share.denominator)
    return str(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def total_of(rows: Iterable[Count]) -> Count:
    """Add groups that do not overlap."""
    rows = list(rows)
    return Count(
        code=None,
        name="total",
        numerator=sum(row.numerator for row in rows),
        denominator=sum(row.denominator for row in rows),
        unverified=sum(row.unverified for row in rows),
    )


def points(before: Count, after: Count) -> str | None:
    """The change between two counts in percentage points, signed, like ``"+21.0"`` or ``"0.0"``."""
    if before.share is None or after.share is None:
        return None
    change = (after.share - before.share) * 100
    exact = Decimal(change.numerator) / Decimal(change.denominator)
    rounded = exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    return f"{rounded:+}" if rounded else "0.0"
