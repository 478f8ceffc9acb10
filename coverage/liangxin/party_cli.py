"""Commands of what changes of Party organisations by hand: `parties …`."""

import dataclasses
from typing import Annotated, Any

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
    settings,
    today,
)

Number = Annotated[
    int,
    typer.Argument(metavar="NUMBER", min=1, max=2**31 - 1, help="As `parties list` shows it."),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(
        help="Party organisations: units leave, terms begin, places served, dissolved, applied for."
    )
    commands = (
        *(("list", list_parties), ("leave", leave), ("elect", elect), ("serve", serve)),
        *(("dissolve", dissolve), ("apply", apply), ("decide", decide)),
    )
    for name, command in commands:
        group.command(name)(command)
    app.add_typer(group, name="parties")


def list_parties(as_of: AsOf = "", as_json: Json = False) -> None:
    """List Party organisations: number, level, how many organisations each covers, when it elects.

    Example: liangxin parties list
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, party_changes

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = party_changes.of_scope(connection, acting(), on=day)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            due = f"  届满 {each.due_on}" if each.due_on else ""
            print(
                f"{each.id:>5}  {each.name}  {each.level}  {each.subdistrict_code}  "
                f"{len(each.units)} 个单位{due}"
            )
        print(f"共 {len(found)} 个党组织。")


def leave(number: Number, code: Code, on: On = "", as_json: Json = False) -> None:
    """Let a unit leave a Party organisation; the day is the first without it.

    Example: liangxin parties leave 7 91430702MA4L0000XX --on 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, party_changes, rules

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            odd = party_changes.leave(
                connection, acting(), rules.of(chosen), number, code, on=day, now=now()
            )
        told = {
            "party": number,
            "left": code.strip().upper(),
            "warnings": [each.zh for each in odd],
        }
        _done(told, *(f"{each.zh} / {each.en}" for each in odd), as_json=as_json)


def elect(
    number: Number,
    on: On = "",
    due: Annotated[str, typer.Option(help="The term's last day; default: by the rules.")] = "",
    secretary: Annotated[
        bool, typer.Option("--secretary", help="Ask who was elected; without it: vacant.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Record an election: a new term begins, and is due some years later by the rules.

    A name is asked for, for what stands in a command is kept by the shell.
    Example: liangxin parties elect 7 --on 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        last = parse_date(due, "--due") if due else None
        from liangxin import db, party_changes, rules

        name = typer.prompt("当选书记 / secretary", err=True) if secretary else ""
        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            until = party_changes.elect(
                connection,
                acting(),
                rules.of(chosen),
                number,
                on=day,
                secretary=name,
                now=now(),
                due_on=last,
            )
        _done({"party": number, "elected_on": day, "due_on": until}, as_json=as_json)


def serve(
    number: Number,
    place: Annotated[str, typer.Argument(help="A building, park or market; empty: none.")],
    as_json: Json = False,
) -> None:
    """Record which building, park or market of its sub-district a Party organisation serves.

    Example: liangxin parties serve 7 浙商广场
    """
    with answering(as_json=as_json):
        from liangxin import db, party_changes

        with opened(settings()) as engine, db.writing(engine) as connection:
            party_changes.serve(connection, acting(), number, place, on=today(), now=now())
        _done({"party": number, "place": place.strip()}, as_json=as_json)


def dissolve(number: Number, on: On = "", as_json: Json = False) -> None:
    """Dissolve a Party organisation; the day is the first on which it covers nobody.

    Example: liangxin parties dissolve 7 --on 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, party_changes

        with opened(settings()) as engine, db.writing(engine) as connection:
            left = party_changes.dissolve(connection, acting(), number, on=day, now=now())
        _done({"party": number, "dissolved_on": day, "units": left}, as_json=as_json)


def apply(code: Code, on: On = "", as_json: Json = False) -> None:
    """Record that an organisation applied to form a Party organisation; the answer is due in a month.

    Example: liangxin parties apply 91430702MA4L0000XX --on 2022-06-30
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, party_changes
        from liangxin.plans import ground

        actor = acting()
        with opened(settings()) as engine, db.writing(engine) as connection:
            number = ground.require_organisation(connection, actor, code, day)
            party_changes.apply(connection, actor, number, on=day, now=now())
        _done({"organisation": code.strip().upper(), "applied_on": day}, as_json=as_json)


def decide(
    code: Code,
    outcome: Annotated[str, typer.Argument(help="approved or refused.")],
    on: On = "",
    as_json: Json = False,
) -> None:
    """Record how the application of an organisation was answered.

    Example: liangxin parties decide 91430702MA4L0000XX approved --on 2022-07-15
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        from liangxin import db, party_changes
        from liangxin.plans import ground

        actor = acting()
        with opened(settings()) as engine, db.writing(engine) as connection:
            number = ground.require_organisation(connection, actor, code, day)
            party_changes.decide(connection, actor, number, outcome, on=day, now=now())
        about = {"organisation": code.strip().upper(), "outcome": outcome, "decided_on": day}
        _done(about, as_json=as_json)


def _done(told: dict[str, Any], *lines: str, as_json: bool) -> None:
    if as_json:
        print_json(told)
        return
    print("已记录 / recorded", *lines, sep="\n")
