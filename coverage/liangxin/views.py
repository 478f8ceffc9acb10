"""What a page or a command may ask. The actor comes first; dataclasses come out.

Scope is part of every query: an actor sees the sub-districts it was given, and what is outside
is not found. The day asked for is an argument; nothing here reads the clock.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Select, Subquery, func, select

from liangxin import divisions, indicators, universe
from liangxin.access import Actor, Permission
from liangxin.answers import OrganisationRow, TrendPoint
from liangxin.errors import Misuse, NotFound
from liangxin.indicators import Count, RateTable
from liangxin.rules import RuleSet
from liangxin.schema import Covering, Division, PartyOrganisation, Run

GROUPS = ("subdistrict", "community", "kind")
By = Literal["subdistrict", "community", "kind"]
#: Name of the row of organisations whose address names no place we know.
UNLOCATED = "未定位"
KINDS = {"enterprise": "非公企业", "social": "社会组织", "other": "其他"}


def coverage(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    rate: str = "R1",
    by: str = "subdistrict",
    known_at: datetime | None = None,
) -> RateTable:
    """Return a rate on a day by group, with rows for every group that has an organisation.

    Organisations whose group is not known are a row of their own with code ``None``, last; it
    is left out only when nothing is in it. Rows are sorted by code.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such rate or group.
    """
    actor.require(Permission.RATE_VIEW)
    rule = rules.rate(rate)
    if by not in GROUPS:
        raise Misuse(
            f"不能按“{by}”分组，可用：{'、'.join(GROUPS)}。",
            f"cannot group by {by!r}; use one of {', '.join(GROUPS)}.",
        )
    member = universe.members(rules, as_of=as_of, known_at=known_at)
    group = member.c["kind" if by == "kind" else f"{by}_code"]
    reached = func.sum(member.c.counts).filter(universe.reached(member, rule))
    query = _scoped(
        select(
            group,
            func.coalesce(reached, 0),
            func.sum(member.c.counts),
            func.sum(member.c.unverified),
        ).group_by(group),
        member,
        actor,
    )
    found = connection.execute(query).all()
    codes = {code for code, *_ in found if code is not None}
    names = KINDS if by == "kind" else divisions.names(connection, codes, on=as_of)
    rows = [
        Count(
            code=code,
            name=UNLOCATED if code is None else names.get(code, code),
            numerator=int(numerator),
            denominator=int(denominator),
            unverified=int(unverified),
        )
        for code, numerator, denominator, unverified in found
        if code is not None or denominator or unverified
    ]
    rows.sort(key=lambda row: (row.code is None, row.code or ""))
    return RateTable(as_of, rule.id, rules.id, by, tuple(rows), indicators.total_of(rows))


def totals(
    connection: Connection, actor: Actor, rules: RuleSet, *, days: Collection[date]
) -> dict[date, dict[str, Count]]:
    """Return the total of every rate on each day: day -> rate -> count; one query a day.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    found = {}
    for day in set(days):
        member = universe.members(rules, as_of=day)
        reached = [
            func.coalesce(func.sum(member.c.counts).filter(universe.reached(member, rule)), 0)
            for rule in rules.rates.values()
        ]
        counts = func.coalesce(func.sum(member.c.counts), 0)
        unverified = func.coalesce(func.sum(member.c.unverified), 0)
        query = _scoped(select(counts, unverified, *reached), member, actor)
        denominator, waiting, *numerators = connection.execute(query).one()
        found[day] = {
            rate: Count(None, "total", int(numerator), int(denominator), int(waiting))
            for rate, numerator in zip(rules.rates, numerators, strict=True)
        }
    return found


def trend(
    connection: Connection, actor: Actor, rules: RuleSet, *, days: Sequence[date], rate: str = "R1"
) -> list[TrendPoint]:
    """Return a rate's total on each day, in the order asked.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such rate.
    """
    rule = rules.rate(rate)
    found = totals(connection, actor, rules, days=days)
    return [TrendPoint(day, found[day][rule.id]) for day in days]


def organisations(
    connection: Connection, actor: Actor, rules: RuleSet, *, subdistrict_code: str, as_of: date
) -> list[OrganisationRow]:
    """Return every organisation of a sub-district on a day: counted ones first, then by name.

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: the sub-district does not exist or is outside the actor's scope.
    """
    actor.require(Permission.ORGANISATION_LIST)
    subdistrict_name(connection, actor, subdistrict_code, on=as_of)
    member = universe.members(rules, as_of=as_of)
    query = _scoped(
        select(member).where(member.c.subdistrict_code == subdistrict_code), member, actor
    ).order_by(member.c.counts.desc(), member.c.unverified.desc(), member.c.name)
    found = connection.execute(query).all()
    communities = divisions.names(
        connection, {row.community_code for row in found if row.community_code}, on=as_of
    )
    party = _party_organisations(connection, [row.id for row in found], as_of)
    return [
        OrganisationRow(
            uscc=row.uscc,
            name=row.name,
            kind=row.kind,
            ownership=row.ownership,
            state=row.state,
            counts=bool(row.counts),
            unverified=bool(row.unverified),
            covering="alone" if row.alone else "joint" if row.joint else None,
            instructed=bool(row.instructed),
            party_organisation=party.get(row.id),
            community=communities.get(row.community_code),
            address=row.address,
        )
        for row in found
    ]


def subdistrict_name(connection: Connection, actor: Actor, code: str, *, on: date) -> str:
    """Return the name of a sub-district in the actor's scope.

    Raises:
        NotFound: it does not exist, or is outside the scope; the two look alike on purpose.
    """
    in_scope = actor.subdistricts is None or code in actor.subdistricts
    found = divisions.names(connection, {code}, on=on) if in_scope and len(code) == 9 else {}
    if code not in found:
        raise NotFound(f"没有找到街道“{code}”。", f"no sub-district {code!r} was found.")
    return found[code]


def data_date(connection: Connection) -> date | None:
    """Return the newest day any loaded file describes; ``None`` for an empty register."""
    return connection.execute(select(func.max(Run.as_of))).scalar()


def data_district(connection: Connection) -> str:
    """Return the district the newest run was for; empty if it was for none in particular."""
    query = select(Run.district_code).order_by(Run.as_of.desc(), Run.id.desc()).limit(1)
    return connection.execute(query).scalar() or ""


def district_name(connection: Connection, code: str) -> str | None:
    """Return a district's name today."""
    query = select(Division.name).where(Division.code == code, Division.to_on.is_(None))
    return connection.execute(query).scalar()


def _scoped(query: Select[Any], member: Subquery, actor: Actor) -> Select[Any]:
    if actor.subdistricts is None:
        return query
    return query.where(member.c.subdistrict_code.in_(sorted(actor.subdistricts)))


def _party_organisations(connection: Connection, ids: list[int], as_of: date) -> dict[int, str]:
    """The Party organisation that covers each organisation; an own one before a joint one."""
    found: dict[int, str] = {}
    for start in range(0, len(ids), 5_000):
        query = (
            select(Covering.organisation_id, PartyOrganisation.name)
            .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
            .where(
                Covering.organisation_id.in_(ids[start : start + 5_000]),
                universe.true_on(Covering, as_of, None),
                universe.true_on(PartyOrganisation, as_of, None),
            )
            .order_by(Covering.mode.desc())  # joint first, so that alone overwrites it
        )
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found
