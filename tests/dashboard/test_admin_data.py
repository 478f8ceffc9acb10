"""Sources, runs, quality, rule sets and the exchange, as the district office and others see them."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from administrators import Desk, a_desk
from factories import NORTH, NOW, SOUTH, a_uscc, insert_confirmation, insert_run
from pages import clock, insert_district, shown, text_of
from sqlalchemy import Connection, insert

from dashboard import rule_words
from dashboard.errand_parts import TIMES
from dashboard.pages import rule_sets
from dashboard.query import Query
from dashboard.site import Site, Visit
from dashboard.text import WORDS, Say
from expectations.messages import MESSAGES
from ingest.refusals import SKIPPED
from ingest.sources import Source
from liangxin import audit, db, jobs, lists, quality, rules, run_facts
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import NotFound, NotPermitted
from liangxin.schema import (
    ExchangeOffice,
    ExchangePackage,
    LandedFile,
    Question,
    RefusedRow,
    RunFile,
    RunRule,
    SkippedRow,
)

HERE = Actor("zhang", Role.ECONOMIC_OFFICE, frozenset({SOUTH}))
#: An organisation in the south, and one in the north.
TENTH, ELEVENTH = a_uscc(10), a_uscc(11)


@pytest.fixture
def office(district: Site) -> Desk:
    return a_desk(district, Role.DISTRICT_OFFICE, name="office")


def refusing_run(connection: Connection, source: str = "market_regulator") -> int:
    """A run of five rows: two accepted, two refused by two rules, one passed over."""
    run = insert_run(
        connection, source, rows=5, accepted=2, new=2, refused=2, skipped=1, learned_at=NOW
    )
    refused = [
        _refused(run, 3, "uscc_has_eighteen_characters", "12345", None),
        _refused(run, 4, "name_is_present", "示例秘密内容", TENTH),
    ]
    connection.execute(insert(RefusedRow), refused)
    counts = [("uscc_has_eighteen_characters", "refuse", 1), ("name_is_present", "refuse", 1)]
    connection.execute(
        insert(RunRule),
        [{"run_id": run, "rule": r, "severity": s, "rows": n} for r, s, n in counts],
    )
    skipped = {"run_id": run, "file_row": 5, "reason": SKIPPED["total"][1]}
    connection.execute(insert(SkippedRow).values(skipped))
    landed = {
        "sha256": f"{run:064d}",
        "size": 2048,
        "origin": "/srv/secret/名单.csv",
        "landed_at": NOW,
    }
    connection.execute(insert(LandedFile).values(landed))
    file = {"run_id": run, "position": 0, "sha256": f"{run:064d}", "origin": "/srv/secret/名单.csv"}
    columns = '{"name": "企业名称"}'
    connection.execute(insert(RunFile).values(**file, row_offset=0, columns=columns))
    return run


def _refused(run: int, row: int, rule: str, value: str, uscc: str | None) -> dict[str, Any]:
    return {
        "run_id": run,
        "file_row": row,
        "rule": rule,
        "column_name": "企业名称",
        "value": value,
        "message": f"“{value}”不对。",
        "message_en": f"{value} is wrong.",
        "uscc": uscc,
        "owner": "economic_office",
    }


@pytest.fixture
def run(district: Site) -> int:
    with db.writing(district.engine) as connection:
        return refusing_run(connection)


def test_rules_of_these_tests_are_real() -> None:
    assert {"uscc_has_eighteen_characters", "name_is_present"} <= MESSAGES.keys()


def test_sources_tell_when_they_came_are_due_and_what_they_brought(
    district: Site, run: int, office: Desk
) -> None:
    said = office.reads("/sources")
    assert "市场监管部门登记导出" in said
    assert "本期已到" in said
    assert "2026-12-01" in said
    assert f"/runs/{run}" in said
    assert "5 行，退回 2" in said
    assert "尚无来件的数据源" in said
    assert "drop/annual_report" in said


def test_a_source_file_that_is_wrong_is_told_and_stops_no_other(
    district: Site, tmp_path: Path
) -> None:
    (tmp_path / "broken.toml").write_text('title = "半截"\nrhythm = "often"\n', encoding="utf-8")
    site = replace(
        district, settings=district.settings.model_copy(update={"sources": str(tmp_path)})
    )
    said = a_desk(site, Role.DISTRICT_OFFICE).reads("/sources")
    assert "数据源文件有误" in said
    assert "broken.toml" in said
    assert "市场监管部门登记导出" in said
    one = a_desk(site, Role.DISTRICT_OFFICE).reads("/sources/broken")
    assert "broken.toml" in one
    assert "还没有批次" in one


def test_a_source_that_is_late_is_remarked(district: Site) -> None:
    with db.writing(district.engine) as connection:
        insert_run(connection, "civil_affairs", learned_at=NOW - timedelta(days=80))
    said = a_desk(district, Role.DISTRICT_OFFICE).reads("/sources")
    assert "已到期、还没有来件" in said
    assert "民政部门" in said


def test_one_source_shows_its_runs_and_the_rules_its_rows_broke(
    district: Site, run: int, office: Desk
) -> None:
    said = office.reads("/sources/market_regulator")
    assert "数据源说明" in said
    assert f"批次 {run} 触犯的规则" in said
    assert text_in(MESSAGES["name_is_present"].zh) in said
    assert "没有名为“nowhere”的数据源" in office.reads("/sources/nowhere")
    assert "没有名为" in office.reads("/sources/%3Cscript%3E")


def text_in(sentence: str) -> str:
    """The beginning of a rule's sentence, before any value."""
    return sentence.split("“", maxsplit=1)[0].split("，", maxsplit=1)[0][:8]


