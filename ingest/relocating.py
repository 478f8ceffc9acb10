"""Addresses that do not say where they are: placed by what the register teaches, told anew.

A load writes what an address says of itself, and nothing else, so that replays, undone runs and
exchanged packages give the same register in any order. Where other addresses and people's
decisions put the rest follows from the register as it stands: it is no fact of a run, and is told
again whenever what it follows from has changed (decision 0030).
"""

import json
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, Engine, delete, func, insert, select

from ingest import ruling, standing_addresses
from ingest.locate import likes, locating
from ingest.locate.cleaning import Knife, clean
from ingest.locate.gazetteer import Gazetteer
from liangxin import db, divisions
from liangxin.errors import Busy, DatabaseUnavailable
from liangxin.placing import DECIDED
from liangxin.schema import (
    Base,
    Division,
    FieldChange,
    Finding,
    Located,
    LocationDecision,
    Meta,
    Organisation,
    Run,
)
from liangxin.settings import Settings

#: From what the places were told: an entry of ``meta``.
TOLD = "located.from"
#: Another way of telling must tell anew; counted up when the rules of locating change.
WAY = 2
#: What decides where an organisation counts; a new wording of the reason closes no row.
FACTS = ("district_code", "kind", "pattern", "subdistrict_code", "community_code", "method")
WORDS = ("place", "confidence", "reason_zh", "reason_en", "guesses")
#: A register of so many organisations at most is told anew at the end of a command: within a second.
AT_ONCE = 50_000
#: A share below this makes no candidate.
FAINTEST = 0.02
_KEY = ("organisation_id", "which", "from_on")
_TEXT = pl.String
SCHEMA = pl.Schema(
    {
        "organisation_id": pl.Int64(),
        "which": _TEXT(),
        "from_on": pl.Date(),
        "to_on": pl.Date(),
        **{name: _TEXT() for name in FACTS},
        **{name: _TEXT() for name in WORDS},
        "confidence": pl.Float64(),
    }
)


@dataclass(frozen=True, slots=True)
class Relocated:
    """How many organisations were placed by what was learned and decided, and are still asked about."""

    placed: int
    asked: int
    changed: int


def ready(engine: Engine, settings: Settings, *, now: datetime) -> Relocated | None:
    """Bring the places up to date if what they follow from has changed.

    Returns:
        How many are placed and asked about; ``None`` where somebody else is writing: the next
        look tells it.
    """
    try:
        with db.reading(engine) as connection:
            if _told(connection) == _state(connection, settings):
                return count(connection)
        with db.writing(engine) as connection:
            return tell(connection, settings, now=now)
    except (Busy, DatabaseUnavailable):
        return None


def after_a_run(engine: Engine, settings: Settings, *, now: datetime) -> Relocated | None:
    """Do what ``ready`` does where it is a matter of a second; of a large register the worker does it.

    Returns:
        As ``ready``; ``None`` also where the register is large and something has changed.
    """
    with db.reading(engine) as connection:
        newest = connection.execute(select(func.max(Organisation.id))).scalar() or 0
    return ready(engine, settings, now=now) if newest <= AT_ONCE else None


def tell(connection: Connection, settings: Settings, *, now: datetime) -> Relocated:
    """Tell all places anew, and write what is different.

    Args:
        connection: a write transaction.
        settings: the district, and how sure an answer must be.
        now: when the register learned it.
    """
    wanted = derived(connection, settings)
    changed = _write(connection, wanted, now=now)
    table = Base.metadata.tables["meta"]
    connection.execute(delete(table).where(table.c.key == TOLD))
    connection.execute(insert(table).values(key=TOLD, value=_state(connection, settings)))
    found = count(connection)
    return Relocated(found.placed, found.asked, changed)


