"""Everything the app answers × every role × one's own and the other sub-district × signed in or not.

Who may come in is written once, in ``tests/access_table.py``; here it is held against what the real
application does. To allow something anew, add its row there.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import dash
import pytest
from access_asked import ANSWERED, NOTICE, REFUSED, SCOPED, House, unlisted
from access_register import DISTRICT, THERE, fill
from access_table import CALLBACKS, PAGES, ROUTES, CallbackRow, PageRow, RouteRow
from conftest import disposed
from dash import Input, Output
from pages import PageWith, app_with, clock
from sqlalchemy import Engine

from dashboard import app as dashboard_app
from dashboard.app import create_app
from dashboard.auth import UnguardedCallback, guarded
from dashboard.doors import Door
from dashboard.site import Site
from liangxin import db
from liangxin.access import ROLE_PERMISSIONS, Actor, Permission, Role
from liangxin.settings import Settings

#: Sent in every place of a callback: none of it is what a page would send.
NONSENSE = (
    None,
    "",
    "x" * 5_000,
    -1,
    2**70,
    1.5,
    True,
    [],
    {},
    [None, [7]],
    {"a": {"b": 7}},
    "\x00",
)
#: Names of the other sub-district's things, sent likewise.
FOREIGN = (
    *("{other.subdistrict}", "{other.community}", "{other.uscc}", "{other.fresh}"),
    *("/subdistrict/{other.subdistrict}", "?subdistrict={other.subdistrict}"),
)
NUMBERS = ("firm", "party", "instructor", "place", "run", "task", "member", "plan")


@pytest.fixture(scope="module")
def house(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One app on one register for all of these tests."""
    home = tmp_path_factory.mktemp("house")
    shutil.copyfile(migrated_file, home / "register.db")
    with pytest.MonkeyPatch.context() as patched:
        for name in [each for each in os.environ if each.startswith("LIANGXIN_")]:
            patched.delenv(name)
        settings = Settings(home=home, district=DISTRICT)
        with disposed(db.make_engine(settings)) as engine:
            yield a_house(settings, engine)


def a_house(settings: Settings, engine: Engine) -> House:
    things = fill(settings, engine)
    app = create_app(settings, engine, clock=clock)
    return House(app, Site(settings, engine, clock), things)


def named(row: PageRow | CallbackRow | RouteRow) -> str:
    if isinstance(row, RouteRow):
        return f"{row.method} {row.rule}"
    return row.path if isinstance(row, PageRow) else row.output


# Nothing is missing.


def test_every_page_callback_and_address_has_its_row(house: House) -> None:
    assert unlisted(house.app) == []


def test_what_has_no_row_is_named_with_the_row_to_add(house: House) -> None:
    def register(app: dash.Dash) -> None:
        @app.callback(
            Output("a", "children", allow_duplicate=True),
            Input("b", "n_clicks"),
            prevent_initial_call=True,
        )
        @guarded(Permission.RATE_VIEW)
        def _answer(_actor: Actor, _value: object) -> str:
            return "rows"

        app.server.add_url_rule("/rows.csv", "rows", guarded(Permission.RATE_VIEW)(lambda _: "1"))

    extra = PageWith(register)
    told = unlisted(app_with(house.site, extra), (*dashboard_app.PAGES, extra))
    assert [line.split(" lacks ")[1] for line in told] == [
        "CallbackRow('a.children < b.n_clicks', …): say who may come in",
        'page("/extra", …): say who may come in',
        "RouteRow('GET /rows.csv', …): say who may come in",
    ]


def test_an_address_without_a_permission_does_not_start(house: House) -> None:
    def register(app: dash.Dash) -> None:
        app.server.add_url_rule("/rows.csv", "rows", lambda: "1")

    with pytest.raises(UnguardedCallback, match=r"/rows\.csv"):
        app_with(house.site, PageWith(register))


def test_a_page_declares_what_the_table_says() -> None:
    declared = {page.PATH: page.PERMISSION for page in dashboard_app.PAGES}
    assert {row.path: row.permission for row in PAGES} == declared


def test_the_table_of_pages_agrees_with_the_table_of_roles() -> None:
    for row in PAGES:
        allowed = {role for role in Role if row.permission in ROLE_PERMISSIONS[role]}
        assert (row.path, row.roles) == (row.path, allowed)


# Pages.


@pytest.mark.parametrize("row", PAGES, ids=named)
def test_a_page_opens_to_its_roles_alone(house: House, row: PageRow) -> None:
    opened = set()
    for role in Role:
        told = house.page(house.visitor(role), row.here)
        assert house.leaks(role, told.said) == [], role
        assert not told.is_unforeseen, role
        if told.how != REFUSED:
            expected = NOTICE if role in row.told_not_there else ANSWERED
            assert told.how == expected, (role, told.said)
            opened.add(role)
    assert opened == row.roles
    for name, stranger in house.strangers().items():
        assert house.page(stranger, row.here).status == 401, name


