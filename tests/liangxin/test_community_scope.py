"""A community's account sees its community, in every answer there is, and nothing beside it."""

import pytest
from factories import NORTH, SOUTH, TODAY, a_uscc, an_operating, insert_division
from sqlalchemy import Engine

from liangxin import annual, change, db, lists, rules, spells, tally, timing, views
from liangxin.access import Actor, Role
from liangxin.accounts import actor_of

EAST, WEST = f"{NORTH}001", f"{NORTH}002"
RULES = rules.load()
EASTERN = actor_of("wang", Role.COMMUNITY, [EAST])


@pytest.fixture
def district(engine: Engine) -> Engine:
    """Two firms in the east, one in the west, one in the south."""
    places = [(NORTH, EAST), (NORTH, EAST), (NORTH, WEST), (SOUTH, f"{SOUTH}001")]
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "示例北街道")
        for number, (subdistrict, community) in enumerate(places, start=1):
            an_operating(
                connection,
                uscc=a_uscc(number),
                name=f"示例{number}号",
                subdistrict_code=subdistrict,
                community_code=community,
                full_members=0,
                members=0,
                staff=60,
            )
    return engine


@pytest.mark.parametrize("told", [False, True], ids=["facts", "spells"])
def test_rates_lists_tables_and_clocks_are_of_the_community(district: Engine, told: bool) -> None:
    if told:
        assert spells.ready(district, RULES)
    with db.reading(district) as connection:
        table = views.coverage(connection, EASTERN, RULES, as_of=TODAY)
        assert table.total.denominator == 2
        assert [row.code for row in table.rows] == [NORTH]
        days = tally.of_days(connection, EASTERN, RULES, {TODAY, TODAY.replace(month=10)})
        assert {totals["R1"][1] for totals in days.values()} == {2}
        counts = lists.counts(connection, EASTERN, RULES, as_of=TODAY)
        assert counts["not_reached"] == {NORTH: 2}
        named = lists.organisations(connection, EASTERN, RULES, "not_reached", as_of=TODAY)
        assert [each.uscc for each in named] == [a_uscc(1), a_uscc(2)]
        form = annual.table(connection, EASTERN, RULES, "enterprises", as_of=TODAY)
        assert form.cells["units"]["total"] == 2
        clocks = timing.readings(connection, EASTERN, RULES, as_of=TODAY)
        assert clocks["found_instructor"][-1].open == 2
        assert len(lists.due(connection, EASTERN, RULES, as_of=TODAY)) == 2
        rows = views.organisations(connection, EASTERN, RULES, subdistrict_code=NORTH, as_of=TODAY)
        assert [each.uscc for each in rows] == [a_uscc(1), a_uscc(2)]


def test_a_change_is_of_the_community(district: Engine) -> None:
    before = TODAY.replace(month=10)
    with db.reading(district) as connection:
        told = change.between(connection, EASTERN, RULES, from_on=before, to_on=TODAY)
    assert (told.total.denominator_before, told.total.denominator_after) == (2, 2)


def test_whoever_has_a_sub_district_sees_all_its_communities(district: Engine) -> None:
    north = Actor("x", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
    with db.reading(district) as connection:
        assert views.coverage(connection, north, RULES, as_of=TODAY).total.denominator == 3
