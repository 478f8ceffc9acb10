"""Commands of sources and jobs: `sources`, `sync`, `worker`, `jobs`."""

import dataclasses
import os
import signal
import sys
import threading
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.cli import AsOf, Json, answering, now, opened, parse_date, print_json, settings, today

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.sources import Source
    from ingest.standing import Standing
    from ingest.sync import Result
    from liangxin.jobs import JobView

#: Seconds a job waits for another source's run to end: an embedded register has one writer.
WORKER_WAITS = 900.0


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("sources")(sources)
    app.command("sync")(sync)
    app.command("worker")(worker)
    app.command("jobs")(jobs)


def sources(as_json: Json = False) -> None:
    """List the sources: what each is, when it last came and is next due, and wrong files.

    Example: liangxin sources
    """
    with answering(as_json=as_json):
        from ingest import standing
        from liangxin import db

        chosen = settings()
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = standing.of_all(connection, chosen, now=now())
        if as_json:
            print_json([_source_object(each) for each in found])
        else:
            for each in found:
                _print_source(each)
        if any(each.error for each in found):
            raise typer.Exit(1)


def _source_object(each: "Standing") -> dict[str, Any]:
    source = each.source
    return {
        "name": each.name,
        "title": source.title if source else None,
        "publisher": source.publisher if source else None,
        "kind": source.kind if source else None,
        "rhythm": source.rhythm if source else None,
        "last_run": each.run,
        "last_at": each.last_at.astimezone(UTC).isoformat() if each.last_at else None,
        "next_due": each.next_due.isoformat() if each.next_due else None,
        "due": each.is_due(today()),
        "clock_back": each.clock_back,
        "office": source.office if source else None,
        "owns": source.owns if source else None,
        "drop": source.drop if source else None,
        "error": each.error.zh if each.error else None,
        "error_en": each.error.en if each.error else None,
    }


def _print_source(each: "Standing") -> None:
    if each.source is None:
        print(f"{each.name:22} 文件有误：{each.error.zh if each.error else ''}")
        return
    last = f"{each.last_at.astimezone():%Y-%m-%d}（批次 {each.run}）" if each.last_at else "从未"
    due = "到期" if each.is_due(today()) else each.next_due or "不定期"
    print(
        f"{each.name:22} {each.source.title}  {each.source.publisher}  {each.source.kind}  "
        f"{each.source.rhythm}  上次 {last}  下次 {due}"
    )
    if each.clock_back:
        print(f"{'':22} 注意：系统时钟早于上次同步的时间，请核对。")


