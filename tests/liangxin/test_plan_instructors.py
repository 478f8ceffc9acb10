"""Plans of instructors: nobody unreached without need, fair, near, lasting, and proven."""

import os
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from planned_instructors import (
    NORTH,
    SOUTH,
    a_district,
    a_person,
    a_place,
    a_small_problem,
    a_unit,
    by_chance,
    every_plan,
    with_beside,
    worth,
)

from liangxin.errors import Misuse
from liangxin.planning.budget import Budget
from liangxin.planning.instructors import checker, ranks, telling
from liangxin.planning.instructors.candidates import CandidateRule
from liangxin.planning.instructors.flow import assign
from liangxin.planning.instructors.permitted import FORBIDDEN, Permitted
from liangxin.planning.instructors.plans import plan
from liangxin.planning.instructors.prices import Prices
from liangxin.planning.instructors.problem import Beside, Limits, Pair, Problem, refusal

PLANS = int(os.environ.get("PLANS", "100"))
#: So few candidates that most pairs of a plan have to be priced in.
FEW = CandidateRule(nearest=1, spread=0)


def units(number: int, **what: Any) -> tuple[Any, ...]:
    return tuple(a_unit(f"u{at}", **what) for at in range(number))


def people(number: int, **what: Any) -> tuple[Any, ...]:
    return tuple(a_person(f"p{at}", **what) for at in range(number))


def planned(problem: Problem, **how: Any) -> dict[str, str]:
    return dict(plan(problem, **how).pairs)


# Whoever is right.


def test_the_nearest_of_the_right_sector_is_sent() -> None:
    near = a_person("near", a_place(1), sectors=frozenset({"食品"}))
    other = a_person("other", a_place(1), sectors=frozenset({"物流"}))
    far = a_person("far", a_place(2), sectors=frozenset({"食品"}))
    unit = a_unit(place=a_place(1), sector="食品")
    [found] = plan(Problem((unit,), (far, other, near))).assignments
    assert found.person == "near"
    assert found.words == telling.Words("同一社区，同一行业", "same community, same sector")


@pytest.mark.parametrize(
    ("where", "reason", "points"),
    [
        (a_place(1, building="大厦"), "same_building", 0),
        (a_place(1), "same_community", 5),
        (a_place(2), "neighbouring", 12 + 3),
        (a_place(3), "same_subdistrict", 25 + 3),
        (a_place(None), "same_subdistrict", 25),
        (a_place(1, SOUTH), "elsewhere", 80 + 3),
    ],
)
def test_distance_goes_by_steps_where_coordinates_are_unknown(
    where: Any, reason: str, points: int
) -> None:
    beside = frozenset({(f"{NORTH}002", f"{NORTH}001")})
    unit = a_unit(place=a_place(1, building="大厦"))
    [found] = plan(Problem((unit,), (a_person(place=where),), neighbours=beside)).assignments
    assert (found.reasons, found.points) == ((reason,), points)


def test_coordinates_are_used_where_both_have_them() -> None:
    unit = a_unit(place=a_place(1, at=(112.0, 29.0)))
    near = a_person("near", a_place(2, at=(112.001, 29.0)))
    same = a_person("same", a_place(1))
    found = plan(Problem((unit,), (same, near))).assignments
    assert [(each.person, each.points) for each in found] == [("near", 1 + 3)]


def test_reaching_one_more_comes_before_being_near() -> None:
    here = a_person("here", a_place(1), capacity=1)
    there = a_person("there", a_place(2), capacity=1, serves=frozenset({NORTH}))
    choosy = a_unit("choosy", a_place(1), declined=frozenset({"there"}))
    assert planned(Problem((a_unit("easy"), choosy), (here, there))) == {
        "choosy": "here",
        "easy": "there",
    }


def test_even_loads_come_before_being_near() -> None:
    here, there = a_person("here", a_place(1)), a_person("there", a_place(2))
    loads = plan(Problem(units(4), (here, there))).loads
    assert (loads.least, loads.most) == (2, 2)


