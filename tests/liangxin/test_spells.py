"""Spells answer what the facts answer, whatever changed and in whichever order; sentence by sentence."""

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from unittest import mock

import pytest
from conftest import EXAMPLES
from factories import (
    NORTH,
    NOW,
    SOUTH,
    insert_assignment,
    insert_covering,
    insert_division,
    insert_field_change,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
    insert_run,
    insert_screening,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from liangxin import change, db, lists, rules, spells, timing, universe, views
from liangxin.access import LOCAL, Actor, Role
from liangxin.schema import (
    Assignment,
    Covering,
    FieldChange,
    Finding,
    Headcount,
    Located,
    Organisation,
    PartyOrganisation,
    PartyTerm,
    Screening,
    Spell,
    SpellDue,
)
from liangxin.settings import Settings

START = date(2026, 1, 1)
RULES = rules.load()
ACTORS = [
    LOCAL,
    Actor("south", Role.COMMITTEE, frozenset({SOUTH})),
    Actor("leader", Role.LEADER, frozenset({NORTH})),
]
RULE_SETS = [RULES, rules.load("cn-2026.2-premises10"), rules.load("cn-2026.2-staff50")]
DAYS = [START + timedelta(days=number) for number in range(-1, 12, 3)]


def told(connection: Connection, rule_set: rules.RuleSet, day: date, by: str) -> Any:
    """All that spells can answer of a day."""
    rates = views.rates(connection, LOCAL, rule_set, as_of=day, by=by)
    return (
        {rate: set(table.rows) for rate, table in rates.items()},
        lists.counts(connection, LOCAL, rule_set, as_of=day, by=by),
    )


def agree(connection: Connection, chance: random.Random, rule_set: rules.RuleSet = RULES) -> None:
    """Spells say of some days, and of the course of all, what the facts say."""
    days = {day: chance.choice(["subdistrict", "community", "grid", "kind"]) for day in DAYS}
    asked = chance.sample(sorted(days.items()), 2)
    pair, on = chance.sample(DAYS, 2), chance.sample(list(lists.LISTS), 4)
    rates = chance.sample([rate.id for rate in rule_set.rates.values() if not rate.places], 2)
    actor, answers = chance.choice(ACTORS), []
    for usable in (True, False):
        with mock.patch.object(spells, "usable", lambda *_, said=usable: said):
            answers.append(
                (
                    [told(connection, rule_set, day, by) for day, by in asked],
                    views.totals(connection, LOCAL, rule_set, days=DAYS[::2]),
                    moved(connection, actor, rule_set, pair, rates),
                    named(connection, rule_set, asked[0][0], on),
                )
            )
    assert answers[0] == answers[1]


def moved(
    connection: Connection, actor: Actor, rule_set: rules.RuleSet, days: Any, rates: list[str]
) -> Any:
    """Why rates over organisations moved between two days, and how the clocks stand then."""
    from_on, to_on = sorted(days)
    clocks = timing.readings(connection, actor, rule_set, as_of=to_on)
    return clocks, [
        change.between(connection, actor, rule_set, from_on=from_on, to_on=to_on, rate=rate)
        for rate in rates
    ]


def named(connection: Connection, rule_set: rules.RuleSet, day: date, on: list[str]) -> Any:
    """Who is in a sub-district, and on lists; both look at the facts of few where spells can."""
    return [
        lists.organisations(connection, LOCAL, rule_set, name, as_of=day, group=code)
        for name in on
        for code in (None, NORTH)
    ], views.organisations(connection, LOCAL, rule_set, subdistrict_code=NORTH, as_of=day)


class Writer:
    """Writes random facts, wrong ones too, and takes some back."""

    def __init__(self, connection: Connection, chance: random.Random) -> None:
        self.connection, self.chance = connection, chance
        insert_run(connection)
        insert_division(connection, NORTH, "示例北街道")
        self.instructor = insert_instructor(connection)
        self.organisations: list[int] = []
        self.parties: list[int] = []
        self.used: set[tuple[Any, ...]] = set()

    def day(self) -> date:
        return START + timedelta(days=self.chance.randrange(10))

    def span(self) -> dict[str, Any]:
        first = self.day()
        last = first + timedelta(days=self.chance.randrange(1, 6))
        corrected = NOW if self.chance.random() < 0.15 else None
        to_on = last if corrected or self.chance.random() < 0.6 else None
        return {"from_on": first, "to_on": to_on, "corrected_at": corrected}

    def once(self, *key: Any) -> bool:
        """Facts of which only one holds at a time are written once."""
        new = key not in self.used
        self.used.add(key)
        return new

    def one(self) -> int:
        return self.chance.choice(self.organisations)

    def organisation(self) -> None:
        self.organisations.append(
            insert_organisation(
                self.connection,
                kind=self.chance.choice(["enterprise", "social"]),
                ownership=self.chance.choice(["NONPUBLIC", "NONPUBLIC", "REVIEW", "PUBLIC"]),
                status=self.chance.choice(["1", "1", "4", None]),
                enterprise_type=self.chance.choice(["普通合伙企业", "有限责任公司", None]),
                subdistrict_code=self.chance.choice([NORTH, SOUTH, None]),
                community_code=self.chance.choice([f"{NORTH}001", None]),
                from_on=self.day(),
            )
        )

    def screening(self) -> None:
        if self.once("screening", one := self.one()):
            state = self.chance.choice(["operating", "operating", "shell", "screening"])
            insert_screening(self.connection, one, state=state, **self.span())

    def party(self) -> None:
        level = self.chance.choice(["branch", "general_branch", "committee"])
        self.parties.append(insert_party_organisation(self.connection, level=level, **self.span()))

    def term(self) -> None:
        party = self.chance.choice(self.parties)
        if self.once("term", party):
            span = self.span()
            due = span["from_on"] + timedelta(days=self.chance.randrange(1, 6))
            self.connection.execute(
                insert(PartyTerm).values(
                    party_organisation_id=party,
                    level=self.chance.choice(["branch", "committee"]),
                    due_on=self.chance.choice([due, None]),
                    learned_at=NOW,
                    **span,
                )
            )

    def covering(self) -> None:
        party, one = self.chance.choice(self.parties), self.one()
        mode = self.chance.choice(["alone", "joint", "attached"])
        own = mode != "alone" or self.once("alone", one)
        if own and self.once("covering", party, one):
            insert_covering(self.connection, one, party, mode=mode, **self.span())

    def assignment(self) -> None:
        insert_assignment(self.connection, self.one(), self.instructor, **self.span())

    def headcount(self) -> None:
        one, source, day = (
            self.one(),
            self.chance.choice(["screening", "ledger", "roster"]),
            self.day(),
        )
        if self.once("headcount", one, source, day):
            number = self.chance.choice
            self.connection.execute(
                insert(Headcount).values(
                    organisation_id=one,
                    source=source,
                    counted_on=day,
                    staff=number([None, 0, 9, 10, 30, 49, 50, 120]),
                    members=number([None, 0, 2, 5]),
                    full_members=number([None, 0, 1, 3]),
                    probationary_members=number([None, 0, 1]),
                    members_in=number([None, None, 3]),
                    members_out=number([None, 1]),
                    learned_at=NOW,
                )
            )

    def finding(self) -> None:
        values = {
            "fixed_place": ["1", "0"],
            "above_scale": ["1", "0"],
            "operating_subdistrict_code": [NORTH, SOUTH],
            "operating_community_code": [f"{SOUTH}001"],
            "grid_code": [f"{NORTH}00101", f"{NORTH}00102"],
        }
        one, field = self.one(), self.chance.choice(list(values))
        if self.once("finding", one, field):
            self.connection.execute(
                insert(Finding).values(
                    organisation_id=one,
                    field=field,
                    value=self.chance.choice(values[field]),
                    source="screening",
                    learned_at=NOW,
                    **self.span(),
                )
            )

    def location(self) -> None:
        one, which = self.one(), self.chance.choice(["registered", "operating"])
        if self.once("location", one, which):
            self.connection.execute(
                insert(Located).values(
                    organisation_id=one,
                    which=which,
                    district_code=NORTH[:6],
                    kind="place",
                    pattern="示例大厦",
                    subdistrict_code=self.chance.choice([NORTH, SOUTH, None]),
                    community_code=self.chance.choice([f"{SOUTH}001", None]),
                    method=self.chance.choice(["place", "decided"]),
                    reason_zh="",
                    reason_en="",
                    learned_at=NOW,
                    **self.span(),
                )
            )

    def change(self) -> None:
        field, values = self.chance.choice(
            [
                ("ownership", ["PUBLIC", "NONPUBLIC"]),
                ("status", ["4", "1", None]),
                ("enterprise_type", ["个人独资企业", "有限责任公司", None]),
                ("subdistrict_code", [SOUTH, None]),
                ("community_code", [f"{SOUTH}001", None]),
            ]
        )
        one = self.one()
        now = self.connection.execute(
            select(getattr(Organisation, field)).where(Organisation.id == one)
        ).scalar()
        old = self.chance.choice(values)
        insert_field_change(self.connection, one, field, (old, now), from_on=self.day())

    def renewal(self) -> None:
        """An organisation's own row changes, as a load changes it."""
        values = {"ownership": "NONPUBLIC", "status": "1", "subdistrict_code": SOUTH}
        self.connection.execute(
            update(Organisation).where(Organisation.id == self.one()).values(values)
        )

    def correction(self) -> None:
        """Something is no longer believed, or ends, or is gone."""
        table = self.chance.choice([Screening, Covering, Assignment, Headcount, Finding, Located])
        row = self.connection.execute(select(func.max(table.id))).scalar()
        if self.chance.random() < 0.5:
            self.connection.execute(update(table).where(table.id == row).values(corrected_at=NOW))
        else:
            self.connection.execute(delete(table).where(table.id == row))

    def dissolution(self) -> None:
        party = self.chance.choice(self.parties)
        self.connection.execute(
            update(PartyOrganisation)
            .where(PartyOrganisation.id == party, PartyOrganisation.from_on < DAYS[-1])
            .values(to_on=DAYS[-1])
        )

    def some(self) -> None:
        kinds = (
            "organisation screening party term covering covering assignment headcount headcount "
            "finding finding change renewal correction dissolution screening location location"
        )
        for kind in self.chance.choices(kinds.split(), k=12):
            getattr(self, kind)()


def steps(connection: Connection, chance: random.Random) -> Iterator[None]:
    writer = Writer(connection, chance)
    for _ in range(3):
        writer.organisation()
    writer.party()
    for _ in range(3):
        writer.some()
        yield


@given(st.randoms(use_true_random=False), st.sampled_from(RULE_SETS))
@settings(max_examples=EXAMPLES // 10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spells_say_what_the_facts_say_after_every_change(
    sqlite_engine: Engine, chance: random.Random, rule_set: rules.RuleSet
) -> None:
    with sqlite_engine.connect() as connection, connection.begin() as transaction:
        for _ in steps(connection, chance):
            spells.refresh(connection, rule_set)
            assert spells.usable(connection, rule_set)
            agree(connection, chance, rule_set)
        transaction.rollback()


@pytest.mark.parametrize("seed", range(max(1, EXAMPLES // 20)))
def test_spells_say_what_the_facts_say_on_both_databases(engine: Engine, seed: int) -> None:
    with engine.connect() as connection, connection.begin() as transaction:
        chance = random.Random(seed)  # noqa: S311 - tests want it repeatable
        for _ in steps(connection, chance):
            spells.refresh(connection, RULES)
            agree(connection, chance)
        transaction.rollback()


def test_spells_of_one_organisation_follow_each_other_without_a_gap(engine: Engine) -> None:
    with db.writing(engine) as connection:
        one = insert_organisation(connection, from_on=START)
        insert_screening(connection, one, from_on=DAYS[1], to_on=DAYS[3])
        insert_assignment(connection, one, from_on=DAYS[2])
        spells.refresh(connection, RULES)
        found = connection.execute(select(Spell.from_on, Spell.to_on).order_by(Spell.from_on)).all()
    assert [tuple(row) for row in found] == [
        (START, DAYS[1]),
        (DAYS[1], DAYS[2]),
        (DAYS[2], DAYS[3]),
        (DAYS[3], None),
    ]


def test_what_does_not_change_how_one_counts_begins_no_spell(engine: Engine) -> None:
    with db.writing(engine) as connection:
        one = insert_organisation(connection, from_on=START)
        for day in DAYS[1:3]:
            connection.execute(
                insert(Headcount).values(
                    organisation_id=one, source="ledger", counted_on=day, staff=12, learned_at=NOW
                )
            )
        insert_field_change(connection, one, "name", ("旧名", "新名"), from_on=DAYS[2])
        spells.refresh(connection, RULES)
        found = connection.execute(select(Spell.from_on)).scalars().all()
    assert found == [START, DAYS[1]]


def test_nobody_is_told_twice_for_nothing(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for _ in range(3):
            insert_organisation(connection)
        assert spells.refresh(connection, RULES) == 3
        assert spells.refresh(connection, RULES) == 0
        insert_screening(connection, 2)
        insert_organisation(connection)
        assert spells.waiting(connection, RULES) == 2
        assert spells.refresh(connection, RULES) == 2


def test_an_organisation_that_is_taken_back_takes_its_spells_along(engine: Engine) -> None:
    with db.writing(engine) as connection:
        kept, gone = insert_organisation(connection), insert_organisation(connection)
        spells.refresh(connection, RULES)
        connection.execute(delete(Organisation).where(Organisation.id == gone))
        assert spells.usable(connection, RULES)
        assert connection.execute(select(Spell.organisation_id)).scalars().all() == [kept]
        # The number is given again, to another one.
        assert insert_organisation(connection) == gone
        assert not spells.usable(connection, RULES)


def test_a_rule_set_that_asks_for_other_numbers_has_all_told_anew(engine: Engine) -> None:
    import dataclasses

    larger = dataclasses.replace(
        RULES, id="mine", basis=rules.Condition(staff_min=77), thresholds=rules.Thresholds()
    )
    with db.writing(engine) as connection:
        one = insert_organisation(connection)
        insert_screening(connection, one)
        spells.refresh(connection, RULES)
        assert not spells.usable(connection, larger)
        assert spells.refresh(connection, larger) == 1
        assert spells.usable(connection, larger)
        assert spells.usable(connection, RULES), "and the one before is still served"
        assert connection.execute(select(FieldChange.id)).all() == []


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(lambda c: views.rates(c, LOCAL, RULES, as_of=DAYS[0]), id="rates"),
        pytest.param(lambda c: views.totals(c, LOCAL, RULES, days=DAYS), id="a course"),
        pytest.param(lambda c: lists.counts(c, LOCAL, RULES, as_of=DAYS[0]), id="lists"),
    ],
)
def test_once_told_a_question_is_answered_from_spells(sqlite_engine: Engine, asked: Any) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
        spells.refresh(connection, RULES)
    with db.reading(sqlite_engine) as connection:
        with mock.patch.object(universe, "members", side_effect=AssertionError("from the facts")):
            asked(connection)
        with (
            mock.patch.object(spells, "usable", return_value=False),
            mock.patch.object(universe, "members", side_effect=LookupError),
            pytest.raises(LookupError),
        ):
            asked(connection)


def test_at_an_edge_spells_are_told_unless_too_many_are_due(settings: Settings) -> None:
    engine = db.make_engine(settings)
    with db.writing(engine) as connection:
        for _ in range(3):
            insert_organisation(connection)
    assert not spells.ready(engine, RULES, most=2)
    assert spells.ready(engine, RULES, most=3)
    assert spells.ready(engine, RULES)
    with db.writing(engine) as connection:
        insert_screening(connection, 2)
        due = connection.execute(select(SpellDue.organisation_id)).scalars().all()
    assert due == [2]
    assert spells.ready(engine, RULES, most=1)
    engine.dispose()


def test_while_somebody_writes_the_facts_answer(sqlite_engine: Engine) -> None:
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection)
    hurried = db.make_engine(Settings(database_url=str(sqlite_engine.url), busy_timeout=0.05))
    with db.writing(sqlite_engine):
        assert not spells.ready(hurried, RULES)
    assert spells.ready(hurried, RULES)
    hurried.dispose()
