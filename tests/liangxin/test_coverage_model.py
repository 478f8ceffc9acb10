"""Every rate, list, annual cell, clock and cause equals a count made another way (brute force).

Registers are random: those of Hypothesis, and as many numbered ones as the environment variable
``REGISTERS`` says (a number, or ``first-last``).
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from random import Random
from typing import Any

import brute_force as brute
import brute_tables as tables
import pytest
from brute_force import Seen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_registers import DAYS, MOMENTS, Register, made_up
from sqlalchemy import Connection, Engine
from written_registers import write

from liangxin import annual, change, lists, rules, spells, tally, timing, views
from liangxin.access import Actor, Role
from liangxin.annual_forms import FORMS
from liangxin.clocks import CLOCKS
from liangxin.rules import RuleSet

Part = Callable[[Connection, Register, "Question"], None]

PLAIN = rules.load()
RULE_SETS = (
    PLAIN,
    PLAIN,
    rules.load("cn-2026.2-premises10"),
    rules.load("cn-2026.2-staff50"),
    replace(PLAIN, id="firms only", partnerships=False),
    replace(PLAIN, id="wide", classes=PLAIN.classes | {"COOPERATIVE", "INDIVIDUAL"}),
)


#: Of all sub-districts, and allowed to see one and two members.
EVERYWHERE = Actor("everywhere", Role.COMMITTEE)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a register: whose rules, which day, by what was known when, by whom."""

    rules: RuleSet
    on: date
    earlier: date
    known: datetime | None
    actor: Actor
    by: str
    random: Random  # which of many cells and lists are read name by name

    def sees(self, code: str | None) -> bool:
        """Whether a sub-district is in the actor's scope."""
        return self.actor.subdistricts is None or code in self.actor.subdistricts

    def look(self, register: Register, on: date, known: datetime | None) -> list[Seen]:
        """What the brute force sees in the actor's scope."""
        everyone = brute.look(register, self.rules, on, known)
        return [each for each in everyone if self.sees(each.group["subdistrict"])]


def made_up_question(random: Random, register: Register) -> Question:
    """Something to ask, in half of all cases by somebody who may not see everything."""
    codes = register.subdistricts
    some = frozenset(random.sample(codes, random.randint(0, len(codes))))
    actors = (
        EVERYWHERE,
        EVERYWHERE,
        Actor("some", Role.COMMITTEE, some),
        Actor("one", Role.COMMITTEE, frozenset(codes[:1])),
    )
    earlier, on = sorted(random.sample(DAYS, 2))
    return Question(
        rules=random.choice(RULE_SETS),
        on=on,
        earlier=earlier,
        known=random.choice([None, None, *MOMENTS]),
        actor=random.choice(actors),
        by=random.choice(tally.GROUPS),
        random=random,
    )


def rates_agree(connection: Connection, register: Register, asked: Question) -> None:
    seen = asked.look(register, asked.on, asked.known)
    found_tables = views.rates(
        connection, asked.actor, asked.rules, as_of=asked.on, by=asked.by, known_at=asked.known
    )
    assert set(found_tables) == set(asked.rules.rates)
    for name, table in found_tables.items():
        expected = brute.rate_of(
            register, seen, asked.rules.rates[name], asked.by, asked.on, asked.known,
            asked.actor.subdistricts,
        )  # fmt: skip
        found = {row.code: (row.numerator, row.denominator, row.unverified) for row in table.rows}
        assert found == expected, name
        for numerator, denominator, _ in found.values():
            assert 0 <= numerator <= denominator
    if asked.known is None:
        totals = views.totals(connection, asked.actor, asked.rules, days={asked.on})[asked.on]
        assert totals == {name: table.total for name, table in found_tables.items()}


