"""What a page or a command may ask. The actor comes first; dataclasses come out.

Scope is part of every query: an actor sees the sub-districts it was given, and what is outside
is not found. The day asked for is an argument; nothing here reads the clock.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, and_, case, func, or_, select

from liangxin import audit, divisions, indicators, tally, universe
from liangxin.access import Actor, Permission
from liangxin.answers import Newest, OrganisationRow, TrendPoint
from liangxin.errors import NotFound
from liangxin.indicators import Count, RateTable
from liangxin.rules import COVERING_MODES, RateRule, RuleSet
from liangxin.schema import Covering, Division, Grid, Organisation, PartyOrganisation, Run, Source

#: Name of the row of organisations whose address names no place we know.
UNLOCATED = "未定位"
KINDS = {"enterprise": "非公企业", "social": "社会组织", "other": "其他", "building": "楼宇"}


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
    rule = rules.rate(rate)
    tables = rates(connection, actor, rules, as_of=as_of, by=by, known_at=known_at, only=(rule,))
    return tables[rule.id]


def rates(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    by: str = "subdistrict",
    known_at: datetime | None = None,
    only: Collection[RateRule] = (),
) -> dict[str, RateTable]:
    """Return every rate of a rule set on a day by group, as ``coverage`` returns one.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such group.
    """
    actor.require(Permission.RATE_VIEW)
    tally.require_group(by)
    wanted = list(only or rules.rates.values())
    found = tally.of_day(connection, actor, rules, wanted, as_of=as_of, by=by, known_at=known_at)
    codes = {code for figures in found.values() for code, *_ in figures if code is not None}
    named = _group_names(connection, codes, by, as_of)
    return {
        rule.id: _table(found[rule.id], named, as_of=as_of, rate=rule.id, rule_set=rules.id, by=by)
        for rule in wanted
    }


def _table(
    figures: Sequence[tally.Figures], names: Mapping[str, str], *, as_of: date, **what: str
) -> RateTable:
    rows = [
        Count(
            code=code,
            name=UNLOCATED if code is None else names.get(code, code),
            numerator=numerator,
            denominator=denominator,
            unverified=unverified,
        )
        for code, numerator, denominator, unverified in figures
        if code is not None or denominator or unverified
    ]
    rows.sort(key=lambda row: (row.code is None, row.code or ""))
    return RateTable(as_of, rows=tuple(rows), total=indicators.total_of(rows), **what)


def _group_names(connection: Connection, codes: set[str], by: str, on: date) -> Mapping[str, str]:
    if by == "kind":
        return KINDS
    if by == "grid":
        held = and_(Grid.from_on <= on, or_(Grid.to_on.is_(None), Grid.to_on > on))
        return {
            row.code: row.name
            for row in connection.execute(select(Grid.code, Grid.name).where(held))
        }
    return divisions.names_ever(connection, codes, on=on)


def totals(
    connection: Connection, actor: Actor, rules: RuleSet, *, days: Collection[date]
) -> dict[date, dict[str, Count]]:
    """Return the total of every rate on each day: day -> rate -> count.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    return {
        day: {rate: Count(None, "total", *figures) for rate, figures in found.items()}
        for day, found in tally.of_days(connection, actor, rules, days).items()
    }


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
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    subdistrict_code: str,
    as_of: date,
    most: int | None = None,
) -> list[OrganisationRow]:
    """Return every organisation of a sub-district on a day: counted ones first, then by name.

    ``most``: no more than so many of them (``organisations_there`` tells how many there are).

    Raises:
        NotPermitted: the role may not list organisations.
        NotFound: the sub-district does not exist or is outside the actor's scope.
    """
    actor.require(Permission.LIST_VIEW)
    subdistrict_name(connection, actor, subdistrict_code, on=as_of)
    inside = tally.ids(connection, actor, rules, as_of=as_of, group=subdistrict_code, most=most)
    member = universe.members(rules, as_of=as_of, among=inside)
    query = tally.scoped(
        select(member).where(member.c.subdistrict_code == subdistrict_code), member, actor
    )
    # Sorted here: asked to sort as well, SQLite joins the facts in an order that takes seconds.
    found = sorted(
        connection.execute(query).all(),
        key=lambda row: (-row.counts, -row.unverified, row.name, row.uscc),
    )[:most]
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
            covering=next((mode for mode in COVERING_MODES if getattr(row, mode)), None),
            instructed=bool(row.instructed),
            party_organisation=party.get(row.id),
            community=communities.get(row.community_code),
            address=row.address,
        )
        for row in found
    ]


