"""Beside dlt with merge disposition: the same file into the same kind of database.

    python benchmarks/dlt_peer.py [--python PYTHON] [--first] [ROWS …]          default: 100000

dlt is no part of this project: PYTHON is an interpreter that has ``dlt[sqlalchemy]`` and ``polars``
(default: the one that runs this). Ours checks, locates, compares and keeps history; dlt checks
nothing. Then both are sent one feed in eight cases, and what each holds afterwards is compared with
what the feed means. SQLite; each measurement is a process of its own. ``--first`` leaves out the
second load of the file, which takes dlt nine minutes for 100,000 rows.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
PEER = """
import json, sqlite3, sys, dlt, polars as pl
target, state, *files = sys.argv[1:]
pipeline = dlt.pipeline("peer", pipelines_dir=state, dataset_name="main",
    destination=dlt.destinations.sqlalchemy(f"sqlite:///{target}"), progress=None)
held = []
for file in files:
    frame = pl.read_csv(file, infer_schema=False)
    resource = dlt.resource(frame.to_arrow(), name="registration",
        write_disposition="merge", primary_key="uscc")
    pipeline.run(resource)
    if len(files) > 1:
        rows = sqlite3.connect(target).execute("SELECT uscc, name FROM registration")
        held.append(rows.fetchall())
print(json.dumps(held))
"""
NAMES = ("name", "uscc", "type", "established", "capital", "address", "status", "district")


def peer(python: str, folder: Path, *files: Path) -> tuple[float, list[list[tuple[str, str]]]]:
    """Have dlt load files one after the other; seconds, and what it holds after each of several."""
    started = time.perf_counter()
    command = [python, "-c", PEER, str(folder / "peer.db"), str(folder / "state"), *map(str, files)]
    done = subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started, json.loads(done.stdout.splitlines()[-1])


def speed(python: str, rows: int, times: int) -> str:
    """First load, and second load if asked for, of one file, side by side."""
    import registrations
    from load import measured

    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as name:
        folder = Path(name)
        file, plain = folder / "ours.csv", folder / "theirs.csv"
        frame = registrations.make(rows)
        frame.write_csv(file)
        frame.rename(dict(zip(frame.columns, NAMES, strict=True))).write_csv(plain)
        (folder / "home").mkdir()
        ours = [measured("ours", str(file), str(folder / "home"), "")[0] for _ in range(times)]
        theirs = [peer(python, folder, plain)[0] for _ in range(times)]
    return f"{rows:>10,}" + "  ".join(
        f"{a:>9.1f}{b:>9.1f}{b / a:>8.1f}" for a, b in zip(ours, theirs, strict=True)
    )


def right(python: str) -> str:
    """Send both one feed; in how many of the eight cases each holds what the feed means."""
    import polars as pl
    from factories import a_registration, a_uscc, write_csv

    def rows(*numbers: int, word: str = "甲") -> list[dict[str, str]]:
        return [a_registration(n, 企业名称=f"示例{word}第{n}号有限公司") for n in numbers]

    many = list(range(10, 1_510))
    feed = [
        ("2022-01-31", rows(1, 2, 3, *many)),
        ("2022-02-28", [*rows(1, 2, word="乙"), *rows(*many)]),  # changed; 3 retired
        ("2022-03-31", [*rows(1, 2, word="乙"), *rows(3, 4, *many)]),  # back the same; new
        ("2022-04-30", [*rows(1, word="乙"), *rows(4, *many)]),  # 2 retired
        ("2022-05-31", [*rows(1, word="乙"), *rows(2, word="丙"), *rows(4, *many)]),  # back changed
        ("2022-06-30", rows(4, *many[:200])),  # truncated: to be stopped
        ("2022-07-31", [*rows(1, word="丁"), *rows(2, word="丙"), *rows(4, *many), *rows(4)]),
        ("2022-04-15", [*rows(1, word="丑"), *rows(2, word="乙"), *rows(4, *many)]),  # late
    ]
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as name:
        folder = Path(name)
        files, plain = [], []
        for place, (_, sent) in enumerate(feed):
            files.append(write_csv(folder / f"{place}.csv", sent))
            frame = pl.read_csv(files[-1], infer_schema=False)
            plain.append(folder / f"{place}-plain.csv")
            frame.rename(dict(zip(frame.columns, NAMES, strict=False))).write_csv(plain[-1])
        said, ours = _ours(folder, [day for day, _ in feed], files)
        _, rows_held = peer(python, folder, *plain)
    one, two, three, four = (a_uscc(n) for n in (1, 2, 3, 4))
    theirs = [dict(each) for each in rows_held]

    def named(word: str, n: int) -> str:
        return f"示例{word}第{n}号有限公司"

    cases = {
        "new": (said[2]["new"] == 1, four in theirs[2]),
        "changed": (said[1]["changed"] == 2, theirs[1][one] == named("乙", 1)),
        "retired": (said[1]["missing"] == 1, three not in theirs[1]),
        "reappears identical": (
            (said[2]["missing"], said[2]["changed"]) == (0, 0),
            three in theirs[2] and three not in theirs[1],
        ),
        "reappears changed": (
            said[4]["changed"] == 1,
            theirs[4][two] == named("丙", 2) and two not in theirs[3],
        ),
        "truncated: stopped": ("error" in said[5], False),  # merging has no such notion
        "doubled": (said[6]["skipped"] == 1, len(rows_held[6]) == len(theirs[6])),
        "out of order": (ours[one] == named("丁", 1), theirs[7][one] == named("丁", 1)),
    }
    lines = [
        f"{name:22}{'yes' if a else 'no':>6}{'yes' if b else 'no':>6}"
        for name, (a, b) in cases.items()
    ]
    return "\n".join([f"{'what the feed means':22}{'ours':>6}{'dlt':>6}", *lines])


def _ours(folder: Path, days: list[str], files: list[Path]) -> tuple[list[dict], dict[str, str]]:
    """What each load answered, and what the register holds in the end."""
    import os
    import sqlite3

    home = folder / "ours"
    home.mkdir()
    said = []
    command = [str(Path(sys.executable).with_name("liangxin")), "load"]
    environment = {**os.environ, "LIANGXIN_HOME": str(home), "LIANGXIN_DISTRICT": "430702"}
    for day, file in zip(days, files, strict=True):
        done = subprocess.run(
            [*command, str(file), "--source", "market_regulator", "--as-of", day, "--json"],
            env=environment,
            capture_output=True,
            check=False,
        )
        said.append(json.loads(done.stdout))
    with sqlite3.connect(home / "register.db") as register:
        return said, dict(register.execute("SELECT uscc, name FROM organisation").fetchall())


def main() -> None:
    """Print both tables."""
    arguments = sys.argv[1:]
    python = sys.executable
    if arguments[:1] == ["--python"]:
        python, arguments = arguments[1], arguments[2:]
    times = 1 if "--first" in arguments else 2
    arguments = [each for each in arguments if each != "--first"]
    print("      rows   ours s    dlt s   ratio  ours again    dlt s   ratio", flush=True)
    for rows in [int(each) for each in arguments] or [100_000]:
        print(speed(python, rows, times), flush=True)
    print(right(python))


if __name__ == "__main__":
    main()
