"""Instructors as an office writes them at a page: cells of a form, or lines copied out of a sheet. Pure.

The words are the office's own (姓名, 街道干部, the name of a community); what comes out is what
``instructors.load`` takes. Nothing but a name says who somebody is: a cell with a phone's or a
person's number is refused.
"""

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from liangxin.errors import Misuse
from liangxin.instructors import CELLS, KINDS

#: What a column is called in Chinese and English, in the order of the sheet.
HEADS: dict[str, tuple[str, str]] = {
    "name": ("姓名", "name"),
    "kind": ("身份", "kind"),
    "capacity": ("可联系数", "capacity"),
    "sectors": ("熟悉行业", "sectors"),
    "place": ("所在楼宇", "building"),
    "community_code": ("社区（村）", "community"),
    "subdistrict_code": ("街道（镇、乡）", "sub-district"),
    "hours": ("每月工时", "hours a month"),
    "is_district_wide": ("全区", "whole district"),
    "is_willing": ("愿意", "willing"),
}
#: What a switch says, and what several sectors stand between.
YES, NO, APART = "是", "否", "、"
#: Other words for the same.
_ALSO = {
    "name": ("指导员", "指导员姓名"),
    "kind": ("类别", "人员类别"),
    "capacity": ("可承担", "可承担数"),
    "sectors": ("行业",),
    "place": ("楼宇",),
    "community_code": ("社区", "村", "所属社区"),
    "subdistrict_code": ("街道", "镇", "乡镇", "乡镇街道", "所属街道"),
    "hours": ("工时",),
    "is_district_wide": ("是否全区",),
    "is_willing": ("是否愿意",),
}
#: A list is that long at most; a longer one goes by ``liangxin instructors load``.
MOST = 500
LONGEST = 60
_NUMBER = re.compile(r"\d{7}")
_SPACES = re.compile(r"[\s.()（）·-]")


@dataclass(frozen=True, slots=True)
class Places:
    """Where instructors can be: names by code."""

    subdistricts: Mapping[str, str]
    communities: Mapping[str, str]


def lines(text: str, places: Places) -> list[dict[str, Any]]:
    """Return the people of lines copied out of a sheet, in their order.

    The first line may name the columns; without it they are those of ``HEADS``, as far as they go.

    Raises:
        Misuse: no line, too many, a column nobody knows, or a cell that makes no sense; the line
            (the first is 1) and the column are named.
    """
    # Blank lines count: a clerk finds line 7 where the sheet has it.
    numbered = [
        (number, cells)
        for number, cells in enumerate(_cells(text), start=1)
        if any(cell.strip() for cell in cells)
    ]
    columns, rest = _columns(numbered)
    if not rest:
        raise Misuse(
            "没有可登记的行。请把表格中的行连同表头复制，粘贴到框里。",
            "there is no line to take over; copy the rows out of the sheet, with their header.",
        )
    if len(rest) > MOST:
        raise Misuse(
            f"一次最多 {MOST} 行，这里有 {len(rest)} 行。请分几次粘贴。",
            f"{MOST} lines at most at once, these are {len(rest)}; paste them in parts.",
        )
    return [_line(number, cells, columns, places) for number, cells in rest]


def person(
    cells: Mapping[str, str], places: Places, *, where: tuple[str, str] = ("", "")
) -> dict[str, Any]:
    """Return one person.

    Args:
        cells: what was written, by column; a column that is not there says nothing.
        places: where they can be.
        where: a place to name before a column in a sentence, Chinese and English.

    Raises:
        Misuse: a cell makes no sense.
    """
    said = {name: " ".join(cell.split()) for name, cell in cells.items()}
    only = next(iter(places.subdistricts)) if len(places.subdistricts) == 1 else ""
    said = {
        "name": "",
        "kind": "",
        **said,
        "subdistrict_code": said.get("subdistrict_code") or only,
    }
    for name, cell in said.items():
        if len(cell) > LONGEST or _holds_number(name, cell):
            raise _refused(
                where,
                name,
                cell[:LONGEST],
                f"不超过 {LONGEST} 字，不填电话或证件号码",
                f"{LONGEST} letters at most, and no phone or identity number",
            )
    said["kind"] = _kind(said["kind"], where)
    said["subdistrict_code"] = _place(
        said["subdistrict_code"], places.subdistricts, where, "subdistrict_code"
    )
    if said.get("community_code"):
        inside = {
            code: name
            for code, name in places.communities.items()
            if code.startswith(said["subdistrict_code"])
        }
        said["community_code"] = _place(said["community_code"], inside, where, "community_code")
    for name, cell in said.items():
        if not CELLS[name].may_be(cell):
            raise _refused(where, name, cell, *_MAY[name])
    return {name: CELLS[name].kept(cell) for name, cell in said.items()}


