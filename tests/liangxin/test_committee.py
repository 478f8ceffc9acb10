"""The committee looks with a purpose, confirms, places and transfers; every figure follows."""

from datetime import timedelta
from typing import Any

import pytest
from declarations import DAY, KEYS, RULES, Desk
from factories import (
    NORTH,
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_headcount,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from loads import rows
from people import a_name, a_number, a_person
from sqlalchemy import Engine, insert

from liangxin import (
    access,
    candidates,
    committee,
    declaring,
    facts_on,
    lists,
    members,
    privacy,
    register_check,
    tasks,
    timing,
    transfers,
)
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.membership import Basis, Counts, State, Status
from liangxin.schema import Headcount, Hire, MemberKey, Membership, PersonAccess, RelationTransfer

LATER = DAY + timedelta(days=10)
COMMITTEE = access.local_committee(NORTH)


@pytest.fixture
def desk(engine: Engine) -> Desk:
    return Desk(engine)


def figures(desk: Desk, on: Any = DAY, known_at: Any = None) -> tuple[Any, ...] | None:
    """Full members, all members and those whose relation is elsewhere, as every figure takes them."""
    query = facts_on.people(on, known_at, RULES.headcount)
    found = desk.read(
        lambda connection: connection.execute(
            query.select().where(query.c.organisation_id == desk.firm)
        ).first()
    )
    return None if found is None else (found.full_members, found.members, found.members_out)


def a_register_key(desk: Desk, n: int, where: str) -> None:
    """The member register has the n-th person, with a Party organisation."""

    def write(connection: Any) -> None:
        key = privacy.pseudonym(KEYS, a_number(n))
        run = insert_run(connection, "member_register_keys")
        connection.execute(
            insert(MemberKey).values(
                key=key, party_organisation_name=where, run_id=run, from_on=DAY, learned_at=NOW
            )
        )

    desk.write(write)


def covered_by(desk: Desk, name: str) -> None:
    def write(connection: Any) -> None:
        party = insert_party_organisation(connection, name=name)
        insert_covering(connection, desk.firm, party, from_on=DAY)

    desk.write(write)


def test_names_open_for_a_purpose_and_each_look_is_recorded(desk: Desk) -> None:
    code = desk.declares(1)
    [known] = desk.look("confirm", actor=COMMITTEE)
    assert (known.name, known.state, known.receipt) == (a_name(1), "declared", code[:4])
    assert known.may == ("declare", "pass_on", "transfer")
    assert known.relation is None
    [look] = rows(desk.engine, PersonAccess)
    assert (look["what"], look["purpose"], look["role"]) == ("viewed", "confirm", "committee")
    for purpose in ("", "curious", "self"):
        with pytest.raises(Misuse, match="目的"):
            desk.look(purpose)
    assert len(rows(desk.engine, PersonAccess)) == 1


@pytest.mark.parametrize(
    "role",
    [each for each in Role if each not in {Role.COMMITTEE, Role.DISTRICT_OFFICE}],
)
def test_nobody_else_opens_a_name(desk: Desk, role: Role) -> None:
    desk.confirms(1)
    with pytest.raises(NotPermitted):
        desk.look(actor=Actor("somebody", role))


def test_the_district_office_opens_confirmed_members_and_nobody_who_waits(desk: Desk) -> None:
    desk.confirms(1)
    desk.declares(2)
    district = Actor("district", Role.DISTRICT_OFFICE)
    assert [each.name for each in desk.look("branch", actor=district)] == [a_name(1)]
    waiting = desk.look("branch", actor=district, states=[State.DECLARED, State.CANDIDATE])
    assert waiting == []


def test_another_committee_finds_nobody(desk: Desk) -> None:
    code = desk.declares(1)
    southern = access.local_committee(SOUTH)
    assert desk.look(actor=southern) == []
    with pytest.raises(NotFound):
        desk.write(
            lambda connection: committee.confirm(
                connection, southern, RULES, desk.number(code), on=DAY, now=NOW
            )
        )
    assert desk.counts() == Counts()


def test_a_candidate_of_a_roster_cannot_be_confirmed_without_a_declaration(desk: Desk) -> None:
    desk.write(
        lambda connection: candidates.add_candidates(
            connection, KEYS, desk.firm, [a_person(1)], Basis.ROSTER, by="o", today=DAY, now=NOW
        )
    )
    [row] = rows(desk.engine, Membership)
    with pytest.raises(Misuse, match="本人申报"):
        desk.write(
            lambda connection: committee.confirm(
                connection, COMMITTEE, RULES, row["id"], on=DAY, now=NOW
            )
        )
    assert figures(desk) is None


def test_confirming_feeds_every_figure_from_that_day(desk: Desk) -> None:
    desk.confirms(1)
    desk.confirms(2, status="probationary")
    assert figures(desk, DAY - timedelta(days=1)) is None
    assert figures(desk) == (1, 2, 2)
    assert figures(desk, known_at=NOW - timedelta(seconds=1)) is None


def test_a_larger_count_of_a_ledger_stands_and_a_smaller_one_gives_way(desk: Desk) -> None:
    desk.write(
        lambda connection: insert_headcount(
            connection, desk.firm, source="ledger", counted_on=DAY, members=2, full_members=2
        )
    )
    desk.confirms(1)
    assert figures(desk) == (2, 2, 1)
    desk.confirms(2)
    desk.confirms(3)
    assert figures(desk) == (3, 3, 3)


def test_three_confirmed_full_members_put_a_firm_on_the_list_of_those_that_should_build(
    desk: Desk,
) -> None:
    desk.write(lambda connection: insert_screening(connection, desk.firm, from_on=DAY))

    def listed(name: str) -> int:
        return len(
            desk.read(
                lambda connection: lists.organisations(
                    connection, COMMITTEE, RULES, name, as_of=DAY
                )
            )
        )

    desk.confirms(1)
    assert (listed("few_members"), listed("should_not_built")) == (1, 0)
    desk.confirms(2)
    desk.confirms(3)
    assert (listed("few_members"), listed("should_not_built")) == (0, 1)


def test_a_member_of_two_firms_counts_once_where_the_relation_is(engine: Engine) -> None:
    one, two = Desk(engine, 1), Desk(engine, 2)
    first, second = one.confirms(1), two.confirms(1, LATER)
    assert (one.counts(LATER), two.counts(LATER)) == (Counts(full=1), Counts())
    assert [each.counts for each in two.look()] == [True, False]
    covered_by(two, "乙支部")
    a_register_key(two, 1, "乙支部")
    assert two.step(register_check.placed, second, LATER) is True
    assert one.counts(LATER) == Counts()
    assert two.counts(LATER) == Counts(full=1, relation_in=1)
    assert (figures(one, LATER), figures(two, LATER)) == ((0, 0, 0), (1, 1, 0))
    two.withdraws(second, LATER + timedelta(days=1))
    assert one.counts(LATER + timedelta(days=1)) == Counts(full=1)
    assert one.mine(first).state == "confirmed"


def test_the_register_is_compared_with_who_waits_and_who_is_confirmed_alone(desk: Desk) -> None:
    covered_by(desk, "甲支部")
    here, away, nowhere = desk.confirms(1), desk.confirms(2), desk.confirms(3)
    desk.declares(4)
    for n, where in ((1, "甲支部"), (2, "别处支部"), (4, "别处支部"), (5, "甲支部")):
        a_register_key(desk, n, where)
    told = desk.write(
        lambda connection: register_check.check_register(
            connection, COMMITTEE, RULES, on=LATER, now=NOW
        )
    )
    assert told == register_check.Checked(waiting=1, found=1, here=1, elsewhere=1, unknown=1)
    states = [desk.mine(code).state for code in (here, away, nowhere)]
    assert states == ["relation_in", "relation_out", "confirmed"]
    assert desk.mine(nowhere).branch_wanted
    assert figures(desk, LATER) == (3, 3, 2)
    # Of whom nobody declared, nothing is written.
    assert len(rows(desk.engine, Membership)) == 4


def test_probation_ends_by_approval_and_leaving_is_dated(desk: Desk) -> None:
    code = desk.confirms(1, status="probationary")
    assert figures(desk) == (0, 1, 1)
    desk.step(committee.approved, code, LATER)
    assert (figures(desk), figures(desk, LATER)) == ((0, 1, 1), (1, 1, 1))
    gone = LATER + timedelta(days=5)
    desk.step(committee.left, code, gone)
    assert figures(desk, gone) == (0, 0, 0)
    assert figures(desk, LATER) == (1, 1, 1)


def test_withdrawing_changes_every_figure_and_the_past_stays_as_it_was_known(desk: Desk) -> None:
    code = desk.confirms(1)
    moment = NOW + timedelta(days=10)
    desk.withdraws(code, LATER, moment)
    assert figures(desk, LATER) == (0, 0, 0)
    assert figures(desk, LATER, known_at=moment - timedelta(seconds=1)) == (1, 1, 1)
    everything = str([rows(desk.engine, each) for each in (Membership, Headcount, Hire)])
    assert privacy.pseudonym(KEYS, a_number(1)) not in everything
    # A firm and a day of hiring would tell an employer who it was.
    assert rows(desk.engine, Hire) == []


def test_a_hire_is_identified_and_covered_on_the_clocks_of_its_district(desk: Desk) -> None:
    """Wuling's case: declared on day 0, confirmed, taken into a joint branch, shown as covered."""
    hired = DAY - timedelta(days=4)
    desk.confirms(1, DAY, hired_on=hired)
    covered = DAY + timedelta(days=6)

    def join(connection: Any) -> None:
        party = insert_party_organisation(connection, name="示例联合党支部")
        insert_covering(connection, desk.firm, party, mode="joint", from_on=covered)

    desk.write(join)
    told = desk.read(
        lambda connection: timing.readings(connection, COMMITTEE, RULES, as_of=covered)
    )
    total = {name: told[name][-1] for name in ("hire_identified", "hire_covered")}
    assert [(each.ended, each.p50, each.p90) for each in total.values()] == [
        (1, 4, 4),
        (1, 10, 10),
    ]


def test_tasks_open_at_once(desk: Desk) -> None:
    desk.write(lambda connection: insert_screening(connection, desk.firm, from_on=DAY))

    def opens() -> list[str]:
        desk.write(lambda connection: tasks.open_for(connection, RULES, desk.firm, DAY, NOW))
        found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=DAY))
        return sorted(each.kind for each in found)

    code = desk.declares(1)
    assert opens() == ["declaration"]
    desk.step(committee.confirm, code)
    assert opens() == ["declaration", "reach"]
    desk.write(lambda connection: tasks.open_due(connection, RULES, DAY, NOW))
    found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=DAY))
    assert [each.kind for each in found] == ["reach"]


