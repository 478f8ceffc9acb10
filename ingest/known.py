"""What a source has said before: fingerprints of its rows, and whose they are. Pure.

A row whose fingerprint the source sent before, and about which there was nothing to say, needs
nothing done; it is found here before it is read. Arrays of numbers, so that ten million rows fit
in memory.
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ingest.repeats import position

Numbers64 = NDArray[np.int64]


class Known:
    """Rows of a source by fingerprint, and which of them have been met in this run."""

    def __init__(self, hashes: Numbers64, organisations: Numbers64, traits: Numbers64) -> None:
        """Take one entry a registration, in any order; a fingerprint of 0 is never found."""
        if not np.all(organisations[1:] > organisations[:-1]):
            order = np.argsort(organisations)
            hashes, organisations, traits = hashes[order], organisations[order], traits[order]
        self.organisations = organisations
        self.traits = traits
        self._raw = hashes.view(np.uint64)
        self._seen = np.zeros(len(organisations), dtype=np.bool_)
        self._next = 0

    def __len__(self) -> int:
        """How many entries there are."""
        return len(self.organisations)

    @classmethod
    def nothing(cls) -> "Known":
        """A source that has never sent anything."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty)

    def find(self, fingerprints: NDArray[np.uint64]) -> Numbers64:
        """Return which entry each fingerprint is of; -1 where it is new; 0 is none.

        A register is mostly sent in the order it was sent in before, so each is looked for
        behind the last one first, and only then among all.
        """
        here = self._raw[self._next : self._next + len(fingerprints)]
        same = np.flatnonzero(here == fingerprints[: len(here)])
        entries = np.full(len(fingerprints), -1, dtype=np.int64)
        entries[same] = self._next + same
        rest = np.flatnonzero(entries < 0)
        entries[rest] = self._search(fingerprints[rest])
        if len(found := np.flatnonzero(entries >= 0)):
            self._next = int(entries[found[-1]]) + len(entries) - int(found[-1])
        return entries

    def _search(self, fingerprints: NDArray[np.uint64]) -> Numbers64:
        by_hash, hashes = self._in_order
        place = position(hashes, fingerprints)
        return np.where(place >= 0, by_hash[place] if len(by_hash) else -1, -1)

    @cached_property
    def _in_order(self) -> tuple[Numbers64, NDArray[np.uint64]]:
        """The entries by fingerprint, and the fingerprints."""
        by_hash = np.argsort(self._raw)
        by_hash = by_hash[np.searchsorted(self._raw, 1, sorter=by_hash) :]
        return by_hash, self._raw[by_hash]

    def meet(self, entries: Numbers64) -> None:
        """Note that entries are in this run."""
        self._seen[entries] = True

    def meet_organisations(self, ids: Sequence[int]) -> None:
        """Note that these organisations are in this run, whatever their rows say."""
        entries = self.entries_of(ids)
        self._seen[entries[entries >= 0]] = True

    def entries_of(self, ids: Sequence[int]) -> Numbers64:
        """Return the entry of each organisation; -1 where the source never spoke of it."""
        return position(self.organisations, np.asarray(ids, dtype=np.int64))

    def fingerprints(self, entries: Numbers64) -> Numbers64:
        """Return the fingerprints of entries, signed, as they were before this run."""
        return self._raw[entries].view(np.int64)

    def unmet(self) -> Numbers64:
        """Return the organisations that are not in this run."""
        return self.organisations[~self._seen]

    def met(self) -> Numbers64:
        """Return the organisations the source spoke of before and does again."""
        return self.organisations[self._seen]
