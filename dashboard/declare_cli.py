"""Commands of self-declarations: `declare link` with the notice to be posted, `declare revoke`."""

from pathlib import Path
from typing import Annotated

import typer

from liangxin.cli import Json, answering, now, opened, print_json, settings, today

Code = Annotated[str, typer.Argument(metavar="USCC", help="Code of the organisation.")]
Subdistrict = Annotated[
    str, typer.Option(metavar="CODE", help="As the committee of one sub-district; default: all.")
]


def add_to(app: typer.Typer) -> None:
    """Add the commands of declarations."""
    declare = typer.Typer(help="The page on which people declare for themselves, and its notice.")
    declare.command("link")(link)
    declare.command("revoke")(revoke)
    declare.command("serve")(serve)
    app.add_typer(declare, name="declare")


def link(
    code: Code,
    base: Annotated[str, typer.Option(help="Address of the pages, https://HOST[:PORT].")],
    out: Annotated[Path, typer.Option(help="Where to write the notice, .html.")],
    days: Annotated[
        int | None, typer.Option(help="For how many days it holds; default: 90.")
    ] = None,
    subdistrict: Subdistrict = "",
    as_json: Json = False,
) -> None:
    """Make a link to the declaration page of an organisation, and the notice to be posted there.

    Example: liangxin declare link 91430702MA4L0000XX --base https://djfg.example.cn --out 公告.html
    """
    with answering(as_json=as_json):
        from dashboard.declare import notice_page
        from dashboard.text import Say
        from liangxin import access, db, links
        from liangxin.files import write_named

        ours, actor = settings(), access.local_committee(subdistrict or None)
        notice_page.address_of(base, "")
        # Written before the link is committed: a link that nobody has would stay open for months.
        with opened(ours) as engine, db.writing(engine) as connection:
            token = links.make(
                connection,
                actor,
                code,
                days=links.LINK_DAYS if days is None else days,
                today=today(),
                now=now(),
            )
            place = links.place_of(connection, token, today=today())
            address = notice_page.address_of(base, token)
            write_named(out, notice_page.render(place, address, Say(ours.language)).encode())
        if as_json:
            print_json({"url": address, "expires_on": place.expires_on, "file": out})
        else:
            print(
                f"{address}\n{place.expires_on} 起失效。公告：{out}，请用浏览器打印（A4）。"
                " / opens nothing from that day on; print the notice with a browser."
            )


def revoke(code: Code, subdistrict: Subdistrict = "", as_json: Json = False) -> None:
    """Let every link of an organisation open nothing any more, whatever is still posted.

    Example: liangxin declare revoke 91430702MA4L0000XX
    """
    with answering(as_json=as_json):
        from liangxin import access, db, links

        actor = access.local_committee(subdistrict or None)
        with opened(settings()) as engine, db.writing(engine) as connection:
            ended = links.revoke(connection, actor, code, today=today(), now=now())
        if as_json:
            print_json({"uscc": code, "revoked": ended})
        else:
            print(
                f"{ended} 个链接已失效，请撤下公告。 / {ended} links revoked; take the notice down."
            )


def serve(
    public: Annotated[str, typer.Option(help="Address that phones reach, https://HOST[:PORT].")],
    proxy: Annotated[
        str, typer.Option(help="IP address of the proxy that ends TLS; only it is answered.")
    ] = "127.0.0.1",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Port to listen on.")] = 8060,
) -> None:
    """Serve the declaration pages alone, behind a reverse proxy that ends TLS.

    Example: liangxin declare serve --public https://djfg.example.cn --proxy 127.0.0.1
    """
    with answering(as_json=False):
        from dashboard.declare import alone

        chosen = settings()
        with opened(chosen) as engine:
            alone.serve(
                chosen,
                engine,
                public=public,
                proxy=proxy,
                bind=(host, port),
                clock=now,
                ready=lambda bound: print(f"申报页已就绪 / ready at {host}:{bound} for {public}"),
            )
