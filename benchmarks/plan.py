"""All claims about plans, one after the other: instructors by heads, a small change, by hours; joint branches.

    python benchmarks/plan.py [FOLDER]

FOLDER holds published instances of the generalised assignment problem (``plan_instructors.py``);
without it, plans by hours are left out. Takes about an hour; run it on a machine that does nothing else.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main(folders: list[str]) -> None:
    """Run both benchmarks, each in a process of its own, so that neither has the other's memory."""
    hours = ["gap", folders[0]] if folders else []
    for script, words in (
        ("plan_instructors.py", ["unit", "change", *hours]),
        ("plan_branches.py", []),
    ):
        subprocess.run([sys.executable, str(HERE / script), *words], check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
