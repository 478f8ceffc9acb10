"""What one answer of a publisher says, and what may be asked for next."""

import re
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import polars as pl

#: A page of the list itself; a page about one of its rows; a file that a list links to.
Role = Literal["list", "detail", "file"]

#: A number of rows as people write it.
COUNT = re.compile(r"\d{1,3}(?:,\d{3})+|\d{1,18}")

#: Part of every sentence about a page that may stand before a login.
FILE_DROP_ZH = "需要登录或验证码的网站不采集：请人工导出文件，用 liangxin load 导入。"
FILE_DROP_EN = (
    "A site behind a login or a CAPTCHA is not crawled: export by hand and use liangxin load."
)


class Wanted(NamedTuple):
    """An address to ask for, and what its answer is to be."""

    url: str
    role: Role = "list"


@dataclass(frozen=True, slots=True)
class Page:
    """What one page says."""

    table: pl.DataFrame  # text columns; no column at all if there are no rows
    next: str | None = None  # absolute address of the next list page; None: this one is the last
    total: int | None = None  # how many rows (files, of an index) the whole list is said to have
    #: Addresses of a list's detail pages or files, in order; of details one a row, None: it has none.
    links: tuple[str | None, ...] = ()
    parts: Role = "detail"  # what the links lead to
    counted: int | None = field(default=None)  # items, where they are not the table's rows

    @property
    def items(self) -> int:
        """Rows of this page; a file that was linked to is one item, whatever it holds."""
        return self.table.height if self.counted is None else self.counted
