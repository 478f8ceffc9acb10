"""Many paths at once to a plan by hours: what they meet is a plan, the cheapest of a small problem."""

import numpy as np
import pytest
from gaps import a_gap, least, ticking

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors import beam
from liangxin.planning.instructors import gap as hours
from liangxin.planning.instructors.casework import Closed
from liangxin.planning.instructors.lagrange import Gap, improve
from liangxin.planning.instructors.relaxed import worths


def looked(gap: Gap, aim: int, *, seed: int = 0, seconds: float = 10**6) -> Numbers | None:
    worth = improve(gap, worths(gap), aim, Budget.of(100, ticking())).worth
    return beam.look(gap, worth, aim, np.random.default_rng(seed), Budget.of(seconds, ticking()))


@pytest.mark.parametrize("seed", range(40))
def test_many_paths_meet_the_cheapest_plan_of_a_small_district(seed: int) -> None:
    gap = a_gap(seed)
    best = least(gap)
    assert looked(gap, 250 if best is None else best) is None
    if best is None:
        return
    person = looked(gap, best + 20)
    assert person is not None
    jobs = np.arange(person.size)
    load = np.bincount(person, gap.weight[person, jobs], gap.capacity.size)
    assert (load <= gap.capacity).all()
    assert gap.cost[person, jobs].sum() == best


def test_the_same_chance_meets_the_same_plan() -> None:
    gap = a_gap(5, people=4, jobs=24)
    first, again = (looked(gap, 490, seed=3) for _ in range(2))
    assert first is not None
    assert again is not None
    assert first.tolist() == again.tolist()


def test_without_time_nothing_is_met() -> None:
    assert looked(a_gap(5, people=4, jobs=24), 490, seconds=0) is None


@pytest.mark.parametrize("seed", [2, 10, 11])
def test_a_plan_that_no_proof_and_no_dive_meets_is_met_along_many_paths(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Jobs go to the nearest who has the hours, and nothing else makes the plan any better."""
    gap = a_gap(seed)
    for step in ("_dive", "_again"):
        monkeypatch.setattr(hours, step, lambda *_, **__: None)
    monkeypatch.setattr(hours, "close", lambda *_, **__: Closed(None, None))
    assert hours.solve(gap, Budget.of(300, ticking()), seed=seed).cost == least(gap)
