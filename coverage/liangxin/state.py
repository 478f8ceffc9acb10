"""What the register holds, as one number: two registers with the same number hold the same.

Internal ids, runs and the moments things were learned do not count, so that the same files in
another order, or on another machine, give the same number. The sum of the rows' own digests is
taken, which needs no order; a million organisations take seconds.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from liangxin.headcount import DECLARED
from liangxin.schema import (
    Absence,
    Application,
    Assignment,
    CommunityNeighbour,
    Confirmation,
    Covering,
    Division,
    FieldChange,
    Finding,
    Grid,
    Headcount,
    Hire,
    Instructor,
    InstructorOffer,
    Judgement,
    LocationDecision,
    MemberKey,
    Organisation,
    PairWord,
    PartyOrganisation,
    PartyTerm,
    Place,
    Question,
    Readiness,
    Registration,
    RelationTransfer,
    Screening,
    Source,
    Visit,
)

BLOCK = 20_000
#: Columns that say when or how the register learned a thing, and not what.
_HOW = {
    "id",
    "run_id",
    "file_row",
    "learned_at",
    "corrected_at",
    "learned_by",
    "corrected_by",
    "returned_run_id",
    "asked_at",
    "row_hash",
    "traits",
}


def state_hash(connection: Connection) -> str:
    """Return 64 hexadecimal digits for all that the register holds to be true."""
    total = 0
    for name, query in _queries():
        for row in _rows(connection, query):
            text = "\x1f".join((name, *("\x00" if each is None else str(each) for each in row)))
            total += int.from_bytes(hashlib.sha256(text.encode()).digest())
    return f"{total % 2**256:064x}"


def _rows(connection: Connection, query: Select[Any]) -> Iterator[Sequence[Any]]:
    result = connection.execute(query, execution_options={"yield_per": BLOCK})
    for block in result.partitions():
        yield from block


def _queries() -> Iterator[tuple[str, Select[Any]]]:
    """Every table's facts, with organisations by code and sources by name."""
    yield "organisation", select(*_facts(Organisation))
    of = Organisation.uscc
    spoken: Any = (
        select(Source.name, of)
        .select_from(Registration)
        .join(Source, Source.id == Registration.source_id)
        .join(Organisation, Organisation.id == Registration.organisation_id)
    )
    yield "registration", spoken
    absent: Any = (
        select(Source.name, of, Absence.from_on, Absence.to_on)
        .join(Source, Source.id == Absence.source_id)
        .join(Organisation, Organisation.id == Absence.organisation_id)
        .where(
            Absence.corrected_by.is_(None),
            or_(Absence.to_on.is_(None), Absence.to_on > Absence.from_on),
        )
    )
    yield "absence", absent
    for table in (FieldChange, Screening, Finding, Confirmation, Headcount, Question):
        query = (
            select(of, *_facts(table))
            .select_from(table)
            .outerjoin(Organisation, Organisation.id == table.organisation_id)
        )
        if table is Headcount:
            # Counts of people who declared follow from what no state tells (decision 0019).
            query = query.where(Headcount.source != DECLARED)
        yield table.__tablename__, query.where(_holds(table))
    yield from _party_queries()
    yield from _more_queries()
    yield "division", select(*_facts(Division))
    yield "member_key", select(*_facts(MemberKey))
    yield "judgement", select(*_facts(Judgement)).where(Judgement.corrected_at.is_(None))
    decided = select(*_facts(LocationDecision)).where(LocationDecision.corrected_at.is_(None))
    yield "location_decision", decided


def _party_queries() -> Iterator[tuple[str, Select[Any]]]:
    yield (
        "party_organisation",
        select(*_facts(PartyOrganisation)).where(PartyOrganisation.corrected_at.is_(None)),
    )
    yield (
        "covering",
        select(Organisation.uscc, PartyOrganisation.name, *_facts(Covering))
        .select_from(Covering)
        .join(Organisation, Organisation.id == Covering.organisation_id)
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(Covering.corrected_at.is_(None)),
    )
    yield (
        "assignment",
        select(Organisation.uscc, Instructor.name, *_facts(Assignment))
        .select_from(Assignment)
        .join(Organisation, Organisation.id == Assignment.organisation_id)
        .join(Instructor, Instructor.id == Assignment.instructor_id)
        .where(Assignment.corrected_at.is_(None)),
    )


def _more_queries() -> Iterator[tuple[str, Select[Any]]]:
    yield (
        "party_term",
        select(PartyOrganisation.name, *_facts(PartyTerm))
        .select_from(PartyTerm)
        .join(PartyOrganisation, PartyOrganisation.id == PartyTerm.party_organisation_id)
        .where(PartyTerm.corrected_at.is_(None)),
    )
    yield from _instructor_queries()
    yield "place", select(*_facts(Place)).where(Place.corrected_at.is_(None))
    events: tuple[Any, ...] = (Application, Hire, RelationTransfer)
    for table in events:
        query = (
            select(Organisation.uscc, *_facts(table))
            .select_from(table)
            .join(Organisation, Organisation.id == table.organisation_id)
        )
        yield table.__tablename__, query.where(table.corrected_at.is_(None))
    yield "readiness", select(*_facts(Readiness)).where(Readiness.corrected_at.is_(None))
    yield "grid", select(*_facts(Grid))


def _instructor_queries() -> Iterator[tuple[str, Select[Any]]]:
    yield "instructor", select(*_facts(Instructor))
    offered: Any = select(Instructor.name, *_facts(InstructorOffer)).join(
        Instructor, Instructor.id == InstructorOffer.instructor_id
    )
    yield "instructor_offer", offered.where(InstructorOffer.corrected_at.is_(None))
    pairs: tuple[Any, ...] = (PairWord, Visit)
    for table in pairs:
        query = (
            select(Organisation.uscc, Instructor.name, *_facts(table))
            .select_from(table)
            .join(Organisation, Organisation.id == table.organisation_id)
            .join(Instructor, Instructor.id == table.instructor_id)
        )
        yield table.__tablename__, query.where(table.corrected_at.is_(None))
    yield "community_neighbour", select(*_facts(CommunityNeighbour))


def _holds(table: Any) -> Any:
    """Rows that are held to be true now."""
    if table is FieldChange:
        # Since when an organisation is known is a thing learned; the day itself stands with it.
        days = FieldChange.field.in_(("from_on", "seen_on"))
        return and_(FieldChange.corrected_by.is_(None), ~days)
    return table.closed_at.is_(None) if table is Question else table.corrected_at.is_(None)


def _facts(table: Any) -> list[Any]:
    return [
        column
        for column in table.__table__.columns
        if column.name not in _HOW and not column.foreign_keys
    ]
