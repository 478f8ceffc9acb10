"""Does errands (``liangxin.errands``): each in the name of whoever asked, and told in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from ingest.exchange import opening
from ingest.exchange.pack import pack as make_package
from ingest.run_report import RunReport
from ingest.sync import Desk
from liangxin import audit, bulletins, db, errands, rules, views
from liangxin.errands import Asked
from liangxin.handed import files, undo_run


def carry_out(desk: Desk, errand: Asked) -> None:
    """Do an errand.

    Raises:
        NotPermitted: the role that asked may not.
        LiangxinError: nothing was done, and why.
    """
    errand.actor.require(errands.KINDS[errand.kind])
    _DO[errand.kind](desk, errand)


def tidy(desk: Desk) -> None:
    """Forget errands that ended long ago, and the bytes of packages that nobody is to open any more."""
    there = files.numbers(desk.settings, files.PACKAGES)
    with db.reading(desk.engine) as connection:
        old = errands.is_any_old(connection, now=desk.clock())
        states = errands.states(connection, there)
    # A package is laid down a moment before its errand is there.
    lost = files.left_behind(desk.settings, files.PACKAGES)
    for number in there:
        if states.get(number, "waiting") != "waiting" or (number in lost and number not in states):
            files.remove(desk.settings, number, files.PACKAGES)
    if old:
        with db.writing(desk.engine, facts=False) as connection:
            errands.forget(connection, now=desk.clock())


def package_of(desk: Desk, errand: Asked) -> Path:
    """Return where the bytes of a package that is to be opened lie."""
    return files.path_of(desk.settings, errand.id, str(errand.what["file"]), files.PACKAGES)


def _bulletin(desk: Desk, errand: Asked) -> None:
    """Gather a bulletin's figures, which takes a while, then freeze them in a moment."""
    actor = errand.actor
    with db.reading(desk.engine) as connection:
        gathered = bulletins.gather(
            connection,
            actor,
            rules.of(desk.settings),
            str(errand.what["kind"]),
            as_of=date.fromisoformat(str(errand.what["as_of"])),
            district=desk.settings.district or views.data_district(connection),
        )
    # A bulletin is no fact: no figure changes with it.
    with db.writing(desk.engine, facts=False) as connection:
        now = desk.clock()
        frozen = bulletins.freeze(connection, actor, gathered, now=now)
        told = {"id": frozen.content["id"], "is_new": frozen.is_new}
        errands.done(connection, errand, told, now=now)


def _undo(desk: Desk, errand: Asked) -> None:
    with db.writing(desk.engine) as connection:
        now = desk.clock()
        undone = undo_run(connection, errand.actor, int(errand.what["run"]), now=now)
        errands.done(connection, errand, asdict(undone), now=now)


def _log(desk: Desk, errand: Asked) -> None:
    with db.reading(desk.engine) as connection:
        found = audit.verify(connection)
    with db.writing(desk.engine, facts=False) as connection:
        errands.done(connection, errand, asdict(found), now=desk.clock())


def _pack(desk: Desk, errand: Asked) -> None:
    def ending(connection: Connection, told: Mapping[str, Any]) -> None:
        errands.done(connection, errand, told, now=desk.clock())

    make_package(
        desk.settings,
        desk.engine,
        to=str(errand.what["to"]),
        clock=desk.clock,
        by=errand.actor,
        ending=ending,
    )


def _open(desk: Desk, errand: Asked) -> None:
    def ending(connection: Connection, report: RunReport) -> None:
        counts = ("run", "rows", "accepted", "refused", "skipped", "new", "changed")
        told = {name: getattr(report, name) for name in counts}
        errands.done(connection, errand, told | {"notices": report.notices}, now=desk.clock())

    file = package_of(desk, errand)
    opening.open_package(
        file, desk.settings, desk.engine, clock=desk.clock, by=errand.actor, ending=ending
    )


_DO: dict[str, Callable[[Desk, Asked], None]] = {
    "bulletin": _bulletin,
    "undo": _undo,
    "log": _log,
    "pack": _pack,
    "open": _open,
}
