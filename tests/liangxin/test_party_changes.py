"""A unit leaves, a Party organisation elects, serves a place, is dissolved; past figures stay as they were."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    an_operating,
    insert_covering,
    insert_party_organisation,
    insert_place,
    insert_term,
)
from sqlalchemy import Connection, Engine, select

from liangxin import audit, db, lists, party_changes, rules, tasks, timing, triggers, views
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.party_changes import Formed
from liangxin.schema import AuditEntry, PartyTerm

RULES = rules.load()
COMMITTEE = Actor("北街道党建办", Role.COMMITTEE, frozenset({NORTH}))
SOUTHERN = Actor("南镇党建办", Role.COMMITTEE, frozenset({SOUTH}))
MARCH, JUNE = date(2026, 3, 1), date(2026, 6, 1)
LATER = NOW + timedelta(days=1)


class Branch:
    """A joint branch of three firms that has a term and serves nothing."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.number = self.write(self._begin)

    def _begin(self, connection: Connection) -> int:
        number = insert_party_organisation(
            connection, name="示例联合党支部", level="joint_branch", from_on=MARCH
        )
        for _ in range(3):
            firm = an_operating(connection, full_members=2, members=2)
            insert_covering(connection, firm, number, mode="joint", from_on=MARCH)
        insert_term(
            connection, number, level="joint_branch", secretary="钱学甲", from_on=MARCH,
            due_on=date(2027, 2, 1),
        )  # fmt: skip
        return number

    def write(self, what: Any) -> Any:
        with db.writing(self.engine) as connection:
            return what(connection)

    def read(self, what: Any) -> Any:
        with db.reading(self.engine) as connection:
            return what(connection)

    def seen(self, actor: Actor = COMMITTEE, on: date = TODAY) -> list[Formed]:
        return list(self.read(lambda c: party_changes.of_scope(c, actor, on=on)))

    def rate(self, *, known_at: datetime | None = None, rate: str = "R1", on: date = TODAY) -> Any:
        told = self.read(
            lambda c: views.coverage(c, LOCAL, RULES, as_of=on, rate=rate, known_at=known_at)
        )
        return told.total.numerator, told.total.denominator

    def leaves(self, code: str, on: date = JUNE, actor: Actor = COMMITTEE) -> Any:
        return self.write(
            lambda c: party_changes.leave(c, actor, RULES, self.number, code, on=on, now=LATER)
        )

    def dissolves(self, on: date = JUNE, actor: Actor = COMMITTEE) -> int:
        return int(
            self.write(lambda c: party_changes.dissolve(c, actor, self.number, on=on, now=LATER))
        )

    def elects(self, on: date = JUNE, secretary: str = "孙学乙", **more: Any) -> Any:
        return self.write(
            lambda c: party_changes.elect(
                c, COMMITTEE, RULES, self.number, on=on, secretary=secretary, now=LATER, **more
            )
        )


@pytest.fixture
def branch(engine: Engine) -> Branch:
    return Branch(engine)


def test_a_unit_leaves_and_the_rate_of_before_stays_as_it_was_known(branch: Branch) -> None:
    assert branch.rate() == (3, 3)
    assert branch.leaves(a_uscc(1)) == []
    assert branch.rate() == (2, 3)
    assert branch.rate(on=MARCH) == (3, 3)
    assert branch.rate(known_at=NOW) == (3, 3)
    assert [each.uscc for each in branch.seen()[0].units] == [a_uscc(2), a_uscc(3)]


def test_what_is_odd_of_those_that_stay_is_told(branch: Branch) -> None:
    branch.leaves(a_uscc(1))
    [odd] = branch.leaves(a_uscc(2))
    assert "示例联合党支部" in odd.zh
    with pytest.raises(Misuse, match="no such link"):
        branch.leaves(a_uscc(2))
    with pytest.raises(Misuse):
        branch.leaves(a_uscc(3), on=MARCH)


def test_an_election_begins_a_term_that_lasts_as_the_rules_say(branch: Branch) -> None:
    assert branch.elects() == date(2029, 6, 1)
    [one] = branch.seen()
    assert (one.elected_on, one.due_on, one.has_secretary) == (JUNE, date(2029, 6, 1), True)
    assert branch.elects(on=date(2026, 7, 1), secretary="", due_on=date(2027, 1, 1)) == date(
        2027, 1, 1
    )
    assert not branch.seen()[0].has_secretary
    with pytest.raises(Misuse, match="a term from a day after"):
        branch.elects(on=date(2026, 5, 1))
    with pytest.raises(Misuse, match="not after it began"):
        branch.elects(on=date(2026, 8, 1), due_on=date(2026, 8, 1))


