"""How good the data of each sub-district are: located, screened, fresh, agreed, and taken.

Asked of the register as it stands, where each organisation is registered; four queries and no
loop over organisations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from liangxin import divisions, questions
from liangxin.access import Actor, Permission
from liangxin.classify import REVIEW
from liangxin.rules import RuleSet
from liangxin.schema import Confirmation, Organisation, Question, RefusedRow, Run, Screening
from liangxin.universe import UNDECIDED


@dataclass(frozen=True, slots=True)
class Quality:
    """Of the organisations that may count: how many are placed, screened, and confirmed of late."""

    code: str | None  # null: not located
    name: str
    organisations: int
    in_community: int
    screened: int
    operating: int
    stale: int  # of those that operate: nobody confirmed them within the rule set's days
    questions: int  # open ones
    refused: int  # rows of the last run of each source that name one of these


def by_subdistrict(
    connection: Connection, actor: Actor, rules: RuleSet, *, today: date
) -> list[Quality]:
    """Return every sub-district that has organisations, by code, and last those not located.

    Raises:
        NotPermitted: the role may not see sources.
    """
    actor.require(Permission.SOURCE_VIEW)
    counted = {
        row.code: row for row in connection.execute(_within(_organisations(rules, today), actor))
    }
    looked = _numbers(connection, _within(_looked_since(rules, today), actor))
    asked = _numbers(connection, _within(_questions(actor), actor))
    refused = _numbers(connection, _within(_refused(), actor))
    codes = {code for code in (*counted, *asked, *refused) if code is not None}
    names = divisions.names_ever(connection, codes, on=today)
    every = sorted(counted.keys() | asked.keys() | refused.keys(), key=lambda code: code or "~")
    return [_told(code, names, counted.get(code), looked, asked, refused) for code in every]


def total(rows: list[Quality]) -> Quality:
    """Return the sum of all of them."""
    figures = [name for name in Quality.__slots__ if name not in {"code", "name"}]
    return Quality(None, "", **{name: sum(getattr(row, name) for row in rows) for name in figures})


def unattributed(connection: Connection, actor: Actor) -> int:
    """Return how many refused rows of the last run of each source name no organisation we know.

    Raises:
        NotPermitted: the role may not see sources.
    """
    actor.require(Permission.SOURCE_VIEW)
    known = select(Organisation.id).where(Organisation.uscc == RefusedRow.uscc).exists()
    query = select(func.count(func.distinct(_row()))).where(
        RefusedRow.run_id.in_(_last_runs()), or_(RefusedRow.uscc.is_(None), ~known)
    )
    return connection.execute(query).scalar_one()


def _told(
    code: str | None,
    names: Mapping[str, str],
    row: Any,
    looked: Mapping[str | None, int],
    asked: Mapping[str | None, int],
    refused: Mapping[str | None, int],
) -> Quality:
    told = {
        name: 0 if row is None else int(getattr(row, name) or 0)
        for name in ("organisations", "in_community", "screened", "operating", "stale")
    }
    told["stale"] -= looked.get(code, 0)
    told |= {"questions": asked.get(code, 0), "refused": refused.get(code, 0)}
    return Quality(code, "" if code is None else names.get(code, code), **told)


def _organisations(rules: RuleSet, today: date) -> Select[*tuple[Any, ...]]:
    """What stands of them, before looks later than the screening are taken off ``stale``."""
    held = Screening.__table__.alias("held")
    # Nobody screened it: no state at all, or one of the ways in.
    screened = and_(held.c.state.is_not(None), held.c.state.not_in(UNDECIDED))
    operating = held.c.state.in_(sorted(rules.states))
    query = select(
        Organisation.subdistrict_code.label("code"),
        func.count().label("organisations"),
        func.count(Organisation.community_code).label("in_community"),
        _sum(screened).label("screened"),
        _sum(operating).label("operating"),
        _sum(and_(operating, held.c.from_on < _since(rules, today))).label("stale"),
    ).select_from(Organisation)
    query = query.outerjoin(held, _is_held(held))
    return query.where(_may_count(rules)).group_by(Organisation.subdistrict_code)


def _looked_since(rules: RuleSet, today: date) -> Select[*tuple[Any, ...]]:
    """Of those screened too long ago, how many somebody confirmed since."""
    held, since = Screening.__table__.alias("held"), _since(rules, today)
    looked = select(Confirmation.organisation_id).where(
        Confirmation.confirmed_on.between(since, today), Confirmation.corrected_at.is_(None)
    )
    return (
        select(Organisation.subdistrict_code, func.count())
        .join(held, _is_held(held))
        .where(
            Organisation.id.in_(looked),
            held.c.state.in_(sorted(rules.states)),
            held.c.from_on < since,
            _may_count(rules),
        )
        .group_by(Organisation.subdistrict_code)
    )


def _since(rules: RuleSet, today: date) -> date:
    return today - timedelta(days=rules.thresholds.confirm_days)


def _is_held(held: Any) -> ColumnElement[bool]:
    return and_(
        held.c.organisation_id == Organisation.id,
        held.c.to_on.is_(None),
        held.c.corrected_at.is_(None),
    )


def _may_count(rules: RuleSet) -> ColumnElement[bool]:
    return and_(
        Organisation.ownership.in_(sorted(rules.classes | {REVIEW})),
        or_(Organisation.status.is_(None), Organisation.status.in_(sorted(rules.statuses))),
    )


def _questions(actor: Actor) -> Select[*tuple[Any, ...]]:
    query = (
        select(Organisation.subdistrict_code, func.count())
        .join(Question, Question.organisation_id == Organisation.id)
        .where(Question.closed_at.is_(None))
    )
    if not actor.may(Permission.MEMBER_COUNT):
        query = query.where(~questions.of_members())
    return query.group_by(Organisation.subdistrict_code)


def _refused() -> Select[*tuple[Any, ...]]:
    return (
        select(Organisation.subdistrict_code, func.count(func.distinct(_row())))
        .join(RefusedRow, RefusedRow.uscc == Organisation.uscc)
        .where(RefusedRow.run_id.in_(_last_runs()))
        .group_by(Organisation.subdistrict_code)
    )


def _row() -> ColumnElement[int]:
    """A row that broke several rules is one row."""
    return RefusedRow.run_id * 100_000_000 + RefusedRow.file_row


def _last_runs() -> Select[int]:
    return select(func.max(Run.id)).where(Run.undone_at.is_(None)).group_by(Run.source_id)


def _within(query: Select[*tuple[Any, ...]], actor: Actor) -> Select[*tuple[Any, ...]]:
    if actor.subdistricts is None:
        return query
    return query.where(Organisation.subdistrict_code.in_(sorted(actor.subdistricts)))


def _numbers(connection: Connection, query: Select[*tuple[Any, ...]]) -> dict[str | None, int]:
    return {code: int(number) for code, number in connection.execute(query)}


def _sum(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
