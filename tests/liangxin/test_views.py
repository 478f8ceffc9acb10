"""What may be asked: rates by group, trends, lists; within an actor's scope, on any day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    an_operating,
    insert_assignment,
    insert_covering,
    insert_division,
    insert_field_change,
    insert_organisation,
    insert_party_organisation,
    insert_place,
    insert_run,
    insert_screening,
)
from sqlalchemy import Engine

from liangxin import audit, db, rules, tally, views
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.indicators import Count, RateTable

RULES = rules.load()
START, END = date(2022, 3, 31), date(2022, 9, 30)
COMMUNITY = f"{NORTH}001"


def coverage(engine: Engine, as_of: date = END, actor: Actor = LOCAL, **how: Any) -> RateTable:
    with db.reading(engine) as connection:
        return views.coverage(connection, actor, RULES, as_of=as_of, **how)


def figures(table: RateTable) -> dict[str | None, tuple[int, int, int]]:
    return {row.code: (row.numerator, row.denominator, row.unverified) for row in table.rows}


@pytest.fixture
def district(engine: Engine) -> Engine:
    """North: alone, joint (since the end), instructor, nothing, unscreened. South: joint, a shell.

    Nowhere: one that operates. A chamber of commerce in South is covered alone.
    """
    with db.writing(engine) as connection:
        insert_division(connection, NORTH[:6], "示例区")
        insert_division(connection, NORTH, "北街道")
        insert_division(connection, SOUTH, "南街道")
        insert_division(connection, COMMUNITY, "一社区")
        joint = insert_party_organisation(
            connection, name="示例联合党支部", level="joint_branch", from_on=LONG_AGO
        )
        own = {"mode": "alone", "from_on": LONG_AGO}
        branch = insert_party_organisation(connection, name="甲公司党支部", from_on=LONG_AGO)
        first = an_operating(connection, name="甲公司", community_code=COMMUNITY)
        insert_covering(connection, first, branch, **own)
        second = an_operating(connection, name="乙公司", community_code=COMMUNITY)
        insert_covering(connection, second, joint, mode="joint", from_on=END)
        third = an_operating(connection, name="丙公司")
        insert_assignment(connection, third, from_on=START)
        an_operating(connection, name="丁公司")
        insert_organisation(connection, name="戊公司")
        sixth = an_operating(connection, name="己公司", subdistrict_code=SOUTH)
        insert_covering(connection, sixth, joint, mode="joint", from_on=LONG_AGO)
        shell = insert_organisation(connection, name="庚公司", subdistrict_code=SOUTH)
        insert_screening(connection, shell, state="shell", from_on=LONG_AGO)
        an_operating(connection, name="辛公司", subdistrict_code=None)
        chamber = an_operating(
            connection, name="示例商会", kind="social", ownership="SOCIAL", subdistrict_code=SOUTH
        )
        insert_covering(
            connection, chamber, insert_party_organisation(connection, from_on=LONG_AGO), **own
        )
    return engine


@pytest.mark.parametrize(("rate", "north", "south"), [("R1", 2, 2), ("R2", 1, 1), ("R6", 3, 2)])
@pytest.mark.usefixtures("district")
def test_a_rate_by_sub_district(engine: Engine, rate: str, north: int, south: int) -> None:
    table = coverage(engine, rate=rate)
    assert table.rows == (
        Count(NORTH, "北街道", north, 4, 1),
        Count(SOUTH, "南街道", south, 2, 0),
        Count(None, views.UNLOCATED, 0, 1, 0),
    )
    assert table.total == Count(None, "total", north + south, 7, 1)
    said = (table.as_of, table.rate, table.by, table.rule_set)
    assert said == (END, rate, "subdistrict", RULES.id)


@pytest.mark.usefixtures("district")
def test_a_rate_by_community_and_by_kind(engine: Engine) -> None:
    assert coverage(engine, by="community").rows == (
        Count(COMMUNITY, "一社区", 2, 2, 0),
        Count(None, views.UNLOCATED, 2, 5, 1),
    )
    assert coverage(engine, by="kind").rows == (
        Count("enterprise", "非公企业", 3, 6, 1),
        Count("social", "社会组织", 1, 1, 0),
    )


@pytest.mark.usefixtures("district")
def test_every_grouping_has_the_same_total(engine: Engine) -> None:
    totals = {coverage(engine, by=by).total for by in tally.GROUPS}
    assert totals == {Count(None, "total", 4, 7, 1)}


@pytest.mark.usefixtures("district")
def test_the_day_decides(engine: Engine) -> None:
    before = coverage(engine, END - timedelta(days=1))
    assert figures(before) == {NORTH: (1, 4, 1), SOUTH: (2, 2, 0), None: (0, 1, 0)}
    work = coverage(engine, START - timedelta(days=1), rate="R6")
    assert figures(work)[NORTH] == (1, 4, 1)


@pytest.mark.usefixtures("district")
def test_a_trend_is_the_total_of_each_day_in_the_order_asked(engine: Engine) -> None:
    days = [END, END - timedelta(days=1), date(1999, 1, 1)]
    with db.reading(engine) as connection:
        points = views.trend(connection, LOCAL, RULES, days=days)
        nothing = views.trend(connection, LOCAL, RULES, days=[])
    assert [(point.as_of, point.count.numerator, point.count.denominator) for point in points] == [
        (END, 4, 7),
        (END - timedelta(days=1), 3, 7),
        (date(1999, 1, 1), 0, 0),
    ]
    assert points[2].count.percent is None
    assert nothing == []


@pytest.mark.usefixtures("district")
def test_all_rates_of_many_days_are_those_of_each_day(engine: Engine) -> None:
    days = {END, END - timedelta(days=1), START}
    with db.reading(engine) as connection:
        found = views.totals(connection, LOCAL, RULES, days=days)
        nothing = views.totals(connection, LOCAL, RULES, days=())
    assert found == {
        day: {rate: coverage(engine, day, rate=rate).total for rate in RULES.rates} for day in days
    }
    assert nothing == {}


def test_a_group_whose_organisations_do_not_count_is_a_row_without_a_share(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, ownership="PUBLIC")
        insert_organisation(connection, ownership="PUBLIC", subdistrict_code=None)
    [row] = coverage(engine).rows
    assert (row.code, row.name, row.denominator, row.percent) == (NORTH, NORTH, 0, None)


def test_an_empty_register_has_no_rows_and_no_data(engine: Engine) -> None:
    table = coverage(engine)
    assert table.rows == ()
    assert table.total.percent is None
    with db.reading(engine) as connection:
        assert views.data_date(connection) is None


def test_what_an_undone_run_described_is_no_day_of_the_data(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_run(connection, as_of=date(2026, 3, 31))
        insert_run(connection, as_of=date(2026, 9, 30), undone_at=NOW)
        assert views.data_date(connection) == date(2026, 3, 31)


def test_a_community_sees_its_own_buildings_alone(engine: Engine) -> None:
    worker = Actor("示例社区", Role.COMMUNITY, frozenset({NORTH}), frozenset({f"{NORTH}001"}))
    with db.writing(engine) as connection:
        insert_place(connection, community_code=f"{NORTH}001")
        insert_place(connection, name="别处大厦", community_code=f"{NORTH}002")
        told = views.coverage(connection, worker, rules.load(), as_of=TODAY, rate="R8")
    assert told.total.denominator == 1


def test_what_nobody_verified_and_nobody_located_is_still_said(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, subdistrict_code=None, ownership="REVIEW")
    assert figures(coverage(engine)) == {None: (0, 0, 1)}


def test_an_organisation_that_moved_counts_where_it_was_on_the_day(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, subdistrict_code=SOUTH)
        insert_field_change(connection, firm, "subdistrict_code", (NORTH, SOUTH), from_on=END)
    assert figures(coverage(engine, END - timedelta(days=1))) == {NORTH: (0, 1, 0)}
    assert figures(coverage(engine, END)) == {SOUTH: (0, 1, 0)}


def test_a_figure_is_told_again_as_it_was_known_before_a_correction(engine: Engine) -> None:
    now, later = NOW, NOW + timedelta(days=3)
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        wrong = insert_party_organisation(connection, from_on=START)
        insert_covering(connection, firm, wrong, from_on=START, corrected_at=later)
        right = {"from_on": END, "learned_at": later}
        insert_covering(connection, firm, wrong, **right)
    told = [coverage(engine, START, known_at=moment).total.numerator for moment in (now, later)]
    assert told == [1, 0]
    assert coverage(engine, START).total.numerator == 0
    assert coverage(engine, END).total.numerator == 1


def test_the_newest_day_of_any_run_is_the_date_of_the_data(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_run(connection, as_of=END)
        insert_run(connection, as_of=START)
    with db.reading(engine) as connection:
        assert views.data_date(connection) == END


def test_what_people_record_after_the_newest_file_moves_the_day_of_the_data(engine: Engine) -> None:
    clerk = Actor("示例经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))

    def does(action: str, on: int | None) -> date | None:
        day = None if on is None else TODAY + timedelta(days=on)
        with db.writing(engine) as connection:
            audit.by_actor(connection, clerk, action, now=NOW, on=day)
            return views.data_date(connection)

    assert does("screening.recorded", -2) is None, "no file was loaded yet"
    with db.writing(engine) as connection:
        insert_run(connection, as_of=TODAY - timedelta(days=60))
        assert views.data_date(connection) == TODAY - timedelta(days=2)
    assert does("visit.logged", None) == TODAY - timedelta(days=2), "a visit moves no figure"
    assert does("plan.applied", 1) == TODAY - timedelta(days=2), "it holds from tomorrow on"
    assert does("plan.applied", 0) == TODAY
    assert does("screening.recorded", -3) == TODAY, "it was found three days ago"
    with db.writing(engine) as connection:
        assert views.file_date(connection) == TODAY - timedelta(days=60)
        insert_run(connection, as_of=TODAY + timedelta(days=7))
        assert views.data_date(connection) == TODAY + timedelta(days=7)


def test_a_day_that_has_begun_in_china_is_no_day_to_come(engine: Engine) -> None:
    evening = datetime(2026, 11, 23, 16, 30, tzinfo=UTC)  # half past midnight in China
    with db.writing(engine) as connection:
        insert_run(connection, as_of=END)
        day = date(2026, 11, 24)
        audit.by_actor(connection, LOCAL, "party.changed", now=evening, on=day)
        assert views.data_date(connection) == day


def test_the_newest_run_says_which_district_the_register_is_for(engine: Engine) -> None:
    with db.reading(engine) as connection:
        assert views.data_district(connection) == ""
    with db.writing(engine) as connection:
        insert_run(connection, as_of=END, district_code="430703")
        insert_run(connection, as_of=END, district_code="430702")
        insert_run(connection, as_of=START, district_code="430704")
    with db.reading(engine) as connection:
        assert views.data_district(connection) == "430702"


def test_a_district_is_called_what_it_is_called_today(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, NORTH[:6], "旧区", to_on=END)
        insert_division(connection, NORTH[:6], "新区", from_on=END)
    with db.reading(engine) as connection:
        assert views.district_name(connection, NORTH[:6]) == "新区"
        assert views.district_name(connection, "000000") is None


@pytest.mark.usefixtures("district")
def test_a_sub_district_is_called_what_it_was_called_on_the_day(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, "999999003", "旧街道", to_on=END)
        insert_division(connection, "999999003", "新街道", from_on=END)
        an_operating(connection, subdistrict_code="999999003")
    names = [
        {row.code: row.name for row in coverage(engine, day).rows}["999999003"]
        for day in (START, END)
    ]
    assert names == ["旧街道", "新街道"]


def test_a_sub_district_that_was_merged_is_named_with_the_day_it_ended(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, "999999003", "旧街道", to_on=END)
        an_operating(connection, subdistrict_code="999999003")
    names = [
        {row.code: row.name for row in coverage(engine, day).rows}["999999003"]
        for day in (START, END)
    ]
    assert names == ["旧街道", f"旧街道（{END} 起已撤并）"]
    with pytest.raises(NotFound, match=f"ended on {END}") as caught:
        listed(engine, "999999003")
    assert f"“旧街道”已于 {END} 撤并" in caught.value.zh


# The list of a sub-district.


def listed(engine: Engine, code: str = NORTH, as_of: date = END, actor: Actor = LOCAL) -> list[Any]:
    with db.reading(engine) as connection:
        return views.organisations(connection, actor, RULES, subdistrict_code=code, as_of=as_of)


@pytest.mark.usefixtures("district")
def test_a_list_tells_of_each_organisation_whether_it_counts_and_who_reaches_it(
    engine: Engine,
) -> None:
    rows = {row.name: row for row in listed(engine)}
    told = {
        name: (row.counts, row.unverified, row.covering, row.instructed, row.party_organisation)
        for name, row in rows.items()
    }
    assert told == {
        "甲公司": (True, False, "alone", False, "甲公司党支部"),
        "乙公司": (True, False, "joint", False, "示例联合党支部"),
        "丙公司": (True, False, None, True, None),
        "丁公司": (True, False, None, False, None),
        "戊公司": (False, True, None, False, None),
    }
    assert {name: row.community for name, row in rows.items() if row.community} == {
        "甲公司": "一社区",
        "乙公司": "一社区",
    }
    assert rows["戊公司"].state is None


@pytest.mark.usefixtures("district")
def test_a_list_begins_with_those_that_count_and_ends_with_those_that_never_will(
    engine: Engine,
) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, name="丑公司", ownership="PUBLIC")
    kinds = [(row.counts, row.unverified) for row in listed(engine)]
    assert kinds == [(True, False)] * 4 + [(False, True), (False, False)]


@pytest.mark.usefixtures("district")
def test_a_list_is_that_of_the_day(engine: Engine) -> None:
    yesterday = {row.name: row.covering for row in listed(engine, as_of=END - timedelta(days=1))}
    assert yesterday["乙公司"] is None
    assert listed(engine, as_of=date(1999, 1, 1)) == []


@pytest.mark.parametrize("corrected", [False, True])
def test_an_own_party_organisation_is_named_before_a_joint_one(
    engine: Engine, corrected: bool
) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "北街道")
        firm = an_operating(connection)
        gone = {"corrected_at": NOW} if corrected else {}
        own = insert_party_organisation(connection, name="自己的", from_on=LONG_AGO)
        joint = insert_party_organisation(connection, name="联合的", from_on=LONG_AGO)
        insert_covering(connection, firm, own, mode="alone", from_on=LONG_AGO, **gone)
        insert_covering(connection, firm, joint, mode="joint", from_on=LONG_AGO)
    [row] = listed(engine)
    expected = ("joint", "联合的") if corrected else ("alone", "自己的")
    assert (row.covering, row.party_organisation) == expected


# Who asks.


def actor(role: Role, *subdistricts: str) -> Actor:
    return Actor("somebody", role, frozenset(subdistricts))


@pytest.mark.usefixtures("district")
def test_an_actor_sees_the_figures_of_its_own_sub_districts_and_no_other(engine: Engine) -> None:
    south = actor(Role.COMMITTEE, SOUTH)
    assert figures(coverage(engine, actor=south)) == {SOUTH: (2, 2, 0)}
    assert coverage(engine, actor=south, by="kind").total == Count(None, "total", 2, 2, 0)
    assert coverage(engine, actor=south, by="community").total == Count(None, "total", 2, 2, 0)
    both = actor(Role.ECONOMIC_OFFICE, SOUTH, NORTH)
    assert set(figures(coverage(engine, actor=both))) == {NORTH, SOUTH}
    with db.reading(engine) as connection:
        [point] = views.trend(connection, south, RULES, days=[END])
    assert point.count == Count(None, "total", 2, 2, 0)


@pytest.mark.usefixtures("district")
def test_an_actor_of_no_sub_district_sees_nothing(engine: Engine) -> None:
    assert coverage(engine, actor=actor(Role.COMMITTEE)).rows == ()


@pytest.mark.usefixtures("district")
def test_a_list_outside_the_scope_looks_like_one_that_does_not_exist(engine: Engine) -> None:
    south = actor(Role.COMMITTEE, SOUTH)
    assert len(listed(engine, SOUTH, actor=south)) == 3
    told = set()
    for code, asker in ((NORTH, south), ("999999777", south), ("999999777", LOCAL)):
        with pytest.raises(NotFound) as caught:
            listed(engine, code, actor=asker)
        told.add(caught.value.zh.replace(code, "…"))
    assert told == {"没有找到街道“…”。"}


@pytest.mark.usefixtures("district")
@pytest.mark.parametrize("code", ["", "999999", COMMUNITY, "' OR 1=1 --", "北街道", "999999777"])
def test_what_is_no_sub_district_is_not_found(engine: Engine, code: str) -> None:
    with pytest.raises(NotFound):
        listed(engine, code)


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR])
def test_a_role_that_may_not_see_rates_gets_none(sqlite_engine: Engine, role: Role) -> None:
    nobody = Actor("somebody", role)
    with pytest.raises(NotPermitted):
        coverage(sqlite_engine, actor=nobody)
    with db.reading(sqlite_engine) as connection, pytest.raises(NotPermitted):
        views.trend(connection, nobody, RULES, days=[])
    with db.reading(sqlite_engine) as connection, pytest.raises(NotPermitted):
        views.totals(connection, nobody, RULES, days=[])


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR])
def test_a_role_that_may_not_list_organisations_gets_none(
    sqlite_engine: Engine, role: Role
) -> None:
    with pytest.raises(NotPermitted):
        listed(sqlite_engine, "430702001", actor=Actor("somebody", role))


@pytest.mark.parametrize("how", [{"rate": "R9"}, {"by": "district"}, {"by": ""}])
def test_a_question_that_makes_no_sense_is_a_misuse(
    sqlite_engine: Engine, how: dict[str, str]
) -> None:
    with pytest.raises(Misuse):
        coverage(sqlite_engine, **how)


def test_who_counts_and_is_still_being_screened_is_unverified_once_and_in_no_other_rate(
    engine: Engine,
) -> None:
    """A rule set may count who is not decided yet; nobody knows this firm's staff."""
    wide = replace(RULES, id="wide", states=RULES.states | {"screening"})
    [staffed] = [rule for rule in wide.rates.values() if rule.over and rule.over.staff_min]
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        insert_screening(connection, firm, state="screening", from_on=LONG_AGO)
    with db.reading(engine) as connection:
        found = tally.of_day(
            connection, LOCAL, wide, list(wide.rates.values()), as_of=END, by="subdistrict"
        )
    assert found[staffed.id] == [(NORTH, 0, 0, 1)]
    assert {row[1] for rows in found.values() for row in rows} == {0}
