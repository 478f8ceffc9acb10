"""Plans are made again after a small change: what can be kept is kept, and each change says why."""

from dataclasses import replace
from typing import Any

import pytest
from planned_instructors import a_district, a_person, a_place, a_unit, by_chance

from liangxin.errors import Misuse
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.problem import Problem
from liangxin.planning.instructors.repair import replan


def units(number: int, **what: Any) -> tuple[Any, ...]:
    return tuple(a_unit(f"u{at}", **what) for at in range(number))


def people(number: int, **what: Any) -> tuple[Any, ...]:
    return tuple(a_person(f"p{at}", **what) for at in range(number))


def test_too_little_time_keeps_what_is_in_force() -> None:
    problem = a_district(by_chance(3), 120, 30)
    best = plan(problem)
    quick = plan(replace(problem, in_force=frozenset(best.pairs)), seconds=0)
    assert quick.certificate.method == "nearest first"
    assert set(quick.pairs) >= set(best.pairs)
    assert quick.kept_share == 1


def test_after_a_small_change_almost_all_stays_and_each_change_has_its_reason() -> None:
    problem = a_district(by_chance(5), 300, 80)
    before = plan(problem)
    gone = problem.people[0].id
    now = replace(
        problem,
        people=problem.people[1:],
        units=(*problem.units[3:], a_unit("new", a_place(2), sector="a")),
        in_force=frozenset(before.pairs),
    )
    after = replan(now)
    assert after.certificate.is_optimal
    assert after.kept_share is not None
    assert after.kept_share >= 0.97
    left = [each for each in after.changes if each.was == gone]
    assert {each.reason for each in left} <= {"person_left", "unit_left"}
    assert all(each.words.zh and each.words.en for each in after.changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"never": frozenset({("u0", "p0")})}, "never"),
        ({"units": units(1, declined=frozenset({"p0"}))}, "unit_declined"),
        ({"people": people(2)[1:]}, "person_left"),
        ({"people": (a_person("p0", capacity=0), a_person("p1"))}, "no_capacity"),
        ({"must": frozenset({("u0", "p1")})}, "locked"),
        ({"people": (a_person("p0", is_willing=False), a_person("p1"))}, "person_declined"),
        ({"units": ()}, "unit_left"),
        ({"people": (a_person("p0", capacity=0),)}, "dropped"),
    ],
)
def test_a_changed_pair_says_why(change: dict[str, Any], reason: str) -> None:
    problem = Problem(units(1), people(2), in_force=frozenset({("u0", "p0")}))
    assert [each.reason for each in replan(replace(problem, **change)).changes] == [reason]


def test_repairing_without_a_plan_in_force_is_misuse() -> None:
    with pytest.raises(Misuse):
        replan(Problem(units(1), people(1)))
