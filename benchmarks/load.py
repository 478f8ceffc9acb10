"""Load against its floor: read the same file with Polars, insert the same columns, nothing else.

    python benchmarks/load.py [ROWS …]          default: 100000 1000000

Each measurement is a process of its own, so that peak memory is its own; floor and load take
turns on the same file in the same run, and only their ratio means anything. The floor's table has
the file's columns and a unique code. Our load also checks, locates, keeps provenance and
compares. PostgreSQL runs with its own defaults (fsync on). ``checks/floor`` is what judging costs:
a load minus one whose gate lets everything pass, the import of the validator included.
"""

import io
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from functools import cache
from pathlib import Path
from statistics import median
from unittest.mock import patch

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
COLUMNS = ("name", "uscc", "type", "established", "capital", "address", "status", "district")
TURNS = 3
#: Where compiled modules are not kept, each process spends seconds on compiling all of them anew.
AS_INSTALLED = {
    name: said for name, said in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
}


def floor_sqlite(file: str, target: str) -> None:
    """Polars and one executemany in one transaction, with the settings our own load uses."""
    import polars as pl

    frame = pl.read_csv(file, infer_schema=False)
    connection = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -131072"):
        connection.execute(f"PRAGMA {pragma}")
    columns = ", ".join(f"{name} TEXT" for name in COLUMNS)
    connection.execute(f"CREATE TABLE floor (id INTEGER PRIMARY KEY, {columns}, UNIQUE (uscc))")
    connection.execute("BEGIN IMMEDIATE")
    marks = ", ".join("?" * len(COLUMNS))
    names = ", ".join(COLUMNS)
    connection.executemany(f"INSERT INTO floor ({names}) VALUES ({marks})", frame.iter_rows())
    connection.execute("COMMIT")
    connection.close()


def floor_postgresql(file: str, target: str) -> None:
    """Polars and one COPY."""
    import polars as pl
    import psycopg

    frame = pl.read_csv(file, infer_schema=False)
    columns = ", ".join(f"{name} text" for name in COLUMNS)
    names = ", ".join(COLUMNS)
    with psycopg.connect(target.replace("+psycopg", "")) as connection:
        connection.execute("DROP TABLE IF EXISTS floor")
        connection.execute(
            f"CREATE TABLE floor (id bigserial PRIMARY KEY, {columns}, UNIQUE (uscc))"
        )
        with (
            connection.cursor() as cursor,
            cursor.copy(f"COPY floor ({names}) FROM STDIN (FORMAT csv)") as copy,
        ):
            for part in frame.iter_slices(50_000):
                buffer = io.BytesIO()
                part.write_csv(buffer, include_header=False)
                copy.write(buffer.getbuffer())


def ours(file: str, home: str, url: str) -> None:
    """The command itself, from its entry point on, in this process."""
    from dashboard.cli import main as command

    os.environ["LIANGXIN_HOME"] = home
    if url:
        os.environ["LIANGXIN_DATABASE_URL"] = url
    arguments = ["load", file, "--source", "market_regulator", "--district", "430702", "--json"]
    said = io.StringIO()
    with patch.object(sys, "argv", ["liangxin", *arguments]), redirect_stdout(said):
        try:
            command()
        except SystemExit as ended:
            if ended.code:
                sys.exit(said.getvalue())


def unchecked(file: str, home: str, url: str) -> None:
    """The same command with a gate that looks at nothing, so that the checks can be priced."""
    from contextlib import nullcontext

    import polars as pl

    from expectations import apart
    from expectations.check import Gate, Verdicts

    class Open(Gate):
        def check(self, frame: pl.DataFrame) -> Verdicts:
            broken = pl.DataFrame(schema={"file_row": pl.UInt32, "rule": pl.String})
            return Verdicts(pl.repeat(value=True, n=frame.height, eager=True), broken)

    apart.gate = lambda kind, **_: nullcontext(Open(kind, judge=lambda *_: []))
    ours(file, home, url)


def read(file: str) -> None:
    """Parse a file as a load does, and do nothing else."""
    from ingest import delivery, sources
    from liangxin.settings import Settings

    settings = Settings()
    source = sources.load("market_regulator", settings)
    [part] = delivery.of_file(Path(file), source, settings).parts
    for _ in part.batches(settings.batch_rows):
        pass


@cache
def compile_once() -> None:
    """Let Python keep its compiled modules, as an installed program has them from its second day."""
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        file, home = Path(folder) / "one.csv", Path(folder) / "home"
        file.write_text("企业名称,统一社会信用代码\n示例,示例\n", encoding="utf-8")
        home.mkdir()
        subprocess.run(
            [sys.executable, __file__, "--child", "ours", file, home, ""],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,  # its one row is refused
            env=AS_INSTALLED,
        )


def peak_mib() -> float:
    """This process's own peak; the usual figure starts with the parent's, from before exec."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(kind: str, *arguments: str) -> tuple[float, float]:
    """Run one measurement in a process of its own: seconds, peak MiB."""
    compile_once()
    started = time.perf_counter()
    child = subprocess.run(
        [sys.executable, __file__, "--child", kind, *arguments],
        stdout=subprocess.PIPE,
        check=True,
        env=AS_INSTALLED,
    )
    return time.perf_counter() - started, json.loads(child.stdout)["peak"]


def compare(rows: int, database: str, fresh: Callable[[Path], str]) -> str:
    """Take turns; return one line of the table."""
    import registrations

    ratios, again, floors, loads, peaks, checks = [], [], [], [], [], []
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        file = Path(folder) / "registrations.csv"
        registrations.write(file, rows)
        for turn in range(TURNS):
            home = Path(folder) / f"home-{turn}"
            home.mkdir()
            floor, _ = measured(f"floor_{database}", str(file), fresh(home))
            url = fresh(home) if database == "postgresql" else ""
            load, peak = measured("ours", str(file), str(home), url)
            second, _ = measured("ours", str(file), str(home), url)
            (home / "open").mkdir()
            url = fresh(home / "open") if database == "postgresql" else ""
            bare, _ = measured("unchecked", str(file), str(home / "open"), url)
            floors.append(floor)
            loads.append(load)
            ratios.append(load / floor)
            again.append(second / load)
            peaks.append(peak)
            checks.append((load - bare) / floor)
    return (
        f"{database:11}{rows:>10,}{median(floors):>10.1f}{median(loads):>10.1f}"
        f"{median(ratios):>10.2f}{median(again):>10.2f}{max(peaks):>10.0f}"
        f"{median(checks):>14.2f}"
    )


def main() -> None:
    """Print the table."""
    from postgresql import running_postgresql

    sizes = [int(each) for each in sys.argv[1:]] or [100_000, 1_000_000]
    print(
        "             rows     floor s    load s     ratio  again/1st  peak MiB  checks/floor",
        flush=True,
    )
    for rows in sizes:
        print(compare(rows, "sqlite", lambda home: str(home / "floor.db")), flush=True)
    with running_postgresql({}) as server:
        numbers = iter(range(1_000))
        for rows in sizes:
            line = compare(rows, "postgresql", lambda _: server.create(f"run_{next(numbers)}"))
            print(line, flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        {
            "floor_sqlite": floor_sqlite,
            "floor_postgresql": floor_postgresql,
            "ours": ours,
            "unchecked": unchecked,
            "read": read,
        }[sys.argv[2]](*sys.argv[3:])
        print(json.dumps({"peak": peak_mib()}))
    else:
        main()
