"""Candidates and members in the register: sealed, confirmed only with a ground, forgotten in time."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from factories import NOW, a_uscc, insert_organisation, insert_run
from loads import rows
from people import a_name, a_number, a_person
from sqlalchemy import Connection, Engine, insert, update
from sqlalchemy.exc import IntegrityError

from ingest.exchange import contents
from liangxin import candidates, db, forgetting, members, membership, privacy, state, undo
from liangxin.errors import DatabaseUnavailable, KeyLost, KeyWrong, Misuse, NotFound
from liangxin.membership import Basis, Counts, State, Status, Step
from liangxin.privacy import Sealed
from liangxin.schema import AuditEntry, DoNotAsk, Membership, MembershipGround, MembershipStep

KEYS = privacy.new_keys()
DAY = NOW.date()
FULL, PROBATIONARY = Status.FULL, Status.PROBATIONARY


class Committee:
    """Somebody who works on one firm's members."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        with db.writing(engine) as connection:
            self.firm = insert_organisation(connection, 1)

    def write(self, what: Callable[[Connection], Any]) -> Any:
        with db.writing(self.engine) as connection:
            return what(connection)

    def roster(
        self, *persons: members.Person, on: date = DAY, keys: Any = KEYS
    ) -> candidates.Taken:
        return self.write(
            lambda connection: candidates.add_candidates(
                connection, keys, self.firm, persons, Basis.ROSTER, by="office", today=on, now=NOW
            )
        )

    def declares(self, person: members.Person, on: date = DAY) -> int:
        return self.write(
            lambda connection: members.declare(
                connection, KEYS, self.firm, person, by="person", on=on, now=NOW
            )
        )

    def take(
        self, number: int, to: State, basis: Basis, *, on: date = DAY, status: Status = FULL
    ) -> None:
        step = Step(to, basis, on, status)
        self.write(
            lambda connection: members.take(connection, number, step, by="committee", now=NOW)
        )

    def confirmed(self, n: int, status: Status = FULL, on: date = DAY) -> int:
        number = self.declares(a_person(n, status), on)
        self.take(number, State.CONFIRMED, Basis.CONFIRMATION, on=on, status=status)
        return number

    def counts(self, on: date = DAY, **how: Any) -> Counts:
        with db.reading(self.engine) as connection:
            return members.counts(connection, on, **how).get(self.firm, Counts())

    def forgets(self, on: date) -> forgetting.Forgotten:
        return self.write(lambda connection: forgetting.forget_due(connection, on, now=NOW))

    def states(self) -> list[str]:
        return [row["state"] for row in rows(self.engine, Membership)]


@pytest.fixture
def committee(engine: Engine) -> Committee:
    return Committee(engine)


def test_those_a_roster_names_are_sealed_and_count_as_nobody(committee: Committee) -> None:
    assert committee.roster(a_person(1), a_person(2, PROBATIONARY)) == candidates.Taken(new=2)
    found = rows(committee.engine, Membership)
    assert [(row["state"], row["status"]) for row in found] == [
        ("candidate", "full"),
        ("candidate", "probationary"),
    ]
    assert committee.counts() == Counts()
    for row, n in zip(found, (1, 2), strict=True):
        sealed = Sealed(row["sealed_name"], row["sealed_key_id"])
        place = {"organisation_id": committee.firm, "person_key": row["person_key"]}
        assert privacy.unseal(KEYS, sealed, **place) == a_name(n)
        assert row["person_key"] == privacy.pseudonym(KEYS, a_number(n))
        assert row["expires_on"] == DAY + timedelta(days=60)
        assert a_name(n) not in str(row)
        assert a_number(n) not in str(row)


def test_the_same_roster_again_changes_nothing_and_prolongs_nothing(committee: Committee) -> None:
    committee.roster(a_person(1))
    before = rows(committee.engine, Membership), rows(committee.engine, MembershipStep)
    again = committee.roster(a_person(1), on=DAY + timedelta(days=30))
    assert again == candidates.Taken(unchanged=1)
    assert (rows(committee.engine, Membership), rows(committee.engine, MembershipStep)) == before


