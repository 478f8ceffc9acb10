"""Characters that are read alike: 关 and 官, 惠 and 慧. Pure.

A table beside this module: each syllable, without its tone, and the characters read so, of those in
the names of China's towns, communities and villages. A character has its two commonest readings,
after the Unihan database.
"""

from functools import cache
from importlib.resources import files

import polars as pl


@cache
def _readings() -> dict[str, frozenset[str]]:
    data = files("ingest.locate").joinpath("sounds.csv").read_bytes()
    readings: dict[str, set[str]] = {}
    for sound, characters in pl.read_csv(data, infer_schema=False).iter_rows():
        for character in characters:
            readings.setdefault(character, set()).add(sound)
    return {character: frozenset(sounds) for character, sounds in readings.items()}


def sound_alike(one: str, other: str) -> bool:
    """Whether two characters may be read alike, tones apart; no if one is not in the table."""
    readings = _readings()
    return not readings.get(one, frozenset()).isdisjoint(readings.get(other, frozenset()))
