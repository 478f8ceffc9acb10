"""Commands of instructors: `instructors …`; and what lies where: `places`."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.cli import (
    AsOf,
    Code,
    Json,
    On,
    acting,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    require_office,
    settings,
    today,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

Number = Annotated[
    int,
    typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1, help="As `instructors list` shows it."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Party-building instructors: what they can take on, and their visits.")
    for name, command in (
        *(("list", list_instructors), ("load", load), ("offer", offer)),
        *(("say", say), ("end", end), ("visit", visit), ("overdue", overdue)),
    ):
        group.command(name)(command)
    app.add_typer(group, name="instructors")
    places = typer.Typer(help="Buildings, parks and markets; communities that lie side by side.")
    places.command("load")(places_load)
    places.command("neighbours")(places_neighbours)
    app.add_typer(places, name="places")


def list_instructors(as_of: AsOf = "", as_json: Json = False) -> None:
    """List instructors: number, where they work, what they can take on, how many they have.

    Example: liangxin instructors list
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, instructors
        from liangxin.access import Permission

        actor = acting()
        actor.require(Permission.INSTRUCTOR_RECORD)
        with opened(settings()) as engine, db.reading(engine) as connection:
            found = instructors.of_scope(connection, actor, day)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            kind = instructors.KINDS.get(each.kind, (each.kind, each.kind))[0]
            most = "按规则" if each.capacity is None else str(each.capacity)
            willing = "" if each.is_willing else "  暂不承担"
            where = each.community_code or each.subdistrict_code
            print(
                f"{each.id:>5}  {each.name}  {kind}  {where}  {each.organisations}/{most}{willing}"
            )
        print(f"共 {len(found)} 人。")


