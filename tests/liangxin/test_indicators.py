"""Counts become figures: exact shares, half up, no data where nothing counts."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liangxin.indicators import Count, RateTable, percent, points, total_of


def count(numerator: int, denominator: int, unverified: int = 0, code: str | None = "1") -> Count:
    return Count(code, "示例街道", numerator, denominator, unverified)


counts = st.integers(0, 10**7).flatmap(
    lambda denominator: st.builds(
        count, st.integers(0, denominator), st.just(denominator), st.integers(0, 100)
    )
)


@pytest.mark.parametrize(
    ("share", "printed"),
    [
        pytest.param((504, 900), "56.0", id="the case before"),
        pytest.param((693, 900), "77.0", id="the case after"),
        pytest.param((0, 7), "0.0", id="none"),
        pytest.param((7, 7), "100.0", id="all"),
        pytest.param((3, 7), "42.9", id="up"),
        pytest.param((1, 3), "33.3", id="down"),
        pytest.param((1, 2000), "0.1", id="a half goes up from an even digit"),
        pytest.param((1125, 10000), "11.3", id="a half goes up where banks round down"),
        pytest.param((1999, 2000), "100.0", id="nearly all rounds to all"),
        pytest.param((49, 100_000), "0.0", id="hardly any rounds to none"),
    ],
)
def test_a_share_is_printed_half_up_to_a_tenth(share: tuple[int, int], printed: str) -> None:
    assert percent(Fraction(*share)) == count(*share).percent == printed


@given(st.fractions(0, 1, max_denominator=10**9))
def test_what_is_printed_is_within_half_a_tenth_and_ties_go_up(share: Fraction) -> None:
    error = Fraction(percent(share)) - share * 100
    assert -Fraction(1, 20) < error <= Fraction(1, 20)


def test_nothing_of_nothing_is_no_data() -> None:
    empty = count(0, 0, unverified=4)
    assert empty.share is None
    assert empty.percent is None


def test_a_share_is_exact() -> None:
    assert count(1, 3).share == Fraction(1, 3)


@pytest.mark.parametrize(
    ("before", "after", "printed"),
    [
        pytest.param((504, 900), (693, 900), "+21.0", id="the case"),
        pytest.param((693, 900), (504, 900), "-21.0", id="a fall"),
        pytest.param((1, 2), (2, 4), "0.0", id="no change has no sign"),
        pytest.param((1, 3), (2, 3), "+33.3", id="of exact shares, not of printed ones"),
        pytest.param((0, 2000), (1, 2000), "+0.1", id="half a tenth up"),
        pytest.param((1, 2000), (0, 2000), "-0.1", id="half a tenth down"),
        pytest.param((5001, 10_000), (5000, 10_000), "0.0", id="hardly a fall has no sign"),
    ],
)
def test_a_change_is_printed_in_points(
    before: tuple[int, int], after: tuple[int, int], printed: str
) -> None:
    assert points(count(*before), count(*after)) == printed


@pytest.mark.parametrize(
    ("before", "after"), [((0, 0), (1, 2)), ((1, 2), (0, 0)), ((0, 0), (0, 0))]
)
def test_a_change_from_or_to_no_data_is_no_data(
    before: tuple[int, int], after: tuple[int, int]
) -> None:
    assert points(count(*before), count(*after)) is None


@given(counts, counts)
def test_there_and_back_is_no_change(one: Count, other: Count) -> None:
    there, back = points(one, other), points(other, one)
    if there is None or back is None:
        assert there == back
    else:
        assert Decimal(there) == -Decimal(back)
        assert (there[0] in "+-") == (Decimal(there) != 0)


def test_a_total_adds_every_column_and_has_no_code() -> None:
    total = total_of([count(1, 2, 3), count(10, 20, 30, code=None)])
    assert total == Count(None, "total", 11, 22, 33)


def test_the_total_of_nothing_is_no_data() -> None:
    assert total_of([]) == Count(None, "total", 0, 0, 0)
    assert total_of(iter([])).percent is None


@given(st.lists(counts), st.lists(counts))
def test_totals_of_parts_add_up_to_the_total(some: list[Count], others: list[Count]) -> None:
    assert total_of([*some, *others]) == total_of([total_of(some), total_of(others)])


@given(st.lists(counts, min_size=1))
def test_a_total_lies_between_the_groups(groups: list[Count]) -> None:
    shares = [each.share for each in groups if each.share is not None]
    total = total_of(groups).share
    if not shares:
        assert total is None
    else:
        assert total is not None
        assert min(shares) <= total <= max(shares)


def test_a_figure_names_its_day_rate_rules_and_group() -> None:
    row = count(1, 2)
    table = RateTable(date(2022, 9, 30), "R1", "cn-2026.1", "subdistrict", (row,), total_of([row]))
    assert (table.rate, table.rule_set, table.total.percent) == ("R1", "cn-2026.1", "50.0")
