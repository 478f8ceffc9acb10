"""What people decide about identity: recorded with reason and office, and followed from then on.

``reregistered``: a number of the old kind is a code of today; rows that bear the number are read
as the code's. ``merged``: an organisation went into another and is closed. ``same``: two codes are
one organisation, the first a duplicate. ``not_same``: two that look alike are not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

import polars as pl
from sqlalchemy import Connection, select, update

from liangxin import audit, chains, register
from liangxin.errors import Misuse, NotFound
from liangxin.ids import uscc
from liangxin.schema import Judgement, Organisation

Kind = Literal["reregistered", "merged", "same", "not_same"]
#: What becomes of the first code, and how the evidence is worded.
STATES = {
    "merged": ("closed", "并入 {other}：{reason}"),
    "same": ("duplicate", "与 {other} 为同一主体：{reason}"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision about two codes."""

    kind: str
    code: str
    other_code: str
    reason: str
    decided_by: str
    from_on: date


def judge(connection: Connection, decision: Decision, *, now: datetime) -> None:
    """Record a decision; one about the same two codes takes the place of an earlier one.

    Args:
        connection: a write transaction.
        decision: who decided what, why, and from which day it holds.
        now: when the register learned it.

    Raises:
        Misuse: no such kind, no reason, no office, or a code that is none.
        NotFound: a code is not in the register, and has to be.
    """
    _require(connection, decision)
    _withdraw(connection, decision, now)
    values = {name: getattr(decision, name) for name in Decision.__slots__}
    connection.execute(Judgement.__table__.insert().values(**values, learned_at=now))  # type: ignore[attr-defined]
    if decision.kind in STATES:
        state, evidence = STATES[decision.kind]
        found = pl.DataFrame(
            {
                "uscc": [decision.code],
                "state": [state],
                "evidence": [evidence.format(other=decision.other_code, reason=decision.reason)],
                "decided_by": [decision.decided_by],
                "from_on": [decision.from_on],
            }
        )
        register.screen(connection, found, now=now)
    about = f"{decision.kind} {decision.code} {decision.other_code}"
    who = {"by": decision.decided_by, "role": ""}
    audit.write(connection, **who, action="judged", about=about, now=now, on=decision.from_on)


def _withdraw(connection: Connection, decision: Decision, now: datetime) -> None:
    """Take back what a decision takes the place of, and what that had said of an organisation.

    A number is read as one code: another code for it takes the place of the one before.
    """
    same = (Judgement.code == decision.code) & (Judgement.other_code == decision.other_code)
    if decision.kind == "reregistered":
        same |= (Judgement.code == decision.code) & (Judgement.kind == "reregistered")
    holding = same & Judgement.corrected_at.is_(None)
    query = select(Judgement.kind, Judgement.code, Judgement.from_on, Judgement.learned_at)
    for each in connection.execute(query.where(holding)).all():
        if each.kind in STATES:
            _reopen(connection, each, now)
    connection.execute(update(Judgement).where(holding).values(corrected_at=now))


def _reopen(connection: Connection, judgement: Any, now: datetime) -> None:
    """Believe no longer the screening that a judgement wrote; what held before it goes on."""
    ids = select(Organisation.id).where(Organisation.uscc == judgement.code)
    organisation = connection.execute(ids).scalar()
    if organisation is None:
        return
    chain = chains.SCREENINGS
    held = chains.known(connection, chain, [organisation]).get((organisation,), [])
    mine = [
        row
        for row in held
        if (row["state"], row["from_on"]) == (STATES[judgement.kind][0], judgement.from_on)
        and row["learned_at"] == judgement.learned_at
    ]
    for row in mine:
        before = [each for each in held if each["to_on"] == row["from_on"]]
        chains.close(connection, chain.table, [each["id"] for each in (row, *before)], now=now)
        again = [{name: each[name] for name in chain.columns} for each in before]
        chains.insert(
            connection, chain.table, [each | {"to_on": row["to_on"]} for each in again], now=now
        )


def renumbered(connection: Connection) -> list[Decision]:
    """Return which numbers are to be read as which codes."""
    query = select(*(getattr(Judgement, name) for name in Decision.__slots__)).where(
        Judgement.kind == "reregistered", Judgement.corrected_at.is_(None)
    )
    return [Decision(*row) for row in connection.execute(query.order_by(Judgement.id))]


def current(connection: Connection) -> list[Decision]:
    """Return all decisions that hold, in the order they were taken."""
    query = select(*(getattr(Judgement, name) for name in Decision.__slots__)).where(
        Judgement.corrected_at.is_(None)
    )
    return [Decision(*row) for row in connection.execute(query.order_by(Judgement.id))]


def _require(connection: Connection, decision: Decision) -> None:
    if decision.kind not in get_args(Kind):
        known = "、".join(get_args(Kind))
        raise Misuse(
            f"没有判定类型“{decision.kind}”，可用：{known}。",
            f"no judgement {decision.kind!r}; known are: {', '.join(get_args(Kind))}.",
        )
    if not decision.reason.strip() or not decision.decided_by.strip():
        raise Misuse(
            "请写明理由（--why）和判定单位（--by）。",
            "say why (--why) and which office decided (--by).",
        )
    if decision.code == decision.other_code:
        raise Misuse("两个代码相同。", "the two codes are the same.")
    _, faults = uscc.read(pl.Series([decision.other_code]))
    if faults[0]:
        raise Misuse(
            f"“{decision.other_code}”不是有效的统一社会信用代码。",
            f"{decision.other_code!r} is no unified social credit code.",
        )
    wanted = {"reregistered": [], "not_same": []}.get(
        decision.kind, [decision.code, decision.other_code]
    )
    for code in wanted:
        if (
            connection.execute(select(Organisation.id).where(Organisation.uscc == code)).first()
            is None
        ):
            raise NotFound(
                f"登记库中没有 {code}。请先导入其登记信息。",
                f"{code} is not in the register; load its registration first.",
            )
