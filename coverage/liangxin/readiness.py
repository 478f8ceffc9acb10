"""Whether a sub-district's committee has what it should have, with evidence and date."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

from sqlalchemy import Connection, insert, select, update

from liangxin import audit, divisions, facts_on, views
from liangxin.access import Actor, Permission
from liangxin.days import china_day
from liangxin.errors import Misuse, printable
from liangxin.schema import Readiness

FILE = "readiness.toml"
#: The longest evidence that is kept: a sentence.
EVIDENCE = 500


@dataclass(frozen=True, slots=True)
class Item:
    """One thing a committee should have."""

    id: str
    group: str
    zh: str
    en: str
    group_zh: str = ""
    group_en: str = ""


@dataclass(frozen=True, slots=True)
class Has:
    """What one sub-district has of one item; evidence and since when are null where it has not."""

    item: str
    evidence: str | None
    since: date | None


@dataclass(frozen=True, slots=True)
class Ready:
    """A sub-district and every item, in the order of the list."""

    code: str
    name: str
    items: tuple[Has, ...]

    @property
    def there(self) -> int:
        """How many items it has."""
        return sum(each.since is not None for each in self.items)


def items(folder: Path | None = None) -> list[Item]:
    """Return the list of items: an office's own if its folder has one, else the shipped one.

    Raises:
        Misuse: the file is no such list.
    """
    own = None if folder is None else folder / FILE
    shipped = files("liangxin.reference").joinpath(FILE)
    chosen, name = (own, str(own)) if own is not None and own.is_file() else (shipped, FILE)
    try:
        text = chosen.read_text(encoding="utf-8")
        listed = [
            Item(
                *(item["id"], group["id"], item["zh"], item["en"]),
                *(group.get("zh", group["id"]), group.get("en", group["id"])),
            )
            for group in tomllib.loads(text)["group"]
            for item in group["item"]
        ]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise Misuse(
            f"清单 {name} 有误：{error}。每项需要 id、zh、en。",
            f"the list {name} is wrong: {error}; every item needs id, zh and en.",
        ) from error
    if len({item.id for item in listed}) < len(listed):
        raise Misuse(f"清单 {name} 中有重复的 id。", f"the list {name} repeats an id.")
    return listed


def record(
    connection: Connection,
    actor: Actor,
    known: list[Item],
    *,
    subdistrict_code: str,
    item: str,
    evidence: str,
    by: str,
    on: date,
    now: datetime,
) -> None:
    """Record that a sub-district has an item since a day; empty evidence: it has it no longer.

    Raises:
        NotPermitted: the role may not.
        NotFound: no such sub-district in the actor's scope.
        Misuse: no such item, too long an evidence, or the day is before the one it was recorded for,
            or after today.
    """
    actor.require(Permission.READINESS_RECORD)
    views.subdistrict_name(connection, actor, subdistrict_code, on=on)
    if item not in {each.id for each in known}:
        raise Misuse(
            f"没有项目“{item}”，现有：{'、'.join(each.id for each in known)}。",
            f"there is no item {item!r}; there are: {', '.join(each.id for each in known)}.",
        )
    evidence = printable(" ".join(evidence.split()))
    if len(evidence) > EVIDENCE:
        raise Misuse(
            f"依据最多 {EVIDENCE} 字，现有 {len(evidence)} 字。",
            f"evidence has at most {EVIDENCE} characters; this has {len(evidence)}.",
        )
    if on > china_day(now):
        raise Misuse(
            f"日期 {on} 晚于今天（{china_day(now)}），请改为实际日期。",
            f"{on} is after today ({china_day(now)}); give the day itself.",
        )
    said = connection.execute(
        select(Readiness.id, Readiness.from_on, Readiness.to_on).where(
            Readiness.subdistrict_code == subdistrict_code,
            Readiness.item == item,
            Readiness.corrected_at.is_(None),
        )
    ).all()
    last = max((row.to_on or row.from_on for row in said), default=on)
    if on < last:
        raise Misuse(
            f"该项已自 {last} 起有记录，不能登记更早的 {on}。",
            f"it is recorded since {last}; {on} is before that.",
        )
    for row in said:
        if row.to_on is None:
            _end(connection, row.id, row.from_on, on, now)
    if evidence:
        connection.execute(
            insert(Readiness).values(
                subdistrict_code=subdistrict_code,
                item=item,
                evidence=evidence,
                decided_by=by,
                from_on=on,
                learned_at=now,
            )
        )
    about = f"{subdistrict_code} {item} {'+' if evidence else '-'} {on}"
    audit.by_actor(connection, actor, "readiness.recorded", about, now=now)


def _end(connection: Connection, row: int, from_on: date, on: date, now: datetime) -> None:
    """End what was recorded on a day; said of the same day, it was a mistake and is corrected."""
    old = (
        connection.execute(select(Readiness.__table__).where(Readiness.id == row)).mappings().one()
    )
    connection.execute(update(Readiness).where(Readiness.id == row).values(corrected_at=now))
    if on > from_on:
        kept = {key: value for key, value in old.items() if key != "id"}
        connection.execute(insert(Readiness).values(kept | {"to_on": on, "learned_at": now}))


def of_day(
    connection: Connection, actor: Actor, known: list[Item], *, as_of: date, district: str
) -> list[Ready]:
    """Return every sub-district of a district in the actor's scope, by code, with every item.

    Raises:
        NotPermitted: the role may not see rates.
    """
    actor.require(Permission.RATE_VIEW)
    held = select(Readiness).where(facts_on.true_on(Readiness, as_of, None))
    recorded = {
        (row.subdistrict_code, row.item): row
        for row in connection.execute(held.with_only_columns(*Readiness.__table__.columns))
    }
    names = divisions.subdistricts(connection, district, on=as_of)
    return [
        Ready(
            code,
            name,
            tuple(
                Has(item.id, row.evidence, row.from_on) if row else Has(item.id, None, None)
                for item in known
                for row in [recorded.get((code, item.id))]
            ),
        )
        for code, name in names.items()
        if actor.subdistricts is None or code in actor.subdistricts
    ]
