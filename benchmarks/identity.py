"""Identity checks against python-stdnum: whole columns here, row by row there.

    python benchmarks/identity.py [ROWS]        default: 1000000

Invented numbers, 95 in 100 good, the others with one character exchanged; birth years before
1906. Both sides get the same rows in the same run, and only the ratio means anything. The other
side is handed a list that is ready, and only asked whether a number is good; ours also says which
way each is wrong. Where the two disagree is counted: good numbers that the library refuses are
those of domain notes §1.5. The lower part has no peer: what a good column costs on top.
"""

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "benchmarks")]

import registrations  # noqa: E402 - beside this file
from stdnum.cn import ric  # noqa: E402
from stdnum.cn import uscc as stdnum_uscc  # noqa: E402

from liangxin.ids import document, mod11_2, resident_id, uscc  # noqa: E402

TODAY = date(2026, 11, 23)
PLACES = ("110105", "430702", "440305", "440524", "330102", "650102")
TURNS = 5
TARGET = 50


def resident_ids(size: int, chance: np.random.Generator) -> pl.Series:
    """Good numbers of people born 1880-1905."""
    first_day = np.datetime64("1880-01-01")
    born = first_day + chance.integers(0, 9_496, size)
    day = pl.Series(born.astype("datetime64[D]")).dt.strftime("%Y%m%d")
    place = pl.Series(PLACES)[pl.Series(chance.integers(0, len(PLACES), size))]
    sequence = pl.Series(chance.integers(1, 1_000, size)).cast(pl.String).str.zfill(3)
    first17 = place + day + sequence
    digits = np.frombuffer("".join(first17.to_list()).encode(), dtype=np.uint8).reshape(-1, 17)
    total = (digits.astype(np.int64) - 48) @ np.array(mod11_2.WEIGHTS)
    return first17 + pl.Series(list(mod11_2.CHARACTERS))[pl.Series((1 - total) % 11)]


def miswritten(good: pl.Series, chance: np.random.Generator, share: float = 0.05) -> pl.Series:
    """The same with one digit exchanged in some, at any place."""
    rows = np.frombuffer("".join(good.to_list()).encode(), dtype=np.uint8).reshape(-1, 18).copy()
    which = np.flatnonzero(chance.random(len(rows)) < share)
    where = chance.integers(0, 18, len(which))
    rows[which, where] = 48 + (rows[which, where] + chance.integers(1, 10, len(which))) % 10
    return pl.Series(rows.view("S18").ravel().astype("U18").tolist())


def seconds(work: Callable[[], object], turns: int = TURNS) -> float:
    """Best of some turns."""
    best = float("inf")
    for _ in range(turns):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best


def compare(
    name: str,
    numbers: pl.Series,
    ours: Callable[[pl.Series], tuple[pl.Series, pl.Series]],
    theirs: Callable[[str], bool],
) -> float:
    """Print one line of the table; return the ratio."""
    rows = numbers.to_list()
    fast = seconds(lambda: ours(numbers))
    slow = seconds(lambda: [theirs(number) for number in rows], turns=1)
    good: NDArray[np.bool_] = (ours(numbers)[1] == "").to_numpy()
    says = np.array([theirs(number) for number in rows])
    size = len(rows)
    print(
        f"{name:12}{size:>10,}{size / fast / 1e6:>12.2f}{size / slow / 1e6:>12.3f}"
        f"{slow / fast:>8.0f} x{int((good & ~says).sum()):>12,}{int((~good & says).sum()):>12,}",
        flush=True,
    )
    return slow / fast


def main() -> None:
    """Print the tables."""
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    chance = np.random.default_rng(1)
    codes, people = registrations.codes(size, chance), resident_ids(size, chance)
    print("                  rows  ours M/s  stdnum M/s     ratio  ours only  theirs only")
    ratios = [
        compare("uscc", miswritten(codes, chance), uscc.read, stdnum_uscc.is_valid),
        compare(
            "resident_id",
            miswritten(people, chance),
            lambda numbers: resident_id.read(numbers, today=TODAY),
            ric.is_valid,
        ),
    ]
    print(f"target {TARGET} x: {'reached' if min(ratios) >= TARGET else 'MISSED'}\n")
    read, _ = uscc.read(codes)
    kinds = pl.Series(["身份证"]).new_from_index(0, size)
    print("good columns, s a million rows")
    for name, work in {
        "uscc.read": lambda: uscc.read(codes),
        "uscc.notes": lambda: uscc.notes(codes, read),
        "uscc.repairs": lambda: uscc.repairs(codes, read),
        "resident_id.read": lambda: resident_id.read(people, today=TODAY),
        "document.read": lambda: document.read(kinds, people, today=TODAY),
    }.items():
        print(f"{name:20}{seconds(work) / size * 1e6:>10.3f}", flush=True)


if __name__ == "__main__":
    main()
