"""Every figure of a small register counted one organisation after the other, in plain Python.

Written from the field notes and the decisions, apart from the register's own queries: nothing
here opens a database, and nothing here is fast.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from small_registers import FINDINGS, SWITCHES, Organisation, Register, Spell, Told

from liangxin.rules import Condition, RateRule, RuleSet

Known = datetime | None
RANKS = {"branch": 1, "general_branch": 2, "committee": 3}


@dataclass(slots=True)
class Seen:
    """One organisation on a day."""

    uscc: str
    name: str
    kind: str
    value: dict[str, str | None]
    state: str | None
    group: dict[str, str | None]
    staff: int | None
    full: int | None
    members: int | None
    out: int | None
    switch: dict[str, bool | None]
    modes: set[str]
    active: bool
    level: int
    joint_branches: set[int]
    instructors: set[int]
    counts: bool = False
    unverified: bool = False
    looked: date | None = field(default=None)

    @property
    def built(self) -> bool:
        """Any Party organisation covers it."""
        return bool(self.modes)


# What held.


def believed(fact: Spell | Told, known: Known) -> bool:
    """Whether anybody held it to be true at a moment (``None``: now)."""
    gone = fact.corrected if isinstance(fact, Spell) else fact.taken_back
    if known is None:
        return gone is None
    return fact.learned <= known and (gone is None or gone > known)


def held(spell: Spell, on: date, known: Known) -> bool:
    """Whether it held on a day."""
    return believed(spell, known) and spell.start <= on and (spell.end is None or on < spell.end)


def told(entries: Iterable[Told], on: date, known: Known) -> Any:
    """What is so on a day: what was said for the latest day up to it, the last time it was said."""
    standing = [each for each in entries if believed(each, known) and each.day <= on]
    return max(standing, key=lambda each: (each.day, each.learned)).value if standing else None


def field_on(each: Organisation, name: str, on: date, known: Known) -> str | None:
    """A field of the registration: what the newest file up to the day says, else the first one."""
    standing = [t for t in each.fields[name] if believed(t, known) and t.day <= on]
    return told(standing, on, known) if standing else each.first[name]


def covered_by(each: Organisation, register: Register, on: date, known: Known) -> list[Spell]:
    """The coverings that hold by Party organisations that are there."""
    return [
        spell
        for spell in each.coverings
        if held(spell, on, known) and held(register.parties[spell.what["party"]].spell, on, known)
    ]


def best(
    each: Organisation, on: date, known: Known, sources: tuple[str, ...], says: Callable[..., Any]
) -> dict[str, Any]:
    """The count to believe of those that say something: of the best source the newest."""
    for source in sources:
        told = [
            count
            for count in each.headcounts
            if count.what["source"] == source
            and count.start <= on
            and believed(count, known)
            and says(count.what) is not None
        ]
        if told:
            return max(told, key=lambda count: count.start).what
    return {}


def full_of(count: dict[str, Any]) -> int | None:
    """Full members: as stated, else all but the probationary ones; never an instructor."""
    full, everyone = count.get("full_members"), count.get("members")
    if everyone is None:
        everyone = by_relation(count)
    if full is None and everyone is not None:
        full = everyone - (count["probationary_members"] or 0)
    return None if full is None else max(0, full - (count["instructors_counted"] or 0))


def by_relation(count: dict[str, Any]) -> int | None:
    """Members whose relation is here, and those whose it is not; the latter alone tell of nobody else."""
    here = count.get("members_in")
    return None if here is None else here + (count["members_out"] or 0)


def more(one: int | None, other: int | None) -> int | None:
    """The larger of two counts; of one that nobody knows, the other."""
    return max((each for each in (one, other) if each is not None), default=None)


def all_of(count: dict[str, Any]) -> int | None:
    """All members: as stated, else full and probationary ones together; never an instructor."""
    if not count:
        return None
    everyone = count["members"]
    if everyone is None and count["full_members"] is not None:
        everyone = count["full_members"] + (count["probationary_members"] or 0)
    if everyone is None:
        everyone = by_relation(count)
    assert everyone is not None
    return int(max(0, everyone - (count["instructors_counted"] or 0)))


# Who is there, who counts.


def look(register: Register, rules: RuleSet, on: date, known: Known = None) -> list[Seen]:
    """Every organisation that was there on the day."""
    return [
        _look(each, register, rules, on, known)
        for each in register.organisations
        if each.founded <= on and (known is None or each.known <= known)
    ]


def _look(each: Organisation, register: Register, rules: RuleSet, on: date, known: Known) -> Seen:
    value = {name: field_on(each, name, on, known) for name in each.fields}
    found = {name: told(each.findings.get(name, ()), on, known) for name in FINDINGS}
    people = best(each, on, known, rules.headcount.member_sources, full_of)
    sure = best(each, on, known, ("declared",), full_of)
    staff = best(each, on, known, rules.headcount.staff_sources, lambda count: count["staff"])
    coverings = covered_by(each, register, on, known)
    state = told(each.screenings, on, known)
    until = found["suspended_until"]
    if state == "suspended" and until is not None and on > date.fromisoformat(until):
        state = "screening"  # the suspension is over, and nobody has looked again
    looked = [spell.start for spell in each.looks if believed(spell, None) and spell.start <= on]
    looked += [
        t.day for t in each.screenings if believed(t, None) and t.day <= on and _new(each, t)
    ]
    seen = Seen(
        uscc=each.uscc,
        name=each.name,
        kind=each.kind,
        value=value,
        state=state,
        group={"kind": each.kind, "grid": found["grid_code"], **_where(value, found)},
        staff=staff.get("staff"),
        full=more(full_of(people), full_of(sure)),
        members=more(all_of(people), all_of(sure)),
        out=more(people.get("members_out"), sure.get("members_out")),
        switch={name: None if found[name] is None else found[name] == "1" for name in SWITCHES},
        modes={spell.what["mode"] for spell in coverings},
        active=any(_active(register, spell.what["party"], on, known) for spell in coverings),
        level=max(
            (
                _level(register, spell.what["party"], on, known)
                for spell in coverings
                if spell.what["mode"] == "alone"
            ),
            default=0,
        ),
        joint_branches={s.what["party"] for s in coverings if s.what["mode"] == "joint"},
        instructors={s.what["instructor"] for s in each.assignments if held(s, on, known)},
        looked=max(looked, default=None),
    )
    _judge(seen, rules)
    return seen


def _new(each: Organisation, entry: Told) -> bool:
    """Whether an entry is not a repetition of what was so the day before, nor said over again."""
    yesterday = told(each.screenings, entry.day - timedelta(days=1), None)
    today = told(each.screenings, entry.day, None)
    return bool(today != yesterday and today is not None)


def _where(value: dict[str, str | None], found: dict[str, Any]) -> dict[str, str | None]:
    """Where it operates, if anybody found out; the registered community is of its sub-district.

    A community without a sub-district, which no address yields, is none.
    """
    registered = value["subdistrict_code"]
    subdistrict = found["operating_subdistrict_code"] or registered
    community = found["operating_community_code"]
    if community is None and registered is not None and subdistrict == registered:
        community = value["community_code"]
    return {"subdistrict": subdistrict, "community": community}


def _term(register: Register, party: int, on: date, known: Known) -> Any:
    return told(register.parties[party].terms, on, known)


def _active(register: Register, party: int, on: date, known: Known) -> bool:
    term = _term(register, party, on, known)
    return term is None or term[1] is None or on <= term[1]


def _level(register: Register, party: int, on: date, known: Known) -> int:
    term = _term(register, party, on, known)
    return RANKS.get(term[0] if term else register.parties[party].level, 1)


def _judge(seen: Seen, rules: RuleSet) -> None:
    ownership, status = seen.value["ownership"], seen.value["status"]
    text = seen.value["enterprise_type"] or ""
    if status is not None and status not in rules.statuses:
        return
    unincorporated = "合伙" in text or "个人独资" in text
    if not rules.partnerships and unincorporated and seen.kind != "social":
        return
    screened = seen.state not in {None, "imported", "matched", "screening"}
    operates = seen.state in rules.states
    if ownership == "REVIEW":
        seen.unverified = operates or not screened
    elif ownership in rules.classes:
        meets = meets_condition(seen, rules.basis)
        seen.counts = operates and meets is True
        seen.unverified = not screened or (operates and meets is None)


def meets_condition(seen: Seen, asked: Condition) -> bool | None:
    """Whether it has what is asked for; ``None``: it may, for nobody knows."""
    if seen.kind == "social" and asked.social_staff_min is not None:
        answers = [_least(seen.staff, asked.social_staff_min)]
    else:
        answers = [
            answer
            for wanted, answer in (
                (asked.staff_min is not None, _least(seen.staff, asked.staff_min)),
                (asked.full_members_min is not None, _least(seen.full, asked.full_members_min)),
                (asked.fixed_place, seen.switch["fixed_place"]),
                (asked.above_scale, seen.switch["above_scale"]),
            )
            if wanted
        ]
    if False in answers:
        return False
    return None if None in answers else True


def _least(number: int | None, least: int | None) -> bool | None:
    return None if number is None or least is None else number >= least


# Rates and lists.


def in_rate(seen: Seen, rule: RateRule) -> tuple[bool, bool]:
    """Whether it is in a rate's denominator, and whether nobody can say."""
    meets = True if rule.over is None else meets_condition(seen, rule.over)
    waits = seen.unverified and meets is not False
    return seen.counts and meets is True, waits or (seen.counts and meets is None)


