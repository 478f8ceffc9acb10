"""Files that come late are fitted in among what came by exchange, and offices still come to the same."""

import json
import os
import shutil
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, a_registration, a_uscc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loads import ADDRESS, CAPITAL, FOUNDED, NAME, Desk
from offices import Office, change, two_offices
from sqlalchemy import select, update

from ingest.merging import STORED
from liangxin import db, state, undo
from liangxin.errors import Misuse
from liangxin.schema import FieldChange, Organisation, PackageWord, Registration

JANUARY, MARCH, MAY, JUNE, JULY, SEPTEMBER = (
    date(2022, 1, 31),
    date(2022, 3, 31),
    date(2022, 5, 31),
    date(2022, 6, 30),
    date(2022, 7, 31),
    date(2022, 9, 30),
)


def desk_of(office: Office) -> Desk:
    return Desk(office.settings, office.engine, office.settings.home)


def firm(n: int, name: str, **cells: str) -> dict[str, str]:
    return a_registration(n, **{NAME: name, **cells})


def history(office: Office, n: int = 1, field: str = "name") -> list[tuple[Any, ...]]:
    """What a register holds to have been, in order of days."""
    with db.reading(office.engine) as connection:
        found = connection.execute(
            select(FieldChange.old_value, FieldChange.new_value, FieldChange.from_on)
            .join(Organisation, Organisation.id == FieldChange.organisation_id)
            .where(
                Organisation.uscc == a_uscc(n),
                FieldChange.field == field,
                FieldChange.corrected_by.is_(None),
            )
            .order_by(FieldChange.from_on, FieldChange.id)
        )
        return [tuple(row) for row in found]


def kept_of(office: Office) -> list[Any]:
    """The words that a register keeps of what packages told."""
    with db.reading(office.engine) as connection:
        table = PackageWord.__table__
        return list(connection.execute(select(table).order_by(table.c.id)).all())


def exchange(jia: Office, yi: Office) -> None:
    """Exchange until nothing is left to say, and hold the two against each other."""
    for _ in range(2):
        yi.open(jia.pack(yi))
        jia.open(yi.pack(jia))
    assert jia.shared() == yi.shared()
    for row in jia.shared()["organisations"]:
        mine, theirs = (
            {name: value for name, value in each.values(row[0]).items() if name not in LOCAL}
            for each in (jia, yi)
        )
        assert mine == theirs


#: What an organisation's row says of one register alone.
LOCAL = {"id", "run_id", "seen_on"}


@pytest.fixture
def came(jia: Office, yi: Office, quick: None) -> Desk:
    """The desk of an office whose first firm came by exchange: 甲 in March, 丙 in June."""
    there = desk_of(jia)
    there.load([firm(1, "甲")], as_of=MARCH)
    there.load([firm(1, "丙")], as_of=JUNE)
    yi.open(jia.pack(yi))
    here = desk_of(yi)
    here.load([firm(2, "别的")], as_of=SEPTEMBER)
    return here


def test_a_late_file_is_fitted_into_what_came_by_exchange(
    jia: Office, yi: Office, came: Desk
) -> None:
    assert came.load([firm(1, "乙")], as_of=MAY).changed == 1
    assert history(yi) == [("甲", "乙", MAY), ("乙", "丙", JUNE)]
    assert yi.values(a_uscc(1))["name"] == "丙"
    assert came.load([firm(1, "丁")], as_of=JULY).changed == 1
    assert history(yi) == [("甲", "乙", MAY), ("乙", "丙", JUNE), ("丙", "丁", JULY)]
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["name"] == "丁"