def test_an_employer_may_correct_a_candidate_and_nobody_else(committee: Committee) -> None:
    committee.roster(a_person(1))
    committee.confirmed(2)
    told = committee.roster(a_person(1, PROBATIONARY), a_person(2, PROBATIONARY))
    assert told == candidates.Taken(changed=1, unchanged=1)
    assert [row["status"] for row in rows(committee.engine, Membership)] == [
        "probationary",
        "full",
    ]


def test_a_candidate_who_declares_and_is_confirmed_counts_from_that_day(
    committee: Committee,
) -> None:
    committee.roster(a_person(1))
    number = committee.confirmed(1, on=DAY + timedelta(days=3))
    committee.take(number, State.RELATION_OUT, Basis.MEMBER_REGISTER, on=DAY + timedelta(days=4))
    assert committee.states() == ["relation_out"]
    assert committee.counts(DAY + timedelta(days=2)) == Counts()
    assert committee.counts(DAY + timedelta(days=3)) == Counts(full=1)
    assert committee.counts(DAY + timedelta(days=9)) == Counts(full=1, relation_out=1)


def test_an_official_transfer_confirms_a_candidate(committee: Committee) -> None:
    committee.roster(a_person(1))
    [row] = rows(committee.engine, Membership)
    committee.take(row["id"], State.CONFIRMED, Basis.OFFICIAL_TRANSFER)
    [ground] = rows(committee.engine, MembershipGround)
    assert ground["basis"] == "official_transfer"
    assert committee.counts() == Counts(full=1)


def test_nobody_is_confirmed_on_an_employers_word(committee: Committee) -> None:
    committee.roster(a_person(1))
    [row] = rows(committee.engine, Membership)
    for basis in (Basis.ROSTER, Basis.CONFIRMATION, Basis.MEMBER_REGISTER):
        with pytest.raises(Misuse, match="nobody is confirmed without"):
            committee.take(row["id"], State.CONFIRMED, basis)
    assert committee.states() == ["candidate"]


@pytest.mark.parametrize("to", ["confirmed", "relation_in", "relation_out"])
def test_the_database_itself_refuses_a_confirmation_without_a_ground(
    committee: Committee, to: str
) -> None:
    committee.roster(a_person(1), a_person(2))
    with pytest.raises(DatabaseUnavailable) as refused:
        committee.write(lambda connection: connection.execute(update(Membership).values(state=to)))
    assert isinstance(refused.value.__cause__, IntegrityError)
    assert committee.states() == ["candidate", "candidate"]


def test_the_database_itself_refuses_another_persons_ground(committee: Committee) -> None:
    committee.roster(a_person(1))
    committee.declares(a_person(2))
    [ground] = rows(committee.engine, MembershipGround)
    [mine, _] = rows(committee.engine, Membership)
    forged = update(Membership).where(Membership.id == mine["id"])
    with pytest.raises(DatabaseUnavailable):
        committee.write(
            lambda connection: connection.execute(
                forged.values(state="confirmed", ground_id=ground["id"])
            )
        )


def test_the_database_itself_keeps_nothing_of_who_withdrew(committee: Committee) -> None:
    committee.confirmed(1)
    with pytest.raises(DatabaseUnavailable):
        committee.write(
            lambda connection: connection.execute(update(Membership).values(state="withdrawn"))
        )


def test_a_candidate_is_deleted_after_sixty_days_and_not_asked_again_for_a_year(
    committee: Committee,
) -> None:
    committee.roster(a_person(1), a_person(2))
    committee.declares(a_person(2), DAY + timedelta(days=1))
    assert committee.forgets(DAY + timedelta(days=59)) == forgetting.Forgotten()
    later = DAY + timedelta(days=60)
    assert committee.forgets(later) == forgetting.Forgotten(candidates=2)
    assert committee.states() == ["declared"]
    assert {row["state"] for row in rows(committee.engine, MembershipStep)} == {"declared"}
    assert committee.roster(a_person(1), on=later) == candidates.Taken(not_asked=1)
    over = membership.asked_again(later)
    assert committee.forgets(over) == forgetting.Forgotten(candidates=1, tokens=2)
    assert rows(committee.engine, DoNotAsk) == []
    assert committee.roster(a_person(1), on=over) == candidates.Taken(new=1)


