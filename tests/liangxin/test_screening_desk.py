"""Screening at a desk: whom to look at, what a look changes, and who came first."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories import (
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    insert_confirmation,
    insert_organisation,
    insert_screening,
)
from sqlalchemy import Engine, func, select
from tasking import (
    COMMUNITY,
    COMMUNITY_CODE,
    ECONOMIC,
    SOUTHERN,
    Office,
    an_office,
    newly_registered,
)

from liangxin import audit, db, screening, spells
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import AuditEntry, Confirmation, Screening
from liangxin.screening import Desk, Found, Recorded, ScreenedMeanwhile, Waits

YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def office(engine: Engine) -> Office:
    return an_office(engine)


def desk(office: Office, actor: Actor = ECONOMIC, **asked: Any) -> Desk:
    with db.reading(office.engine) as connection:
        return screening.desk(connection, actor, office.rules, today=office.today, **asked)


def record(office: Office, found: Found, actor: Actor = ECONOMIC) -> Recorded:
    recorded: Recorded = office.write(
        lambda c: screening.record(
            c, actor, office.rules, found, today=office.today, now=office.now
        )
    )
    return recorded


def a_find(n: int, state: str, evidence: str = "", **more: Any) -> Found:
    return Found(a_uscc(n), state, evidence, more.get("on", TODAY), more.get("seen", 0))


def held(office: Office) -> list[tuple[Any, ...]]:
    query = select(Screening.state, Screening.from_on, Screening.to_on, Screening.decided_by).where(
        Screening.corrected_at.is_(None)
    )
    with db.reading(office.engine) as connection:
        return [tuple(row) for row in connection.execute(query.order_by(Screening.from_on))]


def waiting(office: Office) -> None:
    """One nobody screened, one that is due, one looked at lately, one that is closed, one elsewhere."""

    def write(connection: Any) -> None:
        insert_organisation(connection, 1, community_code=COMMUNITY_CODE)
        insert_screening(
            connection, insert_organisation(connection, 2), from_on=TODAY - timedelta(200)
        )
        third = insert_organisation(connection, 3)
        insert_screening(connection, third, from_on=TODAY - timedelta(200))
        insert_confirmation(connection, third, TODAY - timedelta(10))
        insert_screening(connection, insert_organisation(connection, 4), state="closed")
        insert_organisation(connection, 5, subdistrict_code=SOUTH)

    office.write(write)


@pytest.mark.parametrize("told", [False, True], ids=["from facts", "from spells"])
def test_those_nobody_screened_come_first_then_those_due(office: Office, told: bool) -> None:
    waiting(office)
    if told:
        assert spells.ready(office.engine, office.rules)
    found = desk(office)
    assert found.waits == Waits(counted=2, unscreened=1, due=1)
    assert [(row.uscc, row.why, row.community) for row in found.rows] == [
        (a_uscc(1), "unscreened", "示例社区居委会"),
        (a_uscc(2), "due", None),
    ]
    assert found.rows[1].confirmed_on == TODAY - timedelta(200)
    assert [row.uscc for row in desk(office, SOUTHERN).rows] == [a_uscc(5)]
    assert [row.uscc for row in desk(office, subdistrict_code=SOUTH).rows] == []
    assert [row.uscc for row in desk(office, most=1).rows] == [a_uscc(1)]


def test_a_search_finds_whoever_is_here_due_or_not(office: Office) -> None:
    waiting(office)
    [found] = desk(office, text="第4号").rows
    assert (found.uscc, found.state, found.why) == (a_uscc(4), "closed", "done")
    assert [row.uscc for row in desk(office, text=a_uscc(3)).rows] == [a_uscc(3)]
    assert desk(office, text=a_uscc(5)).rows == ()
    assert desk(office, text="100%").rows == ()


def test_whoever_may_not_record_has_no_desk(office: Office) -> None:
    for actor in (COMMUNITY, Actor("区领导", Role.LEADER), Actor("党委", Role.COMMITTEE)):
        with pytest.raises(NotPermitted):
            desk(office, actor)
        with pytest.raises(NotPermitted):
            record(office, a_find(1, "operating"), actor)


def test_an_exit_takes_one_out_of_the_denominator_and_is_logged(office: Office) -> None:
    waiting(office)
    seen = desk(office).rows[1].seen
    recorded = record(office, a_find(2, "shell", " 无人办公，\n无社保 ", seen=seen))
    assert (recorded.outcome, recorded.moved) == ("changed", -1)
    assert desk(office).waits.counted == 1
    with db.reading(office.engine) as connection:
        entry = connection.execute(select(AuditEntry.__table__)).one()
        assert (entry.action, entry.by_account) == ("screening.recorded", ECONOMIC.name)
        assert entry.about == f"{a_uscc(2)} shell {TODAY}"
        assert audit.verify(connection).is_whole
        evidence = connection.execute(
            select(Screening.evidence).where(Screening.state == "shell")
        ).scalar_one()
    assert evidence == "无人办公， 无社保"


def test_one_found_operating_counts_from_then_on(office: Office) -> None:
    waiting(office)
    recorded = record(office, a_find(1, "operating", on=YESTERDAY))
    assert (recorded.outcome, recorded.moved) == ("new", 1)
    assert desk(office).waits.unscreened == 0
    assert desk(office).waits.counted == 3


def test_the_same_again_confirms_the_entry(office: Office) -> None:
    waiting(office)
    recorded = record(office, a_find(2, "operating", seen=desk(office).rows[1].seen))
    assert (recorded.outcome, recorded.moved) == ("unchanged", 0)
    assert desk(office).waits.due == 0
    with db.reading(office.engine) as connection:
        looked = select(func.count()).where(Confirmation.confirmed_on == TODAY)
        assert connection.execute(looked).scalar_one() == 1


def test_a_mistake_is_replaced_on_its_day_and_ended_by_a_later_one(office: Office) -> None:
    office.write(lambda c: insert_organisation(c, 1))
    record(office, a_find(1, "closed", "门已锁", on=YESTERDAY))
    seen = desk(office, text=a_uscc(1)).rows[0].seen
    record(office, a_find(1, "operating", on=YESTERDAY, seen=seen))
    assert held(office) == [("operating", YESTERDAY, None, ECONOMIC.name)]
    seen = desk(office, text=a_uscc(1)).rows[0].seen
    record(office, a_find(1, "moved", "已搬离", seen=seen))
    assert held(office) == [
        ("operating", YESTERDAY, TODAY, ECONOMIC.name),
        ("moved", TODAY, None, ECONOMIC.name),
    ]


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (a_find(1, "shell"), "依据"),
        (a_find(1, "shell", " \n"), "依据"),
        (a_find(1, "shell", "据" * 501), "501"),
        (a_find(1, "imported", "无"), "没有摸排结果"),
        (a_find(1, "vanished", "无"), "没有摸排结果"),
        (a_find(1, "operating", on=TODAY + timedelta(days=1)), "晚于今天"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_written(
    office: Office, found: Found, told: str
) -> None:
    office.write(lambda c: insert_organisation(c, 1))
    with pytest.raises(Misuse, match=told):
        record(office, found)
    assert held(office) == []


def test_a_day_before_the_finding_that_holds_is_refused(office: Office) -> None:
    office.write(lambda c: insert_screening(c, insert_organisation(c, 1), from_on=TODAY))
    seen = desk(office, text=a_uscc(1)).rows[0].seen
    with pytest.raises(Misuse, match="之后的摸排结果"):
        record(office, a_find(1, "closed", "门已锁", on=YESTERDAY, seen=seen))
    with db.reading(office.engine) as connection:
        assert connection.execute(select(func.count(Confirmation.id))).scalar_one() == 0


def test_elsewhere_and_nowhere_look_alike(office: Office) -> None:
    office.write(lambda c: insert_organisation(c, 5, subdistrict_code=SOUTH))
    said = []
    for number in (5, 6):
        with pytest.raises(NotFound) as told:
            record(office, a_find(number, "operating"))
        said.append(told.value.zh.replace(a_uscc(number), ""))
        with (
            pytest.raises(NotFound, match=a_uscc(number)),
            db.reading(office.engine) as connection,
        ):
            screening.one(connection, ECONOMIC, office.rules, a_uscc(number), today=TODAY)
    assert said[0] == said[1]


def test_who_comes_second_reads_what_the_first_wrote_and_may_then_correct_it(
    office: Office,
) -> None:
    office.write(lambda c: insert_organisation(c, 1))
    other = replace(ECONOMIC, name="北街道经济办二")
    record(office, a_find(1, "closed", "门已锁"), other)
    with pytest.raises(ScreenedMeanwhile) as told:
        record(office, a_find(1, "operating"))
    for part in ("北街道经济办二", "已关闭", "门已锁", TODAY.isoformat()):
        assert part in told.value.zh
    assert held(office) == [("closed", TODAY, None, other.name)]
    with db.reading(office.engine) as connection:
        row = screening.one(connection, ECONOMIC, office.rules, a_uscc(1), today=TODAY)
    assert (row.decided_by, row.evidence) == (other.name, "门已锁")
    record(office, a_find(1, "operating", seen=row.seen))
    assert held(office) == [("operating", TODAY, None, ECONOMIC.name)]


@pytest.mark.parametrize(
    ("state", "then"), [("operating", ("form", "committee")), ("closed", None)]
)
def test_a_finding_answers_the_task_that_waits_for_it(
    office: Office, state: str, then: tuple[str, str] | None
) -> None:
    firm = office.write(newly_registered)
    office.run()
    assert desk(office).rows[0].task_due_on is not None
    recorded = record(office, a_find(firm, state, "上门核实"))
    assert recorded.task is not None
    assert recorded.task.closed == (then is None)
    left = [(stage, owner) for _, stage, owner in office.kinds()]
    assert left == ([] if then is None else [then])
    office.run()
    assert [(stage, owner) for _, stage, owner in office.kinds()] == left


def test_one_still_being_looked_into_keeps_its_task(office: Office) -> None:
    firm = office.write(newly_registered)
    office.run()
    assert record(office, a_find(firm, "screening")).task is None
    assert office.kinds() == [("screen", "find", "community")]
    assert desk(office).waits.unscreened == 1


def test_the_district_office_screens_everywhere(office: Office) -> None:
    waiting(office)
    district = Actor("区两新工委", Role.DISTRICT_OFFICE)
    assert {row.uscc for row in desk(office, district).rows} == {a_uscc(1), a_uscc(2), a_uscc(5)}
    assert len(desk(office, district, subdistrict_code=NORTH).rows) == 2
    record(office, a_find(5, "operating"), district)


def test_a_name_is_found_whichever_brackets_it_is_typed_with(office: Office) -> None:
    office.write(lambda c: newly_registered(c, name="示例（武陵）商贸有限公司", n=77))
    for typed in ("(武陵)", "（武陵）", "商贸 示例"):
        assert [row.uscc for row in desk(office, text=typed).rows] == [a_uscc(77)]
