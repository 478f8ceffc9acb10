"""The log: what was done or refused, by whom and when; each entry is chained to the one before.

An entry's hash covers its number, moment, words and the hash before it, so that an entry altered,
removed, added or moved breaks the chain from there on. The last number and hash are kept apart as
well, so that cutting off the end is found; whoever can change both would be found by a head that
was written down elsewhere (``verify(expected=…)``).
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select

from liangxin.access import LOCAL, Actor, Permission
from liangxin.days import china_day
from liangxin.errors import Misuse
from liangxin.moments import in_utc
from liangxin.schema import AuditEntry, Meta

#: What is logged, Chinese and English.
ACTIONS: dict[str, tuple[str, str]] = {
    "account.added": ("新建账户", "account added"),
    "account.requested": ("申请账户", "account asked for"),
    "account.granted": ("授予角色", "role granted"),
    "account.changed": ("变更角色或范围", "role or scope changed"),
    "account.disabled": ("停用账户", "account disabled"),
    "account.enabled": ("启用账户", "account enabled"),
    "account.link": ("签发一次性链接", "one-time link issued"),
    "account.password": ("设置密码", "password set"),
    "account.second_factor": ("设置二次验证", "second factor set"),
    "account.second_factor_reset": ("重置二次验证", "second factor reset"),
    "account.recovered": ("使用恢复码", "recovery code used"),
    "sign_in.done": ("登录", "signed in"),
    "sign_in.failed": ("登录失败", "sign-in failed"),
    "sign_in.locked": ("登录锁定", "sign-in locked"),
    "sign_out": ("退出", "signed out"),
    "job.asked": ("重新办理任务", "job asked for again"),
    "log.exported": ("导出日志", "log exported"),
    "refused": ("拒绝访问", "refused"),
    "person.viewed": ("查看人员", "persons viewed"),
    "person.exported": ("导出含人员信息的台账", "ledger with persons' membership exported"),
    "person.recorded": ("记录人员事项", "a step of a person recorded"),
    "person.compared": ("比对人员", "persons compared"),
    "person.declared": ("本人申报", "declared by the person"),
    "person.seen": ("本人查看", "seen by the person"),
    "person.corrected": ("本人更正", "corrected by the person"),
    "person.withdrawn": ("本人撤回", "withdrawn by the person"),
    "person.forgotten": ("到期删除人员信息", "persons forgotten when their time was over"),
    "link.made": ("生成申报链接", "declaration link made"),
    "link.revoked": ("停用申报链接", "declaration link revoked"),
    "request.received": ("收到个人请求", "a person's request received"),
    "request.closed": ("办结个人请求", "a person's request closed"),
    "run.finished": ("导入批次", "run finished"),
    "run.undone": ("撤销批次", "run undone"),
    "roster.taken": ("接收花名册", "staff list taken"),
    "judged": ("认定主体", "identity judged"),
    "list.loaded": ("载入名单", "list loaded"),
    "found": ("记录调查项目", "finding recorded"),
    "task.answered": ("答复任务", "task answered"),
    "readiness.recorded": ("记录阵地建设", "readiness recorded"),
    "instructor.recorded": ("记录指导员事项", "recorded of an instructor"),
    "party.changed": ("变更党组织", "a Party organisation changed"),
    "plan.locked": ("锁定方案内容", "lock of plans set"),
    "plan.unlocked": ("解除方案锁定", "lock of plans removed"),
    "key.made": ("签发接口令牌", "key to the feed made"),
    "key.revoked": ("撤销接口令牌", "key to the feed revoked"),
    "key.used": ("使用接口令牌", "key to the feed used"),
    "key.rotated": ("更换封存密钥", "sealing key rotated"),
    "exchange.trusted": ("信任交换单位", "office trusted"),
    "exchange.packed": ("签发交换包", "package signed"),
    "exchange.opened": ("导入交换包", "package opened"),
    "register.backed_up": ("备份登记库", "register backed up"),
    "register.restored": ("恢复登记库", "register restored"),
    "plan.proposed": ("编制方案", "plan proposed"),
    "plan.approved": ("批准方案", "plan approved"),
    "plan.applied": ("执行方案", "plan put into force"),
    "plan.dropped": ("作废方案", "plan dropped"),
    "visit.logged": ("记录走访", "visit logged"),
    "bulletin.made": ("编制通报", "bulletin made"),
    "bulletin.taken": ("下载通报", "bulletin downloaded"),
    "screening.recorded": ("登记摸排结果", "screening recorded"),
    "sighting.reported": ("社区上报", "sighting reported"),
    "file.handed_in": ("交来文件", "file handed in"),
    "file.loaded": ("导入文件", "file loaded"),
    "file.withdrawn": ("撤回文件", "file withdrawn"),
    "location.decided": ("认定地址所属街道", "address placed"),
    "location.withdrawn": ("撤回地址认定", "placing of an address withdrawn"),
}
#: Entry of ``meta``: the last number and hash.
HEAD = "audit.head"
#: Entry of ``meta``: the newest day from which something holds that people recorded.
HAND_DAY = "audit.by_hand_on"
_FIRST = "0" * 64


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it is read."""

    number: int
    at: datetime
    by: str
    role: str
    action: str
    about: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What the chain came to: how many entries, the last hash, and the first number that is wrong."""

    entries: int
    head: str
    broken_at: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was altered, removed, added or moved."""
        return self.broken_at is None


