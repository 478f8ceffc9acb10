"""Provinces down to communities: the shipped list, and lists loaded over it, kept by date.

Shipped: the statistics bureau's list of 2023 down to sub-districts for the whole country, and
the communities of Wuling (430702), the demo district. A district loads its own communities
with ``liangxin divisions load``.
"""

from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, delete, select, update

from liangxin import db, drivers
from liangxin.db import driver_errors
from liangxin.errors import MissingColumn, Misuse, UnreadableFile
from liangxin.schema import Division

COLUMNS = ("code", "name", "level", "parent_code")
LEVELS = ("province", "city", "district", "subdistrict", "community")
#: What published lists call a level, where it is not our word.
LEVEL_WORDS = {"street": "subdistrict", "town": "subdistrict", "village": "community"}
CODE_LENGTH = {"province": 2, "city": 4, "district": 6, "subdistrict": 9, "community": 12}


@dataclass(frozen=True, slots=True)
class DivisionsLoaded:
    """What a list changed: its rows, and how many codes are new, renamed or gone."""

    rows: int
    new: int
    renamed: int
    gone: int


def shipped() -> pl.DataFrame:
    """Return the list that comes with the program (44,871 rows of ``COLUMNS``)."""
    data = files("liangxin.reference").joinpath("divisions.csv.gz").read_bytes()
    return pl.read_csv(data, infer_schema=False)


def read(file: Path) -> pl.DataFrame:
    """Read a list of divisions (``code,name,level,parent_code``), checked row by row.

    Raises:
        UnreadableFile: it is no CSV, or a row's level, code or parent makes no sense.
        MissingColumn: one of the four columns is missing.
    """
    try:
        frame = pl.read_csv(file, infer_schema=False, encoding="utf8")
        frame = frame.rename({name: name.strip("\ufeff ") for name in frame.columns})
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UnreadableFile(
            f"无法读取区划文件 {file.name}：需要 UTF-8 编码的 CSV，列为 code,name,level,parent_code。",
            f"cannot read the division list {file.name}: send a UTF-8 CSV with the columns "
            "code,name,level,parent_code.",
        ) from error
    missing = [name for name in COLUMNS if name not in frame.columns]
    if missing:
        raise MissingColumn(
            f"区划文件 {file.name} 缺少列 {'、'.join(missing)}。",
            f"the division list {file.name} lacks the columns {', '.join(missing)}.",
        )
    frame = (
        frame.select(pl.col(COLUMNS).str.strip_chars().replace("", None))
        .with_columns(pl.col("level").replace(LEVEL_WORDS))
        .with_row_index("row", offset=2)
        .filter(~pl.all_horizontal(pl.col(COLUMNS).is_null()))
    )
    code = pl.col("code").fill_null("")
    length = pl.col("level").replace_strict(CODE_LENGTH, default=None, return_dtype=pl.UInt32)
    wrong = frame.filter(
        length.is_null()
        | pl.col("name").is_null()
        | code.str.len_chars().ne(length)
        | code.str.contains("[^0-9]")
        | ((pl.col("level") != "province") & pl.col("parent_code").is_null())
        | ~code.is_first_distinct()
    )
    if not wrong.is_empty():
        row, *cells = wrong.row(0)
        line = ",".join(cell or "" for cell in cells)
        raise UnreadableFile(
            f"区划文件 {file.name} 第 {row} 行有误（{line}）："
            "代码应为数字，位数与级别一致（2/4/6/9/12 位）、不重复，并写明名称和上级代码。",
            f"row {row} of the division list {file.name} is wrong ({line}): a code has as many "
            "digits as its level (2/4/6/9/12), occurs once and has a name and a parent.",
        )
    return frame.drop("row")


