"""Plans of instructors on seeded districts, and plans by hours on published instances.

    python benchmarks/plan_instructors.py [unit] [change] [gap FOLDER] [--seconds N] [--cpu] [--alone]

Without arguments: unit and change. ``gap`` reads instances of the generalised assignment problem
(agents, items, costs, weights, capacities; ``best.csv`` beside them) and plans each for 60 seconds;
``--alone`` runs one HiGHS model of each beside it. Bounds are those the checker verified. Seconds are the wall's,
with the processor's beside them and the load of the machine; ``--cpu`` gives ``gap`` its time in
seconds of the processor, for a machine that others use too.
"""

import os
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from liangxin import waste
from liangxin.planning.budget import Budget
from liangxin.planning.distance import Place
from liangxin.planning.instructors.cases_checker import holds
from liangxin.planning.instructors.gap import solve
from liangxin.planning.instructors.lagrange import Gap, value
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.problem import Limits, Person, Problem, Unit
from liangxin.planning.instructors.repair import replan
from liangxin.planning.instructors.result import Plan

#: Name: organisations, people, sub-districts, communities of each. Wuling: 19; Longgang: 11.
DISTRICTS = {
    "like Wuling": (3_000, 700, 19, 8),
    "20,000": (20_000, 3_500, 20, 12),
    "100,000, like Shenzhen": (100_000, 17_000, 11, 30),
}
#: Limits in seconds of a plan over the candidates.
REACH = {"20,000": 2, "100,000, like Shenzhen": 15}
SECTORS = [f"行业{at}" for at in range(8)]


def district(size: str, *, seed: int = 0, large_staff: int | None = None) -> Problem:
    """Organisations crowd in few communities and buildings; 1 person in 20 serves everywhere."""
    organisations, persons, subdistricts, communities = DISTRICTS[size]
    chance = random.Random(seed)  # noqa: S311 - the same each time, on purpose

    def crowded(number: int) -> int:
        return int(chance.random() ** 2 * number)

    def code(subdistrict: int, community: int) -> str:
        return f"9999{subdistrict:05d}{community:03d}"

    units = []
    for at in range(organisations):
        subdistrict, community, building = (
            chance.randrange(subdistricts), crowded(communities), crowded(6)
        )  # fmt: skip
        place = Place(
            code(subdistrict, 0)[:9],
            code(subdistrict, community),
            f"{community}-{building}" if building < 3 else None,
        )
        staff = int(chance.paretovariate(1.0) * 5)
        built = chance.random() < 0.3
        units.append(Unit(f"u{at}", place, chance.choice(SECTORS), staff, built))
    people = []
    for at in range(persons):
        subdistrict, community = chance.randrange(subdistricts), chance.randrange(communities)
        place = Place(code(subdistrict, 0)[:9], code(subdistrict, community))
        everywhere = chance.random() < 0.05
        serves = frozenset[str]() if everywhere else frozenset({place.subdistrict})
        sectors = frozenset(chance.sample(SECTORS, 2))
        people.append(Person(f"p{at}", "retired_cadre", place, sectors, serves))
    beside = frozenset(
        (code(at, one), code(at, one + 1))
        for at in range(subdistricts)
        for one in range(communities - 1)
    )
    limits = Limits(load=6, load_warn=6, large_staff=large_staff)
    return Problem(tuple(units), tuple(people), limits, beside)


def load() -> str:
    return f"load {os.getloadavg()[0]:.1f}"


class Taken:
    """Seconds since it was made, of the wall and of the processor."""

    def __init__(self) -> None:
        self.wall, self.processor = perf_counter(), process_time()

    def __str__(self) -> str:
        wall, processor = perf_counter() - self.wall, process_time() - self.processor
        return f"{wall:6.2f} s (processor {processor:5.2f})"


def line(name: str, taken: Taken, made: Plan, more: str = "") -> None:
    seconds = str(taken)
    stated = made.certificate
    proof = "every pair" if stated.is_optimal else "candidates"
    proof = proof if stated.is_best_of_candidates else f"only {', '.join(stated.proven)}"
    print(
        f"{name:44} {seconds}  proven over {proof}; left out {len(made.unassigned)}, "
        f"loads {made.loads.least}–{made.loads.most}, points {dict(stated.levels)['points']}"
        f"{more}  ({load()})",
        flush=True,
    )


