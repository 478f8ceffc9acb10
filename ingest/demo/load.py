"""Puts the demo district into an empty register, through the same flow as any other file."""

import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, delete, func, select

from ingest import delivery, pipeline, relocating, sources
from ingest.demo import counts, district
from ingest.run_report import RunReport
from liangxin import counting, db, divisions, migrate, register, rules
from liangxin.errors import Misuse
from liangxin.schema import Base, Organisation, RunFile
from liangxin.settings import Settings

MARK = "wuling-2022"
MARKET_BEFORE, SOCIAL, MARKET_AFTER = FILES = (
    "登记导出-2022-03.csv",
    "社会组织-2022-03.csv",
    "登记导出-2022-09.csv",
)


def build(settings: Settings, *, clock: Callable[[], datetime]) -> list[RunReport]:
    """Make the demo's register afresh: an older demo goes, a real register is refused.

    Raises:
        Misuse: there is a register here that the demo did not make.
    """
    engine = migrate.open_register(settings, now=clock())
    try:
        if is_demo(engine) and not settings.database_url:
            engine.dispose()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{settings.home / 'register.db'}{suffix}").unlink(missing_ok=True)
            engine = migrate.open_register(settings, now=clock())
        return load(settings, engine, clock=clock)
    finally:
        engine.dispose()


def load(settings: Settings, engine: Engine, *, clock: Callable[[], datetime]) -> list[RunReport]:
    """Load the demo's files and facts; return the report of every run.

    Raises:
        Misuse: the register already holds organisations, so it may be somebody's real one.
    """
    with db.writing(engine) as connection:
        _refuse_real_register(connection)
        made = district.build(divisions.current(connection))
        # Marked before it is filled, so that a demo that was stopped half-way can begin again.
        _mark(connection)
    deliveries = (
        ("market_regulator", MARKET_BEFORE, made.market_before, district.BEFORE),
        ("civil_affairs", SOCIAL, made.civil_affairs, district.BEFORE),
        ("market_regulator", MARKET_AFTER, made.market_after, district.AFTER),
    )
    reports = []
    with tempfile.TemporaryDirectory(prefix="liangxin-demo-") as folder:
        for name, file, table, as_of in deliveries:
            path = Path(folder) / file
            # GB18030, as the export program of many a bureau writes it.
            path.write_bytes(table.write_csv().encode("gb18030"))
            source = sources.load(name, settings)
            reports.append(
                pipeline.run(
                    delivery.of_file(path, source, settings).parts,
                    source,
                    settings,
                    engine,
                    as_of=as_of,
                    district=district.DISTRICT,
                    clock=clock,
                )
            )
    with db.writing(engine) as connection:
        _record_facts(connection, made, now=clock())
    relocating.ready(engine, settings, now=clock())
    return reports


def _refuse_real_register(connection: Connection) -> None:
    if connection.execute(select(func.count()).select_from(Organisation)).scalar_one():
        raise Misuse(
            "登记库中已有组织，演示不会覆盖它。请用 LIANGXIN_HOME 指定一个空目录再试。",
            "the register already holds organisations, which the demo will not touch; "
            "set LIANGXIN_HOME to an empty folder.",
        )


def _record_facts(connection: Connection, made: district.District, *, now: datetime) -> None:
    counted = counts.build(made)
    newly = pl.col("uscc").is_in(counted.newly_screened)
    register.record_screenings(connection, made.screenings.filter(~newly), now=now)
    found_out = datetime.combine(counts.FOUND_OUT, datetime.min.time(), UTC)
    evidence = pl.lit("2022年5月新摸排：一直在营，此前未登记造册")
    found = made.screenings.filter(newly).with_columns(evidence=evidence)
    register.record_screenings(connection, found, now=found_out)
    party = register.record_party_organisations(connection, made.party_organisations, now=now)
    register.record_coverings(connection, _with_id(made.coverings, party), now=now)
    instructors = register.record_instructors(connection, made.instructors, now=now)
    register.record_assignments(connection, _with_id(made.assignments, instructors), now=now)
    _record_counts(connection, counted, party, now=now)


def _record_counts(
    connection: Connection, counted: counts.Counts, party: pl.DataFrame, *, now: datetime
) -> None:
    """What the offices counted and noted; there is no command for it yet but a ledger's."""
    counting.record_headcounts(connection, counted.headcounts, rules.load(), now=now)
    applications = _with_id(counted.applications, party)
    for table, facts in (
        ("finding", counted.findings),
        ("hire", counted.hires),
        ("relation_transfer", counted.transfers),
        ("application", applications),
    ):
        register.record(connection, table, facts, now=now)
    tables = Base.metadata.tables
    for name, frame in (
        ("party_term", _with_id(counted.terms, party)),
        ("place", counted.places.drop("key")),
        ("readiness", counted.readiness),
    ):
        db.insert_frame(connection, tables[name], frame.with_columns(learned_at=pl.lit(now)))
    _serve(connection, counted.places.drop_nulls("key"), party)


def _serve(connection: Connection, places: pl.DataFrame, party: pl.DataFrame) -> None:
    """Say which Party organisation serves which building."""
    place, served = Base.metadata.tables["place"], Base.metadata.tables["party_organisation"]
    for row in _with_id(places, party).iter_rows(named=True):
        found = select(place.c.id).where(place.c.name == row["name"]).scalar_subquery()
        connection.execute(
            served.update()
            .where(served.c.id == row["party_organisation_id"])
            .values(place_id=found, mode="joint", basis="building")
        )


def _with_id(facts: pl.DataFrame, ids: pl.DataFrame) -> pl.DataFrame:
    return facts.join(ids, on="key", how="left").drop("key")


def _mark(connection: Connection) -> None:
    meta = Base.metadata.tables["meta"]
    connection.execute(delete(meta).where(meta.c.key == "demo"))
    connection.execute(meta.insert().values(key="demo", value=MARK))


def is_demo(engine: Engine) -> bool:
    """Tell whether a register was made by the demo, and nobody has loaded anything else into it."""
    meta = Base.metadata.tables["meta"]
    with db.reading(engine) as connection:
        marked = connection.execute(select(meta.c.value).where(meta.c.key == "demo")).first()
        others = connection.execute(select(RunFile.origin).where(RunFile.origin.not_in(FILES)))
        return marked is not None and others.first() is None
