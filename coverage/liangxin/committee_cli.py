"""Commands of the committee about members: `members`. Names only with a purpose."""

import dataclasses
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.cli import (
    Json,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    settings,
    today,
)

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy import Connection

    from liangxin.access import Actor
    from liangxin.rules import RuleSet

Number = Annotated[int, typer.Argument(help="Number of the membership, as `members show` says.")]
On = Annotated[str, typer.Option("--on", help="The day it happened; default: today.")]
Subdistrict = Annotated[
    str, typer.Option(help="Work as the committee of this sub-district; default: of all.")
]
Organisation = Annotated[str, typer.Option(help="Only this organisation (USCC).")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    members = typer.Typer(help="Candidates and members: see, confirm, and each later step.")
    for name, command in (
        *(("show", show), ("declare", declare), ("announce", announce)),
        ("check", check),
    ):
        members.command(name)(command)
    for name, step in STEPS.items():
        members.command(name)(_stepping(*step))
    transfer = typer.Typer(help="Transfer of a relation, step by step.")
    transfer.command("letter")(transfer_letter)
    for name, step in TRANSFER_STEPS.items():
        transfer.command(name)(_stepping(*step))
    members.add_typer(transfer, name="transfer")
    app.add_typer(members, name="members")


def show(
    purpose: Annotated[
        str, typer.Option(help="Why: confirm, transfer, branch or request; it is recorded.")
    ],
    organisation: Organisation = "",
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Open candidates, declarations and members by name; each person sees that you looked.

    Example: liangxin members show --purpose confirm --subdistrict 430702001
    """
    with answering(as_json=as_json):
        from liangxin import access, committee, db, forgetting, privacy

        chosen = settings()
        actor = access.local_committee(subdistrict or None)
        with opened(chosen) as engine, db.writing(engine) as connection:
            forgetting.forget_due(connection, today(), now=now())
            found = committee.look(
                connection,
                actor,
                privacy.load(chosen),
                purpose=purpose,
                now=now(),
                code=organisation.strip().upper() or None,
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            _print_known(each)
        closed = sum(each.name is None for each in found)
        if closed:
            print(f"其中 {closed} 条的姓名打不开：缺少当时的封存密钥，请从密钥备份恢复。")
        print(f"共 {len(found)} 条。本次查看已记录，本人可见。请勿截图、转发。")


def _print_known(each: Any) -> None:
    from liangxin.entering import RELATIONS
    from liangxin.membership import NAMES, State

    status = {"full": "正式", "probationary": "预备"}[each.status]
    more = [
        f"凭证前四位 {each.receipt}" if each.receipt else "",
        f"名册：{each.relation}" if each.relation else "",
        f"自述组织关系：{RELATIONS[each.relation_said][0]}" if each.relation_said else "",
        f"{each.expires_on} 前未确认即删除" if each.expires_on else "",
        f"{each.absent_on} 的花名册中不再有" if each.absent_on else "",
        "" if each.counts else "计入另一单位",
        f"与 {each.same_as} 号是同一人" if each.same_as else "",
        "同意转接" if "transfer" in each.may else "",
    ]
    told = "；".join(part for part in more if part)
    state = NAMES[State(each.state)][0]
    print(
        f"{each.id:>5}  {each.name or '（打不开）'}  {status}  {state}（{each.since}）  {each.organisation}  {told}"
    )


def declare(
    organisation: Annotated[str, typer.Argument(help="Where the person works (USCC).")],
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Take the declaration of somebody at the desk; asks line by line, the number unseen.

    Example: liangxin members declare 91430702MA4L0000XX
    """
    with answering(as_json=as_json):
        from liangxin import access, db, declaring, notice, privacy, rules, tasks

        chosen = settings()
        privacy.load(chosen)  # before anybody types anything
        said = _ask()
        day, moment = today(), now()
        actor = access.local_committee(subdistrict or None)
        with opened(chosen) as engine, db.writing(engine) as connection:
            code = declaring.at_desk(
                connection, privacy.load(chosen), actor, organisation, said, today=day, now=moment
            )
            notice.keep(connection, notice.current(), by=actor.name, today=day, now=moment)
            number = declaring.organisation_of_code(connection, code, day)
            tasks.open_for(connection, rules.of(chosen), number, day, moment)
        if as_json:
            print_json({"code": code})
        else:
            print(f"已记录，待党委当面核实。请把查询码交给本人，遗失不补：{code}")


def announce(
    organisation: Annotated[str, typer.Argument(help="Where the person works (USCC).")],
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Take a notice that somebody's relation is to come: a sealed candidate, who counts as nobody.

    Example: liangxin members announce 91430702MA4L0000XX
    """
    with answering(as_json=as_json):
        from liangxin import access, candidates, db, entering, links, privacy
        from liangxin.members import Person
        from liangxin.membership import Basis

        chosen = settings()
        privacy.load(chosen)  # before anybody types anything
        day, moment = today(), now()
        person = Person(
            entering.name(typer.prompt("姓名", err=True)),
            entering.number(typer.prompt("证件号码（不显示）", hide_input=True, err=True), day),
            entering.status(typer.prompt("full=正式、probationary=预备", err=True)),
        )
        actor = access.local_committee(subdistrict or None)
        with opened(chosen) as engine, db.writing(engine) as connection:
            candidates.add_candidates(
                connection,
                privacy.load(chosen),
                links.placed(connection, actor, organisation),
                [person],
                Basis.TRANSFER_NOTICE,
                by=actor.name,
                today=day,
                now=moment,
            )
        # The same whatever is known of the person.
        if as_json:
            print_json({"organisation": organisation})
        else:
            print(
                "已登记。到转接手续办结（members here）或本人申报并核实后才计数；60 天未办即删除。"
            )


def _ask() -> Any:
    from liangxin import notice
    from liangxin.entering import RELATIONS, Said

    text = notice.current()
    for _, zh, _ in text.items:
        typer.echo(f"· {zh.format(committee='综合党委')}", err=True)
    consents = {name for name in notice.CONSENTS if typer.confirm(text.consents[name][0], err=True)}
    relations = "、".join(f"{name}={words[0]}" for name, words in RELATIONS.items())
    return Said(
        name=typer.prompt("姓名", err=True),
        number=typer.prompt("证件号码（不显示）", hide_input=True, err=True),
        status=typer.prompt("full=正式、probationary=预备", err=True),
        relation=typer.prompt(f"组织关系所在（{relations}）", err=True),
        hired_on=_day(typer.prompt("入职日期（可留空，如 2026-03-01）", default="", err=True)),
        consents=consents,
    )


def _day(text: str) -> "date | None":
    return parse_date(text, "入职日期") if text.strip() else None


@dataclasses.dataclass(frozen=True)
class Work:
    """One step of one membership, in a transaction."""

    connection: "Connection"
    actor: "Actor"
    rules: "RuleSet"
    number: int
    on: "date"
    now: "datetime"


def _stepping(about: str, take: Callable[[Work], object], said: str) -> Callable[..., None]:
    """A command that takes one step, and opens the tasks that it asks for."""

    def command(
        number: Number, on: On = "", subdistrict: Subdistrict = "", as_json: Json = False
    ) -> None:
        with answering(as_json=as_json):
            from liangxin import access, db, forgetting, members, rules, tasks

            chosen = settings()
            rule_set = rules.of(chosen)
            day, moment = parse_date(on, "--on"), now()
            actor = access.local_committee(subdistrict or None)
            with opened(chosen) as engine, db.writing(engine) as connection:
                forgetting.forget_due(connection, today(), now=now())
                row = members.row_of(connection, number)
                answer = take(Work(connection, actor, rule_set, number, day, moment))
                if row is not None:
                    tasks.open_for(connection, rule_set, row.organisation_id, today(), moment)
            if as_json:
                print_json({"membership": number, "on": day.isoformat(), "answer": answer})
            else:
                print(said.format(number=number, answer=answer))

    command.__doc__ = about
    return command


def _of_committee(name: str) -> Callable[[Work], object]:
    def take(work: Work) -> object:
        from liangxin import committee, register_check

        known: dict[str, Callable[..., object]] = {
            "confirm": committee.confirm,
            "place": register_check.placed,
            "approve": committee.approved,
            "left": committee.left,
            "here": partial(committee.transferred, here=True),
            "away": partial(committee.transferred, here=False),
        }
        answer: object = known[name](
            work.connection, work.actor, work.rules, work.number, on=work.on, now=work.now
        )
        if name != "place":
            return None
        return "unknown" if answer is None else "here" if answer else "elsewhere"

    return take


def _of_transfer(name: str) -> Callable[[Work], object]:
    def take(work: Work) -> object:
        from liangxin import transfers

        if name == "arrived":
            transfers.arrived(
                work.connection, work.actor, work.rules, work.number, on=work.on, now=work.now
            )
        else:
            step = {"ask": transfers.ask, "receipt": transfers.receipt}[name]
            step(work.connection, work.actor, work.number, on=work.on, now=work.now)
        return None

    return take


#: Command, what it says of itself, what it does, what it answers.
STEPS = {
    "confirm": (
        "Confirm somebody who declared, after speaking with them; figures follow at once.",
        _of_committee("confirm"),
        "{number} 号已确认，计入所在单位。",
    ),
    "place": (
        "Record where a confirmed member's relation is, by the member register's key.",
        _of_committee("place"),
        "{number} 号组织关系：{answer}（here 在本单位，elsewhere 在别处，unknown 名册中没有，请问本人）。",
    ),
    "approve": (
        "Record that a probationary member became a full one.",
        _of_committee("approve"),
        "{number} 号已转正。",
    ),
    "here": (
        "Record that a relation was officially transferred here; it confirms a candidate too.",
        _of_committee("here"),
        "{number} 号的组织关系已按正式手续转入。",
    ),
    "away": (
        "Record that a relation was officially transferred away; the member still works here.",
        _of_committee("away"),
        "{number} 号的组织关系已按正式手续转出。",
    ),
    "left": (
        "Record that a member left the organisation; they are forgotten half a year later.",
        _of_committee("left"),
        "{number} 号已离开该单位，自当日起不再计入。",
    ),
}
TRANSFER_STEPS = {
    "ask": (
        "Begin a transfer here, to which the member agreed.",
        _of_transfer("ask"),
        "{number} 号的转接已发起。",
    ),
    "arrived": (
        "Note that the relation arrived.",
        _of_transfer("arrived"),
        "{number} 号的组织关系已转入。",
    ),
    "receipt": (
        "Note that the receipt went back.",
        _of_transfer("receipt"),
        "{number} 号的回执已寄回。",
    ),
}


def transfer_letter(
    number: Number,
    days: Annotated[int, typer.Option(help="For how many days it holds: 10 in a city, 30 beyond.")],
    on: On = "",
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Note the introduction letter and how long it holds.

    Example: liangxin members transfer letter 12 --days 30
    """

    def take(work: Work) -> None:
        from liangxin import transfers

        transfers.letter(
            work.connection, work.actor, work.number, on=work.on, days=days, now=work.now
        )

    _stepping("", take, "{number} 号的介绍信已登记。")(number, on, subdistrict, as_json)


def check(on: On = "", subdistrict: Subdistrict = "", as_json: Json = False) -> None:
    """Compare the member register's keys with those who wait, and place confirmed members.

    Example: liangxin members check
    """
    with answering(as_json=as_json):
        from liangxin import access, db, privacy, register_check, relations, rules

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            relations.require_same_key(connection, privacy.load(chosen))
            told = register_check.check_register(
                connection,
                access.local_committee(subdistrict or None),
                rules.of(chosen),
                on=parse_date(on, "--on"),
                now=now(),
            )
        if as_json:
            print_json(dataclasses.asdict(told))
            return
        print(
            f"待核实 {told.waiting} 人，其中名册中有 {told.found} 人；已确认的，组织关系在本单位 "
            f"{told.here} 人，在别处 {told.elsewhere} 人，名册中没有 {told.unknown} 人（请问本人）。"
        )