def test_loads_are_parts_of_each_capacity_or_numbers_as_the_rules_say() -> None:
    two = (a_person("small", capacity=2), a_person("large", capacity=4))
    of = {
        balance: plan(Problem(units(3), two, Limits(balance=balance))).loads  # type: ignore[arg-type]
        for balance in ("relative", "equal")
    }
    assert (of["relative"].least, of["relative"].most) == (1, 2)
    assert sorted(planned(Problem(units(4), two, Limits(balance="equal"))).values()) == [
        "large",
        "large",
        "small",
        "small",
    ]


def test_the_plan_in_force_is_kept_where_nothing_is_lost() -> None:
    problem = Problem(units(2), people(2), in_force=frozenset({("u0", "p1"), ("u1", "p0")}))
    found = plan(problem)
    assert dict(found.pairs) == {"u0": "p1", "u1": "p0"}
    assert found.assignments[0].words.zh == "同一社区，沿用现行安排"
    assert found.changes == ()
    assert found.kept_share == 1


def test_a_lock_by_hand_is_respected_even_from_another_sub_district() -> None:
    stranger = a_person("stranger", serves=frozenset({SOUTH}))
    problem = Problem(units(2), (stranger, a_person("p")), must=frozenset({("u1", "stranger")}))
    found = plan(problem)
    assert dict(found.pairs) == {"u0": "p", "u1": "stranger"}
    assert found.assignments[1].words.zh == "人工锁定，同一社区"
    assert planned(replace(problem, must=frozenset(), never=frozenset({("u1", "p")}))) == {
        "u0": "p"
    }


def test_only_agreed_pairs_are_planned_where_both_must_agree() -> None:
    limits = Limits(consent="agreed")
    agreed = frozenset({("u0", "p1"), ("u1", "p1"), ("u2", "unknown")})
    found = plan(Problem(units(3), people(2), limits, agreed=agreed))
    assert dict(found.pairs) == {"u0": "p1", "u1": "p1"}
    assert [(each.unit, each.reason) for each in found.unassigned] == [("u2", "no_consent")]


def test_each_gets_one_large_organisation_where_the_rule_asks() -> None:
    large = [a_unit(f"large{at}", a_place(at), staff=60) for at in (1, 1)]
    large[1] = replace(large[1], id="large2")
    small = [a_unit(f"small{at}", a_place(2), staff=5) for at in (1, 2)]
    two = (a_person("one", a_place(1)), a_person("two", a_place(2)))
    near = plan(Problem((*large, *small), two))
    fair = plan(Problem((*large, *small), two, Limits(large_staff=50)))
    assert dict(near.pairs)["large1"] == dict(near.pairs)["large2"] == "one"
    assert dict(fair.pairs)["large1"] != dict(fair.pairs)["large2"]
    assert fair.warnings == ()
    assert fair.certificate.is_optimal


def test_what_the_rule_asks_and_nobody_can_give_is_told() -> None:
    found = plan(Problem(units(2), people(1), Limits(large_staff=50, pairs_built=True)))
    assert [each.zh for each in found.warnings] == [
        "没有职工 50 人以上的单位",
        "没有做到已建、未建各一个",
    ]


def test_each_gets_one_built_and_one_unbuilt() -> None:
    built = [a_unit(f"b{at}", a_place(1), is_built=True) for at in (1, 2)]
    unbuilt = [a_unit(f"n{at}", a_place(2)) for at in (1, 2)]
    two = (a_person("one", a_place(1)), a_person("two", a_place(2)))
    found = plan(Problem((*built, *unbuilt), two, Limits(pairs_built=True)))
    assert found.warnings == ()
    assert dict(found.certificate.levels)["wishes"] == 0


def test_more_than_five_is_a_warning_and_more_than_the_most_never_happens() -> None:
    found = plan(Problem(units(9), (a_person(capacity=20),), Limits(load_most=7)))
    assert len(found.pairs) == 7
    assert [each.en for each in found.warnings] == ["has 7 organisations, generally 5 at most"]
    assert {each.reason for each in found.unassigned} == {"no_room"}


# Whatever is put in, something comes out.