def organisations_there(
    connection: Connection, actor: Actor, rules: RuleSet, *, subdistrict_code: str, as_of: date
) -> int:
    """Return how many organisations a sub-district has on a day, whether they count or not.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.LIST_VIEW)
    member = tally.members(connection, rules, as_of=as_of, by="subdistrict", actor=actor)
    query = tally.scoped(select(func.sum(tally.weight(member))), member, actor)
    query = query.where(member.c.subdistrict_code == subdistrict_code)
    return int(connection.execute(query).scalar() or 0)


def subdistrict_name(connection: Connection, actor: Actor, code: str, *, on: date) -> str:
    """Return the name of a sub-district in the actor's scope.

    Raises:
        NotFound: it does not exist, or is outside the scope; the two look alike on purpose.
    """
    in_scope = actor.subdistricts is None or code in actor.subdistricts
    found = divisions.names(connection, {code}, on=on) if in_scope and len(code) == 9 else {}
    if code not in found:
        ended = divisions.ended(connection, code, on=on) if in_scope else None
        if ended is not None:
            raise NotFound(
                f"“{ended[0]}”已于 {ended[1]} 撤并。请查看接收它的街道，或改查此前的日期。",
                f"{ended[0]} ended on {ended[1]}; look at the sub-district that took it over, or "
                "ask for an earlier day.",
            )
        raise NotFound(f"没有找到街道“{code}”。", f"no sub-district {code!r} was found.")
    return found[code]


def require_place(connection: Connection, actor: Actor, code: str, *, on: date) -> None:
    """Return if no sub-district is asked for, or one that there is; or one that organisations still name.

    Raises:
        NotFound: as ``subdistrict_name``.
    """
    if not code:
        return
    in_scope = actor.subdistricts is None or code in actor.subdistricts
    named = select(Organisation.id).where(Organisation.subdistrict_code == code).limit(1)
    if not (in_scope and connection.execute(named).first()):
        subdistrict_name(connection, actor, code, on=on)


def data_date(connection: Connection) -> date | None:
    """Return the newest day the register tells of; ``None`` as long as no file was loaded.

    That is the newest day any loaded file describes, or a later one on which people recorded
    something: who screens an organisation out finds it missing from the figures at once.
    """
    of_files = file_date(connection)
    if of_files is None:
        return None
    return max(of_files, audit.last_by_hand(connection) or of_files)


def file_date(connection: Connection) -> date | None:
    """Return the newest day any loaded file describes; ``None`` for an empty register."""
    return connection.execute(select(func.max(Run.as_of)).where(Run.undone_at.is_(None))).scalar()


def data_district(connection: Connection) -> str:
    """Return the district the newest run was for; empty if it was for none in particular."""
    query = (
        select(Run.district_code)
        .where(Run.undone_at.is_(None))
        .order_by(Run.as_of.desc(), Run.id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() or ""


def newest(connection: Connection, actor: Actor) -> list[Newest]:
    """Return of every source the newest day it has described, the newest first.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    query = (
        select(Source.name, func.max(Run.as_of), func.max(Run.learned_at))
        .join(Run, Run.source_id == Source.id)
        .where(Run.undone_at.is_(None))
        .group_by(Source.name)
    )
    found = [Newest(*row) for row in connection.execute(query)]
    return sorted(found, key=lambda each: (-each.as_of.toordinal(), each.source))


def district_name(connection: Connection, code: str) -> str | None:
    """Return a district's name today."""
    query = select(Division.name).where(Division.code == code, Division.to_on.is_(None))
    return connection.execute(query).scalar()


def _party_organisations(connection: Connection, ids: list[int], as_of: date) -> dict[int, str]:
    """The Party organisation that covers each organisation; an own one before a joint one."""
    found: dict[int, str] = {}
    rank = [(Covering.mode == mode, -n) for n, mode in enumerate(COVERING_MODES)]
    for start in range(0, len(ids), 5_000):
        query = (
            select(Covering.organisation_id, PartyOrganisation.name)
            .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
            .where(
                Covering.organisation_id.in_(ids[start : start + 5_000]),
                universe.true_on(Covering, as_of, None),
                universe.true_on(PartyOrganisation, as_of, None),
            )
            # The one to tell comes last, so that it overwrites the others.
            .order_by(case(*rank), PartyOrganisation.id.desc())
        )
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found
