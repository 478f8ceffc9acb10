"""Clocks, causes of a change and annual tables counted one organisation after the other.

The rest of ``brute_force``, and as slow.
"""

from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from math import ceil

from brute_force import Seen, believed, covered_by, held, in_rate, is_reached, told
from factories import LONG_AGO
from small_registers import DAYS, SWITCHES, TYPES, Organisation, Register

from liangxin.rules import RateRule, RuleSet

#: Every day on which anything can begin or end.
ALL_DAYS = (LONG_AGO, *DAYS)

# Clocks.


def spells(
    each: Organisation, register: Register, clock: str, on: date
) -> list[tuple[date, date | None]]:
    """The spells of a clock that have begun: started, and ended if by that day."""

    def first(since: date, so: Callable[[date], bool]) -> date | None:
        return next((day for day in ALL_DAYS if day >= since and so(day)), None)

    def covered(day: date) -> bool:
        return bool(covered_by(each, register, day, None))

    def reached(day: date) -> bool:
        return covered(day) or any(held(spell, day, None) for spell in each.assignments)

    if clock == "found_instructor":
        found = first(LONG_AGO, lambda day: told(each.screenings, day, None) == "operating")
        begun = [] if found is None else [(found, first(found, reached))]
    else:
        events = {
            "hire_identified": each.hires,
            "hire_covered": each.hires,
            "application": each.applications,
            "transfer": each.transfers,
        }[clock]
        begun = [(event.start, event.end) for event in events if believed(event, None)]
        if clock == "hire_covered":
            begun = [
                (start, None if identified is None else first(identified, covered))
                for start, identified in begun
            ]
    return [
        (start, end if end is not None and end <= on else None)
        for start, end in begun
        if start <= on
    ]


def reading(
    lengths: list[tuple[bool, int]], limit: int
) -> tuple[int, int | None, int | None, int, int, int]:
    """Of lengths of ended and open spells: ended, half, nine tenths, open, and both over."""
    ended = sorted(days for has_ended, days in lengths if has_ended)
    running = [days for has_ended, days in lengths if not has_ended]
    half, most = (
        ended[ceil(len(ended) * share) - 1] if ended else None
        for share in (Fraction(1, 2), Fraction(9, 10))
    )
    over = [sum(days > limit for days in some) for some in (running, ended)]
    return len(ended), half, most, len(running), *over


# Why a rate moved.


def causes(
    before: list[Seen],
    after: list[Seen],
    rules: RuleSet,
    rule: RateRule,
    inside: Callable[[str | None], bool],
) -> dict[str, tuple[int, Fraction | None, dict[str, int]]]:
    """Cause -> how many, their points, and how many for which reason, as seen from a place."""
    was, now = ({each.uscc: each for each in some} for some in (before, after))

    def stands(seen: Seen | None, here: bool) -> tuple[bool, bool]:
        if seen is None or (here and not inside(seen.group["subdistrict"])):
            return False, False
        return in_rate(seen, rule)[0], is_reached(seen, rule)

    both = {
        code: (stands(was.get(code), True), stands(now.get(code), True)) for code in {*was, *now}
    }
    sizes = [sum(pair[side][0] for pair in both.values()) for side in (0, 1)]
    parts = [sum(all(pair[side]) for pair in both.values()) for side in (0, 1)]
    told: dict[str, tuple[int, Fraction | None, dict[str, int]]] = {}
    for code, ((was_in, was_reached), (is_in, is_now_reached)) in both.items():
        why = None
        if stands(was.get(code), False)[0] != stands(now.get(code), False)[0]:
            why = _why(was.get(code), now[code], rules)
        if was_in and is_in:
            moved = was[code].group["subdistrict"] != now[code].group["subdistrict"]
            cause = "moved" if moved else None
            if was_reached != is_now_reached:
                cause = "became_covered" if is_now_reached else "lost_cover"
        else:
            cause = _coming_or_going(was_in, was_reached, is_in, is_now_reached, why)
        if cause is None:
            continue
        number, points, reasons = told.get(cause, (0, Fraction(0), {}))
        if why:
            reasons = {**reasons, why: reasons.get(why, 0) + 1}
        if all(sizes):
            mean = (Fraction(parts[0], sizes[0]) + Fraction(parts[1], sizes[1])) / 2
            gained = (is_in and is_now_reached) - (was_in and was_reached)
            own = (gained - mean * (is_in - was_in)) / Fraction(sum(sizes), 2)
            points = (points or 0) + own * 100
        else:
            points = None
        told[cause] = (number + 1, points, reasons)
    return told


def _coming_or_going(
    was_in: bool, was_reached: bool, is_in: bool, is_reached_now: bool, why: str | None
) -> str | None:
    if not was_in and not is_in:
        return None
    end = "covered" if (is_reached_now if is_in else was_reached) else "uncovered"
    words = {None: ("moved_out", "moved_in"), "class": ("class_out", "class_in")}
    return f"{words.get(why, ('left', 'entered'))[is_in]}_{end}"


