"""The page of one organisation through the whole app: identity, standing, cover, tasks; nobody by name."""

from dataclasses import replace

import pytest
from factories import (
    NORTH,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    insert_assignment,
    insert_field_change,
    insert_finding,
    insert_headcount,
    insert_instructor,
    insert_screening,
)
from flask.testing import FlaskClient
from located import insert_located
from pages import MARCH, SEPTEMBER, find_all, shown, text_of
from sqlalchemy import insert, update

from dashboard import auth, tables
from dashboard.pages import organisation, subdistrict
from dashboard.query import Query
from dashboard.site import Site, Visit
from liangxin import db, rules, tasks
from liangxin.access import Actor, Role
from liangxin.schema import Organisation
from liangxin.schema import Visit as Went

TENTH = a_uscc(10)  # in the south, covered jointly since December 2021
LAST = a_uscc(101)  # never screened


def told(site: Site, uscc: str = TENTH, query: Query | None = None) -> str:
    return text_of(organisation.layout(Visit(site, query or Query(), {"uscc": uscc})))


def test_it_tells_whether_it_counts_and_who_covers_it(district: Site) -> None:
    said = told(district)
    for part in (
        "示例第10号有限公司", TENTH, "现状（截至 2022-09-30）", "计入",
        "性质、登记状态和摸排结果都符合规则。", "在营（自 2021-10-01）", "示例南镇",
        "示例联合党支部", "联合", "2021-12-01", "至今", "还没有选派党建指导员。", "未摸清",
    ):  # fmt: skip
        assert part in said
    assert "返回示例南镇" in said


def test_it_tells_why_it_does_not_count(district: Site) -> None:
    said = told(district, LAST)
    assert "未核实" in said
    assert "尚未摸排确认是否在营。" in said
    assert "还没有摸排记录。" in said
    assert "不计入底数的组织不列入预警名单。" in said


def test_a_suspension_that_is_over_has_no_day_it_began_anew(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_screening(connection, 101, state="suspended", from_on=MARCH)
    assert "停业（歇业）（自 2022-03-31）" in told(district, LAST)
    with db.writing(district.engine) as connection:
        insert_finding(connection, 101, "suspended_until", "2022-06-30")
    said = told(district, LAST)
    assert "摸排状态 摸排中 登记地" in said
    assert "停业（歇业） 2022-03-31 至今" in said


def test_every_field_has_its_source_and_what_it_was_before(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_field_change(
            connection, 10, "subdistrict_code", (NORTH, SOUTH), from_on=MARCH, learned_at=NOW
        )
    said = told(district)
    assert "来自市场监管部门登记导出（2022-09-30）" in said
    assert "示例南镇（999999002）" in said
    assert "此前：示例北街道（999999001）（至 2022-03-31）" in said
    assert "登记状态 存续" in said


def test_a_place_that_no_address_says_has_its_reason(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_located(
            connection,
            10,
            subdistrict_code=NORTH,
            method="decided",
            reason_zh="“示例大厦”由示例办认定属示例北街道",
            guesses=None,
        )
    said = told(district)
    assert "登记地 示例北街道 依据：“示例大厦”由示例办认定属示例北街道" in said


def test_an_earlier_day_is_told_as_it_was(district: Site) -> None:
    late = a_uscc(70)  # covered since June
    assert "还没有党组织覆盖。" in told(district, late, Query(MARCH))
    assert "2022-06-01" in told(district, late, Query(SEPTEMBER))
    assert "晚于最新数据日期" in told(district, late, Query(TODAY))


def test_the_instructor_is_named_with_the_last_visit(district: Site) -> None:
    with db.writing(district.engine) as connection:
        sent = insert_instructor(connection, name="示例指导员甲")
        insert_assignment(connection, 10, sent, from_on=MARCH)
    assert "没有走访记录" in told(district)
    with db.writing(district.engine) as connection:
        values = {"kind": "visit", "by": "示例街道", "learned_at": NOW}
        connection.execute(
            insert(Went).values(instructor_id=sent, organisation_id=10, on=SEPTEMBER, **values)
        )
    said = told(district)
    assert "示例指导员甲 2022-09-30 街道干部 2022-03-31 至今" in said


@pytest.mark.parametrize("role", [Role.ECONOMIC_OFFICE, Role.DISTRICT_OFFICE, Role.COMMUNITY])
@pytest.mark.parametrize(("counted", "band"), [(1, "<3"), (2, "<3"), (5, "3+")])
def test_members_are_told_as_a_band_and_to_the_committee_as_they_are(
    client: FlaskClient, district: Site, monkeypatch: pytest.MonkeyPatch, role: Role,
    counted: int, band: str,
) -> None:  # fmt: skip
    with db.writing(district.engine) as connection:
        insert_headcount(connection, 10, full_members=counted, members=counted + 1, staff=40)

    def members(actor: Actor) -> set[str]:
        monkeypatch.setattr(auth, "LOCAL", actor)
        said = shown(client, f"/organisation/{TENTH}")
        return {
            f'"{each}"' for each in (band, counted, counted + 1) if f'"children": "{each}"' in said
        }

    assert members(Actor("someone", role)) == {f'"{band}"'}
    assert members(Actor("someone", Role.COMMITTEE)) == {f'"{counted}"'}


def test_warning_lists_and_open_tasks_are_shown(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_headcount(connection, 90, full_members=4)
        tasks.run(connection, rules.load(), TODAY, NOW)
    page = organisation.layout(Visit(district, Query(), {"uscc": a_uscc(90)}))
    said = text_of(page)
    assert "应建未建" in said
    assert "无党组织且无指导员" in said
    assert find_all(page, "task")
    assert "在办任务（0 项）" not in said
    assert "没有您需要了解的在办任务。" in told(district, TENTH)


@pytest.mark.parametrize("uscc", [a_uscc(999), "x", "%2e%2e", "' OR 1=1 --", "9" * 500])
def test_an_unknown_code_is_not_found(client: FlaskClient, uscc: str) -> None:
    said = shown(client, f"/organisation/{uscc}")
    assert "没有找到组织" in said or "没有这个页面" in said
    assert "返回覆盖总览" in said


def test_a_code_in_small_letters_is_the_same(client: FlaskClient) -> None:
    assert "示例第10号有限公司" in shown(client, f"/organisation/{TENTH.lower()}")


def test_the_list_of_a_sub_district_links_to_it(district: Site) -> None:
    page = subdistrict.layout(Visit(district, Query(MARCH, "R2"), {"code": SOUTH}))
    [column, *_] = next(
        part.columnDefs for part in find_all(page, tables.dag.AgGrid) if part.id == tables.GRID_ID
    )
    assert column["cellRenderer"] == "OrganisationLink"
    assert column["cellRendererParams"] == {
        "address": "/organisation/{uscc}?as_of=2022-03-31&rate=R2"
    }


def test_it_speaks_english_and_shows_names_as_text(district: Site) -> None:
    with db.writing(district.engine) as connection:
        named = update(Organisation).where(Organisation.id == 10)
        connection.execute(named.values(name="<img src=x>"))
    english = replace(district, settings=district.settings.model_copy(update={"language": "en"}))
    said = told(english)
    assert "<img src=x>" in said
    assert "Class, registration status and screening meet the rules." in said
    assert "operating (since 2021-10-01)" in said
    assert "until" not in told(english, LAST)
