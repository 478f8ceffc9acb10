"""One process at a time works on a thing, and a lock ends with its holder, however that dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine

from liangxin import db, holds
from liangxin.errors import Busy
from liangxin.settings import Settings

HOLDER = """
import sys, time
from pathlib import Path
from liangxin import db, holds
from liangxin.settings import Settings
engine = db.make_engine(Settings(home=Path(sys.argv[1]), database_url=sys.argv[2]))
with holds.holding(engine, "mine"):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_holder_is_told_and_a_different_thing_is_free(engine: Engine) -> None:
    with holds.holding(engine, "mine"):
        with (
            pytest.raises(Busy, match="another process is at work on 'mine'"),
            holds.holding(engine, "mine"),
        ):
            pass
        with holds.holding(engine, "another"):
            pass
    with holds.holding(engine, "mine"):
        pass


def test_the_register_can_be_written_while_something_is_held(engine: Engine) -> None:
    with holds.holding(engine, "mine"), db.writing(engine):
        pass


def test_an_error_lets_go(engine: Engine) -> None:
    with pytest.raises(KeyError), holds.holding(engine, "mine"):
        raise KeyError
    with holds.holding(engine, "mine"):
        pass


def test_the_lock_of_a_killed_process_is_free_at_once(settings: Settings, engine: Engine) -> None:
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(settings.home), settings.database_url],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": f"{root}:{root / 'coverage'}"},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(Busy), holds.holding(engine, "mine"):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        with holds.holding(engine, "mine", wait=5):
            pass
