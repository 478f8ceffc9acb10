"""The annual forms: who is in each row and each column, what adds up, who is behind a cell."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from factories import (
    LONG_AGO,
    NORTH,
    NOW,
    SOUTH,
    a_uscc,
    an_operating,
    insert_assignment,
    insert_covering,
    insert_finding,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
    insert_term,
)
from sqlalchemy import Connection, Engine

from liangxin import annual, db, rules
from liangxin.access import LOCAL, Actor, Role
from liangxin.annual import AnnualTable
from liangxin.annual_forms import FORMS
from liangxin.errors import Misuse, NotPermitted

RULES = rules.load()
DAY = date(2026, 12, 31)
#: The committees of all sub-districts, who may see one and two members.
COMMITTEES = Actor("committees", Role.COMMITTEE)
SOUTHERN = Actor("south", Role.COMMITTEE, frozenset({SOUTH}))


def table(
    engine: Engine, form: str = "enterprises", actor: Actor = COMMITTEES, **how: Any
) -> AnnualTable:
    with db.reading(engine) as connection:
        return annual.table(connection, actor, RULES, form, **{"as_of": DAY, **how})


def column(filled: AnnualTable, name: str = "total") -> dict[str, int]:
    """The rows of a column that are not 0."""
    return {row: cells[name] for row, cells in filled.cells.items() if cells[name]}


def units(engine: Engine, row: str, name: str = "total", **how: Any) -> list[str]:
    how = {"form": "enterprises", "actor": LOCAL, "as_of": DAY, **how}
    form, actor = how.pop("form"), how.pop("actor")
    with db.reading(engine) as connection:
        found = annual.units(connection, actor, RULES, form, row, name, **how)
    return [each.name for each in found]


STAFF = {"staff": 10}
#: What one organisation alone puts into the column of all.
ROWS: dict[str, tuple[dict[str, Any], dict[str, int]]] = {
    "own committee": (
        {"mode": "alone", "level": "committee", "members": 120, **STAFF},
        {"committee": 1, "staff": 10, "members": 120, "built_staff": 10, "built_members": 120},
    ),
    "own general branch": ({"mode": "alone", "level": "general_branch"}, {"general_branch": 1}),
    "own branch": ({"mode": "alone"}, {"branch": 1}),
    "in a joint branch": ({"mode": "joint"}, {"joint": 1, "joint_branches": 1}),
    "in one, and could be alone": (
        {"mode": "joint", "full_members": 3},
        {"joint": 1, "joint_branches": 1, "joint_three": 1, "members": 3, "built_members": 3},
    ),
    "attached": ({"mode": "attached"}, {"joint": 1}),
    "should have": ({"full_members": 3}, {"should": 1, "members": 3}),
    "a few members": ({"full_members": 2}, {"few": 1, "members": 2}),
    "a probationary one": (
        {"full_members": 0, "probationary_members": 1},
        {"few": 1, "members": 1},
    ),
    "no member": ({"full_members": 0}, {"without": 1}),
    "nobody knows": ({}, {"without": 1, "unknown": 1}),
    "an instructor is sent": (
        {"full_members": 1, "instructed": True, **STAFF},
        {
            "few": 1, "contacted": 1, "instructors": 1, "staff": 10, "members": 1,
            "sent_staff": 10, "sent_members": 1,
        },
    ),
    "covered and an instructor is sent": (
        {"mode": "alone", "instructed": True, **STAFF},
        {"branch": 1, "contacted": 1, "instructors": 1, "staff": 10, "built_staff": 10},
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ROWS)
def test_which_rows_an_organisation_is_in(sqlite_engine: Engine, case: str) -> None:
    values, expected = ROWS[case]
    with db.writing(sqlite_engine) as connection:
        an_operating(connection, name="甲公司", **values)
        insert_organisation(connection, name="未摸排公司")
    filled = table(sqlite_engine)
    assert column(filled) == {"units": 1, **expected}
    assert filled.faults == ()
    for row in FORMS["enterprises"].rows:
        assert units(sqlite_engine, row) == (["甲公司"] if filled.cells[row]["total"] else []), row


def test_a_term_says_which_level_a_party_organisation_has_on_the_day(engine: Engine) -> None:
    risen = date(2026, 6, 1)
    with db.writing(engine) as connection:
        firm = an_operating(connection)
        party = insert_party_organisation(connection, from_on=LONG_AGO)
        insert_covering(connection, firm, party, from_on=LONG_AGO)
        insert_term(connection, party, level="branch", to_on=risen)
        insert_term(connection, party, level="general_branch", from_on=risen)
    before = table(engine, as_of=risen - timedelta(days=1))
    assert [column(each).get("branch") for each in (before, table(engine))] == [1, None]
    assert column(table(engine))["general_branch"] == 1


def test_joint_branches_and_instructors_are_counted_once(engine: Engine) -> None:
    with db.writing(engine) as connection:
        joint = insert_party_organisation(connection, level="joint_branch", from_on=LONG_AGO)
        sent = insert_instructor(connection)
        for _ in range(3):
            firm = an_operating(connection)
            insert_covering(connection, firm, joint, mode="joint", from_on=LONG_AGO)
            insert_assignment(connection, firm, sent, from_on=LONG_AGO)
        own = an_operating(connection, mode="alone")
        insert_covering(connection, own, joint, mode="joint", from_on=LONG_AGO)
    found = column(table(engine))
    rows = ("units", "branch", "joint", "joint_branches", "instructors", "contacted")
    assert [found[row] for row in rows] == [4, 1, 3, 1, 1, 3]


def test_a_unit_in_two_joint_branches_does_not_add_up_and_is_told(engine: Engine) -> None:
    with db.writing(engine) as connection:
        firm = an_operating(connection, mode="joint")
        other = insert_party_organisation(connection, level="joint_branch", from_on=LONG_AGO)
        insert_covering(connection, firm, other, mode="joint", from_on=LONG_AGO)
    assert table(engine).faults == (
        "total: joint_branches <= joint",
        "private: joint_branches <= joint",
    )


#: Columns that an enterprise of a type is in, beside that of all.
TYPES = {
    "有限责任公司(自然人独资)": {"private"},
    "个人独资企业": {"private", "private_sole"},
    "普通合伙企业": {"private"},
    None: {"private"},
    "有限责任公司(中外合资)": {"private", "private_foreign"},
    "有限责任公司(中外合作)": {"private", "private_foreign"},
    "有限责任公司(外商投资企业与内资合资)": {"private", "private_foreign"},
    "有限责任公司(外商投资、非独资)": {"private", "private_foreign"},
    "有限责任公司(外商合资)": {"foreign"},
    "有限责任公司(外商投资企业合资)": {"foreign"},
    "有限责任公司(外国自然人独资)": {"foreign", "foreign_sole"},
    "有限责任公司(外商投资企业法人独资)": {"foreign", "foreign_sole"},
    "有限责任公司(台港澳与境内合资)": {"private", "private_hmt"},
    "有限责任公司(港澳台投资、非独资)": {"private", "private_hmt"},
    "有限责任公司(台港澳法人独资)": {"hmt", "hmt_sole"},
    "有限责任公司(台港澳合资)": {"hmt"},
    "有限责任公司(台港澳与外国投资者合资)": {"hmt"},
    "股份有限公司(港澳台投资、未上市)": {"hmt"},
}


@pytest.mark.parametrize("text", TYPES)
def test_who_controls_an_enterprise_by_its_type(sqlite_engine: Engine, text: str | None) -> None:
    with db.writing(sqlite_engine) as connection:
        an_operating(connection, enterprise_type=text)
    filled = table(sqlite_engine)
    columns = {name for name, number in filled.cells["units"].items() if number}
    assert columns == {"total"} | TYPES[text]
    assert filled.faults == ()


@pytest.mark.parametrize(
    ("staff", "columns"),
    [(49, set()), (50, {"staff50"}), (99, {"staff50"}), (100, {"staff50", "staff100"})],
)
def test_columns_by_size(sqlite_engine: Engine, staff: int, columns: set[str]) -> None:
    with db.writing(sqlite_engine) as connection:
        an_operating(connection, staff=staff)
    filled = table(sqlite_engine)
    found = {name for name, number in filled.cells["units"].items() if number}
    assert found == {"total", "private"} | columns
    assert filled.cells["staff"]["total"] == staff


def test_columns_by_who_represents_it(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for value in "10":
            firm = an_operating(connection, name=f"甲{value}")
            insert_finding(connection, firm, "representative_member", value)
            insert_finding(connection, firm, "representative_secretary", value)
        an_operating(connection, name="无人知")
    for name in ("representative_member", "representative_secretary"):
        assert units(engine, "units", name, actor=COMMITTEES) == ["甲1"]
        assert table(engine).cells["units"][name] == 1
        # One unit of such a column is one person who is a member.
        assert name not in table(engine, actor=LOCAL).cells["units"]
        with pytest.raises(NotPermitted):
            units(engine, "units", name)


SOCIAL = {
    "association": ("51", "示例商会"),
    "foundation": ("53", "示例基金会"),
    "service": ("52", "示例学校"),
    "law": ("31", "示例律师事务所"),
    "accounting": ("91", "示例会计师事务所"),
    "tax": ("91", "示例税务师事务所"),
}


def a_social(connection: Connection, n: int, prefix: str, name: str, **values: Any) -> int:
    how = {"kind": "social", "ownership": "SOCIAL", "uscc": a_uscc(n, prefix=prefix), "name": name}
    return an_operating(connection, n=n, **{**how, **values})


def test_every_kind_of_social_organisation_has_its_column(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for n, (prefix, name) in enumerate(SOCIAL.values(), start=1):
            a_social(connection, n, prefix, name)
        an_operating(connection, n=99, name="示例会计师培训公司")
    filled = table(engine, "social")
    assert filled.cells["units"] == {"total": 6, **dict.fromkeys(SOCIAL, 1)}
    for name, (_, called) in SOCIAL.items():
        assert units(engine, "units", name, form="social") == [called]
    assert table(engine).cells["units"]["total"] == 1


def test_rows_that_only_social_organisations_have(engine: Engine) -> None:
    with db.writing(engine) as connection:
        for n, level in enumerate(("committee", "general_branch", "branch"), start=1):
            a_social(
                connection, n, "51", level, mode="alone", level=level, members=5, members_out=n
            )
        a_social(connection, 4, "51", "无人在外", mode="alone", members=5, members_out=0)
        group = a_social(connection, 5, "51", "有小组")
        insert_finding(connection, group, "party_group", "1")
    found = column(table(engine, "social"))
    assert found["members_out"] == 6
    assert found["party_group"] == 1
    for level in ("committee", "general_branch", "branch"):
        assert units(engine, f"gathers_{level}", form="social") == [level]
    assert units(engine, "members_out", form="social") == ["branch", "committee", "general_branch"]


def test_a_law_firm_counts_though_partnerships_do_not(engine: Engine) -> None:
    without = replace(RULES, partnerships=False)
    with db.writing(engine) as connection:
        a_social(connection, 1, "31", "示例律师事务所", enterprise_type="普通合伙")
        an_operating(connection, n=2, enterprise_type="普通合伙企业")
        an_operating(connection, n=3, enterprise_type="个人独资企业")
        an_operating(connection, n=4)
    with db.reading(engine) as connection:
        found = [
            annual.table(connection, LOCAL, chosen, form, as_of=DAY).cells["units"]["total"]
            for chosen in (RULES, without)
            for form in FORMS
        ]
    assert found == [3, 1, 1, 1]


def test_nobody_outside_the_scope_is_counted_or_named(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, name="北公司", mode="joint", instructed=True)
        an_operating(connection, name="南公司", subdistrict_code=SOUTH)
        an_operating(connection, name="无处公司", subdistrict_code=None)
    assert column(table(engine, actor=SOUTHERN)) == {"units": 1, "without": 1, "unknown": 1}
    assert column(table(engine, actor=SOUTHERN, subdistrict_code=NORTH)) == {}
    assert column(table(engine, subdistrict_code=NORTH))["units"] == 1
    assert units(engine, "units", actor=SOUTHERN) == ["南公司"]
    assert units(engine, "units", actor=SOUTHERN, subdistrict_code=NORTH) == []
    assert units(engine, "units", subdistrict_code=NORTH) == ["北公司"]


def test_a_table_is_told_again_as_it_was_known(engine: Engine) -> None:
    later = NOW + timedelta(hours=1)
    with db.writing(engine) as connection:
        firm = an_operating(connection, name="甲公司")
        party = insert_party_organisation(connection, from_on=LONG_AGO)
        insert_covering(connection, firm, party, from_on=LONG_AGO, corrected_at=later)
    told = [column(table(engine, known_at=at)).get("branch", 0) for at in (NOW, later, None)]
    assert told == [1, 0, 0]
    assert units(engine, "branch", known_at=NOW) == ["甲公司"]
    assert units(engine, "branch") == []


def test_one_and_two_members_are_told_to_the_committee_alone(engine: Engine) -> None:
    with db.writing(engine) as connection:
        an_operating(connection, name="甲公司", staff=60, full_members=2, members=2)
        an_operating(connection, name="乙公司", staff=2, full_members=3, members=3, mode="alone")
    theirs, others = table(engine, actor=COMMITTEES).cells, table(engine, actor=LOCAL).cells
    assert [theirs["members"][name] for name in ("total", "staff50")] == [5, 2]
    assert [others["members"][name] for name in ("total", "staff50")] == ["4-5", "<3"]
    assert others["members"]["staff100"] == 0
    for row in ("staff", "units"):  # neither staff nor organisations are members
        assert others[row].items() <= theirs[row].items()
    with db.reading(engine) as connection:
        shown = {
            actor.role: [
                each.full_members
                for each in annual.units(
                    connection, actor, RULES, "enterprises", "members", "total", as_of=DAY
                )
            ]
            for actor in (COMMITTEES, LOCAL)
        }
    assert {role: set(of) for role, of in shown.items()} == {
        Role.COMMITTEE: {2, 3},
        Role.DISTRICT_OFFICE: {"<3", "3+"},
    }


def test_an_empty_table_is_of_zeros_and_right(sqlite_engine: Engine) -> None:
    for form in FORMS:
        filled = table(sqlite_engine, form)
        assert column(filled) == {}
        assert filled.faults == ()
        assert filled.rule_set == RULES.id


def test_a_table_that_does_not_add_up_says_where() -> None:
    rows = FORMS["enterprises"].rows
    columns = FORMS["enterprises"].columns
    cells = {row: dict.fromkeys(columns, 0) for row in rows}
    cells["units"]["total"] = 2
    cells["joint"]["total"] = 1
    cells["joint_three"]["total"] = 2
    cells["staff"]["staff50"] = 7
    assert list(annual.faults(FORMS["enterprises"], cells)) == [
        "total: 1 = 3+4+5+6+9+10+11",
        "total: joint_three <= joint",
        "staff: staff50 <= total",
    ]


def test_what_makes_no_sense_is_said(sqlite_engine: Engine) -> None:
    with pytest.raises(Misuse, match="no annual form 'villages'"):
        table(sqlite_engine, "villages")
    for row, name in (("nobody", "total"), ("units", "nobody"), ("", "")):
        with pytest.raises(Misuse, match="no row"):
            units(sqlite_engine, row, name)
    with pytest.raises(NotPermitted):
        table(sqlite_engine, actor=Actor("somebody", Role.AUDITOR))
    with pytest.raises(NotPermitted):
        units(sqlite_engine, "units", actor=Actor("somebody", Role.LEADER))
