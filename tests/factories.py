"""Builders of invented data: each has defaults for all a test does not speak about.

The region ``999999`` is nobody's, the names are made up, and ``NOW`` is the only clock.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from sqlalchemy import Connection, func, insert, select

from liangxin.schema import (
    Application,
    Assignment,
    Base,
    Confirmation,
    Covering,
    Division,
    FieldChange,
    Finding,
    Headcount,
    Hire,
    Instructor,
    Organisation,
    PartyOrganisation,
    PartyTerm,
    Place,
    RelationTransfer,
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


def a_registration(n: int = 1, **cells: str) -> dict[str, str]:
    """Return the n-th row of a market regulator's export, under its own headers; all is well.

    The district is the demo's, because only there every sub-district has its communities.
    """
    return {
        "企业名称": f"示例第{n}号有限公司",
        "统一社会信用代码": a_uscc(n),
        "企业类型": "有限责任公司(自然人独资)",
        "成立日期": "2019-03-15",
        "注册资本": "100(万元人民币)",
        "住所": f"湖南省常德市武陵区启明街道沅汀路{n}号",
        "登记状态": "存续(在营、开业、在册)",
        "行政区划": "430702",
        **cells,
    }


def write_csv(file: Path, rows: Sequence[dict[str, str]]) -> Path:
    """Write rows as an office would send them; the first one's keys are the headers."""
    pl.DataFrame(rows).write_csv(file)
    return file


def write_workbook(file: Path, *sheets: Sequence[Sequence[Any]]) -> Path:
    """Write sheets of cells, row by row from the top left; ``None`` leaves a cell out."""
    with xlsxwriter.Workbook(str(file), {"default_date_format": "yyyy-mm-dd"}) as book:
        for rows in sheets:
            sheet = book.add_worksheet()
            for number, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    write = sheet.write_string if isinstance(cell, str) else sheet.write
                    write(number, column, cell)
    return file


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
        "seen_on": NOW.date(),
    }
    return _insert(connection, Organisation, **{**defaults, **values})


def insert_field_change(
    connection: Connection,
    organisation_id: int,
    field: str,
    values: tuple[str | None, str | None],
    *,
    from_on: date,
    learned_at: datetime = NOW,
) -> int:
    """Return the id of a change of a field from one value to another, said by a run of its own.

    What the organisation says now is not touched: give it the new value.
    """
    old, new = values
    return _insert(
        connection,
        FieldChange,
        organisation_id=organisation_id,
        field=field,
        old_value=old,
        new_value=new,
        from_on=from_on,
        run_id=insert_run(connection, as_of=from_on, learned_at=learned_at),
        file_row=2,
    )


def insert_division(connection: Connection, code: str, name: str, **values: Any) -> int:
    """Return the id of a sub-district or community, by the length of its code."""
    defaults = {
        "level": {6: "district", 9: "subdistrict", 12: "community"}[len(code)],
        "parent_code": code[: -3 if len(code) > 6 else -2],
        "learned_at": NOW,
    }
    return _insert(connection, Division, code=code, name=name, **{**defaults, **values})


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


def an_operating(connection: Connection, **values: Any) -> int:
    """Return the id of an organisation that was found operating long ago.

    Any of ``staff``, ``full_members``, ``members`` … is what the screening counted; ``mode`` is
    how a Party organisation of its own covers it, since long ago; ``instructed`` says that an
    instructor is sent.
    """
    names = {column.name for column in Headcount.__table__.columns}
    counts = {name: values.pop(name) for name in list(values) if name in names}
    mode, level = values.pop("mode", None), values.pop("level", "branch")
    instructed = values.pop("instructed", False)
    firm = insert_organisation(connection, **values)
    insert_screening(connection, firm, from_on=LONG_AGO)
    if counts:
        insert_headcount(connection, firm, **counts)
    if mode is not None:
        party = insert_party_organisation(connection, level=level, from_on=LONG_AGO)
        insert_covering(connection, firm, party, mode=mode, from_on=LONG_AGO)
    if instructed:
        insert_assignment(connection, firm, from_on=LONG_AGO)
    return firm


def insert_headcount(connection: Connection, organisation_id: int, **values: Any) -> int:
    """Return the id of a count that a screening brought long ago."""
    defaults = {"source": "screening", "counted_on": LONG_AGO}
    return _insert_fact(connection, Headcount, organisation_id, **{**defaults, **values})


def insert_finding(
    connection: Connection, organisation_id: int, field: str, value: str, **values: Any
) -> int:
    """Return the id of a finding that holds since long ago."""
    said = {"field": field, "value": value, "source": "screening", "from_on": LONG_AGO}
    return _insert_fact(connection, Finding, organisation_id, **{**said, **values})


def insert_confirmation(
    connection: Connection, organisation_id: int, on: date, **values: Any
) -> int:
    """Return the id of a look at an organisation's entry."""
    said = {"confirmed_on": on, "confirmed_by": "示例社区"}
    return _insert_fact(connection, Confirmation, organisation_id, **{**said, **values})


def insert_hire(
    connection: Connection, organisation_id: int, hired: date, identified: date | None = None,
    **values: Any,
) -> int:  # fmt: skip
    """Return the id of a member's coming to an organisation."""
    said = {"hired_on": hired, "identified_on": identified}
    return _insert_fact(connection, Hire, organisation_id, **{**said, **values})


def insert_application(
    connection: Connection, organisation_id: int, applied: date, decided: date | None = None,
    **values: Any,
) -> int:  # fmt: skip
    """Return the id of an application to form a Party organisation."""
    said = {"applied_on": applied, "decided_on": decided}
    return _insert_fact(connection, Application, organisation_id, **{**said, **values})


def insert_transfer(
    connection: Connection, organisation_id: int, asked: date, done: date | None = None,
    **values: Any,
) -> int:  # fmt: skip
    """Return the id of a transfer of a member's relation."""
    said = {"asked_on": asked, "done_on": done}
    return _insert_fact(connection, RelationTransfer, organisation_id, **{**said, **values})


def insert_term(connection: Connection, party_organisation_id: int, **values: Any) -> int:
    """Return the id of a term that began long ago."""
    said = {"level": "branch", "from_on": LONG_AGO, "learned_at": NOW}
    return _insert(
        connection, PartyTerm, party_organisation_id=party_organisation_id, **{**said, **values}
    )


def insert_place(connection: Connection, **values: Any) -> int:
    """Return the id of a key building in ``NORTH``."""
    defaults = {
        "name": "示例大厦",
        "kind": "building",
        "subdistrict_code": NORTH,
        "is_key": True,
        "from_on": LONG_AGO,
        "learned_at": NOW,
    }
    return _insert(connection, Place, **{**defaults, **values})


def _insert_fact(
    connection: Connection, table: type[Base], organisation_id: int, **values: Any
) -> int:
    return _insert(
        connection, table, organisation_id=organisation_id, **{"learned_at": NOW, **values}
    )


def _insert(connection: Connection, table: type[Base], **values: Any) -> int:
    result = connection.execute(insert(table).values(values))
    return int(result.inserted_primary_key[0])
