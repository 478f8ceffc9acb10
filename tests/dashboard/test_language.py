"""Pages speak the language that their visitor chose, in every word, and else that of the settings."""

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from pages import DISTRICT, ask_page, shown
from signed import let_in

from dashboard import language
from dashboard.app import create_app
from dashboard.site import Site
from liangxin.access import Role

CHINESE = re.compile(r"[\u4e00-\u9fff]+")
#: Names, which no language changes.
NAMES = re.compile('示例[^"<( ]*|两新组织党建覆盖')


def choose(client: FlaskClient, to: str, **headers: str) -> Any:
    return client.get(f"/language/{to}", headers=headers)


def left(said: str) -> list[str]:
    return CHINESE.findall(NAMES.sub("", said))


def test_a_choice_is_remembered_and_leads_back_to_where_one_was(client: FlaskClient) -> None:
    answer = choose(client, "en", Referer="http://localhost/change?from=2022-03-31&rate=R2")
    assert (answer.status_code, answer.headers["Location"]) == (
        303,
        "/change?from=2022-03-31&rate=R2",
    )
    kept = answer.headers["Set-Cookie"]
    assert kept.startswith("liangxin_language=en;")
    assert "SameSite=Lax" in kept
    assert '<html lang="en">' in client.get("/").text
    choose(client, "zh")
    assert '<html lang="zh-CN">' in client.get("/").text


@pytest.mark.parametrize(
    "came", ["https://elsewhere.example/x", "http://localhost//elsewhere.example", "", "nonsense"]
)
def test_nobody_is_led_to_another_site(client: FlaskClient, came: str) -> None:
    assert choose(client, "en", Referer=came).headers["Location"] == "/"


def test_there_are_two_languages_and_no_other(client: FlaskClient) -> None:
    assert choose(client, "fr").status_code == 404
    client.set_cookie(language.COOKIE, "<script>")
    assert '<html lang="zh-CN">' in client.get("/").text


def test_the_usual_language_is_that_of_the_settings(district: Site) -> None:
    settings = district.settings.model_copy(update={"language": "en"})
    app = create_app(settings, district.engine, clock=district.clock)
    with app.server.test_client() as client:
        assert '<html lang="en">' in client.get("/").text
        client.set_cookie(language.COOKIE, "zh")
        assert '<html lang="zh-CN">' in client.get("/").text
        assert "覆盖总览" in shown(client, "/")


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/change", "/lists", "/tasks", "/bulletins", "/subdistrict/999999001"),
        *("/lists/not_reached", "/nowhere", "/organisation/1", "/lists/nothing"),
    ],
)
def test_every_page_and_every_error_is_in_english(client: FlaskClient, path: str) -> None:
    client.set_cookie(language.COOKIE, "en")
    assert left(shown(client, path)) == []


def test_the_frame_and_the_document_are_in_english(client: FlaskClient) -> None:
    client.set_cookie(language.COOKIE, "en")
    document = client.get("/").text
    assert left(document) == []
    assert "JavaScript" in document
    frame = client.get("/_dash-layout").get_json()
    assert "/language/zh" in str(frame)
    assert left(str(frame)) == ["中文"]


def test_charts_calendars_and_grids_follow(client: FlaskClient) -> None:
    client.set_cookie(language.COOKIE, "en")
    assert '"locale": "en"' in shown(client, "/")
    assert "Next Page" in (told := shown(client, "/subdistrict/999999001")) or "page" in told
    assert '"locale": "en"' in str(client.get("/_dash-layout").data.decode()).replace('":"', '": "')


def test_errors_around_pages_follow(client: FlaskClient) -> None:
    client.set_cookie(language.COOKIE, "en")
    answer = client.post("/_dash-update-component", json={"output": "x"})
    assert left(answer.get_data(as_text=True)) == []
    assert answer.status_code == 400
    page = ask_page(client, "/", headers={"Sec-Fetch-Site": "cross-site"})
    assert (page.status_code, left(page.get_data(as_text=True))) == (403, [])


def test_whoever_signs_in_in_english_goes_on_in_english(
    client: FlaskClient, district: Site
) -> None:
    let_in(client, district, Role.LEADER)
    client.delete_cookie("liangxin_session")
    page = client.get("/account/sign-in?next=/change&lang=en")
    assert '<html lang="en">' in page.text
    assert client.get_cookie(language.COOKIE).value == "en"
    assert "next=%2Fchange&amp;lang=zh" in client.get("/account/sign-in?next=/change").text
    let_in(client, district, Role.LEADER)
    assert "Coverage overview" in shown(client, "/")
    assert '<html lang="en">' in client.get("/account/me").text


def test_a_choice_shows_no_other_visitor_anything(district: Site) -> None:
    settings = district.settings.model_copy(update={"district": DISTRICT})
    app = create_app(settings, district.engine, clock=district.clock)
    with app.server.test_client() as one, app.server.test_client() as other:
        choose(one, "en")
        assert "Coverage overview" in shown(one, "/")
        assert "覆盖总览" in shown(other, "/")
