"""Clocks: half and nine tenths, what runs over its limit, what starts and ends each of them."""

from datetime import date, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    an_operating,
    insert_application,
    insert_assignment,
    insert_covering,
    insert_hire,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
    insert_transfer,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from liangxin import clocks, db, rules, timing
from liangxin.access import LOCAL, Actor, Role
from liangxin.clocks import CLOCKS, Reading
from liangxin.errors import Misuse, NotPermitted

RULES = rules.load()
DAY = date(2026, 9, 30)
COMMITTEES = Actor("committees", Role.COMMITTEE)
SOUTHERN = Actor("south", Role.COMMITTEE, frozenset({SOUTH}))


def ago(days: int) -> date:
    return DAY - timedelta(days=days)


# Pure.


@pytest.mark.parametrize(
    ("days", "half", "most"),
    [
        ({}, None, None),
        ({7: 1}, 7, 7),
        ({1: 1, 9: 1}, 1, 9),
        ({0: 9, 30: 1}, 0, 0),
        ({0: 8, 30: 2}, 0, 30),
        (dict.fromkeys(range(1, 11), 1), 5, 9),
        (dict.fromkeys(range(1, 12), 1), 6, 10),
    ],
)
def test_half_and_nine_tenths_are_lengths_that_occur(
    days: dict[int, int], half: int | None, most: int | None
) -> None:
    assert (clocks.percentile(days, 50), clocks.percentile(days, 90)) == (half, most)


@given(st.dictionaries(st.integers(0, 400), st.integers(1, 5), min_size=1), st.integers(1, 100))
def test_a_percentile_is_the_smallest_that_so_many_do_not_exceed(
    days: dict[int, int], percent: int
) -> None:
    found = clocks.percentile(days, percent)
    every = sorted(length for length, number in days.items() for _ in range(number))
    assert found is not None
    assert 100 * sum(length <= found for length in every) >= percent * len(every)
    assert 100 * sum(length < found for length in every) < percent * len(every)


def test_the_limit_itself_is_not_over_it() -> None:
    read = clocks.read("transfer", NORTH, 90, {90: 2, 91: 3}, {90: 1, 91: 4, 400: 1})
    assert (read.ended, read.ended_over, read.open, read.open_over) == (5, 3, 6, 5)


# Through the register.


def reading(engine: Engine, clock: str, actor: Actor = COMMITTEES, **how: Any) -> Reading:
    with db.reading(engine) as connection:
        how = {"as_of": DAY, **how}
        return timing.readings(connection, actor, RULES, **how)[clock][-1]


def counted(engine: Engine, clock: str, **how: Any) -> tuple[int, int | None, int, int]:
    read = reading(engine, clock, **how)
    return read.ended, read.p50, read.open, read.open_over


@pytest.mark.parametrize(
    ("clock", "insert", "limit"),
    [
        ("hire_identified", insert_hire, 30),
        ("application", insert_application, 31),
        ("transfer", insert_transfer, 90),
    ],
)
def test_a_clock_runs_from_its_start_to_its_end(
    engine: Engine, clock: str, insert: Any, limit: int
) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, name="甲公司")
        insert(connection, firm, ago(20), ago(13))
        insert(connection, firm, ago(limit + 1))
        insert(connection, firm, ago(limit))
        insert(connection, firm, DAY, DAY + timedelta(days=1))  # ends tomorrow: is open
        insert(connection, firm, DAY + timedelta(days=1))  # starts tomorrow: is not there
        insert(connection, firm, ago(300), ago(1), corrected_at=NOW)  # never was
    assert counted(engine, clock) == (1, 7, 3, 1)
    assert counted(engine, clock, since=ago(13)) == (1, 7, 3, 1)
    assert counted(engine, clock, since=ago(12)) == (0, None, 3, 1)
    assert reading(engine, clock).limit == limit
    with db.reading(engine) as connection:
        [over] = timing.open_over(connection, COMMITTEES, RULES, clock, as_of=DAY)
    assert (over.name, over.since, over.days) == ("甲公司", ago(limit + 1), limit + 1)


def a_cover(connection: Connection, firm: int, first: int, last: int | None = None,
            founded: int = 900, dissolved: int | None = None) -> None:  # fmt: skip
    party = insert_party_organisation(
        connection, from_on=ago(founded), to_on=None if dissolved is None else ago(dissolved)
    )
    end = None if last is None else ago(last)
    insert_covering(connection, firm, party, mode="joint", from_on=ago(first), to_on=end)


