"""A file that describes an earlier day than the register knows already: fitted in, not laid over.

Which histories it can touch is found first; all others need nothing. Those are told anew from
everything that was ever said of these organisations (``ingest.replay``, ``ingest.timeline``), and
the difference is written: what turned out otherwise is marked as corrected by this run and stays,
so that every figure can still be told as it was known before.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from sqlalchemy import Connection, or_, select

from ingest import replay, telling
from ingest.known import Known, Numbers64
from ingest.load import SLICE, Delivery, Load, source_id
from ingest.locate.gazetteer import Gazetteer
from ingest.merging import LEADERS, SCHEMA, STORED
from ingest.registrations import speaking
from ingest.timeline import Said
from liangxin import db
from liangxin.schema import FieldChange, FieldStamp, Organisation, RefusedRow, Run
from liangxin.settings import Settings


def is_in_order(connection: Connection, delivery: Delivery) -> bool:
    """Return if nothing is known of a later day than the one a delivery describes."""
    own = source_id(connection, delivery.source)
    return newest_day(connection, own, delivery.district) <= delivery.as_of


def newest_day(connection: Connection, source: int, district: str) -> date:
    """Return the latest day that a source's file, or any that spoke of an organisation, describes."""
    query = (
        select(Run.as_of)
        .where(Run.source_id.in_([source, *speaking(connection)]), Run.undone_at.is_(None))
        .order_by(Run.as_of.desc())
        .limit(1)
    )
    if district:
        query = query.where(or_(Run.district_code == district, Run.district_code.is_(None)))
    return connection.execute(query).scalar() or date.min