def test_a_run_tells_what_became_of_every_row(district: Site, run: int, office: Desk) -> None:
    said = office.reads(f"/runs/{run}")
    assert "5 行 ＝ 接收 2 ＋ 退回 2 ＋ 跳过 1" in said
    assert "合计行" in said
    assert "示例秘密内容" in said  # of registrations a cell is an organisation's
    assert "名单.csv" in said
    assert "/srv/secret" not in said
    assert "企业名称＝名称" in said
    one = office.reads(f"/runs/{run}", "?rule=name_is_present")
    assert "示例秘密内容" in one
    assert "12345" not in one
    assert "看全部退回行" in one


def test_a_rule_that_refused_nothing_is_told(office: Desk, run: int) -> None:
    assert "没有按规则“nonsense”拒收的行" in office.reads(f"/runs/{run}", "?rule=nonsense")


@pytest.mark.parametrize("source", ["ledger", "member_register_keys", "gone_source"])
def test_cells_of_files_that_may_be_about_people_are_not_shown(
    district: Site, office: Desk, source: str
) -> None:
    with db.writing(district.engine) as connection:
        run = refusing_run(connection, source)
    said = office.reads(f"/runs/{run}")
    assert "示例秘密内容" not in said
    assert "12345" not in said
    assert "页面不显示单元格内容" in said


def test_an_undone_run_is_told(district: Site, office: Desk) -> None:
    with db.writing(district.engine) as connection:
        run = insert_run(connection, undone_at=NOW)
    assert "已于 2026-11-23 16:00 撤销" in office.reads(f"/runs/{run}")
    assert "（已撤销）" in office.reads("/sources")


@pytest.mark.parametrize("number", ["0", "999", "-1", "x", "1e3", "²", "9" * 30])
def test_a_run_that_is_not_there_is_not_found(office: Desk, number: str) -> None:
    assert "没有找到批次" in office.reads(f"/runs/{number}")


def test_an_office_sees_runs_that_touch_its_own_and_refused_rows_of_its_own(
    district: Site, run: int
) -> None:
    with db.writing(district.engine) as connection:
        other = insert_run(connection, "civil_affairs")
        connection.execute(
            insert(RefusedRow).values(_refused(other, 3, "name_is_present", "北边的", ELEVENTH))
        )
    with db.reading(district.engine) as connection:
        seen = run_facts.find(connection, HERE, run)
        [row] = run_facts.refused(connection, HERE, seen, most=9)
        assert row.uscc == TENTH
        assert [(each.rule, each.rows) for each in run_facts.rules(connection, HERE, seen)] == [
            ("name_is_present", 1)
        ]
        with pytest.raises(NotFound):
            run_facts.find(connection, HERE, other)
        assert other not in {each.id for each in run_facts.listed(connection, HERE)}
        north = Actor("li", Role.ECONOMIC_OFFICE, frozenset({NORTH}))
        assert run_facts.find(connection, north, other).id == other
        for role in (Role.LEADER, Role.COMMITTEE, Role.COMMUNITY, Role.SYSADMIN):
            with pytest.raises(NotPermitted):
                run_facts.find(connection, Actor("x", role), run)
    desk = a_desk(district, Role.ECONOMIC_OFFICE, SOUTH)
    assert "没有找到批次" in desk.reads(f"/runs/{other}")
    said = desk.reads(f"/runs/{run}")
    assert "只计点名了您范围内组织" in said
    assert "12345" not in said


