"""Where the headers of a table are: below which titles, and in how many rows.

Among the first rows it is the one to three that hold most of our fields, those that are required
first. Rows of a header belong together when cells of the upper one stand over several of the
lower one: merged, or followed by blanks where the row below has a value. The name of a column is
its path, ``组/列``.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import count

from ingest.headers import Vocabulary, match_by_name, match_closely, plain

#: Rows that are not blank among which the headers are looked for.
DEPTH = 30
MOST_ROWS = 3
#: Candidates whose headers are compared closely; comparing is not cheap.
CLOSELY = 8
#: Titles say things like "填报单位：…" and "2025年3月" in several cells.
_REMARK = re.compile(r"[:：]\s*\S|[:：_＿]\s*$|\d{4}\s*年|^单位[:：(（]|^附[件表]")

Rows = Sequence[tuple[int, list[str]]]
Merged = Sequence[
    tuple[int, int, int, int]
]  # first row, first column, last row, last column; from 0


@dataclass(frozen=True, slots=True)
class Header:
    """The headers of a table, and how well they fit the vocabulary."""

    row: int  # as a spreadsheet numbers it
    rows: int
    names: tuple[str, ...]
    required: int  # fields that are required and there, at least nearly
    known: int  # fields that are there by name

    @property
    def score(self) -> tuple[int, int, int, int]:
        """How well it fits; of two that fit alike the deeper, then the upper one is meant."""
        return self.required, self.known, self.rows, -self.row


def find(
    rows: Rows, merged: Merged, vocabulary: Vocabulary, required: Sequence[str]
) -> Header | None:
    """Return the headers of a table; ``None`` if it has none.

    Args:
        rows: the first rows that are not blank, with the numbers a spreadsheet shows.
        merged: cells that are merged.
        vocabulary: our field -> what it may be called; empty: the first row is the header.
        required: fields that matter most.
    """
    rows = [(number, cells) for number, cells in rows[:DEPTH] if any(cells)]
    if not rows:
        return None
    if not vocabulary:
        number, cells = rows[0]
        return Header(number, 1, tuple(distinct(_trimmed(cells))), 0, 0)
    words = {plain(alias) for names in vocabulary.values() for alias in names}
    blocks = list(_blocks(rows, merged, words))
    found = [_judged(block, vocabulary, required, words) for block in blocks]
    best = max(found, key=lambda header: header.score, default=None)
    if best is None or best.required < len(required):
        # The rows that look most like headers, once more, with an eye for slips of the hand.
        order = sorted(
            range(len(blocks)),
            key=lambda n: (-found[n].known, -_filled(blocks[n]), blocks[n].rows, n),
        )
        closer = [_judged(blocks[n], vocabulary, required) for n in order[:CLOSELY]]
        best = max(closer, key=lambda header: header.score)
        if not best.known and not best.required:  # nothing known: show the fullest row
            best = closer[0]
    return _lowest(best, found)


def _lowest(best: Header, found: Sequence[Header]) -> Header:
    """Return the last of header rows that say the same: names for machines, then for people.

    Exports of databases have both; the upper would leave the lower a row of data.
    """
    for header in found:
        directly_below = header.row == best.row + best.rows and header.rows == best.rows
        if directly_below and header.required >= best.required and header.known >= best.known > 0:
            best = header
    return best


def distinct(cells: Sequence[str]) -> Iterator[str]:
    """Number repeated and unnamed headers, so that no column hides another."""
    taken: set[str] = set()
    for position, cell in enumerate(cells, start=1):
        base = cell or f"第{position}列"
        names = (base if n == 1 else f"{base}({n})" for n in count(1))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        yield name


@dataclass(frozen=True, slots=True)
class _Block:
    """One to three rows that could be the headers."""

    row: int
    rows: int
    paths: list[tuple[str, ...]]


def _judged(
    block: _Block,
    vocabulary: Vocabulary,
    required: Sequence[str],
    words: AbstractSet[str] | None = None,
) -> Header:
    """Return how well a block fits: closely compared, or by the plain ``words`` alone."""
    names = tuple(distinct(["/".join(path) for path in block.paths]))
    fields: Mapping[str, str] = {}
    if words is None:
        matched = match_closely(names, {}, vocabulary)
        fields, known = matched.columns | matched.close, len(matched.columns)
    else:
        if any(plain(end) in words for path in block.paths for end in _ends(path)):
            fields = match_by_name(names, vocabulary)
        known = len(fields)
    return Header(block.row, block.rows, names, sum(name in fields for name in required), known)


def _ends(path: tuple[str, ...]) -> Iterator[str]:
    whole = "/".join(path)
    yield whole
    while "/" in whole:
        whole = whole.partition("/")[2]
        yield whole


def _filled(block: _Block) -> int:
    return sum(bool(path) for path in block.paths)


def _trimmed(cells: Sequence[str]) -> list[str]:
    kept = [cell.strip().strip("\ufeff") for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return kept


def _blocks(rows: Rows, merged: Merged, words: AbstractSet[str]) -> Iterator[_Block]:
    """Yield every row, and every two or three that hang together."""
    for at, (number, cells) in enumerate(rows):
        single = _Grid([cells], number, merged)
        yield _Block(number, 1, single.paths())
        if _is_remark(cells) and not any(plain(cell) in words for cell in cells if cell):
            continue
        for height in range(2, MOST_ROWS + 1):
            part = rows[at : at + height]
            if len(part) < height or part[-1][0] != number + height - 1:
                break
            grid = _Grid([row for _, row in part], number, merged)
            if not grid.hangs_together():
                break
            yield _Block(number, height, grid.paths())


def _is_remark(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(filled) == 1 or any(_REMARK.search(cell) for cell in filled)


class _Grid:
    """Rows that may be headers, and over which columns each of their cells stands."""

    def __init__(self, rows: Sequence[list[str]], number: int, merged: Merged) -> None:
        trimmed = [_trimmed(row) for row in rows]
        self.width = max(len(row) for row in trimmed)
        self._cells = [row + [""] * (self.width - len(row)) for row in trimmed]
        top = number - 1
        self._from: dict[tuple[int, int], tuple[int, int]] = {}
        for first, left, last, right in merged:
            if first < top or first >= top + len(rows):
                continue
            for row in range(first - top, min(last - top + 1, len(rows))):
                for column in range(left, min(right + 1, self.width)):
                    self._from[row, column] = (first - top, left)
        self._above = [self._owners(row) for row in range(len(self._cells))]

    def _owners(self, row: int) -> list[int | None]:
        """For each column the column whose cell in this row stands over it."""
        cells, below = self._cells[row], self._cells[row + 1 :]
        owners: list[int | None] = []
        group: int | None = None
        for column, cell in enumerate(cells):
            origin = self._from.get((row, column))
            if cell:
                has_part = any(line[column] for line in below)
                group = column if has_part and origin is None else None
                owners.append(column)
            elif origin is not None:
                group = None
                owners.append(origin[1] if origin[0] == row else None)
            elif group is not None and any(line[column] for line in below):
                owners.append(group)
            else:
                group = None if not any(line[column] for line in below) else group
                owners.append(None)
        return owners

    def hangs_together(self) -> bool:
        """Return if each row below the first fills in what groups above it announce."""
        for row in range(1, len(self._cells)):
            upper = self._above[row - 1]
            spans = {owner for owner in upper if owner is not None and upper.count(owner) > 1}
            filled = [column for column in range(self.width) if self._cells[row][column]]
            under_group = sum(upper[column] in spans or upper[column] is None for column in filled)
            if not spans or not under_group or under_group * 2 < len(filled):
                return False
        return True

    def paths(self) -> list[tuple[str, ...]]:
        """Return the path of names above each column, from the top."""
        paths = []
        for column in range(self.width):
            parts: list[str] = []
            for row, owners in enumerate(self._above):
                owner = owners[column]
                part = self._cells[row][owner] if owner is not None else ""
                if part and (not parts or parts[-1] != part):
                    parts.append(" ".join(part.split()) if "\n" in part else part)
            paths.append(tuple(parts))
        while paths and not paths[-1]:
            paths.pop()
        return paths
