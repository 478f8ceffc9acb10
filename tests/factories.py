"""Builders of invented data: each has defaults for all a test does not speak about.

The region ``999999`` is nobody's, the names are made up, and ``NOW`` is the only clock.
"""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from liangxin.schema import (
    Assignment,
    Base,
    Covering,
    Instructor,
    Organisation,
    PartyOrganisation,
    Run,
    Screening,
    Source,
)

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TODAY = NOW.date()
#: Before anything the builders below date otherwise.
LONG_AGO = date(2020, 1, 1)
EARLIER_THIS_YEAR = date(2026, 3, 1)

#: Sub-districts of the district 999999, which does not exist.
NORTH, SOUTH = "999999001", "999999002"

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)


def a_uscc(n: int = 1, *, prefix: str = "91", region: str = "999999") -> str:
    """Return the n-th unified social credit code of a region, both check characters right."""
    body = f"{n:08d}"
    c9 = 11 - sum(int(c, 36) * w for c, w in zip(body, _ORGANISATION_WEIGHTS, strict=True)) % 11
    first = f"{prefix}{region}{body}{'0123456789X0'[c9]}"
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(first, _USCC_WEIGHTS, strict=True))
    return first + _USCC_ALPHABET[-total % 31]


def insert_source(connection: Connection, name: str = "market_regulator") -> int:
    """Return the id of a source, inserted if it is not there yet."""
    found = connection.execute(select(Source.id).where(Source.name == name)).scalar()
    return found if found is not None else _insert(connection, Source, name=name)


def insert_run(connection: Connection, source: str = "market_regulator", **values: Any) -> int:
    """Return the id of a run, of one new row unless told otherwise."""
    defaults = {
        "as_of": TODAY,
        "rows": 1,
        "accepted": 1,
        "refused": 0,
        "skipped": 0,
        "new": 1,
        "changed": 0,
        "unchanged": 0,
        "missing": 0,
        "located": 1,
        "seconds": 0.1,
        "learned_at": NOW,
    }
    source_id = values.pop("source_id", None) or insert_source(connection, source)
    return _insert(connection, Run, **{"source_id": source_id, **defaults, **values})


def insert_organisation(connection: Connection, n: int | None = None, **values: Any) -> int:
    """Return the id of a private enterprise in ``NORTH``; the n-th, or the next."""
    last = connection.execute(select(func.max(Organisation.id))).scalar() or 0
    number = n if n is not None else last + 1
    if "run_id" not in values:
        first_run = connection.execute(select(func.min(Run.id))).scalar()
        values["run_id"] = first_run if first_run is not None else insert_run(connection)
    defaults = {
        "id": number,
        "uscc": a_uscc(number),
        "name": f"示例第{number}号有限公司",
        "kind": "enterprise",
        "enterprise_type": "有限责任公司(自然人独资)",
        "ownership": "NONPUBLIC",
        "status": "1",
        "established_on": LONG_AGO,
        "capital_wan": 100.0,
        "capital_currency": "人民币",
        "address": f"示例区北街道示例路{number}号",
        "district_code": NORTH[:6],
        "subdistrict_code": NORTH,
        "from_on": LONG_AGO,
    }
    return _insert(connection, Organisation, **{**defaults, **values})


def insert_screening(connection: Connection, organisation_id: int, **values: Any) -> int:
    """Return the id of a screening that found the organisation operating."""
    defaults = {
        "state": "operating",
        "evidence": "上门走访",
        "decided_by": "示例街道经济办",
        "from_on": EARLIER_THIS_YEAR,
        "learned_at": NOW,
    }
    values = {"organisation_id": organisation_id, **defaults, **values}
    return _insert(connection, Screening, **values)


def insert_party_organisation(connection: Connection, **values: Any) -> int:
    """Return the id of a branch in ``NORTH``."""
    defaults = {
        "name": "示例公司党支部",
        "level": "branch",
        "subdistrict_code": NORTH,
        "from_on": EARLIER_THIS_YEAR,
        "learned_at": NOW,
    }
    return _insert(connection, PartyOrganisation, **{**defaults, **values})


def insert_covering(
    connection: Connection,
    organisation_id: int,
    party_organisation_id: int | None = None,
    **values: Any,
) -> int:
    """Return the id of a covering that still holds; by a new branch unless one is given."""
    if party_organisation_id is None:
        party_organisation_id = insert_party_organisation(connection)
    defaults = {
        "organisation_id": organisation_id,
        "party_organisation_id": party_organisation_id,
        "mode": "alone",
        "from_on": EARLIER_THIS_YEAR,
        "learned_at": NOW,
    }
    return _insert(connection, Covering, **{**defaults, **values})


def insert_instructor(connection: Connection, **values: Any) -> int:
    """Return the id of an instructor of ``NORTH``."""
    defaults = {
        "name": "示例指导员",
        "kind": "subdistrict_cadre",
        "subdistrict_code": NORTH,
        "learned_at": NOW,
    }
    return _insert(connection, Instructor, **{**defaults, **values})


def insert_assignment(
    connection: Connection,
    organisation_id: int,
    instructor_id: int | None = None,
    **values: Any,
) -> int:
    """Return the id of an assignment that still holds; of a new instructor unless one is given."""
    if instructor_id is None:
        instructor_id = insert_instructor(connection)
    defaults = {
        "organisation_id": organisation_id,
        "instructor_id": instructor_id,
        "from_on": EARLIER_THIS_YEAR,
        "learned_at": NOW,
    }
    return _insert(connection, Assignment, **{**defaults, **values})


def _insert(connection: Connection, table: type[Base], **values: Any) -> int:
    result = connection.execute(insert(table).values(values))
    return int(result.inserted_primary_key[0])
