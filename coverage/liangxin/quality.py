"""How good the data of each sub-district are: located, screened, fresh, agreed, and taken.

Asked of the register as it stands, where each organisation is registered; two queries and no loop
over organisations.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from liangxin import divisions, questions
from liangxin.access import Actor, Permission
from liangxin.classify import REVIEW
from liangxin.lists import confirmed
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, Question, RefusedRow, Run, Screening
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
    asked = _numbers(connection, _within(_questions(actor), actor))
    refused = _numbers(connection, _within(_refused(), actor))
    codes = {code for code in (*counted, *asked, *refused) if code is not None}
    names = divisions.names(connection, codes, on=today)
    names |= divisions.gone(connection, codes - names.keys(), on=today)
    every = sorted(counted.keys() | asked.keys() | refused.keys(), key=lambda code: code or "~")
    return [_told(code, names, counted.get(code), asked, refused) for code in every]


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
    asked: Mapping[str | None, int],
    refused: Mapping[str | None, int],
) -> Quality:
    told = {
        name: 0 if row is None else int(getattr(row, name) or 0)
        for name in ("organisations", "in_community", "screened", "operating", "stale")
    }
    told |= {"questions": asked.get(code, 0), "refused": refused.get(code, 0)}
    return Quality(code, "" if code is None else names.get(code, code), **told)


def _organisations(rules: RuleSet, today: date) -> Select[*tuple[Any, ...]]:
    held = Screening.__table__.alias("held")
    looked = confirmed(today)
    # Nobody screened it: no state at all, or one of the ways in.
    screened = and_(held.c.state.is_not(None), held.c.state.not_in(UNDECIDED))
    operating = func.coalesce(held.c.state, "").in_(sorted(rules.states))
    old = looked.c.confirmed_on < today - timedelta(days=rules.thresholds.confirm_days)
    return (
        select(
            Organisation.subdistrict_code.label("code"),
            func.count().label("organisations"),
            _sum(Organisation.community_code.is_not(None)).label("in_community"),
            _sum(screened).label("screened"),
            _sum(operating).label("operating"),
            _sum(and_(operating, old)).label("stale"),
        )
        .select_from(Organisation)
        .outerjoin(
            held,
            and_(
                held.c.organisation_id == Organisation.id,
                held.c.to_on.is_(None),
                held.c.corrected_at.is_(None),
            ),
        )
        .outerjoin(looked, looked.c.organisation_id == Organisation.id)
        .where(
            Organisation.ownership.in_(sorted(rules.classes | {REVIEW})),
            or_(Organisation.status.is_(None), Organisation.status.in_(sorted(rules.statuses))),
        )
        .group_by(Organisation.subdistrict_code)
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
