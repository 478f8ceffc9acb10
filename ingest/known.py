"""What a source has said before: fingerprints of its rows, and whose they are. Pure.

A row whose fingerprint the source sent before, and about which there was nothing to say, needs
nothing done; it is found here before it is read. Arrays of numbers, so that ten million rows fit
in memory.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ingest.repeats import position

Numbers64 = NDArray[np.int64]


class Known:
    """Rows of a source by fingerprint, and which of them have been met in this run."""

    def __init__(self, hashes: Numbers64, organisations: Numbers64, traits: Numbers64) -> None:
        """Take one entry a registration, in any order; a fingerprint of 0 is never found."""
        order = np.argsort(organisations)
        self.organisations = organisations[order]
        self.traits = traits[order]
        self._seen = np.zeros(len(order), dtype=np.bool_)
        raw = hashes[order].view(np.uint64)
        self._by_hash = np.argsort(raw)
        self._by_hash = self._by_hash[raw[self._by_hash] != 0]
        self._hashes = raw[self._by_hash]

    @classmethod
    def nothing(cls) -> "Known":
        """A source that has never sent anything."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty)

    def find(self, fingerprints: NDArray[np.uint64]) -> Numbers64:
        """Return which entry each fingerprint is of; -1 where it is new."""
        place = position(self._hashes, fingerprints)
        return np.where(place >= 0, self._by_hash[place] if len(self._by_hash) else -1, -1)

    def meet(self, entries: Numbers64) -> None:
        """Note that entries are in this run."""
        self._seen[entries] = True

    def meet_organisations(self, ids: Sequence[int]) -> None:
        """Note that these organisations are in this run, whatever their rows say."""
        wanted = np.asarray(ids, dtype=np.int64)
        place = np.searchsorted(self.organisations, wanted)
        inside = place < len(self.organisations)
        place, wanted = place[inside], wanted[inside]
        self._seen[place[self.organisations[place] == wanted]] = True

    def unmet(self) -> Numbers64:
        """Return the organisations that are not in this run."""
        return self.organisations[~self._seen]

    def met(self) -> Numbers64:
        """Return the organisations the source spoke of before and does again."""
        return self.organisations[self._seen]
