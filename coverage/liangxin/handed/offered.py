"""What an office may hand in: the worker, which knows the source files, tells the pages.

The pages load no source file: reading one needs the flow, which the web process does without.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import Connection, select

from liangxin.access import Actor, Permission, Role
from liangxin.schema import Meta

_KEY = "handed.sources"
#: Kinds of files that a page takes. Ledgers and lists of people have ways of their own.
KINDS = ("registrations", "social", "screening")


@dataclass(frozen=True, slots=True)
class Offered:
    """A source whose files are dropped by hand."""

    name: str
    title: str
    publisher: str
    kind: str
    office: str  # the role that answers for what it says
    snapshot: bool  # a file is the whole list of the district


def announce(connection: Connection, sources: Sequence[Offered]) -> None:
    """Tell the pages which sources there are."""
    said = json.dumps([asdict(each) for each in sources], ensure_ascii=False)
    table = Meta.metadata.tables["meta"]
    before = connection.execute(select(Meta.value).where(Meta.key == _KEY)).scalar()
    if before is None:
        connection.execute(table.insert().values(key=_KEY, value=said))
    elif before != said:
        connection.execute(table.update().where(table.c.key == _KEY).values(value=said))


def announced(connection: Connection) -> list[Offered]:
    """Return what the worker told last."""
    said = connection.execute(select(Meta.value).where(Meta.key == _KEY)).scalar()
    return [Offered(**each) for each in json.loads(said or "[]")]


def offered(connection: Connection, actor: Actor) -> list[Offered]:
    """Return what an office may hand in: what it answers for itself, the district office all.

    Whoever works for some sub-districts has no whole list of the district.

    Raises:
        NotPermitted: the role hands in no file.
    """
    actor.require(Permission.FILE_LOAD)
    return [
        each
        for each in announced(connection)
        if each.kind in KINDS
        and actor.role in {Role.DISTRICT_OFFICE, each.office}
        and not (each.snapshot and actor.subdistricts is not None)
    ]
