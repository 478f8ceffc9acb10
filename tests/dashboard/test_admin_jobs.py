"""Jobs at their page: whether a worker is there, what failed, and having it done again."""

from datetime import timedelta

import pytest
from administrators import Desk, a_desk
from factories import NOW
from sqlalchemy import Connection, Engine

from dashboard.site import Site
from liangxin import audit, db, holds, jobs, queue
from liangxin.access import LOCAL, Actor, Role
from liangxin.errors import Misuse, NotFound, NotPermitted

BODY = "admin-jobs.children"
SYSTEM = Actor("sys", Role.SYSADMIN)


@pytest.fixture
def system(district: Site) -> Desk:
    return a_desk(district, Role.SYSADMIN, name="sys")


def failed(connection: Connection, source: str = "portal") -> int:
    job = jobs.begin(connection, source, worker="w:1", delivery="abc", now=NOW)
    jobs.finish(connection, job.id, rows=0, now=NOW, zh="发布方没有应答。", en="no answer.")
    return job.id


def press(desk: Desk, job: object, clicks: object = 1) -> str:
    pattern = {"type": "admin-job-again", "job": job}
    question = {
        "output": BODY,
        "outputs": {"id": "admin-jobs", "property": "children"},
        "inputs": [
            {"id": "admin-jobs-tick", "property": "n_intervals", "value": 0},
            [{"id": pattern, "property": "n_clicks", "value": clicks}],
        ],
        "changedPropIds": [f'{{"job":{job},"type":"admin-job-again"}}.n_clicks'],
        "state": [],
    }
    return (
        desk.client.post("/_dash-update-component", json=question)
        .text.encode()
        .decode("unicode_escape")
    )


def test_a_page_without_jobs_says_what_brings_one(system: Desk) -> None:
    said = system.reads("/admin/jobs")
    assert "还没有任务" in said
    assert "没有工作进程在运行" in said


def test_a_worker_that_runs_is_seen(district: Site, system: Desk) -> None:
    with holds.holding(district.engine, queue.WORKER):
        assert "工作进程正在运行" in system.reads("/admin/jobs")
    assert "没有工作进程在运行" in system.reads("/admin/jobs")


def test_what_failed_says_why_and_is_done_again(district: Site, system: Desk) -> None:
    with db.writing(district.engine) as connection:
        number = failed(connection)
    said = system.reads("/admin/jobs")
    assert "未成功（1 项）" in said
    assert "发布方没有应答" in said
    assert "“portal”已重新排队" in press(system, number)
    with db.reading(district.engine) as connection:
        found = jobs.open_of(connection, "portal")
        assert found is not None
        assert (found.state, found.delivery) == ("waiting", "abc")
        log = audit.listed(connection, Actor("a", Role.AUDITOR), action="job.asked")
        assert [(each.by, each.about) for each in log] == [("sys", f"portal {number}")]
    assert "在办（1 项）" in system.reads("/admin/jobs")
    assert "已有在办任务" in press(system, number)


def test_running_and_retrying_jobs_say_how_far_they_are(district: Site, system: Desk) -> None:
    with db.writing(district.engine) as connection:
        jobs.begin(connection, "one", worker="w:1", delivery=None, now=NOW)
        two = jobs.begin(connection, "two", worker="w:1", delivery=None, now=NOW)
        again = NOW + timedelta(minutes=4)
        jobs.try_again(connection, two.id, at=again, zh="没有应答。", en="none.")
    held = queue.make_queue(district.engine)
    queue.tell_progress(held, "one", 4321)
    held.storage.close()
    said = system.reads("/admin/jobs")
    assert "4321" in said
    assert "2026-11-23 16:04 自动再试" in said
    assert "没有工作进程，暂停中" in said


@pytest.mark.parametrize("job", [0, 99, -1, '"x"', "null", "[1]"])
def test_nonsense_gets_a_sentence_or_nothing(system: Desk, job: object) -> None:
    said = press(system, job)
    assert "Traceback" not in said
    assert "没有任务" in said or said == "" or "请求" in said


def test_a_button_that_came_with_the_page_does_nothing(district: Site, system: Desk) -> None:
    with db.writing(district.engine) as connection:
        number = failed(connection)
    assert press(system, number, clicks=None) == ""
    with db.reading(district.engine) as connection:
        assert jobs.open_of(connection, "portal") is None


def test_what_may_be_done_again_is_what_failed(engine: Engine) -> None:
    with db.writing(engine) as connection:
        done = jobs.begin(connection, "one", worker="w", delivery=None, now=NOW)
        jobs.finish(connection, done.id, rows=1, now=NOW)
        with pytest.raises(Misuse, match="没有失败"):
            jobs.again(connection, SYSTEM, done.id, now=NOW)
        with pytest.raises(NotFound):
            jobs.again(connection, SYSTEM, 99, now=NOW)
        for asked in ("handed:1", "errand:1"):
            with pytest.raises(Misuse, match="原页面"):
                jobs.again(connection, SYSTEM, failed(connection, asked), now=NOW)
        number = failed(connection, "two")
        for actor in (LOCAL, Actor("sec", Role.SECADMIN), Actor("aud", Role.AUDITOR)):
            with pytest.raises(NotPermitted):
                jobs.again(connection, actor, number, now=NOW)
            with pytest.raises(NotPermitted):
                jobs.shown(connection, actor)
        assert jobs.again(connection, SYSTEM, number, now=NOW) == "two"


def test_a_worker_s_presence_is_a_lock_of_either_database(engine: Engine) -> None:
    assert not queue.worker_is_there(engine)
    with holds.holding(engine, queue.WORKER):
        assert queue.worker_is_there(engine)
    assert not queue.worker_is_there(engine)
