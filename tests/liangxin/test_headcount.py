"""How many people several sources say there are: what is shown, what disagrees, whom it concerns."""

import dataclasses
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin import headcount, rules
from liangxin.access import Role
from liangxin.errors import Misuse
from liangxin.headcount import Disagreement, Figure
from liangxin.rules import HeadcountRules

RULES = rules.load().headcount
MARCH, JUNE = date(2022, 3, 31), date(2022, 6, 30)
COUNTS = [field.name for field in dataclasses.fields(Figure)][2:]


def ledger(staff: int | None = None, on: date = JUNE, **counts: int) -> Figure:
    return Figure("ledger", on, staff, **counts)


def found(*figures: Figure, operating: bool = False) -> dict[str, Disagreement]:
    """Disagreements by rule; each test here has one of a rule at most."""
    said = headcount.disagreements(figures, operating=operating, rules=RULES)
    assert len({each.rule for each in said}) == len(said)
    return {each.rule: each for each in said}


# Each rule: figures that break it, and the nearest that do not.

CASES: dict[str, tuple[list[Figure], list[Figure]]] = {
    "staff_does_not_jump": (
        [ledger(10, MARCH), ledger(30)],
        [ledger(10, MARCH), ledger(29)],
    ),
    "staff_agrees_with_roster": (
        [ledger(20), Figure("roster", MARCH, 14)],
        [ledger(20), Figure("roster", MARCH, 15)],
    ),
    "staff_agrees_with_insured": (
        [ledger(100), Figure("social_insurance", MARCH, insured=79)],
        [ledger(100), Figure("social_insurance", MARCH, insured=80)],
    ),
    "staff_agrees_with_annual_report": (
        [ledger(100), Figure("annual_report", MARCH, 126)],
        [ledger(100), Figure("annual_report", MARCH, 125)],
    ),
    "staff_agrees_with_screening": (
        [ledger(8), Figure("screening", MARCH, 2)],
        [ledger(8), Figure("screening", MARCH, 3)],
    ),
    "members_are_not_more_than_staff": (
        [ledger(3, members=4)],
        [ledger(3, members=3)],
    ),
    "full_and_probationary_make_members": (
        [ledger(9, members=4, full_members=3, probationary_members=0)],
        [ledger(9, members=4, full_members=3, probationary_members=1)],
    ),
    "in_and_out_make_members": (
        [ledger(9, members=4, members_in=3, members_out=2)],
        [ledger(9, members=4, members_in=3, members_out=1)],
    ),
    "instructors_are_not_members": (
        [ledger(9, members=3, instructors_counted=1)],
        [ledger(9, members=3, instructors_counted=0)],
    ),
}


@pytest.mark.parametrize(("rule", "figures"), CASES.items(), ids=CASES)
def test_a_rule_is_broken_by_its_case_alone_and_not_by_the_nearest(
    rule: str, figures: tuple[list[Figure], list[Figure]]
) -> None:
    breaking, keeping = figures
    assert list(found(*breaking)) == [rule]
    assert found(*keeping) == {}


def test_every_rule_has_a_case() -> None:
    assert {*CASES, "operating_has_staff"} == set(headcount.RULES)


@pytest.mark.parametrize("staff", [0, None])
def test_who_operates_has_staff(staff: int | None) -> None:
    [said] = found(ledger(staff, insured=0), operating=True).values()
    assert (said.rule, said.figure_a, said.source_a, said.on_a) == (
        "operating_has_staff",
        staff,
        "ledger",
        JUNE,
    )
    assert found(ledger(1), operating=True) == {}
    assert found(ledger(staff, insured=0)) == {}


def test_nobody_is_asked_about_an_organisation_of_which_no_source_has_counted() -> None:
    assert found(operating=True) == {}


def test_staff_of_another_source_is_staff() -> None:
    assert found(ledger(None, members=1), Figure("annual_report", MARCH, 5), operating=True) == {}