def test_whoever_the_firms_list_no_longer_names_is_asked_about(desk: Desk) -> None:
    code = desk.confirms(1)
    key = privacy.pseudonym(KEYS, a_number(1))

    def roster(named: list[str], on: Any) -> None:
        desk.write(lambda connection: candidates.compare_roster(connection, desk.firm, named, on))

    roster([], DAY)
    assert desk.look()[0].absent_on is None, "no list has named the person yet"
    roster([key], LATER)
    roster([], LATER - timedelta(days=1))
    assert desk.look()[0].absent_on is None, "an older list says nothing"
    missing = LATER + timedelta(days=30)
    roster([], missing)
    assert desk.look()[0].absent_on == missing
    desk.write(lambda connection: tasks.open_for(connection, RULES, desk.firm, missing, NOW))
    found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=missing))
    assert "off_roster" in [each.kind for each in found]
    roster([key], missing + timedelta(days=1))
    assert desk.look()[0].absent_on is None
    assert desk.mine(code).state == "confirmed"


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


def test_a_step_before_what_happened_at_another_firm_is_refused(engine: Engine) -> None:
    one, two = Desk(engine, 1), Desk(engine, 2)
    one.confirms(1, LATER)
    with pytest.raises(Misuse, match="另一单位"):
        two.confirms(1, DAY)


