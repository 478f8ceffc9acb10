"""Whichever flows a plan of instructors came from: light weights, full ones, or two after another."""

import os

import pytest
from planned_instructors import a_district, a_person, a_place, a_small_problem, a_unit, by_chance

from liangxin.planning.instructors import stages
from liangxin.planning.instructors.candidates import CandidateRule, choose
from liangxin.planning.instructors.network import network
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.problem import Problem

PLANS = int(os.environ.get("PLANS", "100"))


@pytest.mark.parametrize("seed", range(0, PLANS, 2))
def test_two_flows_do_what_one_would(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = a_small_problem(by_chance(seed))
    monkeypatch.setattr(stages, "_SOON", 0)  # light weights never do
    at_once = plan(problem).certificate
    monkeypatch.setattr(stages, "_SOLVER_LARGEST", 0)  # no cost is small enough for one
    in_two = plan(problem).certificate
    assert in_two.is_optimal
    assert in_two.levels == at_once.levels


@pytest.mark.parametrize("few", [0, 2])
@pytest.mark.parametrize("seed", range(1, PLANS, 2))
def test_light_weights_do_what_full_ones_would(
    seed: int, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or they are found out: under those for no organisation at all loads weigh what a point does."""
    problem = a_small_problem(by_chance(seed))
    monkeypatch.setattr(stages, "_FEW", few)
    light = plan(problem).certificate
    monkeypatch.setattr(stages, "_SOON", 0)
    full = plan(problem).certificate
    assert light.is_optimal
    assert (light.value, light.levels) == (full.value, full.levels)


def test_light_weights_that_leave_loads_uneven_are_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever is near would have both; the other is so far away that no light weight outweighs it."""
    near, far = a_person("near", a_place(1)), a_person("far", a_place(9))
    problem = Problem((a_unit("a", place=a_place(1)), a_unit("b", place=a_place(1))), (near, far))
    weighed = []

    def flow(net, *rest):  # type: ignore[no-untyped-def]
        weighed.append(net.weight.loads)
        return stages_flow(net, *rest)

    stages_flow = stages.flow
    monkeypatch.setattr(stages, "flow", flow)
    monkeypatch.setattr(stages, "_FEW", 0)
    assert plan(problem).certificate.is_optimal
    assert len(weighed) == 2
    assert weighed[0] < weighed[1]


def test_a_district_needs_light_weights_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "solve", pytest.fail)
    permitted = Permitted(a_district(by_chance(1), 120, 30))
    net = network(permitted, keep_first=False)
    _, prices = stages.best(net, choose(permitted, CandidateRule(), 0))
    assert prices.proves
