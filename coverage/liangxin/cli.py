"""Commands of the register: `divisions`, `judge`, `undo`, `db`; and how every command answers.

The edge: here today's date is read, settings are made, and errors become sentences. Imports are
local to each command, so that `--help` answers at once.
"""

import json
import os
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.errors import LiangxinError, Misuse, printable
from liangxin.moments import in_utc

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from liangxin.access import Actor
    from liangxin.settings import Settings

Json = Annotated[bool, typer.Option("--json", help="One JSON value on standard output.")]
Code = Annotated[str, typer.Argument(metavar="USCC", help="The organisation.")]
On = Annotated[str, typer.Option("--on", help="Which day; default: today.")]
AsOf = Annotated[str, typer.Option("--as-of", help="A day, like 2022-09-30; default: today.")]


def now() -> datetime:
    """The clock; nothing below the edge reads it."""
    return datetime.now(UTC)


def today() -> date:
    """Today in China, wherever this machine's clock is set."""
    from liangxin.days import CHINA

    return datetime.now(CHINA).date()


def settings() -> "Settings":
    """Settings from the environment and the TOML file.

    Raises:
        Misuse: one of them makes no sense; it is named.
    """
    from pydantic import ValidationError

    from liangxin.settings import Settings

    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "LIANGXIN_" + "_".join(str(part) for part in first["loc"]).upper()
        raise Misuse(
            f"设置 {name} 有误：{first['msg']}", f"the setting {name} is wrong: {first['msg']}"
        ) from error
    except (OSError, ValueError) as error:
        raise Misuse(
            f"无法读取设置文件：{error}", f"the settings file cannot be read: {error}"
        ) from error


def acting() -> "Actor":
    """Who works at this machine until accounts exist: the district office, or a committee by setting."""
    from liangxin import access

    committee = settings().committee
    if not committee:
        return access.LOCAL
    return access.local_committee(None if committee == access.ALL else committee)


@contextmanager
def opened(chosen: "Settings") -> "Generator[Engine]":
    """The register, made or brought up to date if needed, and closed at the end."""
    from liangxin import migrate

    engine = migrate.open_register(chosen, now=now())
    try:
        yield engine
    finally:
        engine.dispose()


#: No office of ours has a figure of an earlier day.
FIRST_DAY = date(1949, 10, 1)


def parse_date(value: str, option: str) -> date:
    """Read a day given on the command line; empty means today.

    Raises:
        Misuse: it is no day, or still to come.
    """
    if not value:
        return today()
    try:
        day = date.fromisoformat(value)
    except ValueError as error:
        raise Misuse(
            f"{option} 的“{value}”不是日期，应形如 2022-09-30。",
            f"{value!r} for {option} is no date; write it like 2022-09-30.",
        ) from error
    if day < FIRST_DAY:
        raise Misuse(
            f"{option} 的“{value}”早于 {FIRST_DAY}，请核对日期。",
            f"{value!r} for {option} is before {FIRST_DAY}; check the day.",
        )
    if day > today():
        raise Misuse(
            f"{option} 的 {day} 还没有到。请用今天或以前的日期。",
            f"{day} for {option} is still to come; use today or an earlier day.",
        )
    return day


@contextmanager
def answering(*, as_json: bool) -> Generator[None]:
    """Turn errors into one sentence and exit code 2; never a stack trace."""
    try:
        yield
    except LiangxinError as error:
        _say_error(error.zh, error.en, as_json=as_json)
        raise typer.Exit(error.exit_code) from None
    except typer.Exit:
        raise
    except (KeyboardInterrupt, BrokenPipeError):
        raise typer.Exit(2) from None
    except OSError as error:
        what = error.strerror or type(error).__name__
        what += f": {printable(str(error.filename))}" if error.filename else ""
        _say_error(
            f"无法读写文件（{what}）。请检查磁盘空间和目录权限，再运行一次；已经写入的不会再写一遍。",
            f"a file cannot be read or written ({what}); check the room on the disk and the folder's "
            "permissions, and run it again. What was written already is not written twice.",
            as_json=as_json,
        )
        raise typer.Exit(2) from None
    except Exception as error:
        # A fault of ours. Its trace may quote a row, so it is shown only to who asks for it.
        if os.environ.get("LIANGXIN_DEBUG"):
            traceback.print_exc()
        kind = type(error).__name__
        _say_error(
            f"程序内部错误（{kind}），没有写入任何内容。请设置 LIANGXIN_DEBUG=1 重试，并把输出发给开发者。",
            f"internal error ({kind}); nothing was written. Set LIANGXIN_DEBUG=1, try again and "
            "send the output to the developers.",
            as_json=as_json,
        )
        raise typer.Exit(2) from None


