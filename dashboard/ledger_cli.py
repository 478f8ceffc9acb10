"""Commands of ledgers: `ledger export`; they come in by `load`."""

from pathlib import Path
from typing import Annotated

import typer

from liangxin.cli import (
    AsOf,
    Json,
    acting,
    answering,
    now,
    opened,
    parse_date,
    print_json,
    settings,
)


def add_to(app: typer.Typer) -> None:
    """Add the ledgers' commands."""
    ledger = typer.Typer(help="Ledgers as offices keep them, out of the register.")
    ledger.command("export")(export)
    ledger.callback()(_group)
    app.add_typer(ledger, name="ledger")


def _group() -> None:
    """Ledgers as offices keep them, out of the register."""


def export(
    form: Annotated[str, typer.Option(help="enterprises, social, screening or village.")],
    out: Annotated[Path, typer.Option(help="Where to write it, .xlsx.")],
    as_of: AsOf = "",
    subdistrict: Annotated[str, typer.Option(help="9-digit code; default: all.")] = "",
    grid: Annotated[str, typer.Option(help="Code of one grid; default: all.")] = "",
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="The form's own columns only, none behind them.")
    ] = False,
    members: Annotated[
        bool,
        typer.Option(
            "--members/--no-members",
            help="Show counts of members and owners' membership: for the committee.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a ledger under the headers that offices use; `load` takes it back in.

    Example: liangxin ledger export --form enterprises --as-of 2022-09-30 --out 台账.xlsx
    """
    with answering(as_json=as_json):
        day = parse_date(as_of, "--as-of")
        from dashboard.reports import ledgers
        from liangxin import audit, db, ledger_forms, ledger_rows, rules

        chosen, ours = ledger_forms.form(form), settings()
        rule_set = rules.of(ours)
        with opened(ours) as engine:
            with db.reading(engine) as connection:
                listed = ledger_rows.rows(
                    connection,
                    acting(),
                    rule_set,
                    as_of=day,
                    kinds=chosen.kinds,
                    subdistrict=subdistrict,
                    grid=grid,
                    show_members=members,
                )
            # With or without counts a ledger names secretaries, each of them a member: whoever
            # takes people's membership out is in the log before they have it.
            about = f"{form} {day} {subdistrict}".strip()
            with db.writing(engine, facts=False) as connection:
                audit.by_actor(
                    connection, acting(), "person.exported", about, purpose="ledger", now=now()
                )
        paths, cells = ledger_forms.grid(chosen, listed, verbatim=verbatim)
        ledgers.write(out, chosen, paths, cells, as_of=day)
        if as_json:
            print_json({"form": form, "as_of": day, "rows": len(cells), "file": out})
        else:
            print(f"已导出 {len(cells)} 行：{out} / {len(cells)} rows written")
