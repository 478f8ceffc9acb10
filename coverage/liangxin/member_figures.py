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
from sqlalchemy import Connection, delete, insert, select, update

from liangxin import counting, db, members, membership
from liangxin.errors import Misuse
from liangxin.membership import Basis, State, Step
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


def note_hire(
    connection: Connection, row: Any, steps: list[Step], rules: RuleSet, *, now: datetime
) -> None:
    """Start the clocks of a new hire whose member is confirmed; none without a day of hiring.

    Whoever was hired long before declaring is no new hire: at the beginning of all this, a firm's
    members of decades would drown the clock.

    Args:
        connection: a write transaction.
        row: of ``membership``.
        steps: its steps; who declared was identified on that day.
        rules: up to when somebody is a new hire.
        now: when the register learned it.
    """
    known = min(step.on for step in steps if step.basis in membership.GROUNDS)
    if row.hired_on is None or (known - row.hired_on).days > rules.limits.new_hire_days:
        return
    values = {
        "organisation_id": row.organisation_id,
        "hired_on": row.hired_on,
        "identified_on": max(known, row.hired_on),
        "learned_at": now,
    }
    made = connection.execute(insert(Hire).values(**values).returning(Hire.id)).scalar_one()
    mine = update(Membership).where(Membership.id == row.id)
    connection.execute(mine.values(hire_id=made))


def correct_hire(
    connection: Connection, membership_id: int, rules: RuleSet, *, now: datetime
) -> None:
    """Let the clocks of a confirmed member follow a day of hiring that was corrected."""
    row = members.row_of(connection, membership_id)
    if row.hire_id is not None:
        old = update(Hire).where(Hire.id == row.hire_id)
        connection.execute(old.values(corrected_at=now))
        mine = update(Membership).where(Membership.id == row.id)
        connection.execute(mine.values(hire_id=None))
    steps = members.steps_of(connection, [row.id])[row.id]
    note_hire(connection, row, steps, rules, now=now)


def drop_clocks(connection: Connection, row: Any) -> None:
    """Delete the dated rows of somebody who withdrew: a day of hiring and a firm tell who it was."""
    mine = update(Membership).where(Membership.id == row.id)
    connection.execute(mine.values(hire_id=None, transfer_id=None))
    for table, number in ((Hire, row.hire_id), (RelationTransfer, row.transfer_id)):
        if number is not None:
            connection.execute(delete(table).where(table.id == number))


def close_transfer(connection: Connection, row: Any, *, now: datetime) -> None:
    """Let a transfer that is under way end without arriving; one that arrived stays."""
    if row.transfer_id is None:
        return
    open_one = (RelationTransfer.id == row.transfer_id) & RelationTransfer.done_on.is_(None)
    connection.execute(update(RelationTransfer).where(open_one).values(corrected_at=now))


def require_after_twins(connection: Connection, row: Any, step: Step) -> None:
    """Return if a step is not before what happened to the person at another organisation.

    Which of two organisations counts is decided day by day in the order of the steps; one that
    comes late would leave days on which the person counts twice, or nowhere.

    Raises:
        Misuse: it is; the first day that can be is named.
    """
    query = select(Membership.id).where(
        Membership.person_key == row.person_key,
        Membership.id != row.id,
        Membership.state.in_(sorted(membership.COUNTED | {State.LEFT})),
    )
    twins = list(connection.execute(query).scalars())
    days = [steps[-1].on for steps in members.steps_of(connection, twins).values()]
    if days and step.on < max(days):
        raise Misuse(
            f"此人在另一单位也有记录，日期须不早于 {max(days)}，否则有的日子会重复或漏计。请用该日或以后的日期。",
            f"this person is on record at another organisation too: a day before {max(days)} would count "
            "them twice or not at all; use that day or a later one.",
        )


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
    """One fact a day on which a count may have changed, from the first confirmation on.

    Whoever was never confirmed leaves no day here.
    """
    told = membership.COUNTED | membership.ENDED
    counted = [
        [step for step in steps if step.state in told]
        for steps in held
        if any(step.state in membership.COUNTED for step in steps)
    ]
    facts = []
    for day in membership.days_of(counted):
        counts = membership.count(counted, day)
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