def _say_error(zh: str, en: str, *, as_json: bool) -> None:
    print(f"错误：{zh}\nError: {en}", file=sys.stderr)
    if as_json:
        print_json({"error": zh, "error_en": en})


def require_office(by: str) -> str:
    """Return the name of who says something.

    Raises:
        Misuse: it is empty.
    """
    if not by.strip():
        raise Misuse("--by 不能为空，请写明单位名称。", "--by is empty; name the office.")
    return by.strip()


def print_json(value: Any) -> None:
    """Print one JSON value; days as ISO text, moments with their zone."""
    print(json.dumps(value, ensure_ascii=False, default=_as_text))


def _as_text(value: object) -> str:
    # Without its zone a reader takes a moment for one of the reader's own hours.
    return str(in_utc(value) if isinstance(value, datetime) else value)


def add_to(app: typer.Typer) -> None:
    """Add the domain's commands."""
    app.command("questions")(questions)
    app.command("undo")(undo)
    app.command("judge")(judge)
    divisions_app = typer.Typer(help="Division lists: provinces down to communities.")
    divisions_app.command("load")(divisions_load)
    app.add_typer(divisions_app, name="divisions")
    db_app = typer.Typer(help="The register's database.")
    db_app.command("upgrade")(db_upgrade)
    db_app.command("verify")(db_verify)
    db_app.command("backup")(db_backup)
    db_app.command("restore")(db_restore)
    app.add_typer(db_app, name="db")


def questions(as_json: Json = False) -> None:
    """Show figures that disagree: both of them, who says which, and who should find out.

    Example: liangxin questions
    """
    with answering(as_json=as_json):
        import dataclasses

        from liangxin import db, questions

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = questions.open_questions(connection, acting())
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            print(f"{each.uscc or ''} {each.name or ''}  {each.zh}  （{each.owner}）")
        print(f"共 {len(found)} 个问题待核实。")


