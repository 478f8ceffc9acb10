"""What several sources say about how many people one organisation has, and where they disagree. Pure.

No figure silently wins. One is chosen for display (a field survey before a ledger before a
register of reports: DESIGN §3), every other is kept beside it, and where two differ by more than
the rule set allows, or one contradicts itself, a ``Disagreement`` names both figures, both
sources, both days and the role that can find out.

Counts only: no person is in here. That an organisation has an instructor says nothing about its
members; an instructor is never counted among them (domain notes §4.5), and whether one was
counted is not guessed from numbers that happen to fit but asked when a source states it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from liangxin.errors import Misuse
from liangxin.rules import HeadcountRules

#: Who counts people, as people call it. Lists of instructors are none of them.
SOURCES = {
    "declared": ("本人申报", "the members' own declarations"),
    "screening": ("摸排", "the screening"),
    "roster": ("花名册", "the roster"),
    "ledger": ("台账", "the ledger"),
    "social_insurance": ("社保", "social insurance"),
    "annual_report": ("年报", "the annual report"),
}
#: Members who declared themselves and were confirmed: never fewer than these, whoever else counts.
DECLARED = "declared"
#: Sources in which somebody declares how many staff there are.
DECLARING = ("screening", "ledger")
ECONOMIC_OFFICE, COMMITTEE = "economic_office", "committee"


@dataclass(frozen=True, slots=True)
class Figure:
    """What one source says about one organisation on one day; null: it says nothing about it."""

    source: str  # of SOURCES
    counted_on: date
    staff: int | None = None  # of a roster: its rows
    insured: int | None = None
    members: int | None = None
    full_members: int | None = None
    probationary_members: int | None = None
    members_in: int | None = None  # of these, whose relation is here
    members_out: int | None = None
    instructors_counted: int | None = None  # instructors that it says are among its members
    activists: int | None = None


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two figures that cannot both be right; ``…_b`` is what ``…_a`` was held against."""

    rule: str
    owner: str
    figure_a: int | None
    source_a: str
    on_a: date
    figure_b: int | None
    source_b: str
    on_b: date


@dataclass(frozen=True, slots=True)
class Words:
    """What the owner reads; ``{a}``, ``{b}`` are the figures, ``{source_a}`` … who says so."""

    owner: str
    zh: str
    en: str


#: Every rule by its name. What is about members is for the committee: others may not see 1 or 2.
RULES: dict[str, Words] = {
    "operating_has_staff": Words(
        ECONOMIC_OFFICE,
        "摸排结果为正常经营，但{source_a}（{on_a}）的从业人员数为{a}。请核实人数，或更正经营状态。",
        "it was found operating, but {source_a} ({on_a}) gives {a} as its staff; find out how many work there, or correct its state.",
    ),
    "staff_does_not_jump": Words(
        ECONOMIC_OFFICE,
        "{source_a}的从业人员数从 {b}（{on_b}）变为 {a}（{on_a}），一年内变化过大。请核实是否多写或少写了位数。",
        "the staff in {source_a} went from {b} ({on_b}) to {a} ({on_a}) within a year; check for a digit too many or too few.",
    ),
    "staff_agrees_with_roster": Words(
        ECONOMIC_OFFICE,
        "从业人员数不一致：{source_a}（{on_a}）为 {a}，{source_b}（{on_b}）有 {b} 行。请核实花名册是否齐全。",
        "staff differ: {source_a} ({on_a}) gives {a}, {source_b} ({on_b}) has {b} rows; check whether the roster is complete.",
    ),
    "staff_agrees_with_insured": Words(
        ECONOMIC_OFFICE,
        "从业人员数与参保人数不一致：{source_a}（{on_a}）为 {a}，{source_b}（{on_b}）的参保人数为 {b}。请核实。",
        "staff and insured differ: {source_a} ({on_a}) gives {a} staff, {source_b} ({on_b}) has {b} insured; find out which is right.",
    ),
    "staff_agrees_with_annual_report": Words(
        ECONOMIC_OFFICE,
        "从业人员数不一致：{source_a}（{on_a}）为 {a}，{source_b}（{on_b}）为 {b}。请核实。",
        "staff differ: {source_a} ({on_a}) gives {a}, {source_b} ({on_b}) gives {b}; find out which is right.",
    ),
    "staff_agrees_with_screening": Words(
        ECONOMIC_OFFICE,
        "从业人员数不一致：{source_a}（{on_a}）为 {a}，{source_b}（{on_b}）为 {b}。请核实。",
        "staff differ: {source_a} ({on_a}) gives {a}, {source_b} ({on_b}) gives {b}; find out which is right.",
    ),
    "members_are_not_more_than_staff": Words(
        COMMITTEE,
        "党员 {a} 人（{source_a}，{on_a}），多于从业人员 {b} 人（{source_b}，{on_b}）。请核实党员数，指导员不计入。",
        "there are {a} members ({source_a}, {on_a}) and only {b} staff ({source_b}, {on_b}); check the members: instructors are not among them.",
    ),
    "full_and_probationary_make_members": Words(
        COMMITTEE,
        "{source_a}（{on_a}）的正式党员与预备党员合计 {a} 人，而党员总数为 {b} 人。请更正。",
        "full and probationary members in {source_a} ({on_a}) are {a} together, but its members are {b}; correct one of them.",
    ),
    "in_and_out_make_members": Words(
        COMMITTEE,
        "{source_a}（{on_a}）的组织关系已转入与未转入党员合计 {a} 人，而党员总数为 {b} 人。请更正。",
        "members whose relation is here and elsewhere in {source_a} ({on_a}) are {a} together, but its members are {b}; correct one of them.",
    ),
    "instructors_are_not_members": Words(
        COMMITTEE,
        "{source_a}（{on_a}）把 {a} 名党建指导员计入了党员 {b} 人。指导员不是本单位党员，请从党员数中减去。",
        "{source_a} ({on_a}) counts {a} instructors among its {b} members; an instructor is no member of the organisation, take them out.",
    ),
}


