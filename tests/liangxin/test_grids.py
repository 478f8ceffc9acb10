"""Grids: loaded, renamed, gone, by date; and a sentence for every list that is not one."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from factories import LONG_AGO, NORTH, NOW, an_operating, insert_finding
from sqlalchemy import Engine, select

from liangxin import db, grids, rules, views
from liangxin.access import LOCAL
from liangxin.errors import Misuse
from liangxin.grids import Loaded
from liangxin.schema import Grid

COMMUNITY, OTHER = f"{NORTH}001", f"{NORTH}002"
DAY, LATER = date(2026, 3, 1), date(2026, 6, 1)
HEADER = "code,name,community_code,households"


def a_file(folder: Path, *rows: str, header: str = HEADER) -> Path:
    file = folder / "网格.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def a_row(n: int, name: str, households: str = "400", community: str = COMMUNITY) -> str:
    return f"{community}{n:03d},{name},{community},{households}"


def load(engine: Engine, folder: Path, on: date, *rows: str) -> Loaded:
    with db.writing(engine) as connection:
        return grids.load(connection, grids.read(a_file(folder, *rows)), on=on, now=NOW)


def names(engine: Engine, on: date) -> list[str]:
    with db.reading(engine) as connection:
        held = connection.execute(select(Grid.name, Grid.from_on, Grid.to_on).order_by(Grid.code))
        return [n for n, first, last in held if first <= on and (last is None or on < last)]


def test_a_list_is_taken_over_by_date(engine: Engine, tmp_path: Path) -> None:
    first = load(
        engine, tmp_path, DAY, a_row(1, "一格"), a_row(2, "二格", "299"), a_row(3, "三格", ""),
        a_row(1, "别处", "501", OTHER),
    )  # fmt: skip
    assert first == Loaded(rows=4, new=4, renamed=0, gone=0, unusual=2)
    again = load(
        engine, tmp_path, DAY + timedelta(days=1), a_row(1, "一格"), a_row(2, "二格", "299")
    )
    assert again == Loaded(rows=2, new=0, renamed=0, gone=1, unusual=1)
    later = load(
        engine, tmp_path, LATER, a_row(1, "一号格"), a_row(2, "二格", "300"), a_row(4, "四格")
    )
    assert later == Loaded(rows=3, new=1, renamed=2, gone=0, unusual=0)
    assert names(engine, DAY) == ["一格", "二格", "三格", "别处"]
    assert names(engine, DAY + timedelta(days=1)) == ["一格", "二格", "别处"]
    assert names(engine, LATER) == ["一号格", "二格", "四格", "别处"]


def test_a_list_said_again_the_same_day_replaces_it(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, DAY, a_row(1, "错格"), a_row(2, "不存在"))
    load(engine, tmp_path, DAY, a_row(1, "对格"))
    assert names(engine, DAY) == ["对格"]


def test_an_older_list_is_refused_also_where_a_grid_has_gone_since(
    engine: Engine, tmp_path: Path
) -> None:
    load(engine, tmp_path, DAY, a_row(1, "一格"), a_row(2, "二格"))
    load(engine, tmp_path, LATER, a_row(1, "一格"))
    with pytest.raises(Misuse, match="is older"):
        load(engine, tmp_path, LATER - timedelta(days=1), a_row(1, "一格"), a_row(2, "二格"))
    load(engine, tmp_path, DAY, a_row(1, "别处", community=OTHER))
    assert names(engine, LATER) == ["一格", "别处"]


@pytest.mark.parametrize(
    ("rows", "header", "said"),
    [
        ((a_row(1, ""),), HEADER, "row 2"),
        ((a_row(1, "一格"), f"{OTHER}001,二格,{COMMUNITY},400"), HEADER, "row 3"),
        ((f"{COMMUNITY},一格,{COMMUNITY},400",), HEADER, "row 2"),
        ((f"{COMMUNITY}00001,一格,{COMMUNITY},400",), HEADER, "row 2"),
        ((a_row(1, "一格", "很多"),), HEADER, "row 2"),
        ((a_row(1, "一格", "４００"),), HEADER, "row 2"),
        ((f"{COMMUNITY}００１,一格,{COMMUNITY},400",), HEADER, "row 2"),
        ((a_row(1, "一格"), a_row(1, "二格")), HEADER, "twice"),
        (("1,2,3",), "code,name,households", "no column 'community_code'"),
    ],
)
def test_a_list_that_is_wrong_is_a_sentence(
    tmp_path: Path, rows: tuple[str, ...], header: str, said: str
) -> None:
    with pytest.raises(Misuse, match=said):
        grids.read(a_file(tmp_path, *rows, header=header))


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", "网格".encode("gb18030")])
def test_a_file_that_is_no_list_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "网格.csv"
    file.write_bytes(content)
    for each in (file, tmp_path / "没有.csv"):
        with pytest.raises(Misuse):
            grids.read(each)


def test_households_may_be_left_out(tmp_path: Path) -> None:
    listed = grids.read(a_file(tmp_path, f"{COMMUNITY}001,一格,{COMMUNITY}", header=HEADER[:24]))
    assert listed["households"].to_list() == [None]


def test_a_rate_by_grid_names_it_as_it_was_called(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, DAY, a_row(1, "旧名"))
    load(engine, tmp_path, LATER, a_row(1, "新名"))
    with db.writing(engine) as connection:
        firm = an_operating(connection, mode="alone")
        insert_finding(connection, firm, "grid_code", f"{COMMUNITY}001", from_on=LONG_AGO)
        an_operating(connection)
    for on, name in ((DAY, "旧名"), (LATER, "新名")):
        with db.reading(engine) as connection:
            table = views.coverage(connection, LOCAL, rules.load(), as_of=on, by="grid")
        assert [(row.name, row.numerator, row.denominator) for row in table.rows] == [
            (name, 1, 1), (views.UNLOCATED, 0, 1),
        ]  # fmt: skip
