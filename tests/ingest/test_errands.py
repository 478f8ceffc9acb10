"""Errands: long work asked for at a page, done once, in the name of whoever asked, and told to them."""

import os
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from counters import NEIGHBOUR, OFFICE, Office, a_firm, work
from factories import NOW
from loads import Desk
from offices import Office as Exchanging
from offices import found
from sqlalchemy import func, insert, select

from ingest import errands as doing
from ingest.sync import Desk as WorkDesk
from liangxin import audit, db, errands, jobs, state
from liangxin.access import Actor, Permission, Role
from liangxin.errands import Asked
from liangxin.errors import DatabaseUnavailable, NotFound, NotPermitted
from liangxin.handed import files
from liangxin.schema import Bulletin, Organisation

DISTRICT = Actor("district", Role.DISTRICT_OFFICE)
AUDITOR = Actor("auditor", Role.AUDITOR)
MONTHLY = {"kind": "monthly", "as_of": "2026-09-30"}


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    """An office with a worker, on both databases."""
    made = Office(desk)
    yield made
    made.queue.storage.close()


def ask(office: Office, actor: Actor, kind: str, what: dict[str, Any]) -> int:
    with db.writing(office.desk.engine) as connection:
        return errands.ask(connection, actor, kind, what, now=office.now())


def sees(office: Office, actor: Actor, number: int) -> Asked:
    with db.reading(office.desk.engine) as connection:
        kind = errands.find(connection, number)
        return errands.one(connection, actor, number, kind=kind.kind if kind else "")


def done(office: Office, actor: Actor, kind: str, what: dict[str, Any]) -> Asked:
    """Ask for an errand, have the worker do it, and look."""
    number = ask(office, actor, kind, what)
    office.counter.once()
    return sees(office, actor, number)


def number_of(office: Office, table: Any) -> int:
    with db.reading(office.desk.engine) as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def test_a_bulletin_is_made_once_and_its_number_is_told(office: Office) -> None:
    office.loads([a_firm(1)])
    told = done(office, DISTRICT, "bulletin", MONTHLY)
    assert (told.state, told.told["is_new"]) == ("done", True)
    again = done(office, DISTRICT, "bulletin", MONTHLY)
    assert again.id != told.id
    assert again.told == {"id": told.told["id"], "is_new": False}
    assert number_of(office, Bulletin) == 1
    with db.reading(office.desk.engine) as connection:
        [made] = audit.listed(connection, AUDITOR, action="bulletin.made")
    assert (made.by, made.about) == ("district", told.told["id"])


def test_what_waits_is_not_asked_for_twice(office: Office) -> None:
    first = ask(office, DISTRICT, "bulletin", MONTHLY)
    assert ask(office, DISTRICT, "bulletin", MONTHLY) == first
    assert ask(office, DISTRICT, "bulletin", MONTHLY | {"kind": "annual"}) != first
    assert ask(office, Actor("other", Role.DISTRICT_OFFICE), "bulletin", MONTHLY) != first


def test_the_district_takes_back_any_run_and_an_office_its_own_alone(office: Office) -> None:
    with db.reading(office.desk.engine) as connection:
        before = state.state_hash(connection)
    run = office.loads([a_firm(1)]).run_id
    refused = done(office, NEIGHBOUR, "undo", {"run": run})
    assert refused.state == "failed"
    assert refused.message_zh == f"您的来件里没有批次 {run}。"
    assert number_of(office, Organisation) == 1
    told = done(office, DISTRICT, "undo", {"run": run})
    assert told.told == {"run": run, "state_hash": before}
    assert number_of(office, Organisation) == 0
    assert "已经撤销过" in done(office, OFFICE, "undo", {"run": run}).message_zh


def test_a_long_log_is_verified_and_what_was_touched_is_told(office: Office) -> None:
    office.loads([a_firm(1)])
    told = done(office, AUDITOR, "log", {}).told
    with db.reading(office.desk.engine) as connection:
        assert told == {"entries": told["entries"], "head": audit.verify(connection).head} | {
            "broken_at": None
        }
    with db.writing(office.desk.engine) as connection:
        table = audit.AuditEntry.__table__
        connection.execute(table.update().where(table.c.number == 2).values(about="别的"))  # type: ignore[attr-defined]
    assert done(office, AUDITOR, "log", {}).told["broken_at"] == 2


@pytest.mark.parametrize("kind", errands.KINDS)
def test_who_may_not_do_it_may_not_ask_for_it(office: Office, kind: str) -> None:
    for role in Role:
        actor = Actor("somebody", role)
        if actor.may(errands.KINDS[kind]):
            continue
        with db.writing(office.desk.engine) as connection, pytest.raises(NotPermitted):
            errands.ask(connection, actor, kind, {}, now=NOW)


