"""Every rate of a day by group, in one pass over the organisations that were there.

A rate's denominator is the organisations that count and meet what the rate is over; those of
which nobody knows whether they meet it are *unverified*, as is whoever is not screened. The
rate over places (R8) is a pass of its own, over a short list.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial, reduce
from operator import add
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    cast,
    exists,
    func,
    literal,
    null,
    or_,
    select,
)

from liangxin import db, facts_on, spells, universe
from liangxin.access import Actor
from liangxin.errors import Misuse
from liangxin.facts_on import flag, true_on
from liangxin.rules import RateRule, RuleSet
from liangxin.schema import Organisation, PartyOrganisation, Place

GROUPS = ("subdistrict", "community", "grid", "kind")
#: Rates whose parts, three each, fit into one number.
AT_ONCE = 20
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
        for start in range(0, len(over_organisations), AT_ONCE):
            some = over_organisations[start : start + AT_ONCE]
            told = partial(_told, rates=some)
            asked: dict[str, Any] = {"as_of": as_of, "by": by, "actor": actor, "known_at": known_at}
            member = members(connection, rules, **asked, only=told)
            for code, sums in _sums(connection, _query(member, by, actor), len(some), by):
                for place, rule in enumerate(some):
                    inside, all_of_them, waiting = sums[3 * place : 3 * place + 3]
                    found[rule.id].append((code, inside, all_of_them, waiting))
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


def of_days(
    connection: Connection, actor: Actor, rules: RuleSet, days: Collection[date]
) -> dict[date, dict[str, tuple[int, int, int]]]:
    """Return the totals of every rate on each day: day -> rate -> numerator, denominator, unverified.

    From spells in one walk over all of them, else one query a day.
    """
    wanted = list(rules.rates.values())
    found: dict[date, dict[str, tuple[int, int, int]]] = {day: {} for day in days}
    together = [rule for rule in wanted if not rule.places]
    if len(found) > 1 and actor.communities is None and spells.usable(connection, rules):
        found |= _in_one_walk(connection, actor, rules, together, sorted(found))
        wanted = [rule for rule in wanted if rule.places]
    for day, rates in found.items():
        for rate, figures in of_day(connection, actor, rules, wanted, as_of=day, by=None).items():
            rates[rate] = figures[0][1:] if figures else (0, 0, 0)
    return found


def _in_one_walk(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    rates: list[RateRule],
    days: list[date],
) -> Iterator[tuple[date, dict[str, tuple[int, int, int]]]]:
    """Totals of each day: each situation's part in each rate, times how many are in it."""
    situation = spells.situations(rules)
    parts = connection.execute(select(situation.c.id, *_parts(situation, rates))).all()
    names = [f"{rule.id}.{place}" for rule in rates for place in range(3)]
    worth = pl.DataFrame(
        [tuple(row) for row in parts],
        schema={"situation_id": pl.Int64, **dict.fromkeys(names, pl.Int64)},
        orient="row",
    )
    walked = connection.execute(spells.walked_over(days, actor)).all()
    schema = dict.fromkeys(("situation_id", "first", "last", "weight"), pl.Int64)
    spans = (
        pl.DataFrame([tuple(row) for row in walked], schema=schema, orient="row")
        .join(worth, on="situation_id")
        .with_columns(pl.col(names) * pl.col("weight"))
    )
    for place, day in enumerate(days):
        held = spans.filter((pl.col("first") <= place) & (pl.col("last") > place))
        sums = held.select(pl.col(names).sum()).row(0) if held.height else (0,) * len(names)
        yield (
            day,
            {
                rule.id: (sums[3 * n], sums[3 * n + 1], sums[3 * n + 2])
                for n, rule in enumerate(rates)
            },
        )


def members(
    connection: Connection,
    rules: RuleSet,
    *,
    as_of: date,
    by: str | None,
    actor: Actor,
    known_at: datetime | None = None,
    only: Callable[[Any], Sequence[Any]] | None = None,
) -> Subquery:
    """Return rows to count over: of spells where they answer the question, else of organisations.

    ``only``: these columns of each row alone, beside where it is and how many it stands for.
    """
    # Spells are told by sub-district; who sees communities alone is few, and so are theirs.
    if known_at is None and actor.communities is None and spells.usable(connection, rules):
        parts = db.walks_in_parts(connection)
        return spells.members(rules, as_of=as_of, by=by, in_parts=parts, only=only)
    member = universe.members(rules, as_of=as_of, known_at=known_at)
    if only is None:
        return member
    places = (member.c[f"{each}_code"] for each in ("subdistrict", "community", "grid"))
    return select(*places, *only(member)).subquery("told")


