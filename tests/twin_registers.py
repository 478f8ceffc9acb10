"""Registers that differ in nothing but what must stay hidden: one member became two, or two one.

A twin has for every count of members another one that is told the same way, if there is any, and
where one new hire or one transfer was, two.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from random import Random
from typing import Any

from brute_force import all_of, full_of
from small_registers import DAYS, MOMENTS, Organisation, Register, Spell

from liangxin import suppression

#: Counts of a headcount that one member more or less may move.
MOVING = ("members", "full_members", "probationary_members", "members_out")
#: Where bands of full members begin by the rules in force.
ASKED = (3, 7, 50, 100)
#: Of small organisations, and of those at the edge of a band.
SMALL = (0, 1, 1, 2, 2, 3, 4)
LARGE = (5, 6, 7, 8, 9, 49, 50, 51, 52, 100, 101)
#: Who is believed about members, in the place of who is not.
BELIEVED = {"roster": "screening", "annual_report": "ledger"}


def peopled(random: Random, register: Register) -> Register:
    """A register with more counts of members, small and large, and more joint branches."""

    def counted(spell: Spell, sizes: tuple[int, ...]) -> Spell:
        full, members = random.choice(sizes), random.choice(sizes)
        probationary = max(members - full, 0)
        said = {
            "staff": random.choice([None, 0, 1, 2, 9, 60, 120]),
            "members": random.choice([members, members, max(full, members), None]),
            "full_members": random.choice([min(full, members), full, None]),
            "probationary_members": random.choice([probationary, probationary, 1, 2, None]),
            "members_in": None,
            "members_out": random.choice([0, 1, 2, members // 2, max(members - 1, 0), None]),
        }
        source = BELIEVED.get(spell.what["source"], spell.what["source"])
        return replace(spell, what={**spell.what, **said, "source": source})

    def of(each: Organisation) -> Organisation:
        sizes = random.choice([SMALL, SMALL, SMALL + LARGE])
        counts = [counted(spell, sizes) for spell in each.headcounts]
        joint = [replace(spell, what={**spell.what, "mode": "joint"}) for spell in each.coverings]
        return replace(
            each,
            headcounts=tuple({(c.what["source"], c.start): c for c in counts}.values()),
            coverings=random.choice([each.coverings, tuple(joint)]),
        )

    made = [of(each) for each in register.organisations]
    for first in range(0, len(made) - 1, 2):
        if random.random() < 0.4:
            party = random.randrange(len(register.parties))
            for place in (first, first + 1):
                made[place] = _joined(random, made[place], party)
    return replace(register, organisations=tuple(made))


def _joined(random: Random, each: Organisation, party: int) -> Organisation:
    """A unit of a joint branch that has one or two members: both together perhaps too few."""
    number, nobody = random.choice([1, 1, 2]), dict.fromkeys((*MOVING, "members_in", "activists"))
    said = {"source": "ledger", "members": number, "full_members": number, "staff": 1}
    count = Spell(DAYS[0], None, MOMENTS[0], None, nobody | said | {"instructors_counted": None})
    cover = Spell(DAYS[0], None, MOMENTS[0], None, {"party": party, "mode": "joint"})
    return replace(each, headcounts=(count,), coverings=(cover,))


def twin(random: Random, register: Register) -> Register:
    """Return a register that must look the same to whoever may not see one or two members."""

    def moved(spell: Spell) -> Spell:
        return replace(spell, what={**spell.what, **_other(random, spell.what)})

    def of(each: Organisation) -> Organisation:
        return replace(
            each,
            headcounts=tuple(map(moved, each.headcounts)),
            hires=_twice(each.hires),
            transfers=_twice(each.transfers),
        )

    return replace(register, organisations=tuple(map(of, register.organisations)))


def _twice(events: tuple[Spell, ...]) -> tuple[Spell, ...]:
    believed = [each for each in events if each.corrected is None]
    return (*events, *believed) if len(believed) == 1 else events


def _other(random: Random, count: dict[str, Any]) -> dict[str, int | None]:
    found = _others(*(count[name] for name in MOVING), count["instructors_counted"])
    return random.choice(found) if found else {}


@cache
def _others(*count: int | None) -> list[dict[str, int | None]]:
    """Other counts that are told the same way, up to two members more or less of each."""
    *counts, instructors = count
    told = _told(tuple(counts), instructors)
    near = [[None] if n is None else range(max(0, n - 2), n + 3) for n in counts]
    return [
        dict(zip(MOVING, other, strict=True))
        for other in product(*near)
        if list(other) != counts and _told(other, instructors) == told
    ]


def _told(counts: tuple[int | None, ...], instructors: int | None) -> Any:
    count = dict(zip(MOVING, counts, strict=True)) | {"instructors_counted": instructors}
    full, out = full_of(count), count["members_out"]
    if full is None:  # nobody looks at this count
        return counts
    members = all_of(count)
    assert members is not None
    return (
        suppression.band(full, ASKED),
        suppression.sanitised(members),
        None if out is None else suppression.elsewhere(members, out),
    )


def few_of(register: Register) -> Iterator[int]:
    """Every count of one or two members that a register holds."""
    for each in register.organisations:
        for spell in each.headcounts:
            yield from (n for name in MOVING if (n := spell.what[name]) in {1, 2})