def sync(
    sources_named: Annotated[
        list[str] | None, typer.Argument(help="Source names; default: all that is due.")
    ] = None,
    as_of: AsOf = "",
    district: Annotated[str, typer.Option(help="6-digit district; default: the setting.")] = "",
    as_json: Json = False,
) -> None:
    """Land and load what is due: crawled sources by the calendar, dropped files once each.

    --as-of is the day of what is crawled and of files whose names bear none. A source that is named is always taken. One that fails stops no other; the exit code is then 1.

    Example: liangxin sync market_regulator_api --district 430702
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from ingest import given_sources, relocating
        from ingest import sync as work
        from ingest.cli import with_district
        from liangxin.errors import Busy

        chosen = with_district(settings(), district)
        named = [given_sources.load(name, chosen) for name in sources_named or []]
        if as_of:
            _require_undated(named)
        with opened(chosen) as engine:
            for name in sources_named or []:
                given_sources.keep(name, chosen)
            desk = work.Desk(chosen, engine, now, today)
            found = _standings(desk)
            wrong = [each for each in found if each.error]
            results: list[Result] = []
            if not sources_named:
                results += [work.failed(each.name, each.error) for each in wrong if each.error]
            else:
                _say_wrong(wrong)
            for source in named or work.wanted(desk, found):
                try:
                    results += work.sync(desk, source, as_of=day, named=bool(named), wait=1.0)
                except Busy as error:
                    results.append(work.failed(source.name, error))
            relocating.after_a_run(engine, chosen, now=now())
        _answer(results, as_json=as_json)


def _require_undated(named: "Sequence[Source]") -> None:
    """Return if none of these sources has files that say themselves which day they are of.

    Raises:
        Misuse: one has.
    """
    from liangxin.errors import Misuse

    for source in named:
        if source.as_of_in_name:
            raise Misuse(
                f"数据源“{source.name}”的数据日期取自文件名，不能同时用 --as-of。要另定日期，请用 liangxin load "
                "和 --as-of 导入该文件。",
                f"files of the source {source.name!r} bear their day in their names, so --as-of cannot be "
                "given too; to give a file another day, use liangxin load with --as-of.",
            )


def _standings(desk: Any) -> "list[Standing]":
    """How all sources stand; a clock that was set back is told, and kept."""
    from ingest import standing
    from liangxin import db

    with db.reading(desk.engine) as connection:
        found = standing.of_all(connection, desk.settings, now=now())
    if any(each.clock_back for each in found):
        with db.writing(desk.engine) as connection:
            noticed = standing.notice_clock(connection, found, now=now())
        for name in noticed:
            print(
                f"注意：{name} 上次同步的时间晚于系统时钟，时钟可能被拨回。\n"
                f"the last run of {name} is later than the clock; it may have been set back.",
                file=sys.stderr,
            )
    return found


def _say_wrong(wrong: "Sequence[Standing]") -> None:
    for each in wrong:
        if each.error:
            print(f"注意：{each.error.zh}\n{each.error.en}", file=sys.stderr)


def _answer(results: "Sequence[Result]", *, as_json: bool) -> None:
    from ingest.cli import print_report
    from ingest.sync import Failed

    if as_json:
        print_json(
            [
                each.as_object() if isinstance(each, Failed) else dataclasses.asdict(each)
                for each in results
            ]
        )
    for each in results:
        if isinstance(each, Failed):
            print(f"错误：{each.source}：{each.error}\nError: {each.error_en}", file=sys.stderr)
        elif not as_json:
            print_report(each)
    if not results and not as_json:
        print("没有到期的数据源，也没有新的投放文件。")
    if any(isinstance(each, Failed) or each.refused for each in results):
        raise typer.Exit(1)


def worker(
    once: Annotated[
        bool, typer.Option("--once", help="Do what is due and waiting now, then end.")
    ] = False,
    district: Annotated[str, typer.Option(help="6-digit district; default: the setting.")] = "",
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Sync what is due and take what pages hand in, unattended; tries again what may pass.

    Example: liangxin worker --once
    """
    with answering(as_json=False):
        from ingest.cli import with_district
        from ingest.sync import Desk
        from ingest.worker import Worker

        chosen = with_district(settings(), district)
        patient = chosen.model_copy(update={"busy_timeout": max(chosen.busy_timeout, WORKER_WAITS)})
        with opened(patient) as engine:
            desk = Desk(patient, engine, now, today)
            _say_wrong([each for each in _standings(desk) if each.error])
            if with_parent:
                _end_with_parent()
            hand = Worker(desk, _say)
            hand.once() if once else hand.run()


def _end_with_parent() -> None:
    """Be told to stop when whoever started this process is gone: its end of our input closes."""

    def wait() -> None:
        sys.stdin.buffer.read()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _say(zh: str, en: str) -> None:
    print(f"{now().astimezone():%Y-%m-%d %H:%M:%S} {zh} / {en}", flush=True)


def jobs(as_json: Json = False) -> None:
    """Show jobs: who works on which source, how far it is, what will be tried again.

    Example: liangxin jobs
    """
    with answering(as_json=as_json):
        from liangxin import db, queue
        from liangxin import jobs as job_rows

        with opened(settings()) as engine:
            with db.reading(engine) as connection:
                found = job_rows.listed(connection)
            running = [job for job in found if job.state == "running"]
            far = {}
            if running:
                held = queue.make_queue(engine)
                far = {job.id: queue.progress(held, job.source) for job in running}
                held.storage.close()
        objects = [dataclasses.asdict(job) | {"rows": far.get(job.id, job.rows)} for job in found]
        if as_json:
            print_json(objects)
            return
        for job in found:
            _print_job(job, far.get(job.id, job.rows))
        if not found:
            print("没有任务。")


_STATES = {
    "waiting": "等待",
    "running": "进行中",
    "retrying": "待重试",
    "done": "完成",
    "failed": "失败",
}


def _print_job(job: "JobView", rows: int) -> None:
    began = f"{job.started_at.astimezone():%Y-%m-%d %H:%M:%S}" if job.started_at else "未开始"
    again = f"  {job.again_at.astimezone():%H:%M:%S} 再试" if job.again_at else ""
    print(
        f"{job.id:5} {job.source:22} {_STATES[job.state]}  {began}  {rows} 行  "
        f"第 {job.attempts} 次  {job.worker or ''}{again}"
    )
    if job.message_zh:
        print(f"{'':5} {job.message_zh}")
