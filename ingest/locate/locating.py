"""An address to its sub-district, community and place, with method, confidence and reason. Pure.

What is written comes first; what was learned answers for the rest, and only as surely as it is
asked to. Where nothing is answered the reason says what is missing, and the best guess beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ingest.locate import beside, written
from ingest.locate.cities import elsewhere_in_city, in_front, within_city
from ingest.locate.cleaning import clean, without_room
from ingest.locate.gazetteer import Gazetteer
from ingest.locate.learned import Learned, learn
from ingest.locate.nearly import (
    BY_COMMUNITY_SLIP,
    BY_KIND,
    BY_VILLAGE,
    BY_VILLAGE_ALONE,
    CONFIDENCE,
    OF_PLACES,
    nearly,
)
from ingest.locate.old_names import old_of, outside_old
from ingest.locate.reasons import BETWEEN, reasons
from ingest.locate.zones import zones_named

COLUMNS = (
    *("subdistrict_code", "subdistrict", "community_code", "community"),
    *("place", "method", "confidence", "reason"),
)
DEFAULT_CONFIDENCE = 0.97
#: Rows of an address's own community that weigh as much as what holds for the whole district.
SHRINK = 10.0
#: A community's name that today's table and most known addresses put into one sub-district.
FLOOR = 0.97
_TEXT = pl.String


@dataclass(frozen=True, slots=True)
class Ground:
    """What addresses are located on: lists of places, and what each district's addresses taught."""

    divisions: pl.DataFrame
    gazetteer: Gazetteer
    learned: Mapping[str, Learned] = field(default_factory=dict)
    #: ``community_code, right, rows``: how often known addresses agree with today's table.
    agreed: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(
            schema={"community_code": _TEXT, "right": pl.UInt32, "rows": pl.UInt32}
        )
    )
    names: pl.DataFrame = field(default_factory=pl.DataFrame)


def prepare(
    divisions: pl.DataFrame,
    known: pl.DataFrame | None = None,
    gazetteer: Gazetteer | None = None,
) -> Ground:
    """Arrange division lists (unless that was done), and learn from ``address, subdistrict_code``."""
    gazetteer = gazetteer or Gazetteer.build(divisions)
    names = divisions.select("code", "name")
    if known is None or known.is_empty():
        return Ground(divisions, gazetteer, names=names)
    cleaned = known.select("subdistrict_code", cleaned=clean(known["address"])).filter(
        pl.col("subdistrict_code").is_in(divisions["code"].implode())
    )
    district = pl.col("subdistrict_code").str.slice(0, 6)
    learned: dict[str, Learned] = {}
    agreed = []
    for code in cleaned.select(district.unique().sort()).to_series():
        here = cleaned.filter(district == code)
        lesson = learn(here, divisions, gazetteer, code)
        if lesson is not None:
            learned[code] = lesson
        agreed.append(_agreement(here, gazetteer, code))
    if not agreed:
        return Ground(divisions, gazetteer, names=names)
    return Ground(divisions, gazetteer, learned, pl.concat(agreed), names)