@pytest.mark.parametrize(
    ("problem", "reasons"),
    [
        pytest.param(Problem((), ()), [], id="nothing at all"),
        pytest.param(Problem((), people(2)), [], id="nobody needs one"),
        pytest.param(Problem(units(2), ()), ["nobody"] * 2, id="no instructor"),
        pytest.param(Problem(units(1), people(1)), [], id="one and one"),
        pytest.param(
            Problem(units(2), people(2, capacity=0)), ["nobody"] * 2, id="capacities of 0"
        ),
        pytest.param(
            Problem(units(2), people(2, is_willing=False)), ["nobody"] * 2, id="nobody wants to"
        ),
        pytest.param(
            Problem(units(2, is_willing=False), people(2)), ["unit_declined"] * 2, id="none wants"
        ),
        pytest.param(
            Problem(units(2), people(2), Limits(consent="agreed")),
            ["no_consent"] * 2,
            id="no consent at all",
        ),
        pytest.param(
            Problem(units(1), people(1, serves=frozenset({SOUTH}))), ["no_scope"], id="elsewhere"
        ),
        pytest.param(
            Problem(units(1), people(1, conflicts=frozenset({"u0"}))), ["no_consent"], id="conflict"
        ),
    ],
)
@pytest.mark.parametrize("seconds", [60.0, 1.0, 0.0])
def test_a_plan_for_what_can_be_planned_and_a_reason_for_the_rest(
    problem: Problem, reasons: list[str], seconds: float
) -> None:
    found = plan(problem, seconds=seconds)
    assert [each.reason for each in found.unassigned] == reasons
    assert all(each.words.zh and each.words.en for each in found.unassigned)
    assert len(found.pairs) + len(reasons) == len(problem.units)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"must": frozenset({("u0", "p0")}), "never": frozenset({("u0", "p0")})}, "矛盾"),
        (
            {"must": frozenset({("u0", "p0"), ("u0", "p1")})},
            "同时锁定由人员 p0、p1 联系。请只保留一项锁定",
        ),
        ({"must": frozenset({("u0", "p2")})}, "超过"),
        ({"must": frozenset({("u9", "p0")})}, "不在本次方案"),
        ({"units": (*units(1), *units(1))}, "出现了 2 次"),
        ({"people": (*people(1), *people(1))}, "出现了 2 次"),
        ({"people": people(1, capacity=-1)}, "为负"),
        ({"units": units(1, hours=-1)}, "为负"),
        ({"limits": Limits(load=0)}, "load = 0"),
        ({"limits": Limits(sector_points=-1)}, "sector_points = -1"),
        ({"in_force": frozenset({("u0", "p0"), ("u0", "p1")})}, "现行方案"),
    ],
)
def test_a_problem_that_contradicts_itself_is_refused_in_words(
    change: dict[str, Any], words: str
) -> None:
    problem = Problem(units(2), (*people(2), a_person("p2", capacity=0)))
    with pytest.raises(Misuse) as told:
        plan(replace(problem, **change))
    assert words in told.value.zh


# Proof.


@pytest.mark.parametrize("seed", range(PLANS))
def test_no_plan_of_a_small_district_is_better(seed: int) -> None:
    chance = by_chance(seed)
    problem = a_small_problem(chance)
    keep_first = chance.random() < 0.4
    rule = FEW if chance.random() < 0.5 else None
    found = plan(problem, seed=seed, keep_first=keep_first, rule=rule)
    best = min(worth(problem, each, keep_first=keep_first) for each in every_plan(problem))
    assert worth(problem, found.pairs, keep_first=keep_first) == best
    assert found.certificate.is_optimal


@pytest.mark.parametrize("seed", range(PLANS))
def test_no_plan_is_better_where_people_have_others_already(seed: int) -> None:
    chance = by_chance(seed)
    problem = with_beside(a_small_problem(chance), chance)
    keep_first = chance.random() < 0.4
    found = plan(problem, seed=seed, keep_first=keep_first, rule=FEW)
    best = min(worth(problem, each, keep_first=keep_first) for each in every_plan(problem))
    assert worth(problem, found.pairs, keep_first=keep_first) == best
    assert found.certificate.is_optimal
    quick = plan(problem, seed=seed, keep_first=keep_first, seconds=1e-9)
    assert quick.certificate.value >= found.certificate.value >= quick.certificate.bound