def count(connection: Connection) -> Relocated:
    """Count the organisations that are placed by what was learned or decided, and those asked about."""
    query = select(
        func.count(Located.subdistrict_code), func.count() - func.count(Located.subdistrict_code)
    ).where(Located.corrected_at.is_(None), Located.to_on.is_(None), Located.which == "registered")
    placed, asked = connection.execute(query).one()
    return Relocated(int(placed), int(asked), 0)


def _told(connection: Connection) -> str | None:
    return connection.execute(select(Meta.value).where(Meta.key == TOLD)).scalar()


def _state(connection: Connection, settings: Settings) -> str:
    """What the places follow from, as a text that is another whenever that changed."""
    numbers = []
    for query in (
        select(func.count(), func.max(Run.id), func.count(Run.undone_at)),
        select(func.max(Organisation.id)),
        select(func.max(FieldChange.id)),
        select(func.count(), func.max(Finding.id), func.count(Finding.corrected_at)).where(
            Finding.field == standing_addresses.OPERATES_AT
        ),
        select(
            func.count(), func.max(LocationDecision.id), func.count(LocationDecision.corrected_at)
        ),
        select(func.max(Division.id), func.count(Division.to_on)),
    ):
        numbers += [int(each or 0) for each in connection.execute(query).one()]
    return json.dumps([WAY, settings.district, settings.locate_confidence, *numbers])


def derived(connection: Connection, settings: Settings) -> pl.DataFrame:
    """Where each address is that does not say so: ``SCHEMA``, one row a stretch of an address.

    A function of the addresses, the divisions and the decisions that are believed now, and of
    nothing else.
    """
    listed = divisions.current(connection)
    decided = ruling.decisions(connection)
    addresses = standing_addresses.of(connection)
    gazetteer = Gazetteer.build(listed)
    ruled = _ruled(addresses, decided, gazetteer, listed)
    known = pl.concat(
        [
            addresses.filter(pl.col("says_so")).select("address", subdistrict_code="written_code"),
            ruled.select("address", "subdistrict_code"),
        ]
    )
    silent = addresses.filter(pl.col("written_code").is_null()).join(ruled, on=_KEY, how="anti")
    if silent.is_empty():
        return _typed([ruled])
    ground = locating.prepare(listed, known, gazetteer)
    found = _placed(silent, ground, settings)
    return _typed([ruled, found])


def _typed(frames: list[pl.DataFrame]) -> pl.DataFrame:
    made = [frame.cast({n: SCHEMA[n] for n in frame.columns if n in SCHEMA}) for frame in frames]
    empty = pl.DataFrame(schema=SCHEMA)
    return pl.concat([empty, *(frame.select(SCHEMA.names()) for frame in made)]).sort(_KEY)


def _ruled(
    addresses: pl.DataFrame, decided: pl.DataFrame, gazetteer: Gazetteer, listed: pl.DataFrame
) -> pl.DataFrame:
    """Addresses that somebody decided about, whatever they say themselves."""
    frames = [pl.DataFrame(schema={**SCHEMA, "address": _TEXT()})]
    for district in decided["district_code"].unique().sort():
        here = addresses.filter(pl.col("home") == district).with_row_index("row")
        if here.is_empty():
            continue
        cleaned = clean(here["address"])
        told = ruling.answered(cleaned, decided, gazetteer, listed, district).with_columns(
            district_code=pl.lit(district),
            method=pl.lit(DECIDED),
            confidence=pl.lit(1.0),
            guesses=pl.lit(None, _TEXT),
        )
        frames.append(here.join(told, on="row").select(*SCHEMA, "address").cast(SCHEMA))
    return pl.concat(frames)


