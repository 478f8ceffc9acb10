"""Results of a sub-district's screening (摸排): who operates, who does not, and how that is known.

Who went there may be a person; of them only that there is somebody matters, and it is the office
that answers for the finding.
"""

from collections.abc import Mapping

import polars as pl

from ingest.kinds import readers
from ingest.kinds.kind import Kind, Sheet

#: States that take an organisation out of those that count; each needs evidence and somebody.
EXITS = ("not_found", "shell", "suspended", "moved", "closed", "duplicate", "not_two_new")


def exits(sheet: Sheet) -> Mapping[str, pl.Expr]:
    """What stands beside a finding that takes an organisation out."""
    gone = pl.col("state").is_in(EXITS)
    nobody = pl.col("office").is_null() & pl.col("surveyor").is_null()
    asked = bool({"office", "surveyor"} & sheet.has)
    return {
        "evidence_exit_fault": _told(gone & pl.col("evidence").is_null(), "missing"),
        "office_exit_fault": _told(gone & nobody & pl.lit(asked), "missing"),
    }


def people(sheet: Sheet) -> Mapping[str, pl.Expr]:  # noqa: ARG001
    """How many people, against each other and against the finding."""
    operating = pl.col("state") == "operating"
    return {
        "staff_operating_fault": _told(operating & (pl.col("staff") == 0), "zero"),
        "members_staff_fault": _told(pl.col("members") > pl.col("staff"), "members"),
    }


def _told(condition: pl.Expr, code: str) -> pl.Expr:
    return pl.when(condition).then(pl.lit(code)).otherwise(pl.lit(""))


SCREENING = Kind(
    name="screening",
    title="摸排结果",
    title_en="results of a screening",
    fields=(
        readers.codes("uscc", needed=True),
        readers.organisations("name"),
        readers.choice("state", "screening_state", needed=True),
        *readers.texts("evidence", "office", "surveyor", "operates_at"),
        *readers.days("screened_on"),
        *readers.counts("staff", "members"),
    ),
    across=(exits, people),
    columns_needed=("uscc", "state"),
    keys=("uscc", "name"),
    identity="uscc",
    secret=frozenset({"surveyor"}),
)
