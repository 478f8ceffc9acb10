"""Nobody is a member who did not say so: every way through the states, allowed and not."""

from datetime import date, timedelta
from itertools import product

import pytest

from liangxin.errors import Misuse
from liangxin.membership import (
    ALLOWED,
    COUNTED,
    ENDED,
    GROUNDS,
    NAMES,
    PENDING,
    PENDING_DAYS,
    Basis,
    Counts,
    State,
    Status,
    Step,
    asked_again,
    count,
    expires,
    is_grounded,
    require_allowed,
)

DAY = date(2026, 3, 2)
FULL, PROBATIONARY = Status.FULL, Status.PROBATIONARY


def steps(*taken: tuple[State, Basis], status: Status = FULL) -> list[Step]:
    """Steps a week apart, each allowed."""
    made: list[Step] = []
    for n, (state, basis) in enumerate(taken):
        step = Step(state, basis, DAY + timedelta(weeks=n), status)
        require_allowed(made, step)
        made.append(step)
    return made


ROSTER = (State.CANDIDATE, Basis.ROSTER)
DECLARED = (State.DECLARED, Basis.DECLARATION)
CONFIRMED = (State.CONFIRMED, Basis.CONFIRMATION)


def is_allowed(before: list[Step], step: Step) -> bool:
    try:
        require_allowed(before, step)
    except Misuse:
        return False
    return True


def test_no_path_leads_to_confirmed_without_a_declaration_or_an_official_transfer() -> None:
    """Every path of up to six steps, of all states, bases and statuses, is walked."""
    seen: set[tuple[State, Status, bool]] = set()
    reached: set[State] = set()
    walking: list[list[Step]] = [[]]
    for _ in range(6):
        longer = []
        for path, state, basis, status in product(walking, State, Basis, Status):
            step = Step(state, basis, DAY, status)
            if not is_allowed(path, step):
                continue
            whole = [*path, step]
            if state in COUNTED:
                assert {each.basis for each in whole} & GROUNDS
            where = (state, status, is_grounded(whole))
            if where not in seen:
                seen.add(where)
                longer.append(whole)
            reached.add(state)
        walking = longer
    assert reached == set(State)
    assert not any(state in COUNTED and not grounded for state, _, grounded in seen)


def test_steps_that_claim_a_confirmation_nobody_grounded_are_refused() -> None:
    """Steps written past the rules do not make a ground either."""
    forged = [
        Step(*ROSTER, DAY, FULL),
        Step(State.CONFIRMED, Basis.CONFIRMATION, DAY, FULL),
    ]
    with pytest.raises(Misuse, match="neither a declaration nor an official transfer"):
        require_allowed(forged, Step(State.RELATION_IN, Basis.MEMBER_REGISTER, DAY, FULL))


def test_an_employers_word_and_a_transfer_notice_make_candidates_only() -> None:
    for basis in (Basis.ROSTER, Basis.TRANSFER_NOTICE):
        allowed = {to for (_, to), bases in ALLOWED.items() if basis in bases}
        assert allowed == {State.CANDIDATE}


def test_what_has_ended_leads_nowhere() -> None:
    assert not [start for start, _ in ALLOWED if start in ENDED]


def test_whoever_is_asked_can_decline_and_every_member_can_withdraw() -> None:
    for state in set(State) - ENDED:
        assert Basis.PERSON in ALLOWED[(state, State.WITHDRAWN)]


def test_only_who_is_not_confirmed_expires() -> None:
    assert {start for start, to in ALLOWED if to is State.EXPIRED} == PENDING
    assert expires(DAY) - DAY == timedelta(days=PENDING_DAYS) == timedelta(days=60)
    assert asked_again(DAY) > expires(DAY)


def test_every_refusal_says_what_and_why_in_both_languages() -> None:
    assert set(NAMES) == {None, *State}
    with pytest.raises(Misuse, match="roster does not lead from candidate to confirmed") as refused:
        require_allowed(steps(ROSTER), Step(State.CONFIRMED, Basis.ROSTER, DAY, FULL))
    assert "未经本人申报或正式转接" in refused.value.zh


def test_a_step_is_not_before_the_one_before_it() -> None:
    before = steps(DECLARED, CONFIRMED)
    with pytest.raises(Misuse, match="is before the step before it"):
        require_allowed(before, Step(State.LEFT, Basis.DEPARTURE, DAY, FULL))


def test_candidates_and_declarations_are_never_counted() -> None:
    told = [steps(ROSTER), steps(DECLARED)]
    assert count(told, date(2027, 1, 1)) == Counts()


def test_full_and_probationary_members_are_counted_apart_and_by_relation() -> None:
    told = [
        steps(DECLARED, CONFIRMED),
        steps(DECLARED, CONFIRMED, (State.RELATION_IN, Basis.OFFICIAL_TRANSFER)),
        steps(
            DECLARED,
            CONFIRMED,
            (State.RELATION_OUT, Basis.MEMBER_REGISTER),
            status=PROBATIONARY,
        ),
    ]
    assert count(told, date(2027, 1, 1)) == Counts(2, 1, relation_in=1, relation_out=1)


def test_a_day_is_counted_by_the_steps_until_then() -> None:
    told = [steps(DECLARED, CONFIRMED, (State.WITHDRAWN, Basis.PERSON))]
    weeks = [DAY + timedelta(weeks=n) for n in range(3)]
    assert [count(told, day).full for day in weeks] == [0, 1, 0]


def test_only_an_approval_makes_a_probationary_member_full() -> None:
    before = steps(DECLARED, CONFIRMED, status=PROBATIONARY)
    later = DAY + timedelta(days=400)
    require_allowed(before, Step(State.CONFIRMED, Basis.APPROVAL, later, FULL))
    for state, basis, status in (
        (State.RELATION_IN, Basis.MEMBER_REGISTER, FULL),
        (State.CONFIRMED, Basis.APPROVAL, PROBATIONARY),
    ):
        with pytest.raises(Misuse, match="only an approval"):
            require_allowed(before, Step(state, basis, later, status))


def test_nobody_is_led_from_an_employers_word_to_a_declaration() -> None:
    """A declaration is a row of its own: what an employer said must not show through it."""
    with pytest.raises(Misuse):
        require_allowed(steps(ROSTER), Step(*DECLARED, DAY, FULL))


def test_nobody_becomes_probationary_again() -> None:
    before = steps(DECLARED, CONFIRMED)
    with pytest.raises(Misuse, match="no other step changes"):
        require_allowed(before, Step(State.LEFT, Basis.DEPARTURE, date(2027, 1, 1), PROBATIONARY))
