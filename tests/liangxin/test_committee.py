"""The committee looks with a purpose, confirms, places and transfers; every figure follows."""

from datetime import timedelta
from typing import Any

import pytest
from declarations import COMMITTEE, DAY, KEYS, RULES, Desk, a_register_key, covered_by
from factories import (
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_headcount,
    insert_party_organisation,
    insert_screening,
)
from loads import rows
from people import a_name, a_number, a_person
from sqlalchemy import Engine

from liangxin import (
    access,
    candidates,
    committee,
    facts_on,
    forgetting,
    lists,
    members,
    privacy,
    register_check,
    tasks,
    timing,
)
from liangxin.access import Actor, Role
from liangxin.errors import Busy, Misuse, NotFound, NotPermitted
from liangxin.membership import Basis, Counts, State
from liangxin.schema import Headcount, Hire, Membership, PersonAccess

LATER = DAY + timedelta(days=10)


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


def test_nobody_is_missed_in_a_list_of_which_rows_were_refused(desk: Desk) -> None:
    desk.confirms(1)
    key = privacy.pseudonym(KEYS, a_number(1))
    for named, on, whole in (([key], DAY, True), ([], LATER, False)):
        desk.write(
            lambda connection, named=named, on=on, whole=whole: candidates.compare_roster(
                connection, desk.firm, named, on, whole=whole
            )
        )
    assert desk.look()[0].absent_on is None


def test_of_a_hire_who_left_long_ago_the_month_stays_and_the_days_between(desk: Desk) -> None:
    hired = DAY - timedelta(days=5)
    code = desk.confirms(1, hired_on=hired)
    desk.step(committee.left, code, LATER)
    desk.write(
        lambda connection: forgetting.forget_due(connection, LATER + timedelta(days=183), now=NOW)
    )
    [hire] = rows(desk.engine, Hire)
    assert hire["hired_on"] == hired.replace(day=1)
    assert (hire["identified_on"] - hire["hired_on"]).days == 5


def test_old_keys_do_not_go_while_a_name_is_sealed_with_one(desk: Desk) -> None:
    desk.declares(1)
    rotated = privacy.rotated(KEYS)

    def require() -> None:
        newest = rotated.sealing[-1].id
        desk.read(lambda connection: members.require_sealed_with(connection, newest))

    with pytest.raises(Busy):
        require()
    desk.write(lambda connection: members.reseal(connection, rotated))
    require()


def test_a_name_whose_key_is_lost_does_not_close_the_others(desk: Desk) -> None:
    desk.confirms(1)
    lost = privacy.Keys(KEYS.pseudonym, privacy.new_keys().sealing)
    told = desk.write(
        lambda connection: committee.look(connection, COMMITTEE, lost, purpose="branch", now=NOW)
    )
    assert [each.name for each in told] == [None]
