"""A firm's staff list of 50,000 rows into a count and sealed candidates: against its limits, and its floor.

    python benchmarks/roster.py [ROWS …]          default: 5000 50000

Each measurement is a whole process of the real command, its memory the largest it held. The floor
reads the same file with Polars and counts its rows. Limits of the step: 30 s and 512 MiB at 50,000.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests")]
FLOOR = "import polars, sys; print(polars.read_csv(sys.argv[1], infer_schema=False).height)"
COMMAND = "from dashboard.cli import main; main()"
#: One in so many is said to be a member.
EVERY = 33


def timed(*command: str, home: str) -> tuple[float, float, str]:
    """Run a command; seconds, MiB, and what it printed."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", *command],
        env=env | {"LIANGXIN_HOME": home},
        stdout=subprocess.PIPE,
        check=True,
    )
    taken = time.perf_counter() - started
    held = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # The largest of all children so far: rows grow, so the newest is the largest.
    return taken, max(held, before) / 1024, done.stdout.decode()


def measure(rows: int) -> str:
    """One line of the table."""
    from factories import a_uscc, insert_organisation, write_csv
    from people import a_name
    from sheets import a_resident_id

    from liangxin import db, migrate, privacy
    from liangxin.cli import now
    from liangxin.settings import Settings

    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        settings = Settings(home=Path(folder))
        engine = migrate.open_register(settings, now=now())
        with db.writing(engine) as connection:
            insert_organisation(connection, 1)
        engine.dispose()
        privacy.write(privacy.new_keys(), privacy.keys_file(settings))
        file = write_csv(
            Path(folder) / "roster.csv",
            [
                {
                    "姓名": a_name(n % 1000),
                    "证件类型": "居民身份证",
                    "证件号码": a_resident_id(
                        n % 998 + 1,
                        born=f"{1850 + n // 998 % 56}{n // 55888 % 12 + 1:02}05",
                    ),
                    "政治面貌": "群众" if n % EVERY else "中共党员",
                    "入职时间": "2020-03-01",
                }
                for n in range(rows)
            ],
        )
        floor, _, _ = timed(FLOOR, str(file), home=folder)
        taken, held, said = timed(
            COMMAND, "roster", str(file), "--organisation", a_uscc(1), "--json", home=folder
        )
        told = json.loads(said)
        assert (told["staff"], told["refused"]) == (rows, 0), told
    return f"| {rows:,} | {floor:.1f} | {taken:.1f} | {taken / floor:.1f} | {held:.0f} |"


def main() -> None:
    """Print the table."""
    print("| rows | floor s | roster s | ratio | MiB |\n|---|---|---|---|---|")
    for rows in [int(each) for each in sys.argv[1:]] or [5_000, 50_000]:
        print(measure(rows), flush=True)


if __name__ == "__main__":
    main()
