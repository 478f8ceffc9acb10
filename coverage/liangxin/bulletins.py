"""Bulletins (通报): every figure of a period gathered once and frozen, found again by its number.

The figures are those that may be known to everybody: no cell tells one member from two. The same
register, day and rule set give the same content, and so the same number.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from liangxin import annual, audit, change, divisions, lists, months, saying, timing, views
from liangxin.access import Actor, Permission, Role
from liangxin.annual_forms import FORMS
from liangxin.clocks import CLOCKS
from liangxin.errors import Misuse, NotFound, printable
from liangxin.plans.ground import scope_of
from liangxin.rules import RuleSet
from liangxin.schema import AuditEntry, Bulletin

#: Kind → Chinese, English, and how many months it looks back.
KINDS: dict[str, tuple[str, str, int]] = {
    "monthly": ("月通报", "monthly bulletin", 1),
    "half-year": ("半年通报", "half-year bulletin", 6),
    "annual": ("年度通报", "annual bulletin", 12),
}
#: Actions of the log.
MADE, TAKEN = "bulletin.made", "bulletin.taken"
#: Whose change is explained.
EXPLAINED = "R1"


def make(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    kind: str,
    *,
    as_of: date,
    district: str,
    now: datetime,
) -> dict[str, Any]:
    """Gather a bulletin's figures, freeze them and return them with their number ``id``.

    Args:
        connection: a write transaction.
        actor: whose sub-districts; what it may see beyond everybody is left out.
        rules: the rule set.
        kind: of ``KINDS``.
        as_of: its last day.
        district: the district's code, for its name.
        now: when.

    Raises:
        NotPermitted: the role may not make bulletins.
        Misuse: no such kind, or nothing was loaded yet.
    """
    gathered = gather(connection, actor, rules, kind, as_of=as_of, district=district)
    return freeze(connection, actor, gathered, now=now).content


@dataclass(frozen=True, slots=True)
class Frozen:
    """A bulletin with its number ``id``, and whether it was there before."""

    content: dict[str, Any]
    is_new: bool


def gather(
    connection: Connection,
    actor: Actor,
    rules: RuleSet,
    kind: str,
    *,
    as_of: date,
    district: str,
) -> dict[str, Any]:
    """Return all figures of a bulletin that was not issued yet; a read transaction will do.

    Raises:
        NotPermitted: the role may not make bulletins.
        Misuse: no such kind, or nothing was loaded yet.
    """
    actor.require(Permission.BULLETIN_MAKE)
    if kind not in KINDS:
        raise Misuse(
            f"没有通报“{kind}”，可用：{'、'.join(KINDS)}。",
            f"there is no report {kind!r}; use one of {', '.join(KINDS)}.",
        )
    if views.data_date(connection) is None:
        raise Misuse(
            "登记库为空，没有可通报的内容。请先导入登记数据。",
            "the register is empty; load registrations first.",
        )
    # Figures that a leader may read are figures that a bulletin may carry.
    everybody = Actor(actor.name, Role.LEADER, actor.subdistricts, actor.communities)
    return _content(connection, everybody, rules, kind, as_of, district)


def freeze(
    connection: Connection, actor: Actor, gathered: Mapping[str, Any], *, now: datetime
) -> Frozen:
    """Keep what was gathered under the number of its content, and log that it was issued.

    Args:
        connection: a write transaction.
        actor: who issues it, the one it was gathered for.
        gathered: of ``gather``.
        now: when.

    Raises:
        NotPermitted: the role may not make bulletins.
    """
    actor.require(Permission.BULLETIN_MAKE)
    text = json.dumps(gathered, ensure_ascii=False, sort_keys=True, default=str)
    number = hashlib.sha256(text.encode()).hexdigest()[:16]
    known = connection.execute(select(Bulletin.id).where(Bulletin.id == number)).first()
    if known is None:
        connection.execute(
            insert(Bulletin).values(
                id=number,
                kind=gathered["kind"],
                scope=scope_of(actor),
                as_of=date.fromisoformat(gathered["as_of"]),
                rule_set=gathered["rule_set"],
                content=text,
                learned_at=now,
            )
        )
        audit.by_actor(connection, actor, MADE, number, now=now)
    return Frozen({"id": number, **json.loads(text)}, known is None)


def find(connection: Connection, actor: Actor, number: str) -> dict[str, Any]:
    """Return a bulletin as it was issued.

    Raises:
        NotPermitted: the role may not see bulletins.
        NotFound: there is none of this number in scope.
    """
    actor.require(Permission.BULLETIN_VIEW)
    query = select(Bulletin.content).where(Bulletin.id == number.strip().lower())
    if actor.subdistricts is not None:
        query = query.where(Bulletin.scope == scope_of(actor))
    content = connection.execute(query).scalar()
    if content is None:
        raise NotFound(
            f"没有编号为 {printable(number[:40])} 的通报，或不在您的范围内。",
            f"there is no bulletin {printable(number[:40])}, or it is outside your scope.",
        )
    return {"id": number.strip().lower(), **json.loads(content)}


def take(
    connection: Connection, actor: Actor, number: str, form: str, *, now: datetime
) -> dict[str, Any]:
    """Return a bulletin that is taken out as a file, and log that it was.

    Args:
        connection: a write transaction.
        actor: who takes it.
        number: of the bulletin.
        form: of the file, for the log.
        now: when.

    Raises:
        NotPermitted: the role may not see bulletins.
        NotFound: there is none of this number in scope.
    """
    content = find(connection, actor, number)
    audit.by_actor(connection, actor, TAKEN, f"{content['id']}.{form}", now=now)
    return content


def listed(connection: Connection, actor: Actor) -> list[dict[str, Any]]:
    """Return the bulletins in scope, the newest first: when each was issued, and by whom.

    Raises:
        NotPermitted: the role may not see bulletins.
    """
    actor.require(Permission.BULLETIN_VIEW)
    table = Bulletin.__table__.c
    issued = (
        select(AuditEntry.about, func.min(AuditEntry.by).label("by"))
        .where(AuditEntry.action == MADE)
        .group_by(AuditEntry.about)
        .subquery("issued")
    )
    query = select(
        *(table[name] for name in ("id", "kind", "scope", "as_of", "rule_set")),
        table.learned_at.label("made_at"),
        func.coalesce(issued.c.by, "").label("by"),
    ).outerjoin(issued, issued.c.about == table.id)
    if actor.subdistricts is not None:
        query = query.where(Bulletin.scope == scope_of(actor))
    rows = connection.execute(query.order_by(Bulletin.as_of.desc(), Bulletin.learned_at.desc()))
    return [dict(row._mapping) for row in rows]  # noqa: SLF001 - the library's public name


def in_order(frozen: Mapping[str, Any], known: Iterable[str]) -> list[Any]:
    """Return parts of a content in the order people know; those nobody knows any more come last."""
    order = {name: at for at, name in enumerate(known)}
    return [frozen[name] for name in sorted(frozen, key=lambda name: order.get(name, len(order)))]


def _content(
    connection: Connection, actor: Actor, rules: RuleSet, kind: str, as_of: date, district: str
) -> dict[str, Any]:
    before = months.latest_within(as_of, -KINDS[kind][2])
    now, then = (views.rates(connection, actor, rules, as_of=day) for day in (as_of, before))
    found: dict[str, Any] = {
        "kind": kind,
        "from": before,
        "as_of": as_of,
        "rule_set": rules.id,
        "rule_set_title": rules.title_zh,
        "district": _place(connection, actor, district, as_of),
        "rates": {
            rule.id: {
                "title": rule.title_zh,
                "now": saying.coverage_object(now[rule.id]),
                "before": saying.coverage_object(then[rule.id]),
            }
            for rule in rules.rates.values()
        },
        "lists": {
            name: {"title": lists.LISTS[name].zh, "organisations": sum(of.values())}
            for name, of in lists.counts(connection, actor, rules, as_of=as_of).items()
        },
        "clocks": {
            name: {"title": CLOCKS[name].zh, **_plain(asdict(readings[-1]))}
            for name, readings in timing.readings(connection, actor, rules, as_of=as_of).items()
        },
    }
    if actor.subdistricts is not None:
        # Two offices that have nothing to tell yet have two bulletins all the same.
        found["scope"] = scope_of(actor)
    if EXPLAINED in rules.rates:
        told = change.between(connection, actor, rules, from_on=before, to_on=as_of, rate=EXPLAINED)
        found["change"] = saying.change_object(told)
        found["denominator"] = saying.denominator_words(told.total)
    if kind != "monthly":
        found["annual"] = {
            form: _plain(asdict(annual.table(connection, actor, rules, form, as_of=as_of)))
            for form in FORMS
        }
    plain: dict[str, Any] = _plain(found)
    return plain


def _place(connection: Connection, actor: Actor, district: str, on: date) -> str:
    """Whose bulletin it is: the district, with its sub-districts where it is of some alone."""
    name = views.district_name(connection, district) or ""
    if actor.subdistricts is None:
        return name
    known = divisions.names(connection, set(actor.subdistricts), on=on)
    return name + "、".join(known.get(code, code) for code in sorted(actor.subdistricts))


def _plain(value: Any) -> Any:
    """The same with what JSON knows: keys as texts, days as ISO texts."""
    if isinstance(value, dict):
        return {"" if key is None else str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
