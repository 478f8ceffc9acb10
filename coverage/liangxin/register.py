"""Facts people bring to the register: screenings, Party organisations, coverings, assignments.

Each recorder takes a frame of facts keyed by code (USCC), finds the organisations, and writes
them with the moment the register learned them. A fact about a code the register does not know
is an error that names the code: facts are never dropped silently.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from sqlalchemy import Connection, and_, func, or_, select

from liangxin import chains, db, findings, frames, universe
from liangxin.errors import Misuse, NotFound
from liangxin.schema import Base, Located, Organisation


def organisation_ids(connection: Connection, codes: pl.Series) -> pl.DataFrame:
    """Return ``uscc, organisation_id`` of every code.

    Raises:
        NotFound: a code is not in the register; the first one is named.
    """
    table = Organisation.metadata.tables["organisation"]
    distinct = codes.unique().sort().to_list()
    found: list[tuple[str, int]] = []
    for start in range(0, len(distinct), 5_000):
        query = select(table.c.uscc, table.c.id).where(
            table.c.uscc.in_(distinct[start : start + 5_000])
        )
        found.extend((row.uscc, row.id) for row in connection.execute(query))
    missing = sorted(set(distinct) - {code for code, _ in found})
    if missing:
        raise NotFound(
            f"登记库中没有 {missing[0]}（共 {len(missing)} 个代码未找到）。请先导入其登记信息。",
            f"{missing[0]} is not in the register ({len(missing)} codes are not); "
            "load their registrations first.",
        )
    schema = {"uscc": pl.String, "organisation_id": pl.Int64}
    return pl.DataFrame(found, schema=schema, orient="row")


#: Ways of locating that rest on what the address itself says, and so may teach about others.
WRITTEN = ("subdistrict_name", "community_name")


def addresses_naming(connection: Connection, district: str) -> pl.DataFrame:
    """Return ``address, subdistrict_code`` of organisations whose address says where it is.

    And of those where somebody decided it; that stands above what is written.
    ``district`` is six digits; ``""``: of all districts.
    """
    ruled = and_(
        Located.organisation_id == Organisation.id,
        Located.which == "registered",
        Located.method == "decided",
        Located.corrected_at.is_(None),
        Located.to_on.is_(None),
    )
    code = func.coalesce(Located.subdistrict_code, Organisation.subdistrict_code)
    query = (
        select(Organisation.address, code)
        .outerjoin(Located, ruled)
        .where(
            or_(Organisation.location_method.in_(WRITTEN), Located.id.is_not(None)),
            Organisation.address.is_not(None),
            code.startswith(district, autoescape=True),
        )
    )
    schema = {"address": pl.String, "subdistrict_code": pl.String}
    rows = connection.execute(query.order_by(Organisation.uscc)).all()
    return pl.DataFrame([tuple(row) for row in rows], schema=schema, orient="row")


def name_of(connection: Connection, code: str) -> str:
    """Return the name of an organisation.

    Raises:
        NotFound: it is not in the register.
    """
    organisation_ids(connection, pl.Series([code]))
    query = select(Organisation.name).where(Organisation.uscc == code)
    return connection.execute(query).scalar_one()


def record_screenings(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write what was found out about organisations that have no current screening.

    Args:
        connection: a write transaction.
        facts: ``uscc, state, evidence, decided_by, from_on`` and perhaps ``to_on``.
        now: when the register learned it.

    Returns:
        How many were written.

    Raises:
        Misuse: a state is not one of ``universe.STATES``.
        NotFound: a code is not in the register.
    """
    _require_states(facts)
    return record(connection, "screening", facts, now=now)


@dataclass(frozen=True, slots=True)
class Screened:
    """What became of findings, one ``outcome`` of ``timeline.Outcome`` a row, in their order."""

    outcomes: pl.Series

    def count(self, outcome: str) -> int:
        """How many findings had an outcome."""
        return Counter(self.outcomes)[outcome]


def screen(
    connection: Connection, facts: pl.DataFrame, *, now: datetime, history: bool = False
) -> Screened:
    """Record findings among those before them; the same finding again changes nothing.

    A new state ends the one before it on its day. A finding on the day of the current state
    corrects it. One of an earlier day is left out (``earlier``), unless it is history: then it
    is fitted in before what came later. Whatever became of it, somebody looked: that is kept too.

    Args:
        connection: a write transaction.
        facts: ``uscc, state, evidence, decided_by, from_on``; of one code any number of days.
        now: when the register learned it.
        history: the findings are old ones that come late.

    Raises:
        Misuse: a state is not one of ``universe.STATES``.
        NotFound: a code is not in the register.
    """
    _require_states(facts)
    known = facts.join(
        organisation_ids(connection, facts["uscc"]), on="uscc", how="left", maintain_order="left"
    )
    outcomes = chains.record(connection, chains.SCREENINGS, known, now=now, history=history)
    confirm(
        connection,
        facts.select("uscc", confirmed_on="from_on", confirmed_by="decided_by"),
        now=now,
    )
    return Screened(outcomes)


