"""Whose value each field of an organisation is: since when it is true, who learned it when.

Values that offices exchange are ordered by their stamp: the day since which they are true, then
when their origin learned them, then the origin, then the value; the greatest wins everywhere. A
stamp travels unchanged through any number of offices.

Nothing is kept for values of our own: their stamp is told by ``field_change``, or, for first
values, by the run that brought the organisation. Only what came by exchange has a row in
``field_stamp``; one with the field ``*`` stands for all first values of an organisation. What our
own files changed after that is held against it: if the exchanged value is the newer fact, it
stands (``ours_lost``), though our register may say otherwise until the next package is opened.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import Connection, func, select

from liangxin import frames
from liangxin.schema import Base

#: What is exchanged of an organisation.
FIELDS = (
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
    "subdistrict_code",
    "community_code",
    "location_method",
    "location_confidence",
)
STAMP = ("from_on", "learned_at", "office", "source")
ALL_FIELDS = "*"
#: The day of what an organisation was before all that packages told of it (``package_word``).
AS_FIRST = date(1, 1, 1)
#: Key of ``meta``: the name this office goes by among others.
OFFICE = "exchange.office"
#: Individual businesses bear their owners' names; they never leave the register.
INDIVIDUAL = "92"


@dataclass(frozen=True, slots=True)
class Told:
    """Organisations as they are told to others.

    ``organisations``: ``id, uscc, since`` (it is known since), ``FIELDS`` as text, and ``STAMP`` of
    every value without one of its own. ``fields``: ``id, field, value, STAMP, ours_lost``.
    """

    organisations: pl.DataFrame
    fields: pl.DataFrame


def own_office(connection: Connection) -> str:
    """Return the name this office goes by; empty if it has none yet."""
    meta = Base.metadata.tables["meta"]
    return connection.execute(select(meta.c.value).where(meta.c.key == OFFICE)).scalar() or ""


def told(connection: Connection, ids: Collection[int] | None) -> Told:
    """Return organisations with the stamps of their values; None: all of them."""
    ours = own_office(connection)
    runs = _runs(connection)
    organisations = _organisations(connection, ids)
    stamps = _stamps(connection, ids)
    whole = stamps.filter(field=ALL_FIELDS).select(
        "id", *(pl.col(name).alias(f"{name}_came") for name in (*STAMP, "run_id"))
    )
    first = (
        organisations.join(runs, on="run_id", how="left")
        .join(whole, on="id", how="left")
        .with_columns(
            came=pl.col("run_id_came").is_not_null(),
            after=pl.col("run_id_came").fill_null(0),
            from_on=pl.coalesce("from_on_came", "as_of"),
            learned_at=pl.coalesce("learned_at_came", "learned_at"),
            office=pl.coalesce("office_came", pl.lit(ours)),
            source=pl.coalesce("source_came", "source"),
        )
    )
    # Told anew, a change is still the word of the file that said it: its moment stays.
    files = runs.rename({"run_id": "said_by"})
    changes = _changes(connection, ids).join(files, on="said_by", how="left", maintain_order="left")
    by_package = pl.col("said_by").is_in(list(exchanged_runs(connection)))
    steps, changes = changes.filter(by_package), changes.filter(~by_package)
    kept = _kept(connection, ids).join(runs, on="run_id", how="left", maintain_order="left")
    words = kept.filter(pl.col("run_id").is_in(list(exchanged_runs(connection))))
    own = stamps.filter(pl.col("field") != ALL_FIELDS)
    begun = _begun(
        first, own, words, kept.join(words, on="run_id", how="anti", maintain_order="left"), ours
    )
    own = pl.concat([own, begun.select(own.columns)])
    fields = _own_stamps(first, own, steps, changes, words, ours)
    standing = _standing(organisations, fields)
    rows = first.select("id", "uscc", "since", *STAMP).join(
        standing, on="id", how="left", maintain_order="left"
    )
    return Told(rows.select("id", "uscc", "since", *FIELDS, *STAMP), fields)


def exchanged_runs(connection: Connection) -> dict[int, int]:
    """Return the runs that opened packages and still count, each with its source."""
    package, run = Base.metadata.tables["exchange_package"], Base.metadata.tables["run"]
    query = select(run.c.id, run.c.source_id).join(package, package.c.run_id == run.c.id)
    return dict(connection.execute(query.where(run.c.undone_at.is_(None))).all())


def value_that_came(
    changes: Sequence[Any], steps: Sequence[Any], run: int, now: str | None
) -> str | None:
    """Return the value of a field that the one stamp of its organisation stands for.

    Args:
        changes: what the register holds to have changed of it, in order of days.
        steps: those of them that packages brought: the last leads to the value.
        run: the run that brought the stamp; changes that are known since are our own.
        now: what the register says now.
    """
    if steps:
        return steps[-1].new_value or None
    ours = (row.old_value for row in changes if (row.learned_by or row.run_id) > run)
    return next(ours, now) or None


def greater(left: str, right: str) -> pl.Expr:
    """Tell whether one stamp of a row is greater than the other, by the suffixes of their columns."""
    parts = [
        (pl.col(f"from_on{left}"), pl.col(f"from_on{right}")),
        (pl.col(f"learned_at{left}"), pl.col(f"learned_at{right}")),
        *(
            (pl.col(f"{name}{left}").fill_null(""), pl.col(f"{name}{right}").fill_null(""))
            for name in ("office", "source", "value")
        ),
    ]
    return lexicographic(parts)


def lexicographic(parts: list[tuple[pl.Expr, pl.Expr]]) -> pl.Expr:
    """Tell whether the left of each row's pairs come after the right, the first pair counting most.

    A right side that is missing comes before everything.
    """
    result = pl.lit(False)
    for left, right in reversed(parts):
        result = (
            pl.when(left.eq_missing(right)).then(result).otherwise(right.is_null() | (left > right))
        )
    return result.fill_null(False)


def text(frame: pl.DataFrame) -> pl.DataFrame:
    """Fields as text, as ``field_change`` keeps them; what is empty says nothing."""
    return frame.with_columns(
        pl.col(name).cast(pl.String).replace("", None) for name in FIELDS if name in frame.columns
    )


def _organisations(connection: Connection, ids: Collection[int] | None) -> pl.DataFrame:
    table = Base.metadata.tables["organisation"]
    query = select(
        table.c.id,
        table.c.uscc,
        table.c.from_on.label("since"),
        table.c.run_id,
        *(table.c[name] for name in FIELDS),
    ).where(~table.c.uscc.startswith(INDIVIDUAL))
    return text(frames.of(connection, query, table.c.id, ids))


def _runs(connection: Connection) -> pl.DataFrame:
    run, source = Base.metadata.tables["run"], Base.metadata.tables["source"]
    query = select(
        run.c.id.label("run_id"), run.c.as_of, run.c.learned_at, source.c.name.label("source")
    ).join(source, source.c.id == run.c.source_id)
    return frames.read(connection, query)


def _stamps(connection: Connection, ids: Collection[int] | None) -> pl.DataFrame:
    table = Base.metadata.tables["field_stamp"]
    query = select(
        table.c.organisation_id,
        table.c.field,
        table.c.value,
        table.c.run_id,
        *(table.c[n] for n in STAMP),
    )
    return frames.of(connection, query, table.c.organisation_id, ids).rename(
        {"organisation_id": "id"}
    )


def _changes(connection: Connection, ids: Collection[int] | None) -> pl.DataFrame:
    table = Base.metadata.tables["field_change"]
    query = (
        select(
            table.c.id.label("number"),
            table.c.organisation_id,
            table.c.field,
            table.c.old_value,
            table.c.new_value,
            table.c.from_on,
            table.c.run_id.label("said_by"),
            func.coalesce(table.c.learned_by, table.c.run_id).label("run_id"),
        )
        .where(table.c.field.in_(FIELDS), table.c.corrected_by.is_(None))
        .order_by(table.c.from_on, table.c.id)
    )
    return frames.of(connection, query, table.c.organisation_id, ids).rename(
        {"organisation_id": "id"}
    )


def _kept(connection: Connection, ids: Collection[int] | None) -> pl.DataFrame:
    """Words as they are kept: ``id, field, from_on, learned_at, run_id, kept``."""
    table = Base.metadata.tables["package_word"]
    names = ("organisation_id", "told", "from_on", "learned_at", "run_id")
    query = (
        select(*(table.c[name] for name in names))
        .where(table.c.from_on > AS_FIRST)
        .order_by(table.c.id)
    )
    rows = frames.of(connection, query, table.c.organisation_id, ids)
    told = pl.col("told").str.json_decode(pl.Struct(dict.fromkeys(FIELDS, pl.String())))
    values = rows.rename({"organisation_id": "id"}).with_columns(told).unnest("told")
    key = ["id", "from_on", "learned_at", "run_id"]
    long = values.unpivot(FIELDS, index=key, variable_name="field", value_name="kept")
    return long.filter(pl.col("kept").is_not_null())


def _begun(
    first: pl.DataFrame, stamps: pl.DataFrame, words: pl.DataFrame, begun: pl.DataFrame, ours: str
) -> pl.DataFrame:
    """First values that our own late file gave an organisation which a package brought, as stamps.

    What the package says with its one stamp is not among them, nor what has a stamp of its own.
    """
    whole = first.filter("came").select("id", "from_on", "learned_at")
    with_all = words.join(whole, on=["id", "from_on", "learned_at"], how="semi")
    return (
        begun.unique(["id", "field"], keep="last", maintain_order=True)
        .join(first.filter("came"), on="id", how="semi")
        .join(with_all, on=["id", "field"], how="anti")
        .join(stamps, on=["id", "field"], how="anti")
        .select(
            "id",
            "field",
            pl.col("kept").alias("value"),
            pl.lit(0, pl.Int64).alias("run_id"),
            "from_on",
            "learned_at",
            pl.lit(ours).alias("office"),
            "source",
        )
    )


def _own_stamps(
    first: pl.DataFrame,
    stamps: pl.DataFrame,
    steps: pl.DataFrame,
    changes: pl.DataFrame,
    kept: pl.DataFrame,
    ours: str,
) -> pl.DataFrame:
    """Values with a stamp of their own: those that came so, and those that changed since the first.

    ``steps`` are changes that packages brought, ``changes`` our own. A late file of ours may have told
    either anew: what came is what was kept of it, or what the last step led to, wherever it stands among our
    own.
    """
    keys = pl.concat(each.select("id", "field") for each in (stamps, steps, changes)).unique()
    led_to = steps.group_by("id", "field", maintain_order=True).agg(
        stepped=pl.lit(value=True), led_to=pl.col("new_value").last().replace("", None)
    )
    now = first.join(keys, on="id", how="semi").unpivot(
        FIELDS, index="id", variable_name="field", value_name="now"
    )
    base = (
        keys.join(now, on=["id", "field"], how="inner")
        .join(first.select("id", "came", "after", *STAMP), on="id", how="left")
        .join(stamps, on=["id", "field"], how="left", suffix="_own")
        .with_columns(
            has_own=pl.col("run_id").is_not_null(),
            after=pl.coalesce("run_id", "after"),
            **{name: pl.coalesce(f"{name}_own", name) for name in STAMP},
        )
        .with_columns(came=pl.col("came") | pl.col("has_own"))
        .drop("run_id", *(f"{name}_own" for name in STAMP))
    )
    since = _chains(base, changes)
    both = base.join(since, on=["id", "field"], how="left")
    both = both.join(led_to, on=["id", "field"], how="left")
    words = kept.select("id", "field", "from_on", "learned_at", "kept")
    key = ["id", "field", "from_on", "learned_at"]
    both = both.join(words.unique(key, keep="last", maintain_order=True), on=key, how="left")
    changed = pl.col("last_on").is_not_null()
    # What stood before our own changes: a value that came, or the first one.
    before = (
        pl.when(pl.col("has_own"))
        .then("value")
        .when(pl.col("came") & pl.col("kept").is_not_null())
        .then("kept")
        .when(pl.col("came") & pl.col("stepped").fill_null(value=False))
        .then("led_to")
        .when(changed)
        .then("first_old")
        .otherwise("now")
    )
    both = both.with_columns(value=before, changed=changed).with_columns(
        # A first value that is empty says nothing, and nothing loses to it.
        nothing=~pl.col("has_own") & pl.col("value").is_null(),
        **{
            f"{name}_last": value
            for name, value in {
                "from_on": pl.col("last_on"),
                "learned_at": pl.col("last_learned"),
                "office": pl.lit(ours),
                "source": pl.col("last_source"),
                "value": pl.col("now"),
            }.items()
        },
    )
    last_wins = changed & (~pl.col("came") | pl.col("nothing") | greater("_last", ""))
    return (
        both.with_columns(wins=last_wins)
        .select(
            "id",
            "field",
            *(
                pl.when("wins").then(f"{name}_last").otherwise(name).alias(name)
                for name in ("value", *STAMP)
            ),
            ours_lost=changed & ~pl.col("wins") & pl.col("value").ne_missing(pl.col("now")),
            says_nothing=~changed & pl.col("nothing"),
        )
        .filter(~pl.col("says_nothing"))
        .drop("says_nothing")
        .sort("id", "field")
    )


def _chains(base: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """What our own changes after the base of each value come to.

    Our register decided in this order, so a change comes after the one before it, whatever its
    file's day and our clock say: days and moments never go back.
    """
    chain = (
        changes.join(
            base.select(
                "id", "field", "after", "came", base_on="from_on", base_learned="learned_at"
            ),
            on=["id", "field"],
            how="inner",
        )
        .filter(pl.col("run_id") > pl.col("after"))
        .sort("id", "field", "from_on", "number")
        .with_columns(place=pl.int_range(1, pl.len() + 1).over("id", "field"))
    )
    # A first value of our own takes part; a day that came from elsewhere must be beaten fairly.
    day = (
        pl.when(~pl.col("came")).then(pl.max_horizontal("from_on", "base_on")).otherwise("from_on")
    )
    # Told anew, the file that first showed a value may be the one that changes it: that is one word.
    same = ~pl.col("came") & (pl.col("learned_at") == pl.col("base_learned"))
    moment = pl.max_horizontal(
        pl.col("learned_at").dt.epoch("us") - pl.col("place"),
        pl.col("base_learned").dt.epoch("us") - same.cast(pl.Int64),
    )
    return (
        chain.with_columns(
            day=day.cum_max().over("id", "field"),
            moment=moment.cum_max().over("id", "field") + pl.col("place"),
        )
        .group_by("id", "field", maintain_order=True)
        .agg(
            first_old=pl.col("old_value").first().replace("", None),
            last_on=pl.col("day").last(),
            last_learned=pl.from_epoch(pl.col("moment").last(), "us").dt.replace_time_zone("UTC"),
            last_source=pl.col("source").last(),
        )
    )


def _standing(organisations: pl.DataFrame, fields: pl.DataFrame) -> pl.DataFrame:
    """The values that stand, in one row an organisation."""
    values = organisations.select("id", *FIELDS)
    lost = fields.filter("ours_lost").select("id", "field", "value")
    for field in lost["field"].unique():
        mine = lost.filter(pl.col("field") == field).select("id", stands="value", lost=True)
        values = (
            values.join(mine, on="id", how="left", maintain_order="left")
            .with_columns(
                pl.when(pl.col("lost").is_not_null()).then("stands").otherwise(field).alias(field)
            )
            .drop("stands", "lost")
        )
    return values
