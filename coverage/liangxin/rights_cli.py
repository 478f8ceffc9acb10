"""Commands about persons' rights and the texts that are kept: `requests`, `documents`."""

import dataclasses
from pathlib import Path
from typing import Annotated

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
from liangxin.committee_cli import On, Organisation, Subdistrict


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    requests = typer.Typer(help="Requests of persons about what is kept of them.")
    for name, command in (("add", add), ("close", close), ("list", requests_list)):
        requests.command(name)(command)
    app.add_typer(requests, name="requests")
    documents = typer.Typer(help="Texts that are kept for years: notices, impact assessments.")
    documents.command("template")(template)
    documents.command("keep")(keep)
    app.add_typer(documents, name="documents")


def add(
    kind: Annotated[str, typer.Argument(help="see, correct, delete or explain.")],
    organisation: Organisation = "",
    on: On = "",
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Note that somebody asked; it names nobody, and is due within the rule set's days.

    Example: liangxin requests add delete --organisation 91430702MA4L0000XX
    """
    with answering(as_json=as_json):
        from liangxin import access, db, requests, rules

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            number = requests.receive(
                connection,
                access.local_committee(subdistrict or None),
                rules.of(chosen),
                kind,
                code=organisation or None,
                on=parse_date(on, "--on"),
                now=now(),
            )
        if as_json:
            print_json({"request": number})
        else:
            print(f"已登记为 {number} 号请求。")


def close(
    number: Annotated[int, typer.Argument(help="Number of the request.")],
    outcome: Annotated[str, typer.Argument(help="done, nothing_kept or refused.")],
    reason: Annotated[str, typer.Option(help="Why it was refused; names nobody.")] = "",
    on: On = "",
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Note what became of a request.

    Example: liangxin requests close 3 done
    """
    with answering(as_json=as_json):
        from liangxin import access, db, requests

        with opened(settings()) as engine, db.writing(engine) as connection:
            requests.close(
                connection,
                access.local_committee(subdistrict or None),
                number,
                outcome,
                on=parse_date(on, "--on"),
                now=now(),
                reason=reason or None,
            )
        if as_json:
            print_json({"request": number, "outcome": outcome})
        else:
            print(f"{number} 号请求已办结。")


def requests_list(
    everything: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """List open requests, those due first.

    Example: liangxin requests list
    """
    with answering(as_json=as_json):
        from liangxin import access, db, requests

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = requests.listed(
                connection, access.local_committee(subdistrict or None), everything=everything
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            late = "（逾期）" if each.closed_on is None and each.due_on < today() else ""
            zh = requests.KINDS[each.kind][0]
            print(f"{each.id:>4}  {zh}  收到 {each.received_on}  期限 {each.due_on}{late}")
        print(f"共 {len(found)} 件。")


def template(
    out: Annotated[Path, typer.Argument(help="The file to fill in (.md).")], as_json: Json = False
) -> None:
    """Write the form of an impact assessment (PIPL arts 55, 56), to be filled in by the office.

    Example: liangxin documents template 影响评估.md
    """
    with answering(as_json=as_json):
        from importlib.resources import files

        from liangxin.files import write_named

        content = files("liangxin.reference").joinpath("impact_assessment.md").read_bytes()
        write_named(out, content)
        if as_json:
            print_json({"file": str(out)})
        else:
            print(f"已写入 {out}。填好后：liangxin documents keep {out} --version 年份")


def keep(
    file: Annotated[Path, typer.Argument(help="The assessment, as text (.md, .txt).")],
    version: Annotated[str, typer.Option(help="What to call it, like 2026.")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Keep an impact assessment in the register, three years and longer.

    Example: liangxin documents keep 影响评估.md --version 2026
    """
    with answering(as_json=as_json):
        from liangxin import db, notice
        from liangxin.files import read_text

        content = read_text(file, most=1_000_000)
        with opened(settings()) as engine, db.writing(engine) as connection:
            notice.keep_document(
                connection,
                "impact_assessment",
                version,
                content,
                by="local",
                today=parse_date(as_of, "--as-of"),
                now=now(),
            )
        if as_json:
            print_json({"version": version})
        else:
            print(f"已保存为 {version} 版。")
