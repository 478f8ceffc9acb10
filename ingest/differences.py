"""What a run is about to change, asked inside its transaction: who is new, what changes, what is left.

Asked before the run is committed, and just as well before it is taken back again: a rehearsal.
"""

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from expectations import batches
from expectations.messages import MESSAGES
from expectations.rule import general
from ingest import screenings
from ingest.merging import LOCATION
from ingest.refusals import FIRST, SKIPPED
from ingest.within import ELSEWHERE, ELSEWHERE_ZH
from liangxin.schema import (
    FieldChange,
    Headcount,
    Organisation,
    Run,
    RunFile,
    Screening,
    SkippedRow,
)

if TYPE_CHECKING:
    from ingest.run_report import RunReport

#: Organisations, and changes, that are listed one by one: a clerk's file of some thousand rows whole.
#: All are counted.
MOST = 5_000
#: How an address was placed is no news to an office; where it is, it is.
QUIET = tuple(name for name in LOCATION if name not in {"subdistrict_code", "community_code"})
#: Why a row was skipped, as it is kept -> in Chinese.
REASONS = {
    **{en: zh for zh, en in SKIPPED.values()},
    **{screenings.LEFT[why]: zh for why, zh in screenings.LEFT_ZH.items()},
    ELSEWHERE: ELSEWHERE_ZH,
}
COUNTS = ("rows", "accepted", "refused", "skipped", "new", "changed", "unchanged", "missing")


def of_run(connection: Connection, report: "RunReport", kind: str) -> dict[str, Any]:
    """Return the counts of a run, what it changes and why rows were skipped; to be kept as JSON."""
    run = report.run or 0
    told = _screened(connection, run) if kind == "screening" else _registered(connection, run)
    return {
        **{name: getattr(report, name) for name in COUNTS},
        "new_ones": told[0],
        "changes": told[1][:MOST],
        "all_changes": told[2],
        "skipped_for": _skipped(connection, run),
        "warned_for": _warned(connection, report),
        "notices": report.notices + report.batch,
    }


#: Who is new, what changes, both as far as they are listed; and how many changes there are.
Told = tuple[list[dict[str, Any]], list[dict[str, Any]], int]


def _registered(connection: Connection, run: int) -> Told:
    """Organisations that a run brings, and fields it changes."""
    new = select(Organisation.uscc, Organisation.name, Organisation.subdistrict_code).where(
        Organisation.run_id == run
    )
    moved = (
        select(
            *(Organisation.uscc, Organisation.name),
            *(FieldChange.field, FieldChange.old_value, FieldChange.new_value),
        )
        .join(Organisation, Organisation.id == FieldChange.organisation_id)
        .where(
            func.coalesce(FieldChange.learned_by, FieldChange.run_id) == run,
            FieldChange.field.not_in(QUIET),
        )
        .order_by(FieldChange.id)
    )
    return (
        _rows(connection, new.order_by(Organisation.id)),
        [
            {"uscc": uscc, "name": name, "field": field, "old": old, "new": value}
            for uscc, name, field, old, value in connection.execute(moved.limit(MOST))
        ],
        connection.execute(moved.order_by(None).with_only_columns(func.count())).scalar_one(),
    )


def _screened(connection: Connection, run: int) -> Told:
    """States that a run brings, each with the one it ends."""
    learned = connection.execute(select(Run.learned_at).where(Run.id == run)).scalar_one()
    before = aliased(Screening)
    states = (
        select(Organisation.uscc, Organisation.name, before.state, Screening.state)
        .join(Organisation, Organisation.id == Screening.organisation_id)
        .outerjoin(
            before,
            (before.organisation_id == Screening.organisation_id)
            & (before.to_on == Screening.from_on)
            & (before.id != Screening.id),
        )
        .where(Screening.learned_at == learned, Screening.to_on.is_(None))
        .order_by(Screening.id)
    )
    counted = (
        select(Organisation.uscc, Organisation.name, Headcount.staff)
        .join(Organisation, Organisation.id == Headcount.organisation_id)
        .where(Headcount.run_id == run, Headcount.staff.is_not(None))
        .order_by(Headcount.id)
    )
    changes: list[dict[str, Any]] = [
        {"uscc": uscc, "name": name, "field": "state", "old": old, "new": state}
        for uscc, name, old, state in connection.execute(states)
        if old != state
    ]
    changes += [
        {"uscc": uscc, "name": name, "field": "staff", "old": None, "new": str(staff)}
        for uscc, name, staff in connection.execute(counted)
    ]
    return [], changes, len(changes)


def _rows(connection: Connection, query: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(query.limit(MOST)).mappings()]


def _skipped(connection: Connection, run: int) -> list[dict[str, Any]]:
    """Why rows were skipped, with how many and which are the first."""
    query = select(SkippedRow.reason, SkippedRow.file_row).where(SkippedRow.run_id == run)
    found = connection.execute(query.order_by(SkippedRow.file_row)).all()
    numbers = Counter(row.reason for row in found)
    return [
        {
            "zh": REASONS.get(reason, reason),
            "en": reason,
            "rows": number,
            "first": [row.file_row for row in found if row.reason == reason][:FIRST],
        }
        for reason, number in numbers.most_common()
    ]


def _warned(connection: Connection, report: "RunReport") -> list[dict[str, Any]]:
    """What rows were taken in spite of, with how many, in which column and which are the first."""
    columns: dict[str, str] = {}
    for read in connection.scalars(select(RunFile.columns).where(RunFile.run_id == report.run)):
        columns |= json.loads(read or "{}")
    found = []
    for name, number in report.warnings.items():
        rule = MESSAGES[name]
        if rule in batches.RULES:
            continue  # of the file as a whole; the notices tell
        zh, en = general(rule)
        found.append(
            {
                "zh": zh,
                "en": en,
                "rows": number,
                "column": columns.get(rule.field, ""),
                "first": report.warned_at.get(name, []),
            }
        )
    return found
