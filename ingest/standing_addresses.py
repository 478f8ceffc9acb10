"""Every address an organisation had or has, with the days on which it was its address."""

from typing import Any

import polars as pl
from sqlalchemy import Connection, select

from liangxin.register import WRITTEN
from liangxin.schema import FieldChange, Finding, Organisation

#: Findings that say where an organisation operates.
OPERATES_AT = "operating_address"
BLOCK = 50_000
_WRITTEN = ("address", "subdistrict_code")
SCHEMA = pl.Schema(
    {
        "organisation_id": pl.Int64(),
        "which": pl.String(),
        "from_on": pl.Date(),
        "to_on": pl.Date(),
        "address": pl.String(),
        "home": pl.String(),  # the district it is in, as far as its address or its row says
        "written_code": pl.String(),  # the sub-district that the address says itself
        "says_so": pl.Boolean(),  # it may teach: said in the address, and true today
    }
)


def of(connection: Connection) -> pl.DataFrame:
    """Return ``SCHEMA`` of all organisations' addresses, as they are believed now."""
    return pl.concat([_registered(connection), _operating(connection)]).sort(
        "organisation_id", "which", "from_on"
    )


def _registered(connection: Connection) -> pl.DataFrame:
    columns = (
        *(Organisation.id, Organisation.address, Organisation.subdistrict_code),
        *(Organisation.district_code, Organisation.location_method, Organisation.from_on),
    )
    schema = {
        "organisation_id": pl.Int64,
        **dict.fromkeys(("address", "subdistrict_code", "home", "method"), pl.String),
        "born": pl.Date,
    }
    now = _read(connection, select(*columns), schema)
    changes = _changes(connection)
    moved = changes.filter(pl.col("field") == "address")
    stretches = pl.concat([_before(now, moved), _since(now, moved)])
    return (
        _as_written(stretches, now, changes)
        .filter(pl.col("address").is_not_null())
        .with_columns(which=pl.lit("registered"))
        .select(SCHEMA.names())
        .cast(SCHEMA)
    )


def _read(connection: Connection, query: Any, schema: dict[str, Any]) -> pl.DataFrame:
    """The rows of a query as a frame, block by block: a register has millions."""
    result = connection.execute(query, execution_options={"yield_per": BLOCK})
    frames = [
        pl.DataFrame([tuple(row) for row in block], schema=schema, orient="row")
        for block in result.partitions()
    ]
    return pl.concat([pl.DataFrame(schema=schema), *frames])


def _changes(connection: Connection) -> pl.DataFrame:
    query = (
        select(
            FieldChange.organisation_id,
            FieldChange.field,
            FieldChange.from_on,
            FieldChange.old_value,
        )
        .where(FieldChange.corrected_by.is_(None), FieldChange.field.in_(_WRITTEN))
        .order_by(FieldChange.organisation_id, FieldChange.from_on, FieldChange.id)
    )
    schema = {"organisation_id": pl.Int64, "field": pl.String, "day": pl.Date, "old": pl.String}
    frame = _read(connection, query, schema)
    # Of several changes on one day the first says what was before it.
    return frame.unique(["organisation_id", "field", "day"], keep="first", maintain_order=True)


def _before(now: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The addresses that were: each up to the day on which it changed."""
    earlier = moved.with_columns(
        after=pl.col("day").shift(1).over("organisation_id"),
    ).join(now.select("organisation_id", "home", "born"), on="organisation_id")
    return earlier.select(
        "organisation_id",
        address="old",
        home="home",
        from_on=pl.coalesce("after", pl.min_horizontal("born", "day")),
        to_on="day",
    ).filter(pl.col("from_on") < pl.col("to_on"))


def _since(now: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The addresses that are: each since the last change."""
    last = moved.group_by("organisation_id").agg(day=pl.col("day").max())
    return now.join(last, on="organisation_id", how="left").select(
        "organisation_id",
        "address",
        "home",
        from_on=pl.coalesce("day", "born"),
        to_on=pl.lit(None, pl.Date),
    )


def _as_written(stretches: pl.DataFrame, now: pl.DataFrame, changes: pl.DataFrame) -> pl.DataFrame:
    """Add the sub-district that each address said: what the next change took away, or what is."""
    towns = changes.filter(pl.col("field") == "subdistrict_code").select(
        "organisation_id", "old", "day", changed=pl.lit(value=True)
    )
    # The town of a new address changes on the day of the address: look just behind that day.
    joined = (
        stretches.with_columns(on=pl.col("from_on") + pl.duration(days=1))
        .sort("on")
        .join_asof(
            towns.sort("day"),
            left_on="on",
            right_on="day",
            by="organisation_id",
            strategy="forward",
            check_sortedness=False,
        )
        .join(
            now.select("organisation_id", "subdistrict_code", "method"),
            on="organisation_id",
            how="left",
        )
    )
    changed = pl.col("changed").fill_null(value=False)
    written = pl.when(changed).then("old").otherwise("subdistrict_code")
    return joined.with_columns(
        written_code=written,
        says_so=pl.col("to_on").is_null()
        & pl.col("method").is_in(WRITTEN).fill_null(value=False)
        & written.is_not_null(),
    )


def _operating(connection: Connection) -> pl.DataFrame:
    """Addresses at which somebody found them to operate, where nobody said in which sub-district."""
    query = (
        select(
            Finding.organisation_id,
            Finding.from_on,
            Finding.to_on,
            Finding.value,
            Organisation.district_code,
            Organisation.address,
        )
        .join(Organisation, Organisation.id == Finding.organisation_id)
        .where(Finding.corrected_at.is_(None), Finding.field == OPERATES_AT)
    )
    schema = {
        "organisation_id": pl.Int64,
        **dict.fromkeys(("from_on", "to_on"), pl.Date),
        **dict.fromkeys(("address", "home", "registered"), pl.String),
    }
    frame = _read(connection, query, schema)
    return (
        frame.filter(pl.col("address").ne_missing(pl.col("registered")))
        .with_columns(
            which=pl.lit("operating"),
            written_code=pl.lit(None, pl.String),
            says_so=pl.lit(value=False),
        )
        .select(SCHEMA.names())
        .cast(SCHEMA)
    )