def test_quality_adds_up_and_links_to_each_place(district: Site, run: int, office: Desk) -> None:
    with db.writing(district.engine) as connection:
        asked = {
            "rule": "staff_apart",
            "text_zh": "{a} {b}",
            "text_en": "{a} {b}",
            "source_a": "a",
            "source_b": "b",
            "on_a": NOW.date(),
            "on_b": NOW.date(),
            "asked_at": NOW,
            "learned_at": NOW,
            "figure_a": 1,
            "figure_b": 9,
        }
        questions = [
            {**asked, "organisation_id": 10, "owner": "economic_office"},
            {**asked, "organisation_id": 20, "owner": "committee"},
        ]
        connection.execute(insert(Question), questions)
        rows = quality.by_subdistrict(connection, LOCAL, district.rules, today=NOW.date())
    by_code = {row.code: row for row in rows}
    total = quality.total(rows)
    assert (total.organisations, total.screened, total.operating) == (101, 100, 100)
    assert by_code[SOUTH].organisations == 10
    assert by_code[SOUTH].questions == 1  # the committee's are about members, and nobody else's
    assert by_code[SOUTH].refused == 1
    assert total.stale == 100  # screened in 2021
    assert total.in_community == 0
    assert None in by_code
    with db.reading(district.engine) as connection:
        assert quality.unattributed(connection, LOCAL) == 1
        [south] = quality.by_subdistrict(
            connection,
            replace(LOCAL, subdistricts=frozenset({SOUTH})),
            district.rules,
            today=NOW.date(),
        )
        assert south == by_code[SOUTH]
    said = office.reads("/quality")
    assert f"/subdistrict/{SOUTH}" in said
    assert f"/runs/{run}" in said
    assert "1 家还没有摸排结果" in said


def test_whoever_was_looked_at_of_late_is_not_stale(engine: Any) -> None:
    today = NOW.date()
    with db.writing(engine) as connection:
        insert_district(connection)
        for organisation, days in ((10, 3), (10, 5), (20, 200), (30, 183)):
            on = today - timedelta(days=days)
            insert_confirmation(connection, organisation, on)
        insert_confirmation(connection, 40, today, corrected_at=NOW)
        rows = quality.by_subdistrict(connection, LOCAL, rules.load(), today=today)
        due = lists.due_counts(connection, LOCAL, rules.load(), as_of=today)
    stale = {row.code: row.stale for row in rows if row.stale}
    assert stale[SOUTH] == 8
    # As the list of what is due says, which has those that nobody screened too.
    unscreened = {row.code: row.organisations - row.screened for row in rows}
    assert {code: number + unscreened[code] for code, number in stale.items()} == {
        code: number for code, number in due.items() if code is not None
    }


def test_quality_is_the_same_on_either_database(engine: Any) -> None:
    with db.writing(engine) as connection:
        insert_district(connection)
        refusing_run(connection)
        rows = quality.by_subdistrict(connection, LOCAL, rules.load(), today=NOW.date())
        assert quality.total(rows).organisations == 101
        assert quality.unattributed(connection, LOCAL) == 1
        found = run_facts.last_of_each(connection, LOCAL, most=1)
        assert len(found["market_regulator"]) == 1
        assert run_facts.listed(connection, HERE)


