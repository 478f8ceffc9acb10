"""One run: what became of every row, all of it or nothing of it, whatever happens in between."""

import gzip
import hashlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from factories import NOW, a_registration, a_uscc
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from loads import (
    ADDRESS,
    CAPITAL,
    CODE,
    FOUNDED,
    JUNE,
    NAME,
    SEPTEMBER,
    STATUS,
    WULING,
    Desk,
    dump,
)
from sqlalchemy import Engine, func, select
from stdnum.cn import uscc as stdnum_uscc
from stdnum.iso7064 import mod_11_10

from expectations.messages import MESSAGES
from ingest import delivery, landing, pipeline
from ingest.sources import Expected
from liangxin import db
from liangxin.errors import (
    BatchStopped,
    DatabaseUnavailable,
    MissingColumn,
    Misuse,
    UnreadableFile,
)
from liangxin.schema import (
    LandedFile,
    Organisation,
    RefusedRow,
    Registration,
    Run,
    RunFile,
    RunRule,
    SkippedRow,
)
from liangxin.settings import Settings

#: A firm's code that no check accepts, and the rule that says why.
WRONG = {
    "uscc_is_present": "",
    "uscc_is_not_a_registration_number": "430702000012349",
    "uscc_is_not_a_miswritten_registration_number": "430702000012340",
    "uscc_check_character_is_right": a_uscc(1)[:17] + "0",
}


def firms(*numbers: int, **cells: str) -> list[dict[str, str]]:
    return [a_registration(n, **cells) for n in numbers]


# What became of every row.


def test_a_refused_row_is_kept_with_rule_cell_value_words_and_owner(desk: Desk) -> None:
    report = desk.load([*firms(1), *firms(2, **{CODE: "430702000012349"}), *firms(3, **{NAME: ""})])
    assert (report.rows, report.accepted, report.refused, report.skipped) == (3, 1, 2, 0)
    assert report.rules == {"name_is_present": 1, "uscc_is_not_a_registration_number": 1}
    first, second = desk.rows(RefusedRow)
    assert first == {
        "id": first["id"],
        "run_id": report.run,
        "file_row": 3,
        "rule": "uscc_is_not_a_registration_number",
        "column_name": CODE,
        "value": "430702000012349",
        "message": "“430702000012349”是旧的注册号，不是统一社会信用代码。"
        "请向登记机关查询该主体现在的 18 位代码。",
        "message_en": "430702000012349 is an old registration number; ask the registrar for the "
        "18-character code.",
        "owner": "economic_office",
        "uscc": None,
    }
    assert second["uscc"] == a_uscc(3)
    assert (second["file_row"], second["rule"], second["column_name"], second["value"]) == (
        4,
        "name_is_present",
        NAME,
        "",
    )
    assert second["message"] == "没有名称。请在“企业名称”列补填。"
    assert [row["uscc"] for row in desk.rows(Organisation)] == [a_uscc(1)]


@pytest.mark.parametrize(("rule", "code"), WRONG.items(), ids=WRONG)
def test_a_row_without_a_good_code_never_reaches_the_register(
    sqlite_desk: Desk, rule: str, code: str
) -> None:
    desk = sqlite_desk
    report = desk.load([*firms(1), *firms(2, **{CODE: code})])
    assert report.rules == {rule: 1}
    assert len(desk.rows(Organisation)) == 1


def test_a_row_with_several_faults_is_refused_once_for_each_reason(desk: Desk) -> None:
    report = desk.load([*firms(1), *firms(2, **{CODE: "", NAME: "", CAPITAL: "50"})])
    assert (report.rows, report.refused) == (2, 1)
    assert report.rules == {"name_is_present": 1, "uscc_is_present": 1}
    assert report.warnings == {"capital_has_a_unit": 1}
    assert {(row["file_row"], row["rule"]) for row in desk.rows(RefusedRow)} == {
        (3, "name_is_present"),
        (3, "uscc_is_present"),
    }


