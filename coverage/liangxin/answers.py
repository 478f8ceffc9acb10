"""What views answer with: plain data that pages and reports draw. Pure."""

from dataclasses import dataclass
from datetime import date

from liangxin.indicators import Count


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """One organisation as a list shows it."""

    uscc: str
    name: str
    kind: str
    ownership: str
    state: str | None  # screening state; None: not screened
    counts: bool
    unverified: bool
    covering: str | None  # "alone", "joint", "attached" or None
    instructed: bool
    party_organisation: str | None
    community: str | None
    address: str | None


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A rate's total on one day."""

    as_of: date
    count: Count
