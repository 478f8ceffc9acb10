"""All rates of a day for all sub-districts, and a course of 24 months, from registers of any size.

    python benchmarks/indicators.py [ORGANISATIONS …] [sqlite|postgresql]
                                                default: 100000 1000000, on both

Against one bare ``SELECT subdistrict_code, COUNT(*) … GROUP BY`` over the organisations in the same
database and process: only the ratio means anything. Told is what it takes to bring the spells of
the whole register up to date, once; after 1,000 organisations changed it is the last column. The
facts themselves answer too (as known at an earlier moment, or before the spells are told): that is
the column ``facts``, not asked of registers beyond three million.
"""

import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "benchmarks")]
TURNS = 3
#: Beyond, what takes minutes at three million would take an hour and say nothing new.
FACTS_UP_TO = 3_000_000
DAY = date(2026, 9, 30)
MONTHS = [date(2024 + month // 12, month % 12 + 1, 1) for month in range(9, 33)]


def seconds(work: Callable[[], object], turns: int = TURNS) -> float:
    """Median seconds of some turns."""
    taken = []
    for _ in range(turns):
        start = perf_counter()
        work()
        taken.append(perf_counter() - start)
    return median(taken)


def measure(size: int, database: str, url: str) -> str:
    """Fill a register, tell its spells, ask; return one line of the table."""
    import registers
    from sqlalchemy import text, update

    from liangxin import db, migrate, rules, spells, tally, views
    from liangxin.access import LOCAL
    from liangxin.schema import Screening
    from liangxin.settings import Settings

    usual = rules.load()
    with tempfile.TemporaryDirectory(prefix="liangxin-benchmark-") as folder:
        settings = Settings(home=Path(folder), database_url=url)
        engine = migrate.open_register(settings, now=datetime.now(UTC))
        with db.writing(engine) as connection:
            registers.fill(connection, size)
        engine.dispose()  # and with it the cache that filling was given
        told = seconds(lambda: spells.ready(engine, usual), 1)
        if database == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(text("VACUUM ANALYZE"))
        with db.reading(engine) as connection:
            assert spells.usable(connection, usual)

            def bare() -> None:
                query = "SELECT subdistrict_code, COUNT(*) FROM organisation GROUP BY 1"
                connection.execute(text(query)).all()

            def rates() -> object:
                return views.rates(connection, LOCAL, usual, as_of=DAY)

            floor, one = seconds(bare), seconds(rates)
            course = seconds(lambda: views.totals(connection, LOCAL, usual, days=MONTHS))
            facts = "—"
            if size <= FACTS_UP_TO:
                by_spells = rates()
                usable, tally.spells.usable = tally.spells.usable, lambda *_: False  # type: ignore[assignment]
                facts, by_facts = f"{seconds(rates, 1):.1f}", rates()
                tally.spells.usable = usable
                assert by_spells == by_facts
        with db.writing(engine) as connection:
            some = Screening.organisation_id % max(size // 1_000, 1) == 0
            connection.execute(update(Screening).where(some).values(evidence="again"))
        again = seconds(lambda: spells.ready(engine, usual), 1)
        engine.dispose()
    return (
        f"{database:11}{size:>11,}{floor:>8.2f}{one:>9.2f}{one / floor:>7.1f}{course:>10.2f}"
        f"{course / one:>7.1f}{facts:>9}{told:>9.1f}{again:>8.2f}"
    )


def main() -> None:
    """Print the table."""
    from postgresql import running_postgresql

    asked = sys.argv[1:]
    sizes = [int(each) for each in asked if each.isdigit()] or [100_000, 1_000_000]
    databases = [each for each in asked if not each.isdigit()] or ["sqlite", "postgresql"]
    print(
        "             register  bare s  rates s  ratio  course s  ratio  facts s   told s  again s",
        flush=True,
    )
    for size in sizes if "sqlite" in databases else []:
        print(measure(size, "sqlite", ""), flush=True)
    if "postgresql" not in databases:
        return
    with running_postgresql({}) as server:
        for place, size in enumerate(sizes):
            print(measure(size, "postgresql", server.create(f"rates_{place}")), flush=True)


if __name__ == "__main__":
    main()
