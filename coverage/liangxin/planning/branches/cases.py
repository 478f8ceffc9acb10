"""Cases: where prices alone leave a gap, every plan is one of two, and each has prices of its own.

Two pieces that a mixture puts together by half are together in a plan or they are not (branching
after Ryan and Foster). The case with the lowest bound is told apart again, until none is below
the plan or there are as many as are worth checking.
"""

from dataclasses import dataclass
from heapq import heappop, heappush

from liangxin.planning.branches import prices as pricing
from liangxin.planning.branches.certificate import SCALE, Case, Decision
from liangxin.planning.branches.choosing import Choice, valued
from liangxin.planning.branches.relaxation import Block, Relaxation, SecondsLeft

#: Pieces times cases; the checker goes through all groups once a case.
MOST_WORK = 15_000
MOST_CASES = 200
TURNS = 4  # of prices in a case, with roundings between; most roundings were found before
MOST_ROUNDINGS = 8  # a piece; more make every further case slower than it is worth


@dataclass(slots=True)
class Proof:
    """Cases so far, and the best plan met on the way."""

    cases: list[Case]
    choice: Choice
    in_time: bool


def told_apart(
    block: Block, relaxation: Relaxation, root: Case, choice: Choice, seconds_left: SecondsLeft
) -> Proof:
    """Return cases that cover all plans, and a plan at least as good as the one given."""
    closed: list[Case] = []
    number = 0
    waiting: list[tuple[int, int, Case, tuple[int, int] | None]] = []
    heappush(waiting, (_bound(root, relaxation), number, root, relaxation.undecided()))
    most = min(MOST_CASES, MOST_WORK // max(block.total, 1))
    while waiting and len(waiting) + len(closed) < most and seconds_left() > 0:
        bound, _, case, pair = heappop(waiting)
        if pair is None or -(-bound // SCALE) >= choice.value:
            closed.append(case)
            continue
        for together in (True, False):
            decisions = (*case.decisions, Decision(*pair, together))
            relaxation.allow(decisions)
            has_many = len(relaxation.roundings) > MOST_ROUNDINGS * block.total
            in_time = relaxation.tighten(seconds_left, 1 if has_many else TURNS)
            new = pricing.proven(block, relaxation, decisions)
            if _bound(new, relaxation) < bound:  # what holds of all holds of these
                new = Case(decisions, case.prices, case.rounding_prices)
            open_pair = relaxation.undecided()
            if in_time and open_pair is None:
                choice = _better(choice, valued(block, relaxation.plan()))
            number += 1
            heappush(waiting, (_bound(new, relaxation), number, new, open_pair))
    relaxation.allow(())
    cases = [*closed, *(case for _, _, case, _ in waiting)]
    return Proof(cases, choice, seconds_left() > 0)


def _bound(case: Case, relaxation: Relaxation) -> int:
    given = zip(relaxation.roundings, case.rounding_prices, strict=False)
    return sum(case.prices) - sum(rounding.most * price for rounding, price in given)


def _better(choice: Choice, other: Choice) -> Choice:
    if other.value < choice.value:
        return Choice(other.groups, other.value, choice.is_complete)
    return choice