def test_a_late_file_from_before_all_that_came_is_where_the_history_begins(
    jia: Office, yi: Office, came: Desk
) -> None:
    came.load([firm(1, "初", **{CAPITAL: "1万元人民币"})], as_of=JANUARY)
    assert history(yi) == [("初", "甲", MARCH), ("甲", "丙", JUNE)]
    assert history(yi, field="capital_wan") == [("1.0", "100.0", MARCH)]
    came.load([firm(1, "次", **{CAPITAL: "2万元人民币"})], as_of=JANUARY + timedelta(days=9))
    assert history(yi, field="capital_wan")[-1] == ("2.0", "100.0", MARCH)
    assert (yi.values(a_uscc(1))["name"], yi.values(a_uscc(1))["capital_wan"]) == ("丙", 100.0)
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["capital_wan"] == 100.0


def test_a_late_file_that_is_fitted_in_can_be_taken_back(yi: Office, came: Desk) -> None:
    def held() -> str:
        with db.reading(yi.engine) as connection:
            return state.state_hash(connection)

    states = [held()]
    runs = []
    for name, day in (("乙", MAY), ("初", JANUARY), ("丁", JULY)):
        runs.append(came.load([firm(1, name)], as_of=day).run)
        states.append(held())
    assert kept_of(yi)
    for run, before in zip(reversed(runs), reversed(states[:-1]), strict=True):
        with db.writing(yi.engine) as connection:
            assert undo.undo(connection, run or 0, now=NOW + timedelta(days=1)).state_hash == before
    # The state does not contain it.
    assert kept_of(yi) == []


def test_what_came_in_the_same_words_as_ours_stands_against_a_late_file(
    jia: Office, yi: Office, quick: None
) -> None:
    here, there = desk_of(yi), desk_of(jia)
    here.load([firm(1, "甲")], as_of=MARCH)
    there.load([firm(1, "甲")], as_of=JUNE)
    yi.open(jia.pack(yi))
    here.load([firm(2, "别的")], as_of=SEPTEMBER)
    here.load([firm(1, "乙")], as_of=MAY)
    assert history(yi) == [("甲", "乙", MAY), ("乙", "甲", JUNE)]
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["name"] == "甲"