def load(
    connection: Connection, listed: pl.DataFrame, *, on: date | None, now: datetime
) -> DivisionsLoaded:
    """Bring the register's divisions to a list; what changed is closed and opened on ``on``.

    A list may be partial: a code is gone only if its parent has other children of the same
    level in the list. One child that has children of its own is only the way down to them (a
    district's list may begin with its province and city). ``on=None`` stands for "since before
    anything we know".

    Raises:
        Misuse: as ``require_parents``; nothing is written.
    """
    current = pl.DataFrame(
        connection.execute(
            select(
                Division.id, Division.code, Division.name, Division.level, Division.parent_code
            ).where(Division.to_on.is_(None))
        ).all(),
        schema={"id": pl.Int64, **dict.fromkeys(COLUMNS, pl.String)},
        orient="row",
    )
    both = listed.join(current, on="code", how="inner", suffix="_before")
    renamed = both.filter(
        (pl.col("name") != pl.col("name_before"))
        | pl.col("parent_code").ne_missing(pl.col("parent_code_before"))
    )
    new = listed.join(current, on="code", how="anti")
    parents = pl.col("code").is_in(listed["parent_code"].drop_nulls().implode())
    siblings = pl.len().over("level", "parent_code")
    scope = listed.filter((siblings > 1) | ~parents).select("level", "parent_code").unique()
    gone = current.join(scope, on=["level", "parent_code"], how="semi", nulls_equal=True).join(
        listed, on="code", how="anti"
    )
    changed = pl.concat([new.select(COLUMNS), renamed.select(COLUMNS)])
    stays = current.join(gone, on="code", how="anti").join(listed, on="code", how="anti")
    require_parents(changed, pl.concat([listed.select(COLUMNS), stays.select(COLUMNS)]))
    ended = renamed["id"].to_list() + gone["id"].to_list()
    for start in range(0, len(ended), 5_000):
        these = Division.id.in_(ended[start : start + 5_000])
        # A row that began on the day it would end was true on no day: a list loaded twice that day.
        connection.execute(delete(Division).where(these, Division.from_on.is_not_distinct_from(on)))
        connection.execute(update(Division).where(these).values(to_on=on))
    added = changed.with_columns(from_on=pl.lit(on, dtype=pl.Date), learned_at=pl.lit(now))
    db.insert_frame(connection, Division.metadata.tables["division"], added)
    return DivisionsLoaded(listed.height, new.height, renamed.height, gone.height)


def require_parents(listed: pl.DataFrame, known: pl.DataFrame) -> None:
    """Return if each row of a list has its parent among the divisions that will be known.

    Raises:
        Misuse: a parent is in no list, or no parent of that level can be (a cycle).
    """
    parent = pl.col("parent_code")
    above = parent.is_in(known["code"].implode()) & pl.col("code").str.starts_with(parent)
    towns = known.filter(pl.col("level") == "subdistrict")["code"]
    # One that moved to another sub-district of its district may have kept its code.
    of_town = parent.is_in(towns.implode()) & (pl.col("code").str.head(6) == parent.str.head(6))
    above = pl.when(pl.col("level") == "community").then(of_town).otherwise(above)
    lost = listed.filter((pl.col("level") != "province") & ~(above & (parent != pl.col("code"))))
    if not lost.is_empty():
        code, name, _, missing = lost.select(COLUMNS).row(0)
        raise Misuse(
            f"区划文件中 {code}（{name}）的上级 {missing} 不在任何区划表中，或者不是它的上级（循环）。"
            "请补上上级，或更正 parent_code。",
            f"the parent {missing} of {code} ({name}) is in no division list, or cannot be above it "
            "(a cycle); add it, or correct parent_code.",
        )


def current(connection: Connection) -> pl.DataFrame:
    """Return today's divisions as a frame of ``COLUMNS``."""
    with driver_errors(connection), closing(connection.connection.cursor()) as cursor:
        return of_columns(drivers.divisions(cursor))


