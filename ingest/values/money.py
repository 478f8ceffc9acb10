"""Amounts of money in their many shapes. Pure.

A number alone has the unit that its column's header names, if it names one. A scale or currency
that is not known makes the whole unreadable: no amount is guessed.
"""

import re
from unicodedata import normalize

import polars as pl

from ingest.values.reading import each_distinct, fault_of

MONEY_FAULTS = ("no_unit", "unreadable", "currency")
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


def unit_of_header(header: str) -> str:
    """Return the unit a header names in brackets, ``年营业收入(万元)`` → ``万元``; else ``""``."""
    unit = re.search(r"\(([^()]*[亿万元][^()]*)\)", normalize("NFKC", header))
    return unit[1] if unit else ""


def read_money(values: pl.Series, unit: str = "") -> tuple[pl.Series, pl.Series, pl.Series]:
    """Return amounts in ten thousands (Float64), their currencies, and faults.

    Args:
        values: cells as text: ``50(万元人民币)``, ``1,500(万)``, ``40万人民币``, ``3美元``.
        unit: the unit of a number alone; see `unit_of_header`.

    The faults are ``no_unit`` (a number, and nobody says of what) and ``unreadable``.
    """
    read = each_distinct(values, _amount(normalize("NFKC", unit)))
    return read["value"], read["currency"], read["fault"]


def read_wan(values: pl.Series, unit: str = "") -> tuple[pl.Series, pl.Series]:
    """Return amounts in ten thousand yuan (Float64), and faults; other money is ``currency``."""
    amounts, currencies, faults = read_money(values, unit)
    foreign = (currencies != "CNY").fill_null(value=False)
    frame = pl.DataFrame({"amount": amounts, "fault": faults, "foreign": foreign})
    told = frame.select(
        amount=pl.when(~pl.col("foreign")).then("amount"),
        fault=pl.when("foreign").then(pl.lit("currency")).otherwise("fault"),
    )
    return told["amount"], told["fault"]


def _amount(unit_of_column: str) -> dict[str, pl.Expr]:
    value = pl.col("plain").str.replace_all("[,()整]", "").str.to_uppercase()
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
    fine = number.is_finite() & currency.is_not_null()
    return {
        "value": pl.when(fine).then(amount),
        "currency": pl.when(fine).then(currency),
        "fault": fault_of(
            (pl.col("plain").is_null() | fine, ""),
            (number.is_not_null() & (unit == ""), "no_unit"),
            (pl.lit(value=True), "unreadable"),
        ),
    }