def chosen(figures: Iterable[Figure], field: str, prefer: Sequence[str]) -> Figure | None:
    """Return the figure to show for a field: of the preferred source, its newest that says it.

    Args:
        figures: of one organisation.
        field: ``staff``, ``members``, …
        prefer: sources, best first; one that is not named never speaks for this field.
    """
    saying = [each for each in figures if getattr(each, field) is not None]
    for source in prefer:
        mine = [each for each in saying if each.source == source]
        if mine:
            return max(mine, key=lambda each: each.counted_on)
    return None


def disagreements(
    figures: Sequence[Figure], *, operating: bool, rules: HeadcountRules
) -> list[Disagreement]:
    """Return what does not fit together, in the order of ``RULES``; each pair of sources once.

    Args:
        figures: of one organisation, from all sources and days, one a source and day.
        operating: a person found that it operates.
        rules: how far two figures may lie apart.

    Raises:
        Misuse: a source is not one of ``SOURCES``.
    """
    for figure in figures:
        require_source(figure.source)
    by_source = _by_source(figures)
    found = [
        *_without_staff(figures, rules if operating else None),
        *_jumps(figures, rules),
        *_apart(by_source, rules),
        *_more_members_than_staff(figures, by_source, rules),
        *_sums(by_source),
    ]
    order = list(RULES)
    return sorted(found, key=lambda each: (order.index(each.rule), each.source_a, each.source_b))


def against_declared(
    rows: int, on: date, figures: Sequence[Figure], rules: HeadcountRules
) -> list[Disagreement]:
    """Return what a roster of so many rows would contradict; nothing is kept.

    Only of staff: whoever may try rosters of any length would find out how many members there are.

    Args:
        rows: staff on the roster.
        on: the day it describes; what a roster said of that day before is left out.
        figures: what is known of the organisation.
        rules: how far two figures may lie apart.
    """
    roster = Figure("roster", on, rows)
    others = [each for each in figures if (each.source, each.counted_on) != ("roster", on)]
    said = disagreements([*others, roster], operating=False, rules=rules)
    return [
        each
        for each in said
        if each.owner != COMMITTEE
        and ("roster", on) in {(each.source_a, each.on_a), (each.source_b, each.on_b)}
    ]


def told(each: Disagreement) -> dict[str, str]:
    """Return a disagreement as a sentence with both figures and both sources: ``rule, zh, en``."""
    words = RULES[each.rule]
    facts = {
        "a": "未填" if each.figure_a is None else each.figure_a,
        "b": "未填" if each.figure_b is None else each.figure_b,
        "on_a": each.on_a,
        "on_b": each.on_b,
    }
    zh, en = (
        text.format(
            source_a=SOURCES[each.source_a][place], source_b=SOURCES[each.source_b][place], **facts
        )
        for place, text in enumerate((words.zh, words.en))
    )
    return {"rule": each.rule, "zh": zh, "en": en}


def require_source(source: str) -> None:
    """Return if people are counted by this source.

    Raises:
        Misuse: they are not; its name and those that are known are said.
    """
    if source not in SOURCES:
        raise Misuse(
            f"“{source}”不是人数来源，可用：{'、'.join(SOURCES)}。",
            f"{source!r} is no source of headcounts; known are: {', '.join(SOURCES)}.",
        )


