"""Commands of the flow: `load`, `check`, `crawl`; those of sources and jobs are in `sync_cli`."""

import dataclasses
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ingest import locate_cli, locations_cli, members_cli, sync_cli
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
    from ingest.checking import CheckReport
    from ingest.parse import Notice
    from ingest.relocating import Relocated
    from ingest.run_report import RunReport
    from liangxin.provenance import Why
    from liangxin.settings import Settings

SourceName = Annotated[
    str, typer.Option("--source", help="Name of a source file, or a path to one.")
]

District = Annotated[
    str, typer.Option(help="6-digit district; default: the setting, else found from each address.")
]
#: Faults a person is shown on the terminal; the file that comes back shows them all.
SHOWN = 20
Mapping = Annotated[
    list[str] | None,
    typer.Option(
        help="HEADER=FIELD: which header means which field; yes: headers like known names are them."
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the flow's commands."""
    app.command("load")(load)
    app.command("check")(check)
    app.command("crawl")(crawl)
    locate_cli.add_to(app)
    locations_cli.add_to(app)
    sync_cli.add_to(app)
    members_cli.add_to(app)
    app.command("why")(why)
    app.command("doctor")(doctor)


def doctor(as_json: Json = False) -> None:
    """Look this installation over and change nothing; exit 1 if something is wrong.

    Example: liangxin doctor
    """
    with answering(as_json=as_json):
        from ingest import doctor as physician

        found = physician.look_over(settings())
        is_well = all(each.state != "wrong" for each in found)
        if as_json:
            print_json({"ok": is_well, "findings": [dataclasses.asdict(each) for each in found]})
        else:
            marks = {"ok": "✓", "note": "·", "wrong": "✗"}
            for each in found:
                print(f"{marks[each.state]} {each.zh}")
            print("一切正常。" if is_well else "有问题需要处理。")
        if not is_well:
            raise typer.Exit(1)


def load(
    files: Annotated[list[str], typer.Argument(help="CSV or XLSX, also .gz; - is standard input.")],
    source: SourceName,
    as_of: AsOf = "",
    district: District = "",
    mapping: Mapping = None,
    as_json: Json = False,
) -> None:
    """Load registrations, screenings or a ledger in one run: all of it or nothing.

    Without --as-of the files are of today, or of the day in their names where the source says so.

    Example: liangxin load registrations.csv --source market_regulator --district 430702
    """
    with answering(as_json=as_json), ExitStack() as stack:
        day = parse_date(as_of, "--as-of")
        chosen = with_district(settings(), district)
        from ingest.early import reading

        # The register is read while the rest is imported and the files are looked at.
        name = Path(source).stem if source.endswith(".toml") else source
        early = stack.enter_context(reading(chosen, name))
        from ingest import delivery, given_sources, headers, mappings, named_days

        publisher = given_sources.load(source, chosen)
        paths = [
            stack.enter_context(delivery.standard_input()) if file == "-" else Path(file)
            for file in files
        ]
        vocabulary = headers.vocabulary(publisher.kind)
        given = mappings.parse(mapping or [], vocabulary)
        names, pattern = [path.name for path in paths], publisher.as_of_in_name
        if pattern and not as_of:
            day = named_days.day_of_delivery(names, pattern, today=day)
        _print_notices(named_days.told(names, pattern, day, today=today()))
        looks = (delivery.of_file(path, publisher, chosen, given) for path in paths)
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="looking") as pool:
            looking = pool.submit(list, looks)
            from ingest import relocating, runs  # takes as long as a large file is looked at
        sent = looking.result()
        for each in sent:
            mappings.require_confirmed(each.close, mapping or [], each.parts[0].path.name)
            _print_notices(each.notices)
        engine = stack.enter_context(opened(chosen))
        parts = [part for each in sent for part in each.parts]
        given_sources.keep(source, chosen)
        report = runs.run(parts, publisher, chosen, engine, as_of=day, clock=now, early=early)
        confirmed = {field: header for each in sent for field, header in each.close.items()}
        mappings.remember(chosen, publisher, confirmed | given)
        relocated = relocating.after_a_run(engine, chosen, now=now())
        _answer([report], as_json=as_json, alone=True, relocated=relocated)


def check(
    file: Annotated[Path, typer.Argument(help="CSV, XLSX, XLS or a saved web page; also .gz.")],
    kind: Annotated[
        str, typer.Option("--as", help="registrations, social, roster, members, instructors, …")
    ],
    refused: Annotated[
        Path | None, typer.Option(help="Write the file back with reasons: .csv or .xlsx.")
    ] = None,
    mapping: Mapping = None,
    organisation: Annotated[
        str,
        typer.Option(help="A roster's firm (USCC): its rows are held against what it declared."),
    ] = "",
    as_json: Json = False,
) -> None:
    """Check a file with the rules of a load, and write nothing to the register.

    Example: liangxin check roster.xlsx --as roster --refused back.xlsx
    """
    with answering(as_json=as_json):
        from ingest.checking import check as check_file

        chosen, code = settings(), organisation.strip().upper()
        if code and kind != "roster":
            raise Misuse(
                "--organisation 只用于花名册（--as roster）。",
                "--organisation goes with --as roster only.",
            )
        report = check_file(file, kind, chosen, today=today(), out=refused, mapping=mapping or [])
        if code:
            from ingest.checking import hold_against_declared
            from liangxin import db, rules

            with opened(chosen) as engine, db.reading(engine) as connection:
                hold_against_declared(
                    report, connection, code, today=today(), rule_set=rules.of(chosen)
                )
        if as_json:
            print_json(dataclasses.asdict(report))
        else:
            _print_check(report, refused)
        if report.refused:
            raise typer.Exit(1)


def _print_check(report: "CheckReport", out: Path | None) -> None:
    """Say for people what a load would make of a file."""
    for notice in report.notices:
        print(f"注意：{notice['zh']}")
    known = "，".join(f"{header}→{field}" for field, header in report.mapping.items())
    print(f"列对应：{known}")
    if report.close:
        near = "，".join(f"“{header}”→{field}" for field, header in report.close.items())
        print(f"请确认：{near}（列名相近，按此读取；不对请加 --mapping 列名=字段）")
    print(
        f"{report.rows} 行 = 接收 {report.accepted} + 退回 {report.refused} + 跳过 {report.skipped}"
    )
    _print_rules(report.rules, report.warnings)
    for said in report.declared:
        print(f"  人数不一致：{said['zh']}")
    for fault in report.faults[:SHOWN]:
        place = f"{fault['sheet']} {fault['cell'] or '第 ' + str(fault['row']) + ' 行'}".strip()
        print(f"    {place}  {fault['message']}")
    if report.faults_in_all > SHOWN and out is None:
        print(f"    ……共 {report.faults_in_all} 处。加 --refused 文件.xlsx 可得到逐行标注的原表。")


def _print_notices(notices: "Sequence[Notice]") -> None:
    """Tell on standard error: standard output may be read by a program."""
    for notice in notices:
        print(f"注意：{notice.zh}\n{notice.en}", file=sys.stderr)


def crawl(
    source: Annotated[str, typer.Argument(help="Name of a source file, or a path to one.")],
    resume: Annotated[bool, typer.Option(help="Go on after the last landed page.")] = False,
    as_json: Json = False,
) -> None:
    """Visit a publisher and land all its pages; nothing is loaded yet (see sync).

    Example: liangxin crawl market_regulator_api
    """
    with answering(as_json=as_json):
        from ingest import given_sources
        from ingest.crawl import crawl as visit

        chosen = settings()
        publisher = given_sources.load(source, chosen)
        with opened(chosen) as engine:
            report = visit(publisher, chosen, engine, clock=now, resume=resume)
        if as_json:
            print_json([dataclasses.asdict(report)])
        else:
            print(
                f"采集 {report.crawl}（{report.source}）：{report.pages} 页，{report.items} 条，"
                f"{report.seconds:.1f} 秒{'；与上次采集完全相同' if report.unchanged else ''}"
            )


#: Asking of these, one asks too of what no address says; null: of all fields.
_PLACED = (None, "address", "subdistrict_code", "community_code")


def why(
    code: Annotated[str, typer.Argument(metavar="USCC", help="The organisation's code.")],
    field: Annotated[str | None, typer.Argument(help="A field; default: all.")] = None,
    as_json: Json = False,
) -> None:
    """Show where a value came from: source, run, file, row and cell, and what it was before.

    Example: liangxin why 91430702MA4L0000XX address
    """
    with answering(as_json=as_json):
        from ingest.cells import cell
        from liangxin import db, provenance
        from liangxin.ids import writing

        chosen, code = settings(), writing.compacted(code)  # as a file's codes are read
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = provenance.why(connection, code, field)
            cells = [cell(connection, each.place, chosen) for each in found]
            learned = provenance.learned(connection, code, on=today()) if field in _PLACED else []
        told = [
            {**dataclasses.asdict(each), "cell": sent}
            for each, sent in zip(found, cells, strict=True)
        ]
        if as_json:
            placed = [dataclasses.asdict(each) for each in learned]
            print_json({"uscc": code, "fields": told, "learned": placed})
            return
        for each, sent in zip(found, cells, strict=True):
            _print_why(each, sent)
        for place in learned:
            word = "登记地址" if place.which == "registered" else "经营地址"
            where = place.community_code or place.subdistrict_code
            print(f"{word}归属：{where}（自 {place.since}）\n    依据：{place.zh}")


def _print_why(each: "Why", sent: str | None) -> None:
    place = each.place
    where = f"{place.source}，批次 {place.run}（{place.as_of}）"
    if place.row is not None:
        column = f"“{place.column}”列" if place.column else ""
        where += f"，{place.file} 第 {place.row} 行{column}"
    print(f"{each.zh}：{each.value}（自 {each.since}）\n    来自 {where}")
    if sent is not None and sent != each.value:
        print(f"    原文：{sent}")
    for before in each.earlier:
        print(
            f"    此前：{before.value}（至 {before.until}{'，后经更正' if before.corrected else ''}）"
        )
    for source, said in each.otherwise:
        print(f"    不同说法：{source} 为“{said}”")


def _answer(
    reports: "list[RunReport]",
    *,
    as_json: bool,
    alone: bool,
    relocated: "Relocated | None" = None,
) -> None:
    if as_json:
        # Of the whole register, and not of one run: placed by other addresses and by decisions.
        more = {} if relocated is None else {"learned": relocated.placed, "asked": relocated.asked}
        objects = [more | dataclasses.asdict(report) for report in reports]
        print_json(objects[0] if alone else objects)
    else:
        for report in reports:
            print_report(report)
        if relocated is not None and (relocated.placed or relocated.asked):
            print(
                f"住所未写明街道的单位中，{relocated.placed} 个已按已知地址和认定归到街道，"
                f"{relocated.asked} 个待认定（liangxin locations list 查看）"
            )
        elif relocated is None and any(report.new or report.changed for report in reports):
            print("住所未写明街道的单位由 liangxin worker 或 liangxin locations refresh 归到街道。")
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
    of_rows = {
        rule: count for rule, count in report.warnings.items() if not rule.startswith("batch_")
    }
    _print_rules(report.rules, of_rows)
    for said in report.batch:
        print(f"  整批  {said['rule']}  {said['zh']}")
    if report.asked or report.settled:
        print(
            f"  人数不一致：新提出 {report.asked} 个问题，自动了结 {report.settled} 个"
            "（liangxin questions 查看）"
        )
    for notice in report.notices:
        print(f"注意：{notice['zh']}")
    if report.page:
        print(f"  说明页：{report.page}")


def _print_rules(rules: dict[str, int], warnings: dict[str, int]) -> None:
    from expectations.messages import MESSAGES
    from expectations.rule import general

    for word, counts in (("退回", rules), ("提示", warnings)):
        for rule, count in counts.items():
            print(f"  {word} {count:6}  {rule}  {general(MESSAGES[rule])[0]}")


def with_district(chosen: "Settings", district: str) -> "Settings":
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
