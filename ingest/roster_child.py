"""A staff list handed in at a page: read, judged and forgotten in a process of its own.

The page's process has no validator, and nothing of a staff list may lie on a disk: the bytes come
over standard input and stand in memory under a name, as long as this process lives. The first line
says whose list it is and who asks; the answer is one line of numbers and reasons, and no person.
"""

import base64
import dataclasses
import io
import json
import os
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from ingest import checking, mappings, roster
from liangxin import links, migrate
from liangxin.access import Actor, Permission, Role
from liangxin.errors import LiangxinError, Misuse
from liangxin.settings import Settings

#: What a list is called in sentences; its own name may hold a person's.
NAME = "花名册"
#: Reasons that are told one by one.
MOST = 300


def main() -> None:
    """Answer one question, whatever happens, with one line of JSON."""
    asked = json.loads(sys.stdin.buffer.readline())
    try:
        told = answer(asked, sys.stdin.buffer)
    except LiangxinError as error:
        told = {"error": error.zh, "error_en": error.en, "kind": type(error).__name__}
    except Exception as error:  # its trace may quote a row
        kind = type(error).__name__
        told = {
            "error": f"程序内部错误（{kind}），没有写入任何内容。请联系管理员。",
            "error_en": f"internal error ({kind}); nothing was written. Tell the administrator.",
        }
    sys.stdout.write(json.dumps(told, ensure_ascii=False))


def answer(asked: dict[str, Any], stream: BinaryIO) -> dict[str, Any]:
    """Check a list, or take it.

    Args:
        asked: ``take``, ``back`` (the list is given back with the reasons), ``organisation``,
            ``actor``, ``as_of``, ``today``, ``now``, ``confirmed``.
        stream: the file.

    Raises:
        LiangxinError: nothing was written; why is the sentence.
    """
    settings = Settings()
    now, today = datetime.fromisoformat(asked["now"]), date.fromisoformat(asked["today"])
    scope = asked["actor"]["subdistricts"]
    within = None if scope is None else frozenset(scope)
    actor = Actor(asked["actor"]["name"], Role(asked["actor"]["role"]), within)
    actor.require(Permission.ROSTER_LOAD)
    code, mapping = asked["organisation"], [mappings.ALL] if asked["confirmed"] else []
    engine = migrate.open_register(settings, now=now)
    try:
        with engine.connect() as connection:  # whose list it is comes before what is in it
            links.organisation_of(connection, actor, code)
        with _in_memory(stream) as path:
            if asked["back"]:
                return {"returned": _given_back(path, settings, today)}
            if not asked["take"]:
                return _checked(path, settings, today)
            report = roster.take(
                path,
                code,
                settings,
                engine,
                actor=actor,
                as_of=date.fromisoformat(asked["as_of"]),
                today=today,
                now=now,
                mapping=mapping,
            )
    finally:
        engine.dispose()
    told = dataclasses.asdict(report)
    if not actor.may(
        Permission.MEMBER_COUNT
    ):  # who is said to be a member is not told, nor how many
        del told["candidates"]
    return {name: told[name] for name in told if name not in {"rules", "warnings"}}


def _checked(path: Path, settings: Settings, today: date) -> dict[str, Any]:
    report = checking.check(path, roster.SOURCE, settings, today=today)
    faults = [each for each in report.faults if each["severity"] == "refuse"]
    shown = ("sheet", "row", "cell", "column", "message", "message_en")
    return {
        "rows": report.rows,
        "staff": report.accepted,
        "refused": report.refused,
        "skipped": report.skipped,
        "close": list(report.close.values()),
        "reasons": [{name: each[name] for name in shown} for each in faults[:MOST]],
        "reasons_in_all": len(faults),
    }


def _given_back(path: Path, settings: Settings, today: date) -> str:
    """The sender's own list with the reasons, a workbook in base64; made in memory, as it came."""
    made = io.BytesIO()
    checking.check(path, roster.SOURCE, settings, today=today, out=made)
    return base64.b64encode(made.getvalue()).decode()


@contextmanager
def _in_memory(stream: BinaryIO) -> Generator[Path]:
    """What comes, as a file that lies in memory alone; what lies on the disk is its name.

    Raises:
        Misuse: this system has no such files.
    """
    if not hasattr(os, "memfd_create"):
        raise Misuse(
            "本服务器的系统不支持在页面上送花名册。请用 liangxin roster 命令。",
            "this server's system cannot take staff lists at a page; use liangxin roster.",
        )
    handle = os.memfd_create(NAME)
    try:
        with os.fdopen(os.dup(handle), "wb") as out:
            while block := stream.read(1 << 20):
                out.write(block)
        with tempfile.TemporaryDirectory(prefix="liangxin-") as folder:
            path = Path(folder) / NAME
            path.symlink_to(f"/proc/{os.getpid()}/fd/{handle}")
            yield path
    finally:
        os.close(handle)


if __name__ == "__main__":
    main()
