"""Whether the system works is told to the program that watches over it, in one answer."""

from collections.abc import Callable
from typing import Any

import pytest
from factories import NOW
from flask.testing import FlaskClient
from pages import clock
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.site import Site
from liangxin import db, holds, jobs, migrate, queue, tokens
from liangxin.settings import Settings

Ask = Callable[[], Any]


@pytest.fixture
def asked(client: FlaskClient, district: Site) -> Ask:
    with db.writing(district.engine) as connection:
        token = tokens.add(connection, "monitor", now=NOW)
    headers = {"Authorization": f"Bearer {token}"}
    return lambda: client.get("/api/v1/health", headers=headers)


def test_a_system_that_works_says_so(asked: Ask) -> None:
    told = asked()
    assert told.status_code == 200
    assert told.json == {
        "works": True,
        "register": {"version": migrate.HEAD, "program": migrate.HEAD},
        "worker": {"is_there": False, "open": 0, "failed": 0},
        "data_date": "2022-09-30",
    }


def test_a_job_that_no_worker_takes_is_amiss_until_one_is_there(asked: Ask, district: Site) -> None:
    with db.writing(district.engine) as connection:
        failed = jobs.ask(connection, "market_regulator", delivery=None, now=NOW)
        assert failed is not None
        jobs.finish(connection, failed, rows=0, now=NOW, zh="出错", en="failed")
        jobs.ask(connection, "civil_affairs", delivery=None, now=NOW)
    told = asked()
    assert (told.status_code, told.json["works"]) == (503, False)
    assert told.json["worker"] == {"is_there": False, "open": 1, "failed": 1}
    with holds.holding(district.engine, queue.WORKER):
        assert asked().status_code == 200


def test_a_register_of_another_version_is_amiss(asked: Ask, district: Site) -> None:
    with db.writing(district.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    assert asked().status_code == 503


def test_it_is_told_to_nobody_without_a_token(client: FlaskClient) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        told = client.get("/api/v1/health", headers=headers)
        assert told.status_code == 401
        assert "works" not in told.text


def test_a_register_that_is_away_is_said(sqlite_settings: Settings) -> None:
    away = sqlite_settings.model_copy(update={"database_url": "sqlite:////no/such/folder/x.db"})
    engine = db.make_engine(away)
    told = create_app(away, engine, clock=clock).server.test_client().get("/api/v1/health")
    assert (told.status_code, "无法打开数据库" in told.json["error"]) == (503, True)