def test_what_somebody_has_already_is_a_part_of_their_load() -> None:
    laden = a_person("laden", beside=tuple(Beside(f"b{n}") for n in range(3)))
    problem = Problem(units(3), (laden, a_person("free")))
    found = plan(problem)
    assert {who for _, who in found.pairs} == {"free"}
    assert (found.loads.least, found.loads.most, found.loads.largest_relative) == (
        3,
        3,
        Fraction(3, 5),
    )
    assert found.certificate.is_optimal
    # Told from what the two have in all, so five more leave four and five.
    more = plan(replace(problem, units=units(6)))
    assert (more.loads.least, more.loads.most) == (4, 5)


def test_the_checker_counts_what_somebody_has_already() -> None:
    laden = a_person("laden", beside=tuple(Beside(f"b{n}") for n in range(4)))
    problem = Problem(units(2), (laden, a_person("free")))
    uneven, far_too_many = [("u0", "laden"), ("u1", "free")], [("u0", "laden"), ("u1", "laden")]
    best = plan(problem)
    prices = assign(Permitted(problem), CandidateRule(), Budget.of(9), seed=0).prices
    assert checker.check(problem, uneven, prices, keep_first=False).value > best.certificate.value
    verdict = checker.check(problem, far_too_many, prices, keep_first=False)
    assert verdict.violations == ("laden has 2 and 4 beside the plan, more than may be",)


def test_a_load_is_warned_of_and_a_wish_met_with_what_somebody_has_already() -> None:
    large = Beside("large", staff=60)
    laden = a_person("laden", capacity=8, beside=(large, *(Beside(f"b{n}") for n in range(4))))
    found = plan(Problem(units(1, staff=5), (laden,), Limits(large_staff=50)))
    assert [each.en for each in found.warnings] == [
        "has 6 organisations (5 of them beside this plan), generally 5 at most"
    ]
    assert dict(found.certificate.levels)["wishes"] == 0


def test_an_organisation_is_beside_a_plan_once() -> None:
    with pytest.raises(Misuse, match="b"):
        plan(Problem((), (a_person(beside=(Beside("b"), Beside("b"))),)))
    with pytest.raises(Misuse, match="负"):
        plan(Problem((), (a_person(beside=(Beside("b", hours=-1),)),)))


def test_pairs_left_out_by_the_candidate_rule_are_priced_in() -> None:
    problem = a_district(by_chance(1), 120, 30)
    all_pairs = plan(problem, rule=CandidateRule(nearest=30, spread=0))
    few = plan(problem, rule=FEW)
    assert few.certificate.value == all_pairs.certificate.value == few.certificate.bound
    short = plan(problem, rule=FEW, only_candidates=True)
    assert short.certificate.bound <= few.certificate.value < short.certificate.value
    assert not short.certificate.is_optimal
    assert "points" not in short.certificate.proven


def test_a_plan_that_looked_at_candidates_alone_is_proven_among_them() -> None:
    found = plan(a_district(by_chance(1), 120, 30), rule=FEW, only_candidates=True).certificate
    assert found.is_best_of_candidates
    assert found.zh == (
        "已证明在候选范围内没有更好的方案（候选：每个单位先看最近的 1 名人员，另加分散的 0 名，"
        "情况相同的单位共用；候选之外的人选没有比较完）。"
    )
    assert found.en.startswith(
        "Proven: no plan of the candidates is better (candidates: the nearest 1"
    )
    every = plan(a_district(by_chance(1), 120, 30), rule=FEW).certificate
    assert every.zh == "已证明没有更好的方案：全部允许的人选都已比较，没有删减。"
    assert found.bound < (found.candidate_bound or 0)