def load(
    file: Annotated[
        Path, typer.Argument(help="CSV: name,kind,subdistrict_code and what they offer.")
    ],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Take over a list of instructors with what they can take on; who is there already is updated.

    Columns beside the three: capacity, hours, community_code, place, sectors (;), is_district_wide,
    is_willing. Example: liangxin instructors load 指导员.csv
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, instructors

        rows = instructors.read(file)
        with opened(settings()) as engine, db.writing(engine) as connection:
            _require_subdistricts(connection, rows)
            loaded = instructors.load(connection, acting(), rows, on=day, now=now())
        _counts(dataclasses.asdict(loaded), as_json=as_json)


def offer(
    number: Number,
    capacity: Annotated[int, typer.Option(help="Organisations; -1: not changed.")] = -1,
    hours: Annotated[int, typer.Option(help="Hours a month; -1: not changed.")] = -1,
    community: Annotated[str, typer.Option(help="Where they live or work (12 digits).")] = "",
    place: Annotated[str, typer.Option(help="Building, park or market they work in.")] = "",
    sectors: Annotated[str, typer.Option(help="Industries they know, separated by ;.")] = "",
    district_wide: Annotated[bool | None, typer.Option(help="Serves the whole district.")] = None,
    willing: Annotated[bool | None, typer.Option(help="They and who sends them agree.")] = None,
    on: On = "",
    as_json: Json = False,
) -> None:
    """Record what an instructor can take on from a day on; what is not given stays as it was.

    Example: liangxin instructors offer 7 --capacity 4 --community 430702001001
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, instructors

        given: dict[str, Any] = {
            "capacity": None if capacity == -1 else capacity,
            "hours": None if hours == -1 else hours,
            "community_code": community or None,
            "place": place or None,
            "sectors": "\n".join(part.strip() for part in sectors.split(";")) or None,
            "is_district_wide": district_wide,
            "is_willing": willing,
        }
        changes = {name: value for name, value in given.items() if value is not None}
        with opened(settings()) as engine, db.writing(engine) as connection:
            became = instructors.offer(connection, acting(), number, changes, on=day, now=now())
        _done({"instructor": number, "outcome": became}, as_json=as_json)


def say(
    number: Number,
    code: Code,
    word: Annotated[
        str,
        typer.Argument(help="agreed, organisation_declined, person_declined, tie or nothing."),
    ],
    on: On = "",
    as_json: Json = False,
) -> None:
    """Record what holds between an instructor and an organisation: agreed, declined, or a tie.

    Example: liangxin instructors say 7 91430702MA4L0000XX agreed
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, instructors
        from liangxin.plans import ground

        actor = acting()
        with opened(settings()) as engine, db.writing(engine) as connection:
            organisation = ground.require_organisation(connection, actor, code, today())
            became = instructors.say(
                connection, actor, number, organisation, word, on=day, now=now()
            )
        _done({"instructor": number, "outcome": became}, as_json=as_json)


def end(number: Number, code: Code, on: On = "", as_json: Json = False) -> None:
    """End an instructor's work at an organisation, like one that closed.

    On the day it began it is taken back: it never held.

    Example: liangxin instructors end 7 91430702MA4L0000XX --on 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, instructor_changes
        from liangxin.plans import ground

        actor, uscc = acting(), code.strip().upper()
        with opened(settings()) as engine, db.writing(engine) as connection:
            ground.require_organisation(connection, actor, uscc, today())
            became = instructor_changes.end(connection, actor, number, uscc, on=day, now=now())
        outcome = "changed" if became == "ended" else became
        _done({"instructor": number, "outcome": outcome}, as_json=as_json)


def visit(
    number: Number,
    code: Code,
    by: Annotated[str, typer.Option(help="The office that says so.")],
    kind: Annotated[str, typer.Option(help="visit or talk.")] = "visit",
    on: On = "",
    as_json: Json = False,
) -> None:
    """Log a visit of an instructor to an organisation they look after; nothing that was said.

    Example: liangxin instructors visit 7 91430702MA4L0000XX --by 穿紫河街道综合党委
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, visits
        from liangxin.plans import ground

        actor = acting()
        with opened(settings()) as engine, db.writing(engine) as connection:
            organisation = ground.require_organisation(connection, actor, code, today())
            became = visits.record(
                connection,
                actor,
                number,
                organisation,
                kind=kind,
                on=day,
                by=require_office(by),
                now=now(),
            )
        _done({"instructor": number, "outcome": became}, as_json=as_json)


def overdue(as_of: AsOf = "", as_json: Json = False) -> None:
    """List assignments whose visit, yearly talk or term is overdue, the latest first.

    Example: liangxin instructors overdue
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, rules, visits

        chosen = settings()
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = visits.overdue(connection, acting(), rules.of(chosen), as_of=day)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            what = visits.OVERDUE[each.what][0]
            last = each.last_on or "从未"
            print(
                f"{each.organisation}  {each.instructor}  {what} {each.days_over} 天（上次 {last}）"
            )
        print(f"共 {len(found)} 项。")


def places_load(
    file: Annotated[Path, typer.Argument(help="CSV: name,kind,subdistrict_code and more.")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Take over a list of buildings, parks and markets; one that is there already is updated.

    Columns beside the three: community_code, address, aliases (;), is_key, latitude, longitude.
    Example: liangxin places load 楼宇.csv
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, places

        rows = places.read(file)
        with opened(settings()) as engine, db.writing(engine) as connection:
            _require_subdistricts(connection, rows)
            loaded = places.load(connection, acting(), rows, on=day, now=now())
        _counts(dataclasses.asdict(loaded), as_json=as_json)


def places_neighbours(
    file: Annotated[Path, typer.Argument(help="CSV: code,neighbour (12 digits each).")],
    as_json: Json = False,
) -> None:
    """Take over which communities lie side by side; plans count them nearer than others.

    Example: liangxin places neighbours 相邻社区.csv
    """
    with answering(as_json=as_json):
        from liangxin import db, places

        pairs = places.read_neighbours(file)
        with opened(settings()) as engine, db.writing(engine) as connection:
            loaded = places.load_neighbours(connection, acting(), pairs, now=now())
        _counts(dataclasses.asdict(loaded), as_json=as_json)


def _require_subdistricts(connection: "Connection", rows: list[dict[str, Any]]) -> None:
    """Return if every row is of a sub-district there is: nothing is ever planned in a mistyped one."""
    from liangxin.plans import ground

    for code in sorted({row["subdistrict_code"] for row in rows}):
        ground.require_subdistrict(connection, code)


def _counts(counts: dict[str, int], *, as_json: bool) -> None:
    if as_json:
        print_json(counts)
    else:
        print("  ".join(f"{name} {number}" for name, number in counts.items()))


def _done(said: dict[str, Any], *, as_json: bool) -> None:
    words = {"new": "已记录", "changed": "已更新", "unchanged": "没有变化", "taken_back": "已撤回"}
    if as_json:
        print_json(said)
    else:
        print(f"{words.get(said['outcome'], said['outcome'])} / {said['outcome']}")
