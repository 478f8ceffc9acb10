"""`sync` loads what is due, each file once, and tells what failed beside what succeeded."""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, a_registration, a_uscc, write_csv
from loads import Desk, rows
from servers import Site, as_json, site
from typer.testing import CliRunner, Result

from dashboard.cli import app
from ingest.sources import KEPT
from liangxin import db, holds, jobs, queue
from liangxin.schema import Job, Organisation, Run, RunFile

API = """
title = "演示接口"
publisher = "某局"
rhythm = "monthly"
[address]
kind = "json_api"
start = "{url}/firms"
items = "rows"
total = "total"
"""
DROP = 'title = "投放"\npublisher = "某局"\nrhythm = "monthly"\ndrop = "{drop}"\n'
Call = Callable[..., Result]


@pytest.fixture
def own(desk: Desk) -> Path:
    folder = desk.folder / "sources"
    folder.mkdir()
    return folder


@pytest.fixture
def call(desk: Desk, own: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command at this desk's register."""
    monkeypatch.setenv("LIANGXIN_HOME", str(desk.settings.home))
    monkeypatch.setenv("LIANGXIN_SOURCES", str(own))
    monkeypatch.setenv("LIANGXIN_DISTRICT", "430702")
    if desk.settings.database_url:
        monkeypatch.setenv("LIANGXIN_DATABASE_URL", desk.settings.database_url)
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def answered(result: Result, code: int = 0) -> list[dict[str, Any]]:
    assert result.exit_code == code, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, list)
    return found


