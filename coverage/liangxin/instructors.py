"""Party-building instructors: who they are, what they can take on, and what was said of pairs.

Name, kind and sub-district are kept, nothing else of the person; an instructor is never counted
among an organisation's members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    case,
    cast,
    func,
    insert,
    select,
    update,
)

from liangxin import audit, chains, db, lists_of
from liangxin.access import Actor, Permission
from liangxin.chains import Chain
from liangxin.errors import Misuse, NotFound
from liangxin.facts_on import true_on
from liangxin.lists_of import Loaded
from liangxin.schema import Assignment, Instructor, InstructorOffer, PairWord

#: Who they are (domain notes §4.5), Chinese and English.
KINDS: dict[str, tuple[str, str]] = {
    "subdistrict_cadre": ("街道干部", "cadre of the sub-district"),
    "community_cadre": ("社区干部", "cadre of a community"),
    "retired_cadre": ("退休干部", "retired cadre"),
    "counterpart_department": ("对口部门中层", "middle level of the counterpart department"),
    "full_time": ("专职党务工作者", "full-time worker"),
    "other": ("其他", "other"),
}
#: What may be said of a pair; ``nothing`` takes back what was.
WORDS: dict[str, tuple[str, str]] = {
    "agreed": ("双方同意", "both sides agreed"),
    "organisation_declined": ("单位不同意", "the organisation declined"),
    "person_declined": ("本人或派出单位不同意", "the person, or whoever sends them, declined"),
    "tie": ("有报酬或经济往来，应回避", "pay or an economic tie"),
    "nothing": ("撤销此前的说明", "what was said is taken back"),
}
OFFER = (
    *("capacity", "hours", "community_code", "place", "sectors"),
    *("is_district_wide", "is_willing"),
)
_SAID = {
    "capacity": "可联系数",
    "hours": "工时",
    "community_code": "社区",
    "place": "所在楼宇",
    "sectors": "行业",
    "is_district_wide": "是否全区",
    "is_willing": "是否愿意",
}
OFFERS = Chain(InstructorOffer, ("instructor_id",), OFFER)
PAIR_WORDS = Chain(PairWord, ("instructor_id", "organisation_id"), ("says",))
#: What an instructor offers who said nothing.
USUAL: Mapping[str, Any] = {
    **dict.fromkeys(OFFER[:5]),
    "is_district_wide": False,
    "is_willing": True,
}
COLUMNS = ("name", "kind", "subdistrict_code")
#: What each column of a list may hold.
CELLS: dict[str, lists_of.Cell] = {
    "name": lists_of.NEEDED,
    "kind": lists_of.one_of(KINDS),
    "subdistrict_code": lists_of.code(9),
    "capacity": lists_of.COUNT,
    "hours": lists_of.COUNT,
    "community_code": lists_of.code(12, empty=True),
    "place": lists_of.TEXT,
    "sectors": lists_of.SEVERAL,
    "is_district_wide": lists_of.switch(default=False),
    "is_willing": lists_of.switch(default=True),
}
_SCHEMA: dict[str, Any] = {
    "instructor_id": pl.Int64,
    **dict.fromkeys(("capacity", "hours"), pl.Int64),
    **dict.fromkeys(("community_code", "place", "sectors"), pl.String),
    **dict.fromkeys(("is_district_wide", "is_willing"), pl.Boolean),
    "from_on": pl.Date,
}


@dataclass(frozen=True, slots=True)
class Sent:
    """An instructor with what they offer on a day, and how many organisations they have."""

    id: int
    name: str
    kind: str
    subdistrict_code: str
    capacity: int | None
    hours: int | None
    community_code: str | None
    place: str | None
    sectors: tuple[str, ...]
    is_district_wide: bool
    is_willing: bool
    organisations: int


def of_scope(
    connection: Connection, actor: Actor, as_of: date, *, only: int | None = None
) -> list[Sent]:
    """Return the instructors of an actor's sub-districts, by sub-district, name and number.

    ``only``: the one with this number.

    Raises:
        NotPermitted: the role may not record instructors.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    offer = InstructorOffer.__table__
    load = (
        select(Assignment.instructor_id, func.count().label("organisations"))
        .where(true_on(Assignment, as_of, None))
        .where(*([] if only is None else [Assignment.instructor_id == only]))
        .group_by(Assignment.instructor_id)
        .subquery("load")
    )
    query = (
        select(
            *(Instructor.id, Instructor.name, Instructor.kind, Instructor.subdistrict_code),
            offer.c.id.label("offered"),
            *(offer.c[name] for name in OFFER),
            func.coalesce(load.c.organisations, 0).label("organisations"),
        )
        .outerjoin(
            offer,
            and_(offer.c.instructor_id == Instructor.id, true_on(InstructorOffer, as_of, None)),
        )
        .outerjoin(load, load.c.instructor_id == Instructor.id)
        .order_by(Instructor.subdistrict_code, Instructor.name, Instructor.id)
    )
    if actor.subdistricts is not None:
        query = query.where(Instructor.subdistrict_code.in_(sorted(actor.subdistricts)))
    if only is not None:
        query = query.where(Instructor.id == only)
    return [_sent(*row) for row in connection.execute(query)]


