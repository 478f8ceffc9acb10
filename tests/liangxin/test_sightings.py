"""What a community worker saw: to the economic office, answered, and told back."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    insert_division,
    insert_organisation,
    insert_screening,
)
from sqlalchemy import Engine, select
from tasking import (
    COMMUNITY,
    COMMUNITY_CODE,
    ECONOMIC,
    SEPTEMBER,
    Office,
    an_office,
    newly_registered,
)

from liangxin import db, screening, sightings
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import AuditEntry, Task
from liangxin.sightings import Near, Newcomer, Report
from liangxin.tasks import Answered

WORKER = replace(COMMUNITY, communities=frozenset({COMMUNITY_CODE}))
OTHER_CODE = NORTH + "002"


@pytest.fixture
def office(engine: Engine) -> Office:
    made = an_office(engine)
    made.write(lambda c: insert_division(c, OTHER_CODE, "示例二社区居委会"))
    return made


def of_the_community(connection: Any, number: int, **values: Any) -> int:
    defaults = {
        "community_code": COMMUNITY_CODE,
        "name": f"示例第{number}号商行",
        "seen_on": SEPTEMBER,
    }
    firm = insert_organisation(connection, number, **{**defaults, **values})
    before = {"from_on": TODAY - timedelta(30), "learned_at": NOW - timedelta(30)}
    insert_screening(connection, firm, **before)
    return firm


def near(office: Office, text: str = "", actor: Actor = WORKER) -> list[Near]:
    with db.reading(office.engine) as connection:
        return sightings.near(connection, actor, office.rules, today=office.today, text=text)


def report(
    office: Office, n: int, kind: str = "closed", note: str = "", actor: Actor = WORKER
) -> Answered:
    answered: Answered = office.write(
        lambda c: sightings.report(
            c, actor, office.rules, a_uscc(n), kind, note=note, today=office.today, now=office.now
        )
    )
    return answered


def report_found(office: Office, newcomer: Newcomer, actor: Actor = WORKER) -> Answered:
    answered: Answered = office.write(
        lambda c: sightings.report_found(
            c, actor, office.rules, newcomer, today=office.today, now=office.now
        )
    )
    return answered


def mine(office: Office, actor: Actor = WORKER) -> list[Report]:
    with db.reading(office.engine) as connection:
        return sightings.mine(connection, actor)


def screen(office: Office, n: int, state: str) -> None:
    def work(connection: Any) -> None:
        row = screening.one(connection, ECONOMIC, office.rules, a_uscc(n), today=office.today)
        found = screening.Found(a_uscc(n), state, "核实", office.today, row.seen)
        screening.record(
            connection, ECONOMIC, office.rules, found, today=office.today, now=office.now
        )

    office.write(work)


def test_a_worker_searches_their_own_community_and_no_other(office: Office) -> None:
    def write(connection: Any) -> None:
        of_the_community(connection, 1)
        of_the_community(connection, 2, community_code=OTHER_CODE)
        of_the_community(connection, 3, community_code=None)
        insert_screening(
            connection,
            insert_organisation(connection, 4, community_code=COMMUNITY_CODE),
            state="closed",
        )

    office.write(write)
    [found] = near(office)
    assert (found.uscc, found.community) == (a_uscc(1), "示例社区居委会")
    assert [each.uscc for each in near(office, "第1号")] == [a_uscc(1)]
    assert near(office, "第2号") == []
    assert near(office, "%") == []
    assert {each.uscc for each in near(office, actor=ECONOMIC)} == {a_uscc(n) for n in (1, 2, 3)}


@pytest.mark.parametrize("number", [2, 9], ids=["of another community", "nowhere"])
def test_what_is_not_of_the_community_is_not_found(office: Office, number: int) -> None:
    office.write(lambda c: of_the_community(c, 2, community_code=OTHER_CODE))
    with pytest.raises(NotFound, match="您的社区"):
        report(office, number)
    with db.reading(office.engine) as connection, pytest.raises(NotFound):
        sightings.one(connection, WORKER, office.rules, a_uscc(number), today=TODAY)


def test_whoever_may_not_report_is_refused(office: Office) -> None:
    for role in (Role.COMMITTEE, Role.LEADER, Role.DISTRICT_OFFICE, Role.AUDITOR):
        actor = Actor("someone", role)
        for asked in (lambda a: near(office, actor=a), lambda a: mine(office, a),
                      lambda a: report(office, 1, actor=a),
                      lambda a: report_found(office, Newcomer("示例", "示例路"), a)):  # fmt: skip
            with pytest.raises(NotPermitted):
                asked(actor)


def test_one_that_closed_becomes_a_task_of_the_economic_office(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    answered = report(office, 1, note="门口贴着转让")
    assert (answered.stage, answered.owner) == ("record", "economic_office")
    [task] = office.listed(ECONOMIC)
    assert (task.mine, task.event_zh, task.name) == (True, "社区上报", "示例第1号商行")
    assert task.said is not None
    assert (task.said.zh, task.said.note, task.said.by) == (
        "已停业关门",
        "门口贴着转让",
        WORKER.name,
    )
    with db.reading(office.engine) as connection:
        logged = connection.execute(select(AuditEntry.action).order_by(AuditEntry.number)).scalars()
        assert list(logged) == ["sighting.reported", "task.answered"]
    [own] = mine(office)
    assert (own.owner, own.due_on, own.state) == ("economic_office", task.due_on, None)
    [found] = near(office)
    assert found.reported


def test_the_days_run_leaves_the_task_until_somebody_looked(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    report(office, 1)
    office.goes_on()
    office.run()
    assert office.kinds() == [("screen", "record", "economic_office")]
    with pytest.raises(Misuse, match="没有该组织的摸排结果"):
        office.answer("recorded", ECONOMIC)
    screen(office, 1, "closed")
    assert office.kinds() == []
    office.goes_on()
    office.run()
    assert office.kinds() == []
    [own] = mine(office)
    assert (own.owner, own.state, own.state_on, own.answer_zh) == (
        None,
        "closed",
        TODAY.replace(day=TODAY.day + 1),
        "摸排结果已录入",
    )


def test_one_that_operates_after_all_settles_the_report(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    report(office, 1, "moved")
    office.goes_on()
    screen(office, 1, "operating")
    assert office.kinds() == [("screen", "form", "committee")]
    office.run()
    assert office.kinds() == [("screen", "form", "committee")]


def test_a_report_answers_the_question_that_was_open(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    assert office.kinds() == [("screen", "find", "community")]
    report(office, 1, "moved")
    assert office.kinds() == [("screen", "record", "economic_office")]
    office.run()
    assert office.kinds() == [("screen", "record", "economic_office")]


def test_a_second_report_opens_no_second_task(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    first = report(office, 1)
    second = report(office, 1, "moved", actor=replace(WORKER, name="同事"))
    assert (first.task, first.due_on) == (second.task, second.due_on)
    assert len(office.listed()) == 1
    assert [each.kind for each in mine(office)] == ["closed"]


def test_the_economic_office_may_send_it_back(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    report(office, 1)
    office.answer("back", ECONOMIC, note="请再看一次")
    assert office.kinds(WORKER) == [("screen", "find", "community")]
    [own] = mine(office)
    assert (own.owner, own.answer_note) == ("community", "请再看一次")
    office.answer("operating", WORKER)
    assert office.kinds() == [("screen", "record", "economic_office")]


def test_one_that_was_found_is_checked_by_the_economic_office(office: Office) -> None:
    answered = report_found(office, Newcomer(" 示例新商行 ", "示例路9号", a_uscc(9).lower()))
    assert (answered.stage, answered.owner) == ("check", "economic_office")
    office.run()
    [task] = office.listed(ECONOMIC)
    assert (task.title_zh, task.name, task.community) == (
        "新发现组织",
        "示例新商行",
        "示例社区居委会",
    )
    assert task.said is not None
    assert task.said.note == f"示例路9号 {a_uscc(9)}"
    with pytest.raises(Misuse, match="须说明"):
        office.answer("not_so", ECONOMIC)
    office.answer("back", ECONOMIC)
    [own] = office.listed(WORKER)
    assert own.mine
    office.answer("seen", WORKER, note="在二楼")
    office.answer("entered", ECONOMIC)
    [told] = mine(office)
    assert (told.kind, told.owner, told.answer_zh) == ("found", None, "已纳入登记库")
    office.goes_on()
    office.run()
    assert office.kinds() == []


def test_what_was_found_settles_itself_once_it_is_in_the_register(office: Office) -> None:
    report_found(office, Newcomer("示例新商行", "示例路9号", a_uscc(9)))
    office.write(lambda c: insert_organisation(c, 9, seen_on=SEPTEMBER))
    office.run()
    assert office.kinds() == []


@pytest.mark.parametrize(
    ("newcomer", "told"),
    [
        (Newcomer("", "示例路9号"), "名称"),
        (Newcomer("示例新商行", "  "), "地址"),
        (Newcomer("示例" * 101, "示例路9号"), "202"),
        (Newcomer("示例新商行", "示例路9号", "91999999"), "不是有效的统一社会信用代码"),
        (Newcomer("示例新商行", "示例路9号", a_uscc(1)), "已在您辖区的登记库中"),
    ],
)
def test_a_newcomer_that_makes_no_sense_is_refused(
    office: Office, newcomer: Newcomer, told: str
) -> None:
    office.write(lambda c: of_the_community(c, 1))
    with pytest.raises(Misuse, match=told):
        report_found(office, newcomer)
    with db.reading(office.engine) as connection:
        assert connection.execute(select(Task.id)).all() == []


def test_one_newcomer_is_reported_once(office: Office) -> None:
    report_found(office, Newcomer("示例新商行", "示例路9号"))
    with pytest.raises(Misuse, match="已由 示例社区"):
        report_found(office, Newcomer("示例新商行", "示例路11号"))


def test_a_newcomer_is_of_a_community_of_the_workers_own(office: Office) -> None:
    both = replace(WORKER, communities=frozenset({COMMUNITY_CODE, OTHER_CODE}))
    for code in ("", SOUTH + "001", "nonsense"):
        with pytest.raises(NotFound, match="请选择您负责的社区"):
            report_found(office, Newcomer("示例新商行", "示例路9号", "", code), both)
    report_found(office, Newcomer("示例新商行", "示例路9号", "", OTHER_CODE), both)
    [task] = office.listed(ECONOMIC)
    assert task.community == "示例二社区居委会"


def test_nothing_else_can_be_reported(office: Office) -> None:
    office.write(lambda c: of_the_community(c, 1))
    with pytest.raises(Misuse, match="不能上报"):
        report(office, 1, "burnt")
    with pytest.raises(Misuse, match="最多 200 字"):
        report(office, 1, note="长" * 201)
    assert mine(office) == []
