"""A ledger leaves findings, Party organisations, coverings, terms, instructors; undone, nothing."""

from datetime import date
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    SOUTH,
    TODAY,
    a_uscc,
    insert_covering,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from ledger_desk import LedgerDesk
from sheets import Cells
from sqlalchemy import Engine

from liangxin import db, undo
from liangxin.errors import Misuse
from liangxin.schema import Task

MARCH, JUNE = date(2026, 3, 31), date(2026, 6, 30)
BRANCH = {"built": "是", "form": "单独组建", "level": "党支部", "party_name": "甲公司党支部"}
JOINT = {"built": "是", "form": "联合组建", "level": "联合党支部", "party_name": "北街联合党支部"}


def firm(n: int = 1, **cells: str | None) -> Cells:
    return {"uscc": a_uscc(n), "name": f"示例第{n}号有限公司", **cells}


def filled(engine: Engine) -> LedgerDesk:
    with db.writing(engine) as connection:
        for n in range(1, 5):
            insert_organisation(connection, n)
        insert_organisation(connection, 5, subdistrict_code=SOUTH)
        insert_organisation(connection, 6, uscc=a_uscc(6, prefix="51"), kind="social")
    return LedgerDesk(engine)


@pytest.fixture
def desk(engine: Engine) -> LedgerDesk:
    return filled(engine)


@pytest.fixture
def small(sqlite_engine: Engine) -> LedgerDesk:
    """On the embedded register alone, for what a second database teaches nothing about."""
    return filled(sqlite_engine)


def coverings(desk: LedgerDesk) -> list[Any]:
    names = dict(desk.held("party_organisation", "id", "name"))
    columns = ("organisation_id", "party_organisation_id", "mode", "from_on", "to_on")
    found = [
        (organisation, names[party], *rest)
        for organisation, party, *rest in desk.held("covering", *columns)
    ]
    return sorted(found, key=lambda row: (row[0], row[3]))


FULL_ROW = firm(
    1,
    **BRANCH,
    built_on="2021-07-01",
    re_elected_on="2024-07-05",
    secretary_name="钱伯庸",
    secretary_from="出资人担任",
    secretary_phone="13900000001",
    phone="13900000002",
    staff="60",
    members_in="4",
    members_under_35="2",
    above_scale="是",
    fixed_place="是",
    insured_any="否",
    revenue="1200.5万",
    investor_is_member="√",
    investor_is_secretary="√",
    operates_at="北街9号",
    place_name="示例大厦",
    state="正常",
)


def test_a_row_leaves_all_that_is_kept_of_it_and_loading_it_again_changes_nothing(
    desk: LedgerDesk,
) -> None:
    other = firm(2, built="否", reason="没有党员", instructor_name="孙仲和", members="0")
    said = desk.load(FULL_ROW, other, as_of=JUNE)
    assert (said.new, said.changed, said.unchanged, said.left.height) == (2, 0, 0, 0)
    founded = date(2021, 7, 1)
    assert coverings(desk) == [(1, "甲公司党支部", "alone", founded, None)]
    assert desk.held("party_organisation", "level", "mode", "subdistrict_code", "from_on") == [
        ("branch", "alone", NORTH, founded)
    ]
    elected = date(2024, 7, 5)
    assert desk.held("party_term", "secretary", "secretary_kind", "from_on", "due_on") == [
        ("钱伯庸", "owner", elected, date(2027, 7, 5))
    ]
    assert desk.held("instructor", "name", "subdistrict_code") == [("孙仲和", NORTH)]
    assert desk.held("assignment", "organisation_id", "from_on") == [(2, JUNE)]
    assert dict(desk.held("finding", "field", "value")) == {
        "above_scale": "1",
        "fixed_place": "1",
        "insures_staff": "0",
        "operating_address": "北街9号",
        "place": "示例大厦",
        "representative_member": "1",
        "representative_secretary": "1",
        "revenue_wan": "1200.5",
        "unbuilt_reason": "没有党员",
    }
    assert desk.held("screening", "organisation_id", "state", "from_on") == [(1, "operating", JUNE)]
    assert desk.held("confirmation", "organisation_id", "confirmed_on") == [(1, JUNE), (2, JUNE)]

    before = desk.content()
    again = desk.load(FULL_ROW, other, as_of=JUNE)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)
    assert desk.content() == before


def test_no_telephone_number_no_age_and_no_member_is_kept(small: LedgerDesk) -> None:
    talkative = {
        "operates_at": "北街9号 13900000003",
        "place_name": "示例大厦，电话13900000004",
        "party_name": "甲公司党支部13900000005",
        "investor_status": "群众",
        "investor_is_member": None,
    }
    small.load(FULL_ROW | talkative, as_of=JUNE)
    kept = str(small.content())
    assert "1390000000" not in kept
    assert "群众" not in kept
    fields = dict(small.held("finding", "field", "value"))
    assert not {"operating_address", "place", "representative_member"} & set(fields)


