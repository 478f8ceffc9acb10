"""What tests of ledgers share: rows taken without the gate, and facts out of the register again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Any

import polars as pl
from factories import NOW, TODAY, insert_run
from sheets import Cells, prepared
from sqlalchemy import Engine, select

from ingest import headers, ledger_facts, ledgers, sources
from ingest.kinds import KINDS, Context
from ingest.kinds import normalise as normalise_kind
from ingest.parse import MORE, ROW
from ingest.unlanded import Outcome, Taking
from liangxin import db, ledger_forms, ledger_rows, rules, undo
from liangxin.access import LOCAL
from liangxin.ledger_words import LedgerRow
from liangxin.schema import Base
from liangxin.settings import Settings

DISTRICT = "999999"
#: Tables of facts, who points before who is pointed at.
FACTS = (
    *("covering", "assignment", "party_term", "screening", "finding", "confirmation"),
    *("question", "headcount", "instructor", "party_organisation"),
)
_TEXT = {int: str, float: str, date: date.isoformat}


@dataclass
class LedgerDesk:
    """Someone who loads ledgers into a register; each load happens a minute after the last."""

    engine: Engine
    minutes: Any = field(default_factory=count)

    def load(
        self,
        *rows: Cells,
        kind: str = "ledger",
        as_of: date = TODAY,
        late: bool = False,
        columns: dict[str, str] | None = None,
    ) -> Outcome:
        """Take good rows, written under our fields' names."""
        present = columns or {
            name: name for name in dict.fromkeys(key for row in rows for key in row)
        }
        return self.take(prepared(kind, *rows, columns=present), kind, as_of=as_of, late=late)

    def load_grid(
        self,
        paths: Sequence[tuple[str, ...]],
        cells: Sequence[Sequence[Any]],
        kind: str,
        *,
        as_of: date = TODAY,
    ) -> Outcome:
        """Take rows under a form's own headers."""
        names = ["/".join(path) for path in paths]
        found = headers.match_closely(names, {}, headers.vocabulary(kind))
        assert found.close == {}
        table = {
            name: pl.Series([_text(row[place]) for row in cells], dtype=pl.String)
            for place, name in enumerate(names)
        }
        more = pl.Series([None] * len(cells), dtype=pl.String)
        sent = pl.DataFrame({**table, MORE: more}).with_row_index(ROW, offset=2)
        frame = normalise_kind(sent, found.columns, KINDS[kind], Context(today=as_of))
        return self.take(frame, kind, as_of=as_of)

    def take(self, frame: pl.DataFrame, kind: str, *, as_of: date, late: bool = False) -> Outcome:
        """Take a frame in a run of its own."""
        now = self.now()
        source = sources.load(kind, Settings())
        with db.writing(self.engine) as connection:
            run = insert_run(connection, kind, as_of=as_of, learned_at=now, district_code=DISTRICT)
            self.run = run
            taking = Taking(connection, source, 1, run, as_of, DISTRICT, now, late, rules.load())
            return ledgers._take(taking, ledger_facts.held(frame))

    def now(self) -> datetime:
        return NOW + timedelta(minutes=next(self.minutes) + 1)

    def undo(self) -> None:
        """Take the last run back."""
        with db.writing(self.engine) as connection:
            undo.undo(connection, self.run, now=self.now())

    def held(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Rows believed now, sorted."""
        of = Base.metadata.tables[table]
        query = select(*(of.c[name] for name in columns))
        if "corrected_at" in of.c:
            query = query.where(of.c.corrected_at.is_(None))
        with db.reading(self.engine) as connection:
            return sorted((tuple(row) for row in connection.execute(query)), key=str)

    def export(self, form: str, *, as_of: date = TODAY, **how: Any) -> list[LedgerRow]:
        """The rows of a form."""
        with db.reading(self.engine) as connection:
            return ledger_rows.rows(
                connection,
                LOCAL,
                rules.load(),
                as_of=as_of,
                kinds=ledger_forms.form(form).kinds,
                **{"show_members": True, **how},
            )

    def content(self) -> dict[str, list[Any]]:
        """Everything, but the record of runs and the log."""
        with db.reading(self.engine) as connection:
            return {
                name: sorted((tuple(row) for row in connection.execute(select(table))), key=str)
                for name, table in Base.metadata.tables.items()
                if not name.startswith(
                    (
                        *("run", "source", "meta", "division", "spell", "situation", "audit"),
                        "located",
                    )
                )
            }


def _text(cell: Any) -> str | None:
    return None if cell is None else _TEXT.get(type(cell), str)(cell)
