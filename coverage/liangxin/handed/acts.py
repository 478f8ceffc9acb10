"""What an office does with a file: hands it in, says what columns mean, corrects, loads, withdraws."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from liangxin import audit, jobs, undo
from liangxin.access import Actor, Permission
from liangxin.errors import Misuse, NotFound
from liangxin.handed.files import Received
from liangxin.handed.offered import offered
from liangxin.handed.views import Handed, job_of, one, scope_of, within
from liangxin.schema import HandedIn
from liangxin.undo import Undone

LONGEST_CELL = 2_000
#: Before it no register of these organisations was kept.
FIRST_DAY = date(1949, 10, 1)
_TABLE = HandedIn.metadata.tables["handed_in"]


def hand_in(
    connection: Connection,
    actor: Actor,
    source: str,
    received: Received,
    *,
    as_of: date,
    today: date,
    now: datetime,
    instead_of: int | None = None,
) -> int:
    """Enter a file that came, and have it checked; return its number.

    Args:
        connection: a write transaction.
        actor: who handed it in; what they may touch is kept with it.
        source: whose file it is said to be.
        received: its bytes.
        as_of: the day it describes.
        today: no file describes a later day.
        now: when.
        instead_of: a file that this one is the corrected form of; it is withdrawn.

    Raises:
        NotPermitted: the role hands in no file.
        NotFound: there is no such source, or not for this office; no such file to replace.
        Misuse: the day is still to come.
    """
    if source not in {each.name for each in offered(connection, actor)}:
        raise NotFound(
            "您不能送这类文件。请从“送文件”页选择。",
            "this kind of file is not yours to hand in; choose one on the page of files.",
        )
    if not FIRST_DAY <= as_of <= today:
        raise Misuse(
            f"数据日期 {as_of} 不对：不能晚于今天。请改正日期后重新送。",
            f"the day {as_of} of the file is wrong: it is not past. Correct it and send again.",
        )
    if instead_of is not None:
        withdraw(connection, actor, instead_of, now=now)
    values = {
        "source": source,
        "handed_by": actor.name,
        "role": str(actor.role),
        "scope": scope_of(actor),
        "file_name": received.name,
        "sha256": received.sha256,
        "size": received.size,
        "as_of": as_of,
        "state": "checking",
        "handed_at": now,
        "moved_at": now,
    }
    number = connection.execute(insert(_TABLE).values(values).returning(_TABLE.c.id)).scalar_one()
    jobs.ask(connection, job_of(number), delivery=received.sha256, now=now)
    about = f"{number} {source} {received.sha256[:12]}"
    audit.by_actor(connection, actor, "file.handed_in", about, now=now)
    return int(number)


def answer_columns(
    connection: Connection,
    actor: Actor,
    number: int,
    columns: Mapping[str, str],
    *,
    now: datetime,
) -> None:
    """Say which header is which field (``""``: none of them), and have the file checked anew.

    Raises:
        NotPermitted, NotFound: as ``one``, and the role hands in no file.
        Misuse: it is not the office's turn, there is no such field or header, or one header is
            named twice.
    """
    file = _turn(connection, actor, number, "asked", "checked")
    found = file.found
    fields, headers = {each["field"] for each in found["fields"]}, {*found["headers"], ""}
    if not columns.keys() <= fields or not set(columns.values()) <= headers:
        raise Misuse("没有这样的列。请重新选择。", "there is no such column; choose again.")
    used = [header for header in columns.values() if header]
    twice = sorted({header for header in used if used.count(header) > 1})
    if twice:
        raise Misuse(
            f"列“{twice[0]}”选了两次。每一列只能对应一项。",
            f"the column {twice[0]!r} was chosen twice; each can be one thing only.",
        )
    lacking = [
        each["label"]
        for each in found["fields"]
        if each["needed"] and not columns.get(each["field"])
    ]
    if lacking:
        raise Misuse(
            f"“{lacking[0]}”必须有。请选出文件里的对应列，或补上这一列再送。",
            f"{lacking[0]} is needed; choose its column, or add one to the file.",
        )
    given = json.dumps(dict(columns), ensure_ascii=False)
    _to_worker(connection, file, "checking", now=now, given_columns=given)


def correct(
    connection: Connection,
    actor: Actor,
    number: int,
    cells: Mapping[str, Mapping[str, str]],
    *,
    now: datetime,
) -> int:
    """Correct cells of refused rows, and have the file checked anew; return how many.

    Args:
        connection: a write transaction.
        actor: an office.
        number: of the file.
        cells: of a row, by its key in the findings: header -> what it should say.
        now: when.

    Raises:
        NotPermitted, NotFound: as ``one``, and the role hands in no file.
        Misuse: it is not the office's turn, nothing differs, or no such row was refused.
    """
    file = _turn(connection, actor, number, "checked")
    rows = {each["key"]: each["cells"] for each in file.found.get("refused_rows", [])}
    corrected: dict[str, dict[str, str]] = {}
    for key, said in cells.items():
        if key not in rows or not said.keys() <= rows[key].keys():
            raise Misuse(
                "要更正的行不在退回的行里。请刷新页面再改。",
                "a row to be corrected is none that was refused; load the page again.",
            )
        moved = {h: text.strip()[:LONGEST_CELL] for h, text in said.items() if text != rows[key][h]}
        if moved:
            corrected[key] = moved
    if not corrected:
        raise Misuse(
            "还没有改动任何格子。请在表里改正后再检查。",
            "no cell was changed yet; correct some in the table first.",
        )
    kept = json.dumps(corrected, ensure_ascii=False)
    _to_worker(connection, file, "checking", now=now, corrections=kept)
    return sum(map(len, corrected.values()))


def commit(connection: Connection, actor: Actor, number: int, *, now: datetime) -> None:
    """Have a checked file loaded.

    Raises:
        NotPermitted, NotFound: as ``one``, and the role hands in no file.
        Misuse: it is not the office's turn, or no row of it can be taken.
    """
    file = _turn(connection, actor, number, "checked")
    if not file.found.get("accepted"):
        raise Misuse(
            "没有一行可以导入。请先更正退回的行。",
            "no row can be taken; correct the refused rows first.",
        )
    _to_worker(connection, file, "loading", now=now)


def withdraw(connection: Connection, actor: Actor, number: int, *, now: datetime) -> None:
    """Take a file back that was not loaded; its bytes are the caller's to delete.

    Raises:
        NotPermitted, NotFound: as ``one``, and the role hands in no file.
        Misuse: it is loaded, or being loaded.
    """
    file = _turn(connection, actor, number, "checking", "asked", "checked", "failed")
    values = {"state": "withdrawn", "findings": None, "corrections": None, "moved_at": now}
    connection.execute(update(_TABLE).where(_TABLE.c.id == number).values(values))
    audit.by_actor(connection, actor, "file.withdrawn", f"{number} {file.source}", now=now)


def undo_run(connection: Connection, actor: Actor, run: int, *, now: datetime) -> Undone:
    """Take back a run: of a file that the actor's office handed in, or any as the whole district's
    (but one of a package: its values would come again).

    Raises:
        NotPermitted: the role undoes no run.
        NotFound: no run of this office has the number.
        Misuse: later work stands on it, which is named; or it was undone already.
    """
    require_run(connection, actor, run)
    return undo.undo(connection, run, now=now, by=actor)


def require_run(connection: Connection, actor: Actor, run: int) -> None:
    """Return if the actor may take back a run, as far as that is the office's to say.

    Raises:
        NotPermitted: the role undoes no run.
        NotFound: no run of this office has the number.
    """
    actor.require(Permission.RUN_UNDO)
    if actor.subdistricts is None:
        return  # the other offices' too, and what was crawled; ``undo`` knows which there are
    query: Any = within(actor, select(HandedIn.id)).where(HandedIn.run_id == run)
    if connection.execute(query).first() is None:
        raise NotFound(
            f"您的来件里没有批次 {run}。",
            f"none of the files you handed in was loaded as run {run}.",
        )


def _turn(connection: Connection, actor: Actor, number: int, *states: str) -> Handed:
    """Return a file of the office, if it is the office's turn."""
    actor.require(Permission.FILE_LOAD)
    file = one(connection, actor, number)
    if file.state not in states:
        raise Misuse(
            "这份来件的状态已经变了。请刷新页面再操作。",
            "this file has moved on meanwhile; load the page again.",
        )
    return file


def _to_worker(
    connection: Connection, file: Handed, state: str, *, now: datetime, **values: str
) -> None:
    moved = {"state": state, "message_zh": None, "message_en": None, "moved_at": now, **values}
    connection.execute(update(_TABLE).where(_TABLE.c.id == file.id).values(moved))
    jobs.ask(connection, job_of(file.id), delivery=file.sha256, now=now)