def _by_source(figures: Iterable[Figure]) -> dict[str, list[Figure]]:
    """Figures by source, oldest first."""
    by_source: dict[str, list[Figure]] = {}
    for figure in sorted(figures, key=lambda each: each.counted_on):
        by_source.setdefault(figure.source, []).append(figure)
    return by_source


def _last(by_source: dict[str, list[Figure]], source: str, field: str) -> Figure | None:
    """The newest figure of a source that says something about a field."""
    saying = [each for each in by_source.get(source, []) if getattr(each, field) is not None]
    return saying[-1] if saying else None


def _said(rule: str, a: tuple[int | None, Figure], b: tuple[int | None, Figure]) -> Disagreement:
    (figure_a, at_a), (figure_b, at_b) = a, b
    owner = RULES[rule].owner
    return Disagreement(
        rule, owner, figure_a, at_a.source, at_a.counted_on, figure_b, at_b.source, at_b.counted_on
    )


def _without_staff(
    figures: Sequence[Figure], rules: HeadcountRules | None
) -> Iterator[Disagreement]:
    # That somebody declared is no economic office's to know, and says nothing about staff.
    told = [each for each in figures if each.source != DECLARED]
    if rules is None or not told:
        return
    shown = chosen(told, "staff", rules.staff_sources)
    if shown is None:
        # Nobody says how many: the newest figure is the one to be completed.
        newest = _by_source(told).values()
        shown = max((each[-1] for each in newest), key=lambda each: each.counted_on)
    if not shown.staff:
        yield _said("operating_has_staff", (shown.staff, shown), (None, shown))


def _jumps(figures: Sequence[Figure], rules: HeadcountRules) -> Iterator[Disagreement]:
    """The newest step of each source: an old jump was asked about when it was new."""
    for mine in _by_source(each for each in figures if each.staff is not None).values():
        for before, after in list(pairwise(mine))[-1:]:
            low, high = sorted((before.staff or 0, after.staff or 0))
            soon = after.counted_on - before.counted_on <= timedelta(days=rules.jump_days)
            if soon and high - low >= rules.jump_people and high >= rules.jump_ratio * low:
                yield _said("staff_does_not_jump", (after.staff, after), (before.staff, before))


def _apart(by_source: dict[str, list[Figure]], rules: HeadcountRules) -> Iterator[Disagreement]:
    """Each declaring source against what others counted."""
    against = [
        ("staff_agrees_with_roster", "roster", "staff"),
        ("staff_agrees_with_annual_report", "annual_report", "staff"),
        ("staff_agrees_with_screening", "screening", "staff"),
        *(("staff_agrees_with_insured", source, "insured") for source in SOURCES),
    ]
    for declaring in DECLARING:
        mine = _last(by_source, declaring, "staff")
        for rule, source, field in against:
            other = _last(by_source, source, field)
            if mine is None or other is None or (source == declaring and field == "staff"):
                continue
            if _differ(mine.staff, getattr(other, field), rules) and _near(mine, other, rules):
                yield _said(rule, (mine.staff, mine), (getattr(other, field), other))


def _differ(a: int | None, b: int | None, rules: HeadcountRules) -> bool:
    if a is None or b is None:
        return False
    return abs(a - b) > max(rules.people_apart, rules.share_apart * max(a, b))


def _near(a: Figure, b: Figure, rules: HeadcountRules) -> bool:
    """Figures of years ago say nothing about today's."""
    return abs(a.counted_on - b.counted_on) <= timedelta(days=rules.days_apart)


def _more_members_than_staff(
    figures: Sequence[Figure], by_source: dict[str, list[Figure]], rules: HeadcountRules
) -> Iterator[Disagreement]:
    """Within one source and day if it says both, else against the staff that is shown."""
    shown = chosen(figures, "staff", rules.staff_sources)
    for source in (*rules.member_sources, DECLARED):
        mine = _last(by_source, source, "members")
        if mine is None:
            continue
        staff = mine if mine.staff is not None else shown
        if staff is None or not _near(mine, staff, rules):
            continue
        if (mine.members or 0) > (staff.staff or 0):
            yield _said(
                "members_are_not_more_than_staff", (mine.members, mine), (staff.staff, staff)
            )


def _sums(by_source: dict[str, list[Figure]]) -> Iterator[Disagreement]:
    """Whether the newest figure of each source adds up."""
    for mine in by_source.values():
        last = mine[-1]
        parts = {
            "full_and_probationary_make_members": (last.full_members, last.probationary_members),
            "in_and_out_make_members": (last.members_in, last.members_out),
        }
        for rule, (one, other) in parts.items():
            if one is None or other is None or last.members is None:
                continue
            if one + other != last.members:
                yield _said(rule, (one + other, last), (last.members, last))
        if last.instructors_counted:
            yield _said(
                "instructors_are_not_members",
                (last.instructors_counted, last),
                (last.members, last),
            )
