"""What was worked out is told again to whom it was told, as long as the register is the same."""

from collections.abc import Callable
from datetime import date
from threading import Barrier, Thread
from time import sleep

import pytest
from factories import NORTH, SOUTH, insert_organisation, insert_screening
from sqlalchemy import Engine

from dashboard import memory as memories
from dashboard import serve
from dashboard.memory import RENEWED, Memory
from liangxin import db, rules, spells, versions, views
from liangxin.access import Actor, Role
from liangxin.errors import Misuse
from liangxin.settings import Settings

LEADER = Actor("leader", Role.LEADER)
DAY = date(2026, 9, 30)
RULES = rules.load()


@pytest.fixture
def engine(sqlite_engine: Engine) -> Engine:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
    return sqlite_engine


def asked(
    engine: Engine, memory: Memory, actor: Actor, what: object, work: Callable[[], int]
) -> int:
    with db.reading(engine) as connection:
        return memory.told(connection, actor, what, lambda _connection: work())


def test_the_same_question_is_worked_out_once(engine: Engine) -> None:
    memory, worked = Memory(), []
    for _ in range(3):
        assert asked(engine, memory, LEADER, ("rate", DAY), lambda: worked.append(1) or 7) == 7
    assert worked == [1]


@pytest.mark.parametrize(
    "other",
    [
        Actor("leader", Role.DISTRICT_OFFICE),
        Actor("leader", Role.LEADER, frozenset({NORTH})),
        Actor("leader", Role.LEADER, frozenset({SOUTH})),
        Actor("leader", Role.LEADER, None, frozenset({f"{NORTH}001"})),
    ],
)
def test_what_one_was_told_is_not_told_to_another_role_or_scope(
    engine: Engine, other: Actor
) -> None:
    memory = Memory()
    assert asked(engine, memory, LEADER, "rate", lambda: 1) == 1
    assert asked(engine, memory, other, "rate", lambda: 2) == 2


def test_a_change_by_another_process_is_seen_at_once(
    sqlite_settings: Settings, engine: Engine
) -> None:
    memory, other = Memory(), db.make_engine(sqlite_settings)

    def denominator() -> int:
        with db.reading(engine) as connection:
            return memory.told(
                connection,
                LEADER,
                "total",
                lambda reading: views.totals(reading, LEADER, rules.load(), days={DAY})[DAY]["R1"],
            ).denominator

    assert denominator() == 0
    with db.writing(other) as connection:
        insert_screening(connection, 1)
    other.dispose()
    assert denominator() == 1


def test_what_fails_is_not_kept(engine: Engine) -> None:
    memory = Memory()

    def fail() -> int:
        raise Misuse("不行。", "no.")

    with pytest.raises(Misuse):
        asked(engine, memory, LEADER, "rate", fail)
    assert asked(engine, memory, LEADER, "rate", lambda: 3) == 3


def test_without_a_version_nothing_is_kept(engine: Engine) -> None:
    memory = Memory()
    with db.reading(engine) as connection, pytest.MonkeyPatch.context() as patch:
        patch.setattr(versions, "KEY", "nothing")
        assert [memory.told(connection, LEADER, "x", lambda _, n=n: n) for n in (1, 2)] == [1, 2]


def test_what_was_asked_for_longest_ago_is_dropped_first(engine: Engine) -> None:
    memory = Memory(most=2)
    for what in ("a", "b", "a", "c"):
        asked(engine, memory, LEADER, what, lambda: 1)
    assert asked(engine, memory, LEADER, "a", lambda: 2) == 1
    assert asked(engine, memory, LEADER, "b", lambda: 2) == 2


def test_of_a_register_before_the_last_change_but_one_nothing_is_kept(engine: Engine) -> None:
    memory, kept = Memory(), []
    for state in (None, "shell", "suspended", "moved"):
        if state is not None:
            with db.writing(engine) as connection:
                insert_organisation(connection, name=f"示例{state}有限公司")
        for what in ("a", "b"):
            asked(engine, memory, LEADER, what, lambda: 1)
        kept.append(memory.kept)
    assert kept == [2, 4, 4, 4]


def test_who_asks_at_the_same_time_waits_for_the_one_answer(engine: Engine) -> None:
    memory, start, worked, told = Memory(), Barrier(4), [], []

    def ask() -> None:
        start.wait()
        told.append(asked(engine, memory, LEADER, "rate", lambda: worked.append(1) or 7))

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (worked, told) == ([1], [7] * 4)


def test_what_was_asked_last_is_worked_out_again_after_a_change(engine: Engine) -> None:
    memory, worked = Memory(), []
    for what in ("a", "b"):
        asked(engine, memory, LEADER, what, lambda what=what: worked.append(what) or 1)
    assert memory.renew(engine) == 0
    with db.writing(engine) as connection:
        insert_screening(connection, 1)
    assert memory.renew(engine) == 2
    asked(engine, memory, LEADER, "a", lambda: worked.append("too late") or 1)
    assert worked == ["a", "b", "b", "a"]


