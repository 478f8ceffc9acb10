"""Workbooks that offices fill in: with the headers we know, and with what the register has. Pure."""

from collections.abc import Mapping, Sequence
from io import BytesIO

import xlsxwriter

#: So many rows below the filled ones have lists to choose from.
SPARE = 2_000


def workbook(
    title: str,
    heads: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str]],
    *,
    choices: Mapping[int, Sequence[str]],
) -> bytes:
    """Return a workbook.

    Args:
        title: of its sheet.
        heads: headers, each with the width of its column.
        rows: what is filled in; text, whatever it looks like.
        choices: of a column, what may be chosen in it.
    """
    stream = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(stream, options) as book:
        sheet = book.add_worksheet(title)
        sheet.ignore_errors({"number_stored_as_text": "A1:Z1048576"})
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#E4E9EF"})
        for column, (name, width) in enumerate(heads):
            # As text, so that no program turns a code of 18 characters into 1.1E+17.
            sheet.set_column(column, column, width, text)
            sheet.write_string(0, column, name, head)
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                if value:
                    sheet.write_string(number, column, value, text)
        for column, words in choices.items():
            rule = {"validate": "list", "source": list(words), "error_type": "warning"}
            sheet.data_validation(1, column, len(rows) + SPARE, column, rule)
        sheet.freeze_panes(1, 0)
    return stream.getvalue()
