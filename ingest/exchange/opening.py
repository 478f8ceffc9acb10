"""One package in: verified on the outside, judged row by row, merged in one transaction.

    read → verify → unseal → unpack → judge, all before the register is touched; then one run

The run's source is ``exchange_`` and the sender's name. A package that is not opened leaves
nothing; one that is opened a second time is told apart by its content and changes nothing.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import polars as pl
from sqlalchemy import Connection, Engine, func, select, update

from ingest import landing
from ingest.exchange import contents, envelope, judging, keys, offices
from ingest.exchange.collect import TABLE_OF
from ingest.exchange.contents import COLUMNS, Contents
from ingest.exchange.envelope import Header
from ingest.exchange.judging import RULES, refuse
from ingest.exchange.keys import Keys
from ingest.exchange.merge_facts import Facts
from ingest.exchange.merge_fields import Fields, Outcome
from ingest.exchange.offices import Office
from ingest.load import COUNTS, open_run, source_id
from ingest.run_report import RunReport
from liangxin import counting, db, facts, rules
from liangxin.access import LOCAL, Actor
from liangxin.errors import BadPackage, NotFound, UnreadableFile
from liangxin.facts import COVERING, HEADCOUNT, PARTY, PARTY_KEY, SCREENING
from liangxin.rules import RuleSet
from liangxin.schema import Base, ExchangePackage, Run
from liangxin.settings import Settings

#: Who at the receiving office takes a refused row up with the sender.
OWNER = "district_office"
TOLD_ALREADY = "told by the register's own history"


@dataclass(frozen=True, slots=True)
class _Verified:
    office: Office
    header: Header
    tables: dict[str, pl.DataFrame]
    refused: pl.DataFrame
    told: Contents


def open_package(
    file: Path,
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime],
    by: Actor = LOCAL,
    ending: Callable[[Connection, RunReport], None] | None = None,
) -> RunReport:
    """Open one package and say what became of every row.

    Args:
        file: the package.
        settings: of this office.
        engine: its register.
        clock: the time.
        by: who opens it.
        ending: is told of the run in its own transaction.

    Raises:
        BadPackage: forged, altered, cut short, for somebody else, opened before, too large, or of
            a later format; nothing was changed.
        NotFound: the sender is not trusted.
        Misuse: this office has no keys yet.
        UnreadableFile: the file cannot be read.
        DatabaseUnavailable: locked or gone; nothing was written.
    """
    started = time.perf_counter()
    ours = keys.load(settings.home)
    data = _read(file, settings.max_file_bytes)
    with db.reading(engine) as connection:
        verified = _verify(connection, data, ours, settings, now=clock())
    with db.writing(engine) as connection:
        offices.name_ourselves(connection, ours.office)
        _refuse_replay(connection, verified.office, verified.header)
        now = clock()
        report = _merge(connection, verified, ours, rules.of(settings), now, by)
        landed = landing.land_bytes(settings.landing, data, origin=file.name)
        landing.record(connection, landed, now=now)
        connection.execute(
            Base.metadata.tables["run_file"]
            .insert()
            .values(
                run_id=report.run, position=0, sha256=landed.sha256, origin=file.name, row_offset=0
            )
        )
        offices.acknowledge(connection, verified.office, verified.told.acknowledges)
        report.seconds = round(time.perf_counter() - started, 3)
        counts = {name: getattr(report, name) for name in COUNTS}
        connection.execute(update(Run).where(Run.id == report.run).values(counts))
        if ending is not None:
            ending(connection, report)
    return report


def _read(file: Path, max_bytes: int) -> bytes:
    try:
        with file.open("rb") as stream:
            data = stream.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableFile(
            f"无法读取 {file}（{error.strerror}）。", f"cannot read {file} ({error.strerror})."
        ) from error
    if len(data) > max_bytes:
        raise UnreadableFile(
            f"{file.name} 超过 {max_bytes} 字节（LIANGXIN_MAX_FILE_BYTES），不予读取。",
            f"{file.name} is larger than {max_bytes} bytes (LIANGXIN_MAX_FILE_BYTES); it is not read.",
        )
    return data


def _verify(
    connection: Connection, data: bytes, ours: Keys, settings: Settings, *, now: datetime
) -> _Verified:
    """All that can be said of a package without touching the register."""
    outside = envelope.parse(data)
    sender = outside.header.sender
    try:
        office = offices.find(connection, sender)
    except NotFound as error:
        raise NotFound(
            f"交换包来自“{sender[:40]}”，本单位没有信任过它，登记库未变。"
            "请先核对其名片指纹，再运行 liangxin exchange trust。",
            f"the package comes from {sender[:40]!r}, whom this office does not trust; the register is "
            "as it was. Compare its card's fingerprint, then run liangxin exchange trust.",
        ) from error
    envelope.verify(outside, office.card, ours)
    _refuse_replay(connection, office, outside.header)
    told = contents.read(envelope.unseal(outside, ours), max_bytes=settings.max_file_bytes)
    judged = {name: judging.judge(name, told.tables[name], now=now) for name in COLUMNS}
    tables = {name: each.good for name, each in judged.items()}
    refused = [each.refused for each in judged.values()]
    wrong = told.tables["organisation_fields"].join(
        judged["organisation_fields"].refused, on="file_row", how="semi"
    )
    whole, others = _split(tables["organisations"], wrong, "uscc")
    refused.append(refuse(others, "value_is_known", "uscc"))
    tables["organisations"] = whole
    tables["organisation_fields"], orphans = _split(
        tables["organisation_fields"], whole, "uscc", keep=True
    )
    refused.append(refuse(orphans, "organisation_is_told", "uscc"))
    return _Verified(office, outside.header, tables, pl.concat(refused), told)


def _split(
    rows: pl.DataFrame, among: pl.DataFrame, column: str, *, keep: bool = False
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows whose cell is not among others' (or is, if these are to be kept), and the rest."""
    inside = rows.join(among.select(column).unique(), on=column, how="semi")
    outside = rows.join(among.select(column).unique(), on=column, how="anti")
    return (inside, outside) if keep else (outside, inside)