def unit_loads(seconds: float) -> None:
    for size in DISTRICTS:
        problem = district(size)
        taken = Taken()
        found = plan(problem, only_candidates=True)
        reach = f", limit {REACH[size]} s" if size in REACH else ""
        line(f"{size}, over the candidates", taken, found, reach)
        taken = Taken()
        found = plan(problem, seconds=seconds)
        line(f"{size}, over every permitted pair", taken, found)
    taken = Taken()
    found = plan(district("20,000", large_staff=50), only_candidates=True)
    line("20,000, one of 50 staff each", taken, found)


def small_change(seconds: float) -> None:
    """1 % of organisations and of people leave, and as many come."""
    for size in ("like Wuling", "20,000"):
        problem = district(size)
        before = plan(problem, only_candidates=True)
        new = district(size, seed=1)
        gone = len(problem.units) // 200, len(problem.people) // 200
        changed = replace(
            problem,
            units=problem.units[gone[0] :]
            + tuple(replace(unit, id=f"n{unit.id}") for unit in new.units[: gone[0]]),
            people=problem.people[gone[1] :]
            + tuple(replace(person, id=f"n{person.id}") for person in new.people[: gone[1]]),
            in_force=frozenset(before.pairs),
        )
        for only in (True, False):
            taken = Taken()
            found = replan(changed, only_candidates=only, seconds=seconds)
            kept = f", unchanged {float(found.kept_share or 0):.2%}"
            where = "candidates" if only else "every pair"
            line(f"{size}, 1 % changed, over {where}", taken, found, kept)


def read(path: Path) -> Gap:
    people, jobs, *rest = (int(word) for word in path.read_text().split())
    cells = people * jobs
    cost, weight = np.array(rest[:cells]), np.array(rest[cells : 2 * cells])
    return Gap(
        cost.reshape(people, jobs), weight.reshape(people, jobs), np.array(rest[2 * cells :])
    )


def hours(folder: Path, seconds: float, clock: Callable[[], float], alone: bool) -> None:
    rows = [row.split(",") for row in (folder / "best.csv").read_text().split()[1:]]
    best = {row[0]: int(row[3]) for row in rows}
    for path in sorted(folder.glob("*.txt")):
        gap = read(path)
        taken = process_time()
        found = solve(gap, Budget.of(seconds, clock), seed=0)
        taken, checking = process_time() - taken, process_time()
        assert value(gap, found.bound.worth) == found.bound.value
        assert found.cases is None or holds(gap, found.cases)
        checking = process_time() - checking
        apart = (found.cost - found.proven) / found.cost
        cases = f", {found.cases.job.size} cases" if found.cases else ""
        beside = f"  HiGHS alone {highs_alone(gap, seconds)}" if alone else ""
        print(
            f"{path.stem:8} cost {found.cost} bound {found.proven} gap {apart:.3%}  "
            f"best known {best[path.stem]}{beside}; processor {taken:.1f} s, "
            f"check {checking:.1f} s{cases}  ({load()})",
            flush=True,
        )


def highs_alone(gap: Gap, seconds: float) -> str:
    from liangxin.planning.instructors import relaxed

    model = relaxed.program(gap, gap.weight <= gap.capacity[:, None], whole=True)
    model.setOptionValue("time_limit", seconds)
    model.run()
    info = model.getInfo()
    apart = (info.objective_function_value - info.mip_dual_bound) / info.objective_function_value
    return f"{info.objective_function_value:.0f}, {apart:.3%}"


def main(words: list[str]) -> None:
    seconds = 60.0
    if "--seconds" in words:
        at = words.index("--seconds")
        seconds = float(words[at + 1])
        words = words[:at] + words[at + 2 :]
    clock = process_time if "--cpu" in words else perf_counter
    alone = "--alone" in words
    words = [word for word in words if word not in ("--cpu", "--alone")]
    waste.seldom()  # as every command and the server do
    if not words or "unit" in words:
        unit_loads(seconds)
    if not words or "change" in words:
        small_change(seconds)
    if "gap" in words:
        hours(Path(words[words.index("gap") + 1]), seconds, clock, alone)


if __name__ == "__main__":
    main(sys.argv[1:])
