"""What speaks for which sub-district in an address whose sub-district is not written. Pure.

One pass finds every learned name and road; the rest is arithmetic on arrays. Names
that overlap are one piece of evidence, not several: the most telling is taken, then the next
that lies beside it.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ingest.locate.gazetteer import COMMUNITY_ENDINGS, VILLAGE_ENDINGS
from ingest.locate.searching import Hits, Search, Text
from ingest.locate.teaching import (
    BEFORE_NUMBER,
    MOST_DIGITS,
    NUMBER_WITHIN,
    Tables,
    door_code,
    looked_up,
)
from ingest.locate.weighing import Floats, Integers, Marks

#: The kinds of evidence, in the order of the weights.
PRIOR, NUMBER, ROAD, BEST_NAME, SECOND_NAME, OTHER_NAMES, COMMUNITY_STEM = range(7)
PLACE, COMMUNITY, HOUSE, DOOR = range(7, 11)
KINDS = 11
#: What an answer is told to rest on.
BY_HOUSE, BY_PLACE, BY_DOOR = "house", "place", "door"
BY_NUMBER, BY_ROAD, BY_NAME, BY_PRIOR = "road_number", "road", "name", "prior"
#: What a community's name ends in, the longer endings first.
_OFFICES = (*COMMUNITY_ENDINGS, *VILLAGE_ENDINGS)
#: Names beside each other that are listened to in one address.
VOICES = 6
#: Known house numbers looked at on each side, and how far one is heard: metres are not known, but
#: numbers lie denser at the beginning of a road than at the end of a long one.
NEIGHBOURS = 4
HEARD, HEARD_SHARE = 30.0, 0.05
OTHER_SIDE = 0.5
NUMBER_PRIOR, KNOWN_PRIOR = 0.3, 0.5
NO_NUMBER = -1
_BEFORE_NUMBER = np.array([ord(each) for each in BEFORE_NUMBER], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of each address: rows × kinds × answers, and what it rests on (places in ``keys``, or -1)."""

    weight: Floats
    name: Integers  # the most telling name
    road: Integers
    number: Integers  # NO_NUMBER where none follows the road
    place: "Known"  # the known place named, wherever it stands
    house: "Known"  # the same place on the same road; its key is the place
    door: "Known"  # the same number on the same road; its key is the road


@dataclass(frozen=True, slots=True)
class Known:
    """What known addresses of one thing say, the thing that agrees best: key (or -1), answer, share."""

    key: Integers
    answer: Integers
    share: Floats
    counts: Floats  # rows × answers


def gather(
    cut: pl.Series, tables: Tables, stems: "Stems", *, own: Integers | None = None
) -> Evidence:
    """Return what speaks for which answer in each address (cut by a `Knife`).

    Args:
        cut: the addresses.
        tables: what is known.
        stems: hints of communities' names.
        own: the answers of the addresses, where they are among the known ones: each is taken out of
            what its own house and door say.
    """
    rows, answers = cut.len(), tables.prior.size
    weight = np.zeros((rows, KINDS, answers))
    weight[:, PRIOR] = np.log(tables.prior)
    text = Text.of(cut)
    hits = tables.search.find(text)
    name = _hear_names(hits, tables, weight)
    road, number, whole = _hear_roads(hits, text, tables, weight)
    stems.hear(text, weight)
    row, key = _places(hits, text, tables.at_place)
    place = _agreeing(rows, row, key, tables.at_place[key])
    codes = tables.house_code(key, road[row])
    counts = looked_up(tables.houses, tables.house_counts, codes)
    house = _agreeing(rows, row, key, _others(counts, row, own))
    on = np.flatnonzero((number != NO_NUMBER) & whole)  # 官坑南六巷7号 is not 六巷7号
    codes = door_code(road[on], number[on])
    counts = looked_up(tables.doors, tables.door_counts, codes)
    door = _agreeing(rows, on, road[on], _others(counts, on, own))
    named = np.flatnonzero(place.key >= 0)
    of_people = np.zeros(rows, dtype=np.bool_)
    of_people[named] = tables.are_communities[place.key[named]]
    for kind, thing, which in (
        (PLACE, place, ~of_people),
        (COMMUNITY, place, of_people),
        (HOUSE, house, np.True_),
        (DOOR, door, np.True_),
    ):
        _hear_known(thing, np.flatnonzero((thing.key >= 0) & which), tables, weight[:, kind])
    return Evidence(weight, name, road, number, place, house, door)


def _others(counts: Floats, row: Integers, own: Integers | None) -> Floats:
    """The counts without the address itself."""
    if own is None:
        return counts
    others = counts.copy()
    others[np.arange(row.size), own[row]] -= 1.0
    return np.maximum(others, 0.0)


