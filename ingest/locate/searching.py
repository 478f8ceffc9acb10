"""Finds many names at once in many texts, by a search that is arranged once and kept. Pure.

What Polars searches with is arranged anew in every call, gives either where a name stands or which
it is, and reads each text once for either. Here names are the paths of a tree, and all places of all
texts walk down it together: what is left after two characters is few.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.locate.weighing import Integers, Marks

#: Set between two texts laid out one behind the other; part of no name and of no number.
_BETWEEN = "\n"
#: Bits of a character; a node of the tree stands above them.
_CHARACTER = 21
_NOTHING = -1
#: Spreads the steps of the tree over their table, which is mostly empty: a second look is rare.
_SPREAD = np.uint64(0x9E3779B97F4A7C15)
_SPACE = 4
#: So many characters are looked at together: more would leave the processor's own memory.
_AT_ONCE = 200_000


@dataclass(frozen=True, slots=True)
class Hits:
    """Names found, in the order of the rows and of where they end, the longer first: row, key, the
    first character and the one behind it (counted through all texts).
    """

    row: Integers
    key: Integers
    start: Integers
    end: Integers


@dataclass(frozen=True, slots=True)
class Text:
    """Texts one behind the other: their characters, and the row of each; one more behind every text."""

    characters: NDArray[np.uint32]
    row: Integers
    begins: Integers

    @classmethod
    def of(cls, texts: pl.Series) -> "Text":
        """Lay out texts (no nulls)."""
        sizes = texts.str.len_chars().to_numpy().astype(np.int64) + 1
        joined = (texts.str.join(_BETWEEN).item() if texts.len() else "") + _BETWEEN
        characters = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32)
        return cls(characters, np.repeat(np.arange(sizes.size), sizes), np.cumsum(sizes) - sizes)

    def is_apart(self, start: Integers, end: Integers) -> Marks:
        """Where no Chinese character (none beyond ASCII) touches what stands there."""
        apart: Marks = (self.characters[start - 1] < 0x80) & (self.characters[end] < 0x80)
        return apart


class Search:
    """A search for keys, each found by its place among them; overlapping ones are all found."""

    def __init__(self, keys: pl.Series) -> None:
        text = Text.of(keys)
        sizes = keys.str.len_chars().to_numpy().astype(np.int64)
        node, alive = np.zeros(sizes.size, dtype=np.int64), np.flatnonzero(sizes > 0)
        steps, nodes = [], 1  # the root
        last = []
        for level in range(int(sizes.max(initial=0))):
            alive = alive[sizes[alive] > level]
            step = node[alive] << _CHARACTER | text.characters[text.begins[alive] + level]
            distinct, which = np.unique(step, return_inverse=True)
            node[alive] = nodes + which
            steps.append(distinct)
            nodes += distinct.size
            last.append(alive[sizes[alive] == level + 1])
        self._key = np.full(nodes, _NOTHING, dtype=np.int64)
        ended = np.concatenate([*last, np.empty(0, dtype=np.int64)])
        self._key[node[ended]] = ended
        step = np.concatenate([*steps, np.empty(0, dtype=np.int64)])
        self._goes_on = np.zeros(nodes, dtype=np.bool_)
        self._goes_on[step >> _CHARACTER] = True
        self._arrange(step)
        # Of the first character no table is asked: it is looked up as it is.
        first = steps[0] if steps else np.empty(0, dtype=np.int64)
        self._first = np.zeros(int(first.max(initial=0)) + 2, dtype=np.int64)
        self._first[first] = 1 + np.arange(first.size)

    def _arrange(self, step: Integers) -> None:
        """Put the steps, and the node that each leads to, into their table."""
        bits = max(4, int(_SPACE * step.size).bit_length())
        self._shift, self._mask = np.uint64(64 - bits), (1 << bits) - 1
        self._step = np.full(1 << bits, _NOTHING, dtype=np.int64)
        self._leads_to = np.zeros(1 << bits, dtype=np.int64)
        at, left = self._place(step), np.arange(step.size)
        while left.size:
            free = left[self._step[at[left]] == _NOTHING]
            self._step[at[free]] = step[free]
            left = left[self._step[at[left]] != step[left]]
            at[left] = (at[left] + 1) & self._mask
        self._leads_to[at] = 1 + np.arange(step.size)

    def _place(self, step: Integers) -> Integers:
        place: Integers = ((step.view(np.uint64) * _SPREAD) >> self._shift).view(np.int64)
        return place

    def _next(self, step: Integers) -> Integers:
        """The node that each step leads to; 0 where it leads nowhere."""
        at = self._place(step)
        there = self._step[at]
        node = self._leads_to[at]
        other = np.flatnonzero(there != step)
        node[other] = 0
        other = other[there[other] != _NOTHING]
        at = at[other]
        while other.size:
            at = (at + 1) & self._mask
            there = self._step[at]
            same = there == step[other]
            node[other[same]] = self._leads_to[at[same]]
            on = ~same & (there != _NOTHING)
            other, at = other[on], at[on]
        return node

    def find(self, text: Text) -> Hits:
        """Find all keys in all texts."""
        size = text.characters.size
        edges = np.append(text.begins, size)
        near = edges[np.searchsorted(edges, np.arange(0, size, _AT_ONCE))]
        bounds = np.unique(np.r_[0, near, size]).tolist()
        found = [self._find(text.characters, start, end) for start, end in pairwise(bounds)]
        start, end, key = (np.concatenate(each) for each in zip(*found, strict=True))
        return Hits(text.row[start], key, start, end)

    def _find(
        self, characters: NDArray[np.uint32], begin: int, end: int
    ) -> tuple[Integers, Integers, Integers]:
        """What begins in a stretch of whole texts: first character, the one behind it, key."""
        node = self._first[np.minimum(characters[begin:end], self._first.size - 1)]
        start = np.flatnonzero(node)
        node = node[start]
        start += begin
        starts, ends, keys = [start[:0]], [start[:0]], [start[:0]]
        size = 1
        while start.size:
            key = self._key[node]
            found = np.flatnonzero(key >= 0)
            starts.append(start[found])
            ends.append(start[found] + size)
            keys.append(key[found])
            on = np.flatnonzero(self._goes_on[node])
            start = start[on]
            node = self._next(node[on] << _CHARACTER | characters[start + size])
            on = np.flatnonzero(node)
            start, node = start[on], node[on]
            size += 1
        first, behind, key = (np.concatenate(each) for each in (starts, ends, keys))
        # Those of one length are in order already: there is little to sort.
        order = np.argsort(behind * (size + 1) + (first - behind), kind="stable")
        return first[order], behind[order], key[order]
