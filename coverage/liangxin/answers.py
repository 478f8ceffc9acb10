"""What views answer with: plain data that pages and reports draw. Pure."""

from dataclasses import dataclass
from datetime import date, datetime

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


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest day that a source has described, and when the register learned it."""

    source: str
    as_of: date
    learned_at: datetime


@dataclass(frozen=True, slots=True)
class Screened:
    """A screening state and how long it held."""

    state: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Covered:
    """A covering by a Party organisation and how long it held."""

    party: str
    level: str
    mode: str
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True)
class Sent:
    """An instructor who was sent, how long, and when they last came."""

    instructor_id: int
    name: str
    kind: str
    from_on: date
    to_on: date | None
    visited_on: date | None


@dataclass(frozen=True, slots=True)
class Visited:
    """A visit that was logged."""

    on: date
    instructor: str
    kind: str  # of ``visits.KINDS``
    note: str | None  # of ``visits.NOTES``


@dataclass(frozen=True, slots=True)
class Portrait:
    """An organisation as an actor may see it on a day."""

    uscc: str
    name: str
    kind: str
    ownership: str
    status: str | None
    registered_code: str | None
    registered: str | None  # the sub-district of the registered address
    operates_code: str | None
    operates: str | None  # the sub-district where it operates, as far as is known
    community: str | None
    state: str | None
    counts: bool
    unverified: bool
    why: tuple[str, ...]  # of ``portrait.REASONS``; empty: it counts
    staff: int | None
    full_members: int | str | None  # a band to whoever may not see counts of members
    lists: tuple[str, ...]  # of ``lists.LISTS``
    screenings: tuple[Screened, ...]  # the newest first, like the two below
    coverings: tuple[Covered, ...]
    instructors: tuple[Sent, ...]
    visits: tuple[Visited, ...]  # the last ones
