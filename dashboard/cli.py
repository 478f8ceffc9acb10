"""The `liangxin` command: each folder's commands, and those of the pages (`demo`, `serve`).

Imports are local to each command, so that `--help` answers at once. The web server never runs in
a process that has loaded the validator: `demo` builds the register in a child process.
"""

import dataclasses
import subprocess
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import dashboard.declare_cli
import dashboard.ledger_cli
import dashboard.reports.bulletin_cli
import dashboard.reports.cli
import ingest.cli
import ingest.exchange.cli
import liangxin.cli
import liangxin.committee_cli
import liangxin.feed_cli
import liangxin.figures_cli
import liangxin.instructors_cli
import liangxin.party_cli
import liangxin.plan_cli
import liangxin.rights_cli
import liangxin.tasks_cli
import liangxin.user_cli
import liangxin.work_cli
from liangxin import waste
from liangxin.cli import (
    Json,
    answering,
    now,
    opened,
    print_json,
    settings,
)
from liangxin.saying import coverage_object, print_table

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from dashboard.serve import Public
    from ingest.demo.accounts import Made
    from liangxin.settings import Settings

app = typer.Typer(
    name="liangxin",
    help="两新组织党建覆盖：登记、摸排、覆盖率及其变化。 Which organisations a district has, which are "
    "reached, and why the rate moved.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
ingest.cli.add_to(app)
liangxin.cli.add_to(app)
liangxin.figures_cli.add_to(app)
liangxin.work_cli.add_to(app)
liangxin.committee_cli.add_to(app)
liangxin.plan_cli.add_to(app)
liangxin.instructors_cli.add_to(app)
liangxin.party_cli.add_to(app)
liangxin.user_cli.add_to(app)
liangxin.rights_cli.add_to(app)
ingest.exchange.cli.add_to(app)
liangxin.feed_cli.add_to(app)
dashboard.ledger_cli.add_to(app)
dashboard.declare_cli.add_to(app)
dashboard.reports.bulletin_cli.add_to(app)
dashboard.reports.cli.add_to(liangxin.tasks_cli.add_to(app))

Port = Annotated[int, typer.Option(min=1, max=65_535, help="Port of the pages.")]


@app.command()
def demo(
    port: Port = 8050,
    no_serve: Annotated[
        bool, typer.Option("--no-serve", help="Build and print, then end.")
    ] = False,
    accounts: Annotated[
        bool, typer.Option("--accounts", help="Make an account of every role; pages ask for one.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Build the demo district in a fresh embedded register, print its rate, show its pages.

    Without --accounts whoever sits at this machine sees the pages of the district at once.
    Example: liangxin demo --port 8050
    """
    with answering(as_json=as_json):
        _build_in_child()
        from ingest.demo.district import AFTER
        from liangxin import db, rules, views
        from liangxin.access import LOCAL

        chosen = settings()
        with opened(chosen) as engine:
            with db.reading(engine) as connection:
                table = views.coverage(connection, LOCAL, rules.of(chosen), as_of=AFTER)
            made = _demo_accounts(chosen, engine) if accounts else []
        if as_json:
            told = {"accounts": [dataclasses.asdict(each) for each in made]} if accounts else {}
            print_json(coverage_object(table) | told)
        else:
            print_table(table)
            _print_accounts(made)
        if not no_serve:
            with _worker_beside():
                _serve("127.0.0.1", port)


@app.command()
def serve(
    host: Annotated[
        str, typer.Option(help="This machine's own; another one only with --public.")
    ] = "127.0.0.1",
    port: Port = 8050,
    public: Annotated[
        str, typer.Option(help="Address that others reach, https://HOST[:PORT]; needs accounts.")
    ] = "",
    proxy: Annotated[
        str,
        typer.Option(help="With --public: IP address of the proxy that ends TLS [127.0.0.1]."),
    ] = "",
    cert: Annotated[
        Path | None, typer.Option(help="With --public, without a proxy: certificate and chain.")
    ] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key.")] = None,
) -> None:
    """Serve the pages: on this machine; to others behind a proxy that ends TLS, or with a certificate.

    Example: liangxin serve --port 8050
    """
    with answering(as_json=False):
        from dashboard.serve import stated

        _serve(host, port, stated(public, proxy, cert, key))


@app.command(hidden=True)
def build_demo() -> None:
    """Build the demo district; the child process of `demo`."""
    with answering(as_json=False):
        from ingest.demo.load import build

        build(settings(), clock=now)


def _demo_accounts(chosen: "Settings", engine: "Engine") -> "list[Made]":
    from ingest.demo import accounts
    from liangxin import db
    from liangxin.user_cli import operator

    with db.writing(engine) as connection:
        return accounts.make(connection, chosen, by=operator(), now=now())


def _print_accounts(made: "Sequence[Made]") -> None:
    """Print how to sign in, this once; without accounts, how to get them."""
    if not made:
        print("页面对本机直接开放。要按角色登录试用：liangxin demo --accounts")
        return
    print("\n演示账户（密码只显示这一次）：")
    for each in made:
        print(f"  {each.name}  {each.role}  {'、'.join(each.scope) or '全区'}")
        print(f"    密码 {each.password}")
        if each.secret:
            print(f"    二次验证密钥 {each.secret}（输入手机验证器）")
            print(f"    没有验证器时，恢复码各用一次：{'  '.join(each.recovery_codes)}")


def _build_in_child() -> None:
    """Run `build-demo` in a process of its own, so that its memory and modules end with it."""
    child = subprocess.run(
        [sys.executable, "-m", "dashboard.cli", "build-demo"], stdout=sys.stderr, check=False
    )
    if child.returncode:
        raise typer.Exit(child.returncode)


@contextmanager
def _worker_beside() -> Generator[None]:
    """Have a worker take what is handed in, in a process that ends with this one however it ends."""
    child = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "worker", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=sys.stderr,
        start_new_session=True,  # what interrupts the pages reaches it through them
    )
    try:
        yield
    finally:
        if child.stdin is not None:
            child.stdin.close()
        child.wait()


def _serve(host: str, port: int, others: "Public | None" = None) -> None:
    from dashboard.serve import serve as run_server

    chosen = settings()
    with opened(chosen) as engine:
        run_server(
            chosen,
            engine,
            host=host,
            port=port,
            clock=now,
            public=others,
            ready=lambda address: print(f"页面已打开 / open {address}", flush=True),
        )


def main() -> None:
    """Entry point of the console script."""
    waste.seldom()
    try:
        app()
    finally:
        waste.not_here()  # most of the looking was at the end, a tenth of a short command


if __name__ == "__main__":
    main()
