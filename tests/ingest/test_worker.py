"""The worker syncs unattended: what fails is tried again, what a dead one left is taken over."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from factories import NOW, a_registration, a_uscc, insert_organisation, write_csv
from loads import Desk, rows
from people import a_number, a_person
from servers import Answer, Site, as_json, site
from sqlalchemy import Connection, insert, update

from ingest.crawl import Pace
from ingest.sync import Desk as WorkDesk
from ingest.worker import Patience, Worker
from liangxin import accounts, candidates, db, holds, jobs, privacy, queue, tasks, undo
from liangxin.access import LOCAL
from liangxin.errors import DatabaseUnavailable
from liangxin.membership import Basis
from liangxin.schema import Job, Membership, Organisation, Question, Run

ROOT = Path(__file__).parents[2]
KEYS = privacy.new_keys()
QUICK = Pace(delay=0.0, retries=0, retry_wait=0.0, timeout=5.0)
API = """
title = "演示接口"
publisher = "某局"
rhythm = "daily"
[address]
kind = "json_api"
start = "{url}/firms?page=1"
items = "rows"
total = "total"
page_parameter = "page"
"""
DROP = 'title = "投放"\npublisher = "某局"\nrhythm = "monthly"\ndrop = "in"\n'


@pytest.fixture
def sources(desk: Desk) -> Path:
    folder = desk.folder / "sources"
    folder.mkdir()
    (desk.folder / "in").mkdir()
    return folder


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def worker(desk: Desk, sources: Path, said: list[str]) -> Iterator[Worker]:
    made = a_worker(desk, sources, said)
    yield made
    made.queue.storage.close()


def a_worker(desk: Desk, sources: Path, said: list[str]) -> Worker:
    settings = desk.settings.model_copy(update={"sources": str(sources), "district": "430702"})
    here = WorkDesk(settings, desk.engine, lambda: NOW, NOW.date, QUICK)
    return Worker(here, lambda _, en: said.append(en), Patience(first=0.01, attempts=3))


def dropped(desk: Desk, *numbers: int, name: str = "a.csv") -> Path:
    file = write_csv(desk.folder / "in" / name, [a_registration(n) for n in numbers])
    os.utime(file, (NOW.timestamp() - 60,) * 2)
    return file


def states(desk: Desk) -> list[tuple[str, str, int]]:
    return [(job["source"], job["state"], job["attempts"]) for job in rows(desk.engine, Job)]


def publish(publisher: Site, sources: Path, *second: Answer) -> None:
    """Two pages of two firms; the second answers as told, first of all."""
    pages = {n: as_json({"total": 4, "rows": [firm(2 * n - 1), firm(2 * n)]}) for n in (1, 2)}
    publisher.says("/firms?page=1", pages[1])
    publisher.says("/firms?page=2", *second, pages[2])
    (sources / "portal.toml").write_text(API.format(url=publisher.url), encoding="utf-8")


def firm(n: int) -> dict[str, str]:
    return {"ENTNAME": f"示例{n}号公司", "UNISCID": a_uscc(n)}


def until_settled(worker: Worker, desk: Desk) -> None:
    """Look again until no job is open; what waits to be tried again waits a moment."""
    deadline = time.monotonic() + 60
    while True:
        worker.once()
        if all(job["finished_at"] for job in rows(desk.engine, Job)):
            return
        assert time.monotonic() < deadline


def test_what_is_due_is_done_once(desk: Desk, sources: Path, worker: Worker) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    dropped(desk, 1, 2)
    with site() as publisher:
        publish(publisher, sources)
        worker.once()
        worker.once()
    assert states(desk) == [("mine", "done", 1), ("portal", "done", 1)]
    assert len(rows(desk.engine, Organisation)) == 4
    assert len(rows(desk.engine, Run)) == 2


def test_what_may_pass_is_tried_again_and_then_done(
    desk: Desk, sources: Path, worker: Worker, said: list[str]
) -> None:
    with site() as publisher:
        publish(publisher, sources, Answer(status=500))
        worker.once()
        [job] = rows(desk.engine, Job)
        assert (job["state"], job["finished_at"]) == ("retrying", None)
        assert job["again_at"] is not None
        assert "500" in job["message_en"]
        until_settled(worker, desk)
    assert states(desk) == [("portal", "done", 2)]
    assert any("Trying again at" in sentence for sentence in said)


def test_what_never_passes_is_given_up_and_left_until_tomorrow(
    desk: Desk, sources: Path, worker: Worker
) -> None:
    with site() as publisher:
        publisher.says("/firms?page=1", Answer(status=500))
        (sources / "portal.toml").write_text(API.format(url=publisher.url), encoding="utf-8")
        until_settled(worker, desk)
        assert states(desk) == [("portal", "failed", 3)]
        worker.once()
        assert states(desk) == [("portal", "failed", 3)]
        worker.desk = WorkDesk(
            worker.desk.settings,
            desk.engine,
            lambda: NOW + timedelta(days=1),
            (NOW + timedelta(days=1)).date,
            QUICK,
        )
        worker.once()
    assert states(desk)[1:] == [("portal", "retrying", 1)]


def test_a_bad_file_is_not_tried_again_until_another_comes(
    desk: Desk, sources: Path, worker: Worker
) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    bad = desk.folder / "in" / "bad.csv"
    bad.write_text("x,y\n1,2\n", encoding="utf-8")
    os.utime(bad, (NOW.timestamp() - 90,) * 2)
    worker.once()
    worker.once()
    assert states(desk) == [("mine", "failed", 1)]
    dropped(desk, 1)
    worker.once()
    # The good one is loaded although the bad one still lies there and is told again.
    assert states(desk) == [("mine", "failed", 1), ("mine", "failed", 1)]
    assert len(rows(desk.engine, Organisation)) == 1
    bad.unlink()
    worker.once()
    assert len(rows(desk.engine, Job)) == 2


def test_who_asks_for_a_source_gets_what_was_just_dropped_and_what_was_undone(
    desk: Desk, sources: Path, worker: Worker
) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    file = dropped(desk, 1)
    worker.once()
    with db.writing(desk.engine) as connection:
        undo.undo(connection, 1, now=NOW)
    os.utime(file, (NOW.timestamp() - 1,) * 2)  # it may still be on its way
    worker.once()
    assert rows(desk.engine, Organisation) == []
    with db.writing(desk.engine) as connection:
        number = jobs.now_please(connection, LOCAL, "mine", now=NOW)
        assert jobs.now_please(connection, LOCAL, "mine", now=NOW) == number
    worker.once()
    assert len(rows(desk.engine, Organisation)) == 1


def test_a_second_worker_on_a_source_says_so_and_does_nothing_half_done(
    desk: Desk, sources: Path, worker: Worker, said: list[str]
) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    dropped(desk, 1)
    with holds.holding(desk.engine, "mine"):
        worker.once()
        assert states(desk) == [("mine", "waiting", 0)]
        assert said == [
            "mine: another process is at work on 'mine'; this one did nothing. See liangxin jobs."
        ]
    worker.once()  # its task was taken off the queue; the job was not
    assert states(desk) == [("mine", "done", 1)]


def test_a_job_told_a_time_by_a_clock_set_back_does_not_wait_for_it(
    desk: Desk, sources: Path, worker: Worker
) -> None:
    with site() as publisher:
        publish(publisher, sources)
        with db.writing(desk.engine) as connection:
            number = jobs.ask(connection, "portal", delivery=None, now=NOW)
            far = NOW + timedelta(days=3650)
            jobs.try_again(connection, number or 0, at=far, zh="稍后", en="later")
        worker._task.schedule((number, "portal"), delay=3e8)
        worker.once()
    assert states(desk) == [("portal", "done", 1)]


def test_a_delivery_that_ends_every_worker_is_given_up(
    desk: Desk, sources: Path, worker: Worker, said: list[str]
) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    dropped(desk, 1)
    with db.writing(desk.engine) as connection:
        jobs.begin(connection, "mine", worker="there:1", delivery=None, now=NOW)
        connection.execute(update(Job).values(attempts=3))
    worker.once()
    assert states(desk)[0] == ("mine", "failed", 3)
    assert "begun 3 times and never ended" in said[-1]


def test_a_wrong_source_file_stops_no_other(desk: Desk, sources: Path, worker: Worker) -> None:
    (sources / "wrong.toml").write_text("colour = 1", encoding="utf-8")
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    dropped(desk, 1)
    worker.once()
    assert states(desk) == [("mine", "done", 1)]


def test_progress_is_told_while_a_job_runs_now_and_then(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch = queue.telling(worker.queue, "mine")
    monkeypatch.setattr("liangxin.queue.TOLD_EVERY", 3600)
    watch(10)
    assert queue.progress(worker.queue, "mine") == 0, "not for every batch"
    monkeypatch.setattr("liangxin.queue.TOLD_EVERY", 0)
    watch(5)
    assert queue.progress(worker.queue, "mine") == 15


# Real processes.


def start(desk: Desk, sources: Path, *words: str) -> "subprocess.Popen[str]":
    environment = {
        **os.environ,
        "LIANGXIN_HOME": str(desk.settings.home),
        "LIANGXIN_DATABASE_URL": desk.settings.database_url,
        "LIANGXIN_SOURCES": str(sources),
        "LIANGXIN_DISTRICT": "430702",
        "LIANGXIN_BATCH_ROWS": "500",
        "PYTHONPATH": f"{ROOT}:{ROOT / 'coverage'}",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "dashboard.cli", "worker", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def until(desk: Desk, state: str) -> dict[str, Any]:
    """Wait until the newest job is in a state, and return it."""
    deadline = time.monotonic() + 120
    while True:
        found = rows(desk.engine, Job)
        if found and found[-1]["state"] == state:
            return found[-1]
        assert time.monotonic() < deadline, found
        time.sleep(0.05)


def until_written_to(desk: Desk) -> None:
    """Wait until somebody holds the register's write lock."""
    hasty = db.make_engine(desk.settings.model_copy(update={"busy_timeout": 0}))
    deadline = time.monotonic() + 120
    try:
        while time.monotonic() < deadline:
            with db.writing(hasty):
                pass
            time.sleep(0.001)
    except DatabaseUnavailable:
        return
    finally:
        hasty.dispose()
    pytest.fail("nobody ever wrote")


