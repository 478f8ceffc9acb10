"""A register's daily bread: the same file again, and one in which ten thousand rows changed.

    python benchmarks/sync.py [ROWS …]          default: 1000000

Against its own first load of the same register, and against reading the file: a process that
imports and parses it as a load does and does nothing else. On both databases; each measurement is
a process of its own, and only ratios and differences within one run mean anything.
"""

import os
import sys
import tempfile
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
CHANGED = 10_000
TURNS = 3


def compare(rows: int, database: str, url: str) -> str:
    """Load, load again, load with changes; return one line of the table."""
    import polars as pl
    import registrations
    from load import measured

    again, reads, changes = [], [], []
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        home = Path(folder) / "home"
        home.mkdir()
        file = Path(folder) / "registrations.csv"
        frame = registrations.make(rows)
        frame.write_csv(file)
        first, _ = measured("ours", str(file), str(home), url)
        for turn in range(TURNS):
            seconds, _ = measured("ours", str(file), str(home), url)
            again.append(seconds)
            every = max(rows // CHANGED, 1)
            word = pl.lit(f"改{turn}") + pl.col("企业名称").str.slice(-12)
            frame = frame.with_columns(
                企业名称=pl.when(pl.int_range(pl.len()) % every == 0)
                .then(word)
                .otherwise("企业名称")
            )
            changed = Path(folder) / f"changed-{turn}.csv"
            frame.write_csv(changed)
            os.sync()  # a file that came is not still being written
            seconds, _ = measured("read", str(changed))
            reads.append(seconds)
            seconds, _ = measured("ours", str(changed), str(home), url)
            changes.append(seconds)
            file = changed
    beyond = median(each - read for each, read in zip(changes, reads, strict=True))
    return (
        f"{database:11}{rows:>10,}{first:>9.1f}{median(again):>9.1f}{median(again) / first:>9.2f}"
        f"{median(reads):>9.1f}{median(changes):>11.1f}{beyond:>10.1f}"
    )


def main() -> None:
    """Print the table."""
    from postgresql import running_postgresql

    sizes = [int(each) for each in sys.argv[1:]] or [1_000_000]
    print(
        "                 rows  first s  again s    ratio   read s  10,000 new  beyond s",
        flush=True,
    )
    for rows in sizes:
        print(compare(rows, "sqlite", ""), flush=True)
    with running_postgresql({}) as server:
        for place, rows in enumerate(sizes):
            print(compare(rows, "postgresql", server.create(f"sync_{place}")), flush=True)


if __name__ == "__main__":
    main()
