"""Confirmed members into the figures: counts by organisation and day, and clocks, without a person.

A membership's steps become headcounts of the source ``declared``; nothing else in the register
reads people. A step of an earlier day rewrites the days after it, and what was known before stays
as it was known (``corrected_at``).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, insert, select, update

from liangxin import counting, db, members, membership
from liangxin.membership import Basis, Step
from liangxin.rules import RuleSet
from liangxin.schema import Hire, Membership, MembershipStep, Organisation, RelationTransfer

#: Whose counts these are, in ``headcount.SOURCES``.
SOURCE = "declared"
_SCHEMA: dict[str, Any] = {
    "uscc": pl.String,
    "source": pl.String,
    "counted_on": pl.Date,
    **dict.fromkeys(
        ("members", "full_members", "probationary_members", "members_in", "members_out"), pl.Int64
    ),
}


def renew(
    connection: Connection, organisations: Collection[int], rules: RuleSet, *, now: datetime
) -> None:
    """Count the confirmed members of some organisations anew, of every day on which they changed.

    Args:
        connection: a write transaction.
        organisations: their ids.
        rules: how far counts may lie apart before somebody is asked.
        now: when the register learned it.
    """
    facts = [
        fact
        for code, held in _steps_by_code(connection, organisations).items()
        for fact in _facts(code, list(held.values()))
    ]
    if facts:
        frame = pl.DataFrame(facts, schema=_SCHEMA)
        counting.record_headcounts(connection, frame, rules, now=now)


def note_hire(connection: Connection, row: Any, steps: list[Step], *, now: datetime) -> None:
    """Start the clocks of a hire whose member is confirmed now; none without a day of hiring.

    Args:
        connection: a write transaction.
        row: of ``membership``.
        steps: its steps; who declared was identified on that day.
        now: when the register learned it.
    """
    if row.hired_on is None or row.hire_id is not None:
        return
    known = [step.on for step in steps if step.basis in membership.GROUNDS]
    values = {
        "organisation_id": row.organisation_id,
        "hired_on": row.hired_on,
        "identified_on": max(min(known), row.hired_on),
        "learned_at": now,
    }
    made = connection.execute(insert(Hire).values(**values).returning(Hire.id)).scalar_one()
    mine = update(Membership).where(Membership.id == row.id)
    connection.execute(mine.values(hire_id=made))


def drop_clocks(connection: Connection, row: Any, *, now: datetime) -> None:
    """Let the clocks of somebody who withdrew count no more; what was known before stays."""
    for table, number in ((Hire, row.hire_id), (RelationTransfer, row.transfer_id)):
        if number is not None:
            mine = update(table).where(table.id == number)
            connection.execute(mine.values(corrected_at=now))


def settle_person(
    connection: Connection, person_key: str, *, on: date, by: str, now: datetime
) -> set[int]:
    """Let a person of several organisations count once: where the relation is, else the first.

    Returns:
        The organisations whose counts changed.
    """
    query = select(Membership.__table__).where(
        Membership.person_key == person_key, Membership.state.in_(sorted(membership.COUNTED))
    )
    rows = {row.id: row for row in connection.execute(query)}
    last = {number: steps[-1] for number, steps in members.steps_of(connection, rows).items()}
    chosen = membership.one_that_counts(last)
    changed = set()
    for number, step in last.items():
        counts = number == chosen
        if step.counts != counts:
            basis = Basis.COUNTED_HERE if counts else Basis.COUNTED_ELSEWHERE
            moved = Step(step.state, basis, max(on, step.on), step.status, counts=counts)
            members.take(connection, number, moved, by=by, now=now)
            changed.add(rows[number].organisation_id)
    return changed


def _steps_by_code(
    connection: Connection, organisations: Collection[int]
) -> dict[str, dict[int, list[Step]]]:
    query = (
        select(Organisation.uscc, MembershipStep.__table__)
        .join(Membership, Membership.id == MembershipStep.membership_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .where(db.among(connection, Membership.organisation_id, sorted(organisations)))
        .order_by(MembershipStep.id)
    )
    found: dict[str, dict[int, list[Step]]] = defaultdict(lambda: defaultdict(list))
    for row in connection.execute(query):
        found[row.uscc][row.membership_id].append(members.step_of(row))
    return found


def _facts(code: str, held: list[list[Step]]) -> list[dict[str, object]]:
    """One fact a day on which a count may have changed, from the first confirmation on."""
    counted = [step.on for steps in held for step in steps if step.state in membership.COUNTED]
    if not counted:
        return []
    facts = []
    for day in membership.days_of(held):
        if day < min(counted):
            continue
        counts = membership.count(held, day)
        everybody = counts.full + counts.probationary
        facts.append(
            {
                "uscc": code,
                "source": SOURCE,
                "counted_on": day,
                "members": everybody,
                "full_members": counts.full,
                "probationary_members": counts.probationary,
                "members_in": counts.relation_in,
                # Also those of whom nobody has said yet where the relation is: it is not here.
                "members_out": everybody - counts.relation_in,
            }
        )
    return facts
