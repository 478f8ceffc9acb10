"""One run of keys of the member register: which pseudonyms are there, and where each relation is.

A delivery is the whole register: keys that are gone are closed on its day, a key whose relation
moved is closed and opened anew. Nothing of the file is landed, and no key is ever shown.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, Engine, and_, case, select, update

from ingest import unlanded
from ingest.delivery import DroppedTable
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.unlanded import Outcome, Taking
from liangxin import db, journal
from liangxin.errors import BatchStopped
from liangxin.schema import Base, MemberKey, Run
from liangxin.settings import Settings

SLICE = 5_000


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
    """Record the keys of one delivery, and say what became of every row.

    Raises:
        BatchStopped: far fewer keys than there were, or of an earlier day than the last ones.
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
        columns=lambda frame: frame.select("key", "party_organisation"),
        take=_take,
    )


def _take(taking: Taking, frame: pl.DataFrame) -> Outcome:
    if taking.late and taking.source.snapshot:
        raise BatchStopped(
            f"该数据源已导入更晚日期的数据，不能再导入 {taking.as_of} 的密钥标识，登记库未变。请核对 --as-of。",
            f"this source was loaded as of a later day already; keys of {taking.as_of} would overwrite "
            "newer ones. The register is as it was; check --as-of.",
        )
    known = _current(taking)
    both = frame.join(known, on="key", how="left")
    fresh = both.filter(pl.col("id").is_null())
    moved = both.filter(pl.col("party_organisation") != pl.col("before"))
    gone = known.filter("ours").join(frame, on="key", how="anti")
    gone = gone if taking.source.snapshot else gone.clear()
    _close(taking.connection, [*gone["id"], *moved["id"]], taking.as_of, taking.run_id)
    db.insert_frame(
        taking.connection,
        Base.metadata.tables["member_key"],
        pl.concat([fresh, moved]).select(
            "key",
            party_organisation_name="party_organisation",
            run_id=pl.lit(taking.run_id),
            from_on=pl.lit(taking.as_of),
            learned_at=pl.lit(taking.now),
        ),
    )
    return Outcome(
        new=fresh.height,
        changed=moved.height,
        unchanged=frame.height - fresh.height - moved.height,
        missing=gone.height,
    )


def _current(taking: Taking) -> pl.DataFrame:
    """Keys that hold: ``id, key, before``, and whether this source and district brought them."""
    ours = and_(
        Run.source_id == taking.source_id,
        Run.district_code.is_not_distinct_from(taking.district or None),
    )
    query = (
        select(
            MemberKey.id, MemberKey.key, MemberKey.party_organisation_name, case((ours, 1), else_=0)
        )
        .join(Run, Run.id == MemberKey.run_id)
        .where(MemberKey.to_on.is_(None))
    )
    schema = {"id": pl.Int64, "key": pl.String, "before": pl.String, "ours": pl.Int64}
    rows = [tuple(row) for row in taking.connection.execute(query)]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(pl.col("ours") == 1)


def _close(connection: Connection, ids: list[int], on: date, run_id: int) -> None:
    for start in range(0, len(ids), SLICE):
        some = MemberKey.id.in_(ids[start : start + SLICE])
        journal.keep(connection, run_id, MemberKey.__table__, some)
        connection.execute(update(MemberKey).where(some).values(to_on=on))
