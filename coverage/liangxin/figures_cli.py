"""Commands that ask for figures: `coverage`, `change`, `lists`, `annual`, `clocks`."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.cli import AsOf, Json, acting, answering, opened, parse_date, print_json, settings
from liangxin.errors import Misuse
from liangxin.saying import (
    CAUSES,
    change_object,
    clocks_left_out,
    coverage_object,
    days_said,
    print_annual,
    print_change,
    print_table,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from liangxin.rules import RuleSet

Rules = Annotated[
    str, typer.Option("--rule-set", help="A rule set by name; default: the one of the settings.")
]
KnownAt = Annotated[
    str,
    typer.Option("--known-at", help="As known at a moment, like 2022-10-08T09:00:00+08:00."),
]
By = Annotated[str, typer.Option(help="subdistrict, community, grid or kind.")]

#: So many organisations are told while somebody waits; of more, the facts answer at once.
FEW = 20_000


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (coverage, change, lists, annual, clocks):
        app.command(command.__name__)(command)


@contextmanager
def _asking(rule_set: str) -> "Generator[tuple[Connection, RuleSet]]":
    """An open register and the rule set asked for."""
    from liangxin import db, rules, spells

    chosen = settings()
    found = rules.load(rule_set, folder=chosen.rules) if rule_set else rules.of(chosen)
    with opened(chosen) as engine:
        spells.ready(engine, found, most=FEW)
        with db.reading(engine) as connection:
            yield connection, found


def coverage(
    as_of: AsOf = "",
    rate: Annotated[str, typer.Option(help="R1 to R8.")] = "R1",
    by: By = "subdistrict",
    rule_set: Rules = "",
    known_at: KnownAt = "",
    as_json: Json = False,
) -> None:
    """Print a coverage rate as of a day: numerator, denominator, share.

    Example: liangxin coverage --as-of 2022-09-30 --rate R1
    """
    with answering(as_json=as_json):
        day, moment = parse_date(as_of, "--as-of"), _moment(known_at)
        from liangxin import views

        with _asking(rule_set) as (connection, rules):
            table = views.coverage(
                connection, acting(), rules, as_of=day, rate=rate, by=by, known_at=moment
            )
        print_json(coverage_object(table)) if as_json else print_table(table)


def change(
    from_on: Annotated[str, typer.Option("--from", help="The first day.")],
    to_on: Annotated[str, typer.Option("--to", help="The last day; default: today.")] = "",
    rate: Annotated[str, typer.Option(help="R1 to R7.")] = "R1",
    rule_set: Rules = "",
    known_at: KnownAt = "",
    organisations: Annotated[
        bool, typer.Option("--organisations", help="Name the organisations behind each cause.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print why a rate moved between two days; the points sum exactly to the change.

    Example: liangxin change --from 2022-03-31 --to 2022-09-30
    """
    with answering(as_json=as_json):
        first, last = parse_date(from_on, "--from"), parse_date(to_on, "--to")
        moment = _moment(known_at)
        import dataclasses

        from liangxin import change as changes

        with _asking(rule_set) as (connection, rules):
            told = changes.between(
                connection, acting(), rules, from_on=first, to_on=last, rate=rate, known_at=moment
            )
            named = []
            if organisations:
                named = changes.movers(
                    connection,
                    acting(),
                    rules,
                    from_on=first,
                    to_on=last,
                    rate=rate,
                    known_at=moment,
                )
        if as_json:
            movers = {"organisations": [dataclasses.asdict(each) for each in named]}
            print_json(change_object(told) | (movers if organisations else {}))
            return
        print_change(told)
        for each in named:
            print(f"  {CAUSES[each.cause]}  {each.uscc}  {each.name}")


def lists(
    name: Annotated[
        str, typer.Argument(metavar="[LIST]", help="One list, to name who is on it.")
    ] = "",
    as_of: AsOf = "",
    by: By = "subdistrict",
    group: Annotated[str, typer.Option(help="Only this code.")] = "",
    known_at: KnownAt = "",
    rule_set: Rules = "",
    as_json: Json = False,
) -> None:
    """Print the warning lists: how many organisations are on each, or who is on one.

    Example: liangxin lists should_not_built --as-of 2022-09-30
    """
    with answering(as_json=as_json):
        day, moment = parse_date(as_of, "--as-of"), _moment(known_at)
        import dataclasses

        from liangxin import lists as warnings
        from liangxin import tally, views

        tally.require_group(by)
        with _asking(rule_set) as (connection, rules):
            if by == "subdistrict":
                views.require_place(connection, acting(), group, on=day)
            if name:
                found = warnings.organisations(
                    connection,
                    acting(),
                    rules,
                    name,
                    as_of=day,
                    group=group or None,
                    by=by,
                    known_at=moment,
                )
                answer: Any = [dataclasses.asdict(each) for each in found]
            else:
                answer = warnings.counts(
                    connection, acting(), rules, as_of=day, by=by, known_at=moment
                )
        if as_json:
            said = answer if name else {each: _by_code(of) for each, of in answer.items()}
            print_json({"as_of": day, "rule_set": rules.id, "list" if name else "lists": said})
        elif name:
            for each in answer:
                print(f"{each['uscc']}  {each['name']}")
            print(f"共 {len(answer)} 家。")
        else:
            for each, of in answer.items():
                print(f"{sum(of.values()):7}  {warnings.LISTS[each].zh}  ({each})")