@pytest.mark.parametrize(
    ("identified", "covers", "days"),
    [
        (40, [], None),
        (None, [(400,)], None),
        (40, [(400,)], 10),
        (40, [(30,)], 20),
        (40, [(400, 45)], None),
        (40, [(400, 45), (20,)], 30),
        (40, [(400, 39)], 10),
        (40, [(400, None, 900, 60)], None),  # the Party organisation was dissolved before
        (40, [(400, None, 15)], 35),  # … or is founded later
    ],
)
def test_a_hire_is_covered_when_identified_where_a_party_organisation_is(
    engine: Engine, identified: int | None, covers: list[tuple[Any, ...]], days: int | None
) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        insert_hire(connection, firm, ago(50), None if identified is None else ago(identified))
        for each in covers:
            a_cover(connection, firm, *each)
    expected = (0, None, 1, 0) if days is None else (1, days, 0, 0)
    assert counted(engine, "hire_covered") == expected


def test_what_is_found_waits_for_an_instructor_or_a_party_organisation(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for n, days in enumerate((31, 30)):
            firm = insert_organisation(connection, name=f"等待{n}")
            insert_screening(connection, firm, from_on=ago(days))
        sent = insert_organisation(connection)
        insert_screening(connection, sent, from_on=ago(100))
        insert_assignment(connection, sent, from_on=ago(90))
        joined = insert_organisation(connection)
        insert_screening(connection, joined, from_on=ago(100))
        a_cover(connection, joined, 80)
        before = insert_organisation(connection)
        insert_screening(connection, before, from_on=ago(100))
        insert_assignment(connection, before, from_on=ago(200))
        public = an_operating(connection, ownership="PUBLIC")
        insert_assignment(connection, public, from_on=ago(1))
        shell = insert_organisation(connection)
        insert_screening(connection, shell, state="operating", from_on=LONG_AGO, to_on=ago(9))
        insert_screening(connection, shell, state="shell", from_on=ago(9))
    assert counted(engine, "found_instructor") == (3, 10, 2, 1)
    with db.reading(engine) as connection:
        over = timing.open_over(connection, LOCAL, RULES, "found_instructor", as_of=DAY)
    assert [(each.name, each.days) for each in over] == [("等待0", 31)]


def test_each_sub_district_has_its_reading_and_an_office_sees_its_own(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for name, code in (("北公司", NORTH), ("南公司", SOUTH), ("无处公司", None)):
            firm = an_operating(connection, name=name, subdistrict_code=code)
            insert_transfer(connection, firm, ago(100))
    with db.reading(engine) as connection:
        found = timing.readings(connection, COMMITTEES, RULES, as_of=DAY)
        mine = timing.readings(connection, SOUTHERN, RULES, as_of=DAY)
        over = timing.open_over(connection, SOUTHERN, RULES, "transfer", as_of=DAY)
    assert found.keys() == CLOCKS.keys()
    assert [(each.code, each.open) for each in found["transfer"]] == [
        (NORTH, 1), (SOUTH, 1), (None, 1), ("", 3),
    ]  # fmt: skip
    assert [(each.code, each.open) for each in mine["transfer"]] == [(SOUTH, 1), ("", 1)]
    assert [each.name for each in over] == ["南公司"]


def test_one_and_two_members_clocks_are_told_to_the_committee_alone(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, name="甲公司")
        for insert in (insert_hire, insert_transfer, insert_application):
            insert(connection, firm, ago(200), ago(150))
            insert(connection, firm, ago(200))
    with db.reading(engine) as connection:
        told = timing.readings(connection, LOCAL, RULES, as_of=DAY)
        for clock in ("hire_identified", "hire_covered", "transfer"):
            assert CLOCKS[clock].personal
            for each in told[clock]:
                assert {each.ended, each.open, each.open_over, each.ended_over} <= {"1+", 0}
                assert each.p50 is each.p90 is None
            with pytest.raises(NotPermitted):
                timing.open_over(connection, LOCAL, RULES, clock, as_of=DAY)
        units = told["application"][-1]
    assert (units.ended, units.p50, units.open) == (1, 50, 1), "a unit applies, and no person"


def test_what_makes_no_sense_is_said(sqlite_engine: Engine) -> None:
    with db.reading(sqlite_engine) as connection:
        with pytest.raises(Misuse, match="no clock 'lunch'"):
            timing.open_over(connection, LOCAL, RULES, "lunch", as_of=DAY)
        with pytest.raises(Misuse, match="cannot group by 'street'"):
            timing.readings(connection, LOCAL, RULES, as_of=DAY, by="street")
        with pytest.raises(NotPermitted):
            timing.readings(connection, Actor("nobody", Role.AUDITOR), RULES, as_of=DAY)
        leader = Actor("leader", Role.LEADER)
        with pytest.raises(NotPermitted):
            timing.open_over(connection, leader, RULES, "transfer", as_of=DAY)