def slipped_in(engine: Any, kind: str, what: dict[str, Any], now: Any) -> int:
    """Write an errand of a role that may ask for none, past the function that would refuse it."""
    with db.writing(engine) as connection:
        values = {
            "kind": kind, "asked_by": "x", "role": "sysadmin", "scope": "", "state": "waiting",
            "what": errands._said(what), "asked_at": now, "moved_at": now,
        }  # fmt: skip
        table = errands._TABLE
        number = connection.execute(insert(table).values(values).returning(table.c.id)).scalar_one()
        jobs.ask(connection, errands.job_of(number), delivery=None, now=now)
    return int(number)


@pytest.mark.parametrize(
    ("kind", "what"), [("bulletin", MONTHLY), ("undo", {"run": 1}), ("log", {})]
)
def test_a_row_that_was_slipped_in_does_nothing_its_role_may_not(
    office: Office, kind: str, what: dict[str, Any]
) -> None:
    office.loads([a_firm(1)])
    number = slipped_in(office.desk.engine, kind, what, NOW)
    office.counter.once()
    told = sees(office, Actor("x", Role.SYSADMIN), number)
    assert "没有此项权限" in told.message_zh
    assert number_of(office, Organisation) == 1
    assert number_of(office, Bulletin) == 0


def test_only_whoever_asked_sees_what_came_of_it(office: Office) -> None:
    number = ask(office, DISTRICT, "bulletin", MONTHLY)
    for other in (
        Actor("other", Role.DISTRICT_OFFICE),
        Actor("district", Role.COMMITTEE),
        Actor("district", Role.DISTRICT_OFFICE, frozenset({"430702001"})),
    ):
        with pytest.raises(NotFound):
            sees(office, other, number)
    with db.reading(office.desk.engine) as connection, pytest.raises(NotFound):
        errands.one(connection, DISTRICT, number, kind="undo")
    for other in (
        Actor("other", Role.DISTRICT_OFFICE),
        Actor("district", Role.COMMITTEE),
    ):
        with db.reading(office.desk.engine) as connection:
            assert errands.latest(connection, other, "bulletin", now=NOW) is None


def test_what_ended_is_told_for_an_hour_and_kept_for_two_weeks(office: Office) -> None:
    office.loads([a_firm(1)])
    told = done(office, DISTRICT, "bulletin", MONTHLY)
    with db.writing(office.desk.engine) as connection:
        soon, later = (told.moved_at + timedelta(minutes=each) for each in (59, 61))
        assert errands.latest(connection, DISTRICT, "bulletin", now=soon) == told
        assert errands.latest(connection, DISTRICT, "bulletin", what=MONTHLY, now=soon) == told
        assert errands.latest(connection, DISTRICT, "bulletin", what={}, now=soon) is None
        assert errands.latest(connection, DISTRICT, "bulletin", now=later) is None
        waits = errands.ask(connection, DISTRICT, "bulletin", MONTHLY, now=NOW)
        at = told.moved_at + errands.KEPT_FOR
        errands.forget(connection, now=at)
        ended = errands.states(connection, [told.id, waits, 99])
        assert ended == {told.id: "done", waits: "waiting"}
        assert errands.find(connection, told.id) is not None
        errands.forget(connection, now=at + timedelta(seconds=1))
        assert errands.find(connection, told.id) is None


def test_a_worker_that_died_is_followed_by_another(office: Office) -> None:
    office.loads([a_firm(1)])
    number = ask(office, DISTRICT, "bulletin", MONTHLY)
    with db.writing(office.desk.engine) as connection:  # begun, and its lock went with the process
        jobs.begin(
            connection, errands.job_of(number), worker="gone:1", delivery=None, now=office.now()
        )
    office.counter.once()
    assert sees(office, DISTRICT, number).state == "done"


def test_what_never_ends_is_given_up_with_a_sentence(office: Office) -> None:
    number = ask(office, DISTRICT, "bulletin", MONTHLY)
    for _ in range(2):  # as often as this worker has patience
        with db.writing(office.desk.engine) as connection:
            jobs.begin(
                connection, errands.job_of(number), worker="gone:1", delivery=None, now=office.now()
            )
    office.counter.once()
    told = sees(office, DISTRICT, number)
    assert told.state == "failed"
    assert "已尝试 2 次未完成" in told.message_zh
    assert "请重新办理一次" in told.message_zh


def test_a_register_that_is_away_for_a_moment_is_waited_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.loads([a_firm(1)])
    number = ask(office, DISTRICT, "bulletin", MONTHLY)
    really = doing.carry_out

    def away(*_: object) -> None:
        raise DatabaseUnavailable("数据库没有应答。", "the database does not answer.")

    monkeypatch.setattr(doing, "carry_out", away)
    office.counter.once()
    assert sees(office, DISTRICT, number).is_waiting
    monkeypatch.setattr(doing, "carry_out", really)
    office.counter.once()
    assert sees(office, DISTRICT, number).state == "done"


