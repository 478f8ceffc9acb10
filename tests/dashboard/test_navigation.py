"""The way between pages: what each role is offered, for the day and rate it looks at."""

import pytest
from dash import dcc
from factories import NORTH
from flask.testing import FlaskClient
from pages import SEPTEMBER, find_all, shown

from dashboard import auth, navigation
from dashboard.app import PAGES
from dashboard.query import Query
from dashboard.site import Site
from liangxin.access import LOCAL, Actor, Role

OFFICES = {"/", "/change", "/lists", "/tasks", "/readiness"}
SCREENING, REPORTS, BULLETINS = {"/screening"}, {"/community"}, {"/bulletins"}
#: Whoever forms Party organisations: terms, members, plans, visits.
FORMING = {"/members", "/terms", "/plans", "/visits"}
#: What each role is offered; administrators have nothing of the offices.
OFFERED = {
    Role.ECONOMIC_OFFICE: OFFICES
    | {"/find"}
    | SCREENING
    | REPORTS
    | BULLETINS
    | {"/files", "/locate"},
    Role.COMMITTEE: OFFICES | FORMING | BULLETINS | {"/find", "/files"},
    Role.DISTRICT_OFFICE: OFFICES
    | FORMING
    | SCREENING
    | BULLETINS
    | {"/find", "/sources", "/files", "/locate"},
    Role.LEADER: OFFICES | BULLETINS,
    Role.COMMUNITY: OFFICES | REPORTS | {"/find"},
    Role.SYSADMIN: {"/admin/accounts", "/admin/jobs"},
    Role.SECADMIN: {"/admin/roles"},
    Role.AUDITOR: {"/admin/log"},
}


def links(site: Site, actor: Actor = LOCAL, query: Query | None = None) -> list[str]:
    bar = navigation.bar(actor, site, PAGES, here=PAGES[0], query=query or Query())
    return [link.href for link in find_all(bar, dcc.Link)]


@pytest.mark.parametrize("role", Role)
def test_a_role_is_offered_what_it_may_open(district: Site, role: Role) -> None:
    assert set(links(district, Actor("someone", role))) == OFFERED[role]


@pytest.mark.parametrize("role", Role)
def test_the_frame_offers_nothing_and_the_page_what_the_role_may(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    monkeypatch.setattr(auth, "LOCAL", Actor("someone", role))
    assert "navigation" not in client.get("/_dash-layout").text
    said = shown(client, "/nowhere")
    for path in FORMING:
        assert (f'"href": "{path}"' in said) == (path in OFFERED[role] or path == "/")
    assert ("way-here" in shown(client, "/")) == ("/" in OFFERED[role])


def test_the_day_and_the_rate_go_along(district: Site) -> None:
    assert links(district, query=Query(SEPTEMBER, "R2"))[:4] == [
        "/?as_of=2022-09-30&rate=R2",
        "/change?from=2022-03-31&to=2022-09-30&rate=R2",
        "/lists?as_of=2022-09-30&rate=R2",
        "/tasks?as_of=2022-09-30&rate=R2",
    ]
    assert links(district, query=Query(rate="R2"))[0] == "/?rate=R2"
    assert links(district, query=Query(SEPTEMBER, "R9"))[0] == "/?as_of=2022-09-30&rate=R1"


def test_a_rate_over_places_does_not_go_where_it_cannot_be_asked(district: Site) -> None:
    found = links(district, query=Query(SEPTEMBER, "R8"))
    assert found[0].endswith("rate=R8")
    assert found[1].endswith("rate=R1")


def test_nonsense_offers_the_plain_way(client: FlaskClient) -> None:
    said = shown(client, f"/subdistrict/{NORTH}", "?as_of=foo")
    assert '"href": "/lists"' in said