def _sent(number: int, name: str, kind: str, code: str, offered: int | None, *said: Any) -> Sent:
    """An instructor of a row: what they offer stands in the order of ``OFFER``, then their load."""
    *offers, load = said
    told = dict(zip(OFFER, offers, strict=True)) if offered else dict(USUAL)
    sectors = (each.strip() for each in (told.pop("sectors") or "").splitlines())
    return Sent(
        id=number,
        name=name,
        kind=kind,
        subdistrict_code=code,
        sectors=tuple(each for each in sectors if each),
        organisations=int(load),
        **told,
    )


def require(connection: Connection, actor: Actor, number: int) -> Any:
    """Return an instructor's row.

    Raises:
        NotFound: there is none, or of a sub-district out of scope.
    """
    row = connection.execute(select(Instructor.__table__).where(Instructor.id == number)).first()
    in_scope = actor.subdistricts is None or (
        row is not None and row.subdistrict_code in actor.subdistricts
    )
    if row is None or not in_scope:
        raise NotFound(
            f"没有编号为 {number} 的指导员。请用 liangxin instructors list 查看编号。",
            f"there is no instructor {number}; liangxin instructors list shows the numbers.",
        )
    return row


def offer(
    connection: Connection,
    actor: Actor,
    number: int,
    changes: Mapping[str, Any],
    *,
    on: date,
    now: datetime,
) -> str:
    """Record what an instructor can take on from a day on; what is not stated stays as it was.

    Returns:
        ``new``, ``changed`` or ``unchanged``.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: there is no such instructor in scope.
        Misuse: a number below 0, or nothing stated.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    require(connection, actor, number)
    if not changes:
        raise Misuse(
            "没有给出要改的内容。可改：可联系数、工时、社区、所在楼宇、行业、是否全区、是否愿意。",
            "nothing to change was given: capacity, hours, community, place, sectors, district-wide or "
            "willing.",
        )
    for name, value in changes.items():
        if not isinstance(value, bool) and not CELLS[name].may_be(str(value or "")):
            raise Misuse(
                f"“{_SAID[name]}”不能是“{value}”：数目为 0 到 999，社区为 12 位代码。",
                f"{name} cannot be {value!r}: counts are 0 to 999, a community has 12 digits.",
            )
    query = select(*(InstructorOffer.__table__.c[name] for name in OFFER)).where(
        InstructorOffer.instructor_id == number, true_on(InstructorOffer, on, None)
    )
    before = connection.execute(query).mappings().first() or USUAL
    fact = {**before, **changes, "instructor_id": number, "from_on": on}
    frame = pl.DataFrame([fact], schema=_SCHEMA)
    became = _recorded(chains.record(connection, OFFERS, frame, now=now)[0], on)
    about = f"{number} {' '.join(sorted(changes))}"
    audit.by_actor(connection, actor, "instructor.recorded", about, now=now)
    return became


def _recorded(outcome: Any, on: date) -> str:
    """What became of a fact.

    Raises:
        Misuse: something else holds from a later day, so that this was not written.
    """
    if outcome == "earlier":
        raise Misuse(
            f"已有 {on} 之后的记录，这一条没有写入。请用较晚的日期。",
            f"something is recorded from a day after {on}, so this was not written; use a later day.",
        )
    return str(outcome)


def say(
    connection: Connection,
    actor: Actor,
    number: int,
    organisation_id: int,
    word: str,
    *,
    on: date,
    now: datetime,
) -> str:
    """Record what holds between an instructor and an organisation from a day on.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: there is no such instructor in scope.
        Misuse: no such word.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    if not is_sent(connection, number, organisation_id, on):
        require(connection, actor, number)
    if word not in WORDS:
        raise Misuse(
            f"没有说明“{word}”，可用：{'、'.join(f'{key}（{zh}）' for key, (zh, _) in WORDS.items())}。",
            f"there is no word {word!r}; use one of {', '.join(WORDS)}.",
        )
    fact = {"instructor_id": number, "organisation_id": organisation_id, "says": word}
    frame = pl.DataFrame([{**fact, "from_on": on}])
    became = _recorded(chains.record(connection, PAIR_WORDS, frame, now=now)[0], on)
    about = f"{number} {organisation_id} {word}"
    audit.by_actor(connection, actor, "instructor.recorded", about, now=now)
    return became


def told_apart(actor: Actor, who: Any = Instructor) -> ColumnElement[str]:
    """Return the column of an instructor's name, with the number where two in scope have that name.

    Args:
        actor: whose sub-districts.
        who: the table of instructors, or an alias of it.
    """
    same = select(Instructor.name).group_by(Instructor.name).having(func.count() > 1)
    if actor.subdistricts is not None:
        same = same.where(Instructor.subdistrict_code.in_(sorted(actor.subdistricts)))
    numbered = who.name + " #" + cast(who.id, String)
    return case((who.name.in_(same), numbered), else_=who.name)


