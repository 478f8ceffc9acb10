"""Repairs the plan in force after a small change: keeps what can be kept, and says why not. Pure.

The objectives are those of a new plan with one exchanged: changes come before points. So an
organisation changes its instructor only where more would be reached, or loads be more even.
"""

from collections.abc import Callable
from time import perf_counter

from liangxin.errors import Misuse
from liangxin.planning.instructors.candidates import CandidateRule
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.problem import Problem
from liangxin.planning.instructors.result import Plan

#: Whoever keeps needs few to choose among; the pairs in force are candidates by themselves.
RULE = CandidateRule(nearest=4, spread=2)


def replan(
    problem: Problem,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    only_candidates: bool = False,
    clock: Callable[[], float] = perf_counter,
) -> Plan:
    """Plan again where little changed; ``Plan.changes`` says why each changed pair did.

    Args:
        problem: as it is now, with the plan in force.
        seconds: as ``plans.plan``.
        seed: as ``plans.plan``.
        only_candidates: as ``plans.plan``.
        clock: as ``plans.plan``.

    Raises:
        Misuse: there is no plan in force, or as ``plans.plan``.
        PlanRefused: as ``plans.plan``.
    """
    if not problem.in_force:
        raise Misuse(
            "没有现行方案可供调整。请先编制并批准一个方案。",
            "there is no plan in force to repair; make and approve one first.",
        )
    return plan(
        problem,
        seconds=seconds,
        seed=seed,
        rule=RULE,
        keep_first=True,
        only_candidates=only_candidates,
        clock=clock,
    )