def test_a_warning_is_counted_and_its_row_is_taken(desk: Desk) -> None:
    report = desk.load([*firms(1, **{FOUNDED: "昨天"}), *firms(2, **{FOUNDED: "2026-11-24"})])
    assert (report.accepted, report.refused) == (2, 0)
    assert report.warnings == {
        "established_on_is_a_date": 1,
        "established_on_is_not_in_the_future": 1,
    }
    assert desk.rows(RefusedRow) == []
    assert {row["established_on"] for row in desk.rows(Organisation)} == {None}


def test_a_firm_founded_on_the_day_of_the_file_is_not_from_the_future(desk: Desk) -> None:
    # The clock says 23 November in Greenwich, while it is the 24th in China already.
    tomorrow = NOW.date() + timedelta(days=1)
    report = desk.load(firms(1, **{FOUNDED: tomorrow.isoformat()}), as_of=tomorrow)
    assert report.warnings == {}


def test_how_many_rows_broke_which_rule_is_kept(desk: Desk) -> None:
    rows = [*firms(1), *firms(2, 3, **{CODE: ""}), *firms(4, 5, **{STATUS: "活着"})]
    report = desk.load(rows)
    assert [
        (row["run_id"], row["rule"], row["severity"], row["rows"]) for row in desk.rows(RunRule)
    ] == [
        (report.run, "status_is_known", "warn", 2),
        (report.run, "uscc_is_present", "refuse", 2),
    ]


def test_an_exact_repeat_is_skipped_and_a_conflicting_one_refused(desk: Desk) -> None:
    report = desk.load([*firms(1, 2), *firms(1), *firms(2, **{NAME: "另一家公司"}), *firms(1)])
    assert (report.rows, report.accepted, report.refused, report.skipped) == (5, 2, 1, 2)
    assert report.rules == {"uscc_occurs_once": 1}
    assert [row["file_row"] for row in desk.rows(SkippedRow)] == [4, 6]
    assert [(row["file_row"], row["value"]) for row in desk.rows(RefusedRow)] == [(5, a_uscc(2))]
    assert [row["name"] for row in desk.rows(Organisation)] == [
        "示例第1号有限公司",
        "示例第2号有限公司",
    ]


def test_a_repeat_is_found_across_batches_and_files(desk: Desk, tmp_path: Path) -> None:
    small = desk.settings.model_copy(update={"batch_rows": 1})
    report = Desk(small, desk.engine, tmp_path).load(
        firms(1, 2), [*firms(2), *firms(1, **{NAME: "另一家公司"})]
    )
    assert (report.accepted, report.refused, report.skipped) == (2, 1, 1)
    # Rows 2 and 3 of the second file, behind the three rows of the first.
    assert [row["file_row"] for row in desk.rows(SkippedRow)] == [5]
    assert [row["file_row"] for row in desk.rows(RefusedRow)] == [6]


def test_a_row_refused_for_another_reason_takes_its_code_from_nobody(desk: Desk) -> None:
    report = desk.load([*firms(1, **{NAME: ""}), *firms(1)])
    assert report.rules == {"name_is_present": 1}
    assert (report.accepted, report.refused, report.missing) == (1, 1, 0)


def test_the_same_file_twice_in_one_run_is_skipped_the_second_time(desk: Desk) -> None:
    file = desk.file(firms(1, 2))
    report = desk.load(file, file)
    assert (report.rows, report.accepted, report.skipped) == (4, 2, 2)
    assert len(desk.rows(LandedFile)) == 1
    assert [row["row_offset"] for row in desk.rows(RunFile)] == [0, 3]


def test_several_files_are_one_run_and_one_snapshot(desk: Desk) -> None:
    first, second = desk.file(firms(1, 2)), desk.file(firms(3, 4))
    assert desk.load(first, second).new == 4
    report = desk.load(second, first, as_of=JUNE)
    assert (report.unchanged, report.missing) == (4, 0)
    alone = desk.load(first, as_of=SEPTEMBER)
    assert (alone.unchanged, alone.missing) == (2, 2)
    assert [len(run) for run in (desk.rows(Run), desk.rows(RunFile))] == [3, 5]


