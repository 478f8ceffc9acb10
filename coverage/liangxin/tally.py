"""Every rate of a day by group, in one pass over the organisations that were there.

A rate's denominator is the organisations that count and meet what the rate is over; those of
which nobody knows whether they meet it are *unverified*, as is whoever is not screened. The
rate over places (R8) is a pass of its own, over a short list.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, exists, func, null, select

from liangxin import facts_on, universe
from liangxin.access import Actor
from liangxin.errors import Misuse
from liangxin.facts_on import flag, true_on
from liangxin.rules import RateRule, RuleSet
from liangxin.schema import PartyOrganisation, Place

GROUPS = ("subdistrict", "community", "grid", "kind")
#: A group's figures of one rate: code, numerator, denominator, unverified.
Figures = tuple[str | None, int, int, int]


def of_day(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    rates: Collection[RateRule],
    *,
    as_of: date,
    by: str | None,
    known_at: datetime | None = None,
) -> dict[str, list[Figures]]:
    """Return the figures of rates on a day: rate -> one tuple a group that has an organisation.

    ``by`` is one of ``GROUPS``; ``None`` puts everybody in one group without a code.
    """
    over_organisations = [rule for rule in rates if not rule.places]
    found: dict[str, list[Figures]] = {rule.id: [] for rule in rates}
    if over_organisations:
        member = universe.members(rules, as_of=as_of, known_at=known_at)
        query = scoped(_query(member, over_organisations, by), member, actor)
        for code, *figures in connection.execute(query):
            for place, rule in enumerate(over_organisations):
                numbers = (int(each or 0) for each in figures[3 * place : 3 * place + 3])
                found[rule.id].append((code, *numbers))
    for rule in rates:
        if rule.places:
            found[rule.id] = list(_of_places(connection, actor, as_of=as_of, by=by, at=known_at))
    return found


def require_group(by: str) -> None:
    """Return if organisations can be grouped so.

    Raises:
        Misuse: they cannot.
    """
    if by not in GROUPS:
        raise Misuse(
            f"不能按“{by}”分组，可用：{'、'.join(GROUPS)}。",
            f"cannot group by {by!r}; use one of {', '.join(GROUPS)}.",
        )


def group_of(member: Subquery, by: str) -> Any:
    """The column of a member row that a group is of.

    Raises:
        Misuse: there is no such group.
    """
    require_group(by)
    return member.c["kind" if by == "kind" else f"{by}_code"]


def in_rate(member: Any, rule: RateRule) -> tuple[Any, Any]:
    """Whether a member row is in a rate's denominator, and whether nobody can say, as 0/1."""
    if rule.over is None:
        return member.c.counts, member.c.unverified
    meets = universe.meets(member.c, rule.over)
    known = case((meets, member.c.counts), else_=0)
    nobody_knows = and_(meets.is_(None), member.c.counts == 1)
    return known, case((nobody_knows, 1), else_=member.c.unverified)


def _query(member: Subquery, rates: Iterable[RateRule], by: str | None) -> Any:
    columns = []
    for rule in rates:
        inside, waiting = in_rate(member, rule)
        numerator = case((universe.reached(member, rule), inside), else_=0)
        columns += [func.sum(numerator), func.sum(inside), func.sum(waiting)]
    if by is None:
        return select(null(), *columns)
    group = group_of(member, by)
    return select(group, *columns).group_by(group)


def scoped(query: Any, member: Subquery, actor: Actor) -> Any:
    """Return a query over member rows, in the actor's sub-districts alone."""
    if actor.subdistricts is None:
        return query
    return query.where(member.c.subdistrict_code.in_(sorted(actor.subdistricts)))


def _of_places(
    connection: Connection, actor: Actor, *, as_of: date, by: str | None, at: datetime | None
) -> Iterable[Figures]:
    """Key buildings, and those that a Party organisation serves."""
    at = None if at is None else at.astimezone(UTC)
    served = exists().where(
        PartyOrganisation.place_id == Place.id, true_on(PartyOrganisation, as_of, at)
    )
    groups: dict[str | None, Any] = {
        "subdistrict": Place.subdistrict_code,
        "community": Place.community_code,
        "kind": Place.kind,
    }
    group = groups.get(by, null())
    query = select(group, func.sum(flag(served)), func.count()).where(
        Place.is_key, Place.kind == "building", facts_on.true_on(Place, as_of, at)
    )
    if actor.subdistricts is not None:
        query = query.where(Place.subdistrict_code.in_(sorted(actor.subdistricts)))
    for code, reached, all_of_them in connection.execute(
        query.group_by(group) if by in groups else query
    ):
        if all_of_them or by in groups:
            yield code, int(reached or 0), int(all_of_them), 0