def test_whoever_was_never_confirmed_leaves_no_day_in_the_figures(desk: Desk) -> None:
    desk.confirms(1)
    waiting = desk.declares(2, LATER)
    desk.step(
        committee.approved,
        desk.confirms(3, LATER + timedelta(days=1), status="probationary"),
        LATER + timedelta(days=2),
    )
    desk.withdraws(waiting, LATER + timedelta(days=3))
    days = {row["counted_on"] for row in rows(desk.engine, Headcount)}
    assert LATER not in days


def test_a_member_who_left_is_asked_about_no_more(desk: Desk) -> None:
    desk.write(lambda connection: insert_screening(connection, desk.firm, from_on=DAY))
    code = desk.confirms(1)
    desk.write(lambda connection: tasks.open_for(connection, RULES, desk.firm, DAY, NOW))
    desk.step(committee.left, code, LATER)
    desk.write(lambda connection: tasks.open_due(connection, RULES, LATER, NOW))
    assert desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=LATER)) == []


def test_three_full_members_with_an_instructor_alone_are_a_task(desk: Desk) -> None:
    def prepare(connection: Any) -> None:
        insert_screening(connection, desk.firm, from_on=DAY)
        insert_assignment(connection, desk.firm, from_on=DAY)

    desk.write(prepare)
    for n in (1, 2, 3):
        desk.confirms(n)
    desk.write(lambda connection: tasks.open_for(connection, RULES, desk.firm, DAY, NOW))
    found = desk.read(lambda connection: tasks.listed(connection, COMMITTEE, today=DAY))
    assert [each.kind for each in found] == ["build"]


def test_a_transfer_is_recorded_where_the_person_is_confirmed_already(desk: Desk) -> None:
    desk.confirms(1)
    again = desk.declares(1)
    with pytest.raises(Misuse, match="已确认"):
        desk.step(committee.transferred, again, here=True)


def test_a_name_whose_key_is_lost_does_not_close_the_others(desk: Desk) -> None:
    desk.confirms(1)
    lost = privacy.Keys(KEYS.pseudonym, privacy.new_keys().sealing)
    told = desk.write(
        lambda connection: committee.look(connection, COMMITTEE, lost, purpose="branch", now=NOW)
    )
    assert [each.name for each in told] == [None]


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
    assert figures(desk) == (1, 1, 0)
    assert len(rows(desk.engine, Hire)) == 1
