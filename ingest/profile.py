"""What a run's rows are like as a whole, and whether that is as it was. Pure, and adds up batch by batch.

A measure is a name and a number: ``judged`` (rows that are data), ``refused``, ``located``, ``new``,
``changed``, ``empty.address`` … (cells that are empty or unreadable), ``ownership.NONPUBLIC`` …,
``status.1`` …; all but the first are shares from 0 to 1, and one whose whole is nothing is left
out. They are kept with the run (``run_measure``), and the next run of the source is held against
them: one share of one run means little, a share that moved by twenty points means a lost column.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from expectations.batches import FIELDS, Figures

if TYPE_CHECKING:
    from ingest.sources import Expected

Measures = dict[str, float]

#: Of a normalised frame: the column whose nulls are our field's empty cells.
COLUMNS = {field: "capital_wan" if field == "capital" else field for field in FIELDS}
#: Mixes that may drift: prefix of the measure -> column of faults of its rule.
MIXES = {"ownership": "ownership_fault", "status": "status_mix_fault"}
#: Shares that may move by so much and no more: measure -> column and code of its rule.
WATCHED = {
    "refused": ("refused_fault", "jumped"),
    "located": ("located_fault", "dropped"),
    **{f"empty.{name}": (f"empty_{name}_fault", "jumped") for name in COLUMNS},
}
#: So many codes of a list's rows that come again make it a list sent twice in one.
DOUBLED = 0.3
#: Rows without a value, in a mix.
NONE = "none"
#: How people call the parts of a mix.
NAMES = {
    "ownership.PUBLIC": ("公有控制", "public"),
    "ownership.COLLECTIVE": ("集体", "collective"),
    "ownership.NONPUBLIC": ("非公有控制", "non-public"),
    "ownership.NONPUBLIC_CHECK_CONTROL": (
        "非公有（控制权待核）",
        "non-public, control to be checked",
    ),
    "ownership.REVIEW": ("类型待核", "to be reviewed"),
    "ownership.BRANCH": ("分支机构", "branches"),
    "ownership.INDIVIDUAL": ("个体工商户", "individual businesses"),
    "ownership.COOPERATIVE": ("农民专业合作社", "cooperatives"),
    "ownership.REP_OFFICE": ("代表机构", "representative offices"),
    "ownership.NOT_AN_ENTITY": ("非主体", "not an entity"),
    "ownership.SOCIAL": ("社会组织", "social organisations"),
    "ownership.OUTSIDE": ("范围之外", "outside"),
    "ownership.none": ("未填", "none"),
    "status.1": ("存续", "in existence"),
    "status.2": ("吊销未注销", "revoked"),
    "status.3": ("吊销已注销", "revoked and deregistered"),
    "status.4": ("注销", "deregistered"),
    "status.5": ("撤销", "cancelled"),
    "status.6": ("迁出", "moved out"),
    "status.9": ("其他", "other"),
    "status.none": ("未填或读不出", "none"),
}


#: Where a row's traits are packed into one number: a bit for each empty cell, one for "located",
#: then four for the status and five for the class, each 0 where there is none.
_LOCATED = len(COLUMNS)
_STATUS, _OWNERSHIP = _LOCATED + 1, _LOCATED + 5
_OWNERSHIPS = (NONE, *(name.partition(".")[2] for name in NAMES if name.startswith("ownership.")))


def traits(frame: pl.DataFrame) -> pl.Series:
    """Return what each row of a prepared batch counts as, packed into a number.

    Kept with a row, it lets a later run count the row without reading it again.
    """
    empty = [
        pl.col(column).is_null().cast(pl.Int32) * 2**n for n, column in enumerate(COLUMNS.values())
    ]
    located = pl.col("subdistrict_code").is_not_null().cast(pl.Int32) * 2**_LOCATED
    status = pl.col("status").cast(pl.Int32, strict=False).fill_null(0) * 2**_STATUS
    place = {name: n for n, name in enumerate(_OWNERSHIPS)}
    ownership = (
        pl.col("ownership").fill_null(NONE).replace_strict(place, return_dtype=pl.Int32)
        * 2**_OWNERSHIP
    )
    return frame.select(
        pl.sum_horizontal(*empty, located, status, ownership).cast(pl.Int32).alias("traits")
    ).to_series()


def says(leader: str) -> pl.Expr:
    """Whether a row of these ``traits`` had a value of a leading field."""
    bit = list(COLUMNS.values()).index(leader)
    said: pl.Expr = pl.col("traits") // 2**bit % 2 == 0
    return said


def located(packed: NDArray[np.int64]) -> int:
    """Count the rows that were placed in a sub-district."""
    return int((packed >> _LOCATED & 1).sum())


class Profile:
    """Adds up what the batches of one run are like."""

    def __init__(self) -> None:
        self._judged = 0
        self._empty: Counter[str] = Counter()
        self._mix: Counter[str] = Counter()

    def add(self, frame: pl.DataFrame) -> None:
        """Count a prepared batch of registrations (``preparing.Prepared.frame``).

        Totals, notes and exact repeats are left out. Some 2 ms for 50,000 rows.
        """
        data = (frame["skip"] == "") & (frame["repeat_fault"] != "same")
        if not data.all():
            frame = frame.filter(data)
        self._judged += frame.height
        for name, column in COLUMNS.items():
            self._empty[name] += frame[column].null_count()
        for mix in MIXES:
            for value, count in frame[mix].value_counts().iter_rows():
                self._mix[f"{mix}.{NONE if value is None else value}"] += count

    def add_known(self, packed: NDArray[np.int64]) -> None:
        """Count rows that were read before, by their ``traits``."""
        self._judged += len(packed)
        for number, count in zip(*np.unique(packed, return_counts=True), strict=True):
            for bit, name in enumerate(COLUMNS):
                self._empty[name] += int(count) * int(number >> bit & 1)
            status = int(number >> _STATUS & 15)
            self._mix[f"status.{status or NONE}"] += int(count)
            self._mix[f"ownership.{_OWNERSHIPS[int(number >> _OWNERSHIP)]}"] += int(count)

    def measures(
        self, *, accepted: int, refused: int, located: int, new: int, changed: int
    ) -> Measures:
        """Return the measures of the run, given what became of its rows."""
        found: Measures = {"judged": float(self._judged)}
        if self._judged:
            found["refused"] = refused / self._judged
            for name in COLUMNS:
                found[f"empty.{name}"] = self._empty[name] / self._judged
            for name in sorted(self._mix):
                found[name] = self._mix[name] / self._judged
        if accepted:
            outcomes = {"located": located, "new": new, "changed": changed}
            found |= {name: count / accepted for name, count in outcomes.items()}
        return found


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier run of the same source and district."""

    run: int
    rows: int
    measures: Measures


