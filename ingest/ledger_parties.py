"""What a ledger's rows say of Party organisations: which there are, whom they cover, who is sent.

A Party organisation is known by its name in its sub-district (or in the district, where no other
bears the name). A row names the one that covers it; another one ends on the day the ledger
describes. That a row says "not built" ends an own one; a joint or attached one stays and is told,
for many offices answer for their own only.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import select, update

from ingest import ledger_people
from ingest.ledger_names import default_name, level_of_name, mode_of, with_keys
from ingest.ledger_people import Party, Row, Told, holding
from ingest.unlanded import Taking
from liangxin import chains, frames, party, register
from liangxin.forming import Verdict
from liangxin.rules import RuleSet
from liangxin.schema import PartyOrganisation


def record(taking: Taking, frame: pl.DataFrame, rules: RuleSet) -> Told:
    """Record what rows say of Party organisations, coverings, terms and instructors.

    Args:
        taking: the run.
        frame: ``ledger_facts.HELD`` of organisations that the register knows, one row each, with
            ``uscc, organisation_id, organisation, seat, established_on``.
        rules: how long a term is, and whose counts a joint branch is judged by.
    """
    told = Told()
    rows = list(with_keys(frame).iter_rows(named=True))
    work = _Work(taking, rules, told)
    coverings = chains.known(
        taking.connection, party.COVERINGS, [row["organisation_id"] for row in rows]
    )
    built = [row for row in rows if _is_built(row)]
    work.name(built, coverings)
    work.form(built)
    work.cover(rows, coverings)
    ledger_people.elect(taking, rules, built, told)
    ledger_people.send(taking, rows, told)
    return told


def _is_built(row: Row) -> bool:
    if row["built"] is not None:
        return bool(row["built"])
    some_level = row["level"] not in {None, "none"}
    return row["party_name"] is not None or row["form"] is not None or some_level


class _Work:
    """One run's work on the Party side."""

    def __init__(self, taking: Taking, rules: RuleSet, told: Told) -> None:
        self.taking, self.rules, self.told = taking, rules, told
        self.connection, self.day = taking.connection, taking.as_of
        self.parties = self._parties()
        self.by_id = {each.id: each for each in self.parties}

    def _parties(self) -> list[Party]:
        query = select(
            *(getattr(PartyOrganisation, name) for name in ("id", "name", "level", "mode")),
            PartyOrganisation.subdistrict_code,
            PartyOrganisation.from_on,
        ).where(
            PartyOrganisation.corrected_at.is_(None),
            PartyOrganisation.to_on.is_(None) | (PartyOrganisation.to_on > self.day),
        )
        found = with_keys(frames.read(self.connection, query.order_by(PartyOrganisation.id)))
        return [
            Party(
                row["name"],
                row["name_key"],
                row["subdistrict_code"],
                row["level"],
                row["from_on"],
                row["mode"],
                row["id"],
            )
            for row in found.iter_rows(named=True)
        ]

    def name(self, built: list[Row], coverings: Mapping[Any, list[Row]]) -> None:
        """Say of every row how it is covered, and by which name; of one without a name, by default."""
        sharing = Counter(row["party_name_key"] for row in built if row["party_name"])
        for row in built:
            known = [each.mode for each in self.parties if each.key == row["party_name_key"]]
            row["mode"] = mode_of(
                row["form"],
                row["level"],
                shared=sharing[row["party_name_key"]] > 1,
                known=known[0] if known and row["party_name"] else None,
            )
            if row["party_name"] is not None:
                continue
            held = holding(self.day, coverings.get((row["organisation_id"],), []))
            # The form has no column for it: what covers the organisation already is what is meant.
            held.sort(key=lambda each: each["mode"] != row["mode"])
            if held:
                row["party"] = self.by_id.get(held[0]["party_organisation_id"])
            if row.get("party") is not None and row["form"] in {None, "other"}:
                row["mode"] = held[0]["mode"]
            row["party_name"] = default_name(row["organisation"], row["mode"], row["level"])
        keyed = with_keys(pl.DataFrame({"party_name": [row["party_name"] for row in built]}))
        for row, key in zip(built, keyed["party_name_key"] if built else (), strict=True):
            row["party_name_key"] = key

    def form(self, built: list[Row]) -> None:
        """Find the Party organisation of every row, or form it."""
        groups: dict[str, list[Row]] = {}
        for row in built:
            if row.get("party") is None:
                groups.setdefault(row["party_name_key"], []).append(row)
        fresh: list[tuple[Party, list[Row]]] = []
        for key, rows in groups.items():
            at = _most_common(row["seat"] for row in rows)
            found = self._find(key, {row["seat"] for row in rows}, at)
            if found is None:
                found = _formed(key, rows, at, self.day)
                fresh.append((found, rows))
            for row in rows:
                row["party"] = found
                self._tell_founding(row, found, new=any(found is each for each, _ in fresh))
        self._write(fresh)
        self._put_under(fresh)

    def _find(self, key: str, here: Iterable[str | None], at: str) -> Party | None:
        same = [each for each in self.parties if each.key == key]
        near = [each for each in same if each.subdistrict == at]
        near = near or [each for each in same if each.subdistrict in here]
        if near:
            return near[0]
        wide = [each for each in same if each.subdistrict[:6] == at[:6]]
        return wide[0] if len(wide) == 1 else None

    def _write(self, fresh: list[tuple[Party, list[Row]]]) -> None:
        if not fresh:
            return
        facts = pl.DataFrame(
            [
                {
                    "key": number,
                    "name": each.name,
                    "level": each.level,
                    "mode": each.mode,
                    "basis": "region" if any(row["form"] == "grid" for row in rows) else None,
                    "subdistrict_code": each.subdistrict,
                    "from_on": each.from_on,
                }
                for number, (each, rows) in enumerate(fresh)
            ],
            schema_overrides={"basis": pl.String, "mode": pl.String},
        )
        made = register.record_party_organisations(self.connection, facts, now=self.taking.now)
        for (each, _), number in zip(fresh, made["party_organisation_id"], strict=True):
            each.id = number
            self.parties.append(each)
            self.by_id[number] = each

    def _put_under(self, fresh: list[tuple[Party, list[Row]]]) -> None:
        """Put new Party organisations under the one their rows name; form that, if it is not there."""
        under: dict[str, list[tuple[Party, Row]]] = {}
        for each, rows in fresh:
            named = [row for row in rows if row["superior"] is not None]
            if named and named[0]["superior_key"] != each.key:
                under.setdefault(named[0]["superior_key"], []).append((each, named[0]))
        for key, children in under.items():
            at = children[0][0].subdistrict
            above = self._find(key, {at}, at)
            if above is None:
                name = children[0][1]["superior"]
                since = min(each.from_on for each, _ in children)
                above = Party(name, key, at, level_of_name(name) or "committee", since)
                self._write([(above, [])])
            ids = [each.id for each, _ in children if each is not above]
            own = PartyOrganisation.id.in_(ids)
            self.connection.execute(update(PartyOrganisation).where(own).values(parent_id=above.id))

    def cover(self, rows: list[Row], coverings: Mapping[Any, list[Row]]) -> None:
        """Begin and end coverings as the rows say."""
        begun: list[Row] = []
        ended: list[tuple[Row, date]] = []
        for row in rows:
            known = coverings.get((row["organisation_id"],), [])
            if any(each["from_on"] > self.day for each in known):
                continue  # the register knows of a later day
            held = holding(self.day, known)
            if row.get("party") is not None:
                self._begin(row, known, held, begun, ended)
            elif row["built"] is False and held:
                self._not_built(row, held, ended)
        party.cut_off(self.connection, party.COVERINGS, ended, now=self.taking.now)
        if not begun:
            return
        facts = pl.DataFrame(begun)
        outcomes = party.fit(self.connection, party.COVERINGS, facts).write(
            self.connection, now=self.taking.now
        )
        self.told.outcomes += zip(facts["uscc"], outcomes, strict=True)
        self.told.notices += party.elsewhere(self.connection, facts)
        joint = facts.filter(pl.col("mode") == "joint")
        judged = party.joint_verdicts(
            self.connection, joint["party_organisation_id"].unique(), self.rules, on=self.day
        )
        several = {row["party"].id for row in rows if (row["joint_units"] or 0) > 1}
        self.told.notices += [
            verdict
            for number, verdict in judged.items()
            # The ledger says of how many units it is; the others are on another ledger.
            if not (verdict.code == "joint_of_one_unit" and number in several)
        ]

    def _begin(
        self,
        row: Row,
        known: list[Row],
        held: list[Row],
        begun: list[Row],
        ended: list[tuple[Row, date]],
    ) -> None:
        mine = [each for each in held if each["party_organisation_id"] == row["party"].id]
        if any(each["mode"] == row["mode"] for each in mine):
            self.told.outcomes.append((row["uscc"], "unchanged"))
            return
        fresh = not known
        day = row["covered_on"] or (row["built_on"] if fresh else None) or self.day
        day = max(day, row["party"].from_on if fresh else day)
        if fresh and row["established_on"] is not None and row["covered_on"] is None:
            day = max(day, row["established_on"])
        if held and day <= max(each["from_on"] for each in held):
            day = self.day
        day = min(max([day, *(each["to_on"] for each in known if each["to_on"])]), self.day)
        ended += [(each, day) for each in held if each not in mine]
        begun.append(
            {
                "uscc": row["uscc"],
                "organisation_id": row["organisation_id"],
                "party_organisation_id": row["party"].id,
                "mode": row["mode"],
                "from_on": day,
            }
        )

    def _not_built(self, row: Row, held: list[Row], ended: list[tuple[Row, date]]) -> None:
        own = [each for each in held if each["mode"] == "alone" and each["from_on"] < self.day]
        ended += [(each, self.day) for each in own]
        if own:
            self.told.outcomes.append((row["uscc"], "changed"))
        for each in held:
            if each in own:
                continue
            name = self._name_of(each["party_organisation_id"])
            self.told.notices.append(
                Verdict(
                    "warn",
                    "covered_though_not_built",
                    f"{row['organisation']}（{row['uscc']}）在台账中未建立党组织，登记库记有“{name}”覆盖；"
                    "未改动，请核实。",
                    f"the ledger has no Party organisation for {row['uscc']}, the register has it covered "
                    f"by {name}; nothing was changed, find out which is right.",
                )
            )

    def _name_of(self, number: int) -> str:
        return self.by_id[number].name if number in self.by_id else str(number)

    def _tell_founding(self, row: Row, of: Party, *, new: bool) -> None:
        if new or row["built_on"] is None or row["built_on"] == of.from_on:
            return
        self.told.notices.append(
            Verdict(
                "warn",
                "founded_otherwise",
                f"“{of.name}”的成立时间，台账为 {row['built_on']}，登记库为 {of.from_on}；未改动，请核实。",
                f"{of.name} was founded on {row['built_on']} by the ledger and on {of.from_on} by the "
                "register; nothing was changed, find out which is right.",
            )
        )


def _formed(key: str, rows: list[Row], at: str, day: date) -> Party:
    """A new Party organisation, as its rows describe it."""
    name = rows[0]["party_name"]
    modes = [mode for mode in ("alone", "joint", "attached") if mode in {r["mode"] for r in rows}]
    stated = next((row["level"] for row in rows if row["level"] not in {None, "none"}), None)
    level = stated or level_of_name(name) or ("joint_branch" if modes[0] == "joint" else "branch")
    days = [row["built_on"] for row in rows if row["built_on"] is not None]
    days = days or [row["covered_on"] for row in rows if row["covered_on"] is not None]
    return Party(name, key, at, level, min(days, default=day), modes[0])


def _most_common(codes: Iterable[str]) -> str:
    """The code that most have, the least of several."""
    counted = Counter(codes)
    return min(counted, key=lambda code: (-counted[code], code))