def test_an_empty_register_says_what_to_do(sqlite_settings: Any, sqlite_engine: Any) -> None:
    desk = a_desk(Site(sqlite_settings, sqlite_engine, clock), Role.DISTRICT_OFFICE)
    assert "登记库为空" in desk.reads("/quality")
    assert "还没有任何来件" in desk.reads("/sources")
    assert "还没有信任任何单位" in desk.reads("/exchange")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("name", rules.shipped())
def test_every_rule_set_is_told_in_words(district: Site, name: str, language: Any) -> None:
    settings = district.settings.model_copy(update={"language": language})
    site = replace(district, settings=settings)
    page = rule_sets.layout(Visit(site, Query(more={"set": rules.load(name).id})))
    said = text_of(page)
    assert rules.load(name).id in said
    assert "admin." not in said


def test_what_two_rule_sets_say_differently_is_told() -> None:
    say = Say("zh")
    here, there = rules.load(), rules.load("cn-2026.2-staff50")
    [(what, before, after)] = rule_words.differences(here, there, say)
    assert (what, before) == ("规模条件", "不另设条件")
    assert "50 人以上" in after
    assert rule_words.differences(here, here, say) == []


def test_a_rule_set_of_the_office_s_own_is_listed_and_a_wrong_one_is_told(district: Site) -> None:
    folder = district.settings.rules
    folder.mkdir()
    own = 'extends = "cn-2026.2"\nid = "own"\nzh = "本区口径"\n[thresholds]\nterm_years = 5\n'
    (folder / "own.toml").write_text(own, encoding="utf-8")
    (folder / "bad.toml").write_text('extends = "cn-2026.2"\nid = "bad"\nx = 1\n', encoding="utf-8")
    desk = a_desk(district, Role.LEADER)
    said = desk.reads("/rules")
    assert "任期（年）：3 → 5" in said
    assert "规则版本“bad”有误" in said
    assert "本单位规则文件夹" in desk.reads("/rules", "?set=own")
    assert "没有规则版本“none”" in desk.reads("/rules", "?set=none")
    assert "/exchange" not in said  # a leader sees no sources


def test_a_source_s_turn_is_asked_for_at_its_page(district: Site, office: Desk) -> None:
    assert "投放文件夹里还没有导入的文件" in office.reads("/sources/market_regulator")
    told, press = "source-told.children", "source-now.n_clicks"
    said = office.told(told, press, {"source-name": "market_regulator"})
    assert "等待" in said
    assert "后台程序没有运行" in said
    with db.reading(district.engine) as connection:
        job = jobs.open_of(connection, "market_regulator")
        [entry] = audit.listed(connection, Actor("a", Role.AUDITOR), action="job.asked")
    assert job is not None
    assert (job.state, entry.about) == ("waiting", f"market_regulator {job.id}")
    office.told(told, press, {"source-name": "market_regulator"})  # no second one
    with db.writing(district.engine) as connection:
        assert len(jobs.listed(connection)) == 1
        jobs.finish(connection, job.id, rows=0, now=NOW, zh="文件夹无法读取。", en="unreadable.")
    said = office.told(told, "source-tick.n_intervals", {"source-name": "market_regulator"})
    assert "失败" in said
    assert "文件夹无法读取" in said
    assert "没有名为“none”的数据源" in office.told(told, press, {"source-name": "none"})
    with db.writing(district.engine) as connection:
        other = jobs.begin(connection, "errand:7", worker="w", delivery=None, now=NOW)
        jobs.finish(connection, other.id, rows=0, now=NOW, zh="别人的事。", en="others'.")
    said = office.told(told, "source-tick.n_intervals", {"source-name": "errand:7"})
    assert "别人的事" not in said


def test_a_page_that_looks_no_more_by_itself_says_so(office: Desk) -> None:
    told, press, name = "source-told.children", "source-now.n_clicks", "market_regulator"
    office.told(told, press, {"source-name": name})
    tick = "source-tick.n_intervals"
    assert "不再自动更新" not in office.told(told, tick, {"source-name": name}, clicks=TIMES - 1)
    assert "不再自动更新" in office.told(told, tick, {"source-name": name}, clicks=TIMES)