def write(
    connection: Connection,
    *,
    by: str,
    role: str,
    action: str,
    about: str = "",
    purpose: str = "",
    now: datetime,
    on: date | None = None,
) -> int:
    """Add an entry in the transaction of what it tells, and return its number.

    Args:
        connection: a write transaction; writers take turns, so no two entries get one number.
        by: account or office; "nobody" where nobody signed in.
        role: the role in which it was done.
        action: of ``ACTIONS``.
        about: what it was done to. Never a person's name or number.
        purpose: why, where a person was looked at.
        now: when.
        on: the day from which rates, lists or clocks may tell it, without a file of that day; null:
            they do not, or it is no fact.

    Raises:
        KeyError: there is no such action; a mistake of ours.
    """
    _ = ACTIONS[action]
    head = connection.execute(select(Meta.value).where(Meta.key == HEAD)).scalar()
    number, before = (0, _FIRST) if head is None else _head(head)
    entry = Entry(number + 1, now.astimezone(UTC), by, role, action, about, purpose)
    told = _hash(entry, before)
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    connection.execute(insert(AuditEntry).values(**values, hash=told))
    _keep(connection, HEAD, f"{entry.number} {told}", before=head)
    if on is not None and on <= china_day(now):
        _keep_day(connection, on)
    return entry.number


def last_by_hand(connection: Connection) -> date | None:
    """Return the newest day, up to the one it was said on, from which people recorded something; null: none."""
    told = connection.execute(select(Meta.value).where(Meta.key == HAND_DAY)).scalar()
    return None if told is None else date.fromisoformat(told)


def _keep_day(connection: Connection, day: date) -> None:
    known = last_by_hand(connection)
    if known is None or known < day:
        before = None if known is None else known.isoformat()
        _keep(connection, HAND_DAY, day.isoformat(), before=before)


def _keep(connection: Connection, key: str, value: str, *, before: str | None) -> None:
    table = Meta.metadata.tables["meta"]
    if before is None:
        connection.execute(insert(table).values(key=key, value=value))
    else:
        connection.execute(table.update().where(table.c.key == key).values(value=value))


def by_actor(
    connection: Connection,
    actor: Actor,
    action: str,
    about: str = "",
    *,
    purpose: str = "",
    now: datetime,
    on: date | None = None,
) -> int:
    """Add an entry about what somebody did; ``on`` as for ``write``."""
    return write(
        connection,
        by=actor.name,
        role=str(actor.role),
        action=action,
        about=about,
        purpose=purpose,
        now=now,
        on=on,
    )


def by_machine(connection: Connection, action: str, about: str = "", *, now: datetime) -> int:
    """Add an entry about what a command or the worker did, at this machine and signed in by nobody."""
    return by_actor(connection, LOCAL, action, about, now=now)


