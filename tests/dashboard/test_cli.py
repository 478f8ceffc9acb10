"""The command as other programs call it: names, keys, exit codes, and a sentence for every fault."""

import gzip
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from factories import NOW, a_uscc
from typer.testing import CliRunner, Result

from dashboard.cli import app
from liangxin import migrate, queue
from liangxin.settings import Settings

HEADER = "企业名称,统一社会信用代码,企业类型,成立日期,注册资本,住所,登记状态,行政区划\n"
RUN_KEYS = {
    "run",
    "source",
    "rows",
    "accepted",
    "refused",
    "skipped",
    "new",
    "changed",
    "unchanged",
    "missing",
    "located",
    "seconds",
}


def row(
    n: int, *, code: str | None = None, address: str = "湖南省常德市武陵区启明街道沅汀路1号"
) -> str:
    code = a_uscc(n) if code is None else code
    return f"常德市沅棹第{n}商贸有限公司,{code},有限责任公司(自然人独资),2019-03-15,50万人民币,{address},存续,430702\n"


@pytest.fixture
def settings(sqlite_settings: Settings) -> Settings:
    """One database here; the stories of ``tests/flows`` go through the commands on both."""
    return sqlite_settings


@pytest.fixture
def liangxin(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on a fresh register; answers with its result."""
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))

    def call(*arguments: object, stdin: bytes | None = None) -> Result:
        return CliRunner().invoke(app, [str(each) for each in arguments], input=stdin)

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "登记.csv"
    path.write_text(HEADER + row(1) + row(2) + row(3, code="913200001234567"), encoding="utf-8")
    return path


def test_a_load_says_what_became_of_every_row(liangxin: Any, file: Path) -> None:
    result = liangxin("load", file, "--source", "market_regulator", "--json")
    run = json.loads(result.stdout)
    assert result.exit_code == 1, "a row was refused"
    assert run.keys() >= RUN_KEYS
    assert (run["rows"], run["accepted"], run["refused"], run["skipped"]) == (3, 2, 1, 0)
    assert (run["new"], run["located"], run["source"]) == (2, 2, "market_regulator")


@pytest.mark.usefixtures("quick")
def test_a_full_disk_is_told_in_a_sentence_and_the_next_try_loads_all(
    liangxin: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        result = liangxin("load", file, "--source", "market_regulator", "--json")
    assert result.exit_code == 2
    assert "磁盘空间" in json.loads(result.stdout)["error"]
    assert "No space left on device" in json.loads(result.stdout)["error_en"]
    run = json.loads(liangxin("load", file, "--source", "market_regulator", "--json").stdout)
    assert (run["accepted"], run["new"]) == (2, 2)


@pytest.mark.usefixtures("quick")
def test_a_second_load_finds_nothing_to_do(liangxin: Any, file: Path) -> None:
    liangxin("load", file, "--source", "market_regulator")
    run = json.loads(liangxin("load", file, "--source", "market_regulator", "--json").stdout)
    assert (run["new"], run["changed"], run["unchanged"], run["missing"]) == (0, 0, 2, 0)


def test_a_clean_file_ends_with_zero(liangxin: Any, tmp_path: Path) -> None:
    path = tmp_path / "clean.csv"
    path.write_text(HEADER + row(1), encoding="utf-8")
    assert liangxin("load", path, "--source", "market_regulator").exit_code == 0


def test_a_minus_is_standard_input(liangxin: Any) -> None:
    sent = (HEADER + row(1)).encode("gb18030")
    result = liangxin("load", "-", "--source", "market_regulator", "--json", stdin=sent)
    assert json.loads(result.stdout)["accepted"] == 1


def test_several_files_are_one_run(liangxin: Any, tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text(HEADER + row(1), encoding="utf-8")
    second.write_text(HEADER + row(2), encoding="utf-8")
    result = liangxin("load", first, second, "--source", "market_regulator", "--json")
    run = json.loads(result.stdout)
    assert (run["rows"], run["new"]) == (2, 2)


@pytest.mark.usefixtures("quick")
def test_a_check_writes_nothing_and_gives_the_file_back(
    liangxin: Any, file: Path, tmp_path: Path, settings: Settings
) -> None:
    back = tmp_path / "back.csv"
    result = liangxin("check", file, "--as", "registrations", "--refused", back, "--json")
    answer = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (answer["rows"], answer["accepted"], answer["refused"]) == (3, 2, 1)
    assert sum(answer["rules"].values()) == 1
    lines = back.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert "913200001234567" in lines[3]
    assert "注册号" in lines[3]
    assert not settings.landing.exists()


@pytest.mark.usefixtures("quick")
def test_coverage_is_null_where_nothing_counts(liangxin: Any, file: Path) -> None:
    liangxin("load", file, "--source", "market_regulator")
    answer = json.loads(liangxin("coverage", "--json").stdout)
    assert answer.keys() >= {"as_of", "rate", "rule_set", "rows", "total"}
    assert answer["rate"] == "R1"
    [only] = answer["rows"]
    assert only.keys() >= {"code", "name", "numerator", "denominator", "share"}
    assert (only["code"], only["name"], only["share"]) == ("430702001", "启明街道", None)
    assert only["unverified"] == 2, "loaded, never screened: said, not counted"


def test_divisions_are_loaded_and_counted(liangxin: Any, tmp_path: Path) -> None:
    path = tmp_path / "divisions.csv"
    path.write_text(
        "code,name,level,parent_code\n440305001001,云棹社区,community,440305001\n", encoding="utf-8"
    )
    answer = json.loads(liangxin("divisions", "load", path, "--json").stdout)
    assert answer == {"rows": 1, "new": 1, "renamed": 0, "gone": 0}


BAD = {
    "missing": None,
    "empty": b"",
    "a PDF renamed": b"%PDF-1.7 ...",
    "without a code column": "名称,地址\n甲,乙\n".encode(),
    "a header only": HEADER.encode(),
    "neither encoding": HEADER.encode() + b"\xff\xff\xff\n",
    "NUL bytes": HEADER.encode() + b"a\x00b,c\n",
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD.keys())
def test_a_bad_file_gets_one_sentence_and_writes_nothing(
    liangxin: Any, tmp_path: Path, content: bytes | None, settings: Settings
) -> None:
    path = tmp_path / "送来的.csv"
    if content is not None:
        path.write_bytes(content)
    result = liangxin("load", path, "--source", "market_regulator", "--json")
    assert result.exit_code == 2
    answer = json.loads(result.stdout)
    assert "送来的.csv" in answer["error"]
    assert answer["error_en"]
    assert len(result.stderr.splitlines()) == 2, "one sentence in each language"
    assert not settings.landing.exists()


def test_a_truncated_gzip_is_refused_whole(
    liangxin: Any, tmp_path: Path, settings: Settings
) -> None:
    path = tmp_path / "cut.csv.gz"
    whole = gzip.compress((HEADER + "".join(row(n) for n in range(500))).encode())
    path.write_bytes(whole[: len(whole) // 2])
    result = liangxin("load", path, "--source", "market_regulator", "--json")
    assert result.exit_code == 2
    assert "cut.csv.gz" in json.loads(result.stdout)["error"]
    assert not settings.landing.exists()


def test_a_workbook_is_read_like_a_csv(liangxin: Any, tmp_path: Path) -> None:
    path = tmp_path / "登记.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for place, line in enumerate((HEADER, row(1), row(2))):
            sheet.write_row(place, 0, line.strip().split(","))
    run = json.loads(liangxin("load", path, "--source", "market_regulator", "--json").stdout)
    assert (run["accepted"], run["located"]) == (2, 2)


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("load", "x.csv", "--source", "nobody"), "nobody"),
        (("load", "x.csv", "--source", "market_regulator", "--district", "43"), "43"),
        (("load", "x.csv", "--source", "market_regulator", "--as-of", "2022-13-01"), "2022-13-01"),
        (("coverage", "--as-of", "2999-01-01"), "2999-01-01"),
        (("coverage", "--rate", "R99"), "R99"),
        (("coverage", "--by", "street"), "street"),
        (("check", "x.csv", "--as", "poem"), "poem"),
        (("crawl", "market_regulator"), "market_regulator"),
    ],
)
def test_what_makes_no_sense_is_named_in_a_sentence(
    liangxin: Any, arguments: tuple[str, ...], word: str
) -> None:
    result = liangxin(*arguments)
    assert result.exit_code == 2
    assert word in result.stderr
    assert "Traceback" not in result.output


def test_an_unknown_district_is_refused_before_anything_is_landed(
    liangxin: Any, file: Path, settings: Settings
) -> None:
    result = liangxin("load", file, "--source", "market_regulator", "--district", "999999")
    assert result.exit_code == 2
    assert "999999" in result.stderr
    assert not settings.landing.exists()


def test_a_register_that_is_gone_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path
) -> None:
    monkeypatch.setenv("LIANGXIN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LIANGXIN_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/gone")
    result = CliRunner().invoke(app, ["load", str(file), "--source", "market_regulator"])
    assert result.exit_code == 2
    assert "LIANGXIN_DATABASE_URL" in result.stderr


def test_the_demo_has_a_worker_that_ends_with_it_however_it_ends(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is killed closes the worker's input, and that is what it waits for."""
    monkeypatch.setenv("LIANGXIN_HOME", str(settings.home))
    engine = migrate.open_register(settings, now=NOW)
    worker = subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "worker", "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    try:
        until(lambda: queue.worker_is_there(engine))
        assert worker.stdin is not None
        worker.stdin.close()
        until(lambda: worker.poll() is not None)
        assert not queue.worker_is_there(engine)
    finally:
        worker.kill()
        worker.wait()
        engine.dispose()


def until(happened: Callable[[], bool]) -> None:
    """Wait until something is so."""
    give_up = time.monotonic() + 90
    while not happened():
        assert time.monotonic() < give_up
        time.sleep(0.1)


def test_help_answers_without_loading_what_the_commands_need() -> None:
    program = (
        "import sys, dashboard.cli\n"
        "heavy = {'polars', 'sqlalchemy', 'pydantic', 'dash', 'scrapy', 'great_expectations'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert loaded.stdout.decode().strip() == "[]"