def _placed(silent: pl.DataFrame, ground: locating.Ground, settings: Settings) -> pl.DataFrame:
    """Addresses that nobody decided about: placed where that is sure enough, else asked about."""
    weighed = locating.weigh(
        silent["address"],
        ground,
        district=settings.district,
        min_confidence=settings.locate_confidence,
    )
    both = pl.concat([silent, weighed.rename({"subdistrict_code": "said"})], how="horizontal")
    both = both.filter(pl.col("district_code").is_not_null())
    if settings.district:
        both = both.filter(pl.col("district_code") == settings.district)
    zh_en = pl.col("reason").str.splitn(locating.BETWEEN, 2).struct
    both = both.with_columns(
        subdistrict_code="said", reason_zh=zh_en[0], reason_en=zh_en[1]
    ).with_row_index("row")
    frames = []
    for district in both["district_code"].unique().sort():
        here = both.filter(pl.col("district_code") == district).drop("row").with_row_index("row")
        knife = Knife(ground.gazetteer, district)
        about = likes.likes(knife.cut(here["cleaned"]), here["cleaned"])
        first = about.unique("row", keep="first", maintain_order=True)
        asked = here.filter(pl.col("subdistrict_code").is_null())
        frames.append(
            here.join(first, on="row", how="left", maintain_order="left").join(
                _guesses(asked, ground, district), on="row", how="left", maintain_order="left"
            )
        )
    return pl.concat(frames) if frames else pl.DataFrame(schema=SCHEMA)


def _guesses(asked: pl.DataFrame, ground: locating.Ground, district: str) -> pl.DataFrame:
    """``row, guesses``: what each address that is asked about may be, as JSON."""
    lesson = ground.learned.get(district)
    schema = {"row": asked.schema["row"], "guesses": _TEXT()}
    listed: list[list[list[object]]] = [[] for _ in range(asked.height)]
    may_be = asked["candidates"].to_list()
    learned = [] if lesson is None else lesson.candidates(asked["cleaned"]).iter_rows()
    for row, code, share, zh, en in learned:
        if share >= FAINTEST and (may_be[row] is None or code in may_be[row]):
            listed[row].append([code, round(share, 3), zh, en])
    # What is nearly written comes before what was learned.
    read = asked.select("best", "sure", "reason_zh", "reason_en").iter_rows()
    for guesses, (code, sure, zh, en) in zip(listed, read, strict=True):
        if code is not None and code not in {guess[0] for guess in guesses}:
            guesses.insert(0, [code, round(sure, 3), zh, en])
    told = [json.dumps(each, ensure_ascii=False) for each in listed]
    return pl.DataFrame({"row": asked["row"], "guesses": told}, schema=schema)


def _write(connection: Connection, wanted: pl.DataFrame, *, now: datetime) -> int:
    """Close what is no longer told, add what is new, and word anew what is only worded otherwise."""
    table = Base.metadata.tables["located"]
    names = ("id", *SCHEMA)
    query = select(*(table.c[name] for name in names)).where(table.c.corrected_at.is_(None))
    rows = [tuple(row) for row in connection.execute(query)]
    held = pl.DataFrame(rows, schema={"id": pl.Int64(), **SCHEMA}, orient="row")
    both = wanted.join(held, on=_KEY, how="full", suffix="_held", coalesce=True)
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name}_held")) for name in ("to_on", *FACTS)
    )
    was = pl.col("id").is_not_null()
    is_wanted = pl.col("kind").is_not_null()
    gone = both.filter(was & ~(is_wanted & same))
    new = both.filter(is_wanted & ~(was & same))
    worded = both.filter(
        was
        & is_wanted
        & same
        & pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_held")) for name in WORDS)
    )
    db.update_frame(
        connection, table, gone.select("id").with_columns(corrected_at=pl.lit(now)), key="id"
    )
    db.update_frame(connection, table, worded.select("id", *WORDS), key="id")
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    added = new.select(
        pl.int_range(last + 1, last + 1 + pl.len()).alias("id"), *SCHEMA
    ).with_columns(learned_at=pl.lit(now))
    db.insert_frame(connection, table, added)
    if not added.is_empty():
        db.renumber(connection, table)
    return gone.height + new.height


__all__ = ["Relocated", "count", "derived", "ready", "tell"]