def _refuse_replay(connection: Connection, office: Office, header: Header) -> None:
    before = offices.opened_already(connection, office, header)
    if before is not None:
        day = f"{before.handled_at:%Y-%m-%d %H:%M}"
        raise BadPackage(
            f"“{office.card.office}”的第 {before.serial} 号交换包已于 {day} 打开过（批次 {before.run_id}），"
            "再次打开不改变任何内容。",
            f"package {before.serial} of {office.card.office!r} was opened at {day} already (run "
            f"{before.run_id}); opening it again changes nothing.",
        )


def _merge(
    connection: Connection,
    verified: _Verified,
    ours: Keys,
    rule_set: RuleSet,
    now: datetime,
    by: Actor,
) -> RunReport:
    """Merge all tables in one run; its rows = accepted + refused + skipped."""
    name = f"exchange_{verified.office.card.office}"
    last_run = connection.execute(select(func.max(ExchangePackage.run_id))).scalar() or 0
    run_id = open_run(
        connection,
        source_id(connection, name),
        as_of=date.fromisoformat(verified.header.packed_on),
        district="",
        now=now,
    )
    # From here on the run is known to be a package's: its changes are none of our own words.
    offices.keep(
        connection, verified.office, "opened", verified.header, now=now, by=by, run_id=run_id
    )
    tables = verified.tables
    fields = Fields(connection, run_id)
    settled = fields.settle(last_run)
    fields.merge(tables["organisations"], tables["organisation_fields"], tables["field_changes"])
    outcome = fields.outcome
    refused = [verified.refused]
    refused += _merge_facts(connection, tables, ours, rule_set, run_id, now, outcome)
    turned_away = pl.concat(refused)
    _write_refused(connection, run_id, turned_away)
    _write_skipped(connection, run_id, outcome)
    accepted = outcome.new | outcome.changed | outcome.unchanged
    places = tables["organisations"].filter(pl.col("subdistrict_code").is_not_null())
    report = RunReport(
        run=run_id,
        source=name,
        rows=verified.told.rows,
        accepted=len(accepted),
        refused=turned_away.height,
        skipped=len(outcome.skipped),
        new=len(outcome.new),
        changed=len(outcome.changed),
        unchanged=len(outcome.unchanged),
        located=places.height,
        rules=dict(turned_away.group_by("rule").len().sort("rule").iter_rows()),
    )
    if settled:
        report.notices.append(
            {
                "zh": f"本单位此前导入的较早数据曾覆盖 {settled} 个交换来的较新值，现已恢复较新值。",
                "en": f"older data loaded here had overwritten {settled} newer values that came by "
                "exchange; the newer ones are back.",
            }
        )
    return report