def test_both_figures_both_sources_and_both_days_are_said() -> None:
    [said] = found(ledger(20), Figure("roster", MARCH, 3)).values()
    assert dataclasses.astuple(said)[2:] == (20, "ledger", JUNE, 3, "roster", MARCH)
    assert said.owner == Role.ECONOMIC_OFFICE


# Jumps.


@pytest.mark.parametrize(
    ("before", "after", "jumps"),
    [
        (10, 30, True),
        (10, 29, False),
        (30, 10, True),
        (9, 28, False),
        (0, 20, True),
        (100, 299, False),
    ],
)
def test_staff_that_triples_or_falls_to_a_third_by_twenty_people_jumps(
    before: int, after: int, jumps: bool
) -> None:
    assert ("staff_does_not_jump" in found(ledger(before, MARCH), ledger(after))) is jumps


def test_a_change_over_more_than_a_year_is_growth() -> None:
    assert found(ledger(10, JUNE - timedelta(days=367)), ledger(300)) == {}
    assert list(found(ledger(10, JUNE - timedelta(days=366)), ledger(300))) == [
        "staff_does_not_jump"
    ]


def test_a_jump_that_was_followed_by_a_quiet_count_is_history() -> None:
    later = JUNE + timedelta(days=30)
    assert found(ledger(10, MARCH), ledger(300), ledger(310, later)) == {}


def test_two_sources_that_follow_each_other_do_not_jump() -> None:
    assert "staff_does_not_jump" not in found(ledger(10, MARCH), Figure("screening", JUNE, 300))


# Comparisons.


def test_counts_of_days_far_apart_are_not_compared() -> None:
    old = JUNE - timedelta(days=401)
    assert found(ledger(100), Figure("annual_report", old, 10)) == {}
    assert found(ledger(100), Figure("annual_report", old + timedelta(days=1), 10))


def test_only_the_newest_figure_of_a_source_is_compared() -> None:
    wrong, right = Figure("roster", MARCH, 3), Figure("roster", JUNE, 20)
    assert found(ledger(20), right, wrong) == {}


def test_a_screening_says_staff_and_insured_and_is_held_against_itself() -> None:
    [said] = found(Figure("screening", JUNE, 30, insured=3)).values()
    assert (said.rule, said.source_a, said.source_b) == (
        "staff_agrees_with_insured",
        "screening",
        "screening",
    )


def test_members_without_a_staff_count_are_held_against_the_staff_that_is_shown() -> None:
    members = Figure("ledger", JUNE, members=9)
    [said] = found(members, Figure("screening", MARCH, 4)).values()
    assert (said.figure_a, said.figure_b, said.source_b) == (9, 4, "screening")
    assert found(members) == {}


def test_members_of_an_annual_report_are_a_hint_and_no_count() -> None:
    assert found(Figure("annual_report", JUNE, 2, members=9)) == {}


def test_what_concerns_members_is_asked_of_the_committee_alone() -> None:
    owners = {rule: words.owner for rule, words in headcount.RULES.items()}
    assert {rule for rule, owner in owners.items() if owner == Role.COMMITTEE} == {
        "members_are_not_more_than_staff",
        "full_and_probationary_make_members",
        "in_and_out_make_members",
        "instructors_are_not_members",
    }
    assert set(owners.values()) == {Role.COMMITTEE, Role.ECONOMIC_OFFICE}


def test_a_roster_is_held_against_what_is_known_before_it_is_kept() -> None:
    known = [ledger(20), Figure("annual_report", JUNE, 90), Figure("roster", JUNE, 20)]
    [said] = headcount.against_declared(7, JUNE, known, RULES)
    assert (said.rule, said.figure_a, said.figure_b) == ("staff_agrees_with_roster", 20, 7)
    assert headcount.against_declared(19, JUNE, known, RULES) == []
    # Tried with rosters of one row and of two, it would count the members.
    members = [Figure("ledger", JUNE, members=2)]
    assert headcount.against_declared(1, JUNE, members, RULES) == []


