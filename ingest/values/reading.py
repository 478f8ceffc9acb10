"""What all readers share: each distinct cell is read once, and numerals become digits. Pure."""

from collections.abc import Callable, Mapping

import polars as pl

from liangxin.wording import said

#: Signs people take for a minus or a dash between the parts of a date or a number.
DASHES = "[‐‑‒–—―−]"
#: What a spreadsheet shows where a formula failed.
ERROR_VALUE = r"^#(?:N/A|REF!|VALUE!|NAME\?|DIV/0!|NULL!|NUM!|SPILL!|CALC!)$"
_NUMERALS = {
    **dict(zip("一二三四五六七八九", "123456789", strict=True)),
    **dict.fromkeys("〇零○OoО", "0"),
    "两": "2",
}


def each_distinct(
    values: pl.Series, read: Mapping[str, pl.Expr] | Callable[[pl.DataFrame], pl.DataFrame]
) -> pl.DataFrame:
    """Return the columns that ``read`` makes, one row a cell, read once a distinct cell.

    ``read`` finds the columns ``raw`` (the cell), ``text`` (as said, null for nothing) and
    ``plain`` (the same without any blanks); a callable returns ``raw`` and what it made.
    """
    cells = pl.DataFrame({"raw": values.cast(pl.String)})
    text = said(pl.col("raw"))
    distinct = cells.unique().with_columns(text=text, plain=text.str.replace_all(r"\s", ""))
    answer = distinct.select("raw", **read) if isinstance(read, Mapping) else read(distinct)
    return cells.join(answer, on="raw", how="left", nulls_equal=True, maintain_order="left").drop(
        "raw"
    )


def fault_of(*faults: tuple[pl.Expr, str]) -> pl.Expr:
    """Return the fault code of the first condition that holds, ``""`` if none does."""
    named = [pl.when(condition).then(pl.lit(fault)) for condition, fault in faults]
    return pl.coalesce(*named, pl.lit(""))


def arabic(text: pl.Expr) -> pl.Expr:
    """Write Chinese numerals below one hundred, and years said digit by digit, in digits.

    ``二〇一九`` → ``2019``, ``十`` → ``10``, ``三十一`` → ``31``, ``廿三`` → ``23``. For texts that
    are known to hold nothing else; hundreds and more stay as they are.
    """
    units = "([一二三四五六七八九])"
    return (
        text.str.replace_all(f"{units}十{units}", "${1}${2}")
        .str.replace_all(f"{units}十", "${1}0")
        .str.replace_all(f"十{units}", "1${1}")
        .str.replace_all("十", "10")
        .str.replace_all(f"廿{units}", "2${1}")
        .str.replace_all("廿", "20")
        .str.replace_all(f"卅{units}", "3${1}")
        .str.replace_all("卅", "30")
        .str.replace_many(list(_NUMERALS), list(_NUMERALS.values()))
    )