def _merge_facts(
    connection: Connection,
    tables: dict[str, pl.DataFrame],
    ours: Keys,
    rule_set: RuleSet,
    run_id: int,
    now: datetime,
    outcome: Outcome,
) -> list[pl.DataFrame]:
    """Merge facts, Party organisations first; return the rows that are about nobody we know."""
    merging = Facts(connection, run_id, ours.office, now, outcome)
    replaced = merging.merge(PARTY, tables[TABLE_OF[PARTY]], {})
    named = [tables[TABLE_OF[kind]]["uscc"] for kind in (SCREENING, COVERING, HEADCOUNT)]
    codes = pl.concat(named).unique().to_list()
    table = Base.metadata.tables["organisation"]
    ids = {row["uscc"]: row["id"] for row in db.existing_in(connection, table, "uscc", codes)}
    known = pl.DataFrame({"uscc": pl.Series(list(ids), dtype=pl.String)})
    parties = facts.party_keys(connection)
    refused = []
    touched: set[int] = set()
    for kind in (SCREENING, COVERING, HEADCOUNT):
        rows, strangers = _split(tables[TABLE_OF[kind]], known, "uscc", keep=True)
        refused.append(refuse(strangers, "organisation_is_told", "uscc"))
        also: set[int] = set()
        if kind is COVERING:
            orphans = rows.join(parties, on=PARTY_KEY, how="anti")
            rows = rows.join(parties, on=PARTY_KEY, how="semi")
            refused.append(refuse(orphans, "party_organisation_is_told", "party_name"))
            also = _covered_by(connection, list(replaced))
            ids |= _codes(connection, also)
        merging.merge(kind, rows, ids, also)
        if kind is not COVERING:
            moved = rows.filter(pl.col("file_row").is_in(list(outcome.new | outcome.changed)))
            touched |= {ids[code] for code in moved["uscc"]}
    counting.compare(connection, touched, rule_set, now=now, run_id=run_id)
    return refused


def _covered_by(connection: Connection, parties: list[int]) -> set[int]:
    """Organisations that coverings of these rows of Party organisations are about."""
    table = Base.metadata.tables["covering"]
    rows = db.existing_in(connection, table, "party_organisation_id", parties)  # type: ignore[arg-type]
    return {row["organisation_id"] for row in rows if row["corrected_at"] is None}


def _codes(connection: Connection, ids: set[int]) -> dict[str, int]:
    table = Base.metadata.tables["organisation"]
    rows = db.existing_in(connection, table, "id", sorted(ids))  # type: ignore[arg-type]
    return {row["uscc"]: row["id"] for row in rows}


def _write_refused(connection: Connection, run_id: int, refused: pl.DataFrame) -> None:
    said = {
        rule: (f"{zh}。请对方更正后重新发送。", f"{en}; the sender must correct it.")
        for rule, (zh, en) in RULES.items()
    }
    rows = (
        refused.select(
            "file_row",
            "rule",
            pl.col("value").fill_null(""),
            column_name="column",
            message=pl.col("rule").replace_strict({k: v[0] for k, v in said.items()}),
            message_en=pl.col("rule").replace_strict({k: v[1] for k, v in said.items()}),
            owner=pl.lit(OWNER),
            run_id=pl.lit(run_id),
        )
        if refused.height
        else refused
    )
    db.insert_frame(connection, Base.metadata.tables["refused_row"], rows)
    counts = refused.group_by("rule").agg(rows=pl.len().cast(pl.Int64))
    counts = counts.with_columns(run_id=pl.lit(run_id), severity=pl.lit("refuse"))
    db.insert_frame(connection, Base.metadata.tables["run_rule"], counts)


def _write_skipped(connection: Connection, run_id: int, outcome: Outcome) -> None:
    rows = pl.DataFrame({"file_row": sorted(outcome.skipped)}, schema={"file_row": pl.Int64})
    rows = rows.with_columns(run_id=pl.lit(run_id), reason=pl.lit(TOLD_ALREADY))
    db.insert_frame(connection, Base.metadata.tables["skipped_row"], rows)