def names_told_apart(
    connection: Connection, actor: Actor, numbers: Sequence[int]
) -> dict[int, str]:
    """Return the names of instructors in scope, as ``told_apart``, by number."""
    query = select(Instructor.id, told_apart(actor)).where(
        db.among(connection, Instructor.id, numbers)
    )
    if actor.subdistricts is not None:
        query = query.where(Instructor.subdistrict_code.in_(sorted(actor.subdistricts)))
    return dict(connection.execute(query).all())


def is_sent(connection: Connection, number: int, organisation_id: int, on: date) -> bool:
    """Tell whether an instructor, of wherever, looks after an organisation on a day."""
    query = select(Assignment.id).where(
        Assignment.instructor_id == number,
        Assignment.organisation_id == organisation_id,
        true_on(Assignment, on, None),
    )
    return connection.execute(query).first() is not None


def read(file: Path) -> list[dict[str, Any]]:
    """Read a list of instructors: CSV with ``COLUMNS`` and perhaps what they offer.

    Raises:
        Misuse: it cannot be read, a column is missing or unknown, a cell makes no sense; row and
            column are named.
    """
    return lists_of.read(file, CELLS, COLUMNS)


def load(
    connection: Connection, actor: Actor, rows: list[dict[str, Any]], *, on: date, now: datetime
) -> Loaded:
    """Take over a list: whoever is there by name and sub-district is the same person.

    Raises:
        NotPermitted: the role may not record instructors.
        NotFound: a row is of a sub-district out of scope.
        Misuse: a name is there twice in one sub-district, or something later is recorded of it.
    """
    actor.require(Permission.INSTRUCTOR_RECORD)
    actor.require_within(row["subdistrict_code"] for row in rows)
    known = {(each.name, each.subdistrict_code): each for each in of_scope(connection, actor, on)}
    outcomes: list[str] = []
    facts = []
    seen: set[tuple[str, str]] = set()
    for number, row in enumerate(rows, start=2):
        key = (row["name"], row["subdistrict_code"])
        if key in seen:
            raise Misuse(
                f"第 {number} 行：{row['subdistrict_code']} 已有同名指导员“{row['name']}”。请加以区分。",
                f"row {number}: {row['name']} is there twice in {row['subdistrict_code']}; tell them apart.",
            )
        seen.add(key)
        before = known.get(key)
        outcomes.append(_person(connection, row, before, now))
        who = before.id if before else _number(connection, key)
        facts.append({**_held(before), **_given(row), "instructor_id": who, "from_on": on})
    if facts:
        frame = pl.DataFrame(facts, schema=_SCHEMA)
        became = [_recorded(each, on) for each in chains.record(connection, OFFERS, frame, now=now)]
        outcomes = [person or offered for person, offered in zip(outcomes, became, strict=True)]
    audit.by_actor(connection, actor, "list.loaded", f"instructors {len(rows)}", now=now)
    return Loaded(len(rows), *(outcomes.count(each) for each in ("new", "changed", "unchanged")))


def _person(connection: Connection, row: dict[str, Any], before: Sent | None, now: datetime) -> str:
    """Write who somebody is; return what became of that, or nothing if it is as it was."""
    if before is None:
        values = {name: row[name] for name in COLUMNS}
        connection.execute(insert(Instructor).values(**values, learned_at=now))
        return "new"
    if row["kind"] == before.kind:
        return ""
    mine = update(Instructor).where(Instructor.id == before.id)
    connection.execute(mine.values(kind=row["kind"]))
    return "changed"


def _number(connection: Connection, key: tuple[str, str]) -> int:
    name, subdistrict = key
    query = select(func.max(Instructor.id)).where(
        Instructor.name == name, Instructor.subdistrict_code == subdistrict
    )
    return int(connection.execute(query).scalar_one())


def _held(before: Sent | None) -> dict[str, Any]:
    """What somebody offers already: a column that a list does not have stays as it is."""
    if before is None:
        return dict(USUAL)
    held = {name: getattr(before, name) for name in OFFER}
    return held | {"sectors": "\n".join(before.sectors) or None}


def _given(row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in OFFER if name in row}


def said_of(
    connection: Connection, instructors: list[int], as_of: date
) -> dict[tuple[int, int], str]:
    """Return what holds between these instructors and organisations: (instructor, organisation) → word."""
    query = select(PairWord.instructor_id, PairWord.organisation_id, PairWord.says).where(
        true_on(PairWord, as_of, None), PairWord.says != "nothing"
    )
    wanted = set(instructors)
    rows = connection.execute(query)
    return {(who, what): says for who, what, says in rows if who in wanted}
