"""Who is on each warning list and who just is not; which entries are due; and nobody else's."""

from datetime import date, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    an_operating,
    insert_confirmation,
    insert_headcount,
    insert_organisation,
    insert_screening,
)
from sqlalchemy import Connection, Engine

from liangxin import db, lists, rules, tally
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotPermitted

RULES = rules.load()
DAY = date(2026, 9, 30)
SOUTHERN = Actor("south", Role.COMMITTEE, frozenset({SOUTH}))

#: Of each list: organisations that are on it, and those that just are not.
CASES: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "should_not_built": (
        [
            {"full_members": 3},
            {"members": 5, "probationary_members": 2},
            {"members": 3, "instructed": True},
            {"members_in": 4},
            {"members_in": 2, "members_out": 1},
            {"members_in": 3, "members_out": 1, "probationary_members": 1},
        ],
        [
            {"full_members": 2, "probationary_members": 4},
            {"members": 5, "probationary_members": 3},
            {"full_members": 3, "mode": "joint"},
            {"full_members": 3, "mode": "attached"},
            {"members": 4, "instructors_counted": 2},
            {"members_in": 2, "members_out": 0},
            {"members_in": 3, "members": 2},
            {"members_out": 5},
            {"staff": 200},
        ],
    ),
    "joint_could_be_alone": (
        [{"full_members": 3, "mode": "joint"}, {"full_members": 3, "mode": "attached"}],
        [
            {"full_members": 2, "mode": "joint"},
            {"full_members": 3, "mode": "alone"},
            {"full_members": 3},
        ],
    ),
    "few_members": (
        [
            {"full_members": 1},
            {"full_members": 2, "instructed": True},
            {"full_members": 0, "probationary_members": 5},
        ],
        [{"full_members": 3}, {"full_members": 0}, {"full_members": 1, "mode": "joint"}, {}],
    ),
    "no_members": (
        [{"full_members": 0}, {"members": 0, "instructed": True}],
        [
            {"full_members": 1},
            {"full_members": 0, "probationary_members": 1},
            {"full_members": 0, "mode": "joint"},
            {"staff": 10},
        ],
    ),
    "no_members_no_instructor": (
        [{"full_members": 0}, {"members": 1, "instructors_counted": 1}],
        [{"full_members": 0, "instructed": True}, {"full_members": 1}, {}],
    ),
    "members_unknown": (
        [{}, {"staff": 9}, {"mode": "alone"}, {"source": "annual_report", "members": 3}],
        [{"full_members": 0}, {"members": 0}, {"source": "ledger", "members": 3}],
    ),
    "staff_without_member": (
        [{"staff": 50, "full_members": 0}, {"staff": 50, "members": 0, "mode": "joint"}],
        [
            {"staff": 49, "full_members": 0},
            {"staff": 50, "full_members": 0, "probationary_members": 1},
            {"staff": 50},
        ],
    ),
    "staff_without_organisation": (
        [{"staff": 100}, {"staff": 100, "instructed": True}],
        [{"staff": 99}, {"staff": 100, "mode": "joint"}, {}],
    ),
    "not_reached": (
        [{}, {"full_members": 5}],
        [{"instructed": True}, {"mode": "attached"}],
    ),
}


def test_every_list_has_a_case() -> None:
    assert CASES.keys() == lists.LISTS.keys()
    assert all(each.zh and each.en for each in lists.LISTS.values())


@pytest.mark.parametrize("name", CASES)
def test_who_is_on_a_list_and_who_just_is_not(engine: Engine, name: str) -> None:
    on, off = CASES[name]
    with db.writing(engine) as connection:
        for n, values in enumerate(on):
            an_operating(connection, name=f"在册{n}", **values)
        for n, values in enumerate(off):
            an_operating(connection, name=f"不在册{n}", **values)
        outside = insert_organisation(connection, name="从未摸排")
        insert_headcount(connection, outside, staff=200, full_members=9)
    assert named(engine, name) == [f"在册{n}" for n in range(len(on))]
    with db.reading(engine) as connection:
        counts = lists.counts(connection, LOCAL, RULES, as_of=DAY)
    assert counts[name] == {NORTH: len(on)}


def named(engine: Engine, name: str, actor: Actor = LOCAL, **how: Any) -> list[str]:
    with db.reading(engine) as connection:
        how = {"as_of": DAY, **how}
        return [each.name for each in lists.organisations(connection, actor, RULES, name, **how)]


def test_a_list_tells_what_put_them_there(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, staff=120, full_members=4, mode="joint", instructed=True)
    for actor, full in ((LOCAL, "3+"), (Actor("committee", Role.COMMITTEE), 4)):
        with db.reading(engine) as connection:
            [each] = lists.organisations(
                connection, actor, RULES, "joint_could_be_alone", as_of=DAY
            )
        told = (each.staff, each.full_members, each.covering, each.instructed)
        assert told == (120, full, "joint", True)
        assert each.subdistrict_code == NORTH