# Instructors.


def test_a_list_of_instructors_counts_nobody() -> None:
    with pytest.raises(Misuse, match="instructors"):
        found(Figure("instructors", JUNE, members=1))


# What is shown.


def test_a_field_survey_is_shown_before_a_register_however_old() -> None:
    figures = [ledger(20), Figure("screening", MARCH, 12), Figure("annual_report", JUNE, 19)]
    shown = headcount.chosen(figures, "staff", RULES.staff_sources)
    assert shown == figures[1]


def test_of_one_source_the_newest_that_says_something_is_shown() -> None:
    figures = [ledger(20, MARCH), ledger(None, JUNE, members=3)]
    assert headcount.chosen(figures, "staff", RULES.staff_sources) == figures[0]
    assert headcount.chosen(figures, "insured", RULES.staff_sources) is None


def test_a_source_that_is_not_believed_for_a_field_never_speaks_for_it() -> None:
    report = Figure("annual_report", JUNE, 5, members=3)
    assert headcount.chosen([report], "members", RULES.member_sources) is None
    assert headcount.chosen([report], "staff", RULES.staff_sources) == report


# Always.

figures = st.lists(
    st.builds(
        Figure,
        source=st.sampled_from(sorted(headcount.SOURCES)),
        counted_on=st.dates(date(2021, 1, 1), date(2022, 12, 31)),
        **{name: st.none() | st.integers(0, 200) for name in COUNTS},
    ),
    max_size=8,
    unique_by=lambda each: (each.source, each.counted_on),
)


@given(figures, st.booleans(), st.data())
def test_the_order_of_the_figures_does_not_matter_and_no_question_comes_twice(
    some: list[Figure], operating: bool, data: st.DataObject
) -> None:
    said = headcount.disagreements(some, operating=operating, rules=RULES)
    shuffled = data.draw(st.permutations(some))
    assert headcount.disagreements(shuffled, operating=operating, rules=RULES) == said
    keys = [(each.rule, each.source_a, each.source_b) for each in said]
    assert len(set(keys)) == len(keys)


@given(figures)
def test_every_disagreement_quotes_figures_that_were_sent(some: list[Figure]) -> None:
    for each in headcount.disagreements(some, operating=True, rules=RULES):
        [here] = [f for f in some if (f.source, f.counted_on) == (each.source_a, each.on_a)]
        [there] = [f for f in some if (f.source, f.counted_on) == (each.source_b, each.on_b)]
        if not each.rule.endswith("_make_members"):  # their first figure is a sum
            assert each.figure_a in {getattr(here, name) for name in COUNTS}
        if each.rule != "operating_has_staff":
            assert each.figure_b in {getattr(there, name) for name in COUNTS}


@given(figures)
def test_who_allows_any_distance_is_told_of_contradictions_only(some: list[Figure]) -> None:
    lenient = HeadcountRules(people_apart=1000, jump_people=1000)
    said = headcount.disagreements(some, operating=False, rules=lenient)
    assert {each.rule for each in said} <= {
        rule for rule, words in headcount.RULES.items() if words.owner == Role.COMMITTEE
    }


def test_the_shipped_thresholds_are_stated_in_the_rule_set() -> None:
    assert HeadcountRules() == RULES
    assert set(RULES.staff_sources) | set(RULES.member_sources) <= set(headcount.SOURCES)


def some_words() -> list[tuple[str, str]]:
    return [
        (text, lang)
        for w in headcount.RULES.values()
        for text, lang in ((w.zh, "zh"), (w.en, "en"))
    ]


@pytest.mark.parametrize(("text", "language"), some_words())
def test_a_question_can_be_put_in_words(text: str, language: str) -> None:
    days: dict[str, Any] = {"on_a": JUNE, "on_b": MARCH, "a": 1, "b": 2}
    said = text.format(source_a="甲", source_b="乙", **days)
    assert "{" not in said
    assert "甲" in said
    assert said.endswith("。" if language == "zh" else ".")