def test_files_of_one_run_may_have_other_columns_each(desk: Desk) -> None:
    other = [{"信用代码": a_uscc(2), "名称": "乙公司", "经营状态": "在业"}]
    report = desk.load(firms(1, **{CODE: ""}), other)
    assert (report.accepted, report.refused) == (1, 1)
    [firm] = desk.rows(Organisation)
    assert (firm["name"], firm["status"], firm["address"]) == ("乙公司", "1", None)
    assert [row["column_name"] for row in desk.rows(RefusedRow)] == [CODE]


@pytest.mark.parametrize("suffix", [".csv.gz", ".csv"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_loaded_whatever_its_encoding_and_packing(
    sqlite_desk: Desk, suffix: str, encoding: str
) -> None:
    desk = sqlite_desk
    text = pl.DataFrame(firms(1, 2)).write_csv().encode(encoding)
    file = desk.folder / f"登记{suffix}"
    file.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    assert desk.load(file).new == 2
    [landed] = desk.rows(LandedFile)
    assert landed["origin"] == file.name


CELLS = st.fixed_dictionaries(
    {},
    optional={
        CODE: st.sampled_from([*WRONG.values(), a_uscc(1), a_uscc(2), a_uscc(3).lower(), "x" * 18]),
        NAME: st.sampled_from(["", "甲", "乙"]),
        ADDRESS: st.sampled_from(["", "湖南省常德市武陵区府坪街道", "某地"]),
        STATUS: st.sampled_from(["", "在业", "活着"]),
        CAPITAL: st.sampled_from(["", "50", "50万元"]),
    },
)


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 4), CELLS), min_size=1, max_size=6), max_size=3),
    st.sampled_from([2, 7, 50_000]),
)
@hypothesis_settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_row_vanishes(
    sqlite_desk: Desk, files: list[list[tuple[int, dict[str, str]]]], batch_rows: int
) -> None:
    desk = sqlite_desk
    sent = [firms(9), *([a_registration(n, **cells) for n, cells in file] for file in files)]
    settings = desk.settings.model_copy(update={"batch_rows": batch_rows})
    before = len(desk.rows(Organisation))
    report = Desk(settings, desk.engine, desk.folder, desk.minutes).load(*sent)
    assert report.rows == sum(map(len, sent))
    assert report.rows == report.accepted + report.refused + report.skipped
    assert report.accepted == report.new + report.changed + report.unchanged
    assert len(desk.rows(Organisation)) == before + report.new
    mine = [
        {row["file_row"] for row in desk.rows(table) if row["run_id"] == report.run}
        for table in (RefusedRow, SkippedRow)
    ]
    assert [len(each) for each in mine] == [report.refused, report.skipped]
    assert not mine[0] & mine[1]
    assert sum(report.rules.values()) >= report.refused
    assert all(MESSAGES[rule].severity == "refuse" for rule in report.rules)


# All of it, or nothing.


@pytest.fixture
def loaded(desk: Desk) -> Desk:
    """A desk at a register that holds something."""
    desk.load(firms(1, 2, 3))
    return desk


def landed_bytes(desk: Desk) -> set[str]:
    folder = desk.settings.landing
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_a_batch_below_its_minimum_leaves_the_register_as_it_was(loaded: Desk) -> None:
    before = loaded.dump()
    expecting = loaded.source(expected=Expected(minimum=3))
    with pytest.raises(BatchStopped, match="2 rows, fewer than the 3"):
        loaded.load([*firms(1, **{NAME: "改名"}), *firms(4)], source=expecting, as_of=JUNE)
    assert loaded.dump() == before
    assert loaded.load(firms(1, 2, 4), source=expecting, as_of=JUNE).new == 1


def test_a_batch_above_its_maximum_is_loaded_with_a_warning(loaded: Desk) -> None:
    expecting = loaded.source(expected=Expected(minimum=1, maximum=3))
    report = loaded.load(firms(1, 2, 3, 4), source=expecting, as_of=JUNE)
    assert (report.new, report.warnings) == (1, {"batch_is_not_above_its_maximum": 1})
    assert [(row["rule"], row["severity"]) for row in loaded.rows(RunRule)] == [
        ("batch_is_not_above_its_maximum", "warn")
    ]
    assert loaded.load(firms(1, 2, 3), source=expecting, as_of=SEPTEMBER).warnings == {}


