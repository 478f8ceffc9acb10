"""The front door: find a plan, count it again, tell it."""

from math import inf

from liangxin.planning.branches.checker import check
from liangxin.planning.branches.method import draft
from liangxin.planning.branches.problem import Problem
from liangxin.planning.branches.relaxation import SecondsLeft
from liangxin.planning.branches.result import Plan
from liangxin.planning.branches.telling import tell


def _unhurried() -> float:
    return inf


def plan(problem: Problem, *, seed: int = 0, seconds_left: SecondsLeft = _unhurried) -> Plan:
    """Return joint branches for units that have none, with what is proven of them.

    Args:
        problem: units, branches with room, locks, limits and weights.
        seed: same problem, seed and enough time: same plan.
        seconds_left: asked again and again how many seconds remain; at 0 or less the best plan so
            far is taken. Going through candidates once, and the check, come on top.

    Raises:
        PlanRefused: the checker does not let the plan pass; there is nothing to show.
    """
    found = draft(problem, seed=seed, seconds_left=seconds_left)
    return tell(problem, found, check(problem, found))
