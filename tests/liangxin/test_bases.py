"""Who counts by which rule set: bases, switches, suspensions; what nobody knows is never dropped."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    SOUTH,
    an_operating,
    insert_covering,
    insert_division,
    insert_finding,
    insert_organisation,
    insert_party_organisation,
    insert_place,
    insert_screening,
    insert_term,
)
from sqlalchemy import Engine

from liangxin import db, rules, views
from liangxin.access import LOCAL, Actor, Role
from liangxin.rules import RuleSet

PLAIN = rules.load()
TEN, FIFTY = rules.load("cn-2026.2-premises10"), rules.load("cn-2026.2-staff50")
DAY = date(2026, 9, 30)


def total(
    engine: Engine, chosen: RuleSet = PLAIN, actor: Actor = LOCAL, **how: Any
) -> tuple[int, int, int]:
    """Numerator, denominator, unverified."""
    with db.reading(engine) as connection:
        found = views.coverage(connection, actor, chosen, **{"as_of": DAY, **how}).total
    return found.numerator, found.denominator, found.unverified


@pytest.mark.parametrize(
    ("facts", "place", "expected"),
    [
        ({"staff": 10}, "1", "counts"),
        ({"staff": 9}, "1", "out"),
        ({"staff": 10}, "0", "out"),
        ({"staff": 10}, None, "unverified"),
        ({}, "1", "unverified"),
        ({}, None, "unverified"),
        ({"staff": 9}, None, "out"),  # whatever its place, it has not staff enough
        ({}, "0", "out"),
        ({"staff": 30, "kind": "social", "ownership": "SOCIAL"}, None, "counts"),
        ({"staff": 29, "kind": "social", "ownership": "SOCIAL"}, "1", "out"),
        ({"kind": "social", "ownership": "SOCIAL"}, "1", "unverified"),
        ({"ownership": "REVIEW", "staff": 10}, "1", "unverified"),
        ({"ownership": "PUBLIC", "staff": 10}, "1", "out"),
    ],
)
def test_fixed_premises_and_ten_staff(
    engine: Engine, facts: dict[str, Any], place: str | None, expected: str
) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, **facts)
        if place is not None:
            insert_finding(connection, firm, "fixed_place", place)
    assert total(engine, TEN) == {
        "counts": (0, 1, 0), "out": (0, 0, 0), "unverified": (0, 0, 1),
    }[expected]  # fmt: skip


def test_fifty_staff(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, staff=50, mode="alone")
        an_operating(connection, staff=49)
        an_operating(connection)
        insert_organisation(connection)
    assert total(engine, FIFTY) == (1, 1, 2)
    assert total(engine) == (1, 3, 1)


def test_a_rate_over_some_says_of_how_many_nobody_knows(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, full_members=3, mode="alone")
        an_operating(connection, full_members=2, mode="alone")
        an_operating(connection)
        insert_organisation(connection)  # never screened, and of unknown members
    assert total(engine, rate="R3") == (1, 1, 2)
    assert total(engine, rate="R4") == (0, 0, 4)


def test_switches_let_others_count(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        an_operating(connection, ownership="COOPERATIVE")
        an_operating(connection, ownership="INDIVIDUAL")
        an_operating(connection, enterprise_type="有限合伙企业")
        an_operating(connection, enterprise_type="个人独资企业")
        insert_organisation(connection, enterprise_type="普通合伙企业")
    wide = replace(PLAIN, classes=PLAIN.classes | {"COOPERATIVE", "INDIVIDUAL"})
    assert total(sqlite_engine) == (0, 2, 1)
    assert total(sqlite_engine, wide) == (0, 4, 1)
    assert total(sqlite_engine, replace(PLAIN, partnerships=False)) == (0, 0, 0)


def test_a_filed_suspension_ends_by_itself_and_waits_to_be_screened(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection)
        insert_screening(connection, firm, state="suspended", from_on=LONG_AGO)
        insert_finding(connection, firm, "suspended_until", DAY.isoformat())
        other = insert_organisation(connection)
        insert_screening(connection, other, state="suspended", from_on=LONG_AGO)
    assert total(engine) == (0, 0, 0)
    assert total(engine, as_of=DAY + timedelta(days=1)) == (0, 0, 1)


def test_a_party_organisation_whose_term_is_over_is_not_active(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, full_members=3)
        party = insert_party_organisation(connection, from_on=LONG_AGO)
        insert_covering(connection, firm, party, from_on=LONG_AGO)
        insert_term(connection, party, due_on=DAY)
    assert total(engine, rate="R7") == (1, 1, 0)
    assert total(engine, rate="R7", as_of=DAY + timedelta(days=1)) == (0, 1, 0)
    assert total(engine, rate="R3", as_of=DAY + timedelta(days=1)) == (1, 1, 0)


def test_key_buildings_are_counted_where_they_are(engine: Engine) -> None:
    with db.writing(engine) as connection:
        served = insert_place(connection, community_code=f"{NORTH}001")
        insert_party_organisation(connection, from_on=DAY, place_id=served)
        insert_place(connection, subdistrict_code=SOUTH)
        insert_place(connection, is_key=False)
        insert_place(connection, kind="park")
        insert_place(connection, to_on=DAY)
    assert total(engine, rate="R8") == (1, 2, 0)
    assert total(engine, rate="R8", as_of=DAY - timedelta(days=1)) == (0, 3, 0)
    south = Actor("south", Role.COMMITTEE, frozenset({SOUTH}))
    assert total(engine, actor=south, rate="R8") == (0, 1, 0)
    with db.reading(engine) as connection:
        for by, codes in (
            ("subdistrict", [NORTH, SOUTH]), ("community", [f"{NORTH}001", None]),
            ("kind", ["building"]), ("grid", [None]),
        ):  # fmt: skip
            table = views.coverage(connection, LOCAL, PLAIN, as_of=DAY, rate="R8", by=by)
            assert [row.code for row in table.rows] == codes


def test_the_joint_branch_is_named_before_one_that_it_is_attached_to(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "北街道")
        firm = an_operating(connection)
        for mode in ("joint", "attached"):
            party = insert_party_organisation(connection, name=mode, from_on=LONG_AGO)
            insert_covering(connection, firm, party, mode=mode, from_on=LONG_AGO)
    with db.reading(engine) as connection:
        [row] = views.organisations(connection, LOCAL, PLAIN, subdistrict_code=NORTH, as_of=DAY)
    assert (row.covering, row.party_organisation) == ("joint", "joint")
