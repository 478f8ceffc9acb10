"""A committee at its desk with plans: a small register, and what it asks of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from factories import LONG_AGO, NORTH, NOW, a_uscc, an_operating, insert_finding, insert_instructor
from sqlalchemy import Connection, Engine, insert, select

from liangxin import access, db, instructors, rules
from liangxin.access import Actor
from liangxin.plans import deciding, ground, locks, making
from liangxin.plans.kept import Made
from liangxin.plans.making import Wish
from liangxin.rules import RuleSet
from liangxin.schema import Assignment, Base, Covering

Answer = TypeVar("Answer")
DAY = date(2026, 6, 1)
LATER = DAY + timedelta(days=30)
#: Two communities of ``NORTH``.
EAST, WEST = f"{NORTH}001", f"{NORTH}002"
BY = "示例街道综合党委"


@dataclass(slots=True)
class PlanningDesk:
    """A register, and the committee that plans in it."""

    engine: Engine
    actor: Actor = field(default_factory=access.local_committee)
    rules: RuleSet = field(default_factory=rules.load)
    firms: int = 0

    def write(self, what: Callable[[Connection], Answer]) -> Answer:
        with db.writing(self.engine) as connection:
            return what(connection)

    def read(self, what: Callable[[Connection], Answer]) -> Answer:
        with db.reading(self.engine) as connection:
            return what(connection)

    def firm(self, *, found: dict[str, str] | None = None, **values: Any) -> str:
        """Return the code of a firm that operates; it has no member unless told."""
        self.firms += 1
        code = a_uscc(self.firms)
        said = {"uscc": code, "name": f"示例第{self.firms}号有限公司", "subdistrict_code": NORTH}
        counts = {"full_members": 0, "members": 0, "community_code": EAST}

        def add(connection: Connection) -> None:
            number = an_operating(connection, **{**said, **counts, **values})
            for name, value in (found or {}).items():
                insert_finding(connection, number, name, value)

        self.write(add)
        return code

    def instructor(self, name: str = "示例指导员", *, at: str = NORTH, **offer: Any) -> int:
        """Return the number of an instructor; what they offer begins long ago."""
        number = self.write(lambda c: insert_instructor(c, name=name, subdistrict_code=at))
        if offer:
            self.write(
                lambda c: instructors.offer(c, self.actor, number, offer, on=LONG_AGO, now=NOW)
            )
        return number

    def say(self, instructor: int, code: str, word: str, *, on: date = LONG_AGO) -> None:
        number = self.number(code)
        self.write(
            lambda c: instructors.say(c, self.actor, instructor, number, word, on=on, now=NOW)
        )

    def number(self, code: str) -> int:
        return self.read(lambda c: ground.ids_of(c, [code]))[code]

    def lock(self, says: str, code: str, **about: Any) -> int:
        return self.write(
            lambda c: locks.set_lock(c, self.actor, says, code, by=BY, as_of=DAY, now=NOW, **about)
        )

    def unlock(self, number: int) -> None:
        self.write(lambda c: locks.remove(c, self.actor, number, as_of=DAY, now=NOW))

    def instructors(
        self, *, on: date = DAY, after: int | None = None, **wish: Any
    ) -> dict[str, Any]:
        made = Made(on, BY, NOW, after)
        return making.instructors(self.engine, self.actor, self.rules, Wish(**wish), made)

    def branches(self, *, on: date = DAY, **wish: Any) -> dict[str, Any]:
        made = Made(on, BY, NOW)
        return making.branches(self.engine, self.actor, self.rules, Wish(**wish), made)

    def again(self, number: int, *, on: date = DAY) -> dict[str, Any]:
        made = Made(on, BY, NOW)
        return making.again(self.engine, self.actor, self.rules, number, Wish(), made)

    def approve(self, number: int, *, on: date = DAY) -> None:
        self.write(
            lambda c: deciding.approve(c, self.actor, self.rules, number, by=BY, on=on, now=NOW)
        )

    def apply(self, number: int, *, on: date = DAY) -> deciding.Applied:
        return self.write(
            lambda c: deciding.apply(c, self.actor, self.rules, number, on=on, now=NOW)
        )

    def in_force(self, number: int, *, on: date = DAY) -> deciding.Applied:
        self.approve(number, on=on)
        return self.apply(number, on=on)

    def drop(self, number: int) -> None:
        self.write(lambda c: deciding.drop(c, self.actor, number, by=BY, on=DAY, now=NOW))

    def assigned(self) -> set[tuple[str, int, date, date | None]]:
        """Assignments believed now: code, instructor, from, to."""
        return self._links(Assignment, "instructor_id")

    def covered(self) -> set[tuple[str, int, date, date | None]]:
        """Coverings believed now: code, Party organisation, from, to."""
        return self._links(Covering, "party_organisation_id")

    def _links(self, table: Any, other: str) -> set[tuple[str, int, date, date | None]]:
        organisation = Base.metadata.tables["organisation"]
        columns = table.__table__.c
        query = (
            select(organisation.c.uscc, columns[other], columns.from_on, columns.to_on)
            .join(organisation, organisation.c.id == columns.organisation_id)
            .where(columns.corrected_at.is_(None))
        )
        return {tuple(row) for row in self.read(lambda c: c.execute(query).all())}  # type: ignore[misc]

    def beside(self, one: str, other: str) -> None:
        """Two communities lie side by side."""
        low, high = sorted((one, other))
        table = Base.metadata.tables["community_neighbour"]
        self.write(lambda c: c.execute(insert(table).values(one=low, other=high, learned_at=NOW)))


def pairs(said: dict[str, Any]) -> dict[str, int]:
    """Who has whom in a plan of instructors."""
    return {each["organisation"]: each["instructor"] for each in said["assignments"]}


def left(said: dict[str, Any]) -> dict[str, str]:
    """Who has nobody, and why."""
    return {each["organisation"]: each["reason"] for each in said["left"]}


def groups(said: dict[str, Any]) -> list[set[str]]:
    """The groups of a plan of joint branches."""
    return [set(each["units"]) for each in said["groups"]]
