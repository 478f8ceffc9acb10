"""A batch under its publisher's names -> our names, types and units. Pure and columnar.

Nothing is refused here: a value that cannot be read becomes null, and a ``…_fault`` column says
which way it is wrong, for the rules of ``expectations`` to judge. Repeated wordings (types,
statuses, dates, capital) are read once a distinct value, not once a row.
"""

from collections.abc import Mapping
from datetime import date

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
CURRENCIES = {
    "美元": "USD",
    "港": "HKD",
    "欧": "EUR",
    "日": "JPY",
    "英镑": "GBP",
    "新加坡": "SGD",
    "台": "TWD",
    "澳": "AUD",
    "加拿大": "CAD",
    "韩": "KRW",
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
        district_code=_text("raw_district_code").str.extract(r"^(\d{6})"),
    )
    frame = _each_value(frame, "raw_status", _status())
    frame = _each_value(frame, "raw_established_on", _date(today))
    frame = _each_value(frame, "raw_capital", _capital())
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

    The expressions read the column ``value``: NFKC, no blanks, null for "nothing".
    """
    value = pl.col(column).str.normalize("NFKC").str.replace_all(r"\s", "")
    distinct = (
        frame.select(column)
        .unique()
        .with_columns(value=pl.when(~value.is_in(NOTHING)).then(value))
        .with_columns(**read)
        .drop("value")
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


def _date(today: date) -> dict[str, pl.Expr]:
    """Dates as registers write them: 2019-03-15, 2019/3/15, 2019.3.15, 20190315, 2019年3月15日."""
    text = pl.col("value").str.extract(r"^(\d{4}[-/.年]?\d{1,2}[-/.月]?\d{1,2})日?(?:T?[\d:.]+)?$")
    parts = text.str.extract_groups(r"^(\d{4})[-/.年]?(\d{1,2}?)[-/.月]?(\d{1,2})$")
    compact = text.str.contains(r"^\d{8}$")
    joined = pl.concat_str(
        [
            parts.struct[0],
            parts.struct[1].str.zfill(2),
            parts.struct[2].str.zfill(2),
        ],
        separator="-",
    )
    found = (
        pl.when(compact)
        .then(text.str.to_date("%Y%m%d", strict=False))
        .otherwise(joined.str.to_date("%Y-%m-%d", strict=False))
    )
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


def _capital() -> dict[str, pl.Expr]:
    """Capital in its many shapes: ``50(万元人民币)``, ``1,500(万)``, ``40万人民币``, ``3美元``."""
    value = pl.col("value").str.replace_all(",", "")
    number = value.str.extract(r"^(\d+(?:\.\d+)?)").cast(pl.Float64, strict=False)
    unit = value.str.extract(r"^\d+(?:\.\d+)?(.*)$").fill_null("")
    known = unit.str.contains("[万元]")
    amount = pl.when(unit.str.contains("万")).then(number).otherwise(number / 10_000)
    currency = pl.lit("CNY")
    for word, code in CURRENCIES.items():
        currency = (
            pl.when(unit.str.contains(word, literal=True)).then(pl.lit(code)).otherwise(currency)
        )
    fine = number.is_not_null() & known
    return {
        "capital_wan": pl.when(fine).then(amount),
        "capital_currency": pl.when(fine).then(currency),
        "capital_fault": pl.when(pl.col("value").is_null() | fine)
        .then(pl.lit(""))
        .when(number.is_null())
        .then(pl.lit("unreadable"))
        .otherwise(pl.lit("no_unit")),
    }
