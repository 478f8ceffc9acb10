"""Commands that write documents: `tasks letter`."""

from pathlib import Path
from typing import Annotated

import typer

from liangxin.cli import Json, acting, answering, now, opened, print_json, settings, today
from liangxin.tasks_cli import Number


def add_to(tasks: typer.Typer) -> None:
    """Add the documents of tasks to their commands."""
    tasks.command("letter")(letter)


def letter(
    task: Number,
    out: Annotated[Path, typer.Option(metavar="F.docx", help="Where to write it.")],
    sender: Annotated[
        str, typer.Option("--from", help="The office it comes from; default: by the task.")
    ] = "",
    to: Annotated[str, typer.Option(help="The office it goes to; default: by the task.")] = "",
    as_json: Json = False,
) -> None:
    """Write the chaser letter (催办函) of a task that is late.

    Example: liangxin tasks letter 12 --out 催办函.docx
    """
    with answering(as_json=as_json):
        from dashboard.reports import chaser
        from liangxin import db, divisions, rules, tasks
        from liangxin.errors import Misuse

        if out.suffix.lower() != ".docx":
            raise Misuse(
                f"--out 的文件名“{out.name}”应以 .docx 结尾。",
                f"the file {out.name!r} for --out must end in .docx.",
            )
        day, chosen = today(), settings()
        with opened(chosen) as engine, db.reading(engine) as connection:
            found = tasks.get(connection, acting(), task, today=day)
            code = (found.subdistrict_code or "")[:6]
            district = divisions.names(connection, {code}, on=day).get(code, "")
        made = chaser.letter(
            found,
            rules.of(chosen).limits,
            district=district,
            today=day,
            sender=sender.strip(),
            to=to.strip(),
        )
        try:
            out.write_bytes(chaser.docx(made, now=now()))
        except OSError as error:
            raise Misuse(
                f"无法写入 {out}（{error.strerror}）。请检查目录、权限，或关闭已打开的同名文件。",
                f"{out} cannot be written ({error.strerror}); check the folder, its permissions, or "
                "close the file if it is open.",
            ) from error
        if as_json:
            print_json({"task": task, "file": str(out), "to": made.to, "from": made.sender})
        else:
            print(f"催办函已写入 {out}（致 {made.to}）。 / written.")
