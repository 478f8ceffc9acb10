"""Which units form a joint branch, on cases small enough to think through."""

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from factories import NORTH, SOUTH
from hypothesis import given
from hypothesis import strategies as st
from joint_plans import a_branch, a_problem, a_random_problem, a_unit, metres

from liangxin import rules
from liangxin.errors import Misuse
from liangxin.planning.branches.certificate import Draft
from liangxin.planning.branches.changes import changes
from liangxin.planning.branches.checker import PlanRefused, check
from liangxin.planning.branches.merging import merge_nearest
from liangxin.planning.branches.nearness import between
from liangxin.planning.branches.plan import plan
from liangxin.planning.branches.problem import Limits, Locks, Problem, Spot, Unit, Weights
from liangxin.planning.branches.result import Plan, percent


def groups(found: Plan) -> list[tuple[str | None, tuple[str, ...]]]:
    return [(group.standing, group.units) for group in found.groups]


def reasons(found: Plan) -> dict[str, str]:
    return {each.unit: each.code for each in found.left}


def the_time(*seconds: float) -> Callable[[], float]:
    """A clock that tells these seconds one after another, and the last for ever."""
    told = list(seconds)
    return lambda: told.pop(0) if len(told) > 1 else told[0]


# Who joins whom.


def test_two_near_units_with_three_members_form_a_branch() -> None:
    found = plan(a_problem(a_unit("a", 1), a_unit("b", 2, 100)))
    assert groups(found) == [(None, ("a", "b"))]
    assert (found.cost, found.is_best, found.gap) == (300, True, 0)  # 100 m and a new branch


def test_no_unit_is_left_to_save_distance() -> None:
    found = plan(a_problem(a_unit("a", 2), a_unit("b", 2, 10), a_unit("far", 1, 2900)))
    assert groups(found) == [(None, ("a", "b", "far"))]
    assert found.left == ()


def test_two_branches_of_two_are_nearer_than_one_of_four() -> None:
    pairs = [a_unit("a", 2), a_unit("b", 2), a_unit("c", 2, 900), a_unit("d", 2, 900)]
    assert groups(plan(a_problem(*pairs))) == [(None, ("a", "b")), (None, ("c", "d"))]


def test_one_building_makes_one_branch_because_a_branch_costs_more_than_a_walk() -> None:
    tower = [a_unit(name, 2, None, building="tower", community="c") for name in "abcd"]
    found = plan(a_problem(*tower, weights=Weights(building=20)))
    assert groups(found) == [(None, ("a", "b", "c", "d"))]


def test_a_branch_with_room_is_joined_before_a_new_one_is_formed() -> None:
    units = [a_unit("a", 1, 100), a_unit("b", 2, 100)]
    found = plan(a_problem(*units, branches=(a_branch("old", metres=150),)))
    assert groups(found) == [("old", ("a", "b"))]
    assert found.groups[0].size == 4


def test_a_branch_without_room_is_not_joined() -> None:
    full = (a_branch("full", units=5), a_branch("large", members=50))
    found = plan(a_problem(a_unit("a", 1), branches=full))
    assert groups(found) == []
    assert reasons(found) == {"a": "no_neighbour"}


def test_a_branch_takes_as_many_as_it_has_room_for() -> None:
    units = [a_unit(name) for name in "ab"]
    found = plan(a_problem(*units, branches=(a_branch("old", units=4),)))
    assert len(found.groups[0].units) == 1
    assert list(reasons(found).values()) == ["needed_elsewhere"]
    assert found.is_fewest_left


def test_one_trade_goes_together_where_places_are_as_near() -> None:
    units = [
        a_unit(name, 2, None, community="c", trade=trade)
        for name, trade in [("a", "C13"), ("b", "F51"), ("c", "C13"), ("d", "F52")]
    ]
    found = plan(a_problem(*units))
    assert groups(found) == [(None, ("a", "c")), (None, ("b", "d"))]


def test_units_that_could_stand_alone_later_help_the_small_ones() -> None:
    assert groups(plan(a_problem(a_unit("a", 4), a_unit("b", 1, 100)))) == [(None, ("a", "b"))]


def test_sub_districts_are_never_crossed() -> None:
    found = plan(a_problem(a_unit("a", 1), a_unit("b", 2, at=SOUTH)))
    assert reasons(found) == {"a": "no_neighbour", "b": "no_neighbour"}


def test_fifty_members_are_not_passed() -> None:
    units = [a_unit("a", 1, probationary=30), a_unit("b", 2, probationary=20)]
    assert reasons(plan(a_problem(*units))) == {"a": "limits", "b": "limits"}


