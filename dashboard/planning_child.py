"""Starts the process that makes a plan, and watches it to its end (decision 0028).

Solving takes a processor for a minute, which is no work for a thread beside the pages. The process
is told a number and nothing else: who asked, and in which scope, it reads from the register.
"""

import logging
import os
import subprocess
import sys
import threading

from dashboard.site import Site
from liangxin.errors import LiangxinError
from liangxin.plans import asking

log = logging.getLogger(__name__)
#: Beyond the time it was given it goes through candidates and checks; longer than so many seconds
#: more, something is wrong.
GRACE = 900


def start(site: Site, number: int) -> None:
    """Start the process that carries out what was asked for under a number, and return at once."""
    command = [sys.executable, "-m", "dashboard.cli", "plan", "carry-out", str(number)]
    try:
        child = subprocess.Popen(  # noqa: S603 - this program itself, and a number of ours
            command,
            env=_surroundings(site),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # what stops the pages does not stop it half way
        )
    except OSError:
        log.exception("the process that makes plan %s cannot be started", number)
        asking.give_up(site.engine, number, now=site.clock())
        return
    threading.Thread(target=_watch, args=(site, number, child), daemon=True).start()


def _surroundings(site: Site) -> dict[str, str]:
    """The environment in which it finds this program and this register."""
    chosen = site.settings
    told = {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "LIANGXIN_HOME": str(chosen.home),
        "LIANGXIN_DATABASE_URL": chosen.database_url,
        "LIANGXIN_RULE_SET": chosen.rule_set,
    }
    return {**os.environ, **told}


def _watch(site: Site, number: int, child: "subprocess.Popen[bytes]") -> None:
    """Wait for it; one that ends without saying what became of it is closed in its place."""
    try:
        child.wait(timeout=asking.MOST_SECONDS + GRACE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    try:
        asking.give_up(site.engine, number, now=site.clock())
    except LiangxinError as error:  # the register is away; whoever looks next finds it lost
        log.warning("plan %s was not closed: %s", number, error.en)
