"""Commands of locks: what is decided by hand, and every later plan respects."""

from typing import TYPE_CHECKING, Annotated

import typer

from liangxin.cli import Json, answering, now, opened, print_json, require_office, settings, today

if TYPE_CHECKING:
    from liangxin.access import Actor

#: Of numbers in the register.
LARGEST = 2**31 - 1
OFFICE = "本机操作员"
By = Annotated[str, typer.Option(help="The office that says so.")]
Code = Annotated[str, typer.Argument(metavar="USCC", help="The organisation.")]


def add_to(plan: typer.Typer) -> None:
    """Add the commands to those of plans."""
    for name, command in (("lock", lock), ("unlock", unlock), ("locks", locks)):
        plan.command(name)(command)


def committee() -> "Actor":
    """Who plans: the committee of one sub-district, or of all, for groups tell of counts of members."""
    from liangxin import access

    chosen = settings().committee
    return access.local_committee(None if chosen in {None, "", access.ALL} else chosen)


def lock(
    says: Annotated[str, typer.Argument(help="must, never, together, apart or alone.")],
    code: Code,
    instructor: Annotated[
        int, typer.Option(min=0, max=LARGEST, help="Of must and never: the instructor.")
    ] = 0,
    other: Annotated[str, typer.Option("--with", help="Of together and apart: the other.")] = "",
    branch: Annotated[
        int, typer.Option(min=0, max=LARGEST, help="Of together: a joint branch there is.")
    ] = 0,
    by: By = OFFICE,
    as_json: Json = False,
) -> None:
    """Decide something by hand; every plan made from then on respects it (`plan again`).

    Example: liangxin plan lock must 91430702MA4L0000XX --instructor 7
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin.plans import locks

        actor = committee()
        with opened(settings()) as engine, db.writing(engine) as connection:
            number = locks.set_lock(
                connection,
                actor,
                says,
                code,
                instructor=instructor or None,
                other=other.strip().upper() or None,
                branch=branch or None,
                by=require_office(by),
                as_of=today(),
                now=now(),
            )
        print_json({"lock": number}) if as_json else print(f"锁定 {number} 已记录。/ recorded")


def unlock(
    number: Annotated[
        int, typer.Argument(metavar="LOCK", min=1, max=LARGEST, help="Number of the lock.")
    ],
    as_json: Json = False,
) -> None:
    """Remove a lock; of a group that was locked as it is, all its locks.

    Example: liangxin plan unlock 3
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin.plans import locks

        with opened(settings()) as engine, db.writing(engine) as connection:
            gone = locks.remove(connection, committee(), number, as_of=today(), now=now())
        if as_json:
            print_json({"lock": number, "removed": gone})
            return
        print(f"锁定 {'、'.join(map(str, gone))} 已取消。/ removed")


def locks(as_json: Json = False) -> None:
    """List the locks that hold.

    Example: liangxin plan locks
    """
    with answering(as_json=as_json):
        import dataclasses

        from liangxin import db
        from liangxin.plans import locks as held

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = held.holding(connection, committee(), tuple(held.SAYS), today())
        if as_json:
            print_json([dataclasses.asdict(each) | {"closes": each.closes} for each in found])
            return
        for each in found:
            print(f"{each.id:>5}  {held.said(each)[0]}  {each.by}")
        print(f"共 {len(found)} 项锁定。")
