"""A batch under its publisher's names -> our names, types and units. Pure and columnar.

Nothing is refused here: a value that cannot be read becomes null, and a ``…_fault`` column says
which way it is wrong, for the rules of ``expectations`` to judge. Repeated wordings (types,
statuses, dates, capital) are read once a distinct value, not once a row.
"""

import re
from collections.abc import Mapping
from datetime import date
from unicodedata import normalize

import polars as pl

from ingest.parse import MORE, ROW
from liangxin import classify
from liangxin.ids import uscc

#: What a batch looks like from here on; ``…_fault`` is ``""`` where all is well.
SCHEMA: dict[str, pl.DataType] = {
    "file_row": pl.UInt32(),
    "uscc": pl.String(),
    "uscc_fault": pl.String(),
    "name": pl.String(),
    "name_fault": pl.String(),
    "kind": pl.String(),
    "enterprise_type": pl.String(),
    "ownership": pl.String(),
    "status": pl.String(),
    "status_fault": pl.String(),
    "established_on": pl.Date(),
    "established_on_fault": pl.String(),
    "capital_wan": pl.Float64(),
    "capital_currency": pl.String(),
    "capital_fault": pl.String(),
    "address": pl.String(),
    "district_code": pl.String(),
    "row_fault": pl.String(),
}
#: Columns that say which way a value is wrong.
FAULTS = tuple(name for name in SCHEMA if name.endswith("_fault"))
#: Fields that a registration can change, in the order of the register's columns.
VALUES = (
    "name",
    "kind",
    "enterprise_type",
    "ownership",
    "status",
    "established_on",
    "capital_wan",
    "capital_currency",
    "address",
    "district_code",
)
#: What a registration can say; the headers are matched to these names.
FIELDS = (
    "uscc",
    "name",
    "enterprise_type",
    "established_on",
    "capital",
    "address",
    "status",
    "district_code",
)
NOTHING = ("", "nan", "NaN", "null", "NULL", "None", "无", "-", "—", "/")
#: How registers name a currency; another word is one this program does not know.
CURRENCIES = {
    code: f"^(?:{words})$"
    for code, words in {
        "CNY": "元|圆|人民币|人民币元|人民币圆|RMB|CNY",
        "USD": "美元|美金|USD",
        "HKD": "港元|港币|香港元|港圆|HKD",
        "MOP": "澳门元|澳门币|MOP",
        "TWD": "新台币|新台币元|台币|台湾元|TWD",
        "EUR": "欧元|EUR",
        "JPY": "日元|日圆|日币|JPY",
        "GBP": "英镑|GBP",
        "CHF": "瑞士法郎|CHF",
        "SGD": "新加坡元|新元|新币|SGD",
        "AUD": "澳元|澳大利亚元|澳币|AUD",
        "CAD": "加元|加拿大元|加币|CAD",
        "KRW": "韩元|韩圆|韩币|KRW",
    }.items()
}


def normalise(batch: pl.DataFrame, columns: Mapping[str, str], *, today: date) -> pl.DataFrame:
    """Return a frame of ``SCHEMA``, one row a row of the batch, in the same order.

    Args:
        batch: text columns under the publisher's headers, with ``ROW`` and ``MORE``.
        columns: our field -> the publisher's header; fields that are missing become null.
        today: nobody can have been founded later than this.
    """
    raw = batch.select(
        pl.col(ROW).cast(pl.UInt32).alias("file_row"),
        pl.when(pl.col(MORE).is_not_null())
        .then(pl.lit("more_cells"))
        .otherwise(pl.lit(""))
        .alias("row_fault"),
        *(
            (pl.col(columns[field]) if field in columns else pl.lit(None, dtype=pl.String)).alias(
                f"raw_{field}"
            )
            for field in FIELDS
        ),
    )
    codes, faults = uscc.read(raw["raw_uscc"])
    frame = raw.with_columns(
        codes.alias("uscc"),
        faults.alias("uscc_fault"),
        name=_text("raw_name"),
        address=_text("raw_address"),
        enterprise_type=_text("raw_enterprise_type"),
        district_code=_text("raw_district_code").str.normalize("NFKC").str.extract("^([0-9]{6})"),
    )
    frame = _each_value(frame, "raw_status", _status())
    frame = _each_value(_plain_dates(frame, today), "raw_established_on", _date(today))
    frame = frame.with_columns(pl.col("established_on").fill_null(pl.col("_plain")))
    unit = re.search(r"\(([^()]*[亿万元][^()]*)\)", normalize("NFKC", columns.get("capital", "")))
    frame = _each_value(frame, "raw_capital", _capital(unit[1] if unit else ""))
    return frame.with_columns(
        name_fault=pl.when(pl.col("name").is_null()).then(pl.lit("missing")).otherwise(pl.lit("")),
        kind=classify.kind(pl.col("uscc")),
        ownership=classify.ownership(pl.col("uscc"), pl.col("enterprise_type")),
    ).select(*SCHEMA)


