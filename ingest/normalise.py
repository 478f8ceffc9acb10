"""A batch of registrations under its publisher's names -> our names, types and units. Pure.

Nothing is refused here: a value that cannot be read becomes null, and a ``…_fault`` column says
which way it is wrong, for the rules of ``expectations`` to judge. Columnar; wordings that repeat
(types, statuses, dates, capital) are read once a distinct value, not once a row.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from ingest import values
from ingest.parse import MORE, ROW
from ingest.values.reading import ERROR_VALUE
from liangxin import classify
from liangxin.ids import uscc
from liangxin.wording import NOTHING

#: What a batch looks like from here on; ``…_fault`` is ``""`` where all is well.
SCHEMA: dict[str, pl.DataType] = {
    "file_row": pl.UInt32(),
    "uscc": pl.String(),
    "uscc_fault": pl.String(),
    "uscc_note_fault": pl.String(),
    "uscc_repair_fault": pl.String(),
    "name": pl.String(),
    "name_fault": pl.String(),
    "kind": pl.String(),
    "enterprise_type": pl.String(),
    "enterprise_type_fault": pl.String(),
    "type_code_fault": pl.String(),
    "ownership": pl.String(),
    "status": pl.String(),
    "status_fault": pl.String(),
    "established_on": pl.Date(),
    "established_on_fault": pl.String(),
    "capital_wan": pl.Float64(),
    "capital_currency": pl.String(),
    "capital_fault": pl.String(),
    "address": pl.String(),
    "address_fault": pl.String(),
    "district_code": pl.String(),
    "district_code_fault": pl.String(),
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
    "enterprise_type_code",
    "established_on",
    "capital",
    "address",
    "status",
    "district_code",
)
#: Every fault each column can tell; a rule of ``expectations`` is about each.
CODES: dict[str, tuple[str, ...]] = {
    "uscc_fault": uscc.FAULTS,
    "uscc_note_fault": uscc.NOTES,
    "uscc_repair_fault": ("repaired",),
    "name_fault": ("missing", "digits_only", "code", "error_value", "garbled", "too_long"),
    "enterprise_type_fault": ("bare_code", "unknown"),
    "type_code_fault": ("disagree", "prefix"),
    "status_fault": ("bare_code", "not_a_status", "unknown"),
    "established_on_fault": values.DATE_FAULTS,
    "capital_fault": ("no_unit", "unreadable"),
    "address_fault": ("missing", "error_value"),
    "district_code_fault": ("unreadable",),
    "row_fault": ("more_cells",),
}
#: What is left of Chinese that was read in a wrong encoding.
GARBLED = "\ufffd|锟斤拷|烫烫烫|屯屯屯"


def normalise(
    batch: pl.DataFrame,
    columns: Mapping[str, str],
    *,
    today: date,
    code_books: Mapping[str, str] | None = None,
) -> pl.DataFrame:
    """Return a frame of ``SCHEMA``, one row a row of the batch, in the same order.

    Args:
        batch: text columns under the publisher's headers, with ``ROW`` and ``MORE``.
        columns: our field -> the publisher's header; fields that are missing become null.
        today: nobody can have been founded later than this.
        code_books: whose numbering digits in ``enterprise_type`` or ``status`` are, if any is
            declared; undeclared digits are a fault.
    """
    books = code_books or {}
    raw = batch.select(
        pl.col(ROW).cast(pl.UInt32).alias("file_row"),
        _fault((pl.col(MORE).is_not_null(), "more_cells")).alias("row_fault"),
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
        uscc.notes(raw["raw_uscc"], codes).alias("uscc_note_fault"),
        _repaired(raw["raw_uscc"], codes, faults).alias("uscc_repair_fault"),
        name=_text("raw_name"),
        address=_text("raw_address"),
        enterprise_type=_text("raw_enterprise_type"),
        district_code=_text("raw_district_code").str.normalize("NFKC").str.extract("^([0-9]{6})"),
    )
    frame = _read_dates(_read_capital(frame, columns.get("capital", "")), today)
    frame = _read_types(frame, books)
    return frame.with_columns(
        kind=classify.kind(pl.col("uscc"), pl.col("name")),
        name_fault=_name_fault(),
        address_fault=_fault(
            (pl.col("address").is_null() & pl.lit("address" in columns), "missing"),
            (pl.col("address").str.contains(ERROR_VALUE), "error_value"),
        ),
        district_code_fault=_fault(
            (
                pl.col("district_code").is_null() & _text("raw_district_code").is_not_null(),
                "unreadable",
            ),
        ),
    ).select(*SCHEMA)


def _fault(*faults: tuple[pl.Expr, str]) -> pl.Expr:
    """The code of the first condition that holds; ``""`` if none does."""
    expression = pl.lit("")
    for condition, code in reversed(faults):
        expression = pl.when(condition).then(pl.lit(code)).otherwise(expression)
    return expression


def _text(column: str) -> pl.Expr:
    """Text without blanks around it; words for "nothing" are null."""
    text = pl.col(column).str.strip_chars()
    return pl.when(~text.is_in(NOTHING)).then(text)


def _repaired(raw: pl.Series, codes: pl.Series, faults: pl.Series) -> pl.Series:
    """Where a good code was not written as one: in small letters, wide, or with blanks."""
    mended = (uscc.repairs(raw, codes) != "") & (faults == "")
    return pl.select(_fault((pl.lit(mended), "repaired"))).to_series()


def _name_fault() -> pl.Expr:
    name = pl.col("name")
    return _fault(
        (name.is_null(), "missing"),
        (name.str.contains("^(?:[0-9A-HJ-NPQRTUWXY]{18}|[0-9A-Z]{8}-[0-9X])$"), "code"),
        (name.str.contains(r"^[0-9０-９\s.,+\-]+$"), "digits_only"),
        (name.str.contains(ERROR_VALUE), "error_value"),
        (name.str.contains(GARBLED), "garbled"),
        (name.str.len_chars() > values.names.LONGEST_ORGANISATION, "too_long"),
    )


def _read_types(frame: pl.DataFrame, books: Mapping[str, str]) -> pl.DataFrame:
    """Status, type and class; each distinct wording is read once inside ``classify``."""
    text, code = pl.col("enterprise_type"), pl.col("raw_enterprise_type_code")
    type_book, status_book = books.get("enterprise_type"), books.get("status")
    distinct = (
        frame.select("raw_status")
        .unique()
        .with_columns(
            status=classify.status(pl.col("raw_status"), status_book),
            status_fault=classify.status_fault(pl.col("raw_status"), status_book),
        )
    )
    return frame.join(
        distinct, on="raw_status", how="left", nulls_equal=True, maintain_order="left"
    ).with_columns(
        ownership=classify.ownership(
            pl.col("uscc"), text, code, name=pl.col("name"), code_book=type_book
        ),
        enterprise_type_fault=_type_fault(text, type_book),
        type_code_fault=_type_disagreement(text, code, type_book),
    )


def _type_fault(text: pl.Expr, code_book: str | None) -> pl.Expr:
    """What is wrong with a type; for social organisations the rules of ``social`` say more."""
    fault = classify.type_fault(text, code_book)
    return (
        pl.when((fault == "bare_code") | (pl.col("uscc").str.starts_with("91")))
        .then(fault)
        .otherwise(pl.lit(""))
    )


def _type_disagreement(text: pl.Expr, code: pl.Expr, code_book: str | None) -> pl.Expr:
    """Where type and code column differ, or the type is none that its kind of USCC can have."""
    by_type, prefix = classify.type_class(text), pl.col("uscc").str.slice(0, 2)
    cannot = pl.coalesce(
        pl.when(prefix == "91").then(by_type.is_in(["INDIVIDUAL", "COOPERATIVE"])),
        pl.when(prefix == "92").then(~by_type.is_in(["INDIVIDUAL", classify.REVIEW])),
        pl.when(prefix == "93").then(~by_type.is_in(["COOPERATIVE", "BRANCH", classify.REVIEW])),
        pl.lit(value=False),
    )
    disagree = classify.type_disagreement(text, code, code_book=code_book)
    good = pl.col("uscc_fault") == ""
    return pl.when(good & cannot).then(pl.lit("prefix")).otherwise(disagree)


def _read_dates(frame: pl.DataFrame, today: date) -> pl.DataFrame:
    """Read the dates that are written as nearly all are, and the others the long way.

    There are some ten thousand different days in a register, so reading each distinct one the
    long way would cost as much as all the rest. A month or a year is no day: none is made up.
    """
    raw = pl.col("raw_established_on")
    found = raw.str.to_date("%Y-%m-%d", strict=False)
    usual = (found.is_between(date(1900, 1, 2), today) & (raw.str.len_bytes() == 10)).fill_null(
        value=False
    )
    frame = frame.with_columns(pl.when(usual).then(found).alias("_plain"))
    odd = frame.select(pl.when(~usual).then(raw)).to_series()
    days, faults = values.read_date(odd, today=today)
    return frame.with_columns(
        pl.coalesce("_plain", pl.when(faults == "").then(days)).alias("established_on"),
        faults.alias("established_on_fault"),
    )


def _read_capital(frame: pl.DataFrame, header: str) -> pl.DataFrame:
    """Capital in its many shapes; a number alone has the unit that the header names, if any."""
    unit = values.unit_of_header(header)
    amounts, currencies, faults = values.read_money(frame["raw_capital"], unit)
    return frame.with_columns(
        amounts.alias("capital_wan"),
        currencies.alias("capital_currency"),
        faults.alias("capital_fault"),
    )
