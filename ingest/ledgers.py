"""One run of a ledger: what its keeper says of each organisation's people and Party organisation.

The file is read in memory and not landed, for it names secretaries and owners: of all it holds
only counts, findings and the Party side are kept (decision 0018), and where counts disagree with
other sources a question is asked. A row without a code is about the one organisation of that name,
if there is just one. What is no ledger and only counts (an annual report) leaves counts alone.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, Engine, select

from ingest import ledger_facts, ledger_parties, unlanded
from ingest.delivery import DroppedTable
from ingest.headcounts import LEFT, load_headcounts
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.unlanded import Outcome, Taking
from liangxin import counting, frames, party, register, universe
from liangxin.counting import COUNTS, Recorded
from liangxin.rules import RuleSet
from liangxin.schema import Organisation, Screening
from liangxin.settings import Settings
from liangxin.wording import plain

#: The source of counts whose rows are believed on all else too.
LEDGER = "ledger"


def run(
    parts: Sequence[DroppedTable],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
) -> RunReport:
    """Record one ledger, and say what became of every row.

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
        columns=ledger_facts.held,
        take=_take if source.counts_as == LEDGER else _take_counts,
    )


def _take_counts(taking: Taking, frame: pl.DataFrame) -> Outcome:
    counted = load_headcounts(
        taking.connection,
        _with_codes(taking.connection, frame, taking.district),
        source=taking.source.counts_as,
        as_of=taking.as_of,
        run_id=taking.run_id,
        now=taking.now,
        rule_set=taking.rules,
    )
    return Outcome(
        new=counted.recorded.new,
        changed=counted.recorded.corrected,
        unchanged=counted.recorded.unchanged,
        asked=counted.recorded.asked,
        settled=counted.recorded.closed,
        left=_said(counted.left),
    )


def _said(left: pl.DataFrame) -> pl.DataFrame:
    said = {code: en for code, (_, en) in LEFT.items()}
    return left.select("file_row", pl.col("reason").replace_strict(said, return_dtype=pl.String))


def _take(taking: Taking, frame: pl.DataFrame) -> Outcome:
    judged = _known(taking, frame)
    taken = judged.filter(pl.col("why") == "")
    rule_set = taking.rules
    came = _record_findings(taking, taken)
    recorded, counted = _count(taking, taken, rule_set)
    told = ledger_parties.record(taking, taken, rule_set)
    register.confirm(
        taking.connection,
        taken.select(
            "uscc",
            confirmed_on=pl.lit(taking.as_of),
            confirmed_by=pl.lit(taking.source.publisher),
        ),
        now=taking.now,
    )
    outcomes = _of_rows(taken, pl.concat([came, counted, _pairs(told.outcomes)]))
    return Outcome(
        new=outcomes.count("new"),
        changed=outcomes.count("changed"),
        unchanged=outcomes.count("unchanged"),
        asked=recorded.asked,
        settled=recorded.closed,
        left=_said(judged.filter(pl.col("why") != "").select("file_row", reason="why")),
        notices=[(each.zh, each.en) for each in told.notices],
    )


