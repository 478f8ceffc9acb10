"""Commands of the feed of changes: `feed token add`, `list`, `revoke`."""

import dataclasses
from typing import Annotated

import typer

from liangxin.cli import Json, answering, now, opened, print_json, settings

Name = Annotated[str, typer.Argument(help="Who holds the token, e.g. the program that reads.")]


def add_to(app: typer.Typer) -> None:
    """Add the feed's commands."""
    feed = typer.Typer(help="The read-only feed of changes: /api/v1/changes.")
    token = typer.Typer(help="Who may read it.")
    token.command("add")(token_add)
    token.command("list")(token_list)
    token.command("revoke")(token_revoke)
    feed.add_typer(token, name="token")
    app.add_typer(feed, name="feed")


def token_add(name: Name, as_json: Json = False) -> None:
    """Make a token; it is shown this once.

    Example: liangxin feed token add statistics
    """
    with answering(as_json=as_json):
        from liangxin import db, tokens

        with opened(settings()) as engine, db.writing(engine) as connection:
            token = tokens.add(connection, name, now=now())
        if as_json:
            print_json({"name": name, "token": token})
        else:
            print(
                f"{token}\n只显示这一次，请交给“{name}”妥善保存。 / shown this once; hand it over."
            )


def token_list(as_json: Json = False) -> None:
    """Show who holds a token.

    Example: liangxin feed token list
    """
    with answering(as_json=as_json):
        from liangxin import db, tokens

        with opened(settings()) as engine, db.reading(engine) as connection:
            holders = tokens.holders(connection)
        if as_json:
            print_json([dataclasses.asdict(each) for each in holders])
            return
        for each in holders:
            state = f"已撤销 {each.revoked_at:%Y-%m-%d}" if each.revoked_at else "有效"
            print(f"{each.name}  {each.made_at:%Y-%m-%d}  {state}")
        print(f"共 {len(holders)} 个令牌。")


def token_revoke(name: Name, as_json: Json = False) -> None:
    """Let a token open nothing any more.

    Example: liangxin feed token revoke statistics
    """
    with answering(as_json=as_json):
        from liangxin import db, tokens

        with opened(settings()) as engine, db.writing(engine) as connection:
            tokens.revoke(connection, name, now=now())
        if as_json:
            print_json({"name": name, "revoked": True})
        else:
            print(f"“{name}”的令牌已撤销。 / revoked.")
