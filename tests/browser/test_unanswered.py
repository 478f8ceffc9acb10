"""What a browser tells when a step gets no answer: the session is over, or the server is away."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import NOW
from pages import a_district, serving
from signed import an_account
from sqlalchemy import delete
from visitors import OVERVIEW, Visitor

from dashboard.site import Site
from liangxin import db
from liangxin.access import Role
from liangxin.schema import AccountSession

pytestmark = pytest.mark.browser
BAR = "#unanswered"


@pytest.fixture
def site(new_home: Callable[[], Path]) -> Iterator[Site]:
    with a_district(new_home()) as site:
        yield site


@pytest.fixture
def address(site: Site) -> Iterator[str]:
    with serving(site.settings, site.engine) as address:
        yield address


def test_a_session_that_is_over_is_told_with_a_door_and_the_step_can_be_done_again(
    visitor: Visitor, site: Site, width: int
) -> None:
    who = an_account(site, Role.LEADER)
    visitor.signs_in(who, moment=NOW.timestamp())
    page = visitor.page
    page.wait_for_selector(OVERVIEW)
    assert not page.is_visible(BAR)
    with db.writing(site.engine) as connection:
        connection.execute(delete(AccountSession))
    page.click(".navigation >> text=变化")
    page.wait_for_selector(f"{BAR} >> text=登录")
    assert page.is_visible(OVERVIEW)  # what was there stays
    assert page.evaluate("document.documentElement.scrollWidth") == width
    with page.expect_popup() as opening:
        page.click(".unanswered-door")
    door = Visitor(opening.value, visitor.address)
    door.page.wait_for_selector("[name=name]")
    door.page.fill("[name=name]", who.name)
    door.page.fill("[name=password]", who.password)
    door.page.click("button[type=submit]")
    door.page.wait_for_selector("main h1 >> text=变化")
    page.click(".navigation >> text=总览")
    page.click(".navigation >> text=变化")
    page.wait_for_selector("main h1 >> text=变化")
    assert not page.is_visible(BAR)
    visitor.complaints.clear()  # a browser complains of every answer that is not 200


def test_a_server_that_is_away_is_told_and_the_next_answer_takes_it_back(
    visitor: Visitor, site: Site
) -> None:
    visitor.signs_in(an_account(site, Role.LEADER), moment=NOW.timestamp())
    page = visitor.page
    page.wait_for_selector(OVERVIEW)
    page.context.set_offline(True)
    page.click(".navigation >> text=变化")
    page.wait_for_selector(f"{BAR} >> text=服务器没有应答")
    page.click(".unanswered-close")
    assert not page.is_visible(BAR)
    page.click(".navigation >> text=总览")
    page.wait_for_selector(f"{BAR} >> text=服务器没有应答")
    page.context.set_offline(False)
    page.click(".navigation >> text=变化")
    page.wait_for_selector("main h1 >> text=变化")
    assert not page.is_visible(BAR)
    visitor.complaints.clear()
