"""Addresses that somebody must place: the queue, and what a decision does to all its likes at once.

What an address is about (a building, a house number, a road, its wording), and what speaks for
which sub-district, was told by ``ingest.relocating``; here people are asked, and answer. A decision
outranks everything that is written or learned, until it is withdrawn or decided otherwise.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, insert, or_, select, update

from liangxin import audit, called, located_words
from liangxin.access import Actor, Permission
from liangxin.divisions import names as names_of
from liangxin.errors import NotFound
from liangxin.placing import DECIDED
from liangxin.schema import Division, Located, LocationDecision, Organisation

#: Addresses shown of an entry.
SAMPLES = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sub-district that an address may be in, and what speaks for it."""

    code: str
    name: str
    share: float  # how the evidence weighs, 0 to 1
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that somebody must place: all organisations whose address is about it wait for it."""

    id: int
    kind: str  # of ``located_words.KINDS``
    pattern: str
    organisations: int
    addresses: tuple[str, ...]
    candidates: tuple[Candidate, ...]  # the likeliest first; empty: nothing is known


@dataclass(frozen=True, slots=True)
class Asked:
    """The first entries of the queue, those that teach most first, and what is left."""

    entries: tuple[Entry, ...]
    in_all: int
    organisations: int  # of all entries


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that holds."""

    id: int
    kind: str
    pattern: str
    subdistrict_code: str
    subdistrict: str
    decided_by: str
    from_on: date
    organisations: int


def queue(
    connection: Connection,
    actor: Actor,
    *,
    subdistrict: str = "",
    text: str = "",
    on: date,
    most: int = 50,
) -> Asked:
    """Return what an actor is asked to place.

    An office of some sub-districts sees what may be theirs: where one of them is a candidate, or
    where nothing is known at all.

    Args:
        connection: a transaction.
        actor: who asks.
        subdistrict: only what may be in this one; empty: everything.
        text: only what is called so, or where an organisation's name or address says so.
        on: names of divisions are those of this day.
        most: so many entries.

    Raises:
        NotPermitted: the role does not place addresses.
        NotFound: the sub-district is not in scope.
    """
    actor.require(Permission.LOCATION_DECIDE)
    if subdistrict:
        actor.require_within([subdistrict])
    about = (Located.district_code, Located.kind, Located.pattern)
    number = func.count(Located.organisation_id.distinct())
    grouped = (
        select(*about, number.label("number"), func.min(Located.id).label("id"))
        .where(_open(), _within(actor, subdistrict))
        .group_by(*about)
    )
    if text:
        grouped = grouped.join(Organisation, Organisation.id == Located.organisation_id).having(
            func.max(case((_says(text), 1), else_=0)) == 1
        )
    every = grouped.subquery("every")
    in_all, organisations = connection.execute(
        select(func.count(), func.coalesce(func.sum(every.c.number), 0)).select_from(every)
    ).one()
    first = grouped.order_by(number.desc(), Located.pattern, Located.kind, Located.district_code)
    rows = connection.execute(first.limit(most)).all()
    return Asked(_entries(connection, rows, on), int(in_all), int(organisations))


def _says(text: str) -> ColumnElement[bool]:
    asked = called.words(text)
    said = (Located.pattern, Organisation.name, Organisation.address)
    return or_(*(called.holds(each, asked) for each in said))


