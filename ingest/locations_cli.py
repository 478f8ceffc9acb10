"""`liangxin locations`: addresses that somebody must place, and what was decided about them."""

import dataclasses
from typing import Annotated

import typer

from liangxin.cli import (
    Json,
    acting,
    answering,
    now,
    opened,
    print_json,
    require_office,
    settings,
    today,
)


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    locations = typer.Typer(help="Addresses that name no sub-district: who must place what.")
    locations.command("list")(show)
    locations.command("decide")(decide)
    locations.command("decisions")(decisions)
    locations.command("withdraw")(withdraw)
    locations.command("refresh")(refresh)
    app.add_typer(locations, name="locations")


def show(
    subdistrict: Annotated[str, typer.Option(help="Only what may be in this sub-district.")] = "",
    most: Annotated[int, typer.Option(help="So many entries.")] = 50,
    as_json: Json = False,
) -> None:
    """List what must be placed, first what one answer settles for most organisations.

    Example: liangxin locations list --most 10
    """
    with answering(as_json=as_json):
        from liangxin import db, locations
        from liangxin.located_words import KINDS

        with opened(settings()) as engine, db.reading(engine) as connection:
            asked = locations.queue(
                connection, acting(), subdistrict=subdistrict, on=today(), most=most
            )
        if as_json:
            print_json(dataclasses.asdict(asked))
            return
        for each in asked.entries:
            print(
                f"{each.id:>8}  {KINDS[each.kind][0]} {each.pattern}：{each.organisations} 个单位"
            )
            for candidate in each.candidates:
                print(f"            {candidate.code} {candidate.name}  {candidate.zh}")
        print(f"共 {asked.in_all} 项，涉及 {asked.organisations} 个单位。")


def decide(
    entry: Annotated[int, typer.Argument(help="Number of an entry of the list.")],
    code: Annotated[str, typer.Argument(help="Sub-district, or community of 12 digits.")],
    by: Annotated[str, typer.Option(help="The office that decides.")],
    as_json: Json = False,
) -> None:
    """Decide where an entry is; every address that is about the same thing follows.

    Example: liangxin locations decide 17 430702003 --by 启明街道经济办
    """
    with answering(as_json=as_json):
        from ingest import relocating
        from liangxin import db, locations

        chosen, code = settings(), code.strip()
        with opened(chosen) as engine:
            with db.writing(engine) as connection:
                decided = locations.decide(
                    connection,
                    acting(),
                    entry,
                    code[:9],
                    community=code if len(code) > len(code[:9]) else None,
                    by=require_office(by),
                    on=today(),
                    now=now(),
                )
            relocating.ready(engine, chosen, now=now())
        if as_json:
            print_json(dataclasses.asdict(decided))
            return
        print(f"“{decided.pattern}”属{decided.subdistrict}：{decided.organisations} 个单位已归入。")


def decisions(as_json: Json = False) -> None:
    """List the decisions that hold, the newest first.

    Example: liangxin locations decisions
    """
    with answering(as_json=as_json):
        from liangxin import db, locations

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = locations.listed(connection, acting(), on=today())
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            print(
                f"{each.id:>6}  {each.pattern} → {each.subdistrict}（{each.decided_by}，"
                f"{each.from_on}，{each.organisations} 个单位）"
            )
        print(f"共 {len(found)} 项认定。")


def withdraw(
    decision: Annotated[int, typer.Argument(help="Number of a decision.")],
    as_json: Json = False,
) -> None:
    """Take a decision back; what it placed is placed anew, or asked about again.

    Example: liangxin locations withdraw 3
    """
    with answering(as_json=as_json):
        from ingest import relocating
        from liangxin import db, locations

        chosen = settings()
        with opened(chosen) as engine:
            with db.writing(engine) as connection:
                count = locations.withdraw(connection, acting(), decision, now=now())
            relocating.ready(engine, chosen, now=now())
        if as_json:
            print_json({"decision": decision, "organisations": count})
            return
        print(f"认定 {decision} 已撤回，{count} 个单位重新定位。")


def refresh(as_json: Json = False) -> None:
    """Place anew whatever its address does not place, by the register as it stands.

    A load, a sync and the worker do this by themselves.

    Example: liangxin locations refresh
    """
    with answering(as_json=as_json):
        from ingest import relocating
        from liangxin import db

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            found = relocating.tell(connection, chosen, now=now())
        if as_json:
            print_json(dataclasses.asdict(found))
            return
        print(
            f"已归到街道 {found.placed} 个单位，待认定 {found.asked} 个；变动 {found.changed} 条。"
        )
