"""One plan as people read it: the proof, pairs, groups, loads, what changes, who is left. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from dashboard import panels, tables
from dashboard.plan_parts import MOST, PLAN, more, worded
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin.instructors import KINDS as INSTRUCTORS
from liangxin.plans import words
from liangxin.plans.told import Told

if TYPE_CHECKING:
    from liangxin.plans.reading import Fit, GroupNow, Load, Shown

#: Where it is told whether a plan fits; the rest of the page does not wait for it.
FIT = "plan-fit"
#: Columns of the pairs, in pixels.
WIDTHS = {
    "name": 260,
    "uscc": 205,
    "plan_instructor": 120,
    "plan_metres": 100,
    "plan_why": 290,
    "plan_change": 240,
}


def facts(pairs: Sequence[tuple[str, Cell]]) -> Component:
    """Return facts under their names."""
    return html.Dl(
        [part for name, value in pairs for part in (html.Dt(name), html.Dd(value))],
        className="facts",
    )


def certificate(shown: "Shown", say: Say) -> Component:
    """Return what is proven of a plan, by whom it was made, and whether it still fits."""
    plan, near = shown.plan, shown.nearness
    zh, _, en = plan.says.partition("\n")
    pairs: list[tuple[str, Cell]] = [
        (say("plans.state"), worded(say, words.STATES, plan.state)),
        (say("plans.nearness"), html.B(say.pair((near.zh, near.en)))),
        (say("plan.proof"), say.pair((zh, en))),
        (say("plan.values"), say("plan.value_bound", value=plan.value, bound=plan.bound)),
        (say("plan.checker"), say("plan.checked")),
    ]
    if plan.state in {"proposed", "approved"}:
        pairs.append((say("plan.today"), html.Div(say("plan.looking"), id=FIT)))
    if not shown.told.in_time:
        pairs.append((say("plan.cut"), say("plan.cut_short")))
    pairs += [
        (say("plan.rules"), say("plan.rules_seed", rule_set=plan.rule_set, seed=plan.seed)),
        (say("plan.made"), say("plan.made_by", by=plan.made_by, as_of=plan.as_of)),
    ]
    if plan.after_plan_id is not None:
        before = dcc.Link(str(plan.after_plan_id), href=PLAN.format(number=plan.after_plan_id))
        pairs.append((say("plan.after"), before))
    if plan.decided_by is not None:
        pairs.append((say("plan.decided"), f"{plan.decided_by} {plan.decided_on}"))
    if plan.in_force_from is not None:
        pairs.append((say("plan.in_force"), str(plan.in_force_from)))
    return facts(pairs)


def fit(found: "Fit", say: Say) -> list[Component]:
    """Return whether a plan fits today's register, and where it does not."""
    if not found.faults:
        return [html.Span(say("plan.fits"))]
    some = [html.Li(say.pair(fault)) for fault in found.faults[:3]]
    told = say("plan.fits_not", number=len(found.faults))
    return [html.Span(told, className="plans-late"), html.Ul(some, className="plain")]


def pairs(shown: "Shown", say: Say, *, address: str) -> Component:
    """Return who looks after whom and why, as a grid."""
    why = {codes: _reason(codes, say) for codes in {row.reasons for row in shown.items}}
    rows = [
        {
            "name": row.organisation,
            "uscc": row.uscc,
            "plan_instructor": row.instructor,
            "plan_metres": _metres(shown.told, row.uscc, say),
            "plan_why": why[row.reasons],
            "plan_change": _change(row, say),
        }
        for row in shown.items
        if row.instructor_id is not None
    ]
    return tables.grid(rows, WIDTHS, say, address=address)


def _metres(told: Told, code: str, say: Say) -> str:
    metres = told.metres.get(code)
    return say("number.unknown") if metres is None else say("plan.metres", metres=metres)


def _reason(codes: str, say: Say) -> str:
    found = words.reason(codes)
    return say.pair((found.zh, found.en))


def _change(row: Any, say: Say) -> str:
    if row.was_instructor_id == row.instructor_id:
        return say("plan.renewed" if "renewed" in row.reasons.split() else "plan.kept")
    if row.was_instructor_id is None:
        return say("plan.new")
    why = worded(say, words.CHANGED, row.change or "")
    return say("plan.was", was=row.was, why=why)


