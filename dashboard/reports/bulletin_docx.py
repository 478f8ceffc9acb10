"""A bulletin in the form of a 通报: what moved, a table by sub-district, a chart, lists and clocks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Pt

from dashboard.reports import bar_chart
from dashboard.reports.official import (
    BODY_FONT,
    BODY_SIZE,
    TITLE_FONT,
    TITLE_SIZE,
    day_said,
    page,
    paragraph,
    repeated,
    saved,
    written,
)
from liangxin.bulletins import EXPLAINED, KINDS, in_order
from liangxin.clocks import CLOCKS
from liangxin.errors import printable
from liangxin.lists import LISTS
from liangxin.saying import CAUSES

HEADS = ("街道（镇、乡）", "期初", "期末", "变化", "已覆盖/底数")
#: To whom a letter of the district, and one of a sub-district, is sent; who seals it is written by hand.
TO_SUBDISTRICTS, TO_COMMUNITIES = "各街道（镇、乡）两新组织综合党委：", "各社区（村）党组织："
SEAL = "（印发单位盖章）"
#: A table's text is smaller than a letter's.
SMALL = Pt(10.5)


def document(content: Mapping[str, Any]) -> bytes:
    """Return a bulletin as the bytes of a .docx file; the same content gives the same bytes."""
    made = Document()
    page(made)
    kind = KINDS[content["kind"]][0]
    as_of, start = date.fromisoformat(content["as_of"]), date.fromisoformat(content["from"])
    title = f"{content['district']}两新组织党建工作{kind}"
    paragraph(made, title, font=TITLE_FONT, size=TITLE_SIZE, at="center", line=Pt(36))
    paragraph(made, f"〔{as_of.year}〕{content['id']}号", at="center")
    paragraph(made, "")
    paragraph(made, TO_COMMUNITIES if content.get("scope") else TO_SUBDISTRICTS, at="left")
    for text in _said(content, start, as_of):
        # Figures cannot be broken; justified, the words before them would be torn apart.
        paragraph(made, printable(text), indent=2 * BODY_SIZE, at="left")
    _table(made, content)
    paragraph(made, "")
    _chart(made, content)
    paragraph(made, _note(content), size=SMALL, line=Pt(18))
    paragraph(made, "特此通报。", indent=2 * BODY_SIZE, at="left")
    paragraph(made, SEAL, at="right", right=2 * BODY_SIZE)
    paragraph(made, day_said(as_of), at="right", right=4 * BODY_SIZE)
    about = made.core_properties
    about.title, about.author, about.comments, about.language = title, "", "", "zh-CN"
    about.created = about.modified = datetime.combine(as_of, time.min, UTC)
    return saved(made)


def _said(content: Mapping[str, Any], start: date, as_of: date) -> list[str]:
    """The paragraphs: each figure with its numerator and denominator."""
    said = [f"现将{day_said(start)}至{day_said(as_of)}两新组织党的组织和工作覆盖情况通报如下。"]
    for name, rate in content["rates"].items():
        now, before = rate["now"]["total"], rate["before"]["total"]
        if now["share"] is None:
            said.append(f"{rate['title']}（{name}）：没有计入底数的对象。")
            continue
        was = "" if before["share"] is None else f"，期初为{_percent(before)}"
        said.append(
            f"{rate['title']}（{name}）为{_percent(now)}（{now['numerator']}/{now['denominator']}）{was}"
            + (f"；另有{now['unverified']}家未核实，不计入底数。" if now["unverified"] else "。")
        )
    told = content.get("change")
    if told is not None and told["rows"]:
        parts = "；".join(
            f"{CAUSES[row['cause']]}{row['organisations']}家{_moved(row['points'])}"
            for row in told["rows"]
        )
        moved = content["denominator"].split("。")[0]
        said.append(f"{content['rates'][EXPLAINED]['title']}变化的原因：{parts}。{moved}。")
    lists = "；".join(
        f"{each['title']}{each['organisations']}家"
        for each in in_order(content["lists"], LISTS)
        if each["organisations"]
    )
    if lists:
        said.append(f"需要关注：{lists}。")
    clocks = "；".join(
        f"{each['title']}已办结{each['ended']}件，半数在{each['p50']}天内，九成在{each['p90']}天内，"
        f"超过{each['limit']}天仍未办结{each['open_over']}件"
        for each in in_order(content["clocks"], CLOCKS)
        if each["p50"] is not None
    )
    if clocks:
        said.append(f"办理时限：{clocks}。")
    return said


def _moved(points: float | None) -> str:
    """Nothing can be said in points where nothing counted before."""
    return "" if points is None else f"，影响{points:+.1f}个百分点"


def _table(made: DocumentObject, content: Mapping[str, Any]) -> None:
    """The first rate by sub-district."""
    rate = content["rates"][_first(content)]
    before = {row["code"]: row for row in rate["before"]["rows"]}
    rows: list[tuple[str, Any, Any]] = [
        (row["name"], before.get(row["code"]), row) for row in rate["now"]["rows"]
    ]
    rows.append(("合计", rate["before"]["total"], rate["now"]["total"]))
    paragraph(made, f"各街道（镇、乡）{rate['title']}", at="center")
    table = made.add_table(rows=1, cols=len(HEADS))
    table.style, table.alignment = "Table Grid", WD_TABLE_ALIGNMENT.CENTER
    _fill(table.rows[0].cells, HEADS)
    repeated(table.rows[0])
    for name, was, now in rows:
        known = was is not None and was["share"] is not None and now["share"] is not None
        change = f"{(now['share'] - was['share']) * 100:+.1f}" if known else "—"
        cells = (
            printable(name),
            "无数据" if was is None else _percent(was),
            _percent(now),
            change,
            f"{now['numerator']}/{now['denominator']}",
        )
        _fill(table.add_row().cells, cells)


def _fill(cells: Any, texts: tuple[str, ...]) -> None:
    for number, (cell, text) in enumerate(zip(cells, texts, strict=True)):
        line = cell.paragraphs[0]
        line.paragraph_format.space_before = line.paragraph_format.space_after = Pt(0)
        line.alignment = WD_ALIGN_PARAGRAPH.LEFT if number == 0 else WD_ALIGN_PARAGRAPH.CENTER
        written(line.add_run(text), BODY_FONT, SMALL)


def _chart(made: DocumentObject, content: Mapping[str, Any]) -> None:
    rate = content["rates"][_first(content)]
    before = {row["code"]: row["share"] for row in rate["before"]["rows"]}
    rows = [row for row in rate["now"]["rows"] if row["denominator"]]
    if rows:
        bar_chart.add(
            made,
            [printable(row["name"]) for row in rows],
            [
                (content["from"], "c9d3de", [before.get(row["code"]) for row in rows]),
                (content["as_of"], "b3242b", [row["share"] for row in rows]),
            ],
        )


def _note(content: Mapping[str, Any]) -> str:
    return (
        f"注：按规则版本 {content['rule_set']}（{content['rule_set_title']}）计算；本通报的全部数据已按"
        f"编号 {content['id']} 固定保存，可随时重新生成。"
    )


def _first(content: Mapping[str, Any]) -> str:
    return EXPLAINED if EXPLAINED in content["rates"] else next(iter(content["rates"]))


def _percent(count: Mapping[str, Any]) -> str:
    return "无数据" if count["share"] is None else f"{count['share'] * 100:.1f}%"
