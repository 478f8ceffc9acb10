"""Commands of accounts and the log, for whoever runs this machine: `user`, `audit`."""

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from liangxin.cli import Json, answering, now, opened, parse_date, print_json, settings, today

if TYPE_CHECKING:
    from liangxin.access import Actor

Name = Annotated[str, typer.Argument(help="The account's name.")]
Role = Annotated[
    str,
    typer.Option(
        help="economic_office, committee, district_office, leader, community, sysadmin, secadmin, "
        "auditor."
    ),
]
Scope = Annotated[
    list[str] | None,
    typer.Option(help="A sub-district (9 digits) or community (12); may be given again."),
]
Base = Annotated[str, typer.Option(help="Address of the pages, for the link.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands."""
    user = typer.Typer(help="Accounts of the pages.")
    for name, command in (
        *(("add", add), ("link", link), ("change", change), ("grant", grant)),
        *(("reset", reset), ("disable", disable), ("enable", enable), ("list", list_accounts)),
    ):
        user.command(name)(command)
    app.add_typer(user, name="user")
    log = typer.Typer(help="The log of what was done or refused.")
    log.command("verify")(verify)
    log.command("list")(list_entries)
    app.add_typer(log, name="audit")


def operator() -> "Actor":
    """Whoever runs this machine; what they do with accounts is in the log as theirs."""
    from liangxin.access import Actor, Role

    return Actor("operator", Role.SYSADMIN)


def add(
    name: Name,
    role: Role,
    scope: Scope = None,
    base: Base = "http://127.0.0.1:8050",
    as_json: Json = False,
) -> None:
    """Make an account; prints a one-time link with which its holder sets the password.

    Example: liangxin user add 穿紫河党建办 --role committee --scope 430702001
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            secret = accounts.add(
                connection, name, role, scope or (), by=operator(), today=today(), now=now()
            )
        _say_link(name, base, secret, as_json=as_json)


def link(name: Name, base: Base = "http://127.0.0.1:8050", as_json: Json = False) -> None:
    """Print a new one-time link for an account whose password is lost; older links go.

    Example: liangxin user link 穿紫河党建办
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            secret = accounts.link(connection, name, by=operator(), now=now())
        _say_link(name, base, secret, as_json=as_json)


def change(name: Name, role: Role, scope: Scope = None, as_json: Json = False) -> None:
    """Give an account another role or scope; whoever is signed in with it must sign in again.

    Example: liangxin user change 穿紫河党建办 --role committee --scope 430702002
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            accounts.change(connection, name, role, scope or (), by=operator(), now=now())
        _done({"account": name, "role": role}, as_json=as_json)


def grant(name: Name, as_json: Json = False) -> None:
    """Grant an account the role that was asked for at the pages, in the security administrator's place.

    For when there is none who can sign in. Another role: liangxin user change.
    Example: liangxin user grant 穿紫河党建办
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            row = accounts.require(connection, name)
            accounts.change(connection, name, row.role, row.scope.split(), by=operator(), now=now())
        _done({"account": name, "role": row.role}, as_json=as_json)


def reset(name: Name, as_json: Json = False) -> None:
    """Forget an account's second factor; it sets up another at its next sign-in.

    Example: liangxin user reset 穿紫河党建办
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            accounts.reset_second_factor(connection, name, by=operator(), now=now())
        _done({"account": name, "second_factor": None}, as_json=as_json)


def disable(name: Name, as_json: Json = False) -> None:
    """Let an account in no more; its sessions end at once.

    Example: liangxin user disable 穿紫河党建办
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            accounts.disable(connection, name, by=operator(), now=now())
        _done({"account": name, "state": "disabled"}, as_json=as_json)


def enable(name: Name, base: Base = "http://127.0.0.1:8050", as_json: Json = False) -> None:
    """Let a disabled account in again: a new link, a new password, a new second factor.

    Example: liangxin user enable 穿紫河党建办
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.writing(engine) as connection:
            secret = accounts.enable(connection, name, by=operator(), today=today(), now=now())
        _say_link(name, base, secret, as_json=as_json)


def list_accounts(as_json: Json = False) -> None:
    """List accounts: role, scope, state, second factor, last sign-in.

    Example: liangxin user list
    """
    with answering(as_json=as_json):
        from liangxin import accounts, db

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = accounts.listed(connection)
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        states = {"invited": "待设密码", "active": "可用", "disabled": "停用"}
        for each in found:
            factor = "二次验证" if each.has_second_factor else ""
            state = "待授予角色" if each.granted_by is None else states[each.state]
            scope = "、".join(each.scope) or "全区"
            print(f"{each.name}  {each.role}  {scope}  {state}  {each.seen_on}  {factor}")
        print(f"共 {len(found)} 个账户。")


def verify(
    head: Annotated[str, typer.Option(help="A head that was written down before.")] = "",
    as_json: Json = False,
) -> None:
    """Verify the log: that no entry was altered, removed, added or moved. Exit 1 if one was.

    Write the head down somewhere else: with --head, even a log that was rewritten whole is found.
    Example: liangxin audit verify
    """
    with answering(as_json=as_json):
        from liangxin import audit, db

        with opened(settings()) as engine, db.reading(engine) as connection:
            found = audit.verify(connection, expected=head.strip().lower() or None)
        if as_json:
            print_json(dataclasses.asdict(found) | {"whole": found.is_whole})
        elif found.is_whole:
            print(f"日志完整：{found.entries} 条，链头 {found.head} / the log is whole")
        else:
            print(f"日志不完整：自第 {found.broken_at} 条起不符 / broken at {found.broken_at}")
        if not found.is_whole:
            raise typer.Exit(1)


def list_entries(
    by: Annotated[str, typer.Option(help="Only what this account did.")] = "",
    action: Annotated[str, typer.Option(help="Only this action, like sign_in.failed.")] = "",
    about: Annotated[str, typer.Option(help="Found in what it was done to.")] = "",
    since: Annotated[str, typer.Option(help="From this day on.")] = "",
    until: Annotated[str, typer.Option(help="Up to this day.")] = "",
    most: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
    as_json: Json = False,
) -> None:
    """Print the log, the newest first.

    Example: liangxin audit list --action sign_in.failed
    """
    with answering(as_json=as_json):
        from datetime import datetime, timedelta

        from liangxin import access, audit, db
        from liangxin.days import CHINA

        day = parse_date(since, "--since") if since else None
        start = None if day is None else datetime(day.year, day.month, day.day, tzinfo=CHINA)
        last = parse_date(until, "--until") if until else None
        end = None
        if last is not None:
            end = datetime(last.year, last.month, last.day, tzinfo=CHINA) + timedelta(days=1)
        auditor = access.Actor("operator", access.Role.AUDITOR)
        with opened(settings()) as engine, db.reading(engine) as connection:
            found = audit.listed(
                connection,
                auditor,
                by=by,
                action=action,
                about=about,
                since=start,
                until=end,
                most=most,
            )
        if as_json:
            print_json([dataclasses.asdict(each) for each in found])
            return
        for each in found:
            when = f"{each.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
            said = audit.ACTIONS[each.action][0]
            print(
                f"{each.number:>7}  {when}  {each.by}  {said}  {each.about}  {each.purpose}".rstrip()
            )


def _say_link(name: str, base: str, secret: str, *, as_json: bool) -> None:
    from liangxin.accounts import LINK_HOURS

    address = f"{base.rstrip('/')}/account/link/{secret}"
    if as_json:
        print_json({"account": name, "link": address, "hours": LINK_HOURS})
        return
    print(f"请把下面的链接当面或经安全渠道交给“{name}”，{LINK_HOURS} 小时内有效，只能用一次：")
    print(address)


def _done(said: dict[str, Any], *, as_json: bool) -> None:
    print_json(said) if as_json else print("已办理 / done")