def test_a_run_that_is_undone_leaves_the_register_as_it_was(desk: LedgerDesk) -> None:
    desk.load(firm(1, **BRANCH, secretary_name="钱伯庸", above_scale="否"), as_of=MARCH)
    before = desk.content()
    desk.load(
        firm(1, **JOINT, secretary_name="孙仲和", above_scale="是", instructor_name="李叔夜"),
        firm(2, **JOINT, staff="9", state="正常"),
        as_of=JUNE,
    )
    assert coverings(desk)[1] == (1, "北街联合党支部", "joint", JUNE, None)
    desk.undo()
    assert desk.content() == before


def test_what_stands_on_a_run_is_named_when_it_would_be_undone(small: LedgerDesk) -> None:
    small.load(firm(1, **JOINT), firm(2, **JOINT, above_scale="是"), as_of=MARCH)
    first = small.run
    association = {"uscc": a_uscc(6, prefix="51"), "name": "示例第6号协会"}
    by_supervisor = JOINT | {"form": "在业务主管部门联合建"}
    small.load(association | by_supervisor, kind="ledger_social", as_of=JUNE)
    with pytest.raises(Misuse) as refused, db.writing(small.engine) as connection:
        undo.undo(connection, first, now=small.now())
    assert "党组织" in refused.value.zh


def test_a_task_nobody_answered_goes_with_the_party_organisation_it_is_about(
    desk: LedgerDesk,
) -> None:
    desk.load(firm(1, above_scale="是"), as_of=MARCH)
    before = desk.content()
    desk.load(firm(1, **BRANCH), as_of=JUNE)
    [(party,)] = desk.held("party_organisation", "id")
    with db.writing(desk.engine) as connection:
        connection.execute(
            Task.__table__.insert().values(
                kind="term",
                subject=f"party:{party}",
                party_organisation_id=party,
                owner="committee",
                stage="answer",
                turn=1,
                because="term",
                urgent=False,
                opened_on=JUNE,
                due_on=JUNE,
                opened_at=desk.now(),
            )
        )
    desk.undo()
    assert desk.content() == before


def test_one_name_is_one_party_organisation_however_it_is_written(small: LedgerDesk) -> None:
    small.load(
        firm(1, **JOINT), firm(2, **{**JOINT, "party_name": "北街 联合党支部"}), firm(3, **JOINT)
    )
    assert small.held("party_organisation", "name", "level") == [("北街联合党支部", "joint_branch")]
    assert [row[0] for row in coverings(small)] == [1, 2, 3]


def test_another_party_organisation_ends_the_one_before_it_on_the_ledgers_day(
    desk: LedgerDesk,
) -> None:
    desk.load(firm(1, **BRANCH), as_of=MARCH)
    said = desk.load(firm(1, **JOINT), firm(2, **JOINT), as_of=JUNE)
    assert (said.new, said.changed) == (2, 0)
    assert coverings(desk) == [
        (1, "甲公司党支部", "alone", MARCH, JUNE),
        (1, "北街联合党支部", "joint", JUNE, None),
        (2, "北街联合党支部", "joint", JUNE, None),
    ]


def test_not_built_ends_an_own_one_and_is_only_told_of_a_joint_one(small: LedgerDesk) -> None:
    small.load(firm(1, **BRANCH), firm(2, **JOINT), firm(3, **JOINT), as_of=MARCH)
    said = small.load(firm(1, built="否"), firm(2, built="否"), as_of=JUNE)
    ends = {row[0]: row[4] for row in coverings(small)}
    assert ends == {1: JUNE, 2: None, 3: None}
    assert ["北街联合党支部" in zh for zh, _ in said.notices] == [True]


def test_a_form_without_names_keeps_what_covers_or_gives_a_name(small: LedgerDesk) -> None:
    nameless = {"built": "√", "form": None, "level": None}
    small.load(firm(1, **BRANCH), as_of=MARCH)
    alone = nameless | {"form_alone": "√", "level_branch": "√"}
    joint = nameless | {"form_joint": "√", "level_branch": "√"}
    small.load(firm(1, **alone), firm(2, **alone), firm(3, **joint), as_of=JUNE)
    assert [row[:3] for row in coverings(small)] == [
        (1, "甲公司党支部", "alone"),
        (2, "示例第2号有限公司党支部", "alone"),
        (3, "示例第3号有限公司所在联合党支部", "joint"),
    ]


def test_a_grids_branch_joins_a_region_and_a_host_takes_in_who_is_attached(
    small: LedgerDesk,
) -> None:
    grid = {"built": "是", "form": "网格建立", "level": "党支部", "party_name": "一网格党支部"}
    small.load(firm(1, **grid), firm(2, **BRANCH), firm(3, **{**BRANCH, "form": "挂靠"}))
    assert sorted(small.held("party_organisation", "name", "mode", "basis")) == [
        ("一网格党支部", "joint", "region"),
        ("甲公司党支部", "alone", None),
    ]
    assert [row[2] for row in coverings(small)] == ["joint", "alone", "attached"]


