"""What somebody found out holds until somebody finds another value; looking again is kept too."""

from datetime import date
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_uscc, insert_organisation, insert_screening
from sqlalchemy import Engine, select

from liangxin import db, lists, register
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Confirmation, Finding

MARCH, MAY, JUNE = date(2026, 3, 1), date(2026, 5, 1), date(2026, 6, 1)


def find(engine: Engine, *facts: tuple[str, str, date], history: bool = False) -> list[str]:
    frame = pl.DataFrame(
        [
            {"uscc": a_uscc(1), "field": f, "value": v, "source": "ledger", "from_on": day}
            for f, v, day in facts
        ]
    )
    with db.writing(engine) as connection:
        said = register.find(connection, frame, now=NOW, history=history)
    return said.outcomes.to_list()


def held(engine: Engine) -> list[Any]:
    query = select(Finding.field, Finding.value, Finding.from_on, Finding.to_on)
    with db.reading(engine) as connection:
        rows = connection.execute(query.where(Finding.corrected_at.is_(None)))
        return sorted(tuple(row) for row in rows)


@pytest.fixture
def firm(engine: Engine) -> Engine:
    with db.writing(engine) as connection:
        insert_organisation(connection)
    return engine


def test_a_new_value_ends_the_one_before_it_and_the_same_again_is_nothing(firm: Engine) -> None:
    assert find(firm, ("above_scale", "1", MARCH), ("revenue_wan", "900", MARCH)) == ["new"] * 2
    assert find(firm, ("above_scale", "1", MAY), ("revenue_wan", "950", MAY)) == [
        "unchanged",
        "changed",
    ]
    assert held(firm) == [
        ("above_scale", "1", MARCH, None),
        ("revenue_wan", "900", MARCH, MAY),
        ("revenue_wan", "950", MAY, None),
    ]


def test_an_earlier_finding_is_left_out_unless_it_is_history(firm: Engine) -> None:
    find(firm, ("above_scale", "1", MAY))
    assert find(firm, ("above_scale", "0", MARCH)) == ["earlier"]
    assert find(firm, ("above_scale", "0", MARCH), history=True) == ["changed"]
    assert held(firm) == [("above_scale", "0", MARCH, MAY), ("above_scale", "1", MAY, None)]


def test_of_several_days_in_one_call_each_stands_on_the_last(firm: Engine) -> None:
    said = find(firm, ("place", "乙楼", MAY), ("place", "甲楼", MARCH), ("place", "乙楼", JUNE))
    assert said == ["changed", "new", "unchanged"]


@pytest.mark.parametrize(("field", "value"), [("shoe_size", "42"), ("above_scale", "是")])
def test_a_field_nobody_knows_and_a_value_it_cannot_have_are_a_misuse(
    firm: Engine, field: str, value: str
) -> None:
    with pytest.raises(Misuse, match=value if field == "above_scale" else field):
        find(firm, (field, value, MARCH))
    assert held(firm) == []


def test_one_office_confirms_once_a_day(firm: Engine) -> None:
    facts = pl.DataFrame(
        {"uscc": [a_uscc(1)] * 3, "confirmed_on": [MARCH, MARCH, MAY], "confirmed_by": ["甲"] * 3}
    )
    with db.writing(firm) as connection:
        assert register.confirm(connection, facts, now=NOW) == 2
        assert register.confirm(connection, facts, now=NOW) == 0
        with pytest.raises(NotFound, match=a_uscc(9)):
            register.confirm(connection, facts.with_columns(uscc=pl.lit(a_uscc(9))), now=NOW)


def test_whoever_screens_has_looked_even_where_nothing_changed(firm: Engine) -> None:
    fact = {"uscc": a_uscc(1), "state": "operating", "evidence": "走访", "decided_by": "甲"}
    with db.writing(firm) as connection:
        for day in (MARCH, MAY):
            register.screen(connection, pl.DataFrame([fact | {"from_on": day}]), now=NOW)
        days = connection.execute(select(Confirmation.confirmed_on)).scalars().all()
    assert sorted(days) == [MARCH, MAY]


def test_who_looked_last_is_the_newest_of_confirmations_and_screenings(firm: Engine) -> None:
    with db.writing(firm) as connection:
        insert_screening(connection, 1, from_on=MAY)
        looked = pl.DataFrame({"uscc": [a_uscc(1)], "confirmed_on": [MARCH], "confirmed_by": "甲"})
        register.confirm(connection, looked, now=NOW)
        for day, newest in ((MARCH, MARCH), (JUNE, MAY)):
            seen = lists.confirmed(day)
            assert connection.execute(select(seen.c.confirmed_on)).scalars().all() == [newest]
