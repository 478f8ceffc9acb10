"""A PostgreSQL server of our own, for tests and benchmarks: started, used, gone."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

SERVER_START_SECONDS = 30.0
SERVER_ROOM = 2**30
#: From here on a server copies a template through its log unless told to copy the files, which
#: costs a third; before, files are all it copies.
STRATEGIES_FROM = 150_000
#: Runs a server until standard input closes, which it does however the tests end, then tidies up.
SERVE_UNTIL_WE_END = '"$@" & read -r _; kill -QUIT $!; wait $!; rm -rf "$LIANGXIN_TEST_SERVER"'
#: Nothing of a test needs to survive a power cut. Not UTC: nothing may depend on it.
QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "max_wal_size": "256MB",
    "timezone": "Asia/Shanghai",
}


class ToolMissing(Exception):
    """A tool that is not there, or does not start; says which and why."""


@dataclass
class PostgreSQL:
    """A running server, reached over a socket in a private folder and in no other way."""

    folder: Path
    admin: psycopg.Connection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, name: str) -> str:
        """SQLAlchemy address of a database."""
        return f"postgresql+psycopg://liangxin@/{name}?host={self.folder}"

    def create(self, name: str, template: str = "template0") -> str:
        """Create a database and return its address."""
        how = " STRATEGY FILE_COPY" if self.admin.info.server_version >= STRATEGIES_FROM else ""
        self.admin.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}" + how).format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return self.url(name)

    def pack(self, name: str, table: str) -> None:
        """Make the file of one table of a template as small as its rows.

        Of this table only: one that was tidied while empty is planned for as empty ever after.
        """
        with psycopg.connect(
            host=str(self.folder), user="liangxin", dbname=name, autocommit=True
        ) as connection:
            connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(table)))

    @contextmanager
    def database(self, template: str = "template0") -> Iterator[str]:
        """Address of a database that lasts as long as the block."""
        name = f"register_{next(self.numbers)}"
        yield self.create(name, template)
        self.admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def running_postgresql(options: Mapping[str, object]) -> Iterator[PostgreSQL]:
    """A PostgreSQL server of our own, for as long as the block, without TCP.

    Raises:
        ToolMissing: it is not installed, or does not start.
    """
    programs = _postgresql_programs()
    if programs is None:
        raise ToolMissing("PostgreSQL is not installed: no initdb and postgres found")
    # The server refuses to run as root: then it is Debian's user of it, or nobody.
    user = _server_user() if os.geteuid() == 0 else None
    # Not pytest's own folder: only its owner may enter that, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="liangxin-", dir=_memory()))
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    identity = (
        {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    )
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "LIANGXIN_TEST_SERVER": str(folder),
    }
    data, log = folder / "data", folder / "log"
    making = ["--username=liangxin", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
    made = subprocess.run(
        [programs / "initdb", f"--pgdata={data}", *making],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    if made.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        raise ToolMissing(f"PostgreSQL cannot make a database folder: {made.stderr.strip()}")
    settings = [
        f"--{name}={value}"
        for name, value in {
            "listen_addresses": "",
            "unix_socket_directories": folder,
            **options,
        }.items()
    ]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            ["sh", "-c", SERVE_UNTIL_WE_END, "sh", programs / "postgres", "-D", data, *settings],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=environment,
            start_new_session=True,
            **identity,
        ),
        _connected(folder, log) as admin,
    ):
        yield PostgreSQL(folder, admin)


def _memory() -> Path | None:
    """Linux's folder in memory, where there is room: a database is copied ten times faster."""
    shared = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a private folder in it
    room = shared.is_dir() and os.access(shared, os.W_OK) and shutil.disk_usage(shared).free
    return shared if room > SERVER_ROOM else None


@contextmanager
def _connected(folder: Path, log: Path) -> Iterator[psycopg.Connection]:
    """Connect to a server that is still starting."""
    give_up = time.monotonic() + SERVER_START_SECONDS
    while True:
        try:
            connection = psycopg.connect(
                host=str(folder), user="liangxin", dbname="postgres", autocommit=True
            )
        except psycopg.OperationalError as error:
            if time.monotonic() > give_up:
                said = log.read_text(errors="replace") if log.exists() else str(error)
                raise ToolMissing(f"PostgreSQL does not start: {said}") from error
            time.sleep(0.02)
            continue
        with connection:
            yield connection
        return


def _postgresql_programs() -> Path | None:
    """Folder of ``initdb`` and ``postgres``: on PATH, Debian's newest, or where pg_config says."""
    candidates = []
    if found := shutil.which("initdb"):
        candidates.append(Path(found).parent)
    debian = [p for p in Path("/usr/lib/postgresql").glob("*/bin") if p.parent.name.isdigit()]
    candidates += sorted(debian, key=lambda p: int(p.parent.name), reverse=True)
    if config := shutil.which("pg_config"):
        said = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)
        candidates.append(Path(said.stdout.strip()))
    for folder in candidates:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    return None


def _server_user() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("postgres")
    except KeyError:
        return pwd.getpwnam("nobody")
