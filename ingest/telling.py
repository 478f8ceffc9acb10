"""Tells histories anew from everything that was ever said, by files of our own and by packages."""

from collections.abc import Sequence
from dataclasses import replace

import polars as pl
from sqlalchemy import Connection, select

from ingest import exchanged, kept_words
from ingest.retelling import Retelling
from ingest.timeline import NEVER, History, Said, tell
from liangxin import stamps
from liangxin.moments import in_utc
from liangxin.schema import Run


def tell_anew(
    connection: Connection, run_id: int, before: pl.DataFrame, said: Sequence[Said]
) -> set[int]:
    """Tell the histories of organisations anew; return those whose history is another now.

    Args:
        connection: a write transaction.
        run_id: the run that brings it to light.
        before: what the register holds of them (``Load.before``).
        said: what all files of our own say of them.
    """
    came = exchanged.words(connection, before, run_id)
    said = _moments(connection, said)
    history = tell(sorted([*said, *came], key=lambda each: (each.as_of, each.learned, each.run_id)))
    if came:
        _keep_beginnings(connection, run_id, before, came, history)
        history = exchanged.no_later(history, before, came)
    told = Retelling(connection, run_id, before, history)
    known = {each.run_id for each in said} | set(stamps.exchanged_runs(connection))
    return told.write(but=told.from_elsewhere(known))


def _moments(connection: Connection, said: Sequence[Said]) -> list[Said]:
    """With the moment each run was learned; a later run is no earlier, whatever clocks say."""
    query = select(Run.id, Run.learned_at).where(Run.id.in_([each.run_id for each in said]))
    learned = {row.id: row.learned_at for row in connection.execute(query)}
    found: list[Said] = []
    latest = NEVER
    for each in sorted(said, key=lambda one: one.run_id):
        latest = max(latest, in_utc(learned[each.run_id]))
        found.append(replace(each, learned=latest))
    return found


def _keep_beginnings(
    connection: Connection,
    run_id: int,
    before: pl.DataFrame,
    came: Sequence[Said],
    history: History,
) -> None:
    """Keep with which file of ours an organisation begins of which packages told."""
    shared = pl.concat([each.rows.select("uscc") for each in came]).unique()
    first = (
        history.first.join(shared, on="uscc", how="semi")
        .join(history.now.select("uscc", "run_id", "seen_on"), on="uscc")
        .join(before.select("uscc", "id"), on="uscc")
    )
    kept_words.begin(connection, stamps.text(first), run_id)
