"""Rows of a table that are no data: totals, notes beneath it, numbered blanks, repeated headers.

Conservative: a row in which any key field holds a plausible value is data, whatever else it says.
Only rows whose keys are empty, equal to their header or a word of sums are looked at closely, so
a register of a million rows costs no more than one comparison of its key columns.
"""

import re
from collections.abc import Mapping, Sequence

import polars as pl

from ingest.give_back import REASON, REASON_EN
from ingest.headers import plain
from ingest.layout import MORE, Layout

TOTAL, NOTE, SERIAL_ONLY, HEADER_AGAIN = "total", "note", "serial_only", "header_again"

_SUMS = (
    "合计",
    "总计",
    "小计",
    "共计",
    "累计",
    "总 计",
    "合 计",
    "小 计",
    "合  计",
    "总  计",
    "合　计",
    "总　计",
)
#: A row of sums begins with one of these; "合计：12" and "本页小计" are such beginnings.
_TOTAL = (
    r"^(?:本[页表]|全[区县市]|各项)?(?:合[ \u3000]*计|总[ \u3000]*计|小[ \u3000]*计|共[ \u3000]*计|累计)"
    r"(?:[:：（(\d]|$)"
)
#: What stands beneath a table; ``：``, a bracket or the end follows where the word could begin a name.
_NOTE = (
    r"^(?:备[ \u3000]*注|附注|注|说[ \u3000]*明|填[表报]说明|填[表报写]人|制[ \u3000]*表人?|经办人|联系人|联系电话"
    r"|审[ \u3000]*核人?|审批人?|复核人?|(?:单位|主要)?负责人|分管领导|领导签字|签[ \u3000]*字|签[ \u3000]*章"
    r"|(?:填报)?单位(?:名称)?|盖章|公章|[填制][表报](?:日期|时间)|统计(?:日期|时间)|数据来源|日[ \u3000]*期|时间)"
    r"(?:\s*[（(][^）)]*[）)])?(?:\s*[:：、.．\d]|\s*$|[_＿])"
    r"|^[（(](?:盖章|公章|签字)|^※|^\*\s*(?:注|备注|为必填|号)|^[（(]?以上(?:数据|信息|内容|情况|名单|均)"
    r"|^以下空白|^[此本]表(?:由|为|一式|数据|仅|中)"
)
_SERIAL = re.compile(
    r"^(?:第?\d{1,7}[.、]?|[一二三四五六七八九十百]{1,5}[、.]?|[（(]\d{1,5}[）)])$"
)
#: Headers under which a number is a serial number; a first column without a name counts too.
_SERIAL_HEADERS = {"序号", "编号", "序", "no", "no.", "行号", "分序", "第1列", "项次", "号"}
#: Beneath the names a row of sums may say how many there are: "8", "8家".
_HOW_MANY = re.compile(r"^[0-9０-９,]{1,9}\s*[家户个名人位所]?$")
#: A note fills few cells; more of them are a row whose keys were forgotten.
NOTE_CELLS = 8
#: Characters of a USCC.
CODE = 18
#: Values of a key that mean nothing at all, but are typed by people who dislike blanks.
_BLANK = {"", "-", "--", "—", "——", "/", "\\", "无"}


def which(
    frame: pl.DataFrame, columns: Mapping[str, str], keys: Sequence[str], layout: Layout
) -> pl.Series:
    """Return for each row why it is no data: one of the codes above; ``""`` for data.

    Args:
        frame: a batch as ``parse.batches`` yields it.
        columns: our field -> the header of its column.
        keys: fields any of which makes a row data, such as the code and the name.
        layout: the table's.
    """
    nothing = pl.Series("furniture", [""], dtype=pl.String).new_from_index(0, frame.height)
    headers = [columns[key] for key in keys if columns.get(key) in frame.columns]
    if not headers or not frame.height:
        return nothing
    places = _suspects(frame, headers)
    if not places.len():
        return nothing
    # What we wrote behind a row that came back tells nothing about the row.
    shown = [name for name in (*layout.headers, MORE) if name not in {REASON, REASON_EN}]
    said = [_why(row, shown, headers) for row in frame.select(shown)[places].rows()]
    return nothing.scatter(places, pl.Series(said, dtype=pl.String)) if any(said) else nothing