def test_a_killed_workers_job_is_taken_over_and_nothing_is_loaded_twice(
    desk: Desk, sources: Path
) -> None:
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    numbers = range(1, 4_001)
    dropped(desk, *numbers)
    first = start(desk, sources)
    dead = until(desk, "running")
    until_written_to(desk)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert rows(desk.engine, Run) == []
    second = start(desk, sources, "--once")
    output, _ = second.communicate(timeout=180)
    assert second.returncode == 0, output
    [job] = rows(desk.engine, Job)
    assert (job["state"], job["id"]) == ("done", dead["id"])
    assert len(rows(desk.engine, Organisation)) == len(numbers)
    assert [run["new"] for run in rows(desk.engine, Run)] == [len(numbers)]


def test_a_killed_workers_crawl_goes_on_behind_the_last_landed_page(sqlite_desk: Desk) -> None:
    sources = sqlite_desk.folder / "sources"
    sources.mkdir()
    with site() as publisher:
        publish(publisher, sources, Answer(b"{}", wait=3))
        first = start(sqlite_desk, sources)
        deadline = time.monotonic() + 120
        while "/firms?page=2" not in publisher.asked:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        first.send_signal(signal.SIGKILL)
        first.communicate()
        second = start(sqlite_desk, sources, "--once")
        output, _ = second.communicate(timeout=180)
        asked = publisher.pages_asked()
    assert "is gone; its job is taken over" in output
    assert asked == ["/firms?page=1", "/firms?page=2", "/firms?page=2"]
    assert states(sqlite_desk) == [("portal", "done", 2)]
    assert [run["new"] for run in rows(sqlite_desk.engine, Run)] == [4]


