"""Whom a ledger names at work: secretaries with their terms, and instructors; a name and nothing more."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import select

from ingest.ledger_names import with_keys
from ingest.unlanded import Taking
from liangxin import chains, frames, party, register
from liangxin.days import years_after
from liangxin.forming import Verdict
from liangxin.rules import RuleSet
from liangxin.schema import Base

Row = dict[str, Any]
SECRETARY_KINDS = {"investor": "owner", "manager": "manager", "sent": "sent", "other": "other"}


@dataclass(slots=True)
class Party:
    """A Party organisation as the register has it, or will."""

    name: str
    key: str
    subdistrict: str
    level: str
    from_on: date
    mode: str | None = None
    id: int = 0


@dataclass(slots=True)
class Told:
    """What became of rows, by code, and what an office should look at."""

    outcomes: list[tuple[str, str]] = field(default_factory=list)
    notices: list[Verdict] = field(default_factory=list)


def holding(day: date, rows: list[Row]) -> list[Row]:
    """Return the rows that hold on a day."""
    return [
        row
        for row in rows
        if row["from_on"] <= day and (row["to_on"] is None or row["to_on"] > day)
    ]


def elect(taking: Taking, rules: RuleSet, built: list[Row], told: Told) -> None:
    """Record the term that rows tell of: level, secretary, when the last election was."""
    groups: dict[int, list[Row]] = {}
    for row in built:
        groups.setdefault(row["party"].id, []).append(row)
    known = chains.known(taking.connection, chains.TERMS, list(groups))
    facts = []
    for number, rows in groups.items():
        before = holding(taking.as_of, known.get((number,), []))
        fact = _term(
            rows[0]["party"],
            rows,
            before[0] if before else None,
            taking.as_of,
            rules.thresholds.term_years,
        )
        if fact is not None:
            facts.append((fact, [row["uscc"] for row in rows]))
    if not facts:
        return
    frame = pl.DataFrame(
        [fact for fact, _ in facts],
        schema_overrides={
            "secretary": pl.String,
            "secretary_kind": pl.String,
            "due_on": pl.Date,
        },
    )
    outcomes = chains.record(
        taking.connection, chains.TERMS, frame, now=taking.now, history=taking.late
    )
    for outcome, (_, codes) in zip(outcomes, facts, strict=True):
        told.outcomes += [(code, outcome) for code in codes if outcome != "earlier"]


def _term(of: Party, rows: list[Row], before: Row | None, day_of: date, years: int) -> Row | None:
    def said(name: str) -> Any:
        return next((row[name] for row in rows if row[name] not in {None, "none"}), None)

    elected, level = said("re_elected_on"), said("level") or (before or {}).get("level")
    secretary, came = said("secretary_name"), SECRETARY_KINDS.get(said("secretary_from") or "")
    if secretary is None and elected is None and level in {None, of.level} and not before:
        return None
    due = years_after(elected, years) if elected else None
    day = elected or (day_of if before else min(of.from_on, day_of))
    if before is not None and day <= before["from_on"]:
        day = day_of
    held = before or {}
    same = secretary is None or secretary == held.get("secretary")
    return {
        "party_organisation_id": of.id,
        "level": level or of.level,
        "secretary": secretary or held.get("secretary"),
        "secretary_kind": came or (held.get("secretary_kind") if same else None),
        "due_on": due or held.get("due_on"),
        "from_on": day,
    }


def send(taking: Taking, rows: list[Row], told: Told) -> None:
    """Send the instructors that rows name; the name used at work is all that is kept of them."""
    named = [row for row in rows if row["instructor_name"] is not None]
    if not named:
        return
    known = _instructors(taking, named)
    sent = chains.known(
        taking.connection, party.ASSIGNMENTS, [row["organisation_id"] for row in named]
    )
    begun: list[Row] = []
    ended: list[tuple[Row, date]] = []
    for row in named:
        before = sent.get((row["organisation_id"],), [])
        if any(each["from_on"] > taking.as_of for each in before):
            continue
        number = known[row["instructor_name_key"], row["seat"]]
        held = holding(taking.as_of, before)
        if any(each["instructor_id"] == number for each in held):
            told.outcomes.append((row["uscc"], "unchanged"))
            continue
        ended += [(each, taking.as_of) for each in held]
        begun.append(
            {
                "organisation_id": row["organisation_id"],
                "instructor_id": number,
                "from_on": taking.as_of,
            }
        )
        told.outcomes.append((row["uscc"], "changed" if held else "new"))
    party.cut_off(taking.connection, party.ASSIGNMENTS, ended, now=taking.now)
    if begun:
        party.fit(taking.connection, party.ASSIGNMENTS, pl.DataFrame(begun)).write(
            taking.connection, now=taking.now
        )


def _instructors(taking: Taking, named: list[Row]) -> dict[tuple[str, str], int]:
    """Instructors by name and sub-district; those that are not there yet are written."""
    table = Base.metadata.tables["instructor"]
    query = select(table.c.id, table.c.name, table.c.subdistrict_code).order_by(table.c.id.desc())
    found = with_keys(frames.read(taking.connection, query))
    known = {
        (row["name_key"], row["subdistrict_code"]): row["id"] for row in found.iter_rows(named=True)
    }
    fresh: dict[tuple[str, str], str] = {}
    for row in named:
        key = (row["instructor_name_key"], row["seat"])
        if key not in known:
            fresh.setdefault(key, row["instructor_name"])
    if fresh:
        facts = pl.DataFrame(
            [
                {"key": number, "name": name, "kind": "other", "subdistrict_code": at}
                for number, ((_, at), name) in enumerate(fresh.items())
            ]
        )
        made = register.record_instructors(taking.connection, facts, now=taking.now)
        known |= dict(zip(fresh, made["instructor_id"], strict=True))
    return known