def _hear_known(thing: "Known", some: Integers, tables: Tables, weight: Floats) -> None:
    """Add what known addresses of one place, house or door say of some rows."""
    counts = thing.counts[some]
    shares = counts + KNOWN_PRIOR * tables.prior
    shares /= counts.sum(axis=1, keepdims=True) + KNOWN_PRIOR
    weight[some] = np.log(shares) - np.log(tables.prior)


def told_by(found: Evidence, answer: Integers, weights: Floats) -> NDArray[np.object_]:
    """The kind of evidence that is told of each answer: what a person can check, else the loudest."""
    rows = np.arange(len(answer))
    kinds = np.array([BY_NUMBER, BY_ROAD, BY_NAME, BY_NAME], dtype=object)
    four = np.array([NUMBER, ROAD, BEST_NAME, COMMUNITY_STEM])
    spoke = found.weight[rows[:, None], four, answer[:, None]] * weights[four]
    told: NDArray[np.object_] = kinds[spoke.argmax(axis=1)]
    told[spoke.max(axis=1) <= 0] = BY_PRIOR
    for kind, thing in ((BY_PLACE, found.place), (BY_DOOR, found.door), (BY_HOUSE, found.house)):
        told[(thing.key >= 0) & (thing.counts[rows, answer] > 0)] = kind
    return told