def test_a_worker_told_to_end_ends_the_job_under_way_first(
    sqlite_desk: Desk,
) -> None:
    sources = sqlite_desk.folder / "sources"
    sources.mkdir()
    (sqlite_desk.folder / "in").mkdir()
    (sources / "mine.toml").write_text(DROP, encoding="utf-8")
    dropped(sqlite_desk, *range(1, 2_001))
    worker = start(sqlite_desk, sources)
    until(sqlite_desk, "running")
    worker.send_signal(signal.SIGTERM)
    output, _ = worker.communicate(timeout=60)
    assert "2000 rows = 2000 accepted" in output
    assert states(sqlite_desk) == [("mine", "done", 1)]


def test_tasks_are_run_once_a_day_after_the_jobs(
    desk: Desk, worker: Worker, said: list[str]
) -> None:
    with db.writing(desk.engine) as connection:
        an_open_question(connection)
    worker.once()
    worker.look()
    with db.writing(desk.engine) as connection:
        an_open_question(connection)
    worker.once()
    assert said == [
        "tasks: 1 opened, 0 handed on, 0 closed; 0 reminded, 0 chased, 0 put to leaders."
    ]


def test_tasks_wait_for_a_job_that_is_open(desk: Desk, worker: Worker) -> None:
    with db.writing(desk.engine) as connection:
        job = jobs.ask(connection, "elsewhere", delivery=None, now=NOW)
        assert job is not None
    worker.tasks_of_the_day()
    assert not ran(desk)
    with db.writing(desk.engine) as connection:
        jobs.finish(connection, job, rows=0, now=NOW)
    worker.tasks_of_the_day()
    assert ran(desk)