@dataclass(frozen=True, slots=True)
class Comparison:
    """What ``expectations.check.judge_batch`` takes: column -> code, column -> figures."""

    faults: dict[str, str] = field(default_factory=dict)
    figures: dict[str, Figures] = field(default_factory=dict)

    def note(self, column: str, code: str, figures: Figures) -> None:
        """Write down one fault."""
        self.faults[column] = code
        self.figures[column] = figures

    def moved(self, measures: Mapping[str, float]) -> frozenset[str]:
        """Return the measures (and ``rows``) that the faults are about."""
        about = {"size_fault": "rows", "rows_fault": "rows", "repeats_fault": "rows"}
        about |= {column: measure for measure, (column, _) in WATCHED.items()}
        found = {about[column] for column in self.faults if column in about}
        for mix, column in MIXES.items():
            if column in self.faults:
                found |= {name for name in measures if name.startswith(f"{mix}.")}
        return frozenset(found)


def compare(
    rows: int,
    measures: Mapping[str, float],
    earlier: Sequence[Earlier],
    expected: "Expected",
    *,
    snapshot: bool,
    repeated: int = 0,
) -> Comparison:
    """Hold a run against its source's bounds and against the runs before it.

    Args:
        rows: of the run, skipped ones too.
        measures: of the run.
        earlier: runs of the same source and district, newest first; none: nothing to compare.
        expected: the source's bounds.
        snapshot: each delivery is the whole list; changes alone may be of any number.
        repeated: codes that more than one row bears.
    """
    found = Comparison()
    _bounds(found, rows, expected)
    if snapshot and rows >= expected.shares_compared_from and repeated >= DOUBLED * rows:
        found.note("repeats_fault", "doubled", Figures(f"{repeated:,}", f"{rows:,}"))
    if earlier and snapshot:
        _size(found, rows, median(run.rows for run in earlier), expected)
    enough = expected.shares_compared_from
    if earlier and min(measures["judged"], earlier[0].measures.get("judged", 0)) >= enough:
        _shares(found, measures, earlier[0].measures, expected.jump)
        _mixes(found, measures, earlier[0].measures, expected.drift)
    return found


