"""What becomes of facts that came: for each key the last word stays (`liangxin.facts`).

A fact that is replaced is closed and kept, as any correction is. Only one open screening of an
organisation, and one open covering by a Party organisation, can stand: an open one ends where the
next begins, here as in every office, and the office that said it is open is still remembered.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl
from sqlalchemy import Connection, delete, func, select, update

from ingest.exchange.merge_fields import Outcome
from liangxin import db, facts
from liangxin.facts import COVERING, HEADCOUNT, MEMBER_COUNTS, PARTY, PARTY_KEY, Kind
from liangxin.frames import TIME
from liangxin.schema import Base, FactStamp
from liangxin.stamps import lexicographic

EVIDENCE = "经交换包由“{office}”报告，依据见该单位记录"


@dataclass(slots=True)
class Facts:
    """Merges the facts of one package, inside the caller's transaction."""

    connection: Connection
    run_id: int
    office: str  # our own name
    now: datetime
    outcome: Outcome

    def merge(
        self, kind: Kind, came: pl.DataFrame, ids: Mapping[str, int], also: Collection[int] = ()
    ) -> dict[int, int]:
        """Merge judged rows of a kind (``kind.columns`` and ``file_row``).

        Args:
            kind: which.
            came: rows whose organisations (and Party organisations) the register has.
            ids: organisations by code.
            also: further organisations whose facts are to be looked through.

        Returns:
            Rows that were replaced, by the ones that stand for them now.
        """
        about: set[int] | None = None
        if kind is not PARTY:
            about = {ids[code] for code in came["uscc"]} | set(also)
        states = facts.states(self.connection, kind, about, self.office)
        here = pl.col("row_id").is_not_null()
        both = came.join(
            states.with_columns(pl.lit(True).alias("here")), on=kind.key, how="left", suffix="_here"
        )
        wins = ~here | lexicographic(
            [
                (pl.col("learned_at"), pl.col("learned_at_here")),
                (pl.col("retracted").cast(pl.Int8), pl.col("retracted_here").cast(pl.Int8)),
                (pl.col("office"), pl.col("office_here")),
                (facts.content(kind), facts.content(kind, "_here")),
            ]
        )
        stands = pl.col("here").fill_null(False) & ~pl.col("retracted_here").fill_null(True)
        differs = facts.content(kind) != facts.content(kind, "_here")
        both = both.with_columns(
            wins=wins,
            is_new=wins & ~pl.col("retracted") & ~stands,
            is_changed=wins & stands & (pl.col("retracted") | differs.fill_null(True)),
        )
        self._count(both)
        after = self._after(kind, states, both.filter("wins"))
        return self._bring_to(kind, after, ids)

    def _count(self, both: pl.DataFrame) -> None:
        new, changed = pl.col("is_new"), pl.col("is_changed")
        self.outcome.new.update(both.filter(new)["file_row"])
        self.outcome.changed.update(both.filter(changed)["file_row"])
        self.outcome.unchanged.update(both.filter(~new & ~changed)["file_row"])

    def _after(self, kind: Kind, states: pl.DataFrame, won: pl.DataFrame) -> pl.DataFrame:
        """The last word on every key: ours and what won, and where it ends in our register."""
        place = ["row_id", "ends", "stamped_id"]
        was = states.select(*kind.key, was_retracted="retracted", was=facts.content(kind))
        kept = states.join(won, on=kind.key, how="anti").with_columns(won=pl.lit(False))
        columns = [*kind.columns, *place, "won"]
        taken = won.with_columns(won=pl.lit(True))
        after = pl.concat([kept.select(columns), taken.select(columns)]).join(
            was, on=kind.key, how="left"
        )
        if "to_on" not in kind.content:
            return after.with_columns(until=pl.lit(None, pl.Date), follows=pl.lit(False))
        if not kind.follows:
            return after.with_columns(until="to_on", follows=pl.lit(False))
        begins = pl.when(~pl.col("retracted")).then("from_on")
        after = after.sort(*kind.follows, "from_on").with_columns(begins=begins)
        following = pl.col("begins").shift(-1).backward_fill().over(kind.follows)
        return after.with_columns(
            until=pl.coalesce("to_on", following),
            follows=pl.col("to_on").is_null() & following.is_not_null(),
        ).drop("begins")

    def _bring_to(self, kind: Kind, after: pl.DataFrame, ids: Mapping[str, int]) -> dict[int, int]:
        """Write what differs from what the register has."""
        stood = pl.col("row_id").is_not_null() & ~pl.col("was_retracted").fill_null(True)
        same = (facts.content(kind) == pl.col("was")) & pl.col("until").eq_missing(pl.col("ends"))
        if kind is COVERING:
            same &= self._hangs_right(after)
        after = after.with_columns(
            closes=stood & (pl.col("retracted") | ~same),
            opens=~pl.col("retracted") & ~(stood & same),
            # Taken back before we ever had it: remembered, so that an older package cannot bring it.
            unborn=pl.col("retracted") & pl.col("row_id").is_null(),
        )
        self._close(kind, after.filter("closes")["row_id"].to_list())
        written = after.filter(pl.col("opens") | pl.col("unborn"))
        numbers = self._insert(kind, written, ids)
        stamped = pl.concat(
            [
                written.with_columns(number=pl.Series(numbers, dtype=pl.Int64)),
                after.filter(pl.col("won") & ~pl.col("opens") & ~pl.col("unborn")).with_columns(
                    number="row_id"
                ),
            ]
        )
        self._stamp(kind, stamped)
        replaced = zip(written["row_id"].to_list(), numbers, strict=True)
        return {old: new for old, new in replaced if old is not None}

    def _hangs_right(self, after: pl.DataFrame) -> pl.Expr:
        """Whether coverings hang on the row that stands for their Party organisation now."""
        table = Base.metadata.tables["covering"]
        rows = db.existing_in(
            self.connection, table, "id", after["row_id"].drop_nulls().unique().to_list()
        )
        hangs = {row["id"]: row["party_organisation_id"] for row in rows}
        standing = self._parties()
        right = [
            row is None or hangs.get(row) == standing.get(tuple(key))
            for row, *key in after.select("row_id", *PARTY_KEY).iter_rows()
        ]
        return pl.lit(pl.Series(right, dtype=pl.Boolean))

    def _parties(self) -> dict[tuple[Any, ...], int]:
        """The row that stands for each Party organisation, by key."""
        states = facts.states(self.connection, PARTY, None, self.office)
        return {tuple(key): row for row, *key in states.select("row_id", *PARTY.key).iter_rows()}

    def _close(self, kind: Kind, rows: list[int]) -> None:
        table = Base.metadata.tables[kind.name]
        for start in range(0, len(rows), 5_000):
            some = table.c.id.in_(rows[start : start + 5_000])
            self.connection.execute(update(table).where(some).values(corrected_at=self.now))

    def _insert(self, kind: Kind, rows: pl.DataFrame, ids: Mapping[str, int]) -> list[int]:
        """Write rows and return their numbers."""
        if rows.is_empty():
            return []
        table = Base.metadata.tables[kind.name]
        last = self.connection.execute(select(func.max(table.c.id))).scalar() or 0
        numbers = list(range(last + 1, last + 1 + rows.height))
        before = {
            row["id"]: row
            for row in db.existing_in(
                self.connection, table, "id", rows["row_id"].drop_nulls().to_list()
            )
        }
        parties = self._parties() if kind is COVERING else {}
        if kind is PARTY:
            keys = rows.select(PARTY.key).iter_rows()
            parties = self._parties() | dict(zip(keys, numbers, strict=True))
        made = [
            {
                "id": number,
                "learned_at": self.now,
                "corrected_at": self.now if row["unborn"] else None,
                **self._columns(kind, row, before.get(row["row_id"]), ids, parties),
            }
            for number, row in zip(numbers, rows.iter_rows(named=True), strict=True)
        ]
        schema = {column.name: _type(column) for column in table.columns if column.name in made[0]}
        frame = pl.DataFrame(made, schema=schema)
        if kind is PARTY:  # one may stand under another that is written with it
            db.insert_frame(self.connection, table, frame.drop("parent_id"))
            above = frame.filter(pl.col("parent_id").is_not_null()).select("id", "parent_id")
            db.update_frame(self.connection, table, above, key="id")
        else:
            db.insert_frame(self.connection, table, frame)
        db.renumber(self.connection, table)
        return numbers

    def _columns(
        self,
        kind: Kind,
        row: Mapping[str, Any],
        before: Mapping[str, Any] | None,
        ids: Mapping[str, int],
        parties: Mapping[tuple[Any, ...], int],
    ) -> dict[str, Any]:
        """The columns of a row of the kind's own table."""
        if kind is PARTY:
            return _party(row, parties)
        told: dict[str, Any] = {"organisation_id": ids[row["uscc"]]}
        if kind is HEADCOUNT:
            return told | {"run_id": self.run_id} | _headcount(row, before)
        told |= {"from_on": row["from_on"], "to_on": row["until"]}
        if kind is COVERING:
            key = tuple(row[name] for name in PARTY_KEY)
            return told | {"party_organisation_id": parties[key], "mode": row["mode"] or "alone"}
        ours = before if before is not None and not row["won"] else None
        return told | {
            "state": row["state"] or "imported",
            "evidence": ours["evidence"] if ours else EVIDENCE.format(office=row["office"]),
            "decided_by": ours["decided_by"] if ours else row["office"],
        }

    def _stamp(self, kind: Kind, rows: pl.DataFrame) -> None:
        """Remember who said it; a renewed stamp gets a higher number than any."""
        if rows.is_empty():
            return
        table = Base.metadata.tables["fact_stamp"]
        first = (self.connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
        renewed = rows.filter(pl.col("number") == pl.col("row_id"))["stamped_id"].drop_nulls()
        for start in range(0, len(renewed), 5_000):
            some = FactStamp.id.in_(renewed[start : start + 5_000].to_list())
            self.connection.execute(delete(FactStamp).where(some))
        db.insert_frame(
            self.connection,
            table,
            rows.select(
                pl.int_range(first, first + rows.height, dtype=pl.Int64).alias("id"),
                "learned_at",
                "office",
                "retracted",
                kind=pl.lit(kind.name),
                row_id="number",
                ends_with_next="follows",
                run_id=pl.lit(self.run_id),
            ),
        )
        db.renumber(self.connection, table)


def _party(row: Mapping[str, Any], parties: Mapping[tuple[Any, ...], int]) -> dict[str, Any]:
    parent = tuple(row[f"parent_{name}"] for name in PARTY.key)
    told = {name: row[name] for name in ("name", "subdistrict_code", "from_on")}
    return told | {
        "level": row["level"] or "branch",
        "to_on": row["until"],
        "parent_id": parties.get(parent),
    }


def _headcount(row: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, Any]:
    """What came, and of our own what may not be sent and so cannot come back."""
    told = {name: row[name] for name in (*HEADCOUNT.key[1:], *HEADCOUNT.content)}
    if before is None:
        return told | {"instructors_counted": None}
    shown = facts.masked(
        HEADCOUNT,
        pl.DataFrame(
            [{name: before[name] for name in MEMBER_COUNTS}],
            schema=dict.fromkeys(MEMBER_COUNTS, pl.Int64),
        ),
    ).row(0, named=True)
    hidden = {
        name: before[name]
        for name in MEMBER_COUNTS
        if told[name] is None and shown[name] is None and before[name] is not None
    }
    return told | hidden | {"instructors_counted": before["instructors_counted"]}


def _type(column: Any) -> Any:
    return {"DATETIME": TIME, "DATE": pl.Date, "TEXT": pl.String, "VARCHAR": pl.String}.get(
        column.type.__visit_name__.upper(), pl.Int64
    )