def test_refused_rows_count_towards_the_minimum(loaded: Desk) -> None:
    expecting = loaded.source(expected=Expected(minimum=3))
    report = loaded.load([*firms(1, 2), *firms(3, **{NAME: ""})], source=expecting, as_of=JUNE)
    assert report.refused == 1


@pytest.mark.parametrize("at", [0.3, 0.95])
def test_a_file_that_breaks_off_in_the_middle_leaves_the_register_as_it_was(
    loaded: Desk, at: float
) -> None:
    before, landed = loaded.dump(), landed_bytes(loaded)
    whole = gzip.compress(pl.DataFrame(firms(*range(4, 504))).write_csv().encode())
    broken = loaded.folder / "broken.csv.gz"
    broken.write_bytes(whole[: int(len(whole) * at)])
    with pytest.raises(UnreadableFile, match="truncated or damaged"):
        loaded.load(broken, as_of=JUNE)
    assert loaded.dump() == before
    assert landed_bytes(loaded) == landed


def test_a_file_that_goes_away_while_it_is_read_leaves_the_register_as_it_was(
    loaded: Desk,
) -> None:
    before = loaded.dump()
    publisher = loaded.source()
    whole = pl.DataFrame(firms(*range(4, 20_004))).write_csv().encode()
    file = loaded.folder / "on-a-share.csv.gz"
    file.write_bytes(gzip.compress(whole, compresslevel=1))
    [part] = delivery.of_file(file, publisher, loaded.settings).parts
    file.write_bytes(gzip.compress(whole, compresslevel=1)[:-9])
    with pytest.raises(UnreadableFile, match="truncated"):
        pipeline.run(
            [part],
            publisher,
            loaded.settings.model_copy(update={"batch_rows": 1_000}),
            loaded.engine,
            as_of=JUNE,
            district=WULING,
            clock=lambda: NOW,
        )
    assert loaded.dump() == before


