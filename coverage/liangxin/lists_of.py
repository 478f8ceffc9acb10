"""Small lists that an office writes itself: a CSV with our column names, each cell checked and named."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from liangxin.errors import Misuse

_YES, _NO = {"1", "是", "yes", "true"}, {"0", "否", "no", "false"}


@dataclass(frozen=True, slots=True)
class Cell:
    """What a column's cells may be, and what is kept of one."""

    may_be: Callable[[str], bool]
    kept: Callable[[str], Any]
    wants: tuple[str, str] = ("", "")  # what to write instead, Chinese first


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of a list's rows: ``rows = new + changed + unchanged``."""

    rows: int
    new: int
    changed: int
    unchanged: int


TEXT = Cell(lambda _: True, lambda cell: cell or None)
NEEDED = Cell(bool, str, ("不能为空", "it is needed"))
COUNT = Cell(
    lambda cell: not cell or (cell.isascii() and cell.isdigit() and len(cell) < 4),
    lambda cell: int(cell) if cell else None,
    ("请填 0 到 999 的整数，或留空", "write a whole number from 0 to 999, or nothing"),
)
#: Several texts, separated by semicolons; kept one a line.
SEVERAL = Cell(lambda _: True, lambda cell: "\n".join(_parts(cell)) or None)


def one_of(known: Mapping[str, tuple[str, str]]) -> Cell:
    """Return a cell that says one of some words; each is known with what it means, Chinese first."""
    zh = "、".join(f"{word}（{means}）" for word, (means, _) in known.items())
    return Cell(lambda cell: cell in known, str, (f"可填：{zh}", f"use one of {', '.join(known)}"))


def code(digits: int, *, empty: bool = False) -> Cell:
    """Return a cell of so many digits, or perhaps of none."""

    def may_be(cell: str) -> bool:
        return (empty and not cell) or (cell.isascii() and cell.isdigit() and len(cell) == digits)

    zh, en = f"请填 {digits} 位区划代码", f"write a division code of {digits} digits"
    wants = (f"{zh}，或留空", f"{en}, or nothing") if empty else (zh, en)
    return Cell(may_be, lambda cell: cell or None, wants)


def switch(*, default: bool) -> Cell:
    """Return a cell that says yes or no; an empty one says what is usual."""
    return Cell(
        lambda cell: not cell or cell.lower() in _YES | _NO,
        lambda cell: cell.lower() in _YES if cell else default,
        ("请填“是”或“否”", "write yes or no"),
    )


def degrees(most: int) -> Cell:
    """Return a cell with an angle up to so many degrees either way, or none."""

    def may_be(cell: str) -> bool:
        if not cell:
            return True
        try:
            return abs(float(cell)) <= most
        except ValueError:
            return False

    wants = (
        f"请填 -{most} 到 {most} 的度数，或留空",
        f"write degrees from -{most} to {most}, or nothing",
    )
    return Cell(may_be, lambda cell: float(cell) if cell else None, wants)


def read(file: Path, columns: Mapping[str, Cell], needed: Iterable[str]) -> list[dict[str, Any]]:
    """Read a list; the columns it has, in its own order.

    Raises:
        Misuse: it cannot be read, a column is missing or unknown, or a cell makes no sense; row
            (the header is row 1) and column are named.
    """
    try:
        listed = pl.read_csv(file, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise Misuse(
            f"无法读取清单 {file}。请给出 UTF-8 编码的 CSV 文件，第一行为列名，各行列数相同。",
            f"the list {file} cannot be read; give a CSV in UTF-8, column names first, as many cells in "
            "each row.",
        ) from error
    missing = [name for name in needed if name not in listed.columns]
    odd = [name for name in listed.columns if name not in columns]
    if missing or odd:
        zh = f"缺少列“{missing[0]}”" if missing else f"有不认识的列“{odd[0]}”"
        en = f"lacks the column {missing[0]!r}" if missing else f"has an unknown column {odd[0]!r}"
        raise Misuse(
            f"清单 {file} {zh}，可用的列：{'、'.join(columns)}。",
            f"the list {file} {en}; the columns are {', '.join(columns)}.",
        )
    rows = enumerate(listed.iter_rows(named=True), start=2)
    return [_row(file, number, row, columns) for number, row in rows]


def _row(
    file: Path, number: int, row: Mapping[str, str | None], columns: Mapping[str, Cell]
) -> dict[str, Any]:
    made = {}
    for name, said in row.items():
        cell = (said or "").strip()
        if "\0" in cell:  # no database keeps it alike
            raise Misuse(
                f"{file} 第 {number} 行“{name}”含有看不见的字符（NUL）。请重新输入这一格。",
                f"row {number} of {file}: {name} holds a character that cannot be seen (NUL); type that "
                "cell again.",
            )
        if not columns[name].may_be(cell):
            zh, en = columns[name].wants
            raise Misuse(
                f"{file} 第 {number} 行“{name}”不能填“{cell}”，{zh}。",
                f"row {number} of {file}: {name} cannot be {cell!r}; {en}.",
            )
        made[name] = columns[name].kept(cell)
    return made


def _parts(cell: str) -> list[str]:
    marked = cell.replace("；", ";").replace("、", ";")
    return [part.strip() for part in marked.split(";") if part.strip()]