def test_a_list_is_that_of_the_day_and_of_what_was_known(engine: Engine) -> None:
    later = NOW + timedelta(hours=1)
    with db.writing(engine) as connection:
        firm = an_operating(connection, name="甲公司")
        insert_headcount(connection, firm, full_members=3, counted_on=DAY, corrected_at=later)
        insert_headcount(connection, firm, full_members=2, counted_on=DAY, learned_at=later)
    assert named(engine, "should_not_built", known_at=NOW) == ["甲公司"]
    assert named(engine, "should_not_built", known_at=later) == []
    assert named(engine, "few_members") == ["甲公司"]
    assert named(engine, "members_unknown", as_of=DAY - timedelta(days=1)) == ["甲公司"]


def scattered(connection: Connection) -> None:
    an_operating(connection, name="北公司", community_code=f"{NORTH}001")
    an_operating(connection, name="南公司", subdistrict_code=SOUTH)
    an_operating(connection, name="无处公司", subdistrict_code=None)


@pytest.mark.parametrize(
    ("by", "groups"),
    [
        ("subdistrict", {NORTH: 1, SOUTH: 1, None: 1}),
        ("community", {f"{NORTH}001": 1, None: 2}),
        ("kind", {"enterprise": 3}),
        ("grid", {None: 3}),
    ],
)
def test_a_list_is_counted_by_group(engine: Engine, by: str, groups: dict[str | None, int]) -> None:
    with db.writing(engine) as connection:
        scattered(connection)
    with db.reading(engine) as connection:
        counts = lists.counts(connection, LOCAL, RULES, as_of=DAY, by=by)
    assert counts["not_reached"] == groups
    for code, number in groups.items():
        if code is not None:
            assert len(named(engine, "not_reached", group=code, by=by)) == number


def test_nobody_outside_the_scope_is_counted_listed_or_named(engine: Engine) -> None:
    with db.writing(engine) as connection:
        scattered(connection)
    with db.reading(engine) as connection:
        counts = lists.counts(connection, SOUTHERN, RULES, as_of=DAY)
        due = lists.due(connection, SOUTHERN, RULES, as_of=DAY)
        number = lists.due_counts(connection, SOUTHERN, RULES, as_of=DAY)
        north = lists.due(connection, SOUTHERN, RULES, as_of=DAY, subdistrict_code=NORTH)
    assert counts["not_reached"] == {SOUTH: 1}
    assert named(engine, "not_reached", SOUTHERN) == ["南公司"]
    assert named(engine, "not_reached", SOUTHERN, group=NORTH) == []
    assert ([each.name for each in due], number, north) == (["南公司"], {SOUTH: 1}, [])


def test_what_makes_no_sense_is_said(sqlite_engine: Engine) -> None:
    with db.reading(sqlite_engine) as connection:
        with pytest.raises(Misuse, match="no list 'nobody'"):
            lists.organisations(connection, LOCAL, RULES, "nobody", as_of=DAY)
        for ask in (lists.counts, lists.due_counts):
            with pytest.raises(Misuse, match="cannot group by 'street'"):
                ask(connection, LOCAL, RULES, as_of=DAY, by="street")
        with pytest.raises(Misuse, match="cannot group by 'street'"):
            tally.require_group("street")


@pytest.mark.parametrize("role", Role)
def test_who_may_count_and_who_may_list(sqlite_engine: Engine, role: Role) -> None:
    actor = Actor("somebody", role)
    counts = role not in {Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR}
    names = counts and role is not Role.LEADER
    with db.reading(sqlite_engine) as connection:
        for allowed, ask in (
            (counts, lambda: lists.counts(connection, actor, RULES, as_of=DAY)),
            (counts, lambda: lists.due_counts(connection, actor, RULES, as_of=DAY)),
            (
                names,
                lambda: lists.organisations(connection, actor, RULES, "few_members", as_of=DAY),
            ),
            (names, lambda: lists.due(connection, actor, RULES, as_of=DAY)),
        ):
            if allowed:
                assert not any(ask().values()) if isinstance(ask(), dict) else ask() == []
            else:
                with pytest.raises(NotPermitted):
                    ask()


# Freshness: every entry is confirmed within the half year.


@pytest.mark.parametrize(("days", "late"), [(183, False), (184, True)])
def test_an_entry_is_due_when_nobody_looked_for_half_a_year(
    engine: Engine, days: int, late: bool
) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        insert_confirmation(connection, firm, DAY - timedelta(days=days))
        insert_confirmation(connection, firm, DAY + timedelta(days=1))  # still to come
        insert_confirmation(connection, firm, DAY, corrected_at=NOW)  # was a mistake
    with db.reading(engine) as connection:
        due = lists.due(connection, LOCAL, RULES, as_of=DAY)
        assert lists.due_counts(connection, LOCAL, RULES, as_of=DAY) == ({NORTH: 1} if late else {})
    assert [each.confirmed_on for each in due] == [DAY - timedelta(days=days)] * late


def test_a_screening_is_a_look_and_who_was_never_looked_at_comes_first(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, name="看过很久")
        insert_organisation(connection, name="从未看过")
        gone = insert_organisation(connection, name="已是空壳")
        insert_screening(connection, gone, state="shell", from_on=LONG_AGO)
        fresh = insert_organisation(connection, name="刚看过")
        insert_screening(connection, fresh, from_on=DAY)
    with db.reading(engine) as connection:
        due = lists.due(connection, LOCAL, RULES, as_of=DAY, subdistrict_code=NORTH)
    assert [(each.name, each.confirmed_on) for each in due] == [
        ("从未看过", None),
        ("看过很久", LONG_AGO),
    ]
