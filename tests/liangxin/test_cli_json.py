"""What every command prints as JSON."""

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from liangxin.cli import print_json


def test_a_moment_is_printed_with_its_zone_whichever_database_kept_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    of_sqlite = datetime(2022, 9, 30, 1, 2, 3)  # noqa: DTZ001 (as SQLite gives it back)
    of_postgresql = datetime(2022, 9, 30, 9, 2, 3, tzinfo=ZoneInfo("Asia/Shanghai"))
    print_json([of_sqlite, of_postgresql, datetime(2022, 9, 30, 1, 2, 3, tzinfo=UTC)])
    assert json.loads(capsys.readouterr().out) == ["2022-09-30 01:02:03+00:00"] * 3


def test_a_day_is_printed_without_hours(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(date(2022, 9, 30))
    assert json.loads(capsys.readouterr().out) == "2022-09-30"
