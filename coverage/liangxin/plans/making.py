"""Makes a plan for the register: asked in one transaction, found outside of any, kept in another.

Finding may take a minute, and nobody who writes should wait for it. What changed meanwhile is
found when the plan is approved.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, Engine

from liangxin import db
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.planning.branches import plan as joint
from liangxin.planning.branches.changes import changes
from liangxin.planning.budget import Budget
from liangxin.planning.instructors import helping, repair, result
from liangxin.planning.instructors import plans as pairing
from liangxin.planning.instructors.result import Plan as InstructorPlan
from liangxin.plans import ground, kept, of_branches, of_instructors, saying, told
from liangxin.plans.kept import Made
from liangxin.rules import RuleSet


@dataclass(frozen=True, slots=True)
class Wish:
    """How a plan is to be looked for."""

    seconds: float = 60.0
    seed: int = 0
    keep_first: bool = False  # changes of the assignments that hold weigh before points
    refuse_empty: bool = False  # a plan of nobody is refused, and drops no proposal
    #: Told what is done now: a stage, how many are to be planned, and whom or what for.
    watch: Callable[[str, int, int], None] = lambda _stage, _units, _others: None


def require(wish: Wish) -> None:
    """Return if a plan can be looked for so.

    Raises:
        Misuse: a time or seed that makes no sense.
    """
    if not wish.seconds > 0:
        raise Misuse("--seconds 须大于 0。", "--seconds must be above 0.")
    if not 0 <= wish.seed < 2**31:
        raise Misuse("--seed 须为 0 到 2147483647。", "--seed must be from 0 to 2147483647.")


def instructors(
    engine: Engine, actor: Actor, rules: RuleSet, wish: Wish, made: Made
) -> dict[str, Any]:
    """Propose a plan of instructors and keep it; return what it says, with its number.

    Raises:
        NotPermitted: the role makes no plans.
        NotFound: the plan to be made again is not there.
        Misuse: it cannot be meant, or is too large.
        PlanRefused: the checker found a mistake of this program.
    """
    actor.require(Permission.PLAN_MAKE)
    require(wish)
    budget = Budget.of(wish.seconds, perf_counter)
    with db.reading(engine) as connection:
        keep = None
        if made.after is not None:
            keep = frozenset(kept.pairs(_before(connection, actor, made.after, kept.INSTRUCTORS)))
        asked = of_instructors.asked(connection, actor, rules, as_of=made.as_of, keep=keep)
    people = sum(person.is_willing for person in asked.problem.people)
    if wish.refuse_empty:
        _refuse_empty(asked.problem.units, made)
        _refuse_nobody(people)
    wish.watch("looking", len(asked.problem.units), people)
    again = (wish.keep_first or made.after is not None) and asked.problem.in_force
    find = repair.replan if again else pairing.plan
    found = find(asked.problem, seconds=wish.seconds, seed=wish.seed)
    plan = _against_what_holds(asked, found)
    one_more = None
    if budget.left and _can_tell_more(asked):
        wish.watch("helping", len(asked.problem.units), people)
        one_more = helping.one_more(asked.problem, seconds=budget.left, seed=wish.seed)
    edits = None if made.after is None else found.changes
    beside = told.instructors(asked, plan, one_more, edits)
    with db.writing(engine) as connection:
        number = kept.keep_instructors(connection, actor, asked, plan, made, beside)
    said = {"plan": number, "state": "proposed", "as_of": made.as_of}
    return said | saying.instructors(asked, plan, one_more, edits)


def _against_what_holds(asked: of_instructors.Asked, plan: InstructorPlan) -> InstructorPlan:
    """The plan, with changes and reasons told against the assignments that hold on its day.

    It may have been made to keep another plan; what applying it changes is this.
    """
    problem = replace(asked.problem, in_force=asked.held)
    pairs = plan.pairs
    return replace(
        plan,
        assignments=result.assignments(problem, pairs),
        changes=result.changes(problem, pairs),
    )


def branches(
    engine: Engine, actor: Actor, rules: RuleSet, wish: Wish, made: Made
) -> dict[str, Any]:
    """Propose a plan of joint branches and keep it. Raises as ``instructors``."""
    actor.require(Permission.PLAN_MAKE)
    actor.require(Permission.MEMBER_COUNT)
    require(wish)
    budget = Budget.of(wish.seconds, perf_counter)
    with db.reading(engine) as connection:
        keep: tuple[frozenset[str], ...] = ()
        if made.after is not None:
            keep = tuple(kept.groups(_before(connection, actor, made.after, kept.BRANCHES)))
        asked = of_branches.asked(connection, actor, rules, as_of=made.as_of, keep=keep)
    if wish.refuse_empty:
        _refuse_empty(asked.problem.units, made)
    wish.watch("looking", len(asked.problem.units), len(asked.problem.standing))
    plan = joint.plan(asked.problem, seed=wish.seed, seconds_left=lambda: budget.left)
    changed = changes(asked.problem, plan)
    with db.writing(engine) as connection:
        beside = told.branches(asked, plan, changed)
        number = kept.keep_branches(connection, actor, asked, plan, made, beside, changed)
    said = {"plan": number, "state": "proposed", "as_of": made.as_of}
    return said | saying.branches(asked, plan, changed)


def again(
    engine: Engine, actor: Actor, rules: RuleSet, number: int, wish: Wish, made: Made
) -> dict[str, Any]:
    """Plan again what a plan planned: keeps what can be kept, and says why each change.

    Raises:
        NotFound, Misuse: there is no such plan in scope, or it cannot be made again.
    """
    with db.reading(engine) as connection:
        plan = kept.require(connection, actor, number)
    actor = ground.within(actor, plan.scope)
    made = Made(made.as_of, made.by, made.now, after=number)
    return (instructors if plan.kind == kept.INSTRUCTORS else branches)(
        engine, actor, rules, wish, made
    )


def _refuse_empty(units: Sequence[Any], made: Made) -> None:
    if not units:
        raise Misuse(
            f"{made.as_of} 没有需要编入方案的单位，没有形成方案。请核对摸排结果和党员人数，或改选其他街道。",
            f"on {made.as_of} no organisation needs to be planned, so no plan was made; look at the "
            "screenings and counts of members, or choose another sub-district.",
        )


def _refuse_nobody(people: int) -> None:
    if not people:
        raise Misuse(
            "没有可以选派的指导员，没有形成方案。请先登记指导员（“指导员名单”页，或 liangxin instructors load），或请现有人员恢复承担。",
            "there is no instructor to send, so no plan was made; take instructors on (at their page, or with "
            "liangxin instructors load), or ask those there are to take some on again.",
        )


def require_again(connection: Connection, actor: Actor, number: int) -> Any:
    """Return the row of a plan that can be made again.

    Raises:
        NotPermitted, NotFound: as ``kept.require``.
        Misuse: it was dropped, or its branches were formed.
    """
    plan = kept.require(connection, actor, number)
    _before(connection, actor, number, plan.kind)
    return plan


def _before(connection: Connection, actor: Actor, number: int, kind: str) -> list[Any]:
    """What a plan says that can be planned again.

    Raises:
        NotFound: there is no such plan in scope.
        Misuse: it was dropped and says nothing any more, or its branches were formed.
    """
    plan = kept.require(connection, actor, number, kind=kind)
    if plan.state == "dropped":
        raise Misuse(
            f"方案 {number} 已作废，其内容不再保留。请用 liangxin plan list 选一个未作废的方案，或重新编制。",
            f"plan {number} was dropped and says nothing any more; choose another (liangxin plan list) "
            "or make a new one.",
        )
    if kind == kept.BRANCHES and plan.state in {"in_force", "replaced"}:
        raise Misuse(
            f"方案 {number} 的联合党支部已经组建，不再另行编排。需要调整的见 liangxin party；"
            "其余单位请重新编制（liangxin plan branches）。",
            f"the branches of plan {number} were formed; liangxin party tells which to adjust, and "
            "liangxin plan branches plans the others.",
        )
    return kept.items(connection, actor, number)


def _can_tell_more(asked: of_instructors.Asked) -> bool:
    limits = asked.problem.limits
    return bool(asked.problem.units) and not limits.by_hours and limits.consent != "agreed"