def undo(
    run: Annotated[int, typer.Argument(metavar="RUN", help="Number of the run.")],
    as_json: Json = False,
) -> None:
    """Take a run back: the register is exactly as before it; refused if later work stands on it.

    Example: liangxin undo 12
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin import undo as undoing

        with opened(settings()) as engine, db.writing(engine) as connection:
            undone = undoing.undo(connection, run, now=now())
        if as_json:
            print_json({"run": undone.run, "state_hash": undone.state_hash})
        else:
            print(f"批次 {undone.run} 已撤销，登记库恢复到该批次之前。状态 {undone.state_hash}")


def judge(
    kind: Annotated[str, typer.Argument(help="reregistered, merged, same or not_same.")],
    code: Annotated[str, typer.Argument(help="The number or code that was.")],
    other: Annotated[str, typer.Argument(metavar="USCC", help="The code that is.")],
    by: Annotated[str, typer.Option(help="The office that decided.")],
    why: Annotated[str, typer.Option(help="The reason, for whoever asks later.")],
    on: Annotated[str, typer.Option(help="From which day; default: today.")] = "",
    as_json: Json = False,
) -> None:
    """Record what a person decided about identity; it is followed from then on.

    Example: liangxin judge reregistered 430702000012345 91430702MA4L0000XX --by 武陵区市场监管局 --why 换照
    """
    with answering(as_json=as_json):
        import dataclasses

        from liangxin import db, judgements

        day = parse_date(on, "--on")
        codes = (code.strip().upper(), other.strip().upper())
        decision = judgements.Decision(kind, *codes, why, by, day)
        with opened(settings()) as engine, db.writing(engine) as connection:
            judgements.judge(connection, decision, now=now())
        if as_json:
            print_json(dataclasses.asdict(decision))
        else:
            print(f"已记录：{codes[0]} {kind} {codes[1]}（{by}，自 {day}）")


def divisions_load(
    files: Annotated[list[Path], typer.Argument(help="CSV: code,name,level,parent_code.")],
    as_of: AsOf = "",
    as_json: Json = False,
) -> None:
    """Load division lists; what changed is kept by date.

    Example: liangxin divisions load communities.csv --as-of 2023-12-31
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        import polars as pl

        from liangxin import audit, db, divisions

        listed = pl.concat([divisions.read(file) for file in files]).unique(
            "code", keep="last", maintain_order=True
        )
        with opened(settings()) as engine, db.writing(engine) as connection:
            loaded = divisions.load(connection, listed, on=day, now=now())
            audit.by_machine(connection, "list.loaded", f"divisions {loaded.rows}", now=now())
        counts = {
            "rows": loaded.rows,
            "new": loaded.new,
            "renamed": loaded.renamed,
            "gone": loaded.gone,
        }
        if as_json:
            print_json(counts)
        else:
            print("  ".join(f"{name} {number}" for name, number in counts.items()))


def db_upgrade(as_json: Json = False) -> None:
    """Bring the register's database to this version's schema."""
    with answering(as_json=as_json):
        from liangxin import migrate

        with opened(settings()):
            pass
        if as_json:
            print_json({"revision": migrate.HEAD})
        else:
            print(f"数据库版本 {migrate.HEAD} / schema revision {migrate.HEAD}")


def db_backup(
    out: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    as_json: Json = False,
) -> None:
    """Write a backup of the register. The keys are not in it: back them up apart.

    Example: liangxin db backup 2026-11-26.db
    """
    with answering(as_json=as_json):
        from liangxin import audit, backup, db

        chosen = settings()
        with opened(chosen) as engine:
            backup.write(chosen, out)
            with db.writing(engine) as connection:
                audit.by_machine(connection, "register.backed_up", out.name, now=now())
        if as_json:
            print_json({"file": str(out), "bytes": out.stat().st_size})
        else:
            print(f"已备份到 {out}。密钥不在其中，请另行备份。")


def db_restore(
    file: Annotated[Path, typer.Argument(help="A backup of the same kind of database.")],
    as_json: Json = False,
) -> None:
    """Put the register back as a backup has it; stop `worker` and `serve` first.

    Example: liangxin db restore 2026-11-26.db
    """
    with answering(as_json=as_json):
        from liangxin import audit, backup, db, migrate, reapply, rules, state

        chosen = settings()
        with opened(chosen) as engine, db.reading(engine) as connection:
            since = reapply.read(connection)
        backup.restore(chosen, file)
        with opened(chosen) as engine:
            with db.writing(engine) as connection:
                again = reapply.apply(connection, since, rules.of(chosen), today=today(), now=now())
                audit.by_machine(connection, "register.restored", file.name, now=now())
            with db.reading(engine) as connection:
                told = state.state_hash(connection)
        if as_json:
            print_json({"revision": migrate.HEAD, "state_hash": told, "forgotten_again": again})
        else:
            print(f"已恢复；其后已撤回或删除的 {again} 条人员记录再次删除。状态哈希 {told}")


def db_verify(as_json: Json = False) -> None:
    """Print a number for all that the register holds: two registers with the same one hold the same.

    Example: liangxin db verify
    """
    with answering(as_json=as_json):
        from liangxin import db, state

        with opened(settings()) as engine, db.reading(engine) as connection:
            held = state.state_hash(connection)
        print_json({"state_hash": held}) if as_json else print(f"状态 {held}")
