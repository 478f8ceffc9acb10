"""Makes a plan of instructors and lets it out only past the checker. Pure."""

from collections.abc import Callable
from time import perf_counter

from liangxin.errors import PlanRefused
from liangxin.planning.budget import Budget
from liangxin.planning.certificate import Certificate
from liangxin.planning.instructors import ranks, result
from liangxin.planning.instructors.candidates import CandidateRule
from liangxin.planning.instructors.checker import Verdict, check
from liangxin.planning.instructors.flow import assign
from liangxin.planning.instructors.network import Network
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.problem import Pair, Problem, validate
from liangxin.planning.instructors.result import Plan

#: The objectives as a certificate names them.
LEVELS = ("unreached", "loads", "wishes", "points", "changes")


def plan(
    problem: Problem,
    *,
    seconds: float = 60.0,
    seed: int = 0,
    rule: CandidateRule | None = None,
    keep_first: bool = False,
    only_candidates: bool = False,
    clock: Callable[[], float] = perf_counter,
) -> Plan:
    """Plan who looks after whom.

    Args:
        problem: organisations, people and what binds them.
        seconds: after which no further improvement is begun.
        seed: orders what is equal; the same input and seed give the same plan.
        rule: the candidates to begin with.
        keep_first: changes weigh before points: for repairing a plan in force.
        only_candidates: stop at the best plan over the candidates, without pricing the others.
        clock: seconds that only go forward.

    Returns:
        What can be planned; the rest is named with its reason.

    Raises:
        Misuse: the problem contradicts itself, or is too large for one plan.
        PlanRefused: the checker found a mistake of this program.
    """
    validate(problem)
    rule = rule or CandidateRule()
    budget = Budget.of(seconds, clock)
    permitted = Permitted(problem)
    flowed = assign(
        permitted,
        rule,
        budget,
        seed=seed,
        keep_first=keep_first,
        only_candidates=only_candidates,
    )
    pairs = [
        (unit.id, problem.people[person].id)
        for unit, person in zip(problem.units, flowed.assigned.tolist(), strict=True)
        if person >= 0
    ]
    verdict = check(problem, pairs, flowed.prices, keep_first=keep_first)
    return shown(problem, pairs, _certificate(verdict, flowed.net, flowed.method, rule, seed))


def shown(problem: Problem, pairs: list[Pair], certificate: Certificate) -> Plan:
    """Return an accepted plan with all that is told about it."""
    return Plan(
        assignments=result.assignments(problem, pairs),
        unassigned=result.unassigned(problem, pairs),
        changes=result.changes(problem, pairs),
        warnings=result.warnings(problem, pairs),
        loads=result.loads(problem, pairs),
        certificate=certificate,
    )


def _certificate(
    verdict: Verdict, net: Network, method: str, rule: CandidateRule, seed: int
) -> Certificate:
    """What an accepted plan states.

    Raises:
        PlanRefused: the checker did not accept it.
    """
    if not verdict.accepted:
        why = "; ".join(verdict.violations[:3]) or f"{verdict.value} < {verdict.bound}"
        raise PlanRefused(
            f"方案未通过复核，不予显示：{why}。请把这句话告诉维护人员。",
            f"the plan did not pass the check and is not shown: {why}; report this sentence.",
        )
    return Certificate(
        value=verdict.value,
        bound=verdict.bound,
        levels=tuple(zip(LEVELS, verdict.recount.levels, strict=True)),
        proven=ranks.proven(verdict.value, verdict.bound, net.weight),
        method=method,
        rule_set=net.permitted.problem.limits.rule_set,
        candidate_rule=rule.name,
        seed=seed,
    )
