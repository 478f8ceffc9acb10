"""Requests of persons about their data (PIPL arts 44-50): received, answered within days, counted.

No request names a person: whoever asked is known to the office by their code or face, and what was
answered is said to them. Kept are kind, days and outcome, three years.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select, update

from liangxin import audit, links, party
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, SubjectRequest

KINDS = {
    "see": ("查阅、复制", "to see or copy"),
    "correct": ("更正", "to correct"),
    "delete": ("删除", "to delete"),
    "explain": ("解释说明", "to explain"),
}
OUTCOMES = {
    "done": ("已办理", "done"),
    "nothing_kept": ("未留存其信息", "nothing is kept of them"),
    "refused": ("不予办理（须说明理由）", "refused (say why)"),
}
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Request:
    """A request as the office sees it."""

    id: int
    kind: str
    uscc: str | None
    received_on: date
    due_on: date
    closed_on: date | None
    outcome: str | None
    reason: str | None


def receive(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    kind: str,
    *,
    code: str | None,
    on: date,
    now: datetime,
) -> int:
    """Note a request and return its number; it is due within the rule set's days.

    Raises:
        NotPermitted: the role may not.
        Misuse: no such kind.
        NotFound: no such organisation in the actor's sub-districts.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    if kind not in KINDS:
        raise _unknown(kind, KINDS)
    if code is None and actor.subdistricts is not None:
        raise Misuse(
            "请用 --organisation 写明请求人所在单位，否则本街道看不到这项请求。",
            "say with --organisation where the person works, or this sub-district will not see the request.",
        )
    values = {
        "kind": kind,
        "organisation_id": None if code is None else links.organisation_of(connection, actor, code),
        "received_on": on,
        "due_on": due_on(rules, on),
        "by": actor.name,
        "learned_at": now,
    }
    made = insert(SubjectRequest).values(**values).returning(SubjectRequest.id)
    number = connection.execute(made).scalar_one()
    audit.by_actor(connection, actor, "request.received", f"{number} {kind}", now=now)
    return number


def due_on(rules: RuleSet, received_on: date) -> date:
    """Return the day by which a request of a day is to be answered."""
    return received_on + timedelta(days=rules.limits.request_days)


def close(
    connection: Connection,
    actor: Actor,
    number: int,
    outcome: str,
    *,
    on: date,
    now: datetime,
    reason: str | None = None,
) -> None:
    """Note what became of a request.

    Raises:
        NotPermitted: the role may not.
        NotFound: no such request is open in the actor's sub-districts.
        Misuse: no such outcome, a refusal without its reason, or a day before it came.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    if outcome not in OUTCOMES:
        raise _unknown(outcome, OUTCOMES)
    held = next((each for each in listed(connection, actor) if each.id == number), None)
    if held is None:
        raise NotFound(f"没有编号为 {number} 的未办结请求。", f"no open request {number}.")
    if (outcome == "refused") != bool(reason) or len(reason or "") > LONGEST_REASON:
        raise Misuse(
            f"不予办理须用 --reason 说明理由（不超过 {LONGEST_REASON} 字，不写姓名）；其他结果不写理由。",
            f"a refusal needs --reason (at most {LONGEST_REASON} characters, no names); nothing else "
            "takes one.",
        )
    if on < held.received_on:
        raise Misuse(
            f"办结日 {on} 早于收到日 {held.received_on}。",
            f"{on} is before the request came on {held.received_on}.",
        )
    mine = update(SubjectRequest).where(SubjectRequest.id == number)
    connection.execute(mine.values(closed_on=on, outcome=outcome, reason=reason))
    audit.by_actor(connection, actor, "request.closed", f"{number} {outcome}", now=now)


def listed(connection: Connection, actor: Actor, *, everything: bool = False) -> list[Request]:
    """Return the open requests in the actor's sub-districts, those due first; or all that are kept.

    Raises:
        NotPermitted: the role may not.
    """
    actor.require(Permission.MEMBERSHIP_RECORD)
    query: Any = (
        select(SubjectRequest.__table__, Organisation.uscc)
        .outerjoin(Organisation, Organisation.id == SubjectRequest.organisation_id)
        .order_by(SubjectRequest.due_on, SubjectRequest.id)
    )
    if not everything:
        query = query.where(SubjectRequest.closed_on.is_(None))
    rows = connection.execute(query).all()
    if actor.subdistricts is not None:
        ids = [row.organisation_id for row in rows if row.organisation_id is not None]
        tracked = party.tracked_in(connection, ids)
        rows = [row for row in rows if tracked.get(row.organisation_id) in actor.subdistricts]
    names = Request.__dataclass_fields__
    return [Request(**{name: getattr(row, name) for name in names}) for row in rows]


def _unknown(name: str, known: dict[str, tuple[str, str]]) -> Misuse:
    zh = "、".join(f"{each}（{words[0]}）" for each, words in known.items())
    en = ", ".join(f"{each} ({words[1]})" for each, words in known.items())
    return Misuse(f"没有“{name}”，可用：{zh}。", f"there is no {name!r}; there are: {en}.")
