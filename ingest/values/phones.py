"""Telephone numbers, several in a cell. Pure.

Mobile (11 digits), landline with area code and extension, local landline (7 or 8 digits), 400 and
800 numbers, and numbers of other countries with their ``+``. What is kept is one form: digits,
``0736-7123456-801``, several joined by ``、``.
"""

import re

import polars as pl

from ingest.values.reading import DASHES, each_distinct

PHONE_FAULTS = ("format", "masked", "lost_zero")

_BETWEEN = re.compile(r"[、/;,|\n]|或")
_CHINA = re.compile(r"^(?:\+|00)86-?(?=[0-9(])|^86-?(?=1[3-9][0-9]{9}$)")
_MOBILE = re.compile(r"^1[3-9][0-9]{9}$")
_AREA = "10|2[0-9]|[3-9][0-9]{2}"
#: Three digits of area and eight of number, or four and seven or eight; then an extension.
_LANDLINE = re.compile(
    rf"^\(?(0(?:{_AREA}))\)?-?([1-9][0-9]{{6,7}})(?:(?:-|转|分机|#|EXT\.?)([0-9]{{1,6}}))?$"
)
_LOCAL = re.compile(r"^([2-8][0-9]{6,7})(?:(?:-|转|分机|#|EXT\.?)([0-9]{1,6}))?$")
_SERVICE = re.compile(r"^[48]00-?[0-9]{3}-?[0-9]{4}$")
_ABROAD = re.compile(r"^(?:\+|00)(?!86)[1-9][0-9]{6,14}$")
#: An area code whose zero a spreadsheet dropped: written apart, or as long as only that can be.
_LOST = re.compile(
    rf"^\(?(?:{_AREA})\)?-[1-9][0-9]{{6,7}}$|^(?:10|2[0-9])[1-9][0-9]{{7}}$|^[3-9][0-9]{{2}}[1-9][0-9]{{6,7}}$"
)
_MASKED = re.compile(r"[*×]|X{2,}")


def read_phone(values: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return telephone numbers (String) and faults; the first fault in a cell is the cell's.

    ``masked``: digits are hidden. ``lost_zero``: an area code without its 0 (`suggest_phone`).
    """
    read = each_distinct(values, _read)
    return read["value"], read["fault"]


def suggest_phone(values: pl.Series, faults: pl.Series) -> pl.Series:
    """Return, for cells that lost the zero of an area code, the number with it; else ``""``."""
    lost = pl.DataFrame({"cell": values.cast(pl.String), "fault": faults}).select(
        pl.when(pl.col("fault") == "lost_zero").then("cell")
    )
    return each_distinct(lost.to_series(), _mend)["value"].fill_null("").rename("suggestion")


def _read(cells: pl.DataFrame) -> pl.DataFrame:
    read = [_cell(text) for text in cells["text"]]
    return pl.DataFrame(
        {"raw": cells["raw"], "value": [v for v, _ in read], "fault": [f for _, f in read]},
        schema={"raw": pl.String, "value": pl.String, "fault": pl.String},
    )


def _mend(cells: pl.DataFrame) -> pl.DataFrame:
    mended = [_with_zero(text) for text in cells["text"]]
    return pl.DataFrame(
        {"raw": cells["raw"], "value": mended}, schema={"raw": pl.String, "value": pl.String}
    )


def _with_zero(text: str | None) -> str | None:
    """Put the zero before every number of a cell that lacks it; null if one is wrong otherwise."""
    if text is None:
        return None
    numbers = [_one(part)[0] or _one(f"0{part}")[0] for part in _parts(text)]
    return "、".join(number for number in numbers if number) if all(numbers) else None


def _cell(text: str | None) -> tuple[str | None, str]:
    """Read one cell: numbers and the first fault."""
    if text is None:
        return None, ""
    numbers = [_one(part) for part in _parts(text)]
    fault = next((fault for _, fault in numbers if fault), "" if numbers else "format")
    return (None, fault) if fault else ("、".join(number for number, _ in numbers if number), "")


def _parts(text: str) -> list[str]:
    """Split a cell at its separators; at blanks too where each side is a number of its own."""
    parts: list[str] = []
    for cell in _BETWEEN.split(re.sub(f"(?:{DASHES}|-)+", "-", text)):
        pieces = cell.split()
        whole = "".join(pieces).upper()
        several = len(pieces) > 1 and all(_one(piece.upper())[0] for piece in pieces)
        parts += [piece.upper() for piece in pieces] if several else [whole]
    return [part for part in parts if part]


def _one(number: str) -> tuple[str | None, str]:
    """Read one number without blanks: its form, or its fault."""
    number = _CHINA.sub("", re.sub(r"^(?:TEL|电话|手机|座机)[:.]?|\.0$", "", number))
    plain = number.replace("-", "")
    if _MOBILE.match(plain):
        return plain, ""
    for form in (_LANDLINE, _LOCAL):
        if found := form.match(number):
            return "-".join(group for group in found.groups() if group), ""
    if _SERVICE.match(number) or _ABROAD.match(plain):
        return plain, ""
    if _MASKED.search(number):
        return None, "masked"
    return None, "lost_zero" if _LOST.match(number) else "format"
