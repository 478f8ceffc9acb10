"""What waits for a committee in numbers, and the steps it takes with all that follows, on both databases."""

from datetime import date, timedelta
from typing import Any

import pytest
from declarations import COMMITTEE, DAY, KEYS, RULES, Desk
from factories import LONG_AGO, NOW, SOUTH, insert_headcount, insert_screening
from people import a_person
from sqlalchemy import Engine

from liangxin import access, audit, awaiting, candidates, desk, privacy
from liangxin.access import Actor, Role
from liangxin.errors import KeyLost, KeyWrong, Misuse, NotFound, NotPermitted
from liangxin.membership import Basis

AUDITOR = Actor("auditor", Role.AUDITOR)


@pytest.fixture
def firm(engine: Engine) -> Desk:
    made = Desk(engine)

    def operates(connection: Any) -> None:
        insert_screening(connection, made.firm, from_on=LONG_AGO)
        insert_headcount(connection, made.firm, staff=20, full_members=0, members=0)

    made.write(operates)
    return made


def waiting(firm: Desk, actor: Actor = COMMITTEE) -> list[awaiting.Waiting]:
    return firm.read(lambda c: awaiting.organisations(c, actor, today=DAY))


def takes(
    firm: Desk, number: int, step: str, on: date = DAY, actor: Actor = COMMITTEE
) -> desk.Followed:
    return firm.write(lambda c: desk.take(c, actor, RULES, number, step, on=on, today=DAY, now=NOW))


def opens(firm: Desk, keys: privacy.Keys = KEYS, actor: Actor = COMMITTEE) -> list[Any]:
    return firm.write(
        lambda c: desk.open_names(c, actor, keys, firm.code, purpose="confirm", today=DAY, now=NOW)
    )


def test_numbers_are_of_those_who_wait_and_those_who_are_confirmed(firm: Desk) -> None:
    firm.declares(1)
    firm.confirms(2)
    firm.confirms(3, status="probationary")
    firm.write(
        lambda c: candidates.add_candidates(
            c, KEYS, firm.firm, [a_person(4)], Basis.ROSTER, by="o", today=DAY, now=NOW
        )
    )
    [told] = waiting(firm)
    assert (told.declared, told.candidates, told.confirmed, told.full) == (1, 1, 2, 1)
    assert told.soonest == DAY + timedelta(days=60)
    assert waiting(firm, access.local_committee(SOUTH)) == []
    [held] = firm.read(lambda c: awaiting.holding(c, Actor("d", Role.DISTRICT_OFFICE), today=DAY))
    assert held.uscc == firm.code
    with pytest.raises(NotPermitted):
        waiting(firm, Actor("d", Role.DISTRICT_OFFICE))


def test_the_third_confirmation_enters_the_list_and_the_leaving_of_one_leaves_it(
    firm: Desk,
) -> None:
    codes = [firm.declares(n) for n in (1, 2, 3)]
    followed = [takes(firm, firm.number(code), "confirm") for code in codes]
    assert [each.after.full_members for each in followed if each.after] == [1, 2, 3]
    assert "few_members" in followed[0].entered
    assert followed[2].entered == ("should_not_built",)
    assert followed[2].left == ("few_members",)
    assert sum(each.tasks for each in followed) > 0
    gone = takes(firm, firm.number(codes[0]), "left")
    assert gone.left == ("should_not_built",)


def test_a_transfer_is_listed_until_its_receipt(firm: Desk) -> None:
    early = DAY - timedelta(days=50)
    number = firm.number(firm.confirms(1, early, hired_on=early))

    def moving() -> list[awaiting.Moving]:
        return firm.read(lambda c: awaiting.transfers(c, COMMITTEE, RULES, today=DAY))

    takes(firm, number, "ask", early)
    assert [each.late for each in moving()] == [False]
    takes(firm, number, "letter_30", early)
    assert [each.late for each in moving()] == [True]
    [known] = opens(firm)
    assert (known.transfer, known.valid_until) == ("letter", early + timedelta(days=30))
    assert desk.offered(known)[0] == "arrived"
    takes(firm, number, "arrived")
    assert [(each.late, each.done_on) for each in moving()] == [(False, DAY)]
    takes(firm, number, "receipt")
    assert moving() == []


def test_who_declines_at_the_desk_is_gone_and_logged_without_a_name(firm: Desk) -> None:
    number = firm.number(firm.declares(1))
    takes(firm, number, "decline")
    assert waiting(firm) == []
    with pytest.raises(NotFound):
        takes(firm, number, "confirm")
    found = firm.read(lambda c: audit.listed(c, AUDITOR, action="person.recorded"))
    assert [(each.role, each.purpose) for each in found] == [("committee", "confirm")]
    assert firm.read(audit.verify).is_whole


def test_a_step_of_tomorrow_or_of_another_committee_is_refused(firm: Desk) -> None:
    number = firm.number(firm.declares(1))
    with pytest.raises(Misuse, match="还没有到"):
        takes(firm, number, "confirm", DAY + timedelta(days=1))
    with pytest.raises(NotFound):
        takes(firm, number, "confirm", actor=access.local_committee(SOUTH))
    with pytest.raises(NotPermitted):
        takes(firm, number, "confirm", actor=Actor("d", Role.DISTRICT_OFFICE))
    assert waiting(firm)[0].declared == 1


def test_with_other_keys_nothing_opens_and_nothing_is_logged(firm: Desk) -> None:
    firm.declares(1)
    before = firm.read(audit.verify).entries
    with pytest.raises(KeyWrong):
        opens(firm, privacy.new_keys())
    with pytest.raises(KeyLost):
        opens(firm, privacy.Keys(KEYS.pseudonym, privacy.new_keys().sealing))
    with pytest.raises(NotFound):
        opens(firm, actor=access.local_committee(SOUTH))
    assert firm.read(audit.verify).entries == before
