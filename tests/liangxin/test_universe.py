"""Who counts on a day, who is reached, and who is not yet verified: one organisation at a time."""

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_field_change,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from sqlalchemy import Connection, Engine, select

from liangxin import db, rules, universe
from liangxin.schema import Organisation

RULES = rules.load()
START, END = date(2022, 4, 1), date(2022, 10, 1)
DAY = timedelta(days=1)
BEFORE, DURING = START - DAY, END - DAY
EARLIER, LATER = NOW - timedelta(hours=1), NOW + timedelta(hours=1)


def members(
    connection: Connection, as_of: date = END, known_at: datetime | None = None
) -> dict[int, Any]:
    member = universe.members(RULES, as_of=as_of, known_at=known_at)
    return {row.id: row for row in connection.execute(select(member))}


def one(engine: Engine, as_of: date = END, known_at: datetime | None = None) -> Any:
    """The only organisation of the register on a day."""
    with db.reading(engine) as connection:
        [row] = members(connection, as_of, known_at).values()
    return row


# Who counts.


@pytest.mark.parametrize(
    ("ownership", "status", "state", "counts", "unverified"),
    [
        pytest.param("NONPUBLIC", "1", "operating", 1, 0, id="private and operating"),
        pytest.param("NONPUBLIC_CHECK_CONTROL", "1", "operating", 1, 0, id="joint venture"),
        pytest.param("SOCIAL", "1", "operating", 1, 0, id="social organisation"),
        pytest.param("NONPUBLIC", None, "operating", 1, 0, id="no status was sent"),
        pytest.param("NONPUBLIC", "2", "operating", 0, 0, id="licence revoked"),
        pytest.param("NONPUBLIC", "4", "operating", 0, 0, id="struck off"),
        pytest.param("NONPUBLIC", "9", "operating", 0, 0, id="other status"),
        pytest.param("PUBLIC", "1", "operating", 0, 0, id="state-owned"),
        pytest.param("COLLECTIVE", "1", "operating", 0, 0, id="collective"),
        pytest.param("BRANCH", "1", "operating", 0, 0, id="branch of a firm"),
        pytest.param("INDIVIDUAL", "1", "operating", 0, 0, id="individual business"),
        pytest.param("COOPERATIVE", "1", None, 0, 0, id="co-operative, unscreened"),
        pytest.param("NONPUBLIC", "1", None, 0, 1, id="private, nobody went there"),
        pytest.param("NONPUBLIC", "1", "imported", 0, 1, id="private, imported"),
        pytest.param("NONPUBLIC", "1", "matched", 0, 1, id="private, matched"),
        pytest.param("NONPUBLIC", None, "screening", 0, 1, id="private, being screened"),
        pytest.param("NONPUBLIC", "4", None, 0, 0, id="struck off, nobody need go there"),
        pytest.param("REVIEW", "1", None, 0, 1, id="class not settled, unscreened"),
        pytest.param("REVIEW", "1", "operating", 0, 1, id="class not settled, operating"),
        pytest.param("REVIEW", "1", "shell", 0, 0, id="class not settled, a shell"),
        pytest.param("REVIEW", "2", "operating", 0, 0, id="class not settled, revoked"),
        *(
            pytest.param("NONPUBLIC", "1", state, 0, 0, id=state)
            for state in universe.STATES
            if state not in {"operating", *universe.UNDECIDED}
        ),
    ],
)
def test_class_status_and_screening_say_who_counts(
    sqlite_engine: Engine,
    ownership: str,
    status: str | None,
    state: str | None,
    counts: int,
    unverified: int,
) -> None:
    with db.writing(sqlite_engine) as connection:
        firm = insert_organisation(connection, ownership=ownership, status=status)
        if state is not None:
            insert_screening(connection, firm, state=state, from_on=START)
    row = one(sqlite_engine)
    assert (row.counts, row.unverified, row.state) == (counts, unverified, state)


