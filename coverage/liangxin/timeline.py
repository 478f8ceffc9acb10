"""How a finding fits among what was found before: states of one organisation along the days. Pure.

States follow each other without overlap. A finding from a day on ends the state before it on that
day; what was known is corrected, never rewritten, so that every past figure can be told again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

#: ``unchanged``: that state held already; ``earlier``: before the latest state, and no history.
Outcome = Literal["new", "changed", "unchanged", "earlier"]


@dataclass(frozen=True, slots=True)
class Held:
    """A state that held from a day on, until another (exclusive; ``None``: it still holds)."""

    id: int
    state: str
    from_on: date
    to_on: date | None

    def holds_on(self, day: date) -> bool:
        """Whether it held on a day."""
        return self.from_on <= day and (self.to_on is None or self.to_on > day)


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a finding does to what is known."""

    outcome: Outcome
    corrected: Held | None = None  # is no longer believed as it stands
    shortened_to: date | None = None  # … but held until this day
    to_on: date | None = None  # of the new finding


def fit(known: Sequence[Held], state: str, day: date, *, history: bool) -> Fitted:
    """Return what a finding of a state from a day on does to what is known of one organisation.

    Args:
        known: all states believed now, in any order, without overlap.
        state: what was found.
        day: since when.
        history: the finding is an old one that comes late; it is fitted in before later ones.
    """
    holder = next((each for each in known if each.holds_on(day)), None)
    if holder is not None and holder.state == state:
        return Fitted("unchanged")
    if not history and any(day < each.from_on for each in known):
        return Fitted("earlier")
    if holder is not None:
        shortened = day if holder.from_on < day else None
        return Fitted("changed", holder, shortened, holder.to_on)
    later = [each.from_on for each in known if each.from_on > day]
    return Fitted("changed" if known else "new", to_on=min(later, default=None))