def lists_agree(connection: Connection, register: Register, asked: Question) -> None:
    seen = asked.look(register, asked.on, asked.known)
    of = {"as_of": asked.on, "by": asked.by}
    how = (connection, asked.actor, asked.rules)
    found = lists.counts(*how, **of, known_at=asked.known)
    expected = {
        name: grouped(seen, asked.by, lambda each, n=name: brute.on_list(n, each, asked.rules))
        for name in lists.LISTS
    }
    assert found == expected
    name = asked.random.choice(sorted(lists.LISTS))
    code = asked.random.choice([None, register.subdistricts[0]])
    listed = lists.organisations(
        *how, name, as_of=asked.on, known_at=asked.known, group=code, by="subdistrict"
    )
    assert sorted(each.uscc for each in listed) == sorted(
        each.uscc
        for each in seen
        if brute.on_list(name, each, asked.rules) and code in {None, each.group["subdistrict"]}
    )
    now = asked.look(register, asked.on, None)
    late = {each.uscc: each.looked for each in now if brute.is_due(each, asked.rules, asked.on)}
    due = lists.due(*how, as_of=asked.on)
    assert {each.uscc: each.confirmed_on for each in due} == late
    assert lists.due_counts(*how, **of) == grouped(now, asked.by, lambda each: each.uscc in late)


def grouped(seen: list[Seen], by: str, holds: Callable[[Seen], bool]) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for each in seen:
        if holds(each):
            found[each.group[by]] = found.get(each.group[by], 0) + 1
    return found


def annual_agrees(connection: Connection, register: Register, asked: Question) -> None:
    seen = asked.look(register, asked.on, asked.known)
    form, code = (
        asked.random.choice(sorted(FORMS)),
        asked.random.choice([None, None, register.subdistricts[1]]),
    )
    if code is not None:
        seen = [each for each in seen if each.group["subdistrict"] == code]
    of = {"as_of": asked.on, "subdistrict_code": code, "known_at": asked.known}
    table = annual.table(connection, asked.actor, asked.rules, form, **of)
    assert table.cells == tables.annual_cells(form, seen, asked.rules)
    twice = any(len(each.joint_branches) > 1 for each in seen)  # and no form can add that up
    assert twice or table.faults == ()
    row = asked.random.choice(sorted(FORMS[form].rows))
    column = asked.random.choice(sorted(FORMS[form].columns))
    units = annual.units(connection, asked.actor, asked.rules, form, row, column, **of)
    kind = FORMS[form].kind
    assert [each.uscc for each in units] == [
        each.uscc
        for each in sorted(seen, key=lambda each: (each.name, each.uscc))
        if each.counts
        and each.kind == kind
        and tables.in_cell(form, each, asked.rules, row, column)
    ], (row, column)


def change_agrees(connection: Connection, register: Register, asked: Question) -> None:
    rule = asked.rules.rates[asked.random.choice(["R1", "R2", "R3", "R4", "R5", "R6", "R7"])]
    days = {"from_on": asked.earlier, "to_on": asked.on}
    how = {**days, "rate": rule.id, "known_at": asked.known}
    told = change.between(connection, asked.actor, asked.rules, **how)
    both = [
        brute.look(register, asked.rules, day, asked.known) for day in (asked.earlier, asked.on)
    ]
    codes = {each.group["subdistrict"] for some in both for each in some}
    views_of = {each.code: each for each in told.groups}
    for explained, sees in (
        (told.total, asked.sees),
        *(
            (views_of.get(code), lambda at, code=code: at == code and asked.sees(at))
            for code in codes
        ),
    ):
        expected = tables.causes(*both, asked.rules, rule, sees)
        found = explained.parts if explained is not None else ()
        assert {
            part.cause: (part.organisations, part.points, dict(part.reasons)) for part in found
        } == expected
        if explained is not None:
            adds_up(explained, both, rule, sees)
    movers = change.movers(connection, asked.actor, asked.rules, **how)
    counted: dict[str, int] = {}
    for each in movers:
        counted[each.cause] = counted.get(each.cause, 0) + 1
        assert asked.sees(each.was_at) or asked.sees(each.is_at)
    assert counted == {part.cause: part.organisations for part in told.total.parts}


