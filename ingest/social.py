"""What only civil affairs' exports of social organisations say, beside the registrations' fields.

Their way into the register is that of all registrations; this adds what is wrong with the cells
no firm has: the kind of organisation against its code, the annual check, the Party columns of
community tables. Pure.
"""

from collections.abc import Mapping
from datetime import date

import polars as pl

from ingest.kinds import readers
from ingest.kinds.kind import Context
from ingest.kinds.ledgers import BRANCH_FROM
from liangxin import classify
from liangxin.ids import writing

#: Cells that are read here; the headers are matched to these names.
FIELDS = (
    readers.choice("annual_check"),
    *readers.answers("can_build", "built"),
    *readers.counts("members"),
)
FAULTS = (
    "social_kind_fault",
    "registration_certificate_fault",
    "annual_check_fault",
    "annual_check_result_fault",
    "can_build_fault",
    "built_fault",
    "members_fault",
    "social_party_fault",
)


def extra(batch: pl.DataFrame, columns: Mapping[str, str], frame: pl.DataFrame) -> pl.DataFrame:
    """Return a normalised batch of registrations with the columns of ``FAULTS`` added.

    Args:
        batch: the rows as sent, under the publisher's headers.
        columns: our field -> the publisher's header; what is not there has no fault.
        frame: the same rows, normalised: ``uscc, uscc_fault, enterprise_type``.
    """
    nobody = Context(today=date.max)  # none of these fields is a date
    cells: dict[str, pl.Series] = {}
    for field in FIELDS:
        sent = _column(batch, columns, field.name)
        cells[field.name], cells[f"{field.name}_fault"] = field.read(sent, nobody)
    certificate = _column(batch, columns, "registration_certificate")
    told = pl.DataFrame(
        {**cells, "certificate": certificate, "text": frame["enterprise_type"]}
    ).with_columns(uscc=frame.select(pl.when(pl.col("uscc_fault") == "").then("uscc")).to_series())
    return frame.hstack(
        told.with_columns(
            social_kind_fault=_kind(),
            registration_certificate_fault=_certificate(),
            annual_check_result_fault=pl.when(pl.col("annual_check").is_in(["absent", "failed"]))
            .then("annual_check")
            .otherwise(pl.lit("")),
            social_party_fault=_party(),
        ).select(pl.col(FAULTS).fill_null(""))
    )


def _column(batch: pl.DataFrame, columns: Mapping[str, str], field: str) -> pl.Series:
    if field in columns:
        return batch[columns[field]].cast(pl.String).alias(field)
    return pl.Series(field, [None], dtype=pl.String).new_from_index(0, batch.height)


def _kind() -> pl.Expr:
    """Digits for a kind are told by the rules of all registrations already."""
    fault = classify.social_fault(pl.col("uscc"), pl.col("text"))
    return pl.when(fault == classify.BARE_CODE).then(pl.lit("")).otherwise(fault)


def _certificate() -> pl.Expr:
    number = writing.compact(pl.col("certificate"))
    return (
        pl.when(number.str.contains(writing.SCIENTIFIC))
        .then(pl.lit("scientific"))
        .otherwise(pl.lit(""))
    )


def _party() -> pl.Expr:
    built, members = pl.col("built"), pl.col("members")
    return (
        pl.when(~built & (members >= BRANCH_FROM))
        .then(pl.lit("due"))
        .when(~built & pl.col("can_build"))
        .then(pl.lit("possible"))
        .when(built & (members == 0))
        .then(pl.lit("no_members"))
        .otherwise(pl.lit(""))
    )
