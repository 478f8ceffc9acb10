"""What changes of a Party organisation by hand: a unit leaves, it elects, serves a place, is dissolved.

Plans and ledgers form and cover; this is for the day that something else happened. And for the
application that a Party organisation begins with, whose answer is due within a month.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select, update

from liangxin import audit, chains, party
from liangxin.access import Actor, Permission
from liangxin.days import years_after
from liangxin.errors import Misuse, NotFound
from liangxin.facts_on import true_on
from liangxin.forming import Verdict
from liangxin.rules import RuleSet
from liangxin.schema import Application, Covering, Organisation, PartyOrganisation, PartyTerm, Place

#: How an application was answered.
OUTCOMES: dict[str, tuple[str, str]] = {
    "approved": ("批准", "approved"),
    "refused": ("不予批准", "refused"),
}


@dataclass(frozen=True, slots=True)
class Unit:
    """An organisation that a Party organisation covers."""

    uscc: str
    name: str
    mode: str
    since: date


@dataclass(frozen=True, slots=True)
class Formed:
    """A Party organisation in force, with what it covers; who leads it, nobody is told here."""

    id: int
    name: str
    level: str
    subdistrict_code: str
    since: date
    place: str | None
    elected_on: date | None
    due_on: date | None
    has_secretary: bool
    units: tuple[Unit, ...]


def of_scope(
    connection: Connection, actor: Actor, *, on: date, number: int | None = None
) -> list[Formed]:
    """Return the Party organisations of an actor's sub-districts on a day, by sub-district and name.

    Args:
        connection: a read transaction.
        actor: who asks.
        on: the day.
        number: only the one with this number.

    Raises:
        NotPermitted: the role makes no plans.
    """
    actor.require(Permission.PLAN_MAKE)
    formed, term = PartyOrganisation, PartyTerm
    query = (
        select(
            *(formed.id, formed.name, formed.level, formed.subdistrict_code, formed.from_on),
            *(Place.name.label("place"), term.level.label("level_now"), term.due_on),
            *(term.from_on.label("elected_on"), term.secretary.is_not(None).label("led")),
        )
        .outerjoin(term, (term.party_organisation_id == formed.id) & true_on(term, on, None))
        .outerjoin(Place, Place.id == formed.place_id)
        .where(true_on(formed, on, None))
        .order_by(formed.subdistrict_code, formed.name, formed.id)
    )
    if actor.subdistricts is not None:
        query = query.where(formed.subdistrict_code.in_(sorted(actor.subdistricts)))
    if number is not None:
        query = query.where(formed.id == number)
    rows = connection.execute(query).all()
    units = _units(connection, on, number)
    return [
        Formed(
            id=row.id,
            name=row.name,
            level=row.level_now or row.level,
            subdistrict_code=row.subdistrict_code,
            since=row.from_on,
            place=row.place,
            elected_on=row.elected_on,
            due_on=row.due_on,
            has_secretary=bool(row.led),
            units=tuple(units.get(row.id, ())),
        )
        for row in rows
    ]


def require(connection: Connection, actor: Actor, number: int, *, on: date) -> Formed:
    """Return a Party organisation that is there on a day.

    Raises:
        NotPermitted: the role makes no plans.
        NotFound: there is none in the actor's scope.
    """
    for each in of_scope(connection, actor, on=on, number=number):
        return each
    raise NotFound(
        f"没有编号为 {number} 的党组织，或不在您的范围内。请从届期页（liangxin parties list）查看。",
        f"there is no Party organisation {number}, or not in your scope; see the page of terms (liangxin "
        "parties list).",
    )


def leave(
    connection: Connection,
    actor: Actor,
    rule_set: RuleSet,
    number: int,
    code: str,
    *,
    on: date,
    now: datetime,
) -> list[Verdict]:
    """Let a unit leave a Party organisation: that day is the first without it; return what is odd then.

    Raises:
        NotPermitted: the role decides of no plans.
        NotFound: there is no such Party organisation in scope, or no such code.
        Misuse: it does not cover that organisation, or did not yet on that day.
    """
    actor.require(Permission.PLAN_DECIDE)
    require(connection, actor, number, on=on)
    uscc = code.strip().upper()
    facts = pl.DataFrame([{"uscc": uscc, "party_organisation_id": number, "to_on": on}])
    party.end_coverings(connection, facts, now=now)
    audit.by_actor(connection, actor, "party.changed", f"{number} leave {uscc}", now=now, on=on)
    return list(party.joint_verdicts(connection, [number], rule_set, on=on).values())


def elect(
    connection: Connection,
    actor: Actor,
    rule_set: RuleSet,
    number: int,
    *,
    on: date,
    secretary: str,
    now: datetime,
    due_on: date | None = None,
) -> date:
    """Begin a term on the day of an election; return its last day, by the rules if none is given.

    Raises:
        NotPermitted: the role decides of no plans.
        NotFound: there is no such Party organisation in scope.
        Misuse: a later term is recorded, or it would be over before it begins.
    """
    actor.require(Permission.PLAN_DECIDE)
    formed = require(connection, actor, number, on=on)
    last = due_on or years_after(on, rule_set.thresholds.term_years)
    fact: dict[str, Any] = {
        "party_organisation_id": number,
        "level": formed.level,
        "secretary": secretary.strip() or None,
        "secretary_kind": None,
        "due_on": last,
        "from_on": on,
    }
    schema = {"secretary": pl.String, "secretary_kind": pl.String}
    [became] = party.record_terms(
        connection, pl.DataFrame([fact], schema_overrides=schema), now=now
    )
    if became == "earlier":
        raise Misuse(
            f"“{formed.name}”已有 {on} 之后的任期，这一条没有写入。请核对日期。",
            f"{formed.name} has a term from a day after {on}, so this was not written; check the day.",
        )
    audit.by_actor(connection, actor, "party.changed", f"{number} elect {on}", now=now, on=on)
    return last


def serve(
    connection: Connection, actor: Actor, number: int, place: str, *, on: date, now: datetime
) -> None:
    """Let a Party organisation serve a building, park or market of its sub-district; empty: none.

    Raises:
        NotPermitted: the role decides of no plans.
        NotFound: no such Party organisation in scope, or no such place in its sub-district.
    """
    actor.require(Permission.PLAN_DECIDE)
    formed = require(connection, actor, number, on=on)
    chosen: int | None = None
    if place.strip():
        query = select(Place.id).where(
            Place.name == place.strip(),
            Place.subdistrict_code == formed.subdistrict_code,
            true_on(Place, on, None),
        )
        chosen = connection.execute(query).scalar()
        if chosen is None:
            raise NotFound(
                f"{formed.subdistrict_code} 没有名为“{place.strip()}”的楼宇、园区或市场。请核对名称，或先用 "
                "liangxin places load 导入。",
                f"{formed.subdistrict_code} has no building, park or market called {place.strip()!r}; "
                "check the name, or load it with liangxin places load.",
            )
    mine = update(PartyOrganisation).where(PartyOrganisation.id == number)
    connection.execute(mine.values(place_id=chosen, placed_at=now))
    audit.by_actor(connection, actor, "party.changed", f"{number} serve", now=now, on=on)


def dissolve(connection: Connection, actor: Actor, number: int, *, on: date, now: datetime) -> int:
    """Dissolve a Party organisation: that day it covers nobody any more; return how many left.

    Raises:
        NotPermitted: the role decides of no plans.
        NotFound: there is no such Party organisation in scope.
        Misuse: it, a term or a covering of it began on that day or later.
    """
    actor.require(Permission.PLAN_DECIDE)
    formed = require(connection, actor, number, on=on)
    coverings = _held_then(connection, Covering, number, on)
    term = _held_then(connection, PartyTerm, number, on)
    began = [formed.since, *(row["from_on"] for row in (*coverings, *term))]
    if on <= max(began):
        raise Misuse(
            f"“{formed.name}”自 {max(began)} 起还有记录，不能从 {on} 起撤销。请用较晚的日期。",
            f"of {formed.name} something is recorded from {max(began)} on, so it cannot be dissolved "
            f"from {on}; give a later day.",
        )
    party.cut_off(connection, party.COVERINGS, [(row, on) for row in coverings], now=now)
    party.cut_off(connection, chains.TERMS, [(row, on) for row in term], now=now)
    mine = update(PartyOrganisation).where(PartyOrganisation.id == number)
    connection.execute(mine.values(to_on=on, ended_at=now))
    audit.by_actor(connection, actor, "party.changed", f"{number} dissolved {on}", now=now, on=on)
    return len(coverings)


def _held_then(connection: Connection, table: Any, number: int, on: date) -> list[dict[str, Any]]:
    """What of a Party organisation goes on beyond a day, or begins then."""
    query = select(table.__table__).where(
        table.party_organisation_id == number,
        table.corrected_at.is_(None),
        table.to_on.is_(None) | (table.to_on > on),
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def apply(
    connection: Connection, actor: Actor, organisation_id: int, *, on: date, now: datetime
) -> None:
    """Record that a unit applied to form a Party organisation.

    Raises:
        NotPermitted: the role decides of no plans.
        Misuse: an application of it waits already.
    """
    actor.require(Permission.PLAN_DECIDE)
    if _waiting(connection, organisation_id) is not None:
        raise Misuse(
            "该单位已有一份待批复的申请。请先登记批复。",
            "an application of it waits for an answer already; record that first.",
        )
    values = {"organisation_id": organisation_id, "applied_on": on, "learned_at": now}
    connection.execute(insert(Application).values(**values))
    about = f"application {organisation_id} {on}"
    audit.by_actor(connection, actor, "party.changed", about, now=now, on=on)


def decide(
    connection: Connection,
    actor: Actor,
    organisation_id: int,
    outcome: str,
    *,
    on: date,
    now: datetime,
) -> None:
    """Record how the waiting application of a unit was answered.

    Raises:
        NotPermitted: the role decides of no plans.
        Misuse: none waits, it came later than that, or there is no such outcome.
    """
    actor.require(Permission.PLAN_DECIDE)
    if outcome not in OUTCOMES:
        known = "、".join(f"{name}（{zh}）" for name, (zh, _) in OUTCOMES.items())
        raise Misuse(
            f"没有批复结果“{outcome}”，可用：{known}。",
            f"there is no outcome {outcome!r}; use one of {', '.join(OUTCOMES)}.",
        )
    waiting = _waiting(connection, organisation_id)
    if waiting is None or waiting.applied_on > on:
        raise Misuse(
            "该单位在这一天没有待批复的申请。请先登记申请，或核对日期。",
            "no application of it waited on that day; record the application first, or check the day.",
        )
    # The one that waits is believed no longer, so that a figure of before is told as it was.
    closed = update(Application).where(Application.id == waiting.id)
    connection.execute(closed.values(corrected_at=now))
    values = {"organisation_id": organisation_id, "applied_on": waiting.applied_on}
    connection.execute(
        insert(Application).values(**values, decided_on=on, outcome=outcome, learned_at=now)
    )
    about = f"application {organisation_id} {outcome} {on}"
    audit.by_actor(connection, actor, "party.changed", about, now=now, on=on)


def _waiting(connection: Connection, organisation_id: int) -> Any:
    query = select(Application.id, Application.applied_on).where(
        Application.organisation_id == organisation_id,
        Application.decided_on.is_(None),
        Application.corrected_at.is_(None),
    )
    return connection.execute(query).first()


def _units(connection: Connection, on: date, number: int | None) -> dict[int, list[Unit]]:
    query = (
        select(
            Covering.party_organisation_id,
            *(Organisation.uscc, Organisation.name, Covering.mode, Covering.from_on),
        )
        .join(Organisation, Organisation.id == Covering.organisation_id)
        .where(true_on(Covering, on, None))
        .order_by(Organisation.name, Organisation.uscc)
    )
    if number is not None:
        query = query.where(Covering.party_organisation_id == number)
    found: dict[int, list[Unit]] = {}
    for of, uscc, name, mode, since in connection.execute(query):
        found.setdefault(of, []).append(Unit(uscc, name, mode, since))
    return found
