"""Plans in the register: written once the checker let them pass, and read again in scope."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.orm import aliased

from liangxin import audit, db, instructors
from liangxin.access import Actor, Permission
from liangxin.errors import NotFound
from liangxin.planning.branches.changes import Change
from liangxin.planning.branches.result import Plan as BranchPlan
from liangxin.planning.instructors.result import Plan as InstructorPlan
from liangxin.plans import of_branches, of_instructors
from liangxin.plans.ground import scope_of
from liangxin.schema import (
    Base,
    Instructor,
    Organisation,
    PartyOrganisation,
    Plan,
    PlanItem,
)

INSTRUCTORS, BRANCHES = "instructors", "branches"
_ITEM: dict[str, Any] = {
    **dict.fromkeys(("plan_id", "organisation_id", "instructor_id"), pl.Int64),
    **dict.fromkeys(("group_number", "party_organisation_id"), pl.Int64),
    **dict.fromkeys(("left_over", "reasons"), pl.String),
    "was_instructor_id": pl.Int64,
    "change": pl.String,
}


@dataclass(frozen=True, slots=True)
class Made:
    """What is known of a plan beside what it says of organisations."""

    as_of: date
    by: str
    now: datetime
    after: int | None = None  # the plan it was made from


def keep_instructors(
    connection: Connection,
    actor: Actor,
    asked: of_instructors.Asked,
    plan: InstructorPlan,
    made: Made,
    told: str,
) -> int:
    """Write a proposed plan of instructors and return its number; an earlier proposal is dropped.

    ``told`` is what ``told.instructors`` keeps of it.
    """
    stated = plan.certificate
    number = _plan(
        connection,
        actor,
        made,
        kind=INSTRUCTORS,
        rule_set=stated.rule_set,
        candidate_rule=stated.candidates_en,
        method=stated.method,
        seed=stated.seed,
        value=str(stated.value),
        bound=str(stated.bound),
        says=f"{stated.zh}\n{stated.en}",
        told=told,
    )
    items: dict[str, dict[str, Any]] = {
        each.unit: {"instructor_id": int(each.person), "reasons": " ".join(each.reasons)}
        for each in plan.assignments
    }
    items |= {each.unit: {"left_over": each.reason} for each in plan.unassigned}
    items |= {code: {"left_over": why} for code, why in asked.aside.items()}
    for code, was in asked.held:
        if code in items:
            items[code]["was_instructor_id"] = int(was)
    for each in plan.changes:
        if each.unit in items:
            items[each.unit]["change"] = each.reason
    _write(connection, number, asked.organisations, items)
    return number


def keep_branches(
    connection: Connection,
    actor: Actor,
    asked: of_branches.Asked,
    plan: BranchPlan,
    made: Made,
    told: str,
    changes: Iterable[Change],
) -> int:
    """Write a proposed plan of joint branches and return its number; an earlier one is dropped.

    ``told`` is what ``told.branches`` keeps of it.
    """
    number = _plan(
        connection,
        actor,
        made,
        kind=BRANCHES,
        rule_set=plan.rule_set,
        candidate_rule=plan.candidates_en,
        method="groups priced and chosen, cases told apart",
        seed=plan.seed,
        value=str(plan.value),
        bound=str(plan.bound),
        says="\n".join(plan.proof),
        told=told,
    )
    changed = {one: change.code for change in changes for one in change.before}
    items: dict[str, dict[str, Any]] = {}
    for place, group in enumerate(plan.groups, start=1):
        joins = None if group.standing is None else asked.branches[group.standing].id
        for code in group.units:
            items[code] = {"group_number": place, "party_organisation_id": joins}
    items |= {each.unit: {"left_over": each.code} for each in plan.left}
    items |= {code: {"left_over": why} for code, why in asked.aside.items()}
    for code, why in changed.items():
        if code in items:
            items[code]["change"] = why
    _write(connection, number, asked.organisations, items)
    return number


def _plan(connection: Connection, actor: Actor, made: Made, **values: Any) -> int:
    scope = scope_of(actor)
    _drop_proposed(connection, values["kind"], scope, made)
    inserted = connection.execute(
        insert(Plan).values(
            **values,
            scope=scope,
            state="proposed",
            as_of=made.as_of,
            made_by=made.by,
            after_plan_id=made.after,
            learned_at=made.now,
        )
    )
    [number] = inserted.inserted_primary_key or (0,)
    about = f"{number} {values['kind']} {scope}".strip()
    audit.by_actor(connection, actor, "plan.proposed", about, now=made.now)
    return int(number)


def _drop_proposed(connection: Connection, kind: str, scope: str, made: Made) -> None:
    query = select(Plan.id).where(Plan.kind == kind, Plan.scope == scope, Plan.state == "proposed")
    for number in connection.execute(query).scalars().all():
        set_aside(connection, number, by=made.by, on=made.as_of)


def set_aside(connection: Connection, number: int, *, by: str, on: date) -> None:
    """Drop a plan that never was in force; what it said of organisations goes."""
    connection.execute(delete(PlanItem).where(PlanItem.plan_id == number))
    query = update(Plan).where(Plan.id == number)
    connection.execute(query.values(state="dropped", told=None, decided_by=by, decided_on=on))


def _write(
    connection: Connection,
    number: int,
    organisations: Mapping[str, Any],
    items: Mapping[str, Mapping[str, Any]],
) -> None:
    rows = [
        {"reasons": "", **item, "plan_id": number, "organisation_id": organisations[code].id}
        for code, item in sorted(items.items())
    ]
    if rows:
        table = Base.metadata.tables["plan_item"]
        db.insert_frame(connection, table, pl.DataFrame(rows, schema=_ITEM))


def listed(connection: Connection, actor: Actor) -> list[Any]:
    """Return plans in scope, the newest first, each with how many organisations it plans and leaves.

    Raises:
        NotPermitted: the role makes no plans.
    """
    actor.require(Permission.PLAN_MAKE)
    counts = (
        select(
            PlanItem.plan_id,
            func.count(PlanItem.id).filter(PlanItem.left_over.is_(None)).label("planned"),
            func.count(PlanItem.id).label("items"),
        )
        .group_by(PlanItem.plan_id)
        .subquery("counts")
    )
    query = (
        select(
            Plan.__table__,
            *(func.coalesce(counts.c[name], 0).label(name) for name in ("planned", "items")),
        )
        .outerjoin(counts, counts.c.plan_id == Plan.id)
        .order_by(Plan.id.desc())
    )
    return list(connection.execute(_scoped(query, actor)))


def require(connection: Connection, actor: Actor, number: int, *, kind: str | None = None) -> Any:
    """Return a plan's row.

    Raises:
        NotPermitted: the role makes no plans, or not of joint branches.
        NotFound: there is no such plan, or out of scope.
    """
    actor.require(Permission.PLAN_MAKE)
    query = _scoped(select(Plan.__table__).where(Plan.id == number), actor)
    row = connection.execute(query).first()
    if row is None or (kind is not None and row.kind != kind):
        raise NotFound(
            f"没有编号为 {number} 的方案。请用 liangxin plan list 查看编号。",
            f"there is no plan {number}; liangxin plan list shows the numbers.",
        )
    return row


def _scoped(query: Select[Any], actor: Actor) -> Select[Any]:
    """Plans of an actor's scope; those of joint branches for whoever may see counts of members."""
    if not actor.may(Permission.MEMBER_COUNT):
        query = query.where(Plan.kind == INSTRUCTORS)
    if actor.subdistricts is None:
        return query
    return query.where(Plan.scope.in_({scope_of(actor), *actor.subdistricts}))