def test_a_day_without_anything_to_do_is_not_talked_about(
    desk: Desk, worker: Worker, said: list[str]
) -> None:
    worker.once()
    assert ran(desk)
    assert said == []


def ran(desk: Desk) -> bool:
    with db.reading(desk.engine) as connection:
        return tasks.ran_on(connection, NOW.date())


def an_open_question(connection: Connection) -> None:
    values = {"rule": "staff_apart", "owner": "district_office", "text_zh": "", "text_en": ""}
    sides = {"source_a": "a", "on_a": NOW.date(), "source_b": "b", "on_b": NOW.date()}
    times = {"asked_at": NOW, "learned_at": NOW}
    connection.execute(insert(Question).values(**values, **sides, **times))


def test_candidates_whose_time_is_over_are_deleted_even_while_jobs_wait(
    worker: Worker, desk: Desk
) -> None:
    sixty_days_ago = NOW.date() - timedelta(days=60)
    with db.writing(desk.engine) as connection:
        firm = insert_organisation(connection, 1)
        for n, day in enumerate((sixty_days_ago, sixty_days_ago + timedelta(days=1))):
            candidates.add_candidates(
                connection,
                KEYS,
                firm,
                [a_person(n)],
                Basis.ROSTER,
                by="office",
                today=day,
                now=NOW,
            )
        jobs.ask(connection, "gone", delivery=None, now=NOW)
    worker.forget_people()
    [left] = rows(desk.engine, Membership)
    assert left["person_key"] == privacy.pseudonym(KEYS, a_number(1))


def test_accounts_long_unused_are_disabled_by_the_worker(worker: Worker, desk: Desk) -> None:
    long_ago = NOW - timedelta(days=100)
    with db.writing(desk.engine) as connection:
        secret = accounts.add(
            connection, "zhang", "leader", [], by=LOCAL, today=long_ago.date(), now=long_ago
        )
        accounts.set_password(connection, secret, "copper lantern walks home", now=long_ago)
    worker.disable_unused()
    with db.reading(desk.engine) as connection:
        assert [each.state for each in accounts.listed(connection)] == ["disabled"]


def test_a_worker_that_runs_can_be_seen(worker: Worker, desk: Desk) -> None:
    assert not queue.worker_is_there(desk.engine)
    worker.counter.open()
    try:
        wait_until(lambda: queue.worker_is_there(desk.engine))
    finally:
        worker.counter.close()
    assert not queue.worker_is_there(desk.engine)


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)
