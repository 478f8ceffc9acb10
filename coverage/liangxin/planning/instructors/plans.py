"""Makes a plan of instructors and lets it out only past the checker. Pure."""

from collections.abc import Callable
from time import perf_counter

from liangxin.errors import PlanRefused
from liangxin.planning.budget import Budget
from liangxin.planning.certificate import Certificate
from liangxin.planning.instructors import ranks, result
from liangxin.planning.instructors.candidates import CandidateRule
from liangxin.planning.instructors.checker import Verdict, check, check_hours
from liangxin.planning.instructors.flow import assign
from liangxin.planning.instructors.gap import solve
from liangxin.planning.instructors.helping import named
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.problem import Pair, Problem, validate
from liangxin.planning.instructors.result import Plan
from liangxin.planning.instructors.workloads import as_gap, assigned

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
    budget = Budget.of(seconds, clock)
    permitted = Permitted(problem)
    if problem.limits.by_hours:
        return _by_hours(permitted, budget, seed, keep_first=keep_first)
    rule = rule or CandidateRule()
    flowed = assign(
        permitted,
        rule,
        budget,
        seed=seed,
        keep_first=keep_first,
        only_candidates=only_candidates,
    )
    pairs = named(problem, flowed.assigned)
    among = (rule, seed) if flowed.rounds == 1 else None
    verdict = check(problem, pairs, flowed.prices, keep_first=keep_first, among=among)
    stated = _certificate(verdict, problem, flowed.net.weight, flowed.method, rule.words, seed)
    return shown(problem, pairs, stated)


def _by_hours(permitted: Permitted, budget: Budget, seed: int, *, keep_first: bool) -> Plan:
    problem = permitted.problem
    weight = ranks.hour_weights(permitted, keep_first=keep_first)
    solved = solve(as_gap(permitted, weight), budget, seed=seed)
    pairs = named(problem, assigned(permitted, solved.person))
    verdict = check_hours(problem, pairs, solved.bound.worth, solved.cases, keep_first=keep_first)
    method = "dives along the Lagrangean bound" + (", proof by cases" if solved.cases else "")
    every = ("全部允许的人选", "every permitted pair")
    stated = _certificate(verdict, problem, weight, method, every, seed)
    return shown(problem, pairs, stated)


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
    verdict: Verdict,
    problem: Problem,
    weight: ranks.Weights,
    method: str,
    rule: tuple[str, str],
    seed: int,
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
        candidate_bound=verdict.candidate_bound,
        levels=tuple(zip(LEVELS, verdict.recount.levels, strict=True)),
        proven=ranks.proven(verdict.value, verdict.bound, weight),
        method=method,
        rule_set=problem.limits.rule_set,
        candidates_zh=rule[0],
        candidates_en=rule[1],
        seed=seed,
    )