def verify(connection: Connection, *, expected: str | None = None) -> Verified:
    """Go through the whole chain.

    Args:
        connection: a transaction.
        expected: a head that was written down elsewhere: the chain must run through it.
    """
    query = select(AuditEntry.__table__).order_by(AuditEntry.number)
    before, number, passed = _FIRST, 0, expected in {None, _FIRST}
    with connection.execute(query, execution_options={"yield_per": 5_000}) as rows:
        for row in rows:
            entry = _entry(row)
            if entry.number != number + 1 or row.hash != _hash(entry, before):
                return Verified(number, before, broken_at=number + 1)
            before, number = row.hash, entry.number
            passed = passed or before == expected
    head = connection.execute(select(Meta.value).where(Meta.key == HEAD)).scalar()
    kept = (0, _FIRST) if head is None else _head(head)
    is_whole = passed and kept == (number, before)
    return Verified(number, before, broken_at=None if is_whole else number + 1)


def listed(
    connection: Connection,
    actor: Actor,
    *,
    by: str = "",
    action: str = "",
    about: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    most: int = 500,
    skip: int = 0,
) -> Sequence[Entry]:
    """Return entries, the newest first, filtered by account, action, what it was about, and time.

    Args:
        connection: a transaction.
        actor: who reads.
        by: only what this account did.
        action: of ``ACTIONS``.
        about: found in what it was done to, or in the purpose.
        since: from this moment on.
        until: before this moment.
        most: so many.
        skip: after so many of the newest.

    Raises:
        NotPermitted: the role may not read the log.
        Misuse: there is no such action.
    """
    chosen = _chosen(actor, by=by, action=action, about=about, since=since, until=until)
    table = AuditEntry.__table__
    query = select(table).where(*chosen).order_by(AuditEntry.number.desc())
    return [_entry(row) for row in connection.execute(query.limit(most).offset(skip))]


def count(
    connection: Connection,
    actor: Actor,
    *,
    by: str = "",
    action: str = "",
    about: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> int:
    """Return how many entries ``listed`` would find.

    Raises:
        NotPermitted, Misuse: as ``listed``.
    """
    chosen = _chosen(actor, by=by, action=action, about=about, since=since, until=until)
    query = select(func.count()).select_from(AuditEntry).where(*chosen)
    return connection.execute(query).scalar_one()


def names(connection: Connection, actor: Actor) -> list[str]:
    """Return every name that did something.

    Raises:
        NotPermitted: the role may not read the log.
    """
    actor.require(Permission.LOG_VIEW)
    query = select(AuditEntry.by).distinct().order_by(AuditEntry.by)
    return list(connection.execute(query).scalars())


def _chosen(
    actor: Actor,
    *,
    by: str,
    action: str,
    about: str,
    since: datetime | None,
    until: datetime | None,
) -> list[ColumnElement[bool]]:
    actor.require(Permission.LOG_VIEW)
    if action and action not in ACTIONS:
        raise Misuse(
            f"没有操作“{action}”，可用：{'、'.join(ACTIONS)}。",
            f"there is no action {action!r}; use one of {', '.join(ACTIONS)}.",
        )
    chosen: list[ColumnElement[bool]] = []
    if by:
        chosen.append(AuditEntry.by == by)
    if action:
        chosen.append(AuditEntry.action == action)
    if about:
        inside = AuditEntry.about.contains(about, autoescape=True)
        chosen.append(inside | AuditEntry.purpose.contains(about, autoescape=True))
    if since is not None:
        chosen.append(
            AuditEntry.at >= since.astimezone(UTC)
        )  # SQLite compares as text, without zone
    if until is not None:
        chosen.append(AuditEntry.at < until.astimezone(UTC))
    return chosen


def _entry(row: Any) -> Entry:
    at = in_utc(row.at)
    return Entry(row.number, at, row.by_account, row.role, row.action, row.about, row.purpose)


def _head(said: str) -> tuple[int, str]:
    number, told = said.split(" ")
    return int(number), told


def _hash(entry: Entry, before: str) -> str:
    told = [
        *(entry.number, entry.at.astimezone(UTC).isoformat(), entry.by, entry.role),
        *(entry.action, entry.about, entry.purpose, before),
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode()).hexdigest()
