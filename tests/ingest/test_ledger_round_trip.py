"""What goes out in a form and comes in again is the same, and goes out again as the same file."""

from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from factories import (
    LONG_AGO,
    NOW,
    SOUTH,
    TODAY,
    a_uscc,
    insert_assignment,
    insert_covering,
    insert_division,
    insert_instructor,
    insert_organisation,
    insert_party_organisation,
    insert_screening,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_desk import FACTS, LedgerDesk
from sqlalchemy import Connection, Engine, delete, insert

from dashboard.reports import ledgers
from ingest import delivery, headers, kinds, sources
from liangxin import db, ledger_forms, ledger_rows
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.ledger_words import LedgerRow
from liangxin.schema import Base, Finding, Headcount, PartyTerm
from liangxin.settings import Settings

JUNE = date(2026, 6, 30)
FORMS = {
    "enterprises": "ledger",
    "social": "ledger_social",
    "screening": "ledger",
    "village": "ledger",
}
#: Fields of findings that each form, with what stands behind it, has a column for.
FIRM_SWITCHES = ("above_scale", "fixed_place", "insures_staff")
OWNER = ("representative_member", "representative_secretary")
FIRM_TEXTS = {
    "operating_address": ["北街9号", "=北街", "示例路1号2楼"],
    "place": ["示例大厦"],
    "revenue_wan": ["900", "1200.5"],
    "unbuilt_reason": ["没有党员", "应建未建", "其他原因"],
}
SOCIAL_TEXTS = {
    "inspection": ["合格", "基本合格", "不合格", "未参检"],
    "supervisor": ["示例区教育局"],
    "unbuilt_reason": ["没有党员", "企业出资人不支持"],
}
#: How an organisation is covered: mode, level and basis of a Party organisation of its own kind.
PARTIES = (
    ("alone", "branch", None),
    ("alone", "general_branch", None),
    ("alone", "committee", None),
    ("joint", "joint_branch", None),
    ("joint", "branch", "region"),
    ("attached", "branch", None),
)
COUNTS = ("staff", "insured", "members", "full_members", "probationary_members", "members_in")
DAYS = st.dates(LONG_AGO, JUNE)


def clear(connection: Connection) -> None:
    for name in FACTS:
        connection.execute(delete(Base.metadata.tables[name]))


@st.composite
def an_office(draw: st.DrawFn, form: str) -> list[dict[str, Any]]:
    """What an office knows of each of five organisations."""
    social = form == "social"
    parties = [each for each in PARTIES if not (social and each[2] == "region")]
    texts = SOCIAL_TEXTS if social else FIRM_TEXTS
    switches = OWNER if social else (*FIRM_SWITCHES, *OWNER)
    known = []
    for _ in range(5):
        party = draw(st.none() | st.sampled_from(parties))
        found = {name: draw(st.sampled_from(["0", "1", None])) for name in switches}
        found |= {name: draw(st.none() | st.sampled_from(said)) for name, said in texts.items()}
        if party is not None:
            found["unbuilt_reason"] = None  # who has one needs no reason against it
        known.append(
            {
                "party": party,
                "founded": draw(DAYS),
                "joined": draw(DAYS),
                "elected": draw(st.none() | DAYS),
                "secretary": draw(st.sampled_from([None, "钱伯庸", "孙仲和"])),
                "kind": draw(st.sampled_from([None, "owner", "manager", "sent", "other"])),
                "instructor": draw(st.sampled_from([None, "李叔夜", "赵季鹰"])),
                "operating": draw(st.booleans()),
                "counts": {name: draw(st.none() | st.integers(0, 99)) for name in COUNTS},
                "found": {name: value for name, value in found.items() if value is not None},
            }
        )
    return known


def settle(connection: Connection, known: list[dict[str, Any]]) -> None:
    """Write what an office knows."""
    made: dict[Any, tuple[int, date]] = {}
    sent: dict[str, int] = {}
    for n, each in enumerate(known, start=1):
        if each["party"] is not None:
            mode, level, basis = each["party"]
            key = each["party"] if mode != "alone" else n
            if key not in made:
                party = insert_party_organisation(
                    connection,
                    name=f"第{len(made) + 1}党组织",
                    level=level,
                    mode=mode,
                    basis=basis,
                    from_on=each["founded"],
                )
                made[key] = party, each["founded"]
                a_term(connection, party, each)
            party, founded = made[key]
            joined = max(each["joined"], founded)
            insert_covering(connection, n, party, mode=mode, from_on=joined)
        if each["instructor"]:
            name = each["instructor"]
            sent.setdefault(name, insert_instructor(connection, name=name))
            insert_assignment(connection, n, sent[name], from_on=JUNE)
        if each["operating"]:
            insert_screening(connection, n, from_on=LONG_AGO)
        if any(value is not None for value in each["counts"].values()):
            connection.execute(
                insert(Headcount).values(
                    organisation_id=n,
                    source="ledger",
                    counted_on=JUNE,
                    learned_at=NOW,
                    **each["counts"],
                )
            )
        for field, value in each["found"].items():
            connection.execute(
                insert(Finding).values(
                    organisation_id=n,
                    field=field,
                    value=value,
                    source="ledger",
                    from_on=LONG_AGO,
                    learned_at=NOW,
                )
            )


def a_term(connection: Connection, party: int, each: dict[str, Any]) -> None:
    if each["secretary"] is None and each["elected"] is None:
        return
    elected = each["elected"]
    due = None if elected is None else elected.replace(year=elected.year + 3, day=1)
    connection.execute(
        insert(PartyTerm).values(
            party_organisation_id=party,
            level=each["party"][1],
            secretary=each["secretary"],
            secretary_kind=each["kind"] if each["secretary"] else None,
            due_on=due,
            from_on=LONG_AGO,
            learned_at=NOW,
        )
    )


def registrations(connection: Connection, form: str) -> None:
    for n in range(1, 6):
        kind = "social" if form == "social" or (form == "village" and n == 5) else "enterprise"
        code = a_uscc(n, prefix="51" if kind == "social" else "91")
        insert_organisation(connection, n, kind=kind, uscc=code)


@pytest.mark.parametrize("form", FORMS)
def test_what_goes_out_and_comes_in_is_the_same(
    sqlite_engine: Engine, form: str, tmp_path: Path
) -> None:
    desk = LedgerDesk(sqlite_engine)
    chosen = ledger_forms.form(form)
    with db.writing(sqlite_engine) as connection:
        registrations(connection, form)

    @given(an_office(form))
    @settings(max_examples=3, suppress_health_check=list(HealthCheck))
    def holds(known: list[dict[str, Any]]) -> None:
        with db.writing(sqlite_engine) as connection:
            clear(connection)
            settle(connection, known)
        out = desk.export(form, as_of=JUNE)
        paths, cells = ledger_forms.grid(chosen, out, verbatim=False)
        with db.writing(sqlite_engine) as connection:
            clear(connection)
        said = desk.load_grid(paths, cells, FORMS[form], as_of=JUNE)
        assert said.changed == 0
        again = desk.export(form, as_of=JUNE)
        assert again == out
        assert ledger_forms.grid(chosen, again, verbatim=False) == (paths, cells)
        repeated = desk.load_grid(paths, cells, FORMS[form], as_of=JUNE)
        assert (repeated.new, repeated.changed) == (0, 0)

    holds()


def a_known_office(connection: Connection, form: str) -> None:
    registrations(connection, form)
    insert_division(connection, "999999001", "北街街道")
    each: dict[str, Any] = {
        "party": ("joint", "joint_branch", None),
        "founded": LONG_AGO,
        "joined": JUNE,
        "elected": date(2024, 7, 5),
        "secretary": "钱伯庸",
        "kind": "owner",
        "instructor": None,
        "operating": True,
        "counts": {"staff": 20, "members": 4, "full_members": 2, "probationary_members": 2},
        "found": {"representative_member": "1"},
    }
    alone = each | {"party": ("alone", "branch", None), "secretary": "孙仲和"}
    nobody = each | {"party": None, "instructor": "李叔夜", "found": {"unbuilt_reason": "没有党员"}}
    settle(connection, [each, each, alone, nobody, nobody])


@pytest.mark.parametrize("form", FORMS)
def test_a_workbook_is_read_back_whole_on_every_database(
    engine: Engine, form: str, tmp_path: Path
) -> None:
    desk, chosen, file = LedgerDesk(engine), ledger_forms.form(form), tmp_path / "台账.xlsx"
    with db.writing(engine) as connection:
        a_known_office(connection, form)
    out = desk.export(form, as_of=JUNE)
    paths, cells = ledger_forms.grid(chosen, out, verbatim=False)
    ledgers.write(file, chosen, paths, cells, as_of=JUNE)
    with db.writing(engine) as connection:
        clear(connection)
    kind = FORMS[form]
    [part] = delivery.of_file(file, sources.load(kind, Settings()), Settings()).parts
    frame = pl.concat(list(part.batches(100)))
    frame = kinds.normalise(frame, part.columns, kinds.KINDS[kind], kinds.Context(today=JUNE))
    desk.take(frame, kind, as_of=JUNE)
    assert desk.export(form, as_of=JUNE) == out


def test_the_same_content_is_the_same_file(sqlite_engine: Engine, tmp_path: Path) -> None:
    desk, chosen = LedgerDesk(sqlite_engine), ledger_forms.form("enterprises")
    with db.writing(sqlite_engine) as connection:
        a_known_office(connection, "enterprises")
    for name in ("a.xlsx", "b.xlsx"):
        grid = ledger_forms.grid(chosen, desk.export("enterprises", as_of=JUNE), verbatim=False)
        ledgers.write(tmp_path / name, chosen, *grid, as_of=JUNE)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert (tmp_path / "a.xlsx").stat().st_mode & 0o077 == 0


VERBATIM = {
    "screening": (
        "序号|地区|社区|居委会|企业名称|党组织名称|是否纳入全省非公平台管理|是否是非公有制互联网企业|地址|法人姓名|"
        "法人政治面貌|法人是否兼任党组织书记|职工数量|企业经营状况|是否缴纳社保|社保缴纳职工数|社会保险号|社保缴纳属地|"
        "组织关系已转入党员数|组织关系未转入党员数|是否建立党组织|党组织组建方式|党组织建制类型|党组织成立时间|"
        "党组织负责人姓名|党内外职务|负责人电话|是否成立群团组织|是否规模以上企业|标准化建设是否达标|"
        "当前非公党组织摸排进展情况|备注"
    ),
    "village": (
        "组织名称|创办时间|主营业务|年产值(万元)/成效|状态|组织类型|组织类别|组织总人数|党员人数|负责人|负责人身份|"
        "覆盖情况/组织覆盖/党组织名称|覆盖情况/组织覆盖/成立时间|覆盖情况/组织覆盖/组建方式|覆盖情况/组织覆盖/书记名称|"
        "覆盖情况/组织覆盖/书记电话|覆盖情况/工作覆盖/党建指导员姓名|覆盖情况/工作覆盖/手机号"
    ),
}


@pytest.mark.parametrize("form", VERBATIM)
def test_a_forms_own_columns_are_the_offices_in_their_order(form: str) -> None:
    paths, _ = ledger_forms.grid(ledger_forms.form(form), [], verbatim=True)
    assert "|".join("/".join(path) for path in paths) == VERBATIM[form]


@pytest.mark.parametrize("form", FORMS)
def test_every_header_means_one_thing_to_who_reads_it(form: str) -> None:
    paths, _ = ledger_forms.grid(ledger_forms.form(form), [], verbatim=False)
    names = ["/".join(path) for path in paths]
    assert len(names) == len(set(names))
    found = headers.match_closely(names, {}, headers.vocabulary(FORMS[form]))
    assert found.close == {}
    more = {"/".join(column.path) for column in ledger_forms.form(form).more}
    assert more <= set(found.columns.values())


def test_header_groups_are_merged_and_no_cell_runs(sqlite_engine: Engine, tmp_path: Path) -> None:
    desk, chosen, file = (
        LedgerDesk(sqlite_engine),
        ledger_forms.form("enterprises"),
        tmp_path / "a.xlsx",
    )
    with db.writing(sqlite_engine) as connection:
        insert_organisation(connection, name="=cmd|' /C calc'!A0", address="@SUM(A1)")
        insert_screening(connection, 1, from_on=LONG_AGO)
    grid = ledger_forms.grid(chosen, desk.export("enterprises"), verbatim=False)
    ledgers.write(file, chosen, *grid, as_of=TODAY)
    sheet = openpyxl.load_workbook(file).active
    assert sheet is not None
    merged = {str(each) for each in sheet.merged_cells.ranges}
    assert {"I2:R2", "M3:O3", "W2:AI2", "A2:A4"} <= merged
    assert (sheet["I2"].value, sheet["M3"].value, sheet["M4"].value) == (
        "企业基本情况",
        "企业类型",
        "私营企业",
    )
    cells = [cell for row in sheet.iter_rows(min_row=5) for cell in row if cell.value is not None]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert "'=cmd|' /C calc'!A0" in {cell.value for cell in cells}


def test_few_members_and_owners_are_for_the_committee(sqlite_engine: Engine) -> None:
    desk = LedgerDesk(sqlite_engine)
    with db.writing(sqlite_engine) as connection:
        a_known_office(connection, "enterprises")
    shown = desk.export("enterprises", as_of=JUNE)
    masked = desk.export("enterprises", as_of=JUNE, show_members=False)
    assert {(row.members, row.full_members) for row in shown} == {(4, 2)}
    told = {tuple(getattr(row, name) for name in ledger_rows.MEMBER_COUNTS) for row in masked}
    assert told == {(None, "<3", None, None, None)}
    assert {row.switch("representative_member") for row in masked} == {None}


def test_a_sub_district_gets_its_own_rows_and_who_may_not_list_gets_none(
    sqlite_engine: Engine,
) -> None:
    from liangxin import rules

    with db.writing(sqlite_engine) as connection:
        for code, name in (("999999001", "北街街道"), (SOUTH, "南街街道")):
            insert_division(connection, code, name)
        insert_organisation(connection, 1)
        insert_organisation(connection, 2, subdistrict_code=SOUTH)

    def codes(actor: Actor, subdistrict: str = "") -> list[str]:
        with db.reading(sqlite_engine) as connection:
            rows: list[LedgerRow] = ledger_rows.rows(
                connection,
                actor,
                rules.load(),
                as_of=TODAY,
                kinds=["enterprise"],
                subdistrict=subdistrict,
                show_members=True,
            )
        return [row.uscc for row in rows]

    south = Actor("南街", Role.COMMITTEE, frozenset({SOUTH}))
    assert codes(south) == [a_uscc(2)]
    assert codes(south, SOUTH) == [a_uscc(2)]
    with pytest.raises(NotFound):
        codes(south, "999999001")
    with pytest.raises(NotPermitted):
        codes(Actor("领导", Role.LEADER))


def test_a_form_nobody_keeps_and_a_file_that_is_no_workbook_are_a_misuse(tmp_path: Path) -> None:
    with pytest.raises(Misuse, match="enterprises, social"):
        ledger_forms.form("roster")
    chosen = ledger_forms.form("village")
    paths, cells = ledger_forms.grid(chosen, [], verbatim=True)
    for out in (tmp_path / "a.csv", tmp_path / "no" / "a.xlsx"):
        with pytest.raises(Misuse):
            ledgers.write(out, chosen, paths, cells, as_of=TODAY)
