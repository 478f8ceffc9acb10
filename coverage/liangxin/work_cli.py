"""Commands of the offices' own work: `party`, `due`, `find`, `readiness`, `grids`."""

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from liangxin.cli import (
    AsOf,
    Json,
    acting,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    require_office,
    settings,
)

By = Annotated[str, typer.Option(help="The office that says so.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("party")(party)
    app.command("due")(due)
    app.command("find")(find)
    readiness = typer.Typer(help="What a sub-district's committee has of what it should have.")
    readiness.command("show")(readiness_show)
    readiness.command("record")(readiness_record)
    app.add_typer(readiness, name="readiness")
    grids = typer.Typer(help="Grids: the level under the community.")
    grids.command("load")(grids_load)
    app.add_typer(grids, name="grids")


def party(
    as_of: AsOf = "",
    trigger: Annotated[str, typer.Option(help="Only this trigger.")] = "",
    as_json: Json = False,
) -> None:
    """Print which Party organisations are due for a change, and why.

    Example: liangxin party --as-of 2022-09-30 --trigger term_ending
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, rules, triggers
        from liangxin.errors import Misuse

        if trigger and trigger not in triggers.TRIGGERS:
            known = triggers.TRIGGERS
            raise Misuse(
                f"没有情形“{trigger}”，现有：{'、'.join(known)}。",
                f"there is no trigger {trigger!r}; there are: {', '.join(known)}.",
            )
        chosen = settings()
        rule_set = rules.of(chosen)
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = triggers.due(connection, acting(), rule_set, as_of=day, trigger=trigger or None)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            print(f"{each.name}  {triggers.TRIGGERS[each.trigger][0]}")
        print(f"共 {len(found)} 项。")


def due(
    as_of: AsOf = "",
    subdistrict: Annotated[str, typer.Option(help="Only this sub-district.")] = "",
    as_json: Json = False,
) -> None:
    """Print whose entry nobody confirmed for half a year.

    Example: liangxin due --subdistrict 430702001
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, lists, rules, views

        chosen = settings()
        rule_set = rules.of(chosen)
        with opened(chosen) as engine, db.reading(engine) as connection:
            views.require_place(connection, acting(), subdistrict, on=day)
            found = lists.due(
                connection, acting(), rule_set, as_of=day, subdistrict_code=subdistrict or None
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            print(f"{each.uscc}  {each.name}  {each.confirmed_on or '从未核实'}")
        print(f"共 {len(found)} 家待核实。")


def find(
    code: Annotated[str, typer.Argument(metavar="USCC", help="The organisation.")],
    field: Annotated[str, typer.Argument(help="What was found out, like declined or industry.")],
    value: Annotated[str, typer.Argument(help="1 or 0 for a yes or no; else a number or text.")],
    by: By,
    on: Annotated[str, typer.Option(help="Since which day; default: today.")] = "",
    as_json: Json = False,
) -> None:
    """Record what no register keeps and somebody found out, from a day on.

    Example: liangxin find 91430702MA4L0000XX declines_instructor 1 --by 穿紫河街道综合党委
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        import polars as pl

        from liangxin import audit, db, findings, places_found, register
        from liangxin.access import Permission
        from liangxin.errors import Misuse
        from liangxin.plans import ground

        actor = acting()
        actor.require(Permission.TASK_ANSWER)
        fact = {"field": field, "value": value, "source": require_office(by), "from_on": day}
        with opened(settings()) as engine, db.writing(engine) as connection:
            number = ground.require_organisation(connection, actor, code, day)
            places_found.require(connection, number, field, findings.require(field, value), on=day)
            frame = pl.DataFrame([{"uscc": code.strip().upper(), **fact}])
            outcome = register.find(connection, frame, now=now()).outcomes[0]
            if outcome == "earlier":
                raise Misuse(
                    f"“{field}”已有 {day} 之后的记录，这一条没有写入。请用 --on 给出较晚的日期。",
                    f"{field} is recorded from a day after {day}, so this was not written; give a later "
                    "day with --on.",
                )
            about = f"{code.strip().upper()} {field}"
            audit.by_actor(connection, actor, "found", about, now=now(), on=day)
        said = {"organisation": code.strip().upper(), "field": field, "outcome": outcome}
        print_json(said) if as_json else print(f"已记录 / {outcome}")


def readiness_show(as_of: AsOf = "", as_json: Json = False) -> None:
    """Print what each sub-district of the district has, with evidence and since when.

    Example: liangxin readiness show
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, readiness, views

        chosen = settings()
        known = readiness.items(chosen.home)
        with opened(chosen) as engine, db.reading(engine) as connection:
            district = chosen.district or views.data_district(connection)
            found = readiness.of_day(connection, acting(), known, as_of=day, district=district)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            missing = [
                item.zh for item, has in zip(known, each.items, strict=True) if not has.since
            ]
            print(
                f"{each.name}  {each.there}/{len(known)}"
                + "".join(f"\n    缺 {x}" for x in missing)
            )


def readiness_record(
    subdistrict: Annotated[str, typer.Argument(metavar="CODE", help="The sub-district.")],
    item: Annotated[str, typer.Argument(help="An item of the list, like plate.")],
    by: By,
    evidence: Annotated[str, typer.Option(help="Evidence; empty: it has it no longer.")] = "",
    on: Annotated[str, typer.Option(help="Since which day; default: today.")] = "",
    as_json: Json = False,
) -> None:
    """Record that a sub-district has an item, or has it no longer.

    Example: liangxin readiness record 430702001 plate --evidence 挂牌照片 --by 区委两新工委
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, readiness

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            readiness.record(
                connection,
                acting(),
                readiness.items(chosen.home),
                subdistrict_code=subdistrict,
                item=item,
                evidence=evidence,
                by=by,
                on=day,
                now=now(),
            )
        said = {"subdistrict": subdistrict, "item": item, "has": bool(evidence.strip()), "on": day}
        print_json(said) if as_json else print("已记录 / recorded")


def grids_load(
    file: Annotated[Path, typer.Argument(help="CSV: code,name,community_code,households.")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Load a list of grids; what changed is kept by date.

    Example: liangxin grids load grids.csv --as-of 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import audit, db, grids

        listed = grids.read(file)
        with opened(settings()) as engine, db.writing(engine) as connection:
            loaded = grids.load(connection, listed, on=day, now=now())
            audit.by_machine(connection, "list.loaded", f"grids {listed.height}", now=now())
        counts = dataclasses.asdict(loaded)
        if as_json:
            print_json(counts)
        else:
            print("  ".join(f"{name} {number}" for name, number in counts.items()))