def dropped(folder: Path, name: str, *numbers: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = write_csv(folder / name, [a_registration(n) for n in numbers])
    os.utime(file, (time.time() - 60,) * 2)
    return file


def a_drop(desk: Desk, own: Path, name: str) -> Path:
    """A source of files, with its folder."""
    folder = desk.folder / f"in-{name}"
    folder.mkdir()
    (own / f"{name}.toml").write_text(DROP.format(drop=folder), encoding="utf-8")
    return folder


def firms(publisher: Site, *numbers: int) -> None:
    found = [{"ENTNAME": f"示例{n}号公司", "UNISCID": a_uscc(n)} for n in numbers]
    publisher.says("/firms", as_json({"total": len(found), "rows": found}))


def test_what_is_due_is_loaded_and_then_nothing_is(call: Call, desk: Desk, own: Path) -> None:
    folder = a_drop(desk, own, "mine")
    dropped(folder, "a.csv", 1, 2)
    with site() as publisher:
        firms(publisher, 11, 12, 13)
        (own / "portal.toml").write_text(API.format(url=publisher.url), encoding="utf-8")
        runs = answered(call("sync", "--json"))
        assert [(run["source"], run["new"]) for run in runs] == [("mine", 2), ("portal", 3)]
        asked = len(publisher.pages_asked())
        assert answered(call("sync", "--json")) == []
        assert len(publisher.pages_asked()) == asked
        # A source that is named is always taken; a file that was loaded never again.
        runs = answered(call("sync", "portal", "mine", "--json"))
    assert [(run["source"], run["unchanged"]) for run in runs] == [("portal", 3)]
    found = answered(call("jobs", "--json"))
    assert [(job["source"], job["state"], job["rows"]) for job in found] == [
        ("mine", "done", 0),
        ("portal", "done", 3),
        ("portal", "done", 3),
        ("mine", "done", 2),
    ]
    assert call("jobs").exit_code == 0


def test_what_a_dropped_file_lacks_is_told_once(call: Call, desk: Desk, own: Path) -> None:
    folder = a_drop(desk, own, "mine")
    with (own / "mine.toml").open("a", encoding="utf-8") as file:
        file.write('[columns]\naddress = ["此列不存在"]\n')
    dropped(folder, "a.csv", 1)
    [run] = answered(call("sync", "mine", "--json"))
    assert ["此列不存在" in each["zh"] for each in run["notices"]] == [True]


def test_what_a_publisher_has_not_changed_is_not_read_again_and_is_not_due(
    call: Call, desk: Desk, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a page was read again")

    with site() as publisher:
        firms(publisher, 1, 2, 3)
        (own / "portal.toml").write_text(API.format(url=publisher.url), encoding="utf-8")
        [first] = answered(call("sync", "--json"))
        files = rows(desk.engine, RunFile)
        with monkeypatch.context() as patched:
            patched.setattr("ingest.sync.crawled.of_crawl", never)
            [second] = answered(call("sync", "portal", "--json"))
        assert (second["run"], second["rows"], second["unchanged"]) == (first["run"] + 1, 3, 3)
        assert second["accepted"] == first["accepted"] == 3
        assert f"{first['run']}" in second["notices"][0]["en"]
        assert Path(second["page"]).is_file()
        assert [{**each, "run_id": first["run"]} for each in rows(desk.engine, RunFile)] == [
            *files,
            *files,
        ]
        assert answered(call("sync", "--json")) == []
        [job] = [each for each in rows(desk.engine, Job) if each["id"] == 2]
        assert (job["state"], job["rows"]) == ("done", 3)
        # Read by another program, the same pages may say something else.
        monkeypatch.setattr("ingest.reading._program", lambda: b"another")
        [third] = answered(call("sync", "portal", "--json"))
        assert (third["unchanged"], third["notices"]) == (3, [])
        firms(publisher, 1, 2)
        [fourth] = answered(call("sync", "portal", "--json"))
    assert (fourth["rows"], fourth["unchanged"]) == (2, 2)


def test_an_unchanged_publisher_is_read_again_where_repairs_are_to_be_told(
    call: Call, desk: Desk, own: Path
) -> None:
    repair = """
[[repairs]]
column = "ENTNAME"
from = "示例1号公司"
to = "示例一号公司"
reason = "笔误"
"""
    with site() as publisher:
        firms(publisher, 1, 2)
        source = API.format(url=publisher.url) + repair
        (own / "portal.toml").write_text(source, encoding="utf-8")
        told = [answered(call("sync", "portal", "--json"))[0]["notices"] for _ in range(2)]
    assert "示例一号公司" in told[0][0]["zh"]
    assert told[0] == told[1]


def test_one_that_fails_stops_no_other(call: Call, desk: Desk, own: Path) -> None:
    first, second = a_drop(desk, own, "a_bad"), a_drop(desk, own, "b_good")
    (first / "a.csv").write_text("x,y\n1,2\n", encoding="utf-8")
    os.utime(first / "a.csv", (time.time() - 90,) * 2)
    dropped(first, "b.csv", 1)
    dropped(second, "c.csv", 2)
    (own / "wrong.toml").write_text("colour = 1", encoding="utf-8")
    (own / "away.toml").write_text(API.format(url="https://www.example.org"), encoding="utf-8")
    found = answered(call("sync", "--json"), 1)
    assert [(each["source"], "error" in each) for each in found] == [
        ("wrong", True),
        ("a_bad", True),
        ("a_bad", False),
        ("away", True),
        ("b_good", False),
    ]
    assert "wrong.toml" in found[0]["error_en"]
    assert "a.csv" in found[1]["error"]
    assert len(rows(desk.engine, Organisation)) == 2
    [bad] = [job for job in rows(desk.engine, Job) if job["source"] == "a_bad"]
    assert (bad["state"], bad["rows"]) == ("failed", 1)
    assert "a.csv" in bad["message_zh"]


def test_a_second_process_on_one_source_says_so_and_does_nothing(
    call: Call, desk: Desk, own: Path
) -> None:
    dropped(a_drop(desk, own, "mine"), "a.csv", 1)
    with holds.holding(desk.engine, "mine"):
        [found] = answered(call("sync", "mine", "--json"), 1)
    assert "another process is at work on 'mine'" in found["error_en"]
    assert rows(desk.engine, Run) == rows(desk.engine, Job) == []
    [run] = answered(call("sync", "--json"))
    assert run["new"] == 1


def test_jobs_can_be_seen_while_a_run_writes(call: Call, desk: Desk) -> None:
    with db.writing(desk.engine) as connection:
        jobs.begin(connection, "mine", worker="there:1", delivery=None, now=NOW)
    held = queue.make_queue(desk.engine)
    queue.tell_progress(held, "mine", 1234)
    held.storage.close()
    with db.writing(desk.engine):
        [job] = answered(call("jobs", "--json"))
        assert "1234 行" in call("jobs").output
    assert (job["state"], job["rows"], job["worker"]) == ("running", 1234, "there:1")


def test_an_unknown_source_is_a_misuse_and_nothing_is_done(call: Call, desk: Desk) -> None:
    result = call("sync", "nobody", "--json")
    assert result.exit_code == 2
    assert "没有名为“nobody”的数据源" in json.loads(result.stdout)["error"]


def test_a_source_of_nowhere_says_what_to_do(call: Call, own: Path) -> None:
    (own / "mine.toml").write_text(DROP.format(drop=""), encoding="utf-8")
    [found] = answered(call("sync", "mine", "--json"), 1)
    assert "use liangxin load" in found["error_en"]


def test_sources_are_listed_with_what_is_wrong(call: Call, desk: Desk, own: Path) -> None:
    dropped(a_drop(desk, own, "mine"), "a.csv", 1)
    answered(call("sync", "--json"))
    (own / "wrong.toml").write_text(DROP.format(drop="") + "colour = 1", encoding="utf-8")
    found = {each["name"]: each for each in answered(call("sources", "--json"), 1)}
    [run] = rows(desk.engine, Run)
    mine = found["mine"]
    assert (mine["title"], mine["publisher"], mine["kind"]) == ("投放", "某局", "registrations")
    assert (mine["rhythm"], mine["last_run"], mine["due"]) == ("monthly", run["id"], False)
    assert mine["next_due"] > mine["last_at"][:10]
    assert mine["error"] is None
    assert found["market_regulator"]["last_run"] is None
    assert "'colour'" in found["wrong"]["error_en"]
    shown = call("sources")
    assert "wrong.toml" in shown.output
    assert "投放" in shown.output


def test_headers_that_are_only_like_known_ones_wait_for_a_person(
    call: Call, desk: Desk, own: Path
) -> None:
    folder = a_drop(desk, own, "mine")
    row = a_registration(1)
    row["统一社会信用代吗"] = row.pop("统一社会信用代码")
    write_csv(folder / "a.csv", [row])
    [found] = answered(call("sync", "mine", "--json"), 1)
    assert "--mapping" in found["error"]
    assert rows(desk.engine, Organisation) == []


def names_held(desk: Desk) -> list[str]:
    return [row["name"] for row in rows(desk.engine, Organisation)]


def named_drop(desk: Desk, own: Path) -> Path:
    """A source whose files bear their day in their names, and its folder."""
    folder = a_drop(desk, own, "mine")
    with (own / "mine.toml").open("a", encoding="utf-8") as file:
        file.write('as_of_in_name = ".+"\n')
    return folder


def firm_dropped(folder: Path, file: str, name: str) -> Path:
    written = write_csv(folder / file, [a_registration(1, 企业名称=name)])
    os.utime(written, (time.time() - 60,) * 2)
    return written


def test_an_older_export_that_is_dropped_later_is_fitted_in(
    call: Call, desk: Desk, own: Path
) -> None:
    folder = named_drop(desk, own)
    firm_dropped(folder, "名册_20220930.csv", "示例丙有限公司")
    assert len(answered(call("sync", "--json"))) == 1
    firm_dropped(folder, "名册_2022年3月.csv", "示例甲有限公司")
    firm_dropped(folder, "名册_20220630.csv", "示例乙有限公司")
    found = answered(call("sync", "--json"))
    assert [each["changed"] for each in found] == [1, 1]
    assert names_held(desk) == ["示例丙有限公司"]
    assert [str(row["as_of"]) for row in rows(desk.engine, Run)] == [
        "2022-09-30",
        "2022-03-31",
        "2022-06-30",
    ]
    assert answered(call("sync", "--json")) == []


def test_a_dropped_file_whose_name_bears_no_day_is_told_and_the_others_are_loaded(
    call: Call, desk: Desk, own: Path
) -> None:
    folder = named_drop(desk, own)
    firm_dropped(folder, "名册.csv", "示例甲有限公司")
    firm_dropped(folder, "名册_20220931.csv", "示例甲有限公司")
    firm_dropped(folder, "名册_20220930.csv", "示例丙有限公司")
    found = answered(call("sync", "--json"), 1)
    told = sorted(each["error_en"] for each in found if "error_en" in each)
    assert "'20220931' in the name '名册_20220931.csv' is no date" in told[0]
    assert "'名册.csv' bears no day" in told[1]
    assert names_held(desk) == ["示例丙有限公司"]
    assert len(rows(desk.engine, Run)) == 1
    assert call("sync", "mine", "--as-of", "2022-09-30").exit_code == 2


def test_a_loaded_file_is_of_the_day_in_its_name_unless_another_is_given(
    call: Call, desk: Desk, own: Path
) -> None:
    folder = named_drop(desk, own)
    file = firm_dropped(folder, "名册_20220930.csv", "示例丙有限公司")
    assert call("load", file, "--source", "mine").exit_code == 0
    given = call("load", file, "--source", "mine", "--as-of", "2022-06-30")
    assert "bears 2022-09-30; it is loaded as of 2022-06-30" in given.output
    assert [str(row["as_of"]) for row in rows(desk.engine, Run)] == ["2022-09-30", "2022-06-30"]
    nameless = firm_dropped(folder, "名册.csv", "示例丁有限公司")
    refused = call("load", nameless, "--source", "mine")
    assert (refused.exit_code, len(rows(desk.engine, Run))) == (2, 2)
    assert "--as-of" in refused.output


def test_the_runs_of_a_source_given_by_its_path_can_be_read_again(
    call: Call, desk: Desk, tmp_path: Path
) -> None:
    given = tmp_path / "elsewhere"
    given.mkdir()
    list_of_ours = given / "list_of_ours.toml"
    columns = '[columns]\nname = ["牌子"]\n'
    list_of_ours.write_text(
        'title = "名单"\npublisher = "某局"\nrhythm = "ad hoc"\n' + columns, encoding="utf-8"
    )

    def load(name: str, day: str) -> dict[str, Any]:
        firms = [a_registration(1, 牌子=name), a_registration(2, 牌子="另一公司")]
        for each in firms:
            del each["企业名称"]
        file = write_csv(given / f"{day}.csv", firms[: 1 if day == "2022-09-30" else 2])
        result = call("load", file, "--source", list_of_ours, "--as-of", day, "--json")
        assert result.exit_code == 0, result.output
        found = json.loads(result.stdout)
        assert isinstance(found, dict)
        return found

    load("示例甲有限公司", "2022-03-31")
    assert load("示例丙有限公司", "2022-09-30")["missing"] == 1
    assert load("示例乙有限公司", "2022-06-30")["changed"] == 1
    assert names_held(desk)[0] == "示例丙有限公司"
    list_of_ours.unlink()
    assert call("why", a_uscc(1), "name").exit_code == 0
    shown = answered(call("sources", "--json"))
    assert "list_of_ours" not in {each["name"] for each in shown}, "nothing of it is due by itself"


def test_a_source_given_by_its_path_has_no_other_s_name(call: Call, desk: Desk, own: Path) -> None:
    given = desk.folder / "market_regulator.toml"
    given.write_text('title = "名单"\npublisher = "某局"\nrhythm = "monthly"\n', encoding="utf-8")
    file = write_csv(desk.folder / "a.csv", [a_registration(1)])
    for words in (("load", file, "--source", given), ("sync", given)):
        refused = call(*words)
        assert refused.exit_code == 2
        assert "has the name of another source, 'market_regulator'" in refused.output
    doubled = given.with_name("list.toml.toml")
    doubled.write_bytes(given.read_bytes())
    assert "'list.toml' the name of a source" in call("load", file, "--source", doubled).output
    assert rows(desk.engine, Run) == []
    # The same file in a folder of the operator's takes the other's place.
    (own / given.name).write_bytes(given.read_bytes())
    assert call("load", file, "--source", given).exit_code == 0
    assert not (desk.settings.home / KEPT).exists()


def test_a_dropped_file_that_cannot_be_read_stops_no_other(
    call: Call, desk: Desk, own: Path
) -> None:
    folder = a_drop(desk, own, "mine")
    dropped(folder, "a.csv", 1)
    (folder / "b.csv").symlink_to("/proc/self/mem")
    other = a_drop(desk, own, "other")
    dropped(other, "c.csv", 2)
    found = answered(call("sync", "mine", "other", "--json"), 1)
    assert [each.get("new") for each in found if "new" in each] == [1, 1]
    [told] = [each["error_en"] for each in found if "error_en" in each]
    assert "the dropped file b.csv cannot be read" in told
