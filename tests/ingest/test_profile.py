"""What runs are like, and which differences from the last one are worth a word."""

from typing import Any

import polars as pl
import pytest
from factories import insert_run, insert_source
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from expectations import batches
from expectations.rule import known
from ingest import measures as kept
from ingest import profile
from ingest.profile import COLUMNS, MIXES, Comparison, Earlier, Profile, compare
from ingest.sources import Expected
from liangxin import db

FIELDS = {
    "name": "甲",
    "enterprise_type": "有限责任公司",
    "status": "1",
    "established_on": "2019-03-15",
    "capital_wan": 1.0,
    "address": "某路1号",
    "ownership": "NONPUBLIC",
    "skip": "",
    "repeat_fault": "",
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    schema = {name: pl.Float64 if name == "capital_wan" else pl.String for name in FIELDS}
    return pl.DataFrame([{**FIELDS, **row} for row in rows], schema=schema)


def measured(*frames: pl.DataFrame, **outcome: int) -> dict[str, float]:
    seen = Profile()
    for each in frames:
        seen.add(each)
    defaults = {"accepted": 1, "refused": 0, "located": 1, "new": 1, "changed": 0}
    return seen.measures(**{**defaults, **outcome})


# Adding up.


def test_empty_cells_are_counted_by_field() -> None:
    some = frame({}, {"address": None}, {"address": None, "capital_wan": None}, {"status": None})
    said = measured(some)
    assert said["judged"] == 4
    assert {name: said[f"empty.{name}"] for name in COLUMNS} == {
        "name": 0,
        "enterprise_type": 0,
        "status": 0.25,
        "established_on": 0,
        "capital": 0.25,
        "address": 0.5,
    }


def test_mixes_are_shares_of_all_that_is_data() -> None:
    said = measured(frame({}, {"ownership": "INDIVIDUAL", "status": None}), frame({}, {}))
    mixes = {name: share for name, share in said.items() if name.partition(".")[0] in MIXES}
    assert mixes == {
        "ownership.NONPUBLIC": 0.75,
        "ownership.INDIVIDUAL": 0.25,
        "status.1": 0.75,
        "status.none": 0.25,
    }


def test_totals_notes_and_exact_repeats_are_left_out() -> None:
    said = measured(frame({}, {"skip": "total", "name": None}, {"repeat_fault": "same"}))
    assert said["judged"] == 1
    assert said["empty.name"] == 0


def test_a_conflicting_repeat_is_data() -> None:
    assert measured(frame({}, {"repeat_fault": "conflict"}))["judged"] == 2


def test_outcomes_are_shares_of_what_was_taken() -> None:
    said = measured(frame(*[{}] * 5), accepted=4, refused=1, located=3, new=1, changed=2)
    assert (said["refused"], said["located"], said["new"], said["changed"]) == (
        0.2,
        0.75,
        0.25,
        0.5,
    )


def test_a_share_of_nothing_is_left_out() -> None:
    assert measured(accepted=0) == {"judged": 0}
    nothing_taken = measured(frame({}), accepted=0, refused=1)
    assert nothing_taken["refused"] == 1
    assert "located" not in nothing_taken


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "status": st.sampled_from([None, "1", "2"]),
            "ownership": st.sampled_from(["NONPUBLIC", "REVIEW"]),
            "address": st.sampled_from([None, "甲"]),
            "skip": st.sampled_from(["", "note"]),
        }
    ),
    max_size=12,
)


@given(ROWS, st.integers(0, 12))
def test_it_does_not_matter_where_a_file_is_cut(rows: list[dict[str, Any]], at: int) -> None:
    whole = frame(*rows)
    said = measured(whole)
    assert measured(whole[:at], whole[at:]) == said
    for mix in MIXES:
        shares = [share for name, share in said.items() if name.startswith(f"{mix}.")]
        assert not shares or sum(shares) == pytest.approx(1)
    assert len(said) <= 60


# Comparing.


def a_run(**changes: float) -> dict[str, float]:
    """Measures of an ordinary run of 1,000 rows."""
    usual = {f"empty.{name}": 0.1 for name in COLUMNS}
    usual |= {"judged": 1000, "refused": 0.05, "located": 0.9, "new": 0.1, "changed": 0.1}
    usual |= {"ownership.NONPUBLIC": 0.8, "ownership.INDIVIDUAL": 0.2, "status.1": 1.0}
    return usual | {name.replace("__", "."): value for name, value in changes.items()}