# Nearness without coordinates.


def test_building_then_community_then_neighbours_then_sub_district() -> None:
    spots = [
        Spot(NORTH, "east", "tower"),
        Spot(NORTH, "east", "tower"),
        Spot(NORTH, "east"),
        Spot(NORTH, "west"),
        Spot(NORTH, "north"),
        Spot(NORTH),
    ]
    units = [Unit(f"u{n}", 1, spot) for n, spot in enumerate(spots)]
    near = between(a_problem(neighbours=frozenset({frozenset({"east", "west"})})), units)
    assert near.metres[0].tolist() == [0, 50, 500, 1500, 3000, 3000]


@given(st.integers(0, 10_000))
def test_the_table_of_distances_says_what_plain_words_say(seed: int) -> None:
    problem = a_random_problem(seed)
    every = problem.all
    near = between(problem, every)
    for n, one in enumerate(every):
        for m, other in enumerate(every[:n]):
            assert near.metres[n, m] == near.metres[m, n] == metres(problem, one, other)


# Locks.


def test_what_is_locked_together_stays_together() -> None:
    units = [a_unit("a", 2), a_unit("b", 2), a_unit("c", 2, 900), a_unit("d", 2, 900)]
    locks = Locks(together=(frozenset("ac"), frozenset("ca")))
    assert groups(plan(a_problem(*units, locks=locks))) == [(None, ("a", "c")), (None, ("b", "d"))]


def test_a_group_locked_as_it_is_is_joined_by_nobody() -> None:
    units = [a_unit(name, 2, at) for name, at in (("a", 0), ("b", 2000), ("c", 10), ("d", 20))]
    whole = frozenset({"a", "b"})
    found = plan(a_problem(*units, locks=Locks(whole=(whole,))))
    assert groups(found) == [(None, ("a", "b")), (None, ("c", "d"))]
    assert found.is_best
    draft = Draft((("a", "b", "c"),), found.certificate, seed=0)
    with pytest.raises(PlanRefused, match="改动了整组锁定的组"):
        check(a_problem(*units, locks=Locks(whole=(whole,))), draft)


def test_a_group_locked_as_it_is_joins_its_branch_and_nobody_else_does() -> None:
    units = [a_unit("a", 1), a_unit("b", 1)]
    whole = frozenset({"a", "z"})
    found = plan(a_problem(*units, branches=(a_branch("z"),), locks=Locks(whole=(whole,))))
    assert groups(found) == [("z", ("a",))]
    assert reasons(found) == {"b": "no_neighbour"}


def test_a_unit_can_be_locked_to_a_branch() -> None:
    branches = (a_branch("far", metres=2000), a_branch("near", metres=10))
    locks = Locks(together=(frozenset({"a", "far"}),))
    found = plan(a_problem(a_unit("a"), branches=branches, locks=locks))
    assert groups(found) == [("far", ("a",))]


def test_what_is_locked_apart_is_in_two_groups() -> None:
    units = [a_unit("a", 2), a_unit("b", 2), a_unit("c", 1, 900), a_unit("d", 1, 900)]
    found = plan(a_problem(*units, locks=Locks(apart=(frozenset("ab"),))))
    assert all(not {"a", "b"} <= set(group.units) for group in found.groups)
    assert found.left == ()


def test_who_is_locked_alone_is_left_with_that_reason() -> None:
    locks = Locks(alone=frozenset("a"))
    found = plan(a_problem(a_unit("a", 2), a_unit("b", 2), locks=locks))
    assert reasons(found) == {"a": "alone", "b": "no_neighbour"}


def test_six_locked_together_are_a_branch_with_a_warning() -> None:
    units = [a_unit(name) for name in "abcdef"]
    found = plan(a_problem(*units, locks=Locks(together=(frozenset("abcdef"),))))
    [group] = found.groups
    assert group.size == 6
    assert "6" in group.warnings[0][0]
    assert "6" in group.warnings[0][1]


