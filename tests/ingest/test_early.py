"""What the register knows is read while a file is looked at; what changed meanwhile is not missed."""

from pathlib import Path

import numpy as np
from factories import a_registration
from loads import NAME, Desk
from sqlalchemy import text

from ingest.known import Known
from ingest.registrations import Early, known_early
from liangxin import db, migrate
from liangxin.settings import Settings

FIRM = [a_registration(1)]
RENAMED = [a_registration(1) | {NAME: "改名有限公司"}]
SOURCE = "market_regulator"


def test_what_was_read_early_is_not_read_again(desk: Desk) -> None:
    """Told of one firm only, a run of a register that stands as it stood does not miss the other."""
    desk.load([*FIRM, a_registration(2)])
    with known_early(desk.settings, SOURCE) as early:
        told = early()
        assert told is not None
        firm, other = told.known.organisations
        nought = np.zeros(1, dtype=np.int64)
        less = Early(told.version, Known(nought, np.array([firm]), nought))
        assert desk.load(FIRM, early=lambda: less).missing == 0
    with known_early(desk.settings, SOURCE) as early:
        assert desk.load(RENAMED, early=early).missing == 1
    assert other in [row["organisation_id"] for row in desk.dump()["absence"]]


def test_a_run_that_came_between_is_not_missed(desk: Desk) -> None:
    desk.load(FIRM)
    with known_early(desk.settings, SOURCE) as early:
        assert early() is not None
        desk.load(RENAMED)
        assert desk.load(FIRM, early=early).changed == 1
    [firm] = desk.dump()["organisation"]
    assert firm["name"] == FIRM[0][NAME]


def test_a_register_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with known_early(Settings(home=tmp_path / "none"), SOURCE) as early:
        assert early() is None
    assert not (tmp_path / "none").exists()


def test_a_register_of_another_version_is_left_as_it_is(desk: Desk) -> None:
    with db.writing(desk.engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with known_early(desk.settings, SOURCE) as early:
        assert early() is None
    with db.reading(desk.engine) as connection:
        assert migrate.current_revision(connection) == "0001"


def test_a_database_that_is_down_is_anothers_to_report(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    with known_early(nowhere, SOURCE) as early:
        assert early() is None
