"""What a new plan changes of the one in force, and why each group that changed did."""

from collections.abc import Iterator
from dataclasses import dataclass

from liangxin.planning.branches.checker import broken
from liangxin.planning.branches.pieces import is_out
from liangxin.planning.branches.problem import Problem
from liangxin.planning.branches.result import Plan


@dataclass(frozen=True, slots=True)
class Change:
    """A group of the plan in force that is no more, or has others in it."""

    before: frozenset[str]
    now: tuple[frozenset[str], ...]  # where its units are; those left are in none
    code: str
    zh: str
    en: str


def changes(problem: Problem, plan: Plan) -> list[Change]:
    """Return the groups in force that the plan does not keep as they are, in their order."""
    groups = [frozenset((*group.units, *_named(group.standing))) for group in plan.groups]
    found = []
    for before in problem.in_force:
        if before not in groups:
            now = tuple(group for group in groups if group & before)
            found.append(Change(before, now, *_why(problem, before, now)))
    return found


def _named(standing: str | None) -> Iterator[str]:
    if standing is not None:
        yield standing


def _why(
    problem: Problem, before: frozenset[str], now: tuple[frozenset[str], ...]
) -> tuple[str, str, str]:
    """The first reason that leaves no choice; without one, the plan as a whole is better so."""
    known = {each.id: each for each in problem.all}
    gone = sorted(before - known.keys())
    if gone:
        return (
            "gone",
            f"{'、'.join(gone)} 已不在名单中",
            f"{', '.join(gone)} are no longer in the list",
        )
    out = sorted(unit.id for unit in problem.units if unit.id in before and is_out(unit, problem))
    if out:
        return (
            "out",
            f"{'、'.join(out)} 不愿联合或锁定为单独",
            f"{', '.join(out)} declined or stay alone",
        )
    for zh, en in broken(problem, [known[one] for one in sorted(before)]):
        return "not_allowed", f"原组合现在{zh}", f"the group as it was now {en}"
    if len(now) == 1 and before < now[0]:
        new = sorted(now[0] - before)
        return (
            "joined",
            f"原组合保留，{'、'.join(new)} 加入",
            f"the group stays, and {', '.join(new)} joins it",
        )
    return (
        "nearer",
        f"其他单位变动后，整个方案另行组合更近（拆开每一对已按多 {problem.weights.parting} 米计算）",
        f"the plan as a whole is nearer so, though each pair parted counts {problem.weights.parting} m",
    )