def _first_best(row: Integers, value: Floats) -> Integers:
    """Of each row's hits the place of the first with the highest value; ``row`` is in order."""
    if row.size == 0:
        return np.empty(0, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    best = np.repeat(np.maximum.reduceat(value, starts), np.diff(np.r_[starts, row.size]))
    at = np.flatnonzero(value == best)
    rows = row[at]
    return at[np.r_[True, rows[1:] != rows[:-1]]]


def _hear_names(hits: Hits, tables: Tables, weight: Floats) -> Integers:
    """Add the names' evidence; the place of the most telling name of each address."""
    name = np.full(weight.shape[0], -1, dtype=np.int64)
    tells = tables.name_tells[hits.key]
    telling = tells > 0
    row, key, start, end = (each[telling] for each in (hits.row, hits.key, hits.start, hits.end))
    tells = tells[telling]
    for voice in range(VOICES):
        if row.size == 0:
            break
        best = _first_best(row, tells)
        kind = (BEST_NAME, SECOND_NAME)[voice] if voice < 2 else OTHER_NAMES
        weight[row[best], kind] += tables.name_vectors[key[best]]
        if voice == 0:
            name[row[best]] = key[best]
        which = np.cumsum(np.r_[True, row[1:] != row[:-1]]) - 1
        beside = (end <= start[best][which]) | (start >= end[best][which])
        row, key, start, end, tells = (each[beside] for each in (row, key, start, end, tells))
    return name


def _hear_roads(
    hits: Hits, text: Text, tables: Tables, weight: Floats
) -> tuple[Integers, Integers, Marks]:
    """Add the roads' and house numbers' evidence; each address's road, its number there, and
    whether that is the road's whole name.
    """
    rows = weight.shape[0]
    road = np.full(rows, -1, dtype=np.int64)
    number = np.full(rows, NO_NUMBER, dtype=np.int64)
    whole = np.zeros(rows, dtype=np.bool_)
    on_road = tables.road_tells[hits.key] >= 0
    row, key, start, end = (each[on_road] for each in (hits.row, hits.key, hits.start, hits.end))
    if row.size == 0:
        return road, number, whole
    numbers = _numbers_behind(text, row, key, end)
    best = _first_best(row, tables.road_tells[key])
    weight[row[best], ROAD] += tables.road_vectors[key[best]]
    road[row[best]], number[row[best]] = key[best], numbers[best]
    numbered = numbers != NO_NUMBER
    row, key, start, end, numbers = (each[numbered] for each in (row, key, start, end, numbers))
    one = _first_best(row, (end - start).astype(np.float64))  # 南海大道, not the 海大道 in it
    row, key, numbers = row[one], key[one], numbers[one]
    whole[row] = text.is_apart(start[one], end[one])
    near = neighbours(tables, key, numbers)
    counts = np.zeros((row.size, weight.shape[2]))
    for answer, heard in near:
        np.add.at(counts, (np.arange(row.size), answer), heard)
    base = np.exp(tables.road_vectors[key]) * tables.prior
    shares = (counts + NUMBER_PRIOR * base) / (counts.sum(axis=1, keepdims=True) + NUMBER_PRIOR)
    weight[row, NUMBER] += np.log(shares) - np.log(tables.prior)
    road[row], number[row] = key, numbers
    return road, number, whole


def _numbers_behind(text: Text, row: Integers, key: Integers, end: Integers) -> Integers:
    """The house number behind each road found: where the road is named first."""
    _, first, which = np.unique(row << 32 | key, return_index=True, return_inverse=True)
    return numbers_at(text, end[first])[which]


def numbers_at(text: Text, at: Integers) -> Integers:
    """The house number that begins at each place, as `teaching.number_at_start` reads it, or none."""
    characters, most = text.characters, text.characters.size - 1
    place, end = at.copy(), np.minimum(at + NUMBER_WITHIN, most)
    left = np.arange(at.size)
    while left.size:
        left = left[np.isin(characters[place[left]], _BEFORE_NUMBER) & (place[left] < end[left])]
        place[left] += 1
    number, digits = np.zeros_like(at), np.zeros_like(at)
    left = np.arange(at.size)
    while left.size:
        digit = characters[place[left]].astype(np.int64) - ord("0")
        on = (digit >= 0) & (digit <= 9) & (place[left] < end[left])
        left = left[on]
        number[left] = 10 * number[left] + digit[on]
        digits[left] += 1
        place[left] += 1
    return np.where((digits >= 1) & (digits <= MOST_DIGITS), number, NO_NUMBER)


def neighbours(tables: Tables, road: Integers, number: Integers) -> list[tuple[Integers, Floats]]:
    """Known numbers around each number: answer and how well it is heard, a step away at a time."""
    size = tables.numbers.size
    if size == 0:
        return []
    sought = door_code(road, number)
    at = np.searchsorted(tables.numbers, sought)
    reach = HEARD + HEARD_SHARE * number
    heard = []
    for step in range(-NEIGHBOURS, NEIGHBOURS):
        place = np.clip(at + step, 0, size - 1)
        known = tables.numbers[place]
        same_road = (known // 100_000 == road) & (at + step >= 0) & (at + step < size)
        away = np.abs(known - sought)
        side = np.where((known - sought) % 2 == 0, 1.0, OTHER_SIDE)
        loud = np.where(same_road, np.exp(-away / reach) * side, 0.0)
        heard.append((tables.number_answers[place], loud))
    return heard


def _places(hits: Hits, text: Text, at_place: Floats) -> tuple[Integers, Integers]:
    """The known places that are named as a whole part: row and key of each."""
    known = (at_place.sum(axis=1) > 0)[hits.key]
    whole = text.is_apart(hits.start[known], hits.end[known])
    return hits.row[known][whole], hits.key[known][whole]


def _agreeing(rows: int, row: Integers, key: Integers, counts: Floats) -> Known:
    """Of each row the thing whose known addresses agree best; ``row`` is in order."""
    some = counts.sum(axis=1) > 0
    row, key, counts = row[some], key[some], counts[some]
    share = agreement(counts)
    best = _first_best(row, share)
    known = Known(
        np.full(rows, -1, dtype=np.int64),
        np.zeros(rows, dtype=np.int64),
        np.zeros(rows),
        np.zeros((rows, counts.shape[1])),
    )
    known.key[row[best]] = key[best]
    known.answer[row[best]] = counts[best].argmax(axis=1)
    known.share[row[best]] = share[best]
    known.counts[row[best]] = counts[best]
    return known


def agreement(counts: Floats) -> Floats:
    """How far rows at a place agree, half a row being against: one alone says little."""
    share: Floats = (counts.max(axis=1, initial=0.0)) / (counts.sum(axis=1) + 0.5)
    return share


@dataclass(frozen=True, slots=True)
class Stems:
    """Communities' names without their ending: a hint, for roads and estates are named after them."""

    search: Search
    vectors: Floats

    @classmethod
    def build(cls, communities: pl.DataFrame, codes: list[str]) -> "Stems":
        """Arrange communities (``name, parent_code``) of one district."""
        at = {code: place for place, code in enumerate(codes)}
        stem = pl.col("name").str.replace(f"(?:{'|'.join(_OFFICES)})$", "")
        named = (
            communities.filter(pl.col("parent_code").is_in(codes))
            .select("parent_code", key=stem)
            .filter(pl.col("key").str.len_chars() >= 2)
            .unique()
            .sort("key", "parent_code")
        )
        keys = named["key"].unique(maintain_order=True)
        counts = np.zeros((keys.len(), len(codes)))
        if keys.len():
            answers = [at[code] for code in named["parent_code"]]
            counts[named["key"].rle_id().to_numpy(), answers] = 1.0
        shares = (counts + 0.1) / (counts + 0.1).sum(axis=1, keepdims=True)
        return cls(Search(keys), np.log(shares) - np.log(1.0 / max(1, len(codes))))

    def hear(self, text: Text, weight: Floats) -> None:
        """Add the hints to the evidence."""
        hits = self.search.find(text)
        np.add.at(weight[:, COMMUNITY_STEM], hits.row, self.vectors[hits.key])
