"""The checker counts for itself: what is changed in a plan or in its proof, it refuses."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from random import Random

import pytest
from joint_plans import a_branch, a_problem, a_random_problem, a_unit, allowed_cost

from liangxin.planning.branches.certificate import Case, Decision, Draft, Part
from liangxin.planning.branches.checker import PlanRefused, check
from liangxin.planning.branches.method import draft
from liangxin.planning.branches.problem import Locks, Problem

#: Two pairs and a branch on a line, one who declined and one who stays alone.
PROBLEM = a_problem(
    a_unit("a", 1),
    a_unit("b", 2, 100),
    a_unit("c", 1, 900),
    a_unit("d", 2, 1000),
    a_unit("e", 1, 2000),
    a_unit("no", 3, declined=True),
    a_unit("solo", 3),
    a_unit("far", 3, 6000),
    branches=(a_branch("s", metres=2050), a_branch("t", metres=2060)),
    locks=Locks(apart=(frozenset("ad"),), alone=frozenset({"solo"})),
)
FOUND = draft(PROBLEM)


def with_groups(*groups: tuple[str, ...]) -> Draft:
    return replace(FOUND, groups=groups)


def with_parts(change: Callable[[Part], Part]) -> Draft:
    parts = tuple(change(part) for part in FOUND.certificate.parts)
    return replace(FOUND, certificate=replace(FOUND.certificate, parts=parts))


def each_case(change: Callable[[Case], Case]) -> Callable[[Part], Part]:
    return lambda part: replace(part, cases=tuple(change(case) for case in part.cases))


def test_what_the_method_found_is_counted_again() -> None:
    assert FOUND.groups == (("a", "b"), ("c", "d"), ("s", "e"))
    counted = check(PROBLEM, FOUND)
    assert counted.left == ("far", "no", "solo")
    assert counted.cost == 300 + 300 + 50
    assert counted.value == counted.cost + counted.stake  # who is far wanted in
    assert counted.is_best
    assert (counted.gap, counted.fewest_left) == (0, 1)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        pytest.param([("a", "b"), ("b", "c")], "occurs twice", id="one in two groups"),
        pytest.param([("a", "x")], "unknown", id="nobody"),
        pytest.param([("a", "c")], "too few full members", id="two members"),
        pytest.param([("a", "d")], "locked apart", id="locked apart"),
        pytest.param([("a", "no")], "declined", id="declined"),
        pytest.param([("a", "solo")], "stays alone", id="alone"),
        pytest.param([("a", "far")], "reaches too far", id="far"),
        pytest.param([("s", "t", "e")], "joins nothing", id="two branches"),
        pytest.param([("s",)], "joins nothing", id="a branch that nobody joins"),
        pytest.param([("far",)], "joins nothing", id="one unit"),
        pytest.param([("s", "e", "b", "c", "d")], "too many units", id="six units"),
    ],
)
def test_a_plan_that_breaks_a_limit_is_refused(groups: list[tuple[str, ...]], said: str) -> None:
    with pytest.raises(PlanRefused, match=said):
        check(PROBLEM, with_groups(*groups))


def test_what_is_locked_together_may_not_be_parted() -> None:
    locked = replace(PROBLEM, locks=Locks(together=(frozenset("ac"),)))
    with pytest.raises(PlanRefused, match="parts what is locked together"):
        check(locked, with_groups(("a", "b")))


def test_a_worse_plan_is_let_pass_with_its_own_gap() -> None:
    counted = check(PROBLEM, with_groups(("a", "b"), ("c", "d"), ("t", "e")))
    assert not counted.is_best
    assert counted.gap == Fraction(10, 660)


def test_no_gap_is_told_while_fewer_could_be_left() -> None:
    counted = check(PROBLEM, with_groups(("a", "b"), ("c", "d")))
    assert (counted.is_best, counted.gap) == (False, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param(
            each_case(lambda case: replace(case, prices=tuple(p + 1000 for p in case.prices))),
            "a price is above|costs less than its prices",
            id="higher prices",
        ),
        pytest.param(
            each_case(lambda case: replace(case, prices=case.prices[:-1])), "no price", id="missing"
        ),
        pytest.param(lambda part: replace(part, cases=()), "do not cover", id="no case"),
        pytest.param(
            lambda part: replace(part, pieces=(*part.pieces[:-1], "x")),
            "each unit once",
            id="other",
        ),
        pytest.param(
            each_case(lambda case: replace(case, rounding_prices=(-1,))),
            "price below 0",
            id="bonus",
        ),
    ],
)
def test_a_proof_that_proves_nothing_is_refused(change: Callable[[Part], Part], said: str) -> None:
    with pytest.raises(PlanRefused, match=said):
        check(PROBLEM, with_parts(change))


def test_a_stated_bound_above_the_prices_is_refused() -> None:
    certificate = replace(FOUND.certificate, bound=FOUND.certificate.bound + 1)
    with pytest.raises(PlanRefused, match="do not prove"):
        check(PROBLEM, replace(FOUND, certificate=certificate))


def test_every_single_price_holds_the_bound_up() -> None:
    """A best plan has no slack: any price of a unit raised by two metres is found out."""
    for n, part in enumerate(FOUND.certificate.parts):
        for k in range(len(part.pieces)):
            parts = list(FOUND.certificate.parts)
            parts[n] = each_case(lambda case, k=k: _raised(case, k))(part)  # type: ignore[misc]
            certificate = replace(FOUND.certificate, parts=tuple(parts))
            with pytest.raises(PlanRefused):
                check(PROBLEM, replace(FOUND, certificate=certificate))


def _raised(case: Case, place: int) -> Case:
    prices = list(case.prices)
    prices[place] += 2000
    return replace(case, prices=tuple(prices))


def line_of_seven() -> Problem:
    """Seven of one member each: mixtures of threes break a rounding, plans do not."""
    return a_problem(*(a_unit(f"u{n}", 1, 400 * n) for n in range(7)))


def test_roundings_are_counted_and_not_believed() -> None:
    problem = line_of_seven()
    found = draft(problem)
    assert check(problem, found).is_best
    [part] = found.certificate.parts
    assert part.roundings
    lower = tuple(replace(rounding, divisor=rounding.divisor + 9) for rounding in part.roundings)
    certificate = replace(found.certificate, parts=(replace(part, roundings=lower),))
    with pytest.raises(PlanRefused):
        check(problem, replace(found, certificate=certificate))


def test_cases_that_do_not_cover_every_plan_are_refused() -> None:
    problem = line_of_seven()
    found = draft(problem)
    [part] = found.certificate.parts
    [case, *_] = part.cases
    half = replace(case, decisions=(Decision(0, 1, together=True),))
    certificate = replace(found.certificate, parts=(replace(part, cases=(half,)),))
    with pytest.raises(PlanRefused, match="do not cover"):
        check(problem, replace(found, certificate=certificate))
    other = replace(case, decisions=(Decision(0, 2, together=False),))
    certificate = replace(found.certificate, parts=(replace(part, cases=(half, other)),))
    with pytest.raises(PlanRefused, match="do not cover"):
        check(problem, replace(found, certificate=certificate))


@pytest.mark.parametrize("seed", range(60))
def test_a_plan_changed_at_random_passes_only_if_every_group_may_stand(seed: int) -> None:
    problem = a_random_problem(seed)
    found = draft(problem)
    chance = Random(seed)  # noqa: S311 (a test's mutations)
    known = {each.id: each for each in problem.all}
    groups = [list(group) for group in found.groups] or [[]]
    for _ in range(chance.randint(1, 3)):
        one = chance.choice(sorted(known))
        for group in groups:
            if one in group:
                group.remove(one)
        chance.choice([*groups, []]).append(one)
    changed = tuple(tuple(group) for group in groups if group)
    may_stand = all(
        allowed_cost(problem, [known[one] for one in group]) is not None
        and any(one.startswith("u") for one in group)
        for group in changed
    )
    try:
        check(problem, replace(found, groups=changed))
    except PlanRefused:
        assert not may_stand
    else:
        assert may_stand


def test_a_part_that_is_split_where_groups_cross_is_refused() -> None:
    problem = line_of_seven()
    found = draft(problem)
    [part] = found.certificate.parts
    halves = [
        Part(part.pieces[:3], (), (Case((), (0,) * 3, ()),)),
        Part(part.pieces[3:], (), (Case((), (0,) * 4, ()),)),
    ]
    certificate = replace(found.certificate, parts=tuple(halves), bound=0)
    with pytest.raises(PlanRefused, match="crosses two parts"):
        check(problem, replace(found, certificate=certificate))
