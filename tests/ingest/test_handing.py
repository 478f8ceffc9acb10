"""Files that offices hand in: tried and taken back, asked about, corrected, loaded, kept to their place."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from importlib import resources

import pytest
from counters import (
    ADDRESS,
    ELSEWHERE,
    HERE,
    NEIGHBOUR,
    OFFICE,
    REGISTER,
    SCREENING,
    Office,
    a_firm,
)
from factories import NOW, a_uscc
from loads import Desk, rows
from sqlalchemy import update

from ingest import differences
from liangxin import audit, db, handed, jobs
from liangxin.access import Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted
from liangxin.handed import files, steps
from liangxin.schema import AuditEntry, HandedIn, Job, Organisation, Run, Screening

CODE = "统一社会信用代码"
DISTRICT_OFFICE = Actor("district", Role.DISTRICT_OFFICE)


@pytest.fixture
def office(desk: Desk) -> Iterator[Office]:
    made = Office(desk)
    yield made
    made.queue.storage.close()


@pytest.fixture
def embedded(sqlite_desk: Desk) -> Iterator[Office]:
    made = Office(sqlite_desk)
    yield made
    made.queue.storage.close()


def counts(found: dict[str, int]) -> tuple[int, ...]:
    return tuple(found[name] for name in ("rows", "accepted", "refused", "skipped", "new"))


def test_a_file_is_tried_and_nothing_is_written(office: Office) -> None:
    before = office.desk.dump()
    file = office.tried([a_firm(1), a_firm(2)])
    assert file.state == "checked"
    assert counts(file.found) == (2, 2, 0, 0, 2)
    assert [each["uscc"] for each in file.found["new_ones"]] == [a_uscc(1), a_uscc(2)]
    after = office.desk.dump()
    moved = {name for name in after if after[name] != before[name]}
    assert moved <= {"handed_in", "job", "audit_entry", "meta"}


def test_what_was_tried_is_what_is_loaded(office: Office) -> None:
    file = office.tried([a_firm(1), a_firm(2)])
    loaded = office.does(handed.commit, file.id)
    assert loaded.state == "loaded"
    assert (loaded.rows, loaded.accepted) == (2, 2)
    assert loaded.found["new_ones"] == file.found["new_ones"]
    assert [each["uscc"] for each in rows(office.desk.engine, Organisation)] == [
        a_uscc(1),
        a_uscc(2),
    ]
    assert not files.folder_of(office.desk.settings, file.id).exists()


def test_changes_are_told_field_by_field(embedded: Office) -> None:
    embedded.loads([a_firm(1)])
    file = embedded.tried([a_firm(1, 企业名称="示例改名有限公司")])
    [change] = file.found["changes"]
    assert (change["field"], change["new"]) == ("name", "示例改名有限公司")
    assert counts(file.found) == (1, 1, 0, 0, 0)


@pytest.mark.parametrize("as_results", [False, True])
def test_of_more_changes_than_are_listed_all_are_counted(
    embedded: Office, monkeypatch: pytest.MonkeyPatch, as_results: bool
) -> None:
    monkeypatch.setattr(differences, "MOST", 1)
    firms = [a_firm(number) for number in (1, 2, 3)]
    embedded.loads(firms)
    if as_results:
        file = embedded.tried([a_finding(number) for number in (1, 2, 3)], SCREENING)
    else:
        file = embedded.tried(
            [a_firm(number, 企业名称=f"示例新名{number}") for number in (1, 2, 3)]
        )
    assert len(file.found["changes"]) == 1
    assert file.found["all_changes"] == 3
    with db.reading(embedded.desk.engine) as connection:
        [listed, *_] = handed.listed(connection, embedded.actor)
    assert (listed.id, listed.findings) == (file.id, None)


def test_a_refused_row_comes_with_its_cells_and_is_taken_once_it_is_corrected(
    office: Office,
) -> None:
    file = office.tried([a_firm(1), a_firm(2, **{CODE: "91430702XXXX"})])
    [refused] = file.found["refused_rows"]
    assert (refused["row"], refused["bad"]) == (3, [CODE])
    assert refused["cells"]["住所"] == ADDRESS
    again = office.does(handed.correct, file.id, {refused["key"]: {CODE: a_uscc(2)}})
    assert counts(again.found) == (2, 2, 0, 0, 2)
    assert again.file_name == "名单（已更正）.xlsx"
    assert again.sha256 != file.sha256
    loaded = office.does(handed.commit, file.id)
    assert (loaded.accepted, loaded.refused) == (2, 0)


def test_the_file_that_is_given_back_can_be_corrected_and_sent_instead(embedded: Office) -> None:
    file = embedded.tried([a_firm(1), a_firm(2, **{CODE: "91430702XXXX"})])
    back = files.path_of(embedded.desk.settings, file.id, files.RETURNED)
    assert back.is_file()
    instead = embedded.hands_in([a_firm(1), a_firm(2)], instead_of=file.id)
    embedded.counter.once()
    assert embedded.sees(file.id).state == "withdrawn"
    assert counts(embedded.sees(instead).found) == (2, 2, 0, 0, 2)
    assert not back.exists(), "what was withdrawn is deleted"


def test_a_header_that_is_only_like_a_known_one_is_asked_about(embedded: Office) -> None:
    firm = a_firm(1)
    firm["企业名称全称"] = firm.pop("企业名称")
    file = embedded.tried([firm])
    assert file.state == "asked"
    fields = {each["field"]: each for each in file.found["fields"]}
    assert not fields["name"]["sure"]
    columns = {name: each["header"] for name, each in fields.items()}
    checked = embedded.does(handed.answer_columns, file.id, columns)
    assert (checked.state, checked.found["accepted"]) == ("checked", 1)


def test_a_column_that_is_missing_is_chosen_from_what_the_file_has(embedded: Office) -> None:
    firm = a_firm(1)
    firm["甲"] = firm.pop("企业名称")
    file = embedded.tried([firm])
    assert file.state == "asked"
    assert "企业名称" in file.found["why"]["zh"]
    columns = {each["field"]: each["header"] for each in file.found["fields"]}
    with pytest.raises(Misuse, match="必须有"):
        embedded.does(handed.answer_columns, file.id, columns)
    checked = embedded.does(handed.answer_columns, file.id, columns | {"name": "甲"})
    assert checked.found["accepted"] == 1


def test_a_column_that_is_said_to_be_nothing_is_left_alone(embedded: Office) -> None:
    file = embedded.tried([a_firm(1)])
    columns = {each["field"]: each["header"] for each in file.found["fields"]}
    money = {name: "" for name, header in columns.items() if header == "注册资本"}
    assert money
    embedded.does(handed.answer_columns, file.id, columns | money)
    embedded.does(handed.commit, file.id)
    [firm] = rows(embedded.desk.engine, Organisation)
    assert firm["capital_wan"] is None


def test_a_value_that_was_left_empty_is_told_with_its_column_and_row(office: Office) -> None:
    file = office.tried([a_firm(1), a_firm(2, 成立日期="2019-13-45"), a_firm(3, 注册资本="若干")])
    assert counts(file.found) == (3, 3, 0, 0, 3)
    told = {each["column"]: each for each in file.found["warned_for"]}
    assert told.keys() == {"成立日期", "注册资本"}
    assert (told["成立日期"]["rows"], told["成立日期"]["first"]) == (1, [3])
    assert "不是日期" in told["成立日期"]["zh"]
    loaded = office.does(handed.commit, file.id)
    assert loaded.found["warned_for"] == file.found["warned_for"]


# Whose organisations a file may touch.


def test_rows_outside_the_sub_district_are_skipped_with_one_sentence(office: Office) -> None:
    nowhere = a_firm(3, 住所="示例路3号")
    file = office.tried([a_firm(1), a_firm(2, 住所=ELSEWHERE), nowhere])
    assert counts(file.found) == (3, 1, 0, 2, 1)
    [why] = file.found["skipped_for"]
    assert why["first"] == [3, 4]
    assert "未导入" in why["zh"]


def test_an_organisation_of_a_neighbour_cannot_be_claimed(office: Office) -> None:
    office.actor = NEIGHBOUR
    office.loads([a_firm(1, 住所=ELSEWHERE)])
    office.actor = OFFICE
    loaded = office.tried([a_firm(1), a_firm(2)])
    assert counts(loaded.found) == (2, 1, 0, 1, 1)
    office.does(handed.commit, loaded.id)
    assert {each["uscc"]: each["address"] for each in rows(office.desk.engine, Organisation)} == {
        a_uscc(1): ELSEWHERE,
        a_uscc(2): ADDRESS,
    }


def test_the_same_file_is_another_one_from_another_office(embedded: Office) -> None:
    both = [a_firm(1), a_firm(2, 住所=ELSEWHERE)]
    assert counts(embedded.loads(both).found) == (2, 1, 0, 1, 1)
    embedded.actor = NEIGHBOUR
    assert counts(embedded.loads(both).found) == (2, 1, 0, 1, 1)
    assert len(rows(embedded.desk.engine, Organisation)) == 2


def a_finding(n: int, state: str = "正常经营") -> dict[str, str]:
    return {CODE: a_uscc(n), "摸排结果": state, "摸排依据": "照片", "摸排单位": "示例街道经济办"}


def test_a_screening_of_a_neighbours_firm_is_as_if_nobody_knew_it(office: Office) -> None:
    office.loads([a_firm(1)])
    office.actor = NEIGHBOUR
    office.loads([a_firm(2, 住所=ELSEWHERE)])
    office.actor = OFFICE
    file = office.tried([a_finding(1), a_finding(2), a_finding(3)], SCREENING)
    assert counts(file.found) == (3, 1, 0, 2, 1)
    [why] = file.found["skipped_for"]
    assert why["rows"] == 2
    assert [each["new"] for each in file.found["changes"]] == ["operating"]
    office.does(handed.commit, file.id)
    assert [each["organisation_id"] for each in rows(office.desk.engine, Screening)] == [1]


def test_an_office_may_send_what_it_answers_for_and_no_list_of_the_district(
    embedded: Office,
) -> None:
    with db.reading(embedded.desk.engine) as connection:
        own = {each.name for each in handed.offered(connection, OFFICE)}
        every = {each.name for each in handed.offered(connection, DISTRICT_OFFICE)}
        with pytest.raises(NotPermitted):
            handed.offered(connection, Actor("c", Role.COMMITTEE))
    assert own == {REGISTER, SCREENING}
    assert every == {REGISTER, SCREENING, "market_regulator", "civil_affairs"}
    with pytest.raises(NotFound):
        embedded.hands_in([a_firm(1)], "market_regulator")


def test_files_of_another_office_are_not_there(embedded: Office) -> None:
    file = embedded.tried([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        assert handed.listed(connection, NEIGHBOUR) == []
        assert [each.id for each in handed.listed(connection, DISTRICT_OFFICE)] == [file.id]
        for act in (handed.one, handed.commit, handed.withdraw):
            how = {} if act is handed.one else {"now": NOW}
            with pytest.raises(NotFound):
                act(connection, NEIGHBOUR, file.id, **how)


# Taken back.


def test_an_office_undoes_a_run_it_sent_and_no_other(office: Office) -> None:
    before = rows(office.desk.engine, Organisation)
    file = office.loads([a_firm(1)])
    run = file.run_id or 0
    with db.writing(office.desk.engine) as connection:
        with pytest.raises(NotFound):
            handed.undo_run(connection, NEIGHBOUR, run, now=NOW)
        handed.undo_run(connection, OFFICE, run, now=NOW)
    assert rows(office.desk.engine, Organisation) == before
    assert office.sees(file.id).undone_at is not None


def test_what_was_loaded_cannot_be_withdrawn_nor_loaded_again(embedded: Office) -> None:
    file = embedded.loads([a_firm(1)])
    for act in (handed.withdraw, handed.commit):
        with pytest.raises(Misuse, match="状态已经变了"):
            embedded.does(act, file.id)


def test_what_was_withdrawn_meanwhile_stays_so(embedded: Office) -> None:
    number = embedded.hands_in([a_firm(1)])
    embedded.does(handed.withdraw, number)
    assert embedded.sees(number).state == "withdrawn"
    assert not files.folder_of(embedded.desk.settings, number).exists()
    assert all(each["finished_at"] for each in rows(embedded.desk.engine, Job))


def test_what_nobody_looks_at_is_withdrawn_in_time(embedded: Office) -> None:
    file = embedded.tried([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        assert steps.expire(connection, now=NOW + timedelta(days=1)) == []
        late = NOW + steps.KEPT_FOR + timedelta(days=1)
        assert steps.expire(connection, now=late) == [file.id]
    assert embedded.sees(file.id).findings is None


# When something is wrong.


def test_a_file_that_is_no_table_says_so(embedded: Office) -> None:
    received = files.receive(embedded.desk.settings, "图.xlsx", [b"\x89PNG...."], most=100)
    with db.writing(embedded.desk.engine) as connection:
        number = handed.hand_in(
            connection, OFFICE, REGISTER, received, as_of=NOW.date(), today=NOW.date(), now=NOW
        )
        files.put(embedded.desk.settings, number, received)
    embedded.counter.once()
    file = embedded.sees(number)
    assert file.state == "failed"
    assert "图.xlsx" in (file.message_zh or "")


def test_a_file_whose_workers_died_again_and_again_is_given_up(embedded: Office) -> None:
    number = embedded.hands_in([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        connection.execute(update(Job).values(attempts=2, state="running"))
    embedded.counter.once()
    file = embedded.sees(number)
    assert file.state == "failed"
    assert "已尝试 2 次" in (file.message_zh or "")
    assert [each["state"] for each in rows(embedded.desk.engine, Job)] == ["failed"]


def test_a_fault_of_ours_is_told_without_what_it_quotes(embedded: Office) -> None:
    number = embedded.hands_in([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        connection.execute(update(HandedIn).values(corrections="somebody's row"))
    embedded.counter.once()
    file = embedded.sees(number)
    assert file.state == "failed"
    assert "程序内部错误" in (file.message_zh or "")
    assert "somebody" not in f"{file.message_zh}{file.message_en}{embedded.said}"


def test_a_worker_that_died_after_loading_loads_nothing_twice(embedded: Office) -> None:
    file = embedded.loads([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        jobs.ask(connection, f"handed:{file.id}", delivery=None, now=NOW)
    embedded.counter.once()
    assert len(rows(embedded.desk.engine, Run)) == 1
    assert all(each["finished_at"] for each in rows(embedded.desk.engine, Job))


def test_the_log_tells_who_handed_in_loaded_and_undid(embedded: Office) -> None:
    file = embedded.loads([a_firm(1)])
    with db.writing(embedded.desk.engine) as connection:
        handed.undo_run(connection, OFFICE, file.run_id or 0, now=NOW)
        assert audit.verify(connection).is_whole
    told = [(each["by_account"], each["action"]) for each in rows(embedded.desk.engine, AuditEntry)]
    assert told == [
        ("qiming", "file.handed_in"),
        ("local", "run.finished"),
        ("qiming", "file.loaded"),
        ("qiming", "run.undone"),
    ]


def test_a_day_that_is_to_come_is_no_day_of_a_file(embedded: Office) -> None:
    with pytest.raises(Misuse, match="不能晚于今天"):
        embedded.hands_in([a_firm(1)], as_of=NOW.date() + timedelta(days=1))
    assert rows(embedded.desk.engine, HandedIn) == []


def test_corrections_of_rows_that_were_not_refused_are_not_taken(embedded: Office) -> None:
    file = embedded.tried([a_firm(1), a_firm(2, **{CODE: "91430702XXXX"})])
    [refused] = file.found["refused_rows"]
    for nonsense in (
        {"0:2": {CODE: a_uscc(9)}},
        {refused["key"]: {"没有": "x"}},
        {refused["key"]: {CODE: "91430702XXXX"}},
        {},
    ):
        with pytest.raises(Misuse):
            embedded.does(handed.correct, file.id, nonsense)
    assert HERE in embedded.sees(file.id).scope


def test_a_name_that_bears_another_day_than_the_office_gave_is_told(sqlite_desk: Desk) -> None:
    own = sqlite_desk.folder / "sources"
    own.mkdir()
    shipped = resources.files("ingest").joinpath("sources", f"{REGISTER}.toml")
    dated = f'as_of_in_name = ".+"\n{shipped.read_text(encoding="utf-8")}'
    (own / f"{REGISTER}.toml").write_text(dated, encoding="utf-8")
    settings = sqlite_desk.settings.model_copy(update={"sources": str(own)})
    office = Office(replace(sqlite_desk, settings=settings))
    day = NOW.date() - timedelta(days=1)
    name = f"名单_{day:%Y%m%d}.csv"
    failed = office.tried([a_firm(1)], name=name)
    assert failed.state == "failed"
    assert f"bears {day}" in (failed.message_en or "")
    assert office.tried([a_firm(1)], name=name, as_of=day).state == "checked"
    assert office.tried([a_firm(1)], name="名单.csv").state == "checked", "its office gave the day"
    office.queue.storage.close()
