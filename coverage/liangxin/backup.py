"""Backups of the register, and back from one; keys are in none of them.

SQLite: a compact copy without the free pages, in which a deleted row's sealed bytes could lie.
PostgreSQL: its own ``pg_dump`` and ``pg_restore``, which must be of the server's version or newer.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

from sqlalchemy import URL, make_url

from liangxin import db, files, migrate
from liangxin.errors import DatabaseUnavailable, UnreadableFile
from liangxin.settings import Settings

#: Debian keeps the programs of each version apart.
_DEBIAN = Path("/usr/lib/postgresql")


def write(settings: Settings, out: Path) -> None:
    """Write a backup; the file must not be there yet, and only its owner may read it.

    Raises:
        Misuse: it is there, or cannot be written.
        DatabaseUnavailable: the register cannot be read, or ``pg_dump`` is missing or fails.
    """
    if out.exists():
        raise files.is_there(out)
    part = out.with_name(f".{out.name}.part")
    try:
        part.touch(mode=0o600)
        url = make_url(settings.url)
        if url.get_backend_name() == db.EMBEDDED:
            with closing(_open(url.database)) as connection:
                connection.execute("VACUUM INTO ?", (str(part),))
        else:
            _run(url, "pg_dump", "--format=custom", "--no-owner", f"--file={part}")
        part.replace(out)
    except OSError as error:
        raise files.not_written(out, error) from error
    except sqlite3.Error as error:
        raise DatabaseUnavailable(
            f"备份失败：{error}。登记库没有改动。",
            f"the backup failed: {error}; nothing was changed.",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def restore(settings: Settings, file: Path) -> None:
    """Put the register back as a backup has it, whole or not at all.

    Raises:
        UnreadableFile: the file is no backup of a register that this program can read.
        DatabaseUnavailable: the register is in use, or ``pg_restore`` is missing or fails.
    """
    url = make_url(settings.url)
    if url.get_backend_name() == db.EMBEDDED:
        _require_register(file)
        settings.home.mkdir(parents=True, exist_ok=True)
        try:
            with closing(_open(str(file))) as source, closing(_open(url.database)) as target:
                target.execute(f"PRAGMA busy_timeout = {round(settings.busy_timeout * 1000)}")
                source.backup(target)
        except sqlite3.Error as error:
            raise DatabaseUnavailable(
                f"恢复失败：{error}。登记库没有改动；请先停止 worker 和 serve 再试。",
                f"it could not be put back: {error}; the register is as it was. Stop worker and serve.",
            ) from error
        return
    if not file.is_file() or file.read_bytes()[:5] != b"PGDMP":
        raise _no_backup(file)
    clean = ("--clean", "--if-exists", "--no-owner", "--single-transaction", "--exit-on-error")
    _run(url, "pg_restore", *clean, f"--dbname={url.database}", str(file))


def _open(path: str | None) -> sqlite3.Connection:
    return sqlite3.connect(path or "", isolation_level=None)


def _require_register(file: Path) -> None:
    try:
        if not file.is_file():
            raise _no_backup(file)
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            [sound] = connection.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, TypeError) as error:
        raise _no_backup(file) from error
    if sound != "ok" or str(revision) > migrate.HEAD:
        raise _no_backup(file)


def _no_backup(file: Path) -> UnreadableFile:
    return UnreadableFile(
        f"{file} 不是可用的登记库备份（不存在、已损坏、由更新版本的程序生成，或不是同一种数据库的备份）。登记库没有改动。",
        f"{file} is no backup that can be put back: not there, damaged, of a newer program, or of "
        "the other database. The register is as it was.",
    )


def _run(url: URL, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by its environment, never as an argument."""
    found = shutil.which(program) or next(
        (str(each) for each in sorted(_DEBIAN.glob(f"*/bin/{program}"), reverse=True)), None
    )
    if found is None:
        raise DatabaseUnavailable(
            f"找不到 {program}。请安装与服务器同版本的 PostgreSQL 客户端。",
            f"{program} is not there; install PostgreSQL's client of the server's version.",
        )
    socket = url.query.get("host")
    told = {
        "PGHOST": url.host or (socket if isinstance(socket, str) else None),
        "PGPORT": None if url.port is None else str(url.port),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
    }
    environment = os.environ | {name: value for name, value in told.items() if value}
    try:
        # The program is PostgreSQL's own, found above; no shell.
        subprocess.run(  # noqa: S603
            [found, *arguments], env=environment, check=True, capture_output=True, text=True
        )
    except subprocess.CalledProcessError as error:
        reason = (error.stderr or "").strip().splitlines()[-1:] or [f"exit {error.returncode}"]
        raise DatabaseUnavailable(
            f"{program} 失败：{reason[0]}。", f"{program} failed: {reason[0]}."
        ) from error
