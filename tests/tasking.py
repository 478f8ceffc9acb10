"""A register with tasks, its day, and what happens in it: for the tests of tasks."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from factories import (
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    insert_covering,
    insert_division,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
    insert_source,
)
from sqlalchemy import Connection, Engine, insert, select

from liangxin import db, rules, tasks
from liangxin.access import LOCAL, Actor, Role
from liangxin.rules import RuleSet
from liangxin.schema import (
    Absence,
    Base,
    Finding,
    Headcount,
    Question,
    TaskStep,
)

RULES = rules.load()
OCTOBER, SEPTEMBER = date(2026, 10, 26), date(2026, 9, 25)
COMMUNITY_CODE = NORTH + "001"

COMMUNITY = Actor("示例社区", Role.COMMUNITY, frozenset({NORTH}))
ECONOMIC = Actor("北街道经济办", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
COMMITTEE = Actor("北街道党建办", Role.COMMITTEE, frozenset({NORTH}))
SOUTHERN = Actor("南街道经济办", Role.ECONOMIC_OFFICE, frozenset({SOUTH}))
LEADER = Actor("区领导", Role.LEADER)


@dataclass
class Office:
    """A register and a day that moves on."""

    engine: Engine
    today: date = TODAY
    now: datetime = NOW
    rules: RuleSet = field(default=RULES)

    def goes_on(self, days: int = 1) -> None:
        self.today += timedelta(days=days)
        self.now += timedelta(days=days)

    def write(self, what: Callable[[Connection], Any]) -> Any:
        with db.writing(self.engine) as connection:
            return what(connection)

    def run(self) -> tasks.Ran:
        return self.write(lambda c: tasks.run(c, self.rules, self.today, self.now))

    def listed(self, actor: Actor = LOCAL, **only: str) -> list[tasks.TaskView]:
        with db.reading(self.engine) as connection:
            return tasks.listed(connection, actor, today=self.today, **only)

    def kinds(self, actor: Actor = LOCAL) -> list[tuple[str, str, str]]:
        return [(each.kind, each.stage, each.owner) for each in self.listed(actor)]

    def answer(
        self, said: str, actor: Actor = LOCAL, *, note: str | None = None, task: int | None = None
    ) -> tasks.Answered:
        number = self.listed()[0].id if task is None else task
        return self.write(
            lambda c: tasks.answer(
                c, actor, number, said, note=note, rules=self.rules, today=self.today, now=self.now
            )
        )

    def steps(self) -> list[tuple[str, str | None, str]]:
        query = select(TaskStep.kind, TaskStep.answer, TaskStep.by).order_by(TaskStep.id)
        with db.reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(query)]

    def told(self) -> list[str]:
        kinds = {"reminded", "chased", "escalated"}
        return [kind for kind, _, _ in self.steps() if kind in kinds]


def put(connection: Connection, table: type[Base], **values: Any) -> int:
    result = connection.execute(insert(table).values(**values))
    return int(result.inserted_primary_key[0])


def an_office(engine: Engine) -> Office:
    """Return a register whose first run describes the end of September: two sub-districts, one community."""
    made = Office(engine)

    def begin(connection: Connection) -> None:
        insert_run(connection, as_of=SEPTEMBER)
        insert_division(connection, NORTH, "北街道")
        insert_division(connection, SOUTH, "南街道")
        insert_division(connection, COMMUNITY_CODE, "示例社区居委会")

    made.write(begin)
    return made


def newly_registered(connection: Connection, **values: Any) -> int:
    run = values.pop("run_id", None) or insert_run(connection, as_of=OCTOBER)
    defaults = {"seen_on": OCTOBER, "community_code": COMMUNITY_CODE}
    return insert_organisation(connection, run_id=run, **{**defaults, **values})


def of_the_base(connection: Connection, **values: Any) -> int:
    return insert_organisation(
        connection, **{"seen_on": SEPTEMBER, "community_code": COMMUNITY_CODE, **values}
    )


def missing(connection: Connection, organisation: int, *, snapshots: int = 2) -> int:
    source = insert_source(connection)
    run = insert_run(connection, as_of=OCTOBER)
    if snapshots > 1:
        insert_run(connection, as_of=TODAY)
    return put(
        connection,
        Absence,
        source_id=source,
        organisation_id=organisation,
        from_on=OCTOBER,
        run_id=run,
    )


def counted(connection: Connection, organisation: int, **counts: int) -> None:
    put(
        connection,
        Headcount,
        organisation_id=organisation,
        source="ledger",
        counted_on=OCTOBER,
        learned_at=NOW,
        **counts,
    )


def found(connection: Connection, organisation: int, field: str, value: str) -> None:
    put(
        connection,
        Finding,
        organisation_id=organisation,
        field=field,
        value=value,
        source="screening",
        from_on=OCTOBER,
        learned_at=NOW,
    )


def asked(connection: Connection, organisation: int | None, owner: str = "economic_office") -> int:
    return put(
        connection,
        Question,
        organisation_id=organisation,
        rule="staff_apart",
        owner=owner,
        text_zh="{a} {b}",
        text_en="{a} {b}",
        figure_a=10,
        source_a="ledger",
        on_a=OCTOBER,
        figure_b=50,
        source_b="annual_report",
        on_b=OCTOBER,
        asked_at=NOW,
        learned_at=NOW,
    )


def joint_branch(connection: Connection, *full_members: int | None) -> int:
    party = insert_party_organisation(connection, name="示例联合党支部", level="joint_branch")
    for count in full_members:
        unit = of_the_base(connection)
        insert_screening(connection, unit, from_on=OCTOBER)
        insert_covering(connection, unit, party, mode="joint")
        if count is not None:
            counted(connection, unit, full_members=count)
    return party
