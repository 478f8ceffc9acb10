"""One run: a delivery in, a report out. The phases of the flow, in order, one line each.

    land → parse → normalise → repeats → locate → check → load → the whole against the last runs → page

The steps up to "locate" are pure and run in threads of their own, a few batches ahead of the
database, so that a second processor core has work while rows are looked up and written.

Everything from the first batch on happens in one transaction under the register's write lock:
after a kill the register is as before, and running again gives the same state.
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from datetime import date, datetime

import polars as pl
from sqlalchemy import Connection, Engine, update

from expectations import apart
from expectations.check import Gate, Judge, judge_batch
from ingest import (
    beforehand,
    cut_off,
    disagreements,
    identities,
    landing,
    late,
    measures,
    reading,
    repeating,
    run_page,
)
from ingest.arriving import Arriving
from ingest.early import Early
from ingest.landing import Landed
from ingest.load import COUNTS, Delivery, Load, OutOfTurn, Tally, open_run, source_id
from ingest.locate.gazetteer import Gazetteer
from ingest.merging import Ownership
from ingest.preparing import Awaited, Part, Prepared, Preparing, Reading
from ingest.profile import Measures, Profile, compare
from ingest.refusals import TOLD, Refusals
from ingest.run_page import Sent, Whole
from ingest.run_report import RunReport
from ingest.sources import Source
from ingest.within import ELSEWHERE, EVERYTHING, Within
from liangxin import audit, db, divisions, judgements
from liangxin.errors import BatchStopped
from liangxin.schema import Base, Run
from liangxin.settings import Settings

#: Prepared batches that may wait for the database: some 25 MB each.
BATCHES_AHEAD = 6


def run(
    parts: Sequence[Part],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
    within: Within = EVERYTHING,
    early: Early | None = None,
) -> RunReport:
    """Load one delivery, all its parts together, and say what became of every row.

    ``within`` says what it may touch; what its ``ending`` raises undoes all of it. ``early`` is
    what was read of the register while the files were looked at.

    Raises:
        DatabaseUnavailable: locked or gone; nothing was written.
        UnreadableFile: it broke off in the middle; nothing of it was kept.
        BatchStopped: empty, or far fewer rows than its source has; nothing of it was kept but
            its bytes and a page that says why.
        Misuse: the district is in no division list.
    """
    given = (parts, source, settings, engine)
    try:
        return _run(*given, as_of, district, clock, within, early, fit_in=False)
    except OutOfTurn:
        return _run(*given, as_of, district, clock, within, None, fit_in=True)


def _run(
    parts: Sequence[Part],
    source: Source,
    settings: Settings,
    engine: Engine,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
    within: Within,
    early: Early | None,
    *,
    fit_in: bool,
) -> RunReport:
    """Load a delivery in one transaction; with ``fit_in`` among what is known of later days.

    Raises:
        OutOfTurn: it has to be fitted in; nothing was written.
    """
    started = time.perf_counter()
    with ExitStack() as stack:
        connection = stack.enter_context(db.writing(engine))
        known_by_now = stack.enter_context(beforehand.known(engine, source.name, early))
        parts = identities.known(connection, parts)
        read = Reading(parts, settings.batch_rows)
        stack.enter_context(read.ahead())
        divisions.require(connection, district)
        arriving = stack.enter_context(Arriving(parts, settings))
        listed = beforehand.divisions_now(connection, early)
        gazetteer = Gazetteer.build(listed)
        now = clock()
        prepared_by = reading.fingerprint(
            source, district, listed, judgements.renumbered(connection)
        )
        described = Delivery(
            source.name,
            as_of,
            district,
            now,
            Ownership.of(source.owns, source.owns_codes),
            disagreements.offices(source, settings),
            disagreements.ownerships(settings),
        )
        known = known_by_now()
        in_order = not fit_in and late.is_in_order(connection, described)
        preparing = Preparing(
            read,
            gazetteer,
            # The clock's date may be that of another zone; the file's is the one people mean.
            today=max(as_of, now.date()),
            district=district,
            source=source,
            known=within.passed_by(known) if in_order else None,
            seed=int(prepared_by[:15], 16),
        )
        prepared = stack.enter_context(preparing.announced_ahead(depth=BATCHES_AHEAD))
        sent = Sent(source, as_of, district, parts, arriving.known())
        again = _run_again(connection, sent, prepared_by, now, started, within)
        if again is not None:
            read.stop()
            arriving.safe()
            nothing = Whole(), pl.DataFrame(schema=TOLD)
            return _left(settings, again, sent, *nothing, now, stack, started)
        gate = stack.enter_context(apart.gate(source.kind, at_once=False))
        preparing.on_fault(gate.wake)
        load: Load = (
            Load(connection, described, known)
            if in_order
            else late.LateLoad(connection, described, known, settings, gazetteer)
        )
        _require_whole(arriving, load, settings, source, district)
        refusals = Refusals(connection, load.run_id)
        profile = Profile()
        _take_all(prepared, gate, profile, refusals, load, within)
        _require_rows(preparing.rows)
        sent = replace(sent, offsets=preparing.offsets)
        whole = _whole(connection, load, preparing, profile, refusals, sent)

        def told(run_id: int | None) -> RunReport:
            seconds = time.perf_counter() - started
            return _report(source, run_id, preparing.rows, refusals, load.tally, seconds)

        try:
            said = _judge_whole(whole, gate.judge)
        except BatchStopped as stopped:
            left = told(None), sent, whole, refusals.examples
            run_page.leave(settings.home, *left, now=now, stopped=stopped)
            raise
        refusals.warnings.update(each["rule"] for each in said)
        load.finish(snapshot=source.snapshot, repeated=preparing.repeated)
        report = replace(told(load.run_id), batch=said, warned_at=refusals.warned_at())
        measures.keep(connection, load.run_id, whole.measures)
        refusals.write_rules()
        arriving.safe()
        _close(connection, report, sent, prepared_by, now, within)
        return _left(settings, report, sent, whole, refusals.examples, now, stack, started)


def _require_rows(rows: int) -> None:
    if not rows:
        raise BatchStopped(
            "本批没有任何数据行，登记库未变。请检查数据源。",
            "the batch has no rows at all; the register is as it was. Check the source.",
        )


def _require_whole(
    arriving: Arriving, load: Load, settings: Settings, source: Source, district: str
) -> None:
    """Return unless a file breaks off in the middle; only where one may, the disk is waited for."""
    if arriving.may_be_cut_off():
        cut_off.require_whole(
            load.connection,
            settings.landing,
            arriving.safe(),
            source_id=load.source_id,
            district=district,
            snapshot=source.snapshot,
        )


def run_unread(
    landed: Sequence[Landed],
    source: Source,
    settings: Settings,
    engine: Engine,
    *,
    as_of: date,
    district: str,
    clock: Callable[[], datetime],
) -> RunReport | None:
    """Write a run of landed bytes that the last run loaded, without reading them.

    ``None``: they have to be read, and nothing was written.
    """
    started = time.perf_counter()
    with ExitStack() as stack:
        connection = stack.enter_context(db.writing(engine))
        renumbered = judgements.renumbered(connection)
        if source.repairs or renumbered:
            return None  # what is repaired is told anew each time
        listed = divisions.current(connection)
        prepared_by = reading.fingerprint(source, district, listed, renumbered)
        sent, now = Sent(source, as_of, district, [], landed), clock()
        again = _run_again(connection, sent, prepared_by, now, started, EVERYTHING)
        if again is None:
            return None
        examples = pl.DataFrame(schema=TOLD)
        return _left(settings, again, sent, Whole(), examples, now, stack, started)


def _left(
    settings: Settings,
    report: RunReport,
    sent: Sent,
    whole: Whole,
    examples: pl.DataFrame,
    now: datetime,
    stack: ExitStack,
    started: float,
) -> RunReport:
    """Commit, and leave the page of what is committed."""
    stack.close()
    report.seconds = round(time.perf_counter() - started, 3)
    run_page.leave(settings.home, report, sent, whole, examples, now=now)
    return report


def _run_again(
    connection: Connection,
    sent: Sent,
    prepared_by: str,
    now: datetime,
    started: float,
    within: Within,
) -> RunReport | None:
    """Write a run of the very file that was loaded last, whose outcome is known; else nothing.

    What came of a file that one office handed in need not come of it for another.
    """
    if within.subdistricts is not None:
        return None
    if any(part.repairs.listed for part in sent.parts):
        return None  # what is repaired is told anew each time
    number = source_id(connection, sent.source.name)
    last = repeating.last_run_of(
        connection,
        sent.landed,
        source_id=number,
        district=sent.district,
        as_of=sent.as_of,
        prepared_by=prepared_by,
        unread=not sent.parts,
    )
    if last is None:
        return None
    run_id = open_run(connection, number, as_of=sent.as_of, district=sent.district, now=now)
    repeating.copy_outcomes(connection, of=last.id, to=run_id)
    measures.keep(connection, run_id, repeating.measures(connection, last.id))
    refused, warned = repeating.rules(connection, last.id)
    report = RunReport(
        run=run_id,
        source=sent.source.name,
        rows=last.rows,
        accepted=last.accepted,
        refused=last.refused,
        skipped=last.skipped,
        unchanged=last.accepted,
        missing=last.missing,
        located=last.located,
        seconds=round(time.perf_counter() - started, 3),
        rules=refused,
        warnings=warned,
        notices=[
            {
                "zh": f"与批次 {last.id} 是同一份文件，其间没有其他批次，结果相同，未再逐行读取。",
                "en": f"it is the very file of run {last.id}, and no other run came between: the "
                "outcome is the same, and its rows were not read again.",
            }
        ],
    )
    read = repeating.files(connection, last.id)
    sent = replace(sent, offsets=[each.offset for each in read])
    if not sent.parts:
        sent = replace(sent, parts=read, landed=[each.landed for each in read])
    _close(connection, report, sent, prepared_by, now, within)
    return report


def _take_all(
    prepared: Iterable[Prepared | Awaited],
    gate: Gate,
    profile: Profile,
    refusals: Refusals,
    load: Load,
    within: Within,
) -> None:
    """Judge and write every batch as it comes."""
    for each in prepared:
        if isinstance(each, Awaited):
            load.held.expect(each.codes)
            continue
        profile.add_known(load.known.traits[each.passed])
        profile.add(each.frame)
        load.pass_by(each.passed)
        taken = refusals.sift(each, gate)
        mine = within.mine(load.connection, taken)
        if mine.height < taken.height:
            elsewhere = taken.join(mine, on="file_row", how="anti")
            refusals.pass_over(elsewhere.select("file_row", reason=pl.lit(ELSEWHERE)))
        load.take(mine)
        if taken.height < each.frame.height:
            load.refuse(each.frame.join(taken, on="file_row", how="anti"))


def _whole(
    connection: Connection,
    load: Load,
    preparing: Preparing,
    profile: Profile,
    refusals: Refusals,
    sent: Sent,
) -> Whole:
    """Measure the run as a whole and hold it against the runs before it."""
    found: Measures = profile.measures(
        accepted=_accepted(load.tally),
        refused=refusals.refused,
        located=load.tally.located,
        new=load.tally.new,
        changed=load.tally.changed,
    )
    earlier = measures.earlier(
        connection,
        source_id=load.source_id,
        district=sent.district,
        before=load.run_id,
        as_of=sent.as_of,
    )
    source = sent.source
    held = compare(
        preparing.rows,
        found,
        earlier,
        source.expected,
        snapshot=source.snapshot,
        repeated=len(preparing.repeated),
    )
    return Whole(found, earlier[0] if earlier else None, held)


def _judge_whole(whole: Whole, judge: Judge) -> list[dict[str, str]]:
    """Return the rules on the whole batch that only warn, as they are told.

    Raises:
        BatchStopped: one does more than warn.
    """
    said = judge_batch(whole.held.faults, whole.held.figures, judge=judge)
    return [asdict(each) for each in said]


def _accepted(tally: Tally) -> int:
    return tally.new + tally.changed + tally.unchanged


def _report(
    source: Source, run_id: int | None, rows: int, refusals: Refusals, tally: Tally, seconds: float
) -> RunReport:
    return RunReport(
        run=run_id,
        source=source.name,
        rows=rows,
        accepted=_accepted(tally),
        refused=refusals.refused,
        skipped=refusals.skipped,
        new=tally.new,
        changed=tally.changed,
        unchanged=tally.unchanged,
        missing=tally.missing,
        located=tally.located,
        seconds=round(seconds, 3),
        rules=dict(sorted(refusals.rules.items())),
        warnings=dict(sorted(refusals.warnings.items())),
        asked=tally.asked,
        settled=tally.settled,
    )


def _close(
    connection: Connection,
    report: RunReport,
    sent: Sent,
    prepared_by: str,
    now: datetime,
    within: Within,
) -> None:
    """Write what became of the rows, which bytes they came from, and last what the file asks for."""
    together = zip(sent.landed, sent.offsets, sent.parts, strict=True)
    for position, (each, offset, part) in enumerate(together):
        landing.record(connection, each, now=now)
        connection.execute(
            Base.metadata.tables["run_file"]
            .insert()
            .values(
                run_id=report.run,
                position=position,
                sha256=each.sha256,
                origin=each.origin,
                row_offset=offset,
                columns=json.dumps(part.columns, ensure_ascii=False),
            )
        )
    counted = {name: getattr(report, name) for name in COUNTS}
    connection.execute(
        update(Run).where(Run.id == report.run).values(prepared_by=prepared_by, **counted)
    )
    about = f"{report.run} {report.source} {sent.as_of}"
    audit.by_machine(connection, "run.finished", about, now=now)
    within.ending(connection, report)