def find(
    connection: Connection, facts: pl.DataFrame, *, now: datetime, history: bool = False
) -> Screened:
    """Record what somebody found out about fields of ``findings``, each as ``screen`` does states.

    Args:
        connection: a write transaction.
        facts: ``uscc, field, value, source, from_on``; any number of fields and days a code.
        now: when the register learned it.
        history: the findings are old ones that come late.

    Raises:
        Misuse: there is no such field, or it cannot say that.
        NotFound: a code is not in the register.
    """
    kept = [findings.require(*pair) for pair in facts.select("field", "value").iter_rows()]
    known = facts.with_columns(value=pl.Series(kept, dtype=pl.String)).join(
        organisation_ids(connection, facts["uscc"]), on="uscc", how="left", maintain_order="left"
    )
    return Screened(chains.record(connection, chains.FINDINGS, known, now=now, history=history))


def confirm(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Record that somebody looked again: ``uscc, confirmed_on, confirmed_by``; once a day and office.

    Returns:
        How many confirmations are new.

    Raises:
        NotFound: a code is not in the register.
    """
    ids = organisation_ids(connection, facts["uscc"])
    said = facts.join(ids, on="uscc", how="left").drop("uscc").unique(maintain_order=True)
    table = Base.metadata.tables["confirmation"]
    query = select(table.c.organisation_id, table.c.confirmed_on, table.c.confirmed_by).where(
        table.c.corrected_at.is_(None), table.c.confirmed_on.in_(said["confirmed_on"].unique())
    )
    had = frames.of(connection, query, table.c.organisation_id, said["organisation_id"].unique())
    fresh = said.join(had, on=had.columns, how="anti")
    db.insert_frame(connection, table, fresh.with_columns(learned_at=pl.lit(now)))
    return fresh.height


def _require_states(facts: pl.DataFrame) -> None:
    unknown = facts.filter(~pl.col("state").is_in(universe.STATES, nulls_equal=True))
    if not unknown.is_empty():
        raise Misuse(
            f"没有摸排状态“{unknown['state'][0]}”。", f"no screening state {unknown['state'][0]!r}."
        )


def record_party_organisations(
    connection: Connection, facts: pl.DataFrame, *, now: datetime
) -> pl.DataFrame:
    """Write Party organisations and return ``key, party_organisation_id``.

    Args:
        connection: a write transaction.
        facts: ``key`` (the caller's own, unique), ``name, level, subdistrict_code, from_on``.
        now: when the register learned it.
    """
    table = Base.metadata.tables["party_organisation"]
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    numbered = facts.with_columns(pl.int_range(last + 1, last + 1 + facts.height).alias("id"))
    db.insert_frame(connection, table, numbered.drop("key").with_columns(learned_at=pl.lit(now)))
    db.renumber(connection, table)
    return numbered.select("key", party_organisation_id="id")


def record_coverings(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write coverings: ``uscc, party_organisation_id, mode, from_on`` and perhaps ``to_on``."""
    return record(connection, "covering", facts, now=now)


def record_instructors(
    connection: Connection, facts: pl.DataFrame, *, now: datetime
) -> pl.DataFrame:
    """Write instructors (``key, name, kind, subdistrict_code``); return ``key, instructor_id``."""
    table = Base.metadata.tables["instructor"]
    last = connection.execute(select(func.max(table.c.id))).scalar() or 0
    numbered = facts.with_columns(pl.int_range(last + 1, last + 1 + facts.height).alias("id"))
    db.insert_frame(connection, table, numbered.drop("key").with_columns(learned_at=pl.lit(now)))
    db.renumber(connection, table)
    return numbered.select("key", instructor_id="id")


def record_assignments(connection: Connection, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write assignments: ``uscc, instructor_id, from_on`` and perhaps ``to_on``."""
    return record(connection, "assignment", facts, now=now)


def record(connection: Connection, table: str, facts: pl.DataFrame, *, now: datetime) -> int:
    """Write facts of organisations into a table of facts as they are: ``uscc`` and its columns.

    Raises:
        NotFound: a code is not in the register.
    """
    ids = organisation_ids(connection, facts["uscc"])
    rows = facts.join(ids, on="uscc", how="left").drop("uscc")
    db.insert_frame(
        connection, Base.metadata.tables[table], rows.with_columns(learned_at=pl.lit(now))
    )
    return rows.height
