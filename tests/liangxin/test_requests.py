"""Requests of persons have a day to be answered by, an outcome, and no name."""

from datetime import timedelta
from typing import Any

import pytest
from declarations import DAY, RULES, Desk
from factories import NORTH, NOW, SOUTH
from loads import rows
from sqlalchemy import Engine

from liangxin import access, requests, tasks
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.schema import SubjectRequest

COMMITTEE = access.local_committee(NORTH)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def receive(desk: Desk, kind: str = "see", *, actor: Actor = COMMITTEE) -> int:
    number: int = desk.write(
        lambda connection: requests.receive(
            connection, actor, RULES, kind, code=desk.code, on=DAY, now=NOW
        )
    )
    return number


def close(desk: Desk, number: int, outcome: str, *, actor: Actor = COMMITTEE, **how: Any) -> None:
    on = how.pop("on", DAY + timedelta(days=3))
    desk.write(
        lambda connection: requests.close(connection, actor, number, outcome, on=on, now=NOW, **how)
    )


def test_a_request_is_due_within_fifteen_days_and_is_a_task_until_it_is_closed(desk: Desk) -> None:
    number = receive(desk)
    [held] = desk.read(lambda connection: requests.listed(connection, COMMITTEE))
    assert (held.due_on - held.received_on).days == 15

    def kinds() -> list[str]:
        desk.write(lambda connection: tasks.open_due(connection, RULES, DAY, NOW))
        found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=DAY))
        return [each.kind for each in found]

    assert kinds() == ["request"]
    close(desk, number, "done")
    assert kinds() == []
    assert desk.read(lambda connection: requests.listed(connection, COMMITTEE)) == []
    [row] = rows(desk.engine, SubjectRequest)
    assert (row["outcome"], row["reason"]) == ("done", None)


def test_a_refusal_says_why_and_nothing_else_does(desk: Desk) -> None:
    number = receive(desk, "delete")
    for outcome, reason in (("refused", None), ("done", "因为"), ("refused", "长" * 201)):
        with pytest.raises(Misuse):
            close(desk, number, outcome, reason=reason)
    close(desk, number, "refused", reason="法律规定的保存期限未届满")


def test_what_makes_no_sense_is_refused_in_words(desk: Desk) -> None:
    with pytest.raises(Misuse, match="see"):
        receive(desk, "sue")
    with pytest.raises(NotPermitted):
        receive(desk, actor=Actor("office", Role.ECONOMIC_OFFICE))
    with pytest.raises(NotFound):
        receive(desk, actor=access.local_committee(SOUTH))
    number = receive(desk)
    with pytest.raises(NotFound):
        close(desk, number, "done", actor=access.local_committee(SOUTH))
    with pytest.raises(NotFound):
        close(desk, number + 1, "done")
    with pytest.raises(Misuse):
        close(desk, number, "lost")
    with pytest.raises(Misuse, match="早于"):
        close(desk, number, "done", on=DAY - timedelta(days=1))
