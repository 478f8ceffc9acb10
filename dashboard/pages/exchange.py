"""The exchange: which offices are known, what went and came, and how to pack and open."""

from collections.abc import Sequence

from dash import Dash, dcc, html
from dash.development.base_component import Component

from dashboard import admin_parts, panels
from dashboard.auth import guarded
from dashboard.pages import run as run_page
from dashboard.site import Visit
from dashboard.tables import Cell
from dashboard.text import Say
from liangxin import db, exchanges
from liangxin.access import Actor, Permission
from liangxin.exchanges import OfficeSeen, PackageSeen

PATH = "/exchange"
PERMISSION = Permission.SOURCE_VIEW
MOST = 100


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return the offices whose cards were accepted, and the packages handled last.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    with db.reading(site.engine) as connection:
        ours = exchanges.own_name(connection, actor)
        offices = exchanges.offices(connection, actor)
        packages = exchanges.packages(connection, actor, most=MOST)
    return html.Article(
        [
            panels.head(
                say("admin.exchange.title"),
                None,
                above=say("admin.office"),
                below=say("admin.exchange.about"),
            ),
            admin_parts.office_ways(PATH, say),
            panels.section(say("admin.exchange.ours"), *_ours(ours, say)),
            panels.section(
                say("admin.exchange.offices", count=len(offices)), *_offices(offices, say)
            ),
            panels.section(say("admin.exchange.packages"), *_packages(packages, say)),
            panels.section(say("admin.exchange.how"), *_how(offices, say)),
        ]
    )


def _ours(name: str, say: Say) -> list[Component]:
    if name:
        return [html.P(say("admin.exchange.we", name=name), className="sentence")]
    make = admin_parts.command(say("admin.command.keys"))
    return [html.P(say("admin.exchange.no_keys"), className="sentence"), make]


def _offices(offices: Sequence[OfficeSeen], say: Say) -> list[Component]:
    if not offices:
        return [
            html.P(say("admin.exchange.no_offices"), className="sentence"),
            admin_parts.command(say("admin.command.trust")),
        ]
    rows: list[Sequence[Cell]] = [
        [
            each.name,
            admin_parts.words(each.fingerprint),
            admin_parts.moment(each.trusted_at, say),
            *(str(number) for number in (each.sent, each.unanswered, each.opened)),
        ]
        for each in offices
    ]
    keys = ("office", "fingerprint", "trusted", "sent", "unanswered", "opened")
    heads = [say(f"admin.exchange.{key}") for key in keys]
    return [admin_parts.table("offices", heads, rows, say, numbers=(3, 4, 5))]


def _packages(packages: Sequence[PackageSeen], say: Say) -> list[Component]:
    if not packages:
        return [html.P(say("admin.exchange.no_packages"), className="sentence")]
    rows: list[Sequence[Cell]] = [
        [
            each.office,
            say(f"admin.exchange.direction.{each.direction}"),
            str(each.serial),
            admin_parts.moment(each.handled_at, say),
            _result(each, say),
        ]
        for each in packages
    ]
    keys = ("office", "direction", "serial", "handled", "result")
    heads = [say(f"admin.exchange.{key}") for key in keys]
    return [admin_parts.table("packages", heads, rows, say, numbers=(2,))]


def _result(each: PackageSeen, say: Say) -> Cell:
    if each.run is None:
        key = "answered" if each.acknowledged else "waits"
        return say(f"admin.exchange.{key}") if each.direction == "sent" else ""
    told = say(
        "admin.exchange.loaded", rows=each.rows, accepted=each.accepted, refused=each.refused
    )
    number = say("admin.run.number", id=each.run)
    return html.Div([dcc.Link(number, href=run_page.path(each.run)), " ", told])


def _how(offices: Sequence[OfficeSeen], say: Say) -> list[Component]:
    name = offices[0].name if offices else say("admin.command.an_office")
    steps = [
        ("pack", say("admin.command.pack", name=name)),
        ("open", say("admin.command.open")),
        ("trust", say("admin.command.trust")),
    ]
    parts: list[Component] = []
    for key, line in steps:
        parts += [
            html.P(say(f"admin.exchange.how.{key}"), className="admin-words"),
            admin_parts.command(line),
        ]
    return parts


def register(app: Dash) -> None:
    """Register nothing: the address says all this page depends on."""
