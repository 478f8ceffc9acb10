"""Commands of plans: `plan instructors|branches`, and each step of a plan's life."""

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin import plan_locks_cli
from liangxin.cli import (
    AsOf,
    Json,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    require_office,
    settings,
    today,
)
from liangxin.plan_locks_cli import LARGEST, OFFICE, By, committee

if TYPE_CHECKING:
    from liangxin.errors import LiangxinError

Apply = Annotated[
    bool, typer.Option("--apply", help="Approve it and put it into force at once, from that day.")
]
Seconds = Annotated[float, typer.Option(help="Begin no further improvement after so many.")]
Seed = Annotated[int, typer.Option(help="Orders what is equal; same data and seed, same plan.")]
Subdistrict = Annotated[str, typer.Option(help="Only this sub-district (9 digits).")]
Number = Annotated[
    int, typer.Argument(metavar="PLAN", min=1, max=LARGEST, help="Number of the plan.")
]
Approval = Annotated[str, typer.Option(help="Number of the document that approves new branches.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    plan = typer.Typer(help="Plans of instructors and joint branches, each with its proof.")
    for name, command in (
        *(("instructors", instructors), ("branches", branches), ("again", again)),
        *(("list", list_plans), ("show", show), ("approve", approve), ("apply", apply)),
        ("drop", drop),
    ):
        plan.command(name)(command)
    plan_locks_cli.add_to(plan)
    plan.command("carry-out", hidden=True)(carry_out)
    app.add_typer(plan, name="plan")


def instructors(
    apply_now: Apply = False,
    seconds: Seconds = 60.0,
    seed: Seed = 0,
    subdistrict: Subdistrict = "",
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep the assignments that hold wherever that can be.")
    ] = False,
    as_of: AsOf = "",
    by: By = OFFICE,
    as_json: Json = False,
) -> None:
    """Propose who looks after which organisation: reached, even, near; with a proof.

    Example: liangxin plan instructors --subdistrict 430702001
    """
    from liangxin.plans.making import Wish

    wish = Wish(seconds, seed, keep)
    _propose("instructors", wish, subdistrict, as_of, by, apply_now=apply_now, as_json=as_json)


def branches(
    apply_now: Apply = False,
    seconds: Seconds = 60.0,
    seed: Seed = 0,
    subdistrict: Subdistrict = "",
    as_of: AsOf = "",
    by: By = OFFICE,
    as_json: Json = False,
) -> None:
    """Propose joint branches of organisations with few members: near, alike, few left; with a proof.

    Example: liangxin plan branches --subdistrict 430702001
    """
    from liangxin.plans.making import Wish

    wish = Wish(seconds, seed)
    _propose("branches", wish, subdistrict, as_of, by, apply_now=apply_now, as_json=as_json)


def _propose(
    kind: str, wish: Any, subdistrict: str, as_of: str, by: str, *, apply_now: bool, as_json: bool
) -> None:
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import db, rules
        from liangxin.errors import LiangxinError
        from liangxin.plans import deciding, ground, kept, making

        chosen = settings()
        rule_set = rules.of(chosen)
        actor, office = ground.within(committee(), subdistrict), require_office(by)
        make = making.instructors if kind == kept.INSTRUCTORS else making.branches
        with opened(chosen) as engine:
            if subdistrict.strip():
                with db.reading(engine) as connection:
                    ground.require_subdistrict(connection, subdistrict.strip())
            said = make(engine, actor, rule_set, wish, kept.Made(day, office, now()))
            if apply_now:
                number = said["plan"]
                try:
                    with db.writing(engine) as connection:
                        deciding.approve(
                            connection, actor, rule_set, number, by=office, on=day, now=now()
                        )
                        deciding.apply(connection, actor, rule_set, number, on=day, now=now())
                except LiangxinError as error:
                    raise _kept_anyway(error, number) from error
                said["state"] = "in_force"
        _print_plan(said, as_json=as_json)


def _kept_anyway(error: "LiangxinError", number: int) -> "LiangxinError":
    """The same refusal, with what became of the plan that was found."""
    return type(error)(
        f"{error.zh}方案 {number} 已保留为拟定，可用 liangxin plan show {number} 查看。",
        f"{error.en} Plan {number} is kept as a proposal: liangxin plan show {number}.",
    )


def again(
    number: Number,
    seconds: Seconds = 60.0,
    seed: Seed = 0,
    as_of: AsOf = "",
    by: By = OFFICE,
    as_json: Json = False,
) -> None:
    """Plan again: locks are respected, what can be kept is kept, each change says why.

    Example: liangxin plan again 12
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from liangxin import rules
        from liangxin.plans import kept, making

        chosen = settings()
        with opened(chosen) as engine:
            said = making.again(
                engine,
                committee(),
                rules.of(chosen),
                number,
                making.Wish(seconds, seed),
                kept.Made(day, require_office(by), now()),
            )
        _print_plan(said, as_json=as_json)


def _print_plan(said: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(said)
        return
    _tell_apart(said)
    from liangxin.plans.words import STATES

    state = STATES[said["state"]].zh
    print(f"方案 {said['plan']}（{state}，{said['as_of']}）  {said['proof']}")
    for each in said.get("assignments", ()):
        print(
            f"  {each['organisation']}  {each['name']}  → {each['instructor_name']}  {each['why']}"
        )
    for each in said.get("groups", ()):
        joins = f"加入 {each['joins']['name']}" if each["joins"] else "新建联合党支部"
        print(
            f"  第 {each['number']} 组  {joins}  {each['satisfies']}  最远 {each['longest_metres']} 米"
        )
        print("    " + "、".join(each["names"]))
    edits = [each for each in said.get("edits") or () if each not in said["changes"]]
    for title, some in (
        *(("变动", said["changes"]), ("对原方案的调整", edits)),
        *(("提示", said["warnings"]), ("未安排", said["left"])),
    ):
        for each in some:
            print(f"  {title}  {_whom(each)}  {each['why']}".rstrip())
    if said.get("one_more"):
        print("  " + said["one_more"]["why"])
    placed = len(said.get("assignments", ())) + sum(len(g["units"]) for g in said.get("groups", ()))
    print(f"已安排 {placed} 个单位，未安排 {len(said['left'])} 个；", end="")
    print(f"目标值 {said['objective']}，下限 {said['bound']}。")


def _tell_apart(said: dict[str, Any]) -> None:
    """Write the number beside the name of instructors who have one name, in all lines of a plan."""
    lines = [
        (each, who)
        for key in ("assignments", "warnings", "changes", "edits")
        for each in said.get(key) or ()
        for who in ("instructor", "was", "now")
        if each.get(f"{who}_name")
    ]
    people = {(each[who], each[f"{who}_name"]) for each, who in lines}
    borne = Counter(name for _, name in people)
    for each, who in lines:
        if borne[each[f"{who}_name"]] > 1:
            each[f"{who}_name"] += f" #{each[who]}"


def _whom(each: dict[str, Any]) -> str:
    """Whom a line is about: an organisation, a pair that changed, a group, an instructor."""
    if "was_name" in each:
        return f"{each['name']}  {each['was_name']} → {each['now_name'] or '无'}"
    if "was_names" in each:
        return "、".join(each["was_names"])
    return str(each.get("name") or each.get("instructor_name") or each.get("organisation") or "")


def list_plans(as_json: Json = False) -> None:
    """List plans, the newest first: what kind, where it stands, how many it plans.

    Example: liangxin plan list
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin.plans import kept
        from liangxin.plans.words import KINDS, STATES

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = kept.listed(connection, committee())
        names = (
            *("id", "kind", "scope", "state", "as_of", "rule_set", "value", "bound", "made_by"),
            *("decided_by", "decided_on", "in_force_from", "after_plan_id", "planned", "items"),
        )
        if as_json:
            print_json([{name: getattr(row, name) for name in names} for row in found])
            return
        for row in found:
            kind, state = KINDS[row.kind].zh, STATES[row.state].zh
            where = row.scope or "全区"
            print(f"{row.id:>5}  {kind}  {where}  {state}  {row.as_of}  {row.planned}/{row.items}")
        print(f"共 {len(found)} 个方案。")


def show(number: Number, as_json: Json = False) -> None:
    """Show a plan: each organisation with its instructor or group, or why it has none.

    Example: liangxin plan show 12
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin.plans import kept
        from liangxin.plans.words import CHANGED, LEFT, STATES, reason

        with opened(settings()) as engine, db.reading(engine) as connection:
            plan = kept.require(connection, committee(), number)
            rows = kept.items(connection, committee(), number)
        zh, en = plan.says.split("\n", 1)
        told = [
            {
                "organisation": row.uscc,
                "name": row.organisation,
                "instructor": row.instructor_id,
                "instructor_name": row.instructor,
                "group": row.group_number,
                "joins": row.party_organisation,
                "left": row.left_over,
                "was": row.was_instructor_id,
                "was_name": row.was,
                "reasons": row.reasons.split(),
                "change": row.change,
                **_worded("why", LEFT[row.left_over] if row.left_over else reason(row.reasons)),
                **_worded("changed", CHANGED[row.change] if row.change else None),
            }
            for row in rows
        ]
        if as_json:
            names = ("id", "kind", "scope", "state", "as_of", "rule_set", "seed")
            print_json(
                {name: getattr(plan, name) for name in names}
                | {"objective": int(plan.value), "bound": int(plan.bound)}
                | {"proof": zh, "proof_en": en, "items": told}
            )
            return
        print(f"方案 {number}（{STATES[plan.state].zh}，{plan.as_of}）  {zh}")
        for each in told:
            joint = each["group"] and f"第 {each['group']} 组 {each['joins'] or '新建'}"
            who = each["instructor_name"] or joint or "未安排"
            changed = f"（{each['changed']}，原为 {each['was_name']}）" if each["change"] else ""
            print(
                f"  {each['organisation']}  {each['name']}  {who}  {each['why']}{changed}".rstrip()
            )


def _worded(key: str, words: Any) -> dict[str, str | None]:
    return {key: words and words.zh, f"{key}_en": words and words.en}


def approve(
    number: Number,
    by: Annotated[str, typer.Option(help="The committee that approves it.")],
    as_json: Json = False,
) -> None:
    """Approve a proposed plan, if the register has not changed under it.

    Example: liangxin plan approve 12 --by 穿紫河街道综合党委
    """
    with answering(as_json=as_json):
        from liangxin import db, rules
        from liangxin.plans import deciding

        chosen, actor = settings(), committee()
        with opened(chosen) as engine, db.writing(engine) as connection:
            deciding.approve(
                connection,
                actor,
                rules.of(chosen),
                number,
                by=require_office(by),
                on=today(),
                now=now(),
            )
        said = {"plan": number, "state": "approved"}
        print_json(said) if as_json else print(f"方案 {number} 已批准。/ approved")


def apply(
    number: Number,
    on: Annotated[str, typer.Option(help="From which day it holds; default: today.")] = "",
    approval: Approval = "",
    as_json: Json = False,
) -> None:
    """Put an approved plan into force: assignments or coverings hold from that day on.

    Example: liangxin plan apply 12 --on 2022-06-01
    """
    with answering(as_json=as_json):
        day = parse_date(on, "--on")
        import dataclasses

        from liangxin import db, rules
        from liangxin.plans import deciding

        chosen, actor = settings(), committee()
        with opened(chosen) as engine, db.writing(engine) as connection:
            done = deciding.apply(
                connection,
                actor,
                rules.of(chosen),
                number,
                on=day,
                approval=approval or None,
                now=now(),
            )
        if as_json:
            print_json(dataclasses.asdict(done) | {"state": "in_force"})
            return
        print(
            f"方案 {number} 自 {day} 起执行：新增 {done.begun}，结束 {done.ended}，"
            f"续任 {done.renewed}，不变 {done.unchanged}，新建联合党支部 {done.formed}。"
        )
        for each in done.warnings:
            print(f"  提示：{each.zh}")


def drop(number: Number, by: By = OFFICE, as_json: Json = False) -> None:
    """Drop a plan that was never in force.

    Example: liangxin plan drop 12 --by 穿紫河街道综合党委
    """
    with answering(as_json=as_json):
        from liangxin import db
        from liangxin.plans import deciding

        actor = committee()
        with opened(settings()) as engine, db.writing(engine) as connection:
            deciding.drop(connection, actor, number, by=require_office(by), on=today(), now=now())
        said = {"plan": number, "state": "dropped"}
        print_json(said) if as_json else print(f"方案 {number} 已作废。/ dropped")


def carry_out(number: Annotated[int, typer.Argument(min=1, max=LARGEST)]) -> None:
    """Make the plan that somebody asked for at a page; the child process of the pages."""
    with answering(as_json=True):
        from liangxin import rules
        from liangxin.plans import asking

        chosen = settings()
        with opened(chosen) as engine:
            done = asking.carry_out(engine, rules.of(chosen), number, clock=now)
        print_json({"plan": done.plan_id, "state": done.state})