def test_a_district_too_large_for_exact_numbers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_LARGEST", 1000)
    with pytest.raises(Misuse):
        plan(Problem(units(2), people(2)))


def test_the_same_input_gives_the_same_plan() -> None:
    problem = a_district(by_chance(2), 60, 20)
    assert plan(problem, seed=3) == plan(problem, seed=3)


def test_too_little_time_gives_a_plan_that_claims_no_more_than_is_proven() -> None:
    problem = a_district(by_chance(3), 120, 30, large_staff=50)
    best = plan(problem)
    quick = plan(problem, seconds=0)
    assert quick.certificate.method == "nearest first"
    assert quick.certificate.bound <= best.certificate.value <= quick.certificate.value
    if quick.certificate.value > best.certificate.value:
        assert not quick.certificate.is_optimal


def flowed(problem: Problem) -> tuple[list[Pair], Prices]:
    found = assign(Permitted(problem), CandidateRule(), Budget.of(60), seed=0)
    named = [
        (unit.id, problem.people[person].id)
        for unit, person in zip(problem.units, found.assigned.tolist(), strict=True)
        if person >= 0
    ]
    return named, found.prices


@pytest.mark.parametrize("seed", range(20))
def test_the_checker_accepts_no_tampered_plan_as_optimal(seed: int) -> None:
    chance = by_chance(seed)
    problem = a_district(chance, 40, 12, large_staff=chance.choice([None, 50]))
    pairs, prices = flowed(problem)
    honest = checker.check(problem, pairs, prices, keep_first=False)
    assert honest.accepted
    assert honest.value == honest.bound
    unit, person = chance.choice(pairs)
    other = chance.choice([p.id for p in problem.people if p.id != person])
    rest = [pair for pair in pairs if pair != (unit, person)]
    for tampered in (
        [*pairs, (unit, other)],  # two instructors
        [*rest, ("unknown", person)],
        [*rest, (unit, "unknown")],
        [(each, person) for each, _ in pairs],  # all to one
    ):
        assert not checker.check(problem, tampered, prices, keep_first=False).accepted
    for worse in (rest, [*rest, (unit, other)]):
        found = checker.check(problem, worse, prices, keep_first=False)
        assert not found.accepted or found.value > found.bound or found.value == honest.value
    moved = prices.kind + np.array([chance.randint(-9, 9) for _ in prices.kind])[:, None]
    for wrong in (Prices(prices.person, moved), Prices(prices.person * 3, prices.kind)):
        found = checker.check(problem, pairs, wrong, keep_first=False)
        assert found.bound <= honest.value


def test_prices_beyond_whole_numbers_of_64_bits_are_refused() -> None:
    problem = a_district(by_chance(4), 10, 3)
    pairs, prices = flowed(problem)
    wild = Prices(prices.person, prices.kind + 2**62)
    assert not checker.check(problem, pairs, wild, keep_first=False).accepted


@pytest.mark.parametrize("seed", range(10))
def test_arrays_permit_and_rate_pairs_as_single_pairs_are(seed: int) -> None:
    problem = a_small_problem(by_chance(seed * 7 + 1))
    permitted = Permitted(problem)
    seen = {}
    for block in permitted.blocks():
        for unit, row in zip(block.units.tolist(), block.row.tolist(), strict=True):
            for column, person in enumerate(block.people.tolist()):
                if block.points[row, column] != FORBIDDEN:
                    seen[unit, person] = int(block.points[row, column])
    locked = {name for name, _ in problem.must}
    assert seen == {
        (at, by): telling.points(unit, person, problem)
        for at, unit in enumerate(problem.units)
        for by, person in enumerate(problem.people)
        if refusal(unit, person, problem) is None
        and unit.id not in locked
        and permitted.room[by] > 0
    }
    own = permitted.own
    stays = dict(zip(own.unit.tolist(), own.person.tolist(), strict=True))
    assert stays.items() == {
        (at, by)
        for at, by in seen
        if (problem.units[at].id, problem.people[by].id) in problem.in_force
    }
    assert own.points.tolist() == [seen[pair] for pair in stays.items()]


# The life of a plan.