def loads(some: "Sequence[Load]", told: Told, say: Say) -> list[Component]:
    """Return how many organisations each instructor has, the largest and smallest in a sentence."""
    able = [each for each in some if each.is_willing and each.capacity]
    if not able:
        return [html.P(say("plan.nobody"), className="sentence")]
    most, least = able[0], min(able, key=lambda each: each.in_all)
    says = say(
        "plan.loads_said",
        most=most.in_all,
        name=most.name,
        least=least.in_all,
        least_name=least.name,
    )
    rows: list[Sequence[Cell]] = [
        [
            each.name,
            say.pair(INSTRUCTORS.get(each.kind, (each.kind, each.kind))),
            str(each.planned),
            str(each.beside),
            str(each.in_all),
            str(each.capacity) if each.is_willing else say("plan.unwilling"),
        ]
        for each in some[:MOST]
    ]
    columns = ("name", "kind", "planned", "beside", "in_all", "capacity")
    heads = [say(f"plan.load.{name}") for name in columns]
    parts: list[Component] = [
        html.P(says, className="sentence"),
        tables.sheet(heads, rows, say, numbers={2, 3, 4, 5}),
        *more(len(some) - MOST, say),
    ]
    warned = [each for each in told.warnings if "instructor" in each]
    if warned:
        names = {each.id: each.name for each in some}
        lines = [
            html.Li(f"{names.get(each['instructor'], each['instructor'])}: {_pair(each, say)}")
            for each in warned[:MOST]
        ]
        parts.append(html.Ul(lines, className="plain note"))
    return parts


def one_more(told: Told, names: Mapping[str, str], say: Say) -> list[Component]:
    """Return where one more instructor would help most."""
    found = told.one_more
    if found is None:
        return []
    code = found["community"] or found["subdistrict"]
    where = names.get(code, code)
    text = (
        say("plan.one_more_reaches", where=where, number=found["reached"])
        if found["reached"]
        else say("plan.one_more_helps", where=where, number=found["organisations"])
    )
    return [html.P(text, className="remark")]


def left(items: Sequence[Any], say: Say, *, address: Callable[[str], str]) -> list[Component]:
    """Return who has nobody, by the reason why."""
    some = [row for row in items if row.left_over is not None]
    if not some:
        return [html.P(say("plan.none_left"), className="sentence")]
    parts: list[Component] = []
    for reason, number in Counter(row.left_over for row in some).most_common():
        why = worded(say, words.LEFT, reason)
        named = [row for row in some if row.left_over == reason]
        links = [
            html.Li(dcc.Link(row.organisation, href=address(row.uscc))) for row in named[:MOST]
        ]
        parts.append(
            html.Details(
                [
                    html.Summary(say("plan.left_because", why=why, number=number)),
                    html.Ul(links, className="plain plans-names"),
                    *more(number - MOST, say),
                ],
                open=number <= 5,
            )
        )
    return parts


def changes(shown: "Shown", say: Say) -> list[Component]:
    """Return what applying a plan of instructors changes: pairs that end or move, and why."""
    moved = [
        row
        for row in shown.items
        if row.was_instructor_id is not None and row.was_instructor_id != row.instructor_id
    ]
    begun = sum(
        row.was_instructor_id is None and row.instructor_id is not None for row in shown.items
    )
    kept = sum(
        row.was_instructor_id is not None and row.was_instructor_id == row.instructor_id
        for row in shown.items
    )
    says = html.P(
        say("plan.changes_said", begun=begun, moved=len(moved), kept=kept), className="sentence"
    )
    if not moved:
        return [says]
    heads = [say(f"plan.change.{name}") for name in ("organisation", "was", "now", "why")]
    rows: list[Sequence[Cell]] = [
        [
            row.organisation,
            row.was or "",
            row.instructor or say("plan.nobody_now"),
            worded(say, words.CHANGED, row.change or ""),
        ]
        for row in moved[:MOST]
    ]
    table = tables.sheet(heads, rows, say, kind="wrapping")
    return [says, table, *more(len(moved) - MOST, say)]


def edits(shown: "Shown", say: Say) -> list[Component]:
    """Return which pairs of the plan it was made from moved, and why.

    Those that hold today as well are told as changes of what holds.
    """
    rows = {row.uscc: row for row in shown.items}
    some = [
        each
        for each in shown.told.edits
        if each["organisation"] in rows
        and rows[each["organisation"]].was_instructor_id != each["was"]
    ]
    if not some:
        return []
    names = {each.id: each.name for each in shown.loads}
    heads = [say(f"plan.change.{name}") for name in ("organisation", "was", "now", "why")]
    lines: list[Sequence[Cell]] = [
        [
            rows[each["organisation"]].organisation,
            names.get(each["was"], str(each["was"])),
            rows[each["organisation"]].instructor or say("plan.nobody_now"),
            worded(say, words.CHANGED, each["reason"]),
        ]
        for each in some[:MOST]
    ]
    table = tables.sheet(heads, lines, say, kind="wrapping")
    title = say("plan.edits", number=shown.plan.after_plan_id)
    return [panels.section(title, table, *more(len(some) - MOST, say))]


