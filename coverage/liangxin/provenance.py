"""Where a value of an organisation came from: source, run, file and row, and what it was before."""

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from liangxin import placing
from liangxin.errors import NotFound
from liangxin.facts_on import true_on
from liangxin.schema import (
    FieldChange,
    Located,
    Organisation,
    Question,
    Registration,
    RegistrationBefore,
    Run,
    RunFile,
    Source,
)

#: Fields a person may ask about, how they are called, and under which field a file has them.
FIELDS = {
    "name": ("名称", "name", "name"),
    "kind": ("主体类别", "kind", "uscc"),
    "enterprise_type": ("企业类型", "type", "enterprise_type"),
    "ownership": ("经济控制类别", "ownership class", "enterprise_type"),
    "status": ("登记状态", "status", "status"),
    "established_on": ("成立日期", "founding date", "established_on"),
    "capital_wan": ("注册资本（万元）", "capital (10,000)", "capital"),
    "capital_currency": ("币种", "currency", "capital"),
    "address": ("住所", "address", "address"),
    "district_code": ("区县", "district", "address"),
    "subdistrict_code": ("街道（镇、乡）", "sub-district", "address"),
    "community_code": ("社区（村）", "community", "address"),
    "location_method": ("定位方法", "how it was placed", "address"),
    "location_confidence": ("定位置信度", "confidence of the place", "address"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A row of a file."""

    run: int
    source: str
    as_of: date  # the day the file describes
    learned_at: datetime
    sha256: str | None = None
    file: str | None = None
    position: int | None = None  # which of the run's files, from 0
    row: int | None = None  # as a spreadsheet numbers it
    column: str | None = None  # the file's own header


@dataclass(frozen=True, slots=True)
class Earlier:
    """A value a field had until another took its place."""

    value: str | None
    until: date
    corrected: bool  # it turned out never to have been so


@dataclass(frozen=True, slots=True)
class Why:
    """A field's value and where it came from."""

    field: str
    zh: str
    en: str
    value: str | None
    since: date
    place: Place
    earlier: list[Earlier] = dataclasses.field(default_factory=list)
    otherwise: list[tuple[str, str]] = dataclasses.field(
        default_factory=list
    )  # source, what it says


@dataclass(frozen=True, slots=True)
class Learned:
    """Where one address lies that does not say so itself: by a decision, or by other addresses."""

    which: str  # registered or operating
    subdistrict_code: str
    community_code: str | None
    since: date
    method: str | None
    confidence: float | None
    zh: str  # why
    en: str


def learned(
    connection: Connection, uscc: str, *, on: date, known_at: datetime | None = None
) -> list[Learned]:
    """Return where the addresses of an organisation lie on a day as far as none of them says so.

    What is written in an address stands above what other addresses taught, and below a decision.
    """
    query = (
        select(Located.__table__)
        .join(Organisation, Organisation.id == Located.organisation_id)
        .where(
            Organisation.uscc == uscc,
            Located.subdistrict_code.is_not(None),
            true_on(Located, on, known_at),
            or_(
                Located.which != "registered",
                Located.method == placing.DECIDED,
                Organisation.subdistrict_code.is_(None),
            ),
        )
        .order_by(Located.which.desc())
    )
    return [
        Learned(
            which=row.which,
            subdistrict_code=row.subdistrict_code,
            community_code=row.community_code,
            since=row.from_on,
            method=row.method,
            confidence=row.confidence,
            zh=row.reason_zh,
            en=row.reason_en,
        )
        for row in connection.execute(query)
    ]


def why(connection: Connection, uscc: str, asked: str | None = None) -> list[Why]:
    """Return one field, or all that have a value, with their provenance.

    Raises:
        NotFound: no such organisation, or no such field.
    """
    table = Organisation.__table__
    organisation = connection.execute(select(table).where(table.c.uscc == uscc)).first()
    if organisation is None:
        raise NotFound(
            f"登记库中没有 {uscc}。请核对统一社会信用代码。",
            f"{uscc} is not in the register; check the code.",
        )
    if asked is not None and asked not in FIELDS:
        raise NotFound(
            f"没有字段“{asked}”，可用：{'、'.join(FIELDS)}。",
            f"there is no field {asked!r}; known are: {', '.join(FIELDS)}.",
        )
    names = [asked] if asked else [n for n in FIELDS if getattr(organisation, n) is not None]
    changes = _changes(connection, organisation.id)
    first = _first_place(connection, organisation, changes)
    return [_why(connection, organisation, name, changes, first) for name in names]


def _why(
    connection: Connection,
    organisation: Row[Any],
    name: str,
    changes: Sequence[Row[Any]],
    first: tuple[int, int],
) -> Why:
    own = [each for each in changes if each.field == name]
    holding = [each for each in own if each.corrected_by is None]
    last = holding[-1] if holding else None
    value = getattr(organisation, name)
    zh, en, column = FIELDS[name]
    run, row = (last.run_id, last.file_row) if last else first
    return Why(
        field=name,
        zh=zh,
        en=en,
        value=None if value is None else str(value),
        since=last.from_on if last else organisation.seen_on,
        place=place_of(connection, run, row, column),
        earlier=[
            Earlier(each.old_value, each.from_on, each.corrected_by is not None)
            for each in reversed(own)
            if each.old_value is not None
        ],
        otherwise=_otherwise(connection, organisation.id, name),
    )


def _changes(connection: Connection, organisation: int) -> Sequence[Row[Any]]:
    table = FieldChange.__table__
    query = select(table).where(table.c.organisation_id == organisation)
    return connection.execute(query.order_by(table.c.from_on, table.c.id)).all()


def _first_place(
    connection: Connection, organisation: Row[Any], changes: Sequence[Row[Any]]
) -> tuple[int, int]:
    """The run and row that first showed an organisation; an earlier file that came late counts."""
    moved = [each for each in changes if each.field == "seen_on" and each.corrected_by is None]
    if moved:
        return moved[-1].run_id, moved[-1].file_row
    row: int | None = None
    for table in (RegistrationBefore, Registration):
        query = select(func.min(table.file_row)).where(
            table.organisation_id == organisation.id, table.run_id == organisation.run_id
        )
        row = row or connection.execute(query).scalar()
    return organisation.run_id, row or 0


def place_of(connection: Connection, run_id: int, file_row: int, column: str) -> Place:
    """Return where a row of a run stands; ``column`` is the field as files have it."""
    run = connection.execute(
        select(Run.as_of, Run.learned_at, Source.name)
        .join(Source, Source.id == Run.source_id)
        .where(Run.id == run_id)
    ).one()
    place = Place(run_id, run.name, run.as_of, run.learned_at)
    if not file_row:
        return place
    file = connection.execute(
        select(
            RunFile.sha256, RunFile.origin, RunFile.position, RunFile.row_offset, RunFile.columns
        )
        .where(RunFile.run_id == run_id, RunFile.row_offset < file_row)
        .order_by(RunFile.position.desc())
        .limit(1)
    ).first()
    if file is None:
        return place
    header = json.loads(file.columns).get(column) if file.columns else None
    return Place(
        run_id,
        run.name,
        run.as_of,
        run.learned_at,
        sha256=file.sha256,
        file=file.origin,
        position=file.position,
        row=file_row - file.row_offset,
        column=header,
    )


def _otherwise(connection: Connection, organisation: int, name: str) -> list[tuple[str, str]]:
    """What other sources say of a field, as long as the question is open."""
    query = select(Question.source_b, Question.said_b).where(
        Question.organisation_id == organisation,
        Question.rule == f"differs_{name}",
        Question.closed_at.is_(None),
    )
    return [(source, said) for source, said in connection.execute(query) if said is not None]
