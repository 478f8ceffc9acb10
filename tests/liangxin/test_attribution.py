"""Why a rate moved: every cause, exact sums, in total and as one sub-district or office sees it."""

from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    an_operating,
    insert_covering,
    insert_field_change,
    insert_finding,
    insert_headcount,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine

from liangxin import attribution, change, db, rules, saying, spells
from liangxin.access import LOCAL, Actor, Role
from liangxin.attribution import CAUSES, Move, by_group, explain
from liangxin.errors import Misuse, NotPermitted

RULES = rules.load()
BEFORE, BETWEEN, AFTER = date(2022, 3, 31), date(2022, 6, 1), date(2022, 9, 30)
moves = st.lists(
    st.builds(
        Move,
        st.integers(1, 9),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.booleans(),
        st.sampled_from([NORTH, SOUTH, None]),
        st.sampled_from([NORTH, SOUTH, None]),
        st.sampled_from([None, "new", "screened", "status", "class", "basis"]),
    )
)


# Pure.


@given(moves)
def test_parts_sum_to_the_change_as_fractions_in_total_and_everywhere(found: list[Move]) -> None:
    for each in (explain(found), *by_group(found)):
        assert {part.cause for part in each.parts} <= set(CAUSES)
        assert each.came - each.went == each.denominator_after - each.denominator_before
        if each.points is not None:
            assert sum(part.points or 0 for part in each.parts) == each.points
        else:
            assert all(part.points is None for part in each.parts)


@given(moves)
def test_sub_districts_together_are_the_total(found: list[Move]) -> None:
    total, groups = explain(found), by_group(found)
    for name in (
        "numerator_before", "denominator_before", "numerator_after", "denominator_after"
    ):  # fmt: skip
        assert sum(getattr(each, name) for each in groups) == getattr(total, name)


def test_nothing_that_counts_is_no_change_to_explain() -> None:
    told = explain([Move(3, False, False, True, True, None, NORTH, "new")])
    assert told.points is None
    assert [(part.cause, part.organisations, part.points) for part in told.parts] == [
        ("entered_covered", 3, None)
    ]
    assert explain([]).parts == ()


# Through the register: one organisation moves, three others stand still.


def covered(connection: Connection, firm: int, **values: Any) -> None:
    party = insert_party_organisation(connection, from_on=LONG_AGO)
    insert_covering(connection, firm, party, **{"from_on": LONG_AGO, **values})


def changed(connection: Connection, field: str, old: str, new: str, **how: Any) -> int:
    firm = an_operating(connection, name="它", **{field: new}, **how)
    insert_field_change(connection, firm, field, (old, new), from_on=BETWEEN)
    return firm


def screened(connection: Connection, first: str, then: str) -> int:
    firm = insert_organisation(connection, name="它")
    insert_screening(connection, firm, state=first, from_on=LONG_AGO, to_on=BETWEEN)
    insert_screening(connection, firm, state=then, from_on=BETWEEN)
    return firm


def became_covered(connection: Connection) -> None:
    covered(connection, an_operating(connection, name="它"), from_on=BETWEEN)


def lost_cover(connection: Connection) -> None:
    covered(connection, an_operating(connection, name="它"), to_on=BETWEEN)


def founded(connection: Connection) -> None:
    firm = insert_organisation(connection, name="它", from_on=BETWEEN)
    insert_screening(connection, firm, from_on=BETWEEN)


def found_operating(connection: Connection) -> None:
    covered(connection, screened(connection, "screening", "operating"))


def found_a_shell(connection: Connection) -> None:
    screened(connection, "operating", "shell")


def struck_off(connection: Connection) -> None:
    covered(connection, changed(connection, "status", "1", "4"))


def came_into_existence(connection: Connection) -> None:
    changed(connection, "status", "9", "1")


def class_in(connection: Connection) -> None:
    changed(connection, "ownership", "REVIEW", "NONPUBLIC")


def class_out(connection: Connection) -> None:
    covered(connection, changed(connection, "ownership", "NONPUBLIC", "PUBLIC"))


def moved(connection: Connection) -> None:
    changed(connection, "subdistrict_code", NORTH, SOUTH)


