"""Warning lists: which organisations something must be done about, counted and named.

The lists are those the national table has rows for (domain notes §4.3) and those of the county
targets; each is a condition over one member row, so a list and its count cannot differ.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Subquery, and_, func, or_, select

from liangxin import facts_on, suppression, tally, universe
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.facts_on import flag
from liangxin.rules import RuleSet, Thresholds
from liangxin.schema import Confirmation, Screening

Test = Callable[[Any, Thresholds], ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class WarningList:
    """One list: its names, and which organisations that count are on it."""

    zh: str
    en: str
    holds: Test
    few: bool = False  # to be on it tells that there are none, or one or two members


@dataclass(frozen=True, slots=True)
class Listed:
    """An organisation on a list, with what put it there."""

    uscc: str
    name: str
    subdistrict_code: str | None
    community_code: str | None
    staff: int | None
    full_members: int | str | None  # a band to whoever may not see counts of members
    covering: str | None
    instructed: bool


def built(member: Any) -> ColumnElement[bool]:
    """Tell whether a Party organisation covers a member row."""
    return or_(member.alone == 1, member.joint == 1, member.attached == 1)


def few(member: Any, thresholds: Thresholds) -> ColumnElement[bool]:
    """Tell whether there are members, but too few full ones for a branch."""
    return and_(
        member.full_members < thresholds.branch_members,
        or_(member.full_members > 0, func.coalesce(member.members, 0) > 0),
    )


def none(member: Any) -> ColumnElement[bool]:
    """Tell whether there is no member, full or probationary."""
    return and_(member.full_members == 0, func.coalesce(member.members, 0) == 0)


LISTS: dict[str, WarningList] = {
    "should_not_built": WarningList(
        "应建未建", "should have a Party organisation and has none",
        lambda m, t: and_(m.full_members >= t.branch_members, ~built(m)),
    ),
    "joint_could_be_alone": WarningList(
        "联合组建但本单位有 3 名以上正式党员", "joint, with members enough for a branch of its own",
        lambda m, t: and_(
            or_(m.joint == 1, m.attached == 1), m.alone == 0, m.full_members >= t.branch_members
        ),
    ),
    "few_members": WarningList(
        "仅有个别党员且未覆盖", "a few members and no cover",
        lambda m, t: and_(few(m, t), ~built(m)),
        few=True,
    ),
    "no_members": WarningList(
        "没有党员且未覆盖", "no member and no cover", lambda m, _: and_(none(m), ~built(m)), few=True
    ),
    "no_members_no_instructor": WarningList(
        "没有党员且未派指导员", "no member, no cover and no instructor",
        lambda m, _: and_(none(m), ~built(m), m.instructed == 0),
        few=True,
    ),
    "members_unknown": WarningList(
        "党员数未摸清", "nobody knows how many members there are",
        lambda m, _: m.full_members.is_(None),
    ),
    "staff_without_member": WarningList(
        "50 人以上无党员", "fifty staff or more and no member",
        lambda m, t: and_(m.staff >= t.staff_with_member, none(m)),
        few=True,
    ),
    "staff_without_organisation": WarningList(
        "100 人以上无党组织", "a hundred staff or more and no Party organisation",
        lambda m, t: and_(m.staff >= t.staff_with_organisation, ~built(m)),
    ),
    "not_reached": WarningList(
        "无党组织且无指导员", "neither a Party organisation nor an instructor",
        lambda m, _: and_(~built(m), m.instructed == 0),
    ),
}  # fmt: skip


def counts(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    by: str = "subdistrict",
    known_at: datetime | None = None,
) -> dict[str, dict[str | None, int]]:
    """Return how many organisations are on each list: list -> group code -> number, never 0.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such group.
    """
    actor.require(Permission.RATE_VIEW)
    tally.require_group(by)
    member = tally.members(connection, rules, as_of=as_of, by=by, actor=actor, known_at=known_at)
    group, weight = tally.group_of(member, by), tally.weight(member)
    columns = [
        func.sum(flag(each.holds(member.c, rules.thresholds)) * weight) for each in LISTS.values()
    ]
    query = select(group, *columns).where(member.c.counts == 1).group_by(group)
    found: dict[str, dict[str | None, int]] = {name: {} for name in LISTS}
    for code, *numbers in connection.execute(tally.scoped(query, member, actor)):
        for name, number in zip(LISTS, numbers, strict=True):
            if number:
                found[name][code] = int(number)
    return found


def organisations(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    name: str,
    *,
    as_of: date,
    known_at: datetime | None = None,
    group: str | None = None,
    by: str = "subdistrict",
    most: int | None = None,
) -> list[Listed]:
    """Return who is on a list, by name of the organisation; ``most``: the first so many.

    Raises:
        NotPermitted: the role may not list organisations, or not those with so few members.
        Misuse: there is no such list or group.
    """
    chosen = LISTS.get(name)
    actor.require(Permission.LIST_VIEW)
    if chosen is None:
        raise Misuse(
            f"没有名单“{name}”，现有：{'、'.join(LISTS)}。",
            f"there is no list {name!r}; there are: {', '.join(LISTS)}.",
        )

    if chosen.few:
        actor.require(Permission.ORGANISATION_LIST)

    def holds(row: Any) -> ColumnElement[bool]:
        return and_(row.counts == 1, chosen.holds(row, rules.thresholds))

    # Spells know of communities and grids too, but are found by sub-district.
    place = group if by == "subdistrict" else None
    inside = tally.ids(
        connection,
        actor,
        rules,
        as_of=as_of,
        group=place,
        known_at=known_at,
        holds=holds,
        most=most if place == group else None,  # else some of them are of other groups
    )
    member = universe.members(rules, as_of=as_of, known_at=known_at, among=inside)
    query = select(member).where(holds(member.c))
    if group is not None:
        query = query.where(tally.group_of(member, by) == group)
    found = connection.execute(tally.scoped(query, member, actor)).all()
    # Sorted here: asked to sort as well, SQLite joins the facts in an order that takes seconds.
    ordered = sorted(found, key=lambda row: (row.name, row.uscc))[:most]
    return [listed(row, actor, rules) for row in ordered]


def full_members_shown(full: int | None, actor: Actor, rules: RuleSet) -> int | str | None:
    """Return full members as an actor may see them: a number, the band they are in, or nothing."""
    if full is None or actor.may(Permission.MEMBER_COUNT):
        return full
    if not actor.may(Permission.ORGANISATION_LIST):
        return None
    return suppression.band(full, rules.full_members_asked)


def listed(row: Any, actor: Actor, rules: RuleSet) -> Listed:
    """Return a member row as lists show it to an actor."""
    modes = ("alone", "joint", "attached")
    return Listed(
        uscc=row.uscc,
        name=row.name,
        subdistrict_code=row.subdistrict_code,
        community_code=row.community_code,
        staff=row.staff,
        full_members=full_members_shown(row.full_members, actor, rules),
        covering=next((mode for mode in modes if getattr(row, mode)), None),
        instructed=bool(row.instructed),
    )


@dataclass(frozen=True, slots=True)
class Due:
    """An organisation whose entry nobody confirmed for too long."""

    uscc: str
    name: str
    subdistrict_code: str | None
    confirmed_on: date | None  # None: never


def confirmed(as_of: date) -> Subquery:
    """``organisation_id, confirmed_on``: the last day that somebody looked, up to a day."""
    looked = (
        select(Confirmation.organisation_id, Confirmation.confirmed_on.label("day"))
        .where(Confirmation.confirmed_on <= as_of, facts_on.believed(Confirmation, None))
        .union_all(
            select(Screening.organisation_id, Screening.from_on).where(
                Screening.from_on <= as_of, facts_on.believed(Screening, None)
            )
        )
        .subquery("looked")
    )
    return (
        select(looked.c.organisation_id, func.max(looked.c.day).label("confirmed_on"))
        .group_by(looked.c.organisation_id)
        .subquery("confirmed")
    )


def _due(rules: RuleSet, as_of: date) -> tuple[Subquery, Any, Any]:
    """Members that count or wait, their last confirmation, and whether that is too long ago."""
    member, last = universe.members(rules, as_of=as_of), confirmed(as_of)
    limit = as_of - timedelta(days=rules.thresholds.confirm_days)
    late = and_(
        or_(member.c.counts == 1, member.c.unverified == 1),
        or_(last.c.confirmed_on.is_(None), last.c.confirmed_on < limit),
    )
    return member, last, late


def due_counts(
    connection: Connection, actor: Actor, rules: RuleSet, *, as_of: date, by: str = "subdistrict"
) -> Mapping[str | None, int]:
    """Return how many entries of each group are due to be confirmed, where there are any.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: no such group.
    """
    actor.require(Permission.RATE_VIEW)
    member, last, late = _due(rules, as_of)
    group = tally.group_of(member, by)
    query = (
        select(group, func.count())
        .select_from(member)
        .outerjoin(last, last.c.organisation_id == member.c.id)
        .where(late)
        .group_by(group)
    )
    return {code: int(n) for code, n in connection.execute(tally.scoped(query, member, actor))}


def due(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    *,
    as_of: date,
    subdistrict_code: str | None = None,
) -> list[Due]:
    """Return the entries that are due to be confirmed, those never looked at first.

    Raises:
        NotPermitted: the role may not list organisations.
    """
    actor.require(Permission.ORGANISATION_LIST)
    member, last, late = _due(rules, as_of)
    query = (
        select(member.c.uscc, member.c.name, member.c.subdistrict_code, last.c.confirmed_on)
        .select_from(member)
        .outerjoin(last, last.c.organisation_id == member.c.id)
        .where(late)
    )
    if subdistrict_code is not None:
        query = query.where(member.c.subdistrict_code == subdistrict_code)
    found = [Due(*row) for row in connection.execute(tally.scoped(query, member, actor))]
    return sorted(found, key=lambda each: (each.confirmed_on or date.min, each.uscc))