def test_a_run_of_a_package_is_corrected_and_not_undone(district: Site, office: Desk) -> None:
    with db.writing(district.engine) as connection:
        ours = insert_run(connection, "portal")
        theirs = insert_run(connection, "exchange_乙街道")
        known = {"id": 1, "name": "乙街道", "sign_key": "5" * 64, "encrypt_key": "e" * 64}
        more = {"fingerprint": "a1b2" * 16, "trusted_at": NOW}
        connection.execute(insert(ExchangeOffice).values(**known, **more))
        package = {"office_id": 1, "cursor_from": "", "cursor_to": "", "handled_at": NOW}
        came = {"direction": "opened", "serial": 7, "content_sha256": "2" * 64, "run_id": theirs}
        connection.execute(insert(ExchangePackage).values(**package, **came, acknowledged=False))
    assert "run-undo-press" in office.reads(f"/runs/{ours}")
    said = office.reads(f"/runs/{theirs}")
    assert "run-undo-press" not in said
    assert "对方会再次发来" in said


def test_a_shipped_source_of_another_place_is_not_fetched(office: Desk) -> None:
    assert "现在办理" not in office.reads("/sources/market_regulator_api")


def test_the_exchange_shows_what_went_and_came_and_no_key(district: Site, office: Desk) -> None:
    with db.writing(district.engine) as connection:
        run = insert_run(connection, "exchange", rows=3, accepted=3, new=3)
        known = {
            "id": 1,
            "name": "示例街道经济办",
            "sign_key": "5" * 64,
            "encrypt_key": "e" * 64,
            "fingerprint": "a1b2" * 16,
            "trusted_at": NOW,
        }
        connection.execute(insert(ExchangeOffice).values(known))
        package = {"office_id": 1, "cursor_from": "", "cursor_to": "", "handled_at": NOW}
        went = {"direction": "sent", "serial": 1, "content_sha256": "1" * 64}
        came = {"direction": "opened", "serial": 7, "content_sha256": "2" * 64}
        connection.execute(
            insert(ExchangePackage),
            [
                {**package, **went, "acknowledged": False, "run_id": None},
                {**package, **came, "acknowledged": False, "run_id": run},
            ],
        )
    said = office.reads("/exchange")
    assert "示例街道经济办" in said
    assert "a1b2 a1b2" in said
    assert "3 行，接收 3，退回 0" in said
    assert "尚未收到回执" in said
    assert "5" * 64 not in said
    assert "e" * 64 not in said
    assert "liangxin exchange trust" in said


@pytest.mark.parametrize("path", ["/sources", "/sources/ledger", "/quality", "/exchange"])
@pytest.mark.parametrize("role", [role for role in Role if role != Role.DISTRICT_OFFICE])
def test_nobody_but_the_district_office_sees_sources(district: Site, role: Role, path: str) -> None:
    scope = {
        Role.ECONOMIC_OFFICE: [NORTH],
        Role.COMMITTEE: [NORTH],
        Role.COMMUNITY: [f"{NORTH}001"],
    }
    said = a_desk(district, role, *scope.get(role, [])).reads(path)
    assert "没有此项权限" in said


@pytest.fixture
def english(district: Site) -> Desk:
    settings = district.settings.model_copy(update={"language": "en"})
    return a_desk(replace(district, settings=settings), Role.DISTRICT_OFFICE)


def test_the_pages_speak_english(english: Desk, district: Site) -> None:
    with db.writing(district.engine) as connection:
        run = refusing_run(connection)
    for path, said in {
        "/sources": "Sources that came",
        "/sources/market_regulator": "Expected rows",
        f"/runs/{run}": "5 rows = 2 accepted + 2 refused + 1 skipped",
        "/quality": "Placed in a community",
        "/rules": "Who counts",
        "/exchange": "No key is shown here",
    }.items():
        assert said in shown(english.client, path)


def test_every_word_of_sources_and_skips_is_there() -> None:
    kinds = Source.model_fields["kind"].annotation.__args__  # type: ignore[union-attr]
    rhythms = Source.model_fields["rhythm"].annotation.__args__  # type: ignore[union-attr]
    wanted = {f"admin.kind.{kind}" for kind in kinds}
    wanted |= {f"admin.rhythm.{each.replace(' ', '_')}" for each in rhythms}
    wanted |= {f"admin.skipped.{en}" for _, en in SKIPPED.values()}
    assert wanted <= WORDS["zh"].keys()
