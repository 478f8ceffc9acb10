"""Tasks go round by answers of those whose turn it is; nobody sees what is not theirs."""

from datetime import date

import pytest
from factories import (
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    insert_assignment,
    insert_covering,
    insert_party_organisation,
    insert_screening,
    insert_term,
)
from sqlalchemy import Connection, Engine
from tasking import (
    COMMITTEE,
    COMMUNITY,
    COMMUNITY_CODE,
    ECONOMIC,
    LEADER,
    SOUTHERN,
    Office,
    an_office,
    asked,
    counted,
    newly_registered,
    of_the_base,
)

from liangxin import party_changes
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted


@pytest.fixture
def office(sqlite_engine: Engine) -> Office:
    return an_office(sqlite_engine)


def test_a_new_firm_goes_round_from_community_to_community(office: Office) -> None:
    firm = office.write(newly_registered)
    office.run()
    office.answer("operating", COMMUNITY)
    office.write(lambda c: insert_screening(c, firm, from_on=TODAY))
    assert office.answer("recorded", ECONOMIC).owner == "committee"
    office.answer("instructor_sent", COMMITTEE)
    assert office.answer("confirmed", COMMUNITY).closed
    assert office.steps() == [
        ("opened", None, "register"),
        ("answered", "operating", COMMUNITY.name),
        ("answered", "recorded", ECONOMIC.name),
        ("answered", "instructor_sent", COMMITTEE.name),
        ("answered", "confirmed", COMMUNITY.name),
    ]


def test_a_screening_that_was_loaded_hands_the_task_on_by_itself(office: Office) -> None:
    firm = office.write(newly_registered)
    office.run()
    office.write(lambda c: insert_screening(c, firm, from_on=TODAY, learned_at=office.now))
    ran = office.run()
    assert (ran.handed_on, ran.closed) == (1, 0)
    assert office.kinds() == [("screen", "form", "committee")]
    office.write(lambda c: insert_assignment(c, firm))
    assert office.run().closed == 1


def test_a_firm_found_closed_needs_no_branch(office: Office) -> None:
    firm = office.write(newly_registered)
    office.run()
    office.answer("closed", COMMUNITY)
    office.write(lambda c: insert_screening(c, firm, state="closed", from_on=TODAY))
    assert office.answer("recorded", ECONOMIC).closed


