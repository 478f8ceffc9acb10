"""Keeps what runs were like, and finds the runs a new one is held against."""

from datetime import date

from sqlalchemy import Connection, Select, select

from ingest.profile import Earlier, Measures
from liangxin.schema import Base, Run, RunMeasure

#: So many runs make what is usual: one odd delivery does not move their median.
LAST_RUNS = 5


def keep(connection: Connection, run_id: int, measures: Measures) -> None:
    """Write the measures of a run."""
    rows = [{"run_id": run_id, "measure": name, "value": value} for name, value in measures.items()]
    if rows:
        connection.execute(Base.metadata.tables["run_measure"].insert(), rows)


def earlier(
    connection: Connection,
    *,
    source_id: int,
    district: str,
    before: int,
    as_of: date | None = None,
) -> list[Earlier]:
    """Return the last runs of a source for one district (``""``: none), newest first.

    With a day, of a file that comes late: those whose files are nearest before it, or else after.

    Args:
        connection: any transaction.
        source_id: of ``source``.
        district: runs for another place say nothing about this one.
        before: the run that asks; itself and later ones are left out.
        as_of: the day its file describes.
    """
    query = select(Run.id, Run.rows).where(
        Run.source_id == source_id,
        Run.district_code.is_not_distinct_from(district or None),
        Run.id < before,
        Run.undone_at.is_(None),
    )
    runs_of = _nearest(as_of, query) if as_of else [query.order_by(Run.id.desc())]
    rows = next(filter(None, (connection.execute(q.limit(LAST_RUNS)).all() for q in runs_of)), [])
    runs = {row.id: Earlier(row.id, row.rows, {}) for row in rows}
    kept = select(RunMeasure.run_id, RunMeasure.measure, RunMeasure.value).where(
        RunMeasure.run_id.in_(list(runs))
    )
    for row in connection.execute(kept):
        runs[row.run_id].measures[row.measure] = row.value
    return list(runs.values())


def _nearest(as_of: date, query: Select[int, int]) -> list[Select[int, int]]:
    until = query.where(Run.as_of <= as_of).order_by(Run.as_of.desc(), Run.id.desc())
    return [until, query.order_by(Run.as_of, Run.id)]