def group_changes(shown: "Shown", say: Say) -> list[Component]:
    """Return which groups of the plan it was made from are no more, and why."""
    if not shown.told.changes:
        return []
    names = {row.uscc: row.organisation for row in shown.items}
    lines = [
        html.Li(
            say(
                "plan.group_changed",
                was=say("plans.and").join(names.get(one, one) for one in each["was"]),
                why=worded(say, words.CHANGED, each["reason"]),
            )
        )
        for each in shown.told.changes[:MOST]
    ]
    title = say("plan.edits", number=shown.plan.after_plan_id)
    return [panels.section(title, html.Ul(lines, className="plain"))]


def groups(
    shown: "Shown", now: "Mapping[int, GroupNow]", say: Say, *, address: Callable[[str], str]
) -> Component:
    """Return the groups of a plan of joint branches as cards; ``now`` is how they are counted today."""
    found: dict[int, list[Any]] = {}
    for row in shown.items:
        if row.group_number is not None:
            found.setdefault(row.group_number, []).append(row)
    names = {row.uscc: row.organisation for row in shown.items}
    cards = [
        _group(number, rows, shown.told, now.get(number), names, say, address)
        for number, rows in list(found.items())[:MOST]
    ]
    if not cards:
        return html.P(say("plan.no_groups"), className="sentence")
    return html.Div([html.Div(cards, className="plans-groups"), *more(len(found) - MOST, say)])


def _group(
    number: int,
    rows: Sequence[Any],
    beside: Told,
    now: "GroupNow | None",
    names: Mapping[str, str],
    say: Say,
    address: Callable[[str], str],
) -> Component:
    joins = rows[0].party_organisation
    title = (
        say("plan.group_new", number=number)
        if joins is None
        else say("plan.group_joins", number=number, name=joins)
    )
    told = beside.groups.get(str(number), {})
    lines: list[Component] = []
    if now is not None:
        lines += [
            html.P(say("plan.group_now", size=now.size, full=now.full_members, all=now.members)),
            html.P(say("plan.group_candidates", number=now.candidates), className="note"),
            html.P(say("plan.group_rule", rule=say.pair(now.satisfies)), className="note"),
        ]
    if told:
        key = "plan.group_measured" if told["is_measured"] else "plan.group_stepped"
        far = {
            "plan.group_measured": say(
                "plan.group_measured", longest=told["longest"], mean=told["mean"]
            ),
            "plan.group_stepped": say(
                "plan.group_stepped", longest=told["longest"], mean=told["mean"]
            ),
        }[key]
        lines.append(html.P(far, className="note"))
    units = [html.Li(dcc.Link(row.organisation, href=address(row.uscc))) for row in rows]
    return html.Article(
        [
            html.H3(title),
            *lines,
            html.Ul(units, className="plain"),
            *_alternatives(told.get("alternatives", []), names, say),
        ],
        className="plans-group",
    )


def _alternatives(
    some: Sequence[Mapping[str, Any]], names: Mapping[str, str], say: Say
) -> list[Component]:
    if not some:
        return []
    lines = []
    for each in some:
        who = [names.get(one, one) for one in each["units"]]
        who += [each["joins"]] if each["joins"] else []
        told = say("plans.and").join(who)
        lines.append(html.Li(say("plan.alternative", who=told, dearer=each["dearer"])))
    summary = html.Summary(say("plan.alternatives", number=len(lines)))
    return [html.Details([summary, html.Ul(lines, className="plain note")])]


def warnings(told: Told, say: Say) -> list[Component]:
    """Return what must be known of locks that were left out, and of groups."""
    some = [each for each in told.warnings if "instructor" not in each]
    return [
        *(panels.remark(_pair(each, say)) for each in some[:MOST]),
        *more(len(some) - MOST, say),
    ]


def _pair(each: Mapping[str, Any], say: Say) -> str:
    return say.pair((each["zh"], each["en"]))