def is_reached(seen: Seen, rule: RateRule) -> bool:
    """Whether a rate has it in its numerator, if it is in the denominator."""
    by_organisation = bool(seen.modes & rule.coverings) and (seen.active or not rule.active)
    return by_organisation or (rule.instructors and bool(seen.instructors))


def rate_of(
    register: Register, seen: list[Seen], rule: RateRule, by: str, on: date, known: Known = None,
    scope: frozenset[str] | None = None,
) -> dict[str | None, tuple[int, int, int]]:  # fmt: skip
    """A rate: group -> numerator, denominator, unverified."""
    found: dict[str | None, tuple[int, int, int]] = {}

    def add(code: str | None, *numbers: int) -> None:
        before = found.get(code, (0, 0, 0))
        found[code] = (before[0] + numbers[0], before[1] + numbers[1], before[2] + numbers[2])

    if rule.places:
        for number, place in enumerate(register.places):
            what = place.what
            key = what["is_key"] and what["kind"] == "building" and held(place, on, known)
            if not key or (scope is not None and what["subdistrict_code"] not in scope):
                continue
            codes = {
                "subdistrict": what["subdistrict_code"],
                "community": what["community_code"],
                "kind": "building",
            }
            served = any(
                party.place == number and held(party.spell, on, known) for party in register.parties
            )
            add(codes.get(by), served, 1, 0)
    else:
        for each in seen:
            inside, waits = in_rate(each, rule)
            add(each.group[by], inside and is_reached(each, rule), inside, waits)
    return {
        code: numbers
        for code, numbers in found.items()
        if code is not None or numbers[1] or numbers[2]
    }


def on_list(name: str, seen: Seen, rules: RuleSet) -> bool:
    """Whether an organisation is on a warning list."""
    limits = rules.thresholds
    if not seen.counts:
        return False
    known = seen.full is not None
    enough = known and seen.full >= limits.branch_members  # type: ignore[operator]
    some = known and not enough and max(seen.full or 0, seen.members or 0) > 0
    none = known and not enough and not some
    return {
        "should_not_built": enough and not seen.built,
        "joint_could_be_alone": enough and seen.built and "alone" not in seen.modes,
        "few_members": some and not seen.built,
        "no_members": none and not seen.built,
        "no_members_no_instructor": none and not seen.built and not seen.instructors,
        "members_unknown": not known,
        "staff_without_member": none and (seen.staff or 0) >= limits.staff_with_member,
        "staff_without_organisation": (
            not seen.built and (seen.staff or 0) >= limits.staff_with_organisation
        ),
        "not_reached": not seen.built and not seen.instructors,
    }[name]


def is_due(seen: Seen, rules: RuleSet, on: date) -> bool:
    """Whether nobody looked at an entry for too long."""
    if not (seen.counts or seen.unverified):
        return False
    return seen.looked is None or (on - seen.looked).days > rules.thresholds.confirm_days