def _suspects(frame: pl.DataFrame, headers: Sequence[str]) -> pl.Series:
    """Return the places of rows none of whose keys is plausible."""
    # Looked at closely is only who has nothing that looks like a code, which is hardly anybody.
    unlike = (~_is_like_a_code(frame[headers[0]])).arg_true()
    for header in headers[1:]:
        unlike = unlike.filter(~_is_like_a_code(frame[header].gather(unlike)))
    return unlike.gather(_unlikely(frame[unlike], headers)) if unlike.len() else unlike


def _is_like_a_code(cells: pl.Series) -> pl.Series:
    """Eighteen plain characters, the first of them a digit; no word of sums or notes is that."""
    cell = pl.col(cells.name)
    plain_text = (cell.str.len_bytes() == CODE) & (cell.str.len_chars() == CODE)
    from_a_digit = cell.is_between(pl.lit("0"), pl.lit(":"), closed="left")  # ":" comes after "9"
    return cells.to_frame().select((plain_text & from_a_digit).fill_null(value=False)).to_series()


def _unlikely(frame: pl.DataFrame, headers: Sequence[str]) -> pl.Series:
    sums = pl.Series([*_SUMS, *_BLANK], dtype=pl.String)
    odd = frame[headers[0]].str.contains(f"{_NOTE}|{_HOW_MANY.pattern}").fill_null(value=True)
    for header in headers:  # what stands beneath a table fills one key at most
        own = pl.Series([header, *header.split("/")], dtype=pl.String)
        odd |= frame[header].is_null() | frame[header].is_in(pl.concat([sums, own]).implode())
    places = odd.arg_true()
    for header in headers:
        values = frame[header].gather(places).str.strip_chars().fill_null("")
        own = pl.Series([header, *header.split("/"), *_BLANK], dtype=pl.String).implode()
        places = places.filter(
            values.is_in(own) | values.str.contains(f"{_TOTAL}|{_NOTE}|{_HOW_MANY.pattern}")
        )
    return places


def _why(row: Sequence[str | None], names: Sequence[str], keys: Sequence[str]) -> str:
    """Return why a row without a plausible key is no data."""
    cells = [(name, cell.strip()) for name, cell in zip(names, row, strict=True) if cell]
    cells = [(name, cell) for name, cell in cells if cell]
    if _is_header_again(cells):
        return HEADER_AGAIN
    held = [cell for name, cell in cells if name in keys and cell not in _BLANK]
    texts = [cell for name, cell in cells if not _is_serial(name, cell)]
    if texts and re.search(_TOTAL, texts[0]) and all(_is_sum(cell) for cell in held):
        return TOTAL
    if texts and re.search(_NOTE, texts[0]) and all(re.search(_NOTE, cell) for cell in held):
        return NOTE if len(cells) <= NOTE_CELLS else ""
    if cells and not held and all(cell in _BLANK for cell in texts):
        return SERIAL_ONLY
    return ""


def _is_sum(cell: str) -> bool:
    return bool(re.search(_TOTAL, cell) or _HOW_MANY.match(cell))


def _is_header_again(cells: Sequence[tuple[str, str]]) -> bool:
    """Return if nearly every cell is the name of its column, or a part of its path."""
    same = sum(
        plain(cell) in {plain(name), *(plain(part) for part in name.split("/"))}
        for name, cell in cells
    )
    return same >= 2 and same * 4 >= len(cells) * 3


def _is_serial(name: str, cell: str) -> bool:
    return bool(_SERIAL.match(cell)) and plain(name.rpartition("/")[2]) in _SERIAL_HEADERS
