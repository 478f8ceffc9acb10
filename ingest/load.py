"""Accepted rows into the register: upsert, history, absences; one run, one transaction.

This is the way of a file that is the newest of its register; one that describes an earlier day
than what is known is fitted in by ``ingest.late``. Rows that the source sent before are passed by
before they get here (``ingest.preparing``). The rest is told apart by code: new organisations are
inserted in bulk, changed ones compared field by field, each difference kept as a
``field_change``. What a file does not say erases nothing; what its source does not own becomes a
question (``ingest.disagreements``).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
import polars as pl
from sqlalchemy import Connection, func, select

from ingest import owners, profile
from ingest.absences import Absences
from ingest.disagreements import Disagreements
from ingest.held import Held
from ingest.known import Known, Numbers64
from ingest.merging import (
    LEADERS,
    STORED,
    Ownership,
    changed,
    differs,
    merged,
    provider,
)
from ingest.registrations import Registrations
from liangxin import db
from liangxin.schema import Base, FieldChange, FieldStamp, Organisation, Run, Source

#: What a run counts, and how long it took: columns of `run`, keys of its report.
COUNTS = (
    "rows",
    "accepted",
    "refused",
    "skipped",
    "new",
    "changed",
    "unchanged",
    "missing",
    "located",
    "seconds",
)
SLICE = 5_000


class OutOfTurn(Exception):
    """A later file, of another district or another office, told of an organisation that this one names."""


@dataclass(slots=True)
class Tally:
    """What became of the accepted rows so far."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    missing: int = 0
    located: int = 0
    asked: int = 0
    settled: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whose file this is, of which day, for which district, and when it was learned."""

    source: str
    as_of: date
    district: str
    now: datetime
    ownership: Ownership = field(default_factory=Ownership)
    #: Of a source by name, the role that answers for what it says.
    office_of: Callable[[str], str] = field(default=lambda _: "district_office", compare=False)
    #: Of a source by name, what it owns.
    ownership_of: Callable[[str], Ownership] = field(
        default=lambda _: Ownership(frozenset()), compare=False
    )


class Load:
    """Writes one run's accepted rows, batch by batch, inside the caller's transaction."""

    def __init__(
        self,
        connection: Connection,
        delivery: Delivery,
        known: Known | None = None,
    ) -> None:
        self.connection = connection
        self.delivery = delivery
        self.as_of = delivery.as_of
        self.tally = Tally()
        self.source_id = source_id(connection, delivery.source)
        self.run_id = open_run(
            connection,
            self.source_id,
            as_of=delivery.as_of,
            district=delivery.district,
            now=delivery.now,
        )
        self.registrations = Registrations(connection, self.source_id, self.run_id, known)
        self.known = self.registrations.known
        last = connection.execute(select(func.max(Organisation.id))).scalar()
        self._next_id = (last or 0) + 1
        self.held = Held(connection, empty=last is None)
        self._overtaken: bool | None = None
        self._refused: set[str] = set()
        self._disagreements = Disagreements(connection, self.source_id, self.run_id, delivery.now)

    def pass_by(self, entries: Numbers64) -> None:
        """Count rows that the source sent before, letter for letter."""
        self.known.meet(entries)
        self.tally.unchanged += len(entries)
        self.tally.located += profile.located(self.known.traits[entries])

    def take(self, frame: pl.DataFrame) -> None:
        """Write a batch of accepted rows: normalised, located, with their fingerprints."""
        self.tally.located += frame.height - frame["subdistrict_code"].null_count()
        before = self.held.of(frame["uscc"])
        if frame.is_empty():
            return
        known = frame.join(before, on="uscc", how="inner", suffix="_before")
        self.insert(frame.join(before, on="uscc", how="anti"))
        if not known.is_empty():
            self._compare(known)

    def refuse(self, frame: pl.DataFrame) -> None:
        """Remember whom a batch of refused rows names: they are not absent."""
        self._refused.update(frame.filter(pl.col("uscc_fault") == "")["uscc"])

    def insert(self, frame: pl.DataFrame) -> pl.Series:
        """Write organisations the register did not know; return their ids."""
        ids = pl.int_range(self._next_id, self._next_id + frame.height, eager=True).alias("id")
        if frame.is_empty():
            return ids
        self._next_id += frame.height
        self.tally.new += frame.height
        organisations = frame.select(
            ids,
            "uscc",
            *STORED,
            pl.col("established_on").fill_null(self.as_of).alias("from_on"),
            pl.lit(self.as_of).alias("seen_on"),
        )
        table = Base.metadata.tables["organisation"]
        db.insert_frame(self.connection, table, organisations, same={"run_id": self.run_id})
        self.registrations.insert(frame.with_columns(ids))
        return ids

    def _compare(self, known: pl.DataFrame) -> None:
        """Find what changed of organisations the register has, and keep both values."""
        ownership = self.delivery.ownership
        known = self._with_providers(known)
        after = known.with_columns(merged(ownership, self.source_id)).with_columns(
            differs=differs()
        )
        ids = after["id"].to_list()
        altered = after.filter("differs")
        self.tally.changed += altered.height
        self.tally.unchanged += after.height - altered.height
        if self._is_overtaken():
            self._require_its_turn(altered, after)
        if not altered.is_empty():
            self._write_changes(altered)
            self.registrations.forget_prints(
                altered["id"].to_list(), sources=self.registrations.others
            )
            if self.registrations.others:
                self._follow(
                    altered.with_columns(
                        pl.lit(self.source_id).alias(provider(leader)) for leader in LEADERS
                    )
                )
        self.known.meet_organisations(ids)
        self.registrations.renew(after)
        if self.registrations.others:
            asked, settled = self._disagreements.ask(after, self.as_of, self.delivery.office_of)
            self.tally.asked += asked
            self.tally.settled += settled

    def _follow(self, altered: pl.DataFrame) -> None:
        """Bring open questions about these organisations up to what the register says now."""
        asked, settled = self._disagreements.follow(altered, self.as_of, self.delivery.office_of)
        self.tally.asked += asked
        self.tally.settled += settled

    def _is_overtaken(self) -> bool:
        """Whether a file of a later day was loaded, which is then of another district, or a package
        brought what is true since a later day.
        """
        if self._overtaken is None:
            sources = [self.source_id, *self.registrations.others]
            later = select(Run.id).where(
                Run.source_id.in_(sources), Run.undone_at.is_(None), Run.as_of > self.as_of
            )
            stamped = select(FieldStamp.id).where(FieldStamp.from_on > self.as_of)
            self._overtaken = any(
                self.connection.execute(query.limit(1)).first() is not None
                for query in (later, stamped)
            )
        return self._overtaken

    def _require_its_turn(self, altered: pl.DataFrame, rows: pl.DataFrame) -> None:
        """Return if nothing later than this file was said of any of these organisations.

        Of one that the register has in these words now it matters only whether it had others since.

        Raises:
            OutOfTurn: something was.
        """
        came_later = altered.filter(pl.col("seen_on_before") > self.as_of).height > 0
        changed_later = select(FieldChange.id).where(
            db.among(self.connection, FieldChange.organisation_id, rows["id"].to_list()),
            FieldChange.from_on > self.as_of,
            FieldChange.corrected_by.is_(None),
        )
        stamped_later = select(FieldStamp.id).where(
            db.among(self.connection, FieldStamp.organisation_id, altered["id"].to_list()),
            FieldStamp.from_on > self.as_of,
        )
        if came_later or any(
            self.connection.execute(query.limit(1)).first() is not None
            for query in (changed_later, stamped_later)
        ):
            raise OutOfTurn

    def _with_providers(self, known: pl.DataFrame) -> pl.DataFrame:
        """Add who gave each field its value, where the source may not simply set it."""
        foreign = self.delivery.ownership.foreign(known)
        if foreign.is_empty() or not self.registrations.others:
            return known.with_columns(
                pl.lit(self.source_id).alias(provider(leader)) for leader in LEADERS
            )
        given = self.providers(foreign["id"].to_list())
        return known.join(given, on="id", how="left").with_columns(
            pl.col(provider(leader)).fill_null(self.source_id) for leader in LEADERS
        )

    def providers(self, organisations: list[int]) -> pl.DataFrame:
        """Return ``id`` and for each leading field the source whose value it bears (``<leader>_by``)."""
        given = providers(self.connection, organisations)
        owners_ = owners.of_sources(
            self.connection, self.registrations.others, self.delivery.ownership_of
        )
        owners_[self.source_id] = self.delivery.ownership
        return owners.confirmed(self.connection, given, owners_, self.registrations.held)

    def _write_changes(self, altered: pl.DataFrame) -> None:
        parts = [
            altered.filter(changed(name)).select(
                pl.col("id").alias("organisation_id"),
                pl.lit(name).alias("field"),
                pl.col(f"{name}_before").cast(pl.String).alias("old_value"),
                pl.col(f"{name}_after").cast(pl.String).alias("new_value"),
                pl.lit(self.as_of).alias("from_on"),
                pl.lit(self.run_id).alias("run_id"),
                "file_row",
            )
            for name in STORED
        ]
        db.insert_frame(
            self.connection, FieldChange.metadata.tables["field_change"], pl.concat(parts)
        )
        # A column that is the same in all rows is left out: its indexes need not be renewed.
        moved = [name for name in STORED if altered.select(changed(name).any()).item()]
        values = altered.select("id", *(pl.col(f"{name}_after").alias(name) for name in moved))
        db.update_frame(self.connection, Base.metadata.tables["organisation"], values, key="id")

    def finish(self, *, snapshot: bool, repeated: frozenset[str]) -> None:
        """After the last batch: absences, and rows that are read again next time."""
        self._forget_repeated(repeated)
        if not snapshot:
            return
        absent, here = self.absent_and_here()
        self.tally.missing = len(absent)
        self.absences().mark(absent, here)

    def absences(self) -> Absences:
        """The absences this run may write."""
        return Absences(self.connection, self.source_id, self.run_id, self.as_of)

    def absent_and_here(self) -> tuple[set[int], Numbers64]:
        """Organisations the source spoke of before: not in this run, and in it (if refused, too)."""
        table = Base.metadata.tables["organisation"]
        named = db.existing_in(self.connection, table, "uscc", sorted(self._refused))
        refused = [row["id"] for row in named]
        here = np.concatenate([self.known.met(), np.array(refused, dtype=np.int64)])
        absent = set(self.known.unmet().tolist()) - set(refused)
        return self._of_district(absent), here

    def _of_district(self, organisations: set[int]) -> set[int]:
        district = self.delivery.district
        if not district:
            return organisations
        query = select(Organisation.id).where(
            db.among(self.connection, Organisation.id, sorted(organisations)),
            Organisation.district_code == district,
        )
        return set(self.connection.execute(query).scalars()) if organisations else set()

    def _forget_repeated(self, codes: frozenset[str]) -> None:
        """A code that several rows bear is told about each time, so all of them are read."""
        table = Base.metadata.tables["organisation"]
        rows = db.existing_in(self.connection, table, "uscc", sorted(codes))
        self.registrations.forget_prints([row["id"] for row in rows], sources=[self.source_id])


def providers(connection: Connection, organisations: list[int]) -> pl.DataFrame:
    """Return ``id`` and for each leading field the source whose value it bears (``<leader>_by``)."""
    first: list[tuple[int, int]] = []
    changes: list[tuple[int, str, int]] = []
    for start in range(0, len(organisations), SLICE):
        some = organisations[start : start + SLICE]
        brought = select(Organisation.id, Run.source_id).join(Run, Run.id == Organisation.run_id)
        rows = connection.execute(brought.where(Organisation.id.in_(some)))
        first.extend((row[0], row[1]) for row in rows)
        since = (
            select(FieldChange.organisation_id, FieldChange.field, Run.source_id)
            .join(Run, Run.id == FieldChange.run_id)
            .where(
                FieldChange.organisation_id.in_(some),
                FieldChange.field.in_((*LEADERS, "seen_on")),
                FieldChange.corrected_by.is_(None),
            )
            .order_by(FieldChange.from_on, FieldChange.id)
        )
        changes.extend((row[0], row[1], row[2]) for row in connection.execute(since))
    by = {each: dict.fromkeys(LEADERS, source) for each, source in first}
    for organisation, name, source in changes:
        # Its first values are those of the file that first showed it, though that came late.
        set_ = LEADERS if name == "seen_on" else (name,)
        by[organisation].update(dict.fromkeys(set_, source))
    rows_ = [(each, *(given[leader] for leader in LEADERS)) for each, given in by.items()]
    names = ["id", *(provider(leader) for leader in LEADERS)]
    return pl.DataFrame(rows_, schema=dict.fromkeys(names, pl.Int64), orient="row")


def open_run(
    connection: Connection, source: int, *, as_of: date, district: str, now: datetime
) -> int:
    """Write a run of a source, nothing counted yet; return its id."""
    run = Run.metadata.tables["run"]
    values = {
        "source_id": source,
        "as_of": as_of,
        "district_code": district or None,
        "learned_at": now,
        **dict.fromkeys(COUNTS, 0),
    }
    return int(connection.execute(run.insert().values(**values).returning(run.c.id)).scalar_one())


def source_id(connection: Connection, name: str) -> int:
    """Return the id of a source by its name, entering it if it is new."""
    table = Source.metadata.tables["source"]
    found = connection.execute(select(table.c.id).where(table.c.name == name)).scalar()
    if found is None:
        found = connection.execute(
            table.insert().values(name=name).returning(table.c.id)
        ).scalar_one()
    return int(found)
