"""What the offices of the demo district counted and noted: numbers by organisation, no person. Pure.

Real are the figures of the case (domain notes §0.1): nine organisations newly screened in Danyang,
seven firms without members in Nanping that entered joint branches after they hired members, 21
transfers of relations in three months, 25 activists in 18 small firms. Everything else is invented.
"""

import random
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from ingest.demo.district import AFTER, BEFORE, SCREENED_ON, District

DANYANG, NANPING = "430702004", "430702009"
NEWLY_SCREENED, HIRED_INTO, TRANSFERS = 9, 7, 21
#: Activists of each of 18 small firms, 25 together.
ACTIVISTS = (1,) * 12 + (2,) * 5 + (3,)
#: The nine were operating all along; it was found out in the half year.
FOUND_OUT = date(2022, 5, 16)
BUILDINGS, SERVED = 10, 7
#: Key buildings stand here, by turns.
DOWNTOWN = ("430702003", "430702004", "430702009", "430702011")


@dataclass(frozen=True, slots=True)
class Counts:
    """Facts keyed by code (USCC) or by the key of a Party organisation."""

    headcounts: pl.DataFrame
    findings: pl.DataFrame
    hires: pl.DataFrame
    transfers: pl.DataFrame
    applications: pl.DataFrame
    terms: pl.DataFrame
    places: pl.DataFrame  # with the key of the Party organisation that serves it, if one does
    newly_screened: list[str]
    readiness: pl.DataFrame


def build(made: District, *, seed: int = 2022) -> Counts:
    """Count the people of a district that was made, from a seed of its own."""
    counter = _Counter(made, random.Random(seed))  # noqa: S311 - a demo, nothing secret
    newly = counter.newly_screened()
    headcounts, hired = counter.headcounts()
    return Counts(
        headcounts=headcounts,
        findings=counter.findings(headcounts),
        hires=counter.hires(hired),
        transfers=counter.transfers(),
        applications=counter.applications(),
        terms=counter.terms(),
        places=counter.places(),
        newly_screened=newly,
        readiness=counter.readiness(),
    )