def _bounds(found: Comparison, rows: int, expected: "Expected") -> None:
    if rows < expected.minimum:
        found.note("size_fault", "below_minimum", Figures(f"{rows:,}", f"{expected.minimum:,}"))
    elif expected.maximum is not None and rows > expected.maximum:
        found.note("size_fault", "above_maximum", Figures(f"{rows:,}", f"{expected.maximum:,}"))


def _size(found: Comparison, rows: int, usual: float, expected: "Expected") -> None:
    figures = Figures(f"{rows:,}", f"{usual:,.0f}")
    if usual >= expected.rows_compared_from and rows < expected.share_of_last * usual:
        found.note("rows_fault", "far_below", figures)
    elif usual >= expected.shares_compared_from and rows > expected.times_last * usual:
        found.note("rows_fault", "far_above", figures)


def _shares(
    found: Comparison, now: Mapping[str, float], last: Mapping[str, float], jump: float
) -> None:
    for measure, (column, code) in WATCHED.items():
        if measure not in now or measure not in last:
            continue
        moved = now[measure] - last[measure]
        # Two shares that are twenty points apart may differ by a hair less in binary.
        if (-moved if code == "dropped" else moved) >= jump - 1e-9:
            found.note(column, code, Figures(percent(now[measure]), percent(last[measure])))


def _mixes(
    found: Comparison, now: Mapping[str, float], last: Mapping[str, float], drift: float
) -> None:
    for mix, column in MIXES.items():
        if distance(now, last, mix) >= drift - 1e-9:
            here, there = _largest(now, mix), _largest(last, mix)
            figures = Figures(
                f"{name_of(here)[0]}（{percent(now[here])}）",
                f"{name_of(there)[0]}（{percent(last[there])}）",
                f"{name_of(here)[1]} ({percent(now[here])})",
                f"{name_of(there)[1]} ({percent(last[there])})",
            )
            found.note(column, "drifted", figures)


def distance(now: Mapping[str, float], last: Mapping[str, float], mix: str) -> float:
    """Return the total variation distance of a mix, 0 (the same) to 1; 0 where one is unknown."""
    parts = {name for name in (*now, *last) if name.startswith(f"{mix}.")}
    if not parts & now.keys() or not parts & last.keys():
        return 0.0
    return sum(abs(now.get(name, 0.0) - last.get(name, 0.0)) for name in parts) / 2


def _largest(measures: Mapping[str, float], mix: str) -> str:
    parts = sorted(name for name in measures if name.startswith(f"{mix}."))
    return max(parts, key=lambda name: measures[name])


def name_of(measure: str) -> tuple[str, str]:
    """Return what people call a part of a mix, in Chinese and English."""
    code = measure.partition(".")[2]
    return NAMES.get(measure, (code, code))


def percent(share: float) -> str:
    """Return a share as people read it: 0.934 -> 93.4 %."""
    return f"{share * 100:.1f} %"