def test_an_older_file_of_ours_is_not_laid_over_what_came_by_exchange(
    jia: Office, yi: Office, quick: None
) -> None:
    """No file of ours is later; what came is."""
    there, here = desk_of(jia), desk_of(yi)
    there.load([firm(1, "甲")], as_of=MARCH)
    there.load([firm(1, "丙")], as_of=JUNE)
    yi.open(jia.pack(yi))
    here.load([firm(1, "乙")], as_of=MAY)
    assert yi.values(a_uscc(1))["name"] == "丙"
    assert history(yi) == [("甲", "乙", MAY), ("乙", "丙", JUNE)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_every_order_of_our_files_around_what_came_is_the_same_history(
    jia: Office, yi: Office, quick: None, order: tuple[int, ...]
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    there.load([firm(1, "甲")], as_of=MARCH)
    there.load([firm(1, "丙")], as_of=JUNE)
    yi.open(jia.pack(yi))
    files = [("初", JANUARY), ("乙", MAY), ("丁", JULY)]
    for n in order:
        here.load([firm(1, files[n][0])], as_of=files[n][1])
    assert history(yi) == [
        ("初", "甲", MARCH),
        ("甲", "乙", MAY),
        ("乙", "丙", JUNE),
        ("丙", "丁", JULY),
    ]
    exchange(jia, yi)
    assert history(jia)[-1] == ("丙", "丁", JULY)


def test_a_step_that_our_file_took_before_is_kept_for_what_comes_later(
    jia: Office, yi: Office, quick: None
) -> None:
    """What came of June is no change once our file of May said it; it is told of June all the same."""
    there, here = desk_of(jia), desk_of(yi)
    for name, day in (("甲", MARCH), ("乙", JUNE), ("丁", SEPTEMBER)):
        there.load([firm(1, name)], as_of=day)
    yi.open(jia.pack(yi))
    here.load([firm(1, "乙")], as_of=MAY)
    assert history(yi) == [("甲", "乙", MAY), ("乙", "丁", SEPTEMBER)]
    between = MAY + timedelta(days=9)
    here.load([firm(1, "丙")], as_of=between)
    assert history(yi) == [
        ("甲", "乙", MAY),
        ("乙", "丙", between),
        ("丙", "乙", JUNE),
        ("乙", "丁", SEPTEMBER),
    ]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_a_package_does_not_say_is_ours_since_our_own_file(
    jia: Office, yi: Office, quick: None, order: tuple[int, int]
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    there.load([firm(1, "甲", **{CAPITAL: ""})], as_of=SEPTEMBER)
    yi.open(jia.pack(yi))
    files = [("2万元人民币", MARCH), ("1万元人民币", MAY)]
    for n in order:
        here.load([firm(1, "甲", **{CAPITAL: files[n][0]})], as_of=files[n][1])
    assert history(yi, field="capital_wan") == [("2.0", "1.0", MAY)]
    exchange(jia, yi)
    assert yi.values(a_uscc(1))["capital_wan"] == 1.0
    assert history(yi, field="capital_wan") == [("2.0", "1.0", MAY)]


def test_a_file_that_says_what_the_register_says_now_is_fitted_in_too(
    jia: Office, yi: Office, quick: None
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    there.load([firm(1, "甲")], as_of=MARCH)
    there.load([firm(1, "丙")], as_of=JUNE)
    yi.open(jia.pack(yi))
    here.load([firm(1, "丙")], as_of=MAY)
    assert history(yi) == [("甲", "丙", MAY)]


def test_a_row_that_is_sent_again_counts_over_what_came_in_between(
    jia: Office, yi: Office, quick: None
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    here.load([firm(1, "甲")], as_of=JANUARY)
    there.load([firm(1, "乙")], as_of=JUNE)
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["name"] == "乙"
    here.load([firm(1, "甲")], as_of=JULY)
    assert history(yi) == [("甲", "乙", JUNE), ("乙", "甲", JULY)]
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["name"] == "甲"


def test_a_row_that_is_sent_again_counts_over_what_was_put_back(
    jia: Office, yi: Office, quick: None
) -> None:
    """An older file of ours lies over what came, as in registers from before such files were fitted in."""
    there, here = desk_of(jia), desk_of(yi)
    here.load([firm(1, "乙")], as_of=MARCH)
    there.load([firm(1, "甲")], as_of=JUNE)
    sent = select(Registration.row_hash)
    with db.reading(yi.engine) as connection:
        print_ = connection.execute(sent).scalar_one()
    yi.open(jia.pack(yi))
    change(yi, 1, "name", "乙", on=MAY)
    with db.writing(yi.engine) as connection:
        connection.execute(update(Registration).values(row_hash=print_))
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["name"] == "甲"
    here.load([firm(1, "乙")], as_of=JULY)
    assert yi.values(a_uscc(1))["name"] == "乙"
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["name"] == "乙"


def test_a_run_is_not_undone_whose_firm_a_package_bore_out(
    jia: Office, yi: Office, quick: None
) -> None:
    run = desk_of(yi).load([firm(1, "甲")], as_of=MARCH).run
    desk_of(jia).load([firm(1, "甲")], as_of=JUNE)
    opened = yi.open(jia.pack(yi)).run
    with db.writing(yi.engine) as connection, pytest.raises(Misuse, match=f"run {opened} "):
        undo.undo(connection, run or 0, now=NOW + timedelta(days=1))


def test_a_package_of_which_nothing_won_leaves_our_late_file_alone(
    jia: Office, yi: Office, quick: None
) -> None:
    """It only told that the firm was there earlier, as no day of founding does."""
    there, here = desk_of(jia), desk_of(yi)
    there.load([firm(1, "甲", **{FOUNDED: ""})], as_of=MARCH)
    here.load([firm(1, "丙", **{FOUNDED: ""})], as_of=JUNE)
    yi.open(jia.pack(yi))
    assert yi.values(a_uscc(1))["from_on"] == MARCH
    here.load([firm(1, "乙", **{FOUNDED: ""})], as_of=MAY)
    assert history(yi) == [("乙", "丙", JUNE)]
    assert kept_of(yi) == []
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["name"] == "丙"


def test_what_we_told_before_our_register_was_lost_is_the_word_of_the_package_that_brings_it(
    jia: Office, yi: Office, quick: None
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    register, older = yi.settings.home / "register.db", yi.settings.home / "older.db"
    yi.engine.dispose()
    shutil.copyfile(register, older)
    for name, day in (("甲", MARCH), ("丙", JUNE)):
        here.load([firm(1, name)], as_of=day)
    jia.open(yi.pack(jia))
    there.load([firm(2, "别的")], as_of=JUNE)
    yi.engine.dispose()
    shutil.copyfile(older, register)
    yi.open(jia.pack(yi))
    assert history(yi) == [("甲", "丙", JUNE)]
    here.load([firm(2, "别的")], as_of=SEPTEMBER)
    here.load([firm(1, "乙")], as_of=MAY)
    assert history(yi) == [("甲", "乙", MAY), ("乙", "丙", JUNE)]
    exchange(jia, yi)


def test_a_package_is_not_undone_whose_values_another_bore_out(
    offices: dict[str, Office], jia: Office, yi: Office, quick: None
) -> None:
    bing = offices["丙街道"]
    yi.trust(bing)
    desk_of(yi).load([firm(1, "甲")], as_of=MARCH)
    desk_of(jia).load([firm(1, "丙")], as_of=JUNE)
    changing = yi.open(jia.pack(yi)).run
    desk_of(bing).load([firm(1, "丙")], as_of=JULY)
    bearing_out = yi.open(bing.pack(yi)).run
    with db.writing(yi.engine) as connection, pytest.raises(Misuse, match=f"run {bearing_out} "):
        undo.undo(connection, changing or 0, now=NOW + timedelta(days=1))


def test_with_which_file_of_ours_a_firm_begins_is_kept_once(yi: Office, came: Desk) -> None:
    begin = came.load([firm(1, "初")], as_of=JANUARY).run
    kept = kept_of(yi)
    assert [row.from_on for row in kept if row.run_id == begin] == [JANUARY]
    came.load([firm(1, "乙")], as_of=MAY)
    came.load([firm(1, "丁")], as_of=JULY)
    assert kept_of(yi) == kept
    earlier = came.load([firm(1, "始")], as_of=JANUARY - timedelta(days=9)).run
    assert [row.run_id for row in kept_of(yi)] == [*(row.run_id for row in kept), earlier]


def test_where_our_value_won_it_is_no_word_of_the_package(
    jia: Office, yi: Office, quick: None
) -> None:
    there, here = desk_of(jia), desk_of(yi)
    here.load([firm(1, "甲", **{CAPITAL: "1万元人民币"})], as_of=MARCH)
    here.load([firm(1, "甲", **{CAPITAL: "2万元人民币"})], as_of=JULY)
    there.load([firm(1, "甲", **{CAPITAL: "1万元人民币"})], as_of=JUNE)
    yi.open(jia.pack(yi))
    here.load([firm(1, "甲", **{CAPITAL: "3万元人民币"})], as_of=MAY)
    told = [json.loads(row.told) for row in kept_of(yi) if row.from_on == JUNE]
    assert told
    assert not any("capital_wan" in each for each in told)
    assert history(yi, field="capital_wan") == [("1.0", "3.0", MAY), ("3.0", "2.0", JULY)]
    exchange(jia, yi)
    assert jia.values(a_uscc(1))["capital_wan"] == 2.0


# Any order.

NAMES = ["", "示例甲有限公司", "示例乙有限公司", "示例丙有限公司"]
DAYS = [date(2022, 1, 31) + timedelta(days=31 * n) for n in range(5)]
FIRM = st.fixed_dictionaries(
    {
        NAME: st.sampled_from(NAMES[1:]),
        FOUNDED: st.sampled_from(["", "2019-03-15"]),
        CAPITAL: st.sampled_from(["", "1万元人民币", "2万元人民币"]),
        ADDRESS: st.sampled_from(["", "武陵区启明街道沅汀路1号", "武陵区府坪街道沅汀路1号"]),
    }
)
LOAD = st.tuples(
    st.integers(0, 1),
    st.integers(0, len(DAYS) - 1),
    st.dictionaries(st.integers(1, 2), FIRM, min_size=1, max_size=2),
)
PACK = st.tuples(st.integers(0, 1))


@settings(
    max_examples=int(os.environ.get("LIANGXIN_TEST_STORIES", "3")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(story=st.lists(st.one_of(LOAD, LOAD, PACK), min_size=3, max_size=9))
def test_files_and_packages_in_any_order_end_in_the_same_at_both_offices(
    small_file: Path, quick: None, story: list[Any]
) -> None:
    with two_offices(small_file) as those:
        desks = [desk_of(each) for each in those]
        for who, *what in story:
            if not what:
                those[1 - who].open(those[who].pack(those[1 - who]))
                continue
            day, firms = what
            rows = [a_registration(n, **cells) for n, cells in sorted(firms.items())]
            desks[who].load(rows, as_of=DAYS[day], source=desks[who].source(snapshot=False))
        exchange(*those)


def told(office: Office) -> dict[str, Any]:
    """What an office's register holds of everybody: values, and the history that counts."""
    found: dict[str, Any] = {}
    with db.reading(office.engine) as connection:
        codes = connection.execute(select(Organisation.uscc)).scalars().all()
    for code in codes:
        values = {k: v for k, v in office.values(code).items() if k not in LOCAL}
        n = next(n for n in FIRMS if a_uscc(n) == code)
        steps = {field: history(office, n, field) for field in STORED}
        for field, way in steps.items():
            ends = [(row[1], after[0]) for row, after in pairwise(way)]
            assert all((was or None) == (then or None) for was, then in ends), way
            now = values[field]
            assert not way or (way[-1][1] or None) == (None if now is None else str(now))
        found[code] = {"values": values, "history": steps}
    return found


FIRMS = range(1, 7)
FILE = st.dictionaries(st.sampled_from(FIRMS), FIRM, min_size=1)
THEIRS = st.lists(st.tuples(st.integers(0, len(DAYS) - 1), FILE), min_size=1, max_size=4)
OURS = st.dictionaries(st.integers(0, len(DAYS) - 1), FILE, min_size=2, max_size=4)


@settings(
    max_examples=int(os.environ.get("LIANGXIN_TEST_STORIES", "3")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(theirs=THEIRS, ours=OURS, data=st.data())
def test_every_order_of_our_files_ends_in_the_same_around_what_came(
    small_file: Path, quick: None, theirs: list[Any], ours: dict[int, Any], data: st.DataObject
) -> None:
    order = data.draw(st.permutations(sorted(ours)))
    ends = []
    for days in (sorted(ours), order):
        with two_offices(small_file) as (jia, yi):
            there, here = desk_of(jia), desk_of(yi)
            for day, firms in theirs:
                rows = [a_registration(n, **cells) for n, cells in sorted(firms.items())]
                there.load(rows, as_of=DAYS[day], source=there.source(snapshot=False))
                yi.open(jia.pack(yi))
            for day in days:
                rows = [a_registration(n, **cells) for n, cells in sorted(ours[day].items())]
                own = here.source(snapshot=False)
                here.load(rows, as_of=DAYS[day] + timedelta(days=9), source=own)
            ends.append(told(yi))
            exchange(jia, yi)
            shared = {n: jia.values(a_uscc(n)) for n in FIRMS if a_uscc(n) in ends[-1]}
            ends[-1] |= {
                n: {k: v for k, v in row.items() if k not in LOCAL} for n, row in shared.items()
            }
    assert ends[0] == ends[1]
