"""Spells: kept beside the facts, told anew for whom a fact changed, and walked to count a day.

``refresh`` brings them up to date; until it has, questions are answered from the facts
themselves (``universe.members``), slower and the same. Only what is known now is told in spells.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Index,
    Select,
    Subquery,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
)

from liangxin import db, facts_on, universe
from liangxin.access import Actor
from liangxin.errors import Busy, DatabaseUnavailable
from liangxin.rules import RuleSet
from liangxin.schema import Base, Meta, Organisation, Situation, Spell, SpellDue
from liangxin.spell_facts import facts_of
from liangxin.spell_telling import SITUATION, Counting, tell

#: Organisations told at once; bounds the memory, and how long a writer waits.
CHUNK = 20_000
#: How counts were told: an entry of ``meta``.
COUNTING = "spells.counting"
#: Raised when the same facts are told as other spells, so that those told before are told anew.
#: 2: members counted by where their relation is.
TELLING = 2


def usable(connection: Connection, rules: RuleSet) -> bool:
    """Tell whether the spells say all that the register knows, and the way the rules ask."""
    told = select(func.max(Spell.organisation_id)).scalar_subquery()
    known = select(func.max(Organisation.id)).scalar_subquery()
    due = exists(select(SpellDue.organisation_id))
    way = select(Meta.value).where(Meta.key == COUNTING).scalar_subquery()
    row = connection.execute(select(told, known, due, way)).one()
    return row[0] == row[1] and not row[2] and _serves(row[3], counting_of(rules))


def ready(
    engine: Engine, rules: RuleSet, *, most: int | None = None, patience: float | None = None
) -> bool:
    """Bring the spells up to date if need be; false if they are not, and facts must answer.

    To be called at an edge, before a read transaction begins. Every ``CHUNK`` of organisations
    is a transaction of its own, so that nobody who writes has to wait for long.

    Args:
        engine: the register.
        rules: as for ``refresh``.
        most: leave it to somebody with more time if more organisations than this are due.
        patience: seconds to wait for whoever writes, as for ``db.writing``.
    """
    with db.reading(engine) as connection:
        if usable(connection, rules):
            return True
        if most is not None and waiting(connection, rules) > most:
            return False
    try:
        # What is told is the same whether spells or facts answer.
        with db.writing(engine, facts=False, patience=patience) as connection:
            counting = _begin(connection, counting_of(rules))
        more = True
        while more:
            with db.writing(engine, facts=False, patience=patience) as connection:
                more = _tell_some(connection, counting) > 0
    except (Busy, DatabaseUnavailable):
        return False  # somebody else is writing
    return True


def waiting(connection: Connection, rules: RuleSet) -> int:
    """Return how many organisations must be told before the spells can answer."""
    told = select(func.coalesce(func.max(Spell.organisation_id), 0)).scalar_subquery()
    new = select(func.count()).where(Organisation.id > told)
    if not _serves(_way(connection), counting_of(rules)):
        new = select(func.count()).select_from(Organisation)
    due = select(func.count()).select_from(SpellDue)
    return int(connection.execute(new).scalar_one() + connection.execute(due).scalar_one())


def refresh(connection: Connection, rules: RuleSet) -> int:
    """Tell anew whoever is due, in one transaction; return how many organisations that were.

    Args:
        connection: a write transaction.
        rules: whose counts come first, and which numbers matter; if the spells were told by
            others, all are told anew.
    """
    counting = _begin(connection, counting_of(rules))
    done = 0
    while some := _tell_some(connection, counting):
        done += some
    return done


def _tell_some(connection: Connection, counting: Counting) -> int:
    """Tell the next few that are due; return how many, 0 at the end."""
    query = select(SpellDue.organisation_id).order_by(SpellDue.organisation_id).limit(CHUNK)
    ids = connection.execute(query).scalars().all()
    if not ids:
        for index in _indexes(connection):
            index.create(connection, checkfirst=True)
        return 0
    low, high = ids[0], ids[-1]
    due = select(SpellDue.organisation_id).where(SpellDue.organisation_id.between(low, high))
    connection.execute(
        delete(Spell).where(
            Spell.organisation_id.between(low, high), Spell.organisation_id.in_(due)
        )
    )
    _write(connection, tell(facts_of(connection, low, high), counting))
    connection.execute(delete(SpellDue).where(SpellDue.organisation_id.between(low, high)))
    return len(ids)


def _indexes(connection: Connection) -> list[Index]:
    """What a day is walked along; a register told for the first time is filled without them."""
    indexes = sorted(Base.metadata.tables["spell"].indexes, key=lambda index: str(index.name))
    parts = db.walks_in_parts(connection)
    return [each for each in indexes if parts or each.name == "ix_spell_walk"]


def members(
    rules: RuleSet,
    *,
    as_of: Any,
    by: str | None,
    in_parts: bool = False,
    only: Callable[[Any], Sequence[Any]] | None = None,
) -> Subquery:
    """One row a group and situation on a day: its figures, and ``weight`` organisations in it.

    The columns are those of ``universe.members`` that rates and warning lists need. ``in_parts``:
    as ``db.walks_in_parts`` says; the answer is the same. ``only``: of a situation no more than these
    columns, worked out once for each before the organisations are counted.
    """
    # The sub-district is always told, because an actor's scope is of sub-districts.
    places: list[Any] = [Spell.subdistrict_code]
    if by in {"community", "grid"}:
        places.append(Spell.community_code if by == "community" else Spell.grid_code)
    walked = _walked(places, as_of, in_parts=in_parts and len(places) == 1)
    situation: Any = situations(rules)
    if only is not None:
        situation = select(situation.c.id, *only(situation)).cte("told").prefix_with("MATERIALIZED")
    return (
        select(walked.c.weight, *(walked.c[place.key] for place in places), *situation.c)
        .join(walked, walked.c.situation_id == situation.c.id)
        .subquery("members")
    )


def _walked(places: list[Any], as_of: Any, *, in_parts: bool) -> Subquery:
    """How many organisations are at each place in each situation on a day: ``weight``."""
    began = Spell.from_on <= as_of
    if not in_parts:
        held = or_(Spell.to_on.is_(None), Spell.to_on > as_of)
        query = select(*places, Spell.situation_id, func.count().label("weight"))
        return query.where(began, held).group_by(*places, Spell.situation_id).subquery("walked")
    open_, past = (
        select(*places, Spell.situation_id).where(began, ends)
        for ends in (Spell.to_on.is_(None), Spell.to_on > as_of)
    )
    both = open_.union_all(past).subquery("both")
    of = [both.c[place.key] for place in places]
    query = select(*of, both.c.situation_id, func.count().label("weight"))
    return query.group_by(*of, both.c.situation_id).subquery("walked")


def standing(
    rules: RuleSet, *, as_of: date, among: Select[Any] | None = None, group: str | None = None
) -> Subquery:
    """One row an organisation that was there on a day: ``id``, where, and how it counted.

    ``among``: of those whose ids a query returns; ``group``: of one sub-district.

    The columns are those of ``universe.members`` that are told in spells; counts are steps.
    """
    situation = situations(rules)
    told = [column for column in situation.c if column.key != "id"]
    return (
        select(
            Spell.organisation_id.label("id"),
            Spell.subdistrict_code,
            Spell.community_code,
            Spell.grid_code,
            *told,
        )
        .join(situation, situation.c.id == Spell.situation_id)
        .where(Spell.from_on <= as_of, or_(Spell.to_on.is_(None), Spell.to_on > as_of))
        .where(*facts_on.among(Spell.organisation_id, among))
        .where(*([] if group is None else [Spell.subdistrict_code == group]))
        .subquery("standing")
    )


def walked_over(days: Sequence[date], actor: Actor) -> Select[Any]:
    """How many spells of each situation hold from one of some days up to another.

    Columns ``situation_id, first, last, weight``: places in the ascending ``days``; a spell holds
    on those from ``first`` up to and without ``last``. One walk, however many days there are.
    """

    def place(day: Any) -> ColumnElement[int]:
        """How many of the days come before a day."""
        before = [(day <= each, number) for number, each in enumerate(days)]
        return case(*before, else_=len(days))

    first = place(Spell.from_on)
    last = case((Spell.to_on.is_(None), len(days)), else_=place(Spell.to_on))
    query = select(
        Spell.situation_id,
        first.label("first"),
        last.label("last"),
        func.count().label("weight"),
    )
    if actor.subdistricts is not None:
        query = query.where(Spell.subdistrict_code.in_(sorted(actor.subdistricts)))
    holds = (Spell.from_on <= days[-1], or_(Spell.to_on.is_(None), Spell.to_on > days[0]))
    return query.where(*holds).group_by(
        Spell.situation_id, literal_column("first"), literal_column("last")
    )


def situations(rules: RuleSet) -> Subquery:
    """Every situation: ``id``, ``SITUATION``, and whether it ``counts`` or is ``unverified``."""
    counts, unverified = universe.judged(
        rules,
        {"ownership": Situation.ownership, "status": Situation.status},
        and_(Situation.unincorporated == 1, Situation.kind != "social"),
        Situation.state,
        universe.meets(Situation, rules.basis),
    )
    return select(
        *Situation.__table__.columns,
        universe.flag(counts).label("counts"),
        universe.flag(unverified).label("unverified"),
    ).subquery("situations")


def counting_of(rules: RuleSet) -> Counting:
    """Return whom a rule set believes about counts, and which numbers its conditions ask for."""
    asked = [rules.basis, *(rate.over for rate in rules.rates.values() if rate.over)]
    thresholds = rules.thresholds
    staff = {thresholds.staff_with_member, thresholds.staff_with_organisation}
    staff |= {each for one in asked for each in (one.staff_min, one.social_staff_min) if each}
    members = {1, thresholds.branch_members, thresholds.general_branch, thresholds.committee}
    members |= {one.full_members_min for one in asked if one.full_members_min}
    return Counting(
        rules.headcount.staff_sources,
        rules.headcount.member_sources,
        tuple(sorted(staff)),
        tuple(sorted(members)),
    )


def _serves(told: str | None, wanted: Counting) -> bool:
    """Whether spells told one way answer for rules that ask another."""
    before = _read(told)
    return before is not None and _with_steps(before, wanted) == before


def _with_steps(before: Counting, wanted: Counting) -> Counting:
    """The wanted way, with the steps of the one before too: rule sets may take turns."""
    return Counting(
        wanted.staff_sources,
        wanted.member_sources,
        tuple(sorted({*before.staff_steps, *wanted.staff_steps})),
        tuple(sorted({*before.member_steps, *wanted.member_steps})),
    )


def _way(connection: Connection) -> str | None:
    return connection.execute(select(Meta.value).where(Meta.key == COUNTING)).scalar()


def _read(told: str | None) -> Counting | None:
    kept = {} if told is None else json.loads(told)
    if kept.pop("telling", 1) != TELLING:
        return None
    return Counting(**{name: tuple(each) for name, each in kept.items()})


def _begin(connection: Connection, wanted: Counting) -> Counting:
    """Note who is new; and everybody, if spells were told another way. Return the way to tell."""
    before = _read(_way(connection))
    counting = wanted if before is None else _with_steps(before, wanted)
    new: Select[Any] = select(Organisation.id)
    if counting == before:
        told = select(func.max(Spell.organisation_id)).scalar_subquery()
        new = new.where(Organisation.id > func.coalesce(told, 0))
    else:
        for table in (Spell, Situation, SpellDue):
            connection.execute(delete(table))
        connection.execute(delete(Meta).where(Meta.key == COUNTING))
        text = json.dumps({"telling": TELLING, **dataclasses.asdict(counting)})
        connection.execute(insert(Meta).values(key=COUNTING, value=text))
    new = new.where(Organisation.id.not_in(select(SpellDue.organisation_id)))
    connection.execute(insert(SpellDue).from_select(["organisation_id"], new))
    if counting != before:
        for index in _indexes(connection):
            index.drop(connection, checkfirst=True)
    return counting


def _write(connection: Connection, spells: pl.DataFrame) -> None:
    numbered = spells.join(
        _situations(connection, spells.select(SITUATION).unique(maintain_order=True)),
        on=SITUATION,
        how="left",
        nulls_equal=True,
    )
    columns = [each.key for each in Spell.__table__.columns]
    db.insert_frame(
        connection,
        Base.metadata.tables["spell"],
        numbered.rename({"id": "situation_id"}).select(columns).sort("organisation_id", "from_on"),
    )


def _situations(connection: Connection, wanted: pl.DataFrame) -> pl.DataFrame:
    """``id`` and ``SITUATION`` of the wanted ones, and of some alike; those that are new are added."""
    table = Base.metadata.tables["situation"]
    alike = (_is_any(table.c[name], wanted[name]) for name in SITUATION)
    query = select(table.c.id, *(table.c[name] for name in SITUATION)).where(*alike)
    schema: dict[str, Any] = {"id": pl.Int64, **wanted.schema}
    rows = [tuple(row) for row in connection.execute(query).all()]
    known = pl.DataFrame(rows, schema=schema, orient="row")
    new = wanted.join(known, on=SITUATION, how="anti", nulls_equal=True)
    start = (connection.execute(select(func.max(table.c.id))).scalar() or 0) + 1
    new = new.select(pl.int_range(start, start + pl.len()).alias("id"), *SITUATION)
    db.insert_frame(connection, table, new)
    return pl.concat([known, new])


def _is_any(column: ColumnElement[Any], values: pl.Series) -> ColumnElement[bool]:
    """Whether a column holds one of some values, null among them: there are some thousand situations."""
    told = values.unique(maintain_order=True)
    asked = column.in_(told.drop_nulls().to_list())
    return or_(asked, column.is_(None)) if told.null_count() else asked