def test_an_errand_that_failed_is_no_source_that_failed(office: Office) -> None:
    done(office, OFFICE, "undo", {"run": 99})
    with db.reading(office.desk.engine) as connection:
        assert jobs.health(connection) == (0, 0)
        [job] = jobs.listed(connection)
    assert job.state == "failed"
    assert "99" not in job.message_zh  # whoever looks after jobs is not told of what
    assert "提出人" in job.message_zh


# Packages.


def asks(office: Exchanging, kind: str, what: dict[str, Any], sent: Path | None = None) -> Asked:
    """Ask as the district office does at its page, and have the worker do it."""
    with db.writing(office.engine) as connection:
        number = errands.ask(connection, DISTRICT, kind, what, now=office.now())
        if sent is not None:
            received = files.receive(
                office.settings, sent.name, [sent.read_bytes()], most=10**7, into=files.PACKAGES
            )
            files.put(office.settings, number, received, files.PACKAGES)
    work(WorkDesk(office.settings, office.engine, office.now, lambda: date(2026, 11, 23)))
    with db.reading(office.engine) as connection:
        return errands.one(connection, DISTRICT, number, kind=kind)


def test_a_package_is_made_and_opened_in_the_name_of_whoever_asked(
    jia: Exchanging, yi: Exchanging
) -> None:
    found(jia)
    packed = asks(jia, "pack", {"to": yi.name})
    assert packed.told["serial"] == 1
    file = jia.settings.home / "outbox" / packed.told["file"]
    opened = asks(yi, "open", {"file": file.name}, file)
    assert (opened.told["accepted"], opened.told["new"]) == (packed.told["rows"], 1)
    assert yi.shared()["organisations"] == jia.shared()["organisations"]
    assert not files.folder_of(yi.settings, opened.id, files.PACKAGES).exists()
    for office, action in ((jia, "exchange.packed"), (yi, "exchange.opened")):
        with db.reading(office.engine) as connection:
            [entry] = audit.listed(connection, AUDITOR, action=action)
        assert (entry.by, entry.role) == ("district", "district_office")


def test_whoever_may_not_exchange_makes_and_opens_no_package_by_a_slipped_in_row(
    jia: Exchanging, yi: Exchanging
) -> None:
    found(jia)
    file = jia.pack(yi)
    for office, kind, what in ((jia, "pack", {"to": yi.name}), (yi, "open", {"file": file.name})):
        number = slipped_in(office.engine, kind, what, office.now())
        place = files.folder_of(office.settings, number, files.PACKAGES)
        place.mkdir(parents=True)
        (place / file.name).write_bytes(file.read_bytes())
        work(WorkDesk(office.settings, office.engine, office.now, lambda: date(2026, 11, 23)))
        with db.reading(office.engine) as connection:
            told = errands.one(connection, Actor("x", Role.SYSADMIN), number, kind=kind)
        assert "没有此项权限" in told.message_zh
    assert len([*(jia.settings.home / "outbox").iterdir()]) == 1
    assert yi.shared()["organisations"] == []


def test_a_package_that_was_altered_changes_nothing_and_says_why(
    jia: Exchanging, yi: Exchanging, tmp_path: Path
) -> None:
    found(jia)
    file = jia.pack(yi)
    forged = tmp_path / "forged.lxp"
    forged.write_bytes(file.read_bytes()[:-1] + b"\0")
    told = asks(yi, "open", {"file": forged.name}, forged)
    assert told.state == "failed"
    assert told.message_zh
    assert yi.shared()["organisations"] == []
    twice = [asks(yi, "open", {"file": file.name}, file) for _ in range(2)]
    assert [each.state for each in twice] == ["done", "failed"]
    assert "打开过" in twice[1].message_zh
    assert files.numbers(yi.settings, files.PACKAGES) == []


def test_bytes_that_no_errand_followed_are_deleted_after_an_hour(yi: Exchanging) -> None:
    place = files.folder_of(yi.settings, 7, files.PACKAGES)
    place.mkdir(parents=True)
    part = place.parent / "half.part"
    part.touch()
    desk = WorkDesk(yi.settings, yi.engine, yi.now, lambda: date(2026, 11, 23))
    doing.tidy(desk)
    assert place.exists()
    assert part.exists()
    for each in (place, part):
        os.utime(each, (time.time() - 2 * files.AN_HOUR,) * 2)
    doing.tidy(desk)
    assert not place.exists()
    assert not part.exists()


def test_every_errand_asks_for_a_permission_of_its_own_thing() -> None:
    assert errands.KINDS["undo"] is Permission.RUN_UNDO
    assert set(errands.KINDS) == set(doing._DO)
