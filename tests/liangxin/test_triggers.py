"""What makes a Party organisation due for a change: each trigger, and who just is not."""

from datetime import date
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from sqlalchemy import Engine, insert

from liangxin import db, rules, triggers
from liangxin.access import LOCAL, Actor, Role
from liangxin.schema import Headcount, PartyTerm
from liangxin.suppression import MOST, Between, exactly
from liangxin.triggers import Standing

TODAY = date(2026, 10, 1)
RULES = rules.load()


def said(**values: Any) -> set[str]:
    """Triggers of a joint branch of three units and four members, unless said otherwise."""
    usual: dict[str, Any] = {
        "id": 1,
        "name": "示例联合党支部",
        "level": "joint_branch",
        "subdistrict_code": NORTH,
        "joint": True,
        "units": 3,
        "units_gone": 0,
        "units_elsewhere": 0,
        "full_members": 4,
        "members": 4,
        "due_on": None,
        "has_term": True,
        "has_secretary": True,
    }
    said = usual | values
    for name in ("full_members", "members"):
        if isinstance(said[name], int):
            said[name] = exactly(said[name])
    return set(triggers.of(Standing(**said), RULES.thresholds, TODAY))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({}, set(), id="all is well"),
        pytest.param({"full_members": 3}, set(), id="three are enough"),
        pytest.param({"full_members": 2}, {"few_full_members"}, id="two are too few"),
        pytest.param({"full_members": None}, set(), id="nobody knows how many"),
        pytest.param({"full_members": Between(1, 2)}, {"few_full_members"}, id="one or two"),
        pytest.param({"full_members": Between(2, 4)}, set(), id="perhaps too few"),
        pytest.param({"members": Between(50, 52)}, set(), id="perhaps more than fifty"),
        pytest.param({"members": Between(51, 52)}, {"many_members"}, id="surely more than fifty"),
        pytest.param({"full_members": Between(49, 98)}, set(), id="perhaps fifty"),
        pytest.param({"full_members": Between(50, 99)}, {"general_branch"}, id="surely fifty"),
        pytest.param({"full_members": Between(100, MOST)}, {"committee"}, id="surely a hundred"),
        pytest.param({"units": 5}, set(), id="five units"),
        pytest.param({"units": 6}, {"many_units"}, id="six units"),
        pytest.param({"units": 6, "joint": False}, set(), id="six units, not joint"),
        pytest.param({"units": 1}, {"one_unit"}, id="one unit left"),
        pytest.param({"members": 50}, set(), id="fifty members"),
        pytest.param({"members": 51}, {"many_members"}, id="fifty-one members"),
        pytest.param(
            {"full_members": 50, "members": 50}, {"general_branch"}, id="a general branch"
        ),
        pytest.param(
            {"full_members": 50, "members": 50, "level": "general_branch"}, set(), id="it is one"
        ),
        pytest.param(
            {"full_members": 100, "members": 100, "level": "general_branch"},
            {"committee"},
            id="a committee",
        ),
        pytest.param(
            {"full_members": 100, "members": 120, "level": "committee"}, set(), id="it is one too"
        ),
        pytest.param({"units_gone": 1}, {"unit_gone"}, id="a unit closed"),
        pytest.param({"units_elsewhere": 1}, {"unit_elsewhere"}, id="a unit moved"),
        pytest.param({"has_secretary": False}, {"secretary_vacant"}, id="no secretary"),
        pytest.param({"has_secretary": False, "has_term": False}, set(), id="no term on record"),
        pytest.param({"due_on": date(2027, 4, 1)}, {"term_ending"}, id="six months to the day"),
        pytest.param({"due_on": date(2027, 4, 2)}, set(), id="six months and a day"),
        pytest.param({"due_on": TODAY}, {"term_ending"}, id="its last day"),
        pytest.param({"due_on": date(2026, 9, 30)}, {"term_over"}, id="over since yesterday"),
    ],
)
def test_a_trigger_begins_at_its_threshold(values: dict[str, Any], expected: set[str]) -> None:
    assert said(**values) == expected
    assert expected <= set(triggers.TRIGGERS)


def test_half_a_year_before_the_end_of_a_long_month_is_the_end_of_a_short_one() -> None:
    february = Standing(
        1,
        "",
        "branch",
        NORTH,
        False,
        1,
        0,
        0,
        exactly(3),
        exactly(3),
        date(2026, 8, 31),
        True,
        "书记",
    )
    assert set(triggers.of(february, RULES.thresholds, date(2026, 2, 28))) == {"term_ending"}
    assert set(triggers.of(february, RULES.thresholds, date(2026, 2, 27))) == set()


def test_the_register_says_who_is_due_in_ones_own_sub_districts(engine: Engine) -> None:
    with db.writing(engine) as connection:
        north, south = (
            insert_party_organisation(
                connection, name=name, subdistrict_code=code, level="joint_branch"
            )
            for name, code in (("北联合党支部", NORTH), ("南联合党支部", SOUTH))
        )
        units = [
            insert_organisation(connection, from_on=LONG_AGO, subdistrict_code=code)
            for code in (NORTH, NORTH, SOUTH, SOUTH)
        ]
        for unit, party in zip(units, (north, north, south, south), strict=True):
            insert_covering(connection, unit, party, mode="joint")
            insert_screening(connection, unit, state="closed" if unit == units[3] else "operating")
            connection.execute(
                insert(Headcount).values(
                    organisation_id=unit,
                    source="ledger",
                    counted_on=date(2026, 5, 1),
                    full_members=1 if party == north else 2,
                    learned_at=NOW,
                )
            )
        connection.execute(
            insert(PartyTerm).values(
                party_organisation_id=south,
                level="joint_branch",
                secretary="书记2号",
                due_on=date(2026, 9, 1),
                from_on=date(2026, 3, 1),
                learned_at=NOW,
            )
        )
    with db.reading(engine) as connection:
        everywhere = triggers.due(connection, LOCAL, RULES, as_of=TODAY)
        theirs = triggers.due(connection, Actor("示例", Role.COMMITTEE), RULES, as_of=TODAY)
        mine = triggers.due(
            connection,
            Actor("示例", Role.COMMITTEE, frozenset({SOUTH})),
            RULES,
            as_of=TODAY,
        )
        ending = triggers.due(connection, LOCAL, RULES, as_of=TODAY, trigger="term_over")
    south = {("南联合党支部", "unit_gone"), ("南联合党支部", "term_over")}
    assert {(each.name, each.trigger) for each in theirs} == {
        ("北联合党支部", "few_full_members"),
        *south,
    }
    # That one and one are fewer than three would tell them from one and two.
    assert {(each.name, each.trigger) for each in everywhere} == south
    assert {each.subdistrict_code for each in mine} == {SOUTH}
    assert [each.trigger for each in ending] == ["term_over"]
