"""Random small problems: the plan is the best of all, whatever is odd about them.

``PLANS=1000`` tries so many instead of a hundred.
"""

import os
from dataclasses import replace

import pytest
from joint_plans import a_random_problem, best_by_trying_all

from liangxin.planning.branches.checker import check
from liangxin.planning.branches.method import draft
from liangxin.planning.branches.plan import plan

PLANS = int(os.environ.get("PLANS", "100"))


@pytest.mark.parametrize("first", range(0, PLANS, 20))
def test_plans_of_few_units_are_the_best_of_all(first: int) -> None:
    for seed in range(first, min(first + 20, PLANS)):
        problem = a_random_problem(seed)
        if seed % 3 == 0:  # what is locked together is a group as it is
            locks = problem.locks
            problem = replace(problem, locks=replace(locks, together=(), whole=locks.together))
        found = draft(problem)
        counted = check(problem, found)
        left, cost = best_by_trying_all(problem)
        assert (counted.value, seed) == (left * counted.stake + cost, seed)
        assert (counted.is_best, seed) == (True, seed)
        told = plan(problem)
        assert told.value == counted.value
        assert sum(each.code not in {"declined", "alone"} for each in told.left) == left