@pytest.mark.parametrize(
    ("locks", "said"),
    [
        pytest.param(Locks((frozenset("ab"),), (frozenset("ab"),)), "apart", id="both"),
        pytest.param(
            Locks((frozenset("ab"), frozenset("bc")), (frozenset("ac"),)), "apart", id="by a third"
        ),
        pytest.param(Locks((frozenset("ab"),), alone=frozenset("a")), "alone", id="alone"),
        pytest.param(Locks((frozenset("ac"),), whole=(frozenset("ab"),)), "as a group", id="more"),
        pytest.param(Locks(whole=(frozenset("a"),)), "has a only", id="a group of one"),
        pytest.param(Locks((frozenset("ax"),)), "not in the list", id="nobody"),
        pytest.param(Locks((frozenset("as"),)), "different sub-districts", id="elsewhere"),
        pytest.param(Locks((frozenset("an"),)), "declined", id="declined"),
        pytest.param(Locks((frozenset("al"),)), "more than 50", id="too many"),
        pytest.param(Locks((frozenset("pq"),)), "two of them are branches", id="two branches"),
        pytest.param(Locks(alone=frozenset("p")), "cannot stay alone", id="a branch alone"),
    ],
)
def test_locks_that_contradict_are_refused_by_name(locks: Locks, said: str) -> None:
    units = [
        *(a_unit(name) for name in "abc"),
        a_unit("s", at=SOUTH),
        a_unit("n", declined=True),
        a_unit("l", 50),
    ]
    branches = (a_branch("p"), a_branch("q"))
    with pytest.raises(Misuse, match=said) as refused:
        a_problem(*units, branches=branches, locks=locks)
    assert refused.value.zh


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda: a_problem(a_unit("a"), a_unit("a")), "2 times", id="twice"),
        pytest.param(lambda: a_problem(a_unit("a", -1)), "below 0", id="fewer than none"),
        pytest.param(lambda: a_problem(a_unit("a", at="")), "no sub-district", id="nowhere"),
        pytest.param(lambda: a_problem(limits=Limits(units=1)), "at least 2", id="no room"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Callable[[], Problem], said: str) -> None:
    with pytest.raises(Misuse, match=said):
        make()


# Who is left, and why.


def test_one_unit_has_no_neighbour() -> None:
    assert reasons(plan(a_problem(a_unit("a", 2)))) == {"a": "no_neighbour"}


def test_nothing_asked_is_nothing_planned() -> None:
    found = plan(a_problem())
    assert (found.groups, found.left, found.is_best) == ((), (), True)


def test_two_members_together_cannot_reach_three() -> None:
    found = plan(a_problem(a_unit("a"), a_unit("b")))
    assert reasons(found) == {"a": "under_three", "b": "under_three"}
    assert "2 人，不足 3 人" in found.left[0].zh
    assert found.is_best


def test_everybody_declined() -> None:
    found = plan(a_problem(*(a_unit(name, 2, declined=True) for name in "abc")))
    assert set(reasons(found).values()) == {"declined"}
    assert found.is_best


def test_who_is_out_of_reach_is_left() -> None:
    found = plan(a_problem(a_unit("a", 2), a_unit("b", 2), a_unit("far", 2, 9000)))
    assert reasons(found) == {"far": "no_neighbour"}


# What is said of a group and of a plan.


def test_a_group_says_why_it_may_stand_and_counts_candidates_without_names() -> None:
    found = plan(a_problem(a_unit("a", 1), a_unit("b", 2, 100), a_unit("c", 1, 200)))
    [group] = found.groups
    assert (group.full_members, group.secretary_candidates, group.longest) == (4, 4, 200)
    assert group.is_measured
    assert "正式党员 4 人，不少于 3 人；单位 3 个，不超过 5 个" in group.satisfies_zh
    assert "4 full members, 3 at least; 3 units, 5 at most" in group.satisfies_en


def test_two_alternatives_say_how_much_dearer_any_plan_with_them_is() -> None:
    units = [a_unit("a", 2), a_unit("b", 2), a_unit("c", 2, 900), a_unit("d", 2, 900)]
    problem = a_problem(*units)
    found = plan(problem)
    for group in found.groups:
        assert len(group.alternatives) == 2
        for other in group.alternatives:
            assert set(other.units) != set(group.units)
            if len(other.units) == 2:
                forced = Locks(together=(frozenset(other.units),))
                dearest = plan(replace(problem, locks=forced)).value - found.value
                assert 0 <= other.dearer <= dearest


def test_a_plan_says_what_is_proven_of_which_candidates() -> None:
    zh, en = plan(a_problem(a_unit("a", 1), a_unit("b", 2, 100)), seed=7).proof
    assert zh.startswith("已证明没有更好的方案（候选：")
    assert "规则版本 test；种子 7" in zh
    assert en.startswith("No plan is better, proven (candidates: in one sub-district")