def found_to_operate_elsewhere(connection: Connection) -> None:
    firm = an_operating(connection, name="它")
    covered(connection, firm)
    insert_finding(connection, firm, "operating_subdistrict_code", SOUTH, from_on=BETWEEN)


#: Cause and reason in all, and as North and South see it.
MOVED: list[tuple[Any, tuple[str, str | None], str | None, str | None]] = [
    (became_covered, ("became_covered", None), "became_covered", None),
    (lost_cover, ("lost_cover", None), "lost_cover", None),
    (founded, ("entered_uncovered", "new"), "entered_uncovered", None),
    (found_operating, ("entered_covered", "screened"), "entered_covered", None),
    (found_a_shell, ("left_uncovered", "screened"), "left_uncovered", None),
    (struck_off, ("left_covered", "status"), "left_covered", None),
    (came_into_existence, ("entered_uncovered", "status"), "entered_uncovered", None),
    (class_in, ("class_in_uncovered", "class"), "class_in_uncovered", None),
    (class_out, ("class_out_covered", "class"), "class_out_covered", None),
    (moved, ("moved", None), "moved_out_uncovered", "moved_in_uncovered"),
    (found_to_operate_elsewhere, ("moved", None), "moved_out_covered", "moved_in_covered"),
]


@pytest.mark.parametrize(("happens", "told", "north", "south"), MOVED)
def test_every_cause_of_a_change(
    sqlite_engine: Engine, happens: Any, told: tuple[str, str | None], north: str, south: str
) -> None:
    with db.writing(sqlite_engine) as connection:
        happens(connection)
        an_operating(connection, mode="alone")
        an_operating(connection)
        an_operating(connection, subdistrict_code=SOUTH)
        insert_organisation(connection)
    found = between(sqlite_engine)
    [mover] = movers(sqlite_engine)
    assert (mover.name, mover.cause, mover.reason) == ("它", *told)
    assert [(part.cause, part.organisations) for part in found.total.parts] == [(told[0], 1)]
    assert found.total.parts[0].points == found.total.points
    seen = {each.code: [part.cause for part in each.parts] for each in found.groups}
    assert seen == {NORTH: [north] if north else [], SOUTH: [south] if south else []}
    for code, cause in ((NORTH, north), (SOUTH, south)):
        office = Actor("one", Role.COMMITTEE, frozenset({code}))
        assert [each.cause for each in movers(sqlite_engine, office)] == ([cause] if cause else [])
        own = between(sqlite_engine, office)
        assert {each.code for each in own.groups} == {code}
        assert [part.cause for part in own.total.parts] == ([cause] if cause else [])
        hidden = {SOUTH, NORTH} - {code}
        assert not hidden & {
            at for each in movers(sqlite_engine, office) for at in (each.was_at, each.is_at)
        }


@pytest.mark.parametrize("happens", [happens for happens, *_ in MOVED])
def test_spells_name_the_same_movers_as_the_facts(engine: Engine, happens: Any) -> None:
    with db.writing(engine) as connection:
        happens(connection)
        an_operating(connection, mode="alone")
        covered(connection, an_operating(connection, subdistrict_code=SOUTH), from_on=BETWEEN)
        # Another spell that moves nothing: more staff.
        insert_headcount(connection, an_operating(connection), staff=90, counted_on=BETWEEN)
    offices = [Actor("one", Role.COMMITTEE, frozenset({code})) for code in (NORTH, SOUTH)]

    def told() -> list[list[change.Mover]]:
        return [
            movers(engine, actor, rate=rate, cause=cause)
            for actor in (LOCAL, *offices)
            for rate in ("R1", "R3")
            for cause in (None, "became_covered")
        ]

    by_facts = told()
    assert spells.ready(engine, RULES)
    assert told() == by_facts


