"""What changes of an instructor beside what they offer: their work at an organisation ends, a name was wrong."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select, update

from liangxin import audit, chains, instructors, party
from liangxin.access import Actor, Permission
from liangxin.days import china_day
from liangxin.errors import Misuse
from liangxin.schema import Instructor, Organisation, Visit


def end(
    connection: Connection, actor: Actor, number: int, code: str, *, on: date, now: datetime
) -> str:
    """End an instructor's work at an organisation on a day, which is the first without them.

    On the day it began that is a mistake taken back: it never held, and what was believed until
    now stays readable as of then (decision 0003). So it is only while nothing has come of it.

    Whoever calls has seen that the organisation is in the actor's scope.

    Returns:
        ``ended``, or ``taken_back``.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: no such organisation.
        Misuse: they do not look after it, it would end before it began, or it is too late to take
            it back.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    became = "ended"
    mistake = _begun_on(connection, number, code, on)
    if mistake is None:
        facts = pl.DataFrame([{"uscc": code, "instructor_id": number, "to_on": on}])
        party.end_assignments(connection, facts, now=now)
    else:
        _require_no_consequence(connection, mistake, code, now)
        party.cut_off(connection, party.ASSIGNMENTS, [(mistake, on)], now=now)
        before = _terms(connection, number, code)
        became = "ended" if any(row["to_on"] == on for row in before) else "taken_back"
    step = "end" if became == "ended" else "taken back"
    about = f"{number} {code} {step}"
    audit.by_actor(connection, actor, "instructor.recorded", about, now=now, on=on)
    return became


def _terms(connection: Connection, number: int, code: str) -> list[dict[str, Any]]:
    """All terms of an instructor at an organisation, as believed now."""
    query = select(Organisation.id).where(Organisation.uscc == code)
    ids = list(connection.execute(query).scalars())
    known = chains.known(connection, party.ASSIGNMENTS, ids)
    return [row for rows in known.values() for row in rows if row["instructor_id"] == number]


def _begun_on(connection: Connection, number: int, code: str, on: date) -> dict[str, Any] | None:
    """The assignment that began on a day and goes on."""
    here = _terms(connection, number, code)
    return next((row for row in here if row["to_on"] is None and row["from_on"] == on), None)


def _require_no_consequence(
    connection: Connection, mistake: dict[str, Any], code: str, now: datetime
) -> None:
    """Return if an assignment can be taken back: recorded or begun today, and nobody went there.

    Raises:
        Misuse: it cannot; the sentence says with which day it can end.
    """
    from_on, today = mistake["from_on"], china_day(now)
    learned = mistake["learned_at"]
    recorded = china_day(learned if learned.tzinfo else learned.replace(tzinfo=UTC))
    following = from_on + timedelta(days=1)
    if from_on < today and recorded < today:
        raise Misuse(
            f"对 {code} 的选派自 {from_on} 起执行、{recorded} 登记，只能在登记或开始的当天撤回。请填写 {following} 或以后的日期，按结束办理。",
            f"the assignment to {code} began on {from_on} and was recorded on {recorded}; it can be taken "
            f"back only on the day it is recorded or begins. Give {following} or a later day to end it.",
        )
    went = select(func.min(Visit.on)).where(
        Visit.instructor_id == mistake["instructor_id"],
        Visit.organisation_id == mistake["organisation_id"],
        Visit.on >= from_on,
        Visit.corrected_at.is_(None),
    )
    day = connection.execute(went).scalar()
    if day is not None:
        raise Misuse(
            f"{day} 已登记对 {code} 的走访，这次选派确实发生过，不能撤回。请填写 {day + timedelta(days=1)} 或以后的日期，按结束办理。",
            f"a visit to {code} is logged on {day}, so this assignment did happen and cannot be taken "
            f"back. Give {day + timedelta(days=1)} or a later day to end it.",
        )


def rename(connection: Connection, actor: Actor, number: int, name: str, *, now: datetime) -> bool:
    """Correct an instructor's name; false if it is that already. Names are told by no log.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: there is no such instructor in scope.
        Misuse: somebody else of the sub-district is called so.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    who = instructors.require(connection, actor, number)
    if who.name == name:
        return False
    same = select(Instructor.id).where(
        Instructor.name == name, Instructor.subdistrict_code == who.subdistrict_code
    )
    if connection.execute(same).first() is not None:
        raise Misuse(
            f"{who.subdistrict_code} 已有同名指导员“{name}”。请加以区分。",
            f"{name} is there already in {who.subdistrict_code}; tell them apart.",
        )
    connection.execute(update(Instructor).where(Instructor.id == number).values(name=name))
    audit.by_actor(connection, actor, "instructor.recorded", f"{number} name", now=now)
    return True
