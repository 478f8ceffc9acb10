"""Commands of the flow: `load`, `check`, `crawl`, `sync`."""

import dataclasses
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from liangxin.cli import (
    AsOf,
    Json,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    settings,
    today,
)
from liangxin.errors import Misuse

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ingest.pipeline import RunReport
    from ingest.preparing import Part
    from ingest.sources import Source
    from liangxin.settings import Settings

SourceName = Annotated[
    str, typer.Option("--source", help="Name of a source file, or a path to one.")
]

District = Annotated[
    str, typer.Option(help="6-digit district; default: the setting, else found from each address.")
]
#: What `check --as` takes, and the source whose columns it is read by.
CHECKED_AS = {"registrations": "market_regulator", "social": "civil_affairs"}


def add_to(app: typer.Typer) -> None:
    """Add the flow's commands."""
    app.command("load")(load)
    app.command("check")(check)
    app.command("crawl")(crawl)
    app.command("sync")(sync)


def load(
    files: Annotated[list[str], typer.Argument(help="CSV or XLSX, also .gz; - is standard input.")],
    source: SourceName,
    as_of: AsOf = "",
    district: District = "",
    as_json: Json = False,
) -> None:
    """Load registrations in one run: land, check, locate, upsert; all of it or nothing.

    Example: liangxin load registrations.csv --source market_regulator --district 430702
    """
    with answering(as_json=as_json), ExitStack() as stack:
        day = parse_date(as_of, "--as-of")
        from ingest import delivery, sources

        chosen = _with_district(settings(), district)
        publisher = sources.load(source, chosen)
        paths = [
            stack.enter_context(delivery.standard_input()) if file == "-" else Path(file)
            for file in files
        ]
        parts = [delivery.of_file(path, publisher, chosen) for path in paths]
        engine = stack.enter_context(opened(chosen))
        _answer([_run(parts, publisher, chosen, engine, day)], as_json=as_json, alone=True)


def check(
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, also .gz.")],
    kind: Annotated[str, typer.Option("--as", help="registrations or social.")],
    refused: Annotated[
        Path | None, typer.Option(help="Write the file back with reasons: .csv or .xlsx.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check a file with the rules of a load, and write nothing to the register.

    Example: liangxin check registrations.csv --as registrations --refused back.xlsx
    """
    with answering(as_json=as_json):
        from ingest import sources
        from ingest.checking import check as check_file

        if kind not in CHECKED_AS:
            raise Misuse(
                f"--as 不支持“{kind}”，本版本可用：{'、'.join(CHECKED_AS)}。",
                f"--as {kind!r} is not supported; this version knows: {', '.join(CHECKED_AS)}.",
            )
        chosen = settings()
        report = check_file(
            file,
            sources.load(CHECKED_AS[kind], chosen),
            chosen,
            today=today(),
            out=refused,
        )
        if as_json:
            print_json(dataclasses.asdict(report))
        else:
            print(
                f"{report.rows} 行 = 接收 {report.accepted} + 退回 {report.refused} "
                f"+ 跳过 {report.skipped}"
            )
            _print_rules(report.rules, report.warnings)
        if report.refused:
            raise typer.Exit(1)


def crawl(
    source: Annotated[str, typer.Argument(help="Name of a source file, or a path to one.")],
    resume: Annotated[bool, typer.Option(help="Go on after the last landed page.")] = False,
    as_json: Json = False,
) -> None:
    """Visit a publisher and land all its pages; nothing is loaded yet (see sync).

    Example: liangxin crawl market_regulator_api
    """
    with answering(as_json=as_json):
        from ingest import sources
        from ingest.crawl import crawl as visit

        chosen = settings()
        publisher = sources.load(source, chosen)
        with opened(chosen) as engine:
            report = visit(publisher, chosen, engine, clock=now, resume=resume)
        if as_json:
            print_json([dataclasses.asdict(report)])
        else:
            print(
                f"采集 {report.crawl}（{report.source}）：{report.pages} 页，{report.items} 条，"
                f"{report.seconds:.1f} 秒"
            )


def sync(
    sources_named: Annotated[
        list[str] | None, typer.Argument(help="Source names; default: all that can be crawled.")
    ] = None,
    as_of: AsOf = "",
    district: District = "",
    as_json: Json = False,
) -> None:
    """Crawl sources and load what landed, each in one run.

    Example: liangxin sync market_regulator_api --district 430702
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from ingest import delivery, sources
        from ingest.crawl import crawl as visit
        from liangxin import db

        chosen = _with_district(settings(), district)
        publishers = [
            sources.load(name, chosen) for name in sources_named or sources.crawlable(chosen)
        ]
        reports = []
        with opened(chosen) as engine:
            for publisher in publishers:
                landed = visit(publisher, chosen, engine, clock=now)
                with db.reading(engine) as connection:
                    parts = delivery.of_crawl(connection, landed.crawl, publisher, chosen)
                reports.append(_run(parts, publisher, chosen, engine, day))
        _answer(reports, as_json=as_json, alone=False)


def _run(
    parts: "Sequence[Part]", publisher: "Source", chosen: "Settings", engine: "Engine", day: "date"
) -> "RunReport":
    from ingest import pipeline

    return pipeline.run(
        parts, publisher, chosen, engine, as_of=day, district=chosen.district, clock=now
    )


def _answer(reports: "list[RunReport]", *, as_json: bool, alone: bool) -> None:
    if as_json:
        objects = [dataclasses.asdict(report) for report in reports]
        print_json(objects[0] if alone else objects)
    else:
        for report in reports:
            print_report(report)
    if any(report.refused for report in reports):
        raise typer.Exit(1)


def print_report(report: "RunReport") -> None:
    """Say for people what became of every row."""
    print(
        f"批次 {report.run}（{report.source}）：{report.rows} 行 = 接收 {report.accepted} "
        f"+ 退回 {report.refused} + 跳过 {report.skipped}；新增 {report.new}，"
        f"变更 {report.changed}，未变 {report.unchanged}，缺失 {report.missing}，"
        f"已定位 {report.located}；{report.seconds:.1f} 秒"
    )
    _print_rules(report.rules, report.warnings)


def _print_rules(rules: dict[str, int], warnings: dict[str, int]) -> None:
    from expectations.messages import MESSAGES

    for word, counts in (("退回", rules), ("提示", warnings)):
        for rule, count in counts.items():
            text = MESSAGES[rule].zh.replace("“{value}”", "").replace("“{column}”", "")
            print(f"  {word} {count:6}  {rule}  {text}")


def _with_district(chosen: "Settings", district: str) -> "Settings":
    """The settings with the district given on the command line.

    Raises:
        Misuse: it is no district code.
    """
    if not district:
        return chosen
    if not (len(district) == 6 and district.isascii() and district.isdigit()):
        raise Misuse(
            f"--district 的“{district}”不是 6 位区划代码，应形如 430702。",
            f"{district!r} for --district is no 6-digit code like 430702.",
        )
    return chosen.model_copy(update={"district": district})