class LateLoad(Load):
    """Fits one run's accepted rows in; all of them are read, none is passed by."""

    def __init__(
        self,
        connection: Connection,
        delivery: Delivery,
        known: Known,
        settings: Settings,
        gazetteer: Gazetteer,
    ) -> None:
        super().__init__(connection, delivery, known)
        self._settings = settings
        self._gazetteer = gazetteer
        self._rows = [pl.DataFrame(schema={"uscc": pl.String, "file_row": pl.UInt32, **SCHEMA})]
        self._entered: list[int] = []
        self._prints: list[pl.DataFrame] = []
        # Found by code: a fingerprint says what was said last, not what was said by then.
        self._all = self.known
        self.known = Known.nothing()

    def pass_by(self, entries: Numbers64) -> None:
        """Nothing is passed by."""

    def take(self, frame: pl.DataFrame) -> None:
        """Enter organisations nobody knew, and note whose history the others may touch."""
        self.tally.located += frame.height - frame["subdistrict_code"].null_count()
        before = self.held.of(frame["uscc"])
        self._entered += self.insert(frame.join(before, on="uscc", how="anti")).to_list()
        known = frame.join(before, on="uscc", how="inner", suffix="_before")
        self._all.meet_organisations(known["id"].to_list())
        touched = known.filter(~pl.Series(self._settled(known), dtype=pl.Boolean))
        self.tally.unchanged += known.height - touched.height
        self._rows.append(touched.select("uscc", "file_row", *STORED))
        self._prints.append(touched.select("id", "fingerprint", "traits", "file_row"))

    def _settled(self, known: pl.DataFrame) -> list[bool]:
        """Which rows say what this source, the only one that spoke, has said from that day on."""
        ids = known["id"].to_list()
        moved = self._with_changes(ids) | self.registrations.spoken_by_others(ids)
        moved |= self._told_by_packages(ids)
        held = self.registrations.held(self.source_id, ids)
        prints = dict(held.select("organisation_id", "row_hash").iter_rows())
        signed = known["fingerprint"].reinterpret(signed=True)
        return [
            each not in moved and sent != 0 and prints.get(each) == sent and seen <= self.as_of
            for each, sent, seen in zip(ids, signed, known["seen_on_before"], strict=True)
        ]

    def _with_changes(self, ids: Sequence[int]) -> set[int]:
        found: set[int] = set()
        for start in range(0, len(ids), SLICE):
            some = FieldChange.organisation_id.in_(ids[start : start + SLICE])
            query = select(FieldChange.organisation_id).where(some).distinct()
            found.update(self.connection.execute(query).scalars())
        return found

    def _told_by_packages(self, ids: Sequence[int]) -> set[int]:
        some = db.among(self.connection, FieldStamp.organisation_id, ids)
        query = select(FieldStamp.organisation_id).where(some).distinct()
        return set(self.connection.execute(query).scalars())

    def finish(self, *, snapshot: bool, repeated: frozenset[str]) -> None:
        """Tell the touched histories anew, and fit the absences in."""
        rows = pl.concat(self._rows)
        before = self.held.of(rows["uscc"])
        if not rows.is_empty():
            self._tell_anew(rows, before)
        self._forget_repeated(repeated)
        if snapshot:
            self._fit_absences_in(before)

    def _tell_anew(self, rows: pl.DataFrame, before: pl.DataFrame) -> None:
        ids = before["id"].to_list()
        said = self._everything_said(rows, ids)
        changed = telling.tell_anew(self.connection, self.run_id, before, said)
        self.tally.changed += len(changed)
        self.tally.unchanged += rows.height - len(changed)
        spoken = set(self._all.organisations.tolist())
        sent = pl.concat(self._prints).with_columns(fingerprint=pl.lit(0, pl.UInt64))
        self.registrations.insert(sent.filter(~pl.col("id").is_in(list(spoken))))
        every = [self.source_id, *self.registrations.others]
        self.registrations.forget_prints(sorted(changed), sources=every)
        if self.registrations.others:
            now = self.held.of(rows["uscc"])
            self._follow(self._altered(before, now))
            self._ask(rows, now)

    def _altered(self, before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
        """What the register said of organisations and says now, and who says so."""
        said = now.select("id", *(pl.col(name).alias(f"{name}_after") for name in LEADERS))
        was = before.select("id", *(pl.col(name).alias(f"{name}_before") for name in LEADERS))
        return was.join(said, on="id").join(self.providers(now["id"].to_list()), on="id")

    def _ask(self, rows: pl.DataFrame, now: pl.DataFrame) -> None:
        """Ask about what rows say otherwise than the register now, if the source has not said more since.

        What agreed with the register on its day is not held against what came later.
        """
        held = self.registrations.held(self.source_id, now["id"].to_list())
        later = select(Run.id).where(Run.source_id == self.source_id, Run.as_of > self.as_of)
        since = self.connection.execute(later).scalars().all()
        last = held.filter(~pl.col("run_id").is_in(since))["organisation_id"]
        mine = rows.join(
            now.filter(pl.col("id").is_in(last.implode())), on="uscc", suffix="_before"
        )
        if mine.is_empty():
            return
        after = self._with_providers(mine).with_columns(
            pl.col(f"{name}_before").alias(f"{name}_after") for name in STORED
        )
        after = self._without_agreed(after)
        asked, settled = self._disagreements.ask(after, self.as_of, self.delivery.office_of)
        self.tally.asked += asked
        self.tally.settled += settled

    def _without_agreed(self, after: pl.DataFrame) -> pl.DataFrame:
        """Rows without the values that the register held on their day, before it was told another."""
        table = FieldChange.metadata.tables["field_change"]
        query = (
            select(table.c.organisation_id, table.c.field, table.c.old_value)
            .where(
                db.among(self.connection, table.c.organisation_id, after["id"].to_list()),
                table.c.field.in_(LEADERS),
                table.c.from_on > self.as_of,
                table.c.corrected_by.is_(None),
            )
            .order_by(table.c.from_on.desc(), table.c.id.desc())
        )
        held = {(row[0], row[1]): row[2] for row in self.connection.execute(query)}
        for leader in LEADERS:
            then = pl.Series([held.get((each, leader)) for each in after["id"]], dtype=pl.String)
            agreed = (after[leader].cast(pl.String) == then).fill_null(value=False)
            after = after.with_columns(pl.when(~agreed).then(leader).alias(leader))
        return after

    def _everything_said(self, rows: pl.DataFrame, ids: Sequence[int]) -> list[Said]:
        """This run's rows among those of all runs that spoke of these organisations."""
        sources = {self.source_id} | {
            each for each in self.registrations.others if self.registrations.any_held(each, ids)
        }
        past = replay.runs_of(self.connection, sources, but=self.run_id)
        said = [
            replay.said_by(self.connection, each, rows["uscc"], self._settings, self._gazetteer)
            for each in past
        ]
        mine = Said(self.run_id, self.source_id, self.as_of, self.delivery.ownership, rows)
        return sorted([*said, mine], key=lambda each: (each.as_of, each.run_id))

    def _fit_absences_in(self, before: pl.DataFrame) -> None:
        absent, met = self.absent_and_here()
        here = {*met.tolist(), *self._entered, *before["id"].to_list()}
        absent = self._seen_before(absent - here)
        self.tally.missing = len(absent)
        later = self._later_snapshots()
        if not later:
            self.absences().mark(absent, np.array(sorted(here), dtype=np.int64))
            return
        spoken = set(self._all.organisations.tolist())
        # Since when others speak of one says nothing of when this source first did.
        said = self._first_said(self._shared(spoken & set(before["id"])))
        first: dict[int, date | None] = dict.fromkeys(self._entered)
        for each, seen in before.select("id", "seen_on_before").iter_rows():
            if each not in spoken:
                first[each] = None
            elif (since := said.get(each, seen)) > self.as_of:
                first[each] = since
        self.absences().fit_in(absent, here, first, later)

    def absent_and_here(self) -> tuple[set[int], Numbers64]:
        """As in order, by all that the source has said before."""
        self.known = self._all
        return super().absent_and_here()

    def _later_snapshots(self) -> dict[date, set[int]]:
        """Days of the source's later files, in order, each with whom refused rows of it name."""
        query = select(Run.id, Run.as_of).where(
            Run.source_id == self.source_id, Run.undone_at.is_(None), Run.as_of > self.as_of
        )
        if self.delivery.district:
            here = Run.district_code == self.delivery.district
            query = query.where(or_(here, Run.district_code.is_(None)))
        days: dict[date, set[int]] = {}
        for run, day in self.connection.execute(query.order_by(Run.as_of)).all():
            named = (
                select(Organisation.id)
                .join(RefusedRow, RefusedRow.uscc == Organisation.uscc)
                .where(RefusedRow.run_id == run)
            )
            days.setdefault(day, set()).update(self.connection.execute(named).scalars())
        return days

    def _seen_before(self, organisations: set[int]) -> set[int]:
        """Those that this source had spoken of before: only they can be missing from what it sends now."""
        known = self._known_before(organisations)
        shared = self._shared(known)
        return (known - shared) | self._first_said(shared, until=self.as_of).keys()

    def _shared(self, organisations: set[int]) -> set[int]:
        """Those that other sources speak of as well."""
        found = set[int]()
        for source in self.registrations.others:
            found.update(self.registrations.held(source, sorted(organisations))["organisation_id"])
        return found

    def _first_said(self, organisations: set[int], until: date = date.max) -> dict[int, date]:
        """The day of this source's first other file that has each, before a day."""
        if not organisations:
            return {}
        rows = self.connection.execute(
            select(Organisation.id, Organisation.uscc).where(
                db.among(self.connection, Organisation.id, sorted(organisations))
            )
        ).all()
        codes = pl.Series("uscc", [row.uscc for row in rows], dtype=pl.String)
        said: dict[str, date] = {}
        for run in replay.runs_of(self.connection, {self.source_id}, but=self.run_id):
            if run.as_of < until:
                each = replay.said_by(self.connection, run, codes, self._settings, self._gazetteer)
                said = dict.fromkeys(each.rows["uscc"], run.as_of) | said
        return {row.id: said[row.uscc] for row in rows if row.uscc in said}

    def _known_before(self, organisations: set[int]) -> set[int]:
        """Those that any source had spoken of before."""
        ids, found = sorted(organisations), set[int]()
        for start in range(0, len(ids), SLICE):
            query = select(Organisation.id).where(
                Organisation.id.in_(ids[start : start + SLICE]), Organisation.seen_on < self.as_of
            )
            found.update(self.connection.execute(query).scalars())
        return found
