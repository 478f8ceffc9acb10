"""The official annual tables: every cell computed from dated facts, cross-footed, and drillable."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import reduce
from operator import add
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, Connection, Select, Subquery, and_, case, literal, select, true

from liangxin import lists, suppressed, tally, universe
from liangxin.access import Actor, Permission
from liangxin.annual_forms import FORMS, Form, Row
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.lists import Listed
from liangxin.rules import RuleSet
from liangxin.schema import Assignment, Covering, PartyOrganisation
from liangxin.suppression import Between, text

#: What is counted of people.
PEOPLE = ("staff", "members", "members_out")
MEMBERS = ("members", "members_out")
#: … and of members from where to where it lies, for whoever may not see counts of one or two.
ENDS = tuple(f"{name}_{end}" for name in MEMBERS for end in ("low", "high"))
#: Rows that are a part of others.
PARTS = (
    ("joint_three", "joint"),
    ("joint_branches", "joint"),
    ("contacted", "units"),
    ("unknown", "without"),
    ("built_staff", "staff"),
    ("built_members", "members"),
)
#: Rows that together are all units: ``units = sum(PARTITION)``.
PARTITION = ("committee", "general_branch", "branch", "joint", "should", "few", "without")


Cells = dict[str, dict[str, int]]
Ends = dict[tuple[str, str], Between]


@dataclass(frozen=True, slots=True)
class AnnualTable:
    """One filled form: ``cells[row][column]`` is a count of units or of people.

    To whoever may not see counts of one or two members, sums of members are what may be known of
    them (``<3``, ``11-12``), and columns about one person are not there.
    """

    form: str
    as_of: date
    rule_set: str
    cells: dict[str, dict[str, int | str]]
    faults: tuple[
        str, ...
    ]  # identities of domain notes §6.1 that do not hold: none, if it is right


def table(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    form: str,
    *,
    as_of: date,
    known_at: datetime | None = None,
    subdistrict_code: str | None = None,
) -> AnnualTable:
    """Return an annual form as of a day, of the actor's sub-districts or one of them.

    Raises:
        NotPermitted: the role may not see rates.
        Misuse: there is no such form.
    """
    actor.require(Permission.RATE_VIEW)
    chosen = _form(form)
    known_at = None if known_at is None else known_at.astimezone(UTC)
    member = universe.members(rules, as_of=as_of, known_at=known_at)
    inside = and_(member.c.counts == 1, member.c.kind == chosen.kind)
    if subdistrict_code is not None:
        inside = and_(inside, member.c.subdistrict_code == subdistrict_code)
    query = tally.scoped(_flagged(chosen, member, rules).where(inside), member, actor)
    cells, ends = _cells(connection, chosen, query, as_of, known_at)
    shown = _shown(chosen, cells, ends, actor)
    return AnnualTable(form, as_of, rules.id, shown, tuple(faults(chosen, cells)))


def units(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    form: str,
    row: str,
    column: str,
    *,
    as_of: date,
    known_at: datetime | None = None,
    subdistrict_code: str | None = None,
) -> list[Listed]:
    """Return the organisations behind a cell, by name; of a cell of people, those who have them.

    Raises:
        NotPermitted: the role may not list organisations, or not those of a column that tells of
            one person.
        Misuse: there is no such form, row or column.
    """
    actor.require(Permission.ORGANISATION_LIST)
    chosen = _form(form)
    if row not in chosen.rows or column not in chosen.columns:
        raise Misuse(
            f"“{chosen.zh}”没有行“{row}”或列“{column}”。",
            f"the form {form} has no row {row!r} or no column {column!r}.",
        )
    if chosen.columns[column].personal:
        actor.require(Permission.MEMBER_COUNT)
    member = universe.members(rules, as_of=as_of, known_at=known_at)
    query = select(member).where(
        member.c.counts == 1,
        member.c.kind == chosen.kind,
        _cell(chosen, member, rules, row, column),
        _has(chosen.rows[row], member),
    )
    if subdistrict_code is not None:
        query = query.where(member.c.subdistrict_code == subdistrict_code)
    query = query.order_by(member.c.name, member.c.uscc)
    found = connection.execute(tally.scoped(query, member, actor))
    return [lists.listed(each, actor, rules) for each in found]


def _shown(form: Form, cells: Cells, ends: Ends, actor: Actor) -> dict[str, dict[str, int | str]]:
    """Cells as an actor may see them."""
    if actor.may(Permission.MEMBER_COUNT):
        return {name: dict(row) for name, row in cells.items()}
    open_columns = [name for name, column in form.columns.items() if not column.personal]
    return {
        name: {
            column: text(ends[name, column]) if form.rows[name].what in MEMBERS else row[column]
            for column in open_columns
        }
        for name, row in cells.items()
    }


def _form(name: str) -> Form:
    chosen = FORMS.get(name)
    if chosen is None:
        raise Misuse(
            f"没有年报表“{name}”，现有：{'、'.join(FORMS)}。",
            f"there is no annual form {name!r}; there are: {', '.join(FORMS)}.",
        )
    return chosen


def _cell(form: Form, member: Subquery, rules: RuleSet, row: str, column: str) -> Any:
    m, thresholds = member.c, rules.thresholds
    return and_(form.rows[row].holds(m, thresholds), form.columns[column].holds(m, thresholds))


def _has(row: Row, member: Subquery) -> Any:
    """Who has any of what a row counts."""
    if row.what == "instructors":
        return member.c.instructed == 1
    if row.what == "joint_branches":
        return member.c.joint == 1
    if row.what == "units":
        return true()
    return member.c[row.what] > 0


def faults(form: Form, cells: Cells) -> Iterator[str]:
    """Yield the identities of domain notes §6.1 that do not hold between cells. Pure."""
    for column in cells["units"]:
        value = {row: each[column] for row, each in cells.items()}
        if value["units"] != sum(value[row] for row in PARTITION):
            yield f"{column}: 1 = 3+4+5+6+9+10+11"
        for less, more in PARTS:
            if value[less] > value[more]:
                yield f"{column}: {less} <= {more}"
    # No part of a column is larger than the column.
    for row, each in cells.items():
        for name, part in form.columns.items():
            if part.within is not None and each[name] > each[part.within]:
                yield f"{row}: {name} <= {part.within}"


def _flagged(form: Form, member: Subquery, rules: RuleSet) -> Select[Any]:
    """One row an organisation: what is counted of it, and its ``pattern``.

    The pattern has a bit for each row it is in, then for each column: its facts are looked at once.
    """
    m, thresholds = member.c, rules.thresholds
    ends = (*suppressed.sanitised(m.members), *suppressed.elsewhere(m.members, m.members_out))
    held = [
        each.holds(m, thresholds) for part in (form.rows, form.columns) for each in part.values()
    ]
    bits = [
        case((is_so, literal(1 << at, BigInteger)), else_=literal(0, BigInteger))
        for at, is_so in enumerate(held)
    ]
    return select(
        m.id.label("organisation_id"),
        reduce(add, bits).label("pattern"),
        *(m[name] for name in PEOPLE),
        *(end.label(name) for name, end in zip(ENDS, ends, strict=True)),
    ).select_from(member)


def _cells(
    connection: Connection, form: Form, flagged: Select[Any], as_of: date, known_at: datetime | None
) -> tuple[Cells, Ends]:
    """Every cell: organisations that are in the same rows and columns are one group.

    Of members also from where to where each cell lies.
    """
    cells = {row: dict.fromkeys(form.columns, 0) for row in form.rows}
    ends: Ends = {(row, column): Between(0, 0) for row in form.rows for column in form.columns}
    units = _frame(connection, flagged, ("organisation_id", "pattern", *PEOPLE, *ENDS))
    sums = units.group_by("pattern").agg(pl.len().alias("units"), pl.col(*PEOPLE, *ENDS).sum())
    for counted in sums.iter_rows(named=True):
        for name, column in _inside(form, counted["pattern"]):
            what = form.rows[name].what
            cells[name][column] += counted.get(what, 0)
            if what in MEMBERS:
                more = Between(counted[f"{what}_low"], counted[f"{what}_high"])
                ends[name, column] += more
    for once, pairs in _pairs(as_of, known_at).items():
        given = _frame(connection, pairs, ("id", "organisation_id"))
        seen: dict[tuple[str, str], set[int]] = {}
        of_units = given.join(units, on="organisation_id").select("id", "pattern").unique()
        for number, pattern in of_units.iter_rows():
            for cell in _inside(form, pattern):
                seen.setdefault(cell, set()).add(number)
        for (name, column), ids in seen.items():
            if form.rows[name].what == once:
                cells[name][column] = len(ids)
    return cells, ends


def _frame(connection: Connection, query: Select[Any], names: Sequence[str]) -> pl.DataFrame:
    rows = [tuple(row) for row in connection.execute(query)]
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.Int64), orient="row")


def _inside(form: Form, pattern: int) -> Iterator[tuple[str, str]]:
    """The cells that a group is in, by the bits of its rows and then of its columns."""
    rows = [name for at, name in enumerate(form.rows) if pattern >> at & 1]
    columns = [name for at, name in enumerate(form.columns, len(form.rows)) if pattern >> at & 1]
    yield from ((row, column) for row in rows for column in columns)


def _pairs(as_of: date, known_at: datetime | None) -> dict[str, Any]:
    """Who is counted once however many units it has: joint branches and instructors."""
    joint = (
        select(Covering.party_organisation_id, Covering.organisation_id)
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(
            Covering.mode == "joint",
            true_on(Covering, as_of, known_at),
            true_on(PartyOrganisation, as_of, known_at),
        )
    )
    instructors = select(Assignment.instructor_id, Assignment.organisation_id).where(
        true_on(Assignment, as_of, known_at)
    )
    return {"joint_branches": joint, "instructors": instructors}
