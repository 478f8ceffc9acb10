"""Makes whole registers of any size, with all that rates are counted from: invented, from a seed."""

from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import registrations
from sqlalchemy import Connection

from liangxin import db, divisions
from liangxin.schema import Base

NOW = datetime(2026, 11, 1, tzinfo=UTC)
#: KiB of SQLite's cache while filling: codes are random, so an index that does not fit is read anew
#: for every row. Filling is not measured.
CACHE_KIB = 4 * 2**20
#: Days within which things happen, as days since 1970.
FIRST, LAST = (day.toordinal() - date(1970, 1, 1).toordinal() for day in (date(2019, 1, 1), date(2026, 10, 1)))  # fmt: skip


class Maker:
    """Frames of a register of ``size`` organisations, table by table."""

    def __init__(self, size: int, seed: int = 1) -> None:
        self.size = size
        self.chance = np.random.default_rng(seed)
        listed = divisions.shipped()
        self.communities = listed.filter(
            (pl.col("level") == "community")
            & pl.col("code").str.starts_with(registrations.DISTRICT)
        )["code"]

    def some(self, share: float) -> pl.Series:
        """Ids of a share of the organisations, in order."""
        return pl.Series(np.flatnonzero(self.chance.random(self.size) < share) + 1)

    def days(self, number: int, first: int = FIRST, last: int = LAST) -> pl.Series:
        """Random days."""
        return pl.Series(self.chance.integers(first, last, number)).cast(pl.Int32).cast(pl.Date)

    def pick(self, words: list[str], number: int, weights: list[float] | None = None) -> pl.Series:
        """Random words."""
        return pl.Series(words)[pl.Series(self.chance.choice(len(words), number, p=weights))]

    def organisations(self) -> pl.DataFrame:
        """Nine in ten firms, most of them non-public and in existence."""
        code = self.communities[
            pl.Series(self.chance.integers(0, len(self.communities), self.size))
        ]
        social = self.chance.random(self.size) < 0.1
        ownership = self.pick(
            ["NONPUBLIC", "REVIEW", "PUBLIC", "INDIVIDUAL"], self.size, [0.8, 0.08, 0.02, 0.1]
        )
        founded = self.days(self.size, 5_000, LAST)
        return pl.DataFrame(
            {
                "id": pl.int_range(1, self.size + 1, eager=True),
                "uscc": registrations.codes(self.size, self.chance),
                "name": pl.Series([f"示例第{n}号有限公司" for n in range(1, self.size + 1)]),
                "kind": pl.Series(np.where(social, "social", "enterprise").tolist()),
                "enterprise_type": pl.repeat("有限责任公司(自然人独资)", self.size, eager=True),
                "ownership": pl.select(
                    pl.when(pl.Series(social)).then(pl.lit("SOCIAL")).otherwise(ownership)
                ).to_series(),
                "status": self.pick(["1", "4", "2"], self.size, [0.94, 0.05, 0.01]),
                "address": pl.Series([f"武陵区砚池街{n % 999}号" for n in range(self.size)]),
                "subdistrict_code": code.str.slice(0, 9),
                "community_code": code,
                "from_on": founded,
                "seen_on": founded,
                "run_id": pl.repeat(1, self.size, eager=True, dtype=pl.Int64),
            }
        )

    def dated(self, ids: pl.Series, **columns: object) -> pl.DataFrame:
        """Facts of organisations, a tenth of them ended."""
        start = self.days(len(ids))
        ended = pl.Series(self.chance.random(len(ids)) < 0.1)
        length = pl.Series(self.chance.integers(30, 700, len(ids)))
        frame = pl.DataFrame({"organisation_id": ids, "from_on": start}).with_columns(
            to_on=pl.when(ended).then(start + pl.duration(days=length)),
            learned_at=pl.lit(NOW),
        )
        return frame.with_columns(
            **{
                name: value if isinstance(value, pl.Series) else pl.lit(value)
                for name, value in columns.items()
            }
        )

    def screenings(self) -> pl.DataFrame:
        """Seven in ten were screened; most of them operate."""
        ids = self.some(0.7)
        states = ["operating", "shell", "not_found", "closed"]
        state = self.pick(states, len(ids), [0.85, 0.08, 0.04, 0.03])
        return self.dated(ids, state=state, evidence="上门", decided_by="经济办")

    def party(self) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
        """Party organisations, their terms, and whom they cover: four in ten, most jointly."""
        ids = self.some(0.4)
        alone = pl.Series(self.chance.random(len(ids)) < 0.15)
        frame = pl.DataFrame({"organisation_id": ids, "alone": alone}).sort("alone")
        number = frame["alone"].cum_sum() + (~frame["alone"]).cum_sum() // 3
        frame = frame.with_columns(party_organisation_id=number - number.min() + 1)
        parties = frame.group_by("party_organisation_id", maintain_order=True).agg(
            pl.col("alone").any()
        )
        count = parties.height
        start = self.days(count, FIRST - 700, FIRST)
        organisations = pl.DataFrame(
            {
                "id": parties["party_organisation_id"],
                "name": pl.Series([f"示例第{n}支部" for n in range(count)]),
                "level": pl.select(
                    pl.when(parties["alone"])
                    .then(pl.lit("branch"))
                    .otherwise(pl.lit("joint_branch"))
                ).to_series(),
                "subdistrict_code": pl.repeat(self.communities[0][:9], count, eager=True),
                "from_on": start,
            }
        ).with_columns(learned_at=pl.lit(NOW))
        terms = pl.DataFrame(
            {
                "party_organisation_id": organisations["id"],
                "level": organisations["level"],
                "from_on": self.days(count),
            }
        ).with_columns(due_on=pl.col("from_on") + pl.duration(days=1_095), learned_at=pl.lit(NOW))
        mode = pl.select(
            pl.when(frame["alone"]).then(pl.lit("alone")).otherwise(pl.lit("joint"))
        ).to_series()
        coverings = self.dated(
            frame["organisation_id"],
            party_organisation_id=frame["party_organisation_id"],
            mode=mode,
        )
        return organisations, terms, coverings

    def headcounts(self) -> pl.DataFrame:
        """Six in ten have a count of staff and members; some have two."""
        ids = pl.concat([self.some(0.6), self.some(0.1)])
        members = pl.Series(self.chance.choice(6, len(ids), p=[0.6, 0.15, 0.1, 0.07, 0.05, 0.03]))
        return pl.DataFrame(
            {
                "organisation_id": ids,
                "source": self.pick(["screening", "annual_report"], len(ids)),
                "counted_on": self.days(len(ids)),
                "staff": pl.Series(self.chance.geometric(0.08, len(ids))),
                "members": members,
                "full_members": members,
            }
        ).unique(["organisation_id", "source", "counted_on"]).with_columns(learned_at=pl.lit(NOW))  # fmt: skip

    def findings(self) -> pl.DataFrame:
        """Half are known to have premises, a third whether they are above scale."""
        made = []
        for field, share in (("fixed_place", 0.5), ("above_scale", 0.33)):
            ids = self.some(share)
            value = self.pick(["1", "0"], len(ids), [0.6, 0.4])
            made.append(self.dated(ids, field=field, value=value, source="screening"))
        return pl.concat(made)

    def changes(self) -> pl.DataFrame:
        """One in twenty moved to another sub-district."""
        ids = self.some(0.05)
        return pl.DataFrame(
            {
                "organisation_id": ids,
                "field": pl.repeat("subdistrict_code", len(ids), eager=True),
                "old_value": self.communities[
                    pl.Series(self.chance.integers(0, len(self.communities), len(ids)))
                ].str.slice(0, 9),
                "from_on": self.days(len(ids)),
                "run_id": pl.repeat(1, len(ids), eager=True, dtype=pl.Int64),
                "file_row": pl.repeat(2, len(ids), eager=True, dtype=pl.Int64),
            }
        )