def test_one_that_is_dissolved_covers_nobody_and_has_nothing_to_elect(branch: Branch) -> None:
    assert branch.dissolves() == 3
    assert branch.seen() == []
    assert branch.seen(on=MARCH)[0].name == "示例联合党支部"
    assert branch.rate() == (0, 3)
    assert branch.rate(on=MARCH) == (3, 3)
    assert branch.rate(known_at=NOW) == (3, 3)
    assert branch.read(lambda c: triggers.due(c, LOCAL, RULES, as_of=TODAY)) == []
    assert branch.read(lambda c: triggers.ends(c, LOCAL, RULES, as_of=TODAY)) == []
    assert branch.read(lambda c: lists.counts(c, LOCAL, RULES, as_of=TODAY))
    with pytest.raises(NotFound):
        branch.dissolves()


@pytest.mark.parametrize("on", [MARCH, date(2026, 2, 1)])
def test_it_is_not_dissolved_before_something_of_it_began(branch: Branch, on: date) -> None:
    with pytest.raises((Misuse, NotFound)):
        branch.dissolves(on=on)
    assert branch.rate() == (3, 3)


def test_who_left_later_than_it_was_dissolved_left_with_it(branch: Branch) -> None:
    branch.leaves(a_uscc(1), on=date(2026, 7, 1))
    assert branch.dissolves(on=JUNE) == 3
    assert branch.rate(on=date(2026, 6, 15)) == (0, 3)


def test_without_a_last_unit_nothing_is_to_be_elected(branch: Branch) -> None:
    def elections() -> list[str]:
        branch.write(lambda c: tasks.run(c, RULES, TODAY, LATER))
        return [
            each.kind
            for each in branch.read(lambda c: tasks.listed(c, LOCAL, today=TODAY))
            if each.kind == "elect"
        ]

    assert elections() == ["elect"]
    for n in (1, 2, 3):
        branch.leaves(a_uscc(n))
    assert elections() == []
    assert branch.read(lambda c: triggers.ends(c, LOCAL, RULES, as_of=TODAY)) == []


def test_a_building_s_branch_counts_from_when_that_was_known(branch: Branch) -> None:
    branch.write(lambda c: insert_place(c, name="示例大厦"))

    def serves(place: str) -> None:
        branch.write(
            lambda c: party_changes.serve(c, COMMITTEE, branch.number, place, on=TODAY, now=LATER)
        )

    assert branch.rate(rate="R8") == (0, 1)
    serves("示例大厦")
    assert branch.rate(rate="R8") == (1, 1)
    assert branch.rate(rate="R8", known_at=NOW) == (0, 1)
    assert branch.seen()[0].place == "示例大厦"
    with pytest.raises(NotFound, match="no building"):
        serves("别的大厦")
    branch.dissolves()
    assert branch.rate(rate="R8") == (0, 1)


def test_an_application_waits_until_it_is_answered(branch: Branch) -> None:
    def asks(on: date) -> None:
        branch.write(lambda c: party_changes.apply(c, COMMITTEE, 1, on=on, now=NOW))

    def answers(outcome: str, on: date) -> None:
        branch.write(lambda c: party_changes.decide(c, COMMITTEE, 1, outcome, on=on, now=LATER))

    def clock() -> tuple[Any, Any]:
        told = branch.read(lambda c: timing.readings(c, LOCAL, RULES, as_of=TODAY))["application"]
        return told[-1].ended, told[-1].open

    with pytest.raises(Misuse, match="no application"):
        answers("approved", JUNE)
    asks(MARCH)
    assert clock() == (0, 1)
    with pytest.raises(Misuse, match="waits for an answer already"):
        asks(JUNE)
    with pytest.raises(Misuse, match="no application of it waited on that day"):
        answers("approved", MARCH - timedelta(days=1))
    with pytest.raises(Misuse, match="no outcome"):
        answers("maybe", JUNE)
    answers("approved", JUNE)
    assert clock() == (1, 0)
    asks(TODAY)
    assert clock() == (1, 1)


def test_another_sub_district_s_is_not_there_and_a_leader_may_not(branch: Branch) -> None:
    assert branch.seen(SOUTHERN) == []
    with pytest.raises(NotFound, match="no Party organisation"):
        branch.leaves(a_uscc(1), actor=SOUTHERN)
    with pytest.raises(NotFound):
        branch.dissolves(actor=SOUTHERN)
    for role in (Role.LEADER, Role.COMMUNITY):
        with pytest.raises(NotPermitted):
            branch.leaves(a_uscc(1), actor=Actor("示例", role, frozenset({NORTH})))
    assert branch.rate() == (3, 3)


def test_the_log_tells_what_changed_and_no_name(branch: Branch) -> None:
    branch.elects()
    branch.leaves(a_uscc(1))
    branch.dissolves(on=date(2026, 7, 1))
    told = branch.read(lambda c: c.execute(select(AuditEntry.action, AuditEntry.about)).all())
    about = [each.about for each in told if each.action == "party.changed"]
    assert about == [
        f"{branch.number} elect {JUNE}",
        f"{branch.number} leave {a_uscc(1)}",
        f"{branch.number} dissolved 2026-07-01",
    ]
    assert "party.changed" in audit.ACTIONS
    ends = branch.read(lambda c: c.execute(select(PartyTerm.to_on)).scalars().all())
    assert date(2026, 7, 1) in ends
    assert LATER.tzinfo is UTC