def _text(column: str) -> pl.Expr:
    """Text without blanks around it; words for "nothing" are null."""
    text = pl.col(column).str.strip_chars()
    return pl.when(~text.is_in(NOTHING)).then(text)


def _each_value(frame: pl.DataFrame, column: str, read: Mapping[str, pl.Expr]) -> pl.DataFrame:
    """Add columns computed once a distinct value of ``column``.

    The expressions read the columns ``text`` (NFKC, no blanks around it, null for "nothing") and
    ``value`` (the same without any blanks).
    """
    text = pl.col(column).str.normalize("NFKC").str.strip_chars()
    distinct = (
        frame.select(column)
        .unique()
        .with_columns(text=pl.when(~text.is_in(NOTHING)).then(text))
        .with_columns(value=pl.col("text").str.replace_all(r"\s", ""))
        .with_columns(**read)
        .drop("text", "value")
    )
    return frame.join(distinct, on=column, how="left", nulls_equal=True, maintain_order="left")


def _status() -> dict[str, pl.Expr]:
    code = classify.status(pl.col("value"))
    return {
        "status": code,
        "status_fault": pl.when(pl.col("value").is_not_null() & code.is_null())
        .then(pl.lit("unknown"))
        .otherwise(pl.lit("")),
    }


#: A day as registers write it, perhaps with a time of day here (another zone's could mean
#: another day); 201911 and 2019.11 are months, and no day is made up for them.
_DAY = (
    r"^([0-9]{4})(?:\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?|([0-9]{2})([0-9]{2}))"
    r"(?:[T\s]\s*[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:\+08:?00)?|[0-9]{6})?$"
)


def _plain_dates(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Read the dates that are written as nearly all are, and leave only the others to be read.

    There are some ten thousand different days in a register, so reading each distinct one the
    long way would cost as much as all the rest.
    """
    raw = pl.col("raw_established_on")
    found = raw.str.to_date("%Y-%m-%d", strict=False)
    usual = (found <= today) & (raw.str.len_bytes() == 10)
    return frame.with_columns(
        pl.when(usual).then(found).alias("_plain"),
        pl.when(~usual.fill_null(value=False)).then(raw).alias("raw_established_on"),
    )


def _date(today: date) -> dict[str, pl.Expr]:
    """Dates as registers write them: 2019-03-15, 2019/3/15 0:00, 20190315, 2019年3月15日."""
    parts = pl.col("text").str.extract_groups(_DAY)
    joined = pl.concat_str(
        [
            parts.struct[0],
            parts.struct[1].fill_null(parts.struct[3]).str.zfill(2),
            parts.struct[2].fill_null(parts.struct[4]).str.zfill(2),
        ],
        separator="-",
    )
    found = joined.str.to_date("%Y-%m-%d", strict=False)
    return {
        "established_on": pl.when(found <= today).then(found),
        "established_on_fault": pl.when(pl.col("value").is_null())
        .then(pl.lit(""))
        .when(found.is_null())
        .then(pl.lit("unreadable"))
        .when(found > today)
        .then(pl.lit("future"))
        .otherwise(pl.lit("")),
    }


def _capital(unit_of_column: str) -> dict[str, pl.Expr]:
    """Capital in its many shapes: ``50(万元人民币)``, ``1,500(万)``, ``40万人民币``, ``3美元``.

    A number alone has the unit that the column's header names, if it names one. A scale or
    currency that is not known makes the whole unreadable: no amount is guessed.
    """
    value = pl.col("value").str.replace_all("[,()整]", "").str.to_uppercase()
    parts = value.str.extract_groups(r"^(?:人民币|RMB|CNY|¥)?([0-9]+(?:\.[0-9]+)?)(.*)$")
    number = parts.struct[0].cast(pl.Float64, strict=False)
    unit = pl.when(parts.struct[1] == "").then(pl.lit(unit_of_column)).otherwise(parts.struct[1])
    scale = unit.str.extract("^([亿万]?)")
    money = unit.str.replace("^[亿万]?(元)?", "$1").str.replace("^元(.+)$", "$1")
    known = pl.coalesce(
        pl.when(money.str.contains(words)).then(pl.lit(code)) for code, words in CURRENCIES.items()
    )
    currency = pl.when((money == "") & (scale != "")).then(pl.lit("CNY")).otherwise(known)
    amount = (
        pl.when(scale == "亿")
        .then(number * 10_000)
        .when(scale == "万")
        .then(number)
        .otherwise(number / 10_000)
    )
    fine = number.is_not_null() & currency.is_not_null()
    return {
        "capital_wan": pl.when(fine).then(amount),
        "capital_currency": pl.when(fine).then(currency),
        "capital_fault": pl.when(pl.col("value").is_null() | fine)
        .then(pl.lit(""))
        .when(number.is_not_null() & (unit == ""))
        .then(pl.lit("no_unit"))
        .otherwise(pl.lit("unreadable")),
    }
