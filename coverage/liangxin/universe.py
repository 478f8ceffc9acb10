"""Who counts on a day, who is reached, and who is not yet verified: one query, no Python loop.

An organisation counts when its class and registration status allow it (rule set), a person
found it operating (screening), and it meets the rule set's basis. One that nobody screened,
whose ownership nobody settled, or of which nobody knows what the basis asks for is *unverified*:
outside the denominator and shown beside it (decision 0005).

The query answers for any day, and as known at any moment: current values sit on the
organisation, earlier ones are told by the first change that came after the day asked for.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    or_,
    select,
    true,
)

from liangxin import facts_on, past, placing
from liangxin.classify import REVIEW
from liangxin.facts_on import Among, flag, true_on
from liangxin.findings import SWITCHES
from liangxin.past import DATED, PAST
from liangxin.rules import Condition, RateRule, RuleSet
from liangxin.schema import Organisation, Run

__all__ = [
    "DATED",
    "PAST",
    "STATES",
    "UNDECIDED",
    "flag",
    "judged",
    "meets",
    "members",
    "reached",
    "true_on",
]

#: Screening states (domain notes §3). The first three are ways in, ``operating`` counts, the rest
#: are stated exits with evidence, person and date.
STATES = (
    "imported",
    "matched",
    "screening",
    "operating",
    "not_found",
    "shell",
    "suspended",
    "moved",
    "closed",
    "duplicate",
    "not_two_new",
)
UNDECIDED = ("imported", "matched", "screening")
EXITS = STATES[4:]


def members(
    rules: RuleSet,
    *,
    as_of: date,
    known_at: datetime | None = None,
    only: int | None = None,
    among: Among = None,
) -> Subquery:
    """One row an organisation the register knew on the day.

    ``only``: of the one with this id; ``among``: of those whose ids a query returns.

    Columns: ``id``, ``uscc``, ``name``, ``kind``, ``address``, the dated fields (``subdistrict_code``
    and ``community_code`` are where it operates, if somebody found that out),
    ``registered_subdistrict_code``, ``grid_code``, ``state`` (null: never screened), as 0/1
    ``counts``, ``unverified``, ``alone``, ``joint``, ``attached``, ``active``, ``instructed``;
    ``level`` of its own Party organisation (0: none), ``staff``, ``full_members``, ``members``,
    ``members_out``, ``activists``, and every switch of ``findings`` (null: nobody knows).
    """
    if known_at is not None:
        known_at = known_at.astimezone(UTC)  # SQLite keeps no zone, and compares as text
    if only is not None:
        among = select(literal(only))
    # Writing this query down takes longer than most registers take to answer it.
    write = _everyone if among is None else _query
    return write(rules, as_of, known_at, among).subquery("members")


def _query(rules: RuleSet, as_of: date, known_at: datetime | None, among: Among) -> Select[Any]:
    facts = _facts(rules, as_of, known_at, among)
    before = past.values(as_of, known_at, among)
    value = {
        name: case(
            (before.c[f"had_{name}"] == 1, before.c[name]), else_=getattr(Organisation, name)
        )
        for name in DATED
    }
    query = select(*_columns(rules, facts, value, as_of)).select_from(Organisation)
    for fact in (before, *facts.values()):
        query = query.outerjoin(fact, fact.c.organisation_id == Organisation.id)
    query = query.where(*facts_on.among(Organisation.id, among))
    return _known(query, before, as_of, known_at)


#: Of all organisations: for some days at once, as a course has them.
_everyone = lru_cache(maxsize=64)(_query)


def reached(member: Any, rule: RateRule) -> ColumnElement[bool]:
    """Tell whether a member row is in the numerator of a rate (if it is in the denominator)."""
    ways: list[ColumnElement[bool]] = [
        and_(member.c[mode] == 1, member.c.active == 1) if rule.active else member.c[mode] == 1
        for mode in sorted(rule.coverings)
    ]
    if rule.instructors:
        ways.append(member.c.instructed == 1)
    return or_(*ways)


def meets(member: Any, condition: Condition) -> ColumnElement[bool]:
    """Tell whether a member row meets a condition; null where a fact it asks for is not known."""
    asked: list[ColumnElement[bool]] = []
    if condition.staff_min is not None:
        asked.append(member.staff >= condition.staff_min)
    if condition.full_members_min is not None:
        asked.append(member.full_members >= condition.full_members_min)
    if condition.fixed_place:
        asked.append(member.fixed_place == 1)
    if condition.above_scale:
        asked.append(member.above_scale == 1)
    everyone = and_(true(), *asked)
    if condition.social_staff_min is None:
        return everyone
    social = member.staff >= condition.social_staff_min
    return case((member.kind == "social", social), else_=everyone)


class _Row:
    """The expressions a condition is about, by the names that a member row gives them."""

    def __init__(self, **expressions: ColumnElement[Any]) -> None:
        self.__dict__.update(expressions)


def _facts(
    rules: RuleSet, as_of: date, known_at: datetime | None, of: Among
) -> dict[str, Subquery]:
    return {
        "screened": facts_on.screened(as_of, known_at, of),
        "covered": facts_on.covered(as_of, known_at, of),
        "sent": facts_on.sent(as_of, known_at, of),
        "staff": facts_on.staff(as_of, known_at, rules.headcount, of),
        "people": facts_on.people(as_of, known_at, rules.headcount, of),
        "found": facts_on.found(as_of, known_at, of),
        "placed": placing.placed(as_of, known_at, of),
    }


def _columns(
    rules: RuleSet,
    facts: dict[str, Subquery],
    value: Mapping[str, ColumnElement[Any]],
    as_of: date,
) -> list[Any]:
    covered, found = facts["covered"].c, facts["found"].c
    staff, people = facts["staff"].c.staff, facts["people"].c
    # A filed suspension (歇业) ends by itself, and then somebody must look again (§3).
    over = and_(facts["screened"].c.state == "suspended", found.suspended_until < as_of.isoformat())
    state = case((over, "screening"), else_=facts["screened"].c.state)
    row = _Row(
        kind=Organisation.__table__.c.kind,
        staff=staff,
        full_members=people.full_members,
        fixed_place=found.fixed_place,
        above_scale=found.above_scale,
    )
    # Law and accounting firms are partnerships, and reported as social organisations (§2.2).
    no_person = and_(
        Organisation.__table__.c.kind != "social",
        facts_on.unincorporated(value["enterprise_type"]),
    )
    counts, unverified = judged(rules, value, no_person, state, meets(row, rules.basis))
    where = facts["placed"]
    registered = placing.registered(where, value["subdistrict_code"])
    community = placing.registered_community(
        where, value["subdistrict_code"], value["community_code"]
    )
    # Where somebody found it to operate; else where the address lies at which it does.
    operating = func.coalesce(found.operating_subdistrict_code, where.c.operating_subdistrict_code)
    operating_community = func.coalesce(
        found.operating_community_code,
        case((found.operating_subdistrict_code.is_(None), where.c.operating_community_code)),
    )
    return [
        *(Organisation.__table__.c[name] for name in ("id", "uscc", "name", "kind", "address")),
        *(value[name].label(name) for name in ("ownership", "status", "enterprise_type")),
        func.coalesce(operating, registered).label("subdistrict_code"),
        # A community of the registered place says nothing about another sub-district's.
        func.coalesce(
            operating_community,
            case((or_(operating.is_(None), operating == registered), community)),
        ).label("community_code"),
        registered.label("registered_subdistrict_code"),
        found.grid_code.label("grid_code"),
        state.label("state"),
        flag(counts).label("counts"),
        flag(unverified).label("unverified"),
        *(
            func.coalesce(covered[name], 0).label(name)
            for name in ("alone", "joint", "attached", "active", "level")
        ),
        func.coalesce(facts["sent"].c.instructed, 0).label("instructed"),
        staff.label("staff"),
        *(
            people[name].label(name)
            for name in ("full_members", "members", "members_out", "activists")
        ),
        *(found[name].label(name) for name in SWITCHES),
    ]


def judged(
    rules: RuleSet,
    value: Mapping[str, Any],
    unincorporated: ColumnElement[bool],
    state: Any,
    basis: ColumnElement[bool],
) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Tell whether an organisation counts, and whether nobody can say yet."""
    status_allows = or_(value["status"].is_(None), value["status"].in_(rules.statuses))
    if not rules.partnerships:
        status_allows = and_(status_allows, ~unincorporated)
    of_class = value["ownership"].in_(rules.classes)
    in_state = state.in_(rules.states)
    undecided = or_(state.is_(None), state.in_(UNDECIDED))
    counts = and_(of_class, status_allows, in_state, basis)
    unverified = and_(
        status_allows,
        or_(
            and_(of_class, undecided),
            and_(of_class, in_state, basis.is_(None)),
            and_(value["ownership"] == REVIEW, or_(undecided, in_state)),
        ),
    )
    return counts, unverified


def _known(
    query: Select[Any], before: Subquery, as_of: date, known_at: datetime | None
) -> Select[Any]:
    """Only organisations that were there on the day, as far as was known."""
    if known_at is None:
        return query.where(Organisation.from_on <= as_of)
    # As text, for that is how a change keeps its values; ISO days compare as days do.
    day = case(
        (before.c.had_from_on == 1, before.c.from_on), else_=cast(Organisation.from_on, String)
    )
    return (
        query.where(day <= literal(as_of.isoformat()))
        .join(Run, Run.id == Organisation.run_id)
        .where(Run.learned_at <= known_at)
    )
