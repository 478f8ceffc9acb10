"""Columns of short codes as bytes, and sums over them two characters at a time.

A check digit over a million codes is eighteen million look-ups when taken character by
character. Taken as nine 16-bit numbers, each looked up in a table of 65,536 sums that were
worked out once, it is nine million, and no byte is copied.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Bytes = NDArray[np.uint8]

#: In a table of character values: a byte that may not stand there.
NONE = 255
#: What a pair with such a byte adds to a sum: more than all real pairs of a row together.
_INVALID = 4096


def table(codes: pl.Series, width: int) -> tuple[Mask, Bytes]:
    """Return which codes have ``width`` bytes, and the bytes of those, (n, width) uint8."""
    arrays = codes.cast(pl.Binary).bin.reinterpret(
        dtype=pl.Array(pl.UInt8, width), endianness="little"
    )
    mask = arrays.is_not_null().to_numpy()
    rows = arrays if mask.all() else arrays.drop_nulls()
    return mask, np.ascontiguousarray(rows.to_numpy()).reshape(-1, width)


def pairs(rows: Bytes) -> NDArray[np.uint16]:
    """Return a table of bytes as one of little-endian pairs, (n, width / 2) uint16."""
    return np.asarray(rows.view("<u2"), dtype=np.uint16)


def values(alphabet: str) -> Bytes:
    """Return each byte's place in an alphabet, ``NONE`` for bytes that are not in it, (256,)."""
    found = np.full(256, NONE, dtype=np.uint8)
    found[np.frombuffer(alphabet.encode(), dtype=np.uint8)] = np.arange(len(alphabet))
    return found


class PairSums:
    """Weighted sums of the characters of codes of one width, modulo a number below 256."""

    def __init__(self, places: Sequence[tuple[Bytes, int] | None], *, modulus: int) -> None:
        """Work out the table of each pair.

        Args:
            places: for each place of a code its characters' values and its weight; ``None``
                where any byte may stand and adds nothing.
            modulus: what the sum is divided by.
        """
        self._modulus = modulus
        self._tables = [
            (place // 2, _pair(places[place], places[place + 1], modulus))
            for place in range(0, len(places), 2)
            if places[place] is not None or places[place + 1] is not None
        ]

    def __call__(self, rows: NDArray[np.uint16]) -> tuple[Mask, NDArray[np.uint16]]:
        """Return which rows of ``pairs`` have right characters only, and their remainders."""
        total = np.zeros(len(rows), dtype=np.uint16)
        for place, sums in self._tables:
            total += sums.take(rows[:, place])
        return total < _INVALID, total % self._modulus


def _pair(
    first: tuple[Bytes, int] | None, second: tuple[Bytes, int] | None, modulus: int
) -> NDArray[np.uint16]:
    """What each of 65,536 pairs adds; the first character is the lower byte."""
    low, high = _weighed(first), _weighed(second)
    total = high[:, None] + low[None, :]
    return np.where(total < _INVALID, total % modulus, _INVALID).astype(np.uint16).ravel()


def _weighed(place: tuple[Bytes, int] | None) -> NDArray[np.int32]:
    if place is None:
        return np.zeros(256, dtype=np.int32)
    value, weight = place
    return np.where(value == NONE, _INVALID, value.astype(np.int32) * weight)


def spread(mask: Mask, found: Mask) -> Mask:
    """Return a mask of all rows from what was found about the rows of ``mask``."""
    if mask.all():
        return found
    result = np.zeros(len(mask), dtype=np.bool_)
    result[mask] = found
    return result


def strings(length: int, marks: Iterable[tuple[Mask, str]]) -> pl.Series:
    """Return ``length`` texts: that of the first mask that holds, else ``""``."""
    result = pl.Series([""], dtype=pl.String).new_from_index(0, length)
    free = np.ones(length, dtype=np.bool_)
    for mask, text in marks:
        hit = mask & free
        if hit.any():
            result = result.scatter(np.flatnonzero(hit), text)
            free &= ~hit
    return result
