"""Headcounts into the register: each source's figures are kept, compared, and asked about.

A source that says something else about the same day corrects itself: the old row is closed and
kept. What it leaves empty erases nothing it said before.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select, update

from liangxin import db, headcount, journal, questions
from liangxin.headcount import Disagreement, Figure
from liangxin.questions import NewQuestion
from liangxin.register import organisation_ids
from liangxin.rules import RuleSet
from liangxin.schema import Base, Headcount, Screening

#: What a source may count: columns of ``headcount``, fields of ``Figure``.
COUNTS = (
    "staff",
    "insured",
    "members",
    "full_members",
    "probationary_members",
    "members_in",
    "members_out",
    "instructors_counted",
    "activists",
)
KEY = ("organisation_id", "source", "counted_on")
SLICE = 5_000


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of the figures: ``new + corrected + unchanged`` is all of them."""

    new: int = 0
    corrected: int = 0
    unchanged: int = 0
    asked: int = 0  # questions that are new or have moved
    closed: int = 0  # questions whose figures agree again
    #: Code and ``new``, ``changed`` or ``unchanged`` of every figure.
    outcomes: tuple[tuple[str, str], ...] = field(default=(), compare=False)


def record_headcounts(
    connection: Connection,
    facts: pl.DataFrame,
    rules: RuleSet,
    *,
    now: datetime,
    run_id: int | None = None,
) -> Recorded:
    """Keep what sources say about how many people there are, and ask where they disagree.

    Args:
        connection: a write transaction.
        facts: ``uscc, source, counted_on`` (each combination once) and any of ``COUNTS``.
        rules: how far figures may lie apart, and which screening means operating.
        now: when the register learned it.
        run_id: the run that read them, if one did.

    Raises:
        Misuse: a source is not one of ``headcount.SOURCES``.
        NotFound: a code is not in the register.
    """
    for source in facts["source"].unique().sort():
        headcount.require_source(source)
    ids = organisation_ids(connection, facts["uscc"])
    said = facts.join(ids, on="uscc", how="left").select(
        "uscc",
        *KEY,
        *(
            pl.col(name).cast(pl.Int64)
            if name in facts.columns
            else pl.lit(None, pl.Int64).alias(name)
            for name in COUNTS
        ),
    )
    organisations = ids["organisation_id"].unique().sort().to_list()
    before = _current(connection, organisations)
    both = said.join(before, on=KEY, how="left", suffix="_before").with_columns(
        pl.coalesce(name, f"{name}_before").alias(name) for name in COUNTS
    )
    known = pl.col("id").is_not_null()
    differs = pl.any_horizontal(pl.col(n).ne_missing(pl.col(f"{n}_before")) for n in COUNTS)
    corrected = both.filter(known & differs)
    fresh = both.filter(~known)
    _close(connection, corrected["id"].to_list(), now, run_id)
    _insert(connection, pl.concat([fresh, corrected]), now, run_id)
    asked, closed = compare(connection, organisations, rules, now=now, run_id=run_id)
    unchanged = both.height - fresh.height - corrected.height
    outcomes = both.select(
        "uscc",
        pl.when(~known)
        .then(pl.lit("new"))
        .when(differs)
        .then(pl.lit("changed"))
        .otherwise(pl.lit("unchanged")),
    ).rows()
    return Recorded(fresh.height, corrected.height, unchanged, asked, closed, tuple(outcomes))


def compare(
    connection: Connection,
    organisations: Collection[int],
    rules: RuleSet,
    *,
    now: datetime,
    run_id: int | None = None,
) -> tuple[int, int]:
    """Ask where the figures of these organisations disagree now, and close what agrees again.

    Also to be called after a screening, because only who operates must have staff.

    Returns:
        How many questions were asked, and how many closed by themselves.
    """
    wanted = sorted(organisations)
    figures = figures_of(connection, wanted)
    operating = _operating(connection, wanted, rules)
    found = [
        _question(organisation, each)
        for organisation in wanted
        for each in headcount.disagreements(
            figures.get(organisation, []),
            operating=organisation in operating,
            rules=rules.headcount,
        )
    ]
    closed = questions.close_settled(
        connection, wanted, headcount.RULES, found, now=now, run_id=run_id
    )
    return questions.ask(connection, found, now=now, run_id=run_id), closed


