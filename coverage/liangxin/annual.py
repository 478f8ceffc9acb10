"""The official annual tables: every cell computed from dated facts, cross-footed, and drillable."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, func, select, true

from liangxin import facts_on, lists, tally, universe
from liangxin.access import Actor, Permission
from liangxin.annual_forms import FORMS, Form, Row
from liangxin.errors import Misuse
from liangxin.facts_on import true_on
from liangxin.lists import Listed
from liangxin.rules import RuleSet
from liangxin.schema import Assignment, Covering, PartyOrganisation

#: Rows that together are all units: ``units = sum(PARTITION)``.
PARTITION = ("committee", "general_branch", "branch", "joint", "should", "few", "without")


@dataclass(frozen=True, slots=True)
class AnnualTable:
    """One filled form: ``cells[row][column]`` is a count of units or of people."""

    form: str
    as_of: date
    rule_set: str
    cells: dict[str, dict[str, int]]

    def faults(self) -> list[str]:
        """Return the identities of domain notes §6.1 that do not hold; a right table has none."""
        said = []
        for column in self.cells["units"]:
            value = {row: cells[column] for row, cells in self.cells.items()}
            if value["units"] != sum(value[row] for row in PARTITION):
                said.append(f"{column}: 1 = 3+4+5+6+9+10+11")
            for less, more in (
                ("joint_three", "joint"),
                ("joint_branches", "joint"),
                ("contacted", "units"),
                ("unknown", "without"),
                ("built_staff", "staff"),
                ("built_members", "members"),
            ):
                if value[less] > value[more]:
                    said.append(f"{column}: {less} <= {more}")
        return said + self._wider()

    def _wider(self) -> list[str]:
        """No part of a column is larger than the column."""
        return [
            f"{row}: {name} <= {column.within}"
            for row, cells in self.cells.items()
            for name, column in FORMS[self.form].columns.items()
            if column.within is not None and cells[name] > cells[column.within]
        ]


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
    cells: dict[str, dict[str, int]] = {name: {} for name in chosen.rows}
    for what, query in _queries(chosen, member, rules, as_of, known_at):
        row = connection.execute(tally.scoped(query.where(inside), member, actor)).one()
        for (name, column), number in zip(what, row, strict=True):
            cells[name][column] = int(number or 0)
    return AnnualTable(form, as_of, rules.id, cells)


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
        NotPermitted: the role may not list organisations.
        Misuse: there is no such form, row or column.
    """
    actor.require(Permission.ORGANISATION_LIST)
    chosen = _form(form)
    if row not in chosen.rows or column not in chosen.columns:
        raise Misuse(
            f"“{chosen.zh}”没有行“{row}”或列“{column}”。",
            f"the form {form} has no row {row!r} or no column {column!r}.",
        )
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
    return [lists.listed(each) for each in connection.execute(tally.scoped(query, member, actor))]


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


def _queries(
    form: Form, member: Subquery, rules: RuleSet, as_of: date, known_at: datetime | None
) -> Any:
    """One query over units and their people, one over joint branches, one over instructors."""
    summed: list[tuple[str, str]] = []
    joint: list[tuple[str, str]] = []
    instructors: list[tuple[str, str]] = []
    for name, row in form.rows.items():
        cells = {"joint_branches": joint, "instructors": instructors}.get(row.what, summed)
        cells += [(name, column) for column in form.columns]
    number = {"units": 1}

    def columns(cells: list[tuple[str, str]], value: Any) -> list[Any]:
        return [
            case((_cell(form, member, rules, *cell), value(cell)), else_=None) for cell in cells
        ]

    yield (
        summed,
        select(
            *(
                func.sum(each)
                for each in columns(
                    summed,
                    lambda cell: (
                        number.get(form.rows[cell[0]].what) or member.c[form.rows[cell[0]].what]
                    ),
                )
            )
        ).select_from(member),
    )
    yield (
        joint,
        _distinct(columns(joint, lambda _: Covering.party_organisation_id), member)
        .join(Covering, and_(Covering.organisation_id == member.c.id, Covering.mode == "joint"))
        .join(PartyOrganisation, PartyOrganisation.id == Covering.party_organisation_id)
        .where(true_on(Covering, as_of, known_at), true_on(PartyOrganisation, as_of, known_at)),
    )
    yield (
        instructors,
        _distinct(columns(instructors, lambda _: Assignment.instructor_id), member)
        .join(Assignment, Assignment.organisation_id == member.c.id)
        .where(facts_on.true_on(Assignment, as_of, known_at)),
    )


def _distinct(columns: list[Any], member: Subquery) -> Any:
    return select(*(func.count(each.distinct()) for each in columns)).select_from(member)