def decide(
    connection: Connection,
    actor: Actor,
    entry: int,
    subdistrict: str,
    *,
    by: str,
    on: date,
    now: datetime,
    community: str | None = None,
) -> Decided:
    """Place an entry, and every address that is about the same thing.

    Args:
        connection: a write transaction.
        actor: who decides.
        entry: the number of an entry of the queue.
        subdistrict: where it is, nine digits.
        by: the office or account.
        on: today.
        now: when.
        community: twelve digits; None: only the sub-district is known.

    Raises:
        NotPermitted: the role does not place addresses.
        NotFound: there is no such entry, sub-district or community, or it is not in scope.
    """
    actor.require(Permission.LOCATION_DECIDE)
    actor.require_within([subdistrict])
    about = connection.execute(
        select(Located.district_code, Located.kind, Located.pattern).where(
            Located.id == entry, _open(), _within(actor, "")
        )
    ).first()
    if about is None:
        raise NotFound(
            f"待定地址中没有编号 {entry}，或已由他人认定。请刷新页面。",
            f"there is no entry {entry} in the queue, or somebody decided it already; look again.",
        )
    codes = [subdistrict, *([community] if community else [])]
    names = names_of(connection, set(codes), on=on)
    _require_places(connection, about.district_code, subdistrict, community)
    same = (
        LocationDecision.district_code == about.district_code,
        LocationDecision.kind == about.kind,
        LocationDecision.pattern == about.pattern,
    )
    connection.execute(
        update(LocationDecision)
        .where(*same, LocationDecision.corrected_at.is_(None))
        .values(corrected_at=now)
    )
    number = connection.execute(
        insert(LocationDecision)
        .values(
            **about._mapping,  # noqa: SLF001 - a row's columns by name
            subdistrict_code=subdistrict,
            community_code=community,
            decided_by=by,
            from_on=on,
            learned_at=now,
        )
        .returning(LocationDecision.id)
    ).scalar_one()
    name = names.get(community or subdistrict, subdistrict)
    zh, en = located_words.decided(about.pattern, name, by, on)
    placed = _place(
        connection,
        and_(
            Located.district_code == about.district_code,
            Located.kind == about.kind,
            Located.pattern == about.pattern,
        ),
        now=now,
        subdistrict_code=subdistrict,
        community_code=community,
        place=about.pattern if about.kind == "place" else None,
        method=DECIDED,
        confidence=1.0,
        reason_zh=zh,
        reason_en=en,
        guesses=None,
    )
    audit.by_actor(
        connection,
        actor,
        "location.decided",
        f"{about.district_code} {about.kind} {about.pattern[:60]} {community or subdistrict}",
        now=now,
        on=on,
    )
    return Decided(
        number,
        *(about.kind, about.pattern, subdistrict, names.get(subdistrict, subdistrict)),
        decided_by=by,
        from_on=on,
        organisations=placed,
    )


def withdraw(connection: Connection, actor: Actor, decision: int, *, now: datetime) -> int:
    """Take a decision back; what it placed is asked about again. Return how many organisations.

    Raises:
        NotPermitted: the role does not place addresses.
        NotFound: there is no such decision, or it is not in scope.
    """
    actor.require(Permission.LOCATION_DECIDE)
    found = connection.execute(
        select(LocationDecision.__table__).where(
            LocationDecision.id == decision,
            LocationDecision.corrected_at.is_(None),
            _decided_within(actor),
        )
    ).first()
    if found is None:
        raise NotFound(
            f"没有编号 {decision} 的认定，或已撤回。请刷新页面。",
            f"there is no decision {decision}, or it was withdrawn already; look again.",
        )
    connection.execute(
        update(LocationDecision).where(LocationDecision.id == decision).values(corrected_at=now)
    )
    asked = _place(
        connection,
        and_(
            Located.district_code == found.district_code,
            Located.kind == found.kind,
            Located.pattern == found.pattern,
            Located.method == DECIDED,
        ),
        now=now,
        **dict.fromkeys(("subdistrict_code", "community_code", "place", "method", "confidence")),
        reason_zh="认定已撤回，待重新定位",
        reason_en="the decision was withdrawn; it is placed anew soon",
        guesses=json.dumps(
            [[found.subdistrict_code, 0.5, "此前的认定", "the decision before"]], ensure_ascii=False
        ),
    )
    about = f"{found.district_code} {found.kind} {found.pattern[:60]} {found.subdistrict_code}"
    audit.by_actor(connection, actor, "location.withdrawn", about, now=now, on=found.from_on)
    return asked


def listed(connection: Connection, actor: Actor, *, on: date, most: int = 50) -> Sequence[Decided]:
    """Return the decisions that hold in an actor's scope, the newest first.

    Raises:
        NotPermitted: the role does not place addresses.
    """
    actor.require(Permission.LOCATION_DECIDE)
    table = LocationDecision
    counted = (
        select(func.count(Located.organisation_id.distinct()))
        .where(
            Located.district_code == table.district_code,
            Located.kind == table.kind,
            Located.pattern == table.pattern,
            Located.method == DECIDED,
            Located.corrected_at.is_(None),
            Located.to_on.is_(None),
        )
        .scalar_subquery()
    )
    query = (
        select(*table.__table__.columns, counted.label("organisations"))
        .where(table.corrected_at.is_(None), _decided_within(actor))
        .order_by(table.id.desc())
        .limit(most)
    )
    rows = connection.execute(query).all()
    names = names_of(connection, {row.subdistrict_code for row in rows}, on=on)
    return [
        Decided(
            *(row.id, row.kind, row.pattern, row.subdistrict_code),
            names.get(row.subdistrict_code, row.subdistrict_code),
            *(row.decided_by, row.from_on, row.organisations),
        )
        for row in rows
    ]