def against(
    now: dict[str, float] | None = None,
    last: dict[str, float] | None = None,
    *,
    rows: int = 1000,
    earlier: list[int] | None = None,
    snapshot: bool = True,
    **expected: Any,
) -> Comparison:
    """Hold a run against runs of so many rows each, the newest with the measures given."""
    sizes = [1000] if earlier is None else earlier
    runs = [Earlier(n, size, last or a_run()) for n, size in enumerate(sizes)]
    return compare(rows, now or a_run(), runs, Expected(**expected), snapshot=snapshot)


def test_a_run_like_the_last_breaks_nothing() -> None:
    assert against() == Comparison()


def test_a_first_run_has_nothing_to_be_held_against() -> None:
    strange = a_run(refused=1.0, located=0.0, empty__address=1.0)
    assert against(strange, rows=3, earlier=[]) == Comparison()


def test_the_bounds_a_source_states_hold_for_a_first_run_too() -> None:
    below = against(rows=9, earlier=[], minimum=10)
    assert below.faults == {"size_fault": "below_minimum"}
    assert below.figures["size_fault"].zh() == {"value": "9", "limit": "10"}
    assert against(rows=10, earlier=[], minimum=10, maximum=10) == Comparison()
    above = against(rows=11, earlier=[], maximum=10)
    assert above.faults == {"size_fault": "above_maximum"}


@pytest.mark.parametrize(
    ("rows", "earlier", "fault"),
    [
        pytest.param(899, [1000], "far_below", id="fewer than nine tenths"),
        pytest.param(900, [1000], "", id="nine tenths"),
        pytest.param(2000, [1000], "", id="twice"),
        pytest.param(2001, [1000], "far_above", id="more than twice"),
        pytest.param(499, [999], "", id="of a small source"),
        pytest.param(499, [10, 10, 1000, 1000, 1000], "far_below", id="of the median"),
        pytest.param(9, [1000, 1000, 10, 10, 10], "", id="one odd run moves no median"),
        pytest.param(300, [99], "", id="three times very little"),
        pytest.param(300, [100], "far_above", id="three times little"),
    ],
)
def test_rows_are_held_against_the_median_of_the_last_runs(
    rows: int, earlier: list[int], fault: str
) -> None:
    assert against(rows=rows, earlier=earlier).faults.get("rows_fault", "") == fault


def test_both_numbers_are_said() -> None:
    said = against(rows=4_999, earlier=[10_000, 20_000]).figures["rows_fault"]
    assert said.zh() == said.en() == {"value": "4,999", "limit": "15,000"}


def test_a_source_may_allow_to_shrink_further() -> None:
    assert against(rows=101, share_of_last=0.1).faults == {}
    assert against(rows=99, share_of_last=0.1).faults == {"rows_fault": "far_below"}


def test_a_delivery_of_changes_may_be_of_any_number() -> None:
    assert against(rows=1, snapshot=False).faults == {}
    assert against(rows=100_000, snapshot=False).faults == {}


SHARES = {
    "refused": ("refused_fault", "jumped", 1),
    "located": ("located_fault", "dropped", -1),
    **{f"empty.{name}": (f"empty_{name}_fault", "jumped", 1) for name in COLUMNS},
}


@pytest.mark.parametrize(("measure", "about"), SHARES.items(), ids=SHARES)
def test_a_share_that_moves_twenty_points_the_bad_way_is_told(
    measure: str, about: tuple[str, str, int]
) -> None:
    column, code, way = about
    last = a_run() | {measure: 0.5}
    moved = against(a_run() | {measure: 0.5 + way * 0.2}, last)
    assert moved.faults == {column: code}
    now = "70.0 %" if way > 0 else "30.0 %"
    assert moved.figures[column].zh() == {"value": now, "limit": "50.0 %"}
    assert against(a_run() | {measure: 0.5 + way * 0.199}, last).faults == {}
    assert against(a_run() | {measure: 0.5 - way * 0.4}, last).faults == {}
    assert against(a_run() | {measure: 0.5 + way * 0.1}, last, jump=0.1).faults == {column: code}


