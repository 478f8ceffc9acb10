"""What was said no to by today, of a plan that is to hold from an earlier day.

From a day in the past a plan is held against the register of that day. Who has declined, withdrawn
or closed a door since then has done so for what begins now as well.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from liangxin import instructors
from liangxin.facts_on import true_on
from liangxin.plans import ground
from liangxin.schema import Finding, InstructorOffer, Organisation

Fault = tuple[str, str]
#: Of a kind of plan, which finding says that an organisation wants none of it.
_DECLINED = {"instructors": "declines_instructor", "branches": "declined"}


def faults(connection: Connection, kind: str, rows: list[Any], *, today: date) -> Iterator[Fault]:
    """Yield each thing of a plan that somebody does not want by today.

    Args:
        connection: a transaction.
        kind: of the plan, ``instructors`` or ``branches``.
        rows: its items.
        today: the day.
    """
    codes = {
        row.uscc for row in rows if row.instructor_id is not None or row.group_number is not None
    }
    for code in sorted(_declined(connection, _DECLINED[kind], codes, today)):
        yield f"{code} 现已表示不愿意", f"{code} has declined by now"
    people = sorted({row.instructor_id for row in rows if row.instructor_id is not None})
    unwilling = _unwilling(connection, people, today)
    said = instructors.said_of(connection, people, today)
    numbers = ground.ids_of(connection, codes)
    for row in rows:
        who = row.instructor_id
        if who is None:
            continue
        if who in unwilling:
            yield f"指导员 {who} 现在暂不承担", f"instructor {who} takes nothing on now"
        word = said.get((who, numbers.get(row.uscc, 0)))
        if word not in {None, "agreed"}:
            zh, en = instructors.WORDS[str(word)]
            yield f"{row.uscc} 与指导员 {who}：{zh}", f"{row.uscc} and {who}: {en}"


def _declined(connection: Connection, field: str, codes: set[str], today: date) -> set[str]:
    query = (
        select(Organisation.uscc)
        .join(Finding, Finding.organisation_id == Organisation.id)
        .where(Finding.field == field, Finding.value == "1", true_on(Finding, today, None))
    )
    return codes & set(connection.execute(query).scalars())


def _unwilling(connection: Connection, people: list[int], today: date) -> set[int]:
    query = select(InstructorOffer.instructor_id).where(
        InstructorOffer.is_willing.is_(False), true_on(InstructorOffer, today, None)
    )
    return set(people) & set(connection.execute(query).scalars())
