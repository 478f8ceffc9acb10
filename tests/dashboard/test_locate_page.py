"""The page on which addresses are placed: what it shows to whom, and what its buttons do."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from dash import html
from factories import NORTH, SOUTH
from flask.testing import FlaskClient
from located import a_guess, asked_about, places_of
from pages import find_all, shown, text_of
from signed import let_in
from sqlalchemy import Engine, select

from dashboard.app import create_app
from dashboard.pages import locate as page
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db, locations
from liangxin.access import LOCAL, Role
from liangxin.schema import Located, LocationDecision

OUTPUT = "..locate-said.children...locate-queue.children.."


@pytest.fixture
def asking(district: Site) -> Site:
    """The district with a building that three organisations are in, and one that nobody knows."""
    with db.writing(district.engine) as connection:
        asked_about(connection, "示例大厦", 3, a_guess(NORTH, 0.7), a_guess(SOUTH, 0.3))
        asked_about(connection, "无名市场", 1)
    return district


@pytest.fixture
def client(asking: Site) -> Iterator[FlaskClient]:
    app = create_app(asking.settings, asking.engine, clock=asking.clock)
    with app.server.test_client() as client:
        yield client


def laid_out(site: Site, subdistrict: str = "") -> Any:
    return page.layout(Visit(site, Query(subdistrict=subdistrict)))


def entry_of(site: Site, pattern: str) -> int:
    with db.reading(site.engine) as connection:
        found = locations.queue(connection, LOCAL, on=site.today())
    return next(each.id for each in found.entries if each.pattern == pattern)


def press(
    client: FlaskClient, which: Any, *, towns: Any = (), here: Any = "", text: Any = ""
) -> Any:
    """Post what the browser would when a button is pressed."""
    spelled = json.dumps(which, sort_keys=True, separators=(",", ":"))
    kinds = ("locate-choose", "locate-other", "locate-withdraw")
    inputs = [
        [{"id": which, "property": "n_clicks", "value": 1}]
        if isinstance(which, dict) and which.get("type") == kind
        else []
        for kind in kinds
    ]
    ids = [{"type": "locate-town", "entry": entry} for entry, _ in towns]
    state: list[Any] = [
        [
            {"id": each, "property": "value", "value": value}
            for each, (_, value) in zip(ids, towns, strict=True)
        ],
        [{"id": each, "property": "id", "value": each} for each in ids],
        {"id": "locate-here", "property": "data", "value": here},
        {"id": "locate-text", "property": "data", "value": text},
    ]
    question = {
        "output": OUTPUT,
        "outputs": [
            {"id": "locate-said", "property": "children"},
            {"id": "locate-queue", "property": "children"},
        ],
        "inputs": inputs,
        "changedPropIds": [f"{spelled}.n_clicks"],
        "state": state,
    }
    return client.post("/_dash-update-component", json=question)


def said(response: Any) -> str:
    assert response.status_code == 200
    return json.dumps(response.get_json(), ensure_ascii=False)


def choose(site: Site, pattern: str, code: str) -> dict[str, Any]:
    return {"type": "locate-choose", "entry": entry_of(site, pattern), "code": code}


def decisions(engine: Engine) -> list[str]:
    with db.reading(engine) as connection:
        return list(connection.execute(select(LocationDecision.subdistrict_code)).scalars())


def test_a_card_shows_the_address_and_what_speaks_for_whom(asking: Site) -> None:
    first, second = find_all(laid_out(asking), "locate-card")
    told = text_of(first)
    for part in (
        "示例大厦",
        "3 个单位",
        "示例区示例大厦1室",
        "属示例北街道",
        "5 个地址中 3 个在此",
    ):
        assert part in told
    assert "已知地址没有线索" in text_of(second)
    buttons = [each.id for each in find_all(first, html.Button)]
    assert [each.get("code") for each in buttons] == [NORTH, SOUTH, None]


def test_one_entry_is_found_by_a_word_of_it_and_stays_alone_when_another_is_placed(
    client: FlaskClient, asking: Site
) -> None:
    said_of_one = shown(client, "/locate", "?q=无名")
    assert "无名市场" in said_of_one
    assert "示例大厦" not in said_of_one
    assert "没有含有“没有这里”的" in shown(client, "/locate", "?q=没有这里")
    answer = said(press(client, choose(asking, "无名市场", NORTH), text="示例大厦"))
    assert "示例大厦" in answer
    assert "没有含有“无名”的" in shown(client, "/locate", "?q=无名")
    for nonsense in (7, ["x"], None, "长" * 10_000):
        assert press(client, {"type": "locate-other", "entry": 1}, text=nonsense).status_code == 200


def test_a_choice_places_all_its_likes_and_says_how_many(client: FlaskClient, asking: Site) -> None:
    answer = said(press(client, choose(asking, "示例大厦", NORTH)))
    assert "“示例大厦”认定属示例北街道：3 个单位已归入。" in answer
    assert "无名市场" in answer
    with db.reading(asking.engine) as connection:
        assert places_of(connection)["示例区示例大厦2室"] == (NORTH, "decided")


def test_any_subdistrict_can_be_chosen_from_the_list(client: FlaskClient, asking: Site) -> None:
    entry = entry_of(asking, "无名市场")
    which = {"type": "locate-other", "entry": entry}
    assert "请先选择街道" in said(press(client, which, towns=[(entry, None)]))
    assert decisions(asking.engine) == []
    assert "“无名市场”认定属示例南镇" in said(press(client, which, towns=[(entry, SOUTH)]))


def test_a_decision_can_be_withdrawn(client: FlaskClient, asking: Site) -> None:
    press(client, choose(asking, "示例大厦", NORTH))
    assert "撤回" in text_of(laid_out(asking))
    answer = said(press(client, {"type": "locate-withdraw", "decision": 1}))
    assert "已撤回，3 个单位将重新定位" in answer


def test_a_page_of_one_subdistrict_shows_what_may_be_there(asking: Site) -> None:
    told = text_of(laid_out(asking, NORTH))
    assert "示例大厦" in told
    assert "无名市场" not in told


def test_an_empty_queue_says_so(district: Site) -> None:
    assert "没有待认定的地址" in text_of(laid_out(district))


@pytest.mark.parametrize("role", [Role.LEADER, Role.COMMUNITY, Role.COMMITTEE])
def test_who_places_no_addresses_sees_no_queue_and_presses_nothing(
    client: FlaskClient, asking: Site, role: Role
) -> None:
    scope = [f"{NORTH}001"] if role == Role.COMMUNITY else [NORTH]
    let_in(client, asking, role, *([] if role == Role.LEADER else scope))
    assert "没有此项权限" in shown(client, "/locate")
    assert press(client, choose(asking, "示例大厦", NORTH)).status_code == 403
    assert decisions(asking.engine) == []


def test_an_office_is_offered_its_own_and_places_nothing_elsewhere(
    client: FlaskClient, asking: Site
) -> None:
    let_in(client, asking, Role.ECONOMIC_OFFICE, NORTH)
    page_said = shown(client, "/locate")
    assert "示例大厦" in page_said
    assert f'"code": "{SOUTH}"' not in page_said
    answer = said(press(client, choose(asking, "示例大厦", SOUTH)))
    assert "没有街道" in answer
    assert "没有街道" in shown(client, "/locate", f"?subdistrict={SOUTH}")
    assert decisions(asking.engine) == []
    assert "3 个单位已归入" in said(press(client, choose(asking, "示例大厦", NORTH)))


@pytest.mark.parametrize(
    "which",
    [
        pytest.param({"type": "locate-choose", "entry": "x", "code": NORTH}, id="no number"),
        pytest.param({"type": "locate-choose", "entry": True, "code": NORTH}, id="a truth"),
        pytest.param({"type": "locate-choose", "entry": 1, "code": 7}, id="no code"),
        pytest.param({"type": "locate-choose", "entry": 10**9, "code": NORTH}, id="no entry"),
        pytest.param({"type": "locate-choose", "entry": 10**30, "code": NORTH}, id="too large"),
        pytest.param({"type": "locate-withdraw", "decision": [1]}, id="a list"),
    ],
)
def test_nonsense_in_a_question_gets_a_sentence(
    client: FlaskClient, asking: Site, which: dict[str, Any]
) -> None:
    answer = said(press(client, which, towns=[("x", 3)], here={"a": 1}))
    assert any(part in answer for part in ("未作更改", "没有编号", "请先选择"))
    with db.reading(asking.engine) as connection:
        rows = connection.execute(select(Located.id).where(Located.method.is_not(None)))
        assert rows.all() == []