def test_another_mix_of_types_is_told_with_the_largest_of_both() -> None:
    now = a_run(ownership__NONPUBLIC=0.5, ownership__INDIVIDUAL=0.2, ownership__BRANCH=0.3)
    said = against(now)
    assert said.faults == {"ownership_fault": "drifted"}
    assert said.figures["ownership_fault"].zh() == {
        "value": "非公有控制（50.0 %）",
        "limit": "非公有控制（80.0 %）",
    }
    assert said.figures["ownership_fault"].en()["value"] == "non-public (50.0 %)"
    nearer = now | {"ownership.NONPUBLIC": 0.51, "ownership.BRANCH": 0.29}
    assert against(nearer).faults == {}


def test_another_mix_of_statuses_is_told() -> None:
    said = against(a_run(status__1=0.6, status__4=0.4))
    assert said.faults == {"status_mix_fault": "drifted"}


@pytest.mark.parametrize(("now", "last"), [(99, 1000), (1000, 99), (2, 1)])
def test_shares_of_a_few_rows_tell_nothing(now: int, last: int) -> None:
    strange = a_run(judged=now, refused=1.0, located=0.0, empty__address=1.0, status__1=0.0)
    assert against(strange, a_run(judged=last), rows=1000).faults == {}


def test_a_run_from_before_measures_were_kept_is_compared_by_its_rows() -> None:
    runs = [Earlier(1, 1000, {})]
    strange = a_run(refused=1.0)
    assert compare(1000, strange, runs, Expected(), snapshot=True).faults == {}
    assert compare(400, strange, runs, Expected(), snapshot=True).faults == {
        "rows_fault": "far_below"
    }


MEASURES = st.fixed_dictionaries(
    {"judged": st.integers(0, 2000)},
    optional={
        name: st.floats(0, 1)
        for name in (*SHARES, "status.1", "status.2", "ownership.REVIEW", "ownership.SOCIAL")
    },
)


@given(MEASURES, MEASURES, st.integers(0, 3000), st.lists(st.integers(0, 3000), max_size=5))
def test_whatever_the_runs_were_like_there_is_a_rule_for_what_is_found(
    now: dict[str, float], last: dict[str, float], rows: int, sizes: list[int]
) -> None:
    runs = [Earlier(n, size, last) for n, size in enumerate(sizes)]
    found = compare(rows, now, runs, Expected(minimum=10, maximum=2000), snapshot=True)
    assert set(found.faults.items()) <= known(batches.RULES)
    assert found.faults.keys() == found.figures.keys()


@given(MEASURES, MEASURES)
def test_the_distance_of_two_mixes_is_the_same_both_ways_and_none_from_itself(
    now: dict[str, float], last: dict[str, float]
) -> None:
    for mix in MIXES:
        there = profile.distance(now, last, mix)
        assert there == pytest.approx(profile.distance(last, now, mix))
        assert profile.distance(now, now, mix) == 0
        assert 0 <= there <= 1


# Keeping.


def test_measures_are_kept_with_their_run(engine: Engine) -> None:
    with db.writing(engine) as connection:
        source = insert_source(connection)
        first, second = insert_run(connection), insert_run(connection)
        kept.keep(connection, first, a_run(located=0.25))
        kept.keep(connection, second, {})
        found = kept.earlier(connection, source_id=source, district="", before=second + 1)
    assert [run.run for run in found] == [second, first]
    assert (found[0].measures, found[1].measures) == ({}, a_run(located=0.25))


def test_a_run_is_held_against_the_last_five_of_its_source_and_district(engine: Engine) -> None:
    with db.writing(engine) as connection:
        source = insert_source(connection)
        here = [
            insert_run(connection, rows=n, accepted=n, new=n, district_code="430702")
            for n in range(1, 8)
        ]
        insert_run(connection, district_code="430703")
        insert_run(connection, source="civil_affairs", district_code="430702")
        everywhere = insert_run(connection)
        asked: dict[str, Any] = {"source_id": source, "before": here[-1]}
        found = kept.earlier(connection, district="430702", **asked)
        assert [run.run for run in found] == [*reversed(here[1:-1])]
        assert [run.rows for run in found] == [6, 5, 4, 3, 2]
        asked["before"] = everywhere + 1
        assert [r.run for r in kept.earlier(connection, district="", **asked)] == [everywhere]


def test_every_share_has_a_name_people_know() -> None:
    assert all(zh and en for zh, en in profile.NAMES.values())
    assert profile.name_of("status.1") == ("存续", "in existence")
    assert profile.name_of("ownership.NEW_CLASS") == ("NEW_CLASS", "NEW_CLASS")
