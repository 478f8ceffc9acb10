"""Source files and the words of rules: the one door from the pages into the flow.

What lies behind it is data and sentences; it loads neither validator nor crawler, and a test holds
it to that.
"""

from datetime import datetime

from sqlalchemy import Connection

from expectations.messages import MESSAGES
from expectations.rule import general
from ingest import standing
from ingest.sources import Source
from ingest.standing import Standing
from liangxin.settings import Settings

#: Of files of these kinds a cell may be shown: it is about an organisation and never about a person.
SHOWABLE = frozenset({"registrations", "social"})

__all__ = ["SHOWABLE", "Source", "Standing", "of_all", "rule"]


def of_all(connection: Connection, settings: Settings, *, now: datetime) -> list[Standing]:
    """Return how every source stands, by name; one whose file is wrong says how."""
    return standing.of_all(connection, settings, now=now)


def rule(name: str) -> tuple[str, str] | None:
    """Return what a rule says of no row in particular, in Chinese and English; null: none of ours."""
    found = MESSAGES.get(name)
    return None if found is None else general(found)