def _why(was: Seen | None, now: Seen, rules: RuleSet) -> str:
    if was is None:
        return "new"
    for word, wrong in (
        ("class", lambda one: one.value["ownership"] not in rules.classes),
        ("status", lambda one: one.value["status"] not in {None, *rules.statuses}),
        ("screened", lambda one: one.state not in rules.states),
    ):
        if wrong(was) or wrong(now):
            return word
    return "basis"


# The annual tables.


def annual_cells(form: str, seen: list[Seen], rules: RuleSet) -> dict[str, dict[str, int]]:
    """Every cell of a form."""
    kind, columns = {
        "enterprises": ("enterprise", _enterprise_columns),
        "social": ("social", _social_columns),
    }[form]
    cells: dict[str, dict[str, int]] = {}
    everyone = [(each, columns(each, rules)) for each in seen if each.counts and each.kind == kind]
    for column in columns(None, rules):
        units = [each for each, mine in everyone if mine[column]]
        for row, number in _rows(form, units, rules).items():
            cells.setdefault(row, {})[column] = number
    return cells


def in_cell(form: str, seen: Seen, rules: RuleSet, row: str, column: str) -> bool:
    """Whether an organisation is behind a cell: alone in the table, it would be more than nothing."""
    return annual_cells(form, [seen], rules)[row][column] > 0


def _rows(form: str, units: list[Seen], rules: RuleSet) -> dict[str, int]:
    def number(name: str, some: Iterable[Seen]) -> int:
        return sum(getattr(each, name) or 0 for each in some)

    own = [each for each in units if "alone" in each.modes]
    joint = [each for each in units if each.built and "alone" not in each.modes]
    bare = [each for each in units if not each.built]
    sent = [each for each in bare if each.instructors]
    built = [each for each in units if each.built]
    enough = rules.thresholds.branch_members
    should = [each for each in bare if (each.full or 0) >= enough]
    few = [e for e in bare if e not in should and max(e.full or 0, e.members or 0) > 0]
    rows = {
        "units": len(units),
        "contacted": sum(bool(each.instructors) for each in units),
        "committee": sum(each.level == 3 for each in own),
        "general_branch": sum(each.level == 2 for each in own),
        "branch": sum(each.level == 1 for each in own),
        "joint": len(joint),
        "joint_three": sum((each.full or 0) >= enough for each in joint),
        "joint_branches": len(set().union(*(each.joint_branches for each in joint))),
        "should": len(should),
        "few": len(few),
        "without": len(bare) - len(should) - len(few),
        "unknown": sum(each.full is None for each in bare),
        "instructors": len(set().union(*(each.instructors for each in units))),
        "staff": number("staff", units),
        "members": number("members", units),
        "built_staff": number("staff", built),
        "built_members": number("members", built),
        "sent_staff": number("staff", sent),
        "sent_members": number("members", sent),
    }
    if form == "social":
        gathers = [each for each in own if each.out]
        rows |= {
            "party_group": sum(each.switch["party_group"] is True for each in units),
            "members_out": number("out", units),
            "gathers_committee": sum(each.level == 3 for each in gathers),
            "gathers_general_branch": sum(each.level == 2 for each in gathers),
            "gathers_branch": sum(each.level == 1 for each in gathers),
        }
    return rows


def _enterprise_columns(seen: Seen | None, rules: RuleSet) -> dict[str, bool]:
    staff = 0 if seen is None else seen.staff or 0
    switch = dict.fromkeys(SWITCHES) if seen is None else seen.switch
    control, money, sole = TYPES[None if seen is None else seen.value["enterprise_type"]]
    return {
        "total": True,
        "staff50": staff >= rules.thresholds.staff_with_member,
        "staff100": staff >= rules.thresholds.staff_with_organisation,
        "representative_member": switch["representative_member"] is True,
        "representative_secretary": switch["representative_secretary"] is True,
        "private": control == "private",
        "private_sole": control == "private" and sole,
        "private_hmt": control == "private" and money == "hmt",
        "private_foreign": control == "private" and money == "foreign",
        "hmt": control == "hmt",
        "hmt_sole": control == "hmt" and sole,
        "foreign": control == "foreign",
        "foreign_sole": control == "foreign" and sole,
    }


def _social_columns(seen: Seen | None, _: RuleSet) -> dict[str, bool]:
    code, name = ("", "") if seen is None else (seen.uscc, seen.name)
    return {
        "total": True,
        "association": code.startswith("51"),
        "foundation": code.startswith("53"),
        "service": code.startswith("52"),
        "law": code.startswith("31"),
        "accounting": code.startswith("9") and "会计师" in name,
        "tax": code.startswith("9") and "税务师" in name,
    }
