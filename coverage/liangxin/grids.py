"""Grids: the level under the community, some hundreds of households each, kept by date."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, insert, select, update

from liangxin.errors import Misuse
from liangxin.schema import Grid

COLUMNS = ("code", "name", "community_code", "households")
#: Households of a usual grid; others are told, and taken.
USUAL = (300, 500)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a list of grids changed; ``unusual`` have fewer or more households than usual."""

    rows: int
    new: int
    renamed: int
    gone: int
    unusual: int


def read(file: Path) -> pl.DataFrame:
    """Read a list of grids: CSV with ``code, name, community_code`` and perhaps ``households``.

    Raises:
        Misuse: it cannot be read, lacks a column, or a row's code is not its community's and more.
    """
    try:
        listed = pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Misuse(
            f"无法读取网格清单 {file}：{error}", f"the list of grids {file} cannot be read: {error}"
        ) from error
    missing = [name for name in COLUMNS[:3] if name not in listed.columns]
    if missing:
        raise Misuse(
            f"网格清单 {file} 缺少列“{missing[0]}”，需要：{'、'.join(COLUMNS)}。",
            f"the list of grids {file} has no column {missing[0]!r}; it needs {', '.join(COLUMNS)}.",
        )
    if "households" not in listed.columns:
        listed = listed.with_columns(households=pl.lit(None, pl.String))
    listed = listed.select(*COLUMNS).with_columns(pl.all().str.strip_chars())
    code, community = pl.col("code"), pl.col("community_code")
    fits = code.str.contains("^[0-9]{13,16}$") & (code.str.slice(0, 12) == community)
    households = pl.col("households")
    counted = households.is_null() | households.str.contains("^[0-9]{1,6}$")
    bad = listed.with_row_index("row", offset=2).filter(
        ~(fits & counted & (pl.col("name") != "")).fill_null(value=False)
    )
    if not bad.is_empty():
        row, name = bad["row"][0], bad["code"][0]
        raise Misuse(
            f"网格清单 {file} 第 {row} 行（{name}）有误：编码应为社区 12 位编码后加 1 至 4 位数字，并有名称。",
            f"row {row} of {file} ({name}) is wrong: a code is its community's twelve digits and "
            "one to four more, and a grid has a name.",
        )
    if listed["code"].is_duplicated().any():
        twice = listed.filter(listed["code"].is_duplicated())["code"][0]
        raise Misuse(
            f"网格清单 {file} 中编码 {twice} 重复。", f"the code {twice} is in {file} twice."
        )
    return listed.with_columns(households.cast(pl.Int64))


def load(connection: Connection, listed: pl.DataFrame, *, on: date, now: datetime) -> Loaded:
    """Take over a list of grids as of a day; a grid of a listed community that is not listed ends.

    Raises:
        Misuse: the register has a list of a later day.
    """
    communities = listed["community_code"].unique().to_list()
    known = connection.execute(
        select(*Grid.__table__.columns).where(Grid.community_code.in_(communities))
    ).all()
    current: dict[str, Any] = {row.code: row for row in known if row.to_on is None}
    later = max((row.to_on or row.from_on for row in known), default=on)
    if later > on:
        raise Misuse(
            f"登记库已有 {later} 的网格清单，不能再导入 {on} 的。",
            f"the register has a list of grids of {later}; one of {on} is older.",
        )
    new = renamed = 0
    for row in listed.iter_rows(named=True):
        before = current.pop(row["code"], None)
        same = before is not None and all(getattr(before, name) == row[name] for name in COLUMNS)
        if same:
            continue
        if before is not None:
            renamed += 1
            if before.from_on == on:
                values = {name: row[name] for name in COLUMNS}
                connection.execute(update(Grid).where(Grid.id == before.id).values(values))
                continue
            connection.execute(update(Grid).where(Grid.id == before.id).values(to_on=on))
        else:
            new += 1
        connection.execute(insert(Grid).values({**row, "from_on": on, "learned_at": now}))
    for row in current.values():
        if row.from_on < on:
            connection.execute(update(Grid).where(Grid.id == row.id).values(to_on=on))
        else:  # it was never there
            connection.execute(delete(Grid).where(Grid.id == row.id))
    low, high = USUAL
    unusual = listed.filter(~pl.col("households").is_between(low, high)).height
    return Loaded(listed.height, new, renamed, len(current), unusual)
