"""The Party side into the register, with its rules: coverings begun and ended, terms, assignments.

Each recorder takes a frame of facts, says what became of every one of them, and answers in words
what cannot be: a covering that ends before it starts, two own branches at once, a joint branch
that may not stand. A fact may name the ``file`` and ``file_row`` it stood in; then the answer does.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import polars as pl
from sqlalchemy import Connection, Select, func, select

from liangxin import chains, db, facts_on, forming, placing
from liangxin.chains import Chain
from liangxin.errors import Misuse, NotFound
from liangxin.forming import Verdict
from liangxin.register import organisation_ids
from liangxin.rules import COVERING_MODES, RuleSet
from liangxin.schema import Assignment, Covering, Organisation, PartyOrganisation

LEVELS = ("committee", "general_branch", "branch", "joint_branch")
COVERINGS = Chain(Covering, ("organisation_id",), ("party_organisation_id", "mode"))
ASSIGNMENTS = Chain(Assignment, ("organisation_id",), ("instructor_id",))


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of each fact (``new``, ``changed``, ``unchanged``), and what is odd about it."""

    outcomes: pl.Series
    warnings: tuple[Verdict, ...] = ()


def record_terms(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> pl.Series:
    """Record terms of Party organisations: the newest ends the one before it.

    Args:
        connection: a write transaction.
        facts: ``party_organisation_id, level, secretary, secretary_kind, due_on, from_on``.
        now: when the register learned it.

    Raises:
        Misuse: no such level, or a term is over before it begins.
    """
    for fact in facts.iter_rows(named=True):
        if fact["level"] not in LEVELS:
            raise Misuse(
                f"{_where(fact)}没有党组织类别“{fact['level']}”，可用：{'、'.join(LEVELS)}。",
                f"{_place(fact)}there is no level {fact['level']!r}; use one of {', '.join(LEVELS)}.",
            )
        if fact["due_on"] is not None and fact["due_on"] <= fact["from_on"]:
            raise Misuse(
                f"{_where(fact)}任期届满日 {fact['due_on']} 不晚于当选日 {fact['from_on']}。请更正日期。",
                f"{_place(fact)}a term is due on {fact['due_on']}, not after it began on "
                f"{fact['from_on']}; correct the days.",
            )
    return chains.record(connection, chains.TERMS, facts, now=now)


def cover(connection: Connection, facts: pl.DataFrame, rules: RuleSet, *, now: datetime) -> Linked:
    """Begin coverings; one that holds already is unchanged, another mode ends the one before it.

    Args:
        connection: a write transaction.
        facts: ``uscc, party_organisation_id, mode, from_on`` and perhaps ``to_on, file, file_row``.
        rules: whose counts of full members a joint branch is judged by.
        now: when the register learned it.

    Raises:
        Misuse: it ends before it starts, two own ones would hold at once, or a joint branch has
            one unit or too few full members.
        NotFound: a code, or a Party organisation, is not in the register.
    """
    known = _known_facts(connection, facts)
    for fact in known.iter_rows(named=True):
        if fact["mode"] not in COVERING_MODES:
            raise Misuse(
                f"{_where(fact)}没有覆盖方式“{fact['mode']}”，可用：{'、'.join(COVERING_MODES)}。",
                f"{_place(fact)}there is no mode {fact['mode']!r}; use one of "
                f"{', '.join(COVERING_MODES)}.",
            )
    _require_parties(connection, known["party_organisation_id"].unique().to_list())
    fitted = fit(connection, COVERINGS, known)
    require_one_own(fitted, known)
    outcomes = fitted.write(connection, now=now)
    joint = known.filter(pl.col("mode") == "joint")
    judged = joint_verdicts(
        connection,
        joint["party_organisation_id"].unique().to_list(),
        rules,
        on=joint["from_on"].max() if joint.height else date.min,  # type: ignore[arg-type]
    )
    for verdict in judged.values():
        if verdict.severity == "error":
            raise Misuse(verdict.zh, verdict.en)
    warnings = [each for each in judged.values() if each.severity == "warn"]
    return Linked(outcomes, (*warnings, *elsewhere(connection, known)))


def assign(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> Linked:
    """Send instructors: ``uscc, instructor_id, from_on`` and perhaps ``to_on, file, file_row``.

    Raises:
        Misuse: an assignment ends before it starts.
        NotFound: a code is not in the register.
    """
    known = _known_facts(connection, facts)
    return Linked(fit(connection, ASSIGNMENTS, known).write(connection, now=now))


def end_coverings(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """End coverings: ``uscc, party_organisation_id, to_on``; return how many.

    Raises:
        Misuse: no such covering holds, or it would end before it starts.
        NotFound: a code is not in the register.
    """
    return _end(connection, COVERINGS, "party_organisation_id", facts, now)


def end_assignments(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """End assignments: ``uscc, instructor_id, to_on``; return how many. Raises as ``end_coverings``."""
    return _end(connection, ASSIGNMENTS, "instructor_id", facts, now)


@dataclass(frozen=True, slots=True)
class Fitted:
    """Links fitted in among those before them, not yet written."""

    chain: Chain
    outcomes: pl.Series
    after: dict[tuple[Any, ...], list[dict[str, Any]]]
    corrected: list[int]
    written: list[dict[str, Any]]

    def write(self, connection: Connection, *, now: datetime) -> pl.Series:
        """Write them and return the outcomes."""
        chains.close(connection, self.chain.table, self.corrected, now=now)
        chains.insert(connection, self.chain.table, self.written, now=now)
        return self.outcomes


def fit(connection: Connection, chain: Chain, facts: pl.DataFrame) -> Fitted:
    """Fit in links of organisations (``organisation_id``, what the chain says, ``from_on, to_on``).

    Several may hold at once; of one and the same other side one does.
    """
    after = chains.known(connection, chain, facts["organisation_id"].to_list())
    outcomes: list[str] = []
    corrected: list[int] = []
    for fact in facts.iter_rows(named=True):
        rows = after.setdefault((fact["organisation_id"],), [])
        wanted = {name: fact[name] for name in chain.columns} | {"to_on": fact.get("to_on")}
        other = chain.says[0]
        same = [row for row in rows if row[other] == wanted[other] and _overlap(row, wanted)]
        if any(_covers(row, wanted, chain) for row in same):
            outcomes.append("unchanged")
            continue
        outcomes.append("changed" if same else "new")
        corrected += [row["id"] for row in same if "id" in row]
        before = [
            {name: row[name] for name in chain.columns} | {"to_on": wanted["from_on"]}
            for row in same
            if row["from_on"] < wanted["from_on"]
        ]
        rows[:] = [row for row in rows if row not in same] + [*before, wanted]
    written = [row for rows in after.values() for row in rows if "id" not in row]
    return Fitted(chain, pl.Series("outcome", outcomes, dtype=pl.String), after, corrected, written)


def cut_off(
    connection: Connection,
    chain: Chain,
    rows: Iterable[tuple[Mapping[str, Any], date]],
    *,
    now: datetime,
) -> int:
    """Let links end on a day (one that began that day never held); return how many."""
    ended = list(rows)
    chains.close(connection, chain.table, [row["id"] for row, _ in ended], now=now)
    kept = [
        {name: row[name] for name in chain.columns} | {"to_on": on}
        for row, on in ended
        if row["from_on"] < on
    ]
    chains.insert(connection, chain.table, kept, now=now)
    return len(ended)


def require_one_own(fitted: Fitted, facts: pl.DataFrame) -> None:
    """Return if none of these organisations would have two own Party organisations on any day.

    Args:
        fitted: their coverings as they would be.
        facts: ``organisation_id, uscc`` and perhaps ``file, file_row``.

    Raises:
        Misuse: one would; the code and the days are named.
    """
    told = {fact["organisation_id"]: fact for fact in facts.iter_rows(named=True)}
    for (organisation,), rows in fitted.after.items():
        own = sorted((r for r in rows if r["mode"] == "alone"), key=lambda row: row["from_on"])
        for row, following in pairwise(own):
            if row["to_on"] is None or row["to_on"] > following["from_on"]:
                fact = told[organisation]
                raise Misuse(
                    f"{_where(fact)}{fact['uscc']} 自 {following['from_on']} 起同时有两个单独组建的党组织"
                    f"（前一个自 {row['from_on']} 起）。请先结束前一个，或核对日期。",
                    f"{_place(fact)}{fact['uscc']} would have two Party organisations of its own from "
                    f"{following['from_on']} on (the earlier one from {row['from_on']}); end that one "
                    "first, or check the days.",
                )


def joint_verdicts(
    connection: Connection, party_organisations: Collection[int], rules: RuleSet, *, on: date
) -> dict[int, Verdict]:
    """Judge joint branches by their units and full members on a day; those that are fine are left out."""
    joined = facts_on.joint_units(on, rules.headcount)
    query = (
        select(PartyOrganisation.id, PartyOrganisation.name, joined.c.units, joined.c.full_members)
        .join(joined, joined.c.party_organisation_id == PartyOrganisation.id)
        .where(PartyOrganisation.id.in_(sorted(party_organisations)))
        .order_by(PartyOrganisation.id)
    )
    found = {}
    for row in connection.execute(query):
        total = None if row.full_members is None else int(row.full_members)
        verdict = forming.joint_branch(row.units, total, rules.thresholds)
        if verdict.severity != "ok":
            found[row.id] = Verdict(
                verdict.severity,
                verdict.code,
                f"“{row.name}”：{verdict.zh}",
                f"{row.name}: {verdict.en}",
            )
    return found


def elsewhere(connection: Connection, facts: pl.DataFrame) -> list[Verdict]:
    """Tell of organisations tracked in another sub-district than the Party organisation's."""
    ids = sorted(set(facts["party_organisation_id"]))
    query = select(PartyOrganisation.id, PartyOrganisation.name, PartyOrganisation.subdistrict_code)
    parties = {r.id: r for r in connection.execute(query.where(PartyOrganisation.id.in_(ids)))}
    tracked = tracked_in(connection, facts["organisation_id"].to_list())
    told = []
    for fact in facts.iter_rows(named=True):
        party, here = parties[fact["party_organisation_id"]], tracked.get(fact["organisation_id"])
        if here is not None and not here.startswith(party.subdistrict_code):
            told.append(
                Verdict(
                    "warn",
                    "other_subdistrict",
                    f"{_where(fact)}{fact['uscc']} 在街道 {here}，覆盖它的“{party.name}”属 "
                    f"{party.subdistrict_code}。请核实经营地，或由两个街道移交。",
                    f"{_place(fact)}{fact['uscc']} is tracked in {here}, but {party.name}, which covers "
                    f"it, is of {party.subdistrict_code}; check where it operates, or hand it over.",
                )
            )
    return told


def tracking(on: date, of: facts_on.Among = None) -> Select[Any, Any]:
    """Return a query of ``organisation_id, subdistrict_code``: where each is tracked.

    That is where it operates, if that is known; ``of``: only of those whose ids a query returns.
    """
    found, where = facts_on.found(on, None, of), placing.placed(on, None, of)
    code = func.coalesce(
        found.c.operating_subdistrict_code,
        where.c.operating_subdistrict_code,
        placing.registered(where, Organisation.subdistrict_code),
    )
    return (
        select(Organisation.id.label("organisation_id"), code.label("subdistrict_code"))
        .outerjoin(found, found.c.organisation_id == Organisation.id)
        .outerjoin(where, where.c.organisation_id == Organisation.id)
        .where(*facts_on.among(Organisation.id, of))
    )


def tracked_in(
    connection: Connection, organisations: Collection[int], *, on: date | None = None
) -> dict[int, str | None]:
    """Return the sub-district in which each organisation is tracked: where it operates, if known."""
    ids: list[int] = sorted(set(organisations))
    if not ids:
        return {}
    found = connection.execute(tracking(on or date.max, db.listed(connection, ids)))
    return {row[0]: row[1] for row in found}


def _known_facts(connection: Connection, facts: pl.DataFrame) -> pl.DataFrame:
    """Facts with the organisation's id; none ends before it starts."""
    ids = organisation_ids(connection, facts["uscc"])
    known = facts.join(ids, on="uscc", how="left", maintain_order="left")
    for fact in known.iter_rows(named=True):
        if fact.get("to_on") is not None and fact["to_on"] <= fact["from_on"]:
            raise _ends_first(fact, fact["from_on"])
    return known


def _ends_first(fact: Mapping[str, Any], from_on: date) -> Misuse:
    return Misuse(
        f"{_where(fact)}{fact['uscc']} 的结束日 {fact['to_on']} 不晚于起始日 {from_on}。请更正日期。",
        f"{_place(fact)}what begins for {fact['uscc']} on {from_on} cannot end on {fact['to_on']}; "
        "correct the days.",
    )


def _require_parties(connection: Connection, ids: list[int]) -> None:
    query = select(PartyOrganisation.id).where(
        PartyOrganisation.id.in_(ids), PartyOrganisation.corrected_at.is_(None)
    )
    missing = set(ids) - set(connection.execute(query).scalars())
    if missing:
        raise NotFound(
            f"没有党组织 {min(missing)}。请先登记党组织。",
            f"there is no Party organisation {min(missing)}; record it first.",
        )


def _end(
    connection: Connection, chain: Chain, other: str, facts: pl.DataFrame, now: datetime
) -> int:
    ids = organisation_ids(connection, facts["uscc"])
    known = facts.join(ids, on="uscc", how="left", maintain_order="left")
    before = chains.known(connection, chain, known["organisation_id"].to_list())
    ended = []
    for fact in known.iter_rows(named=True):
        held = [
            row
            for row in before.get((fact["organisation_id"],), [])
            if row[other] == fact[other] and row["to_on"] is None
        ]
        if not held:
            raise Misuse(
                f"{_where(fact)}{fact['uscc']} 现在没有这一关系，不能结束。请核对党组织或指导员。",
                f"{_place(fact)}{fact['uscc']} has no such link now, so it cannot end; check whom it is to.",
            )
        if fact["to_on"] <= held[0]["from_on"]:
            raise _ends_first(fact, held[0]["from_on"])
        ended.append((held[0], fact["to_on"]))
    return cut_off(connection, chain, ended, now=now)


def _overlap(row: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    starts_before = other["to_on"] is None or row["from_on"] < other["to_on"]
    return starts_before and (row["to_on"] is None or row["to_on"] > other["from_on"])


def _covers(row: Mapping[str, Any], wanted: Mapping[str, Any], chain: Chain) -> bool:
    """Whether a row says all that is wanted already."""
    same = all(row[name] == wanted[name] for name in chain.says)
    return same and row["from_on"] <= wanted["from_on"] and row["to_on"] == wanted["to_on"]


def _where(fact: Mapping[str, Any]) -> str:
    if fact.get("file_row") is None:
        return ""
    file = f"文件 {fact['file']} " if fact.get("file") else ""
    return f"{file}第 {fact['file_row']} 行："


def _place(fact: Mapping[str, Any]) -> str:
    if fact.get("file_row") is None:
        return ""
    file = f"{fact['file']}, " if fact.get("file") else ""
    return f"{file}row {fact['file_row']}: "