def test_an_error_of_our_own_leaves_the_register_as_it_was(
    loaded: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = loaded.dump()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(pipeline, "_close", fail)
    with pytest.raises(ZeroDivisionError):
        loaded.load(firms(1, 4, **{NAME: "改名"}), as_of=JUNE)
    assert loaded.dump() == before


def test_a_district_nobody_listed_is_a_misuse_before_anything_is_landed(loaded: Desk) -> None:
    before, landed = loaded.dump(), landed_bytes(loaded)
    with pytest.raises(Misuse, match="999999"):
        loaded.load(firms(4), district="999999")
    assert (loaded.dump(), landed_bytes(loaded)) == (before, landed)


def test_a_file_without_codes_is_refused_before_anything_is_landed(loaded: Desk) -> None:
    before, landed = loaded.dump(), landed_bytes(loaded)
    with pytest.raises(MissingColumn):
        loaded.load([{NAME: "甲"}])
    assert (loaded.dump(), landed_bytes(loaded)) == (before, landed)


def test_a_delivery_without_a_file_is_no_empty_snapshot(loaded: Desk) -> None:
    before = loaded.dump()
    with pytest.raises(BatchStopped, match="no rows at all"):
        loaded.load()
    assert loaded.dump() == before


def test_while_somebody_else_writes_nothing_is_written_nor_landed(loaded: Desk) -> None:
    before, landed = loaded.dump(), landed_bytes(loaded)
    impatient = loaded.settings.model_copy(update={"busy_timeout": 0.05})
    second = db.make_engine(impatient)
    late = Desk(impatient, second, loaded.folder, loaded.minutes)
    try:
        with db.writing(loaded.engine), pytest.raises(DatabaseUnavailable, match="another job"):
            late.load(firms(4), as_of=JUNE)
        assert (loaded.dump(), landed_bytes(loaded)) == (before, landed)
        assert late.load(firms(4), as_of=JUNE).new == 1
    finally:
        second.dispose()


def test_while_a_run_writes_others_read_what_was_before(loaded: Desk) -> None:
    seen: list[Any] = []

    def look() -> Any:
        with db.reading(loaded.engine) as connection:
            seen.append(connection.scalar(select(func.count()).select_from(Organisation)))
        return NOW

    publisher = loaded.source()
    file = loaded.file(firms(1, 2, 3, 4))
    pipeline.run(
        delivery.of_file(file, publisher, loaded.settings).parts,
        publisher,
        loaded.settings,
        loaded.engine,
        as_of=JUNE,
        district=WULING,
        clock=look,
    )
    assert seen == [3]
    look()
    assert seen == [3, 4]


# The bytes.


def test_bytes_are_kept_under_their_hash_and_never_altered(desk: Desk) -> None:
    file = desk.file(firms(1, 2), "登记.csv")
    data = file.read_bytes()
    desk.load(file)
    digest = hashlib.sha256(data).hexdigest()
    kept = landing.path_of(desk.settings.landing, digest)
    assert kept.read_bytes() == data
    assert kept.parent.name == digest[:2]
    [row] = desk.rows(LandedFile)
    assert (row["sha256"], row["size"], row["origin"]) == (digest, len(data), "登记.csv")
    at = kept.stat()
    file.write_text("gone")
    other = desk.folder / "again.csv"
    other.write_bytes(data)
    desk.load(other, as_of=JUNE)
    assert kept.read_bytes() == data
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (at.st_mtime_ns, at.st_ino)
    assert [row["origin"] for row in desk.rows(LandedFile)] == ["登记.csv"]
    assert [row["origin"] for row in desk.rows(RunFile)] == ["登记.csv", "again.csv"]
    assert landed_bytes(desk) == {f"{digest[:2]}/{digest}"}


def test_a_run_can_be_told_again_from_the_bytes_that_landed(desk: Desk, tmp_path: Path) -> None:
    rows = [*firms(1, 2), *firms(3, **{CODE: ""}), *firms(1)]
    first = desk.load(rows)
    [landed] = desk.rows(LandedFile)
    kept = landing.path_of(desk.settings.landing, landed["sha256"])
    again = tmp_path / "again.csv"
    again.write_bytes(kept.read_bytes())
    second = desk.load(again, as_of=JUNE)
    assert (second.unchanged, second.refused, second.skipped) == (first.new, 1, 1)


# Kill -9.

#: Takes every row, because the real gate's import takes longer than all the rest.
CHILD = """
import sys
from contextlib import nullcontext
from datetime import UTC, date, datetime
from pathlib import Path
import polars as pl
from expectations import apart
from ingest import delivery, pipeline, sources
from liangxin import db
from liangxin.settings import Settings

class Gate:
    judge = None
    def wake(self):
        pass
    def check(self, frame):
        self.taken = pl.repeat(True, frame.height, eager=True)
        self.broken = frame.select("file_row", rule=pl.lit("")).clear()
        return self

apart.gate = lambda kind, **_: nullcontext(Gate())
settings = Settings(batch_rows=250)
source = sources.load("market_regulator", settings)
[part] = delivery.of_file(Path(sys.argv[1]), source, settings).parts
engine = db.make_engine(settings)
print("ready", flush=True)
pipeline.run(
    [part], source, settings, engine, as_of=date(2022, 6, 30), district="430702",
    clock=lambda: datetime(2026, 11, 23, 9, tzinfo=UTC),
)
"""


def run_in_child(home: Path, file: Path, *, kill_after: float | None) -> tuple[int, float]:
    """Run a load in a process of its own; return how it ended and after how many seconds."""
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, str(file)],
        env={
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "LIANGXIN_HOME": str(home),
        },
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        started = time.monotonic()
        try:
            process.wait(timeout=kill_after)
        except subprocess.TimeoutExpired:
            process.kill()
        return process.wait(), time.monotonic() - started