def last_staff(
    connection: Connection, organisation_id: int, source: str, *, before: date
) -> int | None:
    """The staff that a source counted last before a day; None: it never did."""
    query = (
        select(Headcount.staff)
        .where(
            Headcount.organisation_id == organisation_id,
            Headcount.source == source,
            Headcount.counted_on < before,
            Headcount.staff.is_not(None),
            Headcount.corrected_at.is_(None),
        )
        .order_by(Headcount.counted_on.desc())
        .limit(1)
    )
    return connection.execute(query).scalar()


def figures_of(connection: Connection, organisations: Collection[int]) -> dict[int, list[Figure]]:
    """Return what is known about how many people each organisation has, by its id."""
    found: dict[int, list[Figure]] = {}
    for row in _current(connection, sorted(organisations)).iter_rows(named=True):
        counts = {name: row[name] for name in COUNTS}
        figure = Figure(source=row["source"], counted_on=row["counted_on"], **counts)
        found.setdefault(row["organisation_id"], []).append(figure)
    return found


def _question(organisation: int, each: Disagreement) -> NewQuestion:
    """The question in words; the figures stay out of them (``Question.text_zh``)."""
    words = headcount.RULES[each.rule]
    days = {"on_a": each.on_a, "on_b": each.on_b, "a": "{a}", "b": "{b}"}
    named_a, named_b = headcount.SOURCES[each.source_a], headcount.SOURCES[each.source_b]
    return NewQuestion(
        organisation_id=organisation,
        rule=each.rule,
        owner=each.owner,
        text_zh=words.zh.format(source_a=named_a[0], source_b=named_b[0], **days),
        text_en=words.en.format(source_a=named_a[1], source_b=named_b[1], **days),
        figure_a=each.figure_a,
        source_a=each.source_a,
        on_a=each.on_a,
        figure_b=each.figure_b,
        source_b=each.source_b,
        on_b=each.on_b,
    )


def _current(connection: Connection, organisations: list[int]) -> pl.DataFrame:
    """The figures that hold: ``id``, ``KEY`` and ``COUNTS``."""
    table = Base.metadata.tables["headcount"]
    columns = [table.c[name] for name in ("id", *KEY, *COUNTS)]
    rows: list[Any] = []
    for start in range(0, len(organisations), SLICE):
        some = table.c.organisation_id.in_(organisations[start : start + SLICE])
        query = select(*columns).where(some, table.c.corrected_at.is_(None)).order_by(table.c.id)
        rows.extend(tuple(row) for row in connection.execute(query))
    schema: dict[str, Any] = dict.fromkeys((column.name for column in columns), pl.Int64)
    return pl.DataFrame(
        rows, schema=schema | {"source": pl.String, "counted_on": pl.Date}, orient="row"
    )


def _close(connection: Connection, ids: list[int], now: datetime, run_id: int | None) -> None:
    for start in range(0, len(ids), SLICE):
        some = Headcount.id.in_(ids[start : start + SLICE])
        journal.keep(connection, run_id, Headcount.__table__, some)
        connection.execute(update(Headcount).where(some).values(corrected_at=now))


def _insert(connection: Connection, rows: pl.DataFrame, now: datetime, run_id: int | None) -> None:
    """Write in bulk, numbered by hand, as all bulk writers do."""
    table = Base.metadata.tables["headcount"]
    if rows.is_empty():
        return
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    db.insert_frame(
        connection,
        table,
        rows.select(
            pl.int_range(last + 1, last + 1 + rows.height).alias("id"),
            *KEY,
            *COUNTS,
            pl.lit(run_id, pl.Int64).alias("run_id"),
            pl.lit(now).alias("learned_at"),
        ),
    )
    db.renumber(connection, table)


def _operating(connection: Connection, organisations: list[int], rules: RuleSet) -> set[int]:
    """Those a person found in a state that counts, and nobody has said otherwise."""
    found: set[int] = set()
    for start in range(0, len(organisations), SLICE):
        query = select(Screening.organisation_id).where(
            Screening.organisation_id.in_(organisations[start : start + SLICE]),
            Screening.state.in_(rules.states),
            Screening.to_on.is_(None),
            Screening.corrected_at.is_(None),
        )
        found.update(connection.execute(query).scalars())
    return found