def adds_up(explained: Any, both: list[list[Seen]], rule: Any, sees: Any) -> None:
    """The counts are those of both days, and the parts sum to the change as fractions."""
    counts = []
    for some in both:
        inside = [
            each
            for each in some
            if sees(each.group["subdistrict"]) and brute.in_rate(each, rule)[0]
        ]
        counts += [sum(brute.is_reached(each, rule) for each in inside), len(inside)]
    assert counts == [
        explained.numerator_before, explained.denominator_before,
        explained.numerator_after, explained.denominator_after,
    ]  # fmt: skip
    if explained.points is not None:
        assert sum(part.points for part in explained.parts) == explained.points
    assert explained.came - explained.went == counts[3] - counts[1]


def clocks_agree(connection: Connection, register: Register, asked: Question) -> None:
    since = asked.random.choice([None, asked.earlier])
    readings = timing.readings(
        connection, asked.actor, asked.rules, as_of=asked.on, since=since, by=asked.by
    )
    assert set(readings) == set(CLOCKS)
    now = {each.uscc: each for each in asked.look(register, asked.on, None)}
    for clock, rows in readings.items():
        limit = getattr(asked.rules.limits, CLOCKS[clock].limit)
        lengths: dict[str | None, list[tuple[bool, int]]] = {}
        running = []
        for each in register.organisations:
            seen = now.get(each.uscc)
            if seen is None or (clock == "found_instructor" and not seen.counts):
                continue
            for start, end in tables.spells(each, register, clock, asked.on):
                days = ((end or asked.on) - start).days
                if end is None and days > limit:
                    running.append((each.uscc, start, days))
                if end is None or since is None or end >= since:
                    lengths.setdefault(seen.group[asked.by], []).append((end is not None, days))
        expected = {code: tables.reading(some, limit) for code, some in lengths.items()}
        expected[""] = tables.reading([each for some in lengths.values() for each in some], limit)
        assert {
            row.code: (row.ended, row.p50, row.p90, row.open, row.open_over, row.ended_over)
            for row in rows
        } == expected, clock
        over = timing.open_over(connection, asked.actor, asked.rules, clock, as_of=asked.on)
        assert sorted((each.uscc, each.since, each.days) for each in over) == sorted(running)


PARTS = (rates_agree, lists_agree, annual_agrees, change_agrees, clocks_agree)


def ask(engine: Engine, random: Random, *, registers: int, parts: Sequence[Part]) -> None:
    """Write registers, ask parts of the model about them, and leave nothing behind."""
    register = made_up(random, registers=registers)
    with engine.connect() as connection, connection.begin() as transaction:
        write(connection, register)
        for part in parts:
            asked = made_up_question(random, register)
            if random.random() < 0.5:  # told spells must say what the facts say
                spells.refresh(connection, asked.rules)
            part(connection, register, asked)
        transaction.rollback()


@given(st.randoms(use_true_random=False), st.sampled_from(PARTS))
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_figure_equals_a_count_made_another_way(
    sqlite_engine: Engine, random: Random, part: Part
) -> None:
    ask(sqlite_engine, random, registers=1, parts=[part])


BATCH = 100


def batches() -> range:
    """Numbers of batches of so many registers, as the environment asks for."""
    first, _, last = os.environ.get("REGISTERS", str(BATCH)).rpartition("-")
    return range((int(first or 1) - 1) // BATCH, -(-int(last) // BATCH))


def test_so_it_does_in_as_many_numbered_registers_as_asked_for(sqlite_engine: Engine) -> None:
    for number in batches():
        try:
            ask(sqlite_engine, Random(number), registers=BATCH, parts=PARTS)  # noqa: S311 - repeatable
        except AssertionError as error:
            error.add_note(f"registers {number * BATCH + 1} to {(number + 1) * BATCH}")
            raise


@pytest.mark.parametrize("part", PARTS)
def test_so_it_does_on_both_databases(engine: Engine, part: Part) -> None:
    ask(engine, Random(f"both {part.__name__}"), registers=40, parts=[part])  # noqa: S311
