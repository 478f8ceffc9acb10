"""What instructors can take on, what is said of pairs, their visits, and lists an office writes."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import LONG_AGO, NORTH, NOW, SOUTH, insert_assignment
from planning_desk import BY, DAY, EAST, LATER, WEST, PlanningDesk, pairs
from sqlalchemy import Engine, select

from liangxin import (
    access,
    chains,
    db,
    forgetting,
    instructor_changes,
    instructors,
    party,
    places,
    spells,
    visits,
)
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.facts_on import true_on
from liangxin.plans import ground
from liangxin.schema import Assignment, Visit


@pytest.fixture
def desk(sqlite_engine: Engine) -> PlanningDesk:
    return PlanningDesk(sqlite_engine)


def shown(desk: PlanningDesk, number: int, *, on: Any = DAY) -> instructors.Sent:
    found = desk.read(lambda c: instructors.of_scope(c, desk.actor, on))
    return next(each for each in found if each.id == number)


def test_an_offer_changes_what_it_states_and_holds_from_its_day_on(desk: PlanningDesk) -> None:
    number = desk.instructor(capacity=4, sectors="商贸\n物流")
    desk.write(
        lambda c: instructors.offer(
            c, desk.actor, number, {"is_willing": False, "hours": 10}, on=LATER, now=NOW
        )
    )
    before, after = shown(desk, number), shown(desk, number, on=LATER)
    assert (before.capacity, before.sectors, before.is_willing) == (4, ("商贸", "物流"), True)
    assert (after.capacity, after.hours, after.is_willing) == (4, 10, False)
    with pytest.raises(Misuse, match="可联系数”不能是"):
        desk.write(
            lambda c: instructors.offer(c, desk.actor, number, {"capacity": -1}, on=DAY, now=NOW)
        )
    with pytest.raises(Misuse, match="没有给出"):
        desk.write(lambda c: instructors.offer(c, desk.actor, number, {}, on=DAY, now=NOW))


def test_a_word_is_one_of_those_there_are_and_about_somebody_in_scope(desk: PlanningDesk) -> None:
    firm, number = desk.firm(), desk.instructor()
    with pytest.raises(Misuse, match="agreed（双方同意）"):
        desk.say(number, firm, "maybe")
    with pytest.raises(NotFound, match="没有编号为 99"):
        desk.say(99, firm, "agreed")
    desk.actor = access.local_committee(SOUTH)
    with pytest.raises(NotFound):
        desk.say(number, firm, "agreed")
    with pytest.raises(NotFound):
        desk.read(lambda c: ground.require_organisation(c, desk.actor, firm, DAY))


def test_a_list_brings_new_ones_and_updates_those_there_are(
    desk: PlanningDesk, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_text(
        "name,kind,subdistrict_code,capacity,community_code,sectors,is_willing\n"
        f"甲,retired_cadre,{NORTH},3,{EAST},商贸；物流,\n"
        f"乙,community_cadre,{NORTH},,,,否\n",
        encoding="utf-8",
    )

    def load() -> instructors.Loaded:
        rows = instructors.read(file)
        return desk.write(lambda c: instructors.load(c, desk.actor, rows, on=DAY, now=NOW))

    assert load() == instructors.Loaded(rows=2, new=2, changed=0, unchanged=0)
    assert load() == instructors.Loaded(rows=2, new=0, changed=0, unchanged=2)
    file.write_text(file.read_text(encoding="utf-8").replace(",3,", ",5,"))
    assert load() == instructors.Loaded(rows=2, new=0, changed=1, unchanged=1)
    one, other = desk.read(lambda c: instructors.of_scope(c, desk.actor, DAY))
    assert {one.name, other.name} == {"甲", "乙"}
    first = one if one.name == "甲" else other
    assert (first.capacity, first.community_code, first.sectors) == (5, EAST, ("商贸", "物流"))
    assert first.is_willing
    assert not (other if one.name == "甲" else one).is_willing


@pytest.mark.parametrize(
    ("line", "named"),
    [
        (
            "甲,街道干部,999999001,",
            "第 2 行“kind”不能填“街道干部”，可填：subdistrict_cadre（街道干部）、community_cadre",
        ),
        ("甲\0乙,other,999999001,", "第 2 行“name”含有看不见的字符"),
        ("甲,other,9999,", "第 2 行“subdistrict_code”不能填“9999”，请填 9 位区划代码"),
        (",other,999999001,", "第 2 行“name”不能填“”，不能为空"),
        ("甲,other,999999001,-3", "第 2 行“capacity”不能填“-3”，请填 0 到 999 的整数，或留空"),
    ],
)
def test_a_cell_that_makes_no_sense_is_named(tmp_path: Path, line: str, named: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(f"name,kind,subdistrict_code,capacity\n{line}\n", encoding="utf-8")
    with pytest.raises(Misuse, match=named):
        instructors.read(file)


@pytest.mark.parametrize(
    ("header", "named"),
    [
        ("name,kind\n甲,other\n", "缺少列“subdistrict_code”"),
        ("name,kind,subdistrict_code,id\n", "“id”"),
    ],
)
def test_a_column_too_few_or_too_many_is_named(tmp_path: Path, header: str, named: str) -> None:
    file = tmp_path / "list.csv"
    file.write_text(header, encoding="utf-8")
    with pytest.raises(Misuse, match=named):
        instructors.read(file)
    with pytest.raises(Misuse, match="无法读取"):
        instructors.read(tmp_path / "none.csv")


def test_a_name_twice_in_one_sub_district_is_refused(desk: PlanningDesk) -> None:
    row = {"name": "甲", "kind": "other", "subdistrict_code": NORTH}
    with pytest.raises(Misuse, match="同名"):
        desk.write(lambda c: instructors.load(c, desk.actor, [row, row], on=DAY, now=NOW))
    desk.actor = access.local_committee(SOUTH)
    with pytest.raises(NotFound):
        desk.write(lambda c: instructors.load(c, desk.actor, [row], on=DAY, now=NOW))


def sent(desk: PlanningDesk) -> tuple[str, int]:
    firm, number = desk.firm(), desk.instructor()
    with db.writing(desk.engine) as connection:
        insert_assignment(connection, desk.firms, number, from_on=DAY)
    return firm, number


def goes(desk: PlanningDesk, number: int, code: str, *, after: int, kind: str = "visit") -> str:
    organisation, on = desk.number(code), DAY + timedelta(days=after)
    return desk.write(
        lambda c: visits.record(
            c, desk.actor, number, organisation, kind=kind, on=on, by=BY, now=NOW
        )
    )


def late(desk: PlanningDesk, *, after: int) -> dict[str, int]:
    on = DAY + timedelta(days=after)
    found = desk.read(lambda c: visits.overdue(c, desk.actor, desk.rules, as_of=on))
    return {each.what: each.days_over for each in found}


def test_a_visit_is_overdue_after_45_days_and_a_talk_after_a_year(desk: PlanningDesk) -> None:
    firm, number = sent(desk)
    assert late(desk, after=45) == {}
    assert late(desk, after=46) == {"visit": 1}
    assert goes(desk, number, firm, after=46) == "new"
    assert goes(desk, number, firm, after=46) == "unchanged"
    assert late(desk, after=91) == {}
    assert late(desk, after=92) == {"visit": 1}
    assert late(desk, after=40) == {}
    assert goes(desk, number, firm, after=360, kind="talk") == "new"
    assert late(desk, after=367) == {}
    assert late(desk, after=360 + 46) == {"visit": 1}


def test_a_talk_that_never_was_and_a_term_that_is_over_are_told(desk: PlanningDesk) -> None:
    firm, number = sent(desk)
    goes(desk, number, firm, after=365)
    assert late(desk, after=367) == {"talk": 1}
    goes(desk, number, firm, after=730, kind="talk")
    assert late(desk, after=731) == {}  # two years, one of them a leap year
    assert late(desk, after=732) == {"term": 1}
    desk.rules = replace(desk.rules, planning=replace(desk.rules.planning, visit_days=100))
    assert late(desk, after=830) == {"term": 99}


def closes(desk: PlanningDesk, code: str, *, after: int) -> None:
    """It is found gone so many days after it was assigned."""
    fact = {
        "organisation_id": desk.number(code),
        "state": "not_found",
        "evidence": "上门走访",
        "decided_by": BY,
        "from_on": DAY + timedelta(days=after),
    }
    desk.write(lambda c: chains.record(c, chains.SCREENINGS, pl.DataFrame([fact]), now=NOW))


@pytest.mark.parametrize("are_told", [False, True])
def test_an_organisation_that_counts_no_more_is_late_from_the_day_it_stopped(
    desk: PlanningDesk, *, are_told: bool
) -> None:
    firm, number = sent(desk)
    goes(desk, number, firm, after=250)
    closes(desk, firm, after=300)
    if are_told:
        assert spells.ready(desk.engine, desk.rules)
    assert late(desk, after=299) == {"visit": 4}
    assert late(desk, after=300) == {"gone": 0}
    assert late(desk, after=310) == {"gone": 10}


@pytest.mark.parametrize("are_told", [False, True])
def test_who_was_sent_again_after_it_stopped_counting_is_late_from_that_day(
    desk: PlanningDesk, *, are_told: bool
) -> None:
    firm, number = desk.firm(), desk.instructor()
    ended = DAY + timedelta(days=30)
    for days in ({"from_on": DAY, "to_on": ended}, {"from_on": DAY + timedelta(days=200)}):
        desk.write(lambda c, d=days: insert_assignment(c, desk.firms, number, **d))  # type: ignore[misc]
    closes(desk, firm, after=100)
    if are_told:
        assert spells.ready(desk.engine, desk.rules)
    assert late(desk, after=210) == {"gone": 10}


def test_days_without_a_visit_go_on_over_a_renewed_term_and_not_over_a_break(
    desk: PlanningDesk,
) -> None:
    firm, number = desk.firm(), desk.instructor()
    renewed, ended, begun = (DAY + timedelta(days=days) for days in (40, 100, 150))
    for days in (
        {"from_on": DAY, "to_on": renewed},
        {"from_on": renewed, "to_on": ended},
        {"from_on": begun},
    ):
        desk.write(lambda c, d=days: insert_assignment(c, desk.firms, number, **d))  # type: ignore[misc]
    assert late(desk, after=46) == {"visit": 1}
    goes(desk, number, firm, after=30)
    assert late(desk, after=50) == {}
    assert late(desk, after=80) == {"visit": 5}
    # The visit before the break is not one of the assignment that began after it.
    assert late(desk, after=195) == {}
    assert late(desk, after=196) == {"visit": 1}


def ends(desk: PlanningDesk, number: int, code: str, *, on: Any, today: Any) -> str:
    now = datetime.combine(today, time(4), UTC)
    return desk.write(lambda c: instructor_changes.end(c, desk.actor, number, code, on=on, now=now))


def applied(desk: PlanningDesk) -> tuple[str, int]:
    """One firm whose instructor a plan sends today."""
    firm, number = desk.firm(), desk.instructor()
    now = datetime.combine(DAY, time(3), UTC)
    fact = {"uscc": firm, "instructor_id": number, "from_on": DAY}
    desk.write(lambda c: party.assign(c, pl.DataFrame([fact]), now=now))
    return firm, number


def test_what_was_assigned_today_is_taken_back_today_and_stays_readable(
    desk: PlanningDesk,
) -> None:
    firm, number = applied(desk)
    assert ends(desk, number, firm, on=DAY, today=DAY) == "taken_back"
    assert desk.assigned() == set()
    before = datetime.combine(DAY, time(3, 30), UTC)  # it was believed then
    for known_at, number_of_them in ((before, 1), (None, 0)):
        query = select(Assignment.id).where(true_on(Assignment, DAY, known_at))
        assert len(desk.read(lambda c, q=query: c.execute(q).all())) == number_of_them
    assert pairs(desk.instructors()) == {firm: number}  # and may be sent again


def test_what_began_before_today_ends_and_is_not_taken_back(desk: PlanningDesk) -> None:
    firm, number = applied(desk)
    later = DAY + timedelta(days=3)
    with pytest.raises(Misuse, match=r"只能在登记或开始的当天撤回。请填写 2026-06-02"):
        ends(desk, number, firm, on=DAY, today=later)
    assert ends(desk, number, firm, on=later, today=later) == "ended"
    assert desk.assigned() == {(firm, number, DAY, later)}


def test_an_assignment_that_was_visited_is_not_taken_back(desk: PlanningDesk) -> None:
    firm, number = applied(desk)
    goes(desk, number, firm, after=0)
    with pytest.raises(Misuse, match=r"已登记对 .* 的走访.*请填写 2026-06-02"):
        ends(desk, number, firm, on=DAY, today=DAY)
    assert desk.assigned() == {(firm, number, DAY, None)}


def test_a_term_renewed_today_ends_today_with_the_term_before_it(desk: PlanningDesk) -> None:
    firm, number = desk.firm(), desk.instructor()
    desk.write(lambda c: insert_assignment(c, desk.firms, number, from_on=LONG_AGO))
    assert desk.in_force(desk.instructors()["plan"]).renewed == 1
    assert ends(desk, number, firm, on=DAY, today=DAY) == "ended"
    assert desk.assigned() == {(firm, number, LONG_AGO, DAY)}


def test_a_visit_is_forgotten_after_three_years(desk: PlanningDesk) -> None:
    firm, number = sent(desk)
    goes(desk, number, firm, after=10)
    goes(desk, number, firm, after=20)
    gone = (DAY + timedelta(days=10)).replace(year=DAY.year + 3)
    for day, left in ((gone - timedelta(days=1), 2), (gone, 1)):
        desk.write(lambda c, day=day: forgetting.forget_due(c, day, now=NOW))
        kept = desk.read(lambda c: c.execute(select(Visit.id)).all())
        assert len(kept) == left
    assert len(desk.assigned()) == 1


def test_a_visit_needs_an_assignment_of_that_day_and_a_known_kind(desk: PlanningDesk) -> None:
    firm, number = sent(desk)
    with pytest.raises(Misuse, match="没有联系该单位"):
        goes(desk, number, firm, after=-1)
    with pytest.raises(Misuse, match="visit、talk"):
        goes(desk, number, firm, after=1, kind="dinner")
    desk.actor = access.Actor("somebody", access.Role.LEADER)
    with pytest.raises(NotPermitted):
        goes(desk, number, firm, after=1)


def test_visits_of_other_sub_districts_are_not_shown(desk: PlanningDesk) -> None:
    sent(desk)
    desk.actor = access.local_committee(SOUTH)
    assert late(desk, after=46) == {}


def test_places_are_taken_over_and_updated(desk: PlanningDesk, tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    head = "name,kind,subdistrict_code,aliases,is_key,latitude,longitude\n"
    file.write_text(
        f"{head}砚池大厦,building,{NORTH},砚池中心;A座,是,29.1,111.7\n", encoding="utf-8"
    )

    def load() -> places.Loaded:
        rows = places.read(file)
        return desk.write(lambda c: places.load(c, desk.actor, rows, on=LONG_AGO, now=NOW))

    assert load() == places.Loaded(1, 1, 0, 0)
    assert load() == places.Loaded(1, 0, 0, 1)
    known = desk.read(lambda c: ground.Places(c, DAY))
    assert known.find(NORTH, None, "沅汀路3号砚池中心5楼").name == "砚池大厦"
    assert known.find(NORTH, "A座").at == (111.7, 29.1)
    assert known.find(SOUTH, None, "砚池大厦").name is None
    assert known.find(NORTH, "别处").name == "别处"
    file.write_text(f"{head}砚池大厦,building,{NORTH},,是,29.1,111.8\n", encoding="utf-8")
    assert load() == places.Loaded(1, 0, 1, 0)
    file.write_text(f"{head}砚池大厦,building,{NORTH},,否,29.1,111.8\n", encoding="utf-8")
    with pytest.raises(Misuse, match="以往的 R8"):
        load()
    desk.actor = access.local_committee(SOUTH)
    with pytest.raises(NotFound):
        load()
    for row in ("大厦,building,999999001,,,29.1,", "大厦,house,999999001,,,,"):
        file.write_text(head + row + "\n", encoding="utf-8")
        with pytest.raises(Misuse, match="第 2 行"):
            places.read(file)
    file.write_text(head + 2 * f"砚池大厦,building,{NORTH},,,,\n", encoding="utf-8")
    with pytest.raises(Misuse, match="重复"):
        places.read(file)


def test_neighbours_are_a_pair_whatever_their_order(desk: PlanningDesk, tmp_path: Path) -> None:
    file = tmp_path / "beside.csv"
    file.write_text(f"code,neighbour\n{EAST},{WEST}\n{WEST},{EAST}\n", encoding="utf-8")
    pairs = places.read_neighbours(file)
    assert desk.write(lambda c: places.load_neighbours(c, desk.actor, pairs, now=NOW)).new == 1
    assert desk.write(lambda c: places.load_neighbours(c, desk.actor, pairs, now=NOW)).new == 0
    assert desk.read(ground.neighbours) == {(EAST, WEST)}
    file.write_text(f"code,neighbour\n{EAST},{EAST}\n", encoding="utf-8")
    with pytest.raises(Misuse, match="与自己相邻"):
        places.read_neighbours(file)