def test_a_proof_says_whether_groups_were_left_out_of_it() -> None:
    units = [a_unit(f"u{n:02d}", 1 + n % 2, n // 2 * 100) for n in range(12)]
    every, cut = plan(a_problem(*units[:11])), plan(a_problem(*units))
    assert (every.is_best, every.is_over_all) == (True, True)
    assert "全部组合，没有删减" in every.proof[0]
    assert (cut.is_best, cut.is_over_all) == (True, False)
    zh, en = cut.proof
    assert zh.startswith(
        "已证明在候选范围内没有更好的方案（候选：同一街道内，每个单位与其最近的 10 个"
    )
    assert "候选之外的组合没有比较" in zh
    assert en.startswith(
        "No plan of the candidates is better, proven (candidates: in one sub-district"
    )
    assert "groups beside them were not looked at" in en
    narrow = replace(a_problem(*units[:11]), near=3)
    assert not plan(narrow).is_over_all
    many = replace(a_problem(*units[:3]), limits=Limits(units=6))
    assert not plan(many).is_over_all


def test_a_gap_is_never_told_too_small() -> None:
    assert percent(Fraction(1, 3)) == "33.334"
    assert percent(Fraction(0)) == "0.000"
    assert percent(Fraction(1, 10**9)) == "0.001"


def test_limits_come_from_the_rule_set() -> None:
    assert Limits.of(rules.load()) == Limits(full_members=3, units=5, members=50)


# Time, and sameness.


def test_a_plan_cut_short_is_a_plan_with_a_bound_and_says_so() -> None:
    problem = a_problem(*(a_unit(f"u{n:02d}", 1 + n % 2, n * n % 97 * 20) for n in range(24)))
    whole = plan(problem)
    for clock in (the_time(0), the_time(1, 1, 1, 1, 0)):
        found = plan(problem, seconds_left=clock)
        assert not found.in_time
        assert found.bound <= whole.value <= found.value
        assert found.is_best is (found.value == found.bound)
    assert whole.in_time


def test_the_same_problem_and_seed_give_the_same_plan_in_any_order() -> None:
    units = [a_unit(f"u{n:02d}", 1 + n % 2, n * n % 97 * 20) for n in range(18)]
    found = plan(a_problem(*units), seed=3)
    again = plan(a_problem(*reversed(units)), seed=3)
    assert (again.groups, again.certificate) == (found.groups, found.certificate)


def test_merging_the_nearest_is_dearer() -> None:
    line = [a_unit("a", 1), a_unit("b", 2, 400), a_unit("c", 1, 700), a_unit("d", 2, 1100)]
    problem = a_problem(*line)
    merged = merge_nearest(problem)
    found = plan(problem)
    assert (merged.left, len(found.left)) == (1, 0) or merged.cost > found.cost


# A plan in force.


def test_a_plan_in_force_is_not_parted_for_a_few_metres() -> None:
    line = [a_unit("a", 2), a_unit("b", 2, 200), a_unit("c", 2, 410), a_unit("d", 2, 610)]
    before = (frozenset("ac"), frozenset("bd"))
    assert groups(plan(a_problem(*line))) == [(None, ("a", "b")), (None, ("c", "d"))]
    heavy = a_problem(*line, in_force=before, weights=Weights(parting=300))
    assert groups(plan(heavy)) == [(None, ("a", "c")), (None, ("b", "d"))]
    assert changes(heavy, plan(heavy)) == []


@pytest.mark.parametrize(
    ("other", "before", "asked", "code"),
    [
        pytest.param(a_unit("b", 2), "ab", {}, None, id="kept"),
        pytest.param(a_unit("b", 2), "abx", {}, "gone", id="one is gone"),
        pytest.param(a_unit("b", 2, declined=True), "ab", {}, "out", id="one declined"),
        pytest.param(a_unit("b", 2, 7000), "ab", {}, "not_allowed", id="one moved away"),
        pytest.param(
            a_unit("b", 2),
            "ab",
            {"locks": Locks(apart=(frozenset("ab"),))},
            "not_allowed",
            id="lock",
        ),
        pytest.param(a_unit("b", 2, 900), "ab", {}, "nearer", id="others came nearer"),
        pytest.param(a_unit("b", 2), "ab", {}, "joined", id="one joins it"),
    ],
)
def test_what_changed_of_a_plan_in_force_has_its_reason(
    other: Unit, before: str, asked: dict[str, Locks], code: str | None
) -> None:
    came = [a_unit("c", 2, 10), a_unit("d", 2, 910)] if code == "nearer" else []
    came = [a_unit("c", 1, 10)] if code == "joined" else came
    problem = a_problem(a_unit("a", 2), other, *came, in_force=(frozenset(before),), **asked)
    assert [change.code for change in changes(problem, plan(problem))] == ([code] if code else [])


def test_a_unit_is_in_one_group_in_force() -> None:
    with pytest.raises(Misuse, match="2 groups of the plan in force"):
        a_problem(a_unit("a"), in_force=(frozenset("ab"), frozenset("ac")))
