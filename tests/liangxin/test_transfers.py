"""Transfers of a relation go step by step, with the person's consent, and their clock runs."""

from datetime import timedelta
from typing import Any

import pytest
from declarations import COMMITTEE, DAY, KEYS, RULES, Desk, a_register_key, covered_by
from factories import NOW
from loads import rows
from people import a_name, a_number
from sqlalchemy import Engine

from liangxin import (
    candidates,
    committee,
    declaring,
    members,
    register_check,
    tasks,
    timing,
    transfers,
)
from liangxin.errors import Misuse
from liangxin.membership import Basis, Counts, Status
from liangxin.schema import Hire, Membership, RelationTransfer

LATER = DAY + timedelta(days=10)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def test_a_transfer_goes_step_by_step_and_its_clock_runs(desk: Desk) -> None:
    code = desk.confirms(1)
    number = desk.number(code)

    def step(name: str, after: int, **how: Any) -> None:
        on = DAY + timedelta(days=after)
        extra = (RULES,) if name == "arrived" else ()
        desk.write(
            lambda connection: getattr(transfers, name)(
                connection, COMMITTEE, *extra, number, on=on, now=NOW, **how
            )
        )

    for name, how in (("letter", {"days": 10}), ("arrived", {}), ("receipt", {})):
        with pytest.raises(Misuse):
            step(name, 0, **how)
    step("ask", 1)
    with pytest.raises(Misuse, match="尚未办结"):
        step("ask", 1)
    for days in (0, 91):
        with pytest.raises(Misuse, match="有效期"):
            step("letter", 2, days=days)
    with pytest.raises(Misuse, match="早于"):
        step("letter", 0, days=10)
    step("letter", 3, days=10)
    desk.write(
        lambda connection: tasks.open_for(
            connection, RULES, desk.firm, DAY + timedelta(days=6), NOW
        )
    )
    found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=LATER))
    assert "relation" in [each.kind for each in found]
    step("arrived", 9)
    step("receipt", 12)
    assert desk.mine(code).state == "relation_in"
    held = [row for row in rows(desk.engine, RelationTransfer) if row["corrected_at"] is None]
    days = {name: (held[0][name] - DAY).days for name in ("asked_on", "letter_on", "done_on")}
    assert (len(held), days) == (1, {"asked_on": 1, "letter_on": 3, "done_on": 9})
    reading = desk.read(
        lambda connection: timing.readings(connection, COMMITTEE, RULES, as_of=LATER)
    )["transfer"][-1]
    assert (reading.ended, reading.p50) == (1, 8)


def test_a_consent_that_is_taken_back_stops_a_transfer_under_way(desk: Desk) -> None:
    code = desk.confirms(1)
    number = desk.number(code)

    def ask() -> None:
        desk.write(lambda connection: transfers.ask(connection, COMMITTEE, number, on=DAY, now=NOW))

    ask()
    desk.write(lambda connection: declaring.withdraw_transfer(connection, code, today=DAY, now=NOW))
    for step in (
        lambda connection: transfers.letter(
            connection, COMMITTEE, number, on=DAY, days=10, now=NOW
        ),
        lambda connection: transfers.arrived(connection, COMMITTEE, RULES, number, on=DAY, now=NOW),
    ):
        with pytest.raises(Misuse, match="未同意"):
            desk.write(step)
    [held] = rows(desk.engine, RelationTransfer)
    assert held["corrected_at"] is not None


def test_a_transfer_ends_when_the_member_leaves_and_when_the_register_was_first(
    desk: Desk,
) -> None:
    covered_by(desk, "甲支部")
    a_register_key(desk, 1, "甲支部")
    first, second = desk.confirms(1), desk.confirms(2)
    for code in (first, second):
        number = desk.number(code)
        desk.write(
            lambda connection, number=number: transfers.ask(
                connection, COMMITTEE, number, on=DAY, now=NOW
            )
        )
    desk.step(register_check.placed, first)
    desk.step(transfers.arrived, first, LATER)
    desk.step(committee.left, second, LATER)
    held = rows(desk.engine, RelationTransfer)
    open_ones = [row for row in held if row["corrected_at"] is None and row["done_on"] is None]
    assert open_ones == []


def test_a_transfer_is_recorded_where_the_person_is_confirmed_already(desk: Desk) -> None:
    desk.confirms(1)
    again = desk.declares(1)
    with pytest.raises(Misuse, match="已确认"):
        desk.step(committee.transferred, again, here=True)


def test_nobody_is_transferred_who_did_not_agree(desk: Desk) -> None:
    code = desk.confirms(1, consents=frozenset({"declare", "pass_on"}))
    with pytest.raises(Misuse, match="未同意"):
        desk.write(
            lambda connection: transfers.ask(
                connection, COMMITTEE, desk.number(code), on=DAY, now=NOW
            )
        )


def test_an_official_transfer_confirms_a_candidate(desk: Desk) -> None:
    desk.write(
        lambda connection: candidates.add_candidates(
            connection,
            KEYS,
            desk.firm,
            [members.Person(a_name(1), a_number(1), Status.FULL, DAY)],
            Basis.TRANSFER_NOTICE,
            by="o",
            today=DAY,
            now=NOW,
        )
    )
    [row] = rows(desk.engine, Membership)
    desk.write(
        lambda connection: committee.transferred(
            connection, COMMITTEE, RULES, row["id"], here=True, on=DAY, now=NOW
        )
    )
    assert desk.counts() == Counts(full=1, relation_in=1)
    assert len(rows(desk.engine, Hire)) == 1
