"""The shipped list, lists loaded over it, and what a code was called on a day."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from factories import NORTH, NOW, SOUTH, TODAY
from sqlalchemy import Connection, Engine, select

from liangxin import db, divisions
from liangxin.divisions import DivisionsLoaded
from liangxin.errors import MissingColumn, Misuse, UnreadableFile
from liangxin.schema import Division

WULING = "430702"
HEADER = "code,name,level,parent_code"
DISTRICT = [
    ("99", "示例省", "province", None),
    ("9999", "示例市", "city", "99"),
    ("999999", "示例区", "district", "9999"),
    (NORTH, "北街道", "subdistrict", "999999"),
    (SOUTH, "南街道", "subdistrict", "999999"),
    (f"{NORTH}001", "一社区", "community", NORTH),
    (f"{NORTH}002", "二社区", "community", NORTH),
    (f"{SOUTH}001", "三社区", "community", SOUTH),
]
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
LATER = TODAY + timedelta(days=30)


def listed(*rows: tuple[str, str, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(divisions.COLUMNS, pl.String), orient="row")


def load(
    connection: Connection, *rows: tuple[str, str, str, str | None], on: date = TODAY
) -> DivisionsLoaded:
    return divisions.load(connection, listed(*rows), on=on, now=NOW)


def name(connection: Connection, code: str, on: date) -> str | None:
    return divisions.names(connection, {code}, on=on).get(code)


# The shipped list


def test_the_shipped_list_has_the_demo_district_down_to_its_communities() -> None:
    inside = divisions.shipped().filter(pl.col("code").str.starts_with(WULING))
    counts = dict(inside.group_by("level").len().iter_rows())
    assert counts == {"district": 1, "subdistrict": 19, "community": 168}


def test_the_shipped_list_covers_the_country() -> None:
    shipped = divisions.shipped()
    assert shipped.height == 44_871
    assert shipped.filter(pl.col("level") == "province").height == 31
    assert set(shipped["level"]) == set(divisions.LEVELS)


def test_the_shipped_list_is_a_tree_of_well_formed_codes() -> None:
    shipped = divisions.shipped()
    assert shipped["code"].is_unique().all()
    lengths = shipped.select("level", pl.col("code").str.len_chars()).unique()
    assert dict(lengths.iter_rows()) == divisions.CODE_LENGTH
    below = shipped.filter(pl.col("level") != "province")
    assert below["parent_code"].is_in(shipped["code"].implode()).all()
    assert below.select(pl.col("code").str.starts_with(pl.col("parent_code")).all()).item()


def test_the_shipped_list_passes_its_own_check(tmp_path: Path) -> None:
    file = tmp_path / "shipped.csv"
    divisions.shipped().write_csv(file)
    assert divisions.read(file).equals(divisions.shipped())


def test_a_fresh_register_knows_the_shipped_list_since_ever(sqlite_engine: Engine) -> None:
    with db.reading(sqlite_engine) as connection:
        assert divisions.current(connection).equals(divisions.shipped().sort("code"))
        assert name(connection, WULING, date(1949, 10, 1)) == "武陵区"


# Loading


def test_a_new_district_is_added_from_a_day_on(engine: Engine) -> None:
    with db.writing(engine) as connection:
        assert load(connection, *DISTRICT) == DivisionsLoaded(rows=8, new=8, renamed=0, gone=0)
        assert name(connection, NORTH, YESTERDAY) is None
        assert name(connection, NORTH, TODAY) == "北街道"
        assert name(connection, NORTH, LATER) == "北街道"
        learned_at = connection.execute(
            select(Division.learned_at).where(Division.code == NORTH)
        ).scalar_one()
        assert learned_at.replace(tzinfo=learned_at.tzinfo or UTC) == NOW


def test_the_same_list_again_changes_nothing(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        before = divisions.current(connection)
        assert load(connection, *DISTRICT, on=LATER) == DivisionsLoaded(8, 0, 0, 0)
        assert divisions.current(connection).equals(before)


def test_a_renamed_division_has_each_name_in_its_time(engine: Engine) -> None:
    with db.writing(engine) as connection:
        load(connection, *DISTRICT)
        renamed = [(NORTH, "新北街道", "subdistrict", "999999"), DISTRICT[4]]
        assert load(connection, *renamed, on=LATER) == DivisionsLoaded(2, 0, 1, 0)
        assert name(connection, NORTH, LATER - timedelta(days=1)) == "北街道"
        assert name(connection, NORTH, LATER) == "新北街道"


def test_a_division_that_moved_to_another_parent_counts_as_renamed(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        moved = (f"{NORTH}002", "二社区", "community", SOUTH)
        assert load(connection, moved, DISTRICT[7], on=LATER) == DivisionsLoaded(2, 0, 1, 0)
        current = divisions.current(connection)
    assert current.filter(code=f"{NORTH}002")["parent_code"].to_list() == [SOUTH]


@pytest.mark.parametrize(
    ("row", "parent"),
    [
        ((f"{NORTH}009", "九社区", "community", "999999009"), "999999009"),
        ((f"{NORTH}009", "九社区", "community", "999999"), "999999"),
        ((f"{NORTH}009", "九社区", "community", "430702001"), "430702001"),
        (("9999", "示例市", "city", "999999"), "999999"),
        (("999998", "他区", "district", "9998"), "9998"),
    ],
)
def test_a_row_without_a_parent_above_it_is_refused_and_nothing_written(
    engine: Engine, row: tuple[str, str, str, str], parent: str
) -> None:
    with db.writing(engine) as connection:
        load(connection, *DISTRICT)
        before = divisions.current(connection)
    told = f"{row[0]}（{row[1]}）的上级 {parent} "
    with pytest.raises(Misuse, match=told) as refused, db.writing(engine) as connection:
        load(connection, row, on=LATER)
    assert f"the parent {parent} of {row[0]}" in refused.value.en
    with db.reading(engine) as connection:
        assert divisions.current(connection).equals(before)


def test_what_a_list_merges_away_is_nobody_s_parent_any_more(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        new = ("999999003", "东街道", "subdistrict", "999999")
        late = (f"{NORTH}003", "新社区", "community", NORTH)
        with pytest.raises(Misuse, match=f"上级 {NORTH} "):
            load(connection, DISTRICT[4], new, late, on=LATER)


def test_a_division_no_longer_listed_beside_its_neighbours_is_gone(engine: Engine) -> None:
    with db.writing(engine) as connection:
        load(connection, *DISTRICT)
        assert load(connection, DISTRICT[5], on=LATER) == DivisionsLoaded(1, 0, 0, 1)
        assert name(connection, f"{NORTH}002", LATER - timedelta(days=1)) == "二社区"
        assert name(connection, f"{NORTH}002", LATER) is None


def test_a_partial_list_says_nothing_of_other_parents_and_levels(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        before = set(divisions.current(connection)["code"])
        assert load(connection, DISTRICT[5], DISTRICT[6], on=LATER).gone == 0
        assert set(divisions.current(connection)["code"]) == before


def test_the_way_down_to_a_list_is_not_a_list_of_its_own(sqlite_engine: Engine) -> None:
    """One province with one city with one district: that leaves the rest of the country alone."""
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        before = set(divisions.current(connection)["code"])
        assert load(connection, *DISTRICT, on=LATER).gone == 0
        assert load(connection, *DISTRICT[:6], *DISTRICT[7:], on=LATER).gone == 1
        assert before - set(divisions.current(connection)["code"]) == {f"{NORTH}002"}


def test_a_division_that_is_gone_may_come_back(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        load(connection, *DISTRICT)
        load(connection, DISTRICT[5], on=TOMORROW)
        assert load(connection, DISTRICT[5], DISTRICT[6], on=LATER).new == 1
        on_days = {day: name(connection, f"{NORTH}002", day) for day in (TODAY, TOMORROW, LATER)}
    assert on_days == {TODAY: "二社区", TOMORROW: None, LATER: "二社区"}


def test_a_list_corrected_on_the_day_it_was_loaded_replaces_it(engine: Engine) -> None:
    """No name holds for zero days: the database refuses a row that ends when it starts."""
    wrong = [*DISTRICT[:3], (NORTH, "北街", "subdistrict", "999999"), *DISTRICT[4:]]
    with db.writing(engine) as connection:
        load(connection, *wrong)
        assert load(connection, *DISTRICT[:-1]) == DivisionsLoaded(7, 0, 1, 0)
        assert load(connection, DISTRICT[5]) == DivisionsLoaded(1, 0, 0, 1)
        assert name(connection, NORTH, TODAY) == "北街道"
        codes = connection.execute(
            select(Division.code).where(Division.code.startswith(NORTH)).order_by(Division.code)
        )
        assert codes.scalars().all() == [NORTH, f"{NORTH}001"]


def test_names_are_of_the_codes_asked_for_and_known(sqlite_engine: Engine) -> None:
    with db.reading(sqlite_engine) as connection:
        assert divisions.names(connection, set(), on=TODAY) == {}
        assert divisions.names(connection, {WULING, "999999"}, on=TODAY) == {WULING: "武陵区"}


# Reading a file


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "区划.csv"


def test_a_list_is_read_with_published_words_blanks_and_a_mark_of_encoding(file: Path) -> None:
    lines = [
        "\ufeffcode, name,level,parent_code,remark",
        " 99 ,示例省,province,,x",
        '"999999001","北街道","street","999999",""',
        "999999002,南镇,town,999999,",
        "999999001001,一村,village,999999001,",
        ",,,,",
        "",
    ]
    file.write_text("\r\n".join([*lines, ""]), encoding="utf-8")
    assert divisions.read(file).rows() == [
        ("99", "示例省", "province", None),
        ("999999001", "北街道", "subdistrict", "999999"),
        ("999999002", "南镇", "subdistrict", "999999"),
        ("999999001001", "一村", "community", "999999001"),
    ]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param("99,示例国,country,", id="no such level"),
        pytest.param("99,示例省,,", id="no level"),
        pytest.param("99,,province,", id="no name"),
        pytest.param("99,  ,province,", id="a blank name"),
        pytest.param(",示例省,province,", id="no code"),
        pytest.param("990,示例省,province,", id="a code too long for its level"),
        pytest.param("9999,示例省,province,", id="a code of another level"),
        pytest.param("9O,示例省,province,", id="a letter for a digit"),
        pytest.param("9999,示例市,city,", id="no parent"),
        pytest.param("98,另一省,province,", id="a code that occurred before"),
        pytest.param("99", id="a row cut short"),
    ],
)
def test_a_wrong_row_is_named_by_its_number(file: Path, row: str) -> None:
    file.write_text(
        f"{HEADER}\n98,前一省,province,\n{row}\n97,后一省,province,\n", encoding="utf-8"
    )
    with pytest.raises(UnreadableFile, match=r"row 3 of the division list 区划\.csv") as refused:
        divisions.read(file)
    assert "第 3 行有误" in refused.value.zh
    assert "None" not in str(refused.value)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(f"{HEADER}\n99,示例省,province,\n".encode("gb18030"), id="another encoding"),
        pytest.param(f"{HEADER}\n99,示例省,province,,,,\n".encode(), id="more cells than columns"),
        pytest.param(f"code ,{HEADER}\n99,99,示例省,province,\n".encode(), id="a column twice"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match="send a UTF-8 CSV"):
        divisions.read(file)


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"cannot read the division list 区划\.csv"):
        divisions.read(file)


def test_missing_columns_are_named(file: Path) -> None:
    file.write_text("code,name\n99,示例省\n", encoding="utf-8")
    with pytest.raises(MissingColumn, match="lacks the columns level, parent_code"):
        divisions.read(file)


def test_the_moment_of_learning_is_not_the_day_it_holds_from(sqlite_engine: Engine) -> None:
    later = datetime(2027, 1, 1, tzinfo=UTC)
    with db.writing(sqlite_engine) as connection:
        divisions.load(connection, listed(*DISTRICT), on=date(2026, 1, 1), now=later)
        row = connection.execute(select(Division).where(Division.code == NORTH)).one()
    assert (row.from_on, row.learned_at.replace(tzinfo=UTC)) == (date(2026, 1, 1), later)