def test_an_organisation_tracked_elsewhere_and_a_joint_branch_of_one_are_told(
    small: LedgerDesk,
) -> None:
    said = small.load(firm(1, **JOINT), firm(2, **JOINT), firm(5, **JOINT))
    assert [SOUTH in zh for zh, _ in said.notices] == [True]
    assert small.held("party_organisation", "subdistrict_code") == [(NORTH,)]
    lonely = JOINT | {"party_name": "南街联合党支部"}
    assert ["只覆盖一个单位" in zh for zh, _ in small.load(firm(4, **lonely)).notices] == [True]
    several = JOINT | {"party_name": "东街联合党支部", "joint_units": "3"}
    assert small.load(firm(3, **several)).notices == []


def test_a_founding_day_that_differs_is_told_and_not_changed(small: LedgerDesk) -> None:
    small.load(firm(1, **BRANCH, built_on="2021-07-01"), as_of=MARCH)
    said = small.load(firm(1, **BRANCH, built_on="2022-07-01"), as_of=JUNE)
    assert ["2022-07-01" in zh and "2021-07-01" in en for zh, en in said.notices] == [True]
    assert small.held("party_organisation", "from_on") == [(date(2021, 7, 1),)]


def test_a_new_secretary_begins_a_term_and_an_empty_cell_ends_none(small: LedgerDesk) -> None:
    small.load(firm(1, **BRANCH, re_elected_on="2024-07-05", secretary_name="钱伯庸"), as_of=MARCH)
    small.load(firm(1, **BRANCH), as_of=date(2026, 5, 31))
    small.load(firm(1, **BRANCH, secretary_name="孙仲和"), as_of=JUNE)
    assert small.held("party_term", "from_on", "secretary", "due_on", "to_on") == [
        (date(2024, 7, 5), "钱伯庸", date(2027, 7, 5), JUNE),
        (JUNE, "孙仲和", date(2027, 7, 5), None),
    ]


def test_who_somebody_found_gone_is_not_brought_back_by_a_ledger(small: LedgerDesk) -> None:
    with db.writing(small.engine) as connection:
        insert_screening(connection, 1, state="shell")
        insert_screening(connection, 2, state="screening")
    small.load(firm(1, state="正常"), firm(2, state="正常"), as_of=JUNE)
    current = small.held("screening", "organisation_id", "state", "to_on")
    assert (1, "shell", None) in current
    assert (2, "operating", None) in current


def test_a_ledger_of_an_earlier_day_disturbs_nothing_later(small: LedgerDesk) -> None:
    small.load(firm(1, **BRANCH, above_scale="是", instructor_name="孙仲和"), as_of=JUNE)
    before = coverings(small), small.held("assignment", "from_on")
    small.load(firm(1, **JOINT, above_scale="否", instructor_name="李叔夜"), as_of=MARCH, late=True)
    assert (coverings(small), small.held("assignment", "from_on")) == before
    assert small.held("finding", "value", "from_on", "to_on") == [
        ("0", MARCH, JUNE),
        ("1", JUNE, None),
    ]


def test_a_branch_of_the_same_name_in_another_sub_district_is_found_where_it_is_alone(
    small: LedgerDesk,
) -> None:
    with db.writing(small.engine) as connection:
        known = insert_party_organisation(connection, name="北街联合党支部", from_on=LONG_AGO)
        insert_covering(connection, 4, known, mode="joint")
    small.load(firm(5, **JOINT), as_of=TODAY)
    assert [row[1] for row in coverings(small)] == ["北街联合党支部"] * 2


def test_rows_that_are_not_taken_are_told(small: LedgerDesk) -> None:
    said = small.load(
        firm(1, staff="9"), firm(1, staff="8"), firm(9, **BRANCH), firm(2), {"name": "没有代码"}
    )
    assert said.new == 1
    assert said.left.height == 4
    assert small.held("party_organisation", "id") == []


def test_an_association_has_its_annual_check_its_supervisor_and_whom_it_is_under(
    small: LedgerDesk,
) -> None:
    row = {
        "uscc": a_uscc(6, prefix="51"),
        "name": "示例第6号协会",
        "annual_check_nearly": "√",
        "supervisor": "示例区教育局",
        "superior": "北街两新组织综合党委",
        "head_is_member": "是",
        **BRANCH,
        "form": "在会员中建",
    }
    small.load(row, kind="ledger_social", as_of=JUNE)
    assert dict(small.held("finding", "field", "value")) == {
        "inspection": "基本合格",
        "supervisor": "示例区教育局",
        "representative_member": "1",
    }
    above, below = small.held("party_organisation", "id", "name", "level", "parent_id")
    if above[3] is not None:
        above, below = below, above
    assert (above[1], above[2], below[3]) == ("北街两新组织综合党委", "committee", above[0])


def test_an_annual_report_is_a_hint_and_leaves_counts_alone() -> None:
    from ingest import sources
    from liangxin.settings import Settings

    assert sources.load("annual_report", Settings()).counts_as != "ledger"
