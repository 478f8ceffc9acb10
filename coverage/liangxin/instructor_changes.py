"""What changes of an instructor beside what they offer: their work at an organisation ends, a name was wrong."""

from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, select, update

from liangxin import audit, instructors, party
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse
from liangxin.schema import Instructor


def end(
    connection: Connection, actor: Actor, number: int, code: str, *, on: date, now: datetime
) -> None:
    """End an instructor's work at an organisation on a day, which is the first without them.

    Whoever calls has seen that the organisation is in the actor's scope.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: no such organisation.
        Misuse: they do not look after it, or it would end before it began.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    facts = pl.DataFrame([{"uscc": code, "instructor_id": number, "to_on": on}])
    party.end_assignments(connection, facts, now=now)
    audit.by_actor(connection, actor, "instructor.recorded", f"{number} {code} end", now=now)


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
