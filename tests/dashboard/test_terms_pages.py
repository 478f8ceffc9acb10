"""Terms of Party organisations and what asks for a change, to whoever forms them."""

from collections.abc import Iterator

import pytest
from factories import NORTH, SOUTH, TODAY
from flask.testing import FlaskClient
from members_desk import People, a_register_with_people, named_in, with_terms
from pages import clock, shown
from signed import let_in
from sqlalchemy import Engine

from dashboard.app import create_app
from dashboard.site import Site
from dashboard.text import WORDS
from liangxin import triggers
from liangxin.access import Actor, Role
from liangxin.settings import Settings
from liangxin.triggers import TRIGGERS

DISTRICT_OFFICE = Actor("district", Role.DISTRICT_OFFICE)


@pytest.fixture
def people(sqlite_settings: Settings, sqlite_engine: Engine) -> People:
    settings = sqlite_settings.model_copy(update={"district": NORTH[:6]})
    return a_register_with_people(Site(settings, sqlite_engine, clock))


@pytest.fixture
def client(people: People) -> Iterator[FlaskClient]:
    site = people.site
    with create_app(site.settings, site.engine, clock=clock).server.test_client() as client:
        yield client


def test_a_term_that_is_over_comes_first_with_what_to_do(
    client: FlaskClient, people: People
) -> None:
    with_terms(people)
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    said = shown(client, "/terms")
    assert "党组织（2 个）" in said
    assert "2026-10-01（已过 53 天）" in said
    assert "2027-03-01（还有 98 天）" in said
    assert said.index("示例第一党支部") < said.index("示例第三联合党支部")
    for part in ("立即组织换届", "准备换届请示", "补选或由上级指派书记", "只剩一个单位"):
        assert part in said
    assert "示例南镇党支部" not in said


def test_who_leads_a_branch_is_nobody_s_to_read_without_a_purpose(
    client: FlaskClient, people: People
) -> None:
    with_terms(people)
    for role in (Role.COMMITTEE, Role.DISTRICT_OFFICE):
        let_in(client, people.site, role, *([NORTH] if role is Role.COMMITTEE else []))
        said = shown(client, "/terms", f"?subdistrict={NORTH}")
        assert "在任" in said
        assert "空缺" in said
        assert not named_in(said)


def test_one_matter_is_an_address(client: FlaskClient, people: People) -> None:
    with_terms(people)
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    said = shown(client, "/terms/term_over")
    assert "党组织（1 个）" in said
    assert "示例第三联合党支部" not in said
    assert "没有党组织属于“覆盖单位在其他街道”" in shown(client, "/terms/unit_elsewhere")
    assert "没有“nonsense”这一事项" in shown(client, "/terms/nonsense")


def test_members_are_numbers_for_the_committee_and_a_range_for_the_district(
    client: FlaskClient, people: People
) -> None:
    with_terms(people)
    for n in (1, 2):
        people.confirms(n)
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    ours = shown(client, "/terms/term_over")
    assert '"children": "2"' in ours
    let_in(client, people.site, Role.DISTRICT_OFFICE)
    theirs = shown(client, "/terms/term_over", f"?subdistrict={NORTH}")
    assert "示例北街道：届期与变更" in theirs
    assert '"children": "2"' not in theirs
    assert "<3" in theirs


def test_whoever_has_several_sub_districts_chooses_one(client: FlaskClient, people: People) -> None:
    with_terms(people)
    people.confirms(1)
    let_in(client, people.site, Role.DISTRICT_OFFICE)
    for path in ("/terms", "/terms/term_over"):
        everything = shown(client, path)
        assert "各街道（镇、乡）" in everything
        assert f"/terms?subdistrict={SOUTH}" in everything
        assert "示例南镇党支部" not in everything
    assert "示例南镇党支部" in shown(client, "/terms", f"?subdistrict={SOUTH}")
    numbers = people.read(
        lambda c: triggers.ends(c, DISTRICT_OFFICE, people.site.rules, as_of=TODAY)
    )
    assert numbers == [triggers.Ends(NORTH, 2, 1, 1), triggers.Ends(SOUTH, 1, 0, 0)]


def test_another_sub_district_is_not_found(client: FlaskClient, people: People) -> None:
    with_terms(people)
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    for path in ("/terms", "/terms/term_over"):
        said = shown(client, path, f"?subdistrict={SOUTH}")
        assert "没有找到街道" in said
        assert "示例南镇" not in said


def test_no_party_organisation_says_where_they_come_from(
    client: FlaskClient, people: People
) -> None:
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    assert "还没有登记党组织" in shown(client, "/terms")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_matter_says_what_to_do(language: str) -> None:
    assert {f"terms.todo.{name}" for name in TRIGGERS} <= WORDS[language].keys()  # type: ignore[index]


def test_today_stands_on_the_page(client: FlaskClient, people: People) -> None:
    let_in(client, people.site, Role.COMMITTEE, NORTH)
    assert f"截至今日 {TODAY}" in shown(client, "/terms")