def test_a_declaration_that_nobody_confirms_is_deleted_and_its_person_may_be_asked(
    committee: Committee,
) -> None:
    committee.declares(a_person(1))
    assert committee.forgets(DAY + timedelta(days=59)) == forgetting.Forgotten()
    assert committee.forgets(DAY + timedelta(days=60)) == forgetting.Forgotten(candidates=1)
    for table in (Membership, MembershipStep, MembershipGround, DoNotAsk):
        assert rows(committee.engine, table) == []


def test_what_was_forgotten_is_logged_and_nobody_is_told_of(committee: Committee) -> None:
    committee.roster(a_person(1), a_person(2))
    committee.forgets(DAY + timedelta(days=59))
    assert [row["action"] for row in rows(committee.engine, AuditEntry)] == []
    committee.forgets(DAY + timedelta(days=60))
    [entry] = rows(committee.engine, AuditEntry)
    assert (entry["action"], entry["about"]) == ("person.forgotten", "candidates")


def test_whether_anything_is_due_is_known_by_a_look(committee: Committee) -> None:
    committee.roster(a_person(1))

    def is_due(days: int) -> bool:
        with db.reading(committee.engine) as connection:
            return forgetting.is_due(connection, DAY + timedelta(days=days))

    assert not is_due(59)
    assert is_due(60)


def test_declining_leaves_a_token_without_a_reason_like_silence_does(
    committee: Committee,
) -> None:
    committee.roster(a_person(1), a_person(2))
    [first, _] = rows(committee.engine, Membership)
    later = DAY + timedelta(days=60)
    committee.take(first["id"], State.WITHDRAWN, Basis.PERSON, on=later)
    committee.forgets(later)
    assert rows(committee.engine, Membership) == rows(committee.engine, MembershipStep) == []
    tokens = rows(committee.engine, DoNotAsk)
    assert len({row["until_on"] for row in tokens}) == 1
    assert set(tokens[0]) == {"token", "until_on"}
    assert not {privacy.pseudonym(KEYS, a_number(n)) for n in (1, 2)} & {
        row["token"] for row in tokens
    }


def test_whoever_declares_after_declining_is_heard_and_once_confirmed_may_be_asked(
    committee: Committee,
) -> None:
    committee.roster(a_person(1))
    committee.forgets(DAY + timedelta(days=60))
    later = DAY + timedelta(days=70)
    number = committee.declares(a_person(1), later)
    assert committee.states() == ["declared"]
    # A stranger who knows a number could declare; that alone undoes nobody's wish.
    assert len(rows(committee.engine, DoNotAsk)) == 1
    committee.take(number, State.CONFIRMED, Basis.CONFIRMATION, on=later)
    assert rows(committee.engine, DoNotAsk) == []


def test_who_withdraws_is_forgotten_and_the_past_is_told_as_it_was(committee: Committee) -> None:
    number = committee.confirmed(1)
    committee.confirmed(2, PROBATIONARY)
    later = DAY + timedelta(days=10)
    committee.take(number, State.WITHDRAWN, Basis.PERSON, on=later)
    assert committee.counts(later) == Counts(probationary=1)
    assert committee.counts(DAY) == Counts(full=1, probationary=1)
    assert committee.counts(later, known_at=NOW - timedelta(seconds=1)) == Counts()
    everything = str(
        [
            rows(committee.engine, each)
            for each in (Membership, MembershipStep, MembershipGround, DoNotAsk)
        ]
    )
    assert privacy.pseudonym(KEYS, a_number(1)) not in everything
    assert privacy.pseudonym(KEYS, a_number(2)) in everything


