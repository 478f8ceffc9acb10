"""What may be known of a count of people: functions, the same as expressions, and why it suffices."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, Integer, cast, select, union_all

from liangxin import db, facts, suppressed, suppression
from liangxin.facts import MEMBER_COUNTS
from liangxin.suppression import FEW, MOST, Between, exactly

#: Numbers of full members that the shipped rules ask for.
ASKED = (3, 7, 50, 100)


@pytest.mark.parametrize(
    ("number", "shown"), [(0, 0), (1, FEW), (2, FEW), (3, 3), (4, 4), (120, 120)]
)
def test_a_count_is_shown_from_three_on(number: int, shown: int | str) -> None:
    assert suppression.text(suppression.sanitised(number)) == shown


@pytest.mark.parametrize(
    ("counts", "shown"),
    [
        ([], 0),
        ([0, 0], 0),
        ([1], FEW),
        ([2, 0], FEW),
        ([1, 1], "2-4"),
        ([10, 1], "11-12"),
        ([10, 2], "11-12"),
        ([10, 3], 13),
    ],
)
def test_a_sum_is_of_what_may_be_known(counts: list[int], shown: int | str) -> None:
    assert suppression.text(sum(map(suppression.sanitised, counts), exactly(0))) == shown


@pytest.mark.parametrize(
    ("members", "out", "shown"),
    [
        (10, 0, 0),
        (10, 2, FEW),
        (10, 3, 3),
        (10, 7, 7),
        (10, 8, "8-9"),
        (10, 9, "8-9"),
        (10, 10, 10),
        (5, 3, "3-4"),
        (4, 1, "1-3"),
        (4, 3, "1-3"),
        (4, 4, 4),
        (3, 1, FEW),
        (2, 2, FEW),
        (None, 1, FEW),
        (None, 5, 5),
        (1, 4, 4),
    ],
)
def test_members_elsewhere_leave_neither_one_nor_two_here(
    members: int | None, out: int, shown: int | str
) -> None:
    assert suppression.text(suppression.elsewhere(members, out)) == shown


@pytest.mark.parametrize(
    ("full", "shown"),
    [(0, 0), (1, FEW), (2, FEW), (3, "3+"), (6, "3+"), (7, "7+"), (50, "50+"), (999, "100+")],
)
def test_full_members_are_a_band(full: int, shown: int | str) -> None:
    assert suppression.band(full, ASKED) == shown


def test_bands_are_those_of_the_rule_set_and_begin_at_three_at_the_latest() -> None:
    assert suppression.band(9, (5, 9)) == "9+"
    assert suppression.band(4, (1, 5, 9)) == "3+"
    assert suppression.within(10, suppression.edges(ASKED)) == Between(7, 49)
    assert suppression.within(100, suppression.edges(ASKED)) == Between(100, MOST)


@pytest.mark.parametrize(
    ("asked", "told"),
    [(ASKED, None), ((1, 3), None), ((), None), ((2,), 2), ((4,), 4), ((3, 50, 51), 51)],
)
def test_lines_that_would_tell_too_much(asked: tuple[int, ...], told: int | None) -> None:
    assert suppression.told_apart(asked) == told


@pytest.mark.parametrize(
    ("low", "shown"), [(0, 0), (1, "1+"), (2, "1+"), (9, "1+"), (10, "10+"), (35, "30+")]
)
def test_spells_are_told_from_where_on(low: int, shown: int | str) -> None:
    assert suppression.at_least(low) == shown


# The same as expressions.


def ask(connection: Connection, rows: list[tuple[int | None, int | None]]) -> list[list[Any]]:
    numbers = (select(cast(m, Integer).label("m"), cast(o, Integer).label("o")) for m, o in rows)
    given_ = union_all(*numbers).subquery("given")
    ends = (
        *suppressed.sanitised(given_.c.m),
        *suppressed.elsewhere(given_.c.m, given_.c.o),
        *suppressed.within(given_.c.m, ASKED),
    )
    return [list(row) for row in connection.execute(select(given_.c.m, given_.c.o, *ends))]


def test_a_query_says_what_the_functions_say(engine: Engine) -> None:
    sizes = (*range(9), 49, 50, 51, 99, 100, 101)
    with db.reading(engine) as connection:
        rows = ask(connection, [(m, o) for m in sizes for o in sizes])
        nulls = ask(connection, [(5, None), (None, 5), (None, 1)])
    for m, o, *ends in rows:
        said = (
            suppression.sanitised(m),
            suppression.elsewhere(m, o),
            suppression.within(m, suppression.edges(ASKED)),
        )
        assert ends == [end for each in said for end in (each.low, each.high)], (m, o)
    assert [row[4:6] for row in nulls] == [[None, None], [5, 5], [1, 2]]
    assert nulls[1][2:4] == nulls[1][6:8] == [None, None]


# Why it suffices: of what is told of one organisation no one and no two can be worked out.

Counts = tuple[int, int, int]  # members, full ones, those elsewhere


def everybody(most: int) -> Iterator[Counts]:
    for members in range(most + 1):
        for full in range(members + 1):
            yield from ((members, full, out) for out in range(members + 1))


def told(counts: Counts, asked: Iterable[int]) -> tuple[object, ...]:
    members, full, out = counts
    return (
        suppression.sanitised(members),
        suppression.band(full, asked),
        suppression.elsewhere(members, out),
    )


def hidden(members: int, full: int, out: int) -> tuple[int, ...]:
    """Whatever one or two of must stay hidden: all, full, probationary, elsewhere, here."""
    return members, full, members - full, out, members - out


def worked_out(groups: dict[object, list[Counts]]) -> list[Counts]:
    """Counts that have a one or a two which whoever knows their group knows."""
    return [
        alike[0]
        for alike in groups.values()
        for known in zip(*(hidden(*each) for each in alike), strict=True)
        if set(known) in ({1}, {2})
    ]


@pytest.mark.parametrize("asked", [ASKED, (3, 5, 7, 9), (1,)])
def test_nothing_told_of_an_organisation_gives_a_one_or_a_two_away(asked: tuple[int, ...]) -> None:
    groups = defaultdict(list)
    for each in everybody(24):
        groups[told(each, asked)].append(each)
    assert worked_out(groups) == []
    exact = {each: [each] for each in everybody(4)}
    assert (2, 1, 0) in worked_out(exact), "the test can fail"


def test_nor_does_it_beside_a_package_of_the_same_counts() -> None:
    counts = list(everybody(24))
    frame = pl.DataFrame(
        [(m, full, m - full, m - out, out) for m, full, out in counts],
        schema=dict.fromkeys(MEMBER_COUNTS, pl.Int64),
        orient="row",
    )
    groups = defaultdict(list)
    for each, sent in zip(counts, facts.masked(facts.HEADCOUNT, frame).iter_rows(), strict=True):
        assert not {1, 2} & set(sent)
        groups[told(each, ASKED), sent].append(each)
    assert worked_out(groups) == []


@given(st.integers(3, 60), st.integers(0, 60))
def test_what_is_left_out_of_a_package_does_not_leave_it_to_be_subtracted(
    members: int, here: int
) -> None:
    frame = pl.DataFrame(
        [(members, None, None, here, None)],
        schema=dict.fromkeys(MEMBER_COUNTS, pl.Int64),
        orient="row",
    )
    sent = facts.masked(facts.HEADCOUNT, frame).row(0, named=True)
    assert sent["members"] == members
    assert (sent["members_in"] is None) == (here in {1, 2, members - 1, members - 2})


def test_full_members_are_sent_where_nothing_else_is_told() -> None:
    frame = pl.DataFrame(
        [(None, 5, None, None, None), (None, 2, None, None, None), (None, 5, 1, None, None)],
        schema=dict.fromkeys(MEMBER_COUNTS, pl.Int64),
        orient="row",
    )
    sent = facts.masked(facts.HEADCOUNT, frame)
    assert sent["full_members"].to_list() == [5, None, None]
