"""One organisation on a day: where it is, whether it counts and why, who reaches it, what it lacks.

Scope is part of the query: what is outside is not found, like what is not there. No person is
told of but the instructor by the name used at work; members are told as ``lists`` tells them.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, select

from liangxin import divisions, facts_on, lists, tally, universe
from liangxin.access import Actor, Permission
from liangxin.answers import Covered, Portrait, Screened, Sent, Visited
from liangxin.classify import REVIEW
from liangxin.errors import NotFound
from liangxin.facts_on import believed, flag
from liangxin.rules import RuleSet
from liangxin.schema import (
    Assignment,
    Covering,
    Instructor,
    Organisation,
    PartyOrganisation,
    Screening,
    Visit,
)

#: So many visits are told of, the last ones.
VISITS = 12
#: Why an organisation does not count, or why nobody can say yet, in the order they are told.
REASONS = (
    "class",
    "review",
    "status",
    "unincorporated",
    "not_screened",
    "exit",
    "basis",
    "basis_unknown",
)


def of(connection: Connection, actor: Actor, rules: RuleSet, uscc: str, *, as_of: date) -> Portrait:
    """Return an organisation by its code.

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: there is none on that day, or it is outside the actor's scope.
    """
    actor.require(Permission.ORGANISATION_LIST)
    row = _member(connection, actor, rules, uscc, as_of)
    if row is None:
        shown = uscc[:40]
        raise NotFound(
            f"没有找到组织“{shown}”。请核对统一社会信用代码和日期。",
            f"no organisation {shown!r} was found; check the code and the day.",
        )
    codes = {row.registered_subdistrict_code, row.subdistrict_code, row.community_code} - {None}
    names = divisions.names_ever(connection, codes, on=as_of)
    return Portrait(
        *(row.uscc, row.name, row.kind, row.ownership, row.status),
        registered_code=row.registered_subdistrict_code,
        registered=names.get(row.registered_subdistrict_code),
        operates_code=row.subdistrict_code,
        operates=names.get(row.subdistrict_code),
        community=names.get(row.community_code),
        state=row.state,
        counts=bool(row.counts),
        unverified=bool(row.unverified),
        why=_why(row, rules),
        staff=row.staff,
        full_members=lists.full_members_shown(row.full_members, actor, rules),
        lists=tuple(name for name in lists.LISTS if row.counts and getattr(row, f"on_{name}")),
        screenings=_screenings(connection, row.id, as_of),
        coverings=_coverings(connection, row.id, as_of),
        instructors=_instructors(connection, row.id, as_of),
        visits=_visits(connection, row.id, as_of),
    )


def _member(connection: Connection, actor: Actor, rules: RuleSet, uscc: str, as_of: date) -> Any:
    """The member row in scope, with each list, the basis, and whether it is no legal person."""
    firm = connection.execute(select(Organisation.id).where(Organisation.uscc == uscc)).scalar()
    if firm is None:
        return None
    member = universe.members(rules, as_of=as_of, only=firm)
    unincorporated = and_(
        member.c.kind != "social", facts_on.unincorporated(member.c.enterprise_type)
    )
    query = select(
        member,
        universe.meets(member.c, rules.basis).label("meets_basis"),
        flag(unincorporated).label("is_unincorporated"),
        *(
            flag(each.holds(member.c, rules.thresholds)).label(f"on_{name}")
            for name, each in lists.LISTS.items()
        ),
    )
    return connection.execute(tally.scoped(query, member, actor)).first()


def _why(row: Any, rules: RuleSet) -> tuple[str, ...]:
    """What stands in the way of counting, the reading of ``universe.judged`` one by one."""
    undecided = row.state is None or row.state in universe.UNDECIDED
    stands = {
        "class": row.ownership not in rules.classes and row.ownership != REVIEW,
        "review": row.ownership not in rules.classes and row.ownership == REVIEW,
        "status": row.status is not None and row.status not in rules.statuses,
        "unincorporated": not rules.partnerships and bool(row.is_unincorporated),
        "not_screened": undecided and row.state not in rules.states,
        "exit": not undecided and row.state not in rules.states,
        "basis": row.meets_basis is not None and not row.meets_basis,
        "basis_unknown": row.meets_basis is None,
    }
    return tuple(reason for reason in REASONS if stands[reason])


def _screenings(connection: Connection, firm: int, as_of: date) -> tuple[Screened, ...]:
    query = (
        select(Screening.state, Screening.from_on, Screening.to_on)
        .where(_of(Screening, firm, as_of))
        .order_by(Screening.from_on.desc(), Screening.id.desc())
    )
    return tuple(Screened(*row) for row in connection.execute(query))


def _coverings(connection: Connection, firm: int, as_of: date) -> tuple[Covered, ...]:
    columns: Sequence[Any] = (
        *(PartyOrganisation.name, PartyOrganisation.level),
        *(Covering.mode, Covering.from_on, Covering.to_on),
    )
    query = (
        select(*columns)
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(_of(Covering, firm, as_of))
        .order_by(Covering.from_on.desc(), Covering.id.desc())
    )
    return tuple(Covered(*row) for row in connection.execute(query))


def _instructors(connection: Connection, firm: int, as_of: date) -> tuple[Sent, ...]:
    """A visit belongs to the assignment of whoever made it, from its beginning to its end."""
    went = and_(
        Visit.instructor_id == Assignment.instructor_id,
        Visit.organisation_id == Assignment.organisation_id,
        Visit.on >= Assignment.from_on,
        Visit.on <= func.coalesce(Assignment.to_on, as_of),
        Visit.on <= as_of,
        believed(Visit, None),
    )
    columns: Sequence[Any] = (
        *(Instructor.id, Instructor.name, Instructor.kind),
        *(Assignment.from_on, Assignment.to_on),
    )
    told: Sequence[Any] = (*columns, func.max(Visit.on))
    query = (
        select(*told)
        .join(Instructor, Instructor.id == Assignment.instructor_id)
        .outerjoin(Visit, went)
        .where(_of(Assignment, firm, as_of))
        .group_by(Assignment.id, *columns)
        .order_by(Assignment.from_on.desc(), Assignment.id.desc())
    )
    return tuple(Sent(*row) for row in connection.execute(query))


def _visits(connection: Connection, firm: int, as_of: date) -> tuple[Visited, ...]:
    query = (
        select(Visit.on, Instructor.name, Visit.kind, Visit.note)
        .join(Instructor, Instructor.id == Visit.instructor_id)
        .where(Visit.organisation_id == firm, Visit.on <= as_of, believed(Visit, None))
        .order_by(Visit.on.desc(), Visit.id.desc())
        .limit(VISITS)
    )
    return tuple(Visited(*row) for row in connection.execute(query))


def _of(fact: Any, firm: int, as_of: date) -> Any:
    """Facts of an organisation that had begun by a day."""
    return and_(fact.organisation_id == firm, fact.from_on <= as_of, believed(fact, None))