def annual(
    form: Annotated[str, typer.Argument(help="enterprises or social.")] = "enterprises",
    as_of: AsOf = "",
    subdistrict: Annotated[str, typer.Option(help="Only this sub-district.")] = "",
    cell: Annotated[str, typer.Option(help="ROW:COLUMN, to name the units behind a cell.")] = "",
    known_at: KnownAt = "",
    rule_set: Rules = "",
    as_json: Json = False,
) -> None:
    """Print an official annual table, or the organisations behind one cell of it.

    Example: liangxin annual enterprises --as-of 2022-12-31 --cell should:total
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        import dataclasses

        from liangxin import annual as tables
        from liangxin import views

        where: dict[str, Any] = {"as_of": day, "subdistrict_code": subdistrict or None}
        where["known_at"] = _moment(known_at)
        with _asking(rule_set) as (connection, rules):
            views.require_place(connection, acting(), subdistrict, on=day)
            if cell:
                row, _, column = cell.partition(":")
                units = tables.units(
                    connection,
                    acting(),
                    rules,
                    form,
                    row,
                    column,
                    **where,
                )
                answer: Any = [dataclasses.asdict(each) for each in units]
            else:
                table = tables.table(connection, acting(), rules, form, **where)
                answer = dataclasses.asdict(table)
        if as_json:
            print_json(answer)
        elif cell:
            for each in answer:
                print(f"{each['uscc']}  {each['name']}")
            print(f"共 {len(answer)} 家。")
        else:
            print_annual(form, answer)


def clocks(
    as_of: AsOf = "",
    since: Annotated[str, typer.Option(help="Count what ended from this day on.")] = "",
    over: Annotated[str, typer.Option(help="A clock, to name what is over its limit.")] = "",
    by: By = "subdistrict",
    known_at: KnownAt = "",
    rule_set: Rules = "",
    as_json: Json = False,
) -> None:
    """Print the clocks: half and nine tenths within so many days, what is open over its limit.

    Example: liangxin clocks --as-of 2022-09-30 --since 2022-04-01
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        start = parse_date(since, "--since") if since else None
        moment = _moment(known_at)
        import dataclasses

        from liangxin import timing
        from liangxin.clocks import CLOCKS

        with _asking(rule_set) as (connection, rules):
            if over:
                running = timing.open_over(
                    connection, acting(), rules, over, as_of=day, known_at=moment
                )
                answer: Any = [dataclasses.asdict(each) for each in running]
            else:
                read = timing.readings(
                    connection, acting(), rules, as_of=day, since=start, by=by, known_at=moment
                )
                answer = {
                    name: [dataclasses.asdict(each) for each in of] for name, of in read.items()
                }
        hidden = () if over else timing.left_out(acting(), since=start, by=by, known_at=moment)
        if as_json:
            told = {"over": answer} if over else {"clocks": answer, "left_out": hidden}
            print_json({"as_of": day, "rule_set": rules.id, **told})
        elif over:
            for each in answer:
                print(f"{each['days']:6} 天  {each['uscc']}  {each['name']}")
        else:
            for name, of in answer.items():
                last = of[-1]
                half, most = (days_said(last[key]) for key in ("p50", "p90"))
                print(
                    f"{CLOCKS[name].zh}：已办结 {last['ended']}（半数 {half}，九成 {most}），"
                    f"在办 {last['open']}，超过 {last['limit']} 天未办结 {last['open_over']}"
                )
            if hidden:
                print(clocks_left_out(hidden))


def _moment(value: str) -> datetime | None:
    """Read a moment; one without a zone is taken as of this machine's.

    Raises:
        Misuse: it is no moment.
    """
    if not value:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise Misuse(
            f"--known-at 的“{value}”不是时刻，应形如 2022-10-08T09:00:00+08:00。",
            f"{value!r} for --known-at is no moment; write it like 2022-10-08T09:00:00+08:00.",
        ) from error
    try:
        return moment.astimezone(UTC)
    except (OverflowError, ValueError) as error:
        raise Misuse(
            f"--known-at 的“{value}”超出范围，请给出登记库建立以来的时刻。",
            f"{value!r} for --known-at is out of range; give a moment since the register was made.",
        ) from error


def _by_code(of: dict[str | None, int]) -> list[dict[str, Any]]:
    return [{"code": code, "organisations": number} for code, number in of.items()]