def test_only_so_many_questions_are_worked_out_again(engine: Engine) -> None:
    memory = Memory()
    for number in range(RENEWED + 5):
        asked(engine, memory, LEADER, number, lambda: 1)
    with db.writing(engine) as connection:
        insert_screening(connection, 1)
    assert memory.renew(engine) == RENEWED


def test_a_question_that_has_no_answer_any_more_does_not_keep_others_from_theirs(
    engine: Engine,
) -> None:
    memory, gone = Memory(), []

    def plan() -> int:
        if gone:
            raise Misuse("没有这个方案。", "there is no such plan.")
        return 1

    asked(engine, memory, LEADER, "rate", lambda: 1)
    asked(engine, memory, LEADER, "plan 7", plan)
    with pytest.raises(Misuse):
        asked(engine, memory, LEADER, "plan 8", lambda: gone.append(1) or plan())
    for turn in (1, 2):
        with db.writing(engine) as connection:
            insert_screening(connection, turn)
            insert_organisation(connection, name=f"示例{turn}有限公司")
        assert memory.renew(engine) == 1  # of a plan that is gone it is not even asked twice


def test_who_still_reads_a_register_that_is_gone_puts_no_answer_of_the_last_one_away(
    engine: Engine,
) -> None:
    memory = Memory()
    with db.reading(engine) as slow:
        memory.told(slow, LEADER, "rate", lambda _connection: 1)
        for turn in range(2):
            with db.writing(engine) as connection:
                insert_organisation(connection, name=f"示例{turn}有限公司")
            asked(engine, memory, LEADER, "rate", lambda turn=turn: 2 + turn)
        assert memory.told(slow, LEADER, "late", lambda _connection: 9) == 9
    assert memory.kept == 2
    assert asked(engine, memory, LEADER, "rate", lambda: 0) == 3


def test_a_change_meanwhile_lets_what_was_asked_last_come_first_again(engine: Engine) -> None:
    memory, worked = Memory(), []

    def change() -> None:
        with db.writing(engine) as connection:
            insert_organisation(connection)

    def last() -> int:
        worked.append("last")
        if worked == ["last", "last"]:
            change()
        return 1

    asked(engine, memory, LEADER, "first", lambda: worked.append("first") or 1)
    worked.clear()
    asked(engine, memory, LEADER, "last", last)
    change()
    assert [memory.renew(engine) for _ in range(3)] == [1, 2, 0]
    assert worked == ["last", "last", "last", "first"]


def are_told(engine: Engine) -> bool:
    with db.reading(engine) as connection:
        return spells.usable(connection, RULES)


def test_what_changed_a_moment_ago_is_told_before_a_page_reads(engine: Engine) -> None:
    memory = Memory()
    for _ in range(2):
        assert not are_told(engine)
        assert memory.tell_spells(engine, RULES)
        assert are_told(engine)
        with db.writing(engine) as connection:
            insert_organisation(connection)


def test_of_visitors_who_come_together_after_a_change_nobody_goes_through_the_facts(
    engine: Engine,
) -> None:
    memory, start, told = Memory(), Barrier(4), []

    def come() -> None:
        start.wait()
        memory.tell_spells(engine, RULES)
        told.append(are_told(engine))

    threads = [Thread(target=come) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told == [True] * 4


def test_a_visitor_does_not_wait_long_for_whoever_writes(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "PATIENCE", 0.05)
    with db.writing(engine):
        assert not Memory().tell_spells(engine, RULES)


def test_while_spells_cannot_be_told_nothing_is_worked_out_from_the_facts_beside_the_pages(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "PATIENCE", 0.05)
    memory = Memory()
    asked(engine, memory, LEADER, "rate", lambda: 1)
    with db.writing(engine) as connection:
        insert_organisation(connection)
    with db.writing(engine):
        assert not serve.renewed(engine, RULES, memory)
    assert serve.renewed(engine, RULES, memory)
    assert not serve.renewed(engine, RULES, memory), "nothing is left"


def test_whoever_asks_what_is_not_known_wakes_the_one_who_works_beside_the_pages(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "EVERY", 3600.0)
    memory = Memory()
    Thread(target=serve.keep_ready, args=(engine, RULES, memory), daemon=True).start()
    for what in ("a", "b"):
        asked(engine, memory, LEADER, what, lambda: 1)
    with db.writing(engine) as connection:
        insert_screening(connection, 1)
    asked(engine, memory, LEADER, "a", lambda: 1)
    for _ in range(200):  # "b" is worked out without being asked for: 2 before the change, 2 after
        if memory.worked == 4:
            break
        sleep(0.05)
    assert memory.worked == 4
