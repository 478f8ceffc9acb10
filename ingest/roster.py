"""One firm's staff list: who is said to be a member becomes a sealed candidate, the rest a number.

Read and judged in memory, as ``liangxin check`` does. Rows of everybody else are dropped before
anything is compared or written; of the file nothing is landed, logged or kept, whatever happens.
One short transaction at the end writes it all or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Engine

from expectations import apart
from ingest import checking, mappings
from ingest.kinds import people
from ingest.kinds.readers import FULL
from ingest.pipeline import BATCHES_AHEAD
from ingest.refusals import Refusals
from liangxin import audit, candidates, counting, db, forgetting, links, members, privacy, rules
from liangxin.access import Actor, Permission
from liangxin.members import Person
from liangxin.membership import Basis, Status
from liangxin.settings import Settings

SOURCE = "roster"


@dataclass(slots=True)
class RosterReport:
    """What a roster said, in numbers of its own rows alone; no person, and nothing the register knows.

    ``candidates`` counts the rows with a status of 01 or 02, whatever is known of the people: else
    it would tell who declined.
    """

    organisation: str
    rows: int = 0
    staff: int = 0
    candidates: int = 0
    refused: int = 0
    skipped: int = 0
    staff_before: int | None = None  # of the firm's list before this one
    rules: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)


def take(
    path: Path,
    code: str,
    settings: Settings,
    engine: Engine,
    *,
    actor: Actor,
    as_of: date,
    today: date,
    now: datetime,
    mapping: Sequence[str] = (),
) -> RosterReport:
    """Take one firm's staff list.

    Args:
        path: the file; it stays where it is.
        code: the firm's (USCC).
        settings: where the keys are, the largest file.
        engine: the register.
        actor: who handed it in.
        as_of: the day that the list describes.
        today: candidates are deleted 60 days from it.
        now: when the register learned it.
        mapping: ``HEADER=FIELD`` as given on the command line.

    Raises:
        UnreadableFile, MissingColumn, Misuse: as ``liangxin check``; or a header must be confirmed.
        NotFound: no such organisation.
        KeyLost, KeyWrong: nobody can be sealed; nothing was written.
    """
    actor.require(Permission.ROSTER_LOAD)
    keys = privacy.load(settings)
    privacy.require_sealing(keys)
    with db.reading(engine) as connection:
        number = links.organisation_of(connection, actor, code)
        privacy.require_pseudonym_key(keys, members.pseudonym_key_in_use(connection))
    report, persons = _read(path, code, settings, today, mapping)
    facts = pl.DataFrame(
        {"uscc": [code], "source": [SOURCE], "counted_on": [as_of], "staff": [report.staff]}
    )
    with db.writing(engine) as connection:
        # Read again: they may have been rotated while the list was read.
        keys = privacy.load(settings)
        privacy.require_pseudonym_key(keys, members.pseudonym_key_in_use(connection))
        forgetting.forget_due(connection, today, now=now)
        candidates.add_candidates(
            connection,
            keys,
            number,
            persons,
            Basis.ROSTER,
            by=actor.name,
            today=today,
            now=now,
        )
        named = [privacy.pseudonym(keys, person.number) for person in persons]
        # A row that was refused may be the one that is missed.
        whole = report.refused == 0
        candidates.compare_roster(connection, number, named, as_of, whole=whole)
        report.staff_before = counting.last_staff(connection, number, SOURCE, before=as_of)
        if report.staff:
            counting.record_headcounts(connection, facts, rules.of(settings), now=now)
        # Not how many were said to be members: the auditor sees no person.
        audit.by_actor(connection, actor, "roster.taken", f"{code} {as_of}", now=now, on=as_of)
    return report


def _read(
    path: Path, code: str, settings: Settings, today: date, mapping: Sequence[str]
) -> tuple[RosterReport, list[Person]]:
    """Read and judge the list; only those who are said to be members outlive their batch."""
    sent = checking.dropped(path, SOURCE, settings, mapping)
    mappings.require_confirmed(sent.close, mapping, path.name)
    preparing = checking.preparing(sent.parts, SOURCE, settings, today)
    refusals = Refusals(None, None, most=0)
    report, persons = RosterReport(code), list[Person]()
    with (
        apart.gate(SOURCE) as gate,
        preparing.ahead(depth=BATCHES_AHEAD) as batches,
    ):
        for prepared in batches:
            taken = refusals.sift(prepared, gate)
            report.staff += taken.height
            persons += _claiming(taken)
    report.rows = preparing.rows
    report.candidates = len(persons)
    report.refused, report.skipped = refusals.refused, refusals.skipped
    report.rules = dict(sorted(refusals.rules.items()))
    report.warnings = dict(sorted(refusals.warnings.items()))
    return report, persons


def _claiming(taken: pl.DataFrame) -> list[Person]:
    found = taken.filter(people.claims_membership()).select(
        "name", "document_number", "political_status", "hired_on"
    )
    return [
        Person(
            row["name"],
            row["document_number"],
            Status.FULL if row["political_status"] == FULL else Status.PROBATIONARY,
            row["hired_on"],
        )
        for row in found.iter_rows(named=True)
    ]