def test_who_left_is_forgotten_half_a_year_later_and_the_figures_stay(
    committee: Committee,
) -> None:
    number = committee.confirmed(1)
    later = DAY + timedelta(days=10)
    committee.take(number, State.LEFT, Basis.DEPARTURE, on=later)
    assert committee.forgets(later + timedelta(days=182)) == forgetting.Forgotten()
    assert committee.forgets(later + timedelta(days=183)) == forgetting.Forgotten(left=1)
    [row] = rows(committee.engine, Membership)
    assert (row["person_key"], row["sealed_name"], row["state"]) == (None, None, "left")
    assert rows(committee.engine, MembershipGround) == []
    assert committee.counts(DAY) == Counts(full=1)
    assert committee.counts(later) == Counts()


def test_names_are_sealed_anew_with_a_new_key(committee: Committee) -> None:
    committee.roster(a_person(1), a_person(2))
    after = privacy.rotated(KEYS)
    assert committee.write(lambda connection: members.reseal(connection, after)) == 2
    assert committee.write(lambda connection: members.reseal(connection, after)) == 0
    alone = privacy.Keys(after.pseudonym, after.sealing[-1:])
    for row, n in zip(rows(committee.engine, Membership), (1, 2), strict=True):
        sealed = Sealed(row["sealed_name"], row["sealed_key_id"])
        place = {"organisation_id": committee.firm, "person_key": row["person_key"]}
        assert privacy.unseal(alone, sealed, **place) == a_name(n)


def test_with_a_lost_sealing_key_nothing_is_sealed_anew(committee: Committee) -> None:
    committee.roster(a_person(1))
    before = rows(committee.engine, Membership)
    lost = privacy.Keys(KEYS.pseudonym, privacy.new_keys().sealing)
    with pytest.raises(KeyLost, match=KEYS.sealing[-1].id):
        committee.write(lambda connection: members.reseal(connection, lost))
    assert rows(committee.engine, Membership) == before


def test_another_districts_keys_are_refused_before_anything_is_written(
    committee: Committee,
) -> None:
    committee.roster(a_person(1))
    with pytest.raises(KeyWrong, match="wrong key"):
        committee.roster(a_person(2), keys=privacy.new_keys())
    assert len(rows(committee.engine, Membership)) == 1


def test_there_is_no_step_of_a_membership_that_is_not_there(committee: Committee) -> None:
    with pytest.raises(NotFound):
        committee.take(99, State.CONFIRMED, Basis.CONFIRMATION)


def test_no_person_is_in_the_registers_number_or_in_a_package(committee: Committee) -> None:
    def held(connection: Connection) -> str:
        return state.state_hash(connection)

    before = committee.write(held)
    committee.roster(a_person(1))
    committee.confirmed(2)
    assert committee.write(held) == before
    told = {column for columns in contents.COLUMNS.values() for column in columns}
    assert not told & {"person_key", "sealed_name", "ask_token", "key"}


def test_a_run_whose_organisation_has_sealed_people_is_not_undone_and_nobody_is_counted(
    engine: Engine,
) -> None:
    with db.writing(engine) as connection:
        run = insert_run(connection)
        firm = insert_organisation(connection, 5, uscc=a_uscc(5), run_id=run)
        candidates.add_candidates(
            connection, KEYS, firm, [a_person(1)], Basis.ROSTER, by="x", today=DAY, now=NOW
        )
    with db.writing(engine) as connection, pytest.raises(Misuse) as refused:
        undo.undo(connection, run, now=NOW)
    assert "sealed records of people" in refused.value.en
    assert "1 sealed" not in refused.value.en


def test_a_person_is_at_one_organisation_once(committee: Committee) -> None:
    committee.roster(a_person(1))
    [row] = rows(committee.engine, Membership)
    with pytest.raises(DatabaseUnavailable):
        committee.write(
            lambda connection: connection.execute(
                insert(Membership).values({k: v for k, v in row.items() if k != "id"})
            )
        )
