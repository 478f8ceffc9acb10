"""Whatever order files arrive in, the register ends up holding the same; nothing known is forgotten.

``ORDERS=1000`` tries more orders.
"""

import os
import random
import shutil
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import (
    NOW,
    a_registration,
    a_uscc,
    insert_covering,
    insert_party_organisation,
    insert_screening,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loads import (
    ADDRESS,
    CAPITAL,
    DISTRICT,
    FOUNDED,
    JUNE,
    MARCH,
    NAME,
    SEPTEMBER,
    STATUS,
    TYPE,
    Desk,
)
from sqlalchemy import select

from ingest.timeline import tell
from liangxin import audit, changes, db, questions, rules, state, undo, universe
from liangxin.access import Actor, Role
from liangxin.schema import Absence, FieldChange, Organisation, Question, Run

ORDERS = int(os.environ.get("ORDERS", "4"))
DAYS = [date(2022, 1, 31) + timedelta(days=31 * n) for n in range(6)]
STREETS = ["启明街道", "府坪街道", "穿紫河街道", "丹阳街道"]


def held(desk: Desk) -> str:
    with db.reading(desk.engine) as connection:
        return state.state_hash(connection)


def moment(desk: Desk, run: int | None) -> datetime | None:
    """When the register learned of a run."""
    if run is None:
        return None
    learned = {row["id"]: row["learned_at"] for row in desk.rows(Run)}[run]
    return learned if learned.tzinfo else learned.replace(tzinfo=UTC)


def firm(n: int, **cells: str) -> dict[str, str]:
    return a_registration(n, **cells)


def test_of_two_files_of_a_day_the_later_stays_the_later_when_an_older_comes(desk: Desk) -> None:
    for name, day in (("甲", JUNE), ("乙", JUNE), ("丙", MARCH)):
        desk.load([firm(1, **{NAME: name})], as_of=day)
    history = [
        (row["old_value"], row["new_value"])
        for row in sorted(desk.rows(FieldChange), key=lambda row: (row["from_on"], row["id"]))
        if row["corrected_by"] is None and row["field"] == "name"
    ]
    assert history == [("丙", "甲"), ("甲", "乙")]


def test_an_older_file_that_comes_late_is_fitted_in(desk: Desk) -> None:
    desk.load([firm(1, **{NAME: "甲"})], as_of=MARCH)
    desk.load([firm(1, **{NAME: "丙"})], as_of=SEPTEMBER)
    report = desk.load([firm(1, **{NAME: "乙"})], as_of=JUNE)
    assert (report.accepted, report.changed) == (1, 1)
    history = [
        (row["old_value"], row["new_value"], row["from_on"])
        for row in sorted(desk.rows(FieldChange), key=lambda row: row["from_on"])
        if row["corrected_by"] is None
    ]
    assert history == [("甲", "乙", JUNE), ("乙", "丙", SEPTEMBER)]
    assert desk.rows(Organisation)[0]["name"] == "丙"


def test_an_older_file_of_the_district_a_firm_left_is_fitted_in_too(desk: Desk) -> None:
    there = {NAME: "迁后公司", ADDRESS: "湖南省常德市鼎城区玉霞街道1号", DISTRICT: "430703"}
    older, newer = [firm(1), firm(2)], [firm(1, **there)]
    desk.load(newer, as_of=SEPTEMBER, district="430703")
    report = desk.load(older, as_of=JUNE)
    assert (report.new, report.accepted) == (1, 2)
    [first, _] = desk.rows(Organisation)
    assert (first["name"], first["district_code"]) == ("迁后公司", "430703")
    # A firm that stayed, and one that nobody else names, are written as they come.
    assert desk.load([firm(2, **{NAME: "改名公司"})], as_of=JUNE + timedelta(days=1)).changed == 1


def test_who_a_source_never_spoke_of_is_not_missing_from_its_late_file(desk: Desk) -> None:
    office = desk.source("office_register", snapshot=True)
    days = [date(2022, 1, 28), date(2022, 2, 28), date(2022, 4, 28)]
    desk.load([firm(1)], as_of=days[0])
    desk.load([firm(3)], source=office, as_of=days[1])
    desk.load([firm(1), firm(2)], source=office, as_of=days[2])
    assert desk.load([firm(2)], source=office, as_of=MARCH).missing == 1  # the third
    absent = {row["organisation_id"] for row in desk.rows(Absence) if row["corrected_by"] is None}
    codes = {row["id"]: row["uscc"] for row in desk.rows(Organisation)}
    assert {codes[each] for each in absent} == {a_uscc(3)}


def test_since_when_a_list_has_somebody_is_not_since_when_another_list_does(desk: Desk) -> None:
    """The registry's fourth list lacked the firm, whatever the other office said before."""
    desk.load([firm(1)], as_of=DAYS[0])
    desk.load([firm(2)], source="office_register", as_of=DAYS[0])
    desk.load([firm(1)], as_of=DAYS[3])
    desk.load([firm(1), firm(2)], as_of=DAYS[4])
    desk.load([firm(1), firm(2)], as_of=DAYS[2])
    assert [
        (row["organisation_id"], row["from_on"], row["to_on"]) for row in desk.rows(Absence)
    ] == [(2, DAYS[3], DAYS[4])]


def test_what_a_late_file_was_the_first_to_say_is_not_another_office_s_to_renew(
    desk: Desk,
) -> None:
    desk.load([firm(1)], source="office_register", as_of=JUNE)
    desk.load([firm(1)], as_of=MARCH)
    later = [firm(1, **{NAME: "别名公司"})]
    report = desk.load(later, source="office_register", as_of=SEPTEMBER)
    assert (report.changed, report.asked) == (0, 1)
    assert desk.rows(Organisation)[0]["name"] == "示例第1号有限公司"


def test_what_its_owner_said_too_is_not_another_office_s_to_renew(desk: Desk) -> None:
    """The other office said it first; late or in order, the owner's word makes it the owner's."""
    theirs, later = [firm(1)], [firm(1, **{NAME: "别名公司"})]
    desk.load(theirs, source="office_register", as_of=MARCH)
    agreeing = desk.load([firm(1)], as_of=JUNE)
    report = desk.load(later, source="office_register", as_of=SEPTEMBER)
    assert (report.changed, report.asked) == (0, 1)
    assert [row["owner"] for row in desk.rows(Question)] == ["district_office"]
    with db.writing(desk.engine) as connection:
        for run in (report.run, agreeing.run):
            undo.undo(connection, run or 0, now=NOW + timedelta(hours=9))
    # What no owner has said is still renewed by whoever filled it in, until the owner says it.
    assert desk.load(later, source="office_register", as_of=SEPTEMBER).changed == 1
    desk.load([firm(1)], as_of=JUNE)
    assert desk.rows(Organisation)[0]["name"] == "示例第1号有限公司"


def test_what_its_owner_leaves_empty_is_renewed_by_whoever_filled_it_in(desk: Desk) -> None:
    desk.load([firm(1)], source="office_register", as_of=MARCH)
    desk.load([firm(1, **{CAPITAL: ""})], as_of=JUNE)
    renewed = [firm(1, **{CAPITAL: "200万元人民币"})]
    report = desk.load(renewed, source="office_register", as_of=SEPTEMBER)
    assert (report.changed, report.asked) == (1, 0)


def test_what_was_taken_for_true_before_the_late_file_is_kept(desk: Desk) -> None:
    desk.load([firm(1, **{NAME: "甲"})], as_of=MARCH)
    desk.load([firm(1, **{NAME: "丙"})], as_of=SEPTEMBER)
    late = desk.load([firm(1, **{NAME: "乙"})], as_of=JUNE)
    wrong = [row for row in desk.rows(FieldChange) if row["corrected_by"] is not None]
    assert [(row["old_value"], row["new_value"], row["corrected_by"]) for row in wrong] == [
        ("甲", "丙", late.run)
    ]


def test_a_file_from_before_all_others_is_where_the_history_begins(desk: Desk) -> None:
    desk.load([firm(1, **{NAME: "乙", FOUNDED: ""})], as_of=JUNE)
    desk.load([firm(1, **{NAME: "甲", FOUNDED: ""})], as_of=MARCH)
    [organisation] = desk.rows(Organisation)
    assert (organisation["from_on"], organisation["seen_on"]) == (MARCH, MARCH)
    [change] = [
        row
        for row in desk.rows(FieldChange)
        if row["corrected_by"] is None and row["field"] == "name"
    ]
    assert (change["old_value"], change["new_value"], change["from_on"]) == ("甲", "乙", JUNE)


def test_who_is_only_in_a_late_file_is_absent_from_the_next_one_on(desk: Desk) -> None:
    desk.load([firm(1)], as_of=JUNE)
    desk.load([firm(1)], as_of=SEPTEMBER)
    desk.load([firm(1), firm(2)], as_of=MARCH)
    assert [
        (row["organisation_id"], row["from_on"], row["to_on"]) for row in desk.rows(Absence)
    ] == [(2, JUNE, None)]


def test_a_late_file_shows_who_was_there_after_all(desk: Desk) -> None:
    desk.load([firm(1), firm(2)], as_of=DAYS[0])
    desk.load([firm(1)], as_of=DAYS[1])
    desk.load([firm(1)], as_of=DAYS[3])
    desk.load([firm(1), firm(2)], as_of=DAYS[2])
    spells = [
        (row["from_on"], row["to_on"]) for row in desk.rows(Absence) if row["corrected_by"] is None
    ]
    assert sorted(spells, key=str) == [(DAYS[1], DAYS[2]), (DAYS[3], None)]


def test_the_bytes_of_a_file_that_was_fitted_in_say_something_new_on_a_later_day(
    desk: Desk,
) -> None:
    back = [firm(1, **{NAME: "甲"})]
    desk.load([firm(1, **{NAME: "乙"})], as_of=JUNE)
    desk.load(back, as_of=MARCH)
    report = desk.load(back, as_of=SEPTEMBER)
    assert (report.changed, report.notices) == (1, [])
    assert desk.rows(Organisation)[0]["name"] == "甲"


def test_a_rate_is_told_as_it_was_known_before_a_late_file_came(desk: Desk) -> None:
    """The firm was revoked in June; that was learned after its September file."""
    in_march = desk.load([firm(1)], as_of=MARCH)
    in_september = desk.load([firm(1, **{STATUS: "注销"})], as_of=SEPTEMBER)
    desk.load([firm(1, **{STATUS: "吊销"})], as_of=JUNE)
    with db.reading(desk.engine) as connection:

        def status(day: date, known_by: int | None) -> str:
            known_at = moment(desk, known_by)
            member = universe.members(rules.load(), as_of=day, known_at=known_at)
            return connection.execute(select(member.c.status)).scalar_one()

        july = date(2022, 7, 1)
        assert status(july, None) == "2"
        assert status(july, in_september.run) == "1"
        assert status(SEPTEMBER, in_march.run) == "1"
        assert status(SEPTEMBER, in_september.run) == "4"
        assert status(SEPTEMBER, None) == "4"


def test_since_when_an_organisation_is_known_is_told_as_it_was_known(desk: Desk) -> None:
    first = desk.load([firm(1, **{FOUNDED: ""})], as_of=JUNE)
    desk.load([firm(1, **{FOUNDED: ""})], as_of=MARCH)
    then = moment(desk, first.run)
    with db.reading(desk.engine) as connection:
        for known_at, count in ((None, 1), (then, 0)):
            member = universe.members(rules.load(), as_of=date(2022, 4, 1), known_at=known_at)
            assert len(connection.execute(select(member.c.id)).all()) == count


# Orders.

CELLS = st.fixed_dictionaries(
    {
        NAME: st.sampled_from(["", "示例甲有限公司", "示例乙有限公司", "示例丙有限公司"]),
        STATUS: st.sampled_from(["", "存续", "吊销", "注销"]),
        TYPE: st.sampled_from(["", "个人独资企业", "有限责任公司(国有独资)"]),
        FOUNDED: st.sampled_from(["", "2019-03-15", "2020-01-01"]),
        ADDRESS: st.sampled_from(["", *(f"武陵区{street}沅汀路1号" for street in STREETS)]),
    }
)
SNAPSHOT = st.dictionaries(st.integers(1, 3), CELLS, min_size=1, max_size=3)
FEED = st.lists(SNAPSHOT, min_size=2, max_size=4)


def file_of(desk: Desk, snapshot: dict[int, dict[str, str]], name: str) -> Path:
    return desk.file([firm(n, **cells) for n, cells in sorted(snapshot.items())], name)


def emptied(desk: Desk, fresh: Path) -> None:
    """A register as new, without the cost of a new one."""
    desk.engine.dispose()
    for leftover in desk.folder.glob("register.db-*"):
        leftover.unlink()
    shutil.copyfile(fresh, desk.folder / "register.db")


def sent_in(desk: Desk, files: Sequence[Path], order: Sequence[int], **how: Any) -> str:
    for n in order:
        desk.load(files[n], as_of=DAYS[n], **how)
    return held(desk)


@settings(
    max_examples=ORDERS,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(feed=FEED, snapshot=st.booleans(), data=st.data())
def test_every_order_of_a_feed_with_repeats_ends_in_the_same_register(
    sqlite_desk: Desk, small_file: Path, feed: Any, snapshot: bool, data: st.DataObject
) -> None:
    desk = sqlite_desk
    files = [file_of(desk, each, f"{n}.csv") for n, each in enumerate(feed)]
    source = desk.source(snapshot=snapshot)
    inorder = range(len(files))
    repeats = data.draw(st.lists(st.sampled_from(inorder), max_size=2))
    order = data.draw(st.permutations([*inorder, *repeats]))
    emptied(desk, small_file)
    wanted = sent_in(desk, files, inorder, source=source)
    emptied(desk, small_file)
    assert sent_in(desk, files, order, source=source) == wanted
    before = len(desk.rows(FieldChange))
    assert sent_in(desk, files, order, source=source) == wanted
    assert len(desk.rows(FieldChange)) == before


def test_all_orders_of_a_feed_end_in_the_same_register_on_both_databases(desk: Desk) -> None:
    chance = random.Random(20)  # noqa: S311
    feeds = {
        day: [
            firm(
                n,
                **{
                    NAME: chance.choice(["示例甲有限公司", "示例乙有限公司"]),
                    ADDRESS: f"武陵区{chance.choice(STREETS)}沅汀路{n}号",
                },
            )
            for n in range(1, 6)
            if chance.random() < 0.8
        ]
        for day in DAYS[:3]
    }
    files = [desk.file(rows, f"{n}.csv") for n, rows in enumerate(feeds.values())]
    order = (2, 0, 1)
    late = sent_in(desk, files, order)
    history = {
        (row["field"], row["old_value"], row["new_value"], row["from_on"])
        for row in desk.rows(FieldChange)
        if row["corrected_by"] is None and row["field"] not in {"seen_on", "from_on"}
    }
    for run in reversed(desk.rows(Run)):
        with db.writing(desk.engine) as connection:
            undo.undo(connection, run["id"], now=NOW)
    assert desk.rows(Organisation) == []
    assert sent_in(desk, files, range(3)) == late
    assert history == {
        (row["field"], row["old_value"], row["new_value"], row["from_on"])
        for row in desk.rows(FieldChange)
    }


def test_nothing_said_is_no_history() -> None:
    history = tell([])
    assert (history.now.height, history.changes.height) == (0, 0)


# Undo.


@settings(
    max_examples=6,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(feed=FEED, data=st.data())
def test_undoing_a_run_is_exactly_the_register_before_it(
    sqlite_desk: Desk, small_file: Path, feed: Any, data: st.DataObject
) -> None:
    desk = sqlite_desk
    files = [file_of(desk, each, f"{n}.csv") for n, each in enumerate(feed)]
    order = data.draw(st.permutations(range(len(files))))
    emptied(desk, small_file)
    states, contents, runs = [], [], []
    for n in order:
        states.append(held(desk))
        contents.append(without_runs(desk))
        runs.append(desk.load(files[n], as_of=DAYS[n]).run)
    for run, before, content in zip(
        reversed(runs), reversed(states), reversed(contents), strict=True
    ):
        with db.writing(desk.engine) as connection:
            assert run is not None
            assert undo.undo(connection, run, now=NOW).state_hash == before
        assert without_runs(desk) == content


def without_runs(desk: Desk) -> dict[str, Any]:
    """All rows, ids and provenance too, but the record of runs and what they read and refused."""
    record = ("run", "run_", "refused_row", "skipped_row", "landed_file", "source")
    return {name: rows for name, rows in desk.dump().items() if not name.startswith(record)}


def test_the_log_tells_of_a_run_and_of_its_undoing_and_the_state_of_neither(desk: Desk) -> None:
    empty = held(desk)
    report = desk.load([firm(1)], as_of=MARCH)
    with db.writing(desk.engine) as connection:
        undo.undo(connection, report.run or 0, now=NOW, by=Actor("zhang", Role.ECONOMIC_OFFICE))
        entries = audit.listed(connection, Actor("auditor", Role.AUDITOR))
        assert audit.verify(connection).is_whole
    assert [(each.action, each.by, each.about) for each in reversed(entries)] == [
        ("run.finished", "local", f"{report.run} market_regulator {MARCH}"),
        ("run.undone", "zhang", f"{report.run} market_regulator"),
    ]
    assert held(desk) == empty


def test_a_run_on_which_later_work_stands_is_not_undone_and_the_work_is_named(desk: Desk) -> None:
    first = desk.load([firm(1)], as_of=MARCH)
    second = desk.load([firm(1, **{NAME: "改名有限公司"})], as_of=JUNE)
    with db.writing(desk.engine) as connection:
        insert_screening(connection, 1)
        with pytest.raises(undo.Misuse) as refused:
            undo.undo(connection, first.run or 0, now=NOW)
    assert f"批次 {second.run}（market_regulator）" in refused.value.zh
    assert "摸排 1 条" in refused.value.zh


def test_whoever_follows_the_feed_hears_what_a_late_file_filled_in(desk: Desk) -> None:
    def feed(after: str) -> tuple[list[Any], str]:
        with db.reading(desk.engine) as connection:
            page = changes.page(connection, after=after, limit=200)
        return page.items, page.next

    desk.load([firm(1, **{CAPITAL: ""}), firm(2)], as_of=SEPTEMBER)
    items, cursor = feed("")
    assert [each["values"]["capital_wan"] for each in items] == [None, "100.0"]
    desk.load([firm(1), firm(2)], as_of=MARCH)
    items, cursor = feed(cursor)
    again = [each for each in items if each["kind"] == "organisation"]
    told = {each["uscc"]: each["values"]["capital_wan"] for each in again}
    assert told[a_uscc(1)] == "100.0"
    assert feed(cursor)[0] == []


def test_another_office_s_late_word_is_asked_about_as_it_would_have_been(desk: Desk) -> None:
    ours = [([firm(1)], MARCH), ([firm(1), firm(2)], SEPTEMBER)]
    theirs = ([firm(1, **{NAME: "别名公司"})], JUNE)
    desk.load(ours[0][0], as_of=MARCH)
    desk.load(ours[1][0], as_of=SEPTEMBER)
    assert desk.load(theirs[0], source="office_register", as_of=theirs[1]).asked == 1
    [question] = desk.rows(Question)
    assert (question["said_a"], question["said_b"]) == ("示例第1号有限公司", "别名公司")
    # It is no newest word of that office any more once a later one came.
    desk.load(theirs[0], source="office_register", as_of=SEPTEMBER)
    earlier = [firm(1, **{NAME: "更早的名"})]
    assert desk.load(earlier, source="office_register", as_of=MARCH).asked == 0


def test_a_late_word_that_agreed_on_its_day_is_not_held_against_what_came_later(desk: Desk) -> None:
    """The same words in the order of their days would have asked nothing."""
    desk.load([firm(1)], as_of=MARCH)
    desk.load([firm(1, **{NAME: "改名有限公司"})], as_of=SEPTEMBER)
    assert desk.load([firm(1)], source="office_register", as_of=JUNE).asked == 0
    assert desk.rows(Question) == []
    # Said again of a later day, it disagrees.
    assert desk.load([firm(1)], source="office_register", as_of=SEPTEMBER).asked == 1


def test_an_open_question_follows_what_a_late_file_brings_to_light(desk: Desk) -> None:
    desk.load([firm(1, **{NAME: "甲"})], as_of=MARCH)
    desk.load([firm(1, **{NAME: "丁"})], source="office_register", as_of=JUNE)
    desk.load([firm(1, **{NAME: ""})], as_of=SEPTEMBER)
    wanted, content = held(desk), without_runs(desk)
    late = desk.load([firm(1, **{NAME: "乙"})], as_of=JUNE)
    assert late.asked == 1
    first, second = desk.rows(Question)
    assert (first["closed_by"], second["said_a"], second["said_b"]) == ("register", "乙", "丁")
    assert (second["asked_at"], second["closed_at"]) == (first["asked_at"], None)
    with db.writing(desk.engine) as connection:
        undo.undo(connection, late.run or 0, now=NOW + timedelta(hours=9))
    assert (held(desk), without_runs(desk)) == (wanted, content)


def test_a_question_closes_once_the_owner_says_so_too_though_nobody_sends_it_again(
    desk: Desk,
) -> None:
    desk.load([firm(1)], as_of=MARCH)
    desk.load([firm(1, **{NAME: "别名公司"})], source="office_register", as_of=MARCH)
    wanted = held(desk)
    adopting = desk.load([firm(1, **{NAME: "别名公司"})], as_of=JUNE)
    assert adopting.settled == 1
    assert [row["closed_by"] for row in desk.rows(Question)] == ["register"]
    with db.writing(desk.engine) as connection:
        undo.undo(connection, adopting.run or 0, now=NOW + timedelta(hours=9))
    assert held(desk) == wanted


def test_a_question_somebody_answered_is_not_taken_back_with_its_run(desk: Desk) -> None:
    desk.load([firm(1)], as_of=MARCH)
    asking = desk.load([firm(1, **{NAME: "别名公司"})], source="office_register", as_of=JUNE)
    [question] = desk.rows(Question)
    assert question["owner"] == "district_office"  # of whoever owns the name, not of who differs
    with db.writing(desk.engine) as connection:
        questions.settle(connection, question["id"], answer="执照为准", by="区经济办", now=NOW)
        with pytest.raises(undo.Misuse) as refused:
            undo.undo(connection, asking.run or 0, now=NOW)
    assert "已答复的疑问 1 个" in refused.value.zh


def test_a_run_that_moved_a_firm_is_not_undone_once_somebody_covers_it_there(desk: Desk) -> None:
    desk.load([firm(1)], as_of=MARCH)
    moving = desk.load(
        [firm(1, **{ADDRESS: f"湖南省常德市武陵区{STREETS[1]}沅汀路1号"})], as_of=JUNE
    )
    later = NOW + timedelta(hours=2)
    with db.writing(desk.engine) as connection:
        party = insert_party_organisation(connection, learned_at=later)
        insert_covering(connection, 1, party, from_on=JUNE, learned_at=later)
        with pytest.raises(undo.Misuse) as refused:
            undo.undo(connection, moving.run or 0, now=later)
    assert "移入单位其后的覆盖关系 1 条" in refused.value.zh


def test_an_undone_run_may_be_loaded_again(desk: Desk) -> None:
    rows = [firm(n) for n in (1, 2)]
    first = desk.load(rows, as_of=MARCH)
    wanted = held(desk)
    with db.writing(desk.engine) as connection:
        undo.undo(connection, first.run or 0, now=NOW)
        with pytest.raises(undo.Misuse, match="undone already"):
            undo.undo(connection, first.run or 0, now=NOW)
    assert desk.load(rows, as_of=MARCH).new == 2
    assert held(desk) == wanted
