"""Keys to the feed of changes: made here, shown once, kept as a hash.

A token is 32 random bytes, so that its plain SHA-256 cannot be searched; a slow hash is for what
people think up. All hashes are compared, each in constant time, whichever matches.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, time

from sqlalchemy import Connection, select, update

from liangxin import audit
from liangxin.days import CHINA, china_day
from liangxin.errors import Misuse, NotFound
from liangxin.schema import AuditEntry, FeedToken

#: So that a token found in a file or a log is known for what it is.
PREFIX = "lxf_"
#: In the log, the role of whoever reads the feed.
PROGRAM = "program"
_NAME = re.compile(r"[\w.-]{1,60}")


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a token, since when, and since when no more."""

    name: str
    made_at: datetime
    revoked_at: datetime | None


def add(connection: Connection, name: str, *, now: datetime) -> str:
    """Make a token for somebody and return it: it is shown this once and kept nowhere.

    Raises:
        Misuse: the name is none, or holds a token already.
    """
    if not _NAME.fullmatch(name):
        raise Misuse(
            f"名称“{name[:60]}”不能用：请用 1 到 60 个文字、数字、点、横线。",
            f"{name[:60]!r} cannot be a name; use 1 to 60 letters, digits, dots and dashes.",
        )
    if connection.execute(select(FeedToken.id).where(FeedToken.name == name)).first():
        raise Misuse(
            f"“{name}”已有令牌。请先 liangxin feed token revoke，再用另一个名称新建。",
            f"{name!r} holds a token already; revoke it and make one under another name.",
        )
    token = PREFIX + secrets.token_urlsafe(32)
    table = FeedToken.metadata.tables["feed_token"]
    connection.execute(table.insert().values(name=name, sha256=hash_of(token), made_at=now))
    audit.by_machine(connection, "key.made", name, now=now)
    return token


def revoke(connection: Connection, name: str, *, now: datetime) -> None:
    """Let somebody's token open nothing any more.

    Raises:
        NotFound: nobody of this name holds one.
    """
    held = (FeedToken.name == name) & FeedToken.revoked_at.is_(None)
    if not connection.execute(update(FeedToken).where(held).values(revoked_at=now)).rowcount:
        raise NotFound(
            f"没有名为“{name}”的有效令牌。可用 liangxin feed token list 查看。",
            f"nobody called {name!r} holds a token; see liangxin feed token list.",
        )
    audit.by_machine(connection, "key.revoked", name, now=now)


def was_noted(connection: Connection, name: str, *, now: datetime) -> bool:
    """Tell whether the log holds already that a token was used today, in China."""
    begins = datetime.combine(china_day(now), time.min, CHINA).astimezone(UTC)
    mine = (AuditEntry.by == name) & (AuditEntry.action == "key.used")
    query = select(AuditEntry.number).where(mine, AuditEntry.at >= begins).limit(1)
    return connection.execute(query).first() is not None


def note_use(connection: Connection, name: str, *, now: datetime) -> None:
    """Write into the log that a token was used, once a day: programs ask every few seconds."""
    if not was_noted(connection, name, now=now):
        audit.write(connection, by=name, role=PROGRAM, action="key.used", now=now)


def holders(connection: Connection) -> list[Holder]:
    """Return everybody who holds or held a token, by name."""
    query = select(FeedToken.name, FeedToken.made_at, FeedToken.revoked_at).order_by(FeedToken.name)
    return [Holder(*row) for row in connection.execute(query)]


def holder(connection: Connection, token: str) -> str | None:
    """Return who holds a token; None if it opens nothing."""
    given = hash_of(token)
    found = None
    query = select(FeedToken.name, FeedToken.sha256).where(FeedToken.revoked_at.is_(None))
    for name, kept in connection.execute(query):
        if hmac.compare_digest(kept, given):
            found = name
    return found


def hash_of(token: str) -> str:
    """SHA-256 of something random: a token, a form's number, a person's code. It cannot be searched."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
