"""One run of a screening's results: states into the register, and how many people were found.

The file is not landed, for it may name who went there; the office that answers is kept. Rows
about nobody the register knows are passed over with the reason.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Engine

from ingest import unlanded
from ingest.delivery import DroppedTable
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.unlanded import Outcome, Taking
from ingest.within import EVERYTHING, Within
from liangxin import counting, register
from liangxin.settings import Settings

COUNTS = ("staff", "members")
KEPT = ("file_row", "uscc", "state", "evidence", "office", "screened_on", *COUNTS)
#: Evidence of a finding that needs none.
UNSAID = "（未填）"
#: Why a good row recorded nothing: code -> what the sender reads.
LEFT = {
    "unknown": "its code is not in the register; load registrations first",
    "earlier": "the register has a finding of a later day",
}
LEFT_ZH = {
    "unknown": "登记库中没有该代码，或不在送件单位所辖街道，未记录。请先导入登记信息。",
    "earlier": "登记库中已有更晚日期的摸排结果，未记录。",
}


def run(
    parts: Sequence[DroppedTable],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
    within: Within = EVERYTHING,
) -> RunReport:
    """Record the findings of one delivery, and say what became of every row.

    A delivery for a day before one that was loaded already is history: its findings are fitted in
    before the later ones.

    Raises:
        BatchStopped: fewer rows than its source must have.
        DatabaseUnavailable: locked or gone; nothing was written.
        Misuse: the district is in no division list.
    """
    return unlanded.run(
        parts,
        source,
        settings,
        engine,
        as_of=as_of,
        district=district,
        clock=clock,
        columns=lambda frame: frame.select(KEPT),
        take=_take,
        within=within,
    )


def _take(taking: Taking, frame: pl.DataFrame) -> Outcome:
    codes = frame["uscc"].unique().sort().to_list()
    ids = taking.within.known(taking.connection, codes, on=taking.as_of)
    here = pl.col("uscc").is_in(list(ids))
    facts = frame.filter(here).with_columns(
        pl.col("evidence").fill_null(UNSAID),
        pl.col("screened_on").fill_null(taking.as_of),
        decided_by=pl.col("office").fill_null(taking.source.publisher),
    )
    screened = register.screen(
        taking.connection,
        facts.select("uscc", "state", "evidence", "decided_by", from_on="screened_on"),
        now=taking.now,
        history=taking.late,
    )
    facts = facts.with_columns(outcome=screened.outcomes)
    late = facts.filter(pl.col("outcome") == "earlier")
    taken = facts.filter(pl.col("outcome") != "earlier")
    asked, settled = _count_people(taking, taken, [ids[uscc] for uscc in taken["uscc"]])
    left = [
        rows.select("file_row", reason=pl.lit(LEFT[why]))
        for why, rows in (("unknown", frame.filter(~here)), ("earlier", late))
    ]
    return Outcome(
        new=screened.count("new"),
        changed=screened.count("changed"),
        unchanged=screened.count("unchanged"),
        asked=asked,
        settled=settled,
        left=pl.concat(left),
    )


def _count_people(taking: Taking, taken: pl.DataFrame, organisations: list[int]) -> tuple[int, int]:
    """Record how many people were found, and ask where figures disagree now."""
    rule_set = taking.rules
    counted = taken.filter(pl.any_horizontal(pl.col(COUNTS).is_not_null()))
    recorded = counting.record_headcounts(
        taking.connection,
        counted.select(
            "uscc", *COUNTS, source=pl.lit("screening"), counted_on=pl.col("screened_on")
        ),
        rule_set,
        now=taking.now,
        run_id=taking.run_id,
    )
    # Whoever is found operating must have staff, whether or not this file counts any.
    asked, settled = counting.compare(
        taking.connection, organisations, rule_set, now=taking.now, run_id=taking.run_id
    )
    return recorded.asked + asked, recorded.closed + settled
