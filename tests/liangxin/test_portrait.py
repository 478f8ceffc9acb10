"""One organisation as the register holds it, and what of it whom."""

from datetime import date
from typing import Any

import pytest
from factories import (
    EARLIER_THIS_YEAR,
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    an_operating,
    insert_assignment,
    insert_covering,
    insert_division,
    insert_finding,
    insert_headcount,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, select

from liangxin import db, lists, portrait, rules, universe
from liangxin.access import LOCAL, Actor, Role
from liangxin.answers import Portrait
from liangxin.classify import REVIEW
from liangxin.errors import NotFound, NotPermitted
from liangxin.rules import Condition, RuleSet
from liangxin.schema import Visit

RULES = rules.load()
COMMITTEE = Actor("党委", Role.COMMITTEE)
ECONOMIC = Actor("经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))


def asked(
    engine: Engine, actor: Actor = LOCAL, n: int = 1, *, on: date = TODAY, rules: RuleSet = RULES
) -> Portrait:
    with db.reading(engine) as connection:
        return portrait.of(connection, actor, rules, a_uscc(n), as_of=on)


def write(engine: Engine, function: Any, **values: Any) -> int:
    with db.writing(engine) as connection:
        return int(function(connection, **values))


def test_it_tells_where_it_is_and_who_reaches_it(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_division(connection, NORTH, "北街道")
        insert_division(connection, SOUTH, "南街道")
        firm = an_operating(connection, staff=60, full_members=4)
        insert_finding(connection, firm, "operating_subdistrict_code", SOUTH)
        party = insert_party_organisation(connection, name="联合支部", level="joint_branch")
        insert_covering(connection, firm, party, mode="joint", to_on=TODAY)
        insert_covering(connection, firm, mode="alone", from_on=TODAY)
    told = asked(engine)
    assert (told.registered, told.operates) == ("北街道", "南街道")
    assert (told.counts, told.why, told.staff, told.state) == (True, (), 60, "operating")
    assert [(c.party, c.mode, c.from_on, c.to_on) for c in told.coverings] == [
        ("示例公司党支部", "alone", TODAY, None),
        ("联合支部", "joint", EARLIER_THIS_YEAR, TODAY),
    ]
    assert told.coverings[1].level == "joint_branch"


def test_what_was_not_yet_or_turned_out_wrong_is_not_told(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        insert_covering(connection, firm, from_on=TODAY)
        insert_covering(connection, firm, corrected_at=NOW)
        insert_assignment(connection, firm, from_on=TODAY)
        insert_assignment(connection, firm, corrected_at=NOW)
    told = asked(engine, on=EARLIER_THIS_YEAR)
    assert (told.coverings, told.instructors) == ((), ())


def test_a_visit_belongs_to_whoever_made_it_while_they_were_sent(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        gone = insert_instructor(connection, name="前任")
        insert_assignment(connection, firm, gone, from_on=LONG_AGO, to_on=EARLIER_THIS_YEAR)
        here = insert_instructor(connection, name="现任", kind="full_time")
        insert_assignment(connection, firm, here)
        idle = insert_instructor(connection, name="未到")
        insert_assignment(connection, firm, idle, from_on=date(2026, 2, 1))
        visit(connection, firm, gone, date(2021, 5, 1))
        visit(connection, firm, gone, date(2026, 6, 1))
        visit(connection, firm, here, date(2026, 9, 1))
        visit(connection, firm, here, date(2026, 10, 1), corrected_at=NOW)
        visit(connection, firm, here, date(2026, 12, 1))
    found = {each.name: each.visited_on for each in asked(engine).instructors}
    assert found == {"前任": date(2021, 5, 1), "现任": date(2026, 9, 1), "未到": None}
    logged = [(each.on, each.instructor) for each in asked(engine).visits]
    assert logged == [
        (date(2026, 9, 1), "现任"), (date(2026, 6, 1), "前任"), (date(2021, 5, 1), "前任"),
    ]  # fmt: skip


def visit(connection: Connection, firm: int, instructor: int, on: date, **values: Any) -> None:
    said = {"kind": "visit", "by": "示例街道", "learned_at": NOW, **values}
    connection.execute(
        insert(Visit).values(instructor_id=instructor, organisation_id=firm, on=on, **said)
    )


def test_out_of_scope_is_like_not_there(engine: Engine) -> None:
    write(engine, an_operating, n=1, community_code=NORTH + "001")
    south = Actor("南", Role.COMMITTEE, frozenset({SOUTH}))
    beside = Actor("邻", Role.COMMUNITY, frozenset({NORTH}), frozenset({NORTH + "002"}))
    said = set()
    for actor, n in ((LOCAL, 2), (south, 1), (south, 2), (beside, 1), (beside, 2)):
        with pytest.raises(NotFound) as refused:
            asked(engine, actor, n)
        said.add(refused.value.zh.replace(a_uscc(n), ""))
    assert len(said) == 1
    assert asked(engine, ECONOMIC).uscc == a_uscc(1)
    with pytest.raises(NotFound):
        asked(engine, on=date(2019, 1, 1))
    with pytest.raises(NotPermitted):
        asked(engine, Actor("leader", Role.LEADER))


@pytest.mark.parametrize(
    ("counted", "shown"), [(None, None), (0, 0), (1, "<3"), (2, "<3"), (3, "3+"), (6, "3+")]
)
def test_members_are_a_band_to_all_but_the_committee(
    engine: Engine, counted: int | None, shown: object
) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        if counted is not None:
            insert_headcount(connection, firm, full_members=counted)
    assert asked(engine, COMMITTEE).full_members == counted
    assert asked(engine, ECONOMIC).full_members == shown
    assert asked(engine).full_members == shown


def test_it_is_on_the_lists_that_name_it(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, full_members=4, staff=120)
        an_operating(connection, full_members=0, staff=60, instructed=True)
        an_operating(connection)
        insert_organisation(connection)
    for n in range(1, 5):
        with db.reading(engine) as connection:
            named = tuple(
                name
                for name in lists.LISTS
                if a_uscc(n)
                in {
                    each.uscc
                    for each in lists.organisations(connection, LOCAL, RULES, name, as_of=TODAY)
                }
            )
        assert asked(engine, n=n).lists == named
    assert asked(engine, n=1).lists == (
        "should_not_built", "staff_without_organisation", "not_reached",
    )  # fmt: skip
    assert asked(engine, n=4).lists == ()


@pytest.mark.parametrize(
    ("values", "state", "why"),
    [
        ({"ownership": "PUBLIC"}, "operating", ("class",)),
        ({"ownership": REVIEW}, "operating", ("review",)),
        ({"status": "4"}, "operating", ("status",)),
        ({}, None, ("not_screened",)),
        ({}, "matched", ("not_screened",)),
        ({}, "shell", ("exit",)),
        ({"ownership": "PUBLIC", "status": "2"}, "closed", ("class", "status", "exit")),
    ],
)
def test_why_it_does_not_count_is_said(
    engine: Engine, values: dict[str, Any], state: str | None, why: tuple[str, ...]
) -> None:
    with db.writing(engine) as connection:
        firm = insert_organisation(connection, **values)
        if state is not None:
            insert_screening(connection, firm, state=state)
    assert asked(engine).why == why


def test_a_size_that_is_asked_for_is_a_reason_too(sqlite_engine: Engine) -> None:
    strict = RuleSet(
        "x", RULES.classes, RULES.statuses, RULES.states, RULES.rates,
        partnerships=False, basis=Condition(staff_min=50),
    )  # fmt: skip
    with db.writing(sqlite_engine) as connection:
        an_operating(connection, staff=49)
        an_operating(connection)
        an_operating(connection, staff=50, enterprise_type="有限合伙企业")
        an_operating(connection, staff=50)
    found = [asked(sqlite_engine, n=n, rules=strict) for n in (1, 2, 3, 4)]
    assert [each.why for each in found] == [("basis",), ("basis_unknown",), ("unincorporated",), ()]
    assert [(each.counts, each.unverified) for each in found] == [
        (False, False), (False, True), (False, False), (True, False),
    ]  # fmt: skip


ORGANISATIONS = st.tuples(
    st.sampled_from([*sorted(RULES.classes), REVIEW, "PUBLIC", "INDIVIDUAL"]),
    st.sampled_from([None, "1", "2", "4", "9"]),
    st.sampled_from([None, *universe.STATES]),
)


@given(found=st.lists(ORGANISATIONS, min_size=1, max_size=5))
def test_it_counts_exactly_if_nothing_stands_in_the_way(
    tmp_path_factory: pytest.TempPathFactory, migrated_file: Any, found: list[tuple[Any, ...]]
) -> None:
    engine = _fresh(tmp_path_factory, migrated_file)
    with db.writing(engine) as connection:
        for ownership, status, state in found:
            firm = insert_organisation(connection, ownership=ownership, status=status)
            if state is not None:
                insert_screening(connection, firm, state=state)
    for n in range(1, len(found) + 1):
        told = asked(engine, n=n)
        assert told.counts == (not told.why)
        assert not told.unverified or set(told.why) <= {"review", "not_screened", "basis_unknown"}
    engine.dispose()


def _fresh(tmp_path_factory: pytest.TempPathFactory, migrated_file: Any) -> Engine:
    import shutil

    from liangxin.settings import Settings

    home = tmp_path_factory.mktemp("portrait")
    shutil.copyfile(migrated_file, home / "register.db")
    return db.make_engine(Settings(home=home))


def test_asked_of_one_alone_the_universe_says_the_same(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, staff=3, full_members=1, mode="alone", instructed=True)
        firm = an_operating(connection, staff=70, members=2, mode="joint")
        insert_finding(connection, firm, "operating_subdistrict_code", SOUTH)
        insert_organisation(connection)
    with db.reading(engine) as connection:
        everybody = select(universe.members(RULES, as_of=TODAY)).order_by("id")
        for row in connection.execute(everybody).all():
            alone = select(universe.members(RULES, as_of=TODAY, only=row.id))
            assert connection.execute(alone).all() == [row]
