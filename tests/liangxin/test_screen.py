"""Findings of a screening are recorded among those before them, and again without effect."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_uscc, insert_organisation
from sqlalchemy import Engine, select

from liangxin import db, register, rules, universe
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Screening

JANUARY, MARCH, JUNE = date(2022, 1, 31), date(2022, 3, 31), date(2022, 6, 30)
LATER = NOW + timedelta(hours=1)
ONE, TWO = a_uscc(1), a_uscc(2)


@pytest.fixture
def firms(engine: Engine) -> None:
    with db.writing(engine) as connection:
        insert_organisation(connection)
        insert_organisation(connection)


def screen(
    engine: Engine, *found: tuple[str, str, date], now: Any = NOW, history: bool = False
) -> list[str]:
    facts = pl.DataFrame(
        [(*each, "上门走访", "示例街道经济办") for each in found],
        schema=["uscc", "state", "from_on", "evidence", "decided_by"],
        orient="row",
    )
    with db.writing(engine) as connection:
        screened = register.screen(connection, facts, now=now, history=history)
    return screened.outcomes.to_list()


def believed(engine: Engine, organisation: int = 1) -> list[tuple[str, date, date | None]]:
    with db.reading(engine) as connection:
        query = (
            select(Screening.state, Screening.from_on, Screening.to_on)
            .where(Screening.organisation_id == organisation, Screening.corrected_at.is_(None))
            .order_by(Screening.from_on)
        )
        return [tuple(row) for row in connection.execute(query)]


def rows(engine: Engine) -> list[Any]:
    with db.reading(engine) as connection:
        return list(connection.execute(select(Screening.__table__).order_by(Screening.id)))


@pytest.mark.usefixtures("firms")
def test_a_new_state_ends_the_one_before_it_on_its_day(engine: Engine) -> None:
    assert screen(engine, (ONE, "operating", MARCH), (TWO, "shell", MARCH)) == ["new", "new"]
    assert screen(engine, (ONE, "not_found", JUNE), (TWO, "shell", JUNE)) == [
        "changed",
        "unchanged",
    ]
    assert believed(engine) == [("operating", MARCH, JUNE), ("not_found", JUNE, None)]
    assert believed(engine, 2) == [("shell", MARCH, None)]


@pytest.mark.usefixtures("firms")
def test_the_same_again_writes_nothing(engine: Engine) -> None:
    findings = [(ONE, "operating", MARCH), (ONE, "moved", JUNE), (TWO, "shell", JUNE)]
    screen(engine, *findings)
    before = rows(engine)
    # The earlier of the two findings held on its day, so it says nothing new either.
    assert screen(engine, *findings, now=LATER) == ["unchanged"] * 3
    assert rows(engine) == before


@pytest.mark.usefixtures("firms")
def test_an_earlier_day_is_left_out_unless_it_is_history(engine: Engine) -> None:
    screen(engine, (ONE, "operating", MARCH))
    assert screen(engine, (ONE, "suspended", JANUARY)) == ["earlier"]
    assert believed(engine) == [("operating", MARCH, None)]
    assert screen(engine, (ONE, "suspended", JANUARY), history=True) == ["changed"]
    assert believed(engine) == [("suspended", JANUARY, MARCH), ("operating", MARCH, None)]
    assert screen(engine, (ONE, "suspended", JANUARY), history=True) == ["unchanged"]


@pytest.mark.usefixtures("firms")
def test_another_finding_of_the_same_day_corrects_the_first(engine: Engine) -> None:
    screen(engine, (ONE, "shell", MARCH))
    assert screen(engine, (ONE, "operating", MARCH), now=LATER) == ["changed"]
    assert believed(engine) == [("operating", MARCH, None)]
    assert len(rows(engine)) == 2, "what was believed before is kept"


@pytest.mark.usefixtures("firms")
def test_what_was_known_before_a_finding_can_be_told_again(engine: Engine) -> None:
    screen(engine, (ONE, "operating", MARCH))
    screen(engine, (ONE, "shell", JUNE), now=LATER)

    def state(day: date, known_at: Any) -> str | None:
        member = universe.members(rules.load(), as_of=day, known_at=known_at)
        with db.reading(engine) as connection:
            return connection.execute(
                select(member.c.state).where(member.c.uscc == ONE)
            ).scalar_one()

    after = JUNE + timedelta(days=30)
    assert (state(after, NOW), state(after, LATER), state(MARCH, LATER)) == (
        "operating",
        "shell",
        "operating",
    )


@pytest.mark.usefixtures("firms")
def test_a_state_or_a_code_that_is_not_there_writes_nothing(engine: Engine) -> None:
    with pytest.raises(Misuse):
        screen(engine, (ONE, "operating", MARCH), (TWO, "busy", MARCH))
    with pytest.raises(NotFound):
        screen(engine, (ONE, "operating", MARCH), (a_uscc(9), "shell", MARCH))
    assert rows(engine) == []
