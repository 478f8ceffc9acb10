"""What tests of loading share: rows sent through the real flow, and the register read back whole."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from factories import NOW, write_csv
from sqlalchemy import Engine, select

from ingest import delivery, pipeline, sources
from ingest.early import Early
from ingest.run_report import RunReport
from ingest.sources import Source
from liangxin import audit, db, versions
from liangxin.schema import Base
from liangxin.settings import Settings

MARCH, JUNE, SEPTEMBER = date(2022, 3, 31), date(2022, 6, 30), date(2022, 9, 30)
WULING = "430702"
#: Headers of `factories.a_registration`.
CODE, NAME, TYPE, FOUNDED, CAPITAL, ADDRESS, STATUS, DISTRICT = (
    "统一社会信用代码",
    "企业名称",
    "企业类型",
    "成立日期",
    "注册资本",
    "住所",
    "登记状态",
    "行政区划",
)
#: What a run takes is not what it leaves behind.
_TIMES = {"run": {"seconds"}}

Sent = Path | Sequence[dict[str, str]]


@dataclass
class Desk:
    """Someone who loads files into one register; each run happens a minute after the last."""

    settings: Settings
    engine: Engine
    folder: Path
    minutes: Any = field(default_factory=count)

    def source(self, name: str = "market_regulator", **changes: Any) -> Source:
        """A shipped source, with changes."""
        return sources.load(name, self.settings).model_copy(update=changes)

    def file(self, rows: Sequence[dict[str, str]], name: str = "") -> Path:
        """Write rows into a file of their own."""
        return write_csv(self.folder / (name or f"{next(self.minutes)}.csv"), rows)

    def load(
        self,
        *sent: Sent,
        source: Source | str = "market_regulator",
        as_of: date = MARCH,
        district: str = WULING,
        early: Early | None = None,
    ) -> RunReport:
        """Load files, or rows as files, in one run; ``early``: what was read of the register."""
        publisher = self.source(source) if isinstance(source, str) else source
        files = [each if isinstance(each, Path) else self.file(each) for each in sent]
        now = NOW + timedelta(minutes=next(self.minutes))
        return pipeline.run(
            [part for each in files for part in self.parts(each, publisher)],
            publisher,
            self.settings,
            self.engine,
            as_of=as_of,
            district=district,
            clock=lambda: now,
            early=early,
        )

    def parts(self, file: Path, publisher: Source) -> list[delivery.DroppedTable]:
        """The tables of a file."""
        return delivery.of_file(file, publisher, self.settings).parts

    def rows(self, table: type[Base]) -> list[dict[str, Any]]:
        """All rows of a table, by its key."""
        return rows(self.engine, table)

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """The whole register but its shipped division list."""
        return dump(self.engine)


def rows(engine: Engine, table: type[Base]) -> list[dict[str, Any]]:
    """All rows of a table, by its key."""
    made = table.metadata.tables[table.__tablename__]
    with db.reading(engine) as connection:
        found = connection.execute(select(made).order_by(*made.primary_key.columns))
        return [dict(row) for row in found.mappings()]


def dump(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """The whole register but its shipped divisions, what is told from it, its log, and times.

    The log goes on where the register goes back: what was undone was done.
    """
    tables = {mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers}
    return {
        name: [
            {key: value for key, value in row.items() if key not in _TIMES.get(name, ())}
            for row in rows(engine, table)
            if row.get("key") not in {audit.HEAD, versions.KEY}
        ]
        for name, table in sorted(tables.items())
        if name not in {"division", "located", "situation", "spell", "spell_due", "audit_entry"}
    }