@pytest.mark.parametrize("row", [row for row in PAGES if row.there], ids=named)
def test_what_lies_in_the_other_sub_district_is_not_found(house: House, row: PageRow) -> None:
    for role in SCOPED:
        told = house.page(house.visitor(role), row.there)
        assert told.how == (NOTICE if role in row.roles else REFUSED), (role, told.said)
        assert house.leaks(role, _without_echo(house, row.there, told.said)) == [], role
        if role in row.roles:  # it is there: its own office finds it, and its name would be seen
            found = house.page(house.neighbour(role), row.there)
            assert (found.how, THERE in found.said) == (ANSWERED, True), (role, found.said)


@pytest.mark.parametrize("row", PAGES, ids=named)
def test_a_question_about_the_other_sub_district_tells_nothing_of_it(
    house: House, row: PageRow
) -> None:
    keys = ("community", "uscc", "task", "plan", "run", "place", "instructor", "member", "party")
    ways = [
        "&".join(f"{key}={{other.{key}}}" for key in keys),
        "subdistrict={other.subdistrict}",
        "q={other.uscc}",
    ]
    for role, way in ((role, way) for role in SCOPED for way in ways):
        asked = f"{row.here.partition('?')[0]}?{way}"
        told = house.page(house.visitor(role), asked)
        assert house.leaks(role, _without_echo(house, asked, told.said)) == [], (role, asked)


# Callbacks.


@pytest.mark.parametrize("row", CALLBACKS, ids=named)
def test_a_callback_answers_its_roles_alone(house: House, row: CallbackRow) -> None:
    passed = set()
    for role in Role:
        told = house.callback(house.visitor(role), row.output, row.here)
        assert house.leaks(role, told.said) == [], role
        if told.status not in {401, 403}:
            passed.add(role)
    assert passed == row.roles
    for name, stranger in house.strangers().items():
        assert house.callback(stranger, row.output, row.here).status == 401, name


@pytest.mark.parametrize("row", CALLBACKS, ids=named)
def test_a_callback_tells_nothing_of_the_other_sub_district(house: House, row: CallbackRow) -> None:
    numbers = sorted({getattr(house.things.other, name) for name in NUMBERS})
    sent = [*FOREIGN, *numbers, *map(str, numbers)]
    for role in SCOPED:
        visitor = house.visitor(role)
        for value in sent if role in row.roles else ():  # the guard holds the others
            asked = house.spelled(value)
            told = house.callback(visitor, row.output, {}, otherwise=asked)
            assert house.leaks(role, told.said.replace(str(asked), "")) == [], (role, asked)
        if row.there:
            told = house.callback(visitor, row.output, row.there)
            assert told.how in {NOTICE, REFUSED}, (role, told.said)
            assert house.leaks(role, _without_echo(house, row.there, told.said)) == [], role


@pytest.mark.parametrize("row", CALLBACKS, ids=named)
def test_nonsense_to_a_callback_is_answered_with_a_sentence(house: House, row: CallbackRow) -> None:
    role = next(role for role in Role if role in row.roles)
    for value in NONSENSE:
        told = house.callback(house.visitor(role), row.output, {}, otherwise=value)
        assert not told.is_unforeseen, (value, told.said)


# Addresses of the server.


@pytest.mark.parametrize("row", ROUTES, ids=named)
def test_an_address_lets_in_whom_it_should(house: House, row: RouteRow) -> None:
    address = row.here or row.rule
    passed = set()
    for role in Role:
        with house.app.server.test_client() as client:  # some addresses end the session
            client.set_cookie("liangxin_session", house.cookie(role))
            told = house.route(client, row.method, address)
        assert house.leaks(role, told.said) == [], role
        assert not told.is_unforeseen, role
        if told.how != REFUSED:
            passed.add(role)
    assert passed == _let_in(row)
    for name, stranger in house.strangers().items():
        told = house.route(stranger, row.method, address)
        assert (told.how == REFUSED) == (row.who is not Door.OPEN), name
        assert house.leaks(None, told.said) == [], name


def test_a_download_of_the_other_sub_district_is_not_found(house: House) -> None:
    for role, row in ((role, row) for row in ROUTES if row.there for role in SCOPED):
        told = house.route(house.visitor(role), row.method, row.there)
        assert told.status in {403, 404}, (role, row, told.said)
        assert house.leaks(role, _without_echo(house, row.there, told.said)) == [], (role, row)


def _let_in(row: RouteRow) -> set[Role]:
    if row.who is Door.PROGRAMS:  # no role has one
        return set()
    return set(Role) if isinstance(row.who, Door) else set(row.who)


def _without_echo(house: House, asked: object, said: str) -> str:
    """What was said beside what was asked: codes come back in "there is no …"."""
    other = house.things.other
    for code in (other.uscc, other.fresh, other.led, other.link):
        if code in str(house.spelled(asked)):
            said = said.replace(code, "")
    return said


# The other database.


def test_scope_holds_on_postgresql_too(
    postgresql_settings: Settings, postgresql_engine: Engine
) -> None:
    house = a_house(
        postgresql_settings.model_copy(update={"district": DISTRICT}), postgresql_engine
    )
    for role in SCOPED:
        visitor = house.visitor(role)
        for row in PAGES:
            own = house.page(visitor, row.here)
            assert own.how == (ANSWERED if role in row.roles else REFUSED), (role, row.path)
            other = house.page(visitor, row.there) if row.there else own
            assert house.leaks(role, _without_echo(house, row.there, other.said)) == []
