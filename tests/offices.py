"""Two offices with a register each, that exchange packages through files; and what they then share."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from factories import NOW, a_uscc, insert_field_change, insert_organisation, insert_run
from sqlalchemy import Connection, Engine, select, update

from ingest.exchange import collect, keys, offices
from ingest.exchange.contents import COLUMNS
from ingest.exchange.merge_fields import _every_field
from ingest.exchange.opening import open_package
from ingest.exchange.pack import PackReport, pack
from ingest.run_report import RunReport
from liangxin import db
from liangxin.cursor import BEGINNING
from liangxin.schema import Organisation
from liangxin.settings import Settings


@dataclass
class Office:
    """An office: its name, register, and a clock that moves a minute with every act."""

    name: str
    settings: Settings
    engine: Engine
    minutes: int = 0
    made: list[Path] = field(default_factory=list)
    opened: set[Path] = field(default_factory=set)

    def now(self) -> datetime:
        """The time, a minute after it was last asked."""
        self.minutes += 1
        return NOW + timedelta(minutes=self.minutes)

    def make_keys(self) -> None:
        keys.make(self.settings.home, self.name)
        with db.writing(self.engine) as connection:
            offices.name_ourselves(connection, self.name)

    @property
    def card(self) -> keys.Card:
        return keys.load(self.settings.home).card

    def trust(self, other: "Office") -> None:
        with db.writing(self.engine) as connection:
            offices.trust(connection, other.card, other.name, ours=self.card, now=self.now())

    def pack(self, to: "Office | str", **more: Any) -> Path:
        return Path(self.pack_report(to, **more).file)

    def pack_report(self, to: "Office | str", **more: Any) -> PackReport:
        name = to if isinstance(to, str) else to.name
        return pack(self.settings, self.engine, to=name, clock=self.now, **more)

    def open(self, file: Path) -> RunReport:
        report = open_package(file, self.settings, self.engine, clock=self.now)
        self.opened.add(file)
        return report

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        with db.writing(self.engine) as connection:
            yield connection

    def shared(self) -> dict[str, list[tuple[Any, ...]]]:
        """All that this register would tell others, in a form that is the same for the same content."""
        with db.reading(self.engine) as connection:
            tables = collect.collect(connection, BEGINNING).tables
        every = _every_field(
            tables["organisations"], tables["organisation_fields"].drop_nulls("uscc"), "uscc"
        )
        told = {name: tables[name].rows() for name in COLUMNS if name != "field_changes"}
        del told["organisation_fields"]
        told["organisations"] = tables["organisations"].select("uscc", "since").rows()
        told["values"] = every.sort("uscc", "field").rows()
        return told

    def values(self, uscc: str) -> dict[str, Any]:
        """What the register itself says of an organisation."""
        with db.reading(self.engine) as connection:
            table = collect.Base.metadata.tables["organisation"]
            [row] = db.existing_in(connection, table, "uscc", [uscc])
        return row


def acquainted(*those: Office) -> None:
    """Let offices make keys and accept each other's cards."""
    for each in those:
        each.make_keys()
    for each in those:
        for other in those:
            if other is not each:
                each.trust(other)


def found(office: Office, n: int = 1, *, as_of: date = date(2022, 3, 31), **values: Any) -> int:
    """Let an office find its n-th organisation."""
    with office.writing() as connection:
        run = insert_run(connection, as_of=as_of, learned_at=office.now())
        return insert_organisation(connection, uscc=a_uscc(n), run_id=run, **values)


def change(office: Office, n: int, field: str, new: str, *, on: date) -> None:
    """Let an office change a value of its n-th organisation, whatever else is known of it."""
    with office.writing() as connection:
        mine = Organisation.uscc == a_uscc(n)
        number, old = connection.execute(
            select(Organisation.id, getattr(Organisation, field)).where(mine)
        ).one()
        insert_field_change(
            connection, number, field, (old, new), from_on=on, learned_at=office.now()
        )
        connection.execute(update(Organisation).where(mine).values({field: new}))


def an_office(name: str, home: Path, url: str = "") -> Office:
    """An office whose register lies in a folder, or in a database of a server."""
    chosen = Settings(home=home, database_url=url)
    return Office(name, chosen, db.make_engine(chosen))


@contextmanager
def two_offices(file: Path) -> Iterator[tuple[Office, Office]]:
    """Two offices that know each other, each with a copy of a register, as long as the block lasts."""
    with tempfile.TemporaryDirectory() as folder:
        those = []
        for name in ("jia", "yi"):
            (Path(folder) / name).mkdir()
            shutil.copyfile(file, Path(folder) / name / "register.db")
            those.append(an_office(name, Path(folder) / name))
        acquainted(*those)
        try:
            yield those[0], those[1]
        finally:
            for each in those:
                each.engine.dispose()