def test_a_community_is_told_of_its_own_alone(engine: Engine) -> None:
    mine, other = NORTH + "001", NORTH + "002"
    worker = Actor("社区", Role.COMMUNITY, frozenset({NORTH}), frozenset({mine}))
    with db.writing(engine) as connection:
        an_operating(connection, name="我的", mode="alone", community_code=mine)
        an_operating(connection, name="邻居", mode="alone", community_code=other)
        covered(connection, an_operating(connection, community_code=other), from_on=BETWEEN)
        firm = an_operating(connection, name="迁来", community_code=mine)
        insert_field_change(connection, firm, "community_code", (other, mine), from_on=BETWEEN)
    told = between(engine, worker).total
    assert (told.denominator_before, told.denominator_after) == (1, 2)
    assert [(part.cause, part.organisations) for part in told.parts] == [("moved_in_uncovered", 1)]
    assert [each.name for each in movers(engine, worker)] == ["迁来"]


def between(engine: Engine, actor: Actor = LOCAL, **how: Any) -> change.Changed:
    with db.reading(engine) as connection:
        return change.between(connection, actor, RULES, from_on=BEFORE, to_on=AFTER, **how)


def movers(engine: Engine, actor: Actor = LOCAL, **how: Any) -> list[change.Mover]:
    with db.reading(engine) as connection:
        return change.movers(connection, actor, RULES, from_on=BEFORE, to_on=AFTER, **how)


def test_a_rate_over_some_moves_when_they_do(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, name="它", mode="joint", full_members=2)
        insert_headcount(connection, firm, full_members=3, counted_on=BETWEEN)
        an_operating(connection, full_members=3)
    assert movers(engine) == []
    [mover] = movers(engine, rate="R3")
    assert (mover.cause, mover.reason) == ("entered_covered", "basis")
    assert between(engine, rate="R3").total.points == 50


def test_movers_are_those_of_the_parts_as_they_were_known(engine: Engine) -> None:
    later = NOW + timedelta(hours=1)
    with db.writing(engine) as connection:
        covered(connection, an_operating(connection), from_on=BETWEEN, corrected_at=later)
    for at, number in ((NOW, 1), (later, 0), (None, 0)):
        assert len(movers(engine, known_at=at)) == number
        assert sum(p.organisations for p in between(engine, known_at=at).total.parts) == number
    assert movers(engine, known_at=NOW, cause="lost_cover") == []


def test_what_makes_no_sense_is_said(sqlite_engine: Engine) -> None:
    with pytest.raises(Misuse, match="over places"):
        between(sqlite_engine, rate="R8")
    with pytest.raises(Misuse, match="no rate 'R9'"):
        between(sqlite_engine, rate="R9")
    with db.reading(sqlite_engine) as connection, pytest.raises(Misuse, match="must be before"):
        change.between(connection, LOCAL, RULES, from_on=AFTER, to_on=AFTER)
    with pytest.raises(NotPermitted):
        between(sqlite_engine, Actor("nobody", Role.SECADMIN))
    with pytest.raises(NotPermitted):
        movers(sqlite_engine, Actor("leader", Role.LEADER), rate="R3")
    with pytest.raises(NotPermitted):
        movers(sqlite_engine, Actor("nobody", Role.SECADMIN))


# In words.


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ([Move(9, True, False, True, True, NORTH, NORTH)], "did not move (9)"),
        (
            [
                Move(2, True, False, False, False, NORTH, NORTH, "status"),
                Move(2, False, False, True, False, None, NORTH, "new"),
            ],
            "is 2 as before, but 2 came in and 2 left",
        ),
        (
            [Move(1, False, False, True, False, None, NORTH, "new")],
            "from 0 to 1: 1 came in, 0 left",
        ),
    ],
)
def test_what_the_denominator_did_is_said_in_words(found: list[Move], words: str) -> None:
    assert words in saying.denominator_words(explain(found))


def test_every_cause_has_words_and_every_part_its_fraction() -> None:
    assert saying.CAUSES.keys() == saying.CAUSES_EN.keys() == set(attribution.CAUSES)
    assert saying.cause_pair("moved") == ("在街道之间迁移", "moved between sub-districts")
    told = explain([
        Move(1, True, False, True, True, NORTH, NORTH), Move(2, True, False, True, False, NORTH, NORTH)
    ])  # fmt: skip
    assert told.parts[0].points == Fraction(100, 3)
