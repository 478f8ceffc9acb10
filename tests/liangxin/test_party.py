"""Coverings, terms and assignments are recorded by their rules, and what cannot be is said in words."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import (
    EARLIER_THIS_YEAR,
    LONG_AGO,
    NOW,
    SOUTH,
    a_uscc,
    insert_covering,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
)
from sqlalchemy import Connection, Engine, select

from liangxin import db, party, rules
from liangxin.errors import Misuse, NotFound
from liangxin.party import Linked
from liangxin.schema import Base, Headcount

MARCH, MAY, JUNE = EARLIER_THIS_YEAR, date(2026, 5, 1), date(2026, 6, 1)


def cover(connection: Connection, *facts: dict[str, Any]) -> Linked:
    defaults = {"party_organisation_id": 1, "mode": "alone", "from_on": MARCH, "to_on": None}
    frame = pl.DataFrame(
        [{"uscc": a_uscc(1), **defaults, **fact} for fact in facts],
        schema_overrides={"to_on": pl.Date},
    )
    return party.cover(connection, frame, rules.load(), now=NOW)


def held(connection: Connection, table: str, *columns: str) -> list[tuple[Any, ...]]:
    of = Base.metadata.tables[table]
    query = select(*(of.c[name] for name in columns)).where(of.c.corrected_at.is_(None))
    return sorted((tuple(row) for row in connection.execute(query)), key=str)


@pytest.fixture
def two(engine: Engine) -> Engine:
    """Seven firms of the north and two branches there."""
    with db.writing(engine) as connection:
        for _ in range(7):
            insert_organisation(connection)
        insert_party_organisation(connection, name="甲党支部")
        insert_party_organisation(connection, name="乙党支部")
    return engine


def a_count(connection: Connection, organisation: int, full_members: int) -> None:
    connection.execute(
        Headcount.__table__.insert().values(
            organisation_id=organisation,
            source="ledger",
            counted_on=MARCH,
            full_members=full_members,
            learned_at=NOW,
        )
    )


def test_a_covering_begins_once_and_another_mode_ends_the_one_before(two: Engine) -> None:
    with db.writing(two) as connection:
        assert cover(connection, {}).outcomes.to_list() == ["new"]
        assert cover(connection, {}, {"from_on": MAY}).outcomes.to_list() == ["unchanged"] * 2
        attached = {"mode": "attached", "from_on": MAY}
        assert cover(connection, attached).outcomes.to_list() == ["changed"]
        assert held(connection, "covering", "mode", "from_on", "to_on") == [
            ("alone", MARCH, MAY),
            ("attached", MAY, None),
        ]


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ([{"to_on": MARCH}], "2026-03-01"),
        ([{"mode": "besides"}], "besides"),
        ([{}, {"party_organisation_id": 2, "from_on": MAY}], "两个单独组建"),
        (
            [{"to_on": JUNE}, {"party_organisation_id": 2, "from_on": MAY, "to_on": JUNE}],
            "两个单独",
        ),
        ([{"mode": "joint"}], "只覆盖一个单位"),
    ],
    ids=["ends before it starts", "no mode", "two own", "two own in the past", "joint of one"],
)
def test_what_cannot_be_is_refused_in_words_and_nothing_is_written(
    two: Engine, facts: list[dict[str, Any]], words: str
) -> None:
    with pytest.raises(Misuse) as refused, db.writing(two) as connection:
        cover(connection, *facts)
    assert words in refused.value.zh
    with db.reading(two) as connection:
        assert held(connection, "covering", "id") == []


def test_a_fact_that_names_its_row_is_answered_by_it(two: Engine) -> None:
    with pytest.raises(Misuse) as refused, db.writing(two) as connection:
        cover(connection, {"to_on": MARCH, "file": "台账.xlsx", "file_row": 7})
    assert refused.value.zh.startswith("文件 台账.xlsx 第 7 行：")
    assert "台账.xlsx, row 7" in refused.value.en


def test_one_own_after_the_other_is_fine(two: Engine) -> None:
    with db.writing(two) as connection:
        cover(connection, {"to_on": MAY}, {"party_organisation_id": 2, "from_on": MAY})
        assert len(held(connection, "covering", "id")) == 2


def test_a_joint_branch_needs_three_full_members_where_all_are_counted(two: Engine) -> None:
    both = [{"uscc": a_uscc(n), "mode": "joint"} for n in (1, 2)]
    with db.writing(two) as connection:
        a_count(connection, 1, 1)
        assert cover(connection, *both).warnings == ()  # of the second nobody knows
        a_count(connection, 2, 1)
    with (
        pytest.raises(Misuse, match="fewer than 3 full members together"),
        db.writing(two) as connection,
    ):
        cover(connection, *both)


def test_more_than_five_units_are_a_warning(two: Engine) -> None:
    with db.writing(two) as connection:
        said = cover(connection, *({"uscc": a_uscc(n), "mode": "joint"} for n in range(1, 7)))
    assert [each.code for each in said.warnings] == ["joint_over_five_units"]
    assert "甲党支部" in said.warnings[0].zh


def test_a_party_organisation_of_another_sub_district_is_a_warning(two: Engine) -> None:
    with db.writing(two) as connection:
        south = insert_party_organisation(connection, name="丙党支部", subdistrict_code=SOUTH)
        said = cover(connection, {"party_organisation_id": south})
    assert [each.code for each in said.warnings] == ["other_subdistrict"]
    assert SOUTH in said.warnings[0].en


def test_a_covering_ends_on_a_day_after_it_began(two: Engine) -> None:
    ended = pl.DataFrame({"uscc": [a_uscc(1)], "party_organisation_id": [1], "to_on": [MAY]})
    with db.writing(two) as connection:
        insert_covering(connection, 1, 1)
        with pytest.raises(Misuse, match="cannot end on"):
            party.end_coverings(connection, ended.with_columns(to_on=pl.lit(MARCH)), now=NOW)
        assert party.end_coverings(connection, ended, now=NOW) == 1
        assert held(connection, "covering", "from_on", "to_on") == [(MARCH, MAY)]
        with pytest.raises(Misuse, match="no such link"):
            party.end_coverings(connection, ended, now=NOW)


def test_a_party_organisation_and_a_code_nobody_knows_are_named(two: Engine) -> None:
    with db.writing(two) as connection:
        with pytest.raises(NotFound, match="no Party organisation 9"):
            cover(connection, {"party_organisation_id": 9})
        with pytest.raises(NotFound, match=a_uscc(9)):
            cover(connection, {"uscc": a_uscc(9)})


def a_term(**cells: Any) -> pl.DataFrame:
    defaults = {
        "party_organisation_id": 1,
        "level": "branch",
        "secretary": "钱伯庸",
        "secretary_kind": "owner",
        "due_on": date(2029, 3, 1),
        "from_on": MARCH,
    }
    return pl.DataFrame([{**defaults, **cells}])


def test_a_new_term_ends_the_one_before_it(two: Engine) -> None:
    with db.writing(two) as connection:
        for term, outcome in (
            (a_term(), "new"),
            (a_term(from_on=MAY), "unchanged"),
            (a_term(from_on=MAY, secretary="孙仲和"), "changed"),
        ):
            assert party.record_terms(connection, term, now=NOW).to_list() == [outcome]
        assert held(connection, "party_term", "secretary", "from_on", "to_on") == [
            ("孙仲和", MAY, None),
            ("钱伯庸", MARCH, MAY),
        ]


@pytest.mark.parametrize("cells", [{"level": "cell"}, {"due_on": MARCH}])
def test_a_term_of_no_level_or_over_before_it_begins_is_a_misuse(
    two: Engine, cells: dict[str, Any]
) -> None:
    with pytest.raises(Misuse), db.writing(two) as connection:
        party.record_terms(connection, a_term(**cells), now=NOW)


def test_an_instructor_is_sent_and_called_back(two: Engine) -> None:
    with db.writing(two) as connection:
        who = insert_instructor(connection)
        facts = pl.DataFrame({"uscc": [a_uscc(1)], "instructor_id": [who], "from_on": [LONG_AGO]})
        assert party.assign(connection, facts, now=NOW).outcomes.to_list() == ["new"]
        assert party.assign(connection, facts, now=NOW).outcomes.to_list() == ["unchanged"]
        back = facts.drop("from_on").with_columns(to_on=pl.lit(MARCH))
        assert party.end_assignments(connection, back, now=NOW) == 1
        assert held(connection, "assignment", "from_on", "to_on") == [(LONG_AGO, MARCH)]
