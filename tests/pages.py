"""What tests of the pages share: a district as in the model case, and reading what is shown."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from dash import Dash
from dash.development.base_component import Component
from factories import LONG_AGO, NORTH, NOW, SOUTH, a_uscc, insert_run
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, event, insert
from waitress import wasyncore

from dashboard.app import PAGES, create_app
from dashboard.auth import guarded
from dashboard.declare.quotas import Quotas
from dashboard.serve import make_server
from dashboard.site import Site
from liangxin import db, migrate
from liangxin.access import Permission
from liangxin.schema import Covering, Division, Organisation, PartyOrganisation, Screening
from liangxin.settings import Settings

#: The two days of the model case: 56 % were reached on the first, 77 % on the second.
MARCH, SEPTEMBER = date(2022, 3, 31), date(2022, 9, 30)
DISTRICT = NORTH[:6]
SUBDISTRICTS = {NORTH: "示例北街道", SOUTH: "示例南镇"}
FEW = "999999003"


def insert_district(connection: Connection, organisations: int = 100) -> None:
    """Insert a district: organisations that operate, 56 % reached in March, 77 % in September.

    A tenth of them is in the south, one is in ``FEW``, and one more, not screened, is nowhere.
    """
    names = {DISTRICT: "示例区", **SUBDISTRICTS, FEW: "示例东街道"}
    divisions = [
        {
            "code": code,
            "name": name,
            "level": "district" if code == DISTRICT else "subdistrict",
            "parent_code": code[:4] if code == DISTRICT else DISTRICT,
            "learned_at": NOW,
        }
        for code, name in names.items()
    ]
    run_id = insert_run(
        connection,
        as_of=SEPTEMBER,
        rows=organisations + 1,
        new=1,
        accepted=1,
        skipped=organisations,
    )
    rows = [_organisation(n, organisations, run_id) for n in range(1, organisations + 2)]
    known = {"learned_at": NOW}
    connection.execute(insert(Division), divisions)
    connection.execute(insert(Organisation), rows)
    connection.execute(
        insert(Screening),
        [
            {
                "organisation_id": n,
                "state": "operating",
                "evidence": "上门走访",
                "decided_by": "示例街道经济办",
                "from_on": date(2021, 10, 1),
                **known,
            }
            for n in range(1, organisations + 1)
        ],
    )
    connection.execute(
        insert(PartyOrganisation),
        [
            {
                "id": 1,
                "name": "示例联合党支部",
                "level": "joint_branch",
                "subdistrict_code": NORTH,
                "from_on": date(2021, 1, 1),
                **known,
            },
            {
                "id": 2,
                "name": "示例公司党支部",
                "level": "branch",
                "subdistrict_code": NORTH,
                "from_on": date(2021, 1, 1),
                **known,
            },
        ],
    )
    connection.execute(
        insert(Covering),
        [
            {
                "organisation_id": n,
                "party_organisation_id": 2 if n % 3 == 0 else 1,
                "mode": "alone" if n % 3 == 0 else "joint",
                "from_on": date(2021, 12, 1)
                if n <= organisations * 56 // 100
                else date(2022, 6, 1),
                **known,
            }
            for n in range(1, organisations * 77 // 100 + 1)
        ],
    )


@contextmanager
def a_district(home: Path, organisations: int = 100) -> Iterator[Site]:
    """The model case's district, on a register of its own as long as the block lasts."""
    settings = Settings(home=home, district=DISTRICT)
    engine = migrate.open_register(settings, now=NOW)
    with db.writing(engine) as connection:
        insert_district(connection, organisations)
    yield Site(settings, engine, clock)
    engine.dispose()


def _organisation(n: int, organisations: int, run_id: int) -> dict[str, Any]:
    code = None if n > organisations else FEW if n == 1 else SOUTH if n % 10 == 0 else NORTH
    return {
        "id": n,
        "uscc": a_uscc(n),
        "name": f"示例第{n}号有限公司",
        "kind": "enterprise",
        "ownership": "NONPUBLIC",
        "status": "1",
        "address": f"示例区示例路{n}号",
        "district_code": DISTRICT,
        "subdistrict_code": code,
        "from_on": LONG_AGO,
        "run_id": run_id,
    }


def parts(component: Any) -> Iterator[Any]:
    """Every component and text of a tree, outermost first."""
    if isinstance(component, list | tuple):
        for one in component:
            yield from parts(one)
    elif component is not None:
        yield component
        if isinstance(component, Component):
            yield from parts(getattr(component, "children", None))


def text_of(component: Any) -> str:
    """All a tree says, in order, with blanks between."""
    return " ".join(str(part) for part in parts(component) if not isinstance(part, Component))


def find_all(component: Any, kind: type[Component] | str) -> list[Any]:
    """The components of a class, or with a CSS class."""
    if isinstance(kind, str):
        return [
            part
            for part in parts(component)
            if kind in str(getattr(part, "className", "") or "").split()
        ]
    return [part for part in parts(component) if isinstance(part, kind)]


def clock() -> datetime:
    """The only clock of these tests."""
    return NOW


def ask(client: FlaskClient, output: str, inputs: dict[str, Any], **options: Any) -> Any:
    """Post what a browser would to a callback (``{"b.value": 7}``), and return the response."""

    def spelled(name: str) -> dict[str, str]:
        node, _, prop = name.partition(".")
        return {"id": node, "property": prop}

    question = {
        "output": output,
        "outputs": spelled(output),
        "inputs": [{**spelled(name), "value": value} for name, value in inputs.items()],
        "changedPropIds": list(inputs),
        "state": [],
    }
    return client.post("/_dash-update-component", json=question, **options)


def ask_page(client: FlaskClient, path: object, search: object = "", **options: Any) -> Any:
    """Post what a browser would to be shown a page, and return the response."""
    where = {"location.pathname": path, "location.search": search}
    return ask(client, "page.children", where, **options)


def shown(client: FlaskClient, path: object, search: object = "") -> str:
    """What a page says, as the text of its answer with Chinese readable."""
    response = ask_page(client, path, search)
    assert response.status_code == 200
    return json.dumps(response.get_json(), ensure_ascii=False)


def text_of_json(response: Any) -> str:
    """What an answer says, Chinese readable, whether or not it is JSON."""
    told = response.get_json(silent=True)
    if told is None:
        return str(response.get_data(as_text=True))
    return json.dumps(told, ensure_ascii=False)


@contextmanager
def noting(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    """Every statement that a register is asked meanwhile, with its values."""
    noted: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        noted.append((statement, values))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield noted
    finally:
        event.remove(engine, "before_cursor_execute", note)


class PageWith:
    """A page that registers whatever a test wants."""

    PATH = "/extra"
    PERMISSION = Permission.RATE_VIEW

    def __init__(self, register: Any = lambda _app: None, layout: Any = None) -> None:
        self.register = register
        self.layout = layout or guarded(Permission.RATE_VIEW)(lambda _actor, _visit: None)


def app_with(site: Site, page: PageWith) -> Dash:
    """The app with one page more."""
    return create_app(site.settings, site.engine, clock=clock, pages=[*PAGES, page])


@contextmanager
def serving(
    settings: Settings,
    engine: Engine,
    *,
    clock: Callable[[], datetime] = clock,
    quotas: Quotas | None = None,
) -> Iterator[str]:
    """The address of the app behind a real server, as long as the block lasts."""
    server = make_server(settings, engine, host="127.0.0.1", port=0, clock=clock, quotas=quotas)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        with suppress(OSError):  # the loop may close its end before we have written to it
            server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join()
        server.task_dispatcher.shutdown()
