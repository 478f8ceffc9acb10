"""What a ledger's rows say besides counts: which cells are held, and which become findings.

Held are only the columns named here. No telephone number, no document, no age and no member is
among them; of an owner only whether he or she is a member or the secretary, as a switch.
"""

from collections.abc import Mapping

import polars as pl

from ingest.kinds import readers
from ingest.refusals import PERSONAL
from liangxin import counting

#: Columns of both kinds of ledger that are held until the run has ended, by type.
HELD: Mapping[str, type[pl.DataType] | pl.DataType] = {
    **dict.fromkeys(counting.COUNTS, pl.Int64),
    **dict.fromkeys(("built", "above_scale", "insured_any", "fixed_place"), pl.Boolean),
    **dict.fromkeys(("investor_is_member", "investor_is_secretary"), pl.Boolean),
    **dict.fromkeys(("head_is_member", "head_is_secretary"), pl.Boolean),
    **dict.fromkeys(("built_on", "re_elected_on", "covered_on"), pl.Date),
    **dict.fromkeys(("form", "level", "reason", "state", "annual_check"), pl.String),
    **dict.fromkeys(("secretary_from", "investor_status"), pl.String),
    **dict.fromkeys(("party_name", "superior", "secretary_name", "instructor_name"), pl.String),
    **dict.fromkeys(("operates_at", "place_name", "supervisor"), pl.String),
    "revenue": pl.Float64,
    "joint_units": pl.Int64,
}
#: Free texts, in which somebody may have written a telephone number.
_TEXTS = ("party_name", "superior", "operates_at", "place_name", "supervisor")
#: Column -> the switch it is, in the order of belief.
_SWITCHES = (
    ("fixed_place", ("fixed_place",)),
    ("above_scale", ("above_scale",)),
    ("insures_staff", ("insured_any",)),
    ("representative_member", ("investor_is_member", "claims_membership", "head_is_member")),
    ("representative_secretary", ("investor_is_secretary", "head_is_secretary")),
)
_WORDS = {
    "operating_address": "operates_at",
    "place": "place_name",
    "supervisor": "supervisor",
}
#: Findings whose words come from a list of choices.
_CHOSEN = {"unbuilt_reason": "reason", "inspection": "annual_check"}
#: States of firms and of social organisations that mean: it operates.
OPERATING = ("operating", "present")


def held(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``file_row, uscc, name`` and ``HELD`` of accepted rows; a cell that is wrong is empty."""
    # A code that is not one was told already; the row may still be known by its name.
    good = pl.when(pl.col("uscc_fault") == "").then("uscc")
    return frame.select(
        "file_row", good.alias("uscc"), "name", *(_cell(frame, *each) for each in HELD.items())
    )


def _cell(frame: pl.DataFrame, name: str, kind: type[pl.DataType] | pl.DataType) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, kind).alias(name)
    value = pl.col(name)
    if f"{name}_fault" in frame.columns:
        value = pl.when(pl.col(f"{name}_fault") == "").then(value)
    if name in _TEXTS:
        value = pl.when(~value.str.contains(PERSONAL)).then(value)
    return value.cast(kind).alias(name)


def findings(frame: pl.DataFrame) -> pl.DataFrame:
    """Return ``uscc, field, value`` of every finding that rows of ``held`` state."""
    claimed = pl.col("investor_status").is_in([readers.FULL, readers.PROBATIONARY])
    said = frame.with_columns(claims_membership=pl.when(claimed).then(pl.lit(value=True)))
    columns: dict[str, pl.Expr] = {
        field: pl.coalesce(names).cast(pl.Int8).cast(pl.String) for field, names in _SWITCHES
    }
    columns["revenue_wan"] = pl.col("revenue").cast(pl.String).str.strip_suffix(".0")
    columns |= {field: pl.col(name) for field, name in _WORDS.items()}
    columns |= {field: _word(name) for field, name in _CHOSEN.items()}
    told = said.select("uscc", **columns).unpivot(
        index="uscc", variable_name="field", value_name="value"
    )
    return told.filter(pl.col("value").is_not_null() & (pl.col("value").str.strip_chars() != ""))


def says_something(frame: pl.DataFrame) -> pl.Expr:
    """Whether a row of ``held`` says anything besides whom it is about."""
    return pl.any_horizontal(pl.col(name).is_not_null() for name in HELD if name in frame.columns)


def _word(name: str) -> pl.Expr:
    words = {code: wordings[0] for code, wordings in readers.choices(name).items()}
    return pl.col(name).replace_strict(words, default=None, return_dtype=pl.String)
