"""A bulletin as a workbook: rates by sub-district with a chart, why they moved, lists, clocks, official tables."""

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

import xlsxwriter

from liangxin.annual_forms import FORMS
from liangxin.bulletins import KINDS, in_order
from liangxin.clocks import CLOCKS
from liangxin.lists import LISTS
from liangxin.saying import CAUSES
from liangxin.wording import neutral

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
Row = Sequence[object]
#: Two lines of a head.
HEAD_POINTS = 32


def workbook(content: Mapping[str, Any]) -> bytes:
    """Return a bulletin as the bytes of an .xlsx file; the same content gives the same bytes."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, _OPTIONS) as book:
        as_of = date.fromisoformat(content["as_of"])
        book.set_properties({"created": datetime.combine(as_of, time.min, UTC), "author": ""})
        sheets = _Sheets(book, _foot(content))
        for name, rate in content["rates"].items():
            sheets.rate(name, rate, content)
        sheets.change(content)
        sheets.lists(content)
        sheets.clocks(content)
        for form, table in content.get("annual", {}).items():
            sheets.annual(form, table)
    return buffer.getvalue()


def _foot(content: Mapping[str, Any]) -> str:
    kind = KINDS[content["kind"]][0]
    return (
        f"{kind}　编号 {content['id']}　截至 {content['as_of']}　规则版本 {content['rule_set']}"
        f"（{content['rule_set_title']}）"
    )


class _Sheets:
    """The sheets of one book; each says at its foot which bulletin it is of."""

    def __init__(self, book: Any, foot: str) -> None:
        self.book, self.foot = book, foot
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.head = book.add_format(
            {"bold": True, "border": 1, "align": "center", "valign": "vcenter", "text_wrap": True}
        )
        self.cell = book.add_format({"border": 1})
        self.right = book.add_format({"border": 1, "align": "right"})
        self.percent = book.add_format({"border": 1, "num_format": "0.0%"})
        self.points = book.add_format({"border": 1, "num_format": "+0.0;-0.0;0.0"})
        self.note = book.add_format({"italic": True, "font_color": "#55616f"})

    def table(
        self,
        name: str,
        title: str,
        heads: Sequence[str],
        rows: Sequence[Row],
        formats: Row = (),
        *,
        names: int = 1,
    ) -> Any:
        """Write one table; a text that a spreadsheet would run is written so that it is not.

        The first ``names`` columns hold names; what stands in the others for a number ("无数据",
        "5-7") stands where a number would.
        """
        sheet = self.book.add_worksheet(name[:31])
        sheet.write_string(0, 0, title, self.title)
        for column, head in enumerate(heads):
            sheet.write_string(1, column, head, self.head)
        for number, row in enumerate(rows, start=2):
            for column, value in enumerate(row):
                shape = formats[column] if column < len(formats) else None
                other = self.cell if column < names else self.right
                self._write(sheet, number, column, value, shape or other, other)
        sheet.write_string(len(rows) + 3, 0, self.foot, self.note)
        # A Chinese character is two columns' units wide, and a head may need a second line.
        sheet.set_column(0, 0, max(26, *(2 * len(str(row[0])) for row in rows), 0))
        sheet.set_column(1, max(1, len(heads) - 1), 13)
        sheet.set_row(1, HEAD_POINTS)
        sheet.freeze_panes(2, 1)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    @staticmethod
    def _write(sheet: Any, row: int, column: int, value: object, shape: Any, other: Any) -> None:
        if value is None:
            sheet.write_string(row, column, "无数据", other)
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, shape)
        else:
            sheet.write_string(row, column, neutral(str(value)), other)

    def rate(self, name: str, rate: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        """A rate by sub-district, on both days, with a bar for each."""
        before = {row["code"]: row for row in rate["before"]["rows"]}
        rows = [_rated(row["name"], before.get(row["code"]), row) for row in rate["now"]["rows"]]
        rows.append(_rated("合计", rate["before"]["total"], rate["now"]["total"]))
        sheet = self.table(
            f"{name} {rate['title']}",
            f"{content['district']}{rate['title']}（{name}）：{content['from']} 至 {content['as_of']}",
            ("街道（镇、乡）", "期初分子", "期初分母", "期初", "期末分子", "期末分母", "期末", "变化（百分点）", "未核实"),
            rows,
            (None, None, None, self.percent, None, None, self.percent, self.points),
        )  # fmt: skip
        if len(rows) > 1:
            chart = self.book.add_chart({"type": "bar"})
            last = len(rows)  # without the total
            for title, column, color in (("期初", 3, "#c9d3de"), ("期末", 6, "#b3242b")):
                chart.add_series(
                    {
                        "name": title,
                        "categories": [sheet.get_name(), 2, 0, last, 0],
                        "values": [sheet.get_name(), 2, column, last, column],
                        "fill": {"color": color},
                    }
                )
            chart.set_title({"name": f"各街道{rate['title']}"})
            chart.set_x_axis({"num_format": "0%", "min": 0, "max": 1})
            chart.set_y_axis({"reverse": True})
            chart.set_size({"width": 620, "height": 120 + 26 * last})
            sheet.insert_chart(1, 10, chart)

    def change(self, content: Mapping[str, Any]) -> None:
        """Why the first rate moved: parts that sum to the change."""
        told = content.get("change")
        if told is None:
            return
        rows: list[Row] = [
            (CAUSES[row["cause"]], row["organisations"], row["points"]) for row in told["rows"]
        ]
        rows.append(("合计", None, told["total_points"]))
        self.table(
            "变化原因",
            f"{told['rate']} 变化原因：{content['denominator']}",
            ("原因", "组织数", "百分点"),
            rows,
            (None, None, self.points),
        )

    def lists(self, content: Mapping[str, Any]) -> None:
        """The warning lists, by number."""
        rows = [
            (each["title"], each["organisations"]) for each in in_order(content["lists"], LISTS)
        ]
        self.table("预警名单", "预警名单", ("名单", "组织数"), rows)

    def clocks(self, content: Mapping[str, Any]) -> None:
        """The clocks: half and nine tenths within so many days."""
        names = ("limit", "ended", "p50", "p90", "open", "open_over")
        rows = [
            (each["title"], *(each[name] for name in names))
            for each in in_order(content["clocks"], CLOCKS)
        ]
        heads = ("时限", "规定天数", "已办结", "半数（天）", "九成（天）", "在办", "超期在办")
        self.table("时限", "办理时限", heads, rows)

    def annual(self, form: str, table: Mapping[str, Any]) -> None:
        """One official annual table."""
        shape = FORMS[form]
        columns = [name for name in shape.columns if name in next(iter(table["cells"].values()))]
        rows = [
            (row.number, row.zh, *(table["cells"][name][column] for column in columns))
            for name, row in shape.rows.items()
        ]
        heads = ("行次", "项目", *(shape.columns[name].zh for name in columns))
        sheet = self.table(f"年报 {form}", shape.zh, heads, rows, names=2)
        sheet.set_column(0, 0, 8)
        sheet.set_column(1, 1, 34)


def _rated(name: str, before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Row:
    was = before or {"numerator": 0, "denominator": 0, "share": None}
    known = was["share"] is not None and now["share"] is not None
    return (
        name,
        was["numerator"],
        was["denominator"],
        was["share"],
        now["numerator"],
        now["denominator"],
        now["share"],
        (now["share"] - was["share"]) * 100 if known else None,
        now["unverified"],
    )