def test_a_screening_that_is_not_in_the_register_is_not_recorded(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    office.answer("operating", COMMUNITY)
    with pytest.raises(Misuse, match="screening_results"):
        office.answer("recorded", ECONOMIC)


def test_an_election_that_is_not_in_the_register_was_not_held(office: Office) -> None:
    def happens(connection: Connection) -> int:
        party = insert_party_organisation(connection)
        insert_covering(connection, of_the_base(connection), party)
        insert_term(connection, party, due_on=TODAY)
        return party

    def elect(connection: Connection) -> None:
        held = {"on": TODAY, "secretary": "", "now": office.now}
        party_changes.elect(connection, COMMITTEE, office.rules, party, **held)

    party = office.write(happens)
    office.run()
    with pytest.raises(Misuse, match="holds no such election"):
        office.answer("elected", COMMITTEE)
    office.write(elect)
    assert office.answer("elected", COMMITTEE).closed


def test_each_turn_has_its_own_days(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    office.goes_on(3)
    answered = office.answer("operating", COMMUNITY)
    assert answered.due_on == date(2026, 11, 30), "Thursday and two working days"


@pytest.mark.parametrize(
    ("actor", "kinds"),
    [
        pytest.param(LOCAL, {"screen", "reach"}, id="district office: no counts of members"),
        pytest.param(COMMITTEE, {"screen", "reach", "question"}, id="committee"),
        pytest.param(ECONOMIC, {"screen"}, id="economic office: nothing about members"),
        pytest.param(COMMUNITY, {"screen"}, id="community: what it must do"),
        pytest.param(SOUTHERN, set(), id="another sub-district"),
        pytest.param(LEADER, set(), id="leader: what was put to the leader"),
    ],
)
def test_everybody_sees_what_is_theirs(office: Office, actor: Actor, kinds: set[str]) -> None:
    def happens(connection: Connection) -> None:
        newly_registered(connection)
        firm = of_the_base(connection)
        counted(connection, firm, members=1)
        asked(connection, firm, "committee")

    office.write(happens)
    office.run()
    assert {task.kind for task in office.listed(actor)} == kinds


def test_who_answers_for_the_committee_does_not_see_that_counts_of_members_disagree(
    office: Office,
) -> None:
    office.write(lambda c: asked(c, of_the_base(c), "committee"))
    # Of nowhere it is the district office's to answer, and not to see.
    office.write(lambda c: asked(c, of_the_base(c, subdistrict_code=None), "committee"))
    office.run()
    assert office.listed() == []
    everywhere = Actor("区委两新工委", Role.COMMITTEE)
    mine, _ = office.listed(everywhere)
    with pytest.raises(NotFound):
        office.answer("answered", LOCAL, task=mine.id, note="已核实")
    assert office.answer("answered", everywhere, task=mine.id, note="已核实").closed


@pytest.mark.parametrize(
    "actor",
    [
        pytest.param(SOUTHERN, id="out of scope"),
        pytest.param(ECONOMIC, id="not its turn"),
        pytest.param(Actor("某社区", Role.COMMUNITY, frozenset()), id="of no sub-district at all"),
    ],
)
def test_what_is_not_ones_turn_is_not_found(office: Office, actor: Actor) -> None:
    office.write(newly_registered)
    office.run()
    with pytest.raises(NotFound):
        office.answer("operating", actor)


def test_a_leader_answers_nothing(office: Office) -> None:
    with pytest.raises(NotPermitted):
        office.answer("operating", LEADER, task=1)


def test_a_task_that_is_closed_takes_no_answer(office: Office) -> None:
    office.write(lambda c: counted(c, of_the_base(c), members=1))
    office.run()
    task = office.listed()[0].id
    office.answer("joined", COMMITTEE)
    with pytest.raises(NotFound):
        office.answer("joined", COMMITTEE, task=task)


def test_a_note_is_a_sentence_and_not_a_file(office: Office) -> None:
    office.write(newly_registered)
    office.run()
    with pytest.raises(Misuse, match="500"):
        office.answer("operating", note="长" * 501)


def test_the_list_can_be_of_one_subdistrict_or_owner(office: Office) -> None:
    office.write(newly_registered)
    office.write(lambda c: newly_registered(c, subdistrict_code=SOUTH, community_code=None))
    office.run()
    assert len(office.listed(subdistrict_code=SOUTH)) == 1
    assert len(office.listed(owner="community")) == 1
    with pytest.raises(NotFound):
        office.listed(ECONOMIC, subdistrict_code=SOUTH)
    with pytest.raises(Misuse, match="economic_office"):
        office.listed(owner="nobody")


def test_a_community_sees_the_tasks_of_its_own_alone(office: Office) -> None:
    office.write(newly_registered)
    office.write(lambda c: newly_registered(c, community_code=NORTH + "002"))
    office.run()
    worker = Actor("示例社区", Role.COMMUNITY, frozenset({NORTH}), frozenset({COMMUNITY_CODE}))
    assert [each.uscc for each in office.listed(worker)] == [a_uscc(1)]
    assert len(office.listed(COMMUNITY)) == 2


def test_tasks_of_one_organisation_are_for_those_who_may_list_organisations(office: Office) -> None:
    for _ in range(2):
        office.write(newly_registered)
    office.run()
    assert [each.uscc for each in office.listed(ECONOMIC, uscc=a_uscc(2))] == [a_uscc(2)]
    assert office.listed(SOUTHERN, uscc=a_uscc(2)) == []
    with pytest.raises(NotPermitted):  # or a leader could find out whom a hidden task is about
        office.listed(LEADER, uscc=a_uscc(2))
