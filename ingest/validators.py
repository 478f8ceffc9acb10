"""What to ask a publisher with, so that it need not send again what has not changed.

Kept a source and address in the register: Scrapy's own cache served stale pages, and knows
nothing of the landing. A validator is used only while the bytes it is about lie there unaltered.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, insert, select, update

from ingest import landing
from liangxin.schema import HttpValidator

#: Longer ones are no validators; some servers would answer them with an error of their own.
LONGEST = 1_000
#: Longer addresses are cursors, never asked for twice; an index entry could not hold them.
LONGEST_URL = 2_000


@dataclass(frozen=True, slots=True)
class Validator:
    """How a server marks one state of one page."""

    etag: str | None
    last_modified: str | None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Validator | None":
        """Read an answer's headers; None: the server marks nothing."""
        etag, modified = (headers.get(name, "").strip() for name in ("ETag", "Last-Modified"))
        if max(len(etag), len(modified)) > LONGEST or not (etag or modified):
            return None
        return cls(etag or None, modified or None)

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the page only if it is another one now."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in asked.items() if value}


def find(
    connection: Connection, folder: Path, *, source_id: int, url: str
) -> tuple[Validator, str] | None:
    """Return a page's validator and the hash of its landed bytes, if these are still whole."""
    query = select(HttpValidator.etag, HttpValidator.last_modified, HttpValidator.sha256)
    known = connection.execute(
        query.where(HttpValidator.url == url, HttpValidator.source_id == source_id)
    ).first()
    if known is None or not _is_whole(landing.path_of(folder, known.sha256), known.sha256):
        return None
    return Validator(known.etag, known.last_modified), known.sha256


def keep(
    connection: Connection,
    validator: Validator | None,
    *,
    source_id: int,
    url: str,
    sha256: str,
    now: datetime,
) -> None:
    """Note what a page's answer was marked with; None: forget what was known."""
    here = (HttpValidator.url == url, HttpValidator.source_id == source_id)
    if validator is None or len(url) > LONGEST_URL:
        connection.execute(delete(HttpValidator).where(*here))
        return
    values = {
        "etag": validator.etag,
        "last_modified": validator.last_modified,
        "sha256": sha256,
        "checked_at": now,
    }
    if not connection.execute(update(HttpValidator).where(*here).values(**values)).rowcount:
        key = {"url": url, "source_id": source_id}
        connection.execute(insert(HttpValidator).values(**key, **values))


def _is_whole(file: Path, sha256: str) -> bool:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
    except OSError:
        return False