def ids(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    group: str | None,
    known_at: datetime | None = None,
    holds: Callable[[Any], ColumnElement[bool]] | None = None,
    most: int | None = None,
) -> Select[Any] | None:
    """Return a query of who may be meant, so that no fact of anybody else need be looked at.

    Null where spells cannot say it: then all facts are looked at, and whoever asks chooses.

    Args:
        connection: a read transaction.
        actor: who asks.
        rules: as for ``members``.
        as_of: the day.
        group: only those of this sub-district.
        known_at: as for ``members``.
        holds: only those of which this holds; it may ask what spells tell (``spells.standing``).
        most: the first so many: those that count, those that may, then by name.
    """
    if known_at is not None or actor.communities is not None:
        return None
    if not spells.usable(connection, rules):
        return None
    member = spells.standing(rules, as_of=as_of, group=group)
    query = scoped(select(member.c.id), member, actor)
    if holds is not None:
        query = query.where(holds(member.c))
    if most is not None:
        query = (
            query.join(Organisation, Organisation.id == member.c.id)
            .order_by(
                member.c.counts.desc(),
                member.c.unverified.desc(),
                Organisation.name,
                Organisation.uscc,
            )
            .limit(most)
        )
    return db.listed(connection, connection.execute(query).scalars().all())


def weight(member: Subquery) -> Any:
    """How many organisations a member row stands for."""
    return member.c.weight if "weight" in member.c else literal(1)


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
    inside = case((meets, member.c.counts), else_=0)
    # Whoever waits to be screened waits for this rate too, unless it surely does not meet it.
    waiting = case(
        (meets.is_(None), case((member.c.counts + member.c.unverified > 0, 1), else_=0)),
        (meets, member.c.unverified),
        else_=0,
    )
    return inside, waiting


def _sums(
    connection: Connection, query: Select[Any], rates: int, by: str | None
) -> Iterable[tuple[str | None, list[int]]]:
    """Add up what a query counted: of each group three figures a rate; without groups one row."""
    sums: dict[str | None, list[int]] = {} if by else {None: [0] * 3 * rates}
    for code, parts, number in connection.execute(query):
        figures = sums.setdefault(code, [0] * 3 * rates)
        for place in range(len(figures)):
            figures[place] += int(number) * (int(parts) >> place & 1)
    return sums.items()


def _query(member: Subquery, by: str | None, actor: Actor) -> Select[Any]:
    """How many of each group have the same parts in the rates: group, parts, number.

    The database adds up one number a row in place of three for each rate.
    """
    group = [] if by is None else [group_of(member, by)]
    query = select(*group or [null()], member.c.parts, func.sum(weight(member)))
    scoped_: Select[Any] = scoped(query.group_by(*group, member.c.parts), member, actor)
    return scoped_


def _told(member: Any, rates: Collection[RateRule]) -> list[Any]:
    """What a count of rates asks of a row: its kind, and its parts in them as the bits of one number."""
    bits = (
        cast(each, BigInteger) * literal(1 << place, BigInteger)
        for place, each in enumerate(_parts(member, rates))
    )
    return [member.c.kind, reduce(add, bits).label("parts")]


def _parts(member: Subquery, rates: Iterable[RateRule]) -> Iterator[Any]:
    """Of each rate whether a row is in the numerator, in the denominator, or unverified, as 0/1."""
    for rule in rates:
        inside, waiting = in_rate(member, rule)
        yield case((universe.reached(member, rule), inside), else_=0)
        yield inside
        yield waiting


def scoped(query: Any, member: Subquery, actor: Actor) -> Any:
    """Return a query over member rows, in the actor's sub-districts, or communities, alone."""
    if actor.communities is not None:
        query = query.where(member.c.community_code.in_(sorted(actor.communities)))
    if actor.subdistricts is None:
        return query
    return query.where(member.c.subdistrict_code.in_(sorted(actor.subdistricts)))


def _placed_by(at: datetime) -> ColumnElement[bool]:
    placed = PartyOrganisation.placed_at
    return or_(placed.is_(None), placed <= at)


def _of_places(
    connection: Connection, actor: Actor, *, as_of: date, by: str | None, at: datetime | None
) -> Iterable[Figures]:
    """Key buildings, and those that a Party organisation serves."""
    at = None if at is None else at.astimezone(UTC)
    served = exists().where(
        PartyOrganisation.place_id == Place.id,
        true_on(PartyOrganisation, as_of, at),
        *([] if at is None else [_placed_by(at)]),
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
    if actor.communities is not None:
        query = query.where(Place.community_code.in_(sorted(actor.communities)))
    if actor.subdistricts is not None:
        query = query.where(Place.subdistrict_code.in_(sorted(actor.subdistricts)))
    for code, reached, all_of_them in connection.execute(
        query.group_by(group) if by in groups else query
    ):
        if all_of_them or by in groups:
            yield code, int(reached or 0), int(all_of_them), 0
