"""How counts of people are told to whoever may not know of one or two: what takes their place. Pure.

A count of an organisation is *sanitised* first: one and two are the same thing, and everything told
is worked out from what is sanitised. So no two outputs, and no number of them, can tell one from
two: a register in which one member became two gives the very same outputs (decision 0020).

- Full members are a band that begins at a number the rules ask for, and never a number: beside
  all members, full ones would tell the probationary.
- Members, and those whose relation is elsewhere, are a number from three on, else "from 1 to 2";
  sums are of such ranges. Where those elsewhere would leave one or two here, they are a range too.
- Spells of members' clocks: an organisation's one or two count as one, the longest; told is from
  which round number on.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

#: From so many people on a number is told.
FEWEST = 3
#: How one or two people are shown.
FEW = f"<{FEWEST}"
#: Of so many members two elsewhere leave two here, so that one to three are all one thing.
BOTH_FEW = 4
#: Where bands of clocks begin: below ten is one band, for days follow on each other. Who saw one spell
#: end and another open knows of two; that there are not three must not be told.
RUNGS = (1, 10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
#: From so many spells on more is told than that there are some.
SEVERAL = RUNGS[1]
#: More people than any organisation has.
MOST = 10_000_000


@dataclass(frozen=True, slots=True)
class Between:
    """A number of people of which only this is told: it lies from one number to another."""

    low: int
    high: int

    def __add__(self, other: "Between") -> "Between":
        """Return what is told of both together."""
        return Between(self.low + other.low, self.high + other.high)


def exactly(number: int) -> Between:
    """Return a number as a range of one."""
    return Between(number, number)


def sanitised(number: int) -> Between:
    """Return what may be known of a count: one and two are the same thing."""
    return Between(1, FEWEST - 1) if 0 < number < FEWEST else exactly(number)


def elsewhere(members: int | None, out: int) -> Between:
    """Return what may be known of the members whose relation is elsewhere, beside all members.

    Neither they nor the members left here may turn out to be one, or two.
    """
    few_here = members is not None and 0 < members - out < FEWEST
    if members == BOTH_FEW and (few_here or 0 < out < FEWEST):
        return Between(1, members - 1)
    if members is not None and members > BOTH_FEW and few_here:
        return Between(members - 2, members - 1)
    return sanitised(out)


def text(range_: Between) -> int | str:
    """Return a range as it is shown: a number, ``<3``, or ``11-12``."""
    if range_.low == range_.high:
        return range_.low
    return FEW if range_.high < FEWEST else f"{range_.low}-{range_.high}"


def edges(asked: Iterable[int]) -> tuple[int, ...]:
    """Return where bands of full members begin, by the numbers that a rule set asks for."""
    return tuple(sorted({FEWEST, *(number for number in asked if number > FEWEST)}))


def band(full_members: int, asked: Iterable[int]) -> int | str:
    """Return full members as they are shown: 0, ``<3``, or from where on, like ``7+``."""
    known = within(full_members, edges(asked))
    return known.low if known.high == 0 else FEW if known.high < FEWEST else f"{known.low}+"


def within(full_members: int, starts: Sequence[int]) -> Between:
    """Return the band that a number of full members lies in."""
    if full_members < FEWEST:
        return sanitised(full_members)
    low = max(start for start in starts if start <= full_members)
    above = [start for start in starts if start > full_members]
    return Between(low, min(above) - 1 if above else MOST)


def told_apart(asked: Iterable[int]) -> int | None:
    """Return a number of full members that would tell too much if rules asked for it; null: none.

    Two would tell one from two. Of neighbours the lower is a band of one number, which beside all
    members tells the probationary.
    """
    numbers = {number for number in asked if number > 1}
    starts = {FEWEST, *numbers}
    return next((each for each in sorted(numbers) if each < FEWEST or each - 1 in starts), None)


def at_least(low: int) -> int | str:
    """Return a sum of sanitised spells as it is shown: 0, or from where on, like ``10+``."""
    return f"{max(rung for rung in RUNGS if rung <= low)}+" if low else 0
