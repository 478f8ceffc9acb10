"""Commands of the exchange: `exchange keys`, `trust`, `offices`, `pack`, `open`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from liangxin.cli import Json, answering, now, opened, print_json, settings


def add_to(app: typer.Typer) -> None:
    """Add the exchange's commands."""
    exchange = typer.Typer(help="Signed packages between offices that share no network.")
    exchange.command("keys")(make_keys)
    exchange.command("trust")(trust)
    exchange.command("offices")(offices)
    exchange.command("pack")(pack)
    exchange.command("open")(open_file)
    app.add_typer(exchange, name="exchange")


def make_keys(
    office: Annotated[str, typer.Option(help="This office's name among others.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where to write the card to hand over.")] = None,
    as_json: Json = False,
) -> None:
    """Make this office's keys (once), and write the card to hand over to others.

    Example: liangxin exchange keys --office 示例区两新工委 --out card.json
    """
    with answering(as_json=as_json):
        from ingest.exchange import keys
        from ingest.exchange.offices import name_ourselves
        from liangxin import db
        from liangxin.errors import UnreadableFile
        from liangxin.files import write_whole

        chosen = settings()
        with opened(chosen) as engine:
            made, new = keys.make(chosen.home, office)
            with db.writing(engine) as connection:
                name_ourselves(connection, made.office)
        file = out or keys.card_file(chosen.home)
        if out is not None:
            try:
                write_whole(out, keys.card_bytes(made.card), mode=0o644)
            except OSError as error:
                raise UnreadableFile(
                    f"无法写入 {out}（{error.strerror}）。",
                    f"cannot write {out} ({error.strerror}).",
                ) from error
        told = {
            "office": made.office,
            "fingerprint": made.card.fingerprint,
            "card": str(file),
            "new": new,
        }
        if as_json:
            print_json(told)
            return
        print(f"{'已生成' if new else '已有'}“{made.office}”的密钥。名片：{file}")
        print(f"指纹（请电话核对） / fingerprint: {made.card.spoken}")


def trust(
    card: Annotated[Path, typer.Argument(help="The other office's card.")],
    office: Annotated[str, typer.Option(help="The name it must bear.")],
    as_json: Json = False,
) -> None:
    """Accept another office's card; compare the fingerprint with it by telephone.

    Example: liangxin exchange trust card.json --office 示例街道经济办
    """
    with answering(as_json=as_json):
        from ingest.exchange import keys
        from ingest.exchange import offices as others
        from liangxin import db

        chosen = settings()
        read = others.read_card(card)
        ours = keys.load(chosen.home).card if keys.keys_file(chosen.home).exists() else None
        with opened(chosen) as engine, db.writing(engine) as connection:
            new = others.trust(connection, read, office, ours=ours, now=now())
        if as_json:
            print_json({"office": read.office, "fingerprint": read.fingerprint, "new": new})
            return
        print(f"{'已信任' if new else '早已信任'}“{read.office}”。")
        print(f"指纹（请电话核对） / fingerprint: {read.spoken}")


def offices(as_json: Json = False) -> None:
    """Show the offices whose cards were accepted.

    Example: liangxin exchange offices
    """
    with answering(as_json=as_json):
        from ingest.exchange import offices as others
        from liangxin import db

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = others.trusted(connection)
        if as_json:
            print_json(
                [
                    {
                        "office": each.card.office,
                        "fingerprint": each.card.fingerprint,
                        "acknowledged": each.acknowledged,
                    }
                    for each in found
                ]
            )
            return
        for each in found:
            print(f"{each.card.office}  {each.card.spoken}")
        print(f"共信任 {len(found)} 个单位。")


def pack(
    to: Annotated[str, typer.Option(help="The office it is for.")],
    since: Annotated[
        str, typer.Option(help="A cursor, or a day; default: what the office has opened.")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="The file; default: in the outbox.")] = None,
    as_json: Json = False,
) -> None:
    """Pack all that another office has not opened yet into one signed, encrypted file.

    Example: liangxin exchange pack --to 示例街道经济办 --out package.lxp
    """
    with answering(as_json=as_json):
        from ingest.exchange.pack import pack as make

        chosen = settings()
        with opened(chosen) as engine:
            report = make(chosen, engine, to=to, since=since, out=out, clock=now)
        if as_json:
            print_json(report.as_object())
            return
        print(
            f"第 {report.serial} 号交换包（发给“{to}”）：{report.rows} 行，{report.seconds:.1f} 秒"
        )
        for name, rows in report.tables.items():
            print(f"  {rows:8}  {name}")
        print(f"  文件：{report.file}")


def open_file(
    file: Annotated[Path, typer.Argument(help="A package of another office.")],
    as_json: Json = False,
) -> None:
    """Verify a package and merge it, all of it or nothing.

    Example: liangxin exchange open package.lxp
    """
    with answering(as_json=as_json):
        from ingest import relocating
        from ingest.exchange.judging import RULES
        from ingest.exchange.opening import open_package

        chosen = settings()
        with opened(chosen) as engine:
            report = open_package(file, chosen, engine, clock=now)
            relocating.after_a_run(engine, chosen, now=now())
        if as_json:
            print_json(dataclasses.asdict(report))
        else:
            print(
                f"批次 {report.run}（{report.source}）：{report.rows} 行 = 接收 {report.accepted} "
                f"+ 退回 {report.refused} + 跳过 {report.skipped}；新增 {report.new}，"
                f"变更 {report.changed}，未变 {report.unchanged}；{report.seconds:.1f} 秒"
            )
            for rule, count in report.rules.items():
                print(f"  退回 {count:6}  {rule}  {RULES[rule][0]}")
            for notice in report.notices:
                print(f"注意：{notice['zh']}")
        if report.refused:
            raise typer.Exit(1)
