"""What waits for a committee: declarations, candidates, transfers and requests, in numbers alone.

Names open on the page of one organisation, for a purpose. The district office is offered the
organisations that have confirmed members, without how many.
"""

from datetime import date
from typing import Any

from dash import ALL, ClientsideFunction, Dash, Input, Output, State, ctx, html
from dash.dependencies import DashDependency
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection, select

from dashboard import acts, auth, member_parts, panels
from dashboard.auth import guarded
from dashboard.site import Site, Visit
from dashboard.text import Say, both
from liangxin import awaiting, db, requests
from liangxin.access import LOCAL, Actor, Permission
from liangxin.errors import Misuse
from liangxin.schema import Organisation

PATH = "/members"
PERMISSION = Permission.PERSON_VIEW
REQUESTS, REQUESTS_SAID = "members-requests", "members-requests-said"


def address(uscc: str) -> str:
    """Return where an organisation's members are."""
    return f"{PATH}/{uscc}"


@guarded(PERMISSION)
def layout(actor: Actor, visit: Visit) -> Component:
    """Return what waits in the actor's sub-districts.

    Raises:
        LiangxinError: the register cannot be read.
    """
    site, say = visit.site, visit.site.say
    if actor is LOCAL:
        return member_parts.closed_to_nobody(say)
    if not actor.may(Permission.MEMBERSHIP_RECORD):
        return _district(actor, site)
    today = site.today()
    with db.reading(site.engine) as connection:
        found = awaiting.organisations(connection, actor, today=today)
        moving = awaiting.transfers(connection, actor, site.rules, today=today)
        asked, parts = _requests(connection, actor, today, say)
    waiting = [each for each in found if each.pending]
    kept = sorted(
        (each for each in found if each.confirmed),
        key=lambda each: (not each.absent, each.organisation, each.uscc),
    )
    counts = [
        ("declared", sum(each.declared for each in found), 0),
        ("candidates", sum(each.candidates for each in found), 0),
        ("transfers", len(moving), sum(each.late for each in moving)),
        ("requests", len(asked), sum(each.due_on < today for each in asked)),
    ]
    return html.Article(
        [
            panels.head(
                say("members.title"),
                None,
                above=say("members.today", on=today),
                below=say("members.below"),
            ),
            member_parts.tiles(counts, say),
            panels.section(
                say("members.waiting", count=len(waiting)),
                *member_parts.waiting(waiting, say, address),
            ),
            panels.section(
                say("members.transfers", count=len(moving)),
                *member_parts.transfers(moving, say, address),
            ),
            panels.section(
                say("members.requests", count=len(asked)),
                html.P(say("members.requests_note"), className="note"),
                html.Div(id=REQUESTS_SAID, className="members-said"),
                html.Div(parts, id=REQUESTS),
                html.H3(say("members.request.new"), className="members-title"),
                member_parts.request_form(say),
            ),
            panels.section(
                say("members.kept", count=len(kept)), *member_parts.kept(kept, say, address)
            ),
        ]
    )


def _district(actor: Actor, site: Site) -> Component:
    """What the district office is shown: where there are confirmed members, and not how many."""
    say, today = site.say, site.today()
    with db.reading(site.engine) as connection:
        held = awaiting.holding(connection, actor, today=today)
    return html.Article(
        [
            panels.head(
                say("members.title"),
                None,
                above=say("members.today", on=today),
                below=say("members.below_district"),
            ),
            panels.section(
                say("members.kept", count=len(held)), *member_parts.holding(held, say, address)
            ),
        ]
    )


def _requests(
    connection: Connection, actor: Actor, today: date, say: Say
) -> tuple[list[requests.Request], list[Component]]:
    found = requests.listed(connection, actor)
    codes = sorted({each.uscc for each in found if each.uscc})
    query = select(Organisation.uscc, Organisation.name).where(
        db.among(connection, Organisation.uscc, codes)
    )
    names = {row.uscc: row.name for row in connection.execute(query)}
    return found, member_parts.request_list(found, names, today, say)


def register(app: Dash) -> None:
    """Register the forms of requests, and the export of tables (in the browser alone)."""

    @app.callback(
        Output(REQUESTS_SAID, "children"),
        Output(REQUESTS, "children"),
        Input(member_parts.REQUEST_ADD, "n_clicks"),
        Input(
            member_parts.id_of(member_parts.REQUEST, n=ALL, outcome=ALL),
            "n_clicks",
        ),
        State(member_parts.REQUEST_KIND, "value"),
        State(member_parts.REQUEST_USCC, "value"),
        State(member_parts.id_of(member_parts.REASON, n=ALL), "value"),
        State(member_parts.id_of(member_parts.REASON, n=ALL), "id"),
        prevent_initial_call=True,
    )
    @guarded(Permission.MEMBERSHIP_RECORD)
    def requested(
        actor: Actor,
        added: object,
        closed: list[object],
        kind: object,
        uscc: object,
        reasons: list[object],
        ids: list[Any],
    ) -> Any:
        site, pressed = auth.site_of_request(), ctx.triggered_id
        if not added and not any(closed or []):
            raise PreventUpdate
        if isinstance(pressed, dict):
            acted = _close(site, actor, pressed, reasons, ids)
        else:
            acted = _receive(site, actor, kind, uscc)
        with db.reading(site.engine) as connection:
            _, parts = _requests(connection, actor, site.today(), site.say)
        return acted.told, parts


def in_browser(app: Dash, name: str, *parts: DashDependency, **options: Any) -> None:
    """Register a function of ``assets/members.js`` as a callback that never asks the server."""
    function = ClientsideFunction("liangxin_members", name)
    app.clientside_callback(function, *parts, **options)  # type: ignore[no-untyped-call]


def _receive(site: Site, actor: Actor, kind: object, uscc: object) -> acts.Acted:
    def work(connection: Connection) -> str:
        if not isinstance(kind, str) or not isinstance(uscc, str | None):
            raise Misuse(*both("error.bad_request"))
        today = site.today()
        requests.receive(
            connection,
            actor,
            site.rules,
            kind,
            code=(uscc or "").strip().upper() or None,
            on=today,
            now=site.clock(),
        )
        due = requests.due_on(site.rules, today)
        return site.say("members.request.added", due=due)

    return acts.act(site, actor, work)


def _close(
    site: Site, actor: Actor, pressed: dict[str, Any], reasons: list[object], ids: list[Any]
) -> acts.Acted:
    def work(connection: Connection) -> str:
        number, outcome = pressed.get("n"), pressed.get("outcome")
        if not isinstance(number, int) or not isinstance(outcome, str):
            raise Misuse(*both("error.bad_request"))
        told = {
            each.get("n"): reason
            for each, reason in zip(ids, reasons, strict=False)
            if isinstance(each, dict) and isinstance(reason, str)
        }
        requests.close(
            connection,
            actor,
            number,
            outcome,
            on=site.today(),
            now=site.clock(),
            reason=(told.get(number, "").strip() or None) if outcome == "refused" else None,
        )
        return site.say("members.request.closed")

    return acts.act(site, actor, work)