def _known(taking: Taking, frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with the organisation each is about, and ``why`` it is passed over; ``""``: it is not."""
    coded = _with_codes(taking.connection, frame, taking.district)
    table = Organisation.__table__
    query = select(
        table.c.uscc,
        table.c.id.label("organisation_id"),
        table.c.name.label("organisation"),
        table.c.established_on,
        table.c.district_code,
    )
    found = frames.of(
        taking.connection, query, table.c.uscc, coded["uscc"].drop_nulls().unique().to_list()
    )
    tracked = party.tracked_in(
        taking.connection, found["organisation_id"].to_list(), on=taking.as_of
    )
    places = pl.DataFrame(
        {"organisation_id": list(tracked), "subdistrict": list(tracked.values())},
        schema={"organisation_id": pl.Int64, "subdistrict": pl.String},
    )
    # Where nobody knows the sub-district, the district stands for it.
    found = found.join(places, on="organisation_id", how="left").with_columns(
        seat=pl.coalesce("subdistrict", "district_code", pl.lit(taking.district))
    )
    judged = coded.join(found, on="uscc", how="left", maintain_order="left").with_columns(
        why=pl.when(pl.col("uscc").is_null())
        .then(pl.lit("no_code"))
        .when(pl.col("organisation_id").is_null())
        .then(pl.lit("unknown"))
        .when(~ledger_facts.says_something(coded))
        .then(pl.lit("no_counts"))
        .otherwise(pl.lit(""))
    )
    again = (pl.col("why") == "") & ~pl.col("uscc").is_first_distinct().over("why")
    return judged.with_columns(why=pl.when(again).then(pl.lit("repeated")).otherwise("why"))


def _record_findings(taking: Taking, taken: pl.DataFrame) -> pl.DataFrame:
    """Record findings, and that organisations operate where nobody found otherwise."""
    found = ledger_facts.findings(taken).with_columns(
        source=pl.lit(LEDGER), from_on=pl.lit(taking.as_of)
    )
    recorded = register.find(taking.connection, found, now=taking.now, history=taking.late)
    operating = taken.filter(pl.col("state").is_in(ledger_facts.OPERATING))
    open_to_it = operating.filter(
        ~pl.col("organisation_id").is_in(
            _found_otherwise(taking.connection, operating["organisation_id"].to_list())
        )
    )
    states = open_to_it.select(
        "uscc",
        state=pl.lit("operating"),
        evidence=pl.lit(f"台账：{taking.source.title}"),
        decided_by=pl.lit(taking.source.publisher),
        from_on=pl.lit(taking.as_of),
    )
    screened = register.screen(taking.connection, states, now=taking.now, history=taking.late)
    return pl.concat(
        [
            found.select("uscc", outcome=recorded.outcomes),
            states.select("uscc", outcome=screened.outcomes),
        ]
    )


def _found_otherwise(connection: Connection, organisations: list[int]) -> list[int]:
    """Organisations that somebody went to and found gone: a ledger does not bring them back."""
    query = select(Screening.organisation_id).where(
        Screening.state.in_(universe.EXITS),
        Screening.to_on.is_(None),
        Screening.corrected_at.is_(None),
    )
    found = frames.of(connection, query, Screening.__table__.c.organisation_id, organisations)
    return found["organisation_id"].to_list()


def _count(taking: Taking, taken: pl.DataFrame, rule_set: RuleSet) -> tuple[Recorded, pl.DataFrame]:
    """Record the counts, and ask where they disagree."""
    counted = taken.filter(pl.any_horizontal(pl.col(COUNTS).is_not_null())).select(
        "uscc", *COUNTS, source=pl.lit(LEDGER), counted_on=pl.lit(taking.as_of)
    )
    recorded = counting.record_headcounts(
        taking.connection, counted, rule_set, now=taking.now, run_id=taking.run_id
    )
    return recorded, _pairs(recorded.outcomes)


def _pairs(outcomes: Sequence[tuple[str, str]]) -> pl.DataFrame:
    return pl.DataFrame(
        list(outcomes), schema={"uscc": pl.String, "outcome": pl.String}, orient="row"
    )


def _of_rows(taken: pl.DataFrame, outcomes: pl.DataFrame) -> list[str]:
    """One outcome a row: new if all that it brought is, changed if some of it is."""
    said: dict[str, set[str]] = {}
    for uscc, outcome in outcomes.iter_rows():
        said.setdefault(uscc, set()).add(outcome)
    return [_one(said.get(uscc, set()) - {"earlier"}) for uscc in taken["uscc"]]


def _one(outcomes: set[str]) -> str:
    if "changed" in outcomes:
        return "changed"
    return "new" if "new" in outcomes else "unchanged"


def _with_codes(connection: Connection, frame: pl.DataFrame, district: str) -> pl.DataFrame:
    """Fill in the code of rows that have none, where one organisation alone bears the name."""
    nameless = frame["uscc"].is_null()
    if not nameless.any():
        return frame
    query = select(Organisation.uscc, Organisation.name)
    if district:
        query = query.where(Organisation.district_code == district)
    register = pl.DataFrame(
        connection.execute(query).all(), schema=["found", "named"], orient="row"
    ).with_columns(pl.col("found", "named").cast(pl.String))
    alone = (
        register.select("found", key=plain(pl.col("named")))
        .filter(pl.len().over("key") == 1)
        .filter(pl.col("key") != "")
    )
    return (
        frame.with_columns(key=plain(pl.col("name")))
        .join(alone, on="key", how="left", maintain_order="left")
        .with_columns(uscc=pl.coalesce("uscc", "found"))
        .drop("key", "found")
    )
