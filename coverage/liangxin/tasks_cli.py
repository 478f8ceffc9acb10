"""Commands of tasks: `tasks`, `tasks run`, `tasks answer`."""

import dataclasses
from typing import TYPE_CHECKING, Annotated

import typer

from liangxin.cli import Json, acting, answering, now, opened, print_json, settings, today

if TYPE_CHECKING:
    from liangxin.tasks import TaskView

Number = Annotated[int, typer.Argument(metavar="ID", help="Number of the task.")]


def add_to(app: typer.Typer) -> typer.Typer:
    """Add the commands of tasks; return their own app, for whoever has more of them."""
    tasks = typer.Typer(invoke_without_command=True)
    tasks.callback(help=listed.__doc__)(listed)
    tasks.command("run")(run)
    tasks.command("answer")(answer)
    app.add_typer(tasks, name="tasks")
    return tasks


def listed(
    context: typer.Context,
    subdistrict: Annotated[str, typer.Option(metavar="CODE", help="Of one sub-district.")] = "",
    owner: Annotated[
        str,
        typer.Option(help="Of one role: community, economic_office, committee, district_office."),
    ] = "",
    grid: Annotated[str, typer.Option(metavar="CODE", help="Of one grid.")] = "",
    as_json: Json = False,
) -> None:
    """List open tasks: what must be done, by whom, by when, and how late it is.

    Example: liangxin tasks --subdistrict 430702001 --owner economic_office
    """
    if context.invoked_subcommand is not None:
        return
    with answering(as_json=as_json):
        from liangxin import db, tasks

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = tasks.listed(
                connection,
                acting(),
                today=today(),
                subdistrict_code=subdistrict,
                owner=owner,
                grid_code=grid,
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            _print(each)
        late = sum(bool(each.late) for each in found)
        print(f"共 {len(found)} 项任务，其中超期 {late} 项。")


def _print(task: "TaskView") -> None:
    place = " ".join(each for each in (task.subdistrict, task.community) if each)
    marks = "".join(
        f"【{mark}】"
        for mark, on in (
            ("紧急", task.urgent),
            (f"超期 {task.late} 个工作日", task.late),
            ("已催办", task.chased_on),
            ("已呈报", task.escalated_on),
        )
        if on
    )
    print(
        f"{task.id:6} {task.due_on} {task.owner:16} {task.title_zh}（{task.event_zh}）"
        f"{task.uscc or ''} {task.name or ''}  {place} {marks}"
    )
    print(f"{'':6} {task.todo_zh}：{'、'.join(task.answers)}")


def run(as_json: Json = False) -> None:
    """Open what events ask for, close what is settled, then remind, chase and escalate; repeatable.

    Example: liangxin tasks run
    """
    with answering(as_json=as_json):
        from liangxin import db, forgetting, rules, tasks

        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            forgetting.forget_due(connection, today(), now=now())
            ran = tasks.run(connection, rules.of(chosen), today(), now())
        if as_json:
            from liangxin.workdays import LAST_YEAR

            print_json(dataclasses.asdict(ran) | {"calendar_until": LAST_YEAR})
        else:
            print(tasks.said(ran)[0])


def answer(
    task: Number,
    answered: Annotated[str, typer.Argument(metavar="ANSWER", help="As `tasks` lists them.")],
    by: Annotated[str, typer.Option(metavar="OFFICE", help="The office that answers.")],
    note: Annotated[
        str, typer.Option(help="A sentence, for whoever asks later; no person's name.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Answer a task: it goes on to the next office, or ends.

    Example: liangxin tasks answer 12 operating --by 启明街道某社区
    """
    with answering(as_json=as_json):
        from liangxin import db, rules, tasks
        from liangxin.errors import Misuse, printable

        if not by.strip():
            raise Misuse("请用 --by 写明答复的单位。", "say with --by which office answers.")
        # Until accounts exist whoever is at this machine answers for every office.
        actor = dataclasses.replace(acting(), name=printable(by.strip()))
        chosen = settings()
        with opened(chosen) as engine, db.writing(engine) as connection:
            found = tasks.answer(
                connection,
                actor,
                task,
                answered,
                note=note,
                rules=rules.of(chosen),
                today=today(),
                now=now(),
            )
        if as_json:
            print_json(dataclasses.asdict(found))
        elif found.closed:
            print(f"任务 {found.task} 已办结。 / closed.")
        else:
            print(f"任务 {found.task} 已转 {found.owner}，{found.due_on} 前办理。 / handed on.")
