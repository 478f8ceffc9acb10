"""Proofs by cases that no plan by hours is better: they reach the best plan, and only true ones hold."""

from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pytest
from gaps import a_gap, least, ticking
from planned_instructors import a_person, a_unit

from liangxin.planning.budget import Budget
from liangxin.planning.distance import Numbers
from liangxin.planning.instructors import checker, ranks
from liangxin.planning.instructors.cases import Cases
from liangxin.planning.instructors.cases_checker import holds
from liangxin.planning.instructors.casework import Closed, close
from liangxin.planning.instructors.gap import solve
from liangxin.planning.instructors.lagrange import Gap, improve
from liangxin.planning.instructors.permitted import Permitted
from liangxin.planning.instructors.problem import Limits, Problem
from liangxin.planning.instructors.relaxed import worths
from liangxin.planning.instructors.workloads import as_gap


def closed(gap: Gap, aim: int, worth: Numbers | None = None) -> Closed:
    start = worths(gap) if worth is None else worth
    return close(gap, start, aim, Budget.of(10**6, ticking()), floor=-(10**6), most=10**6)


@pytest.mark.parametrize("seed", range(40))
def test_a_proof_reaches_the_cheapest_plan_and_never_more(seed: int) -> None:
    gap = a_gap(seed)
    best = least(gap)
    aim = 250 if best is None else best
    rough = np.random.default_rng(seed).integers(-30_000, 30_000, gap.cost.shape[1])
    for worth in (worths(gap), rough):
        found = closed(gap, aim, worth)
        assert found.person is None
        assert found.cases is not None
        assert found.cases.aim == aim
        assert holds(gap, found.cases)
        assert best is None or not holds(gap, replace(found.cases, aim=best + 1))
        met = closed(gap, aim + 9, worth)
        assert met.cases is not None
        assert holds(gap, met.cases)
        if best is not None:
            assert met.person is not None
            assert met.cases.aim == best == gap.cost[met.person, np.arange(7)].sum()


def a_proof() -> tuple[Gap, Cases]:
    """One of some dozens of cases, none of them idle."""
    gap = a_gap(5, people=4, jobs=24)
    bound = improve(gap, worths(gap), 476, Budget.of(100, ticking()))
    assert bound.whole == 471
    cases = closed(gap, 476, bound.worth).cases
    assert cases is not None
    return gap, cases


def changed(numbers: Numbers, at: Any, to: int) -> Numbers:
    new = numbers.copy()
    new[at] = to
    return new


def test_a_proof_with_anything_left_out_does_not_hold() -> None:
    gap, cases = a_proof()
    assert holds(gap, cases)
    last = cases.job.size - 1
    inner = int(np.flatnonzero(cases.job >= 0)[0])
    for tampered in (
        replace(cases, aim=cases.aim + 1),
        replace(cases, worth=np.zeros_like(cases.worth)),
        replace(cases, worth=cases.worth + 2**58),
        replace(cases, worth=cases.worth.astype(np.float64)),
        replace(cases, worth=cases.worth[:, 1:]),
        replace(cases, worth=cases.worth[1:]),
        replace(cases, job=changed(cases.job, inner, -1)),
        replace(cases, job=changed(cases.job, inner, 24)),
        replace(cases, job=changed(cases.job, inner, -2)),
        replace(cases, job=np.full_like(cases.job, -1)),
        replace(cases, parent=changed(cases.parent, 1, last)),
        replace(cases, parent=changed(cases.parent, 1, -1)),
        replace(cases, person=changed(cases.person, slice(None), 0)),
        Cases(cases.aim, cases.worth[:1], cases.job[:1], cases.parent[:1], cases.person[:1]),
        Cases(cases.aim, cases.worth[:0], cases.job[:0], cases.parent[:0], cases.person[:0]),
    ):
        assert not holds(gap, tampered)


def test_every_closed_case_is_needed() -> None:
    gap, cases = a_proof()
    dropped = [
        replace(cases, person=changed(cases.person, case, -1))
        for case in np.flatnonzero(cases.job < 0)[::3].tolist()
    ]
    assert len(dropped) > 10
    assert not any(holds(gap, each) for each in dropped)


@pytest.mark.parametrize("seed", range(20))
def test_no_tampered_proof_holds_above_the_cheapest_plan(seed: int) -> None:
    gap = a_gap(seed)
    best = least(gap)
    if best is None:
        return
    chance = np.random.default_rng(seed)
    found = closed(gap, best, chance.integers(-30_000, 30_000, 7)).cases
    assert found is not None
    number = found.job.size
    for _ in range(20):
        rows = chance.random(number) < 0.3
        worth = found.worth + rows[:, None] * chance.integers(-(10**5), 10**5, found.worth.shape)
        job = np.where(chance.random(number) < 0.2, chance.integers(-1, 7, number), found.job)
        parent = found.parent.copy()
        for case in np.flatnonzero(chance.random(number) < 0.2).tolist():
            parent[case] = chance.integers(0, case) if case else -1
        person = np.where(chance.random(number) < 0.2, chance.integers(0, 3, number), found.person)
        assert not holds(gap, Cases(best + 1, worth, job, parent, person))


@pytest.mark.parametrize("seed", range(3))
def test_a_plan_is_proven_where_worths_alone_do_not(seed: int) -> None:
    gap = a_gap(seed, people=4, jobs=16)
    first, again = (solve(gap, Budget.of(500, ticking()), seed=0) for _ in range(2))
    assert first.is_optimal
    assert first.proven == first.cost
    assert first.person.tolist() == again.person.tolist()
    assert first.cases is None or holds(gap, first.cases)


def test_the_checker_of_plans_recounts_a_proof_by_cases() -> None:
    hours = (4, 4, 3, 3, 3, 3, 5, 7, 7, 7)
    units = tuple(a_unit(f"u{at}", hours=each) for at, each in enumerate(hours))
    problem = Problem(
        units, (a_person("p0"), a_person("p1", hours=13)), Limits(by_hours=True, hours=10)
    )
    permitted = Permitted(problem)
    gap = as_gap(permitted, ranks.hour_weights(permitted, keep_first=False))
    found = solve(gap, Budget.of(500, ticking()), seed=0)
    cases = closed(gap, found.cost, found.bound.worth).cases
    assert cases is not None
    pairs = [(f"u{job}", f"p{person}") for job, person in enumerate(found.person) if person < 2]
    worth = np.zeros_like(found.bound.worth)
    alone = checker.check_hours(problem, pairs, worth)
    assert alone.accepted
    assert alone.bound < alone.value
    proven = checker.check_hours(problem, pairs, worth, cases)
    assert proven.accepted
    assert proven.bound == proven.value == found.cost
    raised = replace(cases, aim=cases.aim + 1)
    assert not checker.check_hours(problem, pairs, worth, raised).accepted


def test_a_published_instance_is_proven(shared_data: Path) -> None:
    words = (shared_data / "gap" / "c10200.txt").read_text().split()
    people, jobs, *rest = (int(word) for word in words)
    cells = people * jobs
    cost, weight = np.array(rest[:cells]), np.array(rest[cells : 2 * cells])
    gap = Gap(cost.reshape(people, jobs), weight.reshape(people, jobs), np.array(rest[2 * cells :]))
    bound = improve(gap, worths(gap), 2807, Budget.of(60, process_time))
    assert bound.whole == 2804
    found = close(gap, bound.worth, 2807, Budget.of(60, process_time), floor=2804, most=10**5)
    assert found.person is not None
    assert found.cases is not None
    assert found.cases.aim == 2806 == gap.cost[found.person, np.arange(jobs)].sum()
    assert holds(gap, found.cases)