def _holds_number(name: str, cell: str) -> bool:
    """Whether a cell that is no code holds a phone's or a person's number, however it is spaced."""
    return not name.endswith("_code") and _NUMBER.search(_SPACES.sub("", cell)) is not None


_COUNT = ("0 到 999 的整数，或留空", "a whole number from 0 to 999, or nothing")
_SWITCH = ("是 或 否", "yes or no")
_MAY = {
    "name": ("姓名，不能空", "a name"),
    "capacity": _COUNT,
    "hours": _COUNT,
    "is_district_wide": _SWITCH,
    "is_willing": _SWITCH,
}


def _cells(text: str) -> Iterator[list[str]]:
    """The cells of what a spreadsheet puts on the clipboard; cells with line breaks come quoted."""
    tab = "\t" if "\t" in text or "," not in text.partition("\n")[0] else ","
    whole = (f"{line}\n" for line in text.replace("\r\n", "\n").split("\n"))
    rows = csv.reader(whole, delimiter=tab)
    try:
        yield from rows
    except csv.Error as error:
        raise Misuse(
            "粘贴的内容不是表格中的行。请从表格里复制单元格后粘贴。",
            "what was pasted is no rows of a sheet; copy the cells out of the sheet.",
        ) from error


Numbered = Sequence[tuple[int, list[str]]]


def _columns(numbered: Numbered) -> tuple[list[str], Numbered]:
    """The columns, and the lines below their header."""
    if not numbered:
        return list(HEADS), numbered
    number, first = numbered[0]
    heads = [_head(cell) for cell in first]
    if "name" not in heads:
        return list(HEADS), numbered
    for place, (cell, head) in enumerate(zip(first, heads, strict=True)):
        if cell.strip() and (not head or head in heads[:place]):
            raise Misuse(
                f"第 {number} 行的列“{cell.strip()[:LONGEST]}”不认识或重复。"
                f"可用的列：{'、'.join(zh for zh, _ in HEADS.values())}。",
                f"line {number}: the column {cell.strip()[:LONGEST]!r} is unknown or there twice; the "
                f"columns are {', '.join(en for _, en in HEADS.values())}.",
            )
    return heads, numbered[1:]


def _head(cell: str) -> str:
    """The column that a header names; empty: none."""
    plain = _plain(cell)
    for name, calls in HEADS.items():
        if plain in {_plain(call) for call in (name, *calls, *_ALSO[name])}:
            return name
    return ""


def _plain(head: str) -> str:
    return re.sub(r"[（(].*?[）)]|\s|[、:：*]", "", head).lower()


def _line(
    number: int, cells: Sequence[str], columns: Sequence[str], places: Places
) -> dict[str, Any]:
    beyond = [cell for cell in cells[len(columns) :] if cell.strip()]
    beyond += [
        cell for cell, name in zip(cells, columns, strict=False) if not name and cell.strip()
    ]
    if beyond:
        raise Misuse(
            f"第 {number} 行有列名以外的内容“{beyond[0].strip()[:LONGEST]}”。请补上表头或删去。",
            f"line {number} has {beyond[0].strip()[:LONGEST]!r} in no column; name the column or "
            "remove it.",
        )
    said = {name: cell for name, cell in zip(columns, cells, strict=False) if name}
    return person(said, places, where=(f"第 {number} 行", f"line {number}: "))


def _kind(said: str, where: tuple[str, str]) -> str:
    for code, calls in KINDS.items():
        if said.lower() in {code, *(call.lower() for call in calls)}:
            return code
    raise _refused(
        where,
        "kind",
        said,
        "、".join(zh for zh, _ in KINDS.values()),
        ", ".join(en for _, en in KINDS.values()),
    )


def _place(said: str, known: Mapping[str, str], where: tuple[str, str], column: str) -> str:
    """The code of a place that was named, or given as a code."""
    if said in known:
        return said
    found = [code for code, name in known.items() if name == said]
    # A cell may leave the suffix away, if that leaves no doubt.
    found = found or [code for code, name in known.items() if said and name.startswith(said)]
    if len(found) == 1:
        return found[0]
    some = list(known.values())[:12]
    more = ("等", " and more") if len(known) > len(some) else ("", "")
    raise _refused(
        where,
        column,
        said,
        f"{'、'.join(some)}{more[0]}，或代码",
        f"{', '.join(some)}{more[1]}, or a code",
    )


def _refused(where: tuple[str, str], column: str, cell: str, may: str, may_en: str) -> Misuse:
    zh, en = HEADS[column]
    return Misuse(
        f"{where[0]}“{zh}”不能填“{cell}”。可填：{may}。",
        f"{where[1]}{en} cannot be {cell!r}; it may be {may_en}.",
    )