def choices(connection: Connection, actor: Actor, district: str = "") -> list[tuple[str, str]]:
    """Return the sub-districts an actor may place addresses in: code and name, by code.

    Of ``district``; empty: of every district that something is asked about.
    """
    query = select(Division.code, Division.name).where(
        Division.level == "subdistrict", Division.to_on.is_(None)
    )
    if actor.subdistricts is not None:
        query = query.where(Division.code.in_(sorted(actor.subdistricts)))
    asked = select(Located.district_code).where(Located.corrected_at.is_(None)).distinct()
    parents = [district] if district else list(connection.execute(asked).scalars())
    query = query.where(Division.parent_code.in_(parents)).order_by(Division.code)
    return [(row.code, row.name) for row in connection.execute(query)]


def _open() -> ColumnElement[bool]:
    """Addresses of today that somebody must place."""
    return and_(
        Located.corrected_at.is_(None),
        Located.to_on.is_(None),
        Located.subdistrict_code.is_(None),
    )


def _within(actor: Actor, subdistrict: str) -> ColumnElement[bool]:
    """What may be in the actor's scope, and in the sub-district asked for, if one is."""
    wanted = [subdistrict] if subdistrict else sorted(actor.subdistricts or ())
    if actor.subdistricts is None and not subdistrict:
        return Located.id.is_not(None)
    may_be: list[Any] = [Located.guesses.like(f'%"{code}"%') for code in wanted]
    if not subdistrict:
        districts = {code[:6] for code in wanted}
        may_be.append(and_(Located.guesses == "[]", Located.district_code.in_(sorted(districts))))
    return or_(*may_be)


def _decided_within(actor: Actor) -> ColumnElement[bool]:
    if actor.subdistricts is None:
        return LocationDecision.id.is_not(None)
    return LocationDecision.subdistrict_code.in_(sorted(actor.subdistricts))


def _require_places(
    connection: Connection, district: str, subdistrict: str, community: str | None
) -> None:
    """Return if the sub-district is one of the district today, and the community one of it.

    Raises:
        NotFound: names the code.
    """
    wanted = [(subdistrict, "subdistrict", district)]
    if community:
        wanted.append((community, "community", subdistrict))
    for code, level, parent in wanted:
        query = select(Division.id).where(
            Division.code == code,
            Division.level == level,
            Division.parent_code == parent,
            Division.to_on.is_(None),
        )
        if connection.execute(query).first() is None:
            raise NotFound(
                f"区划表中 {parent} 下没有 {code}。请核对代码。",
                f"the divisions list no {code} in {parent}; check the code.",
            )


def _place(
    connection: Connection, which: ColumnElement[bool], *, now: datetime, **values: Any
) -> int:
    """Close the rows that are about a thing and write them anew; how many organisations that is."""
    table = Located.__table__
    rows = connection.execute(
        select(table).where(which, Located.corrected_at.is_(None)).order_by(Located.id)
    ).all()
    if not rows:
        return 0
    held = and_(which, Located.corrected_at.is_(None))
    connection.execute(update(Located).where(held).values(corrected_at=now))
    kept = ("organisation_id", "which", "from_on", "to_on", "district_code", "kind", "pattern")
    connection.execute(
        insert(Located),
        [
            {**{name: getattr(row, name) for name in kept}, **values, "learned_at": now}
            for row in rows
        ],
    )
    return len({row.organisation_id for row in rows if row.to_on is None})


def _entries(connection: Connection, rows: Collection[Any], on: date) -> tuple[Entry, ...]:
    """The entries of groups, each with some of its addresses and the candidates of one of them."""
    told = []
    for row in rows:
        query = (
            select(Organisation.address, Located.guesses)
            .join(Organisation, Organisation.id == Located.organisation_id)
            .where(
                _open(),
                Located.district_code == row.district_code,
                Located.kind == row.kind,
                Located.pattern == row.pattern,
            )
            .order_by(Located.id)
            .limit(SAMPLES)
        )
        told.append((row, connection.execute(query).all()))
    guesses = [_read(some[0].guesses if some else None) for _, some in told]
    codes = {code for each in guesses for code, *_ in each}
    names = names_of(connection, codes, on=on)
    return tuple(
        Entry(
            *(row.id, row.kind, row.pattern, row.number),
            addresses=tuple(dict.fromkeys(each.address or "" for each in some)),
            candidates=tuple(
                Candidate(code, names.get(code, code), share, zh, en)
                for code, share, zh, en in guess
            ),
        )
        for (row, some), guess in zip(told, guesses, strict=True)
    )


def _read(guesses: str | None) -> list[tuple[str, float, str, str]]:
    return [(code, share, zh, en) for code, share, zh, en in json.loads(guesses or "[]")]
