"""The log holds all that was done: each change in the transaction of what it tells, none by name."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from access_register import RULES, Both, fill
from factories import NOW, TODAY
from sqlalchemy import Connection, Engine, select, update
from typer.testing import CliRunner

from dashboard import cli
from liangxin import (
    audit,
    bulletins,
    committee,
    db,
    instructors,
    judgements,
    links,
    places,
    privacy,
    readiness,
    requests,
    tasks,
    tokens,
    undo,
)
from liangxin.access import Actor, Role
from liangxin.errors import LiangxinError
from liangxin.plans import deciding, locks
from liangxin.schema import AuditEntry, Task
from liangxin.settings import Settings

AUDITOR = Actor("auditor", Role.AUDITOR)
SOURCES = Path(audit.__file__).parents[2]


@pytest.fixture
def both(sqlite_settings: Settings, sqlite_engine: Engine) -> Both:
    return fill(sqlite_settings, sqlite_engine)


@pytest.fixture
def mine(both: Both) -> Actor:
    return Actor("zhang", Role.COMMITTEE, frozenset({both.own.subdistrict}))


def logged(engine: Engine, since: int = 0) -> list[tuple[str, str, str, str]]:
    """Action, by whom, about what and why of each entry after a number, in order."""
    with db.reading(engine) as connection:
        assert audit.verify(connection).is_whole
        found = audit.listed(connection, AUDITOR)
    return [
        (each.action, each.by, each.about, each.purpose)
        for each in reversed(found)
        if each.number > since
    ]


def last(engine: Engine) -> int:
    with db.reading(engine) as connection:
        return audit.verify(connection).entries


def acts(both: Both, mine: Actor, settings: Settings) -> Iterator[tuple[str, Any]]:
    """What an office does: how the log calls it, and the act."""
    own, now = both.own, NOW + timedelta(hours=1)
    keys = privacy.load(settings)
    items = readiness.items(settings.home)
    ready = {"subdistrict_code": own.subdistrict, "item": items[0].id, "evidence": "挂牌照片"}
    place = {"name": "新大厦", "kind": "building", "subdistrict_code": own.subdistrict}
    decision = judgements.Decision("not_same", own.uscc, own.fresh, "两家", "示例街道", TODAY)
    yield (
        "readiness.recorded",
        lambda c: readiness.record(c, mine, items, by="示例街道", on=TODAY, now=now, **ready),
    )
    yield "list.loaded", lambda c: places.load(c, mine, [place], on=TODAY, now=now)
    yield (
        "instructor.recorded",
        lambda c: instructors.offer(c, mine, own.instructor, {"capacity": 3}, on=TODAY, now=now),
    )
    yield (
        "instructor.recorded",
        lambda c: instructors.say(c, mine, own.instructor, own.firm, "agreed", on=TODAY, now=now),
    )
    yield (
        "plan.locked",
        lambda c: locks.set_lock(
            c, mine, "never", own.uscc, instructor=own.instructor, by="街道", as_of=TODAY, now=now
        ),
    )
    yield "plan.unlocked", lambda c: locks.remove(c, mine, 1, as_of=TODAY, now=now)
    yield "plan.dropped", lambda c: deciding.drop(c, mine, own.plan, by="街道", on=TODAY, now=now)
    yield "person.viewed", lambda c: committee.look(c, mine, keys, purpose="confirm", now=now)
    yield (
        "person.recorded",
        lambda c: committee.confirm(c, mine, RULES, own.member, on=TODAY, now=now),
    )
    yield "link.made", lambda c: links.make(c, mine, own.uscc, today=TODAY, now=now)
    yield "link.revoked", lambda c: links.revoke(c, mine, own.uscc, today=TODAY, now=now)
    yield (
        "request.received",
        lambda c: requests.receive(c, mine, RULES, "see", code=own.uscc, on=TODAY, now=now),
    )
    yield "request.closed", lambda c: requests.close(c, mine, 1, "done", on=TODAY, now=now)
    yield "judged", lambda c: judgements.judge(c, decision, now=now)
    yield (
        "bulletin.made",
        lambda c: bulletins.make(
            c, mine, RULES, "monthly", as_of=TODAY, district="999999", now=now
        ),
    )
    yield "key.made", lambda c: tokens.add(c, "统计程序", now=now)
    yield "key.used", lambda c: tokens.note_use(c, "统计程序", now=now)
    yield "key.revoked", lambda c: tokens.revoke(c, "统计程序", now=now)


def test_each_change_is_in_the_log_and_goes_with_it(
    both: Both, mine: Actor, sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    def undone(act: Callable[[Connection], Any]) -> None:
        with db.writing(sqlite_engine) as connection:
            act(connection)
            raise ZeroDivisionError

    for action, act in acts(both, mine, sqlite_settings):
        before = last(sqlite_engine)
        with pytest.raises(ZeroDivisionError):
            undone(act)
        assert last(sqlite_engine) == before, action
        with db.writing(sqlite_engine) as connection:
            act(connection)
        told = logged(sqlite_engine, before)
        assert action in [each[0] for each in told], (action, told)


def test_the_log_names_no_person(
    both: Both, mine: Actor, sqlite_settings: Settings, sqlite_engine: Engine
) -> None:
    for _, act in acts(both, mine, sqlite_settings):
        with db.writing(sqlite_engine) as connection:
            act(connection)
    [looked] = [each for each in logged(sqlite_engine) if each[0] == "person.viewed"]
    assert looked == ("person.viewed", "zhang", both.own.subdistrict, "confirm")
    assert both.own.person not in str(logged(sqlite_engine))


def test_a_task_that_is_answered_is_in_the_log(both: Both, sqlite_engine: Engine) -> None:
    before = last(sqlite_engine)
    with db.writing(sqlite_engine) as connection:
        row = connection.execute(select(Task.__table__).where(Task.id == both.own.task)).one()
        district = Actor("chen", Role.DISTRICT_OFFICE)
        listed = tasks.listed(connection, district, today=TODAY)
        said = min(next(each for each in listed if each.id == row.id).answers)
        tasks.answer(
            connection, district, row.id, said, note="看过", rules=RULES, today=TODAY, now=NOW
        )
    assert logged(sqlite_engine, before) == [
        ("task.answered", "chen", f"{row.id} {row.kind} {said}", "")
    ]


def test_a_key_in_use_is_noted_once_a_day(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        tokens.add(connection, "统计程序", now=NOW)
        for hours in (0, 1, 7, 8, 20, 33):  # 8:00 UTC is 16:00 in China
            tokens.note_use(connection, "统计程序", now=NOW + timedelta(hours=hours))
    assert [each[0] for each in logged(sqlite_engine)] == ["key.made", *["key.used"] * 3]


def test_a_ledger_that_names_secretaries_is_in_the_log_with_counts_of_members_or_without(
    both: Both, sqlite_settings: Settings, sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(sqlite_settings.home))
    monkeypatch.setenv("LIANGXIN_COMMITTEE", "all")
    before = last(sqlite_engine)
    asked = ["ledger", "export", "--form", "enterprises", "--as-of", "2026-11-01"]
    for how in ([], ["--members"]):
        out = sqlite_settings.home / f"{len(how)}.xlsx"
        done = CliRunner().invoke(cli.app, [*asked, "--out", str(out), *how])
        assert done.exit_code == 0, done.output
    entry = ("person.exported", "local", "enterprises 2026-11-01", "ledger")
    assert logged(sqlite_engine, before) == [entry, entry]


def test_a_run_that_cannot_be_undone_leaves_no_entry(both: Both, sqlite_engine: Engine) -> None:
    before = last(sqlite_engine)
    with pytest.raises(LiangxinError), db.writing(sqlite_engine) as connection:
        undo.undo(connection, both.own.run, now=NOW)
    assert last(sqlite_engine) == before


def test_every_kind_of_entry_is_written_somewhere() -> None:
    code = "".join(
        file.read_text()
        for folder in ("coverage", "ingest", "dashboard")
        for file in (SOURCES / folder).rglob("*.py")
        if file.name != "audit.py"
    )
    people = {f"person.{what}" for what in ("viewed", "recorded", "compared", "declared")}
    people |= {f"person.{what}" for what in ("seen", "corrected", "withdrawn")}
    assert {each for each in audit.ACTIONS if f'"{each}"' not in code} <= people
    for each in people:
        assert f'"{each.removeprefix("person.")}"' in code


def test_an_entry_altered_with_its_own_hash_is_found(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        for number in range(3):
            audit.by_machine(connection, "judged", str(number), now=NOW)
        rows = {row.number: row for row in connection.execute(select(AuditEntry.__table__))}
        for number, row in rows.items():
            before = rows[number - 1].hash if number > 1 else audit._FIRST
            told = audit.Entry(number, NOW, row.by_account, row.role, "found", row.about, "")
            forged = update(AuditEntry).where(AuditEntry.number == number)
            with connection.begin_nested() as once:
                connection.execute(forged.values(action="found", hash=audit._hash(told, before)))
                assert not audit.verify(connection).is_whole, number
                once.rollback()
        assert audit.verify(connection).is_whole