class _Counter:
    """Counts; all chance comes from one seeded source, and sets are walked in order."""

    def __init__(self, made: District, chance: random.Random) -> None:
        self.made, self.chance = made, chance
        self.covered = made.coverings.join(made.party_organisations, on="key", suffix="_party")
        operating = set(made.screenings.filter(state="operating")["uscc"])
        kinds = made.market_before.filter(
            ~pl.col("企业类型").str.contains("国有独资|个体工商户|合作社")
        )["统一社会信用代码"]
        every = [*kinds, *made.civil_affairs["统一社会信用代码"]]
        self.counted = [code for code in every if code in operating]
        self.new = self.covered.filter(pl.col("from_on") > BEFORE)

    def newly_screened(self) -> list[str]:
        """Nine of Danyang that took part in the case and were found out during it."""
        there = self.new.filter(subdistrict_code=DANYANG)["uscc"].sort().to_list()
        return there[:NEWLY_SCREENED]

    def headcounts(self) -> tuple[pl.DataFrame, dict[str, date]]:
        """Staff and members before and after; those who hired into a joint branch had none before.

        Returns:
            The counts, and of the seven of Nanping the day on which each was covered.
        """
        joint = self.new.filter(subdistrict_code=NANPING, mode="joint")
        sizes = joint.group_by("key", maintain_order=True).len().sort("len", "key")
        chosen = [sizes["key"][0], sizes["key"][-1]]  # one of three units and one of four
        seven = joint.filter(pl.col("key").is_in(chosen))
        hired = dict(seven.select("uscc", "from_on").iter_rows())
        rows: list[tuple[Any, ...]] = []
        members = self._members()
        for code in self.counted:
            full = members.get(code, 0)
            staff = max(full * 4, round(self.chance.lognormvariate(2.6, 0.9)), 1)
            before = 0 if code in hired else full
            rows.append((code, BEFORE, staff, before, before, None))
            if code in hired:
                rows.append((code, AFTER, staff + 1, full, full, None))
        small = [code for code in sorted(self.counted) if code in members and code not in hired]
        for code, number in zip(self.chance.sample(small, len(ACTIVISTS)), ACTIVISTS, strict=True):
            place = next(n for n, row in enumerate(rows) if row[0] == code)
            rows[place] = (*rows[place][:5], number)
        names = ["uscc", "counted_on", "staff", "members", "full_members", "activists"]
        frame = pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)
        return frame.with_columns(source=pl.lit("screening")), hired

    def _members(self) -> dict[str, int]:
        """Full members by code: a branch of one's own has three or more, a joint one together."""
        found: dict[str, int] = {}
        for key, units in self.covered.group_by("key", maintain_order=True):
            codes = units["uscc"].to_list()
            if len(codes) == 1:
                found[codes[0]] = 3 + self.chance.randrange(7)
                continue
            for code in codes:
                found[code] = 1 + (self.chance.random() < 0.3)
            while sum(found[code] for code in codes) < 3:
                found[codes[0]] += 1
            if key and self.chance.random() < 0.04:
                found[codes[-1]] = 3  # enough for a branch of its own
        for code in self.counted:
            if code not in found:
                chance = self.chance.random()
                found[code] = 3 if chance < 0.04 else 1 if chance < 0.2 else 0
        return found

    def findings(self, headcounts: pl.DataFrame) -> pl.DataFrame:
        """Premises of most, scale of the large ones, representatives who are members of some."""
        staff = dict(headcounts.select("uscc", "staff").iter_rows())
        rows = []
        for code in self.counted:
            rows.append((code, "fixed_place", "1" if self.chance.random() < 0.9 else "0"))
            rows.append((code, "above_scale", "1" if staff[code] >= 60 else "0"))
            if self.chance.random() < 0.15:
                rows.append((code, "representative_member", "1"))
        frame = pl.DataFrame(rows, schema=["uscc", "field", "value"], orient="row")
        return frame.with_columns(source=pl.lit("screening"), from_on=pl.lit(SCREENED_ON))

    def hires(self, hired: dict[str, date]) -> pl.DataFrame:
        """The members the seven hired, and some more: identified within days, most of them."""
        rows: list[tuple[str, date, date | None]] = []
        for code, covered_on in hired.items():
            day = covered_on - timedelta(days=25 + self.chance.randrange(40))
            rows.append((code, day, day + timedelta(days=1 + self.chance.randrange(20))))
        for code in self.chance.sample(sorted(self.covered["uscc"]), 30):
            day = BEFORE + timedelta(days=self.chance.randrange(150))
            late = self.chance.random() < 0.2
            seen = day + timedelta(days=(35 if late else 1) + self.chance.randrange(20))
            rows.append((code, day, seen if seen <= AFTER else None))
        return pl.DataFrame(
            rows, schema={"uscc": pl.String, "hired_on": pl.Date, "identified_on": pl.Date},
            orient="row",
        )  # fmt: skip

    def transfers(self) -> pl.DataFrame:
        """21 that were done in the last three months, and four that are still open."""
        rows = []
        for n, code in enumerate(self.chance.sample(sorted(self.covered["uscc"]), TRANSFERS + 4)):
            done = date(2022, 7, 1) + timedelta(days=self.chance.randrange(91))
            asked = done - timedelta(days=5 + self.chance.randrange(40))
            rows.append((code, asked, done if n < TRANSFERS else None))
        return pl.DataFrame(
            rows, schema={"uscc": pl.String, "asked_on": pl.Date, "done_on": pl.Date}, orient="row"
        )

    def applications(self) -> pl.DataFrame:
        """Every new branch applied, and most had an answer within a month."""
        rows = []
        for row in self.new.iter_rows(named=True):
            days = self.chance.randrange(8, 30) if self.chance.random() < 0.9 else 40
            rows.append(
                (row["uscc"], row["key"], row["from_on"] - timedelta(days=days), row["from_on"])
            )
        names = ["uscc", "key", "applied_on", "decided_on"]
        return pl.DataFrame(rows, schema=names, orient="row").with_columns(
            outcome=pl.lit("approved")
        )

    def terms(self) -> pl.DataFrame:
        """Every Party organisation's present term: three years from its last election."""
        rows: list[tuple[Any, ...]] = []
        for row in self.made.party_organisations.iter_rows(named=True):
            age = (SCREENED_ON - row["from_on"]).days
            elected = row["from_on"] + timedelta(days=1_095 * max(age // 1_095, 0))
            who = None if self.chance.random() < 0.05 else f"书记{len(rows) + 1}号"
            rows.append((row["key"], row["level"], elected, elected + timedelta(days=1_095), who))
        names = ["key", "level", "from_on", "due_on", "secretary"]
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)

    def places(self) -> pl.DataFrame:
        """Ten key buildings; seven of them have a joint branch that serves them."""
        rows = []
        for n in range(BUILDINGS):
            code = DOWNTOWN[n % len(DOWNTOWN)]
            serving = self.covered.filter(
                (pl.col("mode") == "joint") & (pl.col("subdistrict_code") == code)
            )["key"].unique(maintain_order=True)
            key = serving[n // len(DOWNTOWN)] if n < SERVED else None
            rows.append((f"示例{n + 1}号大厦", "building", code, True, date(2015, 1, 1), key))
        names = ["name", "kind", "subdistrict_code", "is_key", "from_on", "key"]
        return pl.DataFrame(rows, schema=names, orient="row", infer_schema_length=None)

    def readiness(self) -> pl.DataFrame:
        """Plates, rooms, people and rules of the eleven sub-districts; a few lack something."""
        codes = sorted(set(self.made.party_organisations["subdistrict_code"]))
        items = ("plate", "office", "worker", "rules", "secretary", "members", "instructors")
        rows = [
            (code, item, "示例材料：挂牌照片、任命文件或制度文本", date(2022, 4, 20))
            for code in codes
            for item in items
            if self.chance.random() < 0.93
        ]
        names = ["subdistrict_code", "item", "evidence", "from_on"]
        return pl.DataFrame(rows, schema=names, orient="row").with_columns(
            decided_by=pl.lit("区委两新工委")
        )