def fill(connection: Connection, size: int, *, seed: int = 1) -> None:
    """Write a register of ``size`` organisations, the same for the same seed."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA cache_size = -{CACHE_KIB}")
    maker = Maker(size, seed)
    tables = Base.metadata.tables
    connection.execute(tables["source"].insert().values(id=1, name="market_regulator"))
    zero = dict.fromkeys(("refused", "skipped", "changed", "unchanged", "missing", "located"), 0)
    connection.execute(
        tables["run"].insert().values(
            id=1, source_id=1, as_of=date(2026, 10, 1), rows=size, accepted=size, new=size,
            seconds=1.0, learned_at=NOW, **zero,
        )
    )  # fmt: skip
    db.insert_frame(connection, tables["organisation"], maker.organisations())
    organisations, terms, coverings = maker.party()
    instructors = pl.DataFrame(
        {
            "id": pl.int_range(1, size // 50 + 2, eager=True),
            "name": pl.repeat("示例指导员", size // 50 + 1, eager=True),
            "kind": pl.repeat("subdistrict_cadre", size // 50 + 1, eager=True),
            "subdistrict_code": pl.repeat("430702001", size // 50 + 1, eager=True),
        }
    ).with_columns(learned_at=pl.lit(NOW))
    sent = maker.some(0.2)
    assignments = maker.dated(
        sent, instructor_id=pl.Series(maker.chance.integers(1, size // 50 + 1, len(sent)))
    )
    for name, frame in (
        ("screening", maker.screenings()),
        ("party_organisation", organisations),
        ("party_term", terms),
        ("covering", coverings),
        ("instructor", instructors),
        ("assignment", assignments),
        ("headcount", maker.headcounts()),
        ("finding", maker.findings()),
        ("field_change", maker.changes()),
    ):
        db.insert_frame(connection, tables[name], frame)
        db.renumber(connection, tables[name])
