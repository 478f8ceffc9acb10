"""The staff list that a firm fills in: a workbook with what may be filled in beforehand, and no person.

Who works there is not filled in, not even who is a member already: the file goes to the employer.
"""

from datetime import date
from io import BytesIO
from pathlib import Path

import xlsxwriter

from liangxin.errors import Misuse
from liangxin.files import is_there, not_written

HEADERS = ("姓名", "证件类型", "证件号码", "政治面貌", "入职时间")
WIDTHS = (12, 16, 24, 14, 14)
#: The first document is by far the most frequent; the status needs three words, and no other is asked.
DOCUMENTS = ("居民身份证", "港澳居民来往内地通行证", "台湾居民来往大陆通行证", "护照")
STATUSES = ("中共党员", "中共预备党员", "群众")
ROWS = 1_000


def write(out: Path, *, name: str, code: str, month: date) -> None:
    """Write a firm's template; the file must not be there yet.

    Args:
        out: the file (.xlsx).
        name: the firm's.
        code: its code (USCC).
        month: of which the list is asked.

    Raises:
        Misuse: it is there, is no .xlsx, or cannot be written.
    """
    if out.suffix.lower() != ".xlsx":
        raise Misuse(
            f"模板须保存为 .xlsx 文件，给出的是 {out.name}。",
            f"the template is an .xlsx file, not {out.name}.",
        )
    if out.exists():
        raise is_there(out)
    try:
        out.write_bytes(made(name=name, code=code, month=month))
    except OSError as error:
        raise not_written(out, error) from error


def made(*, name: str, code: str, month: date) -> bytes:
    """Return a firm's template."""
    stream = BytesIO()
    with xlsxwriter.Workbook(stream, {"in_memory": True}) as book:
        _list(book, name, code, month)
        _about(book, name)
    return stream.getvalue()


def _list(book: xlsxwriter.Workbook, name: str, code: str, month: date) -> None:
    sheet = book.add_worksheet("花名册")
    text = book.add_format({"num_format": "@"})
    title = book.add_format({"bold": True, "font_size": 14})
    head = book.add_format({"bold": True, "border": 1, "bg_color": "#E4E9EF"})
    sheet.write_string(0, 0, f"{name}（{code}）{month.year}年{month.month}月花名册", title)
    for column, (header, width) in enumerate(zip(HEADERS, WIDTHS, strict=True)):
        # As text, so that no program turns a number of 18 digits into 1.1E+17.
        sheet.set_column(column, column, width, text)
        sheet.write_string(1, column, header, head)
    for column, words in ((1, DOCUMENTS), (3, STATUSES)):
        sheet.data_validation(
            2,
            column,
            ROWS,
            column,
            {"validate": "list", "source": list(words), "error_type": "warning"},
        )
    sheet.freeze_panes(2, 0)


def _about(book: xlsxwriter.Workbook, name: str) -> None:
    sheet = book.add_worksheet("填写说明")
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 90, wrapped)
    lines = (
        f"本表由{name}按月填报，一人一行，只填“花名册”一页。",
        "在上报前请告知员工：名单交给谁、用于什么，并按规定取得同意（个人信息保护法第十三条、第二十三条）。",
        "政治面貌只需区分中共党员、中共预备党员和其他（填“群众”即可），不必区分其他类别。",
        "证件号码按文本填写，不要使用科学记数。",
        "系统只记人数；标为党员的行须由本人确认后才算数，其余各行读取后立即丢弃，文件不留存。请在上报后自行删除本文件的多余副本。",
        "员工也可以不通过单位，自行扫描张贴的二维码申报。",
    )
    for row, line in enumerate(lines):
        sheet.write_string(row, 0, line, wrapped)