def items(connection: Connection, actor: Actor, number: int) -> list[Any]:
    """Return what a plan says of each organisation, with names, by group or instructor and code.

    Instructors of one name are told apart by their numbers.

    Raises:
        NotPermitted, NotFound: as ``require``.
    """
    require(connection, actor, number)
    before = aliased(Instructor)
    query = (
        select(
            PlanItem.__table__,
            *(Organisation.uscc, Organisation.name.label("organisation")),
            instructors.told_apart(actor).label("instructor"),
            instructors.told_apart(actor, before).label("was"),
            PartyOrganisation.name.label("party_organisation"),
        )
        .join(Organisation, Organisation.id == PlanItem.organisation_id)
        .outerjoin(Instructor, Instructor.id == PlanItem.instructor_id)
        .outerjoin(before, before.id == PlanItem.was_instructor_id)
        .outerjoin(PartyOrganisation, PartyOrganisation.id == PlanItem.party_organisation_id)
        .where(PlanItem.plan_id == number)
        .order_by(PlanItem.group_number, PlanItem.instructor_id, Organisation.uscc)
    )
    return list(connection.execute(query))


def pairs(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Return the pairs of a plan of instructors, as a problem names them."""
    return [(row.uscc, str(row.instructor_id)) for row in rows if row.instructor_id is not None]


def groups(rows: Iterable[Any]) -> list[frozenset[str]]:
    """Return the groups of a plan of joint branches, with the branch each joins, as a problem does."""
    found: dict[int, set[str]] = {}
    for row in rows:
        if row.group_number is not None:
            group = found.setdefault(row.group_number, set())
            group.add(row.uscc)
            if row.party_organisation_id is not None:
                group.add(of_branches.name_of(row.party_organisation_id))
    return [frozenset(group) for _, group in sorted(found.items())]