def test_a_kill_at_any_moment_leaves_the_register_as_before_or_as_after(
    sqlite_desk: Desk, tmp_path: Path
) -> None:
    desk = sqlite_desk
    desk.load(firms(*range(1, 3_001)))
    before = desk.dump()
    file = desk.file(
        [*firms(*range(1, 1_501), **{NAME: "改名有限公司"}), *firms(*range(2_001, 5_001))]
    )
    twin = tmp_path / "twin"
    twin.mkdir()
    with sqlite3.connect(desk.settings.home / "register.db") as here:
        here.execute("VACUUM INTO ?", (str(twin / "register.db"),))
    here.close()
    ended, seconds = run_in_child(twin, file, kill_after=None)
    assert ended == 0
    there = db.make_engine(Settings(home=twin))
    after = dump(there)
    there.dispose()
    assert [len(after[name]) for name in ("organisation", "field_change", "absence")] == [
        5_000,
        1_500,
        500,
    ]
    endings = []
    for part in (0.1, 0.4, 0.7, 0.95):
        ending, _ = run_in_child(desk.settings.home, file, kill_after=part * seconds)
        endings.append(ending)
        found = desk.dump()
        if found != before:
            assert found == after
            break
    assert -signal.SIGKILL in endings
    if found == before:
        assert run_in_child(desk.settings.home, file, kill_after=None)[0] == 0
    assert desk.dump() == after
    again = desk.load(file, as_of=JUNE)
    assert (again.new, again.changed, again.unchanged, again.missing) == (0, 0, 4_500, 500)


# Real registrations, where they lie beside this repository. No row of them is in it.

DATA = Path(__file__).parents[3] / "shared" / "data"
real = pytest.mark.skipif(not DATA.is_dir(), reason="no real registrations lie beside this folder")


@pytest.fixture
def nationwide(
    sqlite_settings: Settings, sqlite_engine: Engine, tmp_path: Path, quick: None
) -> Desk:
    """A desk at a register that knows every division of the country."""
    return Desk(sqlite_settings, sqlite_engine, tmp_path)


@real
@pytest.mark.parametrize(
    ("name", "rows", "refused", "district", "located"),
    [
        pytest.param("registrations_wuling.csv", 3_068, 0, WULING, 0.80, id="Wuling"),
        pytest.param("registrations_60k.csv.gz", 60_000, 65, "", 0.30, id="the country"),
    ],
)
def test_real_registrations_load_and_load_again_unchanged(
    nationwide: Desk, name: str, rows: int, refused: int, district: str, located: float
) -> None:
    desk = nationwide
    first = desk.load(DATA / name, district=district)
    assert first.rows == rows == first.accepted + first.refused + first.skipped
    assert first.new == first.accepted
    assert first.refused == refused
    assert not any(stdnum_uscc.is_valid(row["value"]) for row in desk.rows(RefusedRow))
    assert first.located >= located * rows
    before = desk.dump()
    again = desk.load(DATA / name, district=district, as_of=JUNE)
    assert (again.new, again.changed, again.unchanged) == (0, 0, first.accepted)
    assert (again.missing, again.located) == (0, first.located)
    after = desk.dump()
    for table in ("organisation", "registration", "field_change", "absence"):
        assert after[table] == before[table]


@real
def test_real_dirty_registrations_are_refused_for_their_codes_and_for_nothing_else(
    nationwide: Desk,
) -> None:
    report = nationwide.load(DATA / "registrations_dirty.csv", district="")
    assert report.rows == 4_439 == report.accepted + report.refused + report.skipped
    assert all(rule.startswith("uscc_") for rule in report.rules)
    refused = nationwide.rows(RefusedRow)
    assert len(refused) == report.refused == sum(report.rules.values())
    right, wrong = (f"uscc_is_not_a_{kind}registration_number" for kind in ("", "miswritten_"))
    fifteen = {row["value"].strip(): row["rule"] for row in refused if is_fifteen(row["value"])}
    assert len(fifteen) > 3_000
    assert fifteen == {number: right if mod_11_10.is_valid(number) else wrong for number in fifteen}
    good = {row["uscc"] for row in nationwide.rows(Organisation)}
    assert len(nationwide.rows(Registration)) == len(good) == report.new
    for row in refused:
        repeated = row["rule"] == "uscc_occurs_once"
        assert (row["value"].strip() in good) == repeated
        assert repeated or not stdnum_uscc.is_valid(row["value"])


def is_fifteen(value: str) -> bool:
    return len(value.strip()) == 15 and value.strip().isdigit()