def test_another_rule_set_counts_others(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_screening(connection, insert_organisation(connection, ownership="COOPERATIVE"))
    wider = rules.RuleSet(
        id="wider",
        classes=RULES.classes | {"COOPERATIVE"},
        statuses=RULES.statuses,
        states=RULES.states,
        rates=RULES.rates,
    )
    with db.reading(engine) as connection:
        row = connection.execute(select(universe.members(wider, as_of=NOW.date()))).one()
    assert row.counts == 1


# Since when, and until when.


def test_an_organisation_is_there_from_the_day_it_was_founded(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, from_on=START)
    with db.reading(engine) as connection:
        assert members(connection, BEFORE) == {}
        assert len(members(connection, START)) == 1


def test_a_screening_holds_from_its_first_day_to_the_day_before_its_last(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        insert_screening(connection, firm, from_on=START, to_on=END)
        insert_screening(connection, firm, state="closed", from_on=END)
    on = {day: one(engine, day) for day in (BEFORE, START, DURING, END)}
    assert {day: row.state for day, row in on.items()} == {
        BEFORE: None,
        START: "operating",
        DURING: "operating",
        END: "closed",
    }
    assert [row.counts for row in on.values()] == [0, 1, 1, 0]
    assert [row.unverified for row in on.values()] == [1, 0, 0, 0]


@pytest.mark.parametrize("mode", ["alone", "joint"])
def test_a_covering_reaches_from_its_first_day_to_the_day_before_its_last(
    engine: Engine, mode: str
) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        branch = insert_party_organisation(connection, from_on=LONG_AGO)
        insert_covering(connection, firm, branch, mode=mode, from_on=START, to_on=END)
    reached = [getattr(one(engine, day), mode) for day in (BEFORE, START, DURING, END)]
    assert reached == [0, 1, 1, 0]
    other = {"alone": "joint", "joint": "alone"}[mode]
    assert getattr(one(engine, START), other) == 0


def test_an_instructor_reaches_while_the_assignment_lasts(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_assignment(connection, insert_organisation(connection), from_on=START, to_on=END)
    reached = [one(engine, day).instructed for day in (BEFORE, START, DURING, END)]
    assert reached == [0, 1, 1, 0]


def test_a_dissolved_party_organisation_reaches_nobody_though_its_coverings_stand(
    engine: Engine,
) -> None:
    with db.writing(engine) as connection:
        branch = insert_party_organisation(connection, from_on=START, to_on=END)
        insert_covering(connection, insert_organisation(connection), branch, from_on=LONG_AGO)
    assert [one(engine, day).alone for day in (BEFORE, START, DURING, END)] == [0, 1, 1, 0]


def test_many_facts_about_one_organisation_leave_it_one_row(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        for mode in ("alone", "joint", "joint"):
            insert_covering(connection, firm, mode=mode)
        for _ in range(2):
            insert_assignment(connection, firm)
        insert_screening(connection, firm)
    row = one(engine, NOW.date())
    assert (row.counts, row.alone, row.joint, row.instructed) == (1, 1, 1, 1)


# Fields that have changed since.


@pytest.mark.parametrize(
    ("field", "old", "new"),
    [
        ("ownership", "NONPUBLIC", "PUBLIC"),
        ("status", "1", "4"),
        ("status", None, "1"),
        ("status", "1", None),
        ("subdistrict_code", NORTH, SOUTH),
        ("subdistrict_code", None, NORTH),
        ("subdistrict_code", NORTH, None),
        ("community_code", None, f"{NORTH}001"),
    ],
)
def test_a_field_that_changed_since_is_told_as_it_was(
    engine: Engine, field: str, old: str | None, new: str | None
) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, **{field: new})
        insert_field_change(connection, firm, field, (old, new), from_on=START)
        # Said of somebody else, and of a field of no concern here.
        other = insert_organisation(connection, from_on=date(2030, 1, 1))
        insert_field_change(connection, other, field, ("9", "8"), from_on=END)
        insert_field_change(connection, firm, "name", ("旧名", "新名"), from_on=END)
    assert [getattr(one(engine, day), field) for day in (BEFORE, START, END)] == [old, new, new]


def test_a_field_that_changed_often_is_told_as_it_was_each_time(engine: Engine) -> None:
    middle = START + 30 * DAY
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, status="4", subdistrict_code=SOUTH)
        insert_screening(connection, firm, from_on=LONG_AGO)
        insert_field_change(connection, firm, "status", ("9", "1"), from_on=START)
        insert_field_change(connection, firm, "subdistrict_code", (NORTH, SOUTH), from_on=middle)
        insert_field_change(connection, firm, "status", ("1", "4"), from_on=END)
    days = (BEFORE, START, middle - DAY, middle, DURING, END)
    rows = [one(engine, day) for day in days]
    assert [row.status for row in rows] == ["9", "1", "1", "1", "1", "4"]
    assert [row.counts for row in rows] == [0, 1, 1, 1, 1, 0]
    assert [row.subdistrict_code for row in rows] == [NORTH, NORTH, NORTH, SOUTH, SOUTH, SOUTH]


def test_two_changes_of_one_day_are_told_in_the_order_they_were_learned(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, status="2")
        insert_field_change(connection, firm, "status", ("1", "9"), from_on=START)
        insert_field_change(connection, firm, "status", ("9", "2"), from_on=START)
    assert [one(engine, day).status for day in (BEFORE, START)] == ["1", "2"]


# What was known at a moment.


def test_a_correction_does_not_change_what_was_known_before_it(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, run_id=insert_run(connection, learned_at=EARLIER))
        first = {"learned_at": EARLIER, "corrected_at": NOW, "from_on": START}
        insert_screening(connection, firm, state="shell", **first)
        insert_screening(connection, firm, from_on=START)
        insert_covering(connection, firm, mode="joint", **first)
        insert_assignment(connection, firm, **first)
        branch = insert_party_organisation(connection, **first)
        insert_covering(connection, firm, branch, mode="alone", from_on=START)
    as_known = {
        moment: (row.state, row.counts, row.joint, row.alone, row.instructed)
        for moment in (EARLIER, NOW - timedelta(microseconds=1), NOW, LATER, None)
        for row in [one(engine, END, moment)]
    }
    then, now = ("shell", 0, 0, 0, 1), ("operating", 1, 0, 0, 0)
    assert list(as_known.values()) == [then, then, now, now, now]


def test_a_covering_is_known_once_both_it_and_its_party_organisation_are(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, run_id=insert_run(connection, learned_at=EARLIER))
        known = insert_party_organisation(connection, from_on=START, learned_at=EARLIER)
        late = insert_party_organisation(connection, from_on=START, learned_at=LATER)
        insert_covering(connection, firm, known, mode="alone", from_on=START, learned_at=NOW)
        insert_covering(connection, firm, late, mode="joint", from_on=START, learned_at=EARLIER)
    rows = [one(engine, END, moment) for moment in (EARLIER, NOW, LATER)]
    assert [(row.alone, row.joint) for row in rows] == [(0, 0), (1, 0), (1, 1)]


def test_an_organisation_is_known_from_the_run_that_brought_it(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection, run_id=insert_run(connection, learned_at=NOW))
    with db.reading(engine) as connection:
        assert [len(members(connection, END, moment)) for moment in (EARLIER, NOW)] == [0, 1]


def test_a_change_learned_later_was_not_known_though_it_was_true(engine: Engine) -> None:
    with db.writing(engine) as connection:
        run = insert_run(connection, learned_at=EARLIER)
        firm = insert_organisation(connection, run_id=run, status="4")
        insert_field_change(connection, firm, "status", ("1", "4"), from_on=START, learned_at=NOW)
    known = {moment: one(engine, END, moment).status for moment in (EARLIER, NOW, None)}
    assert known == {EARLIER: "1", NOW: "4", None: "4"}
    assert one(engine, BEFORE, LATER).status == "1"


def test_a_moment_is_the_same_moment_in_any_zone(engine: Engine) -> None:
    in_china = NOW.astimezone(timezone(timedelta(hours=8)))
    with db.writing(engine) as connection:
        run = insert_run(connection, learned_at=EARLIER)
        firm = insert_organisation(connection, run_id=run, status="4")
        insert_screening(connection, firm, from_on=START, learned_at=NOW)
        insert_screening(
            connection, firm, state="closed", from_on=START, to_on=END, learned_at=LATER
        )
        insert_field_change(connection, firm, "status", ("1", "4"), from_on=START, learned_at=LATER)
    assert one(engine, DURING, in_china) == one(engine, DURING, NOW)
    assert one(engine, DURING, in_china).state == "operating"


# Rates.


#: Rates that any Party organisation reaches.
BUILT = {"R1", "R3", "R4", "R5", "R7"}


@pytest.mark.parametrize(
    ("alone", "joint", "instructed", "reached"),
    [
        pytest.param(False, False, False, set(), id="nothing"),
        pytest.param(True, False, False, {*BUILT, "R2", "R6"}, id="a branch of its own"),
        pytest.param(False, True, False, {*BUILT, "R6"}, id="a joint branch"),
        pytest.param(True, True, True, {*BUILT, "R2", "R6"}, id="all of it"),
        pytest.param(False, False, True, {"R6"}, id="an instructor"),
    ],
)
def test_a_rate_says_which_ways_reach(
    engine: Engine, alone: bool, joint: bool, instructed: bool, reached: set[str]
) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        for given, mode in ((alone, "alone"), (joint, "joint")):
            if given:
                insert_covering(connection, firm, mode=mode)
        if instructed:
            insert_assignment(connection, firm)
    member = universe.members(RULES, as_of=NOW.date())
    with db.reading(engine) as connection:
        found = {
            rate.id
            for rate in RULES.rates.values()
            if not rate.places
            if connection.execute(select(member.c.id).where(universe.reached(member, rate))).all()
        }
    assert found == reached


def test_the_fields_that_are_told_by_date_are_fields_of_an_organisation() -> None:
    assert set(universe.DATED) <= set(Organisation.__table__.columns.keys())
    assert set(universe.UNDECIDED) <= set(universe.STATES)
    assert len(set(universe.STATES)) == len(universe.STATES)
