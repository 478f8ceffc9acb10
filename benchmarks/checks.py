"""A clerk's workbook with some 76 kinds of fault, against openpyxl and python-stdnum row by row.

    python benchmarks/checks.py [ROWS …]          default: 5000 50000

Each measurement is a whole process, the import of the validator included. Ours finds every fault
of every column and writes the clerk's file back with the cells marked; the peer reads the same
workbook and validates the codes alone, row by row, and finds what it finds.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests")]
TURNS = 3
#: One row in so many has a fault.
EVERY = 25


def peer(file: str) -> None:
    """Openpyxl and python-stdnum, the way a script of an afternoon does it."""
    from openpyxl import load_workbook
    from stdnum.cn import uscc

    sheet = load_workbook(file, read_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    column = next(rows).index("统一社会信用代码")
    bad = [n for n, row in enumerate(rows, start=2) if not uscc.is_valid(str(row[column] or ""))]
    print(json.dumps(bad))


def timed(*command: str) -> tuple[float, str]:
    """Run a command; seconds and what it printed. Refused rows are an exit code of 1."""
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(f"{command} ended with {done.returncode}")
    return time.perf_counter() - started, done.stdout.decode()


def compare(rows: int) -> str:
    """Take turns; return one line of the table."""
    from faults import write_workbook

    ours, theirs = [], []
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        file = Path(folder) / "registrations.xlsx"
        spoilt = write_workbook(file, rows, every=EVERY)
        wanted = {(each.cell, each.rule) for each in spoilt}
        command = [str(Path(sys.executable).with_name("liangxin")), "check", str(file)]
        command += ["--as", "registrations", "--refused", f"{folder}/back.xlsx", "--json"]
        for _ in range(TURNS):
            seconds, printed = timed(*command)
            ours.append(seconds)
            seconds, bad = timed(sys.executable, __file__, "--peer", str(file))
            theirs.append(seconds)
        found = {(each["cell"], each["rule"]) for each in json.loads(printed)["faults"]}
        by_peer = {int(cell[1:]) for cell, _ in wanted} & set(json.loads(bad))
    return (
        f"{rows:>8,}{len(wanted):>8,}{100 * len(found & wanted) / len(wanted):>10.1f}"
        f"{len(found - wanted):>8}{median(ours):>9.1f}{100 * len(by_peer) / len(wanted):>12.1f}"
        f"{median(theirs):>9.1f}{median(ours) / median(theirs):>8.2f}"
    )


def main() -> None:
    """Print the table."""
    sizes = [int(each) for each in sys.argv[1:]] or [5_000, 50_000]
    print("    rows  faults  found %   wrong   ours s  peer found %  peer s   ratio", flush=True)
    for rows in sizes:
        print(compare(rows), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        peer(sys.argv[2])
    else:
        main()