def of_columns(columns: Sequence[str]) -> pl.DataFrame:
    """Return divisions of one day as a frame of ``COLUMNS``, from what ``drivers.divisions`` tells."""
    values = [pl.Series([text]).str.split(drivers.SEPARATOR).explode() for text in columns]
    frame = pl.DataFrame(values, schema=dict.fromkeys(COLUMNS, pl.String))
    filled = frame.filter(pl.col("code") != "")  # without any there is one text, an empty one
    return with_parents(filled.with_columns(pl.col("parent_code").replace("", None)))


def with_parents(listed: pl.DataFrame, *, but: pl.DataFrame | None = None) -> pl.DataFrame:
    """Return a list without communities whose sub-district is no longer in it; ``but``: these stay."""
    towns = listed.filter(pl.col("level") == "subdistrict")["code"]
    stays = (pl.col("level") != "community") | pl.col("parent_code").is_in(towns.implode())
    if but is not None:
        stays |= pl.col("code").is_in(but["code"].implode())
    return listed.filter(stays)


def require(connection: Connection, district: str) -> None:
    """Return if a district, where one is given, is among today's divisions.

    Raises:
        Misuse: it is not.
    """
    query = select(Division.id).where(Division.code == district, Division.to_on.is_(None)).limit(1)
    if district and connection.execute(query).first() is None:
        raise Misuse(
            f"区划表中没有代码 {district}。请核对 --district，或先用 liangxin divisions load 导入区划。",
            f"no division list has the code {district}; check --district, or load the list with "
            "liangxin divisions load.",
        )


def names(connection: Connection, codes: set[str], *, on: date) -> dict[str, str]:
    """Return the name each code had on a day; a code nobody listed then is left out."""
    if not codes:
        return {}
    query = select(Division.code, Division.name).where(
        Division.from_on.is_(None) | (Division.from_on <= on)
    )
    # Of those in force an index knows the codes; a country's others are looked through only for
    # codes that are not among them.
    listed = query.where(Division.code.in_(codes), Division.to_on.is_(None))
    found = {row.code: row.name for row in connection.execute(listed)}
    if left := codes - found.keys():
        ended = query.where(Division.code.in_(left), Division.to_on > on)
        found |= {row.code: row.name for row in connection.execute(ended)}
    return found


def subdistricts(connection: Connection, district: str, *, on: date) -> dict[str, str]:
    """Return the sub-districts of a district on a day, by code."""
    codes = select(Division.code).where(
        Division.level == "subdistrict", Division.parent_code == district
    )
    found = names(connection, set(connection.execute(codes).scalars()), on=on)
    return dict(sorted(found.items()))


def communities(
    connection: Connection, subdistricts: Collection[str], *, on: date
) -> dict[str, str]:
    """Return the communities and villages of some sub-districts on a day, by code."""
    codes = select(Division.code).where(
        Division.level == "community", Division.parent_code.in_(sorted(subdistricts))
    )
    found = names(connection, set(connection.execute(codes).scalars()), on=on)
    return dict(sorted(found.items()))


def gone(connection: Connection, codes: set[str], *, on: date) -> dict[str, str]:
    """Return the last name of each code that was merged or abolished by a day, and since when."""
    found = {code: ended(connection, code, on=on) for code in codes}
    return {code: f"{each[0]}（{each[1]} 起已撤并）" for code, each in found.items() if each}


def names_ever(connection: Connection, codes: set[str], *, on: date) -> dict[str, str]:
    """Return the name of each code on a day; of one that had ended by then its last, with since when."""
    found = names(connection, codes, on=on)
    return found | gone(connection, codes - found.keys(), on=on)


def ended(connection: Connection, code: str, *, on: date) -> tuple[str, date] | None:
    """Return the last name of a code that ended by a day, and the day; ``None`` if it did not."""
    query = (
        select(Division.name, Division.to_on)
        .where(Division.code == code, Division.to_on <= on)
        .order_by(Division.to_on.desc())
    )
    row = connection.execute(query).first()
    return None if row is None or row.to_on is None else (row.name, row.to_on)
