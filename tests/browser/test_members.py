"""A committee at its desk in a real browser: from the sign-in page to a firm on a warning list."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from factories import NORTH, NOW, TODAY, insert_headcount
from members_desk import FIRM, People, a_register_with_people, named_in, with_terms
from pages import clock, serving
from signed import Signed, an_account
from visitors import Visitor

from dashboard.site import Site
from liangxin import audit, db, migrate
from liangxin.access import Actor, Role
from liangxin.settings import Settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def people(new_home: Callable[[], Path]) -> Iterator[People]:
    settings = Settings(home=new_home(), district=NORTH[:6])
    engine = migrate.open_register(settings, now=NOW)
    made = a_register_with_people(Site(settings, engine, clock))
    made.write(lambda c: insert_headcount(c, 1, staff=20, members=0, full_members=0))
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def address(people: People) -> Iterator[str]:
    with serving(people.site.settings, people.site.engine) as address:
        yield address


def signs_in(visitor: Visitor, people: People, *, then: str) -> Signed:
    who = an_account(people.site, Role.COMMITTEE, NORTH)
    visitor.signs_in(who, moment=NOW.timestamp(), then=then)
    return who


def on_the_list(visitor: Visitor) -> bool:
    visitor.goes_to(f"/lists/should_not_built?as_of={TODAY}", "main h1")
    return "示例第1号有限公司" in visitor.text()


def is_narrow_enough(visitor: Visitor, width: int) -> bool:
    return bool(visitor.page.evaluate("document.documentElement.scrollWidth") == width)


@pytest.mark.parametrize("width", [1440], ids=["desk"], indirect=True)
def test_a_declaration_confirmed_puts_its_firm_on_the_list(
    visitor: Visitor, people: People
) -> None:
    """Signed in with a second factor, names for a purpose, confirmed: three full members, on the list."""
    people.confirms(1)
    people.confirms(2)
    people.declares(3)
    who = signs_in(visitor, people, then="/members")
    page = visitor.page
    assert not on_the_list(visitor)

    page.click(".navigation >> text=党员")
    page.wait_for_selector(".members-number")
    assert named_in(page.content()) == set()
    page.click("main >> text=示例第1号有限公司")
    page.wait_for_selector("#members-open")
    assert "2 名，其中正式 2 名" in visitor.text("#members-standing")
    assert named_in(page.content()) == set()

    page.click("#members-open")
    page.wait_for_selector("#members-names .notice")
    assert "须说明目的" in visitor.text("#members-names")
    page.get_by_label("与本人核实确认").check()
    page.click("#members-open")
    page.wait_for_selector(".members-card")
    assert named_in(page.content()) == {1, 2, 3}
    assert named_in(page.url) == set()
    assert f"{who.name} 2026-11-23 16:00 与本人核实确认" in page.inner_text(".members-watermark")

    page.get_by_role("button", name="确认", exact=True).click()
    page.wait_for_selector(".members-said .done")
    said = visitor.text(".members-said .done")
    assert "示例第1号有限公司现有正式党员 3 名。" in said
    assert "列入预警名单：应建未建" in said
    page.wait_for_selector("#members-standing >> text=3 名，其中正式 3 名")
    page.click(".members-said a")
    page.wait_for_selector("main >> text=两新组织名单（1 家）")
    assert on_the_list(visitor)

    page.go_back()
    page.goto(f"{visitor.address}/members/{FIRM}")
    page.wait_for_selector("#members-open")
    assert named_in(page.content()) == set()  # of that look nothing is left
    with db.reading(people.site.engine) as connection:
        looks = audit.listed(connection, Actor("auditor", Role.AUDITOR), action="person.viewed")
        assert audit.verify(connection).is_whole
    assert [(each.by, each.about, each.purpose) for each in looks] == [(who.name, FIRM, "confirm")]


def test_names_go_from_the_page_when_they_are_closed(
    visitor: Visitor, people: People, width: int
) -> None:
    people.confirms(4)
    signs_in(visitor, people, then=f"/members/{FIRM}")
    page = visitor.page
    page.wait_for_selector("#members-open")
    page.get_by_label("组建党组织").check()
    page.click("#members-open")
    page.wait_for_selector(".members-card")
    assert 4 in named_in(page.content())
    assert is_narrow_enough(visitor, width)
    page.click("#members-close")
    page.wait_for_selector(".members-card", state="detached")
    assert named_in(page.content()) == set()


def test_numbers_and_terms_fit_the_screen_and_become_a_file(
    visitor: Visitor, people: People, width: int
) -> None:
    people.declares(5)
    if not people.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM party_term").scalar()):
        with_terms(people)
    signs_in(visitor, people, then="/members")
    page = visitor.page
    page.wait_for_selector(".members-number")
    assert is_narrow_enough(visitor, width)
    with page.expect_download() as download:
        page.click("#members-table-waiting [data-take=file]")
    lines = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert lines[0] == '"单位","申报","候选人","最早到期"'
    assert re.match(r'"示例第1号有限公司","\d","0","2027-01-22"$', lines[1])
    visitor.goes_to("/terms", "#members-table-terms")
    assert is_narrow_enough(visitor, width)
    assert "已届满未换届" in visitor.text(".chips")
    page.click(".chips >> text=已届满未换届")
    page.wait_for_url("**/terms/term_over?*")
    page.wait_for_selector("main >> text=党组织（1 个）")