def _agreement(known: pl.DataFrame, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """How often each community's known addresses are in the sub-district it has today."""
    named = written.community_named(known["cleaned"], gazetteer, district)
    both = known.select("subdistrict_code").with_columns(named)
    return (
        both.filter(pl.col("community_code").is_not_null())
        .group_by("community_code")
        .agg(
            right=(pl.col("subdistrict_code") == pl.col("of_subdistrict")).sum(),
            rows=pl.len(),
        )
        .sort("community_code")
    )


def locate(
    addresses: pl.Series,
    ground: Ground,
    *,
    district: str = "",
    min_confidence: float = DEFAULT_CONFIDENCE,
) -> pl.DataFrame:
    """Return ``COLUMNS`` for each address, in order; codes are null where nothing is sure enough.

    Args:
        addresses: text as sent; null allowed.
        ground: lists and lessons.
        district: place addresses of this district only; ``""``: of the whole country.
        min_confidence: answers less sure than this are not given; the reason tells them.
    """
    return _weighed(addresses, ground, district, min_confidence, COLUMNS)


def weigh(
    addresses: pl.Series, ground: Ground, *, district: str, min_confidence: float
) -> pl.DataFrame:
    """As `locate`, and beside it ``cleaned``, ``district_code``, and ``best``: what would be said."""
    columns = ("cleaned", "district_code", "best", "sure", "candidates", *COLUMNS)
    return _weighed(addresses, ground, district, min_confidence, columns)


def _weighed(
    addresses: pl.Series,
    ground: Ground,
    district: str,
    min_confidence: float,
    columns: tuple[str, ...],
) -> pl.DataFrame:
    # A firm's neighbours wrote the same address, or another room of the house: it is located once.
    sent = addresses.cast(pl.String).fill_null("")
    texts = _distinct(sent)
    cleaned = clean(texts)
    by_house = without_room(cleaned)
    houses = _distinct(by_house)
    found = _locate(houses, ground, district, min_confidence)
    found = found.select(each for each in columns if each != "cleaned")
    at_text, at_house = _places(sent, texts), _places(by_house, houses)
    if at_text is None:
        at = at_house
    else:
        cleaned = cleaned.gather(at_text)
        at = at_text if at_house is None else at_house.gather(at_text)
    if at is not None:
        found = found[at]
    if "cleaned" in columns:
        found = found.insert_column(0, cleaned.alias("cleaned"))
    return found


def _distinct(texts: pl.Series) -> pl.Series:
    """Each text once; the same series where none is there twice, which is sooner seen than made so."""
    return texts if texts.n_unique() == texts.len() else texts.unique(maintain_order=True)


def _places(texts: pl.Series, distinct: pl.Series) -> pl.Series | None:
    """The place of each text among the distinct ones; ``None`` if these are the texts."""
    if texts is distinct:
        return None
    places = distinct.alias("text").to_frame().with_row_index("place")
    at = texts.alias("text").to_frame().join(places, on="text", how="left", maintain_order="left")
    return at["place"]


def _locate(
    cleaned: pl.Series, ground: Ground, district: str, min_confidence: float
) -> pl.DataFrame:
    rows = _read_beside(cleaned, ground.gazetteer, district)
    rows = _community_confidence(rows, ground)
    rows = rows.with_columns(
        outside=outside_old(pl.col("subdistrict_code"))
        & pl.col("location_method").is_in([written.BY_COMMUNITY, BY_VILLAGE, BY_VILLAGE_ALONE])
    )
    if district:
        rows = elsewhere_in_city(rows, ground.gazetteer, district)
    rows = _guessed(rows.with_columns(cleaned.alias("cleaned")), ground, district)
    rows = _kept(rows, district, min_confidence)
    return _named(rows, ground, district, min_confidence)


def _read(text: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """What is written in addresses: names of today, and those of before."""
    read = written.read_apart(text, gazetteer, district)
    text = read["text"].rename(text.name)
    rows = read.rename({"text": "cleaned"}).with_row_index("row")
    rows = rows.with_columns(zones_named(text, gazetteer.areas["name"]))
    if not district:
        rows = within_city(in_front(rows, gazetteer), gazetteer)
    rows = old_of(gazetteer).apply(rows)
    return nearly(rows, gazetteer)


def _read_beside(cleaned: pl.Series, gazetteer: Gazetteer, district: str) -> pl.DataFrame:
    """What is written; where that is only what an address lies beside, that, as surely as was seen."""
    plain = beside.broken(cleaned)
    if plain is cleaned:
        return _read(cleaned, gazetteer, district)
    numbered = pl.DataFrame({"plain": plain, "whole": cleaned}).with_row_index("row")
    apart = numbered.filter(pl.col("plain") != pl.col("whole"))
    both = pl.concat([plain, beside.within(apart["whole"]).rename(plain.name)])
    read = _read(both, gazetteer, district)
    rows, near = read.head(plain.len()), read.tail(apart.height)
    near = near.select(apart["row"], home="district_code", near="subdistrict_code").drop_nulls()
    by_beside = pl.col("near").is_not_null() & pl.col("subdistrict_code").is_null()
    return (
        rows.join(near, on="row", how="left", maintain_order="left")
        .with_columns(
            district_code=pl.when(by_beside).then("home").otherwise("district_code"),
            subdistrict_code=pl.coalesce("subdistrict_code", "near"),
            location_method=pl.when(by_beside)
            .then(pl.lit(beside.BY_BESIDE))
            .otherwise("location_method"),
            location_confidence=pl.when(by_beside)
            .then(beside.CONFIDENCE)
            .otherwise("location_confidence"),
        )
        .drop("home", "near")
    )


def _community_confidence(rows: pl.DataFrame, ground: Ground) -> pl.DataFrame:
    """State for a community's name what known addresses of it bear out."""
    agreed = ground.agreed
    of_all = (float(agreed["right"].sum()) + written.CONFIDENCE[written.BY_COMMUNITY] * 50) / (
        float(agreed["rows"].sum()) + 50
    )
    joined = rows.join(agreed, on="community_code", how="left", maintain_order="left")
    right, rows_of_it = pl.col("right").fill_null(0), pl.col("rows").fill_null(0)
    share = (right + SHRINK * of_all) / (rows_of_it + SHRINK)
    # Where most known addresses and today's table agree, the others are older than the table.
    share = (
        pl.when(3 * right >= 2 * rows_of_it)
        .then(pl.max_horizontal(share, FLOOR + 0.015 * share))
        .otherwise(share)
    )
    by_name = pl.col("location_method") == written.BY_COMMUNITY
    return joined.with_columns(
        location_confidence=pl.when(by_name).then(share).otherwise("location_confidence")
    )


def _guessed(rows: pl.DataFrame, ground: Ground, district: str) -> pl.DataFrame:
    """Add what was learned about rows that name no sub-district: ``guess`` and what goes with it."""
    is_open = rows.select(
        pl.col("subdistrict_code").is_null()
        | (pl.col("location_confidence") < 0.9)  # beside a place among them
        | pl.col("location_method").is_in([*OF_PLACES, BY_KIND])
        | pl.col("outside")
    ).to_series()
    open_rows = rows.select("row", "district_code", "cleaned").filter(is_open)
    frames = []
    for code, lesson in ground.learned.items():
        if district and code != district:
            continue
        here = open_rows.filter(pl.col("district_code") == code)
        if here.is_empty():
            continue
        frames.append(lesson.guess(here["cleaned"]).with_columns(here["row"]))
    guess = pl.concat(frames) if frames else _no_guess()
    return rows.join(guess, on="row", how="left", maintain_order="left")


def _no_guess() -> pl.DataFrame:
    text = dict.fromkeys(("answer", "method", "zh", "en", "second", "place"), pl.String)
    return pl.DataFrame(
        schema={**text, "confidence": pl.Float64, "second_share": pl.Float64, "row": pl.UInt32}
    )


def _kept(rows: pl.DataFrame, district: str, min_confidence: float) -> pl.DataFrame:
    """Decide between what is written and what was learned, and what is sure enough to be said."""
    candidates = pl.col("candidates")
    fits = candidates.is_null() | candidates.list.contains(pl.col("answer")).fill_null(value=True)
    guess = pl.col("answer").is_not_null() & (pl.col("method") != "prior") & fits
    is_read = pl.col("subdistrict_code").is_not_null()
    # Two communities of one name, of which the table knows one: known addresses tell.
    doubtful = (pl.col("location_method") == written.BY_COMMUNITY) & (
        pl.col("location_confidence") < 0.5
    )
    doubtful |= pl.col("location_method") == beside.BY_BESIDE
    is_read &= ~(
        doubtful & guess & (pl.col("confidence") > pl.col("location_confidence"))
    ).fill_null(value=False)
    learned = pl.col("answer").is_not_null() & (pl.col("method") != "prior")
    learned &= pl.col("confidence") >= 0.8
    same = learned & (pl.col("answer") == pl.col("subdistrict_code"))
    # A name of before and what was learned, or an old name and the community beside it, say
    # different things: no more than one of two, unless known addresses bear one out.
    against = pl.col("location_method").is_in([*OF_PLACES, BY_KIND]) & guess
    against &= learned & (pl.col("answer") != pl.col("subdistrict_code"))
    bears_out = pl.col("location_method").is_in([BY_VILLAGE_ALONE, BY_COMMUNITY_SLIP]) & same
    rows = rows.with_columns(
        location_confidence=pl.when(against | (pl.col("outside") & ~same))
        .then(0.5)
        .when(bears_out)
        .then(CONFIDENCE[BY_VILLAGE])
        .otherwise("location_confidence")
    )
    rows = rows.with_columns(
        best=pl.when(is_read).then("subdistrict_code").when(guess).then("answer"),
        how=pl.when(is_read).then("location_method").when(guess).then("method"),
        sure=pl.when(is_read).then("location_confidence").when(guess).then("confidence"),
    )
    at_home = pl.col("best").str.slice(0, 6) == district if district else pl.lit(value=True)
    return rows.with_columns(
        said=pl.col("best").is_not_null() & at_home & (pl.col("sure") >= min_confidence)
    )


def _named(
    rows: pl.DataFrame, ground: Ground, district: str, min_confidence: float
) -> pl.DataFrame:
    """Put names and a reason to the codes."""
    names = ground.names
    said = pl.col("said").fill_null(value=False)
    rows = rows.with_columns(
        code=pl.when(said).then("best"),
        town_community=pl.when(
            said & (pl.col("community_code").str.slice(0, 9) == pl.col("best"))
        ).then("community_code"),
    )
    asked = {
        "best_name": rows["best"],
        "community": rows["town_community"],
        "district_name": rows["district_code"],
        "other_community": rows["of_community"],
    }
    # Of the names of the country only those that occur are arranged.
    occur = pl.concat([codes.alias("code").unique() for codes in asked.values()]).unique()
    few = names.join(occur.to_frame(), on="code", how="semi")
    called = {
        name: codes.alias("code")
        .to_frame()
        .join(few, on="code", how="left", maintain_order="left")["name"]
        for name, codes in asked.items()
    }
    rows = rows.with_columns(**called)
    return rows.select(
        *("district_code", "best", "sure", "candidates"),
        subdistrict_code="code",
        subdistrict=pl.when(said).then("best_name"),
        community_code="town_community",
        community="community",
        place=pl.when(said).then("place"),
        method=pl.when(said).then("how"),
        confidence=pl.when(said).then(pl.col("sure").round(4)),
        reason=reasons(rows, district, min_confidence),
    )


__all__ = ["BETWEEN", "COLUMNS", "DEFAULT_CONFIDENCE", "Ground", "locate", "prepare"]
