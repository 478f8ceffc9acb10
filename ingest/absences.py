"""Who is not in a source's full list, and since when: absence is not deletion.

An absence runs from the first snapshot that lacks an organisation to the first that has it again.
A snapshot that arrives late is fitted in: what it shows to have been otherwise is marked as
corrected and told anew, so that what was known before can still be told as it was known.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray
from sqlalchemy import Connection, select, update

from liangxin import db
from liangxin.schema import Absence

SLICE = 5_000
_TABLE = Absence.metadata.tables["absence"]
_SCHEMA = {"organisation_id": pl.Int64(), "from_on": pl.Date(), "to_on": pl.Date()}


@dataclass(frozen=True, slots=True)
class Spell:
    """An absence as the register has it."""

    id: int
    organisation_id: int
    from_on: date
    to_on: date | None

    def covers(self, day: date) -> bool:
        """Whether the organisation was absent on a day."""
        return self.from_on <= day and (self.to_on is None or self.to_on > day)


@dataclass(frozen=True, slots=True)
class Absences:
    """Absences from the snapshots of one source, written by one run."""

    connection: Connection
    source_id: int
    run_id: int
    as_of: date

    def mark(self, absent: Collection[int], here: NDArray[np.int64]) -> None:
        """After a snapshot that is the newest: open an absence, or close one."""
        open_ = {each.organisation_id: each.id for each in self._held(current=True)}
        back: list[int] = []
        if open_:
            there = np.array(list(open_.items()), dtype=np.int64)
            back = there[np.isin(there[:, 0], here), 1].tolist()
        for start in range(0, len(back), SLICE):
            self.connection.execute(
                update(Absence)
                .where(Absence.id.in_(back[start : start + SLICE]))
                .values(to_on=self.as_of, returned_run_id=self.run_id)
            )
        self._insert([(each, self.as_of, None) for each in sorted(set(absent) - open_.keys())])

    def fit_in(
        self,
        absent: Collection[int],
        here: Collection[int],
        first_seen: Mapping[int, date | None],
        later: Mapping[date, Collection[int]],
    ) -> None:
        """Fit in a snapshot that is not the newest.

        Args:
            absent: organisations the source spoke of on an earlier day, and not in this snapshot.
            here: those in it.
            first_seen: of those in it whom the source was not known to have had by then: the
                later day it was first known to have them, or ``None``.
            later: the days of the source's snapshots after this one, in order, each with those
                of the organisations in it that a refused row names: they are not absent.
        """
        following = next(iter(later))
        held: dict[int, list[Spell]] = {}
        for each in self._held(current=False):
            held.setdefault(each.organisation_id, []).append(each)
        wrong: list[int] = []
        right: list[tuple[int, date, date | None]] = []
        for organisation in here:
            for spell in held.get(organisation, ()):
                if spell.covers(self.as_of):
                    wrong.append(spell.id)
                    right += self._split(spell, following)
            if organisation in first_seen:
                right += _gaps(organisation, first_seen[organisation], later)
        for organisation in absent:
            spells = held.get(organisation, ())
            if any(spell.covers(self.as_of) for spell in spells):
                continue
            grown = next((spell for spell in spells if spell.from_on == following), None)
            if grown is not None:
                wrong.append(grown.id)
            right.append((organisation, self.as_of, grown.to_on if grown else following))
        self._correct(wrong)
        self._insert(right)

    def _split(self, spell: Spell, following: date) -> list[tuple[int, date, date | None]]:
        """What is left of an absence in whose midst the organisation was there after all."""
        parts: list[tuple[int, date, date | None]] = []
        if spell.from_on < self.as_of:
            parts.append((spell.organisation_id, spell.from_on, self.as_of))
        if spell.to_on is None or following < spell.to_on:
            parts.append((spell.organisation_id, following, spell.to_on))
        return parts

    def _held(self, *, current: bool) -> list[Spell]:
        columns = (
            Absence.id,
            Absence.organisation_id,
            Absence.from_on,
            Absence.to_on,
        )
        query = select(*columns).where(
            Absence.source_id == self.source_id, Absence.corrected_by.is_(None)
        )
        if current:
            query = query.where(Absence.to_on.is_(None))
        return [Spell(*row) for row in self.connection.execute(query.order_by(Absence.from_on))]

    def _correct(self, ids: Sequence[int]) -> None:
        for start in range(0, len(ids), SLICE):
            self.connection.execute(
                update(Absence)
                .where(Absence.id.in_(ids[start : start + SLICE]))
                .values(corrected_by=self.run_id)
            )

    def _insert(self, spells: Sequence[tuple[int, date, date | None]]) -> None:
        rows = pl.DataFrame(spells, schema=_SCHEMA, orient="row")
        same = {"source_id": self.source_id, "run_id": self.run_id}
        db.insert_frame(self.connection, _TABLE, rows, same=same)


def _gaps(
    organisation: int, until: date | None, later: Mapping[date, Collection[int]]
) -> list[tuple[int, date, date | None]]:
    """Absences of an organisation from the next snapshots, up to the day it was seen there."""
    gaps: list[tuple[int, date, date | None]] = []
    since: date | None = None
    for day, named in later.items():
        if until is not None and day >= until:
            break
        if organisation in named:
            if since is not None:
                gaps.append((organisation, since, day))
            since = None
        elif since is None:
            since = day
    if since is not None:
        gaps.append((organisation, since, until))
    return gaps
