"""Plans of instructors: organisations that stand alike are one to the flow, and to nobody else."""

from dataclasses import replace

import numpy as np
import pytest
from planned_instructors import a_district, a_person, a_place, a_unit, by_chance

from liangxin.planning.instructors.candidates import CandidateRule, choose
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.problem import Limits, Problem
from liangxin.planning.instructors.repair import replan

RULE = CandidateRule(nearest=4, spread=2)


def crowded(seed: int) -> Problem:
    """Many stand alike, some of them are said no to, and a third have somebody."""
    chance = by_chance(seed)
    problem = a_district(chance, 90, 24)
    units = tuple(
        replace(
            unit,
            place=a_place(chance.choice([1, 1, 2]), unit.place.subdistrict),
            sector=chance.choice([None, "a"]),
            declined=frozenset({"p1"} if chance.random() < 0.2 else ()),
            is_built=chance.random() < 0.5,
        )
        for unit in problem.units
    )
    first = plan(replace(problem, units=units[::3]))
    limits = replace(problem.limits, pairs_built=seed % 2 == 1)
    return replace(problem, units=units, in_force=frozenset(first.pairs), limits=limits)


@pytest.mark.parametrize("seed", range(12))
def test_a_plan_is_as_good_as_where_each_organisation_stands_alone(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = crowded(seed)
    permitted = Permitted(problem)
    assert permitted.firsts.size < 0.8 * permitted.units.size
    together = [plan(problem, rule=RULE), replan(problem)]
    over = plan(problem, rule=RULE, only_candidates=True).certificate
    monkeypatch.setattr(Permitted, "alike", np.arange(len(problem.units)))
    alone = [plan(problem, rule=RULE), replan(problem)]
    over_alone = plan(problem, rule=RULE, only_candidates=True).certificate
    for one, other in zip(together, alone, strict=True):
        assert one.certificate.is_optimal
        assert one.certificate.levels == other.certificate.levels
    assert over.is_best_of_candidates
    assert over.value <= over_alone.value


@pytest.mark.parametrize("seed", range(4))
def test_who_stands_alike_may_have_the_same_people_for_the_same_points(seed: int) -> None:
    permitted = Permitted(crowded(seed))
    looked = choose(permitted, RULE, 0)
    assert set(looked.unit.tolist()) <= set(permitted.firsts.tolist())
    points = {}
    for block in permitted.blocks():
        for at, row in zip(block.units.tolist(), block.row.tolist(), strict=True):
            points[at] = block.people.tolist(), block.points[row].tolist()
    for at in permitted.units.tolist():
        first = permitted.alike[at]
        assert points[at] == points[first]
        assert permitted.in_force[at] == permitted.in_force[first]
        assert permitted.has_in_force[at] == permitted.has_in_force[first]


def test_two_that_stand_alike_may_have_two_people_and_agreed_ones_never_stand_alike() -> None:
    units, people = (a_unit("a"), a_unit("b")), (a_person("p"), a_person("q"))
    one_each = Problem(units, people, Limits(load=1))
    assert Permitted(one_each).firsts.tolist() == [0]
    assert {person for _, person in plan(one_each).pairs} == {"p", "q"}
    agreed = frozenset({("a", "q"), ("b", "p")})
    asked = Problem(units, people, Limits(consent="agreed"), agreed=agreed)
    assert Permitted(asked).firsts.tolist() == [0, 1]
    assert set(plan(asked).pairs) == agreed
