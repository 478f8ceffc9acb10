"""Where one more instructor would help most."""

from typing import Any

import pytest
from planned_instructors import NORTH, SOUTH, a_person, a_place, a_unit, by_chance

from liangxin.errors import Misuse
from liangxin.planning.instructors.candidates import CandidateRule
from liangxin.planning.instructors.helping import one_more
from liangxin.planning.instructors.problem import Limits, Problem


def units(number: int) -> tuple[Any, ...]:
    return tuple(a_unit(f"u{at}") for at in range(number))


def people(number: int) -> tuple[Any, ...]:
    return tuple(a_person(f"p{at}") for at in range(number))


def test_one_more_instructor_is_wanted_where_nobody_is() -> None:
    crowded = [a_unit(f"c{at}", a_place(1, SOUTH), sector="食品") for at in range(4)]
    easy = [a_unit(f"e{at}", a_place(1)) for at in range(3)]
    here = a_person("here", a_place(1), serves=frozenset({NORTH}))
    there = a_person("there", a_place(1, SOUTH), serves=frozenset({SOUTH}), capacity=1)
    found = one_more(Problem((*crowded, *easy), (here, there)))
    assert found is not None
    assert (found.subdistrict, found.reached, found.sectors) == (SOUTH, 3, ("食品",))
    assert found.zh == f"在 {SOUTH}001 增加 1 名指导员，可多联系 3 个单位。"


def test_one_more_instructor_evens_loads_where_all_are_reached() -> None:
    found = one_more(Problem(units(4), people(1)))
    assert found is not None
    assert (found.reached, found.organisations) == (0, 2)
    assert "最有帮助" in found.zh


@pytest.mark.parametrize("problem", [Problem((), ()), Problem((), people(1))])
def test_nobody_more_is_wanted_where_nobody_needs_one(problem: Problem) -> None:
    assert one_more(problem) is None


def test_one_more_is_not_told_of_plans_by_hours() -> None:
    with pytest.raises(Misuse):
        one_more(Problem(units(1), people(1), Limits(by_hours=True)))


def test_one_more_reaches_no_more_than_they_can_take_on() -> None:
    chance = by_chance(5)
    where = [a_place(chance.randint(1, 30)) for _ in range(300)]
    crowd = tuple(a_unit(f"u{at}", place) for at, place in enumerate(where))
    few = tuple(a_person(f"p{at}", where[at], capacity=4) for at in range(60))
    found = one_more(Problem(crowd, few), rule=CandidateRule(nearest=2, spread=0))
    assert found is not None
    assert found.before.unreached == 60
    assert found.reached == 5
