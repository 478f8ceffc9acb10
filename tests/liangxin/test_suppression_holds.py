"""Whoever may not see one or two members sees the same of a register in which one became two.

Both registers are written, and every output that a role can ask for is compared: so no two
outputs, and no number of them, can be held together to work the number out. More of them:
``LIANGXIN_TEST_TWINS=2000``.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from small_registers import DAYS, MOMENTS, Register, made_up
from sqlalchemy import Connection, Engine
from twin_registers import few_of, peopled, twin
from written_registers import write

from liangxin import (
    annual,
    change,
    counting,
    ledger_rows,
    lists,
    questions,
    rules,
    spells,
    tally,
    tasks,
    timing,
    triggers,
    views,
)
from liangxin.access import Actor, Role
from liangxin.annual_forms import FORMS
from liangxin.clocks import CLOCKS
from liangxin.errors import LiangxinError

TWINS = int(os.environ.get("LIANGXIN_TEST_TWINS", "40"))
BATCH = 40
#: The first few of ``everything``: short answers, each of which hangs on few organisations.
ALWAYS = 5
RULE_SETS = [rules.load(name) for name in ("cn-2026.2", "cn-2026.2-premises10")]
NUMBERS = ("id", "subject")
COMMITTEE = Actor("党建办", Role.COMMITTEE)
OTHERS = (Role.DISTRICT_OFFICE, Role.ECONOMIC_OFFICE, Role.LEADER, Role.COMMUNITY)
#: A name, what is asked, and how.
Question = tuple[str, Callable[..., Any], tuple[Any, ...], dict[str, Any]]
NOW = MOMENTS[-1] + timedelta(hours=1)


@contextmanager
def written(engine: Engine, register: Register) -> Iterator[Connection]:
    """A register with its questions and two days of tasks, that leaves nothing behind."""
    with engine.connect() as connection, connection.begin() as transaction:
        write(connection, register)
        ids = [each.number for each in register.organisations]
        counting.compare(connection, ids, RULE_SETS[0], now=NOW)
        for day in DAYS[-2:]:
            tasks.run(connection, RULE_SETS[0], day, NOW)
        yield connection
        transaction.rollback()


def output(connection: Connection, actor: Actor, asked: Question) -> str:
    """What an actor is told, or that it is refused."""
    _, question, arguments, how = asked
    try:
        return repr(question(connection, actor, *arguments, **how))
    except LiangxinError as refused:
        return repr(refused)


def everything(random: Random, register: Register) -> Iterator[Question]:
    """Every question that can be asked, of a day and by what was known at a moment."""
    chosen, day, earlier = random.choice(RULE_SETS), random.choice(DAYS), random.choice(DAYS)
    as_known = {"as_of": day, "known_at": random.choice([None, *MOMENTS])}
    yield "tasks", numberless(tasks.listed), (), {"today": DAYS[-1]}
    yield "questions", numberless(questions.open_questions), (), {}
    for each in DAYS[4:10:2]:
        yield "triggers", triggers.due, (chosen,), {"as_of": each}
    for kinds in (("enterprise", "other"), ("social",)):
        how = {"as_of": day, "kinds": kinds, "show_members": False}
        yield "ledger", ledger_rows.rows, (chosen,), how
    for by in tally.GROUPS:
        yield "rates", views.rates, (chosen,), {"by": by, **as_known}
        yield "lists", lists.counts, (chosen,), {"by": by, **as_known}
        for since in (None, earlier):
            how = {"as_of": day, "by": by, "since": since}
            yield "clocks", timing.readings, (chosen,), how
    for name in lists.LISTS:
        yield f"on list {name}", lists.organisations, (chosen, name), as_known
    for clock in CLOCKS:
        yield f"over {clock}", timing.open_over, (chosen, clock), {"as_of": day}
    for rate in chosen.rates:
        how = {"from_on": earlier, "to_on": day, "rate": rate}
        yield "change", change.between, (chosen,), how
        yield "movers", change.movers, (chosen,), how
    for name, form in FORMS.items():
        for code in (None, *random.sample(register.subdistricts, 2)):
            how = {"subdistrict_code": code, **as_known}
            yield f"table {name}", annual.table, (chosen, name), how
            row, column = random.choice([*form.rows]), random.choice([*form.columns])
            yield f"units {row} {column}", annual.units, (chosen, name, row, column), how


def numberless(listed: Callable[..., list[Any]]) -> Callable[..., list[str]]:
    """A list without numbers that run on over what somebody does not see, and their order.

    A gap says that there is something, and nothing of whom.
    """

    def ask(*arguments: Any, **how: Any) -> list[str]:
        rows = [asdict(each) for each in listed(*arguments, **how)]
        return sorted(str({k: v for k, v in row.items() if k not in NUMBERS}) for row in rows)

    return ask


def compared(engine: Engine, seed: str, *, registers: int, asked: int) -> None:
    """Hold registers against their twins: others see the same, the committee does not.

    Tasks, questions and triggers are read by everybody, and of all that can be asked besides, so
    much, each by somebody else.
    """
    random = Random(seed)  # noqa: S311 - repeatable
    one = peopled(random, made_up(random, registers=registers))
    other = twin(random, one)
    assert sum(1 for _ in few_of(one)) > registers, "there is something to hide"
    scope = frozenset(random.sample(one.subdistricts, registers))
    actors = [Actor(str(role), role, random.choice([None, scope])) for role in OTHERS]
    all_of_it = list(everything(random, one))
    always, rest = all_of_it[:ALWAYS], all_of_it[ALWAYS:]
    wanted = [(actor, each) for actor in actors for each in always]
    wanted += [(random.choice(actors), each) for each in random.sample(rest, asked)]
    in_full = [(COMMITTEE, each) for each in rest if each[0] in {"clocks", "table enterprises"}][
        ::3
    ]
    told_spells, told = random.random() < 0.5, []
    for register in (one, other):
        with written(engine, register) as connection:
            if told_spells:
                spells.refresh(connection, RULE_SETS[0])
            told.append([output(connection, *each) for each in (*wanted, *in_full)])
    differ = [mine != theirs for mine, theirs in zip(*told, strict=True)]
    leaks = [each for each, differs in zip(wanted, differ, strict=False) if differs]
    assert leaks == [], seed
    assert any(differ), "the committee is told of a difference"


@pytest.mark.parametrize("batch", range(-(-TWINS // BATCH)))
def test_no_two_outputs_tell_one_member_from_two(sqlite_engine: Engine, batch: int) -> None:
    compared(sqlite_engine, f"twins {batch}", registers=BATCH, asked=40)


def test_so_it_is_on_both_databases(engine: Engine) -> None:
    compared(engine, "twins on both", registers=15, asked=6)
