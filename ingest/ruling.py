"""What people decided about addresses: it stands above whatever else speaks for a place."""

import polars as pl
from sqlalchemy import Connection, select

from ingest.locate import likes, written
from ingest.locate.cleaning import Knife
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.locating import BETWEEN, COLUMNS, Ground
from liangxin import located_words
from liangxin.placing import DECIDED
from liangxin.schema import LocationDecision

_TEXT = pl.String
_NAMES = (
    *("district_code", "kind", "pattern", "subdistrict_code", "community_code"),
    *("decided_by", "from_on"),
)


def decisions(connection: Connection) -> pl.DataFrame:
    """Return the decisions that hold: one row a district, kind and pattern."""
    table = LocationDecision.__table__
    query = select(*(table.c[name] for name in _NAMES)).where(table.c.corrected_at.is_(None))
    rows = [tuple(row) for row in connection.execute(query.order_by(table.c.id))]
    schema = {**dict.fromkeys(_NAMES, _TEXT), "from_on": pl.Date}
    return pl.DataFrame(rows, schema=schema, orient="row").rename({"from_on": "decided_on"})


def answered(
    cleaned: pl.Series,
    decided: pl.DataFrame,
    gazetteer: Gazetteer,
    divisions: pl.DataFrame,
    district: str,
) -> pl.DataFrame:
    """Return which addresses of a district, as ``clean`` leaves them, somebody decided about, and how that is told.

    Returns:
        ``row`` (from 0), the columns of ``decisions`` but the district, ``reason_zh``,
        ``reason_en``, ``place``.
    """
    listed = pl.col("subdistrict_code").is_in(divisions["code"].implode())
    ours = decided.filter((pl.col("district_code") == district) & listed).drop("district_code")
    about = likes.likes(Knife(gazetteer, district).cut(cleaned), cleaned)
    hit = likes.decided(about, ours)
    # A road without a number says less than a sub-district or community that is written.
    roads = hit.filter(pl.col("kind") == likes.ROAD)["row"]
    read = written.read(cleaned.gather(roads), gazetteer, district=district)["subdistrict_code"]
    hit = hit.filter(~pl.col("row").is_in(roads.filter(read.is_not_null()).implode()))
    names = dict(divisions.select("code", "name").iter_rows())
    words = [
        located_words.decided(
            row["pattern"],
            names.get(row["community_code"] or row["subdistrict_code"], ""),
            row["decided_by"],
            row["decided_on"],
        )
        for row in hit.iter_rows(named=True)
    ]
    return hit.with_columns(
        place=pl.when(pl.col("kind") == likes.PLACE).then("pattern"),
        reason_zh=pl.Series([zh for zh, _ in words], dtype=_TEXT),
        reason_en=pl.Series([en for _, en in words], dtype=_TEXT),
    )


def overruled(
    weighed: pl.DataFrame,
    decided: pl.DataFrame,
    ground: Ground,
    *,
    district: str = "",
) -> pl.DataFrame:
    """Return ``COLUMNS`` of `locating.weigh` with what was decided in place of what was found.

    Args:
        weighed: what was found for each address, in order.
        decided: ``decisions``.
        ground: lists.
        district: as it was asked for; ``""``: of the whole country.
    """
    home = weighed["district_code"]  # null: it says that it is elsewhere
    rows = pl.DataFrame({"cleaned": weighed["cleaned"], "home": home}).with_row_index("row")
    wanted = [district] if district else decided["district_code"].unique().sort().to_list()
    frames = []
    for code in wanted:
        here = rows.filter(pl.col("home") == code)
        hit = answered(here["cleaned"], decided, ground.gazetteer, ground.divisions, code)
        frames.append(hit.with_columns(row=here["row"].gather(hit["row"])))
    ruled = pl.concat(frames)
    names = ground.divisions.select("code", "name").unique("code", keep="first")
    town = names.rename({"code": "subdistrict_code", "name": "subdistrict"})
    community = names.rename({"code": "community_code", "name": "community"})
    told = (
        ruled.join(town, on="subdistrict_code", how="left")
        .join(community, on="community_code", how="left")
        .with_columns(
            method=pl.lit(DECIDED),
            confidence=pl.lit(1.0),
            reason=pl.col("reason_zh") + BETWEEN + pl.col("reason_en"),
        )
        .select("row", *COLUMNS)
    )
    left = weighed.select(COLUMNS).with_row_index("row")
    kept = left.join(told, on="row", how="anti")
    return pl.concat([kept, told.cast(kept.schema)]).sort("row").drop("row")
