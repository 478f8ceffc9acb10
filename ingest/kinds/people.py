"""What lists of people have in common: a document, what its number says, and what follows.

A number tells birth date and sex. They are compared with other cells of the same row and
forgotten; nothing here is written anywhere.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from ingest.kinds.kind import MISSING, Context, Group, Sheet
from ingest.kinds.readers import FULL, PROBATIONARY
from liangxin.ids import document

#: Documents of 18 characters, whose 7th to 14th are the birth date (GB 11643; the foreign card of
#: 2023 has it there too), and of these the ones whose 17th tells the sex.
DATED = ("resident_id", "residence_permit", "foreign_card")
SEXED = ("resident_id", "residence_permit")
#: The Party's first congress; nobody joined before.
PARTY_FOUNDED = date(1921, 7, 1)

_SCHEMA = {
    "document_kind": pl.String(),
    "document_kind_fault": pl.String(),
    "document_number": pl.String(),
    "document_number_fault": pl.String(),
    "document_number_hint": pl.String(),
}


def _document(raw: pl.DataFrame, context: Context) -> pl.DataFrame:
    if "document_number" not in raw.columns:
        return _no_number(raw.height)
    nothing = pl.Series("document_kind", [None], dtype=pl.String)
    kinds = (
        raw["document_kind"]
        if "document_kind" in raw.columns
        else nothing.new_from_index(0, raw.height)
    )
    found = document.read(kinds, raw["document_number"], today=context.today)
    return found.select(
        "document_kind",
        "document_kind_fault",
        "document_number",
        document_number_fault="document_fault",
        document_number_hint="suggestion",
    )


def _no_number(height: int) -> pl.DataFrame:
    told = {name: "" if name.endswith(("_fault", "_hint")) else None for name in _SCHEMA}
    return pl.DataFrame(
        {
            name: pl.repeat(value, height, dtype=pl.String, eager=True)
            for name, value in told.items()
        }
    )


#: Type and number of a document, read together: each tells about the other.
DOCUMENT = Group(("document_kind", "document_number"), _SCHEMA, _document)


def _not_needed(raw: pl.DataFrame, context: Context) -> pl.DataFrame:
    """Say that a number was sent which nobody asked for (or is wrong), and drop it."""
    fault = pl.col("document_number_fault")
    sent = pl.when(pl.col("document_number").is_not_null() & (fault == "")).then(pl.lit("sent"))
    return _document(raw, context).select(
        document_number_fault=sent.otherwise(
            pl.when(fault == MISSING).then(pl.lit("")).otherwise(fault)
        )
    )


#: A document where none is needed: nothing of it goes on but the fault.
DOCUMENT_NOT_NEEDED = Group(
    ("document_kind", "document_number"), {"document_number_fault": pl.String()}, _not_needed
)


def born() -> pl.Expr:
    """The birth date a document's number says; null where it says none."""
    number = pl.when(pl.col("document_kind").is_in(DATED)).then(pl.col("document_number"))
    whole = pl.when(number.str.len_bytes() == 18).then(number.str.slice(6, 8))
    return whole.str.to_date("%Y%m%d", strict=False)


def male() -> pl.Expr:
    """Whether a document's number is a man's; null where it does not say."""
    number = pl.when(pl.col("document_kind").is_in(SEXED)).then(pl.col("document_number"))
    digit = pl.when(number.str.len_bytes() == 18).then(number.str.slice(16, 1))
    return digit.cast(pl.Int8, strict=False) % 2 == 1


def foreign() -> pl.Expr:
    """Whether a document is one of a person who is no citizen."""
    return pl.col("document_kind").is_in(document.FOREIGN)


def claims_membership() -> pl.Expr:
    """Whether a roster's row says that its person is a member."""
    return pl.col("political_status").is_in([FULL, PROBATIONARY])


def employment(sheet: Sheet) -> Mapping[str, pl.Expr]:
    """A roster's row: hired when old enough, and a member only who can be one."""
    of_age = born().dt.offset_by("18y") <= pl.lit(sheet.context.today)
    return {
        "hired_age_fault": pl.when(pl.col("hired_on") < born())
        .then(pl.lit("before_birth"))
        .when(_before_age(pl.col("hired_on"), 16))
        .then(pl.lit("under_16"))
        .otherwise(pl.lit("")),
        "citizen_fault": pl.when(claims_membership() & foreign())
        .then(pl.lit("foreign"))
        .otherwise(pl.lit("")),
        "member_age_fault": pl.when(claims_membership() & ~of_age)
        .then(pl.lit("under_18"))
        .otherwise(pl.lit("")),
    }


def membership(sheet: Sheet) -> Mapping[str, pl.Expr]:
    """A register's row: sex, birth, joining and probation fit each other and the document."""
    today = pl.lit(sheet.context.today)
    joined, full = pl.col("joined_on"), pl.col("full_since")
    month = pl.col("born_on").dt.truncate("1mo") == born().dt.truncate("1mo")
    same_birth = (pl.col("born_on") == born()) | (month & (pl.col("born_on_fault") == "month_only"))
    here = pl.col("state").is_null() | pl.col("state").is_in(["present", "mobile"])
    probationary = pl.col("category") == PROBATIONARY
    return {
        "citizen_fault": pl.when(foreign()).then(pl.lit("foreign")).otherwise(pl.lit("")),
        "sex_document_fault": _told((pl.col("sex") == "male") != male(), "differs"),
        "born_document_fault": _told(~same_birth, "differs"),
        "joined_age_fault": pl.when(joined < born())
        .then(pl.lit("before_birth"))
        .when(_before_age(joined, 18))
        .then(pl.lit("under_18"))
        .otherwise(pl.lit("")),
        "joined_party_fault": _told(
            (joined < pl.lit(PARTY_FOUNDED)) & ~(joined < born()).fill_null(value=False),
            "before_1921",
        ),
        "full_joined_fault": _full_after_joining(joined, full),
        "category_full_fault": _told(probationary & full.is_not_null(), "contradicts"),
        "probation_fault": _told(
            probationary & here & full.is_null() & (joined.dt.offset_by("2y") < today), "overdue"
        ),
    }


def _full_after_joining(joined: pl.Expr, full: pl.Expr) -> pl.Expr:
    """Full after joining, and normally a year after.

    Only months are compared, for many registers have no more. From April 1969 to August 1977
    the Party had no probation, so whoever joined then was full at once.
    """
    joined_in, full_in = joined.dt.truncate("1mo"), full.dt.truncate("1mo")
    no_probation = joined.is_between(pl.lit(date(1969, 4, 1)), pl.lit(date(1977, 8, 31)))
    exact = (pl.col("joined_on_fault") == "") & (pl.col("full_since_fault") == "")
    return (
        pl.when((full_in < joined_in) | (exact & (full < joined)))
        .then(pl.lit("before_joining"))
        .when(~no_probation & (full_in < joined_in.dt.offset_by("1y")))
        .then(pl.lit("within_a_year"))
        .otherwise(pl.lit(""))
    )


def _before_age(day: pl.Expr, years: int) -> pl.Expr:
    """Whether a day lies before a birthday; by months, for many cells have no day."""
    birthday = born().dt.offset_by(f"{years}y")
    return day.dt.truncate("1mo") < birthday.dt.truncate("1mo")


def _told(condition: pl.Expr, code: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(code)).otherwise(pl.lit(""))
