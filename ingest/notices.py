"""What a sender should know about the workbook that was read, though nothing is refused for it."""

from collections.abc import Iterator, Sequence

from ingest.layout import Notice
from ingest.workbook import Sheet, Workbook

#: Sheets and rows named in a sentence; more are counted.
NAMED = 10


def about_sheets(
    book: Workbook, taken: Sequence[Sheet], unread: Sequence[str], hidden: Sequence[str]
) -> Iterator[Notice]:
    """Yield what is to be told, the most important first.

    Args:
        book: the workbook.
        taken: its sheets that are read.
        unread: names of filled sheets without the columns wanted.
        hidden: names of hidden sheets.
    """
    if unread:
        yield Notice(
            f"没有读取{_sheets_zh(unread)}：表头中没有需要的列。",
            f"not read, because no header row has the columns needed: {_sheets_en(unread)}.",
        )
    if hidden:
        yield Notice(
            f"没有读取隐藏的{_sheets_zh(hidden)}。如需读取，请取消隐藏后再发送。",
            f"not read, because hidden: {_sheets_en(hidden)}; unhide what is to be read and send "
            "it again.",
        )
    for sheet in taken:
        yield from _about_rows(sheet)
    if book.macros:
        yield Notice(
            "工作簿含有宏，宏没有运行，只读取了单元格。",
            "the workbook has macros; none was run, only cells were read.",
        )
    if book.links:
        yield Notice(
            "工作簿链接了其他文件，没有打开，用的是保存在单元格里的值。",
            "the workbook links to other files; none was opened, the stored values were taken.",
        )


def _about_rows(sheet: Sheet) -> Iterator[Notice]:
    zh = f"工作表“{sheet.name}”" if sheet.name else "表格"
    en = f"the sheet {sheet.name!r}" if sheet.name else "the table"
    if sheet.hidden_count:
        numbers = [str(number) for number in sheet.hidden[:NAMED]]
        more = sheet.hidden_count > len(numbers)
        yield Notice(
            f"{zh}中有 {sheet.hidden_count} 行被隐藏，也已读取：第 {'、'.join(numbers)}"
            f"{' 等' if more else ' '}行。",
            f"hidden rows of {en} were read like the others ({sheet.hidden_count}): "
            f"{', '.join(numbers)}{', …' if more else ''}.",
        )
    if sheet.formulas:
        left_zh = left_en = ""
        if sheet.empty_formulas:
            left_zh = f"其中 {sheet.empty_formulas} 个没有保存结果，按空白处理；请在 Excel 中打开并保存一次再发送。"
            left_en = (
                f" Those without a result ({sheet.empty_formulas}) count as blank: open the "
                "workbook in Excel, save it and send it again."
            )
        yield Notice(
            f"{zh}中有 {sheet.formulas} 个公式单元格，公式没有运行，用的是上次保存的结果。{left_zh}",
            f"formulas in {en} ({sheet.formulas}) were not run; their last stored result was "
            f"taken.{left_en}",
        )


def _sheets_zh(names: Sequence[str]) -> str:
    listed = "、".join(f"“{name}”" for name in names[:NAMED])
    return f"工作表{listed}" + (f"等 {len(names)} 个" if len(names) > NAMED else "")


def _sheets_en(names: Sequence[str]) -> str:
    listed = ", ".join(repr(name) for name in names[:NAMED])
    return listed + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
