"""A staff list is judged in a process of its own, fed over a pipe; nothing of it touches a disk."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import SecretStr

from dashboard.text import both
from liangxin import child
from liangxin.access import Actor
from liangxin.errors import Busy, ChecksFailed, LiangxinError, NotFound
from liangxin.settings import Settings

#: Each takes a processor core and 300 MB for some seconds.
AT_ONCE = 2
WAITS, SECONDS = 20.0, 120.0
_START = child.program("ingest.roster_child")
_turns = threading.BoundedSemaphore(AT_ONCE)


class _Told(LiangxinError):
    """A sentence that came from the other process."""


def ask(
    settings: Settings,
    actor: Actor,
    stream: BinaryIO,
    *,
    organisation: str,
    take: bool,
    back: bool,
    confirmed: bool,
    as_of: date,
    today: date,
    now: datetime,
) -> dict[str, Any]:
    """Return what a staff list says, in numbers and reasons.

    With ``take`` it is taken; with ``back`` it is returned with the reasons, a workbook in base64.

    Raises:
        Busy: others hand in theirs just now.
        ChecksFailed: the other process ended half way; nothing was written.
        LiangxinError: what it said.
    """
    question = {
        "take": take,
        "back": back,
        "confirmed": confirmed,
        "organisation": organisation,
        "actor": {
            "name": actor.name,
            "role": str(actor.role),
            "subdistricts": None if actor.subdistricts is None else sorted(actor.subdistricts),
        },
        "as_of": as_of.isoformat(),
        "today": today.isoformat(),
        "now": now.isoformat(),
    }
    head = json.dumps(question, ensure_ascii=False).encode() + b"\n"
    if not _turns.acquire(timeout=WAITS):
        raise Busy(*both("files.roster_busy"))
    try:
        answer = _answer(settings, head + stream.read())
    finally:
        _turns.release()
    if "error" in answer:
        told = NotFound if answer.get("kind") == "NotFound" else _Told
        raise told(answer["error"], answer["error_en"])
    return answer


def _answer(settings: Settings, sent: bytes) -> dict[str, Any]:
    root = Path(__file__).resolve().parents[2]
    try:
        # The interpreter itself and a constant program; no shell.
        ended = subprocess.run(  # noqa: S603
            [sys.executable, "-c", _START, str(root), str(root / "coverage")],
            input=sent,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_environment(settings)},
            timeout=SECONDS,
            check=False,
        )
        answer: dict[str, Any] = json.loads(ended.stdout)
    except (subprocess.TimeoutExpired, ValueError, OSError) as error:
        raise ChecksFailed(*both("files.roster_failed")) from error
    return answer


def _environment(settings: Settings) -> Mapping[str, str]:
    """The settings as the other process reads them; secrets it finds where this one did."""
    values = {name: getattr(settings, name) for name in type(settings).model_fields}
    return {
        f"LIANGXIN_{name.upper()}": str(value)
        for name, value in values.items()
        if value is not None and not isinstance(value, SecretStr)
    }
